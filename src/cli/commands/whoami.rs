//! `relsign whoami`.

use crate::cli::app::App;
use crate::cli::json::{self, WhoamiJson};
use crate::keystore::choose;
use crate::model::advice::Advice;
use crate::model::policy::KeyState;
use crate::ops::error::{Exit, Outcome};
use crate::ops::hooks::check::warn_if_lost;
use crate::ops::trust;
use crate::ops::workspace::Workspace;
use crate::report::words;

/// Show who you are here: person, roles, key and where it comes from, pinned root
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let trusted = Workspace::load(&repository, None);
        let root = trust::pinned(&repository)?;
        let chosen = choose::choose(&app.key_sources(Some(&repository))?, &|key| {
            trusted.as_ref().is_ok_and(|trusted| trusted.is_person(key))
        })?;
        let key = chosen.key.public().fingerprint().clone();
        let policy = trusted.as_ref().ok().map(|trusted| trusted.policy());
        let (holder, state) = policy.and_then(|policy| policy.key(&key)).map(|(holder, entry)| (holder, entry.state)).unzip();
        let exit = if state == Some(KeyState::Active) { Exit::Yes } else { Exit::No };
        let person =
            holder.as_ref().and_then(|holder| holder.person()).and_then(|handle| policy.and_then(|policy| policy.person(handle)));
        let value = WhoamiJson {
            name: person.and_then(|person| person.name.clone()),
            roles: person.map(|person| person.roles.iter().cloned().collect()).unwrap_or_default(),
            handle: holder,
            key,
            place: chosen.key.place(),
            origin: chosen.origin.as_str().to_owned(),
            locked: chosen.key.is_locked(),
            root,
            policy: trusted.as_ref().ok().map(|trusted| trusted.chain.head().head()),
        };
        if app.globals.json {
            json::print(app, &value)?;
            return Ok(exit);
        }
        let person = match (&value.handle, &value.name) {
            (Some(handle), Some(name)) => format!("{handle} ({name})"),
            (Some(handle), None) => handle.to_string(),
            (None, _) => "not listed in the policy".to_owned(),
        };
        app.ui.line(format!("person  {}", crate::report::safe::line(&person)))?;
        if !value.roles.is_empty() {
            app.ui.line(format!("roles   {}", words::and(&value.roles)))?;
        }
        let locked = if value.locked { ", locked with a passphrase" } else { "" };
        let place = crate::report::safe::line(&value.place);
        app.ui.line(format!("key     {} — {place}{locked}, named by {}", value.key, value.origin))?;
        app.ui.line(format!("root    {}", value.root.map_or_else(|| "none pinned".to_owned(), |root| format!("SHA256:{root}"))))?;
        match &trusted {
            Ok(trusted) => {
                app.ui.line(format!("policy  version {}, {}", trusted.chain.head().version, trusted.chain.head().digest))?
            }
            Err(failure) => app.ui.failure(failure),
        }
        warn_if_lost(app, &repository);
        if value.handle.is_none() && trusted.is_ok() {
            app.ui.advise(Advice::run("to be admitted, send an owner of the policy the output of", "relsign join"));
        }
        if let Some(state) = state.filter(|state| *state != KeyState::Active) {
            app.ui.advise(Advice::run(
                format!(
                    "this key is {} in the policy and can't sign; make another, and send an owner the output of",
                    state.as_str()
                ),
                "relsign --key FILE join",
            ));
        }
        Ok(exit)
    }
}
