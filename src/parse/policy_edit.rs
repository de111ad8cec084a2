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

/// Why an edit can't be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditError {
    /// A role is to be given that the policy does not declare.
    Undeclared(RoleName),
    /// Anything else, in one sentence.
    Refused(String),
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undeclared(role) => write!(f, "the role {role} is not declared"),
            Self::Refused(why) => f.write_str(why),
        }
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
        person.roles.iter().try_for_each(|role| require_role(document, role))?;
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

/// Declares a role, whose description may be empty.
///
/// # Errors
/// As all edits: the role is declared already, or the outcome would be no valid policy.
pub fn declare_role(text: &str, role: &RoleName, description: &str) -> Result<String, EditError> {
    edit(text, |document| {
        let mut table = Table::new();
        if !description.is_empty() {
            table.insert("description", value(description));
        }
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
        require_role(document, role)?;
        let person = principal(document, &Principal::Person(handle.clone()))?;
        let roles = person.entry("roles").or_insert_with(|| value(Array::new()));
        let roles = roles.as_array_mut().ok_or_else(|| EditError::Refused(format!("the roles of {handle} are not a list")))?;
        if roles.iter().any(|held| held.as_str() == Some(role.as_str())) {
            return Err(EditError::Refused(format!("{handle} already has the role {role}")));
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
        match person.get_mut("roles").and_then(Item::as_array_mut).is_some_and(|roles| take_out(roles, role.as_str())) {
            true => Ok(()),
            false => Err(EditError::Refused(format!("{handle} does not have the role {role}"))),
        }
    })
}

/// Describes a role anew.
///
/// # Errors
/// As all edits: the role is not declared.
pub fn describe_role(text: &str, role: &RoleName, description: &str) -> Result<String, EditError> {
    edit(text, |document| {
        let roles = document.get_mut("role").and_then(Item::as_table_like_mut);
        let table = roles.and_then(|roles| roles.get_mut(role.as_str())).and_then(Item::as_table_like_mut);
        set(table.ok_or_else(|| EditError::Undeclared(role.clone()))?, "description", Value::from(description));
        Ok(())
    })
}

/// Declares a role no longer, and takes it from whoever holds it.
///
/// # Errors
/// As all edits: the role is not declared, or a rule or a right still asks for it.
pub fn remove_role_of_all(text: &str, role: &RoleName) -> Result<String, EditError> {
    edit(text, |document| {
        let roles = document.get_mut("role").and_then(Item::as_table_like_mut);
        if roles.and_then(|roles| roles.remove(role.as_str())).is_none() {
            return Err(EditError::Undeclared(role.clone()));
        }
        let people = document.get_mut("person").and_then(Item::as_table_like_mut);
        for (_, person) in people.into_iter().flat_map(TableLike::iter_mut) {
            if let Some(roles) = person.get_mut("roles").and_then(Item::as_array_mut) {
                take_out(roles, role.as_str());
            }
        }
        Ok(())
    })
}

/// Takes everything from a person who left: their keys are retired, and they stand in no list any more.
///
/// The person stays in the file, so that what they signed and made is still known as theirs.
///
/// # Errors
/// As all edits: there is no such person, a list names nobody else, or too few owners would be left.
pub fn remove_person(text: &str, handle: &Handle) -> Result<String, EditError> {
    edit(text, |document| {
        let person = principal(document, &Principal::Person(handle.clone()))?;
        person.get_mut("keys").map(retire_all);
        if person.contains_key("roles") {
            set(person, "roles", Value::Array(Array::new()));
        }
        for (section, item) in document.iter_mut().filter(|(section, _)| section != "person") {
            leave_lists(item, &section, handle.as_str())?;
        }
        Ok(())
    })
}

/// Adds an active key to a person or machine; `replaces` says that the ones before it are retired.
///
/// # Errors
/// As all edits: there is no such principal, or the key is weak, of another type, or listed already.
pub fn add_key(text: &str, holder: &Principal, key: &str, replaces: bool) -> Result<String, EditError> {
    edit(text, |document| {
        let keys = principal(document, holder)?.entry("keys").or_insert_with(|| value(Array::new()));
        if replaces {
            retire_all(keys);
        }
        match keys {
            Item::Value(Value::Array(keys)) => append(keys, Value::InlineTable(key_entry(key))),
            Item::ArrayOfTables(keys) => keys.push(key_entry(key).into_table()),
            _ => return Err(EditError::Refused(format!("the keys of {holder} are not a list"))),
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
    edit(text, |document| match principal(document, holder)?.get_mut("keys").map(|keys| change_keys(keys, is_meant, say)) {
        Some(1..) => Ok(()),
        _ => Err(EditError::Refused(format!("{holder} has no key {fingerprint}"))),
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
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| EditError::Refused(format!("the policy is not TOML: {}", error.message())))?;
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
            return Err(EditError::Refused("the policy mixes LF and CRLF line ends; use only one of them first".to_owned()));
        }
        after = after.replace('\n', "\r\n");
    }
    let mark = '\u{feff}';
    Ok(if before.starts_with(mark) && !after.starts_with(mark) { format!("{mark}{after}") } else { after })
}

fn check(text: &str, blame: &str) -> Result<(), EditError> {
    let Err(problems) = parse_policy(text.as_bytes()) else { return Ok(()) };
    let first = problems.iter().find(|problem| problem.level == Level::Error);
    Err(EditError::Refused(
        first.map_or_else(|| blame.to_owned(), |first| format!("{blame}: line {}: {}", first.line, first.message)),
    ))
}

fn principal<'d>(document: &'d mut DocumentMut, holder: &Principal) -> Result<&'d mut dyn TableLike, EditError> {
    let (section, name) = match holder {
        Principal::Person(handle) => ("person", handle.name()),
        Principal::Machine(name) => ("machine", name.as_str()),
    };
    let section = document.get_mut(section).and_then(Item::as_table_like_mut);
    let table = section.and_then(|section| section.get_mut(name)).and_then(Item::as_table_like_mut);
    table.ok_or_else(|| EditError::Refused(format!("{holder} is not in the policy")))
}

fn require_role(document: &DocumentMut, role: &RoleName) -> Result<(), EditError> {
    let roles = document.get("role").and_then(Item::as_table_like);
    match roles.is_some_and(|roles| roles.contains_key(role.as_str())) {
        true => Ok(()),
        false => Err(EditError::Undeclared(role.clone())),
    }
}

/// Retires every active key of a list.
fn retire_all(keys: &mut Item) {
    let is_active = |entry: &dyn TableLike| entry.get("state").and_then(Item::as_str).is_none_or(|state| state == "active");
    change_keys(keys, is_active, |entry| set(entry, "state", Value::from(KeyState::Retired.as_str())));
}

/// Changes the entries of a list of keys that are meant, and counts them.
fn change_keys(keys: &mut Item, is_meant: impl Fn(&dyn TableLike) -> bool, change: impl Fn(&mut dyn TableLike)) -> usize {
    match keys {
        Item::Value(Value::Array(keys)) => {
            let meant = keys.iter_mut().filter_map(Value::as_inline_table_mut).filter(|entry| is_meant(*entry));
            meant.map(|entry| (change(entry), entry.fmt())).count()
        }
        Item::ArrayOfTables(keys) => keys.iter_mut().filter(|entry| is_meant(*entry)).map(|entry| change(entry)).count(),
        _ => 0,
    }
}

/// Takes a handle out of every list below; who is to stand where nobody else does is not for an editor to say.
fn leave_lists(item: &mut Item, path: &str, handle: &str) -> Result<(), EditError> {
    match item {
        Item::Value(value) => leave_value(value, path, handle),
        Item::Table(table) => table.iter_mut().try_for_each(|(key, item)| leave_lists(item, &format!("{path}.{key}"), handle)),
        Item::ArrayOfTables(tables) => {
            let mut items = tables.iter_mut().flat_map(|table| table.iter_mut());
            items.try_for_each(|(key, item)| leave_lists(item, &format!("{path}.{key}"), handle))
        }
        Item::None => Ok(()),
    }
}

fn leave_value(value: &mut Value, path: &str, handle: &str) -> Result<(), EditError> {
    let alone = || Err(EditError::Refused(format!("{path} names only {handle}; name somebody else there first")));
    match value {
        Value::Array(list) => {
            if take_out(list, handle) && list.is_empty() {
                return alone();
            }
            list.iter_mut().try_for_each(|value| leave_value(value, path, handle))
        }
        Value::InlineTable(table) => {
            table.iter_mut().try_for_each(|(key, value)| leave_value(value, &format!("{path}.{key}"), handle))
        }
        Value::String(text) if text.value() == handle => alone(),
        _ => Ok(()),
    }
}

/// Takes a text out of a list, with the comment behind it and the lines above it; says whether it was there.
fn take_out(list: &mut Array, text: &str) -> bool {
    let Some(at) = list.iter().position(|value| value.as_str() == Some(text)) else { return false };
    let raw = |raw: Option<&toml_edit::RawString>| raw.and_then(|raw| raw.as_str()).unwrap_or_default().to_owned();
    let own = raw(list.get(at).and_then(|value| value.decor().prefix()));
    list.remove(at);
    // What stands on the line of the value before belongs to that one, and lies before this value.
    let joined = |next: &str| match next.find('\n') {
        Some(line) => own.split('\n').next().filter(|_| own.contains('\n')).unwrap_or_default().to_owned() + &next[line..],
        None => own.clone(),
    };
    if let Some(next) = list.get_mut(at) {
        let prefix = joined(&raw(next.decor().prefix()));
        next.decor_mut().set_prefix(prefix);
    } else if list.trailing().as_str().is_some_and(|trailing| trailing.contains('\n')) {
        let trailing = joined(&raw(Some(list.trailing())));
        list.set_trailing(trailing);
    }
    true
}

fn add_table(document: &mut DocumentMut, section: &str, name: &str, mut table: Table, called: &str) -> Result<(), EditError> {
    if document.get(section).is_none() {
        let mut parent = Table::new();
        parent.set_implicit(true);
        document.insert(section, Item::Table(parent));
    }
    let parent = document.get_mut(section).and_then(Item::as_table_like_mut);
    let parent = parent.ok_or_else(|| EditError::Refused(format!("`{section}` is not a table")))?;
    if parent.contains_key(name) {
        return Err(EditError::Refused(format!("{called} is already in the policy")));
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
    let list = list.as_array_mut().ok_or_else(|| EditError::Refused(format!("`{key}` is not a list")))?;
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
