//! The beginning of an id, as people type one.

use std::fmt;

/// At least four hex digits with which an id or a digest begins, in whatever case they were typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdPrefix(String);

impl IdPrefix {
    /// Parses what somebody typed; `None` where it is too short or no hex digits, so that it can begin no id.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() >= 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| Self(text.to_ascii_lowercase()))
    }

    /// Whether an id begins so.
    pub fn begins(&self, id: &impl fmt::Display) -> bool {
        id.to_string().starts_with(&self.0)
    }

    /// Returns the digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::IdPrefix;

    #[test]
    fn four_hex_digits_in_any_case_begin_an_id() {
        assert!(IdPrefix::parse("ABcd").unwrap().begins(&"abcdef"));
        assert!(!IdPrefix::parse("abce").unwrap().begins(&"abcdef"));
        assert_eq!([IdPrefix::parse("abc"), IdPrefix::parse("abcg"), IdPrefix::parse("")], [None, None, None]);
    }
}
