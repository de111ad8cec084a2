//! The commands, one to a file: the doc comment of its arguments is its help, its body reads load, evaluate, render.

/// Declares the commands below one, each with its arguments, which know how to run it.
macro_rules! commands_below {
    ($(#[$about:meta])* $name:ident { $($variant:ident($args:ty),)* }) => {
        $(#[$about])*
        #[derive(Debug, clap::Subcommand)]
        pub enum $name {
            $($variant($args),)*
        }

        impl $name {
            /// Runs the command.
            pub fn run(&self, app: &crate::cli::app::App) -> crate::ops::error::Outcome {
                match self {
                    $(Self::$variant(args) => args.run(app),)*
                }
            }
        }
    };
}

mod action;
mod approve;
mod assign;
mod checklist;
mod ci;
mod close;
mod complete;
mod completions;
mod course;
mod decide;
mod delivery;
pub(crate) mod demo;
mod disregard;
mod evidence;
mod freeze;
mod gate;
pub(crate) mod hook;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod join;
mod list;
mod log;
mod man;
mod mine;
mod open;
pub(crate) mod person;
pub(crate) mod policy;
mod report;
mod role;
mod rollback;
mod selector;
mod show;
mod sign_off;
mod stage;
mod status;
mod sync;
pub(crate) mod table;
pub(crate) mod tag;
mod trust;
mod verify;
mod waive;
mod whoami;
mod withdraw;
mod witness;

use clap::{Args as _, FromArgMatches, Subcommand};

pub(crate) use trust::offer as offer_trust;

use super::app::App;
use crate::ops::error::{Failure, Outcome};

/// Declares the commands, in the order of the help, each with its name and how clap is told of its arguments.
///
/// A derive would describe all of them in one function; here each has its own, so that a call describes only the command
/// that it names. To describe thirty takes as long as much of what they do.
macro_rules! commands {
    ($($variant:ident($args:ty) $name:literal $augment:path,)*) => {
        /// Every command, in the order of the help.
        #[derive(Debug)]
        pub enum Command {
            $($variant($args),)*
        }

        impl Command {
            /// Runs the command.
            pub fn run(&self, app: &App) -> Outcome {
                match self {
                    $(Self::$variant(args) => args.run(app),)*
                }
            }

            /// Describes the command of a name to clap; nothing where there is none of that name.
            pub fn describe(name: &str) -> Option<clap::Command> {
                match name {
                    $($name => Some(with_common($name, $augment(clap::Command::new($name)))),)*
                    _ => None,
                }
            }
        }

        impl FromArgMatches for Command {
            fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
                match matches.subcommand() {
                    $(Some(($name, matches)) => <$args>::from_arg_matches(matches).map(Self::$variant),)*
                    _ => Err(clap::Error::new(clap::error::ErrorKind::MissingSubcommand)),
                }
            }

            fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }

        impl Subcommand for Command {
            fn augment_subcommands(command: clap::Command) -> clap::Command {
                command.subcommands([$($name),*].into_iter().filter_map(Self::describe))
            }

            fn augment_subcommands_for_update(command: clap::Command) -> clap::Command {
                Self::augment_subcommands(command)
            }

            fn has_subcommand(name: &str) -> bool {
                matches!(name, $($name)|*)
            }
        }
    };
}

commands! {
    Demo(demo::Args) "demo" demo::Args::augment_args,
    Init(Box<init::Args>) "init" init::Args::augment_args,
    Join(join::Args) "join" join::Args::augment_args,
    Whoami(whoami::Args) "whoami" whoami::Args::augment_args,
    Trust(trust::Args) "trust" trust::Args::augment_args,
    Person(person::PersonCommands) "person" subcommands::<person::PersonCommands>,
    Role(role::RoleCommands) "role" subcommands::<role::RoleCommands>,
    Machine(person::MachineCommands) "machine" subcommands::<person::MachineCommands>,
    Policy(policy::Commands) "policy" subcommands::<policy::Commands>,
    Hook(hook::Commands) "hook" subcommands::<hook::Commands>,
    Ci(ci::Args) "ci" ci::Args::augment_args,
    Checklist(checklist::Commands) "checklist" subcommands::<checklist::Commands>,
    Tag(tag::Args) "tag" tag::Args::augment_args,
    Open(Box<open::Args>) "open" open::Args::augment_args,
    Status(status::Args) "status" status::Args::augment_args,
    List(list::Args) "list" list::Args::augment_args,
    Mine(mine::Args) "mine" mine::Args::augment_args,
    Approve(approve::Args) "approve" approve::Args::augment_args,
    Reject(sign_off::RejectArgs) "reject" sign_off::RejectArgs::augment_args,
    Partial(sign_off::PartialArgs) "partial" sign_off::PartialArgs::augment_args,
    NotApplicable(sign_off::NotApplicableArgs) "not-applicable" sign_off::NotApplicableArgs::augment_args,
    Waive(Box<waive::Args>) "waive" waive::Args::augment_args,
    Withdraw(withdraw::Args) "withdraw" withdraw::Args::augment_args,
    Disregard(disregard::Args) "disregard" disregard::Args::augment_args,
    Assign(assign::Args) "assign" assign::Args::augment_args,
    Decide(decide::Args) "decide" decide::Args::augment_args,
    Gate(gate::Args) "gate" gate::Args::augment_args,
    Stage(Box<stage::Args>) "stage" stage::Args::augment_args,
    Rollback(Box<rollback::Args>) "rollback" rollback::Args::augment_args,
    Action(Box<action::Args>) "action" action::Args::augment_args,
    Close(close::Args) "close" close::Args::augment_args,
    Freeze(freeze::Commands) "freeze" subcommands::<freeze::Commands>,
    Log(log::Args) "log" log::Args::augment_args,
    Show(show::Args) "show" show::Args::augment_args,
    Evidence(evidence::Commands) "evidence" subcommands::<evidence::Commands>,
    Import(import::Args) "import" import::Args::augment_args,
    Sync(sync::Args) "sync" sync::Args::augment_args,
    Verify(verify::Args) "verify" verify::Args::augment_args,
    Report(report::Args) "report" report::Args::augment_args,
    Witness(witness::Args) "witness" witness::Args::augment_args,
    Completions(completions::Args) "completions" completions::Args::augment_args,
    Man(man::Args) "man" man::Args::augment_args,
    Complete(complete::Args) "complete" complete::Args::augment_args,
}

/// Gives a command, and those below it, what many have in common: `-m` for the reason, or for the note where there is no reason,
/// and `--dry-run` where something is signed.
fn with_common(path: &str, command: clap::Command) -> clap::Command {
    let with = |id: &str| command.get_arguments().any(|argument| argument.get_id() == id);
    let message = ["reason", "note"].into_iter().find(|id| with(id));
    let command = match message {
        Some(id) => command.mut_arg(id, |argument| argument.short('m')),
        None => command,
    };
    let command = match table::entry(path) {
        Some(entry) if entry.signs => command.arg(
            clap::Arg::new(DRY_RUN)
                .long("dry-run")
                .action(clap::ArgAction::SetTrue)
                .help("Only tell what would be signed")
                .long_help(
                    "Only tell what would be signed and what it would count as, or why it would be refused, with the exit code \
                     of that. Others' records are fetched first, unless --no-sync is given; nothing is signed, written or shared, \
                     and no passphrase is asked for",
                ),
        ),
        _ => command,
    };
    command.mut_subcommands(|sub| with_common(&format!("{path} {}", sub.get_name()), sub))
}

/// The name of the switch, as clap knows it.
const DRY_RUN: &str = "dry_run";

/// Whether the command that was called is only to tell what it would do.
pub fn is_dry_run(matches: &clap::ArgMatches) -> bool {
    match matches.subcommand() {
        Some((_, below)) => is_dry_run(below),
        None => matches!(matches.try_get_one::<bool>(DRY_RUN), Ok(Some(true))),
    }
}

/// Describes a command that has commands of its own, one of which must be named.
fn subcommands<T: Subcommand>(command: clap::Command) -> clap::Command {
    T::augment_subcommands(command).subcommand_required(true).arg_required_else_help(true)
}

/// Words that people type for a command, and the command.
const SYNONYMS: &[(&str, &str)] = &[
    ("review", "relsign approve TAG ITEM --review"),
    ("sign", "relsign approve TAG ITEM"),
    ("grant", "relsign freeze grant RECORD"),
    ("request", "relsign freeze request COMMIT --ref REF --reason \"…\" --expires 4h"),
    ("declare", "relsign freeze start NAME --ref REF --reason \"…\""),
    ("break-glass", "relsign freeze break-glass COMMIT --ref REF --reason \"…\""),
    ("go", "relsign decide TAG go"),
    ("no-go", "relsign decide TAG no-go --reason \"…\""),
    ("roll-back", "relsign rollback"),
    ("abandon", "relsign close TAG --abandoned --reason \"…\""),
    ("actions", "relsign action"),
    ("stages", "relsign stage"),
    ("push", "relsign sync"),
    ("pull", "relsign sync"),
];

/// Answers a word that is no command and that people type for one.
pub fn meant(word: &str) -> Option<Failure> {
    let (_, command) = SYNONYMS.iter().find(|(synonym, _)| *synonym == word)?;
    Some(Failure::usage(format!("{word:?} is not a command")).suggest("use", *command))
}
