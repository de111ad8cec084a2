//! `relsign log`.

use super::item;
use super::json::{self, LogJson};
use crate::cli::app::App;
use crate::cli::error::{Exit, Outcome};
use crate::cli::{release, trust};
use crate::report::{safe, words};

/// Show every record of a release, or of one item, oldest first
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (may be left out where one release is open), then an item
    #[arg(num_args = 0..=2, value_name = "TAG ITEM")]
    words: Vec<String>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let trusted = trust::load(&repository, None)?;
        let (tag, rest) = item::split_tag(&repository, &self.words)?;
        let tag = release::tag_or_open_one(app, &repository, &trusted, tag.as_deref())?;
        let report = release::load(&repository, &trusted, &tag, app.now, None)?.report();
        let only = rest.first().map(|named| item::find(&report, named)).transpose()?.map(|item| item.id.clone());
        let records: Vec<_> = report.records.iter().filter(|record| only.is_none() || record.item == only).cloned().collect();
        if app.globals.json {
            json::print(app, &LogJson { format: "relsign-log-v1", tag, records, findings: report.findings })?;
            return Ok(Exit::Yes);
        }
        for record in &records {
            let time = words::local_time(record.time, &app.zone);
            app.ui.line(format!(
                "{}  {time}  {:<12} {}",
                record.id.short(),
                record.signer.to_string(),
                safe::line(&record.says)
            ))?;
        }
        let unread = report.lines.saturating_sub(report.records.len() as u64);
        if unread > 0 {
            app.ui.warn(format!(
                "{} of this tag {} not valid; why: relsign verify {}",
                words::count(unread, "line"),
                if unread == 1 { "is" } else { "are" },
                tag.short()
            ));
        }
        Ok(Exit::Yes)
    }
}
