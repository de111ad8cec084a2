//! `relsign policy propose`, `sign` and `activate`: a step of the chain, from one owner's file to what is in force.

use crate::cli::app::App;
use crate::cli::commands::delivery;
use crate::cli::json::policy::{PolicyStepJson, ProposalJson};
use crate::cli::json::{self, WouldSignJson};
use crate::git::Repository;
use crate::model::advice::Advice;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::proposals::{self, Proposal};
use crate::ops::policy_file::POLICY_FILE;
use crate::ops::share::Sharing;
use crate::ops::workspace::Workspace;
use crate::ops::write::policy::{activate, add_signature, draft, head_file, helps, own_key, put, signed_by, working_file};
use crate::ops::write::{identity, step};

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
        let (repository, trusted) = app.prepared(&self.sharing)?;
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
        step::tell_changes(app, &trusted, &proposal);
        if app.dry_run {
            return rehearse(app, &trusted, &proposal, Some("proposes"), "propose");
        }
        finish(app, &repository, &trusted, &proposal, "proposed", &self.sharing)
    }
}

impl SignArgs {
    pub(super) fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.prepared(&self.sharing)?;
        let proposal = proposals::find(&repository, &trusted, self.digest.as_deref())?;
        let identity = identity::identify(app, &repository, &trusted).or_else(|failure| {
            // Whoever becomes an owner with this very version may be listed by it alone.
            own_key(app, &repository, &proposal).ok_or(failure)
        })?;
        if !helps(&trusted, &proposal, &identity) {
            return Err(step::not_an_owner(&trusted, &proposal, &identity));
        }
        step::tell_changes(app, &trusted, &proposal);
        step::tell_anchors(app, &repository, &trusted, &proposal, self.unseen_anchors)?;
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
        let (repository, trusted) = app.prepared(&self.sharing)?;
        let Some(proposal) = step::chosen(app, &repository, &trusted, self.digest.as_deref())? else {
            return nothing_to_do(app, &trusted);
        };
        if !proposal.standing(&trusted).is_accepted() {
            let lacks = proposal.lacks(&trusted);
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
        let value = PolicyStepJson { proposal: None, in_force: true, shared: None };
        json::print(app, &value)?;
    }
    Ok(Exit::Yes)
}

/// Shares a proposal and says what comes next.
fn finish(app: &App, repository: &Repository, trusted: &Workspace, proposal: &Proposal, what: &str, sharing: &Sharing) -> Outcome {
    if !app.globals.json {
        app.ui.line(format!("{what} {}", proposal.digest()))?;
        match proposal.standing(trusted).is_accepted() {
            true => app.ui.say(format!("enough owners signed it: relsign policy activate {}", proposal.digest().short())),
            false => {
                app.ui.say(proposal.lacks(trusted));
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
        PolicyStepJson { proposal, in_force, shared }
    })
}
