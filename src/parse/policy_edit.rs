//! Edits of the policy file that leave everything else in it as it was, comments and order included.
//!
//! Every edit gives the whole new text, and reads it as a policy before it does: what comes out can be used.

use std::fmt;

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use crate::model::ids::{Fingerprint, Handle, MachineName, Nonce, Principal, RoleName};
use crate::model::policy::{Former, KeyState};
use crate::model::problem::Level;
use crate::parse::policy::parse_policy;
use crate::parse::public_key::PublicKey;

/// Why an edit can't be made, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditError(String);

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for EditError {}

/// A person to be added.
#[derive(Debug, Clone)]
pub struct NewPerson<'a> {
    /// The handle.
    pub handle: &'a Handle,
    /// The full name.
    pub name: Option<&'a str>,
    /// The addresses on their commits.
    pub emails: &'a [String],
    /// The roles, which the policy must declare.
    pub roles: &'a [RoleName],
    /// The public key, as in a .pub file; whoever has none signs nothing and is known by their commits.
    pub key: Option<&'a str>,
    /// Why they have none: they left, or they have not joined yet.
    pub has_left: bool,
}

/// Adds a person after the last one, or gives a key, more addresses and roles to one who has no key yet.
///
/// # Errors
/// As all edits: the handle is taken, or the outcome would be no valid policy.
pub fn add_person(text: &str, person: &NewPerson<'_>) -> Result<String, EditError> {
    edit(text, |document| {
        let keys = person.key.map_or_else(|| no_keys(person.has_left), key_list);
        if let Ok(known) = principal(document, &Principal::Person(person.handle.clone()))
            && person.key.is_some()
            && known.get("keys").and_then(Item::as_array).is_some_and(Array::is_empty)
        {
            known.insert("keys", value(keys));
            extend(known, "emails", person.emails.iter().map(String::as_str))?;
            return extend(known, "roles", person.roles.iter().map(RoleName::as_str));
        }
        let mut table = Table::new();
        if let Some(name) = person.name {
            table.insert("name", value(name));
        }
        table.insert("emails", value(Array::from_iter(person.emails.iter().map(String::as_str))));
        table.insert("roles", value(Array::from_iter(person.roles.iter().map(RoleName::as_str))));
        table.insert("keys", value(keys));
        add_table(document, "person", person.handle.name(), table, person.handle.as_str())
    })
}

/// Adds addresses to a person.
///
/// # Errors
/// As all edits: there is no such person, or an address belongs to somebody else.
pub fn add_emails(text: &str, handle: &Handle, emails: &[String]) -> Result<String, EditError> {
    edit(text, |document| {
        extend(principal(document, &Principal::Person(handle.clone()))?, "emails", emails.iter().map(String::as_str))
    })
}

/// Adds a machine after the last one; `may` are words of `check`, `receipt` and `stage`.
///
/// # Errors
/// As all edits: the name is taken, or the outcome would be no valid policy.
pub fn add_machine(text: &str, name: &MachineName, key: &str, may: &[&str]) -> Result<String, EditError> {
    edit(text, |document| {
        let mut table = Table::new();
        table.insert("keys", value(key_list(key)));
        table.insert("may", value(Array::from_iter(may.iter().copied())));
        add_table(document, "machine", name.as_str(), table, &format!("machine:{name}"))
    })
}

/// Declares a role.
///
/// # Errors
/// As all edits: the role is declared already, or the outcome would be no valid policy.
pub fn declare_role(text: &str, role: &RoleName, description: &str) -> Result<String, EditError> {
    edit(text, |document| {
        let mut table = Table::new();
        table.insert("description", value(description));
        add_table(document, "role", role.as_str(), table, &format!("the role {role}"))
    })
}

/// Returns a person another name; a handle itself never changes, since records name it.
///
/// # Errors
/// As all edits: there is no such person, or the outcome would be no valid policy.
pub fn rename(text: &str, handle: &Handle, name: &str) -> Result<String, EditError> {
    edit(text, |document| {
        set(principal(document, &Principal::Person(handle.clone()))?, "name", Value::from(name));
        Ok(())
    })
}

/// Returns a person a role.
///
/// # Errors
/// As all edits: they hold it already, or it is not declared.
pub fn add_role(text: &str, handle: &Handle, role: &RoleName) -> Result<String, EditError> {
    edit(text, |document| {
        let person = principal(document, &Principal::Person(handle.clone()))?;
        let roles = person.entry("roles").or_insert_with(|| value(Array::new()));
        let roles = roles.as_array_mut().ok_or_else(|| EditError(format!("the roles of {handle} are not a list")))?;
        if roles.iter().any(|held| held.as_str() == Some(role.as_str())) {
            return Err(EditError(format!("{handle} already has the role {role}")));
        }
        append(roles, Value::from(role.as_str()));
        Ok(())
    })
}

/// Removes a role from a person.
///
/// # Errors
/// As all edits: they don't hold it.
pub fn remove_role(text: &str, handle: &Handle, role: &RoleName) -> Result<String, EditError> {
    edit(text, |document| {
        let person = principal(document, &Principal::Person(handle.clone()))?;
        let roles = person.get_mut("roles").and_then(Item::as_array_mut);
        let held = roles.and_then(|roles| {
            let at = roles.iter().position(|held| held.as_str() == Some(role.as_str()))?;
            Some((at, roles))
        });
        let Some((at, roles)) = held else {
            return Err(EditError(format!("{handle} does not have the role {role}")));
        };
        roles.remove(at);
        if at == 0
            && let Some(first) = roles.get_mut(0)
            && first.decor().prefix().and_then(|prefix| prefix.as_str()) == Some(" ")
        {
            first.decor_mut().set_prefix("");
        }
        Ok(())
    })
}

/// Adds an active key to a person or machine.
///
/// # Errors
/// As all edits: there is no such principal, or the key is weak, of another type, or listed already.
pub fn add_key(text: &str, holder: &Principal, key: &str) -> Result<String, EditError> {
    edit(text, |document| {
        let keys = principal(document, holder)?.entry("keys").or_insert_with(|| value(Array::new()));
        match keys {
            Item::Value(Value::Array(keys)) => append(keys, Value::InlineTable(key_entry(key))),
            Item::ArrayOfTables(keys) => keys.push(key_entry(key).into_table()),
            _ => return Err(EditError(format!("the keys of {holder} are not a list"))),
        }
        Ok(())
    })
}

/// Reports on a key that it is retired, compromised or active again, from a version of the policy on.
///
/// # Errors
/// As all edits: the principal has no such key.
pub fn set_key_state(
    text: &str,
    holder: &Principal,
    fingerprint: &Fingerprint,
    state: KeyState,
    since: Option<u32>,
) -> Result<String, EditError> {
    let is_meant = |entry: &dyn TableLike| {
        let key = entry.get("key").and_then(Item::as_str).and_then(|text| PublicKey::from_text(text).ok());
        key.is_some_and(|key| key.fingerprint() == fingerprint)
    };
    let say = |entry: &mut dyn TableLike| {
        set(entry, "state", Value::from(state.as_str()));
        match since {
            Some(since) => set(entry, "since", Value::from(i64::from(since))),
            None => {
                entry.remove("since");
            }
        }
    };
    edit(text, |document| {
        let keys = principal(document, holder)?.get_mut("keys");
        let changed = match keys {
            Some(Item::Value(Value::Array(keys))) => {
                keys.iter_mut().filter_map(Value::as_inline_table_mut).find(|entry| is_meant(*entry)).map(|entry| {
                    say(entry);
                    entry.fmt();
                })
            }
            Some(Item::ArrayOfTables(keys)) => keys.iter_mut().find(|entry| is_meant(*entry)).map(|entry| say(entry)),
            _ => None,
        };
        changed.ok_or_else(|| EditError(format!("{holder} has no key {fingerprint}")))
    })
}

/// Names the owners of the policy and how many of them a change takes.
///
/// # Errors
/// As all edits: somebody is not a person of the policy, or the threshold can't be reached.
pub fn set_owners(text: &str, people: &[Handle], threshold: u32) -> Result<String, EditError> {
    edit(text, |document| {
        let owners = document.get_mut("owners").and_then(Item::as_table_like_mut);
        let owners = owners.ok_or_else(|| EditError("the policy has no table [owners]".to_owned()))?;
        set(owners, "people", Value::Array(Array::from_iter(people.iter().map(Handle::as_str))));
        set(owners, "threshold", Value::from(i64::from(threshold)));
        Ok(())
    })
}

/// Returns the policy another number, and with it another root.
///
/// # Errors
/// As all edits.
pub fn set_repository(text: &str, repository: Nonce) -> Result<String, EditError> {
    edit(text, |document| {
        set(document.as_table_mut(), "repository", Value::from(repository.to_string()));
        Ok(())
    })
}

/// Makes the first version of a new root of a policy: another number, and a link to the root whose place it takes.
///
/// # Errors
/// As all edits.
pub fn new_root(text: &str, repository: Nonce, former: &Former) -> Result<String, EditError> {
    edit(text, |document| {
        set(document.as_table_mut(), "repository", Value::from(repository.to_string()));
        let mut link = InlineTable::new();
        link.insert("root", Value::from(former.root.to_string()));
        link.insert("version", Value::from(i64::from(former.version)));
        link.insert("digest", Value::from(former.digest.to_string()));
        document.insert("former", Item::Value(Value::InlineTable(link)));
        Ok(())
    })
}

/// Makes a change, and gives the text only if it is a valid policy.
fn edit(text: &str, change: impl FnOnce(&mut DocumentMut) -> Result<(), EditError>) -> Result<String, EditError> {
    // Before: an edit of a broken file would be blamed for what was broken before.
    check(text, "the policy must be corrected first")?;
    let mut document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| EditError(format!("the policy is not TOML: {}", error.message())))?;
    change(&mut document)?;
    let changed = in_the_form_of(text, &document.to_string())?;
    check(&changed, "the change would make the policy invalid")?;
    Ok(changed)
}

/// Returns the line ends and the byte order mark back, which the editor of TOML doesn't keep.
fn in_the_form_of(before: &str, after: &str) -> Result<String, EditError> {
    let windows = before.matches("\r\n").count();
    let mut after = after.replace("\r\n", "\n");
    if windows > 0 {
        if windows != before.matches('\n').count() {
            return Err(EditError("the policy mixes LF and CRLF line ends; use only one of them first".to_owned()));
        }
        after = after.replace('\n', "\r\n");
    }
    let mark = '\u{feff}';
    Ok(if before.starts_with(mark) && !after.starts_with(mark) { format!("{mark}{after}") } else { after })
}

fn check(text: &str, blame: &str) -> Result<(), EditError> {
    let Err(problems) = parse_policy(text.as_bytes()) else { return Ok(()) };
    let first = problems.iter().find(|problem| problem.level == Level::Error);
    Err(EditError(first.map_or_else(|| blame.to_owned(), |first| format!("{blame}: line {}: {}", first.line, first.message))))
}

fn principal<'d>(document: &'d mut DocumentMut, holder: &Principal) -> Result<&'d mut dyn TableLike, EditError> {
    let (section, name) = match holder {
        Principal::Person(handle) => ("person", handle.name()),
        Principal::Machine(name) => ("machine", name.as_str()),
    };
    let section = document.get_mut(section).and_then(Item::as_table_like_mut);
    let table = section.and_then(|section| section.get_mut(name)).and_then(Item::as_table_like_mut);
    table.ok_or_else(|| EditError(format!("{holder} is not in the policy")))
}

fn add_table(document: &mut DocumentMut, section: &str, name: &str, mut table: Table, called: &str) -> Result<(), EditError> {
    if document.get(section).is_none() {
        let mut parent = Table::new();
        parent.set_implicit(true);
        document.insert(section, Item::Table(parent));
    }
    let parent = document.get_mut(section).and_then(Item::as_table_like_mut);
    let parent = parent.ok_or_else(|| EditError(format!("`{section}` is not a table")))?;
    if parent.contains_key(name) {
        return Err(EditError(format!("{called} is already in the policy")));
    }
    table.decor_mut().set_prefix("\n");
    parent.insert(name, Item::Table(table));
    Ok(())
}

fn key_list(key: &str) -> Array {
    let mut entry = Value::InlineTable(key_entry(key));
    entry.decor_mut().set_prefix("\n  ");
    let mut keys = Array::new();
    keys.push_formatted(entry);
    keys.set_trailing_comma(true);
    keys.set_trailing("\n");
    keys
}

/// Returns a list without keys that says why.
fn no_keys(has_left: bool) -> Array {
    let mut keys = Array::new();
    keys.decor_mut().set_suffix(if has_left { " # left, and signs nothing" } else { " # no key yet, and signs nothing" });
    keys
}

/// Adds to a list of a person what it does not hold, whatever the capitals.
fn extend<'v>(person: &mut dyn TableLike, key: &str, values: impl Iterator<Item = &'v str>) -> Result<(), EditError> {
    let list = person.entry(key).or_insert_with(|| value(Array::new()));
    let list = list.as_array_mut().ok_or_else(|| EditError(format!("`{key}` is not a list")))?;
    for text in values {
        if !list.iter().any(|held| held.as_str().is_some_and(|held| held.eq_ignore_ascii_case(text))) {
            append(list, Value::from(text));
        }
    }
    Ok(())
}

fn key_entry(key: &str) -> InlineTable {
    let mut entry = InlineTable::new();
    entry.insert("key", Value::from(key.trim()));
    entry.insert("state", Value::from("active"));
    entry
}

/// Replaces a value where it stands, keeping the spaces and the comment around it.
fn set(table: &mut dyn TableLike, key: &str, mut new: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        None => {
            table.insert(key, Item::Value(new));
        }
    }
}

/// Adds a value to a list in the way the list is laid out.
fn append(list: &mut Array, mut new: Value) {
    let text = |raw: Option<&toml_edit::RawString>| raw.and_then(|raw| raw.as_str()).unwrap_or_default().to_owned();
    let last = list.len().checked_sub(1).and_then(|at| list.get(at));
    let prefix = last.map(|last| text(last.decor().prefix()));
    let trailing = text(Some(list.trailing()));
    match prefix.as_deref().and_then(|prefix| prefix.rsplit_once('\n')) {
        Some((_, indent)) if list.trailing_comma() => {
            // A comment after the last comma belongs to the value before it, and stays with that.
            let comment = trailing.trim_end();
            new.decor_mut().set_prefix(format!("{comment}\n{indent}"));
            let rest = if comment.is_empty() { trailing } else { "\n".to_owned() };
            list.set_trailing(rest);
        }
        _ => new.decor_mut().set_prefix(if prefix.is_some() { " " } else { "" }),
    }
    new.decor_mut().set_suffix("");
    list.push_formatted(new);
}

#[cfg(test)]
mod tests;
