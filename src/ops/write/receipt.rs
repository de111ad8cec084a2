//! Writing receipts: a machine says which valid records it has received, once for each of its looks and logs.
//!
//! A look reads what is there, finds the records that no receipt of this witness names, and signs one receipt for each
//! log that has any. What landed without a receipt, because a process died or the rules were not here yet, is found
//! by the next look in the same way, and where there is nothing new nothing is signed.
//!
//! The receipts of a witness are one sequence, so two processes must never go on from the same one. Each look is
//! therefore appended on the very state that it read, or not at all: by compare-and-swap of the ref here, by a push
//! that must be a fast-forward on a remote. Who was too slow looks again. docs/decisions/027 has the reasons.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluate::receipts::{Last, Log, Own, RECEIPT_SUBJECT, own};
use crate::git::notes::{Append, Lines, Notes};
use crate::git::push_reply::Push;
use crate::git::refs::pause;
use crate::git::sync::{PolicySync, side_ref};
use crate::git::{EVIDENCE_REF, NOTES_REF, ObjectKind, POLICY_REF, RECEIPTS_REF, Repository};
use crate::model::address::root_blob;
use crate::model::advice::Advice;
use crate::model::denial::Denial;
use crate::model::finding::{Code, Finding, Seen};
use crate::model::ids::{ObjectId, Principal, RecordId, RefName, TagName};
use crate::model::policy::{KeyState, Right};
use crate::model::record::{Body, Receipt, RefHead, Subject, SubjectDigest};
use crate::model::time::Timestamp;
use crate::ops::bypass;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::notes::lines_of;
use crate::ops::load::release;
use crate::ops::load::{freezes, receipts, root_log};
use crate::ops::session::Session;
use crate::ops::share;
use crate::ops::workspace::Workspace;
use crate::ops::write::identity::{self, Identity};
use crate::ops::write::sign::{self, Draft};
use crate::report::json::signed::ReceiptJson;
use crate::sign::verify::verify_log;

/// The setting that names the key of the server's own witness, in git's configuration there.
pub const KEY_CONFIG: &str = "relsign.witnesskey";

/// How often a look is begun again because another process was faster.
const TRIES: u32 = 60;

/// How many records one receipt names at most, so that its line stays well below the limit of lines.
const MOST_RECORDS: usize = 5000;

/// How many refs one receipt names at most besides relsign's own.
const MOST_HEADS: usize = 100;

/// What a look came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// Who signed.
    pub witness: Principal,
    /// The notes commit that was looked at; nothing where there are no records yet.
    pub notes: Option<ObjectId>,
    /// The receipts that were signed now, in their order.
    pub receipts: Vec<ReceiptJson>,
    /// The last receipt before these.
    pub before: Option<Last>,
    /// Records that earlier receipts name and that are not there any more.
    pub vanished: Vec<Finding>,
    /// Receipts that the remote had lost were put back.
    pub restored: bool,
    /// The records of the root log that its receipts name, these and all before them.
    pub root_log: BTreeSet<RecordId>,
}

/// What a look works with.
struct Look<'a> {
    session: &'a Session,
    repository: &'a Repository,
    trusted: &'a Workspace,
    identity: &'a Identity,
    /// The remote from which refs are read as they were last fetched; nothing where they are read here.
    remote: Option<&'a str>,
}

/// Finds the machine that witnesses: by `--key`, else the key of the server's own witness, else the usual signing key.
///
/// # Errors
/// If there is no such key, or the policy in force does not let its holder sign receipts.
pub fn identify(session: &Session, repository: &Repository, trusted: &Workspace) -> Outcome<Identity> {
    let mut sources = session.key_sources(Some(repository))?;
    if sources.option.is_none() {
        sources.option = witness_key(repository)?;
    }
    let chosen = identity::choose_from(session, &sources, Some(trusted))?;
    let fingerprint = chosen.key.public().fingerprint().clone();
    let failure = match trusted.policy().key(&fingerprint) {
        None => Failure::refused(format!("the policy does not list the key {fingerprint} ({})", chosen.key.place())),
        Some((principal, key)) if key.state != KeyState::Active => {
            Failure::refused(format!("the key {fingerprint} of {principal} is {}", key.state.as_str()))
        }
        Some((principal @ Principal::Person(_), _)) => {
            Failure::refused(format!("{principal} is a person, and only a machine may witness")).by(Denial::NotAWitness)
        }
        Some((principal, _)) if trusted.policy().may(&principal, Right::Receipt) => {
            return Ok(Identity { key: chosen.key, principal });
        }
        Some((principal, _)) => Failure::refused(format!("{principal} may not {}", Right::Receipt)),
    };
    Err(failure
        .suggest("list it in the policy", "relsign machine add NAME --public-key FILE.pub --may receipt")
        .hint(format!("or sign with the key of a witness: --key FILE, or git config {KEY_CONFIG} FILE")))
}

/// Returns the key of the server's own witness as it is set; a relative path is one from the git directory.
fn witness_key(repository: &Repository) -> Outcome<Option<String>> {
    let Some(named) = repository.config_string(KEY_CONFIG)? else { return Ok(None) };
    let whole = named.contains("::") || named.contains(' ') || named.starts_with(['/', '~']);
    Ok(Some(if whole { named } else { repository.common_dir().join(named).display().to_string() }))
}

/// Signs receipts after a push was accepted, where the server has a witness key; else it does nothing.
///
/// # Errors
/// If no receipt could be signed. The push stays what it is; the next one, or `relsign witness`, makes up for it.
pub fn after_push(session: &Session, repository: &Repository, trusted: &Workspace) -> Outcome<Vec<Finding>> {
    if repository.config_string(KEY_CONFIG)?.is_none() {
        return Ok(Vec::new());
    }
    let signed = identify(session, repository, trusted).and_then(|identity| witness(session, repository, trusted, &identity));
    match signed {
        Ok(witnessed) => Ok(witnessed.vanished),
        Err(mut failure) => {
            failure.message = format!("NO receipt was signed for it: {}", failure.message);
            Err(failure.suggest("once that is fixed, sign it on the server with", "relsign witness --here"))
        }
    }
}

/// Remembers the root log as it has landed, so that this server notices when it loses some of it.
///
/// # Errors
/// If it can't be read, or the memory can't be written.
pub fn keep_root_log(session: &Session, repository: &Repository, trusted: &Workspace) -> Outcome<()> {
    let mut notes = repository.notes(NOTES_REF)?;
    let loaded = root_log::load_for_push(repository, trusted, &mut notes, (session.now, &BTreeSet::new()))?;
    let records = loaded.in_authority(trusted, &mut notes, &loaded.log(trusted, session.now))?;
    freezes::remember(repository, trusted, &records)
}

/// Signs receipts for what this repository has received and no receipt of this witness names.
///
/// # Errors
/// If the witness's receipts can't be gone on with, or something can't be read, signed or written.
pub fn witness(session: &Session, repository: &Repository, trusted: &Workspace, identity: &Identity) -> Outcome<Witnessed> {
    let look = Look { session, repository, trusted, identity, remote: None };
    for attempt in 0..TRIES {
        let seen = receipts::seen(repository, &trusted.root, &identity.principal)?;
        let tip = repository.own_tip(RECEIPTS_REF)?;
        let (witnessed, lines) = look.sign_unnamed(&seen, tip.as_ref())?;
        if session.dry_run {
            return Ok(witnessed);
        }
        if lines.is_empty() {
            look.remember(&witnessed)?;
            return Ok(witnessed);
        }
        let commit = look.write(tip.as_ref(), lines)?;
        if repository.move_from(RECEIPTS_REF, &commit, tip.as_ref(), "receipts")? {
            look.remember(&witnessed)?;
            return Ok(witnessed);
        }
        pause(attempt, 128);
    }
    Err(Failure::internal(format!("cannot move {RECEIPTS_REF}: other writers were faster {TRIES} times")))
}

/// Fetches from a remote, signs receipts for what it has received, and pushes them; what is not accepted there is kept
/// nowhere, so that two witnesses with one key never go on from the same receipt.
///
/// # Errors
/// As for [`witness`], and if the remote can't be reached, refuses, or has a policy that is not accepted here.
pub fn witness_remote(session: &Session, repository: &Repository, remote: &str) -> Outcome<Witnessed> {
    for attempt in 0..TRIES {
        let outcome = share::exchange(session, repository, remote, &[], share::Way::Fetch)?.outcome;
        if let PolicySync::Fork { .. } | PolicySync::Declined { .. } = outcome.policy {
            return Err(Failure::missing(format!("the policy of {remote} is not the one accepted here"))
                .suggest("nothing is witnessed under a policy in doubt; see", "relsign sync"));
        }
        let trusted = Workspace::load(repository, None)?;
        let identity = identify(session, repository, &trusted)?;
        let seen = receipts::seen(repository, &trusted.root, &identity.principal)?;
        let tip = repository.own_tip(RECEIPTS_REF)?;
        let look = Look { session, repository, trusted: &trusted, identity: &identity, remote: Some(remote) };
        let there = look.tip(RECEIPTS_REF)?;
        let (mut witnessed, lines) = look.sign_unnamed(&seen, tip.as_ref())?;
        if session.dry_run {
            return Ok(witnessed);
        }
        let commit = if lines.is_empty() {
            match tip {
                Some(tip) if !repository.lines_beyond(Some(&tip), there.as_ref())?.is_empty() => tip,
                _ => return Ok(witnessed),
            }
        } else {
            look.write(tip.as_ref(), lines)?
        };
        let failed = |text: String| {
            Failure::internal(format!("{remote} did not take the receipts, and none is kept here"))
                .because(text)
                .suggest("nothing is lost; try again", "relsign witness")
        };
        match repository.push_by_name(remote, session.interactive, &[(commit, RECEIPTS_REF)])? {
            Push::Ok(said) => {
                share::hand_on(session, remote, &said);
                if !repository.move_from(RECEIPTS_REF, &commit, tip.as_ref(), "receipts")? {
                    repository.merge_notes(RECEIPTS_REF, &commit, &session.author(repository)?, "Merge records by set union")?;
                }
                let side = side_ref(remote, "notes-receipts");
                // Another process that fetched at the same moment knows as much about the remote.
                repository.swap_ref(&side, &commit, there.as_ref(), "pushed by relsign")?;
                look.remember(&witnessed)?;
                witnessed.restored = witnessed.receipts.is_empty();
                return Ok(witnessed);
            }
            Push::NonFastForward => pause(attempt, 1500),
            Push::Rejected(text) | Push::Unreachable(text) => return Err(failed(text)),
        }
    }
    Err(Failure::internal(format!("cannot push to {remote}: other witnesses were faster {TRIES} times")))
}

impl Look<'_> {
    /// Returns what a ref stands for where the look reads it.
    fn tip(&self, name: &str) -> Outcome<Option<ObjectId>> {
        let Some(remote) = self.remote else { return Ok(self.repository.resolve(name)?) };
        let what = match name {
            NOTES_REF => "notes",
            RECEIPTS_REF => "notes-receipts",
            EVIDENCE_REF => "evidence",
            POLICY_REF => "policy",
            _ => name.strip_prefix("refs/").unwrap_or(name),
        };
        Ok(self.repository.resolve(&side_ref(remote, what))?)
    }

    /// Reads what is there, and signs a receipt for each log that has records which no receipt of this witness names.
    fn sign_unnamed(&self, seen: &BTreeSet<RecordId>, tip: Option<&ObjectId>) -> Outcome<(Witnessed, Vec<Vec<u8>>)> {
        let Self { session, trusted, identity, .. } = *self;
        let Own { last, named, heads: told } = self.own_receipts(seen, tip)?;
        let notes = self.tip(NOTES_REF)?;
        let mut witnessed = Witnessed {
            witness: identity.principal.clone(),
            notes,
            receipts: Vec::new(),
            before: last,
            vanished: Vec::new(),
            restored: false,
            root_log: named.get(&None).cloned().unwrap_or_default(),
        };
        let time = last.map_or(session.now, |last| session.now.max(last.time));
        let mut lines = Vec::new();
        let mut before = last.map(|last| (last.id, last.sequence));
        let nothing = BTreeSet::new();
        let mut moved = self.moved(&told)?;
        for (log, there) in self.logs((last.as_ref(), &named), notes)? {
            let known = named.get(&log).unwrap_or(&nothing);
            witnessed.vanished.extend(known.difference(&there.present).map(|id| gone(*id, there.tag.as_ref())));
            let new: Vec<RecordId> = there.records.difference(known).copied().collect();
            if log.is_none() {
                // Earlier versions named what may not come, too.
                witnessed.root_log.retain(|id| !there.present.contains(id) || there.records.contains(id));
                witnessed.root_log.extend(&new);
            }
            let Some(notes) = notes else { continue };
            for records in new.chunks(MOST_RECORDS) {
                let sequence = before.map_or(1, |(_, sequence)| sequence + 1);
                let receipt = Receipt {
                    sequence,
                    previous: before.map(|(id, _)| id),
                    records: records.to_vec(),
                    heads: self.heads(there.tag.as_ref(), std::mem::take(&mut moved))?,
                };
                let draft = Draft::new(subjects(notes, log, there.tag.as_ref()), Body::Receipt(receipt));
                let (line, id) = sign::sign_at(session, time, trusted, identity, draft)?.into_line();
                witnessed.receipts.push(ReceiptJson { id, sequence, tag: there.tag.clone(), records: records.to_vec(), time });
                before = Some((id, sequence));
                lines.push(line);
            }
        }
        if !lines.is_empty() {
            self.warn_of_clock(time);
        }
        Ok((witnessed, lines))
    }

    /// Reads the witness's own receipts, and refuses to go on from a state in which going on would fork them: without one of those
    /// that this clone had `seen` before the tip was read, too.
    fn own_receipts(&self, seen: &BTreeSet<RecordId>, tip: Option<&ObjectId>) -> Outcome<Own> {
        let Self { repository, trusted, .. } = *self;
        let witness = &self.identity.principal;
        let lines = receipts::lines_at(repository, tip, &trusted.root)?;
        let log = verify_log(lines.iter().map(Vec::as_slice), &trusted.keyring, &trusted.root);
        let other_name =
            Advice::run("if they are lost for good, give the witness another name in the policy", "relsign machine add NAME");
        if let Some(gone) = seen.iter().find(|id| !log.records.contains_key(id)) {
            return Err(Failure::seen(&Seen::ReceiptLost { id: *gone, witness: witness.clone() })
                .hint(format!("restore {RECEIPTS_REF} from a clone that has it"))
                .hint(other_name));
        }
        let own = own(&trusted.chain, &log.records, witness).map_err(|finding| {
            let failure = Failure::seen(&finding.seen);
            match finding.code {
                Code::ReceiptForked => failure
                    .hint("somebody else, or an old copy, signed with this key; retire it")
                    .suggest("later receipts do not count; continue under another name", "relsign machine add NAME"),
                _ => failure.suggest("fetch what is missing", "relsign sync").hint(other_name.clone()),
            }
        })?;
        let head = trusted.chain.head().version;
        if let Some(last) = own.last.filter(|last| last.version > head) {
            let (number, witness, knew) = (last.sequence, witness.clone(), last.version);
            let seen = Seen::PolicyBeforeReceipt { head, number, witness, knew };
            return Err(Failure::seen(&seen).suggest("fetch the newer one", "relsign sync"));
        }
        Ok(own)
    }

    /// A clock that stands before what this witness claimed already is wrong now, or was wrong then.
    fn warn_of_clock(&self, time: Timestamp) {
        let now = self.session.now;
        if now.later(self.trusted.policy().contents().limits.clock_skew) < time {
            self.session.warn(format!(
            "the clock here says {now}, but the previous receipt claims {time}, so this one claims that too: one of the two is wrong"
        ));
        }
    }

    /// Reads the logs that may hold records which no receipt names, or may have lost some that one does.
    fn logs(
        &self,
        (last, named): (Option<&Last>, &BTreeMap<Log, BTreeSet<RecordId>>),
        commit: Option<ObjectId>,
    ) -> Outcome<BTreeMap<Log, There>> {
        let Self { session, repository, trusted, .. } = *self;
        let root = repository.blob_id(&root_blob(&trusted.root))?;
        let mut notes = Notes::at(repository, commit.as_ref())?;
        let mut objects = BTreeSet::new();
        match last {
            // Another policy may know the keys of lines that were nobody's before.
            Some(last) if last.version == trusted.chain.head().version && repository.has_object(&last.notes)? => {
                objects.extend(repository.lines_beyond(commit.as_ref(), Some(&last.notes))?.into_keys());
                objects.extend(repository.lines_beyond(Some(&last.notes), commit.as_ref())?.into_keys());
                // Records may have come before their tag.
                for (_, id) in repository.refs("refs/tags/")? {
                    if !named.contains_key(&Some(id)) && notes.has(&id)? {
                        objects.insert(id);
                    }
                }
            }
            _ => {
                objects.extend(notes.objects()?);
                objects.extend(named.keys().map(|log| log.unwrap_or(root)));
            }
        }
        let mut progress = session.progress(objects.len() as u64, "reading records");
        let mut found = BTreeMap::new();
        for (index, object) in objects.into_iter().enumerate() {
            progress.at(index as u64);
            if object == root {
                let loaded = root_log::load(repository, trusted, &mut notes)?;
                let log = loaded.log(trusted, session.now);
                let records = loaded.in_authority(trusted, &mut notes, &log)?;
                found.insert(None, There { tag: None, records, present: log.records.into_keys().collect() });
            } else if let Some((ObjectKind::Tag, _)) = repository.object_header(&object)? {
                let mut unread = Vec::new();
                let lines: Lines = lines_of(&mut notes, &object, &mut unread)?;
                // Of a note that is too large to be read nothing is known, also not that something is gone.
                if unread.is_empty()
                    && let Some((tag, records)) = release::admitted(repository, trusted, object, &lines)?
                {
                    found.insert(Some(object), There { tag: Some(tag), present: records.clone(), records });
                }
            }
        }
        Ok(found)
    }

    /// Describes where relsign's own refs stood, and the tag of the log, besides the refs that `moved`.
    fn heads(&self, tag: Option<&TagName>, mut moved: BTreeMap<RefName, ObjectId>) -> Outcome<Vec<RefHead>> {
        for name in [NOTES_REF, EVIDENCE_REF, POLICY_REF].into_iter().chain(tag.map(TagName::full)) {
            if let (Some(id), Ok(ref_name)) = (self.tip(name)?, name.parse::<RefName>()) {
                moved.insert(ref_name, id);
            }
        }
        Ok(moved.into_iter().map(|(ref_name, id)| RefHead { ref_name, id }).collect())
    }

    /// Returns the refs that a rule speaks of and that stand for something else than the receipts so far say, as a server's hooks
    /// let them through; zeros stand for one that is gone. What is not named now is named by a later receipt.
    fn moved(&self, told: &BTreeMap<RefName, ObjectId>) -> Outcome<BTreeMap<RefName, ObjectId>> {
        // A witness elsewhere knows nothing of what the hooks let through.
        if self.remote.is_some() {
            return Ok(BTreeMap::new());
        }
        let repository = self.repository;
        let zeros = repository.no_object();
        let mut now: BTreeMap<RefName, ObjectId> = BTreeMap::new();
        for name in told.keys().filter(|name| repository.direct_ref(name.as_str()).is_ok_and(|id| id.is_none())) {
            now.insert(name.clone(), zeros);
        }
        let watched = bypass::let_through(repository)?;
        now.extend(watched.into_iter().map(|(name, id)| (name, id.unwrap_or(zeros))));
        Ok(now.into_iter().filter(|(name, id)| told.get(name).map_or(*id != zeros, |told| told != id)).take(MOST_HEADS).collect())
    }

    /// Writes the commit that holds the receipts, and moves no ref.
    fn write(&self, tip: Option<&ObjectId>, lines: Vec<Vec<u8>>) -> Outcome<ObjectId> {
        let object = self.repository.write_blob(&root_blob(&self.trusted.root))?;
        let append = Append { notes_ref: RECEIPTS_REF.to_owned(), object, lines };
        let summary = format!("receipts by {}", self.identity.principal);
        Ok(self.repository.write_notes(tip, &[append], &self.session.author(self.repository)?, &summary)?)
    }

    /// Remembers what was witnessed: the last receipt, and the root log, so that a push need not read the receipts to find that
    /// some of it is gone.
    fn remember(&self, witnessed: &Witnessed) -> Outcome<()> {
        freezes::remember(self.repository, self.trusted, &witnessed.root_log)?;
        match witnessed.receipts.last() {
            Some(last) => receipts::remember(self.repository, &self.trusted.root, &witnessed.witness, last.id),
            None => Ok(()),
        }
    }
}

/// A log as it lies there.
struct There {
    tag: Option<TagName>,
    /// Its valid records; of the root log those that a server takes in, since the others may have to be taken out again.
    records: BTreeSet<RecordId>,
    /// The valid records that lie there at all.
    present: BTreeSet<RecordId>,
}

fn gone(id: RecordId, tag: Option<&TagName>) -> Finding {
    let log = tag.map_or("the root log", TagName::short);
    Finding::new(Seen::ReceiptNamesGone { id, log: log.to_owned() }).record(id).about(log)
}

fn subjects(notes: ObjectId, log: Log, tag: Option<&TagName>) -> Vec<Subject> {
    let mut subjects = vec![Subject { name: RECEIPT_SUBJECT.to_owned(), digest: SubjectDigest::GitCommit(notes) }];
    if let (Some(object), Some(tag)) = (log, tag) {
        subjects.push(Subject { name: tag.full().to_owned(), digest: SubjectDigest::GitTag(object) });
    }
    subjects
}
