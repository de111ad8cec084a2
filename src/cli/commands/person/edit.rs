//! Editing the policy file of the working tree.

use crate::cli::app::App;
use crate::cli::json;
use crate::model::advice::Advice;
use crate::ops::error::{Exit, Outcome};
use crate::ops::policy_file::POLICY_FILE;
use crate::ops::workspace::Workspace;
use crate::ops::write::policy_file as policy;
use crate::parse::policy_edit::EditError;

printed! {
    /// What the commands that edit the policy file print with `--json`.
    pub struct PolicyEditJson as "relsign-policy-edit-v1" {
        /// The file.
        pub file: &'static str,
        /// Whether it is another one now.
        pub changed: bool,
    }
}

/// Edits the policy file of the working tree; what it does not name stays byte for byte.
pub(crate) fn edit(app: &App, told: &str, change: impl Fn(&str) -> Result<String, EditError>) -> Outcome {
    let repository = app.repository()?;
    let (text, changed) = policy::edited(&repository, change)?;
    let tell = |changed| match app.globals.json {
        true => json::print(app, &PolicyEditJson { file: POLICY_FILE, changed }),
        false => Ok(()),
    };
    if changed == text {
        app.ui.say("nothing to change");
        return tell(false).map(|()| Exit::Yes);
    }
    policy::rewrite(&repository, &changed)?;
    tell(true)?;
    app.ui.say(format!("{told} in {POLICY_FILE}"));
    if let Ok(trusted) = Workspace::load(&repository, None) {
        app.ui.advise(Advice::run("it takes effect with the next policy version", "relsign policy diff"));
        policy::say_next(app, &trusted, &changed);
    }
    Ok(Exit::Yes)
}
