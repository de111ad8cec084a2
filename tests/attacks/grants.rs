//! Requests and grants: what is told while people let a change through, and what they can take back of it, by real pushes.

use serde_json::json;

use crate::sandbox::{Entry, Stage, TAG, ended};
use crate::server::{RULES, Server};

const MAIN: &str = "refs/heads/main";
const NOTES: &str = "refs/notes/relsign";
const POLICY: &str = "refs/relsign/policy";

/// A server whose policy has other rules, by what is replaced in them.
fn ruled(stage: Stage, replaced: &[(&str, &str)]) -> Server {
    let server = Server::at(stage);
    let before = server.box_.bytes(&format!("{POLICY}:version/policy.toml"));
    let text = replaced.iter().fold(String::from_utf8(before).unwrap(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    });
    server.box_.step(&text, &[]);
    server.takes(&[POLICY]);
    server
}

/// Two windows hold `main`, and each names another person to grant; one person is enough.
fn two_windows() -> Server {
    let two = format!(
        "reason = \"holiday trading\"\ngrant = [\"@ann\"]\n[[freeze]]\nname = \"audit\"\nrefs = [\"{MAIN}\"]\nzone = \"UTC\"\n\
         once = {{ from = \"2026-11-20T00:00\", to = \"2026-12-01T00:00\" }}\ngrant = [\"@bob\"]\n[thresholds]\nexception = 1\n"
    );
    ruled(Stage::Begun, &[("reason = \"holiday trading\"\n", &two)])
}

#[test]
fn a_grant_is_not_called_enough_before_every_freeze_is_passed() {
    // Expected: after the grant of one window's grantor the other's is asked for; said twice it is signed once; then enough.
    let server = two_windows();
    let commit = server.change("a", "a");
    let id = server.request("rita", &commit);
    let approve = ["freeze", "grant", &id];
    let lines = || server.box_.note(&server.root_blob()).iter().filter(|byte| **byte == b'\n').count();
    let run = server.run("bob", &approve).exits(0).says("1 more person is still needed for \"quiet weeks\"; who may: @ann");
    assert!(!run.text().contains("that is enough"), "{}", run.text());
    let signed = lines();
    server.run("bob", &approve).exits(0).says("you have already").says("still needed for \"quiet weeks\"");
    assert_eq!(lines(), signed, "it was signed twice");
    server.refuses(&["HEAD:refs/heads/main"], "exception-short").says("@ann");
    server.run("ann", &approve).exits(0).says("that is enough");
    server.takes(&["HEAD:refs/heads/main"]).says("uses exception");
}

#[test]
fn what_is_not_shared_is_not_called_enough_yet() {
    // Expected: exit 0 and enough only once it is shared; for a freeze that began after the request it is never enough.
    let server = ruled(Stage::Begun, &[(RULES, &(RULES.to_owned() + "[thresholds]\nexception = 1\n"))]);
    let commit = server.change("a", "a");
    let id = server.request("rita", &commit);
    server.run("ann", &["freeze", "grant", &id, "--no-sync"]).exits(0).says("that is enough once shared");
    server.box_.run(&["sync"]).exits(0);
    let body = json!({ "name": "later", "refs": [MAIN], "from": "2026-11-21T09:31:00Z", "reason": "r" });
    server.plant("rita", &server.draft("rita", "freeze", (MAIN, &commit), body));
    server.takes(&[NOTES]);
    let mut late = server.box_.program();
    late.env("RELSIGN_NOW", "2026-11-21T09:32:00Z").arg("--key").arg(server.box_.key("bob")).args(["freeze", "grant", &id]);
    let run = ended(&mut late).exits(0).says("does not cover \"later\"");
    assert!(!run.text().contains("that is enough"), "{}", run.text());
}

#[test]
fn nobody_is_sent_to_grant_what_nobody_can() {
    // Expected: exception-short that says so, with the other ways, where the only grantor asked; the same for two where one is
    // left.
    let server = ruled(Stage::Begun, &[("grant = [\"qa\", \"sre\"]", "grant = [\"@ann\"]\n"), (RULES_END, ONE)]);
    let commit = server.change("a", "a");
    server.request("ann", &commit);
    let run = server.refuses(&["HEAD:refs/heads/main"], "exception-short");
    let run = run.says("nobody else may grant it").says("relsign freeze break-glass");
    assert!(!run.text().contains("They run") && !run.text().contains("freeze grant"), "{}", run.text());
    let server = ruled(Stage::Begun, &[("grant = [\"qa\", \"sre\"]", "grant = [\"@ann\", \"@bob\"]\n")]);
    let commit = server.change("a", "a");
    server.request("ann", &commit);
    server.refuses(&["HEAD:refs/heads/main"], "exception-short").says("2 more people are needed, and only @bob may");
}

const RULES_END: &str = "reason = \"holiday trading\"\n";
const ONE: &str = "reason = \"holiday trading\"\n[thresholds]\nexception = 1\n";

#[test]
fn who_grants_is_told_how_to_get_the_commits() {
    // Expected: exit 4 and range-not-here with git fetch in a clone without them; whoever asks is told to push what is nowhere.
    let server = Server::at(Stage::Begun);
    let commit = server.change("a", "a");
    let ask = ["freeze", "request", &commit, "--ref", "main", "--reason", "a leak", "--expires", "4h"];
    let push = format!("those who grant need the commits: git push origin {}:refs/heads/NAME", &commit[..12]);
    server.run("rita", &ask).exits(0).says(&push);
    let id = server.box_.run(&["freeze", "exceptions", "--json"]).exits(0).json()["exceptions"][0]["record"].clone();
    let clone = server.box_.path("clone");
    server.box_.git_in(&server.box_.path("home"), &["clone", "-q", server.path.to_str().unwrap(), clone.to_str().unwrap()]);
    server.box_.git_in(&clone, &["config", "relsign.root", &format!("SHA256:{}", server.box_.root())]);
    let approve = || {
        let mut command = server.box_.command(super::sandbox::place::program(), &clone);
        ended(command.arg("--key").arg(server.box_.key("ann")).args(["freeze", "grant", id.as_str().unwrap()]))
    };
    let run =
        approve().exits(4).says("range-not-here").says("git fetch").says(&format!("git push origin {commit}:refs/heads/NAME"));
    assert!(!run.text().contains("ask again"), "{}", run.text());
    server.takes(&["HEAD:refs/heads/topic"]);
    server.box_.git(&["fetch", "-q"]);
    let run = server.run("rita", &ask).exits(0);
    assert!(!run.text().contains("need the commits"), "{}", run.text());
    server.box_.git_in(&clone, &["fetch", "-q"]);
    approve().exits(0).says("1 more person is still needed");
}

#[test]
fn what_was_said_of_a_freeze_is_taken_back_by_its_author_alone() {
    // Expected: exit 1 for another's, for a withdraw and for a freeze that is over; a grant, a request and glass let nothing
    // through once they are withdrawn, a freeze ends, a lift is none.
    let server = Server::at(Stage::Opened);
    let commit = server.change("a", "a");
    let id = server.excepted(&commit);
    let told = server.box_.run(&["freeze", "exceptions", "--json"]).exits(0).json();
    let grant = told["exceptions"][0]["grants"].as_array().unwrap().iter().find(|grant| grant["by"] == "@bob").unwrap().clone();
    let grant = grant["record"].as_str().unwrap().to_owned();
    let withdraw = |who: &str, id: &str| server.run(who, &["withdraw", &id[..12], "--reason", "wrong"]);
    withdraw("ann", &grant).exits(1).says("is by @bob, and only they can withdraw it");
    withdraw("bob", &grant).exits(0).says("counts for request").says("shared with origin");
    withdraw("bob", &grant).exits(0).says("is already withdrawn");
    server.refuses(&["HEAD:refs/heads/main"], "exception-short").says("1 of 2");
    server.run("bob", &["freeze", "grant", &id]).exits(0).says("that is enough");
    withdraw("bob", &id).exits(1).says("is by @rita");
    withdraw("rita", &id).exits(0).says("even if granted");
    server.refuses(&["HEAD:refs/heads/main"], "ref-frozen");
    server.box_.run(&["freeze", "exceptions"]).exits(0).says("  withdrawn, not used  ").says("withdrawn: ");
    let signed = |who: &str, args: &[&str]| {
        server.run(who, &[&["--json"], args].concat()).exits(0).json()["records"][0]["id"].as_str().unwrap().to_owned()
    };
    let glass = signed("rita", &["freeze", "break-glass", &commit, "--ref", "main", "--reason", "fire"]);
    let undone = signed("rita", &["withdraw", &glass, "--reason", "no fire"]);
    server.refuses(&["HEAD:refs/heads/main"], "ref-frozen");
    withdraw("rita", &undone).exits(1).says("a withdraw can't be withdrawn");
    let freeze = signed("rita", &["freeze", "start", "x", "--ref", "topic", "--reason", "r"]);
    server.refuses(&["HEAD:refs/heads/topic"], "ref-frozen");
    withdraw("bob", &freeze).exits(1).says("relsign freeze lift");
    let lift = signed("rita", &["freeze", "lift", "x", "--reason", "r"]);
    withdraw("rita", &freeze).exits(1).says("is already over");
    withdraw("rita", &lift).exits(0).says("it no longer lifts the freeze");
    server.refuses(&["HEAD:refs/heads/topic"], "ref-frozen");
    withdraw("rita", &freeze).exits(0).says("this ends the freeze \"x\"");
    server.takes(&["HEAD:refs/heads/topic"]);
    // A word on a release is still found, with the tag and without.
    let word = signed("bob", &["reject", TAG, "tests", "--reason", "red"]);
    server.run("bob", &["withdraw", &word, "--reason", "green", "--out", "-"]).exits(0);
    withdraw("bob", &word).exits(0).says("withdraws");
    server.run("bob", &["withdraw", &grant, "--reason", "r", "--out", "-"]).exits(2).says("is not about a release");
    withdraw("bob", "abcdef012345").exits(2).says("has no record");
}

#[test]
fn a_register_that_may_not_be_whole_is_exit_4() {
    // Expected: exit 4 of freeze exceptions, in text and JSON, once a record that was here is gone, and 0 when it is back.
    let server = Server::at(Stage::Begun);
    let commit = server.change("a", "a");
    server.request("rita", &commit);
    server.box_.run(&["freeze", "exceptions"]).exits(0);
    let tip = server.box_.id(NOTES);
    server.box_.git(&["update-ref", "-d", NOTES]);
    server.box_.run(&["freeze", "exceptions"]).exits(4).says("record-vanished");
    server.box_.run(&["freeze", "exceptions", "--json"]).exits(4).says("record-vanished");
    server.box_.set_ref(NOTES, &tip);
    server.box_.run(&["freeze", "exceptions"]).exits(0);
}

#[test]
fn what_may_not_come_into_the_root_log_is_neither_built_upon_nor_missed() {
    // Expected: what is signed on top of a machine's record and of one without authority is shared once both are gone, and a
    // witness that had seen them closes nothing.
    let server = ruled(Stage::Opened, &[("may = [\"check\"]", "may = [\"check\", \"receipt\"]")]);
    let before = server.git(&["rev-parse", NOTES]);
    let commit = server.box_.id("HEAD");
    let freeze = json!({ "name": "x", "refs": ["refs/heads/x"], "from": "2026-11-21T09:00:00Z", "reason": "r" });
    let mut machine = server.draft("ci", "freeze", (MAIN, &commit), freeze.clone());
    machine["predicate"]["signer"]["handle"] = json!("machine:ci");
    // Of these nobody asks for a right.
    let mut omen = server.draft("ci", "omen", (MAIN, &commit), json!({ "says": "x" }));
    omen["predicate"]["signer"]["handle"] = json!("machine:ci");
    omen["subject"].as_array_mut().unwrap().truncate(1);
    let mut back = server.draft("ci", "withdraw", (MAIN, &commit), json!({ "record": "ab".repeat(32), "reason": "r" }));
    back["predicate"]["signer"]["handle"] = json!("machine:ci");
    let mut planted = vec![server.plant("dev", &server.draft("dev", "freeze", (MAIN, &commit), freeze))];
    planted.extend([machine, omen, back].iter().map(|draft| server.plant("ci", draft)));
    server.refuses(&[NOTES], "machine-not-person");
    // It got in before there was a hook, and a witness looked.
    server.git(&["fetch", "-q", server.box_.repo.to_str().unwrap(), &format!("+{NOTES}:{NOTES}")]);
    let key = server.box_.key("ci");
    let look = || {
        let mut command = server.box_.program();
        ended(command.current_dir(&server.path).args(["witness", "--here", "--key"]).arg(&key))
    };
    look().exits(0);
    server.run("rita", &["freeze", "start", "y", "--ref", "y", "--reason", "r", "--no-sync"]).exits(0);
    let note = String::from_utf8(server.box_.note(&server.root_blob())).unwrap();
    let own = note.lines().find(|line| !planted.contains(&Entry::read(line).unwrap().id)).unwrap();
    // The junk is taken out on the server, and the clone has only what it signed itself.
    server.git(&["update-ref", NOTES, &before]);
    look().exits(0);
    server.box_.set_ref(NOTES, &before);
    server.add_line_to(&server.root_blob(), own.as_bytes());
    server.takes(&[NOTES]);
    server.takes(&["HEAD:refs/heads/other"]);
}
