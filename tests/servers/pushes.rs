//! What a server refuses and what it takes in, the same over every way to reach it, from a clone that has no hooks.

use crate::sandbox::Sandbox;
use crate::servers::{Server, Way};

fn over(way: Way, case: fn(&Sandbox)) {
    let sandbox = Sandbox::project();
    let Some(server) = Server::start(way, &sandbox) else { return };
    server.become_origin(&sandbox);
    case(&sandbox);
}

macro_rules! over_every_server {
    ($($case:ident),* $(,)?) => {
        over_every_server!(@ file, File, $($case),*);
        over_every_server!(@ daemon, Daemon, $($case),*);
        over_every_server!(@ http, Http, $($case),*);
        over_every_server!(@ ssh, Ssh, $($case),*);
    };
    (@ $server:ident, $way:ident, $($case:ident),*) => {
        mod $server {
            $(
                #[test]
                fn $case() {
                    super::over(crate::servers::Way::$way, super::$case);
                }
            )*
        }
    };
}

over_every_server! {
    what_is_allowed_lands_without_a_word,
    a_frozen_branch_does_not_move_whatever_the_client_leaves_out,
    one_frozen_ref_holds_up_the_whole_push,
    a_mirror_push_changes_nothing,
    a_frozen_branch_is_neither_deleted_nor_made_again,
    another_name_for_a_frozen_branch_is_frozen_too,
    the_tag_of_a_release_neither_moves_nor_vanishes,
    the_log_only_grows,
    the_policy_stays,
    a_step_of_the_policy_lands_and_rules_the_next_push,
    a_replacement_is_refused,
    a_gated_branch_takes_a_release_in_go_and_nothing_else,
    a_gated_branch_takes_no_release_of_another_environment_and_not_the_best_of_several,
    a_lift_in_the_same_push_does_not_count_yet,
    a_push_larger_than_one_request_is_judged_like_any,
    an_exception_lets_its_change_through_once,
}

#[test]
fn an_exception_is_not_for_the_push_that_brings_it() {
    over(Way::File, an_exception_in_the_same_push_does_not_count_yet);
}

#[test]
fn an_expired_exception_is_none() {
    over(Way::File, an_exception_that_has_expired_lets_nothing_through);
}

#[test]
fn a_witness_without_its_key_is_told_of_once_and_the_push_stays() {
    over(Way::File, |sandbox| {
        sandbox.git_in(&sandbox.server(), &["config", "relsign.witnesskey", "/nowhere"]);
        let commit = sandbox.commit("second");
        let run = sandbox.push(&["origin", "main"]).exits(0).says("the push landed, but: NO receipt was signed for it");
        let run = run.says("relsign witness --here");
        assert_eq!(run.text.matches("the push").count(), 1, "{}", run.text);
        assert_eq!(sandbox.landed("refs/heads/main"), Some(commit));
    });
}

/// Gives all refs of the server, as git lists them.
fn refs(sandbox: &Sandbox) -> String {
    sandbox.git_in(&sandbox.server(), &["for-each-ref"])
}

/// Pushes, asserts that the server refuses it with a code and a sentence, and that nothing moved.
#[track_caller]
fn refused(sandbox: &Sandbox, args: &[&str], code: &str) {
    let before = refs(sandbox);
    let run = sandbox.push(args);
    assert_ne!(run.code, 0, "{args:?}: {}", crate::servers::explain(sandbox, &run));
    run.says("remote: relsign: push to ").says(&format!("[{code}]"));
    assert_eq!(refs(sandbox), before, "{args:?}");
}

fn what_is_allowed_lands_without_a_word(sandbox: &Sandbox) {
    let commit = sandbox.commit("second");
    let run = sandbox.push(&["origin", "main", "main:refs/heads/topic", "main:refs/tags/light"]);
    assert_eq!(run.code, 0, "{}", crate::servers::explain(sandbox, &run));
    run.says_not("relsign:");
    for name in ["refs/heads/main", "refs/heads/topic", "refs/tags/light"] {
        assert_eq!(sandbox.landed(name).as_deref(), Some(commit.as_str()));
    }
    sandbox.push(&["origin", ":topic", ":light"]).exits(0).says_not("relsign:");
    assert_eq!(sandbox.landed("refs/heads/topic"), None);
}

fn a_frozen_branch_does_not_move_whatever_the_client_leaves_out(sandbox: &Sandbox) {
    let commit = sandbox.commit("second");
    for options in [&["origin"][..], &["--no-verify", "origin"], &["--force", "origin"], &["--atomic", "--no-verify", "origin"]] {
        refused(sandbox, &[options, &["HEAD:frozen"]].concat(), "ref-frozen");
    }
    sandbox
        .push(&["origin", "HEAD:frozen"])
        .says("remote: relsign: push to refs/heads/frozen refused: frozen by")
        .says("nothing moves here");
    // What was refused does not stay behind on the server either.
    let left = sandbox.program("git", &sandbox.server(), &["cat-file", "-e", &commit]);
    assert_ne!(left.code, 0, "{}", left.text);
}

fn one_frozen_ref_holds_up_the_whole_push(sandbox: &Sandbox) {
    sandbox.commit("second");
    for atomic in ["--atomic", "--no-atomic"] {
        refused(sandbox, &[atomic, "origin", "main", "main:topic", "main:frozen", "main:refs/tags/light"], "ref-frozen");
    }
}

fn a_mirror_push_changes_nothing(sandbox: &Sandbox) {
    sandbox.commit("second");
    // The clone has no branch `frozen`, so a mirror would delete it.
    refused(sandbox, &["--mirror", "origin"], "ref-frozen");
    refused(sandbox, &["--prune", "--force", "origin", "refs/heads/*:refs/heads/*"], "ref-frozen");
}

fn a_frozen_branch_is_neither_deleted_nor_made_again(sandbox: &Sandbox) {
    refused(sandbox, &["origin", ":frozen"], "ref-frozen");
    refused(sandbox, &["--force", "origin", "--delete", "frozen"], "ref-frozen");
    // Even where somebody deleted it on the server itself, nobody makes it anew.
    sandbox.git_in(&sandbox.server(), &["update-ref", "-d", "refs/heads/frozen"]);
    sandbox.commit("second");
    refused(sandbox, &["origin", "HEAD:frozen"], "ref-frozen");
}

fn another_name_for_a_frozen_branch_is_frozen_too(sandbox: &Sandbox) {
    sandbox.git_in(&sandbox.server(), &["symbolic-ref", "refs/heads/alias", "refs/heads/frozen"]);
    sandbox.commit("second");
    refused(sandbox, &["origin", "HEAD:alias"], "ref-frozen");
    refused(sandbox, &["origin", "HEAD:refs/heads/Frozen"], "ref-frozen");
}

fn the_tag_of_a_release_neither_moves_nor_vanishes(sandbox: &Sandbox) {
    open(sandbox, "v1.0.0");
    refused(sandbox, &["origin", ":v1.0.0"], "tag-spent");
    sandbox.commit("second");
    sandbox.git(&["tag", "-f", "-a", "-m", "moved", "v1.0.0"]);
    refused(sandbox, &["--force", "origin", "v1.0.0"], "tag-spent");
    refused(sandbox, &["--force", "--tags", "origin"], "tag-spent");
}

fn the_log_only_grows(sandbox: &Sandbox) {
    open(sandbox, "v1.0.0");
    let tip = sandbox.git(&["rev-parse", "refs/notes/relsign"]);
    refused(sandbox, &["--force", "origin", ":refs/notes/relsign"], "own-ref-rewritten");
    // A commit on top that drops every note, which is a fast-forward.
    let tree = sandbox.git(&["hash-object", "-w", "-t", "tree", "/dev/null"]);
    let emptied = sandbox.git(&["commit-tree", "-p", &tip, "-m", "emptied", &tree]);
    refused(sandbox, &["origin", &format!("{emptied}:refs/notes/relsign")], "own-ref-rewritten");
    let other = sandbox.git(&["commit-tree", "-m", "another beginning", &tree]);
    refused(sandbox, &["--force", "origin", &format!("{other}:refs/notes/relsign")], "own-ref-rewritten");
}

fn the_policy_stays(sandbox: &Sandbox) {
    refused(sandbox, &["--force", "origin", ":refs/relsign/policy"], "own-ref-rewritten");
    let run = sandbox.push(&["--force", "origin", "main:refs/relsign/policy"]);
    assert_ne!(run.code, 0);
    run.says("remote: relsign: push");
}

fn a_step_of_the_policy_lands_and_rules_the_next_push(sandbox: &Sandbox) {
    let file = sandbox.clone().join(".relsign/policy.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("\"refs/heads/frozen\"", "\"refs/heads/frozen\", \"refs/heads/main\"")).unwrap();
    sandbox.relsign_as("rita", &["policy", "activate", "--no-sync"]).exits(0);
    sandbox.commit("second");
    // The policy of before the push rules it.
    sandbox.push(&["origin", "refs/relsign/policy", "main"]).exits(0).says_not("WARNING");
    sandbox.commit("third");
    refused(sandbox, &["origin", "main"], "ref-frozen");
}

fn a_replacement_is_refused(sandbox: &Sandbox) {
    let commit = sandbox.commit("second");
    refused(sandbox, &["origin", &format!("main:refs/replace/{commit}")], "ref-replacement");
}

fn a_gated_branch_takes_a_release_in_go_and_nothing_else(sandbox: &Sandbox) {
    open(sandbox, "v1.0.0");
    refused(sandbox, &["origin", "main:production"], "ref-gated");
    sandbox.relsign_as("rita", &["approve", "v1.0.0", "works"]).exits(0);
    sandbox.relsign_as("rita", &["decide", "v1.0.0", "go"]).exits(0);
    let released = sandbox.git(&["rev-parse", "v1.0.0^{commit}"]);
    sandbox.commit("second");
    refused(sandbox, &["origin", "main:production"], "ref-gated");
    sandbox.push(&["origin", &format!("{released}:refs/heads/production")]).exits(0).says_not("WARNING");
    assert_eq!(sandbox.landed("refs/heads/production"), Some(released));
}

fn a_gated_branch_takes_no_release_of_another_environment_and_not_the_best_of_several(sandbox: &Sandbox) {
    let release = |tag: &str, place: &str| {
        sandbox.git(&["-c", "user.name=Rita Mann", "-c", "user.email=rita@example.com", "tag", "-a", "-m", tag, tag]);
        sandbox.relsign_as("rita", &["open", tag, "--env", place]).exits(0);
        sandbox.relsign_as("rita", &["approve", tag, "works"]).exits(0);
    };
    release("v1.0.0", "staging");
    sandbox.relsign_as("rita", &["decide", "v1.0.0", "go"]).exits(0);
    refused(sandbox, &["origin", "main:production"], "ref-gated");
    release("v1.0.1", "production");
    sandbox.relsign_as("rita", &["decide", "v1.0.1", "go"]).exits(0);
    release("v1.0.2", "production");
    sandbox.relsign_as("rita", &["decide", "v1.0.2", "no-go", "--reason", "broken"]).exits(0);
    refused(sandbox, &["origin", "main:production"], "ref-gated");
    sandbox.relsign_as("rita", &["decide", "v1.0.2", "go"]).exits(0);
    let commit = sandbox.git(&["rev-parse", "main"]);
    sandbox.push(&["origin", "main:production"]).exits(0).says_not("WARNING");
    assert_eq!(sandbox.landed("refs/heads/production"), Some(commit));
}

fn a_lift_in_the_same_push_does_not_count_yet(sandbox: &Sandbox) {
    let start = ["freeze", "start", "incident", "--ref", "refs/heads/topic", "--until", "2h", "--reason", "something is wrong"];
    sandbox.relsign_as("rita", &start).exits(0);
    sandbox.commit("second");
    refused(sandbox, &["origin", "main:topic"], "ref-frozen");
    let lift = ["freeze", "lift", "incident", "--reason", "it was nothing", "--no-sync"];
    sandbox.relsign_as("rita", &lift).exits(0);
    refused(sandbox, &["origin", "refs/notes/relsign", "main:topic"], "ref-frozen");
    refused(sandbox, &["--atomic", "origin", "refs/notes/relsign", "main:topic"], "ref-frozen");
    sandbox.push(&["origin", "refs/notes/relsign"]).exits(0).says_not("WARNING");
    sandbox.push(&["origin", "main:topic"]).exits(0).says_not("WARNING");
}

fn a_push_larger_than_one_request_is_judged_like_any(sandbox: &Sandbox) {
    // What does not compress, and more than git sends in one request.
    let mut text = String::new();
    let mut state = 1u64;
    while text.len() < 3 << 20 {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        text.push_str(&format!("{state:016x}"));
    }
    sandbox.write("large", &text);
    sandbox.commit("large");
    refused(sandbox, &["origin", "main:frozen"], "ref-frozen");
    sandbox.push(&["origin", "main"]).exits(0);
}

/// Tags what is committed and opens it as a release, shared with the server.
fn open(sandbox: &Sandbox, tag: &str) {
    sandbox.git(&["-c", "user.name=Rita Mann", "-c", "user.email=rita@example.com", "tag", "-a", "-m", tag, tag]);
    let run = sandbox.relsign_as("rita", &["open", tag]);
    assert_eq!(run.code, 0, "{}", crate::servers::explain(sandbox, &run));
}

/// Asks as @rita to let HEAD onto `frozen`, and grants it as @bob.
fn excepted(sandbox: &Sandbox, expires: &str) {
    ask_and_grant(sandbox, expires, &[]);
}

/// As `excepted`, without telling anybody.
fn excepted_alone(sandbox: &Sandbox) {
    ask_and_grant(sandbox, "4h", &["--no-sync"]);
}

fn ask_and_grant(sandbox: &Sandbox, expires: &str, more: &[&str]) {
    let words = ["freeze", "request", "HEAD", "--ref", "refs/heads/frozen", "--reason", "it burns", "--ticket", "INC-7"];
    sandbox.relsign_as("rita", &[&words[..], &["--expires", expires], more].concat()).exits(0);
    let listed = sandbox.relsign(&["freeze", "exceptions", "--json"]).exits(0).text;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let record = listed["exceptions"][0]["record"].as_str().unwrap();
    sandbox.relsign_as("bob", &[&["freeze", "grant", record], more].concat()).exits(0);
}

fn an_exception_lets_its_change_through_once(sandbox: &Sandbox) {
    sandbox.write("fix", "one\n");
    let fix = sandbox.commit("fix");
    refused(sandbox, &["origin", "HEAD:frozen"], "ref-frozen");
    excepted(sandbox, "4h");
    // Nothing else slips in with it, under it or in its place, and it is for this ref alone.
    sandbox.write("smuggled", "two\n");
    sandbox.commit("smuggled");
    refuses(sandbox, &["origin", "HEAD:frozen"]);
    sandbox.git(&["reset", "-q", "--hard", "HEAD^"]);
    sandbox.git(&["commit", "-q", "--amend", "-m", "fix and more", "--allow-empty"]);
    sandbox.write("more", "three\n");
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-q", "--amend", "--no-edit"]);
    refuses(sandbox, &["origin", "HEAD:frozen"]);
    refuses(sandbox, &["origin", ":frozen"]);
    sandbox.push(&["origin", &format!("{fix}:refs/heads/frozen")]).exits(0).says_not("WARNING");
    assert_eq!(sandbox.landed("refs/heads/frozen"), Some(fix.clone()));
    // It is used up: the branch neither goes back nor comes again.
    refuses(sandbox, &["--force", "origin", &format!("{fix}^:refs/heads/frozen")]);
    refuses(sandbox, &["origin", ":frozen"]);
}

fn an_exception_in_the_same_push_does_not_count_yet(sandbox: &Sandbox) {
    sandbox.write("fix", "one\n");
    let fix = sandbox.commit("fix");
    // The remote is away for as long as it is asked for and granted.
    let url = sandbox.git(&["remote", "get-url", "origin"]);
    sandbox.git(&["remote", "set-url", "origin", "/nonexistent"]);
    excepted_alone(sandbox);
    sandbox.git(&["remote", "set-url", "origin", &url]);
    refused(sandbox, &["origin", "refs/notes/relsign", &format!("{fix}:refs/heads/frozen")], "ref-frozen");
    refused(sandbox, &["--atomic", "origin", "refs/notes/relsign", &format!("{fix}:refs/heads/frozen")], "ref-frozen");
    sandbox.push(&["origin", "refs/notes/relsign"]).exits(0);
    sandbox.push(&["origin", &format!("{fix}:refs/heads/frozen")]).exits(0);
}

fn an_exception_that_has_expired_lets_nothing_through(sandbox: &Sandbox) {
    sandbox.write("fix", "one\n");
    sandbox.commit("fix");
    excepted(sandbox, "2s");
    std::thread::sleep(std::time::Duration::from_secs(2));
    refuses(sandbox, &["origin", "HEAD:frozen"]);
}

/// As `refused`, whatever the code.
#[track_caller]
fn refuses(sandbox: &Sandbox, args: &[&str]) {
    let before = refs(sandbox);
    let run = sandbox.push(args);
    assert_ne!(run.code, 0, "{args:?}: {}", run.text);
    run.says("remote: relsign: push to refs/heads/frozen refused: ");
    assert_eq!(refs(sandbox), before, "{args:?}");
}

#[test]
fn a_mirror_of_a_clone_holds_nothing_that_is_the_clones_own() {
    // Expected: exit 0 at a server with hooks and at one without, from the clone and from a linked worktree of it, also after
    // a plain fetch and a plain push, and no ref of relsign's there but the logs, the evidence and the policy.
    let sandbox = Sandbox::project();
    sandbox.git(&["branch", "frozen", "origin/frozen"]);
    sandbox.git(&["tag", "-a", "-m", "x", "v0.1.0"]);
    sandbox.relsign_as("rita", &["open", "v0.1.0"]).exits(0);
    sandbox.git(&["worktree", "add", "-q", "-b", "linked", "../linked"]);
    sandbox.program("git", &sandbox.path("srv"), &["init", "-q", "--bare", "bare.git"]).exits(0);
    sandbox.git(&["remote", "add", "bare", sandbox.path("srv/bare.git").to_str().unwrap()]);
    for place in ["clone", "linked"] {
        let place = sandbox.path(place);
        let rita = sandbox.key("rita");
        let reject = ["--key", rita.to_str().unwrap(), "reject", "v0.1.0", "works", "--reason", "no"];
        sandbox.program(crate::place::program(), &place, &reject).exits(0).says("shared with origin");
        sandbox.program(crate::place::program(), &place, &["sync", "bare"]).exits(0);
        for (remote, server) in [("origin", sandbox.server()), ("bare", sandbox.path("srv/bare.git"))] {
            sandbox.program("git", &place, &["fetch", "-q", "origin"]).exits(0);
            let along = sandbox.git_in(&place, &["for-each-ref", "--format=%(refname)"]);
            assert!(along.lines().any(|name| name.contains("relsign") && name.contains("origin")), "{along}");
            sandbox.program("git", &place, &["push", "--mirror", remote]).exits(0);
            let there = sandbox.git_in(&server, &["for-each-ref", "--format=%(refname)"]);
            let own = there.lines().filter(|name| name.contains("relsign"));
            let known = ["refs/notes/relsign", "refs/relsign/evidence", "refs/relsign/policy"];
            assert_eq!(own.collect::<Vec<_>>(), known, "{remote}");
        }
    }
    // What only the remote had, and git has cleaned up here, comes again.
    let policy = sandbox.git(&["rev-parse", "refs/relsign/policy"]);
    let fetched = sandbox.clone().join(".git/relsign/fetched/refs/worktree/relsign/origin");
    for name in ["notes", "policy", "evidence"] {
        std::fs::write(fetched.join(name), policy.replace(|digit: char| digit.is_ascii_digit(), "a")).unwrap();
    }
    sandbox.git(&["gc", "-q", "--prune=now"]);
    for args in [&["status", "v0.1.0"][..], &["sync"], &["verify", "--heads"]] {
        let run = sandbox.relsign(args);
        assert!(run.code < 2, "{args:?}: {}", run.text);
    }
    assert_eq!(std::fs::read_to_string(fetched.join("policy")).unwrap().trim(), policy);
}
