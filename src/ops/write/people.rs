//! People whom the commits name again and again, for the policy file.

use std::collections::BTreeSet;

use super::policy::working_file;
use super::set_up;
use crate::git::Repository;
use crate::model::ids::Handle;
use crate::model::policy::Policy;
use crate::model::time::Timestamp;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::authors::{self, Author};
use crate::ops::policy_file::POLICY_FILE;
use crate::parse::policy::parse_policy;
use crate::parse::policy_edit::{self, EditError, NewPerson};
use crate::report::{safe, words};

/// What becomes of an author.
pub enum Change {
    /// Somebody whom the policy knows gets the addresses.
    Known(Handle, Author),
    /// Somebody new is added.
    New(Handle, Author),
}

impl Change {
    /// Says who it is about.
    pub fn told(&self, now: Timestamp) -> String {
        let (handle, author, what) = match self {
            Self::Known(handle, author) => (handle, author, "also commits as".to_owned()),
            Self::New(handle, author) => {
                let commits = words::count(author.commits as u64, "commit");
                (handle, author, format!("{} · {commits}, the last {}", safe::line(&author.name), words::ago(author.last, now)))
            }
        };
        format!("  {handle} {what} · {}", words::and(author.emails.iter().map(|email| safe::line(email))))
    }
}

/// Finds whom the history adds to the policy file: who still commits, or who has left.
///
/// # Errors
/// If the file can't be used, or history can't be read.
pub fn of_history(repository: &Repository, former: bool) -> Outcome<Vec<Change>> {
    let parsed = parse_policy(&working_file(repository)?)
        .map_err(|_| Failure::invalid(format!("{POLICY_FILE} can't be used")).suggest("see why", "relsign policy check"))?;
    let head = repository.head_commit()?.ok_or_else(|| Failure::usage("there is no commit yet"))?;
    Ok(changes(&parsed.policy, authors::of_history(repository, &head, &parsed.policy)?, former))
}

/// Sorts out who is whom: a name that the policy has is that person, and everybody else gets a handle of their own.
fn changes(policy: &Policy, authors: Vec<Author>, former: bool) -> Vec<Change> {
    let people = &policy.contents().people;
    let mut taken: BTreeSet<String> = people.keys().map(|handle| handle.name().to_owned()).collect();
    taken.extend(policy.contents().roles.keys().map(|role| role.as_str().to_owned()));
    let mut changes = Vec::new();
    for author in authors {
        let is_same = |name: &Option<String>| name.as_ref().is_some_and(|name| name.to_lowercase() == author.name.to_lowercase());
        if let Some((handle, _)) = people.iter().find(|(_, person)| is_same(&person.name)) {
            changes.push(Change::Known(handle.clone(), author));
        } else if author.is_regular() && author.has_left == former {
            let handle = free(&set_up::guess_handle(&author.name, author.emails[0].split('@').next()), &taken);
            taken.insert(handle.name().to_owned());
            changes.push(Change::New(handle, author));
        }
    }
    changes
}

/// Puts a number behind a handle that is taken.
fn free(handle: &Handle, taken: &BTreeSet<String>) -> Handle {
    let numbered = |number: u32| match number {
        1 => Ok(handle.clone()),
        _ => format!("{}{number}", handle.as_str().chars().take(34).collect::<String>()).parse::<Handle>(),
    };
    (1..).filter_map(|number| numbered(number).ok()).find(|handle| !taken.contains(handle.name())).unwrap_or_else(|| handle.clone())
}

/// Adds them to the text of a policy file.
///
/// # Errors
/// If the file does not take one of them.
pub fn add(text: &str, changes: &[Change], former: bool) -> Result<String, EditError> {
    changes.iter().try_fold(text.to_owned(), |text, change| match change {
        Change::Known(handle, author) => policy_edit::add_emails(&text, handle, &author.emails),
        Change::New(handle, author) => {
            let (name, emails) = (Some(author.name.as_str()), author.emails.as_slice());
            policy_edit::add_person(&text, &NewPerson { handle, name, emails, roles: &[], key: None, has_left: former })
        }
    })
}
