//! Roles, people, machines, keys and owners.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;

use super::reader::{Problems, Table};
use crate::model::ids::{Fingerprint, Handle, MachineName, RoleName};
use crate::model::policy::{Grantees, KeyEntry, KeyState, Machine, Owners, Person, Right};
use crate::model::problem::Level;
use crate::parse::public_key::{KeyError, KnownKeys};

/// The word that stands for every person; no role may be called so.
pub(super) const EVERYONE: &str = "everyone";

/// Everybody whom the rest of the policy may name.
pub(super) struct People {
    pub(super) roles: BTreeMap<RoleName, String>,
    pub(super) people: BTreeMap<Handle, Person>,
    pub(super) machines: BTreeMap<MachineName, Machine>,
    pub(super) owners: Option<Owners>,
    /// Where the threshold stands, for what is said about it when all is read.
    pub(super) threshold_at: Range<usize>,
}

impl People {
    /// Returns the holder of each address.
    pub(super) fn addresses(&self) -> BTreeMap<String, String> {
        let each = |(handle, person): (&Handle, &Person)| {
            person.emails.iter().map(|email| (email.clone(), handle.to_string())).collect::<Vec<_>>()
        };
        self.people.iter().flat_map(each).collect()
    }
}

/// Keys and e-mail addresses seen so far, with their holders.
struct Seen<'k> {
    keys: BTreeMap<Fingerprint, String>,
    emails: BTreeMap<String, String>,
    known: &'k mut KnownKeys,
}

pub(super) fn read(root: &mut Table<'_>, problems: &mut Problems<'_>, known: &mut KnownKeys) -> People {
    let roles = roles(root, problems);
    let mut all =
        People { roles, people: BTreeMap::new(), machines: BTreeMap::new(), owners: None, threshold_at: root.span_of("owners") };
    let mut seen = Seen { keys: BTreeMap::new(), emails: BTreeMap::new(), known };
    for (name, table) in root.named_tables(problems, "person") {
        let handle = handle_of_table(problems, &name);
        if let Some(handle) = &handle
            && handle.name().parse().is_ok_and(|role: RoleName| all.roles.contains_key(&role))
        {
            let message = format!("{handle} is a person and a role; as the owner of an item it means the person");
            problems.warn(Level::Warning, "policy-handle-is-role", name.span(), message);
        }
        let person = person(problems, table, &name, &all.roles, &mut seen);
        if let Some(handle) = handle {
            all.people.insert(handle, person);
        }
    }
    for (name, table) in root.named_tables(problems, "machine") {
        let machine_name = super::reader::parsed::<MachineName>(problems, &name);
        let machine = machine(problems, table, &name, &mut seen);
        if let Some(name) = machine_name {
            all.machines.insert(name, machine);
        }
    }
    if let Some(table) = root.required(problems, "owners").table(problems, "owners") {
        owners(problems, table, &mut all);
    }
    all
}

fn roles(root: &mut Table<'_>, problems: &mut Problems<'_>) -> BTreeMap<RoleName, String> {
    let mut roles = BTreeMap::new();
    for (name, mut table) in root.named_tables(problems, "role") {
        let description = table.line(problems, "description").unwrap_or_default();
        table.finish(problems);
        if *name.get_ref() == EVERYONE {
            problems.error("policy-bad-value", name.span(), "a role can't be named `everyone`, which means every person");
        } else if let Some(role) = super::reader::parsed(problems, &name) {
            roles.insert(role, description);
        }
    }
    roles
}

fn handle_of_table(problems: &mut Problems<'_>, name: &Spanned<&str>) -> Option<Handle> {
    let handle = format!("@{}", name.get_ref()).parse().ok();
    if handle.is_none() {
        let message = format!("`{}` is not a handle: use a-z, 0-9 and -, at most 39", name.get_ref());
        let hint = "write [person.jchen] for @jchen";
        problems.error_with_hint("policy-bad-handle", name.span(), message, hint);
    }
    handle
}

fn person(
    problems: &mut Problems<'_>,
    mut table: Table<'_>,
    name: &Spanned<&str>,
    known: &BTreeMap<RoleName, String>,
    seen: &mut Seen<'_>,
) -> Person {
    let holder = format!("@{}", name.get_ref());
    let full_name = table.line(problems, "name");
    let mut emails = BTreeSet::new();
    for email in table.texts(problems, "emails").unwrap_or_default() {
        emails.extend(address(problems, &email, &holder, &mut seen.emails));
    }
    let roles = table.texts(problems, "roles").unwrap_or_default();
    let roles = roles.iter().filter_map(|role| role_of(problems, role, known)).collect();
    let told = problems.count();
    let keys = keys(problems, &mut table, &holder, seen);
    let all_read = problems.count() == told;
    let person = Person { name: full_name, emails, roles, keys };
    // Whoever is listed without any key is known by their commits and meant to sign nothing.
    if all_read && !person.keys.is_empty() && !person.is_active() {
        problems.warn(Level::Note, "policy-no-active-key", name.span(), format!("{holder} has no active key, so can't sign"));
    }
    table.finish(problems);
    person
}

/// Reads an e-mail address in lower case, which has one holder in the whole policy.
pub(super) fn address(
    problems: &mut Problems<'_>,
    email: &Spanned<&str>,
    holder: &str,
    holders: &mut BTreeMap<String, String>,
) -> Option<String> {
    let lower = email.get_ref().to_ascii_lowercase();
    if !is_email(&lower) {
        problems.error("policy-bad-value", email.span(), format!("{:?} is not an e-mail address", email.get_ref()));
        return None;
    }
    if let Some(other) = holders.get(&lower) {
        let message = format!("the address {lower} is already listed for {other}; an address belongs to one person, forge or bot");
        problems.error("policy-shared-email", email.span(), message);
        return None;
    }
    holders.insert(lower.clone(), holder.to_owned());
    Some(lower)
}

fn machine(problems: &mut Problems<'_>, mut table: Table<'_>, name: &Spanned<&str>, seen: &mut Seen<'_>) -> Machine {
    let full_name = table.line(problems, "name");
    let keys = keys(problems, &mut table, &format!("machine:{}", name.get_ref()), seen);
    let mut may = BTreeSet::new();
    for word in table.required(problems, "may").texts(problems, "may").unwrap_or_default() {
        match *word.get_ref() {
            "check" => may.insert(Right::Check),
            "receipt" => may.insert(Right::Receipt),
            "stage" => may.insert(Right::Stage),
            "read" => may.insert(Right::Read),
            other => {
                let message = format!("a machine can't be given {other:?}; it may `check`, `read`, `receipt` and `stage`");
                problems.error("policy-bad-value", word.span(), message);
                false
            }
        };
    }
    table.finish(problems);
    Machine { name: full_name, keys, may }
}

fn keys(problems: &mut Problems<'_>, table: &mut Table<'_>, holder: &str, seen: &mut Seen<'_>) -> Vec<KeyEntry> {
    let mut keys = Vec::new();
    for mut entry in table.required(problems, "keys").tables(problems, "keys") {
        let text = entry.required(problems, "key").text(problems, "key");
        let states = [KeyState::Active, KeyState::Retired, KeyState::Compromised].map(|state| (state.as_str(), state));
        let state = entry.word(problems, "state", &states).unwrap_or(KeyState::Active);
        let since = entry.count(problems, "since", 1, u32::MAX);
        if state == KeyState::Compromised && since.is_none() {
            // Without the version nobody could say which old signatures are void.
            entry.required(problems, "since");
        }
        entry.finish(problems);
        let Some(text) = text else { continue };
        let key = match seen.known.read(text.get_ref()) {
            Ok(key) => key,
            Err(error) => {
                let code = match error {
                    KeyError::Malformed(_) => "policy-key-malformed",
                    KeyError::Unsupported(_) => "policy-key-unsupported",
                    KeyError::Weak => "policy-key-weak",
                };
                problems.error(code, text.span(), format!("{holder}: {error}"));
                continue;
            }
        };
        let fingerprint = key.fingerprint().clone();
        if let Some(other) = seen.keys.get(&fingerprint) {
            let message =
                format!("the key {fingerprint} of {holder} is already listed for {other}; a key has one holder and one entry");
            problems.error("policy-shared-key", text.span(), message);
            continue;
        }
        seen.keys.insert(fingerprint.clone(), holder.to_owned());
        let line = key.text();
        keys.push(KeyEntry { fingerprint, wire: key.wire().to_vec(), hardware: key.is_hardware(), text: line, state, since });
    }
    keys
}

fn owners(problems: &mut Problems<'_>, mut table: Table<'_>, all: &mut People) {
    let names = table.required(problems, "people").texts(problems, "people");
    let given = names.is_some();
    let people: BTreeSet<_> = names.unwrap_or_default().iter().filter_map(|name| person_of(problems, name, &all.people)).collect();
    let threshold = table.required(problems, "threshold").count(problems, "threshold", 1, 1000);
    all.threshold_at = table.span_of("threshold");
    if given && people.is_empty() {
        problems.error("policy-bad-value", table.span_of("people"), "the policy has no owner");
    }
    table.finish(problems);
    all.owners = threshold.filter(|_| !people.is_empty()).map(|threshold| Owners { people, threshold });
}

/// Reads `@handle` where a person must be named.
fn person_of(problems: &mut Problems<'_>, text: &Spanned<&str>, people: &BTreeMap<Handle, Person>) -> Option<Handle> {
    if is_wildcard(text.get_ref()) {
        let message = format!("{:?} is a wildcard; people must be named here", text.get_ref());
        problems.error("policy-wildcard", text.span(), message);
        return None;
    }
    match text.get_ref().parse::<Handle>() {
        Ok(handle) if people.contains_key(&handle) => Some(handle),
        Ok(handle) => {
            let message = format!("{handle} is not a person of the policy");
            problems.error_with_hint("policy-unknown-person", text.span(), message, format!("add [person.{}]", handle.name()));
            None
        }
        Err(error) => {
            problems.error("policy-bad-handle", text.span(), error.to_string());
            None
        }
    }
}

/// Reads the name of a role that must be declared.
pub(super) fn role_of(problems: &mut Problems<'_>, text: &Spanned<&str>, roles: &BTreeMap<RoleName, String>) -> Option<RoleName> {
    if is_wildcard(text.get_ref()) {
        problems.error("policy-wildcard", text.span(), format!("{:?} is a wildcard; roles must be named here", text.get_ref()));
        return None;
    }
    let role = super::reader::parsed::<RoleName>(problems, text)?;
    if roles.contains_key(&role) {
        return Some(role);
    }
    let message = format!("the role {role} is not declared");
    problems.error_with_hint("policy-unknown-role", text.span(), message, format!("add [role.{role}], or correct the name"));
    None
}

/// Reads a list of roles and people.
pub(super) fn grantees(problems: &mut Problems<'_>, texts: &[Spanned<&str>], everyone_allowed: bool, known: &People) -> Grantees {
    let mut list = Grantees::default();
    for text in texts {
        if *text.get_ref() == EVERYONE && everyone_allowed {
            list.everyone = true;
        } else if is_wildcard(text.get_ref()) {
            let message = format!("{:?} is a wildcard; roles or people must be named here", text.get_ref());
            problems.error("policy-wildcard", text.span(), message);
        } else if text.get_ref().starts_with('@') {
            list.people.extend(person_of(problems, text, &known.people));
        } else {
            list.roles.extend(role_of(problems, text, &known.roles));
        }
    }
    list
}

fn is_wildcard(text: &str) -> bool {
    text.contains(['*', '?']) || matches!(text, EVERYONE | "@everyone" | "all" | "@all" | "anyone" | "@anyone")
}

/// Whether a text is an e-mail address that a policy can list.
pub fn is_email(text: &str) -> bool {
    // What separates addresses in a commit can't be part of one.
    let plain = |part: &str| {
        let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '*' | ',' | ';' | '(' | ')' | '"');
        !part.is_empty() && !part.chars().any(ends)
    };
    text.len() <= 254 && text.split_once('@').is_some_and(|(local, domain)| plain(local) && plain(domain) && !domain.contains('@'))
}
