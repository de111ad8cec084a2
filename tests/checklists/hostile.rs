//! Bytes that were made to confuse, to slow down or to be shown.

use std::time::{Duration, Instant};

use relsign::parse::checklist::{MAX_BYTES, lint, parse};
use relsign::parse::problems::render;

fn code(bytes: &[u8]) -> &'static str {
    parse(bytes).map_or_else(|problems| problems[0].code, |_| "none")
}

#[test]
fn bytes_that_are_no_text_are_refused_by_name() {
    assert_eq!(code(b"- [ ] a\xff\n"), "not-utf-8");
    assert_eq!(code(b"\xff\xfe-\0 \0"), "not-utf-8");
    assert_eq!(code(b"- [ ] a\0\n"), "nul-byte");
    assert_eq!(code(b"- [ ] a\rb\n"), "bare-carriage-return");
    assert_eq!(code(&vec![b' '; MAX_BYTES + 1]), "file-too-large");
    assert_eq!(code(b""), "none");
}

#[test]
fn problems_have_positions() {
    let problem = parse("ok\nfäil \0\n".as_bytes()).unwrap_err().remove(0);
    assert_eq!((problem.line, problem.column), (2, 6));
    let both = parse(b"a\0\rb").unwrap_err();
    assert_eq!(both.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["nul-byte", "bare-carriage-return"]);
}

#[test]
fn a_byte_order_mark_and_crlf_change_no_item() {
    let plain = parse(b"---\nname: x\n---\n# T\n\n- [ ] one\n- [ ] two\n").unwrap();
    for other in [
        "\u{feff}---\nname: x\n---\n# T\n\n- [ ] one\n- [ ] two\n",
        "---\r\nname: x\r\n---\r\n# T\r\n\r\n- [ ] one\r\n- [ ] two\r\n",
    ] {
        let other = parse(other.as_bytes()).unwrap();
        let view = |list: &relsign::model::checklist::Checklist| -> Vec<_> {
            list.items.iter().map(|item| (item.id.clone(), item.title.clone(), item.line, item.end_line)).collect()
        };
        assert_eq!(view(&plain), view(&other));
        assert_eq!(plain.front_matter, other.front_matter);
        assert_eq!(plain.title, other.title);
    }
    // The digest is of the bytes as they are, so another line end is another text.
    let crlf = parse(b"- [ ] one\r\n").unwrap();
    assert_ne!(crlf.items[0].digest, parse(b"- [ ] one\n").unwrap().items[0].digest);
    let bom = parse("\u{feff}- [ ] one\n".as_bytes()).unwrap();
    assert_eq!(bom.items[0].digest, parse(b"- [ ] one\n").unwrap().items[0].digest);
}

#[test]
fn deep_nesting_is_refused_before_it_costs_time() {
    let lists: String = (0..400).map(|depth| format!("{}- [ ] x\n", "  ".repeat(depth))).collect();
    for bomb in [
        ">".repeat(3000) + " x",
        "- ".repeat(3000) + "x",
        "1. ".repeat(3000) + "x",
        lists,
        "> - ".repeat(900),
        "\t- x\n\t\t- x\n".repeat(2) + &"* ".repeat(200),
    ] {
        let begun = Instant::now();
        assert_eq!(code(bomb.as_bytes()), "nested-too-deeply");
        assert!(begun.elapsed() < Duration::from_millis(500));
    }
    let fine: String = (0..20).map(|depth| format!("{}- [ ] item {depth}\n", "  ".repeat(depth))).collect();
    assert_eq!(parse(fine.as_bytes()).unwrap().items.len(), 20);
}

#[test]
fn bombs_take_bounded_time() {
    let most = MAX_BYTES - 100;
    let fill = |part: &str| part.repeat(most / part.len());
    let wide = format!("|{}\n|{}\n{}", "a|".repeat(100_000), "-|".repeat(100_000), "|\n".repeat(100_000));
    let rows = format!("|status|item|\n|-|-|\n{}", fill("|x|y|\n"));
    for (name, bomb) in [
        ("brackets", fill("[")),
        ("images", fill("![")),
        ("stars", fill("*a ")),
        ("ticks", (1..1000).map(|n| "`".repeat(n) + " ").collect()),
        ("comments", fill("<!-- ")),
        ("html", fill("<a ")),
        ("directives", fill("<!-- relsign: -->\n")),
        ("tasks", fill("- [ ] a\n")),
        ("references", fill("[a]: b\n")),
        ("wide table", wide),
        ("boxes", fill("☐ ")),
        ("rows", rows),
    ] {
        let begun = Instant::now();
        let result = parse(bomb.as_bytes());
        if let Ok(checklist) = &result {
            let problems = lint(checklist, bomb.as_bytes(), &Default::default());
            render(&problems[..problems.len().min(100)], "x.md", bomb.as_bytes(), false);
        }
        let spent = begun.elapsed();
        assert!(spent < Duration::from_secs(20), "{name} took {spent:?}");
    }
}

#[test]
fn nothing_of_a_file_reaches_the_terminal_as_a_control_character() {
    let text =
        "# \u{1b}[31mred\n\n- [x] a \u{1b}]0;title\u{7} \u{202e}gnp.exe\u{200b}\n- [ ] b <!-- relsign: nonsense\u{1b}[2J=1 -->\n";
    let problems = parse(text.as_bytes()).unwrap_err();
    let shown = render(&problems, "a\u{1b}[2Jb.md", text.as_bytes(), false);
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
    assert!(!shown.contains('\u{202e}') && !shown.contains('\u{200b}'));
    let good = text.replace("nonsense\u{1b}[2J=1", "reviews=1");
    let checklist = parse(good.as_bytes()).unwrap();
    let problems = lint(&checklist, good.as_bytes(), &Default::default());
    assert!(problems.iter().any(|problem| problem.code == "hidden-characters" && problem.message.contains("line 3")));
    let shown = render(&problems, "x.md", good.as_bytes(), false);
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control()) && !shown.contains('\u{202e}'), "{shown:?}");
    let styled = render(&problems, "x.md", good.as_bytes(), true);
    // Colours are the only escapes, and none of them is the file's.
    assert!(styled.contains("\u{1b}[") && !styled.contains("\u{1b}]") && !styled.contains("\u{1b}[31mred"));
}

#[test]
fn one_limit_on_items_holds_and_is_told_whatever_the_number() {
    let of = |count: usize| (0..count).map(|n| format!("- [ ] step {n}\n")).collect::<String>();
    assert_eq!(parse(of(2000).as_bytes()).unwrap().items.len(), 2000);
    for count in [2001, 5000, 5001] {
        let problem = parse(of(count).as_bytes()).unwrap_err().remove(0);
        assert_eq!((problem.code, problem.line), ("too-many-items", 2001), "{count}");
        assert_eq!(problem.message, format!("the file has {count} items; the limit is 2000"));
    }
}
