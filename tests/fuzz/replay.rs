use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};

use crate::targets;

fn fuzz(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(path)
}

/// Reads the files of a folder that need not be there.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
}

/// Feeds a target what fuzzing kept for it: an input in base64 on each line.
fn replay(target: &str, parser: fn(&[u8])) {
    let corpus = std::fs::read_to_string(fuzz("corpus").join(target)).unwrap();
    let kept: Vec<Vec<u8>> = corpus.lines().map(|line| Base64::decode_vec(line).unwrap()).collect();
    assert!(kept.len() >= 20, "{target} has a corpus of {} inputs", kept.len());
    for folder in ["seeds", "regressions"] {
        files(&fuzz(folder).join(target)).iter().for_each(|input| parser(input));
    }
    kept.iter().for_each(|input| parser(input));
}

macro_rules! targets {
    ($($target:ident),* $(,)?) => {
        const TARGETS: &[&str] = &[$(stringify!($target)),*];
        $(
            #[test]
            fn $target() {
                replay(stringify!($target), targets::$target);
            }
        )*
    };
}

targets!(anchors, checklist, checklist_json, git_object, policy, record, records_file, sshsig, statement);

#[test]
fn every_target_is_replayed_and_every_corpus_has_a_target() {
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(fuzz(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let replayed: BTreeSet<String> = TARGETS.iter().map(|target| (*target).to_owned()).collect();
    assert_eq!(names("fuzz_targets"), replayed, "add the target to the list above");
    assert_eq!(names("corpus"), replayed, "fuzz/README.md says how a corpus is made");
    let with_seeds = names("seeds");
    assert!(with_seeds.is_subset(&replayed), "{with_seeds:?}");
}
