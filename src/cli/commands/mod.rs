//! The commands, one to a file: the doc comment of its arguments is its help, its body reads load, evaluate, render.

mod approve;
mod assign;
mod checklist;
mod completions;
mod decide;
mod demo;
mod disregard;
mod gate;
mod init;
mod item;
mod join;
pub(crate) mod json;
mod log;
mod man;
mod mine;
mod open;
mod person;
mod policy;
mod question;
mod report;
mod show;
mod status;
mod sync;
mod tag;
mod trust;
mod verify;
mod whoami;
mod withdraw;
mod word;

use clap::Subcommand;

use super::app::App;
use super::error::Outcome;

/// Every command, in the order of the help.
#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(demo::Args),
    Init(Box<init::Args>),
    Join(join::Args),
    Whoami(whoami::Args),
    Trust(trust::Args),
    #[command(subcommand)]
    Person(person::PersonCommands),
    #[command(subcommand)]
    Machine(person::MachineCommands),
    #[command(subcommand)]
    Policy(policy::Commands),
    #[command(subcommand)]
    Checklist(checklist::Commands),
    Tag(tag::Args),
    Open(Box<open::Args>),
    Status(status::Args),
    Mine(mine::Args),
    Approve(approve::Args),
    Reject(word::RejectArgs),
    Partial(word::PartialArgs),
    NotApplicable(word::NotApplicableArgs),
    Waive(word::WaiveArgs),
    Withdraw(withdraw::Args),
    Disregard(disregard::Args),
    Assign(assign::Args),
    Decide(decide::Args),
    Gate(gate::Args),
    Log(log::Args),
    Show(show::Args),
    Sync(sync::Args),
    Verify(verify::Args),
    Report(report::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Command {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        match self {
            Self::Demo(args) => args.run(app),
            Self::Init(args) => args.run(app),
            Self::Join(args) => args.run(app),
            Self::Person(args) => args.run(app),
            Self::Machine(args) => args.run(app),
            Self::Policy(args) => args.run(app),
            Self::Whoami(args) => args.run(app),
            Self::Trust(args) => args.run(app),
            Self::Checklist(args) => args.run(app),
            Self::Tag(args) => args.run(app),
            Self::Open(args) => args.run(app),
            Self::Status(args) => args.run(app),
            Self::Mine(args) => args.run(app),
            Self::Approve(args) => args.run(app),
            Self::Reject(args) => args.run(app),
            Self::Partial(args) => args.run(app),
            Self::NotApplicable(args) => args.run(app),
            Self::Waive(args) => args.run(app),
            Self::Withdraw(args) => args.run(app),
            Self::Disregard(args) => args.run(app),
            Self::Assign(args) => args.run(app),
            Self::Decide(args) => args.run(app),
            Self::Gate(args) => args.run(app),
            Self::Log(args) => args.run(app),
            Self::Show(args) => args.run(app),
            Self::Sync(args) => args.run(app),
            Self::Verify(args) => args.run(app),
            Self::Report(args) => args.run(app),
            Self::Completions(args) => args.run(app),
            Self::Man(args) => args.run(app),
        }
    }
}
