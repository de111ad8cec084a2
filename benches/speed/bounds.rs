//! What junk costs that anybody who can push may leave: each form of it for all commands that read it, with a bound of ten seconds.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::junk::{self, Update};
use crate::measure::{Result, output};
use crate::relsign;
use crate::repository::{Sandbox, TAG};
use crate::table::Table;

/// The most that any command may take.
const MOST: Duration = Duration::from_secs(10);
const NOTES: &str = "refs/notes/relsign";

/// Measures every form.
pub fn all(table: &mut Table) -> Result<()> {
    table.note_load();
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
    // What lies in a log costs the same wherever it lies; of other refs a hook judges what moves, and a clone what it fetched.
    let objects = sandbox.path.join(".git/objects").display().to_string() + "\n";
    std::fs::write(server.join("objects/info/alternates"), objects)?;
    let root = String::from_utf8(sandbox.git(&["config", "relsign.root"])?)?;
    output(sandbox.command("git").arg("--git-dir").arg(&server).args(["config", "relsign.root", root.trim()]))?;
    for (what, updates) in junk::all(&sandbox)? {
        pushed(&sandbox, &server, (&what, &updates), table)?;
    }
    for (what, file) in junk::files(&sandbox)? {
        let took = timed(sandbox.command(&relsign()).args(["import", "--no-sync"]).arg(file))?;
        table.time(&format!("import, {what}"), took, None, MOST);
    }
    table.note_load();
    Ok(())
}

/// Measures the hook of a server for a push, and the commands of a clone where a server without hooks took it in.
fn pushed(sandbox: &Sandbox, server: &Path, (what, updates): (&str, &[Update]), table: &mut Table) -> Result<()> {
    let at_server = |args: &[&str]| output(sandbox.command("git").arg("--git-dir").arg(server).args(args));
    let old = |name: &str| -> Result<String> {
        let found = at_server(&["for-each-ref", "--format=%(objectname)", name])?;
        let found = String::from_utf8(found)?.trim().to_owned();
        Ok(if found.is_empty() { "0".repeat(updates[0].new.len()) } else { found })
    };
    let mut before = Vec::new();
    let mut input = String::new();
    for Update { name, new } in updates {
        let old = old(name)?;
        input += &format!("{old} {new} {name}\n");
        before.push(old);
    }
    let mut hook = sandbox.command(&relsign());
    let took = timed_with(hook.current_dir(server).args(["hook", "run", "pre-receive"]), input.as_bytes())?;
    table.time(&format!("pre-receive, {what}"), took, None, MOST);
    for Update { name, new } in updates {
        at_server(&["update-ref", name, new])?;
    }
    for args in [&["sync"][..], &["verify", TAG], &["gate", TAG], &["status", TAG], &["mine"]] {
        let took = timed(sandbox.command(&relsign()).args(args))?;
        table.time(&format!("{}, {what}", args[0]), took, None, MOST);
    }
    for (Update { name, .. }, old) in updates.iter().zip(&before) {
        let gone = old.bytes().all(|byte| byte == b'0');
        for place in [server, &sandbox.path.join(".git")] {
            let command = if gone { vec!["update-ref", "-d", name] } else { vec!["update-ref", name, old] };
            output(sandbox.command("git").arg("--git-dir").arg(place).args(command))?;
        }
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
    timed_with(command, b"")
}

/// Times the same with something on its standard input.
fn timed_with(command: &mut Command, input: &[u8]) -> Result<Duration> {
    let start = Instant::now();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    child.stdin.take().ok_or("a command has no input")?.write_all(input)?;
    child.wait()?;
    Ok(start.elapsed())
}
