//! `relsign gate`.

mod asked;
mod several;
mod wait;

use self::asked::{Asked, Unasked, line};
use super::selector::Terms;
use crate::cli::app::App;
use crate::cli::json::{self, GateJson, GateStageJson};
use crate::cli::sharing::Fetching;
use crate::evaluate::course::{self, Entry};
use crate::git::{ObjectKind, Repository};
use crate::model::finding::{Code, Finding, Seen, Severity};
use crate::model::ids::{ObjectId, RootDigest};
use crate::model::report::{Answer, ReleaseState, Report};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::candidates::Deployed;
use crate::ops::load::release::Loaded;
use crate::ops::load::{out, releases, tag_target};
use crate::ops::share;
use crate::ops::workspace::Workspace;
use crate::report::safe::shell_word;
use crate::report::{terminal, words};

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
            None => self.tell(app, &self.ask(app, &repository)?, None),
            Some(span) => {
                let (asked, waited) = wait::until_final(app, span, |moment| self.ask(moment, &repository))?;
                self.tell(app, &asked, Some(waited))
            }
        }
    }

    /// Fetches and judges once.
    fn ask(&self, app: &App, repository: &Repository) -> Outcome<Asked> {
        let root = self.root.as_deref().map(RootDigest::from_user).transpose()?;
        let unasked = self.fetch(app, repository, root)?;
        self.judge(app, repository, root, unasked.as_ref()).map_err(|failure| match &unasked {
            Some(unasked) if failure.exit == Exit::CannotDecide => failure.because(unasked.describe()),
            _ => failure,
        })
    }

    /// Judges by what is here, which may be less than there is.
    fn judge(&self, app: &App, repository: &Repository, root: Option<RootDigest>, unasked: Option<&Unasked>) -> Outcome<Asked> {
        let trusted = Workspace::load(repository, root)?;
        self.require_component(&trusted)?;
        let commit = self.commit.as_deref().map(|commit| commit_of(repository, commit)).transpose()?;
        match (&self.tag, commit, &self.artifact) {
            (None, Some(commit), _) => self.judge_all(app, repository, &trusted, Deployed::Commit(commit), unasked),
            (None, None, Some(artifact)) => {
                self.judge_all(app, repository, &trusted, Deployed::Artifact(artifact.parse()?), unasked)
            }
            _ => self.judge_one(app, repository, &trusted, commit, unasked),
        }
    }

    /// Judges the release on a tag.
    fn judge_one(
        &self,
        app: &App,
        repository: &Repository,
        trusted: &Workspace,
        commit: Option<ObjectId>,
        unasked: Option<&Unasked>,
    ) -> Outcome<Asked> {
        let tag = releases::tag_or_open_one(app, repository, trusted, self.tag.as_deref()).map_err(|failure| match unasked {
            // Which release is open is no matter of how the call is written.
            Some(_) if self.tag.is_none() => Failure { exit: Exit::CannotDecide, ..failure },
            _ => failure,
        })?;
        let loaded = self.terms.load_to_go(app, repository, trusted, &tag, |place| self.call(&format!("--env {place}")))?;
        let report = loaded.report();
        self.weigh(app, (repository, trusted), &loaded, report, commit, unasked)
    }

    /// Takes a report for an answer, as far as commit, component, stage and remote let it.
    fn weigh(
        &self,
        app: &App,
        (repository, trusted): (&Repository, &Workspace),
        loaded: &Loaded<'_>,
        mut report: Report,
        commit: Option<ObjectId>,
        unasked: Option<&Unasked>,
    ) -> Outcome<Asked> {
        loaded.remember(repository, &report)?;
        let entry = match &self.stage {
            None => None,
            Some(asked) => entry_of(loaded, &report, asked)?,
        };
        let other_commit = another_commit(repository, &report, commit)?;
        let is_elsewhere = other_commit.as_ref().is_some_and(|finding| finding.severity == Severity::Rule);
        let other = other_commit.into_iter().chain(self.another_component(&report)).collect();
        refuse(&mut report, other, entry.as_ref());
        if report.verdict.answer == Answer::Go {
            self.ask_the_moment(app, (repository, trusted), loaded, &mut report)?;
        }
        let is_open = match unasked {
            Some(unasked) if !is_settled(repository, &report, is_elsewhere)? => {
                doubt(&mut report, unasked);
                true
            }
            _ => false,
        };
        Ok(Asked { report, entry, unasked: unasked.cloned(), is_open })
    }

    /// Takes the GO of a report back while it is not the time: no stage is named and one is still to come, the planned window is not
    /// open, or the environment is frozen. What is out already, was completed last or is gone back to is asked none of this.
    fn ask_the_moment(
        &self,
        app: &App,
        (repository, trusted): (&Repository, &Workspace),
        loaded: &Loaded<'_>,
        report: &mut Report,
    ) -> Outcome<()> {
        let mut reasons = loaded.outside_window_or_frozen(repository, trusted)?;
        let course = &report.course;
        let is_over = course.out.is_some() || report.state == ReleaseState::Completed;
        if self.stage.is_none() && course.has_stages() && !is_over {
            let stages = course.stages.iter().map(|stage| stage.id.clone()).collect();
            let name = report.tag.short();
            reasons.insert(0, Finding::new(Seen::StageUnnamed { name: name.to_owned(), stages }).about(name));
        }
        if reasons.is_empty() || out::is_let_through(app, repository, trusted, report)? {
            return Ok(());
        }
        let is_unknown = reasons.iter().all(|finding| finding.severity == Severity::Incomplete);
        report.verdict.answer = if is_unknown { Answer::CannotDecide } else { Answer::NoGo };
        report.verdict.decision = None;
        report.verdict.reasons.extend(reasons);
        Ok(())
    }

    /// Refuses a component that the policy does not have.
    fn require_component(&self, trusted: &Workspace) -> Outcome<()> {
        match &self.component {
            Some(named) if trusted.policy().component(named).is_none() => {
                let known = words::or(trusted.policy().contents().components.iter().map(|component| &component.name));
                Err(Failure::usage(format!("the policy has no component {named:?}")).hint(format!("it has {known}")))
            }
            _ => Ok(()),
        }
    }

    /// Reports that the release is of another component than the one that is asked about.
    fn another_component(&self, report: &Report) -> Option<Finding> {
        let (asked, release) = (self.component.as_ref()?, report.release.as_ref()?);
        let (name, component, asked) = (report.tag.short().to_owned(), release.component.clone(), asked.clone());
        (component != asked).then(|| Finding::new(Seen::OtherComponent { name, component, asked }).about(report.tag.short()))
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

    /// Fetches what others signed; gives the remote that could not be asked, and why.
    fn fetch(&self, app: &App, repository: &Repository, root: Option<RootDigest>) -> Outcome<Option<Unasked>> {
        if self.fetching.no_sync {
            return Ok(None);
        }
        let Some(remote) = repository.sharing_remote()? else { return Ok(None) };
        let fetched = match root {
            None => share::exchange(app, repository, &remote, &[], share::Way::Fetch),
            Some(root) => share::exchange_under(app, repository, &remote, &[], share::Way::Fetch, Some(root)),
        };
        Ok(fetched.err().map(|failure| Unasked { remote, why: failure.one_line() }))
    }

    fn tell(&self, app: &App, asked: &Asked, waited: Option<u64>) -> Outcome {
        if app.globals.json {
            json::print(app, &to_json(asked, waited))?;
        } else {
            app.ui.line(terminal::painted(&line(asked), asked.report.verdict.answer, &app.style()))?;
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

/// Judges whether the stage may be entered; a stage that the release does not have is a wrong call.
fn entry_of(loaded: &Loaded<'_>, report: &Report, asked: &str) -> Outcome<Option<Entry>> {
    let Some(release) = &report.release else { return Ok(None) };
    if let Some(entry) = course::may_enter(&loaded.context, &loaded.records, report, asked) {
        return Ok(Some(entry));
    }
    let ids: Vec<&str> = release.stages.iter().map(|stage| stage.id.as_str()).collect();
    let hint = if ids.is_empty() {
        "its checklist has no roll-out stages; ask without --stage".to_owned()
    } else {
        format!("its stages: {}", ids.join(", "))
    };
    Err(Failure::usage(format!("{} has no stage {asked:?}", report.tag.short())).hint(hint))
}

/// Takes the GO of a report back for reasons that its records don't know of: another commit or component is told first,
/// what stands in the way of a stage after what stands in the way of GO itself.
fn refuse(report: &mut Report, others: Vec<Finding>, entry: Option<&Entry>) {
    let of_stage = entry.map(|entry| entry.reasons.as_slice()).unwrap_or_default();
    let verdict = &mut report.verdict;
    let is_unknown = others.iter().all(|finding| finding.severity == Severity::Incomplete);
    if verdict.answer == Answer::Go && (!others.is_empty() || !of_stage.is_empty()) {
        verdict.answer = if is_unknown && of_stage.is_empty() { Answer::CannotDecide } else { Answer::NoGo };
        verdict.decision = None;
    }
    verdict.reasons.splice(0..0, others);
    verdict.reasons.extend(of_stage.iter().cloned());
}

/// Whether an answer stays as it is whatever the remote has: the tag object here is that of the tag's own ref, which no
/// fetch moves, and it is on another commit than the one that is asked about, or does not hold what was signed of it.
fn is_settled(repository: &Repository, report: &Report, is_elsewhere: bool) -> Outcome<bool> {
    let Some(object) = repository.resolve(report.tag.full())? else { return Ok(false) };
    let is_tag = matches!(repository.object_header(&object)?, Some((ObjectKind::Tag, _)));
    Ok(is_tag && (is_elsewhere && report.verdict.answer == Answer::NoGo || report.verdict.answer == Answer::Tampered))
}

/// Takes an answer back that a remote which could not be asked might have changed; what is here stays among the reasons.
fn doubt(report: &mut Report, unasked: &Unasked) {
    let verdict = &mut report.verdict;
    let because = verdict.reasons.first().map(|first| Box::new(first.seen.clone()));
    let (remote, why) = (unasked.remote.to_string(), unasked.why.to_string());
    let seen = Seen::RemoteUnasked { answer: verdict.answer.as_str(), because, remote, why };
    verdict.answer = Answer::CannotDecide;
    verdict.decision = None;
    verdict.reasons.insert(0, Finding::new(seen).about(&*unasked.remote));
}

fn commit_of(repository: &Repository, text: &str) -> Outcome<ObjectId> {
    let missing = || Failure::missing(format!("there is no commit {text} here"));
    let object = repository.revparse(text)?.ok_or_else(missing)?;
    repository.peel_to_commit(&object)?.ok_or_else(missing)
}

/// Reports that the release is not on the commit that is asked about, or checked out under the name of its tag.
fn another_commit(repository: &Repository, report: &Report, asked: Option<ObjectId>) -> Outcome<Option<Finding>> {
    let name = report.tag.short();
    if let Some(moved) = tag_target::moved_since(repository, &report.tag)? {
        return Ok(Some(Finding::new(moved).about(name)));
    }
    let object = tag_target::target(repository, &report.tag)?;
    let stands_for = object.and_then(|object| repository.peel_to_commit(&object).ok().flatten());
    let is_replaced = tag_target::is_replaced(repository, &report.tag)?.is_some() && !repository.is_bare();
    let head = if is_replaced { repository.head_commit()? } else { None };
    Ok(differs(name, stands_for, asked, is_replaced.then_some(head)))
}

/// Compares the commit that a tag stands for with the one that is asked about, else with what is checked out where a checkout
/// made for the tag has replaced it. A tag that stands for no commit that is here is on none that anybody could ask about.
fn differs(
    name: &str,
    stands_for: Option<ObjectId>,
    asked: Option<ObjectId>,
    checked_out: Option<Option<ObjectId>>,
) -> Option<Finding> {
    if asked.is_none() && checked_out.is_none() {
        return None;
    }
    let subject = name.to_owned();
    let seen = match (stands_for, asked, checked_out) {
        (None, wanted, _) => Seen::CommitNotHere { name: subject, wanted },
        (Some(commit), Some(asked), _) if asked == commit => return None,
        (Some(commit), Some(asked), _) => Seen::OtherCommit { name: subject, commit, asked },
        (Some(commit), None, Some(Some(head))) if head == commit => return None,
        (Some(commit), None, head) => Seen::CheckedOut { name: subject, commit, head: head.flatten() },
    };
    Some(Finding::new(seen).about(name))
}

fn to_json(asked: &Asked, waited: Option<u64>) -> GateJson {
    let report = &asked.report;
    let release = report.release.as_ref();
    GateJson {
        format: "relsign-gate-v1",
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

#[cfg(test)]
mod tests {
    use super::differs;
    use crate::model::finding::Severity;
    use crate::model::ids::ObjectId;

    #[test]
    fn a_tag_that_stands_for_no_commit_here_is_on_none_that_is_asked_about() {
        let id = |digit: &str| digit.repeat(40).parse::<ObjectId>().unwrap();
        let (one, other) = (id("1"), id("2"));
        let severity = |stands_for, asked, checked_out| differs("v1", stands_for, asked, checked_out).map(|found| found.severity);
        for (asked, checked_out) in [(Some(one), None), (None, Some(Some(one))), (None, Some(None)), (Some(one), Some(Some(one)))] {
            assert_eq!(severity(None, asked, checked_out), Some(Severity::Incomplete), "{asked:?} {checked_out:?}");
        }
        assert_eq!(severity(Some(one), Some(other), None), Some(Severity::Rule));
        assert_eq!(severity(Some(one), None, Some(Some(other))), Some(Severity::Rule));
        assert_eq!(severity(Some(one), None, Some(None)), Some(Severity::Rule));
        for (stands_for, asked, checked_out) in
            [(Some(one), Some(one), None), (Some(one), None, Some(Some(one))), (Some(one), None, None), (None, None, None)]
        {
            assert_eq!(severity(stands_for, asked, checked_out), None);
        }
    }
}
