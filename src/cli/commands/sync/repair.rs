//! `relsign sync --repair`: says what came of putting the records together again.

use std::collections::BTreeSet;

use crate::cli::app::App;
use crate::git::Repository;
use crate::model::ids::RecordId;
use crate::ops::error::Outcome;
use crate::ops::share::repair::{LOG_REF, repair};
use crate::report::{safe, words};

/// Repairs the notes ref, and gives the records that this clone has seen and that could not be found anywhere.
pub(super) fn run(app: &App, repository: &Repository, remote: Option<&str>, dry_run: bool) -> Outcome<BTreeSet<RecordId>> {
    let done = repair(app, repository, remote, dry_run)?;
    let places = words::and(done.places.iter().map(|place| safe::line(place)));
    let (back, dropped) = (words::count(done.back as u64, "record"), words::count(done.dropped, "line"));
    let told = match (dry_run, done.rebuilt) {
        (true, _) => {
            let readable = words::count(done.readable as u64, "record");
            format!("{readable} can be read in {places}; {back} would be restored, {dropped} of junk would be dropped")
        }
        (false, true) => format!("{LOG_REF} was rebuilt from {places}: {back} restored, {dropped} of junk dropped"),
        (false, false) => format!("nothing to repair: {LOG_REF} is intact"),
    };
    match app.globals.json {
        true => app.ui.say(told),
        false => app.ui.line(told)?,
    }
    let lost = done.lost;
    if !lost.is_empty() {
        let shown: Vec<_> = lost.iter().map(RecordId::short).collect();
        let many = words::count(lost.len() as u64, "record");
        app.ui.warn(format!("{many} that this clone has seen can't be found anywhere: {}", words::some_of(&shown, 5)));
        app.ui.say("hint: another clone may have them: git remote add OTHER URL; relsign sync --repair OTHER");
    }
    Ok(lost)
}
