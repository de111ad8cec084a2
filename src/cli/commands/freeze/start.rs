//! `relsign freeze start`.

use crate::cli::app::App;
use crate::cli::commands::delivery;
use crate::model::advice::Advice;
use crate::model::ids::Environment;
use crate::model::policy::Right;
use crate::model::record::Body;
use crate::ops::error::Outcome;
use crate::ops::share::Sharing;
use crate::ops::write::{freeze, identity};
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
        let when = (self.from.as_deref(), self.until.as_deref());
        let freeze = freeze::declared(app, (&self.name, &self.reason), (&self.refs, &self.env), when)?;
        let (repository, trusted) = app.prepared(&self.sharing)?;
        let identity = identity::identify(app, &repository, &trusted)?;
        identity::require(trusted.policy(), &identity.principal, Right::Freeze)?;
        freeze::require_free_name(app, &repository, &trusted, &freeze.name)?;
        let end = freeze.until.map_or_else(|| "it is lifted".to_owned(), |until| words::time(until, &app.zone));
        let environments = freeze.environments.iter().map(Environment::as_str);
        let what: Vec<&str> = freeze.refs.iter().map(String::as_str).chain(environments).collect();
        app.ui.say(format!("{} freezes {}", identity.principal, what.join(", ")));
        app.ui.say(format!("  from {}", words::time(freeze.from, &app.zone)));
        app.ui.say(format!("  until {end}"));
        freeze::warn_of_nothing(app, &repository, &freeze)?;
        freeze::warn_of_unknown(app, trusted.policy(), &freeze);
        let name = freeze.name.clone();
        let (who, draft) = ((&repository, &trusted, &identity), (None, Body::Freeze(freeze), Vec::new()));
        let (_, exit) = delivery::sign_for_all(app, who, draft, format!("freezes refs as {name:?}"), &self.sharing)?;
        if !app.dry_run {
            app.ui.advise(Advice::run("to end it", format!("relsign freeze lift {} --reason \"…\"", shell_word(&name))));
        }
        Ok(exit)
    }
}
