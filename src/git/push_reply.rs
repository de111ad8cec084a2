//! What git and a remote said to a push: a lost race, a refusal with its reason, or remarks.

use std::collections::BTreeMap;

/// How a push ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Push {
    /// Every ref is on the remote as it was sent; with what relsign's hooks there said to it all the same.
    Ok(Vec<String>),
    /// Somebody else pushed first: fetch, merge and try again.
    NonFastForward,
    /// The remote, one of its hooks or a hook here said no; the text is for people, and was written by others.
    Rejected(String),
    /// The remote could not be reached, or is no repository; the text is git's.
    Unreachable(String),
}

/// Reads what a failed push printed: `--porcelain` on stdout, everything else on stderr.
pub(super) fn judge_push(porcelain: &str, errors: &str) -> Push {
    const RACES: [&str; 8] = [
        "(fetch first)",
        "(non-fast-forward)",
        "(stale info)",
        "(failed to update ref)",
        "cannot lock ref",
        "incorrect old value",
        "reference already exists",
        "failed to lock",
    ];
    let refused: Vec<&str> = porcelain.lines().filter(|line| line.starts_with("!\t")).collect();
    // With --atomic the refs that could have gone are refused for the sake of the others: those say why.
    let causes: Vec<&str> = refused.iter().copied().filter(|line| !line.contains("atomic")).collect();
    if causes.is_empty() && refused.is_empty() {
        // A pre-push hook here leaves no line for any ref, as does a remote that can't be reached, which is fatal.
        let fatal = errors.lines().any(|line| line.starts_with("fatal:") || line.starts_with("ssh:"));
        if fatal {
            return Push::Unreachable(errors.to_owned());
        }
        // The first line is what is told where there is room for one only.
        let Some(first) = put_together(errors.lines()) else { return Push::Rejected(errors.to_owned()) };
        let rest = errors.lines().skip_while(|line| line.is_empty()).skip(1).skip_while(|line| line.starts_with(GOES_ON));
        return Push::Rejected(std::iter::once(first.as_str()).chain(rest).collect::<Vec<_>>().join("\n"));
    }
    let races = |line: &&str| RACES.iter().any(|race| line.contains(race));
    // A server that lost the race only while it moved the refs names the cause on stderr alone.
    // A name that another ref is in the way of (`x` and `x/y`) stays refused however often it is tried.
    if errors.contains("; cannot create 'refs/") {
        return Push::Rejected(errors.to_owned());
    }
    let late = causes.is_empty() && errors.lines().filter(|line| line.starts_with("remote:")).any(|line| races(&line));
    if late || !causes.is_empty() && causes.iter().all(races) {
        return Push::NonFastForward;
    }
    Push::Rejected(refusal(causes.iter().filter(|line| !races(line)), errors))
}

/// How many refused refs are named one by one.
const MOST_NAMED: usize = 3;

/// Names which refs were refused and why, and what the remote said about it, first in one line and then in full.
fn refusal<'a>(refused: impl Iterator<Item = &'a &'a str>, errors: &str) -> String {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in refused {
        let mut fields = line.trim_start_matches("!\t").splitn(2, '\t');
        let (refs, summary) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let name = refs.rsplit_once(':').map_or(refs, |(_, name)| name);
        let reason = summary.split_once('(').map_or(summary, |(_, reason)| reason.trim_end().trim_end_matches(')'));
        by_reason.entry(reason).or_default().push(name);
    }
    let named = by_reason.into_iter().map(|(reason, names)| {
        let more = names.len().saturating_sub(MOST_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}: {reason}", names[..names.len().min(MOST_NAMED)].join(", "))
    });
    let mut said: Vec<String> = named.collect();
    said.extend(put_together(said_there(errors)).map(|word| format!("it says: {word}")));
    let first = said.join("; ");
    [first.as_str(), errors].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

/// How a line begins with which a hook goes on.
const GOES_ON: &str = "         ";

/// Returns what the remote said, by lines.
fn said_there(errors: &str) -> impl Iterator<Item = &str> {
    let remote = errors.lines().filter_map(|line| line.strip_prefix("remote:"));
    let said = remote.map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
    said.map(|line| line.strip_prefix("GL-HOOK-ERR: ").unwrap_or(line))
}

/// How many lines are kept of what a remote says to a push that it takes.
const MOST_SAID: usize = 100;

/// Returns what relsign's hooks at the remote said: each remark with its first sentence on the first line, and below it what was
/// there.
pub(super) fn remarks(errors: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in said_there(errors).take(MOST_SAID) {
        let last = found.last_mut().filter(|_| goes_on);
        match (line.strip_prefix("relsign: "), last) {
            (Some(text), _) => {
                found.push(text.to_owned());
                goes_on = true;
            }
            (None, Some(last)) if line.starts_with(GOES_ON) && !last.contains('\n') => *last += &line[GOES_ON.len() - 1..],
            (None, Some(last)) if line.starts_with("  ") => *last = format!("{last}\n{line}"),
            _ => goes_on = false,
        }
    }
    found
}

/// Returns the first thing that a hook said, on one line although it took several: those that go on from a line are as far in as
/// what follows `relsign: `.
fn put_together<'a>(said: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut said = said.skip_while(|line| line.is_empty());
    let mut word = said.next()?.trim().to_owned();
    for more in said.map_while(|line| line.strip_prefix(GOES_ON)) {
        word.push(' ');
        word.push_str(more.trim());
    }
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::{Push, judge_push, remarks};

    #[test]
    fn what_relsign_says_is_told_from_what_else_a_remote_says() {
        let said = "remote: Create a pull request:        \nremote:   https://example.com        \n\
                    remote: relsign: refs/heads/x was moved        \nremote:          past the hooks        \n\
                    remote:   to set it right:        \nremote:     git update-ref        \nremote: done        \n\
                    remote:   and more        \nremote: GL-HOOK-ERR: relsign: two        \nrelsign: of the clone's hook\n";
        assert_eq!(remarks(said), ["refs/heads/x was moved past the hooks\n  to set it right:\n    git update-ref", "two"]);
        assert!(remarks("").is_empty());
    }

    #[test]
    fn a_lost_race_is_told_from_a_refusal_and_from_silence() {
        let race = "To ../s\n!\trefs/notes/x:refs/notes/x\t[rejected] (fetch first)\n!\ta:b\t[rejected] (atomic push failed)\nDone";
        assert_eq!(judge_push(race, "error: failed to push some refs"), Push::NonFastForward);
        let hook = "!\ta:b\t[remote rejected] (pre-receive hook declined)";
        let Push::Rejected(text) = judge_push(hook, "remote: frozen  \nerror: failed") else { panic!() };
        assert_eq!(text.lines().next(), Some("b: pre-receive hook declined; it says: frozen"));
        let wrapped =
            "remote: relsign: push to b refused: it is        \nremote:          frozen        \nremote:   reason: r\nerror";
        let Push::Rejected(text) = judge_push(hook, wrapped) else { panic!() };
        let first = text.lines().next();
        assert_eq!(first, Some("b: pre-receive hook declined; it says: relsign: push to b refused: it is frozen"));
        let tag = "!\ta:refs/tags/v1\t[rejected] (already exists)\n!\tc:d\t[rejected] (fetch first)";
        assert!(matches!(judge_push(tag, ""), Push::Rejected(text) if text.contains("refs/tags/v1")));
        let late = "!\ta:b\t[remote rejected] (atomic transaction failed)";
        let cause = "remote: error: cannot lock ref 'b': reference already exists";
        assert_eq!(judge_push(late, cause), Push::NonFastForward);
        assert!(matches!(judge_push("", "fatal: unable to access"), Push::Unreachable(_)));
        let Push::Rejected(text) = judge_push("", "relsign: no, it\n         is frozen\nerror: failed to push some refs") else {
            panic!()
        };
        assert_eq!(text.lines().next(), Some("relsign: no, it is frozen"));
    }
}
