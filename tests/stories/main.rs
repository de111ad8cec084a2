//! The pages of the guide, executed: every command in them runs, and what it prints is compared with what they show.
//!
//! `RELSIGN_UPDATE=1 cargo test --test stories` writes the pages anew where a command prints something else.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod commands;
mod demo;
mod page;
#[path = "../shared/place.rs"]
mod place;
mod same;
mod sandbox;
#[path = "../git/version.rs"]
#[allow(clippy::disallowed_macros, clippy::print_stderr, reason = "what is skipped is said")]
mod version;

use std::path::{Path, PathBuf};

/// Gives a path of the source tree.
fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Says whether what is checked in is to be written anew.
fn updating() -> bool {
    std::env::var_os("RELSIGN_UPDATE").is_some_and(|value| !value.is_empty() && value != "0")
}

macro_rules! pages {
    ($($name:ident: $path:literal),* $(,)?) => {
        /// The pages with commands, which are all executed below.
        const PAGES: &[&str] = &[$($path),*];
        $(
            #[test]
            fn $name() {
                page::play(&source($path));
            }
        )*
    };
}

pages! {
    readme: "README.md",
    checklist: "docs/guide/checklist.md",
    clones: "docs/guide/clones.md",
    compliance_officer: "docs/guide/compliance-officer.md",
    evidence: "docs/guide/evidence.md",
    developer: "docs/guide/developer.md",
    freeze_story: "docs/guide/freeze-story.md",
    freezes: "docs/guide/freezes.md",
    frozen_policy: "docs/guide/frozen-policy.md",
    history: "docs/guide/history.md",
    hotfix: "docs/guide/hotfix.md",
    item_owner: "docs/guide/item-owner.md",
    keys: "docs/guide/keys.md",
    leaving: "docs/guide/leaving.md",
    lost_key: "docs/guide/lost-key.md",
    owners: "docs/guide/owners.md",
    pipeline: "docs/guide/pipeline.md",
    policy: "docs/guide/policy.md",
    release_manager: "docs/guide/release-manager.md",
    second_reviewer: "docs/guide/second-reviewer.md",
    server: "docs/guide/server.md",
    story: "docs/guide/story.md",
    team_story: "docs/guide/team-story.md",
    witness: "docs/guide/witness.md",
}

/// Plays a page that takes one of the documents that lie beside the project, where they are.
#[allow(clippy::disallowed_macros, clippy::print_stderr, reason = "what is skipped is said")]
fn session(name: &str) {
    match seeds() {
        Some(_) => page::play(&source("tests/stories/sessions").join(name)),
        None => eprintln!("skipped: the folder of seeds is not here"),
    }
}

/// The checklist of the team whose first release a page tells.
const PAYMENT: &str = "tests/stories/setup/payment-service-v2.md";

/// How many commands a team of four may have to type for its first GO.
const MOST_TYPED: usize = 40;

#[test]
fn a_team_of_four_types_few_commands() {
    let page = std::fs::read_to_string(source("docs/guide/team-story.md")).unwrap();
    let is_typed = |line: &&str| line.split_once("$ ").is_some_and(|(who, _)| who.chars().all(|c| c.is_ascii_lowercase()));
    let typed: usize = page.lines().filter(is_typed).map(|line| line.matches("relsign ").count()).sum();
    assert!((20..=MOST_TYPED).contains(&typed), "{typed} commands");
}

#[test]
#[allow(clippy::disallowed_macros, clippy::print_stderr, reason = "what is skipped is said")]
fn the_checklist_of_the_team_is_the_document_as_it_is() {
    match seeds() {
        Some(seeds) => {
            let seed = std::fs::read_to_string(seeds.join("payment-service-v2.md")).unwrap();
            assert_eq!(std::fs::read_to_string(source(PAYMENT)).unwrap(), seed);
        }
        None => eprintln!("skipped: the folder of seeds is not here"),
    }
}

/// Finds the documents that a checklist tool must be able to run.
fn seeds() -> Option<PathBuf> {
    let shared = std::env::var_os("RELSIGN_SHARED").map_or_else(|| source("../shared"), PathBuf::from);
    Some(shared.join("seeds")).filter(|seeds| seeds.is_dir())
}

#[test]
fn session_of_four_stages_by_seed() {
    session("session-1.md");
}

#[test]
fn session_of_a_roll_back_at_night() {
    page::play(&source("tests/stories/sessions/session-2.md"));
}

#[test]
fn session_of_two_deciders_by_seed() {
    session("session-3.md");
}

#[test]
fn every_page_with_commands_is_executed() {
    for entry in std::fs::read_dir(source("docs/guide")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = format!("docs/guide/{name}");
        let text = std::fs::read_to_string(source(&path)).unwrap();
        if text.contains("```console") {
            assert!(PAGES.contains(&path.as_str()), "{path} has commands and is not in the list of pages");
        }
    }
}

#[test]
fn two_maintainers_reach_their_first_go_in_twelve_commands() {
    let typed = page::relsign_commands(&source("docs/guide/history.md"));
    let go = typed.iter().position(|(_, command)| command.contains(" decide ")).unwrap();
    assert!(go < 12, "{typed:#?}");
    assert!(typed.iter().all(|(who, _)| ["jo", "kim"].contains(&who.as_str())), "{typed:#?}");
    assert!(typed[go + 1].1.starts_with("relsign gate"), "the page does not show that it is GO");
}

#[test]
fn links_between_the_pages_lead_somewhere() {
    let mut pages: Vec<PathBuf> = std::fs::read_dir(source("docs/guide")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.push(source("README.md"));
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            if file.is_empty() || link.contains("://") {
                continue;
            }
            assert!(page.parent().unwrap().join(file).exists(), "{} links to {link}", page.display());
        }
    }
}
