//! Records that may not come.

use serde_json::{Value, json};

use super::{Book, MAIN, NOTES, POLICY, hook, policy_text};
use crate::litter::{many_lines, on_top, put_lines};
use crate::sandbox::{NOW, Stage, TAG, ended};
use crate::server::Server;

pub(super) fn records(book: &mut Book) {
    let server = Server::at(Stage::Signed);
    let (tip, object) = (server.box_.id(NOTES), server.box_.id(TAG));
    let sync = |server: &Server| server.box_.set_ref(NOTES, &tip);
    server.box_.drop_lines(TAG, |entry| entry.kind() == "sign");
    book.push(&server, "Records are left out", &[NOTES]);
    hook(book, &server, "The hook of a clone says it before anything leaves", &[NOTES]);
    sync(&server);
    book.push(&server, "The notes are deleted", &[":refs/notes/relsign"]);
    book.push(&server, "The notes go back", &[&format!("+{tip}~1:{NOTES}")]);
    book.push(&server, "Something that is no notes stands in their place", &[&format!("+{TAG}:{NOTES}")]);
    let with = |key: &str, value: Value| {
        let mut word = server.box_.draft_word(TAG, "bob", "tests", "approve");
        word["predicate"][key] = value;
        server.box_.sign("bob", &word)
    };
    let root = server.root_blob();
    let commit = server.box_.id("HEAD");
    let own = |who: &str, kind: &str, body: Value| server.box_.sign(who, &server.draft(who, kind, (MAIN, &commit), body));
    let freeze = json!({ "name": "x", "refs": ["refs/heads/x"], "from": NOW, "reason": "r" });
    let mut by_machine = server.draft("ci", "freeze", (MAIN, &commit), freeze.clone());
    by_machine["predicate"]["signer"]["handle"] = json!("machine:ci");
    let good = server.draft("rita", "freeze", (MAIN, &commit), freeze.clone());
    let target = server.plant("rita", &good);
    server.takes(&[NOTES]);
    let tip = server.box_.id(NOTES);
    let foreign = {
        let mut word = server.box_.draft_word(TAG, "bob", "tests", "approve");
        word["predicate"]["root"] = json!("7".repeat(64));
        server.box_.sign("bob", &word)
    };
    let step = server.box_.sign("rita", &server.box_.draft_step("rita", 9, &"7".repeat(64), Some(&"8".repeat(64))));
    let cases: [(&str, &str, Vec<u8>); 13] = [
        ("A line is junk", &object, b"junk".to_vec()),
        ("A record of another repository", &object, foreign),
        ("A record claims a time to come", &object, with("time", json!("2026-11-21T09:46:00Z"))),
        ("A record builds on one that is not there", &object, with("parents", json!(["ab".repeat(32)]))),
        ("A record stands on something else than it speaks of", &commit, with("time", json!(NOW))),
        ("A step of the policy stands in a log", &object, step),
        ("The key is unknown", &object, server.box_.sign("eve", &server.box_.draft_word(TAG, "eve", "tests", "approve"))),
        ("The key is of somebody else", &object, server.box_.sign("eve", &server.box_.draft_word(TAG, "bob", "tests", "approve"))),
        ("A machine freezes", &root, server.box_.sign("ci", &by_machine)),
        ("Who freezes may not", &root, own("dev", "freeze", freeze)),
        ("Who breaks the glass may not", &root, own("dev", "break-glass", json!({ "ref": MAIN, "commit": commit, "reason": "r" }))),
        ("Somebody takes back what another said", &root, own("ann", "withdraw", json!({ "record": target, "reason": "r" }))),
        ("A receipt in a log", &root, own("dev", "freeze", json!({ "name": "x" }))),
    ];
    for (title, object, line) in cases.into_iter().take(12) {
        server.box_.set_ref(NOTES, &tip);
        server.add_line_to(object, &line);
        book.push(&server, title, &[NOTES]);
    }
    server.box_.set_ref(NOTES, &tip);
    server.add_line_to(&object, b"junk");
    for _ in 0..7 {
        server.add_line_to(&object, &with("time", json!("2026-11-22T09:40:00Z")));
    }
    book.push(&server, "Many records may not come", &[NOTES]);
    server.box_.set_ref(NOTES, &tip);
    server.run("rita", &["freeze", "start", "quiet", "--ref", "x", "--reason", "r", "--no-sync"]).exits(0);
    server.add_line_to(&root, &own("dev", "freeze", json!({ "name": "x", "refs": ["refs/heads/x"], "from": NOW, "reason": "r" })));
    let run = ended(server.box_.program().env("COLUMNS", "80").arg("--key").arg(server.box_.key("rita")).args(["sync"]));
    run.clone().exits(0);
    book.entry(
        "What `relsign sync` makes of it",
        &run.stderr.lines().filter(|line| !line.contains(server.box_.path("").to_str().unwrap())).collect::<Vec<_>>(),
    );
    let tip = server.git(&["rev-parse", NOTES]);
    let text = policy_text(&server) + "\n[limits]\nmax_backdate = \"7d\"\n";
    server.box_.step(&text, &[]);
    server.box_.set_ref(NOTES, &tip);
    server.takes(&[POLICY]);
    server.add_line_to(&object, &with("time", json!("2026-11-13T09:00:00Z")));
    book.push(&server, "A record comes later than the policy allows", &[NOTES]);
    hook(book, &server, "The hook of a clone says it before anything leaves, and knows the remote", &[NOTES]);
    server.box_.run(&["hook", "uninstall"]).exits(0);
    server.box_.set_ref(NOTES, &tip);
    let receipts = "refs/notes/relsign-receipts";
    server.box_.write("line", with("time", json!(NOW)));
    server.box_.git(&["notes", "--ref=relsign-receipts", "add", "-F", "line", &root]);
    book.push(&server, "A receipt by nobody who witnesses", &[receipts]);

    let server = Server::at(Stage::Begun);
    server.box_.tag(TAG);
    server.run("rita", &["open", TAG, "--no-sync"]).exits(0);
    server.takes(&["refs/tags/v1.0.0"]);
    let name = format!("relsign-name-v1 {} refs/tags/{TAG}\n", server.box_.root());
    let name = server.box_.blob(name);
    server.box_.git(&["notes", "--ref=relsign", "remove", &name]);
    book.push(&server, "A release is opened where nobody would find it", &[NOTES]);
    let keyid = server.box_.fingerprint("dev");
    let full: String = (100_000..200_001).fold(String::new(), |full, number| {
        full + &format!(
            r#"{{"payloadType":"application/vnd.in-toto+json","payload":"{number}","signatures":[{{"keyid":"{keyid}","sig":""}}]}}"#
        ) + "\n"
    });
    server.box_.git(&["update-ref", "-d", NOTES]);
    server.box_.set_note(&server.root_blob(), full.as_bytes());
    book.push(&server, "A log would hold more than anybody reads", &[NOTES]);
    server.git(&["fetch", "-q", server.box_.repo.to_str().unwrap(), &format!("+{NOTES}:{NOTES}")]);
    book.push(&server, "It holds that much since before there was a hook", &["HEAD:refs/heads/topic"]);
    let server = Server::at(Stage::Opened);
    let (tip, object) = (server.box_.id(NOTES), server.box_.id(TAG));
    let word = server.box_.blob(b"word\n");
    let commit = on_top(&server, &tip, &[format!("100644 {word}\tREADME")]);
    book.push(&server, "Something that is no note lies among the notes", &[&format!("{commit}:{NOTES}")]);
    server.box_.set_note(&object, &[server.box_.note(&object), vec![b'\n'; 100_000]].concat());
    book.push(&server, "A note is made long with nothing in it", &[NOTES]);
    let mut draft = server.box_.draft(TAG, "dev", "omen", json!({ "says": "x".repeat(760_000) }));
    draft["predicate"]["parents"] = json!([]);
    put_lines(&server, &object, &many_lines(&server, "dev", &draft, 27));
    book.push(&server, "One person would fill a log", &[NOTES]);
    let there = server.git(&["hash-object", "-w", "-t", "tree", "/dev/null"]);
    let there = server.git(&["-c", "user.name=x", "-c", "user.email=x@example.com", "commit-tree", "-m", "x", &there]);
    server.git(&["update-ref", NOTES, &there]);
    hook(book, &server, "The remote has records that are not here", &[&format!("+{NOTES}")]);
}
