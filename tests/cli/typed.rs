//! What people type: ranges and stages of items, names that are nearly right, words that are no commands, files by their ending.

use crate::sandbox::{Sandbox, Stage, TAG};

#[test]
fn items_are_named_in_ranges_and_what_is_nearly_right_is_offered() {
    let box_ = Sandbox::at(Stage::Opened);
    let signed = |args: &[&str]| {
        let run = box_.run_as("ann", &[&["approve", TAG, "--json"], args].concat()).exits(0);
        run.json()["records"].as_array().unwrap().len()
    };
    // The first two are @ann's; each is signed once, however often it is named.
    assert_eq!(signed(&["1-1", "tests", "1"]), 1);
    box_.run_as("ann", &["approve", TAG, "90-95"]).exits(2).says("has no item \"90-95\"");
    box_.run_as("ann", &["approve", TAG, "@canary"]).exits(2).says("has no item \"@canary\"");
    box_.run_as("ann", &["approve", TAG, "rolback"]).exits(2).says("did you mean rollback");
    box_.run_as("ann", &["approve", TAG, "zzz"]).exits(2).says("relsign status");
}

#[test]
fn manual_pages_go_where_they_are_wanted() {
    let box_ = Sandbox::at(Stage::Begun);
    box_.run(&["man", "a/b"]).exits(0);
    assert!(box_.path("repo/a/b/relsign-approve.1").exists());
}

#[test]
fn a_word_that_is_no_command_is_answered_with_the_command() {
    let box_ = Sandbox::at(Stage::Begun);
    for (word, command) in
        [("review", "relsign approve TAG ITEM --review"), ("grant", "relsign freeze grant"), ("declare", "relsign freeze start")]
    {
        box_.run(&[word, "v1.0.0"]).exits(2).says(command);
    }
}

#[test]
fn everything_is_signed_but_what_one_called_partly_done() {
    let box_ = Sandbox::at(Stage::Opened);
    box_.run_as("ann", &["partial", TAG, "tests", "--reason", "half of them"]).exits(0);
    box_.run_as("ann", &["approve", TAG, "--all"]).says("left out: tests");
    let last = box_.log(TAG).into_iter().filter(|entry| entry.payload.to_string().contains("\"tests\"")).count();
    assert_eq!(last, 2, "the open record and the partial sign-off");
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(0);
}

#[test]
fn a_report_has_the_form_that_its_file_ends_with_and_none_without_a_tag() {
    let box_ = Sandbox::at(Stage::Opened);
    for (file, begins) in [("r.html", "<!"), ("r.md", "#"), ("r.json", "{"), ("r.txt", "v1.0.0")] {
        box_.run(&["report", TAG, "-o", file]).exits(0);
        let text = std::fs::read_to_string(box_.repo.join(file)).unwrap();
        assert!(text.trim_start().to_lowercase().starts_with(begins), "{file}: {}", &text[..80.min(text.len())]);
    }
    box_.run(&["report", "v9"]).exits(4).says("there is no tag v9 here");
}

#[test]
fn nobody_becomes_an_owner_whom_git_does_not_know() {
    let box_ = Sandbox::empty();
    let repo = box_.path("fresh");
    std::fs::create_dir_all(&repo).unwrap();
    box_.git_in(&repo, &["init", "-q"]);
    let nobody = |program: &mut std::process::Command| {
        let own = program.current_dir(&repo).env("GIT_CONFIG_GLOBAL", "/dev/null").args(["init", "--yes"]);
        for name in ["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL", "EMAIL"] {
            own.env_remove(name);
        }
        crate::sandbox::ended(own)
    };
    nobody(&mut box_.program()).exits(2).says("git config --global user.email");
    assert!(!repo.join(".relsign").exists());
}

#[test]
fn a_heading_names_what_is_below_it() {
    let box_ = Sandbox::at(Stage::Opened);
    let signed = |who: &str, named: &str| {
        let run = box_.run_as(who, &["reject", TAG, named, "--reason", "not yet", "--json"]).exits(0);
        run.json()["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| record["item"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(signed("max", "Before the release"), ["tests", "rollback", "migration"]);
    assert_eq!(signed("bob", "after-the-release"), ["healthy"]);
    box_.run_as("ann", &["approve", TAG, "before the relese"]).exits(2).says("did you mean 'Before the release'");
}

#[test]
fn a_tag_that_nobody_knows_is_an_error_and_those_like_it_are_offered() {
    let box_ = Sandbox::at(Stage::Opened);
    let calls: [&[&str]; 12] = [
        &["report", "v1.0"],
        &["status", "v1.0"],
        &["status", "--exit-code", "v1.0"],
        &["verify", "v1.0"],
        &["log", "v1.0"],
        &["evidence", "list", "v1.0"],
        &["stage", "v1.0"],
        &["action", "v1.0"],
        &["approve", "v1.0", "tests"],
        &["decide", "v1.0", "go"],
        &["close", "v1.0"],
        &["withdraw", "v1.0", "tests", "--reason", "wrong"],
    ];
    for call in calls {
        let run = box_.run_as("rita", call).exits(4).says("did you mean v1.0.0?");
        let run = run.says("there is no tag v1.0 here, and nobody has opened one of that name");
        assert_eq!(run.stdout, "", "{call:?}");
    }
    // A gate answers in its one line, and says the rest beside it.
    let run = box_.run(&["gate", "v1.0"]).exits(4).says("did you mean v1.0.0?");
    assert!(run.stdout.starts_with("CANNOT DECIDE: v1.0: there is no tag v1.0 here"), "{}", run.stdout);
    for call in [["log", "v9"].as_slice(), &["approve", "v9", "tests"], &["stage", "v9"]] {
        box_.run_as("ann", call).exits(4).says("there is no tag v9 here");
    }
}

#[test]
fn a_log_shows_what_was_withdrawn_and_why() {
    let box_ = Sandbox::at(Stage::Opened);
    box_.run_as("max", &["reject", TAG, "tests", "--reason", "the suite is red"]).exits(0);
    box_.run_as("max", &["withdraw", TAG, "tests", "--reason", "it was a flaky runner"]).exits(0);
    for call in [["log", TAG, "tests"].as_slice(), &["log", TAG]] {
        let run = box_.run(call).exits(0);
        assert!(run.stdout.contains("reason: the suite is red"), "{}", run.stdout);
        assert!(run.stdout.contains("reason: it was a flaky runner"), "{}", run.stdout);
    }
    assert!(!box_.run(&["log", TAG, "rollback"]).exits(0).stdout.contains("flaky"));
    box_.run_as("max", &["withdraw", TAG, "tsts", "--reason", "wrong"]).exits(2).says("did you mean tests");
}

#[test]
fn a_conditional_go_says_what_a_gate_waits_for() {
    let box_ = Sandbox::at(Stage::Signed);
    let run =
        box_.run_as("rita", &["decide", TAG, "conditional-go", "--condition", "tell support", "--assignee", "@ann", "--due", "2d"]);
    run.exits(0).says("relsign gate answers NO until its condition is met").says("relsign action v1.0.0 c1 met --note");
    box_.run(&["gate", TAG]).exits(1);
    box_.run_as("ann", &["action", TAG, "c1", "met", "--note", "told"]).exits(0);
    box_.run(&["gate", TAG]).exits(0);
}

#[test]
fn owners_who_can_not_sign_are_told_and_nobody_signs_for_them_in_passing() {
    let box_ = Sandbox::at(Stage::Begun);
    let table = "# Release\n\n## Before the release\n\n| Criteria | Owner | Status |\n|---|---|---|\n\
                 | The suite passes | @ann | ___ |\n| Disks are large | the platform team | ___ |\n| Mails are written | @gone | ___ |\n\
                 | The door is shut | @max | ___ |\n| Pages are read | @dba | ___ |\n\n- [ ] Somebody thought of it <!-- relsign: id=thought -->\n";
    box_.write("RELEASE.md", table);
    box_.commit("another checklist");
    box_.run_as("rita", &["role", "add", "dba"]).exits(0);
    box_.run_as("rita", &["person", "remove", "@max"]).exits(0);
    box_.run_as("rita", &["policy", "activate"]).exits(0);
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG])
        .exits(0)
        .says("2 items have an owner who can't sign: 4 the-door-is-shut (@max, who has no active key), 5 pages-are-read (dba, which nobody holds)")
        .says("2 items have an owner who is not in the policy: 2 disks-are-large (the platform team), 3 mails-are-written (@gone)")
        .says("from the file: 6 without an owner, for release-manager (@rita)")
        .says(&format!("relsign assign {TAG} ITEM @HANDLE"));
    let all = box_.run_as("rita", &["approve", TAG, "--all"]).exits(0).says("thought · as owner: done");
    for item in ["disks-are-large", "mails-are-written"] {
        all.clone().says(&format!("left out: {item} · its owner is not in the policy; name it to sign it"));
    }
    assert_eq!(box_.log(TAG).iter().filter(|entry| entry.kind() == "sign").count(), 1);
    box_.run_as("rita", &["approve", TAG, "mails-are-written"]).exits(0).says("as owner: done");
    box_.run_as("rita", &["assign", TAG, "2", "@ann", "--reason", "she knows them"]).exits(0);
    box_.run_as("ann", &["approve", TAG, "--all"]).exits(0).says("disks-are-large · as owner: done");
}
