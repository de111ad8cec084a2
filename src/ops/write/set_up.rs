//! Setting somebody up: the key that signs, a handle, and the checklist that is there already.

use std::path::Path;

use crate::keystore::choose::{self, Chosen, Sources};
use crate::keystore::{Agent, FileKey, KeystoreError};
use crate::model::ids::{Fingerprint, Handle};
use crate::ops::error::{Failure, Outcome};
use crate::ops::session::Session;
use crate::parse::checklist::in_ascii;
use crate::report::safe::shell_word;

/// Finds the key that signs, or offers to make one where there is none.
///
/// Where there is one that can't be used now, such as a locked one or one whose agent is gone, the error says so, and nobody
/// gets another key instead. Where git signs with no SSH key, or an agent holds some, one is made only if somebody says yes to it.
///
/// # Errors
/// The key can't be used, there is none and nobody wants one, or it can't be written.
pub fn choose_or_make(
    session: &Session,
    sources: &Sources,
    known: &dyn Fn(&Fingerprint) -> bool,
    (owner, yes): (Option<&str>, bool),
    confirm: &dyn Fn(&str, bool) -> Option<bool>,
) -> Outcome<Chosen> {
    let error = match choose::choose(sources, known) {
        Err(error @ (KeystoreError::NoKey(_) | KeystoreError::NotSsh(_))) => error,
        other => return Ok(other?),
    };
    let home = session.keys.home.clone();
    let home =
        home.ok_or_else(|| Failure::usage("there is no home directory to keep a key in").hint("name a key with --key FILE"))?;
    let path = home.join(".ssh").join("id_ed25519");
    let none_at_all = matches!(error, KeystoreError::NoKey(Agent::None | Agent::Gone(_) | Agent::Empty));
    let agreed = if yes && none_at_all {
        Some(true)
    } else {
        let why = if none_at_all { "There is no signing key".to_owned() } else { capital(&error.to_string()) };
        confirm(&format!("{why}. Create one at {}?", path.display()), none_at_all)
    };
    if agreed != Some(true) {
        return Err(error.into());
    }
    make_key(session, &path, owner)?;
    // The file is there now, and nothing else was named.
    Ok(choose::choose(sources, known)?)
}

/// Begins a sentence with a capital letter.
fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// Makes an ed25519 key without a passphrase and says so.
fn make_key(session: &Session, path: &Path, owner: Option<&str>) -> Outcome<()> {
    if let Some(folder) = path.parent() {
        // As ssh-keygen makes it: nobody else has any business in it.
        std::os::unix::fs::DirBuilderExt::mode(std::fs::DirBuilder::new().recursive(true), 0o700)
            .create(folder)
            .map_err(Failure::cannot("make", folder))?;
    }
    FileKey::generate(path, owner.unwrap_or("relsign"))?;
    session.say(format!("created a key without a passphrase at {}", path.display()));
    session.say(format!("to add one: ssh-keygen -p -f {}", shell_word(&path.display().to_string())));
    Ok(())
}

/// Stops whoever git has no address of: no commit could be known as theirs.
pub fn nobody_known() -> Failure {
    Failure::usage("git does not know who you are, so the policy could not either")
        .suggest("say your name", "git config --global user.name \"Your Name\"")
        .suggest("and address", "git config --global user.email you@example.org")
}

/// Makes a handle of a name: its first letter and last word, in letters that a handle takes.
pub fn guess_handle(name: &str, user: Option<&str>) -> Handle {
    let slug = |text: &str| {
        let text: String = text.to_lowercase().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        Handle::from_user(text.trim_matches('-')).ok()
    };
    let name = in_ascii(name);
    let parts: Vec<&str> = name.split_whitespace().collect();
    let from_name = match parts.as_slice() {
        [] => None,
        [one] => slug(one),
        [first, .., last] => slug(&format!("{}{last}", first.chars().next().unwrap_or_default())),
    };
    let fallback = || "@me".parse().unwrap_or_else(|_| unreachable!("it is a handle"));
    from_name.or_else(|| user.and_then(slug)).unwrap_or_else(fallback)
}

/// Looks for a file that calls itself a release checklist, in the places where people keep them.
pub fn find_checklist(top: &Path) -> Option<String> {
    let places = ["", "docs", "doc", ".github", ".github/ISSUE_TEMPLATE", ".gitlab"];
    for place in places {
        let Ok(entries) = std::fs::read_dir(top.join(place)) else { continue };
        let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        let is_checklist = |name: &&String| {
            let lower = name.to_lowercase();
            lower.ends_with(".md") && lower.contains("release") && lower.contains("checklist")
        };
        if let Some(name) = names.iter().find(is_checklist) {
            return Some(if place.is_empty() { name.clone() } else { format!("{place}/{name}") });
        }
    }
    None
}
