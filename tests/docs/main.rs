//! The documentation is true: its commands run, its lists are complete, its links lead somewhere, its table of layers
//! is what the sources do.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and runs programs in an environment of its own"
)]

mod attacks;
mod circles;
mod findings;
mod format;
#[path = "../shared/forms.rs"]
mod forms;
mod gits;
mod layers;
mod links;
#[path = "../shared/place.rs"]
mod place;
mod reading;

use std::path::{Path, PathBuf};

/// The folder of the whole project.
fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Reads a file of the project.
fn read(path: &str) -> String {
    std::fs::read_to_string(project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Gives the text of every heading of a page, with the number of its hashes, leaving out code blocks.
fn headings(page: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in page.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
        }
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        if !in_code && level > 0 && line[level..].starts_with(' ') {
            found.push((level, line[level..].trim().trim_matches('`').to_owned()));
        }
    }
    found
}
