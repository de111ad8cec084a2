//! Pushes: whether a request to let a change through stands, who counts for it, and what a push must be to be that change.

use std::collections::BTreeSet;

use relsign::evaluate::freeze::{Freeze, Source};
use relsign::evaluate::push::exception::{self, Change, Landing, RequestStatus};
use relsign::evaluate::push::record;
use relsign::evaluate::receipts::settled;
use relsign::evaluate::root_log::{ROOT_SUBJECT, RootLog};
use relsign::model::finding::Code;
use relsign::model::ids::{ObjectId, RecordId};
use relsign::model::policy::{Grantees, Limits};
use relsign::model::record::{Body, BreakGlass, Exception, Grant, Implementers, Subject, SubjectDigest, Withdraw};
use relsign::model::time::Timestamp;

use crate::cast::POLICY;
use crate::windows::at;
use crate::world::{Draft, World, digest, object};

const MAIN: &str = "refs/heads/main";
const NOW: &str = "2026-12-01T12:00:00Z";
/// Everybody may ask; @sam, @dana, @ivan and @tara may grant; @rita and @rolf break the glass.
const RIGHTS: &str = "request = [\"everyone\"]\ngrant = [\"sre\"]\nbreak_glass = [\"release-manager\"]\n";

/// A freeze of `main` without end.
fn freeze(from: Timestamp) -> Freeze {
    Freeze {
        name: "f".to_owned(),
        source: Source::Window,
        refs: vec![MAIN.parse().unwrap()],
        from,
        until: None,
        environments: Vec::new(),
        zone: None,
        reason: None,
        grant: None,
    }
}

/// A root log in which a change of two commits, by @ivan, is asked for.
struct Root {
    world: World,
    change: Change,
}

impl Root {
    fn new() -> Self {
        let change = Change {
            made: Implementers { people: vec!["@ivan".parse().unwrap()], ..Implementers::default() },
            commits: Some(BTreeSet::from([object(1), object(2)])),
            unreadable: None,
        };
        Self { world: World::with_policy(&format!("{POLICY}{RIGHTS}")), change }
    }

    /// Begins a record of the root log that names a commit for a ref.
    fn draft(&mut self, who: &str, body: Body, (ref_name, commit): (&str, ObjectId)) -> Draft {
        let mut draft = self.world.draft(who, body);
        draft.record.subjects = vec![
            Subject { name: ROOT_SUBJECT.to_owned(), digest: SubjectDigest::Sha256(digest(0xb1)) },
            Subject { name: ref_name.to_owned(), digest: SubjectDigest::GitCommit(commit) },
        ];
        draft.record.open = None;
        draft.record.parents = Vec::new();
        draft
    }

    /// Signs such a record.
    fn say(&mut self, who: &str, body: Body, place: (&str, ObjectId)) -> RecordId {
        let draft = self.draft(who, body, place);
        self.world.put(draft)
    }

    fn request() -> Body {
        Body::Exception(Exception {
            ref_name: MAIN.parse().unwrap(),
            commit: object(2),
            base: object(9),
            commits: vec![object(1), object(2)],
            reason: "a leak".to_owned(),
            ticket: None,
            expires: at("2026-12-01T16:00:00Z"),
        })
    }

    fn ask(&mut self, who: &str) -> RecordId {
        let asked = Self::request();
        self.say(who, asked, (MAIN, object(2)))
    }

    fn grant(&mut self, who: &str, exception: RecordId) -> RecordId {
        self.say(who, Body::Grant(Grant { exception }), (MAIN, object(2)))
    }

    fn take_back(&mut self, who: &str, record: RecordId) {
        let body = Body::Withdraw(Withdraw { record, reason: "no".to_owned() });
        self.say(who, body, (MAIN, object(2)));
    }

    fn judged<T>(&self, now: &str, ask: impl FnOnce(&RootLog<'_>) -> T) -> T {
        let records = self.world.verify().records;
        let settled = settled(&self.world.chain, &records, &self.world.receipts);
        ask(&RootLog::admit(&self.world.chain, (&self.world.root(), &digest(0xb1)), &records, settled, at(now)))
    }

    fn standing_by(&self, now: &str, grant: Option<&Grantees>) -> Option<RequestStatus> {
        self.judged(now, |log| {
            let request = exception::requests(log).into_iter().next()?;
            Some(exception::standing(log, request, &self.change, grant))
        })
    }

    fn standing(&self) -> RequestStatus {
        self.standing_by(NOW, None).expect("it was asked for")
    }

    #[track_caller]
    fn lets_nothing_through(&self, code: Code) {
        assert_eq!(self.standing().holds().map_err(|refusal| refusal.code()), Err(code), "{:?}", self.standing());
    }
}

#[test]
fn two_people_who_may_and_are_neither_who_asked_nor_who_wrote_it_let_it_through() {
    let mut root = Root::new();
    let asked = root.ask("dana");
    root.lets_nothing_through(Code::ExceptionShort);
    let waiting: Vec<String> = root.standing().waiting.iter().map(ToString::to_string).collect();
    assert_eq!(waiting, ["@sam", "@tara"], "not @dana, who asked, and not @ivan, who wrote it");
    root.grant("sam", asked);
    root.lets_nothing_through(Code::ExceptionShort);
    root.grant("tara", asked);
    assert_eq!(root.standing().holds(), Ok(()));
}

#[test]
fn a_request_reaches_freezes_that_held_when_it_was_made_and_no_others() {
    let mut root = Root::new();
    root.ask("dana");
    let records = root.world.verify().records;
    let asked = records.values().last().unwrap().value().time;
    let reaches = |froms: &[i64]| {
        let freezes: Vec<Freeze> = froms.iter().map(|seconds| freeze(asked.plus(*seconds))).collect();
        let freezes: Vec<&Freeze> = freezes.iter().collect();
        root.judged(NOW, |log| exception::reaches(exception::requests(log)[0], &freezes)).map_err(|refusal| refusal.code())
    };
    assert_eq!(reaches(&[-5, 0]), Ok(()));
    assert_eq!(reaches(&[1]), Err(Code::ExceptionMismatch));
    assert_eq!(reaches(&[-5, 1]), Err(Code::ExceptionMismatch), "one that began later is enough");
}

#[test]
fn two_keys_and_two_records_of_one_person_are_one_person() {
    let mut root = Root::new();
    let asked = root.ask("quin");
    for key in ["sam", "sam-two", "sam"] {
        root.grant(key, asked);
    }
    assert_eq!(root.standing().granted.len(), 1);
    root.lets_nothing_through(Code::ExceptionShort);
}

#[test]
fn who_may_not_grant_grants_nothing_and_is_told_why() {
    let mut root = Root::new();
    let asked = root.ask("sam");
    let cases = [
        ("sam", Code::NotAuthorised),
        ("ivan", Code::ReviewByImplementer),
        ("quin", Code::NotAuthorised),
        ("rita-lost", Code::KeyCompromised),
        ("ci", Code::MachineNotPerson),
    ];
    for (who, code) in cases {
        let id = root.grant(who, asked);
        let standing = root.standing();
        let told = standing.without_effect.iter().find(|(record, _)| *record == id).map(|(_, refusal)| refusal.code());
        assert_eq!(told, Some(code), "{who}");
        assert!(standing.granted.is_empty(), "{who}");
    }
}

#[test]
fn a_freeze_that_names_who_grants_is_asked_by_its_own_list() {
    let mut root = Root::new();
    let asked = root.ask("dana");
    root.grant("sam", asked);
    root.grant("tara", asked);
    let own = Grantees { people: BTreeSet::from(["@quin".parse().unwrap(), "@sam".parse().unwrap()]), ..Grantees::default() };
    let standing = root.standing_by(NOW, Some(&own)).unwrap();
    assert_eq!((standing.granted.len(), standing.missing), (1, 1));
    root.grant("quin", asked);
    assert_eq!(root.standing_by(NOW, Some(&own)).unwrap().holds(), Ok(()));
}

#[test]
fn who_may_not_grant_is_told_who_may() {
    let mut root = Root::new();
    let asked = root.ask("dana");
    root.grant("rita", asked);
    let told = |grant: Option<&Grantees>| root.standing_by(NOW, grant).unwrap().without_effect.remove(0).1.to_string();
    assert!(told(None).contains("sre"), "{}", told(None));
    let own = Grantees { people: BTreeSet::from(["@quin".parse().unwrap()]), ..Grantees::default() };
    assert!(told(Some(&own)).contains("@quin") && !told(Some(&own)).contains("sre"), "{}", told(Some(&own)));
}

#[test]
fn how_many_have_granted_is_told() {
    let mut root = Root::new();
    let asked = root.ask("dana");
    assert_eq!(root.standing().holds().unwrap_err().to_string(), "0 of 2 people have granted it");
    root.grant("sam", asked);
    assert_eq!(root.standing().holds().unwrap_err().to_string(), "1 of 2 people have granted it");
}

#[test]
fn a_request_and_a_grant_name_the_ref_and_the_commit_that_they_speak_of() {
    let elsewhere = [("refs/heads/other", object(2)), (MAIN, object(3))];
    for place in elsewhere {
        let mut root = Root::new();
        let asked = root.ask("dana");
        let id = root.say("sam", Body::Grant(Grant { exception: asked }), place);
        let (record, refusal) = root.standing().without_effect.remove(0);
        assert_eq!((record, refusal.code()), (id, Code::SubjectMismatch), "{place:?}");
    }
    for place in elsewhere {
        let mut root = Root::new();
        let body = Root::request();
        let asked = root.say("dana", body, place);
        root.grant("sam", asked);
        root.grant("tara", asked);
        root.lets_nothing_through(Code::SubjectMismatch);
    }
    // One that names a second ref beside the right one speaks of more than was asked.
    let mut root = Root::new();
    let asked = root.ask("dana");
    let mut draft = root.draft("sam", Body::Grant(Grant { exception: asked }), (MAIN, object(2)));
    let other = Subject { name: "refs/heads/other".to_owned(), digest: SubjectDigest::GitCommit(object(2)) };
    draft.record.subjects.push(other);
    root.world.put(draft);
    assert_eq!(root.standing().without_effect.remove(0).1.code(), Code::SubjectMismatch);
}

#[test]
fn a_request_is_alive_until_it_expires_if_enough_people_said_something_to_it() {
    let mut root = Root::new();
    let asked = root.ask("dana");
    let alive = |root: &Root, now| {
        root.judged(now, |log| {
            let all = exception::requests(log);
            exception::is_alive(log, *all.iter().find(|request| request.verified.id() == asked).unwrap())
        })
    };
    assert!(!alive(&root, NOW));
    root.grant("sam", asked);
    root.grant("sam-two", asked);
    root.grant("ci", asked);
    let other = root.ask("quin");
    root.grant("tara", other);
    assert!(!alive(&root, NOW), "one person, a machine, and a person who spoke of another request");
    root.grant("tara", asked);
    assert!(alive(&root, NOW) && alive(&root, "2026-12-01T15:59:59Z"));
    assert!(!alive(&root, "2026-12-01T16:00:00Z") && !alive(&root, "2026-12-01T16:00:01Z"));
}

#[test]
fn a_request_that_nobody_may_make_lets_nothing_through() {
    let mut root = Root::new();
    root.world = World::with_policy(&format!("{POLICY}{}", RIGHTS.replace("everyone", "qa")));
    let asked = root.ask("dana");
    root.grant("sam", asked);
    root.grant("tara", asked);
    root.lets_nothing_through(Code::NotAuthorised);
}

#[test]
fn it_expires_at_the_instant_it_names() {
    let mut root = Root::new();
    let asked = root.ask("dana");
    root.grant("sam", asked);
    root.grant("tara", asked);
    assert_eq!(root.standing_by("2026-12-01T15:59:59Z", None).unwrap().holds(), Ok(()));
    let late = root.standing_by("2026-12-01T16:00:00Z", None).unwrap().holds();
    assert_eq!(late.map_err(|refusal| refusal.code()), Err(Code::ExceptionExpired));
}

#[test]
fn whoever_asked_or_granted_may_take_it_back_and_nobody_else() {
    let mut root = Root::new();
    let asked = root.ask("dana");
    let one = root.grant("sam", asked);
    root.grant("tara", asked);
    root.take_back("quin", one);
    assert_eq!(root.standing().holds(), Ok(()), "not theirs");
    root.take_back("sam", one);
    root.lets_nothing_through(Code::ExceptionShort);
    root.take_back("dana", asked);
    assert!(root.standing_by(NOW, None).is_none(), "it was never asked for any more");
}

#[test]
fn commits_that_were_not_listed_and_authors_nobody_knows_let_nothing_through() {
    let mut root = Root::new();
    let asked = root.ask("dana");
    root.grant("sam", asked);
    root.grant("tara", asked);
    root.change.commits = Some(BTreeSet::from([object(1), object(2), object(3)]));
    root.lets_nothing_through(Code::ExceptionMismatch);
    root.change.commits = None;
    root.lets_nothing_through(Code::RangeNotHere);
    root.change.commits = Some(BTreeSet::from([object(1), object(2)]));
    root.change.made.unknown = vec!["Mallory".to_owned()];
    root.lets_nothing_through(Code::ImplementerUnknown);
    root.change.made.unknown.clear();
    root.change.made.bot_commits = vec![object(2)];
    root.lets_nothing_through(Code::ImplementerUnknown);
    root.change.made.bot_commits.clear();
    root.change.unreadable = Some("it has no author".to_owned());
    root.lets_nothing_through(Code::RangeUnreadable);
}

#[test]
fn glass_is_broken_by_whom_the_policy_names_for_freezes_that_have_begun() {
    let mut root = Root::new();
    let glass =
        |commit| Body::BreakGlass(BreakGlass { ref_name: MAIN.parse().unwrap(), commit, reason: "fire".to_owned(), ticket: None });
    let broken = |root: &Root, commit, from: &str| {
        root.judged(NOW, |log| exception::broken(log, &[MAIN.to_owned()], &commit, &[&freeze(at(from))]).is_some())
    };
    root.say("sam", glass(object(2)), (MAIN, object(2)));
    assert!(!broken(&root, object(2), "2026-10-01T00:00:00Z"), "@sam may not");
    root.say("rita", glass(object(3)), (MAIN, object(2)));
    assert!(!broken(&root, object(3), "2026-10-01T00:00:00Z"), "its subjects name another commit");
    root.say("rita", glass(object(2)), (MAIN, object(2)));
    assert!(broken(&root, object(2), "2026-10-01T00:00:00Z"));
    assert!(!broken(&root, object(1), "2026-10-01T00:00:00Z"), "for one commit");
    assert!(!broken(&root, object(2), "2026-11-30T00:00:00Z"), "it was broken before the freeze began");
    let elsewhere = root.judged(NOW, |log| {
        exception::broken(log, &["refs/heads/other".to_owned()], &object(2), &[&freeze(at("2026-10-01T00:00:00Z"))]).is_some()
    });
    assert!(!elsewhere, "for one ref");
}

#[test]
fn a_push_is_the_change_or_it_is_refused_by_name() {
    let fits = Landing { is_forward: true, is_above_base: true, is_the_change: true, smuggled: Vec::new(), is_spent: false };
    assert_eq!(fits.fits(), Ok(()));
    let wrong = [
        (Landing { is_forward: false, ..fits.clone() }, Code::ExceptionMismatch),
        (Landing { is_above_base: false, ..fits.clone() }, Code::ExceptionMismatch),
        (Landing { is_the_change: false, ..fits.clone() }, Code::ExceptionMismatch),
        (Landing { smuggled: vec![object(7)], ..fits.clone() }, Code::ExceptionMismatch),
        (Landing { is_spent: true, ..fits.clone() }, Code::ExceptionSpent),
        (Landing { smuggled: vec![object(7), object(8)], ..fits.clone() }, Code::ExceptionMismatch),
        (Landing::default(), Code::ExceptionMismatch),
    ];
    for (landing, code) in wrong {
        assert_eq!(landing.fits().map_err(|refusal| refusal.code()), Err(code), "{landing:?}");
    }
    let three = Landing { smuggled: vec![object(7), object(8), object(9)], ..fits };
    let told = three.fits().unwrap_err().to_string();
    assert!(told.contains(" and 2 more, which"), "{told}");
}

#[test]
fn a_record_comes_neither_from_the_future_nor_from_longer_ago_than_the_policy_allows() {
    let mut root = Root::new();
    let id = root.ask("dana");
    let records = root.world.verify().records;
    let record = &records[&id];
    let limits = Limits { clock_skew: 300, max_backdate: Some(3600), ..Limits::default() };
    let code = |limits: &Limits, seconds: i64| {
        record::timely(record, limits, record.value().time.plus(seconds)).map_err(|refusal| refusal.code())
    };
    assert_eq!(code(&limits, -300), Ok(None));
    assert_eq!(code(&limits, -301), Err(Code::TimeInFuture));
    assert_eq!(code(&limits, 3600), Ok(None));
    assert_eq!(code(&limits, 3601), Err(Code::RecordBackdated));
    let open = Limits { max_backdate: None, ..limits };
    assert_eq!(code(&open, 7 * 86_400), Ok(None));
    assert!(matches!(code(&open, 7 * 86_400 + 1), Ok(Some(_))), "it is told, and may come");
}
