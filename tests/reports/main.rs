//! The renderers, over reports built by hand: what people see, at several widths, and what hostile text can't do.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may panic, and reads its own switch")]

mod build;
mod changes;
mod course;
mod dossier;
mod hostile;
mod screens;
mod terminal;

use std::path::PathBuf;

/// Compares with a file of `expected/`; `RELSIGN_UPDATE=1` writes it instead, for a person to look at.
fn expect(name: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/reports/expected").join(name);
    if std::env::var_os("RELSIGN_UPDATE").is_some() {
        std::fs::write(&path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    snapbox::assert_data_eq!(actual, snapbox::Data::text(expected).raw());
}
