//! What a measured value says of its limit, with numbers that are never rounded.

use relsign::model::limit::Comparison;
use relsign::model::record::{OpenLimit, Reading, ReadingResult, ReadingValue};

/// A number in units of 10^-12.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Number(i128);

const DIGITS: u32 = 12;

impl Number {
    fn times(self, by: i128) -> Option<Self> {
        self.0.checked_mul(by).map(Self)
    }

    fn distance(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).and_then(i128::checked_abs).map(Self)
    }

    /// The product, in units of 10^-24.
    fn product(self, other: Self) -> Option<i128> {
        self.0.checked_mul(other.0)
    }
}

/// Takes a number with a point, perhaps with a sign and an exponent, off the beginning of a text.
fn number(text: &str) -> Option<(Number, &str)> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let whole = &digits[..digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len())];
    let mut rest = &digits[whole.len()..];
    let mut fraction = "";
    if let Some(behind) = rest.strip_prefix('.') {
        fraction = &behind[..behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len())];
        if fraction.is_empty() {
            return None;
        }
        rest = &behind[fraction.len()..];
    }
    if whole.is_empty() {
        return None;
    }
    let mut exponent: i32 = 0;
    if let Some(behind) = rest.strip_prefix(['e', 'E']) {
        let unsigned = behind.strip_prefix(['-', '+']).unwrap_or(behind);
        let length = unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len());
        if length > 0 {
            let end = behind.len() - unsigned.len() + length;
            exponent = behind[..end].parse().ok()?;
            rest = &behind[end..];
        }
    }
    let value: i128 = format!("{whole}{fraction}").parse().ok()?;
    let power = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?.checked_add(i32::try_from(DIGITS).ok()?)?;
    let ten = |power: i32| 10_i128.checked_pow(u32::try_from(power).ok()?);
    let scaled = if power >= 0 {
        value.checked_mul(ten(power)?)?
    } else {
        let by = ten(-power)?;
        if value % by != 0 {
            return None;
        }
        value / by
    };
    Some((Number(sign * scaled), rest.trim()))
}

/// Brings units of time to nanoseconds, and leaves others.
fn in_units(number: Number, unit: &str) -> Option<(Number, String)> {
    let unit = unit.to_lowercase();
    let nanoseconds: i128 = match unit.as_str() {
        "ns" | "nanosecond" | "nanoseconds" => 1,
        "us" | "µs" | "μs" | "microsecond" | "microseconds" => 1_000,
        "ms" | "millisecond" | "milliseconds" | "msec" => 1_000_000,
        "s" | "sec" | "secs" | "second" | "seconds" => 1_000_000_000,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000_000_000,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600_000_000_000,
        _ => return Some((number, unit)),
    };
    Some((number.times(nanoseconds)?, "time".to_owned()))
}

fn measured(text: &str) -> Option<(Number, String)> {
    let (number, unit) = number(text)?;
    in_units(number, unit)
}

fn is_nothing(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let text = text.strip_prefix(['+', '-']).unwrap_or(&text);
    matches!(text, "" | "nan" | "inf" | "infinity" | "infinite" | "null" | "none" | "n/a")
}

fn stands(value: Number, op: Comparison, to: Number) -> Option<bool> {
    Some(match op {
        Comparison::Above => value > to,
        Comparison::AtLeast => value >= to,
        Comparison::Below => value < to,
        Comparison::AtMost => value <= to,
        Comparison::Is => value == to,
        Comparison::IsNot => value != to,
        Comparison::Within | Comparison::Beyond => return None,
    })
}

/// Whether a value keeps to a limit, if that can be worked out.
fn keeps(limit: &OpenLimit, op: Comparison, value: &str, baseline: Option<&str>) -> Option<bool> {
    let unit = limit.unit.as_deref().unwrap_or_default();
    let (bound, behind) = number(limit.value.as_deref()?)?;
    if !behind.is_empty() {
        return None;
    }
    let (value, of_value) = measured(value)?;
    let against = || measured(baseline?).filter(|(_, of_baseline)| *of_baseline == of_value).map(|(baseline, _)| baseline);
    if matches!(op, Comparison::Within | Comparison::Beyond) {
        if !limit.of_baseline {
            return None;
        }
        let baseline = against()?;
        let distance = value.distance(baseline)?;
        let within = if unit == "%" {
            let whole = Number(baseline.0.checked_abs()?);
            distance.times(100)?.product(Number(10_i128.pow(DIGITS)))? <= bound.product(whole)?
        } else {
            let (bound, of_bound) = in_units(bound, unit)?;
            if of_bound != of_value {
                return None;
            }
            distance <= bound
        };
        return Some(within == (op == Comparison::Within));
    }
    if limit.of_baseline && unit.eq_ignore_ascii_case("x") {
        let baseline = against()?;
        let multiple = Number(bound.product(baseline)?);
        return stands(value.times(10_i128.pow(DIGITS))?, op, multiple);
    }
    if limit.of_baseline {
        return None;
    }
    let (bound, of_bound) = in_units(bound, unit)?;
    if of_bound != of_value {
        return None;
    }
    stands(value, op, bound)
}

/// What a value says of its limit: what can be worked out, else what a person says of it, and of nothing nothing.
pub(super) fn says(limit: &OpenLimit, reading: &Reading, value: &ReadingValue, by_person: bool) -> ReadingResult {
    let said = if by_person { value.result } else { ReadingResult::NoData };
    let Some(op) = limit.op else { return said };
    let text = value.value.as_deref().unwrap_or_default();
    let is_empty = text.trim().is_empty();
    let text = if is_empty && limit.absent_is_zero { zero(limit) } else { text.to_owned() };
    let lasted = reading.to.seconds() - reading.from.seconds();
    let is_short = limit.lasting.is_some_and(|lasting| i128::from(lasted) < i128::from(lasting));
    match keeps(limit, op, &text, value.baseline.as_deref()) {
        Some(true) if is_short => ReadingResult::NoData,
        Some(true) => ReadingResult::Holds,
        Some(false) => ReadingResult::Fails,
        None if is_nothing(&text) => ReadingResult::NoData,
        None => said,
    }
}

/// Nothing at all, in the unit of the limit.
fn zero(limit: &OpenLimit) -> String {
    format!("0{}", limit.unit.as_deref().unwrap_or_default())
}
