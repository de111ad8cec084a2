//! Frozen refs: what holds a ref now, and whether somebody let this very change through.

use super::state::State;

use crate::evaluate::push::exception::{self, Landing, Request, RequestStatus};
use crate::evaluate::push::{End, PushVerdict, Refused, Update, name};
use crate::evaluate::root_log::RootLog;
use crate::git::policy_ref::POLICY_LIMIT;
use crate::git::raw::TreeEntry;
use crate::git::{ObjectKind, Repository, TreeItem};
use crate::model::advice::Advice;
use crate::model::finding::{Code, Seen};
use crate::model::freeze::{Freeze, Source};
use crate::model::ids::ObjectId;
use crate::model::policy::{Policy, Right};
use crate::ops::error::Outcome;
use crate::ops::load::landing;
use crate::ops::policy_file::POLICY_FILE;
use crate::report::freezes as told;
use crate::report::safe::shell_word;
use crate::report::{safe, words};

/// Judges an update of an ordinary ref or tag against every freeze that holds now.
pub(super) fn judge(state: &State<'_>, update: &Update, names: &[String], verdict: &mut PushVerdict) -> Outcome<Option<Refused>> {
    let all = &state.freezes()?.all;
    let covering: Vec<&Freeze> = all
        .iter()
        .filter(|freeze| freeze.holds_at(state.session.now))
        .filter(|freeze| freeze.refs.iter().any(|pattern| names.iter().any(|known| name::covers(pattern, known))))
        .collect();
    if covering.is_empty() {
        return Ok(None);
    }
    if super::gated::is_roll_back(state, update, names)? {
        verdict.notes.push(format!("{} is frozen, but may always go back to the release completed before", update.name));
        return Ok(None);
    }
    if brings_policy(state, update)? {
        verdict.notes.push(format!("{} is frozen, and gets only the policy in force, which its owners signed", update.name));
        return Ok(None);
    }
    let log = state.root_log()?.log(state.trusted, state.session.now);
    let mut nearest = None;
    if let Some(new) = update.new {
        if let Some(note) = broken(state, &log, names, (update.old, &new), &covering)? {
            verdict.notes.push(note);
            return Ok(None);
        }
        match excepted(state, &log, names, (update.old, &new), &covering)? {
            Ok(note) => {
                verdict.notes.push(note);
                return Ok(None);
            }
            Err(found) => nearest = found,
        }
    }
    Ok(Some(refuse(state, update, names, &covering, nearest)))
}

/// Whether an update is one commit that brings the bytes of the policy file in force and nothing else: its owners have signed every
/// one of them, and a freeze that begins with a version of the policy must not keep out that version.
fn brings_policy(state: &State<'_>, update: &Update) -> Outcome<bool> {
    let (Some(old), Some(new)) = (update.old, update.new) else { return Ok(false) };
    let repository = state.repository;
    // A frozen name may be a tag's.
    for id in [&old, &new] {
        if !matches!(repository.object_header(id)?, Some((ObjectKind::Commit, _))) {
            return Ok(false);
        }
    }
    let (Some(before), Some(commit)) = (repository.commit(&old)?, repository.commit(&new)?) else { return Ok(false) };
    if commit.parents != [old] || before.tree == commit.tree {
        return Ok(false);
    }
    let file = repository.file_at(&commit.tree, POLICY_FILE, POLICY_LIMIT)?;
    let is_in_force = matches!(file, TreeItem::File { bytes, .. } if bytes == state.trusted.text);
    let beside = beside_policy(repository, &before.tree)?;
    Ok(is_in_force && beside.is_some() && beside == beside_policy(repository, &commit.tree)?)
}

/// Lists what a tree has besides the policy file: at its top, and in the policy's folder; nothing where one of the two is not here.
/// They stay apart, since what moves from one to the other is a change.
fn beside_policy(repository: &Repository, tree: &ObjectId) -> Outcome<Option<(Vec<TreeEntry>, Vec<TreeEntry>)>> {
    let Some(mut top) = repository.tree(tree)? else { return Ok(None) };
    let mut inside = Vec::new();
    if let Some((folder, file)) = POLICY_FILE.split_once('/')
        && let Some(at) = top.iter().position(|entry| entry.name == folder.as_bytes() && entry.is_tree())
    {
        let Some(entries) = repository.tree(&top.remove(at).id)? else { return Ok(None) };
        inside = entries;
        // A second entry of that name stays in the list, so that it counts as a change too.
        if let Some(at) = inside.iter().position(|entry| entry.name == file.as_bytes()) {
            inside.remove(at);
        }
    }
    Ok(Some((top, inside)))
}

/// Names who used break-glass for this very commit, if somebody who may did, and it was not used yet.
fn broken(
    state: &State<'_>,
    log: &RootLog<'_>,
    names: &[String],
    (old, new): (Option<ObjectId>, &ObjectId),
    covering: &[&Freeze],
) -> Outcome<Option<String>> {
    let Some(found) = exception::broken(log, names, new, covering) else { return Ok(None) };
    // What goes forward holds the old tip, so the old tip can't have held the commit: it is used once.
    if let Some(old) = old
        && !(state.repository.has_object(&old)? && state.repository.is_ancestor(&old, new)?)
    {
        return Ok(None);
    }
    Ok(Some(format!("{} used break-glass for {}: {}", found.verified.principal(), new.short(), found.glass.reason)))
}

/// A request that concerns what is pushed and does not let it through.
struct Nearest<'a> {
    request: Request<'a>,
    refusal: Seen,
    standing: RequestStatus,
}

/// Says which exception lets a push through; if none does, gives the one that comes nearest, and why it does not.
fn excepted<'a>(
    state: &State<'_>,
    log: &RootLog<'a>,
    names: &[String],
    (old, new): (Option<ObjectId>, &ObjectId),
    covering: &[&Freeze],
) -> Outcome<Result<String, Option<Box<Nearest<'a>>>>> {
    let mut nearest: Option<(u8, Nearest<'a>)> = None;
    for request in exception::requests(log) {
        if !names.iter().any(|name| name == request.exception.ref_name.as_str()) {
            continue;
        }
        // What can't let anything through is told of the very commit that is pushed and no other.
        if request.exception.commit != *new && !exception::is_alive(log, request) {
            continue;
        }
        let change = landing::change(state.repository, state.policy(), request.exception)?;
        // Every freeze is asked on its own, since each may say itself who grants. Told of is the one that nobody can mend.
        let standings: Vec<RequestStatus> =
            covering.iter().map(|freeze| exception::standing(log, request, &change, freeze.grant.as_ref())).collect();
        let told = standings.iter().find(|standing| standing.is_out_of_reach());
        let told = told.or_else(|| standings.iter().find(|standing| standing.holds().is_err())).or(standings.first());
        let Some(standing) = told.cloned() else { continue };
        // A ref that is made anew begins where the change was shown to begin.
        let old = old.unwrap_or(request.exception.base);
        // A change of which a commit can't be read is compared with nothing, and goes through nothing.
        let landing = match change.unreadable {
            None => landing::look(state.repository, request.exception, &old, new)?,
            Some(_) => Landing::default(),
        };
        let is_near = landing.is_the_change || request.exception.commit == *new;
        let holds = standing.holds().and_then(|()| exception::reaches(request, covering));
        let refusal = match (landing.fits(), holds) {
            (Ok(()), Ok(())) => {
                let asked = request.verified.principal();
                let granted = words::and(standing.granted.keys());
                return Ok(Ok(format!(
                    "uses exception {}, requested by {asked} and granted by {granted}: {}",
                    request.verified.id().short(),
                    request.exception.reason
                )));
            }
            // What is not here can't be compared, so that comes before what the comparison would say.
            (Err(_), Err(refusal)) if matches!(refusal.code(), Code::RangeNotHere | Code::RangeUnreadable) => refusal,
            (Err(refusal), _) if !is_near || refusal.code() == Code::ExceptionSpent => refusal,
            (_, Err(refusal)) | (Err(refusal), _) => refusal,
        };
        // Old requests for the same ref are told only where nothing nearer is there and they would be meant.
        let distance = match (is_near, refusal.code()) {
            (true, _) => 0,
            (false, Code::ExceptionMismatch) if standing.holds().is_ok() => 1,
            (false, Code::RangeNotHere | Code::RangeUnreadable) => 2,
            // One that was used and would fit nothing that is pushed now is history.
            _ => continue,
        };
        if nearest.as_ref().is_none_or(|(before, _)| distance < *before) {
            nearest = Some((distance, Nearest { request, refusal, standing }));
        }
    }
    Ok(Err(nearest.map(|(_, nearest)| Box::new(nearest))))
}

/// Explains how a freeze ends before its time, where anybody can make it.
fn lifting(refused: &mut Refused, freeze: &Freeze, policy: &Policy) {
    let id = match &freeze.source {
        Source::Window => return,
        Source::Record { record: id } => id,
        Source::Release { tag, record: id } => {
            refused.hints.push(Advice::run(
                "see what the release is waiting for",
                format!("relsign status {}", shell_word(&safe::line(tag.short()))),
            ));
            id
        }
    };
    let lifters = policy.who_may(Right::Lift);
    if lifters.is_nobody() {
        refused.details.push("nobody may lift it".to_owned());
    } else {
        let lift = format!("relsign freeze lift {} --reason \"…\"", id.short());
        refused.hints.push(Advice::run(format!("who may lift it: {lifters}. They run"), lift));
    }
}

/// Reports that too few may still grant a request.
fn out_of_reach(standing: &RequestStatus) -> String {
    let waiting: Vec<String> = standing.waiting.iter().map(ToString::to_string).collect();
    if waiting.is_empty() {
        return "nobody else may grant it".to_owned();
    }
    let needed = words::plural(u64::from(standing.missing), "more person is", "more people are");
    format!("it can't be granted: {needed} needed, and only {} may still grant it", words::some_of(&waiting, 6))
}

fn refuse(
    state: &State<'_>,
    update: &Update,
    names: &[String],
    covering: &[&Freeze],
    nearest: Option<Box<Nearest<'_>>>,
) -> Refused {
    let policy = state.policy();
    // The one that ends last is the one to wait for.
    let last = covering.iter().copied().max_by_key(|freeze| (freeze.until.is_none(), freeze.until));
    let exception = nearest.as_ref().map(|nearest| nearest.refusal.code());
    let Some(last) = last else { return Refused::new(&update.name, Seen::RefFrozen { frozen: "frozen".to_owned(), exception }) };
    let zone = match state.end {
        End::Client => (**state.session.zone).clone(),
        End::Server | End::Landed => told::zone_of(last),
    };
    let mut refused = Refused::new(&update.name, Seen::RefFrozen { frozen: told::frozen_by(last, &zone), exception });
    refused.details.extend(told::reason(last));
    for other in covering.iter().filter(|other| !std::ptr::eq(**other, last)) {
        let zone = if state.end == End::Client { zone.clone() } else { told::zone_of(other) };
        refused.details.push(format!("also {}", told::frozen_by(other, &zone)));
    }
    match names {
        [_, .., target] => refused.details.push(format!("{} is a symbolic ref to {target}", update.name)),
        _ if !covering.iter().flat_map(|freeze| &freeze.refs).any(|pattern| pattern.matches(&update.name)) => {
            refused.details.push(format!("{} distinguish it from a frozen ref", name::told_apart_by(&update.name)));
        }
        _ => {}
    }
    if let Some(Nearest { request, refusal, standing }) = nearest.map(|nearest| *nearest) {
        let (id, granted) = (request.verified.id().short(), request.exception.commit.short());
        let why = match refusal.code() {
            Code::ExceptionExpired => format!("it expired at {}", words::kept_time(request.exception.expires, &zone)),
            _ => refusal.to_string(),
        };
        refused.details.push(format!("exception {id} for commit {granted} does not allow it: {why}"));
        match refusal.code() {
            // Then it takes another request, or another way.
            Code::ExceptionShort if standing.is_out_of_reach() => refused.details.push(out_of_reach(&standing)),
            Code::ExceptionShort => {
                let waiting: Vec<String> = standing.waiting.iter().map(ToString::to_string).collect();
                let who = format!("who may still grant it: {}. They run", words::some_of(&waiting, 6));
                return refused.suggest(who, format!("relsign freeze grant {id}"));
            }
            Code::RangeNotHere => {
                return refused.suggest(
                    "push it to an unfrozen branch, then try again",
                    format!("git push REMOTE {granted}:refs/heads/NAME"),
                );
            }
            _ => {}
        }
    }
    lifting(&mut refused, last, policy);
    let Some(new) = update.new else {
        refused.details.push("deleting a ref can't get an exception; delete it when it is not frozen".to_owned());
        return refused;
    };
    let short = &new.to_string()[..7];
    let ref_name = shell_word(&safe::line(names.last().unwrap_or(&update.name)));
    let grantors = told::grantors(last, policy);
    if policy.can_grant(last.grant.as_ref()) {
        let ask = format!("relsign freeze request {short} --ref {ref_name} --reason \"…\" --ticket INC-… --expires 4h");
        refused.hints.push(Advice::run(format!("who grants exceptions: {grantors}. Request one with"), ask));
    } else if told::who_grants(last, policy).is_nobody() {
        refused.details.push("exceptions: nobody may grant one".to_owned());
    } else {
        refused.details.push(format!("exceptions: {grantors}"));
    }
    let alone = policy.who_may(Right::BreakGlass);
    if !alone.is_nobody() {
        let glass = format!("relsign freeze break-glass {short} --ref {ref_name} --reason \"…\"");
        refused.hints.push(Advice::run(format!("in an emergency, on their own authority: {alone}. They run"), glass));
    }
    refused
}
