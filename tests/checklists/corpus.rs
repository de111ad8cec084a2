//! Eighteen real checklists of public projects, against counts made independently of relsign.

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
