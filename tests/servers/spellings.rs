//! A ref has one name for all the spellings that some file system takes for the same.

use std::io::Write as _;
use std::process::{Command, Stdio};

use relsign::evaluate::push::name::{Place, covers, fold};

use crate::sandbox::Sandbox;

/// Prints, for every letter that has other forms, its forms as Python's own tables have them: one line of words in hex.
const FORMS: &str = r#"
import sys, unicodedata as u
for point in range(0x110000):
    c = chr(point)
    if 0xD800 <= point < 0xE000 or u.category(c) in ("Cn", "Cc", "Zs", "Zl", "Zp"):
        continue
    forms = {c, c.upper(), c.lower(), c.title(), c.casefold(), c.swapcase()}
    forms |= {f.casefold() for f in forms} | {f.upper() for f in forms} | {f.lower() for f in forms}
    forms |= {u.normalize(n, f) for f in forms for n in ("NFC", "NFD", "NFKC", "NFKD")}
    forms.discard(c)
    if forms:
        print(" ".join("".join("%06x" % ord(d) for d in f) for f in [c] + sorted(forms)))
"#;

fn word(hex: &str) -> String {
    hex.as_bytes()
        .chunks(6)
        .map(|digits| char::from_u32(u32::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap()).unwrap())
        .collect()
}

#[test]
fn all_forms_that_python_s_tables_know_of_a_letter_have_one_key() {
    let Ok(mut python) =
        Command::new("python3").arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()
    else {
        eprintln!("skipped: there is no python3 to ask for a second opinion");
        return;
    };
    python.stdin.take().unwrap().write_all(FORMS.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let mut wrong = Vec::new();
    for line in text.lines() {
        let forms: Vec<String> = line.split(' ').map(word).collect();
        // A space or a slash that only a form has makes no name that git would take, and neither do the signs of a pattern.
        for form in forms.iter().filter(|form| !form.contains([' ', '/', '*', '?'])) {
            for (one, other) in [(form.clone(), forms[0].clone()), (format!("x{form}y"), format!("x{}y", forms[0]))] {
                if fold(&one) != fold(&other) {
                    wrong.push(format!("{one:?} {:?} and {other:?} {:?}", fold(&one), fold(&other)));
                }
            }
        }
    }
    assert!(text.lines().count() > 5_000, "{}", text.lines().count());
    assert!(wrong.is_empty(), "{} of {}: {:#?}", wrong.len(), text.lines().count(), &wrong[..wrong.len().min(40)]);
}

/// Spellings of one name, of which some file system takes any for the first.
const SAME: [(&str, &[&str]); 14] = [
    ("straße", &["STRASSE", "stra\u{1e9e}e", "STRA\u{1e9e}E", "strasse", "ſtraße"]),
    ("café", &["cafe\u{301}", "CAFE\u{301}", "CAF\u{c9}"]),
    ("fix", &["\u{fb01}x", "FIX", "f\u{131}x", "f\u{130}x", "fi\u{307}x", "\u{ff46}ix"]),
    ("σίγμας", &["ΣΊΓΜΑΣ", "σίγμασ", "σι\u{301}γμας"]),
    ("k", &["\u{212a}", "K"]),
    ("å", &["\u{212b}", "a\u{30a}", "A\u{30a}"]),
    ("ω", &["\u{2126}", "Ω"]),
    ("main", &["ma\u{e0101}in", "ma\u{115f}in", "ma\u{17b4}in", "main\u{e0001}", "\u{1d173}main", "ma\u{fff0}in", "ma\u{3164}in"]),
    ("ᾳ", &["ᾼ", "αι", "ΑΙ", "α\u{345}"]),
    ("ჩ", &["\u{1ca9}"]),
    ("ꭰ", &["Ꭰ"]),
    ("ǆ", &["ǅ", "Ǆ", "dž"]),
    ("각", &["\u{1100}\u{1161}\u{11a8}"]),
    ("v2", &["v\u{b2}", "Ｖ２"]),
];

#[test]
fn spellings_that_some_file_system_takes_for_one_have_one_key_and_others_have_not() {
    for (name, spellings) in SAME {
        for spelling in spellings.iter().filter(|spelling| !spelling.is_empty()) {
            assert_eq!(fold(name), fold(spelling), "{name} {spelling:?}");
            let pattern = format!("refs/heads/{name}").parse().unwrap();
            assert!(covers(&pattern, &format!("refs/heads/{spelling}")), "{name} {spelling:?}");
            let pattern = format!("refs/heads/{spelling}/*").parse().unwrap();
            assert!(covers(&pattern, &format!("refs/heads/{name}/1")), "{name} {spelling:?}");
        }
    }
    for (one, other) in [
        ("main", "maïn"),
        ("main", "mäin"),
        ("cafe", "café"),
        ("o", "ø"),
        ("l", "ł"),
        ("d", "đ"),
        ("main", "mаin"),
        ("a/b", "a\u{ff0f}b"),
        ("a/b", "a\u{2215}b"),
        ("a/c", "\u{2100}"),
        ("release/1", "release-1"),
        ("v1.0", "v10"),
        ("v1", "v1.1"),
        ("fix-1", "fix_1"),
        ("feature", "feature2"),
        ("か", "が"),
        ("あ", "ア"),
        ("main", "main~1"),
        ("e", "ə"),
        ("\u{5e9}", "\u{5e9}\u{5c1}"),
    ] {
        assert_ne!(fold(one), fold(other), "{one} {other}");
        let pattern = format!("refs/heads/{one}").parse().unwrap();
        assert!(!covers(&pattern, &format!("refs/heads/{other}")), "{one} {other}");
    }
}

#[test]
fn a_pattern_fits_letters_taken_apart_and_joined() {
    for (pattern, names) in [
        ("caf?", &["café", "cafe\u{301}", "CAFE\u{301}"][..]),
        ("cafe*", &["cafe\u{301}", "café", "CAF\u{c9}"]),
        ("É?", &["éa", "e\u{301}a"]),
    ] {
        let pattern = format!("refs/heads/{pattern}").parse().unwrap();
        for name in names {
            assert!(covers(&pattern, &format!("refs/heads/{name}")), "{pattern} {name:?}");
        }
    }
    assert!(!covers(&"refs/heads/v?".parse().unwrap(), "refs/heads/v10"));
}

#[test]
fn a_form_of_a_sign_gives_a_pattern_no_other_meaning() {
    // What looks like a star in full width is a letter of a name, and none of a pattern.
    let wide = "refs/heads/v\u{ff0a}".parse().unwrap();
    assert!(covers(&wide, "refs/heads/V\u{ff0a}") && !covers(&wide, "refs/heads/v1"));
    let wide = "refs/heads/v\u{ff1f}".parse().unwrap();
    assert!(!covers(&wide, "refs/heads/v1"));
    let star = "refs/heads/*".parse().unwrap();
    assert!(covers(&star, "refs/heads/a\u{2100}b") && covers(&star, "REFS/heads/x"));
    assert!(!covers(&"refs/heads/a".parse().unwrap(), "refs/heads\u{ff0f}a"));
    // Letters that become many are still held to a pattern that is as long as one may be.
    let long = format!("refs/heads/{}", "\u{fdfa}".repeat(80));
    assert!(covers(&long.parse().unwrap(), &format!("REFS/heads/{}", "\u{fdfa}".repeat(80))));
}

#[test]
fn own_refs_tags_and_replacements_are_known_in_every_spelling() {
    for name in ["refs/relſign/policy", "refs/\u{ff52}elsign/policy", "refs/notes/rels\u{131}gn", "refs/rel\u{e0100}sign/policy"] {
        assert_eq!(Place::of(name), Place::NotForOthers, "{name:?}");
    }
    assert_eq!(Place::of("refs/replace\u{17b4}/00"), Place::Replacement);
    assert_eq!(Place::of("refs/\u{ff34}ags/v1"), Place::Tag);
    assert_eq!(Place::of("refs/relsignal/policy"), Place::Other);
}

#[test]
fn git_takes_no_name_with_the_signs_of_short_names_and_streams() {
    // So no rule has to know of `MASTER~1`, of `main::$DATA`, of `main\` or of a blank at the end.
    let sandbox = Sandbox::project();
    for name in
        ["refs/heads/FROZEN~1", "refs/heads/frozen::$DATA", "refs/heads/frozen\\", "refs/heads/frozen ", "refs/heads/frozen."]
    {
        assert_ne!(sandbox.program("git", &sandbox.clone(), &["check-ref-format", name]).code, 0, "{name}");
    }
}

#[test]
fn a_server_refuses_a_frozen_branch_in_every_spelling() {
    let sandbox = Sandbox::project();
    let policy = std::fs::read_to_string(sandbox.clone().join(".relsign/policy.toml")).unwrap();
    let more =
        policy.replace("[\"refs/heads/frozen\"]", "[\"refs/heads/frozen\", \"refs/heads/straße\", \"refs/heads/caf\\u00e9\"]");
    assert_ne!(more, policy);
    sandbox.write(".relsign/policy.toml", &more);
    sandbox.relsign_as("rita", &["policy", "activate"]).exits(0);
    sandbox.commit("second");
    for name in ["stra\u{1e9e}e", "STRASSE", "cafe\u{301}", "fro\u{e0101}zen", "\u{ff46}rozen", "frozen\u{115f}", "froz\u{1d5f2}n"]
    {
        let name = format!("refs/heads/{name}");
        sandbox.push(&["origin", &format!("main:{name}")]).exits(1).says("[ref-frozen]");
        // What is asked where no hooks run says the same.
        sandbox.relsign(&["freeze", "check", "--ref", &name]).exits(1).says("frozen");
    }
    for name in ["strase", "cafe", "frözen", "frozen2"] {
        let name = format!("refs/heads/{name}");
        sandbox.push(&["origin", &format!("main:{name}")]).exits(0);
        sandbox.relsign(&["freeze", "check", "--ref", &name]).exits(0);
    }
}
