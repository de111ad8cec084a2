//! Frozen refs, exceptions that let nothing through, and the freezes of releases.

use serde_json::json;

use super::{Book, MAIN, NOTES, POLICY, hook, policy_text};
use crate::sandbox::{NOW, Stage, TAG, ended};
use crate::server::Server;

pub(super) fn frozen(book: &mut Book) {
    let server = Server::at(Stage::Begun);
    server.git(&["update-ref", "refs/heads/release/1", MAIN]);
    server.git(&["symbolic-ref", "refs/heads/current", MAIN]);
    server.change("a", "a");
    book.push(&server, "A window of the policy holds", &["HEAD:refs/heads/main"]);
    book.push(&server, "A frozen branch is deleted", &[":refs/heads/release/1"]);
    book.push(&server, "The name differs from a frozen one by capitals only", &["HEAD:refs/heads/Main"]);
    book.push(&server, "It differs by a letter only that some file systems take for another", &["HEAD:refs/heads/ma\u{131}n"]);
    book.push(&server, "It differs by a dot only that some file systems leave out", &["HEAD:refs/heads/release./1"]);
    book.push(&server, "The ref is another name for a frozen one", &["HEAD:refs/heads/current"]);
    let args =
        ["freeze", "start", "disk-full", "--ref", "main", "--reason", "the disks of the registry are full, nothing can be built"];
    server.run("rita", &args).exits(0);
    book.push(&server, "A freeze by hand holds too, until somebody lifts it", &["HEAD:refs/heads/main"]);
    let mut command = server.box_.command("git", &server.box_.repo);
    let run = ended(command.env("GL_ID", "key-1").args(["push", "-q", "--no-verify", "origin", "HEAD:refs/heads/main"]));
    book.remote("The same on GitLab, which shows only lines with its mark", &run.text());
    let (text, none) = (policy_text(&server), "grant = [\"qa\", \"sre\"]\nbreak_glass = [\"release-manager\"]\n");
    assert!(text.contains(none));
    server.box_.step(&text.replace(none, "grant = []\nlift = []\n"), &[]);
    server.takes(&[POLICY]);
    book.push(&server, "Nobody may grant an exception, and nobody may lift it", &["HEAD:refs/heads/main"]);

    let server = Server::at(Stage::Begun);
    server.box_.step(&text.replace(none, "grant = [\"@ann\"]\n"), &[]);
    server.takes(&[POLICY]);
    server.change("a", "a");
    book.push(&server, "Fewer may grant one than it takes", &["HEAD:refs/heads/main"]);

    let server = Server::at(Stage::Begun);
    server.box_.tag(TAG);
    server.run("rita", &["open", TAG, "--freeze", "refs/heads/topic", "--freeze-until", "2026-11-24T09:00:00Z"]).exits(0);
    server.change("a", "a");
    book.push(&server, "An open release holds the ref", &["HEAD:refs/heads/topic"]);
    hook(book, &server, "The hook of a clone says it before anything leaves", &["HEAD:refs/heads/topic"]);
}

pub(super) fn exceptions(book: &mut Book) {
    let server = Server::at(Stage::Begun);
    let commit = server.change("a", "a");
    server.request("rita", &commit);
    book.push(&server, "Too few have granted it", &["HEAD:refs/heads/main"]);
    for (title, grantors, needed) in [
        ("Who could grant it has asked for it", "[\"@ann\"]", 1),
        ("Fewer could still grant it than it takes", "[\"@ann\", \"@bob\"]", 2),
    ] {
        let server = Server::at(Stage::Begun);
        let text = policy_text(&server).replace("grant = [\"qa\", \"sre\"]", &format!("grant = {grantors}"));
        server.box_.step(&(text + &format!("[thresholds]\nexception = {needed}\n")), &[]);
        server.takes(&[POLICY]);
        let commit = server.change("a", "a");
        server.request("ann", &commit);
        book.push(&server, title, &["HEAD:refs/heads/main"]);
    }
    let server = Server::at(Stage::Begun);
    let begun = server.box_.id("HEAD");
    let base = server.change("z", "z");
    server.takes(&["HEAD:refs/heads/base"]);
    server.git(&["update-ref", MAIN, &base]);
    server.box_.git(&["fetch", "-q"]);
    let parent = server.change("a", "a");
    let commit = server.change("b", "b");
    server.excepted(&commit);
    book.push(&server, "The server does not have the commits that were granted", &[&format!("{parent}:{MAIN}")]);
    server.takes(&[&format!("{commit}:refs/heads/topic")]);
    book.push(&server, "Something else is pushed than what was granted", &[&format!("{parent}:{MAIN}")]);
    server.box_.git(&["checkout", "-q", "-b", "side", &base]);
    let evil = server.change("evil", "beside");
    let squash = server.box_.git(&["commit-tree", "-m", "squash", "-p", &evil, &format!("{commit}^{{tree}}")]);
    book.push(&server, "A commit comes along that nobody was shown", &[&format!("{squash}:{MAIN}")]);
    server.takes(&[&format!("{evil}:refs/heads/other")]);
    server.git(&["update-ref", MAIN, &evil]);
    book.push(&server, "The push takes commits away from the branch", &[&format!("+{commit}:{MAIN}")]);
    server.git(&["update-ref", MAIN, &begun]);
    book.push(&server, "The branch stands below the commit from which the change was shown", &[&format!("{commit}:{MAIN}")]);
    server.git(&["update-ref", MAIN, &base]);
    server.clock("2026-11-21T15:00:00Z");
    book.push(&server, "It has expired", &[&format!("{commit}:{MAIN}")]);
    server.clock(NOW);
    server.takes(&[&format!("{commit}:{MAIN}")]);
    server.box_.git(&["checkout", "-q", &commit]);
    server.box_.git(&["revert", "--no-edit", "HEAD"]);
    server.takes(&["HEAD:refs/heads/reverted"]);
    server.git(&["update-ref", MAIN, "refs/heads/reverted"]);
    book.push(&server, "It was used", &[&format!("+{commit}:{MAIN}")]);

    let server = Server::at(Stage::Begun);
    let base = server.box_.id("HEAD");
    server.change("evil", "hidden");
    let commit = server.change("a", "a");
    let plant = |subject: &str, base: &str, commits: &[&str], commit: &str| {
        let expires = "2026-11-22T00:00:00Z";
        let body = json!({ "ref": MAIN, "commit": commit, "base": base, "commits": commits, "reason": "r", "expires": expires });
        let id = server.plant("rita", &server.draft("rita", "exception", (subject, commit), body));
        for who in ["ann", "bob"] {
            server.plant(who, &server.draft(who, "grant", (MAIN, commit), json!({ "exception": id })));
        }
        server.takes(&[NOTES]);
    };
    plant(MAIN, &base, &[&commit], &commit);
    book.push(&server, "It lists fewer commits than it lets in", &[&format!("{commit}:{MAIN}")]);
    let other = server.change("b", "b");
    plant("refs/heads/release/1", &commit, &[&other], &other);
    book.push(&server, "It was signed for another ref than it says", &[&format!("{other}:{MAIN}")]);
    server.box_.git(&["config", "user.email", "somebody@example.org"]);
    let unknown = server.change("c", "c");
    plant(MAIN, &other, &[&unknown], &unknown);
    book.push(&server, "Nobody knows who wrote it", &[&format!("{unknown}:{MAIN}")]);
    let listed = "unknown_identity = \"refuse\"\nbots = [\"bot@example.org\"]";
    server.box_.step(&policy_text(&server).replace("unknown_identity = \"refuse\"", listed), &[]);
    server.takes(&[POLICY]);
    server.box_.git(&["config", "user.email", "bot@example.org"]);
    let bots = server.change("bot", "bot");
    plant(MAIN, &unknown, &[&bots], &bots);
    book.push(&server, "No person wrote it", &[&format!("{bots}:{MAIN}")]);
    let tree = server.box_.id("HEAD^{tree}");
    let text = format!("tree {tree}\nparent {bots}\ncommitter Dev Eloper <dev@example.com> 1795161600 +0000\n\nno author\n");
    let unread = server.box_.git_with(&["hash-object", "-t", "commit", "-w", "--literally", "--stdin"], text.as_bytes());
    plant(MAIN, &bots, &[&unread], &unread);
    book.push(&server, "A commit of it can't be read", &[&format!("{unread}:{MAIN}")]);
    server.box_.git(&["config", "user.email", "dev@example.com"]);
    let text = policy_text(&server);
    let late = server.change("d", "d");
    server.box_.step(&text.replace("request = [\"everyone\"]", "request = [\"release-manager\"]"), &[]);
    server.takes(&[POLICY]);
    let body = json!({
        "ref": MAIN, "commit": late, "base": bots, "commits": [late], "reason": "r", "expires": "2026-11-22T00:00:00Z",
    });
    server.plant("dev", &server.draft("dev", "exception", (MAIN, &late), body));
    server.takes(&[NOTES]);
    book.push(&server, "Who asked for it may not ask", &[&format!("{late}:{MAIN}")]);

    let server = Server::at(Stage::Begun);
    server.takes(&["HEAD:refs/heads/topic"]);
    let base = server.box_.id("HEAD");
    let commit = server.change("a", "a");
    let args = ["freeze", "request", &commit, "--ref", "topic", "--reason", "a leak", "--expires", "4h", "--base", &base, "--json"];
    let id = server.run("rita", &args).exits(0).json()["records"][0]["id"].as_str().unwrap().to_owned();
    for who in ["ann", "bob"] {
        server.run(who, &["freeze", "grant", &id]).exits(0);
    }
    server.clock("2026-11-21T10:00:00Z");
    let freeze = json!({ "name": "incident", "refs": ["refs/heads/topic"], "from": "2026-11-21T09:45:00Z", "reason": "it burns" });
    server.plant("rita", &server.draft("rita", "freeze", ("refs/heads/topic", &base), freeze));
    server.takes(&[NOTES]);
    book.push(&server, "The freeze began after it was asked for", &["HEAD:refs/heads/topic"]);
}

/// Freezes that end with a release, and a root log that is not whole.
pub(super) fn released(book: &mut Book) {
    let server = Server::at(Stage::Begun);
    server.box_.tag(TAG);
    let open = ["open", TAG, "--freeze", "refs/heads/x", "--freeze-until", "2026-11-24T09:00:00Z", "--no-sync"];
    server.run("rita", &open).exits(0);
    let (tip, tag_object) = (server.box_.id(NOTES), server.box_.id(TAG));
    let open = server.box_.log(TAG).into_iter().next().unwrap();
    for (title, open) in
        [("It names a release that its signer may not open", open.id), ("It names a release that is not there", "ab".repeat(32))]
    {
        let release = json!({ "tag_object": tag_object, "open": open });
        let body = json!({ "name": "x", "refs": ["refs/heads/*"], "from": NOW, "reason": "r", "release": release });
        server.plant("dev", &server.draft("dev", "freeze", ("refs/heads/main", &server.box_.id("HEAD")), body));
        book.push(&server, title, &[NOTES]);
        server.box_.set_ref(NOTES, &tip);
    }
    server.takes(&[NOTES, "refs/tags/v1.0.0"]);
    ended(server.box_.program().current_dir(&server.path).args(["freeze", "list"])).exits(0);
    server.git(&["update-ref", "-d", NOTES]);
    book.push(&server, "The server has lost what froze something", &["HEAD:refs/heads/topic"]);
}
