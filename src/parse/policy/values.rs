//! Values with a form of their own: durations and paths.

use toml::Spanned;

use super::reader::{Problems, Table};
use crate::model::record::After;

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

/// Returns the seconds of a number and one unit.
fn seconds(text: &str) -> Option<u64> {
    let unit = text.chars().last()?;
    let digits = text.strip_suffix(unit)?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    // A hundred years are longer than any rule and short enough for every sum.
    let number: u64 = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())??;
    number.checked_mul(factor).filter(|seconds| (1..=3_155_760_000).contains(seconds))
}

/// Whether a text is a path inside a tree, as git writes it.
pub(super) fn is_tree_path(text: &Spanned<&str>) -> bool {
    let path = text.get_ref();
    path.len() <= 1024
        && !path.chars().any(|c| c.is_control() || c == '\\')
        && path.split('/').all(|part| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git"))
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn durations_have_one_unit_and_an_end() {
        assert_eq!(seconds("90s"), Some(90));
        assert_eq!(seconds("2w"), Some(1_209_600));
        for bad in ["", "d", "0d", "-1d", "1", "1.5h", "1 d", "+1d", "99999999999999999999d", "1y", "1é"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
