//! What is an item, what it is called, and what belongs to it.

use relsign::model::checklist::{Checklist, ChecklistItem, Origin, SkipReason};
use relsign::model::ids::Sha256Digest;
use relsign::model::record::Phase;
use relsign::parse::checklist::parse;
use sha2::{Digest, Sha256};

fn read(text: &str) -> Checklist {
    parse(text.as_bytes()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn ids(checklist: &Checklist) -> Vec<&str> {
    checklist.items.iter().map(|item| item.id.as_str()).collect()
}

fn refused(text: &str) -> Vec<(&'static str, u32)> {
    parse(text.as_bytes()).expect_err("it was accepted").iter().map(|problem| (problem.code, problem.line)).collect()
}

#[test]
fn items_come_in_five_forms() {
    let checklist = read(
        "# T\n\n- [ ] task\n\n| Item | Status |\n|-|-|\n| row | ___ |\n\n[ ] 1. line\n- detail\n\n☐ A ☐ B\n\n## More\n<!-- relsign: items=bullets -->\n\n- bullet\n",
    );
    let forms: Vec<_> = checklist.items.iter().map(|item| (item.origin, item.title.as_str())).collect();
    assert_eq!(
        forms,
        [
            (Origin::Task, "task"),
            (Origin::Row, "row"),
            (Origin::Line, "line"),
            (Origin::Choice, "A / B"),
            (Origin::Bullet, "bullet")
        ]
    );
    assert_eq!(checklist.items[3].choices.len(), 2);
    assert_eq!(checklist.items[2].details[0].text, "detail");
}

#[test]
fn what_nobody_sees_is_no_item_but_is_counted() {
    let checklist = read(
        "<!--\n- [ ] hidden\n-->\n\n```\n- [ ] code\n```\n\n    - [ ] indented\n\n- [ ] seen <!-- - [ ] not at a line's beginning -->\n\n`- [ ] span`\n",
    );
    assert_eq!(ids(&checklist), ["seen"]);
    assert_eq!((checklist.skipped.comments, checklist.skipped.code), (1, 2));
    let tasks: Vec<_> = checklist.skipped.tasks.iter().map(|task| (task.line, task.reason, task.text.as_str())).collect();
    assert_eq!(tasks, [(2, SkipReason::Comment, "hidden"), (6, SkipReason::Code, "code"), (9, SkipReason::Code, "indented")]);
}

#[test]
fn escaped_and_linked_boxes_are_no_boxes() {
    assert_eq!(read("\\[ ] not a box\n\n[x] a link\n\n[x]: https://example.org\n").items.len(), 0);
    assert_eq!(read("[ ]no space\n").items.len(), 0);
}

#[test]
fn ids_are_unique_slugs() {
    let checklist = read("# T\n\n## One\n\n- [ ] **Bold** `code` [link](x)\n- [ ] 確認\n\n## Two\n\n- [ ] Bold code link\n");
    assert_eq!(checklist.items[0].title, "Bold code link");
    // Neither of the two has the id of their common text.
    assert_eq!(ids(&checklist), ["one-bold-code-link", "que-ren", "two-bold-code-link"]);
}

#[test]
fn what_nothing_tells_apart_is_counted_and_written_ids_are_unique() {
    assert_eq!(ids(&read("- [ ] same\n- [ ] same\n- [ ] same\n")), ["same", "same-2", "same-3"]);
    assert_eq!(refused("- [ ] a <!-- relsign: id=x -->\n- [ ] b <!-- relsign: id=x -->\n"), [("duplicate-id", 2)]);
    let problems = parse(b"- [ ] a <!-- relsign: id=x -->\n- [ ] b <!-- relsign: id=x -->\n").unwrap_err();
    assert!(problems[0].message.contains("line 1"), "{}", problems[0].message);
    // A written id is never taken by a slug.
    assert_eq!(ids(&read("## S\n\n- [ ] x\n- [ ] b <!-- relsign: id=x -->\n")), ["s-x", "x"]);
}

#[test]
fn an_id_stays_with_its_item_when_others_are_put_in() {
    let text = "# T\n\n## One\n\n- [ ] Tests pass\n- [ ] Docs read\n\n## Two\n\n- [ ] Tests pass\n- [ ] 2 people reviewed the change of the schema\n";
    let before = read(text);
    let id_of = |checklist: &Checklist, section: &str, title: &str| {
        let found =
            checklist.items.iter().find(|item| item.section.last().is_some_and(|last| last == section) && item.title == title);
        found.map(|item| item.id.to_string())
    };
    for put_in in ["- [ ] Another thing\n", "## Zero\n\n- [ ] Tests pass\n\n", "- [ ] Tests pass on ARM\n", "- [x] Docs\n"] {
        for at in [text.find("## One").unwrap(), text.find("- [ ] Docs").unwrap(), text.find("## Two").unwrap(), text.len()] {
            // A heading in the middle of a section would move the items below it.
            if put_in.starts_with('#') && at == text.find("- [ ] Docs").unwrap() {
                continue;
            }
            let after = read(&format!("{}{put_in}{}", &text[..at], &text[at..]));
            for item in &before.items {
                let section = item.section.last().unwrap();
                assert_eq!(id_of(&after, section, &item.title), Some(item.id.to_string()), "{put_in:?} at {at}");
            }
        }
    }
    // What can't be: an item that is the first of its text has the plain id until a second comes, and then neither has it.
    assert_eq!(ids(&read("## S\n\n- [ ] x\n")), ["x"]);
    assert_eq!(ids(&read("## R\n\n- [ ] x\n\n## S\n\n- [ ] x\n")), ["r-x", "s-x"]);
}

#[test]
fn ids_are_short_and_rows_differ_by_the_column_that_differs() {
    let text = "| Region | Check | Status |\n|-|-|-|\n| eu | Failover rehearsed | |\n| us | Failover rehearsed | |\n| ap | Failover rehearsed | |\n";
    let checklist = read(text);
    let titles: Vec<_> = checklist.items.iter().map(|item| item.title.as_str()).collect();
    assert_eq!(titles, ["Failover rehearsed (eu)", "Failover rehearsed (us)", "Failover rehearsed (ap)"]);
    assert_eq!(ids(&checklist), ["failover-rehearsed-eu", "failover-rehearsed-us", "failover-rehearsed-ap"]);
    for title in
        ["A very long title of which nobody would want to type more than the beginning", "Prüfung der Größe", "5xx errors < 1%"]
    {
        let checklist = read(&format!("- [ ] {title}\n"));
        assert!(checklist.items[0].id.as_str().len() <= 24, "{:?}", ids(&checklist));
        assert_eq!(checklist.items[0].title, title);
    }
}

#[test]
fn directives_speak_of_item_section_and_file() {
    let checklist = read(concat!(
        "<!-- relsign: label=release -->\n# T\n\n## S\n<!-- relsign: owner=@qa phase=after -->\n\n",
        "- [ ] one <!-- relsign: id=first reviews=2 role=sre,qa check=\"./ci/smoke.sh --all\" covers=\"docs/**\" optional irreversible -->\n",
        "- [ ] two <!-- relsign: owner=@mpatel phase=before -->\n\n## Other\n\n- [ ] three\n",
        "\n| Item | Status |\n|-|-|\n| four | | <!-- relsign: id=fourth -->\n",
    ));
    let [one, two, three, four] = &checklist.items[..] else { panic!("{:?}", ids(&checklist)) };
    assert_eq!((one.id.as_str(), one.reviews(), one.check()), ("first", Some(2), Some("./ci/smoke.sh --all")));
    assert_eq!(one.roles().iter().map(|role| role.as_str()).collect::<Vec<_>>(), ["sre", "qa"]);
    assert_eq!((one.covers(), one.labels()), (vec!["docs/**".to_owned()], vec!["release".to_owned()]));
    assert!(one.optional && one.irreversible && !two.optional);
    assert_eq!((one.phase, one.phase_guessed, two.phase, three.phase), (Phase::After, false, Phase::Before, Phase::Before));
    let owner = |item: &ChecklistItem| item.owner.as_ref().map(ToString::to_string);
    assert_eq!((owner(one), owner(two), owner(three)), (Some("@qa".into()), Some("@mpatel".into()), None));
    assert_eq!(one.title, "one");
    assert_eq!(four.id.as_str(), "fourth");
}

#[test]
fn directives_that_say_nothing_sensible_are_refused_together() {
    let text = concat!(
        "# T\n\n- [ ] a <!-- relsign: colour=red -->\n- [ ] b <!-- relsign: reviews=many -->\n- [ ] c <!-- relsign: items=bullets -->\n",
        "- [ ] d <!-- relsign: check=\"open -->\n- [ ] e <!-- relsign: owner=@x owner=@y -->\n- [ ] f <!-- relsign: id=A -->\n\nprose\n\n- plain <!-- relsign: id=x -->\n",
    );
    assert_eq!(
        refused(text),
        [
            ("directive-unknown", 3),
            ("directive-value", 4),
            ("directive-misplaced", 5),
            ("directive-syntax", 6),
            ("directive-duplicate", 7),
            ("directive-value", 8),
            ("directive-misplaced", 12),
        ]
    );
    let first = parse(text.as_bytes()).unwrap_err().remove(0);
    assert_eq!((first.column, &text[first.span.clone()]), (23, "colour=red"));
}

#[test]
fn a_section_can_be_named_by_directive() {
    let checklist = read(
        "# T\n\n## Alarm bells\n<!-- relsign: section=triggers -->\n\n- errors > 1% for 5 minutes\n\n## Risk register\n\n| Item | Status |\n|-|-|\n| x | |\n",
    );
    assert_eq!(checklist.triggers.len(), 1);
    assert_eq!(checklist.items.len(), 1);
    let checklist =
        read("## Action Items\n<!-- relsign: section=items -->\n\n| Action | Owner | Status |\n|-|-|-|\n| x | @a | |\n");
    assert_eq!((checklist.items.len(), checklist.actions.len()), (0, 1));
    let checklist = read("## Whatever\n<!-- relsign: items=rows -->\n\n| Thing | Owner |\n|-|-|\n| x | @a |\n");
    assert_eq!(checklist.items[0].title, "x");
    let none = read("## Summary\n<!-- relsign: items=none -->\n\n| Phase | Status |\n|-|-|\n| x | |\n");
    assert_eq!(none.items.len(), 0);
}

#[test]
fn a_parent_is_an_item_of_its_own() {
    let checklist = read("- [ ] parent\n  detail line\n  - [ ] child\n    - plain\n      - [ ] grandchild\n  - note\n- [ ] next\n");
    assert_eq!(ids(&checklist), ["parent-detail-line", "child", "grandchild", "next"]);
    let [parent, child, grandchild, next] = &checklist.items[..] else { panic!() };
    assert_eq!((parent.parent.as_ref(), child.parent.as_ref()), (None, Some(&parent.id)));
    assert_eq!(grandchild.parent.as_ref(), Some(&child.id));
    assert_eq!(parent.text, "- [ ] parent\n  detail line\n  - note\n");
    assert_eq!(child.text, "  - [ ] child\n    - plain\n");
    assert_eq!((parent.line, parent.end_line, next.line), (1, 6, 7));
    assert_eq!(parent.title, "parent detail line");
}

#[test]
fn the_digest_is_the_documented_one() {
    let checklist = read("# Title\n\n## Part\n\n- [ ] Ship it <!-- relsign: owner=@a reviews=1 -->\r\n");
    let item = &checklist.items[0];
    let mut input = b"relsign-item-v1\n".to_vec();
    let field = |input: &mut Vec<u8>, bytes: &[u8]| {
        input.extend((bytes.len() as u64).to_be_bytes());
        input.extend(bytes);
    };
    field(&mut input, b"- [ ] Ship it <!-- relsign: owner=@a reviews=1 -->\r\n");
    input.extend(2_u64.to_be_bytes());
    field(&mut input, b"Title");
    field(&mut input, b"Part");
    input.extend(2_u64.to_be_bytes());
    for text in ["owner", "@a", "reviews", "1"] {
        field(&mut input, text.as_bytes());
    }
    assert_eq!(item.digest, Sha256Digest::from_bytes(Sha256::digest(&input).into()));
}

#[test]
fn front_matter_stands_only_at_the_beginning() {
    let checklist = read("---\ntitle: \"A: b\"\nlabels:\n  - x\n---\n\n- [ ] a\n\n---\nname: no\n---\n");
    assert_eq!(checklist.front_matter.len(), 2);
    assert_eq!(checklist.front_matter[0].value, "A: b");
    assert_eq!(read("---\nnever: closed\n- [ ] a\n").front_matter.len(), 0);
}
