//! `relsign policy`.

mod log;
mod step;

use crate::cli::app::App;
use crate::cli::json::policy::{DiffJson, ProposalJson, RightJson, Roster, ShowJson};
use crate::cli::json::{ProblemsJson, answer, print};
use crate::model::advice::Advice;
use crate::model::finding::Code;
use crate::model::policy::Right;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::proposals;
use crate::ops::policy_file::POLICY_FILE;
use crate::ops::write::policy::{head_file, working_file};
use crate::parse::policy::parse_policy;
use crate::report::{changes, policy, safe};

commands_below! {
    /// Show, check and change the policy
    Commands {
        Show(ShowArgs),
        Check(CheckArgs),
        Diff(DiffArgs),
        Propose(step::ProposeArgs),
        Sign(step::SignArgs),
        Activate(step::ActivateArgs),
        Log(log::LogArgs),
        Roster(log::RosterArgs),
    }
}

/// Show who may do what under the policy in force
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Print the policy file in force as it is
    #[arg(long, conflicts_with = "json")]
    raw: bool,
}

/// Report every problem of a policy file
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// The file; by default .relsign/policy.toml
    file: Option<std::path::PathBuf>,
}

/// Show how the policy file differs from the version in force
#[derive(Debug, clap::Args)]
pub struct DiffArgs {}

impl ShowArgs {
    fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.trusted()?;
        let head = trusted.chain.head();
        if self.raw {
            app.ui.data(&String::from_utf8_lossy(&trusted.text))?;
            return Ok(Exit::Yes);
        }
        let is_in_force = |file: &Vec<u8>| *file == trusted.text;
        let at_head = head_file(&repository)?.as_ref().map(is_in_force);
        let file = working_file(&repository).ok().as_ref().map(is_in_force);
        let waiting = proposals::waiting(&repository, &trusted)?;
        let separation = &head.policy.contents().separation;
        if app.globals.json {
            let of = |right: &Right| RightJson { right: right.to_string(), who: head.policy.who_may(*right).to_string() };
            let value = ShowJson {
                version: head.version,
                digest: head.digest,
                root: trusted.root,
                head_is_in_force: at_head,
                file_is_in_force: file,
                roster: Roster::of(&head.policy),
                rights: Right::ALL.iter().map(of).collect(),
                forges: separation.forges.clone(),
                bots: separation.bots.clone(),
                bot_commits: separation.bot_commits(),
                proposals: waiting.iter().map(|proposal| ProposalJson::of(&trusted, proposal)).collect(),
            };
            return answer(app, &value);
        }
        app.page(&repository, &policy::in_force(&head.policy, (head.version, head.digest, trusted.root)))?;
        if at_head == Some(false) {
            app.ui.advise(Advice::run(
                format!("{}: {POLICY_FILE} at HEAD differs from the version in force", Code::PolicyEdited),
                "relsign policy diff",
            ));
        } else if file == Some(false) {
            app.ui.advise(Advice::run(format!("{POLICY_FILE} differs from the version in force"), "relsign policy diff"));
        }
        for proposal in &waiting {
            app.ui.say(proposal.told(&trusted));
        }
        Ok(Exit::Yes)
    }
}

impl CheckArgs {
    fn run(&self, app: &App) -> Outcome {
        let (name, bytes) = match &self.file {
            Some(file) => {
                let bytes = std::fs::read(app.path(file))
                    .map_err(|error| Failure::usage(format!("the policy {} can't be read", file.display())).because(error))?;
                (file.display().to_string(), bytes)
            }
            None => (POLICY_FILE.to_owned(), working_file(&app.repository()?)?),
        };
        let (problems, exit) = match parse_policy(&bytes) {
            Ok(parsed) => (parsed.warnings, Exit::Yes),
            Err(problems) => (problems, Exit::Invalid),
        };
        if app.globals.json {
            print(app, &ProblemsJson { file: name, problems })?;
        } else {
            app.ui.out(&crate::parse::problems::render(&problems, &name, &bytes, app.ui.color))?;
            let is = if exit == Exit::Yes { "can be signed" } else { "can't be used" };
            app.ui.say(format!("{} {is}", safe::line(&name)));
        }
        Ok(exit)
    }
}

impl DiffArgs {
    fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.trusted()?;
        let (old, new) = (trusted.text.clone(), working_file(&repository)?);
        let is_in_force = old == new;
        let exit = if is_in_force { Exit::Yes } else { Exit::No };
        let patch = crate::git::objects::line_diff(&old, &new);
        if app.globals.json {
            let changed = parse_policy(&new).ok();
            let changed = changed.map(|new| changes::between(trusted.policy().contents(), new.policy.contents()));
            let lines = if is_in_force { Vec::new() } else { patch.lines().map(str::to_owned).collect() };
            let value = DiffJson { is_in_force, changes: changed, lines };
            print(app, &value)?;
        } else if is_in_force {
            app.ui.say(format!("{POLICY_FILE} is the version in force"));
        } else {
            app.page(&repository, &patch.lines().map(|line| safe::line(line) + "\n").collect::<String>())?;
        }
        Ok(exit)
    }
}
