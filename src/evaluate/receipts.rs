//! Receipts: what witnesses say was there, and when.
//!
//! A witness is a machine whom the policy gives that right. Its receipts are numbered and each names the one before,
//! so that none can be taken out of the middle or put in later without anybody noticing. docs/decisions/014 has the
//! rules. A receipt approves nothing: it only shows that a record is old enough to count, or that one is missing.

use std::collections::{BTreeMap, BTreeSet};

use super::key_rules::good_under;
use crate::model::finding::{Finding, Seen as What};
use crate::model::ids::{Fingerprint, ObjectId, Principal, RecordId, RefName, TagName};
use crate::model::policy::{KeyHistory, KeyState, PolicyChain, Right};
use crate::model::record::{Body, Receipt, RefHead, SubjectDigest};
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// The subject that every receipt names: the notes commit that was received.
pub const RECEIPT_SUBJECT: &str = "refs/notes/relsign";

/// What the receipts that count say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipts {
    seen: BTreeMap<RecordId, Seen>,
    logs: BTreeMap<Log, BTreeSet<RecordId>>,
    last: BTreeMap<Principal, RecordId>,
    heads: BTreeMap<RefName, Stood>,
    looked_at: BTreeSet<ObjectId>,
    /// What was found about the others, sorted.
    pub findings: Vec<Finding>,
}

/// Where a ref stood when a witness looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stood {
    /// What it stood for; zeros where there was no such ref any more.
    pub id: ObjectId,
    /// When the witness says so.
    pub time: Timestamp,
}

/// The log that a receipt is for: that of a tag object, or the root log.
pub type Log = Option<ObjectId>;

/// What is known of a record from receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The oldest policy version that a receipt for it names.
    pub version: u32,
    /// The earliest time at which a witness says to have had it.
    pub time: Timestamp,
    /// The last time before that at which that witness signed for what it had, and did not have the record; nothing
    /// where it was among the first things that the witness looked at.
    pub looked: Option<Timestamp>,
}

impl Receipts {
    /// Returns what is known of a record.
    pub fn seen(&self, id: &RecordId) -> Option<Seen> {
        self.seen.get(id).copied()
    }

    /// Returns the records that witnesses had on a tag object.
    pub fn of_log(&self, tag_object: &ObjectId) -> impl Iterator<Item = RecordId> {
        self.logs.get(&Some(*tag_object)).into_iter().flatten().copied()
    }

    /// Returns the records that witnesses had in the root log.
    pub fn of_root_log(&self) -> impl Iterator<Item = RecordId> {
        self.logs.get(&None).into_iter().flatten().copied()
    }

    /// Returns where refs stood by the last receipt that names each of them.
    pub fn heads(&self) -> &BTreeMap<RefName, Stood> {
        &self.heads
    }

    /// Returns the notes commit that each witness's last receipt is for.
    pub fn looked_at(&self) -> &BTreeSet<ObjectId> {
        &self.looked_at
    }

    /// Returns each witness's last receipt that counts, which stands for all before it.
    pub fn last(&self) -> &BTreeMap<Principal, RecordId> {
        &self.last
    }
}

/// A receipt by somebody who may sign receipts.
struct Witnessed<'a> {
    verified: &'a Verified,
    receipt: &'a Receipt,
    log: Log,
    /// The notes commit that it is for.
    notes: ObjectId,
}

/// Weighs the valid records of the receipts' note.
pub fn weigh(chain: &PolicyChain, records: &BTreeMap<RecordId, Verified>) -> Receipts {
    let keys = chain.keys();
    let mut weighed = Receipts::default();
    let mut by_witness: BTreeMap<&Principal, BTreeMap<u64, Vec<Witnessed<'_>>>> = BTreeMap::new();
    for verified in records.values() {
        match admit(chain, &keys, verified) {
            Ok(witnessed) => {
                let own = by_witness.entry(verified.principal()).or_default();
                own.entry(witnessed.receipt.sequence).or_default().push(witnessed);
            }
            Err(why) => {
                let (kind, who, why) = (verified.kind.clone(), verified.principal().clone(), Box::new(why));
                weighed.findings.push(cite(verified, What::ReceiptIgnored { kind, who, why }));
            }
        }
    }
    for (witness, receipts) in by_witness {
        let (sequence, problem) = unbroken(witness, &receipts);
        weighed.findings.extend(problem);
        let vouched = sequence.iter().rposition(|receipt| is_vouching(chain, receipt.verified)).map_or(0, |last| last + 1);
        let (counting, rest) = sequence.split_at(vouched);
        let mut looks = Looks::default();
        for receipt in counting {
            count(&mut weighed, receipt, looks.before(receipt));
        }
        weighed.looked_at.extend(counting.last().map(|last| last.notes));
        weighed.last.extend(counting.last().map(|last| (witness.clone(), last.verified.id())));
        if let Some(first) = rest.first() {
            let what = What::ReceiptsIdle { number: first.receipt.sequence, witness: witness.clone() };
            weighed.findings.push(cite(first.verified, what));
        }
    }
    weighed.findings.sort();
    weighed
}

/// Judges one record by itself: is it a receipt in the one form, by a machine that may, with a key that was good?
fn admit<'a>(chain: &PolicyChain, keys: &BTreeMap<Fingerprint, KeyHistory>, verified: &'a Verified) -> Result<Witnessed<'a>, What> {
    let record = verified.value();
    let Body::Receipt(receipt) = &record.body else { return Err(What::NotOfKind) };
    let Principal::Machine(_) = verified.principal() else { return Err(What::NoMachine) };
    let mut log = None;
    let mut notes = None;
    for subject in &record.subjects {
        match (&subject.digest, subject.name.parse::<TagName>()) {
            (SubjectDigest::GitCommit(commit), Err(_)) if subject.name == RECEIPT_SUBJECT && notes.is_none() => {
                notes = Some(*commit);
            }
            (SubjectDigest::GitTag(object), Ok(_)) if log.is_none() => log = Some(*object),
            _ => return Err(What::ReceiptSubject { name: subject.name.clone() }),
        }
    }
    let Some(notes) = notes else { return Err(What::ReceiptOfNoNotes { name: RECEIPT_SUBJECT }) };
    if receipt.sequence == 0 {
        return Err(What::ReceiptZero);
    }
    let Some(version) = chain.at(record.policy_head) else {
        return Err(What::ReceiptPolicy { version: record.policy_head.version });
    };
    good_under(keys.get(verified.key()), version.version)
        .map_err(|lapse| What::ReceiptLapsed { key: verified.key().clone(), lapse })?;
    if !version.policy.may(verified.principal(), Right::Receipt) {
        return Err(What::MayNot { who: verified.principal().clone(), right: Right::Receipt });
    }
    Ok(Witnessed { verified, receipt, log, notes })
}

/// Follows a witness's receipts from the first for as long as they are one sequence, and says where they end to be one.
fn unbroken<'r, 'a>(
    witness: &Principal,
    receipts: &'r BTreeMap<u64, Vec<Witnessed<'a>>>,
) -> (Vec<&'r Witnessed<'a>>, Option<Finding>) {
    let mut sequence: Vec<&Witnessed<'_>> = Vec::new();
    for (number, same) in receipts {
        let first = &same[0];
        let due = sequence.len() as u64 + 1;
        if *number != due {
            let what = What::ReceiptMissing { due, witness: witness.clone(), number: *number };
            return (sequence, Some(cite(first.verified, what)));
        }
        let before = sequence.last().map(|before| before.verified);
        let problem = if same.len() > 1 {
            Some("there are several")
        } else if first.receipt.previous != before.map(Verified::id) {
            Some("it does not name the one before")
        } else if before.is_some_and(|before| before.policy_head.version > first.verified.policy_head.version) {
            Some("it names an older policy than the one before")
        } else if before.is_some_and(|before| before.time > first.verified.time) {
            Some("it claims an earlier time than the one before")
        } else {
            None
        };
        if let Some(why) = problem {
            let what = What::ReceiptForked { witness: witness.clone(), number: *number, why };
            return (sequence, Some(cite(first.verified, what)));
        }
        sequence.push(first);
    }
    (sequence, None)
}

/// Whether the version in force still lists the receipt's key as active, and its witness as one.
fn is_vouching(chain: &PolicyChain, verified: &Verified) -> bool {
    let policy = &chain.head().policy;
    policy.key(verified.key()).is_some_and(|(_, key)| key.state == KeyState::Active)
        && policy.may(verified.principal(), Right::Receipt)
}

/// Follows when a witness looked: all receipts for one notes commit are one look.
#[derive(Default)]
struct Looks {
    before: Option<Timestamp>,
    current: Option<(ObjectId, Timestamp)>,
}

impl Looks {
    /// Returns the time of the look before that of a receipt; the receipts come in their order.
    fn before(&mut self, witnessed: &Witnessed<'_>) -> Option<Timestamp> {
        if let Some((notes, time)) = self.current
            && notes != witnessed.notes
        {
            self.before = Some(time);
        }
        self.current = Some((witnessed.notes, witnessed.verified.time));
        self.before
    }
}

fn count(weighed: &mut Receipts, witnessed: &Witnessed<'_>, looked: Option<Timestamp>) {
    let (version, time) = (witnessed.verified.policy_head.version, witnessed.verified.time);
    for id in &witnessed.receipt.records {
        let seen = weighed.seen.entry(*id).or_insert(Seen { version, time, looked });
        seen.version = seen.version.min(version);
        if time < seen.time {
            (seen.time, seen.looked) = (time, looked);
        }
    }
    weighed.logs.entry(witnessed.log).or_default().extend(&witnessed.receipt.records);
    for RefHead { ref_name, id } in &witnessed.receipt.heads {
        let stood = weighed.heads.entry(ref_name.clone()).or_insert(Stood { id: *id, time });
        if stood.time <= time {
            *stood = Stood { id: *id, time };
        }
    }
}

/// Where a witness's own receipts stand, for the witness that goes on with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// The last of them.
    pub last: Option<Last>,
    /// The records that they name, by log.
    pub named: BTreeMap<Log, BTreeSet<RecordId>>,
    /// Where refs stand by the last of them that names each.
    pub heads: BTreeMap<RefName, ObjectId>,
}

/// The last receipt of a witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Last {
    /// Its id, which the next one names.
    pub id: RecordId,
    /// Its number.
    pub sequence: u64,
    /// The time that it claims; the next one must not claim an earlier one.
    pub time: Timestamp,
    /// The policy version that it names; the next one must not name an older one.
    pub version: u32,
    /// The notes commit that it is for.
    pub notes: ObjectId,
}

/// Reads the receipts of one witness, whose next one is to be signed with a key that is active.
///
/// # Errors
/// The finding by which they are no sequence that could be gone on with: what came after would count for nothing.
pub fn own(chain: &PolicyChain, records: &BTreeMap<RecordId, Verified>, witness: &Principal) -> Result<Own, Finding> {
    let keys = chain.keys();
    let mut receipts: BTreeMap<u64, Vec<Witnessed<'_>>> = BTreeMap::new();
    for verified in records.values().filter(|verified| verified.principal() == witness) {
        if let Ok(witnessed) = admit(chain, &keys, verified) {
            receipts.entry(witnessed.receipt.sequence).or_default().push(witnessed);
        }
    }
    let (sequence, problem) = unbroken(witness, &receipts);
    if let Some(problem) = problem {
        return Err(problem);
    }
    let mut own = Own::default();
    for Witnessed { verified, receipt, log, notes } in sequence {
        own.named.entry(*log).or_default().extend(&receipt.records);
        own.heads.extend(receipt.heads.iter().map(|head| (head.ref_name.clone(), head.id)));
        own.last = Some(Last {
            id: verified.id(),
            sequence: receipt.sequence,
            time: verified.time,
            version: verified.policy_head.version,
            notes: *notes,
        });
    }
    Ok(own)
}

fn cite(verified: &Verified, what: What) -> Finding {
    verified.cite(what).policy(verified.policy_head.version)
}

/// Works out, for the records of a log, the first version of the policy before which each is known to have been there.
pub fn settled(chain: &PolicyChain, records: &BTreeMap<RecordId, Verified>, receipts: &Receipts) -> BTreeMap<RecordId, u32> {
    let mut settled: BTreeMap<RecordId, u32> = BTreeMap::new();
    let mut settle = |id: RecordId, before: u32| {
        let known = settled.entry(id).or_insert(before);
        *known = before.min(*known);
    };
    for (id, verified) in records {
        if let Some(version) = chain.anchored_in(id) {
            settle(*id, version);
            // Whatever it decides and whoever decided: what it names was there when it was signed.
            if let Body::Decide(decide) = &verified.body {
                decide.manifest.iter().for_each(|named| settle(*named, version));
            }
        }
        if let Some(seen) = receipts.seen(id) {
            settle(*id, seen.version.saturating_add(1));
        }
    }
    settled
}
