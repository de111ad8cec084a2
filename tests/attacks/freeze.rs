//! Freezes: what somebody tries who wants a change on a frozen branch that nobody let through, by real pushes to a server.

use serde_json::json;

use crate::sandbox::{Stage, TAG};
use crate::server::Server;

const MAIN: &str = "refs/heads/main";
const NOTES: &str = "refs/notes/relsign";

#[test]
fn a_frozen_branch_moves_under_no_name_and_in_no_way() {
    // Expected: ref-frozen for a plain push, by force, a deletion, other capitals, a symbolic ref, a tag under a pattern.
    let server = Server::at(Stage::Begun);
    server.git(&["symbolic-ref", "refs/heads/current", MAIN]);
    server.change("a", "a");
    server.refuses(&["HEAD:refs/heads/main"], "ref-frozen").says("quiet weeks").says("holiday trading").says("freeze request");
    server.refuses(&["+HEAD:refs/heads/main"], "ref-frozen");
    server.refuses(&[":refs/heads/main"], "ref-frozen");
    server.refuses(&["HEAD:refs/heads/Main"], "ref-frozen").says("only capitals");
    server.refuses(&["HEAD:refs/heads/current"], "ref-frozen").says("refs/heads/current is a symbolic ref to refs/heads/main");
    server.refuses(&["HEAD:refs/heads/release/9"], "ref-frozen");
    server.refuses(&["HEAD:refs/tags/frozen-1"], "ref-frozen");
    server.takes(&["HEAD:refs/heads/topic", "HEAD:refs/tags/other"]);
}

#[test]
fn a_frozen_name_of_an_annotated_tag_does_not_move_either() {
    // Expected: ref-frozen, with the reason, for an annotated tag that is made anew, becomes a commit, or is made of one.
    let server = Server::at(Stage::Begun);
    server.clock("2026-11-20T16:59:59Z");
    server.box_.git(&["tag", "-a", "-m", "one", "frozen-1"]);
    server.takes(&["frozen-1", "HEAD:refs/tags/frozen-2"]);
    server.clock("2026-11-20T17:00:00Z");
    server.change("a", "a");
    server.box_.git(&["tag", "-f", "-a", "-m", "two", "frozen-1"]);
    for refspec in ["+frozen-1", "+HEAD:refs/tags/frozen-1", "+frozen-1:refs/tags/frozen-2"] {
        server.refuses(&[refspec], "ref-frozen").says("holiday trading");
    }
}

#[test]
fn one_frozen_ref_among_several_stops_them_all() {
    // Expected: ref-frozen for every frozen one by name, and not even the free one moves.
    let server = Server::at(Stage::Begun);
    server.change("a", "a");
    let refs = ["HEAD:refs/heads/topic", "HEAD:refs/heads/release/1", "HEAD:refs/heads/main"];
    server.refuses(&refs, "ref-frozen").says("refs/heads/release/1 refused").says("refs/heads/main refused");
}

#[test]
fn a_window_holds_from_its_first_second_to_its_last() {
    // Expected: ref-frozen at both edges by the server's clock, whatever the client's says, and free a second outside.
    let server = Server::at(Stage::Begun);
    server.change("a", "a");
    for inside in ["2026-11-20T17:00:00Z", "2027-01-04T06:59:59Z"] {
        server.clock(inside);
        server.refuses(&["HEAD:refs/heads/main"], "ref-frozen");
    }
    server.clock("2026-11-20T16:59:59Z");
    server.takes(&["HEAD:refs/heads/main"]);
    server.change("b", "b");
    server.clock("2027-01-04T07:00:00Z");
    server.takes(&["HEAD:refs/heads/main"]);
}

#[test]
fn an_exception_counts_only_once_enough_others_granted_it() {
    // Expected: exception-short until two people whom the policy names have granted it; one person's two words are one.
    let server = Server::at(Stage::Begun);
    let commit = server.change("a", "a");
    let id = server.request("rita", &commit);
    server.refuses(&["HEAD:refs/heads/main"], "exception-short").says("0 of 2").says("@ann");
    server.run("rita", &["freeze", "grant", &id]).exits(1).says("may not grant");
    server.run("ann", &["freeze", "grant", &id]).exits(0);
    server.run("ann", &["freeze", "grant", &id]).exits(0).says("you have already");
    server.plant("ann", &server.draft("ann", "grant", (MAIN, &commit), json!({ "exception": id })));
    server.takes(&[NOTES]);
    server.refuses(&["HEAD:refs/heads/main"], "exception-short").says("1 of 2");
    server.run("bob", &["freeze", "grant", &id]).exits(0).says("that is enough");
    server.takes(&["HEAD:refs/heads/main"]).says("uses exception");
}

#[test]
fn a_grant_by_whoever_asked_or_wrote_it_is_none() {
    // Expected: exception-short on the server also where it was signed by hand; conflicts are named before signing.
    let server = Server::at(Stage::Begun);
    server.box_.git(&["config", "user.email", "ann@example.com"]);
    let commit = server.change("a", "a");
    let id = server.request("bob", &commit);
    server.run("bob", &["freeze", "grant", &id]).exits(1).says("requested it");
    server.run("ann", &["freeze", "grant", &id]).exits(1).says("review-by-implementer").says("who may: @max or @sam");
    for who in ["ann", "bob", "dev", "rita"] {
        server.plant(who, &server.draft(who, "grant", (MAIN, &commit), json!({ "exception": id })));
    }
    // Some of these a server with its hook on would not even take in.
    server.git(&["fetch", "-q", server.box_.repo.to_str().unwrap(), &format!("+{NOTES}:{NOTES}")]);
    server.refuses(&["HEAD:refs/heads/main"], "exception-short").says("0 of 2");
}

#[test]
fn a_grant_for_another_ref_or_commit_is_none() {
    // Expected: exception-short: a grant whose subjects are not those of the request counts for nobody.
    let server = Server::at(Stage::Begun);
    let first = server.box_.id("HEAD");
    let commit = server.change("a", "a");
    let id = server.request("rita", &commit);
    server.plant("ann", &server.draft("ann", "grant", ("refs/heads/release/1", &commit), json!({ "exception": id })));
    server.plant("bob", &server.draft("bob", "grant", (MAIN, &first), json!({ "exception": id })));
    server.takes(&[NOTES]);
    server.refuses(&["HEAD:refs/heads/main"], "exception-short").says("0 of 2");
}

#[test]
fn an_exception_that_comes_with_the_push_does_not_count_for_it() {
    // Expected: exception-short in the same push, and allowed in the next one.
    let server = Server::at(Stage::Begun);
    let commit = server.change("a", "a");
    let id = server.request("rita", &commit);
    server.run("ann", &["freeze", "grant", &id]).exits(0);
    server.run("bob", &["freeze", "grant", &id, "--no-sync"]).exits(0);
    server.refuses(&["HEAD:refs/heads/main", NOTES], "exception-short");
    server.takes(&[NOTES]);
    server.takes(&["HEAD:refs/heads/main"]);
}

#[test]
fn commits_smuggled_along_with_an_excepted_one_are_refused() {
    // Expected: exception-mismatch for a commit on top, one below, a merged branch, and a merge that changes more.
    let server = Server::at(Stage::Begun);
    let git = |args: &[&str]| server.box_.git(args);
    let base = server.box_.id("HEAD");
    let commit = server.change("a", "a");
    server.excepted(&commit);
    server.change("evil", "on top");
    server.refuses(&["HEAD:refs/heads/main"], "exception-mismatch");
    server.takes(&[&format!("{commit}:refs/heads/topic")]);
    git(&["checkout", "-q", "-b", "side", &base]);
    let evil = server.change("evil", "beside");
    // The tree is the one that was granted; the history behind it is not.
    let tree = server.box_.id(&format!("{commit}^{{tree}}"));
    let below = git(&["commit-tree", "-m", "squash", "-p", &evil, &tree]);
    server.refuses(&[&format!("{below}:{MAIN}")], "exception-mismatch").says("was not shown");
    let beside = git(&["commit-tree", "-m", "merge", "-p", &base, "-p", &evil, &tree]);
    server.refuses(&[&format!("{beside}:{MAIN}")], "exception-mismatch").says("was not shown");
    let more = git(&["commit-tree", "-m", "merge", "-p", &base, "-p", &commit, &server.box_.id("side^{tree}")]);
    server.refuses(&[&format!("{more}:{MAIN}")], "exception-mismatch");
    server.takes(&[&format!("{commit}:{MAIN}")]);
}

#[test]
fn an_exception_is_for_one_commit_and_one_ref() {
    // Expected: ref-frozen on another ref; for the parent exception-mismatch, or range-not-here where what was granted is not.
    let server = Server::at(Stage::Begun);
    let parent = server.change("a", "a");
    let commit = server.change("b", "b");
    server.excepted(&commit);
    server.refuses(&[&format!("{commit}:refs/heads/release/1")], "ref-frozen");
    server.refuses(&[&format!("{parent}:{MAIN}")], "range-not-here").says("to an unfrozen branch");
    server.takes(&[&format!("{commit}:refs/heads/topic")]);
    server.refuses(&[&format!("{parent}:{MAIN}")], "exception-mismatch");
    server.takes(&[&format!("{commit}:{MAIN}")]);
}

#[test]
fn a_request_that_lists_fewer_commits_than_there_are_lets_nothing_through() {
    // Expected: exception-mismatch: what was shown is compared with what lies between base and commit.
    let server = Server::at(Stage::Begun);
    let base = server.box_.id("HEAD");
    server.change("evil", "hidden");
    let commit = server.change("a", "a");
    let body = json!({
        "ref": MAIN, "commit": commit, "base": base, "commits": [commit], "reason": "r", "expires": "2026-11-22T00:00:00Z",
    });
    let id = server.plant("rita", &server.draft("rita", "exception", (MAIN, &commit), body));
    for who in ["ann", "bob"] {
        server.run(who, &["freeze", "grant", &id]).exits(1).says("exception-mismatch");
        server.plant(who, &server.draft(who, "grant", (MAIN, &commit), json!({ "exception": id })));
    }
    server.takes(&[NOTES]);
    server.refuses(&["HEAD:refs/heads/main"], "exception-mismatch").says("its list of commits differs");
}

#[test]
fn an_exception_past_its_time_lets_nothing_through() {
    // Expected: exception-expired from the very second on that the request names, by the server's clock.
    let server = Server::at(Stage::Begun);
    let commit = server.change("a", "a");
    server.excepted(&commit);
    server.clock("2026-11-21T13:30:00Z");
    server.refuses(&["HEAD:refs/heads/main"], "exception-expired");
    server.clock("2026-11-21T13:29:59Z");
    server.takes(&["HEAD:refs/heads/main"]);
}

#[test]
fn an_exception_is_used_once() {
    // Expected: ref-frozen when the change was taken back and is to land again; the list says that it was used.
    let server = Server::at(Stage::Begun);
    let commit = server.change("a", "a");
    server.excepted(&commit);
    server.takes(&["HEAD:refs/heads/main"]);
    server.box_.git(&["revert", "--no-edit", "HEAD"]);
    server.takes(&["HEAD:refs/heads/topic"]);
    server.git(&["update-ref", MAIN, "refs/heads/topic"]);
    server.box_.git(&["fetch", "-q"]);
    server.box_.git(&["cherry-pick", &commit]);
    server.refuses(&["HEAD:refs/heads/main"], "ref-frozen");
    server.box_.run(&["freeze", "exceptions"]).exits(0).says("  used  ");
}

#[test]
fn an_exception_is_not_used_again_in_a_freeze_that_began_after_it_was_asked_for() {
    // Expected: exception-mismatch once the branch was free in between and was forced back, and in a freeze that began later.
    let server = Server::at(Stage::Begun);
    let topic = "refs/heads/topic";
    let base = server.box_.id("HEAD");
    server.takes(&[&format!("HEAD:{topic}")]);
    let freeze = |name: &str, from: &str, until: &str| {
        let body = json!({ "name": name, "refs": [topic], "from": from, "until": until, "reason": "r" });
        server.plant("rita", &server.draft("rita", "freeze", (topic, &base), body));
        server.takes(&[NOTES]);
    };
    freeze("first", "2026-11-21T09:00:00Z", "2026-11-21T10:00:00Z");
    let commit = server.change("a", "a");
    let args = ["freeze", "request", &commit, "--ref", topic, "--reason", "a leak", "--expires", "4h", "--json", "--base", &base];
    let id = server.run("rita", &args).exits(0).json()["records"][0]["id"].as_str().unwrap().to_owned();
    for who in ["ann", "bob"] {
        server.run(who, &["freeze", "grant", &id]).exits(0);
    }
    freeze("second", "2026-11-21T11:00:00Z", "2026-11-21T13:00:00Z");
    server.takes(&[&format!("{commit}:{topic}")]).says("uses exception");
    server.clock("2026-11-21T10:30:00Z");
    server.takes(&[&format!("+{base}:{topic}")]);
    server.clock("2026-11-21T11:30:00Z");
    server.refuses(&[&format!("{commit}:{topic}")], "exception-mismatch").says("began");
    server.git(&["update-ref", "-d", topic]);
    server.refuses(&[&format!("{commit}:{topic}")], "exception-mismatch").says("began");
}

#[test]
fn a_squash_a_rebase_and_a_merge_land_and_what_differs_from_them_does_not() {
    // Expected: each goes through, since its tree is that of the clean merge; with one byte more it is exception-mismatch.
    for way in ["squash", "rebase", "merge"] {
        let server = Server::at(Stage::Begun);
        let git = |args: &[&str]| server.box_.git(args);
        git(&["checkout", "-q", "-b", "fix"]);
        server.change("a", "a");
        let commit = server.change("b", "b");
        server.excepted(&commit);
        // The administrator lets something else through meanwhile, so that the branch can't simply go forward.
        git(&["checkout", "-q", "main"]);
        server.change("other", "other");
        server.takes(&["fix", "HEAD:refs/heads/topic"]);
        server.git(&["update-ref", MAIN, "refs/heads/topic"]);
        match way {
            "squash" => {
                git(&["merge", "-q", "--squash", "fix"]);
                git(&["commit", "-q", "-m", "squashed"]);
            }
            "rebase" => drop(git(&["cherry-pick", "fix~1", "fix"])),
            _ => drop(git(&["merge", "-q", "--no-ff", "-m", "merged", "fix"])),
        }
        let good = server.box_.id("HEAD");
        server.box_.write("a", "a and more");
        git(&["commit", "-q", "-a", "--amend", "--no-edit"]);
        server.refuses(&["HEAD:refs/heads/main"], "exception-mismatch");
        server.takes(&[&format!("{good}:{MAIN}")]);
        git(&["fetch", "-q"]);
        server.box_.run(&["freeze", "exceptions"]).exits(0).says("  used  ");
    }
}

#[test]
fn glass_is_broken_by_whom_the_policy_names_and_for_one_commit() {
    // Expected: ref-frozen for a record by anybody else or for another commit; the right one is told of, then and ever after.
    let server = Server::at(Stage::Begun);
    let commit = server.change("a", "a");
    let run = server.run("ann", &["freeze", "break-glass", &commit, "--ref", "main", "--reason", "me"]).exits(1).says("may not");
    run.says(&format!("relsign freeze request {commit} --ref main --reason \"…\" --expires 4h"));
    let body = json!({ "ref": MAIN, "commit": commit, "reason": "me" });
    server.plant("ann", &server.draft("ann", "break-glass", (MAIN, &commit), body));
    server.refuses(&[NOTES], "not-authorised");
    // Also where it got in before the server had its hook.
    server.git(&["fetch", "-q", server.box_.repo.to_str().unwrap(), &format!("+{NOTES}:{NOTES}")]);
    server.refuses(&["HEAD:refs/heads/main"], "ref-frozen");
    let breaks = ["freeze", "break-glass", &commit, "--ref", "main", "--reason", "fire"];
    server.run("rita", &breaks).exits(0).says("BREAK-GLASS");
    server.change("b", "b");
    server.refuses(&["HEAD:refs/heads/main"], "ref-frozen");
    server.takes(&[&format!("{commit}:{MAIN}")]).says("used break-glass");
    server.box_.git(&["fetch", "-q"]);
    server.box_.run(&["freeze", "exceptions"]).exits(0).says("BREAK-GLASS USED").says("  used  ");
}

#[test]
fn a_policy_that_cannot_be_read_during_a_freeze_opens_nothing() {
    // Expected: every push is refused while the policy ref is junk, and nothing moves.
    let server = Server::at(Stage::Begun);
    server.git(&["update-ref", "refs/relsign/policy", MAIN]);
    server.change("a", "a");
    let before = server.refs();
    server.push(&["HEAD:refs/heads/topic"]).exits(1).says("push refused");
    assert_eq!(server.refs(), before);
}

#[test]
fn the_client_says_before_the_push_what_the_server_would() {
    // Expected: ref-frozen and exit 1 of pre-push, with how old the data is.
    let server = Server::at(Stage::Begun);
    let commit = server.change("a", "a");
    let old = server.git(&["rev-parse", MAIN]);
    // The hook fetches before it refuses; where it can't, it says how old the data is.
    server.box_.git(&["config", "remote.origin.url", "/nowhere"]);
    let mut hook = server.box_.program();
    hook.args(["hook", "run", "pre-push", "origin", "url"]);
    let mut child = hook.stdin(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), format!("{MAIN} {commit} {MAIN} {old}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("[ref-frozen]") && said.contains("judged by"), "{said}");
}

/// Declares a freeze of `topic` on the server, by hand, and gives the notes as they were before and its record.
fn frozen_topic(server: &Server) -> (String, String) {
    let (base, before) = (server.box_.id("HEAD"), server.git(&["rev-parse", NOTES]));
    let body = json!({ "name": "by hand", "refs": ["refs/heads/topic"], "from": "2026-11-21T09:00:00Z", "reason": "r" });
    let id = server.plant("rita", &server.draft("rita", "freeze", ("refs/heads/topic", &base), body));
    server.takes(&[NOTES]);
    server.refuses(&["HEAD:refs/heads/topic"], "ref-frozen");
    (before, id)
}

#[test]
fn a_server_that_lost_a_freeze_which_it_had_lets_nothing_through() {
    // Expected: record-vanished for every ref once the log is rolled back, and what to do; the record pushed again mends it.
    let server = Server::at(Stage::Opened);
    server.hook("post-receive", crate::sandbox::NOW);
    let (before, id) = frozen_topic(&server);
    server.git(&["update-ref", NOTES, &before]);
    for name in ["topic", "other"] {
        let run = server.refuses_all(&[&format!("HEAD:refs/heads/{name}")]);
        run.says("record-vanished").says(&id[..12]).says("relsign sync").says("relsign/baseline");
    }
    server.takes(&[NOTES]);
    server.takes(&["HEAD:refs/heads/other"]);
    server.refuses(&["HEAD:refs/heads/topic"], "ref-frozen");
}

#[test]
fn a_freeze_that_a_witness_had_and_the_server_lost_lets_nothing_through() {
    // Expected: record-vanished for every ref after the witness's next look, although only its receipts tell of the record.
    let server = Server::at(Stage::Opened);
    let text = server.box_.policy_text().replace("may = [\"check\"]", "may = [\"check\", \"receipt\"]") + crate::server::RULES;
    server.box_.step(&text, &[]);
    server.takes(&["refs/relsign/policy"]);
    let (before, id) = frozen_topic(&server);
    let key = server.box_.key("ci");
    let look = || {
        let mut command = server.box_.program();
        crate::sandbox::ended(command.current_dir(&server.path).args(["witness", "--here", "--key"]).arg(&key))
    };
    look().exits(0).says("record of the whole repository");
    server.git(&["update-ref", NOTES, &before]);
    std::fs::remove_dir_all(server.path.join("relsign/baseline")).unwrap();
    look().exits(4).says("record-vanished");
    server.refuses_all(&["HEAD:refs/heads/other"]).says("record-vanished").says(&id[..12]);
    server.takes(&[NOTES]);
    server.takes(&["HEAD:refs/heads/other"]);
}

#[test]
fn what_merely_lies_in_the_root_log_does_not_close_the_server_when_it_goes() {
    // Expected: a push goes through after a line that speaks of something else was seen by `freeze list` and taken away.
    let server = Server::at(Stage::Opened);
    let before = server.git(&["rev-parse", NOTES]);
    server.add_line_to(&server.root_blob(), &server.box_.sign("bob", &server.box_.draft_word(TAG, "bob", "tests", "approve")));
    server.git(&["fetch", "-q", server.box_.repo.to_str().unwrap(), &format!("+{NOTES}:{NOTES}")]);
    let mut command = server.box_.program();
    crate::sandbox::ended(command.current_dir(&server.path).args(["freeze", "list"])).exits(0);
    server.git(&["update-ref", NOTES, &before]);
    server.takes(&["HEAD:refs/heads/other"]);
}
