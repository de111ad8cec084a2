//! Late records: what comes after the time that the policy allows, and what came in time and is brought back.

use serde_json::json;

use crate::sandbox::{NOW, Run, Stage, TAG, ended};
use crate::server::Server;

const MAIN: &str = "refs/heads/main";
const NOTES: &str = "refs/notes/relsign";
const POLICY: &str = "refs/relsign/policy";
/// More than a week after the clock of every test.
const LATER: &str = "2026-11-30T09:30:00Z";

/// A server with an open release whose policy takes in nothing that is older than a week.
fn strict() -> Server {
    let server = Server::at(Stage::Begun);
    let text = server.box_.text(&format!("{POLICY}:version/policy.toml"));
    let text = text.replace("may = [\"check\"]", "may = [\"check\", \"receipt\"]");
    server.box_.step(&(text + "\n[limits]\nmax_backdate = \"7d\"\n"), &[]);
    server.takes(&[POLICY]);
    server.box_.tag(TAG);
    server.run("rita", &["open", TAG]).exits(0);
    server
}

/// Runs the program as somebody, later.
fn later(server: &Server, who: &str, args: &[&str]) -> Run {
    ended(server.box_.program().env("RELSIGN_NOW", LATER).arg("--key").arg(server.box_.key(who)).args(args))
}

#[test]
fn a_record_that_comes_too_late_keeps_nothing_back() {
    // Expected: record-backdated by the server and by the hook of the clone; the record is left out and named, and what is signed
    // then is shared, the same sign-off too. Before: nothing could be shared until the clone was rid of it by hand.
    for hooked in [false, true] {
        let server = strict();
        server.run("bob", &["approve", TAG, "tests", "--no-sync"]).exits(0);
        server.run("rita", &["freeze", "start", "x", "--ref", "x", "--reason", "r", "--no-sync"]).exits(0);
        server.clock(LATER);
        if !hooked {
            server.box_.run(&["hook", "uninstall"]).exits(0);
        }
        server.refuses(&[NOTES], "record-backdated").says("relsign sync");
        let run = later(&server, "bob", &["sync"]).exits(0).says("[record-backdated]").says("to be signed again");
        assert_eq!(run.text().matches("not shared with origin: ").count(), 2, "{}", run.text());
        later(&server, "ann", &["approve", TAG, "tests"]).exits(0).says("shared with origin");
        later(&server, "bob", &["approve", TAG, "tests"]).exits(0).says("shared with origin");
        later(&server, "rita", &["freeze", "start", "y", "--ref", "x", "--reason", "r"]).exits(0).says("shared with origin");
        let verified = later(&server, "bob", &["verify", TAG]);
        assert!(!verified.text().contains("record-vanished"), "{}", verified.text());
    }
}

#[test]
fn a_server_that_lost_its_records_takes_them_back_however_old_they_are() {
    // Expected: taken in once the server remembers them or a witness had them; record-backdated for one that neither names.
    let server = strict();
    server.hook("post-receive", NOW);
    let before = server.git(&["rev-parse", NOTES]);
    let body = json!({ "name": "by hand", "refs": ["refs/heads/topic"], "from": "2026-11-21T09:00:00Z", "reason": "r" });
    server.plant("rita", &server.draft("rita", "freeze", (MAIN, &server.box_.id("HEAD")), body));
    server.takes(&[NOTES]);
    let tip = server.box_.id(NOTES);
    server.git(&["update-ref", NOTES, &before]);
    server.clock(LATER);
    server.run("bob", &["approve", TAG, "tests", "--no-sync"]).exits(0);
    server.refuses(&[NOTES], "record-backdated").says("by @bob");
    server.box_.set_ref(NOTES, &tip);
    server.takes(&[NOTES]);
    // Of the log of a release this server remembers nothing; its witness does.
    let server = strict();
    let before = server.git(&["rev-parse", NOTES]);
    server.run("bob", &["approve", TAG, "tests"]).exits(0);
    let key = server.box_.key("ci");
    let mut command = server.box_.program();
    ended(command.current_dir(&server.path).args(["witness", "--here", "--key"]).arg(&key)).exits(0);
    server.git(&["update-ref", NOTES, &before]);
    server.clock(LATER);
    server.takes(&[NOTES]);
}
