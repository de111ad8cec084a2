//! Gates and commands about freezes.

use super::{Book, NOTES};
use crate::sandbox::{Stage, TAG};
use crate::server::Server;

pub(super) fn calls(book: &mut Book) {
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
        &["freeze", "start", "x", "--ref", "main", "--reason", "r", "--from", "2026-12-01", "--until", "2026-11-30"],
    );
    call(book, "It is over already", "rita", &["freeze", "start", "x", "--ref", "main", "--reason", "r", "--until", "2026-11-01"]);
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
    call(book, "Who asked grants", "rita", &["freeze", "grant", id]);
    call(book, "Who grants may not", "dev", &["freeze", "grant", id]);
    call(book, "Nobody asked", "ann", &["freeze", "grant", "777777777777"]);
    call(book, "Who breaks the glass may not", "ann", &["freeze", "break-glass", "HEAD", "--ref", "main", "--reason", "r"]);
    server.box_.git(&["config", "user.email", "ann@example.com"]);
    let by_ann = server.change("s", "s");
    let id = server.request("rita", &by_ann);
    call(book, "Who wrote it grants", "ann", &["freeze", "grant", &id[..12]]);
    server.box_.git(&["config", "user.email", "somebody@example.org"]);
    server.change("b", "b");
    call(
        book,
        "Nobody knows who wrote it",
        "rita",
        &["freeze", "request", "HEAD", "--ref", "main", "--reason", "r", "--expires", "4h"],
    );
}
