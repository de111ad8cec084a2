use proptest::prelude::*;

use super::{MAX_BYTES, Parsed, parse_anchors, parse_policy, policy_schema};
use crate::model::ids::{Handle, Principal, TagName};
use crate::model::policy::{FreezeSpan, ItemFacts, KeyState, Right};
use crate::model::problem::{Level, Problem};
use crate::model::record::{Owner, Phase, ReleaseType, RiskClass};

const ONE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBXyMpjHwQSGuQV+segFHRuUX2VvPLcDIPzbvUChICSi";
const TWO: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF+FGyDXciMRLy1Y7A/uf6MrJzVQOlsR5dJKsiA+zFvi";
const THREE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPltbpYli76hhUg+rNo1Wgy+T2EEaRIbH5CCtpJikh6O";
/// The identity point of the curve.
const WEAK: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A policy that uses every key there is, so that tests can break one thing at a time.
fn full() -> String {
    include_str!("full.toml").replace("KEY-ONE", ONE).replace("KEY-TWO", TWO).replace("KEY-THREE", THREE)
}

fn parsed(text: &str) -> Parsed {
    parse_policy(text.as_bytes()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// Changes one place of the full policy, and asserts the one error's code, message and that it points at `at`.
#[track_caller]
fn assert_error(from: &str, to: &str, code: &str, at: &str, says: &str) {
    let text = full();
    assert_eq!(text.matches(from).count(), 1, "{from:?} must stand once");
    let text = text.replace(from, to);
    let problems = parse_policy(text.as_bytes()).unwrap_err();
    let errors: Vec<&Problem> = problems.iter().filter(|problem| problem.level == Level::Error).collect();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    let error = errors[0];
    assert_eq!(error.code, code, "{error:?}");
    assert!(error.message.contains(says), "{}", error.message);
    assert!(text[error.span.start..].starts_with(at), "{error:?} points at {:?}", &text[error.span.clone()]);
    let line = text[..error.span.start].matches('\n').count() + 1;
    assert_eq!(usize::try_from(error.line), Ok(line));
}

#[test]
fn the_full_policy_says_what_it_says() {
    let Parsed { policy, warnings } = parsed(&full());
    assert_eq!(warnings, []);
    let jchen: Handle = "@jchen".parse().unwrap();
    let akim: Handle = "@akim".parse().unwrap();
    let person = |handle: &Handle| Principal::Person(handle.clone());
    let machine = "machine:ci".parse().unwrap();
    assert!(policy.may(&person(&jchen), Right::Open(ReleaseType::Normal)));
    assert!(!policy.may(&person(&akim), Right::Open(ReleaseType::Normal)));
    assert!(policy.may(&person(&akim), Right::Open(ReleaseType::Emergency)));
    assert!(policy.may(&person(&akim), Right::Reject) && policy.may(&person(&akim), Right::Grant));
    assert!(policy.may(&machine, Right::Check) && !policy.may(&machine, Right::Decide) && !policy.may(&machine, Right::Reject));
    assert!(!policy.may(&person(&jchen), Right::Receipt) && !policy.may(&person(&jchen), Right::BreakGlass));
    assert!(!policy.may(&"@nobody".parse().unwrap(), Right::Reject));
    assert_eq!(policy.who_may(Right::Decide).to_string(), "release-manager (@jchen)");
    assert_eq!(policy.who_may(Right::Check).to_string(), "sre (@akim), machine:ci");
    assert_eq!(policy.who_may(Right::BreakGlass).to_string(), "nobody");

    assert_eq!(policy.handle_of_email("JChen@Example.com"), Some(&jchen));
    assert_eq!(policy.handle_of_email("x@example.com"), None);
    assert_eq!(policy.owner_of("@jchen"), Some(Owner::Person(jchen.clone())));
    assert_eq!(policy.owner_of("sre").map(|owner| owner.to_string()).as_deref(), Some("@sre"));
    assert_eq!(policy.owner_of("the team"), None);
    assert!(policy.is_owner(&jchen, None) && !policy.is_owner(&akim, None));

    let tag = |name| TagName::from_user(name).unwrap();
    assert_eq!(policy.component_for(&tag("web/v1")).map(|c| c.name.as_str()), Some("web"));
    assert_eq!(policy.component_for(&tag("v1")).map(|c| c.name.as_str()), Some("main"));
    assert_eq!(policy.component_for(&tag("x/v1")), None);

    let states: Vec<_> = policy.keys().map(|(who, key)| (who.to_string(), key.state, key.since)).collect();
    assert_eq!(
        states,
        [
            ("@akim".to_owned(), KeyState::Active, None),
            ("@jchen".to_owned(), KeyState::Active, Some(1)),
            ("machine:ci".to_owned(), KeyState::Active, None)
        ]
    );
    let spans: Vec<_> = policy.contents().freezes.iter().map(|freeze| freeze.span).collect();
    assert!(matches!(spans[..], [FreezeSpan::Yearly { .. }, FreezeSpan::Weekly { .. }, FreezeSpan::Once { .. }]));
}

#[test]
fn requirements_take_the_stricter_of_file_and_rules() {
    let policy = parsed(&full()).policy;
    let low = ItemFacts::new(Phase::Before, Some(RiskClass::Low), ReleaseType::Normal);
    let high = ItemFacts { risk: Some(RiskClass::High), labels: &["db".to_owned()], ..low };
    let (few, many) = (policy.requirements(&low), policy.requirements(&high));
    assert_eq!((few.reviews, few.hardware_key, few.waiver_people), (1, false, 1));
    assert_eq!((many.reviews, many.evidence, many.waiver_people, many.max_age), (2, true, 0, Some(7 * 86_400)));
    let roles: Vec<_> = many.roles.iter().map(|role| role.as_str()).collect();
    assert_eq!(roles, ["sre"]);
    let asked = [("qa".parse().unwrap())];
    let file = ItemFacts { roles: &asked, reviews: Some(5), ..low };
    assert_eq!((policy.requirements(&file).reviews, policy.requirements(&file).roles.len()), (5, 1));
    // A role needs a reviewer even where no number is given.
    let after = ItemFacts { roles: &asked, ..ItemFacts::new(Phase::After, Some(RiskClass::Low), ReleaseType::Normal) };
    assert_eq!(policy.requirements(&after).reviews, 1);
    // Stating no risk, or a weaker wish in the file, is not the way around a rule.
    let silent = ItemFacts { risk: None, reviews: Some(0), ..high };
    assert_eq!(policy.requirements(&silent), many);
    assert!(crate::model::policy::is_at_least(&many, &few) && !crate::model::policy::is_at_least(&few, &many));
}

#[test]
fn errors_of_form() {
    assert_error("format = 1", "format = 2", "policy-bad-value", "2", "format 2");
    assert_error("format = 1", "", "policy-missing-key", "", "lacks `format`");
    assert_error("[separation]", "[separation]\nfoo = 1", "policy-unknown-key", "foo", "no key `foo`");
    assert_error("threshold = 1\n", "threshold = 1\nthreshold = 1\n", "policy-duplicate-key", "threshold", "twice");
    assert_error("[separation]", "[owners]\n[separation]", "policy-duplicate-key", "owners]", "twice");
    assert_error("threshold = 1\n", "threshold = \"1\"\n", "policy-wrong-type", "\"1\"", "whole number");
    assert_error("threshold = 1\n", "threshold = -1\n", "policy-wrong-type", "-1", "whole number");
    assert_error("[separation]", "[separation", "policy-syntax", "", "not TOML");
    assert_error("tags = \"web/v*\"", "tags = \"[a]\"", "policy-bad-value", "\"[a]\"", "pattern");
    assert_error("\"docs/RELEASE.md\"", "\"../RELEASE.md\"", "policy-bad-value", "\"../", "not a path");
    assert_error("max_age = \"7d\"", "max_age = \"7 days\"", "policy-bad-value", "\"7 days\"", "30d");
    assert_error("name = \"web\"", "name = \"main\"", "policy-twice", "\"main\"", "two components");
    assert_error("disregard = 2\n", "disregard = 1\n", "policy-bad-value", "1", "from 2");
}

#[test]
fn a_gate_says_whose_go_opens_it() {
    let gate = "ref = \"refs/heads/production/**\"\ncomponent = \"main\"\nenvironment = \"production\"\n";
    let with = |from: &str, to: &str| gate.replace(from, to);
    let text = full();
    let gates = parse_policy(text.as_bytes()).unwrap().policy.contents().gates.clone();
    assert_eq!((gates.len(), gates[0].component.as_str(), gates[0].environment.as_str()), (1, "main", "production"));
    for key in ["ref", "component", "environment"] {
        let line = gate.lines().find(|line| line.starts_with(key)).unwrap();
        assert_error(gate, &with(&format!("{line}\n"), ""), "policy-missing-key", "", &format!("lacks `{key}`"));
    }
    assert_error(gate, &with("\"main\"", "\"api\""), "policy-unknown-component", "\"api\"", "no component \"api\"");
    assert_error(gate, &with("\"production\"", "\"moon\""), "policy-bad-value", "\"moon\"", "not released to moon");
    assert_error(gate, &with("refs/heads/production/**", "production"), "policy-bad-value", "\"production\"", "full ref");
    assert_error(gate, &format!("{gate}[[gated]]\n{gate}"), "policy-twice", "[[gated]]", "gated twice");
    // Where a component lists no environments, it may go to any.
    let any = text.replace(gate, &with("\"main\"", "\"web\""));
    assert!(parse_policy(any.as_bytes()).is_ok());
    // What an older draft of the format had is no key any more.
    assert_error("[refs]", "[refs]\ngated = [\"refs/heads/x\"]", "policy-unknown-key", "gated", "no key `gated`");
}

#[test]
fn errors_of_names() {
    assert_error("[person.akim]", "[person.AKim]\nkeys=[]\n[person.akim]", "policy-bad-handle", "AKim", "not a handle");
    assert_error("[person.akim]", "[person.\"a.kim\"]\nkeys=[]\n[person.akim]", "policy-bad-handle", "\"a.kim\"", "not a handle");
    assert_error("[person.akim]", "[person.\"jchen\"]\n[person.akim]", "policy-duplicate-key", "\"jchen\"]", "twice");
    assert_error(
        "people = [\"@jchen\", \"@akim\"]",
        "people = [\"@jchen\", \"@jchen\", \"@akim\"]",
        "policy-twice",
        "\"@jchen\"",
        "twice",
    );
    assert_error(
        "people = [\"@jchen\", \"@akim\"]",
        "people = [\"@jchen\", \"@akim\", \"@x\"]",
        "policy-unknown-person",
        "\"@x\"",
        "@x",
    );
    assert_error(
        "people = [\"@jchen\", \"@akim\"]",
        "people = [\"@jchen\", \"@akim\", \"*\"]",
        "policy-wildcard",
        "\"*\"",
        "wildcard",
    );
    assert_error("decide = [\"release-manager\"]", "decide = [\"*\"]", "policy-wildcard", "\"*\"", "wildcard");
    assert_error("decide = [\"release-manager\"]", "decide = [\"everyone\"]", "policy-wildcard", "\"everyone\"", "wildcard");
    assert_error("decide = [\"release-manager\"]", "decide = [\"boss\"]", "policy-unknown-role", "\"boss\"", "boss");
    assert_error("roles = [\"sre\", \"qa\"]", "roles = [\"sre\", \"qa\", \"dba\"]", "policy-unknown-role", "\"dba\"", "dba");
    assert_error("component = []", "component = [\"api\"]", "policy-unknown-component", "\"api\"", "api");
    assert_error("\"akim@example.com\"", "\"JCHEN@example.com\"", "policy-shared-email", "\"JCHEN@example.com\"", "@jchen");
    for own in ["\"noreply@forge.example\"", "\"7+updates[bot]@forge.example\""] {
        assert_error(own, "\"JCHEN@example.com\"", "policy-shared-email", "\"JCHEN@example.com\"", "@jchen");
        assert_error(own, "\"no address\"", "policy-bad-value", "\"no address\"", "not an e-mail address");
    }
    let bot = "\"7+updates[bot]@forge.example\"";
    assert_error(bot, "\"NoReply@Forge.example\"", "policy-shared-email", "\"NoReply@Forge.example\"", "a forge");
    assert_error("bot_commits = \"listed\"", "bot_commits = \"note\"", "policy-bad-value", "\"note\"", "listed");
    assert_error("\"akim@example.com\"", "\"a,b@example.com\"", "policy-bad-value", "\"a,b@example.com\"", "not an e-mail address");
    assert_error("threshold = 1\n", "threshold = 3\n", "policy-threshold-high", "3", "2 owners");
    assert_error(
        "may = [\"check\", \"receipt\", \"read\"]",
        "may = [\"check\", \"decide\"]",
        "policy-bad-value",
        "\"decide\"",
        "decide",
    );
}

#[test]
fn errors_of_keys() {
    let at = |key: &str| format!("\"{}", &key[..20]);
    assert_error(TWO, ONE, "policy-shared-key", &at(ONE), "already");
    assert_error(THREE, ONE, "policy-shared-key", &at(ONE), "machine:ci");
    assert_error(TWO, WEAK, "policy-key-weak", &at(WEAK), "small order");
    assert_error(TWO, "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB", "policy-key-unsupported", "\"ssh-rsa", "ssh-rsa");
    assert_error(TWO, "ssh-ed25519 AAAA", "policy-key-malformed", "\"ssh-ed25519 AAAA\"", "@akim");
    assert_error("since = 1", "state = \"compromised\"", "policy-missing-key", "{", "lacks `since`");
    assert_error("since = 1", "since = 0", "policy-bad-value", "0", "from 1");
    assert_error("since = 1", "state = \"lost\"", "policy-bad-value", "\"lost\"", "compromised");
}

#[test]
fn an_empty_list_of_environments_is_not_everywhere() {
    let list = "environments = [\"production\", \"staging\"]";
    assert_error(list, "environments = []", "policy-bad-value", "[]", "has no environments");
}

#[test]
fn errors_of_freezes() {
    assert_error(
        "zone = \"Europe/Berlin\"",
        "zone = \"Europe/Atlantis\"",
        "policy-unknown-zone",
        "\"Europe/Atlantis\"",
        "Atlantis",
    );
    assert_error("from = \"12-20 18:00\"", "from = \"02-30 18:00\"", "policy-bad-value", "\"02-30", "not a time");
    assert_error("from = \"fri 16:00\"", "from = \"fri 24:00\"", "policy-bad-value", "\"fri 24:00\"", "not a time");
    assert_error("to = 2026-11-27T08:00:00", "to = 2026-11-25T08:00:00", "policy-bad-value", "[[freeze]]", "before it begins");
    assert_error("to = 2026-11-27T08:00:00", "to = 2026-11-27T08:00:00Z", "policy-bad-value", "2026-11-27T08:00:00Z", "not a time");
    assert_error("refs = [\"refs/heads/web\"]", "refs = [\"web\"]", "policy-bad-value", "\"web\"", "full ref");
    assert_error("refs = [\"refs/heads/web\"]", "refs = []", "policy-bad-value", "[]", "freezes no ref");
    assert_error(
        "weekly = {",
        "yearly = { from = \"01-01 00:00\", to = \"01-02 00:00\" }\nweekly = {",
        "policy-bad-value",
        "[[freeze]]",
        "exactly one",
    );
}

#[test]
fn all_problems_are_told_together_and_in_order() {
    let text = full()
        .replace("format = 1", "format = 9")
        .replace(TWO, WEAK)
        .replace("Europe/Berlin", "Mars")
        .replace("[refs]", "[refs]\nx=1");
    let problems = parse_policy(text.as_bytes()).unwrap_err();
    let codes: Vec<_> = problems.iter().filter(|p| p.level == Level::Error).map(|p| p.code).collect();
    assert_eq!(codes, ["policy-bad-value", "policy-key-weak", "policy-unknown-key", "policy-unknown-zone"]);
    assert!(problems.windows(2).all(|pair| pair[0].line <= pair[1].line));
    assert_eq!(parse_policy(b"").unwrap_err().len(), 5);
    // What is missing at the top does not hide what is wrong about the whole.
    let headless = full().replace("repository = ", "# ").replace("threshold = 1\n", "threshold = 9\n");
    let codes: Vec<_> = parse_policy(headless.as_bytes()).unwrap_err().iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["policy-missing-key", "policy-threshold-high"]);
}

#[test]
fn warnings_come_with_the_policy() {
    let warnings = |text: &str| parsed(text).warnings.iter().map(|w| (w.level, w.code)).collect::<Vec<_>>();
    let equal = full().replace("threshold = 1\n", "threshold = 2\n");
    assert_eq!(warnings(&equal), [(Level::Warning, "policy-threshold-equal")]);
    let twin = full().replace("[role.qa]", "[role.akim]\n[role.qa]");
    assert_eq!(warnings(&twin), [(Level::Warning, "policy-handle-is-role")]);
    let many = full().replace("reviews = 2", "reviews = 9");
    assert_eq!(warnings(&many), [(Level::Warning, "policy-too-few-people")]);
    // Where nobody reviews an item of their own, two people can't review it twice.
    let own = full().replace("owner_may_review = true", "owner_may_review = false");
    assert_eq!(warnings(&own), [(Level::Warning, "policy-too-few-people")]);
    let nobody =
        full().replace("decide = [\"release-manager\"]", "decide = [\"idle\"]").replace("[role.qa]", "[role.idle]\n[role.qa]");
    assert_eq!(warnings(&nobody), [(Level::Warning, "policy-nobody-may")]);
    let exception = full().replace("exception = 1", "exception = 9");
    assert_eq!(warnings(&exception), [(Level::Warning, "policy-too-few-people")]);
    // Nobody at all may be meant; fewer than it takes hardly is.
    let grantors = exception.lines().find(|line| line.starts_with("grant = ")).unwrap();
    assert_eq!(warnings(&exception.replace(grantors, "grant = []")), []);
}

#[test]
fn bytes_that_are_no_policy() {
    let one = |bytes: &[u8]| {
        let problems = parse_policy(bytes).unwrap_err();
        (problems[0].code, problems[0].line, problems[0].column)
    };
    assert_eq!(one(&vec![b'#'; MAX_BYTES + 1]), ("policy-too-large", 1, 1));
    assert_eq!(one(b"format = 1\nx = \"\xff\"\n"), ("policy-not-utf8", 2, 6));
    assert_eq!(one(b"\0").0, "policy-syntax");
    // Nesting of every kind, as deep as the size allows.
    for deep in [
        "a=".to_owned() + &"[".repeat(200_000),
        "a={".repeat(80_000),
        "a.".repeat(100_000) + "a=1",
        "[".to_owned() + &"a.".repeat(100_000) + "a]",
    ] {
        assert!(parse_policy(deep.as_bytes()).is_err());
    }
}

#[test]
fn anchors_are_sorted_ids() {
    let (a, b) = ("a".repeat(64), "b".repeat(64));
    assert_eq!(parse_anchors(b"").map(|anchors| anchors.len()), Ok(0));
    assert_eq!(parse_anchors(format!("{a}\n{b}\n").as_bytes()).map(|anchors| anchors.len()), Ok(2));
    for (bad, line) in [
        (format!("{a}\n{b}"), 2),
        (format!("{b}\n{a}\n"), 2),
        (format!("{a}\n{a}\n"), 2),
        (format!("{a}\r\n"), 1),
        ("\n".to_owned(), 1),
    ] {
        let problem = parse_anchors(bad.as_bytes()).unwrap_err();
        assert_eq!((problem.code, problem.line), ("anchors-malformed", line), "{bad:?}");
    }
}

/// Returns every key below a schema's `properties`, by the name of the table's schema.
fn properties(schema: &serde_json::Value, all: &mut std::collections::BTreeSet<String>) {
    if let Some(map) = schema.as_object() {
        if let Some(properties) = map.get("properties").and_then(|properties| properties.as_object()) {
            all.extend(properties.keys().cloned());
        }
        map.values().for_each(|value| properties(value, all));
    }
}

#[test]
fn the_schema_and_the_reader_know_the_same_keys() {
    let schema = serde_json::to_value(policy_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let document: toml::Table = full().parse().unwrap();
    // TOML's own dates have no JSON form; the schema has them as strings.
    let mut json = serde_json::to_value(&document).unwrap();
    for edge in ["from", "to"] {
        json["freeze"][2]["once"][edge] = "2026-11-26T08:00:00".into();
    }
    let errors: Vec<_> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    // The full policy parses and so has no key that the reader lacks; it must have every key that the schema has.
    let mut all = std::collections::BTreeSet::new();
    properties(&schema, &mut all);
    let text = full();
    for key in all {
        let stands = text.contains(&format!("{key} = ")) || text.contains(&format!("[{key}"));
        assert!(stands, "full.toml does not show `{key}`");
    }
    let strict = full().replace("[separation]", "[separation]\nfoo = 1");
    let mut json = serde_json::to_value(strict.parse::<toml::Table>().unwrap()).unwrap();
    json.as_object_mut().unwrap().remove("freeze");
    assert!(!validator.is_valid(&json));
}

#[test]
fn every_code_that_is_told_is_in_the_table() {
    let sources = [
        include_str!("authority.rs"),
        include_str!("freeze.rs"),
        include_str!("people.rs"),
        include_str!("reader.rs"),
        include_str!("releases.rs"),
        include_str!("values.rs"),
        include_str!("whole.rs"),
        // Without the table itself.
        include_str!("../policy.rs").split("pub const CODES").next().unwrap_or_default(),
    ];
    let mut told: std::collections::BTreeSet<&str> = std::collections::BTreeSet::new();
    for source in sources {
        told.extend(source.split('"').filter(|word| {
            let name = word.strip_prefix("policy-").or(word.strip_prefix("anchors-"));
            name.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'))
        }));
    }
    let listed: std::collections::BTreeSet<&str> = super::CODES.iter().map(|row| row.code).collect();
    assert_eq!(told, listed);
    assert_eq!(listed.len(), super::CODES.len());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse_policy(&bytes);
        let _ = parse_anchors(&bytes);
    }

    #[test]
    fn no_damage_makes_it_panic(at in 0_usize..4000, length in 0_usize..40, with in "\\PC{0,12}") {
        let mut bytes = full().into_bytes();
        let at = at.min(bytes.len());
        let end = (at + length).min(bytes.len());
        bytes.splice(at..end, with.into_bytes());
        if let Err(problems) = parse_policy(&bytes) {
            prop_assert!(problems.iter().any(|problem| problem.level == Level::Error));
            prop_assert!(problems.iter().all(|problem| problem.span.start <= bytes.len()));
        }
    }
}
