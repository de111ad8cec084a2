//! The manual pages: each has what people look for, and `man` reads them.

use super::sandbox::{Sandbox, ended};

#[test]
fn manual_pages_are_read_without_a_word_of_complaint() {
    let box_ = Sandbox::empty();
    let pages = box_.path("home/pages");
    let made = ended(box_.program().current_dir(box_.path("home")).args(["--json", "man", "pages"])).exits(0).json();
    let files: Vec<&str> = made["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert!(files.len() > 70, "{files:?}");
    for file in &files {
        let page = std::fs::read_to_string(file).unwrap();
        for section in ["SYNOPSIS", "EXAMPLES", "ENVIRONMENT", "FILES", "\"EXIT STATUS\""] {
            assert!(page.contains(&format!(".SH {section}\n")), "{file} has no {section}");
        }
    }
    let approve = std::fs::read_to_string(pages.join("relsign-approve.1")).unwrap();
    for said in
        ["[\\-\\-note TEXT]", "[\\-\\-dry\\-run]", "Act in this role", "Run in this directory", "relsign approve v2.4.0 \\-\\-all"]
    {
        assert!(approve.contains(said), "{said:?} is not in:\n{approve}");
    }
    let mut man = box_.command("man", &pages);
    man.args(["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"]).args(&files).stdout(std::process::Stdio::null());
    match man.output() {
        Ok(output) => assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => eprintln!("skipped: man is not here, so no page was read: {error}"),
    }
}
