//! `relsign import`.

use std::collections::BTreeSet;

use crate::cli::app::App;
use crate::cli::json;
use crate::model::ids::{RecordId, TagName};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::share::{self, Sharing};
use crate::ops::write::import::{Came, Import, NotCome};
use crate::parse::records_file::{self, MAX_FILE};
use crate::report::{safe, words};

/// Import records that somebody signed to a file with --out
///
/// Each record is checked on its own: valid ones are imported with their evidence and shared; the reason is shown for each
/// that is not, and the exit code is then 3.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file, or - for standard input
    file: String,
    /// Show what would be imported, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    sharing: Sharing,
}

printed! {
    /// What `import --json` prints.
    pub struct ImportJson as "relsign-import-v1" {
        /// The records that came in, or would.
        pub came: Vec<Came>,
        /// The records that were here already.
        pub known: Vec<RecordId>,
        /// The records that did not come in.
        pub refused: Vec<NotCome>,
        /// How many files of evidence came with them.
        pub evidence_came: u64,
        /// Whether others have them now; nothing where sharing was not asked for or there is no remote.
        pub shared: Option<bool>,
    }
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let name = if self.file == "-" { "standard input" } else { &self.file };
        let failed = |error| Failure::usage(format!("{name} can't be read")).because(error);
        let bytes = app.input(&self.file, MAX_FILE).map_err(failed)?;
        let file = records_file::decode(&bytes).map_err(|why| Failure::invalid(format!("{name} is not a records file: {why}")))?;
        let (repository, trusted) = app.prepared(&self.sharing)?;
        let mut import = Import::new(app, &repository, &trusted, &file);
        import.judge()?;
        let evidence_came = import.evidence_to_keep().len() as u64;
        if !self.dry_run {
            import.write()?;
        }
        let came = import.came();
        let refused = import.refused();
        let known: Vec<RecordId> = import.known.iter().copied().collect();
        if !app.globals.json {
            self.say(app, &came, &known, &refused, evidence_came)?;
        }
        let asked = !self.dry_run && !came.is_empty();
        let tags: BTreeSet<TagName> = came.iter().map(|record| record.tag.clone()).collect();
        let tags: Vec<TagName> = tags.into_iter().collect();
        let shared = if asked { share::share(app, &repository, &self.sharing, &tags) } else { Ok(Exit::Yes) };
        let has_remote = asked && !self.sharing.no_sync && repository.sharing_remote()?.is_some();
        let exit = if refused.is_empty() { Exit::Yes } else { Exit::Invalid };
        if app.globals.json {
            let shared_json = has_remote.then_some(shared.is_ok());
            let value = ImportJson { came, known, refused, evidence_came, shared: shared_json };
            json::print(app, &value)?;
            if let Err(failure) = shared {
                // The JSON says it; a second JSON document for the failure would only be in the way.
                app.ui.warn(failure.to_string());
                return Ok(failure.exit);
            }
            return Ok(exit);
        }
        shared.map(|_| exit)
    }

    fn say(&self, app: &App, came: &[Came], known: &[RecordId], refused: &[NotCome], evidence: u64) -> Outcome<()> {
        for record in came {
            let counts = record.counts_as.as_ref().map_or_else(String::new, |counts| format!(" · {}", safe::line(counts)));
            let (id, tag) = (record.id.short(), record.tag.short());
            app.ui.line(format!("{id}  {tag}  {}  {}{counts}", record.signer, safe::line(&record.says)))?;
        }
        for record in refused {
            let id = record.id.map_or_else(|| format!("record {}", record.number), |id| id.short());
            let code = record.code.map_or_else(String::new, |code| format!("{code}: "));
            app.ui.warn(format!("{id} was not imported: {code}{}", record.why));
        }
        let came_in = if self.dry_run { "would be imported" } else { "imported" };
        let mut parts = vec![format!("{} {came_in}", words::count(came.len() as u64, "record"))];
        parts.extend((evidence > 0).then(|| format!("{} of evidence with them", words::count(evidence, "file"))));
        parts.extend((!known.is_empty()).then(|| format!("{} already here", words::plural(known.len() as u64, "was", "were"))));
        parts.extend((!refused.is_empty()).then(|| format!("{} refused", refused.len())));
        app.ui.say(parts.join(", "));
        Ok(())
    }
}
