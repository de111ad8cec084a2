//! A small world to judge: people with fixed keys, a policy, a tag, and a log that anybody can sign into.

use std::collections::{BTreeMap, BTreeSet};

use relsign::evaluate::context::{EvidenceFacts, OpenedObject, Reread, TagFacts, TagObject};
use relsign::evaluate::receipts::Receipts;
use relsign::evaluate::receipts::settled;
use relsign::evaluate::{Context, evaluate};
use relsign::model::finding::{Code, Finding};
use relsign::model::freeze::{Freeze, Source};
use relsign::model::ids::{Environment, Nonce, ObjectId, RecordId, RootDigest, Sha256Digest};
use relsign::model::limit::Comparison;
use relsign::model::log::Record;
use relsign::model::policy::PolicyChain;
use relsign::model::record::{
    Action, ActionEvent, Body, Change, Check, CheckResult, ChecklistSource, Close, Condition, Decide, Decision, Disregard,
    Evidence, Implementers, InSpite, ItemRef, Open, OpenItem, OpenLimit, OpenStage, OpenTrigger, Origin, Outcome, Owner, Phase,
    Plan, PolicyHead, Reading, ReadingResult, ReadingValue, ReleaseType, Requirements, Rollback, RollbackEvent, Sign, SignVerdict,
    Signer, Stage, StageEvent, Step, Subject, SubjectDigest, Unread, Withdraw,
};
use relsign::model::report::{Answer, ItemReport, ItemState, Report};
use relsign::model::time::Timestamp;
use relsign::parse::record::{Envelope, encode_envelope};
use relsign::parse::statement::encode_statement;
use relsign::sign::keyring::Keyring;
use relsign::sign::pae::{pae, record_id};
use relsign::sign::verify::{Verified, VerifiedLog, verify_log};

use crate::cast::{POLICY, holder, key, keyring, version};

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

/// A check of an item, with nothing said of how it ran.
pub(crate) fn checked(item: &str, digest: Sha256Digest, result: CheckResult) -> Body {
    Body::Check(Check {
        item: ItemRef { id: item.parse().unwrap(), digest },
        result,
        command: None,
        exit_status: None,
        duration_ms: None,
        output: None,
        tree: None,
        tests: None,
        url: None,
    })
}

/// One item with no more than what every item has.
pub(crate) fn item(number: u32, id: &str, phase: Phase) -> OpenItem {
    OpenItem {
        number,
        id: id.parse().unwrap(),
        digest: digest(u8::try_from(number).unwrap()),
        title: id.to_owned(),
        phase,
        owner: None,
        requirements: Requirements { reviews: u32::from(phase == Phase::Before), waiver_people: 1, ..Requirements::default() },
        lines: (number, number),
        parent: None,
        labels: Vec::new(),
        optional: false,
        irreversible: false,
        check: None,
        covers: Vec::new(),
        due: None,
        text: format!("- [ ] {id}\n"),
        section: Vec::new(),
        attributes: BTreeMap::new(),
    }
}

/// A stage without owner and limits.
pub(crate) fn named(id: &str, traffic: Option<&str>, bake: Option<u64>) -> OpenStage {
    OpenStage { id: id.to_owned(), name: id.to_owned(), traffic: traffic.map(str::to_owned), bake, owner: None, limits: Vec::new() }
}

/// A trigger of which nobody could take a limit.
pub(crate) fn trigger(text: &str) -> OpenTrigger {
    OpenTrigger { id: 1, text: text.to_owned(), limit: None }
}

/// A step of the roll-back, and no more than what to do.
pub(crate) fn step(text: &str) -> Step {
    Step { text: text.to_owned(), layer: None, within: None, irreversible: false, ask: None }
}

/// A change of the scope.
pub(crate) fn change(text: &str) -> Change {
    Change { text: text.to_owned(), owner: None, flag: None }
}

/// A word on a stage, and no more than that.
pub(crate) fn moved(stage: &str, event: StageEvent) -> Stage {
    Stage { stage: stage.to_owned(), event, confirm: Vec::new(), readings: Vec::new(), in_spite: Vec::new() }
}

/// A limit of a stage, such as `below 1 %`.
pub(crate) fn limit(id: &str, op: Option<Comparison>, value: &str, unit: &str) -> OpenLimit {
    OpenLimit {
        id: id.to_owned(),
        text: format!("{id} {value}{unit}"),
        metric: Some(id.to_owned()),
        op,
        value: Some(value.to_owned()).filter(|value| !value.is_empty()),
        unit: Some(unit.to_owned()).filter(|unit| !unit.is_empty()),
        lasting: None,
        of_baseline: false,
        absent_is_zero: false,
    }
}

/// What was read of one limit between two minutes; its reader says that it holds.
pub(crate) fn measured(stage: &str, limit: &str, value: &str, (from, to): (i64, i64)) -> Reading {
    let value = ReadingValue {
        limit: Some(limit.to_owned()),
        name: limit.to_owned(),
        value: Some(value.to_owned()).filter(|value| !value.is_empty()),
        result: ReadingResult::Holds,
        baseline: None,
    };
    Reading { stage: stage.to_owned(), values: vec![value], source: "a query".to_owned(), from: time(from), to: time(to) }
}

/// What speaks against a stage, and why it is moved all the same.
pub(crate) fn in_spite(of: &str) -> InSpite {
    InSpite { of: of.to_owned(), reason: "it was there before".to_owned() }
}

/// A freeze of an environment or a ref.
pub(crate) fn frozen(environments: &[&str], refs: &[&str], from: i64, until: Option<i64>) -> Freeze {
    Freeze {
        name: "quiet weeks".to_owned(),
        source: Source::Window,
        refs: refs.iter().map(|text| text.parse().unwrap()).collect(),
        from: time(from),
        until: until.map(time),
        zone: None,
        reason: None,
        grant: None,
        environments: environments.iter().map(|text| text.parse().unwrap()).collect(),
    }
}

/// A condition that @dana meets before a minute.
pub(crate) fn condition(id: &str, due: i64) -> Condition {
    Condition {
        id: id.to_owned(),
        text: "watch the dashboards".to_owned(),
        assignee: person("@dana"),
        due: time(due),
        not_by: None,
    }
}

/// A word on a roll-back, and no more than that.
pub(crate) fn rolled(event: RollbackEvent) -> Rollback {
    Rollback { event, to: None, trigger: None, reason: None, at: None, step: None, result: None }
}

/// The end of a release.
pub(crate) fn closed(outcome: Outcome) -> Close {
    Close { outcome, leave: Vec::new(), reason: Some("so it is".to_owned()) }
}

/// A word on an action, and no more than that.
pub(crate) fn acted(event: ActionEvent, id: &str) -> Action {
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

pub(crate) fn owned(number: u32, id: &str, owner: Owner) -> OpenItem {
    OpenItem { owner: Some(owner), ..item(number, id, Phase::Before) }
}

pub(crate) fn person(handle: &str) -> Owner {
    Owner::Person(handle.parse().unwrap())
}

pub(crate) fn role(name: &str) -> Owner {
    Owner::Role(name.parse().unwrap())
}

/// The release that most tests open: `runbook` is @sam's, `tests` is the qa role's, each with one review.
pub(crate) fn plain_open() -> Open {
    Open {
        title: "v2.4.0".to_owned(),
        environment: "production".parse().unwrap(),
        release_type: ReleaseType::Normal,
        component: "main".to_owned(),
        checklist: ChecklistSource { path: "RELEASE.md".to_owned(), sha256: digest(0xc0), parser: 1 },
        items: vec![owned(1, "runbook", person("@sam")), owned(2, "tests", role("qa"))],
        risk: None,
        stages: Vec::new(),
        triggers: Vec::new(),
        procedure: Vec::new(),
        scope: Vec::new(),
        actions: Vec::new(),
        on_call: None,
        known_issues: Vec::new(),
        attendees: Vec::new(),
        since: None,
        given: Vec::new(),
        unread: Unread::default(),
        implementers: Implementers {
            tagger: Some("@tara".parse().unwrap()),
            people: vec!["@ivan".parse().unwrap()],
            unknown: Vec::new(),
            ..Implementers::default()
        },
        previous: None,
        commits: 3,
        requester: None,
        reason: None,
        ticket: None,
        security_impact: None,
        window: None,
        artifacts: Vec::new(),
    }
}

/// What reading file and history again gives where an open record says the truth.
pub(crate) fn read_again(open: &Open) -> Reread {
    let open = open.clone();
    let Open { title, checklist, items, unread, risk, stages, triggers, procedure, scope, .. } = open;
    let Open { actions, on_call, known_issues, attendees, window, implementers, commits, .. } = open;
    Reread {
        plan: Ok(Plan {
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
        }),
        origin: Ok(Some(Origin { implementers, commits })),
        is_below: open.previous.as_ref().map(|_| true),
        previous: None,
    }
}

/// Everything that a verdict is asked over; tests change what they are about.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) chain: PolicyChain,
    pub(crate) keyring: Keyring,
    pub(crate) tag: TagFacts,
    pub(crate) as_of: Timestamp,
    pub(crate) baseline: BTreeSet<RecordId>,
    pub(crate) settled: BTreeMap<RecordId, u32>,
    pub(crate) witnessed: BTreeMap<RecordId, Timestamp>,
    pub(crate) looked: BTreeMap<RecordId, Timestamp>,
    pub(crate) receipts: Receipts,
    pub(crate) evidence: BTreeMap<Sha256Digest, EvidenceFacts>,
    pub(crate) reread: BTreeMap<RecordId, Reread>,
    pub(crate) opened_objects: Vec<OpenedObject>,
    pub(crate) environment: Option<Environment>,
    pub(crate) freezes: Vec<Freeze>,
    /// The lines of the note, with the ids of those that were signed here.
    pub(crate) lines: Vec<(RecordId, Vec<u8>)>,
    /// The parents of those.
    pub(crate) parents: BTreeMap<RecordId, Vec<RecordId>>,
    /// The open record.
    pub(crate) open: RecordId,
    minutes: i64,
    nonce: u64,
}

impl World {
    /// A world with nothing opened yet.
    pub(crate) fn empty() -> Self {
        Self::with_policy(POLICY)
    }

    pub(crate) fn with_policy(policy: &str) -> Self {
        let chain = PolicyChain::new(vec![version(1, policy)]).unwrap();
        let subjects = subjects(object(0x71), digest(0x74));
        let tag = TagObject {
            id: object(0x71),
            inner_name: "v2.4.0".to_owned(),
            commit: object(0x72),
            tree_sha256: ObjectId::from_sha256(digest(0x74).as_bytes()),
            subjects,
            not_strengthened: Vec::new(),
            signature: None,
        };
        Self {
            chain,
            keyring: keyring(),
            tag: TagFacts {
                name: "refs/tags/v2.4.0".parse().unwrap(),
                target: Some(object(0x71)),
                object: Some(tag),
                problem: None,
            },
            as_of: time(100_000),
            baseline: BTreeSet::new(),
            settled: BTreeMap::new(),
            witnessed: BTreeMap::new(),
            looked: BTreeMap::new(),
            receipts: Receipts::default(),
            evidence: BTreeMap::new(),
            reread: BTreeMap::new(),
            opened_objects: Vec::new(),
            environment: None,
            freezes: Vec::new(),
            lines: Vec::new(),
            parents: BTreeMap::new(),
            open: RecordId::from_bytes([0; 32]),
            minutes: 0,
            nonce: 0,
        }
    }

    /// A world in which @rita has opened the plain release, perhaps changed.
    pub(crate) fn opened(change: impl FnOnce(&mut Open)) -> Self {
        let mut world = Self::empty();
        world.open_by("rita", change);
        world
    }

    /// A world in which everything is signed as it should be, and nobody has decided.
    pub(crate) fn ready() -> Self {
        let mut world = Self::opened(|_| {});
        world.ready_all();
        world
    }

    pub(crate) fn ready_all(&mut self) {
        self.sign("sam", "runbook", SignVerdict::Done);
        self.sign("rita", "runbook", SignVerdict::Approve);
        self.sign("quin", "tests", SignVerdict::Done);
        self.sign("sam", "tests", SignVerdict::Approve);
    }

    /// A world in GO, with the decision.
    pub(crate) fn gone() -> (Self, RecordId) {
        let mut world = Self::ready();
        let go = world.decide("rolf", Decision::Go);
        (world, go)
    }

    /// Brings the next version of the policy in force, which anchors these records.
    pub(crate) fn advance(&mut self, policy: &str, anchors: &[RecordId]) {
        let mut versions: Vec<_> = self.chain.versions().cloned().collect();
        let mut next = version(u32::try_from(versions.len()).unwrap() + 1, policy);
        next.anchors = anchors.iter().copied().collect();
        versions.push(next);
        self.chain = PolicyChain::new(versions).unwrap();
    }

    pub(crate) fn root(&self) -> RootDigest {
        self.chain.root()
    }

    /// The heads of the log: what an honest signer names as parents.
    pub(crate) fn heads(&self) -> Vec<RecordId> {
        let named: BTreeSet<_> = self.parents.values().flatten().collect();
        self.parents.keys().filter(|id| !named.contains(id)).copied().collect()
    }

    pub(crate) fn ids(&self) -> Vec<RecordId> {
        self.parents.keys().copied().collect()
    }

    /// Begins a record by the holder of a key, as an honest client would make it now.
    pub(crate) fn draft(&mut self, key_name: &str, body: Body) -> Draft {
        self.minutes += 1;
        self.nonce += 1;
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&self.nonce.to_be_bytes());
        let is_open = matches!(body, Body::Open(_));
        Draft {
            key: key_name.to_owned(),
            record: Record {
                subjects: subjects(object(0x71), digest(0x74)),
                kind: body.kind().map_or("veto", |kind| kind.name()).to_owned(),
                signer: Signer { handle: holder(key_name), fingerprint: key(key_name).public().fingerprint().clone() },
                nonce: Nonce::from_bytes(nonce),
                root: self.root(),
                policy_head: self.chain.head().head(),
                open: (!is_open).then_some(self.open),
                parents: self.heads(),
                role: None,
                comment: None,
                evidence: Vec::new(),
                time: time(self.minutes),
                tool: "relsign/0.1.0".to_owned(),
                body,
            },
        }
    }

    /// Signs a draft and adds its line.
    pub(crate) fn put(&mut self, draft: Draft) -> RecordId {
        let (id, line) = draft.seal();
        self.parents.insert(id, draft.record.parents.clone());
        self.lines.push((id, line));
        id
    }

    /// Signs something at a time, in minutes.
    pub(crate) fn at(&mut self, key_name: &str, body: Body, minutes: i64) -> RecordId {
        let draft = self.draft(key_name, body).at(time(minutes));
        self.put(draft)
    }

    pub(crate) fn by(&mut self, key_name: &str, body: Body) -> RecordId {
        let draft = self.draft(key_name, body);
        self.put(draft)
    }

    pub(crate) fn open_by(&mut self, key_name: &str, change: impl FnOnce(&mut Open)) -> RecordId {
        let mut open = plain_open();
        change(&mut open);
        let id = self.by(key_name, Body::Open(Box::new(open)));
        self.open = id;
        id
    }

    pub(crate) fn sign_body(&self, item: &str, verdict: SignVerdict) -> Sign {
        let number = match item {
            "runbook" => 1,
            "tests" => 2,
            "third" => 3,
            _ => 4,
        };
        Sign {
            item: Some(ItemRef { id: item.parse().unwrap(), digest: digest(number) }),
            bake: None,
            unknown: Vec::new(),
            verdict,
            reason: (!matches!(verdict, SignVerdict::Done | SignVerdict::Approve)).then(|| "because".to_owned()),
            ticket: None,
            expires: None,
            over: Vec::new(),
        }
    }

    pub(crate) fn sign(&mut self, key_name: &str, item: &str, verdict: SignVerdict) -> RecordId {
        let body = self.sign_body(item, verdict);
        self.by(key_name, Body::Sign(body))
    }

    pub(crate) fn sign_as(&mut self, key_name: &str, item: &str, verdict: SignVerdict, role: &str) -> RecordId {
        let body = self.sign_body(item, verdict);
        let draft = self.draft(key_name, Body::Sign(body)).role(role);
        self.put(draft)
    }

    pub(crate) fn waive_over(&mut self, key_name: &str, item: &str, over: &[RecordId]) -> RecordId {
        let mut body = self.sign_body(item, SignVerdict::Waive);
        body.over = over.to_vec();
        self.by(key_name, Body::Sign(body))
    }

    pub(crate) fn withdraw(&mut self, key_name: &str, record: RecordId) -> RecordId {
        self.by(key_name, Body::Withdraw(Withdraw { record, reason: "a mistake".to_owned() }))
    }

    pub(crate) fn disregard(&mut self, key_name: &str, record: RecordId) -> RecordId {
        self.by(key_name, Body::Disregard(Disregard { record, reason: "it is lost".to_owned() }))
    }

    /// Decides on everything that is here.
    pub(crate) fn decide(&mut self, key_name: &str, decision: Decision) -> RecordId {
        let manifest = self.ids();
        self.decide_on(key_name, decision, manifest)
    }

    pub(crate) fn decide_on(&mut self, key_name: &str, decision: Decision, mut manifest: Vec<RecordId>) -> RecordId {
        manifest.sort();
        let conditions = if decision == Decision::ConditionalGo { vec![condition("c1", 200_000)] } else { Vec::new() };
        self.by(key_name, Body::Decide(Decide { decision, manifest, conditions, reason: Some("so be it".to_owned()) }))
    }

    /// Decides on everything that is here, under conditions.
    pub(crate) fn decide_if(&mut self, key_name: &str, conditions: Vec<Condition>) -> RecordId {
        let manifest = self.ids();
        self.by(key_name, Body::Decide(Decide { decision: Decision::ConditionalGo, manifest, conditions, reason: None }))
    }

    /// Says that a condition is met, with a note.
    pub(crate) fn met(&mut self, key_name: &str, decision: RecordId, id: &str) -> RecordId {
        let draft = self.meeting(key_name, decision, id);
        self.put(draft)
    }

    /// Begins a record that a condition is met, with a note.
    pub(crate) fn meeting(&mut self, key_name: &str, decision: RecordId, id: &str) -> Draft {
        let body = Action { decision: Some(decision), ..acted(ActionEvent::Met, id) };
        let mut draft = self.draft(key_name, Body::Action(body));
        draft.record.comment = Some("looked for an hour".to_owned());
        draft
    }

    /// Adds a record of a kind that this version doesn't know.
    pub(crate) fn veto(&mut self, key_name: &str) -> RecordId {
        let note = self.sign_body("runbook", SignVerdict::Done);
        let draft = self.draft(key_name, Body::Sign(note));
        let body = serde_json::to_string(&draft.record.body).unwrap();
        let text = String::from_utf8(encode_statement(&draft.record).unwrap()).unwrap();
        let text = text.replace("urn:relsign:v1:sign", "urn:relsign:v1:veto").replace("\"kind\":\"sign\"", "\"kind\":\"veto\"");
        let payload = text.replace(&body, "{\"strong\":true}").into_bytes();
        let (id, line) = seal(&payload, key_name);
        self.parents.insert(id, draft.record.parents);
        self.lines.push((id, line));
        id
    }

    /// Takes records out of the log, as a server does that hides them.
    pub(crate) fn hide(&mut self, ids: &[RecordId]) {
        self.lines.retain(|(id, _)| !ids.contains(id));
        for id in ids {
            self.parents.remove(id);
        }
    }

    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            root: self.root(),
            chain: &self.chain,
            tag: self.tag.clone(),
            as_of: self.as_of,
            baseline: self.baseline.clone(),
            settled: self.settled.clone(),
            witnessed: self.witnessed.clone(),
            looked: self.looked.clone(),
            evidence: self.evidence.clone(),
            private_notes: BTreeMap::new(),
            reread: self.reread.clone(),
            opened_objects: self.opened_objects.clone(),
            environment: self.environment.clone(),
            freezes: self.freezes.clone(),
            findings: Vec::new(),
            lines: 0,
            tool: "relsign/0.1.0".to_owned(),
        }
    }

    pub(crate) fn verify(&self) -> VerifiedLog {
        verify_log(self.lines.iter().map(|(_, line)| line.as_slice()), &self.keyring, &self.root())
    }

    pub(crate) fn judge(&self, records: &BTreeMap<RecordId, Verified>) -> Report {
        evaluate(&self.context(), records)
    }

    /// Verifies the lines and judges what is valid of them.
    pub(crate) fn report(&self) -> Report {
        let log = self.verify();
        let mut context = self.context();
        context.findings = log.findings;
        context.lines = self.lines.len() as u64;
        context.settled.extend(settled(&self.chain, &log.records, &self.receipts));
        evaluate(&context, &log.records)
    }

    #[track_caller]
    pub(crate) fn assert_go(&self) -> Report {
        let report = self.report();
        assert_eq!(report.verdict.answer, Answer::Go, "{:#?}", report.verdict.reasons);
        report
    }

    /// Asserts an answer other than GO, and that a reason or finding of the code is given.
    #[track_caller]
    pub(crate) fn assert_not(&self, answer: Answer, code: Code) -> Report {
        let report = self.report();
        assert_ne!(answer, Answer::Go);
        assert_eq!(report.verdict.answer, answer, "{:#?}", report.verdict.reasons);
        assert!(report.verdict.decision.is_none());
        assert!(has(&report, code), "no {code} among {:#?}", report.findings);
        report
    }

    #[track_caller]
    pub(crate) fn assert_item(&self, id: &str, state: ItemState) -> Report {
        let report = self.report();
        assert_eq!(find_item(&report, id).state, state, "{:#?}", find_item(&report, id));
        report
    }
}

pub(crate) fn find_item<'a>(report: &'a Report, id: &str) -> &'a ItemReport {
    report.items.iter().find(|item| item.id.as_str() == id).unwrap()
}

pub(crate) fn has(report: &Report, code: Code) -> bool {
    report.findings.iter().any(|finding| finding.code == code)
}

/// Finds what was found about one record under a code.
#[track_caller]
pub(crate) fn finding(report: &Report, code: Code, record: RecordId) -> Finding {
    let found = report.findings.iter().find(|finding| finding.code == code && finding.record == Some(record));
    found.unwrap_or_else(|| panic!("no {code} about {record} among {:#?}", report.findings)).clone()
}

/// Asserts that a finding cites record, key and policy version.
#[track_caller]
pub(crate) fn assert_cited(report: &Report, code: Code, record: RecordId, key_name: &str) {
    let found = finding(report, code, record);
    assert_eq!(found.key.as_ref(), Some(key(key_name).public().fingerprint()), "{found:?}");
    assert_eq!(found.policy, Some(1), "{found:?}");
}

pub(crate) fn subjects(tag: ObjectId, tree: Sha256Digest) -> Vec<Subject> {
    let subject = |name: &str, digest| Subject { name: name.to_owned(), digest };
    let mut all = vec![
        subject("refs/tags/v2.4.0", SubjectDigest::GitTag(tag)),
        subject("commit", SubjectDigest::GitCommit(object(0x72))),
        subject("tree", SubjectDigest::GitTree(object(0x73))),
        subject("tree-sha256", SubjectDigest::GitTree(ObjectId::from_sha256(tree.as_bytes()))),
        subject("tag-object", SubjectDigest::Sha256(digest(0x75))),
        subject("commit-object", SubjectDigest::Sha256(digest(0x76))),
    ];
    all.sort();
    all
}

/// A record that is still to be signed.
#[derive(Clone)]
pub(crate) struct Draft {
    key: String,
    pub(crate) record: Record,
}

impl Draft {
    pub(crate) fn at(mut self, time: Timestamp) -> Self {
        self.record.time = time;
        self
    }

    pub(crate) fn parents(mut self, parents: &[RecordId]) -> Self {
        self.record.parents = parents.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        self
    }

    pub(crate) fn role(mut self, role: &str) -> Self {
        self.record.role = Some(role.parse().unwrap());
        self
    }

    pub(crate) fn under(mut self, open: Option<RecordId>) -> Self {
        self.record.open = open;
        self
    }

    pub(crate) fn head(mut self, head: PolicyHead) -> Self {
        self.record.policy_head = head;
        self
    }

    pub(crate) fn evidence(mut self, sha256: Sha256Digest, size: u64) -> Self {
        self.record.evidence.push(Evidence {
            name: Some("log.txt".to_owned()),
            uri: None,
            sha256: Some(sha256),
            size: Some(size),
            media_type: None,
            salted: false,
        });
        self
    }

    pub(crate) fn seal(&self) -> (RecordId, Vec<u8>) {
        seal(&encode_statement(&self.record).unwrap(), &self.key)
    }
}

fn seal(payload: &[u8], key_name: &str) -> (RecordId, Vec<u8>) {
    let message = pae(payload);
    let key = key(key_name);
    let sig = key.sign(&message).unwrap();
    let line = encode_envelope(&Envelope { payload: payload.to_vec(), keyid: key.public().fingerprint().clone(), sig });
    (record_id(&message), line)
}

/// Makes a finding under a code, in words of the test's own.
pub(crate) fn finding_of(code: Code, why: impl Into<String>) -> Finding {
    Finding::new(relsign::model::finding::Seen::Failed { code, why: why.into() })
}
