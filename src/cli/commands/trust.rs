//! `relsign trust`.

use crate::cli::app::App;
use crate::cli::json;
use crate::git::refs::Swap;
use crate::git::sync::side_ref;
use crate::git::{FORMER_PREFIX, POLICY_REF, Repository};
use crate::model::finding::Code;
use crate::model::ids::RootDigest;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::trust::{self, ROOT_CONFIG, Trusted};
use crate::report::words;

/// Show the pinned root, or pin one
///
/// The root is the digest of the first version of the policy. It is kept in git's configuration of this clone and never
/// in the repository's files. Compare it with what an owner of the policy reads out to you.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The root to pin
    #[arg(value_name = "SHA256:…")]
    root: Option<String>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        match &self.root {
            None => show(app, &repository),
            Some(named) => pin(app, &repository, RootDigest::from_user(named)?),
        }
    }
}

fn show(app: &App, repository: &Repository) -> Outcome {
    let (pinned, here) = (trust::pinned(repository)?, trust::root_here(repository)?);
    let mismatch = pinned.is_some() && here.is_some() && here != pinned;
    if let Some(pinned) = pinned {
        // One answer and one document: where there is no good answer, the failure is it.
        match app.globals.json {
            true if mismatch => {}
            true => json::print(app, &json::TrustJson { format: "relsign-trust-v1", pinned, here })?,
            false => app.ui.line(format!("SHA256:{pinned}"))?,
        }
    }
    match (pinned, here) {
        (Some(_), Some(here)) if mismatch => Err(Failure::finding(
            Code::RootMismatch,
            format!("the policy here descends from another root, SHA256:{here}"),
        )
        .hint("ask an owner of the policy before you trust it")),
        (Some(_), _) => Ok(Exit::Yes),
        (None, Some(here)) => Err(Failure::finding(Code::RootUnpinned, "no root is pinned here").hint(format!(
            "the policy here claims SHA256:{here}; compare it with what an owner of the policy reads out to you, then: relsign trust SHA256:{here}"
        ))),
        (None, None) => Err(Failure::missing("no root is pinned here, and there is no policy")
            .hint("set relsign up: relsign init; or get what others have: relsign sync")),
    }
}

fn pin(app: &App, repository: &Repository, root: RootDigest) -> Outcome {
    let before = trust::pinned(repository);
    if let Some(tip) = repository.resolve(POLICY_REF)? {
        // What is pinned must hold for what is here, or the next command would only fail with less to say.
        let versions = repository.policy_chain(&tip)?;
        match trust::accept(&versions, root) {
            Ok(_) => {}
            Err(failure) if trust::root_of(&versions) == Some(root) => return Err(failure),
            Err(failure) => match successor(repository, root)? {
                Some(successor) => adopt(app, repository, &tip, &versions, &successor)?,
                None => return Err(failure),
            },
        }
    }
    // Several values of this clone's own configuration are replaced by one; those of other scopes are the user's.
    repository.config_unset(ROOT_CONFIG)?;
    repository.config_set(ROOT_CONFIG, &format!("SHA256:{root}"))?;
    if let Ok(Some(before)) = before
        && before != root
    {
        app.ui.warn(format!("the pinned root was SHA256:{before}"));
    }
    trust::pinned(repository)?;
    app.ui.say(format!("pinned SHA256:{root}"));
    Ok(Exit::Yes)
}

/// Finds a chain of a root among those that were fetched and not taken over.
fn successor(repository: &Repository, root: RootDigest) -> Outcome<Option<Trusted>> {
    for remote in repository.remotes()? {
        let Some(tip) = repository.resolve(&side_ref(&remote, "policy"))? else { continue };
        let versions = repository.policy_chain(&tip)?;
        if trust::root_of(&versions) == Some(root) {
            return trust::accept(&versions, root).map(Some);
        }
    }
    Ok(None)
}

/// Puts a new root's chain in the place of the one it says that it succeeds, and keeps the former one.
fn adopt(
    app: &App,
    repository: &Repository,
    tip: &crate::model::ids::ObjectId,
    versions: &[crate::git::policy_ref::PolicyCommit],
    successor: &Trusted,
) -> Outcome<()> {
    let here = trust::root_of(versions).ok_or_else(|| Failure::missing("the policy here has no first version"))?;
    let former = trust::accept(versions, here)?;
    check_link(&former, successor)?;
    let kept = format!("{FORMER_PREFIX}{here}");
    if repository.resolve(&kept)?.is_none() {
        repository.swap_ref(&kept, tip, None, "Keep the policy of the former root")?;
    }
    if repository.swap_ref(POLICY_REF, &successor.tip, Some(tip), "Take over the policy of the new root")? != Swap::Done {
        return Err(Failure::internal("somebody else changed the policy at the same time").hint("run it again"));
    }
    app.ui.advise(format!("the policy of the former root SHA256:{here} is kept; ask about its releases with --root SHA256:{here}"));
    Ok(())
}

/// Says whether a root is what another one says that it succeeds: the same root, and the version that was in force.
pub(super) fn check_link(former: &Trusted, successor: &Trusted) -> Outcome<()> {
    let Some(first) = successor.chain.version(1) else { return Err(Failure::missing("the new root has no first version")) };
    let Some(link) = &first.policy.contents().former else {
        return Err(Failure::finding(
            Code::RootMismatch,
            format!("the policy of root SHA256:{} does not say that it succeeds SHA256:{}", successor.root, former.root),
        )
        .hint("ask its owners; if it is right, begin in a fresh clone"));
    };
    let head = former.chain.head();
    if link.root != former.root {
        let message = format!("the new root succeeds SHA256:{}, and the one here is SHA256:{}", link.root, former.root);
        return Err(Failure::finding(Code::RootMismatch, message));
    }
    match former.chain.version(link.version) {
        Some(version) if version.digest == link.digest => {
            if head.version > link.version {
                let message = format!(
                    "the new root succeeds version {}, and version {} of the former policy is here: it has owners",
                    link.version, head.version
                );
                return Err(Failure::finding(Code::RootMismatch, message).hint("ask them before you trust another root"));
            }
            Ok(())
        }
        Some(version) => {
            let message = format!(
                "the new root succeeds version {} of digest {}, and here its digest is {}",
                link.version,
                link.digest.short(),
                version.digest.short()
            );
            Err(Failure::finding(Code::RootMismatch, message))
        }
        None => {
            let message =
                format!("the new root succeeds version {}, and the policy here is version {}", link.version, head.version);
            Err(Failure::finding(Code::PolicyMissing, message).hint("get the newer one: relsign sync"))
        }
    }
}

/// Says what there is to compare, and with whom; what it names comes from a policy that nobody vouches for yet.
pub fn tell(app: &App, repository: &Repository, root: RootDigest) -> Outcome<()> {
    let owners = repository
        .resolve(POLICY_REF)?
        .map(|tip| repository.policy_chain(&tip).map_err(Failure::from).and_then(|versions| trust::accept(&versions, root)))
        .transpose()?
        .map(|trusted| {
            let contents = trusted.policy().contents();
            let name = |handle: &crate::model::ids::Handle| match contents.people.get(handle).and_then(|it| it.name.as_deref()) {
                Some(name) => format!("{handle} ({name})"),
                None => handle.to_string(),
            };
            contents.owners.people.iter().map(name).collect::<Vec<_>>()
        })
        .unwrap_or_default();
    app.ui.say(format!("this repository has a policy with the root\n  SHA256:{root}"));
    app.ui.say("Whoever could push here could have put it there.");
    app.ui.say(format!(
        "It names as its owners {}: ask one of them whom you know, in person or on the phone and not",
        words::and(owners)
    ));
    app.ui.say("through this repository, to read theirs out: relsign trust");
    Ok(())
}

/// Asks on the terminal whether the root that is here is the right one, and pins it if so.
pub fn offer(app: &App) -> Outcome<bool> {
    let repository = app.repository()?;
    let Some(root) = trust::root_here(&repository)? else { return Ok(false) };
    app.ui.loud("THIS REPOSITORY IS NOT TRUSTED YET");
    tell(app, &repository, root)?;
    let answer = app.ui.ask("Did you compare it, digit by digit? Type yes to trust it from now on:");
    if answer.is_none_or(|answer| !answer.eq_ignore_ascii_case("yes")) {
        return Ok(false);
    }
    pin(app, &repository, root)?;
    Ok(true)
}
