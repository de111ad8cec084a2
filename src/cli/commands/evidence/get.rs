//! `relsign evidence get`.

use std::path::PathBuf;

use base64ct::{Base64, Encoding as _};

use crate::cli::app::App;
use crate::cli::commands::{delivery, selector};
use crate::cli::json;
use crate::cli::sharing::Fetching;
use crate::model::ids::TagName;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::evidence::{self, Found};
use crate::ops::share::Sharing;
use crate::ops::write::evidence::{is_text, without_salt};
use crate::report::json::evidence::EvidencePieceJson;
use crate::report::{safe, words};

/// Print a piece of evidence, after checking its digest
///
/// Evidence that is not here is fetched. For a private note, the text is printed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (optional), then the beginning of a digest or of a record's id, or an item
    #[arg(required = true, num_args = 1..=2, value_name = "TAG DIGEST|RECORD|ITEM")]
    words: Vec<String>,
    /// Write it to this file, which must be new
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Keep the salt in front of a private note's text, which the digest covers
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    fetching: Fetching,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.trusted()?;
        let (tag, rest) = selector::tag_and_rest(&self.words, 1);
        let [named] = rest else { return Err(Failure::usage("a digest, a record or an item is needed")) };
        let tag = tag.map(TagName::from_user).transpose()?;
        let found = evidence::find(app, &repository, &trusted, tag.as_ref(), named)?;
        let bytes = found.bytes(app, &repository, &trusted, &Sharing::from(&self.fetching))?;
        let salted = !self.raw && found.entries.iter().any(|(entry, _)| entry.salted);
        let bytes = if salted { without_salt(&bytes).unwrap_or_default() } else { &bytes };
        self.hand_out(app, bytes, &found)
    }

    fn hand_out(&self, app: &App, bytes: &[u8], found: &Found) -> Outcome {
        let digest = found.digest;
        let piece = |text, base64, file| EvidencePieceJson {
            sha256: digest,
            name: found.entries.iter().find_map(|(entry, _)| entry.name.clone()),
            size: bytes.len() as u64,
            text,
            base64,
            file,
        };
        if let Some(file) = &self.output {
            delivery::write_new(app, file, bytes)?;
            let size = words::count(bytes.len() as u64, "byte");
            if app.globals.json {
                json::print(app, &piece(None, None, Some(file.display().to_string())))?;
            }
            app.ui.say(format!("wrote {} to {}, sha256 {digest}", size, file.display()));
            return Ok(Exit::Yes);
        }
        if app.globals.json {
            let text = std::str::from_utf8(bytes).ok().map(str::to_owned);
            let base64 = text.is_none().then(|| Base64::encode_string(bytes));
            return json::answer(app, &piece(text, base64, None));
        }
        if !app.ui.shows_output() {
            app.ui.bytes(bytes)?;
            return Ok(Exit::Yes);
        }
        let text = std::str::from_utf8(bytes).ok().filter(|_| is_text(bytes));
        let Some(text) = text else {
            return Err(Failure::usage(format!("{} is not text, so it is not printed to a terminal", found.name()))
                .suggest("write it to a file", format!("relsign evidence get {} -o FILE", digest.short())));
        };
        for line in safe::lines(text) {
            app.ui.line(line)?;
        }
        Ok(Exit::Yes)
    }
}
