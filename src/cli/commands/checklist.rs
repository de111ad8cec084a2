//! `relsign checklist`.

use std::path::{Path, PathBuf};

use crate::cli::app::App;
use crate::cli::json::{self, ChangesJson, FixesJson, ProblemsJson};
use crate::model::checklist::Checklist;
use crate::model::problem::{Level, Problem};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::checklists;
use crate::parse::checklist::{Fix, KnownNames, LintContext, diff, fixes, lint as lint_checklist, unread_by_cause};
use crate::report::{safe, words};

commands_below! {
    /// Show the items of a checklist, and check it for problems
    Commands {
        Show(ShowArgs),
        Lint(LintArgs),
    }
}

/// Show the items of a file, and everything else that is recognised
///
/// With --json every line of the file is accounted for.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The file, Markdown or JSON; by default the policy's checklist in the working tree
    file: Option<PathBuf>,
    /// Say which ids differ from those of the file at this commit or tag
    #[arg(long, value_name = "REV")]
    against: Option<String>,
}

/// Report every problem of a checklist, with its line
#[derive(Debug, clap::Args)]
pub struct LintArgs {
    /// The file, Markdown or JSON; by default the policy's checklist in the working tree
    file: Option<PathBuf>,
    /// Fail on warnings too
    #[arg(long)]
    strict: bool,
    /// Write what is certain as directives into the file, after showing it
    #[arg(long)]
    fix: bool,
    /// Write without asking
    #[arg(long, requires = "fix")]
    yes: bool,
}

impl ShowArgs {
    fn run(&self, app: &App) -> Outcome {
        let (name, bytes) = read(app, self.file.as_deref())?;
        let checklist = match checklists::parse(&name, &bytes) {
            Ok(checklist) => checklist,
            Err(problems) => return report(app, &name, &bytes, &problems, false),
        };
        if let Some(rev) = &self.against {
            let changes = checklists::against(&app.repository()?, rev, &app.path(Path::new(&name)), &checklist)?;
            if app.globals.json {
                return json::answer(app, &ChangesJson { against: rev.clone(), changes });
            }
            app.ui.out(&checklists::changes(&changes))?;
            return Ok(Exit::Yes);
        }
        if app.globals.json {
            return json::print_as_it_is(app, &checklist).map(|()| Exit::Yes);
        }
        let told: Vec<String> = unread_by_cause(&checklist.unread).into_iter().map(|told| told.message).collect();
        let text = crate::report::checklist::render(&checklist, &told);
        // A checklist need not lie in a repository, which is where git is asked for its pager.
        match app.repository() {
            Ok(repository) => app.page(&repository, &text)?,
            Err(_) => app.ui.out(&text)?,
        }
        Ok(Exit::Yes)
    }
}

impl LintArgs {
    fn run(&self, app: &App) -> Outcome {
        let (name, bytes) = read(app, self.file.as_deref())?;
        let problems = match checklists::parse(&name, &bytes) {
            Ok(checklist) if self.fix => return self.mend(app, &name, &checklist, &bytes),
            Ok(checklist) => lint_checklist(&checklist, &bytes, &known(app)),
            Err(problems) => problems,
        };
        report(app, &name, &bytes, &problems, self.strict)
    }

    /// Shows the mends, asks, and writes them.
    fn mend(&self, app: &App, name: &str, checklist: &Checklist, bytes: &[u8]) -> Outcome {
        let fixes = fixes(checklist, bytes, &known(app));
        if fixes.is_empty() {
            app.ui.say(format!("{}: nothing to write is certain", safe::line(name)));
            return tell_fixes(app, name, fixes, false).map(|()| Exit::Yes);
        }
        if !app.globals.json {
            app.ui.out(&safe::lines(&diff(&fixes)).join("\n"))?;
        }
        let agreed = self.yes
            || app
                .ui
                .confirm(&format!("write this into {}?", safe::line(name)), true)
                .ok_or_else(|| Failure::usage(format!("nobody can be asked whether to write {name}")).hint("add --yes"))?;
        if agreed {
            checklists::mend(&app.path(Path::new(name)), bytes, &fixes)?;
            app.ui.say(format!("wrote {} lines into {}", fixes.len(), safe::line(name)));
        }
        tell_fixes(app, name, fixes, agreed)?;
        Ok(if agreed { Exit::Yes } else { Exit::No })
    }
}

/// Prints what was written, where JSON was asked for.
fn tell_fixes(app: &App, name: &str, fixes: Vec<Fix>, written: bool) -> Outcome<()> {
    match app.globals.json {
        true => json::print(app, &FixesJson { file: name.to_owned(), fixes, written }),
        false => Ok(()),
    }
}

/// Reads the file that was named, or the policy's checklist.
fn read(app: &App, named: Option<&Path>) -> Outcome<(String, Vec<u8>)> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => {
            let (repository, trusted) = app.trusted()?;
            let without = |what: &str| Failure::usage(format!("no file is named, and {what}"));
            let component = trusted.policy().contents().components.first().ok_or_else(|| without("the policy names none"))?;
            let top = repository.work_dir().ok_or_else(|| without("this repository has no working tree"))?;
            top.join(&component.checklist)
        }
    };
    let name = path.display().to_string();
    let bytes = std::fs::read(app.path(&path))
        .map_err(|error| Failure::usage(format!("the checklist {name} can't be read")).because(error))?;
    Ok((name, bytes))
}

/// Returns the people and roles of the policy, where there is one.
fn known(app: &App) -> LintContext {
    let known = app.trusted().ok().map(|(_, trusted)| {
        let contents = trusted.policy().contents();
        KnownNames { people: contents.people.keys().cloned().collect(), roles: contents.roles.keys().cloned().collect() }
    });
    LintContext { known }
}

/// Prints problems, and gives the exit code: errors are 3, warnings too where they are to count.
fn report(app: &App, name: &str, bytes: &[u8], problems: &[Problem], strict: bool) -> Outcome {
    let count = |level| problems.iter().filter(|problem| problem.level == level).count() as u64;
    if app.globals.json {
        json::print(app, &ProblemsJson { file: name.to_owned(), problems: problems.to_vec() })?;
    } else {
        if !problems.is_empty() {
            app.ui.out(&crate::parse::problems::render(problems, name, bytes, app.ui.color))?;
        }
        let told = format!(
            "{}: {}, {}, {}",
            safe::line(name),
            words::count(count(Level::Error), "error"),
            words::count(count(Level::Warning), "warning"),
            words::count(count(Level::Note), "note")
        );
        app.ui.say(told);
    }
    Ok(match (count(Level::Error), count(Level::Warning)) {
        (0, 0) => Exit::Yes,
        (0, _) if !strict => Exit::Yes,
        (0, _) => Exit::No,
        _ => Exit::Invalid,
    })
}
