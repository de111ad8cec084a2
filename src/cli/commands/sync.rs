//! `relsign sync`.

mod repair;

use std::collections::BTreeSet;

use crate::cli::app::App;
use crate::cli::json::{self, LeftOutJson, SyncJson};
use crate::git::Repository;
use crate::git::sync::{PolicySync, Share, SyncOutcome, side_ref};
use crate::model::finding::Code;
use crate::model::ids::RecordId;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::hooks::check::warn_if_lost;
use crate::ops::load::releases;
use crate::ops::push::left_out::LeftOut;
use crate::ops::share::elsewhere;
use crate::ops::share::{self, Exchange, Way};
use crate::ops::trust;
use crate::ops::unwitnessed;
use crate::ops::workspace::Workspace;
use crate::report::words;

/// How many lines that are not shared are told one by one.
const MOST_TOLD: usize = 5;

/// Fetch others' records and share yours
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The remote; by default `relsign.remote` in git's configuration, else origin
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    remote: Option<String>,
    /// Fetch and show what would be shared, but push nothing
    #[arg(long)]
    dry_run: bool,
    /// First rebuild the local records from wherever they still are, after damage to their ref or its objects
    #[arg(long)]
    repair: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let remote = match &self.remote {
            Some(remote) => Some(remote.clone()),
            None => repository.sharing_remote()?,
        };
        let lost = if self.repair { repair::run(app, &repository, remote.as_deref(), self.dry_run)? } else { BTreeSet::new() };
        let mut whole = if lost.is_empty() { Exit::Yes } else { Exit::CannotDecide };
        let Some(remote) = remote else {
            if !self.repair {
                return Err(Failure::usage("there is no remote to share with")
                    .suggest("add one", "git remote add origin URL")
                    .suggest("or name one", "relsign sync URL"));
            }
            if app.globals.json {
                json::print(app, &SyncJson::without_remote(lost.into_iter().collect()))?;
            }
            return Ok(whole);
        };
        let tags = releases::opened_tags(&repository)?;
        let Exchange { outcome, left_out } =
            share::exchange(app, &repository, &remote, &tags, if self.dry_run { Way::Fetch } else { Way::Push })?;
        let wrong = match Workspace::load(&repository, None) {
            Ok(trusted) => {
                // What this clone has just sent has no receipt here yet.
                let there = match outcome.notes_there {
                    None if outcome.share != Share::Pushed => repository.resolve(&side_ref(&remote, "notes"))?,
                    before => before,
                };
                unwitnessed::keep(app, &repository, &trusted, &remote, there)?;
                unwitnessed::tell(app, &repository, &trusted, app.now)?;
                elsewhere::wrong(app, &repository, &trusted, &remote, &tags)?
            }
            // Where no policy can be trusted, nobody is known to have opened anything.
            Err(_) => Vec::new(),
        };
        let unshared = repository.count_unshared(&remote)?;
        if app.globals.json {
            json::print(app, &self.json(&repository, &remote, (&outcome, &left_out), (unshared, &lost))?)?;
        } else {
            app.ui.line(format!("{remote}: {}", self.counts(&outcome, unshared)))?;
        }
        for deleted in wrong.iter().filter(|finding| finding.code == Code::TagDeleted) {
            app.ui.warn(deleted.message());
        }
        if !wrong.is_empty() {
            whole = Exit::Invalid;
        }
        if outcome.vanished > 0 {
            app.ui.warn(format!(
                "{} that {remote} had before {} missing there; they are kept here{}",
                words::count(outcome.vanished as u64, "record"),
                if outcome.vanished == 1 { "is" } else { "are" },
                if outcome.share == Share::Pushed { " and were shared again" } else { "" }
            ));
        }
        warn_if_lost(app, &repository);
        tell_policy(app, &repository, &remote, outcome.policy);
        tell_left_out(app, &remote, &left_out);
        if let Share::Failed(error) = outcome.share {
            let failure: Failure = error.into();
            let message = format!("what was signed here is NOT shared with {remote}: {failure}");
            return Err(Failure { causes: failure.causes, ..Failure::internal(message) }
                .suggest("nothing is lost; try again", share::command_that_shares(&repository, &remote)));
        }
        Ok(whole)
    }

    fn json(
        &self,
        repository: &Repository,
        remote: &str,
        (outcome, left_out): (&SyncOutcome, &[LeftOut]),
        (unshared, lost): (usize, &BTreeSet<RecordId>),
    ) -> Outcome<SyncJson> {
        Ok(SyncJson {
            remote: Some(remote.to_owned()),
            came: outcome.came as u64,
            evidence_came: outcome.evidence_came as u64,
            signatures_came: outcome.signatures_came as u64,
            went: outcome.went as u64,
            would_go: self.dry_run.then_some(unshared as u64),
            vanished: outcome.vanished as u64,
            pushes: outcome.pushes,
            new_tags: outcome.new_tags.clone(),
            moved_tags: outcome.moved_tags.clone(),
            restored_tags: elsewhere::restored(repository, outcome, trust::pinned(repository)?)?,
            shared: matches!(outcome.share, Share::Pushed | Share::Nothing) && left_out.is_empty(),
            left_out: left_out.iter().map(left_out_json).collect(),
            lost: lost.iter().copied().collect(),
        })
    }

    /// Explains how much came and went.
    fn counts(&self, outcome: &SyncOutcome, unshared: usize) -> String {
        let (goes, how) = if self.dry_run { (unshared, "would be sent") } else { (outcome.went, "sent") };
        let records = |count: usize| words::count(count as u64, "record");
        let mut parts = vec![format!("{} received", records(outcome.came)), format!("{} {how}", records(goes))];
        if outcome.evidence_came > 0 {
            let came = outcome.evidence_came as u64;
            parts.push(words::plural(came, "piece of evidence received", "pieces of evidence received"));
        }
        if outcome.signatures_came > 0 {
            parts.push(format!("{} on the policy received", words::count(outcome.signatures_came as u64, "signature")));
        }
        if !outcome.new_tags.is_empty() {
            parts.push(format!("new tags: {}", words::and(outcome.new_tags.iter().map(|tag| tag.short()))));
        }
        parts.join(", ")
    }
}

fn left_out_json(left: &LeftOut) -> LeftOutJson {
    LeftOutJson {
        record: left.record,
        code: left.refusal.code(),
        message: left.refusal.to_string(),
        sign_again: left.can_be_signed_again(),
    }
}

/// Names the lines that were not shared, and the records among them that can be signed again.
fn tell_left_out(app: &App, remote: &str, left_out: &[LeftOut]) {
    let mut causes: Vec<_> = left_out.iter().collect();
    causes.sort_by_key(|left| left.can_be_signed_again());
    for left in causes.iter().take(MOST_TOLD) {
        app.ui.warn(format!("not shared with {remote}: {} [{}]", left.refusal, left.refusal.code()));
    }
    if causes.len() > MOST_TOLD {
        app.ui.warn(format!("and {} not shared", words::count((causes.len() - MOST_TOLD) as u64, "more line")));
    }
    let again = causes.iter().filter(|left| left.can_be_signed_again()).filter_map(|left| left.record);
    let again: Vec<String> = again.map(|id| id.short()).collect();
    if !again.is_empty() {
        app.ui.warn(format!("to be signed again by whoever signed them: {}", words::and(again)));
    }
}

/// Describes what became of the policy.
fn tell_policy(app: &App, repository: &Repository, remote: &str, policy: PolicySync) {
    match policy {
        PolicySync::Forwarded { .. } => match Workspace::load(repository, None) {
            Ok(trusted) => app.ui.say(format!("the policy is now version {}", trusted.chain.head().version)),
            Err(failure) => app.ui.warn(format!("a policy was received and is not trusted yet: {}", failure)),
        },
        PolicySync::Fork { .. } => app.ui.warn(format!("the policy of {remote} differs from the one here; nothing was changed")),
        _ => {}
    }
}
