//! The command line: load, evaluate, render; the only layer that sees everything.

mod app;
pub(crate) mod commands;
mod exit;
mod help;
pub(crate) mod json;
mod sharing;
mod ui;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, Args as _, CommandFactory as _, FromArgMatches as _, Parser};

use crate::model::hidden::is_hidden;
use crate::model::secrets::without_secrets;
use crate::ops::error::{Exit, Failure, Outcome};
use app::{App, Globals};
use commands::Command;

/// Sign off releases in git: checklists in Markdown, signatures on the tag, a verdict anyone can verify
#[derive(Debug, Parser)]
#[command(name = "relsign", version, subcommand_required = true, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// Returns the whole command line as clap describes it, for help, completions, manual pages and the command reference.
pub fn command() -> clap::Command {
    help::with_help(Cli::command())
}

/// Reads what clap has read, which needs no words of ours any more.
fn read(matches: &ArgMatches) -> Result<Cli, clap::Error> {
    let mut cli = Cli { globals: Globals::from_arg_matches(matches)?, command: Command::from_arg_matches(matches)? };
    cli.globals.dry_run = commands::is_dry_run(matches);
    Ok(cli)
}

/// Reads a call whose first word names a command, telling clap of that command only.
///
/// Nothing comes back from any other call and from a wrong one: help, errors and what to suggest need the whole command
/// line.
fn parse_one(args: &[OsString]) -> Option<Cli> {
    let command = Command::describe(args.get(1)?.to_str()?)?;
    let described = Globals::augment_args(clap::Command::new("relsign")).subcommand(command);
    read(&described.try_get_matches_from(args).ok()?).ok()
}

/// Reads any call.
fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    let mut described = command();
    let matches = described.try_get_matches_from_mut(args)?;
    read(&matches).map_err(|error| error.format(&mut described))
}

/// Runs the program and gives its exit code; nothing else exits.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    // Without colours, which would have to be told from what is quoted.
    let plain = || ui::Ui::new(ui::ColorChoice::Never, false, true, true, None, false);
    let cli = match parse_one(&args).map_or_else(|| parse(&args), Ok) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are asked for and go to standard output; everything else is wrong usage.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Yes };
            if error.kind() == clap::error::ErrorKind::InvalidSubcommand
                && let Some(failure) = args.get(1).and_then(|word| commands::meant(word.to_str()?))
            {
                plain().failure(&failure);
                return exit.into();
            }
            let text = error.render().to_string();
            if error.use_stderr() && text.chars().any(|c| c != '\n' && is_hidden(c)) {
                // clap quotes the call as it is, and a call may be made of what somebody else wrote.
                let failure = Failure::usage("the call holds characters that can't be seen").because(text);
                plain().failure(&failure);
            } else if error.use_stderr() && without_secrets(&text) != text {
                plain().err(text.trim_end());
            } else {
                let _ = error.print();
            }
            return exit.into();
        }
    };
    let json = cli.globals.json;
    let app = match App::new(cli.globals, command, matches!(cli.command, Command::Hook(commands::hook::Commands::Run(_)))) {
        Ok(app) => app,
        Err(failure) => {
            plain().failure(&failure);
            return failure.exit.into();
        }
    };
    let mut outcome: Outcome = cli.command.run(&app);
    // Nothing trusts in silence: whoever sits at a terminal is asked, once, and everybody else is told what to do.
    if let Err(failure) = &outcome
        && failure.code == Some(crate::model::finding::Code::RootUnpinned)
        && app.ui.interactive
    {
        outcome = match commands::offer_trust(&app) {
            Ok(true) => cli.command.run(&app),
            Ok(false) => outcome,
            Err(failure) => Err(failure),
        };
    }
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            if json {
                let _ = app.ui.data(&json::failure(&failure));
            }
            app.ui.failure(&failure);
            failure.exit.into()
        }
    }
}
