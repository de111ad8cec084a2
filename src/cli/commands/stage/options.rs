//! What may accompany the moves of a stage.

use crate::cli::commands::delivery::Delivery;

/// What may accompany the moves of a stage.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Options {
    /// Say that this holds, which has no reading
    ///
    /// It is the id of a checkpoint or limit, or `all`. Can be repeated.
    #[arg(long, value_name = "ITEM")]
    pub confirm: Vec<String>,
    /// Go on although this limit does not hold
    ///
    /// It is the id of a limit, or `window` to go on outside the planned window, or `freeze` in a freeze. It takes --reason. Can
    /// be repeated.
    #[arg(long, value_name = "LIMIT")]
    pub in_spite: Vec<String>,
    /// Why: for --in-spite, or for a stage that failed
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Add a note, such as what you saw
    ///
    /// Everybody can read it.
    #[arg(long, visible_alias = "comment", value_name = "TEXT")]
    pub note: Option<String>,
    /// Attach a file or a link; can be repeated
    ///
    /// A file is kept with the records.
    #[arg(long, value_name = "FILE|URL")]
    pub evidence: Vec<String>,
    /// Ask nothing, also on a terminal
    ///
    /// What only a person can say has to be given with --confirm and --note.
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub delivery: Delivery,
}
