//! The commits that are to be let through, as `request`, `grant` and `break-glass` show them.

use crate::cli::app::App;
use crate::git::Repository;
use crate::model::ids::ObjectId;
use crate::ops::error::Outcome;
use crate::report::{safe, words};

/// How many commits are shown one by one.
const MOST_SHOWN: usize = 50;

/// Shows commits, oldest first, as whoever lets them through has to see them.
pub(super) fn show(app: &App, repository: &Repository, commits: &[ObjectId]) -> Outcome<()> {
    for id in commits.iter().take(MOST_SHOWN) {
        let Some(commit) = repository.commit(id)? else { continue };
        let subject = String::from_utf8_lossy(commit.message.split(|byte| *byte == b'\n').next().unwrap_or_default()).into_owned();
        let text = format!("  {}  {}  {}", &id.to_string()[..9], safe::line(&subject), safe::line(&commit.author.identity.name));
        app.ui.say(safe::fit(&text, app.ui.width, "…"));
    }
    if commits.len() > MOST_SHOWN {
        app.ui.say(format!("  and {}", words::count((commits.len() - MOST_SHOWN) as u64, "more commit")));
    }
    Ok(())
}
