//! `relsign evidence redact`.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::commands::delivery;
use crate::cli::json::{self, SignedRecordJson};
use crate::evaluate::redaction::redactions;
use crate::git::Repository;
use crate::model::address::root_blob;
use crate::model::advice::Advice;
use crate::model::denial::Denial;
use crate::model::ids::{Handle, RecordId, Sha256Digest, TagName};
use crate::model::policy::{Policy, Right};
use crate::model::prefix::IdPrefix;
use crate::model::record::{Body, Redact};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::redactions::{self, Log};
use crate::ops::load::release::Loaded;
use crate::ops::load::releases;
use crate::ops::share::{self, Sharing};
use crate::ops::workspace::Workspace;
use crate::ops::write::identity::{self, Identity};
use crate::ops::write::ready;
use crate::ops::write::sign::{self, Draft};
use crate::report::words;

/// Erase a piece of evidence; it takes two people
///
/// The redaction is signed in every release that cites the evidence. Once enough people have signed in each, the bytes are
/// removed here, and elsewhere at the next sync. The records that cite the evidence stay, and so does the verdict. Older
/// commits of refs/relsign/evidence still contain the bytes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The beginning of the digest, as `relsign evidence list` shows it
    digest: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    sharing: Sharing,
}

/// What `evidence redact --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RedactedJson {
    /// Always `relsign-redacted-v1`.
    pub format: &'static str,
    /// The evidence.
    pub sha256: Sha256Digest,
    /// What was said in each release that cites it.
    pub releases: Vec<RedactedReleaseJson>,
    /// It is no longer kept here.
    pub erased: bool,
    /// Whether others have the records now; nothing where sharing was not asked for or there is no remote.
    pub shared: Option<bool>,
}

/// What was said in one release.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RedactedReleaseJson {
    /// The tag.
    pub tag: TagName,
    /// The record that was signed now; nothing where the signer's redaction stood already or they may not redact there.
    pub record: Option<RecordId>,
    /// Who redacted it.
    pub people: BTreeSet<Handle>,
    /// How many more it takes.
    pub missing: u32,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let trusted = ready::prepare(app, &repository, &self.sharing)?;
        let identity = identity::identify(app, &repository, &trusted)?;
        let (digest, logs) = find(&repository, &trusted, &self.digest)?;
        let mut releases = Vec::new();
        let mut refused = Vec::new();
        for log in &logs {
            match self.sign(app, &repository, &trusted, &identity, (log, digest)) {
                Ok(said) => releases.extend(said),
                Err(failure) => refused.push((log, failure)),
            }
        }
        if releases.is_empty()
            && let Some((_, failure)) = refused.pop()
        {
            return Err(failure);
        }
        for (log, failure) in refused {
            app.ui.warn(format!("nothing was signed on {}: {}", log.0.short(), failure));
        }
        if releases.is_empty() {
            return Err(Failure::refused(format!("no release that was opened cites {}", digest.short())).by(Denial::CitedNowhere));
        }
        if app.dry_run {
            return rehearse(app, &digest, releases);
        }
        redactions::erase(app, &repository, &trusted.root)?;
        let erased = repository.evidence_size(&digest)?.is_none();
        for said in &releases {
            app.ui.advise(describe(said, &digest));
        }
        if erased {
            app.ui.say(format!("{} is no longer kept here; older commits of refs/relsign/evidence still hold it", digest.short()));
        }
        let tags: Vec<TagName> = releases.iter().map(|said| said.tag.clone()).collect();
        let asked = !self.sharing.no_sync && repository.sharing_remote()?.is_some();
        let shared = share::share(app, &repository, &self.sharing, &tags);
        if !app.globals.json {
            return shared;
        }
        let ok = asked.then_some(shared.is_ok());
        json::print(app, &RedactedJson { format: "relsign-redacted-v1", sha256: digest, releases, erased, shared: ok })?;
        match shared {
            Err(failure) => {
                // The JSON says it; a second JSON document for the failure would only be in the way.
                app.ui.warn(failure.to_string());
                Ok(failure.exit)
            }
            Ok(_) => Ok(Exit::Yes),
        }
    }

    /// Signs in one release; nothing where nothing is open, so that nobody's authority could be judged.
    fn sign(
        &self,
        app: &App,
        repository: &Repository,
        trusted: &Workspace,
        identity: &Identity,
        (log, digest): (&Log, Sha256Digest),
    ) -> Outcome<Option<RedactedReleaseJson>> {
        let (mut loaded, policy) = match load(app, repository, trusted, log)? {
            Some(loaded) => loaded,
            None => return Ok(None),
        };
        let said = |loaded: &Loaded<'_>| redactions(&loaded.context, &loaded.records).and_then(|mut said| said.remove(&digest));
        let own = identity.person();
        let before = said(&loaded);
        if let Some(before) = before.filter(|before| own.is_some_and(|own| before.people.contains(own))) {
            app.ui.say(format!("{} · you have already redacted {}", log.0.short(), digest.short()));
            let (people, missing) = (before.people, before.missing);
            return Ok(Some(RedactedReleaseJson { tag: log.0.clone(), record: None, people, missing }));
        }
        identity::require(policy, &identity.principal, Right::Redact)?;
        let subjects = loaded.tag.facts.object.as_ref().map(|object| object.subjects.clone());
        let subjects = subjects.ok_or_else(|| Failure::missing(format!("the tag object of {} is not here", log.0.short())))?;
        let body = Body::Redact(Redact { evidence: digest, reason: self.reason.clone() });
        let parents = loaded.heads(&loaded.report(), &share::unshareable(app, repository, trusted)?);
        let draft = Draft { subjects, open: None, parents, role: None, comment: None, evidence: Vec::new(), body };
        let verified = sign::sign(app, trusted, identity, draft)?;
        let id = verified.id();
        if !app.dry_run {
            let summary = format!("redact by {} on {}", identity.principal, log.0.short());
            sign::write(app, repository, log.1, vec![verified.clone().into_line()], &[root_blob(&trusted.root)], &summary)?;
            app.ui.say(format!("signed {} ({})", id.short(), log.0.short()));
        }
        loaded.records.insert(id, verified);
        let after = said(&loaded);
        let (people, missing) = after.map(|after| (after.people, after.missing)).unwrap_or_default();
        Ok(Some(RedactedReleaseJson { tag: log.0.clone(), record: Some(id), people, missing }))
    }
}

/// Tells what would be signed in each release, and whether that would be enough.
fn rehearse(app: &App, digest: &Sha256Digest, releases: Vec<RedactedReleaseJson>) -> Outcome {
    let signed = releases.into_iter().filter_map(|said| {
        let (tag, digest) = (said.tag.short(), digest.short());
        let counts_as = match said.missing {
            0 => format!("redacts {digest} on {tag}, which is enough"),
            missing => format!("redacts {digest} on {tag}, {missing} more needed"),
        };
        Some(SignedRecordJson { id: said.record?, item: None, counts_as })
    });
    delivery::rehearsed(app, None, signed.collect())
}

/// Loads a log and the policy that governs it; nothing where nothing was opened.
fn load<'a>(app: &App, repository: &Repository, trusted: &'a Workspace, log: &Log) -> Outcome<Option<(Loaded<'a>, &'a Policy)>> {
    let loaded = releases::load_log(repository, trusted, log, app.now)?;
    let governing = loaded.report().governing_policy.and_then(|head| trusted.chain.at(head));
    Ok(governing.map(|version| (loaded, &version.policy)))
}

fn describe(said: &RedactedReleaseJson, digest: &Sha256Digest) -> Advice {
    let (tag, digest, people) = (said.tag.short(), digest.short(), words::and(&said.people));
    match said.missing {
        0 => format!("{tag} · {digest} is redacted by {people}").into(),
        missing => Advice::run(
            format!("{tag} · {digest} is redacted by {people}; {missing} more needed"),
            format!("relsign evidence redact {digest} --reason …"),
        ),
    }
}

/// Finds the one piece of evidence whose digest begins so, and the logs that cite it.
fn find(repository: &Repository, trusted: &Workspace, named: &str) -> Outcome<(Sha256Digest, BTreeSet<Log>)> {
    let Some(digits) = IdPrefix::parse(named.trim_start_matches("sha256:")) else {
        return Err(Failure::usage(format!("{named:?} is not the beginning of a digest"))
            .suggest("see the digests", "relsign evidence list TAG"));
    };
    let mut digests = BTreeSet::new();
    let mut logs = BTreeSet::new();
    for citing in redactions::find(repository, trusted, &digits)? {
        let cited = citing.record.value().evidence.iter().filter_map(|evidence| evidence.sha256);
        let cited: Vec<_> = cited.filter(|digest| digits.begins(digest)).collect();
        if !cited.is_empty() {
            digests.extend(cited);
            logs.insert(citing.log);
        }
    }
    match digests.len() {
        1 => {}
        0 => {
            return Err(Failure::missing(format!("no record here cites evidence {named:?}"))
                .suggest("list the evidence", "relsign evidence list TAG")
                .suggest("fetch what others signed", "relsign sync"));
        }
        _ => {
            return Err(
                Failure::usage(format!("{named:?} is the beginning of several digests")).hint("write more of the one you mean")
            );
        }
    }
    let digest = digests.pop_first().ok_or_else(|| Failure::internal("a digest is gone that was found"))?;
    Ok((digest, logs))
}
