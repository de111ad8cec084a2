//! `relsign checklist`.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::json::{self, ProblemsJson};
use crate::model::checklist::Checklist;
use crate::model::problem::{Level, Problem};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::checklists;
use crate::ops::workspace::Workspace;
use crate::parse::checklist::{KnownNames, LintContext, lint as lint_checklist, unread_by_cause};
use crate::report::{safe, words};

/// Show the items of a checklist, and check it for problems
#[derive(Debug, Subcommand)]
pub enum Commands {
    Show(ShowArgs),
    Lint(LintArgs),
}

/// Show the items of a file, and everything else that is recognised
///
/// With --json every line of the file is accounted for.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The file, Markdown or JSON; by default the policy's checklist in the working tree
    file: Option<PathBuf>,
}

/// Report every problem of a checklist, with its line
#[derive(Debug, clap::Args)]
pub struct LintArgs {
    /// The file, Markdown or JSON; by default the policy's checklist in the working tree
    file: Option<PathBuf>,
    /// Fail on warnings too
    #[arg(long)]
    strict: bool,
}

impl Commands {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        match self {
            Self::Show(args) => args.run(app),
            Self::Lint(args) => args.run(app),
        }
    }
}

impl ShowArgs {
    fn run(&self, app: &App) -> Outcome {
        let (name, bytes) = read(app, self.file.as_deref())?;
        let checklist = match checklists::parse(&name, &bytes) {
            Ok(checklist) => checklist,
            Err(problems) => return report(app, &name, &bytes, &problems, false),
        };
        if app.globals.json {
            json::print(app, &checklist)?;
        } else {
            app.ui.out(&render(&checklist))?;
        }
        Ok(Exit::Yes)
    }
}

impl LintArgs {
    fn run(&self, app: &App) -> Outcome {
        let (name, bytes) = read(app, self.file.as_deref())?;
        let problems = match checklists::parse(&name, &bytes) {
            Ok(checklist) => lint(app, &checklist, &bytes),
            Err(problems) => problems,
        };
        report(app, &name, &bytes, &problems, self.strict)
    }
}

/// Reads the file that was named, or the policy's checklist.
fn read(app: &App, named: Option<&Path>) -> Outcome<(String, Vec<u8>)> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => {
            let repository = app.repository()?;
            let trusted = Workspace::load(&repository, None)?;
            let component = trusted.policy().contents().components.first();
            let checklist = component
                .map(|component| component.checklist.clone())
                .ok_or_else(|| Failure::usage("no file is named, and the policy names none"))?;
            let top =
                repository.work_dir().ok_or_else(|| Failure::usage("no file is named, and this repository has no working tree"))?;
            top.join(checklist)
        }
    };
    let name = path.display().to_string();
    let bytes = std::fs::read(app.path(&path))
        .map_err(|error| Failure::usage(format!("the checklist {name} can't be read")).because(error))?;
    Ok((name, bytes))
}

/// Lints with the people and roles of the policy, where there is one.
fn lint(app: &App, checklist: &Checklist, bytes: &[u8]) -> Vec<Problem> {
    let policy = app.repository().ok().and_then(|repository| Workspace::load(&repository, None).ok());
    let known = policy.map(|trusted| {
        let contents = trusted.policy().contents();
        KnownNames { people: contents.people.keys().cloned().collect(), roles: contents.roles.keys().cloned().collect() }
    });
    lint_checklist(checklist, bytes, &LintContext { known })
}

/// Prints problems, and gives the exit code: errors are 3, warnings too where they are to count.
fn report(app: &App, name: &str, bytes: &[u8], problems: &[Problem], strict: bool) -> Outcome {
    let has = |level| problems.iter().any(|problem| problem.level == level);
    if app.globals.json {
        json::print(app, &ProblemsJson { format: "relsign-problems-v1", file: name.to_owned(), problems: problems.to_vec() })?;
    } else {
        if !problems.is_empty() {
            app.ui.out(&crate::parse::problems::render(problems, name, bytes, app.ui.color))?;
        }
        let count = |level| problems.iter().filter(|problem| problem.level == level).count() as u64;
        let told = format!(
            "{}: {}, {}, {}",
            safe::line(name),
            words::count(count(Level::Error), "error"),
            words::count(count(Level::Warning), "warning"),
            words::count(count(Level::Note), "note")
        );
        app.ui.say(told);
    }
    Ok(if has(Level::Error) {
        Exit::Invalid
    } else if strict && has(Level::Warning) {
        Exit::No
    } else {
        Exit::Yes
    })
}

/// Describes what a checklist holds, for people.
fn render(checklist: &Checklist) -> String {
    let mut text = format!("{}\n", safe::line(&checklist.title));
    for item in &checklist.items {
        let owner =
            item.owner.as_ref().map_or_else(|| item.owner_text.clone().unwrap_or_else(|| "nobody".to_owned()), ToString::to_string);
        text += &format!(
            "{:>4}  {:<13} {} · {} ({}, line {})\n",
            item.number,
            item.phase.as_str(),
            item.id,
            safe::line(&item.title),
            safe::line(&owner),
            item.line
        );
    }
    let mut parts = vec![words::count_of(&checklist.items, "item")];
    let mut also = |count: usize, one: &str| {
        if count > 0 {
            parts.push(words::count(count as u64, one));
        }
    };
    also(checklist.scope.len(), "change");
    also(checklist.stages.len(), "stage");
    also(checklist.monitoring.len(), "metric");
    also(checklist.triggers.len(), "trigger");
    also(checklist.procedure.len(), "step");
    also(checklist.known_issues.len(), "known issue");
    also(checklist.conditions.len(), "condition");
    also(checklist.actions.len(), "action");
    text += &format!("{}\n", words::and(&parts));
    let skipped = &checklist.skipped;
    if !skipped.is_empty() {
        text += &format!("skipped: {} in comments, {} in code\n", skipped.comments, skipped.code);
    }
    for told in unread_by_cause(&checklist.unread) {
        text += &format!("{}\n", told.message);
    }
    text
}
