//! A push: which of its updates are allowed, by one function for both ends.
//!
//! `pre-push` asks it before anything leaves, `pre-receive` and `update` ask it before anything is taken in. Both hand
//! over what they see as values: the updates, the policy in force before the push, the logs as they were before it, and
//! the time.

pub mod exception;
pub mod name;
pub mod record;
pub mod relevance;

use crate::model::advice::Advice;
use crate::model::finding::{Code, Seen};
use crate::model::ids::ObjectId;

/// One update of a push, as git tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The ref on the receiving side, as the push names it.
    pub name: String,
    /// What it stands for before; nothing where there is no such ref.
    pub old: Option<ObjectId>,
    /// What it is to stand for; nothing where it is to be deleted.
    pub new: Option<ObjectId>,
}

/// Which end asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The clone that pushes; its answer is advice, since whoever pushes can leave the hook out.
    Client,
    /// The repository that is pushed to, before anything is taken in; its answer is what holds.
    Server,
    /// The repository that was pushed to, once everything was taken in; its answer is an alarm.
    Landed,
}

impl End {
    /// Whether the repository that is pushed to asks, before or after.
    pub const fn is_server(self) -> bool {
        matches!(self, Self::Server | Self::Landed)
    }
}

/// Why one update of a push is refused.
///
/// All text is raw, with what the push and the repository say in it; whoever shows it makes it safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The ref, as the push names it.
    pub ref_name: String,
    /// What is in the way; its sentence is the end of `push to REF refused: …`.
    pub seen: Seen,
    /// More about it, each on a line of its own: `reason: …`, `exceptions: …`.
    pub details: Vec<String>,
    /// What helps.
    pub hints: Vec<Advice>,
}

impl Refused {
    /// Refuses an update for one reason.
    pub fn new(ref_name: impl Into<String>, seen: Seen) -> Self {
        Self { ref_name: ref_name.into(), seen, details: Vec::new(), hints: Vec::new() }
    }

    /// Returns the code of what is in the way.
    pub fn code(&self) -> Code {
        self.seen.code()
    }

    /// Adds something about it.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }

    /// Adds what helps.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Advice>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds what helps, and the command for it.
    #[must_use]
    pub fn suggest(self, text: impl Into<String>, command: impl Into<String>) -> Self {
        self.hint(Advice::run(text, command))
    }
}

/// The answer to a push.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PushVerdict {
    /// Every update that is refused, in the order of the push; an empty list allows all of it.
    pub refused: Vec<Refused>,
    /// What whoever pushes should know although it is allowed, such as an exception that it uses up.
    pub notes: Vec<String>,
}

impl PushVerdict {
    /// Whether the whole push may go through.
    pub fn is_allowed(&self) -> bool {
        self.refused.is_empty()
    }
}
