//! The names of refs, as a push may spell them to get past a rule that is written for another spelling.
//!
//! File systems that ignore case take `refs/heads/Main` for `refs/heads/main`; some leave out characters that nobody sees, or
//! dots at the end of a name; and the server's is not known to whoever pushes. So every rule about a name is asked of the form
//! that all these spellings share as well: at worst a branch that differs from a frozen one by them only is frozen too.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use crate::model::policy::Pattern;

/// Which rules a ref falls under by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Below `refs/replace/`.
    Replacement,
    /// One of relsign's own, spelled as relsign spells it.
    Own(Own),
    /// Another spelling of one of relsign's own, one that this version does not know, or one that belongs to one clone.
    NotForOthers,
    /// A tag.
    Tag,
    /// Anything else.
    Other,
}

/// A ref of relsign's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// The logs.
    Notes,
    /// The receipts of witnesses.
    Receipts,
    /// The files that support records.
    Evidence,
    /// The chain of accepted policy versions.
    Policy,
    /// A proposed version of the policy.
    Proposal,
    /// The chain of a root that another one has taken the place of.
    Former,
}

impl Place {
    /// Tells where a ref belongs by its full name.
    pub fn of(name: &str) -> Self {
        let own = match name {
            "refs/notes/relsign" => Some(Own::Notes),
            "refs/notes/relsign-receipts" => Some(Own::Receipts),
            "refs/relsign/evidence" => Some(Own::Evidence),
            "refs/relsign/policy" => Some(Own::Policy),
            _ if name.starts_with("refs/relsign/proposals/") => Some(Own::Proposal),
            _ if name.starts_with("refs/relsign/former/") => Some(Own::Former),
            _ => None,
        };
        let folded = fold(name);
        match own {
            Some(own) => Self::Own(own),
            None if folded.starts_with("refs/replace/") => Self::Replacement,
            None if is_own(&folded) => Self::NotForOthers,
            None if folded.starts_with("refs/tags/") => Self::Tag,
            None => Self::Other,
        }
    }
}

fn is_own(folded: &str) -> bool {
    // A ref of this name leaves no room for any notes.
    if folded == "refs/notes" {
        return true;
    }
    ["refs/notes/relsign", "refs/notes/relsign-receipts", "refs/relsign"]
        .into_iter()
        .any(|own| folded.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Gives the form of a name that all of its spellings share which some file system takes for the same.
///
/// File systems differ in what they compare: capitals by one of Unicode's mappings or another (NTFS, APFS, ext4), letters
/// taken apart (HFS+, APFS, ext4) or taken for what they resemble (ZFS with `normalization=formKD`), without what nobody sees
/// (HFS+, ext4), without blanks and dots at the end (Windows). Whoever pushes does not know which of them holds the server's
/// refs, and neither do we, so names that any of them confuses have one form. Git itself takes no name in which `~`, `:`, `\`
/// or a blank stand, so there are no short names and no streams to think of.
pub fn fold(name: &str) -> String {
    let parts: Vec<String> = name.split('/').map(fold_part).collect();
    parts.join("/")
}

/// Gives the form of one part of a name, between slashes.
fn fold_part(part: &str) -> String {
    let mut form = match part.is_ascii() {
        true => part.to_ascii_lowercase(),
        // What one round gives may have a form of its own once more; a test holds every letter to these two rounds.
        false => fold_once(&fold_once(part)),
    };
    form.truncate(form.trim_end_matches(['.', ' ']).len());
    form
}

fn fold_once(text: &str) -> String {
    let mut apart = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !is_unseen(*c)) {
        if c.is_ascii() {
            apart.push(c);
        } else {
            decompose_compatible(c, |part| apart.push(no_sign(part)));
        }
    }
    // Each mapping both ways round, since some letters have a lower case whose upper case is another letter.
    let cased = apart.nfd().flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let mut form = String::with_capacity(apart.len());
    let mut base = '\0';
    for c in cased.nfd() {
        // The capital I with a dot has two lower cases in Unicode's tables: i, and i with a dot above it.
        if c == '\u{307}' && base == 'i' {
            continue;
        }
        if !is_combining_mark(c) {
            base = c;
        }
        form.push(c);
    }
    form
}

/// Keeps what only looks like one of the signs that part names and that patterns are made of from becoming one.
const fn no_sign(c: char) -> char {
    match c {
        '/' => '\u{ff0f}',
        '*' => '\u{ff0a}',
        '?' => '\u{ff1f}',
        c => c,
    }
}

/// Says whether a character is one of Unicode's `Default_Ignorable_Code_Point`, which has no form of its own.
///
/// HFS+ and ext4 leave them out when they compare names, and people do. A test holds the list to Unicode's own.
const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Says what alone tells a spelling from the name whose rule it falls under.
pub fn told_apart_by(name: &str) -> &'static str {
    if name.chars().any(is_unseen) || name.contains("./") {
        "only characters that some file systems leave out"
    } else if name.is_ascii() {
        "only capitals"
    } else {
        "only letters that some file systems take for others"
    }
}

/// Says whether a pattern fits a name in any spelling.
pub fn covers(pattern: &Pattern, name: &str) -> bool {
    pattern.matches(name) || pattern.matches_as(name, fold)
}

#[cfg(test)]
mod tests {
    use super::{Own, Place, covers, fold, fold_once, is_unseen};

    fn every_letter() -> impl Iterator<Item = char> {
        (0..=u32::from(char::MAX)).filter_map(char::from_u32)
    }

    #[test]
    fn what_is_left_out_is_what_unicode_s_table_has() {
        let parsed = regex_syntax::parse(r"\p{Default_Ignorable_Code_Point}").unwrap();
        let regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(table)) = parsed.kind() else { panic!("{parsed:?}") };
        let in_table = |c: char| table.ranges().iter().any(|range| (range.start()..=range.end()).contains(&c));
        assert!(every_letter().filter(|c| is_unseen(*c) != in_table(*c)).collect::<Vec<_>>().is_empty());
    }

    #[test]
    fn two_rounds_are_enough_for_every_letter_and_end_in_the_form() {
        for c in every_letter().filter(|c| !matches!(c, '/' | '*' | '?')) {
            let form = fold(&c.to_string());
            assert_eq!(fold(&form), form, "{c:?} {:?}", fold_once(&c.to_string()));
            assert!(!form.contains(['/', '*', '?']), "{c:?} {form:?}");
            let within = fold(&format!("x{c}y"));
            assert_eq!(fold(&within), within, "{c:?}");
            for other in [c.to_lowercase().collect::<String>(), c.to_uppercase().collect()] {
                assert_eq!(fold(&other), form, "{c:?} {other:?}");
            }
        }
    }

    #[test]
    fn own_refs_have_one_spelling_that_may_be_pushed() {
        for (name, own) in [
            ("refs/notes/relsign", Own::Notes),
            ("refs/notes/relsign-receipts", Own::Receipts),
            ("refs/relsign/evidence", Own::Evidence),
            ("refs/relsign/policy", Own::Policy),
            ("refs/relsign/proposals/00", Own::Proposal),
            ("refs/relsign/former/00", Own::Former),
        ] {
            assert_eq!(Place::of(name), Place::Own(own), "{name}");
        }
        for other in [
            "refs/relsign",
            "refs/notes/relsign-Receipts",
            "refs/relsign/proposals",
            "refs/notes/Relsign",
            "refs/Relsign/policy",
            "refs/relsign/remotes/origin/notes",
            "refs/relsign/new",
            "refs/notes/relsign/x",
            "refs/notes",
        ] {
            assert_eq!(Place::of(other), Place::NotForOthers, "{other}");
        }
        for other in ["refs/notes/commits", "refs/relsignal/x", "refs/notes/relsign-mine", "refs/heads/relsign"] {
            assert_eq!(Place::of(other), Place::Other, "{other}");
        }
    }

    #[test]
    fn what_file_systems_leave_out_does_not_lead_past_a_rule() {
        let main = "refs/heads/main".parse().unwrap();
        for name in ["refs/heads/ma\u{200c}in", "refs/\u{feff}heads/MAIN", "refs/heads./main", "refs/heads/main\u{200d}."] {
            assert!(covers(&main, name), "{name:?}");
        }
        for name in ["refs/heads/ma in", "refs/heads/main2", "refs/heads/m.ain", "refs/heads/.main"] {
            assert!(!covers(&main, name), "{name:?}");
        }
        assert_eq!(Place::of("refs/notes/rel\u{200d}sign"), Place::NotForOthers);
        assert_eq!(Place::of("refs./relsign/policy"), Place::NotForOthers);
        assert_eq!(Place::of("refs/re\u{206a}place/00"), Place::Replacement);
    }

    #[test]
    fn capitals_do_not_lead_past_a_rule() {
        let pattern = "refs/heads/release/*".parse().unwrap();
        assert!(covers(&pattern, "refs/heads/Release/1"));
        assert!(covers(&"refs/heads/Main".parse().unwrap(), "refs/heads/main"));
        assert!(!covers(&pattern, "refs/heads/releases/1"));
        assert_eq!(Place::of("refs/Replace/00"), Place::Replacement);
        assert_eq!(Place::of("refs/TAGS/v1"), Place::Tag);
        // The long s and the Kelvin sign are capitals of nothing, and lower-case forms of s and k on some file systems.
        assert_eq!(fold("ma\u{17f}ter\u{212a}"), "masterk");
    }
}
