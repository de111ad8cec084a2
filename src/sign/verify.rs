//! From the lines of a note to verified records: the only way to make a [`Verified`].

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use super::keyring::Keyring;
use super::pae::{pae, record_id};
use super::sshsig::{SshSig, cited_key};
use crate::model::finding::{Finding, Seen};
use crate::model::ids::{Fingerprint, Principal, RecordId, RootDigest};
use crate::model::log::Record;
use crate::model::record::{Body, NAMESPACE};
use crate::parse::public_key::PublicKey;
use crate::parse::record::{MAX_JUNK, MAX_LINES, parse_envelope};
use crate::parse::statement::{encode_statement, parse_statement};

/// How many lines a thread must have to itself before it is worth starting: a line takes about as long as a start.
const LINES_WORTH_A_THREAD: usize = 8;

/// On how many processors a log is verified; what comes of it is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// On the one of the caller, who has work for the others.
    One,
    /// On all there are, where the log is long enough to be worth it.
    All,
}

/// A record that a known key signed, of this repository; only this module can make one.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    id: RecordId,
    value: Record,
    principal: Principal,
    key: Fingerprint,
    hardware: bool,
    line: Vec<u8>,
}

impl Verified {
    /// Returns the record's id.
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// Returns what was signed.
    pub fn value(&self) -> &Record {
        &self.value
    }

    /// Returns the holder of the key, by the policy chain.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Returns the fingerprint of the key.
    pub fn key(&self) -> &Fingerprint {
        &self.key
    }

    /// Whether a hardware key signed, with somebody touching it.
    pub fn is_hardware(&self) -> bool {
        self.hardware
    }

    /// Returns the line as it stood in the note, without its newline.
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// Makes a finding about it, which cites it and the key that signed it.
    pub fn cite(&self, seen: Seen) -> Finding {
        Finding::new(seen).record(self.id).key(self.key.clone())
    }

    /// Takes a record for signed that nobody has signed, to see what would come of it. It has no line, so it can be neither
    /// written nor shared, and nobody else ever meets it.
    ///
    /// # Errors
    /// If nobody could sign it either.
    pub(crate) fn supposed(value: Record, key: &PublicKey) -> Result<Self, Seen> {
        let id = record_id(&pae(&encode_statement(&value)?));
        let (principal, hardware) = (value.signer.handle.clone(), key.is_hardware());
        Ok(Self { id, value, principal, key: key.fingerprint().clone(), hardware, line: Vec::new() })
    }

    /// Returns the line with the record's id, to be written.
    pub fn into_line(self) -> (Vec<u8>, RecordId) {
        (self.line, self.id)
    }
}

impl Deref for Verified {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.value
    }
}

/// A line that counts for nothing, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Why, with the key and the record cited where the line got so far as to name them.
    pub finding: Finding,
}

/// The valid records of a log by id, and what was found about its other lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VerifiedLog {
    /// The records; where several valid lines have one id, the bytewise lowest line stands here.
    pub records: BTreeMap<RecordId, Verified>,
    /// The findings, sorted, each once.
    pub findings: Vec<Finding>,
}

/// Verifies one line, given without its newline.
///
/// A record of another root is judged before its signer is looked up, since nobody here can know the keys of another
/// repository; but its signature must verify under the key it names, else it is junk and not foreign.
///
/// # Errors
/// The finding's code says at which step the line failed.
pub fn verify_line(line: &[u8], keys: &Keyring, root: &RootDigest) -> Result<Verified, Rejected> {
    let envelope = parse_envelope(line).map_err(|reason| reject(reason, None, None))?;
    let message = pae(&envelope.payload);
    let id = record_id(&message);
    let signature = match keys.get(&envelope.keyid) {
        Some(claimed) => SshSig::probably_by(&claimed.key, &envelope.sig),
        None => SshSig::from_blob(&envelope.sig),
    };
    let signature = signature.map_err(|reason| reject(reason, Some(id), cited_key(&envelope.sig)))?;
    let key = signature.key().fingerprint().clone();
    let fail = |reason| reject(reason, Some(id), Some(key.clone()));
    if envelope.keyid != key {
        return Err(fail(Seen::KeyidMismatch { named: envelope.keyid, key: key.clone() }));
    }
    signature.verify(NAMESPACE, &message).map_err(fail)?;
    let record = parse_statement(&envelope.payload).map_err(fail)?;
    if record.signer.fingerprint != key {
        return Err(fail(Seen::SignerKeyMismatch { named: record.signer.fingerprint, key: key.clone() }));
    }
    if record.root != *root {
        return Err(fail(Seen::RecordOfRoot { root: record.root }));
    }
    let Some(entry) = keys.get(&key) else {
        return Err(fail(Seen::SignerUnknown { key: key.clone() }));
    };
    if entry.principal != record.signer.handle {
        return Err(fail(Seen::SignerMismatch { named: record.signer.handle, holder: entry.principal.clone() }));
    }
    Ok(Verified {
        id,
        value: record,
        principal: entry.principal.clone(),
        hardware: entry.key.is_hardware(),
        key,
        line: line.to_vec(),
    })
}

/// Returns the valid ones of these lines, and of those that differ only in what anybody can change the first.
pub fn valid_once<'a>(lines: &[&'a Vec<u8>], keys: &Keyring, root: &RootDigest) -> Vec<&'a Vec<u8>> {
    let mut seen = BTreeSet::new();
    let mut is_new = |line: &Vec<u8>| {
        let Ok(verified) = verify_line(line, keys, root) else { return false };
        let blob = parse_envelope(line).map(|envelope| envelope.sig);
        let numbers = blob.and_then(|blob| SshSig::from_blob(&blob)).map(|signature| signature.own_numbers());
        numbers.is_ok_and(|numbers| seen.insert((verified.id(), numbers)))
    };
    lines.iter().filter(|line| is_new(line)).copied().collect()
}

/// Verifies the lines of a log; blank lines are ignored, and neither their order nor their repetition matters.
///
/// Anybody who can push can fill a note with junk. So junk is counted apart: however much there is, it can't displace a
/// line that a listed key may have signed. Should there be too many of those, the finding says so, and no verdict
/// holds, since what was not read may speak against it.
pub fn verify_log<'a>(lines: impl IntoIterator<Item = &'a [u8]>, keys: &Keyring, root: &RootDigest) -> VerifiedLog {
    verify_log_on(Threads::All, lines, keys, root)
}

/// Verifies the lines of a log as [`verify_log`] does, on as many processors as the caller has for it.
pub fn verify_log_on<'a>(
    threads: Threads,
    lines: impl IntoIterator<Item = &'a [u8]>,
    keys: &Keyring,
    root: &RootDigest,
) -> VerifiedLog {
    let lines: BTreeSet<&[u8]> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    let (mut read, junk): (Vec<&[u8]>, Vec<&[u8]>) = lines.into_iter().partition(|line| keys.claimed(line).is_some());
    let mut findings = BTreeSet::new();
    if read.len() > MAX_LINES {
        findings.insert(Finding::new(Seen::LinesUnread { lines: read.len(), most: MAX_LINES }));
        read.truncate(MAX_LINES);
    }
    if junk.len() > MAX_JUNK {
        findings.insert(Finding::new(Seen::JunkLines { lines: junk.len(), most: MAX_JUNK }));
    }
    read.extend(junk.into_iter().take(MAX_JUNK));
    let mut records = BTreeMap::new();
    for verified in on_threads(&read, threads, &|line: &[u8]| verify_line(line, keys, root)) {
        match verified {
            Ok(record) => {
                if let Body::Unknown(kind) = &record.body {
                    findings.insert(record.cite(Seen::KindUnknown { kind: kind.clone() }));
                }
                // The lines that name listed keys are sorted, so the first of an id is the lowest.
                records.entry(record.id).or_insert(record);
            }
            Err(rejected) => {
                findings.insert(rejected.finding);
            }
        }
    }
    VerifiedLog { records, findings: findings.into_iter().collect() }
}

/// Verifies those lines of a log that matter, as [`verify_log`] does, and passes over the others: their ids are given too.
///
/// `matters` is asked once, with what all lines that name a listed key claim. Nothing of that is verified; but a record's id is
/// the digest of what it says, so a line of that id which verifies says just that. A line whose claim can't be read, or that
/// names no listed key, is none that [`verify_line`] accepts, and what is found about those is not told.
pub fn verify_chosen<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
    keys: &Keyring,
    root: &RootDigest,
    matters: impl FnOnce(&BTreeMap<RecordId, Record>) -> BTreeSet<RecordId>,
) -> (VerifiedLog, BTreeSet<RecordId>) {
    let lines: Vec<&[u8]> = lines.into_iter().filter(|line| keys.claimed(line).is_some()).collect();
    if lines.len() > MAX_LINES {
        // Which of them are read must not depend on what they claim.
        return (verify_log(lines, keys, root), BTreeSet::new());
    }
    let claims = on_threads(&lines, Threads::All, &|line: &[u8]| {
        let payload = parse_envelope(line).ok()?.payload;
        Some((record_id(&pae(&payload)), parse_statement(&payload).ok()?))
    });
    let ids: Vec<Option<RecordId>> = claims.iter().map(|claim| claim.as_ref().map(|(id, _)| *id)).collect();
    let claimed: BTreeMap<RecordId, Record> = claims.into_iter().flatten().collect();
    let chosen = matters(&claimed);
    let of_chosen = |id: &Option<RecordId>| id.is_some_and(|id| chosen.contains(&id));
    let lines = lines.into_iter().zip(&ids).filter(|(_, id)| of_chosen(id)).map(|(line, _)| line);
    let passed = claimed.keys().filter(|id| !chosen.contains(id)).copied().collect();
    (verify_log(lines, keys, root), passed)
}

/// Does the same to each line, and gives what comes of it in the order of the lines.
fn on_threads<T: Send>(lines: &[&[u8]], threads: Threads, work: &(impl Fn(&[u8]) -> T + Sync)) -> Vec<T> {
    let verify = |lines: &[&[u8]]| lines.iter().map(|line| work(line)).collect::<Vec<_>>();
    let worth = if threads == Threads::One { 1 } else { lines.len() / LINES_WORTH_A_THREAD };
    // To ask for the number of processors is to read several files, so it is asked only where it matters.
    let threads = if worth < 2 { 1 } else { std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(worth) };
    if threads < 2 {
        return verify(lines);
    }
    let (first, rest) = lines.split_at(lines.len().div_ceil(threads));
    std::thread::scope(|scope| {
        let verify = &verify;
        let others: Vec<_> = rest
            .chunks(first.len())
            // Where the system gives no thread the lines are verified here.
            .map(|lines| (lines, std::thread::Builder::new().spawn_scoped(scope, move || verify(lines))))
            .collect();
        let mut results = verify(first);
        for (lines, thread) in others {
            match thread.map(std::thread::ScopedJoinHandle::join) {
                Ok(Ok(verified)) => results.extend(verified),
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                Err(_) => results.extend(verify(lines)),
            }
        }
        results
    })
}

fn reject(seen: Seen, record: Option<RecordId>, key: Option<Fingerprint>) -> Rejected {
    let mut finding = Finding::new(seen);
    finding.record = record;
    finding.key = key;
    Rejected { finding }
}
