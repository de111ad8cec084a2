//! Eighteen real checklists of public projects, against counts made independently of relsign.
//!
//! How the columns of EXPECTED.tsv appear in the model:
//!
//! - `gfm_tasks`: items of origin `task` (a task with a further box on its line would be a `choice`; none has one);
//! - `tasks_in_comments`, `tasks_in_code`: `skipped`, counting lines that begin like a task;
//! - `max_depth`: tasks below tasks, where a plain bullet between two of them adds nothing;
//! - `status_rows`: items of origin `row`. Six of them, in the summary at the end of one file, count the items of its
//!   phases and are hardly meant to be signed; a status column makes a row an item all the same, and `items=none`
//!   below their heading takes them out;
//! - `status_tables`: the tables of those rows. One more is expected in cut-release.md, whose rows are cut off by a
//!   comment directly below its head; a table without rows leaves nothing in the model but its lines;
//! - `front_matter_lines`: the region `front-matter`, both `---` included.

use std::collections::BTreeMap;

use relsign::model::checklist::{Checklist, Origin};
use relsign::parse::checklist::parse;

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
    let Some(folder) = crate::shared("corpus") else { return };
    let table = std::fs::read_to_string(folder.join("EXPECTED.tsv")).unwrap();
    let mut lines = table.lines();
    let heads: Vec<_> = lines.next().unwrap().split('\t').collect();
    let mut differences = Vec::new();
    let mut files = 0;
    for line in lines {
        let expected: BTreeMap<_, _> = heads.iter().copied().zip(line.split('\t')).collect();
        let bytes = std::fs::read(folder.join(expected["file"])).unwrap();
        files += 1;
        let checklist = match parse(&bytes) {
            Ok(checklist) => checklist,
            Err(problems) => {
                differences.push(format!("{}: {problems:#?}", expected["file"]));
                continue;
            }
        };
        let count = |origin| checklist.items.iter().filter(|item| item.origin == origin).count();
        let front = checklist.regions.iter().find(|region| region.kind == relsign::model::checklist::RegionKind::FrontMatter);
        for (name, found) in [
            ("gfm_tasks", count(Origin::Task) + count(Origin::Choice)),
            ("tasks_in_comments", checklist.skipped.comments as usize),
            ("tasks_in_code", checklist.skipped.code as usize),
            ("max_depth", depth(&checklist)),
            ("status_rows", count(Origin::Row)),
            ("front_matter_lines", front.map_or(0, |region| region.end_line as usize)),
        ] {
            if expected[name] != found.to_string() {
                differences.push(format!("{}: {name} {} expected, {found} found", expected["file"], expected[name]));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(files, 18);
}
