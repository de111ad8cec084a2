//! `relsign freeze start`.

use crate::cli::app::App;
use crate::cli::commands::delivery;
use crate::cli::json::SignedRecordJson;
use crate::evaluate::freeze::{Source, is_own_ref};
use crate::git::Repository;
use crate::model::address::full_ref;
use crate::model::advice::Advice;
use crate::model::denial::Denial;
use crate::model::hidden::is_hidden;
use crate::model::ids::Environment;
use crate::model::policy::{Pattern, Policy, Right};
use crate::model::record::{Body, Freeze, LONGEST_FREEZE_NAME};
use crate::model::spelling::covers;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::freezes;
use crate::ops::share::Sharing;
use crate::ops::write::identity;
use crate::ops::write::ready;
use crate::ops::write::root_record;
use crate::report::safe::shell_word;
use crate::report::words;

/// Freeze refs by hand: nobody may move them until the freeze ends or is lifted
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The name of the freeze, for messages and `freeze lift`
    #[arg(value_name = "NAME")]
    name: String,
    /// A branch to freeze, or a pattern of full ref names such as refs/heads/release/*; can be repeated
    #[arg(long = "ref", value_name = "PATTERN", required_unless_present = "env")]
    refs: Vec<String>,
    /// An environment for which gate and stage say no meanwhile, besides those whose gated refs are frozen; can be repeated
    #[arg(long, value_name = "ENVIRONMENT")]
    env: Vec<String>,
    /// When the freeze begins, instead of now: RFC 3339, a date, or a span such as 2d
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// When the freeze ends by itself; by default it holds until lifted
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    sharing: Sharing,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let freeze = self.freeze(app)?;
        let repository = app.repository()?;
        let trusted = ready::prepare(app, &repository, &self.sharing)?;
        let identity = identity::identify(app, &repository, &trusted)?;
        identity::require(trusted.policy(), &identity.principal, Right::Freeze)?;
        let standing = freezes::standing(&repository, &trusted, app.now)?;
        let stands = |other: &&crate::evaluate::freeze::Freeze| {
            other.name == freeze.name && matches!(other.source, Source::Record { .. } | Source::Window)
        };
        if let Some(other) = standing.iter().find(stands) {
            let (what, hint) = match &other.source {
                Source::Record { record: id } => {
                    let lift = format!("relsign freeze lift {} --reason \"…\"", id.short());
                    (format!("record {}", id.short()), Advice::run("lift it first", lift))
                }
                _ => ("a window of the policy".to_owned(), "give this one another name".into()),
            };
            return Err(Failure::refused(format!("there is already a freeze {:?}, {what}", freeze.name))
                .by(Denial::FreezeNamed)
                .hint(hint));
        }
        let end = freeze.until.map_or_else(|| "it is lifted".to_owned(), |until| words::time(until, &app.zone));
        let environments = freeze.environments.iter().map(Environment::as_str);
        let what: Vec<&str> = freeze.refs.iter().map(String::as_str).chain(environments).collect();
        app.ui.say(format!("{} freezes {}", identity.principal, what.join(", ")));
        app.ui.say(format!("  from {}", words::time(freeze.from, &app.zone)));
        app.ui.say(format!("  until {end}"));
        warn_of_nothing(app, &repository, &freeze)?;
        warn_of_unknown(app, trusted.policy(), &freeze);
        let name = freeze.name.clone();
        let id = root_record::sign(app, &repository, &trusted, &identity, (None, Body::Freeze(freeze), Vec::new()))?;
        let signed = SignedRecordJson { id, item: None, counts_as: format!("freezes refs as {name:?}") };
        let exit = delivery::finish(app, &repository, None, vec![signed], &self.sharing)?;
        if !app.dry_run {
            app.ui.advise(Advice::run("to end it", format!("relsign freeze lift {} --reason \"…\"", shell_word(&name))));
        }
        Ok(exit)
    }

    fn freeze(&self, app: &App) -> Outcome<Freeze> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > LONGEST_FREEZE_NAME || name.chars().any(is_hidden) {
            return Err(Failure::usage(format!("{:?} is not a valid freeze name", self.name))
                .hint(format!("use one line of at most {LONGEST_FREEZE_NAME} characters")));
        }
        if self.reason.trim().is_empty() {
            return Err(Failure::usage("a freeze needs a reason")
                .by(Denial::Incomplete)
                .hint("people whose push is refused read it: --reason \"…\""));
        }
        let mut refs = self.refs.iter().map(|named| full_ref(named).parse()).collect::<Result<Vec<Pattern>, _>>()?;
        refs.sort();
        refs.dedup();
        if let Some(own) = refs.iter().find(|pattern| is_own_ref(pattern.as_str())) {
            return Err(Failure::usage(format!("{own} is one of relsign's own refs, which can't be frozen"))
                .hint("otherwise nobody could push a lift or an exception"));
        }
        let mut environments = self.env.iter().map(|named| named.parse()).collect::<Result<Vec<Environment>, _>>()?;
        environments.sort();
        environments.dedup();
        let from = self.from.as_deref().map_or(Ok(app.now), |text| app.time(text))?;
        let until = self.until.as_deref().map(|text| app.time(text)).transpose()?;
        let later = "give a later time: --until TIME";
        if until.is_some_and(|until| self.from.is_some() && until <= from) {
            return Err(Failure::usage("the freeze would end before it begins").by(Denial::Incomplete).hint(later));
        }
        if let Some(until) = until.filter(|until| *until <= app.now) {
            return Err(
                Failure::usage(format!("the freeze would be over already, since {}", words::time(until, &app.zone))).hint(later)
            );
        }
        Ok(Freeze {
            name: name.to_owned(),
            refs: refs.iter().map(ToString::to_string).collect(),
            from,
            until,
            reason: self.reason.clone(),
            environments,
            release: None,
        })
    }
}

/// Warns of an environment to which the policy releases nothing: most likely it is mistyped.
fn warn_of_unknown(app: &App, policy: &Policy, freeze: &Freeze) {
    let is_unknown = |name: &&Environment| !policy.contents().components.iter().any(|component| component.goes_to(name));
    for name in freeze.environments.iter().filter(is_unknown) {
        app.ui.warn(format!("the policy releases nothing to {name}"));
    }
}

/// Warns of a pattern that fits no branch or tag here, nor any branch of a remote: most likely it is mistyped.
fn warn_of_nothing(app: &App, repository: &Repository, freeze: &Freeze) -> Outcome<()> {
    let mut names = repository.ref_list("refs/heads/")?;
    names.extend(repository.ref_list("refs/tags/")?);
    let theirs = repository.ref_list("refs/remotes/")?;
    names.extend(theirs.iter().filter_map(|name| Some(format!("refs/heads/{}", name.splitn(4, '/').nth(3)?))));
    for text in &freeze.refs {
        let pattern: Pattern = text.parse()?;
        if !names.iter().any(|name| covers(&pattern, name)) {
            app.ui.warn(format!("{text} matches no branch or tag that is known here"));
        }
    }
    Ok(())
}
