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
    sandbox.relsign(&["hook", "install"]).exits(0).says("is already installed");
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
    sandbox.relsign(&["hook", "uninstall"]).exits(0).says("no relsign hook is installed here");
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
    let file = hook(&sandbox);
    for chained in [false, true] {
        if chained {
            put(&file, "#!/usr/bin/perl\nprint STDERR \"kept: $_\" while <STDIN>;\n", 0o755);
        }
        sandbox.relsign(&["hook", "install"]).exits(0);
        let text = fs::read_to_string(&file).unwrap() + TELLING;
        fs::write(&file, text).unwrap();
        for _ in 0..2 {
            let run = sandbox.push(&["--dry-run", "origin", "main"]).exits(0).says("mine: 2 words").says("mine: refs/heads/main");
            if chained {
                run.says("kept: refs/heads/main");
            }
            sandbox.push(&["--dry-run", "origin", "main:frozen"]).exits(1).says("[ref-frozen]").says_not("mine:");
            sandbox.relsign(&["hook", "install"]).exits(0).says("is already installed");
        }
        sandbox.relsign(&["hook", "uninstall"]).exits(0);
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("#!/bin/sh\n{TELLING}"));
        fs::remove_file(&file).unwrap();
    }
}

/// Large files reach the server, whichever of the two hooks was there first.
#[test]
fn git_lfs_and_relsign_share_a_hook() {
    if std::process::Command::new("git").args(["lfs", "version"]).output().is_ok_and(|output| !output.status.success()) {
        eprintln!("skipped: git-lfs is not here");
        return;
    }
    let sandbox = project();
    sandbox.git(&["remote", "set-url", "origin", &format!("file://{}", sandbox.server().display())]);
    sandbox.git(&["lfs", "install", "--local", "--skip-repo"]);
    sandbox.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
    let stored = || {
        let there = sandbox.program("find", &sandbox.server(), &["lfs/objects", "-type", "f"]);
        there.text.lines().filter(|line| line.starts_with("lfs/objects/")).count()
    };
    for (number, lfs_first) in [(1, true), (2, false)] {
        if lfs_first {
            sandbox.git(&["lfs", "update"]);
            sandbox.relsign(&["hook", "install"]).exits(0).says("installed pre-push");
        } else {
            fs::remove_file(hook(&sandbox)).unwrap();
            sandbox.relsign(&["hook", "install"]).exits(0).says("installed pre-push");
            sandbox.program("git", &sandbox.clone(), &["lfs", "update"]).says("Hook already exists: pre-push");
            // Its advice, as it stands there.
            let manual = sandbox.git(&["lfs", "update", "--manual"]);
            let lines = manual.lines().skip_while(|line| !line.contains("hooks/pre-push'")).skip(2);
            let lines: String = lines.take_while(|line| !line.is_empty()).map(|line| format!("{}\n", line.trim())).collect();
            assert!(lines.ends_with("git lfs pre-push \"$@\"\n"), "{manual}");
            fs::write(hook(&sandbox), fs::read_to_string(hook(&sandbox)).unwrap() + &lines).unwrap();
        }
        sandbox.write(&format!("large-{number}.bin"), &format!("large {number}\n"));
        sandbox.commit("large");
        sandbox.push(&["origin", "main:frozen"]).exits(1).says("[ref-frozen]");
        assert_eq!(stored(), number - 1);
        sandbox.push(&["origin", "main"]).exits(0);
        assert_eq!(stored(), number, "the large file did not come");
    }
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
    sandbox.relsign(&["hook", "install"]).exits(1).says("already exists");
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

/// A server's project that has no hook of relsign's, and its folder of hooks.
fn unhooked() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::project();
    sandbox.on_server(&["hook", "uninstall"]).exits(0);
    let hooks = sandbox.server().join("hooks");
    (sandbox, hooks)
}

/// Gives every name of a folder with its mode, its content, and where it leads if it is a link.
fn all_in(folder: &std::path::Path) -> Vec<(String, u32, Vec<u8>, Option<PathBuf>)> {
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let mode = fs::symlink_metadata(&path).unwrap().permissions().mode();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, mode, fs::read(&path).unwrap_or_default(), fs::read_link(&path).ok())
        })
        .collect();
    all.sort();
    all
}

#[test]
fn a_hook_that_another_program_linked_on_a_server_is_never_replaced() {
    let (sandbox, hooks) = unhooked();
    // As gitolite does it: one update hook for all projects, which each links, and which lets in whom it knows.
    let common = sandbox.path("common");
    fs::create_dir(&common).unwrap();
    let gate = "#!/bin/sh\ncase \"$0\" in */update) ;; *) echo \"no hook of mine: $0\" >&2; exit 1 ;; esac\n\
                [ \"$1\" != refs/heads/closed ] || { echo \"the server denies $1\" >&2; exit 1; }\n";
    put(&common.join("update"), gate, 0o755);
    std::os::unix::fs::symlink(common.join("update"), hooks.join("update")).unwrap();
    let before = (all_in(&hooks), all_in(&common));
    let run = sandbox.on_server(&["hook", "install", "--server", "--update"]).exits(1);
    run.says("hooks/update is a link to").says("relsign hook install --server");
    assert_eq!((all_in(&hooks), all_in(&common)), before, "nothing was touched, nor half of it done");
    sandbox.on_server(&["hook", "install", "--server"]).exits(0).says("installed pre-receive");
    assert_eq!(fs::read_link(hooks.join("update")).unwrap(), common.join("update"));
    sandbox.commit("second");
    sandbox.push(&["origin", "main"]).exits(0);
    sandbox.push(&["origin", "main:closed"]).exits(1).says("the server denies");
    sandbox.push(&["origin", "main:frozen"]).exits(1).says("[ref-frozen]");
    sandbox.on_server(&["hook", "uninstall"]).exits(0);
    assert_eq!((all_in(&hooks), all_in(&common)), before);
}

#[test]
fn no_hook_that_relsign_did_not_write_is_replaced_on_a_server() {
    let (sandbox, hooks) = unhooked();
    let mine = sandbox.path("mine");
    put(&mine, "#!/bin/sh\nexit 0\n", 0o755);
    let target = mine.to_str().unwrap().to_owned();
    let link = |file: &PathBuf, to: &str| std::os::unix::fs::symlink(to, file).unwrap();
    type Make<'a> = &'a dyn Fn(&PathBuf);
    let shapes: [(&str, Make<'_>); 7] = [
        ("a link", &|file| link(file, &target)),
        ("a link that leads nowhere", &|file| link(file, "/nowhere/at/all")),
        ("a script", &|file| put(file, "#!/bin/sh\necho mine >&2\n", 0o755)),
        ("an empty file", &|file| put(file, "", 0o755)),
        ("a script that is asleep", &|file| put(file, "#!/bin/sh\necho mine >&2\n", 0o644)),
        ("another language", &|file| put(file, "#!/usr/bin/perl\nexit 0;\n", 0o755)),
        ("a directory", &|file| fs::create_dir(file).unwrap()),
    ];
    for (what, make) in shapes {
        for (name, words) in [("pre-receive", &[][..]), ("update", &["--update"])] {
            make(&hooks.join(name));
            let before = all_in(&hooks);
            let run = sandbox.on_server(&[&["hook", "install", "--server"], words].concat());
            assert_eq!(run.code, 1, "{what} {name}: {}", run.text);
            let run = run.says(&format!("hooks/{name}"));
            // A hook that is free is named as the one to use.
            match words.is_empty() {
                true => run.says("hook install --server --update"),
                false => run.says("hook install --server"),
            };
            assert_eq!(all_in(&hooks), before, "{what} {name}");
            assert_eq!(fs::read_to_string(&mine).unwrap(), "#!/bin/sh\nexit 0\n");
            let file = hooks.join(name);
            fs::remove_file(&file).or_else(|_| fs::remove_dir(&file)).unwrap();
        }
    }
    // A folder that the server's own hook runs takes one more.
    put(&hooks.join("pre-receive"), "#!/bin/sh\nfor hook in \"$0.d\"/*; do \"$hook\" || exit 1; done\n", 0o755);
    fs::create_dir(hooks.join("pre-receive.d")).unwrap();
    let run = sandbox.on_server(&["hook", "install", "--server"]).exits(1).says("pre-receive.d/relsign");
    let advice = run.text.lines().map(str::trim).find(|line| line.starts_with("printf ")).unwrap().to_owned();
    sandbox.program("sh", &sandbox.server(), &["-c", &advice]).exits(0);
    sandbox.commit("second");
    sandbox.push(&["origin", "main:frozen"]).exits(1).says("[ref-frozen]");
}

#[test]
fn a_post_receive_that_is_there_stays_and_the_guard_is_installed_all_the_same() {
    let (sandbox, hooks) = unhooked();
    let mine = sandbox.path("mine");
    put(&mine, "#!/bin/sh\necho mine >&2\n", 0o755);
    std::os::unix::fs::symlink(&mine, hooks.join("post-receive")).unwrap();
    let run = sandbox.on_server(&["hook", "install", "--server"]).exits(1).says("installed pre-receive");
    run.says("post-receive was left unchanged").says("is a link to");
    assert_eq!(fs::read_link(hooks.join("post-receive")).unwrap(), mine);
    sandbox.commit("second");
    sandbox.push(&["origin", "main"]).exits(0).says("mine");
    sandbox.push(&["origin", "main:frozen"]).exits(1).says("[ref-frozen]");
}

#[test]
fn what_the_administrator_moves_aside_runs_after_relsign_s_and_comes_back() {
    let (sandbox, hooks) = unhooked();
    for name in ["pre-receive", "post-receive", "update"] {
        put(
            &hooks.join(name),
            format!("#!/bin/sh\necho \"mine: {name} $*\" >&2\nwhile read -r line; do echo \"mine: $line\" >&2; done\n"),
            0o750,
        );
    }
    let before = all_in(&hooks);
    let mut run = sandbox.on_server(&["hook", "install", "--server"]).exits(1);
    for name in ["pre-receive", "post-receive"] {
        let advice = run.text.lines().map(str::trim).find(|line| line.starts_with("mv ")).unwrap().to_owned();
        assert!(advice.contains(name), "{advice}");
        sandbox.program("sh", &sandbox.server(), &["-c", &advice]).exits(0);
        run = sandbox.on_server(&["hook", "install", "--server"]);
    }
    run.exits(0);
    let commit = sandbox.commit("another");
    let run = sandbox.push(&["origin", "main"]).exits(0).says("mine: pre-receive").says("mine: post-receive");
    let run = run.says("mine: update refs/heads/main");
    assert_eq!(run.text.matches(&format!("{commit} refs/heads/main")).count(), 2, "{}", run.text);
    sandbox.push(&["origin", "main:frozen"]).exits(1).says("[ref-frozen]").says_not("mine: pre-receive");
    sandbox.on_server(&["hook", "uninstall"]).exits(0);
    assert_eq!(all_in(&hooks), before);
}

#[test]
fn of_pre_receive_and_update_relsign_is_in_one() {
    let (sandbox, hooks) = unhooked();
    let is_ours = |name: &str| fs::read_to_string(hooks.join(name)).is_ok_and(|text| text.contains("hook run"));
    let server = ["hook", "install", "--server"];
    sandbox.on_server(&server).exits(0).says_not("in its place");
    assert!(is_ours("pre-receive") && !is_ours("update") && is_ours("post-receive"));
    let run = sandbox.on_server(&[&server[..], &["--update"]].concat()).exits(0).says("installed update:");
    run.says("removed:").says("hooks/pre-receive, since update is in its place");
    assert!(!hooks.join("pre-receive").exists() && is_ours("update") && is_ours("post-receive"));
    sandbox.commit("second");
    sandbox.push(&["origin", "main:frozen"]).exits(1).says("[ref-frozen]");
    let run = sandbox.on_server(&server).exits(0).says("installed pre-receive:");
    run.says("removed:").says("hooks/update, since pre-receive is in its place");
    assert!(is_ours("pre-receive") && !hooks.join("update").exists() && is_ours("post-receive"));
    sandbox.push(&["origin", "main:frozen"]).exits(1).says("[ref-frozen]");
    // Twice is once.
    sandbox.on_server(&server).exits(0).says("is already installed").says_not("in its place");
}

#[test]
fn hooks_that_a_setting_switches_off_are_told() {
    let (sandbox, hooks) = unhooked();
    let shared = sandbox.path("shared-hooks");
    fs::create_dir(&shared).unwrap();
    put(&hooks.join("update"), "#!/bin/sh\nexit 1\n", 0o755);
    sandbox.git_in(&sandbox.server(), &["config", "core.hooksPath", shared.to_str().unwrap()]);
    let run = sandbox.on_server(&["hook", "install", "--server", "--yes"]).exits(0);
    run.says("git does not run these hooks").says("update").says("git config --unset core.hooksPath");
    sandbox.git_in(&sandbox.server(), &["config", "--unset", "core.hooksPath"]);
    fs::remove_file(hooks.join("update")).unwrap();
    sandbox.on_server(&["hook", "install", "--server"]).exits(0).says_not("git does not run");
}

#[test]
fn a_link_of_a_clone_that_leads_out_of_it_is_neither_moved_nor_written_through() {
    let sandbox = project();
    let shared = sandbox.path("shared");
    fs::create_dir(&shared).unwrap();
    // One program for all hooks, which goes by its name.
    put(&shared.join("manager"), "#!/bin/sh\n[ \"${0##*/}\" = pre-push ] || { echo \"what is $0\" >&2; exit 1; }\n", 0o755);
    for target in [shared.join("manager"), shared.join("nothing")] {
        let _ = fs::remove_file(hook(&sandbox));
        std::os::unix::fs::symlink(&target, hook(&sandbox)).unwrap();
        let before = (everything(&sandbox), all_in(&shared));
        sandbox.relsign(&["hook", "install"]).exits(1).says("is a link to").says("mv ");
        sandbox.relsign_as("dev", &["init", "--yes"]).exits(0).says("no hook was installed");
        assert_eq!((everything(&sandbox), all_in(&shared)), before);
    }
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
        std::fs::hard_link(crate::place::program(), &program)
            .or_else(|_| std::fs::copy(crate::place::program(), &program).map(drop))
            .unwrap();
        let run = crate::sandbox::ended(sandbox.command(&program, &sandbox.clone()).args(["hook", "install"]));
        run.exits(1).says("a hook can't call");
        assert_eq!(everything(&sandbox), before);
    }
}

#[test]
fn hooks_that_a_forge_took_away_are_found() {
    let sandbox = Sandbox::project();
    let hooks = sandbox.server().join("hooks");
    let check = |exit: i32| sandbox.on_server(&["hook", "check", "--server"]).exits(exit);
    check(0).says("pre-receive runs relsign").says("post-receive runs relsign");
    sandbox.relsign(&["hook", "install"]).exits(0);
    sandbox.relsign(&["hook", "check"]).exits(0).says("pre-push runs relsign");

    let ours = fs::read(hooks.join("pre-receive")).unwrap();
    let forges = "#!/bin/sh\nfor hook in \"$0.d\"/*; do \"$hook\" \"$@\" || exit; done\n";
    put(&hooks.join("pre-receive"), forges, 0o755);
    check(1).says("pre-receive does not run relsign").says("relsign hook install --server");
    fs::create_dir(hooks.join("pre-receive.d")).unwrap();
    let own = hooks.join("pre-receive.d/relsign");
    let line = format!("#!/bin/sh\nexec {} hook run pre-receive -- \"$@\"\n", crate::place::program());
    put(&own, &line, 0o755);
    check(0).says("pre-receive.d/relsign");
    put(&own, &line, 0o644);
    check(1).says("is not executable");
    put(&own, "#!/bin/sh\nexec /gone/relsign hook run pre-receive -- \"$@\"\n", 0o755);
    check(1).says("a program that is not there");
    // Without the forge's own hook nobody runs what stands in its folder.
    put(&own, &line, 0o755);
    fs::remove_file(hooks.join("pre-receive")).unwrap();
    check(1).says("pre-receive is missing");

    put(&hooks.join("pre-receive"), &ours, 0o644);
    check(1).says("is not executable");
    put(&hooks.join("pre-receive"), &ours, 0o755);
    fs::remove_file(hooks.join("post-receive")).unwrap();
    check(1).says("post-receive is missing");
    let json = sandbox.on_server(&["--json", "hook", "check", "--server"]).exits(1);
    let json: serde_json::Value = serde_json::from_str(&json.text).unwrap();
    assert_eq!((json["runs"].as_bool(), json["hooks"][1]["found"].as_str()), (Some(false), Some("missing")));
    sandbox.on_server(&["hook", "install", "--server"]).exits(0);
    check(0);
    sandbox.on_server(&["hook", "install", "--server", "--update"]).exits(0);
    check(0).says("update runs relsign");

    sandbox.git_in(&sandbox.server(), &["config", "--unset-all", "relsign.root"]);
    check(1).says("no root is pinned here");
    fs::remove_file(hook(&sandbox)).unwrap();
    sandbox.relsign(&["hook", "check"]).exits(1).says("pre-push is missing").says("relsign hook install");
}
