//! The forms in which a checklist can ask for something, each with an example; docs/reading.md shows them.

/// A form with an example, and what comes of it.
#[allow(dead_code, reason = "shared with tests that need only the examples")]
pub(crate) struct Form {
    /// What it is called.
    pub(crate) name: &'static str,
    /// The file that shows it; a checklist in YAML begins with `name:`.
    pub(crate) example: &'static str,
    /// The titles of the items that it makes.
    pub(crate) items: &'static [&'static str],
    /// What else is to be said.
    pub(crate) remark: &'static str,
}

/// The forms in which a file can ask for something. A test reads each example.
pub(crate) const FORMS: &[Form] = &[
    Form {
        name: "A task",
        example: "- [ ] Tag it\n* [x] Push it\n1. [ ] Tell them\n",
        items: &["Tag it", "Push it", "Tell them"],
        remark: "A tick in the file has no effect.",
    },
    Form {
        name: "A drawn box",
        example: "- ⬜ Keys rotated\n- ☐ Alpha\n\n✅ Backup taken\n",
        items: &["Keys rotated", "Alpha", "Backup taken"],
        remark: "In a list or at the beginning of a line.",
    },
    Form {
        name: "A box without a bullet",
        example: "[ ] Alpha goes\nout first\n[ ] 2. Beta\n",
        items: &["Alpha goes out first", "Beta"],
        remark: "A sentence that the editor broke is one.",
    },
    Form {
        name: "A box behind the number of an outline",
        example: "1. Before\n   1.1 [ ] Backup taken\n   1.2. [ ] Backup read\n\n** [ ] Tag it\n",
        items: &["Backup taken", "Backup read", "Tag it"],
        remark: "With one point at least; a number such as `1.` makes a task. Bullets are doubled, as AsciiDoc has them.",
    },
    Form {
        name: "A checkbox in HTML",
        example: "- <input type=\"checkbox\"> Tag it\n",
        items: &["Tag it"],
        remark: "Within text of Markdown, where it is a box as if it was drawn.",
    },
    Form {
        name: "A row with a status",
        example: "| ID | Task description | Status |\n|-|-|-|\n| R-1 | Tag it | |\n| R-2 | Push it | open |\n",
        items: &["Tag it", "Push it"],
        remark: "The column of the title is known by its heading, or it is the first that holds neither codes nor who, when and how far.",
    },
    Form {
        name: "A column known by what stands in it",
        example: "| Was | Fertig? |\n|-|-|\n| Tag gesetzt | ☐ |\n| Doku gelesen | ✅ |\n",
        items: &["Tag gesetzt", "Doku gelesen"],
        remark: "It holds nothing but marks. Ticks in several columns compare things, and make no items.",
    },
    Form {
        name: "A box in a cell",
        example: "| Check | Why |\n|-|-|\n| [ ] Disk is free | logs |\n",
        items: &["Disk is free"],
        remark: "Each row begins with one.",
    },
    Form {
        name: "Rows that differ in one column",
        example: "| Region | Check | Status |\n|-|-|-|\n| eu | Failover | |\n| us | Failover | |\n",
        items: &["Failover (eu)", "Failover (us)"],
        remark: "The first column in which they differ tells them apart.",
    },
    Form {
        name: "A table in HTML",
        example: "<table>\n<tr><th>Item</th><th>Status</th></tr>\n<tr><td>Tag it</td><td>☐</td></tr>\n</table>\n",
        items: &["Tag it"],
        remark: "Without a blank line in it.",
    },
    Form { name: "A choice", example: "Window: ☐ day ☐ night\n", items: &["Window"], remark: "One item with several boxes." },
    Form {
        name: "Tasks that are one choice",
        example: "- [ ] Tag it\n\n## Open to all?\n\n- [ ] Yes\n- [ ] No\n",
        items: &["Tag it", "Yes / No"],
        remark: "`GO` and `NO-GO` are the decision, which a record makes, and no item.",
    },
    Form {
        name: "A plain list where a directive asks for it",
        example: "## Before\n<!-- relsign: items=bullets -->\n\n- Tag it\n1. Push it\n",
        items: &["Tag it", "Push it"],
        remark: "Otherwise a list without boxes makes no items; `lint` says how many entries there are.",
    },
    Form {
        name: "Rows where a directive asks for it",
        example: "## Before\n<!-- relsign: items=rows -->\n\n| Thing | Why |\n|-|-|\n| Tag it | order |\n",
        items: &["Tag it"],
        remark: "",
    },
    Form {
        name: "An issue form",
        example: "name: Release\nbody:\n  - type: checkboxes\n    attributes:\n      label: Steps\n      options:\n        - label: Tag it\n        - label: >\n            Push it\n            by night\n",
        items: &["Tag it", "Push it by night"],
        remark: "A file in YAML with `body:` and `type: checkboxes`, whatever its name.",
    },
];
