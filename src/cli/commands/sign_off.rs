//! Sign-offs on items: what `approve`, `reject`, `partial`, `not-applicable` and `waive` have in common.

use super::delivery::{self, Delivery};
use crate::cli::app::App;
use crate::cli::json::SignedRecordJson;
use crate::model::denial::Denial;
use crate::model::ids::{ItemId, RoleName};
use crate::model::record::{Body, Evidence, ItemRef, Kind, Sign, SignVerdict};
use crate::model::report::{ItemReport, Report};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::items;
use crate::ops::write::chain::Chain;
use crate::ops::write::evidence::Piece;
use crate::ops::write::ready::Ready;
use crate::ops::write::sign::{self, Draft};
use crate::ops::write::sign_off::{self, Planned};
use crate::report::safe::shell_word;
use crate::report::{safe, words};

/// What may accompany any word.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Support {
    /// Add a note that all can read
    #[arg(long, visible_alias = "comment", value_name = "TEXT")]
    pub note: Option<String>,
    /// Add a note that can be erased later
    ///
    /// It is kept as evidence, under a digest that can't be guessed.
    #[arg(long, value_name = "TEXT", hide_short_help = true)]
    pub private_note: Option<String>,
    /// Attach a file or a link; can be repeated
    ///
    /// A file is kept with the records; a link has no digest unless it ends in #sha256=DIGEST&size=BYTES.
    #[arg(long, value_name = "FILE|URL")]
    pub evidence: Vec<String>,
    /// Act in this role
    #[arg(long = "as", value_name = "ROLE", hide_short_help = true)]
    pub role: Option<String>,
    #[command(flatten)]
    pub delivery: Delivery,
}

impl Support {
    /// Gathers the evidence, and what a record says of it.
    pub fn gather(&self, app: &App, ready: &Ready<'_>) -> Outcome<(Vec<Piece>, Vec<Evidence>)> {
        ready.gather(app, &self.evidence, self.private_note.as_deref())
    }
}

/// The items that a word is about, and what may accompany it.
#[derive(Debug, clap::Args)]
pub struct Reasoned {
    /// The tag (optional if one release is open), then the items
    ///
    /// Items are ids, beginnings of ids, numbers, ranges such as 1-6, or @STAGE.
    #[arg(required = true, value_name = "TAG ITEM")]
    words: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    support: Support,
}

/// Reject an item: there is no GO until you withdraw the reject or two people waive over it
#[derive(Debug, clap::Args)]
pub struct RejectArgs {
    #[command(flatten)]
    said: Reasoned,
}

/// Sign an item you own as partly done
#[derive(Debug, clap::Args)]
#[command(mut_arg("reason", |reason| reason.help("What is still missing")))]
pub struct PartialArgs {
    #[command(flatten)]
    said: Reasoned,
}

/// Sign an item you own as not applicable to this release
#[derive(Debug, clap::Args)]
#[command(mut_arg("reason", |reason| reason.help("Why it does not")))]
pub struct NotApplicableArgs {
    #[command(flatten)]
    said: Reasoned,
}

impl Reasoned {
    fn say(&self, app: &App, verdict: SignVerdict) -> Outcome {
        let said = Sign { reason: Some(self.reason.clone()), ..Sign::of(verdict) };
        say(app, &self.words, &self.support, |_| Ok(said.clone()))
    }
}

impl RejectArgs {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        self.said.say(app, SignVerdict::Reject)
    }
}

impl PartialArgs {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        self.said.say(app, SignVerdict::Partial)
    }
}

impl NotApplicableArgs {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        self.said.say(app, SignVerdict::NotApplicable)
    }
}

/// Reports one thing of the items that the words name.
pub fn say(app: &App, named: &[String], support: &Support, what: impl Fn(&Report) -> Outcome<Sign>) -> Outcome {
    let (repository, trusted) = app.prepared(&support.delivery.sharing)?;
    let (tag, names) = items::split_tag(&repository, named)?;
    let ready = Ready::load(app, &repository, &trusted, tag.as_deref(), support.delivery.place.env.as_deref())?;
    if names.is_empty() {
        return Err(Failure::usage("no item is named")
            .suggest("see the items", format!("relsign status {}", shell_word(ready.report.tag.short()))));
    }
    let found = items::find_each(&ready.report, &names)?;
    let said = what(&ready.report)?;
    sign_words(app, &ready, found.into_iter().map(|item| (said.clone(), item)).collect(), support)
}

/// Judges words, says what they will count as, signs, writes and shares them.
pub fn sign_words(app: &App, ready: &Ready<'_>, words: Vec<(Sign, ItemReport)>, support: &Support) -> Outcome {
    let role = support.role.as_deref().map(|role| role.trim_start_matches('@').parse::<RoleName>()).transpose()?;
    let (pieces, evidence) = support.gather(app, ready)?;
    let is_added = !evidence.is_empty() || support.note.is_some();
    let planned = sign_off::plan(app, ready, words, (role.as_ref(), &evidence), is_added)?;
    if planned.is_empty() {
        if support.delivery.out.is_some() {
            return Err(Failure::refused("there is nothing to sign").by(Denial::NothingToSign));
        }
        // Saying it again changes nothing, but what was signed before may still have to be shared.
        return delivery::finish(app, ready.repository, Some(&ready.report.tag), Vec::new(), &support.delivery.sharing);
    }
    ready.announce(app, &format!("signing as {}", ready.identity.principal))?;
    for Planned { item, counts_as, .. } in &planned {
        app.ui.say(safe::fit(&format!("  {} · {counts_as} · {}", item.id, safe::line(&item.title)), app.ui.width, "…"));
    }
    let mut chain = Chain::new(ready);
    let mut signed = Vec::new();
    for Planned { item, said, role, counts_as } in planned {
        let body = Body::Sign(Sign { item: Some(ItemRef { id: item.id.clone(), digest: item.digest }), ..said });
        let draft = Draft { role, comment: support.note.clone(), evidence: evidence.clone(), ..ready.draft(body)? };
        let id = chain.sign_draft(app, draft)?;
        signed.push(SignedRecordJson { id, item: Some(item.id.clone()), counts_as });
    }
    let what = words::count_of(&signed, "record");
    delivery::deliver(app, ready, (chain.into_lines(), signed), &pieces, &what, &support.delivery)
}

/// Signs one record on the release, and delivers it.
pub fn sign_one(app: &App, ready: &Ready<'_>, body: Body, item: Option<ItemId>, counts_as: String, delivery: &Delivery) -> Outcome {
    let kind = body.kind().map_or("record", Kind::name);
    let (line, id) = sign::sign(app, ready.trusted, &ready.identity, ready.draft(body)?)?.into_line();
    delivery::deliver(app, ready, (vec![(line, id)], vec![SignedRecordJson { id, item, counts_as }]), &[], kind, delivery)
}
