//! What was frozen, let through and lifted in years gone by, and one release that freezes a branch now.

use std::time::SystemTime;

use relsign::git::notes::Append;
use relsign::git::refs::Author;
use relsign::git::{NOTES_REF, Repository};
use relsign::keystore::SigningKey;
use relsign::keystore::file::FileKey;
use relsign::model::ids::{Nonce, ObjectId, RecordId};
use relsign::model::log::Record;
use relsign::model::record::{Body, Exception, Freeze, FreezeRelease, Grant, Kind, Lift, Subject, SubjectDigest};
use relsign::model::time::Timestamp;
use relsign::parse::digests::sha256;
use relsign::parse::record::parse_envelope;
use relsign::parse::statement::parse_statement;
use relsign::sign::pae::{pae, record_id};

use crate::measure::Result;
use crate::repository::Sandbox;

/// The release that freezes a branch now.
const FREEZING: &str = "v9.0.0";
const YEAR: i64 = 365 * 86_400;

/// Has the root log that a year of releases leaves that each froze something for an hour, and opens a release that freezes a
/// branch which nobody pushes to.
pub fn of_releases(sandbox: &Sandbox, releases: usize) -> Result<()> {
    let now = now()?;
    let repository = Repository::open(&sandbox.path)?;
    let tag_object: ObjectId = sandbox.tag_object()?.parse().map_err(|error| format!("{error}"))?;
    let each = YEAR / i64::try_from(releases)?;
    let body = |number: usize, before| {
        let until = now.plus(-1 - each * i64::try_from(number)?);
        let release = Some(FreezeRelease { tag_object, open: before });
        Ok((until.plus(-3600), freeze("v9.0.0 is open for sign-off", until, release)))
    };
    let append = root_log(sandbox, &repository, &template(sandbox)?, releases, body)?;
    repository.append_notes(&[append], &author(now), "past")?;
    sandbox.git(&["tag", "-a", "-m", FREEZING, FREEZING])?;
    let open = ["open", FREEZING, "--freeze", "elsewhere", "--freeze-until", "2d", "--no-sync", "--quiet"];
    sandbox.relsign(&open)?;
    Ok(())
}

/// A freeze of an hour.
fn freeze(reason: &str, until: Timestamp, release: Option<FreezeRelease>) -> Body {
    let refs = vec!["refs/heads/main".to_owned()];
    Body::Freeze(Freeze {
        name: "incident".to_owned(),
        refs,
        environments: Vec::new(),
        from: until.plus(-3600),
        until: Some(until),
        reason: reason.to_owned(),
        release,
    })
}

/// Signs so many records of the root log that are over: what was frozen by hand, let through and lifted.
pub fn by_hand(sandbox: &Sandbox, records: usize) -> Result<()> {
    let now = now()?;
    let repository = Repository::open(&sandbox.path)?;
    let commit = below(sandbox)?;
    let reason = || "the release went wrong and was held up".to_owned();
    let body = |number: usize, before| {
        let then = now.plus(-YEAR + i64::try_from(number)? * 60);
        let until = then.plus(3600);
        let ref_name = "refs/heads/main".parse().map_err(|error| format!("{error}"))?;
        let body = match number % 4 {
            0 => freeze(&reason(), until, None),
            1 => Body::Lift(Lift { freeze: before, reason: reason() }),
            2 => Body::Exception(Exception {
                ref_name,
                commit,
                base: commit,
                commits: vec![commit],
                reason: reason(),
                ticket: Some("INC-1".to_owned()),
                expires: until,
            }),
            _ => Body::Grant(Grant { exception: before }),
        };
        Ok((then, body))
    };
    let append = root_log(sandbox, &repository, &template(sandbox)?, records, body)?;
    repository.append_notes(&[append], &author(now), "past")?;
    Ok(())
}

fn now() -> Result<Timestamp> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    Ok(Timestamp::from_seconds(i64::try_from(now)?).ok_or("the clock is wrong")?)
}

fn author(time: Timestamp) -> Author {
    Author { name: "Bench".to_owned(), email: "bench@example.org".to_owned(), time }
}

/// Gives a record that has everything but what makes it one of its kind.
fn template(sandbox: &Sandbox) -> Result<Record> {
    let first = sandbox.lines()?.into_iter().next().ok_or("nothing is signed")?;
    Ok(parse_statement(&parse_envelope(&first)?.payload)?)
}

/// Signs records of the root log; `body` gives the time and the body of each, by its number and the record before.
fn root_log(
    sandbox: &Sandbox,
    repository: &Repository,
    template: &Record,
    records: usize,
    body: impl Fn(usize, RecordId) -> Result<(Timestamp, Body)>,
) -> Result<Append> {
    let key = SigningKey::File(Box::new(FileKey::read(&sandbox.key())?));
    let bytes = format!("relsign-root-v1 {}\n", template.root).into_bytes();
    let (mut lines, commit) = (Vec::new(), below(sandbox)?);
    let mut before = RecordId::from_bytes([0; 32]);
    for number in 0..records {
        let (then, body) = body(number, before)?;
        let mut record = template.clone();
        record.kind = body.kind().map_or("", Kind::name).to_owned();
        record.subjects = vec![Subject { name: "relsign-root-v1".to_owned(), digest: SubjectDigest::Sha256(sha256(&bytes)) }];
        if matches!(body, Body::Exception(_) | Body::Grant(_)) {
            let commit = SubjectDigest::GitCommit(commit);
            record.subjects.push(Subject { name: "refs/heads/main".to_owned(), digest: commit });
        }
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&u64::try_from(number)?.to_be_bytes());
        (record.nonce, record.open, record.time, record.body) = (Nonce::from_bytes(nonce), None, then, body);
        record.parents = Vec::new();
        let line = key.sign_record(&record)?;
        before = record_id(&pae(&parse_envelope(&line)?.payload));
        lines.push(line);
    }
    let object = repository.write_blob(&bytes)?;
    Ok(Append { notes_ref: NOTES_REF.to_owned(), object, lines })
}

/// Gives the commit below the tip: what has expired matters again where its very commit is pushed, and that is the tip.
fn below(sandbox: &Sandbox) -> Result<ObjectId> {
    let below = String::from_utf8(sandbox.git(&["rev-parse", "HEAD~1"])?)?;
    Ok(below.trim().parse().map_err(|error| format!("{error}"))?)
}
