//! The page on versions of git lists the options that the program passes to git, and README names the oldest git.

use std::collections::BTreeSet;

use super::read;

/// Gives the rows of the tables of a page that begin with code: what it says, and the version.
fn rows(page: &str) -> Vec<(String, (u32, u32))> {
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
        let name = cells.next()?.trim_end_matches('`').to_owned();
        Some((name, version(cells.next()?)?))
    };
    page.lines().filter_map(row).collect()
}

/// Reads the first two numbers of a version such as `2.34` or `1.7.10`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Gives the version behind the first `git ` that has one in a text.
fn named(text: &str) -> Option<(u32, u32)> {
    text.split("git ").skip(1).find_map(|rest| version(rest.split_whitespace().next()?))
}

#[test]
fn every_option_that_git_is_given_stands_with_its_version() {
    let (program, config) = (read("src/git/program.rs"), read("src/git/config.rs"));
    let before_tests = |source: &str| source.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
    let source = before_tests(&program) + &before_tests(&config);
    let passed: BTreeSet<&str> =
        source.split('"').skip(1).step_by(2).filter(|text| text.starts_with("--") && *text != "--").collect();
    let page = read("docs/git-versions.md");
    let rows = rows(&page);
    let listed: BTreeSet<&str> = rows
        .iter()
        .filter(|(name, _)| !name.starts_with("git "))
        .filter_map(|(name, _)| name.split(' ').find(|word| word.len() > 2 && word.starts_with("--")))
        .collect();
    assert_eq!(listed, passed);
}

#[test]
fn readme_names_the_oldest_git_and_what_is_missing_with_it() {
    let (readme, page) = (read("README.md"), read("docs/git-versions.md"));
    let oldest = named(&page).unwrap();
    assert_eq!(named(&readme), Some(oldest), "README and the page name another git");
    let newer: Vec<_> = rows(&page).into_iter().filter(|(_, since)| *since > oldest).collect();
    assert!(!newer.is_empty());
    for (name, (major, minor)) in newer {
        assert!(readme.contains(&format!("before {major}.{minor}")), "README does not say what is missing without {name}");
    }
}
