//! Addresses on commits that a policy does not know: what each probably is, what it costs, and what mends it.
//!
//! A forge commits merges in its own name, and bots write commits. Both are nobody's, once the policy says so; until then each
//! might be a reviewer's second address, and no review of the release counts.

use std::collections::BTreeMap;

use super::makers::makers_of;
use crate::git::Repository;
use crate::git::range::Range;
use crate::model::advice::Advice;
use crate::model::ids::ObjectId;
use crate::model::policy::Policy;
use crate::ops::error::Outcome;
use crate::ops::policy_file::POLICY_FILE;
use crate::report::{safe, words};

/// How many addresses are named of each sort.
const MOST_NAMED: usize = 5;

/// Addresses, each sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Strangers {
    /// Of forges: nobody wrote a commit under them, and no answer reaches them.
    pub forges: Vec<String>,
    /// Of bots, as forges mark them.
    pub bots: Vec<String>,
    /// Of people, as far as it shows.
    pub others: Vec<String>,
}

impl Strangers {
    /// Sorts the addresses of a range, less those of which `is_known` holds as author or, if the flag says so, as committer.
    fn of(range: &Range, is_known: impl Fn(&str, bool) -> bool) -> Self {
        // Whether each stands for more than the committer.
        let mut found: BTreeMap<String, bool> = BTreeMap::new();
        for makers in range.makers.keys() {
            for (maker, has_committed) in makers_of(makers) {
                let email = maker.email.trim().to_ascii_lowercase();
                if !email.is_empty() && !is_known(&email, has_committed) {
                    *found.entry(email).or_default() |= !has_committed;
                }
            }
        }
        let mut strangers = Self::default();
        for (email, wrote) in found {
            let is_unread = ["noreply@", "no-reply@"].iter().any(|start| email.starts_with(start));
            match email.contains("[bot]@") {
                true => strangers.bots.push(email),
                false if is_unread && !wrote => strangers.forges.push(email),
                false => strangers.others.push(email),
            }
        }
        strangers
    }

    /// Finds the addresses of forges and bots in all the history of a commit.
    ///
    /// # Errors
    /// If history can't be read.
    pub fn in_history(repository: &Repository, commit: &ObjectId) -> Outcome<Self> {
        Ok(Self::of(&repository.range(None, commit)?, |_, _| false))
    }

    /// Finds the addresses of a range that a policy does not know.
    pub fn to(policy: &Policy, range: &Range) -> Self {
        let separation = &policy.contents().separation;
        Self::of(range, |email, committed| {
            policy.handle_of_email(email).is_some() || separation.is_bot(email) || committed && separation.is_forge(email)
        })
    }

    /// Finds the addresses that a release on a commit would have beyond the nearest tag below it.
    ///
    /// # Errors
    /// If history can't be read.
    pub fn beyond_last_tag(repository: &Repository, policy: &Policy, commit: &ObjectId) -> Outcome<Self> {
        let below = repository.ancestor_tags(commit, 1)?.into_iter().find(|tag| tag.commit != *commit);
        Ok(Self::to(policy, &repository.range(below.map(|tag| tag.commit).as_ref(), commit)?))
    }

    /// Describes what they cost under a policy, and what mends it; nothing where there are none, or they cost nothing.
    pub fn cost(&self, policy: &Policy) -> Option<Advice> {
        let named = |addresses: &[String]| {
            let more = addresses.len().saturating_sub(MOST_NAMED);
            let shown = addresses.iter().take(MOST_NAMED).map(|address| safe::line(address)).collect::<Vec<_>>();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{}{more}", words::and(shown))
        };
        let others = match self.others.len() {
            0..=MOST_NAMED => {
                format!("{} to the `emails` of a person", named(&self.others))
            }
            many => format!("{many} more addresses to people (relsign person add --from-history), as far as they are regular"),
        };
        let sorts = [
            (&self.forges, format!("{} to `forges` under [separation]", named(&self.forges))),
            (&self.bots, format!("{} to `bots` under [separation]", named(&self.bots))),
            (&self.others, others),
        ];
        let lists: Vec<String> = sorts.into_iter().filter(|(addresses, _)| !addresses.is_empty()).map(|(_, text)| text).collect();
        let or =
            if self.others.is_empty() { "" } else { " (outsiders are accepted once it is open: relsign waive --unknown-authors)" };
        (policy.contents().separation.unknown_blocks() && !lists.is_empty()).then(|| {
            Advice::run(
                format!("{NO_REVIEW}; in {POLICY_FILE} add {}, before you open the release{or}, and run", words::and(lists)),
                ACTIVATE,
            )
        })
    }
}

const NO_REVIEW: &str = "the policy does not know everybody whose commits these are, so no review of them can count";
const ACTIVATE: &str = "relsign policy activate";
