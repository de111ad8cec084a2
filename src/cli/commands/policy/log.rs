//! `relsign policy log` and `relsign policy roster`: what was in force, and who stood in it.

use crate::cli::app::App;
use crate::cli::json;
use crate::cli::json::policy::{PolicyLogJson, ProposalJson, Roster, RosterJson};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::{policy_log, proposals};
use crate::report::{policy, words};

/// List every version of the policy: who signed it, and what it changed
#[derive(Debug, clap::Args)]
pub struct LogArgs {}

/// List people, machines, keys, roles and components of a policy version
#[derive(Debug, clap::Args)]
pub struct RosterArgs {
    /// Show the newest version whose signers all claim to have signed it by this time. Claimed times prove nothing
    #[arg(long, value_name = "TIME", conflicts_with = "policy")]
    as_of: Option<String>,
    /// Show this version
    #[arg(long, value_name = "VERSION")]
    policy: Option<u32>,
}

impl LogArgs {
    pub(super) fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.trusted()?;
        let versions = policy_log::versions(&repository, &trusted)?;
        let waiting = proposals::waiting(&repository, &trusted)?;
        if app.globals.json {
            let proposals = waiting.iter().map(|proposal| ProposalJson::of(&trusted, proposal)).collect();
            let value = PolicyLogJson { root: trusted.root, versions, proposals };
            return json::answer(app, &value);
        }
        app.page(&repository, &policy::versions(&versions, &app.style()))?;
        for proposal in &waiting {
            app.ui.say(proposal.told(&trusted));
        }
        Ok(Exit::Yes)
    }
}

impl RosterArgs {
    pub(super) fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.trusted()?;
        let all = policy_log::versions(&repository, &trusted)?;
        let as_of = self.as_of.as_deref().map(|text| app.time(text)).transpose()?;
        let number = match (self.policy, as_of) {
            (Some(number), _) => number,
            (None, None) => trusted.chain.head().version,
            // A version may not be older than one before it, whatever its signers claim.
            (None, Some(as_of)) => {
                let by_then = all.iter().take_while(|version| version.claimed.is_some_and(|claimed| claimed <= as_of));
                by_then.last().map(|version| version.version).ok_or_else(|| {
                    Failure::missing(format!("no version of the policy was signed by {}", words::time(as_of, &app.zone)))
                })?
            }
        };
        let version = trusted.chain.version(number).ok_or_else(|| {
            Failure::missing(format!("there is no version {number} of the policy, the newest is {}", trusted.chain.head().version))
        })?;
        let claimed = all.iter().find(|version| version.version == number).and_then(|version| version.claimed);
        let roster = Roster::of(&version.policy);
        if app.globals.json {
            let (digest, root) = (version.digest, trusted.root);
            return json::answer(app, &RosterJson { version: number, digest, root, as_of, claimed, roster });
        }
        app.page(&repository, &policy::roster((number, version.digest, claimed), &roster, &app.style()))?;
        if as_of.is_some() {
            app.ui.say("the version in force then is derived from the times that its signers claim, which are not witnessed");
        }
        Ok(Exit::Yes)
    }
}
