//! What every command works with: the streams, the clock, the environment and the repository, each read once.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use super::ui::{ColorChoice, Ui};
use crate::git::program::{HOOK_CHECK, OWN_PUSH, Program};
use crate::git::{ConfigSources, Repository};
use crate::keystore::Askpass;
use crate::keystore::choose::{Sources, literal};
use crate::model::ids::RootDigest;
use crate::model::time::Timestamp;
use crate::ops::error::{Failure, Outcome};
use crate::ops::session::{Session, where_called};
use crate::ops::share::Sharing;
use crate::ops::workspace::Workspace;
use crate::ops::write::ready;
use crate::report::style::Style;

/// Options that every command takes.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Globals {
    /// Run in this directory instead of the current one
    #[arg(short = 'C', value_name = "DIR", global = true, hide_short_help = true)]
    pub directory: Option<PathBuf>,
    /// Sign with this key: a private key file, or a public one whose private part is in the agent
    #[arg(long, value_name = "FILE", global = true, hide_short_help = true)]
    pub key: Option<String>,
    /// Print JSON for programs (schemas/ describes it)
    #[arg(long, global = true, hide_short_help = true)]
    pub json: bool,
    /// Print only results and errors
    #[arg(short, long, global = true, hide_short_help = true)]
    pub quiet: bool,
    /// Show long output as it is, and not through the pager that git names (GIT_PAGER, core.pager, PAGER)
    #[arg(long, global = true, hide_short_help = true)]
    pub no_pager: bool,
    /// When to use colours
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", global = true, hide_short_help = true)]
    pub color: ColorChoice,
    /// What would be signed is only told; commands that sign take it, so it is read from the command that was called.
    #[arg(skip)]
    pub dry_run: bool,
}

/// What the environment contains, read once.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Where it says that git's settings are.
    pub settings: ConfigSources,
    /// `USER`, for a first guess at a handle.
    pub user: Option<String>,
    /// What a sandbox lets through to the programs in it: where programs lie, how to show text, and the time.
    pub passed_on: Vec<(&'static str, std::ffi::OsString)>,
}

/// The variables that a sandbox lets through; nothing here names a configuration, a key or an agent.
const PASSED_ON: [&str; 11] =
    ["PATH", "TMPDIR", "TERM", "NO_COLOR", "TZ", "TZDIR", "LANG", "LC_ALL", "LC_CTYPE", "RELSIGN_NOW", "LD_LIBRARY_PATH"];

/// What git, a forge or pre-commit tells a hook in the environment, read where a hook runs.
///
/// On a server whoever pushes may have chosen it, so nothing in it can allow a push.
#[derive(Debug, Clone, Default)]
pub struct HookEnvironment {
    /// `GIT_DIR`: the repository that a push goes out from, where git was told which one.
    pub git_dir: Option<PathBuf>,
    /// Where the objects of a push wait, and what else git looks for objects in.
    pub waiting: Vec<PathBuf>,
    /// `GIT_NAMESPACE`: the part of the refs that a push sees as all of them.
    pub namespace: Option<String>,
    /// GitLab runs the hook, and shows only lines that begin as it wants them.
    pub gitlab: bool,
    /// A word that shows that git runs the hook.
    pub check: Option<String>,
    /// relsign itself pushes, and forces nothing.
    pub own_push: bool,
    /// pre-commit runs the hook; it reads standard input itself and hands on one update: the ref and what it gets.
    pub pre_commit: Option<(String, Option<String>)>,
}

impl HookEnvironment {
    /// Reads the environment of a hook.
    #[expect(clippy::disallowed_methods, reason = "this is where the environment is read, once")]
    pub fn read() -> Self {
        let path = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        // What is not UTF-8 is there all the same, and is refused where it is used.
        let text = |name: &str| path(name).map(|value| value.to_string_lossy().into_owned());
        let mut waiting: Vec<PathBuf> =
            ["GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY"].into_iter().filter_map(path).map(PathBuf::from).collect();
        waiting.extend(path("GIT_ALTERNATE_OBJECT_DIRECTORIES").iter().flat_map(std::env::split_paths));
        waiting.sort();
        waiting.dedup();
        Self {
            git_dir: path("GIT_DIR").map(PathBuf::from),
            waiting,
            namespace: text("GIT_NAMESPACE"),
            gitlab: path("GL_ID").is_some() || path("GL_PROTOCOL").is_some(),
            check: text(HOOK_CHECK),
            own_push: path(OWN_PUSH).is_some(),
            pre_commit: text("PRE_COMMIT_REMOTE_BRANCH").map(|branch| (branch, text("PRE_COMMIT_TO_REF"))),
        }
    }
}

/// Returns the path under which the running program is likely to be found also after it was updated.
///
/// # Errors
/// If the system can't say which program runs.
#[expect(clippy::disallowed_methods, reason = "this is where the environment is read, once")]
pub fn program() -> Outcome<PathBuf> {
    let exact = std::env::current_exe().map_err(|error| Failure::internal("the running program cannot be found").because(error))?;
    let real = exact.canonicalize().unwrap_or_else(|_| exact.clone());
    // Package managers keep each version in a folder of its own, and the name on PATH leads to the current one.
    let name = exact.file_name().map(std::ffi::OsStr::to_owned).unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let stable = std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&name))
        .find(|candidate| candidate.canonicalize().is_ok_and(|candidate| candidate == real));
    Ok(stable.unwrap_or(exact))
}

/// Everything around a command.
#[derive(Debug, Clone)]
pub struct App {
    /// The streams.
    pub ui: Ui,
    /// The options of every command.
    pub globals: Globals,
    /// The environment.
    pub env: Environment,
    /// Describes the whole command line to clap, for completions and manual pages.
    pub describe: fn() -> clap::Command,
    /// What the operations get of it.
    pub session: Session,
}

/// A command has what its operations have: the clock, the zone, the directory.
impl Deref for App {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl App {
    /// Reads clock, environment and streams: the only place that does.
    #[expect(clippy::disallowed_methods, reason = "this is where clock and environment are read, once")]
    ///
    /// Whether a hook runs matters, since those have `GIT_PREFIX` from whoever pushes, and work where git has put them.
    pub fn new(globals: Globals, describe: fn() -> clap::Command, in_hook: bool) -> Outcome<Self> {
        let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let path = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let now = match var("RELSIGN_NOW") {
            // A claimed time is only a claim, so whoever signs may as well say it: tests and examples do.
            Some(text) => text.parse().map_err(|error| Failure::usage(format!("RELSIGN_NOW: {error}")))?,
            None => system_clock()?,
        };
        let locale = var("LC_ALL").or_else(|| var("LC_CTYPE")).or_else(|| var("LANG"));
        let ui = Ui::new(
            globals.color,
            globals.quiet,
            std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
            var("TERM").is_some_and(|term| term == "dumb"),
            var("COLUMNS").and_then(|columns| columns.parse().ok()),
            // Whoever pushes reads what a hook says, and the locale of a server is not theirs.
            in_hook || locale.is_none_or(|locale| shows_unicode(&locale)),
        );
        let current =
            std::env::current_dir().map_err(|error| Failure::internal("the current directory can't be read").because(error))?;
        let current = where_called(&current, path("GIT_PREFIX").filter(|_| !in_hook).as_deref());
        let directory = globals.directory.as_ref().map_or_else(|| current.clone(), |directory| current.join(directory));
        let option =
            globals.key.clone().map(|key| if literal(&key).is_some() { key } else { directory.join(key).display().to_string() });
        let shown = var("DISPLAY").or_else(|| var("WAYLAND_DISPLAY")).is_some();
        let askpass = Askpass::told(path("SSH_ASKPASS"), var("SSH_ASKPASS_REQUIRE").as_deref(), shown);
        let session = Session {
            now,
            started: super::ui::started(),
            zone: Arc::new(LazyLock::new(jiff::tz::TimeZone::system)),
            directory,
            keys: Sources { option, agent: path("SSH_AUTH_SOCK"), home: path("HOME"), askpass, ..Sources::default() },
            // What the environment says wins over the configuration, as in git.
            committer_name: var("GIT_COMMITTER_NAME").or_else(|| var("GIT_AUTHOR_NAME")),
            committer_email: var("GIT_COMMITTER_EMAIL").or_else(|| var("GIT_AUTHOR_EMAIL")),
            interactive: ui.interactive,
            dry_run: globals.dry_run,
            listener: Arc::new(ui.clone()),
        };
        Ok(Self {
            ui,
            env: Environment {
                settings: ConfigSources {
                    may_ask: true,
                    are_named: ["GLOBAL", "SYSTEM", "COUNT", "PARAMETERS"]
                        .iter()
                        .any(|name| std::env::var_os(format!("GIT_CONFIG_{name}")).is_some()),
                    without_system: var("GIT_CONFIG_NOSYSTEM")
                        .is_some_and(|value| !matches!(value.as_str(), "0" | "false" | "no" | "off")),
                },
                user: var("USER").or_else(|| var("LOGNAME")),
                passed_on: PASSED_ON.iter().filter_map(|name| Some((*name, std::env::var_os(name)?))).collect(),
            },
            describe,
            session,
            globals,
        })
    }

    /// Shows a long text: through the pager that git would use where it goes to a terminal, else as it is.
    ///
    /// # Errors
    /// As [`Ui::out`].
    pub fn page(&self, repository: &Repository, text: &str) -> Outcome<()> {
        let is_long = self.ui.rows.is_some_and(|rows| text.lines().count() >= rows);
        let is_wanted = is_long && !self.globals.no_pager;
        if is_wanted && Program::new(repository, true).page(&self.ui.for_pager(text)) { Ok(()) } else { self.ui.out(text) }
    }

    /// Returns how an operation asks on the terminal what is answered with yes or no; nothing comes back where nobody can be asked.
    pub fn asking(&self) -> impl Fn(&str, bool) -> Option<bool> {
        |question, default| self.ui.confirm(question, default)
    }

    /// Returns the same surroundings at another time.
    pub fn at(&self, now: Timestamp) -> Self {
        Self { session: self.session.at(now), ..self.clone() }
    }

    /// Returns the same surroundings by the system's clock, whatever the environment says: for hooks of a server.
    ///
    /// # Errors
    /// If the clock is outside the years that records can name.
    pub fn by_system_clock(&self) -> Outcome<Self> {
        Ok(self.at(system_clock()?))
    }

    /// Reads a file, or standard input where it is `-`, and of what is longer than a limit no more than one byte beyond it.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn input(&self, file: impl AsRef<Path>, limit: usize) -> io::Result<Vec<u8>> {
        let (file, most) = (file.as_ref(), limit as u64 + 1);
        let mut bytes = Vec::new();
        match file == Path::new("-") {
            true => io::stdin().lock().take(most).read_to_end(&mut bytes)?,
            false => File::open(self.path(file))?.take(most).read_to_end(&mut bytes)?,
        };
        Ok(bytes)
    }

    /// Returns the same some seconds after the command started, for one that waits: the clock itself is read once.
    pub fn later(&self, seconds: u64) -> Self {
        self.at(self.now.later(seconds))
    }

    /// Returns what the renderers need to know of standard output.
    pub fn style(&self) -> Style {
        Style { color: self.ui.color, width: self.ui.width, zone: (**self.zone).clone(), unicode: self.ui.unicode }
    }

    /// Opens the repository that the command works in.
    pub fn repository(&self) -> Outcome<Repository> {
        Ok(Repository::discover(&self.directory)?.with_sources(self.env.settings))
    }

    /// Opens the repository, and loads the policy chain in it under the pinned root.
    pub fn trusted(&self) -> Outcome<(Repository, Workspace)> {
        self.trusted_under(None)
    }

    /// Does the same under a root that was named, where one was.
    pub fn trusted_under(&self, root: Option<&str>) -> Outcome<(Repository, Workspace)> {
        let repository = self.repository()?;
        let trusted = Workspace::load(&repository, root.map(RootDigest::from_user).transpose()?)?;
        Ok((repository, trusted))
    }

    /// Does the same once what others signed is fetched: what every signing command begins with.
    pub fn prepared(&self, sharing: &Sharing) -> Outcome<(Repository, Workspace)> {
        let repository = self.repository()?;
        let trusted = ready::prepare(self, &repository, sharing)?;
        Ok((repository, trusted))
    }
}

/// Whether a locale can show more than ASCII: not `C`, and none that names another charset than UTF-8.
fn shows_unicode(locale: &str) -> bool {
    let charset = locale.split_once('.').map(|(_, charset)| charset.split('@').next().unwrap_or(charset).replace('-', ""));
    !matches!(locale, "C" | "POSIX") && charset.is_none_or(|charset| charset.eq_ignore_ascii_case("utf8"))
}

#[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
fn system_clock() -> Outcome<Timestamp> {
    Timestamp::from_seconds(jiff::Timestamp::now().as_second())
        .ok_or_else(|| Failure::internal("the system's clock is outside the years 1 to 9999"))
}

#[cfg(test)]
mod tests {
    use super::shows_unicode;

    #[test]
    fn a_locale_shows_what_its_charset_has() {
        for locale in ["en_US.UTF-8", "C.UTF-8", "C.utf8", "de_DE", "de_DE.utf8@euro"] {
            assert!(shows_unicode(locale), "{locale}");
        }
        for locale in ["C", "POSIX", "en_US.ISO-8859-1", "de_DE.ISO-8859-15@euro", "ja_JP.eucJP"] {
            assert!(!shows_unicode(locale), "{locale}");
        }
    }
}
