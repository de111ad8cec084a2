//! The codes of lint, as docs/findings.md explains them.

use crate::model::problem::explained;

explained! {
    /// Every code of `lint` with its reason, in the order of docs/findings.md.
    pub const LINTS;
    "no-items", "warning", "The file asks for nothing that could be signed off, often because its bullets have no boxes.",
        "Write `- [ ]`, or enable plain bullets: `<!-- relsign: items=bullets -->`. Then tag and open again.";
    "no-before-items", "warning", "GO needs items that are due before the decision, and there are none.",
        "Put `<!-- relsign: phase=before -->` on what must hold before the decision. A release can't be opened without.";
    "no-owner", "warning", "Nobody owns the item, so it falls to the release manager.",
        "Add `owner=@name` to the item's directive or to the section's, or an Owner column.";
    "owner-not-named", "warning", "The owner is not one handle; an item owned by a whole team has no owner.",
        "Name one person or one role: `@name`.";
    "role-not-required", "warning", "The text names a role that is to review or approve, and nothing makes that role sign.",
        "Add `role=… reviews=1` to the item's directive.";
    "unknown-handle", "warning", "The policy has neither a person nor a role of this name.",
        "Correct the name, or add the person to the policy. This is checked only if there is a policy.";
    "trigger-without-threshold", "warning", "A roll-back trigger has no limit, so somebody has to decide at night how much is too much.",
        "Add a limit, such as `> 0.5%`.";
    "trigger-without-duration", "warning", "A roll-back trigger has no duration, so it is unclear whether a short spike fires it.",
        "Add a span, such as `for 5 minutes`.";
    "no-rollback-procedure", "warning", "No section says how to roll back, and no item is due on rolling back.",
        "Add the steps as a numbered list below a heading such as \"Rollback procedure\".";
    "rollout-starts-at-full", "warning", "The first stage already takes all traffic.",
        "Start with a small share, such as 1 %.";
    "rollout-ends-without-human", "warning", "The last stage names nobody to confirm it, so it may be reached unattended.",
        "Add a column Owner to the table of stages, with the person who confirms the last.";
    "irreversible-without-approver", "warning", "A step that can't be undone needs somebody other than its owner to approve it.",
        "Add `reviews=1` or `role=…` to the item's directive.";
    "stage-without-bake", "warning", "A stage does not say how long to wait before the next one.",
        "Add a column such as \"Bake time\".";
    "stage-without-threshold", "warning", "A stage does not say what must hold while it lasts.",
        "Add a column such as \"Thresholds\".";
    "stage-items-without-stages", "warning", "Items are due at each stage, and the file has no stages.",
        "Add a table of the stages, or give the items another phase.";
    "high-risk-without-runbook", "warning", "A release of high risk needs a roll-back runbook that somebody has reviewed.",
        "Add an item such as \"Rollback runbook reviewed\", with `role=…` and `reviews=1`.";
    "on-call-without-person", "warning", "No person is named as on call; if everybody is on call, nobody is.",
        "Name one person: `**On-call**: @name`.";
    "on-call-without-window", "warning", "The on-call window is not given.",
        "Add a line `**On-call window**: … through …`.";
    "action-open-before-go", "warning", "The file says GO while an action that is due before it is still open.",
        "Finish the action, or make it a condition with an owner and a time.";
    "decision-as-items", "warning", "GO and NO-GO are two tasks, so both would have to be signed.",
        "Write the choice on one line: `☐ GO ☐ NO-GO`.";
    "pre-ticked", "warning", "The item is ticked or called done in the file, which has no effect; only a signature counts.",
        "Clear it.";
    "phase-guessed", "note", "The item is not due before the decision, as a heading or a sentence was understood; nothing states it.",
        "Write the phase below the heading: `<!-- relsign: phase=… -->`.";
    "almost-task", "warning", "The line looks like a task, but its box is written so that it is not an item, so nobody signs it.",
        "Write `- [ ] text`: a space in the box, and one on each side of it. If it is not a task, write it differently, such as in backquotes.";
    "task-in-html", "warning", "Markdown in raw HTML is not read, so tasks and checkboxes there are not items.",
        "Leave a blank line between the HTML and the tasks, such as below `<summary>`, and write each as `- [ ] text`.";
    "task-in-table", "warning", "The row has a box, but nothing marks the rows of the table as items.",
        "Name the column of the boxes `Status` and that of the text `Item`, or write each row as `- [ ] text`.";
    "task-as-trigger", "warning", "The task stands where the file says when to roll back, so it is a trigger and not an item.",
        "If it should be signed off, move it, or write `<!-- relsign: section=items -->` below the heading.";
    "almost-directive", "warning", "The comment looks like a directive, but its name or colon is not written like one.",
        "Write it as `<!-- relsign: NAME=VALUE -->`.";
    "tasks-skipped", "note", "Tasks in comments and in code are not items.",
        "Move them out of the comment or code if they should be signed off.";
    "hidden-characters", "warning", "The text has invisible characters, or characters that change the order in which it is shown.",
        "Type the line again.";
}
