//! `relsign tag`.

use super::delivery;
use crate::cli::app::App;
use crate::cli::json::{self, WouldSignJson};
use crate::git::program::{Program, TagSigned};
use crate::keystore::choose;
use crate::model::ids::{ObjectId, TagName};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::remotes;
use crate::ops::load::strangers::Strangers;
use crate::ops::load::tag;
use crate::ops::workspace::Workspace;
use crate::report::safe::shell_word;

/// What to do where a tag can't be signed as the policy requires it.
const REQUIRED: &str = "the policy requires signed tags; configure your SSH key in git";
const SET_UP: &str = "git config gpg.format ssh && git config user.signingkey FILE";

printed! {
    /// What `tag --json` prints.
    pub struct TagJson as "relsign-tag-v1" {
        /// The tag.
        pub tag: TagName,
        /// The tag object.
        pub object: ObjectId,
        /// The commit.
        pub commit: ObjectId,
        /// Whether it is signed.
        pub signed: bool,
    }
}

/// Create a release tag: annotated, and signed if git or the policy requires it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag's name
    name: String,
    /// The commit to tag
    #[arg(default_value = "HEAD")]
    commit: String,
    /// The tag's message
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let repository = app.repository()?;
        let name = TagName::from_user(&self.name)?;
        if let Some(id) = repository.resolve(name.full())? {
            let failure = Failure::refused(format!("the tag {} already exists, at {}", name.short(), id.short()));
            return Err(match tag::anew_if_lightweight(&repository, &name, &id)? {
                Some(command) => failure.suggest("it is lightweight; create an annotated one instead", command),
                None => failure.suggest(
                    "a release tag never moves; choose another name, or open this one",
                    format!("relsign open {}", shell_word(name.short())),
                ),
            });
        }
        if let Some((remote, there)) = remotes::tag_there(&repository, &name)? {
            let get = format!("git fetch {} tag {}", shell_word(&remote), shell_word(name.short()));
            return Err(Failure::refused(format!("{remote} has a tag {} already, at {}", name.short(), there.short()))
                .suggest("a release tag never moves; choose another name, or fetch this one", get));
        }
        let commit = repository
            .revparse(&self.commit)?
            .ok_or_else(|| Failure::usage(format!("there is no commit {:?} here", self.commit)).hint("commit something first"))?;
        let commit =
            repository.peel_to_commit(&commit)?.ok_or_else(|| Failure::usage(format!("{:?} is no commit", self.commit)))?;
        // Without a policy a plain annotated tag is right; with one it says whether tags are signed.
        let trusted = Workspace::load(&repository, None).ok();
        if let Some(trusted) = &trusted {
            let strangers = Strangers::beyond_last_tag(&repository, trusted.policy(), &commit).unwrap_or_default();
            strangers.cost(trusted.policy()).into_iter().for_each(|advice| app.ui.warn(advice));
        }
        let trusted = trusted.filter(|trusted| trusted.policy().contents().tags_signed);
        let signed = match &trusted {
            // The policy knows SSH keys only, whatever git signs with otherwise.
            Some(trusted) => {
                let sources = app.key_sources(Some(&repository))?;
                let key = choose::choose(&sources, &|key| trusted.is_person(key))
                    .and_then(|chosen| if app.dry_run { Ok(chosen.key) } else { chosen.key.ready(&app.passphrases()) })
                    .map_err(|error| Failure::from(error).suggest(REQUIRED, SET_UP))?;
                TagSigned::BySshKey(key.for_git())
            }
            None if repository.config_bool("tag.gpgsign")?.unwrap_or(false) => TagSigned::ByGitsKey,
            None => TagSigned::AsGitIsSetUp,
        };
        let is_signed = signed != TagSigned::AsGitIsSetUp;
        if app.dry_run {
            let what = format!("the tag {} on {}", name.short(), commit.short());
            let signs = is_signed.then(|| WouldSignJson { item: None, counts_as: what.clone() });
            return delivery::told(app, Some(&name), signs.into_iter().collect(), vec![format!("create {what}")]);
        }
        let message = self.message.clone().unwrap_or_else(|| format!("Release {}", name.short()));
        Program::new(&repository, app.ui.interactive).create_tag(name.short(), &commit, &message, &signed).map_err(|error| {
            let failure = Failure::from(error);
            if trusted.is_some() { failure.suggest(REQUIRED, SET_UP) } else { failure }
        })?;
        app.ui.say(format!("created the {}tag {} on {}", if is_signed { "signed " } else { "" }, name.short(), commit.short()));
        if app.globals.json {
            let object = repository.resolve(name.full())?;
            let object = object.ok_or_else(|| Failure::internal(format!("the tag {} is gone", name.short())))?;
            json::print(app, &TagJson { tag: name.clone(), object, commit, signed: is_signed })?;
        }
        app.ui.say(format!("next: relsign open {}", shell_word(name.short())));
        Ok(Exit::Yes)
    }
}
