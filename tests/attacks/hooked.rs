//! Hooks: what is said to a server by a program that is no git client, and how a server can be made to refuse everybody.

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
