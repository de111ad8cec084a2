//! Sign-offs on items: what `approve`, `reject`, `partial`, `not-applicable` and `waive` have in common.

use std::collections::BTreeSet;

use super::delivery::{self, Delivery};
use super::item;
use super::selector::{self, ReleaseSelector};
use crate::cli::app::App;
use crate::cli::json::SignedRecordJson;
use crate::evaluate::eligibility::{self, Claim, CountsAs};
use crate::git::Repository;
use crate::model::advice::Advice;
use crate::model::denial::Denial;
use crate::model::finding::Code;
use crate::model::ids::{Handle, ItemId, RecordId, RoleName};
use crate::model::policy::{Policy, Right};
use crate::model::record::{Body, Evidence, ItemRef, Open, OpenItem, Sign, SignVerdict};
use crate::model::report::{ItemReport, NeedKind, Report};
use crate::model::time::Timestamp;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::find;
use crate::ops::load::{release, releases};
use crate::ops::share;
use crate::ops::workspace::Workspace;
use crate::ops::write::ready::{self, Ready};
use crate::ops::write::sign::{self, Draft};
use crate::ops::write::{evidence, identity};
use crate::report::course::clock;
use crate::report::safe::shell_word;
use crate::report::{safe, waiting, words};

/// What may accompany any word.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Support {
    /// Add a note that all can read
    #[arg(long, visible_alias = "comment", value_name = "TEXT")]
    pub note: Option<String>,
    /// Add a note that can be erased later
    ///
    /// It is kept as evidence, under a digest that can't be guessed.
    #[arg(long, value_name = "TEXT", hide_short_help = true)]
    pub private_note: Option<String>,
    /// Attach a file or a link; can be repeated
    ///
    /// A file is kept with the records; a link has no digest unless it ends in #sha256=DIGEST&size=BYTES.
    #[arg(long, value_name = "FILE|URL")]
    pub evidence: Vec<String>,
    /// Act in this role
    #[arg(long = "as", value_name = "ROLE", hide_short_help = true)]
    pub role: Option<String>,
    #[command(flatten)]
    pub place: ReleaseSelector,
    #[command(flatten)]
    pub delivery: Delivery,
}

/// Reject an item: there is no GO until you withdraw the reject or two people waive over it
#[derive(Debug, clap::Args)]
pub struct RejectArgs {
    /// The tag (optional if one release is open), then the items
    ///
    /// Items are ids, beginnings of ids, numbers, ranges such as 1-6, or @STAGE.
    #[arg(required = true, value_name = "TAG ITEM")]
    words: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    support: Support,
}

/// Sign an item you own as partly done
#[derive(Debug, clap::Args)]
pub struct PartialArgs {
    /// The tag (optional if one release is open), then the items
    ///
    /// Items are ids, beginnings of ids, numbers, ranges such as 1-6, or @STAGE.
    #[arg(required = true, value_name = "TAG ITEM")]
    words: Vec<String>,
    /// What is still missing
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    support: Support,
}

/// Sign an item you own as not applicable to this release
#[derive(Debug, clap::Args)]
pub struct NotApplicableArgs {
    /// The tag (optional if one release is open), then the items
    ///
    /// Items are ids, beginnings of ids, numbers, ranges such as 1-6, or @STAGE.
    #[arg(required = true, value_name = "TAG ITEM")]
    words: Vec<String>,
    /// Why it does not
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    support: Support,
}

impl RejectArgs {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        say(app, &self.words, &self.support, |_, _| Ok(Said::with_reason(SignVerdict::Reject, &self.reason)))
    }
}

impl PartialArgs {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        say(app, &self.words, &self.support, |_, _| Ok(Said::with_reason(SignVerdict::Partial, &self.reason)))
    }
}

impl NotApplicableArgs {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        say(app, &self.words, &self.support, |_, _| Ok(Said::with_reason(SignVerdict::NotApplicable, &self.reason)))
    }
}

/// What somebody wants to say of an item.
#[derive(Debug, Clone)]
pub struct Said {
    /// The word.
    pub verdict: SignVerdict,
    /// Why.
    pub reason: Option<String>,
    /// The ticket of a waiver.
    pub ticket: Option<String>,
    /// The end of a waiver.
    pub expires: Option<Timestamp>,
    /// The rejects that a waiver sets aside.
    pub over: Vec<RecordId>,
}

impl Said {
    /// A word without more.
    pub fn new(verdict: SignVerdict) -> Self {
        Self { verdict, reason: None, ticket: None, expires: None, over: Vec::new() }
    }

    /// A word with a reason.
    pub fn with_reason(verdict: SignVerdict, reason: &str) -> Self {
        Self { reason: Some(reason.to_owned()), ..Self::new(verdict) }
    }
}

/// Loads the release and finds who signs.
///
/// What is signed speaks of one environment, so one of several has to be named.
pub fn ready<'a>(
    app: &App,
    repository: &'a Repository,
    trusted: &'a Workspace,
    tag: Option<&str>,
    place: &ReleaseSelector,
) -> Outcome<Ready<'a>> {
    let identity = identity::identify(app, repository, trusted)?;
    let tag = releases::tag_or_open_one(app, repository, trusted, tag)?;
    let reading = app.reading(format!("reading {}", tag.short()));
    let loaded = place.load(repository, trusted, &tag, app.now)?;
    selector::require_known(repository, &loaded)?;
    let report = loaded.report();
    drop(reading);
    release::require_release(&report, &loaded.tag.facts)?;
    let unshareable = share::unshareable(app, repository, trusted)?;
    Ok(Ready { repository, trusted, identity, loaded, report, unshareable })
}

/// Reports one thing of the items that the words name.
pub fn say(app: &App, named: &[String], support: &Support, what: impl Fn(&Report, &ItemReport) -> Outcome<Said>) -> Outcome {
    let repository = app.repository()?;
    let trusted = ready::prepare(app, &repository, &support.delivery.sharing)?;
    let (tag, names) = item::split_tag(&repository, named)?;
    let ready = ready(app, &repository, &trusted, tag.as_deref(), &support.place)?;
    if names.is_empty() {
        return Err(Failure::usage("no item is named")
            .suggest("see the items", format!("relsign status {}", shell_word(ready.report.tag.short()))));
    }
    let mut words = Vec::new();
    for found in item::find_each(&ready.report, &names)? {
        let said = what(&ready.report, &found)?;
        words.push((found, said));
    }
    sign_words(app, &ready, words, support)
}

/// Judges words, says what they will count as, signs, writes and shares them.
pub fn sign_words(app: &App, ready: &Ready<'_>, words: Vec<(ItemReport, Said)>, support: &Support) -> Outcome {
    let role = support.role.as_deref().map(|role| role.trim_start_matches('@').parse::<RoleName>()).transpose()?;
    let (open, _) = ready.open()?;
    let limit = ready.trusted.policy().contents().limits.evidence_bytes;
    let pieces = evidence::gather(app, limit, &support.evidence, support.private_note.as_deref())?;
    ready.refuse_redacted(&pieces)?;
    let evidence: Vec<Evidence> = pieces.iter().map(|piece| piece.entry.clone()).collect();
    let mut planned = Vec::new();
    for (report, said) in words {
        if evidence.is_empty() && support.note.is_none() && stands_already(ready, &report, &said) {
            app.ui.say(format!("{} · you have already signed this as {}", report.id, said.verdict));
            continue;
        }
        let item = open
            .items
            .iter()
            .find(|item| item.id == report.id)
            .ok_or_else(|| Failure::internal(format!("{} is not in the open record", report.id)))?;
        let role = role.clone().or_else(|| role_for(ready, &report, &said));
        let counts = judge(ready, open, item, &report, &said, role.as_ref(), &evidence)?;
        if matches!(said.verdict, SignVerdict::Done | SignVerdict::Approve)
            && let Some(why) = waiting::due_later(&ready.report, &report, |at| clock(at, app.now, &app.zone))
        {
            app.ui.warn(format!("{} is signed early: {why}; it counts all the same", item.id));
        }
        planned.push((item, said, role, counts));
    }
    let tag = &ready.report.tag;
    let person = &ready.identity.principal;
    if planned.is_empty() {
        if support.delivery.out.is_some() {
            return Err(Failure::refused("there is nothing to sign").by(Denial::NothingToSign));
        }
        // Saying it again changes nothing, but what was signed before may still have to be shared.
        return delivery::finish(app, ready.repository, Some(tag), Vec::new(), &support.delivery.sharing);
    }
    ready.announce(app, &format!("signing as {person}"))?;
    for (item, _, _, counts) in &planned {
        app.ui.say(safe::fit(&format!("  {} · {counts} · {}", item.id, safe::line(&item.title)), app.ui.width, "…"));
    }

    let mut parents = ready.parents();
    let mut lines = Vec::new();
    let mut signed = Vec::new();
    for (item, said, role, counts_as) in planned {
        let body = Body::Sign(Sign {
            item: Some(ItemRef { id: item.id.clone(), digest: item.digest }),
            bake: None,
            unknown: Vec::new(),
            verdict: said.verdict,
            reason: said.reason,
            ticket: said.ticket,
            expires: said.expires,
            over: said.over,
        });
        let draft = Draft { parents, role, comment: support.note.clone(), evidence: evidence.clone(), ..ready.draft(body)? };
        let (line, id) = sign::sign(app, ready.trusted, &ready.identity, draft)?.into_line();
        // Each has the one before in view, so that several words leave one head and not several.
        parents = vec![id];
        lines.push((line, id));
        signed.push(SignedRecordJson { id, item: Some(item.id.clone()), counts_as });
    }
    let what = words::count_of(&lines, "record");
    delivery::deliver(app, ready, (lines, signed), &pieces, &what, &support.delivery)
}

/// Whether the signer's very word counts already, so that signing it again would only repeat it.
fn stands_already(ready: &Ready<'_>, report: &ItemReport, said: &Said) -> bool {
    let mut own = report.sign_offs.iter().filter(|word| word.signer == ready.identity.principal);
    let repeatable = matches!(said.verdict, SignVerdict::Done | SignVerdict::Approve);
    let is_shared = |record: &RecordId| !ready.unshareable.contains(record);
    repeatable && own.next_back().is_some_and(|last| last.counts && last.verdict == said.verdict && is_shared(&last.record))
}

/// Signs one record on the release, and delivers it.
pub fn sign_one(
    app: &App,
    ready: &Ready<'_>,
    body: Body,
    item: Option<ItemId>,
    counts_as: String,
    delivery: impl Into<Delivery>,
) -> Outcome {
    let kind = body.kind().map_or("record", crate::model::record::Kind::name);
    let (line, id) = sign::sign(app, ready.trusted, &ready.identity, ready.draft(body)?)?.into_line();
    delivery::deliver(app, ready, (vec![(line, id)], vec![SignedRecordJson { id, item, counts_as }]), &[], kind, &delivery.into())
}

/// Chooses the role in which a review helps most, where the signer named none.
fn role_for(ready: &Ready<'_>, report: &ItemReport, said: &Said) -> Option<RoleName> {
    if said.verdict != SignVerdict::Approve {
        return None;
    }
    let handle = ready.identity.person()?;
    let holds = |role: &&RoleName| ready.trusted.policy().holds_role(handle, role);
    let missing = report.needs.iter().filter(|need| need.what == NeedKind::Review).flat_map(|need| &need.roles);
    missing.chain(&report.requirements.roles).find(holds).cloned()
}

/// Returns the people who said done, partial or not applicable and have not taken it back, whatever that counts for.
pub fn said_done(report: &ItemReport) -> BTreeSet<Handle> {
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
    open: &Open,
    item: &OpenItem,
    report: &ItemReport,
    said: &Said,
    role: Option<&RoleName>,
    evidence: &[Evidence],
) -> Outcome<String> {
    let policy = ready.policy();
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
    match eligibility::judge(policy, &claim) {
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
            let failure = denial_of(refusal.code()).into_iter().fold(failure, Failure::by);
            Err(who_could(ready, policy, report, item, said, refusal.code()).into_iter().fold(failure, Failure::hint))
        }
    }
}

/// Returns which refusal a rule of eligibility is.
fn denial_of(code: Code) -> Option<Denial> {
    Some(match code {
        Code::MachineNotPerson => Denial::Machine,
        Code::NotAuthorised => Denial::NoRight,
        Code::NotOwner => Denial::NotItsOwner,
        Code::EvidenceRequired => Denial::EvidenceNeeded,
        Code::ReviewByOwner => Denial::OwnItem,
        Code::ReviewByTagger => Denial::OwnTag,
        Code::ReviewByImplementer => Denial::OwnCommits,
        Code::ImplementerUnknown => Denial::StrangersCommits,
        Code::TaggerUnknown => Denial::StrangersTag,
        Code::HardwareKeyRequired => Denial::NoHardwareKey,
        Code::RoleNotHeld => Denial::OthersRole,
        _ => return None,
    })
}

/// Names who could say it instead, with the command where there is one.
fn who_could(ready: &Ready<'_>, policy: &Policy, report: &ItemReport, item: &OpenItem, said: &Said, code: Code) -> Vec<Advice> {
    let tag = shell_word(ready.report.tag.short());
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

/// Finds a record of a release by the beginning of its id.
pub fn find_record(report: &Report, text: &str) -> Outcome<RecordId> {
    let all = report.records.iter().map(|record| (record.id, record.id));
    find::pick(text, "records", all)?.ok_or_else(|| {
        Failure::usage(format!("{} has no record {text:?}", report.tag.short()))
            .suggest("see the records", format!("relsign log {}", shell_word(report.tag.short())))
    })
}
