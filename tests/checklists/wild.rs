//! Checklists in the styles of the world that no shared file has, against what a person reads in them.
//!
//! `wild/expected.tsv` was written before the program read the files. A line gives the file, the sort, the line number and
//! what stands there: phase and title of an item; name, share and seconds of a stage; the limit of a trigger or of what is
//! watched, as `crate::in_words` says it; the handles of on-call; the name of a header fact. `told` is an almost-task.

use std::path::PathBuf;

use relsign::model::checklist::Checklist;
use relsign::parse::checklist::{limits, parse_file};

/// Notes what the program has read, in the form of `expected.tsv`.
fn account(checklist: &Checklist) -> Vec<String> {
    let mut all = vec![(0, format!("title\t\t{}", checklist.title))];
    let mut add = |line: u32, sort: &str, what: &[String]| {
        let what: String = what.iter().map(|text| format!("\t{text}")).collect();
        all.push((line, format!("{sort}\t{line}{what}")));
    };
    for item in &checklist.items {
        add(item.line, "item", &[item.phase.to_string(), item.title.clone()]);
    }
    for stage in &checklist.stages {
        let bake = stage.bake.map_or(String::new(), |bake| bake.to_string());
        add(stage.line, "stage", &[stage.name.clone(), stage.traffic.clone().unwrap_or_default(), bake]);
    }
    checklist.triggers.iter().for_each(|trigger| add(trigger.line, "trigger", &[crate::in_words(&trigger.limits)]));
    for metric in &checklist.monitoring {
        add(metric.line, "watched", &[crate::in_words(&limits(metric.threshold.as_deref().unwrap_or_default()))]);
    }
    checklist.procedure.iter().for_each(|step| add(step.line, "step", &[]));
    checklist.sign_off.iter().flat_map(|block| &block.fields).for_each(|field| add(field.line, "sign-off", &[]));
    checklist.fields.iter().for_each(|field| add(field.line, "header", std::slice::from_ref(&field.name)));
    checklist.unread.tasks.iter().for_each(|task| add(task.line, "told", &[]));
    if let Some(on_call) = &checklist.on_call {
        let handles: Vec<_> = [&on_call.primary, &on_call.secondary].into_iter().flatten().map(ToString::to_string).collect();
        add(on_call.line, "on-call", &[handles.join(" ")]);
    }
    all.sort();
    all.into_iter().map(|(_, text)| text.trim_end().to_owned()).collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/checklists/wild")
}

fn names() -> Vec<String> {
    let entries = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = entries.filter(|name| name != "expected.tsv").collect();
    names.sort();
    names
}

fn read(name: &str, text: &str) -> Checklist {
    let checklist = parse_file(name, text.as_bytes()).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"));
    crate::every_line_is_accounted_for(text, &checklist);
    checklist
}

#[test]
fn checklists_of_other_styles_are_read_as_a_person_reads_them() {
    let expected = std::fs::read_to_string(folder().join("expected.tsv")).unwrap();
    let mut differences = Vec::new();
    for name in names() {
        let text = std::fs::read_to_string(folder().join(&name)).unwrap();
        let rows = expected.lines().filter_map(|row| row.strip_prefix(&name)?.strip_prefix('\t'));
        let mut wanted: Vec<_> = rows.map(|row| row.trim_end().to_owned()).collect();
        assert!(!wanted.is_empty(), "{name}");
        let mut found = account(&read(&name, &text));
        wanted.sort();
        found.sort();
        differences.extend(wanted.iter().filter(|row| !found.contains(row)).map(|row| format!("{name}: missing {row}")));
        differences.extend(found.iter().filter(|row| !wanted.contains(row)).map(|row| format!("{name}: too much {row}")));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn line_ends_and_a_mark_at_the_beginning_change_nothing() {
    for name in names() {
        let text = std::fs::read_to_string(folder().join(&name)).unwrap();
        let plain = account(&read(&name, &text));
        for other in [text.replace('\n', "\r\n"), format!("\u{feff}{text}"), text.trim_end().to_owned()] {
            assert_eq!(account(&read(&name, &other)), plain, "{name}");
        }
    }
}
