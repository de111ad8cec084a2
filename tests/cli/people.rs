//! People who get another key, come with one, change their role or leave: what the commands write can be put in force, and they say how.

use crate::sandbox::{Run, Sandbox, Stage};

const FILE: &str = ".relsign/policy.toml";

fn policy(own: &Sandbox) -> String {
    std::fs::read_to_string(own.repo.join(FILE)).unwrap()
}

fn public(own: &Sandbox, name: &str) -> String {
    own.key(name).with_extension("pub").display().to_string()
}

/// Runs a command that edits the policy as @rita; what it wrote can be read and is what `policy diff` shows.
#[track_caller]
fn edit(own: &Sandbox, args: &[&str]) -> Run {
    let before = policy(own);
    let run = own.run_as("rita", args).exits(0);
    own.run(&["policy", "check"]).exits(0);
    let diff = own.run(&["policy", "diff"]);
    let after = policy(own);
    for (sign, text, other) in [('-', &before, &after), ('+', &after, &before)] {
        for line in text.lines().filter(|line| !other.lines().any(|same| same == *line)) {
            assert!(diff.stdout.contains(&format!("{sign}{line}")), "{sign}{line}\n{}", diff.text());
        }
    }
    run
}

#[track_caller]
fn is(own: &Sandbox, key: &str, told: &str) {
    own.run_as(key, &["whoami"]).says(told);
}

#[test]
fn a_second_key_comes_beside_the_first_and_a_third_takes_their_place() {
    let own = Sandbox::at(Stage::Begun);
    for name in ["ann2", "ann3"] {
        own.make_key(name);
    }
    let comment = "# Ann works from two places.\n[person.ann]\n";
    own.write(FILE, policy(&own).replace("[person.ann]\n", comment));
    edit(&own, &["person", "key", "@ann", "--public-key", &public(&own, "ann2")]).says("then: relsign policy activate");
    own.run_as("rita", &["policy", "activate"]).exits(0);
    is(&own, "ann", "@ann");
    is(&own, "ann2", "@ann");
    edit(&own, &["person", "key", "@ann", "--replace", "--public-key", &public(&own, "ann3")]).says("retired their others");
    own.run_as("rita", &["policy", "activate"]).exits(0);
    is(&own, "ann3", "@ann");
    own.run_as("ann2", &["whoami"])
        .exits(1)
        .says("this key is retired in the policy and can't sign")
        .says("relsign --key FILE join");
    own.run_as("ann", &["freeze", "start", "x", "--ref", "main", "--reason", "r"]).exits(1).says("of @ann is retired");
    assert!(policy(&own).contains(comment));
    let taken = ["person", "key", "@bob", "--public-key", &public(&own, "ann2")];
    own.run_as("rita", &taken).exits(1).says("already listed for @ann");
    own.run_as("rita", &["person", "key", "@eve", "--public-key", &public(&own, "eve")]).exits(1).says("@eve is not in the policy");
}

#[test]
fn the_only_owner_changes_to_another_key_with_both() {
    let own = Sandbox::at(Stage::Begun);
    own.make_key("rita2");
    edit(&own, &["person", "key", "@rita", "--replace", "--public-key", &public(&own, "rita2")])
        .says("with the old key: relsign policy propose")
        .says("with the new one: relsign --key FILE policy sign")
        .says("then: relsign policy activate");
    own.run_as("rita", &["policy", "activate"]).exits(1);
    own.run_as("rita", &["policy", "propose"]).exits(0);
    own.run_as("rita2", &["policy", "sign"]).exits(0);
    own.run(&["policy", "activate"]).exits(0);
    own.run_as("rita2", &["freeze", "start", "x", "--ref", "main", "--reason", "r"]).exits(0);
}

#[test]
fn a_change_says_how_many_owners_must_sign_it() {
    let own = Sandbox::at(Stage::Begun);
    own.add_version(
        &policy(&own).replace("people = [\"@rita\"]\nthreshold = 1", "people = [\"@rita\", \"@ann\", \"@bob\"]\nthreshold = 2"),
        "",
        &["rita", "ann"],
    );
    edit(&own, &["person", "role", "@dev", "--add", "qa"]).says("then propose it, for 2 owners to sign: relsign policy propose");
    own.git(&["checkout", "-q", FILE]);
    std::fs::write(own.repo.join(FILE), own.run(&["policy", "show", "--raw"]).stdout).unwrap();
    edit(&own, &["person", "retire", "@dev"]).says("only revokes keys, so one owner is enough: relsign policy activate");
    own.run_as("ann", &["policy", "activate"]).exits(0);
    own.run_as("rita", &["person", "retire", "@nobody"]).exits(1).says("@nobody is not in the policy");
}

#[test]
fn join_with_a_new_key_of_somebody_known_prints_the_command_that_works() {
    let own = Sandbox::at(Stage::Begun);
    own.make_key("dev2");
    // Git has @dev's address in this clone.
    let printed = own.run_as("dev2", &["join"]).exits(0).says("@dev is in the policy");
    let command = printed.stdout.trim();
    assert!(command.starts_with("relsign person key @dev --public-key "), "{command}");
    let (_, key) = command.split_once("--public-key ").unwrap();
    edit(&own, &["person", "key", "@dev", "--public-key", key.trim_matches('\'')]);
    own.run_as("rita", &["policy", "activate"]).exits(0);
    is(&own, "dev2", "@dev");
    own.run_as("dev2", &["join"]).exits(0).says("you are already @dev");
    own.run_as("eve", &["join", "--replace"]).exits(0).says("relsign person key @dev --replace --public-key");
    // A handle that somebody else has is no key of theirs.
    own.git(&["config", "user.name", "Anna Nn"]);
    own.git(&["config", "user.email", "other@example.com"]);
    own.run_as("eve", &["join", "--handle", "@ann"]).exits(0).says("relsign person key @ann --public-key");
    own.git(&["config", "user.name", "Ann"]);
    own.run_as("eve", &["join"]).exits(2).says("@ann is in the policy already").says("relsign join --handle @HANDLE");
    edit(&own, &["person", "retire", "@dev"]);
    own.run_as("rita", &["policy", "activate"]).exits(0);
    own.run_as("dev2", &["join"]).exits(1).says("of @dev is retired");
}

#[test]
fn whoever_leaves_can_do_nothing_more_and_stays_known() {
    let own = Sandbox::at(Stage::Opened);
    own.run_as("bob", &["approve", "v1.0.0", "rollback"]).exits(0);
    let listed = policy(&own).replace("waive = [\"release-manager\"]", "waive = [\"release-manager\", \"@bob\"] # two");
    own.write(FILE, listed);
    own.run_as("rita", &["policy", "activate"]).exits(0);
    edit(&own, &["person", "remove", "@bob"]).says("@bob left").says("relsign policy activate");
    own.run_as("rita", &["policy", "activate"]).exits(0);
    assert!(policy(&own).contains("waive = [\"release-manager\"] # two"));
    own.run_as("bob", &["approve", "v1.0.0", "tests", "--review"]).exits(1).says("of @bob is retired");
    // What @bob signed before stands, and so does his address.
    let status = own.run(&["status", "v1.0.0", "--json"]).json();
    let item = status["items"].as_array().unwrap().iter().find(|item| item["id"] == "rollback").unwrap().clone();
    assert_eq!(item["sign_offs"][0]["counts"], true, "{item}");
    assert!(policy(&own).contains("bob@example.com"));
    own.run_as("rita", &["person", "remove", "@bob"]).exits(0).says("nothing to change");
    own.run_as("rita", &["person", "remove", "@rita"]).exits(1).says("owners.people names only @rita");
    own.run_as("rita", &["person", "remove", "@eve"]).exits(1).says("@eve is not in the policy");
}

#[test]
fn a_role_is_made_given_described_and_removed() {
    let own = Sandbox::at(Stage::Begun);
    let unknown = own.run_as("rita", &["person", "role", "@ann", "--add", "dba"]).exits(1);
    unknown.says("the role dba is not declared").says("relsign role add dba");
    edit(&own, &["role", "add", "dba", "--description", "databases", "--to", "@ann"]).says("relsign policy activate");
    edit(&own, &["person", "role", "@bob", "--add", "dba"]);
    own.run_as("rita", &["policy", "activate"]).exits(0);
    is(&own, "ann", "dba and qa");
    own.run_as("rita", &["role", "add", "dba"]).exits(1).says("already in the policy");
    edit(&own, &["role", "describe", "dba", "migrations"]);
    own.run_as("rita", &["policy", "activate"]).exits(0);
    edit(&own, &["person", "role", "@dev", "--add", "qa"]);
    edit(&own, &["role", "remove", "dba"]);
    own.run_as("rita", &["policy", "activate"]).exits(0);
    is(&own, "ann", "roles qa");
    own.run_as("rita", &["role", "remove", "release-manager"]).exits(1).says("release-manager is not declared");
}

#[test]
fn addresses_are_asked_for() {
    let own = Sandbox::at(Stage::Begun);
    edit(&own, &["person", "add", "@eve", "--public-key", &public(&own, "eve")]).says("unknown author");
    own.git(&["config", "--unset", "user.email"]);
    own.make_key("new");
    own.run_as("new", &["join"]).exits(2).says("git config --global user.email");
}
