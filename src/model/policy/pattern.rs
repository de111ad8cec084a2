//! Name patterns of the policy, for tags, refs and paths.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::model::ids::InvalidId;

/// The most bytes that a pattern may have, so that matching stays cheap for any name.
const LONGEST: usize = 256;

/// A pattern for a slash-separated name: `?` is one character and `*` any number of them within a part, `**` crosses slashes.
///
/// There are no character classes and no escapes: git allows none of `?`, `*` and `[` in a ref, so nothing is lost.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Pattern(String);

impl Pattern {
    /// Returns the pattern that everything fits.
    pub fn everything() -> Self {
        Self("**".to_owned())
    }

    /// Returns the text as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the pattern names exactly one thing.
    pub fn is_literal(&self) -> bool {
        !self.0.contains(['*', '?'])
    }

    /// Whether the whole of `name` fits.
    pub fn matches(&self, name: &str) -> bool {
        Self::fits(&self.0, name)
    }

    /// Whether the whole of `name` fits where `form` is applied to both, which leaves the signs with a meaning as they are.
    pub fn matches_as(&self, name: &str, form: impl Fn(&str) -> String) -> bool {
        Self::fits(&form(&self.0), &form(name))
    }

    fn fits(pattern: &str, name: &str) -> bool {
        // Each round holds, for every prefix of the name, whether the pattern read so far fits it: the time is
        // the product of the two lengths for any input, where a backtracking matcher can be made to crawl.
        let name: Vec<char> = name.chars().collect();
        let mut fits = vec![false; name.len() + 1];
        fits[0] = true;
        let mut pattern = pattern.chars().peekable();
        while let Some(symbol) = pattern.next() {
            let mut next = vec![false; name.len() + 1];
            if symbol == '*' {
                let crosses = pattern.next_if_eq(&'*').is_some();
                while pattern.next_if_eq(&'*').is_some() {}
                next[0] = fits[0];
                for (at, c) in name.iter().enumerate() {
                    next[at + 1] = fits[at + 1] || next[at] && (crosses || *c != '/');
                }
            } else {
                for (at, c) in name.iter().enumerate() {
                    next[at + 1] = fits[at] && (*c == symbol || symbol == '?' && *c != '/');
                }
            }
            fits = next;
        }
        fits[name.len()]
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.0)
    }
}

impl FromStr for Pattern {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let valid = !text.is_empty()
            && text.len() <= LONGEST
            && !text.starts_with(['/', '!', '-'])
            && !text.ends_with('/')
            && !text.contains("//")
            && text
                .chars()
                .all(|c| !c.is_control() && !c.is_whitespace() && !matches!(c, '[' | ']' | '{' | '}' | '\\' | '~' | '^' | ':'));
        let pattern = valid.then(|| Self(text.to_owned()));
        pattern.ok_or_else(|| InvalidId::new("a pattern (a name with `*`, `**` and `?`, at most 256 bytes)", text))
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn stars_stay_within_a_part_and_double_stars_do_not() {
        let cases = [
            ("v*", "v2.4.0", true),
            ("v*", "v2/4", false),
            ("v*", "av2", false),
            ("**", "a/b/c", true),
            ("web/v?", "web/v1", true),
            ("web/v?", "web/v12", false),
            ("a?b", "a/b", false),
            ("docs/**", "docs/a/b.md", true),
            ("docs/**", "docs", false),
            ("**/x", "a/b/x", true),
            ("v*-rc*", "v1-rc1-rc2", true),
            ("main", "main", true),
            ("main", "Main", false),
            ("é*", "éa", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(pattern.parse::<Pattern>().unwrap().matches(name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn a_hostile_pattern_does_not_crawl() {
        let pattern: Pattern = "*a".repeat(128).parse().unwrap();
        assert!(!pattern.matches(&"a".repeat(100)));
        for bad in ["", "/x", "x/", "a//b", "!x", "-x", "a b", "[ab]", "a\u{0}", "{a,b}"] {
            assert!(bad.parse::<Pattern>().is_err(), "{bad:?}");
        }
    }
}
