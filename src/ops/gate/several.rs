//! A question about a commit or an artifact: every release of it is asked, and the worst answers.

use std::collections::BTreeSet;

use super::Question;
use super::asked::{Asked, is_final};
use crate::model::finding::Code;
use crate::model::report::{Answer, Report};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::candidates::{Candidate, Candidates, Deployed, Search, Target};
use crate::ops::load::named::{MOST_CALLS, unnamed_environment};
use crate::report::safe::shell_word;
use crate::report::words;

impl Question<'_> {
    /// Judges all releases of what is to be deployed, and gives the one that stands most in its way.
    pub(super) fn judge_all(&self, deployed: Deployed) -> Outcome<Asked> {
        let target = Target { component: self.component, environment: self.environment.as_ref() };
        let Self { repository, trusted, as_of, .. } = *self;
        let found = Search { repository, trusted, deployed, target, as_of }.find_here()?;
        if self.environment.is_none() {
            self.refuse_unnamed_environment(&found)?;
        }
        let weigh = |candidate: &Candidate<'_>| {
            // What has a say although its tag stands for something else says so itself.
            let commit = match deployed {
                Deployed::Commit(commit) if candidate.report.release.is_some() => Some(commit),
                _ => None,
            };
            self.weigh(&candidate.loaded, candidate.report.clone(), commit)
        };
        // Where all were given up none of them is in GO, and the first says why.
        let say = if found.standing.is_empty() { &found.ended } else { &found.standing };
        let mut asked = say.iter().map(weigh).collect::<Outcome<Vec<Asked>>>()?;
        asked.sort_by_key(|asked| rank(&asked.report));
        let worst = asked.into_iter().next();
        if worst.as_ref().is_none_or(|worst| worst.report.verdict.answer == Answer::Go) {
            if let Some(unread) = found.unread.first() {
                return Err(Failure::seen(&unread.seen).suggest("ask about a release by its tag", "relsign gate TAG"));
            }
            self.refuse_unnamed_component(&found)?;
        }
        worst.ok_or_else(|| self.none_opened(deployed))
    }

    fn none_opened(&self, deployed: Deployed) -> Failure {
        let what = match deployed {
            Deployed::Commit(commit) => commit.short(),
            Deployed::Artifact(digest) => digest.short(),
        };
        let place = self.environment.as_ref().map_or_else(String::new, |environment| format!(" for {environment}"));
        let component = self.component.map_or_else(String::new, |name| format!("of {name:?} "));
        Failure::missing(format!("no release {component}was opened on {what}{place}"))
            .suggest("fetch what others signed", "relsign sync")
    }

    /// Refuses to answer where a release was opened for another place than the one that is meant without a name.
    fn refuse_unnamed_environment(&self, found: &Candidates<'_>) -> Outcome<()> {
        let releases = found.standing.iter().filter_map(|candidate| candidate.report.release.as_ref());
        let mut known = BTreeSet::new();
        let mut is_meant = true;
        for release in releases {
            let first = self.trusted.policy().component(&release.component).map(|component| component.first_environment());
            is_meant &= first.as_ref() == Some(&release.environment);
            known.insert(release.environment.clone());
        }
        if is_meant && known.len() < 2 {
            return Ok(());
        }
        Err(unnamed_environment("what is asked about", &known, |place| (self.call)(&format!("--env {place}"))))
    }

    /// Refuses to let something out where nobody said which of several components it is.
    fn refuse_unnamed_component(&self, found: &Candidates<'_>) -> Outcome<()> {
        if self.component.is_some() {
            return Ok(());
        }
        let releases = found.standing.iter().filter_map(|candidate| candidate.report.release.as_ref());
        let mut known: BTreeSet<&str> = releases.map(|release| release.component.as_str()).collect();
        if known.is_empty() {
            return Ok(());
        }
        known.extend(self.trusted.policy().contents().components.iter().map(|component| component.name.as_str()));
        if known.len() < 2 {
            return Ok(());
        }
        let names = words::or(known.iter().map(|name| format!("{name:?}")));
        let mut failure = Failure::finding(Code::ComponentUnnamed, format!("a GO is for one component, and this may be {names}"));
        for name in known.iter().take(MOST_CALLS) {
            failure = failure.suggest("ask about one", (self.call)(&format!("--component {}", shell_word(name))));
        }
        Err(failure)
    }
}

/// Names which of several answers is told: what was tampered with, then a no, a final one first, then what can't be
/// decided.
fn rank(report: &Report) -> (u8, bool) {
    let answer = match report.verdict.answer {
        Answer::Tampered => 0,
        Answer::NoGo => 1,
        Answer::CannotDecide => 2,
        Answer::Go => 3,
    };
    (answer, !is_final(report))
}
