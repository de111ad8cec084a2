//! `relsign person` and `relsign machine`: edits of the policy file, which take effect with its next version.

use std::path::PathBuf;

use clap::Subcommand;

use crate::cli::app::App;
use crate::git::files;
use crate::model::advice::Advice;
use crate::model::ids::{Fingerprint, Handle, MachineName, Principal, RoleName};
use crate::model::policy::KeyState;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::policy_file::{POLICY_FILE, place};
use crate::ops::workspace::Workspace;
use crate::ops::write::policy::{self, Needs};
use crate::parse::policy_edit::{self, EditError, NewPerson};
use crate::report::words;

/// Change the people in the policy file; it takes effect once the owners accept the next version
#[derive(Debug, Subcommand)]
pub enum PersonCommands {
    Add(AddArgs),
    Key(NewKeyArgs),
    Role(RoleArgs),
    Rename(RenameArgs),
    /// Retire a key: it can't sign any more, and what it signed stands
    Retire(KeyArgs),
    /// Mark a key compromised: it can't sign any more, and what was not settled before is void
    Compromise(KeyArgs),
    Remove(RemoveArgs),
}

/// Change the machines in the policy file
#[derive(Debug, Subcommand)]
pub enum MachineCommands {
    Add(MachineAddArgs),
}

/// Add a person
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// The handle
    #[arg(value_name = "@HANDLE")]
    handle: String,
    /// The full name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// An e-mail address of their commits; can be repeated
    #[arg(long, value_name = "EMAIL")]
    email: Vec<String>,
    /// A role; can be repeated
    #[arg(long, value_name = "ROLE")]
    role: Vec<String>,
    /// Their public key, as text or as the path of a .pub file
    #[arg(long, value_name = "KEY")]
    public_key: String,
}

/// Add a key of a person, beside those they have or in their place
#[derive(Debug, clap::Args)]
pub struct NewKeyArgs {
    /// The handle
    #[arg(value_name = "@HANDLE")]
    handle: String,
    /// The new public key, as text or as the path of a .pub file
    #[arg(long, value_name = "KEY")]
    public_key: String,
    /// Retire the keys that they have: they can't sign any more, and what they signed stands
    #[arg(long)]
    replace: bool,
}

/// Remove a person who left: their keys are retired, their roles and rights go, and what they signed stands
///
/// The entry stays in the file, so that their commits and signatures are still known as theirs.
#[derive(Debug, clap::Args)]
pub struct RemoveArgs {
    /// The handle
    #[arg(value_name = "@HANDLE")]
    handle: String,
}

/// Give roles to a person, or remove them
#[derive(Debug, clap::Args)]
pub struct RoleArgs {
    /// The handle
    #[arg(value_name = "@HANDLE")]
    handle: String,
    /// A role to give; can be repeated
    #[arg(long, value_name = "ROLE")]
    add: Vec<String>,
    /// A role to remove; can be repeated
    #[arg(long, value_name = "ROLE")]
    remove: Vec<String>,
}

/// Change a person's full name; a handle never changes hands
#[derive(Debug, clap::Args)]
pub struct RenameArgs {
    /// The handle
    #[arg(value_name = "@HANDLE")]
    handle: String,
    /// The name
    name: String,
}

/// Which keys
#[derive(Debug, clap::Args)]
pub struct KeyArgs {
    /// The handle
    #[arg(value_name = "@HANDLE")]
    handle: String,
    /// The key; by default all their active keys
    #[arg(long, value_name = "SHA256:…")]
    fingerprint: Option<String>,
}

/// Add a machine, whose records are never counted as a person's
#[derive(Debug, clap::Args)]
pub struct MachineAddArgs {
    /// The name
    name: String,
    /// Its public key, as text or as the path of a .pub file
    #[arg(long, value_name = "KEY")]
    public_key: String,
    /// What it may sign: check, receipt, stage; can be repeated
    #[arg(long, value_name = "RIGHT", required = true)]
    may: Vec<String>,
}

impl PersonCommands {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        match self {
            Self::Add(args) => {
                let handle = Handle::from_user(&args.handle)?;
                let key = public_key(app, &args.public_key)?;
                let roles = roles(&args.role)?;
                if args.email.is_empty() {
                    app.ui.warn(format!(
                        "no --email is given, so commits of {handle} will be by an unknown author, as long as `emails` is empty"
                    ));
                }
                edit(app, &format!("added {handle}"), |text| {
                    policy_edit::add_person(
                        text,
                        &NewPerson { handle: &handle, name: args.name.as_deref(), emails: &args.email, roles: &roles, key: &key },
                    )
                })
            }
            Self::Role(args) => {
                let handle = Handle::from_user(&args.handle)?;
                let (add, remove) = (roles(&args.add)?, roles(&args.remove)?);
                if add.is_empty() && remove.is_empty() {
                    return Err(Failure::usage("no role is named").hint("use --add ROLE or --remove ROLE"));
                }
                edit(app, &format!("changed the roles of {handle}"), |text| {
                    let mut text = text.to_owned();
                    for role in &add {
                        text = policy_edit::add_role(&text, &handle, role)?;
                    }
                    for role in &remove {
                        text = policy_edit::remove_role(&text, &handle, role)?;
                    }
                    Ok(text)
                })
            }
            Self::Key(args) => {
                let handle = Handle::from_user(&args.handle)?;
                let key = public_key(app, &args.public_key)?;
                let told = match args.replace {
                    true => format!("added a key of {handle} and retired their others"),
                    false => format!("added a key of {handle}"),
                };
                let holder = Principal::Person(handle);
                edit(app, &told, |text| policy_edit::add_key(text, &holder, &key, args.replace))
            }
            Self::Remove(args) => {
                let handle = Handle::from_user(&args.handle)?;
                let told = format!("{handle} left: their keys are retired and they stand in no role or list any more,");
                edit(app, &told, |text| policy_edit::remove_person(text, &handle))
            }
            Self::Rename(args) => {
                let handle = Handle::from_user(&args.handle)?;
                edit(app, &format!("renamed {handle}"), |text| policy_edit::rename(text, &handle, &args.name))
            }
            Self::Retire(args) => change_key(app, args, KeyState::Retired),
            Self::Compromise(args) => change_key(app, args, KeyState::Compromised),
        }
    }
}

impl MachineCommands {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let Self::Add(args) = self;
        let name: MachineName = args.name.parse()?;
        let key = public_key(app, &args.public_key)?;
        let may: Vec<&str> = args.may.iter().map(String::as_str).collect();
        edit(app, &format!("added machine:{name}"), |text| policy_edit::add_machine(text, &name, &key, &may))
    }
}

fn change_key(app: &App, args: &KeyArgs, state: KeyState) -> Outcome {
    let handle = Handle::from_user(&args.handle)?;
    let repository = app.repository()?;
    let named = args.fingerprint.as_deref().map(str::parse::<Fingerprint>).transpose()?;
    // A compromised key is compromised from the version on that says so.
    let next = Workspace::load(&repository, None).map_or(1, |trusted| trusted.chain.head().version + 1);
    edit(app, &format!("keys of {handle} are {}", state.as_str()), |text| {
        let keys: Vec<Fingerprint> = match &named {
            Some(key) => vec![key.clone()],
            None => {
                let parsed = crate::parse::policy::parse_policy(text.as_bytes()).ok();
                let person = parsed.as_ref().and_then(|parsed| parsed.policy.person(&handle));
                let person = person.ok_or_else(|| EditError::Refused(format!("{handle} is not in the policy")))?;
                let active = person.keys.iter().filter(|key| key.state == KeyState::Active);
                active.map(|key| key.fingerprint.clone()).collect()
            }
        };
        let mut text = text.to_owned();
        for key in keys {
            text = policy_edit::set_key_state(&text, &Principal::Person(handle.clone()), &key, state, Some(next))?;
        }
        Ok(text)
    })
}

fn roles(named: &[String]) -> Outcome<Vec<RoleName>> {
    named.iter().map(|name| role(name)).collect()
}

/// Reads the name of a role as people type one.
pub(super) fn role(named: &str) -> Outcome<RoleName> {
    Ok(named.trim_start_matches('@').parse()?)
}

/// Reads a key as text, or from a .pub file.
fn public_key(app: &App, named: &str) -> Outcome<String> {
    if named.contains(' ') {
        return Ok(named.to_owned());
    }
    let path = app.path(&PathBuf::from(named));
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::usage(format!("the public key {named} can't be read")).because(error))?;
    Ok(text.trim().to_owned())
}

/// Edits the policy file of the working tree; what it does not name stays byte for byte.
pub(super) fn edit(app: &App, told: &str, change: impl Fn(&str) -> Result<String, EditError>) -> Outcome {
    let repository = app.repository()?;
    let top =
        repository.work_dir().ok_or_else(|| Failure::usage("this repository has no working tree").hint("run it in a clone"))?;
    let file = place(top)?;
    let text = std::fs::read_to_string(&file).map_err(|error| {
        Failure::missing(format!("there is no {POLICY_FILE} in the working tree"))
            .because(error)
            .suggest("write one", "relsign init")
    })?;
    let changed = change(&text).map_err(|error| match &error {
        EditError::Undeclared(role) => {
            Failure::refused(error.to_string()).suggest("declare it first", format!("relsign role add {role}"))
        }
        EditError::Refused(_) => Failure::refused(error.to_string()),
    })?;
    if changed == text {
        app.ui.say("nothing to change");
        return Ok(Exit::Yes);
    }
    files::rewrite(&file, changed.as_bytes())
        .map_err(|error| Failure::internal(format!("cannot write {POLICY_FILE}")).because(error))?;
    app.ui.say(format!("{told} in {POLICY_FILE}"));
    if let Ok(trusted) = Workspace::load(&repository, None) {
        app.ui.advise(Advice::run("it takes effect with the next policy version", "relsign policy diff"));
        say_next(app, &trusted, &changed);
    }
    Ok(Exit::Yes)
}

/// Says which commands put the changed file in force.
fn say_next(app: &App, trusted: &Workspace, changed: &str) {
    match policy::needs(trusted, changed) {
        None => {}
        Some(Needs::OneOwner) => app.ui.advise(Advice::run("then", "relsign policy activate")),
        Some(Needs::Revoker) => {
            app.ui.advise(Advice::run("it only revokes keys, so one owner is enough", "relsign policy activate"));
        }
        Some(Needs::Owners(many)) => {
            app.ui.advise(Advice::run(
                format!("then propose it, for {} to sign", words::plural(many.into(), "owner", "owners")),
                "relsign policy propose",
            ));
        }
        Some(Needs::NewKey) => {
            app.ui.advise(Advice::run("the owner signs it with the old key", "relsign policy propose"));
            app.ui.advise(Advice::run("and with the new one", "relsign --key FILE policy sign"));
            app.ui.advise(Advice::run("then", "relsign policy activate"));
        }
    }
}
