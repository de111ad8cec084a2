//! `relsign ci`: the recipes are YAML of the shape that each forge reads, and their commands do what they should.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::pipelines::Project;
use crate::sandbox::{Sandbox, Stage, TAG, is_dangerous};

/// Reads YAML by Python's reader; nothing where there is none.
fn yaml(text: &str) -> Option<Value> {
    // A reader of YAML 1.1 takes the key `on` for a boolean, and JSON has no such keys.
    let script = "import sys, json, yaml; print(json.dumps(yaml.safe_load(sys.stdin.read().replace('\\non:', '\\n\"on\":'))))";
    let mut child = Command::new("python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    if errors.contains("No module named 'yaml'") {
        return None;
    }
    assert!(output.status.success(), "{errors}\n{text}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// Prints a recipe in the project's repository and reads it; nothing, visibly, where YAML can't be read.
fn recipe(box_: &Sandbox, forge: &str) -> Option<Value> {
    let text = box_.run(&["ci", forge]).exits(0).stdout;
    let read = yaml(&text);
    if read.is_none() {
        eprintln!("skipped: python3 with yaml is not here, so the recipe for {forge} was not read");
    }
    read
}

#[test]
fn a_recipe_names_the_root_and_trusts_only_the_variable() {
    let box_ = Sandbox::at(Stage::Go);
    let root = format!("SHA256:{}", box_.root());
    let other = format!("SHA256:{}", "ab".repeat(32));
    for forge in ["github", "gitlab"] {
        let run = box_.run(&["ci", forge]).exits(0);
        assert!(run.stdout.contains(&format!("RELSIGN_ROOT = {root}\n")) && run.stderr.contains(&root), "{}", run.text());
        // Only the comment names it: a pipeline must not take it from a file of the repository.
        let code: Vec<&str> = run.stdout.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
        assert!(!code.iter().any(|line| line.contains(&root) || line.contains("SHA256:")), "{code:#?}");
        assert!(run.stdout.lines().all(|line| line.chars().count() <= 130 && !line.chars().any(is_dangerous)), "{}", run.stdout);
        box_.run(&["ci", forge, "--root", &other]).exits(0).says(&format!("RELSIGN_ROOT = {other}"));
        box_.run(&["ci", forge, "--root", "nonsense"]).exits(2);
        // Outside of a repository too.
        let home = box_.path("home");
        crate::sandbox::ended(box_.program().current_dir(&home).args(["ci", forge])).exits(0).says("RELSIGN_ROOT = SHA256:…");
    }
    box_.run(&["ci", "sourcehut"]).exits(2).says("github");
}

#[test]
fn the_recipe_for_github_has_no_more_rights_than_it_needs() {
    let box_ = Sandbox::at(Stage::Go);
    let Some(recipe) = recipe(&box_, "github") else { return };
    assert_eq!(recipe["permissions"], json!({ "contents": "read" }));
    assert_eq!(recipe["on"], json!({ "push": { "tags": ["v*"] }, "pull_request_target": null, "merge_group": null }));
    let jobs = recipe["jobs"].as_object().unwrap();
    assert_eq!(jobs["deploy"]["needs"], "gate");
    assert_eq!(jobs["deploy"]["environment"], "production");
    for (name, job) in jobs {
        assert!(job["if"].is_string() && job["runs-on"].is_string() && job["permissions"].is_null(), "{name}");
        for step in job["steps"].as_array().unwrap() {
            let run = step["run"].as_str().unwrap_or_default();
            // Names of tags and branches are others' text: they reach a shell as variables, never as part of a script.
            assert!(!run.contains("${{"), "{name}: {run}");
            // Nothing of the pull request is checked out.
            assert!(step["with"].is_null(), "{name}: {step}");
            if let Some(env) = step["env"].as_object() {
                assert_eq!(env["RELSIGN_ROOT"], "${{ vars.RELSIGN_ROOT }}");
            }
        }
    }
}

#[test]
fn the_recipe_for_gitlab_has_jobs_that_are_complete() {
    let box_ = Sandbox::at(Stage::Go);
    let Some(recipe) = recipe(&box_, "gitlab") else { return };
    let jobs = recipe.as_object().unwrap();
    assert_eq!(jobs.keys().collect::<Vec<_>>(), [".relsign", "deploy", "relsign-freeze", "relsign-gate"]);
    for (name, job) in jobs.iter().filter(|(name, _)| !name.starts_with('.')) {
        assert_eq!(job["extends"], ".relsign", "{name}");
        assert!(["test", "deploy"].contains(&job["stage"].as_str().unwrap()), "{name}: a stage that every project has");
        assert!(job["rules"].as_array().is_some_and(|rules| rules.len() == 1), "{name}");
        assert!(job["script"].as_array().unwrap().iter().all(Value::is_string), "{name}");
        assert!(job["variables"].is_null(), "{name}: a variable of the file would not be the one of the settings");
    }
    assert_eq!(jobs["deploy"]["needs"], json!(["relsign-gate"]));
}

/// A directory of programs in which relsign is the one that is tested and cargo installs nothing.
fn programs(box_: &Sandbox) -> PathBuf {
    let dir = box_.path("programs");
    std::fs::create_dir_all(&dir).unwrap();
    let link = dir.join("relsign");
    if !link.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_relsign"), &link).unwrap();
    }
    let cargo = dir.join("cargo");
    std::fs::write(&cargo, format!("#!/bin/sh\necho \"$*\" >> {}\n", box_.path("installed").display())).unwrap();
    std::fs::set_permissions(&cargo, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    dir
}

/// Runs scripts one after the other as a runner does, and gives the exit code of the first that fails, with all output.
fn run_scripts(project: &Project, dir: &Path, scripts: &[String], env: &BTreeMap<String, String>) -> (i32, String) {
    let path = format!("{}:{}", programs(&project.box_).display(), std::env::var("PATH").unwrap());
    let mut said = String::new();
    for script in scripts {
        let mut shell = Command::new("sh");
        shell.env_clear().env("PATH", &path).env("HOME", project.box_.path("home")).env("GIT_CONFIG_NOSYSTEM", "1");
        shell.env("RELSIGN_NOW", crate::sandbox::NOW).env("LC_ALL", "C.UTF-8").envs(env).current_dir(dir);
        let output = shell.args(["-e", "-c", script]).stdin(Stdio::null()).output().unwrap();
        said += &String::from_utf8_lossy(&output.stdout);
        said += &String::from_utf8_lossy(&output.stderr);
        match output.status.code().unwrap() {
            0 => {}
            code => return (code, said),
        }
    }
    (0, said)
}

/// Gives the scripts of a job for GitHub with their variables, filled in as for a push of the tag.
fn github_job(recipe: &Value, job: &str, values: &[(&str, &str)]) -> (Vec<String>, BTreeMap<String, String>) {
    let mut scripts = Vec::new();
    let mut env = BTreeMap::new();
    for step in recipe["jobs"][job]["steps"].as_array().unwrap() {
        scripts.extend(step["run"].as_str().map(str::to_owned));
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            let expression = value.as_str().unwrap().trim_start_matches("${{ ").trim_end_matches(" }}");
            let filled = values.iter().find(|(known, _)| *known == expression).unwrap_or_else(|| panic!("{expression}"));
            env.insert(name.clone(), filled.1.to_owned());
        }
    }
    (scripts, env)
}

const GITHUB_BRANCH: &str = "github.event.merge_group.base_ref || format('refs/heads/{0}', github.base_ref)";

#[test]
fn the_commands_of_the_recipe_for_github_let_a_release_out_and_nothing_else() {
    for (stage, expected) in [(Stage::Go, 0), (Stage::Signed, 1)] {
        let project = Project::at(stage);
        let Some(recipe) = recipe(&project.box_, "github") else { return };
        let commit = project.box_.id(&format!("{TAG}^{{commit}}"));
        let dir = project.github("checkout", TAG, &commit);
        let values = [("vars.RELSIGN_ROOT", project.root.as_str()), ("github.ref_name", TAG), ("github.sha", commit.as_str())];
        let (scripts, env) = github_job(&recipe, "deploy", &values);
        let (code, said) = run_scripts(&project, &dir, &scripts[..scripts.len() - 1], &env);
        assert_eq!(code, expected, "{said}");
        let installed = std::fs::read_to_string(project.box_.path("installed")).unwrap();
        assert_eq!(installed.lines().next(), Some(concat!("install --locked relsign@", env!("CARGO_PKG_VERSION"))));
        // Until somebody says what deploys, nothing pretends to.
        assert_eq!(run_scripts(&project, &dir, &scripts[scripts.len() - 1..], &env).0, 1);
        if expected == 0 {
            let (scripts, mut env) = github_job(&recipe, "gate", &values);
            assert_eq!(run_scripts(&project, &dir, &scripts, &env).0, 0);
            // Without the variable, and with another's root, nothing goes out.
            env.insert("RELSIGN_ROOT".to_owned(), String::new());
            let (code, said) = run_scripts(&project, &dir, &scripts, &env);
            assert!(code != 0 && said.contains("RELSIGN_ROOT"), "{said}");
            env.insert("RELSIGN_ROOT".to_owned(), format!("SHA256:{}", "ab".repeat(32)));
            assert_eq!(run_scripts(&project, &dir, &scripts, &env).0, 3);
        }
    }
}

#[test]
fn the_commands_of_the_recipe_for_gitlab_let_a_release_out_and_nothing_else() {
    for (stage, expected) in [(Stage::Go, 0), (Stage::Signed, 1)] {
        let project = Project::at(stage);
        let Some(recipe) = recipe(&project.box_, "gitlab") else { return };
        let commit = project.box_.id(&format!("{TAG}^{{commit}}"));
        let dir = project.gitlab("checkout", Some(TAG), &commit);
        let env = [("RELSIGN_ROOT", project.root.as_str()), ("CI_COMMIT_TAG", TAG), ("CI_COMMIT_SHA", commit.as_str())];
        let mut env: BTreeMap<String, String> = env.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let scripts = |job: &str| -> Vec<String> {
            let before = recipe[".relsign"]["before_script"].as_array().unwrap();
            let own = recipe[job]["script"].as_array().unwrap();
            before.iter().chain(own).map(|line| line.as_str().unwrap().to_owned()).collect()
        };
        let deploy = scripts("deploy");
        let (code, said) = run_scripts(&project, &dir, &deploy[..deploy.len() - 1], &env);
        assert_eq!(code, expected, "{said}");
        if expected == 0 {
            assert_eq!(run_scripts(&project, &dir, &scripts("relsign-gate"), &env).0, 0);
            env.remove("RELSIGN_ROOT");
            assert_ne!(run_scripts(&project, &dir, &scripts("relsign-gate"), &env).0, 0);
        }
    }
}

#[test]
fn the_freeze_check_of_the_recipes_is_asked_of_a_checkout_of_the_branch() {
    let project = Project::at(Stage::Go);
    let Some(recipe) = recipe(&project.box_, "github") else { return };
    let commit = project.box_.id("main");
    let dir = project.gitlab("checkout", None, &commit);
    let values = [("vars.RELSIGN_ROOT", project.root.as_str()), (GITHUB_BRANCH, "refs/heads/main")];
    let (scripts, env) = github_job(&recipe, "freeze", &values);
    if !project.box_.run(&["freeze", "--help"]).stdout.contains("check") {
        eprintln!("skipped: this relsign has no freeze check yet");
        return;
    }
    let (code, said) = run_scripts(&project, &dir, &scripts, &env);
    assert_eq!(code, 0, "{said}");
}
