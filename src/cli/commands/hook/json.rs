//! What became of hooks, for people and for programs.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::json;
use crate::ops::error::Outcome;
use crate::ops::hooks::done::Done;
use crate::ops::hooks::name::Name;

/// What `hook install --json` and `hook uninstall --json` print.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HooksJson {
    /// Always `relsign-hooks-v1`.
    pub format: &'static str,
    /// What became of each hook that was looked at, in the order in which it was done; uninstalling looks at those of
    /// relsign.
    pub hooks: Vec<HookJson>,
}

/// What became of one hook.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HookJson {
    /// The name that git gives it, such as `pre-push`.
    pub name: &'static str,
    /// Its file.
    pub file: String,
    /// What became of it.
    pub done: Done,
}

impl HookJson {
    /// Reports on one hook, by its file.
    pub fn new(file: &Path, name: Name, done: Done) -> Self {
        Self { name: name.as_str(), file: file.display().to_string(), done }
    }
}

/// Prints what became of hooks, where JSON was asked for.
pub fn tell(app: &App, hooks: Vec<HookJson>) -> Outcome<()> {
    match app.globals.json {
        true => json::print(app, &HooksJson { format: "relsign-hooks-v1", hooks }),
        false => Ok(()),
    }
}
