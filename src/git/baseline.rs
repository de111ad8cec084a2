//! What this clone has seen before, so that nobody can make it unseen: record ids, the last receipts of witnesses, and
//! accepted policy versions.
//!
//! They are files below `relsign/baseline` in the common directory to which lines are only ever appended, each append
//! in one write. Two processes can't undo each other's, and a line that a crash cut short is passed over.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use super::error::{Attempt, Result, if_there};
use super::repository::Repository;
use crate::model::ids::{ObjectId, RecordId, RootDigest};
use crate::model::record::PolicyHead;

/// How the name of a file begins that holds ids of records of an object.
const RECORDS: &str = "records-";
/// How the name of a file begins that holds ids of receipts of a witness.
const RECEIPTS: &str = "receipts-";

impl Repository {
    fn baseline_dir(&self) -> PathBuf {
        self.own_dir().join("baseline")
    }

    /// Returns the ids of records that were seen here on a tag object or another object.
    pub fn seen_records(&self, object: &ObjectId) -> Result<BTreeSet<RecordId>> {
        let lines = self.read_lines(&format!("{RECORDS}{object}"))?;
        Ok(lines.iter().filter_map(|line| line.parse().ok()).collect())
    }

    /// Returns the objects of which records were seen here.
    pub fn seen_objects(&self) -> Result<BTreeSet<ObjectId>> {
        self.seen(RECORDS)
    }

    /// Returns the objects that files of a kind are about.
    fn seen(&self, kind: &str) -> Result<BTreeSet<ObjectId>> {
        let path = self.baseline_dir();
        let attempted = || format!("cannot read {}", path.display());
        let mut found = BTreeSet::new();
        for entry in if_there(std::fs::read_dir(&path)).attempt(attempted)?.into_iter().flatten() {
            let name = entry.attempt(attempted)?.file_name();
            found.extend(name.to_str().and_then(|name| name.strip_prefix(kind)?.parse::<ObjectId>().ok()));
        }
        Ok(found)
    }

    /// Remembers ids of records of an object, and gives those that were not remembered before.
    pub fn remember_records(&self, object: &ObjectId, ids: &BTreeSet<RecordId>) -> Result<BTreeSet<RecordId>> {
        let seen = self.seen_records(object)?;
        let new: BTreeSet<RecordId> = ids.difference(&seen).copied().collect();
        let lines: Vec<String> = new.iter().map(RecordId::to_string).collect();
        self.append_lines(&format!("{RECORDS}{object}"), &lines)?;
        Ok(new)
    }

    /// Returns the ids of receipts that were seen here as the last of a witness, by the object that stands for the witness.
    ///
    /// They are kept apart from other records, which lie on other notes.
    pub fn seen_receipts(&self, witness: &ObjectId) -> Result<BTreeSet<RecordId>> {
        let lines = self.read_lines(&format!("{RECEIPTS}{witness}"))?;
        Ok(lines.iter().filter_map(|line| line.parse().ok()).collect())
    }

    /// Returns the ids of the receipts of all witnesses, of whatever root, that were seen here.
    pub fn all_seen_receipts(&self) -> Result<BTreeSet<RecordId>> {
        let mut found = BTreeSet::new();
        for witness in self.seen(RECEIPTS)? {
            found.extend(self.seen_receipts(&witness)?);
        }
        Ok(found)
    }

    /// Remembers a receipt as one that was a witness's last.
    pub fn remember_receipt(&self, witness: &ObjectId, last: RecordId) -> Result<()> {
        if self.seen_receipts(witness)?.contains(&last) {
            return Ok(());
        }
        self.append_lines(&format!("{RECEIPTS}{witness}"), &[last.to_string()])
    }

    /// Returns every policy version that was accepted here for a root, sorted.
    pub fn accepted_heads(&self, root: &RootDigest) -> Result<BTreeSet<PolicyHead>> {
        let lines = self.read_lines(&format!("policy-{root}"))?;
        let head = |line: &String| {
            let (version, digest) = line.split_once(' ')?;
            Some(PolicyHead { version: version.parse().ok()?, digest: digest.parse().ok()? })
        };
        Ok(lines.iter().filter_map(head).collect())
    }

    /// Remembers a policy version as accepted; the caller has checked it, and a fork stays on record with both sides.
    pub fn accept_head(&self, root: &RootDigest, head: PolicyHead) -> Result<()> {
        if self.accepted_heads(root)?.contains(&head) {
            return Ok(());
        }
        self.append_lines(&format!("policy-{root}"), &[format!("{} {}", head.version, head.digest)])
    }

    fn read_lines(&self, name: &str) -> Result<Vec<String>> {
        let path = self.baseline_dir().join(name);
        let bytes = if_there(std::fs::read(&path)).attempt(|| format!("cannot read {}", path.display()))?;
        Ok(String::from_utf8_lossy(&bytes.unwrap_or_default()).lines().map(str::to_owned).collect())
    }

    fn append_lines(&self, name: &str, lines: &[String]) -> Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let path = self.baseline_dir().join(name);
        let attempted = || format!("cannot add to {}", path.display());
        std::fs::create_dir_all(self.baseline_dir()).attempt(attempted)?;
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(&path).attempt(attempted)?;
        // It begins with a line feed, so that a line cut short by a crash before spoils no line of this write.
        file.write_all(format!("\n{}\n", lines.join("\n")).as_bytes()).attempt(attempted)?;
        self.share_as_set_up(&path)
    }
}
