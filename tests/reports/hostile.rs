//! Hostile text in every place where a repository can put some, through every renderer.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use relsign::model::ids::{Sha256Digest, TagName};
use relsign::model::report::{PrivateNote, Report};
use relsign::report::style::Style;
use relsign::report::{html, json, markdown, safe, terminal};
use unicode_width::UnicodeWidthStr;

use crate::build::{self, Texts};

/// Pieces that do damage where they get through.
const NASTY: &[&str] = &[
    "\u{1b}[31m",
    "\u{1b}]8;;https://evil.example\u{7}",
    "\u{9b}2J",
    "\r",
    "\n",
    "\t",
    "\0",
    "\u{7f}",
    "\u{85}",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{200d}",
    "\u{feff}",
    "\u{2028}",
    "\u{e0061}",
    "\u{e007f}",
    "\u{fe0f}",
    "\u{301}",
    "|",
    "`",
    "```",
    "\\",
    "<",
    ">",
    "<script>",
    "&",
    "&#124;",
    "<br>",
    "[x](javascript:alert(1))",
    "![x](http://evil.example)",
    "#",
    "# ",
    "- ",
    "+ ",
    "1. ",
    "> ",
    "---",
    "===",
    "*",
    "_",
    "~~",
    "$$",
    "^",
    "{#id}",
    ":",
    "@everyone",
    "www.evil.example",
    "https://evil.example",
    "a@evil.example",
    "=cmd()",
    "|---|",
    "\"",
    "'",
    "日本",
    "👩",
    " ",
    "    ",
    "x",
    "\\|",
    "`|`",
    "<!--",
    "-->",
    "]]>",
];

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(NASTY).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => proptest::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter),
    ];
    proptest::collection::vec(piece, 1..12).prop_map(|pieces| pieces.concat())
}

fn reports(texts: &Texts<'_>) -> [Report; 4] {
    let mut all = [build::at_work(texts), build::waived(texts), build::go(texts), build::conditional(texts)];
    for word in all.iter_mut().flat_map(|report| &mut report.items).flat_map(|item| &mut item.sign_offs) {
        let note = |text, erased| PrivateNote { sha256: Sha256Digest::from_bytes([0xe1; 32]), text, erased };
        word.private_notes = vec![note(Some(texts.or("by hand")), false), note(None, true), note(None, false)];
    }
    all
}

fn assert_visible(what: &str, text: &str) {
    let hidden = text.chars().find(|c| *c != '\n' && relsign::model::hidden::is_hidden(*c));
    assert_eq!(hidden, None, "{what} shows a hidden character: {text:?}");
    // Named once more on their own, so that a gap in `is_hidden` would show.
    let worst = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    assert!(!text.contains(|c: char| c != '\n' && (c.is_control() || worst(c))), "{what}");
}

/// What a reader of Markdown builds from a text, without the words.
fn structure(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_code = false;
    for event in Parser::new_ext(text, Options::all() - Options::ENABLE_SMART_PUNCTUATION) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => {
                assert!(dest_url.starts_with("http://") || dest_url.starts_with("https://"), "{dest_url}");
            }
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::Start(Tag::Image { .. } | Tag::HtmlBlock | Tag::FootnoteDefinition(_)) => panic!("{text}"),
            Event::Start(tag) => found.push(format!("{tag:?}")),
            Event::End(end) => {
                in_code &= end != pulldown_cmark::TagEnd::CodeBlock;
                if end != pulldown_cmark::TagEnd::Link {
                    found.push(format!("{end:?}"));
                }
            }
            Event::InlineHtml(html) => assert!(["<br>", "<code>", "</code>"].contains(&html.as_ref()), "{html}"),
            Event::Html(_) | Event::InlineMath(_) | Event::DisplayMath(_) | Event::Rule | Event::TaskListMarker(_) => {
                panic!("{text}")
            }
            Event::Text(_) | Event::Code(_) | Event::SoftBreak | Event::HardBreak | Event::FootnoteReference(_) => {}
        }
    }
    assert!(!in_code);
    found
}

/// Every row of a table has as many cells as its head: readers drop what is too much without a word.
fn assert_tables_whole(text: &str) {
    let mut cells = None;
    for line in text.lines() {
        if line.starts_with('|') {
            let count = line.matches('|').count();
            assert_eq!(*cells.get_or_insert(count), count, "{line}");
        } else {
            cells = None;
        }
    }
}

/// The elements of a page without those that text may bring: breaks, links, code.
fn elements(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let body = html.split_once("</style>").unwrap().1;
    assert!(!body.contains("<style") && !body.contains("<script"));
    for (at, _) in body.match_indices('<') {
        let tag = &body[at..=at + body[at..].find('>').unwrap()];
        if let Some(rest) = tag.strip_prefix("<a href=\"") {
            let (uri, rest) = rest.split_once('"').unwrap();
            assert!(uri.starts_with("http://") || uri.starts_with("https://"), "{uri}");
            assert_eq!(rest, " rel=\"noopener noreferrer nofollow\">");
        } else if !["<br>", "<code>", "</code>", "</a>"].contains(&tag) {
            found.push(tag.to_owned());
        }
    }
    assert_eq!(body.matches('<').count(), body.matches('>').count());
    found
}

/// The structure in Markdown and HTML that harmless text gives.
fn benign() -> &'static [(Vec<String>, Vec<String>)] {
    static BENIGN: std::sync::OnceLock<Vec<(Vec<String>, Vec<String>)>> = std::sync::OnceLock::new();
    BENIGN.get_or_init(|| {
        let texts = Texts { title: "x", any: "x", uri: "x", ..Texts::default() };
        reports(&texts).iter().map(|report| (structure(&markdown::report(report)), elements(&html::report(report)))).collect()
    })
}

fn check(any: &str, tag: &str, width: usize) {
    let benign_tag = Texts::default().tag;
    let tag = if TagName::from_user(tag).is_ok() { tag } else { benign_tag };
    let texts = Texts { title: any, any, tag, uri: any };
    let style = Style { width, ..Style::plain() };
    for (report, benign) in reports(&texts).iter().zip(benign()) {
        let status = terminal::status(report, &style, any);
        let log = terminal::log(std::slice::from_ref(report), &report.records.iter().collect::<Vec<_>>(), &|_| None, &style);
        let (whole, verify) = (terminal::report(report, &style), terminal::verify(report, &style));
        for (what, text) in [("status", status), ("report", whole), ("verify", verify), ("log", log)] {
            assert_visible(what, &text);
            for line in text.lines() {
                assert!(line.width() <= width, "{what} at {width}: {line:?} takes {}", line.width());
            }
        }
        let verdict = terminal::verdict_line(report);
        assert_visible("verdict", &verdict);
        assert!(!verdict.contains('\n'));

        let dossier = markdown::report(report);
        assert_visible("dossier", &dossier);
        assert_tables_whole(&dossier);
        assert_eq!(structure(&dossier), benign.0, "{dossier}");

        let page = html::report(report);
        assert_visible("html", &page);
        assert_eq!(elements(&page), benign.1, "{page}");

        let text = json::to_json(report).unwrap();
        assert_visible("json", &text);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value, serde_json::to_value(report).unwrap());
    }
    for (what, text) in [("csv", safe::csv(any)), ("html", safe::html(any)), ("shell", safe::shell(any))] {
        assert_visible(what, &text);
        assert!(!text.contains('\n'), "{what}");
    }
    assert!(!safe::html(any).contains(['<', '>', '"', '\'']));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_gets_through(any in hostile(), tag in hostile(), width in 60_usize..140) {
        check(&any, &tag, width);
    }
}

#[test]
fn every_nasty_piece_alone() {
    for piece in NASTY {
        check(piece, piece, 60);
    }
}

#[test]
fn every_nasty_piece_between_words() {
    for piece in NASTY {
        check(&format!("word {piece} word"), &format!("v1{piece}x"), 120);
    }
}

#[test]
fn endless_text_is_cut() {
    let endless = "word ".repeat(100_000);
    let report = build::go(&Texts { any: &endless, ..Texts::default() });
    let text = terminal::report(&report, &Style::plain());
    assert!(text.len() < 1_000_000, "{}", text.len());
    assert!(text.contains("[cut: 496000 more characters]"));
    assert!(markdown::report(&report).len() < 1_000_000);
}

#[test]
fn a_tag_cannot_smuggle_a_command() {
    let report = build::at_work(&Texts { tag: "v1;$(touch${IFS}x)`id`|sh", ..Texts::default() });
    let text = terminal::status(&report, &Style::plain(), "");
    assert!(text.contains("relsign approve 'v1;$(touch${IFS}x)`id`|sh' 5"), "{text}");
}
