//! `relsign report`.

use std::path::PathBuf;

use clap::ValueEnum;

use super::selector::Question;
use crate::cli::app::App;
use crate::git::files;
use crate::model::secrets::without_secrets;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::exceptions;
use crate::report::style::Style;
use crate::report::terminal;

/// The renderings of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For the terminal.
    Terminal,
    /// The dossier as Markdown.
    Markdown,
    /// JSON (schemas/report.schema.json).
    Json,
    /// The dossier as one HTML page that prints well.
    Html,
}

/// Write the go/no-go report of a release: for the terminal, as Markdown, as HTML or as JSON
///
/// The same repository, pin, program version and --as-of give the same bytes.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    question: Question,
    /// The rendering, instead of the one that the name of the file ends with
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Write it to this file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Trust this root instead of the pinned one
    #[arg(long, value_name = "SHA256:…")]
    root: Option<String>,
}

impl Args {
    /// Returns the rendering that was asked for, also by the name of the file.
    fn format(&self, json: bool) -> Format {
        let ending = self.output.as_ref().and_then(|file| file.extension()?.to_str()).map(str::to_ascii_lowercase);
        self.format.unwrap_or(match ending.as_deref() {
            Some("html" | "htm") => Format::Html,
            Some("md" | "markdown") => Format::Markdown,
            Some("json") => Format::Json,
            _ if json => Format::Json,
            _ => Format::Terminal,
        })
    }

    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.trusted_under(self.root.as_deref())?;
        let loaded = self.question.load(app, &repository, &trusted)?;
        let mut report = loaded.report();
        let reading = app.reading("reading the freezes");
        exceptions::tell(&repository, &trusted, &loaded, &mut report)?;
        drop(reading);
        let format = self.format(app.globals.json);
        // A file is for others: no colours, and every time in UTC.
        let style = if self.output.is_some() { Style::plain() } else { app.style() };
        let text = match format {
            Format::Terminal => terminal::report(&report, &style),
            Format::Markdown => crate::report::markdown::report(&report),
            Format::Html => crate::report::html::report(&report),
            Format::Json => crate::report::json::to_json(&report)
                .map_err(|error| Failure::internal("the report has no JSON form").because(error))?,
        };
        match &self.output {
            None if format == Format::Terminal => app.page(&repository, &text)?,
            None => app.ui.data(&text)?,
            Some(file) => {
                let path = app.path(file);
                files::write_out(&path, without_secrets(&text).as_bytes()).map_err(Failure::cannot("write", file))?;
                app.ui.say(format!("wrote {}", file.display()));
            }
        }
        Ok(Exit::Yes)
    }
}
