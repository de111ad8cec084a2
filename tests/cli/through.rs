//! What goes through a freeze without anybody's help: the policy that froze, and what others let through since one last looked.

use std::path::PathBuf;

use crate::sandbox::{Run, Sandbox, Stage, ended};

const FILE: &str = ".relsign/policy.toml";
const WINDOW: &str = r#"
[[freeze]]
name = "november"
refs = ["refs/heads/main"]
zone = "UTC"
# It holds whenever the tests run: the hook of the server goes by its own clock.
once = { from = 2026-11-01T00:00:00, to = 2096-12-01T00:00:00 }
reason = "the audit"
"#;

/// Clones of one server, which has the hooks.
struct Team {
    own: Sandbox,
    other: PathBuf,
}

impl Team {
    fn begin() -> Self {
        let own = Sandbox::at(Stage::Begun);
        let (server, other) = (own.path("server.git"), own.path("other"));
        let place = server.to_str().unwrap();
        own.git_in(&own.path("home"), &["init", "-q", "--bare", "-b", "main", place]);
        own.git(&["remote", "add", "origin", place]);
        own.git(&["push", "-q", "-u", "origin", "main"]);
        own.run_as("rita", &["init", "--yes"]).exits(0);
        own.run(&["sync"]).exits(0);
        own.git_in(&own.path("home"), &["clone", "-q", place, other.to_str().unwrap()]);
        let team = Self { own, other };
        let root = format!("SHA256:{}", team.own.root());
        for args in [&["user.name", "Dev Eloper"][..], &["user.email", "dev@example.com"], &["relsign.root", &root]] {
            team.own.git_in(&team.other, &[&["config"], args].concat());
        }
        team.there("dev", &["init", "--yes"]).exits(0);
        let serve = |args: &[&str]| ended(team.own.command(env!("CARGO_BIN_EXE_relsign"), &server).args(args)).exits(0);
        serve(&["trust", &root]);
        serve(&["hook", "install", "--server"]);
        team
    }

    /// Runs the program in the other clone.
    #[track_caller]
    fn there(&self, who: &str, args: &[&str]) -> Run {
        let mut command = self.own.command(env!("CARGO_BIN_EXE_relsign"), &self.other);
        ended(command.arg("--key").arg(self.own.key(who)).args(args))
    }

    fn push(&self, from: &std::path::Path, args: &[&str]) -> Run {
        let bin = PathBuf::from(env!("CARGO_BIN_EXE_relsign")).parent().unwrap().to_owned();
        let path = std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())));
        ended(self.own.command("git", from).env("PATH", path.unwrap()).arg("push").args(args))
    }
}

#[test]
fn the_policy_that_froze_a_branch_goes_onto_it_and_nothing_beside() {
    let team = Team::begin();
    let own = &team.own;
    let before = own.git(&["rev-parse", "HEAD"]);
    own.write(FILE, std::fs::read_to_string(own.repo.join(FILE)).unwrap() + WINDOW);
    own.run_as("rita", &["policy", "activate"]).exits(0).says("git commit");
    // Beside another change, with another text, or after another commit, it does not.
    own.write("a", "a");
    own.commit("the policy and a file");
    let told = "frozen by \"november\"";
    team.push(&own.repo, &["origin", "main"]).exits(1).says(told);
    team.push(&own.repo, &["--no-verify", "origin", "main"]).exits(1).says(told);
    own.git(&["reset", "-q", "--hard", &before]);
    own.write(FILE, std::fs::read_to_string(own.repo.join(FILE)).unwrap() + WINDOW + "# and more\n");
    own.commit("another policy");
    team.push(&own.repo, &["--no-verify", "origin", "main"]).exits(1).says(told);
    own.git(&["reset", "-q", "--hard", &before]);
    // What moves into the policy's folder leaves its place, and is a change beside the policy.
    own.git(&["mv", "RELEASE.md", ".relsign/RELEASE.md"]);
    own.write(FILE, std::fs::read_to_string(own.repo.join(FILE)).unwrap() + WINDOW);
    own.commit("the policy, and a file in its folder");
    team.push(&own.repo, &["--no-verify", "origin", "main"]).exits(1).says(told);
    own.git(&["reset", "-q", "--hard", &before]);
    own.commit("nothing");
    team.push(&own.repo, &["--no-verify", "origin", "main"]).exits(1).says(told);
    own.git(&["reset", "-q", "--hard", &before]);
    own.write(FILE, std::fs::read_to_string(own.repo.join(FILE)).unwrap() + WINDOW);
    own.commit("the policy");
    team.push(&own.repo, &["origin", "main"]).exits(0).says("refs/heads/main is frozen, and gets only the policy in force");
    // Once it is there, an empty commit is none that brings it.
    own.commit("nothing");
    team.push(&own.repo, &["--no-verify", "origin", "main"]).exits(1).says(told);
}

#[test]
fn whoever_pushes_hears_of_grants_and_lifts_without_a_sync() {
    let team = Team::begin();
    let own = &team.own;
    own.run_as("rita", &["freeze", "start", "audit", "--ref", "main", "--reason", "r"]).exits(0);
    std::fs::write(team.other.join("fix"), "fix").unwrap();
    own.git_in(&team.other, &["add", "-A"]);
    own.git_in(&team.other, &["commit", "-q", "-m", "fix"]);
    // The freeze came without a sync, too: the server says so.
    team.push(&team.other, &["origin", "main"]).exits(1).says("frozen by \"audit\"");
    own.git_in(&team.other, &["push", "-q", "--no-verify", "origin", "main:fix"]);
    let asked =
        team.there("dev", &["freeze", "request", "HEAD", "--ref", "main", "--reason", "it burns", "--expires", "4h"]).exits(0);
    let id = asked.text().split("signed ").nth(1).unwrap()[..12].to_owned();
    // The request reaches whoever may grant it before its commits do.
    own.run_as("rita", &["mine"]).exits(0).says(&format!("git fetch relsign freeze grant {id}"));
    own.git(&["fetch", "-q", "origin"]);
    let mine = own.run_as("rita", &["mine"]).exits(0).says(&format!("relsign freeze grant {id}"));
    assert!(!mine.stdout.contains("git fetch"), "{}", mine.text());
    let others = own.run_as("ann", &["mine"]).exits(0);
    assert!(!others.stdout.contains("freeze grant"), "{}", others.text());
    own.run_as("rita", &["freeze", "grant", &id]).exits(0);
    team.push(&team.other, &["origin", "main"]).exits(1).says("1 of 2 people have granted it");
    own.run_as("rita", &["freeze", "lift", "audit", "--reason", "over"]).exits(0);
    team.push(&team.other, &["origin", "main"]).exits(0);
}

#[test]
fn what_can_not_be_fetched_is_told_with_its_age() {
    let team = Team::begin();
    team.own.run_as("rita", &["freeze", "start", "audit", "--ref", "main", "--reason", "r"]).exits(0);
    team.own.commit("fix");
    team.own.git(&["config", "relsign.remote", "gone"]);
    team.own.git(&["config", "remote.gone.url", "/nowhere"]);
    team.push(&team.own.repo, &["origin", "main"]).exits(1).says("frozen by \"audit\"").says("relsign sync");
}
