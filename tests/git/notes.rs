//! Notes: no line is lost, whoever writes and in whatever layout.

use relsign::git::notes::Append;
use relsign::git::{NOTES_REF, Repository};
use relsign::model::ids::ObjectId;

use crate::support::{Sandbox, author, git, id, lines};

fn append(repository: &Repository, object: ObjectId, texts: &[&str]) -> usize {
    let lines = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    let append = Append { notes_ref: NOTES_REF.into(), object, lines };
    repository.append_notes(&[append], &author(), "Add records").unwrap().added
}

fn object(number: usize) -> ObjectId {
    id(&format!("{:040x}", (number as u128 + 1) * 0x9e37_79b9_7f4a_7c15_f39c_0000_0001))
}

#[test]
fn concurrent_writers_keep_every_line() {
    let sandbox = Sandbox::new();
    let first = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    let head = first.head_commit().unwrap().unwrap();
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let repository = Repository::open(path).unwrap();
                for line in 0..50 {
                    assert_eq!(append(&repository, head, &[&format!("line {writer}-{line}")]), 1);
                }
            });
        }
    });
    assert_eq!(first.note_lines(NOTES_REF, &head).unwrap().len(), 400);
    let stock = git(&path, &["notes", "--ref", "relsign", "show", &head.to_string()]);
    assert_eq!(stock.lines().count(), 400);
}

#[test]
fn a_line_that_is_there_makes_no_commit_and_the_bytes_are_a_sorted_set() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let head = repository.head_commit().unwrap().unwrap();
    assert_eq!(append(&repository, head, &["b", "a", "", "a"]), 2);
    let tip = repository.resolve(NOTES_REF).unwrap();
    assert_eq!(append(&repository, head, &["a"]), 0);
    assert_eq!(repository.resolve(NOTES_REF).unwrap(), tip);
    assert_eq!(git(&sandbox.path("r"), &["notes", "--ref", "relsign", "show", "HEAD"]), "a\nb");
    assert_eq!(repository.notes(NOTES_REF).unwrap().objects().unwrap(), [head]);
    git(&sandbox.path("r"), &["fsck", "--strict"]);
}

#[test]
fn every_layout_is_read_and_written_where_the_note_lies() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("r", &[]);
    let path = sandbox.path("r");
    let (one, two, three) = (object(1), object(2), object(3));
    let blob = repository.write_blob(b"flat\n").unwrap();
    let other = repository.write_blob(b"deep\n").unwrap();
    let texts = [one.to_string(), two.to_string()];
    let deep = |text: &str| format!("{}/{}/{}", &text[..2], &text[2..4], &text[4..]);
    // Object one lies flat and at 2/2/36 at once, object two at 2/2/36 alone.
    for (text, id) in [(texts[0].clone(), blob), (deep(&texts[0]), other), (deep(&texts[1]), other)] {
        git(&path, &["update-index", "--add", "--cacheinfo", &format!("100644,{id},{text}")]);
    }
    git(&path, &["rm", "-q", "--cached", "README"]);
    let tree = git(&path, &["write-tree"]);
    let commit = git(&path, &["commit-tree", "-m", "notes", &tree]);
    git(&path, &["update-ref", NOTES_REF, &commit]);
    assert_eq!(repository.note_lines(NOTES_REF, &one).unwrap(), lines(&["flat", "deep"]));
    assert_eq!(append(&repository, two, &["more"]), 1);
    assert_eq!(append(&repository, three, &["new"]), 1);
    assert_eq!(append(&repository, one, &["new"]), 1);
    let listed = git(&path, &["ls-tree", "-r", "--name-only", NOTES_REF]);
    let paths: Vec<&str> = listed.lines().collect();
    let three = three.to_string();
    let mut expected = [texts[0].clone(), deep(&texts[1]), format!("{}/{}", &three[..2], &three[2..])];
    expected.sort();
    assert_eq!(paths, expected);
    assert_eq!(repository.note_lines(NOTES_REF, &one).unwrap(), lines(&["flat", "deep", "new"]));
    assert_eq!(repository.note_lines(NOTES_REF, &two).unwrap(), lines(&["deep", "more"]));
}
