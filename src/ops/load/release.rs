//! Loading a release: everything that git holds about a tag, verified and ready to be judged.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluate::context::{EvidenceFacts, OpenedObject, Reread, TagFacts, TagObject, TagSignature};
use crate::evaluate::favour;
use crate::evaluate::{self, Context};
use crate::git::notes::{Lines, Notes};
use crate::git::raw::{Identity, Tag};
use crate::git::{COMES_BY, ErrorKind, NOTES_REF, ObjectKind, Repository};
use crate::model::finding::{Code, Finding};
use crate::model::ids::{Environment, Handle, ObjectId, RecordId, RootDigest, Sha256Digest, TagName};
use crate::model::log::Record;
use crate::model::policy::Policy;
use crate::model::record::{Body, Implementers, Open, Subject, SubjectDigest};
use crate::model::report::Report;
use crate::model::time::Timestamp;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::checklists;
use crate::ops::load::previous::{Asking, Node};
use crate::ops::load::tag_target;
use crate::ops::trust::Trusted;
use crate::parse::digests::framed_sha256;
use crate::sign::sshsig::{unarmour, verify_sshsig};
use crate::sign::verify::{Threads, Verified, VerifiedLog, verify_log_on};

/// The largest piece of evidence that is read to be checked, in bytes.
const EVIDENCE_LIMIT: u64 = 1 << 30;

/// How many unknown identities of a range an open record names at most.
const MOST_UNKNOWN: usize = 100;

/// A tag as it lies in git.
#[derive(Debug, Clone)]
pub struct LoadedTag {
    /// What verdicts need to know.
    pub facts: TagFacts,
    /// The tag object's own content, where there is one.
    pub tag: Option<Tag>,
    /// The raw bytes of the tag object.
    pub raw: Vec<u8>,
    /// The tree of its commit.
    pub tree: Option<ObjectId>,
}

/// Everything about a release, verified.
pub struct Loaded<'a> {
    /// Under what it is judged.
    pub context: Context<'a>,
    /// The valid records on the tag.
    pub records: BTreeMap<RecordId, Verified<Record>>,
    /// The tag.
    pub tag: LoadedTag,
}

impl Loaded<'_> {
    /// Judges it.
    pub fn report(&self) -> Report {
        evaluate::evaluate(&self.context, &self.records)
    }

    /// Gives the environments that it was opened for by someone who may.
    pub fn environments(&self) -> BTreeSet<Environment> {
        evaluate::environments(&self.context, &self.records)
    }

    /// Judges it for every environment that it was opened for, in the order of their names; else once.
    pub fn reports(&mut self) -> Vec<Report> {
        if self.context.environment.is_some() {
            return vec![self.report()];
        }
        let opens = self.records.values().filter_map(|verified| match &verified.value().body {
            Body::Open(open) => Some(&open.environment),
            _ => None,
        });
        // Who might open what is asked only where there is a choice, which is rare.
        let is_choice = opens.collect::<BTreeSet<_>>().len() > 1;
        let environments = if is_choice { self.environments() } else { BTreeSet::new() };
        if environments.len() < 2 {
            return vec![self.report()];
        }
        let mut reports = Vec::new();
        for environment in environments {
            self.context.environment = Some(environment);
            reports.push(self.report());
        }
        self.context.environment = None;
        reports
    }

    /// Remembers the valid records, so that this clone notices when one of them is gone.
    pub fn remember(&self, repository: &Repository, report: &Report) -> Outcome<()> {
        let Some(object) = &self.tag.facts.object else { return Ok(()) };
        let ids: BTreeSet<RecordId> = report.records.iter().map(|record| record.id).collect();
        if !ids.is_subset(&self.context.baseline) {
            // A clone that can't be written to can still be read.
            let _ = repository.remember_records(&object.id, &ids);
        }
        let opened: BTreeSet<RecordId> = self.context.opened_objects.iter().map(|opened| opened.record).collect();
        let name = repository.blob_id(&name_blob(&self.context.root, &self.tag.facts.name))?;
        if !opened.is_subset(&repository.seen_records(&name)?) {
            let _ = repository.remember_records(&name, &opened);
        }
        Ok(())
    }
}

/// Gives the bytes of the blob on which repository-wide records are notes.
pub fn root_blob(root: &RootDigest) -> Vec<u8> {
    format!("relsign-root-v1 {root}\n").into_bytes()
}

/// Gives the bytes of the blob on which the open records of a tag's name are notes.
pub fn name_blob(root: &RootDigest, tag: &TagName) -> Vec<u8> {
    format!("relsign-name-v1 {root} {}\n", tag.full()).into_bytes()
}

/// Reads a tag whose ref points at `target`, and everything that records on it are bound to.
fn load_tag(repository: &Repository, trusted: &Trusted, name: &TagName, target: Option<ObjectId>) -> Outcome<LoadedTag> {
    let mut loaded = LoadedTag {
        facts: TagFacts { name: name.clone(), target, object: None, problem: None },
        tag: None,
        raw: Vec::new(),
        tree: None,
    };
    let Some(id) = target else { return Ok(loaded) };
    match repository.object_header(&id)? {
        Some((ObjectKind::Tag, _)) => {}
        Some((kind, _)) => {
            let message =
                format!("{} is a lightweight tag on a {}; only an annotated tag can be signed off", name.short(), kind.name());
            loaded.facts.problem = Some(Finding::new(Code::TagLightweight, message).about(name.short()));
            return Ok(loaded);
        }
        None => {
            loaded.facts.problem = Some(missing(name, &format!("the tag object {id}")));
            return Ok(loaded);
        }
    }
    let (tag, raw) = match repository.tag(&id) {
        Ok(Some(found)) => found,
        Ok(None) => {
            loaded.facts.problem = Some(missing(name, &format!("the tag object {id}")));
            return Ok(loaded);
        }
        // A tag that is no tag is found, and keeps nobody from verifying the others.
        Err(error) => {
            loaded.facts.problem = Some(unreadable(name, "the tag object", &error));
            return Ok(loaded);
        }
    };
    match tag_object(repository, trusted, name, id, &tag, &raw) {
        Ok((object, tree)) => {
            loaded.facts.object = Some(object);
            loaded.tree = Some(tree);
        }
        Err(problem) => loaded.facts.problem = Some(problem),
    }
    loaded.tag = Some(tag);
    loaded.raw = raw;
    Ok(loaded)
}

fn missing(name: &TagName, what: &str) -> Finding {
    Finding::new(Code::TagObjectMissing, format!("{what} of {} is not here", name.short())).about(name.short())
}

fn unreadable(name: &TagName, what: &str, error: &crate::git::Error) -> Finding {
    let cause = std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
    let message = format!("{what} of {} can't be read: {error}{cause}", name.short());
    Finding::new(Code::TagObjectMissing, message).about(name.short())
}

fn tag_object(
    repository: &Repository,
    trusted: &Trusted,
    name: &TagName,
    id: ObjectId,
    tag: &Tag,
    raw: &[u8],
) -> Result<(TagObject, ObjectId), Finding> {
    let failed = |what: &str, error: &crate::git::Error| unreadable(name, what, error);
    let commit_id =
        repository.peel_to_commit(&id).map_err(|error| failed("the commit", &error))?.ok_or_else(|| missing(name, "the commit"))?;
    let commit_raw = repository
        .object_of(&commit_id, ObjectKind::Commit, crate::git::objects::COMMIT_LIMIT)
        .map_err(|error| failed("the commit", &error))?
        .ok_or_else(|| missing(name, "the commit"))?;
    let commit =
        repository.commit(&commit_id).map_err(|error| failed("the commit", &error))?.ok_or_else(|| missing(name, "the commit"))?;
    let tree256 = repository.tree256(&commit.tree).map_err(|error| failed("the tree", &error))?;
    let tree_sha256 = ObjectId::from_sha256(tree256.id.as_bytes());
    let subject = |name: &str, digest| Subject { name: name.to_owned(), digest };
    let mut subjects = vec![
        subject(name.full(), SubjectDigest::GitTag(id)),
        subject("commit", SubjectDigest::GitCommit(commit_id)),
        subject("tree", SubjectDigest::GitTree(commit.tree)),
        subject("tree-sha256", SubjectDigest::GitTree(tree_sha256)),
        subject("tag-object", SubjectDigest::Sha256(framed_sha256("tag", raw))),
        subject("commit-object", SubjectDigest::Sha256(framed_sha256("commit", &commit_raw))),
    ];
    subjects.sort();
    let object = TagObject {
        id,
        inner_name: String::from_utf8_lossy(&tag.name).into_owned(),
        commit: commit_id,
        tree_sha256,
        subjects,
        not_strengthened: tree256.not_strengthened.iter().map(|path| String::from_utf8_lossy(path).into_owned()).collect(),
        signature: tag.signature.as_deref().map(|armour| check_tag_signature(trusted, armour, &raw[..tag.signed_length])),
    };
    Ok((object, commit.tree))
}

/// Checks the tag's own signature against the keys of the policy; a tag is signed in git's namespace, not in ours.
fn check_tag_signature(trusted: &Trusted, armour: &[u8], signed: &[u8]) -> TagSignature {
    let Ok(text) = std::str::from_utf8(armour) else { return TagSignature::Unverified("its signature is not text".to_owned()) };
    if !text.contains("BEGIN SSH SIGNATURE") {
        return TagSignature::Unverified("its signature is not an SSH signature, and relsign does not check others".to_owned());
    }
    let checked = unarmour(text).and_then(|blob| verify_sshsig(&blob, "git", signed));
    match checked {
        Err(reason) => TagSignature::Unverified(reason.reason),
        Ok(key) => match trusted.keyring.get(key.fingerprint()) {
            Some(entry) => TagSignature::Verified(entry.principal.clone(), key.fingerprint().clone()),
            None => TagSignature::Unverified(format!("the policy never listed its key {}", key.fingerprint())),
        },
    }
}

/// In what manner a release is loaded.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// The environment that is asked about.
    pub environment: Option<Environment>,
    /// Only what is known already of the releases before it is asked, because they were all judged.
    pub only_known: bool,
    /// It is one of many that are judged side by side, and this is its place in their order.
    pub place: Option<usize>,
}

/// Loads a release to be judged.
pub fn load<'a>(
    repository: &Repository,
    trusted: &'a Trusted,
    name: &TagName,
    as_of: Timestamp,
    environment: Option<Environment>,
) -> Outcome<Loaded<'a>> {
    let mut notes = repository.notes(NOTES_REF)?;
    load_with(repository, trusted, &mut notes, name, as_of, Manner { environment, ..Manner::default() })
}

/// Loads a release with notes that are open already, for whoever loads many.
pub fn load_with<'a>(
    repository: &Repository,
    trusted: &'a Trusted,
    notes: &mut Notes<'_>,
    name: &TagName,
    as_of: Timestamp,
    manner: Manner,
) -> Outcome<Loaded<'a>> {
    let target = tag_target::target(repository, name)?;
    load_any(repository, trusted, notes, (name, target), as_of, manner)
}

/// Loads a release by its tag object, wherever its name points now, when all releases before it are judged already.
pub fn load_at<'a>(
    repository: &Repository,
    trusted: &'a Trusted,
    notes: &mut Notes<'_>,
    node: &Node,
    as_of: Timestamp,
) -> Outcome<Loaded<'a>> {
    let manner = Manner { environment: Some(node.environment.clone()), only_known: true, place: None };
    load_any(repository, trusted, notes, (&node.tag, Some(node.object)), as_of, manner)
}

/// Loads the log of a tag object under the name that it was signed with, wherever that name points now; what came before
/// the release is not asked about.
pub fn load_on<'a>(
    repository: &Repository,
    trusted: &'a Trusted,
    notes: &mut Notes<'_>,
    (name, object): &(TagName, ObjectId),
    as_of: Timestamp,
) -> Outcome<Loaded<'a>> {
    let manner = Manner { only_known: true, ..Manner::default() };
    load_any(repository, trusted, notes, (name, Some(*object)), as_of, manner)
}

fn load_any<'a>(
    repository: &Repository,
    trusted: &'a Trusted,
    notes: &mut Notes<'_>,
    (name, target): (&TagName, Option<ObjectId>),
    as_of: Timestamp,
    manner: Manner,
) -> Outcome<Loaded<'a>> {
    // Where releases are judged side by side, each has one processor to itself.
    let threads = if manner.place.is_some() { Threads::One } else { Threads::All };
    let tag = load_tag(repository, trusted, name, target)?;
    let verify = |lines: &Lines| verify_log_on(threads, lines.iter().map(Vec::as_slice), &trusted.keyring, &trusted.root);
    let mut unread = Vec::new();
    let lines = match &tag.facts.object {
        Some(object) => lines_of(notes, &object.id, &mut unread)?,
        None => Lines::new(),
    };
    let VerifiedLog { records, mut findings } = verify(&lines);
    // A record's id binds what it says, its root too: one of another root that was seen here and still lies here is not gone.
    let is_foreign = |finding: &&Finding| finding.code == Code::RecordForeign;
    let foreign: BTreeSet<RecordId> = findings.iter().filter(is_foreign).filter_map(|finding| finding.record).collect();
    let receipts = trusted.receipts(repository)?;
    findings.extend(trusted.findings.iter().chain(&receipts.findings).cloned());
    if records.is_empty() {
        findings.extend(never_synced(repository)?);
    }

    let mut context = Context {
        root: trusted.root,
        chain: &trusted.chain,
        tag: tag.facts.clone(),
        as_of,
        baseline: BTreeSet::new(),
        settled: favour::settled(&trusted.chain, &records, receipts),
        witnessed: BTreeMap::new(),
        looked: BTreeMap::new(),
        evidence: BTreeMap::new(),
        private_notes: BTreeMap::new(),
        reread: BTreeMap::new(),
        opened_objects: Vec::new(),
        environment: manner.environment,
        findings,
        lines: lines.len() as u64,
        tool: crate::ops::TOOL.to_owned(),
    };
    if let Some(object) = &tag.facts.object {
        context.baseline = repository.seen_records(&object.id)?;
        context.baseline.extend(receipts.of_log(&object.id));
        context.baseline.retain(|id| !foreign.contains(id));
    }
    for id in records.keys().chain(&context.baseline) {
        if let Some(seen) = receipts.seen(id) {
            context.witnessed.insert(*id, seen.time);
            context.looked.extend(seen.looked.map(|looked| (*id, looked)));
        }
    }
    let name_object = repository.blob_id(&name_blob(&trusted.root, name))?;
    let name_lines = lines_of(notes, &name_object, &mut unread)?;
    // The line of an open record stands in both notes, and its signature is checked once.
    let mut opened: BTreeMap<RecordId, &Verified<Record>> = records
        .iter()
        .filter(|(_, verified)| matches!(verified.value().body, Body::Open(_)) && name_lines.contains(verified.line()))
        .map(|(id, verified)| (*id, verified))
        .collect();
    let only_there = name_lines.iter().map(Vec::as_slice).filter(|line| opened.values().all(|verified| verified.line() != *line));
    let only_there = verify_log_on(Threads::One, only_there, &trusted.keyring, &trusted.root).records;
    for (id, verified) in &only_there {
        opened.entry(*id).or_insert(verified);
    }
    // A name that was opened here once stays spent, also where its note was pruned with the tag.
    let spent = repository.seen_records(&name_object)?;
    context.baseline.extend(spent.into_iter().filter(|id| !opened.contains_key(id)));
    let mut seen = BTreeSet::new();
    for verified in opened.into_values() {
        let Some(object) = opened_object(verified.value(), name) else { continue };
        let is_current = Some(object) == tag.facts.target;
        let orphaned = if is_current || !seen.insert(object) {
            Vec::new()
        } else {
            verify(&lines_of(notes, &object, &mut unread)?).records.into_keys().collect()
        };
        let authorised = evaluate::spends_name(&trusted.chain, verified);
        context.opened_objects.push(OpenedObject { record: verified.id(), object, authorised, orphaned });
    }
    context.findings.append(&mut unread);
    let asking = Asking { repository, trusted, as_of, only_known: manner.only_known, place: manner.place };
    let mut sizes: BTreeMap<Sha256Digest, BTreeSet<Option<u64>>> = BTreeMap::new();
    let mut salted = BTreeSet::new();
    for evidence in records.values().flat_map(|verified| &verified.value().evidence) {
        if let Some(digest) = evidence.sha256 {
            sizes.entry(digest).or_default().insert(evidence.size);
            salted.extend(evidence.salted.then_some(digest));
        }
    }
    for (digest, cited) in sizes {
        let facts = evidence_facts(repository, &digest, &cited)?;
        if matches!(facts, EvidenceFacts::Here(_))
            && salted.contains(&digest)
            && let Some(text) = crate::ops::write::evidence::private_note(repository, &digest)?
        {
            context.private_notes.insert(digest, text);
        }
        context.evidence.insert(digest, facts);
    }
    for verified in records.values() {
        if let (Body::Open(open), Some(tree), Some(version)) =
            (&verified.value().body, &tag.tree, trusted.chain.at(verified.value().policy_head))
        {
            let reread = Reread {
                items: checklists::reread(repository, trusted, tree, open, &version.policy),
                implementers: reread_implementers(repository, &tag, open, &version.policy),
                previous: asking.problem(notes, open, &version.policy)?,
            };
            context.reread.insert(verified.id(), reread);
        }
    }
    Ok(Loaded { context, records, tag })
}

/// Gives the name of a tag object, and those of its records that speak of it and nothing else; nothing where the tag
/// object, its commit or its tree is not here to compare with.
///
/// The name is the one inside the tag object: a ref of another name makes no other log.
pub fn admitted(
    repository: &Repository,
    trusted: &Trusted,
    object: ObjectId,
    lines: &Lines,
) -> Outcome<Option<(TagName, BTreeSet<RecordId>)>> {
    let Some((ObjectKind::Tag, _)) = repository.object_header(&object)? else { return Ok(None) };
    // A tag that is no tag has no log; whoever asks about it is told why.
    let Ok(Some((tag, raw))) = repository.tag(&object) else { return Ok(None) };
    let Ok(name) = format!("refs/tags/{}", String::from_utf8_lossy(&tag.name)).parse::<TagName>() else { return Ok(None) };
    let Ok((facts, _)) = tag_object(repository, trusted, &name, object, &tag, &raw) else { return Ok(None) };
    let log = verify_log_on(Threads::All, lines.iter().map(Vec::as_slice), &trusted.keyring, &trusted.root);
    let records = log.records.iter().filter(|(_, verified)| evaluate::speaks_of(verified.value(), &facts));
    Ok(Some((name, records.map(|(id, _)| *id).collect())))
}

/// Says that there may be records which never came here: there is a remote, and neither relsign nor git fetched any.
pub(super) fn never_synced(repository: &Repository) -> Outcome<Option<Finding>> {
    let Some(remote) = repository.sharing_remote()? else { return Ok(None) };
    if repository.resolve(NOTES_REF)?.is_some() || repository.sync_times(&remote).fetched.is_some() {
        return Ok(None);
    }
    let message = format!("no records were ever fetched from {remote}; get them: relsign sync");
    Ok(Some(Finding::new(Code::NeverSynced, message).about(remote)))
}

/// Gives the tag object that an open record of this name was made for.
fn opened_object(record: &Record, name: &TagName) -> Option<ObjectId> {
    if !matches!(record.body, Body::Open(_)) {
        return None;
    }
    record.subjects.iter().find(|subject| subject.name == name.full()).and_then(|subject| match subject.digest {
        SubjectDigest::GitTag(id) => Some(id),
        _ => None,
    })
}

/// Reads the lines of a note; one that is too large to be read is a finding under which nothing holds, not a failure,
/// since nobody who pushes such a note may keep others from judging other releases.
pub fn lines_of(notes: &mut Notes<'_>, object: &ObjectId, unread: &mut Vec<Finding>) -> Outcome<Lines> {
    match notes.lines(object) {
        Err(error) if *error.kind() == ErrorKind::TooLarge => {
            unread.push(Finding::new(Code::TooManyLines, error.to_string()));
            Ok(Lines::new())
        }
        lines => Ok(lines?),
    }
}

/// Looks at the evidence kept for a digest that records cite with these sizes.
fn evidence_facts(repository: &Repository, digest: &Sha256Digest, cited: &BTreeSet<Option<u64>>) -> Outcome<EvidenceFacts> {
    let Some(size) = repository.evidence_size(digest)? else { return Ok(EvidenceFacts::Missing) };
    // What has another size than every record says has changed, and need not be read: anybody could put gigabytes there.
    if !cited.contains(&Some(size)) && !cited.contains(&None) {
        return Ok(EvidenceFacts::Here(size));
    }
    if size > EVIDENCE_LIMIT {
        return Ok(EvidenceFacts::Missing);
    }
    Ok(match repository.evidence_matches(digest, EVIDENCE_LIMIT)? {
        None => EvidenceFacts::Missing,
        Some(true) => EvidenceFacts::Here(size),
        Some(false) => EvidenceFacts::Changed,
    })
}

/// Works out again who made the range of an open record; nothing where history is not all here.
fn reread_implementers(repository: &Repository, tag: &LoadedTag, open: &Open, policy: &Policy) -> Option<Implementers> {
    let commit = tag.facts.object.as_ref()?.commit;
    let previous = open.previous.as_ref().map(|previous| previous.commit);
    if let Some(previous) = &previous
        && !repository.has_object(previous).ok()?
    {
        return None;
    }
    let range = repository.range(previous.as_ref(), &commit).ok()?;
    if !range.complete {
        return None;
    }
    Some(implementers(
        policy,
        tag.tag.as_ref().and_then(|tag| tag.tagger.as_ref()).map(|tagger| &tagger.identity),
        &range.identities,
    ))
}

/// Maps the identities of a tag and its range to the people of a policy.
pub fn implementers(policy: &Policy, tagger: Option<&Identity>, range: &BTreeSet<Identity>) -> Implementers {
    let person = |identity: &Identity| policy.handle_of_email(&identity.email).cloned();
    let mut people: BTreeSet<Handle> = BTreeSet::new();
    let mut unknown = BTreeSet::new();
    for identity in range {
        match person(identity) {
            Some(handle) => {
                people.insert(handle);
            }
            None => {
                unknown.insert(identity.name.chars().filter(|c| !c.is_control()).take(200).collect::<String>());
            }
        }
    }
    // One is enough for the rule. A commit can name any number, and must not make the open record too long to be signed.
    let beyond = unknown.len().saturating_sub(MOST_UNKNOWN);
    let mut unknown: Vec<String> = unknown.into_iter().take(MOST_UNKNOWN).collect();
    if beyond > 0 {
        unknown.push(format!("{beyond} more"));
        unknown.sort();
    }
    Implementers { tagger: tagger.and_then(person), people: people.into_iter().collect(), unknown }
}

/// Fails where a report has no release to work on, saying why.
pub fn require_release(report: &Report) -> Outcome<&crate::model::report::ReleaseReport> {
    report.release.as_ref().ok_or_else(|| {
        let name = report.tag.short();
        let reason = report.verdict.reasons.first().map_or_else(String::new, |reason| format!(": {}", reason.message));
        let exit = match Exit::from(report.verdict.answer) {
            Exit::Yes | Exit::No => Exit::CannotDecide,
            exit => exit,
        };
        let ahead = report.findings.iter().find(|finding| finding.code == Code::TimeInFuture);
        if let Some(ahead) = ahead {
            return Failure::missing(format!("no release is open on {name}: {}", ahead.message))
                .hint(format!("is the clock of this machine right? It says {}", report.as_of));
        }
        let failure = Failure::new(exit, format!("no release is open on {name}{reason}"));
        if report.verdict.reasons.iter().any(|reason| reason.message.contains(COMES_BY)) {
            failure
        } else if report.verdict.reasons.iter().any(|reason| reason.code == Code::TagObjectMissing) {
            failure.hint(format!("get it: git fetch --tags; or make it: relsign tag {name}"))
        } else {
            failure.hint(format!("open it: relsign open {name}; or get what others signed: relsign sync"))
        }
    })
}
