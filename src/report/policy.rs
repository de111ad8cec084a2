//! Versions of the policy for people: who stands in them, who may do what, and what they changed.

use std::fmt::Write as _;

use super::json::policy::{PersonJson, Roster, VersionJson};
use super::style::Style;
use super::wrap::wrap;
use super::{safe, words};
use crate::model::ids::{PolicyDigest, RootDigest};
use crate::model::policy::{KeyEntry, Policy, Right};
use crate::model::time::Timestamp;

/// Shows who may do what under the version in force.
pub fn in_force(policy: &Policy, (version, digest, root): (u32, PolicyDigest, RootDigest)) -> String {
    let contents = policy.contents();
    let separation = &contents.separation;
    let mut text = format!("policy version {version}, digest {digest}\nroot SHA256:{root}\n\npeople\n");
    for (handle, person) in &contents.people {
        let roles: Vec<_> = person.roles.iter().map(|role| role.as_str()).collect();
        let name = person.name.as_deref().unwrap_or("");
        let gone = if person.is_active() { "" } else { " — no active key" };
        let _ = writeln!(text, "  {:<16} {:<24} {}{gone}", handle.as_str(), safe::line(name), roles.join(", "));
    }
    text += "\nwho may\n";
    for right in Right::ALL {
        let who = policy.who_may(*right);
        if !who.is_nobody() {
            let _ = writeln!(text, "  {:<34} {who}", right.to_string());
        }
    }
    if !separation.forges.is_empty() || !separation.bots.is_empty() {
        text += "\naddresses that belong to no person\n";
        for (of, addresses) in [("forge", &separation.forges), ("bot", &separation.bots)] {
            for address in addresses {
                let _ = writeln!(text, "  {of:<16} {}", safe::line(address));
            }
        }
        let _ = writeln!(text, "  commits that name no person: {}", separation.bot_commits());
    }
    let owners: Vec<_> = contents.owners.people.iter().map(|handle| handle.as_str()).collect();
    let _ = writeln!(text, "\nowners of the policy: {} of {}", contents.owners.threshold, owners.join(", "));
    text
}

/// Lists versions, the newest first: who signed each, and what it changed.
pub fn versions(versions: &[VersionJson], style: &Style) -> String {
    let mut text = String::new();
    for version in versions.iter().rev() {
        let claimed = version.claimed.map_or_else(|| "no time".to_owned(), |time| words::time(time, &style.zone));
        let _ = writeln!(text, "version {}, claimed {claimed}", version.version);
        let _ = writeln!(text, "  {}", version.digest);
        for signature in &version.signatures {
            let _ = writeln!(text, "  signed by {} with {}", signature.handle, signature.key);
        }
        let what = match (version.changes.as_slice(), version.version) {
            (_, 1) => "the root".to_owned(),
            ([], _) => "same rules as the version before".to_owned(),
            (changes, _) => changes.join("; "),
        };
        let only = if version.only_revokes { " (only revokes, which one person may sign)" } else { "" };
        wrap(&mut text, &format!("{}{only}", safe::line(&what)), "  ", "    ", style.width);
        if version.settled > 0 {
            let _ = writeln!(text, "  settled {}", words::count(version.settled, "record"));
        }
    }
    text
}

/// Shows people, machines and components of a version, with the time that its signers claim.
pub fn roster((version, digest, claimed): (u32, PolicyDigest, Option<Timestamp>), roster: &Roster, style: &Style) -> String {
    let claimed = claimed.map_or_else(String::new, |time| format!(", claimed {}", words::time(time, &style.zone)));
    let mut text = format!("policy version {version}{claimed}\n{digest}\n\npeople\n");
    let keys = |text: &mut String, keys: &[KeyEntry]| {
        for key in keys {
            let since = key.since.map_or_else(String::new, |since| format!(" since version {since}"));
            let hardware = if key.hardware { ", hardware" } else { "" };
            let _ = writeln!(text, "    {} {}{since}{hardware}", key.fingerprint, key.state);
        }
    };
    for PersonJson { handle, person } in &roster.people {
        let owner = if roster.owners.contains(handle) { " — owner of the policy" } else { "" };
        let roles = if person.roles.is_empty() { "no roles".to_owned() } else { words::and(&person.roles) };
        let name = person.name.as_deref().map_or_else(String::new, |name| format!(" ({})", safe::line(name)));
        wrap(&mut text, &format!("{}{name}: {roles}{owner}", handle), "  ", "      ", style.width);
        keys(&mut text, &person.keys);
    }
    if !roster.machines.is_empty() {
        text += "\nmachines\n";
    }
    for machine in &roster.machines {
        let _ = writeln!(text, "  {}: may {}", machine.name, words::and(&machine.may));
        keys(&mut text, &machine.keys);
    }
    text += "\ncomponents\n";
    for component in &roster.components {
        let places = words::and(&component.environments);
        let line = format!("{}: tags {}, checklist {}, to {places}", component.name, component.tags, component.checklist);
        wrap(&mut text, &safe::line(&line), "  ", "    ", style.width);
    }
    let _ = writeln!(text, "\nowners of the policy: {} of {}", roster.threshold, words::and(&roster.owners));
    text
}
