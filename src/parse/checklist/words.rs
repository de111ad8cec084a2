//! What headings, leading sentences, columns and values mean, by the tables of `lexicon`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::comparisons::is_unspaced;
use super::lexicon::{self, Column};
use super::phrases::{any_of, canon, fits, has, has_any, made_of, normal, sense_of, spelled, without_shortcodes};
use super::vocabulary::{How, Words};
use crate::model::checklist::SectionKind;
use crate::model::record::{Phase, RiskClass};

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

/// Whether a text, as [`canon`] gives it, speaks of rolling back.
pub(super) fn is_rollback(text: &str) -> bool {
    any_of(text, lexicon::ROLLBACK.words())
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
