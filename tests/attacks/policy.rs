//! Policy: who rules, since when, and under which root. The attacker may write any chain of versions, and owns one key.

use super::sandbox::{POLICY, Run, Sandbox, Stage, TAG, ended, policy_digest};

/// The policy of the base repositories.
fn base(box_: &Sandbox) -> String {
    box_.fill_policy(POLICY)
}

/// The same policy with another rule.
fn stricter(box_: &Sandbox) -> String {
    base(box_) + "[limits]\nclock_skew = \"4m\"\n"
}

/// The same policy with other owners, of whom some must agree.
fn owned_by(text: &str, owners: &str, threshold: u32) -> String {
    text.replace("people = [\"@rita\"]", &format!("people = [{owners}]"))
        .replace("threshold = 1", &format!("threshold = {threshold}"))
}

/// A repository in which two of three owners must agree, with a release in GO that was opened before.
fn with_three_owners() -> Sandbox {
    let box_ = Sandbox::at(Stage::Go);
    let text = owned_by(&base(&box_), r#""@rita", "@ann", "@bob""#, 2);
    box_.add_version(&text, "", &["rita", "ann"]);
    box_.write(".relsign/policy.toml", text);
    box_.run(&["policy", "check"]).exits(0);
    box_.run(&["policy", "show"]).exits(0).says("version 2").says("2 of @ann, @bob, @rita");
    box_
}

/// The policy of [`with_three_owners`].
fn three(box_: &Sandbox) -> String {
    owned_by(&base(box_), r#""@rita", "@ann", "@bob""#, 2)
}

/// Asserts that every command that judges refuses alike, with the code in its message and in JSON.
#[track_caller]
fn all_refuse(box_: &Sandbox, exit: i32, code: &str, says: &str) {
    for args in [&["verify", TAG][..], &["gate", "--no-sync", TAG], &["status", TAG], &["report", TAG], &["log", TAG]] {
        box_.run(args).exits(exit).says(code).says(says);
    }
    box_.run(&["policy", "show"]).exits(exit).says(code);
    box_.run_as("rita", &["decide", TAG, "go", "--no-sync"]).exits(exit).says(code);
    let error = box_.run(&["--json", "gate", "--no-sync", TAG]).exits(exit).json();
    assert_eq!((error["code"].as_str(), error["exit"].as_i64()), (Some(code), Some(i64::from(exit))));
}

#[test]
fn a_step_that_nobody_signed() {
    // Expected: policy-unsigned, exit 3.
    let box_ = Sandbox::at(Stage::Go);
    box_.add_version(&stricter(&box_), "", &[]);
    all_refuse(&box_, 3, "policy-unsigned", "policy version 2 is not accepted");
}

#[test]
fn a_step_that_somebody_signed_who_is_no_owner() {
    // Expected: policy-unsigned, exit 3: the key is listed, and its holder owns nothing; a stranger's is not even listed.
    let box_ = Sandbox::at(Stage::Go);
    box_.add_version(&stricter(&box_), "", &["ann", "max", "eve"]);
    all_refuse(&box_, 3, "policy-unsigned", "@rita did not");
}

#[test]
fn a_step_signed_by_the_old_owners_only() {
    // Expected: policy-unsigned, exit 3: nobody is made an owner against their will.
    let box_ = Sandbox::at(Stage::Go);
    box_.add_version(&owned_by(&base(&box_), "\"@ann\"", 1), "", &["rita"]);
    all_refuse(&box_, 3, "policy-unsigned", "of its own must sign it (@ann did not)");
}

#[test]
fn a_step_signed_by_the_new_owners_only() {
    // Expected: policy-unsigned, exit 3: nobody lets themselves in.
    let box_ = Sandbox::at(Stage::Go);
    box_.add_version(&owned_by(&base(&box_), "\"@ann\"", 1), "", &["ann"]);
    all_refuse(&box_, 3, "policy-unsigned", "of version 1 must sign it (@rita did not)");
}

#[test]
fn a_step_signed_by_one_owner_twice() {
    // Expected: policy-unsigned, exit 3: people are counted, not records.
    let box_ = with_three_owners();
    box_.add_version(&(three(&box_) + "[tags]\nsigned = \"required\"\n"), "", &["rita", "rita"]);
    all_refuse(&box_, 3, "policy-unsigned", "1 more of the owners");
}

#[test]
fn a_step_that_was_signed_for_another_place() {
    // Expected: policy-unsigned, exit 3, and told that a version is missing: version 3 put in the place of version 2.
    let box_ = Sandbox::at(Stage::Go);
    let (tip, root) = (box_.id("refs/relsign/policy"), box_.root());
    let digest = policy_digest(&stricter(&box_), "");
    let line = box_.sign("rita", &box_.draft_step("rita", 3, &digest, Some(&root)));
    let commit = box_.policy_commit(Some(&tip), &stricter(&box_), "", &[line]);
    box_.set_ref("refs/relsign/policy", &commit);
    all_refuse(&box_, 3, "policy-unsigned", "left out, repeated or replaced");
}

#[test]
fn a_version_left_out() {
    // Expected: policy-unsigned, exit 3: a version that limited somebody is skipped.
    let box_ = Sandbox::at(Stage::Go);
    let root = box_.id("refs/relsign/policy");
    box_.add_version(&stricter(&box_), "", &["rita"]);
    box_.add_version(&base(&box_), "", &["rita"]);
    box_.run(&["policy", "show"]).exits(0).says("version 3");
    let tree = box_.id("refs/relsign/policy^{tree}");
    let skipped = box_.git(&["commit-tree", "-m", "skip", &tree, "-p", &root]);
    box_.set_ref("refs/relsign/policy", &skipped);
    box_.forget();
    all_refuse(&box_, 3, "policy-unsigned", "signed as version 3");
}

#[test]
fn a_version_repeated() {
    // Expected: policy-unsigned, exit 3.
    let box_ = Sandbox::at(Stage::Go);
    box_.add_version(&stricter(&box_), "", &["rita"]);
    let tree = box_.id("refs/relsign/policy^{tree}");
    let again = box_.git(&["commit-tree", "-m", "again", &tree, "-p", &box_.id("refs/relsign/policy")]);
    box_.set_ref("refs/relsign/policy", &again);
    box_.forget();
    all_refuse(&box_, 3, "policy-unsigned", "policy version 3 is not accepted: it was signed as version 2");
}

#[test]
fn the_same_version_in_another_commit_is_the_same() {
    // Expected: all as before: commits mean nothing, the digest of the two files is what counts.
    let box_ = Sandbox::at(Stage::Go);
    box_.run(&["policy", "show"]).exits(0);
    let tree = box_.id("refs/relsign/policy^{tree}");
    let other = box_.git(&["-c", "user.name=Eve", "commit-tree", "-m", "mine now", &tree]);
    box_.set_ref("refs/relsign/policy", &other);
    box_.verify(TAG, 0);
    box_.gate(TAG, 0);
}

#[test]
fn the_policy_rolled_back_to_an_older_version() {
    // Expected: policy-rolled-back, exit 4: what was accepted once is never gone back from.
    let box_ = Sandbox::at(Stage::Go);
    let root = box_.id("refs/relsign/policy");
    box_.add_version(&stricter(&box_), "", &["rita"]);
    box_.run(&["policy", "show"]).exits(0);
    box_.set_ref("refs/relsign/policy", &root);
    all_refuse(&box_, 4, "policy-rolled-back", "version 2 was accepted before");
}

#[test]
fn a_fork_of_the_chain() {
    // Expected: policy-fork, exit 4, also where the fork is longer than what was accepted.
    let box_ = Sandbox::at(Stage::Go);
    let root = box_.id("refs/relsign/policy");
    box_.add_version(&stricter(&box_), "", &["rita"]);
    box_.run(&["policy", "show"]).exits(0);
    box_.set_ref("refs/relsign/policy", &root);
    box_.add_version(&(base(&box_) + "[limits]\nclock_skew = \"1h\"\n"), "", &["rita"]);
    all_refuse(&box_, 4, "policy-fork", "version 2 of the policy here has digest");
    box_.add_version(&stricter(&box_), "", &["rita"]);
    all_refuse(&box_, 4, "policy-fork", "version 2 of the policy here has digest");
}

/// Drafts a word by @max as if another version of the policy were the newest.
fn word_under(box_: &Sandbox, version: u32, digest: &str) -> serde_json::Value {
    let mut word = box_.draft_word(TAG, "max", "healthy", "approve");
    word["predicate"]["policy_head"] = serde_json::json!({ "version": version, "digest": digest });
    word
}

#[test]
fn a_newer_version_withheld() {
    // Expected: policy-missing, exit 4: somebody has signed under a version that is not here.
    let box_ = Sandbox::at(Stage::Go);
    box_.plant(TAG, "max", &word_under(&box_, 2, &"7".repeat(64)));
    box_.verify(TAG, 4).finds("policy-missing").says("names policy version 2");
    box_.gate(TAG, 4).says("policy-missing");
}

#[test]
fn a_newer_version_withheld_from_a_decision() {
    // Expected: policy-missing, gate 4: whoever decides go under a version that is not here can't be judged.
    let box_ = Sandbox::at(Stage::Signed);
    let mut decision = box_.draft_decision(TAG, "rita", "go");
    decision["predicate"]["policy_head"] = serde_json::json!({ "version": 2, "digest": "7".repeat(64) });
    box_.plant(TAG, "rita", &decision);
    box_.verify(TAG, 4).finds("policy-missing");
    box_.gate(TAG, 4).says("policy-missing");
}

#[test]
fn a_newer_version_withheld_under_which_the_release_was_opened() {
    // Expected: policy-missing, gate 4 and not 1: it was opened by somebody who may under what is not here.
    let box_ = Sandbox::at(Stage::Begun);
    box_.tag(TAG);
    let root = box_.id("refs/relsign/policy");
    box_.add_version(&stricter(&box_), "", &["rita"]);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.set_ref("refs/relsign/policy", &root);
    box_.forget();
    box_.verify(TAG, 4).finds("policy-missing").says("open by @rita names policy version 2");
    box_.gate(TAG, 4);
}

#[test]
fn a_record_under_a_forked_version() {
    // Expected: policy-fork, exit 4.
    let box_ = Sandbox::at(Stage::Go);
    box_.plant(TAG, "max", &word_under(&box_, 1, &"7".repeat(64)));
    box_.verify(TAG, 4).finds("policy-fork");
}

#[test]
fn a_key_given_to_somebody_else() {
    // Expected: policy-reassigned, exit 3: whatever it signed would become somebody else's word.
    let box_ = Sandbox::at(Stage::Go);
    let text = base(&box_);
    let second = box_.fill_policy(", { key = \"KEY(max2)\", state = \"active\" }");
    let given = text.replace(&second, "").replace(
        &box_.fill_policy("keys = [{ key = \"KEY(dev)\", state = \"active\" }]"),
        &box_.fill_policy("keys = [{ key = \"KEY(dev)\", state = \"active\" }, { key = \"KEY(max2)\", state = \"active\" }]"),
    );
    assert_ne!(given, text);
    box_.add_version(&given, "", &["rita"]);
    all_refuse(&box_, 3, "policy-reassigned", "of @max to @dev");
}

#[test]
fn a_handle_given_to_somebody_else() {
    // Expected: policy-reassigned, exit 3: at once, and also after it was free for a while.
    let box_ = Sandbox::at(Stage::Go);
    let text = base(&box_);
    let own = box_.fill_policy("KEY(dev)");
    let taken = text.replace(&own, &box_.public_key("eve"));
    let root = box_.id("refs/relsign/policy");
    box_.add_version(&taken, "", &["rita"]);
    all_refuse(&box_, 3, "policy-reassigned", "@dev without any of the keys");
    box_.set_ref("refs/relsign/policy", &root);
    let begin = text.find("[person.dev]").unwrap();
    let end = text.find("[machine.ci]").unwrap();
    let without = text[..begin].to_owned() + &text[end..];
    box_.add_version(&without, "", &["rita"]);
    box_.run(&["policy", "show"]).exits(0);
    box_.add_version(&taken, "", &["rita"]);
    all_refuse(&box_, 3, "policy-reassigned", "@dev");
}

#[test]
fn a_threshold_above_the_people_there_are() {
    // Expected: policy-invalid, exit 3; `check` says it before anybody signs.
    let box_ = Sandbox::at(Stage::Go);
    let text = owned_by(&base(&box_), r#""@rita", "@ann""#, 3);
    box_.write(".relsign/policy.toml", &text);
    box_.run(&["policy", "check"]).exits(3).says("policy-threshold-high");
    box_.add_version(&text, "", &["rita", "ann"]);
    all_refuse(&box_, 3, "policy-invalid", "the threshold is 3, but only 2 owners have an active key");
}

#[test]
fn anchors_dropped() {
    // Expected: anchors-dropped, exit 3: what a version settled would be open again.
    let box_ = Sandbox::at(Stage::Go);
    let id = box_.log(TAG).pop().unwrap().id;
    box_.add_version(&stricter(&box_), &format!("{id}\n"), &["rita"]);
    box_.run(&["policy", "show"]).exits(0);
    box_.add_version(&base(&box_), "", &["rita"]);
    all_refuse(&box_, 3, "anchors-dropped", &id[..12]);
}

#[test]
fn another_root_under_the_same_name() {
    // Expected: root-mismatch, exit 3: a whole chain of the attacker's, well signed by himself.
    let box_ = Sandbox::at(Stage::Go);
    let text = base(&box_).replace(&box_.public_key("rita"), &box_.public_key("eve"));
    let digest = policy_digest(&text, "");
    let mut step = box_.draft_step("rita", 1, &digest, None);
    step["predicate"]["root"] = serde_json::json!(digest);
    step["predicate"]["signer"]["fingerprint"] = serde_json::json!(box_.fingerprint("eve"));
    let line = box_.sign("eve", &step);
    let commit = box_.policy_commit(None, &text, "", &[line]);
    box_.set_ref("refs/relsign/policy", &commit);
    all_refuse(&box_, 3, "root-mismatch", &digest);
    box_.run(&["trust"]).exits(3).says("another root").says(&digest);
    // Whoever trusts it by name sees a policy of his, and records that are not of this repository.
    let foreign = box_.run(&["verify", TAG, "--root", &digest, "--json"]).json();
    let codes: Vec<&str> = foreign["findings"].as_array().unwrap().iter().filter_map(|it| it["code"].as_str()).collect();
    assert!(codes.contains(&"record-foreign") && !codes.contains(&"signature-invalid"), "{codes:?}");
}

#[test]
fn records_of_another_root_are_foreign_and_nothing_else() {
    // Expected: record-foreign, exit 0 and GO as before: they are somebody else's, not tampered with.
    let box_ = Sandbox::at(Stage::Go);
    let mut word = box_.draft_word(TAG, "max", "tests", "reject");
    word["predicate"]["root"] = serde_json::json!("9".repeat(64));
    box_.plant(TAG, "max", &word);
    box_.verify(TAG, 0).finds("record-foreign").lacks("signature-invalid");
    box_.gate(TAG, 0);
}

#[test]
fn a_starter_policy_shared_by_two_repositories() {
    // Expected: two roots, although both began with the same committed file.
    let box_ = Sandbox::at(Stage::Begun);
    let copy = box_.path("copy");
    box_.git(&["clone", "-q", ".", copy.to_str().unwrap()]);
    let key = box_.key("rita").display().to_string();
    ended(box_.program().current_dir(&copy).args(["--key", &key, "init", "--no-sync"])).exits(0).says("generated a new number");
    let root = box_.git_in(&copy, &["config", "relsign.root"]);
    assert_ne!(root, box_.git(&["config", "relsign.root"]));
}

#[test]
fn a_policy_brought_along_by_the_tagged_commit() {
    // Expected: signer-unknown, gate 1: the tagged tree makes @eve an owner of everything, and she signs it all.
    let box_ = Sandbox::at(Stage::Begun);
    let text = base(&box_).replace(
        "[person.dev]",
        &box_.fill_policy(
            "[person.eve]\nroles = [\"release-manager\"]\nkeys = [{ key = \"KEY(eve)\", state = \"active\" }]\n[person.dev]",
        ),
    );
    box_.write(".relsign/policy.toml", &text);
    box_.commit("let me in");
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    let decision = box_.draft_decision(TAG, "eve", "go");
    box_.plant(TAG, "eve", &decision);
    box_.verify(TAG, 3).finds("signer-unknown");
    box_.gate(TAG, 1);
    box_.run(&["policy", "show"]).exits(0).says("policy-edited");
}

#[test]
fn a_pin_brought_along_by_the_repository() {
    // Expected: root-unpinned, exit 4: no file of the repository pins anything.
    let box_ = Sandbox::at(Stage::Go);
    let root = box_.git(&["config", "relsign.root"]);
    let setting = format!("[relsign]\n\troot = {root}\n");
    for name in [".gitconfig", ".relsign/config", ".git-config", ".relsign/root", "relsign.root"] {
        box_.write(name, &setting);
    }
    box_.commit("trust me");
    box_.git(&["config", "--unset", "relsign.root"]);
    all_refuse(&box_, 4, "root-unpinned", "no root is pinned here");
}

#[test]
fn nothing_is_trusted_in_silence() {
    // Expected: root-unpinned, exit 4, with what to compare and how; `init` names the owners to ask, and pins nothing.
    let box_ = Sandbox::at(Stage::Go);
    let root = box_.root();
    box_.git(&["config", "--unset", "relsign.root"]);
    all_refuse(&box_, 4, "root-unpinned", "relsign trust");
    box_.run(&["trust"]).exits(4).says(&root);
    box_.run_as("rita", &["init", "--yes"]).exits(4).says("@rita (Rita Mann)").says(&root).says("read out their root");
    box_.run(&["verify", TAG, "--root", &root]).exits(0);
    box_.run(&["report", TAG, "--root", &root]).exits(0);
    let unset = box_.program().args(["gate", "--no-sync", TAG]).output().unwrap();
    assert_eq!(unset.status.code(), Some(4), "naming a root once pins nothing");
}

#[test]
#[expect(clippy::disallowed_macros, reason = "a test that is skipped says so")]
fn on_a_terminal_somebody_is_asked_loudly_and_only_yes_is_yes() {
    // Expected: no pin for an empty answer or a y; a pin, and the answer to the question, for yes.
    let box_ = Sandbox::at(Stage::Go);
    let root = box_.git(&["config", "relsign.root"]);
    box_.git(&["config", "--unset", "relsign.root"]);
    let ask = |answer: &str| {
        let line =
            format!("printf '{answer}\\n' | script -qec \"{} gate --no-sync {TAG}\" /dev/null", super::sandbox::place::program());
        let mut command = box_.program();
        let environment: Vec<_> = command.get_envs().map(|(key, value)| (key.to_owned(), value.map(ToOwned::to_owned))).collect();
        let directory = command.get_current_dir().unwrap().to_owned();
        let mut shell = std::process::Command::new("sh");
        shell.env_clear().current_dir(directory).args(["-c", &line]);
        shell.envs(environment.into_iter().filter_map(|(key, value)| Some((key, value?))));
        command = shell;
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (_, probe) = ask("");
    if !probe.contains("NOT TRUSTED") && probe.trim().is_empty() {
        eprintln!("skipped: there is no program `script` to be a terminal with");
        return;
    }
    for answer in ["", "y", "no"] {
        let (code, said) = ask(answer);
        assert!(said.contains("THIS REPOSITORY IS NOT TRUSTED YET") && code == Some(4), "{answer:?}: {code:?} {said}");
        assert!(said.contains("@rita (Rita Mann)"), "{said}");
    }
    let (code, said) = ask("yes");
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(box_.git(&["config", "relsign.root"]), root);
}

#[test]
fn two_pins() {
    // Expected: root-ambiguous, exit 4, until one of them is gone; naming one on the command line decides it.
    let box_ = Sandbox::at(Stage::Go);
    let root = box_.root();
    box_.git(&["config", "--add", "relsign.root", &format!("SHA256:{}", "9".repeat(64))]);
    all_refuse(&box_, 4, "root-ambiguous", "two roots are pinned here");
    box_.run(&["verify", TAG, "--root", &root]).exits(0);
    box_.run(&["trust", &root]).exits(0);
    box_.gate(TAG, 0);
    // A pin of the user's and one of the clone are two as well.
    std::fs::write(box_.path("home/.gitconfig"), format!("[relsign]\n\troot = {}\n", "8".repeat(64))).unwrap();
    all_refuse(&box_, 4, "root-ambiguous", "two roots are pinned here");
}

#[test]
fn a_thief_revokes_and_slips_something_in() {
    // Expected: policy-unsigned, exit 3: one owner alone revokes, and changes nothing else by it.
    let box_ = with_three_owners();
    let revoked = box_.fill_policy("{ key = \"KEY(max)\", state = \"active\" }");
    let retired = revoked.replace("active", "retired");
    let text = three(&box_).replace(&revoked, &retired);
    box_.add_version(&text.replace("threshold = 2", "threshold = 1"), "", &["rita"]);
    all_refuse(&box_, 3, "policy-unsigned", "1 more of the owners of version 2");
}

#[test]
fn a_key_is_revoked_at_once_and_readmitted_by_the_quorum() {
    // Expected: one owner's word is enough to revoke, and not to take it back.
    let box_ = with_three_owners();
    box_.run_as("bob", &["person", "compromise", "@max", "--fingerprint", &box_.fingerprint("max2")]).exits(0);
    box_.run_as("bob", &["policy", "activate"]).exits(0).says("policy version 3 is in force");
    box_.run(&["policy", "log"]).exits(0).says("only revokes");
    let revoked = std::fs::read_to_string(box_.repo.join(".relsign/policy.toml")).unwrap();
    assert!(revoked.contains("compromised"), "{revoked}");
    // Nobody goes back to what was in force before by mistake, and on purpose it takes the quorum.
    box_.write(".relsign/policy.toml", three(&box_));
    box_.run_as("bob", &["policy", "activate"]).exits(1).says("version 2, but version 3 is in force");
    box_.write(".relsign/policy.toml", three(&box_) + "# @max has it back\n");
    box_.run_as("bob", &["policy", "activate"]).exits(1).says("1 more of the owners");
    // The holder revokes with the other key, and not with the very key.
    let lost = box_.fill_policy("{ key = \"KEY(max)\", state = \"active\" }");
    let anchors = box_.git(&["show", "refs/relsign/policy:version/anchors"]) + "\n";
    let by_itself = revoked.replace(&lost, &lost.replace("active", "retired"));
    let tip = box_.id("refs/relsign/policy");
    box_.add_version(&by_itself, &anchors, &["max"]);
    box_.run(&["policy", "show"]).exits(3).says("policy-unsigned");
    box_.set_ref("refs/relsign/policy", &tip);
    let second = box_.fill_policy("{ key = \"KEY(ann)\", state = \"active\" }");
    assert!(revoked.contains(&second));
    box_.run(&["policy", "show"]).exits(0).says("version 3");
}

#[test]
fn nobody_outdates_the_words_of_others_by_revoking_a_key_of_their_own() {
    // Expected: gate 0 as before, whatever such a step anchors; what a clone signs that has not heard of it counts too.
    let box_ = Sandbox::at(Stage::Go);
    let before = box_.id("refs/relsign/policy");
    let key = box_.fill_policy("{ key = \"KEY(max2)\", state = \"active\" }");
    let revoked = base(&box_).replace(&key, &key.replace("active", "retired"));
    box_.add_version(&revoked, "", &["max"]);
    let after = box_.id("refs/relsign/policy");
    box_.gate(TAG, 0);
    box_.verify(TAG, 0).lacks("policy-outdated");
    box_.set_ref("refs/relsign/policy", &before);
    let late = box_.draft_word(TAG, "bob", "healthy", "done");
    box_.set_ref("refs/relsign/policy", &after);
    box_.plant(TAG, "bob", &late);
    box_.gate(TAG, 0);
    box_.verify(TAG, 0).lacks("policy-outdated");
    // A step that says anything else besides takes the owners, and is a boundary.
    let more = revoked.replace("description = \"tests\"", "description = \"tests it\"");
    assert_ne!(more, revoked);
    box_.add_version(&more, "", &["rita"]);
    box_.gate(TAG, 1).says("not-opened");
    box_.verify(TAG, 0).finds("policy-outdated");
}

#[test]
fn signatures_are_collected_over_clones_and_junk_stays_out() {
    // Expected: two clones sign at the same time, nothing is lost; lines of an attacker on the proposal come nowhere.
    let box_ = with_three_owners();
    let server = box_.path("server.git");
    box_.git(&["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
    box_.git(&["remote", "add", "origin", &format!("file://{}", server.display())]);
    box_.git(&["push", "-q", "--no-verify", "origin", "main"]);
    box_.run(&["sync"]).exits(0);
    let clones = ["one", "two"].map(|name| {
        let path = box_.path(name);
        box_.git_in(&box_.path("home"), &["clone", "-q", server.to_str().unwrap(), path.to_str().unwrap()]);
        box_.git_in(&path, &["config", "relsign.root", &box_.root()]);
        path
    });
    let at = |clone: &std::path::Path, who: &str, args: &[&str]| -> Run {
        let key = box_.key(who).display().to_string();
        ended(box_.program().current_dir(clone).args(["--key", &key]).args(args))
    };
    let text = owned_by(&(three(&box_) + "[tags]\nsigned = \"required\"\n"), "x", 1).replace("threshold = 2", "threshold = 3");
    box_.write(".relsign/policy.toml", &text);
    // @dev owns nothing and may propose all the same.
    box_.run_as("dev", &["policy", "propose"]).exits(0).says("without your signature");
    box_.run(&["policy", "activate"]).exits(1).says("@rita");
    let name = box_.git(&["for-each-ref", "--format=%(refname)", "refs/relsign/proposals/"]);
    let digest = name.rsplit('/').next().unwrap().to_owned();
    for clone in &clones {
        at(clone, "rita", &["sync"]).exits(0);
    }
    // Both sign before either has seen the other's signature.
    at(&clones[0], "rita", &["policy", "sign", "--no-sync", &digest[..8]]).exits(0).says("threshold 3 instead of 2");
    at(&clones[1], "ann", &["policy", "sign", "--no-sync"]).exits(0);
    at(&clones[1], "ann", &["policy", "sign", "--no-sync"]).exits(0).says("you have already signed it");
    at(&clones[0], "rita", &["sync"]).exits(0);
    // The attacker pushes another tree over it, by force.
    let junk =
        box_.policy_commit(None, &text, "", &[b"junk".to_vec(), box_.sign("eve", &box_.draft_step("eve", 3, &digest, None))]);
    box_.git(&["push", "-q", "-f", "--no-verify", "origin", &format!("{junk}:{name}")]);
    at(&clones[1], "ann", &["sync"]).exits(0);
    at(&clones[0], "rita", &["sync"]).exits(0);
    box_.run_as("bob", &["policy", "sign"]).exits(0).says("relsign policy activate");
    // Two activate it at the same time, which is no fork.
    at(&clones[0], "rita", &["sync"]).exits(0);
    at(&clones[0], "eve", &["policy", "activate", "--no-sync"]).exits(0).says("policy version 3 is in force");
    box_.run(&["policy", "activate"]).exits(0).says("policy version 3 is in force");
    at(&clones[0], "rita", &["sync"]).exits(0);
    at(&clones[1], "ann", &["sync"]).exits(0);
    for clone in &clones {
        at(clone, "ann", &["policy", "log"]).exits(0).says("signed by @ann").says("signed by @bob").says("signed by @rita");
        let records = box_.git_in(clone, &["show", "refs/relsign/policy:records"]);
        assert!(!records.contains("junk") && records.lines().count() == 3, "{records}");
    }
}

#[test]
fn a_proposal_that_settles_what_nobody_has_seen() {
    // Expected: exit 4: what a proposal settles counts whatever becomes of its key, so it must be here to be looked at.
    let box_ = with_three_owners();
    let text = three(&box_) + "[tags]\nsigned = \"required\"\n";
    let anchors = format!("{}\n", "5".repeat(64));
    let digest = policy_digest(&text, &anchors);
    let commit = box_.policy_commit(None, &text, &anchors, &[]);
    box_.set_ref(&format!("refs/relsign/proposals/{digest}"), &commit);
    box_.run_as("ann", &["policy", "sign"]).exits(4).says("555555555555");
    box_.run_as("ann", &["policy", "sign", "--unseen-anchors"]).exits(0);
}

/// A server and a clone of it that has seen everything.
fn shared() -> (Sandbox, std::path::PathBuf) {
    let box_ = Sandbox::at(Stage::Go);
    let server = box_.path("server.git");
    box_.git(&["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
    box_.git(&["remote", "add", "origin", &format!("file://{}", server.display())]);
    box_.git(&["push", "-q", "--no-verify", "origin", "main"]);
    box_.run(&["sync"]).exits(0);
    box_.run(&["verify", "--heads"]).exits(0).says("origin: the same");
    (box_, server)
}

#[test]
fn a_server_that_shows_an_older_state() {
    // Expected: `verify --heads` 3 for records that were there and are gone, and for a policy that forks; 1 for what is
    // merely not shared yet; 4 where nobody answers. Nothing is merged by looking.
    let (box_, server) = shared();
    let before = box_.git_in(&server, &["rev-parse", "refs/notes/relsign"]);
    box_.run_as("bob", &["approve", TAG, "healthy", "--no-sync"]).exits(0);
    box_.run(&["verify", "--heads"]).exits(1).says("1 record here are not there").says("relsign sync");
    box_.run(&["sync"]).exits(0);
    let notes = box_.id("refs/notes/relsign");
    box_.git_in(&server, &["update-ref", "refs/notes/relsign", &before]);
    box_.run(&["verify", "--heads"]).exits(3).says("that were there are gone");
    assert_eq!(box_.id("refs/notes/relsign"), notes);
    box_.run(&["sync"]).exits(0);
    // Somebody else shares a newer policy, which is not here yet.
    let root = box_.id("refs/relsign/policy");
    box_.add_version(&stricter(&box_), "", &["rita"]);
    box_.git(&["push", "-q", "--no-verify", "origin", "refs/relsign/policy"]);
    box_.set_ref("refs/relsign/policy", &root);
    let run = box_.run(&["--json", "verify", "--heads"]).exits(1).json();
    assert_eq!(run["comparisons"][0]["differences"][0]["kind"], "policy-older-here", "{run}");
    box_.add_version(&(base(&box_) + "[limits]\nclock_skew = \"1h\"\n"), "", &["rita"]);
    box_.run(&["verify", "--heads", TAG]).exits(3).says("policy version 2 has digest");
    box_.git(&["remote", "set-url", "origin", "file:///nowhere/at/all"]);
    box_.run(&["verify", "--heads"]).exits(4).says("cannot list the refs of origin");
}

#[test]
fn two_people_compare_what_they_were_shown() {
    // Expected: the same heads are 0; a reject that one of them was never shown is 1; another tag object is 3; another
    // repository can't be compared.
    let box_ = Sandbox::at(Stage::Go);
    let heads = || {
        let run = box_.run(&["verify", "--heads"]).exits(4).says("fingerprint");
        let file = box_.path("heads.txt");
        std::fs::write(&file, &run.stdout).unwrap();
        (file.display().to_string(), run.stdout)
    };
    let compare = |file: &str| box_.run(&["verify", "--heads", "--published", file]);
    let (file, text) = heads();
    compare(&file).exits(0).says("the same");
    let before = box_.id("refs/notes/relsign");
    let reject = box_.draft_word(TAG, "ann", "rollback", "reject");
    let id = box_.plant(TAG, "ann", &reject);
    let (file, _) = heads();
    box_.set_ref("refs/notes/relsign", &before);
    box_.forget();
    compare(&file).exits(1).says(&id[..12]).says("not here");
    let write = |text: &str| std::fs::write(&file, text).unwrap();
    write(&text.replace(&box_.id(TAG), &"6".repeat(40)));
    compare(&file).exits(3).says("another object");
    write(&text.replace(&box_.root(), &"6".repeat(64)));
    compare(&file).exits(4).says("another repository, with root");
    write("nonsense\n");
    compare(&file).exits(2).says("line 1");
    write("");
    compare(&file).exits(2);
}

#[test]
fn a_new_root_is_taken_over_by_name_and_only_where_it_succeeds_the_old_one() {
    // Expected: the old root's releases stay verifiable by name; a root that claims to succeed something else is refused.
    let (box_, server) = shared();
    let old = box_.root();
    let other = box_.path("other");
    box_.git_in(&box_.path("home"), &["clone", "-q", server.to_str().unwrap(), other.to_str().unwrap()]);
    box_.git_in(&other, &["config", "relsign.root", &old]);
    let there = |args: &[&str]| ended(box_.program().current_dir(&other).args(args));
    there(&["sync"]).exits(0);
    // @ann takes over, @rita having lost her key.
    box_.write(".relsign/policy.toml", owned_by(&base(&box_), "\"@ann\"", 1));
    box_.run_as("ann", &["init", "--new-root"]).exits(2);
    let run = box_.run_as("ann", &["init", "--new-root", "--yes"]).exits(0).says("A NEW ROOT").says("--force-with-lease");
    let new = box_.root();
    assert!(new != old && run.stdout.contains(&new));
    box_.run(&["policy", "show"]).exits(0).says("version 1");
    box_.run(&["verify", TAG, "--root", &old]).exits(0);
    box_.run(&["verify", TAG]).says("record-foreign");
    box_.git(&["push", "-q", "--no-verify", "-f", "origin", "refs/relsign/policy", &format!("refs/relsign/former/{old}")]);
    // The other clone takes nothing over by itself.
    there(&["sync"]).exits(0).says("differs from the one here");
    there(&["policy", "show"]).exits(0).says(&old);
    there(&["gate", "--no-sync", TAG]).exits(0);
    there(&["trust", &new]).exits(0).says("is kept").says(&old);
    there(&["policy", "show"]).exits(0).says(&new);
    there(&["verify", TAG, "--root", &old]).exits(0);
    // A root that says it succeeds another version than the one that is here.
    let (box_, _) = shared();
    let text = owned_by(&base(&box_), "\"@ann\"", 1);
    let link = format!("former = {{ root = \"{}\", version = 1, digest = \"{}\" }}\n", box_.root(), "7".repeat(64));
    let text = text.replacen("[owners]", &format!("{link}[owners]"), 1);
    let digest = policy_digest(&text, "");
    let mut step = box_.draft_step("ann", 1, &digest, None);
    step["predicate"]["root"] = serde_json::json!(digest);
    let line = box_.sign("ann", &step);
    let commit = box_.policy_commit(None, &text, "", &[line]);
    box_.git(&["push", "-q", "-f", "--no-verify", "origin", &format!("{commit}:refs/relsign/policy")]);
    box_.run(&["sync"]).exits(0);
    box_.run(&["trust", &digest]).exits(3).says("root-mismatch").says("succeeds version 1 with digest 777777777777");
}
