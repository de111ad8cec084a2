//! Secrets in the address of a remote: no command prints them, however it ends.

use super::keys::Home;
use super::support::git;

/// What must never be seen; the address is one that nobody answers at.
const SECRET: &str = "s3cr3t-t0ken";
const PORT: &str = "127.0.0.1:1";

#[test]
fn no_command_prints_the_secret_of_a_remote() {
    let home = Home::new();
    home.key(".ssh/id_ed25519", "ed25519", "");
    let run = |args: &[&str]| home.relsign(&[("COLUMNS", "60")], args);
    assert!(run(&["init", "--yes"]).status.success());
    git(&home.project, &["add", "-A"]);
    git(&home.project, &["commit", "-q", "-m", "Set relsign up"]);
    for args in [&["tag", "v1.0.0"][..], &["open", "v1.0.0"], &["approve", "v1.0.0", "--all"], &["decide", "v1.0.0", "go"]] {
        assert!(run(args).status.success(), "{args:?}");
    }
    let mut seen = String::new();
    let mut look = |args: &[&str]| {
        let output = run(args);
        let text = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
        assert!(!text.contains("s3cr3t") && !text.contains("t0ken"), "{args:?}: {text}");
        seen += &text;
    };
    let by_user = format!("https://{SECRET}@{PORT}/project.git");
    let with_slash = format!("https://jo:s3cr3t/t0ken@{PORT}/project.git");
    let by_parameter = format!("https://{PORT}/project.git?private_token={SECRET}");
    let by_signature = format!("https://{PORT}/project.git?X-Amz-Signature={SECRET}&sig={SECRET}#jwt={SECRET}");
    let address = format!("https://jo:{SECRET}@{PORT}/project.git");
    let head = git(&home.project, &["rev-parse", "HEAD"]);
    for (name, value) in [("relsign.remote", &address), ("remote.origin.url", &address)] {
        home.unset("relsign.remote");
        home.config(name, value);
        home.config("remote.pushDefault", "origin");
        for args in [
            &["sync"][..],
            &["sync", "--repair"],
            &["sync", &address],
            &["sync", &by_user],
            &["sync", &with_slash],
            &["sync", &by_parameter],
            &["sync", &by_signature],
            &["sync", "--no-such-option", &address],
            &["sync", "origin", &address],
            &["status", "v1.0.0"],
            &["mine"],
            &["gate", "v1.0.0"],
            &["gate", "v1.0.0", "--no-sync"],
            &["verify", "v1.0.0"],
            &["verify", "v1.0.0", "--heads", "--with", &address],
            &["verify", "v1.0.0", "--heads", "--with", "origin"],
            &["report", "v1.0.0"],
            &["report", "v1.0.0", "--format", "html"],
            &["log", "v1.0.0"],
            &["witness", &address],
            &["witness", "origin"],
            &["approve", "v1.0.0", "--all"],
            &["disregard", "v1.0.0", "ffff"],
            &["freeze", "list"],
            &["freeze", "check", "--ref", "main"],
            &["freeze", "request", "--ref", "main", "--reason", "x"],
            &["freeze", "start", "--ref", "main", "--reason", "x"],
            &["policy", "propose"],
            &["policy", "log"],
            &["hook", "check"],
            &["hook", "run", "pre-push", "origin", &address],
            &["init", "--yes", "--remote", &address],
            &["init", "--yes"],
            &["join"],
            &["whoami"],
            &["trust"],
            &["tag", "v9.9.9", &head],
            &["open", "v9.9.9"],
            &["ci", "github"],
            &[&address],
        ] {
            look(args);
            if name == "relsign.remote" {
                look(&[&["--json"], args].concat());
            }
        }
        look(&["report", "v1.0.0", "--format", "markdown", "-o", &home.text("report.md")]);
        assert!(!std::fs::read_to_string(home.path("report.md")).unwrap_or_default().contains("s3cr3t"));
        git(&home.project, &["tag", "-d", "v9.9.9"]);
    }
    assert!(
        seen.contains("https://***@127.0.0.1:1/project.git") && seen.contains("?private_token=***"),
        "nothing was shown: {seen}"
    );
}
