//! A second reader's account of public checklists and of the five documents, written before the program was asked: limits,
//! triggers, steps, who is on call, and the facts of the header (`second.tsv`).
//!
//! A line gives the beginning of a file's name, the sort, the lines, and what stands there: the share and the seconds of a
//! stage and its limits; the limit of a criterion, a trigger or of what is watched, as `crate::in_words` says it; the
//! handles of on-call. The last column gives the reason where the program may read it otherwise.

use std::collections::BTreeSet;

use relsign::model::checklist::{Checklist, RolloutStage};
use relsign::model::record::{OpenLimit, Phase};
use relsign::parse::checklist::limits;

use crate::corpus::{files, lines};

/// The sorts that a file is read for.
const SORTS: &[&str] = &["header", "stage", "limit", "trigger", "watched", "step", "sign-off", "on-call"];

fn one(limit: &OpenLimit) -> String {
    let words = |(op, value): (_, &String)| crate::words(op, value, limit.unit.as_deref(), limit.of_baseline);
    limit.op.zip(limit.value.as_ref()).map_or("person".to_owned(), words)
}

fn stage(stage: &RolloutStage) -> String {
    let bake = stage.bake.map_or(String::new(), |bake| bake.to_string());
    let limits: Vec<String> = stage.limits.iter().filter(|_| !stage.cells.is_empty()).map(one).collect();
    format!("{}\t{bake}\t{}", stage.traffic.as_deref().unwrap_or_default(), limits.join(", "))
}

/// Notes what the program has read: sort, line, and what stands there.
fn account(checklist: &Checklist) -> BTreeSet<(String, u32, String)> {
    let mut all = BTreeSet::new();
    let mut add = |line: u32, sort: &str, what: String| {
        all.insert((sort.to_owned(), line, what.trim_end().to_owned()));
    };
    checklist.fields.iter().for_each(|field| add(field.line, "header", String::new()));
    checklist.stages.iter().for_each(|found| add(found.line, "stage", stage(found)));
    for item in checklist.items.iter().filter(|item| item.phase == Phase::Stage && item.stage.is_some()) {
        if let Some(limit) = &item.limit {
            add(item.line, "limit", one(limit));
        }
    }
    checklist.triggers.iter().for_each(|found| add(found.line, "trigger", crate::in_words(&found.limits)));
    for metric in &checklist.monitoring {
        add(metric.line, "watched", crate::in_words(&limits(metric.threshold.as_deref().unwrap_or(&metric.metric))));
    }
    checklist.procedure.iter().for_each(|step| add(step.line, "step", String::new()));
    checklist.sign_off.iter().flat_map(|block| &block.fields).for_each(|field| add(field.line, "sign-off", String::new()));
    if let Some(on_call) = &checklist.on_call {
        let handles: Vec<_> = [&on_call.primary, &on_call.secondary].into_iter().flatten().map(ToString::to_string).collect();
        add(on_call.line, "on-call", handles.join(" "));
    }
    all
}

#[test]
fn a_second_reader_finds_the_same() {
    let Some(files) = files() else { return };
    let table = include_str!("second.tsv").lines().filter(|line| !line.starts_with('#'));
    let rows: Vec<Vec<&str>> = table.map(|line| line.split('\t').collect()).collect();
    let starts: BTreeSet<&str> = rows.iter().map(|row| row[0]).collect();
    let mut differences = Vec::new();
    let mut seen = 0;
    for start in starts {
        let file = files.iter().find(|file| file.name.starts_with(start)).unwrap();
        let mut wanted = BTreeSet::new();
        for row in rows.iter().filter(|row| row[0] == start) {
            assert!(SORTS.contains(&row[1]), "{row:?}");
            let what = row[3..].join("\t").trim_end().to_owned();
            wanted.extend(lines(row[2]).into_iter().map(|line| (row[1].to_owned(), line, what.clone())));
        }
        seen += wanted.len();
        let found = account(&file.checklist);
        differences.extend(wanted.difference(&found).map(|(sort, line, what)| format!("{start}: missing {sort} {line} {what}")));
        differences.extend(found.difference(&wanted).map(|(sort, line, what)| format!("{start}: too much {sort} {line} {what}")));
    }
    assert!(differences.is_empty(), "{} of {seen}:\n{}", differences.len(), differences.join("\n"));
}
