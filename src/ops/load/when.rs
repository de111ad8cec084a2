//! When a loaded release may go out: what its window and freezes of its environment say.

use super::freezes;
use super::release::Loaded;
use crate::evaluate::{self, Context};
use crate::git::Repository;
use crate::model::finding::Finding;
use crate::model::freeze::{Freeze, Span};
use crate::ops::error::Outcome;
use crate::ops::workspace::Workspace;

impl Loaded<'_> {
    /// Finds the freezes that held since it was opened, for whoever asks when it went out or may.
    ///
    /// # Errors
    /// If git can't be read.
    pub fn ask_freezes(&mut self, repository: &Repository, work: &Workspace) -> Outcome<()> {
        self.context.freezes = self.freezes(repository, work)?;
        Ok(())
    }

    /// Explains why nothing of it may go out now, by its window and the freezes of its environment.
    ///
    /// # Errors
    /// If git can't be read.
    pub fn outside_window_or_frozen(&self, repository: &Repository, work: &Workspace) -> Outcome<Vec<Finding>> {
        let context = Context { freezes: self.freezes(repository, work)?, ..self.context.clone() };
        Ok(evaluate::course::outside_window_or_frozen(&context, &self.records, context.as_of))
    }

    fn freezes(&self, repository: &Repository, work: &Workspace) -> Outcome<Vec<Freeze>> {
        let now = self.context.as_of;
        let first = self.records.values().map(|verified| verified.time).min().unwrap_or(now).min(now);
        // Nobody opens a release a year before it goes out; what claims to be older finds the windows of that year.
        let from = first.max(now.plus(-freezes::AHEAD));
        freezes::held(repository, work, now, Span { from, to: now.plus(1) })
    }
}
