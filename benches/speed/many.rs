//! Ten thousand releases: a repository made for it, and what it costs to verify them all.
//!
//! The first release is made by the program itself. The others repeat it: each has a commit, a tag and sixty records of
//! its own, whose texts differ only in what they are bound to, and every one is truly signed. Git takes them in by
//! `git fast-import`, in one pack, as after a clone.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ed25519_dalek::{Signature, VerifyingKey};
use relsign::git::Repository;
use relsign::keystore::SigningKey;
use relsign::keystore::file::FileKey;
use relsign::model::ids::{Nonce, ObjectId, RecordId, TagName};
use relsign::model::log::Record;
use relsign::model::record::{Body, PreviousRelease, Subject, SubjectDigest};
use relsign::parse::digests::framed_sha256;
use relsign::parse::record::parse_envelope;
use relsign::parse::statement::parse_statement;
use relsign::sign::pae::{pae, record_id};
use relsign::sign::sshsig::armour;
use ssh_key::SshSig;

use crate::measure::Result;
use crate::relsign;
use crate::repository::{Sandbox, TAG};
use crate::table::Table;

/// Items of each release; with its open record and its decision it has sixty records.
const ITEMS: usize = 58;
const NOTES: &str = "refs/notes/relsign";
/// When everything claims to have happened.
const THEN: u64 = 1_767_225_600;

/// Verifies so many releases, and a tenth of them to see whether the cost grows in a straight line.
pub fn all(releases: usize, table: &mut Table) -> Result<()> {
    let few = measure(releases / 10)?;
    let many = measure(releases)?;
    table.note_load();
    let bound = Duration::from_secs_f64(many.signatures.as_secs_f64() / many.processors + many.reading.as_secs_f64());
    table.ratio(&format!("verify --all, {releases} releases"), many.took, ("signatures and reading", bound), 1.5, Duration::ZERO);
    table.ratio(
        &format!("the same, a release, against {} releases", releases / 10),
        many.took / u32::try_from(releases)?,
        ("a release", few.took / u32::try_from(releases / 10)?),
        1.1,
        Duration::ZERO,
    );
    table.bytes("its own memory at the most", many.memory, None, 256 << 20);
    Ok(())
}

/// What verifying so many releases took, and what it has to take.
struct Measured {
    took: Duration,
    /// Strict ed25519 over SSHSIG, for all records, on one processor.
    signatures: Duration,
    /// Git reading all notes and nothing else.
    reading: Duration,
    processors: f64,
    /// The most anonymous memory that was resident, in bytes.
    memory: u64,
}

fn measure(releases: usize) -> Result<Measured> {
    let sandbox = make(releases)?;
    let start = Instant::now();
    let mut child = sandbox.command(&relsign()).args(["verify", "--all"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut memory = 0;
    let ended = loop {
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        memory = memory.max(anonymous(Path::new(&status)));
        std::thread::sleep(Duration::from_millis(20));
    };
    let took = start.elapsed();
    if !ended.success() {
        return Err(format!("verify --all of {releases} releases ended with {ended}").into());
    }
    let processors = std::thread::available_parallelism()?.get();
    let signatures = signatures(&sandbox, releases * (ITEMS + 2))?;
    let reading = reading(&sandbox)?;
    Ok(Measured { took, signatures, reading, processors: u32::try_from(processors)?.into(), memory })
}

/// Reads how much memory of a process is its own, and not the files that it reads.
fn anonymous(status: &Path) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Times the strict check of so many signatures, from a sample of those of the first release.
///
/// None of what is timed is relsign's own code, or the bound would move with what is measured: the key is decoded, and what
/// was signed is hashed and verified as strictly as the library can. The blobs were taken apart before.
fn signatures(sandbox: &Sandbox, count: usize) -> Result<Duration> {
    let mut prepared = Vec::new();
    for line in sandbox.lines()? {
        let envelope = parse_envelope(&line)?;
        prepared.push((SshSig::from_pem(armour(&envelope.sig))?, pae(&envelope.payload)));
    }
    let rounds = 40;
    let start = Instant::now();
    for _ in 0..rounds {
        for (sig, message) in &prepared {
            verify(sig, message)?;
        }
    }
    let each = start.elapsed().as_secs_f64() / f64::from(rounds * u32::try_from(prepared.len())?);
    Ok(Duration::from_secs_f64(each * f64::from(u32::try_from(count)?)))
}

fn verify(sig: &SshSig, message: &[u8]) -> Result<()> {
    let key = sig.public_key().ed25519().ok_or("the key is not of ed25519")?;
    let signature = Signature::from_slice(sig.signature().as_bytes())?;
    let signed = SshSig::signed_data("relsign-v1", sig.hash_alg(), message)?;
    Ok(VerifyingKey::from_bytes(&key.0)?.verify_strict(&signed, &signature)?)
}

/// Times git reading the notes of all tags, in the order of their making: in another order it would take several times
/// as long, since notes that were packed one after the other are stored as what changed from one to the next.
fn reading(sandbox: &Sandbox) -> Result<Duration> {
    let listed = String::from_utf8(sandbox.git(&["ls-tree", "-r", "--format=%(objectname) %(path)", NOTES])?)?;
    let notes: HashMap<String, &str> =
        listed.lines().filter_map(|line| line.split_once(' ')).map(|(blob, path)| (path.replace('/', ""), blob)).collect();
    let mut blobs = String::new();
    for (_, object, _) in tags(sandbox)? {
        let blob = notes.get(&object.to_string()).ok_or("a tag has no note")?;
        blobs.push_str(blob);
        blobs.push('\n');
    }
    let path = sandbox.scratch("blobs");
    std::fs::write(&path, blobs)?;
    let start = Instant::now();
    let ended = sandbox
        .command("git")
        .args(["cat-file", "--batch", "--buffer"])
        .stdin(std::fs::File::open(&path)?)
        .stdout(Stdio::null())
        .status()?;
    if ended.success() { Ok(start.elapsed()) } else { Err(format!("git cat-file ended with {ended}").into()) }
}

/// Makes a repository with so many releases, the first one included.
pub fn make(releases: usize) -> Result<Sandbox> {
    let sandbox = Sandbox::new(ITEMS)?;
    let numbers: Vec<String> = (1..=ITEMS).map(|number| number.to_string()).collect();
    let words: Vec<&str> = ["approve", TAG, "--no-sync", "--quiet"].into_iter().chain(numbers.iter().map(String::as_str)).collect();
    sandbox.relsign(&words)?;
    sandbox.relsign(&["decide", TAG, "go", "--no-sync", "--quiet"])?;
    let mut template = Vec::new();
    for line in sandbox.lines()? {
        template.push(parse_statement(&parse_envelope(&line)?.payload)?);
    }
    commits_and_tags(&sandbox, releases)?;
    notes(&sandbox, &in_turn(template), releases)?;
    Ok(sandbox)
}

/// Gives the records with the open record first and the decision last.
fn in_turn(mut records: Vec<Record>) -> Vec<Record> {
    records.sort_by_key(|record| match record.body {
        Body::Open(_) => 0,
        Body::Decide(_) => 2,
        _ => 1,
    });
    records
}

fn name(number: usize) -> String {
    format!("v2.{number}.0")
}

fn commits_and_tags(sandbox: &Sandbox, releases: usize) -> Result<()> {
    let mut stream = Vec::new();
    for number in 1..releases {
        let then = THEN + u64::try_from(number)?;
        let from = if number == 1 { "from refs/heads/main^0\n" } else { "" };
        let text = format!("{number}\n");
        write!(
            stream,
            "commit refs/heads/main\ncommitter Bench <bench@example.org> {then} +0000\ndata 4\nnext{from_line}M 100644 inline VERSION\ndata {length}\n{text}\ntag {tag}\nfrom refs/heads/main\ntagger Bench <bench@example.org> {then} +0000\ndata 8\nreleased\n",
            from_line = format_args!("\n{from}"),
            length = text.len(),
            tag = name(number),
        )?;
    }
    import(sandbox, &stream)
}

fn import(sandbox: &Sandbox, stream: &[u8]) -> Result<()> {
    let path = sandbox.scratch("stream");
    std::fs::write(&path, stream)?;
    output_of(sandbox.command("git").args(["fast-import", "--quiet", "--force"]), &path)
}

fn output_of(command: &mut Command, input: &Path) -> Result<()> {
    let ended = command.stdin(std::fs::File::open(input)?).stdout(Stdio::null()).output()?;
    if ended.status.success() {
        return Ok(());
    }
    Err(format!("{command:?} ended with {}: {}", ended.status, String::from_utf8_lossy(&ended.stderr)).into())
}

/// Signs the records of all releases but the first, on all processors, and adds them as notes.
fn notes(sandbox: &Sandbox, template: &[Record], releases: usize) -> Result<()> {
    let tags = tags(sandbox)?;
    let threads = std::thread::available_parallelism()?.get();
    let path = sandbox.scratch("stream");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
    write!(file, "commit {NOTES}\ncommitter Bench <bench@example.org> {THEN} +0000\ndata 5\nnotes\nfrom {NOTES}^0\n")?;
    let numbers: Vec<usize> = (1..releases).collect();
    let key_path = sandbox.key();
    for some in numbers.chunks(200) {
        let written = std::thread::scope(|scope| {
            let work: Vec<_> = some
                .chunks(some.len().div_ceil(threads))
                .map(|part| {
                    let (tags, key_path, repository) = (&tags, &key_path, sandbox.path.as_path());
                    scope
                        .spawn(move || part_of_notes(repository, key_path, template, tags, part).map_err(|error| error.to_string()))
                })
                .collect();
            work.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a thread failed".to_owned()))).collect::<Vec<_>>()
        });
        for part in written {
            file.write_all(&part?)?;
        }
    }
    writeln!(file)?;
    file.into_inner()?;
    output_of(sandbox.command("git").args(["fast-import", "--quiet", "--force"]), &path)
}

/// The tag objects and commits by the number of the release; the first is that of [`TAG`].
fn tags(sandbox: &Sandbox) -> Result<Vec<(TagName, ObjectId, ObjectId)>> {
    let listed = sandbox.git(&["for-each-ref", "--format=%(refname) %(objectname) %(*objectname)", "refs/tags/"])?;
    let mut tags = Vec::new();
    for line in String::from_utf8(listed)?.lines() {
        let parts: Vec<&str> = line.split(' ').collect();
        let [full, object, commit] = parts[..] else { return Err("git for-each-ref printed something else".into()) };
        let tag: TagName = full.parse().map_err(|error| format!("{full}: {error}"))?;
        let number = full.split('.').nth(1).filter(|_| full.starts_with("refs/tags/v2.")).map_or(Ok(0), str::parse::<usize>)?;
        let id = |text: &str| text.parse::<ObjectId>().map_err(|error| format!("{text}: {error}"));
        tags.push((number, (tag, id(object)?, id(commit)?)));
    }
    tags.sort_by_key(|(number, _)| *number);
    Ok(tags.into_iter().map(|(_, tag)| tag).collect())
}

/// Signs the records of some releases, and gives the part of the stream that holds their notes.
fn part_of_notes(
    path: &Path,
    key: &Path,
    template: &[Record],
    tags: &[(TagName, ObjectId, ObjectId)],
    numbers: &[usize],
) -> Result<Vec<u8>> {
    let repository = Repository::open(path)?;
    let key = SigningKey::File(Box::new(FileKey::read(key)?));
    let mut stream = Vec::new();
    for number in numbers {
        let (previous, (tag, object, commit)) = (&tags[number - 1], &tags[*number]);
        let subjects = subjects(&repository, tag, object, commit)?;
        let mut ids: Vec<RecordId> = Vec::new();
        let mut lines = Vec::new();
        for (place, from) in template.iter().enumerate() {
            let mut record = from.clone();
            record.subjects.clone_from(&subjects);
            let mut nonce = [0; 16];
            nonce[..8].copy_from_slice(&u64::try_from(*number)?.to_be_bytes());
            nonce[8..].copy_from_slice(&u64::try_from(place)?.to_be_bytes());
            record.nonce = Nonce::from_bytes(nonce);
            record.open = ids.first().copied();
            record.parents = ids.last().copied().into_iter().collect();
            match &mut record.body {
                Body::Open(open) => {
                    open.previous = Some(PreviousRelease {
                        tag: previous.0.clone(),
                        tag_object: previous.1,
                        commit: previous.2,
                        overridden: false,
                    });
                    open.commits = 1;
                }
                Body::Decide(decide) => {
                    decide.manifest.clone_from(&ids);
                    decide.manifest.sort();
                }
                _ => {}
            }
            let line = key.sign_record(&record)?;
            ids.push(record_id(&pae(&parse_envelope(&line)?.payload)));
            lines.push(line);
        }
        let open = lines[0].clone();
        lines.sort();
        let note: Vec<u8> = lines.into_iter().flat_map(|line| [line, vec![b'\n']].concat()).collect();
        add_note(&mut stream, &object.to_string(), &note)?;
        let root = template[0].root;
        let named = repository.blob_id(format!("relsign-name-v1 {root} {}\n", tag.full()).as_bytes())?;
        add_note(&mut stream, &named.to_string(), &[open, vec![b'\n']].concat())?;
    }
    Ok(stream)
}

fn add_note(stream: &mut Vec<u8>, object: &str, note: &[u8]) -> Result<()> {
    write!(stream, "M 100644 inline {}/{}\ndata {}\n", &object[..2], &object[2..], note.len())?;
    stream.extend_from_slice(note);
    stream.push(b'\n');
    Ok(())
}

/// What the records of a release are bound to.
fn subjects(repository: &Repository, tag: &TagName, object: &ObjectId, commit: &ObjectId) -> Result<Vec<Subject>> {
    let (_, raw_tag) = repository.tag(object)?.ok_or("the tag object is not here")?;
    let raw_commit = repository.object(commit, 1 << 20)?.ok_or("the commit is not here")?.bytes;
    let tree = repository.commit(commit)?.ok_or("the commit is not here")?.tree;
    let tree256 = ObjectId::from_sha256(repository.tree256(&tree)?.id.as_bytes());
    let subject = |name: &str, digest| Subject { name: name.to_owned(), digest };
    let mut subjects = vec![
        subject(tag.full(), SubjectDigest::GitTag(*object)),
        subject("commit", SubjectDigest::GitCommit(*commit)),
        subject("tree", SubjectDigest::GitTree(tree)),
        subject("tree-sha256", SubjectDigest::GitTree(tree256)),
        subject("tag-object", SubjectDigest::Sha256(framed_sha256("tag", &raw_tag))),
        subject("commit-object", SubjectDigest::Sha256(framed_sha256("commit", &raw_commit))),
    ];
    subjects.sort();
    Ok(subjects)
}
