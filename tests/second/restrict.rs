//! More in a policy never makes GO: the same people do the same under two policies, of which one asks for more or allows
//! less, and where the first is no GO the other is none either.

use std::collections::{BTreeMap, BTreeSet};

use relsign::evaluate::evaluate;
use relsign::model::record::{Body, RiskClass, SignVerdict};
use relsign::model::report::Answer;
use relsign::parse::policy::policy_schema;

use crate::agree::cases;
use crate::cases::plan;
use crate::cast::Rules;
use crate::chance::Chance;
use crate::operators::{KEYS, Key, Operator};
use crate::plan::{Head, Plan, Seen, Step, TagPlan, What};
use crate::story::{Log, Story};

/// How many restrictions are tried on each story.
const RESTRICTIONS: u64 = 12;

/// Every operator with its key, and whether it restricts only as a step.
fn operators() -> Vec<(&'static str, bool, Operator)> {
    let of = |(key, what): &'static (&'static str, Key)| {
        let (is_step, operators): (bool, &[Operator]) = match what {
            Key::Restricts(operators) => (false, operators),
            Key::RestrictsAsStep(operators) => (true, operators),
            Key::RestrictsPushes | Key::RestrictsRefs(_) | Key::NoRestriction(_) => (false, &[]),
        };
        operators.iter().map(move |operator| (*key, is_step, *operator))
    };
    KEYS.iter().flat_map(of).collect()
}

/// Gives an operator by its number.
pub(crate) fn operator(number: usize) -> Operator {
    operators()[number].2
}

/// Gives every key of the policy file by the table that has it.
fn schema_keys() -> BTreeSet<String> {
    let schema = serde_json::to_value(policy_schema()).unwrap();
    let mut keys = BTreeSet::new();
    let mut add = |table: &str, schema: &serde_json::Value| {
        let properties = schema.get("properties").and_then(|properties| properties.as_object());
        keys.extend(properties.into_iter().flat_map(|all| all.keys()).map(|key| format!("{table}.{key}")));
    };
    add("PolicyFile", &schema);
    for (table, schema) in schema["$defs"].as_object().unwrap() {
        add(table, schema);
    }
    keys
}

#[test]
fn every_key_of_a_policy_restricts_or_says_why_not() {
    let listed: BTreeSet<String> = KEYS.iter().map(|(key, _)| (*key).to_owned()).collect();
    assert_eq!(listed.len(), KEYS.len(), "a key stands twice");
    assert_eq!(listed, schema_keys());
    assert!(!KEYS.iter().any(|(_, key)| matches!(key, Key::NoRestriction(why) if why.is_empty())), "a reason is missing");
    let (pushes, refs) = (include_str!("../verdict/tightened.rs"), include_str!("../attacks/own.rs"));
    let is_tried = |key: &str, what: &Key| match what {
        Key::RestrictsPushes => pushes.contains(&format!("(\"{key}\"")) || pushes.contains(&format!("        \"{key}\",")),
        Key::RestrictsRefs(attack) => refs.contains(&format!("fn {attack}(")),
        _ => true,
    };
    let untried = KEYS.iter().find(|(key, what)| !is_tried(key, what));
    assert!(untried.is_none(), "no push is tried with {:?}", untried.map(|(key, _)| key));
}

fn is_go(story: &Story) -> bool {
    evaluate(&story.context(), &story.log).verdict.answer == Answer::Go
}

/// Says whether which of two records counts first hangs on their ids alone, which differ from telling to telling.
fn is_decided_by_id(log: &Log) -> bool {
    fn depth(log: &Log, id: &relsign::model::ids::RecordId, known: &mut BTreeMap<relsign::model::ids::RecordId, u32>) -> u32 {
        if let Some(depth) = known.get(id) {
            return *depth;
        }
        let parents = log[id].value().parents.iter().filter(|parent| log.contains_key(parent));
        let depth = parents.map(|parent| depth(log, parent, known) + 1).max().unwrap_or(0);
        known.insert(*id, depth);
        depth
    }
    let mut known = BTreeMap::new();
    let mut places = BTreeSet::new();
    log.iter().any(|(id, verified)| {
        let what = match &verified.value().body {
            Body::Open(open) => open.environment.to_string(),
            Body::Assign(assign) => match (&assign.item, &assign.stage) {
                (Some(item), _) => item.id.to_string(),
                (None, stage) => format!("stage {stage:?}"),
            },
            _ => return false,
        };
        !places.insert((what, depth(log, id, &mut known)))
    })
}

/// What of a story the named exceptions of docs/format.md are about: then a restriction may take a word against away.
fn is_excepted(plan: &Plan, key: &str) -> Option<&'static str> {
    let says = |wanted: &dyn Fn(&What) -> bool| plan.steps.iter().any(|step| wanted(&step.what));
    let owners_speak = || says(&|what| matches!(what, What::Word(SignVerdict::Partial | SignVerdict::Reject)));
    let is_assigned = || says(&|what| matches!(what, What::Assign(_)));
    match key {
        "PersonTable.roles" | "AuthorityTable.release_managers" if owners_speak() => Some("who owns an item may speak against it"),
        "PersonTable.roles"
        | "AuthorityTable.release_managers"
        | "PersonTable.keys"
        | "KeyTable.state"
        | "KeyTable.since"
        | "LimitsTable.clock_skew"
            if is_assigned() =>
        {
            Some("an assignment that does not count leaves the item to its owner of before")
        }
        "PersonTable.keys" | "MachineTable.keys" | "KeyTable.state" | "KeyTable.since" if says(&|what| *what == What::Unknown) => {
            Some("a record of an unknown kind by a key that is not active can be set aside")
        }
        _ => None,
    }
}

/// What the comparisons were like.
#[derive(Default)]
struct Tally {
    /// For each operator's key, how often it was tried on what was no GO, and how often it took GO away.
    by_key: BTreeMap<&'static str, (u64, u64)>,
    /// The same of comparisons in which the release is opened under the other policy.
    told_again: u64,
    excepted: BTreeMap<&'static str, u64>,
    by_id: u64,
    refused: BTreeMap<&'static str, u64>,
}

/// A story as it is told under a policy without and with a restriction.
struct Pair {
    without: Plan,
    with: Plan,
    key: &'static str,
}

/// Lets something happen on which a restriction may turn: somebody says done and reviews too, the tag is signed by somebody who
/// reviews, a release is opened twice.
fn twist(chance: &mut Chance, plan: &mut Plan) {
    let decided = plan.steps.iter().rposition(|step| matches!(step.what, What::Decide(..))).unwrap_or(plan.steps.len());
    let word = |step: &Step, wanted: SignVerdict| step.what == What::Word(wanted);
    let done: Vec<Step> = plan.steps[..decided].iter().filter(|step| word(step, SignVerdict::Done)).cloned().collect();
    if !done.is_empty() && chance.percent(40) {
        let said = chance.of(&done.iter().collect::<Vec<_>>());
        let other = chance.of(&["sam", "dana", "hank", "quin", "rita", "rolf"]);
        for step in &mut plan.steps[..decided] {
            // Then that review is the one that is missing.
            if word(step, SignVerdict::Approve) && step.item == said.item && chance.percent(70) {
                step.what = What::Reading { stage: "canary", from: 1, to: 0 };
            }
        }
        let mut added = vec![Step { by: other, seen: Seen::All, head: Head::Newest, ..said.clone() }];
        let by = match said.by {
            "sam" if chance.percent(50) => "sam-two",
            by => by,
        };
        added.push(Step::new(by, What::Word(SignVerdict::Approve)).on(said.item));
        for step in added {
            plan.insert(decided, step);
        }
    }
    if chance.percent(15) {
        plan.context.tag = chance.of(&[TagPlan::SignedByQuin, TagPlan::SignedByLost, TagPlan::SignedByLost]);
    }
    if chance.percent(12) {
        let mut second = Step::new(chance.of(&["rita-two", "rolf", "rita"]), What::Open("production"));
        second.about = chance.of(&[0, usize::MAX]);
        plan.insert(1, second);
    }
}

/// Makes the plan of a number, without a restriction.
fn unrestricted(seed: u64, chance: &mut Chance, operators: &[(&'static str, bool, Operator)]) -> Plan {
    let mut plan = plan(seed);
    twist(chance, &mut plan);
    plan.context.environment = Some("production");
    plan.open.risk = chance.of(&[None, Some(RiskClass::Low), Some(RiskClass::High)]);
    plan.open.irreversible = chance.percent(30);
    // Rules with selectors, so that there is something to widen.
    let rule = operators.iter().position(|(key, ..)| *key == "PolicyFile.rule").expect("there is one");
    if chance.percent(40) {
        let rule = (rule, chance.number());
        plan.versions.iter_mut().for_each(|rules| rules.amended.push(rule));
    }
    // An action, so that there is something to ask more of.
    if chance.percent(30) {
        plan.open.actions.retain(|action| action.id != "notify");
        plan.versions.iter_mut().for_each(|rules| rules.required = Some("close"));
    }
    if chance.percent(60) {
        plan.versions.insert(0, plan.versions[0].clone());
        plan.before = 1;
    }
    plan
}

/// Restricts a plan's policy by some operator; nothing where that finds nothing to restrict.
fn restricted(
    without: &Plan,
    chance: &mut Chance,
    operators: &[(&'static str, bool, Operator)],
    tally: &mut Tally,
) -> Option<Pair> {
    let at = chance.below(operators.len());
    let (key, is_step, _) = operators[at];
    if is_step && without.before == 0 {
        return None;
    }
    let first = if is_step { 1 } else { chance.below(without.versions.len()) };
    let how = chance.number();
    let mut with = without.clone();
    for rules in &mut with.versions[first..] {
        rules.amended.push((at, how));
        // What the reader refuses is in force nowhere.
        if rules.amended_policy()?.is_err() {
            *tally.refused.entry(key).or_default() += 1;
            return None;
        }
    }
    if let Some(why) = is_excepted(without, key) {
        *tally.excepted.entry(why).or_default() += 1;
        return None;
    }
    Some(Pair { without: without.clone(), with, key })
}

fn described(pair: &Pair, seed: u64) -> String {
    let mut text = format!("seed {seed}: {} makes GO\n", pair.key);
    for rules in [&pair.without, &pair.with].into_iter().map(|plan| plan.versions.last()) {
        let rules: &Rules = rules.expect("there is one");
        text += &format!("{}\n---\n", rules.amended_text().expect("it was read before"));
    }
    text += &format!(
        "{:?} {:?} before {} carried {}\n",
        pair.without.open, pair.without.context, pair.without.before, pair.with.carried
    );
    for (at, step) in pair.without.steps.iter().enumerate() {
        text += &format!("{at}: {step:?}\n");
    }
    let report = |plan: &Plan| {
        let story = plan.story();
        let report = evaluate(&story.context(), &story.log);
        report.findings.iter().map(|finding| format!("  {} {}\n", finding.code, finding.message())).collect::<String>()
    };
    text + "without:\n" + &report(&pair.without) + "with:\n" + &report(&pair.with)
}

/// Compares one plan with what restrictions make of it, and tells of the first that makes GO.
fn compare(seed: u64, operators: &[(&'static str, bool, Operator)], tally: &mut Tally) -> Option<String> {
    let mut chance = Chance::new(seed ^ (1 << 52));
    let without = unrestricted(seed, &mut chance, operators);
    let mut story = without.story();
    let go_without = is_go(&story);
    let by_id = is_decided_by_id(&story.log);
    for number in 0..RESTRICTIONS {
        let Some(mut pair) = restricted(&without, &mut chance, operators, tally) else { continue };
        let go_with = if number == 0 {
            if by_id {
                tally.by_id += 1;
                continue;
            }
            tally.told_again += 1;
            is_go(&pair.with.story())
        } else {
            // The open record stays what it was, and so does every record that names it.
            pair.with.carried = true;
            story.judge_by(&pair.with);
            is_go(&story)
        };
        let of_key = tally.by_key.entry(pair.key).or_default();
        of_key.0 += u64::from(!go_without);
        of_key.1 += u64::from(go_without && !go_with);
        if go_with && !go_without {
            return Some(described(&pair, seed));
        }
    }
    None
}

#[test]
fn a_policy_that_asks_for_more_never_makes_go() {
    let operators = operators();
    let mut tally = Tally::default();
    let most = std::env::var("RELSIGN_DISAGREEMENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut wrong = Vec::new();
    let first = std::env::var("RELSIGN_FIRST").ok().and_then(|text| text.parse().ok()).unwrap_or(5_000_000);
    for seed in first..first + cases().div_ceil(16) {
        wrong.extend(compare(seed, &operators, &mut tally));
        if wrong.len() >= most {
            break;
        }
    }
    let Tally { by_key, told_again, excepted, by_id, refused } = &tally;
    eprintln!("told again {told_again}; {by_id} hang on ids; excepted {excepted:?}; refused {refused:?}");
    for (key, (stops, took)) in by_key {
        eprintln!("{key}: no GO {stops}, took GO away {took}");
    }
    assert!(wrong.is_empty(), "{} times:\n{}", wrong.len(), wrong.join("\n"));
    // An operator that finds nothing to do, or nothing that it could make GO, shows nothing.
    let idle: BTreeSet<_> =
        operators.iter().map(|(key, ..)| *key).filter(|key| by_key.get(key).is_none_or(|(stops, _)| *stops == 0)).collect();
    assert!(idle.is_empty(), "nothing was tried with {idle:?}");
    assert!(*told_again > 0 && by_key.values().any(|(_, took)| *took > 0));
}
