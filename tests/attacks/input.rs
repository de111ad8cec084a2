//! Input: bytes that no honest program writes, as checklist, policy, note or name.

use std::time::Duration;

use serde_json::json;

use crate::sandbox::{CHECKLIST, Run, Sandbox, Stage, TAG, envelope};

/// Commits and tags a checklist on a repository with a policy, and tries to open the tag.
fn open_with(checklist: &[u8]) -> (Sandbox, Run) {
    let box_ = Sandbox::at(Stage::Begun);
    box_.write("RELEASE.md", checklist);
    box_.commit("checklist");
    box_.tag(TAG);
    box_.run(&["checklist", "lint", "RELEASE.md"]);
    box_.run(&["checklist", "show", "RELEASE.md", "--json"]);
    let open = box_.run_as("rita", &["open", TAG]);
    (box_, open)
}

/// Asserts that a checklist is refused with a position or reason, and that nothing was opened.
#[track_caller]
fn refused(checklist: &[u8], why: &str) {
    let (box_, open) = open_with(checklist);
    assert_ne!(open.code, 0, "opened:\n{}", open.text());
    assert!(matches!(open.code, 1 | 3), "exit {}:\n{}", open.code, open.text());
    open.says(why);
    box_.gate(TAG, 1);
}

#[test]
fn a_checklist_that_is_not_utf8_is_refused() {
    // Expected: `open` refuses it, exit 3, and says UTF-8.
    refused(&[CHECKLIST.as_bytes(), b"\n- [ ] caf\xe9 <!-- relsign: id=x -->\n"].concat(), "UTF-8");
    refused(b"\xff\xfe#\x00 \x00A\x00", "UTF-8");
}

#[test]
fn a_checklist_with_nul_is_shown_or_refused_but_hides_nothing() {
    // Expected: refused, or opened with every item: a NUL must not end the reading early.
    let text = CHECKLIST.replace("## After", "\0\n## After");
    let (box_, open) = open_with(text.as_bytes());
    if open.code == 0 {
        let verified = box_.verify(TAG, 0);
        assert_eq!(verified.report["items"].as_array().unwrap().len(), 4);
    }
}

#[test]
fn a_checklist_with_a_byte_order_mark_reads_as_without() {
    // Expected: opened with the same four items.
    let (box_, open) = open_with(format!("\u{feff}{CHECKLIST}").as_bytes());
    open.exits(0);
    assert_eq!(box_.verify(TAG, 0).report["items"].as_array().unwrap().len(), 4);
}

#[test]
fn a_checklist_with_crlf_reads_as_the_bytes_that_are_tagged() {
    // Expected: opened and intact in clones with any autocrlf: the blob counts and not the file.
    let (box_, open) = open_with(CHECKLIST.replace('\n', "\r\n").as_bytes());
    open.exits(0);
    box_.git(&["config", "core.autocrlf", "true"]);
    box_.write(".gitattributes", "*.md text eol=lf\n");
    assert_eq!(box_.verify(TAG, 0).report["items"].as_array().unwrap().len(), 4);
}

#[test]
fn an_empty_checklist_opens_nothing_to_decide() {
    // Expected: no GO can come of a checklist without items.
    for text in ["", "# Nothing\n", "- [x] only in words\n\n<!-- - [ ] hidden -->\n```\n- [ ] code\n```\n"] {
        let (box_, open) = open_with(text.as_bytes());
        if open.code == 0 {
            box_.run_as("rita", &["decide", TAG, "go"]);
        }
        assert_ne!(box_.run(&["gate", "--no-sync", TAG]).code, 0);
    }
}

#[test]
fn ids_that_differ_by_case_or_look_alike_are_refused() {
    // Expected: an id is a-z, 0-9 and -; everything else is refused with its place, and doubles too.
    for id in ["Tests", "te\u{455}ts", "tests ", "-tests", "te\u{200b}sts", "tests\u{301}"] {
        let text = format!("{CHECKLIST}\n## Before again\n\n- [ ] Again <!-- relsign: id=\"{id}\" owner=@ann -->\n");
        let (_, open) = open_with(text.as_bytes());
        assert_ne!(open.code, 0, "{id:?}:\n{}", open.text());
    }
    refused(format!("{CHECKLIST}\n- [ ] Twice <!-- relsign: id=tests owner=@ann -->\n").as_bytes(), "tests");
}

#[test]
fn markdown_bombs_end_in_bounded_time() {
    // Expected: an answer within seconds for nesting, emphasis, links, tables and references without end.
    let bombs = [
        ">".repeat(200_000) + " - [ ] deep\n",
        (0..3000).map(|depth| format!("{}- [ ] x\n", "  ".repeat(depth))).collect::<String>(),
        "*a_ ".repeat(120_000),
        "[".repeat(200_000),
        "![[]()".repeat(80_000),
        "`".repeat(3).repeat(100_000),
        "|a".repeat(100_000) + "\n" + &"|-".repeat(100_000) + "\n",
        "<!--".repeat(100_000),
        (0..20_000).map(|n| format!("[{n}]: /x\n[{n}]\n")).collect(),
        "- [ ] x\n".repeat(100_000),
        "a\n".repeat(400_000),
    ];
    for (number, bomb) in bombs.iter().enumerate() {
        let box_ = Sandbox::at(Stage::Begun);
        box_.write("RELEASE.md", bomb);
        let run = box_.run(&["checklist", "lint", "RELEASE.md"]);
        assert!(run.took < Duration::from_secs(20), "bomb {number} took {:?}", run.took);
        assert!(run.text().len() < 5_000_000, "bomb {number} prints {} bytes", run.text().len());
    }
}

#[test]
fn a_checklist_of_many_megabytes_is_refused() {
    // Expected: refused with the limit, without reading it all.
    refused("- [ ] x\n".repeat(1 << 20).as_bytes(), "RELEASE.md");
}

#[test]
fn a_symlinked_checklist_is_never_followed() {
    // Expected: refused, naming the symbolic link, for the file and for a directory on the way.
    let box_ = Sandbox::at(Stage::Begun);
    std::fs::rename(box_.repo.join("RELEASE.md"), box_.repo.join("OTHER.md")).unwrap();
    std::os::unix::fs::symlink("OTHER.md", box_.repo.join("RELEASE.md")).unwrap();
    box_.commit("link");
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(3).says("symbolic link");
    box_.gate(TAG, 1);
}

#[test]
fn a_submodule_in_the_checklists_place_is_refused() {
    // Expected: refused, naming the submodule.
    let box_ = Sandbox::at(Stage::Begun);
    box_.git(&["rm", "-q", "RELEASE.md"]);
    box_.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},RELEASE.md", "1".repeat(40))]);
    box_.git(&["commit", "-q", "-m", "submodule"]);
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(3).says("submodule");
}

#[test]
fn a_directory_in_the_checklists_place_is_refused() {
    // Expected: refused, naming the directory.
    let box_ = Sandbox::at(Stage::Begun);
    box_.git(&["rm", "-q", "RELEASE.md"]);
    box_.write("RELEASE.md/x", "x");
    box_.commit("directory");
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(3).says("directory");
}

/// Asserts that a policy file is refused by `policy check` with its problem.
#[track_caller]
fn bad_policy(change: impl Fn(&str) -> Vec<u8>, why: &str) {
    let box_ = Sandbox::at(Stage::Begun);
    let text = std::fs::read_to_string(box_.repo.join(".relsign/policy.toml")).unwrap();
    box_.write(".relsign/policy.toml", change(&text));
    let run = box_.run(&["policy", "check"]);
    assert!(matches!(run.code, 1 | 3), "exit {}:\n{}", run.code, run.text());
    run.says(why);
    // The file in the working tree never counts before its owners have signed it.
    box_.tag(TAG);
    box_.run_as("rita", &["open", TAG]).exits(0);
}

#[test]
fn policies_that_are_no_clean_toml_are_refused() {
    // Expected: refused with the place, all of them: not UTF-8, NUL, duplicate tables and keys, unknown keys, wrong types.
    bad_policy(|text| [text.as_bytes(), b"# \xff\n"].concat(), "UTF-8");
    bad_policy(|text| format!("{text}\0").into_bytes(), "policy.toml");
    bad_policy(|text| text.encode_utf16().flat_map(u16::to_le_bytes).collect(), "policy.toml");
    bad_policy(|text| format!("{text}\n[owners]\npeople = [\"@eve\"]\n").into_bytes(), "owners");
    bad_policy(|text| text.replace("threshold = 1", "threshold = 1\nthreshold = 0").into_bytes(), "threshold");
    bad_policy(|text| text.replace("threshold = 1", "threshold = \"1\"").into_bytes(), "threshold");
    bad_policy(|text| text.replace("threshold = 1", "threshold = 1\nthresholt = 2").into_bytes(), "thresholt");
    bad_policy(|text| text.replace("threshold = 1", "threshold = -1").into_bytes(), "threshold");
    bad_policy(|text| format!("{text}\nx = {}{}\n", "[".repeat(50_000), "]".repeat(50_000)).into_bytes(), "policy.toml");
}

#[test]
fn names_that_inject_into_allowed_signers_are_refused() {
    // Expected: handles, roles and machines are a-z, 0-9 and -: no spaces, newlines, quotes, commas, wildcards, options.
    for name in
        ["\"rita cert-authority\"", "\"a,*\"", "\"*\"", "\"a\\nb\"", "\"namespaces=git\"", "\"Rita\"", "\"r\u{131}ta\"", "\"\""]
    {
        bad_policy(|text| text.replace("[person.bob]", &format!("[person.{name}]")).into_bytes(), "");
    }
    // A comment in a key would reach allowed_signers too.
    bad_policy(
        |text| text.replacen("key = \"ssh-ed25519 ", "key = \"* namespaces=\\\"git\\\" ssh-ed25519 ", 1).into_bytes(),
        "key",
    );
    bad_policy(|text| text.replacen("\", state", "\\n@eve ssh-ed25519 AAAA\", state", 1).into_bytes(), "key");
}

#[test]
fn weak_shared_and_foreign_keys_are_refused_in_a_policy() {
    // Expected: refused: a small-order key, an RSA key, one key of two people.
    let weak = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    bad_policy(|text| replace_key(text, weak), "weak");
    bad_policy(|text| replace_key(text, "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQ=="), "ssh-rsa");
    bad_policy(
        |text| {
            let first = text.split("key = \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            let at = text.find("[person.bob]").unwrap();
            [&text[..at], &String::from_utf8(replace_key(&text[at..], &first)).unwrap()].concat().into_bytes()
        },
        "key",
    );
}

fn replace_key(text: &str, key: &str) -> Vec<u8> {
    let at = text.find("key = \"").unwrap() + 7;
    let end = at + text[at..].find('"').unwrap();
    format!("{}{key}{}", &text[..at], &text[end..]).into_bytes()
}

/// Signs a payload that @rita could have signed with one thing wrong, and asserts that it is malformed and counts for
/// nothing.
#[track_caller]
fn malformed(change: impl Fn(String) -> String) {
    let box_ = Sandbox::at(Stage::Signed);
    let go = box_.draft_decision(TAG, "rita", "go").to_string();
    let changed = change(go.clone());
    assert_ne!(changed, go);
    box_.add_line(TAG, &box_.sign_bytes("rita", changed.as_bytes()));
    box_.verify(TAG, 3).finds("payload-malformed");
    box_.gate(TAG, 1);
}

#[test]
fn payloads_with_second_spellings_are_malformed() {
    // Expected: payload-malformed, exit 3, no GO: duplicate and unknown keys, wrong types, trailing data, lists for objects.
    malformed(|go| go.replacen("\"kind\":\"decide\"", "\"kind\":\"decide\",\"kind\":\"decide\"", 1));
    malformed(|go| go.replacen("\"kind\":\"decide\"", "\"kind\":\"decide\",\"extra\":1", 1));
    malformed(|go| go.replacen("\"decision\":\"go\"", "\"decision\":\"go\",\"decision\":\"go\"", 1));
    malformed(|go| go.replacen("\"version\":1", "\"version\":\"1\"", 1));
    malformed(|go| go.replacen("\"version\":1", "\"version\":1.0", 1));
    malformed(|go| go.replacen("\"version\":1", "\"version\":4294967297", 1));
    malformed(|go| go.replacen("\"decision\":\"go\"", "\"decision\":\"GO\"", 1));
    malformed(|go| go + " ");
    malformed(|go| go + "{}");
    malformed(|go| format!("\u{feff}{go}"));
    malformed(|go| go.replacen("\"tool\":\"by hand\"", "\"tool\":\"by\\u0000hand\"", 1));
    malformed(|go| go.replacen("\"tool\":\"by hand\"", "\"tool\":\"by hand\",\"role\":null", 1));
    malformed(|go| go.replacen("\"_type\":\"https", "\"_type\":\"http", 1));
}

#[test]
fn deep_nesting_is_malformed_and_ends() {
    // Expected: payload-malformed, no stack overflow: a body of an unknown kind is walked too.
    let box_ = Sandbox::at(Stage::Go);
    for kind in ["decide", "veto"] {
        let mut draft = box_.draft(TAG, "max", kind, json!("BODY"));
        draft["predicate"]["body"] = json!("BODY");
        let deep = draft.to_string().replacen("\"BODY\"", &format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), 1);
        box_.add_line(TAG, &box_.sign_bytes("max", deep.as_bytes()));
    }
    box_.verify(TAG, 3).finds("payload-malformed").lacks("kind-unknown");
    box_.gate(TAG, 0);
}

#[test]
fn a_payload_that_is_not_utf8_is_malformed() {
    // Expected: payload-malformed, exit 3.
    let box_ = Sandbox::at(Stage::Go);
    let word = box_.draft_word(TAG, "max", "healthy", "approve").to_string().replacen("by hand", "by hand?", 1);
    let bytes: Vec<u8> = word.bytes().map(|byte| if byte == b'?' { 0xff } else { byte }).collect();
    box_.add_line(TAG, &box_.sign_bytes("max", &bytes));
    box_.verify(TAG, 3).finds("payload-malformed").says("UTF-8");
    box_.gate(TAG, 0);
}

#[test]
fn truncated_base64_is_malformed() {
    // Expected: line-malformed, exit 3, for every way of cutting a line short.
    let box_ = Sandbox::at(Stage::Go);
    let line = box_.sign("max", &box_.draft_word(TAG, "max", "healthy", "approve"));
    for cut in [1, 2, 3, 4, 5, 40, line.len() / 2, line.len() - 1] {
        box_.add_line(TAG, &line[..line.len() - cut]);
    }
    let text = String::from_utf8(line).unwrap();
    for shorter in 1..=4 {
        let at = text.find("\",\"signatures").unwrap();
        box_.add_line(TAG, format!("{}{}", &text[..at - shorter], &text[at..]).as_bytes());
    }
    box_.verify(TAG, 3).finds("line-malformed");
    box_.gate(TAG, 0);
}

#[test]
fn a_line_of_thirty_megabytes_is_too_long() {
    // Expected: line-too-long, exit 3, in bounded time, and the gate as before.
    let box_ = Sandbox::at(Stage::Go);
    let object = box_.id(TAG);
    let mut note = box_.note(&object);
    note.resize(note.len() + 30_000_000, b'A');
    note.push(b'\n');
    box_.set_note(&object, &note);
    let run = box_.run(&["verify", TAG]);
    assert!(run.took < Duration::from_secs(20), "{:?}", run.took);
    // Either the line or the whole note is over a limit; nobody is told that all is well.
    assert!(matches!(run.code, 3..=5), "exit {}:\n{}", run.code, run.text());
    assert!(run.text().contains("line-too-long") || run.text().contains("bytes"), "{}", run.text());
    let gate = box_.run(&["gate", "--no-sync", TAG]);
    assert_eq!(gate.code, 0, "junk bricks the release:\n{}", gate.text());
}

#[test]
fn a_line_just_beyond_the_limit_is_too_long() {
    // Expected: line-too-long, exit 3, gate as before; the payload would be valid.
    let box_ = Sandbox::at(Stage::Go);
    let payload = vec![b'x'; 900_000];
    let blob = box_.ssh_sign("max", &["-n", "relsign-v1"], &crate::sandbox::pae(&payload));
    box_.add_line(TAG, &envelope(&payload, &box_.fingerprint("max"), &blob));
    box_.verify(TAG, 3).finds("line-too-long");
    box_.gate(TAG, 0);
}

#[test]
fn a_hundred_and_fifty_thousand_lines_are_bounded() {
    // Expected: exit 3 in bounded time; and junk that sorts before every record must not push a GO out of the log.
    let box_ = Sandbox::at(Stage::Go);
    let object = box_.id(TAG);
    let note = box_.note(&object);
    let mut junk: Vec<u8> = (0..150_000).flat_map(|n| format!("!{n:06}\n").into_bytes()).collect();
    junk.extend_from_slice(&note);
    box_.set_note(&object, &junk);
    let run = box_.run(&["verify", TAG]);
    assert!(run.took < Duration::from_secs(30), "{:?}", run.took);
    run.exits(3);
    let gate = box_.run(&["gate", "--no-sync", TAG]);
    assert!(gate.took < Duration::from_secs(30), "{:?}", gate.took);
    assert_eq!(gate.code, 0, "junk bricks the release:\n{}", gate.text());
}

#[test]
fn a_hundred_and_fifty_thousand_lines_hide_no_reject() {
    // Expected: no GO: a reject must not be pushed beyond a limit by junk.
    let box_ = Sandbox::at(Stage::Go);
    let reject = box_.draft_word(TAG, "ann", "rollback", "reject");
    box_.plant(TAG, "ann", &reject);
    let object = box_.id(TAG);
    let note = box_.note(&object);
    let mut junk: Vec<u8> = (0..150_000).flat_map(|n| format!("!{n:06}\n").into_bytes()).collect();
    junk.extend_from_slice(&note);
    box_.set_note(&object, &junk);
    let gate = box_.run(&["gate", "--no-sync", TAG]);
    assert_ne!(gate.code, 0, "{}", gate.text());
}

#[test]
fn hostile_names_of_tags_are_refused_or_shown_harmlessly() {
    // Expected: exit 1 to 4, never 0, and no raw control bytes (every run asserts this).
    let box_ = Sandbox::at(Stage::Go);
    for name in
        ["../v1", "v1..0", "v1\u{1b}[31m", "refs/tags/", "", " ", "-n", "v1\u{202e}", "v1.lock", "a\nb", "v1^{commit}", "@{-1}"]
    {
        for command in ["verify", "gate", "status", "log", "report"] {
            let run = box_.run(&[command, "--", name]);
            assert!(
                run.code != 0 || command == "status" || command == "log" || command == "report",
                "{command} {name:?}: {}",
                run.text()
            );
        }
    }
}

#[test]
fn anchors_that_are_no_list_of_ids_are_refused() {
    // Expected: exit 3 with the reason, though the owner signed these very bytes: one set of anchors has one spelling.
    let one = "a".repeat(64);
    let two = "b".repeat(64);
    for anchors in [
        "what\n".to_owned(),
        one.clone(),
        format!("{two}\n{one}\n"),
        format!("{one}\n{one}\n"),
        format!("{}\n", one.to_uppercase()),
        format!("{one}\r\n"),
        format!("\u{feff}{one}\n"),
        format!("{one} \n"),
        format!("\n{one}\n"),
        format!("{one}\n\0\n"),
        format!("{}\n", "a".repeat(3_000_000)),
    ] {
        let box_ = Sandbox::at(Stage::Go);
        let text = std::fs::read_to_string(box_.repo.join(".relsign/policy.toml")).unwrap();
        box_.add_version(&(text + "# two\n"), &anchors, &["rita"]);
        let run = box_.run(&["gate", "--no-sync", TAG]);
        assert!(run.took < Duration::from_secs(20), "{:?}", run.took);
        run.exits(3).says("anchors");
        box_.run(&["verify", TAG]).exits(3).says("anchors");
        box_.run_as("rita", &["policy", "show"]).exits(3);
    }
}

#[test]
fn a_checklist_is_looked_for_in_the_tagged_tree_and_nowhere_else() {
    // Expected: refused, whatever way out is named by hand or by the policy; nothing outside is opened or shown.
    let box_ = Sandbox::at(Stage::Begun);
    std::fs::write(box_.path("secret.md"), "# S\n\n## Before\n\n- [ ] s3cret <!-- relsign: id=s3cret owner=@ann -->\n").unwrap();
    box_.write(".git/inside.md", "# S\n\n## Before\n\n- [ ] s3cret\n");
    box_.tag(TAG);
    let absolute = box_.path("secret.md");
    let absolute = absolute.to_str().unwrap();
    for path in
        ["../secret.md", absolute, "a/../../secret.md", "./RELEASE.md/../../secret.md", ".git/inside.md", "", "/", ".", ".."]
    {
        let run = box_.run_as("rita", &["open", TAG, "--checklist", path]);
        assert!((1..=4).contains(&run.code), "{path}: {}", run.text());
        assert!(!run.text().contains("s3cret"), "{path}: {}", run.text());
        let policy = std::fs::read_to_string(box_.repo.join(".relsign/policy.toml")).unwrap();
        let named = policy.replace("checklist = \"RELEASE.md\"", &format!("checklist = \"{path}\""));
        assert_ne!(named, policy);
        std::fs::write(box_.path("named.toml"), named).unwrap();
        let named = box_.path("named.toml");
        let check = box_.run(&["policy", "check", named.to_str().unwrap()]);
        assert!(path == ".git/inside.md" || check.code == 3, "{path}: {}", check.text());
    }
}
