//! The stories of the demo: who does what, in order, and how each command must end.

use super::stage::Stage;
use crate::cli::commands::complete::words;
use crate::ops::error::{Failure, Outcome};

/// A story, which is a script, a line for each thing that happens:
///
/// - `== TITLE` begins a chapter, `# TEXT` tells the reader something
/// - `WHO $ COMMAND` shows a command that somebody runs, which must succeed; `$4` means that it must end with 4
/// - `WHO - COMMAND` is no part of the story; of several people each runs it, with the own name for `WHO`
/// - `WHO > FILE` writes a file, and `WHO >> FILE` adds to one
///
/// `FOLDER` stands for the folder of the demo, `ROOT` for the root of trust once `relsign trust` has printed it.
pub struct Story {
    /// The release.
    pub tag: &'static str,
    script: &'static str,
}

/// A release of five people.
pub const WHOLE: Story = Story { tag: "v1.4.0", script: include_str!("story.txt") };

/// A release of one person, in six commands.
pub const ALONE: Story = Story { tag: "v1.0.0", script: include_str!("alone.txt") };

/// What the people of the stories write.
const FILES: [(&str, &str); 6] = [
    ("README.md", "# parcel-map\n\nShows who owns which parcel of land.\n"),
    ("RELEASE_CHECKLIST.md", include_str!("RELEASE_CHECKLIST.md")),
    // Added to the policy that `init` wrote.
    (".relsign/policy.toml", "\n[role.compliance]\ndescription = \"answers for what may be shown to whom\"\n"),
    ("migrations/0007_parcel_note.sql", include_str!("parcels.sql")),
    ("docs/rollback.md", include_str!("rollback.md")),
    ("test-results.txt", include_str!("test-results.txt")),
];

impl Story {
    /// Plays it.
    ///
    /// # Errors
    /// If a command does not end as it must.
    pub fn play(&self, stage: &Stage<'_>) -> Outcome<()> {
        let mut root = String::new();
        for line in self.script.lines() {
            let (who, rest) = line.split_once(' ').unwrap_or_default();
            match who {
                "==" => stage.chapter(rest)?,
                "#" => stage.tell(rest)?,
                _ => self.act(stage, &mut root, line)?,
            }
        }
        Ok(())
    }

    fn act(&self, stage: &Stage<'_>, root: &mut String, line: &str) -> Outcome<()> {
        let words = words(line);
        let is_sign = |word: &String| word.starts_with(['$', '-', '>']);
        let (people, act) = words.split_at(words.iter().position(is_sign).unwrap_or(words.len()));
        let ([who, ..], [sign, act @ ..]) = (people, act) else {
            return Err(Failure::internal(format!("the demo has a line that nobody can play: {line}")));
        };
        let folder = stage.folder().display().to_string();
        let words = |who: &str| -> Vec<String> {
            act.iter().map(|word| word.replace("FOLDER", &folder).replace("ROOT", root).replace("WHO", who)).collect()
        };
        match sign.as_str() {
            "-" => people.iter().try_for_each(|who| stage.quietly(who, &words(who))),
            ">" | ">>" => {
                let file = act.first().map(String::as_str).unwrap_or_default();
                let text = FILES.iter().find(|(name, _)| *name == file).map_or("", |(_, text)| text);
                if sign == ">" { stage.write(who, file, text) } else { stage.append(who, file, text) }
            }
            _ => {
                let printed = stage.run(who, &words(who), sign[1..].parse().unwrap_or(0))?;
                if act == ["relsign", "trust"] {
                    *root = printed.lines().find(|line| line.starts_with("SHA256:")).unwrap_or_default().to_owned();
                }
                Ok(())
            }
        }
    }
}
