//! `relsign open`.

mod stuck;

use crate::cli::app::App;
use crate::cli::commands::course::at;
use crate::cli::commands::{delivery, owners};
use crate::cli::json::SignedRecordJson;
use crate::evaluate::resolve::{self, Terms};
use crate::git::Repository;
use crate::git::range::{Extent, Range};
use crate::git::raw::Tag;
use crate::model::address::full_ref;
use crate::model::advice::Advice;
use crate::model::checklist::Checklist;
use crate::model::denial::Denial;
use crate::model::finding::Code;
use crate::model::ids::{Environment, Handle, ObjectId, Principal, RefName, TagName};
use crate::model::policy::{Component, Policy, Right};
use crate::model::problem::Level;
use crate::model::record::{
    Artifact, Freeze, Implementers, Open, OpenItem, Origin, Owner, Phase, Plan, PreviousRelease, ReleaseType, Unread, Window,
};
use crate::model::report::ReleaseState;
use crate::ops::error::{Exit, Failure, Outcome};
use crate::ops::load::strangers::Strangers;
use crate::ops::load::tag::{self, LoadedTag};
use crate::ops::load::{before, checklists, makers, releases, remotes};
use crate::ops::share::{self, Sharing};
use crate::ops::workspace::Workspace;
use crate::ops::write::identity::{self, Identity};
use crate::ops::write::{open as write_open, ready};
use crate::parse::checklist::unread_by_cause;
use crate::parse::digests::sha256;
use crate::report::course::action as shown;
use crate::report::safe::shell_word;
use crate::report::{safe, words};

/// The most tags below a release that are looked at for the one before it.
const ANCESTORS: usize = 200;

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
        let repository = app.repository()?;
        let trusted = ready::prepare(app, &repository, &self.sharing)?;
        let name = TagName::from_user(&self.tag)?;
        let identity = identity::identify(app, &repository, &trusted)?;
        let policy = trusted.policy();
        let release_type: ReleaseType = self.release_type.parse()?;
        let right = Right::Open(release_type);
        identity::require(policy, &identity.principal, right)?;
        let component = component_of(policy, &name)?;
        let environment = self.environment(component)?;
        let reading = app.reading(format!("reading {}", name.short()));
        let loaded = releases::load(&repository, &trusted, &name, app.now, Some(environment.clone()))?;
        drop(reading);
        let object = require_tag(&repository, &name, &loaded.tag)?;
        if let Some(found) = remotes::found(&loaded.report().findings, &loaded.context.opened_objects) {
            return Err(Failure::invalid(found.message()).hint("nothing was signed; open it once the tag is restored"));
        }
        refuse_if_spoken_for(&name, &environment, &loaded.report())?;
        refuse_other_tag(&repository, &name, &object.id)?;
        let governing = Some(trusted.chain.head().head());
        if policy.contents().tags_signed && crate::evaluate::tag_signer(&loaded.context, governing).is_none() {
            return Err(not_signed(&name, &object.commit));
        }
        let terms = Terms { tag: &name, release_type, component: &component.name, environment: &environment };
        let freeze = self.open_freeze(app, &name)?;
        let (plan, read) = self.plan(app, &repository, policy, component, (&loaded.tag, terms))?;
        let previous = self.previous(app, &repository, &trusted, (&component.name, &environment), &object)?;
        let reading = app.reading("reading the commits");
        let range = range(&repository, &name, (previous.as_ref(), component.since), &object)?;
        drop(reading);
        // People among them are told below, with what accepts them for this release.
        let (is_below, strangers) = (range.is_below, Strangers { others: Vec::new(), ..Strangers::to(policy, &range) });
        let Origin { implementers, commits } = makers::origin(policy, loaded.tag.tag.as_ref(), range);
        let open = self.describe(app, (component, &environment, release_type), plan, (previous, implementers, commits))?;
        // What nobody would believe is not signed.
        if let Some(problem) = releases::problem_before(&repository, &trusted, &open, (policy, is_below), app.now)? {
            let named = open.previous.as_ref().map_or("", |previous| previous.tag.short());
            return Err(Failure::refused(format!("{named} can't be the previous release: {} [{}]", problem.seen, problem.code))
                .by(Denial::PreviousDidNotPass));
        }
        tell_unread(app, &open.checklist.path, &read.unread);
        tell(app, &name, &identity, &open);
        tell_taken(app, &open, owners::of_nobody(policy, &read, &open.items));
        owners::told(policy, &read, &open.items, &shell_word(name.short())).into_iter().for_each(|told| app.ui.warn(told));
        warn_of_last_stage(app, policy, &open);
        if open.since.is_some() && is_below == Some(false) {
            app.ui.warn(
                "it does not lie above the commit after which the first release begins (since in the policy), so nothing is in it",
            );
        }
        tell_left_over(app, &repository, &trusted, &open)?;
        warn_of_unknown(app, policy, &name, &open.implementers, loaded.tag.tag.as_ref());
        strangers.cost(policy).into_iter().for_each(|advice| app.ui.warn(advice));
        stuck::tell(app, &name, policy, &open, crate::evaluate::tag_maker(&loaded.context))?;
        let heads = loaded.heads(&loaded.report(), &share::unshareable(app, &repository, &trusted)?);
        let mut needed = open.items.iter().filter(|item| is_needed(item));
        let by_one = needed.all(|item| item.requirements.waiver_people == 1);
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
        (component, environment, release_type): (&Component, &Environment, ReleaseType),
        plan: Plan,
        (previous, implementers, commits): (Option<PreviousRelease>, Implementers, u64),
    ) -> Outcome<Open> {
        let Plan {
            title,
            checklist,
            items,
            unread,
            risk,
            stages,
            triggers,
            procedure,
            scope,
            actions,
            on_call,
            known_issues,
            attendees,
            window: of_file,
        } = plan;
        let given = self.window(app)?;
        Ok(Open {
            title,
            environment: environment.clone(),
            release_type,
            component: component.name.clone(),
            checklist,
            items,
            unread,
            risk,
            stages,
            triggers,
            procedure,
            scope,
            actions,
            on_call,
            known_issues,
            attendees,
            implementers,
            since: component.since.filter(|_| previous.is_none()),
            previous,
            commits,
            given: given.iter().map(|_| "window".to_owned()).collect(),
            requester: self.requester.as_deref().map(Handle::from_user).transpose()?,
            reason: self.reason.clone(),
            ticket: self.ticket.clone(),
            security_impact: self.security_impact.clone(),
            window: given.or(of_file),
            artifacts: self.artifacts()?,
        })
    }

    /// Reads the checklist and applies the policy's rules to it; gives the plan, and what was read.
    fn plan(
        &self,
        app: &App,
        repository: &Repository,
        policy: &Policy,
        component: &Component,
        (tag, terms): (&LoadedTag, Terms<'_>),
    ) -> Outcome<(Plan, Checklist)> {
        let path = self.checklist.as_ref().unwrap_or(&component.checklist);
        if *path != component.checklist {
            app.ui.warn(format!("the policy's checklist is {}, so somebody else must decide GO", component.checklist));
        }
        let tree = tag.tree.ok_or_else(|| Failure::internal("the tagged tree is not here"))?;
        let bytes = checklists::read(repository, &tree, path)?;
        let checklist = parse_checklist(terms.tag, path, &bytes)?;
        let plan = resolve::resolve(&checklist, resolve::source(path, sha256(&bytes)), policy, terms);
        if needed(&plan.items) == 0 {
            return Err(Failure::refused(format!("{path} has no item that GO needs"))
                .by(Denial::NoItem)
                .suggest("see why", format!("relsign checklist lint {}", shell_word(path))));
        }
        Ok((plan, checklist))
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

    /// Finds the previous release: the nearest tag below that belongs to the component and is in GO for the environment.
    fn previous(
        &self,
        app: &App,
        repository: &Repository,
        trusted: &Workspace,
        (component, environment): (&str, &Environment),
        object: &crate::evaluate::context::TagObject,
    ) -> Outcome<Option<PreviousRelease>> {
        if let Some(named) = &self.previous {
            let tag = TagName::from_user(named)?;
            let tag_object =
                repository.resolve(tag.full())?.ok_or_else(|| Failure::usage(format!("there is no tag {named} here")))?;
            let commit = repository
                .peel_to_commit(&tag_object)?
                .ok_or_else(|| Failure::usage(format!("the tag {named} does not point at a commit")))?;
            app.ui.warn("the previous release was named by hand, so somebody else must decide GO");
            return Ok(Some(PreviousRelease { tag, tag_object, commit, overridden: true }));
        }
        for below in repository.ancestor_tags(&object.commit, ANCESTORS).map_err(makers::unreadable)? {
            let same = trusted.policy().component_for(&below.name).is_some_and(|other| other.name == component);
            // A candidate on the same commit has nothing below this release: the range begins where that one's did.
            if !same || below.commit == object.commit {
                continue;
            }
            let report = releases::load(repository, trusted, &below.name, app.now, Some(environment.clone()))?.report();
            if matches!(report.state, ReleaseState::Go | ReleaseState::RollingOut | ReleaseState::Out | ReleaseState::Completed) {
                return Ok(Some(PreviousRelease {
                    tag: below.name,
                    tag_object: below.object,
                    commit: below.commit,
                    overridden: false,
                }));
            }
        }
        Ok(None)
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
        let mut refs = self.freeze.iter().map(|named| full_ref(named).parse()).collect::<Result<Vec<RefName>, _>>()?;
        refs.sort();
        refs.dedup();
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
        let mut found = Vec::new();
        for text in &self.artifact {
            let (name, digest) = text
                .split_once('=')
                .ok_or_else(|| Failure::usage(format!("{text:?} is not an artifact")).hint("write NAME=sha256:DIGEST"))?;
            let sha256 = digest.strip_prefix("sha256:").unwrap_or(digest).parse()?;
            found.push(Artifact { name: name.to_owned(), sha256 });
        }
        found.sort();
        found.dedup();
        Ok(found)
    }
}

/// Counts the items that a decision to go needs.
fn needed(items: &[OpenItem]) -> usize {
    items.iter().filter(|item| is_needed(item)).count()
}

/// Whether a decision to go needs an item.
fn is_needed(item: &OpenItem) -> bool {
    item.phase == Phase::Before && !item.optional
}

/// Finds the component of a release tag.
fn component_of<'p>(policy: &'p Policy, name: &TagName) -> Outcome<&'p Component> {
    policy.component_for(name).ok_or_else(|| {
        let patterns = words::or(policy.contents().components.iter().map(|component| component.tags.as_str()));
        Failure::refused(format!("{:?} does not match a release tag pattern of the policy", name.short()))
            .by(Denial::OtherPattern)
            .hint(format!("the patterns are {patterns}"))
    })
}

/// Describes what will be signed.
fn tell(app: &App, name: &TagName, identity: &Identity, open: &Open) {
    let (items, needed, path) = (open.items.len() as u64, needed(&open.items), &open.checklist.path);
    app.ui.say(format!(
        "{} {} · {} opens it for {}, {}",
        name.short(),
        safe::line(&open.title),
        identity.principal,
        open.environment,
        open.release_type
    ));
    app.ui.say(format!("  {path}: {}, {needed} of them before the decision", words::count(items, "item")));
    app.ui.say(format!(
        "  {}{}",
        words::count(open.commits, "commit"),
        match (&open.previous, &open.since) {
            (Some(previous), _) => format!(" since {}", previous.tag.short()),
            (None, Some(since)) => format!(" since {}, where the policy begins", since.short()),
            (None, None) => String::new(),
        }
    ));
}

/// Describes what else was taken from the file.
fn tell_taken(app: &App, open: &Open, of_nobody: Option<String>) {
    let mut taken = Vec::new();
    let is_staged = open.stages.iter().any(|stage| !open.implies(stage));
    if is_staged {
        let stages = open.stages.iter().map(|stage| match &stage.traffic {
            Some(traffic) => format!("{} {}", stage.id, safe::line(traffic)),
            None => stage.id.clone(),
        });
        taken.push(format!("stages {}", stages.collect::<Vec<_>>().join(", ")));
    }
    let counted = [
        (open.triggers.len(), "trigger"),
        (open.procedure.len(), "step to go back"),
        (open.actions.len(), "action"),
        (open.known_issues.len(), "known issue"),
    ];
    let counted = counted.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| match what {
        "step to go back" => words::plural(count as u64, what, "steps to go back"),
        _ => words::count(count as u64, what),
    });
    let counted: Vec<String> = counted.collect();
    taken.extend((!counted.is_empty()).then(|| counted.join(", ")));
    if let Some(window) = open.window.filter(|_| !open.given.iter().any(|field| field == "window")) {
        taken.push(format!("window {} to {}", at(app, window.from), at(app, window.to)));
    }
    if let Some(on_call) = &open.on_call {
        let then = on_call.secondary.as_ref().map(|who| format!(", then {who}")).unwrap_or_default();
        let until = on_call.to.map(|to| format!(", until {}", at(app, to))).unwrap_or_default();
        taken.push(format!("on call {}{then}{until}", on_call.primary));
    }
    taken.extend(of_nobody);
    for (number, line) in taken.iter().enumerate() {
        app.ui.say(format!("  {:14} {line}", if number == 0 { "from the file:" } else { "" }));
    }
}

/// Warns where the person whom the file names for the last stage could not enter it.
fn warn_of_last_stage(app: &App, policy: &Policy, open: &Open) {
    let Some(last) = open.stages.last().filter(|stage| !open.implies(stage)) else { return };
    if let Some(Owner::Person(handle)) = &last.owner
        && !policy.may(&Principal::Person(handle.clone()), Right::Stage)
    {
        app.ui.warn(Advice::run(
            format!("{handle} is to enter {} and may not move stages; name somebody who may", last.id),
            format!("relsign assign {} @HANDLE --reason \"…\"", last.id),
        ));
    }
}

/// Lists what the release before left open.
fn tell_left_over(app: &App, repository: &Repository, trusted: &Workspace, open: &Open) -> Outcome<()> {
    let Some(previous) = &open.previous else { return Ok(()) };
    let left = before::left_over(app, repository, trusted, previous, &open.environment)?;
    for (number, action) in left.iter().enumerate() {
        let from = if number == 0 { format!("left over from {}:", previous.tag.short()) } else { "  and".to_owned() };
        app.ui.say(format!("  {from} {}", shown(action, app.now, &app.zone)));
    }
    Ok(())
}

/// Reads who made the range; a commit that can't be read is told as the verdict tells it.
fn range(
    repository: &Repository,
    name: &TagName,
    (previous, since): (Option<&PreviousRelease>, Option<ObjectId>),
    object: &crate::evaluate::context::TagObject,
) -> Outcome<Range> {
    let base = previous.map(|previous| previous.commit).or(since);
    let range = repository.range(base.as_ref(), &object.commit).map_err(makers::unreadable)?;
    match range.extent {
        Extent::Whole => match previous {
            Some(previous) if range.is_below != Some(true) => Err(not_below(previous, name, object.commit)),
            _ => Ok(range),
        },
        Extent::Cut => {
            Err(Failure::missing(format!("part of the history of {} is not here, so its authors are not known", name.short()))
                .suggest("fetch the rest", "git fetch --unshallow"))
        }
        Extent::Lost(gone) => {
            Err(Failure::finding(Code::RangeUnreadable, format!("commit {gone}, below {}, is not here", name.short()))
                .by(Denial::CommitUnreadable)
                .suggest("get it", "git fetch --refetch")
                .suggest("and see what else is missing", "git fsck"))
        }
    }
}

/// Warns of makers whom the policy does not know, under whom reviews may not count.
fn warn_of_unknown(app: &App, policy: &Policy, name: &TagName, implementers: &Implementers, tag: Option<&Tag>) {
    if let Some(unknown) = implementers.told_unknown() {
        let text = format!("{} not in the policy", safe::line(&unknown));
        app.ui.warn(if policy.contents().separation.unknown_blocks() {
            let accept = format!("relsign waive {} --unknown-authors --reason \"…\"", shell_word(name.short()));
            Advice::run(format!("{text}; somebody who reviews nothing in this release sees them listed and accepts them"), accept)
        } else {
            text.into()
        });
    }
    if let Some(commits) = implementers.told_bot_commits() {
        let refused = if policy.contents().separation.refused_bot_commits(implementers).is_some() {
            ", so reviews count only if the policy lists such commits"
        } else {
            ""
        };
        app.ui.warn(format!("no person is named in {commits}{refused}"));
    }
    if implementers.tagger.is_none() {
        let addresses: Vec<_> = tag.into_iter().flat_map(Tag::taggers).map(|tagger| format!("<{}>", tagger.email)).collect();
        let addresses = if addresses.is_empty() { "no address".to_owned() } else { safe::line(&words::and(addresses)) };
        app.ui.warn(format!("the tagger is not in the policy: {}", safe::fit(&addresses, 200, " …")));
    }
}

/// Reads the checklist of the tagged tree.
fn parse_checklist(name: &TagName, path: &str, bytes: &[u8]) -> Outcome<Checklist> {
    checklists::parse(path, bytes).map_err(|problems| {
        let mut failure = Failure::invalid(format!("{path} at {} can't be used as a checklist", name.short()));
        for problem in problems.iter().filter(|problem| problem.level == Level::Error).take(12) {
            failure = failure.because(format!("line {}: {}", problem.line, problem.message));
        }
        failure.suggest("see all of it", format!("relsign checklist lint {}", shell_word(path)))
    })
}

/// Reports that the policy asks for a signed tag.
fn not_signed(name: &TagName, commit: &ObjectId) -> Failure {
    Failure::refused(format!(
        "the policy requires a signed tag, and {} is not signed by an active key of one of its people",
        name.short()
    ))
    .by(Denial::TagNotSigned)
    .suggest("create it again", tag::anew(name, commit))
}

/// Reports on everything that looks like a task and is none that nobody will sign it, once for each cause, with the form
/// that works.
fn tell_unread(app: &App, path: &str, unread: &Unread) {
    for told in unread_by_cause(unread) {
        app.ui.warn(format!("{path}: {}; {}", told.message, told.advice));
    }
}

/// Reports that a release before does not lie below, so that the range would not hold what has to be reviewed.
fn not_below(previous: &PreviousRelease, name: &TagName, commit: ObjectId) -> Failure {
    let (named, name) = (previous.tag.short(), name.short());
    let failure = if previous.commit == commit {
        Failure::usage(format!("{named} and {name} are tags of the same commit, so the range would be empty"))
    } else {
        Failure::usage(format!("{named} is not an ancestor of {name}"))
    };
    failure.by(Denial::PreviousElsewhere).hint("name a release on an ancestor of the tagged commit, or omit --previous")
}

/// Returns the tag object, or what is wrong with the tag.
fn require_tag(repository: &Repository, name: &TagName, tag: &LoadedTag) -> Outcome<crate::evaluate::context::TagObject> {
    if let Some(object) = &tag.facts.object {
        if object.inner_name != name.short() {
            return Err(Failure::invalid(format!("the tag object at {} has the name {:?} inside", name.full(), object.inner_name))
                .by(Denial::OtherTagName)
                .suggest("create a tag with the right name", "relsign tag NAME"));
        }
        return Ok(object.clone());
    }
    let short = shell_word(name.short());
    let anew = match &tag.facts.target {
        Some(target) => tag::anew_if_lightweight(repository, name, target)?,
        None => None,
    };
    Err(match &tag.facts.problem {
        None => Failure::missing(format!("there is no tag {} here", name.short()))
            .suggest("make it", format!("relsign tag {short}"))
            .suggest("or get it", "git fetch --tags"),
        Some(problem) if problem.code == crate::model::finding::Code::TagLightweight => {
            let failure = Failure::refused(problem.message()).by(Denial::TagNotAnnotated);
            match anew {
                Some(command) => failure.suggest("create an annotated one instead", command),
                None => failure.suggest("delete it, and tag a commit", format!("git tag -d {short}")),
            }
        }
        Some(problem) => Failure::missing(problem.message()),
    })
}

/// Refuses a tag that the remote has as another object: whoever fetches would find the release on a tag that moved.
fn refuse_other_tag(repository: &Repository, name: &TagName, object: &ObjectId) -> Outcome<()> {
    let Some((remote, there)) = remotes::other_tag(repository, name, object)? else { return Ok(()) };
    let short = name.short();
    let get = format!("git fetch --force {} {}", shell_word(&remote), shell_word(&format!("{0}:{0}", name.full())));
    let put = remotes::way_back(repository, &remote, name, object)?;
    Err(Failure::invalid(format!("{short} is another object at {remote}: {} there, {} here", there.short(), object.short()))
        .suggest("if yours is the right one", put)
        .suggest("if the remote's is", get))
}

/// Refuses a name that is spent, and a release that is open already.
fn refuse_if_spoken_for(name: &TagName, environment: &Environment, report: &crate::model::report::Report) -> Outcome<()> {
    use crate::model::finding::Code;
    if let Some(moved) = report.findings.iter().find(|finding| matches!(finding.code, Code::TagMoved | Code::TagDeleted)) {
        return Err(Failure::invalid(moved.message())
            .by(Denial::NameSpent)
            .hint("a name can't be reused once opened; tag the commit under another name"));
    }
    let lost = |finding: &&crate::model::finding::Finding| matches!(finding.code, Code::RecordVanished | Code::LogMissing);
    if let Some(lost) = report.findings.iter().find(lost) {
        return Err(Failure::missing(lost.message())
            .because(format!("{} was opened before, and its records are not here", name.short()))
            .suggest("get it back", "relsign sync")
            .hint("or tag the commit under another name"));
    }
    match &report.release {
        Some(open) if open.environment == *environment => {
            Err(Failure::refused(format!("{} is already open for {environment}, opened by {}", name.short(), open.opened_by))
                .by(Denial::OpenTwice)
                .suggest("see its status", format!("relsign status {}", shell_word(name.short()))))
        }
        _ => Ok(()),
    }
}
