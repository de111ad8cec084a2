//! What commands that report on a release have in common: which one, where to, and as of when.

use crate::cli::app::App;
use crate::git::Repository;
use crate::model::ids::{Environment, TagName};
use crate::model::time::Timestamp;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::release::Loaded;
use crate::ops::load::releases;
use crate::ops::workspace::Workspace;

/// Which release is asked about, and under what.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Question {
    /// The tag (may be left out where one release is open)
    pub tag: Option<String>,
    #[command(flatten)]
    pub terms: Terms,
}

/// Where a release is to go.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Place {
    /// Where it is to go, if it was opened for several environments
    #[arg(long, value_name = "ENVIRONMENT")]
    pub env: Option<String>,
}

/// Where a release is to go, and as of when it is judged.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Terms {
    #[command(flatten)]
    pub place: Place,
    /// Judge as of this time instead of now
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
}

impl Question {
    /// Loads the release that is asked about.
    pub fn load<'a>(&self, app: &App, repository: &Repository, trusted: &'a Workspace) -> Outcome<Loaded<'a>> {
        let tag = releases::tag_or_open_one(app, repository, trusted, self.tag.as_deref())?;
        self.terms.load(app, repository, trusted, &tag)
    }
}

impl Terms {
    /// Loads a release under these terms; one that goes to several places must be asked about for one of them.
    pub fn load<'a>(&self, app: &App, repository: &Repository, trusted: &'a Workspace, tag: &TagName) -> Outcome<Loaded<'a>> {
        let as_of = self.as_of.as_deref().map_or(Ok(app.now), |text| app.time(text))?;
        self.place.load(repository, trusted, tag, as_of)
    }
}

impl Place {
    /// Gives the environment that was named.
    ///
    /// # Errors
    /// If its name is none that an environment can have.
    pub fn environment(&self) -> Outcome<Option<Environment>> {
        Ok(self.env.as_deref().map(str::parse::<Environment>).transpose()?)
    }

    /// Loads a release that is to go there; one that goes to several places must be asked about for one of them.
    ///
    /// # Errors
    /// If it goes to several and none was named, or it can't be loaded.
    pub fn load<'a>(
        &self,
        repository: &Repository,
        trusted: &'a Workspace,
        tag: &TagName,
        as_of: Timestamp,
    ) -> Outcome<Loaded<'a>> {
        let environment = self.environment()?;
        let is_named = environment.is_some();
        let loaded = releases::load(repository, trusted, tag, as_of, environment)?;
        let known = loaded.environments();
        if !is_named && known.len() > 1 {
            let names: Vec<_> = known.iter().map(Environment::as_str).collect();
            return Err(Failure::usage(format!("{} was opened for several environments: {}", tag.short(), names.join(", ")))
                .hint("say which with --env"));
        }
        Ok(loaded)
    }
}

/// Splits the words of a call into the tag, which may be left out, and the `rest` that must be there.
pub fn tag_and_rest(words: &[String], rest: usize) -> (Option<&str>, &[String]) {
    let (tag, rest) = words.split_at(words.len().saturating_sub(rest));
    (tag.first().map(String::as_str), rest)
}
