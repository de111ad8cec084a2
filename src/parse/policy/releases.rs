//! Components, item rules, and what holds for tags, refs, sizes and times.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::str::FromStr;

use toml::Spanned;

use super::people::{People, address, role_of};
use super::reader::{Problems, Table};
use super::values::{after, duration, is_tree_path};
use crate::model::ids::{Environment, Handle, InvalidId, ItemId};
use crate::model::policy::{Component, Condition, Gate, Limits, Pattern, Refs, RequiredAction, Rule, Separation, Thresholds};
use crate::model::problem::Level;
use crate::model::record::{Blocks, NotBy, Owner};

/// What the policy says of releases as such.
pub(super) struct Releases {
    pub(super) components: Vec<Component>,
    pub(super) rules: Vec<Rule>,
    /// Where each rule stands.
    pub(super) rule_spans: Vec<Range<usize>>,
    pub(super) separation: Separation,
    pub(super) thresholds: Thresholds,
    pub(super) tags_signed: bool,
    pub(super) refs: Refs,
    pub(super) gates: Vec<Gate>,
    pub(super) actions: Vec<RequiredAction>,
    pub(super) limits: Limits,
}

pub(super) fn read(root: &mut Table<'_>, problems: &mut Problems<'_>, people: &People) -> Releases {
    let components = components(root, problems);
    let mut rules = Vec::new();
    let mut rule_spans = Vec::new();
    for table in root.tables(problems, "rule") {
        rule_spans.push(table.span());
        rules.push(rule(problems, table, people, &components));
    }
    let mut separation = Separation::default();
    if let Some(mut table) = root.table(problems, "separation") {
        separation.owner_may_review = table.boolean(problems, "owner_may_review").unwrap_or(false);
        separation.tagger_may_review = table.boolean(problems, "tagger_may_review").unwrap_or(false);
        separation.implementer_may_review = table.boolean(problems, "implementer_may_review").unwrap_or(false);
        let words = [("refuse", true), ("note", false)];
        separation.unknown_identity_refuses = table.word(problems, "unknown_identity", &words).unwrap_or(true);
        let mut holders = people.addresses();
        separation.forges = addresses(&mut table, problems, ("forges", "a forge"), &mut holders);
        separation.bots = addresses(&mut table, problems, ("bots", "a bot"), &mut holders);
        let words = [("refuse", false), ("listed", true)];
        separation.bot_commits_listed = table.word(problems, "bot_commits", &words).unwrap_or(false);
        table.finish(problems);
    }
    let mut tags_signed = false;
    if let Some(mut table) = root.table(problems, "tags") {
        tags_signed = table.word(problems, "signed", &[("required", true), ("optional", false)]).unwrap_or(false);
        table.finish(problems);
    }
    let mut refs = Refs::default();
    if let Some(mut table) = root.table(problems, "refs") {
        refs.protected = ref_patterns(&mut table, problems, "protected");
        table.finish(problems);
    }
    let gates = gates(root, problems, &components);
    let thresholds = thresholds(root, problems, people);
    let actions = actions(root, problems, people);
    let mut limits = Limits::default();
    if let Some(mut table) = root.table(problems, "limits") {
        if let Some(bytes) = table.number(problems, "evidence_bytes") {
            limits.evidence_bytes = *bytes.get_ref();
        }
        limits.max_backdate = duration(&mut table, problems, "max_backdate");
        limits.clock_skew = duration(&mut table, problems, "clock_skew").unwrap_or(limits.clock_skew);
        limits.record_age = duration(&mut table, problems, "record_age");
        table.finish(problems);
    }
    Releases { components, rules, rule_spans, separation, thresholds, tags_signed, refs, gates, actions, limits }
}

/// Reads which release opens which gated refs; what is left out is asked for, since a guess would open the wrong door.
fn gates(root: &mut Table<'_>, problems: &mut Problems<'_>, components: &[Component]) -> Vec<Gate> {
    let mut gates: Vec<Gate> = Vec::new();
    for mut table in root.tables(problems, "gated") {
        let at = table.span();
        let ref_name = table.required(problems, "ref").text(problems, "ref").and_then(|text| ref_pattern(problems, &text));
        let named = table.required(problems, "component").text(problems, "component");
        let component = named.as_ref().and_then(|named| components.iter().find(|known| known.name == *named.get_ref()));
        if let (Some(named), None) = (&named, component) {
            problems.error("policy-unknown-component", named.span(), format!("there is no component {:?}", named.get_ref()));
        }
        let environment_at = table.span_of("environment");
        let environment: Option<Environment> = table.required_id(problems, "environment");
        table.finish(problems);
        let (Some(ref_name), Some(component), Some(environment)) = (ref_name, component, environment) else { continue };
        if !component.goes_to(&environment) {
            let message = format!("component {:?} is not released to {environment}, so no GO could move the ref", component.name);
            problems.error("policy-bad-value", environment_at, message);
        }
        let gate = Gate { ref_name, component: component.name.clone(), environment };
        if gates.contains(&gate) {
            problems.error("policy-twice", at, "the same ref is gated twice for the same component and environment");
        }
        gates.push(gate);
    }
    gates
}

/// Reads addresses that are no person's; `holders` says whose each is that was read before.
fn addresses(
    table: &mut Table<'_>,
    problems: &mut Problems<'_>,
    (key, holder): (&'static str, &str),
    holders: &mut BTreeMap<String, String>,
) -> BTreeSet<String> {
    let texts = table.texts(problems, key).unwrap_or_default();
    texts.iter().filter_map(|email| address(problems, email, holder, holders)).collect()
}

fn components(root: &mut Table<'_>, problems: &mut Problems<'_>) -> Vec<Component> {
    let mut components: Vec<Component> = Vec::new();
    for mut table in root.required(problems, "component").tables(problems, "component") {
        let name_at = table.span_of("name");
        let name = table.required_line(problems, "name");
        let tags_at = table.span_of("tags");
        let tags: Option<Pattern> = table.required_id(problems, "tags");
        if let Some(tags) = tags.as_ref().filter(|tags| tags.as_str().starts_with("refs/")) {
            let message = format!("{:?} fits no release tag; write it without refs/tags/", tags.as_str());
            problems.error("policy-bad-value", tags_at.clone(), message);
        }
        let checklist = table.required(problems, "checklist").text(problems, "checklist");
        if let Some(path) = checklist.as_ref().filter(|path| !is_tree_path(path)) {
            let message = format!("{:?} is not a path inside the repository", path.get_ref());
            problems.error("policy-bad-value", path.span(), message);
        }
        let told = problems.count();
        let environments: Vec<Environment> = table.ids(problems, "environments");
        // Whoever takes the last one out of a list means nowhere, and without a list it would be everywhere.
        if table.has("environments") && environments.is_empty() && problems.count() == told {
            let message = format!("{} has no environments; name one, or omit `environments` to allow any", table.name());
            problems.error("policy-bad-value", table.span_of("environments"), message);
        }
        let since = table.id(problems, "since");
        table.finish(problems);
        let (Some(name), Some(tags), Some(checklist)) = (name, tags, checklist) else { continue };
        if components.iter().any(|other| other.name == name) {
            problems.error("policy-twice", name_at, format!("two components are named {name:?}"));
        } else if let Some(other) = components.iter().find(|other| other.tags == tags) {
            let message = format!("no tag can belong to component {name:?}: {:?} comes first and has the same pattern", other.name);
            problems.error("policy-twice", tags_at, message);
        }
        components.push(Component { name, tags, checklist: (*checklist.get_ref()).to_owned(), environments, since });
    }
    components
}

fn rule(problems: &mut Problems<'_>, mut table: Table<'_>, people: &People, components: &[Component]) -> Rule {
    let name = table.line(problems, "name");
    let names = table.texts(problems, "component").unwrap_or_default();
    for unknown in names.iter().filter(|name| components.iter().all(|component| component.name != **name.get_ref())) {
        problems.error("policy-unknown-component", unknown.span(), format!("there is no component {:?}", unknown.get_ref()));
    }
    let when = Condition {
        phases: set(&mut table, problems, "phase"),
        risks: set(&mut table, problems, "risk"),
        types: set(&mut table, problems, "type"),
        labels: owned(&table.texts(problems, "label").unwrap_or_default()),
        components: owned(&names),
        environments: set(&mut table, problems, "environment"),
        irreversible: table.boolean(problems, "irreversible"),
    };
    let roles = table.texts(problems, "roles").unwrap_or_default();
    let rule = Rule {
        name,
        when,
        reviews: table.count(problems, "reviews", 0, 100).unwrap_or(0),
        roles: roles.iter().filter_map(|role| role_of(problems, role, &people.roles)).collect(),
        hardware_key: table.boolean(problems, "hardware_key").unwrap_or(false),
        evidence: table.boolean(problems, "evidence").unwrap_or(false),
        max_age: duration(&mut table, problems, "max_age"),
        waiver_people: table.count(problems, "waiver_people", 0, 100),
    };
    let asks = rule.reviews > 0
        || !roles.is_empty()
        || rule.hardware_key
        || rule.evidence
        || rule.max_age.is_some()
        || rule.waiver_people.is_some();
    if !asks {
        problems.warn(Level::Warning, "policy-empty-rule", table.span(), format!("{} requires nothing", table.name()));
    }
    table.finish(problems);
    rule
}

fn set<T: FromStr<Err = InvalidId> + Ord>(table: &mut Table<'_>, problems: &mut Problems<'_>, key: &'static str) -> BTreeSet<T> {
    table.ids(problems, key).into_iter().collect()
}

fn owned(texts: &[Spanned<&str>]) -> BTreeSet<String> {
    texts.iter().map(|text| (*text.get_ref()).to_owned()).collect()
}

/// Reads patterns for full ref names.
pub(super) fn ref_patterns(table: &mut Table<'_>, problems: &mut Problems<'_>, key: &'static str) -> Vec<Pattern> {
    let mut patterns = Vec::new();
    for text in table.texts(problems, key).unwrap_or_default() {
        patterns.extend(ref_pattern(problems, &text));
    }
    patterns
}

/// Reads a pattern for full ref names.
fn ref_pattern(problems: &mut Problems<'_>, text: &Spanned<&str>) -> Option<Pattern> {
    if !text.get_ref().starts_with("refs/") {
        let message = format!("{:?} is not a full ref name; write it with refs/heads/ or refs/tags/", text.get_ref());
        problems.error("policy-bad-value", text.span(), message);
        return None;
    }
    super::reader::parsed(problems, text)
}

fn thresholds(root: &mut Table<'_>, problems: &mut Problems<'_>, known: &People) -> Thresholds {
    let mut people = Thresholds::default();
    if let Some(mut table) = root.table(problems, "thresholds") {
        people.waiver = table.count(problems, "waiver", 0, 100).unwrap_or(people.waiver);
        people.exception = table.count(problems, "exception", 1, 100).unwrap_or(people.exception);
        // What sets somebody else's word aside never takes one person alone.
        people.over_reject = table.count(problems, "over_reject", 2, 100).unwrap_or(people.over_reject);
        people.disregard = table.count(problems, "disregard", 2, 100).unwrap_or(people.disregard);
        people.redact = table.count(problems, "redact", 2, 100).unwrap_or(people.redact);
        people.previous = table.count(problems, "previous", 2, 100).unwrap_or(people.previous);
        people.decide = table.count(problems, "decide", 1, 100).unwrap_or(people.decide);
        let roles = table.texts(problems, "decide_roles").unwrap_or_default();
        people.decide_roles = roles.iter().filter_map(|role| role_of(problems, role, &known.roles)).collect();
        people.decide_roles.sort();
        people.decide_roles.dedup();
        table.finish(problems);
    }
    people
}

/// Reads what releases have to have done besides their items.
fn actions(root: &mut Table<'_>, problems: &mut Problems<'_>, people: &People) -> Vec<RequiredAction> {
    let mut actions: Vec<RequiredAction> = Vec::new();
    for mut table in root.tables(problems, "action") {
        let id_at = table.span_of("id");
        let id = table.required_line(problems, "id");
        let id = id.filter(|id| {
            let fits = ItemId::from_str(id).is_ok() && !id.contains('@');
            if !fits {
                problems.error("policy-bad-value", id_at.clone(), format!("{id:?} is no id; write small letters, digits and -"));
            }
            fits
        });
        if id.as_ref().is_some_and(|id| actions.iter().any(|other| other.id == *id)) {
            problems.error("policy-twice", id_at, "two actions have the same id");
        }
        let text = table.required_line(problems, "text");
        let types = set(&mut table, problems, "type");
        let assignee = table.text(problems, "assignee").and_then(|text| owner(problems, &text, people));
        let after = table.text(problems, "due").and_then(|text| {
            let after = after(text.get_ref());
            if after.is_none() {
                let message = format!("{:?} is no time after an event; write it as in deploy+48h", text.get_ref());
                problems.error("policy-bad-value", text.span(), message);
            }
            after
        });
        let blocks = table.word(problems, "blocks", &[("go", Blocks::Go), ("close", Blocks::Close)]);
        let not_by = table.word(problems, "not_by", &[("implementers", NotBy::Implementers)]);
        table.finish(problems);
        if let (Some(id), Some(text)) = (id, text) {
            actions.push(RequiredAction { id, text, types, assignee, after, blocks, not_by });
        }
    }
    actions
}

/// Reads a role or a person of the policy; a person's handle wins over a role of the same name.
fn owner(problems: &mut Problems<'_>, text: &Spanned<&str>, people: &People) -> Option<Owner> {
    let handle = Handle::from_str(text.get_ref()).ok().filter(|handle| people.people.contains_key(handle));
    handle.map(Owner::Person).or_else(|| role_of(problems, text, &people.roles).map(Owner::Role))
}
