//! Editing the policy file of the working tree.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::json;
use crate::git::files;
use crate::model::advice::Advice;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::policy_file::{POLICY_FILE, place};
use crate::ops::workspace::Workspace;
use crate::ops::write::policy::{self, Needs};
use crate::parse::policy_edit::EditError;
use crate::report::words;

/// What the commands that edit the policy file print with `--json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PolicyEditJson {
    /// Always `relsign-policy-edit-v1`.
    pub format: &'static str,
    /// The file.
    pub file: &'static str,
    /// Whether it is another one now.
    pub changed: bool,
}

/// Edits the policy file of the working tree; what it does not name stays byte for byte.
pub(crate) fn edit(app: &App, told: &str, change: impl Fn(&str) -> Result<String, EditError>) -> Outcome {
    let repository = app.repository()?;
    let top =
        repository.work_dir().ok_or_else(|| Failure::usage("this repository has no working tree").hint("run it in a clone"))?;
    let file = place(top)?;
    let text = std::fs::read_to_string(&file).map_err(|error| {
        Failure::missing(format!("there is no {POLICY_FILE} in the working tree"))
            .because(error)
            .suggest("write one", "relsign init")
    })?;
    let changed = change(&text).map_err(|error| match &error {
        EditError::Undeclared(role) => {
            Failure::refused(error.to_string()).suggest("declare it first", format!("relsign role add {role}"))
        }
        EditError::Refused(_) => Failure::refused(error.to_string()),
    })?;
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
    if let Ok(trusted) = Workspace::load(&repository, None) {
        app.ui.advise(Advice::run("it takes effect with the next policy version", "relsign policy diff"));
        say_next(app, &trusted, &changed);
    }
    Ok(Exit::Yes)
}

/// Says which commands put the changed file in force.
fn say_next(app: &App, trusted: &Workspace, changed: &str) {
    match policy::needs(trusted, changed) {
        None => {}
        Some(Needs::OneOwner) => app.ui.advise(Advice::run("then", "relsign policy activate")),
        Some(Needs::Revoker) => {
            app.ui.advise(Advice::run("it only revokes keys, so one owner is enough", "relsign policy activate"));
        }
        Some(Needs::Owners(many)) => {
            app.ui.advise(Advice::run(
                format!("then propose it, for {} to sign", words::plural(many.into(), "owner", "owners")),
                "relsign policy propose",
            ));
        }
        Some(Needs::NewKey) => {
            app.ui.advise(Advice::run("the owner signs it with the old key", "relsign policy propose"));
            app.ui.advise(Advice::run("and with the new one", "relsign --key FILE policy sign"));
            app.ui.advise(Advice::run("then", "relsign policy activate"));
        }
    }
}
