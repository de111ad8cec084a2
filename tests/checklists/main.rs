//! Checklists as people write them, and as attackers do.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests say what they skip, find their files by the environment, time attacks and may fail by panicking"
)]

mod corpus;
mod fix;
#[path = "../shared/forms.rs"]
mod forms;
mod hostile;
mod json;
mod kinds;
mod limits;
mod lint;
mod meaning;
mod properties;
mod reading;
mod second;
mod seeds;
mod unread;
mod wild;

use std::path::PathBuf;

/// Says what limits mean in few words, such as `above 5 % of baseline, person for 300`: each condition, where `person` has to
/// be judged by one, and the seconds that it lasts.
pub(crate) fn in_words(limits: &relsign::model::limit::Limits) -> String {
    let one = |limit: &relsign::model::limit::Limit| match (limit.comparison, &limit.number) {
        (Some(sense), Some(number)) => words(sense, number, limit.unit.as_deref(), limit.of_baseline),
        _ => "person".to_owned(),
    };
    let all = match (&limits.all[..], limits.any) {
        ([], true) => "any".to_owned(),
        ([], false) => "person".to_owned(),
        (all, _) => all.iter().map(one).collect::<Vec<_>>().join(", "),
    };
    all + &limits.seconds.map_or(String::new(), |seconds| format!(" for {seconds}"))
}

/// Says what one limit means.
pub(crate) fn words(sense: relsign::model::limit::Comparison, number: &str, unit: Option<&str>, of_baseline: bool) -> String {
    let sense = serde_json::to_string(&sense).unwrap();
    let unit = unit.map_or(String::new(), |unit| format!(" {unit}"));
    format!("{} {number}{unit}{}", sense.trim_matches('"'), if of_baseline { " of baseline" } else { "" })
}

/// Finds the folder of shared files, or says visibly that it is absent.
pub(crate) fn shared(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("RELSIGN_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let path = root.join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: {} is not here", path.display());
    None
}

/// Checks that the regions cover every line once, and that everything the model holds has a line in the file.
pub(crate) fn every_line_is_accounted_for(text: &str, checklist: &relsign::model::checklist::Checklist) {
    let mut next = 1;
    for region in &checklist.regions {
        assert_eq!(region.line, next);
        assert!(region.end_line >= region.line);
        next = region.end_line + 1;
    }
    let lines = text.split_inclusive('\n').count().max(1);
    assert_eq!(next as usize - 1, lines);
    for item in &checklist.items {
        assert!(item.line >= 1 && item.line <= item.end_line && item.end_line as usize <= lines, "{item:?}");
    }
}
