//! `relsign join`.

use schemars::JsonSchema;
use serde::Serialize;

use super::init;
use crate::cli::app::App;
use crate::cli::json;
use crate::model::ids::{Fingerprint, Handle, Principal};
use crate::model::policy::Policy;
use crate::ops::error::{Exit, Outcome};
use crate::ops::share::{self, Sharing};
use crate::ops::trust;
use crate::ops::workspace::Workspace;
use crate::ops::write::set_up;
use crate::report::safe::shell_word;

/// Print the command with which an owner of the policy admits you
///
/// If you have no signing key, it offers to create one.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The handle you would like
    #[arg(long, value_name = "@HANDLE")]
    handle: Option<String>,
    /// A role you ask for; can be repeated
    #[arg(long, value_name = "ROLE")]
    role: Vec<String>,
    /// Create a key if there is none, without asking
    #[arg(short, long)]
    yes: bool,
}

/// What `join --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct JoinJson {
    /// Always `relsign-join-v1`.
    pub format: &'static str,
    /// The key.
    pub key: Fingerprint,
    /// Whose it is, where the policy lists it already.
    pub holder: Option<Principal>,
    /// What an owner of the policy runs, where it does not.
    pub command: Option<String>,
}

fn print(app: &App, key: &Fingerprint, holder: Option<Principal>, command: Option<String>) -> Outcome<()> {
    json::print(app, &JoinJson { format: "relsign-join-v1", key: key.clone(), holder, command })
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        // Whether there is a policy to be admitted to, the server knows.
        share::fetch_first(app, &repository, &Sharing::default())?;
        let sources = app.key_sources(Some(&repository))?;
        let trusted = Workspace::load(&repository, None).ok();
        let known = |key: &_| trusted.as_ref().is_some_and(|trusted| trusted.is_person(key));
        let chosen = init::choose_or_make(app, &sources, &known, self.yes)?;
        let fingerprint = chosen.key.public().fingerprint();
        if let Some((holder, _)) = trusted.as_ref().and_then(|trusted| trusted.policy().key(fingerprint)) {
            if app.globals.json {
                print(app, fingerprint, Some(holder), None)?;
            } else {
                app.ui.line(format!("you are already {holder}, with {fingerprint}"))?;
            }
            return Ok(Exit::Yes);
        }
        let author = app.author(&repository)?;
        let handle = match &self.handle {
            Some(text) => Handle::from_user(text)?,
            // Somebody may have been added by their commits already, without a key.
            None => match trusted.as_ref().and_then(|trusted| without_key(trusted.policy(), &author.email)) {
                Some(known) => known,
                None => set_up::guess_handle(&author.name, app.env.user.as_deref()),
            },
        };
        let mut command = format!("relsign person add {handle} --name {} ", shell_word(&author.name));
        if !author.email.is_empty() {
            command += &format!("--email {} ", shell_word(&author.email));
        }
        for role in &self.role {
            command += &format!("--role {} ", shell_word(role));
        }
        command += &format!("--public-key {}", shell_word(&chosen.key.public().text()));
        if app.globals.json {
            print(app, fingerprint, None, Some(command))?;
            return Ok(Exit::Yes);
        }
        app.ui.say(match trust::is_here(&repository)? {
            true => "an owner of the policy runs this, commits the file, and relsign policy activate:",
            false => "the person setting up relsign runs this between relsign init --draft and relsign init:",
        });
        app.ui.line(command)?;
        app.ui.say(format!("compare the key with them: {fingerprint}"));
        Ok(Exit::Yes)
    }
}

/// Returns whom a policy knows by an address and lists no key of.
fn without_key(policy: &Policy, email: &str) -> Option<Handle> {
    let handle = policy.handle_of_email(email)?;
    policy.person(handle).filter(|person| person.keys.is_empty()).map(|_| handle.clone())
}
