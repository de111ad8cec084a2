//! What one version of the policy changes in the one before, in few words.
//!
//! The list is complete: where two versions rule differently, at least one line says so. What is too long to tell is
//! named, and the difference of the two files shows it.

use std::collections::BTreeSet;

use super::words;
use crate::model::policy::{Contents, KeyEntry, KeyState, Separation};

/// Describes what changes from one version to the next, most weighty first; empty where both rule the same.
pub fn between(old: &Contents, new: &Contents) -> Vec<String> {
    let mut said = Vec::new();
    if old.owners.people != new.owners.people {
        said.push(format!("owners are now {}", words::and(&new.owners.people)));
    }
    if old.owners.threshold != new.owners.threshold {
        said.push(format!("threshold {} instead of {}", new.owners.threshold, old.owners.threshold));
    }
    for handle in old.people.keys().filter(|handle| !new.people.contains_key(handle)) {
        said.push(format!("{handle} is removed"));
    }
    for (handle, person) in &new.people {
        let Some(before) = old.people.get(handle) else {
            let roles = if person.roles.is_empty() { String::new() } else { format!(" as {}", words::and(&person.roles)) };
            said.push(format!("{handle} is new{roles}"));
            continue;
        };
        keys(&handle.to_string(), &before.keys, &person.keys, &mut said);
        let (gained, lost): (Vec<_>, Vec<_>) =
            (person.roles.difference(&before.roles).collect(), before.roles.difference(&person.roles).collect());
        if !gained.is_empty() {
            said.push(format!("{handle} is now {}", words::and(gained)));
        }
        if !lost.is_empty() {
            said.push(format!("{handle} is no longer {}", words::and(lost)));
        }
        if before.name != person.name || before.emails != person.emails {
            said.push(format!("name or addresses of {handle}"));
        }
    }
    for name in old.machines.keys().filter(|name| !new.machines.contains_key(name)) {
        said.push(format!("machine:{name} is removed"));
    }
    for (name, machine) in &new.machines {
        let called = format!("machine:{name}");
        match old.machines.get(name) {
            None => said.push(format!("{called} is new")),
            Some(before) => {
                keys(&called, &before.keys, &machine.keys, &mut said);
                if before.may != machine.may || before.name != machine.name {
                    said.push(format!("what {called} may"));
                }
            }
        }
    }
    rules(old, new, &mut said);
    if said.is_empty() && old != new {
        said.push("a change not described here; compare the files".to_owned());
    }
    said
}

fn keys(holder: &str, before: &[KeyEntry], now: &[KeyEntry], said: &mut Vec<String>) {
    for key in now {
        let called = format!("key {} of {holder}", key.fingerprint);
        match before.iter().find(|was| was.fingerprint == key.fingerprint) {
            None => said.push(format!("{called} is new")),
            Some(was) if was.state != key.state => {
                let since = key.since.filter(|_| key.state == KeyState::Compromised);
                let since = since.map_or_else(String::new, |since| format!(" since version {since}"));
                said.push(format!("{called} is {}{since}, was {}", key.state.as_str(), was.state.as_str()));
            }
            Some(was) if was != key => said.push(format!("the entry of {called}")),
            Some(_) => {}
        }
    }
    for key in before.iter().filter(|was| !now.iter().any(|key| key.fingerprint == was.fingerprint)) {
        said.push(format!("key {} of {holder} is no longer listed", key.fingerprint));
    }
}

fn rules(old: &Contents, new: &Contents, said: &mut Vec<String>) {
    let declared = |contents: &Contents| contents.roles.keys().cloned().collect::<BTreeSet<_>>();
    let (before, now) = (declared(old), declared(new));
    if now != before {
        let list = |word: &str, roles: Vec<_>| (!roles.is_empty()).then(|| format!("{word} {}", words::and::<&_>(roles)));
        said.extend(list("new roles:", now.difference(&before).collect()));
        said.extend(list("removed roles:", before.difference(&now).collect()));
    } else if old.roles != new.roles {
        said.push("descriptions of roles".to_owned());
    }
    let rights: Vec<_> = new.authority.iter().filter(|(right, who)| old.authority.get(right) != Some(who)).collect();
    if !rights.is_empty() {
        said.push(format!("who may {}", words::and(rights.iter().map(|(right, _)| right))));
    }
    addresses("forges", &old.separation.forges, &new.separation.forges, said);
    addresses("bots", &old.separation.bots, &new.separation.bots, said);
    if old.separation.bot_commits_listed != new.separation.bot_commits_listed {
        let how = if new.separation.bot_commits_listed { "only listed" } else { "refused like unknown ones" };
        said.push(format!("commits that name no person are now {how}"));
    }
    let others = [
        (old.components != new.components, "components"),
        (old.rules != new.rules, "rules for items"),
        (duties(&old.separation) != duties(&new.separation), "separation of duties"),
        (old.release_managers != new.release_managers, "release managers"),
        (old.thresholds != new.thresholds, "thresholds"),
        (old.tags_signed != new.tags_signed, "whether tags must be signed"),
        (old.refs != new.refs, "protected refs"),
        (old.gates != new.gates, "gated refs and their conditions"),
        (old.freezes != new.freezes, "freeze windows"),
        (old.actions != new.actions, "required actions"),
        (old.limits != new.limits, "limits"),
        (old.former != new.former, "the superseded root"),
        (old.repository != new.repository, "the repository's own number"),
    ];
    said.extend(others.iter().filter(|(differs, _)| *differs).map(|(_, what)| (*what).to_owned()));
}

/// Returns what separation of duties asks, without whose addresses are nobody's, which is told by itself.
fn duties(separation: &Separation) -> Separation {
    Separation { forges: BTreeSet::new(), bots: BTreeSet::new(), bot_commits_listed: false, ..separation.clone() }
}

/// Names which addresses were listed as those of bots or forges, and which no longer are.
fn addresses(of: &str, before: &BTreeSet<String>, now: &BTreeSet<String>, said: &mut Vec<String>) {
    let new: Vec<_> = now.difference(before).collect();
    if !new.is_empty() {
        said.push(format!("new addresses of {of}: {}", words::and(new)));
    }
    let gone: Vec<_> = before.difference(now).collect();
    if !gone.is_empty() {
        said.push(format!("removed addresses of {of}: {}", words::and(gone)));
    }
}
