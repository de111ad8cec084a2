//! Values with a form of their own: durations and paths.

use toml::Spanned;

use super::reader::{Problems, Table};
use crate::model::record::After;
use crate::parse::span::seconds;

/// Reads a duration such as `30d` into seconds.
pub(super) fn duration(table: &mut Table<'_>, problems: &mut Problems<'_>, key: &'static str) -> Option<u64> {
    let text = table.text(problems, key)?;
    let seconds = seconds(text.get_ref());
    if seconds.is_none() {
        let message = format!("`{key}` in {} is {:?}; write a time such as 90s, 30m, 12h, 30d or 2w", table.name(), text.get_ref());
        problems.error("policy-bad-value", text.span(), message);
    }
    seconds
}

/// Reads a time that is counted from an event, such as `deploy+48h`.
pub(super) fn after(text: &str) -> Option<After> {
    let (event, span) = text.split_once('+')?;
    Some(After { event: event.trim().parse().ok()?, seconds: seconds(span.trim())? })
}

/// Whether a text is a path inside a tree, as git writes it.
pub(super) fn is_tree_path(text: &Spanned<&str>) -> bool {
    let path = text.get_ref();
    path.len() <= 1024
        && !path.chars().any(|c| c.is_control() || c == '\\')
        && path.split('/').all(|part| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git"))
}
