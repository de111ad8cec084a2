//! Tasks that people see and that are no items: nobody signs them, and that is said before and after.

use serde_json::json;

use crate::authority::{open_again, open_by_hand};
use crate::sandbox::{CHECKLIST, Sandbox, Stage, TAG};

/// The checklist with tasks that no program reads, or none but a browser.
fn with_almost_tasks() -> String {
    CHECKLIST.replace(
        "## After the release",
        "- [x ] The backup was restored\n\n<details>\n- [ ] Legal agreed\n</details>\n\n## After the release",
    )
}

#[test]
fn a_go_over_tasks_that_are_no_items_says_so() {
    // Expected: told before `open` signs, with line and the form that works; GO with tasks-unread in every answer.
    let box_ = Sandbox::at(Stage::Begun);
    box_.write("RELEASE.md", with_almost_tasks());
    box_.commit("tasks");
    box_.tag(TAG);
    let lint = box_.run(&["checklist", "lint", "RELEASE.md"]).exits(0);
    assert!(lint.stdout.contains("almost-task") && lint.stdout.contains("task-in-html"), "{}", lint.text());
    box_.run(&["checklist", "lint", "--strict", "RELEASE.md"]).exits(1);
    let open = box_
        .run_as("rita", &["open", TAG])
        .exits(0)
        .says("RELEASE.md: line 9 looks like a task but is not an item")
        .says("`- [ ] text`");
    let place = |what: &str| open.stderr.find(what).unwrap_or_else(|| panic!("{what} is not in {}", open.stderr));
    assert!(place("line 9") < place("signed ") && place("line 12") < place("signed "), "{}", open.stderr);
    box_.sign_all(TAG);
    box_.run_as("rita", &["decide", TAG, "go"]).exits(0);
    let told = "2 lines look like tasks but are not items, so nobody signed them off: lines 9, 12";
    let gate = box_.gate(TAG, 0);
    assert!(
        gate.stdout.starts_with("GO: ") && gate.stdout.contains(told) && gate.stdout.contains("[tasks-unread]"),
        "{}",
        gate.stdout
    );
    let answer = box_.run(&["gate", "--no-sync", "--json", TAG]).exits(0).json();
    assert_eq!((&answer["reasons"], &answer["notes"][0]["code"]), (&json!([]), &json!("tasks-unread")));
    box_.verify(TAG, 0).finds("tasks-unread").says(told);
    box_.run(&["status", TAG]).exits(0).says("tasks-unread");
    box_.run(&["report", TAG]).exits(0).says("tasks-unread");
}

#[test]
fn an_open_record_that_keeps_them_quiet_contradicts_the_file() {
    // Expected: checklist-changed, exit 3, gate 3: left out, counted wrong, or of another line.
    for change in ["left out", "counted", "moved"] {
        let box_ = Sandbox::at(Stage::Begun);
        box_.write("RELEASE.md", with_almost_tasks());
        box_.commit("tasks");
        box_.tag(TAG);
        box_.run_as("rita", &["open", TAG]).exits(0);
        let mut open = open_again(&box_, TAG);
        let body = &mut open["predicate"]["body"];
        assert_eq!(body["unread"]["count"], json!(2), "{body}");
        match change {
            "left out" => drop(body.as_object_mut().unwrap().remove("unread")),
            "counted" => body["unread"]["count"] = json!(1),
            _ => body["unread"]["tasks"][0]["line"] = json!(1),
        }
        open_by_hand(&box_, TAG, "rita", &open);
        box_.verify(TAG, 3).finds("checklist-changed").says("tasks that are not items");
        box_.gate(TAG, 3);
    }
}

#[test]
fn what_stands_in_such_a_line_reaches_no_terminal() {
    // Expected: opened, and nothing but text on the streams: the line holds escapes, and is longer than is kept of it.
    let box_ = Sandbox::at(Stage::Begun);
    box_.write("RELEASE.md", format!("{CHECKLIST}\n- [x ] \u{1b}[2J\u{202e}{}\n", "a".repeat(5000)));
    box_.commit("tasks");
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0).says("looks like a task");
    box_.run(&["status", TAG]).exits(0);
    box_.run(&["log", TAG]).exits(0);
    box_.run(&["checklist", "show", "RELEASE.md"]).exits(0).says("looks like a task but is not an item");
}
