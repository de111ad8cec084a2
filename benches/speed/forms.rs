//! What reading a checklist of 1 MB costs that is made of one form alone, beside an ordinary one of the same size.

use std::time::{Duration, Instant};

use relsign::parse::checklist::{LintContext, MAX_BYTES, lint, parse};

use crate::measure::{Result, Rounds, side_by_side};
use crate::table::Table;

/// The most that a form may take, in times of an ordinary file.
const MOST: f64 = 2.0;
/// As many items as a file may have, and a few less, because a refused file would not be read to its end.
const ITEMS: usize = 1900;

/// Measures every form, or those whose names contain a word.
pub fn all(rounds: Rounds, word: &str, table: &mut Table) -> Result<()> {
    table.note_load();
    let ordinary = ordinary();
    for (name, text) in forms().into_iter().filter(|(name, _)| name.contains(word)) {
        let [form, peer] =
            side_by_side(rounds.long.max(3), [&mut |_| Ok(read(name, &text)), &mut |_| Ok(read("ordinary", &ordinary))])?;
        let scaled = peer.mul_f64(text.len() as f64 / ordinary.len() as f64);
        table.ratio(&format!("read and lint 1 MB of {name}"), form, ("ordinary", scaled), MOST, Duration::ZERO);
    }
    table.note_load();
    Ok(())
}

/// Reads and lints a file, as `relsign checklist lint` does.
fn read(name: &str, text: &str) -> Duration {
    let start = Instant::now();
    match parse(text.as_bytes()) {
        Ok(checklist) => drop(lint(&checklist, text.as_bytes(), &LintContext::default())),
        Err(problems) => assert!(problems.is_empty(), "{name}: {}", problems[0].message),
    }
    start.elapsed()
}

/// A file as people write it: sections with prose, tasks, details and a small table.
fn ordinary() -> String {
    let section = |number: usize| {
        format!(
            "## Part {number}: what has to be true\n\n\
             Everything below was asked for after an incident. Read it before you begin, and ask the people on the\n\
             rota where something is not clear; nobody is blamed for a question, and a release can always wait a day.\n\
             The numbers come from [the dashboard](https://example.org/d/{number}), which is rebuilt every night.\n\n\
             - [ ] The tests of part {number} pass on the tagged commit\n\
             \x20 - with the seed that the nightly run uses, and on both machines\n\
             - [ ] Nobody has changed the schema of table `t{number}` since then (@ana)\n\
             - [ ] The page about part {number} says what is new and links the change that brought it\n\n\
             | Metric | Threshold | Where |\n|---|---|---|\n\
             | errors of part {number} | < 1% for 5 minutes | board {number} |\n| requests | > 10 per second | board {number} |\n\n\
             > If one of them is out of bounds, wait for an hour and look again before you call anybody.\n\n"
        )
    };
    let mut text = String::from("# An ordinary checklist\n\n**Version:** 3.1\n**Date:** 2026-05-01\n\n");
    for number in 1..ITEMS / 3 {
        text += &section(number);
    }
    text + &"All of this was written by people, in their own words, and most of it is prose like this line.\n\n".repeat(1000)
}

fn fill(part: &str) -> String {
    part.repeat((MAX_BYTES - 1000) / part.len())
}

/// Below a heading, a part again and again.
fn below(heading: &str, part: &str) -> String {
    format!("# T\n\n## {heading}\n\n{}", fill(part))
}

/// Every form by its name.
fn forms() -> Vec<(&'static str, String)> {
    let deep: String = (0..40).map(|depth| format!("{}- entry {depth}\n", "  ".repeat(depth))).collect();
    let tasks: String = (0..ITEMS).map(|number| format!("- [ ] task {number} {}\n", "and what it is about ".repeat(25))).collect();
    let nested: String = (0..ITEMS / 20)
        .flat_map(|block| {
            (0..20).map(move |depth| format!("{}- [ ] {block} {depth} {}\n", "  ".repeat(depth), "word ".repeat(100)))
        })
        .collect();
    let rows: String = (0..ITEMS).map(|number| format!("| row {number} | {} | |\n", "what it is about ".repeat(31))).collect();
    let html: String =
        (0..ITEMS).map(|number| format!("<tr><td>row {number}</td><td>☐</td></tr>\n{}", "<!-- x -->\n".repeat(45))).collect();
    let option = |number| format!("        - label: option {number} {}\n", "and what it is about ".repeat(24));
    let options: String = (0..ITEMS).map(option).collect();
    let lines: String = (0..ITEMS).map(|number| format!("☐ line {number} {}\n", "and what it is about ".repeat(25))).collect();
    vec![
        ("deep lists", fill(&deep)),
        ("tasks", tasks),
        ("nested tasks", nested),
        ("boxes without a bullet", lines),
        ("tables", format!("| a | b | c |\n|-|-|-|\n{}", fill("| some text | more of it | and a number 17 |\n"))),
        ("rows with a status", format!("| Item | About | Status |\n|-|-|-|\n{rows}")),
        ("comments", fill("<!-- - [ ] nobody sees this -->\n\n")),
        ("one comment after the other", fill("<!-- a --><!-- b -->\n")),
        ("links", fill("- see [the page](https://example.org/a) and [that one][b] and <https://example.org>\n")),
        ("HTML", fill("<div><b>text</b> <i>and</i> more</div>\n\n")),
        ("a table in HTML", format!("<table>\n<tr><th>Item</th><th>Status</th></tr>\n{html}</table>\n")),
        ("headings", fill("## A heading\n\n")),
        ("code", fill("```\nrun it\n```\n\n")),
        ("quotations", fill("> what somebody said\n\n")),
        ("tiny paragraphs", fill("a\n\n")),
        ("tiny lines", fill("a\n")),
        ("tiny entries", fill("- a\n")),
        ("tiny numbers", fill("1. a\n")),
        ("tiny names", fill("a: b\n")),
        ("bold lines", fill("**a**\n\n")),
        ("blank lines", format!("a{}", fill("\n"))),
        ("rules", fill("---\n\n")),
        ("triggers", below("Rollback triggers", "- errors > 1% for 5 minutes or p95 above 2x baseline\n")),
        ("steps", below("Rollback procedure", "1. set the flag back\n")),
        ("stages", below("Stages", "- 5% for 1 hour, errors < 1%\n")),
        ("monitoring", below("Monitoring", "- errors stay below 1%\n")),
        ("facts", below("Release information", "- **Name**: value\n")),
        ("choices", below("Decision", "☐ GO ☐ NO-GO\n")),
        ("directives", format!("# T\n\n{}", fill("## S\n<!-- relsign: label=x -->\n\n"))),
        ("front matter", format!("---\n{}---\n", fill("name: value\n"))),
        ("references", fill("[a]: https://example.org\n")),
        ("almost-tasks", fill("- [x ] almost a task\n")),
        (
            "an issue form",
            format!("name: T\nbody:\n  - type: checkboxes\n    attributes:\n      label: L\n      options:\n{options}"),
        ),
    ]
}
