//! Streams: data to standard output, everything else to standard error, colours only where they can be seen.

use std::borrow::Cow;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError};

use anstyle::{AnsiColor, Style};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use zeroize::Zeroizing;

use crate::model::advice::Advice;
use crate::model::secrets::without_secrets;
use crate::ops::error::Failure;
use crate::ops::session::{Listener, Notice, Progress, UnderWay};
use crate::report::safe;
use crate::report::terminal::LINES;
use crate::report::wrap::{self, Message};

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
    /// The lines that one screen takes: those of the terminal, or 24 where there is none or where it has very few.
    pub height: usize,
    /// The lines of the terminal; nothing where standard output goes elsewhere.
    pub rows: Option<usize>,
    /// The width for failures and refusals, with the 80 columns of any terminal where there is none.
    pub width_err: usize,
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
        let size = terminal_size::terminal_size();
        let width = columns.or_else(|| size.map(|(width, _)| usize::from(width.0)));
        let rows = terminal.then(|| size.map_or(LINES, |(_, height)| usize::from(height.0)));
        let width = width.filter(|width| *width >= 40);
        Self {
            color: on(terminal),
            color_err: on(io::stderr().is_terminal()),
            interactive: io::stdin().is_terminal() && io::stderr().is_terminal(),
            width: width.unwrap_or(100),
            height: rows.filter(|rows| *rows >= FEW_ROWS).unwrap_or(LINES),
            rows,
            width_err: width.unwrap_or(wrap::TERMINAL),
            quiet,
            unicode,
        }
    }

    /// Writes what people read to standard output, in the characters that the locale can show.
    ///
    /// # Errors
    /// As [`Self::data`].
    pub fn out(&self, text: &str) -> Result<(), Failure> {
        self.data(&self.shown(text))
    }

    /// Writes data to standard output as it is, but for the secrets of addresses, which nothing prints.
    ///
    /// # Errors
    /// The stream is closed or full; a reader that went away is no error of ours.
    pub fn data(&self, text: &str) -> Result<(), Failure> {
        self.bytes(without_secrets(text).as_bytes())
    }

    /// Returns a text in the characters that the locale can show.
    fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.unicode || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(safe::ascii(&text.replace('…', "...")).into_owned())
    }

    /// Writes bytes to standard output as they are.
    ///
    /// # Errors
    /// As [`Self::data`].
    pub fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other.map_err(|error| Failure::internal("cannot write to standard output").because(error)),
        }
    }

    /// Whether standard output is a terminal, which acts upon what it is sent.
    pub fn shows_output(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Returns a text as a pager gets it.
    pub fn for_pager(&self, text: &str) -> String {
        self.shown(&without_secrets(text)).into_owned()
    }

    /// Writes a line of data to standard output.
    ///
    /// # Errors
    /// As [`Self::out`].
    pub fn line(&self, text: impl AsRef<str>) -> Result<(), Failure> {
        self.out(&format!("{}\n", text.as_ref()))
    }

    /// Prints a notice, on standard error, unless quiet; whatever is in it is made safe to show.
    pub fn say(&self, text: impl AsRef<str>) {
        if !self.quiet {
            self.err(&visible(text.as_ref()));
        }
    }

    /// Says something as one paragraph, broken where it gets wider than the terminal; what follows is set in by `rest`.
    pub fn paragraph(&self, text: &str, first: &str, rest: &str) {
        if !self.quiet {
            let mut message = Message::new(self.width_err);
            message.say(text, first, rest);
            message.lines().for_each(|line| self.err(&visible(line)));
        }
    }

    /// Prints what helps as a hint, on one line where it fits; else a command stands on a line of its own.
    pub fn advise(&self, advice: impl Into<Advice>) {
        if !self.quiet {
            self.err(&advised(&advice.into(), self.width_err));
        }
    }

    /// Warns on standard error, also when quiet; what is wider than the terminal is broken as in [`Self::advise`].
    pub fn warn(&self, text: impl Into<Advice>) {
        let label = self.paint_err(AnsiColor::Yellow.on_default().bold(), WARNING);
        // The label may be coloured, which takes no column, so it is put before the line once that is broken.
        let text = warned(&text.into(), self.width_err);
        self.err(&format!("{label}{}", &text[WARNING.len()..]));
    }

    /// Shows a failure: one sentence, its causes, its hints, in lines as wide as the terminal.
    ///
    /// What a remote said keeps its own lines, and a command that is to be copied stands on one of its own.
    pub fn failure(&self, failure: &Failure) {
        let mut message = Message::new(self.width_err);
        let label = self.paint_err(AnsiColor::Red.on_default().bold(), "error:");
        // The label may be coloured, which takes no column, so it is put before the line once that is broken.
        message.say(&failure.to_string(), "       ", "       ");
        for cause in &failure.causes {
            let mut before = "  because: ";
            for line in cause.lines() {
                // What a remote or a hook said was laid out there for a terminal, and may be a command to copy.
                match line.strip_prefix("remote: ") {
                    Some(said) => message.keep(said.trim_end(), "    "),
                    None if line.starts_with("  ") => message.keep(line.trim_end(), "    "),
                    None => message.say(line, before, "           "),
                }
                before = "           ";
            }
        }
        let mut text: String = message.lines().map(|line| format!("{line}\n")).collect();
        text.replace_range(.."error:".len(), &label);
        for hint in &failure.hints {
            let label = self.paint_err(AnsiColor::Cyan.on_default().bold(), "hint:");
            let mut message = Message::new(self.width_err);
            message.advise(hint, "      ", "      ", "      ");
            let mut hint: String = message.lines().map(|line| format!("{line}\n")).collect();
            hint.replace_range(.."hint:".len(), &label);
            text.push_str(&hint);
        }
        self.err(text.trim_end_matches('\n'));
    }

    /// Colours text for standard error where it shows colours.
    pub fn paint_err(&self, style: Style, text: &str) -> String {
        if self.color_err { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Shows a heading that can't be overlooked, on standard error, also when quiet.
    pub fn loud(&self, text: &str) {
        self.err(&self.paint_err(AnsiColor::Red.on_default().bold(), &visible(text)));
    }

    /// Shows a message on standard error, each of its lines behind a prefix, also when quiet: what hooks say.
    pub fn tell(&self, prefix: &str, message: &Message) {
        let lines: Vec<String> = message.lines().map(|line| format!("{prefix}{line}")).collect();
        self.err(&lines.join("\n"));
    }

    /// Asks for a line on the terminal; nothing where nobody can be asked.
    pub fn ask(&self, question: &str) -> Option<String> {
        if !self.interactive {
            return None;
        }
        let mut stderr = io::stderr().lock();
        write!(stderr, "{} ", self.shown(&visible(question))).and_then(|()| stderr.flush()).ok()?;
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

    fn under_way(&self, what: &str) -> String {
        self.shown(&format!("{} …", visible(what))).into_owned()
    }

    /// Shows something on a terminal after half a second, unless the value is dropped before; what shows it hears of that.
    fn after_delay(&self, show: impl FnOnce(&Receiver<()>) + Send + 'static) -> Working {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        if self.quiet || !io::stderr().is_terminal() {
            return Working { stop: Some(stop), shown: None };
        }
        let shown = std::thread::spawn(move || {
            if stopped.recv_timeout(DELAY) == Err(RecvTimeoutError::Timeout) {
                show(&stopped);
            }
        });
        Working { stop: Some(stop), shown: Some(shown) }
    }

    fn spinner(&self) -> ProgressBar {
        let spinner = ProgressBar::new_spinner();
        let style = ProgressStyle::default_spinner();
        spinner.set_style(if self.unicode { style } else { style.tick_chars("-\\|/ ") });
        spinner
    }

    /// Begins to wait for something that others do.
    pub fn waiting(&self) -> Waiting<'_> {
        let spinner = (!self.quiet && io::stderr().is_terminal()).then(|| {
            let spinner = self.spinner();
            spinner.enable_steady_tick(TICK);
            spinner
        });
        Waiting { ui: self, spinner, last: String::new(), started: started() }
    }

    /// Shows text on standard error as it is, but for the secrets of addresses.
    pub fn err(&self, text: &str) {
        // Nothing can be done when even standard error is gone.
        let _ = writeln!(io::stderr().lock(), "{}", self.shown(&without_secrets(text)));
    }
}

impl Listener for Ui {
    fn notice(&self, notice: Notice) {
        match notice {
            Notice::Said(text) => self.say(text),
            Notice::Advised(text) => self.advise(text),
            Notice::Warned(text) => self.warn(text),
        }
    }

    /// Reports on a terminal that something is under way once it has taken half a second; not if the value is dropped before.
    fn working(&self, what: String) -> Box<dyn UnderWay> {
        // One line and no moving parts: git or ssh may be asking for a password on the same terminal.
        let line = self.under_way(&what);
        Box::new(self.after_delay(move |_| {
            let _ = writeln!(io::stderr().lock(), "{line}");
        }))
    }

    /// Shows a moving line in the same way, and takes it away at the end: for what nobody is asked anything meanwhile.
    fn reading(&self, what: String) -> Box<dyn UnderWay> {
        let (spinner, line) = (self.spinner(), self.under_way(&what));
        Box::new(self.after_delay(move |stopped| {
            spinner.set_message(line);
            spinner.enable_steady_tick(TICK);
            let _ = stopped.recv();
            spinner.finish_and_clear();
        }))
    }

    /// Shows in the same way how far a piece of work is.
    fn progress(&self, total: u64, what: &'static str) -> Box<dyn Progress> {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden()).with_message(what);
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {eta}") {
            bar.set_style(if self.unicode { style } else { style.progress_chars("=> ") });
        }
        let shown = bar.clone();
        let _shown = self.after_delay(move |stopped| {
            shown.set_draw_target(ProgressDrawTarget::stderr());
            shown.enable_steady_tick(TICK);
            let _ = stopped.recv();
            shown.finish_and_clear();
        });
        Box::new(Bar { bar, _shown })
    }

    fn passphrase(&self, prompt: &str) -> Option<Zeroizing<String>> {
        if !self.interactive {
            return None;
        }
        rpassword::prompt_password(visible(prompt)).ok().map(Zeroizing::new)
    }
}

/// A terminal with fewer lines is no place for a screen.
const FEW_ROWS: usize = 16;

/// How long work may take before it is shown that it goes on.
const DELAY: std::time::Duration = std::time::Duration::from_millis(500);

/// How often a moving line moves.
const TICK: std::time::Duration = std::time::Duration::from_millis(200);

/// What stands before a warning.
const WARNING: &str = "warning:";

/// Makes text safe to show, line by line, each no wider than the terminal where that can be; `label` stands before the first.
fn fitted(text: &str, label: &str, width: usize) -> String {
    let below = if label.is_empty() { "  ".to_owned() } else { " ".repeat(label.len() + 1) };
    let mut lines = Vec::new();
    for line in text.lines() {
        let before = match (label.is_empty(), lines.is_empty()) {
            (true, _) => String::new(),
            (false, true) => format!("{label} "),
            (false, false) => below.clone(),
        };
        let shown = safe::line(line);
        if before.len() + safe::columns(&shown) <= width {
            lines.push(format!("{before}{shown}"));
            continue;
        }
        let mut message = Message::new(width);
        message.say(line, &before, &below);
        lines.extend(message.lines().map(str::to_owned));
    }
    lines.join("\n")
}

/// Makes a warning safe to show, with a command that helps on a line of its own where both don't fit on one.
fn warned(warning: &Advice, width: usize) -> String {
    let whole = warning.to_string();
    if warning.command.is_none() || WARNING.len() + 1 + safe::columns(&safe::line(&whole)) <= width {
        return fitted(&whole, WARNING, width);
    }
    let (below, mut message) = (" ".repeat(WARNING.len() + 1), Message::new(width));
    message.advise(warning, &format!("{WARNING} "), &below, &format!("{below}  "));
    message.lines().collect::<Vec<_>>().join("\n")
}

/// Makes advice safe to show.
fn advised(advice: &Advice, width: usize) -> String {
    let line = safe::line(&advice.to_string());
    if safe::columns(&line) <= width {
        return line;
    }
    let mut message = Message::new(width);
    message.advise(advice, "", "  ", "    ");
    message.lines().collect::<Vec<_>>().join("\n")
}

/// Makes text safe to show, line by line.
fn visible(text: &str) -> String {
    without_secrets(text).lines().map(safe::line).collect::<Vec<_>>().join("\n")
}

/// Work that is under way and will be spoken of if it takes long; dropping it means that it is done.
pub struct Working {
    stop: Option<std::sync::mpsc::Sender<()>>,
    shown: Option<std::thread::JoinHandle<()>>,
}

impl UnderWay for Working {}

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
    spinner: Option<ProgressBar>,
    last: String,
    started: std::time::Instant,
}

impl Waiting<'_> {
    /// Returns how long it has taken so far.
    pub fn elapsed(&self) -> std::time::Duration {
        self.started.elapsed()
    }

    /// Explains how it stands, and on a terminal what happens next too.
    pub fn stands(&mut self, how: &str, next: &str) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message(self.ui.shown(&format!("{} · {}", visible(how), visible(next))).into_owned());
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
pub struct Bar {
    bar: ProgressBar,
    _shown: Working,
}

impl Progress for Bar {
    fn at(&mut self, done: u64) {
        self.bar.set_position(done);
    }
}

#[cfg(test)]
mod tests {
    use super::{WARNING, advised, fitted};
    use crate::model::advice::Advice;

    #[test]
    fn what_is_wider_than_the_terminal_is_broken_but_no_command() {
        let long = Advice::run("it stands for another object at origin; take it", "git fetch --force origin v1.0.0:v1.0.0");
        let wanted = "it stands for another object\n  at origin; take it:\n    git fetch --force origin v1.0.0:v1.0.0";
        assert_eq!(advised(&long, 30), wanted);
        assert_eq!(advised(&long, 200), long.to_string());
        assert_eq!(fitted("it stands for another object", WARNING, 24), "warning: it stands for\n         another object");
        assert_eq!(fitted("one two three\nfour", "", 9), "one two\n  three\nfour");
        assert_eq!(fitted("git is older than that", "", 12), "git is older\n  than that");
        assert_eq!(fitted("", "", 9), "");
        assert_eq!(fitted("a\u{1b}[2Jb", WARNING, 80), "warning: a\\x1b[2Jb");
    }
}
