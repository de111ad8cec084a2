//! Installing keeps what is there, and uninstalling gives it back byte for byte.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::sandbox::Sandbox;

/// A project without hooks on its server, so that whatever stops a push is in the clone.
fn project() -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.on_server(&["hook", "uninstall"]).exits(0);
    sandbox.commit("second");
    sandbox
}

fn hook(sandbox: &Sandbox) -> PathBuf {
    sandbox.clone().join(".git/hooks/pre-push")
}

fn put(file: &PathBuf, text: impl AsRef<[u8]>, mode: u32) {
    let _ = fs::remove_file(file);
    fs::write(file, text).unwrap();
    fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
}

/// Gives every name below the hooks directory with its mode, its content, and where it leads if it is a link.
fn everything(sandbox: &Sandbox) -> Vec<(String, u32, Vec<u8>, Option<PathBuf>)> {
    let mut all: Vec<_> = fs::read_dir(sandbox.clone().join(".git/hooks"))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let mode = fs::symlink_metadata(entry.path()).unwrap().permissions().mode();
            let name = entry.file_name().into_string().unwrap();
            (name, mode, fs::read(entry.path()).unwrap_or_default(), fs::read_link(entry.path()).ok())
        })
        .collect();
    all.sort();
    all
}

/// A hook that says what it was given on standard input and as words.
const TELLING: &str = "echo \"mine: $# words, $2\" >&2\nwhile read -r line; do echo \"mine: $line\" >&2; done\n";

/// Installs over what is there, checks that both run and that both count, and that uninstalling gives everything back.
#[track_caller]
fn kept(sandbox: &Sandbox, telling: bool) {
    let before = everything(sandbox);
    sandbox.relsign(&["hook", "install"]).exits(0).says("installed pre-push");
    let installed = everything(sandbox);
    sandbox.relsign(&["hook", "install"]).exits(0).says("is installed already");
    assert_eq!(everything(sandbox), installed, "installing twice is installing once");
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    let run = sandbox.push(&["--dry-run", "origin", "HEAD:frozen"]).exits(1).says("[ref-frozen]");
    run.says_not("mine:");
    let run = sandbox.push(&["--dry-run", "origin", "main", "HEAD:topic"]);
    if telling {
        run.exits(0).says("mine: 2 words").says(&format!("mine: refs/heads/main {head} refs/heads/main")).says("refs/heads/topic");
    } else {
        run.exits(0);
    }
    sandbox.relsign(&["hook", "uninstall"]).exits(0);
    assert_eq!(everything(sandbox), before);
    sandbox.relsign(&["hook", "uninstall"]).exits(0).says("no hook of relsign's is installed here");
    assert_eq!(everything(sandbox), before);
}

#[test]
fn scripts_of_every_shape_run_with_all_they_are_given_and_come_back() {
    let sandbox = project();
    let file = hook(&sandbox);
    let shapes: [(String, u32, bool); 9] = [
        (format!("#!/bin/sh\n{TELLING}"), 0o755, true),
        (format!("#!/bin/sh\n{TELLING}exit 0"), 0o700, true),
        (format!("#!/usr/bin/env bash\nset -euo pipefail\n{TELLING}exec true\n"), 0o755, true),
        (format!("#!/bin/sh -eu\n{TELLING}"), 0o775, true),
        // Git runs what names no shell with sh.
        (TELLING.to_owned(), 0o755, true),
        (String::new(), 0o755, false),
        ("#!/bin/sh".to_owned(), 0o755, false),
        ("#!/bin/sh\n".to_owned(), 0o755, false),
        (format!("#!/bin/sh\n# caf\u{e9} \u{202e}\n{TELLING}"), 0o711, true),
    ];
    for (text, mode, telling) in shapes {
        put(&file, &text, mode);
        kept(&sandbox, telling);
    }
}

#[test]
fn hooks_that_are_no_shell_scripts_are_moved_aside_and_run() {
    let sandbox = project();
    let file = hook(&sandbox);
    let python = "#!/usr/bin/env python3\nimport sys\nprint('mine: %d words' % len(sys.argv[1:]), file=sys.stderr)\n\
                  for line in sys.stdin: print('mine: ' + line, end='', file=sys.stderr)\n";
    // A sandbox has no home to keep another python in.
    if sandbox.program("python3", &sandbox.clone(), &["-c", ""]).code == 0 {
        put(&file, python, 0o755);
        kept(&sandbox, true);
    }
    let cat = ["/bin/true", "/usr/bin/true"].into_iter().find(|path| fs::metadata(path).is_ok()).unwrap();
    put(&file, fs::read(cat).unwrap(), 0o755);
    kept(&sandbox, false);
    // A script with the line ends of another system, as git runs it where it can.
    put(&file, "#!/bin/sh\n\r\ntrue\r\n", 0o644);
    kept(&sandbox, false);
}

#[test]
fn a_link_stays_a_link_and_what_it_leads_to_is_not_touched() {
    let sandbox = project();
    let scripts = sandbox.clone().join("scripts");
    fs::create_dir(&scripts).unwrap();
    put(&scripts.join("pre-push"), format!("#!/bin/sh\n{TELLING}"), 0o755);
    std::os::unix::fs::symlink("../../scripts/pre-push", hook(&sandbox)).unwrap();
    let before = fs::read(scripts.join("pre-push")).unwrap();
    kept(&sandbox, true);
    assert_eq!(fs::read(scripts.join("pre-push")).unwrap(), before);
    assert!(hook(&sandbox).is_symlink());
}

#[test]
fn a_hook_that_git_does_not_run_is_not_woken_up() {
    let sandbox = project();
    put(&hook(&sandbox), "#!/bin/sh\necho mine: awake >&2\n", 0o644);
    let before = everything(&sandbox);
    let said = sandbox.relsign(&["hook", "install"]).exits(0).says("is not executable, so git never ran it");
    said.says(".git/hooks/pre-push.relsign-kept").says_not("runs after it");
    sandbox.push(&["--dry-run", "origin", "main"]).exits(0).says_not("awake");
    sandbox.push(&["--dry-run", "origin", "main:frozen"]).exits(1);
    sandbox.relsign(&["hook", "uninstall"]).exits(0);
    assert_eq!(everything(&sandbox), before);
}

#[test]
fn the_exit_code_of_the_hook_that_was_there_counts() {
    let sandbox = project();
    for text in ["#!/bin/sh\nexit 7\n", "#!/usr/bin/env -S sh\nexit 7\n", "#!/usr/bin/perl\nexit 7;\n"] {
        put(&hook(&sandbox), text, 0o755);
        sandbox.relsign(&["hook", "install"]).exits(0);
        assert_ne!(sandbox.push(&["--dry-run", "origin", "main"]).code, 0, "{text}");
        sandbox.relsign(&["hook", "uninstall"]).exits(0);
    }
}

#[test]
fn a_hook_whose_end_is_never_reached_does_not_hide_ours() {
    let sandbox = project();
    for text in ["#!/bin/sh\nexit 0\n", "#!/bin/sh\nexec true\n", "exit 0", "#!/bin/sh\nif true; then exit 0; fi\n"] {
        put(&hook(&sandbox), text, 0o755);
        sandbox.relsign(&["hook", "install"]).exits(0);
        sandbox.push(&["--dry-run", "origin", "main:frozen"]).exits(1).says("[ref-frozen]");
        sandbox.relsign(&["hook", "uninstall"]).exits(0);
    }
}

#[test]
fn a_large_push_reaches_a_hook_that_reads_and_one_that_does_not() {
    let sandbox = project();
    let many: Vec<String> = (0..2000).map(|number| format!("HEAD:refs/heads/topic/with/a/long/name/{number}")).collect();
    let mut args = vec!["--dry-run", "origin"];
    args.extend(many.iter().map(String::as_str));
    for (text, says) in [("#!/bin/sh\nwc -l >&2\n", "2000"), ("#!/bin/sh\necho mine >&2\n", "mine")] {
        put(&hook(&sandbox), text, 0o755);
        sandbox.relsign(&["hook", "install"]).exits(0);
        sandbox.push(&args).exits(0).says(says);
        sandbox.relsign(&["hook", "uninstall"]).exits(0);
    }
}

#[test]
fn commands_that_are_added_later_run_and_stay() {
    let sandbox = project();
    sandbox.relsign(&["hook", "install"]).exits(0);
    let file = hook(&sandbox);
    let text = fs::read_to_string(&file).unwrap() + TELLING;
    fs::write(&file, text).unwrap();
    sandbox.relsign(&["hook", "install"]).exits(0).says("renewed");
    sandbox.push(&["--dry-run", "origin", "main"]).exits(0).says("mine: refs/heads/main");
    sandbox.push(&["--dry-run", "origin", "main:frozen"]).exits(1).says("[ref-frozen]");
    sandbox.relsign(&["hook", "uninstall"]).exits(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("#!/bin/sh\n{TELLING}"));
}

#[test]
fn an_installation_that_was_killed_half_way_is_finished_by_the_next() {
    let sandbox = project();
    let file = hook(&sandbox);
    put(&file, "#!/usr/bin/perl\nexit 0;\n", 0o755);
    let before = everything(&sandbox);
    fs::rename(&file, file.with_file_name("pre-push.relsign-kept")).unwrap();
    sandbox.relsign(&["hook", "install"]).exits(0);
    sandbox.push(&["--dry-run", "origin", "main:frozen"]).exits(1);
    sandbox.relsign(&["hook", "uninstall"]).exits(0);
    assert_eq!(everything(&sandbox), before);
}

#[test]
fn nothing_is_overwritten_where_two_hooks_would_have_to_move_to_one_place() {
    let sandbox = project();
    put(&hook(&sandbox), "#!/usr/bin/perl\nexit 0;\n", 0o755);
    put(&hook(&sandbox).with_file_name("pre-push.relsign-kept"), "dear to me", 0o755);
    let before = everything(&sandbox);
    sandbox.relsign(&["hook", "install"]).exits(1).says("is there already");
    assert_eq!(everything(&sandbox), before);
}

#[test]
fn a_hooks_path_inside_the_repository_is_honoured() {
    let sandbox = project();
    sandbox.git(&["config", "core.hooksPath", ".githooks"]);
    sandbox.relsign(&["hook", "install"]).exits(0).says(".githooks/pre-push");
    assert!(!hook(&sandbox).exists());
    sandbox.push(&["origin", "main:frozen"]).exits(1).says("[ref-frozen]");
    sandbox.git(&["add", ".githooks"]);
    sandbox.relsign(&["hook", "install"]).exits(0).says("is tracked");
    sandbox.relsign(&["hook", "uninstall"]).exits(0).says("removed");
    sandbox.push(&["--dry-run", "origin", "main:frozen"]).exits(0);
}

#[test]
fn a_hooks_path_outside_the_repository_is_not_written_to_unasked() {
    let sandbox = project();
    let shared = sandbox.path("shared-hooks");
    fs::create_dir(&shared).unwrap();
    sandbox.git(&["config", "--global", "core.hooksPath", "~/../shared-hooks"]);
    sandbox.relsign(&["hook", "install"]).exits(1).says("outside this repository").says("--yes");
    sandbox.relsign_as("dev", &["init", "--yes"]).exits(0).says("no hook was installed");
    assert_eq!(fs::read_dir(&shared).unwrap().count(), 0);
    assert!(!hook(&sandbox).exists());
    sandbox.relsign(&["hook", "install", "--yes"]).exits(0);
    sandbox.push(&["origin", "main:frozen"]).exits(1).says("[ref-frozen]");
    sandbox.relsign(&["hook", "uninstall"]).exits(1).says("--yes");
    sandbox.relsign(&["hook", "uninstall", "--yes"]).exits(0).says("removed");
    assert_eq!(fs::read_dir(&shared).unwrap().count(), 0);
    // Nor is one that the repository's own folder of hooks is a link to.
    sandbox.git(&["config", "--global", "--unset", "core.hooksPath"]);
    fs::remove_dir_all(sandbox.clone().join(".git/hooks")).unwrap();
    std::os::unix::fs::symlink(&shared, sandbox.clone().join(".git/hooks")).unwrap();
    sandbox.relsign(&["hook", "install"]).exits(1).says("outside this repository");
    assert_eq!(fs::read_dir(&shared).unwrap().count(), 0);
    sandbox.git(&["config", "--global", "core.hooksPath", "/dev/null"]);
    sandbox.relsign(&["hook", "install"]).exits(4).says("it runs no hooks here");
}

#[test]
fn a_bare_repository_is_asked_which_end_it_is() {
    let sandbox = project();
    sandbox.on_server(&["hook", "install"]).exits(2).says("--server");
}

#[test]
fn the_hooks_of_a_server_keep_what_is_there_too() {
    let sandbox = Sandbox::project();
    sandbox.on_server(&["hook", "uninstall"]).exits(0);
    let hooks = sandbox.server().join("hooks");
    for name in ["pre-receive", "post-receive", "update"] {
        put(
            &hooks.join(name),
            format!("#!/bin/sh\necho \"mine: {name} $*\" >&2\nwhile read -r line; do echo \"mine: $line\" >&2; done\n"),
            0o750,
        );
    }
    let read = |name: &str| (fs::read(hooks.join(name)).unwrap(), fs::metadata(hooks.join(name)).unwrap().permissions().mode());
    let before: Vec<_> = ["pre-receive", "post-receive", "update"].map(read).into();
    for (more, first) in [(&[][..], "pre-receive"), (&["--update"], "update")] {
        sandbox.on_server(&[&["hook", "install", "--server"], more].concat()).exits(0).says("in front of the hook that was there");
        let commit = sandbox.commit("another");
        let run = sandbox
            .push(&["origin", "main"])
            .exits(0)
            .says("mine: pre-receive")
            .says("mine: post-receive")
            .says("mine: update refs/heads/main");
        assert_eq!(run.text.matches(&format!("{commit} refs/heads/main")).count(), 2, "{}", run.text);
        sandbox.push(&["origin", "main:frozen"]).exits(1).says("[ref-frozen]").says_not(&format!("mine: {first}"));
    }
    sandbox.on_server(&["hook", "uninstall"]).exits(0);
    assert_eq!(before, ["pre-receive", "post-receive", "update"].map(read));
}

#[test]
fn of_pre_receive_and_update_relsign_is_in_one_and_the_other_is_given_back() {
    let sandbox = Sandbox::project();
    sandbox.on_server(&["hook", "uninstall"]).exits(0);
    let hooks = sandbox.server().join("hooks");
    put(&hooks.join("pre-receive"), "#!/bin/sh\necho mine >&2\n", 0o755);
    let is_ours = |name: &str| fs::read_to_string(hooks.join(name)).is_ok_and(|text| text.contains("hook run"));
    let server = ["hook", "install", "--server"];
    sandbox.on_server(&server).exits(0).says_not("in its place");
    assert!(is_ours("pre-receive") && !is_ours("update") && is_ours("post-receive"));
    let run = sandbox.on_server(&[&server[..], &["--update"]].concat()).exits(0).says("installed update:");
    run.says("gave back:").says("hooks/pre-receive, since update is in its place");
    assert!(!is_ours("pre-receive") && is_ours("update") && is_ours("post-receive"));
    sandbox.commit("second");
    sandbox.push(&["origin", "main:frozen"]).exits(1).says("mine").says("[ref-frozen]");
    let run = sandbox.on_server(&server).exits(0).says("installed pre-receive in front of");
    run.says("removed:").says("hooks/update, since pre-receive is in its place");
    assert!(is_ours("pre-receive") && !hooks.join("update").exists() && is_ours("post-receive"));
    sandbox.push(&["origin", "main:frozen"]).exits(1).says("[ref-frozen]").says_not("mine");
    // Twice is once.
    sandbox.on_server(&server).exits(0).says("is installed already").says_not("in its place");
}

#[test]
fn what_became_of_hooks_is_told_to_programs_too() {
    let sandbox = project();
    put(&hook(&sandbox), "#!/bin/sh\ntrue\n", 0o644);
    let schemas: std::collections::BTreeMap<String, serde_json::Value> = relsign::schema::all().into_iter().collect();
    let validator = jsonschema::validator_for(&schemas["hooks.schema.json"]).unwrap();
    for (args, done) in [
        (&["hook", "install"][..], Some("asleep")),
        (&["hook", "install"], Some("already")),
        (&["hook", "uninstall"], Some("gave-back")),
        (&["hook", "uninstall"], None),
    ] {
        let run = sandbox.relsign(&[&["--json"], args].concat()).exits(0);
        let value: serde_json::Value = serde_json::from_str(&run.text).unwrap_or_else(|error| panic!("{error}: {}", run.text));
        assert!(validator.is_valid(&value), "{value}");
        let hooks = value["hooks"].as_array().unwrap();
        assert_eq!(hooks.first().map(|hook| hook["done"].as_str().unwrap()), done, "{value}");
        assert!(
            hooks.iter().all(|hook| hook["name"] == "pre-push" && hook["file"].as_str().unwrap().ends_with(".git/hooks/pre-push"))
        );
    }
}

#[test]
fn the_hooks_path_that_is_advised_runs_hooks_in_every_worktree() {
    let sandbox = project();
    fs::create_dir(sandbox.path("shared-hooks")).unwrap();
    sandbox.git(&["config", "--global", "core.hooksPath", "~/../shared-hooks"]);
    let run = sandbox.relsign(&["hook", "install"]).exits(1);
    let advice = run.text.lines().map(str::trim).find(|line| line.starts_with("git config --local core.hooksPath")).unwrap();
    sandbox.program("sh", &sandbox.clone(), &["-c", advice]).exits(0);
    sandbox.relsign(&["hook", "install"]).exits(0);
    let tree = sandbox.path("tree");
    sandbox.git(&["worktree", "add", "-q", tree.to_str().unwrap()]);
    for directory in [sandbox.clone(), tree] {
        sandbox.program("git", &directory, &["push", "origin", "HEAD:frozen"]).exits(1).says("[ref-frozen]");
    }
}

#[test]
fn the_shims_and_the_entry_for_pre_commit_run_what_they_name() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let sandbox = project();
    for name in ["pre-push", "pre-receive", "update", "post-receive"] {
        let file = source.join("hooks").join(name);
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text, format!("#!/bin/sh\nexec relsign hook run {name} \"$@\"\n"));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o111, 0o111, "{name}");
    }
    fs::copy(source.join("hooks/pre-push"), hook(&sandbox)).unwrap();
    sandbox.push(&["origin", "main:frozen"]).exits(1).says("[ref-frozen]");
    let entry = fs::read_to_string(source.join(".pre-commit-hooks.yaml")).unwrap();
    assert!(entry.contains("entry: relsign hook run pre-push") && entry.contains("pass_filenames: false"), "{entry}");
}

#[test]
fn a_program_whose_path_no_hook_can_name_is_not_installed() {
    use std::os::unix::ffi::OsStrExt as _;
    let sandbox = project();
    let before = everything(&sandbox);
    // The first would end relsign's lines in their middle, so that they never came out again; the second could not be run.
    for folder in [&b"of\n# relsign end\nlines"[..], b"not \xff utf-8"] {
        let folder = sandbox.path("bin").join(std::ffi::OsStr::from_bytes(folder));
        std::fs::create_dir_all(&folder).unwrap();
        let program = folder.join("relsign");
        std::fs::hard_link(env!("CARGO_BIN_EXE_relsign"), &program)
            .or_else(|_| std::fs::copy(env!("CARGO_BIN_EXE_relsign"), &program).map(drop))
            .unwrap();
        let run = crate::sandbox::ended(sandbox.command(&program, &sandbox.clone()).args(["hook", "install"]));
        run.exits(1).says("no hook can name");
        assert_eq!(everything(&sandbox), before);
    }
}
