//! What was frozen, let through and lifted in years gone by, and one release that freezes a branch now.

use std::time::SystemTime;

use relsign::git::notes::Append;
use relsign::git::refs::Author;
use relsign::git::{NOTES_REF, Repository};
use relsign::keystore::SigningKey;
use relsign::keystore::file::FileKey;
use relsign::model::ids::{Nonce, ObjectId, RecordId};
use relsign::model::log::Record;
use relsign::model::month::Month;
use relsign::model::pointer::Pointer;
use relsign::model::record::{Body, Exception, Freeze, Grant, Kind, Lift, Subject, SubjectDigest};
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

/// Has as many freeze notes as a year of releases leaves that each froze something for an hour, and opens a release that
/// freezes a branch which nobody pushes to.
pub fn of_releases(sandbox: &Sandbox, releases: usize) -> Result<()> {
    let now = now()?;
    let repository = Repository::open(&sandbox.path)?;
    let template = template(sandbox)?;
    let mut appends = Vec::new();
    let object: ObjectId = sandbox.tag_object()?.parse().map_err(|error| format!("{error}"))?;
    let each = YEAR / i64::try_from(releases)?;
    for number in 0..releases {
        let until = now.plus(-1 - each * i64::try_from(number)?);
        let pointer = Pointer { until, object, record: RecordId::from_bytes(*sha256(&number.to_be_bytes()).as_bytes()) };
        for month in pointer.months(until.plus(-3600)) {
            let blob = repository.write_blob(&freeze_blob(&template, month))?;
            appends.push(Append { notes_ref: NOTES_REF.to_owned(), object: blob, lines: vec![pointer.line()] });
        }
    }
    repository.append_notes(&appends, &author(now), "past")?;
    sandbox.git(&["tag", "-a", "-m", FREEZING, FREEZING])?;
    let open = ["open", FREEZING, "--freeze", "elsewhere", "--freeze-until", "2d", "--no-sync", "--quiet"];
    sandbox.relsign(&open)?;
    Ok(())
}

/// Signs so many records of the root log that are over: what was frozen by hand, let through and lifted.
pub fn by_hand(sandbox: &Sandbox, records: usize) -> Result<()> {
    let now = now()?;
    let repository = Repository::open(&sandbox.path)?;
    let append = root_log(sandbox, &repository, &template(sandbox)?, (records, now))?;
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

fn freeze_blob(template: &Record, month: Month) -> Vec<u8> {
    format!("relsign-freeze-v1 {} {month}\n", template.root).into_bytes()
}

/// Signs freezes, lifts of them, requests that have expired, and grants of them.
fn root_log(sandbox: &Sandbox, repository: &Repository, template: &Record, (records, now): (usize, Timestamp)) -> Result<Append> {
    let key = SigningKey::File(Box::new(FileKey::read(&sandbox.key())?));
    // What has expired matters again where its very commit is pushed, and that is the tip.
    let below = String::from_utf8(sandbox.git(&["rev-parse", "HEAD~1"])?)?;
    let commit: ObjectId = below.trim().parse().map_err(|error| format!("{error}"))?;
    let bytes = format!("relsign-root-v1 {}\n", template.root).into_bytes();
    let mut lines = Vec::new();
    let mut before = RecordId::from_bytes([0; 32]);
    for number in 0..records {
        let then = now.plus(-YEAR + i64::try_from(number)? * 60);
        let (reason, until) = ("the release went wrong and was held up".to_owned(), then.plus(3600));
        let ref_name = "refs/heads/main".parse().map_err(|error| format!("{error}"))?;
        let body = match number % 4 {
            0 => Body::Freeze(Freeze {
                name: "incident".to_owned(),
                refs: vec!["refs/heads/main".to_owned()],
                from: then,
                until: Some(until),
                reason,
            }),
            1 => Body::Lift(Lift { freeze: before, reason }),
            2 => Body::Exception(Exception {
                ref_name,
                commit,
                base: commit,
                commits: vec![commit],
                reason,
                ticket: Some("INC-1".to_owned()),
                expires: until,
            }),
            _ => Body::Grant(Grant { exception: before }),
        };
        let mut record = template.clone();
        record.kind = body.kind().map_or("", Kind::name).to_owned();
        record.subjects = vec![Subject { name: "relsign-root-v1".to_owned(), digest: SubjectDigest::Sha256(sha256(&bytes)) }];
        if number % 4 > 1 {
            record.subjects.push(Subject { name: "refs/heads/main".to_owned(), digest: SubjectDigest::GitCommit(commit) });
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
