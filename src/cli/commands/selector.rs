//! What commands that report on a release have in common: which one, where to, and as of when.

use std::collections::BTreeSet;

use crate::cli::app::App;
use crate::git::Repository;
use crate::model::finding::Code;
use crate::model::ids::{Environment, TagName};
use crate::model::time::Timestamp;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::release::Loaded;
use crate::ops::load::releases;
use crate::ops::workspace::Workspace;
use crate::report::safe::shell_word;
use crate::report::words;

/// How many ways to ask again are told at most.
pub const MOST_CALLS: usize = 6;

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
    /// Loads the release that is asked about.
    pub fn load<'a>(&self, app: &App, repository: &Repository, trusted: &'a Workspace) -> Outcome<Loaded<'a>> {
        let tag = releases::tag_or_open_one(app, repository, trusted, self.tag.as_deref())?;
        self.terms.load(app, repository, trusted, &tag)
    }

    /// Loads the release that is asked about, for a command whose exit code lets something out.
    pub fn load_to_go<'a>(&self, app: &App, repository: &Repository, trusted: &'a Workspace, call: &str) -> Outcome<Loaded<'a>> {
        let tag = releases::tag_or_open_one(app, repository, trusted, self.tag.as_deref())?;
        let again = |place: &Environment| format!("{call} {} --env {place}", shell_word(tag.short()));
        self.terms.load_to_go(app, repository, trusted, &tag, again)
    }
}

/// Reports that a GO for one place is none for another, and how to ask about each.
pub fn unnamed_environment(what: &str, known: &BTreeSet<Environment>, call: impl Fn(&Environment) -> String) -> Failure {
    let message = format!("{what} was opened for {}, and no environment was named", words::and(known));
    let failure = Failure::finding(Code::EnvironmentUnnamed, message);
    known.iter().take(MOST_CALLS).fold(failure, |failure, place| failure.suggest(format!("for {place}"), call(place)))
}

impl Terms {
    /// Loads a release under these terms; one that goes to several places must be asked about for one of them.
    pub fn load<'a>(&self, app: &App, repository: &Repository, trusted: &'a Workspace, tag: &TagName) -> Outcome<Loaded<'a>> {
        let _reading = app.reading(format!("reading {}", tag.short()));
        self.place.load(repository, trusted, tag, self.as_of(app)?)
    }

    /// Loads a release to say whether it may go out. Where no place is named the component's first is meant, and a release
    /// for any other is not taken for it.
    ///
    /// # Errors
    /// If it was opened for another place, or for several, and none was named.
    pub fn load_to_go<'a>(
        &self,
        app: &App,
        repository: &Repository,
        trusted: &'a Workspace,
        tag: &TagName,
        call: impl Fn(&Environment) -> String,
    ) -> Outcome<Loaded<'a>> {
        let environment = self.place.environment()?;
        let is_named = environment.is_some();
        let reading = app.reading(format!("reading {}", tag.short()));
        let loaded = releases::load(repository, trusted, tag, self.as_of(app)?, environment)?;
        drop(reading);
        let known = loaded.environments();
        let first = trusted.policy().component_for(tag).map(|component| component.first_environment());
        if !is_named && known.iter().any(|place| Some(place) != first.as_ref()) {
            return Err(unnamed_environment(tag.short(), &known, call));
        }
        Ok(loaded)
    }

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
        loaded.require_tag_read()?;
        let known = loaded.environments();
        if !is_named && known.len() > 1 {
            let names: Vec<_> = known.iter().map(Environment::as_str).collect();
            return Err(Failure::usage(format!("{} was opened for several environments: {}", tag.short(), names.join(", ")))
                .hint("name one with --env"));
        }
        Ok(loaded)
    }
}

/// Splits the words of a call into the tag, which may be left out, and the `rest` that must be there.
pub fn tag_and_rest(words: &[String], rest: usize) -> (Option<&str>, &[String]) {
    let (tag, rest) = words.split_at(words.len().saturating_sub(rest));
    (tag.first().map(String::as_str), rest)
}
