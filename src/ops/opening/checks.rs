//! What a release needs before it is opened: its tag, its component, its checklist, and the release before it.

use crate::evaluate::context::TagObject;
use crate::evaluate::resolve::{self, Terms};
use crate::git::Repository;
use crate::git::range::{Extent, Range};
use crate::model::checklist::Checklist;
use crate::model::denial::Denial;
use crate::model::finding::{Code, Finding};
use crate::model::ids::{Environment, ObjectId, TagName};
use crate::model::policy::{Component, Policy};
use crate::model::record::{OpenItem, Plan, PreviousRelease};
use crate::model::report::{ReleaseState, Report};
use crate::model::time::Timestamp;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::tag::{self, LoadedTag};
use crate::ops::load::{checklists, makers, releases, remotes};
use crate::ops::workspace::Workspace;
use crate::parse::digests::sha256;
use crate::report::safe::shell_word;
use crate::report::words;

/// The most tags below a release that are looked at for the one before it.
const ANCESTORS: usize = 200;

/// Finds the component of a release tag.
pub fn component_of<'p>(policy: &'p Policy, name: &TagName) -> Outcome<&'p Component> {
    policy.component_for(name).ok_or_else(|| {
        let patterns = words::or(policy.contents().components.iter().map(|component| component.tags.as_str()));
        Failure::refused(format!("{:?} does not match a release tag pattern of the policy", name.short()))
            .by(Denial::OtherPattern)
            .hint(format!("the patterns are {patterns}"))
    })
}

/// Returns the tag object, or what is wrong with the tag.
pub fn require_tag(repository: &Repository, name: &TagName, tag: &LoadedTag) -> Outcome<TagObject> {
    if let Some(object) = &tag.facts.object {
        if object.inner_name != name.short() {
            return Err(Failure::invalid(format!("the tag object at {} has the name {:?} inside", name.full(), object.inner_name))
                .by(Denial::OtherTagName)
                .suggest("create a tag with the right name", "relsign tag NAME"));
        }
        return Ok(object.clone());
    }
    let short = shell_word(name.short());
    let anew = match &tag.facts.target {
        Some(target) => tag::anew_if_lightweight(repository, name, target)?,
        None => None,
    };
    Err(match &tag.facts.problem {
        None => Failure::missing(format!("there is no tag {} here", name.short()))
            .suggest("make it", format!("relsign tag {short}"))
            .suggest("or get it", "git fetch --tags"),
        Some(problem) if problem.code == Code::TagLightweight => {
            let failure = Failure::refused(problem.message()).by(Denial::TagNotAnnotated);
            match anew {
                Some(command) => failure.suggest("create an annotated one instead", command),
                None => failure.suggest("delete it, and tag a commit", format!("git tag -d {short}")),
            }
        }
        Some(problem) => Failure::missing(problem.message()),
    })
}

/// Refuses a tag that the remote has as another object: whoever fetches would find the release on a tag that moved.
pub fn refuse_other_tag(repository: &Repository, name: &TagName, object: &ObjectId) -> Outcome<()> {
    let Some((remote, there)) = remotes::other_tag(repository, name, object)? else { return Ok(()) };
    let short = name.short();
    let get = format!("git fetch --force {} {}", shell_word(&remote), shell_word(&format!("{0}:{0}", name.full())));
    let put = remotes::way_back(repository, &remote, name, object)?;
    Err(Failure::invalid(format!("{short} is another object at {remote}: {} there, {} here", there.short(), object.short()))
        .suggest("if yours is the right one", put)
        .suggest("if the remote's is", get))
}

/// Refuses a name that is spent, and a release that is open already.
pub fn refuse_if_spoken_for(name: &TagName, environment: &Environment, report: &Report) -> Outcome<()> {
    if let Some(moved) = report.findings.iter().find(|finding| matches!(finding.code, Code::TagMoved | Code::TagDeleted)) {
        return Err(Failure::invalid(moved.message())
            .by(Denial::NameSpent)
            .hint("a name can't be reused once opened; tag the commit under another name"));
    }
    let lost = |finding: &&Finding| matches!(finding.code, Code::RecordVanished | Code::LogMissing);
    if let Some(lost) = report.findings.iter().find(lost) {
        return Err(Failure::missing(lost.message())
            .because(format!("{} was opened before, and its records are not here", name.short()))
            .suggest("get it back", "relsign sync")
            .hint("or tag the commit under another name"));
    }
    match &report.release {
        Some(open) if open.environment == *environment => {
            Err(Failure::refused(format!("{} is already open for {environment}, opened by {}", name.short(), open.opened_by))
                .by(Denial::OpenTwice)
                .suggest("see its status", format!("relsign status {}", shell_word(name.short()))))
        }
        _ => Ok(()),
    }
}

/// Reports that the policy asks for a signed tag.
pub fn not_signed(name: &TagName, commit: &ObjectId) -> Failure {
    Failure::refused(format!(
        "the policy requires a signed tag, and {} is not signed by an active key of one of its people",
        name.short()
    ))
    .by(Denial::TagNotSigned)
    .suggest("create it again", tag::anew(name, commit))
}

/// Reads the checklist of the tagged tree and applies the policy's rules to it; gives the plan, and what was read.
///
/// # Errors
/// If it can't be used, or has nothing that a decision to go needs.
pub fn plan(
    repository: &Repository,
    tag: &LoadedTag,
    path: &str,
    (policy, terms): (&Policy, Terms<'_>),
) -> Outcome<(Plan, Checklist)> {
    let tree = tag.tree.ok_or_else(|| Failure::internal("the tagged tree is not here"))?;
    let bytes = checklists::read(repository, &tree, path)?;
    let lint = || format!("relsign checklist lint {}", shell_word(path));
    let checklist = checklists::parse(path, &bytes).map_err(|problems| {
        Failure::invalid(format!("{path} at {} can't be used as a checklist", terms.tag.short()))
            .because_of(&problems)
            .suggest("see all of it", lint())
    })?;
    let plan = resolve::resolve(&checklist, resolve::source(path, sha256(&bytes)), policy, terms);
    if !plan.items.iter().any(OpenItem::is_needed) {
        let failure = Failure::refused(format!("{path} has no item that GO needs"));
        return Err(failure.by(Denial::NoItem).suggest("see why", lint()));
    }
    Ok((plan, checklist))
}

/// Finds the previous release: the nearest tag below that belongs to the component and is in GO for the environment.
///
/// # Errors
/// If git can't be read.
pub fn previous(
    repository: &Repository,
    trusted: &Workspace,
    terms: Terms<'_>,
    (commit, as_of): (&ObjectId, Timestamp),
) -> Outcome<Option<PreviousRelease>> {
    for below in repository.ancestor_tags(commit, ANCESTORS).map_err(makers::unreadable)? {
        let same = trusted.policy().component_for(&below.name).is_some_and(|other| other.name == terms.component);
        // A candidate on the same commit has nothing below this release: the range begins where that one's did.
        if !same || below.commit == *commit {
            continue;
        }
        let report = releases::load(repository, trusted, &below.name, as_of, Some(terms.environment.clone()))?.report();
        if matches!(report.state, ReleaseState::Go | ReleaseState::RollingOut | ReleaseState::Out | ReleaseState::Completed) {
            let (tag_object, commit) = (below.object, below.commit);
            return Ok(Some(PreviousRelease { tag: below.name, tag_object, commit, overridden: false }));
        }
    }
    Ok(None)
}

/// Returns the previous release that somebody names by hand.
///
/// # Errors
/// If there is no such tag, or it stands for no commit.
pub fn named_previous(repository: &Repository, named: &str) -> Outcome<PreviousRelease> {
    let tag = TagName::from_user(named)?;
    let tag_object = repository.resolve(tag.full())?.ok_or_else(|| Failure::usage(format!("there is no tag {named} here")))?;
    let commit = repository.peel_to_commit(&tag_object)?;
    let commit = commit.ok_or_else(|| Failure::usage(format!("the tag {named} does not point at a commit")))?;
    Ok(PreviousRelease { tag, tag_object, commit, overridden: true })
}

/// Reads who made the range; a commit that can't be read is told as the verdict tells it.
pub fn range(
    repository: &Repository,
    name: &TagName,
    (previous, since): (Option<&PreviousRelease>, Option<ObjectId>),
    object: &TagObject,
) -> Outcome<Range> {
    let base = previous.map(|previous| previous.commit).or(since);
    let range = repository.range(base.as_ref(), &object.commit).map_err(makers::unreadable)?;
    match range.extent {
        Extent::Whole => match previous {
            Some(previous) if range.is_below != Some(true) => Err(not_below(previous, name, object.commit)),
            _ => Ok(range),
        },
        Extent::Cut => {
            Err(Failure::missing(format!("part of the history of {} is not here, so its authors are not known", name.short()))
                .suggest("fetch the rest", "git fetch --unshallow"))
        }
        Extent::Lost(gone) => {
            Err(Failure::finding(Code::RangeUnreadable, format!("commit {gone}, below {}, is not here", name.short()))
                .by(Denial::CommitUnreadable)
                .suggest("get it", "git fetch --refetch")
                .suggest("and see what else is missing", "git fsck"))
        }
    }
}

/// Reports that a release before does not lie below, so that the range would not hold what has to be reviewed.
fn not_below(previous: &PreviousRelease, name: &TagName, commit: ObjectId) -> Failure {
    let (named, name) = (previous.tag.short(), name.short());
    let failure = if previous.commit == commit {
        Failure::usage(format!("{named} and {name} are tags of the same commit, so the range would be empty"))
    } else {
        Failure::usage(format!("{named} is not an ancestor of {name}"))
    };
    failure.by(Denial::PreviousElsewhere).hint("name a release on an ancestor of the tagged commit, or omit --previous")
}
