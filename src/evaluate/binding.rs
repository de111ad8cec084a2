//! Binding: is what lies in git still what was signed?

use std::collections::BTreeMap;

use super::context::{Context, EvidenceFacts, OpenedObject, Reread};
use super::redaction::{self, Redaction};
use super::release::{Release, ValidLog};
use crate::model::checklist::reader_of;
use crate::model::finding::{Code, Finding};
use crate::model::ids::Sha256Digest;
use crate::model::record::{Evidence, Open, Origin, Plan};

/// How many lines of a file a finding names.
const MOST_LINES: usize = 10;

/// Looks at the tag itself.
pub(super) fn of_tag(context: &Context<'_>, log: &ValidLog<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let tag = &context.tag;
    let name = tag.name.short();
    let current = tag.target;
    for opened in context.opened_objects.iter().filter(|opened| opened.authorised && Some(opened.object) != current) {
        let orphans = match opened.orphaned.len() {
            0 => String::new(),
            n => format!(
                "; {n} records on the old tag are orphaned: {}",
                opened.orphaned.iter().map(|id| id.short()).collect::<Vec<_>>().join(", ")
            ),
        };
        let kept_by = opened.elsewhere.iter().find(|other| other.is_shared_with && other.there == Some(opened.object));
        let (code, message) = match (current, kept_by) {
            // What went here alone is no loss to anybody else.
            (None, Some(other)) => (
                Code::TagObjectMissing,
                format!(
                    "{name} was deleted in this clone; {} has it as it was opened, on tag object {}",
                    other.remote,
                    opened.object.short()
                ),
            ),
            (None, None) => (
                Code::TagDeleted,
                format!("{name} was opened on tag object {} and no longer exists{orphans}", opened.object.short()),
            ),
            (Some(now), _) => (
                Code::TagMoved,
                format!("{name} was opened on tag object {} and now points at {}{orphans}", opened.object.short(), now.short()),
            ),
        };
        found.push(Finding::new(code, message).record(opened.record).about(name));
    }
    for opened in context.opened_objects.iter().filter(|opened| opened.authorised && Some(opened.object) == current) {
        if !log.records.contains_key(&opened.record) {
            let message = format!("{name} was opened by record {}, which is not in the tag's log", opened.record.short());
            found.push(Finding::new(Code::LogMissing, message).record(opened.record).about(name));
        }
    }
    found.extend(of_remotes(context));
    match &tag.object {
        None if current.is_none() => {
            if found.is_empty() {
                found.push(Finding::new(Code::TagObjectMissing, format!("there is no tag {name} here")).about(name));
            }
        }
        None => found.extend(tag.problem.clone()),
        Some(object) => {
            if object.inner_name != name {
                let message = format!("the tag object at refs/tags/{name} has the name {:?} inside", object.inner_name);
                found.push(Finding::new(Code::TagNameMismatch, message).about(name));
            }
            if !object.not_strengthened.is_empty() {
                let message = format!("submodules are bound by SHA-1 only: {}", object.not_strengthened.join(", "));
                found.push(Finding::new(Code::TreeNotStrengthened, message).about(name));
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
            let (code, what) = match &other.there {
                Some(there) if other.is_shared_with || other.has_record => {
                    (Code::TagMoved, format!("{} has {} under this name", other.remote, there.short()))
                }
                None if other.has_record => (Code::TagDeleted, format!("it is gone from {}", other.remote)),
                _ => continue,
            };
            let opened_on = opened.object.short();
            let message = format!("{name} was opened on tag object {opened_on}, and {what}; restore it: {}", other.way_back);
            found.entry(&other.remote).or_insert_with(|| Finding::new(code, message).record(opened.record).about(name));
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
    found.extend(release.open.implementers.told_bot_commits().map(|commits| {
        let message = format!("no person is named in {commits}");
        release.cite(Code::BotCommits, release.verified, message)
    }));
    found.extend(of_tag_signature(release));
    found.extend(of_unread(release));
    for verified in release.log.records.values() {
        for evidence in &verified.value().evidence {
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
    let lines: Vec<String> = unread.tasks.iter().take(MOST_LINES).map(|task| task.line.to_string()).collect();
    let rest = if unread.count as usize > lines.len() { ", …" } else { "" };
    let what = match unread.count {
        1 => "1 line looks like a task but is not an item, so nobody signed it off: line".to_owned(),
        many => format!("{many} lines look like tasks but are not items, so nobody signed them off: lines"),
    };
    let message = format!("in {}, {what} {}{rest}", checklist.path, lines.join(", "));
    Some(release.cite(Code::TasksUnread, release.verified, message).about(&checklist.path))
}

/// Holds what the open record says of file and history against what is read there.
fn of_claims(release: &Release<'_, '_>, reread: &Reread) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut say = |code, message: String, about: Option<&str>| {
        let finding = release.cite(code, release.verified, message);
        found.push(if let Some(about) = about { finding.about(about) } else { finding });
    };
    let path = release.open.checklist.path.as_str();
    match &reread.plan {
        Err(reason) => say(Code::ChecklistUnreadable, reason.describe(path), Some(path)),
        Ok(now) => {
            let parts = differences(now, release.open);
            if !parts.is_empty() {
                let message = format!("{path} differs from when the release was opened: {}", parts.join(", "));
                say(Code::ChecklistChanged, message, Some(path));
            }
        }
    }
    match &reread.origin {
        Err(reason) => say(Code::RangeUnreadable, format!("the authors of the range can't be determined: {reason}"), None),
        Ok(None) => {
            let message = "some commits of the range are not here, so their authors were not compared again";
            say(Code::RangeNotHere, message.to_owned(), None);
        }
        Ok(Some(Origin { implementers, commits })) => {
            if *implementers != release.open.implementers {
                let message = "the tagger or the authors of the range differ from the open record";
                say(Code::OpenContradictsRange, message.to_owned(), None);
            }
            if *commits != release.open.commits {
                let message = format!("the range has {commits} commits, and the open record says {}", release.open.commits);
                say(Code::OpenContradictsRange, message, None);
            }
        }
    }
    if let Some(previous) = &release.open.previous {
        let name = previous.tag.short();
        let opener = &release.opener;
        if reread.is_below == Some(false) {
            let message = format!("{opener} named {name} as the previous release, and its commit is not an ancestor of this one");
            say(Code::PreviousNotBelow, message, Some(name));
        }
        if let Some(problem) = &reread.previous {
            let message = format!("{opener} named {name} as the previous release: {}", problem.message);
            say(problem.code, message, Some(name));
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
    let reason = match &release.tag_signer {
        Some(Ok(_)) => return Vec::new(),
        Some(Err(reason)) => Some(reason.to_string()),
        None => None,
    };
    let unverified = reason.as_deref().map(|reason| {
        let message = format!("the signature of the tag {name} proves nothing: {reason}");
        release.finding(Code::TagSignatureUnverified, message).about(name)
    });
    let unsigned = release.policy().contents().tags_signed.then(|| {
        let reason = reason.as_deref().unwrap_or("it has no signature");
        release.finding(Code::TagUnsigned, format!("the policy requires a signed tag, and {name} is not: {reason}")).about(name)
    });
    unverified.into_iter().chain(unsigned).collect()
}

fn of_evidence(release: &Release<'_, '_>, evidence: &Evidence, redactions: &BTreeMap<Sha256Digest, Redaction>) -> Option<Finding> {
    let name = evidence.name.as_deref().or(evidence.uri.as_deref()).unwrap_or("evidence").to_owned();
    let Some(digest) = evidence.sha256 else {
        return Some(release.finding(Code::EvidencePointer, format!("{name} is a link without a digest")).about(name));
    };
    let redacted = redactions.get(&digest).filter(|redaction| redaction.is_met());
    let facts = release.context.evidence.get(&digest).copied().unwrap_or(EvidenceFacts::Missing);
    match (facts, redacted) {
        (EvidenceFacts::Changed, _) => Some(
            release.finding(Code::EvidenceChanged, format!("{name} does not have the digest that the record names")).about(name),
        ),
        (EvidenceFacts::Here(_) | EvidenceFacts::Missing, Some(redaction)) => Some(redaction::describe(release, &name, redaction)),
        (EvidenceFacts::Here(_), None) => None,
        // A digest of something kept elsewhere: it has a link, and its bytes were never here.
        (EvidenceFacts::Missing, None) if evidence.uri.is_some() => None,
        (EvidenceFacts::Missing, None) => {
            Some(release.finding(Code::EvidenceMissing, format!("{name} is not in this repository")).about(name))
        }
    }
}
