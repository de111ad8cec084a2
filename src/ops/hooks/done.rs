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

impl Done {
    /// Prints it for people, in one line.
    pub fn text(self, file: &Path, name: Name) -> String {
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
