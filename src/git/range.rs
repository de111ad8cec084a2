//! Walks over history: who made the commits of a range, what is an ancestor of what, which tags lie below.
//!
//! Commits are read from their raw bytes, so grafts and replacements change nothing. In a shallow clone parents are
//! missing; the walks go on without them and say that they were not complete.

use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};

use super::error::{Error, ErrorKind, Result};
use super::raw::{Commit, Identity, Makers};
use super::repository::Repository;
use crate::model::ids::{ObjectId, TagName};

/// How many commits more are looked at once nothing is wanted any more; git's own walks look at five.
const SLACK: usize = 16;

/// How much memory the makers of a range may take, about: names and addresses, and what holds them.
const MOST_MAKERS: usize = 64 << 20;

/// How many bytes all commits of one push may have that are read before it is taken in; a million of usual ones.
const MOST_ARRIVING: u64 = 1 << 30;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// All of it.
    #[default]
    Whole,
    /// What lies above the edge at which this clone was cut off.
    Cut,
    /// A commit is not here, and this clone was not cut off there.
    Lost(ObjectId),
}

/// The commits of a range, and what the walk over them showed.
struct Walked {
    commits: Vec<(ObjectId, Kept)>,
    /// The makers of the commits, by the numbers that are kept of those.
    makers: MakersTable,
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
            self.walk(commit, |id| {
                found |= id == ancestor;
                found
            })?;
        }
        Ok(found)
    }

    /// Walks a commit and its ancestors, latest first, until `stop` says so.
    fn walk(&self, start: &ObjectId, mut stop: impl FnMut(&ObjectId) -> bool) -> Result<()> {
        let mut queue = Queue::default();
        // Of a commit that waits only its parents are kept: what it says may be as long as anybody likes.
        let mut waiting = HashMap::new();
        let mut seen = HashSet::new();
        let mut next = vec![*start];
        loop {
            for id in next {
                if seen.insert(id)
                    && let Some(commit) = self.commit(&id)?
                {
                    queue.push(id, &commit);
                    waiting.insert(id, commit.parents);
                }
            }
            match queue.pop() {
                Some(id) if !stop(&id) => next = waiting.remove(&id).unwrap_or_default(),
                _ => return Ok(()),
            }
        }
    }

    /// Gives the commits of `previous..commit`, or all of them, in the order of the walk, with their makers if asked for.
    fn range_commits(&self, previous: Option<&ObjectId>, commit: &ObjectId, with_makers: bool) -> Result<Walked> {
        let mut walk = RangeWalk { with_makers, ..RangeWalk::default() };
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
        Ok(Walked { commits, makers: walk.makers, extent: walk.extent, is_below })
    }

    /// Returns the ids of the commits of `previous..commit` (or of all history), and whether all were here.
    pub fn commits_between(&self, previous: Option<&ObjectId>, commit: &ObjectId) -> Result<(Vec<ObjectId>, bool)> {
        let walked = self.range_commits(previous, commit, false)?;
        Ok((walked.commits.into_iter().map(|(id, _)| id).collect(), walked.extent == Extent::Whole))
    }

    /// Names who made the commits that `commit` has and `previous` has not, or all of its history.
    pub fn range(&self, previous: Option<&ObjectId>, commit: &ObjectId) -> Result<Range> {
        let Walked { commits: found, makers: mut table, extent, is_below } = self.range_commits(previous, commit, true)?;
        let commits = found.len();
        let mut made: HashMap<usize, Vec<ObjectId>> = HashMap::new();
        for (id, kept) in found {
            let number = match kept.makers {
                Some(number) => number,
                None => match self.commit(&id)? {
                    Some(commit) => table.number(commit)?,
                    None => continue,
                },
            };
            made.entry(number).or_default().push(id);
        }
        let named = table.numbers.into_iter().filter_map(|(makers, number)| Some((makers, made.remove(&number)?)));
        let makers = named.collect();
        Ok(Range { commits, makers, extent, is_below })
    }

    /// Says why a commit that is only waiting to be taken in can't be read, if one below `tip` can't; nothing where nothing
    /// waits.
    ///
    /// # Errors
    /// If something else goes wrong on the way.
    pub fn unreadable_arrival(&self, tip: &ObjectId) -> Result<Option<Error>> {
        if self.waiting.is_empty() {
            return Ok(None);
        }
        // What is wrong with a tag is said by whoever asks about that tag.
        let Ok(Some(tip)) = self.peel_to_commit(tip) else { return Ok(None) };
        let here = Self::open(self.git_dir())?;
        let (mut next, mut seen, mut bytes) = (vec![tip], HashSet::new(), 0);
        while let Some(id) = next.pop() {
            if !seen.insert(id) || here.holds(&id)? {
                continue;
            }
            bytes += self.object_header(&id)?.map_or(0, |(_, size)| size);
            if bytes > MOST_ARRIVING {
                let text = format!("the commits of the push have more than {} MiB together", MOST_ARRIVING >> 20);
                return Ok(Some(Error::new(ErrorKind::TooLarge, text)));
            }
            match self.commit(&id) {
                Ok(commit) => next.extend(commit.into_iter().flat_map(|commit| commit.parents)),
                Err(error) if matches!(error.kind(), ErrorKind::TooLarge | ErrorKind::Malformed) => return Ok(Some(error)),
                Err(error) => return Err(error),
            }
        }
        Ok(None)
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
        self.walk(commit, |id| {
            if let Some(tags) = by_commit.remove(id) {
                found.extend(tags.into_iter().map(|(name, object)| AncestorTag { name, object, commit: *id }));
            }
            found.len() >= most || by_commit.is_empty()
        })?;
        found.truncate(most);
        Ok(found)
    }
}

/// What a walk keeps of a commit.
struct Kept {
    parents: Vec<ObjectId>,
    /// The number of its makers, where they were read.
    makers: Option<usize>,
}

/// The makers of commits, each once however many commits they made.
#[derive(Default)]
struct MakersTable {
    numbers: HashMap<Makers, usize>,
    /// How much memory they take, about.
    size: usize,
}

impl MakersTable {
    /// Gives the number of the makers of a commit.
    fn number(&mut self, commit: Commit) -> Result<usize> {
        let (next, makers) = (self.numbers.len(), commit.into_makers());
        if let Some(number) = self.numbers.get(&makers) {
            return Ok(*number);
        }
        let size = |who: &Identity| 2 * size_of::<Identity>() + who.name.len() + who.email.len();
        self.size += [&makers.authors, &makers.committers, &makers.co_authors].into_iter().flatten().map(size).sum::<usize>();
        if self.size > MOST_MAKERS {
            let text = format!("the commits name more authors and co-authors than the {} MiB that are read", MOST_MAKERS >> 20);
            return Err(Error::new(ErrorKind::TooLarge, text));
        }
        self.numbers.insert(makers, next);
        Ok(next)
    }
}

/// A walk over `previous..commit` under way.
#[derive(Default)]
struct RangeWalk {
    queue: Queue,
    extent: Extent,
    /// The commits that were read and not given back yet.
    commits: HashMap<ObjectId, Kept>,
    makers: MakersTable,
    with_makers: bool,
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
    /// Reads a commit into the queue; false where it is not here.
    fn reads(&mut self, repository: &Repository, id: ObjectId) -> Result<bool> {
        let Some(commit) = repository.commit(&id)? else {
            self.missing.insert(id);
            return Ok(false);
        };
        self.queue.push(id, &commit);
        let parents = commit.parents.clone();
        // Who made what is excluded is of no interest.
        let is_of_interest = self.with_makers && self.wanted.contains(&id);
        let makers = if is_of_interest { Some(self.makers.number(commit)?) } else { None };
        self.commits.insert(id, Kept { parents, makers });
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
