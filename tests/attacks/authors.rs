//! Who made what is released: commits and tags that are written so that somebody who made them is not seen.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::authority::{open_by_hand, say_all_by_hand};
use crate::sandbox::{Sandbox, Stage, TAG, hex};
use crate::server::Server;

const NEXT: &str = "v2.0.0";
const DEV: &str = "Dev Eloper <dev@example.com> 1795161600 +0000";
const BOB: &str = "Bob <bob@example.com> 1795161600 +0000";
const FORGE: &str = "noreply@github.com";
const BOT: &str = "49699333+dependabot[bot]@users.noreply.github.com";

/// Writes a commit of raw bytes with the tree of HEAD, puts `main` on it, and gives its id.
fn raw_commit(box_: &Sandbox, bytes: &[u8]) -> String {
    let commit = box_.git_with(&["hash-object", "-t", "commit", "-w", "--literally", "--stdin"], bytes);
    std::fs::write(box_.repo.join(".git/refs/heads/main"), format!("{commit}\n")).unwrap();
    commit
}

/// Gives the bytes of a commit on HEAD whose headers after the parent are these.
fn on_head(box_: &Sandbox, headers: &str, message: &[u8]) -> Vec<u8> {
    let start = format!("tree {}\nparent {}\n{headers}\n", box_.id("HEAD^{tree}"), box_.id("HEAD"));
    [start.as_bytes(), message].concat()
}

/// Writes a tag of raw bytes on a commit, which need not be one that git reads.
fn raw_tag(box_: &Sandbox, name: &str, commit: &str, tagger: &str, message: &str) -> String {
    let text = format!("object {commit}\ntype commit\ntag {name}\n{tagger}\n{message}\n");
    let tag = box_.git_with(&["hash-object", "-t", "tag", "-w", "--literally", "--stdin"], text.as_bytes());
    std::fs::write(box_.repo.join(".git/refs/tags").join(name), format!("{tag}\n")).unwrap();
    tag
}

/// Gives an open record for a second tag on a commit with the tree of the first: it names @rita and @dev and nobody else.
fn next_open(box_: &Sandbox, tag: &str, commit: &str, commits: u64) -> Value {
    let log = box_.log(TAG);
    let open = log.iter().find(|entry| entry.kind() == "open").unwrap();
    let text = open.payload.to_string().replace(&format!("refs/tags/{TAG}"), &format!("refs/tags/{NEXT}"));
    let (old_tag, old_commit) = (box_.id(&format!("refs/tags/{TAG}")), box_.id(&format!("{TAG}^{{commit}}")));
    let mut text = text;
    for (kind, old, new) in [("tag", old_tag.as_str(), tag), ("commit", &old_commit, commit)] {
        let framed = |id: &str| {
            let bytes = box_.git_bytes(&["cat-file", kind, id]);
            hex(&Sha256::digest([format!("{kind} {}\0", bytes.len()).as_bytes(), &bytes].concat()))
        };
        text = text.replace(&framed(old), &framed(new)).replace(old, new);
    }
    let mut payload: Value = serde_json::from_str(&text).unwrap();
    payload["predicate"]["nonce"] = json!("ef".repeat(16));
    payload["predicate"]["parents"] = json!([]);
    payload["predicate"]["body"]["implementers"] = json!({ "tagger": "@rita", "people": ["@dev"] });
    payload["predicate"]["body"]["commits"] = json!(commits);
    payload
}

/// A second release on a plain commit above a raw one, opened, signed and decided by hand, with @bob among the reviewers.
fn hidden(commit: impl FnOnce(&Sandbox) -> Vec<u8>) -> Sandbox {
    let box_ = Sandbox::at(Stage::Opened);
    let tree = box_.id("HEAD^{tree}");
    let bytes = commit(&box_);
    let below = raw_commit(&box_, &bytes);
    let above = format!("tree {tree}\nparent {below}\nauthor {DEV}\ncommitter {DEV}\n\nfine\n");
    let commit = raw_commit(&box_, above.as_bytes());
    let tag = raw_tag(&box_, NEXT, &commit, "tagger Rita Mann <rita@example.com> 1795161600 +0000\n", NEXT);
    open_by_hand(&box_, NEXT, "rita", &next_open(&box_, &tag, &commit, 3));
    say_all_by_hand(&box_, NEXT);
    box_
}

#[test]
fn a_commit_that_cannot_be_read_is_no_go() {
    // Expected: range-unreadable, exit 4, gate 4, and open refuses: @bob's commit below the tagged one is too large, or none to
    // read.
    let long = |box_: &Sandbox| on_head(box_, &format!("author {BOB}\ncommitter {BOB}\n"), &vec![b'x'; 17 << 20]);
    let no_author = |box_: &Sandbox| on_head(box_, &format!("committer {BOB}\n"), b"by bob\n");
    let no_committer = |box_: &Sandbox| on_head(box_, &format!("author {BOB}\n"), b"by bob\n");
    let no_headers = |box_: &Sandbox| on_head(box_, "", b"by bob\n");
    type Make<'a> = &'a dyn Fn(&Sandbox) -> Vec<u8>;
    let makes: [Make<'_>; 4] = [&long, &no_author, &no_committer, &no_headers];
    for make in makes {
        let box_ = hidden(make);
        box_.verify(NEXT, 4).finds("range-unreadable").lacks("range-not-here");
        box_.gate(NEXT, 4);
        box_.run(&["verify", "--all"]).exits(4).says("range-unreadable");
        box_.git(&["update-ref", "-d", "refs/notes/relsign"]);
        box_.forget();
        box_.run_as("rita", &["open", NEXT]).exits(4).says("range-unreadable");
    }
}

#[test]
fn a_commit_that_git_reads_names_whom_git_sees() {
    // Expected: open-contradicts-range, exit 3, gate 3: @bob stands behind headers that git passes over.
    let (author, committer) = (format!("author {BOB}\n"), format!("committer {BOB}\n"));
    let (dev, by_dev) = (format!("author {DEV}\n"), format!("committer {DEV}\n"));
    let merged = "mergetag object 1111111111111111111111111111111111111111\n type commit\n tag x\n tagger Bob <bob@example.com> 1 +0000\n \n merged\n";
    for headers in [
        format!("x-reviewed by nobody\n{author}{committer}"),
        format!("{dev}x-more lines\n and more\n{committer}"),
        format!("{dev}{author}{by_dev}"),
        format!("{dev}{by_dev}{committer}"),
        format!("{dev}{by_dev}{author}"),
        format!("author Dev Eloper <dev@example.com> <bob@example.com> 1 +0000\n{by_dev}"),
        format!("author Dev <dev@example.com, BOB@Example.COM> 1 +0000\n{by_dev}"),
        format!("author Dev <dev@example.com>\n{by_dev}author Bob < bob@example.com 1 +0000\n"),
        format!("author Bob <<bob@example.com>> 1 +0000\n{by_dev}"),
        format!("{dev}{by_dev}{merged}"),
    ] {
        let box_ = hidden(|box_| on_head(box_, &headers, b"change\n"));
        box_.verify(NEXT, 3).finds("open-contradicts-range");
        box_.gate(NEXT, 3);
    }
}

#[test]
fn a_commit_that_is_gone_from_a_whole_clone_is_no_go() {
    // Expected: range-unreadable, exit 4, gate 4: no shallow clone explains the gap; a file that says of another commit so
    // neither.
    let box_ = Sandbox::at(Stage::Begun);
    box_.git(&["-c", "user.email=bob@example.com", "commit", "-q", "--allow-empty", "-m", "by bob"]);
    let gone = box_.id("HEAD");
    box_.commit("last");
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    let mut open = crate::authority::open_again(&box_, TAG);
    open["predicate"]["body"]["implementers"] = json!({ "tagger": "@rita", "people": ["@dev"] });
    open_by_hand(&box_, TAG, "rita", &open);
    say_all_by_hand(&box_, TAG);
    box_.gate(TAG, 3);
    std::fs::remove_file(box_.repo.join(".git/objects").join(&gone[..2]).join(&gone[2..])).unwrap();
    box_.verify(TAG, 4).finds("range-unreadable").lacks("range-not-here");
    box_.gate(TAG, 4);
    std::fs::write(box_.repo.join(".git/shallow"), format!("{}\n", "5".repeat(40))).unwrap();
    box_.verify(TAG, 4).finds("range-unreadable");
    box_.gate(TAG, 4);
    // A clone that was cut there says so itself.
    std::fs::write(box_.repo.join(".git/shallow"), format!("{}\n", box_.id("HEAD"))).unwrap();
    box_.verify(TAG, 0).finds("range-not-here").lacks("range-unreadable");
}

/// Tags HEAD by hand with a line for the tagger and a message, opens it, and has everybody sign who is let.
fn tagged(box_: &Sandbox, tagger: &str, message: &str) {
    raw_tag(box_, TAG, &box_.id("HEAD"), tagger, message);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.run_as("ann", &["approve", TAG, "tests", "migration"]).exits(0);
    box_.run_as("bob", &["approve", TAG, "rollback"]).exits(0);
}

#[test]
fn a_tag_made_under_an_address_nobody_knows_lets_nobody_review() {
    // Expected: tagger-unknown, exit 1 when signing and gate 1: whoever made the tag might be the reviewer.
    for tagger in [
        "tagger Max <max@home.example> 1795161600 +0000\n",
        "tagger Max <> 1795161600 +0000\n",
        "tagger Max 1795161600 +0000\n",
        "tagger Rita <rita@example.com> <max@home.example> 1795161600 +0000\n",
        "tagger Rita <rita@example.com> <max@example.com> 1795161600 +0000\n",
        "",
    ] {
        let box_ = Sandbox::at(Stage::Begun);
        tagged(&box_, tagger, TAG);
        box_.run_as("max", &["approve", TAG, "rollback", "--review"]).exits(1).says("the tagger's address is not in the policy");
        for (who, item) in [("bob", "tests"), ("bob", "migration"), ("max", "migration"), ("max", "rollback")] {
            let word = box_.draft_word(TAG, who, item, "approve");
            box_.plant(TAG, who, &word);
        }
        let go = box_.draft_decision(TAG, "rita", "go");
        box_.plant(TAG, "rita", &go);
        box_.verify(TAG, 0).finds("tagger-unknown");
        box_.gate(TAG, 1);
    }
}

#[test]
fn an_unknown_tagger_is_noted_where_the_policy_notes_unknown_addresses() {
    // Expected: GO, as for an unknown author; and GO where the tagger may review.
    for (from, to) in [
        ("unknown_identity = \"refuse\"", "unknown_identity = \"note\""),
        ("tagger_may_review = false", "tagger_may_review = true"),
    ] {
        let box_ = Sandbox::at(Stage::Begun);
        box_.step(&box_.policy_with(from, to), &[]);
        raw_tag(&box_, TAG, &box_.id("HEAD"), "tagger Max <max@home.example> 1795161600 +0000\n", TAG);
        box_.run_as("rita", &["open", TAG]).exits(0).says("max@home.example");
        box_.sign_all(TAG);
        box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
        box_.gate(TAG, 0);
    }
}

#[test]
fn somebody_who_made_the_tag_too_does_not_review() {
    // Expected: review-by-implementer: the tag's own message names @max as co-author.
    let box_ = Sandbox::at(Stage::Begun);
    tagged(&box_, "tagger Rita <rita@example.com> 1795161600 +0000\n", "v1\n\nCo-authored-by: Max <max@example.com>");
    box_.run_as("max", &["approve", TAG, "rollback", "--review"]).exits(1).says("must not have commits in the release");
}

#[test]
fn a_co_author_in_any_spelling_that_git_reads_does_not_review() {
    // Expected: review-by-implementer, exit 1 when signing and gate 1, for @bob in each spelling.
    for trailer in [
        "Co-authored-by: Bob <bob@example.com>",
        "Co-authored-by : Bob <bob@example.com>",
        "co-AUTHORED-by\t: Bob <BOB@example.COM>",
        "Co-authored-by: Bob\n <bob@example.com>",
        "Co-authored-by:\n\tBob\n\t<bob@example.com>",
        "Co-authored-by  :\n  Bob <bob@example.com>",
        "Co-authored-by: Dev <dev@example.com>, Bob <bob@example.com>",
        "Co-authored-by: dev@example.com, bob@example.com",
        "Co-authored-by: bob@example.com",
        "Co-authored-by= Bob <bob@example.com>",
        "Co-authored-by: Bob <bob@example.com",
        "Co-developed-by: Bob <bob@example.com>",
        "Signed-off-by: Dev <dev@example.com>\nCo-authored-by : Bob <bob@example.com>\r\n",
    ] {
        let box_ = Sandbox::at(Stage::Begun);
        let message = format!("change\n\nwhy\n\n{trailer}\n");
        box_.git_with(&["commit", "-q", "--allow-empty", "--cleanup=verbatim", "-F", "-"], message.as_bytes());
        box_.tag(TAG);
        box_.run_as("rita", &["open", TAG]).exits(0);
        box_.run_as("ann", &["approve", TAG, "tests"]).exits(0);
        box_.run_as("bob", &["approve", TAG, "tests", "--review"]).exits(1).says("must not have commits in the release");
    }
}

#[test]
fn a_co_author_hidden_by_an_encoding_lets_nobody_review() {
    // Expected: implementer-unknown: git shows @bob once it has decoded the message, and these bytes do not.
    let box_ = Sandbox::at(Stage::Begun);
    let headers = format!("author {DEV}\ncommitter {DEV}\nencoding UTF-7\n").replace("+0000", "-0100");
    let bytes = on_head(&box_, &headers, b"change\n\nCo-authored-by+ADo- Bob +ADw-bob+AEA-example.com+AD4-\n");
    raw_commit(&box_, &bytes);
    let shown = box_.git(&["log", "-1", "--format=%(trailers:key=Co-authored-by,valueonly=true)"]);
    assert_eq!(shown, "Bob <bob@example.com>", "git decodes it");
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0).says("UTF-7");
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(0);
    box_.run_as("bob", &["approve", TAG, "tests", "--review"]).exits(1).says("not in the policy");
    // Other encodings that old commits have leave ASCII what it is.
    let box_ = Sandbox::at(Stage::Begun);
    let bytes = on_head(&box_, &headers.replace("UTF-7", "ISO-8859-1"), b"change\n\nCo-authored-by: J\xf6 <dev@example.com>\n");
    raw_commit(&box_, &bytes);
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.sign_all(TAG);
}

#[test]
fn a_mailmap_has_no_say() {
    // Expected: review-by-implementer: the file in the tree gives @bob's commit to @dev, and nobody reads it.
    let box_ = Sandbox::at(Stage::Begun);
    box_.write(".mailmap", "Dev Eloper <dev@example.com> <bob@example.com>\n");
    box_.git(&["add", "-A"]);
    box_.git(&["-c", "user.email=bob@example.com", "commit", "-q", "-m", "mailmap"]);
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(0);
    box_.run_as("bob", &["approve", TAG, "tests", "--review"]).exits(1).says("must not have commits in the release");
}

/// Lists the forge's address and the bot's in the policy.
fn listed(box_: &Sandbox, more: &str) {
    let to = format!("unknown_identity = \"refuse\"\nforges = [\"NoReply@GitHub.com\"]\nbots = [\"{BOT}\"]\n{more}");
    let text = box_.text("refs/relsign/policy:version/policy.toml");
    assert_eq!(text.matches("unknown_identity = \"refuse\"").count(), 1);
    box_.step(&text.replace("unknown_identity = \"refuse\"", &to), &[]);
}

/// Makes a commit by these addresses, with this at the end of its message.
fn commit_by(box_: &Sandbox, author: &str, committer: &str, trailer: &str) -> String {
    let headers = format!("author A <{author}> 1795161600 +0000\ncommitter C <{committer}> 1795161600 +0000\n");
    let bytes = on_head(box_, &headers, format!("change\n\n{trailer}\n").as_bytes());
    raw_commit(box_, &bytes)
}

#[test]
fn the_address_of_a_forge_is_nobodys_as_committer_and_no_more() {
    // Expected: GO for @dev's change merged by the forge's button; implementer-unknown for the address as author or co-author.
    let box_ = Sandbox::at(Stage::Begun);
    listed(&box_, "");
    commit_by(&box_, "dev@example.com", FORGE, "");
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.sign_all(TAG);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    box_.verify(TAG, 0).lacks("implementer-unknown").lacks("bot-commits");
    box_.gate(TAG, 0);
    for (author, committer, trailer) in [
        (FORGE, FORGE, ""),
        (FORGE, "dev@example.com", ""),
        ("dev@example.com", FORGE, "Co-authored-by: GitHub <noreply@github.com>"),
        (BOT, "web-flow@github.com", ""),
    ] {
        let box_ = Sandbox::at(Stage::Begun);
        listed(&box_, "bot_commits = \"listed\"");
        commit_by(&box_, author, committer, trailer);
        box_.tag(TAG);
        box_.run_as("rita", &["open", TAG]).exits(0).says("not in the policy");
        box_.run_as("ann", &["approve", TAG, "tests"]).exits(0);
        box_.run_as("max", &["approve", TAG, "tests", "--review"]).exits(1).says("not in the policy");
    }
}

#[test]
fn a_commit_in_which_no_person_stands_lets_nobody_review() {
    // Expected: implementer-unknown with the commit, gate 1; GO with bot-commits where the policy lists them, or a person stands
    // in it.
    for committer in [BOT, FORGE] {
        let box_ = Sandbox::at(Stage::Begun);
        listed(&box_, "");
        let commit = commit_by(&box_, BOT, committer, &format!("Co-authored-by: Bot <{BOT}>"));
        box_.tag(TAG);
        box_.run_as("rita", &["open", TAG]).exits(0).says(&commit[..12]);
        box_.run_as("ann", &["approve", TAG, "tests"]).exits(0);
        box_.run_as("max", &["approve", TAG, "tests", "--review"]).exits(1).says("no person is named in").says(&commit[..12]);
        let word = box_.draft_word(TAG, "max", "tests", "approve");
        box_.plant(TAG, "max", &word);
        let verified = box_.verify(TAG, 0).finds("implementer-unknown").finds("bot-commits");
        assert_eq!(verified.item("tests"), "done");
    }
    for (more, trailer) in [("bot_commits = \"listed\"", ""), ("", "Co-authored-by: Dev <dev@example.com>")] {
        let box_ = Sandbox::at(Stage::Begun);
        listed(&box_, more);
        let commit = commit_by(&box_, BOT, FORGE, trailer);
        box_.tag(TAG);
        box_.run_as("rita", &["open", TAG]).exits(0);
        box_.sign_all(TAG);
        box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
        box_.gate(TAG, 0);
        let report = box_.verify(TAG, 0).report;
        let expected = if more.is_empty() { json!(null) } else { json!([commit]) };
        assert_eq!(report["release"]["implementers"]["bot_commits"], expected);
        let told = box_.run(&["report", TAG]).exits(0).text();
        assert_eq!(told.contains("bot-commits"), !more.is_empty(), "{told}");
        assert_eq!(told.contains(&format!("no person is named in {}", &commit[..12])), !more.is_empty(), "{told}");
    }
}

#[test]
fn whose_addresses_are_nobodys_is_told_by_the_policy_and_its_steps() {
    // Expected: show, its JSON and log name each address and what becomes of commits in which no person stands.
    let box_ = Sandbox::at(Stage::Begun);
    listed(&box_, "bot_commits = \"listed\"");
    box_.run(&["policy", "show"]).exits(0).says(FORGE).says(BOT).says("that name no person: listed");
    let shown = box_.run(&["policy", "show", "--json"]).exits(0).json();
    assert_eq!((&shown["forges"], &shown["bots"], &shown["bot_commits"]), (&json!([FORGE]), &json!([BOT]), &json!("listed")));
    let log = box_.run(&["policy", "log"]).exits(0).says(&format!("new addresses of forges: {FORGE}"));
    log.says(&format!("new addresses of bots: {BOT}")).says("that name no person are now only listed");
}

#[test]
fn an_open_record_that_hides_a_bots_commit_contradicts_the_range() {
    // Expected: open-contradicts-range, exit 3, gate 3.
    let box_ = Sandbox::at(Stage::Begun);
    listed(&box_, "bot_commits = \"listed\"");
    commit_by(&box_, BOT, FORGE, "");
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    let mut open = crate::authority::open_again(&box_, TAG);
    open["predicate"]["body"]["implementers"].as_object_mut().unwrap().remove("bot_commits");
    open_by_hand(&box_, TAG, "rita", &open);
    box_.verify(TAG, 3).finds("open-contradicts-range");
    box_.gate(TAG, 3);
}

#[test]
fn a_tag_by_a_forge_or_a_bot_has_no_tagger() {
    // Expected: tagger-unknown: an address of nobody's is no tagger.
    for address in [FORGE, BOT] {
        let box_ = Sandbox::at(Stage::Begun);
        listed(&box_, "bot_commits = \"listed\"");
        tagged(&box_, &format!("tagger T <{address}> 1795161600 +0000\n"), TAG);
        box_.run_as("max", &["approve", TAG, "rollback", "--review"]).exits(1).says("the tagger's address is not in the policy");
    }
}

#[test]
fn an_address_is_not_both_a_persons_and_a_bots() {
    // Expected: policy-shared-email with the place: else a person's commits would be nobody's.
    for (key, address) in [("forges", "BOB@example.com"), ("bots", "bob@example.com")] {
        let box_ = Sandbox::at(Stage::Begun);
        let to = format!("unknown_identity = \"refuse\"\n{key} = [\"{address}\"]");
        box_.write(".relsign/policy.toml", box_.policy_with("unknown_identity = \"refuse\"", &to));
        box_.run(&["policy", "check"]).exits(3).says("policy-shared-email").says("bob@example.com").says("@bob");
    }
}

#[test]
fn an_exception_reads_its_authors_as_a_release_does() {
    // Expected: review-by-implementer for a co-author in git's spelling; implementer-unknown for a bot's commit; nothing through
    // for a commit that can't be read.
    let server = Server::at(Stage::Begun);
    server.box_.write("a", "a");
    server.box_.git(&["add", "-A"]);
    server
        .box_
        .git_with(&["commit", "-q", "--cleanup=verbatim", "-F", "-"], b"change\n\nCo-authored-by : Ann\n <ann@example.com>\n");
    let id = server.request("rita", &server.box_.id("HEAD"));
    server.run("ann", &["freeze", "grant", &id]).exits(1).says("review-by-implementer");

    let server = Server::at(Stage::Begun);
    listed(&server.box_, "");
    server.box_.git(&["push", "-q", "--no-verify", "origin", "refs/relsign/policy"]);
    let commit = commit_by(&server.box_, BOT, FORGE, "");
    let args = ["freeze", "request", &commit, "--ref", "main", "--reason", "a leak", "--expires", "4h"];
    server.run("rita", &args).exits(1).says("implementer-unknown").says(&commit[..12]);
    let id = exception_by_hand(&server, &commit);
    server.refuses(&[&format!("{commit}:refs/heads/main")], "implementer-unknown");
    server.run("ann", &["freeze", "grant", &id[..12]]).exits(1).says("implementer-unknown");

    let server = Server::at(Stage::Begun);
    let bytes = on_head(&server.box_, &format!("committer {DEV}\n"), b"no author\n");
    let commit = raw_commit(&server.box_, &bytes);
    let args = ["freeze", "request", &commit, "--ref", "main", "--reason", "a leak", "--expires", "4h"];
    server.run("rita", &args).exits(4).says("range-unreadable");
    exception_by_hand(&server, &commit);
    server.refuses_all(&[&format!("{commit}:refs/heads/main")]).says("it has no author");
}

/// Signs a request for a commit on `main` and two grants of it by hand, and brings them to the server.
fn exception_by_hand(server: &Server, commit: &str) -> String {
    let base = server.git(&["rev-parse", "refs/heads/main"]);
    let body = json!({
        "ref": "refs/heads/main", "commit": commit, "base": base, "commits": [commit],
        "reason": "a leak", "expires": "2026-11-21T13:00:00Z",
    });
    let subject = ("refs/heads/main", commit);
    let id = server.plant("rita", &server.draft("rita", "exception", subject, body));
    for who in ["ann", "bob"] {
        server.plant(who, &server.draft(who, "grant", subject, json!({ "exception": id })));
    }
    server.git(&["fetch", "-q", server.box_.repo.to_str().unwrap(), "+refs/notes/relsign:refs/notes/relsign"]);
    id
}
