//! What became of hooks, for people and for programs.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::json;
use crate::ops::error::Outcome;
use crate::ops::hooks::block::KEPT;
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

/// What installing a hook or taking it out came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Done {
    /// It was there, as it should be.
    Already,
    /// There was none, and now there is.
    New,
    /// relsign's lines were there, and are newer now.
    Renewed,
    /// Lines were put in front of the hook that was there.
    Lines,
    /// The hook that was there was moved to the same name with `.relsign-kept` after it, and runs after relsign's.
    Aside,
    /// The hook that was there was moved likewise, and does not run, as it did not before: it is not executable.
    Asleep,
    /// Another program's hook is there, and stays as it is; relsign is not in it.
    LeftAlone,
    /// It was relsign's own, and is gone.
    Removed,
    /// relsign is out of it, and what was there before is back.
    GaveBack,
    /// relsign is out of it; commands that were added later stay, and the hook that was moved aside stays there.
    TookOut,
}

impl HookJson {
    /// Reports on one hook in a directory.
    pub fn new(directory: &Path, name: Name, done: Done) -> Self {
        Self { name: name.as_str(), file: directory.join(name.as_str()).display().to_string(), done }
    }
}

impl Done {
    /// Prints it for people, in one line.
    pub fn text(self, directory: &Path, name: Name) -> String {
        let file = directory.join(name.as_str());
        let (name, file) = (name.as_str(), file.display());
        match self {
            Self::Already => format!("{name} is already installed: {file}"),
            Self::New => format!("installed {name}: {file}"),
            Self::Renewed => format!("updated {name}: {file}"),
            Self::Lines => format!("installed {name} in front of the existing hook: {file}"),
            Self::Aside => format!("installed {name}; the existing hook runs after it, from {file}{KEPT}"),
            Self::Asleep => format!(
                "installed {name}; the hook that was there is not executable, so git never ran it, and it does not run now: it is \
                 kept at {file}{KEPT}"
            ),
            Self::LeftAlone => format!("left unchanged: {file}"),
            Self::Removed => format!("removed: {file}"),
            Self::GaveBack => format!("restored: {file}"),
            Self::TookOut => format!("removed relsign from: {file}"),
        }
    }
}

/// Prints what became of hooks, where JSON was asked for.
pub fn tell(app: &App, hooks: Vec<HookJson>) -> Outcome<()> {
    match app.globals.json {
        true => json::print(app, &HooksJson { format: "relsign-hooks-v1", hooks }),
        false => Ok(()),
    }
}
