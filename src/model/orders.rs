//! Orders: what the programs that run pipelines obey wherever it stands in the output of a job.
//!
//! GitHub's runner takes `::NAME …::` at the beginning of a line and `##[NAME]` anywhere, Azure's takes `##vso[…]`
//! anywhere, TeamCity's takes `##teamcity[…]`. They set variables, mask text, end groups. Text from a repository that is shown in a log
//! must not be one; whoever shows it writes the character out on which such an order rests.

/// Whether the character at `at` has to be written out, lest a runner obey what it belongs to.
///
/// A colon counts after any space, since a long text is broken there and goes on in the next line.
pub fn begins_order(text: &str, at: usize) -> bool {
    let (before, rest) = text.split_at(at);
    match rest.as_bytes() {
        [b':', b':', ..] => before.chars().next_back().is_none_or(char::is_whitespace),
        [b'#', after @ ..] if before.ends_with('#') => {
            after.iter().find(|byte| !byte.is_ascii_alphanumeric()).is_some_and(|byte| *byte == b'[')
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_known_where_they_stand_and_nothing_else_is() {
        let found = |text: &str| text.char_indices().map(|(at, _)| at).filter(|at| begins_order(text, *at)).collect::<Vec<_>>();
        assert_eq!(found("::error::x"), [0]);
        assert_eq!(found("a ::error::x\u{a0}::b"), [2, 14]);
        assert_eq!(found("x##vso[task]##[add-mask]"), [2, 13]);
        assert_eq!(found("###teamcity[x"), [2]);
        for harmless in ["std::fs::read", "## A [heading]", "#[test]", "a : : b", "##", "##vso", "12:30::", "#123"] {
            assert!(found(harmless).is_empty(), "{harmless}");
        }
    }
}
