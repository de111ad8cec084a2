//! `relsign ci`: the recipes are YAML of the shape that each forge reads, and their commands do what they should.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

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
    for forge in FORGES {
        let run = box_.run(&["ci", forge]).exits(0);
        assert!(run.stdout.contains(&format!("RELSIGN_ROOT = {root}\n")) && run.stderr.contains(&root), "{}", run.text());
        for name in ["RELSIGN_URL", "RELSIGN_SHA256"] {
            assert!(run.stderr.contains(name), "{}", run.text());
        }
        // Only the comment names it: a pipeline must not take it from a file of the repository.
        let code: Vec<&str> = run.stdout.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
        assert!(
            !code.iter().any(|line| line.contains(&root) || line.replace("RELSIGN_SHA256:", "").contains("SHA256:")),
            "{code:#?}"
        );
        assert!(run.stdout.lines().all(|line| line.chars().count() <= 130 && !line.chars().any(is_dangerous)), "{}", run.stdout);
        box_.run(&["ci", forge, "--root", &other]).exits(0).says(&format!("RELSIGN_ROOT = {other}"));
        box_.run(&["ci", forge, "--root", "nonsense"]).exits(2);
        // Outside of a repository too.
        let home = box_.path("home");
        crate::sandbox::ended(box_.program().current_dir(&home).args(["ci", forge])).exits(0).says("RELSIGN_ROOT = SHA256:…");
    }
    box_.run(&["ci", "sourcehut"]).exits(2).says("github");
    assert_eq!(box_.run(&["ci", "forgejo"]).exits(0).stdout, box_.run(&["ci", "gitea"]).exits(0).stdout);
}

#[test]
fn the_recipe_for_github_has_no_more_rights_than_it_needs() {
    let box_ = Sandbox::at(Stage::Go);
    let Some(recipe) = recipe(&box_, "github") else { return };
    assert_eq!(recipe["permissions"], json!({ "contents": "read" }));
    let triggers: Vec<&String> = recipe["on"].as_object().unwrap().keys().collect();
    assert_eq!(triggers, ["merge_group", "pull_request_target", "workflow_dispatch"]);
    assert_eq!(recipe["on"]["workflow_dispatch"]["inputs"]["stage"]["required"], false);
    let jobs = recipe["jobs"].as_object().unwrap();
    assert_eq!(jobs.keys().collect::<Vec<_>>(), ["deploy", "freeze"]);
    assert_eq!(jobs["deploy"]["environment"], "production");
    for (name, job) in jobs {
        assert!(job["if"].is_string() && job["runs-on"].is_string() && job["permissions"].is_null(), "{name}");
        for step in job["steps"].as_array().unwrap() {
            let run = step["run"].as_str().unwrap_or_default();
            // Names of tags and branches are others' text: they reach a shell as variables, never as part of a script.
            assert!(!run.contains("${{"), "{name}: {run}");
            // Nothing of the pull request is checked out.
            assert!(step["with"].is_null(), "{name}: {step}");
            for (name, value) in step["env"].as_object().into_iter().flatten().filter(|(name, _)| name.starts_with("RELSIGN_")) {
                assert_eq!(*value, json!(format!("${{{{ vars.{name} }}}}")), "{name} comes from the settings");
            }
        }
    }
}

#[test]
fn the_recipe_for_gitlab_has_jobs_that_are_complete() {
    let box_ = Sandbox::at(Stage::Go);
    let Some(recipe) = recipe(&box_, "gitlab") else { return };
    let jobs = recipe.as_object().unwrap();
    assert_eq!(jobs.keys().collect::<Vec<_>>(), [".relsign", "deploy", "relsign-freeze"]);
    for (name, job) in jobs.iter().filter(|(name, _)| !name.starts_with('.')) {
        assert_eq!(job["extends"], ".relsign", "{name}");
        assert!(["test", "deploy"].contains(&job["stage"].as_str().unwrap()), "{name}: a stage that every project has");
        assert!(job["rules"].as_array().is_some_and(|rules| rules.len() == 1), "{name}");
        assert!(job["script"].as_array().unwrap().iter().all(Value::is_string), "{name}");
        assert!(job["variables"].is_null(), "{name}: a variable of the file would not be the one of the settings");
    }
    assert_eq!(jobs["deploy"]["rules"][0]["when"], "manual");
    let Some(staged) = yaml(&box_.run(&["ci", "gitlab", "--stage", "canary", "--stage", "full"]).exits(0).stdout) else { return };
    assert_eq!(staged["deploy"]["parallel"]["matrix"], json!([{ "STAGE": ["canary", "full"] }]));
    box_.run(&["ci", "gitlab", "--stage", "a b"]).exits(2);
}

#[test]
fn the_recipe_for_gitea_asks_as_the_one_for_github_does() {
    let box_ = Sandbox::at(Stage::Go);
    let Some(recipe) = recipe(&box_, "gitea") else { return };
    assert_eq!(recipe["permissions"], json!({ "contents": "read" }));
    // There is no merge queue.
    assert_eq!(recipe["on"].as_object().unwrap().keys().collect::<Vec<_>>(), ["pull_request_target", "workflow_dispatch"]);
    for (name, job) in recipe["jobs"].as_object().unwrap() {
        assert!(job["if"].is_string() && job["runs-on"].is_string(), "{name}");
        for step in job["steps"].as_array().unwrap() {
            assert!(!step["run"].as_str().unwrap_or_default().contains("${{") && step["with"].is_null(), "{name}: {step}");
        }
    }
}

#[test]
fn the_recipe_for_bitbucket_has_a_step_for_each_stage() {
    let box_ = Sandbox::at(Stage::Go);
    let Some(plain) = recipe(&box_, "bitbucket") else { return };
    let steps = plain["pipelines"]["tags"]["**"].as_array().unwrap();
    // Bitbucket lets no pipeline begin with a step that waits for somebody.
    assert!(steps.len() == 2 && steps[0]["step"]["trigger"].is_null() && steps[1]["step"]["trigger"] == "manual", "{plain}");
    assert_eq!(steps[1]["step"]["deployment"], "production");
    let text = box_.run(&["ci", "bitbucket", "--stage", "canary", "--stage", "full"]).exits(0).stdout;
    let staged = yaml(&text).unwrap();
    for (step, stage) in staged["pipelines"]["tags"]["**"].as_array().unwrap()[1..].iter().zip(["canary", "full"]) {
        assert_eq!(step["step"]["deployment"], json!(format!("production-{stage}")));
        assert_eq!(step["step"]["script"][0], json!(format!("export STAGE={stage}")));
        assert_eq!(step["step"]["script"].as_array().unwrap()[1..], steps[1]["step"]["script"].as_array().unwrap()[..]);
    }
}

#[test]
fn an_entry_for_hooks_takes_nothing_that_is_for_pipelines() {
    let box_ = Sandbox::at(Stage::Go);
    for manager in ["pre-commit", "lefthook", "husky"] {
        box_.run(&["ci", manager]).exits(0).says("relsign hook run pre-push").says("add this to");
        box_.run(&["ci", manager, "--env", "staging"]).exits(2).says("for pipelines");
    }
}

/// The variables of the settings that say where relsign comes from: a script that calls the program that is tested.
fn origin(box_: &Sandbox) -> [(String, String); 2] {
    let file = box_.path("relsign-for-linux");
    let program = super::sandbox::place::program();
    std::fs::write(&file, format!("#!/bin/sh\nexec '{program}' \"$@\"\n")).unwrap();
    let digest: String = Sha256::digest(std::fs::read(&file).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect();
    [("RELSIGN_URL".to_owned(), format!("file://{}", file.display())), ("RELSIGN_SHA256".to_owned(), digest)]
}

/// Says, visibly, that a recipe can't be run here where what it fetches relsign with is missing.
fn has_tools() -> bool {
    let has = |name: &str| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    let all = has("curl") && has("sha256sum");
    if !all {
        eprintln!("skipped: curl or sha256sum is not here, so no recipe was run");
    }
    all
}

/// Runs scripts one after the other as a runner does, and gives the exit code of the first that fails, with all output.
fn run_scripts(project: &Project, dir: &Path, scripts: &[String], env: &BTreeMap<String, String>) -> (i32, String) {
    // A directory in which no relsign lies: what runs is what was fetched.
    let temp = project.box_.path("runner-temp");
    let _ = std::fs::remove_dir_all(&temp);
    std::fs::create_dir(&temp).unwrap();
    let mut said = String::new();
    for script in scripts {
        let mut shell = Command::new("sh");
        shell.env_clear().env("PATH", std::env::var("PATH").unwrap()).env("HOME", project.box_.path("home"));
        shell.env("GIT_CONFIG_NOSYSTEM", "1").env("RUNNER_TEMP", &temp).env("TMPDIR", &temp);
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

/// Gives the scripts of a job for GitLab, all of which one shell runs.
fn gitlab_job(recipe: &Value, job: &str) -> Vec<String> {
    let before = recipe[".relsign"]["before_script"].as_array().unwrap();
    let own = recipe[job]["script"].as_array().unwrap();
    before.iter().chain(own).map(|line| line.as_str().unwrap().to_owned()).collect()
}

/// Gives the scripts of a step for Bitbucket, all of which one shell runs.
fn bitbucket_step(recipe: &Value, name: &str) -> Vec<String> {
    let pipelines = recipe["pipelines"].as_object().unwrap();
    let steps = pipelines.values().flat_map(|pipeline| pipeline["**"].as_array().unwrap());
    let step = steps.map(|step| &step["step"]).find(|step| step["name"] == name).unwrap();
    step["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

const GITHUB_BRANCH: &str = "github.event.merge_group.base_ref || format('refs/heads/{0}', github.base_ref)";

/// One way to run a recipe: its jobs up to what deploys, with the tag, commit and settings as its forge gives them.
struct Recipe {
    project: Project,
    read: Value,
    forge: &'static str,
}

impl Recipe {
    fn at(stage: Stage, forge: &'static str) -> Option<Self> {
        let project = Project::at(stage);
        let read = recipe(&project.box_, forge)?;
        has_tools().then_some(Self { project, read, forge })
    }

    fn commit(&self) -> String {
        self.project.box_.id(&format!("{TAG}^{{commit}}"))
    }

    /// Runs a job for a tag in a checkout of the release, with some settings replaced; whoever deploys comes after it.
    fn run(&self, job: &str, tag: &str, changed: &[(&str, &str)]) -> (i32, String) {
        let commit = self.commit();
        let dir = self.project.box_.path("checkout");
        if !dir.exists() {
            match self.forge {
                "github" | "gitea" => self.project.github("checkout", TAG, &commit),
                _ => self.project.gitlab("checkout", Some(TAG), &commit),
            };
        }
        let [url, digest] = origin(&self.project.box_);
        let root = ("RELSIGN_ROOT".to_owned(), self.project.root.clone());
        let mut settings: BTreeMap<String, String> = [url, digest, root].into_iter().collect();
        settings.extend(changed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let (mut scripts, env) = match self.forge {
            "github" | "gitea" => {
                let named: Vec<(String, &str)> =
                    settings.iter().map(|(name, value)| (format!("vars.{name}"), value.as_str())).collect();
                let mut values: Vec<(&str, &str)> = named.iter().map(|(name, value)| (name.as_str(), *value)).collect();
                let stage = settings.get("STAGE").map_or("", String::as_str);
                values.extend([("github.ref_name", tag), ("github.sha", commit.as_str()), ("inputs.stage", stage)]);
                github_job(&self.read, job, &values)
            }
            "bitbucket" => {
                settings.extend([("BITBUCKET_TAG".to_owned(), tag.to_owned()), ("BITBUCKET_COMMIT".to_owned(), commit)]);
                (bitbucket_step(&self.read, job), settings)
            }
            _ => {
                settings.extend([("CI_COMMIT_TAG".to_owned(), tag.to_owned()), ("CI_COMMIT_SHA".to_owned(), commit)]);
                (gitlab_job(&self.read, job), settings)
            }
        };
        if job == "deploy" {
            let deploys = scripts.pop().unwrap();
            // Until somebody says what deploys, nothing pretends to.
            assert_eq!(run_scripts(&self.project, &dir, &[deploys], &env).0, 1);
        }
        if matches!(self.forge, "gitlab" | "bitbucket") {
            scripts = vec![scripts.join("\n")];
        }
        run_scripts(&self.project, &dir, &scripts, &env)
    }
}

const FORGES: [&str; 4] = ["github", "gitlab", "gitea", "bitbucket"];

#[test]
fn the_commands_of_a_recipe_let_a_release_out_and_nothing_else() {
    for forge in FORGES {
        for (stage, expected) in [(Stage::Go, 0), (Stage::Signed, 1)] {
            let Some(recipe) = Recipe::at(stage, forge) else { return };
            let (code, said) = recipe.run("deploy", TAG, &[]);
            assert_eq!(code, expected, "{forge}: {said}");
            if expected == 0 {
                assert!(said.contains("GO: v1.0.0 for production"), "{forge}: {said}");
                let (code, said) = recipe.run("deploy", TAG, &[("STAGE", "canary")]);
                assert!(code == 2 && said.contains("no stage \"canary\""), "{forge}: {said}");
                let (code, said) = recipe.run("deploy", TAG, &[("RELSIGN_ROOT", &format!("SHA256:{}", "ab".repeat(32)))]);
                assert_eq!(code, 3, "{forge}: {said}");
            }
        }
    }
}

#[test]
fn a_recipe_runs_nothing_but_the_program_that_the_settings_name() {
    for forge in FORGES {
        let Some(recipe) = Recipe::at(Stage::Go, forge) else { return };
        let other = "0".repeat(64);
        let nowhere = format!("file://{}", recipe.project.box_.path("nowhere").display());
        for (name, value) in [
            ("RELSIGN_ROOT", ""),
            ("RELSIGN_URL", ""),
            ("RELSIGN_URL", nowhere.as_str()),
            ("RELSIGN_SHA256", ""),
            ("RELSIGN_SHA256", other.as_str()),
            ("RELSIGN_SHA256", "no digest"),
        ] {
            let (code, said) = recipe.run("deploy", TAG, &[(name, value)]);
            assert!(code != 0 && !said.contains("GO: "), "{forge} with {name}={value:?}: {said}");
            if value.is_empty() {
                assert!(said.contains(name), "{said}");
            }
        }
    }
}

#[test]
fn a_recipe_takes_a_name_for_nothing_but_a_name() {
    // Whoever may push a tag chooses its name.
    for forge in FORGES {
        let Some(recipe) = Recipe::at(Stage::Go, forge) else { return };
        for name in
            ["--help", "-h", "--version", "-V", "--no-sync", "", "$(exit 0)", "v1.0.0; exit 0", "v1.0.0 --help", "`true`", "*"]
        {
            let (code, said) = recipe.run("deploy", name, &[]);
            assert!(code != 0 && !said.contains("GO: "), "{forge} for a tag {name:?}: {said}");
            let (code, said) = recipe.run("deploy", TAG, &[("STAGE", name)]);
            // Without a stage nothing is asked of one.
            assert!(name.is_empty() || code != 0 && !said.contains("GO: "), "{forge} for a stage {name:?}: {said}");
        }
    }
}

#[test]
fn a_go_for_staging_lets_no_recipe_deploy_to_production() {
    for forge in FORGES {
        let box_ = Sandbox::at(Stage::Go);
        // The project of the recipe opened its tag for staging.
        let text = box_.run(&["ci", forge, "--env", "staging"]).exits(0).stdout;
        assert_eq!(text.matches("--env=staging").count(), 1, "{text}");
        assert!(text.contains(": staging\n") && !text.contains(": production"), "{text}");
        box_.run(&["ci", forge, "--env", "no: such"]).exits(2);
        let project = Project::of(box_);
        let Some(read) = yaml(&text) else { return };
        if !has_tools() {
            return;
        }
        let recipe = Recipe { project, read, forge };
        let (code, said) = recipe.run("deploy", TAG, &[]);
        assert!(code == 1 && said.contains("[not-opened]"), "{forge}: {said}");
    }
}

#[test]
fn the_freeze_check_of_the_recipes_is_asked_of_a_checkout_of_the_branch() {
    let project = Project::at(Stage::Go);
    let read = |forge: &str| recipe(&project.box_, forge);
    let (Some(github), Some(gitea), Some(bitbucket)) = (read("github"), read("gitea"), read("bitbucket")) else { return };
    if !has_tools() {
        return;
    }
    let commit = project.box_.id("main");
    let dir = project.gitlab("checkout", None, &commit);
    let [(_, url), (_, digest)] = origin(&project.box_);
    let values = [
        ("vars.RELSIGN_ROOT", project.root.as_str()),
        ("vars.RELSIGN_URL", url.as_str()),
        ("vars.RELSIGN_SHA256", digest.as_str()),
        (GITHUB_BRANCH, "refs/heads/main"),
        ("github.base_ref", "main"),
    ];
    let variables = [
        ("RELSIGN_ROOT".to_owned(), project.root.clone()),
        ("RELSIGN_URL".to_owned(), url.clone()),
        ("RELSIGN_SHA256".to_owned(), digest.clone()),
        ("BITBUCKET_PR_DESTINATION_BRANCH".to_owned(), "main".to_owned()),
    ];
    let in_one_shell = vec![bitbucket_step(&bitbucket, "freeze").join("\n")];
    for (scripts, env) in [
        github_job(&github, "freeze", &values),
        github_job(&gitea, "freeze", &values),
        (in_one_shell, variables.into_iter().collect()),
    ] {
        let (code, said) = run_scripts(&project, &dir, &scripts, &env);
        assert_eq!(code, 0, "{said}");
    }
}
