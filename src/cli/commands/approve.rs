//! `relsign approve`.

use super::sign_off::{self, Support};
use crate::cli::app::App;
use crate::model::denial::Denial;
use crate::model::ids::Handle;
use crate::model::record::{Sign, SignVerdict};
use crate::model::report::ItemReport;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::items;
use crate::ops::write::ready::Ready;
use crate::ops::write::sign_off::{Waiting, in_passing, natural, waiting};
use crate::report::safe::{self, shell_word};
use crate::report::words;

/// Sign items off: as done if you own them, else as reviewed
///
/// Who you are determines which of the two it is; --done and --review choose explicitly. Before anything is signed, it
/// shows what your sign-off will count as, or why it would not count.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (optional if one release is open), then the items
    ///
    /// Items are ids, beginnings of ids, numbers, ranges such as 1-6, or @STAGE.
    #[arg(value_name = "TAG ITEM")]
    words: Vec<String>,
    /// Sign everything that waits for you in this release
    #[arg(long)]
    all: bool,
    /// With --all: sign without asking
    #[arg(long, requires = "all")]
    yes: bool,
    /// Sign as the owner: the item is done
    #[arg(long, conflicts_with = "review")]
    done: bool,
    /// Sign as a reviewer: I checked it, it is right
    #[arg(long)]
    review: bool,
    #[command(flatten)]
    support: Support,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.prepared(&self.support.delivery.sharing)?;
        let (tag, names) = items::split_tag(&repository, &self.words)?;
        let ready = Ready::load(app, &repository, &trusted, tag.as_deref(), self.support.delivery.place.env.as_deref())?;
        let handle = ready.identity.person().cloned().ok_or_else(|| {
            Failure::refused(format!("{} is a machine, and only a person can approve", ready.identity.principal))
                .by(Denial::Machine)
                .hint("sign with a person's key: --key FILE")
        })?;
        let chosen: Vec<ItemReport> = if self.all {
            if !names.is_empty() {
                return Err(Failure::usage("--all cannot be combined with named items"));
            }
            self.everything(app, &ready, &handle)?
        } else if names.is_empty() {
            self.offer(app, &ready, &handle)?
        } else {
            items::find_each(&ready.report, &names)?
        };
        if chosen.is_empty() {
            return Err(Failure::refused(format!("nothing in {} is waiting for {handle}", ready.report.tag.short()))
                .by(Denial::NothingToSign)
                .suggest("see what blocks it", format!("relsign status {}", shell_word(ready.report.tag.short()))));
        }
        let policy = ready.trusted.policy();
        let verdict = |item: &ItemReport| match (self.done, self.review) {
            (true, _) => SignVerdict::Done,
            (false, true) => SignVerdict::Approve,
            (false, false) => natural(item, &handle, policy),
        };
        let words = chosen.into_iter().map(|item| (Sign::of(verdict(&item)), item)).collect();
        sign_off::sign_words(app, &ready, words, &self.support)
    }

    /// Returns everything that waits, after showing it and asking on a terminal.
    fn everything(&self, app: &App, ready: &Ready<'_>, handle: &Handle) -> Outcome<Vec<ItemReport>> {
        let waiting = in_passing(app, ready, handle)?;
        if app.ui.interactive && !self.yes && !app.dry_run && !waiting.is_empty() {
            list(app, &waiting);
            let question = format!("Sign {}?", words::count_of(&waiting, "item"));
            if app.ui.confirm(&question, false) != Some(true) {
                return Err(Failure::refused("nothing was signed").by(Denial::Unconfirmed));
            }
        }
        Ok(waiting.into_iter().map(|(item, _)| item.clone()).collect())
    }

    /// Shows what waits and asks which of it to sign.
    fn offer(&self, app: &App, ready: &Ready<'_>, handle: &Handle) -> Outcome<Vec<ItemReport>> {
        let report = &ready.report;
        let waiting = waiting(report, handle);
        if !app.ui.interactive {
            return Err(Failure::usage("no item is named").suggest(
                "name items, or sign everything that is waiting for you",
                format!("relsign approve {} --all", shell_word(report.tag.short())),
            ));
        }
        if waiting.is_empty() {
            return Ok(Vec::new());
        }
        app.ui.say(format!("waiting for {handle} in {}:", report.tag.short()));
        list(app, &waiting);
        let answer = app.ui.ask("Which items to sign? Numbers or ids, `all`, or nothing to cancel:").unwrap_or_default();
        match answer.as_str() {
            "" => Err(Failure::refused("nothing was signed").by(Denial::Unconfirmed)),
            "all" => Ok(in_passing(app, ready, handle)?.into_iter().map(|(item, _)| item.clone()).collect()),
            named => {
                named.split([',', ' ']).filter(|word| !word.is_empty()).map(|word| items::find(report, word).cloned()).collect()
            }
        }
    }
}

fn list(app: &App, waiting: &Waiting<'_>) {
    for (item, counts_as) in waiting {
        app.ui.say(format!("  {:>3}  {} · {} ({counts_as})", item.number, item.id, safe::line(&item.title)));
    }
}
