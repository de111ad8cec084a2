//! Reading TOML tables so that every mistake is told with its place, and no key goes unread.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::ids::InvalidId;
use crate::model::problem::{Level, Problem};

/// The problems found so far.
pub(super) struct Problems<'s> {
    source: &'s [u8],
    list: Vec<Problem>,
}

impl<'s> Problems<'s> {
    pub(super) fn new(source: &'s [u8]) -> Self {
        Self { source, list: Vec::new() }
    }

    pub(super) fn error(&mut self, code: &'static str, span: Range<usize>, message: impl Into<String>) {
        self.list.push(Problem::new(Level::Error, code, self.source, span, message));
    }

    pub(super) fn error_with_hint(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.list.push(Problem::new(Level::Error, code, self.source, span, message).hint(hint));
    }

    pub(super) fn warn(&mut self, level: Level, code: &'static str, span: Range<usize>, message: impl Into<String>) {
        self.list.push(Problem::new(level, code, self.source, span, message));
    }

    /// Whether an error of one of these codes was told.
    pub(super) fn has_error(&self, codes: &[&str]) -> bool {
        self.list.iter().any(|problem| problem.level == Level::Error && codes.contains(&problem.code))
    }

    /// Returns how many problems were told so far.
    pub(super) fn count(&self) -> usize {
        self.list.len()
    }

    /// Returns all problems in the order of the file.
    pub(super) fn into_sorted(mut self) -> Vec<Problem> {
        self.list.sort_by(|one, other| {
            (one.span.start, one.level, one.code, &one.message).cmp(&(other.span.start, other.level, other.code, &other.message))
        });
        self.list
    }
}

/// A table that is being read: it remembers which keys were asked for, and [`Table::finish`] tells of all others.
pub(super) struct Table<'t> {
    /// How the table is called in messages, such as `[person.jchen]`.
    name: String,
    span: Range<usize>,
    map: &'t DeTable<'t>,
    known: BTreeSet<&'static str>,
}

impl<'t> Table<'t> {
    pub(super) fn root(map: &'t DeTable<'t>) -> Self {
        Self { name: "the policy".to_owned(), span: 0..0, map, known: BTreeSet::new() }
    }

    fn new(problems: &mut Problems<'_>, name: String, value: &'t Spanned<DeValue<'t>>) -> Option<Self> {
        match value.get_ref() {
            DeValue::Table(map) => Some(Self { name, span: value.span(), map, known: BTreeSet::new() }),
            other => {
                problems.error("policy-wrong-type", value.span(), format!("{name} must be a table, not {}", a(other)));
                None
            }
        }
    }

    /// Returns how the table is called in messages.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the place of the table, or the key's value where it is there.
    pub(super) fn span_of(&self, key: &str) -> Range<usize> {
        self.map.get(key).map_or(self.span.clone(), Spanned::span)
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Whether the key is there, whatever it holds.
    pub(super) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    fn get(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.known.insert(key);
        self.map.get(key)
    }

    fn wrong(&self, problems: &mut Problems<'_>, key: &str, wanted: &str, found: &Spanned<DeValue<'_>>) {
        let message = format!("`{key}` in {} must be {wanted}, not {}", self.name, a(found.get_ref()));
        problems.error("policy-wrong-type", found.span(), message);
    }

    /// Reports that a key that must be there isn't.
    pub(super) fn required(&mut self, problems: &mut Problems<'_>, key: &str) -> &mut Self {
        if !self.map.contains_key(key) {
            problems.error("policy-missing-key", self.span.clone(), format!("{} lacks `{key}`", self.name));
        }
        self
    }

    /// Reads what a key holds, and tells of what is not as it must be.
    fn value<T>(
        &mut self,
        problems: &mut Problems<'_>,
        key: &'static str,
        wanted: &str,
        read: impl FnOnce(&'t DeValue<'t>) -> Option<T>,
    ) -> Option<Spanned<T>> {
        let value = self.get(key)?;
        let found = read(value.get_ref());
        if found.is_none() {
            self.wrong(problems, key, wanted, value);
        }
        found.map(|found| Spanned::new(value.span(), found))
    }

    pub(super) fn text(&mut self, problems: &mut Problems<'_>, key: &'static str) -> Option<Spanned<&'t str>> {
        self.value(problems, key, "a string", DeValue::as_str)
    }

    /// Reads one line of text for people.
    pub(super) fn line(&mut self, problems: &mut Problems<'_>, key: &'static str) -> Option<String> {
        let text = self.text(problems, key)?;
        if text.get_ref().chars().any(char::is_control) || text.get_ref().trim().is_empty() {
            let message = format!("`{key}` in {} must be one line of text without control characters", self.name);
            problems.error("policy-bad-value", text.span(), message);
            return None;
        }
        Some((*text.get_ref()).to_owned())
    }

    pub(super) fn required_line(&mut self, problems: &mut Problems<'_>, key: &'static str) -> Option<String> {
        self.required(problems, key).line(problems, key)
    }

    pub(super) fn boolean(&mut self, problems: &mut Problems<'_>, key: &'static str) -> Option<bool> {
        self.value(problems, key, "true or false", DeValue::as_bool).map(Spanned::into_inner)
    }

    /// Reads a whole number that is not negative.
    pub(super) fn number(&mut self, problems: &mut Problems<'_>, key: &'static str) -> Option<Spanned<u64>> {
        self.value(problems, key, "a whole number from 0", |value| {
            value.as_integer().and_then(|digits| u64::from_str_radix(digits.as_str(), digits.radix()).ok())
        })
    }

    /// Reads a small count, such as of people or of policy versions.
    pub(super) fn count(&mut self, problems: &mut Problems<'_>, key: &'static str, least: u32, most: u32) -> Option<u32> {
        let number = self.number(problems, key)?;
        let count = u32::try_from(*number.get_ref()).ok().filter(|count| (least..=most).contains(count));
        if count.is_none() {
            let message = format!("`{key}` in {} must be from {least} to {most}, not {}", self.name, number.get_ref());
            problems.error("policy-bad-value", number.span(), message);
        }
        count
    }

    /// Reads a key of one value by the value's own rules.
    pub(super) fn id<T: FromStr<Err = InvalidId>>(&mut self, problems: &mut Problems<'_>, key: &'static str) -> Option<T> {
        let text = self.text(problems, key)?;
        parsed(problems, &text)
    }

    pub(super) fn required_id<T: FromStr<Err = InvalidId>>(&mut self, problems: &mut Problems<'_>, key: &'static str) -> Option<T> {
        self.required(problems, key).id(problems, key)
    }

    /// Reads one of a few words.
    pub(super) fn word<T: Copy>(&mut self, problems: &mut Problems<'_>, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(problems, key)?;
        let found = words.iter().find(|(word, _)| word == text.get_ref());
        if found.is_none() {
            let words: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            let message = format!("`{key}` in {} must be {}, not {:?}", self.name, words.join(" or "), text.get_ref());
            problems.error("policy-bad-value", text.span(), message);
        }
        found.map(|(_, value)| *value)
    }

    /// Reads a list of strings, telling of those that stand twice; nothing where the key is missing.
    pub(super) fn texts(&mut self, problems: &mut Problems<'_>, key: &'static str) -> Option<Vec<Spanned<&'t str>>> {
        let list = self.value(problems, key, "a list of strings", DeValue::as_array)?.into_inner();
        let mut seen = BTreeSet::new();
        let mut texts = Vec::new();
        for entry in list.iter() {
            match entry.get_ref() {
                DeValue::String(text) if seen.insert(text.as_ref()) => texts.push(Spanned::new(entry.span(), text.as_ref())),
                DeValue::String(text) => {
                    problems.error("policy-twice", entry.span(), format!("{text:?} is twice in `{key}` of {}", self.name));
                }
                _ => self.wrong(problems, key, "a list of strings", entry),
            }
        }
        Some(texts)
    }

    /// Reads a list by its elements' own rules; elements that break them are told and left out.
    pub(super) fn ids<T: FromStr<Err = InvalidId>>(&mut self, problems: &mut Problems<'_>, key: &'static str) -> Vec<T> {
        let texts = self.texts(problems, key).unwrap_or_default();
        texts.iter().filter_map(|text| parsed(problems, text)).collect()
    }

    /// Returns a table below this one.
    pub(super) fn table(&mut self, problems: &mut Problems<'_>, key: &'static str) -> Option<Table<'t>> {
        let name = if self.span == (0..0) { format!("[{key}]") } else { format!("`{key}` of {}", self.name) };
        let value = self.get(key)?;
        Table::new(problems, name, value)
    }

    /// Returns the tables of `[[key]]`, or of a list of inline tables.
    pub(super) fn tables(&mut self, problems: &mut Problems<'_>, key: &'static str) -> Vec<Table<'t>> {
        let Some(list) = self.value(problems, key, "a list of tables", DeValue::as_array) else { return Vec::new() };
        let place = if self.span == (0..0) { String::new() } else { format!(" of {}", self.name) };
        let name = |number: usize| format!("[[{key}]] number {number}{place}");
        list.into_inner().iter().enumerate().filter_map(|(at, entry)| Table::new(problems, name(at + 1), entry)).collect()
    }

    /// Returns the tables of `[key.NAME]` with their names and the places of the names.
    pub(super) fn named_tables(&mut self, problems: &mut Problems<'_>, key: &'static str) -> Vec<(Spanned<&'t str>, Table<'t>)> {
        let Some(map) = self.value(problems, key, "a table of tables", DeValue::as_table) else { return Vec::new() };
        // In the order of the file, so that of two things that clash the later is told.
        let mut entries: Vec<_> = map.into_inner().iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        let named = entries.into_iter().filter_map(|(name, value)| {
            let table = Table::new(problems, format!("[{key}.{}]", name.get_ref()), value)?;
            Some((Spanned::new(name.span(), name.get_ref().as_ref()), table))
        });
        named.collect()
    }

    /// Returns a value that may be a date without quotes, as text.
    pub(super) fn date_text(&mut self, problems: &mut Problems<'_>, key: &'static str) -> Option<Spanned<String>> {
        self.value(problems, key, "a date and time", |value| match value {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Datetime(date) => Some(date.to_string()),
            _ => None,
        })
    }

    /// Reports of every key that nobody asked for.
    pub(super) fn finish(self, problems: &mut Problems<'_>) {
        let unknown: BTreeMap<_, _> = self.map.iter().filter(|(key, _)| !self.known.contains(key.get_ref().as_ref())).collect();
        for key in unknown.keys() {
            let message = format!("{} has no key `{}`", self.name, key.get_ref());
            let known: Vec<_> = self.known.iter().copied().collect();
            problems.error_with_hint("policy-unknown-key", key.span(), message, format!("the keys are: {}", known.join(", ")));
        }
    }
}

/// Reads a string by its type's own rules.
pub(super) fn parsed<T: FromStr<Err = InvalidId>>(problems: &mut Problems<'_>, text: &Spanned<&str>) -> Option<T> {
    text.get_ref().parse().map_err(|error: InvalidId| problems.error("policy-bad-value", text.span(), error.to_string())).ok()
}

/// Names the type of a value with its article.
fn a(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
