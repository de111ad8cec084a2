//! The words of a call about a stage.

use crate::model::course::StageReport;
use crate::model::record::StageEvent;
use crate::model::report::Report;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::find::one_of;
use crate::ops::write::course::Call;
use crate::report::words;

/// What a call asks for: a stage, where one is named, and what happens to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The stage as it was typed.
    pub stage: Option<String>,
    /// What happens to it.
    pub event: Option<StageEvent>,
}

impl Asked {
    /// Reads the words behind the tag.
    pub fn of(words: &[String]) -> Outcome<Self> {
        let event = |word: &String| word.parse::<StageEvent>().ok();
        match words {
            [] => Ok(Self { stage: None, event: None }),
            [one] => match event(one) {
                Some(event) => Ok(Self { stage: None, event: Some(event) }),
                None => Ok(Self { stage: Some(one.clone()), event: None }),
            },
            [stage, what] => match event(what) {
                Some(event) => Ok(Self { stage: Some(stage.clone()), event: Some(event) }),
                None => Err(Failure::usage(format!("{what:?} is nothing that happens to a stage")).hint("use enter, pass or fail")),
            },
            _ => Err(Failure::usage("a stage, and what happens to it, are all that is needed")
                .hint("write relsign stage TAG STAGE enter, pass or fail")),
        }
    }

    /// Finds the stage that is meant; it may be left out where the release has only one.
    ///
    /// # Errors
    /// If it is none of the release, or one of several has to be named.
    pub fn find<'r>(&self, report: &'r Report, call: &Call) -> Outcome<&'r StageReport> {
        let stages = &report.course.stages;
        let ids = stages.iter().map(|stage| stage.id.as_str());
        let Some(named) = &self.stage else {
            return match stages.as_slice() {
                [one] => Ok(one),
                _ => {
                    let failure = Failure::usage(format!("{} has several stages: {}", report.tag.short(), words::and(ids)));
                    let next = report.course.next().or_else(|| stages.last()).map(|stage| stage.id.as_str()).unwrap_or_default();
                    let event = self.event.map_or("enter", StageEvent::as_str);
                    Err(failure.suggest("name one", call.on("stage", &format!("{next} {event}"))))
                }
            };
        };
        let id = one_of(ids.clone(), named)?;
        id.and_then(|id| stages.iter().find(|stage| stage.id == id)).ok_or_else(|| {
            Failure::usage(format!("{} has no stage {named:?}", report.tag.short()))
                .hint(format!("its stages: {}", words::and(ids)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Asked;
    use crate::model::record::StageEvent;

    #[test]
    fn the_stage_or_the_event_may_be_left_out() {
        let read = |words: &[&str]| Asked::of(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).unwrap();
        assert_eq!(read(&["enter"]), Asked { stage: None, event: Some(StageEvent::Enter) });
        assert_eq!(read(&["full", "pass"]), Asked { stage: Some("full".to_owned()), event: Some(StageEvent::Pass) });
        assert_eq!(read(&["full"]), Asked { stage: Some("full".to_owned()), event: None });
    }
}
