//! `relsign trust`.

use crate::cli::app::App;
use crate::cli::error::{Exit, Failure, Outcome};
use crate::cli::trust::{self, ROOT_CONFIG};
use crate::git::POLICY_REF;
use crate::model::ids::RootDigest;

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
        let pinned = trust::pinned(&repository)?;
        let Some(named) = &self.root else {
            let here = trust::root_here(&repository)?;
            return match (pinned, here) {
                (Some(pinned), here) => {
                    app.ui.line(format!("SHA256:{pinned}"))?;
                    match here {
                        Some(here) if here != pinned => Err(Failure::invalid(format!("the policy here descends from another root, SHA256:{here}"))),
                        _ => Ok(Exit::Yes),
                    }
                }
                (None, Some(here)) => Err(Failure::missing("no root is pinned here")
                    .hint(format!("the policy here claims SHA256:{here}; compare it with what an owner of the policy reads out to you, then: relsign trust SHA256:{here}"))),
                (None, None) => Err(Failure::missing("no root is pinned here, and there is no policy").hint("set relsign up: relsign init; or get what others have: relsign sync")),
            };
        };
        let root = RootDigest::from_user(named)?;
        if let Some(tip) = repository.resolve(POLICY_REF)? {
            // What is pinned must hold for what is here, or the next command would only fail with less to say.
            trust::accept(&repository.policy_chain(&tip)?, root)?;
        }
        repository.config_set(ROOT_CONFIG, &format!("SHA256:{root}"))?;
        match pinned {
            Some(before) if before != root => app.ui.warn(format!("the pinned root was SHA256:{before}")),
            _ => {}
        }
        app.ui.say(format!("pinned SHA256:{root}"));
        Ok(Exit::Yes)
    }
}
