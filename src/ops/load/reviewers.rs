//! Who is left to review a first release, before anything is opened.

use super::makers;
use crate::evaluate::quorum;
use crate::git::Repository;
use crate::model::ids::Handle;
use crate::model::policy::Policy;
use crate::ops::error::Outcome;

/// The people of a policy with a key, and how many of them a review takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewers {
    /// How many reviews the rules ask of an item at most.
    pub needed: u32,
    /// Everybody with an active key.
    pub people: Vec<Handle>,
    /// Those among them who have no commits in the release, where that matters.
    pub free: Vec<Handle>,
}

impl Reviewers {
    /// Finds them for a release of what is checked out; nothing where the policy asks for no reviews.
    ///
    /// # Errors
    /// If history can't be read.
    pub fn of_first_release(repository: &Repository, policy: &Policy) -> Outcome<Option<Self>> {
        let contents = policy.contents();
        let needed = contents.rules.iter().map(|rule| rule.reviews).max().unwrap_or(0);
        if needed == 0 {
            return Ok(None);
        }
        let people: Vec<Handle> = policy.active_people().map(|(handle, _)| handle.clone()).collect();
        let mut free = people.clone();
        if let Some(head) = repository.head_commit()?.filter(|_| !contents.separation.implementer_may_review) {
            let since = contents.components.first().and_then(|component| component.since);
            let made = makers::implementers(policy, None, repository.range(since.as_ref(), &head)?);
            free.retain(|handle| !made.people.contains(handle));
        }
        Ok(Some(Self { needed, people, free }))
    }

    /// How many people have to join before an item can be reviewed: its owner is no reviewer of it.
    pub fn missing(&self) -> u32 {
        quorum::missing(&self.people, self.needed + 1)
    }
}
