//! Help: the commands in groups, two examples for each, and `-h` on one screen.

use super::commands::table::{self, Entry, GROUPS};
use crate::report::wrap::{TERMINAL, wrap};

/// The whole of it at the top: what `relsign help` shows.
const TEMPLATE: &str = "{about-with-newline}\n{usage-heading} {usage}{after-help}\n\nOptions:\n{options}";

/// What stands below each `-h`.
const MORE: &str = "Also: -C, --key, --json, -q, --no-pager, --color. Examples and the rest: --help";

/// What the exit codes mean, in few words.
const CODES: &str = "Exit codes: 0 yes · 1 no · 2 usage · 3 tampered or invalid · 4 cannot decide · 5 internal or IO, or signed \
                     here and not shared";

/// Gives every command its examples, and the top its groups.
pub fn with_help(command: clap::Command) -> clap::Command {
    let (short, long) = (names(), groups(&command));
    let command = command.help_template(TEMPLATE).after_help(short).after_long_help(long);
    command.mut_subcommands(|sub| with_examples(sub.get_name().to_owned(), sub))
}

fn with_examples(path: String, command: clap::Command) -> clap::Command {
    let long = table::entry(&path).as_ref().map(examples).unwrap_or_default();
    let command = command.after_help(MORE).after_long_help(long);
    command.mut_subcommands(|sub| with_examples(format!("{path} {}", sub.get_name()), sub))
}

/// Shows the examples of a command, and where the shapes of its JSON are.
fn examples(entry: &Entry) -> String {
    let json = entry.json.iter().map(|name| format!("schemas/{name}.schema.json")).collect::<Vec<_>>().join(", ");
    let mut text = calls(&entry.examples);
    if !json.is_empty() {
        text.push('\n');
        wrap(&mut text, &format!("--json prints: {json}"), "", "  ", TERMINAL);
    }
    text.trim_end().to_owned()
}

fn calls(examples: &[(&str, &str)]) -> String {
    let calls = examples.iter().map(|(call, what)| format!("  # {what}\n  {call}\n"));
    format!("Examples:\n{}", calls.collect::<String>())
}

/// Lists the names of the commands, a paragraph for each group.
fn names() -> String {
    let mut text = String::new();
    for (group, names) in GROUPS {
        wrap(&mut text, &names.replace(' ', ", "), &format!("{group:<10}"), "          ", TERMINAL);
    }
    text.push('\n');
    wrap(&mut text, CODES, "", "  ", TERMINAL);
    text.push_str(MORE);
    text
}

/// Lists the commands in their groups, each with what it does.
fn groups(command: &clap::Command) -> String {
    let mut text = String::new();
    for (group, names) in GROUPS {
        text.push_str(&format!("{group}:\n"));
        for name in names.split(' ') {
            let about = command.find_subcommand(name).and_then(clap::Command::get_about).map(ToString::to_string);
            wrap(&mut text, &about.unwrap_or_default(), &format!("  {name:<16}"), "                  ", TERMINAL);
        }
        text.push('\n');
    }
    wrap(&mut text, CODES, "", "  ", TERMINAL);
    text.push('\n');
    text.push_str(calls(&table::TOP).trim_end());
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::Command;

    use super::table::{GROUPS, entry};

    /// The columns and lines of a terminal of which nothing is known.
    const SCREEN: (usize, usize) = (80, 24);

    /// Commands that share nothing of one's own, although they take `--no-sync`.
    const ONLY_FETCH: [&str; 4] = ["mine", "gate", "evidence get", "import"];

    /// Lists every command with its words, those that have others below them too.
    fn commands() -> Vec<(String, Command)> {
        fn gather(command: &Command, path: &str, found: &mut Vec<(String, Command)>) {
            for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help" && !sub.is_hide_set()) {
                let path = format!("{path} {}", sub.get_name()).trim().to_owned();
                gather(sub, &path, found);
                found.push((path, sub.clone()));
            }
        }
        let mut top = crate::cli::command().term_width(SCREEN.0);
        top.build();
        let mut found = Vec::new();
        gather(&top, "", &mut found);
        assert!(found.len() > 70);
        found
    }

    fn takes(command: &Command, name: &str) -> bool {
        command.get_arguments().any(|argument| argument.get_id() == name)
    }

    /// Splits a call as a shell does, as far as the examples need it; what other programs do before and behind is left out.
    fn words(call: &str) -> Vec<String> {
        let call = call.rsplit(" | ").next().unwrap().split(" > ").next().unwrap().split(" < ").next().unwrap();
        let mut words = vec![String::new()];
        let mut is_quoted = false;
        for c in call.chars() {
            match c {
                '"' => is_quoted = !is_quoted,
                ' ' if !is_quoted => words.push(String::new()),
                c => words.last_mut().unwrap().push(c),
            }
        }
        words
    }

    #[test]
    fn every_command_has_a_row_with_two_examples_that_are_calls_of_it() {
        for (path, _) in commands() {
            let entry = entry(&path).unwrap_or_else(|| panic!("src/cli/commands/table.txt has no row for {path}"));
            assert!((2..=3).contains(&entry.examples.len()), "{path}");
            for (call, _) in entry.examples {
                let matches = crate::cli::command().try_get_matches_from(words(call));
                let matches = matches.unwrap_or_else(|error| panic!("{call}: {error}"));
                let (mut named, mut at) = (Vec::new(), &matches);
                while let Some((name, below)) = at.subcommand() {
                    named.push(name);
                    at = below;
                }
                let named = named.join(" ");
                assert!(named == path || named.starts_with(&format!("{path} ")), "{call} is no example of {path}");
            }
        }
    }

    #[test]
    fn every_row_is_of_a_command_and_every_command_in_one_group() {
        let known: BTreeSet<String> = commands().into_iter().map(|(path, _)| path).collect();
        let rows = include_str!("commands/table.txt").lines().filter(|line| !line.starts_with(' '));
        let rows: Vec<&str> = rows.map(|line| line.split(" |").next().unwrap()).collect();
        assert_eq!(rows.len(), known.len());
        assert!(rows.iter().all(|row| known.contains(*row)), "{rows:?}");
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.split(' ')).collect();
        grouped.sort_unstable();
        let top: Vec<&String> = known.iter().filter(|path| !path.contains(' ')).collect();
        assert_eq!(grouped, top);
    }

    #[test]
    fn what_signs_has_a_dry_run_and_what_prints_has_json() {
        let schemas: BTreeSet<String> = crate::schema::all().into_iter().map(|(name, _)| name).collect();
        for (path, command) in commands() {
            let entry = entry(&path).unwrap();
            let is_shared = takes(&command, "no_sync") && !ONLY_FETCH.contains(&path.as_str());
            assert!(!is_shared || entry.signs, "{path} shares something, and its row does not say that it signs");
            assert!(!entry.signs || takes(&command, "dry_run"), "{path} has no --dry-run");
            // What git runs speaks as git's hooks do.
            assert!(!entry.json.is_empty() || path == "hook run", "{path} prints no JSON");
            for name in entry.json {
                let is_there = schemas.contains(&format!("{}.schema.json", name.replace("KIND", "sign")));
                assert!(is_there, "{path}: schemas/ has no {name}");
            }
        }
    }

    #[test]
    fn a_reason_or_a_note_is_m_as_in_git() {
        for (path, command) in commands() {
            let message = ["reason", "note", "message"].iter().find(|id| takes(&command, id));
            let short = message.and_then(|id| command.get_arguments().find(|argument| argument.get_id() == id)?.get_short());
            assert_eq!(short, message.map(|_| 'm'), "{path}");
        }
    }

    #[test]
    fn the_short_help_of_each_command_is_one_screen() {
        let mut top = crate::cli::command().term_width(SCREEN.0);
        let mut pages = vec![(String::new(), top.render_help().to_string())];
        pages.extend(commands().into_iter().map(|(path, mut command)| (path, command.render_help().to_string())));
        // A terminal breaks a line of usage that is wider than it is; everything else is no wider.
        let lines = |page: &str| page.lines().map(|line| line.chars().count().div_ceil(SCREEN.0).max(1)).sum::<usize>();
        let is_fitted = |line: &str| line.starts_with("Usage: ") || line.chars().count() <= SCREEN.0;
        let is_screen = |page: &str| lines(page) <= SCREEN.1 && page.lines().all(is_fitted);
        let large: Vec<String> =
            pages.into_iter().filter(|(_, page)| !is_screen(page)).map(|(path, page)| path + "\n" + &page).collect();
        assert!(large.is_empty(), "no screen of 80 columns and 24 lines: {}", large.join("\n"));
    }

    /// Whoever runs a command in a script can answer what it asks: but not whether a root is trusted, and which items are meant is
    /// said by naming them.
    #[test]
    fn what_asks_takes_yes() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/commands");
        let asks = |text: &str| text.split_whitespace().collect::<String>().contains("ui.confirm(");
        let mut found = 0;
        for (path, command) in commands().into_iter().filter(|(_, command)| !command.has_subcommands()) {
            let (first, rest) = path.split_once(' ').unwrap_or((&path, ""));
            let below = format!("{folder}/{}", first.replace('-', "_"));
            let files = match rest {
                "" => vec![format!("{below}.rs"), format!("{below}/looking.rs"), format!("{below}/new_root.rs")],
                rest => vec![format!("{below}/{}.rs", rest.replace('-', "_"))],
            };
            if files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).any(|text| asks(&text)) {
                assert!(takes(&command, "yes"), "{path} asks, and has no --yes");
                found += 1;
            }
        }
        assert!(found >= 5, "only {found} commands ask: they are not where this test looks for them");
    }
}
