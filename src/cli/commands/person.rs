//! `relsign person` and `relsign machine`: edits of the policy file, which take effect with its next version.

use std::path::PathBuf;

use clap::Subcommand;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::json;
use crate::git::files;
use crate::model::advice::Advice;
use crate::model::ids::{Fingerprint, Handle, MachineName, Principal, RoleName};
use crate::model::policy::KeyState;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::policy_file::{POLICY_FILE, place};
use crate::ops::workspace::Workspace;
use crate::parse::policy_edit::{self, EditError, NewPerson};

/// Change the people in the policy file; it takes effect once the owners accept the next version
#[derive(Debug, Subcommand)]
pub enum PersonCommands {
    Add(AddArgs),
    Role(RoleArgs),
    Rename(RenameArgs),
    /// Retire a key: it can't sign any more, and what it signed stands
    Retire(KeyArgs),
    /// Mark a key compromised: it can't sign any more, and what was not settled before is void
    Compromise(KeyArgs),
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

/// What the commands that edit the policy file print with `--json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PolicyEditJson {
    /// Always `relsign-policy-edit-v1`.
    pub format: &'static str,
    /// The file.
    pub file: &'static str,
    /// Whether it is another one now.
    pub changed: bool,
}

impl PersonCommands {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        match self {
            Self::Add(args) => {
                let handle = Handle::from_user(&args.handle)?;
                let key = public_key(app, &args.public_key)?;
                let roles = roles(&args.role)?;
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
                person
                    .map(|person| {
                        person.keys.iter().filter(|key| key.state == KeyState::Active).map(|key| key.fingerprint.clone()).collect()
                    })
                    .unwrap_or_default()
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
    named.iter().map(|role| Ok(role.trim_start_matches('@').parse()?)).collect()
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
fn edit(app: &App, told: &str, change: impl Fn(&str) -> Result<String, EditError>) -> Outcome {
    let repository = app.repository()?;
    let top =
        repository.work_dir().ok_or_else(|| Failure::usage("this repository has no working tree").hint("run it in a clone"))?;
    let file = place(top)?;
    let text = std::fs::read_to_string(&file).map_err(|error| {
        Failure::missing(format!("there is no {POLICY_FILE} in the working tree"))
            .because(error)
            .suggest("write one", "relsign init")
    })?;
    let changed = change(&text).map_err(|error| Failure::refused(error.to_string()))?;
    let tell = |changed| match app.globals.json {
        true => json::print(app, &PolicyEditJson { format: "relsign-policy-edit-v1", file: POLICY_FILE, changed }),
        false => Ok(()),
    };
    if changed == text {
        app.ui.say("nothing to change");
        return tell(false).map(|()| Exit::Yes);
    }
    files::rewrite(&file, changed.as_bytes())
        .map_err(|error| Failure::internal(format!("cannot write {POLICY_FILE}")).because(error))?;
    tell(true)?;
    app.ui.say(format!("{told} in {POLICY_FILE}"));
    if Workspace::load(&repository, None).is_ok() {
        app.ui.advise(Advice::run("it takes effect with the next policy version", "relsign policy diff"));
        app.ui.advise(Advice::run("then", "relsign policy activate"));
    }
    Ok(Exit::Yes)
}
