//! What could stand for an argument, by the name that the help has for it.

use std::collections::BTreeSet;

use super::call::{Call, Target};
use crate::cli::app::App;
use crate::git::Repository;
use crate::model::ids::TagName;
use crate::model::record::{ActionEvent, Decision, StageEvent, StepResult};
use crate::model::report::Report;
use crate::ops::error::Outcome;
use crate::ops::load::{freezes, releases};
use crate::ops::workspace::Workspace;

/// How many opened releases are judged at most to find the one that is open, where no tag was named.
const MOST_JUDGED: usize = 8;
/// How many tags are looked at, the last of them by name.
const MOST_TAGS: usize = 400;

/// What could stand there, and what is said of it.
#[derive(Debug)]
pub struct Candidate {
    /// The word.
    pub value: String,
    /// What it is, which may be empty.
    pub help: String,
}

impl Candidate {
    /// Makes a candidate.
    pub fn new(value: impl ToString, help: impl ToString) -> Self {
        Self { value: value.to_string(), help: help.to_string() }
    }
}

/// Makes candidates of which nothing is said.
fn plain<T: ToString>(values: impl IntoIterator<Item = T>) -> Vec<Candidate> {
    values.into_iter().map(|value| Candidate::new(value, "")).collect()
}

/// Returns what clap shows of something in one line.
fn about(help: Option<&clap::builder::StyledStr>) -> String {
    help.map(ToString::to_string).unwrap_or_default()
}

/// Returns the options of the command that is called.
pub fn options(call: &Call<'_>) -> Vec<Candidate> {
    let options = call.command.get_arguments().filter(|option| !option.is_hide_set());
    options.filter_map(|option| Some(Candidate::new(format!("--{}", option.get_long()?), about(option.get_help())))).collect()
}

/// Where candidates come from.
pub struct Source<'a> {
    app: &'a App,
    call: &'a Call<'a>,
    repository: Option<Repository>,
}

impl<'a> Source<'a> {
    /// Begins with the repository that the call works in, where there is one.
    pub fn new(app: &'a App, call: &'a Call<'a>) -> Self {
        let directory = call.directory.as_ref().map_or_else(|| app.directory.clone(), |named| app.directory.join(named));
        let repository = Repository::discover(&directory).ok().map(|found| found.with_sources(app.env.settings));
        Self { app, call, repository }
    }

    /// Returns what could stand at the end of the call; nothing where that can't be told.
    pub fn candidates(&self) -> Vec<Candidate> {
        let is_first = matches!(self.call.target, Target::Word) && self.call.words.is_empty();
        let commands = self.call.command.get_subcommands().filter(|command| is_first && !command.is_hide_set());
        let mut found: Vec<Candidate> =
            commands.map(|command| Candidate::new(command.get_name(), about(command.get_about()))).collect();
        let Some((argument, at)) = self.call.argument() else { return found };
        let possible = argument.get_possible_values();
        let words = possible.iter().filter(|value| !value.is_hide_set());
        found.extend(words.map(|value| Candidate::new(value.get_name(), about(value.get_help()))));
        let names = argument.get_value_names().unwrap_or_default().iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ");
        if possible.is_empty()
            && let Some(repository) = &self.repository
        {
            found.extend(self.of_words(repository, &names, at).unwrap_or_default());
        }
        found
    }

    /// Finds the name of the word that is typed, of several such as `TAG ITEM`: the tag may be left out.
    fn of_words(&self, repository: &Repository, names: &str, at: usize) -> Outcome<Vec<Candidate>> {
        let names: Vec<&str> = names.split(' ').collect();
        let last = names.len() - 1;
        let has_tag = names[0] == "TAG";
        if has_tag && at == 0 {
            let mut found = self.named(repository, "TAG")?;
            if last > 0 {
                found.extend(self.named(repository, names[1]).unwrap_or_default());
            }
            return Ok(found);
        }
        let left_out = has_tag && self.tag(repository)?.is_none();
        self.named(repository, names[(at + usize::from(left_out)).min(last)])
    }

    /// Returns the tag that was named in the call.
    fn tag(&self, repository: &Repository) -> Outcome<Option<TagName>> {
        let tag = self.call.words.first().and_then(|word| TagName::from_user(word).ok());
        Ok(match tag {
            Some(tag) if repository.resolve(tag.full())?.is_some() => Some(tag),
            _ => None,
        })
    }

    /// Finds what a name of the help stands for; `ITEM|RECORD` is either.
    fn named(&self, repository: &Repository, name: &str) -> Outcome<Vec<Candidate>> {
        let mut found = Vec::new();
        for name in name.split('|') {
            found.extend(self.one(repository, name)?);
        }
        Ok(found)
    }

    fn one(&self, repository: &Repository, name: &str) -> Outcome<Vec<Candidate>> {
        Ok(match name {
            "TAG" => self.tags(repository)?,
            "ITEM" => self.items(repository)?,
            "STAGE" => plain(self.report(repository)?.course.stages.iter().map(|stage| &stage.id)),
            "ID" => self.tasks(repository)?,
            "DECISION" => plain(Decision::ALL),
            "EVENT" if self.call.command.get_name() == "stage" => plain(StageEvent::ALL),
            "EVENT" => plain(ActionEvent::ALL),
            "RESULT" => plain(StepResult::ALL),
            "REF" => {
                let heads = repository.refs("refs/heads/")?;
                plain(heads.iter().filter_map(|(name, _)| name.as_str().strip_prefix("refs/heads/")))
            }
            "REMOTE" => plain(repository.remotes()?),
            _ => self.of_policy(repository, name)?,
        })
    }

    /// Finds what stands in the policy.
    fn of_policy(&self, repository: &Repository, name: &str) -> Outcome<Vec<Candidate>> {
        if !matches!(name, "@HANDLE" | "ROLE" | "ENVIRONMENT" | "COMPONENT" | "NAME") {
            return Ok(Vec::new());
        }
        let work = Workspace::load(repository, None)?;
        let policy = work.policy().contents();
        Ok(match name {
            "@HANDLE" => {
                let people = policy.people.iter();
                people.map(|(handle, person)| Candidate::new(handle, person.name.as_deref().unwrap_or_default())).collect()
            }
            "ROLE" => policy.roles.iter().map(|(role, about)| Candidate::new(role, about)).collect(),
            "ENVIRONMENT" => plain(policy.components.iter().flat_map(|component| &component.environments).collect::<BTreeSet<_>>()),
            "COMPONENT" => plain(policy.components.iter().map(|component| &component.name)),
            _ if self.call.command.get_name() == "lift" => {
                let all = freezes::liftable(repository, &work, self.app.now)?;
                all.iter().map(|freeze| Candidate::new(&freeze.name, freeze.reason.as_deref().unwrap_or_default())).collect()
            }
            _ => Vec::new(),
        })
    }

    /// Lists tags: those with records, and for `open` those without.
    fn tags(&self, repository: &Repository) -> Outcome<Vec<Candidate>> {
        let tags = releases::tags_by_records(repository, MOST_TAGS, &self.call.begun)?;
        let wants_opened = self.call.command.get_name() != "open" || matches!(self.call.target, Target::Value(_));
        let found = tags.into_iter().filter(|(_, is_opened)| *is_opened == wants_opened);
        Ok(plain(found.map(|(tag, _)| tag.short().to_owned())))
    }

    fn items(&self, repository: &Repository) -> Outcome<Vec<Candidate>> {
        Ok(self.report(repository)?.items.iter().map(|item| Candidate::new(&item.id, &item.title)).collect())
    }

    /// Lists actions, and conditions of decisions.
    fn tasks(&self, repository: &Repository) -> Outcome<Vec<Candidate>> {
        let report = self.report(repository)?;
        let mut found = vec![Candidate::new("add", "Add an action")];
        found.extend(report.course.actions.iter().map(|action| Candidate::new(&action.id, &action.text)));
        let conditions = report.decisions.iter().flat_map(|decision| &decision.conditions);
        found.extend(conditions.map(|one| Candidate::new(&one.condition.id, &one.condition.text)));
        Ok(found)
    }

    /// Judges the release of the call: that of its tag, or the one that is open, if that is found in no time.
    fn report(&self, repository: &Repository) -> Outcome<Report> {
        let work = Workspace::load(repository, None)?;
        let tag = match self.tag(repository)? {
            Some(tag) => tag,
            None => {
                let opened = releases::tags_by_records(repository, MOST_TAGS, "")?.into_iter().filter(|(_, opened)| *opened);
                if opened.count() > MOST_JUDGED {
                    return Err(crate::ops::error::Failure::usage("no tag was named"));
                }
                releases::tag_or_open_one(self.app, repository, &work, None)?
            }
        };
        let environment = self.call.environment.as_deref().map(str::parse).transpose()?;
        Ok(releases::load(repository, &work, &tag, self.app.now, environment)?.report())
    }
}
