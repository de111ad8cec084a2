//! Checklists in tagged trees: read, parsed once a run, and held against what an open record made of them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::evaluate::resolve::{self, Terms};
use crate::git::{ErrorKind, Repository, TreeItem};
use crate::model::checklist::Checklist;
use crate::model::finding::ChecklistUnread;
use crate::model::ids::{ObjectId, Sha256Digest, TagName};
use crate::model::policy::Policy;
use crate::model::problem::Problem;
use crate::model::record::{Open, Plan};
use crate::ops::error::{Failure, Outcome};
use crate::parse::checklist::{self, Fix, IdChange};
use crate::parse::digests::sha256;
use crate::report::safe;

/// The largest checklist that is read, in bytes.
pub const LIMIT: u64 = 1 << 20;
/// How many parsed checklists are kept; one after another, releases seldom change theirs.
const KEPT: usize = 16;

/// The checklists that were parsed in this run, by path and digest.
#[derive(Debug, Default)]
pub struct Checklists(RefCell<BTreeMap<(String, Sha256Digest), Arc<Checklist>>>);

impl Checklists {
    /// Parses a checklist of a digest, or gives what came of it before.
    fn parse(&self, path: &str, digest: Sha256Digest, bytes: &[u8]) -> Result<Arc<Checklist>, ChecklistUnread> {
        let key = (path.to_owned(), digest);
        if let Some(known) = self.0.borrow().get(&key) {
            return Ok(Arc::clone(known));
        }
        let parsed = parse(path, bytes).map_err(|problems| {
            ChecklistUnread::Malformed(problems.into_iter().next().map(|problem| (problem.line, problem.message)))
        })?;
        let parsed = Arc::new(parsed);
        let mut kept = self.0.borrow_mut();
        if kept.len() >= KEPT {
            kept.pop_first();
        }
        kept.insert(key, Arc::clone(&parsed));
        Ok(parsed)
    }
}

/// Reads the checklist of an open record again, under the policy that it names: all that `open` takes from it today. `parsed` are
/// the checklists of this run.
pub fn reread(
    repository: &Repository,
    parsed: &Checklists,
    (tag, tree): (&TagName, &ObjectId),
    open: &Open,
    policy: &Policy,
) -> Result<Plan, ChecklistUnread> {
    let path = &open.checklist.path;
    let bytes = match repository.file_at(tree, path, LIMIT) {
        Ok(found) => file(found)?,
        Err(error) if *error.kind() == ErrorKind::TooLarge => return Err(ChecklistUnread::TooLarge),
        Err(error) => return Err(ChecklistUnread::Unreadable(error.to_string())),
    };
    if sha256(&bytes) != open.checklist.sha256 {
        return Err(ChecklistUnread::OtherDigest);
    }
    let checklist = parsed.parse(path, open.checklist.sha256, &bytes)?;
    // Whatever version of the rules the record claims, what these rules read must agree: a claim can't excuse an item.
    let source = resolve::source(path, open.checklist.sha256);
    let terms = Terms { tag, release_type: open.release_type, component: &open.component, environment: &open.environment };
    Ok(resolve::resolve(&checklist, source, policy, terms))
}

/// Parses a checklist: JSON where its name says so, else Markdown.
pub fn parse(path: &str, bytes: &[u8]) -> Result<Checklist, Vec<Problem>> {
    checklist::parse_file(path, bytes)
}

/// Reads the checklist file of a tree.
pub fn read(repository: &Repository, tree: &ObjectId, path: &str) -> Outcome<Vec<u8>> {
    let found = repository.file_at(tree, path, LIMIT).map_err(|error| match error.kind() {
        ErrorKind::TooLarge => Failure::invalid(ChecklistUnread::TooLarge.describe(path)).because(error),
        _ => error.into(),
    })?;
    file(found).map_err(|unread| {
        let failure = Failure::invalid(unread.describe(path));
        match unread {
            ChecklistUnread::Missing => failure.hint("commit the checklist before tagging, or name another with --checklist FILE"),
            _ => failure,
        }
    })
}

/// Returns the bytes of what was found where the checklist should be.
fn file(found: TreeItem) -> Result<Vec<u8>, ChecklistUnread> {
    match found {
        TreeItem::File { bytes, .. } => Ok(bytes),
        TreeItem::Missing => Err(ChecklistUnread::Missing),
        TreeItem::Symlink => Err(ChecklistUnread::Symlink),
        TreeItem::Submodule => Err(ChecklistUnread::Submodule),
        TreeItem::Directory => Err(ChecklistUnread::Directory),
    }
}

/// Compares a checklist of the working tree with the same file at a commit or tag; gives the items whose ids differ.
pub fn against(repository: &Repository, rev: &str, file: &Path, now: &Checklist) -> Outcome<Vec<IdChange>> {
    let top = repository.work_dir().ok_or_else(|| Failure::usage("this repository has no working tree"))?;
    let inside = |path: &Path| path.canonicalize().ok();
    let path = inside(file).zip(inside(top)).and_then(|(file, top)| file.strip_prefix(top).ok().map(Path::to_owned));
    let path = path.ok_or_else(|| Failure::usage(format!("{} is not in this repository", file.display())))?;
    let path = path.to_str().ok_or_else(|| Failure::usage(format!("the name of {} is not UTF-8", file.display())))?;
    let commit = repository.revparse(rev)?.map_or(Ok(None), |id| repository.peel_to_commit(&id))?;
    let commit = commit.map_or(Ok(None), |id| repository.commit(&id))?;
    let commit = commit.ok_or_else(|| Failure::usage(format!("{rev} is no commit or tag here")))?;
    let bytes = read(repository, &commit.tree, path)?;
    let before = parse(path, &bytes).map_err(|_| Failure::invalid(format!("{path} at {rev} can't be used as a checklist")))?;
    Ok(checklist::id_changes(&before, now))
}

/// Says which ids differ, for people.
pub fn changes(changes: &[IdChange]) -> String {
    let one = |change: &IdChange| {
        let what = match (&change.before, &change.after) {
            (Some(before), Some(after)) => format!("{before} is now {after}"),
            (None, Some(after)) => format!("{after} is new"),
            (Some(before), None) => format!("{before} is gone"),
            (None, None) => String::new(),
        };
        format!("{what} · {} (line {})\n", safe::line(&change.title), change.line)
    };
    if changes.is_empty() { "no id differs\n".to_owned() } else { changes.iter().map(one).collect() }
}

/// Writes mends into a checklist, if it still is what was read.
pub fn mend(file: &Path, read: &[u8], fixes: &[Fix]) -> Outcome<()> {
    let shown = file.display();
    let failed = |error: std::io::Error| Failure::internal(format!("the checklist {shown} can't be written")).because(error);
    if std::fs::read(file).map_err(failed)? != read {
        return Err(Failure::usage(format!("the checklist {shown} has changed meanwhile")).hint("run it again"));
    }
    let text = std::str::from_utf8(read).map_err(|_| Failure::invalid(format!("the checklist {shown} is not UTF-8")))?;
    crate::git::files::rewrite(file, checklist::apply(text, fixes).as_bytes()).map_err(failed)
}
