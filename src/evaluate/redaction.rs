//! Redaction: which evidence enough people let be erased.
//!
//! Erasing takes bytes away and nothing else: the records that cite them stay, with digest and size, and whatever they
//! counted for. So a redaction is asked for only where something is not here, and never makes or unmakes a GO.

use std::collections::{BTreeMap, BTreeSet};

use super::context::{Context, EvidenceFacts};
use super::quorum;
use super::release::{Release, ValidLog, governing};
use crate::model::finding::{Finding, Seen};
use crate::model::ids::{Handle, RecordId, Sha256Digest};
use crate::model::policy::Right;
use crate::model::record::{Body, Evidence};
use crate::model::report::{ItemReport, PrivateNote};
use crate::sign::verify::Verified;

/// What people of a release say of erasing one piece of evidence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redaction {
    /// Who may redact and did.
    pub people: BTreeSet<Handle>,
    /// Why, in their words.
    pub reasons: BTreeSet<String>,
    /// How many more it takes.
    pub missing: u32,
}

impl Redaction {
    /// Whether enough people agreed.
    pub fn is_met(&self) -> bool {
        self.missing == 0
    }
}

/// Returns what the people of a release say of erasing evidence, under the policy that governs it; `None` where nothing
/// was opened.
///
/// What they say holds for this release alone. A digest that its records don't cite may stand among it.
pub fn redactions(context: &Context<'_>, records: &BTreeMap<RecordId, Verified>) -> Option<BTreeMap<Sha256Digest, Redaction>> {
    let log = ValidLog::admit(context, records, &mut Vec::new());
    governing(&log, &mut Vec::new()).map(|release| of_release(&release))
}

/// Returns every piece of evidence with a digest that the records of a tag cite, with the records that do.
///
/// What is cited stays cited, whoever signed it and whatever it counts for: so nobody's evidence goes with that of others.
pub fn cited<'r>(
    context: &Context<'_>,
    records: &'r BTreeMap<RecordId, Verified>,
) -> BTreeMap<Sha256Digest, Vec<(RecordId, &'r Evidence)>> {
    let log = ValidLog::admit(context, records, &mut Vec::new());
    let mut found: BTreeMap<Sha256Digest, Vec<(RecordId, &Evidence)>> = BTreeMap::new();
    for verified in log.in_order() {
        for evidence in &verified.evidence {
            if let Some(digest) = evidence.sha256 {
                found.entry(digest).or_default().push((verified.id(), evidence));
            }
        }
    }
    found
}

/// Returns what the people of the release say of erasing evidence, by digest.
///
/// A redaction speaks of the tag and not of one environment, so it counts under whatever open record it was signed.
pub(super) fn of_release(release: &Release<'_, '_>) -> BTreeMap<Sha256Digest, Redaction> {
    let mut judged: BTreeMap<Sha256Digest, Redaction> = BTreeMap::new();
    for (id, verified) in &release.log.records {
        if let Body::Redact(redact) = &verified.body
            && !release.withdrawn.silences(id)
            && release.authorises(verified, Right::Redact)
            && let Some(handle) = verified.principal().person()
        {
            let redaction = judged.entry(redact.evidence).or_default();
            redaction.people.insert(handle.clone());
            redaction.reasons.insert(redact.reason.clone());
        }
    }
    let needed = release.policy().thresholds().redact.max(2);
    for redaction in judged.values_mut() {
        redaction.missing = quorum::missing(&redaction.people, needed);
    }
    judged
}

/// Names which evidence too few people let be erased, and how many more it takes.
pub(super) fn by_too_few(release: &Release<'_, '_>, redactions: &BTreeMap<Sha256Digest, Redaction>) -> Vec<Finding> {
    let short = redactions.iter().filter(|(_, redaction)| !redaction.is_met()).map(|(digest, redaction)| {
        let (people, missing) = (redaction.people.iter().cloned().collect(), redaction.missing);
        release.finding(Seen::RedactionShort { digest: *digest, people, missing }).about(digest.to_string())
    });
    short.collect()
}

/// Reports on evidence that it is redacted, in the same words whether its bytes are gone already or not.
pub(super) fn describe(release: &Release<'_, '_>, name: &str, redaction: &Redaction) -> Finding {
    let Redaction { people, reasons, .. } = redaction.clone();
    let (people, reasons) = (people.into_iter().collect(), reasons.into_iter().collect());
    release.finding(Seen::EvidenceRedacted { name: name.to_owned(), people, reasons }).about(name)
}

/// Attaches to sign-offs their private notes, as far as these are here and nobody let them be erased.
pub(super) fn tell_private_notes(
    release: &Release<'_, '_>,
    redactions: &BTreeMap<Sha256Digest, Redaction>,
    items: &mut [ItemReport],
) {
    for word in items.iter_mut().flat_map(|item| &mut item.sign_offs) {
        let digests = word.evidence.iter().filter(|evidence| evidence.salted).filter_map(|evidence| evidence.sha256);
        word.private_notes = digests.map(|digest| private_note(release.context, redactions, digest)).collect();
    }
}

fn private_note(context: &Context<'_>, redactions: &BTreeMap<Sha256Digest, Redaction>, digest: Sha256Digest) -> PrivateNote {
    let erased = redactions.get(&digest).is_some_and(Redaction::is_met);
    let here = matches!(context.evidence.get(&digest), Some(EvidenceFacts::Here(_)));
    let text = context.private_notes.get(&digest).filter(|_| here && !erased).cloned();
    PrivateNote { sha256: digest, text, erased }
}
