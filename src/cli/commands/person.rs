//! `relsign person` and `relsign machine`: edits of the policy file, which take effect with its next version.

pub(super) mod edit;
mod from_history;

use std::path::PathBuf;

use clap::Subcommand;

use crate::cli::app::App;
use crate::model::ids::{Fingerprint, Handle, MachineName, Principal, RoleName};
use crate::model::policy::KeyState;
use crate::ops::error::{Failure, Outcome};
use crate::ops::workspace::Workspace;
use crate::parse::policy_edit::{self, EditError, NewPerson};
pub(crate) use edit::PolicyEditJson;
use edit::edit;

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

/// Add a person, or give a key to one who has none yet
///
/// With --from-history it adds the regular authors of the commits, who they are and under which addresses, and the other
/// addresses of people whom the policy has; with --former besides those who have left. Without a key nobody can sign anything,
/// but their commits are known as theirs.
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// The handle
    #[arg(value_name = "@HANDLE", required_unless_present = "from_history")]
    handle: Option<String>,
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
    #[arg(long, value_name = "KEY", required_unless_present_any = ["from_history", "former"])]
    public_key: Option<String>,
    /// Add those who made five commits or more and one of them in the year before the newest commit
    #[arg(long, conflicts_with_all = ["handle", "name", "email", "role", "public_key"])]
    from_history: bool,
    /// They have left: without a key or a role; with --from-history, those without a commit in that year
    #[arg(long, conflicts_with_all = ["role", "public_key"])]
    former: bool,
    /// Do not ask
    #[arg(short, long, requires = "from_history")]
    yes: bool,
}

impl AddArgs {
    fn run(&self, app: &App) -> Outcome {
        let Some(handle) = &self.handle else { return from_history::run(app, self.former, self.yes) };
        let handle = Handle::from_user(handle)?;
        let key = self.public_key.as_deref().map(|key| public_key(app, key)).transpose()?;
        let roles = roles(&self.role)?;
        if self.email.is_empty() {
            app.ui.warn(format!(
                "no --email is given, so commits of {handle} will be by an unknown author, as long as `emails` is empty"
            ));
        }
        let person = NewPerson {
            handle: &handle,
            name: self.name.as_deref(),
            emails: &self.email,
            roles: &roles,
            key: key.as_deref(),
            has_left: self.former,
        };
        edit(app, &format!("added {handle}"), |text| policy_edit::add_person(text, &person))
    }
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
            Self::Add(args) => args.run(app),
            Self::Role(args) => {
                let handle = Handle::from_user(&args.handle)?;
                let (add, remove) = (roles(&args.add)?, roles(&args.remove)?);
                if add.is_empty() && remove.is_empty() {
                    return Err(Failure::usage("no role is named").hint("use --add ROLE or --remove ROLE"));
                }
                edit(app, &format!("changed the roles of {handle}"), |text| {
                    let added = add.iter().try_fold(text.to_owned(), |text, role| policy_edit::add_role(&text, &handle, role))?;
                    remove.iter().try_fold(added, |text, role| policy_edit::remove_role(&text, &handle, role))
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
        let holder = Principal::Person(handle.clone());
        keys.iter().try_fold(text.to_owned(), |text, key| policy_edit::set_key_state(&text, &holder, key, state, Some(next)))
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
