//! What junk costs that anybody who can push may leave: each form of it for all commands that read it, with a bound of ten seconds.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::measure::{Result, output};
use crate::relsign;
use crate::repository::{Sandbox, TAG};
use crate::table::Table;

/// The most that any command may take.
const MOST: Duration = Duration::from_secs(10);
const NOTES: &str = "refs/notes/relsign";

/// Measures every form.
pub fn all(table: &mut Table) -> Result<()> {
    let sandbox = Sandbox::new(20)?;
    let server = sandbox.scratch("server.git");
    output(sandbox.command("git").args(["init", "-q", "--bare"]).arg(&server))?;
    sandbox.git(&["remote", "add", "origin", &server.display().to_string()])?;
    sandbox.relsign(&["sync", "--quiet"])?;
    let lines = sandbox.lines()?;
    let first = lines.first().ok_or("the log is empty")?;
    let forged = |number: usize| {
        let mut line = first.clone();
        // Other letters in the middle of the payload: a record that its key has not signed.
        let text = format!("{number:08x}");
        let middle = line.len() / 3;
        line[middle..middle + text.len()].copy_from_slice(text.as_bytes());
        line
    };
    let nobody = |number: usize| {
        format!(
            "{{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto+json\",\
             \"signatures\":[{{\"keyid\":\"SHA256:{number:043}\",\"sig\":\"AAAA\"}}]}}"
        )
        .into_bytes()
    };
    let most = 30_000_000;
    let forms: [(&str, Vec<Vec<u8>>); 3] = [
        ("a million short lines", (0..1_000_000).map(|number| format!("{number:x}").into_bytes()).collect()),
        ("30 MB of envelopes by nobody", (0..most / nobody(0).len()).map(nobody).collect()),
        ("30 MB of records that nobody signed", (0..most / first.len()).map(forged).collect()),
    ];
    for (what, junk) in forms {
        measure(&sandbox, (what, &lines, junk), table)?;
    }
    Ok(())
}

fn measure(sandbox: &Sandbox, (what, lines, junk): (&str, &[Vec<u8>], Vec<Vec<u8>>), table: &mut Table) -> Result<()> {
    let tip = String::from_utf8(sandbox.git(&["rev-parse", NOTES])?)?.trim().to_owned();
    let mut all: Vec<Vec<u8>> = lines.iter().cloned().chain(junk).collect();
    all.sort();
    all.dedup();
    let file = sandbox.scratch("note");
    std::fs::write(&file, all.join(&b'\n'))?;
    let object = sandbox.tag_object()?;
    let blob = String::from_utf8(output(sandbox.command("git").args(["hash-object", "-w"]).arg(&file))?)?;
    sandbox.git(&["notes", "--ref", NOTES, "add", "-f", "-C", blob.trim(), &object])?;
    let peer = timed(sandbox.command("git").args(["notes", "--ref", NOTES, "show", &object]))?;
    for args in [&["verify", TAG][..], &["gate", "--no-sync", TAG], &["status", TAG], &["mine"], &["sync"]] {
        let took = timed(sandbox.command(&relsign()).args(args))?;
        table.time(&format!("{}, {what}", args[0]), took, Some(("git notes show", peer)), MOST);
    }
    sandbox.git(&["update-ref", NOTES, &tip])?;
    Ok(())
}

/// Times a command, whatever it answers: junk is tampering, and `verify` says so.
fn timed(command: &mut Command) -> Result<Duration> {
    let start = Instant::now();
    command.stdin(std::process::Stdio::null()).output()?;
    Ok(start.elapsed())
}
