//! Who signs: the key, and whose it is in the policy in force.

use crate::git::Repository;
use crate::keystore::{SigningKey, choose};
use crate::model::denial::Denial;
use crate::model::ids::{Handle, Principal};
use crate::model::policy::{Policy, Right};
use crate::ops::error::{Failure, Outcome};
use crate::ops::session::Session;
use crate::ops::trust::Trust;

/// Who signs, with which key.
pub struct Identity {
    /// The key, unlocked when it is first needed.
    pub key: SigningKey,
    /// Whose it is.
    pub principal: Principal,
}

impl Identity {
    /// Returns the person; a machine has none.
    pub fn person(&self) -> Option<&Handle> {
        self.principal.person()
    }
}

/// Finds the key that signs, without asking whose it is.
pub fn choose_key(session: &Session, repository: Option<&Repository>, trusted: Option<&Trust>) -> Outcome<choose::Chosen> {
    choose_from(session, &session.key_sources(repository)?, trusted)
}

/// Finds the key that signs among places that are given.
pub fn choose_from(session: &Session, sources: &choose::Sources, trusted: Option<&Trust>) -> Outcome<choose::Chosen> {
    let known = |key: &_| trusted.is_some_and(|trusted| trusted.is_person(key));
    let mut chosen = choose::choose(sources, &known)?;
    if !session.dry_run {
        chosen.key.unlock(&mut session.passphrases())?;
    }
    Ok(chosen)
}

/// Finds who signs: the key, and the person or machine whose it is in the policy in force.
pub fn identify(session: &Session, repository: &Repository, trusted: &Trust) -> Outcome<Identity> {
    let chosen = choose_key(session, Some(repository), Some(trusted))?;
    let fingerprint = chosen.key.public().fingerprint().clone();
    let Some((principal, entry)) = trusted.policy().key(&fingerprint) else {
        return Err(Failure::refused(format!("the policy does not list your key {fingerprint} ({})", chosen.key.place()))
            .by(Denial::KeyUnlisted)
            .suggest("ask an owner to admit you", "relsign join")
            .hint("or sign with another key: --key FILE"));
    };
    if entry.state != crate::model::policy::KeyState::Active {
        return Err(Failure::refused(format!("the key {fingerprint} of {principal} is {}", entry.state.as_str()))
            .by(Denial::KeyInactive)
            .hint("sign with an active key: --key FILE"));
    }
    Ok(Identity { key: chosen.key, principal })
}

/// Refuses whoever may not do something, and says who may; only people are given rights to sign off.
pub fn require(policy: &Policy, who: &Principal, right: Right) -> Outcome<()> {
    if who.person().is_some() { require_any(policy, who, right) } else { Err(may_not(policy, who, right)) }
}

/// Refuses whoever may not do something that machines may be listed for too, and says who may.
///
/// # Errors
/// If the policy gives them no such right.
pub fn require_any(policy: &Policy, who: &Principal, right: Right) -> Outcome<()> {
    if policy.may(who, right) { Ok(()) } else { Err(may_not(policy, who, right)) }
}

fn may_not(policy: &Policy, who: &Principal, right: Right) -> Failure {
    Failure::refused(format!("{who} may not {right}")).by(Denial::NoRight).hint(format!("who may: {}", policy.who_may(right)))
}
