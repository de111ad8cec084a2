//! `relsign verify --all`: every release of the repository.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::{Mutex, PoisonError};

use crate::cli::app::App;
use crate::cli::json::{self, VerifyAllJson};
use crate::git::Repository;
use crate::model::ids::TagName;
use crate::model::report::{Integrity, Report};
use crate::model::time::Timestamp;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::releases;
use crate::ops::workspace::Workspace;
use crate::report::{terminal, words};

/// Verifies every release here, and those whose tags are gone.
pub fn verify(app: &App, repository: &Repository, trusted: &Workspace, as_of: Timestamp) -> Outcome {
    let pages = Pages::new()?;
    let json = app.globals.json;
    let style = app.style();
    let page = |report: &Report| -> Outcome<(Integrity, Page)> {
        let text = if json { json::text_as_it_is(report)? } else { terminal::verify(report, &style) };
        Ok((report.integrity, pages.keep(text.trim_end_matches('\n'))?))
    };
    let mut found = releases::each_release(app, repository, trusted, as_of, |judged| page(&judged.report).map(Some))?;
    for (name, report) in releases::lost_releases(repository, trusted, as_of)? {
        found.push((name, page(&report)?));
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut worst = found.iter().map(|(_, (integrity, _))| *integrity).max().unwrap_or(Integrity::Intact);
    let mut gone = Vec::new();
    for object in releases::lost_logs(repository)? {
        app.ui.warn(format!("records of {object} that were seen here before are gone"));
        worst = worst.max(Integrity::Incomplete);
        gone.push(object);
    }
    print(app, repository, as_of, &pages, &found)?;
    if !json {
        app.ui.say(format!("{} verified", words::count(found.len() as u64, "release")));
    }
    Ok(Exit::from(worst))
}

/// Prints the pages by the names of their releases; as JSON they are the members of one list.
fn print(
    app: &App,
    repository: &Repository,
    as_of: Timestamp,
    pages: &Pages,
    found: &[(TagName, (Integrity, Page))],
) -> Outcome<()> {
    if !app.globals.json {
        let texts = found.iter().map(|(_, (_, page))| Ok(pages.read(page)? + "\n"));
        // A pager gets them as one; elsewhere they are never all in memory.
        if app.ui.shows_output() {
            return app.page(repository, &texts.collect::<Outcome<Vec<_>>>()?.join("\n"));
        }
        return texts
            .enumerate()
            .try_for_each(|(place, text)| app.ui.out(&format!("{}{}", if place > 0 { "\n" } else { "" }, text?)));
    }
    let empty = json::text(&VerifyAllJson { as_of, releases: Vec::new() })?;
    let (head, tail) = empty.rsplit_once("[]").ok_or_else(|| Failure::internal("the list of releases can't be written"))?;
    app.ui.data(&format!("{head}["))?;
    for (index, (_, (_, page))) in found.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let indented = pages.read(page)?.replace('\n', "\n    ");
        app.ui.data(&format!("{comma}\n    {indented}"))?;
    }
    let end = if found.is_empty() { "" } else { "\n  " };
    app.ui.data(&format!("{end}]{tail}"))
}

/// Where a page lies.
#[derive(Debug, Clone, Copy)]
struct Page {
    start: u64,
    length: usize,
}

/// Pages that are kept on the disk until their order is known: those of ten thousand releases are larger than memory.
struct Pages(Mutex<std::fs::File>);

impl Pages {
    fn new() -> Outcome<Self> {
        let file = tempfile::tempfile().map_err(|error| failed(&error))?;
        Ok(Self(Mutex::new(file)))
    }

    fn keep(&self, text: &str) -> Outcome<Page> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let start = file.seek(SeekFrom::End(0)).map_err(|error| failed(&error))?;
        file.write_all(text.as_bytes()).map_err(|error| failed(&error))?;
        Ok(Page { start, length: text.len() })
    }

    fn read(&self, page: &Page) -> Outcome<String> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = vec![0; page.length];
        file.seek(SeekFrom::Start(page.start)).map_err(|error| failed(&error))?;
        file.read_exact(&mut bytes).map_err(|error| failed(&error))?;
        String::from_utf8(bytes).map_err(|error| Failure::internal("a page that was kept is not text").because(error))
    }
}

fn failed(error: &std::io::Error) -> Failure {
    Failure::internal("the pages of the releases can't be kept in a temporary file").because(error)
}
