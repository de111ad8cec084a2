//! The signed payload: a Statement, its predicate, and the body of its kind, read strictly.
//!
//! Reading goes in three steps. serde takes the statement apart, refusing unknown keys, duplicate keys and wrong types, and
//! leaves the body as text; the kind then says as what to read that. Last, the structure is compared with that which the same
//! record would have if it were written again: serde would take a list for an object and `null` for what is left out, and a
//! record must not have such second spellings, which other readers would understand otherwise.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::structure::Structure;
use crate::model::finding::Seen;
use crate::model::log::Record;
use crate::model::record::{
    Body, Decide, Evidence, Kind, PREDICATE_PREFIX, PolicyStep, Predicate, Receipt, STATEMENT_TYPE, Sign, SignVerdict, Statement,
    Subject,
};

/// The most bytes of a comment.
pub const MAX_COMMENT: usize = 16 * 1024;
/// The most bytes of a link.
pub const MAX_URI: usize = 2048;
/// The most bytes of a name: of a subject, a file, a media type, a program.
pub const MAX_NAME: usize = 1100;
/// The most pieces of evidence of one record.
pub const MAX_EVIDENCE: usize = 100;
/// The most characters of the name of a kind.
const MAX_KIND: usize = 40;

/// Reads a payload.
///
/// # Errors
/// [`Seen::PayloadMalformed`] with what is wrong first.
pub fn parse_statement(payload: &[u8]) -> Result<Record, Seen> {
    let text = std::str::from_utf8(payload).map_err(|_| malformed("the payload is not UTF-8"))?;
    if !text.starts_with('{') || !text.ends_with('}') {
        return Err(malformed("the payload has something before or after its one JSON object"));
    }
    let statement: Statement<Predicate<&RawValue>> =
        serde_json::from_str(text).map_err(|error| malformed(format!("the statement is not valid: {error}")))?;
    if statement.statement_type != STATEMENT_TYPE {
        return Err(malformed(format!("the _type is not {STATEMENT_TYPE}")));
    }
    let predicate = statement.predicate;
    if statement.predicate_type.strip_prefix(PREDICATE_PREFIX) != Some(predicate.kind.as_str()) {
        return Err(malformed(format!("the predicateType is not {PREDICATE_PREFIX} and the kind")));
    }
    if !is_kind(&predicate.kind) {
        return Err(malformed("the kind is not a name of a-z, 0-9 and -"));
    }
    let raw_body = predicate.body.get();
    let body = Body::from_json(&predicate.kind, raw_body)
        .map_err(|error| malformed(format!("the body of kind {} is not valid: {error}", predicate.kind)))?;
    let is_unknown = body.kind().is_none();
    if is_unknown {
        let mut json = serde_json::Deserializer::from_str(raw_body);
        AnyValue.deserialize(&mut json).map_err(|error| malformed(format!("the body is not valid: {error}")))?;
    }
    let record = Record { subjects: statement.subject, ..predicate.with_body(body) };
    let again =
        Structure::of_value(&statement_of(&record)).map_err(|error| malformed(format!("the statement is not valid: {error}")))?;
    // The body of an unknown kind is not written again: a `null` stands in its place.
    let unknown_body = if is_unknown { Structure::of(raw_body) } else { Structure::default() };
    if Structure::of(text) != again.plus(unknown_body) {
        return Err(malformed(
            "the payload is not in canonical form: it has a list for an object, or a value that must be omitted",
        ));
    }
    check(&record)?;
    Ok(record)
}

/// Writes the payload of a record as compact JSON.
///
/// # Errors
/// [`Seen::KindUnwritable`] for a kind whose body this version can't write, and whatever [`parse_statement`] would find
/// wrong with what was written, so that nobody signs what nobody will accept.
pub fn encode_statement(record: &Record) -> Result<Vec<u8>, Seen> {
    match record.body.kind() {
        None => return Err(Seen::KindUnwritable { kind: record.kind.clone() }),
        Some(kind) if kind.name() != record.kind => {
            return Err(malformed(format!("the body is of kind {kind}, not {:?}", record.kind)));
        }
        Some(_) => {}
    }
    check(record)?;
    Ok(serde_json::to_vec(&statement_of(record)).expect("records have string keys and no floating-point numbers"))
}

/// Puts the statement's wrapping around a record.
fn statement_of(record: &Record) -> Statement<&Record> {
    Statement {
        statement_type: STATEMENT_TYPE.to_owned(),
        subject: record.subjects.clone(),
        predicate_type: format!("{PREDICATE_PREFIX}{}", record.kind),
        predicate: record,
    }
}

fn malformed(what: impl Into<String>) -> Seen {
    Seen::PayloadMalformed { what: what.into() }
}

fn is_kind(name: &str) -> bool {
    name.len() <= MAX_KIND
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Checks what types alone can't say.
fn check(record: &Record) -> Result<(), Seen> {
    check_subjects(&record.subjects)?;
    if record.policy_head.version == 0 {
        return Err(malformed("policy versions begin at 1"));
    }
    if !is_sorted_set(&record.parents) {
        return Err(malformed("the parents are not sorted and unique"));
    }
    check_open(record)?;
    if record.comment.as_ref().is_some_and(|comment| comment.is_empty() || comment.len() > MAX_COMMENT) {
        return Err(malformed(format!("a comment has 1 to {MAX_COMMENT} bytes")));
    }
    if record.evidence.len() > MAX_EVIDENCE {
        return Err(malformed(format!("a record has at most {MAX_EVIDENCE} pieces of evidence")));
    }
    record.evidence.iter().try_for_each(check_evidence)?;
    if !is_name(&record.tool) {
        return Err(malformed("the tool is not a short name in one line"));
    }
    match &record.body {
        Body::Decide(Decide { manifest, .. }) if !is_sorted_set(manifest) => {
            Err(malformed("the manifest is not sorted and unique"))
        }
        Body::Receipt(Receipt { records, .. }) if !is_sorted_set(records) => {
            Err(malformed("the receipt's records are not sorted and unique"))
        }
        Body::Receipt(Receipt { heads, .. }) if !heads.is_sorted_by(|a, b| a.ref_name < b.ref_name) => {
            Err(malformed("the receipt's heads are not sorted and unique"))
        }
        Body::Sign(sign) => check_sign(sign),
        Body::Assign(assign) if assign.item.is_some() == assign.stage.is_some() => {
            Err(malformed("an assignment is of an item or of a stage"))
        }
        Body::Stage(stage) if !is_sorted_set(&stage.readings) => Err(malformed("the readings are not sorted and unique")),
        Body::Close(close) if !is_sorted_set(&close.leave) => Err(malformed("the actions left are not sorted and unique")),
        Body::Policy(PolicyStep { version, previous, .. }) if *version == 0 || previous.is_some() != (*version > 1) => {
            Err(malformed("a policy version from 2 names the one before, and version 1 names none"))
        }
        _ => Ok(()),
    }
}

/// A sign-off is on one thing, and only a waiver on something else than an item.
fn check_sign(sign: &Sign) -> Result<(), Seen> {
    let targets = usize::from(sign.item.is_some()) + usize::from(sign.bake.is_some()) + usize::from(!sign.unknown.is_empty());
    if targets != 1 {
        return Err(malformed("a sign-off is on an item, on the bake time of a stage, or on unknown authors"));
    }
    if sign.item.is_none() && sign.verdict != SignVerdict::Waive {
        return Err(malformed("only a waiver is on something else than an item"));
    }
    if !sign.unknown.is_sorted_by(|a, b| a.author < b.author) || !sign.unknown.iter().all(|one| is_sorted_set(&one.commits)) {
        return Err(malformed("the unknown authors are not sorted and unique"));
    }
    Ok(())
}

fn check_subjects(subjects: &[Subject]) -> Result<(), Seen> {
    let names: BTreeSet<_> = subjects.iter().map(|subject| subject.name.as_str()).collect();
    if subjects.is_empty() || names.len() != subjects.len() {
        return Err(malformed("the subjects are not one or more of distinct names"));
    }
    if !names.into_iter().all(is_name) {
        return Err(malformed("a subject's name is not a short name in one line"));
    }
    Ok(())
}

/// A record of a release names the `open` that it speaks under, and one that belongs to none must not.
fn check_open(record: &Record) -> Result<(), Seen> {
    let Some(kind) = record.body.kind() else { return Ok(()) };
    match kind {
        Kind::Assign
        | Kind::Sign
        | Kind::Check
        | Kind::Decide
        | Kind::Action
        | Kind::Stage
        | Kind::Reading
        | Kind::Rollback
        | Kind::Close
            if record.open.is_none() =>
        {
            Err(malformed(format!("a record of kind {kind} must name its open record")))
        }
        Kind::Open | Kind::Policy | Kind::Receipt if record.open.is_some() => {
            Err(malformed(format!("a record of kind {kind} must not name an open record")))
        }
        _ => Ok(()),
    }
}

fn check_evidence(evidence: &Evidence) -> Result<(), Seen> {
    if evidence.sha256.is_some() != evidence.size.is_some() {
        return Err(malformed("evidence has a digest and a size, or neither"));
    }
    if evidence.sha256.is_none() && (evidence.uri.is_none() || evidence.salted) {
        return Err(malformed("evidence has a digest, or it is a link and not salted"));
    }
    if !evidence.name.iter().chain(&evidence.media_type).all(|text| is_name(text)) {
        return Err(malformed("a name or media type of evidence is not a short name in one line"));
    }
    if evidence
        .uri
        .as_ref()
        .is_some_and(|uri| uri.is_empty() || uri.len() > MAX_URI || uri.contains(|c: char| c.is_control() || c.is_whitespace()))
    {
        return Err(malformed(format!("a link has 1 to {MAX_URI} bytes and no spaces")));
    }
    Ok(())
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME && !text.chars().any(char::is_control)
}

fn is_sorted_set<T: Ord>(values: &[T]) -> bool {
    values.is_sorted_by(|a, b| a < b)
}

/// Reads any JSON value and keeps nothing of it, refusing keys that stand twice in one object.
struct AnyValue;

impl<'de> DeserializeSeed<'de> for AnyValue {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        // serde_json bounds the depth here, as it does everywhere but in a RawValue.
        deserializer.deserialize_any(self)
    }
}

/// Values that hold no others.
macro_rules! plain {
    ($($method:ident($($type:ty)?))*) => {
        $(fn $method<E>(self, $(_: $type)?) -> Result<(), E> {
            Ok(())
        })*
    };
}

impl<'de> Visitor<'de> for AnyValue {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    plain! { visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str) visit_unit() }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(key) = object.next_key::<String>()? {
            if !keys.insert(key) {
                return Err(de::Error::custom("a key is twice in one object"));
            }
            object.next_value_seed(Self)?;
        }
        Ok(())
    }
}
