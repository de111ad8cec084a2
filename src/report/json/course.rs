//! JSON of the course of a release: its stages, its actions and the conditions of its decisions.

use crate::model::course::{ActionReport, ConditionReport, CourseReport};
use crate::model::ids::{Environment, RecordId, TagName};
use crate::model::record::OpenTrigger;
use crate::model::report::{Answer, ReleaseState, Report};
use crate::model::time::Timestamp;

printed! {
    /// What `stage --json` prints where nothing is signed.
    pub struct StageJson as "relsign-stage-v1" {
        /// The tag.
        pub tag: TagName,
        /// Where the release goes.
        pub environment: Option<Environment>,
        /// The clock of the question.
        pub as_of: Timestamp,
        /// The answer of the verdict.
        pub answer: Answer,
        /// Where the release stands.
        pub state: ReleaseState,
        /// When to roll back.
        pub triggers: Vec<OpenTrigger>,
        /// The next steps, for people.
        pub next: Vec<String>,
        /// What became of it after it was opened.
        pub course: CourseReport,
    }
}

impl StageJson {
    /// Takes a report, and the next steps.
    pub fn new(report: Report, next: Vec<String>) -> Self {
        let (environment, triggers) = report.release.map(|release| (release.environment, release.triggers)).unzip();
        Self {
            tag: report.tag,
            environment,
            as_of: report.as_of,
            answer: report.verdict.answer,
            state: report.state,
            triggers: triggers.unwrap_or_default(),
            next,
            course: report.course,
        }
    }
}

printed! {
    /// What `action --json` prints where nothing is signed.
    pub struct ActionsJson as "relsign-actions-v1" {
        /// The tag.
        pub tag: TagName,
        /// The clock of the question.
        pub as_of: Timestamp,
        /// The actions.
        pub actions: Vec<ActionReport>,
        /// The conditions of decisions.
        pub conditions: Vec<DecisionConditionJson>,
    }

    /// A condition and the decision that has it.
    pub struct DecisionConditionJson {
        /// The decision.
        pub decision: RecordId,
        /// The condition, and where it stands.
        #[serde(flatten)]
        pub condition: ConditionReport,
    }
}

impl ActionsJson {
    /// Takes a report.
    pub fn new(report: Report) -> Self {
        let conditions = report.decisions.into_iter().flat_map(|decision| {
            let id = decision.record;
            decision.conditions.into_iter().map(move |condition| DecisionConditionJson { decision: id, condition })
        });
        Self { tag: report.tag, as_of: report.as_of, conditions: conditions.collect(), actions: report.course.actions }
    }
}
