//! What the hooks cost a push, beside hooks that say yes to everything, with few and with many releases in the repository.
//!
//! Each release froze something once, of which freeze notes still tell, and one freezes a branch now. What a root log costs
//! that holds what was frozen by hand and let through over many years is measured after that.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::many;
use crate::measure::{Result, Rounds, output, side_by_side, time};
use crate::past;
use crate::relsign;
use crate::repository::{Layout, Sandbox};
use crate::table::Table;

/// How many refs one push moves at the most.
const REFS: usize = 100;
/// Notes for each release: its own, its name's, and eight on other objects.
const NOTES_EACH: usize = 10;
/// How many records of the root log are over: freezes, lifts, requests and grants.
const PAST: usize = 2000;

/// Measures both hooks with so many releases and ten times as many notes, and with a hundred releases to compare.
pub fn all(rounds: Rounds, releases: usize, table: &mut Table) -> Result<()> {
    table.note_load();
    let few = measure(rounds, 100, table)?;
    let many = measure(rounds, releases, table)?;
    table.ratio("pre-push adds, against that with 100 releases", many, ("with 100", few), 1.2, Duration::ZERO);
    table.note_load();
    Ok(())
}

/// Gives what pre-push adds to a push of one branch.
fn measure(rounds: Rounds, releases: usize, table: &mut Table) -> Result<Duration> {
    let sandbox = many::make(releases)?;
    past::of_releases(&sandbox, releases)?;
    let notes = releases * NOTES_EACH;
    sandbox.fill(notes, Layout::Relsign)?;
    let shown = format!("{releases} releases, {notes} notes");
    let yes = sandbox.scratch("yes");
    for name in ["pre-push", "pre-receive"] {
        hook(&yes, name)?;
    }

    sandbox.relsign(&["hook", "install", "--yes"])?;
    let added = before(rounds, (&sandbox, &yes), &shown, table)?;
    at_the_server(rounds, (&sandbox, &yes), &shown, table)?;
    past::by_hand(&sandbox, PAST)?;
    before(rounds, (&sandbox, &yes), &format!("{shown}, {PAST} records of the root log"), table)?;
    Ok(added)
}

/// Measures pushes with the clone's own hook on, and gives what it adds; nothing but that hook differs.
fn before(rounds: Rounds, (sandbox, yes): (&Sandbox, &Path), shown: &str, table: &mut Table) -> Result<Duration> {
    let plain = mirror(sandbox, "plain.git")?;
    let none = |hooks: Option<&Path>, round: usize, who: &str| {
        let mut command = sandbox.command("git");
        if let Some(hooks) = hooks {
            command.arg("-c").arg(format!("core.hooksPath={}", hooks.display()));
        }
        time(command.args(["push", "-q"]).arg(&plain).arg(format!("HEAD:refs/heads/{who}-{round}")))
    };
    let [ours, theirs] =
        side_by_side(rounds.writing, [&mut |round| none(None, round, "ours"), &mut |round| none(Some(yes), round, "theirs")])?;
    table.ratio(&format!("push with pre-push, {shown}"), ours, ("exit 0", theirs), 1.0, Duration::from_millis(3));

    // A push takes much longer than its hook, and never the same time twice: so the hooks are also run on their own.
    let updates = sandbox.scratch("updates");
    let head = String::from_utf8(sandbox.git(&["rev-parse", "HEAD"])?)?;
    let head = head.trim();
    std::fs::write(&updates, format!("HEAD {head} refs/heads/alone {}\n", "0".repeat(head.len())))?;
    let alone = |hooks: &Path| {
        let mut command = sandbox.command("sh");
        command.args(["-c", r#""$0" "$1" "$1" <"$2""#]).arg(hooks.join("pre-push"));
        time(command.arg(&plain).arg(&updates))
    };
    let own = sandbox.path.join(".git/hooks");
    let [ours, theirs] = side_by_side(rounds.reading, [&mut |_| alone(&own), &mut |_| alone(yes)])?;
    table.ratio(&format!("pre-push alone, {shown}"), ours, ("exit 0", theirs), 1.0, Duration::from_millis(3));
    std::fs::remove_dir_all(plain)?;
    Ok(ours.saturating_sub(theirs))
}

/// Measures pushes of one and of many refs to a server; nothing but its hook differs.
fn at_the_server(rounds: Rounds, (sandbox, yes): (&Sandbox, &Path), shown: &str, table: &mut Table) -> Result<()> {
    let judged = mirror(sandbox, "judged.git")?;
    let root = sandbox.git(&["config", "relsign.root"])?;
    let root = String::from_utf8(root)?;
    output(sandbox.command("git").arg("--git-dir").arg(&judged).args(["config", "relsign.root", root.trim()]))?;
    output(sandbox.command(&relsign()).current_dir(&judged).args(["hook", "install", "--server", "--yes"]))?;
    // What is done after the push was taken in is no part of judging it.
    let _ = std::fs::remove_file(judged.join("hooks/post-receive"));
    let trusting = mirror(sandbox, "trusting.git")?;
    output(sandbox.command("git").arg("--git-dir").arg(&trusting).arg("config").arg("core.hooksPath").arg(yes))?;
    for refs in [1, REFS] {
        let push = |server: &Path, round: usize| {
            let mut command = sandbox.command("git");
            command.args(["push", "-q", "--no-verify"]).arg(server);
            time(command.args((0..refs).map(|number| format!("HEAD:refs/heads/of-{refs}-{round}-{number}"))))
        };
        let [ours, theirs] =
            side_by_side(rounds.writing, [&mut |round| push(&judged, round), &mut |round| push(&trusting, round)])?;
        let what = format!("push to pre-receive, {refs} refs, {shown}");
        table.ratio(&what, ours, ("exit 0", theirs), 1.0, Duration::from_millis(20));
    }
    Ok(())
}

/// Writes a hook that says yes.
fn hook(directory: &Path, name: &str) -> Result<()> {
    std::fs::create_dir_all(directory)?;
    let path = directory.join(name);
    std::fs::write(&path, "#!/bin/sh\nexit 0\n")?;
    let status = Command::new("chmod").arg("+x").arg(&path).status()?;
    if status.success() { Ok(()) } else { Err(format!("chmod ended with {status}").into()) }
}

/// Makes a bare repository that holds all refs of the sandbox's.
fn mirror(sandbox: &Sandbox, name: &str) -> Result<PathBuf> {
    let path = sandbox.scratch(name);
    output(sandbox.command("git").args(["clone", "-q", "--mirror", "."]).arg(&path))?;
    Ok(path)
}
