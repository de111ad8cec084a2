//! The authors of a history: who made how much, under which addresses, and until when.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::Repository;
use crate::model::ids::ObjectId;
use crate::model::policy::Policy;
use crate::model::time::Timestamp;
use crate::ops::error::Outcome;
use crate::parse::policy::is_email;

/// How many commits make somebody a regular author.
pub const REGULAR: usize = 5;

/// How long before the newest commit the last one of somebody lies who has left, in seconds.
const GONE: i64 = 365 * 86_400;

/// Somebody as commits name them: addresses under one name are taken for those of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The name.
    pub name: String,
    /// The addresses that a policy can list and this one does not, the most used first.
    pub emails: Vec<String>,
    /// How many commits name them as author or co-author.
    pub commits: usize,
    /// When the last one was made, as it claims.
    pub last: Timestamp,
    /// They made no commit in the year before the newest one.
    pub has_left: bool,
}

impl Author {
    /// Whether they made enough commits to be known.
    pub fn is_regular(&self) -> bool {
        self.commits >= REGULAR
    }
}

/// What is found of a name.
#[derive(Default)]
struct Found {
    /// Its spellings.
    names: BTreeMap<String, usize>,
    emails: BTreeMap<String, usize>,
    commits: usize,
    last: i64,
}

/// Finds the authors up to a commit with addresses that a policy does not know, those with the most commits first.
///
/// # Errors
/// If history can't be read.
pub fn of_history(repository: &Repository, commit: &ObjectId, policy: &Policy) -> Outcome<Vec<Author>> {
    let separation = &policy.contents().separation;
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    let mut newest = 0;
    for (makers, commits) in repository.range(None, commit)?.makers {
        // They come in the order of the walk, the latest first.
        let last = commits.first().map(|id| repository.commit(id)).transpose()?.flatten();
        let last = last.and_then(|commit| commit.committer.seconds).unwrap_or(0);
        newest = newest.max(last);
        for maker in makers.authors.iter().chain(&makers.co_authors) {
            let email = maker.email.trim().to_ascii_lowercase();
            let name = plain(if maker.name.trim().is_empty() { &email } else { &maker.name });
            if separation.is_bot(&email) || email.contains("[bot]@") || name.is_empty() {
                continue;
            }
            let one = found.entry(name.to_lowercase()).or_default();
            *one.names.entry(name).or_default() += commits.len();
            *one.emails.entry(email).or_default() += commits.len();
            one.commits += commits.len();
            one.last = one.last.max(last);
        }
    }
    let is_new = |email: &String| is_email(email) && policy.handle_of_email(email).is_none() && !separation.is_forge(email);
    let mut authors = Vec::new();
    for one in found.into_values() {
        let emails: Vec<String> = by_use(one.emails).filter(is_new).collect();
        let name = by_use(one.names).next().unwrap_or_default();
        if let Some(last) = Timestamp::from_seconds(one.last).filter(|_| !emails.is_empty()) {
            authors.push(Author { name, emails, commits: one.commits, last, has_left: one.last < newest - GONE });
        }
    }
    authors.sort_by(|a, b| b.commits.cmp(&a.commits).then_with(|| a.name.cmp(&b.name)));
    // An address that stands under several names goes to whoever used it most.
    let mut taken = BTreeSet::new();
    for author in &mut authors {
        author.emails.retain(|email| taken.insert(email.clone()));
    }
    authors.retain(|author| !author.emails.is_empty());
    Ok(authors)
}

/// Returns what was counted, the most used first.
fn by_use(counted: BTreeMap<String, usize>) -> impl Iterator<Item = String> {
    let mut all: Vec<(String, usize)> = counted.into_iter().collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    all.into_iter().map(|(text, _)| text)
}

/// Returns a name on one line without what nobody sees, as a policy takes it.
fn plain(name: &str) -> String {
    let visible: String = name.chars().filter(|c| !c.is_control() && !crate::model::hidden::is_hidden(*c)).take(200).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}
