//! `relsign join`.

use super::init;
use crate::cli::app::App;
use crate::cli::json;
use crate::git::Author;
use crate::model::ids::{Fingerprint, Handle, Principal};
use crate::model::policy::{KeyState, Policy};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::share::{self, Sharing};
use crate::ops::trust;
use crate::ops::workspace::Workspace;
use crate::ops::write::set_up;
use crate::report::safe::shell_word;

/// Print the command with which an owner of the policy admits you, or a new key of yours
///
/// If you have no signing key, it offers to create one.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The handle you would like, or have
    #[arg(long, value_name = "@HANDLE")]
    handle: Option<String>,
    /// A role you ask for; can be repeated
    #[arg(long, value_name = "ROLE")]
    role: Vec<String>,
    /// The key takes the place of those that you had
    #[arg(long)]
    replace: bool,
    /// Create a key if there is none, without asking
    #[arg(short, long)]
    yes: bool,
}

printed! {
    /// What `join --json` prints.
    pub struct JoinJson as "relsign-join-v1" {
        /// The key.
        pub key: Fingerprint,
        /// Whose it is, where the policy lists it already.
        pub holder: Option<Principal>,
        /// What an owner of the policy runs, where it does not.
        pub command: Option<String>,
    }
}

fn answer(app: &App, key: &Fingerprint, holder: Option<Principal>, command: Option<String>) -> Outcome {
    json::answer(app, &JoinJson { key: key.clone(), holder, command })
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
        let policy = trusted.as_ref().map(|trusted| trusted.policy());
        if let Some((holder, entry)) = policy.and_then(|policy| policy.key(fingerprint)) {
            if entry.state != KeyState::Active {
                return Err(Failure::refused(format!("the key {fingerprint} of {holder} is {}", entry.state.as_str()))
                    .suggest("make another, and name it", "relsign --key FILE join"));
            }
            if app.globals.json {
                return answer(app, fingerprint, Some(holder), None);
            }
            app.ui.line(format!("you are already {holder}, with {fingerprint}"))?;
            return Ok(Exit::Yes);
        }
        let author = app.author(&repository)?;
        let key = shell_word(&chosen.key.public().text());
        let known = self.known_as(policy, &author)?;
        let has_key =
            |handle: &Handle| policy.and_then(|policy| policy.person(handle)).is_some_and(|person| !person.keys.is_empty());
        let command = match known {
            Some(handle) if has_key(&handle) => self.new_key(app, &handle, &key),
            // Somebody may have been added by their commits already, without a key.
            known => self.new_person(app, policy, known, (&author, &key))?,
        };
        if app.globals.json {
            return answer(app, fingerprint, None, Some(command));
        }
        app.ui.say(match trust::is_here(&repository)? {
            true => "an owner of the policy runs this, commits the file, and relsign policy activate:",
            false => "the person setting up relsign runs this between relsign init --draft and relsign init:",
        });
        app.ui.line(command)?;
        app.ui.say(format!("compare the key with them: {fingerprint}"));
        Ok(Exit::Yes)
    }

    /// Finds the person of the policy who asks: by the handle that they name, or by the address that git has of them.
    fn known_as(&self, policy: Option<&Policy>, author: &Author) -> Outcome<Option<Handle>> {
        let Some(policy) = policy else { return Ok(None) };
        Ok(match &self.handle {
            Some(text) => Some(Handle::from_user(text)?).filter(|handle| policy.person(handle).is_some()),
            None => policy.handle_of_email(&author.email).cloned(),
        })
    }

    fn new_key(&self, app: &App, handle: &Handle, key: &str) -> String {
        app.ui.say(match self.replace {
            true => format!("{handle} is in the policy; this key takes the place of theirs"),
            false => format!("{handle} is in the policy; this key comes beside theirs (in their place: relsign join --replace)"),
        });
        let replace = if self.replace { " --replace" } else { "" };
        format!("relsign person key {handle}{replace} --public-key {key}")
    }

    fn new_person(
        &self,
        app: &App,
        policy: Option<&Policy>,
        known: Option<Handle>,
        (author, key): (&Author, &str),
    ) -> Outcome<String> {
        if author.email.is_empty() {
            return Err(set_up::nobody_known());
        }
        let is_known = known.is_some();
        let handle = match (known, &self.handle) {
            (Some(known), _) => known,
            (None, Some(text)) => Handle::from_user(text)?,
            (None, None) => set_up::guess_handle(&author.name, app.env.user.as_deref()),
        };
        if !is_known && policy.is_some_and(|policy| policy.person(&handle).is_some()) {
            return Err(Failure::usage(format!("{handle} is in the policy already, with other addresses than <{}>", author.email))
                .suggest("if that is you", format!("relsign join --handle {handle}"))
                .suggest("if not, take another handle", "relsign join --handle @HANDLE"));
        }
        let mut command = format!("relsign person add {handle} --name {} ", shell_word(&author.name));
        command += &format!("--email {} ", shell_word(&author.email));
        for role in &self.role {
            command += &format!("--role {} ", shell_word(role));
        }
        Ok(command + &format!("--public-key {key}"))
    }
}
