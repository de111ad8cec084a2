//! Limits as people write them: number, unit, sense, span of time, and what only a person can judge.

use relsign::model::limit::Comparison::{self, Above, AtLeast, AtMost, Below, Beyond, Is, IsNot, Within};
use relsign::model::limit::Limits;
use relsign::parse::checklist::limits;

/// A phrasing, the limit as written, its sense and number (`None` is left to a person), and for how long.
type Row = (&'static str, &'static str, Option<(Comparison, &'static str, &'static str)>, &'static str);

const ONE: &[Row] = &[
    // Plain.
    ("queue depth > 4000 for 3 min", "> 4000", Some((Above, "4000", "")), "3 min"),
    ("errors > 4% for 3 min", "> 4%", Some((Above, "4", "%")), "3 min"),
    ("success rate < 97% for 10 minutes", "< 97%", Some((Below, "97", "%")), "10 minutes"),
    ("CPU >= 85% over 15 minutes", ">= 85%", Some((AtLeast, "85", "%")), "15 minutes"),
    ("free disk ≤ 12 GB", "≤ 12 GB", Some((AtMost, "12", "GB")), ""),
    ("refunds ≥ $250 for 1 hour", "≥ $250", Some((AtLeast, "250", "$")), "1 hour"),
    ("cost per call > $0.07", "> $0.07", Some((Above, "0.07", "$")), ""),
    ("p99 > 1,500 ms for 5m", "> 1,500 ms", Some((Above, "1500", "ms")), "5m"),
    // A tail after the number.
    ("Restarts > 12.", "> 12", Some((Above, "12", "")), ""),
    ("Failed probes > 40%.", "> 40%", Some((Above, "40", "%")), ""),
    ("login p95 > 2s sustained", "> 2s", Some((Above, "2", "s")), ""),
    ("memory (> 3x)", "> 3x", Some((Above, "3", "x")), ""),
    ("errors > 2% in 1 hour", "> 2%", Some((Above, "2", "%")), "1 hour"),
    ("timeouts > 3% (10 min)", "> 3%", Some((Above, "3", "%")), "10 min"),
    ("errors > 5% — page the lead", "> 5%", Some((Above, "5", "%")), ""),
    ("< 98% → PagerDuty", "< 98%", Some((Below, "98", "%")), ""),
    ("\"backlog > 700\"", "> 700", Some((Above, "700", "")), ""),
    ("error rate > 1%, notify support", "> 1%", Some((Above, "1", "%")), ""),
    ("> 12s → PagerDuty", "> 12s", Some((Above, "12", "s")), ""),
    ("> 2% for > 9m", "> 2%", Some((Above, "2", "%")), "> 9m"),
    // A unit after a blank.
    ("median above 640 ms for 5 minutes", "above 640 ms", Some((Above, "640", "ms")), "5 minutes"),
    ("loss over 0.03 % for 2 min", "over 0.03 %", Some((Above, "0.03", "%")), "2 min"),
    ("throughput under 900 rps for 5 minutes", "under 900 rps", Some((Below, "900", "rps")), "5 minutes"),
    ("lag exceeds 12 seconds for more than 4 minutes", "exceeds 12 seconds", Some((Above, "12", "seconds")), "more than 4 minutes"),
    ("heap above 3.5 GB", "above 3.5 GB", Some((Above, "3.5", "GB")), ""),
    ("more than 30 requests per second", "more than 30 requests per second", Some((Above, "30", "requests per second")), ""),
    ("latency greater than 250ms", "greater than 250ms", Some((Above, "250", "ms")), ""),
    ("score lower than 0.8", "lower than 0.8", Some((Below, "0.8", "")), ""),
    ("fewer than 3 replicas for 2 minutes", "fewer than 3", Some((Below, "3", "")), "2 minutes"),
    ("coverage drops below 60 percent", "below 60 percent", Some((Below, "60", "percent")), ""),
    ("availability falls to 95%", "falls to 95%", Some((AtMost, "95", "%")), ""),
    ("dead letters reaches 25", "reaches 25", Some((AtLeast, "25", "")), ""),
    // Negations: the sense of the whole.
    ("no more than 3 failed logins", "no more than 3", Some((AtMost, "3", "")), ""),
    ("not more than 9% errors", "not more than 9%", Some((AtMost, "9", "%")), ""),
    ("cache hits not below 70%", "below 70%", Some((AtLeast, "70", "%")), ""),
    ("p95 not above 400ms", "above 400ms", Some((AtMost, "400", "ms")), ""),
    ("must not exceed 6%", "exceed 6%", Some((AtMost, "6", "%")), ""),
    ("never drops below 80%", "below 80%", Some((AtLeast, "80", "%")), ""),
    ("does not fall below 50 rps", "below 50 rps", Some((AtLeast, "50", "rps")), ""),
    ("doesn't exceed 2 %", "exceed 2 %", Some((AtMost, "2", "%")), ""),
    ("duplicates must be 0", "must be 0", Some((Is, "0", "")), ""),
    ("must not be 0", "must not be 0", Some((IsNot, "0", "")), ""),
    ("must remain > 99.5%", "> 99.5%", Some((Above, "99.5", "%")), ""),
    ("pool must stay < 75%", "< 75%", Some((Below, "75", "%")), ""),
    ("at least 4 healthy pods", "at least 4", Some((AtLeast, "4", "")), ""),
    ("no less than 2 nodes", "no less than 2", Some((AtLeast, "2", "")), ""),
    ("no fewer than 5 workers", "no fewer than 5", Some((AtLeast, "5", "")), ""),
    ("at most 7 retries", "at most 7", Some((AtMost, "7", "")), ""),
    ("up to 3% errors", "up to 3%", Some((AtMost, "3", "%")), ""),
    ("no higher than 90%", "no higher than 90%", Some((AtMost, "90", "%")), ""),
    ("errors != 0", "!= 0", Some((IsNot, "0", "")), ""),
    ("is not within 5% of baseline", "within 5% of baseline", Some((Beyond, "5", "%")), ""),
    // Sense left open: a person says.
    ("no requests slower than 2s", "slower than 2s", None, ""),
    ("fails to stay above 99%", "above 99%", None, ""),
    ("unless errors < 1%", "< 1%", None, ""),
    ("not never above 5%", "above 5%", None, ""),
    ("between 2 and 5 errors", "between 2 and 5 errors", None, ""),
    // Relative to the baseline.
    ("within 15% of baseline", "within 15% of baseline", Some((Within, "15", "%")), ""),
    ("revenue within 2% of the baseline", "within 2% of the baseline", Some((Within, "2", "%")), ""),
    ("more than 40% from baseline", "more than 40% from baseline", Some((Above, "40", "%")), ""),
    ("drops by more than 30% from baseline for 5 minutes", "more than 30% from baseline", Some((Above, "30", "%")), "5 minutes"),
    ("1.8x baseline", "1.8x baseline", Some((Above, "1.8", "x")), ""),
    ("p95 > 2x baseline for 10 minutes", "> 2x baseline", Some((Above, "2", "x")), "10 minutes"),
    ("latency doubles", "doubles", Some((Above, "2", "x")), ""),
    ("traffic halves for 5 minutes", "halves", Some((Below, "0.5", "x")), "5 minutes"),
    ("load triples", "triples", Some((Above, "3", "x")), ""),
    // In words: as written, for a person.
    ("more than one percentage point", "more than one percentage point", None, ""),
    ("exceeds LIMIT", "exceeds LIMIT", None, ""),
    ("error rate > threshold", "> threshold", None, ""),
    ("above MAX_LAG for 5 minutes", "above MAX_LAG", None, "5 minutes"),
    ("zero lost orders", "zero lost orders", None, ""),
    ("no new crash signatures", "no new crash signatures", None, ""),
    // Spans of time.
    ("errors > 1% for two weeks", "> 1%", Some((Above, "1", "%")), "two weeks"),
    ("errors > 1% for 6 consecutive minutes", "> 1%", Some((Above, "1", "%")), "6 consecutive minutes"),
    ("errors > 1% AND duration >= 7 minutes", "> 1%", Some((Above, "1", "%")), ">= 7 minutes"),
    ("errors > 1% for 4+ minutes", "> 1%", Some((Above, "1", "%")), "4+ minutes"),
    ("errors > 1% for 2-3 days", "> 1%", Some((Above, "1", "%")), "2-3 days"),
    ("errors exceed 2% over a 7-minute window", "exceed 2%", Some((Above, "2", "%")), "7-minute window"),
    ("errors > 1% for longer than 5 minutes", "> 1%", Some((Above, "1", "%")), "longer than 5 minutes"),
    ("errors > 1% for at least 30 seconds", "> 1%", Some((Above, "1", "%")), "at least 30 seconds"),
    ("errors > 1% within 30 minutes", "> 1%", Some((Above, "1", "%")), "30 minutes"),
    ("errors > 1% during 1h", "> 1%", Some((Above, "1", "%")), "1h"),
    ("errors > 1% for a 10-minute window", "> 1%", Some((Above, "1", "%")), "10-minute window"),
    (
        "p95 time exceeds 10 seconds for more than 10 minutes",
        "exceeds 10 seconds",
        Some((Above, "10", "seconds")),
        "more than 10 minutes",
    ),
];

fn sense(limits: &Limits) -> Vec<Option<(Comparison, &str, &str)>> {
    let one = |limit: &'_ relsign::model::limit::Limit| limit.comparison.is_some();
    let all = limits.all.iter();
    all.map(|limit| {
        one(limit).then(|| {
            (limit.comparison.unwrap(), limit.number.as_deref().unwrap_or_default(), limit.unit.as_deref().unwrap_or_default())
        })
    })
    .collect()
}

#[test]
fn one_limit_is_read_as_it_is_written() {
    let mut wrong = Vec::new();
    for (text, written, expected, duration) in ONE {
        let found = limits(text);
        let threshold = found.threshold().unwrap_or_default();
        let is = (threshold.as_str(), sense(&found), found.duration.as_deref().unwrap_or_default());
        if is != (*written, vec![*expected], *duration) {
            wrong.push(format!("{text:?}: {is:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), ONE.len(), wrong.join("\n"));
    assert!(ONE.len() >= 80, "{}", ONE.len());
}

#[test]
fn both_conditions_of_a_text_are_read() {
    for (text, written, together, duration) in [
        ("errors > 1% or p95 > 2x baseline", "> 1% or > 2x baseline", false, ""),
        ("errors > 1% OR latency above 800 ms for 5 min", "> 1% or above 800 ms", false, "5 min"),
        ("CPU > 90% and memory > 85% for 10 minutes", "> 90% and > 85%", true, "10 minutes"),
        ("error rate > 3% AND p99 > 2s", "> 3% and > 2s", true, ""),
        ("Error rate < 0.5%, P99 < 300ms, zero lost orders", "< 0.5% and < 300ms and zero lost orders", true, ""),
        ("errors > 1%; latency > 2s", "> 1% or > 2s", false, ""),
    ] {
        let found = limits(text);
        assert_eq!(found.threshold().as_deref(), Some(written), "{text}: {found:#?}");
        assert_eq!((found.together, found.duration.as_deref().unwrap_or_default()), (together, duration), "{text}");
    }
}

#[test]
fn what_happens_or_not_is_one_too_many() {
    for (text, duration) in [
        ("Data corruption detected", None),
        ("Any double payment", None),
        ("Checkout is down for more than 5 minutes", Some("more than 5 minutes")),
        ("A security incident is confirmed", None),
        ("Health check fails", None),
        ("The primary database is unavailable for 2 minutes", Some("2 minutes")),
        ("Payments are lost", None),
    ] {
        let found = limits(text);
        assert_eq!((found.threshold().as_deref(), found.duration.as_deref()), (Some("any"), duration), "{text}: {found:#?}");
    }
    for text in ["if there are problems", "Queue depth increasing continuously", "the team feels uneasy", "error rate increase"] {
        assert_eq!(limits(text).threshold(), None, "{text}");
    }
}

#[test]
fn a_baseline_is_no_limit() {
    let found = limits("Latency on the pay span — baseline: P50=110ms, P99=370ms");
    assert_eq!(found.threshold(), None, "{found:#?}");
    let values: Vec<_> = found.baselines.iter().map(|baseline| (baseline.name.as_str(), baseline.value.as_str())).collect();
    assert_eq!(values, [("P50", "110ms"), ("P99", "370ms")]);
    let found = limits("P99 latency > 900ms (2.4x baseline)");
    assert_eq!(found.threshold().as_deref(), Some("> 900ms"), "{found:#?}");
}

#[test]
fn of_a_range_the_longer_end_counts() {
    for (text, seconds) in [
        ("bake ≥6h", 6 * 3600),
        ("2-3 days", 3 * 86_400),
        ("two weeks", 14 * 86_400),
        ("(15 min)", 900),
        ("30+ minutes (extended)", 1800),
        ("60–90 minutes", 5400),
        ("5 consecutive minutes", 300),
        ("half an hour", 1800),
        ("1.5 hours", 5400),
    ] {
        assert_eq!(limits(text).seconds, Some(seconds), "{text}: {:#?}", limits(text));
    }
    for text in ["99999999999999999999 weeks", "soon", "0 minutes"] {
        assert_eq!(limits(text).seconds, None, "{text}");
    }
}
