//! Gated refs, release tags, and relsign's own refs but the notes.

use serde_json::json;

use super::{Book, NOTES, POLICY, policy_text};
use crate::sandbox::{Stage, TAG, policy_digest};
use crate::server::Server;

pub(super) fn gates(book: &mut Book) {
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
        server.box_.complete(tag);
    }
    server.takes(&[NOTES]);
    book.push(&server, "It goes back too far", &[&to(&release)]);
    let rollback = json!({
        "event": "start", "trigger": 1, "reason": "errors",
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

    let server = Server::at(Stage::Begun);
    let api = "[[component]]\nname = \"api\"\ntags = \"api/v*\"\nchecklist = \"RELEASE.md\"\n[[rule]]";
    server.box_.step(&policy_text(&server).replace("[[rule]]", api), &[]);
    server.box_.tag("api/v1.0.0");
    server.takes(&[POLICY, "refs/tags/api/v1.0.0"]);
    book.push(&server, "The release is that of another component", &[&to("HEAD")]);
}

pub(super) fn own_refs(book: &mut Book) {
    let server = Server::at(Stage::Opened);
    let evidence = "refs/relsign/evidence";
    let tip = server.box_.id(evidence);
    let tree = |text: String| server.box_.git_with(&["mktree"], text.as_bytes());
    let commit = |tree: &str| server.box_.git(&["commit-tree", "-m", "x", "-p", &tip, tree]) + ":" + evidence;
    book.push(&server, "Evidence is left out", &[&commit(&tree(String::new()))]);
    let blob = server.box_.blob(b"wrong");
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
    server.box_.set_ref(POLICY, &format!("{tip}~1"));
    server.box_.add_version(&next, "", &["rita"]);
    book.push(&server, "Another version in the place of the one in force", &[&format!("+{POLICY}:{POLICY}")]);
    server.box_.set_ref(POLICY, &tip);

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
    let kept = server.box_.text(&format!("{first}:records"));
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
