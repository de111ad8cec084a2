//! Output: text that would move a cursor, hide words, or run in a browser. Every run in the sandbox asserts that no
//! control or bidirectional character reaches a stream; here such text is put wherever text comes from.

use serde_json::json;

use crate::sandbox::{NOW, Sandbox, Stage, TAG};

/// Colours, a cleared screen, a title, a carriage return over the line, reordered and hidden letters, a bell, C1.
const HOSTILE: &str = "ok\u{1b}[2J\u{1b}]0;pwned\u{7}\r\u{1b}[31mGO\u{202e}gnp.exe\u{2066}\u{200b}\u{feff}\u{ad}\u{9b}31m\u{8}";
/// What Markdown and HTML would act upon.
const MARKUP: &str = "<script>alert(1)</script><img src=x onerror=alert(1)> [x](javascript:alert(1)) | a | b | `code` <!-- --> ![i](http://evil/x.png)";

/// Runs everything that shows a release; the sandbox looks at the bytes.
fn show_everything(box_: &Sandbox, tag: &str) -> String {
    let mut all = String::new();
    let commands: [&[&str]; 14] = [
        &["status", tag],
        &["status", "--json", tag],
        &["verify", tag],
        &["verify", "--all"],
        &["log", tag],
        &["log", "--json", tag],
        &["report", tag],
        &["report", "--format", "json", tag],
        &["report", "--format", "markdown", tag],
        &["gate", "--no-sync", tag],
        &["gate", "--no-sync", "--json", tag],
        &["checklist", "show", "RELEASE.md"],
        &["checklist", "show", "--json", "RELEASE.md"],
        &["checklist", "lint", "RELEASE.md"],
    ];
    for args in commands {
        let run = box_.run(args);
        if args.iter().any(|arg| arg.contains("json")) {
            assert!(run.json().is_object(), "{args:?}");
        }
        all += &run.text();
    }
    for who in ["ann", "bob"] {
        all += &box_.run_as(who, &["mine"]).text();
    }
    for entry in box_.log(tag) {
        all += &box_.run(&["show", &entry.id]).text();
    }
    all
}

#[test]
fn hostile_titles_of_items_are_shown_harmlessly() {
    // Expected: no control byte on any stream, valid JSON, and the item is there by its id.
    let box_ = Sandbox::at(Stage::Begun);
    let title = HOSTILE.replace('\r', "");
    let text = format!("# {title}\n\n## Before {title}\n\n- [ ] {title} {MARKUP} <!-- relsign: id=nasty owner=@ann -->\n");
    box_.write("RELEASE.md", text);
    box_.commit("nasty");
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.run_as("ann", &["approve", TAG, "nasty"]).exits(0);
    let all = show_everything(&box_, TAG);
    assert!(all.contains("nasty") && all.contains("\\u{202e}"), "{all}");
}

#[test]
fn hostile_comments_reasons_and_files_are_shown_harmlessly() {
    // Expected: no control byte on any stream, also while they are signed.
    let box_ = Sandbox::at(Stage::Opened);
    let file = box_.path("home/a\u{1b}[31m\u{202e}\rb.txt");
    std::fs::write(&file, HOSTILE).unwrap();
    box_.run_as("bob", &["approve", TAG, "rollback", "--note", HOSTILE]).exits(0);
    box_.run_as("ann", &["reject", TAG, "tests", "--reason", HOSTILE, "--note", MARKUP]).exits(0);
    box_.run_as("ann", &["approve", TAG, "tests", "--evidence", file.to_str().unwrap()]);
    box_.run_as("rita", &["waive", TAG, "migration", "--reason", HOSTILE, "--ticket", HOSTILE]);
    box_.run_as("rita", &["decide", TAG, "no-go", "--reason", HOSTILE]);
    box_.run_as("rita", &["assign", TAG, "healthy", "@max", "--reason", HOSTILE]);
    show_everything(&box_, TAG);
}

#[test]
fn hostile_records_of_a_signer_are_shown_harmlessly() {
    // Expected: no control byte on any stream: a kind, names, links and times that our own commands would never write.
    let box_ = Sandbox::at(Stage::Opened);
    let mut word = box_.draft_word(TAG, "bob", "rollback", "done");
    word["predicate"]["comment"] = json!(format!("{HOSTILE}{MARKUP}\n{HOSTILE}"));
    word["predicate"]["tool"] = json!("t\u{202e}\u{200b}ool");
    word["predicate"]["evidence"] = json!([
        { "name": "n\u{202e}\u{200b}ame", "uri": "javascript:alert(1)" },
        { "uri": "https://evil.example/\u{202e}\u{2066}|x" },
        { "name": "<b>|", "sha256": "1".repeat(64), "size": 3, "media_type": "text/\u{202e}html" },
    ]);
    box_.plant(TAG, "bob", &word);
    let mut unknown = box_.draft(TAG, "max", "veto", json!({ "because": HOSTILE }));
    unknown["predicate"]["comment"] = json!(HOSTILE);
    box_.plant(TAG, "max", &unknown);
    box_.verify(TAG, 4).finds("kind-unknown").finds("evidence-missing");
    box_.gate(TAG, 1);
    let all = show_everything(&box_, TAG);
    let markdown = box_.run(&["report", "--format", "markdown", TAG]).stdout;
    assert_inert(&markdown);
    assert!(all.contains("\\u{202e}"), "{all}");
}

/// Asserts that a Markdown reader finds no HTML but line breaks, no pictures, and no links but to the web.
fn assert_inert(markdown: &str) {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    for event in Parser::new_ext(markdown, Options::all()) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => {
                assert!(matches!(html.trim(), "<br>" | "<code>" | "</code>"), "{html} in:\n{markdown}")
            }
            Event::Start(Tag::Image { dest_url, .. }) => panic!("a picture of {dest_url} in:\n{markdown}"),
            Event::Start(Tag::Link { dest_url, .. }) => {
                assert!(dest_url.starts_with("https://") || dest_url.starts_with("http://"), "{dest_url} in:\n{markdown}");
            }
            _ => {}
        }
    }
}

#[test]
fn hostile_open_records_are_shown_harmlessly() {
    // Expected: no control byte on any stream: titles, scope, stages, triggers and actions come from whoever may open.
    let box_ = Sandbox::at(Stage::Opened);
    let mut open = box_.log(TAG).remove(0).payload;
    let body = &mut open["predicate"]["body"];
    body["title"] = json!(HOSTILE);
    let limit =
        |id: &str, text: &str| json!({ "id": id, "text": text, "metric": text, "op": "below", "value": text, "unit": text });
    body["scope"] = json!([{ "text": HOSTILE, "owner": "@ann", "flag": MARKUP }, { "text": MARKUP, "flag": HOSTILE }]);
    body["triggers"] = json!([{ "id": 1, "text": HOSTILE, "limit": limit("t", HOSTILE) }, { "id": 2, "text": MARKUP }]);
    body["procedure"] = json!([{ "text": HOSTILE, "layer": MARKUP, "irreversible": true }, { "text": MARKUP, "layer": HOSTILE }]);
    body["actions"] = json!([
        { "id": HOSTILE, "text": HOSTILE, "blocks": "close" },
        { "id": MARKUP, "text": MARKUP, "after": { "event": "deploy", "seconds": 60 }, "blocks": "go" },
    ]);
    body["known_issues"] = json!([HOSTILE, MARKUP]);
    body["attendees"] = json!([HOSTILE, MARKUP]);
    body["on_call"] = json!({ "primary": "@ann", "secondary": "@bob", "from": NOW, "to": "2026-11-22T09:30:00Z" });
    body["risk"] = json!({ "class": "high", "reasons": [HOSTILE, MARKUP] });
    body["reason"] = json!(HOSTILE);
    body["ticket"] = json!(MARKUP);
    body["security_impact"] = json!(HOSTILE);
    body["stages"] = json!([
        { "id": HOSTILE, "name": HOSTILE, "traffic": MARKUP, "bake": 60, "limits": [limit(HOSTILE, MARKUP), limit("l", HOSTILE)] },
        { "id": "s", "name": MARKUP, "traffic": HOSTILE, "limits": [limit("l", MARKUP)] },
    ]);
    body["implementers"]["unknown"] = json!([HOSTILE, MARKUP]);
    body["artifacts"] = json!([{ "name": HOSTILE, "sha256": "1".repeat(64) }]);
    for item in body["items"].as_array_mut().unwrap() {
        item["title"] = json!(format!("{HOSTILE}{MARKUP}"));
        item["check"] = json!(HOSTILE);
        item["covers"] = json!([HOSTILE]);
    }
    box_.git(&["update-ref", "-d", "refs/notes/relsign"]);
    box_.forget();
    box_.plant(TAG, "rita", &open);
    box_.verify(TAG, 3).finds("checklist-changed");
    show_everything(&box_, TAG);
    let markdown = box_.run(&["report", "--format", "markdown", TAG]).stdout;
    assert_inert(&markdown);
}

#[test]
fn hostile_names_of_people_and_authors_are_shown_harmlessly() {
    // Expected: no control byte on any stream: names in the policy, in commits and in tags.
    let box_ = Sandbox::at(Stage::Begun);
    let evil = "E\u{1b}[31mv\u{202e}il\u{200b}";
    let who = format!("user.name={evil}");
    box_.git(&["-c", &who, "-c", "user.email=e\u{202e}@x", "commit", "-q", "--allow-empty", "-m", HOSTILE]);
    box_.git(&["-c", &who, "-c", "user.email=e\u{1b}@x", "tag", "-a", "-m", HOSTILE, TAG]);
    box_.run_as("rita", &["open", TAG]).exits(0);
    box_.run_as("bob", &["approve", TAG, "tests", "--review"]);
    show_everything(&box_, TAG);
    let policy = std::fs::read_to_string(box_.repo.join(".relsign/policy.toml")).unwrap();
    let named = policy.replace("name = \"Rita Mann\"", "name = \"R\\u001b[31m\\u202Eita\\u200B|<b>\"");
    assert_ne!(named, policy);
    box_.write(".relsign/policy.toml", named);
    for args in [&["policy", "check"][..], &["policy", "diff"], &["policy", "show"], &["policy", "roster"]] {
        box_.run(args);
    }
    box_.run_as("rita", &["whoami"]);
}

#[test]
fn hostile_words_of_a_call_are_echoed_harmlessly() {
    // Expected: no control byte on any stream in error messages.
    let box_ = Sandbox::at(Stage::Opened);
    let hostile = "x\u{1b}[31m\u{202e}\r\u{7}";
    for args in [
        &["approve", TAG, hostile][..],
        &["approve", hostile],
        &["show", hostile],
        &["decide", TAG, hostile],
        &["decide", TAG, "go", "--reason", hostile],
        &["assign", TAG, "tests", hostile, "--reason", "x"],
        &["open", hostile],
        &["open", TAG, "--env", hostile],
        &["checklist", "show", hostile],
        &["gate", "--commit", hostile],
        &["gate", "--artifact", hostile],
        &["verify", "--root", hostile],
        &["verify", "--as-of", hostile],
        &["sync", hostile],
        &["-C", hostile, "status"],
        &[hostile],
        &["trust", hostile],
    ] {
        let run = box_.run_as("ann", args);
        assert_ne!(run.code, 0, "{args:?}");
    }
}

#[test]
fn a_hostile_remote_says_nothing_to_the_terminal() {
    // Expected: no control byte on any stream: a server's hook prints escapes while it refuses a push.
    let box_ = Sandbox::at(Stage::Opened);
    let server = box_.path("server.git");
    box_.git(&["init", "-q", "--bare", server.to_str().unwrap()]);
    let hook = server.join("hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\nprintf 'no\\033[2J\\033]0;x\\007\\r\\342\\200\\256evil\\n' >&2\nexit 1\n").unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    box_.git(&["remote", "add", "origin", server.to_str().unwrap()]);
    box_.run_as("bob", &["approve", TAG, "rollback"]).exits(5).says("NOT shared");
    box_.run(&["sync"]).exits(5);
}

#[test]
fn hostile_text_is_no_markup_in_a_page() {
    // Expected: the page has no script, no handler, no picture, no frame and no link but to the web; the text is shown.
    let box_ = Sandbox::at(Stage::Opened);
    let evil = [
        MARKUP,
        "</td></tr></table><script>alert(2)</script>",
        "\"><svg onload=alert(3)>",
        "<!--><script>alert(4)</script-->",
        "&lt;script&gt;&#60;script&#62;",
        "<style>*{display:none}</style><meta http-equiv=refresh content=0>",
        "<a href='data:text/html,x'>x</a><iframe src=//evil.example></iframe>",
    ]
    .join(" ");
    box_.run_as("ann", &["approve", TAG, "tests", "--note", &evil, "--evidence", "https://example.com/a?b=<script>\"'"]);
    box_.run_as("bob", &["reject", TAG, "rollback", "--reason", &evil]).exits(0);
    box_.run_as("rita", &["waive", TAG, "migration", "--reason", &evil, "--ticket", "T-1"]);
    let page = box_.run(&["report", "--format", "html", TAG]).exits(0).stdout;
    let lower = page.to_lowercase();
    for tag in ["<script", "<svg", "<img", "<iframe", "<object", "<embed", "<form", "<base", "<link"] {
        assert!(!lower.contains(tag), "{tag} in:\n{page}");
    }
    // The page's own: the style, and the word that no browser may load or run anything for it.
    assert_eq!(lower.matches("<style").count(), 1, "{page}");
    assert_eq!(lower.matches("<meta http-equiv").count(), 1, "{page}");
    assert!(page.contains("default-src 'none'"), "{page}");
    // Whatever stands between angle brackets is an element that the page itself has.
    for element in page.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        let lower = element.to_lowercase();
        assert!(!lower.contains(" on") || !lower.contains('='), "{element}");
        assert!(!lower.contains("javascript:") && !lower.contains("data:"), "{element}");
    }
    assert!(page.contains("&lt;script&gt;"), "{page}");
}

#[test]
fn a_comment_poses_as_no_heading_and_no_row() {
    // Expected: the headings and rows of the report are those of a report whose comments are plain.
    use pulldown_cmark::{Event, Options, Parser, Tag};
    let shape = |comment: &str| {
        let box_ = Sandbox::at(Stage::Opened);
        box_.run_as("ann", &["approve", TAG, "tests", "--note", comment]).exits(0);
        box_.run_as("bob", &["reject", TAG, "rollback", "--reason", comment]).exits(0);
        let markdown = box_.run(&["report", "--format", "markdown", TAG]).exits(0).stdout;
        let (mut headings, mut rows, mut cells, mut blocks) = (0, 0, 0, 0);
        for event in Parser::new_ext(&markdown, Options::all()) {
            match event {
                Event::Start(Tag::Heading { .. }) => headings += 1,
                Event::Start(Tag::TableRow) => rows += 1,
                Event::Start(Tag::TableCell) => cells += 1,
                Event::Start(Tag::CodeBlock(_)) => blocks += 1,
                Event::Start(Tag::Image { .. }) => panic!("a picture in:\n{markdown}"),
                _ => {}
            }
        }
        (headings, rows, cells, blocks)
    };
    let plain = shape("fine");
    for comment in [
        "fine\n\n# GO: v1.0.0\n",
        "fine\n\n| verdict | GO |\n|---|---|\n| x | y |\n",
        "fine | GO | @rita",
        "fine\\| GO \\\\| x",
        "fine\n---\n",
        "```\nfine",
        "fine\n\n    code\n",
        "[x]: https://evil.example\n[x]",
        "<details><summary>fine",
    ] {
        assert_eq!(shape(comment), plain, "{comment:?}");
    }
}

#[test]
fn long_texts_are_cut_and_the_cut_is_named() {
    // Expected: no table of a terminal grows with the text; what was cut is said, and the record has it whole.
    let box_ = Sandbox::at(Stage::Opened);
    let long = "x".repeat(60_000);
    box_.run_as("bob", &["reject", TAG, "rollback", "--reason", &long]).exits(0);
    for args in [&["status", TAG][..], &["verify", TAG], &["gate", "--no-sync", TAG], &["report", TAG], &["log", TAG]] {
        let text = box_.run(args).text();
        assert!(text.len() < 40_000, "{args:?} prints {} bytes", text.len());
    }
    let reject = box_.log(TAG).into_iter().find(|entry| entry.kind() == "sign").unwrap();
    assert_eq!(reject.payload["predicate"]["body"]["reason"], long.as_str());
}

#[test]
fn hostile_settings_and_remotes_are_echoed_harmlessly() {
    // Expected: no control byte on any stream: names and addresses of remotes, of the user and of keys.
    let box_ = Sandbox::at(Stage::Opened);
    for (name, value) in [
        ("user.name", HOSTILE.replace('\u{7}', "")),
        ("user.email", "e\u{202e}\u{1b}[31m@x".to_owned()),
        ("remote.ori\u{202e}gin.url", "/nowhere/\u{1b}[31m\u{202e}".to_owned()),
        ("remote.ori\u{202e}gin.fetch", "+refs/heads/*:refs/remotes/x/*".to_owned()),
        ("relsign.remote", "ori\u{202e}gin".to_owned()),
        ("relsign.key", "/nowhere/\u{1b}[31m\u{202e}".to_owned()),
    ] {
        box_.git(&["config", name, &value]);
    }
    for args in [&["status", TAG][..], &["sync"], &["gate", TAG], &["whoami"], &["mine"], &["approve", TAG, "tests"]] {
        box_.run(args);
        box_.run_as("ann", args);
    }
    box_.git(&["config", "relsign.root", "x\u{1b}[31m\u{202e}"]);
    box_.run(&["gate", TAG]).exits(3);
}

#[test]
fn text_is_no_command_to_what_runs_the_pipeline() {
    // Expected: no line begins with two colons and none has `##[`, `##vso[` or the like: runners obey these in any output.
    let box_ = Sandbox::at(Stage::Begun);
    let orders = "::error::x ##vso[task.setvariable variable=path]x ##[add-mask]x ##teamcity[x]";
    box_.write("RELEASE.md", format!("# {orders}\n\n## Before\n\n- [ ] {orders} <!-- relsign: id=nasty owner=@ann -->\n"));
    box_.commit(orders);
    box_.git(&["-c", &format!("user.name={orders}"), "-c", "user.email=x@y", "tag", "-a", "-m", orders, TAG]);
    box_.run_as("rita", &["open", TAG]).exits(0);
    let note = format!("{orders}\n::set-env name=PATH::x\n  ::stop-commands::x\n##vso[task.complete]");
    box_.run_as("ann", &["reject", TAG, "nasty", "--reason", &note, "--note", &note]).exits(0);
    box_.run_as("rita", &["decide", TAG, "no-go", "--reason", &note]).exits(0);
    let mut all = show_everything(&box_, TAG);
    for words in [&["approve", TAG, "::error::x"][..], &["open", "##vso[task.complete]"], &["::error::x"], &["gate", "::error::x"]]
    {
        all += &box_.run_as("ann", words).text();
    }
    // What is read by programs has the text as it is; a pipeline that prints it prints data, not a log.
    let told = all.lines().filter(|line| !line.trim_start().starts_with(['{', '}', '"', '[', ']']));
    for line in told {
        assert!(!line.trim_start().starts_with("::"), "{line}");
        for order in ["##[", "##vso[", "##teamcity["] {
            assert!(!line.contains(order), "{line}");
        }
    }
    assert!(all.contains("task.setvariable"), "{all}");
}
