//! `relsign init --new-root`: the way out where nobody can change the policy any more.
//!
//! The new root names the one whose place it takes, and the version that was in force there. That can be checked by
//! anybody who has the former chain, and it proves nothing about who wrote it: whoever lost the owners' keys has
//! nothing left to prove it with. So a new root is trusted only by who was told of it in another way.

use crate::cli::app::App;
use crate::git::{Repository, files};
use crate::model::policy::Former;
use crate::ops::error::{Failure, Outcome};
use crate::ops::policy_file::{POLICY_FILE, place};
use crate::ops::roots;
use crate::ops::trust::{self, Trust};
use crate::ops::write::sign;
use crate::parse::policy_edit;
use crate::report::safe::shell_word;

/// What a new root takes the place of.
pub(super) struct Successor {
    former: Trust,
    text: String,
}

impl Successor {
    /// Loads the policy whose place is taken, and writes the link to it into the policy file.
    pub(super) fn begin(app: &App, repository: &Repository, yes: bool) -> Outcome<Self> {
        let former = trust::load(repository, None)?;
        app.ui.loud("A NEW ROOT");
        app.ui.say("Tell everybody who pinned the root here about the new one, over another channel than this repository.");
        app.ui.say("Releases in progress must be tagged and opened again. If enough owners can still sign, you do not want this.");
        if !yes && !app.dry_run && app.ui.confirm("Create a new root?", false) != Some(true) {
            return Err(Failure::usage("the new root was not confirmed").hint("answer yes on a terminal, or pass --yes"));
        }
        let top = repository.work_dir().ok_or_else(|| {
            Failure::usage("this repository has no working tree to write a policy into").hint("run it in a clone")
        })?;
        let path = place(top)?;
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Failure::missing(format!("there is no {POLICY_FILE} in the working tree"))
                .because(error)
                .suggest("start from the one in force", "relsign policy show --raw")
        })?;
        let head = former.chain.head();
        let link = Former { root: former.root, version: head.version, digest: head.digest };
        let changed = policy_edit::new_root(&text, sign::nonce()?, &link).map_err(|error| {
            Failure::refused(error.to_string()).hint(format!("name the new owners in {POLICY_FILE} before you run it"))
        })?;
        if !app.dry_run {
            files::rewrite(&path, changed.as_bytes())?;
            app.ui.say(format!("wrote the link to the superseded root into {POLICY_FILE}"));
        }
        Ok(Self { former, text: changed })
    }

    /// Returns the policy with the link to the one whose place it takes.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the chain whose place is taken.
    pub(super) fn former(&self) -> &Trust {
        &self.former
    }

    /// Describes what is left to do: a server lets nobody replace a policy in passing.
    pub(super) fn tell(&self, app: &App, repository: &Repository) -> Outcome<()> {
        let old = self.former.root;
        app.ui.say(format!("the superseded policy is kept; judge its releases with --root SHA256:{old}"));
        if let Some(remote) = repository.sharing_remote()? {
            let remote = shell_word(&remote);
            app.ui.say("somebody who may replace refs on the server pushes it:");
            app.ui.say(format!("  {}", roots::replacing_push(&self.former, &remote)));
        }
        app.ui.say("everybody else runs, once you have read the new root out to them:");
        app.ui.say("  relsign sync; relsign trust SHA256:…");
        Ok(())
    }
}
