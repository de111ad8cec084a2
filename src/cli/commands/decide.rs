//! `relsign decide`.

use super::course::{self, Barred, Call};
use super::delivery::{self, Delivery};
use super::selector::tag_and_rest;
use crate::cli::app::App;
use crate::cli::json::SignedRecordJson;
use crate::model::advice::Advice;
use crate::model::denial::Denial;
use crate::model::policy::{Policy, Right};
use crate::model::record::{Body, Condition, Decide, Decision, NotBy};
use crate::model::report::Answer;
use crate::ops::error::{Failure, Outcome};
use crate::ops::write::chain::Chain;
use crate::ops::write::decide::{owner, require_basis};
use crate::ops::write::identity;
use crate::ops::write::ready::Ready;
use crate::report::words;

/// Decide GO or no-go on everything that was signed
///
/// GO is refused while an item is not complete, a reject is in effect or a record is missing.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag (optional if one release is open), then go, conditional-go or no-go
    #[arg(required = true, num_args = 1..=2, value_name = "TAG DECISION")]
    words: Vec<String>,
    /// Why; required for no-go
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// A condition, with --assignee and --due
    ///
    /// Only a conditional go has conditions. Can be repeated.
    #[arg(long, value_name = "TEXT")]
    condition: Vec<String>,
    /// Who meets it: a person, or holders of a role
    #[arg(long, value_name = "@HANDLE|ROLE")]
    assignee: Vec<String>,
    /// By when: a time, a date, or a span such as 2d
    #[arg(long, value_name = "TIME")]
    due: Vec<String>,
    /// Who may not meet the conditions
    ///
    /// That holds whoever they are given to.
    #[arg(long, value_enum, value_name = "implementers", requires = "condition", hide_possible_values = true)]
    not_by: Option<Barred>,
    #[command(flatten)]
    delivery: Delivery,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (tag, rest) = tag_and_rest(&self.words, 1);
        let [named] = rest else { return Err(Failure::usage("a decision is needed")) };
        let Some(decision) = Decision::ALL.iter().copied().find(|decision| decision.as_str().eq_ignore_ascii_case(named)) else {
            return Err(Failure::usage(format!("{named:?} is not a decision")).hint("use go, conditional-go or no-go"));
        };
        if decision == Decision::NoGo && self.reason.is_none() {
            return Err(Failure::usage("a no-go needs a reason").by(Denial::Incomplete).hint("add --reason TEXT"));
        }
        self.require_conditions(decision)?;
        let (repository, trusted) = app.prepared(&self.delivery.sharing)?;
        let ready = Ready::load(app, &repository, &trusted, tag, self.delivery.place.env.as_deref())?;
        let policy = ready.policy();
        let who = &ready.identity.principal;
        identity::require(policy, who, Right::Decide)?;
        let conditions = self.conditions(app, policy)?;
        let manifest = ready.manifest();
        let held = manifest.len() as u64;
        let mut chain = Chain::new(&ready);
        let body = Decide { decision, manifest, conditions, reason: self.reason.clone() };
        let id = chain.sign(app, Body::Decide(body))?;
        let after = chain.judge();
        if decision != Decision::NoGo {
            require_basis(app, &ready, &after, id)?;
        }
        ready.announce(app, &format!("{who} decides {decision} on {}", words::count(held, "record")))?;
        let signed = vec![SignedRecordJson { id, item: None, counts_as: format!("decides {decision}") }];
        let what = format!("decide {decision}");
        let exit = delivery::deliver(app, &ready, (chain.into_lines(), signed), &[], &what, &self.delivery)?;
        let call = Call::new(tag, self.delivery.place.env.as_deref());
        if decision != Decision::NoGo && after.verdict.answer == Answer::Go && after.course.has_stages() {
            course::say_next(app, &course::next(app, policy, &after, &call));
        } else if decision == Decision::ConditionalGo {
            let is = if self.condition.len() == 1 { "its condition is" } else { "each of its conditions is" };
            app.ui.advise(Advice::run(
                format!("relsign gate answers NO until {is} met; whoever it is given to runs"),
                call.on("action", "c1 met --note \"…\""),
            ));
        }
        Ok(exit)
    }

    /// Refuses conditions that are missing, or that the decision can't have.
    fn require_conditions(&self, decision: Decision) -> Outcome<()> {
        let count = self.condition.len();
        let incomplete = |message: &str, hint: &str| Err(Failure::usage(message).by(Denial::Incomplete).hint(hint));
        match (decision == Decision::ConditionalGo, count) {
            (false, 0) => return Ok(()),
            (false, _) => return incomplete("only a conditional go has conditions", "use conditional-go"),
            (true, 0) => return incomplete("a conditional go needs conditions", "--condition TEXT --assignee @HANDLE --due TIME"),
            (true, _) => {}
        }
        if [self.assignee.len(), self.due.len()].iter().any(|other| *other != count) {
            let count = words::count(count as u64, "condition");
            return Err(Failure::usage(format!("{count} need an --assignee and a --due each")));
        }
        Ok(())
    }

    fn conditions(&self, app: &App, policy: &Policy) -> Outcome<Vec<Condition>> {
        let condition = |(at, text): (usize, &String)| {
            Ok(Condition {
                id: format!("c{}", at + 1),
                text: text.clone(),
                assignee: owner(policy, &self.assignee[at])?,
                due: app.time(&self.due[at])?,
                not_by: self.not_by.map(NotBy::from),
            })
        };
        self.condition.iter().enumerate().map(condition).collect()
    }
}
