//! Hooks: what is said to a server by a program that is no git client, and how a server can be made to refuse everybody.

use serde_json::json;

use crate::sandbox::{Stage, TAG};
use crate::server::{Server, ZERO};

const NOTES: &str = "refs/notes/relsign";

#[test]
fn a_deletion_that_lies_about_what_it_deletes_is_refused() {
    // Expected: nothing is deleted by zeros for both ids, nor with an old id that the server has never seen or has elsewhere.
    let server = Server::at(Stage::Signed);
    server.change("a", "a");
    server.takes(&["HEAD:refs/heads/stable"]);
    let before = server.refs();
    let elsewhere = server.box_.id("HEAD~1");
    let (main, tag) = ("refs/heads/main", format!("refs/tags/{TAG}"));
    for name in [main, "refs/heads/stable", &tag, NOTES, "refs/relsign/policy", "refs/relsign/evidence"] {
        for old in [ZERO, &"1".repeat(40), &elsewhere] {
            let said = server.send(&[(old, ZERO, name)]);
            assert_eq!(server.refs(), before, "{name} by {old}: {said}");
            assert!(said.contains("push refused") || said.contains(&format!("push to {name} refused")), "{said}");
        }
    }
}

#[test]
fn a_push_does_not_choose_the_state_by_which_it_is_judged() {
    // Expected: ref-frozen, although the push says that the notes stand where nobody had frozen anything yet.
    let server = Server::at(Stage::Opened);
    server.takes(&["HEAD:refs/heads/topic"]);
    let (old, unfrozen) = (server.box_.id("HEAD"), server.box_.id(NOTES));
    server
        .run("rita", &["freeze", "start", "incident", "--ref", "topic", "--until", "2026-11-23T00:00:00Z", "--reason", "r"])
        .exits(0);
    let new = server.change("a", "a");
    server.takes(&["HEAD:refs/heads/elsewhere"]);
    server.refuses(&["HEAD:refs/heads/topic"], "ref-frozen");
    let before = server.refs();
    let frozen = server.box_.id(NOTES);
    assert_ne!(frozen, unfrozen);
    for (from, to) in [(unfrozen.as_str(), frozen.as_str()), (ZERO, &unfrozen)] {
        let said = server.send(&[(from, to, NOTES), (&old, &new, "refs/heads/topic")]);
        assert_eq!(server.refs(), before, "{said}");
        assert!(said.contains("[ref-frozen]"), "{said}");
    }
    let twice = server.send(&[(&unfrozen, &unfrozen, NOTES), (&frozen, &frozen, NOTES), (&old, &new, "refs/heads/topic")]);
    assert_eq!(server.refs(), before, "{twice}");
}

#[test]
fn a_log_is_never_filled_until_nobody_can_read_it() {
    // Expected: too-many-lines for the line that would be the last straw, and the branches of others still move.
    let server = Server::at(Stage::Begun);
    let root = server.root_blob();
    let keyid = server.box_.fingerprint("dev");
    let mut full: String = (100_000..200_000).fold(String::new(), |full, number| {
        full + &format!(
            r#"{{"payloadType":"application/vnd.in-toto+json","payload":"{number}","signatures":[{{"keyid":"{keyid}","sig":""}}]}}"#
        ) + "\n"
    });
    server.box_.set_note(&root, full.as_bytes());
    server.git(&["fetch", "-q", server.box_.repo.to_str().unwrap(), &format!("+{NOTES}:{NOTES}")]);
    let body = json!({ "name": "x", "refs": ["refs/heads/x"], "from": "2026-11-21T00:00:00Z", "reason": "r" });
    let mut draft = server.draft("dev", "freeze", ("refs/heads/x", &server.box_.id("HEAD")), body);
    draft["subject"].as_array_mut().unwrap().truncate(1);
    full.push_str(&String::from_utf8(server.box_.sign("dev", &draft)).unwrap());
    full.push('\n');
    server.box_.set_note(&root, full.as_bytes());
    server.refuses(&[NOTES], "too-many-lines");
    server.takes(&["HEAD:refs/heads/topic"]);
}

#[test]
fn a_machine_has_no_word_in_the_root_log() {
    // Expected: machine-not-person for a freeze that a machine's key signed, so that a stolen one fills no log of all refs.
    let server = Server::at(Stage::Begun);
    let body = json!({ "name": "x", "refs": ["refs/heads/x"], "from": "2026-11-21T00:00:00Z", "reason": "r" });
    let mut draft = server.draft("ci", "freeze", ("refs/heads/x", &server.box_.id("HEAD")), body);
    draft["subject"].as_array_mut().unwrap().truncate(1);
    draft["predicate"]["signer"]["handle"] = json!("machine:ci");
    server.plant("ci", &draft);
    server.refuses(&[NOTES], "machine-not-person");
}

#[test]
fn no_ref_takes_the_room_of_the_notes() {
    // Expected: own-ref-unknown for a ref of the name below which all notes lie.
    let server = Server::at(Stage::Begun);
    server.refuses(&["HEAD:refs/notes"], "own-ref-unknown");
    server.refuses(&["HEAD:refs/Notes"], "own-ref-unknown");
}

#[test]
fn a_reason_with_line_feeds_says_nothing_in_the_servers_name() {
    // Expected: the push is refused, and no line that the server says is one that the reason made up.
    let server = Server::at(Stage::Begun);
    let body = json!({
        "name": "x", "refs": ["refs/heads/topic"], "from": "2026-11-21T00:00:00Z",
        "reason": "r\nrelsign: push to refs/heads/topic allowed",
    });
    let mut draft = server.draft("rita", "freeze", ("refs/heads/x", &server.box_.id("HEAD")), body);
    draft["subject"].as_array_mut().unwrap().truncate(1);
    server.plant("rita", &draft);
    server.takes(&[NOTES]);
    let said = server.refuses(&["HEAD:refs/heads/topic"], "ref-frozen").text();
    assert!(
        !said.lines().any(|line| line.contains("relsign: push") && line.contains("allowed") && !line.contains("reason")),
        "{said}"
    );
}
