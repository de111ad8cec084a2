//! `relsign init`.

mod new_root;
mod since;

use std::path::Path;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::delivery;
use crate::cli::app::App;
use crate::cli::json::{self, WouldSignJson};
use crate::git::program::Program;
use crate::git::{Repository, files};
use crate::keystore::choose::{self, Chosen, Sources};
use crate::keystore::{Agent, KeystoreError};
use crate::model::advice::Advice;
use crate::model::finding::Code;
use crate::model::ids::{Fingerprint, Handle, Principal, RootDigest};
use crate::model::policy::Policy;
use crate::model::problem::Level;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::strangers::Strangers;
use crate::ops::opening::first;
use crate::ops::policy_file::{POLICY_FILE, place};
use crate::ops::share::{self, Sharing, along};
use crate::ops::trust::{self, ROOT_CONFIG};
use crate::ops::workspace::Workspace;
use crate::ops::write::{identity, policy, set_up, sign};
use crate::parse::policy::parse_policy;
use crate::parse::policy_edit;
use crate::parse::policy_presets::{Preset, PresetInputs, preset_policy};
use crate::report::safe::shell_word;
use crate::report::words;

/// The checklist that is written where a repository has none.
const STARTER: &str = include_str!("init/starter.md");
const STARTER_NAME: &str = "RELEASE_CHECKLIST.md";

/// The item of that checklist which takes somebody else, and what one person can do in its place.
const BY_OTHERS: &str = "Somebody other than the authors has read the changes";
const BY_ONESELF: &str = "The changes since the last release were read once more from start to end";

/// Set up relsign: write a policy, sign it as the root and pin it; or join the policy that a clone has
///
/// It names every file it writes and overwrites nothing: an existing policy file is used as it is.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Your handle
    #[arg(long, value_name = "@HANDLE")]
    handle: Option<String>,
    /// How strict the policy is
    ///
    /// With solo one person does everything, open-source asks for a second maintainer and takes contributors who are not listed,
    /// team asks for a second reviewer, regulated for evidence, two people and signed tags.
    #[arg(long, value_name = "PRESET", value_parser = presets())]
    preset: Option<Preset>,
    /// The checklist's path
    ///
    /// By default an existing release checklist is used, or a short one is written.
    #[arg(long, value_name = "PATH")]
    checklist: Option<String>,
    /// The pattern of release tags
    #[arg(long, value_name = "PATTERN", default_value = "v*")]
    tags: String,
    /// The tag or commit after which the first release begins, or none for all of history; by default the newest tag that
    /// fits the pattern
    #[arg(long, value_name = "REV|none")]
    since: Option<String>,
    /// The remote to share with
    #[arg(long, value_name = "REMOTE")]
    remote: Option<String>,
    /// Only write the policy file
    ///
    /// Edit it, then run init again to sign it.
    #[arg(long)]
    draft: bool,
    /// Create a new root in the place of the one here
    ///
    /// That is for when too few owners are left to change the policy; the policy file names the new owners.
    #[arg(long, conflicts_with_all = ["draft", "preset", "handle"])]
    new_root: bool,
    /// Do not install the pre-push hook
    ///
    /// To do it later: relsign hook install
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
            if !app.dry_run {
                repository.config_set("relsign.remote", remote)?;
            }
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
        let found = trust::root_here(repository)?.ok_or_else(|| Failure::missing("the policy here has no first version"))?;
        if app.dry_run {
            return match trust::pinned(repository)? {
                Some(_) => delivery::told(app, None, Vec::new(), vec![format!("join the policy with the root SHA256:{found}")]),
                None => Err(unpinned("the policy here is not trusted yet", found)),
            };
        }
        self.configure(app, repository)?;
        if trust::pinned(repository)?.is_none() {
            super::trust::tell(app, repository, found)?;
            match app.ui.confirm("Are they the same?", false) {
                Some(true) => {
                    trust::load_here(repository, found)?;
                    pin(repository, found)?;
                }
                Some(false) => {
                    return Err(Failure::refused("nothing was pinned").hint("find out which one is right before you continue"));
                }
                None => return Err(unpinned("the policy here is not trusted yet, and there is no terminal to ask on", found)),
            }
        }
        let trusted = Workspace::load(repository, None)?;
        let you = identity::identify(app, repository, &trusted).ok().map(|identity| identity.principal);
        let (root, version) = (trusted.root, trusted.chain.head().version);
        match app.globals.json {
            true => json::print(app, &InitJson { you: you.clone(), ..InitJson::of(root, version) })?,
            false => app.ui.line(format!("joined policy {version}\nroot SHA256:{root}"))?,
        }
        match you {
            Some(you) => app.ui.say(format!("you are {you}")),
            None => app.ui.advise(Advice::run(
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
        if self.since.is_some() && file.exists() {
            return Err(Failure::usage(format!("{POLICY_FILE} is here already, so it says where the first release begins"))
                .hint("write since = \"COMMIT\" into its [[component]]"));
        }
        let sources = app.key_sources(Some(repository))?;
        let mut chosen = match app.dry_run {
            false => choose_or_make(app, &sources, &|_| false, self.yes)?,
            true => match choose::choose(&sources, &|_| false) {
                Err(KeystoreError::NoKey(Agent::None | Agent::Gone(_) | Agent::Empty)) if self.yes => {
                    return rehearse(app, "with a new key", vec!["create a key without a passphrase".to_owned()], successor);
                }
                chosen => chosen?,
            },
        };
        if !app.dry_run {
            chosen.key.unlock(&mut app.passphrases())?;
        }
        let mut wrote = Vec::new();
        let text = self.text(app, repository, (&top, &file), (&chosen, successor), &mut wrote)?;
        let parsed = parse_policy(text.as_bytes()).map_err(|problems| {
            let failure = Failure::invalid(format!("{POLICY_FILE} can't be used")).because_of(&problems);
            failure.hint("correct it and run init again; nothing was signed")
        })?;
        let fingerprint = chosen.key.public().fingerprint();
        if app.dry_run && self.draft {
            return delivery::told(app, None, Vec::new(), wrote.iter().map(|(name, _)| format!("write {name}")).collect());
        }
        for (name, text) in wrote.iter().filter(|_| !app.dry_run) {
            create(&top.join(name), text)?;
            app.ui.say(format!("wrote {name}"));
        }
        if self.draft {
            first::after_draft(app, repository, &parsed.policy);
            return Ok(Exit::Yes);
        }
        let principal = signer(&parsed.policy, fingerprint)?;
        if app.dry_run {
            let does = wrote.into_iter().map(|(name, _)| format!("write {name}")).collect();
            return rehearse(app, &format!("as {principal} with {fingerprint}"), does, successor);
        }
        self.sign(app, repository, (&text, &chosen, principal), (wrote, successor))
    }

    /// Signs the first version, pins its root and shares it.
    fn sign(
        &self,
        app: &App,
        repository: &Repository,
        (text, chosen, principal): (&str, &Chosen, Principal),
        (wrote, successor): (Vec<(String, String)>, Option<&new_root::Successor>),
    ) -> Outcome {
        let former = successor.map(new_root::Successor::former);
        let root = policy::begin(app, repository, text, (&principal, &chosen.key), former)?;
        repository.config_unset(ROOT_CONFIG)?;
        pin(repository, root)?;
        let trusted = Workspace::load(repository, None)?;
        let version = trusted.chain.head().version;
        self.configure(app, repository)?;
        let mut names: Vec<String> = wrote.into_iter().map(|(name, _)| name).collect();
        add_drafted(repository, trusted.policy(), &mut names)?;
        if !names.is_empty() && !repository.is_bare() {
            let paths: Vec<&str> = names.iter().map(String::as_str).collect();
            Program::new(repository, app.ui.interactive).stage(&paths)?;
        }
        if !app.globals.json {
            app.ui.line(format!("new root SHA256:{root}"))?;
        }
        app.ui.say(format!("signed by {principal} with {}", chosen.key.public().fingerprint()));
        app.ui.say(format!("pinned in this clone; policy version {version} is in force"));
        let is_new = !names.is_empty();
        let told = InitJson { you: Some(principal.clone()), wrote: names, ..InitJson::of(root, version) };
        if let Some(successor) = successor {
            successor.tell(app, repository)?;
            return if app.globals.json { json::answer(app, &told) } else { Ok(Exit::Yes) };
        }
        let told = |shared| InitJson { shared, ..told };
        let exit = delivery::conclude(app, repository, (None, None), &self.sharing, told)?;
        if exit != Exit::Yes {
            return Ok(exit);
        }
        first::after_root(app, repository, (trusted.policy(), root), principal.person(), is_new);
        Ok(exit)
    }

    /// Returns the text of the policy: of the file that is there, or of one that is to be written, with what else is.
    fn text(
        &self,
        app: &App,
        repository: &Repository,
        (top, file): (&Path, &Path),
        (chosen, successor): (&Chosen, Option<&new_root::Successor>),
        wrote: &mut Vec<(String, String)>,
    ) -> Outcome<String> {
        let found = successor.map_or_else(|| std::fs::read_to_string(file).ok(), |successor| Some(successor.text().to_owned()));
        if let Some(text) = found {
            app.ui.say(format!("using {POLICY_FILE} as it is"));
            // What is committed may have come with a template, and two repositories must never share a root.
            return match !app.dry_run && successor.is_none() && policy::head_file(repository)?.is_some() {
                true => draw_number(app, file, &text),
                false => Ok(text),
            };
        }
        let text = self.write_policy(app, repository, top, &chosen.key.public().text(), wrote)?;
        wrote.push((POLICY_FILE.to_owned(), text.clone()));
        Ok(text)
    }

    /// Sets this clone up: what git fetches, how it merges, and the hook that judges pushes.
    fn configure(&self, app: &App, repository: &Repository) -> Outcome<()> {
        configure(app, repository, self.yes)?;
        if self.no_hooks || repository.is_bare() {
            crate::ops::hooks::check::warn_if_lost(app, repository);
            return Ok(());
        }
        super::hook::install::in_passing(app, repository)
    }

    fn handle(&self, app: &App, name: &str) -> Outcome<Handle> {
        if let Some(text) = &self.handle {
            return Ok(Handle::from_user(text)?);
        }
        let guess = set_up::guess_handle(name, app.env.user.as_deref());
        if self.yes {
            return Ok(guess);
        }
        match app.ui.ask(&format!("Your handle [{guess}]:")) {
            Some(text) if !text.is_empty() => Ok(Handle::from_user(&text)?),
            _ if app.ui.interactive => Ok(guess),
            _ => {
                Err(Failure::usage("your handle is not known")
                    .hint(format!("name it: --handle {guess}; or accept the default: --yes")))
            }
        }
    }

    fn preset(&self, app: &App) -> Outcome<Preset> {
        let names = || words::or(Preset::ALL.iter().map(|preset| preset.as_str()));
        match self.preset {
            Some(preset) => Ok(preset),
            None if self.yes => Ok(Preset::Solo),
            None => match app.ui.ask(&format!("How strict: {}? [solo]", names())) {
                Some(answer) if answer.is_empty() => Ok(Preset::Solo),
                Some(answer) => Ok(answer.parse()?),
                None => Err(Failure::usage("no preset is chosen").hint(format!("choose one with --preset: {}", names()))),
            },
        }
    }

    fn write_policy(
        &self,
        app: &App,
        repository: &Repository,
        top: &Path,
        key: &str,
        wrote: &mut Vec<(String, String)>,
    ) -> Outcome<String> {
        let author = app.author(repository)?;
        let (handle, preset) = (self.handle(app, &author.name)?, self.preset(app)?);
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
            wrote.push((checklist.clone(), starter(preset)));
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
        let since = since::choose(app, repository, &self.tags, self.since.as_deref(), self.yes)?;
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
            since: since.as_ref().map(|since| (since.commit, since.name.as_str())),
        };
        preset_policy(preset, &inputs).map_err(|problems| {
            let first = problems.iter().find(|problem| problem.level == Level::Error);
            Failure::usage("no valid policy results from this").because(first.map_or("", |problem| problem.message.as_str()))
        })
    }
}

printed! {
    /// What `init --json` prints.
    pub struct InitJson as "relsign-init-v1" {
        /// The root that is pinned now.
        pub root: RootDigest,
        /// The version of the policy that is in force.
        pub version: u32,
        /// Who you are in it, where it lists your key.
        pub you: Option<Principal>,
        /// The files that were written.
        pub wrote: Vec<String>,
        /// Whether others have it now; nothing where sharing was not asked for or there is no remote.
        pub shared: Option<bool>,
    }
}

impl InitJson {
    /// Describes the policy in force, with which nothing was written and nothing shared.
    fn of(root: RootDigest, version: u32) -> Self {
        Self { root, version, you: None, wrote: Vec::new(), shared: None }
    }
}

/// Pins a root in this clone.
fn pin(repository: &Repository, root: RootDigest) -> Outcome<()> {
    Ok(repository.config_set(ROOT_CONFIG, &format!("SHA256:{root}"))?)
}

/// Tells that a root would be signed, and what else would be done.
fn rehearse(app: &App, how: &str, does: Vec<String>, successor: Option<&new_root::Successor>) -> Outcome {
    let of = successor.map(|successor| format!(", in the place of SHA256:{}", successor.former().root)).unwrap_or_default();
    let signs = vec![WouldSignJson { item: None, counts_as: format!("version 1 of the policy as the root{of}, {how}") }];
    delivery::told(app, None, signs, does)
}

/// Finds whose key signs the root, where the policy lets one person do that.
fn signer(policy: &Policy, fingerprint: &Fingerprint) -> Outcome<Principal> {
    let Some((principal @ Principal::Person(_), _)) = policy.key(fingerprint) else {
        return Err(Failure::refused(format!("{POLICY_FILE} does not list your key {fingerprint}"))
            .hint("sign with a key it lists: --key FILE"));
    };
    match policy.contents().owners.threshold {
        0 | 1 => Ok(principal),
        threshold => {
            Err(Failure::refused(format!("{POLICY_FILE} requires {threshold} owners, but a root is signed by one person"))
                .hint("start with a threshold of 1 and raise it in the next version"))
        }
    }
}

/// Reports that nobody has said yet that the root here is the right one.
fn unpinned(message: &str, found: RootDigest) -> Failure {
    Failure::finding(Code::RootUnpinned, message)
        .suggest("compare the root with an owner of the policy, then", format!("relsign trust SHA256:{found}"))
}

/// Returns the checklist of a preset: whoever is alone is asked for nothing that takes somebody else.
fn starter(preset: Preset) -> String {
    if preset == Preset::Solo { STARTER.replace(BY_OTHERS, BY_ONESELF) } else { STARTER.to_owned() }
}

/// Names the presets to whoever completes or lists them.
fn presets() -> impl TypedValueParser<Value = Preset> {
    PossibleValuesParser::new(Preset::ALL.iter().map(|preset| preset.as_str())).try_map(|name| name.parse::<Preset>())
}

/// Adds the files that a draft wrote in an earlier call and that wait to be committed.
fn add_drafted(repository: &Repository, policy: &Policy, written: &mut Vec<String>) -> Outcome<()> {
    let Some(top) = repository.work_dir() else { return Ok(()) };
    if policy::head_file(repository)?.is_some() {
        return Ok(());
    }
    let checklists = policy.contents().components.iter().map(|component| component.checklist.as_str());
    for path in std::iter::once(POLICY_FILE).chain(checklists) {
        let is_new = !written.iter().any(|name| name == path);
        if is_new && top.join(path).is_file() && !policy::is_committed(repository, path)? {
            written.push(path.to_owned());
        }
    }
    Ok(())
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
    set_up::choose_or_make(app, sources, known, (owner, yes), &app.asking())
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
    let failed = Failure::cannot("write", path);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    files::create(path, text.as_bytes()).map_err(failed)
}
