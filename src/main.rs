//! The relsign program.

use std::process::ExitCode;

fn main() -> ExitCode {
    relsign::run(std::env::args_os())
}
