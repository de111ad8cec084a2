//! `relsign withdraw`.

use super::delivery::Delivery;
use super::freeze::withdraw;
use super::item;
use super::selector::ReleaseSelector;
use super::sign_off;
use crate::cli::app::App;
use crate::cli::commands::selector;
use crate::git::Repository;
use crate::model::denial::Denial;
use crate::model::ids::RecordId;
use crate::model::record::{Body, Withdraw};
use crate::ops::error::{Failure, Outcome};
use crate::ops::workspace::Workspace;
use crate::ops::write::ready;
use crate::ops::write::ready::Ready;
use crate::report::safe::shell_word;

/// Withdraw your latest sign-off on an item, or a record of yours by its id
///
/// Without a tag it may also be your own exception request, grant, break-glass, freeze or lift.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (optional if one release is open), then the item or record
    #[arg(required = true, num_args = 1..=2, value_name = "TAG ITEM|RECORD")]
    words: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    place: ReleaseSelector,
    #[command(flatten)]
    delivery: Delivery,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let trusted = ready::prepare(app, &repository, &self.delivery.sharing)?;
        let (tag, rest) = selector::tag_and_rest(&self.words, 1);
        let [named] = rest else { return Err(Failure::usage("an item or a record is needed")) };
        let elsewhere = match tag {
            None => withdraw::find(app, &repository, &trusted, named)?,
            Some(_) => Vec::new(),
        };
        let several =
            || Failure::usage(format!("{named:?} is the beginning of several records")).hint("write more of the one you mean");
        let found = sign_off::ready(app, &repository, &trusted, tag, &self.place)
            .and_then(|ready| find(&ready, named).map(|target| (ready, target)));
        let (ready, target) = match (found, elsewhere.as_slice()) {
            (found, []) => found?,
            (Err(_), [one]) => return self.for_all_refs(app, &repository, &trusted, *one),
            _ => return Err(several()),
        };
        let Some(record) = ready.loaded.records.get(&target) else {
            return Err(Failure::internal(format!("record {} is not in the log", target.short())));
        };
        let who = &ready.identity.principal;
        if record.principal() != who {
            return Err(Failure::refused(format!(
                "record {} is by {}, and only they can withdraw it",
                target.short(),
                record.principal()
            ))
            .by(Denial::OthersRecord)
            .suggest(
                "to object to the item instead",
                format!("relsign reject {} ITEM --reason …", shell_word(ready.report.tag.short())),
            ));
        }
        if matches!(record.value().body, Body::Withdraw(_)) {
            return Err(Failure::refused("a withdraw can't be withdrawn")
                .by(Denial::WithdrawOfWithdraw)
                .hint("sign it again instead"));
        }
        if !record.value().body.may_be_withdrawn() {
            let what = if matches!(record.value().body, Body::Close(_)) { "the end of a release" } else { "a roll-back" };
            let tag = shell_word(ready.report.tag.short());
            return Err(Failure::refused(format!("{what} is not withdrawn"))
                .by(Denial::EndNotWithdrawn)
                .suggest("a new decision takes the release up again", format!("relsign decide {tag} go")));
        }
        ready.announce(app, &format!("withdraws {}", record.value().body.summary()))?;
        let body = Body::Withdraw(Withdraw { record: target, reason: self.reason.clone() });
        sign_off::sign_one(app, &ready, body, None, format!("withdraws {}", target.short()), &self.delivery)
    }
}

impl Args {
    /// Withdraws what was said for all refs.
    fn for_all_refs(&self, app: &App, repository: &Repository, trusted: &Workspace, target: RecordId) -> Outcome {
        if self.place.env.is_some() || self.delivery.out.is_some() {
            return Err(Failure::usage(format!(
                "record {} is not about a release, so --env and --out do not apply",
                target.short()
            )));
        }
        withdraw::take_back(app, repository, trusted, (target, &self.reason), &self.delivery.sharing)
    }
}

/// Finds what is meant: my latest sign-off on an item that still stands, or a record.
fn find(ready: &Ready<'_>, named: &str) -> Outcome<RecordId> {
    let item = match item::find(&ready.report, named) {
        Ok(item) => item,
        Err(no_item) => {
            let is_id = named.chars().all(|c| c.is_ascii_hexdigit());
            return sign_off::find_record(&ready.report, named).map_err(|no_record| if is_id { no_record } else { no_item });
        }
    };
    let withdrawn = |id: &RecordId| {
        ready.loaded.records.values().any(|other| {
            matches!(&other.value().body, Body::Withdraw(body) if body.record == *id)
                && other.principal() == &ready.identity.principal
        })
    };
    let mine = item.sign_offs.iter().rev().find(|word| word.signer == ready.identity.principal && !withdrawn(&word.record));
    mine.map(|word| word.record).ok_or_else(|| {
        Failure::refused(format!("{} has no sign-off in effect on {}", ready.identity.principal, item.id))
            .by(Denial::NothingOfYours)
            .suggest("see its records", format!("relsign log {} {}", shell_word(ready.report.tag.short()), item.id))
    })
}
