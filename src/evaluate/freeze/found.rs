//! What looking for freezes comes to.

use crate::model::finding::Finding;
use crate::model::freeze::{Freeze, Source};
use crate::model::ids::{RecordId, TagName};
use crate::model::policy::Pattern;
use crate::model::record;
use crate::sign::verify::Verified;

/// The freezes that touch a span, and what was noticed on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Freezes {
    /// The freezes, by their beginning, then their name.
    pub all: Vec<Freeze>,
    /// Words that do not count, and records that should be here and are not.
    pub findings: Vec<Finding>,
    /// Why it can't be told what is frozen; whoever judges a push must refuse it where this is not empty.
    pub unknown: Vec<Finding>,
}

/// A freeze that held within a span, and the record that ended it before its time.
#[derive(Debug, Clone)]
pub struct Past<'a> {
    /// The freeze.
    pub freeze: Freeze,
    /// What ended it.
    pub end: Option<&'a Verified>,
}

/// Returns the freeze that a record declares; `tag` is that of the release that it ends with, where that is known.
pub(super) fn of(id: RecordId, body: &record::Freeze, tag: Option<TagName>) -> Freeze {
    // A pattern that this version can't read may mean any ref, and a freeze is never smaller than it was meant.
    let refs = body.refs.iter().map(|text| text.parse().unwrap_or_else(|_| Pattern::everything())).collect();
    Freeze {
        name: body.name.clone(),
        source: tag.map_or(Source::Record { record: id }, |tag| Source::Release { tag, record: id }),
        refs,
        from: body.from,
        until: body.until,
        zone: None,
        reason: Some(body.reason.clone()),
        grant: None,
        environments: body.environments.clone(),
    }
}
