//! `relsign verify --heads`.

use std::path::Path;

use super::Args;
use crate::cli::app::App;
use crate::cli::json::{self, HeadsJson, ReleaseHeadsJson};
use crate::git::Repository;
use crate::model::ids::TagName;
use crate::model::report::{Integrity, Report};
use crate::model::time::Timestamp;
use crate::ops::compare::heads::{self, Comparison, Heads};
use crate::ops::compare::remote;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::releases;
use crate::ops::workspace::Workspace;
use crate::report::safe::shell_word;

impl Args {
    /// Prints the heads, and compares them with remotes and with what somebody published.
    pub(super) fn heads(&self, app: &App, repository: &Repository, trusted: &Workspace, as_of: Timestamp) -> Outcome {
        let only = self.tag.as_deref().map(TagName::from_user).transpose()?;
        let reports = self.reports(app, repository, trusted, as_of, only.as_ref())?;
        let asked = |mut heads: Heads| {
            heads.releases.retain(|tag, _| only.as_ref().is_none_or(|only| tag == only));
            heads
        };
        let ours = asked(Heads::of(repository, trusted, &reports)?);
        let mut found: Vec<Comparison> = Vec::new();
        if let Some(file) = &self.published {
            let theirs = asked(Heads::from_text(&read(app, file)?)?);
            found.push(heads::with_published(&file.display().to_string(), &theirs, &ours, trusted, &reports));
        }
        let remotes = match (self.with.is_empty(), &self.published) {
            (false, _) => self.with.clone(),
            (true, Some(_)) => Vec::new(),
            (true, None) => repository.remotes()?,
        };
        for remote in &remotes {
            found.push(remote::with_remote(app, repository, trusted, remote, only.as_ref())?);
        }
        let exit = heads::worst(found.iter().map(Comparison::exit).chain([heads::integrity(&reports)]));
        self.print(app, &ours, &reports, &found)?;
        if found.is_empty() {
            let failure = Failure::missing("there is no remote to compare the heads with")
                .suggest("compare with what somebody else printed", "relsign verify --heads --published FILE")
                .hint(format!("or read the fingerprint out to them: {}", ours.fingerprint()));
            // The heads stand on standard output already, and there is one document only.
            app.ui.failure(&failure);
            return Ok(failure.exit);
        }
        Ok(exit)
    }

    fn reports(
        &self,
        app: &App,
        repository: &Repository,
        trusted: &Workspace,
        as_of: Timestamp,
        only: Option<&TagName>,
    ) -> Outcome<Vec<Report>> {
        if let Some(only) = only {
            return Ok(vec![releases::load(repository, trusted, only, as_of, None)?.report()]);
        }
        let mut releases = releases::each_release(app, repository, trusted, as_of, |judged| Ok(Some(judged.report)))?;
        releases.extend(releases::lost_releases(repository, trusted, as_of)?);
        // A tag has one log, whatever environments it goes to, and the worst that is said of it counts.
        releases.sort_by(|(a, one), (b, other)| a.cmp(b).then(other.integrity.cmp(&one.integrity)));
        releases.dedup_by(|(a, _), (b, _)| a == b);
        Ok(releases.into_iter().map(|(_, report)| report).collect())
    }

    fn print(&self, app: &App, ours: &Heads, reports: &[Report], found: &[Comparison]) -> Outcome<()> {
        if app.globals.json {
            let integrity = |tag: &TagName| reports.iter().find(|report| report.tag == *tag).map(|report| report.integrity);
            let releases = ours.releases.iter().map(|(tag, release)| ReleaseHeadsJson {
                tag: tag.clone(),
                object: release.object,
                heads: release.heads.iter().copied().collect(),
                integrity: integrity(tag).unwrap_or(Integrity::Incomplete),
            });
            let value = HeadsJson {
                root: ours.root,
                policy: ours.policy,
                fingerprint: ours.fingerprint(),
                releases: releases.collect(),
                comparisons: found.to_vec(),
            };
            return json::print(app, &value);
        }
        let mut text = ours.to_text();
        let mut say = |line: String| text.push_str(&format!("# {}\n", crate::report::safe::line(&line)));
        say(format!("fingerprint {}", ours.fingerprint()));
        for report in reports.iter().filter(|report| report.integrity != Integrity::Intact) {
            let what = if report.integrity == Integrity::Tampered { "tampered" } else { "incomplete" };
            say(format!("{} is {what}: relsign verify {}", report.tag.short(), shell_word(report.tag.short())));
        }
        for comparison in found {
            if comparison.differences.is_empty() {
                say(format!("{}: the same", comparison.with));
            }
            for difference in &comparison.differences {
                say(format!("{}: {}", comparison.with, difference.message));
            }
        }
        app.ui.out(&text)?;
        if found.iter().any(|comparison| comparison.exit() == Exit::No) {
            app.ui.say("to exchange missing records: relsign sync");
        }
        if found.iter().any(|comparison| comparison.exit() == Exit::Invalid) {
            app.ui.warn("sharing can't explain this: ask the others what they see before you rely on either side");
        }
        Ok(())
    }
}

/// Reads published heads from a file, or from standard input where it is `-`.
fn read(app: &App, file: &Path) -> Outcome<String> {
    let limit = heads::PUBLISHED_LIMIT;
    let read = app.input(file, limit).and_then(|bytes| std::io::read_to_string(bytes.as_slice()));
    let text = read.map_err(|error| Failure::usage(format!("the heads in {} can't be read", file.display())).because(error))?;
    if text.len() > limit {
        return Err(Failure::usage(format!("the heads in {} are larger than {limit} bytes", file.display())));
    }
    Ok(text)
}
