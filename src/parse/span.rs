//! Spans of time that rules are written with: a number and one unit, such as `30d`.

/// Returns the seconds of a number and one unit; a hundred years at most.
pub(super) fn seconds(text: &str) -> Option<u64> {
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
