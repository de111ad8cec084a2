//! `relsign role`: edits of the roles in the policy file, which take effect with its next version.

use clap::Subcommand;

use super::person::edit::edit;
use super::person::role;
use crate::cli::app::App;
use crate::model::ids::Handle;
use crate::ops::error::Outcome;
use crate::parse::policy_edit;

/// Change the roles in the policy file; it takes effect once the owners accept the next version
#[derive(Debug, Subcommand)]
pub enum RoleCommands {
    Add(AddArgs),
    Describe(DescribeArgs),
    Remove(RemoveArgs),
}

/// Add a role; to give it to more people later: relsign person role
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// The name
    name: String,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Somebody who gets it; can be repeated
    #[arg(long = "to", value_name = "@HANDLE")]
    holders: Vec<String>,
}

/// Describe a role anew
#[derive(Debug, clap::Args)]
pub struct DescribeArgs {
    /// The name
    name: String,
    /// What it is for
    description: String,
}

/// Remove a role that no rule and no right asks for; whoever holds it loses it
#[derive(Debug, clap::Args)]
pub struct RemoveArgs {
    /// The name
    name: String,
}

impl RoleCommands {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        match self {
            Self::Add(args) => {
                let role = role(&args.name)?;
                let holders = args.holders.iter().map(|holder| Handle::from_user(holder)).collect::<Result<Vec<_>, _>>()?;
                edit(app, &format!("added the role {role}"), |text| {
                    let declared = policy_edit::declare_role(text, &role, args.description.as_deref().unwrap_or_default())?;
                    holders.iter().try_fold(declared, |text, holder| policy_edit::add_role(&text, holder, &role))
                })
            }
            Self::Describe(args) => {
                let role = role(&args.name)?;
                edit(app, &format!("described the role {role}"), |text| policy_edit::describe_role(text, &role, &args.description))
            }
            Self::Remove(args) => {
                let role = role(&args.name)?;
                edit(app, &format!("removed the role {role}"), |text| policy_edit::remove_role_of_all(text, &role))
            }
        }
    }
}
