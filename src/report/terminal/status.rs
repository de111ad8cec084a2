//! Where a release stands: on one screen, or all of it.
//!
//! The answer comes first and stays in sight. Then what blocks it and who can unblock it, as much as fits; what is settled is counted.

use super::super::page::{LABEL, Page};
use super::super::steps::{self, Step};
use super::super::style::{Paint, Style};
use super::super::{safe, words};
use super::title::title;
use super::{items, parts};
use crate::model::finding::Code;
use crate::model::report::{Answer, ItemReport, ItemState, Report};

/// The lines of a terminal of which nothing is known.
pub const LINES: usize = 24;

/// The lines that what blocks and who can unblock it get at least.
const LEAST: usize = 6;

/// Shows where a release stands on one screen of a usual terminal.
///
/// `freshness` says when the data was fetched and what is not shared; it stands first, because all else depends on it.
pub fn status(report: &Report, style: &Style, freshness: &str) -> String {
    screen(report, style, freshness, LINES)
}

/// Shows where a release stands on a screen of so many lines, the last of which is left to the prompt.
pub fn screen(report: &Report, style: &Style, freshness: &str, lines: usize) -> String {
    let mut page = Page::new(style);
    if !freshness.is_empty() {
        page.cut(0, &Paint::Dim.on(&safe::line(freshness)));
        page.blank();
    }
    title(&mut page, report);
    parts::decision_short(&mut page, report);
    plan(&mut page, report);
    page.blank();
    let mut below = Page::new(style);
    rest(&mut below, report);
    let (head, below) = (page.into_lines(), below.into_lines());
    let room = lines.saturating_sub(head.len() + below.len() + 2).max(LEAST);
    let mut page = Page::new(style);
    head.iter().for_each(|line| page.put(line));
    let cut = blocking(&mut page, report, room);
    below.iter().for_each(|line| page.put(line));
    page.cut(0, &Paint::Dim.on(&footer(report, style, cut)));
    page.finish()
}

/// Shows everything that is known of where a release stands.
pub fn whole(report: &Report, style: &Style, freshness: &str) -> String {
    let mut page = Page::new(style);
    if !freshness.is_empty() {
        page.line(0, &Paint::Dim.on(&safe::line(freshness)));
        page.blank();
    }
    title(&mut page, report);
    plan(&mut page, report);
    parts::decision(&mut page, report);
    let steps = steps::steps(report);
    parts::way_forward(&mut page, report, &steps);
    items::all(&mut page, report);
    parts::conditions(&mut page, report);
    parts::stages(&mut page, report);
    parts::rollback(&mut page, report);
    parts::actions(&mut page, report);
    parts::known(&mut page, report);
    parts::integrity(&mut page, report);
    page.blank();
    page.line(0, &parts::counts(report));
    page.finish()
}

/// The line about when: the window until the release is out, then since when it is; and who is on call.
fn plan(page: &mut Page<'_>, report: &Report) {
    let Some(release) = &report.release else { return };
    let (now, zone) = (report.as_of, &page.style.zone);
    let clock = |at| words::clock(at, now, zone);
    let mut facts = Vec::new();
    let window = release.window.filter(|_| !report.is_over());
    if let Some(out) = &report.course.out {
        facts.push(Paint::Good.on(&format!("out since {}", clock(out.at))));
    } else if let Some(window) = window {
        let span = format!("{} to {}", clock(window.from), words::clock(window.to, window.from, zone));
        facts.push(if now < window.from {
            format!("window {} ({span})", words::until(window.from, now))
        } else if now < window.to {
            Paint::Good.on(&format!("window until {}, {} left", clock(window.to), words::brief(left(window.to, now))))
        } else {
            Paint::Bad.on(&format!("window ended {} ago ({span})", words::brief(left(now, window.to))))
        });
    }
    if let Some(on_call) = release.on_call.as_ref().filter(|_| !report.is_over()) {
        let next = on_call.secondary.as_ref().map_or_else(String::new, |next| format!(", then {next}"));
        let until = match (on_call.from, on_call.to) {
            (_, Some(to)) if to <= now => format!(", until {}: over", clock(to)),
            (Some(from), _) if from > now => format!(", from {}", clock(from)),
            (_, Some(to)) => format!(", until {}", clock(to)),
            _ => String::new(),
        };
        facts.push(format!("on call {}{next}{until}", on_call.primary));
    }
    if !facts.is_empty() {
        page.line(0, &facts.join(page.style.dot()));
    }
}

fn left(to: crate::model::time::Timestamp, from: crate::model::time::Timestamp) -> u64 {
    to.seconds().saturating_sub(from.seconds()).unsigned_abs()
}

/// What blocks and who can unblock it, in so many lines; returns whether something had to be left out.
fn blocking(page: &mut Page<'_>, report: &Report, room: usize) -> bool {
    let style = page.style;
    let steps = steps::steps(report);
    let mut reasons = Page::new(style);
    for step in steps.iter().filter(|step| step.reason.is_some()) {
        let mark = Paint::of_answer(report.verdict.answer).on(if style.unicode { "▸" } else { ">" });
        reasons.hanging(0, 2, &format!("{mark} {}", step.blocks));
        // Conditions have a part of their own below.
        if let Some(said) = step.said.as_ref().filter(|_| step.reason != Some(Code::ConditionOpen)) {
            reasons.quote(2, &safe::lines(said).into_iter().take(3).collect::<Vec<_>>());
        }
    }
    let mut reasons = reasons.into_lines();
    let counted = count_before(report);
    let mut open = Page::new(style);
    let is_settled = report.verdict.answer == Answer::Go || report.is_over();
    let mut blockers: Vec<&ItemReport> = report.items.iter().filter(|item| steps::blocks_go(item) && !is_settled).collect();
    blockers.sort_by_key(|item| (item.state != ItemState::Rejected, item.number));
    items::short(&mut open, report, &blockers);
    let open = open.into_lines();
    let mut ways = Page::new(style);
    self::ways(&mut ways, report, &steps);
    let ways = ways.into_lines();

    let mut cut = false;
    let fixed = usize::from(counted.is_some());
    let most = (room / 2).max(3);
    if reasons.len() > most {
        reasons.truncate(most);
        cut = true;
    }
    reasons.iter().for_each(|line| page.put(line));
    if let Some(counted) = counted {
        page.named("before go", &counted);
    }
    let room = room.saturating_sub(reasons.len() + fixed);
    let for_ways = if open.len() + ways.len() <= room { ways.len() } else { ways.len().min((room * 2 / 5).max(3)) };
    let for_items = room.saturating_sub(for_ways).min(open.len());
    cut |= few(page, &open, for_items, "more like these");
    cut |= few(page, &ways, for_ways, "more ways");
    cut
}

/// Adds so many lines of several, and in place of the last one how many more there are.
fn few(page: &mut Page<'_>, lines: &[String], most: usize, what: &str) -> bool {
    if lines.len() <= most {
        lines.iter().for_each(|line| page.put(line));
        return false;
    }
    let shown = most.saturating_sub(1);
    lines.iter().take(shown).for_each(|line| page.put(line));
    if most > 0 {
        page.cut(2, &Paint::Dim.on(&format!("{} {} {what}", page.style.ellipsis(), lines.len() - shown)));
    }
    true
}

/// How many of the items that a decision needs are settled.
fn count_before(report: &Report) -> Option<String> {
    let due = || report.items.iter().filter(|item| steps::needed_for_go(item));
    let (all, settled) = (due().count(), due().filter(|item| item.state.is_settled()).count());
    let waived = report.exceptions.iter().filter(|exception| exception.holds).count();
    let waived = if waived > 0 { Paint::Wait.on(&format!(", {waived} waived")) } else { String::new() };
    let optional = report.items.iter().filter(|item| item.optional && !item.state.is_settled()).count();
    let optional = if optional > 0 { format!(", {} open", words::count(optional as u64, "optional one")) } else { String::new() };
    (all > 0).then(|| format!("{settled} of {all}{waived}{optional}"))
}

/// Who can do what: the command, and who runs it; what one person does by one command is told in one line.
fn ways(page: &mut Page<'_>, report: &Report, steps: &[Step]) {
    let mut told: Vec<(Vec<String>, String)> = Vec::new();
    for step in steps {
        // How a reject is set aside is told with the rest.
        let most = if step.state == Some(ItemState::Rejected) { 1 } else { usize::MAX };
        for way in step.ways.iter().filter(|way| !way.short.is_empty()).take(most) {
            let is_joined = |words: &[String]| words.get(1).is_some_and(|verb| verb == "approve");
            if told.iter().any(|(words, _)| *words == way.short) {
                continue;
            }
            let from = way
                .from
                .map_or_else(String::new, |from| format!(", from {} on", words::clock(from, report.as_of, &page.style.zone)));
            match told.iter_mut().find(|(words, who)| *who == way.who && is_joined(words) && is_joined(&way.short)) {
                Some((words, _)) => words.extend(way.short.iter().skip(3).cloned()),
                // That somebody takes a reject back is said by the command.
                None => told.push((way.short.clone(), format!("{}{from}", way.who.trim_end_matches(" withdraws it")))),
            }
        }
    }
    let most = page.width() / 2;
    let told: Vec<(String, String)> = told
        .into_iter()
        .map(|(words, who)| {
            let command = words.join(" ");
            // What somebody signs by `--all` is what is listed here.
            let is_long = safe::columns(&command) > most && words.get(1).is_some_and(|verb| verb == "approve");
            let command = if is_long { [&words[..3], &["--all".to_owned()]].concat().join(" ") } else { command };
            (if page.style.unicode { command } else { command.replace('…', "...") }, who)
        })
        .collect();
    let room = page.width().saturating_sub(LABEL);
    let widest = told.iter().map(|(command, _)| safe::columns(command)).filter(|width| *width <= room / 2).max().unwrap_or(0);
    for (place, (command, who)) in told.iter().enumerate() {
        let name = match (place, report.verdict.answer) {
            (0, Answer::Go) => "next",
            (0, _) => "ways on",
            _ => "",
        };
        // A command that is cut is none, and whoever runs it is told whole, so each stands alone where they don't fit on a line.
        if safe::columns(command) > room {
            page.named(name, &Paint::Strong.on(who));
            page.command(2, &command.split(' ').map(str::to_owned).collect::<Vec<_>>());
        } else if safe::columns(command) + 3 + safe::columns(who) > room {
            page.named(name, command);
            page.named("", &Paint::Strong.on(&format!("  {who}")));
        } else {
            let gap = widest.min(room - 3 - safe::columns(who)).saturating_sub(safe::columns(command));
            page.named(name, &format!("{command}{}   {}", " ".repeat(gap), Paint::Strong.on(who)));
        }
    }
}

/// What stands below: the parts of the course in a few lines each, and what else was found.
fn rest(page: &mut Page<'_>, report: &Report) {
    parts::conditions_short(page, report);
    parts::rollback_short(page, report);
    if report.course.rollback.is_none() {
        parts::stages_short(page, report);
    }
    parts::actions_short(page, report);
    items::later(page, report);
    parts::known_short(page, report);
    let others = parts::other_findings(report);
    if let Some(first) = others.first() {
        let more = if others.len() > 1 { format!(" (and {} more)", others.len() - 1) } else { String::new() };
        let text = safe::fit(&first.message(), 300, page.style.ellipsis());
        page.named("also", &format!("{}{more}: {text}", Paint::Wait.on(first.code.as_str())));
    }
}

/// Where the rest is, and in which zone the clock times are.
fn footer(report: &Report, style: &Style, cut: bool) -> String {
    let what = if cut { "more" } else { "all of it" };
    let zone = report.as_of.to_jiff().to_zoned(style.zone.clone()).strftime("%Z").to_string();
    format!("{what}: relsign status {} --all{}times in {zone}", safe::shell(report.tag.short()), style.dot())
}
