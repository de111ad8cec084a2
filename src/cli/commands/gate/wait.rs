//! Waiting for a yes: asking again, less and less often, until the answer can't change or the time is over.

use std::time::Duration;

use crate::cli::app::App;
use crate::model::finding::Code;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::gate::asked::{Asked, is_final, line};
use crate::report::words;

/// The first pause, in seconds.
const FIRST_PAUSE: f64 = 5.0;
/// The longest pause, in seconds.
const LONGEST_PAUSE: f64 = 60.0;
/// How much longer each pause is than the one before.
const GROWTH: f64 = 1.5;

/// Asks until there is a yes or a final no, or until `span` seconds are over; gives the last answer and how long it took.
///
/// # Errors
/// The last failure, where the time is over or no waiting would help.
pub(super) fn until_final(app: &App, span: u64, ask: impl Fn(&App) -> Outcome<Asked>) -> Outcome<(Asked, u64)> {
    let mut waiting = app.ui.waiting();
    let span = Duration::from_secs(span);
    let mut pause = FIRST_PAUSE;
    loop {
        let begun = waiting.elapsed();
        let mut moment = app.later(begun.as_secs());
        // What is under way is told by the one line about waiting.
        moment.ui.quiet = true;
        let asked = ask(&moment);
        let is_last = begun >= span
            || match &asked {
                Ok(asked) => !asked.is_open && is_final(&asked.report),
                Err(failure) => !may_pass(failure),
            };
        let elapsed = waiting.elapsed();
        let stands = match asked {
            asked if is_last => return asked.map(|asked| (asked, elapsed.as_secs())),
            Ok(asked) => line(&asked),
            Err(failure) => failure.to_string(),
        };
        let left = span.saturating_sub(elapsed);
        let next = Duration::from_secs_f64(pause * jitter()).min(left);
        let next_words = format!("asking again in {}, giving up in {}", words::span(next.as_secs()), words::span(left.as_secs()));
        waiting.stands(&stands, &next_words);
        std::thread::sleep(next);
        pause = (pause * GROWTH).min(LONGEST_PAUSE);
    }
}

/// Whether what is missing may come: records, the policy, the remote. A pin does not come by itself, nor does the name
/// that the call lacks.
fn may_pass(failure: &Failure) -> bool {
    let stays =
        matches!(failure.code, Some(Code::RootUnpinned | Code::RootAmbiguous | Code::EnvironmentUnnamed | Code::ComponentUnnamed));
    failure.exit == Exit::CannotDecide && !stays
}

/// Returns a factor around 1, so that pipelines which begin together don't all ask at once.
fn jitter() -> f64 {
    // Without randomness they do, which is no reason to stop.
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    0.8 + 0.4 * f64::from(random) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Failure, jitter, may_pass};
    use crate::model::finding::Code;

    #[test]
    fn pauses_differ_by_a_fifth_at_most() {
        assert!((0..1000).map(|_| jitter()).all(|factor| (0.8..=1.2).contains(&factor)));
    }

    #[test]
    fn what_may_come_is_waited_for_and_nothing_else_is() {
        assert!(may_pass(&Failure::missing("there is no policy here")));
        assert!(!may_pass(&Failure::usage("there is no stage x")));
        assert!(!may_pass(&Failure::finding(Code::RootUnpinned, "no root is pinned")));
        assert!(!may_pass(&Failure::finding(Code::RootMismatch, "another root")));
        assert!(!may_pass(&Failure::finding(Code::EnvironmentUnnamed, "for staging")));
    }
}
