//! JSON for programs: structs of their own with a format name each, so that the model can change and they don't.

pub(crate) mod freeze;
pub(crate) mod policy;

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::app::App;
use crate::model::denial::Denial;
use crate::model::finding::{Code, Finding};
use crate::model::ids::{Environment, Fingerprint, Handle, ItemId, ObjectId, Principal, RecordId, RoleName, RootDigest, TagName};
use crate::model::overview::{Mine, ReleaseLine};
use crate::model::record::PolicyHead;
use crate::model::report::{Answer, Integrity, RecordReport, ReleaseState};
use crate::model::time::Timestamp;
use crate::ops::compare::heads::Comparison;
use crate::ops::error::{Failure, Outcome};

/// An error, as JSON on standard output beside the text on standard error.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ErrorJson {
    /// Always `relsign-error-v1`.
    pub format: &'static str,
    /// The exit code.
    pub exit: u8,
    /// The code of the finding, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// What happened.
    pub message: String,
    /// Why, from the outside in.
    pub causes: Vec<String>,
    /// What to do next.
    pub hints: Vec<String>,
}

/// What `trust --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TrustJson {
    /// Always `relsign-trust-v1`.
    pub format: &'static str,
    /// The pinned root.
    pub pinned: RootDigest,
    /// The root of the policy that lies here, if one does.
    pub here: Option<RootDigest>,
}

/// What `whoami --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WhoamiJson {
    /// Always `relsign-whoami-v1`.
    pub format: &'static str,
    /// Who, where the policy lists the key.
    pub handle: Option<Principal>,
    /// The name that the policy gives.
    pub name: Option<String>,
    /// Their roles.
    pub roles: Vec<RoleName>,
    /// The key.
    pub key: Fingerprint,
    /// Where its secret is.
    pub place: String,
    /// What named it.
    pub origin: String,
    /// Whether its passphrase is needed before it signs.
    pub locked: bool,
    /// The pinned root.
    pub root: Option<RootDigest>,
    /// The policy in force.
    pub policy: Option<PolicyHead>,
}

/// What `gate --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GateJson {
    /// Always `relsign-gate-v1`.
    pub format: &'static str,
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
#[derive(Debug, Serialize, JsonSchema)]
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
#[derive(Debug, Serialize, JsonSchema)]
pub struct MineJson {
    /// Always `relsign-mine-v1`.
    pub format: &'static str,
    /// Whose list it is.
    pub handle: Handle,
    /// What waits.
    #[serde(flatten)]
    pub mine: Mine,
}

/// What `list --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ListJson {
    /// Always `relsign-list-v1`.
    pub format: &'static str,
    /// The clock of the question.
    pub as_of: Timestamp,
    /// The releases, the newest first.
    pub releases: Vec<ReleaseLine>,
}

/// What `log --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LogJson {
    /// Always `relsign-log-v1`.
    pub format: &'static str,
    /// The tag.
    pub tag: TagName,
    /// The valid records, parents first.
    pub records: Vec<RecordReport>,
    /// What is wrong with other lines.
    pub findings: Vec<Finding>,
}

/// What the signing commands print with `--json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SignedJson {
    /// Always `relsign-signed-v1`.
    pub format: &'static str,
    /// The tag; nothing where what was signed is about the repository.
    pub tag: Option<TagName>,
    /// The records.
    pub records: Vec<SignedRecordJson>,
    /// Whether others have them now; nothing where sharing was not asked for or there is no remote.
    pub shared: Option<bool>,
}

/// One record that was signed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SignedRecordJson {
    /// Its id.
    pub id: RecordId,
    /// The item, where it is about one.
    pub item: Option<ItemId>,
    /// What it counts as.
    pub counts_as: String,
}

/// What the signing commands print with `--dry-run --json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DryRunJson {
    /// Always `relsign-dry-run-v1`.
    pub format: &'static str,
    /// The tag; nothing where what would be signed is about the repository.
    pub tag: Option<TagName>,
    /// The records that would be signed.
    pub signs: Vec<WouldSignJson>,
    /// What else would be done, for people.
    pub does: Vec<String>,
}

/// One record that would be signed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WouldSignJson {
    /// The item, where it is about one.
    pub item: Option<ItemId>,
    /// What it would count as.
    pub counts_as: String,
}

/// Files that a command wrote, or the text of one that it printed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FilesJson {
    /// Always `relsign-files-v1`.
    pub format: &'static str,
    /// The files.
    pub files: Vec<FileJson>,
}

/// A file that a command wrote or printed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FileJson {
    /// Where it is, or where it is usually kept.
    pub path: String,
    /// What belongs in it, where it was not written.
    pub text: Option<String>,
}

/// A line that `sync` did not share.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LeftOutJson {
    /// The record, where the line is one.
    pub record: Option<RecordId>,
    /// The code of what is wrong with it.
    pub code: Code,
    /// What is wrong with it.
    pub message: String,
    /// Whether its signer can sign it again and share that.
    pub sign_again: bool,
}

/// What `sync --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SyncJson {
    /// Always `relsign-sync-v1`.
    pub format: &'static str,
    /// The remote; nothing where there is none, and the records here were only put together again.
    pub remote: Option<String>,
    /// How many records came.
    pub came: u64,
    /// How many files of evidence came.
    pub evidence_came: u64,
    /// How many signatures on proposed versions of the policy came.
    pub signatures_came: u64,
    /// How many records went.
    pub went: u64,
    /// How many records would go; nothing where it was no dry run.
    pub would_go: Option<u64>,
    /// How many records the remote had when it was last fetched and has no more.
    pub vanished: u64,
    /// How many pushes were tried; more than one where other clones were faster.
    pub pushes: u32,
    /// Tags that came.
    pub new_tags: Vec<TagName>,
    /// Tags that stand for something else there.
    pub moved_tags: Vec<TagName>,
    /// Tags that were put back there: it had their records and not them.
    pub restored_tags: Vec<TagName>,
    /// Whether the remote has everything that is here.
    pub shared: bool,
    /// Lines here that are not shared, since nobody would take them in.
    pub left_out: Vec<LeftOutJson>,
    /// Records that this clone has seen and that `--repair` found nowhere, in the order of their ids.
    pub lost: Vec<RecordId>,
}

impl SyncJson {
    /// Reports that no remote was asked.
    pub fn without_remote(lost: Vec<RecordId>) -> Self {
        Self {
            format: "relsign-sync-v1",
            remote: None,
            came: 0,
            evidence_came: 0,
            signatures_came: 0,
            went: 0,
            would_go: None,
            vanished: 0,
            pushes: 0,
            new_tags: Vec::new(),
            moved_tags: Vec::new(),
            restored_tags: Vec::new(),
            shared: false,
            left_out: Vec::new(),
            lost,
        }
    }
}

/// What `witness --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WitnessJson {
    /// Always `relsign-witness-v1`.
    pub format: &'static str,
    /// The machine that witnesses.
    pub witness: Principal,
    /// The remote that was looked at; nothing where it was this repository itself.
    pub remote: Option<String>,
    /// The notes commit that was looked at; nothing where there are no records yet.
    pub notes: Option<ObjectId>,
    /// The receipts that were signed, in their order.
    pub receipts: Vec<ReceiptJson>,
    /// Records that earlier receipts name and that are not there any more.
    pub vanished: Vec<Finding>,
}

/// One receipt that was signed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReceiptJson {
    /// Its id.
    pub id: RecordId,
    /// Its number among those of the witness.
    pub sequence: u64,
    /// The tag whose records it names; nothing for records of the whole repository.
    pub tag: Option<TagName>,
    /// The records that it names.
    pub records: Vec<RecordId>,
    /// The time that it claims.
    pub time: Timestamp,
}

/// The result of a check of one or all releases, as `verify --all --json` prints it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VerifyAllJson {
    /// Always `relsign-verify-all-v1`.
    pub format: &'static str,
    /// The clock of the question.
    pub as_of: Timestamp,
    /// The reports, by tag.
    pub releases: Vec<crate::model::report::Report>,
}

/// What `verify --heads --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HeadsJson {
    /// Always `relsign-heads-v1`.
    pub format: &'static str,
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
#[derive(Debug, Serialize, JsonSchema)]
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

/// The problems of a file, as `checklist lint --json` prints them.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProblemsJson {
    /// Always `relsign-problems-v1`.
    pub format: &'static str,
    /// The file.
    pub file: String,
    /// The problems in the order of the file.
    pub problems: Vec<crate::model::problem::Problem>,
}

/// The ids that an edit changes, as `checklist show --against --json` prints them.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ChangesJson {
    /// Always `relsign-checklist-changes-v1`.
    pub format: &'static str,
    /// What the file is compared with.
    pub against: String,
    /// The items whose ids differ, that are new, and that are gone.
    pub changes: Vec<crate::parse::checklist::IdChange>,
}

/// What is certain to mend a file, as `checklist lint --fix --json` prints it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FixesJson {
    /// Always `relsign-fixes-v1`.
    pub format: &'static str,
    /// The file.
    pub file: String,
    /// The mends in the order of the file.
    pub fixes: Vec<crate::parse::checklist::Fix>,
    /// Whether they were written.
    pub written: bool,
}

/// Prints a value as JSON.
pub fn print(app: &App, value: &impl Serialize) -> Outcome<()> {
    app.ui.data(&text(value)?)
}

/// Writes a value as JSON, with a line feed at its end.
pub fn text(value: &impl Serialize) -> Outcome<String> {
    crate::report::json::to_json(value).map_err(|error| Failure::internal("the answer has no JSON form").because(error))
}

/// Returns a failure as JSON.
pub fn failure(failure: &Failure) -> String {
    let value = ErrorJson {
        format: "relsign-error-v1",
        exit: crate::cli::exit::code(failure.exit),
        code: failure.code.or_else(|| failure.denial.and_then(Denial::rule)),
        message: failure.to_string(),
        causes: failure.causes.clone(),
        hints: failure.hints.iter().map(ToString::to_string).collect(),
    };
    crate::report::json::to_json(&value).unwrap_or_default()
}
