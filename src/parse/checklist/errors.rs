//! The errors that keep a checklist from being used, as docs/findings.md explains them.

use crate::model::problem::explained;

explained! {
    /// Every code of an error that reading a checklist can give, in the order of docs/findings.md.
    pub const ERRORS;
    "file-too-large", "error", "The file is larger than the limit for checklists.",
        "Split it, or remove what does not belong in a checklist.";
    "too-many-items", "error", "The file has more items than the limit for checklists.",
        "Split it, or remove what nobody would sign.";
    "unsupported-format", "error", "The file is in a language for documents that relsign does not read.",
        "Write it in Markdown, as an issue form in YAML, or as JSON.";
    "not-utf-8", "error", "The file has bytes that are not UTF-8.",
        "Save it in UTF-8.";
    "nul-byte", "error", "The file has a NUL byte.",
        "Save it as plain text.";
    "bare-carriage-return", "error", "A carriage return is not followed by a line feed: Markdown sees a line end there, editors and git do not.",
        "Remove it.";
    "nested-too-deeply", "error", "Lists and quotations are nested too deeply.",
        "Use fewer levels.";
    "directive-syntax", "error", "A value in a `relsign:` comment has no closing quotation mark.",
        "Add it.";
    "directive-unknown", "error", "A `relsign:` comment, or an attribute in JSON, has a name that relsign does not know.",
        "Correct it; the hint lists the names.";
    "directive-value", "error", "An attribute has an invalid value.",
        "Use a value that the hint allows.";
    "directive-duplicate", "error", "A comment sets the same attribute twice.",
        "Keep one.";
    "directive-misplaced", "error", "An item attribute is on a section or a section attribute on an item, or a comment belongs to nothing.",
        "Put item attributes on the item's own line, and section attributes on a line of their own below the heading.";
    "duplicate-id", "error", "Two items have the same id, and their sections do not distinguish them.",
        "Give one of them another id: `<!-- relsign: id=… -->`.";
    "json-invalid", "error", "A JSON checklist is not valid JSON, or does not match the schema.",
        "Correct it at the caret.";
    "parser-version", "error", "A JSON checklist names another version of the reading rules than this program has.",
        "Set the version of this program, or use the program it was written for.";
    "item-number", "error", "The number of an item in JSON is not its position.",
        "Correct it, or omit it.";
    "item-id", "error", "An item in JSON has an id that names a stage.",
        "Write one item of phase `stage`; it stands for all stages.";
    "item-title", "error", "An item in JSON has no title.",
        "Give it one.";
    "item-parent", "error", "An item in JSON names a parent that is not an earlier item.",
        "Put the parent first, or correct the id.";
    "item-digest", "error", "The digest of an item in JSON is not that of its text.",
        "Omit it.";
    "item-contradiction", "error", "An item in JSON has a field and an attribute that contradict each other.",
        "Keep one of the two.";
    "stage-id", "error", "A stage in JSON has an invalid id, or one that another stage has.",
        "Use a-z, 0-9 and `-`, or omit it.";
    "regions", "error", "The regions of a JSON checklist leave a gap or overlap.",
        "Omit them.";
}
