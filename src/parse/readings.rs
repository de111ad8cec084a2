//! Readings as programs print them: lines of `NAME VALUE [UNIT]`, or JSON.

use std::fmt;

use serde_json::{Map, Value};

use super::checklist::slug;
use crate::model::record::OpenLimit;
use crate::model::time::Timestamp;

/// The most bytes of one input.
pub const MAX_READINGS: usize = 1 << 20;

/// The most values of one input.
pub const MOST_VALUES: usize = 1000;

/// Everything that one input has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readings {
    /// The values, in order.
    pub values: Vec<Measured>,
    /// Where they come from.
    pub source: Option<String>,
    /// When measuring began.
    pub from: Option<Timestamp>,
    /// When it ended.
    pub to: Option<Timestamp>,
}

/// A value that was measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// What.
    pub name: String,
    /// The value with its unit; nothing where there was none.
    pub value: Option<String>,
    /// What to compare it with.
    pub baseline: Option<String>,
}

/// Why an input is no readings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoReadings {
    /// A line is not `NAME VALUE [UNIT]`.
    Line(usize),
    /// It is not JSON, from this line on.
    Json(usize),
    /// A value in JSON is no number, text or null, or has no name.
    Value(String),
    /// What stands for a time is none.
    Time(String),
    /// There is no value.
    Empty,
    /// There are more values than anybody looks at.
    TooMany,
}

impl fmt::Display for NoReadings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line} is not NAME VALUE [UNIT]"),
            Self::Json(line) => write!(f, "line {line} is not valid JSON"),
            Self::Value(name) => write!(f, "{name:?} has no value that is a number, a text or null"),
            Self::Time(text) => write!(f, "{text:?} is not a time"),
            Self::Empty => f.write_str("it has no value"),
            Self::TooMany => write!(f, "it has more than {MOST_VALUES} values"),
        }
    }
}

/// Reads what a program printed.
///
/// # Errors
/// What it is not.
pub fn parse_readings(text: &str) -> Result<Readings, NoReadings> {
    let found = if text.trim_start().starts_with(['[', '{']) { of_json(text)? } else { of_lines(text)? };
    match found.values.len() {
        0 => Err(NoReadings::Empty),
        count if count > MOST_VALUES => Err(NoReadings::TooMany),
        _ => Ok(found),
    }
}

/// Finds the limits that a name means: by id, else by what is measured, whatever its capitals and signs.
pub fn limits_of<'a>(limits: &'a [OpenLimit], name: &str) -> Vec<&'a OpenLimit> {
    let by_id: Vec<_> = limits.iter().filter(|limit| limit.id.eq_ignore_ascii_case(name)).collect();
    if !by_id.is_empty() {
        return by_id;
    }
    let slugged = slug(name);
    let fits = |limit: &&OpenLimit| {
        let metric = limit.metric.as_deref().unwrap_or_default();
        metric.to_lowercase() == name.to_lowercase() || slugged == limit.id || !metric.is_empty() && slug(metric) == slugged
    };
    limits.iter().filter(fits).collect()
}

fn of_lines(text: &str) -> Result<Readings, NoReadings> {
    let mut found = Readings::default();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if let Some(comment) = line.strip_prefix('#') {
            if let Some((name, value)) = comment.split_once(':') {
                found.say(name.trim(), value.trim())?;
            }
        } else if !line.is_empty() {
            found.values.push(of_line(line).ok_or(NoReadings::Line(number))?);
        }
    }
    Ok(found)
}

/// Reads `NAME VALUE [UNIT] [baseline VALUE [UNIT]]`; a name with spaces stands between quotation marks.
fn of_line(line: &str) -> Option<Measured> {
    let (name, rest) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => line.split_once(char::is_whitespace).unwrap_or((line, "")),
    };
    let words: Vec<&str> = rest.split_whitespace().collect();
    let (value, baseline) = match words.iter().position(|word| *word == "baseline") {
        Some(at) => (&words[..at], &words[at + 1..]),
        None => (words.as_slice(), &[][..]),
    };
    if name.trim().is_empty() || value.len() > 2 || baseline.len() > 2 {
        return None;
    }
    let whole = |words: &[&str]| (!words.is_empty()).then(|| words.join(" "));
    Some(Measured { name: name.trim().to_owned(), value: whole(value), baseline: whole(baseline) })
}

fn of_json(text: &str) -> Result<Readings, NoReadings> {
    let value: Value = serde_json::from_str(text).map_err(|error| NoReadings::Json(error.line()))?;
    let mut found = Readings::default();
    match value {
        Value::Array(all) => found.take_all(all)?,
        Value::Object(object) => {
            for (name, value) in object {
                match (name.as_str(), value) {
                    ("source" | "from" | "to", Value::String(text)) => found.say(&name, &text)?,
                    ("values", Value::Array(all)) => found.take_all(all)?,
                    (_, Value::Object(fields)) => found.values.push(of_fields(name, &fields)?),
                    (_, value) => {
                        let value = scalar(&name, &value)?;
                        found.values.push(Measured { name, value, baseline: None });
                    }
                }
            }
        }
        _ => return Err(NoReadings::Empty),
    }
    Ok(found)
}

impl Readings {
    /// Takes what stands beside the values; what is none of it is a comment.
    fn say(&mut self, name: &str, value: &str) -> Result<(), NoReadings> {
        match name {
            "source" if !value.is_empty() => self.source = Some(value.to_owned()),
            "from" => self.from = Some(time(value)?),
            "to" => self.to = Some(time(value)?),
            _ => {}
        }
        Ok(())
    }

    fn take_all(&mut self, all: Vec<Value>) -> Result<(), NoReadings> {
        for (number, one) in (1..).zip(all) {
            let nameless = || NoReadings::Value(format!("value {number}"));
            let Value::Object(fields) = one else { return Err(nameless()) };
            let name = fields.get("name").and_then(Value::as_str).ok_or_else(nameless)?.to_owned();
            self.values.push(of_fields(name, &fields)?);
        }
        Ok(())
    }
}

fn of_fields(name: String, fields: &Map<String, Value>) -> Result<Measured, NoReadings> {
    let read = |field: &str| fields.get(field).map_or(Ok(None), |value| scalar(&name, value));
    let (value, unit, baseline) = (read("value")?, read("unit")?, read("baseline")?);
    let with_unit = |text: String| match &unit {
        // A value that is none has no unit either.
        Some(unit) if text.ends_with(|c: char| c.is_ascii_digit()) => format!("{text} {unit}"),
        _ => text,
    };
    Ok(Measured { value: value.map(with_unit), baseline: baseline.map(with_unit), name })
}

fn scalar(name: &str, value: &Value) -> Result<Option<String>, NoReadings> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(NoReadings::Value(name.to_owned())),
    }
}

/// Reads a time as programs write one, to the second.
fn time(text: &str) -> Result<Timestamp, NoReadings> {
    let wrong = || NoReadings::Time(text.to_owned());
    let time: jiff::Timestamp = text.parse().map_err(|_| wrong())?;
    Timestamp::from_seconds(time.as_second()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(readings: &Readings) -> Vec<(&str, Option<&str>, Option<&str>)> {
        readings.values.iter().map(|one| (one.name.as_str(), one.value.as_deref(), one.baseline.as_deref())).collect()
    }

    #[test]
    fn lines_and_json_say_the_same() {
        let lines = "# source: prometheus\n# from: 2026-03-25T09:54:00Z\n# to: 2026-03-25T10:59:30.5+01:00\n\nerror-rate 0.031 %\n\
                     p99 412ms baseline 380ms\n\"redis pool\" NaN\nfailed-charges\n";
        let json = r#"{"source":"prometheus","from":"2026-03-25T09:54:00Z","to":"2026-03-25T09:59:30Z","values":[
            {"name":"error-rate","value":0.031,"unit":"%"},{"name":"p99","value":"412ms","baseline":"380ms"},
            {"name":"redis pool","value":"NaN","unit":"%"},{"name":"failed-charges","value":null}]}"#;
        let read = parse_readings(lines).unwrap();
        assert_eq!(parse_readings(json).unwrap(), read);
        assert_eq!(
            rows(&read),
            [
                ("error-rate", Some("0.031 %"), None),
                ("p99", Some("412ms"), Some("380ms")),
                ("redis pool", Some("NaN"), None),
                ("failed-charges", None, None),
            ]
        );
        assert_eq!(rows(&parse_readings(r#"{"p99":412,"x":{"value":1,"unit":"ms"}}"#).unwrap())[1], ("x", Some("1 ms"), None));
    }

    #[test]
    fn what_is_no_reading_is_told_by_its_place() {
        for (text, expected) in [
            ("a 1 ms\nb 1 2 3", NoReadings::Line(2)),
            ("\"open 1", NoReadings::Line(1)),
            ("{\n\"a\":", NoReadings::Json(2)),
            (r#"{"a":true}"#, NoReadings::Value("a".to_owned())),
            ("[1]", NoReadings::Value("value 1".to_owned())),
            ("# to: noon\na 1", NoReadings::Time("noon".to_owned())),
            ("# nothing\n", NoReadings::Empty),
            ("{}", NoReadings::Empty),
        ] {
            assert_eq!(parse_readings(text), Err(expected), "{text}");
        }
    }
}
