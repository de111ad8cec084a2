//! JSON for programs: how it is printed. [`report::json`](crate::report::json) has the shapes.

use serde::Serialize;

use super::app::App;
use crate::model::Document;
use crate::model::denial::Denial;
pub(crate) use crate::ops::compare::heads::{HeadsJson, ReleaseHeadsJson};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::report::json::to_json;
pub(crate) use crate::report::json::{answers::*, freeze, here::*, policy, signed::*};

printed! {
    /// The ids that an edit changes, as `checklist show --against --json` prints them.
    pub struct ChangesJson as "relsign-checklist-changes-v1" {
        /// What the file is compared with.
        pub against: String,
        /// The items whose ids differ, that are new, and that are gone.
        pub changes: Vec<crate::parse::checklist::IdChange>,
    }

    /// What is certain to mend a file, as `checklist lint --fix --json` prints it.
    pub struct FixesJson as "relsign-fixes-v1" {
        /// The file.
        pub file: String,
        /// The mends in the order of the file.
        pub fixes: Vec<crate::parse::checklist::Fix>,
        /// Whether they were written.
        pub written: bool,
    }
}

/// A shape with the name of its format before it.
#[derive(Serialize)]
struct Named<'v, T> {
    format: &'static str,
    #[serde(flatten)]
    value: &'v T,
}

/// Prints a shape as JSON.
pub fn print(app: &App, value: &impl Document) -> Outcome<()> {
    app.ui.data(&text(value)?)
}

/// Prints a value as JSON that names its format itself.
pub fn print_as_it_is(app: &App, value: &impl Serialize) -> Outcome<()> {
    app.ui.data(&text_as_it_is(value)?)
}

/// Answers with a shape as JSON.
pub fn answer(app: &App, value: &impl Document) -> Outcome {
    print(app, value).map(|()| Exit::Yes)
}

/// Prints a file as it is, or its path and text as JSON.
pub fn file(app: &App, path: &str, text: &str) -> Outcome<()> {
    if !app.globals.json {
        return app.ui.data(text);
    }
    print(app, &FilesJson { files: vec![FileJson { path: path.to_owned(), text: Some(text.to_owned()) }] })
}

/// Writes a shape as JSON with the name of its format before it, and a line feed at its end.
pub fn text<T: Document>(value: &T) -> Outcome<String> {
    text_as_it_is(&Named { format: T::FORMAT, value })
}

/// Writes a value as JSON, with a line feed at its end.
pub fn text_as_it_is(value: &impl Serialize) -> Outcome<String> {
    to_json(value).map_err(|error| Failure::internal("the answer has no JSON form").because(error))
}

/// Returns a failure as JSON.
pub fn failure(failure: &Failure) -> String {
    let value = ErrorJson {
        exit: super::exit::code(failure.exit),
        code: failure.code.or_else(|| failure.denial.and_then(Denial::rule)),
        message: failure.to_string(),
        causes: failure.causes.clone(),
        hints: failure.hints.iter().map(ToString::to_string).collect(),
    };
    text(&value).unwrap_or_default()
}
