//! `relsign person add --from-history`: whom the commits name again and again.

use super::edit::edit;
use crate::cli::app::App;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::authors::REGULAR;
use crate::ops::policy_file::POLICY_FILE;
use crate::ops::write::people::{self, Change};
use crate::report::words;

/// Shows whom the history adds to the policy file, asks, and adds them: who still commits, or who has left.
pub(super) fn run(app: &App, former: bool, yes: bool) -> Outcome {
    let repository = app.repository()?;
    let changes = people::of_history(&repository, former)?;
    if changes.is_empty() {
        app.ui.say(format!("the history names nobody with {REGULAR} commits or more whom {POLICY_FILE} does not know"));
        return Ok(Exit::Yes);
    }
    for change in &changes {
        app.ui.say(change.told(app.now));
    }
    let agreed = yes
        || app.ui.confirm(&format!("Add them to {POLICY_FILE}? They sign nothing until they have a key."), true).ok_or_else(
            || Failure::usage("nobody can be asked whether these people are right").hint("look at them, and add --yes"),
        )?;
    if !agreed {
        return Ok(Exit::No);
    }
    let new = changes.iter().filter(|change| matches!(change, Change::New(..))).count();
    edit(app, &format!("added {}", words::plural(new as u64, "person", "people")), |text| people::add(text, &changes, former))
}
