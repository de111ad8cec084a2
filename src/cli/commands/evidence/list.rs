//! `relsign evidence list`.

use crate::cli::app::App;
use crate::cli::json;
use crate::ops::error::{Exit, Outcome};
use crate::ops::load::{evidence, named};
use crate::report::json::evidence::EvidenceListJson;
use crate::report::{safe, words};

/// List the evidence of a release, and whether it is here
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (optional if one release is open)
    tag: Option<String>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.trusted()?;
        let loaded = named::load_whole(app, &repository, &trusted, (self.tag.as_deref(), None), app.now)?;
        let tag = loaded.context.tag.name.clone();
        let evidence = evidence::list(&loaded);
        if app.globals.json {
            return json::answer(app, &EvidenceListJson { tag, evidence });
        }
        if evidence.is_empty() {
            app.ui.say(format!("the records of {} cite no evidence", tag.short()));
        }
        let mut text = String::new();
        for piece in evidence {
            let digest = piece.sha256.map_or_else(|| "-".repeat(12), |digest| digest.short());
            let name = piece.name.as_ref().or(piece.uri.as_ref()).map_or_else(|| "evidence".to_owned(), |name| safe::line(name));
            let size = piece.size.map_or_else(String::new, |size| format!(", {}", words::count(size, "byte")));
            let private = if piece.private { ", private" } else { "" };
            let state = piece.state.as_str();
            let line = format!("{digest}  {name}{size}{private}, {state} · {} {}", piece.signer, safe::line(&piece.says));
            text.push_str(&safe::fit(&line, app.ui.width.max(60), "…"));
            text.push('\n');
        }
        app.page(&repository, &text)?;
        Ok(Exit::Yes)
    }
}
