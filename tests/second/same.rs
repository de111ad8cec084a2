//! Of every generated release `status`, `mine` and `approve --all` say the same of everybody.

use std::collections::BTreeSet;

use relsign::evaluate::evaluate;
use relsign::model::finding::Code;
use relsign::model::ids::{Handle, ItemId};
use relsign::model::report::{NeedKind, Report};
use relsign::report::steps::{Step, steps};
use relsign::report::waiting::{Task, of_person, sign_offs};

use crate::cases::{plan, variation};

/// How many plans are asked about.
const PLANS: u64 = 600;

/// Returns the items for which the steps of `status` name somebody with a command.
fn named(steps: &[Step], verb: &str, handle: &Handle) -> BTreeSet<ItemId> {
    let ways = steps.iter().flat_map(|step| &step.ways).filter(|way| way.command.get(1).is_some_and(|word| word == verb));
    ways.filter(|way| way.people.contains(handle)).flat_map(|way| way.items.clone()).collect()
}

/// What somebody may do, in the words of each.
fn compare(report: &Report, tasks: &[Task<'_>], handle: &Handle) -> Vec<String> {
    let steps = steps(report);
    let mut wrong = Vec::new();
    let mut differ = |what: &str, status: String, mine: String| {
        if status != mine {
            wrong.push(format!("{handle}, {what}: status {status}, mine {mine}"));
        }
    };
    let by = |wanted: &[NeedKind]| -> BTreeSet<ItemId> {
        let items = tasks.iter().filter_map(|task| match task {
            // What GO does not need, status only counts.
            Task::Item(item, what) if wanted.contains(what) => Some(item.id.clone()),
            _ => None,
        });
        items.collect()
    };
    let is_optional = |id: &ItemId| report.items.iter().any(|item| item.id == *id && item.optional);
    let needed = |ids: BTreeSet<ItemId>| ids.into_iter().filter(|id| !is_optional(id)).collect::<BTreeSet<_>>();
    let to_approve = by(&[NeedKind::OwnerWord, NeedKind::Review]);
    let signed_by_all: BTreeSet<ItemId> = match report.is_over() {
        true => BTreeSet::new(),
        false => sign_offs(report, handle).into_iter().map(|(item, _)| item.id.clone()).collect(),
    };
    differ("approve --all", format!("{signed_by_all:?}"), format!("{to_approve:?}"));
    differ("approve", format!("{:?}", needed(named(&steps, "approve", handle))), format!("{:?}", needed(to_approve)));
    differ("waive", format!("{:?}", needed(named(&steps, "waive", handle))), format!("{:?}", needed(by(&[NeedKind::Waiver]))));
    let may_withdraw = steps
        .iter()
        .flat_map(|step| &step.ways)
        .any(|way| way.command.get(1).is_some_and(|word| word == "withdraw") && way.people.contains(handle));
    differ("withdraw", may_withdraw.to_string(), (!by(&[NeedKind::RejectResolved]).is_empty()).to_string());
    // What was decided against may be taken up again by whoever may decide, and waits for nobody.
    let is_awaited = |step: &&Step| step.reason != Some(Code::DecidedNoGo) && !report.is_over();
    let decides = steps.iter().filter(is_awaited).flat_map(|step| &step.ways);
    let mut decides = decides.filter(|way| way.command.get(1).is_some_and(|word| word == "decide"));
    let may_decide = decides.any(|way| way.people.contains(handle));
    differ("decide", may_decide.to_string(), tasks.contains(&Task::Decide).to_string());
    wrong
}

#[test]
fn status_mine_and_approve_all_say_the_same_of_everybody() {
    let mut asked = [0; 4];
    let mut wrong = Vec::new();
    for seed in 0..PLANS {
        let mut plan = plan(seed);
        for number in 0..2 {
            if number > 0 {
                (plan.context, plan.hidden) = variation(seed, number, &plan);
            }
            let story = plan.story();
            let report = evaluate(&story.context(), &story.log);
            let Some(governing) = report.governing_policy.and_then(|head| story.chain.at(head)) else { continue };
            for handle in governing.policy.contents().people.keys() {
                let tasks = of_person(&report, &governing.policy, handle);
                for task in &tasks {
                    match task {
                        Task::Item(_, NeedKind::RejectResolved) => asked[0] += 1,
                        Task::Item(..) => asked[1] += 1,
                        Task::Decide => asked[2] += 1,
                        _ => asked[3] += 1,
                    }
                }
                wrong.extend(compare(&report, &tasks, handle).into_iter().map(|one| format!("case {seed}.{number}, {one}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    assert!(asked.iter().all(|count| *count > 10), "too few tasks of some sort to say anything: {asked:?}");
}
