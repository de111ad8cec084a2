//! Receipts: what witnesses say was there, and when.
//!
//! A witness is a machine whom the policy gives that right. Its receipts are numbered and each names the one before,
//! so that none can be taken out of the middle or put in later without anybody noticing. docs/decisions/014 has the
//! rules. A receipt approves nothing: it only shows that a record is old enough to count, or that one is missing.

use std::collections::{BTreeMap, BTreeSet};

use super::favour::good_under;
use crate::model::finding::{Code, Finding};
use crate::model::ids::{Fingerprint, ObjectId, Principal, RecordId, TagName};
use crate::model::log::Record;
use crate::model::policy::{KeyHistory, KeyState, PolicyChain, Right};
use crate::model::record::{Body, Receipt, SubjectDigest};
use crate::model::time::Timestamp;
use crate::sign::verify::Verified;

/// The subject that every receipt names: the notes commit that was received.
pub const RECEIPT_SUBJECT: &str = "refs/notes/relsign";

/// What the receipts that count say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipts {
    seen: BTreeMap<RecordId, Seen>,
    logs: BTreeMap<ObjectId, BTreeSet<RecordId>>,
    /// What was found about the others, sorted.
    pub findings: Vec<Finding>,
}

/// What is known of a record from receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The oldest policy version that a receipt for it names.
    pub version: u32,
    /// The earliest time at which a witness says to have had it.
    pub time: Timestamp,
}

impl Receipts {
    /// Gives what is known of a record.
    pub fn seen(&self, id: &RecordId) -> Option<Seen> {
        self.seen.get(id).copied()
    }

    /// Gives the records that witnesses had on a tag object.
    pub fn of_log(&self, tag_object: &ObjectId) -> impl Iterator<Item = RecordId> {
        self.logs.get(tag_object).into_iter().flatten().copied()
    }
}

/// A receipt by somebody who may sign receipts.
struct Witnessed<'a> {
    verified: &'a Verified<Record>,
    receipt: &'a Receipt,
    /// The tag object of the log that it is for.
    log: Option<ObjectId>,
}

/// Weighs the valid records of the receipts' note.
pub fn weigh(
    chain: &PolicyChain,
    keys: &BTreeMap<Fingerprint, KeyHistory>,
    records: &BTreeMap<RecordId, Verified<Record>>,
) -> Receipts {
    let mut weighed = Receipts::default();
    let mut by_witness: BTreeMap<&Principal, BTreeMap<u64, Vec<Witnessed<'_>>>> = BTreeMap::new();
    for verified in records.values() {
        match admit(chain, keys, verified) {
            Ok(witnessed) => {
                let own = by_witness.entry(verified.principal()).or_default();
                own.entry(witnessed.receipt.sequence).or_default().push(witnessed);
            }
            Err(why) => {
                let message = format!("a {} by {} is no receipt: {why}", verified.value().kind, verified.principal());
                weighed.findings.push(cite(Code::ReceiptUnauthorised, verified, message));
            }
        }
    }
    for (witness, receipts) in by_witness {
        let (sequence, problem) = unbroken(witness, &receipts);
        weighed.findings.extend(problem);
        let vouched = sequence.iter().rposition(|receipt| is_vouching(chain, receipt.verified)).map_or(0, |last| last + 1);
        let (counting, rest) = sequence.split_at(vouched);
        for receipt in counting {
            count(&mut weighed, receipt);
        }
        if let Some(first) = rest.first() {
            let message = format!(
                "receipt {} of {witness} and what follows do not count: the key is not active any more, and no receipt by a key \
                 that is comes after",
                first.receipt.sequence
            );
            weighed.findings.push(cite(Code::ReceiptUnauthorised, first.verified, message));
        }
    }
    weighed.findings.sort();
    weighed
}

/// Judges one record by itself: is it a receipt in the one form, by a machine that may, with a key that was good?
fn admit<'a>(
    chain: &PolicyChain,
    keys: &BTreeMap<Fingerprint, KeyHistory>,
    verified: &'a Verified<Record>,
) -> Result<Witnessed<'a>, String> {
    let record = verified.value();
    let Body::Receipt(receipt) = &record.body else { return Err("it is of another kind".to_owned()) };
    let Principal::Machine(_) = verified.principal() else { return Err("only a machine may witness".to_owned()) };
    let mut log = None;
    let mut commits = 0;
    for subject in &record.subjects {
        match (&subject.digest, subject.name.parse::<TagName>()) {
            (SubjectDigest::GitCommit(_), Err(_)) if subject.name == RECEIPT_SUBJECT => commits += 1,
            (SubjectDigest::GitTag(object), Ok(_)) if log.is_none() => log = Some(*object),
            _ => return Err(format!("its subject {:?} is not one of a receipt", subject.name)),
        }
    }
    if commits != 1 {
        return Err(format!("it does not name {RECEIPT_SUBJECT}"));
    }
    if receipt.sequence == 0 {
        return Err("its number is 0, and numbers begin with 1".to_owned());
    }
    let Some(version) = chain.at(record.policy_head) else {
        return Err(format!("it names policy version {}, which is not in the chain here", record.policy_head.version));
    };
    good_under(keys.get(verified.key()), version.version)
        .map_err(|lapse| format!("the key {} {}", verified.key(), lapse.message))?;
    if !version.policy.may(verified.principal(), Right::Receipt) {
        return Err(format!("{} may not {}", verified.principal(), Right::Receipt));
    }
    Ok(Witnessed { verified, receipt, log })
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
            let message = format!("receipt {due} of {witness} is not here, and receipt {number} is");
            return (sequence, Some(cite(Code::ReceiptMissing, first.verified, message)));
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
        if let Some(problem) = problem {
            let message = format!("the receipts of {witness} contradict each other at number {number}: {problem}");
            return (sequence, Some(cite(Code::ReceiptForked, first.verified, message)));
        }
        sequence.push(first);
    }
    (sequence, None)
}

/// Says whether the version in force still lists the receipt's key as active, and its witness as one.
fn is_vouching(chain: &PolicyChain, verified: &Verified<Record>) -> bool {
    let policy = &chain.head().policy;
    policy.key(verified.key()).is_some_and(|(_, key)| key.state == KeyState::Active)
        && policy.may(verified.principal(), Right::Receipt)
}

fn count(weighed: &mut Receipts, witnessed: &Witnessed<'_>) {
    let (version, time) = (witnessed.verified.policy_head.version, witnessed.verified.time);
    for id in &witnessed.receipt.records {
        let seen = weighed.seen.entry(*id).or_insert(Seen { version, time });
        *seen = Seen { version: seen.version.min(version), time: seen.time.min(time) };
    }
    if let Some(log) = witnessed.log {
        weighed.logs.entry(log).or_default().extend(&witnessed.receipt.records);
    }
}

fn cite(code: Code, verified: &Verified<Record>, message: String) -> Finding {
    Finding::new(code, message).record(verified.id()).key(verified.key().clone()).policy(verified.value().policy_head.version)
}
