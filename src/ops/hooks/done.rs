//! What became of a hook.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::block::KEPT;
use super::name::Name;

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

printed! {
    /// What `hook install --json` and `hook uninstall --json` print.
    pub struct HooksJson as "relsign-hooks-v1" {
        /// What became of each hook that was looked at, in the order in which it was done; uninstalling looks at those of
        /// relsign.
        pub hooks: Vec<HookJson>,
    }

    /// What became of one hook.
    pub struct HookJson {
        /// The name that git gives it, such as `pre-push`.
        pub name: &'static str,
        /// Its file.
        pub file: String,
        /// What became of it.
        pub done: Done,
    }
}

impl HookJson {
    /// Reports on one hook, by its file.
    pub fn new(file: &Path, name: Name, done: Done) -> Self {
        Self { name: name.as_str(), file: file.display().to_string(), done }
    }

    /// Prints it for people, in one line.
    pub fn text(&self) -> String {
        let Self { name, file, done } = self;
        match done {
            Done::Already => format!("{name} is already installed: {file}"),
            Done::New => format!("installed {name}: {file}"),
            Done::Renewed => format!("updated {name}: {file}"),
            Done::Lines => format!("installed {name} in front of the existing hook: {file}"),
            Done::Aside => format!("installed {name}; the existing hook runs after it, from {file}{KEPT}"),
            Done::Asleep => format!(
                "installed {name}; the hook that was there is not executable, so git never ran it, and it does not run now: it is \
                 kept at {file}{KEPT}"
            ),
            Done::LeftAlone => format!("left unchanged: {file}"),
            Done::Removed => format!("removed: {file}"),
            Done::GaveBack => format!("restored: {file}"),
            Done::TookOut => format!("removed relsign from: {file}"),
        }
    }
}
