//! docs/reading.md: the words and forms are those of the tables, and each example is read as it says.

use std::fmt::Write as _;

use relsign::parse::checklist::vocabulary::Words;
use relsign::parse::checklist::{ATTRIBUTES, SECTION_ATTRIBUTES, lexicon, limit_words, parse};

use super::forms::FORMS;
use super::{project, read};

#[test]
fn the_page_says_what_the_tables_of_reading_say() {
    let wanted = reading_page();
    if std::env::var_os("RELSIGN_UPDATE").is_some() {
        std::fs::write(project().join("docs/reading.md"), &wanted).unwrap();
        return;
    }
    let page = read("docs/reading.md");
    let differs = page.lines().zip(wanted.lines()).find(|(page, wanted)| page != wanted);
    assert!(page == wanted, "RELSIGN_UPDATE=1 cargo test --test docs writes the page anew: {differs:?}");
}

#[test]
fn each_form_makes_the_items_that_the_page_says() {
    for form in FORMS {
        let checklist = parse(form.example.as_bytes()).unwrap_or_else(|problems| panic!("{}: {problems:#?}", form.name));
        let titles: Vec<&str> = checklist.items.iter().map(|item| item.title.as_str()).collect();
        assert_eq!(titles, form.items, "{}", form.name);
        assert!(checklist.unread.is_empty(), "{}: {:?}", form.name, checklist.unread);
    }
}

fn quoted<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn language(code: &str) -> &str {
    if code.is_empty() { "all" } else { code }
}

/// Writes docs/reading.md: what makes what, from the tables by which checklists are read.
fn reading_page() -> String {
    let mut page = String::from(INTRODUCTION);
    for form in FORMS {
        let fence = "```";
        let _ = write!(
            page,
            "\n### {}\n\n{fence}text\n{}{fence}\n\nItems: {}.",
            form.name,
            form.example,
            quoted(form.items.iter().copied())
        );
        page += &if form.remark.is_empty() { "\n".to_owned() } else { format!(" {}\n", form.remark) };
    }
    page += BOXES;
    let boxes = |wanted: bool| quoted(lexicon::BOXES.each().filter(|(_, ticked)| *ticked == wanted).map(|(sign, _)| sign));
    let _ = writeln!(page, "\nEmpty: {}. Ticked: {}.", boxes(false), boxes(true));
    let _ = writeln!(page, "\nMarks of a column that is known by what stands in it: {}.", quoted(lexicon::MARKS.iter().copied()));
    let choices = lexicon::CHOICES.iter().map(|set| quoted(set.iter().copied()));
    let _ = writeln!(page, "\nWords that are one choice: {}.", choices.collect::<Vec<_>>().join("; "));
    headings(&mut page);
    phases(&mut page);
    columns(&mut page);
    facts(&mut page);
    limits(&mut page);
    page += IDS;
    page += "\n## Directives\n\n| name | on | means |\n|---|---|---|\n";
    for (place, table) in [("an item or a section", ATTRIBUTES), ("a section", SECTION_ATTRIBUTES)] {
        for (name, meaning) in table {
            let _ = writeln!(page, "| `{name}` | {place} | {meaning} |");
        }
    }
    page
}

fn headings(page: &mut String) {
    *page += HEADINGS;
    *page += "\n| spelling | read as |\n|---|---|\n";
    for (from, to) in lexicon::SPELLINGS.each() {
        let _ = writeln!(page, "| `{from}` | `{to}` |");
    }
    *page += "\n| section | heading | language | words |\n|---|---|---|---|\n";
    let row = |page: &mut String, kind: &str, how: &str, code: &str, words: &[&str]| {
        let _ = writeln!(page, "| {kind} | {how} | {} | {} |", language(code), quoted(words.iter().copied()));
    };
    for (table, kind, how) in [
        (&lexicon::ROLLBACK, "triggers or procedure", "contains"),
        (&lexicon::ROLLBACK_WHEN, "triggers", "contains, beside a word for rolling back"),
        (&lexicon::ROLLBACK_HOW, "procedure", "is made of, beside a word for rolling back"),
        (&lexicon::PROCEDURE, "procedure", "is, below a title that speaks of rolling back"),
        (&lexicon::SIGN_OFF, "sign-off", "is made of"),
        (&lexicon::ON_CALL, "on-call", "is a name or a cell made of"),
    ] {
        for (code, words) in table.iter() {
            row(page, kind, how, code, words);
        }
    }
    row(page, "sign-off", "beside those", "", &lexicon::SIGN_OFF_BESIDE);
    row(page, "on-call", "beside those", "", &lexicon::ON_CALL_BESIDE);
    row(page, "on-call, who stands in", "contains", "", &lexicon::ON_CALL_SECOND);
    row(page, "none", "contains, beside a word for rolling back", "en", &lexicon::ROLLBACK_CHECKED);
    for ((kind, how, code), words) in lexicon::SECTIONS.iter() {
        row(page, kind.as_str(), how.as_str(), code, words);
    }
}

fn phases(page: &mut String) {
    *page += PHASES;
    *page += "\n| phase | heading | language | words |\n|---|---|---|---|\n";
    let out = quoted(lexicon::OUT.iter().copied());
    let _ = writeln!(page, "| after | contains \"post\", or begins with \"after\", and then | en | {out} |");
    let mut row = |phase: &str, how: &str, code: &str, words: &[&str]| {
        let _ = writeln!(page, "| {phase} | {how} | {} | {} |", language(code), quoted(words.iter().copied()));
    };
    for ((phase, how, code), words) in lexicon::PHASES.iter() {
        row(phase.as_str(), how.as_str(), code, words);
    }
    row("stage", "is, beside a heading with \"pre\" or \"before\"", "", &lexicon::DURING);
    row("stage", "counts with, and gives a share", "", &lexicon::STAGE_WORDS);
    lists(
        page,
        &[
            ("Names of stages in a list", &lexicon::STAGE_NAMES),
            ("Verbs before a share of the traffic", &lexicon::SHARE_VERBS),
            ("Names of a line that gives all stages", &lexicon::RAMPS),
            ("Names of how long a stage lasts", &lexicon::BAKES),
        ],
    );
}

/// Writes lists of words, each as a paragraph with its name.
fn lists(page: &mut String, lists: &[(&str, &Words)]) {
    for (name, words) in lists {
        let _ = writeln!(page, "\n{name}: {}.", quoted(words.iter().copied()));
    }
}

fn columns(page: &mut String) {
    *page += COLUMNS;
    *page += "\n| column | language | headings |\n|---|---|---|\n";
    for ((column, code), names) in lexicon::COLUMNS.iter() {
        let name = format!("{column:?}").to_lowercase();
        let _ = writeln!(page, "| {name} | {} | {} |", language(code), quoted(names.iter().copied()));
    }
}

fn facts(page: &mut String) {
    *page += FACTS;
    lists(
        page,
        &[
            ("Names that are no facts", &lexicon::NO_FIELDS),
            ("Names of lines to sign on", &lexicon::SIGNED),
            ("Names of an owner", &lexicon::OWNERS),
            ("Roles", &lexicon::ROLES),
            ("Words before the number of a section", &lexicon::COUNTERS),
        ],
    );
    for (class, words) in lexicon::RISK_CLASSES.iter() {
        let _ = writeln!(page, "\nWords for the risk `{class}`: {}.", quoted(words.iter().copied()));
    }
}

fn limits(page: &mut String) {
    *page += LIMITS;
    *page += "\n| written | means |\n|---|---|\n";
    for (word, comparison) in limit_words::COMPARISONS.each() {
        let _ = writeln!(page, "| `{word}` | {} |", format!("{comparison:?}").to_lowercase());
    }
    for (word, comparison) in limit_words::BEHIND.each() {
        let _ = writeln!(page, "| `{word}`, behind the number | {} |", format!("{comparison:?}").to_lowercase());
    }
    let units = quoted(limit_words::UNITS.iter().copied().chain(limit_words::TIMES.words()));
    let _ = writeln!(page, "\nUnits: {units}.");
    lists(
        page,
        &[
            ("Words that turn the sense round", &limit_words::NEGATIONS),
            ("Words that leave it open", &limit_words::TURNS),
            ("Words before a span of time", &limit_words::LEADS),
            ("Nouns behind a span that belong to it", &limit_words::SPAN_NOUNS),
            ("Words for what happens or not", &limit_words::EVENTS),
            ("Beside which it asks how much", &limit_words::NO_EVENTS),
            ("Words at the beginning of what happens or not", &limit_words::ANY),
        ],
    );
}

const INTRODUCTION: &str = "\
# How checklists are read

relsign reads the checklists that people have: Markdown, issue forms in YAML, and [JSON](../schemas/checklist.schema.json). This page
says which words and forms make what. It is made from the tables of the program (`src/parse/checklist/lexicon.rs`
and `limit_words.rs`), where a new word is put, by `tests/docs/reading.rs`: `RELSIGN_UPDATE=1 cargo test --test docs` writes it.

`relsign checklist show FILE` says what became of a file, with `--json` of every line. `relsign checklist lint FILE` says what looks like
something to be signed off and is not, and how to write it. AsciiDoc and reStructuredText are refused. The rules as a whole have a
number, which an `open` record names ([format](format.md#18-compatibility)).

## What is an item
";

const BOXES: &str = "
## Boxes

A box is followed by a blank and text. Brackets in any other form, such as `[-]`, `[x ]`, `-[ ]` or bold ones, boxes in headings, `(/)` and `(x)` of Jira, tasks in raw HTML, and
comments that are almost directives make no items: `lint` and `open` tell each with its line and the form that works. Tasks in code
and in comments are counted.
";

const HEADINGS: &str = "
## What a section is about

By its heading, by a line in bold print that stands alone, or by the sentence with a colon above a list. A directive `section=…` says it
instead. What stands in brackets, numbers at the beginning, names of emoji such as `:rocket:` and what follows a colon don't count; the
title of the whole file says nothing. A section of another kind below it ends it, and so does the next line in bold print.
Tasks stay items, except below a heading on when to roll back, where they are triggers and told as such. Numbered headings below one
on how to roll back are its steps. Without any steps, a block of code or a sentence below the heading is the step. Lines such as
`== Name` (AsciiDoc) and `h2. Name` (Jira) are headings too. A task below a heading on monitoring is also watched where it states a
limit or is due at the stages.

Wherever they stand, `Stage 2: 10% for 1 hour` is a stage (it is counted, and has a share and a span of time), and a sentence such as
`Roll back if errors exceed 2 %` is a trigger. So is a `Trigger: …` that states a limit or something that happens, and what states one
in the details of an item, behind a detail that names such conditions and ends with a colon. A heading such as `Step 2: After 10 min,
increase to 20%` is a stage, and says how long the one before lasts. What says how long it takes in the heading above triggers, such
as `Warnings (5-minute grace period)`, counts for those that do not say it themselves.
";

const PHASES: &str = "
## When an item is due

The innermost heading that says it counts, or the short line with a colon above the list; a directive `phase=…` says it instead. Without
either an item is due after the release where it says so itself (`After the deployment, …`, or below a heading of the act itself `Immediate post-deployment check`), and before the decision otherwise. `T-2`, `T = 0` and `T+30` in a heading mean before, at the stages and after. Below a heading
on rolling back, what is documented, tested or reviewed is due before.
";

const COLUMNS: &str = "
## Columns

Brackets in a heading don't count.
";

const FACTS: &str = "
## Facts, owners and roles

A line `Name: value` is a fact of the file before the first section, in a section of facts, in a table of names and values (where the
file begins, one without a heading or with one of `Item` and `Description` is enough), and below the last rule where only text follows. Outside the header a value of `___` waits for a signature. An item's owner is the one
`@name` at the end of its text or before a colon at its beginning, the cell of its row, or the `Owner` of its section or of the file. A name
that is no handle, such as `@org/team`, stays as it is written. A role at the beginning of a text, or above a list, is suggested by
`lint` and owns nothing.
";

const LIMITS: &str = "
## Limits and spans of time

A limit is a comparison and a number with its unit, perhaps measured against the baseline. A negation belongs to the comparison that it
stands at. A comma before three digits groups them, and any other is a decimal one. A span in a query, such as `[5m]`, is none of the
limit's. Where the sense is open (\"no requests slower than 2s\"), the number is a name (`LIMIT`) or spelled out, the limit stays as it is
written, for a person. What happens or not has the limit `any`. Of a range of time the longer end counts.
";

const IDS: &str = "
## Ids

An id is at most 24 characters of the text, whole words, with letters of other scripts written in ASCII and `n` before a digit. Where two
items would have the same, both have more of their text or what they stand below before it, so an id never passes from one item to another:
what is put in later changes no id, except that an item alone of its text loses the short id when a second comes. Items equal in
everything are counted. `id=…` keeps an id for good, and `relsign checklist show --against REV` says which ids an edit changes.
";
