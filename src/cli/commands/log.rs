//! `relsign log`.

use super::selector::ReleaseSelector;
use crate::cli::app::App;
use crate::cli::json::{self, LogJson};
use crate::model::ids::RecordId;
use crate::model::record::Body;
use crate::model::report::RecordReport;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::{items, named, release};
use crate::report::safe::shell_word;
use crate::report::{terminal, words};

/// Show every record of a release, or of one item, oldest first
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (optional if one release is open), then an item
    #[arg(num_args = 0..=2, value_name = "TAG ITEM")]
    words: Vec<String>,
    #[command(flatten)]
    place: ReleaseSelector,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.trusted()?;
        let (tag, rest) = items::split_tag(&repository, &self.words)?;
        let loaded = named::load_whole(app, &repository, &trusted, (tag.as_deref(), self.place.env.as_deref()), app.now)?;
        let tag = loaded.context.tag.name.clone();
        let reports = loaded.reports();
        let Some(report) = reports.first().cloned() else { return Err(Failure::internal("the release has no report")) };
        let only = rest.first().map(|named| items::find_in(&reports, named)).transpose()?.map(|item| item.id.clone());
        // Where an environment is named, what was said of the others is left out.
        let open = match &self.place.env {
            Some(_) => Some(release::require_release(&report, &loaded.tag.facts)?.open),
            None => None,
        };
        let is_asked_for = |id: &RecordId| {
            let speaks_of = loaded.records.get(id).and_then(|verified| verified.open);
            open.is_none_or(|open| *id == open || speaks_of == Some(open))
        };
        // What takes a word on an item back is about the item too.
        let body_of = |id: &RecordId| loaded.records.get(id).map(|verified| &verified.body);
        let item_of = |record: &RecordReport| match body_of(&record.id) {
            Some(Body::Withdraw(withdraw)) => {
                report.records.iter().find(|other| other.id == withdraw.record).and_then(|other| other.item.clone())
            }
            _ => record.item.clone(),
        };
        let records =
            report.records.iter().filter(|record| is_asked_for(&record.id) && (only.is_none() || item_of(record) == only));
        let records: Vec<_> = records.cloned().collect();
        if app.globals.json {
            return json::answer(app, &LogJson { tag, records, findings: report.findings });
        }
        let reasons = |id: &RecordId| body_of(id).and_then(Body::reason).map(str::to_owned);
        let shown = records.iter().collect::<Vec<_>>();
        app.page(&repository, &terminal::log(&reports, &shown, &reasons, &app.style()))?;
        let unread = report.lines.saturating_sub(report.records.len() as u64);
        if unread > 0 {
            let are = if unread == 1 { "is" } else { "are" };
            app.ui.warn(crate::model::advice::Advice::run(
                format!("{} of this tag {are} not valid; why", words::count(unread, "line")),
                format!("relsign verify {}", shell_word(tag.short())),
            ));
        }
        Ok(Exit::Yes)
    }
}
