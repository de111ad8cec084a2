//! Owners as the checklist names them: those whom the policy does not know, those who can't sign, and none at all.

use std::collections::BTreeSet;

use crate::model::advice::Advice;
use crate::model::checklist::{Checklist, ChecklistItem};
use crate::model::ids::ItemId;
use crate::model::policy::{Person, Policy};
use crate::model::record::{OpenItem, Owner, Phase};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::checklists;
use crate::ops::write::ready::Ready;
use crate::report::{safe, words};

/// How many items are named of each sort.
const MOST_TOLD: usize = 6;

/// Describes the items whose owner the policy does not know, or can't sign, before a release is opened.
pub fn told(policy: &Policy, checklist: &Checklist, items: &[OpenItem], tag: &str) -> Vec<Advice> {
    let (mut unknown, mut gone) = (Vec::new(), Vec::new());
    for (item, written) in items.iter().zip(&checklist.expand_stages()) {
        let of = |who: String| format!("{} {} ({})", item.number, item.id, safe::line(&who));
        match (&item.owner, named(checklist, written)) {
            (Some(Owner::Person(handle)), _) if !policy.person(handle).is_some_and(Person::is_active) => {
                gone.push(of(format!("{handle}, who has no active key")));
            }
            (Some(Owner::Role(role)), _) if policy.holders(role).is_empty() => gone.push(of(format!("{role}, which nobody holds"))),
            (None, Some(text)) => unknown.push(of(text)),
            _ => {}
        }
    }
    let told = [
        (gone, "who can't sign", String::new()),
        (unknown, "who is not in the policy", format!(" only {} can sign for them, each by name;", managers(policy))),
    ];
    let told = told.into_iter().filter(|(items, ..)| !items.is_empty()).map(|(items, what, who)| {
        let have = words::plural(items.len() as u64, "item has an owner", "items have an owner");
        let text = format!("{have} {what}: {};{who} once it is open, give each to somebody", some(&items));
        Advice::run(text, format!("relsign assign {tag} ITEM @HANDLE --reason \"…\""))
    });
    told.collect()
}

/// Describes who owns the items that name nobody.
///
/// A checkpoint of a stage has no owner, since whoever moves the stage confirms it; and whoever is alone owns all of it.
pub fn of_nobody(policy: &Policy, checklist: &Checklist, items: &[OpenItem]) -> Option<String> {
    let written = checklist.expand_stages();
    let unowned = items.iter().zip(&written).filter(|(item, written)| {
        matches!(item.phase, Phase::Before | Phase::After) && item.owner.is_none() && named(checklist, written).is_none()
    });
    let numbers: Vec<u32> = unowned.map(|(item, _)| item.number).collect();
    let who = managers(policy);
    (!numbers.is_empty() && !policy.has_one_person()).then(|| format!("{} without an owner, for {who}", words::runs(&numbers)))
}

/// Finds the items of a release that name an owner whom the policy does not know.
///
/// # Errors
/// If the checklist of the tagged tree can't be read.
pub fn unknown(ready: &Ready<'_>) -> Outcome<BTreeSet<ItemId>> {
    let (open, _) = ready.open()?;
    let path = &open.checklist.path;
    let tree = ready.loaded.tag.tree.ok_or_else(|| Failure::internal("the tagged tree is not here"))?;
    let bytes = checklists::read(ready.repository, &tree, path)?;
    let checklist =
        checklists::parse(path, &bytes).map_err(|_| Failure::invalid(format!("{path} can't be used as a checklist")))?;
    let unknown = |item: &&ChecklistItem| named(&checklist, item).is_some_and(|text| ready.policy().owner_of(&text).is_none());
    Ok(checklist.expand_stages().iter().filter(unknown).map(|item| item.id.clone()).collect())
}

fn managers(policy: &Policy) -> String {
    policy.who_is(policy.release_managers()).to_string()
}

/// Lists the first of many.
fn some(items: &[String]) -> String {
    let rest = items.len().saturating_sub(MOST_TOLD);
    let first = items[..items.len() - rest].join(", ");
    if rest == 0 { first } else { format!("{first} and {rest} more") }
}

/// Returns the owner that the file names for an item, in its words.
fn named(checklist: &Checklist, item: &ChecklistItem) -> Option<String> {
    let own = item.owner.as_ref().map(ToString::to_string).or_else(|| item.owner_text.clone());
    own.or_else(|| checklist.default_owner.as_ref().map(ToString::to_string))
}
