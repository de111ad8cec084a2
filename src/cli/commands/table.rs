//! What is said of each command besides its arguments: whether it signs, what it prints for programs, and two examples.
//!
//! Help, manual pages and the reference show it; a test parses every example, and holds that each command has its rows.

/// The table: a row `COMMAND | signs | SCHEMA …` for each command, and below it calls, each with what it is for.
///
/// The second cell is empty where nothing is signed; `record-KIND` stands for the schemas of all kinds of records.
const TABLE: &str = include_str!("table.txt");

/// The commands in the groups of the help.
pub const GROUPS: &[(&str, &str)] = &[
    ("Set up", "demo init join whoami trust hook ci completions man"),
    ("Policy", "policy person role machine checklist freeze"),
    ("Sign off", "tag open status list mine approve reject partial not-applicable waive withdraw disregard assign decide"),
    ("Roll out", "gate stage rollback action close"),
    ("Records", "log show evidence import sync verify report witness"),
];

/// Calls for whoever has not chosen a command.
pub const TOP: [(&str, &str); 2] =
    [("relsign demo", "a whole release in a sandbox"), ("relsign help approve", "what a command does, with examples")];

/// What is said of one command.
pub struct Entry {
    /// It signs, so that it takes `--dry-run`.
    pub signs: bool,
    /// The schemas of what it prints with `--json`.
    pub json: Vec<&'static str>,
    /// Calls, each with what it is for.
    pub examples: Vec<(&'static str, &'static str)>,
}

/// Finds what is said of a command, which is named by its words without `relsign`.
pub fn entry(path: &str) -> Option<Entry> {
    let mut lines = TABLE.lines().skip_while(|line| line.split(" |").next() != Some(path));
    let mut cells = lines.next()?.split('|').skip(1).map(str::trim);
    let signs = cells.next() == Some("signs");
    let json = cells.next().map(|names| names.split_whitespace().collect()).unwrap_or_default();
    let calls = lines.take_while(|line| line.starts_with(' '));
    Some(Entry { signs, json, examples: calls.filter_map(|line| line.trim().split_once("  # ")).collect() })
}
