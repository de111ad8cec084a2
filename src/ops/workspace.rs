//! What a run keeps while it works under one policy: each thing is read or worked out once, when it is first asked for.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::ops::Deref;

use super::error::Outcome;
use super::load::checklists::Checklists;
use super::load::receipts;
use super::load::release::Reader;
use super::load::verdict_cache::VerdictCache;
use super::trust::{self, Trust};
use crate::evaluate::receipts::Receipts;
use crate::evaluate::receipts::settled;
use crate::git::Repository;
use crate::model::ids::{RecordId, RootDigest};
use crate::sign::verify::{Threads, Verified};

/// A policy chain in force, and what was read under it so far.
pub struct Workspace {
    trusted: Trust,
    receipts: OnceCell<Receipts>,
    checklists: Checklists,
    /// Which releases are known to have passed.
    pub passed: RefCell<VerdictCache>,
}

/// Whoever may load releases knows everything about the chain.
impl Deref for Workspace {
    type Target = Trust;

    fn deref(&self) -> &Trust {
        &self.trusted
    }
}

impl From<Trust> for Workspace {
    fn from(trusted: Trust) -> Self {
        Self { trusted, receipts: OnceCell::new(), checklists: Checklists::default(), passed: RefCell::default() }
    }
}

impl Workspace {
    /// Begins under the policy of the pinned root, or of one that was named.
    ///
    /// # Errors
    /// If there is no such policy, or it is not accepted.
    pub fn load(repository: &Repository, named: Option<RootDigest>) -> Outcome<Self> {
        Ok(trust::load(repository, named)?.into())
    }

    /// Returns the chain alone.
    pub fn trusted(&self) -> &Trust {
        &self.trusted
    }

    /// Returns what witnesses say, read when it is first asked for: a repository has a receipt for each push that brought
    /// records, and a hook that judges an ordinary branch has no use for them.
    ///
    /// # Errors
    /// If the notes that hold them can't be read.
    pub fn receipts(&self, repository: &Repository) -> Outcome<&Receipts> {
        if let Some(receipts) = self.receipts.get() {
            return Ok(receipts);
        }
        let loaded = receipts::load(repository, &self.root, &self.chain, &self.keyring)?;
        Ok(self.receipts.get_or_init(|| loaded))
    }

    /// Works out before which version of the policy each record of a log is known to have been there, as far as anybody
    /// asks: of a record that names the newest version nobody does. `matters` says of which others something hangs on it.
    ///
    /// # Errors
    /// If the receipts are needed and can't be read.
    pub fn settled(
        &self,
        repository: &Repository,
        records: &BTreeMap<RecordId, Verified>,
        matters: impl Fn(&Verified) -> bool,
    ) -> Outcome<BTreeMap<RecordId, u32>> {
        let newest = self.chain.head().version;
        if !records.values().any(|verified| verified.policy_head.version < newest && matters(verified)) {
            return Ok(BTreeMap::new());
        }
        Ok(settled(&self.chain, records, self.receipts(repository)?))
    }

    /// Returns what a release is read with.
    ///
    /// # Errors
    /// If the receipts can't be read.
    pub fn reader<'w: 'r, 'r>(&'w self, repository: &'r Repository) -> Outcome<Reader<'w, 'r>> {
        let receipts = self.receipts(repository)?;
        Ok(Reader {
            repository,
            trusted: &self.trusted,
            receipts,
            checklists: &self.checklists,
            threads: Threads::All,
            asks_remotes: true,
        })
    }
}
