//! A call that is being typed: the command, what was given so far, and what stands at its end.

/// What stands at the end of a call.
#[derive(Debug)]
pub enum Target<'c> {
    /// An option.
    Option,
    /// The value of this option.
    Value(&'c clap::Arg),
    /// A word: the name of a command, or an argument.
    Word,
}

/// A call that is being typed.
#[derive(Debug)]
pub struct Call<'c> {
    /// The command that was named so far.
    pub command: &'c clap::Command,
    /// Its words, without options.
    pub words: Vec<String>,
    /// The directory that it is to run in, where one was named.
    pub directory: Option<String>,
    /// The environment that it is about, where one was named.
    pub environment: Option<String>,
    /// What stands at the end.
    pub target: Target<'c>,
    /// What stands before that in the same word, such as `--env=`.
    pub before: String,
    /// The beginning of it.
    pub begun: String,
}

impl<'c> Call<'c> {
    /// Reads the words of a call up to the cursor, of which the first is the program's name, or git's and that comes later.
    pub fn read(root: &'c clap::Command, words: &[String]) -> Option<Self> {
        let (begun, given) = words.split_last()?;
        let program = given.first()?;
        let is_git = program == "git" || program.ends_with("/git");
        let at = if is_git { given.iter().position(|word| word == "relsign")? } else { 0 };
        let gits = given[..at].windows(2).find(|pair| pair[0] == "-C").map(|pair| pair[1].clone());
        let mut call = Self {
            command: root,
            words: Vec::new(),
            directory: gits,
            environment: None,
            target: Target::Word,
            before: String::new(),
            begun: begun.clone(),
        };
        let mut is_escaped = false;
        let mut waiting: Option<&clap::Arg> = None;
        for word in &given[at + 1..] {
            if let Some(option) = waiting.take() {
                call.keep(option, word);
            } else if is_escaped || !word.starts_with('-') || word == "-" {
                match call.command.find_subcommand(word).filter(|_| call.words.is_empty() && !is_escaped) {
                    Some(command) => call.command = command,
                    None => call.words.push(word.clone()),
                }
            } else if word == "--" {
                is_escaped = true;
            } else {
                waiting = call.option(word);
            }
        }
        match waiting {
            Some(option) => call.target = Target::Value(option),
            None if !is_escaped && begun.starts_with('-') => call.end_in_option(begun),
            None => {}
        }
        Some(call)
    }

    /// Reads an option, and gives it back where its value is the next word.
    fn option(&mut self, word: &str) -> Option<&'c clap::Arg> {
        match word.split_once('=') {
            Some((name, value)) if word.starts_with("--") => {
                if let Some(option) = self.named(name) {
                    self.keep(option, value);
                }
                None
            }
            _ => self.named(word).filter(|option| option.get_action().takes_values()),
        }
    }

    fn end_in_option(&mut self, begun: &str) {
        self.target = Target::Option;
        if let Some((name, value)) = begun.split_once('=')
            && let Some(option) = self.named(name)
        {
            self.target = Target::Value(option);
            self.before = format!("{name}=");
            self.begun = value.to_owned();
        }
    }

    /// Finds an option by `--name`, or by the last letter of `-abc`.
    fn named(&self, word: &str) -> Option<&'c clap::Arg> {
        let mut options = self.command.get_arguments();
        match word.strip_prefix("--") {
            Some(name) => options.find(|option| {
                option.get_long() == Some(name) || option.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
            }),
            None => options.find(|option| option.get_short().is_some_and(|short| word.ends_with(short))),
        }
    }

    fn keep(&mut self, option: &clap::Arg, value: &str) {
        match option.get_id().as_str() {
            "directory" => self.directory = Some(value.to_owned()),
            "env" => self.environment = Some(value.to_owned()),
            _ => {}
        }
    }

    /// Returns the argument that is being typed, and which of its words.
    pub fn argument(&self) -> Option<(&'c clap::Arg, usize)> {
        if let Target::Value(option) = self.target {
            return Some((option, 0));
        }
        let mut at = self.words.len();
        let mut arguments = self.command.get_positionals().peekable();
        while let Some(argument) = arguments.next() {
            let takes = argument.get_num_args().map_or(1, |range| range.max_values());
            if at < takes || arguments.peek().is_none() && takes > 1 {
                return Some((argument, at));
            }
            at -= takes;
        }
        None
    }

    /// Whether a file or a directory is wanted.
    pub fn wants_file(&self) -> bool {
        let Some((argument, _)) = self.argument() else { return false };
        let names = argument.get_value_names().unwrap_or_default();
        names.iter().any(|name| ["FILE", "DIR", "PATH"].iter().any(|word| name.contains(word)))
    }
}

/// Takes a line apart as a shell does; its end is a word too, which may be empty.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None;
    let mut quote = None;
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('\''), c) => word.get_or_insert_with(String::new).push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_with(String::new);
            }
            (_, '\\') => word.get_or_insert_with(String::new).extend(rest.next()),
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_with(String::new).push(c),
        }
    }
    words.push(word.unwrap_or_default());
    words
}

#[cfg(test)]
mod tests {
    use super::{Call, Target, words};

    #[test]
    fn a_line_is_taken_apart_as_a_shell_does() {
        for (line, expected) in [
            ("relsign ", vec!["relsign", ""]),
            ("relsign  approve v1", vec!["relsign", "approve", "v1"]),
            ("relsign -C 'a b' x\\ y \"z", vec!["relsign", "-C", "a b", "x y", "z"]),
            ("relsign @r", vec!["relsign", "@r"]),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
    }

    #[test]
    fn what_stands_at_the_end_of_a_call_is_known() {
        let mut root = crate::cli::command();
        root.build();
        let end = |line: &str| {
            let call = Call::read(&root, &words(line)).unwrap();
            let names = call.argument().and_then(|(argument, at)| Some((argument.get_value_names()?.join(" "), at)));
            let target = match call.target {
                Target::Option => "option".to_owned(),
                Target::Value(_) => format!("value of {}", names.unwrap().0),
                Target::Word => names.map_or_else(|| "command".to_owned(), |(name, at)| format!("{at} of {name}")),
            };
            (call.command.get_name().to_owned(), target, call.begun)
        };
        let known = |command: &str, target: &str, begun: &str| (command.to_owned(), target.to_owned(), begun.to_owned());
        assert_eq!(end("relsign ap"), known("relsign", "command", "ap"));
        assert_eq!(end("relsign -q approve v1 "), known("approve", "1 of TAG ITEM", ""));
        assert_eq!(end("relsign approve --env=prod --no"), known("approve", "option", "--no"));
        assert_eq!(end("relsign approve --env pr"), known("approve", "value of ENVIRONMENT", "pr"));
        assert_eq!(end("relsign approve --env=pr"), known("approve", "value of ENVIRONMENT", "pr"));
        assert_eq!(end("relsign approve --note approve v1 "), known("approve", "1 of TAG ITEM", ""));
        assert_eq!(end("relsign freeze lift "), known("lift", "0 of NAME|RECORD", ""));
        assert_eq!(end("relsign approve -- -x"), known("approve", "0 of TAG ITEM", "-x"));
        assert_eq!(end("relsign assign v1 item @r"), known("assign", "2 of TAG ITEM @HANDLE", "@r"));
        assert_eq!(end("git -C sub relsign status v"), known("status", "0 of TAG", "v"));
        assert!(Call::read(&root, &words("git status v")).is_none());
    }
}
