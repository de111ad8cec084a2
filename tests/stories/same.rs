//! Whether what a page shows is what a command prints, up to what is random: ids, digests and keys.

/// Compares line by line; `...` on a line of its own stands for any lines.
pub fn matches(shown: &str, printed: &str) -> bool {
    let shown: Vec<String> = shown.lines().map(normal).collect();
    let printed: Vec<String> = printed.lines().map(normal).collect();
    lines_match(&shown, &printed)
}

fn lines_match(shown: &[String], printed: &[String]) -> bool {
    match (shown.split_first(), printed.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "..." => (0..=printed.len()).any(|skipped| lines_match(rest, &printed[skipped..])),
        (Some((first, rest)), Some((other, others))) => first == other && lines_match(rest, others),
        _ => false,
    }
}

/// Puts a mark in the place of everything random.
fn normal(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line.trim_end();
    while !rest.is_empty() {
        let hex = rest.bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')).count();
        let before_is_word = out.chars().last().is_some_and(|c| c.is_ascii_alphanumeric());
        // Git cuts ids to seven digits, relsign to twelve.
        let ends = !rest[hex..].starts_with(|c: char| c.is_ascii_alphanumeric());
        if (hex >= 12 || hex >= 7 && ends) && !before_is_word {
            out.push_str("<id>");
            rest = &rest[hex..];
            continue;
        }
        // A fingerprint that two people read to each other: eight groups of four.
        if rest.len() >= FINGERPRINT && !before_is_word && is_fingerprint(&rest.as_bytes()[..FINGERPRINT]) {
            out.push_str("<fingerprint>");
            rest = &rest[FINGERPRINT..];
            continue;
        }
        let base64 =
            |text: &str| text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')).count();
        let fixed = [("SHA256:", 43), ("AAAAC3NzaC1lZDI1NTE5AAAAI", 0), ("AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAI", 0)]
            .into_iter()
            .find_map(|(start, least)| Some((start, base64(rest.strip_prefix(start)?), least)))
            .filter(|(_, length, least)| length >= least);
        if let Some((start, length, _)) = fixed {
            out.push_str("<key>");
            rest = &rest[start.len() + length..];
            continue;
        }
        let c = rest.chars().next().unwrap_or_default();
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

const FINGERPRINT: usize = 8 * 4 + 7;

fn is_fingerprint(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().all(|(index, byte)| match index % 5 {
        4 => *byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    })
}

#[test]
fn only_what_is_random_may_differ() {
    assert!(matches("signed 0123456789ab (tests)\n", "signed ba9876543210 (tests)\n"));
    assert!(!matches("signed 0123456789ab (tests)\n", "signed ba9876543210 (test)\n"));
    assert!(matches("   6b88de2..4712d1a  main -> main\n", "   d7c89cc..1234567  main -> main\n"));
    assert!(!matches("at 2026-11-21\n", "at 2026-11-22\n"));
    assert!(matches("one\n...\nfour\n", "one\ntwo\nthree\nfour\n"));
    assert!(!matches("one\n...\nfour\n", "one\ntwo\nthree\n"));
    assert!(!matches("GO\n", "NO-GO\n"));
    assert!(!matches("", "more\n"));
}
