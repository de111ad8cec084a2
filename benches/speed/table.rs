//! The table of figures.

use std::fmt;
use std::time::Duration;

/// One figure, its peer and the goal.
struct Row {
    what: String,
    ours: String,
    peer: String,
    ratio: String,
    goal: String,
    met: bool,
}

/// The figures so far.
#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
    loads: Vec<String>,
}

impl Table {
    /// Adds a time beside that of a peer; `most` is the goal for the one divided by the other.
    pub fn ratio(&mut self, what: &str, ours: Duration, peer: (&str, Duration), most: f64, extra: Duration) {
        let bound = peer.1.mul_f64(most) + extra;
        let goal = if extra.is_zero() { format!("≤ {most} ×") } else { format!("≤ {most} × + {}", millis(extra)) };
        self.rows.push(Row {
            what: what.to_owned(),
            ours: millis(ours),
            peer: format!("{} {}", peer.0, millis(peer.1)),
            ratio: format!("{:.2} ×", ours.as_secs_f64() / peer.1.as_secs_f64()),
            goal,
            met: ours <= bound,
        });
    }

    /// Adds a time that is to be so many times shorter than that of a peer.
    pub fn faster(&mut self, what: &str, ours: Duration, peer: (&str, Duration), times: f64) {
        let ratio = peer.1.as_secs_f64() / ours.as_secs_f64();
        self.rows.push(Row {
            what: what.to_owned(),
            ours: millis(ours),
            peer: format!("{} {}", peer.0, millis(peer.1)),
            ratio: format!("1/{ratio:.0}"),
            goal: format!("≤ 1/{times}"),
            met: ratio >= times,
        });
    }

    /// Adds a time with a bound of its own, beside that of a peer.
    pub fn time(&mut self, what: &str, ours: Duration, peer: Option<(&str, Duration)>, below: Duration) {
        self.rows.push(Row {
            what: what.to_owned(),
            ours: millis(ours),
            peer: peer.map_or_else(String::new, |(name, time)| format!("{name} {}", millis(time))),
            ratio: peer.map_or_else(String::new, |(_, time)| format!("{:.2} ×", ours.as_secs_f64() / time.as_secs_f64())),
            goal: format!("< {}", millis(below)),
            met: ours < below,
        });
    }

    /// Adds a number of bytes with a bound.
    pub fn bytes(&mut self, what: &str, ours: u64, peer: Option<(&str, u64)>, below: u64) {
        self.rows.push(Row {
            what: what.to_owned(),
            ours: kilobytes(ours),
            peer: peer.map_or_else(String::new, |(name, bytes)| format!("{name} {}", kilobytes(bytes))),
            ratio: peer.map_or_else(String::new, |(_, bytes)| format!("{:.2} ×", ours as f64 / bytes as f64)),
            goal: format!("< {}", kilobytes(below)),
            met: ours < below,
        });
    }

    /// Adds how often something was done, with a bound.
    pub fn count(&mut self, what: &str, ours: f64, most: f64) {
        self.rows.push(Row {
            what: what.to_owned(),
            ours: format!("{ours:.2}"),
            peer: String::new(),
            ratio: String::new(),
            goal: format!("≤ {most}"),
            met: ours <= most,
        });
    }

    /// Notes the load of the machine now, where the system says it.
    pub fn note_load(&mut self) {
        let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        self.loads.push(text.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("unknown").to_owned());
    }

    /// Gives the loads noted.
    pub fn load(&self) -> String {
        self.loads.join(", ")
    }

    /// Counts the goals that were missed.
    pub fn missed(&self) -> usize {
        self.rows.iter().filter(|row| !row.met).count()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cells = vec![["figure", "relsign", "peer", "ratio", "goal", ""].map(str::to_owned)];
        for row in &self.rows {
            let met = if row.met { "met" } else { "MISSED" };
            cells.push([row.what.clone(), row.ours.clone(), row.peer.clone(), row.ratio.clone(), row.goal.clone(), met.to_owned()]);
        }
        let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let widths: [usize; 6] = std::array::from_fn(width);
        for (number, row) in cells.iter().enumerate() {
            let line: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            writeln!(f, "| {} |", line.join(" | "))?;
            if number == 0 {
                let line: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
                writeln!(f, "| {} |", line.join(" | "))?;
            }
        }
        Ok(())
    }
}

fn millis(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1000.0;
    if millis < 1000.0 { format!("{millis:.2} ms") } else { format!("{:.1} s", millis / 1000.0) }
}

fn kilobytes(bytes: u64) -> String {
    if bytes < 1 << 20 {
        format!("{:.1} KB", bytes as f64 / 1024.0)
    } else {
        format!("{:.2} MB", bytes as f64 / f64::from(1 << 20))
    }
}
