//! Junk on refs of relsign's own, as somebody without a key can push it in 20 MB.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use relsign::git::{EVIDENCE_REF, POLICY_REF, PROPOSALS_PREFIX};
use relsign::parse::digests::{policy_digest, sha256};

use crate::measure::{Result, output};
use crate::repository::Sandbox;

/// How many proposals nobody signed: as many as a door reads at once, and more than a clone does.
const PROPOSALS: [usize; 2] = [20, 400];
/// How many versions of the policy nobody signed.
const VERSIONS: usize = 1200;
/// Pieces of evidence, each of as many zeros: about as many as a door unpacks at once, and more.
const PIECES: [usize; 2] = [100, 200];
const ZEROS: usize = 10_000_000;
/// Bytes of a policy that say nothing; a version may have little more.
const PADDING: usize = 125_000;
const COMMITTER: &str = "committer a <a@b> 1767225600 +0000\ndata 0\n";

/// What somebody wants a ref to stand for.
pub struct Update {
    /// The ref.
    pub name: String,
    /// The commit.
    pub new: String,
}

/// Makes every form of it in the repository, and moves no ref there.
pub fn all(sandbox: &Sandbox) -> Result<Vec<(String, Vec<Update>)>> {
    let mut forms = vec![(format!("{VERSIONS} versions of the policy that nobody signed"), vec![versions(sandbox)?])];
    for count in PROPOSALS {
        forms.push((format!("{count} proposals that nobody signed"), proposals(sandbox, count)?));
    }
    for pieces in PIECES {
        forms.push((format!("{pieces} pieces of evidence of 10 MB zeros"), vec![evidence(sandbox, pieces)?]));
    }
    Ok(forms)
}

/// Writes files of records as large as an import reads, and larger.
pub fn files(sandbox: &Sandbox) -> Result<Vec<(String, PathBuf)>> {
    let large = sandbox.scratch("large.records");
    std::fs::write(&large, vec![b'A'; 115_000_000])?;
    let many = sandbox.scratch("many.records");
    let json = format!("{{\"format\":\"relsign-records-v1\",\"records\":[{}\"\"]}}", "\"\",".repeat(4_900_000));
    let digits = <base64ct::Base64 as base64ct::Encoding>::encode_string(json.as_bytes());
    std::fs::write(&many, format!("-----BEGIN RELSIGN RECORDS-----\n{digits}\n-----END RELSIGN RECORDS-----\n"))?;
    Ok(vec![("a file of 115 MB".to_owned(), large), ("a file of 4,900,000 empty records".to_owned(), many)])
}

fn proposals(sandbox: &Sandbox, count: usize) -> Result<Vec<Update>> {
    let version = Version::in_force(sandbox)?;
    let mut stream = b"feature done\n".to_vec();
    let mut names = Vec::new();
    for number in 0..count {
        let toml = [version.toml.as_slice(), format!("# {number}\n").as_bytes(), &b"#\n".repeat(PADDING)].concat();
        names.push(format!("{PROPOSALS_PREFIX}{}", policy_digest(&toml, &version.anchors)));
        writeln!(stream, "commit refs/heads/junk-{number}\n{COMMITTER}from {}", version.tip)?;
        version.write(&mut stream, &toml)?;
    }
    import(sandbox, stream)?;
    let made = names.into_iter().enumerate().map(|(number, name)| taken(sandbox, &format!("junk-{number}"), name));
    made.collect()
}

fn versions(sandbox: &Sandbox) -> Result<Update> {
    let version = Version::in_force(sandbox)?;
    let toml = [version.toml.as_slice(), &b"#\n".repeat(PADDING)].concat();
    let blob = sandbox.scratch("policy.toml");
    std::fs::write(&blob, toml)?;
    let blob = text(output(sandbox.command("git").args(["hash-object", "-w", "--no-filters"]).arg(&blob))?)?;
    let mut stream = b"feature done\n".to_vec();
    for number in 0..VERSIONS {
        writeln!(stream, "commit refs/heads/junk\n{COMMITTER}")?;
        if number == 0 {
            writeln!(stream, "from {}", version.tip)?;
        }
        version.write_files(&mut stream)?;
        writeln!(stream, "M 100644 {blob} version/policy.toml")?;
    }
    import(sandbox, stream)?;
    taken(sandbox, "junk", POLICY_REF.to_owned())
}

fn evidence(sandbox: &Sandbox, pieces: usize) -> Result<Update> {
    let file = sandbox.scratch("zeros");
    let tip = text(sandbox.git(&["rev-parse", EVIDENCE_REF])?)?;
    let mut stream = format!("feature done\ncommit refs/heads/junk\n{COMMITTER}from {tip}\n").into_bytes();
    for number in 0..pieces {
        let mut zeros = vec![0; ZEROS];
        zeros[..8].copy_from_slice(&number.to_le_bytes());
        std::fs::write(&file, &zeros)?;
        let blob = text(output(sandbox.command("git").args(["hash-object", "-w", "--no-filters"]).arg(&file))?)?;
        let digest = sha256(&zeros).to_string();
        writeln!(stream, "M 100644 {blob} {}/{}", &digest[..2], &digest[2..])?;
    }
    import(sandbox, stream)?;
    taken(sandbox, "junk", EVIDENCE_REF.to_owned())
}

/// The version of the policy that is in force, as its files.
struct Version {
    tip: String,
    toml: Vec<u8>,
    anchors: Vec<u8>,
}

impl Version {
    fn in_force(sandbox: &Sandbox) -> Result<Self> {
        let tip = text(sandbox.git(&["rev-parse", POLICY_REF])?)?;
        let file = |name: &str| sandbox.git(&["cat-file", "blob", &format!("{tip}:version/{name}")]);
        let (toml, anchors) = (file("policy.toml")?, file("anchors")?);
        Ok(Self { tip, toml, anchors })
    }

    fn write_files(&self, stream: &mut Vec<u8>) -> Result<()> {
        writeln!(stream, "deleteall\nM 100644 inline records\ndata 0\n\nM 100644 inline version/anchors")?;
        data(stream, &self.anchors)
    }

    fn write(&self, stream: &mut Vec<u8>, toml: &[u8]) -> Result<()> {
        self.write_files(stream)?;
        writeln!(stream, "M 100644 inline version/policy.toml")?;
        data(stream, toml)
    }
}

fn data(stream: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    writeln!(stream, "data {}", bytes.len())?;
    stream.extend_from_slice(bytes);
    stream.push(b'\n');
    Ok(())
}

fn import(sandbox: &Sandbox, mut stream: Vec<u8>) -> Result<()> {
    stream.extend_from_slice(b"done\n");
    let mut import = sandbox.command("git").args(["fast-import", "--quiet", "--force"]).stdin(Stdio::piped()).spawn()?;
    import.stdin.take().ok_or("git fast-import has no input")?.write_all(&stream)?;
    if import.wait()?.success() { Ok(()) } else { Err("git fast-import failed".into()) }
}

/// Takes a branch away again, and gives its commit for the ref that it is meant for.
fn taken(sandbox: &Sandbox, branch: &str, name: String) -> Result<Update> {
    let new = text(sandbox.git(&["rev-parse", &format!("refs/heads/{branch}")])?)?;
    sandbox.git(&["update-ref", "-d", &format!("refs/heads/{branch}")])?;
    Ok(Update { name, new })
}

fn text(bytes: Vec<u8>) -> Result<String> {
    Ok(String::from_utf8(bytes)?.trim().to_owned())
}
