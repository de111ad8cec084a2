//! `git relsign …` from a subfolder: git runs an alias at the top and says in `GIT_PREFIX` where somebody stands, from where the
//! paths that they give are meant.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::keys::{Home, said};
use super::support::git;

/// Runs `git relsign` in a folder, as an alias.
fn alias(home: &Home, folder: &Path, env: &[(&str, &str)], args: &[&str]) -> Output {
    let mut run = Command::new("git");
    run.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", home.path(""));
    run.env("GIT_CONFIG_NOSYSTEM", "1").env("RELSIGN_NOW", "2026-03-01T12:00:00Z");
    run.args(["-c", &format!("alias.relsign=!'{}'", crate::place::program()), "relsign"]).args(args);
    run.envs(env.iter().copied()).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn paths_are_meant_from_the_folder_where_somebody_stands() {
    let home = Home::new();
    home.key("project/deep/er/id", "ed25519", "");
    home.key("project/id", "ed25519", "");
    let (deeper, top) = (home.project.join("deep/er"), home.project.clone());
    fs::write(deeper.join("proof.txt"), "the right one\n").unwrap();
    fs::write(top.join("proof.txt"), "another\n").unwrap();
    let run = |folder: &Path, args: &[&str]| {
        let run = alias(&home, folder, &[], args);
        assert!(run.status.success(), "{args:?}: {}", said(&run));
        String::from_utf8_lossy(&run.stdout).into_owned()
    };
    for (name, value) in [("user.name", "Jo Berg"), ("user.email", "jo@example.com")] {
        home.config(name, value);
    }
    // A key that is named on the command line lies where somebody stands.
    run(&deeper, &["--key", "id", "init", "--yes", "--no-hooks"]);
    let policy = fs::read_to_string(top.join(".relsign/policy.toml")).unwrap();
    let key = |name: &str| fs::read_to_string(home.path(name)).unwrap().split(' ').nth(1).unwrap().to_owned();
    assert!(policy.contains(&key("project/deep/er/id.pub")) && !policy.contains(&key("project/id.pub")));
    home.config("relsign.key", &home.text("project/deep/er/id"));
    git(&top, &["add", ".relsign", "RELEASE_CHECKLIST.md"]);
    git(&top, &["commit", "-q", "-m", "Set relsign up"]);
    run(&deeper, &["tag", "v1.0.0"]);
    run(&deeper, &["open", "v1.0.0"]);
    run(&deeper, &["approve", "v1.0.0", "tests", "--evidence", "proof.txt"]);
    run(&deeper, &["-C", "..", "approve", "v1.0.0", "changelog", "--evidence", "er/proof.txt"]);
    let kept = run(&deeper, &["evidence", "list", "v1.0.0", "--json"]);
    let digest = |text: &str| {
        use sha2::Digest as _;
        sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    assert!(kept.contains(&digest("the right one\n")) && !kept.contains(&digest("another\n")), "{kept}");
    run(&deeper, &["report", "v1.0.0", "--format", "markdown", "--output", "report.md"]);
    assert!(deeper.join("report.md").exists() && !top.join("report.md").exists());
    run(&deeper, &["person", "add", "@kim", "--name", "Kim", "--public-key", "../../id.pub"]);
    assert!(fs::read_to_string(top.join(".relsign/policy.toml")).unwrap().contains(&key("project/id.pub")));
    // In a linked working tree, of which git says where the repository is.
    git(&top, &["worktree", "add", "-q", "../linked"]);
    let linked = home.path("linked/sub");
    fs::create_dir(&linked).unwrap();
    fs::write(linked.join("proof.txt"), "in the linked one\n").unwrap();
    fs::write(home.path("linked/proof.txt"), "not this\n").unwrap();
    run(&linked, &["approve", "v1.0.0", "review", "--evidence", "proof.txt"]);
    let kept = run(&linked, &["evidence", "list", "v1.0.0", "--json"]);
    assert!(kept.contains(&digest("in the linked one\n")) && !kept.contains(&digest("not this\n")), "{kept}");
    // What a program inherited that went elsewhere itself says nothing about where it stands.
    fs::create_dir_all(deeper.join("deep/er")).unwrap();
    fs::write(deeper.join("deep/er/only.txt"), "x").unwrap();
    fs::write(deeper.join("only.txt"), "from here\n").unwrap();
    let mut stale = Command::new(crate::place::program());
    stale.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", home.path("")).env("GIT_PREFIX", "deep/er/");
    stale.env("RELSIGN_NOW", "2026-03-01T12:00:00Z").current_dir(&deeper).stdin(Stdio::null());
    let stale = stale.args(["approve", "v1.0.0", "rollback-tried", "--evidence", "only.txt"]).output().unwrap();
    assert!(stale.status.success(), "{}", said(&stale));
    let kept = run(&deeper, &["evidence", "list", "v1.0.0", "--json"]);
    assert!(kept.contains(&digest("from here\n")), "{kept}");
    // Nor does it lead into another repository, or out of this one.
    git(&top, &["init", "-q", "deep/other"]);
    for prefix in ["deep/other/", "../project/deep/", "/tmp/", "deep/none/"] {
        let mut led = Command::new(crate::place::program());
        led.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", home.path("")).env("GIT_PREFIX", prefix);
        let led = led.args(["whoami", "--key", "id"]).current_dir(&top).stdin(Stdio::null()).output().unwrap();
        assert!(said(&led).contains("/project/id,"), "{prefix}: {}", said(&led));
    }
}
