//! `relsign approve`.

use std::collections::BTreeSet;

use super::item;
use super::owners;
use super::sign_off::{self, Said, Support};
use crate::cli::app::App;
use crate::model::denial::Denial;
use crate::model::ids::Handle;
use crate::model::record::SignVerdict;
use crate::model::report::{ItemReport, NeedKind, Report};
use crate::ops::error::{Failure, Outcome};
use crate::ops::write::ready::{self, Ready};
use crate::report::safe;
use crate::report::safe::shell_word;
use crate::report::waiting;
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
        let repository = app.repository()?;
        let trusted = ready::prepare(app, &repository, &self.support.delivery.sharing)?;
        let (tag, names) = item::split_tag(&repository, &self.words)?;
        let ready = sign_off::ready(app, &repository, &trusted, tag.as_deref(), &self.support.place)?;
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
            item::find_each(&ready.report, &names)?
        };
        if chosen.is_empty() {
            return Err(Failure::refused(format!("nothing in {} is waiting for {handle}", ready.report.tag.short()))
                .by(Denial::NothingToSign)
                .suggest("see what blocks it", format!("relsign status {}", shell_word(ready.report.tag.short()))));
        }
        let policy = ready.trusted.policy();
        let words = chosen
            .into_iter()
            .map(|item| {
                let verdict = if self.done {
                    SignVerdict::Done
                } else if self.review {
                    SignVerdict::Approve
                } else {
                    natural(&item, &handle, policy)
                };
                (item, Said::new(verdict))
            })
            .collect();
        sign_off::sign_words(app, &ready, words, &self.support)
    }

    /// Returns everything that waits, after showing it and asking on a terminal.
    fn everything(&self, app: &App, ready: &Ready<'_>, handle: &Handle) -> Outcome<Vec<ItemReport>> {
        let waiting = in_passing(app, ready, handle)?;
        if app.ui.interactive && !self.yes && !app.dry_run && !waiting.is_empty() {
            for (item, counts_as) in &waiting {
                app.ui.say(format!("  {:>3}  {} · {} ({counts_as})", item.number, item.id, safe::line(&item.title)));
            }
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
        for (item, counts_as) in &waiting {
            app.ui.say(format!("  {:>3}  {} · {} ({counts_as})", item.number, item.id, safe::line(&item.title)));
        }
        let answer = app.ui.ask("Which items to sign? Numbers or ids, `all`, or nothing to cancel:").unwrap_or_default();
        match answer.as_str() {
            "" => Err(Failure::refused("nothing was signed").by(Denial::Unconfirmed)),
            "all" => Ok(in_passing(app, ready, handle)?.into_iter().map(|(item, _)| item.clone()).collect()),
            named => {
                named.split([',', ' ']).filter(|word| !word.is_empty()).map(|word| item::find(report, word).cloned()).collect()
            }
        }
    }
}

/// What approving means for this person: their word as owner where that is missing, else a review.
fn natural(item: &ItemReport, handle: &Handle, policy: &crate::model::policy::Policy) -> SignVerdict {
    let owns = policy.is_owner(handle, item.owner.as_ref());
    let owner_word_missing = item.needs.iter().any(|need| need.what == NeedKind::OwnerWord);
    let review_missing = item.needs.iter().any(|need| need.what == NeedKind::Review && need.candidates.contains(handle));
    if owns && (owner_word_missing || !review_missing) { SignVerdict::Done } else { SignVerdict::Approve }
}

/// Lists the items that wait for somebody and are due, each with what their signature would count as.
fn waiting<'a>(report: &'a Report, handle: &Handle) -> Vec<(&'a ItemReport, &'static str)> {
    waiting::sign_offs(report, handle).into_iter().map(|(item, what)| (item, waiting::counts_as(what))).collect()
}

/// What waits for somebody, and what their signature on each would count as.
type Waiting<'a> = Vec<(&'a ItemReport, &'static str)>;

/// Lists what waits for somebody but for what they have to name: what they called partly done themselves, since nobody takes that
/// back in passing, and what names an owner whom the policy does not know, since nobody speaks for others in passing either.
fn in_passing<'a>(app: &App, ready: &'a Ready<'_>, handle: &Handle) -> Outcome<Waiting<'a>> {
    let waiting = waiting::sign_offs(&ready.report, handle);
    let is_unowned = |item: &ItemReport, what| what == NeedKind::OwnerWord && item.owner.is_none();
    let unknown = match waiting.iter().any(|(item, what)| is_unowned(item, *what)) {
        true => owners::unknown(ready)?,
        false => BTreeSet::new(),
    };
    let mut found = Vec::new();
    for (item, what) in waiting {
        let own = item.sign_offs.iter().rfind(|said| said.signer.person() == Some(handle) && said.counts);
        let left_out = if own.is_some_and(|last| last.verdict == SignVerdict::Partial) {
            "you have signed it as partly done"
        } else if is_unowned(item, what) && unknown.contains(&item.id) {
            "its owner is not in the policy"
        } else {
            found.push((item, waiting::counts_as(what)));
            continue;
        };
        app.ui.say(format!("left out: {} · {left_out}; name it to sign it as done", item.id));
    }
    Ok(found)
}
