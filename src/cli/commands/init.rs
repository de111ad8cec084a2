//! `relsign init`.

mod new_root;

use std::path::Path;

use crate::cli::app::App;
use crate::git::program::Program;
use crate::git::{Repository, files};
use crate::keystore::choose::{Chosen, Sources};
use crate::model::advice::Advice;
use crate::model::finding::Code;
use crate::model::ids::{Fingerprint, Handle, Principal, RootDigest};
use crate::model::problem::{Level, Problem};
use crate::model::record::PolicyStep;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::strangers::Strangers;
use crate::ops::policy_file::{POLICY_FILE, place};
use crate::ops::share::{self, Sharing, along};
use crate::ops::trust::{self, ROOT_CONFIG};
use crate::ops::workspace::Workspace;
use crate::ops::write::{identity, policy, set_up, sign};
use crate::parse::digests::policy_digest;
use crate::parse::policy::parse_policy;
use crate::parse::policy_edit;
use crate::parse::policy_presets::{Preset, PresetInputs, preset_policy};
use crate::report::safe::shell_word;
use crate::report::words;

/// The checklist that is written where a repository has none.
const STARTER: &str = include_str!("init/starter.md");
const STARTER_NAME: &str = "RELEASE_CHECKLIST.md";

/// Set up relsign: write a policy, sign it as the root and pin it; or join the policy that a clone has
///
/// It names every file it writes and overwrites nothing: an existing policy file is used as it is.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Your handle
    #[arg(long, value_name = "@HANDLE")]
    handle: Option<String>,
    /// How strict the policy is: solo (one person does everything), team (a second reviewer), regulated (evidence, two
    /// people, signed tags)
    #[arg(long, value_name = "PRESET")]
    preset: Option<Preset>,
    /// The checklist's path; by default an existing release checklist is used, or a short one is written
    #[arg(long, value_name = "PATH")]
    checklist: Option<String>,
    /// The pattern of release tags
    #[arg(long, value_name = "PATTERN", default_value = "v*")]
    tags: String,
    /// The remote to share with
    #[arg(long, value_name = "REMOTE")]
    remote: Option<String>,
    /// Only write the policy file; edit it, then run init again to sign it
    #[arg(long)]
    draft: bool,
    /// Create a new root because too few owners are left to change the policy; the policy file names the new owners
    #[arg(long, conflicts_with_all = ["draft", "preset", "handle"])]
    new_root: bool,
    /// Do not install the pre-push hook; later: relsign hook install
    #[arg(long)]
    no_hooks: bool,
    /// Do not ask: use the defaults
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    sharing: Sharing,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        if let Some(remote) = &self.remote {
            if !repository.remotes()?.contains(remote) {
                return Err(Failure::usage(format!("there is no remote {remote:?} here"))
                    .suggest("add it", format!("git remote add {} URL", shell_word(remote))));
            }
            repository.config_set("relsign.remote", remote)?;
        }
        share::fetch_first(app, &repository, &self.sharing)?;
        match trust::is_here(&repository)? {
            true if self.new_root => {
                let successor = new_root::Successor::begin(app, &repository, self.yes)?;
                self.begin(app, &repository, Some(&successor))
            }
            true => self.join(app, &repository),
            false => self.begin(app, &repository, None),
        }
    }

    /// Joins a policy that is here already.
    fn join(&self, app: &App, repository: &Repository) -> Outcome {
        self.configure(app, repository)?;
        let found = trust::root_here(repository)?.ok_or_else(|| Failure::missing("the policy here has no first version"))?;
        match trust::pinned(repository)? {
            Some(_) => {}
            None => {
                super::trust::tell(app, repository, found)?;
                match app.ui.confirm("Are they the same?", false) {
                    Some(true) => {
                        trust::load_here(repository, found)?;
                        repository.config_set(ROOT_CONFIG, &format!("SHA256:{found}"))?;
                    }
                    Some(false) => {
                        return Err(Failure::refused("nothing was pinned").hint("find out which one is right before you continue"));
                    }
                    None => {
                        let message = "the policy here is not trusted yet, and there is no terminal to ask on";
                        return Err(Failure::finding(Code::RootUnpinned, message).suggest(
                            "compare the root with an owner of the policy, then",
                            format!("relsign trust SHA256:{found}"),
                        ));
                    }
                }
            }
        }
        let trusted = Workspace::load(repository, None)?;
        let head = trusted.chain.head();
        app.ui.line(format!("joined policy {}\nroot SHA256:{}", head.version, trusted.root))?;
        match identity::identify(app, repository, &trusted) {
            Ok(identity) => app.ui.say(format!("you are {}", identity.principal)),
            Err(_) => app.ui.advise(Advice::run(
                "the policy does not list your key yet; to be admitted, send an owner the output of",
                "relsign join",
            )),
        }
        Ok(Exit::Yes)
    }

    /// Begins a new root.
    fn begin(&self, app: &App, repository: &Repository, successor: Option<&new_root::Successor>) -> Outcome {
        let top = repository
            .work_dir()
            .ok_or_else(|| Failure::usage("this repository has no working tree to write a policy into").hint("run it in a clone"))?
            .to_owned();
        let file = place(&top)?;
        // Whoever has no address made no commit that could be known as theirs.
        if !file.exists() && app.author(repository)?.email.is_empty() {
            return Err(set_up::nobody_known());
        }
        let mut written = Vec::new();
        let mut chosen = choose_or_make(app, &app.key_sources(Some(repository))?, &|_| false, self.yes)?;
        chosen.key.unlock(&mut app.passphrases())?;
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => {
                app.ui.say(format!("using {POLICY_FILE} as it is"));
                // What is committed may have come with a template, and two repositories must never share a root.
                match successor.is_none() && policy::head_file(repository)?.is_some() {
                    true => draw_number(app, &file, &text)?,
                    false => text,
                }
            }
            Err(_) => {
                let text = self.write_policy(app, repository, &top, &chosen.key.public().text(), &mut written)?;
                create(&file, &text)?;
                written.push(POLICY_FILE.to_owned());
                text
            }
        };
        let parsed = parse_policy(text.as_bytes()).map_err(|problems| unusable(&problems))?;
        for name in &written {
            app.ui.say(format!("wrote {name}"));
        }
        if self.draft {
            app.ui.say(format!("nothing is signed yet; change {POLICY_FILE}, then run: relsign init"));
            return Ok(Exit::Yes);
        }
        let fingerprint = chosen.key.public().fingerprint().clone();
        let principal = match parsed.policy.key(&fingerprint) {
            Some((principal @ Principal::Person(_), _)) => principal,
            _ => {
                return Err(Failure::refused(format!("{POLICY_FILE} does not list your key {fingerprint}"))
                    .hint("sign with a key it lists: --key FILE"));
            }
        };
        let owners = &parsed.policy.contents().owners;
        if owners.threshold > 1 {
            return Err(Failure::refused(format!(
                "{POLICY_FILE} requires {} owners, but a root is signed by one person",
                owners.threshold
            ))
            .hint("start with a threshold of 1 and raise it in the next version"));
        }
        let digest = policy_digest(text.as_bytes(), b"");
        let root = RootDigest::from(digest);
        let first = PolicyStep { version: 1, digest, previous: None };
        let line = policy::sign_step(app, &chosen.key, &principal, root, None, first)?;
        policy::begin(app, repository, &text, line, successor.map(new_root::Successor::former))?;
        repository.config_unset(ROOT_CONFIG)?;
        repository.config_set(ROOT_CONFIG, &format!("SHA256:{root}"))?;
        let trusted = Workspace::load(repository, None)?;
        self.configure(app, repository)?;
        if !written.is_empty() && !repository.is_bare() {
            let paths: Vec<&str> = written.iter().map(String::as_str).collect();
            Program::new(repository, app.ui.interactive).stage(&paths)?;
        }
        app.ui.line(format!("new root SHA256:{root}"))?;
        app.ui.say(format!("signed by {principal} with {fingerprint}"));
        app.ui.say(format!("pinned in this clone; policy version {} is in force", trusted.chain.head().version));
        if let Some(successor) = successor {
            successor.tell(app, repository)?;
            return Ok(Exit::Yes);
        }
        let exit = share::share(app, repository, &self.sharing, &[])?;
        say_next(app, !written.is_empty());
        Ok(exit)
    }

    /// Sets this clone up: what git fetches, how it merges, and the hook that judges pushes.
    fn configure(&self, app: &App, repository: &Repository) -> Outcome<()> {
        configure(app, repository, self.yes)?;
        if self.no_hooks || repository.is_bare() {
            return Ok(());
        }
        super::hook::install::in_passing(app, repository)
    }

    fn write_policy(
        &self,
        app: &App,
        repository: &Repository,
        top: &Path,
        key: &str,
        written: &mut Vec<String>,
    ) -> Outcome<String> {
        let author = app.author(repository)?;
        let handle = match &self.handle {
            Some(text) => Handle::from_user(text)?,
            None => {
                let guess = set_up::guess_handle(&author.name, app.env.user.as_deref());
                let asked = if self.yes {
                    None
                } else {
                    app.ui.ask(&format!("Your handle [{guess}]:")).filter(|answer| !answer.is_empty())
                };
                match asked {
                    Some(text) => Handle::from_user(&text)?,
                    None if self.yes || app.ui.interactive => guess,
                    None => {
                        return Err(Failure::usage("your handle is not known")
                            .hint(format!("name it: --handle {guess}; or accept the default: --yes")));
                    }
                }
            }
        };
        let preset = match self.preset {
            Some(preset) => preset,
            None if self.yes => Preset::Solo,
            None => match app.ui.ask("How strict: solo, team or regulated? [solo]") {
                Some(answer) if answer.is_empty() => Preset::Solo,
                Some(answer) => answer.parse()?,
                None => {
                    return Err(Failure::usage("no preset is chosen")
                        .hint("choose one: --preset solo, --preset team or --preset regulated"));
                }
            },
        };
        let checklist = match &self.checklist {
            Some(path) => path.clone(),
            None => match set_up::find_checklist(top) {
                Some(path) => {
                    app.ui.say(format!("using {path} as the checklist"));
                    path
                }
                None => STARTER_NAME.to_owned(),
            },
        };
        if !top.join(&checklist).exists() {
            create(&top.join(&checklist), STARTER)?;
            written.push(checklist.clone());
        }
        let branch = repository.head_branch()?.unwrap_or_else(|| "main".to_owned());
        let emails: Vec<String> = if author.email.is_empty() { Vec::new() } else { vec![author.email.clone()] };
        let Strangers { forges, bots, .. } = match repository.head_commit()? {
            Some(head) => Strangers::in_history(repository, &head).unwrap_or_default(),
            None => Strangers::default(),
        };
        if !forges.is_empty() || !bots.is_empty() {
            app.ui.say(format!("taking these addresses for a forge's and bots: {}", words::and(forges.iter().chain(&bots))));
        }
        let inputs = PresetInputs {
            forges: &forges,
            bots: &bots,
            repository: sign::nonce()?,
            handle: &handle,
            name: &author.name,
            emails: &emails,
            key,
            tags: &self.tags,
            checklist: &checklist,
            branch: branch.strip_prefix("refs/heads/").unwrap_or(&branch),
        };
        preset_policy(preset, &inputs).map_err(|problems| {
            let first = errors(&problems).next().map_or_else(String::new, |problem| problem.message.clone());
            Failure::usage("no valid policy results from this").because(first)
        })
    }
}

/// Returns what makes a policy unusable, without what it merely should be warned of.
fn errors(problems: &[Problem]) -> impl Iterator<Item = &Problem> {
    problems.iter().filter(|problem| problem.level == Level::Error)
}

/// Describes what is wrong with the policy file.
fn unusable(problems: &[Problem]) -> Failure {
    let mut failure = Failure::invalid(format!("{POLICY_FILE} can't be used"));
    for problem in errors(problems).take(12) {
        failure = failure.because(format!("line {}: {}", problem.line, problem.message));
    }
    failure.hint("correct it and run init again; nothing was signed")
}

/// Describes what comes next, where files were written or not.
fn say_next(app: &App, wrote: bool) {
    let commit = wrote.then_some("git commit -m \"Add the release policy and checklist\"");
    let release = ["relsign tag v1.0.0", "relsign open v1.0.0", "relsign approve v1.0.0 --all", "relsign decide v1.0.0 go"];
    let mut label = "next:";
    for command in commit.into_iter().chain(release) {
        app.ui.say(format!("{label} {command}"));
        label = "     ";
    }
}

/// Tells git to fetch relsign's refs along with branches, and to merge notes by set union.
fn configure(app: &App, repository: &Repository, yes: bool) -> Outcome<()> {
    repository.config_set("notes.relsign.mergeStrategy", "cat_sort_uniq")?;
    let Some(remote) = repository.sharing_remote()? else { return Ok(()) };
    if !repository.remotes()?.contains(&remote) {
        return Ok(());
    }
    let overwriting = along::overwriting(repository, &remote)?;
    if let Some(refspec) = overwriting.first() {
        app.ui.warn(format!("git fetch {remote} overwrites what was signed here and not shared yet, because of {refspec}"));
        if yes || app.ui.confirm("Exempt relsign's refs from that?", true) != Some(false) {
            along::exempt(repository, &remote)?;
            app.ui.say(format!("git fetch {remote} now leaves relsign's refs alone; relsign sync fetches them"));
        }
    }
    if along::is_exempt(repository, &remote)? || !overwriting.is_empty() {
        return Ok(());
    }
    if !yes && app.ui.confirm(&format!("Configure git fetch {remote} to fetch relsign's refs too?"), true) == Some(false) {
        return Ok(());
    }
    along::fetch_along(repository, &remote)?;
    app.ui.say(format!("git fetch {remote} now fetches relsign's refs too; git notes merge keeps all records"));
    Ok(())
}

/// Finds the key that signs, or offers to make one where there is none.
pub fn choose_or_make(app: &App, sources: &Sources, known: &dyn Fn(&Fingerprint) -> bool, yes: bool) -> Outcome<Chosen> {
    let owner = app.env.user.as_deref();
    set_up::choose_or_make(app, sources, known, (owner, yes), &|question, default| app.ui.confirm(question, default))
}

/// Returns a policy file a number of its own.
fn draw_number(app: &App, file: &Path, text: &str) -> Outcome<String> {
    let Ok(changed) = policy_edit::set_repository(text, sign::nonce()?) else {
        // What is wrong with the file is told in a moment, with positions.
        return Ok(text.to_owned());
    };
    files::rewrite(file, changed.as_bytes())?;
    app.ui.say(format!("generated a new number for this repository, because {POLICY_FILE} was committed before and may be a copy"));
    Ok(changed)
}

/// Writes a new file, never over another.
fn create(path: &Path, text: &str) -> Outcome<()> {
    let failed = |error: std::io::Error| Failure::internal(format!("cannot write {}", path.display())).because(error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    files::create(path, text.as_bytes()).map_err(failed)
}
