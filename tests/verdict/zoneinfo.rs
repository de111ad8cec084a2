//! Freeze windows against a second opinion: Python's zoneinfo, with zone data and arithmetic of its own.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use relsign::model::time::Timestamp;

use crate::windows::{holds, window};

/// The other opinion. For every window and instant it tries all turns near the instant and resolves both edges by the two
/// offsets that zoneinfo knows for them: the earlier for the beginning, the later for the end.
const PYTHON: &str = r#"
import sys
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

def both(zone, wall):
    return [wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(timezone.utc) for fold in (0, 1)]

def on(year, month, day, beginning):
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, 2, 28) if beginning else date(year, 3, 1)

# Everything is read before anything is written, so that neither side waits for the other.
for line in sys.stdin.readlines():
    zone, kind, a, b, instant = line.rstrip("\n").split("|")
    instant = datetime.fromtimestamp(int(instant), timezone.utc)
    a, b = [tuple(int(n) for n in edge.split(",")) for edge in (a, b)]
    turns = []
    if kind == "weekly":
        monday = instant.date() - timedelta(days=instant.weekday())
        for week in range(-4, 5):
            first = monday + timedelta(days=7 * week)
            at = lambda e, more: datetime(first.year, first.month, first.day) + timedelta(days=e[0] + more, hours=e[1], minutes=e[2])
            turns.append((at(a, 0), at(b, 7 if b <= a else 0)))
    else:
        for year in range(instant.year - 3, instant.year + 3):
            at = lambda e, y, beginning: datetime.combine(on(y, e[0], e[1], beginning), datetime.min.time()) + timedelta(hours=e[2], minutes=e[3])
            turns.append((at(a, year, True), at(b, year + (1 if b <= a else 0), False)))
    frozen = any(min(both(zone, start)) <= instant < max(both(zone, end)) for start, end in turns)
    print(int(frozen))
"#;

const ZONES: [&str; 10] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Europe/Dublin",
    "America/St_Johns",
    "Asia/Tehran",
];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Numbers that are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        // Knuth's constants; the high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

fn python(input: &str) -> Option<String> {
    let mut child = Command::new("python3")
        .args(["-c", PYTHON])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    // Where it has no zone data it ends before it has read everything.
    let _ = child.stdin.take()?.write_all(input.as_bytes());
    let output = child.wait_with_output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

#[test]
fn windows_hold_when_zoneinfo_says_so() {
    let mut chance = Chance(20_261_121);
    let mut input = String::new();
    let mut ours = Vec::new();
    for _ in 0..120 {
        let zone = ZONES[usize::try_from(chance.below(10)).unwrap()];
        // Half of the times on the wall are at night, where clocks are changed.
        let mut clock =
            || if chance.below(2) == 0 { (chance.below(4), chance.below(60)) } else { (chance.below(24), chance.below(60)) };
        let ((h1, m1), (h2, m2)) = (clock(), clock());
        let (kind, span, a, b) = if chance.below(2) == 0 {
            let (d1, d2) = (chance.below(7), chance.below(7));
            if (d1, h1, m1) == (d2, h2, m2) {
                continue;
            }
            let day = |day: u64| DAYS[usize::try_from(day).unwrap()];
            let span = format!("weekly = {{ from = \"{} {h1:02}:{m1:02}\", to = \"{} {h2:02}:{m2:02}\" }}", day(d1), day(d2));
            ("weekly", span, format!("{d1},{h1},{m1}"), format!("{d2},{h2},{m2}"))
        } else {
            let mut date = || if chance.below(4) == 0 { (2, 29) } else { (1 + chance.below(12), 1 + chance.below(28)) };
            let ((mo1, d1), (mo2, d2)) = (date(), date());
            if (mo1, d1, h1, m1) == (mo2, d2, h2, m2) {
                continue;
            }
            let span =
                format!("yearly = {{ from = \"{mo1:02}-{d1:02} {h1:02}:{m1:02}\", to = \"{mo2:02}-{d2:02} {h2:02}:{m2:02}\" }}");
            ("yearly", span, format!("{mo1},{d1},{h1},{m1}"), format!("{mo2},{d2},{h2},{m2}"))
        };
        let window = window(zone, &span);
        let mut ask = |instant: Timestamp| {
            writeln!(input, "{zone}|{kind}|{a}|{b}|{}", instant.seconds()).unwrap();
            ours.push((zone, span.clone(), instant, holds(&window, instant)));
        };
        for _ in 0..6 {
            // 1980 to 2024: what clocks did then is settled, whatever release of the zone data somebody has.
            let instant = Timestamp::from_seconds(315_532_800 + i64::try_from(chance.below(1_388_534_400)).unwrap()).unwrap();
            ask(instant);
            // The edges, where mistakes are.
            for time in window.occurrences(instant).unwrap().take(2).filter(|time| time.until.seconds() < 1_704_067_200) {
                [time.from.plus(-1), time.from, time.until.plus(-1), time.until].into_iter().for_each(&mut ask);
            }
        }
    }
    let Some(theirs) = python(&input) else {
        eprintln!("skipped: there is no python3 with zoneinfo and zone data here");
        return;
    };
    let theirs: Vec<bool> = theirs.lines().map(|line| line == "1").collect();
    assert_eq!(theirs.len(), ours.len());
    assert!(ours.iter().any(|(.., holds)| *holds) && ours.iter().any(|(.., holds)| !holds));
    for ((zone, span, instant, holds), theirs) in ours.iter().zip(theirs) {
        assert_eq!(*holds, theirs, "{zone} {span} at {instant}");
    }
    eprintln!("{} instants agree", ours.len());
}
