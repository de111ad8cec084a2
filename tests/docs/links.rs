//! Links between the pages lead to files and headings that are there, and names of files in the text are of files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{headings, project};

fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![project().join("docs")];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.extend(["README.md", "CHANGELOG.md"].map(|name| project().join(name)).into_iter().filter(|path| path.exists()));
    found.sort();
    found
}

/// The anchor of a heading as forges make it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace('`', "");
    kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Gives the targets of the links of a page, leaving out code.
fn links(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in page.lines() {
        in_code ^= line.starts_with("```");
        if !in_code {
            found.extend(line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.to_owned()));
        }
    }
    found
}

#[test]
fn links_lead_somewhere() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in pages() {
        let page = std::fs::read_to_string(&path).unwrap();
        for target in links(&page) {
            if target.starts_with("https://") || target.starts_with("http://") {
                continue;
            }
            count += 1;
            let (file, place) = target.split_once('#').map_or((target.as_str(), None), |(file, place)| (file, Some(place)));
            let to = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let there = match place {
                None => to.exists(),
                Some(place) => std::fs::read_to_string(&to)
                    .is_ok_and(|page| headings(&page).iter().any(|(_, heading)| anchor(heading) == place)),
            };
            if !there {
                wrong.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert!(count > 40, "{count} links were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Names such as `src/evaluate/quorum.rs` or `tests/git` in the text must be of something that is there.
#[test]
fn files_that_are_named_are_there() {
    let mut wrong = BTreeSet::new();
    for path in pages() {
        let page = std::fs::read_to_string(&path).unwrap();
        for name in page.split('`').skip(1).step_by(2) {
            let is_path = ["src/", "tests/", "docs/"].iter().any(|start| name.starts_with(start));
            if is_path && !name.contains(['*', ' ', '…']) && !Path::new(&project().join(name)).exists() {
                wrong.insert(format!("{}: {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_decision_is_listed_and_says_what_it_must() {
    let list = super::read("docs/architecture.md");
    for entry in std::fs::read_dir(project().join("docs/decisions")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(list.contains(&format!("](decisions/{name})")), "{name} is not listed");
        let page = super::read(&format!("docs/decisions/{name}"));
        let parts: Vec<String> = headings(&page).into_iter().filter(|(level, _)| *level == 2).map(|(_, text)| text).collect();
        assert_eq!(parts, ["Context", "Alternatives", "Decision", "Consequences"], "{name}");
        assert!(page.starts_with(&format!("# {} ", &name[..3])), "{name}");
    }
}
