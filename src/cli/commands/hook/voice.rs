//! What a hook says, on standard error, where git shows it to whoever pushes.

use crate::cli::error::Failure;
use crate::cli::ui::Ui;
use crate::evaluate::push::PushVerdict;
use crate::report::words;

/// How many refused updates are told in full.
const MOST: usize = 12;

/// The voice of a hook.
pub struct Voice<'a> {
    /// Where it speaks.
    pub ui: &'a Ui,
    /// GitLab runs the hook; it shows users only lines that begin with its mark.
    pub gitlab: bool,
}

impl Voice<'_> {
    /// Says lines, the first of them as relsign's word; a line feed in one of them begins no line that could pass for another.
    pub fn say(&self, first: &str, rest: &[String]) {
        let mut lines = vec![format!("relsign: {first}")];
        lines.extend_from_slice(rest);
        for line in &mut lines {
            *line = line.replace('\n', "\\n");
        }
        self.ui.tell(if self.gitlab { "GL-HOOK-ERR: " } else { "" }, &lines);
    }

    /// Says which updates are refused and why; `verb` is what was or would be done to them.
    pub fn refused(&self, verdict: &PushVerdict, verb: &str) {
        for refused in verdict.refused.iter().take(MOST) {
            let mut rest: Vec<String> = refused.details.iter().map(|detail| format!("  {detail}")).collect();
            rest.extend(refused.hints.iter().map(|hint| format!("    {hint}")));
            self.say(&format!("push to {} {verb}: {} [{}]", refused.ref_name, refused.message, refused.code), &rest);
        }
        if verdict.refused.len() > MOST {
            self.say(
                &format!("push to {} {verb}", words::plural((verdict.refused.len() - MOST) as u64, "more ref", "more refs")),
                &[],
            );
        }
    }

    /// Says what whoever pushes should know although it is allowed.
    pub fn notes(&self, verdict: &PushVerdict) {
        for note in &verdict.notes {
            self.say(note, &[]);
        }
    }

    /// Says why the hook can't answer, so that the push is refused.
    pub fn failure(&self, failure: &Failure, what: &str) {
        let mut rest: Vec<String> =
            failure.causes.iter().flat_map(|cause| cause.lines()).map(|cause| format!("  because: {cause}")).collect();
        rest.extend(failure.hints.iter().map(|hint| format!("  {hint}")));
        self.say(&format!("{what}: {}", failure.message), &rest);
    }
}
