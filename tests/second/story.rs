//! From a plan to signed records, a policy chain and a context, once for each of the two evaluators.

use std::collections::{BTreeMap, BTreeSet};

use relsign::evaluate::Context;
use relsign::evaluate::context::{Elsewhere, EvidenceFacts, OpenedObject, Reread, TagFacts, TagObject, TagSignature};
use relsign::evaluate::receipts::Receipts;
use relsign::model::finding::{ChecklistUnread, RangeUnread};
use relsign::model::finding::{Code, Finding};
use relsign::model::freeze::{Freeze, Source};
use relsign::model::ids::{Nonce, ObjectId, RecordId, Sha256Digest};
use relsign::model::limit::Comparison;
use relsign::model::log::Record;
use relsign::model::policy::{ItemFacts, Policy, PolicyChain, PolicyVersion};
use relsign::model::record::{
    Action, ActionEvent, Assign, Body, Change, Check, ChecklistSource, Close, Condition, Decide, Decision, Disregard, Evidence,
    Implementers, InSpite, ItemRef, NotBy, Open, OpenAction, OpenItem, OpenLimit, OpenOnCall, OpenStage, OpenTrigger, Origin,
    Outcome, Owner, Phase, PolicyHead, PreviousRelease, Reading, ReadingResult, ReadingValue, Redact, ReleaseType, Requirements,
    Risk, RiskClass, Rollback, RollbackEvent, Sign, SignVerdict, Signer, Stage, Step as Undo, StepResult, Subject, SubjectDigest,
    UnknownAuthor, Unread, UnreadCause, UnreadTask, Window, Withdraw,
};
use relsign::model::time::Timestamp;
use relsign::parse::record::{Envelope, encode_envelope};
use relsign::parse::statement::encode_statement;
use relsign::sign::pae::{pae, record_id};
use relsign::sign::verify::{Verified, verify_line};

use crate::cast::{KEYRING, Rules, holder, policy_digest, public, sign};
use crate::plan::{
    ActionPlan, Anchors, ConditionPlan, ContextPlan, EvidencePlan, FreezePlan, Freezes, Head, Junk, Manifest, NamedPlan, Odd,
    OpenPlan, Part, Plan, Remote, RereadPlan, Seen, StagePlan, Step, TagPlan, Third, Under, ValuePlan, What,
};
use crate::simple;

pub(crate) type Log = BTreeMap<RecordId, Verified>;

pub(crate) fn time(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-11-01T08:00:00Z".parse().unwrap();
    start.plus(minutes * 60)
}

pub(crate) fn digest(byte: u8) -> Sha256Digest {
    Sha256Digest::from_bytes([byte; 32])
}

pub(crate) fn object(byte: u8) -> ObjectId {
    ObjectId::from_bytes(&[byte; 20]).unwrap()
}

pub(crate) fn lost() -> RecordId {
    RecordId::from_bytes([0xdd; 32])
}

/// A case: what was signed, and under what it is judged.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) chain: PolicyChain,
    /// Every record that was made, in order, by step; what is no record has none.
    pub(crate) made: Vec<Option<Verified>>,
    pub(crate) log: Log,
    pub(crate) receipts: Vec<simple::Received>,
    pub(crate) plan: Plan,
    pub(crate) open: RecordId,
}

struct Writing<'a> {
    plan: &'a Plan,
    versions: Vec<PolicyVersion>,
    made: Vec<Option<Verified>>,
    receipts: Vec<simple::Received>,
    open: RecordId,
    nonce: u64,
}

impl Plan {
    /// Signs everything.
    pub(crate) fn story(&self) -> Story {
        let mut writing = Writing {
            plan: self,
            versions: self.versions.iter().zip(1..).take(1 + self.before).map(|(rules, number)| rules.version(number)).collect(),
            made: Vec::new(),
            receipts: Vec::new(),
            open: lost(),
            nonce: 0,
        };
        for step in &self.steps {
            let made = writing.write(step);
            writing.made.push(made);
        }
        let Writing { versions, made, receipts, open, .. } = writing;
        let here = made.iter().enumerate().filter(|(at, _)| !self.hidden.contains(at));
        let log = here.filter_map(|(_, record)| record.as_ref()).map(|record| (record.id(), record.clone())).collect();
        Story { chain: PolicyChain::new(versions).unwrap(), made, log, receipts, plan: self.clone(), open }
    }
}

/// A word on an action.
fn action(event: ActionEvent, id: &str) -> Action {
    Action {
        event,
        id: id.to_owned(),
        decision: None,
        text: None,
        assignee: None,
        due: None,
        after: None,
        blocks: None,
        not_by: None,
    }
}

/// What was read; something where nothing is planned, since a reading has a value.
fn values(plan: &[ValuePlan]) -> Vec<ReadingValue> {
    let value = |plan: &ValuePlan| ReadingValue {
        limit: Some(plan.limit.to_owned()),
        name: plan.limit.to_owned(),
        value: plan.value.map(str::to_owned),
        result: plan.result,
        baseline: plan.baseline.map(str::to_owned),
    };
    if plan.is_empty() {
        let result = ReadingResult::Holds;
        return vec![ReadingValue { limit: None, name: "load".to_owned(), value: Some("1".to_owned()), result, baseline: None }];
    }
    plan.iter().map(value).collect()
}

fn subjects(tag: u8) -> Vec<Subject> {
    let subject = |name: &str, digest| Subject { name: name.to_owned(), digest };
    let mut all = vec![
        subject("refs/tags/v2.4.0", SubjectDigest::GitTag(object(tag))),
        subject("commit", SubjectDigest::GitCommit(object(0x72))),
        subject("tree", SubjectDigest::GitTree(object(0x73))),
        subject("tree-sha256", SubjectDigest::GitTree(ObjectId::from_sha256(digest(0x74).as_bytes()))),
        subject("tag-object", SubjectDigest::Sha256(digest(0x75))),
        subject("commit-object", SubjectDigest::Sha256(digest(0x76))),
    ];
    all.sort();
    all
}

const EVIDENCE: u8 = 0xe1;

pub(crate) fn item_number(id: &str) -> u8 {
    match id {
        "runbook" => 1,
        "tests" => 2,
        "third" => 3,
        "undo" => 5,
        "smoke" => 10,
        "smoke@canary" => 11,
        "smoke@early" => 12,
        "smoke@half" => 13,
        "smoke@full" => 14,
        _ => 4,
    }
}

impl Writing<'_> {
    fn records(&self) -> Vec<&Verified> {
        self.made.iter().flatten().collect()
    }

    /// The record of a step, or of the nearest before it.
    fn at(&self, step: usize) -> Option<&Verified> {
        if self.made.is_empty() {
            return None;
        }
        self.made[..=step.min(self.made.len() - 1)].iter().rev().flatten().next()
    }

    /// The readings of a stage, all of which a word on it relies on where it is `lost` upon one that nobody has.
    fn readings_of(&self, stage: &str, is_lost: bool) -> Vec<RecordId> {
        let of_it = self.records().into_iter().filter(|record| match &record.value().body {
            Body::Reading(reading) => reading.stage == stage,
            _ => false,
        });
        let mut ids: BTreeSet<RecordId> = of_it.map(Verified::id).collect();
        ids.extend(is_lost.then(lost));
        ids.into_iter().collect()
    }

    fn until(&self, step: usize) -> Vec<&Verified> {
        self.made.iter().take(step + 1).flatten().collect()
    }

    fn head(&self, head: Head) -> PolicyHead {
        let newest = u32::try_from(self.versions.len()).unwrap();
        match head {
            Head::Newest => PolicyHead { version: newest, digest: policy_digest(newest).into() },
            Head::Back(by) => {
                let version = newest.saturating_sub(by).max(1);
                PolicyHead { version, digest: policy_digest(version).into() }
            }
            Head::Unknown => PolicyHead { version: 9, digest: policy_digest(9).into() },
            Head::Fork => PolicyHead { version: 1, digest: policy_digest(0x66).into() },
        }
    }

    fn write(&mut self, step: &Step) -> Option<Verified> {
        let minutes = i64::try_from(self.made.len()).unwrap() + 1;
        let item =
            ItemRef { id: step.item.parse().unwrap(), digest: digest(if step.other_text { 9 } else { item_number(step.item) }) };
        let about = self.at(step.about).map_or_else(lost, Verified::id);
        let why = || if step.bare { " " } else { "because" }.to_owned();
        let at = time((minutes + step.minutes).max(0));
        let end = |minutes: Option<i64>| minutes.map(|minutes| at.plus(minutes * 60));
        let owner_of = |text: &&'static str| owner(text);
        let word = |verdict| Sign {
            item: Some(item.clone()),
            bake: None,
            unknown: Vec::new(),
            verdict,
            reason: (!matches!(verdict, SignVerdict::Done | SignVerdict::Approve)).then(why),
            ticket: None,
            expires: None,
            over: Vec::new(),
        };
        let body = match &step.what {
            What::Activate { anchors } => {
                self.activate(*anchors, step.about);
                return None;
            }
            What::Receive => {
                let version = self.head(step.head).version.min(u32::try_from(self.versions.len()).unwrap());
                let records = self.records().into_iter().map(Verified::id).collect();
                self.receipts.push(simple::Received { version, time: time(minutes + step.minutes), records });
                return None;
            }
            What::Open(environment) => Body::Open(Box::new(self.open(environment, step))),
            What::Word(verdict) => Body::Sign(word(*verdict)),
            What::Waive { minutes: end, over } => {
                let expires = end.map(|end| time(minutes + end));
                Body::Sign(Sign { expires, over: over.then_some(about).into_iter().collect(), ..word(SignVerdict::Waive) })
            }
            What::Withdraw => Body::Withdraw(Withdraw { record: about, reason: why() }),
            What::Decide(decision, manifest) => {
                let mut ids: BTreeSet<RecordId> = match manifest {
                    Manifest::Until(at) => self.until(*at).into_iter().map(Verified::id).collect(),
                    _ => self.records().into_iter().map(Verified::id).collect(),
                };
                match manifest {
                    Manifest::AllBut(at) => {
                        ids.remove(&self.at(*at).map_or_else(lost, Verified::id));
                    }
                    Manifest::WithLost => {
                        ids.insert(lost());
                    }
                    Manifest::All | Manifest::Until(_) => {}
                }
                let manifest = ids.into_iter().collect();
                let condition = |condition: &ConditionPlan| Condition {
                    id: condition.id.to_owned(),
                    text: condition.id.to_owned(),
                    assignee: owner(condition.assignee),
                    due: at.plus(condition.due * 60),
                    not_by: condition.not_by.then_some(NotBy::Implementers),
                };
                let conditions = step.conditions.iter().map(condition).collect();
                let reason = (*decision == Decision::NoGo).then(why);
                Body::Decide(Decide { decision: *decision, manifest, conditions, reason })
            }
            What::Assign(owner) => {
                Body::Assign(Assign { item: Some(item), stage: None, owner: owner.parse().unwrap(), reason: why() })
            }
            What::AssignStage(stage, owner) => {
                Body::Assign(Assign { item: None, stage: Some((*stage).to_owned()), owner: owner.parse().unwrap(), reason: why() })
            }
            What::WaiveBake { stage, minutes } => {
                let bake = Some((*stage).to_owned());
                Body::Sign(Sign { item: None, bake, expires: end(*minutes), ..word(SignVerdict::Waive) })
            }
            What::WaiveUnknown { minutes, other } => {
                let author = if *other { "Nobody" } else { "Mallory" }.to_owned();
                let unknown = vec![UnknownAuthor { author, commits: vec![object(3)] }];
                Body::Sign(Sign { item: None, unknown, expires: end(*minutes), ..word(SignVerdict::Waive) })
            }
            What::Check(result) => Body::Check(Check {
                item,
                result: *result,
                command: None,
                exit_status: None,
                duration_ms: None,
                output: None,
                tree: None,
                tests: None,
                url: None,
            }),
            What::Disregard => {
                let record = if step.about == usize::MAX { lost() } else { about };
                Body::Disregard(Disregard { record, reason: "gone".to_owned() })
            }
            What::Redact => Body::Redact(Redact { evidence: digest(EVIDENCE), reason: "a name".to_owned() }),
            What::Unknown => Body::Withdraw(Withdraw { record: about, reason: "unknown".to_owned() }),
            What::Add { id, blocks, assignee, not_by } => Body::Action(Action {
                text: Some(why()),
                blocks: *blocks,
                assignee: assignee.as_ref().map(owner_of),
                not_by: not_by.then_some(NotBy::Implementers),
                ..action(ActionEvent::Add, id)
            }),
            What::Act(event, id) => Body::Action(Action { text: step.bare.then(why), ..action(*event, id) }),
            What::OfCondition(event, id) => Body::Action(Action { decision: Some(about), ..action(*event, id) }),
            What::Stage(event, stage) => Body::Stage(Stage {
                stage: (*stage).to_owned(),
                event: *event,
                confirm: step
                    .confirm
                    .iter()
                    .map(|id| ItemRef {
                        id: id.parse().unwrap(),
                        digest: digest(if step.other_text { 9 } else { item_number(id) }),
                    })
                    .collect(),
                readings: self.readings_of(stage, step.bare),
                in_spite: step.names.iter().map(|of| InSpite { of: (*of).to_owned(), reason: why() }).collect(),
            }),
            What::Rollback(event) => Body::Rollback(Rollback {
                event: *event,
                to: None,
                trigger: (*event == RollbackEvent::Start).then_some(1),
                reason: Some(why()),
                at: step.bare.then(|| at.plus(60)),
                step: None,
                result: None,
            }),
            What::RollbackStep(number, result) => Body::Rollback(Rollback {
                event: RollbackEvent::Step,
                to: None,
                trigger: None,
                reason: (*result != StepResult::Done).then(why),
                at: None,
                step: Some(*number),
                result: (!step.bare).then_some(*result),
            }),
            What::Close(outcome) => Body::Close(Close {
                outcome: *outcome,
                leave: step.names.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>().into_iter().collect(),
                reason: (*outcome == Outcome::Abandoned).then(why),
            }),
            What::Reading { stage, from, to } => Body::Reading(Reading {
                stage: (*stage).to_owned(),
                values: values(&step.values),
                source: if step.bare { " " } else { "a dashboard" }.to_owned(),
                from: at.plus(-60 * from),
                to: at.plus(-60 * to),
            }),
        };
        let seen = match step.seen {
            Seen::All => heads(&self.records()),
            Seen::Until(at) => heads(&self.until(at)),
            Seen::One(at) => self.at(at).map(Verified::id).into_iter().collect(),
            Seen::Nothing => vec![],
            Seen::Lost => vec![lost()],
        };
        let is_open = matches!(body, Body::Open(_));
        let may_stand_alone = matches!(body, Body::Withdraw(_) | Body::Disregard(_) | Body::Redact(_));
        let under = match step.under {
            _ if is_open => None,
            Under::Nothing if may_stand_alone => None,
            Under::About => Some(about),
            _ => Some(self.open),
        };
        self.nonce += 1;
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&self.nonce.to_be_bytes());
        let evidence = step.evidence.then(|| Evidence {
            name: Some("log.txt".to_owned()),
            uri: None,
            sha256: Some(digest(EVIDENCE)),
            size: Some(12),
            media_type: None,
            salted: false,
        });
        let record = Record {
            subjects: subjects(if step.astray { 0x81 } else { 0x71 }),
            kind: body.kind().unwrap().name().to_owned(),
            signer: Signer { handle: holder(step.by), fingerprint: public(step.by).fingerprint().clone() },
            nonce: Nonce::from_bytes(nonce),
            root: self.versions[0].digest.into(),
            policy_head: self.head(step.head),
            open: under,
            parents: seen,
            role: step.role.map(|role| role.parse().unwrap()),
            comment: (matches!(step.what, What::OfCondition(ActionEvent::Met, _)) && !step.bare).then(|| "seen".to_owned()),
            evidence: evidence.into_iter().collect(),
            time: at,
            tool: "relsign/0.1.0".to_owned(),
            body,
        };
        let mut payload = encode_statement(&record).unwrap();
        if step.what == What::Unknown {
            let text = String::from_utf8(payload).unwrap();
            let text = text.replace("urn:relsign:v1:withdraw", "urn:relsign:v1:veto");
            payload = text.replace("\"kind\":\"withdraw\"", "\"kind\":\"veto\"").into_bytes();
        }
        let verified = seal(&payload, step.by, &record.root);
        if is_open && (self.open == lost() || step.about == usize::MAX) {
            self.open = verified.id();
        }
        Some(verified)
    }

    /// Puts the next version in force.
    fn activate(&mut self, anchors: Anchors, about: usize) {
        let Some(rules) = self.plan.versions.get(self.versions.len()) else { return };
        let but = self.at(about).map(Verified::id);
        let before: BTreeSet<RecordId> = self.versions.iter().flat_map(|version| version.anchors.iter().copied()).collect();
        let records = self.records();
        let anchors: BTreeSet<RecordId> = records
            .into_iter()
            .filter(|record| match anchors {
                Anchors::All => true,
                Anchors::AllButOne => Some(record.id()) != but,
                Anchors::DecisionsOnly => matches!(record.value().body, Body::Open(_) | Body::Decide(_)),
                Anchors::None => false,
            })
            .map(Verified::id)
            .filter(|id| !before.contains(id))
            .collect();
        let mut version = rules.version(u32::try_from(self.versions.len()).unwrap() + 1);
        version.anchors = anchors;
        self.versions.push(version);
    }

    fn open(&self, environment: &str, step: &Step) -> Open {
        let plan = &self.plan.open;
        let head = self.head(step.head).version;
        let at = usize::try_from(head).unwrap().min(self.versions.len()) - 1;
        let rules = &self.plan.versions[at];
        let policy = match self.plan.carried {
            true => &Rules { amended: Vec::new(), ..rules.clone() }.policy(),
            false => &self.versions[at].policy,
        };
        let release_type = if plan.hotfix { ReleaseType::Hotfix } else { ReleaseType::Normal };
        let mut open = Open {
            title: "v2.4.0".to_owned(),
            environment: environment.parse().unwrap(),
            release_type,
            component: if plan.odd == Some(Odd::OtherComponent) { "other" } else { "main" }.to_owned(),
            checklist: ChecklistSource {
                path: if plan.odd == Some(Odd::OtherChecklist) { "docs/easy.md" } else { "RELEASE.md" }.to_owned(),
                sha256: digest(0xc0),
                parser: 2,
            },
            items: items(plan, policy, release_type),
            risk: plan.risk.map(|class| Risk { class, reasons: Vec::new() }),
            stages: stages(plan),
            triggers: Vec::new(),
            procedure: Vec::new(),
            scope: Vec::new(),
            actions: actions(plan, policy, release_type),
            on_call: None,
            known_issues: Vec::new(),
            attendees: Vec::new(),
            unread: unread_tasks(plan.almost_tasks),
            implementers: Implementers {
                tagger: (plan.odd != Some(Odd::UnknownTagger)).then(|| "@tara".parse().unwrap()),
                people: vec!["@ivan".parse().unwrap()],
                unknown: if plan.odd == Some(Odd::UnknownAuthor) { vec!["Mallory".to_owned()] } else { vec![] },
                bot_commits: if plan.odd == Some(Odd::BotCommits) { vec![object(3)] } else { vec![] },
                more_bot_commits: 0,
            },
            previous: None,
            since: None,
            commits: 3,
            given: plan.window_given.then(|| "window".to_owned()).into_iter().collect(),
            requester: None,
            reason: None,
            ticket: None,
            security_impact: None,
            window: plan.window.map(|(from, to)| Window { from: time(from), to: time(to) }),
            artifacts: Vec::new(),
        };
        if let Some(odd @ (Odd::PreviousByHand | Odd::NamesPrevious)) = plan.odd {
            let tag = "refs/tags/v2.3.0".parse().unwrap();
            let overridden = odd == Odd::PreviousByHand;
            open.previous = Some(PreviousRelease { tag, tag_object: object(1), commit: object(2), overridden });
        }
        open
    }
}

/// Who is named by a handle, or by a role.
fn owner(text: &str) -> Owner {
    match text.parse() {
        Ok(handle) => Owner::Person(handle),
        Err(_) => Owner::Role(text.parse().expect("a role")),
    }
}

/// The limits that stages may have.
fn limit(id: &str) -> OpenLimit {
    let of = |op, value: &str, unit: &str| OpenLimit {
        id: id.to_owned(),
        text: id.to_owned(),
        metric: None,
        op: Some(op),
        value: Some(value.to_owned()),
        unit: (!unit.is_empty()).then(|| unit.to_owned()),
        lasting: None,
        of_baseline: false,
        absent_is_zero: false,
    };
    match id {
        "errors" => of(Comparison::Below, "1", "%"),
        "latency" => of(Comparison::AtMost, "300", "ms"),
        "ratio" => OpenLimit { of_baseline: true, ..of(Comparison::AtMost, "1.5", "x") },
        "times" => of(Comparison::Below, "2", "x"),
        "drift" => OpenLimit { of_baseline: true, ..of(Comparison::Within, "10", "%") },
        "shift" => OpenLimit { of_baseline: true, ..of(Comparison::Beyond, "0.5", "s") },
        "odd" => OpenLimit { of_baseline: true, ..of(Comparison::AtMost, "10", "%") },
        "crashes" => OpenLimit { absent_is_zero: true, ..of(Comparison::Is, "0", "") },
        "steady" => OpenLimit { lasting: Some(120), ..of(Comparison::AtLeast, "0.5", "") },
        _ => OpenLimit { op: None, value: None, ..of(Comparison::Is, "0", "") },
    }
}

fn stages(plan: &OpenPlan) -> Vec<OpenStage> {
    let stage = |stage: &StagePlan| OpenStage {
        id: stage.id.to_owned(),
        name: stage.id.to_owned(),
        traffic: stage.traffic.map(str::to_owned),
        bake: stage.bake.map(|minutes| minutes * 60),
        owner: stage.owner.map(owner),
        limits: stage.limits.iter().map(|id| limit(id)).collect(),
    };
    plan.stages.iter().map(stage).collect()
}

/// What is to be done besides the items, by the file and by the policy.
fn actions(plan: &OpenPlan, policy: &Policy, release_type: ReleaseType) -> Vec<OpenAction> {
    let of_file = |action: &ActionPlan| OpenAction {
        id: action.id.to_owned(),
        text: action.id.to_owned(),
        assignee: action.assignee.map(owner),
        due: None,
        after: None,
        blocks: action.blocks,
        not_by: action.not_by.then_some(NotBy::Implementers),
        required: action.required,
    };
    let mut all: Vec<OpenAction> = plan.actions.iter().map(of_file).collect();
    let required = policy.contents().actions.iter();
    let required = required.filter(|action| action.types.is_empty() || action.types.contains(&release_type));
    all.extend(required.map(|action| OpenAction {
        id: action.id.clone(),
        text: action.text.clone(),
        assignee: action.assignee.clone(),
        due: None,
        after: action.after,
        blocks: action.blocks,
        not_by: action.not_by,
        required: true,
    }));
    all
}

/// The items of an open record, each asking for what the policy does and perhaps more.
fn items(plan: &OpenPlan, policy: &Policy, release_type: ReleaseType) -> Vec<OpenItem> {
    let production = "production".parse().unwrap();
    let item = |id: &str, phase: Phase, owner: Option<Owner>, labels: Vec<String>| {
        let facts = ItemFacts {
            labels: &labels,
            component: "main",
            environment: Some(&production),
            irreversible: plan.irreversible,
            ..ItemFacts::new(phase, plan.risk, release_type)
        };
        let mut requirements: Requirements = policy.requirements(&facts);
        requirements.reviews += plan.more_reviews;
        if plan.two_roles && phase == Phase::Before {
            let mut roles: BTreeSet<_> = requirements.roles.drain(..).collect();
            roles.extend(["security".parse().unwrap(), "sre".parse().unwrap()]);
            requirements.roles = roles.into_iter().collect();
            requirements.reviews = requirements.reviews.max(1);
        }
        requirements.evidence |= plan.evidence;
        requirements.max_age = [requirements.max_age, plan.max_age].into_iter().flatten().min();
        if let Some(people) = plan.waiver_people
            && requirements.waiver_people != 0
        {
            requirements.waiver_people = if people == 0 { 0 } else { people.max(requirements.waiver_people) };
        }
        let number = item_number(id);
        OpenItem {
            number: number.into(),
            id: id.parse().unwrap(),
            digest: digest(number),
            title: id.to_owned(),
            phase,
            owner,
            requirements,
            lines: (1, 1),
            parent: None,
            labels,
            optional: false,
            irreversible: plan.irreversible,
            check: None,
            covers: Vec::new(),
            due: None,
            text: format!("- [ ] {id}\n"),
            section: Vec::new(),
            attributes: BTreeMap::new(),
        }
    };
    let runbook = if plan.owners_by_role { Owner::Role("sre".parse().unwrap()) } else { Owner::Person("@sam".parse().unwrap()) };
    let tests = (!plan.release_managers_own).then(|| Owner::Role("qa".parse().unwrap()));
    let mut items = vec![item("runbook", Phase::Before, Some(runbook), vec![]), item("tests", Phase::Before, tests, vec![])];
    let dana = || Some(Owner::Person("@dana".parse().unwrap()));
    if let Some(kind) = plan.third {
        let labels = if kind == Third::Risky { vec!["risky".to_owned()] } else { vec![] };
        let mut third = item("third", if kind == Third::After { Phase::After } else { Phase::Before }, dana(), labels);
        third.optional = matches!(kind, Third::Optional | Third::OptionalChild);
        if matches!(kind, Third::ChildOfRunbook | Third::OptionalChild) {
            third.parent = Some("runbook".parse().unwrap());
        }
        items.push(third);
    }
    if plan.stage_items {
        for stage in &plan.stages {
            let id = if stage.id == OpenStage::ALL { "smoke".to_owned() } else { format!("smoke@{}", stage.id) };
            items.push(item(&id, Phase::Stage, dana(), vec![]));
        }
    }
    if plan.undo {
        items.push(item("undo", Phase::OnRollback, dana(), vec![]));
    }
    match plan.odd {
        Some(Odd::AsksLess) => items[0].requirements = Requirements { waiver_people: 1, ..Requirements::default() },
        Some(Odd::ForbidsLess) => items[1].requirements.max_age = None,
        Some(Odd::SameIdTwice) => {
            let again = items[0].clone();
            items.push(again);
        }
        Some(Odd::Circle) => {
            items[0].parent = Some("tests".parse().unwrap());
            items[1].parent = Some("runbook".parse().unwrap());
        }
        Some(Odd::NothingNeeded) => {
            for item in &mut items {
                item.optional = true;
            }
        }
        _ => {}
    }
    items
}

/// What looks like a task in the checklist and is none.
fn unread_tasks(is_there: bool) -> Unread {
    let task = || UnreadTask { line: 7, cause: UnreadCause::Box, text: "- [x ] It is healthy".to_owned() };
    Unread { count: u32::from(is_there), tasks: is_there.then(task).into_iter().collect() }
}

/// What reading file and history again gives for an open record.
fn again(open: &Open, how: RereadPlan) -> Reread {
    let Open { title, checklist, items, unread, risk, stages, triggers, procedure, scope, implementers, commits, .. } =
        open.clone();
    let Open { actions, on_call, known_issues, attendees, window, .. } = open.clone();
    let mut plan = relsign::model::record::Plan {
        title,
        checklist,
        items,
        unread,
        risk,
        stages,
        triggers,
        procedure,
        scope,
        actions,
        on_call,
        known_issues,
        attendees,
        window,
    };
    let mut origin = Ok(Some(Origin { implementers, commits }));
    let mut is_below = open.previous.as_ref().map(|_| true);
    let mut previous = None;
    match how {
        RereadPlan::Same => {}
        RereadPlan::OtherItems => plan.items[0].title.push('!'),
        RereadPlan::OtherPlan(part) => match part {
            Part::Title => plan.title.push('!'),
            Part::Rules => plan.checklist.parser += 1,
            Part::Risk => plan.risk = Some(Risk { class: RiskClass::High, reasons: Vec::new() }),
            Part::Stages => match plan.stages.first_mut() {
                Some(stage) => stage.bake = Some(stage.bake.unwrap_or(0) + 60),
                None => plan.stages.push(OpenStage::implied()),
            },
            Part::Triggers => plan.triggers.push(OpenTrigger { id: 1, text: "an error".to_owned(), limit: None }),
            Part::Procedure => {
                let step = Undo { text: "go back".to_owned(), layer: None, within: None, irreversible: false, ask: None };
                plan.procedure.push(step);
            }
            Part::Scope => plan.scope.push(Change { text: "a lock".to_owned(), owner: None, flag: None }),
            Part::Actions => match plan.actions.first_mut() {
                Some(action) => action.text.push('!'),
                None => plan.actions.extend(actions_of_another_file()),
            },
            Part::OnCall => {
                let primary = "@sam".parse().unwrap();
                plan.on_call = Some(OpenOnCall { primary, secondary: None, from: None, to: None });
            }
            Part::KnownIssues => plan.known_issues.push("slow".to_owned()),
            Part::Attendees => plan.attendees.push("sam".to_owned()),
            Part::Window => plan.window = Some(Window { from: time(1), to: time(7) }),
            Part::AlmostTasks => plan.unread = unread_tasks(plan.unread.is_empty()),
        },
        RereadPlan::Unreadable => {
            return Reread { plan: Err(ChecklistUnread::Missing), origin, is_below, previous };
        }
        RereadPlan::OtherPeople => {
            origin.iter_mut().flatten().for_each(|origin| origin.implementers.people.push("@sam".parse().unwrap()));
        }
        RereadPlan::OtherCommits => origin.iter_mut().flatten().for_each(|origin| origin.commits += 1),
        RereadPlan::NoRange => origin = Ok(None),
        RereadPlan::RangeUnreadable => origin = Err(RangeUnread::Lost(object(9))),
        RereadPlan::PreviousDidNotPass => previous = Some(finding_of(Code::PreviousUnproven, "it did not pass")),
        RereadPlan::PreviousNotHere => previous = Some(finding_of(Code::PreviousNotHere, "it is not here")),
        RereadPlan::PreviousNotBelow => is_below = is_below.map(|_| false),
        RereadPlan::PreviousSomewhere => (origin, is_below) = (Ok(None), None),
    }
    Reread { plan: Ok(plan), origin, is_below, previous }
}

fn actions_of_another_file() -> Option<OpenAction> {
    let action = ActionPlan { id: "more", assignee: None, blocks: None, not_by: false, required: false };
    let plan = OpenPlan { actions: vec![action], ..OpenPlan::default() };
    actions(&plan, &Rules::default().policy(), ReleaseType::Normal).pop()
}

fn heads(records: &[&Verified]) -> Vec<RecordId> {
    let named: BTreeSet<RecordId> = records.iter().flat_map(|record| record.value().parents.iter().copied()).collect();
    let ids: BTreeSet<RecordId> = records.iter().map(|record| record.id()).collect();
    ids.difference(&named).copied().collect()
}

fn seal(payload: &[u8], key: &str, root: &relsign::model::ids::RootDigest) -> Verified {
    let message = pae(payload);
    let envelope = Envelope { payload: payload.to_vec(), keyid: public(key).fingerprint().clone(), sig: sign(key, &message) };
    let line = encode_envelope(&envelope);
    let verified = verify_line(&line, &KEYRING, root).unwrap_or_else(|rejected| panic!("{:?}", rejected.finding));
    assert_eq!(verified.id(), record_id(&message));
    verified
}

impl Story {
    /// Asks about the same records under other policies: each version says what that of another plan does.
    pub(crate) fn judge_by(&mut self, plan: &Plan) {
        let says = |(version, rules): (&PolicyVersion, &Rules)| PolicyVersion { policy: rules.policy(), ..version.clone() };
        let versions = self.chain.versions().zip(&plan.versions).map(says).collect();
        self.chain = PolicyChain::new(versions).unwrap();
    }

    /// Asks about the same records under another context, others of them being hidden.
    pub(crate) fn judge_under(&mut self, context: ContextPlan, hidden: BTreeSet<usize>) {
        let here = self.made.iter().enumerate().filter(|(at, _)| !hidden.contains(at));
        self.log = here.filter_map(|(_, record)| record.as_ref()).map(|record| (record.id(), record.clone())).collect();
        self.plan.context = context;
        self.plan.hidden = hidden;
    }

    /// Signs a record of an unknown kind under the open record, by somebody who has seen nothing.
    pub(crate) fn veto(&self) -> Verified {
        let mut plan = self.plan.clone();
        plan.steps.push(Step { seen: Seen::Nothing, ..Step::new("olga", What::Unknown) });
        plan.story().made.last().cloned().flatten().expect("the last step made a record")
    }

    fn tag(&self) -> TagFacts {
        let plan = self.plan.context.tag;
        let name = "refs/tags/v2.4.0".parse().unwrap();
        let object_of = |inner_name: &str, signature| TagObject {
            id: object(0x71),
            inner_name: inner_name.to_owned(),
            commit: object(0x72),
            tree_sha256: ObjectId::from_sha256(digest(0x74).as_bytes()),
            subjects: subjects(0x71),
            not_strengthened: Vec::new(),
            signature,
        };
        let by = |key: &str| Some(TagSignature::Verified(holder(key), public(key).fingerprint().clone()));
        let signed = || by("tara");
        let (target, object, problem) = match plan {
            TagPlan::Signed => (Some(object(0x71)), Some(object_of("v2.4.0", signed())), None),
            TagPlan::SignedByQuin => (Some(object(0x71)), Some(object_of("v2.4.0", by("quin"))), None),
            TagPlan::SignedByLost => (Some(object(0x71)), Some(object_of("v2.4.0", by("sam-two"))), None),
            TagPlan::Unsigned => (Some(object(0x71)), Some(object_of("v2.4.0", None)), None),
            TagPlan::OtherName => (Some(object(0x71)), Some(object_of("v1.0.0", signed())), None),
            TagPlan::Gone => (None, None, None),
            TagPlan::Lightweight => (Some(object(0x72)), None, Some(finding_of(Code::TagLightweight, "the tag is lightweight"))),
            TagPlan::Missing => (Some(object(0x71)), None, Some(finding_of(Code::TagObjectMissing, "the tag is not here"))),
        };
        TagFacts { name, target, object, problem }
    }

    fn named(&self) -> Vec<OpenedObject> {
        let named =
            |record, object, authorised, elsewhere| vec![OpenedObject { record, object, authorised, orphaned: vec![], elsewhere }];
        let is_gone = matches!(self.plan.context.tag, TagPlan::Gone);
        let remote = |remote: Remote| {
            vec![Elsewhere {
                remote: "origin".to_owned(),
                // What is gone here may be there as it was.
                there: remote.other.then(|| object(if is_gone { 0x71 } else { 0x61 })),
                is_shared_with: remote.shared,
                has_record: remote.has_record,
                way_back: String::new(),
            }]
        };
        match self.plan.context.named {
            None => vec![],
            Some(NamedPlan::This) => named(self.open, object(0x71), true, vec![]),
            Some(NamedPlan::Hidden) => named(lost(), object(0x71), true, vec![]),
            Some(NamedPlan::Moved) => named(lost(), object(0x61), true, vec![]),
            Some(NamedPlan::MovedByNobody) => named(lost(), object(0x61), false, vec![]),
            Some(NamedPlan::Elsewhere(there)) => named(self.open, object(0x71), true, remote(there)),
            Some(NamedPlan::ElsewhereByNobody(there)) => named(lost(), object(0x71), false, remote(there)),
        }
    }

    fn junk(&self) -> Vec<Code> {
        match self.plan.context.junk {
            None => vec![],
            Some(Junk::Line) => vec![Code::SignatureInvalid],
            Some(Junk::Foreign) => vec![Code::RecordForeign],
            Some(Junk::TooMany) => vec![Code::TooManyLines],
        }
    }

    fn freezes(&self) -> Vec<Freeze> {
        let freeze = |plan: &FreezePlan| {
            let environments = match plan.of {
                Freezes::Environment => vec!["production".parse().unwrap()],
                Freezes::OtherEnvironment => vec!["staging".parse().unwrap()],
                Freezes::GatedRef | Freezes::OtherRef => vec![],
            };
            let refs = match plan.of {
                Freezes::GatedRef => vec!["refs/heads/li*".parse().unwrap()],
                Freezes::OtherRef => vec!["refs/heads/main".parse().unwrap()],
                Freezes::Environment | Freezes::OtherEnvironment => vec![],
            };
            Freeze {
                name: "a freeze".to_owned(),
                source: Source::Window,
                refs,
                from: time(plan.from),
                until: plan.until.map(time),
                zone: None,
                reason: None,
                grant: None,
                environments,
            }
        };
        self.plan.context.freezes.iter().map(freeze).collect()
    }

    pub(crate) fn as_of(&self) -> Timestamp {
        time(self.plan.context.minute.unwrap_or(100_000))
    }

    /// What the verifier had seen before.
    pub(crate) fn baseline(&self) -> BTreeSet<RecordId> {
        let seen = &self.plan.context.seen_before;
        self.made
            .iter()
            .enumerate()
            .filter(|(at, _)| seen.contains(at))
            .filter_map(|(_, made)| made.as_ref().map(Verified::id))
            .collect()
    }

    fn evidence(&self) -> Option<EvidenceFacts> {
        Some(match self.plan.context.evidence {
            EvidencePlan::Here => EvidenceFacts::Here(12),
            EvidencePlan::Missing => return None,
            EvidencePlan::Changed => EvidenceFacts::Changed,
            EvidencePlan::OtherSize => EvidenceFacts::Here(13),
        })
    }

    fn reread(&self) -> BTreeMap<RecordId, Reread> {
        let Some(how) = self.plan.context.reread else { return BTreeMap::new() };
        let opens = self.log.iter().filter_map(|(id, record)| match &record.value().body {
            Body::Open(open) => Some((*id, open)),
            _ => None,
        });
        opens.map(|(id, open)| (id, again(open, how))).collect()
    }

    /// What `src/evaluate` makes of the anchors. Receipts are given to it as their result, since what makes one count is
    /// another matter.
    fn settled(&self) -> BTreeMap<RecordId, u32> {
        let mut settled = relsign::evaluate::receipts::settled(&self.chain, &self.log, &Receipts::default());
        for receipt in &self.receipts {
            for id in receipt.records.iter().filter(|id| self.log.contains_key(id)) {
                settled.entry(*id).and_modify(|before| *before = (*before).min(receipt.version + 1)).or_insert(receipt.version + 1);
            }
        }
        settled
    }

    /// What `src/evaluate` is asked.
    pub(crate) fn context(&self) -> Context<'_> {
        let junk = self.junk().into_iter().map(|code| finding_of(code, "a line")).collect();
        let mut witnessed: BTreeMap<RecordId, Timestamp> = BTreeMap::new();
        for receipt in &self.receipts {
            for id in &receipt.records {
                witnessed.entry(*id).and_modify(|at| *at = (*at).min(receipt.time)).or_insert(receipt.time);
            }
        }
        Context {
            root: self.chain.root(),
            chain: &self.chain,
            tag: self.tag(),
            as_of: self.as_of(),
            baseline: self.baseline(),
            settled: self.settled(),
            witnessed,
            looked: BTreeMap::new(),
            evidence: self.evidence().map(|facts| (digest(EVIDENCE), facts)).into_iter().collect(),
            private_notes: BTreeMap::new(),
            reread: self.reread(),
            opened_objects: self.named(),
            environment: self.plan.context.environment.map(|name| name.parse().unwrap()),
            freezes: self.freezes(),
            findings: junk,
            lines: 0,
            tool: "relsign/0.1.0".to_owned(),
        }
    }

    /// What the simple evaluator is asked.
    pub(crate) fn question(&self) -> simple::Question {
        let facts = self.tag();
        let tag = match facts.object {
            Some(object) => simple::Tag::Here {
                id: object.id,
                inner_name: object.inner_name,
                subjects: object.subjects.into_iter().collect(),
                signed: match object.signature {
                    Some(TagSignature::Verified(who, key)) => Some((who, key)),
                    _ => None,
                },
            },
            None => match facts.target {
                None => simple::Tag::Gone,
                Some(target) if self.plan.context.tag == TagPlan::Lightweight => simple::Tag::NotAnnotated { target },
                Some(target) => simple::Tag::ObjectMissing { target },
            },
        };
        let kept = self.evidence().map(|facts| match facts {
            EvidenceFacts::Here(size) => simple::Kept::Bytes(size),
            _ => simple::Kept::SomethingElse,
        });
        let wrong = |finding: Finding| match finding.code {
            Code::PreviousNotHere => simple::Previous::NotHere,
            _ => simple::Previous::DidNotPass,
        };
        let read = |again: Reread| simple::ReadAgain {
            file: again.plan.ok(),
            history: match again.origin {
                Ok(Some(origin)) => simple::History::States(origin),
                Ok(None) => simple::History::BeyondTheEdge,
                Err(_) => simple::History::CannotBeTold,
            },
            before_lies_below: again.is_below,
            previous: again.previous.map(wrong),
        };
        let there = |remote: &Elsewhere| simple::There {
            object: remote.there,
            shares_records: remote.is_shared_with,
            has_the_open: remote.has_record,
        };
        simple::Question {
            versions: self
                .chain
                .versions()
                .map(|version| simple::Version {
                    number: version.version,
                    digest: version.digest,
                    says: version.policy.contents().clone(),
                    anchors: version.anchors.clone(),
                })
                .collect(),
            name: facts.name,
            tag,
            now: self.as_of(),
            environment: self.plan.context.environment.map(|name| name.parse().unwrap()),
            seen_before: self.baseline(),
            receipts: self.receipts.clone(),
            evidence: kept.map(|kept| (digest(EVIDENCE), kept)).into_iter().collect(),
            read_again: self.reread().into_iter().map(|(id, again)| (id, read(again))).collect(),
            named: self
                .named()
                .into_iter()
                .map(|named| simple::Named {
                    record: named.record,
                    object: named.object,
                    by_somebody_who_may: named.authorised,
                    elsewhere: named.elsewhere.iter().map(there).collect(),
                })
                .collect(),
            freezes: self
                .freezes()
                .into_iter()
                .map(|freeze| simple::Frozen {
                    from: freeze.from,
                    until: freeze.until,
                    environments: freeze.environments,
                    refs: freeze.refs.iter().map(|pattern| pattern.as_str().to_owned()).collect(),
                })
                .collect(),
            refused: self.junk(),
        }
    }

    pub(crate) fn entries(&self) -> simple::Log {
        entries(&self.log)
    }
}

pub(crate) fn entries(log: &Log) -> simple::Log {
    log.iter()
        .map(|(id, verified)| (*id, simple::Entry { record: verified.value().clone(), hardware: verified.is_hardware() }))
        .collect()
}

/// Makes a finding under a code, in words of the test's own.
pub(crate) fn finding_of(code: Code, why: impl Into<String>) -> Finding {
    Finding::new(relsign::model::finding::Seen::Failed { code, why: why.into() })
}
