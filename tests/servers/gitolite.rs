//! gitolite, with a home of its own and no daemon: git starts `gitolite-shell` in the place of ssh.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::sandbox::{Run, Sandbox, ended};

/// What the guide has a project's rules say.
const RULES: &str = "repo project
    RW+ refs/heads/ = rita
    RW refs/tags/ = rita
    RW refs/notes/relsign = rita
    RW refs/relsign/ = rita
";

struct Gitolite {
    sandbox: Sandbox,
    home: PathBuf,
}

impl Gitolite {
    /// Sets gitolite up; nothing where it is not installed, which is said.
    fn start() -> Option<Self> {
        let found = Command::new("gitolite").args(["query-rc", "GL_BINDIR"]).env("HOME", "/nonexistent").output();
        if found.is_err() {
            eprintln!("skipped: gitolite is not installed, so nothing was pushed to it");
            return None;
        }
        let sandbox = Sandbox::project();
        let own = Self { home: sandbox.path("gitolite"), sandbox };
        std::fs::create_dir_all(own.home.join("local")).unwrap();
        std::fs::copy(own.sandbox.key("rita").with_extension("pub"), own.home.join("rita.pub")).unwrap();
        std::fs::write(
            own.home.join(".gitconfig"),
            "[user]\n\tname = g\n\temail = g@example.com\n[init]\n\tdefaultBranch = main\n",
        )
        .unwrap();
        let rc = "%RC = (UMASK => 0077, LOCAL_CODE => \"$ENV{HOME}/local\", ENABLE => []);\n1;\n";
        std::fs::write(own.home.join(".gitolite.rc"), rc).unwrap();
        for folder in [".gitolite/conf", ".gitolite/logs"] {
            std::fs::create_dir_all(own.home.join(folder)).unwrap();
        }
        std::fs::write(own.home.join(".gitolite/conf/gitolite.conf"), RULES).unwrap();
        own.run("gitolite", &["setup", "-pk", "rita.pub"]).exits(0);
        let bin = own.run("gitolite", &["query-rc", "GL_BINDIR"]).exits(0).text;
        let ssh = own.home.join("ssh");
        let script = format!(
            "#!/bin/sh\nshift\nHOME={} SSH_CONNECTION='1 2 3 4' SSH_ORIGINAL_COMMAND=\"$*\" exec {}/gitolite-shell rita\n",
            own.home.display(),
            bin.trim()
        );
        std::fs::write(&ssh, script).unwrap();
        std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).unwrap();
        for (name, value) in
            [("ssh.variant", "simple"), ("core.sshCommand", ssh.to_str().unwrap()), ("remote.origin.url", "git@host:project")]
        {
            own.sandbox.git(&["config", name, value]);
        }
        Some(own)
    }

    /// Runs a program as the account that runs gitolite.
    fn run(&self, program: &str, args: &[&str]) -> Run {
        ended(self.sandbox.command(program, &self.home).env("HOME", &self.home).args(args))
    }

    fn relsign(&self, args: &[&str]) -> Run {
        self.run(crate::place::program(), &[&["-C", "repositories/project.git"], args].concat())
    }
}

#[test]
fn gitolite_judges_pushes_by_hooks_of_its_local_code() {
    let Some(gitolite) = Gitolite::start() else { return };
    let (sandbox, project) = (&gitolite.sandbox, gitolite.home.join("repositories/project.git"));
    let pins = gitolite.home.join("pins");
    std::fs::write(&pins, format!("{} {}\n", project.canonicalize().unwrap().display(), sandbox.root())).unwrap();
    let install = ["hook", "install", "--server", "--pins", "pins", "--hooks-dir", "local/hooks/common"];
    gitolite.run(crate::place::program(), &install).exits(0);
    gitolite.run("gitolite", &["setup", "--hooks-only"]).exits(0);
    gitolite.relsign(&["hook", "check", "--server"]).exits(0);
    sandbox.relsign_as("rita", &["sync"]).exits(0);
    sandbox.push(&["origin", "main", "main:topic"]).exits(0);
    sandbox.git(&["tag", "-a", "-m", "x", "v0.1.0"]);
    sandbox.relsign_as("rita", &["open", "v0.1.0"]).exits(0).says("shared with origin");
    let commit = sandbox.commit("second");
    for refspec in ["HEAD:refs/heads/frozen", "HEAD:refs/heads/production", ":refs/tags/v0.1.0", "+HEAD:refs/notes/relsign"] {
        assert_ne!(sandbox.push(&["origin", refspec]).code, 0, "{refspec}");
    }
    sandbox.push(&["origin", "HEAD:frozen"]).says("[ref-frozen]");
    sandbox.push(&["origin", "HEAD:main"]).exits(0).says_not("relsign:");
    // What an administrator moves on the server is told in the next push.
    sandbox.git_in(&project, &["update-ref", "refs/heads/frozen", &commit]);
    sandbox.commit("third");
    sandbox.push(&["origin", "HEAD:main"]).exits(0).says("refs/heads/frozen was made past the hooks");
    // A hook that gitolite no longer has is gone at its next setup, which the check says.
    gitolite.run("gitolite", &["setup"]).exits(0);
    gitolite.relsign(&["hook", "check", "--server"]).exits(0);
    std::fs::remove_file(gitolite.home.join("local/hooks/common/pre-receive")).unwrap();
    gitolite.run("gitolite", &["setup"]).exits(0);
    gitolite.relsign(&["hook", "check", "--server"]).exits(1).says("pre-receive is missing");
}
