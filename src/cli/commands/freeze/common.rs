//! What the commands about freezes have in common.

use crate::cli::app::App;
use crate::cli::json::{SignedJson, SignedRecordJson, print};
use crate::evaluate::freeze::{Freezes, Span};
use crate::git::Repository;
use crate::model::address::full_ref;
use crate::model::finding::Finding;
use crate::model::ids::RefName;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::freezes;
use crate::ops::share::{self, Sharing};
use crate::ops::workspace::Workspace;

/// Gives the span from now to the time that was named, or by default for so many seconds.
pub(super) fn ahead(app: &App, until: Option<&str>, seconds: i64) -> Outcome<Span> {
    let to = until.map_or_else(|| Ok(app.now.plus(seconds)), |text| app.time(text))?;
    if to <= app.now {
        return Err(Failure::usage("the time that --until names is past").hint("name one to come, such as 30d"));
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
        let repository = app.repository()?;
        let trusted = Workspace::load(&repository, None)?;
        let freezes = freezes::known(&repository, &trusted, app.now, span)?;
        Ok(Self { repository, trusted, freezes })
    }

    /// Warns of everything that was noticed, and gives the exit code: 4 where it can't be told what is frozen.
    pub(super) fn warn(&self, app: &App) -> Exit {
        for finding in self.freezes.unknown.iter().chain(&self.freezes.findings) {
            app.ui.warn(format!("{}: {}", finding.code, finding.message));
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
            None => Err(Failure::usage("no branch is checked out here").hint("name the ref that is meant: --ref main")),
        },
    }
}

/// Tells what was signed in the root log, and shares it.
pub(super) fn finish(app: &App, repository: &Repository, signed: SignedRecordJson, sharing: &Sharing) -> Outcome {
    app.ui.say(format!("signed {}", signed.id.short()));
    let asked = !sharing.no_sync && repository.sharing_remote()?.is_some();
    let shared = share::share(app, repository, sharing, &[]);
    if !app.globals.json {
        return shared;
    }
    let told = asked.then_some(shared.is_ok());
    print(app, &SignedJson { format: "relsign-signed-v1", tag: None, records: vec![signed], shared: told })?;
    match shared {
        Err(failure) => {
            // The JSON says it; a second document for the failure would only be in the way.
            app.ui.warn(failure.to_string());
            Ok(failure.exit)
        }
        Ok(exit) => Ok(exit),
    }
}

/// Refuses where it can't be told what is frozen.
pub(super) fn require_known(unknown: &[Finding]) -> Outcome<()> {
    match unknown.first() {
        None => Ok(()),
        Some(first) => Err(Failure::finding(first.code, &first.message).suggest("get what is missing", "relsign sync")),
    }
}
