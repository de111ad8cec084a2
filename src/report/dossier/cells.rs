//! What stands in the cells of the dossier's tables.

use crate::model::ids::RecordId;
use crate::model::time::Timestamp;
use crate::report::document::{Line, Times};

/// What stands where nothing is known.
pub(super) const UNKNOWN: &str = "not known";
/// What stands where no server or witness has vouched for a time.
const UNWITNESSED: &str = "not witnessed";

/// Returns the text where there is one.
pub(super) fn known(text: Option<&str>) -> Line {
    text.filter(|text| !text.trim().is_empty()).map_or_else(|| UNKNOWN.into(), Line::from)
}

/// Returns anything that has a text form, where it is there.
pub(super) fn shown(value: Option<impl ToString>) -> Line {
    value.map_or_else(|| UNKNOWN.into(), |value| value.to_string().into())
}

/// Returns the beginning of a record's id.
pub(super) fn short(id: RecordId) -> Line {
    Line::new().code(id.short())
}

/// Returns the beginnings of several ids.
pub(super) fn shorts<'a>(ids: impl IntoIterator<Item = &'a RecordId>) -> Line {
    Line::and(ids.into_iter().map(|id| short(*id)))
}

/// Returns texts, each on a line of its own.
pub(super) fn texts(texts: &[String]) -> Line {
    if texts.is_empty() { UNKNOWN.into() } else { Line::stacked(texts.iter().map(Line::from)) }
}

/// Returns the time at which a server or a witness first saw something.
pub(super) fn witnessed(at: Option<Timestamp>, times: &Times) -> Line {
    at.map_or_else(|| UNWITNESSED.into(), |at| times.at(at).into())
}
