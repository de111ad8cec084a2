//! Git's configuration: read once for each handle, and written in this repository's own file.
//!
//! libgit2 reads it, which starts no process. It knows neither the variables that name other files or further settings nor
//! every condition of `includeIf`: where one of those has a say, git is asked, once.

use std::cell::Ref;
use std::path::Path;
use std::time::Duration;

use super::error::{Attempt, Error, ErrorKind, Result, optional};
use super::files::give_back;
use super::program::{AS_IT_STANDS, Program};
use super::repository::Repository;
use super::sync::along_ref;

/// What the environment says of where settings are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConfigSources {
    /// Git may be asked, since whoever runs this is whose environment and home it would look into.
    pub may_ask: bool,
    /// Variables name other files (`GIT_CONFIG_GLOBAL`, `GIT_CONFIG_SYSTEM`) or settings (`GIT_CONFIG_COUNT`, `git -c`).
    pub are_named: bool,
    /// The file of the whole system is left out (`GIT_CONFIG_NOSYSTEM`).
    pub without_system: bool,
}

/// The setting that says whom to trust: no variable gives it, since whoever starts a pipeline's step may set variables.
const ROOT: &str = "relsign.root";

/// What the configuration says, from the outermost scope to the innermost and in the order in which it stands there.
pub(super) struct Settings(Vec<Setting>);

/// One value of one name.
struct Setting {
    /// The name, with section and variable in lower case, as git compares them.
    name: String,
    /// The value; a name that stands alone has none.
    value: Option<Vec<u8>>,
    /// It is this repository's own, and nobody else's who works on this machine.
    is_here: bool,
    /// It stands in a file that another one includes.
    is_included: bool,
    /// A variable gives it, and no file.
    is_passed: bool,
}

impl Settings {
    fn read(config: &git2::Config, sources: ConfigSources) -> std::result::Result<Self, git2::Error> {
        use git2::ConfigLevel::{Local, System, Worktree};
        let mut settings = Vec::new();
        config.entries(None)?.for_each(|entry| {
            if sources.without_system && entry.level() == System {
                return;
            }
            settings.push(Setting {
                name: String::from_utf8_lossy(entry.name_bytes()).into_owned(),
                value: entry.has_value().then(|| entry.value_bytes().to_vec()),
                is_here: matches!(entry.level(), Local | Worktree),
                is_included: entry.include_depth() > 0,
                is_passed: false,
            });
        })?;
        Ok(Self(settings))
    }

    /// Reads what `git config --list -z --show-scope --show-origin` printed; `own` are the files of this repository alone.
    fn parse(listed: &[u8], own: impl Fn(&[u8]) -> bool) -> Self {
        let mut fields = listed.split(|byte| *byte == 0);
        let mut settings = Vec::new();
        while let (Some(scope), Some(origin), Some(entry)) = (fields.next(), fields.next(), fields.next()) {
            let (name, value) = match entry.iter().position(|byte| *byte == b'\n') {
                Some(end) => (&entry[..end], Some(entry[end + 1..].to_vec())),
                None => (entry, None),
            };
            let is_here = matches!(scope, b"local" | b"worktree");
            settings.push(Setting {
                name: String::from_utf8_lossy(name).into_owned(),
                value,
                is_here,
                is_included: is_here && !origin.strip_prefix(b"file:").is_some_and(&own),
                is_passed: scope == b"command",
            });
        }
        Self(settings)
    }

    /// Whether a file is included under a condition that libgit2 does not know.
    fn has_foreign_condition(&self) -> bool {
        let known = |name: &str| ["gitdir:", "gitdir/i:", "onbranch:"].iter().any(|condition| name.starts_with(condition));
        self.names().filter_map(|name| name.strip_prefix("includeif.")).any(|condition| !known(condition))
    }

    /// Returns every name that has a value, as often as it has one.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|setting| setting.name.as_str())
    }

    /// Returns what may be heeded of a name.
    ///
    /// relsign's own settings say whom to trust, so one that a file gives which this repository's configuration
    /// includes is passed over: that file may lie in the working tree, where everybody who pushes writes.
    fn of(&self, name: &str) -> impl DoubleEndedIterator<Item = &Setting> {
        let name = normal(name);
        let is_own = name.starts_with("relsign.");
        self.0.iter().filter(move |setting| {
            let pushed = is_own && setting.is_here && setting.is_included;
            setting.name == name && !pushed && !(setting.is_passed && name == ROOT)
        })
    }
}

/// Writes section and variable in lower case; what stands between them is compared as it is.
fn normal(name: &str) -> String {
    match (name.find('.'), name.rfind('.')) {
        (Some(first), Some(last)) => {
            [&name[..first].to_ascii_lowercase(), &name[first..last], &name[last..].to_ascii_lowercase()].concat()
        }
        _ => name.to_ascii_lowercase(),
    }
}

impl Repository {
    /// Returns the configuration as this handle saw it first, or after it last changed something itself: a command asks a
    /// dozen times, and each time git would look at four files again.
    pub(super) fn settings(&self) -> Result<Ref<'_, Settings>> {
        if self.settings.borrow().is_none() {
            let sources = self.sources.get();
            let config = self.inner.config().and_then(|mut config| config.snapshot());
            let read = config.and_then(|config| Settings::read(&config, sources));
            let mut read = read.attempt(|| "cannot read the git configuration".to_owned())?;
            if sources.may_ask && (sources.are_named || read.has_foreign_condition()) {
                read = self.ask_settings()?;
            }
            *self.settings.borrow_mut() = Some(read);
        }
        Ref::filter_map(self.settings.borrow(), Option::as_ref)
            .map_err(|_| Error::new(ErrorKind::Io, "cannot read the git configuration"))
    }

    /// Reads a configuration value of any scope, the innermost first; of relsign's own settings, none that a file holds
    /// which this repository's configuration includes.
    pub fn config_string(&self, name: &str) -> Result<Option<String>> {
        let settings = self.settings()?;
        let Some(setting) = settings.of(name).next_back() else { return Ok(None) };
        let value = setting.value.clone().unwrap_or_default();
        let wrong = |_| Error::new(ErrorKind::Malformed, format!("{name} in the git configuration is not UTF-8"));
        String::from_utf8(value).map(Some).map_err(wrong)
    }

    /// Reads a configuration value that is yes or no, in any of git's spellings.
    pub fn config_bool(&self, name: &str) -> Result<Option<bool>> {
        let settings = self.settings()?;
        let Some(setting) = settings.of(name).next_back() else { return Ok(None) };
        // A name alone is yes.
        let Some(value) = &setting.value else { return Ok(Some(true)) };
        let value = git2::Config::parse_bool(String::from_utf8_lossy(value).into_owned());
        value.map(Some).attempt(|| format!("{name} in the git configuration is neither true nor false"))
    }

    /// Reads all values of a name, from the outermost scope to the innermost, in the order they stand there; of relsign's
    /// own settings, none that a file holds which this repository's configuration includes.
    pub fn config_all(&self, name: &str) -> Result<Vec<String>> {
        let settings = self.settings()?;
        let values = settings.of(name).filter_map(|setting| setting.value.as_deref());
        Ok(values.filter_map(|value| std::str::from_utf8(value).ok()).map(str::to_owned).collect())
    }

    /// Reads all values of a name from the files of this repository's own configuration, and from nothing they include.
    ///
    /// So neither the environment nor the home of whoever pushes has a say in them.
    pub fn config_own(&self, name: &str) -> Result<Vec<String>> {
        let settings = self.settings()?;
        let values = settings.of(name).filter(|setting| setting.is_here && !setting.is_included);
        let values = values.filter_map(|setting| setting.value.as_deref());
        Ok(values.filter_map(|value| std::str::from_utf8(value).ok()).map(str::to_owned).collect())
    }

    /// Asks git for its configuration.
    fn ask_settings(&self) -> Result<Settings> {
        use std::os::unix::ffi::OsStrExt as _;
        let listed = Program::new(self, false).list_config()?;
        let own = [self.common_dir().join("config"), self.git_dir().join("config.worktree")].map(|file| file.canonicalize().ok());
        let top = self.work_dir().unwrap_or(self.git_dir());
        Ok(Settings::parse(&listed, |path: &[u8]| {
            let file = top.join(Path::new(std::ffi::OsStr::from_bytes(path))).canonicalize().ok();
            file.is_some() && own.contains(&file)
        }))
    }

    /// Heeds what the environment says of where settings are, in the place of what was said before.
    #[must_use]
    pub fn with_sources(self, sources: ConfigSources) -> Self {
        self.settings.take();
        self.sources.set(sources);
        self
    }

    /// Returns the names of the remotes that are set up, sorted.
    pub fn remotes(&self) -> Result<Vec<String>> {
        let settings = self.settings()?;
        let name = |name: &str| {
            let name = name.strip_prefix("remote.")?;
            Some(name.strip_suffix(".url").or_else(|| name.strip_suffix(".pushurl"))?.to_owned())
        };
        let mut names: Vec<String> = settings.names().filter_map(name).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Returns the remote that records are shared with: `relsign.remote`, else `origin`, else the only one.
    ///
    /// A setting of nothing is none, as where a repository takes back what is set for all of them.
    pub fn sharing_remote(&self) -> Result<Option<String>> {
        if let Some(remote) = self.config_string("relsign.remote")?.filter(|remote| !remote.trim().is_empty()) {
            return Ok(Some(self.name_now(&remote)?.unwrap_or(remote)));
        }
        let mut remotes = self.remotes()?;
        if remotes.iter().any(|remote| remote == "origin") {
            return Ok(Some("origin".to_owned()));
        }
        Ok(if remotes.len() == 1 { remotes.pop() } else { None })
    }

    /// Returns the name that a remote has now which was renamed: git leaves the lines as they are by which it fetches relsign's refs.
    fn name_now(&self, name: &str) -> Result<Option<String>> {
        let remotes = self.remotes()?;
        if name.contains([':', '/']) || remotes.iter().any(|remote| remote == name) {
            return Ok(None);
        }
        let along = along_ref(name, "notes");
        let mut found = None;
        for remote in remotes {
            let lines = self.config_all(&format!("remote.{remote}.fetch"))?;
            let is_it = lines.iter().any(|line| line.split_once(':').is_some_and(|(_, there)| there.starts_with(&along)));
            // Two can't both be it.
            if is_it && found.replace(remote).is_some() {
                return Ok(None);
            }
        }
        Ok(found)
    }

    /// Reads a setting that is a number of seconds.
    ///
    /// # Errors
    /// If it is something else, or none at all.
    pub fn config_seconds(&self, name: &str) -> Result<Option<Duration>> {
        let Some(set) = self.config_string(name)? else { return Ok(None) };
        match set.trim().parse() {
            Ok(seconds @ 1..) => Ok(Some(Duration::from_secs(seconds))),
            _ => {
                let text = format!("{name} in the git configuration is {set:?}, not a number of seconds");
                Err(Error::new(ErrorKind::Invalid, text))
            }
        }
    }

    fn local_config(&self) -> Result<git2::Config> {
        let all = self.inner.config().attempt(|| "cannot read the git configuration".to_owned())?;
        all.open_level(git2::ConfigLevel::Local).attempt(|| "cannot open the configuration of this repository".to_owned())
    }

    /// Sets a value in this repository's own configuration, replacing those that there are.
    pub fn config_set(&self, name: &str, value: &str) -> Result<()> {
        let attempted = || format!("cannot set {name} in the configuration of this repository");
        self.write_config(&["--replace-all", name, value], attempted)
    }

    /// Adds a value to a name that may have several, unless this repository's own configuration has it already.
    pub fn config_add(&self, name: &str, value: &str) -> Result<()> {
        let attempted = || format!("cannot add to {name} in the configuration of this repository");
        let local = self.local_config()?;
        let mut there = false;
        let listed = local
            .multivar(name, None)
            .and_then(|entries| entries.for_each(|entry| there |= entry.value_bytes() == value.as_bytes()));
        optional(listed).attempt(attempted)?;
        if there { Ok(()) } else { self.write_config(&["--add", name, value], attempted) }
    }

    /// Removes one value of a name from this repository's own configuration.
    pub fn config_drop(&self, name: &str, value: &str) -> Result<()> {
        let attempted = || format!("cannot remove a value of {name} from the configuration of this repository");
        self.write_config(&[AS_IT_STANDS, "--unset-all", name, value], attempted)
    }

    /// Removes every value of a name from this repository's own configuration.
    pub fn config_unset(&self, name: &str) -> Result<()> {
        let attempted = || format!("cannot remove {name} from the configuration of this repository");
        self.write_config(&["--unset-all", name], attempted)
    }

    /// Has git write this repository's own configuration: it locks the file, follows a link to it and keeps its mode, which may
    /// be what keeps a token in it from others. Its owner and its group stay as well, which git does not see to.
    fn write_config(&self, args: &[&str], attempted: impl Fn() -> String) -> Result<()> {
        self.settings.take();
        let file = self.common_dir().join("config");
        let file = file.canonicalize().attempt(&attempted)?;
        let before = std::fs::metadata(&file).attempt(&attempted)?;
        Program::new(self, false).config(&file, args, &attempted)?;
        give_back(&file, &before).attempt(attempted)
    }
}

#[cfg(test)]
mod tests {
    use super::{Settings, normal};

    #[test]
    fn what_git_lists_is_read_with_whose_it_is() {
        let listed = b"local\0file:.git/config\0relsign.root\none\0local\0file:../team\0relsign.root\ntwo\0\
            command\0command line:\0relsign.root\nthree\0global\0file:/home/x\0user.name\na\nb\0global\0file:/home/x\0a.b\0";
        let settings = Settings::parse(listed, |path| path == b".git/config");
        let values = |name: &str| settings.of(name).map(|setting| setting.value.clone()).collect::<Vec<_>>();
        assert_eq!(values("relsign.root"), [Some(b"one".to_vec())]);
        assert_eq!((values("user.name"), values("a.b")), (vec![Some(b"a\nb".to_vec())], vec![None]));
        assert!(!settings.has_foreign_condition());
        let listed = b"global\0file:/home/x\0includeif.hasconfig:remote.*.url:**.path\nwork\0";
        assert!(Settings::parse(listed, |_| false).has_foreign_condition());
    }

    #[test]
    fn names_are_compared_as_git_does() {
        assert_eq!(normal("user.signingKey"), "user.signingkey");
        assert_eq!(normal("Remote.My.Origin.URL"), "remote.My.Origin.url");
        assert_eq!(normal("plain"), "plain");
    }
}
