//! `relsign man`.

use std::io;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::table;
use crate::cli::app::App;
use crate::cli::json::{self, FileJson, FilesJson};
use crate::git::files;
use crate::ops::error::{Exit, Failure, Outcome};

/// Write the manual pages, one for each command, into a directory
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The directory, created if missing
    // Not `directory`, as -C is called: the two would be one.
    #[arg(value_name = "DIRECTORY")]
    into: PathBuf,
}

/// What the environment changes.
const ENVIRONMENT: [(&str, &str); 9] = [
    ("SSH_AUTH_SOCK", "The agent that is asked for keys."),
    ("SSH_ASKPASS, SSH_ASKPASS_REQUIRE", "The program that asks for a passphrase, as for ssh."),
    ("GIT_COMMITTER_NAME, GIT_COMMITTER_EMAIL, GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL", "Who stands on relsign's own commits."),
    ("GIT_PAGER, PAGER", "The pager of long output, where core.pager does not name one; see --no-pager."),
    ("NO_COLOR, TERM", "No colours where NO_COLOR is set, or TERM is dumb."),
    ("COLUMNS", "The width of output, instead of the terminal's."),
    ("LC_ALL, LC_CTYPE, LANG", "Whether more than ASCII can be shown."),
    ("TZ", "The zone in which times are shown and dates are read."),
    ("RELSIGN_NOW", "The time that is taken for now, for tests and examples; hooks of a server do not heed it."),
];

/// What is read and written.
const FILES: [(&str, &str); 5] = [
    (".relsign/policy.toml", "The policy in the working tree; the version in force is on refs/relsign/policy."),
    ("RELEASE_CHECKLIST.md", "The checklist, where the policy names no other."),
    ("refs/notes/relsign, refs/notes/relsign-receipts, refs/relsign/*", "Records, receipts, evidence and the policy."),
    (".git/relsign/", "What only this clone knows: what it has seen, and what it fetched from each remote."),
    ("~/.ssh/id_ed25519", "The key that signs, where neither git's configuration, nor --key, nor an agent names one."),
];

/// What the exit codes mean.
const STATUS: [(&str, &str); 6] = [
    ("0", "Yes, or done."),
    ("1", "No."),
    ("2", "The command was called wrongly."),
    ("3", "Something is tampered with or invalid."),
    ("4", "Cannot decide: records, the tag, the policy or a pinned root are missing."),
    ("5", "An internal or input/output error; or signed here and not shared."),
];

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let directory = app.path(&self.into);
        let failed = Failure::cannot("write manual pages to", &self.into);
        std::fs::create_dir_all(&directory).map_err(failed)?;
        let mut command = (app.describe)().disable_help_subcommand(true);
        command.build();
        let mut written = Vec::new();
        write(&command, "", &directory, &mut written).map_err(failed)?;
        if app.globals.json {
            json::print(app, &FilesJson { files: written })?;
        }
        let directory = self.into.display();
        app.ui.say(format!("wrote manual pages to {directory}; read one: man {directory}/relsign.1"));
        Ok(Exit::Yes)
    }
}

/// Writes the page of a command and of those below it.
fn write(command: &Command, path: &str, directory: &Path, written: &mut Vec<FileJson>) -> io::Result<()> {
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let path = format!("{path} {}", sub.get_name());
        write(sub, path.trim_start(), directory, written)?;
    }
    // A page shows what `-h` leaves out too.
    let whole = command.clone().override_usage(synopsis(command)).mut_args(|argument| argument.hide_short_help(false));
    let page = Man::new(whole);
    let page = page.source(concat!("relsign ", env!("CARGO_PKG_VERSION"))).manual("relsign");
    let file = directory.join(page.get_filename());
    let mut out = Vec::new();
    page.render_title(&mut out)?;
    page.render_name_section(&mut out)?;
    page.render_synopsis_section(&mut out)?;
    page.render_description_section(&mut out)?;
    page.render_options_section(&mut out)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut out)?;
    }
    sections(path).to_writer(&mut out)?;
    files::write_out(&file, &out)?;
    written.push(FileJson { path: file.display().to_string(), text: None });
    Ok(())
}

/// Writes the sections that clap knows nothing of.
fn sections(path: &str) -> Roff {
    let mut roff = Roff::new();
    list(&mut roff, "EXAMPLES", table::entry(path).map_or_else(|| table::TOP.to_vec(), |entry| entry.examples));
    list(&mut roff, "ENVIRONMENT", ENVIRONMENT);
    list(&mut roff, "FILES", FILES);
    list(&mut roff, "EXIT STATUS", STATUS);
    roff
}

fn list<'t>(roff: &mut Roff, heading: &str, entries: impl IntoIterator<Item = (&'t str, &'t str)>) {
    roff.control("SH", [heading]);
    for (name, text) in entries {
        roff.control("TP", []);
        roff.text([bold(name)]);
        roff.text([roman(text)]);
    }
}

/// Writes a call of a command with everything that it takes.
fn synopsis(command: &Command) -> String {
    let mut words = vec![command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned()];
    let (named, placed): (Vec<_>, Vec<_>) =
        command.get_arguments().filter(|argument| !argument.is_hide_set()).partition(|argument| !argument.is_positional());
    for argument in named.into_iter().chain(placed) {
        let values =
            || argument.get_value_names().unwrap_or_default().iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ");
        let name = match (argument.get_long(), argument.get_short()) {
            (Some(long), _) => format!("--{long}"),
            (None, Some(short)) => format!("-{short}"),
            (None, None) => String::new(),
        };
        let takes = argument.is_positional() || argument.get_action().takes_values();
        let word = if takes { format!("{name} {}", values()).trim_start().to_owned() } else { name };
        let many = if matches!(argument.get_action(), clap::ArgAction::Append) { "..." } else { "" };
        words.push(if argument.is_required_set() { format!("{word}{many}") } else { format!("[{word}]{many}") });
    }
    if command.has_subcommands() {
        words.push("COMMAND".to_owned());
    }
    words.join(" ")
}
