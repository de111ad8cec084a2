//! The figures, each beside its peer.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use base64ct::{Base64, Encoding as _};
use relsign::parse::record::parse_envelope;
use relsign::sign::pae::pae;

use crate::measure::{Files, Result, Rounds, median, output, side_by_side, time};
use crate::relsign;
use crate::repository::{Layout, Sandbox, TAG, git_dir};
use crate::table::Table;

/// Measures everything but the build.
pub fn all(rounds: Rounds, table: &mut Table) -> Result<()> {
    table.note_load();
    reading(rounds, table)?;
    for (notes, most) in [(1_000, 1.5), (100_000, 0.5)] {
        approve(rounds, notes, most, table)?;
    }
    demo(rounds, table)?;
    size(table)?;
    table.note_load();
    Ok(())
}

/// The demo, which a new user waits for.
fn demo(rounds: Rounds, table: &mut Table) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let [took] = side_by_side(
        rounds.long,
        [&mut |round| time(Command::new(relsign()).args(["demo", "--quiet", "--dir"]).arg(folder.path().join(round.to_string())))],
    )?;
    table.time("demo", took, None, Duration::from_secs(8));
    Ok(())
}

/// `verify`, `gate` and `status` of a release with 60 records.
fn reading(rounds: Rounds, table: &mut Table) -> Result<()> {
    let sandbox = Sandbox::new(58)?;
    sandbox.relsign(&["approve", TAG, "--all", "--no-sync", "--quiet"])?;
    sandbox.relsign(&["decide", TAG, "go", "--no-sync", "--quiet"])?;
    let lines = sandbox.lines()?;
    let records = lines.len();
    if records != 60 {
        return Err(format!("the release has {records} records and not 60").into());
    }
    let signatures = prepare_signatures(&sandbox, &lines)?;

    let [verify, head, status, git_status, complete] = side_by_side(
        rounds.reading,
        [
            &mut |_| time(sandbox.command(&relsign()).args(["verify", TAG])),
            &mut |_| time(sandbox.command("git").args(["rev-parse", "HEAD"])),
            &mut |_| time(sandbox.command(&relsign()).args(["status", TAG])),
            &mut |_| time(sandbox.command("git").arg("status")),
            &mut |_| time(sandbox.command(&relsign()).args(["complete", "--", "relsign", "approve", TAG, ""])),
        ],
    )?;
    let each = Duration::from_micros(40) * u32::try_from(records)?;
    table.ratio("verify, 60 records", verify, ("git rev-parse HEAD", head), 3.0, each);

    let mut loops = Vec::new();
    for _ in 0..rounds.long {
        let start = Instant::now();
        for (message, signature) in &signatures {
            let input = std::fs::File::open(message)?;
            let mut command = sandbox.command("ssh-keygen");
            command.args(["-Y", "verify", "-I", "@bench", "-n", "relsign-v1", "-f"]).arg(sandbox.scratch("allowed_signers"));
            let run = command.arg("-s").arg(signature).stdin(input).output()?;
            if !run.status.success() {
                return Err(format!("ssh-keygen: {}", String::from_utf8_lossy(&run.stderr)).into());
            }
        }
        loops.push(start.elapsed());
    }
    table.faster("verify, 60 records", verify, ("loop of ssh-keygen -Y verify", median(loops)), 50.0);
    table.time("status", status, Some(("git status", git_status)), Duration::from_millis(10));
    table.time("completing an item", complete, None, Duration::from_millis(50));
    Ok(())
}

/// Writes what ssh-keygen needs: the message and the armoured signature of each line, and who may sign.
fn prepare_signatures(sandbox: &Sandbox, lines: &[Vec<u8>]) -> Result<Vec<(std::path::PathBuf, std::path::PathBuf)>> {
    let public = std::fs::read_to_string(sandbox.key().with_extension("pub"))?;
    std::fs::write(sandbox.scratch("allowed_signers"), format!("@bench {public}"))?;
    let mut prepared = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let envelope = parse_envelope(line)?;
        let (message, signature) = (sandbox.scratch(&format!("{number}.pae")), sandbox.scratch(&format!("{number}.sig")));
        std::fs::write(&message, pae(&envelope.payload))?;
        let armour = Base64::encode_string(&envelope.sig);
        std::fs::write(&signature, format!("-----BEGIN SSH SIGNATURE-----\n{armour}\n-----END SSH SIGNATURE-----\n"))?;
        prepared.push((message, signature));
    }
    Ok(prepared)
}

/// `approve --no-sync` where there are so many notes, against `git notes append` of as long a line to the same note.
fn approve(rounds: Rounds, notes: usize, most: f64, table: &mut Table) -> Result<()> {
    let ours = Sandbox::new(rounds.writing + 2)?;
    let theirs = ours.copy()?;
    let own = ours.copy()?;
    ours.fill(notes, Layout::Relsign)?;
    theirs.fill(notes, Layout::Relsign)?;
    own.fill(notes, Layout::Git)?;
    let object = ours.tag_object()?;
    let line = format!("{{\"payloadType\":\"{}\"}}", "x".repeat(2_000));
    let append = |sandbox: &Sandbox, round: usize| {
        let line = format!("{line}{round:06}");
        time(sandbox.command("git").args(["notes", "--ref", "refs/notes/relsign", "append", "-m", &line, &object]))
    };
    let word = |round: usize| {
        let item = format!("item-{}", round + 1);
        time(ours.command(&relsign()).args(["approve", TAG, &item, "--no-sync"]))
    };
    let [approve, same, git] = side_by_side(
        rounds.writing,
        [&mut |round| word(round), &mut |round| append(&theirs, round), &mut |round| append(&own, round)],
    )?;
    let shown = if notes.is_multiple_of(1000) { format!("{},000", notes / 1000) } else { notes.to_string() };
    let what = format!("approve --no-sync, {shown} notes");
    table.ratio(&what, approve, ("git notes append", same), most, Duration::ZERO);
    table.ratio(&what, approve, ("git notes append, git's layout", git), most, Duration::ZERO);

    let (our_dir, their_dir) = (git_dir(&ours.path), git_dir(&theirs.path));
    let before = (Files::below(&our_dir)?, Files::below(&their_dir)?);
    word(rounds.writing + 1)?;
    append(&theirs, rounds.writing + 1)?;
    let written = Files::below(&our_dir)?.written_since(&before.0);
    let peer = Files::below(&their_dir)?.written_since(&before.1);
    table.bytes(&format!("bytes written, {shown} notes"), written, Some(("git notes append", peer)), 64 << 10);
    Ok(())
}

fn size(table: &mut Table) -> Result<()> {
    table.bytes("size of the release binary", std::fs::metadata(relsign())?.len(), None, 4 << 20);
    Ok(())
}

/// Builds a release from scratch in a folder of its own; the registry's files must be here already.
pub fn build(table: &mut Table) -> Result<()> {
    let target = tempfile::tempdir()?;
    table.note_load();
    let start = Instant::now();
    output(
        Command::new(env!("CARGO"))
            .args(["build", "--release", "--quiet", "--offline", "--target-dir"])
            .arg(target.path())
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR"))),
    )?;
    table.time("scratch release build", start.elapsed(), None, Duration::from_secs(90));
    table.note_load();
    Ok(())
}
