//! Hostile text, made safe to show.
//!
//! Every string that stems from a repository passes through one of these functions before it reaches a terminal, a
//! Markdown file, a spreadsheet or a web page. What can't be seen is written out (`\x1b`, `\u{202e}`), so that a
//! reader sees that it is there; what a format would read as its own syntax is escaped in that format's own way.
//!
//! The functions work on one line each: a line break is shown as `\n`, but by [`lines`] and `markdown_block`, which
//! keep it.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_width::UnicodeWidthChar;

use crate::model::hidden::is_hidden;
use crate::model::orders::begins_order;
use crate::model::secrets::without_secrets;

/// The most characters of one text that are shown; what is beyond is counted instead.
pub const MAX_TEXT: usize = 4000;
/// The most lines of one text that are shown.
const MAX_LINES: usize = 60;
/// The most marks that may pile up on one letter; more than this overflow into neighbouring lines.
const MAX_MARKS: usize = 3;

/// Appends a character so that it can be seen.
fn push_visible(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        _ if u32::from(c) < 0x100 => {
            let _ = write!(out, "\\x{:02x}", u32::from(c));
        }
        _ => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
}

/// Makes one line of a text safe for a terminal.
///
/// What a program that runs pipelines would obey is no longer that ([`begins_order`]).
///
/// Presentation selectors of emoji are left out, all else that is hidden is written out, and a text of more than
/// [`MAX_TEXT`] characters ends with the number of those that were cut.
pub fn line(text: &str) -> String {
    // First of all, as a cut may take off the end by which an address is known to hold a secret.
    let text = &*without_secrets(text);
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    let mut before = ' ';
    for (count, (at, c)) in text.char_indices().enumerate() {
        if count == MAX_TEXT {
            let _ = write!(out, " [cut: {} more characters]", text.chars().count() - count);
            break;
        }
        let is_mark = c.width() == Some(0);
        marks = if is_mark { marks + 1 } else { 0 };
        if matches!(c, '\u{fe0e}' | '\u{fe0f}') && !before.is_ascii() {
            // It only chooses between the coloured and the plain form of the sign before it.
        } else if is_hidden(c) || begins_order(text, at) || is_mark && (marks > MAX_MARKS || before == ' ') {
            push_visible(&mut out, c);
        } else {
            out.push(c);
        }
        before = c;
    }
    out
}

/// Makes a text of several lines safe for a terminal, one string for each line; at the end it names what was cut.
pub fn lines(text: &str) -> Vec<String> {
    raw_lines(text).iter().map(|text| line(text)).collect()
}

/// Splits a text into the lines that are shown, still raw, with a last one that names what was cut.
pub(super) fn raw_lines(text: &str) -> Vec<String> {
    let text = &*without_secrets(text);
    let shown: String = text.chars().take(MAX_TEXT).collect();
    let all: Vec<&str> = shown.trim_end_matches(['\n', '\r']).split('\n').collect();
    let mut out: Vec<String> = all.iter().take(MAX_LINES).map(|text| text.strip_suffix('\r').unwrap_or(text).to_owned()).collect();
    if all.len() > MAX_LINES || shown.len() < text.len() {
        let kept: usize = all.iter().take(MAX_LINES).map(|text| text.chars().count() + 1).sum();
        out.push(format!("[cut: {} more characters]", text.chars().count().saturating_sub(kept.min(MAX_TEXT))));
    }
    out
}

/// Returns the columns that a text takes on a terminal, which places one character after the other and knows no ligatures.
pub fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

fn width(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// Returns a text for a locale that can show only ASCII, as wide as it was: signs have an equal there, and each column of anything
/// else is a question mark.
pub fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let equal = match c {
            _ if c.is_ascii() => c,
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            '\u{2018}' | '\u{2019}' => '\'',
            '\u{201c}' | '\u{201d}' => '"',
            '·' | '│' => '|',
            '…' | '○' => '.',
            '•' => '*',
            '✓' => '+',
            '✗' => 'x',
            '▸' => '>',
            _ => {
                out.extend(std::iter::repeat_n('?', width(c)));
                continue;
            }
        };
        out.push(equal);
    }
    Cow::Owned(out)
}

/// Makes a text safe and cuts it to at most `most` columns, ending what was cut with `mark`.
pub fn fit(text: &str, most: usize, mark: &str) -> String {
    let safe = line(text);
    if columns(&safe) <= most {
        return safe;
    }
    let room = most.saturating_sub(columns(mark));
    let mut out = String::new();
    let mut used = 0;
    for c in safe.chars() {
        if used + width(c) > room {
            break;
        }
        used += width(c);
        out.push(c);
    }
    out.truncate(out.trim_end().len());
    if columns(mark) <= most {
        out.push_str(mark);
    }
    out
}

/// Quotes a word for a POSIX shell where it needs it, so that a command can be run as it stands; its characters stay what they
/// are.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { quoted(text) }
}

/// Quotes a word for a POSIX shell, so that a command that is shown can be pasted whatever the tag is called.
///
/// A word with hidden characters is shown with these written out; the command then names nothing that exists. One that looks
/// like an option is quoted, so that whoever pastes it sees that it is a name.
pub fn shell(word: &str) -> String {
    let safe = line(word);
    if safe.starts_with('-') { quoted(&safe) } else { shell_word(&safe) }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Whether an address may be made clickable: http or https, and of ASCII that needs no escaping anywhere.
pub fn is_web_link(uri: &str) -> bool {
    let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&()*+,;=%".contains(&byte);
    rest.is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_alphanumeric()) && rest.bytes().all(plain) && uri.len() <= 2000 && !has_user(rest)
    })
}

/// Whether an address hides its host behind a user name (`https://good.example@evil.example/`).
fn has_user(rest: &str) -> bool {
    rest.split(['/', '?', '#']).next().unwrap_or_default().contains('@')
}

/// Makes a text safe inside a line, a list item or a table cell of Markdown: it is shown as it is written, and of
/// its words only plain web addresses become links.
pub fn markdown(text: &str) -> String {
    markdown_line(text, true).trim().to_owned()
}

fn markdown_line(text: &str, begins_line: bool) -> String {
    let safe = line(text);
    let mut begins_line = begins_line;
    let words: Vec<_> = safe
        .split(' ')
        .map(|word| {
            let shown = if is_web_link(word) { markdown_link(word) } else { markdown_word(word, begins_line) };
            begins_line &= word.is_empty();
            shown
        })
        .collect();
    words.join(" ")
}

/// Escapes one word of a line that is otherwise safe.
fn markdown_word(word: &str, begins_line: bool) -> String {
    let mut out = String::with_capacity(word.len() + 8);
    let mut before = None;
    let mut digits_only = begins_line;
    let mut rest = word.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            // An entity and no backslash, because tables split cells before they read anything else.
            '|' => out.push_str("&#124;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '{' | '}' | '~' | '$' | '!' | '^' => out.extend(['\\', c]),
            // What begins a heading, a list, a rule or a definition where a line begins.
            '#' | '+' | '-' | '=' | ':' if begins_line && before.is_none() => out.extend(['\\', c]),
            '.' | ')' if digits_only && before.is_some() => out.extend(['\\', c]),
            // `name@host`, `scheme://` and `www.` become links by themselves in some readers.
            '@' if before.is_some() => out.push_str("&#64;"),
            ':' if before.is_some() && rest.peek() == Some(&'/') => out.push_str("&#58;"),
            '.' if out.to_ascii_lowercase().ends_with("www") => out.push_str("&#46;"),
            _ => out.push(c),
        }
        digits_only &= c.is_ascii_digit();
        before = Some(c);
    }
    out
}

/// Makes a text of several lines safe in Markdown; its line breaks become `<br>`, and spaces at its ends are kept.
pub(super) fn markdown_block(text: &str, begins_line: bool) -> String {
    let lines: Vec<_> = raw_lines(text).iter().map(|text| markdown_line(text, begins_line)).collect();
    lines.join("<br>")
}

/// Makes a text safe as code in a line or a table cell of Markdown.
///
/// A text that could end the code span, or a table cell, is shown as escaped text in a `<code>` element.
pub fn markdown_code(text: &str) -> String {
    let safe = line(text);
    if safe.is_empty() {
        String::new()
    } else if safe.contains(['`', '|', '\\']) || safe.trim() != safe {
        format!("<code>{}</code>", markdown(&safe.chars().take(MAX_TEXT).collect::<String>()))
    } else {
        format!("`{safe}`")
    }
}

/// Makes an address safe in Markdown: a link where it is one for the web, else code that says that it is none.
pub fn markdown_link(uri: &str) -> String {
    if is_web_link(uri) { format!("<{uri}>") } else { format!("{} (not a web link)", markdown_code(uri)) }
}

/// Makes a text safe as a field of CSV: always quoted, and never read as a formula by a spreadsheet.
pub fn csv(text: &str) -> String {
    let safe = line(text).replace('"', "\"\"");
    let formula = safe.trim_start().starts_with(['=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠']);
    if formula { format!("\"'{safe}\"") } else { format!("\"{safe}\"") }
}

/// Makes a text safe as text or as a quoted attribute of HTML.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '`' => out.push_str("&#96;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_is_as_wide_as_what_it_stands_for() {
        let text = "Lösung “日本” — 🚀 … لا e\u{301}";
        assert_eq!(ascii(text), "L?sung \"????\" - ?? . ?? e");
        assert_eq!(columns(&ascii(text)), columns(text));
        // No terminal draws these two as one, whatever a font makes of them.
        assert_eq!(columns("لا"), 2);
    }

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        assert_eq!(line("a\u{1b}[31mred\u{7}"), "a\\x1b[31mred\\x07");
        assert_eq!(line("ok\rNO"), "ok\\rNO");
        assert_eq!(line("\u{202e}gpj.exe\u{200b}"), "\\u{202e}gpj.exe\\u{200b}");
        assert_eq!(line("\u{9b}31m\u{85}"), "\\x9b31m\\x85");
        assert_eq!(line("⚠\u{fe0f} naïve 日本"), "⚠ naïve 日本");
        assert_eq!(line("a\u{fe01}\u{e0061}"), "a\\u{fe01}\\u{e0061}");
        assert_eq!(line("::error::x a::b ##vso[x]"), "\\x3a:error::x a::b #\\x23vso[x]");
    }

    #[test]
    fn marks_do_not_pile_up() {
        let zalgo = format!("a{}", "\u{301}".repeat(6));
        assert_eq!(line(&zalgo), format!("a{}{}", "\u{301}".repeat(3), "\\u{301}".repeat(3)));
    }

    #[test]
    fn a_cut_is_named() {
        let long = "x".repeat(MAX_TEXT + 5);
        assert!(line(&long).ends_with("x [cut: 5 more characters]"));
        assert_eq!(lines(&long).last().map(String::as_str), Some("[cut: 5 more characters]"));
        assert_eq!(lines("a\r\nb\u{1b}\n\n"), ["a", "b\\x1b"]);
        assert_eq!(fit("日本語テスト", 7, "…"), "日本語…");
        assert_eq!(fit("short", 7, "…"), "short");
    }

    #[test]
    fn shell_words_cannot_run_anything() {
        assert_eq!(shell("v2.4.0"), "v2.4.0");
        assert_eq!(shell("v1;$(id)"), "'v1;$(id)'");
        assert_eq!(shell("it's"), "'it'\\''s'");
        assert_eq!(shell("--force"), "'--force'");
        assert_eq!(shell(""), "''");
        assert_eq!(shell_word("refs/heads/main"), "refs/heads/main");
        assert_eq!(shell_word("a\u{200b}b"), "'a\u{200b}b'");
    }

    #[test]
    fn only_plain_web_addresses_are_links() {
        assert!(is_web_link("https://ci.example.org/run/1?a=b#c"));
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "https://",
            "https://a b",
            "https://good.example@evil.example/",
            "https://x/\"onclick=",
            "https://x/<b>",
            "HTTPS://x/\u{202e}",
            "file:///etc/passwd",
        ] {
            assert!(!is_web_link(bad), "{bad}");
        }
        assert_eq!(markdown_link("javascript:alert(1)"), "`javascript:alert(1)` (not a web link)");
    }

    #[test]
    fn markdown_shows_what_is_written() {
        assert_eq!(markdown("a | b"), "a &#124; b");
        assert_eq!(markdown("# no heading"), "\\# no heading");
        assert_eq!(markdown("12. no list"), "12\\. no list");
        assert_eq!(markdown("<script>"), "&lt;script&gt;");
        assert_eq!(markdown("see https://ci.example.org/a_b now"), "see <https://ci.example.org/a_b> now");
        assert_eq!(markdown("ftp://x me@x.org www.x.org as sre: ok"), "ftp&#58;//x me&#64;x.org www&#46;x.org as sre: ok");
        assert_eq!(markdown_block("one\n- two", true), "one<br>\\- two");
        assert_eq!(markdown_code("a`b|c"), "<code>a\\`b&#124;c</code>");
    }

    #[test]
    fn no_formula_reaches_a_spreadsheet() {
        assert_eq!(csv("=1+1"), "\"'=1+1\"");
        assert_eq!(csv(" @SUM(A1)"), "\"' @SUM(A1)\"");
        assert_eq!(csv("say \"hi\", then"), "\"say \"\"hi\"\", then\"");
    }

    #[test]
    fn html_is_text() {
        assert_eq!(html("<b a='1'>&\"`"), "&lt;b a=&#39;1&#39;&gt;&amp;&quot;&#96;");
    }
}
