//! The names of refs, as a push may spell them to get past a rule that is written for another spelling.
//!
//! File systems that ignore case take `refs/heads/Main` for `refs/heads/main`; some leave out characters that nobody sees,
//! or
//! dots at the end of a name; and the server's is not known to whoever pushes. So every rule about a name is asked of the
//! form
//! that all these spellings share as well: at worst a branch that differs from a frozen one by them only is frozen too.
//! `model::spelling` makes that form.

pub use crate::model::spelling::{covers, fold};

use crate::model::hidden::is_ignorable;

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
    /// Describes where a ref belongs by its full name.
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

/// Describes what alone tells a spelling from the name whose rule it falls under.
pub fn told_apart_by(name: &str) -> &'static str {
    if name.chars().any(is_ignorable) || name.contains("./") {
        "only characters that some file systems ignore"
    } else if name.is_ascii() {
        "only capitals"
    } else {
        "only letters that some file systems treat as equal"
    }
}

#[cfg(test)]
mod tests {
    use super::{Own, Place, covers, fold};

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
