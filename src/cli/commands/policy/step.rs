//! `relsign policy propose`, `sign` and `activate`: a step of the chain, from one owner's file to what is in force.

use std::collections::BTreeSet;

use super::{anchors, working_file};
use crate::cli::app::App;
use crate::cli::commands::init;
use crate::cli::json;
use crate::cli::json::policy::{PolicyStepJson, ProposalJson};
use crate::evaluate::chain;
use crate::git::policy_ref::{PolicyCommit, PolicyFiles};
use crate::git::refs::Swap;
use crate::git::{Author, POLICY_REF, PROPOSALS_PREFIX, Repository};
use crate::model::problem::Level;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::proposals::{self, Proposal};
use crate::ops::policy_file::POLICY_FILE;
use crate::ops::share::{self, Sharing};
use crate::ops::trust::{self, Trusted};
use crate::ops::write::identity::{self, Identity};
use crate::parse::digests::policy_digest;
use crate::parse::policy::parse_policy;
use crate::report::{safe, words};

/// Propose the policy file as the next version, for the owners to sign
///
/// An owner's proposal carries their signature. It lies on a ref of its own until enough owners signed it, and several
/// may be proposed at a time.
#[derive(Debug, clap::Args)]
pub struct ProposeArgs {
    #[command(flatten)]
    sharing: Sharing,
}

/// Sign a proposed version as an owner
///
/// It shows first what the version changes. A version takes enough owners of the policy in force and enough of its own.
/// One that does nothing but revoke keys takes one owner, or the holder with another key.
#[derive(Debug, clap::Args)]
pub struct SignArgs {
    /// The version, by its digest or the beginning of it (may be left out where one is proposed)
    #[arg(value_name = "DIGEST")]
    digest: Option<String>,
    /// Sign also where the version settles records that are not here, so that nobody here could look at them
    #[arg(long)]
    unseen_anchors: bool,
    #[command(flatten)]
    sharing: Sharing,
}

/// Put a proposed version in force once enough owners signed it; anybody may
///
/// Where one owner is enough it proposes, signs and activates the policy file in one go.
#[derive(Debug, clap::Args)]
pub struct ActivateArgs {
    /// The version, by its digest or the beginning of it (may be left out where one is proposed)
    #[arg(value_name = "DIGEST")]
    digest: Option<String>,
    #[command(flatten)]
    sharing: Sharing,
}

impl ProposeArgs {
    pub(super) fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        share::fetch_first(app, &repository, &self.sharing)?;
        let trusted = trust::load(&repository, None)?;
        let Some(mut proposal) = draft(app, &repository, &trusted)? else {
            return nothing_to_do(app, &trusted);
        };
        let author = app.author(&repository)?;
        match identity::identify(app, &repository, &trusted) {
            Ok(identity) if helps(&trusted, &proposal, &identity) => {
                proposal = add_signature(app, &repository, &trusted, &identity, &proposal, &author)?;
            }
            _ => {
                put(&repository, &proposal, &author)?;
                app.ui.say("it is proposed without a signature: yours would not count");
            }
        }
        tell_changes(app, &trusted, &proposal);
        finish(app, &repository, &trusted, &proposal, "proposed", &self.sharing)
    }
}

impl SignArgs {
    pub(super) fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        share::fetch_first(app, &repository, &self.sharing)?;
        let trusted = trust::load(&repository, None)?;
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
                "the proposal settles {many} that nobody can look at here: {}",
                words::some_of(&unseen, 5)
            ))
            .hint("get what others signed: relsign sync; settled records count whatever becomes of their keys")
            .hint("to sign it all the same: relsign policy sign --unseen-anchors"));
        }
        let unsettled = seen.difference(&proposal.candidate.anchors).count();
        if unsettled > 0 {
            let many = words::count(unsettled as u64, "record");
            app.ui.say(format!("{many} came after it was proposed and will not be settled by it"));
        }
        let proposal = match signed_by(&trusted, &proposal, &identity) {
            true => {
                app.ui.say("you have signed it already");
                proposal
            }
            false => add_signature(app, &repository, &trusted, &identity, &proposal, &app.author(&repository)?)?,
        };
        finish(app, &repository, &trusted, &proposal, "signed", &self.sharing)
    }
}

impl ActivateArgs {
    pub(super) fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        share::fetch_first(app, &repository, &self.sharing)?;
        let trusted = trust::load(&repository, None)?;
        let proposal = match self.chosen(app, &repository, &trusted)? {
            Some(proposal) => proposal,
            None => return nothing_to_do(app, &trusted),
        };
        let standing = proposal.standing(&trusted);
        if !standing.is_accepted() {
            let lacks = missing(&trusted, &ProposalJson::of(&trusted, &proposal));
            return Err(Failure::refused(format!("{} can't be put in force yet: {lacks}", proposal.digest().short()))
                .hint(format!("each of them runs: relsign policy sign {}", proposal.digest().short())));
        }
        activate(&repository, &trusted, &proposal)?;
        if !app.globals.json {
            app.ui.line(format!("policy version {} is in force, digest {}", proposal.step(&trusted).version, proposal.digest()))?;
        }
        share(app, &repository, &trusted, &proposal, true, &self.sharing)
    }

    /// Finds what is to be put in force: what was named, what waits, or the policy file, signed here and now.
    fn chosen(&self, app: &App, repository: &Repository, trusted: &Trusted) -> Outcome<Option<Proposal>> {
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
                return Err(Failure::usage(format!(
                    "{POLICY_FILE} is none of the versions that are proposed: {}",
                    digests.join(", ")
                ))
                .hint("name the one you mean, or propose the file: relsign policy propose"));
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
            .hint("propose it, for the others to sign: relsign policy propose"))
    }
}

/// Says that the policy file is what is in force.
fn nothing_to_do(app: &App, trusted: &Trusted) -> Outcome {
    app.ui.say(format!("{POLICY_FILE} is in force already, as version {}", trusted.chain.head().version));
    if app.globals.json {
        let value = PolicyStepJson { format: "relsign-policy-step-v1", proposal: None, in_force: true, shared: None };
        json::print(app, &value)?;
    }
    Ok(Exit::Yes)
}

/// Makes a proposal of the policy file; nothing where it is what is in force.
fn draft(app: &App, repository: &Repository, trusted: &Trusted) -> Outcome<Option<Proposal>> {
    let text = working_file(repository)?;
    if text == trusted.text {
        return Ok(None);
    }
    if let Some(version) = version_of(repository, trusted, &text)? {
        let head = trusted.chain.head().version;
        return Err(Failure::refused(format!("{POLICY_FILE} is that of version {version}, and version {head} is in force"))
            .hint(format!("take the file in force: relsign policy show --raw > {POLICY_FILE}"))
            .hint("to go back on purpose, say so in a comment of the file: that makes it a new one"));
    }
    let parsed = parse_policy(&text)
        .map_err(|_| Failure::invalid(format!("{POLICY_FILE} can't be used")).hint("see why: relsign policy check"))?;
    for problem in parsed.warnings.iter().filter(|problem| problem.level == Level::Warning) {
        app.ui.warn(format!("{POLICY_FILE}, line {}: {}", problem.line, problem.message));
    }
    let anchors = anchors(app, repository, trusted)?;
    let anchors = anchors.iter().fold(String::new(), |text, id| text + &id.to_string() + "\n").into_bytes();
    // The same file was perhaps proposed before: then its signatures are worth more than fresh anchors.
    let waiting = proposals::waiting(repository, trusted)?;
    if let Some(same) = waiting.into_iter().find(|proposal| proposal.commit.policy_toml == text) {
        return Ok(Some(same));
    }
    let digest = policy_digest(&text, &anchors);
    let commit = PolicyCommit { commit: trusted.tip, policy_toml: text, anchors, records: BTreeSet::new(), well_formed: Ok(()) };
    let proposal = Proposal::read(trusted, &digest, commit)?;
    match &proposal.stale {
        Some(finding) => Err(trust::from_finding(finding)),
        None => Ok(Some(proposal)),
    }
}

/// Gives the newest version whose file this is.
fn version_of(repository: &Repository, trusted: &Trusted, text: &[u8]) -> Outcome<Option<u32>> {
    let versions = repository.policy_chain(&trusted.tip)?;
    Ok(versions.iter().zip(1..).filter(|(version, _)| version.policy_toml == text).map(|(_, number)| number).last())
}

/// Finds the signer where only the proposed version lists their key.
fn own_key(app: &App, repository: &Repository, proposal: &Proposal) -> Option<Identity> {
    let chosen = identity::choose_key(app, Some(repository), None).ok()?;
    let (principal, _) = proposal.candidate.policy.key(chosen.key.public().fingerprint())?;
    Some(Identity { key: chosen.key, principal })
}

/// Says whether a signature would count for anything: as an owner's, or as that of one who may revoke.
fn helps(trusted: &Trusted, proposal: &Proposal, identity: &Identity) -> bool {
    let Some(handle) = identity.person() else { return false };
    let policies = [trusted.policy(), &proposal.candidate.policy];
    let revokes = proposal.standing(trusted).revokes;
    let own = |holder: &crate::model::ids::Principal| holder.person() == Some(handle);
    policies.iter().any(|policy| policy.contents().owners.people.contains(handle))
        || !revokes.is_empty() && revokes.iter().all(|(holder, key)| own(holder) && key != identity.key.public().fingerprint())
}

fn signed_by(trusted: &Trusted, proposal: &Proposal, identity: &Identity) -> bool {
    let step = proposal.step(trusted);
    let is_own = |record: &&crate::sign::verify::Verified<crate::model::log::Record>| {
        record.key() == identity.key.public().fingerprint()
            && matches!(&record.value().body, crate::model::record::Body::Policy(body) if *body == step)
    };
    proposal.candidate.records.iter().any(|record| is_own(&record))
}

/// Signs a proposal, writing nothing.
fn with_signature(app: &App, trusted: &Trusted, identity: &Identity, proposal: &Proposal) -> Outcome<Proposal> {
    let step = proposal.step(trusted);
    let head = trusted.chain.head().head();
    let line = init::sign_step(app, &identity.key, &identity.principal, trusted.root, Some(head), step)?;
    let mut commit = proposal.commit.clone();
    commit.records = proposal.lines.clone();
    commit.records.insert(line);
    Proposal::read(trusted, &proposal.digest(), commit)
}

/// Signs a proposal and writes it; what somebody else wrote at the same time is kept.
fn add_signature(
    app: &App,
    repository: &Repository,
    trusted: &Trusted,
    identity: &Identity,
    proposal: &Proposal,
    author: &Author,
) -> Outcome<Proposal> {
    let signed = with_signature(app, trusted, identity, proposal)?;
    put(repository, &signed, author)?;
    app.ui.say(format!("signed as {} for version {}", identity.principal, signed.step(trusted).version));
    let digest = signed.digest().to_string();
    proposals::find(repository, trusted, Some(&digest))
}

fn put(repository: &Repository, proposal: &Proposal, author: &Author) -> Outcome<()> {
    let message = format!("Propose policy {}", proposal.digest().short());
    repository.propose_policy(&proposal.digest(), proposal.commit.files(&proposal.lines), author, &message)?;
    Ok(())
}

/// Writes the version onto the chain, if the chain still ends where it did.
///
/// The commit says nothing of who activated it, and its time is claimed by the signatures: two clones that put the same
/// version with the same signatures in force make the same commit.
fn activate(repository: &Repository, trusted: &Trusted, proposal: &Proposal) -> Outcome<()> {
    let version = proposal.step(trusted).version;
    let time = proposal.candidate.records.iter().map(|record| record.value().time).max();
    let time = time.ok_or_else(|| Failure::internal("a version without signatures can't be put in force"))?;
    let author = Author { name: "relsign".to_owned(), email: String::new(), time };
    let files: PolicyFiles<'_> = proposal.commit.files(&proposal.lines);
    let old = trusted.tip;
    let message = format!("Policy version {version}");
    let (commit, swap) = repository.advance_policy(POLICY_REF, files, Some(&old), &author, &message)?;
    if swap != Swap::Done {
        return Err(Failure::internal("somebody else changed the policy at the same time").hint("look at it, then run it again"));
    }
    // What nobody else would accept must not stay: it is taken back before anybody sees it.
    if let Err(failure) = trust::load(repository, None) {
        repository.swap_ref(POLICY_REF, &old, Some(&commit), "Take back a version that is not accepted")?;
        return Err(failure);
    }
    Ok(())
}

fn not_an_owner(trusted: &Trusted, proposal: &Proposal, identity: &Identity) -> Failure {
    let owners = |policy: &crate::model::policy::Policy| words::and(&policy.contents().owners.people);
    let (old, new) = (owners(trusted.policy()), owners(&proposal.candidate.policy));
    let owners = if old == new { old } else { format!("{old}, then {new}") };
    Failure::refused(format!("{} does not own the policy", identity.principal)).hint(format!("an owner runs it: {owners}"))
}

fn tell_changes(app: &App, trusted: &Trusted, proposal: &Proposal) {
    let step = proposal.step(trusted);
    app.ui.say(format!("version {} of the policy, digest {}", step.version, step.digest));
    let json = ProposalJson::of(trusted, proposal);
    for change in &json.changes {
        app.ui.say(format!("  {change}"));
    }
    if json.changes.is_empty() {
        app.ui.say("  rules the same; only its words or anchors differ");
    }
    for line in crate::git::objects::line_diff(&trusted.text, &proposal.commit.policy_toml).lines() {
        app.ui.say(format!("    {}", safe::line(line)));
    }
}

/// Says what a proposal lacks, or that it lacks nothing.
fn missing(trusted: &Trusted, proposal: &ProposalJson) -> String {
    if proposal.complete {
        return "nothing is missing".to_owned();
    }
    if proposal.only_revokes {
        return "it only revokes keys, so one owner or the holder with another key must sign it".to_owned();
    }
    let old = format!("of version {}", trusted.chain.head().version);
    let sides = [(&proposal.old_owners, old.as_str()), (&proposal.new_owners, "of its own")];
    let lacks = sides.into_iter().filter_map(|(side, whose)| {
        let side = chain::Side { signed: side.signed.clone(), waiting: side.waiting.clone(), missing: side.missing };
        chain::lacks(&side, whose)
    });
    lacks.collect::<Vec<_>>().join(", and ")
}

/// Tells of a proposal in one line.
pub fn told(proposal: &ProposalJson) -> String {
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
fn finish(app: &App, repository: &Repository, trusted: &Trusted, proposal: &Proposal, what: &str, sharing: &Sharing) -> Outcome {
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

fn share(app: &App, repository: &Repository, trusted: &Trusted, proposal: &Proposal, in_force: bool, sharing: &Sharing) -> Outcome {
    let asked = !sharing.no_sync && repository.sharing_remote()?.is_some();
    let own = format!("{PROPOSALS_PREFIX}{}", proposal.digest());
    let own = (!in_force).then_some(own.as_str());
    let outcome = share::share_ref(app, repository, sharing, &[], own);
    if app.globals.json {
        let shared = asked.then_some(outcome.is_ok());
        let proposal = Some(ProposalJson::of(trusted, proposal));
        json::print(app, &PolicyStepJson { format: "relsign-policy-step-v1", proposal, in_force, shared })?;
        if let Err(failure) = outcome {
            // The answer stands on standard output already, and there is one answer only.
            app.ui.failure(&failure);
            return Ok(failure.exit);
        }
    }
    outcome
}
