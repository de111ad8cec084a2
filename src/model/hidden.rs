//! Characters that people do not see, or that reorder what they see: one table for all that shows, compares or checks text.

/// Whether a character is one of Unicode's `Default_Ignorable_Code_Point`, which has no form of its own.
///
/// HFS+ and ext4 leave them out when they compare names, and people do. A test holds the list to Unicode's own.
pub const fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether a character has no glyph of its own, or reorders or hides its neighbours.
pub fn is_hidden(c: char) -> bool {
    is_ignorable(c) || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}' | '\u{13430}'..='\u{1345f}')
}

/// Whether a hidden character only chooses between the forms of the sign before it, as in emoji.
pub const fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::is_ignorable;

    #[test]
    fn the_ignorable_characters_are_those_of_unicode_s_table() {
        let parsed = regex_syntax::parse(r"\p{Default_Ignorable_Code_Point}").unwrap();
        let regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(table)) = parsed.kind() else {
            panic!("{parsed:?}")
        };
        let in_table = |c: char| table.ranges().iter().any(|range| (range.start()..=range.end()).contains(&c));
        let letters = (0..=u32::from(char::MAX)).filter_map(char::from_u32);
        assert!(letters.filter(|c| is_ignorable(*c) != in_table(*c)).collect::<Vec<_>>().is_empty());
    }
}
