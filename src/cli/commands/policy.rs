//! `relsign policy`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::Subcommand;

use super::init::{self, POLICY_FILE};
use super::json::{self, ProblemsJson};
use crate::cli::app::App;
use crate::cli::error::{Exit, Failure, Outcome};
use crate::cli::release;
use crate::cli::signing::{self, Sharing};
use crate::cli::trust::{self, Trusted};
use crate::git::policy_ref::PolicyFiles;
use crate::git::refs::Swap;
use crate::git::{NOTES_REF, POLICY_REF, Repository};
use crate::model::ids::{RecordId, TagName};
use crate::model::policy::Right;
use crate::model::record::{Body, PolicyStep};
use crate::model::report::ReleaseState;
use crate::parse::digests::policy_digest;
use crate::parse::policy::parse_policy;
use crate::report::safe;

/// Show, check and change the policy
#[derive(Debug, Subcommand)]
pub enum Commands {
    Show(ShowArgs),
    Check(CheckArgs),
    Diff(DiffArgs),
    Activate(ActivateArgs),
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

/// Sign the policy file as the next version and put it in force
///
/// It works where one owner is enough, by the version in force and by the new one.
#[derive(Debug, clap::Args)]
pub struct ActivateArgs {
    #[command(flatten)]
    sharing: Sharing,
}

impl Commands {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        match self {
            Self::Show(args) => args.run(app),
            Self::Check(args) => args.run(app),
            Self::Diff(args) => args.run(app),
            Self::Activate(args) => args.run(app),
        }
    }
}

impl ShowArgs {
    fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let trusted = trust::load(&repository, None)?;
        let head = trusted.chain.head();
        if self.raw {
            app.ui.out(&String::from_utf8_lossy(&in_force(&repository)?))?;
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
        if let Ok(file) = working_file(&repository)
            && file != in_force(&repository)?
        {
            app.ui.say(format!("{POLICY_FILE} differs from what is in force: relsign policy diff"));
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
            json::print(app, &ProblemsJson { format: "relsign-problems-v1", file: name, problems })?;
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
        trust::load(&repository, None)?;
        let (old, new) = (in_force(&repository)?, working_file(&repository)?);
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

impl ActivateArgs {
    fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        signing::fetch_first(app, &repository, &self.sharing)?;
        let trusted = trust::load(&repository, None)?;
        let text = working_file(&repository)?;
        let head = trusted.chain.head();
        if text == in_force(&repository)? {
            app.ui.say(format!("{POLICY_FILE} is in force already, as version {}", head.version));
            return Ok(Exit::Yes);
        }
        let parsed = parse_policy(&text)
            .map_err(|_| Failure::invalid(format!("{POLICY_FILE} can't be used")).hint("see why: relsign policy check"))?;
        for owners in [&head.policy.contents().owners, &parsed.policy.contents().owners] {
            if owners.threshold > 1 {
                return Err(Failure::refused(format!(
                    "the policy takes {} owners, and this version of relsign collects one signature only",
                    owners.threshold
                )));
            }
        }
        let identity = signing::identify(app, &repository, &trusted)?;
        let is_owner = |policy: &crate::model::policy::Policy| {
            identity.person().is_some_and(|handle| policy.contents().owners.people.contains(handle))
        };
        if !is_owner(&head.policy) || !is_owner(&parsed.policy) {
            let owners: Vec<_> = head.policy.contents().owners.people.iter().map(|handle| handle.as_str()).collect();
            return Err(Failure::refused(format!("{} does not own the policy", identity.principal))
                .hint(format!("an owner runs it: {}", owners.join(", "))));
        }
        let anchors = anchors(app, &repository, &trusted)?;
        let digest = policy_digest(&text, anchors.as_bytes());
        let version = head.version + 1;
        let step = PolicyStep { version, digest, previous: Some(head.digest) };
        let line = init::sign_step(app, &identity.key, &identity.principal, trusted.root, Some(head.head()), step)?;
        let author = app.author(&repository)?;
        let old = repository.resolve(POLICY_REF)?;
        let records = BTreeSet::from([line]);
        let files = PolicyFiles { policy_toml: &text, anchors: anchors.as_bytes(), records: &records };
        let (commit, swap) =
            repository.advance_policy(POLICY_REF, files, old.as_ref(), &author, &format!("Policy version {version}"))?;
        if swap != Swap::Done {
            return Err(
                Failure::internal("somebody else changed the policy at the same time").hint("look at it, then run it again")
            );
        }
        // What nobody else would accept must not stay: it is taken back before anybody sees it.
        if let Err(failure) = trust::load(&repository, None) {
            if let Some(old) = old {
                repository.swap_ref(POLICY_REF, &old, Some(&commit), "Take back a version that is not accepted")?;
            }
            return Err(failure);
        }
        app.ui.line(format!("policy version {version} is in force, digest {digest}"))?;
        signing::share(app, &repository, &self.sharing, &[])
    }
}

/// Gives the file of the version in force.
fn in_force(repository: &Repository) -> Outcome<Vec<u8>> {
    let tip = repository.resolve(POLICY_REF)?.ok_or_else(|| Failure::missing("there is no policy here"))?;
    let versions = repository.policy_chain(&tip)?;
    versions.into_iter().next_back().map(|version| version.policy_toml).ok_or_else(|| Failure::missing("there is no policy here"))
}

fn working_file(repository: &Repository) -> Outcome<Vec<u8>> {
    let top =
        repository.work_dir().ok_or_else(|| Failure::usage("this repository has no working tree").hint("run it in a clone"))?;
    std::fs::read(top.join(POLICY_FILE))
        .map_err(|error| Failure::missing(format!("there is no {POLICY_FILE} in the working tree")).because(error))
}

/// Lists what the next version settles: every valid open and decide, and every valid record of releases still undecided.
fn anchors(app: &App, repository: &Repository, trusted: &Trusted) -> Outcome<String> {
    let before: BTreeSet<RecordId> = trusted.chain.versions().flat_map(|version| version.anchors.iter().copied()).collect();
    let mut found: BTreeSet<RecordId> = BTreeSet::new();
    let mut notes = repository.notes(NOTES_REF)?;
    for (name, id) in repository.refs("refs/tags/")? {
        let Ok(name) = name.as_str().parse::<TagName>() else { continue };
        if notes.lines(&id)?.is_empty() {
            continue;
        }
        let loaded = release::load_with(repository, trusted, &mut notes, &name, app.now, None)?;
        let undecided = matches!(loaded.report().state, ReleaseState::Open | ReleaseState::ConditionalGo | ReleaseState::NotOpened);
        let anchored =
            loaded.records.values().filter(|record| undecided || matches!(record.value().body, Body::Open(_) | Body::Decide(_)));
        found.extend(anchored.map(|record| record.id()));
    }
    Ok(found.difference(&before).fold(String::new(), |text, id| text + &id.to_string() + "\n"))
}
