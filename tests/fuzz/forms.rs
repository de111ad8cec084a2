//! The fuzzer of checklists begins with every form that is read, so it mutates each of them.

use std::path::Path;

use crate::seeds::FORMS;
use crate::targets;

#[test]
#[expect(clippy::disallowed_methods, reason = "the environment asks a test to write its seeds")]
fn every_form_of_a_checklist_is_a_seed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/checklist");
    for (number, form) in FORMS.iter().enumerate() {
        let kind = if form.example.starts_with("name:") { "yml" } else { "md" };
        let file = folder.join(format!("form-{number:02}.{kind}"));
        if std::env::var_os("RELSIGN_UPDATE").is_some() {
            std::fs::write(&file, form.example).unwrap();
        }
        let seed = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(seed, form.example, "{}: RELSIGN_UPDATE=1 cargo test --test fuzz writes the seed", form.name);
        targets::checklist(seed.as_bytes());
    }
}
