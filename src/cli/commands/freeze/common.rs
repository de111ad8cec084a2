//! What the commands about freezes have in common.

use crate::cli::app::App;
use crate::evaluate::freeze::{Freezes, Span};
use crate::git::Repository;
use crate::model::address::full_ref;
use crate::model::ids::RefName;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::freezes;
use crate::ops::workspace::Workspace;

/// Returns the span from now to the time that was named, or by default for so many seconds.
pub(super) fn ahead(app: &App, until: Option<&str>, seconds: i64) -> Outcome<Span> {
    let to = until.map_or_else(|| Ok(app.now.plus(seconds)), |text| app.time(text))?;
    if to <= app.now {
        return Err(Failure::usage("--until is in the past").hint("give a future time, such as 30d"));
    }
    Ok(Span { from: app.now, to })
}

/// What is known of freezes in a repository.
pub(super) struct Known {
    pub(super) repository: Repository,
    pub(super) trusted: Workspace,
    pub(super) freezes: Freezes,
}

impl Known {
    /// Loads the freezes that touch a span, as of now, and remembers what the root log holds.
    pub(super) fn load(app: &App, span: Span) -> Outcome<Self> {
        let (repository, trusted) = app.trusted()?;
        let freezes = freezes::known(&repository, &trusted, app.now, span)?;
        Ok(Self { repository, trusted, freezes })
    }

    /// Warns of everything that was noticed, and gives the exit code: 4 where it can't be told what is frozen.
    pub(super) fn warn(&self, app: &App) -> Exit {
        for finding in self.freezes.unknown.iter().chain(&self.freezes.findings) {
            app.ui.warn(format!("{}: {}", finding.code, finding.seen));
        }
        if self.freezes.unknown.is_empty() { Exit::Yes } else { Exit::CannotDecide }
    }
}

/// Reads a ref as people name one, or takes the branch that is checked out.
pub(super) fn ref_or_branch(repository: &Repository, named: Option<&str>) -> Outcome<RefName> {
    match named {
        Some(named) => Ok(full_ref(named).parse()?),
        None => match repository.head_branch()? {
            Some(branch) => Ok(full_ref(&branch).parse()?),
            None => Err(Failure::usage("no branch is checked out").hint("name the ref: --ref main")),
        },
    }
}
