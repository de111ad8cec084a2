//! A server's hook in an environment that the attacker chose, and on a server that something is wrong with.

use crate::sandbox::{Run, Sandbox, ended, fed};
use crate::servers::{Server, Way, ssh_command};

/// What somebody might set to be judged at another time, by another policy, or in another repository.
fn hostile(sandbox: &Sandbox) -> Vec<(&'static str, String)> {
    let root = format!("SHA256:{}", "ab".repeat(32));
    vec![
        ("RELSIGN_NOW", "1999-01-01T00:00:00Z".to_owned()),
        ("GIT_CONFIG_COUNT", "1".to_owned()),
        ("GIT_CONFIG_KEY_0", "relsign.root".to_owned()),
        ("GIT_CONFIG_VALUE_0", root.clone()),
        ("GIT_CONFIG_PARAMETERS", format!("'relsign.root'='{root}'")),
        ("GIT_CONFIG_GLOBAL", sandbox.path("hostile-config").display().to_string()),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", "/nonexistent".to_owned()),
        ("GIT_PUSH_OPTION_COUNT", "1".to_owned()),
        ("GIT_PUSH_OPTION_0", "relsign.allow".to_owned()),
        ("PRE_COMMIT_REMOTE_BRANCH", "refs/heads/main".to_owned()),
        ("GIT_REPLACE_REF_BASE", "refs/heads/".to_owned()),
    ]
}

#[test]
fn a_hostile_environment_does_not_let_a_frozen_branch_move() {
    let sandbox = Sandbox::project();
    std::fs::write(sandbox.path("hostile-config"), format!("[relsign]\n\troot = SHA256:{}\n", "ab".repeat(32))).unwrap();
    let before = sandbox.landed("refs/heads/frozen");
    sandbox.commit("second");
    for (name, value) in hostile(&sandbox).into_iter().filter(|(name, _)| !name.starts_with("GIT_CONFIG_")) {
        let mut command = sandbox.command("git", &sandbox.clone());
        let run = ended(command.env(name, value).args(["push", "origin", "HEAD:frozen"]));
        assert_ne!(run.code, 0, "{name}: {}", run.text);
        assert!(run.text.contains("[ref-frozen]"), "{name}: {}", run.text);
    }
    assert_eq!(sandbox.landed("refs/heads/frozen"), before);
}

#[test]
fn a_hostile_environment_over_ssh_does_not_either() {
    let sandbox = Sandbox::project();
    let Some(server) = Server::start(Way::Ssh, &sandbox) else { return };
    server.become_origin(&sandbox);
    sandbox.git(&["config", "core.sshCommand", &format!("{} -o SendEnv=RELSIGN_* -o SendEnv=PRE_COMMIT_*", ssh_command(&sandbox))]);
    sandbox.commit("second");
    let mut command = sandbox.command("git", &sandbox.clone());
    command.env("RELSIGN_NOW", "1999-01-01T00:00:00Z").env("PRE_COMMIT_REMOTE_BRANCH", "refs/heads/main");
    let run = ended(command.args(["push", "origin", "HEAD:frozen"]));
    assert_ne!(run.code, 0, "{}", crate::servers::explain(&sandbox, &run));
    run.says("[ref-frozen]");
}

/// Runs the hook of the server as git would, in some environment.
fn receive(sandbox: &Sandbox, environment: &[(&str, String)], input: &str) -> Run {
    let mut command = sandbox.command("sh", &sandbox.server());
    command.arg("hooks/pre-receive").env("GIT_DIR", ".");
    for (name, value) in environment {
        command.env(name, value);
    }
    fed(&mut command, input.as_bytes())
}

/// A move of the frozen branch to a commit that the server has.
fn frozen(sandbox: &Sandbox) -> String {
    sandbox.commit("second");
    sandbox.push(&["-q", "origin", "main"]).exits(0);
    let old = sandbox.landed("refs/heads/frozen").unwrap();
    format!("{old} {} refs/heads/frozen\n", sandbox.landed("refs/heads/main").unwrap())
}

#[test]
fn no_variable_makes_the_hook_look_at_another_repository_policy_or_time() {
    let sandbox = Sandbox::project();
    let input = frozen(&sandbox);
    std::fs::write(sandbox.path("hostile-config"), format!("[relsign]\n\troot = SHA256:{}\n", "ab".repeat(32))).unwrap();
    sandbox.program("git", &sandbox.path("srv"), &["init", "-q", "--bare", "other.git"]).exits(0);
    let other = sandbox.path("srv/other.git").display().to_string();
    let mut all = hostile(&sandbox);
    all.push(("GIT_DIR", other.clone()));
    all.push(("GIT_COMMON_DIR", other.clone()));
    all.push(("GIT_OBJECT_DIRECTORY", format!("{other}/objects")));
    all.push(("GIT_QUARANTINE_PATH", format!("{other}/objects")));
    all.push(("GIT_WORK_TREE", other.clone()));
    all.push(("HOME", sandbox.path("nowhere").display().to_string()));
    all.push(("XDG_CONFIG_HOME", sandbox.path("nowhere").display().to_string()));
    for variable in &all {
        receive(&sandbox, std::slice::from_ref(variable), &input).exits(1).says("[ref-frozen]");
    }
    receive(&sandbox, &all, &input).exits(1).says("[ref-frozen]");
    receive(&sandbox, &[("RELSIGN_NOW", "not a time".to_owned())], &input).says("RELSIGN_NOW").says_not("internal");
}

#[test]
fn a_push_into_a_namespace_is_refused() {
    let sandbox = Sandbox::project();
    let input = frozen(&sandbox);
    receive(&sandbox, &[("GIT_NAMESPACE", "fork".to_owned())], &input.replace("frozen", "topic")).exits(4).says("namespace");
}

#[test]
fn gitlab_is_told_in_lines_that_it_shows() {
    let sandbox = Sandbox::project();
    let input = frozen(&sandbox);
    for variable in [("GL_ID", "key-1"), ("GL_PROTOCOL", "ssh")] {
        let run = receive(&sandbox, &[(variable.0, variable.1.to_owned())], &input).exits(1);
        assert!(run.text.lines().all(|line| line.starts_with("GL-HOOK-ERR: ")), "{}", run.text);
    }
}

#[test]
fn a_push_of_nothing_and_words_that_are_not_git_s_are_refused() {
    let sandbox = Sandbox::project();
    receive(&sandbox, &[], "").exits(5).says("no update");
    receive(&sandbox, &[], "refs/heads/main\n").exits(5).says("can't parse");
}

#[test]
fn a_server_without_its_program_refuses_and_says_so() {
    let sandbox = Sandbox::project();
    for name in ["pre-receive", "post-receive"] {
        let hook = sandbox.server().join("hooks").join(name);
        let text = std::fs::read_to_string(&hook).unwrap();
        std::fs::write(&hook, text.replace(crate::place::program(), "/opt/gone/relsign")).unwrap();
    }
    sandbox.commit("second");
    sandbox
        .push(&["origin", "main"])
        .exits(1)
        .says("remote: relsign: push refused: on this server")
        .says("can't run /opt/gone/relsign");
    receive(&sandbox, &[("GL_ID", "key-1".to_owned())], "").exits(1).says("GL-HOOK-ERR: relsign: push refused");
}

#[test]
fn a_policy_that_cannot_be_read_stops_every_push() {
    let sandbox = Sandbox::project();
    let policy = sandbox.landed("refs/relsign/policy").unwrap();
    let server = sandbox.server();
    sandbox.commit("second");
    sandbox.git_in(&server, &["update-ref", "refs/relsign/policy", "refs/heads/main"]);
    sandbox.push(&["origin", "main"]).exits(1).says("remote: relsign: push refused: policy-invalid");
    sandbox.git_in(&server, &["update-ref", "-d", "refs/relsign/policy"]);
    sandbox.push(&["origin", "main"]).exits(1).says("there is no policy yet").says("relsign sync");
    sandbox.git_in(&server, &["update-ref", "refs/relsign/policy", &policy]);
    sandbox.git_in(&server, &["config", "relsign.root", &format!("SHA256:{}", "ab".repeat(32))]);
    sandbox.push(&["origin", "main"]).exits(1).says("root-mismatch");
    sandbox.git_in(&server, &["config", "--add", "relsign.root", &sandbox.root()]);
    sandbox.push(&["origin", "main"]).exits(1).says("root-ambiguous");
    sandbox.git_in(&server, &["config", "--unset-all", "relsign.root"]);
    sandbox.push(&["origin", "main"]).exits(1).says("root-unpinned").says(&format!("relsign trust {}", sandbox.root()));
    sandbox.on_server(&["trust", &sandbox.root()]).exits(0);
    sandbox.push(&["origin", "main"]).exits(0);
}

#[test]
fn the_first_policy_lands_only_under_the_pinned_root() {
    let sandbox = Sandbox::project();
    let server = sandbox.server();
    for name in ["refs/relsign/policy", "refs/notes/relsign"] {
        sandbox.program("git", &server, &["update-ref", "-d", name]);
    }
    sandbox.git_in(&server, &["config", "relsign.root", &format!("SHA256:{}", "ab".repeat(32))]);
    sandbox.push(&["origin", "refs/relsign/policy"]).exits(1).says("root-mismatch");
    sandbox.git_in(&server, &["config", "relsign.root", &sandbox.root()]);
    // The policy that comes rules the push that it comes in.
    sandbox.commit("second");
    sandbox.push(&["origin", "refs/relsign/policy", "main:frozen"]).exits(1).says("[ref-frozen]");
    sandbox.push(&["origin", "refs/relsign/policy"]).exits(0);
    sandbox.push(&["origin", "main"]).exits(0);
}

#[test]
fn a_file_that_the_repository_includes_pins_nothing() {
    let sandbox = Sandbox::project();
    let server = sandbox.server();
    std::fs::write(sandbox.path("pushed-config"), format!("[relsign]\n\troot = SHA256:{}\n", "ab".repeat(32))).unwrap();
    sandbox.git_in(&server, &["config", "include.path", sandbox.path("pushed-config").to_str().unwrap()]);
    sandbox.commit("second");
    sandbox.push(&["origin", "main"]).exits(0);
    sandbox.push(&["origin", "main:frozen"]).exits(1).says("[ref-frozen]");
}

#[test]
fn a_server_that_runs_only_the_update_hook_judges_each_ref() {
    let sandbox = Sandbox::project();
    sandbox.on_server(&["hook", "uninstall"]).exits(0).says("removed");
    sandbox.on_server(&["hook", "install", "--server", "--update"]).exits(0).says("installed update");
    let commit = sandbox.commit("second");
    sandbox.push(&["origin", "main", "main:frozen"]).exits(1).says("[ref-frozen]");
    assert_eq!(sandbox.landed("refs/heads/main"), Some(commit));
    assert_ne!(sandbox.landed("refs/heads/frozen"), sandbox.landed("refs/heads/main"));
    sandbox.push(&["origin", ":frozen"]).exits(1).says("[ref-frozen]");
}

#[test]
fn what_lands_where_nothing_stopped_it_is_called_out() {
    let sandbox = Sandbox::project();
    std::fs::remove_file(sandbox.server().join("hooks/pre-receive")).unwrap();
    sandbox.commit("second");
    sandbox.push(&["origin", "main"]).says_not("WARNING");
    sandbox.push(&["origin", "main:frozen"]).says("WARNING: THIS PUSH LANDED AND IS NOT ALLOWED").says("[ref-frozen]");
}

#[test]
fn a_new_root_lands_once_the_administrator_has_pinned_it() {
    let sandbox = Sandbox::project();
    sandbox.relsign_as("rita", &["init", "--new-root", "--yes", "--no-hooks"]).exits(0);
    let old = sandbox.git_in(&sandbox.server(), &["config", "relsign.root"]);
    let former = format!("refs/relsign/former/{}", old.trim_start_matches("SHA256:"));
    // The clone's own hook lets it go, since who pushes has pinned it.
    sandbox.relsign(&["hook", "install"]).exits(0);
    let push = ["--force", "origin", "refs/relsign/policy", &former];
    sandbox.push(&push).exits(1).says("remote: relsign: push to refs/relsign/policy refused");
    sandbox.git_in(&sandbox.server(), &["config", "relsign.root", &sandbox.root()]);
    sandbox.push(&push).exits(0).says_not("WARNING");
    // The policy in force may land, so something else goes with it.
    sandbox.write("other.txt", "other\n");
    sandbox.commit("second");
    sandbox.push(&["--no-verify", "origin", "main:frozen"]).exits(1).says("[ref-frozen]");
    sandbox.push(&["origin", "main"]).exits(0).says_not("WARNING");
    // The former root does not come back.
    sandbox.push(&["--force", "origin", &format!("{former}:refs/relsign/policy")]).exits(1);
}
