//! Whether what is here is what was signed, and all of it.

use std::collections::BTreeSet;

use relsign::model::finding::Code;
use relsign::model::ids::RecordId;
use relsign::model::record::{Body, Decision};
use relsign::model::report::Integrity;

use super::{History, Judge, Kept, Log, Previous, Release, Tag};

impl<'a> Judge<'a> {
    /// What must hold of the repository for any decision to hold: the tag is the one that was opened, the checklist and the
    /// authors are what the open record says, and no evidence was changed.
    pub(super) fn repository_allows(&self, release: Release<'a>) -> bool {
        !self.tag_is_tampered_with()
            && !self.tag_is_another_elsewhere()
            && !self.a_release_is_hidden()
            && !self.reads_otherwise(release)
            && !self.authors_cannot_be_told(release)
            && !self.evidence_is(|kept| kept.is_some())
            && !self.question.refused.contains(&Code::TooManyLines)
            && !self.previous_lies_elsewhere(release)
            && self.previous_is_wrong(release).is_none()
            && (!release.policy.says.tags_signed || self.tag_signer(release).is_some())
    }

    /// Tampered with, if something is not what it claims to be; else incomplete, if something is not here; else intact.
    pub(super) fn integrity(&self, log: &Log, release: Option<Release<'a>>) -> Integrity {
        let junk = |code: &Code| !matches!(code, Code::RecordForeign | Code::TooManyLines);
        let no_tag = !matches!(self.question.tag, Tag::Here { .. });
        let elsewhere = !no_tag && log.len() > self.valid.len();
        if self.question.refused.iter().any(junk)
            || elsewhere
            || self.tag_is_tampered_with()
            || self.tag_is_another_elsewhere()
            || release.is_some_and(|release| self.reads_otherwise(release))
            || release.is_some() && self.evidence_is(|kept| kept.is_some())
        {
            return Integrity::Tampered;
        }
        let all: BTreeSet<RecordId> = self.valid.keys().copied().collect();
        let excused = release.map(|release| self.set_aside(release, &all)).unwrap_or_default();
        let missing = self.something_is_missing(&excused);
        let vanished = self.question.seen_before.iter().any(|id| !self.valid.contains_key(id));
        if self.question.refused.contains(&Code::TooManyLines)
            || matches!(self.question.tag, Tag::ObjectMissing { .. } | Tag::Gone)
            || release.is_some_and(|release| self.previous_is_wrong(release) == Some(Previous::NotHere))
            || release.is_some_and(|release| self.authors_cannot_be_told(release))
            || missing
            || vanished
            || self.a_release_is_hidden()
            || self.a_manifest_has_gaps(release)
            || release.is_some_and(|release| self.evidence_is_missing(release))
        {
            return Integrity::Incomplete;
        }
        Integrity::Intact
    }

    /// A name is spent on the first object that somebody who may opened it for; the name inside the object is the ref's.
    fn tag_is_tampered_with(&self) -> bool {
        let mut opened = self.question.named.iter().filter(|named| named.by_somebody_who_may);
        match &self.question.tag {
            Tag::Here { id, inner_name, .. } => inner_name != self.question.name.short() || opened.any(|named| named.object != *id),
            Tag::Gone => opened.any(|named| {
                let mut there = named.elsewhere.iter().filter(|there| there.shares_records);
                !there.any(|there| there.object == Some(named.object))
            }),
            Tag::NotAnnotated { target } | Tag::ObjectMissing { target } => opened.any(|named| named.object != *target),
        }
    }

    /// A remote has another object under the name than an open record is for, and records are shared with it or it has that
    /// record; or it has that record and nothing under the name.
    fn tag_is_another_elsewhere(&self) -> bool {
        let (Tag::Here { id, .. } | Tag::ObjectMissing { target: id } | Tag::NotAnnotated { target: id }) = &self.question.tag
        else {
            return false;
        };
        let opened = self.question.named.iter().filter(|named| named.by_somebody_who_may && named.object == *id);
        opened.flat_map(|named| &named.elsewhere).any(|there| match there.object {
            Some(_) => there.shares_records || there.has_the_open,
            None => there.has_the_open,
        })
    }

    /// An open record stands in the name's note, for this very tag object, and not in the object's own.
    fn a_release_is_hidden(&self) -> bool {
        let (Tag::Here { id, .. } | Tag::ObjectMissing { target: id } | Tag::NotAnnotated { target: id }) = &self.question.tag
        else {
            return false;
        };
        let mut here = self.question.named.iter().filter(|named| named.by_somebody_who_may && named.object == *id);
        here.any(|named| !self.valid.contains_key(&named.record))
    }

    /// Reading the checklist and the range again gives something else than the open record holds of them.
    fn reads_otherwise(&self, release: Release<'a>) -> bool {
        let Some(again) = self.question.read_again.get(&release.id) else { return false };
        let open = release.open;
        let file = again.file.as_ref().is_some_and(|file| {
            file.title == open.title
                && file.checklist == open.checklist
                && file.items == open.items
                && file.risk == open.risk
                && file.stages == open.stages
                && file.triggers == open.triggers
                && file.procedure == open.procedure
                && file.scope == open.scope
                && file.actions == open.actions
                && file.on_call == open.on_call
                && file.known_issues == open.known_issues
                && file.attendees == open.attendees
                && (file.window == open.window || open.given.iter().any(|given| given == "window"))
                && file.unread == open.unread
        });
        let history = match &again.history {
            History::States(history) => history.implementers == open.implementers && history.commits == open.commits,
            History::BeyondTheEdge | History::CannotBeTold => true,
        };
        !file || !history
    }

    /// Who made the range can't be told although no shallow clone explains it.
    fn authors_cannot_be_told(&self, release: Release<'a>) -> bool {
        let again = self.question.read_again.get(&release.id);
        again.is_some_and(|again| matches!(again.history, History::CannotBeTold))
    }

    /// The release before, if the open record names one, lies below, named by hand or not.
    fn previous_lies_elsewhere(&self, release: Release<'a>) -> bool {
        let again = self.question.read_again.get(&release.id);
        release.open.previous.is_some() && again.is_some_and(|again| again.before_lies_below == Some(false))
    }

    /// The release before, if the open record names one, is one that passed.
    fn previous_is_wrong(&self, release: Release<'a>) -> Option<Previous> {
        release.open.previous.as_ref()?;
        self.question.read_again.get(&release.id)?.previous
    }

    /// Under the digest of some piece of evidence something else is kept.
    fn evidence_is(&self, wrong: impl Fn(Option<Kept>) -> bool) -> bool {
        let mut pieces = self.valid.values().flat_map(|entry| &entry.record.evidence);
        pieces.any(|piece| {
            let Some(digest) = piece.sha256 else { return false };
            let kept = self.question.evidence.get(&digest).copied();
            !matches!(kept, Some(Kept::Bytes(_))) && wrong(kept)
        })
    }

    /// Some piece of evidence is not here, and too few people let it be erased.
    fn evidence_is_missing(&self, release: Release<'a>) -> bool {
        let redacted = self.redacted(release);
        let pieces = self.valid.values().flat_map(|entry| &entry.record.evidence);
        let mut digests = pieces.filter(|piece| piece.uri.is_none()).filter_map(|piece| piece.sha256);
        digests.any(|digest| !self.question.evidence.contains_key(&digest) && !redacted.contains(&digest))
    }

    /// A decision to go leaves out of its manifest what the manifest's records had seen, or something is missing that it
    /// does not set aside.
    fn a_manifest_has_gaps(&self, release: Option<Release<'a>>) -> bool {
        let Some(release) = release else { return false };
        self.valid.iter().any(|(id, entry)| {
            let Body::Decide(decide) = &entry.record.body else { return false };
            let manifest: BTreeSet<RecordId> = decide.manifest.iter().copied().collect();
            decide.decision != Decision::NoGo
                && self.may_decide(release, *id)
                && !(self.manifest_is_here_and_whole(release, &manifest) && self.nothing_named_is_missing(release, &manifest))
        })
    }
}
