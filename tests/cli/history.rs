//! A project with a history: where its first release begins, who made it, and who accepts whom nobody knows.

use std::fmt::Write as _;

use crate::sandbox::{Run, Sandbox, ended};

/// Commits of a project, each by an author at a day of 2025 or 2026, as `git fast-import` takes them.
struct History(String);

impl History {
    fn new() -> Self {
        Self(String::new())
    }

    /// Adds so many commits by somebody, the first of them at a day since 2025 began.
    fn by(mut self, name: &str, email: &str, commits: usize, day: u32) -> Self {
        for number in 0..commits {
            let at = 1_735_689_600 + u64::from(day) * 86_400 + number as u64;
            let who = format!("{name} <{email}> {at} +0000");
            let _ = write!(self.0, "commit refs/heads/main\nauthor {who}\ncommitter {who}\ndata 1\nx\n");
        }
        self
    }

    /// Tags what is there.
    fn tag(mut self, name: &str) -> Self {
        let _ = write!(self.0, "tag {name}\nfrom refs/heads/main\ntagger Old Hand <old@example.com> 1735689600 +0000\ndata 1\nx\n");
        self
    }

    /// Makes a repository of it, with the keys of some people.
    fn made(self, people: &[&str]) -> Sandbox {
        let box_ = Sandbox::empty();
        std::fs::create_dir(box_.path("keys")).unwrap();
        people.iter().for_each(|name| box_.make_key(name));
        box_.init_repository(&box_.repo);
        box_.git_with(&["fast-import", "--quiet"], self.0.as_bytes());
        if !self.0.is_empty() {
            box_.git(&["reset", "-q", "--hard"]);
        }
        box_
    }
}

fn policy(box_: &Sandbox) -> String {
    std::fs::read_to_string(box_.repo.join(".relsign/policy.toml")).unwrap()
}

fn init(box_: &Sandbox, more: &[&str]) -> Run {
    box_.run_as("dev", &[&["init", "--handle", "@dev", "--preset", "team", "--draft", "--yes"], more].concat())
}

#[test]
fn the_first_release_begins_after_the_newest_tag_that_fits() {
    let history = || History::new().by("Old Hand", "old@example.com", 3, 0).tag("v1.0.0");
    let history = || history().by("Old Hand", "old@example.com", 2, 10).tag("v1.1.0").by("Ann", "ann@example.com", 1, 20);
    let history = || history().tag("nightly-7").by("Dev Eloper", "dev@example.com", 1, 30);
    let box_ = history().made(&["dev"]);
    init(&box_, &[]).exits(0).says("the first release begins after v1.1.0: 2 commits so far").says("--since none");
    let commit = box_.id("v1.1.0^{commit}");
    assert!(
        policy(&box_).contains(&format!("this commit, v1.1.0: what came before was not signed off here.\nsince = \"{commit}\""))
    );
    // What is there is not written over.
    init(&box_, &["--since", "v1.0.0"]).exits(2).says("is here already");
    for (since, expected) in [("v1.0.0", Some("v1.0.0^{commit}")), ("nightly-7", Some("nightly-7^{commit}")), ("none", None)] {
        let box_ = history().made(&["dev"]);
        init(&box_, &["--since", since]).exits(0);
        let found = policy(&box_).lines().find_map(|line| line.strip_prefix("since = ").map(str::to_owned));
        assert_eq!(found, expected.map(|name| format!("\"{}\"", box_.id(name))), "{since}");
    }
    let box_ = history().made(&["dev"]);
    init(&box_, &["--since", "v9"]).exits(2).says("there is no commit \"v9\" here");
    let aside = box_.git(&["commit-tree", "-m", "aside", "HEAD^{tree}"]);
    init(&box_, &["--since", &aside]).exits(2).says("does not lie below");
    // Without such a tag all of history is meant, as ever.
    for pattern in ["release-*", "nightly-?.?"] {
        let box_ = history().made(&["dev"]);
        let run = init(&box_, &["--tags", pattern]).exits(0);
        assert!(!policy(&box_).contains("since = ") && !run.text().contains("begins after"), "{}", run.text());
    }
    let box_ = History::new().made(&["dev"]);
    init(&box_, &[]).exits(0);
    assert!(!policy(&box_).contains("since = "));
}

#[test]
fn what_the_first_release_holds_is_told_when_it_is_opened() {
    let box_ = History::new().by("Old Hand", "old@example.com", 3, 0).tag("v1.0.0").made(&["dev"]);
    box_.run_as("dev", &["init", "--handle", "@dev", "--preset", "solo", "--yes"]).exits(0).says("relsign tag TAG");
    box_.commit("policy");
    box_.git(&["tag", "-a", "-m", "x", "v1.1.0"]);
    let since = box_.id("v1.0.0^{commit}");
    box_.run_as("dev", &["open", "v1.1.0"]).exits(0).says(&format!("1 commit since {}, where the policy begins", &since[..12]));
    let report = box_.run(&["--json", "status"]).exits(0).json();
    assert_eq!(report["release"]["implementers"]["people"], serde_json::json!(["@dev"]));
    // A release of what lies there already would hold nothing.
    box_.git(&["branch", "-q", "earlier", "v1.0.0"]);
    let box_ = History::new().by("Old Hand", "old@example.com", 3, 0).made(&["dev"]);
    box_.write("RELEASE_CHECKLIST.md", "# Checklist\n\n- [ ] tests pass\n");
    box_.commit("checklist");
    box_.git(&["tag", "-a", "-m", "x", "v1.0.0"]);
    box_.run_as("dev", &["init", "--handle", "@dev", "--preset", "solo", "--yes"]).exits(0);
    box_.run_as("dev", &["open", "v1.0.0"]).exits(0).says("so nothing is in it");
}

/// A history of five regular authors, one of them known under two addresses, one under one that is none, and of bots.
fn regulars() -> Sandbox {
    History::new()
        .by("Old Hand", "old@example.com", 7, 0)
        .by("Gone Too", "gone@example.com", 4, 1)
        .by("Zoë Öst", "zoe@example.com", 4, 500)
        .by("zoë öst", "ZOE@home.example", 2, 510)
        .by("Dev Eloper", "dev@home.example", 1, 520)
        .by("Passer By", "passer@example.com", 4, 530)
        .by("Svn", "svn@(none)", 9, 531)
        .by("robo[bot]", "1+robo[bot]@users.noreply.example", 9, 532)
        .by("Zac Öst", "zac@example.com", 5, 533)
        .tag("v1.0.0")
        .made(&["dev", "zoe"])
}

#[test]
fn whom_the_commits_name_again_and_again_is_known() {
    let box_ = regulars();
    init(&box_, &[]).exits(0);
    let add = |more: &[&str]| box_.run_as("dev", &[&["person", "add", "--from-history"], more].concat());
    let before = policy(&box_);
    add(&[]).exits(2).says("@zost Zoë Öst · 6 commits").says("zoe@example.com and zoe@home.example").says("--yes");
    assert_eq!(policy(&box_), before, "nobody was asked");
    let run = add(&["--yes"]).exits(0);
    run.clone().says("@dev also commits as · dev@home.example").says("@zost2 Zac Öst").says("added 2 people");
    for no in ["Old Hand", "Passer", "svn", "robo", "Gone"] {
        assert!(!run.text().contains(no), "{no}: {}", run.text());
    }
    let text = policy(&box_);
    assert!(text.contains(
        "[person.zost]\nname = \"Zoë Öst\"\nemails = [\"zoe@example.com\", \"zoe@home.example\"]\nroles = []\nkeys = [] #"
    ));
    add(&["--yes"]).exits(0).says("nobody with 5 commits or more");
    add(&["--yes", "--former"]).exits(0).says("@ohand Old Hand · 7 commits").says("added 1 person");
    assert!(policy(&box_).contains("keys = [] # left, and signs nothing"));
    let odd = ["person", "add", "@g2", "--name", "Gone Too", "--email", "gone@example.com", "--former"];
    box_.run_as("dev", &odd).exits(0).says("added @g2");
    box_.run_as("dev", &[&odd[..], &["--role", "qa"]].concat()).exits(2);
    box_.run_as("dev", &["person", "add", "@g3"]).exits(2).says("--public-key");
    let check = box_.run(&["policy", "check"]).exits(0);
    assert!(!check.text().contains("no active key"), "{}", check.text());
    // Who is known without a key joins as the person they are.
    box_.run_as("dev", &["init"]).exits(0);
    box_.git(&["config", "user.email", "zoe@home.example"]);
    let joined = box_.run_as("zoe", &["join"]).exits(0);
    assert!(joined.stdout.starts_with("relsign person add @zost "), "{}", joined.text());
    box_.run_as("zoe", &["whoami"]).exits(1);
    let key = box_.path("keys/zoe.pub");
    box_.run_as("dev", &["person", "add", "@zost", "--role", "qa", "--public-key", key.to_str().unwrap()]).exits(0);
    box_.run_as("dev", &["policy", "activate"]).exits(0);
    box_.run_as("zoe", &["whoami"]).exits(0).says("@zost").says("qa");
}

/// A project of two maintainers and twelve contributors, its policy and its first release, tagged by @dev and open.
fn open_source() -> Sandbox {
    let mut history = History::new().by("Old Hand", "old@example.com", 3, 0).tag("v1.0.0");
    for number in 0..12 {
        history = history.by(&format!("Passer {number:02}"), &format!("passer{number}@example.com"), 1, 20 + number);
    }
    let box_ = history.made(&["dev", "kim"]);
    box_.run_as("dev", &["init", "--handle", "@dev", "--preset", "open-source", "--draft", "--yes"]).exits(0);
    let key = box_.path("keys/kim.pub");
    let kim =
        ["person", "add", "@kim", "--email", "kim@example.com", "--role", "maintainer", "--public-key", key.to_str().unwrap()];
    box_.run_as("dev", &kim).exits(0);
    box_.run_as("dev", &["init"]).exits(0).says("@kim compare this root with you");
    box_.commit("policy");
    box_.git(&["tag", "-a", "-m", "x", "v1.1.0"]);
    box_
}

#[test]
fn unknown_authors_are_counted_and_one_maintainer_accepts_them() {
    let box_ = open_source();
    let run = box_.run_as("dev", &["open", "v1.1.0"]).exits(0);
    run.clone().says("12 commit authors are not in the policy").says("relsign waive v1.1.0 --unknown-authors --reason");
    let status = box_.run(&["status"]).exits(0);
    status
        .clone()
        .says("12 commit authors are not in the policy, so no review counts")
        .says("relsign waive v1.1.0 --unknown-authors");
    for text in [run.text(), status.text()] {
        assert!(!text.contains("Passer"), "{text}");
    }
    box_.run_as("dev", &["approve", "--all", "--yes"]).exits(0);
    box_.run_as("kim", &["approve", "tests", "--review"]).exits(1).says("12 commit authors are not in the policy");
    let waive = ["waive", "--unknown-authors", "--reason", "read in their pull requests"];
    let run = box_.run_as("dev", &waive).exits(0).says("waives 12 unknown authors");
    assert_eq!(run.text().matches("Passer ").count(), 12, "{}", run.text());
    let status = box_.run(&["status"]).exits(0);
    assert!(!status.text().contains("unknown-authors"), "{}", status.text());
    box_.run(&["report", "--format", "markdown"]).exits(0).says("accepted for this release by @dev");
    // Who accepts them and reviews could be one of them.
    let both = open_source();
    both.run_as("dev", &["open", "v1.1.0"]).exits(0);
    both.run_as("dev", &["approve", "--all", "--yes"]).exits(0);
    both.run_as("kim", &waive).exits(0);
    both.run_as("kim", &["approve", "tests", "--review"]).exits(1).says("must not have accepted the unknown authors");
    box_.run_as("kim", &["approve", "--all", "--yes"]).exits(0).says("as maintainer: reviewed");
    box_.run_as("kim", &["decide", "go"]).exits(0);
    box_.gate("v1.1.0", 0);
}

#[test]
fn alone_nothing_asks_for_somebody_else() {
    for release_type in ["normal", "hotfix", "emergency"] {
        let box_ = History::new().made(&["dev"]);
        box_.run_as("dev", &["init", "--preset", "solo", "--yes"]).exits(0);
        let check = box_.run(&["policy", "check"]).exits(0);
        assert!(!check.text().contains("policy-too-few-people"), "{}", check.text());
        let checklist = std::fs::read_to_string(box_.repo.join("RELEASE_CHECKLIST.md")).unwrap();
        assert!(!checklist.contains("Somebody other") && checklist.contains("id=review"), "{checklist}");
        box_.commit("policy and checklist");
        box_.run_as("dev", &["tag", "v1.0.0"]).exits(0);
        box_.run_as("dev", &["open", "v1.0.0", "--type", release_type, "--reason", "it burns"]).exits(0);
        box_.run_as("dev", &["approve", "--all", "--yes"]).exits(0);
        box_.run_as("dev", &["decide", "go"]).exits(0);
        box_.gate("v1.0.0", 0);
        box_.run_as("dev", &["stage", "all", "enter"]).exits(0);
        box_.run_as("dev", &["approve", "--all", "--yes"]).exits(0);
        box_.run_as("dev", &["stage", "all", "pass", "--note", "as before"]).exits(0);
        box_.run_as("dev", &["close"]).exits(0).says("completed");
    }
    // What can't be met is waived by the same person, and a reject taken back.
    let box_ = History::new().made(&["dev"]);
    box_.run_as("dev", &["init", "--preset", "solo", "--yes"]).exits(0);
    box_.write(
        "RELEASE_CHECKLIST.md",
        "# Checklist\n\n- [ ] Two people looked <!-- relsign: id=look reviews=2 -->\n- [ ] Tests pass\n",
    );
    box_.commit("policy and checklist");
    box_.run_as("dev", &["tag", "v1.0.0"]).exits(0);
    box_.run_as("dev", &["open", "v1.0.0"]).exits(0);
    box_.run_as("dev", &["reject", "look", "--reason", "not yet"]).exits(0);
    box_.run_as("dev", &["withdraw", "look", "--reason", "now"]).exits(0);
    box_.run_as("dev", &["waive", "look", "--reason", "alone"]).exits(0);
    box_.run_as("dev", &["approve", "--all", "--yes"]).exits(0);
    box_.run_as("dev", &["decide", "go"]).exits(0);
    box_.gate("v1.0.0", 0);
}

#[test]
fn a_team_is_told_what_comes_next_and_who_is_missing() {
    let history = || History::new().by("Dev Eloper", "dev@example.com", 2, 0).by("Kim", "kim@example.com", 1, 1);
    let missing = "an item takes 1 review by somebody who neither owns it nor has commits in the release: 1 more person must join";
    let box_ = history().made(&["dev", "kim", "ann"]);
    init(&box_, &[]).exits(0).says("before that, each of the others runs relsign join").says(missing);
    let person = |name: &str| {
        let (handle, email, key) = (format!("@{name}"), format!("{name}@example.com"), box_.path(&format!("keys/{name}.pub")));
        box_.run_as("dev", &["person", "add", &handle, "--email", &email, "--public-key", key.to_str().unwrap()]).exits(0);
    };
    person("kim");
    // Both have commits in what would be released, so nobody could ever review it.
    let run = box_.run_as("dev", &["init"]).exits(0);
    run.clone().says("nobody can review the first release, because everybody who could has commits in it");
    run.clone().says("implementer_may_review = true").says("@kim compare this root with you, and run: relsign trust SHA256:");
    assert!(!run.text().contains("must join"), "{}", run.text());
    let alone = history().made(&["dev"]);
    let run = alone.run_as("dev", &["init", "--handle", "@dev", "--preset", "team", "--yes"]).exits(0);
    run.clone().says(missing).says("relsign person add @HANDLE").says("relsign policy activate");
    assert!(!run.text().contains("relsign decide"), "{}", run.text());
    let box_ = history().made(&["dev"]);
    let run = ended(box_.program().args(["init", "--preset", "lax"])).exits(2);
    run.says("open-source");
}
