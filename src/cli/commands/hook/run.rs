//! `relsign hook run`: what git's hooks do.
//!
//! Whatever goes wrong here refuses the push and says why; only a repository that has nothing of relsign's, and whose
//! administrator pinned nothing, is left alone. On a server the clock is the system's and trust comes from the
//! repository's own configuration or the administrator's file of pins: the environment, in which much can be chosen by
//! whoever pushes, only says where the objects of the push wait.

use std::io::Read as _;
use std::path::PathBuf;

use super::super::trust::check_link;
use super::Name;
use super::output::Voice;
use super::pins::Pins;
use crate::cli::app::{App, HookEnvironment};
use crate::evaluate::push::name::fold;
use crate::evaluate::push::{End, PushVerdict, Refused, Update};
use crate::git::program::has_refs;
use crate::git::{FORMER_PREFIX, NOTES_REF, POLICY_REF, PROPOSALS_PREFIX, Repository};
use crate::model::finding::Code;
use crate::model::ids::RootDigest;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::push;
use crate::ops::push::updates;
use crate::ops::trust::{self, ROOT_CONFIG, Trusted};
use crate::ops::write::receipt;
use crate::report::words;

/// The most that is read of what git says on standard input, in bytes: a million refs and more.
const LIMIT: u64 = 256 << 20;

/// What the hooks run: judge a push by what git says of it on standard input
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file of pins that the administrator chose, on a server of many projects
    #[arg(long, value_name = "FILE")]
    pins: Option<PathBuf>,
    /// Judge as of this time, to try what a hook would say
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// The hook
    #[arg(value_name = "NAME")]
    name: Name,
    /// What git gives the hook
    #[arg(value_name = "ARG", trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let environment = HookEnvironment::read();
        let remote = self.name != Name::PrePush;
        let voice = Voice { ui: &app.ui, remote, gitlab: environment.gitlab && remote };
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

    /// Gives the surroundings at the time by which the push is judged.
    fn clock(&self, app: &App) -> Outcome<App> {
        match (&self.as_of, self.name) {
            (Some(time), _) => Ok(app.at(app.time(time)?)),
            (None, Name::PrePush) => Ok(app.clone()),
            // Whoever pushes over a file path or an open ssh server chooses the environment, and would choose the time.
            (None, _) => app.by_system_clock(),
        }
    }

    /// In a clone, before anything leaves: advice, from what is here, without asking the network.
    fn leaving(&self, app: &App, environment: &HookEnvironment, voice: &Voice<'_>) -> Outcome {
        let mut updates = updates::pre_push(&input()?)?;
        if let (true, Some((name, new))) = (updates.is_empty(), &environment.pre_commit) {
            updates.push(updates::pre_commit(name, new.as_deref())?);
        }
        if updates.is_empty() {
            return Ok(Exit::Yes);
        }
        let opened = match &environment.git_dir {
            Some(git_dir) => Repository::open(&app.path(git_dir)).map_err(Failure::from),
            None => app.repository(),
        };
        let repository = match opened {
            Ok(repository) if is_used(&repository)? => repository,
            Ok(_) => return Ok(Exit::Yes),
            // Git knows what relsign can't open, and whether there is anything of relsign's in it.
            Err(failure) => {
                return match has_refs(&app.directory, &["refs/relsign", NOTES_REF]) {
                    Ok(false) => Ok(Exit::Yes),
                    _ => Err(failure),
                };
            }
        };
        let trusted = trust::load(&repository, None)?;
        let mut ordinary = Vec::new();
        for update in updates {
            if !succeeds(&repository, &trusted, &update)? {
                ordinary.push(update);
            }
        }
        let verdict = push::judge(app, &repository, &trusted, End::Client, &ordinary)?;
        voice.notes(&verdict);
        if verdict.is_allowed() {
            return Ok(Exit::Yes);
        }
        voice.refused(&verdict, "refused");
        freshness(app, &repository, self.words.first(), voice)?;
        Ok(Exit::No)
    }

    /// On a server, before anything is taken in.
    fn arriving(&self, app: &App, environment: &HookEnvironment, voice: &Voice<'_>) -> Outcome {
        let verdict = self.judged(app, environment)?.1;
        voice.notes(&verdict);
        voice.refused(&verdict, "refused");
        Ok(if verdict.is_allowed() { Exit::Yes } else { Exit::No })
    }

    /// On a server, once everything was taken in: a witness signs what is there, and what should not be is called out.
    fn arrived(&self, app: &App, environment: &HookEnvironment, voice: &Voice<'_>) -> Outcome {
        let (subject, verdict) = self.judged(app, environment)?;
        let Some((repository, trusted)) = subject else { return Ok(Exit::Yes) };
        // The alarm does not wait for the witness, who may have a trouble of their own.
        if !verdict.is_allowed() {
            voice.say("WARNING: THIS PUSH LANDED AND IS NOT ALLOWED; TELL THE OWNERS OF THE POLICY");
            voice.refused(&verdict, "landed and should have been refused");
        }
        receipt::after_push(app, &repository, &trusted)?;
        Ok(if verdict.is_allowed() { Exit::Yes } else { Exit::No })
    }

    /// Judges what a server is sent; also gives the repository and its policy where there is one that rules it.
    fn judged(&self, app: &App, environment: &HookEnvironment) -> Outcome<(Option<(Repository, Trusted)>, PushVerdict)> {
        let updates = match self.name {
            Name::Update => updates::update(&self.words)?,
            _ => updates::receive(&input()?)?,
        };
        // Git runs the hooks of a server in the repository's directory.
        let listed = match &self.pins {
            Some(file) => match Pins::read(&app.path(file))?.root_of(&app.directory)? {
                None => return Ok((None, unlisted(&updates))),
                listed => listed,
            },
            None => None,
        };
        let waiting: Vec<PathBuf> = environment.waiting.iter().map(|path| app.path(path)).collect();
        let repository = Repository::open_receiving(&app.directory, &waiting)?;
        let root = match listed {
            None => pinned(&repository)?,
            listed => listed,
        };
        let policy = repository.resolve(POLICY_REF)?;
        let root = match (root, policy) {
            (Some(root), _) => root,
            (None, None) => return Ok((None, unlisted(&updates))),
            (None, Some(_)) => return Err(unpinned(&repository)?),
        };
        if let Some(namespace) = &environment.namespace {
            return Err(Failure::missing(format!(
                "the push goes into the namespace {namespace:?}, which has no policy of its own"
            ))
            .hint("push to the repository itself"));
        }
        let step = updates.iter().find(|update| update.name == POLICY_REF).filter(|_| self.name == Name::PostReceive);
        let brings_root = updates.iter().any(|update| update.name == POLICY_REF && update.new.is_some())
            && trust::root_here(&repository)? != Some(root);
        let trusted = match step {
            // What has landed is judged under the policy of before it, as it was when it came.
            Some(Update { old: Some(old), .. }) if trust::root_of(&repository.policy_chain(old)?) == Some(root) => {
                trust::load_at(&repository, old, root)?
            }
            Some(_) => return first_policy(app, repository, root, self.end(), &updates),
            None if policy.is_none() || brings_root => return first_policy(app, repository, root, self.end(), &updates),
            None => trust::load(&repository, Some(root))?,
        };
        let verdict = push::judge(app, &repository, &trusted, self.end(), &updates)?;
        if self.end() == End::Landed && updates.iter().any(|update| update.name == NOTES_REF) {
            receipt::keep_root_log(app, &repository, &trusted)?;
        }
        Ok((Some((repository, trusted)), verdict))
    }

    /// Says at which end the hook of a server stands.
    fn end(&self) -> End {
        if self.name == Name::PostReceive { End::Landed } else { End::Server }
    }
}

/// Reads what git says on standard input.
fn input() -> Outcome<Vec<u8>> {
    let mut input = Vec::new();
    std::io::stdin().lock().take(LIMIT + 1).read_to_end(&mut input)?;
    match input.len() as u64 > LIMIT {
        true => Err(Failure::missing("the push has more refs than can be judged at once").hint("push fewer refs at a time")),
        false => Ok(input),
    }
}

/// Says whether a clone has anything of relsign's; one that has not is none of its business.
///
/// A root that the user's own configuration pins is for all repositories and says nothing about this one.
fn is_used(repository: &Repository) -> Outcome<bool> {
    Ok(repository.resolve(POLICY_REF)?.is_some()
        || repository.resolve(NOTES_REF)?.is_some()
        || !repository.config_own(ROOT_CONFIG)?.is_empty()
        || !repository.refs("refs/relsign/")?.is_empty())
}

/// Reads the root that a server's own repository pins: nobody else's configuration counts, and two are none.
fn pinned(repository: &Repository) -> Outcome<Option<RootDigest>> {
    let mut roots = Vec::new();
    for text in repository.config_own(ROOT_CONFIG)? {
        roots.push(RootDigest::from_user(&text).map_err(|error| {
            Failure::invalid(format!("the setting {ROOT_CONFIG} of this repository is wrong: {error}"))
                .hint("the server's administrator pins it again: relsign trust SHA256:…")
        })?);
    }
    roots.sort();
    roots.dedup();
    match roots.as_slice() {
        [] => Ok(None),
        [root] => Ok(Some(*root)),
        _ => Err(Failure::finding(Code::RootAmbiguous, "this repository pins two roots")
            .hint("the server's administrator pins the right one: relsign trust SHA256:…")),
    }
}

fn unpinned(repository: &Repository) -> Outcome<Failure> {
    let here = trust::root_here(repository)?.map_or_else(|| "SHA256:…".to_owned(), |root| format!("SHA256:{root}"));
    Ok(Failure::finding(Code::RootUnpinned, "this server has a policy of the project and no root pinned for it")
        .hint(format!("its administrator compares the root with an owner of the policy, then: relsign trust {here}")))
}

/// Judges a push to a project that nobody pinned: anything goes but a policy, which would look as if it ruled here.
fn unlisted(updates: &[Update]) -> PushVerdict {
    let is_policy = |name: &str| {
        let name = fold(name);
        name == POLICY_REF || name.starts_with(PROPOSALS_PREFIX) || name.starts_with(FORMER_PREFIX)
    };
    let refused = updates.iter().filter(|update| update.new.is_some() && is_policy(&update.name)).map(|update| Refused {
        ref_name: update.name.clone(),
        code: Code::RootUnpinned,
        message: "this server has no root pinned for the project, so a policy would only seem to rule it".to_owned(),
        details: Vec::new(),
        hints: vec!["the server's administrator pins its root first: relsign trust SHA256:…".to_owned()],
    });
    PushVerdict { refused: refused.collect(), notes: Vec::new() }
}

/// Says whether an update puts the policy of the pinned root in the place of the root that it says it succeeds.
///
/// Who pinned the new root has agreed to it; whether the server takes it in is the business of who runs the server.
fn succeeds(repository: &Repository, trusted: &Trusted, update: &Update) -> Outcome<bool> {
    let (POLICY_REF, Some(old), Some(new)) = (update.name.as_str(), update.old, update.new) else { return Ok(false) };
    if new != trusted.tip || !repository.has_object(&old)? {
        return Ok(false);
    }
    let versions = repository.policy_chain(&old)?;
    match trust::root_of(&versions) {
        Some(before) if before != trusted.root => check_link(&trust::accept(&versions, before)?, trusted).map(|()| true),
        _ => Ok(false),
    }
}

/// Judges the push that brings the first policy under a root that is pinned already.
///
/// The policy must descend from that root, and rules the rest of the push; nothing else is taken in before it is here. Where
/// it takes the place of another root's, it must say that it succeeds it.
fn first_policy(
    app: &App,
    repository: Repository,
    root: RootDigest,
    end: End,
    updates: &[Update],
) -> Outcome<(Option<(Repository, Trusted)>, PushVerdict)> {
    let (policy, others): (Vec<Update>, Vec<Update>) = updates.iter().cloned().partition(|update| update.name == POLICY_REF);
    let Some(Update { old, new: Some(tip), .. }) = policy.first() else {
        return Err(Failure::missing(format!("the root SHA256:{root} is pinned here, and there is no policy yet"))
            .hint("push the policy first, from a clone that has it: relsign sync"));
    };
    let trusted = trust::load_pushed(&repository, tip, root)?;
    if let Some(old) = old {
        let versions = repository.policy_chain(old)?;
        let before = trust::root_of(&versions).ok_or_else(|| Failure::missing("the policy here has no first version"))?;
        check_link(&trust::accept(&versions, before)?, &trusted)?;
    }
    let verdict = push::judge(app, &repository, &trusted, end, &others)?;
    Ok((Some((repository, trusted)), verdict))
}

/// Says how old the data is by which a push was judged.
fn freshness(app: &App, repository: &Repository, named: Option<&String>, voice: &Voice<'_>) -> Outcome<()> {
    let times = |remote: &str| repository.sync_times(remote).fetched;
    let named = named.filter(|remote| times(remote).is_some()).cloned();
    let remote = match named {
        Some(remote) => Some(remote),
        None => repository.sharing_remote()?,
    };
    let sync = "relsign sync";
    match remote.as_deref().map(|remote| (remote, times(remote))) {
        Some((remote, Some(time))) => {
            let ago = words::ago(time, app.now);
            voice.suggest(&format!("judged by what was fetched from {remote} {ago}; for newer:"), sync);
        }
        Some((remote, None)) => voice.suggest(&format!("judged by what is here; nothing was fetched from {remote} yet:"), sync),
        None => voice.say("judged by what is here"),
    }
    Ok(())
}
