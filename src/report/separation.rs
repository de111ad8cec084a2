//! Separation of duties, read off a report: who acted in which capacity.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::record::{Owner, SignVerdict};
use crate::model::report::Report;

/// A capacity in which a person can act on a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Duty {
    Requester,
    Opener,
    Owner,
    Reviewer,
    Tagger,
    Implementer,
    Decider,
}

impl Duty {
    pub(super) const ALL: [Self; 7] =
        [Self::Requester, Self::Opener, Self::Owner, Self::Reviewer, Self::Tagger, Self::Implementer, Self::Decider];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Requester => "requester",
            Self::Opener => "opener",
            Self::Owner => "owner",
            Self::Reviewer => "reviewer",
            Self::Tagger => "tagger",
            Self::Implementer => "implementer",
            Self::Decider => "decider",
        }
    }
}

/// Returns the duties of everyone who had one, by name. Names of commit identities that the policy does not know are
/// still raw text of the repository.
pub(super) fn matrix(report: &Report) -> BTreeMap<String, BTreeSet<Duty>> {
    let mut duties: BTreeMap<String, BTreeSet<Duty>> = BTreeMap::new();
    let mut add = |who: String, duty| {
        duties.entry(who).or_default().insert(duty);
    };
    if let Some(release) = &report.release {
        if let Some(requester) = &release.requester {
            add(requester.to_string(), Duty::Requester);
        }
        add(release.opened_by.to_string(), Duty::Opener);
        let tagger = release.implementers.tagger.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string);
        add(tagger, Duty::Tagger);
        for person in &release.implementers.people {
            add(person.to_string(), Duty::Implementer);
        }
        for unknown in &release.implementers.unknown {
            add(format!("{unknown} (unknown)"), Duty::Implementer);
        }
        if !release.implementers.bot_commits.is_empty() {
            add("only bots".to_owned(), Duty::Implementer);
        }
    }
    for item in &report.items {
        if let Some(Owner::Person(owner)) = &item.owner {
            add(owner.to_string(), Duty::Owner);
        }
        for word in item.sign_offs.iter().filter(|word| word.counts) {
            match word.verdict {
                SignVerdict::Done | SignVerdict::Partial | SignVerdict::NotApplicable => {
                    add(word.signer.to_string(), Duty::Owner);
                }
                SignVerdict::Approve => add(word.signer.to_string(), Duty::Reviewer),
                SignVerdict::Reject | SignVerdict::Waive => {}
            }
        }
    }
    for decision in &report.decisions {
        add(decision.signer.to_string(), Duty::Decider);
    }
    duties
}

/// Names the pairs of duties in one hand that an auditor asks about.
pub(super) fn overlaps(duties: &BTreeSet<Duty>) -> Vec<String> {
    const ASKED: [(Duty, Duty); 6] = [
        (Duty::Requester, Duty::Reviewer),
        (Duty::Requester, Duty::Decider),
        (Duty::Reviewer, Duty::Tagger),
        (Duty::Reviewer, Duty::Implementer),
        (Duty::Tagger, Duty::Decider),
        (Duty::Implementer, Duty::Decider),
    ];
    let both = |(a, b): &(Duty, Duty)| duties.contains(a) && duties.contains(b);
    ASKED.iter().filter(|pair| both(pair)).map(|(a, b)| format!("{} and {}", a.as_str(), b.as_str())).collect()
}
