//! Completion, as bash, zsh and fish do it themselves.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::sandbox::{Sandbox, Stage, TAG, ended};

/// What the shells print before they read a line.
const PROMPT: &str = "(ready)";

/// Reports whether a shell is here, and says so where it is not.
fn has(shell: &str) -> bool {
    let is_here = Command::new(shell).arg("--version").stdout(Stdio::null()).status().is_ok();
    if !is_here {
        eprintln!("skipped: {shell} is not here, so nothing was completed in it");
    }
    is_here
}

/// A repository with a release, a freeze, and tags that would do harm in a shell that takes them for more than words.
fn repository() -> Sandbox {
    let sandbox = Sandbox::at(Stage::Opened);
    for tag in
        ["v1.1.0", "v1.2.0$(touch${IFS}harm)", "v1.2.0`touch<harm`", "v1.2.0;touch-harm", "v1.2.0'", "v1.2.0|harm", "v1.2.0&"]
    {
        sandbox.tag(tag);
    }
    sandbox
}

/// Makes a command with the program that is tested first on PATH.
fn command(sandbox: &Sandbox, program: &str) -> Command {
    let mut command = sandbox.command(program, &sandbox.path("repo"));
    let mut folders = vec![Path::new(env!("CARGO_BIN_EXE_relsign")).parent().unwrap().to_owned()];
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    command.env("PATH", std::env::join_paths(folders).unwrap()).env("TERM", "dumb").stdin(Stdio::null());
    command
}

/// Gives what a command that must succeed prints; a tab stands between a word and what is said of it.
#[track_caller]
fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Writes a shell's script to a file.
fn script(sandbox: &Sandbox, shell: &str) -> PathBuf {
    let file = sandbox.path("home").join(format!("relsign.{shell}"));
    std::fs::write(&file, sandbox.run(&["completions", shell]).exits(0).stdout).unwrap();
    file
}

/// What is typed, what it becomes, and where a person would be glad of it.
const TYPED: [(&str, &str); 11] = [
    ("relsign appr\\t", "approve"),
    ("relsign status v1.0\\t", TAG),
    ("relsign open v1\\t", "v1.1.0"),
    ("relsign approve v1.0.0 mig\\t", "migration"),
    ("relsign approve roll\\t", "rollback"),
    ("relsign assign v1.0.0 tests @ri\\t", "@rita"),
    ("relsign person role @rita --add rel\\t", "release-manager"),
    ("relsign decide v1.0.0 cond\\t", "conditional-go"),
    ("relsign stage v1.0.0 all ent\\t", "enter"),
    ("relsign freeze lift cut\\t", "cutover"),
    ("relsign gate --env=prod\\t", "--env=production"),
];

/// Types the lines into a shell on a terminal, with a relsign that says what it was given.
fn types(sandbox: &Sandbox, shell: &[&str], begin: &str) {
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/shells.py");
    let mut child = command(sandbox, "python3")
        .arg(driver)
        .arg(PROMPT)
        .args(shell)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = format!("{begin}\nrelsign() {{ printf 'given <%s>\\n' \"$@\"; }}\n");
    for (typed, _) in TYPED {
        lines += typed;
        lines.push('\n');
    }
    lines += "relsign open v1.2.0\\t\n";
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let said = String::from_utf8_lossy(&child.wait_with_output().unwrap().stdout).into_owned();
    for (typed, expected) in TYPED {
        assert!(said.contains(&format!("given <{expected}>")), "{typed} does not become {expected} in {shell:?}:\n{said}");
    }
    assert!(said.contains("given <v1.2.0>"), "{said}");
    assert!(!sandbox.path("repo/harm").exists(), "{said}");
}

/// Declares a freeze, which takes a right that the sandbox's policy gives nobody: it is in the one of this test.
fn frozen() -> Sandbox {
    let sandbox = repository();
    let policy =
        crate::sandbox::POLICY.replace("reject = [\"everyone\"]\n", "reject = [\"everyone\"]\nfreeze = [\"release-manager\"]\n");
    sandbox.write(".relsign/policy.toml", sandbox.fill_policy(&policy));
    sandbox.commit("freezes");
    sandbox.run_as("rita", &["policy", "activate"]).exits(0);
    sandbox
        .run_as("rita", &["freeze", "start", "cutover", "--ref", "main", "--until", "2d", "--reason", "the database moves"])
        .exits(0);
    sandbox
}

#[test]
fn bash_completes_on_a_terminal() {
    if !has("bash") || !has("python3") {
        return;
    }
    let sandbox = frozen();
    let file = script(&sandbox, "bash");
    types(&sandbox, &["bash", "--norc", "--noprofile", "-i"], &format!(". {}", file.display()));
}

#[test]
fn zsh_completes_on_a_terminal() {
    if !has("zsh") || !has("python3") {
        return;
    }
    let sandbox = frozen();
    let file = script(&sandbox, "zsh");
    types(&sandbox, &["zsh", "-f", "-i"], &format!("autoload -Uz compinit; compinit -u -D; . {}", file.display()));
}

#[test]
fn fish_completes_with_what_is_said_of_each_word() {
    if !has("fish") {
        return;
    }
    let sandbox = frozen();
    let file = script(&sandbox, "fish");
    let complete = |line: &str| {
        let line = line.replace("\\t", "");
        let text = format!("source {}; complete --do-complete '{line}'", file.display());
        printed(command(&sandbox, "fish").args(["--no-config", "-c", &text]))
    };
    for (typed, expected) in TYPED {
        let offered = complete(typed);
        assert!(offered.lines().any(|line| line.split('\t').next() == Some(expected)), "{typed}: {offered}");
    }
    assert!(complete("relsign approve v1.0.0 ").contains("tests\tThe test suite passes\n"));
    assert!(complete("relsign assign v1.0.0 tests @ri").contains("@rita\tRita Mann"));
    assert!(complete("relsign freeze lift ").contains("cutover\tthe database moves"));
    assert_eq!(complete("relsign open v1.2.0"), "");
    // Where a file is wanted, the shell's own files are offered.
    assert!(complete("relsign import .rel").contains(".relsign/"));
}

#[test]
fn git_completes_it_in_bash_too() {
    if !has("bash") {
        return;
    }
    let sandbox = frozen();
    let file = script(&sandbox, "bash");
    for (line, expected) in
        [("git relsign status v1", "v1.0.0\n"), ("git -C . relsign assign v1.0.0 tests x@", ""), ("git status v", "")]
    {
        let text = format!(
            ". {}; COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; _git_relsign; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            file.display()
        );
        assert_eq!(ended(command(&sandbox, "bash").args(["-c", &text])).exits(0).stdout.trim_end(), expected.trim_end(), "{line}");
    }
}

#[test]
fn nothing_is_offered_that_a_shell_takes_for_more_than_a_word() {
    let sandbox = frozen();
    let offered = |words: &[&str]| printed(sandbox.program().args(["complete", "--", "relsign"]).args(words));
    assert_eq!(offered(&["open", ""]), "v1.1.0\n");
    assert_eq!(offered(&["status", ""]), "v1.0.0\n");
    let ids: Vec<String> = offered(&["approve", TAG, ""]).lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect();
    assert_eq!(ids, ["tests", "rollback", "migration", "healthy"]);
    // Outside of a repository, and for calls that are wrong, nothing is.
    let home = sandbox.path("home");
    let run = ended(sandbox.program().current_dir(&home).args(["complete", "--", "relsign", "approve", ""])).exits(0);
    assert_eq!(run.text(), "");
    assert_eq!(offered(&["approve", "--no-such", "x"]), "");
    assert_eq!(sandbox.run(&["complete"]).exits(0).text(), "");
    // It is no command for people.
    assert!(!sandbox.run(&["--help"]).exits(0).stdout.contains("\n  complete "));
    assert!(!offered(&[""]).contains("complete\t"));
}
