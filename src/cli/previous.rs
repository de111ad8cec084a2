//! The release before: whether the one that an open record names really passed.
//!
//! Who wrote what is released is asked of the commits since the release before, so whoever names a later commit for
//! it takes people out of that question. What an open record says of it is therefore not believed: the release before
//! is judged like any other, and so is the one before that. Each is judged once a run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::Outcome;
use super::release;
use super::trust::Trusted;
use crate::git::notes::Notes;
use crate::git::{ErrorKind, Repository};
use crate::model::finding::{Code, Finding};
use crate::model::ids::{ObjectId, TagName};
use crate::model::policy::Policy;
use crate::model::record::{Body, Decision, Open, PreviousRelease};
use crate::model::report::{Answer, Report};
use crate::model::time::Timestamp;
use crate::parse::record::parse_envelope;
use crate::parse::statement::parse_statement;

/// Which tag objects were found to be those of releases that passed, as of a time.
#[derive(Debug, Default)]
pub struct Passed(Mutex<BTreeMap<(ObjectId, Timestamp), bool>>);

impl Passed {
    fn known(&self) -> MutexGuard<'_, BTreeMap<(ObjectId, Timestamp), bool>> {
        // What a thread that failed had found out is as true as before.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what a report says of its release.
    pub fn learn(&self, report: &Report) {
        if let Some(release) = &report.release {
            self.known().insert((release.tag_object, report.as_of), has_passed(report));
        }
    }
}

/// Says whether a release passed: it is in GO, or would be if nothing had been said against it afterwards.
///
/// A release that was rolled back is still the one after which the commits of the next begin.
fn has_passed(report: &Report) -> bool {
    let afterwards = |finding: &Finding| {
        matches!(finding.code, Code::UnseenNegative | Code::DecisionSuspended | Code::DecidedNoGo | Code::ReleaseEnded)
    };
    let held = report.decisions.iter().any(|decision| {
        decision.decision == Decision::Go && decision.reasons.iter().all(|reason| reason.code == Code::UnseenNegative)
    });
    report.verdict.answer == Answer::Go || held && report.verdict.reasons.iter().all(afterwards)
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
        if self.passed(notes, previous)? { Ok(None) } else { unproven("it did not pass") }
    }

    /// Judges a release, after all that lie before it.
    fn passed(&self, notes: &mut Notes<'_>, previous: &PreviousRelease) -> Outcome<bool> {
        let key = |object: ObjectId| (object, self.as_of);
        let known = |object: &ObjectId| self.trusted.passed.known().get(&key(*object)).copied();
        if let Some(passed) = known(&previous.tag_object) {
            return Ok(passed);
        }
        if self.only_known {
            return Ok(false);
        }
        // Whoever wrote the records may have made them a long chain, so the chain is a list here and no recursion.
        let mut waiting = vec![(previous.tag.clone(), previous.tag_object)];
        let mut met = BTreeSet::from([previous.tag_object]);
        let mut at = 0;
        while let Some((_, object)) = waiting.get(at) {
            for (tag, below) in named_before(notes, object)? {
                if known(&below).is_none() && met.insert(below) {
                    waiting.push((tag, below));
                }
            }
            at += 1;
        }
        for (tag, object) in waiting.into_iter().rev() {
            let loaded = release::load_at(self.repository, self.trusted, notes, &tag, Some(object), self.as_of)?;
            let passed = has_passed(&loaded.report());
            self.trusted.passed.known().insert(key(object), passed);
        }
        Ok(known(&previous.tag_object).unwrap_or(false))
    }
}

/// Reads which releases the open records on a tag object name as the ones before, whoever signed them: this is only
/// for the order in which they are judged.
fn named_before(notes: &mut Notes<'_>, object: &ObjectId) -> Outcome<Vec<(TagName, ObjectId)>> {
    let mut named = Vec::new();
    for line in notes.lines(object)? {
        let Ok(envelope) = parse_envelope(&line) else { continue };
        if !envelope.payload.windows(OPEN_TYPE.len()).any(|part| part == OPEN_TYPE) {
            continue;
        }
        if let Ok(record) = parse_statement(&envelope.payload)
            && let Body::Open(open) = &record.body
            && let Some(previous) = open.previous.as_ref().filter(|previous| !previous.overridden)
        {
            named.push((previous.tag.clone(), previous.tag_object));
        }
    }
    Ok(named)
}

/// What the payload of an open record holds, so that others need not be read.
const OPEN_TYPE: &[u8] = b"urn:relsign:v1:open";
