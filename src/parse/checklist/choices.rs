//! Tasks that are the boxes of one choice, such as `- [ ] GO` and `- [ ] NO-GO`.

use super::lexicon;
use super::phrases;
use super::walk::{Draft, Found};
use crate::model::checklist::{Choice, Origin, RegionKind, SectionKind};

/// Which of the sets of words a task is one of.
fn set_of(draft: &Draft) -> impl Iterator<Item = usize> + '_ {
    let text = phrases::canon(&draft.title);
    let plain = draft.origin == Origin::Task && draft.details.is_empty();
    (0..lexicon::CHOICES.len()).filter(move |set| plain && lexicon::CHOICES[*set].contains(&text.as_str()))
}

/// Makes one choice of tasks that follow each other in a list and are the words of one set.
///
/// That between go and no-go is the decision, which a record makes and no item.
pub(super) fn merge(found: &mut Found) {
    let drafts = std::mem::take(&mut found.drafts);
    let mut places = vec![0; drafts.len()];
    let mut at = 0;
    while at < drafts.len() {
        let run = run_from(&drafts, at);
        let first = &drafts[at];
        let Some((set, end)) = run else {
            places[at] = found.drafts.len();
            let mut draft = first.clone();
            draft.parent = draft.parent.map(|parent| places[parent]);
            found.drafts.push(draft);
            at += 1;
            continue;
        };
        let choices: Vec<Choice> =
            drafts[at..end].iter().map(|draft| Choice { text: draft.title.clone(), ticked: draft.ticked }).collect();
        let title = first.group.clone().or_else(|| first.section.last().cloned()).unwrap_or_default();
        if set == 0 {
            found.facts.choice_line(SectionKind::Decision, &title, &choices, first.line);
            for line in first.line..=drafts[end - 1].line {
                found.lines[line as usize - 1] = Some(RegionKind::Decision);
            }
        } else {
            places[at..end].fill(found.drafts.len());
            let title = choices.iter().map(|choice| choice.text.as_str()).collect::<Vec<_>>().join(" / ");
            let ticked = choices.iter().any(|choice| choice.ticked);
            let parent = first.parent.map(|parent| places[parent]);
            let last = &drafts[end - 1];
            found.drafts.push(Draft {
                title,
                origin: Origin::Choice,
                end_line: last.end_line,
                span: first.span.start..last.span.end,
                ticked,
                choices,
                parent,
                ..first.clone()
            });
        }
        at = end;
    }
}

/// Finds where the run of a choice ends that begins here.
fn run_from(drafts: &[Draft], at: usize) -> Option<(usize, usize)> {
    set_of(&drafts[at]).find_map(|set| {
        let mut end = at + 1;
        let belongs = |draft: &Draft, before: &Draft| {
            draft.parent == drafts[at].parent && draft.line - before.end_line <= 1 && set_of(draft).any(|other| other == set)
        };
        while end < drafts.len() && belongs(&drafts[end], &drafts[end - 1]) {
            end += 1;
        }
        (end - at >= 2).then_some((set, end))
    })
}
