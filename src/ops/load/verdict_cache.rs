//! Which releases passed, as far as this run has found out.

use std::collections::BTreeMap;

use crate::model::finding::{Code, Finding};
use crate::model::ids::{Environment, ObjectId, TagName};
use crate::model::record::{Decision, Open, PreviousRelease};
use crate::model::report::{Answer, Report};
use crate::model::time::Timestamp;

/// Whether a release passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreviousStatus {
    /// It did.
    Passed,
    /// It did not.
    NotPassed,
    /// Something that is needed to say so is not here.
    NotKnown,
}

impl PreviousStatus {
    /// Whether a release passed: it is in GO, or would be if nothing had been said against it afterwards.
    ///
    /// A release that was rolled back is still the one after which the commits of the next begin.
    pub fn of(report: &Report) -> Self {
        let afterwards = |finding: &Finding| {
            matches!(finding.code, Code::UnseenNegative | Code::DecisionSuspended | Code::DecidedNoGo | Code::ReleaseEnded)
        };
        let held = report.decisions.iter().any(|decision| {
            decision.decision == Decision::Go && decision.reasons.iter().all(|reason| reason.code == Code::UnseenNegative)
        });
        match report.verdict.answer {
            Answer::Go => Self::Passed,
            _ if held && report.verdict.reasons.iter().all(afterwards) => Self::Passed,
            Answer::CannotDecide => Self::NotKnown,
            Answer::NoGo | Answer::Tampered => Self::NotPassed,
        }
    }
}

/// A release that some open record names as the one before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// Its name.
    pub tag: TagName,
    /// Its tag object, wherever the name points now.
    pub object: ObjectId,
    /// Where it went: the place that the later release goes to.
    pub environment: Environment,
}

impl Node {
    /// Returns the release that an open record names.
    pub fn of(previous: &PreviousRelease, open: &Open) -> Self {
        Self { tag: previous.tag.clone(), object: previous.tag_object, environment: open.environment.clone() }
    }
}

/// What was found out about releases in this run, by their tag objects and where they go, as of a time.
#[derive(Debug, Default)]
pub struct VerdictCache(BTreeMap<(ObjectId, Environment, Timestamp), PreviousStatus>);

impl VerdictCache {
    /// Returns what is known of a release.
    pub fn get(&self, node: &Node, as_of: Timestamp) -> Option<PreviousStatus> {
        self.0.get(&(node.object, node.environment.clone(), as_of)).copied()
    }

    /// Keeps what came of judging a release.
    pub fn insert(&mut self, node: Node, as_of: Timestamp, standing: PreviousStatus) {
        self.0.insert((node.object, node.environment, as_of), standing);
    }

    /// Keeps what a report says of its release, but not where it rests on what has become of the tag's name: a later release
    /// asks about the tag object.
    pub fn learn(&mut self, report: &Report) {
        if report.findings.iter().any(|finding| matches!(finding.code, Code::TagMoved | Code::TagDeleted)) {
            return;
        }
        if let Some(release) = &report.release {
            self.0.insert((release.tag_object, release.environment.clone(), report.as_of), PreviousStatus::of(report));
        }
    }
}
