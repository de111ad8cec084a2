//! How a terminal wants its text: colours, width, zone, and whether it can show more than ASCII.

use anstyle::{AnsiColor, Effects};
use jiff::tz::TimeZone;

use crate::model::report::{Answer, Integrity, ItemState, ReleaseState};

/// What the terminal and its user ask for; read once by the command line and passed down.
#[derive(Debug, Clone)]
pub struct Style {
    /// Colours may be used.
    pub color: bool,
    /// The columns of the terminal.
    pub width: usize,
    /// The zone in which times are shown, with UTC beside them.
    pub zone: TimeZone,
    /// Signs beyond ASCII may be used for marks and rules.
    pub unicode: bool,
}

impl Style {
    /// Returns the style for a pipe or a file: no colours, 100 columns, UTC.
    pub fn plain() -> Self {
        Self { color: false, width: 100, zone: TimeZone::UTC, unicode: true }
    }

    /// Returns the columns that lines may take: what the terminal has, within reason.
    pub(super) fn columns(&self) -> usize {
        self.width.clamp(48, 180)
    }

    /// Returns the sign for one that was cut.
    pub(super) fn ellipsis(&self) -> &'static str {
        if self.unicode { "…" } else { ".." }
    }

    /// Returns the sign between the facts of one line.
    pub(super) fn dot(&self) -> &'static str {
        if self.unicode { " · " } else { " | " }
    }

    /// Returns the sign of a state.
    pub(super) fn mark(&self, state: ItemState) -> &'static str {
        match (state, self.unicode) {
            (ItemState::Pending, true) => "○",
            (ItemState::Pending, false) => ".",
            (ItemState::Partial | ItemState::Done, true) => "◐",
            (ItemState::Partial | ItemState::Done, false) => "~",
            (ItemState::Rejected, true) => "✗",
            (ItemState::Rejected, false) => "x",
            (ItemState::Satisfied, true) => "✓",
            (ItemState::Satisfied, false) => "+",
            (ItemState::Waived, true) => "!",
            (ItemState::Waived, false) => "!",
            (ItemState::NotApplicable, _) => "-",
        }
    }
}

/// What a colour means. Nothing is coloured for beauty's sake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    /// As it should be: satisfied, go.
    Good,
    /// Against the release: rejected, no-go, tampered.
    Bad,
    /// Not settled, or settled in an exceptional way: pending, partial, waived.
    Wait,
    /// Secondary.
    Dim,
    /// What the eye should find first.
    Strong,
}

impl Paint {
    const ALL: [Self; 5] = [Self::Good, Self::Bad, Self::Wait, Self::Dim, Self::Strong];
    const END: char = '\u{e007f}';

    /// The character that stands for the colour until [`finish`]. It takes no column, and no text from outside can
    /// hold it, because `safe` writes it out.
    fn start(self) -> char {
        match self {
            Self::Good => '\u{e0061}',
            Self::Bad => '\u{e0062}',
            Self::Wait => '\u{e0063}',
            Self::Dim => '\u{e0064}',
            Self::Strong => '\u{e0065}',
        }
    }

    fn ansi(self) -> anstyle::Style {
        match self {
            Self::Good => AnsiColor::Green.on_default(),
            Self::Bad => AnsiColor::Red.on_default().effects(Effects::BOLD),
            Self::Wait => AnsiColor::Yellow.on_default(),
            Self::Dim => anstyle::Style::new().effects(Effects::DIMMED),
            Self::Strong => anstyle::Style::new().effects(Effects::BOLD),
        }
    }

    /// Colours a text that is already safe.
    pub(super) fn on(self, text: &str) -> String {
        if text.is_empty() { String::new() } else { format!("{}{text}{}", self.start(), Self::END) }
    }

    pub(super) fn of_item(state: ItemState) -> Self {
        match state {
            ItemState::Satisfied | ItemState::NotApplicable => Self::Good,
            ItemState::Rejected => Self::Bad,
            ItemState::Pending | ItemState::Partial | ItemState::Done | ItemState::Waived => Self::Wait,
        }
    }

    pub(super) fn of_answer(answer: Answer) -> Self {
        match answer {
            Answer::Go => Self::Good,
            Answer::NoGo | Answer::Tampered => Self::Bad,
            Answer::CannotDecide => Self::Wait,
        }
    }

    pub(super) fn of_integrity(integrity: Integrity) -> Self {
        match integrity {
            Integrity::Intact => Self::Good,
            Integrity::Incomplete => Self::Wait,
            Integrity::Tampered => Self::Bad,
        }
    }

    pub(super) fn of_release(state: ReleaseState) -> Self {
        match state {
            ReleaseState::Go | ReleaseState::RollingOut | ReleaseState::Out | ReleaseState::Completed => Self::Good,
            ReleaseState::NoGo | ReleaseState::RollingBack | ReleaseState::RolledBack => Self::Bad,
            ReleaseState::ConditionalGo => Self::Wait,
            ReleaseState::NotOpened | ReleaseState::Open | ReleaseState::Abandoned => Self::Dim,
        }
    }
}

/// Turns the stand-ins of colours into escapes, or takes them out, and leaves only what the locale can show.
pub(super) fn finish(text: &str, style: &Style) -> String {
    let color = style.color;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == Paint::END {
            if color {
                out.push_str(&anstyle::Reset.render().to_string());
            }
        } else if let Some(paint) = Paint::ALL.into_iter().find(|paint| paint.start() == c) {
            if color {
                out.push_str(&paint.ansi().render().to_string());
            }
        } else {
            out.push(c);
        }
    }
    if style.unicode { out } else { super::safe::ascii(&out).into_owned() }
}
