//! What a hook says, on standard error, where git shows it to whoever pushes.

use crate::cli::ui::Ui;
use crate::evaluate::push::PushVerdict;
use crate::model::advice::Advice;
use crate::ops::bypass::{Moved, accept};
use crate::ops::error::Failure;
use crate::report::words;
use crate::report::wrap::{self, Message};

/// How many refused updates are told in full.
const MOST: usize = 12;

/// What GitLab shows to users: lines that begin with its mark, and no others.
const GITLAB: &str = "GL-HOOK-ERR: ";

/// The beginning of what relsign says, and as many spaces before what goes on from there.
const NAME: &str = "relsign: ";
const GOES_ON: &str = "         ";

/// The voice of a hook.
pub struct HookOutput<'a> {
    /// Where it speaks.
    pub ui: &'a Ui,
    /// The hook is one of a server, whose words git hands on with `remote: ` before each line.
    pub remote: bool,
    /// GitLab runs the hook.
    pub gitlab: bool,
}

impl HookOutput<'_> {
    /// Reports one thing, in as many lines as it takes.
    pub fn say(&self, first: &str) {
        self.said(first, |_| {});
    }

    /// Reports one thing, and a command that helps.
    pub fn suggest(&self, first: &str, command: &str) {
        self.said(first, |message| message.keep(command, "    "));
    }

    /// Reports one thing, and more about it; a line feed in what comes from elsewhere begins no line that could pass for another.
    fn said(&self, first: &str, more: impl FnOnce(&mut Message)) {
        // The terminal of whoever pushes is not known on a server, whatever the environment says.
        let columns = if self.remote { wrap::REMOTE } else { self.ui.width_err };
        let prefix = if self.gitlab { GITLAB } else { "" };
        let mut message = Message::new(columns.saturating_sub(prefix.len()));
        message.say(first, NAME, GOES_ON);
        more(&mut message);
        self.ui.tell(prefix, &message);
    }

    /// Names which updates are refused and why; `verb` is what was or would be done to them.
    pub fn refused(&self, verdict: &PushVerdict, verb: &str) {
        for refused in verdict.refused.iter().take(MOST) {
            let first = format!("push to {} {verb}: {} [{}]", refused.ref_name, refused.seen, refused.code());
            self.said(&first, |message| {
                for detail in &refused.details {
                    message.say(detail, "  ", "    ");
                }
                advise(message, &refused.hints);
            });
        }
        if verdict.refused.len() > MOST {
            let more = words::plural((verdict.refused.len() - MOST) as u64, "more ref", "more refs");
            self.say(&format!("push to {more} {verb}"));
        }
    }

    /// Describes what whoever pushes should know although it is allowed.
    pub fn notes(&self, verdict: &PushVerdict) {
        for note in &verdict.notes {
            self.say(note);
        }
    }

    /// Names what moved past the hooks before this push.
    pub fn moved(&self, moved: &[Moved]) {
        for (number, Moved { finding, advice }) in (1..).zip(moved.iter().take(MOST)) {
            let is_last = number == moved.len().min(MOST);
            self.said(&format!("{} [{}]", finding.seen, finding.code), |message| {
                advise(message, std::slice::from_ref(advice));
                advise(message, &is_last.then(accept).into_iter().collect::<Vec<_>>());
            });
        }
        if moved.len() > MOST {
            let more = words::plural((moved.len() - MOST) as u64, "more ref", "more refs");
            self.say(&format!("{more} moved past the hooks"));
        }
    }

    /// Explains why the hook can't answer, so that the push is refused.
    pub fn failure(&self, failure: &Failure, what: &str) {
        self.said(&format!("{what}: {}", failure), |message| {
            for cause in failure.causes.iter().flat_map(|cause| cause.lines()) {
                message.say(cause, "  because: ", "    ");
            }
            advise(message, &failure.hints);
        });
    }
}

/// Adds what helps: words below the first line, and each command on a line of its own below them.
fn advise(message: &mut Message, hints: &[Advice]) {
    for hint in hints {
        message.advise(hint, "  ", "  ", "    ");
    }
}
