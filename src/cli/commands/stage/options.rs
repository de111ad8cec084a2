//! What may accompany the moves of a stage.

use crate::cli::commands::delivery::Delivery;
use crate::cli::commands::selector::ReleaseSelector;

/// What may accompany the moves of a stage.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Options {
    /// Say that a checkpoint or limit holds which has no reading, by its id, or `all`; can be repeated
    #[arg(long, value_name = "ITEM")]
    pub confirm: Vec<String>,
    /// Go on although this limit does not hold, or outside the window or in a freeze, which takes --reason; can be repeated
    #[arg(long, value_name = "LIMIT|window|freeze")]
    pub in_spite: Vec<String>,
    /// Why: for --in-spite, and for a stage that failed
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Add a note that everybody can read, such as what you saw
    #[arg(long, visible_alias = "comment", value_name = "TEXT")]
    pub note: Option<String>,
    /// Attach a file, which is kept with the records, or a link; can be repeated
    #[arg(long, value_name = "FILE|URL")]
    pub evidence: Vec<String>,
    /// Ask nothing, also on a terminal: what only a person can say has to be given with --confirm and --note
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub place: ReleaseSelector,
    #[command(flatten)]
    pub delivery: Delivery,
}
