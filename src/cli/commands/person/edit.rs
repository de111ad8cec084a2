//! Editing the policy file of the working tree.

use super::PolicyEditJson;
use crate::cli::app::App;
use crate::cli::json;
use crate::git::files;
use crate::model::advice::Advice;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::policy_file::{POLICY_FILE, place};
use crate::ops::workspace::Workspace;
use crate::parse::policy_edit::EditError;

/// Edits the policy file of the working tree; what it does not name stays byte for byte.
pub(super) fn edit(app: &App, told: &str, change: impl Fn(&str) -> Result<String, EditError>) -> Outcome {
    let repository = app.repository()?;
    let top =
        repository.work_dir().ok_or_else(|| Failure::usage("this repository has no working tree").hint("run it in a clone"))?;
    let file = place(top)?;
    let text = std::fs::read_to_string(&file).map_err(|error| {
        Failure::missing(format!("there is no {POLICY_FILE} in the working tree"))
            .because(error)
            .suggest("write one", "relsign init")
    })?;
    let changed = change(&text).map_err(|error| Failure::refused(error.to_string()))?;
    let tell = |changed| match app.globals.json {
        true => json::print(app, &PolicyEditJson { format: "relsign-policy-edit-v1", file: POLICY_FILE, changed }),
        false => Ok(()),
    };
    if changed == text {
        app.ui.say("nothing to change");
        return tell(false).map(|()| Exit::Yes);
    }
    files::rewrite(&file, changed.as_bytes())
        .map_err(|error| Failure::internal(format!("cannot write {POLICY_FILE}")).because(error))?;
    tell(true)?;
    app.ui.say(format!("{told} in {POLICY_FILE}"));
    if Workspace::load(&repository, None).is_ok() {
        app.ui.advise(Advice::run("it takes effect with the next policy version", "relsign policy diff"));
        app.ui.advise(Advice::run("then", "relsign policy activate"));
    }
    Ok(Exit::Yes)
}
