//! How words are written in tables: many in one text, with commas between them, as in a dictionary.
//!
//! The text is taken apart when a word of it is first asked for.

use std::ops::Deref;
use std::sync::OnceLock;

/// Words of one sense.
pub struct Words {
    text: &'static str,
    all: OnceLock<Vec<&'static str>>,
}

impl Words {
    /// Takes words with commas between them.
    pub const fn new(text: &'static str) -> Self {
        Self { text, all: OnceLock::new() }
    }
}

impl Deref for Words {
    type Target = [&'static str];

    fn deref(&self) -> &Self::Target {
        self.all.get_or_init(|| self.text.split(", ").collect())
    }
}

/// Words of several senses, in order. A row is no longer than a line, so one sense may take several that follow each other.
pub struct Table<K: 'static> {
    rows: &'static [(K, &'static str)],
    all: OnceLock<Vec<(K, Vec<&'static str>)>>,
}

impl<K: Copy + PartialEq + 'static> Table<K> {
    /// Takes rows of a sense and its words.
    pub const fn new(rows: &'static [(K, &'static str)]) -> Self {
        Self { rows, all: OnceLock::new() }
    }

    /// Returns each word with its sense.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, K)> {
        self.iter().flat_map(|(sense, words)| words.iter().map(move |word| (*word, *sense)))
    }

    /// Returns the words of all senses.
    pub fn words(&self) -> impl Iterator<Item = &'static str> {
        self.each().map(|(word, _)| word)
    }

    /// Returns the sense of the first word that is looked for.
    pub fn find(&self, fits: impl Fn(&str) -> bool) -> Option<K> {
        self.each().find(|(word, _)| fits(word)).map(|(_, sense)| sense)
    }
}

impl<K: Copy + PartialEq + 'static> Deref for Table<K> {
    type Target = [(K, Vec<&'static str>)];

    fn deref(&self) -> &Self::Target {
        self.all.get_or_init(|| {
            let rows = self.rows.chunk_by(|(one, _), (other, _)| one == other);
            rows.map(|rows| (rows[0].0, rows.iter().flat_map(|(_, text)| text.split(", ")).collect())).collect()
        })
    }
}

/// How a phrase must stand in a heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It is all of it.
    Whole,
    /// It begins it; a number may not follow, because that only counts sections.
    Starts,
    /// It stands in it.
    Has,
}

impl How {
    /// Says it in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "is",
            Self::Starts => "begins with",
            Self::Has => "contains",
        }
    }
}
