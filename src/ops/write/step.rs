//! A step of the policy chain before it is signed: which version is meant, what it changes and settles, and who owns it.

use std::collections::BTreeSet;

use super::identity::{self, Identity};
use super::policy::{anchors, draft, helps, version_of, with_signature, working_file};
use crate::git::Repository;
use crate::git::objects::line_diff;
use crate::model::policy::Policy;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::proposals::{self, Proposal};
use crate::ops::policy_file::POLICY_FILE;
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;
use crate::report::{safe, words};

/// Finds what is to be put in force: what was named, what waits, or the policy file, signed here and now.
pub fn chosen(session: &Session, repository: &Repository, trusted: &Workspace, named: Option<&str>) -> Outcome<Option<Proposal>> {
    if named.is_some() {
        return proposals::find(repository, trusted, named).map(Some);
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
    let Some(proposal) = draft(session, repository, trusted)? else { return Ok(None) };
    let identity = identity::identify(session, repository, trusted)?;
    if !helps(trusted, &proposal, &identity) {
        return Err(not_an_owner(trusted, &proposal, &identity));
    }
    // Where one signature is enough there is nothing to collect, so no proposal is left behind.
    let signed = with_signature(session, trusted, &identity, &proposal)?;
    if signed.standing(trusted).is_accepted() {
        return Ok(Some(signed));
    }
    let lacks = signed.lacks(trusted);
    Err(Failure::refused(format!("one signature is not enough: {lacks}"))
        .suggest("propose it, for the others to sign", "relsign policy propose"))
}

/// Reports that somebody does not own the policy, and who does.
pub fn not_an_owner(trusted: &Workspace, proposal: &Proposal, identity: &Identity) -> Failure {
    let owners = |policy: &Policy| words::and(&policy.contents().owners.people);
    let (old, new) = (owners(trusted.policy()), owners(&proposal.candidate.policy));
    let owners = if old == new { old } else { format!("{old}, then {new}") };
    Failure::refused(format!("{} does not own the policy", identity.principal)).hint(format!("an owner runs it: {owners}"))
}

/// Shows what a proposed version changes.
pub fn tell_changes(session: &Session, trusted: &Workspace, proposal: &Proposal) {
    let step = proposal.step(trusted);
    session.say(format!("version {} of the policy, digest {}", step.version, step.digest));
    let changes = proposal.changes(trusted);
    for change in &changes {
        session.say(format!("  {change}"));
    }
    if changes.is_empty() {
        session.say("  same rules; only text or anchors differ");
    }
    for line in line_diff(&trusted.text, &proposal.commit.policy_toml).lines() {
        session.say(format!("    {}", safe::line(line)));
    }
}

/// Says what a proposed version will not settle.
///
/// # Errors
/// If it settles what is not here to inspect, unless that is meant.
pub fn tell_anchors(
    session: &Session,
    repository: &Repository,
    trusted: &Workspace,
    proposal: &Proposal,
    unseen_anchors: bool,
) -> Outcome<()> {
    let seen: BTreeSet<_> = anchors(session, repository, trusted)?;
    let unseen: Vec<_> = proposal.candidate.anchors.difference(&seen).map(|id| id.short()).collect();
    if !unseen.is_empty() && !unseen_anchors {
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
        session.say(format!("{many} came after it was proposed and will not be settled by it"));
    }
    Ok(())
}
