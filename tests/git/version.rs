//! Which git the tests run: the one that PATH finds, as for relsign itself.

use std::process::Command;

/// Gives the first two numbers of git's version.
fn version() -> (u32, u32) {
    let output = Command::new("git").arg("version").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut numbers = text.trim_start_matches("git version ").split('.').map_while(|number| number.trim().parse().ok());
    numbers.next().zip(numbers.next()).unwrap_or_else(|| panic!("{text:?} names no version"))
}

/// Says whether git is older than what a test needs. The test then returns, and this says that it was skipped.
///
/// The version decides and not whether git fails: a failure of a newer git fails the test.
pub(crate) fn is_older_than(needed: (u32, u32), what: &str) -> bool {
    let found = version();
    if found < needed {
        eprintln!("skipped: {what} takes git {}.{}, and this is git {}.{}", needed.0, needed.1, found.0, found.1);
    }
    found < needed
}
