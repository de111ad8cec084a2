//! `relsign person add --from-history`: whom the commits name again and again.

use std::collections::BTreeSet;

use super::edit::edit;
use crate::cli::app::App;
use crate::model::ids::Handle;
use crate::model::policy::Policy;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::authors::{self, Author, REGULAR};
use crate::ops::policy_file::POLICY_FILE;
use crate::ops::write::policy::working_file;
use crate::ops::write::set_up;
use crate::parse::policy::parse_policy;
use crate::parse::policy_edit::{self, EditError, NewPerson};
use crate::report::{safe, words};

/// What becomes of an author.
enum Change {
    /// Somebody whom the policy knows gets the addresses.
    Known(Handle, Author),
    /// Somebody new is added.
    New(Handle, Author),
}

/// Shows whom the history adds to the policy file, asks, and adds them: who still commits, or who has left.
pub(super) fn run(app: &App, former: bool, yes: bool) -> Outcome {
    let repository = app.repository()?;
    let parsed = parse_policy(&working_file(&repository)?)
        .map_err(|_| Failure::invalid(format!("{POLICY_FILE} can't be used")).suggest("see why", "relsign policy check"))?;
    let head = repository.head_commit()?.ok_or_else(|| Failure::usage("there is no commit yet"))?;
    let authors = authors::of_history(&repository, &head, &parsed.policy)?;
    let changes = changes(&parsed.policy, authors, former);
    if changes.is_empty() {
        app.ui.say(format!("the history names nobody with {REGULAR} commits or more whom {POLICY_FILE} does not know"));
        return Ok(Exit::Yes);
    }
    for change in &changes {
        let (handle, author, what) = match change {
            Change::Known(handle, author) => (handle, author, "also commits as".to_owned()),
            Change::New(handle, author) => {
                let commits = words::count(author.commits as u64, "commit");
                (handle, author, format!("{} · {commits}, the last {}", safe::line(&author.name), words::ago(author.last, app.now)))
            }
        };
        app.ui.say(format!("  {handle} {what} · {}", words::and(author.emails.iter().map(|email| safe::line(email)))));
    }
    let agreed = yes
        || app.ui.confirm(&format!("Add them to {POLICY_FILE}? They sign nothing until they have a key."), true).ok_or_else(
            || Failure::usage("nobody can be asked whether these people are right").hint("look at them, and add --yes"),
        )?;
    if !agreed {
        return Ok(Exit::No);
    }
    let new = changes.iter().filter(|change| matches!(change, Change::New(..))).count();
    edit(app, &format!("added {}", words::plural(new as u64, "person", "people")), |text| add(text, &changes, former))
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

fn add(text: &str, changes: &[Change], former: bool) -> Result<String, EditError> {
    let mut text = text.to_owned();
    for change in changes {
        text = match change {
            Change::Known(handle, author) => policy_edit::add_emails(&text, handle, &author.emails)?,
            Change::New(handle, author) => {
                let person =
                    NewPerson { handle, name: Some(&author.name), emails: &author.emails, roles: &[], key: None, has_left: former };
                policy_edit::add_person(&text, &person)?
            }
        };
    }
    Ok(text)
}
