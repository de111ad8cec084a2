//! The five documents of people that relsign was built for.

use relsign::model::checklist::{Checklist, Origin, RegionKind};
use relsign::model::record::{Phase, RiskClass};
use relsign::parse::checklist::parse;

fn seed(name: &str) -> Option<(String, Checklist)> {
    let path = crate::shared("seeds")?.join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let checklist = parse(text.as_bytes()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    every_line_is_accounted_for(&text, &checklist);
    Some((text, checklist))
}

fn every_line_is_accounted_for(text: &str, checklist: &Checklist) {
    let mut next = 1;
    for region in &checklist.regions {
        assert_eq!(region.line, next);
        assert!(region.end_line >= region.line);
        next = region.end_line + 1;
    }
    assert_eq!(next as usize - 1, text.lines().count());
}

#[test]
fn dump() {
    for name in
        ["payment-service-v2.md", "staging-hardening.md", "pre-release.md", "readiness-review.md", "release-and-rollback.md"]
    {
        let Some((_, checklist)) = seed(name) else { return };
        std::fs::write(format!("/tmp/cl-{name}.json"), serde_json::to_string_pretty(&checklist).unwrap()).unwrap();
        let _ = (Origin::Task, RegionKind::Prose, Phase::After, RiskClass::High);
    }
}
