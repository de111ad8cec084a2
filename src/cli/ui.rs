//! Streams: data to standard output, everything else to standard error, colours only where they can be seen.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};

use super::error::Failure;

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where output goes and how it looks.
#[derive(Debug, Clone)]
pub struct Ui {
    /// Standard output shows colours.
    pub color: bool,
    /// Standard error shows colours.
    pub color_err: bool,
    /// Somebody can be asked: standard input and standard error are terminals.
    pub interactive: bool,
    /// The width of the terminal, or 100 where there is none.
    pub width: usize,
    /// Say only what was asked for.
    pub quiet: bool,
    /// The locale can show more than ASCII.
    pub unicode: bool,
}

impl Ui {
    /// Looks at the streams; `no_color` and `columns` come from the environment.
    pub fn new(choice: ColorChoice, quiet: bool, no_color: bool, dumb: bool, columns: Option<usize>, unicode: bool) -> Self {
        let on = |is_terminal: bool| match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && !no_color && !dumb,
        };
        let terminal = io::stdout().is_terminal();
        let width = columns.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)));
        Self {
            color: on(terminal),
            color_err: on(io::stderr().is_terminal()),
            interactive: io::stdin().is_terminal() && io::stderr().is_terminal(),
            width: width.filter(|width| *width >= 40).unwrap_or(100),
            quiet,
            unicode,
        }
    }

    /// Writes data to standard output as it is.
    ///
    /// # Errors
    /// The stream is closed or full; a reader that went away is no error of ours.
    pub fn out(&self, text: &str) -> Result<(), Failure> {
        self.bytes(text.as_bytes())
    }

    /// Writes bytes to standard output as they are.
    ///
    /// # Errors
    /// As [`Self::out`].
    pub fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other.map_err(|error| Failure::internal("cannot write to standard output").because(error)),
        }
    }

    /// Says whether standard output is a terminal, which acts upon what it is sent.
    pub fn shows_output(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Writes a line of data to standard output.
    ///
    /// # Errors
    /// As [`Self::out`].
    pub fn line(&self, text: impl AsRef<str>) -> Result<(), Failure> {
        self.out(&format!("{}\n", text.as_ref()))
    }

    /// Says something in passing, on standard error, unless quiet; whatever is in it is made safe to show.
    pub fn say(&self, text: impl AsRef<str>) {
        if !self.quiet {
            self.err(&visible(text.as_ref()));
        }
    }

    /// Warns on standard error, also when quiet.
    pub fn warn(&self, text: impl AsRef<str>) {
        let label = self.paint_err(AnsiColor::Yellow.on_default().bold(), "warning:");
        self.err(&format!("{label} {}", visible(text.as_ref())));
    }

    /// Shows a failure: one sentence, its causes, its hints.
    pub fn failure(&self, failure: &Failure) {
        let label = self.paint_err(AnsiColor::Red.on_default().bold(), "error:");
        let mut text = format!("{label} {}", crate::report::safe::line(&failure.message));
        for cause in &failure.causes {
            let mut label = "because:";
            for line in cause.lines() {
                text.push_str(&format!("\n  {label} {}", crate::report::safe::line(line)));
                label = "        ";
            }
        }
        for hint in &failure.hints {
            let label = self.paint_err(AnsiColor::Cyan.on_default().bold(), "hint:");
            text.push_str(&format!("\n{label} {}", crate::report::safe::line(hint)));
        }
        self.err(&text);
    }

    /// Colours text for standard error where it shows colours.
    pub fn paint_err(&self, style: Style, text: &str) -> String {
        if self.color_err { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Shows a heading that can't be overlooked, on standard error, also when quiet.
    pub fn loud(&self, text: &str) {
        self.err(&self.paint_err(AnsiColor::Red.on_default().bold(), &visible(text)));
    }

    /// Writes lines to standard error, each behind a prefix and made safe to show, also when quiet: what hooks say.
    pub fn tell(&self, prefix: &str, lines: &[String]) {
        let lines: Vec<String> = lines
            .iter()
            .flat_map(|line| line.split('\n'))
            .map(|line| format!("{prefix}{}", crate::report::safe::line(line)))
            .collect();
        self.err(&lines.join("\n"));
    }

    /// Asks for a line on the terminal; nothing where nobody can be asked.
    pub fn ask(&self, question: &str) -> Option<String> {
        if !self.interactive {
            return None;
        }
        let mut stderr = io::stderr().lock();
        write!(stderr, "{question} ").and_then(|()| stderr.flush()).ok()?;
        drop(stderr);
        let mut answer = String::new();
        match io::stdin().lock().read_line(&mut answer) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(answer.trim().to_owned()),
        }
    }

    /// Asks a question to be answered with yes or no; nothing where nobody can be asked.
    pub fn confirm(&self, question: &str, default: bool) -> Option<bool> {
        let choices = if default { "[Y/n]" } else { "[y/N]" };
        loop {
            let answer = self.ask(&format!("{question} {choices}"))?;
            match answer.to_ascii_lowercase().as_str() {
                "" => return Some(default),
                "y" | "yes" => return Some(true),
                "n" | "no" => return Some(false),
                _ => self.err("please answer yes or no"),
            }
        }
    }

    /// Says on a terminal that something is under way once it has taken half a second; not if the value is dropped before.
    pub fn working(&self, what: String) -> Working {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        if self.quiet || !io::stderr().is_terminal() {
            return Working { stop: Some(stop), shown: None };
        }
        let shown = std::thread::spawn(move || {
            if stopped.recv_timeout(DELAY) != Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                return;
            }
            // One line and no moving parts: git or ssh may be asking for a password on the same terminal.
            let _ = writeln!(io::stderr().lock(), "{} …", visible(&what));
        });
        Working { stop: Some(stop), shown: Some(shown) }
    }

    /// Makes a progress bar that appears only on a terminal, and only when the work takes over half a second.
    pub fn progress(&self, total: u64, what: &'static str) -> Progress {
        let visible = !self.quiet && io::stderr().is_terminal();
        Progress { bar: None, visible, total, what, started: started() }
    }

    /// Begins to wait for something that others do.
    pub fn waiting(&self) -> Waiting<'_> {
        let spinner = (!self.quiet && io::stderr().is_terminal()).then(|| {
            let spinner = indicatif::ProgressBar::new_spinner();
            spinner.enable_steady_tick(std::time::Duration::from_millis(200));
            spinner
        });
        Waiting { ui: self, spinner, last: String::new(), started: started() }
    }

    fn err(&self, text: &str) {
        // Nothing can be done when even standard error is gone.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}

/// How long work may take before it is shown that it goes on.
const DELAY: std::time::Duration = std::time::Duration::from_millis(500);

/// Makes text safe to show, line by line.
fn visible(text: &str) -> String {
    text.lines().map(crate::report::safe::line).collect::<Vec<_>>().join("\n")
}

/// Work that is under way and will be spoken of if it takes long; dropping it means that it is done.
pub struct Working {
    stop: Option<std::sync::mpsc::Sender<()>>,
    shown: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Working {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(shown) = self.shown.take() {
            // A thread that panicked has nothing more to say.
            let _ = shown.join();
        }
    }
}

/// Waiting for something that others do: one moving line on a terminal, elsewhere a line whenever something has changed.
pub struct Waiting<'a> {
    ui: &'a Ui,
    spinner: Option<indicatif::ProgressBar>,
    last: String,
    started: std::time::Instant,
}

impl Waiting<'_> {
    /// Gives how long it has taken so far.
    pub fn elapsed(&self) -> std::time::Duration {
        self.started.elapsed()
    }

    /// Says how it stands, and on a terminal what happens next too.
    pub fn stands(&mut self, how: &str, next: &str) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message(format!("{} · {}", visible(how), visible(next)));
        } else if how != self.last {
            self.ui.say(format!("waiting: {how}"));
        }
        how.clone_into(&mut self.last);
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}

/// Starts a stopwatch.
#[expect(clippy::disallowed_methods, reason = "progress and waiting measure time; no verdict reads it but through the clock")]
pub fn started() -> std::time::Instant {
    std::time::Instant::now()
}

/// A progress bar that stays away from quick work and from anything but a terminal.
pub struct Progress {
    bar: Option<indicatif::ProgressBar>,
    visible: bool,
    total: u64,
    what: &'static str,
    started: std::time::Instant,
}

impl Progress {
    /// Says how far the work is.
    pub fn at(&mut self, done: u64) {
        if !self.visible || self.started.elapsed() < DELAY {
            return;
        }
        let (total, what) = (self.total, self.what);
        let bar = self.bar.get_or_insert_with(|| {
            let bar = indicatif::ProgressBar::new(total);
            if let Ok(style) = indicatif::ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {eta}") {
                bar.set_style(style);
            }
            bar.set_message(what);
            bar
        });
        bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
