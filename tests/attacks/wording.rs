//! The wording of refusals: each is provoked by a real push or call, held to the width of a terminal, and written down in
//! docs/refusals.md, where people read them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::sandbox::{NOW, Run, Stage, TAG, ended, flat, policy_digest};
use crate::server::{Server, ZERO};

const MAIN: &str = "refs/heads/main";
const NOTES: &str = "refs/notes/relsign";
const POLICY: &str = "refs/relsign/policy";

/// What is said to people, in the order of the page: headings with what stands below them.
#[derive(Default)]
struct Book {
    text: String,
    said: usize,
}

impl Book {
    fn chapter(&mut self, title: &str, about: &str) {
        self.text.push_str(&format!("\n## {title}\n\n{about}\n"));
    }

    /// Pushes, and writes down what the server answers.
    #[track_caller]
    fn push(&mut self, server: &Server, title: &str, refspecs: &[&str]) {
        let run = server.push(refspecs);
        assert_ne!(run.code, 0, "{title}: {}", run.text());
        self.remote(title, &run.text());
    }

    /// Writes down the lines of a server.
    #[track_caller]
    fn remote(&mut self, title: &str, text: &str) {
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("remote: ")).collect();
        self.entry(title, &lines);
    }

    /// Writes down what a call in a terminal of 80 columns says on standard error.
    #[track_caller]
    fn call(&mut self, server: &Server, title: &str, who: &str, args: &[&str]) {
        let mut command = server.box_.program();
        let run = ended(command.env("COLUMNS", "80").arg("--key").arg(server.box_.key(who)).args(args));
        assert!(![0, 5].contains(&run.code), "{title}: {}", run.text());
        let command = format!("$ relsign {}", args.join(" "));
        // What a command shows before it refuses, such as the commits of a request, is no refusal.
        let said = run.stderr.lines().skip_while(|line| !line.starts_with("error:"));
        let mut lines: Vec<&str> = std::iter::once(command.as_str()).chain(said).collect();
        if lines.len() == 1 {
            // The answer of a gate is one line for a program, as wide as it is.
            let answer = run.stdout.lines().next().unwrap();
            self.text.push_str(&format!("\n### {title}\n\n```text\n{command}\n{}\n```\n", anonymous(answer)));
            self.said += 1;
            return;
        }
        lines.retain(|line| !line.is_empty());
        self.entry(title, &lines);
    }

    #[track_caller]
    fn entry(&mut self, title: &str, lines: &[&str]) {
        assert!(!lines.is_empty(), "{title}: nothing was said");
        assert_fits(lines.iter().copied());
        let text: String = lines.iter().map(|line| format!("{}\n", line.trim_end())).collect();
        self.text.push_str(&format!("\n### {title}\n\n```text\n{}```\n", anonymous(&text)));
        self.said += 1;
    }
}

/// Asserts that no line is wider than a terminal but those that must not be broken: a command, or one long word.
#[track_caller]
pub(crate) fn assert_fits<'a>(lines: impl Iterator<Item = &'a str>) {
    for line in lines.map(str::trim_end) {
        let said = line.strip_prefix("remote:").unwrap_or(line);
        let said = said.trim_start().trim_start_matches("GL-HOOK-ERR:").trim_start();
        let is_command = ["relsign ", "git ", "$ relsign "].iter().any(|program| said.starts_with(program));
        let is_one_word = !said.trim_start_matches("relsign:").trim_start().contains(' ');
        assert!(line.chars().count() <= 80 || is_command || is_one_word, "wider than a terminal: {line}");
    }
}

/// Puts the same id in the place of each that is new in every run: ids of objects, records and keys, and paths.
fn anonymous(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '+';
        let word: &str = &rest[..rest.find(|c| !is_word(c) && c != '/').unwrap_or(rest.len())];
        let hex: &str = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
        if rest.starts_with("SHA256:") && rest.len() > 50 && !rest["SHA256:".len()..].starts_with('…') {
            let end = rest["SHA256:".len()..].find(|c: char| !is_word(c) && c != '/').map_or(rest.len(), |at| at + "SHA256:".len());
            out.push_str(&format!("SHA256:{}", &"1f3c9ab27de4".repeat(6)[..end - "SHA256:".len()]));
            rest = &rest[end..];
        } else if hex.len() >= 7
            && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            && hex.bytes().any(|byte| byte.is_ascii_digit())
        {
            out.push_str(&"1f3c9ab27de4".repeat(6)[..hex.len().min(72)]);
            rest = &rest[hex.len()..];
        } else if word.starts_with("/tmp/") || word.starts_with("/var/") {
            out.push_str("/srv/widget.git");
            rest = &rest[word.len()..];
        } else if is_word(c) {
            let whole = if hex.is_empty() { c.len_utf8() } else { hex.len() };
            out.push_str(&rest[..whole]);
            rest = &rest[whole..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

fn policy_text(server: &Server) -> String {
    String::from_utf8(server.box_.git_bytes(&["cat-file", "blob", &format!("{POLICY}:version/policy.toml")])).unwrap()
}

fn frozen(book: &mut Book) {
    book.chapter(
        "Frozen refs",
        "What freezes the ref and until when, in the zone of the freeze (in a clone: in that of whoever pushes) and in UTC; why; who \
         may let one change through, and the command that asks them.",
    );
    let server = Server::at(Stage::Begun);
    server.git(&["update-ref", "refs/heads/release/1", MAIN]);
    server.git(&["symbolic-ref", "refs/heads/current", MAIN]);
    server.change("a", "a");
    book.push(&server, "A window of the policy holds", &["HEAD:refs/heads/main"]);
    book.push(&server, "A frozen branch is deleted", &[":refs/heads/release/1"]);
    book.push(&server, "The name differs from a frozen one by capitals only", &["HEAD:refs/heads/Main"]);
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
    server.box_.tag(TAG);
    server.run("rita", &["open", TAG, "--freeze", "refs/heads/topic", "--freeze-until", "2026-11-24T09:00:00Z"]).exits(0);
    server.change("a", "a");
    book.push(&server, "An open release holds the ref", &["HEAD:refs/heads/topic"]);
    hook(book, &server, "The hook of a clone says it before anything leaves", &["HEAD:refs/heads/topic"]);
}

/// Pushes with the hook of the clone on.
fn hook(book: &mut Book, server: &Server, title: &str, refspecs: &[&str]) {
    let run = with_hook(server, refspecs);
    assert_ne!(run.code, 0, "{}", run.text());
    let said: Vec<&str> = run.stderr.lines().take_while(|line| !line.starts_with("error:")).collect();
    book.entry(title, &said);
}

fn with_hook(server: &Server, refspecs: &[&str]) -> Run {
    server.box_.run(&["hook", "install"]).exits(0);
    let mut command = server.box_.command("git", &server.box_.repo);
    ended(command.env("COLUMNS", "80").args(["push", "-q", "origin"]).args(refspecs))
}

fn exceptions(book: &mut Book) {
    book.chapter(
        "Exceptions that let nothing through",
        "The freeze as above, and what is wrong with the exception that comes nearest.",
    );
    let server = Server::at(Stage::Begun);
    let commit = server.change("a", "a");
    server.request("rita", &commit);
    book.push(&server, "Too few have granted it", &["HEAD:refs/heads/main"]);
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
    server.box_.git(&["config", "user.email", "dev@example.com"]);
    let text = policy_text(&server);
    let late = server.change("d", "d");
    server.box_.step(&text.replace("request = [\"everyone\"]", "request = [\"release-manager\"]"), &[]);
    server.takes(&[POLICY]);
    let body = json!({
        "ref": MAIN, "commit": late, "base": unknown, "commits": [late], "reason": "r", "expires": "2026-11-22T00:00:00Z",
    });
    server.plant("dev", &server.draft("dev", "exception", (MAIN, &late), body));
    server.takes(&[NOTES]);
    book.push(&server, "Who asked for it may not ask", &[&format!("{late}:{MAIN}")]);
}

fn gates(book: &mut Book) {
    book.chapter(
        "Gated and protected refs, release tags and replacements",
        "What the policy lets these refs hold, and what would do.",
    );
    let server = Server::at(Stage::Signed);
    let to = |commit: &str| format!("+{commit}:refs/heads/production");
    let release = server.box_.id(&format!("{TAG}^{{commit}}"));
    book.push(&server, "The release is not in GO", &[&to(&release)]);
    let other = server.change("a", "a");
    book.push(&server, "No release stands for the commit", &[&to(&other)]);
    server.box_.tag("v2.0.0");
    server.takes(&["refs/tags/v2.0.0"]);
    book.push(&server, "Nobody opened a release on the tag", &[&to(&other)]);
    server.run("rita", &["decide", TAG, "go"]).exits(0);
    server.takes(&[&to(&release)]);
    book.push(&server, "A gated branch is deleted", &[":refs/heads/production"]);
    for tag in ["v2.0.0", "v2.1.0"] {
        if tag != "v2.0.0" {
            server.change(tag, tag);
            server.box_.tag(tag);
        }
        server.run("rita", &["open", tag]).exits(0);
        server.box_.sign_all(tag);
        server.run("rita", &["decide", tag, "go"]).exits(0);
    }
    server.takes(&[&to(&server.box_.id("v2.1.0^{commit}"))]);
    book.push(&server, "There is no release to go back to", &[&to(&release)]);
    for tag in [TAG, "v2.0.0"] {
        server.box_.plant(tag, "rita", &server.box_.draft(tag, "rita", "close", json!({ "outcome": "completed" })));
    }
    server.takes(&[NOTES]);
    book.push(&server, "It goes back too far", &[&to(&release)]);
    let rollback = json!({
        "event": "start", "trigger": "errors", "reason": "errors",
        "to": { "tag": format!("refs/tags/{TAG}"), "tag_object": server.box_.id(TAG), "commit": release },
    });
    server.box_.plant("v2.1.0", "rita", &server.box_.draft("v2.1.0", "rita", "rollback", rollback));
    server.takes(&[NOTES, "+v2.0.0^{commit}:refs/heads/production"]);
    book.push(&server, "The release was rolled back", &[&to(&server.box_.id("v2.1.0^{commit}"))]);

    server.takes(&["HEAD:refs/heads/stable"]);
    book.push(&server, "A protected branch is rewound", &["+HEAD~1:refs/heads/stable"]);
    book.push(&server, "A protected branch is deleted", &[":refs/heads/stable"]);
    server.box_.git(&["tag", "-a", "-m", "other", "other"]);
    book.push(&server, "The tag of a release is moved", &["+other:refs/tags/v1.0.0"]);
    book.push(&server, "The tag of a release is deleted", &[":refs/tags/v1.0.0"]);
    book.push(&server, "A tag differs from that of a release by capitals only", &["other:refs/tags/V1.0.0"]);
    server.git(&["update-ref", "-d", "refs/tags/v1.0.0"]);
    book.push(&server, "The name of a release is given to another tag", &["other:refs/tags/v1.0.0"]);
    book.push(&server, "A replacement of an object", &[&format!("HEAD:refs/replace/{release}")]);
}

fn records(book: &mut Book) {
    book.chapter("Records", "Which record may not come, and why; or which one would be lost.");
    let server = Server::at(Stage::Signed);
    let (tip, object) = (server.box_.id(NOTES), server.box_.id(TAG));
    let sync = |server: &Server| server.box_.git(&["update-ref", NOTES, &tip]);
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
        server.box_.git(&["update-ref", NOTES, &tip]);
        server.add_line_to(object, &line);
        book.push(&server, title, &[NOTES]);
    }
    server.box_.git(&["update-ref", NOTES, &tip]);
    server.add_line_to(&object, b"junk");
    for _ in 0..7 {
        server.add_line_to(&object, &with("time", json!("2026-11-22T09:40:00Z")));
    }
    book.push(&server, "Many records may not come", &[NOTES]);
    server.box_.git(&["update-ref", NOTES, &tip]);
    server.run("rita", &["freeze", "start", "quiet", "--ref", "x", "--reason", "r", "--no-sync"]).exits(0);
    server.add_line_to(&root, &own("dev", "freeze", json!({ "name": "x", "refs": ["refs/heads/x"], "from": NOW, "reason": "r" })));
    let run = ended(server.box_.program().env("COLUMNS", "80").arg("--key").arg(server.box_.key("rita")).args(["sync"]));
    run.clone().exits(5);
    book.entry("What `relsign sync` makes of it", &run.stderr.lines().filter(|line| !line.contains("/tmp/")).collect::<Vec<_>>());
    let text = policy_text(&server) + "\n[limits]\nmax_backdate = \"7d\"\n";
    server.box_.step(&text, &[]);
    server.box_.git(&["update-ref", NOTES, &tip]);
    server.takes(&[POLICY]);
    server.add_line_to(&object, &with("time", json!("2026-11-13T09:00:00Z")));
    book.push(&server, "A record comes later than the policy allows", &[NOTES]);
    server.box_.git(&["update-ref", NOTES, &tip]);
    let receipts = "refs/notes/relsign-receipts";
    server.box_.write("line", with("time", json!(NOW)));
    server.box_.git(&["notes", "--ref=relsign-receipts", "add", "-F", "line", &root]);
    book.push(&server, "A receipt by nobody who witnesses", &[receipts]);

    let server = Server::at(Stage::Begun);
    server.box_.tag(TAG);
    server.run("rita", &["open", TAG, "--no-sync"]).exits(0);
    let name = format!("relsign-name-v1 {} refs/tags/{TAG}\n", server.box_.root());
    let name = server.box_.git_with(&["hash-object", "-w", "--stdin"], name.as_bytes());
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
    let server = Server::at(Stage::Begun);
    server.box_.tag(TAG);
    let open = ["open", TAG, "--freeze", "refs/heads/x", "--freeze-until", "2026-11-24T09:00:00Z", "--no-sync"];
    server.run("rita", &open).exits(0);
    let month = format!("relsign-freeze-v1 {} 2026-11\n", server.box_.root());
    let month = server.box_.git_with(&["hash-object", "-w", "--stdin"], month.as_bytes());
    server.box_.git(&["notes", "--ref=relsign", "remove", &month]);
    book.push(&server, "A release freezes where nobody would find it", &[NOTES]);
    let there = server.git(&["hash-object", "-w", "-t", "tree", "/dev/null"]);
    let there = server.git(&["-c", "user.name=x", "-c", "user.email=x@example.com", "commit-tree", "-m", "x", &there]);
    server.git(&["update-ref", NOTES, &there]);
    hook(book, &server, "The remote has records that are not here", &[&format!("+{NOTES}")]);
}

fn own_refs(book: &mut Book) {
    book.chapter("Evidence, policy and other refs of relsign's own", "What may never go, and what is not for others to have.");
    let server = Server::at(Stage::Opened);
    let evidence = "refs/relsign/evidence";
    let tip = server.box_.id(evidence);
    let tree = |text: String| server.box_.git_with(&["mktree"], text.as_bytes());
    let commit = |tree: &str| server.box_.git(&["commit-tree", "-m", "x", "-p", &tip, tree]) + ":" + evidence;
    book.push(&server, "Evidence is left out", &[&commit(&tree(String::new()))]);
    let blob = server.box_.git_with(&["hash-object", "-w", "--stdin"], b"wrong");
    let list = server.box_.git(&["ls-tree", &tip]);
    let below = tree(format!("100644 blob {blob}\t{}\n", "0".repeat(62)));
    book.push(&server, "Evidence is not what its name says", &[&commit(&tree(format!("{list}\n040000 tree {below}\t00\n")))]);
    book.push(&server, "Junk among the evidence", &[&commit(&tree(format!("{list}\n100644 blob {blob}\tREADME\n")))]);
    book.push(&server, "The side refs of a clone", &[&format!("{NOTES}:refs/relsign/remotes/origin/notes")]);
    let tip = server.box_.id(POLICY);
    let text = policy_text(&server);
    book.push(&server, "The policy is deleted", &[":refs/relsign/policy"]);
    book.push(&server, "The policy goes back", &[&format!("+{tip}~1:{POLICY}")]);
    book.push(&server, "Something that is no policy", &[&format!("+main:{POLICY}")]);
    let next = format!("{text}\n# next\n");
    server.box_.add_version(&next, "", &["dev"]);
    book.push(&server, "A version that too few have signed", &[POLICY]);
    server.box_.git(&["update-ref", POLICY, &format!("{tip}~1")]);
    server.box_.add_version(&next, "", &["rita"]);
    book.push(&server, "Another version in the place of the one in force", &[&format!("+{POLICY}:{POLICY}")]);
    server.box_.git(&["update-ref", POLICY, &tip]);

    let head = server.box_.head();
    let (version, previous) = (head["version"].as_u64().unwrap() as u32 + 1, head["digest"].as_str().unwrap().to_owned());
    let digest = policy_digest(&next, "");
    let name = format!("refs/relsign/proposals/{digest}");
    let line = |who: &str, digest: &str| server.box_.sign(who, &server.box_.draft_step(who, version, digest, Some(&previous)));
    let proposal = |parent: Option<&str>, lines: &[Vec<u8>]| server.box_.policy_commit(parent, &next, "", lines);
    let first = proposal(None, &[line("rita", &digest)]);
    book.push(&server, "A proposal under no digest", &[&format!("{first}:refs/relsign/proposals/next")]);
    book.push(&server, "A proposal under the digest of another", &[&format!("{first}:refs/relsign/proposals/{}", "7".repeat(64))]);
    book.push(&server, "A proposal that can't be read", &[&format!("main:{name}")]);
    server.takes(&[&format!("{first}:{name}")]);
    book.push(&server, "A proposal loses a signature", &[&format!("{}:{name}", proposal(Some(&first), &[]))]);
    let other = proposal(Some(&first), &[line("rita", &digest)]);
    let kept = String::from_utf8(server.box_.git_bytes(&["cat-file", "blob", &format!("{first}:records")])).unwrap();
    let beside = |extra: Vec<u8>| proposal(Some(&first), &[kept.trim_end().as_bytes().to_vec(), extra]);
    assert_ne!(other, first);
    book.push(&server, "A record about something else beside it", &[&format!("{}:{name}", beside(line("bob", &"7".repeat(64))))]);

    let former = format!("refs/relsign/former/{}", server.box_.root());
    let chain = server.box_.id(POLICY);
    book.push(&server, "A former root that no policy names", &[&format!("{chain}:{former}")]);
    let (old, server) = (server.box_.root(), server);
    server.run("rita", &["init", "--new-root", "--yes", "--no-hooks"]).exits(0);
    book.push(&server, "A new root that the administrator has not pinned", &[&format!("+{POLICY}:{POLICY}")]);
    server.git(&["config", "relsign.root", &format!("SHA256:{}", server.box_.root())]);
    server.takes(&[&format!("+{POLICY}:{POLICY}")]);
    let former = format!("refs/relsign/former/{old}");
    book.push(&server, "Another chain in the name of a former root", &[&format!("{chain}~1:{former}")]);
    server.takes(&[&format!("{chain}:{former}")]);
    book.push(&server, "The chain of a former root is moved", &[&format!("+{chain}~1:{former}")]);
}

fn servers(book: &mut Book) {
    book.chapter("Servers that can't judge", "Then nothing goes through; what is the matter is for the administrator to mend.");
    let server = Server::at(Stage::Signed);
    server.change("a", "a");
    server.git(&["config", "--unset-all", "relsign.root"]);
    book.push(&server, "No root is pinned", &["HEAD:refs/heads/topic"]);
    server.git(&["config", "relsign.root", "SHA256:7"]);
    book.push(&server, "The pinned root is none", &["HEAD:refs/heads/topic"]);
    server.git(&["config", "relsign.root", &format!("SHA256:{}", "7".repeat(64))]);
    book.push(&server, "Another root is pinned", &["HEAD:refs/heads/topic"]);
    server.git(&["config", "--add", "relsign.root", &format!("SHA256:{}", server.box_.root())]);
    book.push(&server, "Two roots are pinned", &["HEAD:refs/heads/topic"]);
    server.git(&["config", "--unset-all", "relsign.root"]);
    server.git(&["config", "relsign.root", &format!("SHA256:{}", server.box_.root())]);
    let policy = server.git(&["rev-parse", POLICY]);
    server.git(&["update-ref", "-d", POLICY]);
    book.push(&server, "The policy is not there yet", &["HEAD:refs/heads/topic"]);
    server.git(&["update-ref", POLICY, MAIN]);
    book.push(&server, "The policy can't be read", &["HEAD:refs/heads/topic"]);
    server.git(&["update-ref", POLICY, &policy]);
    let main = server.git(&["rev-parse", MAIN]);
    let twice = (ZERO, main.as_str(), "refs/heads/twice");
    for (title, commands) in
        [("A deletion that does not say of what", &[(ZERO, ZERO, MAIN)][..]), ("A ref that is named twice", &[twice, twice][..])]
    {
        let said = server.send(commands);
        let said = &said[said.find("relsign:").unwrap_or_default()..];
        book.remote(title, &said.lines().map(|line| format!("remote: {line}\n")).collect::<String>());
    }
    let mut command = server.box_.command("git", &server.box_.repo);
    command.args([
        "push",
        "-q",
        "--no-verify",
        "--receive-pack",
        "env GIT_NAMESPACE=other git-receive-pack",
        "origin",
        "HEAD:refs/heads/topic",
    ]);
    book.remote("A push into a namespace", &ended(&mut command).text());
    server.git(&["config", "--unset-all", "relsign.root"]);
    server.git(&["update-ref", "-d", POLICY]);
    book.push(&server, "A policy for a project that is not ruled here", &[POLICY]);
}

fn calls(book: &mut Book) {
    book.chapter(
        "Gates and commands about freezes",
        "What stands behind `$` was called; `gate` itself answers in one line, whatever its width.",
    );
    let server = Server::at(Stage::Signed);
    let commit = server.change("a", "a");
    let call = |book: &mut Book, title: &str, who: &str, args: &[&str]| book.call(&server, title, who, args);
    call(book, "A gate on a commit without a release", "rita", &["gate", "--commit", "HEAD"]);
    call(book, "A gate on a stage that is none", "rita", &["gate", TAG, "--stage", "half"]);
    call(book, "A gate that says no", "rita", &["gate", TAG]);
    let start = |name: &'static str| ["freeze", "start", name, "--ref", "main", "--reason", "r"];
    call(book, "Who freezes may not", "dev", &start("x"));
    call(book, "A stranger freezes", "eve", &start("x"));
    call(book, "The name is taken", "rita", &start("quiet weeks"));
    call(book, "Own refs are never frozen", "rita", &["freeze", "start", "x", "--ref", NOTES, "--reason", "r"]);
    call(
        book,
        "It ends before it begins",
        "rita",
        &["freeze", "start", "x", "--ref", "main", "--reason", "r", "--until", "2026-11-01"],
    );
    call(book, "A window is no record that could be lifted", "rita", &["freeze", "lift", "quiet weeks", "--reason", "r"]);
    call(book, "Nothing of the name is there to lift", "rita", &["freeze", "lift", "disk-full", "--reason", "r"]);
    let ask = |commit: &str| ["freeze", "request", commit, "--ref", "main", "--reason", "r", "--expires", "4h"].map(str::to_owned);
    let args = |commit: &str| ask(commit);
    let head = args("HEAD~1");
    call(book, "The branch holds the commit already", "rita", &head.iter().map(String::as_str).collect::<Vec<_>>());
    call(
        book,
        "An exception from nothing that is known",
        "rita",
        &["freeze", "request", "HEAD", "--ref", "refs/heads/new", "--reason", "r", "--expires", "4h"],
    );
    call(
        book,
        "It would have expired",
        "rita",
        &["freeze", "request", "HEAD", "--ref", "main", "--reason", "r", "--expires", "2026-11-01"],
    );
    let id = server.request("rita", &commit);
    let id = &id[..12];
    call(book, "Who asked grants", "rita", &["freeze", "approve", id]);
    call(book, "Who grants may not", "dev", &["freeze", "approve", id]);
    call(book, "Nobody asked", "ann", &["freeze", "approve", "777777777777"]);
    call(book, "Who breaks the glass may not", "ann", &["freeze", "break-glass", "HEAD", "--ref", "main", "--reason", "r"]);
    server.box_.git(&["config", "user.email", "ann@example.com"]);
    let by_ann = server.change("s", "s");
    let id = server.request("rita", &by_ann);
    call(book, "Who wrote it grants", "ann", &["freeze", "approve", &id[..12]]);
    server.box_.git(&["config", "user.email", "somebody@example.org"]);
    server.change("b", "b");
    call(
        book,
        "Nobody knows who wrote it",
        "rita",
        &["freeze", "request", "HEAD", "--ref", "main", "--reason", "r", "--expires", "4h"],
    );
}

/// Sentences of the code that no push of this test provokes, with the reason.
const NOT_SHOWN: &[(&str, &str)] = &[
    ("the push landed, but", "said after a push"),
    ("THIS PUSH LANDED", "said after a push that no pre-receive hook judged"),
    ("landed and should have been refused", "said after a push that no pre-receive hook judged"),
    ("the push has more refs than can be judged at once", "takes 256 MiB of refs"),
    ("push fewer refs at a time", "takes 256 MiB of refs"),
    ("the policy here has no first version", "a chain that was read has one"),
    ("is frozen, which never holds up going back", "told of a push that is allowed"),
    ("broke the glass for", "told of a push that is allowed"),
    ("goes back to release", "told of a push that is allowed"),
    (", and comes only now", "told of a push that is allowed"),
    ("its notes can't be read", "takes trees that git does not write"),
    ("is in force, and it ends before", "the old tip, of which the push is asked first, is in the chain"),
    ("it can't be read as a version of the policy", "takes an object that is not sent"),
    ("it names another ref or commit than the request", "told of a grant by freeze exceptions"),
];

/// Gives every sentence that the judges of a push hold, by file: the longest part of each text that no value is put into.
fn sentences() -> BTreeMap<String, Vec<String>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in ["evaluate/push", "cli/push"] {
        files.extend(std::fs::read_dir(source.join(folder)).unwrap().map(|entry| entry.unwrap().path()));
    }
    files.push(source.join("cli/commands/hook/run.rs"));
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        let code: String =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect();
        let name = path.strip_prefix(&source).unwrap().display().to_string();
        for literal in literals(&code) {
            let parts = literal.split(['{', '}']).step_by(2);
            let longest = parts
                .flat_map(|part| part.split('"'))
                .flat_map(|part| part.split(": "))
                .flat_map(|part| part.split("; "))
                .map(str::trim)
                .max_by_key(|part| part.len())
                .unwrap_or_default();
            if longest.split(' ').count() >= 4 {
                found.entry(name.clone()).or_default().push(longest.to_owned());
            }
        }
    }
    found
}

/// Gives the string literals of a source text, as the program sees them.
fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(begin) = rest.find('"') {
        let mut literal = String::new();
        let mut chars = rest[begin + 1..].char_indices();
        let mut end = rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some((_, '\n')) => {
                        let after = &rest[begin + 1 + at + 2..];
                        let skip = after.len() - after.trim_start().len();
                        for _ in 0..skip {
                            chars.next();
                        }
                    }
                    Some((_, escaped)) => literal.push(escaped),
                    None => {}
                },
                '"' => {
                    end = begin + 1 + at + 1;
                    break;
                }
                other => literal.push(other),
            }
        }
        found.push(literal);
        rest = &rest[end.min(rest.len())..];
    }
    found
}

#[test]
fn every_refusal_fits_a_terminal_and_is_written_down() {
    // Expected: no line wider than 80 columns but a command that is to be copied, from a server less its `remote: `; docs/refusals.md holds each.
    let mut book = Book::default();
    book.text.push_str(HEAD);
    for write in [frozen, exceptions, gates, records, own_refs, servers, calls] {
        write(&mut book);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/refusals.md");
    if std::env::var_os("RELSIGN_UPDATE").is_some_and(|value| !value.is_empty() && value != "0") {
        std::fs::write(&path, &book.text).unwrap();
    } else {
        let page = std::fs::read_to_string(&path).unwrap_or_default();
        let hint = "the page is old; write it anew and read it: RELSIGN_UPDATE=1 cargo test --test attacks wording";
        assert!(page == book.text, "{hint}\n{}", first_difference(&page, &book.text));
    }
    let page = flat(&book.text.replace("remote: GL-HOOK-ERR: ", "remote: ").replace("\n       ", "\n"));
    let mut missing = Vec::new();
    for (file, sentences) in sentences() {
        for sentence in sentences {
            let is_known = NOT_SHOWN.iter().any(|(known, _)| sentence.contains(known));
            if is_known == page.contains(&flat(&sentence)) {
                missing.push(format!("{file}: {sentence}"));
            }
        }
    }
    assert!(missing.is_empty(), "no push of this test provokes these, or the list says so and one does:\n{}", missing.join("\n"));
}

fn first_difference(page: &str, now: &str) -> String {
    let differs = page.lines().zip(now.lines()).find(|(one, other)| one != other);
    differs.map_or_else(|| "one is longer".to_owned(), |(one, other)| format!("- {one}\n+ {other}"))
}

/// How the page begins.
const HEAD: &str = "# Refusals

What people read when a push, a gate or a command about freezes says no. Each was provoked by a real push or call, and
`RELSIGN_UPDATE=1 cargo test --test attacks wording` writes this page anew. Lines are no wider than 80 columns, with the `remote: `
that git puts before what a server says, but for commands: those stand on a line of their own and are never broken. Ids are not
the real ones. The word in brackets is the code; [findings](findings.md) says what each means and what to do.
";
