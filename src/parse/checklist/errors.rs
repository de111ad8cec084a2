//! The errors that keep a checklist from being used, as docs/findings.md explains them.

use crate::model::problem::explained;

explained! {
    /// Every code of an error that reading a checklist can give, in the order of docs/findings.md.
    pub const ERRORS;
    "file-too-large", "error", "The file is larger than a checklist may be.",
        "Split it, or take out what is no checklist.";
    "too-many-items", "error", "The file states more items than a checklist may have.",
        "Split it, or take out what nobody would sign.";
    "not-utf-8", "error", "The file holds bytes that are not UTF-8.",
        "Save it in UTF-8.";
    "nul-byte", "error", "The file holds a NUL byte.",
        "Save it as plain text.";
    "bare-carriage-return", "error", "A carriage return ends no line: Markdown sees a line end there, editors and git see none.",
        "Remove it.";
    "nested-too-deeply", "error", "Lists and quotations lie too deep in one another.",
        "Use fewer levels.";
    "directive-syntax", "error", "A value in a `relsign:` comment has no closing quotation mark.",
        "Add it.";
    "directive-unknown", "error", "A `relsign:` comment, or an attribute in JSON, has a name that relsign does not know.",
        "Correct it; the hint lists the names.";
    "directive-value", "error", "An attribute has a value that it can't have.",
        "Write one that the hint allows.";
    "directive-duplicate", "error", "One comment says the same attribute twice.",
        "Keep one.";
    "directive-misplaced", "error", "An attribute of an item stands on a section, or the other way round, or a comment belongs to nothing.",
        "Put item attributes on the item's own line, and section attributes on a line of their own below the heading.";
    "duplicate-id", "error", "Two items have one id, and their sections can't tell them apart.",
        "Give one of them another: `<!-- relsign: id=… -->`.";
    "json-invalid", "error", "A JSON checklist is not JSON, or not of the shape of the schema.",
        "Correct it at the caret.";
    "parser-version", "error", "A JSON checklist says another version of the reading rules than this program has.",
        "Write the version of this program, or use the program it was written for.";
    "item-number", "error", "The number of an item in JSON is not its position.",
        "Correct it, or leave it out.";
    "item-id", "error", "An item of JSON has an id that names a stage.",
        "Write one item of phase `stage`; it stands for all stages.";
    "item-title", "error", "An item of JSON has no title.",
        "Give it one.";
    "item-parent", "error", "An item of JSON names a parent that is no item before it.",
        "Put the parent first, or correct the id.";
    "item-digest", "error", "The digest of an item in JSON is not that of its text.",
        "Leave it out.";
    "item-contradiction", "error", "An item of JSON says a thing as a field and as an attribute, and differently.",
        "Say it once.";
    "stage-id", "error", "A stage of JSON has an id that is none, or that another stage has.",
        "Use a-z, 0-9 and `-`, or leave it out.";
    "regions", "error", "The regions of a JSON checklist leave a gap or overlap.",
        "Leave them out.";
}
