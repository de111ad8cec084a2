//! The story of the demo: who does what, in order, and how each command must end.

use super::stage::{PROJECT, Stage};
use crate::ops::error::{Failure, Outcome};

/// The release.
pub const TAG: &str = "v1.4.0";

/// The release of whoever is alone.
pub const ALONE: &str = "v1.0.0";

/// What jo adds to the policy that `init` wrote.
const ROLE: &str = "\n[role.compliance]\ndescription = \"answers for what may be shown to whom\"\n";
const CHECKLIST: &str = include_str!("RELEASE_CHECKLIST.md");
const CHECKLIST_NAME: &str = "RELEASE_CHECKLIST.md";
const RUNBOOK: &str = include_str!("rollback.md");
const MIGRATION: &str = include_str!("parcels.sql");
const TEST_RESULTS: &str = include_str!("test-results.txt");

/// Somebody in the story.
struct Person {
    name: &'static str,
    full_name: &'static str,
    role: Option<&'static str>,
}

const JO: Person = Person { name: "jo", full_name: "Jo Berg", role: None };
/// Everybody but the release manager, whom `init` puts into the policy.
const OTHERS: [Person; 4] = [
    Person { name: "ana", full_name: "Ana Ruiz", role: None },
    Person { name: "raj", full_name: "Raj Mehta", role: Some("qa") },
    Person { name: "sam", full_name: "Sam Okoro", role: Some("sre") },
    Person { name: "kim", full_name: "Kim Vale", role: Some("compliance") },
];

impl Person {
    fn email(&self) -> String {
        format!("{}@parcel-map.example", self.name)
    }

    /// Clones the server's repository, with settings of this clone's own: no global configuration is touched.
    fn clone(&self, stage: &Stage<'_>) -> Outcome<()> {
        stage.settle(self.name)?;
        stage.run(
            self.name,
            &[
                "git",
                "clone",
                "-q",
                "-c",
                &format!("user.name={}", self.full_name),
                "-c",
                &format!("user.email={}", self.email()),
                &stage.server(),
                PROJECT,
            ],
        )?;
        self.set_up(stage)
    }

    fn set_up(&self, stage: &Stage<'_>) -> Outcome<()> {
        // Whoever goes on by hand has a home and settings of their own: these clones sign with these people's keys all
        // the same, and git signs none of their commits and tags with the reader's.
        for setting in ["commit.gpgSign", "tag.gpgSign"] {
            stage.quietly(self.name, &["git", "config", setting, "false"])?;
        }
        Ok(())
    }

    /// Names this person's key in their clone, once it is made.
    fn keep_key(&self, stage: &Stage<'_>) -> Outcome<()> {
        let key = stage.folder().join(self.name).join(".ssh").join("id_ed25519").display().to_string();
        stage.quietly(self.name, &["git", "config", "relsign.key", &key])
    }
}

/// Plays a release of one person, in six commands.
pub fn alone(stage: &Stage<'_>) -> Outcome<()> {
    stage.chapter("A repository of one's own")?;
    stage.settle(JO.name)?;
    stage.run(JO.name, &["git", "init", "-q", "-b", "main", PROJECT])?;
    JO.set_up(stage)?;
    for (setting, value) in [("user.name", JO.full_name), ("user.email", &JO.email())] {
        stage.quietly(JO.name, &["git", "config", setting, value])?;
    }
    stage.write(JO.name, "README.md", "# parcel-map\n\nShows who owns which parcel of land.\n")?;
    stage.quietly(JO.name, &["git", "add", "README.md"])?;
    stage.quietly(JO.name, &["git", "commit", "-q", "-m", "Begin the parcel map"])?;
    stage.chapter("Six commands to GO")?;
    stage.run(JO.name, &["relsign", "init", "--handle", "@jo", "--preset", "solo", "--yes"])?;
    JO.keep_key(stage)?;
    stage.run(JO.name, &["git", "commit", "-q", "-m", "Add the release policy and checklist"])?;
    stage.run(JO.name, &["relsign", "tag", ALONE])?;
    stage.run(JO.name, &["relsign", "open", ALONE])?;
    stage.run(JO.name, &["relsign", "approve", ALONE, "--all"])?;
    stage.run(JO.name, &["relsign", "decide", ALONE, "go"])?;
    stage.tell("now a pipeline can ask")?;
    stage.run(JO.name, &["relsign", "gate", ALONE]).map(drop)
}

/// Plays the whole release.
pub fn play(stage: &Stage<'_>) -> Outcome<()> {
    server_and_clones(stage)?;
    let root = policy(stage)?;
    join(stage, &root)?;
    work(stage)?;
    open(stage)?;
    sign(stage)?;
    decide(stage)?;
    prove(stage, &root)
}

fn server_and_clones(stage: &Stage<'_>) -> Outcome<()> {
    stage.chapter("A server repository, and five people with a clone each")?;
    stage.on_server(&["git", "init", "-q", "--bare", "-b", "main", "server.git"])?;
    JO.clone(stage)?;
    stage.write("jo", "README.md", "# parcel-map\n\nShows who owns which parcel of land.\n")?;
    stage.run("jo", &["git", "add", "README.md"])?;
    stage.run("jo", &["git", "commit", "-q", "-m", "Begin the parcel map"])?;
    stage.run("jo", &["git", "push", "-q", "-u", "origin", "main"])?;
    OTHERS.iter().try_for_each(|person| person.clone(stage))
}

fn policy(stage: &Stage<'_>) -> Outcome<String> {
    stage.chapter("The policy: who may sign, and what is enough")?;
    stage.tell("each creates a key and prints the command that jo runs")?;
    for person in &OTHERS {
        let handle = format!("@{}", person.name);
        let mut words = vec!["relsign", "join", "--yes", "--handle", &handle];
        if let Some(role) = person.role {
            words.extend(["--role", role]);
        }
        stage.run(person.name, &words)?;
        person.keep_key(stage)?;
    }
    stage.tell("jo is the release manager, writes the policy and adds them to it")?;
    stage.write("jo", CHECKLIST_NAME, CHECKLIST)?;
    stage.run("jo", &["relsign", "init", "--handle", "@jo", "--preset", "team", "--draft", "--yes"])?;
    JO.keep_key(stage)?;
    stage.append("jo", ".relsign/policy.toml", ROLE)?;
    for person in &OTHERS {
        let (handle, email) = (format!("@{}", person.name), person.email());
        let key = format!("../../{}/.ssh/id_ed25519.pub", person.name);
        let mut words = vec!["relsign", "person", "add", &handle, "--name", person.full_name, "--email", &email];
        if let Some(role) = person.role {
            words.extend(["--role", role]);
        }
        words.extend(["--public-key", &key]);
        stage.run("jo", &words)?;
    }
    stage.tell("so far it is only a file; now jo signs it as the root of trust")?;
    stage.run("jo", &["relsign", "init"])?;
    stage.run("jo", &["git", "add", ".relsign", CHECKLIST_NAME])?;
    stage.run("jo", &["git", "commit", "-q", "-m", "Add the release policy and checklist"])?;
    stage.run("jo", &["git", "push", "-q"])?;
    let printed = stage.run("jo", &["relsign", "trust"])?;
    printed
        .lines()
        .find(|line| line.starts_with("SHA256:"))
        .map(str::to_owned)
        .ok_or_else(|| Failure::internal("the demo failed: [jo] relsign trust printed no root").because(printed))
}

fn join(stage: &Stage<'_>, root: &str) -> Outcome<()> {
    stage.chapter("Everybody pins the root that jo reads out, and joins")?;
    stage.tell("no root is trusted by default: kim tries without pinning it")?;
    stage.expect("kim", &["relsign", "init"], 4)?;
    for person in &OTHERS {
        stage.run(person.name, &["relsign", "trust", root])?;
        stage.run(person.name, &["relsign", "init"])?;
    }
    Ok(())
}

fn work(stage: &Stage<'_>) -> Outcome<()> {
    stage.chapter("The work: commits by jo and ana")?;
    stage.run("ana", &["git", "pull", "-q"])?;
    stage.write("ana", "migrations/0007_parcel_note.sql", MIGRATION)?;
    stage.write("ana", "docs/rollback.md", RUNBOOK)?;
    stage.run("ana", &["git", "add", "migrations", "docs"])?;
    stage.run("ana", &["git", "commit", "-q", "-m", "Keep notes on parcels"])?;
    stage.run("ana", &["git", "push", "-q"])?;
    stage.run("jo", &["git", "pull", "-q"]).map(drop)
}

fn open(stage: &Stage<'_>) -> Outcome<()> {
    stage.chapter("Jo tags the release and opens it")?;
    stage.run("jo", &["relsign", "tag", TAG])?;
    stage.run("jo", &["relsign", "open", TAG, "--reason", "Notes on parcels", "--ticket", "MAP-212"])?;
    stage.run("jo", &["relsign", "status"]).map(drop)
}

fn sign(stage: &Stage<'_>) -> Outcome<()> {
    stage.chapter("Owners sign their items as done, each from their own clone")?;
    stage.run("ana", &["relsign", "sync"])?;
    stage.run("ana", &["relsign", "mine"])?;
    stage.write("ana", "test-results.txt", TEST_RESULTS)?;
    stage.run("ana", &["relsign", "approve", TAG, "tests", "--evidence", "test-results.txt"])?;
    stage.run("ana", &["relsign", "approve", TAG, "migration", "--note", "there and back in 40 seconds"])?;
    stage.run("raj", &["relsign", "approve", TAG, "staging"])?;
    stage.run("sam", &["relsign", "approve", TAG, "rollback-runbook"])?;
    stage.run("kim", &["relsign", "approve", TAG, "data-protection"])?;

    stage.chapter("Somebody else reviews each item")?;
    stage.tell("a review by the item's owner doesn't count")?;
    stage.expect("sam", &["relsign", "approve", TAG, "rollback-runbook", "--review"], 1)?;
    stage.tell("nor does a review by the tagger, or by somebody with commits in the release")?;
    stage.expect("jo", &["relsign", "approve", TAG, "rollback-runbook", "--review"], 1)?;
    stage.run("raj", &["relsign", "approve", TAG, "tests", "rollback-runbook"])?;
    stage.tell("--all signs what is waiting for sam; the migration needs a reviewer who is an SRE")?;
    stage.run("sam", &["relsign", "approve", TAG, "--all"]).map(drop)
}

fn decide(stage: &Stage<'_>) -> Outcome<()> {
    stage.chapter("Go or no-go")?;
    stage.tell("too early: nobody has signed the load test as done")?;
    stage.expect("jo", &["relsign", "decide", TAG, "go"], 1)?;
    stage.run("jo", &["relsign", "status"])?;
    stage.tell("the load generators are down until Friday, so jo takes responsibility for going without the test")?;
    stage.run(
        "jo",
        &[
            "relsign",
            "waive",
            TAG,
            "load-test",
            "--reason",
            "the load generators are down; the flag goes to 5 % first",
            "--ticket",
            "MAP-219",
            "--expires",
            "7d",
        ],
    )?;
    stage.run("jo", &["relsign", "decide", TAG, "go"]).map(drop)
}

fn prove(stage: &Stage<'_>, root: &str) -> Outcome<()> {
    stage.chapter("Sam enters the first stage; the pipeline asks, with the root from its own settings")?;
    stage.run("sam", &["relsign", "stage", TAG, "canary", "enter"])?;
    stage.settle("ci")?;
    stage.run("ci", &["git", "clone", "-q", "-c", &format!("relsign.root={root}"), &stage.server(), PROJECT])?;
    stage.run("ci", &["relsign", "gate", TAG, "--stage", "canary"])?;

    stage.chapter("Kim, the compliance officer, verifies it herself")?;
    stage.run("kim", &["relsign", "sync"])?;
    stage.run("kim", &["relsign", "verify", TAG])?;
    stage.run("kim", &["relsign", "report", TAG])?;
    stage.chapter("Where everything is")
}
