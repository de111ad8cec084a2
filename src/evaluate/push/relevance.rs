//! Which lines of the root log a push depends on, told from what they claim before any signature is checked.
//!
//! A record's id is the digest of what it says, so a line that verifies says exactly what it claims. What follows only
//! chooses: whoever is passed over has no effect, as if the line were not there. So it must be shown of everything that is
//! passed over that the verdict is the same without it, and what is left is verified:
//!
//! - A freeze that is over holds no ref, and no open record belongs here.
//! - A lift, grant or withdrawal does nothing but to its target, so it matters where that does. One whose target is not
//!   here does nothing; it is verified all the same.
//! - A request that has expired lets nothing through. It is told where it was for the very commit that is pushed.
//! - Break-glass lets through one commit, so it matters where that is pushed.
//! - A redaction frees no ref.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::ids::{ObjectId, RecordId};
use crate::model::log::Record;
use crate::model::record::Body;
use crate::model::time::Timestamp;

/// Chooses the records of the root log by which a push is judged that comes `now` and moves refs to `pushed`.
///
/// `claimed` is what all lines of the log claim, whether or not anybody signed it.
pub fn relevant(claimed: &BTreeMap<RecordId, Record>, now: Timestamp, pushed: &BTreeSet<ObjectId>) -> BTreeSet<RecordId> {
    let question = Question { claimed, now, pushed };
    claimed.iter().filter(|(_, record)| question.matters(&record.body)).map(|(id, _)| *id).collect()
}

struct Question<'a> {
    claimed: &'a BTreeMap<RecordId, Record>,
    now: Timestamp,
    pushed: &'a BTreeSet<ObjectId>,
}

impl Question<'_> {
    fn matters(&self, body: &Body) -> bool {
        match body {
            Body::Withdraw(withdraw) => match self.target(&withdraw.record) {
                // Nobody can withdraw that something was withdrawn; chains of it are not followed.
                None | Some(Body::Withdraw(_)) => true,
                Some(target) => self.stands(target),
            },
            other => self.stands(other),
        }
    }

    /// Whether it matters that something stands which is no withdrawal.
    fn stands(&self, body: &Body) -> bool {
        match body {
            Body::Lift(lift) => match self.target(&lift.freeze) {
                None => true,
                Some(Body::Freeze(freeze)) => freeze.until.is_none_or(|until| until > self.now),
                Some(_) => false,
            },
            Body::Grant(grant) => match self.target(&grant.exception) {
                None => true,
                Some(Body::Exception(exception)) => self.lets_through(exception.expires, &exception.commit),
                Some(_) => false,
            },
            Body::Freeze(freeze) => freeze.until.is_none_or(|until| until > self.now),
            Body::Exception(exception) => self.lets_through(exception.expires, &exception.commit),
            Body::BreakGlass(glass) => self.pushed.contains(&glass.commit),
            Body::Open(_) | Body::Redact(_) => false,
            // A decision can settle what others say, and what a kind means that nobody knows can't be told.
            _ => true,
        }
    }

    fn lets_through(&self, expires: Timestamp, commit: &ObjectId) -> bool {
        expires > self.now || self.pushed.contains(commit)
    }

    fn target(&self, id: &RecordId) -> Option<&Body> {
        self.claimed.get(id).map(|record| &record.body)
    }
}
