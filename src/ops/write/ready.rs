//! A release that is ready to be signed: what everything that is signed on one begins with.

use std::collections::BTreeSet;

use super::evidence::{self, Piece};
use super::identity::{self, Identity};
use super::sign::{self, Draft};
use crate::evaluate::context::TagObject;
use crate::evaluate::redaction::redactions;
use crate::git::Repository;
use crate::model::denial::Denial;
use crate::model::ids::RecordId;
use crate::model::policy::Policy;
use crate::model::record::{Body, Evidence, Open, Polarity};
use crate::model::report::Report;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::release::{self, Loaded};
use crate::ops::load::{named, remotes};
use crate::ops::session::Session;
use crate::ops::share::{self, Sharing};
use crate::ops::workspace::Workspace;
use crate::report::{safe, words};

/// A release that is ready to be signed, and who signs.
pub struct Ready<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The chain.
    pub trusted: &'a Workspace,
    /// Who signs.
    pub identity: Identity,
    /// The release.
    pub loaded: Loaded<'a>,
    /// Its report as of now.
    pub report: Report,
    /// The records here that can't be shared, which nothing that is signed now names.
    pub unshareable: BTreeSet<RecordId>,
}

impl<'a> Ready<'a> {
    /// Loads the release of a tag, or the only one that is open, and finds who signs.
    ///
    /// What is signed speaks of one environment, so one of several has to be named.
    pub fn load(
        session: &Session,
        repository: &'a Repository,
        trusted: &'a Workspace,
        tag: Option<&str>,
        place: Option<&str>,
    ) -> Outcome<Self> {
        let identity = identity::identify(session, repository, trusted)?;
        let loaded = named::load(session, repository, trusted, (tag, place), session.now)?;
        let report = loaded.report();
        release::require_release(&report, &loaded.tag.facts)?;
        let unshareable = share::unshareable(session, repository, trusted)?;
        Ok(Ready { repository, trusted, identity, loaded, report, unshareable })
    }

    /// Returns the open record's content.
    pub fn open(&self) -> Outcome<(&Open, RecordId)> {
        let id = release::require_release(&self.report, &self.loaded.tag.facts)?.open;
        match self.loaded.records.get(&id).map(|verified| &verified.body) {
            Some(Body::Open(open)) => Ok((open, id)),
            _ => Err(Failure::internal("the open record of the release is not in its log")),
        }
    }

    /// Returns the policy that governs the release, which need not be the newest.
    pub fn policy(&self) -> &Policy {
        let version = self.report.governing_policy.and_then(|head| self.trusted.chain.at(head));
        version.map_or_else(|| self.trusted.policy(), |version| &version.policy)
    }

    /// Returns the records that a new one names as its parents.
    pub fn parents(&self) -> Vec<RecordId> {
        self.loaded.heads(&self.report, &self.unshareable)
    }

    /// Returns the records that a decision names as what its signer held.
    pub fn manifest(&self) -> Vec<RecordId> {
        let held = self.report.records.iter().filter(|record| !record.refused).map(|record| record.id);
        held.filter(|id| !self.unshareable.contains(id)).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Returns the tag object.
    fn object(&self) -> Outcome<&TagObject> {
        self.loaded.tag.facts.object.as_ref().ok_or_else(|| Failure::internal("the tag object is not here"))
    }

    /// Begins a record on the release that has seen everything that is here.
    ///
    /// # Errors
    /// If it is in favour of something, and a remote has another tag under the name. A negative record is signed all the same:
    /// whoever moves a tag must not be able to silence it.
    pub fn draft(&self, body: Body) -> Outcome<Draft> {
        if body.row().polarity == Polarity::Positive
            && let Some(found) = remotes::found(&self.report.findings, &self.loaded.context.opened_objects)
        {
            return Err(Failure::invalid(found.message())
                .by(Denial::NameSpent)
                .hint("nothing was signed; sign once the tag is restored"));
        }
        let (_, open) = self.open()?;
        Ok(Draft { open: Some(open), parents: self.parents(), ..Draft::new(self.object()?.subjects.clone(), body) })
    }

    /// Names which release is being signed, and what the signature will do.
    pub fn announce(&self, session: &Session, does: &str) -> Outcome<()> {
        let (open, _) = self.open()?;
        let (tag, width) = (safe::line(self.report.tag.short()), 80_usize);
        // What is done is said whole; the title says no more than which release is meant.
        let room = width.saturating_sub(safe::columns(&tag) + safe::columns(does) + 4);
        let title = if room < 12 { String::new() } else { format!(" {}", safe::fit(&open.title, room, "…")) };
        session.say(format!("{tag}{title} · {does}"));
        Ok(())
    }

    /// Writes signed lines into the log.
    pub fn write(&self, session: &Session, lines: Vec<(Vec<u8>, RecordId)>, what: &str) -> Outcome<()> {
        let object = self.object()?.id;
        let summary = format!("{what} by {} on {}", self.identity.principal, self.report.tag.short());
        sign::write(session, self.repository, object, lines, &[], &summary)
    }

    /// Gathers what supports a record, but nothing that people of this release let be erased: whoever has it must not bring it back
    /// by mistake. What a record says of it comes second.
    pub fn gather(&self, session: &Session, named: &[String], private: Option<&str>) -> Outcome<(Vec<Piece>, Vec<Evidence>)> {
        let limit = self.trusted.policy().contents().limits.evidence_bytes;
        let pieces = evidence::gather(session, limit, named, private)?;
        self.refuse_redacted(&pieces)?;
        let entries = pieces.iter().map(|piece| piece.entry.clone()).collect();
        Ok((pieces, entries))
    }

    /// Refuses evidence that people of this release let be erased: whoever has it must not bring it back by mistake.
    pub fn refuse_redacted(&self, pieces: &[Piece]) -> Outcome<()> {
        let redactions = redactions(&self.loaded.context, &self.loaded.records).unwrap_or_default();
        let digests = pieces.iter().filter(|piece| piece.bytes.is_some()).filter_map(|piece| piece.entry.sha256);
        for digest in digests {
            if let Some(redaction) = redactions.get(&digest).filter(|redaction| redaction.is_met()) {
                let people = words::and(&redaction.people);
                return Err(Failure::refused(format!("the evidence {} was redacted by {people}", digest.short()))
                    .by(Denial::EvidenceRedacted)
                    .hint("remove what had to be erased, and attach the rest"));
            }
        }
        Ok(())
    }
}

/// Fetches, loads and identifies: what every signing command begins with.
pub fn prepare(session: &Session, repository: &Repository, sharing: &Sharing) -> Outcome<Workspace> {
    share::fetch_first(session, repository, sharing)?;
    Workspace::load(repository, None)
}
