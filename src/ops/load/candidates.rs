//! The releases that a commit or an artifact is of: all of them, so that nobody takes the best of several.
//!
//! A tag is found by what it stands for, and by what was signed: whoever deletes or moves the tag of a rejected release
//! must not make its commit a better one.

use std::collections::{BTreeMap, BTreeSet};

use super::release::Loaded;
use super::releases::{self, tags_on};
use crate::evaluate;
use crate::git::notes::Notes;
use crate::git::{ErrorKind, NOTES_REF, ObjectKind, Repository};
use crate::model::finding::{Code, Finding, Seen};
use crate::model::ids::{Environment, ObjectId, RecordId, Sha256Digest, TagName};
use crate::model::log::Record;
use crate::model::record::{Open, SubjectDigest};
use crate::model::report::{Answer, ReleaseReport, Report};
use crate::model::time::Timestamp;
use crate::ops::error::Outcome;
use crate::ops::workspace::Workspace;
use crate::sign::verify::verify_chosen;

/// What is to be deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deployed {
    /// What is built of a commit.
    Commit(ObjectId),
    /// Bytes of this digest.
    Artifact(Sha256Digest),
}

impl Deployed {
    fn is_of(&self, release: &ReleaseReport) -> bool {
        match self {
            Self::Commit(commit) => release.commit == *commit,
            Self::Artifact(digest) => release.artifacts.iter().any(|artifact| artifact.sha256 == *digest),
        }
    }

    /// Whether a record claims to open a release of this.
    fn is_claimed_by(&self, record: &Record, open: &Open) -> bool {
        match self {
            Self::Commit(commit) => record.subjects.iter().any(|subject| subject.digest == SubjectDigest::GitCommit(*commit)),
            Self::Artifact(digest) => open.artifacts.iter().any(|artifact| artifact.sha256 == *digest),
        }
    }
}

/// As what it is to be deployed, and where; nothing where that is not said.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The component.
    pub component: Option<&'a str>,
    /// The environment.
    pub environment: Option<&'a Environment>,
}

impl Target<'_> {
    fn takes(&self, component: &str, environment: &Environment) -> bool {
        self.component.is_none_or(|named| named == component) && self.environment.is_none_or(|named| named == environment)
    }
}

/// A release that counts for what is to be deployed.
pub struct Candidate<'a> {
    /// The release, loaded for its environment.
    pub loaded: Loaded<'a>,
    /// What it came to.
    pub report: Report,
}

/// What counts for something that is to be deployed.
#[derive(Default)]
pub struct Candidates<'a> {
    /// The releases, by tag and environment. It goes out if there is one and all of them are in GO.
    pub standing: Vec<Candidate<'a>>,
    /// Those that were abandoned or rolled back, which say nothing of it any more.
    pub ended: Vec<Candidate<'a>>,
    /// Notes that can't be read, in which others may have been opened.
    pub unread: Vec<Finding>,
}

/// The question which releases count for something that is to be deployed.
#[derive(Clone, Copy)]
pub struct Search<'a, 's> {
    /// The repository.
    pub repository: &'s Repository,
    /// The chain.
    pub trusted: &'a Workspace,
    /// What is to be deployed.
    pub deployed: Deployed,
    /// As what, and where.
    pub target: Target<'s>,
    /// As of when.
    pub as_of: Timestamp,
}

impl<'a> Search<'a, '_> {
    /// Finds every release of what is to be deployed, by the logs of `notes`.
    ///
    /// # Errors
    /// If git can't be read.
    pub fn find(&self, notes: &mut Notes<'_>) -> Outcome<Candidates<'a>> {
        let target = self.target;
        let mut found = Candidates::default();
        let claimed = self.claimed(notes, &mut found.unread)?;
        let mut names = claimed.clone();
        if let Deployed::Commit(commit) = self.deployed {
            names.extend(tags_on(self.repository, &commit)?);
        }
        for name in names {
            let is_claimed = claimed.contains(&name);
            let component = self.trusted.policy().component_for(&name).map(|component| component.name.as_str());
            if !is_claimed && target.component.is_some() && target.component != component {
                continue;
            }
            for candidate in self.each_environment(notes, &name)?.into_iter().filter(|one| self.counts(one, is_claimed)) {
                let place = if candidate.report.ended { &mut found.ended } else { &mut found.standing };
                place.push(candidate);
            }
        }
        Ok(found)
    }

    /// Does the same by the logs as they lie here.
    ///
    /// # Errors
    /// If git can't be read.
    pub fn find_here(&self) -> Outcome<Candidates<'a>> {
        self.find(&mut self.repository.notes(NOTES_REF)?)
    }

    /// Loads a release for the environment that is asked about, or for each that it was opened for.
    fn each_environment(&self, notes: &mut Notes<'_>, name: &TagName) -> Outcome<Vec<Candidate<'a>>> {
        let mut load = |environment: Option<Environment>| {
            let loaded = releases::load_with(self.repository, self.trusted, notes, name, self.as_of, environment)?;
            Ok(Candidate { report: loaded.report(), loaded })
        };
        let first: Candidate<'a> = load(self.target.environment.cloned())?;
        let several = if self.target.environment.is_none() { first.loaded.environments() } else { BTreeSet::new() };
        if several.len() < 2 {
            return Ok(vec![first]);
        }
        several.into_iter().map(|environment| load(Some(environment))).collect()
    }

    /// Whether a release has a say. One that was opened has, and so has one that can't be told to be none of these.
    fn counts(&self, candidate: &Candidate<'_>, is_claimed: bool) -> bool {
        let target = self.target;
        let report = &candidate.report;
        let is_whole = matches!(report.verdict.answer, Answer::Go | Answer::NoGo);
        match &report.release {
            Some(release) if self.deployed.is_of(release) => target.takes(&release.component, &release.environment),
            _ if is_claimed => {
                let wanted = |open: &Open| target.takes(&open.component, &open.environment);
                !is_whole || evaluate::was_opened(&candidate.loaded.context, &candidate.loaded.records, wanted)
            }
            Some(_) => false,
            None => is_unread(report),
        }
    }

    /// Returns the names that an authorised person has opened for what is to be deployed, wherever their tags are now.
    ///
    /// What stands in the log of a tag that is here is found with the tag, so where a commit is asked about those notes need not
    /// be read.
    fn claimed(&self, notes: &mut Notes<'_>, unread: &mut Vec<Finding>) -> Outcome<BTreeSet<TagName>> {
        let Self { repository, trusted, deployed, target, .. } = *self;
        let mut known = BTreeSet::new();
        if matches!(deployed, Deployed::Commit(_)) {
            for (_, id) in repository.refs("refs/tags/")? {
                if matches!(repository.object_header(&id)?, Some((ObjectKind::Tag, _))) {
                    known.insert(id);
                }
            }
        }
        let takes = |open: &Open| target.takes(&open.component, &open.environment);
        let opens = |record: &Record| record.said::<Open>().is_some_and(|open| takes(open) && deployed.is_claimed_by(record, open));
        let matters = |claims: &BTreeMap<RecordId, Record>| {
            claims.iter().filter(|(_, record)| opens(record)).map(|(id, _)| *id).collect::<BTreeSet<RecordId>>()
        };
        let mut names = BTreeSet::new();
        for object in notes.objects()?.into_iter().filter(|object| !known.contains(object)) {
            let lines = match notes.lines(&object) {
                Err(error) if *error.kind() == ErrorKind::TooLarge => {
                    unread.push(Finding::new(Seen::OpensUnread { object, why: error.to_string() }));
                    continue;
                }
                lines => lines?,
            };
            let lines = lines.iter().map(Vec::as_slice);
            let (log, _) = verify_chosen(lines, &trusted.keyring, &trusted.root, matters);
            unread.extend(log.findings.into_iter().filter(|finding| finding.code == Code::TooManyLines));
            for verified in log.records.values().filter(|verified| opens(verified)) {
                if evaluate::spends_name(&trusted.chain, verified) {
                    names.extend(verified.subjects.iter().filter_map(|subject| subject.name.parse::<TagName>().ok()));
                }
            }
        }
        Ok(names)
    }
}

/// Whether what a release stands on, or its log, is not all here, so that nothing is known of it.
fn is_unread(report: &Report) -> bool {
    report.verdict.reasons.iter().any(|reason| matches!(reason.code, Code::TagObjectMissing | Code::TooManyLines))
}
