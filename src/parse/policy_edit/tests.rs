use super::*;

const ONE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBXyMpjHwQSGuQV+segFHRuUX2VvPLcDIPzbvUChICSi";
const TWO: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF+FGyDXciMRLy1Y7A/uf6MrJzVQOlsR5dJKsiA+zFvi";
const THREE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPltbpYli76hhUg+rNo1Wgy+T2EEaRIbH5CCtpJikh6O";

fn base() -> String {
    format!(
        r#"# ours
format = 1   # one
repository = "00112233445566778899aabbccddeeff"

[owners]  # the two
people = [ "@ana" ]  # more soon
threshold = 1

[role.sre] # on call
[role.qa]

# Ana began it.
[person.ana]
name   = "Ana"   # she
emails = ["ana@example.com"]
roles = ["sre"] # for now
keys = [
  {{ key = "{ONE}" }}, # laptop
]

# What we release.
[[component]]
name = "main"
tags = "v*"
checklist = "R.md"

[authority]
release_managers = ["@ana"]
# the end
"#
    )
}

fn ana() -> Handle {
    "@ana".parse().unwrap()
}

/// Asserts that the new text is the old one with some lines put in, in order, and gives those lines.
fn added(old: &str, new: &str) -> Vec<String> {
    let mut old = old.lines().peekable();
    let more = new.lines().filter(|line| old.next_if_eq(line).is_none()).map(str::to_owned).collect();
    assert_eq!(old.next(), None, "a line was lost or changed:\n{new}");
    more
}

/// Asserts that exactly one line became another.
#[track_caller]
fn assert_line_changed(new: &str, from: &str, to: &str) {
    assert_eq!(base().matches(from).count(), 1, "{from}");
    assert_eq!(new, base().replace(from, to));
}

#[test]
fn a_person_is_added_after_the_last_and_nothing_else_moves() {
    let handle: Handle = "@ben".parse().unwrap();
    let person = NewPerson {
        handle: &handle,
        name: Some("Ben"),
        emails: &["ben@example.com".to_owned()],
        roles: &["qa".parse().unwrap()],
        key: Some(TWO),
        has_left: false,
    };
    let new = add_person(&base(), &person).unwrap();
    let lines = [
        "[person.ben]",
        "name = \"Ben\"",
        "emails = [\"ben@example.com\"]",
        "roles = [\"qa\"]",
        "keys = [",
        &format!("  {{ key = \"{TWO}\", state = \"active\" }},"),
        "]",
        "",
    ];
    let mut more = added(&base(), &new);
    more.sort_by_key(|line| line.is_empty());
    assert_eq!(more, lines);
    assert!(new.find("[person.ben]").unwrap() < new.find("# What we release.").unwrap(), "{new}");
    assert_eq!(add_person(&new, &person).unwrap_err().to_string(), "@ben is already in the policy");
    let twin = NewPerson { handle: &"@cy".parse().unwrap(), key: Some(ONE), ..person };
    assert!(add_person(&base(), &twin).unwrap_err().to_string().contains("already listed for @ana"));
}

#[test]
fn keys_are_added_below_the_last_whose_comment_stays() {
    let new = add_key(&base(), &Principal::Person(ana()), TWO, false).unwrap();
    assert_eq!(added(&base(), &new), [format!("  {{ key = \"{TWO}\", state = \"active\" }},")]);
    assert!(new.contains("}, # laptop\n"));
    assert!(add_key(&base(), &Principal::Person(ana()), "ssh-rsa AAAA", false).unwrap_err().to_string().contains("ssh-rsa"));
    assert_eq!(
        add_key(&base(), &"machine:ci".parse().unwrap(), TWO, false).unwrap_err().to_string(),
        "machine:ci is not in the policy"
    );
}

#[test]
fn key_states_change_in_place() {
    let two = add_key(&base(), &Principal::Person(ana()), TWO, false).unwrap();
    let fingerprint = PublicKey::from_text(ONE).unwrap().fingerprint().clone();
    let new = set_key_state(&two, &Principal::Person(ana()), &fingerprint, KeyState::Compromised, Some(3)).unwrap();
    assert_eq!(new, two.replace(&format!("\"{ONE}\" }}"), &format!("\"{ONE}\", state = \"compromised\", since = 3 }}")));
    let back = set_key_state(&new, &Principal::Person(ana()), &fingerprint, KeyState::Retired, None).unwrap();
    assert_eq!(back, two.replace(&format!("\"{ONE}\" }}"), &format!("\"{ONE}\", state = \"retired\" }}")));
    // The only owner's only key can't go: nobody could change the policy any more.
    let error = set_key_state(&base(), &Principal::Person(ana()), &fingerprint, KeyState::Retired, None).unwrap_err();
    assert!(error.to_string().contains("threshold"), "{error}");
}

#[test]
fn roles_and_names_change_in_place() {
    let qa: RoleName = "qa".parse().unwrap();
    let new = add_role(&base(), &ana(), &qa).unwrap();
    assert_line_changed(&new, "roles = [\"sre\"] # for now", "roles = [\"sre\", \"qa\"] # for now");
    assert_eq!(remove_role(&new, &ana(), &qa).unwrap(), base());
    let other = remove_role(&new, &ana(), &"sre".parse().unwrap()).unwrap();
    assert_line_changed(&other, "roles = [\"sre\"] # for now", "roles = [\"qa\"] # for now");
    assert!(remove_role(&base(), &ana(), &qa).is_err() && add_role(&new, &ana(), &qa).is_err());
    assert!(add_role(&base(), &ana(), &"boss".parse().unwrap()).unwrap_err().to_string().contains("boss is not declared"));
    assert_line_changed(&rename(&base(), &ana(), "Ana B.").unwrap(), "\"Ana\"   # she", "\"Ana B.\"   # she");
    let declared = declare_role(&base(), &"dba".parse().unwrap(), "databases").unwrap();
    assert_eq!(added(&base(), &declared).iter().filter(|line| !line.is_empty()).count(), 2);
}

#[test]
fn machines_are_added_even_where_there_were_none() {
    let name = "ci".parse().unwrap();
    let new = add_machine(&base(), &name, TWO, &["check"]).unwrap();
    assert!(added(&base(), &new).contains(&"[machine.ci]".to_owned()), "{new}");
    assert!(add_machine(&new, &name, TWO, &["check"]).is_err());
    assert!(add_machine(&base(), &name, TWO, &["decide"]).unwrap_err().to_string().contains("decide"));
}

#[test]
fn a_broken_file_is_not_edited() {
    let error = rename("format = ", &ana(), "x").unwrap_err().to_string();
    assert!(error.starts_with("the policy must be corrected first: line 1"), "{error}");
}

#[test]
fn keys_as_tables_of_their_own_are_edited_too() {
    const FOUR: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
    let full = include_str!("../policy/full.toml").replace("KEY-ONE", ONE).replace("KEY-TWO", TWO).replace("KEY-THREE", THREE);
    let akim: Principal = "@akim".parse().unwrap();
    let two = add_key(&full, &akim, FOUR, false).unwrap();
    assert_eq!(added(&full, &two).iter().filter(|line| !line.is_empty()).count(), 3, "{two}");
    let fingerprint = PublicKey::from_text(TWO).unwrap().fingerprint().clone();
    let retired = set_key_state(&two, &akim, &fingerprint, KeyState::Retired, Some(2)).unwrap();
    assert_eq!(
        retired,
        two.replace(&format!("{TWO}\"\nstate = \"active\"\n"), &format!("{TWO}\"\nstate = \"retired\"\nsince = 2\n"))
    );
    let handle: Handle = "@zoe".parse().unwrap();
    let with = add_person(
        &retired,
        &NewPerson {
            handle: &handle,
            name: None,
            emails: &[],
            roles: &[],
            key: Some(&FOUR.replace("1Ea", "1Ea x")),
            has_left: false,
        },
    );
    assert!(with.unwrap_err().to_string().contains("already listed for @akim"));
    let windows = full.replace('\n', "\r\n");
    let person = NewPerson { handle: &handle, name: None, emails: &[], roles: &[], key: Some(FOUR), has_left: false };
    let new = add_person(&windows, &person).unwrap();
    added(&windows, &new);
    assert!(new.find("[person.zoe]").unwrap() < new.find("[machine.ci]").unwrap(), "{new}");
    assert_eq!(new, add_person(&full, &person).unwrap().replace('\n', "\r\n"));
    let mixed = full.replacen('\n', "\r\n", 1);
    assert!(add_person(&mixed, &person).unwrap_err().to_string().contains("mixes"));
    let marked = format!("\u{feff}{full}");
    if crate::parse::policy::parse_policy(marked.as_bytes()).is_ok() {
        assert!(add_person(&marked, &person).unwrap().starts_with('\u{feff}'));
    }
}

#[test]
fn a_new_root_has_another_number_and_names_the_former_one() {
    let policy = include_str!("../policy/full.toml").replace("KEY-ONE", ONE).replace("KEY-TWO", TWO).replace("KEY-THREE", THREE);
    let bare = policy.split("[former]").next().unwrap();
    let digest = |byte: u8| crate::model::ids::Sha256Digest::from_bytes([byte; 32]);
    let root = crate::model::ids::PolicyDigest::from(digest(3)).into();
    let former = Former { root, version: 7, digest: digest(4).into() };
    for text in [bare, &policy] {
        let changed = new_root(text, Nonce::from_bytes([9; 16]), &former).unwrap();
        let contents = crate::parse::policy::parse_policy(changed.as_bytes()).unwrap().policy.contents().clone();
        assert_eq!((contents.former, contents.repository), (Some(former), Nonce::from_bytes([9; 16])));
        assert!(changed.starts_with("# Every key"), "comments stay");
    }
    let renumbered = set_repository(bare, Nonce::from_bytes([8; 16])).unwrap();
    assert_eq!(renumbered, bare.replace("00112233445566778899aabbccddeeff", &"08".repeat(16)));
}

#[test]
fn whoever_has_no_key_is_known_by_their_commits_and_gets_one_later() {
    let handle: Handle = "@old".parse().unwrap();
    let emails = ["old@example.com".to_owned()];
    let known = NewPerson { handle: &handle, name: Some("Old Hand"), emails: &emails, roles: &[], key: None, has_left: true };
    let text = add_person(&base(), &known).unwrap();
    assert!(text.contains("keys = [] # left, and signs nothing\n"), "{text}");
    let parsed = parse_policy(text.as_bytes()).unwrap();
    assert!(parsed.warnings.iter().all(|problem| problem.code != "policy-no-active-key"), "{:?}", parsed.warnings);
    assert_eq!(parsed.policy.handle_of_email("OLD@example.com"), Some(&handle));
    assert!(!parsed.policy.person(&handle).unwrap().is_active());
    assert!(add_person(&text, &known).unwrap_err().to_string().contains("already"));
    let text = add_emails(&text, &handle, &["Old@Example.com".to_owned(), "old@home.example".to_owned()]).unwrap();
    assert!(text.contains("emails = [\"old@example.com\", \"old@home.example\"]"), "{text}");
    // Who comes back gets a key, and stays the same person.
    let back = NewPerson { emails: &["old@work.example".to_owned()], key: Some(TWO), has_left: false, ..known };
    let text = add_person(&text, &back).unwrap();
    let person = parse_policy(text.as_bytes()).unwrap().policy.person(&handle).cloned().unwrap();
    assert!(person.is_active() && person.emails.len() == 3 && !text.contains("signs nothing"), "{text}");
    assert!(add_person(&text, &back).unwrap_err().to_string().contains("already"));
}

#[test]
fn a_key_takes_the_place_of_those_before() {
    let new = add_key(&base(), &Principal::Person(ana()), TWO, true).unwrap();
    let retired = base().replace(&format!("\"{ONE}\" }}"), &format!("\"{ONE}\", state = \"retired\" }}"));
    assert_eq!(added(&retired, &new), [format!("  {{ key = \"{TWO}\", state = \"active\" }},")]);
}

/// Three owners in lists of every form, of whom one leaves.
fn three() -> String {
    let person = |name: &str, key: &str| {
        format!(
            "[person.{name}]\nemails = [\"{name}@example.com\"]\nroles = [\"qa\", \"sre\"] # {name}\nkeys = [{{ key = \"{key}\" }}]\n\n"
        )
    };
    base()
        .replace("# What we release.", &(person("ben", TWO) + &person("cy", THREE) + "# What we release."))
        .replace("[ \"@ana\" ]", "[ \"@ana\", \"@ben\" ]")
        .replace(
            "release_managers = [\"@ana\"]",
            "release_managers = [\n  \"@ana\", # began it\n  # Ben, for a while\n  \"@ben\", # until May\n  \"@cy\", # last\n]\n\
             decide = [\"@ben\", \"@ana\"]\nopen = { normal = [\"sre\", \"@ben\"] }",
        )
}

#[test]
fn whoever_leaves_stands_in_no_list_any_more_and_stays_known() {
    let ben: Handle = "@ben".parse().unwrap();
    let new = remove_person(&three(), &ben).unwrap();
    let expected = three()
        .replace("roles = [\"qa\", \"sre\"] # ben", "roles = [] # ben")
        .replace(&format!("\"{TWO}\" }}"), &format!("\"{TWO}\", state = \"retired\" }}"))
        .replace("[ \"@ana\", \"@ben\" ]", "[ \"@ana\"]")
        .replace("  # Ben, for a while\n  \"@ben\", # until May\n", "")
        .replace("[\"@ben\", \"@ana\"]", "[\"@ana\"]")
        .replace("[\"sre\", \"@ben\"]", "[\"sre\"]");
    assert_eq!(new, expected);
    assert_eq!(remove_person(&new, &ben).unwrap(), new, "who left already");
    let cy: Handle = "@cy".parse().unwrap();
    assert_eq!(remove_person(&three(), &cy).unwrap().matches("\"@cy\"").count(), 0);
    let only = three().replace("\"@ben\", \"@ana\"", "\"@ben\"");
    assert_eq!(
        remove_person(&only, &ben).unwrap_err().to_string(),
        "authority.decide names only @ben; name somebody else there first"
    );
    let both = three().replace("threshold = 1", "threshold = 2");
    assert!(remove_person(&both, &ben).unwrap_err().to_string().contains("threshold is 2"));
}

#[test]
fn a_role_goes_with_all_who_hold_it_unless_something_asks_for_it() {
    let role = |name: &str| name.parse::<RoleName>().unwrap();
    let told = describe_role(&base(), &role("sre"), "keeps it up").unwrap();
    assert_eq!(told, base().replace("[role.sre] # on call\n", "[role.sre] # on call\ndescription = \"keeps it up\"\n"));
    let new = remove_role_of_all(&three(), &role("qa")).unwrap();
    assert_eq!(new, three().replace("[role.qa]\n", "").replace("[\"qa\", \"sre\"]", "[\"sre\"]"));
    assert!(remove_role_of_all(&three(), &role("sre")).unwrap_err().to_string().contains("sre is not declared"));
    assert!(remove_role_of_all(&three(), &role("boss")).unwrap_err().to_string().contains("not declared"));
}
