//! Heads: what this clone holds in a form that two people can compare, and how a remote's or somebody's differ.
//!
//! Commits of the notes ref differ from clone to clone although the records are the same, so they are no use to
//! compare. What is compared is what a verdict rests on: the policy's digest, each release's tag object, and the ids of
//! the records that no other names as a parent. Through their parents those stand for all the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use crate::git::Repository;
use crate::model::ids::{ObjectId, RecordId, RootDigest, TagName};
use crate::model::record::PolicyHead;
use crate::model::report::{Integrity, Report};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::trust::Trust;
use crate::parse::digests::sha256;
use crate::report::words;

/// The first line of heads as text, and their format as JSON.
pub const FORMAT: &str = "relsign-heads-v1";
/// The most bytes of published heads that are read.
pub const PUBLISHED_LIMIT: usize = 16 << 20;

/// Everything that two verifiers of one repository should agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heads {
    /// The root.
    pub root: RootDigest,
    /// The policy in force.
    pub policy: PolicyHead,
    /// The releases by name.
    pub releases: BTreeMap<TagName, ReleaseHeads>,
}

/// The heads of one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseHeads {
    /// The tag object; nothing where the tag is gone.
    pub object: Option<ObjectId>,
    /// The records that no other names as a parent.
    pub heads: BTreeSet<RecordId>,
}

printed! {
    /// What `verify --heads --json` prints.
    pub struct HeadsJson as "relsign-heads-v1" {
        /// The pinned root.
        pub root: RootDigest,
        /// The policy in force.
        pub policy: PolicyHead,
        /// A number of all of it, to be read out.
        pub fingerprint: String,
        /// The releases.
        pub releases: Vec<ReleaseHeadsJson>,
        /// How others differ.
        pub comparisons: Vec<Comparison>,
    }

    /// The heads of one release.
    pub struct ReleaseHeadsJson {
        /// The tag.
        pub tag: TagName,
        /// The tag object; nothing where the tag is gone.
        pub object: Option<ObjectId>,
        /// The records that no other names as a parent.
        pub heads: Vec<RecordId>,
        /// What is known of its integrity.
        pub integrity: Integrity,
    }
}

/// How two sides differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DifferenceKind {
    /// The other side has another policy of the same version.
    PolicyFork,
    /// The other side's policy does not verify, or descends from another root.
    PolicyInvalidThere,
    /// A tag stands for another object there.
    TagDiffers,
    /// The other side had records when it was last looked at, and has them no more.
    RecordsGoneThere,
    /// A ref does not hold what a witness's last receipt that names it says.
    RefWentBack,
    /// It can't be compared: it can't be reached, changes while it is read, or belongs to another root.
    NotComparable,
    /// The other side has a newer policy.
    PolicyOlderHere,
    /// The other side has an older policy, or none.
    PolicyOlderThere,
    /// The other side has records that are not here.
    RecordsOnlyThere,
    /// Here are records that the other side has not.
    RecordsOnlyHere,
    /// The other side has a release that is not here.
    ReleaseOnlyThere,
    /// Here is a release that the other side has not.
    ReleaseOnlyHere,
    /// The other side has evidence that is not here.
    EvidenceOnlyThere,
    /// Here is evidence that the other side has not.
    EvidenceOnlyHere,
    /// The other side has receipts that are not here.
    ReceiptsOnlyThere,
    /// A proposed version of the policy has other signatures there.
    ProposalsDiffer,
}

impl DifferenceKind {
    /// Describes what a difference means: 3 where no amount of sharing explains it, 4 where nothing can be said, else 1.
    pub fn exit(self) -> Exit {
        match self {
            Self::PolicyFork | Self::PolicyInvalidThere | Self::TagDiffers | Self::RecordsGoneThere => Exit::Invalid,
            Self::NotComparable => Exit::CannotDecide,
            _ => Exit::No,
        }
    }
}

printed! {
    /// One difference.
    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
    pub struct Difference {
        /// Its kind.
        pub kind: DifferenceKind,
        /// What it is, in one sentence.
        pub message: String,
    }

    /// Everything in which another side differs.
    #[derive(Clone, PartialEq, Eq)]
    pub struct Comparison {
        /// The other side: a remote's name, or the file that was published.
        pub with: String,
        /// What differs; empty where both are the same.
        pub differences: Vec<Difference>,
    }
}

impl Comparison {
    pub(super) fn new(with: &str) -> Self {
        Self { with: with.to_owned(), differences: Vec::new() }
    }

    pub(super) fn add(&mut self, kind: DifferenceKind, message: impl Into<String>) {
        self.differences.push(Difference { kind, message: message.into() });
    }

    /// Returns the exit code: tampered before cannot decide before no.
    pub fn exit(&self) -> Exit {
        worst(self.differences.iter().map(|difference| difference.kind.exit()))
    }
}

/// Returns the code that matters most of several: 3, then 4, then 1.
pub fn worst(exits: impl IntoIterator<Item = Exit>) -> Exit {
    let weight = |exit: &Exit| match exit {
        Exit::Yes => 0,
        Exit::No => 1,
        Exit::CannotDecide => 2,
        _ => 3,
    };
    exits.into_iter().max_by_key(weight).unwrap_or(Exit::Yes)
}

impl Heads {
    /// Reads the heads of releases off their reports.
    pub fn of(repository: &Repository, trusted: &Trust, reports: &[Report]) -> Outcome<Self> {
        let mut releases = BTreeMap::new();
        for report in reports {
            let object = repository.resolve(report.tag.full())?;
            releases.insert(report.tag.clone(), ReleaseHeads { object, heads: report.heads.iter().copied().collect() });
        }
        Ok(Self { root: trusted.root, policy: trusted.chain.head().head(), releases })
    }

    /// Writes them as lines; the same heads give the same bytes.
    pub fn to_text(&self) -> String {
        let mut text = format!("{FORMAT}\nroot SHA256:{}\npolicy {} {}\n", self.root, self.policy.version, self.policy.digest);
        for (tag, release) in &self.releases {
            let object = release.object.map_or_else(|| "-".to_owned(), |object| object.to_string());
            let _ = write!(text, "release {} {object}", tag.full());
            for head in &release.heads {
                let _ = write!(text, " {head}");
            }
            text.push('\n');
        }
        text
    }

    /// Returns a number of the whole, short enough to be read out.
    pub fn fingerprint(&self) -> String {
        let digits = sha256(self.to_text().as_bytes()).to_string();
        let groups: Vec<&str> = (0..8).map(|group| &digits[group * 4..group * 4 + 4]).collect();
        groups.join("-")
    }

    /// Reads what [`Self::to_text`] wrote; empty lines and lines that begin with `#` are passed over.
    ///
    /// # Errors
    /// A line is of another form; it is named by its number.
    pub fn from_text(text: &str) -> Outcome<Self> {
        let lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty() && !line.starts_with('#'));
        let (mut root, mut policy, mut releases, mut begun) = (None, None, BTreeMap::new(), false);
        for (line, number) in lines {
            let wrong = || Failure::usage(format!("line {number} of the published heads can't be read"));
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [FORMAT] if !begun => begun = true,
                ["root", text] if begun && root.is_none() => root = Some(RootDigest::from_user(text).map_err(|_| wrong())?),
                ["policy", version, digest] if begun && policy.is_none() => {
                    let version = version.parse().map_err(|_| wrong())?;
                    policy = Some(PolicyHead { version, digest: digest.parse().map_err(|_| wrong())? });
                }
                ["release", tag, object, heads @ ..] if begun => {
                    let object = if *object == "-" { None } else { Some(object.parse().map_err(|_| wrong())?) };
                    let heads = heads.iter().map(|head| head.parse()).collect::<Result<_, _>>().map_err(|_| wrong())?;
                    let tag: TagName = tag.parse().map_err(|_| wrong())?;
                    if releases.insert(tag, ReleaseHeads { object, heads }).is_some() {
                        return Err(wrong());
                    }
                }
                _ => return Err(wrong().hint("use the output of relsign verify --heads")),
            }
        }
        match (root, policy) {
            (Some(root), Some(policy)) => Ok(Self { root, policy, releases }),
            _ => {
                Err(Failure::usage("the published heads lack a root or a policy").hint("use the output of relsign verify --heads"))
            }
        }
    }
}

/// Compares with heads that somebody published.
pub fn with_published(name: &str, theirs: &Heads, ours: &Heads, trusted: &Trust, reports: &[Report]) -> Comparison {
    use DifferenceKind::*;
    let mut found = Comparison::new(name);
    if theirs.root != ours.root {
        found.add(NotComparable, format!("they are heads of another repository, with root SHA256:{}", theirs.root));
        return found;
    }
    match trusted.chain.version(theirs.policy.version) {
        None => found.add(PolicyOlderHere, format!("policy version {} is not here", theirs.policy.version)),
        Some(version) if version.digest != theirs.policy.digest => {
            let (number, there, here) = (version.version, theirs.policy.digest.short(), version.digest.short());
            found.add(PolicyFork, format!("policy version {number} has digest {there} there and {here} here"));
        }
        Some(version) if version.version < ours.policy.version => {
            found.add(PolicyOlderThere, format!("the policy there is version {}, here {}", version.version, ours.policy.version));
        }
        Some(_) => {}
    }
    for (tag, there) in &theirs.releases {
        let Some(here) = ours.releases.get(tag) else {
            found.add(ReleaseOnlyThere, format!("{} is a release there and not here", tag.short()));
            continue;
        };
        if there.object != here.object {
            found.add(TagDiffers, format!("{} is another object there than here", tag.short()));
            continue;
        }
        let report = reports.iter().find(|report| report.tag == *tag);
        let known: BTreeSet<RecordId> = report.into_iter().flat_map(|report| &report.records).map(|record| record.id).collect();
        let unknown: Vec<_> = there.heads.difference(&known).map(|id| id.short()).collect();
        if !unknown.is_empty() {
            found.add(
                RecordsOnlyThere,
                format!("{} has records there that are not here: {}", tag.short(), words::some_of(&unknown, 5)),
            );
        }
        let unseen = here.heads.difference(&there.heads).count();
        if unseen > 0 {
            let many = words::count(unseen as u64, "head");
            found.add(RecordsOnlyHere, format!("{} has {many} here that had not been seen there", tag.short()));
        }
    }
    for tag in ours.releases.keys().filter(|tag| !theirs.releases.contains_key(tag)) {
        found.add(ReleaseOnlyHere, format!("{} is a release here and not there", tag.short()));
    }
    found
}

/// Returns the exit code of a release's integrity.
pub fn integrity(reports: &[Report]) -> Exit {
    worst(reports.iter().map(|report| Exit::from(report.integrity)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads() -> Heads {
        let object = "1".repeat(40).parse().unwrap();
        let record = |byte: u8| RecordId::from_bytes([byte; 32]);
        let release = |object, heads: &[u8]| ReleaseHeads { object, heads: heads.iter().map(|byte| record(*byte)).collect() };
        let releases = [("refs/tags/v1", release(Some(object), &[2, 1])), ("refs/tags/v2", release(None, &[]))];
        Heads {
            root: RootDigest::from_bytes([3; 32]),
            policy: PolicyHead { version: 7, digest: "4".repeat(64).parse().unwrap() },
            releases: releases.into_iter().map(|(tag, release)| (tag.parse().unwrap(), release)).collect(),
        }
    }

    #[test]
    fn what_is_printed_is_what_is_read() {
        let text = heads().to_text();
        assert_eq!(Heads::from_text(&text).unwrap(), heads());
        assert_eq!(Heads::from_text(&format!("# said by @a\n{text}\n# fingerprint x\n")).unwrap(), heads());
        assert_eq!(heads().fingerprint().len(), 39);
    }

    #[test]
    fn what_is_not_whole_is_not_read() {
        let text = heads().to_text();
        for line in text.lines().take(3) {
            assert!(Heads::from_text(&text.replace(&format!("{line}\n"), "")).is_err(), "{line}");
        }
        let last = text.lines().last().unwrap();
        for wrong in [format!("{text}{last}\n"), format!("{text}junk\n"), format!("{text}release x - y\n"), String::new()] {
            assert!(Heads::from_text(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn tampered_outweighs_not_comparable_outweighs_different() {
        assert_eq!(worst([Exit::No, Exit::CannotDecide]), Exit::CannotDecide);
        assert_eq!(worst([Exit::Invalid, Exit::CannotDecide, Exit::Yes]), Exit::Invalid);
        assert_eq!(worst([]), Exit::Yes);
    }
}
