//! What git tells a hook of a push, read strictly: a line that is not understood stops the push.

use crate::evaluate::push::Update;
use crate::model::ids::ObjectId;
use crate::ops::error::{Failure, Outcome};

/// Reads what `pre-push` gets: lines of `LOCAL-REF LOCAL-ID REMOTE-REF REMOTE-ID`, none where there is nothing to push.
pub fn pre_push(input: &[u8]) -> Outcome<Vec<Update>> {
    lines(input, |line| {
        // The first word is whatever the user typed, which may have spaces in it: `HEAD^{/fix the build}`.
        let mut words = line.rsplitn(4, ' ');
        let (old, name, new) = (words.next()?, words.next()?, words.next()?);
        words.next()?;
        Some(Update { name: name.to_owned(), old: id(old)?, new: id(new)? })
    })
}

/// Reads what pre-commit hands on, which reads standard input itself: a ref of the remote and the id that it gets, none
/// where it is deleted.
pub fn pre_commit(name: &str, new: Option<&str>) -> Outcome<Update> {
    if name.contains(char::REPLACEMENT_CHARACTER) {
        return Err(not_utf8());
    }
    let new = new.map(|text| {
        id(text).ok_or_else(|| {
            Failure::internal(format!("pre-commit says that {name} gets {text:?}, which is not an object id"))
                .suggest("have git run the hook itself", "relsign hook install")
        })
    });
    Ok(Update { name: name.to_owned(), old: None, new: new.transpose()?.flatten() })
}

/// Reads what `pre-receive` and `post-receive` get: lines of `OLD-ID NEW-ID REF`, at least one.
pub fn receive(input: &[u8]) -> Outcome<Vec<Update>> {
    let updates = lines(input, |line| {
        let mut words = line.splitn(3, ' ');
        let (old, new, name) = (words.next()?, words.next()?, words.next()?);
        Some(Update { name: name.to_owned(), old: id(old)?, new: id(new)? })
    })?;
    // Git never asks about a push of nothing; somebody else has read the input.
    if updates.is_empty() {
        return Err(Failure::internal("the hook got no updates on standard input")
            .hint("a hook that reads standard input must pass it on, as the hooks installed by relsign do"));
    }
    Ok(updates)
}

/// Reads what `update` gets as its words: `REF OLD-ID NEW-ID`.
pub fn update(words: &[String]) -> Outcome<Vec<Update>> {
    let [name, old, new] = words else {
        return Err(Failure::usage("the update hook takes a ref, its old id and its new id"));
    };
    match (id(old), id(new)) {
        (Some(old), Some(new)) => Ok(vec![Update { name: name.clone(), old, new }]),
        _ => Err(Failure::usage(format!("{old:?} and {new:?} are not two object ids"))),
    }
}

fn not_utf8() -> Failure {
    Failure::missing("a ref of this push has a name that is not UTF-8, so no rule can name it").hint("give it another name")
}

fn lines(input: &[u8], read: impl Fn(&str) -> Option<Update>) -> Outcome<Vec<Update>> {
    let text = std::str::from_utf8(input).map_err(|_| not_utf8())?;
    text.lines()
        .filter(|line| !line.is_empty())
        .map(|line| read(line).ok_or_else(|| Failure::internal(format!("the hook can't parse this line from git: {line:?}"))))
        .collect()
}

/// Reads an id; zeros stand for no object.
fn id(text: &str) -> Option<Option<ObjectId>> {
    let id: ObjectId = text.parse().ok()?;
    Some(if text.bytes().all(|byte| byte == b'0') { None } else { Some(id) })
}

#[cfg(test)]
mod tests {
    use super::{pre_push, receive, update};

    const ONE: &str = "1111111111111111111111111111111111111111";
    const ZERO: &str = "0000000000000000000000000000000000000000";

    #[test]
    fn updates_are_read_as_git_writes_them() {
        let input = format!(
            "refs/heads/main {ONE} refs/heads/main {ZERO}\nHEAD^{{/fix it now}} {ONE} refs/heads/x {ONE}\n(delete) {ZERO} refs/heads/y {ONE}\n"
        );
        let updates = pre_push(input.as_bytes()).unwrap();
        let names: Vec<&str> = updates.iter().map(|update| update.name.as_str()).collect();
        assert_eq!(names, ["refs/heads/main", "refs/heads/x", "refs/heads/y"]);
        assert!(updates[0].old.is_none() && updates[0].new.is_some() && updates[2].new.is_none() && updates[2].old.is_some());
        assert!(pre_push(b"").unwrap().is_empty() && pre_push(b"\n").unwrap().is_empty());
        assert_eq!(receive(format!("{ZERO} {ONE} refs/heads/main\n").as_bytes()).unwrap()[0].name, "refs/heads/main");
        let words = ["refs/heads/main", ONE, ZERO].map(str::to_owned);
        assert!(update(&words).unwrap()[0].new.is_none());
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert!(receive(b"").is_err(), "a push of nothing");
        assert!(receive(format!("{ONE} refs/heads/main\n").as_bytes()).is_err());
        assert!(pre_push(format!("refs/heads/main {ONE}\n").as_bytes()).is_err());
        assert!(pre_push(format!("refs/heads/main {ONE} refs/heads/main 12ab\n").as_bytes()).is_err());
        assert!(receive([format!("{ZERO} {ONE} refs/heads/").as_bytes(), b"\xff\n"].concat().as_slice()).is_err());
        assert!(update(&["refs/heads/main".to_owned()]).is_err());
    }
}
