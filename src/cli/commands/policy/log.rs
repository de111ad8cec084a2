//! `relsign policy log` and `relsign policy roster`: what was in force, and who stood in it.

use std::fmt::Write as _;

use crate::cli::app::App;
use crate::cli::json;
use crate::cli::json::policy::{PersonJson, PolicyLogJson, ProposalJson, Roster, RosterJson, SignatureJson, VersionJson};
use crate::evaluate::chain;
use crate::git::Repository;
use crate::model::log::Record;
use crate::model::policy::PolicyVersion;
use crate::model::record::{Body, PolicyStep};
use crate::model::time::Timestamp;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::proposals;
use crate::ops::trust;
use crate::ops::workspace::Workspace;
use crate::report::wrap::wrap;
use crate::report::{changes, safe, words};
use crate::sign::verify::Verified;

/// List every version of the policy: who signed it, and what it changed
#[derive(Debug, clap::Args)]
pub struct LogArgs {}

/// List people, machines, keys, roles and components of a policy version
#[derive(Debug, clap::Args)]
pub struct RosterArgs {
    /// Show the newest version whose signers all claim to have signed it by this time. Claimed times prove nothing
    #[arg(long, value_name = "TIME", conflicts_with = "policy")]
    as_of: Option<String>,
    /// Show this version
    #[arg(long, value_name = "VERSION")]
    policy: Option<u32>,
}

impl LogArgs {
    pub(super) fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.trusted()?;
        let versions = versions(&repository, &trusted)?;
        let waiting = proposals::waiting(&repository, &trusted)?;
        if app.globals.json {
            let proposals = waiting.iter().map(|proposal| ProposalJson::of(&trusted, proposal)).collect();
            let value = PolicyLogJson { root: trusted.root, versions, proposals };
            return json::answer(app, &value);
        }
        let mut text = String::new();
        for version in versions.iter().rev() {
            let claimed = version.claimed.map_or_else(|| "no time".to_owned(), |time| words::time(time, &app.zone));
            let _ = writeln!(text, "version {}, claimed {claimed}", version.version);
            let _ = writeln!(text, "  {}", version.digest);
            for signature in &version.signatures {
                let _ = writeln!(text, "  signed by {} with {}", signature.handle, signature.key);
            }
            let what = match (version.changes.as_slice(), version.version) {
                (_, 1) => "the root".to_owned(),
                ([], _) => "same rules as the version before".to_owned(),
                (changes, _) => changes.join("; "),
            };
            let only = if version.only_revokes { " (only revokes, which one person may sign)" } else { "" };
            wrap(&mut text, &format!("{}{only}", safe::line(&what)), "  ", "    ", app.ui.width);
            if version.settled > 0 {
                let _ = writeln!(text, "  settled {}", words::count(version.settled, "record"));
            }
        }
        app.page(&repository, &text)?;
        for proposal in &waiting {
            app.ui.say(proposal.told(&trusted));
        }
        Ok(Exit::Yes)
    }
}

impl RosterArgs {
    pub(super) fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.trusted()?;
        let all = versions(&repository, &trusted)?;
        let as_of = self.as_of.as_deref().map(|text| app.time(text)).transpose()?;
        let number = match (self.policy, as_of) {
            (Some(number), _) => number,
            (None, None) => trusted.chain.head().version,
            // A version may not be older than one before it, whatever its signers claim.
            (None, Some(as_of)) => {
                let by_then = all.iter().take_while(|version| version.claimed.is_some_and(|claimed| claimed <= as_of));
                by_then.last().map(|version| version.version).ok_or_else(|| {
                    Failure::missing(format!("no version of the policy was signed by {}", words::time(as_of, &app.zone)))
                })?
            }
        };
        let version = trusted.chain.version(number).ok_or_else(|| {
            Failure::missing(format!("there is no version {number} of the policy, the newest is {}", trusted.chain.head().version))
        })?;
        let claimed = all.iter().find(|version| version.version == number).and_then(|version| version.claimed);
        let roster = Roster::of(&version.policy);
        if app.globals.json {
            let (digest, root) = (version.digest, trusted.root);
            return json::answer(app, &RosterJson { version: number, digest, root, as_of, claimed, roster });
        }
        app.page(&repository, &text(app, version, claimed, &roster))?;
        if as_of.is_some() {
            app.ui.say("the version in force then is derived from the times that its signers claim, which are not witnessed");
        }
        Ok(Exit::Yes)
    }
}

fn text(app: &App, version: &PolicyVersion, claimed: Option<Timestamp>, roster: &Roster) -> String {
    let claimed = claimed.map_or_else(String::new, |time| format!(", claimed {}", words::time(time, &app.zone)));
    let mut text = format!("policy version {}{claimed}\n{}\n\npeople\n", version.version, version.digest);
    let keys = |text: &mut String, keys: &[crate::model::policy::KeyEntry]| {
        for key in keys {
            let since = key.since.map_or_else(String::new, |since| format!(" since version {since}"));
            let hardware = if key.hardware { ", hardware" } else { "" };
            let _ = writeln!(text, "    {} {}{since}{hardware}", key.fingerprint, key.state);
        }
    };
    for PersonJson { handle, person } in &roster.people {
        let owner = if roster.owners.contains(handle) { " — owner of the policy" } else { "" };
        let roles = if person.roles.is_empty() { "no roles".to_owned() } else { words::and(&person.roles) };
        let name = person.name.as_deref().map_or_else(String::new, |name| format!(" ({})", safe::line(name)));
        wrap(&mut text, &format!("{}{name}: {roles}{owner}", handle), "  ", "      ", app.ui.width);
        keys(&mut text, &person.keys);
    }
    if !roster.machines.is_empty() {
        text += "\nmachines\n";
    }
    for machine in &roster.machines {
        let _ = writeln!(text, "  {}: may {}", machine.name, words::and(&machine.may));
        keys(&mut text, &machine.keys);
    }
    text += "\ncomponents\n";
    for component in &roster.components {
        let places = words::and(&component.environments);
        let line = format!("{}: tags {}, checklist {}, to {places}", component.name, component.tags, component.checklist);
        wrap(&mut text, &safe::line(&line), "  ", "    ", app.ui.width);
    }
    let _ = writeln!(text, "\nowners of the policy: {} of {}", roster.threshold, words::and(&roster.owners));
    text
}

/// Describes every accepted version, oldest first.
fn versions(repository: &Repository, trusted: &Workspace) -> Outcome<Vec<VersionJson>> {
    let candidates = trust::read(&repository.policy_chain(&trusted.tip)?, trusted.root)?;
    let mut before: Option<&PolicyVersion> = None;
    let mut found = Vec::new();
    for (version, candidate) in trusted.chain.versions().zip(candidates) {
        let previous = before.map(|before| before.digest);
        let step = PolicyStep { version: version.version, digest: version.digest, previous };
        let standing = chain::standing(before, &candidate, version.version);
        // Anybody whom the policy lists can lay a record beside a version; named are those whose word counted.
        let counted = standing.signed();
        let counts = |record: &&Verified<Record>| {
            matches!(&record.value().body, Body::Policy(body) if *body == step)
                && record.principal().person().is_some_and(|handle| counted.contains(handle))
        };
        let signatures = candidate.records.iter().filter(counts).map(|record| SignatureJson {
            handle: record.principal().clone(),
            key: record.key().clone(),
            time: record.value().time,
            record: record.id(),
        });
        let mut signatures: Vec<SignatureJson> = signatures.collect();
        signatures.sort_by(|one, other| (&one.handle, one.record).cmp(&(&other.handle, other.record)));
        found.push(VersionJson {
            version: version.version,
            digest: version.digest,
            claimed: signatures.iter().map(|signature| signature.time).max(),
            signatures,
            changes: before.map(|before| changes::between(before.policy.contents(), version.policy.contents())).unwrap_or_default(),
            only_revokes: standing.is_revocation(),
            settled: version.anchors.len().saturating_sub(before.map_or(0, |before| before.anchors.len())) as u64,
        });
        before = Some(version);
    }
    Ok(found)
}
