//! What nobody can satisfy is said before a release is opened: the policy of that moment governs it to its end.

use crate::evaluate::feasible::{Relief, Stuck, stuck};
use crate::model::advice::Advice;
use crate::model::denial::Denial;
use crate::model::ids::{Handle, TagName};
use crate::model::policy::Policy;
use crate::model::record::Open;
use crate::model::report::{Need, NeedKind};
use crate::ops::error::{Failure, Outcome};
use crate::ops::policy_file::POLICY_FILE;
use crate::ops::session::Session;
use crate::report::safe::shell_word;
use crate::report::{steps, words};

/// How many items are named by their ids.
const MOST_NAMED: usize = 4;

/// Warns of what nobody can satisfy, with what helps, and asks on a terminal whether to open the release all the same.
///
/// # Errors
/// If whoever is asked says no.
pub fn tell(
    session: &Session,
    name: &TagName,
    policy: &Policy,
    open: &Open,
    tag_maker: Option<&Handle>,
    confirm: &dyn Fn(&str, bool) -> Option<bool>,
) -> Outcome<()> {
    let found = stuck(policy, open, tag_maker);
    let tag = shell_word(name.short());
    for one in &found {
        session.warn(what(one));
        helps(one).into_iter().for_each(|advice| session.advise(advice));
    }
    if !found.iter().any(|one| one.waivers.is_none()) {
        return Ok(());
    }
    if session.interactive {
        return match confirm("Open it all the same?", false) {
            Some(true) => Ok(()),
            _ => Err(Failure::refused("nothing was signed")
                .by(Denial::Unconfirmed)
                .suggest("the tag can stay; once the new policy is in force, open it", format!("relsign open {tag}"))),
        };
    }
    session.advise(Advice::run(
        "no later policy changes that for this release; the way out is another tag on the same commit, after",
        format!("relsign close {tag} --abandoned --reason \"…\""),
    ));
    Ok(())
}

/// Says what is the matter with which items.
fn what(one: &Stuck<'_>) -> String {
    let ids: Vec<_> = one.items.iter().map(|item| &item.id).collect();
    let numbers: Vec<u32> = one.items.iter().map(|item| item.number).collect();
    let named = if ids.len() > MOST_NAMED {
        format!("{} ({})", words::count_of(&ids, "item"), words::runs(&numbers))
    } else {
        words::and(&ids)
    };
    let them = if ids.len() == 1 { "it" } else { "them" };
    let waived = match &one.waivers {
        None => String::new(),
        Some((1, people)) => format!("; {} may waive {them}", words::or(people)),
        Some((needed, people)) if people.len() == *needed as usize => format!("; {} together may waive {them}", words::and(people)),
        Some((needed, people)) => format!("; {needed} of {} may waive {them}", words::some_of(people, MOST_NAMED)),
    };
    let (people, roles) = (one.unmet.people, one.unmet.roles.clone());
    let need = Need { what: NeedKind::Review, people, roles, candidates: Vec::new(), record: None };
    let satisfy = if one.waivers.is_some() { "satisfy" } else { "satisfy or waive" };
    let each = if ids.len() == 1 { "" } else { " each" };
    format!("nobody can {satisfy} {named}: there is nobody for {}{each}{waived}", steps::reviews(&need))
}

/// Says what helps: the change of the policy, and whom it takes.
fn helps(one: &Stuck<'_>) -> Vec<Advice> {
    let who = match one.unmet.roles.as_slice() {
        [] => "add somebody who may review it".to_owned(),
        roles => format!("give {} to somebody who may review it", words::and(roles)),
    };
    let add = match one.unmet.roles.first() {
        None => Advice::run(who, "relsign person add @HANDLE --email EMAIL --public-key KEY"),
        Some(role) => Advice::run(who, format!("relsign person role @HANDLE --add {role}")),
    };
    let mut advice: Vec<Advice> = one.unmet.relief.iter().map(|relief| change(*relief)).collect();
    advice.push(add);
    advice.push(Advice::run("either takes effect, before you open the release, with", "relsign policy activate"));
    advice
}

/// Names the lines of the policy that would let enough people review.
fn change(relief: Relief) -> Advice {
    let Relief { tagger, implementer, owner, unknown } = relief;
    let lines = [
        (implementer, "implementer_may_review = true (authors of its commits)"),
        (tagger, "tagger_may_review = true (whoever made the tag)"),
        (owner, "owner_may_review = true (the item's owner)"),
        (unknown, "unknown_identity = \"note\" (whoever the unknown authors are)"),
    ];
    let lines = words::and(lines.into_iter().filter(|(wanted, _)| *wanted).map(|(_, line)| line));
    format!("to let more people review, set in {POLICY_FILE} under [separation]: {lines}").into()
}
