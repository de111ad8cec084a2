//! `relsign open`.

use std::collections::BTreeSet;

use crate::cli::app::App;
use crate::cli::commands::delivery;
use crate::cli::json::SignedRecordJson;
use crate::evaluate::resolve::Terms;
use crate::model::address::full_ref;
use crate::model::advice::Advice;
use crate::model::denial::Denial;
use crate::model::ids::{Environment, Handle, RefName, TagName};
use crate::model::policy::{Component, Right};
use crate::model::record::{Artifact, Freeze, Open, Origin, Plan, PreviousRelease, ReleaseType, Window};
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::strangers::Strangers;
use crate::ops::load::{makers, releases, remotes};
use crate::ops::opening::{checks, owners, stuck, told};
use crate::ops::share::{self, Sharing};
use crate::ops::write::{identity, open as write_open};
use crate::report::safe::shell_word;
use crate::report::words;

/// Open a release for sign-off: read its checklist, resolve owners and requirements, and sign that
///
/// The checklist is read from the tagged tree, and the policy in force now governs the release from here on.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tag
    tag: String,
    /// Another checklist of the tagged tree
    ///
    /// By default it is the policy's; with another, somebody else has to decide GO.
    #[arg(long, value_name = "PATH")]
    checklist: Option<String>,
    /// Where it goes
    #[arg(long, value_name = "ENVIRONMENT")]
    env: Option<String>,
    /// normal, hotfix or emergency
    ///
    /// The policy says who may open a release of each type.
    #[arg(long = "type", value_name = "TYPE", default_value = "normal")]
    release_type: String,
    /// The previous release, named by hand
    ///
    /// By default it is the nearest ancestor in GO. To name it takes two people.
    #[arg(long, value_name = "TAG")]
    previous: Option<String>,
    /// Who requested the release
    #[arg(long, value_name = "@HANDLE", hide_short_help = true)]
    requester: Option<String>,
    /// The reason for the release
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The change ticket
    #[arg(long, value_name = "ID")]
    ticket: Option<String>,
    /// When it is planned: two times and a slash
    #[arg(long, value_name = "FROM/TO")]
    window: Option<String>,
    /// The impact on security
    #[arg(long, value_name = "TEXT", hide_short_help = true)]
    security_impact: Option<String>,
    /// Freeze this branch while it is open
    ///
    /// Can be repeated.
    #[arg(long, value_name = "REF", requires = "freeze_until")]
    freeze: Vec<String>,
    /// The latest end of that freeze
    #[arg(long, value_name = "TIME", requires = "freeze")]
    freeze_until: Option<String>,
    /// An artifact built from the tag
    ///
    /// Can be repeated.
    #[arg(long, value_name = "NAME=sha256:…")]
    artifact: Vec<String>,
    #[command(flatten)]
    sharing: Sharing,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Outcome {
        let (repository, trusted) = app.prepared(&self.sharing)?;
        let name = TagName::from_user(&self.tag)?;
        let identity = identity::identify(app, &repository, &trusted)?;
        let policy = trusted.policy();
        let release_type: ReleaseType = self.release_type.parse()?;
        let right = Right::Open(release_type);
        identity::require(policy, &identity.principal, right)?;
        let component = checks::component_of(policy, &name)?;
        let environment = self.environment(component)?;
        let reading = app.reading(format!("reading {}", name.short()));
        let loaded = releases::load(&repository, &trusted, &name, app.now, Some(environment.clone()))?;
        drop(reading);
        let object = checks::require_tag(&repository, &name, &loaded.tag)?;
        if let Some(found) = remotes::found(&loaded.report().findings, &loaded.context.opened_objects) {
            return Err(Failure::invalid(found.message()).hint("nothing was signed; open it once the tag is restored"));
        }
        checks::refuse_if_spoken_for(&name, &environment, &loaded.report())?;
        checks::refuse_other_tag(&repository, &name, &object.id)?;
        let governing = Some(trusted.chain.head().head());
        if policy.contents().tags_signed && crate::evaluate::tag_signer(&loaded.context, governing).is_none() {
            return Err(checks::not_signed(&name, &object.commit));
        }
        let terms = Terms { tag: &name, release_type, component: &component.name, environment: &environment };
        let freeze = self.open_freeze(app, &name)?;
        let path = self.checklist.as_ref().unwrap_or(&component.checklist);
        if *path != component.checklist {
            app.ui.warn(format!("the policy's checklist is {}, so somebody else must decide GO", component.checklist));
        }
        let (plan, read) = checks::plan(&repository, &loaded.tag, path, (policy, terms))?;
        let previous = match &self.previous {
            None => checks::previous(&repository, &trusted, terms, (&object.commit, app.now))?,
            Some(named) => {
                let previous = checks::named_previous(&repository, named)?;
                app.ui.warn("the previous release was named by hand, so somebody else must decide GO");
                Some(previous)
            }
        };
        let reading = app.reading("reading the commits");
        let range = checks::range(&repository, &name, (previous.as_ref(), component.since), &object)?;
        drop(reading);
        // People among them are told below, with what accepts them for this release.
        let (is_below, strangers) = (range.is_below, Strangers { others: Vec::new(), ..Strangers::to(policy, &range) });
        let origin = makers::origin(policy, loaded.tag.tag.as_ref(), range);
        let open = self.describe(app, terms, plan, (previous, origin, component))?;
        // What nobody would believe is not signed.
        if let Some(problem) = releases::problem_before(&repository, &trusted, &open, (policy, is_below), app.now)? {
            let named = open.previous.as_ref().map_or("", |previous| previous.tag.short());
            return Err(Failure::refused(format!("{named} can't be the previous release: {} [{}]", problem.seen, problem.code))
                .by(Denial::PreviousDidNotPass));
        }
        told::unread(app, &open.checklist.path, &read.unread);
        told::signed(app, &name, &identity, &open);
        told::taken(app, &open, owners::of_nobody(policy, &read, &open.items));
        owners::told(policy, &read, &open.items, &shell_word(name.short())).into_iter().for_each(|told| app.ui.warn(told));
        told::last_stage(app, policy, &name, &open);
        if open.since.is_some() && is_below == Some(false) {
            app.ui.warn(
                "it does not lie above the commit after which the first release begins (since in the policy), so nothing is in it",
            );
        }
        told::left_over(app, &repository, &trusted, &open)?;
        told::unknown(app, policy, &name, &open.implementers, loaded.tag.tag.as_ref());
        strangers.cost(policy).into_iter().for_each(|advice| app.ui.warn(advice));
        stuck::tell(app, &name, policy, &open, crate::evaluate::tag_maker(&loaded.context), &app.asking())?;
        let heads = loaded.heads(&loaded.report(), &share::unshareable(app, &repository, &trusted)?);
        let by_one = open.items.iter().filter(|item| item.is_needed()).all(|item| item.requirements.waiver_people == 1);
        let (id, frozen) = write_open::open(app, &repository, &trusted, &identity, (&loaded.tag, &object), (open, freeze), heads)?;
        let mut signed = vec![SignedRecordJson { id, item: None, counts_as: "opens the release".to_owned() }];
        let counts_as = || "freezes refs until the release is decided".to_owned();
        signed.extend(frozen.map(|id| SignedRecordJson { id, item: None, counts_as: counts_as() }));
        let exit = delivery::finish(app, &repository, Some(&name), signed, &self.sharing)?;
        if exit == Exit::Yes && !app.dry_run {
            app.ui.say(format!("next: relsign status {}", shell_word(name.short())));
            if release_type != ReleaseType::Normal && by_one {
                let call = format!("relsign waive {} --rest --reason \"…\"", shell_word(name.short()));
                app.ui.advise(Advice::run("where there is nobody to sign for the rest, one person may waive it", call));
            }
        }
        Ok(exit)
    }

    /// Describes the release: what comes from the file, from history, and from the call.
    fn describe(
        &self,
        app: &App,
        terms: Terms<'_>,
        plan: Plan,
        (previous, origin, component): (Option<PreviousRelease>, Origin, &Component),
    ) -> Outcome<Open> {
        let given = self.window(app)?;
        Ok(Open {
            title: plan.title,
            environment: terms.environment.clone(),
            release_type: terms.release_type,
            component: component.name.clone(),
            checklist: plan.checklist,
            items: plan.items,
            unread: plan.unread,
            risk: plan.risk,
            stages: plan.stages,
            triggers: plan.triggers,
            procedure: plan.procedure,
            scope: plan.scope,
            actions: plan.actions,
            on_call: plan.on_call,
            known_issues: plan.known_issues,
            attendees: plan.attendees,
            implementers: origin.implementers,
            since: component.since.filter(|_| previous.is_none()),
            previous,
            commits: origin.commits,
            given: given.iter().map(|_| "window".to_owned()).collect(),
            requester: self.requester.as_deref().map(Handle::from_user).transpose()?,
            reason: self.reason.clone(),
            ticket: self.ticket.clone(),
            security_impact: self.security_impact.clone(),
            window: given.or(plan.window),
            artifacts: self.artifacts()?,
        })
    }

    /// Returns the environment that was named, or the component's first.
    fn environment(&self, component: &Component) -> Outcome<Environment> {
        let environment = match &self.env {
            Some(named) => named.parse::<Environment>()?,
            None => component.first_environment(),
        };
        if !component.goes_to(&environment) {
            let known = words::or(&component.environments);
            return Err(Failure::usage(format!("{} is not released to {environment}", component.name))
                .by(Denial::OtherEnvironment)
                .hint(format!("the policy knows {known}")));
        }
        Ok(environment)
    }

    fn window(&self, app: &App) -> Outcome<Option<Window>> {
        let Some(text) = &self.window else { return Ok(None) };
        let (from, to) = text
            .split_once('/')
            .ok_or_else(|| Failure::usage(format!("{text:?} is not a window")).hint("write two times separated by a slash"))?;
        let window = Window { from: app.time(from)?, to: app.time(to)? };
        if window.from >= window.to {
            return Err(Failure::usage("the window ends before it begins").by(Denial::Incomplete));
        }
        Ok(Some(window))
    }

    /// Returns the freeze that is to end with the release; the release itself is named once it is open.
    fn open_freeze(&self, app: &App, name: &TagName) -> Outcome<Option<Freeze>> {
        let Some(until) = &self.freeze_until else { return Ok(None) };
        let refs = self.freeze.iter().map(|named| full_ref(named).parse()).collect::<Result<BTreeSet<RefName>, _>>()?;
        Ok(Some(Freeze {
            name: name.short().to_owned(),
            refs: refs.iter().map(ToString::to_string).collect(),
            from: app.now,
            until: Some(app.time(until)?),
            reason: self.reason.clone().unwrap_or_else(|| format!("{} is open for sign-off", name.short())),
            environments: Vec::new(),
            release: None,
        }))
    }

    fn artifacts(&self) -> Outcome<Vec<Artifact>> {
        let artifact = |text: &String| {
            let (name, digest) = text
                .split_once('=')
                .ok_or_else(|| Failure::usage(format!("{text:?} is not an artifact")).hint("write NAME=sha256:DIGEST"))?;
            Ok(Artifact { name: name.to_owned(), sha256: digest.strip_prefix("sha256:").unwrap_or(digest).parse()? })
        };
        let found = self.artifact.iter().map(artifact).collect::<Outcome<BTreeSet<_>>>()?;
        Ok(found.into_iter().collect())
    }
}
