//! What is told of a release before it is opened: what is signed, and what somebody should look at first.

use crate::git::Repository;
use crate::git::raw::Tag;
use crate::model::advice::Advice;
use crate::model::ids::{Principal, TagName};
use crate::model::policy::{Policy, Right};
use crate::model::record::{Implementers, Open, Owner, Unread};
use crate::ops::error::Outcome;
use crate::ops::load::before;
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;
use crate::ops::write::identity::Identity;
use crate::parse::checklist::unread_by_cause;
use crate::report::course::{action as shown, clock};
use crate::report::safe::{self, shell_word};
use crate::report::words;

/// Describes what will be signed.
pub fn signed(session: &Session, name: &TagName, identity: &Identity, open: &Open) {
    let (needed, path) = (open.items.iter().filter(|item| item.is_needed()).count(), &open.checklist.path);
    session.say(format!(
        "{} {} · {} opens it for {}, {}",
        name.short(),
        safe::line(&open.title),
        identity.principal,
        open.environment,
        open.release_type
    ));
    session.say(format!("  {path}: {}, {needed} of them before the decision", words::count_of(&open.items, "item")));
    session.say(format!(
        "  {}{}",
        words::count(open.commits, "commit"),
        match (&open.previous, &open.since) {
            (Some(previous), _) => format!(" since {}", previous.tag.short()),
            (None, Some(since)) => format!(" since {}, where the policy begins", since.short()),
            (None, None) => String::new(),
        }
    ));
}

/// Describes what else was taken from the file.
pub fn taken(session: &Session, open: &Open, of_nobody: Option<String>) {
    let at = |time| clock(time, session.now, &session.zone);
    let mut taken = Vec::new();
    if open.stages.iter().any(|stage| !open.implies(stage)) {
        let stages = open.stages.iter().map(|stage| match &stage.traffic {
            Some(traffic) => format!("{} {}", stage.id, safe::line(traffic)),
            None => stage.id.clone(),
        });
        taken.push(format!("stages {}", stages.collect::<Vec<_>>().join(", ")));
    }
    let counted = [
        (open.triggers.len(), "trigger", "triggers"),
        (open.procedure.len(), "step to go back", "steps to go back"),
        (open.actions.len(), "action", "actions"),
        (open.known_issues.len(), "known issue", "known issues"),
    ];
    let counted = counted.into_iter().filter(|(count, ..)| *count > 0);
    let counted: Vec<String> = counted.map(|(count, one, many)| words::plural(count as u64, one, many)).collect();
    taken.extend((!counted.is_empty()).then(|| counted.join(", ")));
    if let Some(window) = open.window.filter(|_| !open.given.iter().any(|field| field == "window")) {
        taken.push(format!("window {} to {}", at(window.from), at(window.to)));
    }
    if let Some(on_call) = &open.on_call {
        let then = on_call.secondary.as_ref().map(|who| format!(", then {who}")).unwrap_or_default();
        let until = on_call.to.map(|to| format!(", until {}", at(to))).unwrap_or_default();
        taken.push(format!("on call {}{then}{until}", on_call.primary));
    }
    taken.extend(of_nobody);
    for (number, line) in taken.iter().enumerate() {
        session.say(format!("  {:14} {line}", if number == 0 { "from the file:" } else { "" }));
    }
}

/// Warns where the person whom the file names for the last stage could not enter it.
pub fn last_stage(session: &Session, policy: &Policy, name: &TagName, open: &Open) {
    let Some(last) = open.stages.last().filter(|stage| !open.implies(stage)) else { return };
    if let Some(Owner::Person(handle)) = &last.owner
        && !policy.may(&Principal::Person(handle.clone()), Right::Stage)
    {
        session.warn(Advice::run(
            format!("{handle} is to enter {} and may not move stages; name somebody who may", last.id),
            format!("relsign assign {} {} @HANDLE --reason \"…\"", shell_word(name.short()), last.id),
        ));
    }
}

/// Lists what the release before left open.
pub fn left_over(session: &Session, repository: &Repository, trusted: &Workspace, open: &Open) -> Outcome<()> {
    let Some(previous) = &open.previous else { return Ok(()) };
    let left = before::left_over(session, repository, trusted, previous, &open.environment)?;
    for (number, action) in left.iter().enumerate() {
        let from = if number == 0 { format!("left over from {}:", previous.tag.short()) } else { "  and".to_owned() };
        session.say(format!("  {from} {}", shown(action, session.now, &session.zone)));
    }
    Ok(())
}

/// Warns of makers whom the policy does not know, under whom reviews may not count.
pub fn unknown(session: &Session, policy: &Policy, name: &TagName, implementers: &Implementers, tag: Option<&Tag>) {
    if let Some(unknown) = implementers.told_unknown() {
        let text = format!("{} not in the policy", safe::line(&unknown));
        session.warn(if policy.contents().separation.unknown_blocks() {
            let accept = format!("relsign waive {} --unknown-authors --reason \"…\"", shell_word(name.short()));
            Advice::run(format!("{text}; somebody who reviews nothing in this release sees them listed and accepts them"), accept)
        } else {
            text.into()
        });
    }
    if let Some(commits) = implementers.told_bot_commits() {
        let refused = if policy.contents().separation.refused_bot_commits(implementers).is_some() {
            ", so reviews count only if the policy lists such commits"
        } else {
            ""
        };
        session.warn(format!("no person is named in {commits}{refused}"));
    }
    if implementers.tagger.is_none() {
        let addresses: Vec<_> = tag.into_iter().flat_map(Tag::taggers).map(|tagger| format!("<{}>", tagger.email)).collect();
        let addresses = if addresses.is_empty() { "no address".to_owned() } else { safe::line(&words::and(addresses)) };
        session.warn(format!("the tagger is not in the policy: {}", safe::fit(&addresses, 200, " …")));
    }
}

/// Reports on everything that looks like a task and is none that nobody will sign it, once for each cause, with the form
/// that works.
pub fn unread(session: &Session, path: &str, unread: &Unread) {
    for told in unread_by_cause(unread) {
        session.warn(format!("{path}: {}; {}", told.message, told.advice));
    }
}
