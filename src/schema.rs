//! The JSON Schemas of every shape that relsign stores or emits, made from the types themselves.
//!
//! `schemas/` holds the same as files, and a test keeps both equal. A new shape gets one line in [`all`].

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, schema_for};
use serde_json::{Value, json};

use crate::cli::commands;
use crate::cli::json::{ChangesJson, FixesJson};
use crate::model::Document;
use crate::model::checklist::Checklist;
use crate::model::record::{PREDICATE_PREFIX, STATEMENT_TYPE, statement_schemas};
use crate::model::report::{REPORT_FORMAT, Report};
use crate::ops::compare::heads::HeadsJson;
use crate::ops::hooks::check::HookCheckJson;
use crate::ops::hooks::done::HooksJson;
use crate::parse::policy::policy_schema;
use crate::parse::records_file::{RECORDS_FORMAT, RecordsJson};
use crate::report::json::{answers, course, evidence, freeze, here, policy, signed};

/// Returns every schema with the name of its file in `schemas/`, sorted by name.
pub fn all() -> Vec<(String, Value)> {
    let mut schemas = vec![report()];
    schemas.extend(statements());
    schemas.extend([
        emitted::<commands::demo::DemoJson>("Where a demo was played"),
        emitted::<signed::DryRunJson>("What a command would sign"),
        emitted::<evidence::EvidencePieceJson>("A piece of evidence"),
        emitted::<here::FilesJson>("Files that a command wrote or printed"),
        emitted::<FixesJson>("What is certain to mend a checklist"),
        emitted::<commands::init::InitJson>("What setting relsign up came to"),
        emitted::<commands::join::JoinJson>("How somebody is admitted"),
        emitted::<policy::DiffJson>("What the policy file changes"),
        emitted::<commands::person::PolicyEditJson>("What became of the policy file"),
        emitted::<commands::tag::TagJson>("A tag that was created"),
        emitted::<course::ActionsJson>("The actions and conditions of a release"),
        emitted::<here::ErrorJson>("A failure of any command"),
        emitted::<freeze::FreezeCalendarJson>("A month with what is frozen"),
        emitted::<freeze::FreezeCheckJson>("Whether a ref is frozen"),
        emitted::<freeze::ExceptionsJson>("What was let through freezes and what may be"),
        emitted::<freeze::FreezeListJson>("What is frozen and what will be"),
        emitted::<evidence::EvidenceListJson>("The evidence of a release"),
        emitted::<ChangesJson>("Ids that an edit changes"),
        emitted::<answers::GateJson>("The answer of a gate"),
        emitted::<HookCheckJson>("Whether git runs relsign on a push"),
        emitted::<HooksJson>("What became of hooks"),
        emitted::<HeadsJson>("The heads of all releases"),
        emitted::<commands::import::ImportJson>("What an import came to"),
        emitted::<answers::LogJson>("The records of a release"),
        emitted::<answers::ListJson>("The releases, a line each"),
        emitted::<answers::MineJson>("What waits for somebody"),
        emitted::<here::ProblemsJson>("The problems of a file"),
        emitted::<policy::PolicyLogJson>("The versions of the policy"),
        emitted::<policy::PolicyStepJson>("A version of the policy that was proposed, signed or put in force"),
        emitted::<policy::RosterJson>("Who stood in a version of the policy"),
        written::<policy::ShowJson>("policy-show", "The policy in force"),
        emitted::<evidence::RedactedJson>("What was said of erasing evidence"),
        emitted::<signed::SignedJson>("What a command signed"),
        emitted::<course::StageJson>("Where a roll-out stands"),
        emitted::<signed::SyncJson>("What synchronising came to"),
        emitted::<here::TrustJson>("The pinned root"),
        emitted::<answers::VerifyAllJson>("The reports of all releases"),
        emitted::<signed::WitnessJson>("What a witness signed"),
        emitted::<here::WhoamiJson>("Who signs here"),
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

/// Describes the report, which names its format itself.
fn report() -> (String, Value) {
    finish("report", "The report of a release's verdict", &[("format", REPORT_FORMAT)], of::<Report>())
}

/// Describes what is printed in a format of the schema's name.
fn emitted<T: Document + JsonSchema>(title: &str) -> (String, Value) {
    let name = T::FORMAT.trim_start_matches("relsign-").trim_end_matches("-v1");
    written::<T>(name, title)
}

/// Describes what is printed with the name of its format before it.
fn written<T: Document + JsonSchema>(name: &str, title: &str) -> (String, Value) {
    let mut schema = of::<T>();
    let format = json!({ "const": T::FORMAT, "description": format!("Always `{}`.", T::FORMAT), "type": "string" });
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.insert("format".to_owned(), format);
    }
    if let Some(required) = schema["required"].as_array_mut() {
        required.insert(0, Value::from("format"));
    }
    finish(name, title, &[], schema)
}

/// Describes a type as it is written; what is always written is required.
fn of<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>().to_value()
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
