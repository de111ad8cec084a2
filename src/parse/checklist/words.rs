//! What headings, leading sentences, columns and values mean, by the tables of `lexicon`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::comparisons::is_unspaced;
use super::lexicon::{self, Column};
use super::vocabulary::{How, Table, Words};
use crate::model::checklist::{Choice, SectionKind};
use crate::model::ids::Handle;
use crate::model::record::{Phase, RiskClass};

/// Reduces text to lower-case words with single spaces: punctuation, emoji and leading numbers are left out.
pub(super) fn normal(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<_> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let skip = words.iter().take_while(|word| word.bytes().all(|b| b.is_ascii_digit())).count();
    words[if skip == words.len() { 0 } else { skip }..].join(" ")
}

/// Whether `phrase` stands in `text` as whole words; both are [`normal`].
fn has(text: &str, phrase: &str) -> bool {
    // Most texts are shorter than most phrases, and to search is to prepare a search.
    if phrase.len() > text.len() {
        return false;
    }
    let first = phrase.chars().next().map_or(1, char::len_utf8);
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(phrase)).map(|at| from + at) {
        let (before, after) = (&text[..at], &text[at + phrase.len()..]);
        if (before.is_empty() || before.ends_with(' ')) && (after.is_empty() || after.starts_with(' ')) {
            return true;
        }
        // The next one may begin within this one.
        from = at + first;
    }
    false
}

fn has_any(text: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| has(text, phrase))
}

/// Reduces text as [`normal`] does, with the spellings of one word made one, and nothing of what stands in brackets.
pub(super) fn canon(text: &str) -> String {
    // One plain word, as most names of facts are, is soon told.
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let word = text.to_ascii_lowercase();
        return lexicon::SPELLINGS.find(|from| from == word).map_or(word, str::to_owned);
    }
    let text = without_shortcodes(text);
    let text: &str = &text;
    if !text.contains(['(', ')', '（', '）']) {
        return spelled(&normal(text));
    }
    let mut depth = 0_u32;
    let bare: String = text
        .chars()
        .filter(|c| {
            match c {
                '(' | '（' => depth += 1,
                ')' | '）' => depth = depth.saturating_sub(1),
                _ => return depth == 0,
            }
            false
        })
        .collect();
    let text = normal(if bare.trim().is_empty() { text } else { &bare });
    spelled(&text)
}

/// Returns a text without the names of emoji, such as `:computer:`, unless it is nothing else.
fn without_shortcodes(text: &str) -> Cow<'_, str> {
    if text.find(':') == text.rfind(':') {
        return Cow::Borrowed(text);
    }
    let mut bare = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(':') {
        let name =
            rest[at + 1..].bytes().take_while(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'+'));
        let end = at + 1 + name.count();
        let is_code = end > at + 1 && rest[end..].starts_with(':') && rest[at + 1..end].bytes().any(|b| b.is_ascii_lowercase());
        bare.push_str(&rest[..if is_code { at } else { end }]);
        rest = &rest[if is_code { end + 1 } else { end }..];
    }
    bare.push_str(rest);
    if bare.trim().is_empty() { Cow::Borrowed(text) } else { Cow::Owned(bare) }
}

/// The first words of all phrases that say what a section is, by which most lines are passed over quickly.
static SECTION_WORDS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| firsts(lexicon::SECTIONS.words().chain(lexicon::ROLLBACK.words()).chain(lexicon::SIGN_OFF.words())));

/// The same of those that say when.
static PHASE_WORDS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| firsts(lexicon::PHASES.words().chain(lexicon::DURING.iter().copied()).chain(["after"])));

/// The same of those that name who is on call.
static ON_CALL_WORDS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| firsts(lexicon::ON_CALL.words()));

fn firsts<'a>(phrases: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    phrases.filter_map(|phrase| phrase.split(' ').next()).collect()
}

/// Whether a text, as [`canon`] gives it, has a word that one of some phrases begins with.
fn may_say(text: &str, words: &BTreeSet<&str>) -> bool {
    text.split(' ').any(|word| words.contains(word)) || text.chars().any(is_unspaced)
}

/// Makes one the spellings of one word.
fn spelled(text: &str) -> String {
    let mut text = text.to_owned();
    let one = !text.contains(' ');
    for (from, to) in lexicon::SPELLINGS.each() {
        if !(one && from.contains(' ')) && has(&text, from) {
            text = format!(" {text} ").replace(&format!(" {from} "), &format!(" {to} ")).trim().to_owned();
        }
    }
    text
}

/// Whether a phrase stands in a text as [`How`] says; both are [`canon`].
fn fits(text: &str, how: How, phrase: &str) -> bool {
    if phrase.len() > text.len() {
        return false;
    }
    let unspaced = phrase.chars().all(is_unspaced);
    match how {
        How::Whole => text == phrase,
        How::Has if unspaced => text.contains(phrase),
        How::Has => has(text, phrase),
        How::Starts => text.strip_prefix(phrase).is_some_and(|rest| {
            let next = rest.trim_start().chars().next();
            (unspaced || rest.is_empty() || rest.starts_with(' ')) && !next.is_some_and(|c| c.is_ascii_digit())
        }),
    }
}

fn any_of<'a>(text: &str, words: impl IntoIterator<Item = &'a str>) -> bool {
    words.into_iter().any(|word| fits(text, How::Has, word))
}

/// Finds what the first phrase that a text fits stands for.
fn sense_of<K: Copy + PartialEq + 'static>(text: &str, table: &Table<(K, How, &'static str)>) -> Option<K> {
    table.iter().find(|((_, how, _), words)| words.iter().any(|word| fits(text, *how, word))).map(|((sense, ..), _)| *sense)
}

/// Whether a text, as [`canon`] gives it, speaks of rolling back.
pub(super) fn is_rollback(text: &str) -> bool {
    any_of(text, lexicon::ROLLBACK.words())
}

/// Whether each word of a text is one of some words, and one at least is one of the first.
fn made_of<'a>(text: &str, core: &[&'a str], beside: &[&'a str]) -> bool {
    let mut seen = false;
    let whole = core.contains(&text);
    // A name of several words counts as one.
    let mut text = text.to_owned();
    for phrase in core.iter().filter(|phrase| phrase.contains(' ')) {
        if has(&text, phrase) {
            seen = true;
            text = format!(" {text} ").replace(&format!(" {phrase} "), " ").trim().to_owned();
        }
    }
    let all = text.split(' ').filter(|word| !word.is_empty()).all(|word| {
        let is_core = core.contains(&word);
        seen |= is_core;
        if is_core || beside.contains(&word) || word.bytes().all(|b| b.is_ascii_digit()) {
            return true;
        }
        // Scripts without blanks put their words together.
        let mut rest = word.to_owned();
        for part in core.iter().chain(beside).filter(|part| part.chars().all(is_unspaced)) {
            if core.contains(part) && rest.contains(part) {
                seen = true;
            }
            rest = rest.replace(part, "");
        }
        rest.is_empty()
    });
    whole || all && seen
}

/// Reduces what a heading is about as [`canon`] does.
fn topic(title: &str) -> String {
    canon(subject(&without_shortcodes(title)))
}

/// Returns the part of a heading that says what it is about: without what only counts it, and without what follows a colon.
fn subject(title: &str) -> &str {
    let Some((head, rest)) = title.split_once([':', '：']).filter(|(_, rest)| !rest.trim().is_empty()) else {
        return title.trim_end().trim_end_matches([':', '：']);
    };
    let mut words = head.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_lowercase();
    let counted = words.next().is_some_and(|word| word.chars().count() <= 2) && words.next().is_none();
    if counted && lexicon::COUNTERS.contains(&first.as_str()) { rest } else { head }
}

/// Says what a list under a heading that speaks of rolling back is.
fn rollback_section(text: &str) -> Option<SectionKind> {
    if any_of(text, lexicon::ROLLBACK_CHECKED.iter().copied()) {
        return None;
    }
    let negated = any_of(text, ["not", "never", "nicht", "nunca", "не"]);
    let at = lexicon::ROLLBACK.words().filter_map(|word| text.find(word)).min().unwrap_or(0);
    let after = &text[at..];
    let condition = ["if", "when", "bei", "wenn", "si", "если"].iter().any(|word| has(after, word) && !after.ends_with(word))
        || ["if", "when"].iter().any(|word| after.ends_with(&format!(" {word}")));
    if condition || any_of(text, lexicon::ROLLBACK_WHEN.words()) {
        return Some(if negated { SectionKind::Notes } else { SectionKind::Triggers });
    }
    let (core, beside): (Vec<_>, Vec<_>) = (lexicon::ROLLBACK.words().collect(), lexicon::ROLLBACK_HOW.words().collect());
    (!negated && made_of(text, &core, &beside)).then_some(SectionKind::Procedure)
}

/// Guesses what a section is about from its heading, or from the sentence that leads to a list.
pub(super) fn section(title: &str) -> Option<SectionKind> {
    let text = topic(title);
    if !may_say(&text, &SECTION_WORDS) {
        return None;
    }
    if is_rollback(&text) {
        return rollback_section(&text);
    }
    let core: Vec<_> = lexicon::SIGN_OFF.words().collect();
    if made_of(&text, &core, &lexicon::SIGN_OFF_BESIDE) {
        return Some(SectionKind::SignOff);
    }
    sense_of(&text, &lexicon::SECTIONS).filter(|kind| *kind != SectionKind::KnownIssues || !has(&text, "review"))
}

/// Whether a heading names a procedure without saying of what.
pub(super) fn is_procedure(title: &str) -> bool {
    let text = topic(title);
    lexicon::PROCEDURE.words().any(|name| name == text)
}

/// What a heading says of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Nothing.
    Unsaid,
    /// The phase.
    Says(Phase),
    /// It names the release or its deployment, and whether that is meant as a time, the headings beside it say.
    Act,
}

/// Reads what a heading says of time.
pub(super) fn when(title: &str) -> When {
    if let Some(phase) = countdown(title) {
        return When::Says(phase);
    }
    let text = topic(title);
    let may_say = may_say(&text, &PHASE_WORDS);
    if (may_say || text.contains("post")) && is_after(&text) {
        // "Post-rollback" is no "post-rollout".
        return When::Says(Phase::After);
    }
    if at_each_stage(title) {
        return When::Says(Phase::Stage);
    }
    if let Some(phase) = may_say.then(|| sense_of(&text, &lexicon::PHASES)).flatten() {
        return When::Says(phase);
    }
    if section(title) == Some(SectionKind::Procedure) {
        return When::Says(Phase::OnRollback);
    }
    if lexicon::DURING.contains(&text.as_str()) { When::Act } else { When::Unsaid }
}

/// Whether a heading says "pre-" or "before" of one of [`lexicon::OUT`].
pub(super) fn is_before(title: &str) -> bool {
    let text = topic(title);
    let mut words = text.split(' ');
    let first = words.next().unwrap_or_default();
    let next = words.find(|word| *word != "the");
    let out = |word: &str| lexicon::OUT.contains(&word);
    matches!(first, "pre" | "before") && next.is_some_and(out) || first.strip_prefix("pre").is_some_and(out)
}

/// Whether a text says "post-" or "after" of one of [`lexicon::OUT`].
pub(super) fn is_after(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    words.iter().enumerate().any(|(at, word)| {
        let rest = &words[at + 1..];
        let out = |word: &&str| lexicon::OUT.contains(word);
        let joined = word.strip_prefix("post").is_some_and(|noun| lexicon::OUT.contains(&noun));
        let post = *word == "post" && rest.first().is_some_and(out) && {
            // "Post release notes" asks to post them.
            at > 0 || !rest.get(1).is_some_and(|next| matches!(*next, "notes" | "note" | "announcement" | "announcements" | "to"))
        };
        let after = *word == "after" && at == 0 && {
            let rest =
                if rest.first().is_some_and(|word| matches!(*word, "the" | "each" | "a" | "final")) { &rest[1..] } else { rest };
            rest.first().is_some_and(out)
        };
        joined || post || after
    })
}

/// Whether a text begins by saying that the release is out, such as `After the deployment, look at the logs`.
pub(super) fn begins_after(text: &str) -> bool {
    let head = text.split([',', ':', '，', '：']).next().unwrap_or_default();
    head.len() < text.len() && head.split_whitespace().count() <= 4 && {
        let head = canon(head);
        head.starts_with("after ") && is_after(&head)
    }
}

/// Whether a sentence says when to roll back, such as `Roll back at once if errors exceed 2 %`.
pub(super) fn is_rollback_condition(text: &str) -> bool {
    let Some(at) = [" if ", " when "].iter().filter_map(|word| text.find(word)).min() else { return false };
    let head = canon(&text[..at]);
    if head.split(' ').count() > 6 || !is_rollback(&head) {
        return false;
    }
    let core: Vec<_> = lexicon::ROLLBACK.words().collect();
    let beside: Vec<_> =
        lexicon::ROLLBACK_HOW.words().chain(["immediately", "automatically", "at", "once", "must", "will"]).collect();
    let condition = text[at + 1..].split_once(' ').map_or("", |(_, rest)| rest.trim());
    made_of(&head, &core, &beside) && super::values::threshold(condition).is_some()
}

/// Reads a phase from `T+30`, `T-2 weeks` or `T = 0`.
fn countdown(title: &str) -> Option<Phase> {
    let mut found = None;
    for (at, _) in title.match_indices('T') {
        if title[..at].chars().next_back().is_some_and(char::is_alphanumeric) {
            continue;
        }
        let rest = title[at + 1..].trim_start();
        let Some(sign) = rest.chars().next().filter(|c| matches!(c, '+' | '-' | '−' | '–' | '=')) else { continue };
        let rest = rest[sign.len_utf8()..].trim_start();
        let digits = &rest[..rest.bytes().take_while(u8::is_ascii_digit).count()];
        let Ok(number) = digits.parse::<u32>() else { continue };
        let phase = match (sign, number) {
            (_, 0) => Phase::Stage,
            ('+', _) => Phase::After,
            ('=', _) => continue,
            _ => Phase::Before,
        };
        if found.is_some_and(|before| before != phase) {
            return None;
        }
        found = Some(phase);
    }
    found
}

/// Whether a sentence speaks of every stage of the roll-out.
pub(super) fn at_each_stage(text: &str) -> bool {
    if !text.contains("tage") && !text.contains("TAGE") {
        return false;
    }
    let text = canon(text);
    lexicon::EACH_STAGE
        .iter()
        .any(|word| has_any(&text, &[&format!("{word} stage"), &format!("{word} rollout stage"), &format!("{word} traffic stage")]))
}

/// Whether a text begins with a word that counts stages and a number, such as `Stage 2`.
pub(super) fn counts_stage(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    // Chinese and Japanese put the number first: the second stage is 第二阶段.
    if let Some(rest) = text.strip_prefix('第') {
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || "一二三四五六七八九十".contains(c));
        return lexicon::STAGE_WORDS.iter().any(|word| rest.starts_with(word));
    }
    lexicon::STAGE_WORDS.iter().any(|word| {
        let Some(rest) = text.strip_prefix(word) else { return false };
        let number: String = rest.trim_start_matches([' ', '-', '#']).chars().take_while(|c| c.is_alphanumeric()).collect();
        !number.is_empty()
            && (number.bytes().all(|b| b.is_ascii_digit()) || number.len() == 1 && !rest.starts_with(char::is_alphanumeric))
    })
}

/// Whether a heading is a step that moves traffic, such as `Step 2: increase to 20%`.
pub(super) fn is_traffic_step(title: &str) -> bool {
    let text = canon(title);
    let mut words = text.split(' ');
    let counted = words.next() == Some("step") && words.next().is_some_and(|word| word.bytes().all(|b| b.is_ascii_digit()));
    counted && words.any(|word| matches!(word, "canary" | "traffic") || lexicon::SHARE_VERBS.contains(&word))
}

/// Whether a heading is one of numbered steps.
pub(super) fn is_numbered(title: &str) -> bool {
    let title = title.trim_start();
    let rest = title.strip_prefix("Step ").unwrap_or(title);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && rest[digits..].starts_with(['.', ')', ':', ' '])
}

/// Whether a sentence that leads to a list names conditions for rolling back, be it to check them.
pub(super) fn names_triggers(text: &str) -> bool {
    let text = canon(text);
    is_rollback(&text) && any_of(&text, ["trigger", "triggers", "criteria", "conditions", "thresholds"])
}

/// Whether a name is one that stages have.
pub(super) fn is_stage_name(text: &str) -> bool {
    let text = canon(text);
    lexicon::STAGE_NAMES.iter().any(|name| fits(&text, How::Starts, name) || text == *name)
}

/// Whether a text begins with a verb that moves traffic.
pub(super) fn moves_traffic(text: &str) -> bool {
    let text = canon(text);
    lexicon::SHARE_VERBS.contains(&text.split(' ').next().unwrap_or_default()) || text.split(' ').any(|word| word == "traffic")
}

/// Whether a name is one of a table of names.
pub(super) fn is_named(name: &str, names: &[&str]) -> bool {
    names.contains(&canon(name).as_str())
}

/// Whether a name begins as one that a person on call has.
pub(super) fn is_on_call(name: &str) -> bool {
    let text = canon(name);
    let begins = || text.split(' ').count() <= 4 && lexicon::ON_CALL.words().any(|word| fits(&text, How::Starts, word));
    may_say(&text, &ON_CALL_WORDS) && (begins() || names_on_call(name))
}

/// Whether a name says nothing but who is on call.
pub(super) fn names_on_call(name: &str) -> bool {
    let core: Vec<_> = lexicon::ON_CALL.words().collect();
    made_of(&canon(name), &core, &lexicon::ON_CALL_BESIDE)
}

/// Whether a name is that of who stands in for the person on call.
pub(super) fn is_second(name: &str) -> bool {
    any_of(&canon(name), lexicon::ON_CALL_SECOND.iter().copied())
}

/// Describes what a column holds by its heading.
pub(super) fn column(head: &str) -> Column {
    let trimmed = head.trim();
    if !trimmed.is_empty() && trimmed.chars().all(|c| matches!(c, '✓' | '✔' | '✅' | '☑' | '☐' | '\u{fe0f}')) || trimmed == "[ ]"
    {
        return Column::Status;
    }
    if trimmed == "#" {
        return Column::Id;
    }
    let text = canon(trimmed);
    lexicon::COLUMNS.find(|name| name == text).map_or(Column::Other, |(column, _)| column)
}

/// Whether a cell holds nothing but a sign of how far something is.
pub(super) fn is_mark(text: &str) -> bool {
    let text = text.trim().trim_matches('`');
    if text.is_empty() || text.chars().all(|c| matches!(c, '_' | '\u{fe0f}')) {
        return true;
    }
    let bare: String = text.chars().filter(|c| *c != '\u{fe0f}').collect();
    let word = spelled(&normal(&bare));
    lexicon::MARKS.iter().any(|mark| {
        bare == *mark
            || word == *mark
            || bare.strip_prefix(mark).is_some_and(|rest| lexicon::MARKS.contains(&spelled(&normal(rest)).as_str()))
    })
}

/// Whether a cell holds an empty box or a line to write on, which nothing but a form has.
pub(super) fn is_open_mark(text: &str) -> bool {
    let text = text.trim().trim_matches('`');
    matches!(text, "[ ]" | "[]" | "☐" | "⬜" | "🔲" | "⏳") || text.len() >= 2 && text.chars().all(|c| c == '_')
}

/// Whether a cell holds a code or a number and no text, such as `REL-01`.
pub(super) fn is_code(text: &str) -> bool {
    let text = text.trim().trim_matches('`').trim_end_matches('.');
    let count = text.chars().count();
    (1..=10).contains(&count)
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '-' | '.' | '_' | '#'))
}

/// Whether an item prepares for something, so that it is due before, whatever heading it stands under.
pub(super) fn prepares(title: &str) -> bool {
    static DONE: Words = Words::new(
        "documented, tested, reviewed, approved, prepared, verified, rehearsed, validated, confirmed, agreed, ready, assigned, \
         defined, available, written, exists, in place, is clear, approval, second pair of eyes",
    );
    has_any(&canon(title), &DONE)
}

/// Returns a title without what is to be filled in, such as `[VERSION]`, `<name>` or `vX.Y.Z`.
pub(super) fn without_placeholders(title: &str) -> String {
    let mut bare = String::new();
    let mut closing = None;
    for c in title.chars() {
        match (closing, c) {
            (None, '[') => closing = Some(']'),
            (None, '<') => closing = Some('>'),
            (None, '{') => closing = Some('}'),
            (Some(end), c) if c == end => closing = None,
            (None, '}') => {}
            (None, c) => bare.push(c),
            (Some(_), _) => {}
        }
    }
    // What a colon leads to was all to be filled in, so that it only sorts titles.
    if bare.trim_end().ends_with(':') && bare.len() < title.len() {
        return String::new();
    }
    // A bracket that never closes opened nothing.
    let bare = if closing.is_some() { title.to_owned() } else { bare };
    let is_form = |word: &&str| {
        let word = word.trim_matches(|c: char| matches!(c, '"' | '\'' | '(' | ')' | ',' | ':'));
        let letters = word
            .trim_start_matches('v')
            .chars()
            .all(|c| matches!(c, 'W' | 'X' | 'Y' | 'Z' | 'x' | 'y' | 'z' | 'N' | '#' | 'r' | 'c' | '.' | '-' | '_' | '0'..='9'));
        let form = letters && word.contains(['X', 'Y', 'x', 'N', '#']) && word.contains(['.', '#', '-', '_'])
            || word == "vX"
            || word == "XX";
        form || matches!(word, "VERSION" | "MILESTONE" | "YYYY-MM-DD" | "YYYY" | "DATE" | "TAG" | "RELEASE_VERSION" | "NAME")
    };
    let bare = ["(version)", "(name)", "(date)"].iter().fold(bare, |bare, form| bare.replace(form, ""));
    let mut kept: Vec<&str> = bare.split_whitespace().filter(|word| !is_form(word)).collect();
    while kept.len() > 1 && kept.last().is_some_and(|word| matches!(*word, "on" | "for" | "of" | "to" | "at" | "from")) {
        kept.pop();
    }
    let kept = kept.join(" ");
    if kept.ends_with(':') {
        return String::new();
    }
    kept.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '-' | '–' | '—' | '"' | '\'' | ',' | '/' | '|' | '#'))
        .to_owned()
}

/// Finds the risk class in a text such as `Risk Classification: HIGH`.
pub(super) fn risk_class(text: &str) -> Option<RiskClass> {
    let class = |word: &str| {
        let word = word.to_lowercase();
        word.parse().ok().or(lexicon::RISK_CLASSES.find(|known| known == word))
    };
    text.split(|c: char| !c.is_alphanumeric()).find_map(class)
}

/// Takes a cell or value that is one handle; everything else that names an owner is text.
pub(super) fn owner(text: &str) -> (Option<Handle>, Option<String>) {
    let text = text.trim();
    match text.parse::<Handle>() {
        Ok(handle) => (Some(handle), None),
        Err(_) if text.chars().all(|c| matches!(c, '_' | '-' | '—' | '.' | ' ')) => (None, None),
        Err(_) => (None, Some(text.to_owned())),
    }
}

/// Finds every name with an `@` before it, as it is written: `@kim`, but also `@org/team` and `@kim.vale`.
fn mentions(text: &str) -> Vec<(usize, &str)> {
    let mut all = Vec::new();
    for (at, _) in text.match_indices('@') {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '@' | '/')) {
            continue;
        }
        let rest = &text[at + 1..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.' | '/' | '@')).unwrap_or(rest.len());
        let name = rest[..end].trim_end_matches(['-', '.', '/', '_']);
        if !name.is_empty() && !name.contains('@') {
            all.push((at, &text[at..=at + name.len()]));
        }
    }
    all
}

/// Finds every handle in a text; a name that is no handle as it stands is none.
pub(super) fn handles(text: &str) -> Vec<Handle> {
    mentions(text).into_iter().filter_map(|(_, name)| name.parse().ok()).collect()
}

/// Finds the owner that the text of an item names: its one mention, at its end or before a colon at its beginning.
pub(super) fn owner_in_text(text: &str) -> Option<&str> {
    let [(at, name)] = mentions(text)[..] else { return None };
    let (before, after) = (text[..at].trim_end(), text[at + name.len()..].trim());
    let closed = matches!(after, ")" | "]" | "");
    let ends = closed && before.ends_with(['-', '–', '—', '(', '[', ':', '|', '→', ',']) && before.len() > 1;
    let begins = before.is_empty() && after.starts_with([':', '-', '–', '—']);
    (ends || begins).then_some(name)
}

/// Finds the role that the text of an item names at its beginning, such as `QA: smoke test` or `(QA) smoke test`.
pub(super) fn role_in_text(text: &str) -> Option<String> {
    let in_brackets = text.strip_prefix('(').and_then(|text| text.split_once(')'));
    let (name, rest) = in_brackets.or_else(|| text.split_once(':'))?;
    (!rest.trim().is_empty()).then(|| role(name)).flatten()
}

/// Finds the role that a line above a list names, such as `Security team`.
pub(super) fn role(name: &str) -> Option<String> {
    let text = normal(name);
    let bare = text.strip_suffix(" team").or_else(|| text.strip_suffix(" lead")).unwrap_or(&text);
    let known = |name: &str| lexicon::ROLES.contains(&name);
    (known(bare) || known(&text)).then(|| if known(&text) { text.replace(' ', "-") } else { bare.replace(' ', "-") })
}

/// Splits `Name: value`; the name is short and begins with a letter.
pub(super) fn named_value(text: &str) -> Option<(&str, &str)> {
    let whole = text;
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let (name, value) = text.split_once([':', '：'])?;
    // What stands beside the lines of a drawing is part of it.
    if whole.contains(|c: char| matches!(c, '\u{2500}'..='\u{257f}')) {
        return None;
    }
    let wide = text[name.len()..].starts_with('：');
    let name = name.trim();
    let starts = name.chars().next().is_some_and(char::is_alphabetic);
    let words = name.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count();
    let follows = wide || value.is_empty() || value.starts_with(char::is_whitespace);
    (starts && follows && name.chars().count() <= 40 && words <= 5).then(|| (name, value.trim()))
}

/// Strips a box from the front of a text.
pub(super) fn leading_box(text: &str) -> Option<(bool, &str)> {
    // Most texts begin with a letter.
    if text.bytes().next().is_none_or(|byte| byte != b'[' && byte.is_ascii()) {
        return None;
    }
    lexicon::BOXES.each().find_map(|(sign, ticked)| {
        let rest = text.strip_prefix(sign)?;
        let rest = rest.strip_prefix('\u{fe0f}').unwrap_or(rest);
        (rest.starts_with(char::is_whitespace) && !rest.trim().is_empty()).then(|| (ticked, rest.trim()))
    })
}

/// Strips a box from the front of a line, perhaps behind a number such as `1.2.` or bullets such as `**`, which Markdown takes
/// for no list.
pub(super) fn line_box(text: &str) -> Option<(bool, &str)> {
    leading_box(text).or_else(|| leading_box(without_outline(text)?))
}

/// Strips the number or the bullets of an outline.
fn without_outline(text: &str) -> Option<&str> {
    let sign = text.bytes().next()?;
    let marker = match sign {
        b'0'..=b'9' => text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count(),
        b'*' | b'-' | b'#' | b'.' => text.bytes().take_while(|byte| *byte == sign).count(),
        _ => return None,
    };
    let is_outline = sign == b'.' || marker > 1 && (!sign.is_ascii_digit() || text[..marker - 1].contains('.'));
    text[marker..].strip_prefix(' ').map(str::trim_start).filter(|_| is_outline)
}

/// Takes a line for a heading that is written as in AsciiDoc (`== Name`) or in Jira (`h2. Name`); gives its level.
pub(super) fn foreign_heading(text: &str) -> Option<(u8, &str)> {
    let signs = text.bytes().take_while(|byte| *byte == b'=').count();
    let (level, rest) = match text.as_bytes() {
        [b'h', level @ b'1'..=b'6', b'.', ..] => (level - b'0', &text[3..]),
        _ => (u8::try_from(signs).ok().filter(|level| (1..=6).contains(level))?, &text[signs..]),
    };
    let title = rest.strip_prefix(' ')?.trim_matches([' ', '=']);
    title.starts_with(|c: char| !c.is_ascii_punctuation()).then_some((level, title))
}

/// The boxes between which people choose on one line.
const CHOICE_BOXES: &[(&str, bool)] = &[("[ ]", false), ("[x]", true), ("[X]", true), ("☐", false), ("☑", true), ("☒", true)];

/// Whether a text may hold one of [`CHOICE_BOXES`].
pub(super) fn holds_box(text: &str) -> bool {
    text.bytes().any(|byte| byte == b'[' || byte == 0xe2) && !choices(text).1.is_empty()
}

/// Whether several boxes stand on a line.
pub(super) fn is_choice(text: &str) -> bool {
    holds_box(text) && choices(text).1.len() > 1
}

/// Splits a line with boxes into what stands before the first and the choices.
pub(super) fn choices(text: &str) -> (String, Vec<Choice>) {
    let mut found: Vec<(usize, usize, bool)> = CHOICE_BOXES
        .iter()
        .flat_map(|(sign, ticked)| text.match_indices(sign).map(|(at, sign)| (at, at + sign.len(), *ticked)))
        .collect();
    found.sort_unstable();
    let title = found.first().map_or(text, |(at, ..)| &text[..*at]).trim().trim_end_matches(':').trim().to_owned();
    let ends = found.iter().skip(1).map(|(at, ..)| *at).chain(std::iter::once(text.len()));
    let choices = found
        .iter()
        .zip(ends)
        .map(|((_, start, ticked), end)| {
            let text = text[*start..end].trim().trim_end_matches(['/', '|', ',']).trim().to_owned();
            Choice { text, ticked: *ticked }
        })
        .collect();
    (title, choices)
}

/// Whether a plain line stands where a heading would: short, capitalised words, no sentence.
pub(super) fn looks_like_heading(line: &str) -> bool {
    let line = line.trim();
    let bare = line.split('(').next().unwrap_or(line).trim();
    line.chars().count() <= 80
        && !bare.is_empty()
        && !bare.ends_with(['.', ',', ';', ':', '!', '?'])
        && bare.chars().next().is_some_and(char::is_uppercase)
        && bare.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '/' | '&' | ',' | '\''))
        && bare
            .split_whitespace()
            .all(|word| word.chars().count() < 4 || word.chars().next().is_some_and(|c| c.is_uppercase() || c.is_numeric()))
}

#[cfg(test)]
mod tests {
    use super::has;

    #[test]
    fn a_phrase_stands_where_words_begin_and_end() {
        let texts = ["", "a", "a a", "xa a a", "a ax", "ax a", "ä a", "a ä a", "aa", "a a a b", "b a a"];
        for text in texts {
            for phrase in ["a", "a a", "a a b", "ä", "b"] {
                assert_eq!(has(text, phrase), format!(" {text} ").contains(&format!(" {phrase} ")), "{phrase:?} in {text:?}");
            }
        }
    }
}
