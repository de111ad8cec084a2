//! Whether a value keeps to a limit, in exact decimals: no rounding of ours decides on a release.

use crate::model::course::LimitState;
use crate::model::limit::Comparison;
use crate::model::record::{OpenLimit, ReadingResult, ReadingValue};

/// How many digits behind the point are kept; what has more says nothing.
const PLACES: u32 = 12;
const ONE: i128 = 1_000_000_000_000;

/// Units of time, as people write them, in nanoseconds.
const TIMES: &[(&[&str], i128)] = &[
    (&["ns"], 1),
    (&["us", "µs", "μs"], 1_000),
    (&["ms", "msec", "millisecond", "milliseconds"], 1_000_000),
    (&["s", "sec", "secs", "second", "seconds"], 1_000_000_000),
    (&["m", "min", "mins", "minute", "minutes"], 60_000_000_000),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600_000_000_000),
];

/// Judges a value that was read of a limit.
///
/// A limit that states no number is for a person to judge, and so is a value that is none: what a person says of it counts, what a
/// machine says does not.
pub fn judge(limit: &OpenLimit, value: &ReadingValue, seconds: i64, by_person: bool) -> LimitState {
    let said = if by_person { word(value.result) } else { LimitState::NoData };
    if limit.op.is_none() {
        return said;
    }
    let is_absent = value.value.as_deref().is_none_or(|text| text.trim().is_empty());
    if is_absent && !limit.absent_is_zero {
        // Nothing was seen, so nothing can be said of it.
        return LimitState::NoData;
    }
    let text = if is_absent { "0" } else { value.value.as_deref().unwrap_or_default() };
    let lasted = limit.lasting.is_none_or(|lasting| seconds >= 0 && seconds.unsigned_abs() >= lasting);
    match compare(limit, text, value.baseline.as_deref(), is_absent) {
        // That a limit is broken shows at once; that it is kept takes as long as it says.
        Some(true) if !lasted => LimitState::NoData,
        Some(true) => LimitState::Holds,
        Some(false) => LimitState::Fails,
        None if is_not_a_number(text) => LimitState::NoData,
        None => said,
    }
}

const fn word(result: ReadingResult) -> LimitState {
    match result {
        ReadingResult::Holds => LimitState::Holds,
        ReadingResult::Fails => LimitState::Fails,
        ReadingResult::NoData => LimitState::NoData,
    }
}

/// Whether a program wrote that it has no number.
fn is_not_a_number(text: &str) -> bool {
    let text = text.trim().trim_start_matches(['+', '-']).to_lowercase();
    ["nan", "inf", "null", "none", "n/a", "-"].iter().any(|word| text == *word || text == format!("{word}inity"))
}

/// Compares; nothing where the two can't be compared.
fn compare(limit: &OpenLimit, text: &str, baseline: Option<&str>, is_absent: bool) -> Option<bool> {
    let (op, bound) = (limit.op?, decimal(limit.value.as_deref()?)?);
    let bound_unit = limit.unit.as_deref().unwrap_or_default().trim();
    let (value, unit) = quantity(text)?;
    // A value that counts as 0 because it is not there is 0 of any unit.
    let unit = if is_absent { bound_unit } else { unit };
    if !limit.of_baseline {
        let (value, bound) = alike((value, unit), (bound, bound_unit))?;
        return holds(op, value, bound);
    }
    let (base, base_unit) = quantity(baseline?)?;
    let (value, base) = alike((value, unit), (base, base_unit))?;
    let distance = value.checked_sub(base)?.checked_abs()?;
    match (bound_unit, op) {
        ("%", Comparison::Within | Comparison::Beyond) => {
            near(op, distance.checked_mul(100)?.checked_mul(ONE)?, base.checked_abs()?.checked_mul(bound)?)
        }
        ("x" | "X" | "×", _) => holds(op, value.checked_mul(ONE)?, base.checked_mul(bound)?),
        // A percentage that is no distance may be meant as a share of the baseline or as a rise above it.
        (_, Comparison::Within | Comparison::Beyond) => {
            let common = if unit.eq_ignore_ascii_case(base_unit) { unit } else { "ns" };
            let (distance, bound) = alike((distance, common), (bound, bound_unit))?;
            near(op, distance, bound)
        }
        _ => None,
    }
}

/// Whether a value stands to its limit as it must; to lie near a number is nothing that a number says of itself.
fn holds(op: Comparison, value: i128, bound: i128) -> Option<bool> {
    Some(match op {
        Comparison::Above => value > bound,
        Comparison::AtLeast => value >= bound,
        Comparison::Below => value < bound,
        Comparison::AtMost => value <= bound,
        Comparison::Is => value == bound,
        Comparison::IsNot => value != bound,
        Comparison::Within | Comparison::Beyond => return None,
    })
}

fn near(op: Comparison, distance: i128, bound: i128) -> Option<bool> {
    match op {
        Comparison::Within => Some(distance <= bound),
        Comparison::Beyond => Some(distance > bound),
        _ => None,
    }
}

/// Brings two amounts to one unit; nothing where they are of different ones.
fn alike((one, one_unit): (i128, &str), (other, other_unit): (i128, &str)) -> Option<(i128, i128)> {
    if one_unit.eq_ignore_ascii_case(other_unit) {
        return Some((one, other));
    }
    let nanoseconds = |unit: &str| TIMES.iter().find(|(names, _)| names.contains(&unit.to_lowercase().as_str())).map(|(_, n)| *n);
    Some((one.checked_mul(nanoseconds(one_unit)?)?, other.checked_mul(nanoseconds(other_unit)?)?))
}

/// Reads a number with its unit, as in `0.031%` and `412 ms`.
fn quantity(text: &str) -> Option<(i128, &str)> {
    let text = text.trim();
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-' | '_');
    let end = text.find(|c| !is_number(c)).unwrap_or(text.len());
    let unit = text[end..].trim();
    // An exponent is a number of another spelling, and not a unit.
    let is_exponent = unit.starts_with(['e', 'E']) && unit[1..].starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+'));
    if is_exponent {
        return exponent(text);
    }
    let is_unit = unit.chars().count() <= 20 && !unit.contains(|c: char| c.is_ascii_digit() || c.is_whitespace());
    Some((decimal(&text[..end])?, unit)).filter(|_| is_unit)
}

/// Reads `3.1e-4` and what follows it.
fn exponent(text: &str) -> Option<(i128, &str)> {
    let (mantissa, rest) = text.split_once(['e', 'E'])?;
    let end = rest
        .char_indices()
        .find(|(at, c)| !(c.is_ascii_digit() || *at == 0 && matches!(c, '+' | '-')))
        .map_or(rest.len(), |(at, _)| at);
    let power: i32 = rest[..end].parse().ok()?;
    let mantissa = decimal(mantissa)?;
    let factor = 10_i128.checked_pow(power.unsigned_abs())?;
    let value = if power >= 0 { mantissa.checked_mul(factor)? } else { (mantissa % factor == 0).then(|| mantissa / factor)? };
    Some((value, rest[end..].trim()))
}

/// Reads a decimal number, as so many millionths of millionths.
fn decimal(text: &str) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let whole = whole.replace('_', "");
    if whole.is_empty() && fraction.is_empty() || !is_digits(&whole) || !is_digits(fraction) || fraction.len() > PLACES as usize {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let places = u32::try_from(fraction.len()).ok()?;
    let fraction: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let value = whole.checked_mul(ONE)?.checked_add(fraction.checked_mul(10_i128.pow(PLACES - places))?)?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(op: Option<Comparison>, value: &str, unit: &str, of_baseline: bool) -> OpenLimit {
        OpenLimit {
            id: "l".to_owned(),
            text: "l".to_owned(),
            metric: None,
            op,
            value: Some(value.to_owned()),
            unit: Some(unit.to_owned()).filter(|unit| !unit.is_empty()),
            lasting: None,
            of_baseline,
            absent_is_zero: false,
        }
    }

    fn read(value: &str, baseline: Option<&str>, result: ReadingResult) -> ReadingValue {
        ReadingValue {
            limit: None,
            name: "n".to_owned(),
            value: Some(value.to_owned()).filter(|value| !value.is_empty()),
            result,
            baseline: baseline.map(str::to_owned),
        }
    }

    fn of(limit: &OpenLimit, value: &str, baseline: Option<&str>) -> LimitState {
        judge(limit, &read(value, baseline, ReadingResult::NoData), 0, false)
    }

    #[test]
    fn values_are_compared_exactly() {
        use Comparison::{Above, AtMost, Below, Is};
        use LimitState::{Fails, Holds, NoData};
        for (op, bound, unit, value, expected) in [
            (Below, "0.05", "%", "0.031%", Holds),
            (Below, "0.05", "%", "0.05%", Fails),
            (Below, "0.05", "%", "0.05", NoData),
            (Below, "450", "ms", "0.45 s", Fails),
            (AtMost, "450", "ms", "0.45s", Holds),
            (Below, "450", "ms", "412", NoData),
            (Below, "450", "ms", "412 MB", NoData),
            (Above, "99.9", "%", "99.97 %", Holds),
            (Is, "0", "", "0", Holds),
            (Is, "0", "", "1", Fails),
            (Is, "0", "", "0.0", Holds),
            (Below, "1", "", "3.1e-4", Holds),
            (Below, "80", "%", "NaN", NoData),
            (Below, "80", "%", "", NoData),
            (Below, "80", "%", "+Inf", NoData),
            (Below, "80", "%", "41% or so", NoData),
            (Below, "80", "%", "-1%", Holds),
        ] {
            assert_eq!(of(&limit(Some(op), bound, unit, false), value, None), expected, "{value} {op:?} {bound}{unit}");
        }
    }

    #[test]
    fn a_baseline_is_compared_with_where_it_is_given() {
        use Comparison::{Above, Below, Within};
        use LimitState::{Fails, Holds, NoData};
        for (op, bound, unit, value, baseline, expected) in [
            (Within, "1", "%", "101", Some("100"), Holds),
            (Within, "1", "%", "101.1", Some("100"), Fails),
            (Within, "1", "%", "98.9", Some("100"), Fails),
            (Within, "1", "%", "101", None, NoData),
            (Below, "2.6", "x", "900ms", Some("380ms"), Holds),
            (Below, "2.6", "x", "1 s", Some("380ms"), Fails),
            (Within, "50", "ms", "420ms", Some("380ms"), Holds),
            (Within, "50", "ms", "431ms", Some("380ms"), Fails),
            (Within, "50", "ms", "0.43s", Some("380ms"), Holds),
            (Within, "0.05", "s", "431ms", Some("0.38 s"), Fails),
            (Within, "50", "ms", "420", Some("380"), NoData),
            (Above, "20", "%", "130", Some("100"), NoData),
        ] {
            assert_eq!(
                of(&limit(Some(op), bound, unit, true), value, baseline),
                expected,
                "{value} {op:?} {bound}{unit} of {baseline:?}"
            );
        }
    }

    #[test]
    fn what_no_number_says_a_person_says() {
        let open = limit(None, "", "", false);
        assert_eq!(judge(&open, &read("none seen", None, ReadingResult::Holds), 0, true), LimitState::Holds);
        assert_eq!(judge(&open, &read("none seen", None, ReadingResult::Holds), 0, false), LimitState::NoData);
        let below = limit(Some(Comparison::Below), "80", "%", false);
        assert_eq!(judge(&below, &read("looks calm", None, ReadingResult::Holds), 0, true), LimitState::Holds);
        // No word of a person makes a number smaller, or takes the place of looking.
        assert_eq!(judge(&below, &read("95%", None, ReadingResult::Holds), 0, true), LimitState::Fails);
        assert_eq!(judge(&below, &read("NaN", None, ReadingResult::Holds), 0, true), LimitState::NoData);
        assert_eq!(judge(&below, &read("", None, ReadingResult::Holds), 0, true), LimitState::NoData);
    }

    #[test]
    fn nothing_is_zero_only_where_the_file_says_so() {
        let zero = OpenLimit { absent_is_zero: true, ..limit(Some(Comparison::Is), "0", "", false) };
        assert_eq!(of(&zero, "", None), LimitState::Holds);
        assert_eq!(of(&zero, "NaN", None), LimitState::NoData);
        assert_eq!(of(&limit(Some(Comparison::Is), "0", "", false), "", None), LimitState::NoData);
    }

    #[test]
    fn a_limit_for_a_time_is_kept_for_that_time() {
        let lasting = OpenLimit { lasting: Some(300), ..limit(Some(Comparison::Below), "1", "%", false) };
        let value = read("0.5%", None, ReadingResult::Holds);
        assert_eq!(judge(&lasting, &value, 299, false), LimitState::NoData);
        assert_eq!(judge(&lasting, &value, 300, false), LimitState::Holds);
        assert_eq!(judge(&lasting, &read("2%", None, ReadingResult::Holds), 1, false), LimitState::Fails);
    }
}
