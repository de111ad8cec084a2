//! What sharing costs, beside git moving one commit: many clones at once, a clone with nothing to do, and the merge itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use relsign::git::notes::Append;
use relsign::git::{Author, NOTES_REF, Repository};
use relsign::model::ids::ObjectId;
use relsign::model::time::Timestamp;

use crate::measure::{Result, Rounds, median, output, side_by_side, time};
use crate::relsign;
use crate::repository::{Layout, Sandbox, TAG, git_dir};
use crate::table::Table;

/// How many notes the merged trees have.
const NOTES: usize = 100_000;
/// In how many notes they differ: half of them on either side.
const DIFFERENT: usize = 10;
/// The other side of the merge.
const THEIRS_REF: &str = "refs/notes/theirs";

/// Measures with so many clones at once.
pub fn all(rounds: Rounds, clones: usize, table: &mut Table) -> Result<()> {
    table.note_load();
    nothing(rounds, table)?;
    at_once(rounds, clones, table)?;
    merging(rounds, table)?;
    table.note_load();
    Ok(())
}

/// A bare repository that has everything of the sandbox's, which knows it as origin.
fn serve(sandbox: &Sandbox) -> Result<(PathBuf, String)> {
    let server = bare(sandbox, "server.git")?;
    let url = format!("file://{}", server.display());
    sandbox.git(&["remote", "add", "origin", &url])?;
    sandbox.git(&["push", "-q", "origin", "main", TAG])?;
    sandbox.relsign(&["sync", "--quiet"])?;
    Ok((server, url))
}

/// Makes an empty bare repository that does not tidy up after pushes, which would measure git's housekeeping.
fn bare(sandbox: &Sandbox, name: &str) -> Result<PathBuf> {
    let path = sandbox.scratch(name);
    sandbox.git(&["init", "-q", "--bare", "-b", "main", &path.display().to_string()])?;
    output(sandbox.command("git").arg("--git-dir").arg(&path).args(["config", "receive.autogc", "false"]))?;
    Ok(path)
}

/// `sync` where both sides have the same, against `git fetch` of one ref that has not moved.
fn nothing(rounds: Rounds, table: &mut Table) -> Result<()> {
    let sandbox = Sandbox::new(1)?;
    serve(&sandbox)?;
    let [sync, fetch] = side_by_side(
        rounds.reading,
        [&mut |_| time(sandbox.command(&relsign()).arg("sync")), &mut |_| {
            time(sandbox.command("git").args(["fetch", "-q", "origin", "main"]))
        }],
    )?;
    table.ratio("sync with nothing to do", sync, ("git fetch of one ref", fetch), 1.3, Duration::ZERO);
    Ok(())
}

/// `sync` of clones that each signed one record, all started at once, against plain pushes of one commit one after the other.
fn at_once(rounds: Rounds, clones: usize, table: &mut Table) -> Result<()> {
    let sandbox = Sandbox::new(clones)?;
    let (server, url) = serve(&sandbox)?;
    let signed = signed_clones(&sandbox, &url, clones)?;
    let (fresh, work) = (sandbox.scratch("fresh.git"), sandbox.scratch("work"));
    copy(&server, &fresh)?;
    let (mut syncs, mut plain, mut pushes) = (Vec::new(), Vec::new(), 0);
    for round in 0..rounds.long {
        std::fs::remove_dir_all(&server)?;
        copy(&fresh, &server)?;
        copy(&signed, &work)?;
        let start = Instant::now();
        pushes += sync_all(&sandbox, &work, clones)?;
        syncs.push(start.elapsed());
        std::fs::remove_dir_all(&work)?;
        plain.push(push_all(&sandbox, round, clones)?);
    }
    let what = format!("sync of {clones} clones at once");
    table.ratio(&what, median(syncs), (&format!("{clones} git pushes in turn"), median(plain)), 2.0, Duration::ZERO);
    let each = pushes as f64 / (rounds.long * clones) as f64;
    table.count("pushes tried, a clone", each, 8.0);
    Ok(())
}

/// Makes clones that have each signed a record of their own and shared nothing, in one folder.
fn signed_clones(sandbox: &Sandbox, url: &str, clones: usize) -> Result<PathBuf> {
    let (folder, first) = (sandbox.scratch("signed"), sandbox.scratch("first"));
    output(sandbox.command("git").args(["clone", "-q", url]).arg(&first))?;
    let root = String::from_utf8(sandbox.git(&["config", "relsign.root"])?)?;
    let settings = [("relsign.root", root.trim()), ("user.name", "Bench"), ("user.email", "bench@example.org"), ("gc.auto", "0")];
    for (name, value) in settings {
        output(sandbox.command("git").current_dir(&first).args(["config", name, value]))?;
    }
    output(sandbox.command(&relsign()).current_dir(&first).args(["sync", "--quiet"]))?;
    std::fs::create_dir(&folder)?;
    for number in 1..=clones {
        let clone = folder.join(number.to_string());
        copy(&first, &clone)?;
        let item = format!("item-{number}");
        let approve = ["approve", TAG, &item, "--no-sync", "--quiet"];
        output(sandbox.command(&relsign()).current_dir(&clone).args(approve))?;
    }
    Ok(folder)
}

/// Starts `sync` in all clones at once, waits for all, and gives how many pushes they tried together.
fn sync_all(sandbox: &Sandbox, folder: &Path, clones: usize) -> Result<u64> {
    let mut running = Vec::with_capacity(clones);
    for number in 1..=clones {
        let mut command = sandbox.command(&relsign());
        let clone = folder.join(number.to_string());
        command.current_dir(&clone).args(["sync", "--json"]);
        let piped = std::process::Stdio::piped;
        running.push(command.stdin(std::process::Stdio::null()).stdout(piped()).stderr(piped()).spawn()?);
    }
    let mut pushes = 0;
    for child in running {
        let ended = child.wait_with_output()?;
        if !ended.status.success() {
            return Err(format!("sync ended with {}: {}", ended.status, String::from_utf8_lossy(&ended.stderr)).into());
        }
        let said: serde_json::Value = serde_json::from_slice(&ended.stdout)?;
        pushes += said["pushes"].as_u64().ok_or("sync --json says nothing of pushes")?;
    }
    Ok(pushes)
}

/// Pushes so many commits of one file each to a bare repository, one after the other, and gives how long that took.
fn push_all(sandbox: &Sandbox, round: usize, commits: usize) -> Result<Duration> {
    let server = bare(sandbox, &format!("plain-{round}.git"))?;
    let url = format!("file://{}", server.display());
    let clone = sandbox.scratch(&format!("plain-{round}"));
    sandbox.git(&["init", "-q", "-b", "main", &clone.display().to_string()])?;
    let git = |args: &[&str]| output(sandbox.command("git").current_dir(&clone).args(args));
    git(&["config", "user.name", "Bench"])?;
    git(&["config", "user.email", "bench@example.org"])?;
    git(&["remote", "add", "origin", &url])?;
    let mut ids = Vec::with_capacity(commits);
    for number in 0..=commits {
        std::fs::write(clone.join(format!("{number}.txt")), number.to_string().repeat(500))?;
        git(&["add", "-A"])?;
        git(&["commit", "-q", "-m", "One more"])?;
        ids.push(String::from_utf8(git(&["rev-parse", "HEAD"])?)?.trim().to_owned());
    }
    let push = |id: &String| {
        time(sandbox.command("git").current_dir(&clone).args(["push", "-q", "origin", &format!("{id}:refs/heads/main")]))
    };
    push(&ids[0])?;
    ids[1..].iter().map(push).sum()
}

/// Merges notes that differ in a few of very many, in this process, with a handle that has read nothing yet.
fn merging(rounds: Rounds, table: &mut Table) -> Result<()> {
    let sandbox = Sandbox::new(1)?;
    sandbox.fill(NOTES, Layout::Relsign)?;
    sandbox.git(&["update-ref", THEIRS_REF, NOTES_REF])?;
    let time = Timestamp::from_seconds(1_767_225_600).ok_or("that is no time")?;
    let author = Author { name: "Bench".to_owned(), email: "bench@example.org".to_owned(), time };
    let repository = Repository::open(&git_dir(&sandbox.path))?;
    let objects = repository.notes(NOTES_REF)?.objects()?;
    let mut sides = [NOTES_REF, THEIRS_REF].into_iter().cycle();
    for object in objects.iter().step_by(NOTES / DIFFERENT).take(DIFFERENT) {
        let notes_ref = sides.next().unwrap_or(NOTES_REF).to_owned();
        let append = Append { notes_ref, object: *object, lines: vec![b"one line more".to_vec()] };
        repository.append_notes(&[append], &author, "One more")?;
    }
    let tip = |name: &str| -> Result<ObjectId> { repository.resolve(name)?.ok_or_else(|| format!("{name} is not there").into()) };
    let (ours, theirs) = (tip(NOTES_REF)?, tip(THEIRS_REF)?);
    let back = |name: &str| sandbox.git(&["update-ref", name, &ours.to_string()]);
    let stock_ref = "refs/notes/stock";
    let [merge, stock] = side_by_side(
        rounds.writing,
        [
            &mut |_| {
                back(NOTES_REF)?;
                let fresh = Repository::open(&git_dir(&sandbox.path))?;
                let start = Instant::now();
                let merged = fresh.merge_notes(NOTES_REF, &theirs, &author, "Merge records by set union")?;
                let took = start.elapsed();
                // The same line was added everywhere, so it came once.
                if merged.came == 1 { Ok(took) } else { Err(format!("{} lines came and not 1", merged.came).into()) }
            },
            &mut |_| {
                back(stock_ref)?;
                let start = Instant::now();
                sandbox.git(&["notes", "--ref", stock_ref, "merge", "-q", "-s", "cat_sort_uniq", THEIRS_REF])?;
                Ok(start.elapsed())
            },
        ],
    )?;
    let what = format!("merging {},000 notes that differ in {DIFFERENT}", NOTES / 1000);
    table.time(&what, merge, Some(("git notes merge", stock)), Duration::from_millis(50));
    Ok(())
}

/// Copies a folder to a place where nothing is.
fn copy(from: &Path, to: &Path) -> Result<()> {
    output(Command::new("cp").arg("-a").arg(from).arg(to))?;
    Ok(())
}
