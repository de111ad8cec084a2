//! Pushes: what a server must not take in though nobody froze anything: releases that move, refs that hide, logs that shrink.

use serde_json::{Value, json};

use crate::sandbox::{NOW, Stage, TAG};
use crate::server::{Server, ZERO};

const EVIDENCE: &str = "refs/relsign/evidence";
const MAIN: &str = "refs/heads/main";
const NOTES: &str = "refs/notes/relsign";

#[test]
fn a_gated_branch_takes_the_commit_of_a_release_in_go_and_nothing_else() {
    // Expected: ref-gated for a commit without a release, one whose release has no GO, a deletion; the right one goes through.
    let server = Server::at(Stage::Signed);
    let release = server.box_.id(&format!("{TAG}^{{commit}}"));
    let to = |commit: &str| format!("{commit}:refs/heads/production");
    server.refuses(&[&to(&release)], "ref-gated").says(TAG).says("relsign status");
    let other = server.change("a", "a");
    server.refuses(&[&to(&other)], "ref-gated").says("no release tag");
    server.run("rita", &["decide", TAG, "go"]).exits(0);
    server.refuses(&[&to(&other)], "ref-gated");
    server.takes(&[&to(&release)]).says("moves to release");
    server.refuses(&[&to(&other)], "ref-gated");
    server.refuses(&[":refs/heads/production"], "ref-gated");
}

#[test]
fn a_go_that_comes_with_the_push_does_not_count_for_it() {
    // Expected: ref-gated in the same push, and allowed in the next one.
    let server = Server::at(Stage::Signed);
    server.run("rita", &["decide", TAG, "go", "--no-sync"]).exits(0);
    let gated = format!("{TAG}^{{commit}}:refs/heads/production");
    server.refuses(&[&gated, NOTES], "ref-gated");
    server.takes(&[NOTES]);
    server.takes(&[&gated]);
}

#[test]
fn a_release_that_was_rolled_back_passes_no_gate() {
    // Expected: ref-gated once a roll-back was signed, although the decision to go is still in the log.
    let server = Server::at(Stage::Go);
    let commit = server.box_.id(&format!("{TAG}^{{commit}}"));
    let to = json!({ "tag": format!("refs/tags/{TAG}"), "tag_object": server.box_.id(TAG), "commit": commit });
    let body = json!({ "event": "start", "to": to, "trigger": 1, "reason": "errors" });
    server.box_.plant(TAG, "rita", &server.box_.draft(TAG, "rita", "rollback", body));
    server.takes(&[NOTES]);
    server.refuses(&[&format!("{commit}:refs/heads/production")], "ref-gated");
}

#[test]
fn a_release_tag_neither_moves_nor_vanishes() {
    // Expected: tag-spent by force, for a deletion, in other capitals, and made anew after it was deleted; an unopened tag is
    // free.
    let server = Server::at(Stage::Opened);
    server.change("a", "a");
    server.box_.git(&["tag", "-a", "-m", "other", "other"]);
    server.takes(&["refs/tags/other"]);
    server.takes(&["+HEAD:refs/tags/other"]);
    server.takes(&[":refs/tags/other"]);
    server.refuses(&["+other:refs/tags/v1.0.0"], "tag-spent").says("can't be moved");
    server.refuses(&[":refs/tags/v1.0.0"], "tag-spent").says("can't be deleted");
    server.refuses(&["other:refs/tags/V1.0.0"], "tag-spent").says("capitals");
    server.git(&["update-ref", "-d", "refs/tags/v1.0.0"]);
    server.refuses(&["other:refs/tags/v1.0.0"], "tag-spent").says("spent");
    server.takes(&["refs/tags/v1.0.0"]);
}

#[test]
fn a_protected_branch_is_neither_deleted_nor_rewound() {
    // Expected: ref-protected; forward is free.
    let server = Server::at(Stage::Begun);
    server.change("a", "a");
    server.takes(&["HEAD:refs/heads/stable"]);
    server.refuses(&["+HEAD~1:refs/heads/stable"], "ref-protected");
    server.refuses(&[":refs/heads/stable"], "ref-protected");
    server.change("b", "b");
    server.takes(&["HEAD:refs/heads/stable"]);
}

#[test]
fn a_replacement_is_not_taken_in() {
    // Expected: ref-replacement, in any capitals; one that is there may be deleted.
    let server = Server::at(Stage::Begun);
    let (old, new) = (server.box_.id("HEAD"), server.change("a", "a"));
    for folder in ["replace", "Replace"] {
        server.refuses(&[&format!("{new}:refs/{folder}/{old}")], "ref-replacement");
    }
    server.takes(&["HEAD:refs/heads/topic"]);
    server.git(&["update-ref", &format!("refs/replace/{old}"), &new]);
    server.takes(&[&format!(":refs/replace/{old}")]);
}

#[test]
fn a_log_never_shrinks() {
    // Expected: own-ref-rewritten for a line or note left out on top, a rewound ref, a deletion, and junk in its place.
    let server = Server::at(Stage::Signed);
    let tip = server.box_.id(NOTES);
    server.refuses(&[":refs/notes/relsign"], "own-ref-rewritten");
    server.refuses(&[&format!("+{tip}~1:{NOTES}")], "own-ref-rewritten");
    server.refuses(&[&format!("+main:{NOTES}")], "own-ref-rewritten");
    server.refuses(&[&format!("+{TAG}:{NOTES}")], "own-ref-rewritten");
    server.box_.drop_lines(TAG, |entry| entry.kind() == "sign");
    server.refuses(&[NOTES], "own-ref-rewritten").says("would be lost");
    server.box_.set_ref(NOTES, &tip);
    server.box_.git(&["notes", "--ref=relsign", "remove", TAG]);
    server.refuses(&[NOTES], "own-ref-rewritten").says("would be lost");
}

/// Puts the signature of one line under the payload of another.
fn crossed(payload: &[u8], signature: &[u8]) -> Vec<u8> {
    let sig = |line: &str| line.split("\"sig\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let (line, other) = (String::from_utf8(payload.to_vec()).unwrap(), String::from_utf8(signature.to_vec()).unwrap());
    line.replace(&sig(&line), &sig(&other)).into_bytes()
}

#[test]
fn a_line_that_is_no_valid_record_in_its_place_is_not_taken_in() {
    // Expected: the code of what is wrong: junk, a bad signature, the future, an orphan, another object, a stranger's key.
    let server = Server::at(Stage::Signed);
    let tip = server.box_.id(NOTES);
    let object = server.box_.id(TAG);
    let with = |key: &str, value: Value| {
        let mut word = server.box_.draft_word(TAG, "bob", "tests", "approve");
        word["predicate"][key] = value;
        server.box_.sign("bob", &word)
    };
    let good = with("time", json!("2026-11-21T09:34:00Z"));
    let cases: [(&str, Vec<u8>, &str); 6] = [
        (&object, b"junk".to_vec(), "line-malformed"),
        (&object, crossed(&with("comment", json!("other")), &good), "signature-invalid"),
        (&object, with("time", json!("2026-11-21T09:36:00Z")), "time-in-future"),
        (&object, with("parents", json!(["ab".repeat(32)])), "record-missing"),
        (&server.box_.id("HEAD"), good.clone(), "subject-mismatch"),
        (&object, server.box_.sign("eve", &server.box_.draft_word(TAG, "eve", "tests", "approve")), "signer-unknown"),
    ];
    for (object, line, code) in cases {
        server.box_.set_ref(NOTES, &tip);
        server.add_line_to(object, &line);
        server.refuses(&[NOTES], code);
        server.refuses(&[NOTES, "HEAD:refs/heads/topic"], code);
    }
    server.box_.set_ref(NOTES, &tip);
    server.add_line_to(&object, &good);
    server.takes(&[NOTES]);
}

#[test]
fn junk_in_a_log_never_opens_a_frozen_branch() {
    // Expected: refs/heads/main stays refused for every kind of line that anybody can add, with the push or before it.
    let server = Server::at(Stage::Begun);
    let base = server.box_.id("HEAD");
    let commit = server.change("a", "a");
    let asked = json!({
        "ref": MAIN, "commit": commit, "base": base, "commits": [commit], "reason": "r", "expires": "2026-11-22T00:00:00Z",
    });
    let glass = json!({ "ref": MAIN, "commit": commit, "reason": "r" });
    let root = server.root_blob();
    let mut lines = vec![b"junk".to_vec(), b"{}".to_vec()];
    for who in ["eve", "ann", "dev"] {
        lines.push(server.box_.sign(who, &server.draft(who, "break-glass", (MAIN, &commit), glass.clone())));
        lines.push(server.box_.sign(who, &server.draft(who, "exception", (MAIN, &commit), asked.clone())));
    }
    lines.push(server.box_.sign("eve", &server.draft("rita", "break-glass", (MAIN, &commit), glass)));
    for line in lines {
        server.add_line_to(&root, &line);
        server.push(&["HEAD:refs/heads/main", NOTES]).exits(1).says("refs/heads/main refused");
        // Also where it got in before the server had hooks.
        server.git(&["fetch", "-q", server.box_.repo.to_str().unwrap(), &format!("+{NOTES}:{NOTES}")]);
        server.push(&["HEAD:refs/heads/main"]).exits(1).says("refs/heads/main refused");
    }
}

#[test]
fn the_policy_only_goes_on_from_the_one_in_force() {
    // Expected: policy-rolled-back for an older one, policy-unsigned for one nobody signed, own-ref-rewritten for a deletion.
    let server = Server::at(Stage::Begun);
    let policy = "refs/relsign/policy";
    let tip = server.box_.id(policy);
    server.refuses(&[&format!("+{tip}~1:{policy}")], "policy-rolled-back");
    server.refuses(&[":refs/relsign/policy"], "own-ref-rewritten");
    server.refuses(&[&format!("+main:{policy}")], "policy-invalid");
    let text = server.box_.text(&format!("{tip}:version/policy.toml"));
    let next = text + "\n# next\n";
    for signers in [&[][..], &["dev"]] {
        server.box_.add_version(&next, "", signers);
        server.refuses(&[policy], "policy-unsigned");
        server.box_.set_ref(policy, &tip);
    }
    server.box_.step(&next, &[]);
    server.takes(&[policy]);
}

#[test]
fn other_refs_of_relsigns_own_are_not_for_others() {
    // Expected: own-ref-unknown for another clone's side refs, other capitals, and refs that nobody knows.
    let server = Server::at(Stage::Opened);
    let own = ["refs/relsign/remotes/origin/notes", "refs/notes/Relsign", "refs/Relsign/policy", "refs/relsign/new"];
    for name in own.into_iter().chain(["refs/relsign/former/x", "refs/relsign/proposals/x"]) {
        server.refuses(&[&format!("{NOTES}:{name}")], "own-ref-unknown");
    }
}

#[test]
fn evidence_never_goes_and_never_comes_under_a_wrong_name() {
    // Expected: own-ref-rewritten for evidence left out, evidence-changed for other bytes under a digest and for junk.
    let server = Server::at(Stage::Opened);
    let evidence = "refs/relsign/evidence";
    let tip = server.box_.id(evidence);
    let tree = |text: String| server.box_.git_with(&["mktree"], text.as_bytes());
    let commit = |tree: &str| server.box_.git(&["commit-tree", "-m", "x", "-p", &tip, tree]) + ":" + evidence;
    server.refuses(&[&commit(&tree(String::new()))], "own-ref-rewritten");
    server.refuses(&[":refs/relsign/evidence"], "own-ref-rewritten");
    let blob = server.box_.blob(b"wrong");
    let list = server.box_.git(&["ls-tree", &tip]);
    let below = tree(format!("100644 blob {blob}\t{}\n", "0".repeat(62)));
    server.refuses(&[&commit(&tree(format!("{list}\n040000 tree {below}\t00\n")))], "evidence-changed");
    server.refuses(&[&commit(&tree(format!("{list}\n100644 blob {blob}\tREADME\n")))], "evidence-changed");
}

#[test]
fn an_open_record_stands_where_everybody_looks_for_it() {
    // Expected: open-unannounced where it is left out of the note of its tag's name; tag-object-missing where the tag is not there,
    // does not come along and is not kept as evidence.
    let server = Server::at(Stage::Begun);
    server.box_.tag(TAG);
    server.run("rita", &["open", TAG, "--no-sync"]).exits(0);
    server.refuses(&[NOTES], "tag-object-missing");
    server.takes(&["refs/tags/v1.0.0"]);
    let name = format!("relsign-name-v1 {} refs/tags/{TAG}\n", server.box_.root());
    let name = server.box_.blob(name);
    let tip = server.box_.id(NOTES);
    server.box_.git(&["notes", "--ref=relsign", "remove", &name]);
    server.refuses(&[NOTES], "open-unannounced");
    server.box_.set_ref(NOTES, &tip);
    server.takes(&[NOTES]);
}

/// Characters that some file systems leave out of names.
const UNSEEN: [char; 6] = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{202e}', '\u{206f}', '\u{feff}'];

#[test]
fn a_name_with_characters_that_nobody_sees_leads_past_no_rule() {
    // Expected: the code of the rule for the name without them, and for one whose part ends in a dot, as file systems have it.
    let server = Server::at(Stage::Opened);
    let commit = server.change("a", "a");
    server.takes(&["HEAD:refs/heads/topic"]);
    let before = server.refs();
    for unseen in UNSEEN {
        for (name, code) in [
            (format!("refs/heads/ma{unseen}in"), "ref-frozen"),
            (format!("refs/heads/{unseen}Main"), "ref-frozen"),
            (format!("refs/heads/pro{unseen}duction"), "ref-gated"),
            (format!("refs/tags/v1.0{unseen}.0"), "tag-spent"),
            (format!("refs/notes/rel{unseen}sign"), "own-ref-unknown"),
            (format!("refs/relsign{unseen}/policy"), "own-ref-unknown"),
            (format!("refs/rep{unseen}lace/{}", "ab".repeat(20)), "ref-replacement"),
        ] {
            // Git's own client would show the name as it is.
            let said = server.send(&[(ZERO, &commit, &name)]);
            assert!(said.contains(&format!("[{code}]")), "{name:?}: {said}");
            let ours = said.split_once("relsign: ").unwrap().1;
            assert!(ours.contains("refused") && !ours.contains(unseen), "{said:?}");
        }
    }
    assert_eq!(server.refs(), before);
    for (name, code) in [
        ("refs/heads/release./9", "ref-frozen"),
        ("refs/relsign./policy", "own-ref-unknown"),
        ("refs/notes./relsign", "own-ref-unknown"),
    ] {
        server.refuses(&[&format!("HEAD:{name}")], code);
    }
    server.takes(&["HEAD:refs/heads/next./step"]);
}

#[test]
fn evidence_does_not_go_where_the_redactions_that_come_with_it_may_not_land() {
    // Expected: own-ref-rewritten for a push that lies about where the logs stand, so that git would refuse them and take the
    // evidence out; nothing moves. With the truth both land.
    let server = Server::at(Stage::Opened);
    std::fs::write(server.box_.path("log.txt"), "42 passed\n").unwrap();
    server.run("ann", &["approve", TAG, "tests", "--evidence", server.box_.path("log.txt").to_str().unwrap()]).exits(0);
    let list = server.box_.run(&["--json", "evidence", "list", TAG]).exits(0).json();
    let digest = list["evidence"][0]["sha256"].as_str().unwrap().to_owned();
    let (evidence, notes) = (server.git(&["rev-parse", EVIDENCE]), server.git(&["rev-parse", NOTES]));
    let url = server.box_.git(&["remote", "get-url", "origin"]);
    server.box_.git(&["remote", "set-url", "origin", "/nonexistent"]);
    for who in ["bob", "max"] {
        server.run(who, &["evidence", "redact", &digest, "--reason", "x", "--no-sync"]).exits(0);
    }
    server.box_.git(&["remote", "set-url", "origin", &url]);
    let path = format!("{}/{}", &digest[..2], &digest[2..]);
    let kept = server.box_.git(&["ls-tree", "-r", &evidence]);
    let kept: String = kept.lines().filter(|line| !line.ends_with(&path)).map(|line| format!("{line}\n")).collect();
    server.box_.git(&["read-tree", "--empty"]);
    server.box_.git_with(&["update-index", "--index-info"], kept.as_bytes());
    let tree = server.box_.git(&["write-tree"]);
    server.box_.git(&["read-tree", "HEAD"]);
    let erased = server.box_.git(&["commit-tree", "-p", &evidence, "-m", "gone", &tree]);
    let redacted = server.box_.id(NOTES);
    // The objects come by branches, so that the push itself need bring none.
    server.takes(&[&format!("{erased}:refs/heads/one"), &format!("{redacted}:refs/heads/two")]);
    let before = server.git(&["rev-parse", &format!("{notes}^")]);
    for lie in [before.as_str(), ZERO] {
        let said = server.send(&[(lie, &redacted, NOTES), (&evidence, &erased, EVIDENCE)]);
        assert!(said.contains("[own-ref-rewritten]"), "{said}");
        assert_eq!(server.git(&["rev-parse", EVIDENCE]), evidence, "{said}");
    }
    server.refuses(&[&format!("{erased}:{EVIDENCE}")], "own-ref-rewritten");
    let said = server.send(&[(&notes, &redacted, NOTES), (&evidence, &erased, EVIDENCE)]);
    assert_eq!(server.git(&["rev-parse", EVIDENCE]), erased, "{said}");
}

#[test]
fn a_record_of_the_root_log_comes_only_from_who_might_ever_sign_it() {
    // Expected: not-authorised for freeze, lift, grant and break-glass by a person who never had that right, and for taking back
    // another's word; none of them is taken in.
    let server = Server::at(Stage::Begun);
    let commit = server.change("a", "a");
    let until = json!({ "name": "mine", "refs": ["refs/heads/*"], "from": NOW, "until": "2026-12-01T00:00:00Z", "reason": "r" });
    let draft = |who: &str, kind: &str, body: &Value| server.draft(who, kind, (MAIN, &commit), body.clone());
    let freeze = server.plant("rita", &draft("rita", "freeze", &until));
    server.takes(&[NOTES]);
    let tip = server.box_.id(NOTES);
    let request = server.request("dev", &commit);
    let glass = json!({ "ref": MAIN, "commit": commit, "reason": "r" });
    let taken = server.box_.id(NOTES);
    assert_ne!(taken, tip, "what everybody may ask comes in");
    for (kind, body) in [
        ("freeze", until.clone()),
        ("lift", json!({ "freeze": freeze, "reason": "r" })),
        ("grant", json!({ "exception": request })),
        ("break-glass", glass.clone()),
        ("withdraw", json!({ "record": freeze, "reason": "r" })),
    ] {
        server.plant("dev", &draft("dev", kind, &body));
        server.refuses(&[NOTES], "not-authorised").says(&format!("{kind} ")).says("by @dev");
        server.refuses(&[NOTES, "HEAD:refs/heads/topic"], "not-authorised");
        server.box_.set_ref(NOTES, &taken);
    }
    // By those who may, each of them comes.
    server.plant("rita", &draft("rita", "break-glass", &glass));
    server.plant("ann", &draft("ann", "grant", &json!({ "exception": request })));
    server.plant("rita", &draft("rita", "withdraw", &json!({ "record": freeze, "reason": "r" })));
    server.takes(&[NOTES]);
}

#[test]
fn a_right_that_was_had_once_or_comes_with_the_push_is_enough_to_be_heard() {
    // Expected: not-authorised under the policy of before, policy-missing without the step that they name; taken in with the step
    // that gives the right, also as the list of a window, and still after a step that takes it away.
    let server = Server::at(Stage::Begun);
    let commit = server.change("a", "a");
    let policy = "refs/relsign/policy";
    let before = server.box_.text("refs/relsign/policy:version/policy.toml");
    let request = server.request("rita", &commit);
    let body = json!({ "name": "mine", "refs": ["refs/heads/x"], "from": NOW, "reason": "r" });
    let plant = |kind: &str, body: Value| server.plant("dev", &server.draft("dev", kind, (MAIN, &commit), body));
    let heard = || {
        plant("freeze", body.clone());
        plant("grant", json!({ "exception": request }));
    };
    let notes = server.box_.id(NOTES);
    heard();
    server.refuses(&[NOTES], "not-authorised");
    server.box_.set_ref(NOTES, &notes);
    let window = "\n[[freeze]]\nname = \"own list\"\nrefs = [\"refs/heads/y\"]\nzone = \"UTC\"\ngrant = [\"@dev\"]\n\
                  once = { from = \"2026-11-20T18:00\", to = \"2027-01-04T08:00\" }\n";
    let given = before.replace("\nfreeze = [\"release-manager\"]", "\nfreeze = [\"release-manager\", \"@dev\"]");
    assert_ne!(given, before);
    server.box_.step(&(given + window), &[]);
    heard();
    server.refuses(&[NOTES], "policy-missing");
    server.takes(&[policy, NOTES]);
    server.box_.step(&(before + "\n# as before\n"), &[]);
    server.takes(&[policy]);
    heard();
    server.takes(&[NOTES]);
}

#[test]
fn a_line_that_no_server_takes_does_not_hold_up_what_is_signed_after_it() {
    // Expected: a freeze that a person without the right signed and that came from elsewhere is refused and named; no record that
    // was signed beside it builds on it.
    let server = Server::at(Stage::Begun);
    let commit = server.change("a", "a");
    let body = json!({ "name": "mine", "refs": ["refs/heads/x"], "from": NOW, "reason": "r" });
    let root = server.root_blob();
    let id = server.plant("dev", &server.draft("dev", "freeze", (MAIN, &commit), body));
    server.run("rita", &["freeze", "start", "quiet", "--ref", "x", "--reason", "r", "--no-sync"]).exits(0);
    server.run("rita", &["freeze", "list"]).exits(0);
    server.run("rita", &["sync"]).exits(0).says("1 record sent").says(&id[..12]).says("by @dev");
    let there = server.git(&["notes", "--ref=relsign", "show", &root]);
    assert!(there.lines().count() == 1 && !is_by_dev(there.as_bytes()), "only the record of dev stays behind");
    server.run("rita", &["freeze", "list"]).exits(0).says("quiet");
}

/// Says whether a line is by dev.
fn is_by_dev(line: &[u8]) -> bool {
    crate::sandbox::Entry::read(&String::from_utf8_lossy(line))
        .is_some_and(|entry| entry.payload["predicate"]["signer"]["handle"] == "@dev")
}
