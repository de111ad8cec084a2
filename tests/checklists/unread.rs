//! Almost-tasks: what people take for a task is an item, or is told; and what nobody takes for one is not.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use relsign::model::checklist::Checklist;
use relsign::model::record::UnreadCause;
use relsign::parse::checklist::{LintContext, lint, parse};

fn read(text: &str) -> Checklist {
    parse(text.as_bytes()).unwrap_or_else(|problems| panic!("{text:?}: {problems:#?}"))
}

/// Gives the lines that are told, with their causes.
fn told(text: &str) -> Vec<(u32, UnreadCause)> {
    let unread = read(text).unread;
    assert_eq!(unread.count as usize, unread.tasks.len());
    unread.tasks.into_iter().map(|task| (task.line, task.cause)).collect()
}

#[test]
fn a_box_that_is_written_otherwise_is_told_with_its_line() {
    for task in [
        "- [-] a",
        "- [~] a",
        "- [✓] a",
        "- [✔️] a",
        "- [] a",
        "- [ ]a",
        "- [x]a",
        "-[ ] a",
        "*[x] a",
        "+[ ] a",
        "1.[ ] a",
        "- [x ] a",
        "- [ x] a",
        "- [X ] a",
        "- [ X ] a",
        "- \\[ ] a",
        "- \\[x\\] a",
        "- [\u{a0}] a",
        "- [ ]\u{a0}a",
        "- [\u{3000}] a",
        "- [\u{200b}] a",
        "- ［ ］ a",
        "- ［x］ a",
        "- [ ］ a",
        "- 【 】 a",
        "- **[ ]** a",
        "- **[ ] a**",
        "- *[x]* a",
        "- __[ ]__ a",
        "- ~~[ ]~~ a",
        "- <b>[ ]</b> a",
        "• [ ] a",
        "– [ ] a",
        "· ☐ a",
        "a) [ ] a",
        "- a: [ ]",
        "- a ☐",
        "- ( ) a",
        "- (x) a",
        "- { } a",
        "- [/] a",
        "- [>] a",
        "- [х] a",
        "- [×] a",
        "- [  ] a",
        "1. [x ] a",
        "> - [x ] a",
        "[x ] a",
        "[-] a",
        "[] a",
        "**[ ]** a",
        "\\[ ] a",
        "## [ ] a",
        "- - [x ] a",
        "- a\n  [x ] b",
    ] {
        let text = format!("# T\n\n- [ ] b\n\np\n\n{task}\n");
        let line = if task.contains('\n') { 8 } else { 7 };
        assert_eq!(told(&text), [(line, UnreadCause::Box)], "{task}");
        assert_eq!(read(&text).items.len(), 1, "{task}");
        // Below an item it is taken for a part of it, and nobody would miss it.
        if task.starts_with("- [x") {
            assert_eq!(told(&format!("- [ ] b\n  {task}\n")), [(2, UnreadCause::Box)], "{task}");
        }
    }
}

#[test]
fn a_box_whose_text_stands_on_the_next_line_is_an_item_or_told() {
    for task in ["- [ ]\n  a", "- [x]\n  a", "- [ ]  \n  a", "- [ ]\n\n  a", "- [ ]\ta", "-\t[ ] a", "1) [ ] a", "+ [X] a"] {
        let text = format!("# T\n\n{task}\n");
        assert_eq!(read(&text).items.len() + told(&text).len(), 1, "{task:?}");
    }
}

#[test]
fn a_drawn_box_makes_an_item() {
    for task in ["- ☐ a", "- ⬜ a", "- ☑ a", "- ✅ a", "* 🔲 a", "1. ☐ a", "☐ a", "✅ a", "- ✔️ a", "- b\n  - ⬜ a"]
    {
        let text = format!("# T\n\n{task}\n");
        let titles: Vec<String> = read(&text).items.into_iter().map(|item| item.title).collect();
        assert_eq!((titles, told(&text)), (vec!["a".to_owned()], vec![]), "{task}");
    }
    // Below an item it is an item below it.
    let checklist = read("- [ ] b\n  - ⬜ a\n");
    assert_eq!(checklist.items[1].parent.as_ref(), Some(&checklist.items[0].id));
}

#[test]
fn a_task_that_says_when_to_roll_back_is_a_trigger_and_told() {
    let text = "- [ ] b\n\n## Rollback triggers\n\n- [ ] errors > 3% for 5 min\n";
    assert_eq!(told(text), [(5, UnreadCause::Trigger)]);
    let checklist = read(text);
    assert_eq!((checklist.items.len(), checklist.triggers.len()), (1, 1));
    assert_eq!(checklist.triggers[0].threshold.as_deref(), Some("> 3%"));
    // A directive makes items of them.
    let text = text.replace("triggers\n", "triggers\n<!-- relsign: section=items -->\n");
    assert_eq!((told(&text).len(), read(&text).items.len()), (0, 2));
}

#[test]
fn tasks_in_html_are_told() {
    for (html, lines) in [
        ("<details>\n- [ ] a\n- [x] b\n</details>", vec![8, 9]),
        ("<details>\n<summary>More</summary>\n* [ ] a\n</details>", vec![9]),
        ("<details>\n- [x ] a\n</details>", vec![8]),
        ("<div>\n1. [ ] a\n</div>", vec![8]),
        ("<ul>\n<li>[ ] a</li>\n  <li class=\"x\">[x] b</li>\n</ul>", vec![8, 9]),
        ("<ul><li>[ ] a</li></ul>", vec![7]),
        ("<ul>\n<li><input type=\"checkbox\"> a</li>\n</ul>", vec![8]),
        ("<p>[ ] a</p>", vec![7]),
        ("<table><tr><td>[ ]</td><td>a</td></tr></table>", vec![7]),
        ("<table><tr><td>[ ]</td>\n\n<td>a</td></tr></table>", vec![7]),
        ("<details>\n☐ a\n</details>", vec![8]),
        ("a <input checked type='checkbox'/> b", vec![7]),
        ("- [ ] c\n  <div>\n  - [ ] d\n  </div>", vec![9]),
    ] {
        let text = format!("# T\n\n- [ ] b\n\np\n\n{html}\n");
        let expected: Vec<_> = lines.into_iter().map(|line| (line, UnreadCause::Html)).collect();
        assert_eq!(told(&text), expected, "{html}");
    }
    // In Markdown a checkbox is a drawn box like others.
    for html in ["<INPUT disabled\n type=checkbox> a", "- <input type=checkbox> a", "| a |\n|-|\n| <input type=checkbox> a |"] {
        let text = format!("# T\n\n- [ ] b\n\np\n\n{html}\n");
        let titles: Vec<_> = read(&text).items.into_iter().map(|item| item.title).collect();
        assert_eq!((told(&text), titles), (vec![], vec!["b".to_owned(), "a".to_owned()]), "{html}");
    }
    assert!(read("- <input type=checkbox checked> a\n").items[0].ticked);
    // With the blank line it is Markdown, and an item.
    let text = "<details>\n\n- [ ] a\n\n</details>\n";
    assert_eq!((told(text).len(), read(text).items.len()), (0, 1));
}

#[test]
fn a_box_in_a_table_is_told_unless_its_row_is_an_item() {
    for (cell, is_told) in [
        ("[ ]", true),
        ("[x]", true),
        ("* [ ]", true),
        ("[ ] yes", true),
        ("☐", true),
        ("[x ] a", true),
        ("`[ ]`", false),
        ("[1]", false),
    ] {
        let told = told(&format!("- [ ] b\n\n| A | B |\n|-|-|\n| a | {cell} |\n| b | c |\n"));
        assert_eq!(told, if is_told { vec![(5, UnreadCause::Cell)] } else { vec![] }, "{cell}");
    }
    let text = "| Item | Status |\n|-|-|\n| a | [ ] |\n";
    assert_eq!((told(text).len(), read(text).items.len()), (0, 1));
}

#[test]
fn a_directive_that_is_misspelt_is_told_where_it_stands() {
    for comment in [
        "<!-- relsing: id=x -->",
        "<!-- relsign id=x -->",
        "<!-- Relsign: id=x -->",
        "<!-- rel-sign: id=x -->",
        "<!-- relsign optional -->",
    ] {
        for text in [
            format!("# T\n\n- [ ] a {comment}\n"),
            format!("# T\n\n{comment}\n\n- [ ] a\n"),
            format!("# T\n\n## b {comment}\n\n- [ ] a\n"),
            format!("# T\n\n| Item | Status |\n|-|-|\n| a | | {comment}\n").replace("# T\n\n", ""),
        ] {
            assert_eq!(told(&text), [(3, UnreadCause::Directive)], "{text}");
        }
    }
}

#[test]
fn what_nobody_takes_for_a_task_is_not_told() {
    let text = "\
# T

- [ ] an item
- [x](https://example.com) a link
- [x][1] a link
- [a](b) and [1] and [^1]
- `[ ]` is how a box is written
- `- [ ] x` is how a task is
- write `[ ]` here
- see [the notes] and [RFC 2119]
- [0-9]+ and [a-z]* match
- []string is a type, and so is `[x]int`
- (a) one, (c) 2026, (see below)
- {name} stands for a name
- [!NOTE] is an alert

> [!NOTE]
> text

Text with (x) and a [link](x) and x[i] and [ref].

    - [x ] code

```
- [x ] code
<input type=checkbox>
<!-- relsing: id=x -->
```

<!--
- [x ] a comment
<input type=checkbox>
-->

<!-- release: notes --> <!-- markdownlint-disable --> <!-- relsign reads this file -->

<pre>
[ ] as typed
</pre>

<p align=\"center\"><img src=\"x\"> <a href=\"y\">z</a></p>

| Feature | Link |
|-|-|
| a | [x](y) |

[x]: https://example.com
[1]: https://example.com
[^1]: a footnote
";
    assert_eq!(told(text), [], "{:#?}", read(text).unread);
    assert_eq!(read(text).items.len(), 1);
}

#[test]
fn a_cause_is_told_once_with_its_lines_and_the_form_that_works() {
    let mut text = "- [ ] a <!-- relsign: owner=@a -->\n".to_owned();
    for number in 0..300 {
        let _ = writeln!(text, "- [x ] task {number}");
    }
    let checklist = read(&text);
    let problems = lint(&checklist, text.as_bytes(), &LintContext::default());
    let found: Vec<_> = problems.iter().filter(|problem| problem.code == "almost-task").collect();
    let [one] = found.as_slice() else { panic!("{problems:#?}") };
    assert_eq!(
        (one.line, one.message.as_str()),
        (2, "300 lines look like tasks but are not items: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …")
    );
    assert!(one.hint.as_deref().is_some_and(|hint| hint.contains("`- [ ] text`")), "{one:?}");
}

#[test]
fn looking_for_almost_tasks_takes_time_that_grows_with_the_file_only() {
    for piece in [
        "- [x ] a\n",
        "<",
        "<input ",
        "<input checkbox",
        "<div>\n- [ ] a\n",
        "<!-- relsing: ",
        "[ ] ",
        "| [ ] ",
        ">",
        "> < ",
        "☐",
        "(1) [ ",
        "<!--x-->",
    ] {
        let time = |size: usize| {
            let text = piece.repeat(size / piece.len());
            let started = Instant::now();
            let _ = parse(text.as_bytes());
            started.elapsed()
        };
        let (small, large) = (time(1 << 15), time(1 << 19));
        assert!(large < (small * 16 * 6).max(Duration::from_secs(3)), "{piece:?}: {small:?}, then {large:?}");
    }
}

/// How many lines of the public files are told, looked at one by one by a person.
#[test]
fn in_real_files_only_what_people_take_for_tasks_is_told() {
    let Some(folder) = crate::shared("corpus") else { return };
    let mut all = String::new();
    for place in [folder.clone(), folder.join("more")] {
        let mut files: Vec<_> = std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for path in files {
            let Ok(checklist) = parse(&std::fs::read(&path).unwrap_or_default()) else { continue };
            if !checklist.unread.is_empty() {
                let _ = writeln!(all, "{}: {}", path.file_name().unwrap().to_string_lossy(), checklist.unread.count);
                for task in &checklist.unread.tasks {
                    let _ = writeln!(all, "    {} {:?} {}", task.line, task.cause, task.text);
                }
            }
        }
    }
    eprintln!("{all}");
}
