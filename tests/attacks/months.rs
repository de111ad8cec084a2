//! Freeze notes: what somebody tries who wants a release's freeze not to be found, and who wants nobody to push at all.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::sandbox::{Entry, Stage, TAG, record_id};
use crate::server::Server;

const NOTES: &str = "refs/notes/relsign";
const TAG_REF: &str = "refs/tags/v1.0.0";
const TOPIC: &str = "HEAD:refs/heads/topic";
const UNTIL: &str = "2027-02-01T00:00:00Z";
/// The months that a freeze from the clock of the sandbox until [`UNTIL`] touches.
const MONTHS: [&str; 3] = ["2026-11", "2026-12", "2027-01"];

impl Server {
    /// Gives the blob of the freeze note of a month.
    fn month(&self, month: &str) -> String {
        let text = format!("relsign-freeze-v1 {} {month}\n", self.box_.root());
        self.box_.git_with(&["hash-object", "-w", "--stdin"], text.as_bytes())
    }

    /// Gives the freeze note of a month.
    fn freezes_of(&self, month: &str) -> String {
        String::from_utf8(self.box_.note(&self.month(month))).unwrap()
    }

    /// Opens a release that freezes `topic`, without sharing it; gives its open record.
    fn open_freezing(&self, until: &str) -> Entry {
        self.box_.tag(TAG);
        self.run("rita", &["open", TAG, "--freeze", "topic", "--freeze-until", until, "--no-sync"]).exits(0);
        self.box_.log(TAG).into_iter().next().unwrap()
    }

    fn pointer(&self, until: &str, record: &str) -> String {
        format!("{until} {} {record}", self.box_.id(TAG_REF))
    }

    /// Has the server take the notes as they are here, whatever its hook would say.
    fn force(&self) {
        self.git(&["fetch", "-q", self.box_.repo.to_str().unwrap(), &format!("+{NOTES}:{NOTES}")]);
    }
}

#[test]
fn a_release_freezes_over_the_ends_of_months_and_years_to_the_second() {
    // Expected: ref-frozen from the first instant to the last, free at the end; a line in each month, none at the root.
    let server = Server::at(Stage::Begun);
    let open = server.open_freezing(UNTIL);
    let line = server.pointer(UNTIL, &open.id) + "\n";
    for month in MONTHS {
        assert_eq!(server.freezes_of(month), line, "{month}");
    }
    for month in ["2026-10", "2027-02"] {
        assert_eq!(server.freezes_of(month), "", "{month}");
    }
    assert_eq!(server.box_.note(&server.root_blob()), b"");
    server.takes(&[NOTES, TAG_REF]);
    for inside in ["2026-11-30T23:59:59Z", "2026-12-01T00:00:00Z", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"] {
        server.clock(inside);
        server.refuses(&[TOPIC], "ref-frozen").says("release v1.0.0");
    }
    server.clock("2027-01-31T23:59:59Z");
    server.refuses(&[TOPIC], "ref-frozen");
    server.clock(UNTIL);
    server.takes(&[TOPIC]);
}

#[test]
fn an_open_record_without_its_line_in_a_month_is_refused() {
    // Expected: open-unannounced for each month that is left out, and for one whose line names another time.
    let server = Server::at(Stage::Begun);
    let open = server.open_freezing(UNTIL);
    let tip = server.box_.id(NOTES);
    for month in MONTHS {
        server.box_.git(&["notes", "--ref=relsign", "remove", &server.month(month)]);
        server.refuses(&[NOTES], "open-unannounced").says(month);
        let sooner = server.pointer("2027-01-31T23:59:59Z", &open.id);
        server.add_line_to(&server.month(month), sooner.as_bytes());
        server.refuses(&[NOTES], "open-unannounced");
        server.box_.git(&["update-ref", NOTES, &tip]);
    }
    server.takes(&[NOTES]);
    // What is there stays there.
    server.box_.git(&["notes", "--ref=relsign", "remove", &server.month(MONTHS[1])]);
    server.refuses(&[NOTES], "own-ref-rewritten");
}

#[test]
fn nothing_but_true_pointers_comes_into_a_freeze_note() {
    // Expected: subject-mismatch, record-missing or line-malformed for every other line, signed or not; other pushes go on.
    let server = Server::at(Stage::Begun);
    let open = server.open_freezing(UNTIL);
    server.takes(&[NOTES, TAG_REF]);
    let here = server.month(MONTHS[0]);
    let later = server.month("2027-02");
    let far = server.month("2090-01");
    let word = server.box_.draft_word(TAG, "bob", "tests", "approve");
    let word_id = server.box_.plant(TAG, "bob", &word);
    server.takes(&[NOTES]);
    let tip = server.box_.id(NOTES);
    let mut unknown = server.box_.draft(TAG, "bob", "sign", json!({}));
    unknown["predicate"]["kind"] = json!("later-kind");
    unknown["predicateType"] = json!("urn:relsign:v1:later-kind");
    let name = server.box_.id("HEAD");
    let cases: [(&str, Vec<u8>, &str); 10] = [
        (&later, server.pointer(UNTIL, &open.id).into_bytes(), "subject-mismatch"),
        (&far, server.pointer(UNTIL, &open.id).into_bytes(), "subject-mismatch"),
        (&here, server.pointer("2027-02-01T00:00:01Z", &open.id).into_bytes(), "subject-mismatch"),
        (&here, server.pointer("2026-11-22T00:00:00Z", &open.id).into_bytes(), "subject-mismatch"),
        (&here, server.pointer(UNTIL, &word_id).into_bytes(), "subject-mismatch"),
        (&here, server.pointer(UNTIL, &"ab".repeat(32)).into_bytes(), "record-missing"),
        (&here, format!("{UNTIL} {name} {}", open.id).into_bytes(), "record-missing"),
        (&here, b"junk".to_vec(), "line-malformed"),
        (&here, open.line.clone().into_bytes(), "line-malformed"),
        (&far, server.box_.sign("bob", &unknown), "line-malformed"),
    ];
    for (object, line, code) in cases {
        server.add_line_to(object, &line);
        server.refuses(&[NOTES], code);
        server.box_.git(&["update-ref", NOTES, &tip]);
    }
    // A pointer elsewhere is no record.
    server.add_line_to(&server.root_blob(), server.pointer(UNTIL, &open.id).as_bytes());
    server.refuses(&[NOTES], "line-malformed");
    server.takes(&["HEAD:refs/heads/other"]);
}

/// Signs an open record anew that freezes until another time, with all that speaks of it.
fn until(server: &Server, open: &Entry, until: &str) -> (String, Vec<u8>) {
    let mut payload: Value = open.payload.clone();
    payload["predicate"]["body"]["freeze"]["until"] = json!(until);
    let line = server.box_.sign("rita", &payload);
    let object = server.box_.id(TAG_REF);
    let name = format!("relsign-name-v1 {} {TAG_REF}\n", server.box_.root());
    let name = server.box_.git_with(&["hash-object", "-w", "--stdin"], name.as_bytes());
    for object in [&object, &name] {
        server.box_.set_note(object, &[line.as_slice(), b"\n"].concat());
    }
    for month in MONTHS {
        server.box_.git(&["notes", "--ref=relsign", "remove", &server.month(month)]);
    }
    (record_id(payload.to_string().as_bytes()), line)
}

#[test]
fn a_release_does_not_freeze_for_ever() {
    // Expected: a wrong call for the command, freeze-too-long for a record that says so, wherever it is pointed at from.
    let server = Server::at(Stage::Begun);
    server.box_.tag(TAG);
    for (time, exit) in [("2028-11-01T00:00:01Z", 2), ("9999-01-01T00:00:00Z", 2)] {
        let args = ["open", TAG, "--freeze", "topic", "--freeze-until", time, "--no-sync"];
        server.run("rita", &args).exits(exit).says("24 are the most").says("relsign freeze start");
    }
    server.box_.git(&["tag", "-d", TAG]);
    let open = server.open_freezing(UNTIL);
    let (id, _) = until(&server, &open, "2028-11-01T00:00:01Z");
    for (year, months) in [(2026, 11..=12), (2027, 1..=12), (2028, 1..=11)] {
        for month in months {
            let pointer = server.pointer("2028-11-01T00:00:01Z", &id);
            server.add_line_to(&server.month(&format!("{year}-{month:02}")), pointer.as_bytes());
        }
    }
    server.refuses(&[NOTES], "freeze-too-long").says("over 25 months");
}

#[test]
fn the_most_months_can_be_frozen() {
    // Expected: taken in and ref-frozen to the last instant of 24 months.
    let server = Server::at(Stage::Begun);
    server.open_freezing("2028-11-01T00:00:00Z");
    server.takes(&[NOTES, TAG_REF]);
    server.clock("2028-10-31T23:59:59Z");
    server.refuses(&[TOPIC], "ref-frozen");
}

#[test]
fn what_earlier_versions_copied_into_the_root_log_still_freezes() {
    // Expected: taken in without a line in any month, also over many years, and ref-frozen until it is decided.
    let server = Server::at(Stage::Begun);
    let open = server.open_freezing(UNTIL);
    let (_, line) = until(&server, &open, "2031-01-01T00:00:00Z");
    server.add_line_to(&server.root_blob(), &line);
    server.takes(&[NOTES, TAG_REF]);
    server.clock("2030-12-31T23:59:59Z");
    server.refuses(&[TOPIC], "ref-frozen").says("release v1.0.0");
    server.clock("2031-01-01T00:00:00Z");
    server.takes(&[TOPIC]);
}

#[test]
fn a_freeze_that_was_seen_is_not_hidden_by_leaving_its_month_out() {
    // Expected: record-vanished where a line is gone or was given an earlier end, record-missing where its record is; exit 4.
    let server = Server::at(Stage::Begun);
    let open = server.open_freezing(UNTIL);
    server.takes(&[NOTES, TAG_REF]);
    let check = ["freeze", "check", "--ref", "topic"];
    server.box_.run(&check).exits(1).says("frozen by release v1.0.0");
    let tip = server.box_.id(NOTES);
    let month = server.month(MONTHS[0]);
    server.box_.git(&["notes", "--ref=relsign", "remove", &month]);
    server.box_.run(&check).exits(1).says("frozen by release v1.0.0");
    let calendar = ["freeze", "calendar"];
    server.box_.run(&calendar).exits(4).says("record-vanished");
    let pre_push = || {
        let commit = server.box_.id("HEAD");
        let mut hook = server.box_.program();
        hook.args(["hook", "run", "pre-push", "origin", "url"]).stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = hook.spawn().unwrap();
        let line = format!("HEAD {commit} refs/heads/other {}\n", "0".repeat(40));
        std::io::Write::write_all(child.stdin.as_mut().unwrap(), line.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(4) && said.contains("record-vanished"), "{:?}: {said}", output.status);
    };
    pre_push();
    let sooner = server.pointer("2026-11-21T00:00:00Z", &open.id) + "\n";
    server.box_.set_note(&month, sooner.as_bytes());
    server.box_.run(&calendar).exits(4).says("record-vanished");
    pre_push();
    // Who has never seen it can't know.
    server.box_.forget();
    server.box_.git(&["update-ref", NOTES, &tip]);
    server.box_.git(&["notes", "--ref=relsign", "remove", TAG_REF]);
    server.box_.run(&["freeze", "list"]).exits(0).says("record-missing");
    // Who saw the line and the record misses the record, too.
    server.box_.git(&["update-ref", NOTES, &tip]);
    server.box_.run(&check).exits(1);
    server.box_.git(&["notes", "--ref=relsign", "remove", TAG_REF]);
    server.box_.run(&check).exits(4).says("record-missing");
}

#[test]
fn false_pointers_where_no_hook_keeps_them_out_freeze_and_free_nothing() {
    // Expected: what is frozen is what the record says, whatever ends stand beside it, and other branches move.
    let server = Server::at(Stage::Begun);
    let open = server.open_freezing(UNTIL);
    server.takes(&[NOTES, TAG_REF]);
    let month = server.month(MONTHS[0]);
    for line in [
        server.pointer("2026-11-21T00:00:00Z", &open.id),
        server.pointer("9999-01-01T00:00:00Z", &open.id),
        server.pointer("9999-01-01T00:00:00Z", &"ab".repeat(32)),
        "junk".to_owned(),
    ] {
        server.add_line_to(&month, line.as_bytes());
    }
    server.force();
    server.refuses(&[TOPIC], "ref-frozen").says("1 Feb 2027");
    server.takes(&["HEAD:refs/heads/other"]);
    server.clock(UNTIL);
    server.takes(&[TOPIC]);
}

#[test]
fn a_freeze_note_that_can_not_be_read_lets_nothing_through() {
    // Expected: too-many-lines for every branch, and for the line that would be one too many.
    let server = Server::at(Stage::Begun);
    server.takes(&["HEAD:refs/heads/other"]);
    server.change("a", "a");
    let object = server.box_.id("HEAD");
    let lines: String = (0..100_001).map(|number| format!("{UNTIL} {object} {number:064}\n")).collect();
    server.box_.set_note(&server.month(MONTHS[0]), lines.as_bytes());
    server.refuses(&[NOTES], "too-many-lines");
    server.force();
    server.push(&["HEAD:refs/heads/other"]).exits(1).says("too-many-lines");
    // Another month has nothing to do with it.
    server.clock("2026-12-01T00:00:00Z");
    server.takes(&["HEAD:refs/heads/other"]);
}

#[test]
fn a_decision_ends_the_freeze_in_every_month() {
    // Expected: free in this month and the next once it is decided.
    let server = Server::at(Stage::Begun);
    server.open_freezing(UNTIL);
    server.takes(&[NOTES, TAG_REF]);
    server.refuses(&[TOPIC], "ref-frozen");
    server.run("rita", &["decide", TAG, "no-go", "--reason", "not this one"]).exits(0);
    server.takes(&[TOPIC]);
    server.change("a", "a");
    server.clock("2027-01-01T00:00:00Z");
    server.takes(&[TOPIC]);
}

#[test]
fn a_remote_that_leaves_a_month_out_differs_from_what_is_here() {
    // Expected: exit 3 of verify --heads where the remote had the line before, naming the month; nothing else would tell.
    let server = Server::at(Stage::Begun);
    server.open_freezing(UNTIL);
    server.takes(&[NOTES, TAG_REF, "refs/relsign/evidence"]);
    server.box_.run(&["verify", "--heads"]).exits(0);
    server.git(&[
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@example.com",
        "notes",
        "--ref=relsign",
        "remove",
        &server.month("2026-12"),
    ]);
    server.box_.run(&["verify", "--heads"]).exits(3).says("of the freezes of 2026-12, 1 record that were there are gone");
}

#[test]
fn what_was_pointed_at_under_the_root_before_comes_along() {
    // Expected: a server under the new root takes the old notes in, and under the old root's months nothing but pointers.
    let server = Server::at(Stage::Begun);
    server.open_freezing(UNTIL);
    let month = server.month(MONTHS[0]);
    server.box_.write(".relsign/policy.toml", server.box_.policy_text());
    server.run("rita", &["init", "--new-root", "--yes"]).exits(0);
    server.git(&["fetch", "-q", server.box_.repo.to_str().unwrap(), "+refs/relsign/policy:refs/relsign/policy"]);
    server.git(&["config", "relsign.root", &server.box_.root()]);
    server.add_line_to(&month, b"junk");
    server.refuses(&[NOTES], "line-malformed");
    server.box_.git(&["update-ref", NOTES, &format!("{NOTES}~1")]);
    server.takes(&[NOTES, TAG_REF]);
    server.takes(&[TOPIC]);
}
