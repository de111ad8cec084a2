//! Freezes that end with a release: what somebody tries who wants them not to hold, and who wants nobody to push at all.

use serde_json::{Value, json};

use crate::sandbox::{Entry, Stage, TAG};
use crate::server::Server;

const NOTES: &str = "refs/notes/relsign";
const TAG_REF: &str = "refs/tags/v1.0.0";
const MAIN: &str = "refs/heads/main";
const NOW: &str = "2026-11-21T09:30:00Z";
const TOPIC: &str = "HEAD:refs/heads/topic";
const UNTIL: &str = "2027-02-01T00:00:00Z";

impl Server {
    /// A server under whose policy @ann may open normal releases and @bob hotfixes, and neither may freeze by hand.
    fn with_openers() -> Self {
        let server = Self::at(Stage::Begun);
        let policy = server.box_.bytes("refs/relsign/policy:version/policy.toml");
        let policy = String::from_utf8(policy).unwrap();
        let before = "open = { normal = [\"release-manager\"], hotfix = [\"release-manager\"]";
        let after = "open = { normal = [\"release-manager\", \"qa\"], hotfix = [\"release-manager\", \"sre\"]";
        assert!(policy.contains(before));
        server.box_.step(&policy.replace(before, after), &[]);
        server.takes(&["refs/relsign/policy"]);
        server
    }

    /// Opens a release, without sharing it; gives its open record.
    fn open(&self, who: &str, args: &[&str]) -> Entry {
        self.box_.tag(TAG);
        self.run(who, &[&["open", TAG, "--no-sync"], args].concat()).exits(0);
        self.box_.log(TAG).into_iter().find(|entry| entry.kind() == "open").unwrap()
    }

    /// Opens a release that freezes `topic`, without sharing it.
    fn open_freezing(&self, who: &str) -> Entry {
        self.open(who, &["--freeze", "topic", "--freeze-until", UNTIL])
    }

    /// Gives the lines of the root log of the clone.
    fn root_lines(&self) -> Vec<Entry> {
        String::from_utf8(self.box_.note(&self.root_blob())).unwrap().lines().filter_map(Entry::read).collect()
    }

    /// Signs by hand a freeze of `topic` that names an open record, and puts it into the root log of the clone.
    fn plant_freeze(&self, who: &str, open: &str) -> String {
        let release = json!({ "tag_object": self.box_.id(TAG_REF), "open": open });
        let body = json!({ "name": "x", "refs": ["refs/heads/topic"], "from": NOW, "reason": "r", "release": release });
        let mut draft = self.draft(who, "freeze", (MAIN, &self.box_.id("HEAD")), body);
        draft["predicate"]["signer"]["handle"] = json!(if who == "ci" { "machine:ci".to_owned() } else { format!("@{who}") });
        self.plant(who, &draft)
    }

    /// Has the server take the notes as they are here, whatever its hook would say.
    fn force(&self) {
        self.git(&["fetch", "-q", self.box_.repo.to_str().unwrap(), &format!("+{NOTES}:{NOTES}")]);
    }
}

#[test]
fn a_release_freezes_from_its_first_second_to_its_last() {
    // Expected: one freeze record that names the open record, written with it; ref-frozen to the last second, free at the end.
    let server = Server::with_openers();
    let open = server.open_freezing("ann");
    let lines = server.root_lines();
    let freeze = lines.iter().find(|entry| entry.kind() == "freeze").unwrap();
    assert_eq!(freeze.payload["predicate"]["body"]["release"], json!({ "tag_object": server.box_.id(TAG_REF), "open": open.id }));
    assert_eq!(server.box_.git(&["rev-list", "--count", NOTES]), "1", "both are written at once");
    server.takes(&[NOTES, TAG_REF]);
    for inside in ["2026-12-01T00:00:00Z", "2027-01-31T23:59:59Z"] {
        server.clock(inside);
        server.refuses(&[TOPIC], "ref-frozen").says("release v1.0.0").says("relsign freeze lift");
    }
    server.clock(UNTIL);
    server.takes(&[TOPIC]);
}

#[test]
fn what_can_not_be_signed_whole_is_not_signed_at_all() {
    // Expected: no open record where the freeze is larger than a record may be, and a whole release afterwards.
    let server = Server::with_openers();
    server.box_.tag(TAG);
    let long = "x".repeat(1000);
    let refs: Vec<String> = (0..900).map(|number| format!("{number}{long}")).collect();
    let mut args = vec!["open", TAG, "--freeze-until", UNTIL, "--no-sync"];
    args.extend(refs.iter().flat_map(|name| ["--freeze", name.as_str()]));
    let run = server.run("ann", &args);
    assert_ne!(run.code, 0, "{}", run.text());
    assert!(server.box_.log(TAG).is_empty());
    assert_eq!(server.box_.git(&["for-each-ref", NOTES]), "");
    server.run("ann", &["open", TAG, "--no-sync"]).exits(0);
}

#[test]
fn a_freeze_of_a_release_is_taken_in_from_whoever_may_open_it_and_nobody_else() {
    // Expected: not-authorised from who may open others, who may open none and for a release of such a person, record-missing where the release is nowhere.
    let server = Server::with_openers();
    let open = server.open("ann", &[]);
    server.takes(&[NOTES, TAG_REF]);
    let tip = server.box_.id(NOTES);
    let nowhere = "ab".repeat(32);
    for (who, named, code) in [
        ("bob", &open.id, "not-authorised"),
        ("dev", &open.id, "not-authorised"),
        ("ci", &open.id, "machine-not-person"),
        ("ann", &nowhere, "record-missing"),
        ("dev", &nowhere, "record-missing"),
    ] {
        server.plant_freeze(who, named);
        server.refuses(&[NOTES], code);
        server.box_.set_ref(NOTES, &tip);
    }
    // A release by somebody who may not open it, which has come past the hook.
    let mut payload: Value = open.payload.clone();
    payload["predicate"]["signer"] = json!({ "handle": "@dev", "fingerprint": server.box_.fingerprint("dev") });
    let own = server.box_.plant(TAG, "dev", &payload);
    server.force();
    for who in ["dev", "ann"] {
        server.plant_freeze(who, &own);
        server.refuses(&[NOTES], "not-authorised");
        server.force();
        server.takes(&[TOPIC]);
        server.change("a", who);
    }
    server.plant_freeze("ann", &open.id);
    server.takes(&[NOTES]);
    server.refuses(&[TOPIC], "ref-frozen");
}

#[test]
fn whoever_may_open_nothing_freezes_nothing_also_past_the_hook() {
    // Expected: every push goes through, whatever lies in the root log by those without the right; not-authorised in the list.
    let server = Server::with_openers();
    let open = server.open("ann", &[]);
    let nowhere = "ab".repeat(32);
    for (who, named) in [("dev", &open.id), ("dev", &nowhere), ("ci", &open.id), ("ci", &nowhere), ("bob", &open.id)] {
        server.plant_freeze(who, named);
        server.force();
        server.takes(&[TOPIC]);
        server.change("a", &format!("{who} {named}"));
    }
    server.box_.run(&["freeze", "list"]).exits(0).says("not-authorised");
}

#[test]
fn a_freeze_whose_release_is_left_out_still_holds_and_is_lifted() {
    // Expected: ref-frozen without the release's log, with one that is too large, and with a decision of it alone; record-missing in the list; free once somebody who may has lifted it.
    let server = Server::with_openers();
    server.open_freezing("ann");
    server.takes(&[NOTES, TAG_REF]);
    let whole = server.box_.id(NOTES);
    server.run("rita", &["decide", TAG, "no-go", "--reason", "not this one", "--no-sync"]).exits(0);
    let decided = server.box_.id(NOTES);
    server.box_.drop_lines(TAG, |entry| entry.kind() == "open");
    server.box_.forget();
    server.force();
    server.refuses(&[TOPIC], "ref-frozen").says("relsign freeze lift");
    server.box_.run(&["freeze", "list"]).exits(0).says("record-missing");
    server.box_.git(&["notes", "--ref=relsign", "remove", TAG_REF]);
    server.force();
    server.refuses(&[TOPIC], "ref-frozen");
    server.box_.set_ref(NOTES, &decided);
    server.force();
    server.takes(&[TOPIC]);
    // Left out for good, it is lifted like any other.
    server.change("a", "a");
    server.box_.set_ref(NOTES, &whole);
    server.box_.git(&["notes", "--ref=relsign", "remove", TAG_REF]);
    server.force();
    server.refuses(&[TOPIC], "ref-frozen");
    server.box_.forget();
    server.run("rita", &["freeze", "lift", "v1.0.0", "--reason", "it is lost"]).exits(0);
    server.takes(&[TOPIC]);
}

#[test]
fn a_freeze_of_a_release_that_was_seen_and_goes_is_missed() {
    // Expected: record-vanished of freeze check and of the server once the freeze record is gone; frozen again when it is back.
    let server = Server::with_openers();
    server.open_freezing("ann");
    server.takes(&[NOTES, TAG_REF]);
    let check = ["freeze", "check", "--ref", "topic"];
    server.box_.run(&check).exits(1).says("frozen by release v1.0.0");
    server.box_.git(&["notes", "--ref=relsign", "remove", &server.root_blob()]);
    server.refuses(&[NOTES], "own-ref-rewritten");
    server.box_.run(&check).exits(4).says("record-vanished");
}

#[test]
fn a_decision_or_a_lift_ends_the_freeze_of_a_release_and_one_by_others_does_not() {
    // Expected: ref-frozen after a decision and a lift by somebody who may neither; free after either by who may.
    for (words, name) in [(["decide", TAG, "no-go"], "decision"), (["freeze", "lift", TAG], "lift")] {
        let server = Server::with_openers();
        let open = server.open_freezing("ann");
        server.takes(&[NOTES, TAG_REF]);
        let mut own = server.box_.draft_decision(TAG, "ann", "no-go");
        own["predicate"]["open"] = json!(open.id);
        server.box_.plant(TAG, "ann", &own);
        let freeze = server.root_lines().into_iter().find(|entry| entry.kind() == "freeze").unwrap().id;
        let lift = server.draft("ann", "lift", (MAIN, &server.box_.id("HEAD")), json!({ "freeze": freeze, "reason": "r" }));
        server.plant("ann", &lift);
        server.force();
        server.refuses(&[TOPIC], "ref-frozen");
        server.box_.set_ref(NOTES, &format!("{NOTES}~1"));
        server.box_.set_ref(NOTES, &format!("{NOTES}~1"));
        server.force();
        server.run("rita", &[&words[..], &["--reason", name]].concat()).exits(0);
        server.takes(&[TOPIC]);
    }
}

#[test]
fn an_open_record_has_no_freeze_of_its_own_any_more() {
    // Expected: payload-malformed for an open record with a freeze in it, and nothing frozen by it.
    let server = Server::with_openers();
    let open = server.open("ann", &[]);
    let mut payload: Value = open.payload.clone();
    payload["predicate"]["body"]["freeze"] = json!({ "refs": ["refs/heads/topic"], "until": UNTIL });
    server.box_.plant(TAG, "ann", &payload);
    server.refuses(&[NOTES], "payload-malformed");
    server.force();
    server.takes(&[TOPIC]);
}

#[test]
fn a_signer_without_a_right_is_nobodys_parent() {
    // Expected: what is signed after a freeze by somebody who may not open that release is shared without it.
    let server = Server::with_openers();
    let open = server.open("ann", &[]);
    server.takes(&[NOTES, TAG_REF]);
    for named in [open.id.clone(), "ab".repeat(32)] {
        server.plant_freeze("bob", &named);
    }
    let root = server.root_blob();
    server.run("rita", &["freeze", "start", "quiet", "--ref", "x", "--reason", "r", "--no-sync"]).exits(0);
    let quiet = server.root_lines().into_iter().find(|entry| entry.payload["predicate"]["body"]["name"] == "quiet").unwrap();
    assert_eq!(quiet.payload["predicate"]["parents"], json!([]));
    server.box_.set_note(&root, format!("{}\n", quiet.line).as_bytes());
    server.takes(&[NOTES]);
}
