//! The register of exceptions and the report of a release: what went through a freeze is told ever after, by real pushes.

use serde_json::Value;

use crate::sandbox::{Run, Stage};
use crate::server::{RULES, Server};

const MAIN: &str = "refs/heads/main";
const LATER: &str = "2026-11-22T12:00:00Z";

/// Runs `report` in a rendering, as of a later time.
#[track_caller]
fn report(server: &Server, tag: &str, format: &str) -> Run {
    server.box_.run(&["report", tag, "--format", format, "--as-of", LATER]).exits(0)
}

/// Gives what a report in JSON says of freezes, once it is found valid and no other answer than `verify`'s.
#[track_caller]
fn freezes(server: &Server, tag: &str) -> Value {
    let told = report(server, tag, "json").json();
    valid("report.schema.json", &told);
    let verified = server.box_.run(&["verify", tag, "--json", "--as-of", LATER]).json();
    let verified = if verified["verdict"].is_null() { verified["reports"][0].clone() } else { verified };
    assert_eq!(told["verdict"], verified["verdict"]);
    assert_eq!(told["integrity"], verified["integrity"]);
    told["freezes"].clone()
}

#[track_caller]
fn valid(schema: &str, told: &Value) {
    let schema = relsign::schema::all().into_iter().find(|(name, _)| name == schema).unwrap().1;
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(told).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[track_caller]
fn register(server: &Server) -> Value {
    let told = server.box_.run(&["freeze", "exceptions", "--json"]).exits(0).json();
    valid("freeze-exceptions.schema.json", &told);
    told
}

fn states(passages: &Value) -> Vec<(bool, &str)> {
    let all = passages.as_array().unwrap().iter();
    all.map(|passage| (passage["alone"].as_bool().unwrap(), passage["state"].as_str().unwrap())).collect()
}

#[test]
fn what_went_through_a_freeze_stands_in_the_report_of_the_release_that_carries_it() {
    // Expected: glass first and loud, an exception that was used, one that expired unused; who, why, when, by which key; in
    // all four renderings, the same bytes each time.
    let server = Server::at(Stage::Begun);
    let git = |args: &[&str]| server.box_.git(args);
    let used = server.change("a", "a");
    let first = server.excepted(&used);
    server.takes(&["HEAD:refs/heads/main"]).says("uses exception");
    git(&["fetch", "-q"]);
    // Asked for, granted and never pushed: the branch that is released goes on without it.
    git(&["checkout", "-q", "-b", "side"]);
    let unused = server.change("b", "b");
    let second = server.excepted(&unused);
    git(&["checkout", "-q", "main"]);
    let alone = server.change("c", "c");
    let breaks = ["freeze", "break-glass", &alone, "--ref", "main", "--reason", "the shop is down", "--ticket", "INC-9"];
    server.run("rita", &breaks).exits(0);
    server.takes(&["HEAD:refs/heads/main"]).says("used break-glass");
    git(&["fetch", "-q"]);
    server.box_.tag("v1.0.0");
    let open = ["open", "v1.0.0", "--freeze", "main", "--freeze-until", "6h"];
    server.run("rita", &open).exits(0);

    let told = freezes(&server, "v1.0.0");
    let mut found = states(&told["passages"]);
    assert_eq!(found.remove(0), (true, "used"), "{told:#}");
    found.sort_unstable();
    assert_eq!(found, [(false, "expired"), (false, "used")], "{told:#}");
    let by_id = |id: &str| told["passages"].as_array().unwrap().iter().find(|passage| passage["record"] == id).unwrap();
    let (glass, exception, expired) = (&told["passages"][0], by_id(&first), by_id(&second));
    assert_eq!(glass["landed"]["commit"], alone);
    assert_eq!(glass["by"], "@rita");
    assert_eq!(glass["concerns"][0], "commits");
    assert_eq!(glass["freezes"][0]["name"], "quiet weeks");
    assert_eq!(exception["landed"]["commit"], used);
    assert_eq!(exception["granted_by"], serde_json::json!(["@ann", "@bob"]));
    assert!(exception["grants"].as_array().unwrap().iter().all(|grant| grant["counts"] == true), "{exception:#}");
    assert_eq!(exception["freezes"][0]["name"], "quiet weeks");
    assert_eq!(expired["concerns"], serde_json::json!(["frozen-ref"]));
    assert_eq!(told["held"][0]["refs"], serde_json::json!([MAIN]));
    assert_eq!(told["held"][0]["until"], "2026-11-21T15:30:00Z");
    assert_eq!(told["unknown"], serde_json::json!([]));
    let findings = report(&server, "v1.0.0", "json").json();
    let is_glass = |finding: &&Value| finding["code"] == "break-glass-used";
    assert_eq!(findings["findings"].as_array().unwrap().iter().filter(is_glass).count(), 1);

    for format in ["terminal", "markdown", "html"] {
        let text = report(&server, "v1.0.0", format).stdout;
        for word in [
            "BREAK-GLASS USED",
            "the shop is down",
            "INC-9",
            "quiet weeks",
            "expired, not used",
            "@ann",
            "@bob",
            "a leak",
            "not witnessed",
            &first[..12],
            &used[..12],
            "2026-11-21T13:30:00Z",
            "refs/heads/main",
            "break-glass-used",
        ] {
            assert!(text.contains(word), "{format}: {word}\n{text}");
        }
        assert!(text.find("BREAK-GLASS USED").unwrap() < text.find("Exceptions and waivers").unwrap(), "{format}: it comes first");
        assert_eq!(text, report(&server, "v1.0.0", format).stdout, "{format}: the same bytes");
    }
}

#[test]
fn a_release_that_nothing_concerns_says_so_in_a_line() {
    // Expected: "none" is said, so that nobody takes silence for it; what concerns another release stays out.
    let server = Server::at(Stage::Begun);
    server.box_.tag("v1.0.0");
    let other = server.change("a", "a");
    server.excepted(&other);
    server.run("rita", &["open", "v1.0.0"]).exits(0);
    let told = freezes(&server, "v1.0.0");
    assert_eq!(
        (&told["passages"], &told["held"], &told["unplaced"]),
        (&Value::Array(vec![]), &Value::Array(vec![]), &Value::Array(vec![]))
    );
    for format in ["terminal", "markdown", "html"] {
        report(&server, "v1.0.0", format)
            .says("No freeze exception and no use of break-glass concerns this release.")
            .says("This release froze no refs.");
    }
}

#[test]
fn what_was_used_and_then_taken_back_is_still_used() {
    // Expected: neither whoever broke the glass nor whoever asked or granted can make it vanish by a withdrawal.
    let server = Server::at(Stage::Begun);
    let commit = server.change("a", "a");
    let asked = server.excepted(&commit);
    server.takes(&["HEAD:refs/heads/main"]);
    server.box_.git(&["fetch", "-q"]);
    let next = server.change("b", "b");
    let run = server.run("rita", &["freeze", "break-glass", &next, "--ref", "main", "--reason", "fire", "--json"]).exits(0);
    let glass = run.json()["records"][0]["id"].as_str().unwrap().to_owned();
    server.takes(&["HEAD:refs/heads/main"]);
    server.box_.git(&["fetch", "-q"]);
    let grants = register(&server);
    let grant = |who: &str| {
        let found = grants["exceptions"][1]["grants"].as_array().unwrap().iter().find(|grant| grant["by"] == who).unwrap();
        found["record"].as_str().unwrap().to_owned()
    };
    for (who, record) in [("rita", glass), ("rita", asked), ("ann", grant("@ann"))] {
        let body = serde_json::json!({ "record": record, "reason": "never happened" });
        server.plant(who, &server.draft(who, "withdraw", (MAIN, &next), body));
    }
    let told = register(&server);
    assert_eq!(states(&told["exceptions"]), [(true, "used"), (false, "used")], "{told:#}");
    assert_eq!(told["exceptions"][0]["withdrawn"]["reason"], "never happened");
    assert_eq!(told["exceptions"][1]["missing"], 1);
    server.box_.run(&["freeze", "exceptions"]).exits(0).says("BREAK-GLASS USED").says("withdrawn").says("never happened");
    server.box_.tag("v1.0.0");
    server.run("rita", &["open", "v1.0.0"]).exits(0);
    assert_eq!(states(&freezes(&server, "v1.0.0")["passages"]), [(true, "used"), (false, "used")]);
}

#[test]
fn glass_that_somebody_breaks_who_never_might_is_told_as_void_and_rings_no_bell() {
    // Expected: void, among the passages and without the finding: else anybody listed could cry wolf over every release.
    let server = Server::at(Stage::Begun);
    let commit = server.change("a", "a");
    let body = serde_json::json!({ "ref": MAIN, "commit": commit, "reason": "me" });
    server.plant("ann", &server.draft("ann", "break-glass", (MAIN, &commit), body));
    // A server with the hooks takes no such record in; this one has it from before.
    server.git(&["fetch", "-q", server.box_.repo.to_str().unwrap(), "+refs/notes/relsign:refs/notes/relsign"]);
    server.box_.tag("v1.0.0");
    server.run("rita", &["open", "v1.0.0"]).exits(0);
    assert_eq!(states(&freezes(&server, "v1.0.0")["passages"]), [(true, "void")]);
    for format in ["terminal", "markdown", "html"] {
        let text = report(&server, "v1.0.0", format).says("break-glass without effect").says("may not").stdout;
        assert!(!text.contains("BREAK-GLASS USED") && !text.contains("break-glass-used"), "{text}");
    }
}

#[test]
fn what_landed_by_another_way_is_not_called_used() {
    // Expected: a change that too few granted and that the branch has is told as landed without its exception.
    let server = Server::at(Stage::Begun);
    let commit = server.change("a", "a");
    server.request("rita", &commit);
    server.takes(&["HEAD:refs/heads/topic"]);
    server.git(&["update-ref", MAIN, "refs/heads/topic"]);
    server.box_.git(&["fetch", "-q"]);
    assert_eq!(states(&register(&server)["exceptions"]), [(false, "landed")]);
    server.box_.run(&["freeze", "exceptions"]).exits(0).says("landed without it").says("no grants");
}

#[test]
fn a_squash_is_found_by_what_it_changed() {
    // Expected: used, and in the release by the commit that landed, although that is not the one that was granted.
    let server = Server::at(Stage::Begun);
    let git = |args: &[&str]| server.box_.git(args);
    git(&["checkout", "-q", "-b", "fix"]);
    server.change("a", "a");
    let commit = server.change("b", "b");
    server.excepted(&commit);
    server.takes(&["fix"]);
    git(&["checkout", "-q", "main"]);
    git(&["merge", "-q", "--squash", "fix"]);
    git(&["commit", "-q", "-m", "squashed"]);
    server.takes(&["HEAD:refs/heads/main"]).says("uses exception");
    git(&["fetch", "-q"]);
    let landed = server.box_.id("HEAD");
    server.change("more", "more");
    server.box_.tag("v1.0.0");
    server.run("rita", &["open", "v1.0.0"]).exits(0);
    let told = freezes(&server, "v1.0.0");
    assert_eq!(states(&told["passages"]), [(false, "used")]);
    assert_eq!(told["passages"][0]["landed"]["commit"], landed);
    assert_eq!(told["passages"][0]["concerns"], serde_json::json!(["commits"]));
}

#[test]
fn the_freeze_of_a_release_is_told_with_what_ended_it() {
    // Expected: until nobody has decided it holds; then the decision ended it, and a later clock changes nothing in that.
    let server = Server::at(Stage::Begun);
    server.box_.tag("v1.0.0");
    server.run("rita", &["open", "v1.0.0", "--freeze", "main", "--freeze-until", "3d"]).exits(0);
    assert_eq!(freezes(&server, "v1.0.0")["held"][0]["holds"], true);
    report(&server, "v1.0.0", "terminal").says("it holds");
    server.run("rita", &["decide", "v1.0.0", "no-go", "--reason", "not today"]).exits(0);
    let told = freezes(&server, "v1.0.0");
    assert_eq!(told["held"][0]["ended"]["kind"], "decide", "{told:#}");
    assert_eq!(told["held"][0]["holds"], false);
    for format in ["terminal", "markdown", "html"] {
        report(&server, "v1.0.0", format).says("ended: decide by @rita").says("no-go: not today");
    }
}

#[test]
fn what_was_used_stays_used_when_those_who_granted_it_have_left() {
    // Expected: used, with the grants as they were signed and why none of them would count now.
    let server = Server::at(Stage::Begun);
    let commit = server.change("a", "a");
    server.excepted(&commit);
    server.takes(&["HEAD:refs/heads/main"]);
    server.box_.git(&["fetch", "-q"]);
    server
        .box_
        .step(&(server.box_.policy_text() + &RULES.replace("grant = [\"qa\", \"sre\"]", "grant = [\"release-manager\"]")), &[]);
    let told = register(&server);
    assert_eq!(states(&told["exceptions"]), [(false, "used")], "{told:#}");
    let grants = told["exceptions"][0]["grants"].as_array().unwrap();
    assert_eq!(grants.len(), 2);
    assert!(grants.iter().all(|grant| grant["counts"] == false && grant["why_not"].is_string()), "{told:#}");
    assert_eq!(
        (&told["exceptions"][0]["granted_by"], &told["exceptions"][0]["missing"]),
        (&serde_json::json!([]), &Value::from(2))
    );
}

#[test]
fn a_witness_vouches_for_when_it_was_asked_and_granted() {
    // Expected: the witnessed time stands beside the claimed one, of the request and of each grant.
    let server = Server::at(Stage::Begun);
    let text = server.box_.policy_with("may = [\"check\"]", "may = [\"check\", \"receipt\"]") + RULES;
    server.box_.step(&text, &[]);
    server.takes(&["refs/relsign/policy"]);
    let commit = server.change("a", "a");
    server.excepted(&commit);
    server.clock("2026-11-21T10:00:00Z");
    let mut later = server.box_.program();
    later.env("RELSIGN_NOW", "2026-11-21T10:00:00Z").args(["--key", server.box_.key("ci").to_str().unwrap(), "witness"]);
    crate::sandbox::ended(&mut later).exits(0);
    let told = register(&server);
    let passage = &told["exceptions"][0];
    assert_eq!(
        (&passage["time"], &passage["witnessed"]),
        (&Value::from("2026-11-21T09:30:00Z"), &Value::from("2026-11-21T10:00:00Z"))
    );
    assert!(passage["grants"].as_array().unwrap().iter().all(|grant| grant["witnessed"] == "2026-11-21T10:00:00Z"), "{told:#}");
    server.box_.run(&["freeze", "exceptions"]).exits(0).says("(2026-11-21T10:00:00Z)");
}

#[test]
fn an_exception_for_a_gated_ref_concerns_the_release_that_was_open_then() {
    // Expected: gated-ref, although its change is none of the release's; and the hand-made freeze with the lift that ended it.
    let server = Server::at(Stage::Begun);
    server.box_.tag("v1.0.0");
    server.run("rita", &["open", "v1.0.0"]).exits(0);
    server.run("rita", &["freeze", "start", "incident", "--ref", "production", "--reason", "all hands"]).exits(0);
    let commit = server.change("a", "a");
    let ask =
        ["freeze", "request", &commit, "--ref", "refs/heads/production", "--reason", "r", "--expires", "1h", "--base", "HEAD~1"];
    server.run("ann", &ask).exits(0);
    server.run("rita", &["freeze", "lift", "incident", "--reason", "it is over", "--no-sync"]);
    let told = freezes(&server, "v1.0.0");
    assert_eq!(told["passages"][0]["concerns"], serde_json::json!(["gated-ref"]), "{told:#}");
    assert_eq!(told["passages"][0]["freezes"][0]["name"], "incident");
    assert_eq!(told["passages"][0]["freezes"][0]["ended"]["reason"], "it is over");
}

#[test]
fn a_hostile_reason_is_shown_and_does_nothing() {
    // Expected: no escape, tag, link or row of its own in any rendering; the words are there.
    let server = Server::at(Stage::Begun);
    let commit = server.change("a", "a");
    let reason = "x\u{1b}[2J<script>alert(1)</script>|\n\n# GO\n[ok](javascript:alert(1))\u{202e}";
    let body = serde_json::json!({ "ref": MAIN, "commit": commit, "reason": reason, "ticket": "<img src=x>|`" });
    server.plant("rita", &server.draft("rita", "break-glass", (MAIN, &commit), body));
    server.box_.tag("v1.0.0");
    server.run("rita", &["open", "v1.0.0"]).exits(0);
    for format in ["terminal", "markdown", "html", "json"] {
        let text = report(&server, "v1.0.0", format).stdout;
        for bad in ["\u{1b}", "\u{202e}", "\n# GO"] {
            assert!(!text.contains(bad), "{format}: {bad:?}");
        }
        if format == "html" {
            assert!(!text.contains("<script") && !text.contains("<img") && !text.contains("href=\"javascript"), "{text}");
        }
        if format == "markdown" {
            assert!(!text.contains("<script") && !text.contains("[ok]("), "{text}");
        }
        assert!(text.contains("alert"), "{format}");
    }
    let listed = server.box_.run(&["freeze", "exceptions"]).exits(0).stdout;
    assert!(!listed.contains('\u{1b}') && listed.contains("\\x1b[2J"), "{listed}");
}

#[test]
fn where_history_is_cut_off_what_is_not_known_is_said() {
    // Expected: a shallow clone doesn't say "none" of what lies beyond its edge: it names it and says that it is not known.
    let server = Server::at(Stage::Begun);
    let used = server.change("a", "a");
    let asked = server.excepted(&used);
    server.takes(&["HEAD:refs/heads/main"]);
    server.change("b", "b");
    server.box_.tag("v1.0.0");
    server.run("rita", &["open", "v1.0.0"]).exits(0);
    let box_ = server.box_;
    let path = box_.path("shallow");
    let url = format!("file://{}", box_.repo.display());
    let root = box_.git(&["config", "relsign.root"]);
    box_.git(&["clone", "-q", "--depth=1", "--branch", "v1.0.0", &url, path.to_str().unwrap()]);
    let there = box_.moved_to(path);
    there.git(&["config", "relsign.root", &root]);
    there.git(&["fetch", "-q", "origin", "refs/notes/relsign:refs/notes/relsign", "refs/relsign/*:refs/relsign/*"]);
    let told = there.run(&["report", "v1.0.0", "--format", "json"]).exits(0).json();
    assert_eq!(told["freezes"]["unplaced"], serde_json::json!([asked]));
    assert_eq!(told["freezes"]["unknown"][0]["code"], "range-not-here");
    for format in ["terminal", "markdown", "html"] {
        there
            .run(&["report", "v1.0.0", "--format", format])
            .says("It is not known here whether these concern it")
            .says(&asked[..12]);
    }
    let listed = there.run(&["freeze", "exceptions", "--json"]).exits(0).json();
    assert_eq!(listed["exceptions"][0]["state"], "unknown", "{listed:#}");
}
