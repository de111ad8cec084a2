//! What no reading says, a person says who looked: asked on a terminal, or given with the call.

use super::options::Options;
use crate::cli::app::App;
use crate::model::course::{LimitReport, LimitState, StageReport};
use crate::model::denial::Denial;
use crate::model::record::{ReadingResult, ReadingValue};
use crate::model::report::ItemReport;
use crate::ops::error::{Failure, Outcome};
use crate::ops::write::course::Call;
use crate::ops::write::reading::by_hand;
use crate::report::course::{condition, limit_state};
use crate::report::{safe, words};

/// A stage that somebody looks at.
pub struct Looking<'l> {
    pub app: &'l App,
    pub options: &'l Options,
    pub call: &'l Call,
    pub stage: &'l StageReport,
}

/// What they saw.
#[derive(Debug, Default)]
pub struct Looked {
    /// The values to be signed.
    pub values: Vec<ReadingValue>,
    /// The ids of what does not hold.
    pub broken: Vec<String>,
    /// How many limits and checkpoints were looked at.
    pub by_hand: u64,
    /// What was seen of the stage as a whole.
    pub note: Option<String>,
}

impl Looking<'_> {
    /// Asks for each limit and item what was seen of it; `is_blank` says that the stage has neither.
    ///
    /// # Errors
    /// If nobody can be asked, and the call does not say it.
    pub fn at(&self, limits: &[&LimitReport], items: &[&ItemReport], is_blank: bool) -> Outcome<Looked> {
        let mut looked = Looked::default();
        self.require_known(limits, items)?;
        let is_asked = self.app.ui.interactive && !self.options.yes;
        let missing_limits = limits.iter().filter(|limit| !self.confirms(&limit.limit.id)).map(|limit| limit.limit.id.clone());
        let missing_items = items.iter().filter(|item| !self.confirms(item.id.as_str())).map(|item| item.id.to_string());
        let missing: Vec<String> = missing_limits.chain(missing_items).collect();
        if !is_asked && !missing.is_empty() {
            return Err(self.unseen(limits, &missing));
        }
        for limit in limits {
            self.at_limit(limit, &mut looked)?;
        }
        for item in items {
            self.at_item(item, &mut looked)?;
        }
        if is_blank && self.options.note.is_none() {
            looked.note = Some(self.at_whole(is_asked)?);
        }
        Ok(looked)
    }

    fn at_limit(&self, limit: &LimitReport, looked: &mut Looked) -> Outcome<()> {
        let id = &limit.limit.id;
        let from = self.stage.entered.as_ref().map_or(self.app.now, |mark| mark.at);
        let seconds = self.app.now.seconds().saturating_sub(from.seconds());
        let saw = if self.confirms(id) {
            self.options.note.clone().ok_or_else(|| {
                Failure::usage(format!("{id} has no reading that says anything, so --confirm {id} needs what you saw"))
                    .by(Denial::LimitOpen)
                    .hint("add --note TEXT, such as a value with its unit")
            })?
        } else {
            let asks = condition(&limit.limit);
            self.ask(&format!("{id} ({asks}): {}. What did you see?", limit_state(limit.state)))?
        };
        let (value, state) = by_hand(&limit.limit, &saw, ReadingResult::NoData, seconds);
        let (value, state) = match state {
            // A number says it itself.
            LimitState::Holds | LimitState::Fails => (value, state),
            _ => {
                let holds = self.confirms(id) || self.app.ui.confirm("Does it hold?", false) == Some(true);
                let said = if holds { ReadingResult::Holds } else { ReadingResult::Fails };
                by_hand(&limit.limit, &saw, said, seconds)
            }
        };
        looked.by_hand += 1;
        if state != LimitState::Holds {
            looked.broken.push(id.clone());
        }
        looked.values.push(value);
        Ok(())
    }

    fn at_item(&self, item: &ItemReport, looked: &mut Looked) -> Outcome<()> {
        looked.by_hand += 1;
        if self.confirms(item.id.as_str()) {
            return Ok(());
        }
        let title = safe::fit(&safe::line(&item.title), self.app.ui.width.saturating_sub(20).max(40), "…");
        self.app.ui.say(format!("  {title}"));
        let saw = self.ask(&format!("{}: what did you see?", item.id.base()))?;
        let holds = self.app.ui.confirm("Does it hold?", true) == Some(true);
        let result = if holds { ReadingResult::Holds } else { ReadingResult::Fails };
        if !holds {
            looked.broken.push(item.id.to_string());
        }
        looked.values.push(ReadingValue { limit: None, name: item.id.base().to_owned(), value: Some(saw), result, baseline: None });
        Ok(())
    }

    /// Asks what was seen of a stage that has nothing to read or confirm.
    fn at_whole(&self, is_asked: bool) -> Outcome<String> {
        let id = &self.stage.id;
        if !is_asked {
            return Err(Failure::usage(format!("{id} has no limits, so somebody has to say what they saw"))
                .by(Denial::NothingSeen)
                .hint("add --note TEXT"));
        }
        self.app.ui.say(format!("{id} has no limits"));
        self.ask("What did you see?")
    }

    fn ask(&self, question: &str) -> Outcome<String> {
        let answer = self.app.ui.ask(question).filter(|answer| !answer.is_empty());
        answer.ok_or_else(|| Failure::refused("nothing was signed").by(Denial::Unconfirmed))
    }

    /// Whether the call says that something holds.
    fn confirms(&self, id: &str) -> bool {
        let base = id.split('@').next().unwrap_or(id);
        self.options.confirm.iter().any(|word| word == "all" || word == id || word == base)
    }

    /// Refuses what is confirmed and is nothing that somebody has to look at.
    fn require_known(&self, limits: &[&LimitReport], items: &[&ItemReport]) -> Outcome<()> {
        let of_stage = |word: &str| {
            let is_limit = self.stage.limits.iter().any(|limit| limit.limit.id == word);
            is_limit || self.stage.open_items.iter().any(|id| id == word || id.split('@').next() == Some(word))
        };
        let Some(unknown) = self.options.confirm.iter().find(|word| *word != "all" && !of_stage(word)) else { return Ok(()) };
        let ids = limits.iter().map(|limit| limit.limit.id.clone()).chain(items.iter().map(|item| item.id.base().to_owned()));
        let ids: Vec<String> = ids.collect();
        let failure = Failure::usage(format!("{} has no open checkpoint or limit {unknown:?}", self.stage.id));
        Err(if ids.is_empty() { failure } else { failure.hint(format!("it waits for {}", words::and(ids))) })
    }

    /// Reports that nobody has said of something that it holds, and nobody can be asked.
    fn unseen(&self, limits: &[&LimitReport], missing: &[String]) -> Failure {
        let id = &self.stage.id;
        let denial = if limits.is_empty() { Denial::CheckpointOpen } else { Denial::LimitOpen };
        let verb = if missing.len() == 1 { "has" } else { "have" };
        let mut failure = Failure::refused(format!("{} of {id} {verb} no reading that holds", words::and(missing))).by(denial);
        for limit in limits.iter().filter(|limit| missing.contains(&limit.limit.id)) {
            failure = failure.because(format!("{} {}: {}", limit.limit.id, condition(&limit.limit), limit_state(limit.state)));
        }
        let first = missing.first().map(|id| id.split('@').next().unwrap_or(id)).unwrap_or_default();
        let readings = self.call.on("stage", &format!("{id} --readings -"));
        failure
            .suggest("sign what was measured", readings)
            .hint(format!("or look, and say that it holds: --confirm {first} --note \"what you saw\""))
    }
}
