//! `relsign gate`.

use super::json::{self, GateJson};
use super::question::Terms;
use crate::cli::app::App;
use crate::cli::error::{Exit, Failure, Outcome};
use crate::cli::signing::{self, Sharing};
use crate::cli::{releases, trust};
use crate::model::ids::{ObjectId, RootDigest, TagName};
use crate::model::report::{Answer, Report};
use crate::report::terminal;

/// May this go out now? One exit code, one line with the reason
///
/// Exit 0 is GO and nothing else is. The records are fetched first; where that fails, the answer is "cannot decide" and
/// not "no", unless --no-sync says that what is here will do.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (may be left out where one release is open)
    tag: Option<String>,
    /// The release on this commit, instead of a tag
    #[arg(long, value_name = "COMMIT", conflicts_with = "tag")]
    commit: Option<String>,
    /// The release that has this artifact, by the SHA-256 of its bytes
    #[arg(long, value_name = "SHA256", conflicts_with_all = ["tag", "commit"])]
    artifact: Option<String>,
    #[command(flatten)]
    terms: Terms,
    /// Trust this root instead of the pinned one
    #[arg(long, value_name = "SHA256:…")]
    root: Option<String>,
    #[command(flatten)]
    sharing: Sharing,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let mut stale = None;
        if !self.sharing.no_sync
            && let Some(remote) = signing::remote(&repository)?
            && let Err(failure) = signing::exchange(app, &repository, &remote, &[], false)
        {
            stale = Some((remote, failure));
        }
        let root = self.root.as_deref().map(RootDigest::from_user).transpose()?;
        let trusted = trust::load(&repository, root)?;
        let tag = match (&self.commit, &self.artifact) {
            (Some(commit), _) => {
                let commit =
                    repository.revparse(commit)?.ok_or_else(|| Failure::missing(format!("there is no commit {commit} here")))?;
                find(app, &repository, &trusted, &commit.to_string(), |report| report.commit == commit)?
            }
            (None, Some(artifact)) => {
                let digest = artifact.parse::<crate::model::ids::Sha256Digest>()?;
                find(app, &repository, &trusted, artifact, |report| {
                    report.artifacts.iter().any(|artifact| artifact.sha256 == digest)
                })?
            }
            (None, None) => releases::tag_or_open_one(app, &repository, &trusted, self.tag.as_deref())?,
        };
        let loaded = self.terms.load(app, &repository, &trusted, &tag)?;
        let report = loaded.report();
        loaded.remember(&repository, &report)?;
        if let Some((remote, failure)) = stale
            && report.verdict.answer == Answer::Go
        {
            return Err(Failure::missing(format!(
                "{} is GO by what is here, but {remote} could not be asked whether anybody spoke against it",
                tag.short()
            ))
            .because(failure.message)
            .hint("try again, or accept what is here with --no-sync"));
        }
        if app.globals.json {
            json::print(app, &to_json(&report))?;
        } else {
            app.ui.line(terminal::verdict_line(&report))?;
        }
        Ok(Exit::from(report.verdict.answer))
    }
}

fn to_json(report: &Report) -> GateJson {
    GateJson {
        format: "relsign-gate-v1",
        tag: report.tag.clone(),
        answer: report.verdict.answer,
        state: report.state,
        as_of: report.as_of,
        decision: report.verdict.decision,
        policy: report.governing_policy,
        reasons: report.verdict.reasons.clone(),
        heads: report.heads.clone(),
    }
}

/// Finds the one release that fits, preferring one in GO where several stand on the same commit.
fn find(
    app: &App,
    repository: &crate::git::Repository,
    trusted: &trust::Trusted,
    what: &str,
    fits: impl Fn(&crate::model::report::ReleaseReport) -> bool + Sync,
) -> Outcome<TagName> {
    let found = releases::each_release(app, repository, trusted, app.now, |report| {
        Ok(report.release.as_ref().is_some_and(&fits).then_some(report.verdict.answer))
    })?;
    let best = found.iter().position(|(_, answer)| *answer == Answer::Go).unwrap_or(0);
    let short: String = what.parse::<ObjectId>().map_or_else(|_| what.chars().take(12).collect(), |id| id.short());
    found
        .into_iter()
        .nth(best)
        .map(|(name, _)| name)
        .ok_or_else(|| Failure::missing(format!("no release was opened on {short}")).hint("get what others signed: relsign sync"))
}
