//! Limits in running text: comparisons, numbers with units, spans of time, and what is left to a person.
//!
//! Where a text could be read either way, it is given as written and without a comparison: nothing may be read with its
//! sense turned round.

use std::ops::Range;
use std::sync::LazyLock;

use super::comparisons::{ByFirst, behind, blanks, is_unspaced, next_comparison, plain_number, seconds_of, unit_at};
use super::limit_words::{ANY, EVENTS, LEADS, NEGATIONS, NO_EVENTS, NUMBERS, SPAN_NOUNS, TURNS};
use super::vocabulary::Words;
use crate::model::limit::{Baseline, Comparison, Limit, Limits};

/// A number with its unit.
#[derive(Debug, Clone)]
struct Amount {
    span: Range<usize>,
    number: String,
    unit: Option<String>,
    /// The number is spelled out, or a name stands in its place.
    spelled: bool,
}

impl Amount {
    fn is_time(&self) -> bool {
        self.unit.as_deref().is_some_and(|unit| seconds_of(unit).is_some())
    }
}

/// A span of time.
#[derive(Debug, Clone)]
struct Span {
    span: Range<usize>,
    seconds: u64,
}

/// The numbers in words.
static NUMBERS_BY_FIRST: LazyLock<ByFirst<(&str, f64)>> = LazyLock::new(|| ByFirst::new(NUMBERS.iter().copied(), |(name, _)| name));

/// How many bytes of a text are read; what is longer is no condition but an essay, or an attack.
const MOST_READ: usize = 1000;

/// Reads everything that a text says of limits.
pub fn limits(text: &str) -> Limits {
    let text = text.get(..MOST_READ).unwrap_or_else(|| {
        let end = (0..=MOST_READ.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        &text[..end]
    });
    let lower = text.to_ascii_lowercase();
    let mut found = Limits::default();
    let spans = spans(&lower);
    let mut taken: Vec<Range<usize>> = Vec::new();
    let mut times: Vec<Range<usize>> = Vec::new();
    if between(text, &lower, &mut found) {
        return found;
    }
    let mut at = 0;
    while let Some((comparison, mark, word)) = next_comparison(&lower, at) {
        at = mark.end;
        let Some(amount) = amount(text, &lower, mark.end) else { continue };
        at = amount.span.end;
        let whole = mark.start..amount.span.end;
        if amount.is_time() && is_duration(&lower, &whole, word, !found.all.is_empty()) {
            times.push(whole);
            continue;
        }
        if word == "=" && lower[..mark.start].contains("baseline") {
            let name = text[..mark.start].trim_end().rsplit([' ', ',', ':', ';', '(']).next().unwrap_or_default().to_owned();
            found.baselines.push(Baseline { name, value: text[amount.span.clone()].to_owned() });
            taken.push(whole);
            continue;
        }
        if word == "is" && amount.spelled {
            continue;
        }
        let limit = limit(text, &lower, comparison, whole.clone(), &amount);
        taken.push(whole.start..whole.start + limit.text.len());
        found.all.push(limit);
    }
    behind(text, &lower, &mut found, &mut taken);
    multiples(text, &lower, &mut found, &mut taken);
    words(text, &lower, &mut found);
    found.together = found.all.len() > 1 && is_together(&lower, &taken);
    duration(text, &lower, &spans, (&taken, &times), &mut found);
    found.any = found.all.is_empty() && found.baselines.is_empty() && is_event(&lower);
    found
}

/// Makes a limit of a comparison and an amount.
fn limit(text: &str, lower: &str, comparison: Comparison, mut whole: Range<usize>, amount: &Amount) -> Limit {
    let before = clause_before(lower, whole.start);
    let (negations, turned) = negated(before);
    let mut comparison = Some(if negations { comparison.negated() } else { comparison });
    if turned || amount.spelled {
        // Who means what by this is for a person to say.
        comparison = None;
    }
    let rest = &lower[whole.end..];
    for (sense, tails) in [
        (Comparison::AtLeast, [" or more", " or higher", " or above", " or greater"]),
        (Comparison::AtMost, [" or less", " or fewer", " or lower", " or below"]),
    ] {
        if let Some(tail) = tails.iter().find(|tail| rest.starts_with(**tail) && comparison == Some(Comparison::Is)) {
            comparison = Some(sense);
            whole.end += tail.len();
        }
    }
    let of_baseline = baseline_tail(lower, whole.end);
    if let Some(end) = of_baseline {
        whole.end = end;
    }
    let is_number = !amount.spelled;
    Limit {
        text: text[whole].trim().to_owned(),
        comparison,
        number: is_number.then(|| amount.number.clone()),
        unit: amount.unit.clone(),
        of_baseline: of_baseline.is_some(),
    }
}

/// Finds the words behind an amount that measure it against the baseline; gives where they end.
fn baseline_tail(lower: &str, at: usize) -> Option<usize> {
    static LEAD: Words = Words::new("of, from, over, above, below, than, vs, vs., compared to, against, the, relative to");
    static NAME: Words = Words::new("the baseline, baseline, its baseline, current baseline, the previous baseline, normal");
    let rest = lower[at..].strip_prefix(' ')?;
    let led = LEAD.iter().filter_map(|lead| rest.strip_prefix(lead)?.strip_prefix(' '));
    std::iter::once(rest).chain(led).find_map(|rest| {
        let name = NAME.iter().find(|name| rest.starts_with(**name))?;
        Some(lower.len() - rest.len() + name.len())
    })
}

/// Returns what stands before a place in the same clause.
fn clause_before(lower: &str, at: usize) -> &str {
    let before = &lower[..at];
    let start = [", ", "; ", " or ", " and ", ". ", "(", " but "]
        .iter()
        .filter_map(|stop| before.rfind(stop).map(|n| n + stop.len()))
        .max();
    &before[start.unwrap_or(0)..]
}

/// Whether the words before a comparison turn it round, and whether they leave its sense open.
fn negated(before: &str) -> (bool, bool) {
    let words: Vec<&str> =
        before.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’').filter(|word| !word.is_empty()).collect();
    let is_negation = |word: &&&str| NEGATIONS.contains(*word) || word.ends_with("n't") || word.ends_with("n’t");
    let count = words.iter().filter(is_negation).count();
    let last = words.iter().rposition(|word| is_negation(&word));
    // Between the negation and the comparison stand only words that carry it on, such as "does not rise".
    let near = last.is_some_and(|at| {
        let carried = [
            "be", "is", "are", "go", "goes", "rise", "rises", "drop", "drops", "fall", "falls", "stay", "stays", "remain",
            "remains", "get", "gets", "climb", "dip", "become", "exceed", "to", "ever", "a", "the",
        ];
        words[at + 1..].iter().all(|word| carried.contains(word)) && !matches!(words[at], "no" | "without" | "zero")
    });
    let joined = format!(" {} ", words.join(" "));
    let is_turn = |at: usize, turn: &str| joined[..at].ends_with(' ') && joined[at + turn.len()..].starts_with(' ');
    let turns = TURNS.iter().any(|turn| match turn.contains(' ') {
        true => joined.match_indices(turn).any(|(at, turn)| is_turn(at, turn)),
        false => words.contains(turn),
    });
    match count {
        0 => (false, turns),
        1 => (near && !turns, !near || turns),
        _ => (false, true),
    }
}

/// Reads the amount that follows a comparison: a number with its unit, or the words in its place.
fn amount(text: &str, lower: &str, from: usize) -> Option<Amount> {
    let mut at = from + blanks(&lower[from..]);
    for filler in ["the ", "a limit of ", "a total of ", "about ", "around ", "approximately ", "~", "≈", "by ", "exactly ", "at "]
    {
        if lower[at..].starts_with(filler) {
            at += filler.len();
        }
    }
    let start = at;
    let currency = ["$", "€", "£", "usd ", "eur "].iter().find(|sign| lower[at..].starts_with(**sign)).copied();
    at += currency.map_or(0, str::len);
    let digits = number_end(&lower[at..]);
    if digits > 0 {
        let number = plain_number(&lower[at..at + digits]);
        at += digits;
        let (unit, end) = unit_at(text, at);
        let unit = currency.map(|sign| sign.trim().to_owned()).or(unit);
        return Some(Amount { span: start..end, number, unit, spelled: false });
    }
    let word_end = lower[at..].find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').map_or(lower.len(), |n| at + n);
    let word = &text[at..word_end];
    let is_name = word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit());
    let is_number = NUMBERS.iter().any(|(name, _)| word.eq_ignore_ascii_case(name));
    if !is_name && !is_number && !matches!(&lower[at..word_end], "threshold" | "limit" | "slo" | "sla" | "budget" | "target") {
        return None;
    }
    let (unit, end) = if is_number { unit_at(text, word_end) } else { (None, word_end) };
    let end = if is_number && unit.is_none() { next_word_end(lower, word_end) } else { end };
    Some(Amount { span: start..end, number: String::new(), unit, spelled: true })
}

fn next_word_end(lower: &str, at: usize) -> usize {
    let start = at + blanks(&lower[at..]);
    lower[start..].find(|c: char| !c.is_alphanumeric()).map_or(lower.len(), |n| start + n)
}

/// Returns how long the number at the beginning of a text is.
fn number_end(text: &str) -> usize {
    let mut end = 0;
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(end) {
        let next = bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        if byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'_') && end > 0 && next {
            end += 1;
        } else {
            break;
        }
    }
    end
}

/// Whether a text states a span of time.
pub(super) fn has_span(text: &str) -> bool {
    !spans(&text.to_ascii_lowercase()).is_empty()
}

/// Finds every span of time in a text.
fn spans(lower: &str) -> Vec<Span> {
    let mut all = Vec::new();
    let mut at = 0;
    let bytes = lower.as_bytes();
    while at < lower.len() {
        // No span begins within a word.
        let inside = bytes[at].is_ascii_alphabetic() && at > 0 && bytes[at - 1].is_ascii_alphanumeric();
        if inside || bytes[at] == b' ' {
            at += 1;
            continue;
        }
        let rest = &lower[at..];
        let before = lower[..at].chars().next_back();
        let start_of_word = !before.is_some_and(|c| c.is_alphanumeric() && !is_unspaced(c) || c == '.');
        if !start_of_word {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        }
        let digits = number_end(rest);
        let ends = |name: &str| rest.strip_prefix(name).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
        let spelled = NUMBERS_BY_FIRST.of(rest).find(|(name, _)| ends(name));
        let (mut number, mut end) = match (digits, spelled) {
            (0, None) => {
                at += rest.chars().next().map_or(1, char::len_utf8);
                continue;
            }
            (0, Some((name, value))) => (value, at + name.len()),
            _ => (plain_number(&rest[..digits]).parse().unwrap_or(0.0), at + digits),
        };
        // Of a range the longer end counts.
        for dash in ["-", "–", "—", " to ", " - ", " – "] {
            if let Some(more) = lower[end..].strip_prefix(dash)
                && let length = number_end(more)
                && length > 0
            {
                number = more[..length].parse().unwrap_or(number);
                end += dash.len() + length;
                break;
            }
        }
        let mut place = end + usize::from(lower[end..].starts_with('+'));
        for word in [" consecutive", " straight", " continuous", " full", " or more"] {
            if lower[place..].starts_with(word) {
                place += word.len();
            }
        }
        let (unit, unit_end) = unit_at(lower, place);
        if let Some(seconds) = unit.as_deref().and_then(seconds_of) {
            let total = number * seconds as f64;
            // Beyond a century it is no span of a roll-out but a mistake or an attack.
            // A window in a query, such as `rate(x[5m])`, says over what is averaged.
            let in_query = lower[..at].ends_with('[') && lower[unit_end..].starts_with(']');
            if total > 0.0 && total < 3.2e9 && !in_query {
                all.push(Span { span: at..unit_end, seconds: total as u64 });
            }
            at = unit_end;
        } else {
            at = end;
        }
    }
    all
}

/// Whether a text ends with a word that says for how long.
fn is_led(before: &str) -> bool {
    LEADS.iter().any(|lead| before.strip_suffix(lead).is_some_and(|rest| !rest.ends_with(char::is_alphanumeric)))
}

/// Whether an amount of time behind a comparison says for how long, and not how much.
fn is_duration(lower: &str, whole: &Range<usize>, word: &str, has_limit: bool) -> bool {
    let before = lower[..whole.start].trim_end_matches([' ', '(', ':']);
    is_led(before)
        || before.trim().is_empty() && word != "is" && !matches!(word, "<" | "<=" | "≤" | ">")
        || has_limit && matches!(word, "over" | "within" | "under")
        || word == "within"
}

/// Finds for how long.
fn duration(text: &str, lower: &str, spans: &[Span], (taken, times): (&[Range<usize>], &[Range<usize>]), found: &mut Limits) {
    let within = |outer: &Range<usize>, inner: &Range<usize>| inner.start >= outer.start && inner.end <= outer.end + 1;
    let free = |span: &&Span| !taken.iter().any(|range| within(range, &span.span));
    let compared =
        times.iter().find_map(|range| spans.iter().find(|span| within(range, &span.span)).map(|span| (range.clone(), span)));
    let led = |span: &&Span| {
        let before = lower[..span.span.start].trim_end_matches([' ', '(', '~']);
        let bracket = lower[..span.span.start].ends_with('(');
        let article = [" a", " any", " each"].iter().find_map(|article| before.strip_suffix(article)).unwrap_or(before);
        bracket || is_led(article)
    };
    let chosen = compared.or_else(|| {
        let span = spans.iter().filter(free).find(led).or_else(|| spans.iter().find(free))?;
        Some((span.span.clone(), span))
    });
    if let Some((mut range, span)) = chosen {
        let rest = &lower[range.end..];
        let noun = SPAN_NOUNS.iter().find(|noun| rest.strip_prefix(' ').is_some_and(|rest| rest.starts_with(**noun)));
        range.end += noun.map_or(0, |noun| noun.len() + 1);
        let written = text[range].trim().trim_start_matches("over ").trim_start_matches("within ").to_owned();
        found.duration = Some(written);
        found.seconds = Some(span.seconds);
    }
}

/// Finds multiples of the baseline that no comparison leads to, such as `2x baseline` and `doubles`.
fn multiples(text: &str, lower: &str, found: &mut Limits, taken: &mut Vec<Range<usize>>) {
    for (word, factor, comparison) in
        [("doubles", "2", Comparison::Above), ("triples", "3", Comparison::Above), ("halves", "0.5", Comparison::Below)]
    {
        let Some(at) = found.all.is_empty().then(|| lower.find(word)).flatten() else { continue };
        let end = at + word.len();
        let open = negated(clause_before(lower, at)) != (false, false);
        if lower[end..].starts_with(char::is_alphanumeric) || lower[..at].ends_with(char::is_alphanumeric) {
            continue;
        }
        taken.push(at..end);
        found.all.push(Limit {
            text: text[at..end].to_owned(),
            comparison: (!open).then_some(comparison),
            number: Some(factor.to_owned()),
            unit: Some("x".to_owned()),
            of_baseline: true,
        });
    }
    if !found.all.is_empty() {
        return;
    }
    for (at, _) in lower.match_indices(|c: char| c.is_ascii_digit()) {
        if lower[..at].ends_with(|c: char| c.is_alphanumeric() || c == '.') {
            continue;
        }
        let end = at + number_end(&lower[at..]);
        let (unit, unit_end) = unit_at(text, end);
        let multiple = unit.as_deref().is_some_and(|unit| matches!(unit, "x" | "X" | "×" | "%"));
        if let Some(tail) = baseline_tail(lower, unit_end).filter(|_| multiple) {
            taken.push(at..tail);
            let comparison =
                (unit.as_deref() != Some("%") && negated(clause_before(lower, at)) == (false, false)).then_some(Comparison::Above);
            let number = Some(plain_number(&lower[at..end]));
            found.all.push(Limit { text: text[at..tail].to_owned(), comparison, number, unit, of_baseline: true });
            return;
        }
    }
}

/// Finds conditions in words, which a person has to judge: `zero failed charges`, `no new error signatures`.
fn words(text: &str, lower: &str, found: &mut Limits) {
    let mut start = 0;
    for clause in lower.split_inclusive([',', ';']) {
        let bare = clause.trim().trim_end_matches([',', ';', '.']);
        let begins = ["zero ", "no ", "none of ", "all "].iter().any(|word| bare.starts_with(word));
        let at = start + clause.find(bare).unwrap_or(0);
        let known = || found.all.iter().any(|limit| bare.contains(&limit.text.to_ascii_lowercase()));
        if begins && !known() && bare.split(' ').count() > 1 {
            let text = text[at..at + bare.len()].to_owned();
            found.all.push(Limit { text, ..Limit::default() });
        }
        start += clause.len();
    }
}

/// Reads `between 2 and 5`, which a person has to judge.
fn between(text: &str, lower: &str, found: &mut Limits) -> bool {
    let Some(at) = lower.find("between ").filter(|at| lower[at + 8..].starts_with(|c: char| c.is_ascii_digit())) else {
        return false;
    };
    let end = [",", ";", ")"].iter().filter_map(|stop| lower[at..].find(stop)).min().map_or(lower.len(), |n| at + n);
    found.all.push(Limit { text: text[at..end].trim().to_owned(), ..Limit::default() });
    true
}

/// Whether the conditions hold together: "and" stands between each two of them, and nowhere "or".
fn is_together(lower: &str, taken: &[Range<usize>]) -> bool {
    let mut sorted: Vec<&Range<usize>> = taken.iter().collect();
    sorted.sort_by_key(|range| range.start);
    sorted.windows(2).all(|pair| {
        let gap = lower.get(pair[0].end..pair[1].start).unwrap_or_default();
        let says = |word: &str| gap.split(|c: char| !c.is_alphanumeric() && c != '&').any(|part| part == word);
        (says("and") || says("&&") || gap.trim_start().starts_with(',')) && !says("or")
    })
}

/// Whether a text names something that happens or not.
fn is_event(lower: &str) -> bool {
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let first = words.first().copied().unwrap_or_default();
    // A Japanese condition ends by saying that it is one.
    let is_case = lower.ends_with("場合") && !lower.contains(|c: char| c.is_ascii_digit());
    ANY.iter().any(|word| first == *word || word.starts_with(is_unspaced) && first.starts_with(word))
        || words.iter().any(|word| EVENTS.contains(word))
            && !words.iter().any(|word| NO_EVENTS.contains(word) || NEGATIONS.contains(word))
        || is_case
}
