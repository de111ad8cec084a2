//! The words of a call about the steps of a roll-back.

use crate::model::record::{RollbackEvent, StepResult};
use crate::ops::error::{Failure, Outcome};

/// How many steps one call may name.
const MOST: usize = 1000;

/// Numbers of steps, and what became of them.
pub type Pairs = Vec<(Vec<u32>, StepResult)>;

/// What a call is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// It begins.
    Start,
    /// What became of steps.
    Steps(Pairs),
    /// It ends.
    End(RollbackEvent),
}

impl Word {
    /// Reads the words behind the tag.
    pub fn of(words: &[String]) -> Outcome<Self> {
        match words {
            [] => return Ok(Self::Start),
            [one] if one == "done" => return Ok(Self::End(RollbackEvent::Done)),
            [one] if one == "failed" => return Ok(Self::End(RollbackEvent::Failed)),
            _ => {}
        }
        let mut pairs: Pairs = Vec::new();
        let mut numbers: Vec<u32> = Vec::new();
        for word in words {
            match (result(word), range(word)) {
                (Some(_), _) if numbers.is_empty() => {
                    return Err(Failure::usage(format!("no step stands before {word:?}")).hint(FORM));
                }
                (Some(result), _) => pairs.push((std::mem::take(&mut numbers), result)),
                (None, Some(range)) => numbers.extend(range),
                (None, None) => {
                    return Err(
                        Failure::usage(format!("{word:?} is neither the number of a step nor what became of it")).hint(FORM)
                    );
                }
            }
        }
        if numbers.is_empty() {
            Ok(Self::Steps(pairs))
        } else {
            Err(Failure::usage("what became of the last steps is not said").hint(FORM))
        }
    }
}

const FORM: &str = "write numbers and done, skip or failed, such as: relsign rollback 1-4 done 5 skip --reason \"…\"";

fn result(word: &str) -> Option<StepResult> {
    Some(match word {
        "done" => StepResult::Done,
        "skip" | "skipped" => StepResult::Skipped,
        "failed" | "fail" => StepResult::Failed,
        _ => return None,
    })
}

fn range(word: &str) -> Option<std::ops::RangeInclusive<u32>> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last && (last - first) < u32::try_from(MOST).ok()?).then_some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::Word;
    use crate::model::record::{RollbackEvent, StepResult};

    #[test]
    fn several_results_go_into_one_call() {
        let read = |text: &str| Word::of(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(read("").unwrap(), Word::Start);
        assert_eq!(read("failed").unwrap(), Word::End(RollbackEvent::Failed));
        let both = vec![(vec![1, 2, 4], StepResult::Done), (vec![5], StepResult::Skipped)];
        assert_eq!(read("1-2 4 done 5 skip").unwrap(), Word::Steps(both));
        for wrong in ["1-2", "done 1", "x done", "3-1 done", "1 done 2"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
