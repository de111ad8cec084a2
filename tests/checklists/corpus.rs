//! Real checklists of public projects, against counts that were made independently of relsign and against what a person
//! finds in them (`expected.tsv`).
//!
//! How the columns of EXPECTED.tsv and MORE.tsv appear in the model:
//!
//! - `gfm_tasks`: items of origin `task` or `choice` of Markdown files;
//! - `tasks_in_comments`, `tasks_in_code`: `skipped`, counting lines that begin like a task;
//! - `max_depth`: tasks below tasks, where a plain bullet between two of them adds nothing;
//! - `status_rows`: items of origin `row`. Six of them, in the summary at the end of one file, count the items of its
//!   phases and are hardly meant to be signed; a status column makes a row an item all the same, and `items=none`
//!   below their heading takes them out;
//! - `front_matter_lines`: the region `front-matter`, both `---` included.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use relsign::model::checklist::{Checklist, Origin, RegionKind};
use relsign::model::problem::Level;
use relsign::model::record::Phase;
use relsign::parse::checklist::{LintContext, lint, parse_file};

/// Where the program's count is another, with the reason.
const DEVIATIONS: &[(&str, &str, usize, &str)] = &[
    ("Jonatanciencias", "gfm_tasks", 11, "`GO` and `NO-GO` are the two boxes of the decision, and no items"),
    (
        "bcgov__entity__pre",
        "gfm_tasks",
        56,
        "three tasks stand in lists within a list, `1. - [ ]`, which GFM shows and the count left out",
    ),
    ("rmehta2974__LLM_mlops__02", "status_rows", 0, "the column Approval says which approval a type of change needs"),
    ("eevans-d__GRUPO_GAD__CHECKLIST", "status_rows", 51, "each row has a box in its first cell and a column Estado"),
    ("yearring-fund", "status_rows", 49, "each row has a box in the column 结果"),
    ("BabaFetzi__kmu-backoffice__go-no-go", "status_rows", 6, "each row is a question to be answered `yes/no`"),
];

/// Files in which nothing is marked as a task: prose and lists without boxes, of which lint says so.
const PROSE: &[&str] = &[
    "Azm-Tech",
    "BurntSushi",
    "SkeltonThatcher",
    "WSG23",
    "Yangleduo",
    "bipolarizeinc",
    "bisq",
    "conda",
    "langgraph",
    "mattermost",
    "mercari",
    "moonbeam",
    "mozilla__fx",
    "pre-release.md",
    "rahilsoft",
    "rmehta2974__LLM_mlops__06",
    "tikhomirovd",
    "zcash",
];

pub(crate) struct File {
    pub(crate) name: String,
    text: String,
    pub(crate) checklist: Checklist,
}

impl File {
    /// Returns the lines that are of a kind.
    fn regions(&self, kind: RegionKind) -> impl Iterator<Item = u32> + '_ {
        self.checklist.regions.iter().filter(move |region| region.kind == kind).flat_map(|region| region.line..=region.end_line)
    }
}

pub(crate) fn files() -> Option<Vec<File>> {
    let (folder, seeds) = (crate::shared("corpus")?, crate::shared("seeds")?);
    let mut paths: Vec<PathBuf> = Vec::new();
    for place in [folder.clone(), folder.join("more"), seeds] {
        paths.extend(std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()));
    }
    paths.retain(|path| path.is_file() && path.extension().is_some_and(|extension| extension != "tsv"));
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&path).unwrap();
        let checklist = parse_file(&name, &bytes).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"));
        let text = String::from_utf8(bytes).unwrap();
        crate::every_line_is_accounted_for(&text, &checklist);
        File { name, text, checklist }
    };
    Some(paths.into_iter().map(read).collect())
}

/// Reads `3-5,9` as the lines that it names.
pub(crate) fn lines(text: &str) -> BTreeSet<u32> {
    let mut all = BTreeSet::new();
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        all.extend(from.parse::<u32>().unwrap()..=to.parse().unwrap());
    }
    all
}

/// What a person finds in a file, by kind.
fn expected(file: &str) -> BTreeMap<&'static str, &'static str> {
    let rows = include_str!("expected.tsv").lines().filter(|line| !line.starts_with('#'));
    let rows = rows.map(|line| line.split('\t').collect::<Vec<_>>());
    rows.filter(|row| file.starts_with(row[0])).map(|row| (row[1], row[2])).collect()
}

/// Counts how deep tasks stand below tasks; a plain bullet between them adds nothing.
fn depth(checklist: &Checklist) -> usize {
    let of = |id: &relsign::model::ids::ItemId| checklist.items.iter().find(|item| item.id == *id);
    let deep = |item| {
        std::iter::successors(Some(item), |item: &&relsign::model::checklist::ChecklistItem| item.parent.as_ref().and_then(of))
            .count()
    };
    checklist.items.iter().filter(|item| item.origin == Origin::Task).map(deep).max().unwrap_or(0)
}

#[test]
fn real_files_give_the_expected_counts() {
    let (Some(folder), Some(files)) = (crate::shared("corpus"), files()) else { return };
    let mut differences = Vec::new();
    let mut seen = 0;
    for table in ["EXPECTED.tsv", "MORE.tsv"] {
        let table = std::fs::read_to_string(folder.join(table)).unwrap();
        let mut rows = table.lines();
        let heads: Vec<_> = rows.next().unwrap().split('\t').collect();
        for row in rows {
            let expected: BTreeMap<_, _> = heads.iter().copied().zip(row.split('\t')).collect();
            let file = files.iter().find(|file| file.name == expected["file"]).unwrap();
            let checklist = &file.checklist;
            seen += 1;
            let count = |origin| checklist.items.iter().filter(|item| item.origin == origin).count();
            let front = checklist.regions.iter().find(|region| region.kind == RegionKind::FrontMatter);
            // The counts are those of Markdown; a form has none.
            let is_form = front.is_some_and(|front| front.line == 1) && !file.text.starts_with("---") || file.name.contains(".y");
            for (name, found) in [
                ("gfm_tasks", if is_form { 0 } else { count(Origin::Task) + count(Origin::Choice) }),
                ("tasks_in_comments", checklist.skipped.comments as usize),
                ("tasks_in_code", checklist.skipped.code as usize),
                ("max_depth", depth(checklist)),
                ("status_rows", count(Origin::Row)),
                ("front_matter_lines", front.map_or(0, |region| region.end_line as usize)),
            ] {
                let Some(wanted) = expected.get(name) else { continue };
                let deviation = DEVIATIONS.iter().find(|(start, kind, ..)| file.name.starts_with(start) && *kind == name);
                let wanted = deviation.map_or_else(|| wanted.parse().unwrap(), |(_, _, count, _)| *count);
                // Lines with drawn boxes are no tasks of GFM, so nobody counted them.
                if wanted != found && !(name == "max_depth" && deviation.is_none() && wanted > found) {
                    differences.push(format!("{}: {name} {wanted} expected, {found} found", file.name));
                }
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(seen, 66);
}

#[test]
fn no_file_is_without_items_but_for_prose_and_is_told_why() {
    let Some(files) = files() else { return };
    for file in &files {
        let is_prose = PROSE.iter().any(|start| file.name.starts_with(start));
        assert_eq!(file.checklist.items.is_empty(), is_prose, "{}", file.name);
        let problems = lint(&file.checklist, file.text.as_bytes(), &LintContext::default());
        assert_eq!(problems.iter().any(|problem| problem.code == "no-items"), is_prose, "{}", file.name);
    }
}

#[test]
fn phases_are_those_that_a_person_gives() {
    let (Some(folder), Some(files)) = (crate::shared("corpus"), files()) else { return };
    let judged = std::fs::read_to_string(folder.join("PHASES.tsv")).unwrap();
    let judged: Vec<Vec<&str>> = judged.lines().skip(1).map(|row| row.split('\t').collect()).collect();
    let (mut all, mut wrong) = (0, Vec::new());
    for file in &files {
        let read = expected(&file.name);
        for item in &file.checklist.items {
            let here = judged.iter().filter(|row| row[0] == file.name);
            let mut phase =
                here.filter(|row| lines(&format!("{}-{}", row[1], row[2])).contains(&item.line)).map(|row| row[3]).next();
            for name in ["after", "stage", "on-rollback"] {
                phase = phase.or(read.get(name).filter(|text| lines(text).contains(&item.line)).map(|_| name));
            }
            let wanted: Phase = phase.unwrap_or("before").parse().unwrap();
            all += 1;
            if item.phase != wanted {
                wrong.push(format!("{}:{} is {}, not {wanted}", file.name, item.line, item.phase));
            }
        }
    }
    assert!(wrong.len() * 100 <= all * 3, "{} of {all}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn rows_are_called_after_what_they_are_about() {
    let Some(files) = files() else { return };
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let (mut all, mut right) = (0, 0);
    let mut wrong = Vec::new();
    for file in &files {
        let Some(column) = expected(&file.name).get("rows").copied() else { continue };
        let text: Vec<&str> = file.text.lines().collect();
        for item in file.checklist.items.iter().filter(|item| item.origin == Origin::Row) {
            let cells = |line: usize| {
                text[line].replace("\\|", "¦").trim().trim_matches('|').split('|').map(str::to_owned).collect::<Vec<_>>()
            };
            let line = item.line as usize - 1;
            let head = (0..line).rev().take_while(|line| text[*line].trim_start().starts_with('|')).last().unwrap();
            let place =
                column.parse::<usize>().map_or_else(|_| cells(head).iter().position(|cell| cell.trim() == column), |n| Some(n - 1));
            let cell = cells(line).get(place.unwrap()).cloned().unwrap_or_default();
            all += 1;
            if plain(&cell).contains(&plain(&item.title)) || plain(&item.title).starts_with(&plain(&cell)) {
                right += 1;
            } else {
                wrong.push(format!("{}:{} {:?} is not {cell:?}", file.name, item.line, item.title));
            }
        }
    }
    assert!(right * 100 >= all * 95 && all > 150, "{right} of {all}:\n{}", wrong.join("\n"));
}

/// Writes lines as a table gives them; none is a dash.
fn written(lines: &BTreeSet<u32>) -> String {
    let all: Vec<String> = lines.iter().map(u32::to_string).collect();
    if all.is_empty() { "-".to_owned() } else { all.join(",") }
}

#[test]
fn what_a_file_states_besides_items_is_found_file_by_file() {
    let Some(files) = files() else { return };
    let reasons = include_str!("deviations.tsv").lines().filter(|line| !line.starts_with('#'));
    let reasons: Vec<Vec<&str>> = reasons.map(|line| line.split('\t').collect()).collect();
    let mut unexplained = Vec::new();
    for kind in ["stages", "triggers", "steps", "sign-off", "on-call"] {
        let (mut wanted, mut found, mut extra) = (0, 0, 0);
        for file in &files {
            let checklist = &file.checklist;
            let is: BTreeSet<u32> = match kind {
                "stages" => checklist.stages.iter().map(|stage| stage.line).collect(),
                "triggers" => checklist.triggers.iter().map(|trigger| trigger.line).collect(),
                "steps" => checklist.procedure.iter().map(|step| step.line).collect(),
                "on-call" => file.regions(RegionKind::OnCall).filter(|_| checklist.on_call.is_some()).collect(),
                _ => checklist.sign_off.iter().flat_map(|block| block.fields.iter().map(|field| field.line)).collect(),
            };
            let should = expected(&file.name).get(kind).map(|text| lines(text)).unwrap_or_default();
            wanted += should.len();
            found += should.intersection(&is).count();
            extra += is.difference(&should).count();
            let differs = [should.difference(&is).copied().collect(), is.difference(&should).copied().collect()];
            let [missed, more] = differs.map(|lines: BTreeSet<u32>| written(&lines));
            let known = |row: &&Vec<&str>| file.name.starts_with(row[0]) && row[1..4] == [kind, missed.as_str(), more.as_str()];
            if (missed != "-" || more != "-") && !reasons.iter().any(|row| known(&row) && !row[4].is_empty()) {
                unexplained.push(format!("{}\t{kind}\t{missed}\t{more}", file.name));
            }
        }
        let most_extra = if kind == "stages" { 0 } else { wanted / 20 };
        if found * 10 < wanted * 9 || wanted == 0 || extra > most_extra {
            unexplained.push(format!("{found} of {wanted} {kind}, and {extra} that are none"));
        }
    }
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
}

#[test]
fn header_facts_are_no_noise() {
    let Some(files) = files() else { return };
    let (mut all, mut noise) = (0, Vec::new());
    for file in &files {
        let should = expected(&file.name).get("facts").map(|text| lines(text)).unwrap_or_default();
        for field in &file.checklist.fields {
            all += 1;
            if !should.contains(&field.line) {
                noise.push(format!("{}:{} {}", file.name, field.line, field.name));
            }
        }
    }
    assert!(noise.len() * 20 <= all, "{} of {all}:\n{}", noise.len(), noise.join("\n"));
}

#[test]
fn files_are_called_by_their_titles() {
    let Some(files) = files() else { return };
    for file in &files {
        if let Some(title) = expected(&file.name).get("title") {
            assert_eq!(file.checklist.title, *title, "{}", file.name);
        }
    }
}

#[test]
fn lint_says_what_a_person_finds_true_and_three_things_in_the_median() {
    let Some(files) = files() else { return };
    let told = include_str!("lint.tsv").lines().filter(|line| !line.starts_with('#'));
    let told: BTreeMap<&str, &str> = told.filter_map(|line| line.split_once('\t')).collect();
    let (mut counts, mut differences) = (Vec::new(), Vec::new());
    for file in &files {
        let problems = lint(&file.checklist, file.text.as_bytes(), &LintContext::default());
        assert!(problems.iter().all(|problem| problem.level != Level::Error));
        counts.push(problems.len());
        // A message says how many cases a cause has, so the number that it begins with is compared too.
        let one = |problem: &relsign::model::problem::Problem| {
            let number = problem.message.split(' ').next().filter(|word| word.parse::<u32>().is_ok());
            format!("{}@{}x{}", problem.code, problem.line, number.unwrap_or("1"))
        };
        let said = problems.iter().map(one).collect::<Vec<_>>().join(" ");
        let wanted = told.iter().find(|(start, _)| file.name.starts_with(**start)).map_or("", |(_, said)| said);
        let wanted = wanted.split('\t').next().unwrap_or_default();
        if said != wanted {
            differences.push(format!("{}\t{said}\n  not {wanted}", file.name));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    counts.sort_unstable();
    assert!(counts[counts.len() / 2] <= 3, "{counts:?}");
}
