//! The JSON Schemas of every shape that relsign stores or emits, made from the types themselves.
//!
//! `schemas/` holds the same as files, and a test keeps both equal. A new shape gets one line in [`all`].

use schemars::generate::SchemaSettings;
use schemars::schema_for;
use serde_json::Value;

use crate::cli::commands;
use crate::cli::json;
use crate::model::checklist::Checklist;
use crate::model::record::{PREDICATE_PREFIX, STATEMENT_TYPE, statement_schemas};
use crate::model::report::Report;
use crate::ops::compare::heads::HeadsJson;
use crate::ops::hooks::check::HookCheckJson;
use crate::ops::hooks::done::HooksJson;
use crate::parse::policy::policy_schema;
use crate::parse::records_file::{RECORDS_FORMAT, RecordsJson};
use crate::report::json::{answers, course, evidence, freeze, here, policy, signed};

/// Returns every schema with the name of its file in `schemas/`, sorted by name.
pub fn all() -> Vec<(String, Value)> {
    let mut schemas = vec![emitted::<Report>("report", "The report of a release's verdict")];
    schemas.extend(statements());
    schemas.extend([
        emitted::<commands::demo::DemoJson>("demo", "Where a demo was played"),
        emitted::<signed::DryRunJson>("dry-run", "What a command would sign"),
        emitted::<evidence::EvidencePieceJson>("evidence-piece", "A piece of evidence"),
        emitted::<here::FilesJson>("files", "Files that a command wrote or printed"),
        emitted::<json::FixesJson>("fixes", "What is certain to mend a checklist"),
        emitted::<commands::init::InitJson>("init", "What setting relsign up came to"),
        emitted::<commands::join::JoinJson>("join", "How somebody is admitted"),
        emitted::<policy::DiffJson>("policy-diff", "What the policy file changes"),
        emitted::<commands::person::PolicyEditJson>("policy-edit", "What became of the policy file"),
        emitted::<commands::tag::TagJson>("tag", "A tag that was created"),
        emitted::<course::ActionsJson>("actions", "The actions and conditions of a release"),
        emitted::<here::ErrorJson>("error", "A failure of any command"),
        emitted::<freeze::FreezeCalendarJson>("freeze-calendar", "A month with what is frozen"),
        emitted::<freeze::FreezeCheckJson>("freeze-check", "Whether a ref is frozen"),
        emitted::<freeze::ExceptionsJson>("freeze-exceptions", "What was let through freezes and what may be"),
        emitted::<freeze::FreezeListJson>("freeze-list", "What is frozen and what will be"),
        emitted::<evidence::EvidenceListJson>("evidence", "The evidence of a release"),
        emitted::<json::ChangesJson>("checklist-changes", "Ids that an edit changes"),
        emitted::<answers::GateJson>("gate", "The answer of a gate"),
        emitted::<HookCheckJson>("hook-check", "Whether git runs relsign on a push"),
        emitted::<HooksJson>("hooks", "What became of hooks"),
        emitted::<HeadsJson>("heads", "The heads of all releases"),
        emitted::<commands::import::ImportJson>("import", "What an import came to"),
        emitted::<answers::LogJson>("log", "The records of a release"),
        emitted::<answers::ListJson>("list", "The releases, a line each"),
        emitted::<answers::MineJson>("mine", "What waits for somebody"),
        emitted::<here::ProblemsJson>("problems", "The problems of a file"),
        emitted::<policy::PolicyLogJson>("policy-log", "The versions of the policy"),
        emitted::<policy::PolicyStepJson>("policy-step", "A version of the policy that was proposed, signed or put in force"),
        emitted::<policy::RosterJson>("policy-roster", "Who stood in a version of the policy"),
        written::<policy::ShowJson>("policy-show", "The policy in force", "relsign-policy-v1"),
        emitted::<evidence::RedactedJson>("redacted", "What was said of erasing evidence"),
        emitted::<signed::SignedJson>("signed", "What a command signed"),
        emitted::<course::StageJson>("stage", "Where a roll-out stands"),
        emitted::<signed::SyncJson>("sync", "What synchronising came to"),
        emitted::<here::TrustJson>("trust", "The pinned root"),
        emitted::<answers::VerifyAllJson>("verify-all", "The reports of all releases"),
        emitted::<signed::WitnessJson>("witness", "What a witness signed"),
        emitted::<here::WhoamiJson>("whoami", "Who signs here"),
    ]);
    schemas.extend(files());
    schemas.sort_by(|one, other| one.0.cmp(&other.0));
    schemas
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

/// Describes what is written in a format of the schema's name.
fn emitted<T: schemars::JsonSchema>(name: &str, title: &str) -> (String, Value) {
    written::<T>(name, title, &format!("relsign-{name}-v1"))
}

/// Describes what is written; what is always written is required.
fn written<T: schemars::JsonSchema>(name: &str, title: &str, format: &str) -> (String, Value) {
    let schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    finish(name, title, &[("format", format)], schema.to_value())
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
