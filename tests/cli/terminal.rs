//! A real terminal: the pager that git would use, colours, and what a locale can show.
//!
//! `script` of util-linux gives a program a terminal of its own.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::sandbox::{Run, Sandbox, Stage, TAG, ended, place};

/// Runs a call on a terminal of so many lines and 80 columns, with settings of the environment as a shell takes them.
fn on_terminal(box_: &Sandbox, rows: u32, env: &str, call: &str) -> Run {
    let program = place::program();
    let line = format!("stty rows {rows} cols 80; {env} '{program}' {call}");
    let mut command = box_.program();
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).current_dir(&box_.repo).env_clear();
    command.env("TERM", "xterm").env_remove("NO_COLOR").env_remove("COLUMNS");
    script.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    script.env("PATH", std::env::var_os("PATH").unwrap());
    // Both streams are one on a terminal, and escapes are what is looked for.
    let output = script.stdin(Stdio::null()).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout).replace('\r', "");
    Run { code: output.status.code().unwrap(), stdout, stderr: String::new(), took: Duration::ZERO }
}

/// Says whether `script` is here, and if not, that the test was skipped.
fn has_terminals() -> bool {
    let is_here = Command::new("script").arg("--version").output().is_ok_and(|output| output.status.success());
    if !is_here {
        eprintln!("skipped: script of util-linux is not here, which gives a program a terminal");
    }
    is_here
}

/// A checklist whose titles no terminal of ASCII can show.
const WIDE: &str = "\
# Veröffentlichung „Frühling“ 🚀

## Vor der Freigabe — alles

- [ ] データベースの移行手順を確認した <!-- relsign: id=tests owner=@ann -->
- [ ] בדיקת השחזור הושלמה <!-- relsign: id=rollback owner=@bob -->
- [ ] Zwei Leute lasen es… <!-- relsign: id=migration owner=@ann reviews=2 -->
";

#[test]
fn long_output_goes_through_the_pager_that_git_names() {
    if !has_terminals() {
        return;
    }
    let box_ = Sandbox::at(Stage::Go);
    let paged = "GIT_PAGER='sed s/^/PAGED/'";
    // On three lines everything is long.
    for call in [
        "status --all",
        "report",
        "log",
        "verify",
        "verify --all",
        "list",
        "mine --for @bob",
        "freeze calendar",
        "policy show",
        "policy log",
        "policy roster",
        "checklist show RELEASE.md",
    ] {
        let run = on_terminal(&box_, 3, paged, call).exits(0);
        let is_empty = call.starts_with("mine") || call == "list";
        assert!(run.stdout.contains("PAGED") || is_empty, "{call}:\n{}", run.stdout);
        let run = on_terminal(&box_, 3, paged, &format!("--no-pager {call}")).exits(0);
        assert!(!run.stdout.contains("PAGED"), "{call}:\n{}", run.stdout);
    }
    let unpaged =
        [("log", 100), ("--json log", 3), ("log | cat", 3), ("report --format markdown", 3), ("gate v1.0.0 --no-sync", 3)];
    for (call, rows) in unpaged {
        let run = on_terminal(&box_, rows, paged, call).exits(0);
        assert!(!run.stdout.contains("PAGED"), "{call} on {rows} lines:\n{}", run.stdout);
    }
}

#[test]
fn the_pager_is_chosen_and_set_up_as_git_does() {
    if !has_terminals() {
        return;
    }
    let box_ = Sandbox::at(Stage::Go);
    let page = |env: &str| on_terminal(&box_, 3, env, "log").exits(0).stdout;
    assert!(page("PAGER='echo paged'").contains("paged"));
    box_.git(&["config", "core.pager", "echo configured"]);
    assert!(page("PAGER='echo paged'").contains("configured"));
    assert!(page("PAGER='echo paged' GIT_PAGER='echo named'").contains("named"));
    // None is wanted, or none is there.
    for env in ["GIT_PAGER=cat", "GIT_PAGER=", "GIT_PAGER=no-such-pager"] {
        assert!(page(env).contains("@rita"), "{env}");
    }
    assert!(page("GIT_PAGER='echo $LESS:$LV'").contains("FRX:-c"));
    assert!(page("LESS=S GIT_PAGER='echo $LESS'").contains('S'));
    // One that is left early, and one that goes on after a Ctrl-C, which ends neither.
    assert!(!page("GIT_PAGER='exit 3'").contains("error"));
    assert!(page("GIT_PAGER='trap \"\" INT; kill -INT $PPID; sed s/^/PAGED/'").contains("PAGED"));
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    if !has_terminals() {
        return;
    }
    let box_ = Sandbox::at(Stage::Go);
    let shown = |env: &str, call: &str| on_terminal(&box_, 1000, env, call).stdout;
    for call in ["gate --no-sync", "status", "log", "report", "list"] {
        assert!(shown("", call).contains("\u{1b}["), "{call}");
        for env in ["NO_COLOR=1", "TERM=dumb"] {
            assert!(!shown(env, call).contains('\u{1b}'), "{call} with {env}");
        }
        assert!(shown("NO_COLOR=1", &format!("--color always {call}")).contains("\u{1b}["), "{call}");
    }
    assert!(shown("", "gate --no-sync").contains("\u{1b}[32mGO\u{1b}[0m: v1.0.0"));
}

#[test]
fn a_locale_of_ascii_gets_nothing_else() {
    let box_ = Sandbox::at(Stage::Begun);
    box_.write("RELEASE.md", WIDE);
    box_.commit("A checklist in many scripts");
    box_.tag(TAG);
    let ascii = |who: &str, args: &[&str]| {
        ended(box_.program().env("LC_ALL", "C").args(["--key", box_.key(who).to_str().unwrap()]).args(args))
    };
    for (who, args) in [
        ("rita", &["open", TAG][..]),
        ("ann", &["approve", TAG, "tests"]),
        ("rita", &["status"]),
        ("rita", &["status", "--all"]),
        ("bob", &["mine"]),
        ("rita", &["list"]),
        ("rita", &["log"]),
        ("rita", &["report"]),
        ("rita", &["verify"]),
        ("rita", &["freeze", "calendar"]),
        ("rita", &["policy", "roster"]),
        ("rita", &["whoami"]),
        ("rita", &["checklist", "show", "RELEASE.md"]),
    ] {
        let run = ascii(who, args).exits(0);
        assert!(run.text().is_ascii(), "{args:?}:\n{}", run.text());
    }
    // Data stays what it is.
    assert!(ascii("rita", &["--json", "status"]).exits(0).stdout.contains("🚀"));
    assert!(ascii("rita", &["report", "--format", "markdown"]).exits(0).stdout.contains("データ"));
}

#[test]
fn what_takes_long_says_so_on_a_terminal_and_nowhere_else() {
    if !has_terminals() {
        return;
    }
    // A helper of a remote that never answers, and is ended after a second: twice as long as nothing is said.
    let box_ = Sandbox::at(Stage::Go);
    let folder = box_.path("home/programs");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("git-remote-hang"), "#!/bin/sh\nexec sleep 40\n").unwrap();
    std::fs::set_permissions(folder.join("git-remote-hang"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    box_.git(&["remote", "add", "origin", "hang::nowhere"]);
    box_.git(&["config", "relsign.timeout", "1"]);
    let path = format!("PATH='{}':\"$PATH\"", folder.display());
    let run = on_terminal(&box_, 100, &path, "gate v1.0.0").exits(4);
    assert!(run.stdout.contains("talking to origin …"), "{}", run.stdout);
    let run = on_terminal(&box_, 100, &path, "gate v1.0.0 2>errors; cat errors");
    assert!(!run.stdout.contains("talking to"), "{}", run.stdout);
}
