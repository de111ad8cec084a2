//! A version of the policy for people: who stands in it, and who may do what.

use std::fmt::Write as _;

use super::safe;
use crate::model::ids::{PolicyDigest, RootDigest};
use crate::model::policy::{Policy, Right};

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
