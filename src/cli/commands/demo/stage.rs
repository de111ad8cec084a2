//! The stage of the demo: a folder, the people in it, and the real programs they run, shown as they run.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anstyle::{AnsiColor, Style};

use crate::cli::app::App;
use crate::git::files;
use crate::ops::error::{Failure, Outcome};
use crate::report::safe::shell_word;

/// The fictional service that is released.
pub const PROJECT: &str = "parcel-map";

/// The server's administrator.
const SERVER: &str = "server";

/// By how much the output of a command is indented below it.
const INDENT: &str = "    ";

/// Where the demo plays.
pub struct Stage<'a> {
    app: &'a App,
    folder: PathBuf,
    program: PathBuf,
}

impl<'a> Stage<'a> {
    /// Sets the stage in an empty folder.
    pub fn new(app: &'a App, folder: PathBuf) -> Outcome<Self> {
        let program =
            std::env::current_exe().map_err(|error| Failure::internal("the running program cannot be found").because(error))?;
        Ok(Self { app, folder, program })
    }

    /// Returns the folder that holds everything.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the path of this program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Begins a chapter.
    pub fn chapter(&self, title: &str) -> Outcome<()> {
        self.show(&format!("\n{}\n", self.paint(Style::new().bold(), &format!("== {title} =="))))
    }

    /// Reports something to the reader.
    pub fn tell(&self, text: &str) -> Outcome<()> {
        self.show(&format!("{}\n", self.paint(AnsiColor::Cyan.on_default(), &format!("# {text}"))))
    }

    /// Writes a file into somebody's clone.
    pub fn write(&self, who: &str, file: &str, text: &str) -> Outcome<()> {
        let path = self.folder.join(who).join(PROJECT).join(file);
        if let Some(parent) = path.parent() {
            self.make_folder(parent)?;
        }
        files::write_out(&path, text.as_bytes()).map_err(Failure::cannot("write", &path))?;
        self.tell(&format!("{who} writes {file}"))
    }

    /// Adds to a file in somebody's clone.
    pub fn append(&self, who: &str, file: &str, text: &str) -> Outcome<()> {
        let path = self.folder.join(who).join(PROJECT).join(file);
        let opened = std::fs::OpenOptions::new().append(true).open(&path);
        opened.and_then(|mut opened| opened.write_all(text.as_bytes())).map_err(Failure::cannot("write", &path))?;
        self.tell(&format!("{who} adds to {file}:"))?;
        text.trim().lines().try_for_each(|line| self.show(&format!("{INDENT}{line}\n")))
    }

    /// Runs a command that is no part of the story.
    pub fn quietly(&self, who: &str, words: &[String]) -> Outcome<()> {
        let failed = |why: String| Failure::internal(format!("the demo failed: [{who}] {}", words.join(" "))).because(why);
        match self.spawn(who, words) {
            Ok((_, Some(0))) => Ok(()),
            Ok((output, _)) => Err(failed(output)),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    /// Runs a command and requires this exit code; gives what it printed.
    pub fn run(&self, who: &str, words: &[String], code: i32) -> Outcome<String> {
        let line = words.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ");
        self.show(&format!("{} $ {line}\n", self.paint(AnsiColor::Green.on_default().bold(), &format!("[{who}]"))))?;
        let (output, found) = self
            .spawn(who, words)
            .map_err(|error| Failure::internal(format!("the demo failed: [{who}] {line} could not be run")).because(error))?;
        for text in output.lines() {
            self.show(&format!("{INDENT}{text}\n"))?;
        }
        if found != Some(0) {
            let found = found.map_or_else(|| "stopped by a signal".to_owned(), |found| format!("exit code {found}"));
            self.show(&format!("{INDENT}{}\n", self.paint(AnsiColor::Yellow.on_default(), &format!("({found})"))))?;
        }
        if found == Some(code) {
            return Ok(output);
        }
        let ended = found.map_or_else(|| "was stopped by a signal".to_owned(), |found| format!("ended with {found}"));
        Err(Failure::internal(format!("the demo failed: [{who}] {line} {ended}, and {code} was expected"))
            .because(output)
            .hint(format!("what was built so far is in {}", self.folder.display())))
    }

    /// Runs a program in somebody's clone, or at home before there is one, with the environment of somebody who has nothing but a
    /// home, and gives both streams as one. The server's administrator works where the server's repository is.
    fn spawn(&self, who: &str, words: &[String]) -> io::Result<(String, Option<i32>)> {
        let [name, rest @ ..] = words else { return Err(io::ErrorKind::InvalidInput.into()) };
        let home = if who == SERVER { self.folder.clone() } else { self.folder.join(who) };
        std::fs::create_dir_all(&home)?;
        let clone = home.join(PROJECT);
        let directory = if clone.is_dir() { &clone } else { &home };
        let is_relsign = name == "relsign";
        let mut command = if is_relsign { Command::new(&self.program) } else { Command::new(name) };
        command.args(rest);
        if is_relsign && self.app.ui.color {
            // The program sees a pipe, and would leave out the colours that the reader's terminal shows.
            command.arg("--color=always");
        }
        command.env_clear().envs(self.app.env.passed_on.iter().map(|(name, value)| (name, value)));
        let width = self.app.ui.width.saturating_sub(INDENT.len()).max(40);
        let settings: [(&str, OsString); 7] = [
            ("HOME", home.clone().into()),
            ("COLUMNS", width.to_string().into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("GIT_CONFIG_SYSTEM", "/dev/null".into()),
            ("GIT_CONFIG_GLOBAL", home.join(".gitconfig").into()),
            ("GIT_TERMINAL_PROMPT", "0".into()),
            ("GIT_CEILING_DIRECTORIES", self.folder.clone().into()),
        ];
        command.envs(settings).current_dir(directory).stdin(Stdio::null());
        let (mut reader, writer) = io::pipe()?;
        command.stdout(writer.try_clone()?).stderr(writer);
        let mut child = command.spawn()?;
        // The command holds the writing ends; while it lives, reading would never come to an end.
        drop(command);
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        let status = child.wait()?;
        Ok((String::from_utf8_lossy(&bytes).into_owned(), status.code()))
    }

    fn make_folder(&self, path: &Path) -> Outcome<()> {
        std::fs::create_dir_all(path).map_err(Failure::cannot("make", path))
    }

    fn show(&self, text: &str) -> Outcome<()> {
        match (self.app.ui.quiet, self.app.globals.json) {
            (true, _) => Ok(()),
            (false, true) => {
                self.app.ui.err(text.trim_end_matches('\n'));
                Ok(())
            }
            (false, false) => self.app.ui.out(text),
        }
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.app.ui.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}
