//! `relsign waive`.

use super::course::{self, Call};
use super::delivery;
use super::sign_off::{self, Support};
use crate::cli::app::App;
use crate::cli::json::SignedRecordJson;
use crate::model::denial::Denial;
use crate::model::policy::Right;
use crate::model::record::{Body, Sign, SignVerdict};
use crate::model::report::ItemState;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::{find, items};
use crate::ops::write::chain::Chain;
use crate::ops::write::ready::Ready;
use crate::ops::write::sign::Draft;
use crate::ops::write::{identity, waive};
use crate::report::safe::shell_word;
use crate::report::{steps, words};

/// Let a release go out without an item, for a reason that every report shows
///
/// A stage's bake time is waived with --bake, and with --unknown-authors the commits of people whom the policy does not know
/// are accepted, for this release and as they are now.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (optional if one release is open), then the items
    ///
    /// Items are ids, beginnings of ids, numbers, ranges such as 1-6, headings, or @STAGE. With --bake it is a stage.
    #[arg(required_unless_present_any = ["unknown_authors", "rest"], value_name = "TAG ITEM")]
    words: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The follow-up ticket
    #[arg(long, value_name = "ID")]
    ticket: Option<String>,
    /// When it ends: a time, a date, or a span such as 2d
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
    /// Set this reject aside
    ///
    /// It takes two people other than its author.
    #[arg(long, value_name = "RECORD", conflicts_with_all = ["bake", "unknown_authors"])]
    over: Vec<String>,
    /// Waive every item that GO still needs
    ///
    /// Those that may not be waived are left out. It is meant for a hotfix at night.
    #[arg(long, conflicts_with_all = ["over", "bake", "unknown_authors"])]
    rest: bool,
    /// Waive the rest of the bake time of a stage
    #[arg(long, conflicts_with = "unknown_authors")]
    bake: bool,
    /// Accept authors whom the policy does not know
    ///
    /// They are accepted for this release, as they are now.
    #[arg(long)]
    unknown_authors: bool,
    #[command(flatten)]
    support: Support,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let expires = self.expires.as_deref().map(|text| app.time(text)).transpose()?;
        let said = Sign { reason: Some(self.reason.clone()), ticket: self.ticket.clone(), expires, ..Sign::of(SignVerdict::Waive) };
        if self.bake || self.unknown_authors {
            return self.beyond_items(app, said);
        }
        if self.rest {
            return self.rest(app, &said);
        }
        sign_off::say(app, &self.words, &self.support, |report| {
            let over = self.over.iter().map(|text| find::record(report, text)).collect::<Outcome<Vec<_>>>()?;
            Ok(Sign { over, ..said.clone() })
        })
    }

    /// Waives what GO still needs, but what is rejected and what the policy lets nobody waive.
    fn rest(&self, app: &App, said: &Sign) -> Outcome {
        let (repository, trusted) = app.prepared(&self.support.delivery.sharing)?;
        let (tag, rest) = items::split_tag(&repository, &self.words)?;
        if !rest.is_empty() {
            return Err(Failure::usage("--rest cannot be combined with named items"));
        }
        let ready = Ready::load(app, &repository, &trusted, tag.as_deref(), self.support.delivery.place.env.as_deref())?;
        let mut waived = Vec::new();
        for item in ready.report.items.iter().filter(|item| steps::blocks_go(item)) {
            let why = match (item.state, item.requirements.waiver_people) {
                (ItemState::Rejected, _) => "it is rejected",
                (_, 0) => "the policy lets nobody waive it",
                _ => {
                    waived.push((said.clone(), item.clone()));
                    continue;
                }
            };
            app.ui.say(format!("left out: {} · {why}", item.id));
        }
        if waived.is_empty() {
            return Err(Failure::refused(format!("GO needs no item of {} that may be waived", ready.report.tag.short()))
                .by(Denial::NothingToSign)
                .suggest("see what blocks it", format!("relsign status {}", shell_word(ready.report.tag.short()))));
        }
        sign_off::sign_words(app, &ready, waived, &self.support)
    }

    /// Waives what is no item.
    fn beyond_items(&self, app: &App, said: Sign) -> Outcome {
        let support = &self.support;
        let (repository, trusted) = app.prepared(&support.delivery.sharing)?;
        let (tag, rest) = items::split_tag(&repository, &self.words)?;
        let ready = course::ready(app, &repository, &trusted, tag.as_deref(), support.delivery.place.env.as_deref())?;
        let who = &ready.identity.principal;
        identity::require(ready.policy(), who, Right::Waive)?;
        let needed = ready.policy().thresholds().waiver;
        if needed == 0 {
            return Err(Failure::refused("the policy lets nobody waive this").by(Denial::NoRight));
        }
        let said = match self.bake {
            true => Sign { bake: Some(waive::bake(&ready.report, &rest)?), ..said },
            false => Sign { unknown: waive::authors(app, &ready, &rest)?, ..said },
        };
        let (pieces, evidence) = support.gather(app, &ready)?;
        let what = match &said.bake {
            Some(stage) => format!("the bake time of {stage}"),
            None => words::count_of(&said.unknown, "unknown author"),
        };
        let people = waive::voices(&ready, &said);
        let told = if needed == 1 { format!("waives {what}") } else { format!("waives {what}, {people} of {needed} people") };
        ready.announce(app, &told)?;
        let mut chain = Chain::new(&ready);
        let comment = support.note.clone();
        let id = chain.sign_draft(app, Draft { comment, evidence, ..ready.draft(Body::Sign(said))? })?;
        let after = chain.judge();
        let signed = vec![SignedRecordJson { id, item: None, counts_as: told }];
        let exit = delivery::deliver(app, &ready, (chain.into_lines(), signed), &pieces, "waiver", &support.delivery)?;
        if self.bake {
            let call = Call::new(tag.as_deref(), support.delivery.place.env.as_deref());
            course::say_next(app, &course::next(app, ready.policy(), &after, &call));
        }
        Ok(exit)
    }
}
