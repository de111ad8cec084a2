//! `relsign policy propose`, `sign` and `activate`: a step of the chain, from one owner's file to what is in force.

use std::collections::BTreeSet;

use crate::cli::app::App;
use crate::cli::commands::delivery;
use crate::cli::json::policy::{PolicyStepJson, ProposalJson};
use crate::cli::json::{self, WouldSignJson};
use crate::evaluate::chain;
use crate::git::Repository;
use crate::model::advice::Advice;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::proposals::{self, Proposal};
use crate::ops::policy_file::POLICY_FILE;
use crate::ops::share::{self, Sharing};
use crate::ops::workspace::Workspace;
use crate::ops::write::identity::{self, Identity};
use crate::ops::write::policy::{
    activate, add_signature, anchors, draft, head_file, helps, own_key, put, signed_by, version_of, with_signature, working_file,
};
use crate::report::{safe, words};

/// Propose the policy file as the next version, for the owners to sign
///
/// An owner's proposal carries their signature. Each proposal has its own ref until enough owners have signed it, and
/// several can be open at a time.
#[derive(Debug, clap::Args)]
pub struct ProposeArgs {
    #[command(flatten)]
    sharing: Sharing,
}

/// Sign a proposed version as an owner
///
/// It first shows what the version changes. A version needs enough owners of the policy in force and enough of its own.
/// One that only revokes keys needs one owner, or the holder with another key.
#[derive(Debug, clap::Args)]
pub struct SignArgs {
    /// The version, by its digest or the beginning of it (optional if one is proposed)
    #[arg(value_name = "DIGEST")]
    digest: Option<String>,
    /// Sign even if the version settles records that are not here and can't be inspected
    #[arg(long)]
    unseen_anchors: bool,
    #[command(flatten)]
    sharing: Sharing,
}

/// Put a proposed version in force once enough owners have signed it; anybody may run it
///
/// If one owner is enough, it proposes, signs and activates the policy file in one step.
#[derive(Debug, clap::Args)]
pub struct ActivateArgs {
    /// The version, by its digest or the beginning of it (optional if one is proposed)
    #[arg(value_name = "DIGEST")]
    digest: Option<String>,
    #[command(flatten)]
    sharing: Sharing,
}

impl ProposeArgs {
    pub(super) fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        share::fetch_first(app, &repository, &self.sharing)?;
        let trusted = Workspace::load(&repository, None)?;
        let Some(mut proposal) = draft(app, &repository, &trusted)? else {
            return nothing_to_do(app, &trusted);
        };
        let author = app.author(&repository)?;
        match identity::identify(app, &repository, &trusted) {
            Ok(identity) if helps(&trusted, &proposal, &identity) => {
                proposal = add_signature(app, &repository, &trusted, &identity, &proposal, &author)?;
            }
            _ if app.dry_run => return rehearse(app, &trusted, &proposal, None, "propose"),
            _ => {
                put(&repository, &proposal, &author)?;
                app.ui.say("proposed without your signature, which would not count");
            }
        }
        tell_changes(app, &trusted, &proposal);
        if app.dry_run {
            return rehearse(app, &trusted, &proposal, Some("proposes"), "propose");
        }
        finish(app, &repository, &trusted, &proposal, "proposed", &self.sharing)
    }
}

impl SignArgs {
    pub(super) fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        share::fetch_first(app, &repository, &self.sharing)?;
        let trusted = Workspace::load(&repository, None)?;
        let proposal = proposals::find(&repository, &trusted, self.digest.as_deref())?;
        let identity = identity::identify(app, &repository, &trusted).or_else(|failure| {
            // Whoever becomes an owner with this very version may be listed by it alone.
            own_key(app, &repository, &proposal).ok_or(failure)
        })?;
        if !helps(&trusted, &proposal, &identity) {
            return Err(not_an_owner(&trusted, &proposal, &identity));
        }
        tell_changes(app, &trusted, &proposal);
        let seen: BTreeSet<_> = anchors(app, &repository, &trusted)?;
        let unseen: Vec<_> = proposal.candidate.anchors.difference(&seen).map(|id| id.short()).collect();
        if !unseen.is_empty() && !self.unseen_anchors {
            let many = words::count(unseen.len() as u64, "record");
            return Err(Failure::missing(format!(
                "the proposal settles {many} that are not here to inspect: {}",
                words::some_of(&unseen, 5)
            ))
            .suggest("fetch what others signed", "relsign sync")
            .hint("settled records count even if their keys are revoked later")
            .suggest("to sign it anyway", "relsign policy sign --unseen-anchors"));
        }
        let unsettled = seen.difference(&proposal.candidate.anchors).count();
        if unsettled > 0 {
            let many = words::count(unsettled as u64, "record");
            app.ui.say(format!("{many} came after it was proposed and will not be settled by it"));
        }
        let proposal = match signed_by(&trusted, &proposal, &identity) {
            true => {
                app.ui.say("you have already signed it");
                if app.dry_run {
                    return delivery::rehearsed(app, None, Vec::new());
                }
                proposal
            }
            false => add_signature(app, &repository, &trusted, &identity, &proposal, &app.author(&repository)?)?,
        };
        if app.dry_run {
            return rehearse(app, &trusted, &proposal, Some("signs"), "");
        }
        finish(app, &repository, &trusted, &proposal, "signed", &self.sharing)
    }
}

impl ActivateArgs {
    pub(super) fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        share::fetch_first(app, &repository, &self.sharing)?;
        let trusted = Workspace::load(&repository, None)?;
        let proposal = match self.chosen(app, &repository, &trusted)? {
            Some(proposal) => proposal,
            None => return nothing_to_do(app, &trusted),
        };
        let standing = proposal.standing(&trusted);
        if !standing.is_accepted() {
            let lacks = missing(&trusted, &ProposalJson::of(&trusted, &proposal));
            return Err(Failure::refused(format!("{} can't be put in force yet: {lacks}", proposal.digest().short()))
                .suggest("each of them runs", format!("relsign policy sign {}", proposal.digest().short())));
        }
        if app.dry_run {
            let is_new = self.digest.is_none() && proposal.lines.is_empty();
            return rehearse(app, &trusted, &proposal, is_new.then_some("signs"), "put in force");
        }
        activate(&repository, &trusted, &proposal)?;
        if !app.globals.json {
            app.ui.line(format!("policy version {} is in force, digest {}", proposal.step(&trusted).version, proposal.digest()))?;
        }
        let exit = share(app, &repository, &trusted, &proposal, true, &self.sharing)?;
        let in_force = &proposal.commit.policy_toml;
        if working_file(&repository).ok().as_ref() == Some(in_force) && head_file(&repository)?.as_ref() != Some(in_force) {
            let commit = format!("git commit -m \"Policy version {}\" {POLICY_FILE}", proposal.step(&trusted).version);
            app.ui.advise(Advice::run("commit the file by itself, which no freeze keeps out", commit));
        }
        Ok(exit)
    }

    /// Finds what is to be put in force: what was named, what waits, or the policy file, signed here and now.
    fn chosen(&self, app: &App, repository: &Repository, trusted: &Workspace) -> Outcome<Option<Proposal>> {
        if self.digest.is_some() {
            return proposals::find(repository, trusted, self.digest.as_deref()).map(Some);
        }
        let waiting = proposals::waiting(repository, trusted)?;
        let file = working_file(repository).ok();
        // Whoever has an older checkout means no change by it.
        let edited = match &file {
            Some(file) => version_of(repository, trusted, file)?.is_none(),
            None => false,
        };
        if !waiting.is_empty() {
            let same = waiting.iter().filter(|proposal| file.as_ref() == Some(&proposal.commit.policy_toml)).count();
            if edited && same == 0 {
                let digests: Vec<_> = waiting.iter().map(|proposal| proposal.digest().short()).collect();
                return Err(Failure::usage(format!("{POLICY_FILE} is not one of the proposed versions: {}", digests.join(", ")))
                    .suggest("name one, or propose the file", "relsign policy propose"));
            }
            return proposals::find(repository, trusted, None).map(Some);
        }
        let Some(proposal) = draft(app, repository, trusted)? else { return Ok(None) };
        let identity = identity::identify(app, repository, trusted)?;
        if !helps(trusted, &proposal, &identity) {
            return Err(not_an_owner(trusted, &proposal, &identity));
        }
        // Where one signature is enough there is nothing to collect, so no proposal is left behind.
        let signed = with_signature(app, trusted, &identity, &proposal)?;
        if signed.standing(trusted).is_accepted() {
            return Ok(Some(signed));
        }
        let lacks = missing(trusted, &ProposalJson::of(trusted, &signed));
        Err(Failure::refused(format!("one signature is not enough: {lacks}"))
            .suggest("propose it, for the others to sign", "relsign policy propose"))
    }
}

/// Tells what would be signed of a version, and what else would be done with it.
fn rehearse(app: &App, trusted: &Workspace, proposal: &Proposal, signs: Option<&str>, does: &str) -> Outcome {
    let version = format!("version {} of the policy, {}", proposal.step(trusted).version, proposal.digest().short());
    let enough = if proposal.standing(trusted).is_accepted() { ", which is enough" } else { ", which waits for others" };
    let signs = signs.map(|signs| WouldSignJson { item: None, counts_as: format!("{signs} {version}{enough}") });
    let does = (!does.is_empty()).then(|| format!("{does} {version}"));
    delivery::told(app, None, signs.into_iter().collect(), does.into_iter().collect())
}

/// Reports that the policy file is what is in force.
fn nothing_to_do(app: &App, trusted: &Workspace) -> Outcome {
    app.ui.say(format!("{POLICY_FILE} is already in force, as version {}", trusted.chain.head().version));
    if app.globals.json {
        let value = PolicyStepJson { format: "relsign-policy-step-v1", proposal: None, in_force: true, shared: None };
        json::print(app, &value)?;
    }
    Ok(Exit::Yes)
}

fn not_an_owner(trusted: &Workspace, proposal: &Proposal, identity: &Identity) -> Failure {
    let owners = |policy: &crate::model::policy::Policy| words::and(&policy.contents().owners.people);
    let (old, new) = (owners(trusted.policy()), owners(&proposal.candidate.policy));
    let owners = if old == new { old } else { format!("{old}, then {new}") };
    Failure::refused(format!("{} does not own the policy", identity.principal)).hint(format!("an owner runs it: {owners}"))
}

fn tell_changes(app: &App, trusted: &Workspace, proposal: &Proposal) {
    let step = proposal.step(trusted);
    app.ui.say(format!("version {} of the policy, digest {}", step.version, step.digest));
    let json = ProposalJson::of(trusted, proposal);
    for change in &json.changes {
        app.ui.say(format!("  {change}"));
    }
    if json.changes.is_empty() {
        app.ui.say("  same rules; only text or anchors differ");
    }
    for line in crate::git::objects::line_diff(&trusted.text, &proposal.commit.policy_toml).lines() {
        app.ui.say(format!("    {}", safe::line(line)));
    }
}

/// Describes what a proposal lacks, or that it lacks nothing.
fn missing(trusted: &Workspace, proposal: &ProposalJson) -> String {
    if proposal.complete {
        return "nothing is missing".to_owned();
    }
    if proposal.only_revokes {
        return "it only revokes keys, so one owner, or the holder with another key, must sign it".to_owned();
    }
    let old = format!("of version {}", trusted.chain.head().version);
    let sides = [(&proposal.old_owners, old.as_str()), (&proposal.new_owners, "of its own")];
    let lacks = sides.into_iter().filter_map(|(side, whose)| {
        let side = chain::Side { signed: side.signed.clone(), waiting: side.waiting.clone(), missing: side.missing };
        chain::lacks(&side, whose)
    });
    lacks.collect::<Vec<_>>().join(", and ")
}

/// Reports on a proposal in one line.
pub fn describe(proposal: &ProposalJson) -> String {
    let digest = proposal.digest.short();
    let what = if proposal.changes.is_empty() { "rules the same".to_owned() } else { proposal.changes.join("; ") };
    if proposal.complete {
        return format!("proposed: {digest} ({what}), signed by enough owners: relsign policy activate {digest}");
    }
    let signed: BTreeSet<_> = proposal.old_owners.signed.union(&proposal.new_owners.signed).collect();
    let signed = if signed.is_empty() { "nobody yet".to_owned() } else { words::and(signed) };
    let waiting: BTreeSet<_> = proposal.old_owners.waiting.union(&proposal.new_owners.waiting).collect();
    format!("proposed: {digest} ({what}), signed by {signed}; waits for {}: relsign policy sign {digest}", words::and(waiting))
}

/// Shares a proposal and says what comes next.
fn finish(app: &App, repository: &Repository, trusted: &Workspace, proposal: &Proposal, what: &str, sharing: &Sharing) -> Outcome {
    let json = ProposalJson::of(trusted, proposal);
    if !app.globals.json {
        app.ui.line(format!("{what} {}", proposal.digest()))?;
        match json.complete {
            true => app.ui.say(format!("enough owners signed it: relsign policy activate {}", proposal.digest().short())),
            false => {
                app.ui.say(missing(trusted, &json));
                app.ui.say(format!("each of them runs: relsign policy sign {}", proposal.digest().short()));
            }
        }
    }
    share(app, repository, trusted, proposal, false, sharing)
}

fn share(
    app: &App,
    repository: &Repository,
    trusted: &Workspace,
    proposal: &Proposal,
    in_force: bool,
    sharing: &Sharing,
) -> Outcome {
    let own = proposal.ref_name();
    let own = (!in_force).then_some(own.as_str());
    delivery::conclude(app, repository, (None, own), sharing, |shared| {
        let proposal = Some(ProposalJson::of(trusted, proposal));
        PolicyStepJson { format: "relsign-policy-step-v1", proposal, in_force, shared }
    })
}
