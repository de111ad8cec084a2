//! Walks over history: who made the commits of a range, what is an ancestor of what, which tags lie below.
//!
//! Commits are read from their raw bytes, so grafts and replacements change nothing. In a shallow clone parents are
//! missing; the walks go on without them and say that they were not complete.

use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};

use super::error::Result;
use super::raw::{Commit, Makers};
use super::repository::Repository;
use crate::model::ids::{ObjectId, TagName};

/// How many commits more are looked at once nothing is wanted any more; git's own walks look at five.
const SLACK: usize = 16;

/// Who made the commits of a range, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// How many commits lie in the range.
    pub commits: usize,
    /// Everybody whom a commit names as its makers, as claimed there, with the commits that name the same.
    pub makers: HashMap<Makers, Vec<ObjectId>>,
    /// How much of the range was here to be read.
    pub extent: Extent,
    /// Whether the commit from which the range runs is an ancestor of the one to which it does, and another one; nothing
    /// where none is named, or where a commit that is not here may lie between.
    pub is_below: Option<bool>,
}

/// How much of a range is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// What lies above the edge at which this clone was cut off.
    Cut,
    /// A commit is not here, and this clone was not cut off there.
    Lost(ObjectId),
}

/// The commits of a range, and what the walk over them showed.
struct Walked {
    commits: Vec<(ObjectId, Commit)>,
    extent: Extent,
    is_below: Option<bool>,
}

/// A tag whose commit is the walked commit or an ancestor of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AncestorTag {
    /// The tag.
    pub name: TagName,
    /// What the tag ref stands for: an annotated tag object, or a commit.
    pub object: ObjectId,
    /// The commit it stands for in the end.
    pub commit: ObjectId,
}

/// A queue that gives the commits with the latest claimed time first, which for honest clocks is child before parent.
#[derive(Default)]
struct Queue(BinaryHeap<(i64, ObjectId)>);

impl Queue {
    fn push(&mut self, id: ObjectId, commit: &Commit) {
        self.0.push((commit.committer.seconds.unwrap_or(0), id));
    }

    fn pop(&mut self) -> Option<ObjectId> {
        self.0.pop().map(|(_, id)| id)
    }
}

impl Repository {
    /// Whether `ancestor` is `commit` or one of its ancestors, as far as history is here.
    pub fn is_ancestor(&self, ancestor: &ObjectId, commit: &ObjectId) -> Result<bool> {
        let mut found = ancestor == commit;
        if !found {
            self.walk(commit, |id, _| {
                found |= id == ancestor;
                found
            })?;
        }
        Ok(found)
    }

    /// Walks a commit and its ancestors, latest first, until `stop` says so; says whether all parents were here.
    fn walk(&self, start: &ObjectId, mut stop: impl FnMut(&ObjectId, &Commit) -> bool) -> Result<bool> {
        let mut complete = true;
        let mut queue = Queue::default();
        let mut commits = HashMap::new();
        let mut seen = HashSet::from([*start]);
        match self.commit(start)? {
            Some(commit) => {
                queue.push(*start, &commit);
                commits.insert(*start, commit);
            }
            None => complete = false,
        }
        while let Some(id) = queue.pop() {
            let Some(commit) = commits.remove(&id) else { continue };
            if stop(&id, &commit) {
                return Ok(complete);
            }
            for parent in commit.parents {
                if seen.insert(parent) {
                    match self.commit(&parent)? {
                        Some(commit) => {
                            queue.push(parent, &commit);
                            commits.insert(parent, commit);
                        }
                        None => complete = false,
                    }
                }
            }
        }
        Ok(complete)
    }

    /// Returns the commits of `previous..commit`, or all of them, with their parsed form, in the order of the walk.
    fn range_commits(&self, previous: Option<&ObjectId>, commit: &ObjectId) -> Result<Walked> {
        let mut walk = RangeWalk::new();
        for (id, exclude) in previous.map(|id| (*id, true)).into_iter().chain([(*commit, false)]) {
            if !walk.reads(self, id)? {
                walk.extent = Extent::Lost(id);
            } else if exclude {
                walk.excluded.insert(id);
            } else if !walk.excluded.contains(&id) {
                walk.want(id);
            }
        }
        // Every commit between the two is wanted, so a way down to `previous` goes through wanted commits only.
        let mut meets_previous = false;
        let mut order = Vec::new();
        let mut slack = 0;
        while let Some(id) = walk.queue.pop() {
            if !walk.popped.insert(id) {
                continue;
            }
            let is_excluded = walk.excluded.contains(&id);
            if walk.wanted.contains(&id) {
                walk.waiting = walk.waiting.saturating_sub(1);
                order.push(id);
            }
            for parent in walk.commits.get(&id).map(|commit| commit.parents.clone()).unwrap_or_default() {
                meets_previous |= !is_excluded && previous == Some(&parent);
                if is_excluded {
                    walk.exclude(parent);
                } else if !walk.excluded.contains(&parent) && !walk.popped.contains(&parent) {
                    walk.want(parent);
                }
                if !walk.commits.contains_key(&parent) && !walk.missing.contains(&parent) && !walk.reads(self, parent)? {
                    walk.lose(self, parent, &id)?;
                }
            }
            // Clocks that run apart may show a wanted commit first and its exclusion later: look on for a while.
            // A commit that still escapes exclusion only adds an implementer, which is the safe side.
            slack = if walk.waiting == 0 { slack + 1 } else { 0 };
            if slack > SLACK {
                break;
            }
        }
        order.retain(|id| !walk.excluded.contains(id));
        let commits = order.into_iter().filter_map(|id| walk.commits.remove(&id).map(|commit| (id, commit))).collect();
        let is_whole = walk.extent == Extent::Whole;
        let is_below = previous.and_then(|_| (meets_previous || is_whole).then_some(meets_previous));
        Ok(Walked { commits, extent: walk.extent, is_below })
    }

    /// Returns the ids of the commits of `previous..commit` (or of all history), and whether all were here.
    pub fn commits_between(&self, previous: Option<&ObjectId>, commit: &ObjectId) -> Result<(Vec<ObjectId>, bool)> {
        let walked = self.range_commits(previous, commit)?;
        Ok((walked.commits.into_iter().map(|(id, _)| id).collect(), walked.extent == Extent::Whole))
    }

    /// Names who made the commits that `commit` has and `previous` has not, or all of its history.
    pub fn range(&self, previous: Option<&ObjectId>, commit: &ObjectId) -> Result<Range> {
        let Walked { commits: found, extent, is_below } = self.range_commits(previous, commit)?;
        let commits = found.len();
        let mut makers: HashMap<Makers, Vec<ObjectId>> = HashMap::new();
        for (id, commit) in found {
            makers.entry(commit.into_makers()).or_default().push(id);
        }
        Ok(Range { commits, makers, extent, is_below })
    }

    /// Returns the best common ancestor of two commits; `None` where they share no history that is here.
    pub fn merge_base(&self, one: &ObjectId, two: &ObjectId) -> Result<Option<ObjectId>> {
        let mut of_one = HashSet::new();
        self.walk(one, |id, _| {
            of_one.insert(*id);
            false
        })?;
        let mut base = None;
        self.walk(two, |id, _| {
            if of_one.contains(id) {
                base = Some(*id);
            }
            base.is_some()
        })?;
        Ok(base)
    }

    /// Lists tags on `commit` and its ancestors, nearest first, at most `most` of them.
    pub fn ancestor_tags(&self, commit: &ObjectId, most: usize) -> Result<Vec<AncestorTag>> {
        let mut by_commit: BTreeMap<ObjectId, Vec<(TagName, ObjectId)>> = BTreeMap::new();
        for (name, object) in self.refs("refs/tags/")? {
            let Ok(name) = name.as_str().parse::<TagName>() else { continue };
            // A tag that can't be read lies below nothing; whoever asks for it by name is told why.
            if let Ok(Some(end)) = self.peel_to_commit(&object) {
                by_commit.entry(end).or_default().push((name, object));
            }
        }
        let mut found = Vec::new();
        self.walk(commit, |id, _| {
            if let Some(tags) = by_commit.remove(id) {
                found.extend(tags.into_iter().map(|(name, object)| AncestorTag { name, object, commit: *id }));
            }
            found.len() >= most || by_commit.is_empty()
        })?;
        found.truncate(most);
        Ok(found)
    }
}

/// A walk over `previous..commit` under way.
struct RangeWalk {
    queue: Queue,
    extent: Extent,
    /// The commits that were read and not given back yet.
    commits: HashMap<ObjectId, Commit>,
    /// What is reachable from `previous`, which excludes it.
    excluded: HashSet<ObjectId>,
    wanted: HashSet<ObjectId>,
    missing: HashSet<ObjectId>,
    popped: HashSet<ObjectId>,
    /// How many wanted commits were not walked yet.
    waiting: usize,
    /// The commits at which this clone was cut off, read where they are needed.
    cut: Option<HashSet<ObjectId>>,
}

impl RangeWalk {
    fn new() -> Self {
        Self {
            queue: Queue::default(),
            extent: Extent::Whole,
            commits: HashMap::new(),
            excluded: HashSet::new(),
            wanted: HashSet::new(),
            missing: HashSet::new(),
            popped: HashSet::new(),
            waiting: 0,
            cut: None,
        }
    }

    /// Reads a commit into the queue; false where it is not here.
    fn reads(&mut self, repository: &Repository, id: ObjectId) -> Result<bool> {
        let Some(commit) = repository.commit(&id)? else {
            self.missing.insert(id);
            return Ok(false);
        };
        self.queue.push(id, &commit);
        self.commits.insert(id, commit);
        Ok(true)
    }

    fn want(&mut self, id: ObjectId) {
        if self.wanted.insert(id) {
            self.waiting += 1;
        }
    }

    /// Notes that a parent of `child` is not here: whether this clone was cut off there, or it is lost.
    fn lose(&mut self, repository: &Repository, parent: ObjectId, child: &ObjectId) -> Result<()> {
        if !self.wanted.remove(&parent) {
            return Ok(());
        }
        self.waiting = self.waiting.saturating_sub(1);
        let cut = match &self.cut {
            Some(cut) => cut,
            None => self.cut.insert(repository.cut_commits()?),
        };
        if !cut.contains(child) {
            self.extent = Extent::Lost(parent);
        } else if self.extent == Extent::Whole {
            self.extent = Extent::Cut;
        }
        Ok(())
    }

    /// Excludes a commit and what was already walked below it.
    fn exclude(&mut self, id: ObjectId) {
        let mut stack = vec![id];
        while let Some(id) = stack.pop() {
            if !self.excluded.insert(id) {
                continue;
            }
            let is_popped = self.popped.contains(&id);
            if self.wanted.remove(&id) && !is_popped {
                self.waiting = self.waiting.saturating_sub(1);
            }
            if is_popped {
                stack.extend(self.commits.get(&id).iter().flat_map(|commit| commit.parents.iter()));
            }
        }
    }
}
