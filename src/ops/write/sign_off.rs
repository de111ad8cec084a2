//! Sign-offs on items: what a word will count as, who could say it instead, and what approving means to whoever does.

use std::collections::BTreeSet;

use super::ready::Ready;
use crate::evaluate::eligibility::{self, Claim, CountsAs};
use crate::model::advice::Advice;
use crate::model::denial::Denial;
use crate::model::finding::Code;
use crate::model::ids::{Handle, RecordId, RoleName};
use crate::model::policy::{Policy, Right};
use crate::model::record::{Evidence, OpenItem, Sign, SignVerdict};
use crate::model::report::{ItemReport, NeedKind, Report};
use crate::ops::error::{Failure, Outcome};
use crate::ops::opening::owners;
use crate::ops::session::Session;
use crate::report::course::clock;
use crate::report::safe::shell_word;
use crate::report::{waiting, words};

/// A word on an item that will be signed.
pub struct Planned<'r> {
    /// The item, as it was opened.
    pub item: &'r OpenItem,
    /// The word, but for the item.
    pub said: Sign,
    /// The role in which it is said.
    pub role: Option<RoleName>,
    /// What it will count as.
    pub counts_as: String,
}

/// Judges words on items by what they will count as, in a role or in whatever helps most; what stands already is left out unless
/// something is `added` to it.
///
/// # Errors
/// If one of them would not count; the failure says who could say it.
pub fn plan<'r>(
    session: &Session,
    ready: &'r Ready<'_>,
    words: Vec<(Sign, ItemReport)>,
    (role, evidence): (Option<&RoleName>, &[Evidence]),
    added: bool,
) -> Outcome<Vec<Planned<'r>>> {
    let (open, _) = ready.open()?;
    let mut planned = Vec::new();
    for (said, report) in words {
        if !added && stands_already(ready, &report, &said) {
            session.say(format!("{} · you have already signed this as {}", report.id, said.verdict));
            continue;
        }
        let item = open.items.iter().find(|item| item.id == report.id);
        let item = item.ok_or_else(|| Failure::internal(format!("{} is not in the open record", report.id)))?;
        let role = role.cloned().or_else(|| role_for(ready, &report, &said));
        let counts_as = judge(ready, item, &report, &said, role.as_ref(), evidence)?;
        if matches!(said.verdict, SignVerdict::Done | SignVerdict::Approve)
            && let Some(why) = waiting::due_later(&ready.report, &report, |at| clock(at, session.now, &session.zone))
        {
            session.warn(format!("{} is signed early: {why}; it counts all the same", item.id));
        }
        planned.push(Planned { item, said, role, counts_as });
    }
    Ok(planned)
}

/// Whether the signer's very word counts already, so that signing it again would only repeat it.
fn stands_already(ready: &Ready<'_>, report: &ItemReport, said: &Sign) -> bool {
    let mut own = report.sign_offs.iter().filter(|word| word.signer == ready.identity.principal);
    let repeatable = matches!(said.verdict, SignVerdict::Done | SignVerdict::Approve);
    let is_shared = |record: &RecordId| !ready.unshareable.contains(record);
    repeatable && own.next_back().is_some_and(|last| last.counts && last.verdict == said.verdict && is_shared(&last.record))
}

/// Chooses the role in which a review helps most, where the signer named none.
fn role_for(ready: &Ready<'_>, report: &ItemReport, said: &Sign) -> Option<RoleName> {
    if said.verdict != SignVerdict::Approve {
        return None;
    }
    let handle = ready.identity.person()?;
    let holds = |role: &&RoleName| ready.trusted.policy().holds_role(handle, role);
    let missing = report.needs.iter().filter(|need| need.what == NeedKind::Review).flat_map(|need| &need.roles);
    missing.chain(&report.requirements.roles).find(holds).cloned()
}

/// Returns the people who said done, partial or not applicable and have not taken it back, whatever that counts for.
fn said_done(report: &ItemReport) -> BTreeSet<Handle> {
    // A word that does not count says why, but where its author withdrew it.
    report
        .sign_offs
        .iter()
        .filter(|word| word.verdict.is_owners() && (word.counts || word.why_not.is_some()))
        .filter_map(|word| word.signer.person().cloned())
        .collect()
}

/// Describes what a word will count as, or refuses with the rule and who could.
fn judge(
    ready: &Ready<'_>,
    item: &OpenItem,
    report: &ItemReport,
    said: &Sign,
    role: Option<&RoleName>,
    evidence: &[Evidence],
) -> Outcome<String> {
    let (open, _) = ready.open()?;
    let said_done = said_done(report);
    let accepted_by = ready.report.release.as_ref().map_or(&[][..], |release| &release.unknown_accepted_by);
    let claim = Claim {
        item,
        owner: report.owner.as_ref(),
        said_done: &said_done,
        implementers: &open.implementers,
        accepted_by,
        tag_maker: crate::evaluate::tag_maker(&ready.loaded.context),
        signer: &ready.identity.principal,
        verdict: said.verdict,
        role,
        evidence,
        hardware: ready.identity.key.public().is_hardware(),
    };
    match eligibility::judge(ready.policy(), &claim) {
        Ok(CountsAs::Owner) => Ok(format!("as owner: {}", said.verdict)),
        Ok(CountsAs::Review(Some(role))) => Ok(format!("as {role}: reviewed")),
        Ok(CountsAs::Review(None)) => Ok("as reviewer: reviewed".to_owned()),
        Ok(CountsAs::Reject) => Ok("rejected".to_owned()),
        Ok(CountsAs::Waiver) => {
            let mut people: BTreeSet<_> = report
                .sign_offs
                .iter()
                .filter(|word| word.counts && word.verdict == SignVerdict::Waive)
                .map(|word| &word.signer)
                .collect();
            people.insert(&ready.identity.principal);
            Ok(match item.requirements.waiver_people {
                0 | 1 => "waived".to_owned(),
                needed => format!("waived by {} of {needed}", people.len()),
            })
        }
        Err(refusal) => {
            let id = &item.id;
            let act = match said.verdict {
                SignVerdict::Approve => format!("review {id}"),
                SignVerdict::Done => format!("sign {id} as its owner"),
                SignVerdict::Partial => format!("sign {id} as partly done"),
                SignVerdict::NotApplicable => format!("sign {id} as not applicable"),
                SignVerdict::Reject => format!("reject {id}"),
                SignVerdict::Waive => format!("waive {id}"),
            };
            let failure = Failure::refused(format!("{} cannot {act}: {refusal}", ready.identity.principal));
            let failure = Denial::of_rule(refusal.code()).into_iter().fold(failure, Failure::by);
            Err(who_could(ready, report, item, said, refusal.code()).into_iter().fold(failure, Failure::hint))
        }
    }
}

/// Names who could say it instead, with the command where there is one.
fn who_could(ready: &Ready<'_>, report: &ItemReport, item: &OpenItem, said: &Sign, code: Code) -> Vec<Advice> {
    let (policy, tag) = (ready.policy(), shell_word(ready.report.tag.short()));
    match said.verdict {
        SignVerdict::Waive if item.requirements.waiver_people > 0 => {
            vec![format!("who may: {}", policy.who_may(Right::Waive)).into()]
        }
        SignVerdict::Reject => vec![format!("who may: {}, and the item's owner", policy.who_may(Right::Reject)).into()],
        SignVerdict::Approve => {
            let owner_hint = Advice::run("to sign it as done, its owner runs", format!("relsign approve {tag} {}", item.id));
            let needs = report.needs.iter().find(|need| need.what == NeedKind::Review);
            let candidates = needs.map(|need| need.candidates.clone()).unwrap_or_default();
            if candidates.is_empty() {
                return vec![owner_hint];
            }
            let roles = needs.map(|need| need.roles.clone()).unwrap_or_default();
            let who = if roles.is_empty() {
                format!("eligible people: {}", words::and(&candidates))
            } else {
                let by_role = roles.iter().map(|role| {
                    let holders: Vec<_> =
                        candidates.iter().filter(|handle| policy.holds_role(handle, role)).map(Handle::as_str).collect();
                    format!("{role} ({})", holders.join(", "))
                });
                format!("eligible roles: {}", words::and(by_role))
            };
            vec![who.into(), owner_hint]
        }
        SignVerdict::Done if code == Code::EvidenceRequired => vec!["add a file: --evidence FILE".into()],
        _ => vec![
            Advice::run("a reviewer runs", format!("relsign approve {tag} {} --review", item.id)),
            Advice::run("to assign it to somebody else", format!("relsign assign {tag} {} @HANDLE --reason …", item.id)),
        ],
    }
}

/// What waits for somebody, and what their signature on each would count as.
pub type Waiting<'a> = Vec<(&'a ItemReport, &'static str)>;

/// What approving means for this person: their word as owner where that is missing, else a review.
pub fn natural(item: &ItemReport, handle: &Handle, policy: &Policy) -> SignVerdict {
    let owns = policy.is_owner(handle, item.owner.as_ref());
    let owner_word_missing = item.needs.iter().any(|need| need.what == NeedKind::OwnerWord);
    let review_missing = item.needs.iter().any(|need| need.what == NeedKind::Review && need.candidates.contains(handle));
    if owns && (owner_word_missing || !review_missing) { SignVerdict::Done } else { SignVerdict::Approve }
}

/// Lists the items that wait for somebody and are due, each with what their signature would count as.
pub fn waiting<'a>(report: &'a Report, handle: &Handle) -> Waiting<'a> {
    waiting::sign_offs(report, handle).into_iter().map(|(item, what)| (item, waiting::counts_as(what))).collect()
}

/// Lists what waits for somebody but for what they have to name: what they called partly done themselves, since nobody takes that
/// back in passing, and what names an owner whom the policy does not know, since nobody speaks for others in passing either.
pub fn in_passing<'a>(session: &Session, ready: &'a Ready<'_>, handle: &Handle) -> Outcome<Waiting<'a>> {
    let waiting = waiting::sign_offs(&ready.report, handle);
    let is_unowned = |item: &ItemReport, what| what == NeedKind::OwnerWord && item.owner.is_none();
    let unknown = match waiting.iter().any(|(item, what)| is_unowned(item, *what)) {
        true => owners::unknown(ready)?,
        false => BTreeSet::new(),
    };
    let mut found = Vec::new();
    for (item, what) in waiting {
        let own = item.sign_offs.iter().rfind(|said| said.signer.person() == Some(handle) && said.counts);
        let left_out = if own.is_some_and(|last| last.verdict == SignVerdict::Partial) {
            "you have signed it as partly done"
        } else if is_unowned(item, what) && unknown.contains(&item.id) {
            "its owner is not in the policy"
        } else {
            found.push((item, waiting::counts_as(what)));
            continue;
        };
        session.say(format!("left out: {} · {left_out}; name it to sign it as done", item.id));
    }
    Ok(found)
}
