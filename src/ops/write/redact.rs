//! Erasing evidence: what is meant, and the redaction that is signed in every release that cites it.

use std::collections::BTreeSet;

use crate::evaluate::redaction::redactions;
use crate::git::Repository;
use crate::model::address::root_blob;
use crate::model::denial::Denial;
use crate::model::ids::Sha256Digest;
use crate::model::policy::{Policy, Right};
use crate::model::prefix::IdPrefix;
use crate::model::record::{Body, Redact};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::redactions::{self, Log};
use crate::ops::load::release::Loaded;
use crate::ops::load::releases;
use crate::ops::session::Session;
use crate::ops::share;
use crate::ops::workspace::Workspace;
use crate::ops::write::identity::{self, Identity};
use crate::ops::write::sign::{self, Draft};
use crate::report::json::evidence::RedactedReleaseJson;

/// Finds the one piece of evidence whose digest begins so, and the logs that cite it.
///
/// # Errors
/// If there is none, or there are several.
pub fn find(repository: &Repository, trusted: &Workspace, named: &str) -> Outcome<(Sha256Digest, BTreeSet<Log>)> {
    let Some(digits) = IdPrefix::parse(named.trim_start_matches("sha256:")) else {
        return Err(Failure::usage(format!("{named:?} is not the beginning of a digest"))
            .suggest("see the digests", "relsign evidence list TAG"));
    };
    let mut digests = BTreeSet::new();
    let mut logs = BTreeSet::new();
    for citing in redactions::find(repository, trusted, &digits)? {
        let cited = citing.record.evidence.iter().filter_map(|evidence| evidence.sha256);
        let cited: Vec<_> = cited.filter(|digest| digits.begins(digest)).collect();
        if !cited.is_empty() {
            digests.extend(cited);
            logs.insert(citing.log);
        }
    }
    match digests.len() {
        1 => {}
        0 => {
            return Err(Failure::missing(format!("no record here cites evidence {named:?}"))
                .suggest("list the evidence", "relsign evidence list TAG")
                .suggest("fetch what others signed", "relsign sync"));
        }
        _ => {
            return Err(
                Failure::usage(format!("{named:?} is the beginning of several digests")).hint("write more of the one you mean")
            );
        }
    }
    let digest = digests.pop_first().ok_or_else(|| Failure::internal("a digest is gone that was found"))?;
    Ok((digest, logs))
}

/// Signs a redaction in every release that cites the evidence; that it can't be signed in some is said.
///
/// # Errors
/// If it can be signed in none.
pub fn sign_each(
    session: &Session,
    repository: &Repository,
    trusted: &Workspace,
    identity: &Identity,
    (logs, digest, reason): (&BTreeSet<Log>, Sha256Digest, &str),
) -> Outcome<Vec<RedactedReleaseJson>> {
    let mut releases = Vec::new();
    let mut refused = Vec::new();
    for log in logs {
        match sign(session, repository, trusted, identity, (log, digest, reason)) {
            Ok(said) => releases.extend(said),
            Err(failure) => refused.push((log, failure)),
        }
    }
    if releases.is_empty()
        && let Some((_, failure)) = refused.pop()
    {
        return Err(failure);
    }
    for (log, failure) in refused {
        session.warn(format!("nothing was signed on {}: {}", log.0.short(), failure));
    }
    if releases.is_empty() {
        return Err(Failure::refused(format!("no release that was opened cites {}", digest.short())).by(Denial::CitedNowhere));
    }
    Ok(releases)
}

/// Signs in one release; nothing where nothing is open, so that nobody's authority could be judged.
fn sign(
    session: &Session,
    repository: &Repository,
    trusted: &Workspace,
    identity: &Identity,
    (log, digest, reason): (&Log, Sha256Digest, &str),
) -> Outcome<Option<RedactedReleaseJson>> {
    let (mut loaded, policy) = match load(session, repository, trusted, log)? {
        Some(loaded) => loaded,
        None => return Ok(None),
    };
    let said = |loaded: &Loaded<'_>| redactions(&loaded.context, &loaded.records).and_then(|mut said| said.remove(&digest));
    let own = identity.person();
    let before = said(&loaded);
    if let Some(before) = before.filter(|before| own.is_some_and(|own| before.people.contains(own))) {
        session.say(format!("{} · you have already redacted {}", log.0.short(), digest.short()));
        let (people, missing) = (before.people, before.missing);
        return Ok(Some(RedactedReleaseJson { tag: log.0.clone(), record: None, people, missing }));
    }
    identity::require(policy, &identity.principal, Right::Redact)?;
    let subjects = loaded.tag.facts.object.as_ref().map(|object| object.subjects.clone());
    let subjects = subjects.ok_or_else(|| Failure::missing(format!("the tag object of {} is not here", log.0.short())))?;
    let body = Body::Redact(Redact { evidence: digest, reason: reason.to_owned() });
    let parents = loaded.heads(&loaded.report(), &share::unshareable(session, repository, trusted)?);
    let draft = Draft { parents, ..Draft::new(subjects, body) };
    let verified = sign::sign(session, trusted, identity, draft)?;
    let id = verified.id();
    if !session.dry_run {
        let summary = format!("redact by {} on {}", identity.principal, log.0.short());
        sign::write(session, repository, log.1, vec![verified.clone().into_line()], &[root_blob(&trusted.root)], &summary)?;
        session.say(format!("signed {} ({})", id.short(), log.0.short()));
    }
    loaded.records.insert(id, verified);
    let after = said(&loaded);
    let (people, missing) = after.map(|after| (after.people, after.missing)).unwrap_or_default();
    Ok(Some(RedactedReleaseJson { tag: log.0.clone(), record: Some(id), people, missing }))
}

/// Loads a log and the policy that governs it; nothing where nothing was opened.
fn load<'a>(
    session: &Session,
    repository: &Repository,
    trusted: &'a Workspace,
    log: &Log,
) -> Outcome<Option<(Loaded<'a>, &'a Policy)>> {
    let loaded = releases::load_log(repository, trusted, log, session.now)?;
    let governing = loaded.report().governing_policy.and_then(|head| trusted.chain.at(head));
    Ok(governing.map(|version| (loaded, &version.policy)))
}
