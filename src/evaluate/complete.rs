//! Whether a record says all that its kind has to say, whoever signed it.

use crate::model::finding::{RecordName, Seen};
use crate::sign::verify::Verified;

/// Whether a record says all that its kind has to, such as why.
///
/// # Errors
/// What it lacks.
pub fn is_complete(record: &Verified) -> Result<(), Seen> {
    record.shortcoming().map_or(Ok(()), |what| Err(Seen::RecordIncomplete { record: describe(record), what }))
}

/// Names a record for people: its kind, signer and the beginning of its id.
pub fn describe(record: &Verified) -> RecordName {
    RecordName { kind: record.kind.clone(), id: record.id(), by: record.principal().clone() }
}
