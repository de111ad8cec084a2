//! The parts of a report that only retell: the release, the people, the records.

use std::collections::{BTreeMap, BTreeSet};

use super::release::{Release, ValidLog};
use super::view::{TakenUp, View};
use super::waived;
use crate::model::ids::Principal;
use crate::model::report::{PersonReport, RecordReport, ReleaseReport};
use crate::sign::verify::Verified;

/// Retells the open record.
pub(super) fn release(release: &Release<'_, '_>) -> Option<ReleaseReport> {
    let open = release.open;
    let object = release.context.tag.object.as_ref()?;
    let separation = &release.policy().contents().separation;
    let view = View::new(release, &release.everything, release.context.as_of, TakenUp::new());
    let accepted_by = waived::accepted_by(&view);
    Some(ReleaseReport {
        open: release.id,
        opened_by: release.opener.clone(),
        opened_at: release.opened_at,
        title: open.title.clone(),
        environment: open.environment.clone(),
        release_type: open.release_type,
        component: open.component.clone(),
        tag_object: object.id,
        commit: object.commit,
        tree_sha256: object.tree_sha256,
        checklist: open.checklist.clone(),
        risk: open.risk.clone(),
        stages: open.stages.clone(),
        triggers: open.triggers.clone(),
        procedure: open.procedure.clone(),
        scope: open.scope.clone(),
        on_call: open.on_call.clone(),
        known_issues: open.known_issues.clone(),
        attendees: open.attendees.clone(),
        implementers: open.implementers.clone(),
        unknown_accepted: !accepted_by.is_empty(),
        unknown_blocks: separation.unknown_blocks() && !open.implementers.unknown.is_empty() && accepted_by.is_empty(),
        unknown_accepted_by: accepted_by,
        since: open.since,
        given: open.given.clone(),
        previous: open.previous.clone(),
        commits: open.commits,
        requester: open.requester.clone(),
        reason: open.reason.clone(),
        ticket: open.ticket.clone(),
        security_impact: open.security_impact.clone(),
        window: open.window,
        artifacts: open.artifacts.clone(),
    })
}

/// Lists who signed, with the roles they had.
pub(super) fn people(log: &ValidLog<'_, '_>, release: Option<&Release<'_, '_>>) -> Vec<PersonReport> {
    let policy = release.map_or(&log.context.chain.head().policy, |release| release.policy());
    let mut found: BTreeMap<Principal, (BTreeSet<_>, u64)> = BTreeMap::new();
    for verified in log.records.values() {
        let signer = &verified.signer;
        let entry = found.entry(signer.handle.clone()).or_default();
        entry.0.insert(signer.fingerprint.clone());
        entry.1 += 1;
    }
    let report = |(principal, (keys, records)): (Principal, (BTreeSet<_>, u64))| {
        let person = principal.person().and_then(|handle| policy.person(handle));
        PersonReport {
            name: person.and_then(|person| person.name.clone()),
            roles: person.map(|person| person.roles.iter().cloned().collect()).unwrap_or_default(),
            keys: keys.into_iter().collect(),
            records,
            principal,
        }
    };
    found.into_iter().map(report).collect()
}

/// Lists the records, parents first.
pub(super) fn records(log: &ValidLog<'_, '_>) -> Vec<RecordReport> {
    let report = |verified: &Verified| RecordReport {
        id: verified.id(),
        kind: verified.kind.clone(),
        signer: verified.principal().clone(),
        key: verified.key().clone(),
        policy: verified.policy_head.version,
        time: verified.time,
        witnessed: log.context.witnessed.get(&verified.id()).copied(),
        item: verified.body.row().item.cloned(),
        says: verified.body.summary(),
        refused: log.refused.contains(&verified.id()),
    };
    log.in_order().into_iter().map(report).collect()
}
