//! The clone's hook beside programs that write hooks themselves, as they are published: pre-commit, lefthook and husky.
//!
//! Whatever is installed last, a push to a frozen branch stays refused, or relsign says that it would not be.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sandbox::{Run, Sandbox, ended};

/// What relsign says where a hook that was there no longer runs it.
const LOUD: &str = "nothing in this clone refuses a push to a frozen branch";

/// A clone of a project whose server has no hooks, and the programs.
struct Managed {
    sandbox: Sandbox,
    programs: PathBuf,
}

impl Managed {
    /// Sets a clone up; nothing, visibly, where the programs are not here.
    fn project(name: &str) -> Option<Self> {
        let programs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("managers");
        if !programs.join("whole").exists() {
            eprintln!("skipped: {name} is not here (.ci/managers {} brings it)", programs.display());
            return None;
        }
        let sandbox = Sandbox::project();
        sandbox.on_server(&["hook", "uninstall"]).exits(0);
        sandbox.commit("second");
        Some(Self { sandbox, programs })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.sandbox.command(program, &self.sandbox.clone());
        let path = self.sandbox.environment().into_iter().find(|(name, _)| *name == "PATH").unwrap().1;
        let mut folders = vec![self.programs.join("python/bin")];
        folders.extend(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(folders).unwrap()).env("PYTHONPATH", self.programs.join("python"));
        command.env("PRE_COMMIT_HOME", self.sandbox.path("home/pre-commit"));
        command
    }

    fn run(&self, program: &str, args: &[&str]) -> Run {
        ended(self.command(program).args(args))
    }

    fn husky(&self) {
        let bin = self.programs.join("node/node_modules/husky/bin.js");
        self.run("node", &[bin.to_str().unwrap()]).exits(0);
    }

    fn push(&self, args: &[&str]) -> Run {
        self.run("git", &[&["push", "--dry-run", "origin"], args].concat())
    }

    fn relsign(&self, args: &[&str]) -> Run {
        self.run(env!("CARGO_BIN_EXE_relsign"), args)
    }

    /// Writes a file and commits everything: pre-commit heeds no configuration that is not staged.
    fn write(&self, name: &str, text: &str) {
        self.sandbox.write(name, text);
        self.sandbox.git(&["add", "-A"]);
        self.sandbox.git(&["commit", "-q", "--no-verify", "-m", name]);
    }

    /// Gives the entry that relsign prints for a program.
    fn entry(&self, manager: &str) -> String {
        let output = self.command(env!("CARGO_BIN_EXE_relsign")).args(["ci", manager]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// A push to what is frozen is refused, whatever else is pushed with it, and to what is not it goes out.
    #[track_caller]
    fn refuses(&self) {
        for refs in [&["HEAD:frozen"][..], &["main", "HEAD:frozen"], &[":frozen"]] {
            self.push(refs).exits(1).says("[ref-frozen]");
        }
        self.push(&["main", "HEAD:topic"]).exits(0).says_not("ref-frozen");
        self.relsign(&["hook", "check"]).exits(0).says_not(LOUD);
        self.whoami().says_not(LOUD);
    }

    /// A push to what is frozen goes out, and relsign says so unasked.
    #[track_caller]
    fn is_loud(&self) {
        self.push(&["HEAD:frozen"]).exits(0);
        self.relsign(&["hook", "check"]).exits(1).says(LOUD).says("relsign hook install");
        self.whoami().says(LOUD).says("relsign hook install");
    }

    fn whoami(&self) -> Run {
        self.sandbox.relsign_as("rita", &["whoami"]).exits(0)
    }

    fn hook(&self) -> PathBuf {
        self.sandbox.clone().join(".git/hooks/pre-push")
    }
}

const PRE_COMMIT: &str = "repos:\n- repo: local\n  hooks:\n  - {id: own, name: own, entry: 'true', language: system, stages: \
                          [pre-push], always_run: true, pass_filenames: false}\n";

#[test]
fn pre_commit_keeps_what_relsign_put_where_it_looks_first() {
    let Some(managed) = Managed::project("pre-commit") else { return };
    let install = |words: &[&str]| {
        managed.run("python3", &[&["-m", "pre_commit", "install", "--hook-type", "pre-push"], words].concat()).exits(0);
    };
    managed.write(".pre-commit-config.yaml", PRE_COMMIT);
    install(&[]);
    let theirs = fs::read(managed.hook()).unwrap();
    managed.relsign(&["hook", "install"]).exits(0).says("installed pre-push").says("pre-push.legacy");
    managed.relsign(&["hook", "install"]).exits(0).says("already installed");
    assert_eq!(fs::read(managed.hook()).unwrap(), theirs, "their file is theirs");
    managed.refuses();
    install(&[]);
    managed.refuses();
    install(&["--overwrite"]);
    managed.is_loud();
    managed.relsign(&["hook", "install"]).exits(0);
    managed.refuses();
    managed.relsign(&["hook", "uninstall"]).exits(0).says("pre-push.legacy");
    assert_eq!(fs::read(managed.hook()).unwrap(), theirs);
    assert!(!managed.hook().with_extension("legacy").exists());
    managed.whoami().says_not(LOUD);
    // The other way round.
    fs::remove_file(managed.hook()).unwrap();
    managed.relsign(&["hook", "install"]).exits(0);
    install(&[]);
    managed.refuses();
}

#[test]
fn the_entry_for_pre_commit_stays_and_what_it_does_not_see_is_told() {
    let Some(managed) = Managed::project("pre-commit") else { return };
    managed.write(".pre-commit-config.yaml", &(PRE_COMMIT.to_owned() + &managed.entry("pre-commit")));
    managed.run("python3", &["-m", "pre_commit", "install", "--hook-type", "pre-push"]).exits(0);
    managed.push(&["HEAD:frozen"]).exits(1).says("[ref-frozen]");
    managed.push(&["main"]).exits(0);
    managed.relsign(&["hook", "check"]).exits(1).says("only the first ref of a push, and no deletion").says(LOUD);
    managed.relsign(&["hook", "install"]).exits(0);
    managed.refuses();
}

#[test]
fn lefthook_runs_its_entry_for_every_ref_and_takes_other_lines_away() {
    let Some(managed) = Managed::project("lefthook") else { return };
    let own = "pre-push:\n  jobs:\n    - name: own\n      run: \"true\"\n";
    managed.write("lefthook.yml", own);
    managed.run("lefthook", &["install"]).exits(0);
    managed.relsign(&["hook", "install"]).exits(0).says("lefthook writes this hook anew").says("relsign ci lefthook");
    managed.refuses();
    managed.run("lefthook", &["install", "--force"]).exits(0);
    managed.is_loud();
    managed.write("lefthook.yml", &managed.entry("lefthook"));
    managed.run("lefthook", &["install", "--force"]).exits(0);
    managed.refuses();
    // Without what git says on standard input it would see no ref.
    managed.write("lefthook.yml", &managed.entry("lefthook").replace("use_stdin: true", ""));
    managed.is_loud();
    // The other way round: lefthook moves the hook away, and does not run it.
    managed.write("lefthook.yml", own);
    for name in ["pre-push", "pre-push.old"] {
        let _ = fs::remove_file(managed.hook().with_file_name(name));
    }
    managed.relsign(&["hook", "install"]).exits(0);
    managed.run("lefthook", &["install", "--force"]).exits(0);
    managed.is_loud();
}

#[test]
fn husky_runs_its_lines_for_every_ref_and_takes_others_away() {
    let Some(managed) = Managed::project("husky") else { return };
    managed.husky();
    managed.relsign(&["hook", "install"]).exits(0).says("husky writes this hook anew").says("relsign ci husky");
    managed.refuses();
    managed.husky();
    managed.is_loud();
    managed.write(".husky/pre-push", &(managed.entry("husky") + "echo 'own checks'\n"));
    managed.refuses();
    managed.push(&["main"]).exits(0).says("own checks");
    managed.husky();
    managed.refuses();
    // The other way round: git no longer looks where relsign's hook lies.
    managed.sandbox.git(&["config", "--unset", "core.hooksPath"]);
    managed.sandbox.git(&["rm", "-q", ".husky/pre-push"]);
    managed.relsign(&["hook", "install"]).exits(0);
    managed.refuses();
    managed.husky();
    managed.is_loud();
}

#[test]
fn a_hook_that_any_program_replaced_is_missed_by_every_command_that_people_run() {
    let sandbox = Sandbox::project();
    sandbox.on_server(&["hook", "uninstall"]).exits(0);
    sandbox.git(&["-c", "user.name=Rita Mann", "-c", "user.email=rita@example.com", "tag", "-a", "-m", "v1.0.0", "v1.0.0"]);
    sandbox.relsign_as("rita", &["open", "v1.0.0"]).exits(0);
    let hook = sandbox.clone().join(".git/hooks/pre-push");
    let each = |loud: bool| {
        for words in [&["whoami"][..], &["status"], &["sync"], &["init", "--yes", "--no-hooks"]] {
            let run = sandbox.relsign_as("rita", words).exits(0);
            if loud {
                run.says(LOUD).says("relsign hook install")
            } else {
                run.says_not(LOUD)
            };
        }
    };
    // A clone that never had the hook misses none.
    each(false);
    sandbox.relsign(&["hook", "check"]).exits(1).says(LOUD);
    sandbox.relsign(&["hook", "install"]).exits(0);
    each(false);
    // What `gittuf add-hooks --force` does: it writes a file of its own over whatever is there.
    let gittufs = "#!/bin/sh\nset -e\n\nremote=\"$1\"\nurl=\"$2\"\n\nif ! command -v gittuf > /dev/null\nthen\n    exit 0\nfi\n";
    fs::write(&hook, gittufs).unwrap();
    each(true);
    sandbox.relsign(&["hook", "check"]).exits(1).says("pre-push does not run relsign").says(LOUD);
    sandbox.push(&["--dry-run", "origin", "HEAD^:frozen"]).says_not("ref-frozen");
    sandbox.relsign(&["hook", "install"]).exits(0).says("in front of the existing hook");
    each(false);
    fs::set_permissions(&hook, Permissions::from_mode(0o644)).unwrap();
    each(true);
    fs::remove_file(&hook).unwrap();
    each(true);
    sandbox.relsign(&["hook", "install"]).exits(0);
    sandbox.git(&["config", "core.hooksPath", "elsewhere"]);
    each(true);
    sandbox.git(&["config", "--unset", "core.hooksPath"]);
    each(false);
    // Who takes it out wants it out.
    sandbox.relsign(&["hook", "uninstall"]).exits(0);
    each(false);
    // The line of the shim counts as much as the lines that relsign installs.
    sandbox.relsign(&["hook", "install"]).exits(0);
    fs::write(&hook, "#!/bin/sh\nexec relsign hook run pre-push \"$@\"\n").unwrap();
    each(false);
    fs::write(&hook, "#!/bin/sh\n# exec relsign hook run pre-push \"$@\"\n").unwrap();
    each(true);
}
