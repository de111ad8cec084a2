//! `relsign waive`.

use super::course::{self, Call, one_of};
use super::delivery;
use super::item;
use super::sign_off::{self, Said, Support};
use crate::cli::app::App;
use crate::cli::json::SignedRecordJson;
use crate::git::Repository;
use crate::model::denial::Denial;
use crate::model::ids::Principal;
use crate::model::policy::Right;
use crate::model::record::{Body, Sign, SignVerdict};
use crate::model::report::ItemState;
use crate::model::time::Timestamp;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::makers;
use crate::ops::write::chain::Chain;
use crate::ops::write::ready::Ready;
use crate::ops::write::sign::Draft;
use crate::ops::write::{evidence, identity, ready};
use crate::report::safe::shell_word;
use crate::report::{safe, steps, words};

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
        if self.bake || self.unknown_authors {
            let repository = app.repository()?;
            return self.beyond_items(app, &repository, expires);
        }
        if self.rest {
            return self.rest(app, expires);
        }
        sign_off::say(app, &self.words, &self.support, |report, _| {
            let over = self.over.iter().map(|text| sign_off::find_record(report, text)).collect::<Outcome<Vec<_>>>()?;
            Ok(Said { ticket: self.ticket.clone(), expires, over, ..Said::with_reason(SignVerdict::Waive, &self.reason) })
        })
    }

    /// Waives what GO still needs, but what is rejected and what the policy lets nobody waive.
    fn rest(&self, app: &App, expires: Option<Timestamp>) -> Outcome {
        let repository = app.repository()?;
        let trusted = ready::prepare(app, &repository, &self.support.delivery.sharing)?;
        let (tag, rest) = item::split_tag(&repository, &self.words)?;
        if !rest.is_empty() {
            return Err(Failure::usage("--rest cannot be combined with named items"));
        }
        let ready = sign_off::ready(app, &repository, &trusted, tag.as_deref(), &self.support.place)?;
        let open = ready.report.items.iter().filter(|item| steps::blocks_go(item)).cloned();
        let (waived, kept): (Vec<_>, Vec<_>) =
            open.partition(|item| item.state != ItemState::Rejected && item.requirements.waiver_people > 0);
        for item in &kept {
            let why = if item.state == ItemState::Rejected { "it is rejected" } else { "the policy lets nobody waive it" };
            app.ui.say(format!("left out: {} · {why}", item.id));
        }
        if waived.is_empty() {
            return Err(Failure::refused(format!("GO needs no item of {} that may be waived", ready.report.tag.short()))
                .by(Denial::NothingToSign)
                .suggest("see what blocks it", format!("relsign status {}", shell_word(ready.report.tag.short()))));
        }
        let said = || Said { ticket: self.ticket.clone(), expires, ..Said::with_reason(SignVerdict::Waive, &self.reason) };
        sign_off::sign_words(app, &ready, waived.into_iter().map(|item| (item, said())).collect(), &self.support)
    }

    /// Waives what is no item.
    fn beyond_items(&self, app: &App, repository: &Repository, expires: Option<Timestamp>) -> Outcome {
        let delivery = &self.support.delivery;
        let trusted = ready::prepare(app, repository, &delivery.sharing)?;
        let (tag, rest) = item::split_tag(repository, &self.words)?;
        let ready = course::ready(app, repository, &trusted, tag.as_deref(), &self.support.place)?;
        let who = &ready.identity.principal;
        identity::require(ready.policy(), who, Right::Waive)?;
        let needed = ready.policy().thresholds().waiver;
        if needed == 0 {
            return Err(Failure::refused("the policy lets nobody waive this").by(Denial::NoRight));
        }
        let body = Sign {
            item: None,
            bake: None,
            unknown: Vec::new(),
            verdict: SignVerdict::Waive,
            reason: Some(self.reason.clone()),
            ticket: self.ticket.clone(),
            expires,
            over: Vec::new(),
        };
        let body = if self.bake { self.bake(&ready, &rest, body)? } else { self.authors(app, repository, &ready, &rest, body)? };
        let limit = ready.trusted.policy().contents().limits.evidence_bytes;
        let pieces = evidence::gather(app, limit, &self.support.evidence, self.support.private_note.as_deref())?;
        ready.refuse_redacted(&pieces)?;
        let evidence = pieces.iter().map(|piece| piece.entry.clone()).collect();
        let people = voices(&ready, &body, who);
        let what = match &body.bake {
            Some(stage) => format!("the bake time of {stage}"),
            None => words::count_of(&body.unknown, "unknown author"),
        };
        let told = if needed == 1 { format!("waives {what}") } else { format!("waives {what}, {people} of {needed} people") };
        ready.announce(app, &told)?;
        let mut chain = Chain::new(&ready);
        let comment = self.support.note.clone();
        let id = chain.sign_draft(app, Draft { comment, evidence, ..ready.draft(Body::Sign(body))? })?;
        let after = chain.judge();
        let signed = vec![SignedRecordJson { id, item: None, counts_as: told }];
        let exit = delivery::deliver(app, &ready, (chain.into_lines(), signed), &pieces, "waiver", delivery)?;
        if self.bake {
            let call = Call::new(tag.as_deref(), &self.support.place);
            course::say_next(app, &course::next(app, ready.policy(), &after, &call));
        }
        Ok(exit)
    }

    /// Names the stage whose bake time is waived.
    fn bake(&self, ready: &Ready<'_>, rest: &[String], body: Sign) -> Outcome<Sign> {
        let stages = &ready.report.course.stages;
        let ids = stages.iter().map(|stage| stage.id.as_str());
        let [named] = rest else { return Err(Failure::usage("--bake waives the bake time of one stage").hint("name a stage")) };
        let Some(stage) = one_of(ids.clone(), named)?.and_then(|id| stages.iter().find(|stage| stage.id == id)) else {
            return Err(Failure::usage(format!("{} has no stage {named:?}", ready.report.tag.short()))
                .hint(format!("its stages: {}", words::and(ids))));
        };
        if stage.bake.is_none_or(|bake| bake == 0) {
            return Err(Failure::usage(format!("{} has no bake time", stage.id)));
        }
        Ok(Sign { bake: Some(stage.id.clone()), ..body })
    }

    /// Names every author whom the policy does not know, with their commits.
    fn authors(&self, app: &App, repository: &Repository, ready: &Ready<'_>, rest: &[String], body: Sign) -> Outcome<Sign> {
        if !rest.is_empty() {
            return Err(Failure::usage("--unknown-authors takes all of them, and no item"));
        }
        let (open, _) = ready.open()?;
        if open.implementers.unknown.is_empty() {
            return Err(Failure::refused(format!("{} has no unknown authors", ready.report.tag.short())).by(Denial::NothingToSign));
        }
        let unknown = makers::unknown_authors(repository, &ready.loaded.tag, open, ready.policy())?;
        for one in &unknown {
            app.ui.say(format!("  {} · {}", safe::line(&one.author), words::count_of(&one.commits, "commit")));
        }
        Ok(Sign { unknown, ..body })
    }
}

/// Counts the people who waive the same, with whoever signs now.
fn voices(ready: &Ready<'_>, body: &Sign, who: &Principal) -> usize {
    let same = ready.loaded.records.values().filter(|verified| match &verified.value().body {
        Body::Sign(other) => {
            other.verdict == SignVerdict::Waive && other.item.is_none() && other.bake == body.bake && other.unknown == body.unknown
        }
        _ => false,
    });
    let people: std::collections::BTreeSet<&Principal> = same.map(|verified| verified.principal()).chain([who]).collect();
    people.len()
}
