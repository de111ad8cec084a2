//! Servers that can't judge.

use super::{Book, MAIN, POLICY};
use crate::sandbox::{NOW, Stage, ended};
use crate::server::{Server, ZERO};

pub(super) fn servers(book: &mut Book) {
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
    let pins = server.box_.path("pins");
    std::fs::write(&pins, format!("/srv/elsewhere.git SHA256:{}\n", "7".repeat(64))).unwrap();
    server.hook_with("pre-receive", &format!("--pins '{}' --as-of {NOW}", pins.display()));
    book.push(&server, "The file of pins does not list a project that uses relsign", &["HEAD:refs/heads/topic"]);
    for name in server.git(&["for-each-ref", "--format=%(refname)", "refs/relsign", "refs/notes"]).lines() {
        server.git(&["update-ref", "-d", name]);
    }
    book.push(&server, "A policy for a project that the file of pins does not list", &[POLICY]);
    server.clock(NOW);
    book.push(&server, "A policy for a project that is not ruled here", &[POLICY]);
}
