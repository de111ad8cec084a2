//! Bringing a repository and a remote together, so that both hold every record and neither loses one.
//!
//! First everything of the remote is fetched to side refs, then merged into the local refs by set union, then what
//! the remote lacks is pushed, all or nothing; if somebody else was faster, it begins again. The local refs only
//! ever gain, so a failure at any point leaves what was signed here where it is.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::{Attempt, Error, ErrorKind, Result};
use super::fetched::along_of;
use super::files::rewrite;
use super::notes::{Lines, Notes};
use super::policy_ref::PolicyCommit;
use super::program::Program;
use super::push_reply::Push;
use super::refs::{Author, Swap, pause, pause_millis};
use super::repository::Repository;
use super::{EVIDENCE_REF, FORMER_PREFIX, NOTES_REF, POLICY_REF, PROPOSALS_PREFIX, RECEIPTS_REF, REMOTES_PREFIX};
use crate::model::ids::{ObjectId, PolicyDigest, RootDigest, Sha256Digest, TagName};
use crate::model::time::Timestamp;

/// How often a push that lost a race is tried; with the pauses between, a minute or two.
const TRIES: u32 = 40;
/// How long to wait at most after the first push that lost a race, in milliseconds: about as long as a push takes.
const FIRST_PAUSE: u64 = 100;
/// How long to wait at most after any, in milliseconds.
///
/// Somebody always gets through, so the last clone waits longer for a longer pause, and pushes get through no faster; half of
/// this would save it a further quarter of its time, at the price of more than eight pushes a clone where 64 share at once.
const LONGEST_PAUSE: u64 = 3200;
/// The longest push, in milliseconds, that pauses are measured by: with it the longest pause is 20 to 60 s.
const LONGEST_PUSH: u64 = 10_000;

/// What is to be synchronised.
#[derive(Clone)]
pub struct Sync<'a> {
    /// The remote: a name from the configuration, or a URL.
    pub remote: &'a str,
    /// The tags to push along with the records.
    pub tags: &'a [TagName],
    /// Whether to push at all.
    pub push: bool,
    /// Whether git may ask for a password on the terminal.
    pub interactive: bool,
    /// Who stands in merge commits of notes.
    pub author: &'a Author,
    /// Whether the remote was fetched from a moment ago, so that the first push needs no fetch before it.
    pub fresh: bool,
    /// Returns how long the command has run, since only the caller measures time.
    pub elapsed: &'a dyn Fn() -> Duration,
}

/// What became of the policy ref.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PolicySync {
    /// Both sides have the same, or neither has one.
    #[default]
    Same,
    /// The local ref went forward to the remote's.
    Forwarded {
        /// Where it was.
        from: Option<ObjectId>,
        /// Where it is.
        to: ObjectId,
    },
    /// The remote has an older version, or none.
    Ahead,
    /// The two are not on one line; nothing was changed.
    Fork {
        /// The local tip.
        ours: ObjectId,
        /// The remote's tip.
        theirs: ObjectId,
    },
    /// The caller did not accept the remote's newer tip.
    Declined {
        /// The remote's tip.
        theirs: ObjectId,
    },
}

/// Whether the remote now has everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Share {
    /// Pushing was not asked for.
    #[default]
    NotAsked,
    /// There was nothing that the remote lacked.
    Nothing,
    /// What the remote lacked was pushed.
    Pushed,
    /// The push failed; everything is still here, and may be pushed again.
    Failed(Error),
}

/// Who says what of a remote's policy comes in: the layers above, since here nothing is interpreted.
pub trait Judge {
    /// Whether the policy ref may go from the old tip to the new one.
    fn accepts_policy(&mut self, old: Option<&ObjectId>, new: &ObjectId) -> bool;

    /// Returns the evidence that enough people let be erased, of what is kept at these evidence commits: ours and theirs.
    fn erased(&mut self, evidence: &[ObjectId]) -> BTreeSet<Sha256Digest>;

    /// Returns the lines that the notes commit `ours` has beyond `theirs` and that nobody else takes in, by object; those that come
    /// too late only where `late`.
    ///
    /// # Errors
    /// If they can't be told.
    fn left_out(&mut self, theirs: Option<&ObjectId>, ours: &ObjectId, late: bool) -> Result<BTreeMap<ObjectId, Lines>>;

    /// Returns which of these chains of superseded roots are worth keeping.
    fn former(&mut self, theirs: &BTreeMap<RootDigest, ObjectId>) -> Vec<RootDigest>;

    /// Returns those records of a proposed version that are worth keeping; nothing where the proposal is worth nothing.
    fn keeps(&mut self, digest: &PolicyDigest, proposal: &PolicyCommit) -> Option<Lines>;
}

/// How many proposals that differ from those here are read at once.
const MOST_PROPOSALS: usize = 200;

/// The most lines that are counted; that there are more of them changes nothing for whoever is told.
const MOST_COUNTED: usize = 1 << 20;

/// What synchronising came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncOutcome {
    /// How many lines of records and receipts came.
    pub came: usize,
    /// The remote's proposals that can't be read, and why; they are left where they are.
    pub passed_over: BTreeMap<PolicyDigest, String>,
    /// How many pieces of evidence came that somebody attached.
    pub evidence_came: usize,
    /// How many files of evidence were erased here, because enough people redacted them.
    pub erased: usize,
    /// How many lines of records went.
    pub went: usize,
    /// How many lines the remote had when it was last fetched and now has no more; they are kept here.
    pub vanished: usize,
    /// What became of the policy.
    pub policy: PolicySync,
    /// How many signatures on proposed versions of the policy came.
    pub signatures_came: usize,
    /// Tags that were not here and came.
    pub new_tags: Vec<TagName>,
    /// Tags that stand for something else there than here; nothing was changed.
    pub moved_tags: Vec<TagName>,
    /// Tags that the remote lacked and that were pushed.
    pub tags_went: Vec<TagName>,
    /// The commit of the remote's notes before the push.
    pub notes_there: Option<ObjectId>,
    /// Own refs that the remote did not take, while everything else went, with the reason.
    pub kept: BTreeMap<String, String>,
    /// What relsign's hooks at the remote said to a push that went, written by others.
    pub said: Vec<String>,
    /// How many pushes were tried; more than one where other clones were faster.
    pub pushes: u32,
    /// Whether the remote has everything.
    pub share: Share,
}

/// When a remote was last fetched from and pushed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SyncTimes {
    /// When everything of the remote was last fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetched: Option<Timestamp>,
    /// When the remote last had everything that was here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<Timestamp>,
}

/// Waits a random while before a push is tried again, twice as long at most each time, and longer where pushing takes long.
///
/// Of those who push at the same moment one gets through, and the others have to fetch again: if they all came back at
/// once, most of their pushes would be for nothing. The same holds for those who come back while the winner still pushes.
fn give_way(attempt: u32, took: Duration) {
    let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).min(LONGEST_PUSH);
    pause_millis((FIRST_PAUSE.max(took) << attempt.min(16)).min(LONGEST_PAUSE.max(4 * took)));
}

/// Returns the ref under which `what` (`notes`, `notes-receipts`, `evidence`, `policy`, `tags/…`) of a remote is kept.
pub fn side_ref(remote: &str, what: &str) -> String {
    format!("{}{what}", side_prefix(remote))
}

/// Returns the ref to which a plain `git fetch` brings `what` of a remote.
pub fn along_ref(remote: &str, what: &str) -> String {
    along_of(&side_ref(remote, what))
}

/// A URL can't stand in a ref name, and two URLs must not share one, so its hash stands there.
fn side_prefix(remote: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !remote.is_empty() && remote.bytes().all(plain) {
        format!("{REMOTES_PREFIX}{remote}/")
    } else {
        format!("{REMOTES_PREFIX}url.{}/", &super::evidence::sha256(remote.as_bytes()).to_string()[..16])
    }
}

/// Only what has a meaning is named: whatever else lies below `refs/relsign/` there could stand for the same side ref as the
/// notes or a tag, and git fetches nothing at all then.
fn side_refspecs(remote: &str) -> [String; 6] {
    let side = side_prefix(remote);
    [
        format!("+refs/notes/relsign*:{side}notes*"),
        format!("+{POLICY_REF}*:{side}policy*"),
        format!("+{EVIDENCE_REF}*:{side}evidence*"),
        format!("+{PROPOSALS_PREFIX}*:{side}proposals/*"),
        format!("+{FORMER_PREFIX}*:{side}former/*"),
        format!("+refs/tags/*:{side}tags/*"),
    ]
}

impl Repository {
    /// Fetches everything of relsign, and the tags, from a remote to side refs; no other ref changes.
    pub fn fetch_side(&self, remote: &str, interactive: bool) -> Result<()> {
        self.clear_dead_lock()?;
        Program::new(self, interactive).fetch(remote, &side_refspecs(remote))?;
        self.forget_along(remote)
    }

    /// Fetches the same with every object, also those that should be here, for a repository that has lost some.
    pub fn refetch_side(&self, remote: &str, interactive: bool) -> Result<()> {
        Program::new(self, interactive).refetch(remote, &side_refspecs(remote))?;
        self.forget_along(remote)
    }

    /// Synchronises with a remote, asking a judge what comes in and what goes out.
    ///
    /// The error is that of fetching or merging; a push that fails is told in the outcome, since by then what came
    /// is here.
    pub fn sync(&self, sync: &Sync<'_>, judge: &mut dyn Judge) -> Result<SyncOutcome> {
        let mut outcome = SyncOutcome::default();
        let mut known = self.known_elsewhere()?;
        let mut late = false;
        for attempt in 0..TRIES {
            let started = (sync.elapsed)();
            if !sync.fresh || attempt > 0 {
                // Junk holds no lines that could be gone now.
                let before = self.side_commit(sync.remote, NOTES_REF, "notes").unwrap_or_default();
                match self.fetch_side(sync.remote, sync.interactive) {
                    // Another process of this clone is fetching to the same side refs.
                    Err(error) if *error.kind() == ErrorKind::Contended && attempt + 1 < TRIES => {
                        pause(attempt, 1500);
                        continue;
                    }
                    Err(error) => return Err(self.lock_in_the_way(&error).unwrap_or(error)),
                    Ok(()) => {}
                }
                let after = self.side_commit(sync.remote, NOTES_REF, "notes")?;
                known.iter_mut().for_each(|known| known.extend(before));
                outcome.vanished += self.count_beyond(before.as_ref(), after.as_ref())?;
            }
            self.merge_side(sync, judge, known.as_ref(), &mut outcome)?;
            if !sync.push {
                return Ok(outcome);
            }
            let notes = self.notes_to_share(sync, judge, late)?;
            let there = self.side_commit(sync.remote, NOTES_REF, "notes")?;
            let went = notes.map_or(Ok(0), |notes| self.count_beyond(Some(&notes), there.as_ref()))?;
            let lacking = self.lacking(sync, notes, &outcome)?;
            outcome.kept = self.obstructed(sync.remote)?;
            if lacking.is_empty() {
                outcome.share = Share::Nothing;
                return Ok(outcome);
            }
            outcome.notes_there = there;
            let tags: Vec<TagName> = lacking.iter().filter_map(|lack| lack.name.parse().ok()).collect();
            let failed =
                |kind, text: &str| Share::Failed(Error::new(kind, format!("cannot push to {}", sync.remote)).because(text));
            outcome.share = match self.push_lacking(sync, lacking, (&mut outcome.pushes, &mut outcome.kept))? {
                Push::Ok(said) => {
                    (outcome.went, outcome.tags_went, outcome.said) = (went, tags, said);
                    Share::Pushed
                }
                Push::NonFastForward => {
                    outcome.share = failed(ErrorKind::Contended, "other clones were faster every time");
                    give_way(attempt, (sync.elapsed)().saturating_sub(started));
                    continue;
                }
                // Whoever had a record before takes it back however late it is; else it stays here, and the others go.
                Push::Rejected(_) if !late && self.notes_to_share(sync, judge, true)? != notes => {
                    late = true;
                    continue;
                }
                Push::Rejected(text) => failed(ErrorKind::Refused, &text),
                Push::Unreachable(text) => failed(ErrorKind::Network, &text),
            };
            return Ok(outcome);
        }
        Ok(outcome)
    }

    /// Returns the commit that a ref of the remote stood for when it was last fetched; junk in its place is an error that
    /// names the remote and the ref, since somebody has to put it right there.
    pub(super) fn side_commit(&self, remote: &str, name: &str, what: &str) -> Result<Option<ObjectId>> {
        let side = side_ref(remote, what);
        self.commit_at(&side).map_err(|error| match (error.kind(), self.resolve(&side)) {
            (ErrorKind::Malformed, Ok(Some(id))) => {
                let text = format!("{name} of {remote} is not a commit but object {id}: somebody has overwritten it there");
                Error::new(ErrorKind::Malformed, text)
            }
            _ => error,
        })
    }

    /// Returns the commits of the log and of evidence that some remote had when it was last fetched or pushed to; nothing where
    /// others push to this repository, since then anybody may have anything.
    fn known_elsewhere(&self) -> Result<Option<BTreeSet<ObjectId>>> {
        if self.is_bare() {
            return Ok(None);
        }
        let of_interest = |name: &str| ["/notes", "/notes-receipts", "/evidence"].iter().any(|what| name.ends_with(what));
        let side = self.refs(REMOTES_PREFIX)?.into_iter();
        Ok(Some(side.filter(|(name, _)| of_interest(name.as_str())).map(|(_, id)| id).collect()))
    }

    /// Merges what was fetched; `known` is what remotes had before, of which nothing may be taken back.
    fn merge_side(
        &self,
        sync: &Sync<'_>,
        judge: &mut dyn Judge,
        known: Option<&BTreeSet<ObjectId>>,
        outcome: &mut SyncOutcome,
    ) -> Result<()> {
        for (local, what) in [(NOTES_REF, "notes"), (RECEIPTS_REF, "notes-receipts")] {
            if let Some(theirs) = self.side_commit(sync.remote, local, what)? {
                let before = self.resolve(local)?;
                // Receipts name each other, and whoever witnesses may be anywhere.
                let known = known.filter(|_| local == NOTES_REF);
                let merged = self.merge_notes_onto(local, &theirs, known, sync.author, "Merge records by set union")?;
                outcome.came += if before.is_none() { self.count_beyond(Some(&theirs), None)? } else { merged.came };
            }
        }
        let policy = self.merge_policy(sync, judge)?;
        if policy != PolicySync::Same || !matches!(outcome.policy, PolicySync::Forwarded { .. }) {
            outcome.policy = policy;
        }
        self.merge_evidence_side(sync, judge, known, outcome)?;
        self.merge_proposals(sync, judge, outcome)?;
        self.take_former(sync.remote, judge)?;
        let mut moved = BTreeSet::new();
        let prefix = side_ref(sync.remote, "tags/");
        for (side, theirs) in self.refs(&prefix)? {
            let Ok(tag) = format!("refs/tags/{}", &side.as_str()[prefix.len()..]).parse::<TagName>() else { continue };
            match self.resolve(tag.full())? {
                Some(ours) if ours == theirs => {}
                Some(_) => {
                    moved.insert(tag);
                }
                // A name that another ref is in the way of (`v1` and `v1/x`) can't come, and is no reason to stop.
                None => {
                    if let Ok(Swap::Done) = self.swap_ref(tag.full(), &theirs, None, "fetched by relsign") {
                        outcome.new_tags.push(tag);
                    }
                }
            }
        }
        outcome.moved_tags = moved.into_iter().collect();
        Ok(())
    }

    /// Merges evidence, after the records and the policy that say what of it is erased.
    fn merge_evidence_side(
        &self,
        sync: &Sync<'_>,
        judge: &mut dyn Judge,
        known: Option<&BTreeSet<ObjectId>>,
        outcome: &mut SyncOutcome,
    ) -> Result<()> {
        let theirs = self.side_commit(sync.remote, EVIDENCE_REF, "evidence")?;
        let ours = self.commit_at(EVIDENCE_REF)?;
        let sides: Vec<ObjectId> = ours.into_iter().chain(theirs).collect();
        if sides.is_empty() {
            return Ok(());
        }
        let erased = judge.erased(&sides);
        if let Some(theirs) = theirs {
            outcome.evidence_came += self.merge_evidence(&theirs, &erased, known, sync.author, "Merge evidence by set union")?.came;
        }
        self.erase_evidence(&erased, sync.author, "Erase redacted evidence")?;
        outcome.erased += self.evidence_among(ours.as_ref(), erased)?.len();
        Ok(())
    }

    fn merge_policy(&self, sync: &Sync<'_>, judge: &mut dyn Judge) -> Result<PolicySync> {
        let (ours, theirs) = (self.commit_at(POLICY_REF)?, self.side_commit(sync.remote, POLICY_REF, "policy")?);
        let (theirs, behind) = match (ours, theirs) {
            (None, None) => return Ok(PolicySync::Same),
            (Some(_), None) => return Ok(PolicySync::Ahead),
            (Some(ours), Some(theirs)) if ours == theirs => return Ok(PolicySync::Same),
            (Some(ours), Some(theirs)) if self.is_ancestor(&theirs, &ours)? => return Ok(PolicySync::Ahead),
            (Some(ours), Some(theirs)) => (theirs, self.is_ancestor(&ours, &theirs)?),
            (None, Some(theirs)) => (theirs, true),
        };
        // Two people may have activated the same version in commits of their own, which is no fork.
        let mut beyond = Vec::new();
        if let (Some(ours), false) = (ours, behind) {
            match self.versions_beyond(&ours, &theirs)? {
                Some(versions) => beyond = versions,
                None => return Ok(PolicySync::Fork { ours, theirs }),
            }
        }
        if !judge.accepts_policy(ours.as_ref(), &theirs) {
            return Ok(PolicySync::Declined { theirs });
        }
        let mut to = theirs;
        for version in &beyond {
            to = self.write_policy(version.files(&version.records), Some(&to), sync.author, "Put on top of the same policy")?;
        }
        match self.swap_ref(POLICY_REF, &to, ours.as_ref(), "forward to the remote's policy")? {
            Swap::Done if beyond.is_empty() => Ok(PolicySync::Forwarded { from: ours, to }),
            Swap::Done => Ok(PolicySync::Ahead),
            Swap::Moved | Swap::Locked => {
                Err(Error::new(ErrorKind::Contended, format!("{POLICY_REF} was changed while the policy of {} came", sync.remote)))
            }
        }
    }

    /// Returns the versions that our chain has beyond theirs, where one of the two begins with the versions of the other.
    fn versions_beyond(&self, ours: &ObjectId, theirs: &ObjectId) -> Result<Option<Vec<PolicyCommit>>> {
        let (ours, theirs) = (self.policy_places(ours)?, self.policy_places(theirs)?);
        for (one, other) in ours.iter().zip(&theirs) {
            if one != other && !self.policy_version(one)?.is_same_version(&self.policy_version(other)?) {
                return Ok(None);
            }
        }
        ours.iter().skip(theirs.len()).map(|place| self.policy_version(place)).collect::<Result<_>>().map(Some)
    }

    fn merge_proposals(&self, sync: &Sync<'_>, judge: &mut dyn Judge, outcome: &mut SyncOutcome) -> Result<()> {
        let prefix = side_ref(sync.remote, "proposals/");
        let mut read = 0;
        for (name, tip) in self.refs(&prefix)? {
            let Ok(digest) = name.as_str()[prefix.len()..].parse::<PolicyDigest>() else { continue };
            let ours = self.resolve(&format!("{PROPOSALS_PREFIX}{digest}"))?;
            if ours == Some(tip) {
                continue;
            }
            // Anybody who can push may have put them there, where no hook stands.
            read += 1;
            if read > MOST_PROPOSALS {
                outcome.passed_over.insert(digest, format!("more than {MOST_PROPOSALS} are new"));
                continue;
            }
            let theirs = match self.proposed(&tip) {
                Ok(Some(theirs)) => theirs,
                Ok(None) => continue,
                Err(error) => {
                    outcome.passed_over.insert(digest, error.to_string());
                    continue;
                }
            };
            let kept = judge.keeps(&digest, &theirs);
            let here = ours.map(|ours| self.proposed(&ours)).transpose()?.flatten();
            // What can't be judged is left alone; it gives way only to another version that bears its digest by right.
            if kept.is_none() && here.is_none_or(|here| here.is_same_version(&theirs)) {
                continue;
            }
            outcome.signatures_came += self.merge_proposal(&digest, &theirs, &kept.unwrap_or_default(), sync.author)?;
        }
        Ok(())
    }

    /// Takes over chains of superseded roots that are not here.
    fn take_former(&self, remote: &str, judge: &mut dyn Judge) -> Result<()> {
        let prefix = side_ref(remote, "former/");
        let mut theirs = BTreeMap::new();
        for (name, tip) in self.refs(&prefix)? {
            let Ok(root) = name.as_str()[prefix.len()..].parse::<RootDigest>() else { continue };
            if self.resolve(&format!("{FORMER_PREFIX}{root}"))?.is_none() {
                theirs.insert(root, tip);
            }
        }
        if theirs.is_empty() {
            return Ok(());
        }
        for root in judge.former(&theirs) {
            if let Some(tip) = theirs.get(&root) {
                self.swap_ref(&format!("{FORMER_PREFIX}{root}"), tip, None, "fetched by relsign")?;
            }
        }
        Ok(())
    }

    /// Returns the lines of the local log that the remote did not have when it was last fetched or pushed to, by object.
    pub fn unshared(&self, remote: &str) -> Result<BTreeMap<ObjectId, Lines>> {
        let (ours, theirs) = (self.resolve(NOTES_REF)?, self.side_commit(remote, NOTES_REF, "notes")?);
        self.lines_beyond(ours.as_ref(), theirs.as_ref())
    }

    /// Returns the lines that one notes commit has beyond another, by object, reading only what differs.
    pub fn lines_beyond(&self, these: Option<&ObjectId>, those: Option<&ObjectId>) -> Result<BTreeMap<ObjectId, Lines>> {
        let (mut these, mut those) = (Notes::at(self, these)?, Notes::at(self, those)?);
        let mut beyond = BTreeMap::new();
        for object in Notes::differing(&mut those, &mut these)? {
            let known = those.lines(&object)?;
            let lines: Lines = these.lines(&object)?.into_iter().filter(|line| !known.contains(line)).collect();
            if !lines.is_empty() {
                beyond.insert(object, lines);
            }
        }
        Ok(beyond)
    }

    /// Counts the lines that one notes commit has beyond another, one that lies on several objects once (an open record lies on
    /// the tag and its name), and at most a million. A note that is too large to be read counts for nothing: whoever asks for
    /// a verdict on it is told.
    pub fn count_beyond(&self, these: Option<&ObjectId>, those: Option<&ObjectId>) -> Result<usize> {
        let (mut these, mut those) = (Notes::at(self, these)?, Notes::at(self, those)?);
        let (mut seen, hasher) = (HashSet::new(), BuildHasherDefault::<DefaultHasher>::default());
        for object in Notes::differing(&mut those, &mut these)? {
            let read = those.lines(&object).and_then(|known| Ok((known, these.lines(&object)?)));
            let (known, lines) = match read {
                Err(error) if *error.kind() == ErrorKind::TooLarge => continue,
                read => read?,
            };
            seen.extend(lines.difference(&known).map(|line| hasher.hash_one(line)).take(MOST_COUNTED - seen.len()));
            if seen.len() >= MOST_COUNTED {
                break;
            }
        }
        Ok(seen.len())
    }

    /// Counts the lines of the local log that the remote did not have when it was last fetched or pushed to.
    ///
    /// # Errors
    /// If the logs can't be read.
    pub fn count_unshared(&self, remote: &str) -> Result<usize> {
        let (ours, theirs) = (self.resolve(NOTES_REF)?, self.side_commit(remote, NOTES_REF, "notes")?);
        self.count_beyond(ours.as_ref(), theirs.as_ref())
    }

    /// Gives when a remote was last fetched from and had everything, as far as that was noted.
    pub fn sync_times(&self, remote: &str) -> SyncTimes {
        self.read_sync_times().remove(remote).unwrap_or_default()
    }

    /// Notes when a remote was fetched from or had everything; a time that is `None` stays as it was.
    pub fn note_sync_times(&self, remote: &str, times: SyncTimes) -> Result<()> {
        let mut all = self.read_sync_times();
        let entry = all.entry(remote.to_owned()).or_default();
        entry.fetched = times.fetched.or(entry.fetched);
        entry.shared = times.shared.or(entry.shared);
        let attempted = || "cannot write sync.json in the git directory".to_owned();
        let text = serde_json::to_vec(&all).map_err(|error| Error::new(ErrorKind::Io, attempted()).because(error))?;
        std::fs::create_dir_all(self.own_dir()).attempt(attempted)?;
        let file = self.own_dir().join("sync.json");
        rewrite(&file, &text).attempt(attempted)?;
        self.share_as_set_up(&file)
    }

    /// A file that can't be read counts as none: then nothing is known of when data came, which is what is shown.
    fn read_sync_times(&self) -> BTreeMap<String, SyncTimes> {
        let bytes = std::fs::read(self.own_dir().join("sync.json")).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }
}
