//! What comes after `init`: the commands of a release, and who else has to join first.

use crate::evaluate::quorum;
use crate::git::Repository;
use crate::model::advice::Advice;
use crate::model::ids::{Handle, RootDigest};
use crate::model::policy::Policy;
use crate::ops::load::reviewers::Reviewers;
use crate::ops::policy_file::POLICY_FILE;
use crate::ops::session::Session;
use crate::report::words;

/// Describes what comes between a draft and its root.
pub fn after_draft(session: &Session, repository: &Repository, policy: &Policy) {
    session.say(format!("nothing is signed yet; change {POLICY_FILE}, then run: relsign init"));
    let Some(reviewers) = reviewers(repository, policy) else { return };
    session.advise("before that, each of the others runs relsign join and sends you the command that it prints; you run it here");
    tell_missing(session, &reviewers);
}

/// Describes what comes after the root: who joins, then the first release.
pub fn after_root(
    session: &Session,
    repository: &Repository,
    (policy, root): (&Policy, RootDigest),
    me: Option<&Handle>,
    wrote: bool,
) {
    let reviewers = reviewers(repository, policy);
    let is_short = reviewers.as_ref().is_some_and(|reviewers| reviewers.missing() > 0);
    let commit = wrote.then_some("git commit -m \"Add the release policy and checklist\"");
    let admit = ["relsign person add @HANDLE …   (relsign join prints it to each of the others)", "relsign policy activate"];
    let has_tags = policy.contents().components.iter().any(|component| component.since.is_some());
    let tag = if has_tags { "TAG" } else { "v1.0.0" };
    let release = ["tag TAG", "open TAG", "approve TAG --all", "decide TAG go"].map(|command| command.replace("TAG", tag));
    let then =
        if is_short { admit.map(str::to_owned).to_vec() } else { release.map(|command| format!("relsign {command}")).to_vec() };
    let mut label = "next:";
    for command in commit.map(str::to_owned).into_iter().chain(then) {
        session.say(format!("{label} {command}"));
        label = "     ";
    }
    let others = policy.active_people().filter(|(handle, _)| Some(*handle) != me);
    let others: Vec<&Handle> = others.map(|(handle, _)| handle).collect();
    if !others.is_empty() {
        let text = format!("{} compare this root with you, and run", words::and(others));
        session.advise(Advice::run(text, format!("relsign trust SHA256:{root} && relsign init")));
    }
    let Some(reviewers) = reviewers else { return };
    tell_missing(session, &reviewers);
    if !is_short && quorum::missing(&reviewers.free, reviewers.needed) > 0 {
        session.warn(format!(
            "{} can review the first release, because {} commits in it; let somebody without commits join (relsign join), or set \
             implementer_may_review = true in {POLICY_FILE}",
            if reviewers.free.is_empty() { "nobody".to_owned() } else { format!("only {}", words::and(&reviewers.free)) },
            if reviewers.free.is_empty() { "everybody who could has" } else { "the others have" },
        ));
    }
}

/// A history that can't be read is told of when a release is opened.
fn reviewers(repository: &Repository, policy: &Policy) -> Option<Reviewers> {
    Reviewers::of_first_release(repository, policy).ok().flatten()
}

fn tell_missing(session: &Session, reviewers: &Reviewers) {
    let missing = reviewers.missing();
    if missing == 0 {
        return;
    }
    session.advise(format!(
        "an item takes {} by somebody who neither owns it nor has commits in the release: {} must join",
        words::count(u64::from(reviewers.needed), "review"),
        words::plural(u64::from(missing), "more person", "more people")
    ));
}
