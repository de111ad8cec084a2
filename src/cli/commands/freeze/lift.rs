//! `relsign freeze lift`.

use crate::cli::app::App;
use crate::cli::commands::delivery;
use crate::cli::json::SignedRecordJson;
use crate::evaluate::freeze::{Freeze, Source};
use crate::model::denial::Denial;
use crate::model::ids::RecordId;
use crate::model::policy::Right;
use crate::model::prefix::IdPrefix;
use crate::model::record::{Body, Lift};
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::freezes;
use crate::ops::share::Sharing;
use crate::ops::write::{identity, ready, root_record};
use crate::report::freezes as titles;

/// End a freeze early, if a record declared it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The freeze: its name, or the beginning of its record's id
    #[arg(value_name = "NAME|RECORD")]
    named: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    sharing: Sharing,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        if self.reason.trim().is_empty() {
            return Err(Failure::usage("lifting a freeze needs a reason").hint("everybody reads it: --reason \"…\""));
        }
        let repository = app.repository()?;
        let trusted = ready::prepare(app, &repository, &self.sharing)?;
        let identity = identity::identify(app, &repository, &trusted)?;
        identity::require(trusted.policy(), &identity.principal, Right::Lift)?;
        let standing = freezes::standing(&repository, &trusted, app.now)?;
        let (freeze, id) = self.find(&standing)?;
        app.ui.say(format!("{} lifts the freeze {}", identity.principal, titles::title(freeze)));
        app.ui.say(format!("  refs: {}", titles::refs(freeze)));
        if freeze.until.is_some() {
            app.ui.say(format!("  it would have lasted {}", crate::report::wrap::shown(&titles::until(freeze, &app.zone))));
        }
        let body = Body::Lift(Lift { freeze: id, reason: self.reason.clone() });
        let lift = root_record::sign(app, &repository, &trusted, &identity, (None, body, Vec::new()))?;
        let signed = SignedRecordJson { id: lift, item: None, counts_as: format!("lifts freeze {}", id.short()) };
        delivery::finish(app, &repository, None, vec![signed], &self.sharing)
    }

    /// Finds the freeze record that is meant, among those that are not over.
    fn find<'f>(&self, standing: &'f [Freeze]) -> Outcome<(&'f Freeze, RecordId)> {
        let prefix = IdPrefix::parse(&self.named);
        let records = standing.iter().filter_map(|freeze| match &freeze.source {
            Source::Record { record } | Source::Release { record, .. } => Some((freeze, *record)),
            Source::Window => None,
        });
        let meant = |(freeze, id): &(&Freeze, RecordId)| {
            freeze.name == self.named || prefix.as_ref().is_some_and(|prefix| prefix.begins(id))
        };
        let found: Vec<_> = records.filter(meant).collect();
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(self.not_one(standing)),
            _ => {
                let ids: Vec<_> = found.iter().map(|(_, id)| id.short()).collect();
                Err(Failure::usage(format!("several freezes are called {:?}", self.named))
                    .hint(format!("name the record: {}", ids.join(", "))))
            }
        }
    }

    /// Explains why nothing that was named can be lifted.
    fn not_one(&self, standing: &[Freeze]) -> Failure {
        match standing.iter().find(|freeze| freeze.name == self.named).map(|freeze| &freeze.source) {
            Some(Source::Window) => {
                Failure::refused(format!("{:?} is a freeze window of the policy, which no record can end", self.named))
                    .by(Denial::WindowOfPolicy)
                    .suggest(
                        "request an exception for one change",
                        "relsign freeze request COMMIT --ref REF --reason \"…\" --expires 4h",
                    )
                    .suggest("or change the window", "relsign policy propose")
            }
            _ => Failure::usage(format!("there is no active or future freeze {:?}", self.named))
                .suggest("list the freezes", "relsign freeze list"),
        }
    }
}
