//! Signing: from what a person wants to say to a line in the log that others can see.
//!
//! The order never changes: fetch, judge, show what it will count as, sign, write, remember, share. If sharing fails
//! the record is here all the same, and saying so is the exit code's business.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::app::App;
use super::checkout;
use super::error::{Exit, Failure, Outcome, shell_word};
use super::proposals::Proposal;
use super::trust::Trusted;
use crate::git::notes::{Append, Lines};
use crate::git::policy_ref::PolicyCommit;
use crate::git::sync::{Judge, Pace, Share, Sync, SyncTimes, side_ref};
use crate::git::{NOTES_REF, Repository};
use crate::keystore::{AskPassphrase, SigningKey, choose};
use crate::model::finding::Code;
use crate::model::ids::{Handle, Nonce, ObjectId, PolicyDigest, Principal, RecordId, RoleName, RootDigest, Sha256Digest, TagName};
use crate::model::log::Record;
use crate::model::policy::{Policy, Right};
use crate::model::record::{Body, Evidence, Signer, Subject};
use crate::model::time::Timestamp;
use crate::sign::verify::verify_line;

/// Who signs, with which key.
pub struct Identity {
    /// The key, unlocked when it is first needed.
    pub key: SigningKey,
    /// Whose it is.
    pub principal: Principal,
}

impl Identity {
    /// Gives the person; a machine has none.
    pub fn person(&self) -> Option<&Handle> {
        self.principal.person()
    }
}

/// Asks for a passphrase on the terminal.
struct OnTerminal<'a>(&'a App);

impl AskPassphrase for OnTerminal<'_> {
    fn ask(&mut self, path: &std::path::Path) -> Option<zeroize::Zeroizing<String>> {
        if !self.0.ui.interactive {
            return None;
        }
        rpassword::prompt_password(format!("Passphrase of {}: ", path.display())).ok().map(zeroize::Zeroizing::new)
    }
}

/// Finds the key that signs, without asking whose it is.
pub fn choose_key(app: &App, repository: Option<&Repository>, trusted: Option<&Trusted>) -> Outcome<choose::Chosen> {
    choose_from(app, &app.key_sources(repository)?, trusted)
}

/// Finds the key that signs among places that are given.
pub fn choose_from(app: &App, sources: &choose::Sources, trusted: Option<&Trusted>) -> Outcome<choose::Chosen> {
    let known = |key: &_| trusted.is_some_and(|trusted| trusted.is_person(key));
    let mut chosen = choose::choose(sources, &known)?;
    chosen.key.unlock(&mut OnTerminal(app))?;
    Ok(chosen)
}

/// Finds who signs: the key, and the person or machine whose it is in the policy in force.
pub fn identify(app: &App, repository: &Repository, trusted: &Trusted) -> Outcome<Identity> {
    let chosen = choose_key(app, Some(repository), Some(trusted))?;
    let fingerprint = chosen.key.public().fingerprint().clone();
    let Some((principal, entry)) = trusted.policy().key(&fingerprint) else {
        return Err(Failure::refused(format!("the policy does not list your key {fingerprint} ({})", chosen.key.place()))
            .hint("ask an owner to admit you: relsign join; or sign with another key: --key FILE"));
    };
    if entry.state != crate::model::policy::KeyState::Active {
        return Err(Failure::refused(format!("the key {fingerprint} of {principal} is {}", entry.state.as_str()))
            .hint("sign with an active key: --key FILE"));
    }
    Ok(Identity { key: chosen.key, principal })
}

/// Refuses whoever may not do something, and says who may; only people are given rights to sign off.
pub fn require(policy: &Policy, who: &Principal, right: Right) -> Outcome<()> {
    if who.person().is_some() && policy.may(who, right) {
        return Ok(());
    }
    Err(Failure::refused(format!("{who} may not {right}")).hint(format!("who may: {}", policy.who_may(right))))
}

/// Splits the words of a call into the tag, which may be left out, and the `rest` that must be there.
pub fn tag_and_rest(words: &[String], rest: usize) -> (Option<&str>, &[String]) {
    let (tag, rest) = words.split_at(words.len().saturating_sub(rest));
    (tag.first().map(String::as_str), rest)
}

/// What a record is to say, besides who says it and when.
pub struct Draft {
    /// What it speaks of.
    pub subjects: Vec<Subject>,
    /// The open record of the release.
    pub open: Option<RecordId>,
    /// The heads of the log that the signer has seen.
    pub parents: Vec<RecordId>,
    /// The role in which the signer acts.
    pub role: Option<RoleName>,
    /// A comment.
    pub comment: Option<String>,
    /// What supports it.
    pub evidence: Vec<Evidence>,
    /// What it says.
    pub body: Body,
}

/// Draws the random bits of a record.
pub fn nonce() -> Outcome<Nonce> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Failure::internal("the system gave no random bytes").because(error))?;
    Ok(Nonce::from_bytes(bytes))
}

/// Signs a draft and gives its line and id; the line is verified as anybody else's would be before it is handed out.
pub fn sign(app: &App, trusted: &Trusted, identity: &Identity, draft: Draft) -> Outcome<(Vec<u8>, RecordId)> {
    sign_at(app.now, trusted, identity, draft)
}

/// Signs a draft that claims another time than now.
pub fn sign_at(time: Timestamp, trusted: &Trusted, identity: &Identity, draft: Draft) -> Outcome<(Vec<u8>, RecordId)> {
    let kind = draft.body.kind().ok_or_else(|| Failure::internal("a record of an unknown kind can't be signed"))?;
    let mut parents = draft.parents;
    parents.sort();
    parents.dedup();
    let record = Record {
        subjects: draft.subjects,
        kind: kind.name().to_owned(),
        signer: Signer { handle: identity.principal.clone(), fingerprint: identity.key.public().fingerprint().clone() },
        nonce: nonce()?,
        root: trusted.root,
        policy_head: trusted.chain.head().head(),
        open: draft.open,
        parents,
        role: draft.role,
        comment: draft.comment,
        evidence: draft.evidence,
        time,
        tool: super::TOOL.to_owned(),
        body: draft.body,
    };
    let line = identity.key.sign_record(&record)?;
    let verified = verify_line(&line, &trusted.keyring, &trusted.root)
        .map_err(|rejected| Failure::internal("the record just signed does not verify").because(rejected.finding.message))?;
    Ok((line, verified.id()))
}

/// Writes lines into the log of a tag object, and into the notes of the blobs of `also`, and remembers them.
///
/// An open record stands in the note of the tag's name too, and in the root log where it freezes refs.
pub fn write(
    app: &App,
    repository: &Repository,
    object: ObjectId,
    lines: Vec<(Vec<u8>, RecordId)>,
    also: &[Vec<u8>],
    summary: &str,
) -> Outcome<()> {
    let author = app.author(repository)?;
    let ids: BTreeSet<RecordId> = lines.iter().map(|(_, id)| *id).collect();
    let lines: Vec<Vec<u8>> = lines.into_iter().map(|(line, _)| line).collect();
    let mut appends = vec![Append { notes_ref: NOTES_REF.to_owned(), object, lines: lines.clone() }];
    for blob in also {
        let object = repository.write_blob(blob)?;
        appends.push(Append { notes_ref: NOTES_REF.to_owned(), object, lines: lines.clone() });
    }
    repository.append_notes(&appends, &author, summary)?;
    for append in &appends {
        repository.remember_records(&append.object, &ids)?;
    }
    Ok(())
}

/// Whether a command talks to the remote.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Sharing {
    /// Neither fetch before nor push after; share later with: relsign sync
    #[arg(long)]
    pub no_sync: bool,
    /// Whether this command has fetched, so that it need not do so again before it pushes.
    #[clap(skip)]
    fetched: Cell<bool>,
}

/// Whether a command that pushes nothing asks the remote first.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Fetching {
    /// Fetch nothing: go by what is here
    #[arg(long)]
    pub no_sync: bool,
}

impl From<&Fetching> for Sharing {
    fn from(fetching: &Fetching) -> Self {
        Self { no_sync: fetching.no_sync, fetched: Cell::default() }
    }
}

/// Finds the remote that records are shared with: `relsign.remote`, else `origin`, else the only one.
///
/// A setting of nothing is none, as where a repository takes back what is set for all of them.
pub fn remote(repository: &Repository) -> Outcome<Option<String>> {
    if let Some(remote) = repository.config_string("relsign.remote")?.filter(|remote| !remote.trim().is_empty()) {
        return Ok(Some(remote));
    }
    let mut remotes = repository.remotes()?;
    if remotes.iter().any(|remote| remote == "origin") {
        return Ok(Some("origin".to_owned()));
    }
    Ok(if remotes.len() == 1 { remotes.pop() } else { None })
}

/// Fetches what others signed before something is signed; a remote that can't be reached is said, and no failure.
pub fn fetch_first(app: &App, repository: &Repository, sharing: &Sharing) -> Outcome<()> {
    if sharing.no_sync {
        return Ok(());
    }
    let Some(remote) = remote(repository)? else { return Ok(()) };
    match exchange(app, repository, &remote, &[], Way::Fetch) {
        Ok(_) => sharing.fetched.set(true),
        Err(failure) => app.ui.warn(format!(
            "could not fetch from {remote}, so others may have signed what is not shown here: {}",
            one_line(&failure)
        )),
    }
    Ok(())
}

/// Pushes after something was signed, and gives the exit code: signed and not shared is 5.
pub fn share(app: &App, repository: &Repository, sharing: &Sharing, tags: &[TagName]) -> Outcome {
    share_ref(app, repository, sharing, tags, None)
}

/// Does the same where what was signed stands in a ref of its own: that it alone was not taken is no success.
pub fn share_ref(app: &App, repository: &Repository, sharing: &Sharing, tags: &[TagName], own: Option<&str>) -> Outcome {
    if sharing.no_sync {
        app.ui.say("not shared yet; when you are ready: relsign sync");
        return Ok(Exit::Yes);
    }
    let Some(remote) = remote(repository)? else {
        app.ui.say("kept in this repository only: it has no remote to share with");
        return Ok(Exit::Yes);
    };
    let failed = |why: String| {
        Failure::internal(format!("signed here, NOT shared with {remote}: {why}"))
            .hint(format!("nothing is lost; share it with: {}", command_that_shares(repository, &remote)))
    };
    let way = if sharing.fetched.take() { Way::PushFirst } else { Way::Push };
    match exchange(app, repository, &remote, tags, way) {
        Ok(outcome) => match outcome.share {
            Share::Failed(error) => Err(failed(one_line(&error.into()))),
            Share::NotAsked => Err(failed("nothing was pushed".to_owned())),
            Share::Pushed | Share::Nothing => match own.and_then(|own| outcome.kept.get(own)) {
                Some(why) => Err(failed(first_line(why).to_owned())),
                None => {
                    app.ui.say(format!("shared with {remote}"));
                    Ok(Exit::Yes)
                }
            },
        },
        Err(failure) => Err(failed(one_line(&failure))),
    }
}

/// Gives the command that shares later what could not be shared: where something lies among the notes here that is no note,
/// or they can't be read, no server takes them until they are put together again.
pub fn command_that_shares(repository: &Repository, remote: &str) -> &'static str {
    let is_whole = match (repository.resolve(NOTES_REF), repository.resolve(&side_ref(remote, "notes"))) {
        (Ok(None), _) => true,
        (Ok(Some(here)), Ok(there)) => {
            // What the remote has already is its business; what lies there and can't be read hides nothing of what is here.
            let change = repository.notes_change(there.as_ref(), &here).or_else(|_| repository.notes_change(None, &here));
            change.is_ok_and(|change| change.litter.is_none())
        }
        _ => false,
    };
    if is_whole { "relsign sync" } else { "relsign sync --repair" }
}

/// What is done with a remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Fetch and merge.
    Fetch,
    /// Fetch, merge and push.
    Push,
    /// Push, since what is here was fetched and merged a moment ago; fetch again only if somebody was faster.
    PushFirst,
}

/// Fetches, merges and, where asked, pushes; the policy goes forward only where the new version is accepted.
pub fn exchange(
    app: &App,
    repository: &Repository,
    remote: &str,
    tags: &[TagName],
    way: Way,
) -> Outcome<crate::git::sync::SyncOutcome> {
    let pinned = super::trust::pinned(repository)?;
    exchange_under(app, repository, remote, tags, way, pinned)
}

/// Does the same under a root that was named for this call, in the place of the pinned one.
pub fn exchange_under(
    app: &App,
    repository: &Repository,
    remote: &str,
    tags: &[TagName],
    way: Way,
    pinned: Option<RootDigest>,
) -> Outcome<crate::git::sync::SyncOutcome> {
    let author = app.author(repository)?;
    let elapsed = || app.elapsed();
    // Whoever shares under another root takes other turns: what is left there is pushed by anybody who comes by.
    let turns = app.env.scratch.as_deref().zip(pinned).map(|(folder, root)| folder.join(root.short()));
    let sync = Sync {
        remote,
        tags,
        push: way != Way::Fetch,
        interactive: app.ui.interactive,
        author: &author,
        fresh: way == Way::PushFirst,
        pace: Pace { turns: turns.as_deref(), elapsed: &elapsed },
    };
    let mut gatekeeper = Gatekeeper { repository, pinned, now: app.now, refused: None };
    let working = app.ui.working(format!("talking to {remote}"));
    let outcome = repository.sync_judged(&sync, &mut gatekeeper).map_err(|error| {
        let is_name = !remote.contains([':', '/']);
        match is_name && repository.remotes().is_ok_and(|remotes| !remotes.iter().any(|known| known == remote)) {
            true => Failure::from(error).hint("see the remotes: git remote -v; the place for records: git config relsign.remote"),
            false => Failure::from(error),
        }
    })?;
    drop(working);
    if let Some(failure) = gatekeeper.refused {
        app.ui.warn(format!("the policy of {remote} was not taken over: {}", one_line(&failure)));
    }
    if outcome.erased > 0 {
        let files = crate::report::words::count(outcome.erased as u64, "file");
        app.ui.say(format!("erased {files} of evidence here, because enough people redacted what they hold"));
    }
    for tag in &outcome.moved_tags {
        // What a checkout made of a tag is no other tag.
        if checkout::converted(repository, remote, tag)?.is_some() {
            continue;
        }
        let spec = shell_word(&format!("{0}:{0}", tag.full()));
        app.ui.warn(format!(
            "{} stands for another object at {remote} than here; nothing was changed; if the remote's is the right one: \
             git fetch --force {} {spec}",
            tag.short(),
            shell_word(remote)
        ));
    }
    for (name, why) in &outcome.kept {
        app.ui.warn(format!("{name} is not shared: {}", first_line(why)));
    }
    let all_shared = matches!(outcome.share, Share::Pushed | Share::Nothing) && outcome.kept.is_empty();
    let shared = all_shared.then_some(app.now);
    if let Err(error) = repository.note_sync_times(remote, SyncTimes { fetched: Some(app.now), shared }) {
        // What came has come and what went has gone, whether or not it can be noted when.
        app.ui.warn(format!("the age of what is here will be shown wrong: {}", one_line(&error.into())));
    }
    Ok(outcome)
}

/// The most signatures on a proposal that are kept although nobody here knows their keys yet.
const MOST_UNKNOWN: usize = 1000;

/// Lets in what of a remote's policy descends from the pinned root, and signatures on proposals that verify.
struct Gatekeeper<'a> {
    repository: &'a Repository,
    pinned: Option<RootDigest>,
    now: Timestamp,
    refused: Option<Failure>,
}

impl Judge for Gatekeeper<'_> {
    fn accepts_policy(&mut self, _: Option<&ObjectId>, new: &ObjectId) -> bool {
        let Some(root) = self.pinned else { return true };
        let versions = self.repository.policy_chain(new).map_err(Failure::from);
        match versions.and_then(|versions| super::trust::accept(&versions, root)) {
            Ok(_) => true,
            Err(failure) => {
                self.refused = Some(failure);
                false
            }
        }
    }

    fn erased(&mut self, evidence: &[ObjectId]) -> BTreeSet<Sha256Digest> {
        // Where it can't be told, everything stays.
        let erasable = |root| super::redaction::erasable(self.repository, &root, self.now, evidence);
        self.pinned.and_then(|root| erasable(root).ok()).unwrap_or_default()
    }

    fn keeps(&mut self, digest: &PolicyDigest, proposal: &PolicyCommit) -> Option<Lines> {
        let trusted = super::trust::load(self.repository, None).ok()?;
        let proposal = Proposal::read(&trusted, digest, proposal.clone()).ok()?;
        let mut kept = proposal.lines;
        // A clone whose policy is older than the signer's must not push over what it can't judge yet.
        let unknown = |line: &&Vec<u8>| {
            verify_line(line, &proposal.keyring, &trusted.root).is_err_and(|rejected| rejected.finding.code == Code::SignerUnknown)
        };
        kept.extend(proposal.commit.records.iter().filter(unknown).take(MOST_UNKNOWN).cloned());
        Some(kept)
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Puts a failure and its causes on one line.
pub fn one_line(failure: &Failure) -> String {
    let mut text = failure.message.clone();
    for cause in &failure.causes {
        text.push_str(": ");
        text.push_str(first_line(cause));
    }
    text
}
