//! The words by which limits are read: tables and nothing else.

use super::vocabulary::{Table, Words};
use crate::model::limit::Comparison::{self, Above, AtLeast, AtMost, Below, Is, IsNot, Within};

/// Words and signs that compare; a negation that belongs to one is part of it.
pub static COMPARISONS: Table<Comparison> = Table::new(&[
    (AtLeast, ">=, =>, ≥"),
    (AtMost, "<=, ≤"),
    (IsNot, "!=, ≠"),
    (Is, "=="),
    (Above, ">"),
    (Below, "<"),
    (Is, "="),
    (AtMost, "no more than, not more than, at most, up to, no greater than, no higher than, no longer than, maximum of, max"),
    (AtLeast, "no less than, not less than, no fewer than, no lower than, at least, minimum of, minimum, reaches, reach, hits"),
    (AtMost, "drops to, falls to"),
    (Above, "exceeds, exceed, exceeding, exceeded, above, over, more than, greater than, higher than, larger than, longer than"),
    (Above, "slower than, worse than, in excess of, beyond, surpasses, increases by, rises by, grows by, drops by, falls by"),
    (Above, "decreases by, degrades by"),
    (Below, "below, under, less than, fewer than, lower than, smaller than"),
    (Within, "within"),
    (IsNot, "must not be, should not be, must never be"),
    (Is, "must be, should be, stay at, stays at, remain at, remains at, must stay, must remain, equals, equal to, exactly, is"),
    (Above, "later than, über, mehr als, höher als, länger als, größer als"),
    (Below, "unter, weniger als"),
    (AtLeast, "mindestens"),
    (AtMost, "höchstens"),
    (Above, "supérieur à, supérieurs à, supérieure à, supérieures à, plus de, dépasse"),
    (Below, "inférieur à, inférieurs à, inférieure à, inférieures à, moins de"),
    (AtLeast, "au moins"),
    (Above, "superior a, superior al, superiores a, superiores al, mayor que, mayor a, más de, por encima de, por encima del"),
    (Above, "supera, superan"),
    (Below, "inferior a, inferior al, inferiores a, inferiores al, menor que, menor a, menos de, por debajo de, por debajo del"),
    (AtLeast, "al menos"),
    (Above, "acima de, mais de, maior que"),
    (Below, "abaixo de"),
    (Above, "выше, больше, более, превышает"),
    (Below, "ниже, меньше, менее"),
    (Above, "超过, 超過, 高于, 大于"),
    (Below, "低于, 小于, 少于"),
    (AtMost, "不超过"),
    (AtLeast, "不低于"),
]);

/// The same that stand behind their number.
pub static BEHIND: Table<Comparison> =
    Table::new(&[(Above, "を超え, を上回"), (Below, "を下回, 未満"), (AtLeast, "以上"), (AtMost, "以下")]);

/// Words that turn what follows round.
pub static NEGATIONS: Words = Words::new("not, no, never, cannot, without, zero, nor, neither");

/// Words that leave open which way round something is meant.
pub static TURNS: Words = Words::new(
    "fails to, fail to, failing to, unless, except, other than, stops, until, instead of, kein, keine, nicht, aucun, aucune, ne, \
     pas, ningún, ninguna, não, не",
);

/// Numbers in words.
pub const NUMBERS: &[(&str, f64)] = &[
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("fifteen", 15.0),
    ("twenty", 20.0),
    ("thirty", 30.0),
    ("half an", 0.5),
    ("an", 1.0),
];

/// Units of time, in seconds.
pub static TIMES: Table<u64> = Table::new(&[
    (1, "s, sec, secs, second, seconds"),
    (60, "m, min, mins, minute, minutes"),
    (3600, "h, hr, hrs, hour, hours"),
    (86_400, "d, day, days"),
    (604_800, "w, week, weeks"),
    (60, "minuten"),
    (3600, "stunden"),
    (60, "minutos"),
    (3600, "horas, stunde"),
    (86_400, "tag, tage"),
    (604_800, "woche, wochen"),
    (60, "minuto"),
    (3600, "hora"),
    (86_400, "día, días, dias"),
    (604_800, "semanas"),
    (3600, "heure, heures"),
    (86_400, "jour, jours"),
    (604_800, "semaines"),
    (60, "минут, мин"),
    (3600, "час, часа, часов"),
    (86_400, "дня, дней"),
    (1, "秒"),
    (60, "分钟, 分間"),
    (3600, "小时, 時間"),
    (86_400, "天, 日間"),
    (604_800, "週間"),
    (60, "分"),
    (86_400, "日"),
]);

/// Nouns behind a span that belong to it.
pub static SPAN_NOUNS: Words = Words::new("window, period, interval, average");

/// Units besides those of [`TIMES`]; the longest that fits counts.
pub static UNITS: Words = Words::new(
    "%, percent, percentage points, percentage point, pp, ms, milliseconds, millisecond, µs, us, x, ×, times, rps, qps, tps, \
     req/s, requests/s, requests/sec, req/sec, requests per second, errors/min, errors per minute, /min, /minute, /s, /sec, \
     /hour, /h, per minute, per second, per hour, %/min, kb, mb, gb, tb, kib, mib, gib, k, bytes, messages, connections, users, \
     sigma, σ",
);

/// Words before a span of time that says for how long.
pub static LEADS: Words = Words::new(
    "for, for at least, over, over the last, in, within, during, lasting, lasts, last, duration, bake, bake time, soak, \
     sustained, sustained for, window, after, wait, hold, per, every, für, pendant, 持续, 持續, durante, bake for, persists",
);

/// Words that name what happens or not.
pub static EVENTS: Words = Words::new(
    "detected, corruption, corrupted, loss, lost, crash, crashes, crashed, outage, breach, breached, triggered, fires, fired, \
     unavailable, unhealthy, reported, incident, fails, fail, failed, down, leak, leaked, broken, inconsistent, missing, \
     unreachable, confirmed, occurs, deadlock, failure, failures, lose, loses",
);

/// Words beside those of [`EVENTS`] that ask how much.
pub static NO_EVENTS: Words = Words::new("increase, increasing, problems, rate, rates");

/// Words that begin what is one too many as soon as it happens.
pub static ANY: Words = Words::new(
    "any, a, an, one, single, anybody, anyone, anything, somebody, someone, ein, eine, jede, jeder, jedes, un, une, tout, toute, \
     una, cualquier, um, uma, qualquer, любой, любая, 任何, いずれか",
);
