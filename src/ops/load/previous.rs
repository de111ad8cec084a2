//! The previous release: whether the one that an open record names really passed.
//!
//! Who wrote what is released is asked of the commits since the previous release, so whoever names a later commit for
//! it takes people out of that question. What an open record says of it is therefore not believed: its commit must lie
//! below, and the previous release is judged like any other, and so is the one before that. Each is judged once a run.

use std::collections::{BTreeMap, BTreeSet};

use super::notes::lines_of;
use super::release::{Loaded, Read, Reader};
use super::verdict_cache::{Node, PreviousStatus};
use crate::git::notes::Notes;
use crate::git::{ErrorKind, ObjectKind, Repository};
use crate::model::finding::{Finding, Seen};
use crate::model::ids::ObjectId;
use crate::model::policy::Policy;
use crate::model::record::{Body, Open, PreviousRelease};
use crate::model::time::Timestamp;
use crate::ops::error::Outcome;
use crate::ops::workspace::Workspace;
use crate::parse::record::parse_envelope;
use crate::parse::statement::parse_statement;

/// What is asked of every open record's claim.
pub struct PreviousCheck<'w> {
    /// The repository.
    pub repository: &'w Repository,
    /// The chain, and what is known already.
    pub work: &'w Workspace,
    /// The clock of the question.
    pub as_of: Timestamp,
    /// Only what is known already is asked, because everything below was judged before.
    pub only_known: bool,
}

impl<'w> PreviousCheck<'w> {
    /// Finishes a release that was read, by what is to be said of the releases that its open records name.
    ///
    /// # Errors
    /// If the repository can't be read.
    pub fn finish<'a>(&self, notes: &mut Notes<'_>, read: Read<'a>) -> Outcome<Loaded<'a>> {
        let mut problems = BTreeMap::new();
        for (id, open, policy, is_below) in read.opens() {
            problems.extend(self.problem(notes, open, policy, is_below)?.map(|problem| (id, problem)));
        }
        let mut loaded = read.finish(problems);
        if loaded.has_stages() {
            loaded.ask_freezes(self.repository, self.work)?;
        }
        Ok(loaded)
    }

    /// Explains why the release that an open record names as the one before is none, given whether it lies below; nothing where
    /// it is, and where none is named (then all of history is the range).
    ///
    /// For one that was named by hand two people have to answer: that it passed is not asked, but it is what it says.
    ///
    /// # Errors
    /// If the repository can't be read.
    pub fn problem(&self, notes: &mut Notes<'_>, open: &Open, policy: &Policy, is_below: Option<bool>) -> Outcome<Option<Finding>> {
        let Some(previous) = &open.previous else { return Ok(None) };
        let name = previous.tag.short();
        let unproven = |seen| Ok(Some(Finding::new(seen).about(name)));
        let not_here = |what| unproven(Seen::PreviousNotHere { what });
        let is_of_component = policy.component_for(&previous.tag).is_some_and(|component| component.name == open.component);
        if !previous.overridden && !is_of_component {
            return unproven(Seen::PreviousOfOthers);
        }
        if !self.repository.has_object(&previous.commit)? {
            return not_here("its commit is not here");
        }
        match self.repository.peel_to_commit(&previous.tag_object) {
            Ok(Some(commit)) if commit == previous.commit => {}
            Ok(Some(_)) => return unproven(Seen::PreviousElsewhere),
            Ok(None) => return not_here("its tag object is not here"),
            Err(error) if *error.kind() == ErrorKind::MissingObject => return not_here("its tag object is not here"),
            Err(_) => return unproven(Seen::PreviousUnreadable),
        }
        // Where history is cut off, what can't be told of the range is noted; elsewhere nothing of it is missing.
        if is_below.is_none() && !self.repository.is_shallow() {
            return not_here("the commits here do not show whether it is an ancestor");
        }
        if previous.overridden {
            let other = self.other_name(previous)?;
            return Ok(other.map(|inner| Finding::new(Seen::PreviousNamed { inner }).about(name)));
        }
        match self.standing(notes, Node::of(previous, open))? {
            PreviousStatus::Passed => Ok(None),
            PreviousStatus::NotPassed => unproven(Seen::PreviousNotPassed),
            PreviousStatus::NotKnown if self.repository.is_partial()? => not_here(
                "whether it passed can't be decided by what is here; this clone is partial, and all it left out comes by: git fetch \
                 --refetch --no-filter",
            ),
            PreviousStatus::NotKnown => not_here("the records here do not show whether it passed"),
        }
    }

    /// Returns the name inside the tag object of a release before, where that is another than the record gives it.
    fn other_name(&self, previous: &PreviousRelease) -> Outcome<Option<String>> {
        let Some((ObjectKind::Tag, _)) = self.repository.object_header(&previous.tag_object)? else { return Ok(None) };
        let inner = self.repository.tag(&previous.tag_object)?.map(|(tag, _)| String::from_utf8_lossy(&tag.name).into_owned());
        Ok(inner.filter(|inner| inner != previous.tag.short()))
    }

    /// Judges a release, after all that lie before it.
    fn standing(&self, notes: &mut Notes<'_>, node: Node) -> Outcome<PreviousStatus> {
        let known = |node: &Node| self.work.passed.borrow().get(node, self.as_of);
        if let Some(standing) = known(&node) {
            return Ok(standing);
        }
        if self.only_known {
            return Ok(PreviousStatus::NotKnown);
        }
        // Whoever wrote the records may have made them a long chain, so this walk needs no recursion: a release waits
        // below those that lie before it, and is judged when it is met again.
        let mut waiting = vec![(node.clone(), false)];
        let mut met = BTreeSet::new();
        while let Some((next, is_ready)) = waiting.pop() {
            if is_ready {
                let found = self.judge(notes, &next)?;
                self.work.passed.borrow_mut().insert(next, self.as_of, found);
            } else if known(&next).is_none() && met.insert(next.clone()) {
                let before = named_before(notes, &next.object)?;
                waiting.push((next, true));
                waiting.extend(before.into_iter().map(|node| (node, false)));
            }
        }
        Ok(known(&node).unwrap_or(PreviousStatus::NotKnown))
    }

    /// Judges a release by its tag object, wherever its name points now, when all releases before it are judged already.
    fn judge(&self, notes: &mut Notes<'_>, node: &Node) -> Outcome<PreviousStatus> {
        // Whether it passed does not depend on what has become of its name since.
        let reader = Reader { asks_remotes: false, ..self.work.reader(self.repository)? };
        let read = reader.read(notes, (&node.tag, Some(node.object)), self.as_of, Some(node.environment.clone()))?;
        let below = PreviousCheck { only_known: true, ..*self };
        Ok(PreviousStatus::of(&below.finish(notes, read)?.report()))
    }
}

/// Reads which releases the open records on a tag object name as the ones before, whoever signed them: this is only
/// for the order in which they are judged.
fn named_before(notes: &mut Notes<'_>, object: &ObjectId) -> Outcome<Vec<Node>> {
    let mut named = Vec::new();
    // A note that is too large to be read is told of where its own release is judged.
    for line in lines_of(notes, object, &mut Vec::new())? {
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
