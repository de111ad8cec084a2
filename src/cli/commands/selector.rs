//! What commands that report on a release have in common: which one, where to, and as of when.

use crate::cli::app::App;
use crate::git::Repository;
use crate::model::ids::Environment;
use crate::model::time::Timestamp;
use crate::ops::error::Outcome;
use crate::ops::load::release::Loaded;
use crate::ops::load::{named, releases};
use crate::ops::workspace::Workspace;
use crate::report::safe::shell_word;

/// Which release is asked about, and under what.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Question {
    /// The tag (optional if one release is open)
    pub tag: Option<String>,
    #[command(flatten)]
    pub terms: Terms,
}

/// Where a release is to go.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ReleaseSelector {
    /// The environment, if it was opened for several
    #[arg(long, value_name = "ENVIRONMENT")]
    pub env: Option<String>,
}

/// Where a release is to go, and as of when it is judged.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Terms {
    #[command(flatten)]
    pub place: ReleaseSelector,
    /// Judge as of this time instead of now
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
}

impl Question {
    /// Loads the release that is asked about; one that goes to several places must be asked about for one of them.
    pub fn load<'a>(&self, app: &App, repository: &Repository, trusted: &'a Workspace) -> Outcome<Loaded<'a>> {
        let place = self.terms.place.env.as_deref();
        named::load(app, repository, trusted, (self.tag.as_deref(), place), self.terms.as_of(app)?)
    }

    /// Loads the release that is asked about, for a command whose exit code lets something out.
    pub fn load_to_go<'a>(&self, app: &App, repository: &Repository, trusted: &'a Workspace, call: &str) -> Outcome<Loaded<'a>> {
        let tag = releases::tag_or_open_one(app, repository, trusted, self.tag.as_deref())?;
        let again = |place: &Environment| format!("{call} {} --env {place}", shell_word(tag.short()));
        let place = self.terms.place.environment()?;
        let loaded = named::load_to_go((app, repository), trusted, (&tag, self.terms.as_of(app)?), place, &again)?;
        named::require_known(repository, &loaded)?;
        Ok(loaded)
    }
}

impl Terms {
    /// Returns the clock of the question.
    pub fn as_of(&self, app: &App) -> Outcome<Timestamp> {
        self.as_of.as_deref().map_or(Ok(app.now), |text| app.time(text))
    }
}

impl ReleaseSelector {
    /// Returns the environment that was named.
    ///
    /// # Errors
    /// If its name is none that an environment can have.
    pub fn environment(&self) -> Outcome<Option<Environment>> {
        Ok(self.env.as_deref().map(str::parse::<Environment>).transpose()?)
    }
}

/// Splits the words of a call into the tag, which may be left out, and the `rest` that must be there.
pub fn tag_and_rest(words: &[String], rest: usize) -> (Option<&str>, &[String]) {
    let (tag, rest) = words.split_at(words.len().saturating_sub(rest));
    (tag.first().map(String::as_str), rest)
}
