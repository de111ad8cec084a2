//! Several records that are signed on a release at once, each with the one before in view, and judged before anybody sees them.

use std::collections::BTreeMap;

use super::ready::Ready;
use super::sign::{self, Draft};
use crate::evaluate::{course, evaluate};
use crate::model::finding::Finding;
use crate::model::ids::RecordId;
use crate::model::record::Body;
use crate::model::report::Report;
use crate::ops::error::Outcome;
use crate::ops::session::Session;
use crate::sign::verify::Verified;

/// Records that were signed on a release and are not written yet.
pub struct Chain<'r, 'a> {
    ready: &'r Ready<'a>,
    parents: Vec<RecordId>,
    lines: Vec<(Vec<u8>, RecordId)>,
    records: BTreeMap<RecordId, Verified>,
}

impl<'r, 'a> Chain<'r, 'a> {
    /// Begins on top of what is here.
    pub fn new(ready: &'r Ready<'a>) -> Self {
        Self { ready, parents: ready.parents(), lines: Vec::new(), records: ready.loaded.records.clone() }
    }

    /// Returns the release on which it is signed.
    pub fn ready(&self) -> &'r Ready<'a> {
        self.ready
    }

    /// Signs a record without more than its body.
    ///
    /// # Errors
    /// If it can't be signed.
    pub fn sign(&mut self, session: &Session, body: Body) -> Outcome<RecordId> {
        let draft = self.ready.draft(body)?;
        self.sign_draft(session, draft)
    }

    /// Signs a record that has the ones before in view, whatever its draft names as parents.
    ///
    /// # Errors
    /// If it can't be signed.
    pub fn sign_draft(&mut self, session: &Session, draft: Draft) -> Outcome<RecordId> {
        let trusted = self.ready.trusted;
        let draft = Draft { parents: self.parents.clone(), ..draft };
        let verified = sign::sign(session, trusted, &self.ready.identity, draft)?;
        let id = verified.id();
        self.lines.push(verified.clone().into_line());
        self.records.insert(id, verified);
        self.parents = vec![id];
        Ok(id)
    }

    /// Judges the release with everything that was signed in place.
    pub fn judge(&self) -> Report {
        evaluate(&self.ready.loaded.context, &self.records)
    }

    /// Explains why the release would not have entered a stage, or held those before it.
    pub fn against_stage(&self, report: &Report, stage: &str) -> Vec<Finding> {
        let entry = course::may_enter(&self.ready.loaded.context, &self.records, report, stage);
        entry.map(|entry| entry.reasons).unwrap_or_default()
    }

    /// Returns what was signed, each with a few words for what it says.
    pub fn signed(&self) -> impl Iterator<Item = (RecordId, String)> {
        let records = self.lines.iter().filter_map(|(_, id)| self.records.get(id));
        records.map(|verified| (verified.id(), verified.body.summary()))
    }

    /// Returns the lines, to be written.
    pub fn into_lines(self) -> Vec<(Vec<u8>, RecordId)> {
        self.lines
    }
}
