//! What commands that report on a release have in common: which one, where to, and as of when.

use crate::cli::app::App;
use crate::cli::error::{Failure, Outcome};
use crate::cli::release::{self, Loaded};
use crate::cli::releases;
use crate::cli::trust::Trusted;
use crate::git::Repository;
use crate::model::ids::{Environment, TagName};

/// Which release is asked about, and under what.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Question {
    /// The tag (may be left out where one release is open)
    pub tag: Option<String>,
    #[command(flatten)]
    pub terms: Terms,
}

/// Where a release is to go, and as of when it is judged.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Terms {
    /// Where it is to go, if it was opened for several environments
    #[arg(long, value_name = "ENVIRONMENT")]
    pub env: Option<String>,
    /// Judge as of this time instead of now
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
}

impl Question {
    /// Loads the release that is asked about.
    pub fn load<'a>(&self, app: &App, repository: &Repository, trusted: &'a Trusted) -> Outcome<Loaded<'a>> {
        let tag = releases::tag_or_open_one(app, repository, trusted, self.tag.as_deref())?;
        self.terms.load(app, repository, trusted, &tag)
    }
}

impl Terms {
    /// Loads a release under these terms; one that goes to several places must be asked about for one of them.
    pub fn load<'a>(&self, app: &App, repository: &Repository, trusted: &'a Trusted, tag: &TagName) -> Outcome<Loaded<'a>> {
        let as_of = self.as_of.as_deref().map_or(Ok(app.now), |text| app.time(text))?;
        let environment = self.env.as_deref().map(str::parse::<Environment>).transpose()?;
        let is_named = environment.is_some();
        let loaded = release::load(repository, trusted, tag, as_of, environment)?;
        if !is_named {
            let known = crate::evaluate::environments(&loaded.context, &loaded.records);
            if known.len() > 1 {
                let names: Vec<_> = known.iter().map(Environment::as_str).collect();
                return Err(Failure::usage(format!("{} was opened for several environments: {}", tag.short(), names.join(", ")))
                    .hint("say which with --env"));
            }
        }
        Ok(loaded)
    }
}
