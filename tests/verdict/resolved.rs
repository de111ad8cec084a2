//! Resolving: what a checklist comes to under a policy, as the open record then holds it.

use relsign::evaluate::resolve::{Terms, resolve, source};
use relsign::model::checklist::PARSER_VERSION;
use relsign::model::record::{Owner, Plan, ReleaseType, RiskClass};
use relsign::parse::checklist::parse;

use crate::cast::{POLICY, version};
use crate::world::{digest, person, role};

const CHECKLIST: &str = "\
# The widget

## Scope

| Change | Owner |
|--------|-------|
| A new lock | @sam |
| A new key | @dana |

## Risk Classification: HIGH

- It touches every door

## Before the release

- [ ] The suite passes <!-- relsign: id=tests owner=@qa label=slow,fast,slow -->
  - [ ] On every system <!-- relsign: id=systems owner=@sam -->
- [ ] The old lock is gone <!-- relsign: id=gone owner=@nobody irreversible covers=\"lock/**\" check=\"make gone\" -->
- [ ] The brochure is printed <!-- relsign: id=brochure optional reviews=0 -->

## Staged Rollout Plan

| Stage | Traffic % | Bake time | Metric thresholds |
|-------|-----------|-----------|-------------------|
| Canary | 1% | 30 min | no errors |
| Full | 100% | 4 hours | the same |

## Monitoring checkpoints

At each stage:

- [ ] It is healthy <!-- relsign: id=healthy owner=@sam phase=stage -->

## Rollback triggers

- More than one error

**Rollback procedure**:

1. Turn the key back
2. Tell everybody
";

fn resolved(policy: &str) -> Plan {
    read(CHECKLIST, policy)
}

fn read(text: &str, policy: &str) -> Plan {
    let checklist = parse(text.as_bytes()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let tag = "refs/tags/v2.4.0".parse().unwrap();
    let environment = "production".parse().unwrap();
    let terms = Terms { tag: &tag, release_type: ReleaseType::Normal, component: "main", environment: &environment };
    resolve(&checklist, source("RELEASE.md", digest(7)), &version(1, policy).policy, terms)
}

#[test]
fn a_checklist_comes_to_its_items_and_everything_else_that_an_open_record_holds() {
    let found = resolved(POLICY);
    assert_eq!((found.title.as_str(), &found.checklist), ("The widget", &source("RELEASE.md", digest(7))));
    assert_eq!(read("- [ ] The suite passes\n", POLICY).title, "Release v2.4.0", "a file without a heading");
    let ids: Vec<_> = found.items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["tests", "systems", "gone", "brochure", "healthy@canary", "healthy@full"]);
    let risk = found.risk.unwrap();
    assert_eq!((risk.class, risk.reasons.as_slice()), (RiskClass::High, &["It touches every door".to_owned()][..]));
    let stages: Vec<_> = found.stages.iter().map(|stage| (stage.id.as_str(), stage.name.as_str(), stage.bake)).collect();
    assert_eq!(stages, [("canary", "Canary", Some(1800)), ("full", "Full", Some(14_400))]);
    assert_eq!(found.stages[0].traffic.as_deref(), Some("1%"));
    assert_eq!(found.stages[0].limits.iter().map(|limit| limit.text.as_str()).collect::<Vec<_>>(), ["no errors"]);
    assert_eq!(
        found.triggers.iter().map(|trigger| (trigger.id, trigger.text.as_str())).collect::<Vec<_>>(),
        [(1, "More than one error")]
    );
    assert_eq!(found.procedure.iter().map(|step| step.text.as_str()).collect::<Vec<_>>(), ["Turn the key back", "Tell everybody"]);
    assert_eq!(found.scope.iter().map(|change| change.text.as_str()).collect::<Vec<_>>(), ["A new lock", "A new key"]);
}

#[test]
fn an_item_is_resolved_with_its_owner_and_what_the_policy_asks_of_it() {
    let found = resolved(&format!("{POLICY}\n[[rule]]\nlabel = [\"slow\"]\nreviews = 3\nroles = [\"security\"]\n"));
    let item = |id: &str| found.items.iter().find(|item| item.id.as_str() == id).unwrap();
    let tests = item("tests");
    assert_eq!((tests.number, tests.title.as_str(), tests.owner.as_ref()), (1, "The suite passes", Some(&role("qa"))));
    assert_eq!(tests.labels, ["fast", "slow"]);
    assert_eq!((tests.requirements.reviews, tests.requirements.roles.len()), (3, 1));
    let below = item("systems");
    assert_eq!(below.parent.as_ref().map(|parent| parent.as_str()), Some("tests"));
    assert_eq!((below.owner.as_ref(), below.requirements.reviews), (Some(&person("@sam")), 1));
    let gone = item("gone");
    assert!(gone.irreversible && !gone.optional);
    assert_eq!(gone.owner, None::<Owner>, "the policy knows no @nobody, so the release manager owns it");
    assert_eq!((gone.check.as_deref(), gone.covers.as_slice()), (Some("make gone"), &["lock/**".to_owned()][..]));
    // A file asks for more and never for less.
    let brochure = item("brochure");
    assert!(brochure.optional);
    assert_eq!(brochure.requirements.reviews, 1);
    assert_eq!(item("healthy@full").digest, item("healthy@canary").digest);
    // What was read can be told from the record alone.
    for item in &found.items {
        let recomputed = relsign::parse::checklist::item_digest(item.text.as_bytes(), &item.section, &item.attributes);
        assert_eq!(item.digest, recomputed, "{}", item.id);
    }
}

#[test]
fn the_source_names_the_rules_by_which_it_was_read() {
    let found = source("docs/RELEASE.md", digest(7));
    assert_eq!((found.path.as_str(), found.sha256, found.parser), ("docs/RELEASE.md", digest(7), PARSER_VERSION));
}

#[test]
fn an_item_without_an_owner_is_whose_the_front_matter_says_if_the_policy_has_the_name() {
    let owners = |assignees: &str| -> Vec<Option<Owner>> {
        let text = format!(
            "---\nname: x\nassignees: {assignees}\n---\n\n- [ ] one\n- [ ] two <!-- relsign: owner=@dana -->\n- [ ] three - @Nobody\n"
        );
        read(&text, POLICY).items.into_iter().map(|item| item.owner).collect()
    };
    let named = |name: &str| Some(person(name));
    for (assignees, owner) in [
        ("sam", named("@sam")),
        ("['sam']", named("@sam")),
        ("'@sam'", named("@sam")),
        ("stranger", None),
        ("sam, dana", None),
        ("''", None),
    ] {
        assert_eq!(owners(assignees), [owner, named("@dana"), None], "{assignees}");
    }
}
