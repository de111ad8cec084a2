//! Restrictions: for every key of a policy, what can be done with it that asks more or allows less.
//!
//! Each works on the text of a policy, so that what the reader makes of it is part of what is tried.

use toml::{Table, Value};

use crate::chance::Chance;

/// What a key of the policy is to the property.
pub(crate) enum Key {
    /// Operators by which it restricts what is released.
    Restricts(&'static [Operator]),
    /// It is a list of people or keys whose word may also be one against: it restricts as a step of the policy, after a
    /// version in which the word had its weight, and not instead of that version.
    RestrictsAsStep(&'static [Operator]),
    /// It restricts pushes, which `tests/verdict/tightened.rs` is about.
    RestrictsPushes,
    /// It restricts where refs go, which this attack of `tests/attacks/own.rs` is about.
    RestrictsRefs(&'static str),
    /// No change of it is a restriction of what is released, and why.
    NoRestriction(&'static str),
}

/// Changes a policy; says whether there was something to change.
pub(crate) type Operator = fn(&mut Table, &mut Chance) -> bool;

/// Every key of the policy file, by the table of the schema that has it.
pub(crate) const KEYS: &[(&str, Key)] = &[
    ("PolicyFile.format", Key::NoRestriction("it says how the file is read")),
    ("PolicyFile.repository", Key::NoRestriction("it is the identity of the repository")),
    ("PolicyFile.former", Key::NoRestriction("it names another repository's past")),
    ("FormerTable.root", Key::NoRestriction("it names another repository's past")),
    ("FormerTable.version", Key::NoRestriction("it names another repository's past")),
    ("FormerTable.digest", Key::NoRestriction("it names another repository's past")),
    ("PolicyFile.owners", Key::NoRestriction("owners accept policies and release nothing")),
    (
        "PolicyFile.person",
        Key::NoRestriction(
            "whoever is named for an item and unknown makes it one that nobody owns, which falls to the release managers",
        ),
    ),
    ("PolicyFile.machine", Key::RestrictsAsStep(&[unlist_machine])),
    ("PolicyFile.role", Key::NoRestriction("a role that an item names and nobody declares makes it one that nobody owns")),
    (
        "PolicyFile.component",
        Key::NoRestriction("the first whose pattern fits takes the tag, with rules and a checklist of its own"),
    ),
    ("PolicyFile.rule", Key::Restricts(&[add_rule])),
    ("PolicyFile.separation", Key::NoRestriction("it is a table; its keys are below")),
    ("PolicyFile.authority", Key::NoRestriction("it is a table; its keys are below")),
    ("PolicyFile.thresholds", Key::NoRestriction("it is a table; its keys are below")),
    ("PolicyFile.tags", Key::NoRestriction("it is a table; its key is below")),
    ("PolicyFile.refs", Key::NoRestriction("it is a table; its keys are below")),
    ("PolicyFile.freeze", Key::RestrictsPushes),
    ("PolicyFile.limits", Key::NoRestriction("it is a table; its keys are below")),
    ("PolicyFile.action", Key::Restricts(&[require_action])),
    ("ActionTable.id", Key::NoRestriction("another id is another action")),
    ("ActionTable.text", Key::NoRestriction("it is for people to read")),
    ("ActionTable.type", Key::Restricts(&[require_action, widen_action])),
    ("ActionTable.assignee", Key::NoRestriction("it names others who may settle it, and who may say that it failed")),
    ("ActionTable.due", Key::NoRestriction("what is overdue is told, and holds nothing up that was not held up before")),
    ("ActionTable.blocks", Key::Restricts(&[block_go])),
    ("ActionTable.not_by", Key::Restricts(&[keep_implementers_off])),
    ("OwnersTable.people", Key::NoRestriction("owners accept policies and release nothing")),
    ("OwnersTable.threshold", Key::NoRestriction("owners accept policies and release nothing")),
    ("PersonTable.name", Key::NoRestriction("it is for people to read")),
    (
        "PersonTable.emails",
        Key::NoRestriction("addresses say whose a commit is; one fewer makes its author unknown, which may be only noted"),
    ),
    ("PersonTable.roles", Key::RestrictsAsStep(&[take_role])),
    ("PersonTable.keys", Key::Restricts(&[drop_key])),
    ("MachineTable.name", Key::NoRestriction("it is for people to read")),
    ("MachineTable.keys", Key::Restricts(&[drop_machine_key])),
    ("MachineTable.may", Key::RestrictsAsStep(&[take_machine_right])),
    ("KeyTable.key", Key::NoRestriction("another key is another entry")),
    ("KeyTable.state", Key::Restricts(&[retire_key, compromise_key])),
    ("KeyTable.since", Key::Restricts(&[compromise_key])),
    ("RoleTable.description", Key::NoRestriction("it is for people to read")),
    ("ComponentTable.name", Key::NoRestriction("it is a name that rules and open records use")),
    ("ComponentTable.tags", Key::NoRestriction("a tag that fits no more is the next component's whose pattern fits")),
    ("ComponentTable.checklist", Key::NoRestriction("it names another checklist")),
    ("ComponentTable.environments", Key::Restricts(&[narrow_environments])),
    (
        "ComponentTable.since",
        Key::NoRestriction("it says where the range of the first release begins, and so who made it, which may be more or fewer"),
    ),
    ("RuleTable.name", Key::NoRestriction("it is for people to read")),
    ("RuleTable.phase", Key::Restricts(&[add_rule, widen_phase])),
    ("RuleTable.risk", Key::Restricts(&[add_rule, widen_risk])),
    ("RuleTable.type", Key::Restricts(&[add_rule, widen_type])),
    ("RuleTable.label", Key::Restricts(&[add_rule, widen_label])),
    ("RuleTable.component", Key::Restricts(&[add_rule, widen_component])),
    ("RuleTable.environment", Key::Restricts(&[add_rule, widen_environment])),
    ("RuleTable.irreversible", Key::Restricts(&[add_rule, widen_irreversible])),
    ("RuleTable.reviews", Key::Restricts(&[ask_reviews])),
    ("RuleTable.roles", Key::Restricts(&[ask_role])),
    ("RuleTable.hardware_key", Key::Restricts(&[ask_hardware])),
    ("RuleTable.evidence", Key::Restricts(&[ask_evidence])),
    ("RuleTable.max_age", Key::Restricts(&[ask_age])),
    ("RuleTable.waiver_people", Key::Restricts(&[ask_waivers])),
    ("SeparationTable.owner_may_review", Key::Restricts(&[|all, _| off(all, "owner_may_review")])),
    ("SeparationTable.tagger_may_review", Key::Restricts(&[|all, _| off(all, "tagger_may_review")])),
    ("SeparationTable.implementer_may_review", Key::Restricts(&[|all, _| off(all, "implementer_may_review")])),
    ("SeparationTable.unknown_identity", Key::Restricts(&[|all, _| set(all, "separation", "unknown_identity", "refuse")])),
    ("SeparationTable.forges", Key::NoRestriction("more of them leave fewer committers unknown")),
    ("SeparationTable.bots", Key::NoRestriction("more of them leave fewer makers of commits unknown")),
    ("SeparationTable.bot_commits", Key::Restricts(&[|all, _| set(all, "separation", "bot_commits", "refuse")])),
    ("AuthorityTable.release_managers", Key::RestrictsAsStep(&[|all, chance| take(all, chance, "release_managers")])),
    ("AuthorityTable.open", Key::NoRestriction("it is a table; its keys are below")),
    ("AuthorityTable.assign", Key::NoRestriction("an item that nobody may give away stays its first owner's")),
    ("AuthorityTable.waive", Key::Restricts(&[|all, chance| take(all, chance, "waive")])),
    ("AuthorityTable.reject", Key::RestrictsAsStep(&[|all, chance| take(all, chance, "reject")])),
    ("AuthorityTable.decide", Key::RestrictsAsStep(&[|all, chance| take(all, chance, "decide")])),
    ("AuthorityTable.action", Key::RestrictsAsStep(&[|all, chance| take(all, chance, "action")])),
    ("AuthorityTable.stage", Key::RestrictsAsStep(&[|all, chance| take(all, chance, "stage")])),
    ("AuthorityTable.rollback", Key::RestrictsAsStep(&[|all, chance| take(all, chance, "rollback")])),
    ("AuthorityTable.close", Key::RestrictsAsStep(&[|all, chance| take(all, chance, "close")])),
    ("AuthorityTable.disregard", Key::Restricts(&[|all, chance| take(all, chance, "disregard")])),
    ("AuthorityTable.redact", Key::Restricts(&[|all, chance| take(all, chance, "redact")])),
    ("AuthorityTable.freeze", Key::NoRestriction("whoever may freeze holds things up, so to take the right away allows more")),
    ("AuthorityTable.lift", Key::RestrictsPushes),
    ("AuthorityTable.request", Key::RestrictsPushes),
    ("AuthorityTable.grant", Key::RestrictsPushes),
    ("AuthorityTable.break_glass", Key::RestrictsPushes),
    ("AuthorityTable.check", Key::RestrictsAsStep(&[|all, chance| take(all, chance, "check")])),
    ("OpenTable.normal", Key::RestrictsAsStep(&[|all, chance| take_open(all, chance, "normal")])),
    ("OpenTable.hotfix", Key::RestrictsAsStep(&[|all, chance| take_open(all, chance, "hotfix")])),
    ("OpenTable.emergency", Key::RestrictsAsStep(&[|all, chance| take_open(all, chance, "emergency")])),
    ("ThresholdsTable.waiver", Key::Restricts(&[more_waivers])),
    ("ThresholdsTable.exception", Key::RestrictsPushes),
    ("ThresholdsTable.over_reject", Key::Restricts(&[|all, _| more(all, "over_reject", 2)])),
    ("ThresholdsTable.disregard", Key::Restricts(&[|all, _| more(all, "disregard", 2)])),
    ("ThresholdsTable.redact", Key::Restricts(&[|all, _| more(all, "redact", 2)])),
    ("ThresholdsTable.previous", Key::Restricts(&[|all, _| more(all, "previous", 2)])),
    ("ThresholdsTable.decide", Key::Restricts(&[|all, _| more(all, "decide", 1)])),
    ("ThresholdsTable.decide_roles", Key::Restricts(&[another_decider])),
    ("TagsTable.signed", Key::Restricts(&[|all, _| set(all, "tags", "signed", "required")])),
    ("RefsTable.protected", Key::RestrictsRefs("a_branch_that_is_gated_and_protected_only_goes_forward")),
    ("PolicyFile.gated", Key::RestrictsRefs("a_branch_that_is_gated_and_protected_only_goes_forward")),
    ("GatedTable.ref", Key::RestrictsRefs("a_branch_that_is_gated_and_protected_only_goes_forward")),
    ("GatedTable.component", Key::NoRestriction("it names another component, whose releases open the ref")),
    ("GatedTable.environment", Key::NoRestriction("it names another environment, for which a release opens the ref")),
    ("FreezeTable.name", Key::NoRestriction("it is for people to read")),
    ("FreezeTable.refs", Key::RestrictsPushes),
    ("FreezeTable.zone", Key::NoRestriction("another zone is another time")),
    ("FreezeTable.once", Key::RestrictsPushes),
    ("FreezeTable.weekly", Key::RestrictsPushes),
    ("FreezeTable.yearly", Key::RestrictsPushes),
    ("FreezeTable.reason", Key::NoRestriction("it is for people to read")),
    ("FreezeTable.grant", Key::RestrictsPushes),
    ("FreezeTable.environments", Key::NoRestriction("GO is not asked about freezes; a gate is, until the release is out")),
    ("EdgesTable.from", Key::NoRestriction("an exception asked for since then is one from the longer freeze")),
    ("EdgesTable.to", Key::RestrictsPushes),
    ("LimitsTable.evidence_bytes", Key::NoRestriction("it is asked where evidence comes in, not where it is judged")),
    ("LimitsTable.max_backdate", Key::Restricts(&[|all, _| set(all, "limits", "max_backdate", "1s")])),
    ("LimitsTable.clock_skew", Key::Restricts(&[|all, _| set(all, "limits", "clock_skew", "1s")])),
    ("LimitsTable.record_age", Key::Restricts(&[younger_records])),
];

const ROLES: &[&str] = &["release-manager", "sre", "qa", "security"];

fn table<'t>(all: &'t mut Table, name: &str) -> Option<&'t mut Table> {
    all.entry(name).or_insert_with(|| Table::new().into()).as_table_mut()
}

/// Sets a value; says whether it was another.
fn set(all: &mut Table, name: &str, key: &str, value: impl Into<Value>) -> bool {
    let value = value.into();
    table(all, name).is_some_and(|table| table.insert(key.to_owned(), value.clone()) != Some(value))
}

fn off(all: &mut Table, key: &str) -> bool {
    set(all, "separation", key, false)
}

fn rules(all: &mut Table) -> Option<&mut Vec<Value>> {
    all.entry("rule").or_insert_with(|| Vec::<Value>::new().into()).as_array_mut()
}

/// Some of these, perhaps none.
fn some(chance: &mut Chance, of: &[&str]) -> Vec<Value> {
    let mut list = Vec::new();
    for value in of {
        if chance.percent(50) {
            list.push(Value::from(*value));
        }
    }
    list
}

/// Adds a rule with every combination of selectors and requirements, one of each at most.
fn add_rule(all: &mut Table, chance: &mut Chance) -> bool {
    let mut rule = Table::new();
    let selectors: [(&str, &[&str]); 6] = [
        ("phase", &["before", "stage", "after", "on-rollback"]),
        ("risk", &["low", "medium", "high", "critical"]),
        ("type", &["normal", "hotfix", "emergency"]),
        ("label", &["risky", "db"]),
        ("component", &["main"]),
        ("environment", &["production", "staging"]),
    ];
    for (key, values) in selectors {
        if chance.percent(25) {
            rule.insert(key.to_owned(), some(chance, values).into());
        }
    }
    if chance.percent(20) {
        rule.insert("irreversible".to_owned(), chance.percent(50).into());
    }
    let place = rules(all).map_or(0, |rules| chance.below(rules.len() + 1));
    let asked = chance.below(6);
    for (number, ask) in
        [ask_reviews_of, ask_role_of, ask_hardware_of, ask_evidence_of, ask_age_of, ask_waivers_of].into_iter().enumerate()
    {
        if number == asked || chance.percent(15) {
            ask(&mut rule, chance);
        }
    }
    rules(all).is_some_and(|rules| {
        rules.insert(place, rule.into());
        true
    })
}

/// Asks more by a rule that is there, or by a new one without selectors.
fn ask(all: &mut Table, chance: &mut Chance, ask: fn(&mut Table, &mut Chance)) -> bool {
    let Some(rules) = rules(all) else { return false };
    if rules.is_empty() || chance.percent(30) {
        rules.push(Table::new().into());
    }
    let at = chance.below(rules.len());
    let Some(rule) = rules[at].as_table_mut() else { return false };
    let before = rule.clone();
    ask(rule, chance);
    *rule != before
}

fn number(table: &Table, key: &str) -> Option<i64> {
    table.get(key).and_then(Value::as_integer)
}

fn ask_reviews_of(rule: &mut Table, chance: &mut Chance) {
    let more = i64::try_from(1 + chance.below(2)).unwrap();
    rule.insert("reviews".to_owned(), (number(rule, "reviews").unwrap_or(0) + more).into());
}

fn ask_role_of(rule: &mut Table, chance: &mut Chance) {
    let mut roles = rule.get("roles").and_then(Value::as_array).cloned().unwrap_or_default();
    let role = Value::from(chance.of(ROLES));
    if !roles.contains(&role) {
        roles.push(role);
    }
    rule.insert("roles".to_owned(), roles.into());
}

fn ask_hardware_of(rule: &mut Table, _: &mut Chance) {
    rule.insert("hardware_key".to_owned(), true.into());
}

fn ask_evidence_of(rule: &mut Table, _: &mut Chance) {
    rule.insert("evidence".to_owned(), true.into());
}

/// The shortest age that a policy can have, or one that some words of a story are beyond.
fn ask_age_of(rule: &mut Table, chance: &mut Chance) {
    let age = chance.of(&["1s", "3m", "10m"]);
    let is_more = rule.get("max_age").is_none_or(|before| before.as_str().is_some_and(|before| before.ends_with('h')));
    if is_more {
        rule.insert("max_age".to_owned(), age.into());
    }
}

fn ask_waivers_of(rule: &mut Table, chance: &mut Chance) {
    let more = match number(rule, "waiver_people") {
        Some(0) => 0,
        before => chance.of(&[0, before.unwrap_or(0) + 1, before.unwrap_or(0) + 2]),
    };
    rule.insert("waiver_people".to_owned(), more.into());
}

fn ask_reviews(all: &mut Table, chance: &mut Chance) -> bool {
    ask(all, chance, ask_reviews_of)
}

fn ask_role(all: &mut Table, chance: &mut Chance) -> bool {
    ask(all, chance, ask_role_of)
}

fn ask_hardware(all: &mut Table, chance: &mut Chance) -> bool {
    ask(all, chance, ask_hardware_of)
}

fn ask_evidence(all: &mut Table, chance: &mut Chance) -> bool {
    ask(all, chance, ask_evidence_of)
}

fn ask_age(all: &mut Table, chance: &mut Chance) -> bool {
    ask(all, chance, ask_age_of)
}

fn ask_waivers(all: &mut Table, chance: &mut Chance) -> bool {
    ask(all, chance, ask_waivers_of)
}

/// Lets every rule be about more: without the selector, or with an empty one, it is about everything.
fn widen(all: &mut Table, chance: &mut Chance, selector: &str) -> bool {
    let mut changed = false;
    for rule in rules(all).into_iter().flatten().filter_map(Value::as_table_mut).filter(|rule| rule.contains_key(selector)) {
        match rule.get_mut(selector).and_then(Value::as_array_mut) {
            Some(list) if chance.percent(50) => list.clear(),
            _ => {
                rule.remove(selector);
            }
        }
        changed = true;
    }
    changed
}

/// What `cast.rs` has no rule for gets one first, which the policy that it is compared with has as well.
fn widen_phase(all: &mut Table, chance: &mut Chance) -> bool {
    widen(all, chance, "phase")
}

fn widen_risk(all: &mut Table, chance: &mut Chance) -> bool {
    widen(all, chance, "risk")
}

fn widen_type(all: &mut Table, chance: &mut Chance) -> bool {
    widen(all, chance, "type")
}

fn widen_label(all: &mut Table, chance: &mut Chance) -> bool {
    widen(all, chance, "label")
}

fn widen_component(all: &mut Table, chance: &mut Chance) -> bool {
    widen(all, chance, "component")
}

fn widen_environment(all: &mut Table, chance: &mut Chance) -> bool {
    widen(all, chance, "environment")
}

fn widen_irreversible(all: &mut Table, chance: &mut Chance) -> bool {
    widen(all, chance, "irreversible")
}

/// Gives whom a right is given to: the file's list, or what stands for one.
fn granted(authority: &Table, right: &str) -> Vec<Value> {
    let list = |key: &str| authority.get(key).and_then(Value::as_array).cloned();
    list(right).unwrap_or_else(|| match right {
        "reject" | "carry" | "request" => vec!["everyone".into()],
        "break_glass" => vec![],
        _ => list("release_managers").unwrap_or_default(),
    })
}

/// Takes a right from some of those who have it, from all in some cases.
fn take(all: &mut Table, chance: &mut Chance, right: &str) -> bool {
    let Some(authority) = table(all, "authority") else { return false };
    let before = granted(authority, right);
    let after = fewer(chance, &before);
    let changed = after != before;
    authority.insert(right.to_owned(), after.into());
    changed
}

fn take_open(all: &mut Table, chance: &mut Chance, release_type: &str) -> bool {
    let Some(authority) = table(all, "authority") else { return false };
    let managers = granted(authority, "release_managers");
    let Some(open) = table(authority, "open") else { return false };
    let before = open.get(release_type).and_then(Value::as_array).cloned().unwrap_or(managers);
    let after = fewer(chance, &before);
    let changed = after != before;
    open.insert(release_type.to_owned(), after.into());
    changed
}

/// Leaves out one of a list, or all; everyone may become some people. Who holds a role is another key's matter.
fn fewer(chance: &mut Chance, list: &[Value]) -> Vec<Value> {
    let mut list = list.to_vec();
    if list.is_empty() || chance.percent(20) {
        return vec![];
    }
    let at = chance.below(list.len());
    let gone = list.remove(at);
    if chance.percent(50) {
        let people: &[&str] = if gone.as_str() == Some("everyone") { &["@rita", "@sam", "@dana", "qa"] } else { &[] };
        let some = some(chance, people);
        // Nobody stands twice in a list.
        list.extend(some.into_iter().filter(|who| !list.contains(who)).collect::<Vec<_>>());
    }
    list
}

fn people<'t>(all: &'t mut Table, sort: &str, chance: &mut Chance) -> Option<(String, &'t mut Table)> {
    let people = table(all, sort)?;
    let names: Vec<String> = people.keys().cloned().collect();
    let name = names.get(chance.below(names.len().max(1)))?.clone();
    let person = people.get_mut(&name)?.as_table_mut()?;
    Some((name, person))
}

fn take_role(all: &mut Table, chance: &mut Chance) -> bool {
    let Some((_, person)) = people(all, "person", chance) else { return false };
    let Some(roles) = person.get_mut("roles").and_then(Value::as_array_mut).filter(|roles| !roles.is_empty()) else { return false };
    roles.remove(chance.below(roles.len()));
    true
}

fn keys<'t>(all: &'t mut Table, sort: &str, chance: &mut Chance) -> Option<&'t mut Vec<Value>> {
    let (name, person) = people(all, sort, chance)?;
    // The policy's owner keeps the key by which it can be changed.
    (name != "olga").then_some(person)?.get_mut("keys")?.as_array_mut()
}

fn drop_key(all: &mut Table, chance: &mut Chance) -> bool {
    let name = chance.of(&["rita", "sam"]);
    let keys = table(all, "person").and_then(|people| people.get_mut(name)?.get_mut("keys")?.as_array_mut());
    let Some(keys) = keys.filter(|keys| keys.len() > 1) else { return false };
    keys.remove(chance.below(keys.len()));
    true
}

fn drop_machine_key(all: &mut Table, chance: &mut Chance) -> bool {
    keys(all, "machine", chance).is_some_and(|keys| !std::mem::take(keys).is_empty())
}

fn spoil_key(all: &mut Table, chance: &mut Chance, state: &str, since: Option<i64>) -> bool {
    let sort = chance.of(&["person", "person", "person", "machine"]);
    let Some(keys) = keys(all, sort, chance).filter(|keys| !keys.is_empty()) else { return false };
    let at = chance.below(keys.len());
    let Some(key) = keys[at].as_table_mut() else { return false };
    if key.contains_key("state") {
        return false;
    }
    key.insert("state".to_owned(), state.into());
    if let Some(since) = since {
        key.insert("since".to_owned(), since.into());
    }
    true
}

fn retire_key(all: &mut Table, chance: &mut Chance) -> bool {
    let since = chance.of(&[None, Some(1), Some(2)]);
    spoil_key(all, chance, "retired", since)
}

fn compromise_key(all: &mut Table, chance: &mut Chance) -> bool {
    let since = Some(chance.of(&[1, 1, 2]));
    spoil_key(all, chance, "compromised", since)
}

fn take_machine_right(all: &mut Table, chance: &mut Chance) -> bool {
    let Some((_, machine)) = people(all, "machine", chance) else { return false };
    let Some(may) = machine.get_mut("may").and_then(Value::as_array_mut).filter(|may| !may.is_empty()) else { return false };
    may.remove(chance.below(may.len()));
    true
}

fn unlist_machine(all: &mut Table, chance: &mut Chance) -> bool {
    let Some(name) = people(all, "machine", chance).map(|(name, _)| name) else { return false };
    table(all, "machine").is_some_and(|machines| machines.remove(&name).is_some())
}

/// Leaves out environments, all of them where the reader lets that be.
fn narrow_environments(all: &mut Table, chance: &mut Chance) -> bool {
    let components = all.get_mut("component").and_then(Value::as_array_mut).into_iter().flatten();
    let mut changed = false;
    for component in components.filter_map(Value::as_table_mut) {
        let list = component.get_mut("environments").and_then(Value::as_array_mut);
        if let Some(list) = list.filter(|list| !list.is_empty()) {
            list.remove(chance.below(list.len()));
            if chance.percent(50) {
                list.clear();
            }
            changed = true;
        }
    }
    changed
}

fn more(all: &mut Table, key: &str, otherwise: i64) -> bool {
    let before = table(all, "thresholds").and_then(|table| number(table, key)).unwrap_or(otherwise);
    set(all, "thresholds", key, before + 1)
}

/// Zero is the strictest: nobody can waive.
fn more_waivers(all: &mut Table, chance: &mut Chance) -> bool {
    let before = table(all, "thresholds").and_then(|table| number(table, "waiver")).unwrap_or(1);
    before != 0 && set(all, "thresholds", "waiver", chance.of(&[0, before + 1, before + 2]))
}

fn younger_records(all: &mut Table, chance: &mut Chance) -> bool {
    set(all, "limits", "record_age", chance.of(&["1s", "3m", "10m"]))
}

fn another_decider(all: &mut Table, chance: &mut Chance) -> bool {
    let role = Value::from(chance.of(ROLES));
    let Some(thresholds) = table(all, "thresholds") else { return false };
    let mut roles = thresholds.get("decide_roles").and_then(Value::as_array).cloned().unwrap_or_default();
    if roles.contains(&role) {
        return false;
    }
    roles.push(role);
    thresholds.insert("decide_roles".to_owned(), roles.into());
    true
}

fn required_actions(all: &mut Table) -> Option<&mut Vec<Value>> {
    all.entry("action").or_insert_with(|| Vec::<Value>::new().into()).as_array_mut()
}

/// Every release, or some of them, has to have something else done before GO.
fn require_action(all: &mut Table, chance: &mut Chance) -> bool {
    let mut action = Table::new();
    action.insert("id".to_owned(), "required".into());
    action.insert("text".to_owned(), "do more".into());
    action.insert("blocks".to_owned(), "go".into());
    if chance.percent(40) {
        action.insert("assignee".to_owned(), chance.of(ROLES).into());
    }
    if chance.percent(30) {
        action.insert("type".to_owned(), vec![Value::from(chance.of(&["normal", "hotfix"]))].into());
    }
    let Some(actions) = required_actions(all) else { return false };
    if actions.iter().any(|other| other.get("id").and_then(Value::as_str) == Some("required")) {
        return false;
    }
    actions.push(action.into());
    true
}

/// Changes one of the actions that are required.
fn change_action(all: &mut Table, chance: &mut Chance, key: &str, value: Option<&str>) -> bool {
    let Some(actions) = required_actions(all).filter(|actions| !actions.is_empty()) else { return false };
    let at = chance.below(actions.len());
    let Some(action) = actions[at].as_table_mut() else { return false };
    let before = action.clone();
    match value {
        Some(value) => drop(action.insert(key.to_owned(), value.into())),
        None => drop(action.remove(key)),
    }
    *action != before
}

fn widen_action(all: &mut Table, chance: &mut Chance) -> bool {
    change_action(all, chance, "type", None)
}

fn block_go(all: &mut Table, chance: &mut Chance) -> bool {
    change_action(all, chance, "blocks", Some("go"))
}

fn keep_implementers_off(all: &mut Table, chance: &mut Chance) -> bool {
    change_action(all, chance, "not_by", Some("implementers"))
}
