//! `relsign policy`.

mod log;
mod step;

pub(super) use step::told;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::json::policy::{ProposalJson, RightJson, Roster, ShowJson};
use crate::cli::json::{ProblemsJson, print};
use crate::evaluate::freeze::Span;
use crate::git::policy_ref::POLICY_LIMIT;
use crate::git::{NOTES_REF, Repository, TreeItem};
use crate::model::finding::Code;
use crate::model::ids::{RecordId, TagName};
use crate::model::log::Record;
use crate::model::policy::Right;
use crate::model::record::Body;
use crate::model::time::Timestamp;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::freeze_notes::{self, Logs};
use crate::ops::load::{proposals, release, root_log};
use crate::ops::policy_file::{POLICY_FILE, place};
use crate::ops::trust::{self, Trusted};
use crate::parse::policy::parse_policy;
use crate::report::safe;
use crate::sign::verify::Verified;

/// Show, check and change the policy
#[derive(Debug, Subcommand)]
pub enum Commands {
    Show(ShowArgs),
    Check(CheckArgs),
    Diff(DiffArgs),
    Propose(step::ProposeArgs),
    Sign(step::SignArgs),
    Activate(step::ActivateArgs),
    Log(log::LogArgs),
    Roster(log::RosterArgs),
}

/// Show who may do what under the policy in force
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Print the policy file in force as it is
    #[arg(long)]
    raw: bool,
}

/// Say everything that is wrong with a policy file
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// The file; without one, .relsign/policy.toml
    file: Option<std::path::PathBuf>,
}

/// Show how the policy file differs from the version in force
#[derive(Debug, clap::Args)]
pub struct DiffArgs {}

impl Commands {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        match self {
            Self::Show(args) => args.run(app),
            Self::Check(args) => args.run(app),
            Self::Diff(args) => args.run(app),
            Self::Propose(args) => args.run(app),
            Self::Sign(args) => args.run(app),
            Self::Activate(args) => args.run(app),
            Self::Log(args) => args.run(app),
            Self::Roster(args) => args.run(app),
        }
    }
}

impl ShowArgs {
    fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let trusted = trust::load(&repository, None)?;
        let head = trusted.chain.head();
        if self.raw {
            app.ui.out(&String::from_utf8_lossy(&trusted.text))?;
            return Ok(Exit::Yes);
        }
        let is_in_force = |file: &Vec<u8>| *file == trusted.text;
        let at_head = head_file(&repository)?.as_ref().map(is_in_force);
        let file = working_file(&repository).ok().as_ref().map(is_in_force);
        let waiting = proposals::waiting(&repository, &trusted)?;
        let waiting: Vec<ProposalJson> = waiting.iter().map(|proposal| ProposalJson::of(&trusted, proposal)).collect();
        if app.globals.json {
            let rights = Right::ALL
                .iter()
                .map(|right| RightJson { right: right.to_string(), who: head.policy.who_may(*right).to_string() })
                .collect();
            let value = ShowJson {
                format: "relsign-policy-v1",
                version: head.version,
                digest: head.digest,
                root: trusted.root,
                head_is_in_force: at_head,
                file_is_in_force: file,
                roster: Roster::of(&head.policy),
                rights,
                proposals: waiting,
            };
            print(app, &value)?;
            return Ok(Exit::Yes);
        }
        let contents = head.policy.contents();
        let mut text = format!("policy version {}, digest {}\nroot SHA256:{}\n\npeople\n", head.version, head.digest, trusted.root);
        for (handle, person) in &contents.people {
            let roles: Vec<_> = person.roles.iter().map(|role| role.as_str()).collect();
            let name = person.name.as_deref().unwrap_or("");
            let gone = if person.is_active() { "" } else { " — no active key" };
            let _ = writeln!(text, "  {:<16} {:<24} {}{gone}", handle.as_str(), safe::line(name), roles.join(", "));
        }
        text += "\nwho may\n";
        for right in Right::ALL {
            let who = head.policy.who_may(*right);
            if !who.is_nobody() {
                let _ = writeln!(text, "  {:<34} {who}", right.to_string());
            }
        }
        let owners: Vec<_> = contents.owners.people.iter().map(|handle| handle.as_str()).collect();
        let _ = writeln!(text, "\nowners of the policy: {} of {}", contents.owners.threshold, owners.join(", "));
        app.ui.out(&text)?;
        if at_head == Some(false) {
            app.ui.advise(format!(
                "{}: {POLICY_FILE} at HEAD differs from what is in force: relsign policy diff",
                Code::PolicyEdited
            ));
        } else if file == Some(false) {
            app.ui.advise(format!("{POLICY_FILE} differs from what is in force: relsign policy diff"));
        }
        for proposal in &waiting {
            app.ui.say(step::told(proposal));
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
            print(app, &ProblemsJson { format: "relsign-problems-v1", file: name, problems })?;
        } else {
            app.ui.out(&crate::parse::problems::render(&problems, &name, &bytes, app.ui.color))?;
            app.ui.say(if exit == Exit::Yes {
                format!("{} can be signed", safe::line(&name))
            } else {
                format!("{} can't be used", safe::line(&name))
            });
        }
        Ok(exit)
    }
}

impl DiffArgs {
    fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let trusted = trust::load(&repository, None)?;
        let (old, new) = (trusted.text, working_file(&repository)?);
        if old == new {
            app.ui.say(format!("{POLICY_FILE} is what is in force"));
            return Ok(Exit::Yes);
        }
        let patch = crate::git::objects::line_diff(&old, &new);
        for line in patch.lines() {
            app.ui.line(safe::line(line))?;
        }
        Ok(Exit::No)
    }
}

fn working_file(repository: &Repository) -> Outcome<Vec<u8>> {
    let top =
        repository.work_dir().ok_or_else(|| Failure::usage("this repository has no working tree").hint("run it in a clone"))?;
    std::fs::read(place(top)?)
        .map_err(|error| Failure::missing(format!("there is no {POLICY_FILE} in the working tree")).because(error))
}

/// Gives the policy file of the commit that is checked out.
pub(super) fn head_file(repository: &Repository) -> Outcome<Option<Vec<u8>>> {
    let Some(commit) = repository.head_commit()?.map(|id| repository.commit(&id)).transpose()?.flatten() else { return Ok(None) };
    Ok(match repository.file_at(&commit.tree, POLICY_FILE, POLICY_LIMIT)? {
        TreeItem::File { bytes, .. } => Some(bytes),
        _ => None,
    })
}

/// Lists what the next version settles: what the one in force does, every valid open and decide, and every other valid
/// record that is in no decision's manifest, which settles it too. So what follows a decision stays valid. And every record
/// of the root log: else the next version would freeze again what was lifted.
fn anchors(app: &App, repository: &Repository, trusted: &Trusted) -> Outcome<BTreeSet<RecordId>> {
    let mut found = trusted.chain.head().anchors.clone();
    let mut notes = repository.notes(NOTES_REF)?;
    for (name, id) in repository.refs("refs/tags/")? {
        let Ok(name) = name.as_str().parse::<TagName>() else { continue };
        if !notes.has(&id)? {
            continue;
        }
        let loaded = release::load_with(repository, trusted, &mut notes, &name, app.now, release::Manner::default())?;
        let manifests = loaded.records.values().filter_map(|record| match &record.value().body {
            Body::Decide(decide) => Some(&decide.manifest),
            _ => None,
        });
        let settled: BTreeSet<&RecordId> = manifests.flatten().collect();
        let stays = |record: &&Verified<Record>| {
            matches!(record.value().body, Body::Open(_) | Body::Decide(_)) || !settled.contains(&record.id())
        };
        found.extend(loaded.records.values().filter(stays).map(Verified::id));
    }
    let loaded = root_log::load(repository, trusted, &mut notes)?;
    found.extend(loaded.log(trusted, app.now).records.keys());
    // Also of releases whose tags are gone: else the next version would thaw what they freeze.
    let to_come = Span { from: app.now, to: Timestamp::LAST };
    let mut logs = Logs::new(repository, trusted);
    found.extend(freeze_notes::read((repository, trusted), &mut notes, &mut logs, app.now, to_come)?.opens.keys());
    Ok(found)
}
