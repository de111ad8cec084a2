//! `relsign gate`.

mod asked;
mod wait;

use self::asked::{Asked, Unasked, line};
use super::selector::Terms;
use crate::cli::app::App;
use crate::cli::json::{self, GateJson, GateStageJson};
use crate::cli::sharing::Fetching;
use crate::evaluate::stage::{self, Entry};
use crate::git::{ObjectKind, Repository};
use crate::model::finding::{Code, Finding, Severity};
use crate::model::ids::{ObjectId, RootDigest, TagName};
use crate::model::report::{Answer, Report};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::release::Loaded;
use crate::ops::load::{releases, tag_target};
use crate::ops::share;
use crate::ops::workspace::Workspace;
use crate::report::safe;

/// May this go out now? One exit code, one line with the reason
///
/// Exit 0 is GO and nothing else is. The records are fetched first; where that fails and what the remote has might change
/// the answer, it is "cannot decide" and neither yes nor no, unless --no-sync says that what is here will do.
///
/// With a tag and --commit the release must stand on that commit. Where the checkout of a pipeline has made a commit of
/// the tag, the tag object of the remote is judged, and it must stand for the commit that is checked out.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (may be left out where one release is open)
    tag: Option<String>,
    /// The release on this commit; with a tag: that release, if it is on this commit
    #[arg(long, value_name = "COMMIT")]
    commit: Option<String>,
    /// The release that has this artifact, by the SHA-256 of its bytes
    #[arg(long, value_name = "SHA256", conflicts_with_all = ["tag", "commit"])]
    artifact: Option<String>,
    #[command(flatten)]
    terms: Terms,
    /// May it enter this stage of the roll-out, by the stage's id?
    #[arg(long, value_name = "STAGE")]
    stage: Option<String>,
    /// Ask again until it is GO or can't become GO any more, for this long at most, such as 2h
    #[arg(long, value_name = "TIME")]
    wait: Option<String>,
    /// Trust this root instead of the pinned one
    #[arg(long, value_name = "SHA256:…")]
    root: Option<String>,
    #[command(flatten)]
    fetching: Fetching,
}

/// How many columns the first reason of what is here takes beside why it may not be all.
const MOST_QUOTED: usize = 120;

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
            Some(unasked) if failure.exit == Exit::CannotDecide => failure.because(unasked.told()),
            _ => failure,
        })
    }

    /// Judges by what is here, which may be less than there is.
    fn judge(&self, app: &App, repository: &Repository, root: Option<RootDigest>, unasked: Option<&Unasked>) -> Outcome<Asked> {
        let trusted = Workspace::load(repository, root)?;
        let commit = self.commit.as_deref().map(|commit| commit_of(repository, commit)).transpose()?;
        let tag = self.find(app, repository, &trusted, commit).map_err(|failure| match unasked {
            // Which release is open is no matter of how the call is written.
            Some(_) if self.tag.is_none() && commit.is_none() && self.artifact.is_none() => {
                Failure { exit: Exit::CannotDecide, ..failure }
            }
            _ => failure,
        })?;
        let loaded = self.terms.load(app, repository, &trusted, &tag)?;
        let mut report = loaded.report();
        loaded.remember(repository, &report)?;
        let entry = match &self.stage {
            None => None,
            Some(asked) => entry_of(&loaded, &report, asked)?,
        };
        let other_commit = another_commit(repository, &report, commit)?;
        let is_elsewhere = other_commit.as_ref().is_some_and(|finding| finding.severity == Severity::Rule);
        refuse(&mut report, other_commit, entry.as_ref());
        let is_open = match unasked {
            Some(unasked) if !is_settled(repository, &report, is_elsewhere)? => {
                doubt(&mut report, unasked);
                true
            }
            _ => false,
        };
        Ok(Asked { report, entry, unasked: unasked.cloned(), is_open })
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

    /// Finds the release that is asked about.
    fn find(&self, app: &App, repository: &Repository, trusted: &Workspace, commit: Option<ObjectId>) -> Outcome<TagName> {
        match (&self.tag, commit, &self.artifact) {
            (None, Some(commit), _) => {
                let mut found = Vec::new();
                for name in releases::tags_on(repository, &commit)? {
                    let report = self.terms.load(app, repository, trusted, &name)?.report();
                    // One that can't be read may be the one that is asked about.
                    if report.release.is_some() || is_unread(&report) {
                        found.push((name, report.verdict.answer));
                    }
                }
                best(found, &commit.short())
            }
            (None, None, Some(artifact)) => {
                let digest = artifact.parse::<crate::model::ids::Sha256Digest>()?;
                let environment = self.terms.place.environment()?;
                let is_in = |report: &Report| {
                    report.release.as_ref().is_some_and(|release| {
                        environment.as_ref().is_none_or(|named| *named == release.environment)
                            && release.artifacts.iter().any(|one| one.sha256 == digest)
                    })
                };
                let found = releases::each_release(app, repository, trusted, app.now, |judged| {
                    let report = &judged.report;
                    Ok((is_in(report) || is_unread(report)).then_some((is_in(report), report.verdict.answer)))
                })?;
                // What can't be read matters only where no other release has it.
                let known = found.iter().any(|(_, (is_in, _))| *is_in);
                let found = found.into_iter().filter(|(_, (is_in, _))| *is_in || !known);
                let found = found.map(|(name, (_, answer))| (name, answer)).collect();
                best(found, &artifact.chars().take(12).collect::<String>())
            }
            _ => releases::tag_or_open_one(app, repository, trusted, self.tag.as_deref()),
        }
    }

    fn tell(&self, app: &App, asked: &Asked, waited: Option<u64>) -> Outcome {
        if app.globals.json {
            json::print(app, &to_json(asked, waited))?;
        } else {
            app.ui.line(line(asked))?;
        }
        if let Some(unasked) = &asked.unasked {
            app.ui.warn(unasked.told());
            if asked.is_open {
                app.ui.say("hint: try again, or let what is here do: --no-sync");
            }
        }
        Ok(Exit::from(asked.report.verdict.answer))
    }
}

/// Judges whether the stage may be entered; a stage that the release does not have is a wrong call.
fn entry_of(loaded: &Loaded<'_>, report: &Report, asked: &str) -> Outcome<Option<Entry>> {
    let Some(release) = &report.release else { return Ok(None) };
    if let Some(entry) = stage::may_enter(&loaded.context, &loaded.records, report, asked) {
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

/// Takes the GO of a report back for reasons that its records don't know of: another commit is told first, what stands in
/// the way of a stage after what stands in the way of GO itself.
fn refuse(report: &mut Report, other_commit: Option<Finding>, entry: Option<&Entry>) {
    let of_stage = entry.map(|entry| entry.reasons.as_slice()).unwrap_or_default();
    let verdict = &mut report.verdict;
    let is_unknown = other_commit.as_ref().is_some_and(|finding| finding.severity == Severity::Incomplete);
    if verdict.answer == Answer::Go && (other_commit.is_some() || !of_stage.is_empty()) {
        verdict.answer = if is_unknown && of_stage.is_empty() { Answer::CannotDecide } else { Answer::NoGo };
        verdict.decision = None;
    }
    verdict.reasons.splice(0..0, other_commit);
    verdict.reasons.extend(of_stage.iter().cloned());
}

/// Says whether an answer stays as it is whatever the remote has: the tag object here is that of the tag's own ref, which no
/// fetch moves, and it is on another commit than the one that is asked about, or does not hold what was signed of it.
fn is_settled(repository: &Repository, report: &Report, is_elsewhere: bool) -> Outcome<bool> {
    let Some(object) = repository.resolve(report.tag.full())? else { return Ok(false) };
    let is_tag = matches!(repository.object_header(&object)?, Some((ObjectKind::Tag, _)));
    Ok(is_tag && (is_elsewhere && report.verdict.answer == Answer::NoGo || report.verdict.answer == Answer::Tampered))
}

/// Takes an answer back that a remote which could not be asked might have changed; what is here stays among the reasons.
fn doubt(report: &mut Report, unasked: &Unasked) {
    let verdict = &mut report.verdict;
    let because = verdict
        .reasons
        .first()
        .map_or_else(String::new, |first| format!(" because {} [{}]", safe::fit(&first.message, MOST_QUOTED, "…"), first.code));
    let message = format!(
        "what is here says {}{because}, and {} could not be asked what else was signed: {}",
        verdict.answer.as_str(),
        unasked.remote,
        unasked.why
    );
    verdict.answer = Answer::CannotDecide;
    verdict.decision = None;
    verdict.reasons.insert(0, Finding::new(Code::RemoteUnasked, message).about(&*unasked.remote));
}

fn commit_of(repository: &Repository, text: &str) -> Outcome<ObjectId> {
    let missing = || Failure::missing(format!("there is no commit {text} here"));
    let object = repository.revparse(text)?.ok_or_else(missing)?;
    repository.peel_to_commit(&object)?.ok_or_else(missing)
}

/// Says that the release is not on the commit that is asked about, or checked out under the name of its tag.
fn another_commit(repository: &Repository, report: &Report, asked: Option<ObjectId>) -> Outcome<Option<Finding>> {
    let name = report.tag.short();
    let finding = |message: String| Ok(Some(Finding::new(Code::OtherCommit, message).about(name)));
    if let Some(moved) = tag_target::moved_since(repository, &report.tag)? {
        return finding(moved);
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
    let finding = |code, message: String| Some(Finding::new(code, message).about(name));
    let Some(stands_for) = stands_for else {
        let wanted = asked.map_or_else(|| "what is checked out".to_owned(), |asked| asked.short());
        let message = format!("the commit that {name} stands for is not here, so it can't be compared with {wanted}");
        return finding(Code::TagObjectMissing, message);
    };
    let differs = |what: String| finding(Code::OtherCommit, format!("{name} stands for commit {}, and {what}", stands_for.short()));
    match (asked, checked_out) {
        (Some(asked), _) if asked == stands_for => None,
        (Some(asked), _) => differs(format!("not for {}", asked.short())),
        (None, Some(Some(head))) if head == stands_for => None,
        (None, Some(Some(head))) => differs(format!("{} is checked out", head.short())),
        (None, _) => differs("nothing is checked out".to_owned()),
    }
}

/// Says whether what a release stands on is not all here, so that nothing is known of it.
fn is_unread(report: &Report) -> bool {
    report.release.is_none() && report.verdict.reasons.iter().any(|reason| reason.code == Code::TagObjectMissing)
}

/// Gives the one release of several on the same thing: one in GO, else one that might be, else the first.
fn best(found: Vec<(TagName, Answer)>, what: &str) -> Outcome<TagName> {
    let first = |wanted| found.iter().position(|(_, answer)| *answer == wanted);
    let best = first(Answer::Go).or_else(|| first(Answer::CannotDecide)).unwrap_or(0);
    found
        .into_iter()
        .nth(best)
        .map(|(name, _)| name)
        .ok_or_else(|| Failure::missing(format!("no release was opened on {what}")).hint("get what others signed: relsign sync"))
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
        environment: release.map(|release| release.environment.clone()),
        tag_object: release.map(|release| release.tag_object),
        commit: release.map(|release| release.commit),
        stage: asked.entry.as_ref().map(|entry| GateStageJson {
            id: entry.stage.id.clone(),
            name: entry.stage.name.clone(),
            traffic: entry.stage.traffic.clone(),
            takes_all: entry.takes_all,
        }),
        decision: report.verdict.decision,
        policy: report.governing_policy,
        reasons: report.verdict.reasons.clone(),
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
