//! The policy's own refs: the chain goes forward by accepted steps, and proposals only gather signatures.

use super::state::State;
use crate::evaluate::push::{Refused, Update};
use crate::git::policy_ref::PolicyCommit;
use crate::git::{FORMER_PREFIX, PROPOSALS_PREFIX};
use crate::model::advice::Advice;
use crate::model::finding::{Code, Seen};
use crate::model::ids::{ObjectId, PolicyDigest, RootDigest};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::proposals::Proposal;
use crate::ops::trust;
use crate::sign::verify::verify_line;

/// How many new proposals one push may bring.
const MOST_AT_ONCE: usize = 20;
/// How many proposals may wait before another one needs a signature.
const MOST_UNSIGNED: usize = 100;

fn refused(update: &Update, seen: Seen) -> Vec<Refused> {
    vec![Refused::new(&update.name, seen)]
}

fn by_failure(update: &Update, failure: &Failure) -> Vec<Refused> {
    let code = failure.code.unwrap_or(Code::PolicyInvalid);
    let mut refused = Refused::new(&update.name, Seen::Failed { code, why: failure.message.clone() });
    match code {
        Code::PolicyUnsigned => refused.hints.push(Advice::run("owners who have not signed it run", "relsign policy sign")),
        Code::RootMismatch => {
            refused
                .hints
                .push(Advice::run("to accept a new root, the server's administrator pins it first", "relsign trust SHA256:…"));
        }
        _ => {}
    }
    refused.details.extend(failure.causes.iter().cloned());
    vec![refused]
}

/// Judges a step of the chain: it descends from the pinned root, every step of it is accepted, and it begins with all
/// versions that are in force already.
pub(super) fn judge(state: &State<'_>, update: &Update, new: ObjectId) -> Outcome<Vec<Refused>> {
    let accepted = match trust::load_at(state.repository, &new, state.trusted.root) {
        Ok(accepted) => accepted,
        Err(failure) => return Ok(by_failure(update, &failure)),
    };
    // On the client the chain here may be the new one; what the remote has is what may not be lost.
    if let Some(old) = update.old
        && !state.repository.policy_places(&new)?.iter().any(|place| place.commit == old)
    {
        let refused = Refused::new(&update.name, Seen::PolicyBack);
        return Ok(vec![refused.suggest("fetch the newer policy", "relsign sync")]);
    }
    if update.old.is_some() || state.end == crate::evaluate::push::End::Client {
        for version in state.trusted.chain.versions() {
            match accepted.chain.version(version.version) {
                Some(same) if same.digest == version.digest => {}
                Some(other) => {
                    let (number, digest, in_force) = (other.version, other.digest, version.digest);
                    return Ok(refused(update, Seen::PolicyForked { number, digest, in_force }));
                }
                // The client may push an older version than it has; what the remote has was compared above.
                None if state.end == crate::evaluate::push::End::Client => {}
                None => return Ok(refused(update, Seen::PolicyShort { number: version.version })),
            }
        }
    }
    Ok(Vec::new())
}

/// Judges an update of a proposal: it bears its digest by right, and its valid signatures only become more.
pub(super) fn judge_proposal(state: &State<'_>, update: &Update, new: ObjectId) -> Outcome<Vec<Refused>> {
    let Ok(digest) = update.name[PROPOSALS_PREFIX.len()..].parse::<PolicyDigest>() else {
        return Ok(refused(update, Seen::ProposalNamed));
    };
    if let Some(refusal) = state.rewinds(update, &new)? {
        return Ok(vec![refusal]);
    }
    let is_new = update.old.is_none() && state.end.is_server();
    let comes = |update: &&Update| update.old.is_none() && update.new.is_some() && update.name.starts_with(PROPOSALS_PREFIX);
    if is_new && state.updates.iter().filter(comes).count() > MOST_AT_ONCE {
        return Ok(refused(update, Seen::ProposalsAtOnce { most: MOST_AT_ONCE }));
    }
    let Some(commit) = proposed(state, &new)? else {
        return Ok(refused(update, Seen::ProposalUnreadable));
    };
    let before = update.old.map(|old| proposed(state, &old)).transpose()?.flatten();
    let proposal = match Proposal::read(state.trusted, &digest, commit.clone()) {
        Ok(proposal) => proposal,
        Err(failure) => return Ok(by_failure(update, &failure)),
    };
    // Nobody has to have a key to push one, none ever goes again, and every clone reads them.
    if is_new && !proposal.is_signed(&state.trusted.keyring) && waiting(state)? >= MOST_UNSIGNED {
        let refused = Refused::new(&update.name, Seen::ProposalsWaiting { most: MOST_UNSIGNED });
        return Ok(vec![refused.suggest("sign it first", format!("relsign policy sign {}", digest.short()))]);
    }
    let old = before.filter(|before| before.is_same_version(&commit)).map(|before| before.records).unwrap_or_default();
    if let Some(line) = old.iter().find(|line| !commit.records.contains(*line)) {
        let known = verify_line(line, &proposal.keyring, &state.trusted.root).ok();
        return Ok(refused(update, Seen::ProposalSignatureLost { by: known.map(|known| known.principal().clone()) }));
    }
    let mut junk = commit.records.iter().filter(|line| !old.contains(*line) && !proposal.lines.contains(*line));
    Ok(match junk.next() {
        None => Vec::new(),
        Some(line) => match verify_line(line, &proposal.keyring, &state.trusted.root) {
            Ok(_) => refused(update, Seen::ProposalStray),
            Err(rejected) => refused(update, rejected.finding.seen),
        },
    })
}

/// Counts the proposals that are there and not in force.
fn waiting(state: &State<'_>) -> Outcome<usize> {
    let in_force = |name: &String| {
        let digest = name[PROPOSALS_PREFIX.len()..].parse::<PolicyDigest>().ok();
        state.trusted.chain.versions().any(|version| Some(version.digest) == digest)
    };
    Ok(state.repository.ref_list(PROPOSALS_PREFIX)?.iter().filter(|name| !in_force(name)).count())
}

fn proposed(state: &State<'_>, tip: &ObjectId) -> Outcome<Option<PolicyCommit>> {
    if !state.repository.has_object(tip)? {
        return Ok(None);
    }
    // Of a proposal only the tip says something; its parents are earlier states of it.
    Ok(state.repository.proposed(tip)?)
}

/// Judges the chain of a superseded root: it comes once, whole, where the policy in force names it, and then stays.
pub(super) fn judge_former(state: &State<'_>, update: &Update, new: ObjectId) -> Outcome<Vec<Refused>> {
    let root = update.name[FORMER_PREFIX.len()..].parse::<RootDigest>().ok();
    let former = state.policy().contents().former;
    let Some(former) = former.filter(|former| Some(former.root) == root) else {
        return Ok(refused(update, Seen::FormerUnknown));
    };
    if update.old.is_some() {
        return Ok(refused(update, Seen::FormerChanged));
    }
    match trust::load_at(state.repository, &new, former.root) {
        Ok(accepted) if accepted.chain.version(former.version).is_some_and(|version| version.digest == former.digest) => {
            Ok(Vec::new())
        }
        Ok(_) => Ok(refused(update, Seen::FormerOther)),
        Err(failure) => Ok(by_failure(update, &failure)),
    }
}
