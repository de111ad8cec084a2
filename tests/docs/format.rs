//! docs/format.md: every block marked `sh run` is run, in order, in one copy of docs/vectors, by sh and real programs.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use relsign::model::record::Kind;
use relsign::parse::digests::policy_digest;
use relsign::parse::public_key::PublicKey;
use relsign::sign::keyring::Keyring;
use relsign::sign::pae::{pae, record_id};
use relsign::sign::verify::verify_line;
use tempfile::TempDir;

use super::{headings, place, project, read};

/// A command of the page, with what it is to print.
struct Block {
    line: usize,
    script: String,
    expected: String,
}

/// Takes the marked blocks out of a page; each must be followed by a block of output.
fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut lines = page.lines().enumerate();
    let mut wants_output = false;
    while let Some((at, line)) = lines.next() {
        let mut take = || -> String {
            lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect()
        };
        if line == "```sh run" {
            assert!(!wants_output, "line {}: the block before has no output", at + 1);
            found.push(Block { line: at + 1, script: take(), expected: String::new() });
            wants_output = true;
        } else if line == "```output" {
            assert!(wants_output, "line {}: output of nothing", at + 1);
            found.last_mut().unwrap().expected = take();
            wants_output = false;
        }
    }
    assert!(!wants_output, "the last block has no output");
    found
}

fn run(script: &str, folder: &Path) -> Output {
    Command::new("sh")
        .arg("-euc")
        .arg(script)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("LC_ALL", "C")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap())
        .output()
        .unwrap()
}

fn copy_of_vectors() -> TempDir {
    let copy = place::folder("format");
    for entry in fs::read_dir(project().join("docs/vectors")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}

#[test]
fn the_commands_do_what_the_page_says() {
    let page = read("docs/format.md");
    let blocks = blocks(&page);
    assert!(blocks.len() >= 10, "{} blocks were found", blocks.len());
    let folder = copy_of_vectors();
    let mut wrong = String::new();
    for block in &blocks {
        let output = run(&block.script, folder.path());
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if !output.status.success() || stdout != block.expected.as_str() {
            wrong +=
                &format!("line {}: {}\n{stdout}--- stderr\n{stderr}--- expected\n{}\n", block.line, output.status, block.expected);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");

    the_line_made_by_hand_is_accepted(folder.path());
    let hand_made = blocks.iter().find(|block| block.script.contains("write-tree")).unwrap();
    assert_eq!(hand_made.expected.trim(), policy_digest(b"a = ", b"").to_string());
    let item = blocks.iter().find(|block| block.script.contains("relsign-item-v1")).unwrap();
    let digest = relsign::parse::checklist::item_digest(b"- [ ] Tag it\n", &["Release".to_owned()], &Default::default());
    assert_eq!(item.expected.trim(), format!("{digest}  -"));
    let link = blocks.iter().find(|block| block.script.contains("relsign-gitlink-v1")).unwrap();
    let digest = relsign::git::tree256::gitlink_digest(&"2".repeat(40).parse().unwrap());
    assert_eq!(link.expected.trim(), format!("{digest}  -"));
}

/// What the page's own commands made with ssh-keygen is a record to relsign, and to nobody who doesn't know the key.
fn the_line_made_by_hand_is_accepted(folder: &Path) {
    let line = fs::read(folder.join("carol.line")).unwrap();
    let line = line.trim_ascii_end();
    let root = "1".repeat(64).parse().unwrap();
    assert!(verify_line(line, &Keyring::new(), &root).is_err());
    let key = PublicKey::from_text(&fs::read_to_string(folder.join("carol.pub")).unwrap()).unwrap();
    let mut keys = Keyring::new();
    keys.add("@carol".parse().unwrap(), key).unwrap();
    let verified = verify_line(line, &keys, &root).unwrap();
    assert_eq!(verified.principal().to_string(), "@carol");
    assert_eq!(verified.id(), record_id(&pae(&fs::read(folder.join("carol.payload")).unwrap())));
}

#[test]
fn a_wrong_output_would_be_noticed() {
    let page = "```sh run\nprintf 'a\\n'\n```\n```output\nb\n```\n";
    let blocks = blocks(page);
    let output = run(&blocks[0].script, &std::env::temp_dir());
    assert_ne!(String::from_utf8_lossy(&output.stdout), blocks[0].expected);
}

#[test]
fn readers_take_white_space_and_any_order_inside_the_payload() {
    let folder = copy_of_vectors();
    let payload = fs::read_to_string(folder.path().join("one.payload")).unwrap();
    let loose = payload
        .replace("\"nonce\":", " \"nonce\" :\n")
        .replace("{\"kind\":\"sign\",", "{")
        .replace("\"body\":", "\"kind\":\"sign\",\"body\":");
    assert!(relsign::parse::statement::parse_statement(loose.as_bytes()).is_ok(), "{loose}");
    for bad in
        [format!(" {payload}"), format!("{payload}\n"), payload.replace("\"verdict\":\"done\"", "\"verdict\":\"done\",\"over\":[]")]
    {
        assert!(relsign::parse::statement::parse_statement(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn every_kind_has_a_section_in_order() {
    let page = read("docs/format.md");
    let kinds_section = page.split("\n## 10. ").next().unwrap();
    let sections: Vec<String> =
        headings(kinds_section).into_iter().filter(|(level, _)| *level == 3).map(|(_, text)| text).collect();
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(sections, kinds);
}

/// Every key of every statement, by the schemas that the program generates, stands in the tables of the page.
#[test]
fn every_key_of_every_kind_is_described() {
    let page = read("docs/format.md");
    for (kind, schema) in relsign::model::record::statement_schemas() {
        let mut keys = Vec::new();
        collect_keys(schema.as_value(), &mut keys);
        assert!(keys.len() > 20, "{kind}");
        for key in keys {
            let described = [format!("`{key}`"), format!("\"{key}\":")].iter().any(|form| page.contains(form.as_str()));
            assert!(described, "{kind}: {key}");
        }
    }
}

fn collect_keys(schema: &serde_json::Value, keys: &mut Vec<String>) {
    match schema {
        serde_json::Value::Object(object) => {
            if let Some(serde_json::Value::Object(properties)) = object.get("properties") {
                keys.extend(properties.keys().cloned());
            }
            object.values().for_each(|value| collect_keys(value, keys));
        }
        serde_json::Value::Array(list) => list.iter().for_each(|value| collect_keys(value, keys)),
        _ => {}
    }
}
