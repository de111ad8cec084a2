//! Own refs and gates over time: what goes back, comes late, shrinks or comes under a false name, by real pushes.

use serde_json::json;

use crate::sandbox::{Stage, TAG, policy_digest};
use crate::server::Server;

const NOTES: &str = "refs/notes/relsign";
const POLICY: &str = "refs/relsign/policy";
const PRODUCTION: &str = "refs/heads/production";

/// Says that a release is completed, as a record by hand.
fn complete(server: &Server, tag: &str) {
    server.box_.complete(tag);
    server.takes(&[NOTES]);
}

/// Releases another change and gives its commit.
fn release(server: &Server, tag: &str) -> String {
    server.change(tag, tag);
    server.box_.tag(tag);
    server.run("rita", &["open", tag]).exits(0);
    server.box_.sign_all(tag);
    server.run("rita", &["decide", tag, "go"]).exits(0);
    server.box_.id(&format!("{tag}^{{commit}}"))
}

#[test]
fn a_gated_branch_goes_back_to_the_release_completed_before_and_to_nothing_else() {
    // Expected: ref-gated for going back before anything was completed, or only called so, past the last completed release, to an uncompleted one
    // and to a commit of none; only the one before goes through, also in a freeze.
    let server = Server::at(Stage::Go);
    let to = |commit: &str| format!("+{commit}:{PRODUCTION}");
    let first = server.box_.id(&format!("{TAG}^{{commit}}"));
    let second = release(&server, "v1.1.0");
    server.takes(&[&to(&second)]);
    server.refuses(&[&to(&first)], "ref-gated").says("there is no completed earlier release");
    // Nor by one that says that it is completed without having gone out.
    server.box_.plant(TAG, "rita", &server.box_.draft(TAG, "rita", "close", json!({ "outcome": "completed" })));
    server.takes(&[NOTES]);
    server.refuses(&[&to(&first)], "ref-gated").says("there is no completed earlier release");
    complete(&server, TAG);
    complete(&server, "v1.1.0");
    let plain = server.change("plain", "plain");
    let third = release(&server, "v1.2.0");
    let fourth = release(&server, "v1.3.0");
    server.takes(&[&to(&fourth)]);
    server.refuses(&[&to(&third)], "ref-gated").says("moves back only to the release completed before, v1.1.0");
    server.refuses(&[&to(&first)], "ref-gated").says("moves back only to the release completed before, v1.1.0");
    server.refuses(&[&to(&plain)], "ref-gated");
    // A freeze holds up what goes forward and every other way back.
    server.run("rita", &["freeze", "start", "incident", "--ref", "production", "--reason", "it burns"]).exits(0);
    server.refuses(&[&to(&third)], "ref-frozen");
    server.takes(&[&to(&second)]).says("may always go back").says("moves back to release v1.1.0");
    server.refuses(&[&to(&fourth)], "ref-frozen");
    server.takes(&[&to(&first)]).says("moves back to release v1.0.0");
}

#[test]
fn a_branch_that_is_gated_and_protected_only_goes_forward() {
    // Expected: ref-protected for going back to the release completed before: what the policy gates besides opens no way back.
    let server = Server::at(Stage::Begun);
    let text = server.box_.text(&format!("{POLICY}:version/policy.toml"));
    let both = text.replace("protected = [\"refs/heads/main\"", "protected = [\"refs/heads/production\", \"refs/heads/main\"");
    assert_ne!(text, both);
    server.box_.step(&both, &[]);
    server.takes(&[POLICY]);
    let to = |commit: &str| format!("+{commit}:{PRODUCTION}");
    let first = release(&server, TAG);
    server.takes(&[&to(&first)]);
    let second = release(&server, "v1.1.0");
    server.takes(&[&to(&second)]);
    complete(&server, TAG);
    complete(&server, "v1.1.0");
    server.refuses(&[&to(&first)], "ref-protected").says("only moves forward");
}

#[test]
fn a_record_that_claims_to_be_older_than_the_policy_allows_is_not_taken_in() {
    // Expected: record-backdated a second past limits.max_backdate by the server's clock, and taken in at the limit.
    let server = Server::at(Stage::Begun);
    let text = server.box_.text(&format!("{POLICY}:version/policy.toml"));
    server.box_.step(&(text + "\n[limits]\nmax_backdate = \"7d\"\n"), &[]);
    server.box_.tag(TAG);
    server.run("rita", &["open", TAG]).exits(0);
    let tip = server.box_.id(NOTES);
    for (time, is_taken) in [("2026-11-14T09:34:59Z", false), ("2026-11-14T09:35:00Z", true)] {
        server.box_.set_ref(NOTES, &tip);
        let mut word = server.box_.draft_word(TAG, "bob", "tests", "approve");
        word["predicate"]["time"] = json!(time);
        server.box_.plant(TAG, "bob", &word);
        server.clock("2026-11-21T09:35:00Z");
        match is_taken {
            true => server.takes(&[NOTES]),
            false => server.refuses(&[NOTES], "record-backdated").says(time).says("by @bob"),
        };
    }
}

#[test]
fn the_chain_of_a_former_root_comes_once_whole_and_stays() {
    // Expected: own-ref-unknown for a root that no policy names, own-ref-rewritten once it is there, and refused as junk or as
    // another chain.
    let server = Server::at(Stage::Begun);
    let (old, chain) = (server.box_.root(), server.box_.id(POLICY));
    let former = format!("refs/relsign/former/{old}");
    server.refuses(&[&format!("{POLICY}:{former}")], "own-ref-unknown");
    server.run("rita", &["init", "--new-root", "--yes", "--no-hooks"]).exits(0);
    let new = server.box_.root();
    assert!(new != old && server.box_.id(&former) == chain);
    server.git(&["config", "relsign.root", &format!("SHA256:{new}")]);
    server.takes(&[&format!("+{POLICY}:{POLICY}")]);
    server.refuses(&[&format!("main:{former}")], "policy-invalid");
    server.refuses(&[&format!("{POLICY}:{former}")], "root-mismatch");
    server.refuses(&[&format!("{chain}~1:{former}")], "policy-fork");
    server.refuses(&[&format!("{chain}:refs/relsign/former/{new}")], "own-ref-unknown");
    server.refuses(&[&format!("{chain}:refs/relsign/former/{}", old.to_uppercase())], "own-ref-unknown");
    server.takes(&[&format!("{chain}:{former}")]);
    let other = server.box_.git(&["commit-tree", "-m", "on top", "-p", &chain, &format!("{chain}^{{tree}}")]);
    for moved in [format!("+{chain}~1:{former}"), format!("{other}:{former}"), format!(":{former}")] {
        server.refuses(&[&moved], "own-ref-rewritten");
    }
}

#[test]
fn a_proposal_never_loses_a_signature() {
    // Expected: own-ref-rewritten for a commit on top without one, for another beginning and for a deletion; signer-unknown and
    // subject-mismatch for junk beside it.
    let server = Server::at(Stage::Begun);
    let head = server.box_.head();
    let (version, previous) = (head["version"].as_u64().unwrap() as u32 + 1, head["digest"].as_str().unwrap().to_owned());
    let text = server.box_.text(&format!("{POLICY}:version/policy.toml"));
    let text = text + "\n# next\n";
    let digest = policy_digest(&text, "");
    let name = format!("refs/relsign/proposals/{digest}");
    let line = |who: &str, digest: &str| server.box_.sign(who, &server.box_.draft_step(who, version, digest, Some(&previous)));
    let commit = |parent: Option<&str>, lines: &[Vec<u8>]| server.box_.policy_commit(parent, &text, "", lines);
    let (rita, ann) = (line("rita", &digest), line("ann", &digest));
    let first = commit(None, std::slice::from_ref(&rita));
    server.refuses(&[&format!("{first}:refs/relsign/proposals/{}", "7".repeat(64))], "policy-invalid");
    server.takes(&[&format!("{first}:{name}")]);
    let both = commit(Some(&first), &[rita.clone(), ann.clone()]);
    server.takes(&[&format!("{both}:{name}")]);
    server.refuses(&[&format!("{}:{name}", commit(Some(&both), std::slice::from_ref(&ann)))], "own-ref-rewritten").says("by @rita");
    server.refuses(&[&format!("{}:{name}", commit(Some(&both), &[]))], "own-ref-rewritten").says("only grows");
    server.refuses(&[&format!("+{first}:{name}")], "own-ref-rewritten");
    server.refuses(&[&format!("+{}:{name}", commit(None, &[rita.clone(), ann.clone()]))], "own-ref-rewritten");
    server.refuses(&[&format!(":{name}")], "own-ref-rewritten");
    let more = |line: Vec<u8>| format!("{}:{name}", commit(Some(&both), &[rita.clone(), ann.clone(), line]));
    server.refuses(&[&more(line("eve", &digest))], "signer-unknown");
    server.refuses(&[&more(line("bob", &"7".repeat(64)))], "subject-mismatch");
    server.takes(&[&more(line("bob", &digest))]);
}

#[test]
fn a_frozen_name_is_made_anew_by_an_exception_for_that_commit_alone() {
    // Expected: ref-frozen before, something refused for another commit, and the very commit that was granted makes the branch.
    let server = Server::at(Stage::Begun);
    let base = server.box_.id("HEAD");
    let commit = server.change("a", "a");
    let made = format!("{commit}:refs/heads/release/9");
    server.refuses(&[&made], "ref-frozen");
    let args = ["freeze", "request", &commit, "--ref", "refs/heads/release/9", "--base", &base];
    let run = server.run("rita", &[&args[..], &["--reason", "a branch", "--expires", "4h", "--json"]].concat()).exits(0);
    let id = run.json()["records"][0]["id"].as_str().unwrap().to_owned();
    server.refuses(&[&made], "exception-short");
    for who in ["ann", "bob"] {
        server.run(who, &["freeze", "grant", &id[..12]]).exits(0);
    }
    server.change("b", "b");
    server.refuses(&["HEAD:refs/heads/release/9"], "exception-mismatch").says("neither that commit nor its clean merge");
    server.refuses(&[&format!("{base}:refs/heads/release/9")], "range-not-here");
    server.refuses(&[&format!("{commit}:refs/heads/release/10")], "ref-frozen");
    server.takes(&[&made]).says("uses exception");
    server.refuses(&["HEAD:refs/heads/release/9"], "ref-frozen");
}
