//! The command reference, generated from the command line itself.

use std::fmt::Write as _;

/// Checks that docs/guide/commands.md is what the program says of itself.
#[test]
fn the_command_reference_is_current() {
    let path = crate::source("docs/guide/commands.md");
    let mut command = relsign::command().term_width(100);
    command.build();
    let mut text = String::from(
        "# Commands\n\n\
         What `relsign help COMMAND` prints, for every command; a test writes this page.\n\
         `TAG` may be left out where exactly one release is open, and `ITEM` is an id, the beginning of one, or its number in\n\
         `relsign status`. Times are RFC 3339, dates, or spans such as `4h` and `2d`.\n\n\
         `--dry-run` tells what would be signed and what it would count as, or why it would be refused, with the exit code of that.\n\
         It fetches first, unless `--no-sync` is given; it signs, writes and shares nothing, and asks for no passphrase. `-m` is the\n\
         reason, or the note where a command takes no reason.\n",
    );
    section(&command, "relsign", &mut text);
    let _ = write!(text, "\n## Options of every command\n\n");
    for argument in command.get_arguments().filter(|argument| argument.is_global_set() && !argument.is_hide_set()) {
        let _ = writeln!(text, "- `{}`: {}", usage(argument), argument.get_help().map(ToString::to_string).unwrap_or_default());
    }
    if crate::updating() {
        std::fs::write(&path, text).unwrap();
        return;
    }
    let found = std::fs::read_to_string(&path).unwrap();
    assert!(found == text, "docs/guide/commands.md is not current; write it anew with RELSIGN_UPDATE=1");
}

/// Writes the sections of a command's subcommands, in the order of the help.
fn section(command: &clap::Command, name: &str, text: &mut String) {
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        let name = format!("{name} {}", sub.get_name());
        if sub.has_subcommands() {
            section(sub, &name, text);
            continue;
        }
        let _ = write!(text, "\n## {name}\n\n");
        let about = sub.get_long_about().or_else(|| sub.get_about()).map(ToString::to_string).unwrap_or_default();
        // The first line of a help text has no full stop, as it also stands in lists.
        let (first, rest) = about.split_once("\n\n").unwrap_or((&about, ""));
        let _ = writeln!(text, "{first}.");
        if !rest.is_empty() {
            let _ = write!(text, "\n{rest}\n");
        }
        let usage_line = sub.clone().render_usage().to_string();
        let _ = write!(text, "\n```text\n{}\n```\n", usage_line.trim_start_matches("Usage: "));
        let own: Vec<_> = sub
            .get_arguments()
            .filter(|argument| {
                !argument.is_global_set() && !argument.is_hide_set() && !["help", "version"].contains(&argument.get_id().as_str())
            })
            .collect();
        if !own.is_empty() {
            text.push('\n');
        }
        for argument in own {
            // What it does is told once, above.
            let long = argument.get_long_help().filter(|_| argument.get_id() != "dry_run");
            let help = long.or_else(|| argument.get_help()).map(ToString::to_string).unwrap_or_default();
            let _ = write!(text, "- `{}`: {}", usage(argument), help.trim_end_matches('.').replace("\n\n", ". "));
            let values = argument.get_possible_values();
            let values: Vec<_> = values.iter().filter(|value| !value.is_hide_set()).map(|value| value.get_name()).collect();
            if !values.is_empty() && argument.get_action().takes_values() {
                let _ = write!(text, " ({})", values.join(", "));
            }
            if let [default] = argument.get_default_values()
                && argument.get_action().takes_values()
            {
                let _ = write!(text, " [{}]", default.to_string_lossy());
            }
            text.push('\n');
        }
        let below = sub.get_after_long_help().map(ToString::to_string).unwrap_or_default();
        let (examples, json) = below.split_once("\n\n").unwrap_or((&below, ""));
        let _ = write!(text, "\n```sh\n{}\n```\n", examples.trim_start_matches("Examples:\n").replace("\n  ", "\n").trim_start());
        if !json.is_empty() {
            let _ = write!(text, "\n{}.\n", json.replace('\n', "").replace("  ", " ").replacen("--json", "`--json`", 1));
        }
    }
}

/// Gives an argument as one types it.
fn usage(argument: &clap::Arg) -> String {
    let value = || {
        let names = argument.get_value_names().unwrap_or_default();
        names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ")
    };
    match (argument.get_short(), argument.get_long()) {
        (None, None) => value(),
        (short, long) => {
            let mut names: Vec<String> = short.map(|short| format!("-{short}")).into_iter().collect();
            names.extend(long.map(|long| format!("--{long}")));
            let mut text = names.join(", ");
            if argument.get_action().takes_values() {
                text.push(' ');
                text.push_str(&value());
            }
            text
        }
    }
}
