//! `relsign freeze`: what is frozen and what will be, and who lets something through.

mod approve;
mod break_glass;
mod calendar;
mod change;
mod check;
mod exceptions;
mod export;
mod lift;
mod list;
mod request;
mod start;
pub(crate) mod withdraw;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::json::{SignedJson, SignedRecordJson, print};
use crate::evaluate::freeze::{self, Freeze, Freezes, Source, Span};
use crate::evaluate::root_log::RootLog;
use crate::git::{NOTES_REF, Repository};
use crate::model::finding::Finding;
use crate::model::ids::RefName;
use crate::model::time::Timestamp;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::root_log::LoadedRootLog;
use crate::ops::load::{freezes, root_log};
use crate::ops::share::{self, Sharing};
use crate::ops::trust::{self, Trusted};

/// How far is looked ahead where nothing is said, in seconds: a window that comes every year has its next time within it,
/// whatever day today is.
const AHEAD: i64 = 400 * 86_400;

/// See what is frozen, and freeze or let through
#[derive(Debug, Subcommand)]
pub enum Commands {
    List(list::Args),
    Check(check::Args),
    Calendar(calendar::Args),
    Export(export::Args),
    Start(start::Args),
    Lift(lift::Args),
    Request(request::Args),
    Approve(approve::Args),
    BreakGlass(break_glass::Args),
    Exceptions(exceptions::Args),
}

impl Commands {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        match self {
            Self::List(args) => args.run(app),
            Self::Check(args) => args.run(app),
            Self::Calendar(args) => args.run(app),
            Self::Export(args) => args.run(app),
            Self::Start(args) => args.run(app),
            Self::Lift(args) => args.run(app),
            Self::Request(args) => args.run(app),
            Self::Approve(args) => args.run(app),
            Self::BreakGlass(args) => args.run(app),
            Self::Exceptions(args) => args.run(app),
        }
    }
}

/// Gives the span from now to the time that was named, or by default for so many seconds.
fn ahead(app: &App, until: Option<&str>, seconds: i64) -> Outcome<Span> {
    let to = until.map_or_else(|| Ok(app.now.plus(seconds)), |text| app.time(text))?;
    if to <= app.now {
        return Err(Failure::usage("the time that --until names is past").hint("name one to come, such as 30d"));
    }
    Ok(Span { from: app.now, to })
}

/// What is known of freezes in a repository.
struct Known {
    repository: Repository,
    trusted: Trusted,
    freezes: Freezes,
}

impl Known {
    /// Loads the freezes that touch a span, as of now, and remembers what the root log holds.
    fn load(app: &App, span: Span) -> Outcome<Self> {
        let repository = app.repository()?;
        let trusted = trust::load(&repository, None)?;
        let freezes = of(app, &repository, &trusted, span)?;
        Ok(Self { repository, trusted, freezes })
    }

    /// Warns of everything that was noticed, and gives the exit code: 4 where it can't be told what is frozen.
    fn warn(&self, app: &App) -> Exit {
        for finding in self.freezes.unknown.iter().chain(&self.freezes.findings) {
            app.ui.warn(format!("{}: {}", finding.code, finding.message));
        }
        if self.freezes.unknown.is_empty() { Exit::Yes } else { Exit::CannotDecide }
    }
}

/// Finds the freezes that touch a span, as of now.
fn of(app: &App, repository: &Repository, trusted: &Trusted, span: Span) -> Outcome<Freezes> {
    let mut notes = repository.notes(NOTES_REF)?;
    let loaded = root_log::load(repository, trusted, &mut notes)?;
    let log = loaded.log(trusted, app.now);
    remember(repository, trusted, &loaded, &log);
    let (freezes, pointed) = freezes::load_with(repository, trusted, &mut notes, (&loaded, &log), span)?;
    pointed.remember(repository);
    Ok(freezes)
}

/// Finds every freeze that may be meant by its name: those of records that are not over, whenever they begin, and those of
/// windows and releases within a year.
fn standing(app: &App, repository: &Repository, trusted: &Trusted) -> Outcome<Vec<Freeze>> {
    let mut found = of(app, repository, trusted, Span { from: app.now, to: app.now.plus(AHEAD) })?.all;
    let mut notes = repository.notes(NOTES_REF)?;
    let loaded = root_log::load(repository, trusted, &mut notes)?;
    found.retain(|freeze| !matches!(freeze.source, Source::Record(_)));
    let span = Span { from: app.now, to: Timestamp::LAST };
    found.extend(freeze::declared(&loaded.log(trusted, app.now)).into_iter().filter(|freeze| freeze.touches(span)));
    Ok(found)
}

/// Remembers the records of the root log, so that this clone notices when one of them is gone.
fn remember(repository: &Repository, trusted: &Trusted, loaded: &LoadedRootLog, log: &RootLog<'_>) {
    // Nobody misses what never meant anything, and it may have to be taken out for the rest to be shared. A clone that can't be
    // written to can still be read.
    let _ = freezes::remember(repository, trusted, &loaded.in_authority(log));
}

/// Gives the full name of a ref as people name one: a branch, unless it begins with `refs/`.
fn full_ref(named: &str) -> String {
    if named.starts_with("refs/") { named.to_owned() } else { format!("refs/heads/{named}") }
}

/// Reads a ref as people name one, or takes the branch that is checked out.
fn ref_or_branch(repository: &Repository, named: Option<&str>) -> Outcome<RefName> {
    match named {
        Some(named) => Ok(full_ref(named).parse()?),
        None => match repository.head_branch()? {
            Some(branch) => Ok(full_ref(&branch).parse()?),
            None => Err(Failure::usage("no branch is checked out here").hint("name the ref that is meant: --ref main")),
        },
    }
}

/// Tells what was signed in the root log, and shares it.
fn finish(app: &App, repository: &Repository, signed: SignedRecordJson, sharing: &Sharing) -> Outcome {
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
            app.ui.warn(&failure.message);
            Ok(failure.exit)
        }
        Ok(exit) => Ok(exit),
    }
}

/// Refuses where it can't be told what is frozen.
fn require_known(unknown: &[Finding]) -> Outcome<()> {
    match unknown.first() {
        None => Ok(()),
        Some(first) => Err(Failure::finding(first.code, &first.message).hint("get what is missing: relsign sync")),
    }
}
