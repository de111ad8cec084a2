//! Binding: is what lies in git still what was signed?

use std::collections::BTreeMap;

use super::context::{Context, EvidenceFacts, OpenedObject, Reread};
use super::redaction::{self, Redaction};
use super::release::{Release, ValidLog};
use crate::model::checklist::reader_of;
use crate::model::finding::{Finding, Seen};
use crate::model::ids::Sha256Digest;
use crate::model::record::{Evidence, Open, Origin, Plan};

/// Looks at the tag itself.
pub(super) fn of_tag(log: &ValidLog<'_, '_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let context = log.context;
    let tag = &context.tag;
    let name = tag.name.short();
    let current = tag.target;
    for opened in context.opened_objects.iter().filter(|opened| opened.authorised && Some(opened.object) != current) {
        let (name, object, orphaned) = (name.to_owned(), opened.object, opened.orphaned.clone());
        let kept_by = opened.elsewhere.iter().find(|other| other.is_shared_with && other.there == Some(object));
        let seen = match (current, kept_by) {
            // What went here alone is no loss to anybody else.
            (None, Some(other)) => Seen::TagDeletedHere { name, object, remote: other.remote.clone() },
            (None, None) => Seen::TagDeleted { name, object, orphaned },
            (Some(now), _) => Seen::TagMoved { name, object, now, orphaned },
        };
        found.push(Finding::new(seen).record(opened.record).about(tag.name.short()));
    }
    for opened in context.opened_objects.iter().filter(|opened| opened.authorised && Some(opened.object) == current) {
        if !log.records.contains_key(&opened.record) {
            let seen = Seen::LogMissing { name: name.to_owned(), open: opened.record };
            found.push(Finding::new(seen).record(opened.record).about(name));
        }
    }
    found.extend(of_remotes(context));
    match &tag.object {
        None if current.is_none() => {
            if found.is_empty() {
                found.push(Finding::new(Seen::NoTag { name: name.to_owned() }).about(name));
            }
        }
        None => found.extend(tag.problem.clone()),
        Some(object) => {
            if object.inner_name != name {
                let seen = Seen::TagNameMismatch { name: name.to_owned(), inner: object.inner_name.clone() };
                found.push(Finding::new(seen).about(name));
            }
            if !object.not_strengthened.is_empty() {
                let paths = object.not_strengthened.clone();
                found.push(Finding::new(Seen::TreeNotStrengthened { paths }).about(name));
            }
        }
    }
    found
}

/// Looks at what remotes have under the name, where it stands here for the object that it was opened on.
///
/// A remote that records are shared with must have that object, if it has the name at all. One that has the open record
/// must have it in any case: without that record the tag was not shared yet, or the remote is a fork with tags of its own.
fn of_remotes(context: &Context<'_>) -> Vec<Finding> {
    let name = context.tag.name.short();
    let is_here = |opened: &&OpenedObject| opened.authorised && Some(opened.object) == context.tag.target;
    let mut found: BTreeMap<&str, Finding> = BTreeMap::new();
    for opened in context.opened_objects.iter().filter(is_here) {
        for other in &opened.elsewhere {
            let (remote, way_back) = (other.remote.clone(), other.way_back.clone());
            let (name, object) = (name.to_owned(), opened.object);
            let seen = match other.there {
                Some(there) if other.is_shared_with || other.has_record => {
                    Seen::TagMovedAt { name, object, remote, there, way_back }
                }
                None if other.has_record => Seen::TagDeletedAt { name, object, remote, way_back },
                _ => continue,
            };
            let finding = || Finding::new(seen).record(opened.record).about(context.tag.name.short());
            found.entry(&other.remote).or_insert_with(finding);
        }
    }
    found.into_values().collect()
}

/// Looks at what the open record and the others rest on.
pub(super) fn of_release(release: &Release<'_, '_>, redactions: &BTreeMap<Sha256Digest, Redaction>) -> Vec<Finding> {
    let mut found = Vec::new();
    let context = release.context;
    if let Some(reread) = context.reread.get(&release.id) {
        found.extend(of_claims(release, reread));
    }
    let bots = release.open.implementers.told_bot_commits();
    found.extend(bots.map(|commits| release.cite(release.verified, Seen::BotCommits { commits })));
    found.extend(of_tag_signature(release));
    found.extend(of_unread(release));
    for verified in release.log.records.values() {
        for evidence in &verified.evidence {
            if let Some(finding) = of_evidence(release, evidence, redactions) {
                found.push(finding.record(verified.id()).key(verified.key().clone()));
            }
        }
    }
    found
}

/// Reports on what looks like tasks in the checklist and is none that nobody signed it.
fn of_unread(release: &Release<'_, '_>) -> Option<Finding> {
    let Open { unread, checklist, .. } = release.open;
    if unread.is_empty() {
        return None;
    }
    let lines = unread.tasks.iter().map(|task| task.line).collect();
    let seen = Seen::TasksUnread { path: checklist.path.clone(), count: unread.count, lines };
    Some(release.cite(release.verified, seen).about(&checklist.path))
}

/// Holds what the open record says of file and history against what is read there.
fn of_claims(release: &Release<'_, '_>, reread: &Reread) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut say = |seen, about: Option<&str>| {
        let finding = release.cite(release.verified, seen);
        found.push(if let Some(about) = about { finding.about(about) } else { finding });
    };
    let path = release.open.checklist.path.as_str();
    match &reread.plan {
        Err(why) => say(Seen::ChecklistUnreadable { path: path.to_owned(), why: why.clone() }, Some(path)),
        Ok(now) => {
            let parts = differences(now, release.open);
            if !parts.is_empty() {
                say(Seen::ChecklistChanged { path: path.to_owned(), parts }, Some(path));
            }
        }
    }
    match &reread.origin {
        Err(why) => say(Seen::RangeUnreadable { why: why.clone() }, None),
        Ok(None) => say(Seen::RangeNotHere, None),
        Ok(Some(Origin { implementers, commits })) => {
            if *implementers != release.open.implementers {
                say(Seen::MakersDiffer, None);
            }
            if *commits != release.open.commits {
                say(Seen::CommitsDiffer { commits: *commits, says: release.open.commits }, None);
            }
        }
    }
    if let Some(previous) = &release.open.previous {
        let name = previous.tag.short();
        let named = || (release.opener.clone(), name.to_owned());
        if reread.is_below == Some(false) {
            let (opener, name) = named();
            say(Seen::PreviousNotBelow { opener, name }, Some(previous.tag.short()));
        }
        if let Some(problem) = &reread.previous {
            let (opener, name) = named();
            let seen = Seen::PreviousWrong { opener, name, why: Box::new(problem.seen.clone()) };
            say(seen, Some(previous.tag.short()));
        }
    }
    found
}

/// Names what the open record says of the file that the file does not say; of the items the first that differs.
///
/// Every field of the record is named here, so that a new one is either compared or said to be its author's own word.
fn differences(now: &Plan, open: &Open) -> Vec<String> {
    let Open {
        title,
        checklist,
        items,
        unread,
        risk,
        stages,
        triggers,
        procedure,
        scope,
        actions,
        on_call,
        known_issues,
        attendees,
        window,
        given,
        // These are held against history and the policy.
        implementers: _,
        commits: _,
        since: _,
        previous: _,
        component: _,
        environment: _,
        // And these only whoever opens the release can say.
        release_type: _,
        requester: _,
        reason: _,
        ticket: _,
        security_impact: _,
        artifacts: _,
    } = open;
    let mut parts = Vec::new();
    if now.items != *items {
        let differing = now.items.iter().zip(items).find(|(now, then)| now != then).map(|(_, then)| then.id.to_string());
        parts.push(differing.unwrap_or_else(|| format!("{} items instead of {}", now.items.len(), items.len())));
    }
    if now.checklist != *checklist {
        let reader =
            if now.checklist.parser == checklist.parser { String::new() } else { format!(" ({})", reader_of(checklist.parser)) };
        parts.push(format!("by the reading rules {} instead of {}{reader}", now.checklist.parser, checklist.parser));
    }
    let others = [
        ("title", now.title != *title),
        ("tasks that are not items", now.unread != *unread),
        ("risk", now.risk != *risk),
        ("stages", now.stages != *stages),
        ("triggers", now.triggers != *triggers),
        ("procedure", now.procedure != *procedure),
        ("scope", now.scope != *scope),
        ("actions", now.actions != *actions),
        ("on-call", now.on_call != *on_call),
        ("known issues", now.known_issues != *known_issues),
        ("attendees", now.attendees != *attendees),
        ("window", now.window != *window && !given.iter().any(|given| given == "window")),
    ];
    parts.extend(others.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()));
    parts
}

/// Names whose the tag's own signature is not: a note, and where the policy asks for signed tags a reason for no GO.
fn of_tag_signature(release: &Release<'_, '_>) -> Vec<Finding> {
    let name = release.context.tag.name.short();
    let why = match &release.tag_signer {
        Some(Ok(_)) => return Vec::new(),
        Some(Err(why)) => Some(why.clone()),
        None => None,
    };
    let unverified = why.clone().map(|why| Seen::TagSignatureUnverified { name: name.to_owned(), why });
    let is_required = release.policy().contents().tags_signed;
    let unsigned = is_required.then(|| Seen::TagUnsigned { name: name.to_owned(), why });
    unverified.into_iter().chain(unsigned).map(|seen| release.finding(seen).about(name)).collect()
}

fn of_evidence(release: &Release<'_, '_>, evidence: &Evidence, redactions: &BTreeMap<Sha256Digest, Redaction>) -> Option<Finding> {
    let name = evidence.name.as_deref().or(evidence.uri.as_deref()).unwrap_or("evidence").to_owned();
    let Some(digest) = evidence.sha256 else {
        return Some(release.finding(Seen::EvidencePointer { name: name.clone() }).about(name));
    };
    let redacted = redactions.get(&digest).filter(|redaction| redaction.is_met());
    let facts = release.context.evidence.get(&digest).copied().unwrap_or(EvidenceFacts::Missing);
    match (facts, redacted) {
        (EvidenceFacts::Changed, _) => Some(release.finding(Seen::EvidenceChanged { name: name.clone() }).about(name)),
        (EvidenceFacts::Here(_) | EvidenceFacts::Missing, Some(redaction)) => Some(redaction::describe(release, &name, redaction)),
        (EvidenceFacts::Here(_), None) => None,
        // A digest of something kept elsewhere: it has a link, and its bytes were never here.
        (EvidenceFacts::Missing, None) if evidence.uri.is_some() => None,
        (EvidenceFacts::Missing, None) => Some(release.finding(Seen::EvidenceMissing { name: name.clone() }).about(name)),
    }
}
