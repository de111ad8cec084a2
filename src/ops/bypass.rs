//! What moved past the hooks of a server: a merge or a deletion in a web page, or a forge's own command.
//!
//! A file in the git directory holds what the hooks last let through for every ref that a rule speaks of. `pre-receive` notes what
//! it lets through before that lands, `post-receive` what has landed; so a ref that stands for anything else was moved by
//! somebody else, and is told until it is set right or goes through a hook. That is worth knowing and is no verdict: whoever can
//! move refs past the hooks can change the file, too.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::evaluate::push::name::Place;
use crate::evaluate::push::{PushVerdict, Update};
use crate::git::notes::Notes;
use crate::git::{NOTES_REF, POLICY_REF, Repository};
use crate::model::address::root_blob;
use crate::model::advice::Advice;
use crate::model::finding::{Finding, Seen};
use crate::model::freeze::Source;
use crate::model::ids::{ObjectId, RefName};
use crate::model::policy::Pattern;
use crate::model::time::Timestamp;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::freezes;
use crate::ops::session::Session;
use crate::ops::workspace::Workspace;
use crate::report::safe::shell_word;

/// The file, below relsign's own directory.
const FILE: &str = "let-through.json";
/// The most that is read of it, in bytes.
const LIMIT: u64 = 8 << 20;
/// How many refs are watched at most: one with no sign of a pattern in its rule goes first, a release tag last.
const MOST_REFS: usize = 5000;
/// How many refs are looked through at most for those that a pattern fits.
const MOST_LISTED: usize = 20_000;
/// How many patterns are watched at most.
const MOST_PATTERNS: usize = 200;
/// How many pushes of one ref may be on their way.
const MOST_COMING: usize = 64;
/// How many refs are told of.
const MOST_TOLD: usize = 20;
/// How long a push may take from one hook to the next, in seconds.
const UNDER_WAY: i64 = 3600;

/// What the hooks let through, as the file has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Memory {
    /// When the hooks began to watch; what was there then was taken as it was.
    since: Timestamp,
    /// The patterns of the refs that are watched.
    watched: Vec<String>,
    /// Whether there are no more refs of these patterns than are watched.
    whole: bool,
    refs: BTreeMap<RefName, Watched>,
}

/// One ref.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Watched {
    /// What the hooks last let through; nothing where there was no such ref.
    at: Option<ObjectId>,
    /// What they let through that has not landed yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    coming: Vec<Coming>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    found: Option<Found>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Coming {
    to: Option<ObjectId>,
    when: Timestamp,
}

/// What a ref was found to stand for instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Found {
    is: Option<ObjectId>,
    first_seen: Timestamp,
}

/// A ref that moved past the hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// What was seen.
    pub finding: Finding,
    /// How to set it right.
    pub advice: Advice,
}

/// Finds what moved past the hooks, writing nothing; nothing where no hook watches.
///
/// # Errors
/// If the file or a ref can't be read.
pub fn find(repository: &Repository, now: Timestamp) -> Outcome<Vec<Moved>> {
    let Some(mut memory) = read(repository.read_own(FILE, LIMIT)?)? else { return Ok(Vec::new()) };
    memory.look(repository, now)?;
    memory.moved(repository)
}

/// Warns of what moved past the hooks.
pub fn tell(session: &Session, moved: &[Moved]) {
    for Moved { finding, advice } in moved.iter().take(MOST_TOLD) {
        session.warn(Advice { text: format!("{}: {}; {}", finding.code, finding.seen, advice.text), ..advice.clone() });
    }
    if moved.len() > MOST_TOLD {
        session.warn(format!("{} more refs moved past the hooks", moved.len() - MOST_TOLD));
    }
    if !moved.is_empty() {
        session.advise(accept());
    }
}

/// Returns since when the hooks watch here.
///
/// # Errors
/// If the file can't be read.
pub fn since(repository: &Repository) -> Outcome<Option<Timestamp>> {
    Ok(read(repository.read_own(FILE, LIMIT)?)?.map(|memory| memory.since))
}

/// Returns what the hooks last let through for each ref that they watch.
///
/// # Errors
/// If the file can't be read.
pub fn let_through(repository: &Repository) -> Outcome<BTreeMap<RefName, Option<ObjectId>>> {
    let memory = read(repository.read_own(FILE, LIMIT)?)?;
    Ok(memory.into_iter().flat_map(|memory| memory.refs).map(|(name, watched)| (name, watched.at)).collect())
}

/// Before a push lands: notes what is let through, and finds what moved past the hooks before.
///
/// # Errors
/// If the file can't be read or written.
pub fn before(session: &Session, repository: &Repository, updates: &[Update], verdict: &PushVerdict) -> Outcome<Vec<Moved>> {
    if repository.read_own(FILE, LIMIT)?.is_none() {
        return Ok(Vec::new());
    }
    repository.change_own(FILE, LIMIT, |bytes| {
        let Some(before) = read(bytes)? else { return Ok((None, Vec::new())) };
        let mut memory = before.clone();
        memory.look(repository, session.now)?;
        if verdict.is_allowed() {
            for (name, update) in targets(repository, updates, &PushVerdict::default())? {
                memory.expect(name, update, session.now);
            }
        }
        let moved = memory.moved(repository)?;
        Ok(((memory != before).then(|| memory.bytes()).transpose()?, moved))
    })
}

/// After a push has landed: notes what it moved, and what is watched from now on.
///
/// # Errors
/// If the policy, the freezes or the file can't be read or written.
pub fn after(
    session: &Session,
    repository: &Repository,
    work: &Workspace,
    updates: &[Update],
    verdict: &PushVerdict,
) -> Outcome<()> {
    repository.change_own(FILE, LIMIT, |bytes| {
        let before = read(bytes)?;
        let is_new = before.is_none();
        let mut memory = before.clone().unwrap_or_else(|| Memory {
            since: session.now,
            watched: Vec::new(),
            whole: true,
            refs: BTreeMap::new(),
        });
        for (name, update) in targets(repository, updates, verdict)? {
            if repository.direct_ref(name.as_str())? == update.new {
                memory.landed(name, update);
            }
        }
        memory.look(repository, session.now)?;
        if is_new || may_change_rules(repository, work, updates)? {
            memory.watch(repository, patterns(session, repository, work, updates)?)?;
        }
        Ok(((before.as_ref() != Some(&memory)).then(|| memory.bytes()).transpose()?, ()))
    })
}

fn read(bytes: Option<Vec<u8>>) -> Outcome<Option<Memory>> {
    let Some(bytes) = bytes else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        Failure::internal(format!("relsign/{FILE} in the git directory can't be read"))
            .because(error.to_string())
            .suggest("to begin it anew, with what is there now", remove())
    })
}

/// Returns the command with which all that is there is taken as it is.
fn remove() -> String {
    format!("rm \"$(git rev-parse --git-common-dir)\"/relsign/{FILE}")
}

/// Explains how all that moved past the hooks is taken as it is.
pub fn accept() -> Advice {
    Advice::run("to take everything as it is instead, on the server", remove())
}

/// Returns what of a push was let through, by the ref that git moves for it: a symbolic ref stands for another.
fn targets<'u>(repository: &Repository, updates: &'u [Update], verdict: &PushVerdict) -> Outcome<Vec<(RefName, &'u Update)>> {
    let refused: BTreeSet<&str> = verdict.refused.iter().map(|refused| refused.ref_name.as_str()).collect();
    let mut found = Vec::new();
    for update in updates.iter().filter(|update| !refused.contains(update.name.as_str())) {
        let names = repository.ref_names(&update.name)?;
        found.extend(names.last().and_then(|name| name.parse().ok()).map(|name| (name, update)));
    }
    Ok(found)
}

/// Whether a push brought what may change which refs are watched: a policy, or records of the root log.
fn may_change_rules(repository: &Repository, work: &Workspace, updates: &[Update]) -> Outcome<bool> {
    if updates.iter().any(|update| update.name == POLICY_REF) {
        return Ok(true);
    }
    let Some(notes) = updates.iter().find(|update| update.name == NOTES_REF) else { return Ok(false) };
    let (mut old, mut new) = (Notes::at(repository, notes.old.as_ref())?, Notes::at(repository, notes.new.as_ref())?);
    Ok(old.differing_from(&mut new)?.contains(&repository.blob_id(&root_blob(&work.root))?))
}

/// Returns the patterns of all refs that a rule speaks of, as it is now: first those that gates and protection name, then what
/// windows and people freeze, then release tags.
fn patterns(session: &Session, repository: &Repository, work: &Workspace, updates: &[Update]) -> Outcome<Vec<String>> {
    let stepped = updates.iter().any(|update| update.name == POLICY_REF);
    let newer = if stepped { Some(Workspace::load(repository, Some(work.root))?) } else { None };
    let work = newer.as_ref().unwrap_or(work);
    let rules = work.policy().contents();
    let mut found: Vec<String> = Vec::new();
    let mut add = |pattern: &Pattern| {
        if !found.iter().any(|known| known == pattern.as_str()) && found.len() < MOST_PATTERNS {
            found.push(pattern.as_str().to_owned());
        }
    };
    rules.gates.iter().for_each(|gate| add(&gate.ref_name));
    rules.refs.protected.iter().for_each(&mut add);
    rules.freezes.iter().flat_map(|window| &window.refs).for_each(&mut add);
    let standing = freezes::standing(repository, work, session.now)?;
    standing.iter().filter(|freeze| !matches!(freeze.source, Source::Window)).flat_map(|freeze| &freeze.refs).for_each(&mut add);
    for component in &rules.components {
        if let Ok(tags) = format!("refs/tags/{}", component.tags.as_str()).parse() {
            add(&tags);
        }
    }
    Ok(found)
}

impl Memory {
    fn bytes(&self) -> Outcome<Vec<u8>> {
        serde_json::to_vec(self).map_err(|error| Failure::internal("cannot write what was let through").because(error.to_string()))
    }

    fn may_watch(&self, name: &RefName) -> bool {
        self.refs.contains_key(name) || self.refs.len() < MOST_REFS && fits(name, &parsed(&self.watched))
    }

    /// Notes what will land unless something else comes between.
    fn expect(&mut self, name: RefName, update: &Update, now: Timestamp) {
        if self.may_watch(&name) {
            let watched = self.refs.entry(name).or_insert_with(|| Watched { at: update.old, ..Watched::default() });
            watched.coming.retain(|coming| coming.to != update.new);
            watched.coming.push(Coming { to: update.new, when: now });
            let many = watched.coming.len().saturating_sub(MOST_COMING);
            watched.coming.drain(..many);
        }
    }

    /// Notes what has landed.
    fn landed(&mut self, name: RefName, update: &Update) {
        if self.may_watch(&name) {
            let watched = self.refs.entry(name).or_default();
            watched.at = update.new;
            watched.found = None;
            watched.coming.retain(|coming| coming.to != update.new);
        }
    }

    /// Compares what is there with what was let through.
    fn look(&mut self, repository: &Repository, now: Timestamp) -> Outcome<()> {
        // Where not all are watched, one that is not may have been there before.
        let patterns: Vec<Pattern> =
            parsed(&self.watched).into_iter().filter(|pattern| self.whole || pattern.is_literal()).collect();
        let listed: BTreeMap<RefName, ObjectId> = list(repository, &patterns)?.0.into_iter().collect();
        for name in listed.keys() {
            if self.refs.len() < MOST_REFS && !self.refs.contains_key(name) && fits(name, &patterns) {
                self.refs.insert(name.clone(), Watched::default());
            }
        }
        let is_over = |coming: &Coming| coming.when.plus(UNDER_WAY) < now;
        let mut gone = Vec::new();
        for (name, watched) in &mut self.refs {
            let is = match listed.get(name) {
                Some(id) => Some(*id),
                None => repository.direct_ref(name.as_str())?,
            };
            watched.coming.retain(|coming| !is_over(coming));
            if is == watched.at || watched.coming.iter().any(|coming| coming.to == is) {
                watched.found = None;
            } else {
                let first_seen = watched.found.as_ref().map_or(now, |found| found.first_seen);
                watched.found = Some(Found { is, first_seen });
            }
            if watched.at.is_none() && watched.coming.is_empty() && watched.found.is_none() {
                gone.push(name.clone());
            }
        }
        // That there is no such ref need not be kept: if one comes, it is one that was not there.
        gone.iter().for_each(|name| drop(self.refs.remove(name)));
        Ok(())
    }

    /// Watches other refs from now on. One that no rule spoke of is taken as it is; of one that none speaks of any more nothing
    /// is kept, unless it has moved.
    fn watch(&mut self, repository: &Repository, watched: Vec<String>) -> Outcome<()> {
        let patterns = parsed(&watched);
        let (listed, mut whole) = list(repository, &patterns)?;
        self.refs.retain(|name, watched| watched.found.is_some() || fits(name, &patterns));
        for (name, id) in listed {
            if self.refs.contains_key(&name) || !fits(&name, &patterns) {
                continue;
            }
            if self.refs.len() >= MOST_REFS {
                whole = false;
                break;
            }
            self.refs.insert(name, Watched { at: Some(id), ..Watched::default() });
        }
        (self.watched, self.whole) = (watched, whole);
        Ok(())
    }

    fn moved(&self, repository: &Repository) -> Outcome<Vec<Moved>> {
        let mut moved = Vec::new();
        for (name, watched) in &self.refs {
            let Some(found) = &watched.found else { continue };
            let word = shell_word(name.as_str());
            let (subject, first, since) = (name.to_string(), found.first_seen, self.since);
            let (seen, command) = match (watched.at, found.is) {
                (Some(at), Some(is)) => {
                    (Seen::RefMoved { name: subject, at, is, first, since }, format!("git update-ref {word} {at} {is}"))
                }
                (Some(at), None) => (Seen::RefDeleted { name: subject, at, first, since }, format!("git update-ref {word} {at}")),
                (None, Some(is)) => (Seen::RefMade { name: subject, is, first, since }, format!("git update-ref -d {word} {is}")),
                (None, None) => continue,
            };
            let here = match watched.at {
                Some(at) => repository.has_object(&at)?,
                None => true,
            };
            let first = match here {
                true => "to set it right, on the server",
                false => "to set it right, push the object from a clone that has it to another branch, then on the server",
            };
            let advice = Advice::run(first, command);
            moved.push(Moved { finding: Finding::new(seen).about(name.as_str()), advice });
        }
        Ok(moved)
    }
}

fn parsed(patterns: &[String]) -> Vec<Pattern> {
    patterns.iter().filter_map(|text| text.parse().ok()).collect()
}

fn fits(name: &RefName, patterns: &[Pattern]) -> bool {
    patterns.iter().any(|pattern| pattern.matches(name.as_str())) && matches!(Place::of(name.as_str()), Place::Tag | Place::Other)
}

/// Lists the refs that may fit patterns, in the order of the patterns, and says whether those are all.
fn list(repository: &Repository, patterns: &[Pattern]) -> Outcome<(Vec<(RefName, ObjectId)>, bool)> {
    let (mut found, mut left, mut seen) = (Vec::new(), MOST_LISTED, BTreeSet::new());
    for pattern in patterns {
        let fixed = pattern.as_str().split(['*', '?']).next().unwrap_or_default();
        if pattern.is_literal() {
            let (name, id) = (fixed.parse::<RefName>().ok(), repository.direct_ref(fixed)?);
            found.extend(name.zip(id));
            continue;
        }
        // Git lists nothing outside.
        let prefix = if fixed.starts_with("refs/") { fixed } else { "refs/" };
        if !seen.insert(prefix) {
            continue;
        }
        let listed = repository.direct_refs(prefix, left + 1)?;
        if listed.len() > left {
            return Ok((found, false));
        }
        left -= listed.len();
        found.extend(listed);
    }
    Ok((found, true))
}
