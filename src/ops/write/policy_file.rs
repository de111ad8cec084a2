//! Edits of the policy file in the working tree, and what puts them in force.

use std::path::PathBuf;

use super::policy::{Needs, needs};
use crate::git::{Repository, files};
use crate::model::advice::Advice;
use crate::ops::error::{Failure, Outcome};
use crate::ops::policy_file::{POLICY_FILE, place};
use crate::ops::session::Session;
use crate::ops::trust::Trust;
use crate::parse::policy_edit::EditError;
use crate::report::words;

fn file(repository: &Repository) -> Outcome<PathBuf> {
    let top = repository.work_dir();
    place(top.ok_or_else(|| Failure::usage("this repository has no working tree").hint("run it in a clone"))?)
}

/// Returns the policy file as it is, and as a change makes it; what that does not name stays byte for byte.
///
/// # Errors
/// If there is no such file, or it does not take the change.
pub fn edited(repository: &Repository, change: impl Fn(&str) -> Result<String, EditError>) -> Outcome<(String, String)> {
    let text = std::fs::read_to_string(file(repository)?).map_err(|error| {
        Failure::missing(format!("there is no {POLICY_FILE} in the working tree"))
            .because(error)
            .suggest("write one", "relsign init")
    })?;
    let changed = change(&text).map_err(|error| {
        let failure = Failure::refused(error.to_string());
        match &error {
            EditError::Undeclared(role) => failure.suggest("declare it first", format!("relsign role add {role}")),
            EditError::Refused(_) => failure,
        }
    })?;
    Ok((text, changed))
}

/// Writes the policy file anew.
///
/// # Errors
/// If it can't be written.
pub fn rewrite(repository: &Repository, text: &str) -> Outcome<()> {
    files::rewrite(&file(repository)?, text.as_bytes())
        .map_err(|error| Failure::internal(format!("cannot write {POLICY_FILE}")).because(error))
}

/// Says which commands put the changed file in force.
pub fn say_next(session: &Session, trusted: &Trust, changed: &str) {
    let steps: Vec<(String, &str)> = match needs(trusted, changed) {
        None => Vec::new(),
        Some(Needs::OneOwner) => vec![("then".to_owned(), "relsign policy activate")],
        Some(Needs::Revoker) => vec![("it only revokes keys, so one owner is enough".to_owned(), "relsign policy activate")],
        Some(Needs::Owners(many)) => {
            let owners = words::plural(many.into(), "owner", "owners");
            vec![(format!("then propose it, for {owners} to sign"), "relsign policy propose")]
        }
        Some(Needs::NewKey) => vec![
            ("the owner signs it with the old key".to_owned(), "relsign policy propose"),
            ("and with the new one".to_owned(), "relsign --key FILE policy sign"),
            ("then".to_owned(), "relsign policy activate"),
        ],
    };
    steps.into_iter().for_each(|(text, command)| session.advise(Advice::run(text, command)));
}
