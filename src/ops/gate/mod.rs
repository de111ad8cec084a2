//! What a gate is asked: may a release go out now?

pub mod asked;
mod several;

use self::asked::{Asked, Unasked};
use crate::evaluate::course::{self, Entry};
use crate::git::{ObjectKind, Repository};
use crate::model::finding::{Finding, Seen, Severity};
use crate::model::ids::{Environment, ObjectId, RootDigest};
use crate::model::report::{Answer, ReleaseState, Report};
use crate::model::time::Timestamp;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::candidates::Deployed;
use crate::ops::load::release::Loaded;
use crate::ops::load::{named, out, releases, tag_target};
use crate::ops::session::Session;
use crate::ops::share;
use crate::ops::workspace::Workspace;
use crate::report::words;

/// What is asked, and where the answer is looked for.
pub struct Question<'a> {
    /// Who hears of what is read.
    pub session: &'a Session,
    /// The repository.
    pub repository: &'a Repository,
    /// The chain.
    pub trusted: &'a Workspace,
    /// The component to deploy, where one is named.
    pub component: Option<&'a str>,
    /// The stage to deploy, where one is named.
    pub stage: Option<&'a str>,
    /// Where it is to go, where that is said.
    pub environment: Option<Environment>,
    /// The clock of the question.
    pub as_of: Timestamp,
    /// The remote that could not be asked, where there is one.
    pub unasked: Option<&'a Unasked>,
    /// Writes the call again with something more, as a command that can be run.
    pub call: &'a dyn Fn(&str) -> String,
}

/// Fetches what others signed; gives the remote that could not be asked, and why.
///
/// # Errors
/// If the configuration can't be read.
pub fn fetch(session: &Session, repository: &Repository, root: Option<RootDigest>) -> Outcome<Option<Unasked>> {
    let Some(remote) = repository.sharing_remote()? else { return Ok(None) };
    let fetched = match root {
        None => share::exchange(session, repository, &remote, &[], share::Way::Fetch),
        Some(root) => share::exchange_under(session, repository, &remote, &[], share::Way::Fetch, Some(root)),
    };
    Ok(fetched.err().map(|failure| Unasked { remote, why: failure.one_line() }))
}

impl Question<'_> {
    /// Judges by what is here, which may be less than there is: the release on a tag, or all of a commit or an artifact.
    ///
    /// # Errors
    /// If there is nothing to judge, or it can't be.
    pub fn judge(&self, tag: Option<&str>, commit: Option<&str>, artifact: Option<&str>) -> Outcome<Asked> {
        self.require_component()?;
        let commit = commit.map(|commit| commit_of(self.repository, commit)).transpose()?;
        match (tag, commit, artifact) {
            (None, Some(commit), _) => self.judge_all(Deployed::Commit(commit)),
            (None, None, Some(artifact)) => self.judge_all(Deployed::Artifact(artifact.parse()?)),
            _ => self.judge_one(tag, commit),
        }
    }

    /// Judges the release on a tag.
    fn judge_one(&self, tag: Option<&str>, commit: Option<ObjectId>) -> Outcome<Asked> {
        let named = releases::tag_or_open_one(self.session, self.repository, self.trusted, tag);
        let tag = named.map_err(|failure| match self.unasked {
            // Which release is open is no matter of how the call is written.
            Some(_) if tag.is_none() => Failure { exit: Exit::CannotDecide, ..failure },
            _ => failure,
        })?;
        let again = |place: &Environment| (self.call)(&format!("--env {place}"));
        let around = (self.session, self.repository);
        let loaded = named::load_to_go(around, self.trusted, (&tag, self.as_of), self.environment.clone(), &again)?;
        let report = loaded.report();
        self.weigh(&loaded, report, commit)
    }

    /// Takes a report for an answer, as far as commit, component, stage and remote let it.
    fn weigh(&self, loaded: &Loaded<'_>, mut report: Report, commit: Option<ObjectId>) -> Outcome<Asked> {
        let repository = self.repository;
        loaded.remember(repository, &report)?;
        let entry = self.stage.map(|asked| entry_of(loaded, &report, asked)).transpose()?.flatten();
        let other_commit = another_commit(repository, &report, commit)?;
        let is_elsewhere = other_commit.as_ref().is_some_and(|finding| finding.severity == Severity::Rule);
        let other = other_commit.into_iter().chain(self.another_component(&report)).collect();
        refuse(&mut report, other, entry.as_ref());
        if report.verdict.answer == Answer::Go {
            self.ask_the_moment(loaded, &mut report)?;
        }
        let is_open = match self.unasked {
            Some(unasked) if !is_settled(repository, &report, is_elsewhere)? => {
                doubt(&mut report, unasked);
                true
            }
            _ => false,
        };
        Ok(Asked { report, entry, unasked: self.unasked.cloned(), is_open })
    }

    /// Takes the GO of a report back while it is not the time: no stage is named and one is still to come, the planned window is not
    /// open, or the environment is frozen. What is out already, was completed last or is gone back to is asked none of this.
    fn ask_the_moment(&self, loaded: &Loaded<'_>, report: &mut Report) -> Outcome<()> {
        let mut reasons = loaded.outside_window_or_frozen(self.repository, self.trusted)?;
        let course = &report.course;
        let is_over = course.out.is_some() || report.state == ReleaseState::Completed;
        if self.stage.is_none() && course.has_stages() && !is_over {
            let stages = course.stages.iter().map(|stage| stage.id.clone()).collect();
            let name = report.tag.short();
            reasons.insert(0, Finding::new(Seen::StageUnnamed { name: name.to_owned(), stages }).about(name));
        }
        if reasons.is_empty() || out::is_let_through(self.session, self.repository, self.trusted, report)? {
            return Ok(());
        }
        let is_unknown = reasons.iter().all(|finding| finding.severity == Severity::Incomplete);
        report.verdict.answer = if is_unknown { Answer::CannotDecide } else { Answer::NoGo };
        report.verdict.decision = None;
        report.verdict.reasons.extend(reasons);
        Ok(())
    }

    /// Refuses a component that the policy does not have.
    fn require_component(&self) -> Outcome<()> {
        match self.component {
            Some(named) if self.trusted.policy().component(named).is_none() => {
                let known = words::or(self.trusted.policy().contents().components.iter().map(|component| &component.name));
                Err(Failure::usage(format!("the policy has no component {named:?}")).hint(format!("it has {known}")))
            }
            _ => Ok(()),
        }
    }

    /// Reports that the release is of another component than the one that is asked about.
    fn another_component(&self, report: &Report) -> Option<Finding> {
        let (asked, release) = (self.component?, report.release.as_ref()?);
        let (name, component, asked) = (report.tag.short().to_owned(), release.component.clone(), asked.to_owned());
        (component != asked).then(|| Finding::new(Seen::OtherComponent { name, component, asked }).about(report.tag.short()))
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
