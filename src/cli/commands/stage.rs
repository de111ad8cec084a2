//! `relsign stage`.

mod asked;
mod board;
mod looking;
mod moves;
mod options;
mod readings;

use self::asked::Asked;
use self::moves::Move;
use self::options::Options;
use crate::cli::app::App;
use crate::model::record::StageEvent;
use crate::ops::error::{Failure, Outcome};
use crate::ops::load::items;
use crate::ops::write::course::{self, Call};
use crate::ops::write::ready;

/// Move a roll-out from stage to stage; alone it shows the stages, when to go back, and the next step
///
/// Enter a stage before you deploy to it. To enter one signs that the stage before it held: what was read and holds is
/// confirmed without a question, and relsign asks for the rest. A stage that has not baked, a limit that does not hold, the
/// planned window and freezes stop it. A checklist without stages has one, `all`, and whoever deployed enters it afterwards.
///
/// Readings come from a file or standard input, as lines `NAME VALUE [UNIT]` or as JSON.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag, the stage, then enter, pass or fail
    ///
    /// The tag may be left out if one release is open, the stage if there is one. Without any of them the stages are shown.
    #[arg(num_args = 0..=3, value_name = "TAG STAGE EVENT")]
    words: Vec<String>,
    /// Sign what was measured: a file, or - for stdin
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["confirm", "in_spite"])]
    readings: Option<String>,
    #[command(flatten)]
    options: Options,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let (tag, rest) = items::split_tag(&repository, &self.words)?;
        let (tag, asked) = (tag.as_deref(), Asked::of(&rest)?);
        let options = &self.options;
        match (asked.event, &self.readings) {
            (None, None) => {
                if let Some(stage) = &asked.stage {
                    return Err(Failure::usage(format!("nothing is said of the stage {stage:?}"))
                        .hint("use enter, pass or fail, or --readings FILE"));
                }
                board::show(app, &repository, tag, options)
            }
            (None, Some(file)) => readings::sign(app, &repository, tag, &asked, (file, options)),
            (Some(_), Some(_)) => Err(Failure::usage("readings are signed before a stage is moved")
                .suggest("sign them alone first", "relsign stage STAGE --readings FILE")),
            (Some(event), None) => {
                let trusted = ready::prepare(app, &repository, &options.delivery.sharing)?;
                let ready = course::ready(app, &repository, &trusted, tag, options.delivery.place.env.as_deref())?;
                let call = Call::new(tag, options.delivery.place.env.as_deref());
                let stage = asked.find(&ready.report, &call)?;
                let moved = Move::new(app, &ready, options, &call)?;
                match event {
                    StageEvent::Enter => moved.enter(stage),
                    StageEvent::Pass => moved.pass(stage),
                    StageEvent::Fail => moved.fail(stage),
                }
            }
        }
    }
}
