//! `relsign gate`.

mod wait;

use super::selector::Terms;
use crate::cli::app::App;
use crate::cli::json::{self, GateJson, GateStageJson};
use crate::cli::sharing::Fetching;
use crate::git::Repository;
use crate::model::finding::Code;
use crate::model::ids::RootDigest;
use crate::ops::error::{Exit, Outcome};
use crate::ops::gate::asked::{Asked, line};
use crate::ops::gate::{Question, fetch};
use crate::ops::load::named;
use crate::ops::workspace::Workspace;
use crate::report::safe::shell_word;
use crate::report::terminal;

/// Ask whether a release may go out now: one exit code, and one line with the reason
///
/// Only exit code 0 is GO. Records are fetched first; if that fails and the remote's records might change the answer, the
/// answer is "cannot decide", unless --no-sync tells it to rely on local records.
///
/// A GO is for one component and one environment. Without --env the component's first environment is used; if the tag was
/// opened for another, or for several, --env is required. A commit or an artifact may go out if every release of it is in
/// GO; one that is not makes the answer no until an authorised person abandons it or rolls it back. If the policy has
/// several components, --component names the one to deploy.
///
/// If the release goes out in stages, --stage names the one to deploy: enter it, ask, deploy. Until the release is out, the
/// answer is no outside its planned window and while its environment is frozen; going back to an earlier release is not
/// held up by either.
///
/// With a tag and --commit, the tag must point at that commit. If a pipeline's checkout replaced the tag with a commit,
/// the remote's tag object is judged, and must point at the commit that is checked out.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (optional if one release is open)
    tag: Option<String>,
    /// All releases on this commit
    ///
    /// With a tag it is that release, if it is on this commit.
    #[arg(long, value_name = "COMMIT")]
    commit: Option<String>,
    /// All releases of this artifact, by its SHA-256
    #[arg(long, value_name = "SHA256", conflicts_with_all = ["tag", "commit"])]
    artifact: Option<String>,
    /// Only releases of this component of the policy
    #[arg(long, value_name = "COMPONENT")]
    component: Option<String>,
    #[command(flatten)]
    terms: Terms,
    /// Ask for this stage of the roll-out
    ///
    /// It is GO if those before it have passed and it was entered.
    #[arg(long, value_name = "STAGE")]
    stage: Option<String>,
    /// Ask again for at most this long, such as 2h
    ///
    /// It ends when the answer is GO, or can no longer become GO.
    #[arg(long, value_name = "TIME")]
    wait: Option<String>,
    /// Trust this root instead of the pinned one
    #[arg(long, value_name = "SHA256:…")]
    root: Option<String>,
    #[command(flatten)]
    fetching: Fetching,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        match self.wait.as_deref().map(|span| app.span(span)).transpose()? {
            None => self.tell(app, &repository, &self.ask(app, &repository)?, None),
            Some(span) => {
                let (asked, waited) = wait::until_final(app, span, |moment| self.ask(moment, &repository))?;
                self.tell(app, &repository, &asked, Some(waited))
            }
        }
    }

    /// Fetches and judges once.
    fn ask(&self, app: &App, repository: &Repository) -> Outcome<Asked> {
        let root = self.root.as_deref().map(RootDigest::from_user).transpose()?;
        let unasked = if self.fetching.no_sync { None } else { fetch(app, repository, root)? };
        let judge = || {
            let trusted = Workspace::load(repository, root)?;
            let question = Question {
                session: app,
                repository,
                trusted: &trusted,
                component: self.component.as_deref(),
                stage: self.stage.as_deref(),
                environment: self.terms.place.environment()?,
                as_of: self.terms.as_of(app)?,
                unasked: unasked.as_ref(),
                call: &|more| self.call(more),
            };
            question.judge(self.tag.as_deref(), self.commit.as_deref(), self.artifact.as_deref())
        };
        judge().map_err(|failure| match &unasked {
            Some(unasked) if failure.exit == Exit::CannotDecide => failure.because(unasked.describe()),
            _ => failure,
        })
    }

    /// Returns the call again with something more, as a command that can be run.
    fn call(&self, more: &str) -> String {
        let mut call = "relsign gate".to_owned();
        let named = [
            ("", self.tag.as_ref()),
            ("--commit ", self.commit.as_ref()),
            ("--artifact ", self.artifact.as_ref()),
            ("--component ", self.component.as_ref()),
            ("--env ", self.terms.place.env.as_ref()),
            ("--stage ", self.stage.as_ref()),
        ];
        for (option, value) in named.into_iter().filter_map(|(option, value)| Some((option, value?))) {
            call += &format!(" {option}{}", shell_word(value));
        }
        format!("{call} {more}")
    }

    fn tell(&self, app: &App, repository: &Repository, asked: &Asked, waited: Option<u64>) -> Outcome {
        if app.globals.json {
            json::print(app, &to_json(asked, waited))?;
        } else {
            app.ui.line(terminal::painted(&line(asked), asked.report.verdict.answer, &app.style()))?;
        }
        let report = &asked.report;
        let is_missing = report.verdict.reasons.iter().any(|reason| reason.code == Code::TagObjectMissing);
        if is_missing && report.records.is_empty() {
            named::like(repository, report.tag.short())?.into_iter().for_each(|near| app.ui.say(format!("hint: {near}")));
        }
        if let Some(unasked) = &asked.unasked {
            app.ui.warn(unasked.describe());
            if asked.is_open {
                app.ui.say("hint: try again, or rely on local records: --no-sync");
            }
        }
        Ok(Exit::from(asked.report.verdict.answer))
    }
}

fn to_json(asked: &Asked, waited: Option<u64>) -> GateJson {
    let report = &asked.report;
    let release = report.release.as_ref();
    GateJson {
        tag: report.tag.clone(),
        answer: report.verdict.answer,
        state: report.state,
        as_of: report.as_of,
        component: release.map(|release| release.component.clone()),
        environment: release.map(|release| release.environment.clone()),
        tag_object: release.map(|release| release.tag_object),
        commit: release.map(|release| release.commit),
        stage: asked.entry.as_ref().map(|entry| GateStageJson {
            id: entry.stage.id.clone(),
            name: entry.stage.name.clone(),
            traffic: entry.stage.traffic.clone(),
            by_person: entry.by_person,
        }),
        decision: report.verdict.decision,
        policy: report.governing_policy,
        reasons: report.verdict.reasons.clone(),
        notes: report.findings.iter().filter(|finding| finding.code == Code::TasksUnread).cloned().collect(),
        heads: report.heads.clone(),
        waited,
    }
}
