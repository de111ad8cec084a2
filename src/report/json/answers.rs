//! JSON of the answers about releases: of a gate, of lists, of logs.

use crate::model::finding::Finding;
use crate::model::ids::{Environment, Handle, ObjectId, RecordId, TagName};
use crate::model::overview::{Mine, ReleaseLine};
use crate::model::record::PolicyHead;
use crate::model::report::{Answer, RecordReport, ReleaseState, Report};
use crate::model::time::Timestamp;

printed! {
    /// What `gate --json` prints.
    pub struct GateJson as "relsign-gate-v1" {
        /// The tag.
        pub tag: TagName,
        /// The answer.
        pub answer: Answer,
        /// Where the release stands.
        pub state: ReleaseState,
        /// The clock of the question.
        pub as_of: Timestamp,
        /// The component that is released, if one is open.
        pub component: Option<String>,
        /// Where the release goes, if one is open.
        pub environment: Option<Environment>,
        /// The tag object that was judged, if a release is open on it.
        pub tag_object: Option<ObjectId>,
        /// The commit on which the release stands, if one is open.
        pub commit: Option<ObjectId>,
        /// The stage that was asked about.
        pub stage: Option<GateStageJson>,
        /// The decision on which a yes rests.
        pub decision: Option<RecordId>,
        /// The policy that governs.
        pub policy: Option<PolicyHead>,
        /// Why not.
        pub reasons: Vec<Finding>,
        /// What to know although it changes no answer: lines of the checklist that look like tasks and that nobody signed.
        pub notes: Vec<Finding>,
        /// The heads of the log as of which it is true.
        pub heads: Vec<RecordId>,
        /// How many seconds it took to get this answer; nothing where waiting was not asked for.
        pub waited: Option<u64>,
    }

    /// The stage that a gate was asked about.
    pub struct GateStageJson {
        /// Its id.
        pub id: String,
        /// Its name.
        pub name: String,
        /// The share of traffic, as written.
        pub traffic: Option<String>,
        /// It takes all of the traffic, so a person has to enter it.
        pub by_person: bool,
    }

    /// What `mine --json` prints.
    pub struct MineJson as "relsign-mine-v1" {
        /// Whose list it is.
        pub handle: Handle,
        /// What waits.
        #[serde(flatten)]
        pub mine: Mine,
    }

    /// What `list --json` prints.
    pub struct ListJson as "relsign-list-v1" {
        /// The clock of the question.
        pub as_of: Timestamp,
        /// The releases, the newest first.
        pub releases: Vec<ReleaseLine>,
    }

    /// What `log --json` prints.
    pub struct LogJson as "relsign-log-v1" {
        /// The tag.
        pub tag: TagName,
        /// The valid records, parents first.
        pub records: Vec<RecordReport>,
        /// What is wrong with other lines.
        pub findings: Vec<Finding>,
    }

    /// The result of a check of one or all releases, as `verify --all --json` prints it.
    pub struct VerifyAllJson as "relsign-verify-all-v1" {
        /// The clock of the question.
        pub as_of: Timestamp,
        /// The reports, by tag.
        pub releases: Vec<Report>,
    }
}
