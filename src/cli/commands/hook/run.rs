//! `relsign hook run`: what git's hooks do.
//!
//! Whatever goes wrong here refuses the push and says why; only a repository that has nothing of relsign's, and whose
//! administrator pinned nothing, is left alone. On a server the clock is the system's and trust comes from the
//! repository's own configuration or the administrator's file of pins: the environment, in which much can be chosen by
//! whoever pushes, only says where the objects of the push wait.

use std::io::Read as _;
use std::path::PathBuf;

use super::output::HookOutput;
use crate::cli::app::{App, HookEnvironment};
use crate::evaluate::push::{End, PushVerdict, Update};
use crate::git::Repository;
use crate::ops::bypass;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::hooks::name::Name;
use crate::ops::push::pins::Pins;
use crate::ops::push::{ends, updates};
use crate::ops::share::{self, Way};
use crate::ops::workspace::Workspace;
use crate::ops::write::receipt;
use crate::report::words;

/// The most that is read of what git says on standard input, in bytes: a million refs and more.
const LIMIT: u64 = 256 << 20;

/// What the hooks say where they can't tell what moved past them.
const UNKNOWN: &str = "it is not known what moved past the hooks";

/// What a push came to: where a policy rules it, the repository and the policy; and what was pushed.
type Judged = (Option<(Repository, Workspace)>, PushVerdict, Vec<Update>);

/// Judge a push by git's standard input; this is what the hooks run
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The pins file of a server with many projects
    #[arg(long, value_name = "FILE")]
    pins: Option<PathBuf>,
    /// Judge as of this time, to see what a hook would answer
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// The hook
    #[arg(value_name = "NAME")]
    name: Name,
    /// The arguments that git passes to the hook
    #[arg(value_name = "ARG", trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let environment = HookEnvironment::read();
        let remote = self.name != Name::PrePush;
        let voice = HookOutput { ui: &app.ui, remote, gitlab: environment.gitlab && remote };
        let outcome = self.clock(app).and_then(|app| match self.name {
            Name::PrePush => self.leaving(&app, &environment, &voice),
            Name::PreReceive | Name::Update => self.arriving(&app, &environment, &voice),
            Name::PostReceive => self.arrived(&app, &environment, &voice),
        });
        match outcome {
            Ok(exit) => Ok(exit),
            Err(failure) => {
                let what = if self.name == Name::PostReceive { "the push landed, but" } else { "push refused" };
                voice.failure(&failure, what);
                Ok(failure.exit.max(Exit::No))
            }
        }
    }

    /// Returns the surroundings at the time by which the push is judged.
    fn clock(&self, app: &App) -> Outcome<App> {
        match (&self.as_of, self.name) {
            (Some(time), _) => Ok(app.at(app.time(time)?)),
            (None, Name::PrePush) => Ok(app.clone()),
            // Whoever pushes over a file path or an open ssh server chooses the environment, and would choose the time.
            (None, _) => app.by_system_clock(),
        }
    }

    /// In a clone, before anything leaves: advice, from what is here. Only before it refuses what a grant, a lift or a decision of
    /// others may have let through meanwhile, it fetches what they signed.
    fn leaving(&self, app: &App, environment: &HookEnvironment, voice: &HookOutput<'_>) -> Outcome {
        if let Some(word) = &environment.check {
            voice.say(word);
            return Ok(Exit::No);
        }
        let mut updates = updates::pre_push(&input()?)?;
        if let (true, Some((name, new))) = (updates.is_empty(), &environment.pre_commit) {
            updates.push(updates::pre_commit(name, new.as_deref())?);
        }
        if updates.is_empty() {
            return Ok(Exit::Yes);
        }
        let git_dir = environment.git_dir.as_ref().map(|git_dir| app.path(git_dir));
        let Some(repository) = ends::clone_in_use(&app.directory, git_dir.as_deref())? else { return Ok(Exit::Yes) };
        let repository = repository.with_sources(app.env.settings);
        if environment.own_push && ends::has_lost_race(&repository, &updates)? {
            return Ok(Exit::Yes);
        }
        let mut verdict = ends::leaving(app, &repository, updates.clone())?;
        let is_fresh = !environment.own_push && may_have_changed(&verdict) && has_fetched(app, &repository);
        if is_fresh {
            verdict = ends::leaving(app, &repository, updates)?;
        }
        voice.notes(&verdict);
        if verdict.is_allowed() {
            return Ok(Exit::Yes);
        }
        voice.refused(&verdict, "refused");
        if !is_fresh {
            freshness(app, &repository, self.words.first(), voice)?;
        }
        Ok(Exit::No)
    }

    /// On a server, before anything is taken in.
    fn arriving(&self, app: &App, environment: &HookEnvironment, voice: &HookOutput<'_>) -> Outcome {
        let (subject, verdict, updates) = self.judged(app, environment)?;
        // Whoever has room for one line shows the first.
        voice.refused(&verdict, "refused");
        voice.notes(&verdict);
        if let Some((repository, _)) = &subject {
            match bypass::before(app, repository, &updates, &verdict) {
                Ok(moved) => voice.moved(&moved),
                // It is worth knowing, and no reason to hold up a push.
                Err(failure) => voice.failure(&failure, UNKNOWN),
            }
        }
        Ok(if verdict.is_allowed() { Exit::Yes } else { Exit::No })
    }

    /// On a server, once everything was taken in: a witness signs what is there, and what should not be is called out.
    fn arrived(&self, app: &App, environment: &HookEnvironment, voice: &HookOutput<'_>) -> Outcome {
        let (subject, verdict, updates) = self.judged(app, environment)?;
        let Some((repository, trusted)) = subject else { return Ok(Exit::Yes) };
        // The alarm does not wait for the witness, who may have a trouble of their own.
        if !verdict.is_allowed() {
            voice.say("WARNING: THIS PUSH LANDED AND IS NOT ALLOWED; TELL THE OWNERS OF THE POLICY");
            voice.refused(&verdict, "landed and should have been refused");
        }
        if let Err(failure) = bypass::after(app, &repository, &trusted, &updates, &verdict) {
            voice.failure(&failure, UNKNOWN);
        }
        for finding in receipt::after_push(app, &repository, &trusted)? {
            voice.say(&format!("{} [{}]", finding.seen, finding.code));
        }
        Ok(if verdict.is_allowed() { Exit::Yes } else { Exit::No })
    }

    /// Judges what a server is sent; also gives the repository and its policy where there is one that rules it, and what is sent.
    fn judged(&self, app: &App, environment: &HookEnvironment) -> Outcome<Judged> {
        let updates = match self.name {
            Name::Update => updates::update(&self.words)?,
            _ => updates::receive(&input()?)?,
        };
        // Git runs the hooks of a server in the repository's directory.
        let pins = self.pins.as_ref().map(|file| app.path(file));
        let listed = match &pins {
            Some(file) => match Pins::read(file)?.root_of(&app.directory)? {
                None => {
                    return ends::unlisted(&app.directory, file, &updates).map(|verdict| (None, verdict, updates));
                }
                listed => listed,
            },
            None => None,
        };
        let waiting: Vec<PathBuf> = environment.waiting.iter().map(|path| app.path(path)).collect();
        let repository = Repository::open_receiving(&app.directory, &waiting)?;
        let namespace = environment.namespace.as_deref();
        let (work, verdict) = ends::arriving(app, &repository, (listed, namespace), self.end(), &updates)?;
        Ok((work.map(|work| (repository, work)), verdict, updates))
    }

    /// Reports at which end the hook of a server stands.
    fn end(&self) -> End {
        if self.name == Name::PostReceive { End::Landed } else { End::Server }
    }
}

/// Reads what git says on standard input.
fn input() -> Outcome<Vec<u8>> {
    let mut input = Vec::new();
    std::io::stdin().lock().take(LIMIT + 1).read_to_end(&mut input)?;
    match input.len() as u64 > LIMIT {
        true => Err(Failure::missing("the push has too many refs to judge at once").hint("push fewer refs at a time")),
        false => Ok(input),
    }
}

/// Whether everything that is refused may be let through by what others signed meanwhile.
fn may_have_changed(verdict: &PushVerdict) -> bool {
    !verdict.is_allowed() && verdict.refused.iter().all(|refused| refused.code().may_be_answered())
}

/// Fetches what others signed; that this can't be done is no failure of the push.
fn has_fetched(app: &App, repository: &Repository) -> bool {
    let Ok(Some(remote)) = repository.sharing_remote() else { return false };
    share::exchange(app, repository, &remote, &[], Way::Fetch).is_ok()
}

/// Explains how old the data is by which a push was judged.
fn freshness(app: &App, repository: &Repository, named: Option<&String>, voice: &HookOutput<'_>) -> Outcome<()> {
    // A plain `git fetch` brings them too.
    let times = |remote: &str| repository.sync_times(remote).fetched.max(repository.plainly_fetched(remote));
    let named = named.filter(|remote| times(remote).is_some()).cloned();
    let remote = match named {
        Some(remote) => Some(remote),
        None => repository.sharing_remote()?,
    };
    let sync = "relsign sync";
    match remote.as_deref().map(|remote| (remote, times(remote))) {
        Some((remote, Some(time))) => {
            let ago = words::ago(time, app.now);
            voice.suggest(&format!("judged by records fetched from {remote} {ago}; to update:"), sync);
        }
        Some((remote, None)) => voice.suggest(&format!("judged by local records; nothing was fetched from {remote} yet:"), sync),
        None => voice.say("judged by local records"),
    }
    Ok(())
}
