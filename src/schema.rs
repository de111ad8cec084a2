//! The JSON Schemas of every shape that relsign stores or emits, made from the types themselves.
//!
//! `schemas/` holds the same as files, and a test keeps both equal. A new shape gets one line in [`all`].

use schemars::generate::SchemaSettings;
use schemars::schema_for;
use serde_json::Value;

use crate::cli::commands;
use crate::cli::json::{self, freeze, policy};
use crate::model::checklist::Checklist;
use crate::model::record::{PREDICATE_PREFIX, STATEMENT_TYPE, statement_schemas};
use crate::model::report::{REPORT_FORMAT, Report};
use crate::parse::policy::policy_schema;
use crate::parse::records_file::{RECORDS_FORMAT, RecordsJson};

/// Returns every schema with the name of its file in `schemas/`, sorted by name.
pub fn all() -> Vec<(String, Value)> {
    let mut schemas = vec![emitted::<Report>("report", "The report of a release's verdict", &[("format", REPORT_FORMAT)])];
    schemas.extend(statements());
    schemas.extend([
        emitted::<commands::action::ActionsJson>(
            "actions",
            "The actions and conditions of a release",
            &[("format", "relsign-actions-v1")],
        ),
        emitted::<json::ErrorJson>("error", "A failure of any command", &[("format", "relsign-error-v1")]),
        emitted::<freeze::FreezeCalendarJson>(
            "freeze-calendar",
            "A month with what is frozen",
            &[("format", "relsign-freeze-calendar-v1")],
        ),
        emitted::<freeze::FreezeCheckJson>("freeze-check", "Whether a ref is frozen", &[("format", "relsign-freeze-check-v1")]),
        emitted::<freeze::ExceptionsJson>(
            "freeze-exceptions",
            "What was let through freezes and what may be",
            &[("format", "relsign-freeze-exceptions-v1")],
        ),
        emitted::<freeze::FreezeListJson>(
            "freeze-list",
            "What is frozen and what will be",
            &[("format", "relsign-freeze-list-v1")],
        ),
        emitted::<commands::evidence::list::EvidenceListJson>(
            "evidence",
            "The evidence of a release",
            &[("format", "relsign-evidence-v1")],
        ),
        emitted::<json::ChangesJson>(
            "checklist-changes",
            "Ids that an edit changes",
            &[("format", "relsign-checklist-changes-v1")],
        ),
        emitted::<json::GateJson>("gate", "The answer of a gate", &[("format", "relsign-gate-v1")]),
        emitted::<commands::hook::check::HookCheckJson>(
            "hook-check",
            "Whether git runs relsign on a push",
            &[("format", "relsign-hook-check-v1")],
        ),
        emitted::<commands::hook::json::HooksJson>("hooks", "What became of hooks", &[("format", "relsign-hooks-v1")]),
        emitted::<json::HeadsJson>("heads", "The heads of all releases", &[("format", "relsign-heads-v1")]),
        emitted::<commands::import::ImportJson>("import", "What an import came to", &[("format", "relsign-import-v1")]),
        emitted::<json::LogJson>("log", "The records of a release", &[("format", "relsign-log-v1")]),
        emitted::<json::ListJson>("list", "The releases, a line each", &[("format", "relsign-list-v1")]),
        emitted::<json::MineJson>("mine", "What waits for somebody", &[("format", "relsign-mine-v1")]),
        emitted::<json::ProblemsJson>("problems", "The problems of a file", &[("format", "relsign-problems-v1")]),
        emitted::<policy::PolicyLogJson>("policy-log", "The versions of the policy", &[("format", "relsign-policy-log-v1")]),
        emitted::<policy::PolicyStepJson>(
            "policy-step",
            "A version of the policy that was proposed, signed or put in force",
            &[("format", "relsign-policy-step-v1")],
        ),
        emitted::<policy::RosterJson>(
            "policy-roster",
            "Who stood in a version of the policy",
            &[("format", "relsign-policy-roster-v1")],
        ),
        emitted::<policy::ShowJson>("policy-show", "The policy in force", &[("format", "relsign-policy-v1")]),
        emitted::<commands::evidence::redact::RedactedJson>(
            "redacted",
            "What was said of erasing evidence",
            &[("format", "relsign-redacted-v1")],
        ),
        emitted::<json::SignedJson>("signed", "What a command signed", &[("format", "relsign-signed-v1")]),
        emitted::<commands::stage::board::StageJson>("stage", "Where a roll-out stands", &[("format", "relsign-stage-v1")]),
        emitted::<json::SyncJson>("sync", "What synchronising came to", &[("format", "relsign-sync-v1")]),
        emitted::<json::TrustJson>("trust", "The pinned root", &[("format", "relsign-trust-v1")]),
        emitted::<json::VerifyAllJson>("verify-all", "The reports of all releases", &[("format", "relsign-verify-all-v1")]),
        emitted::<json::WitnessJson>("witness", "What a witness signed", &[("format", "relsign-witness-v1")]),
        emitted::<json::WhoamiJson>("whoami", "Who signs here", &[("format", "relsign-whoami-v1")]),
    ]);
    schemas.extend(changes());
    schemas.extend(files());
    schemas.sort_by(|one, other| one.0.cmp(&other.0));
    schemas
}

/// Describes what commands print of what they changed, wrote or would sign.
fn changes() -> Vec<(String, Value)> {
    vec![
        emitted::<commands::demo::DemoJson>("demo", "Where a demo was played", &[("format", "relsign-demo-v1")]),
        emitted::<json::DryRunJson>("dry-run", "What a command would sign", &[("format", "relsign-dry-run-v1")]),
        emitted::<commands::evidence::get::EvidencePieceJson>(
            "evidence-piece",
            "A piece of evidence",
            &[("format", "relsign-evidence-piece-v1")],
        ),
        emitted::<json::FilesJson>("files", "Files that a command wrote or printed", &[("format", "relsign-files-v1")]),
        emitted::<json::FixesJson>("fixes", "What is certain to mend a checklist", &[("format", "relsign-fixes-v1")]),
        emitted::<commands::init::InitJson>("init", "What setting relsign up came to", &[("format", "relsign-init-v1")]),
        emitted::<commands::join::JoinJson>("join", "How somebody is admitted", &[("format", "relsign-join-v1")]),
        emitted::<policy::DiffJson>("policy-diff", "What the policy file changes", &[("format", "relsign-policy-diff-v1")]),
        emitted::<commands::person::PolicyEditJson>(
            "policy-edit",
            "What became of the policy file",
            &[("format", "relsign-policy-edit-v1")],
        ),
        emitted::<commands::tag::TagJson>("tag", "A tag that was created", &[("format", "relsign-tag-v1")]),
    ]
}

/// Describes the files that people and programs write.
fn files() -> Vec<(String, Value)> {
    vec![
        finish(
            "checklist",
            "A checklist, as `checklist show` prints it and programs may write it",
            &[],
            schema_for!(Checklist).to_value(),
        ),
        finish(
            "records",
            "What a file of records holds between its two marks",
            &[("format", RECORDS_FORMAT)],
            schema_for!(RecordsJson).to_value(),
        ),
        finish("policy", "The policy file, as JSON would have it", &[], policy_schema().to_value()),
    ]
}

/// Describes what is written; what is always written is required.
fn emitted<T: schemars::JsonSchema>(name: &str, title: &str, constants: &[(&str, &str)]) -> (String, Value) {
    let schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    finish(name, title, constants, schema.to_value())
}

/// Describes the statement that each kind of record signs.
fn statements() -> impl Iterator<Item = (String, Value)> {
    statement_schemas().into_iter().map(|(kind, schema)| {
        let predicate_type = format!("{PREDICATE_PREFIX}{kind}");
        let constants = [("_type", STATEMENT_TYPE), ("predicateType", predicate_type.as_str())];
        let title = format!("The signed statement of a record of kind {kind}");
        finish(&format!("record-{kind}"), &title, &constants, schema.to_value())
    })
}

/// Returns a schema its identity, and the constants that its type can't express.
fn finish(name: &str, title: &str, constants: &[(&str, &str)], mut schema: Value) -> (String, Value) {
    for (property, constant) in constants {
        if let Some(property) = schema.pointer_mut(&format!("/properties/{property}")).and_then(Value::as_object_mut) {
            property.insert("const".to_owned(), Value::from(*constant));
        }
    }
    if let Some(object) = schema.as_object_mut() {
        object.insert("$schema".to_owned(), Value::from("https://json-schema.org/draft/2020-12/schema"));
        object.insert("$id".to_owned(), Value::from(format!("urn:relsign:schema:v1:{name}")));
        object.insert("title".to_owned(), Value::from(title));
    }
    (format!("{name}.schema.json"), schema)
}
