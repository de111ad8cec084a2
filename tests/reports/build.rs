//! Reports made by hand: one release in the states that matter.

use relsign::model::course::{ConditionReport, ConditionState, CourseReport};
use relsign::model::exception::{
    Concern, ExceptionGrant, ExceptionState, FreezeEnd, FreezeException, FreezeReport, HeldFreeze, Landed,
};
use relsign::model::finding::{Code, Finding};
use relsign::model::freeze::Source;
use relsign::model::ids::{Fingerprint, ObjectId, Principal, RecordId, RootDigest, Sha256Digest, TagName};
use relsign::model::record::{
    Artifact, Change, ChecklistSource, Condition, Decision, Evidence, Implementers, OpenLimit, OpenStage, OpenTrigger, Owner,
    Phase, PolicyHead, PreviousRelease, ReleaseType, Requirements, Risk, RiskClass, SignVerdict, Step, Window,
};
use relsign::model::report::{
    Answer, DecisionReport, ExceptionReport, Integrity, ItemReport, ItemState, Need, NeedKind, PersonReport, REPORT_FORMAT,
    RecordReport, ReleaseReport, ReleaseState, Report, SignOffReport, Verdict,
};
use relsign::model::time::Timestamp;

/// Where `text` stands in these reports, a test may put something hostile.
pub(crate) struct Texts<'a> {
    pub(crate) title: &'a str,
    pub(crate) any: &'a str,
    pub(crate) tag: &'a str,
    pub(crate) uri: &'a str,
}

impl Default for Texts<'_> {
    fn default() -> Self {
        Self { title: "Checkout service 2.4.0", any: "", tag: "v2.4.0", uri: "https://ci.example.org/runs/4711" }
    }
}

impl Texts<'_> {
    /// Gives the benign text, or the hostile one where there is one.
    pub(crate) fn or(&self, benign: &str) -> String {
        if self.any.is_empty() { benign.to_owned() } else { self.any.to_owned() }
    }
}

pub(crate) fn record(number: u8) -> RecordId {
    RecordId::from_bytes([number; 32])
}

fn digest(number: u8) -> Sha256Digest {
    Sha256Digest::from_bytes([number; 32])
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn key(who: &str) -> Fingerprint {
    format!("SHA256:{:A<43}", who.trim_start_matches('@').replace(['-', ':'], "")).parse().unwrap()
}

fn who(text: &str) -> Principal {
    text.parse().unwrap()
}

fn handles(list: &[&str]) -> Vec<relsign::model::ids::Handle> {
    list.iter().map(|text| text.parse().unwrap()).collect()
}

fn policy(version: u32) -> PolicyHead {
    PolicyHead { version, digest: digest(0xd0 + version as u8).into() }
}

/// A tag on which nobody has opened a release.
pub(crate) fn not_opened() -> Report {
    let finding = finding_of(Code::NotOpened, "no authorised person has opened v2.4.0").about("v2.4.0");
    Report {
        format: REPORT_FORMAT.to_owned(),
        tool: "relsign/0.1.0".to_owned(),
        as_of: at("2026-11-23T12:00:00Z"),
        tag: TagName::from_user("v2.4.0").unwrap(),
        root: RootDigest::from_bytes([0xaa; 32]),
        policy_head: policy(4),
        governing_policy: None,
        verdict: Verdict { answer: Answer::NoGo, decision: None, reasons: vec![finding.clone()] },
        state: ReleaseState::NotOpened,
        ended: false,
        integrity: Integrity::Intact,
        exceptions: vec![],
        freezes: None,
        release: None,
        items: vec![],
        course: CourseReport::default(),
        decisions: vec![],
        deciders: vec![],
        people: vec![],
        records: vec![],
        heads: vec![],
        lines: 0,
        findings: vec![finding],
    }
}

fn limit(id: &str, text: &str) -> OpenLimit {
    OpenLimit {
        id: id.to_owned(),
        text: text.to_owned(),
        metric: None,
        op: None,
        value: None,
        unit: None,
        lasting: None,
        of_baseline: false,
        absent_is_zero: false,
    }
}

fn step(text: &str) -> Step {
    Step { text: text.to_owned(), layer: None, within: None, irreversible: false, ask: None }
}

fn change(text: &str) -> Change {
    Change { text: text.to_owned(), owner: None, flag: None }
}

fn release(texts: &Texts<'_>) -> ReleaseReport {
    ReleaseReport {
        open: record(1),
        opened_by: who("@rdavis"),
        opened_at: at("2026-11-23T08:30:00Z"),
        title: texts.title.to_owned(),
        environment: "production".parse().unwrap(),
        release_type: ReleaseType::Normal,
        component: texts.or("checkout"),
        tag_object: ObjectId::from_bytes(&[0x11; 20]).unwrap(),
        commit: ObjectId::from_bytes(&[0x22; 20]).unwrap(),
        tree_sha256: ObjectId::from_bytes(&[0x33; 32]).unwrap(),
        checklist: ChecklistSource { path: texts.or("docs/release.md"), sha256: digest(0x44), parser: 1 },
        risk: Some(Risk { class: RiskClass::High, reasons: vec![texts.or("changes how payments are retried")] }),
        stages: vec![
            OpenStage {
                id: "canary".to_owned(),
                name: texts.or("Canary"),
                traffic: Some(texts.or("5%")),
                bake: Some(7200),
                owner: Some(Owner::Person("@akim".parse().unwrap())),
                limits: vec![limit("errors", &texts.or("error rate below 0.1%"))],
            },
            OpenStage {
                id: "full".to_owned(),
                name: texts.or("Everyone"),
                traffic: Some(texts.or("100%")),
                bake: None,
                owner: None,
                limits: vec![],
            },
        ],
        triggers: vec![OpenTrigger { id: 1, text: texts.or("error rate above 1% for 5 minutes"), limit: None }],
        procedure: vec![step(&texts.or("deploy v2.3.2")), step(&texts.or("flush the cart cache"))],
        scope: vec![change(&texts.or("retry payments with backoff")), change(&texts.or("new cart page"))],
        on_call: None,
        known_issues: vec![],
        attendees: vec![],
        unknown_accepted: false,
        unknown_accepted_by: Vec::new(),
        unknown_blocks: false,
        since: None,
        given: vec![],
        implementers: Implementers {
            tagger: Some("@rdavis".parse().unwrap()),
            people: handles(&["@jchen", "@mpatel"]),
            unknown: vec![texts.or("Build Bot")],
            ..Implementers::default()
        },
        previous: Some(PreviousRelease {
            tag: TagName::from_user("v2.3.2").unwrap(),
            tag_object: ObjectId::from_bytes(&[0x55; 20]).unwrap(),
            commit: ObjectId::from_bytes(&[0x66; 20]).unwrap(),
            overridden: false,
        }),
        commits: 42,
        requester: Some("@olee".parse().unwrap()),
        reason: Some(texts.or("Black Friday needs the retries")),
        ticket: Some(texts.or("CHG-1042")),
        security_impact: None,
        window: Some(Window { from: at("2026-11-24T06:00:00Z"), to: at("2026-11-24T08:00:00Z") }),
        artifacts: vec![Artifact { name: texts.or("checkout.tar.gz"), sha256: digest(0x77) }],
    }
}

fn item(number: u32, id: &str, title: &str, owner: &str, state: ItemState) -> ItemReport {
    let owner = if let Some(role) = owner.strip_prefix("role:") {
        Some(Owner::Role(role.parse().unwrap()))
    } else if owner.is_empty() {
        None
    } else {
        Some(Owner::Person(owner.parse().unwrap()))
    };
    ItemReport {
        number,
        id: id.parse().unwrap(),
        digest: digest(number as u8),
        title: title.to_owned(),
        phase: Phase::Before,
        owner,
        lines: (10 + number, 10 + number),
        optional: false,
        irreversible: false,
        requirements: Requirements { reviews: 1, waiver_people: 1, ..Requirements::default() },
        state,
        due: None,
        due_from: None,
        due_to: None,
        section: vec![],
        confirmed: None,
        needs: vec![],
        sign_offs: vec![],
    }
}

fn word(number: u8, signer: &str, verdict: SignVerdict, counts_as: &str) -> SignOffReport {
    SignOffReport {
        record: record(number),
        signer: who(signer),
        key: key(signer),
        verdict,
        role: None,
        time: at("2026-11-23T09:00:00Z").plus(i64::from(number) * 60),
        witnessed: None,
        comment: None,
        reason: None,
        evidence: vec![],
        private_notes: vec![],
        counts: true,
        counts_as: counts_as.to_owned(),
        why_not: None,
    }
}

fn need(what: NeedKind, people: u32, roles: &[&str], candidates: &[&str]) -> Need {
    Need {
        what,
        people,
        roles: roles.iter().map(|role| role.parse().unwrap()).collect(),
        candidates: handles(candidates),
        record: None,
    }
}

fn retold(number: u8, kind: &str, signer: &str, item: Option<&str>, says: &str) -> RecordReport {
    RecordReport {
        id: record(number),
        kind: kind.to_owned(),
        signer: who(signer),
        key: key(signer),
        policy: 4,
        time: at("2026-11-23T09:00:00Z").plus(i64::from(number) * 60),
        witnessed: None,
        item: item.map(|item| item.parse().unwrap()),
        says: says.to_owned(),
        refused: false,
    }
}

fn person(handle: &str, name: &str, roles: &[&str], records: u64) -> PersonReport {
    PersonReport {
        principal: who(handle),
        name: (!name.is_empty()).then(|| name.to_owned()),
        roles: roles.iter().map(|role| role.parse().unwrap()).collect(),
        keys: vec![key(handle)],
        records,
    }
}

/// A release at work: one item satisfied, one waiting for a review, two for their owner, one rejected.
pub(crate) fn at_work(texts: &Texts<'_>) -> Report {
    let mut smoke = item(1, "smoke-tests", &texts.or("Smoke tests pass on staging"), "@mpatel", ItemState::Satisfied);
    let mut done = word(2, "@mpatel", SignVerdict::Done, "as owner: done");
    done.comment = Some(texts.or("all 214 green"));
    done.evidence = vec![
        Evidence {
            name: Some(texts.or("junit.xml")),
            uri: None,
            sha256: Some(digest(0x88)),
            size: Some(18234),
            media_type: None,
            salted: false,
        },
        Evidence { name: None, uri: Some(texts.uri.to_owned()), sha256: None, size: None, media_type: None, salted: false },
    ];
    let mut review = word(3, "@akim", SignVerdict::Approve, "as sre: reviewed");
    review.role = Some("sre".parse().unwrap());
    review.witnessed = Some(at("2026-11-23T09:05:00Z"));
    let mut own = word(4, "@jchen", SignVerdict::Approve, "@jchen has commits in the range");
    own.counts = false;
    own.why_not = Some(Code::ReviewByImplementer);
    smoke.sign_offs = vec![done, review, own];

    let mut runbook = item(2, "rollback-runbook", &texts.or("Roll-back runbook was rehearsed"), "@mpatel", ItemState::Done);
    runbook.irreversible = true;
    runbook.needs = vec![need(NeedKind::Review, 1, &["sre"], &["@akim", "@lnguyen"])];
    runbook.sign_offs = vec![word(5, "@mpatel", SignVerdict::Done, "as owner: done")];

    let mut backup = item(3, "database-backup", &texts.or("Database backup is younger than a day"), "role:dba", ItemState::Pending);
    backup.needs = vec![
        need(NeedKind::OwnerWord, 1, &[], &["@hsato", "@tvries"]),
        need(NeedKind::Review, 1, &["sre"], &["@akim", "@lnguyen"]),
    ];

    let mut load = item(4, "load-test", &texts.or("Load test at twice the peak"), "@qbrown", ItemState::Rejected);
    load.needs = vec![Need { record: Some(record(7)), ..need(NeedKind::RejectResolved, 1, &[], &["@akim", "@olee", "@rdavis"]) }];
    let mut reject = word(7, "@akim", SignVerdict::Reject, "rejected");
    reject.reason = Some(texts.or("p99 doubled between 14:00 and 14:20, and nobody could say why"));
    load.sign_offs = vec![word(6, "@qbrown", SignVerdict::Done, "as owner: done"), reject];

    let mut flags = item(5, "feature-flags", &texts.or("Feature flags are off by default"), "@mpatel", ItemState::Pending);
    flags.needs = vec![need(NeedKind::OwnerWord, 1, &[], &["@mpatel"])];
    let mut watch = item(6, "watch-dashboards", &texts.or("Dashboards were watched for a day"), "@akim", ItemState::Pending);
    watch.phase = Phase::After;
    watch.needs = vec![need(NeedKind::OwnerWord, 1, &[], &["@akim"])];

    let reasons: Vec<Finding> = [
        (Code::RejectOpen, "load-test", "load-test is rejected"),
        (Code::ItemOpen, "database-backup", "database-backup is pending"),
        (Code::ItemOpen, "feature-flags", "feature-flags is pending"),
        (Code::ItemOpen, "rollback-runbook", "rollback-runbook is done"),
        (Code::NotDecided, "v2.4.0", "no authorised person has decided GO yet"),
    ]
    .into_iter()
    .map(|(code, subject, message)| finding_of(code, message).about(subject).policy(4))
    .collect();
    let mut findings = reasons.clone();
    let own = format!("approve by @jchen on smoke-tests does not count: {}", texts.or("@jchen has commits in the range"));
    findings.push(
        finding_of(Code::ReviewByImplementer, own)
            .record(record(4))
            .about(if texts.any.is_empty() { "smoke-tests" } else { texts.any })
            .key(key("@jchen"))
            .policy(4),
    );
    findings.sort();
    Report {
        tag: TagName::from_user(texts.tag).unwrap(),
        governing_policy: Some(policy(4)),
        verdict: Verdict { answer: Answer::NoGo, decision: None, reasons },
        state: ReleaseState::Open,
        release: Some(release(texts)),
        items: vec![smoke, runbook, backup, load, flags, watch],
        deciders: handles(&["@olee", "@rdavis"]),
        people: vec![
            person("@akim", &texts.or("Ae-ra Kim"), &["sre"], 2),
            person("@jchen", &texts.or("Jun Chen"), &["dev"], 1),
            person("@mpatel", &texts.or("Mira Patel"), &["dev"], 2),
            person("@qbrown", &texts.or("Quinn Brown"), &["qa"], 1),
            person("@rdavis", &texts.or("Robin Davis"), &["dev", "release-manager"], 1),
        ],
        records: vec![
            retold(1, "open", "@rdavis", None, &texts.or("opens \"Checkout service 2.4.0\" for production, 6 items")),
            retold(2, "sign", "@mpatel", Some("smoke-tests"), "done smoke-tests"),
            retold(3, "sign", "@akim", Some("smoke-tests"), "approve smoke-tests"),
            retold(4, "sign", "@jchen", Some("smoke-tests"), "approve smoke-tests"),
            retold(5, "sign", "@mpatel", Some("rollback-runbook"), "done rollback-runbook"),
            retold(6, "sign", "@qbrown", Some("load-test"), "done load-test"),
            retold(7, "sign", "@akim", Some("load-test"), "reject load-test"),
        ],
        heads: vec![record(5), record(7)],
        lines: 7,
        findings,
        ..not_opened()
    }
}

/// Everything is settled, one item by a waiver over the reject, and nobody has decided.
pub(crate) fn waived(texts: &Texts<'_>) -> Report {
    let mut report = at_work(texts);
    for item in report.items.iter_mut().filter(|item| item.phase == Phase::Before) {
        item.state = if item.number == 4 { ItemState::Waived } else { ItemState::Satisfied };
        item.needs.clear();
    }
    let mut waiver = word(8, "@olee", SignVerdict::Waive, "waived");
    waiver.reason = Some(texts.or("The load came from the test itself.\nA rerun is planned for Thursday."));
    let mut second = word(9, "@rdavis", SignVerdict::Waive, "waived");
    second.reason = Some(texts.or("agreed with the SREs in the call"));
    report.items[3].sign_offs.extend([waiver, second]);
    report.people.insert(3, person("@olee", &texts.or("Oona Lee"), &["release-manager"], 1));
    report.records.push(retold(8, "sign", "@olee", Some("load-test"), "waive load-test"));
    report.records.push(retold(9, "sign", "@rdavis", Some("load-test"), "waive load-test"));
    report.lines = 9;
    report.exceptions = vec![ExceptionReport {
        item: "load-test".parse().unwrap(),
        title: texts.or("Load test at twice the peak"),
        records: vec![record(8), record(9)],
        people: handles(&["@olee", "@rdavis"]),
        reasons: vec![
            texts.or("The load came from the test itself.\nA rerun is planned for Thursday."),
            texts.or("agreed with the SREs in the call"),
        ],
        tickets: vec![texts.or("CHG-1043")],
        expires: Some(at("2026-11-30T00:00:00Z")),
        over: vec![record(7)],
        holds: true,
    }];
    let undecided = finding_of(Code::NotDecided, "no authorised person has decided GO yet").about("v2.4.0").policy(4);
    report.verdict.reasons = vec![undecided.clone()];
    report.findings = vec![
        undecided,
        finding_of(Code::Waived, "load-test is waived by @olee, @rdavis").about("load-test").policy(4),
        finding_of(Code::OverriddenReject, "the reject of load-test by @akim is set aside").about("load-test").record(record(7)),
    ];
    report
}

/// What freezes had to do with the release: glass that was broken, one exception that was used, one that was not, and one of
/// which that is not known.
fn freezes(texts: &Texts<'_>) -> FreezeReport {
    let main = || "refs/heads/main".parse().unwrap();
    let commit = |number: u8| ObjectId::from_bytes(&[number; 20]).unwrap();
    let end = |kind: &str| FreezeEnd {
        record: record(0xe0),
        kind: kind.to_owned(),
        by: who("@rdavis"),
        time: at("2026-11-23T11:00:00Z"),
        witnessed: None,
        reason: Some(texts.or("go")),
    };
    let held = |source: Source, ended: Option<FreezeEnd>| HeldFreeze {
        name: texts.or("quiet weeks"),
        source,
        refs: vec![texts.or("refs/heads/main")],
        from: at("2026-11-20T17:00:00Z"),
        until: Some(at("2027-01-04T07:00:00Z")),
        reason: Some(texts.or("holiday trading")),
        holds: ended.is_none(),
        ended,
    };
    let grant = |number: u8, signer: &str, why_not: Option<String>| ExceptionGrant {
        record: record(number),
        by: who(signer),
        key: key(signer),
        time: at("2026-11-22T10:00:00Z"),
        witnessed: Some(at("2026-11-22T10:01:00Z")),
        comment: Some(texts.or("read it twice")),
        counts: why_not.is_none(),
        why_not,
    };
    let passage = |number: u8, state: ExceptionState, landed: Landed| FreezeException {
        record: record(number),
        by: who("@jchen"),
        key: key("@jchen"),
        alone: false,
        ref_name: main(),
        commit: commit(number),
        base: Some(commit(0x66)),
        commits: vec![commit(number)],
        reason: texts.or("carts are lost"),
        ticket: Some(texts.or("INC-77")),
        time: at("2026-11-22T09:00:00Z"),
        witnessed: Some(at("2026-11-22T09:02:00Z")),
        expires: Some(at("2026-11-22T13:00:00Z")),
        state,
        why: None,
        grants: vec![
            grant(0xf1, "@akim", None),
            grant(0xf2, "@olee", None),
            grant(0xf3, "@jchen", Some(texts.or("@jchen requested it"))),
        ],
        granted_by: handles(&["@akim", "@olee"]),
        missing: 0,
        landed,
        withdrawn: None,
        freezes: vec![held(Source::Window, None)],
        concerns: vec![Concern::Commits],
    };
    let landed = |number| Landed::Yes { commit: commit(number), committed: Some(at("2026-11-22T08:30:00Z")) };
    let glass = FreezeException {
        alone: true,
        base: None,
        commits: vec![],
        expires: None,
        grants: vec![],
        granted_by: vec![],
        ticket: None,
        withdrawn: Some(end("withdraw")),
        freezes: vec![held(Source::Record { record: record(0xd1) }, Some(end("lift")))],
        ..passage(0xc1, ExceptionState::Used, landed(0xc1))
    };
    let unknown = FreezeException {
        why: Some(texts.or("some of its commits are not here")),
        missing: 1,
        freezes: vec![],
        concerns: vec![Concern::FrozenRef, Concern::GatedRef],
        ..passage(0xc4, ExceptionState::Unknown, Landed::Unknown { why: "the ref is not here".to_owned() })
    };
    let by_release = Source::Release { tag: TagName::from_user(texts.tag).unwrap(), record: record(1) };
    FreezeReport {
        passages: vec![
            glass,
            passage(0xc2, ExceptionState::Used, landed(0xcc)),
            passage(0xc3, ExceptionState::Expired, Landed::No),
            unknown,
        ],
        held: vec![held(by_release.clone(), Some(end("decide"))), held(by_release, None)],
        unplaced: vec![record(0xc5), record(0xc6)],
        unknown: vec![finding_of(Code::RecordVanished, texts.or("a witness had 0c0c0c0c0c0c, and it is not here"))],
    }
}

/// As [`waived`], and decided.
pub(crate) fn go(texts: &Texts<'_>) -> Report {
    let mut report = waived(texts);
    report.freezes = Some(freezes(texts));
    report.state = ReleaseState::Go;
    report.verdict = Verdict { answer: Answer::Go, decision: Some(record(10)), reasons: vec![] };
    report.findings.retain(|finding| finding.code != Code::NotDecided);
    report.decisions = vec![
        DecisionReport {
            record: record(11),
            signer: who("@rdavis"),
            key: key("@rdavis"),
            decision: Decision::ConditionalGo,
            time: at("2026-11-23T10:30:00Z"),
            witnessed: None,
            basis_time: at("2026-11-23T10:30:00Z"),
            reason: None,
            conditions: vec![ConditionReport {
                condition: Condition {
                    id: "c1".to_owned(),
                    text: texts.or("watch the retry queue"),
                    assignee: Owner::Person("@akim".parse().unwrap()),
                    due: at("2026-11-24T06:00:00Z"),
                    not_by: None,
                },
                state: ConditionState::Open,
                settled: None,
            }],
            manifest: 8,
            holds: false,
            reasons: vec![finding_of(
                Code::DecisionWithoutBasis,
                texts.or("@rdavis decided GO on records that do not satisfy the policy"),
            )],
        },
        DecisionReport {
            record: record(10),
            signer: who("@rdavis"),
            key: key("@rdavis"),
            decision: Decision::Go,
            time: at("2026-11-23T11:00:00Z"),
            witnessed: Some(at("2026-11-23T11:04:00Z")),
            basis_time: at("2026-11-23T11:02:00Z"),
            reason: Some(texts.or("All settled but the load test, which is waived.")),
            conditions: vec![],
            manifest: 9,
            holds: true,
            reasons: vec![],
        },
    ];
    report.records.push(retold(10, "decide", "@rdavis", None, "decides go on 9 records"));
    report.heads = vec![record(10)];
    report.lines = 10;
    report
}

/// Decided go, but only once a condition is met.
pub(crate) fn conditional(texts: &Texts<'_>) -> Report {
    let mut report = go(texts);
    report.decisions.truncate(1);
    report.state = ReleaseState::ConditionalGo;
    let message = format!("condition c1 is open until 2026-11-24T06:00:00Z (@akim): {}", texts.or("watch the retry queue"));
    let reason = finding_of(Code::ConditionOpen, message).about("c1").record(record(11)).policy(4);
    report.decisions[0].reasons = vec![reason.clone()];
    report.verdict = Verdict { answer: Answer::NoGo, decision: None, reasons: vec![reason.clone()] };
    report.findings.insert(0, reason);
    report
}

/// A check failed, a waiver lacks a second person, a parent waits for its children, and nobody can review.
pub(crate) fn stuck() -> Report {
    let mut report = at_work(&Texts::default());
    report.items.truncate(4);
    report.items[0].state = ItemState::Done;
    report.items[0].needs = vec![Need { record: Some(record(8)), ..need(NeedKind::CheckPassed, 0, &[], &[]) }];
    report.items[1].needs = vec![need(NeedKind::Children, 2, &[], &[])];
    report.items[2].owner = None;
    report.items[2].needs = vec![need(NeedKind::Waiver, 1, &[], &["@olee"]), need(NeedKind::Review, 2, &["sre", "security"], &[])];
    report.items[3].state = ItemState::Pending;
    report.items[3].optional = true;
    report.items[3].needs = vec![need(NeedKind::OwnerWord, 1, &[], &["@qbrown"])];
    report.records.push(retold(8, "check", "machine:ci", Some("smoke-tests"), "check of smoke-tests: FAILED"));
    report.verdict.reasons = vec![
        finding_of(Code::CheckFailed, "smoke-tests is done").about("smoke-tests"),
        finding_of(Code::ItemOpen, "rollback-runbook is done").about("rollback-runbook"),
        finding_of(Code::ItemOpen, "database-backup is pending").about("database-backup"),
    ];
    report
}

/// The tag was moved after it had been opened.
pub(crate) fn tampered() -> Report {
    let mut report = go(&Texts::default());
    report.state = ReleaseState::Open;
    report.integrity = Integrity::Tampered;
    let moved = finding_of(
        Code::TagMoved,
        "v2.4.0 was opened on tag object 111111111111 and now points at 999999999999; 7 records on the old tag are orphaned",
    )
    .about("v2.4.0")
    .record(record(1));
    report.verdict = Verdict { answer: Answer::Tampered, decision: None, reasons: vec![moved.clone()] };
    report.findings.insert(0, moved);
    report
        .findings
        .insert(0, finding_of(Code::SignatureInvalid, "line 3 of the log: the signature does not verify").about("line 3"));
    report.lines = 12;
    report
}

/// GO, and somebody pushed lines that do not verify.
pub(crate) fn junk() -> Report {
    let mut report = go(&Texts::default());
    report.integrity = Integrity::Tampered;
    for line in 3..8 {
        let message = format!("line {line} of the log: the signature does not verify over these bytes");
        report.findings.push(finding_of(Code::SignatureInvalid, message).about(format!("line {line}")));
    }
    report.findings.sort();
    report.lines += 5;
    report
}

/// A record that another names is not here.
pub(crate) fn incomplete() -> Report {
    let mut report = at_work(&Texts::default());
    report.integrity = Integrity::Incomplete;
    let missing = finding_of(Code::RecordMissing, "sign by @akim had seen 0c0c0c0c0c0c, which is not here").record(record(12));
    report.verdict.answer = Answer::CannotDecide;
    report.verdict.reasons.insert(0, missing.clone());
    report.findings.insert(0, missing);
    report
}

/// Forty items, most of them settled: the screen must stay one screen.
pub(crate) fn many() -> Report {
    let mut report = at_work(&Texts::default());
    report.items.clear();
    for number in 1..=40 {
        let id = format!("step-{number}-of-the-migration-of-the-order-history");
        let pending = number % 3 == 0;
        let mut item = item(number, &id, "A step of the migration of the order history", "@mpatel", ItemState::Satisfied);
        if pending {
            item.state = ItemState::Pending;
            item.needs = vec![
                need(NeedKind::OwnerWord, 1, &[], &["@mpatel"]),
                need(NeedKind::Review, 2, &[], &["@akim", "@lnguyen", "@olee", "@rdavis", "@hsato"]),
            ];
        }
        report.items.push(item);
    }
    report.verdict.reasons = report
        .items
        .iter()
        .filter(|item| !item.state.is_settled())
        .map(|item| finding_of(Code::ItemOpen, format!("{} is pending", item.id)).about(item.id.as_str()))
        .collect();
    report
}

/// Makes a finding under a code, in words of the test's own.
pub(crate) fn finding_of(code: Code, why: impl Into<String>) -> Finding {
    Finding::new(relsign::model::finding::Seen::Failed { code, why: why.into() })
}
