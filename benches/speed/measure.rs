//! Running commands and timing them, always two side by side.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// What a bench fails with: a sentence is enough.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How often things are run.
#[derive(Debug, Clone, Copy)]
pub struct Rounds {
    /// Commands that only read, of a few milliseconds.
    pub reading: usize,
    /// Commands that write.
    pub writing: usize,
    /// What takes a second or so in itself.
    pub long: usize,
}

impl Rounds {
    /// Enough for medians that hold.
    pub fn full() -> Self {
        Self { reading: 200, writing: 40, long: 5 }
    }

    /// Enough to see whether something is badly wrong.
    pub fn quick() -> Self {
        Self { reading: 40, writing: 10, long: 1 }
    }
}

/// Runs a command that must succeed, and gives how long it took.
pub fn time(command: &mut Command) -> Result<Duration> {
    let start = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    let took = start.elapsed();
    if status.success() { Ok(took) } else { Err(format!("{command:?} ended with {status}").into()) }
}

/// Runs a command that must succeed, and gives what it printed.
pub fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(format!("{command:?} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr)).into())
}

/// Gives the middle of some times.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Times several commands in turn over some rounds, and gives the median of each.
///
/// The first round warms the caches and does not count.
pub fn side_by_side<const N: usize>(
    rounds: usize,
    mut commands: [&mut dyn FnMut(usize) -> Result<Duration>; N],
) -> Result<[Duration; N]> {
    let mut times: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::with_capacity(rounds));
    for round in 0..=rounds {
        for (command, times) in commands.iter_mut().zip(&mut times) {
            let took = command(round)?;
            if round > 0 {
                times.push(took);
            }
        }
    }
    Ok(times.map(median))
}

/// The files below a folder, with size and time of change.
pub struct Files(BTreeMap<PathBuf, (u64, Option<SystemTime>)>);

impl Files {
    /// Looks at what is there.
    pub fn below(folder: &Path) -> Result<Self> {
        let mut found = BTreeMap::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder)? {
                let entry = entry?;
                let metadata = entry.metadata()?;
                if metadata.is_dir() {
                    folders.push(entry.path());
                } else {
                    found.insert(entry.path(), (metadata.len(), metadata.modified().ok()));
                }
            }
        }
        Ok(Self(found))
    }

    /// Gives how many bytes were written since `before`: new files whole, files that grew by what they grew, files that
    /// were written again whole.
    pub fn written_since(&self, before: &Self) -> u64 {
        self.0
            .iter()
            .map(|(path, (size, time))| match before.0.get(path) {
                None => *size,
                Some((old, _)) if size > old => size - old,
                Some((old, then)) if (old, then) != (size, time) => *size,
                Some(_) => 0,
            })
            .sum()
    }
}
