//! A dry run does what the command would do, but for signing, writing and sharing: it ends with the same exit code, and leaves
//! everything as it was.

use std::sync::OnceLock;

use jsonschema::Validator;

use super::sandbox::{Run, Sandbox, Stage, TAG};

/// Everything that a dry run must leave as it is: refs, the configuration and the working tree.
fn state(box_: &Sandbox) -> String {
    let work = box_.git(&["status", "--porcelain"]);
    format!("{}\n{}\n{work}", box_.git(&["for-each-ref"]), box_.git(&["config", "--list", "--local"]))
}

/// The schema of what a dry run prints, which takes long to make.
fn schema() -> &'static Validator {
    static SCHEMA: OnceLock<Validator> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let schema = relsign::schema::all().into_iter().find(|(name, _)| name == "dry-run.schema.json").unwrap().1;
        jsonschema::validator_for(&schema).unwrap()
    })
}

/// Calls a command first as a dry run and then for good, and asserts that both end with this exit code; gives what each said.
#[track_caller]
fn both(box_: &Sandbox, who: &str, args: &[&str], code: i32) -> (Run, Run) {
    let before = state(box_);
    let dry = box_.run_as(who, &[args, &["--dry-run"]].concat());
    assert_eq!(dry.code, code, "{args:?} as a dry run:\n{}", dry.text());
    let json = box_.run_as(who, &[args, &["--dry-run", "--json"]].concat()).exits(code).json();
    assert_eq!(state(box_), before, "{args:?}");
    if code == 0 {
        assert!(schema().is_valid(&json), "{args:?}: {json}");
        assert!(dry.stdout.starts_with("would "), "{args:?}:\n{}", dry.text());
    } else {
        assert_eq!(json["format"], "relsign-error-v1", "{args:?}");
    }
    let wet = box_.run_as(who, args);
    assert_eq!(wet.code, code, "{args:?} for good:\n{}", wet.text());
    if code == 0 {
        assert_ne!(state(box_), before, "{args:?} does nothing");
    } else {
        assert_eq!((dry.stderr.clone(), state(box_)), (wet.stderr.clone(), before), "{args:?}");
    }
    (dry, wet)
}

#[test]
fn a_release_is_rehearsed_from_the_tag_to_the_end() {
    let box_ = Sandbox::at(Stage::Begun);
    both(&box_, "rita", &["tag", TAG], 0);
    both(&box_, "ann", &["open", TAG], 1);
    let (dry, _) = both(&box_, "rita", &["open", TAG, "--freeze", "main", "--freeze-until", "2d"], 0);
    assert_eq!(dry.stdout.lines().count(), 2, "{}", dry.text());
    both(&box_, "rita", &["open", TAG], 1);
    let (dry, _) = both(&box_, "ann", &["approve", TAG, "--all"], 0);
    assert!(dry.stdout.contains("would sign (tests): as owner: done"), "{}", dry.text());
    both(&box_, "ann", &["approve", TAG, "--all"], 1);
    both(&box_, "ann", &["approve", TAG, "rollback", "--done"], 1);
    both(&box_, "ann", &["approve", TAG, "no-such-item"], 2);
    both(&box_, "bob", &["partial", TAG, "rollback", "-m", "not on staging"], 0);
    both(&box_, "bob", &["not-applicable", TAG, "rollback", "-m", "nothing to go back from"], 0);
    both(&box_, "bob", &["reject", TAG, "tests", "-m", "one is skipped"], 0);
    both(&box_, "rita", &["decide", TAG, "go"], 1);
    both(&box_, "ann", &["withdraw", TAG, "rollback", "-m", "none of mine"], 1);
    both(&box_, "bob", &["withdraw", TAG, "tests", "-m", "it was not"], 0);
    both(&box_, "rita", &["assign", TAG, "healthy", "@ann", "-m", "bob is away"], 0);
    both(&box_, "ann", &["waive", TAG, "migration", "-m", "no change"], 1);
    both(&box_, "bob", &["approve", TAG, "rollback", "-m", "on staging, too"], 0);
    box_.run_as("bob", &["approve", TAG, "tests", "migration", "--review"]).exits(0);
    box_.run_as("max", &["approve", TAG, "migration", "rollback", "--review"]).exits(0);
    both(&box_, "rita", &["action", TAG, "add", "Remove the flag", "--assignee", "@ann"], 0);
    both(&box_, "ann", &["action", TAG, "remove-the-flag", "done"], 0);
    both(&box_, "ann", &["action", TAG, "remove-the-flag", "done"], 1);
    both(&box_, "ann", &["decide", TAG, "go"], 1);
    both(&box_, "rita", &["decide", TAG, "no-go"], 2);
    both(&box_, "rita", &["decide", TAG, "go"], 0);
    box_.gate(TAG, 0);
    both(&box_, "rita", &["stage", TAG, "pass"], 1);
    both(&box_, "rita", &["stage", TAG, "enter"], 0);
    both(&box_, "rita", &["close", TAG], 1);
    both(&box_, "rita", &["rollback", TAG, "done"], 1);
    let start = ["rollback", TAG, "--flag-only", "--yes", "-m", "p99"];
    both(&box_, "rita", &start, 0);
    both(&box_, "rita", &start, 1);
    both(&box_, "rita", &["rollback", TAG, "done"], 0);
    let record = box_.log(TAG).pop().unwrap().id;
    both(&box_, "ann", &["disregard", TAG, &record, "-m", "lost"], 1);
}

#[test]
fn freezes_and_exceptions_are_rehearsed() {
    let box_ = Sandbox::at(Stage::Begun);
    both(&box_, "ann", &["freeze", "start", "audit", "--ref", "main", "-m", "audit week"], 1);
    both(&box_, "rita", &["freeze", "start", "audit", "--ref", "main", "-m", "audit week"], 0);
    both(&box_, "rita", &["freeze", "start", "audit", "--ref", "main", "-m", "again"], 1);
    box_.git(&["checkout", "-q", "-b", "fix"]);
    box_.commit("mend it");
    let ask = ["freeze", "request", "fix", "--ref", "main", "-m", "incident", "--expires", "4h"];
    let (_, wet) = both(&box_, "ann", &ask, 0);
    let request = wet.text().split("signed ").nth(1).unwrap()[..12].to_owned();
    both(&box_, "dev", &["freeze", "grant", &request], 1);
    both(&box_, "rita", &["freeze", "grant", &request, "-m", "for tonight"], 0);
    both(&box_, "ann", &["freeze", "break-glass", "fix", "--ref", "main", "-m", "outage"], 1);
    both(&box_, "ann", &["withdraw", &request, "-m", "it can wait"], 0);
    both(&box_, "rita", &["freeze", "lift", "audit", "-m", "done early"], 0);
    both(&box_, "rita", &["freeze", "lift", "audit", "-m", "done early"], 2);
}

#[test]
fn the_policy_its_root_and_receipts_are_rehearsed() {
    let box_ = Sandbox::at(Stage::Opened);
    both(&box_, "ann", &["witness", "--here"], 1);
    let policy = std::fs::read_to_string(box_.repo.join(".relsign/policy.toml")).unwrap();
    let changed = policy.replace("may = [\"check\"]", "may = [\"check\", \"receipt\"]").replace("threshold = 1", "threshold = 2");
    box_.write(".relsign/policy.toml", changed.replace("people = [\"@rita\"]", "people = [\"@rita\", \"@ann\"]"));
    both(&box_, "rita", &["policy", "activate"], 1);
    let (dry, _) = both(&box_, "rita", &["policy", "propose"], 0);
    assert!(dry.stdout.contains("which waits for others"), "{}", dry.text());
    both(&box_, "bob", &["policy", "sign"], 1);
    let (dry, _) = both(&box_, "ann", &["policy", "sign"], 0);
    assert!(dry.stdout.contains("which is enough"), "{}", dry.text());
    both(&box_, "bob", &["policy", "activate"], 0);
    let (dry, _) = both(&box_, "ci", &["witness", "--here"], 0);
    assert!(dry.stdout.contains("would sign: receipt 1 for 1 record of v1.0.0"), "{}", dry.text());
    let new = Sandbox::at(Stage::Begun);
    let plain = new.path("plain");
    new.init_repository(&plain);
    let new = new.moved_to(plain);
    both(&new, "rita", &["init", "--preset", "solo"], 2);
    let (dry, _) = both(&new, "rita", &["init", "--preset", "solo", "--yes"], 0);
    assert!(dry.stdout.contains("would write .relsign/policy.toml"), "{}", dry.text());
    box_.write("x.txt", "x");
}

#[test]
fn evidence_that_would_be_erased_is_told() {
    let box_ = Sandbox::at(Stage::Opened);
    box_.write("run.txt", "4711\n");
    box_.run_as("ann", &["approve", TAG, "tests", "--evidence", "run.txt"]).exits(0);
    let list = box_.run(&["evidence", "list", TAG, "--json"]).exits(0).json();
    let digest = list["evidence"][0]["sha256"].as_str().unwrap().to_owned();
    both(&box_, "dev", &["evidence", "redact", &digest, "-m", "private"], 1);
    let (dry, _) = both(&box_, "bob", &["evidence", "redact", &digest, "-m", "private"], 0);
    assert!(dry.stdout.contains("1 more needed"), "{}", dry.text());
    let (dry, _) = both(&box_, "max", &["evidence", "redact", &digest, "-m", "private"], 0);
    assert!(dry.stdout.contains("which is enough"), "{}", dry.text());
}

#[test]
fn a_dry_run_asks_for_no_passphrase_and_shares_nothing() {
    let box_ = Sandbox::at(Stage::Opened);
    let server = box_.path("server.git");
    box_.git(&["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
    box_.git(&["remote", "add", "origin", server.to_str().unwrap()]);
    let key = box_.key("ann");
    let mut lock = box_.command("ssh-keygen", &box_.path("home"));
    assert!(lock.args(["-q", "-p", "-P", "", "-N", "secret", "-f"]).arg(&key).status().unwrap().success());
    box_.run_as("ann", &["approve", TAG, "tests", "--dry-run"]).exits(0).says("would sign (tests): as owner: done");
    box_.run_as("ann", &["approve", TAG, "tests", "--dry-run", "--out", "run.records"]).exits(0);
    assert!(!box_.repo.join("run.records").exists());
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(2).says("locked");
    assert_eq!(box_.git_in(&server, &["for-each-ref"]), "");
}
