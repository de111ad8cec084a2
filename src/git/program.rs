//! The git program, run for what it does better than a library: the network, for which it knows the user's ssh, proxies and
//! credential helpers, tags, the pager, and settings.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use super::error::{Attempt, Error, ErrorKind, Result};
use super::push_reply::{Push, judge_push, remarks};
use super::repository::Repository;
use crate::model::ids::{ObjectId, RefName};
use crate::model::secrets::without_secrets;
use crate::programs::{self, PATIENCE, output_within};

/// Variables that would turn git towards another repository or another view of this one.
///
/// What says how to reach a remote (`GIT_SSH_COMMAND`, `GIT_ASKPASS`) stays, as do settings of the user's own
/// (`GIT_CONFIG_GLOBAL`, `GIT_CONFIG_COUNT`), among which tokens and proxies are.
const REMOVED: [&str; 21] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ATTR_SOURCE",
    "GIT_CEILING_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CURL_VERBOSE",
    "GIT_DEFAULT_HASH",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_PUSH_OPTION_COUNT",
    "GIT_QUARANTINE_PATH",
    "GIT_REF_PARANOIA",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// Variables by which git tells what it does. Among what a server says it would be taken for that, so it is told to be silent,
/// also where its configuration has it talk.
const TRACES: [&str; 15] = [
    "GIT_TRACE",
    "GIT_TRACE2",
    "GIT_TRACE2_EVENT",
    "GIT_TRACE2_PERF",
    "GIT_TRACE_BUNDLE_URI",
    "GIT_TRACE_CURL",
    "GIT_TRACE_FSMONITOR",
    "GIT_TRACE_PACKET",
    "GIT_TRACE_PACKFILE",
    "GIT_TRACE_PACK_ACCESS",
    "GIT_TRACE_PERFORMANCE",
    "GIT_TRACE_REFS",
    "GIT_TRACE_REPLACE",
    "GIT_TRACE_SETUP",
    "GIT_TRACE_SHALLOW",
];

/// Set for the hooks of a push that relsign makes itself: it forces nothing, so git refuses what another clone overtook.
pub const OWN_PUSH: &str = "RELSIGN_OWN_PUSH";

/// Holds a word that the client's hook says and then ends with, so that it can be seen whether git runs it.
pub const HOOK_CHECK: &str = "RELSIGN_HOOK_CHECK";

/// The setting that says how many seconds a remote may take to answer.
const TIMEOUT: &str = "relsign.timeout";

/// The setting that says how many seconds a program may take that holds a key or names one.
pub const KEY_TIMEOUT: &str = "relsign.keyTimeout";
/// How a shell ends that finds no program of a name.
const NOT_FOUND: i32 = 127;

/// What signs a tag that is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagSigned {
    /// Nothing, unless git is set up to sign tags.
    AsGitIsSetUp,
    /// The key that git is set up with, of whatever kind.
    ByGitsKey,
    /// This SSH key, as `user.signingkey` names one, however git is set up.
    BySshKey(String),
}

/// Has `git config` take a value as it stands, and not for a pattern.
pub(super) const AS_IT_STANDS: &str = "--fixed-value";

/// The git program, working on one repository.
#[derive(Debug, Clone, Copy)]
pub struct Program<'r> {
    repository: &'r Repository,
    /// Whether somebody sits at a terminal and may be asked for a password.
    interactive: bool,
}

impl<'r> Program<'r> {
    /// Makes ready to run git; `interactive` says whether it may ask for a password on the terminal.
    pub fn new(repository: &'r Repository, interactive: bool) -> Self {
        Self { repository, interactive }
    }

    /// Returns a command that runs git on this repository, in an environment that can't lead it elsewhere.
    fn command(&self) -> Command {
        self.command_in(self.repository.git_dir())
    }

    /// Fetches by refspecs to the refs which are in no push, and nothing besides.
    fn fetch_to_side<S: AsRef<OsStr>>(
        &self,
        how: &str,
        remote: &str,
        refspecs: &[S],
        attempted: impl Fn() -> String,
    ) -> Result<Output> {
        let mut command = self.command_in(&self.repository.make_fetched_dir()?);
        // A worktree may have settings of its own, also of remotes.
        let own = self.repository.git_dir().join("config.worktree");
        if self.repository.config_bool("extensions.worktreeConfig")?.unwrap_or_default() && own.exists() {
            let mut include = OsString::from("include.path=");
            include.push(own);
            command.arg("-c").arg(include);
        }
        command.args(["fetch", how, "--quiet", "--no-auto-maintenance", "--no-tags", "--no-recurse-submodules"]);
        command.args(["--no-write-fetch-head", "--no-filter", "--refmap=", "--", remote]).args(refspecs);
        self.talk(&mut command, attempted)
    }

    fn command_in(&self, git_dir: &Path) -> Command {
        let mut command = git();
        command.envs(TRACES.map(|name| (name, "0")));
        command.env("LC_ALL", "C").env("LANGUAGE", "C").env("GIT_NO_REPLACE_OBJECTS", "1");
        if self.interactive {
            command.stdin(Stdio::inherit());
        } else {
            command.env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::null());
        }
        let place = self.repository.work_dir().unwrap_or(self.repository.git_dir());
        command.arg("--git-dir").arg(git_dir).current_dir(place);
        command
    }

    fn run(&self, args: &[&str], attempted: impl FnOnce() -> String) -> Result<Output> {
        self.command().args(args).output().attempt(attempted)
    }

    /// Runs git where it talks to a remote, for no longer than `relsign.timeout` says.
    fn talk(&self, command: &mut Command, attempted: impl Fn() -> String) -> Result<Output> {
        self.within(TIMEOUT, command, attempted)
    }

    /// Runs git for no longer than a setting says.
    fn within(&self, setting: &str, command: &mut Command, attempted: impl Fn() -> String) -> Result<Output> {
        let limit = self.repository.config_seconds(setting)?.unwrap_or(PATIENCE);
        let output = output_within(command.stdout(Stdio::piped()).stderr(Stdio::piped()), &[], limit).attempt(&attempted)?;
        output.ok_or_else(|| {
            let seconds = limit.as_secs();
            let why = format!("it has not answered within {seconds} s; to wait longer: git config {setting} SECONDS");
            Error::new(ErrorKind::Network, attempted()).because(why)
        })
    }

    /// Makes an annotated tag and keeps every line of its message; git's own messages reach the terminal.
    pub fn create_tag(&self, name: &str, commit: &ObjectId, message: &str, signed: &TagSigned) -> Result<()> {
        let attempted = || format!("cannot make the tag {name}");
        let commit = commit.to_string();
        let (settings, kind) = match signed {
            TagSigned::AsGitIsSetUp => (Vec::new(), "--annotate"),
            TagSigned::ByGitsKey => (Vec::new(), "--sign"),
            TagSigned::BySshKey(key) => (vec!["gpg.format=ssh".to_owned(), format!("user.signingkey={key}")], "--sign"),
        };
        let mut command = self.command();
        command.args(settings.iter().flat_map(|setting| ["-c", setting]));
        // Lines with a # before them are no comments here: nobody edited the message in an editor.
        command.args(["tag", kind, "--cleanup=whitespace", "--message", message, "--", name, &commit]);
        // What holds git's key may hang as well.
        printed(self.within(KEY_TIMEOUT, &mut command, attempted)?, ErrorKind::Refused, attempted).map(drop)
    }

    /// Starts git to print a blob piece by piece, which it can do of a packed one as well.
    pub(super) fn print_blob(&self, blob: &ObjectId) -> Result<Child> {
        let attempted = || format!("cannot read blob {blob}");
        let mut command = self.command();
        let unnamed = |error: std::env::JoinPathsError| Error::new(ErrorKind::Unsupported, attempted()).because(error.to_string());
        let waiting = std::env::join_paths(self.repository.waiting()).map_err(unnamed)?;
        if !waiting.is_empty() {
            command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", waiting);
        }
        // Git holds a blob below this size in memory whole.
        command.args(["-c", "core.bigFileThreshold=1m", "cat-file", "blob", &blob.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().attempt(attempted)
    }

    /// Lists the files that are tracked, from the top of the working tree, also where libgit2 can't read the index.
    pub(super) fn tracked_files(&self) -> Result<Vec<u8>> {
        self.answer(&["ls-files", "-z"], "cannot ask git which files are tracked")
    }

    /// Runs git, and returns what it printed.
    fn answer(&self, args: &[&str], failed: &str) -> Result<Vec<u8>> {
        let attempted = || failed.to_owned();
        printed(self.run(args, attempted)?, ErrorKind::Refused, attempted)
    }

    /// Lists every setting with its scope and the file that it stands in.
    pub(super) fn list_config(&self) -> Result<Vec<u8>> {
        self.answer(&["config", "--list", "-z", "--show-scope", "--show-origin"], "cannot ask git for its configuration")
    }

    /// Begins a push to this repository itself, which takes nothing in, and returns what was said until a hook stopped it.
    ///
    /// The hooks find `token` in [`HOOK_CHECK`].
    pub(super) fn begin_push(&self, what: &str, token: &str) -> Result<String> {
        let repository = self.repository.common_dir().display().to_string();
        let refspec = format!("{what}:refs/heads/relsign-hook-check");
        let mut command = self.command();
        command.env(HOOK_CHECK, token).args(["-c", "protocol.file.allow=always", "-c", "push.gpgSign=false"]);
        command.args(["push", "--dry-run", "--recurse-submodules=no", "--", &repository, &refspec]);
        let output = self.talk(&mut command, || "cannot ask git to run its hooks".to_owned())?;
        Ok(text(&output.stderr))
    }

    /// Returns the directory that git looks for hooks in.
    pub(super) fn hooks_path(&self) -> Result<PathBuf> {
        use std::os::unix::ffi::OsStringExt as _;
        let args = ["rev-parse", "--path-format=absolute", "--git-path", "hooks"];
        let output = self.run(&args, || "cannot ask git where it looks for hooks".to_owned())?;
        let no_place = || "git finds no place for hooks, so it runs no hooks here".to_owned();
        let mut path = printed(output, ErrorKind::Unsupported, no_place)?;
        path.pop_if(|byte| *byte == b'\n');
        Ok(OsString::from_vec(path).into())
    }

    /// Returns the path that a value of the configuration stands for, such as one in somebody else's home.
    pub fn path_of(&self, value: &str) -> Result<String> {
        const NAME: &str = "relsign.path";
        let attempted = || format!("cannot find the path {value:?} of the git configuration");
        let output = self.run(&["-c", &format!("{NAME}={value}"), "config", "--type=path", "--get", NAME], attempted)?;
        printed(output, ErrorKind::Malformed, attempted).map(|path| text(&path))
    }

    /// Changes a file of configuration; a name that is to be unset and is not there needs nothing.
    pub(super) fn config(&self, file: &Path, args: &[&str], attempted: impl Fn() -> String) -> Result<()> {
        const NOT_THERE: i32 = 5;
        let output = self.command().args(["config", "--file"]).arg(file).args(args).output().attempt(&attempted)?;
        if args.contains(&"--unset-all") && output.status.code() == Some(NOT_THERE) {
            return Ok(());
        }
        printed(output, ErrorKind::Io, attempted).map(drop)
    }

    /// Shows a text through the pager that git is set up with, and says whether that was done: not where git names none, or `cat`.
    ///
    /// Git reads `GIT_PAGER`, `core.pager` and `PAGER`, and says which it is. A pager that was left before the end is no failure.
    pub fn page(&self, shown: &str) -> bool {
        let Ok(pager) = self.answer(&["var", "GIT_PAGER"], "cannot ask git for its pager") else { return false };
        let pager = text(&pager);
        if pager.is_empty() || pager == "cat" {
            return false;
        }
        // As in git: leave where it fits, show colours, and leave the screen as it is.
        let script = format!("LESS=${{LESS-FRX}} LV=${{LV--c}}; export LESS LV; {pager}");
        let ended = programs::fed(Command::new("sh").arg("-c").arg(&script), shown.as_bytes());
        // A shell that does not find the pager says so and ends with this.
        ended.is_ok_and(|status| status.code() != Some(NOT_FOUND))
    }

    /// Stages files for the next commit.
    pub fn stage(&self, paths: &[&str]) -> Result<()> {
        let attempted = || format!("cannot stage {}", paths.join(" "));
        printed(self.run(&[&["add", "--"], paths].concat(), attempted)?, ErrorKind::Refused, attempted).map(drop)
    }

    /// Fetches by refspecs, pruning what the remote no longer has below their right-hand sides.
    ///
    /// Nothing is left out for being large, as a partial clone would, and no tag or branch but those of the refspecs
    /// is touched. Nothing is tidied up afterwards, since nobody should wait for that.
    pub fn fetch<S: AsRef<OsStr>>(&self, remote: &str, refspecs: &[S]) -> Result<()> {
        let attempted = || format!("cannot fetch from {remote}");
        let fetch = || self.fetch_to_side("--prune", remote, refspecs, attempted);
        let mut output = fetch()?;
        // Git fetches nothing while a ref stands for an object that is not here.
        if !output.status.success() && self.repository.drop_lost_fetched()? {
            output = fetch()?;
        }
        let errors = text(&output.stderr);
        let locked =
            ["cannot lock ref", "unable to update local ref", ".lock': File exists"].iter().any(|sign| errors.contains(sign));
        printed(output, if locked { ErrorKind::Contended } else { ErrorKind::Network }, attempted).map(drop)
    }

    /// Fetches again by refspecs, with every object, also those that should be here.
    pub fn refetch<S: AsRef<OsStr>>(&self, remote: &str, refspecs: &[S]) -> Result<()> {
        let attempted = || format!("cannot fetch everything of {remote} again");
        let output = self.fetch_to_side("--refetch", remote, refspecs, attempted)?;
        if !output.status.success() && text(&output.stderr).contains("unknown option `refetch'") {
            return Err(Error::new(ErrorKind::Unsupported, attempted()).because("this needs git 2.36 or a new clone"));
        }
        printed(output, ErrorKind::Network, attempted).map(drop)
    }

    /// Lists the refs of a remote that match patterns, sorted by name.
    pub fn ls_remote(&self, remote: &str, patterns: &[&str]) -> Result<Vec<(RefName, ObjectId)>> {
        let attempted = || format!("cannot list the refs of {remote}");
        let output = self.talk(self.command().args(["ls-remote", "--quiet", "--refs", "--", remote]).args(patterns), attempted)?;
        let listed = printed(output, ErrorKind::Network, attempted)?;
        let listed = String::from_utf8_lossy(&listed);
        let pairs = listed.lines().filter_map(|line| line.split_once('\t'));
        let mut refs: Vec<_> = pairs.filter_map(|(id, name)| Some((name.parse().ok()?, id.parse().ok()?))).collect();
        refs.sort();
        Ok(refs)
    }

    /// Pushes by refspecs, all of them or none; hooks run as in any push.
    ///
    /// A remote that knows no atomic push is sent one ref after the other, in the order of `refspecs`.
    pub fn push<S: AsRef<OsStr>>(&self, remote: &str, refspecs: &[S]) -> Result<Push> {
        let (pushed, errors) = self.push_once(remote, refspecs, true)?;
        if matches!(pushed, Push::Ok(_)) || !errors.contains("does not support --atomic") {
            return Ok(pushed);
        }
        let mut all = Vec::new();
        for refspec in refspecs {
            match self.push_once(remote, &[refspec], false)?.0 {
                Push::Ok(said) => all.extend(said),
                other => return Ok(other),
            }
        }
        Ok(Push::Ok(all))
    }

    fn push_once<S: AsRef<OsStr>>(&self, remote: &str, refspecs: &[S], atomic: bool) -> Result<(Push, String)> {
        let atomic = if atomic { "--atomic" } else { "--no-atomic" };
        let options = ["push", "--porcelain", atomic, "--no-follow-tags", "--recurse-submodules=no", "--", remote];
        let mut command = self.command();
        // Git pushes everything to a mirror, and deletes there what is not here; relsign pushes its own.
        let mirror = format!("remote.{remote}.mirror");
        if self.repository.config_bool(&mirror)?.unwrap_or_default() {
            command.args(["-c", &format!("{mirror}=false")]);
        }
        let attempted = || format!("cannot push to {remote}");
        let output = match self.talk(command.env(OWN_PUSH, "1").args(options).args(refspecs), attempted) {
            Err(error) if *error.kind() == ErrorKind::Network => {
                let why = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                return Ok((Push::Unreachable(why.clone()), why));
            }
            output => output?,
        };
        let errors = text(&output.stderr);
        if output.status.success() {
            return Ok((Push::Ok(remarks(&errors)), errors));
        }
        Ok((judge_push(&String::from_utf8_lossy(&output.stdout), &errors), errors))
    }
}

/// Returns a command that runs git without the variables that lead it elsewhere.
fn git() -> Command {
    let mut command = Command::new("git");
    for name in REMOVED {
        command.env_remove(name);
    }
    command
}

/// Asks git for the git directory and the working tree that a directory belongs to; nothing where git won't work there either,
/// as with somebody else's repository that `safe.directory` does not name.
pub(super) fn trusted_place(directory: &Path) -> Option<(PathBuf, Option<PathBuf>)> {
    use std::os::unix::ffi::OsStringExt as _;
    let ask = |args: &[&str]| -> Option<PathBuf> {
        let output = git().current_dir(directory).arg("rev-parse").args(args).stdin(Stdio::null()).output().ok()?;
        let mut said = output.status.success().then_some(output.stdout)?;
        said.pop_if(|byte| *byte == b'\n');
        Some(OsString::from_vec(said).into())
    };
    Some((ask(&["--absolute-git-dir"])?, ask(&["--show-toplevel"])))
}

/// Whether the repository of a directory has any ref of these patterns, also where libgit2 can't open it.
///
/// Git finds the repository as it does for any command, the environment included: this is for hooks, whose environment
/// names it.
pub fn has_refs(directory: &Path, patterns: &[&str]) -> Result<bool> {
    let attempted = || format!("cannot list the refs of the repository in {}", directory.display());
    let mut command = Command::new("git");
    command.current_dir(directory).args(["for-each-ref", "--count=1", "--"]).args(patterns);
    let output = command.stdin(Stdio::null()).output().attempt(attempted)?;
    printed(output, ErrorKind::Refused, attempted).map(|printed| !printed.is_empty())
}

/// Returns what a program printed, or says what it complained of where it failed.
fn printed(output: Output, failed: ErrorKind, attempted: impl FnOnce() -> String) -> Result<Vec<u8>> {
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(Error::new(failed, attempted()).because(text(&output.stderr))),
    }
}

fn text(bytes: &[u8]) -> String {
    without_secrets(String::from_utf8_lossy(bytes).trim_end()).into_owned()
}
