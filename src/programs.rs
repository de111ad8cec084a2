//! Other programs, run for no longer than a time, and ended with all that they have started.
//!
//! They stay in relsign's own group of processes, or they could ask nobody at the terminal and a Ctrl-C would not reach them. So what
//! is to end is found by who started it.

use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use signal_hook::consts::{SIGINT, SIGQUIT};
use signal_hook::flag;

/// How long a program may take where nothing is set: a large fetch over a slow line needs minutes, and so may a person who is to
/// type a passphrase or to find a device.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// How long what a program said is waited for once it has ended: somebody whom it left behind may hold its streams.
const REST: Duration = Duration::from_millis(500);

/// A longer time is taken for this one, since no clock can count that far.
const FOREVER: Duration = Duration::from_secs(u32::MAX as u64);

enum Event {
    Said(usize, Vec<u8>),
    Closed(Option<io::Error>),
    Ended,
}

/// Runs a command for no longer than `limit`, gives it `input` where its standard input is piped, and returns what it said; nothing
/// where it had to be ended.
///
/// # Errors
/// It can't be started, or what it says can't be read.
#[expect(clippy::disallowed_methods, reason = "how long a program takes is measured here")]
pub fn output_within(command: &mut Command, input: &[u8], limit: Duration) -> io::Result<Option<Output>> {
    let mut child = command.spawn()?;
    let (sender, events) = mpsc::channel();
    if let Some(mut stdin) = child.stdin.take() {
        let input = input.to_owned();
        // A program that fails early closes the pipe; its exit status then says more than the broken pipe.
        thread::spawn(move || stdin.write_all(&input));
    }
    let stdout = child.stdout.take().map(|stream| listen(stream, 0, &sender));
    let stderr = child.stderr.take().map(|stream| listen(stream, 1, &sender));
    let mut open = usize::from(stdout.is_some()) + usize::from(stderr.is_some());
    let pid = Pid::from_child(&child);
    // It only looks, so that the number stays the child's until it is waited for below.
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    thread::spawn(move || {
        while matches!(waitid(WaitId::Pid(pid), look), Err(Errno::INTR)) {}
        let _ = sender.send(Event::Ended);
    });
    let mut until = Instant::now() + limit.min(FOREVER);
    let mut said = [Vec::new(), Vec::new()];
    let mut ended = false;
    while open > 0 || !ended {
        match events.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Event::Said(stream, bytes)) => said[stream].extend(bytes),
            Ok(Event::Closed(None)) => open -= 1,
            Ok(Event::Closed(Some(error))) => {
                end(&mut child);
                return Err(error);
            }
            Ok(Event::Ended) => {
                ended = true;
                until = until.min(Instant::now() + REST);
            }
            Err(_) if ended => break,
            Err(_) => {
                end(&mut child);
                return Ok(None);
            }
        }
    }
    let [stdout, stderr] = said;
    Ok(Some(Output { status: child.wait()?, stdout, stderr }))
}

/// Runs a program that shows people what it is given, until they leave it. A Ctrl-C meanwhile is meant for that program, which may
/// go on, so this one does too; a program that reads no further is no failure.
///
/// # Errors
/// It can't be started.
pub fn fed(command: &mut Command, input: &[u8]) -> io::Result<ExitStatus> {
    let is_over = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGQUIT] {
        flag::register_conditional_default(signal, Arc::clone(&is_over))?;
    }
    let mut run = || {
        let mut child = command.stdin(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            let _ = stdin.write_all(input);
        }
        child.wait()
    };
    let ended = run();
    is_over.store(true, Ordering::SeqCst);
    ended
}

/// Passes on what a stream says.
fn listen(mut stream: impl Read + Send + 'static, number: usize, events: &Sender<Event>) {
    let events = events.clone();
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        let closed = loop {
            match stream.read(&mut buffer) {
                Ok(0) => break None,
                Ok(count) => {
                    if events.send(Event::Said(number, buffer[..count].to_owned())).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Some(error),
            }
        };
        let _ = events.send(Event::Closed(closed));
    });
}

/// Ends a program and what it has started. What has left its parent stays, as ssh's shared connections and git's cache of passwords do:
/// others use them too.
fn end(child: &mut Child) {
    let mut found = vec![Pid::from_child(child)];
    let mut at = 0;
    // Each is stopped before its children are looked for, so that none starts another meanwhile.
    while at < found.len() {
        let _ = kill_process(found[at], Signal::STOP);
        at += 1;
        if at == found.len() {
            let more: Vec<Pid> = parents().into_iter().filter(|(_, parent)| found.contains(parent)).map(|(pid, _)| pid).collect();
            found.extend(more.into_iter().filter(|pid| !found.contains(pid)).collect::<Vec<_>>());
        }
    }
    for pid in found {
        let _ = kill_process(pid, Signal::KILL);
    }
    let _ = child.wait();
}

/// Lists the processes, each with the one that started it.
fn parents() -> Vec<(Pid, Pid)> {
    let number = |text: &str| text.parse().ok().and_then(Pid::from_raw);
    let Ok(listed) = std::fs::read_dir("/proc") else {
        let output = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output().map(|output| output.stdout).unwrap_or_default();
        let text = String::from_utf8_lossy(&output);
        let pairs = text.lines().filter_map(|line| line.trim().split_once(char::is_whitespace));
        return pairs.filter_map(|(pid, parent)| Some((number(pid)?, number(parent.trim())?))).collect();
    };
    let of = |name: &str| -> Option<(Pid, Pid)> {
        let pid = number(name)?;
        let stat = std::fs::read_to_string(format!("/proc/{name}/stat")).ok()?;
        // The name before the last parenthesis may hold anything; then come the state and the parent.
        Some((pid, number(stat.rsplit_once(')')?.1.split_whitespace().nth(1)?)?))
    };
    listed.flatten().filter_map(|entry| of(entry.file_name().to_str()?)).collect()
}
