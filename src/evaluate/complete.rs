//! Whether a record says all that its kind has to say, whoever signed it.

use super::reason::Refusal;
use crate::model::finding::Code;
use crate::model::log::Record;
use crate::sign::verify::Verified;

/// Whether a record says all that its kind has to, such as why.
///
/// # Errors
/// What it lacks.
pub fn is_complete(record: &Verified<Record>) -> Result<(), Refusal> {
    let refused = |what| Refusal::new(Code::RecordIncomplete, format!("{} {what}", describe(record)));
    record.value().shortcoming().map_or(Ok(()), |what| Err(refused(what)))
}

/// Names a record for people: its kind, signer and the beginning of its id.
pub fn describe(record: &Verified<Record>) -> String {
    format!("{} {} by {}", record.value().kind, record.id().short(), record.principal())
}
