//! The lines that relsign puts into a hook, and how they get into a file and out of it again.
//!
//! They have one form. They read what git says on standard input, give it to relsign, stop the push where relsign refuses
//! it, and give the same input to whatever follows, which people and other programs may add at any time. In a hook that
//! was there before they stand at the top, since it may end itself anywhere. A hook that is no shell script is moved aside
//! and run after ours with the same input. Everything here is text; `files` writes it.

use std::path::{Path, PathBuf};

use super::name::Name;
use crate::report::safe::shell_word;

/// How the lines came into a file, which says how they leave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The file is relsign's own.
    File,
    /// The lines were put into a hook that was there.
    Lines,
    /// The file is relsign's own, and runs the hook that was there and was moved aside.
    Chain,
}

impl Kind {
    const ALL: [Self; 3] = [Self::File, Self::Lines, Self::Chain];

    const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Lines => "lines",
            Self::Chain => "chain",
        }
    }
}

/// What is appended to the name of a hook that was moved aside.
pub const KEPT: &str = ".relsign-kept";
/// The first line of a hook that relsign makes.
const SHEBANG: &str = "#!/bin/sh\n";
const BEGIN: &str = "# relsign begin (";
const END: &str = "# relsign end\n";

/// What a hook runs.
#[derive(Debug, Clone)]
pub struct Shim<'a> {
    /// The hook.
    pub name: Name,
    /// Where the program lies.
    pub program: &'a Path,
    /// The administrator's file of pins, for a server of many projects.
    pub pins: Option<&'a Path>,
}

/// Removes relsign's lines from a hook and returns the rest; nothing where there are none.
pub fn without(hook: &[u8]) -> Option<(Kind, Vec<u8>)> {
    let mut rest = Vec::with_capacity(hook.len());
    let mut kind = None;
    let mut inside = false;
    for line in hook.split_inclusive(|byte| *byte == b'\n') {
        if kind.is_none()
            && let Some(word) = line.strip_prefix(BEGIN.as_bytes())
        {
            kind = Kind::ALL.into_iter().find(|kind| word.starts_with(format!("{})", kind.as_str()).as_bytes()));
            inside = kind.is_some();
        }
        if !inside {
            rest.extend_from_slice(line);
        } else if line == END.as_bytes() {
            inside = false;
        }
    }
    // Lines that begin and don't end were changed by somebody, and what is whose can't be told any more.
    kind.filter(|_| !inside).map(|kind| (kind, rest))
}

/// How a hook runs relsign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The program.
    pub program: PathBuf,
    /// The administrator's file of pins, where it names one.
    pub pins: Option<PathBuf>,
}

/// Returns how a hook runs relsign: one that relsign wrote or put its lines into, or one that does nothing else
/// (see [`Shim::for_folder`]); nothing where it does not.
pub fn call_of(hook: &[u8], name: Name) -> Option<Call> {
    let text = std::str::from_utf8(hook).ok()?;
    let end = format!(" {} -- \"$@\"", name.as_str());
    let mut lines = text.lines().map(str::trim_start).filter(|line| !line.starts_with('#'));
    let call = lines.find(|line| line.contains(" hook run") && line.contains(&end))?;
    let program = match call.strip_prefix("exec ").unwrap_or(call) {
        ours if ours.starts_with("\"$relsign_is\"") => {
            let mut set = text.lines().filter_map(|line| line.trim_start().strip_prefix("relsign_is="));
            set.find(|word| word.starts_with(['/', '\'']))?
        }
        word => word,
    };
    let pins = call.split_once(" --pins ").map(|(_, pins)| first_word(pins).into());
    Some(Call { program: first_word(program).into(), pins })
}

/// Reads the first word as [`shell_word`] writes one.
fn first_word(text: &str) -> String {
    if !text.starts_with('\'') {
        return text.split(' ').next().unwrap_or_default().to_owned();
    }
    let mut word = String::new();
    let mut is_quoted = false;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => break,
            '\\' if !is_quoted => word.extend(rest.next()),
            c => word.push(c),
        }
    }
    word
}

/// Whether a file without relsign's lines is as relsign made it.
pub fn is_bare(rest: &[u8]) -> bool {
    rest == SHEBANG.as_bytes()
}

/// Whether relsign's lines can stand in a hook that is there: a script for a POSIX shell in which lines may be added.
pub fn takes_lines(hook: &[u8]) -> bool {
    const SHELLS: [&str; 9] = ["sh", "bash", "dash", "ash", "ksh", "ksh93", "mksh", "zsh", "busybox"];
    if hook.contains(&0) || hook.windows(2).any(|pair| pair == b"\r\n") {
        return false;
    }
    let Some(first) = hook.split_inclusive(|byte| *byte == b'\n').next() else { return true };
    if let Some(line) = first.strip_prefix(b"#!") {
        let Some(line) = line.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok()) else { return false };
        let mut words = line.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
        let mut program = words.next();
        if program == Some("env") {
            program = words.find(|word| !word.starts_with('-') && !word.contains('='));
        }
        if !program.is_some_and(|program| SHELLS.contains(&program)) {
            return false;
        }
    }
    // A script that hands its own text to something else would hand over ours too.
    !String::from_utf8_lossy(hook).lines().any(|line| {
        (line.contains("$0") || line.contains("${0") || line.contains("BASH_SOURCE"))
            && ["exec", "tail", "head", "sed", "awk"].iter().any(|word| line.contains(word))
    })
}

impl Shim<'_> {
    /// Returns the whole text of a hook that relsign makes.
    pub fn file(&self) -> Vec<u8> {
        format!("{SHEBANG}{}", self.block(Kind::File)).into_bytes()
    }

    /// Returns the whole text of a hook that runs another, which was moved aside.
    pub fn chain(&self) -> Vec<u8> {
        format!("{SHEBANG}{}", self.block(Kind::Chain)).into_bytes()
    }

    /// Puts the lines into a hook, right after the line that names its shell.
    pub fn put_into(&self, hook: &[u8], kind: Kind) -> Vec<u8> {
        let after = match hook.starts_with(b"#!") {
            true => hook.iter().position(|byte| *byte == b'\n').map_or(hook.len(), |end| end + 1),
            false => 0,
        };
        let (first, rest) = hook.split_at(after);
        [first, self.block(kind).as_bytes(), rest].concat()
    }

    /// Returns the command that puts relsign into a folder of hooks which a hook of the server's runs one after another.
    pub fn for_folder(&self, folder: &Path) -> String {
        let file = word(&folder.join("relsign"));
        let pins = self.pins.map(|pins| format!(" --pins {}", word(pins))).unwrap_or_default();
        let line = format!("exec {} hook run{pins} {} -- \"$@\"", word(self.program), self.name.as_str());
        format!("printf '#!/bin/sh\\n%s\\n' {} > {file} && chmod 755 {file}", shell_word(&line))
    }

    /// Writes the lines.
    fn block(&self, kind: Kind) -> String {
        let mut text = format!("{BEGIN}{}): `relsign hook uninstall` removes these lines\n", kind.as_str());
        self.find(&mut text);
        let pins = self.pins.map(|pins| format!(" --pins {}", word(pins))).unwrap_or_default();
        let call = format!("\"$relsign_is\" hook run{pins} {} -- \"$@\"", self.name.as_str());
        // What has landed has landed: the user's own hook runs whatever relsign says of it.
        let otherwise = if self.name == Name::PostReceive { ":" } else { "exit $?" };
        let reads = self.name.reads_input();
        let here = |command: &str| format!("{command}\n$relsign_input\nrelsign_input_end\n");
        if reads {
            text += "relsign_input=$(cat)\n";
            text += &here(&format!("{call} <<relsign_input_end || {otherwise}"));
        } else {
            text += &format!("{call} || {otherwise}\n");
        }
        if kind == Kind::Chain {
            let run = format!("\"$0{KEPT}\" \"$@\"");
            text += &format!("if [ ! -x \"$0{KEPT}\" ]; then\n    :\n");
            if reads {
                // A hook that is given nothing is not given an empty line.
                text += &format!("elif [ -z \"$relsign_input\" ]; then\n    {run} </dev/null || exit $?\n");
                text += &format!("else\n    {}", here(&format!("{run} <<relsign_input_end || exit $?")));
            } else {
                text += &format!("else\n    {run} || exit $?\n");
            }
            text += "fi\n";
        }
        if reads {
            text += "if [ -n \"$relsign_input\" ]; then\n";
            text += &format!("    exec {}", here("<<relsign_input_end"));
            text += "else\n    exec </dev/null\nfi\n";
        }
        text += if reads { "unset relsign_input relsign_is\n" } else { "unset relsign_is\n" };
        text + END
    }

    /// Writes the lines that find the program, or stop with a sentence that says what is missing.
    fn find(&self, text: &mut String) {
        let (program, shown) = (word(self.program), self.program.display());
        let say = |line: &str| format!("    printf '%s\\n' {} >&2\n", shell_word(line));
        // Where GitLab runs the hook, it shows only lines that begin so.
        let say_there =
            |line: &str| format!("    [ -z \"${{GL_ID-}}${{GL_PROTOCOL-}}\" ] || printf 'GL-HOOK-ERR: ' >&2\n{}", say(line));
        let told = |line: &str| {
            format!(
                "    [ -z \"${{GL_ID-}}${{GL_PROTOCOL-}}\" ] || printf 'GL-HOOK-ERR: ' >&2\n    printf '%s\\n' \"{line}\" >&2\n"
            )
        };
        // The path may be as long as a line, so it has one.
        let path = format!("         {shown}");
        match self.name {
            Name::PrePush => {
                text.push_str("if command -v relsign >/dev/null 2>&1; then\n    relsign_is=relsign\n");
                text.push_str(&format!("elif [ -x {program} ]; then\n    relsign_is={program}\nelse\n"));
                text.push_str(&say("relsign: push refused: relsign is neither on PATH nor any longer at"));
                text.push_str(&say(&path));
                text.push_str(&say("  so the push can't be checked"));
                text.push_str(&say("  install relsign or add its folder to PATH, and push again"));
                text.push_str("    exit 1\nfi\n");
            }
            Name::PreReceive | Name::Update => {
                text.push_str(&format!("relsign_is={program}\nif [ ! -x \"$relsign_is\" ]; then\n"));
                text.push_str("    relsign_user=$(id -un 2>/dev/null || id -u)\n");
                text.push_str(&told("relsign: push refused: on this server $relsign_user can't run"));
                text.push_str(&say_there(&path));
                text.push_str(&say_there("  it is gone, or lies in a folder that others may not enter"));
                text.push_str(&say_there("  its administrator puts it into /usr/local/bin or restores it, and runs:"));
                text.push_str(&say_there("    relsign hook install --server"));
                text.push_str("    exit 1\nfi\n");
            }
            Name::PostReceive => {
                text.push_str(&format!("relsign_is={program}\nif [ ! -x \"$relsign_is\" ]; then\n"));
                text.push_str(&say_there("relsign: the push landed without a receipt: this server no longer has a program at"));
                text.push_str(&say_there(&path));
                text.push_str("    relsign_is=true\nfi\n");
            }
        }
    }
}

fn word(path: &Path) -> String {
    shell_word(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::{Call, Kind, Shim, call_of, is_bare, takes_lines, without};
    use crate::ops::hooks::name::Name;

    fn shim(name: Name) -> Shim<'static> {
        Shim { name, program: std::path::Path::new("/opt/it's here/relsign"), pins: None }
    }

    #[test]
    fn lines_that_are_put_in_come_out_again_byte_for_byte() {
        for hook in ["", "#!/bin/sh\n", "#!/bin/bash\nexit 0", "echo no shebang\n", "#!/usr/bin/env bash\n\n\nexit 0\n\n"] {
            for name in Name::ALL.iter().copied() {
                let with = shim(name).put_into(hook.as_bytes(), Kind::Lines);
                assert_ne!(with, hook.as_bytes());
                assert_eq!(without(&with), Some((Kind::Lines, hook.as_bytes().to_vec())), "{hook:?}");
            }
        }
        assert_eq!(without(b"#!/bin/sh\nexit 0\n"), None);
    }

    #[test]
    fn how_a_hook_runs_relsign_is_read_back() {
        let pins = std::path::Path::new("/etc/the pins");
        for name in Name::ALL.iter().copied() {
            for pins in [None, Some(pins)] {
                let shim = Shim { pins, ..shim(name) };
                let call = Call { program: shim.program.into(), pins: pins.map(Into::into) };
                let commented = String::from_utf8(shim.file()).unwrap().replace("\"$relsign_is\" hook", "# relsign hook");
                for text in [shim.file(), shim.chain(), shim.put_into(b"#!/bin/sh\nexit 0\n", Kind::Lines)] {
                    assert_eq!(call_of(&text, name), Some(call.clone()));
                }
                assert_eq!(call_of(commented.as_bytes(), name), None);
            }
        }
        let others = "#!/bin/sh\nexec /opt/forge hook pre-receive\n";
        assert_eq!(call_of(others.as_bytes(), Name::PreReceive), None);
        let in_folder = "#!/bin/sh\nexec /opt/relsign hook run pre-receive -- \"$@\"\n";
        assert_eq!(call_of(in_folder.as_bytes(), Name::PreReceive).unwrap().program, std::path::Path::new("/opt/relsign"));
        assert_eq!(call_of(in_folder.as_bytes(), Name::PostReceive), None);
    }

    #[test]
    fn a_hook_of_our_own_is_known_as_one() {
        for (text, kind) in [(shim(Name::PrePush).file(), Kind::File), (shim(Name::PreReceive).chain(), Kind::Chain)] {
            let (found, rest) = without(&text).unwrap();
            assert_eq!(found, kind);
            assert!(is_bare(&rest));
        }
    }

    #[test]
    fn lines_that_somebody_cut_short_are_not_taken_for_whole_ones() {
        let text = String::from_utf8(shim(Name::PrePush).file()).unwrap();
        assert_eq!(without(text.replace("# relsign end\n", "").as_bytes()), None);
    }

    #[test]
    fn only_scripts_for_a_posix_shell_take_lines() {
        for good in ["", "echo hello\n", "#!/bin/sh\n", "#!/usr/bin/env bash\n", "#!/usr/bin/env -S bash -e\n", "#! /bin/dash -u\n"]
        {
            assert!(takes_lines(good.as_bytes()), "{good:?}");
        }
        for bad in [
            "#!/usr/bin/env python3\n",
            "#!/usr/bin/fish\n",
            "#!/bin/sh",
            "#!/bin/sh\r\nexit 0\r\n",
            "\u{7f}ELF\0\0",
            "#!/bin/sh\n'''exec' python3 \"$0\" \"$@\"\n",
            "#!/bin/bash\ntail -n +3 \"$0\" | sh\n",
        ] {
            assert!(!takes_lines(bad.as_bytes()), "{bad:?}");
        }
    }
}
