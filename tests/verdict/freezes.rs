//! Freezes by hand and by releases: what makes refs freeze, what thaws them, and who can't.

use std::collections::BTreeMap;

use relsign::evaluate::freeze::{self, Freezes, ReleaseLog, Source, Span};
use relsign::evaluate::receipts::settled;
use relsign::evaluate::root_log::{ROOT_SUBJECT, RootLog};
use relsign::model::finding::Code;
use relsign::model::ids::{RecordId, Sha256Digest};
use relsign::model::log::Record;
use relsign::model::record::{Body, Decision, Freeze, FreezeRelease, Lift, Outcome, ReleaseType, Subject, SubjectDigest, Withdraw};
use relsign::model::time::Timestamp;
use relsign::sign::verify::Verified;

use crate::cast::POLICY;
use crate::windows::at;
use crate::world::{World, closed, digest, object, time};

const MAIN: &str = "refs/heads/main";
const NOW: &str = "2026-12-01T12:00:00Z";

/// The tag object of the release.
const TAG_OBJECT: u8 = 0x71;

/// A policy under which @quin may open normal releases, @sam the others, and neither may freeze by hand.
fn openers() -> String {
    let open = "open = { normal = [\"qa\"], hotfix = [\"security\"], emergency = [\"security\"] }";
    POLICY.replace("[authority]\n", &format!("[authority]\n{open}\n"))
}

fn blob() -> Sha256Digest {
    digest(0xb1)
}

/// A log of a release and the root log beside it.
struct Both {
    world: World,
    /// Whether the log of the release has more lines than anybody reads.
    unreadable: bool,
}

impl Both {
    fn new() -> Self {
        Self { world: World::empty(), unreadable: false }
    }

    /// A release that freezes `main` until 10 December, opened by @quin, who may open releases and freeze nothing by hand.
    fn opened() -> Self {
        let mut own = Self { world: World::with_policy(&openers()), ..Self::new() };
        let open = own.world.open_by("quin", |_| {});
        own.freeze_for("quin", open);
        own
    }

    /// Freezes `main` until 10 December, as `open --freeze` does.
    fn freeze_for(&mut self, who: &str, open: RecordId) -> RecordId {
        self.freeze_with(who, |freeze| {
            freeze.until = Some(at("2026-12-10T00:00:00Z"));
            freeze.release = Some(FreezeRelease { tag_object: object(TAG_OBJECT), open });
        })
    }

    /// Signs a record of the root log.
    fn say(&mut self, who: &str, body: Body) -> RecordId {
        let mut draft = self.world.draft(who, body);
        draft.record.subjects = vec![Subject { name: ROOT_SUBJECT.to_owned(), digest: SubjectDigest::Sha256(blob()) }];
        draft.record.open = None;
        draft.record.parents = Vec::new();
        self.world.put(draft)
    }

    fn freeze(&mut self, who: &str) -> RecordId {
        self.freeze_with(who, |_| {})
    }

    fn freeze_with(&mut self, who: &str, change: impl FnOnce(&mut Freeze)) -> RecordId {
        let mut freeze = Freeze {
            name: "incident".to_owned(),
            refs: vec![MAIN.to_owned()],
            environments: Vec::new(),
            from: at("2026-12-01T08:00:00Z"),
            until: None,
            reason: "the disks are full".to_owned(),
            release: None,
        };
        change(&mut freeze);
        self.say(who, Body::Freeze(freeze))
    }

    fn lift(&mut self, who: &str, freeze: RecordId) -> RecordId {
        self.say(who, Body::Lift(Lift { freeze, reason: "there is room again".to_owned() }))
    }

    fn take_back(&mut self, who: &str, record: RecordId) -> RecordId {
        self.say(who, Body::Withdraw(Withdraw { record, reason: "a mistake".to_owned() }))
    }

    fn close(&mut self, who: &str, outcome: Outcome) -> RecordId {
        self.world.by(who, Body::Close(closed(outcome)))
    }

    fn find(&self, span: Span) -> Freezes {
        let log = self.world.verify();
        let is_root = |record: &Record| record.subjects.iter().any(|subject| subject.name == ROOT_SUBJECT);
        let (root, release): (BTreeMap<_, _>, BTreeMap<_, _>) =
            log.records.into_iter().partition(|(_, verified): &(RecordId, Verified)| is_root(verified.value()));
        let settled_root = settled(&self.world.chain, &root, &self.world.receipts);
        let root_log = RootLog::admit(&self.world.chain, (&self.world.root(), &blob()), &root, settled_root, at(NOW));
        let settled = settled(&self.world.chain, &release, &self.world.receipts);
        let own = BTreeMap::from([(object(TAG_OBJECT), ReleaseLog { records: release, settled })]);
        // Only what is asked for is read.
        let asked = freeze::releases(&root_log, span);
        let logs = own.into_iter().filter(|(tag, _)| asked.contains(tag) && !self.unreadable).collect();
        freeze::list(&self.world.chain.head().policy, &root_log, &logs, span)
    }

    fn is_frozen_at(&self, instant: &str, ref_name: &str) -> bool {
        let instant: Timestamp = at(instant);
        self.find(Span::at(instant)).all.iter().any(|freeze| freeze.holds_at(instant) && freeze.covers(ref_name))
    }

    fn is_frozen(&self) -> bool {
        self.is_frozen_at(NOW, MAIN)
    }

    #[track_caller]
    fn finds(&self, code: Code) {
        let found = self.find(Span::at(at(NOW)));
        assert!(found.findings.iter().any(|finding| finding.code == code), "no {code} among {:?}", found.findings);
    }
}

#[test]
fn a_freeze_by_somebody_who_may_holds_until_it_is_lifted() {
    let mut both = Both::new();
    assert!(!both.is_frozen());
    let freeze = both.freeze("rita");
    assert!(both.is_frozen() && both.is_frozen_at("2199-01-01T00:00:00Z", MAIN));
    assert!(!both.is_frozen_at(NOW, "refs/heads/web"));
    both.lift("rolf", freeze);
    assert!(!both.is_frozen());
}

#[test]
fn a_freeze_holds_from_its_beginning_to_its_end_and_no_second_more() {
    let mut both = Both::new();
    both.freeze_with("rita", |freeze| freeze.until = Some(at("2026-12-02T00:00:00Z")));
    assert!(!both.is_frozen_at("2026-12-01T07:59:59Z", MAIN));
    assert!(both.is_frozen_at("2026-12-01T08:00:00Z", MAIN));
    assert!(both.is_frozen_at("2026-12-01T23:59:59Z", MAIN));
    assert!(!both.is_frozen_at("2026-12-02T00:00:00Z", MAIN));
}

#[test]
fn a_freeze_names_the_environments_that_it_is_about() {
    let mut both = Both::new();
    both.freeze_with("rita", |freeze| freeze.environments = vec!["production".parse().unwrap()]);
    let found = both.find(Span::at(at(NOW)));
    assert_eq!(found.all[0].environments, ["production".parse().unwrap()]);
    let window = "zone = \"UTC\"\nonce = { from = 2026-12-01T00:00:00, to = 2026-12-09T00:00:00 }\nenvironments = [\"staging\"]\n";
    let policy = format!("{POLICY}\n[[freeze]]\nname = \"w\"\nrefs = [\"refs/heads/main\"]\n{window}");
    both.world.advance(&policy, &[]);
    let found = both.find(Span::at(at(NOW)));
    let of_window = found.all.iter().find(|freeze| freeze.name == "w").unwrap();
    assert_eq!(of_window.environments, ["staging".parse().unwrap()]);
}

#[test]
fn a_freeze_that_ends_before_it_begins_freezes_nothing() {
    let mut both = Both::new();
    both.freeze_with("rita", |freeze| freeze.until = Some(at("2026-11-01T00:00:00Z")));
    assert!(!both.is_frozen());
}

#[test]
fn a_freeze_by_somebody_who_never_might_freezes_nothing_and_is_told() {
    let mut both = Both::new();
    both.freeze("dana");
    assert!(!both.is_frozen());
    both.finds(Code::NotAuthorised);
}

#[test]
fn a_machine_freezes_nothing() {
    let mut both = Both::new();
    both.freeze("ci");
    assert!(!both.is_frozen());
}

#[test]
fn a_freeze_by_a_lost_key_holds_because_to_stop_is_safe() {
    let mut both = Both::new();
    both.freeze("rita-lost");
    assert!(both.is_frozen());
}

#[test]
fn a_lift_by_a_lost_key_does_not_thaw() {
    let mut both = Both::new();
    let freeze = both.freeze("rita");
    both.lift("rita-lost", freeze);
    assert!(both.is_frozen());
    both.finds(Code::KeyCompromised);
}

#[test]
fn a_lift_by_somebody_who_may_not_does_not_thaw() {
    let mut both = Both::new();
    let freeze = both.freeze("rita");
    both.lift("dana", freeze);
    assert!(both.is_frozen());
    both.finds(Code::NotAuthorised);
}

#[test]
fn a_lift_from_the_future_does_not_thaw_yet() {
    let mut both = Both::new();
    let freeze = both.freeze("rita");
    let mut draft = both.world.draft("rolf", Body::Lift(Lift { freeze, reason: "soon".to_owned() }));
    draft.record.subjects = vec![Subject { name: ROOT_SUBJECT.to_owned(), digest: SubjectDigest::Sha256(blob()) }];
    draft.record.open = None;
    draft.record.parents = Vec::new();
    draft.record.time = at("2026-12-01T13:00:00Z");
    both.world.put(draft);
    assert!(both.is_frozen());
    both.finds(Code::TimeInFuture);
}

#[test]
fn a_lift_of_one_freeze_leaves_the_other_of_the_same_name() {
    let mut both = Both::new();
    let first = both.freeze("rita");
    both.freeze("rita");
    both.lift("rolf", first);
    assert!(both.is_frozen());
}

#[test]
fn a_lift_that_its_author_takes_back_freezes_again() {
    let mut both = Both::new();
    let freeze = both.freeze("rita");
    let lift = both.lift("rolf", freeze);
    assert!(!both.is_frozen());
    both.take_back("rita", lift);
    assert!(!both.is_frozen(), "it is not hers");
    both.take_back("rolf", lift);
    assert!(both.is_frozen());
}

#[test]
fn an_author_takes_the_own_freeze_back_and_nobody_else_does() {
    let mut both = Both::new();
    let freeze = both.freeze("rita");
    both.take_back("rolf", freeze);
    assert!(both.is_frozen());
    both.take_back("rita-lost", freeze);
    assert!(both.is_frozen(), "whoever finds a lost key must not thaw");
    both.take_back("rita", freeze);
    assert!(!both.is_frozen());
}

#[test]
fn a_lift_stays_when_whoever_lifted_leaves_if_the_step_settled_it() {
    let mut both = Both::new();
    let freeze = both.freeze("rita");
    let lift = both.lift("rolf", freeze);
    let without_rolf = POLICY.replace("[person.rolf]\nroles = [\"release-manager\"]", "[person.rolf]\nroles = []");
    assert_ne!(without_rolf, POLICY);
    let mut forgetful = Both { world: both.world.clone(), ..Both::new() };
    both.world.advance(&without_rolf, &[freeze, lift]);
    assert!(!both.is_frozen());
    // A lift that nothing shows to be from before may be made today by a key that was taken away.
    forgetful.world.advance(&without_rolf, &[]);
    assert!(forgetful.is_frozen());
    forgetful.finds(Code::PolicyOutdated);
}

#[test]
fn a_freeze_stays_when_whoever_declared_it_leaves() {
    let mut both = Both::new();
    both.freeze("rolf");
    let without_rolf = POLICY.replace("[person.rolf]\nroles = [\"release-manager\"]", "[person.rolf]\nroles = []");
    both.world.advance(&without_rolf, &[]);
    assert!(both.is_frozen());
}

#[test]
fn a_pattern_that_can_not_be_read_freezes_everything() {
    let mut both = Both::new();
    both.freeze_with("rita", |freeze| freeze.refs = vec!["refs/heads/[a-z]*".to_owned()]);
    assert!(both.is_frozen() && both.is_frozen_at(NOW, "refs/tags/v1"));
    assert!(!both.is_frozen_at(NOW, "refs/relsign/policy"));
}

#[test]
fn the_same_freeze_signed_twice_is_lifted_twice() {
    let mut both = Both::new();
    let (first, second) = (both.freeze("rita"), both.freeze("rita"));
    assert_ne!(first, second);
    assert_eq!(both.find(Span::at(at(NOW))).all.len(), 2);
    both.lift("rolf", first);
    both.lift("rolf", second);
    assert!(!both.is_frozen());
}

#[test]
fn a_freeze_that_speaks_of_another_repository_freezes_nothing() {
    let mut both = Both::new();
    let freeze = Freeze {
        name: "x".into(),
        refs: vec![MAIN.into()],
        environments: Vec::new(),
        from: time(0),
        until: None,
        reason: "r".into(),
        release: None,
    };
    let mut draft = both.world.draft("rita", Body::Freeze(freeze));
    draft.record.subjects = vec![Subject { name: ROOT_SUBJECT.to_owned(), digest: SubjectDigest::Sha256(digest(0xb2)) }];
    draft.record.open = None;
    draft.record.parents = Vec::new();
    both.world.put(draft);
    assert!(!both.is_frozen());
}

#[test]
fn a_record_that_names_a_missing_one_is_told() {
    let mut both = Both::new();
    let hidden = both.freeze("rita");
    let freeze = Freeze {
        name: "x".into(),
        refs: vec!["refs/heads/web".into()],
        environments: Vec::new(),
        from: time(0),
        until: None,
        reason: "r".into(),
        release: None,
    };
    let mut draft = both.world.draft("rita", Body::Freeze(freeze));
    draft.record.subjects = vec![Subject { name: ROOT_SUBJECT.to_owned(), digest: SubjectDigest::Sha256(blob()) }];
    draft.record.open = None;
    draft.record.parents = vec![hidden];
    both.world.put(draft);
    both.world.hide(&[hidden]);
    both.finds(Code::RecordMissing);
}

#[test]
fn what_is_to_come_is_listed_in_order() {
    let mut both = Both::new();
    both.freeze_with("rita", |freeze| {
        freeze.name = "later".to_owned();
        freeze.from = at("2026-12-20T00:00:00Z");
    });
    both.freeze_with("rita", |freeze| freeze.until = Some(at("2026-12-02T00:00:00Z")));
    let found = both.find(Span { from: at(NOW), to: at("2027-01-01T00:00:00Z") });
    let names: Vec<_> = found.all.iter().map(|freeze| freeze.name.as_str()).collect();
    assert_eq!(names, ["incident", "later"]);
    assert_eq!(both.find(Span::at(at(NOW))).all.len(), 1);
}

#[test]
fn an_open_release_freezes_the_refs_it_names_until_its_time_is_over() {
    let both = Both::opened();
    assert!(both.is_frozen() && !both.is_frozen_at(NOW, "refs/heads/web"));
    assert!(both.is_frozen_at("2026-12-09T23:59:59Z", MAIN));
    assert!(!both.is_frozen_at("2026-12-10T00:00:00Z", MAIN));
    let found = both.find(Span::at(at(NOW)));
    assert!(matches!(&found.all[0].source, Source::Release { tag, .. } if tag.short() == "v2.4.0"));
    assert_eq!(found.findings, []);
}

/// A freeze by `who` that names a release of a type which `opener` opened.
fn named(opener: &str, release_type: ReleaseType, who: &str) -> Both {
    let mut both = Both { world: World::with_policy(&openers()), ..Both::new() };
    let open = both.world.open_by(opener, |open| open.release_type = release_type);
    both.freeze_for(who, open);
    both
}

#[test]
fn a_freeze_that_names_a_release_counts_for_whoever_may_open_that_one_or_freeze_anyway() {
    use ReleaseType::{Emergency, Hotfix, Normal};
    let cases = [
        ("quin", Normal, "quin", true),
        // Another who may open it, and one who may freeze anything.
        ("sam", Hotfix, "sam", true),
        ("quin", Normal, "rita", true),
        ("dana", Normal, "rita", true),
        // A key that was lost: whoever freezes by mistake is a nuisance, and a lift ends it.
        ("rita", Normal, "rita-lost", true),
        // Who may open others, who may open none, a machine; and a release that its signer could not open.
        ("quin", Normal, "sam", false),
        ("sam", Emergency, "quin", false),
        ("quin", Normal, "dana", false),
        ("quin", Normal, "ci", false),
        ("dana", Normal, "dana", false),
        ("dana", Normal, "quin", false),
        ("sam", Normal, "quin", false),
    ];
    for (opener, release_type, who, expected) in cases {
        let both = named(opener, release_type, who);
        assert_eq!(both.is_frozen(), expected, "{release_type} by {opener}, frozen by {who}");
        if !expected {
            both.finds(Code::NotAuthorised);
        }
    }
}

#[test]
fn a_freeze_of_a_release_stays_when_whoever_signed_it_leaves_or_a_new_policy_settles_nothing() {
    let mut both = Both::opened();
    both.world.advance(&openers().replace("normal = [\"qa\"]", "normal = [\"security\"]"), &[]);
    assert!(both.is_frozen());
    let mut both = Both::opened();
    let go = both.world.decide("rolf", Decision::Go);
    let open = both.world.open;
    both.world.advance(&openers(), &[open, go]);
    assert!(!both.is_frozen());
}

#[test]
fn a_release_that_can_not_be_read_still_freezes_for_those_who_may_open_releases() {
    for (who, expected) in [("quin", true), ("sam", true), ("rita", true), ("dana", false), ("ci", false), ("olga", false)] {
        // Withheld, with the decision that would end it.
        let mut both = named("quin", ReleaseType::Normal, who);
        let open = both.world.open;
        let decision = both.world.decide("rolf", Decision::NoGo);
        if !expected {
            assert!(!both.is_frozen(), "{who}");
        }
        both.world.hide(&[open]);
        assert_eq!(both.is_frozen(), expected, "{who}, without the open record");
        both.finds(if expected { Code::RecordMissing } else { Code::NotAuthorised });
        both.world.hide(&[decision]);
        assert_eq!(both.is_frozen(), expected, "{who}, without the log");
        // More lines than anybody reads.
        let mut both = named("quin", ReleaseType::Normal, who);
        both.unreadable = true;
        assert_eq!(both.is_frozen(), expected, "{who}, with a log that nobody reads");
    }
}

#[test]
fn whoever_may_lift_ends_a_freeze_whose_release_is_nowhere() {
    let mut both = Both { world: World::with_policy(&openers()), ..Both::new() };
    let freeze = both.freeze_for("quin", RecordId::from_bytes([7; 32]));
    assert!(both.is_frozen());
    both.lift("dana", freeze);
    both.take_back("quin", freeze);
    assert!(both.is_frozen(), "neither of them may end it");
    both.lift("rolf", freeze);
    assert!(!both.is_frozen());
}

#[test]
fn a_freeze_names_the_open_record_and_nothing_else_of_the_log() {
    // A decision, and the open record of another tag object: whoever may open releases stops nothing more by them.
    let mut both = Both::opened();
    let decision = both.world.decide("rolf", Decision::NoGo);
    assert!(!both.is_frozen());
    let freeze = both.freeze_for("quin", decision);
    both.finds(Code::RecordMissing);
    both.lift("rolf", freeze);
    let open = both.world.open;
    both.freeze_with("dana", |freeze| freeze.release = Some(FreezeRelease { tag_object: object(0x99), open }));
    assert!(!both.is_frozen());
    both.freeze_with("dana", |freeze| freeze.release = Some(FreezeRelease { tag_object: object(TAG_OBJECT), open: decision }));
    assert!(!both.is_frozen());
}

#[test]
fn a_lift_ends_the_freeze_of_an_open_release() {
    let mut both = Both { world: World::with_policy(&openers()), ..Both::new() };
    let open = both.world.open_by("quin", |_| {});
    let freeze = both.freeze_for("quin", open);
    both.lift("dana", freeze);
    assert!(both.is_frozen());
    both.lift("rolf", freeze);
    assert!(!both.is_frozen());
}

#[test]
fn a_second_open_record_thaws_nothing_that_the_first_froze() {
    // Backdated, by somebody who may, and decided: the freeze is that of the open record that it names.
    let mut both = Both::opened();
    let first = both.world.open;
    both.world.open_by("quin", |_| {});
    both.world.decide("rolf", Decision::NoGo);
    assert_ne!(both.world.open, first);
    assert!(both.is_frozen());
}

#[test]
fn any_decision_by_somebody_who_may_ends_the_freeze_of_a_release() {
    for decision in [Decision::Go, Decision::ConditionalGo, Decision::NoGo] {
        let mut both = Both::opened();
        both.world.decide("dana", decision);
        assert!(both.is_frozen(), "{decision:?} by somebody who may not");
        both.world.decide("rita-lost", decision);
        assert!(both.is_frozen(), "{decision:?} by a lost key");
        both.world.decide("rolf", decision);
        assert!(!both.is_frozen(), "{decision:?}");
    }
}

#[test]
fn a_decision_that_is_taken_back_freezes_again() {
    let mut both = Both::opened();
    let go = both.world.decide("rolf", Decision::Go);
    both.world.withdraw("rita", go);
    assert!(!both.is_frozen(), "it is not hers");
    both.world.withdraw("rolf", go);
    assert!(both.is_frozen());
}

#[test]
fn a_release_that_is_abandoned_or_completed_freezes_nothing() {
    for outcome in [Outcome::Abandoned, Outcome::Completed] {
        let mut both = Both::opened();
        both.close("dana", outcome);
        assert!(both.is_frozen(), "{outcome:?} by somebody who may not");
        both.close("rolf", outcome);
        assert!(!both.is_frozen(), "{outcome:?}");
    }
}

#[test]
fn a_release_that_its_opener_takes_back_freezes_nothing() {
    let mut both = Both::new();
    let open = both.world.open_by("rita", |_| {});
    both.freeze_for("rita", open);
    both.world.withdraw("rolf", open);
    both.world.withdraw("rita-lost", open);
    assert!(both.is_frozen());
    both.world.withdraw("rita", open);
    assert!(!both.is_frozen());
}

#[test]
fn a_decision_on_another_tag_does_not_thaw() {
    let mut both = Both::opened();
    let body = relsign::model::record::Decide {
        decision: Decision::NoGo,
        manifest: Vec::new(),
        conditions: Vec::new(),
        reason: Some("no".to_owned()),
    };
    let mut draft = both.world.draft("rolf", Body::Decide(body));
    for subject in &mut draft.record.subjects {
        if subject.name == "refs/tags/v2.4.0" {
            subject.digest = SubjectDigest::GitTag(object(0x99));
        }
    }
    both.world.put(draft);
    assert!(both.is_frozen());
}

#[test]
fn windows_records_and_releases_stand_side_by_side() {
    let policy = format!(
        "{POLICY}\n[[freeze]]\nname = \"year-end\"\nrefs = [\"{MAIN}\"]\nzone = \"Europe/Berlin\"\n\
         yearly = {{ from = \"11-20 18:00\", to = \"01-04 08:00\" }}\nreason = \"holiday trading\"\n"
    );
    let mut both = Both { world: World::with_policy(&policy), ..Both::new() };
    let open = both.world.open_by("rita", |_| {});
    both.freeze_for("rita", open);
    both.freeze("rita");
    let found = both.find(Span::at(at(NOW)));
    let sources: Vec<_> = found.all.iter().map(|freeze| std::mem::discriminant(&freeze.source)).collect();
    assert_eq!(sources.len(), 3);
    assert_eq!(freeze::free_from(&found.all, MAIN, at(NOW)), None, "one of them has no end");
}
