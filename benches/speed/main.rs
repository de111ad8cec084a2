//! Measures relsign beside the command that people would otherwise run, in the same repository and the same run.
//!
//! ```text
//! cargo bench                        every figure, about a minute
//! cargo bench -- --quick             fewer rounds
//! cargo bench -- --check             exit 1 if a goal is missed
//! cargo bench -- --build             a scratch release build too, which takes a minute or two more
//! cargo bench -- --releases 10000    only so many releases at once, and a tenth of them to compare; takes minutes
//! cargo bench -- --pushes 10000      only what the hooks cost a push, with so many releases and with 100; takes minutes
//! cargo bench -- --sync              only what sharing costs: 64 clones at once, nothing to do, merging 100,000 notes
//! cargo bench -- --bounds             only what junk costs that anybody can push, at most 10 s a command
//! cargo bench -- --forms              only what reading a checklist of 1 MB made of one form costs, beside an ordinary one
//! cargo bench -- --forms tiny         only that of the forms whose names contain a word
//! cargo bench -- --sync 16           the same with as many clones
//! ```
//!
//! Absolute times drift with the machine; the ratios are what counts. Each round runs both commands one after the other,
//! so that what slows the machine down slows both, and the figure is the median over the rounds.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::print_stdout,
    reason = "a bench reads the clock and prints"
)]

mod bounds;
mod figures;
mod forms;
mod junk;
mod many;
mod measure;
mod past;
mod pushes;
mod repository;
mod sync;
mod table;

use std::process::ExitCode;

/// How many clones share at once.
const CLONES: usize = 64;

/// Gives the program that is measured: the one just built, unless `RELSIGN_BENCH_PROGRAM` names another.
fn relsign() -> String {
    std::env::var("RELSIGN_BENCH_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_relsign").to_owned())
}

fn main() -> ExitCode {
    let has = |name: &str| std::env::args().any(|arg| arg == name);
    let rounds = if has("--quick") { measure::Rounds::quick() } else { measure::Rounds::full() };
    let mut table = table::Table::default();
    let number = |name: &str| std::env::args().skip_while(|arg| arg != name).nth(1).and_then(|number| number.parse().ok());
    let measured = match (number("--releases"), number("--pushes")) {
        (Some(releases), _) => many::all(releases, &mut table),
        (None, Some(releases)) => pushes::all(rounds, releases, &mut table),
        (None, None) if has("--forms") => {
            let word = std::env::args().skip_while(|arg| arg != "--forms").nth(1).filter(|word| !word.starts_with('-'));
            forms::all(rounds, &word.unwrap_or_default(), &mut table)
        }
        (None, None) if has("--bounds") => bounds::all(&mut table),
        (None, None) if has("--sync") => sync::all(rounds, number("--sync").unwrap_or(CLONES), &mut table),
        (None, None) => {
            figures::all(rounds, &mut table).and_then(|()| if has("--build") { figures::build(&mut table) } else { Ok(()) })
        }
    };
    println!("{table}");
    if let Err(error) = measured {
        println!("stopped: {error}");
        return ExitCode::FAILURE;
    }
    println!("load average before and after: {}", table.load());
    if has("--check") && table.missed() > 0 {
        println!("{} of the goals missed", table.missed());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
