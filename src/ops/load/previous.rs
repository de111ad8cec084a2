//! The release before: whether the one that an open record names really passed.
//!
//! Who wrote what is released is asked of the commits since the release before, so whoever names a later commit for
//! it takes people out of that question. What an open record says of it is therefore not believed: the release before
//! is judged like any other, and so is the one before that. Each is judged once a run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::git::notes::Notes;
use crate::git::{ErrorKind, Repository};
use crate::model::finding::{Code, Finding};
use crate::model::ids::{Environment, ObjectId, TagName};
use crate::model::policy::Policy;
use crate::model::record::{Body, Decision, Open, PreviousRelease};
use crate::model::report::{Answer, Report};
use crate::model::time::Timestamp;
use crate::ops::error::Outcome;
use crate::ops::load::release;
use crate::ops::trust::Trusted;
use crate::parse::record::parse_envelope;
use crate::parse::statement::parse_statement;

/// What was found out about releases in this run.
#[derive(Debug, Default)]
pub struct Passed {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    known: BTreeMap<Key, Standing>,
    /// The releases that are judged side by side and not done yet, with their places in the order.
    expected: BTreeMap<ObjectId, usize>,
}

/// Says, when it is dropped, that a release is done: whoever waits for it may go on, whatever came of it.
pub struct Done<'a> {
    passed: &'a Passed,
    object: ObjectId,
}

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.passed.state().expected.remove(&self.object);
        self.passed.changed.notify_all();
    }
}

/// A release as of a time: its tag object, and where it goes.
type Key = (ObjectId, Environment, Timestamp);

/// Whether a release passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Passed,
    NotPassed,
    /// Something that is needed to say so is not here.
    NotKnown,
}

impl Passed {
    fn state(&self) -> MutexGuard<'_, State> {
        // What a thread that failed had found out is as true as before.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells which releases will be judged side by side, in the order in which they are begun.
    pub fn expect(&self, objects: impl Iterator<Item = ObjectId>) {
        let mut state = self.state();
        state.expected = objects.enumerate().map(|(place, object)| (object, place)).collect();
    }

    /// Gives what says, when it is dropped, that the release on a tag object is done.
    pub fn done_with(&self, object: ObjectId) -> Done<'_> {
        Done { passed: self, object }
    }

    /// Gives what is known of a release, waiting for whoever judges it now if it comes before `place`.
    ///
    /// Nobody waits for a release of a later place, so no two can wait for each other.
    fn get(&self, node: &Node, as_of: Timestamp, place: Option<usize>) -> Option<Standing> {
        let key = node.key(as_of);
        let mut state = self.state();
        loop {
            if let Some(known) = state.known.get(&key) {
                return Some(*known);
            }
            match (state.expected.get(&node.object), place) {
                (Some(expected), Some(place)) if *expected < place => {}
                _ => return None,
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Keeps what a report says of its release.
    pub fn learn(&self, report: &Report) {
        if let Some(release) = &report.release {
            self.state().known.insert((release.tag_object, release.environment.clone(), report.as_of), standing(report));
        }
    }
}

/// Says whether a release passed: it is in GO, or would be if nothing had been said against it afterwards.
///
/// A release that was rolled back is still the one after which the commits of the next begin.
fn standing(report: &Report) -> Standing {
    let afterwards = |finding: &Finding| {
        matches!(finding.code, Code::UnseenNegative | Code::DecisionSuspended | Code::DecidedNoGo | Code::ReleaseEnded)
    };
    let held = report.decisions.iter().any(|decision| {
        decision.decision == Decision::Go && decision.reasons.iter().all(|reason| reason.code == Code::UnseenNegative)
    });
    match report.verdict.answer {
        Answer::Go => Standing::Passed,
        _ if held && report.verdict.reasons.iter().all(afterwards) => Standing::Passed,
        Answer::CannotDecide => Standing::NotKnown,
        Answer::NoGo | Answer::Tampered => Standing::NotPassed,
    }
}

/// What is asked of every open record's claim.
pub struct Asking<'a, 'r> {
    /// The repository.
    pub repository: &'r Repository,
    /// The chain, and what is known already.
    pub trusted: &'a Trusted,
    /// The clock of the question.
    pub as_of: Timestamp,
    /// Only what is known already is asked, because everything below was judged before.
    pub only_known: bool,
    /// The place of the release that asks among those that are judged side by side.
    pub place: Option<usize>,
}

impl Asking<'_, '_> {
    /// Says why the release that an open record names as the one before is none; nothing where it is, where none is
    /// named (then all of history is the range) and where two people have to answer for it.
    ///
    /// # Errors
    /// If the repository can't be read.
    pub fn problem(&self, notes: &mut Notes<'_>, open: &Open, policy: &Policy) -> Outcome<Option<Finding>> {
        let Some(previous) = open.previous.as_ref().filter(|previous| !previous.overridden) else { return Ok(None) };
        let name = previous.tag.short();
        let unproven = |why: &str| Ok(Some(Finding::new(Code::PreviousUnproven, why.to_owned()).about(name)));
        let not_here = |why: &str| Ok(Some(Finding::new(Code::PreviousNotHere, why.to_owned()).about(name)));
        if policy.component_for(&previous.tag).is_none_or(|component| component.name != open.component) {
            return unproven("that is not a tag of the same component");
        }
        if !self.repository.has_object(&previous.commit)? {
            // A shallow clone can't tell, and says so of the range; elsewhere nothing that was released is missing.
            return if self.repository.is_shallow() { Ok(None) } else { not_here("its commit is not here") };
        }
        match self.repository.peel_to_commit(&previous.tag_object) {
            Ok(Some(commit)) if commit == previous.commit => {}
            Ok(Some(_)) => return unproven("its tag object stands for another commit"),
            Ok(None) => return not_here("its tag object is not here"),
            Err(error) if *error.kind() == ErrorKind::MissingObject => return not_here("its tag object is not here"),
            Err(_) => return unproven("its tag object can't be read"),
        }
        match self.standing(notes, Node::of(previous, open))? {
            Standing::Passed => Ok(None),
            Standing::NotPassed => unproven("it did not pass"),
            Standing::NotKnown if self.repository.is_partial()? => not_here(
                "whether it passed can't be decided by what is here; this clone is partial, and all it left out comes by: git fetch \
                 --refetch --no-filter",
            ),
            Standing::NotKnown => not_here("whether it passed can't be decided by what is here"),
        }
    }

    /// Judges a release, after all that lie before it.
    fn standing(&self, notes: &mut Notes<'_>, node: Node) -> Outcome<Standing> {
        if let Some(standing) = self.trusted.passed.get(&node, self.as_of, self.place) {
            return Ok(standing);
        }
        let known = |node: &Node| self.trusted.passed.get(node, self.as_of, None);
        if self.only_known {
            return Ok(Standing::NotKnown);
        }
        // Whoever wrote the records may have made them a long chain, so this walk needs no recursion: a release waits
        // below those that lie before it, and is judged when it is met again.
        let mut waiting = vec![(node.clone(), false)];
        let mut met = BTreeSet::new();
        while let Some((next, is_ready)) = waiting.pop() {
            if is_ready {
                let loaded = release::load_at(self.repository, self.trusted, notes, &next, self.as_of)?;
                let found = standing(&loaded.report());
                self.trusted.passed.state().known.insert(next.key(self.as_of), found);
            } else if known(&next).is_none() && met.insert(next.clone()) {
                let before = named_before(notes, &next.object)?;
                waiting.push((next, true));
                waiting.extend(before.into_iter().map(|node| (node, false)));
            }
        }
        Ok(known(&node).unwrap_or(Standing::NotKnown))
    }
}

/// A release that some open record names as the one before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// Its name.
    pub tag: TagName,
    /// Its tag object, wherever the name points now.
    pub object: ObjectId,
    /// Where it went: the place that the later release goes to.
    pub environment: Environment,
}

impl Node {
    fn of(previous: &PreviousRelease, open: &Open) -> Self {
        Self { tag: previous.tag.clone(), object: previous.tag_object, environment: open.environment.clone() }
    }

    fn key(&self, as_of: Timestamp) -> Key {
        (self.object, self.environment.clone(), as_of)
    }
}

/// Reads which releases the open records on a tag object name as the ones before, whoever signed them: this is only
/// for the order in which they are judged.
fn named_before(notes: &mut Notes<'_>, object: &ObjectId) -> Outcome<Vec<Node>> {
    let mut named = Vec::new();
    // A note that is too large to be read is told of where its own release is judged.
    for line in release::lines_of(notes, object, &mut Vec::new())? {
        let Ok(envelope) = parse_envelope(&line) else { continue };
        if !std::str::from_utf8(&envelope.payload).is_ok_and(|payload| payload.contains(OPEN_TYPE)) {
            continue;
        }
        if let Ok(record) = parse_statement(&envelope.payload)
            && let Body::Open(open) = &record.body
            && let Some(previous) = open.previous.as_ref().filter(|previous| !previous.overridden)
        {
            named.push(Node::of(previous, open));
        }
    }
    Ok(named)
}

/// What the payload of an open record holds, so that others need not be read.
const OPEN_TYPE: &str = "urn:relsign:v1:open";
