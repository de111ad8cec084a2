//! Steps of the policy chain: from the file of the working tree to a version that is proposed, signed and put in force.

use std::collections::BTreeSet;

use super::identity::{self, Identity};
use super::sign::{self, Draft};
use crate::evaluate::chain;
use crate::git::policy_ref::{POLICY_LIMIT, PolicyCommit, PolicyFiles};
use crate::git::refs::Swap;
use crate::git::{Author, NOTES_REF, POLICY_REF, Repository, TreeItem};
use crate::keystore::SigningKey;
use crate::model::ids::{Fingerprint, Handle, Principal, RecordId, RootDigest, TagName};
use crate::model::log::Record;
use crate::model::policy::{KeyState, Person, revoked};
use crate::model::problem::Level;
use crate::model::record::{Body, Decide, PolicyHead, PolicyStep};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::proposals::{self, Proposal};
use crate::ops::load::{releases, root_log};
use crate::ops::policy_file::{POLICY_FILE, place};
use crate::ops::roots;
use crate::ops::session::Session;
use crate::ops::trust::{self, Trust};
use crate::ops::workspace::Workspace;
use crate::parse::digests::policy_digest;
use crate::parse::policy::parse_policy;
use crate::sign::verify::Verified;

/// Returns the policy file of the working tree.
///
/// # Errors
/// If there is none.
pub fn working_file(repository: &Repository) -> Outcome<Vec<u8>> {
    let top =
        repository.work_dir().ok_or_else(|| Failure::usage("this repository has no working tree").hint("run it in a clone"))?;
    std::fs::read(place(top)?)
        .map_err(|error| Failure::missing(format!("there is no {POLICY_FILE} in the working tree")).because(error))
}

/// Returns the policy file of the commit that is checked out.
pub fn head_file(repository: &Repository) -> Outcome<Option<Vec<u8>>> {
    at_head(repository, POLICY_FILE)
}

/// Whether a file is committed, as far as one can tell without reading what is too large for a policy.
pub fn is_committed(repository: &Repository, path: &str) -> Outcome<bool> {
    Ok(at_head(repository, path)?.is_some())
}

fn at_head(repository: &Repository, path: &str) -> Outcome<Option<Vec<u8>>> {
    let Some(commit) = repository.head_commit()?.map(|id| repository.commit(&id)).transpose()?.flatten() else { return Ok(None) };
    Ok(match repository.file_at(&commit.tree, path, POLICY_LIMIT)? {
        TreeItem::File { bytes, .. } => Some(bytes),
        _ => None,
    })
}

/// Lists what the next version settles: what the one in force does, every valid open and decide, and every other valid
/// record that is in no decision's manifest, which settles it too. So what follows a decision stays valid. And every record
/// of the root log: else the next version would freeze again what was lifted.
pub fn anchors(session: &Session, repository: &Repository, trusted: &Workspace) -> Outcome<BTreeSet<RecordId>> {
    let mut found = trusted.chain.head().anchors.clone();
    let mut notes = repository.notes(NOTES_REF)?;
    for (name, id) in repository.refs("refs/tags/")? {
        let Ok(name) = name.as_str().parse::<TagName>() else { continue };
        if !notes.has(&id)? {
            continue;
        }
        let loaded = releases::load_with(repository, trusted, &mut notes, &name, session.now, None)?;
        let decisions = loaded.records.values().filter_map(|record| record.said::<Decide>());
        let settled: BTreeSet<&RecordId> = decisions.flat_map(|decide| &decide.manifest).collect();
        let stays = |record: &&Verified| matches!(record.body, Body::Open(_) | Body::Decide(_)) || !settled.contains(&record.id());
        found.extend(loaded.records.values().filter(stays).map(Verified::id));
    }
    let loaded = root_log::load(repository, trusted, &mut notes)?;
    found.extend(loaded.log(trusted, session.now).records.keys());
    Ok(found)
}

/// Makes the record by which somebody accepts a policy version.
fn step_record(
    session: &Session,
    (principal, key): (&Principal, &SigningKey),
    under: (RootDigest, PolicyHead),
    step: PolicyStep,
) -> Outcome<Record> {
    let draft = Draft::new(vec![chain::subject(step.digest)], Body::Policy(step));
    sign::record(session.now, under, (principal, key), draft)
}

/// Signs the first version of a policy and writes it under its own root, which it gives, in the place of another root's where it
/// succeeds one.
///
/// # Errors
/// If somebody else wrote a policy at the same time, or it can't be written.
pub fn begin(
    session: &Session,
    repository: &Repository,
    text: &str,
    (principal, key): (&Principal, &SigningKey),
    former: Option<&Trust>,
) -> Outcome<RootDigest> {
    let digest = policy_digest(text.as_bytes(), b"");
    let root = RootDigest::from(digest);
    // The first version is signed under itself: there is nothing before it.
    let under = (root, PolicyHead { version: 1, digest });
    let step = PolicyStep { version: 1, digest, previous: None };
    let line = key.sign_record(&step_record(session, (principal, key), under, step)?)?;
    let author = session.author(repository)?;
    let records = BTreeSet::from([line]);
    let files = PolicyFiles { policy_toml: text.as_bytes(), anchors: b"", records: &records };
    let message = "Policy version 1";
    let swap = match former {
        None => repository.advance_policy(files, None, &author, message)?.1,
        Some(former) => {
            let commit = repository.write_policy(files, None, &author, message)?;
            roots::replace(repository, former, &commit, "Begin a new root")?
        }
    };
    if swap != Swap::Done {
        return Err(Failure::internal("somebody else wrote a policy at the same time").hint("run it again to join it"));
    }
    Ok(root)
}

/// Makes a proposal of the policy file; nothing where it is what is in force.
pub fn draft(session: &Session, repository: &Repository, trusted: &Workspace) -> Outcome<Option<Proposal>> {
    let text = working_file(repository)?;
    if text == trusted.text {
        return Ok(None);
    }
    if let Some(version) = version_of(repository, trusted, &text)? {
        let head = trusted.chain.head().version;
        return Err(Failure::refused(format!("{POLICY_FILE} is that of version {version}, but version {head} is in force"))
            .suggest("restore the file in force", format!("relsign policy show --raw > {POLICY_FILE}"))
            .hint("to go back on purpose, add a comment to the file, which makes it a new version"));
    }
    let parsed = parse_policy(&text)
        .map_err(|_| Failure::invalid(format!("{POLICY_FILE} can't be used")).suggest("see why", "relsign policy check"))?;
    for problem in parsed.warnings.iter().filter(|problem| problem.level == Level::Warning) {
        session.warn(format!("{POLICY_FILE}, line {}: {}", problem.line, problem.message));
    }
    let anchors = anchors(session, repository, trusted)?;
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

/// Returns the newest version whose file this is.
pub fn version_of(repository: &Repository, trusted: &Workspace, text: &[u8]) -> Outcome<Option<u32>> {
    let mut newest = None;
    for (place, number) in repository.policy_places(&trusted.tip)?.iter().zip(1..) {
        if repository.policy_version(place)?.policy_toml == text {
            newest = Some(number);
        }
    }
    Ok(newest)
}

/// Finds the signer where only the proposed version lists their key.
pub fn own_key(session: &Session, repository: &Repository, proposal: &Proposal) -> Option<Identity> {
    let chosen = identity::choose_key(session, Some(repository), None).ok()?;
    let (principal, _) = proposal.candidate.policy.key(chosen.key.public().fingerprint())?;
    Some(Identity { key: chosen.key, principal })
}

/// Whether a signature would count for anything: as an owner's, or as that of one who may revoke.
pub fn helps(trusted: &Workspace, proposal: &Proposal, identity: &Identity) -> bool {
    let Some(handle) = identity.person() else { return false };
    let policies = [trusted.policy(), &proposal.candidate.policy];
    let revokes = proposal.standing(trusted).revokes;
    let own = |holder: &Principal| holder.person() == Some(handle);
    policies.iter().any(|policy| policy.contents().owners.people.contains(handle))
        || !revokes.is_empty() && revokes.iter().all(|(holder, key)| own(holder) && key != identity.key.public().fingerprint())
}

/// What it takes to put a changed policy file in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// One owner, or the holder with another key, since it only revokes keys.
    Revoker,
    /// One owner, with a key that both versions list.
    OneOwner,
    /// The only owner, with a key of the version in force and with one of the next.
    NewKey,
    /// So many owners.
    Owners(u32),
}

/// Says what it takes to put a changed policy file in force; nothing where it can't be, or changes nothing.
pub fn needs(trusted: &Trust, text: &str) -> Option<Needs> {
    let new = parse_policy(text.as_bytes()).ok()?.policy;
    let (old, new) = (trusted.policy().contents(), new.contents());
    if text.as_bytes() == trusted.text {
        return None;
    }
    if revoked(old, new, trusted.chain.head().version.saturating_add(1)).is_some() {
        return Some(Needs::Revoker);
    }
    let many = old.owners.threshold.max(new.owners.threshold);
    if many > 1 {
        return Some(Needs::Owners(many));
    }
    let active = |person: &Person| -> BTreeSet<Fingerprint> {
        let keys = person.keys.iter().filter(|key| key.state == KeyState::Active);
        keys.map(|key| key.fingerprint.clone()).collect()
    };
    let both: Vec<_> = old.owners.people.intersection(&new.owners.people).collect();
    let has_lasting = |handle: &&&Handle| {
        let keys = [old, new].map(|contents| contents.people.get(**handle).map(active).unwrap_or_default());
        keys[0].intersection(&keys[1]).next().is_some()
    };
    Some(match (both.iter().any(|handle| has_lasting(&handle)), both.is_empty()) {
        (true, _) => Needs::OneOwner,
        (false, false) => Needs::NewKey,
        (false, true) => Needs::Owners(2),
    })
}

/// Whether somebody has signed a proposal with this key.
pub fn signed_by(trusted: &Workspace, proposal: &Proposal, identity: &Identity) -> bool {
    let step = proposal.step(trusted);
    let own = identity.key.public().fingerprint();
    proposal.candidate.records.iter().any(|record| record.key() == own && record.said() == Some(&step))
}

/// Signs a proposal, writing nothing.
pub fn with_signature(session: &Session, trusted: &Workspace, identity: &Identity, proposal: &Proposal) -> Outcome<Proposal> {
    let under = (trusted.root, trusted.chain.head().head());
    let record = step_record(session, (&identity.principal, &identity.key), under, proposal.step(trusted))?;
    let mut commit = proposal.commit.clone();
    commit.records = proposal.lines.clone();
    if session.dry_run {
        let mut supposed = Proposal::read(trusted, &proposal.digest(), commit)?;
        supposed.candidate.records.push(sign::suppose(record, &identity.key)?);
        return Ok(supposed);
    }
    commit.records.insert(identity.key.sign_record(&record)?);
    Proposal::read(trusted, &proposal.digest(), commit)
}

/// Signs a proposal and writes it, but in a dry run; what somebody else wrote at the same time is kept.
pub fn add_signature(
    session: &Session,
    repository: &Repository,
    trusted: &Workspace,
    identity: &Identity,
    proposal: &Proposal,
    author: &Author,
) -> Outcome<Proposal> {
    let signed = with_signature(session, trusted, identity, proposal)?;
    if session.dry_run {
        return Ok(signed);
    }
    put(repository, &signed, author)?;
    session.say(format!("signed as {} for version {}", identity.principal, signed.step(trusted).version));
    let digest = signed.digest().to_string();
    proposals::find(repository, trusted, Some(&digest))
}

/// Writes a proposal onto its ref.
///
/// # Errors
/// If the ref can't be written.
pub fn put(repository: &Repository, proposal: &Proposal, author: &Author) -> Outcome<()> {
    let message = format!("Propose policy {}", proposal.digest().short());
    repository.propose_policy(&proposal.digest(), proposal.commit.files(&proposal.lines), author, &message)?;
    Ok(())
}

/// Writes the version onto the chain, if the chain still ends where it did.
///
/// The commit says nothing of who activated it, and its time is claimed by the signatures: two clones that put the same
/// version with the same signatures in force make the same commit.
pub fn activate(repository: &Repository, trusted: &Workspace, proposal: &Proposal) -> Outcome<()> {
    let version = proposal.step(trusted).version;
    let time = proposal.candidate.records.iter().map(|record| record.time).max();
    let time = time.ok_or_else(|| Failure::internal("a version without signatures can't be put in force"))?;
    let author = Author { name: "relsign".to_owned(), email: String::new(), time };
    let files: PolicyFiles<'_> = proposal.commit.files(&proposal.lines);
    let old = trusted.tip;
    let message = format!("Policy version {version}");
    let (commit, swap) = repository.advance_policy(files, Some(&old), &author, &message)?;
    if swap != Swap::Done {
        return Err(Failure::internal("somebody else changed the policy at the same time").hint("look at it, then run this again"));
    }
    // What nobody else would accept must not stay: it is withdrawn before anybody sees it.
    if let Err(failure) = Workspace::load(repository, None) {
        repository.swap_ref(POLICY_REF, &old, Some(&commit), "Take back a version that is not accepted")?;
        return Err(failure);
    }
    Ok(())
}
