//! Findings: what is wrong or notable about a release, as data with a stable code.
//!
//! A finding is never an error: it says that we looked and what we saw. What a finding of each code does to the
//! integrity of a release is fixed here, in one table, and every code has its heading in docs/findings.md.

mod codes;
mod seen;
mod unread;

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

pub use self::codes::{Code, Severity};
pub use self::seen::{RecordName, Seen};
pub use self::unread::{ChecklistUnread, Lapse, NoSigner, RangeUnread};
use super::ids::{Fingerprint, RecordId};

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl JsonSchema for Code {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Code".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<_> = Self::ALL.iter().map(|code| code.as_str()).collect();
        json_schema!({ "type": "string", "enum": names })
    }
}

/// One thing that was found, with what it can be cited by.
///
/// The order is that of reports: by severity, then code, then what it is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Finding {
    /// What it means for integrity.
    pub severity: Severity,
    /// The stable code.
    pub code: Code,
    /// What it is about, where that is not a record: a tag, an item, a line of a note, a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// The key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Fingerprint>,
    /// The policy version under which it was judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<u32>,
    /// What was seen, in one sentence; text from the repository in it is still raw, and renderers make it safe.
    #[serde(rename = "message")]
    pub seen: Seen,
}

impl Finding {
    /// Makes a finding of what was seen, with its code and the severity of that.
    pub fn new(seen: Seen) -> Self {
        let code = seen.code();
        Self { severity: code.severity(), code, subject: None, record: None, key: None, policy: None, seen }
    }

    /// Writes what was seen as a sentence.
    pub fn message(&self) -> String {
        self.seen.to_string()
    }

    /// Names what the finding is about.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Cites a record.
    #[must_use]
    pub fn record(mut self, id: RecordId) -> Self {
        self.record = Some(id);
        self
    }

    /// Cites a key.
    #[must_use]
    pub fn key(mut self, key: Fingerprint) -> Self {
        self.key = Some(key);
        self
    }

    /// Cites the policy version that was applied.
    #[must_use]
    pub fn policy(mut self, version: u32) -> Self {
        self.policy = Some(version);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_are_unique_and_kebab_case() {
        let texts: std::collections::BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        for text in texts {
            assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{text}");
        }
    }
}
