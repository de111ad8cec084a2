//! What a version of the policy is said to change: every difference has words.

use relsign::model::policy::Contents;
use relsign::parse::policy::parse_policy;
use relsign::report::changes::between;

const KEYS: [&str; 3] = [
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBXyMpjHwQSGuQV+segFHRuUX2VvPLcDIPzbvUChICSi",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF+FGyDXciMRLy1Y7A/uf6MrJzVQOlsR5dJKsiA+zFvi",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPltbpYli76hhUg+rNo1Wgy+T2EEaRIbH5CCtpJikh6O",
];

fn text() -> String {
    format!(
        r#"format = 1
repository = "00112233445566778899aabbccddeeff"
[owners]
people = ["@ann", "@bob"]
threshold = 1
[role.lead]
[person.ann]
name = "Ann"
roles = ["lead"]
keys = [{{ key = "{}", state = "active" }}]
[person.bob]
keys = [{{ key = "{}", state = "active" }}]
[machine.ci]
may = ["check"]
keys = [{{ key = "{}", state = "active" }}]
[[component]]
name = "main"
tags = "v*"
checklist = "RELEASE.md"
environments = ["production"]
[[rule]]
phase = ["before"]
reviews = 1
[authority]
release_managers = ["lead"]
decide = ["lead"]
"#,
        KEYS[0], KEYS[1], KEYS[2]
    )
}

fn read(text: &str) -> Contents {
    parse_policy(text.as_bytes()).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}")).policy.contents().clone()
}

#[test]
fn the_same_policy_changes_nothing() {
    assert_eq!(between(&read(&text()), &read(&(text() + "# a comment\n"))), Vec::<String>::new());
}

#[test]
fn every_difference_has_words() {
    let cases: [(&str, &str, &str); 15] = [
        ("threshold = 1", "threshold = 2", "threshold 2 instead of 1"),
        (r#"people = ["@ann", "@bob"]"#, r#"people = ["@ann"]"#, "owners are now @ann"),
        ("name = \"Ann\"", "name = \"Anna\"", "name or addresses of @ann"),
        ("[person.bob]", "[person.bob]\nroles = [\"lead\"]", "@bob is now lead"),
        ("roles = [\"lead\"]", "roles = []", "@ann is no longer lead"),
        ("[role.lead]", "[role.lead]\n[role.qa]", "new roles: qa"),
        ("[role.lead]", "[role.lead]\ndescription = \"x\"", "descriptions of roles"),
        ("may = [\"check\"]", "may = [\"check\", \"stage\"]", "what machine:ci may"),
        ("tags = \"v*\"", "tags = \"r*\"", "components"),
        ("reviews = 1", "reviews = 2", "rules for items"),
        ("decide = [\"lead\"]", "decide = [\"@ann\"]", "who may decide"),
        ("[authority]", "[tags]\nsigned = \"required\"\n[authority]", "whether tags must be signed"),
        ("[authority]", "[separation]\nowner_may_review = true\n[authority]", "separation of duties"),
        ("[authority]", "[limits]\nrecord_age = \"7d\"\n[authority]", "limits"),
        ("00112233445566778899aabbccddeeff", "11112233445566778899aabbccddeeff", "the repository's own number"),
    ];
    for (from, to, says) in cases {
        let changed = text().replacen(from, to, 1);
        assert_ne!(changed, text(), "{from}");
        assert_eq!(between(&read(&text()), &read(&changed)), [says], "{from} to {to}");
    }
}

#[test]
fn keys_are_named() {
    let revoked = text()
        .replace(&format!("{}\", state = \"active\"", KEYS[1]), &format!("{}\", state = \"compromised\", since = 2", KEYS[1]));
    let said = between(&read(&text()), &read(&revoked));
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("of @bob is compromised since version 2, was active"), "{said:?}");
    let said = between(&read(&revoked), &read(&text()));
    assert!(said[0].contains("is active, was compromised"), "{said:?}");
    let gone = text().replace(&format!("{{ key = \"{}\", state = \"active\" }}", KEYS[2]), "");
    let said = between(&read(&text()), &read(&gone));
    assert!(said[0].contains("of machine:ci is no longer listed"), "{said:?}");
    assert!(between(&read(&gone), &read(&text()))[0].contains("of machine:ci is new"));
}
