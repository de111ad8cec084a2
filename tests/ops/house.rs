//! A repository with a policy of one person and a tag, made in this process but for what only the git program does.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex};

use relsign::evaluate::resolve::{self, Terms};
use relsign::git::Repository;
use relsign::keystore::choose::Sources;
use relsign::keystore::{FileKey, SigningKey};
use relsign::model::ids::{Handle, ObjectId, Principal, RecordId};
use relsign::model::record::{Open, ReleaseType};
use relsign::ops::load::{checklists, makers, releases};
use relsign::ops::session::{Listener, Notice, Session};
use relsign::ops::trust::ROOT_CONFIG;
use relsign::ops::workspace::Workspace;
use relsign::ops::write::{identity, open, policy, sign};
use relsign::parse::digests::sha256;
use relsign::parse::policy_presets::{Preset, PresetInputs, preset_policy};

use super::place;

const CHECKLIST: &str = "# Release\n\n- [ ] Tests pass (@jchen)\n- [ ] Notes are written (@jchen)\n";

/// Keeps what it hears.
#[derive(Debug, Clone, Default)]
struct Heard(Arc<Mutex<Vec<Notice>>>);

impl Listener for Heard {
    fn notice(&self, notice: Notice) {
        self.0.lock().unwrap().push(notice);
    }
}

pub(crate) struct House {
    pub(crate) session: Session,
    pub(crate) repository: Repository,
    path: PathBuf,
    heard: Heard,
    _folder: tempfile::TempDir,
}

impl House {
    /// Makes a repository with a policy in force, and tags v1.0.0.
    pub(crate) fn new() -> Self {
        let folder = place::folder("house");
        let path = folder.path().join("project");
        git(folder.path(), &["init", "-q", "-b", "main", "project"]);
        std::fs::write(path.join("CHECKLIST.md"), CHECKLIST).unwrap();
        git(&path, &["add", "."]);
        git(&path, &["commit", "-q", "-m", "first"]);
        let file = folder.path().join("key");
        let key = FileKey::generate(&file, "jchen").unwrap();
        let heard = Heard::default();
        let session = Session {
            now: "2026-03-01T12:00:00Z".parse().unwrap(),
            started: std::time::Instant::now(),
            zone: Arc::new(LazyLock::new(|| jiff::tz::TimeZone::UTC)),
            directory: path.clone(),
            keys: Sources { option: Some(file.display().to_string()), ..Sources::default() },
            committer_name: Some("J Chen".to_owned()),
            committer_email: Some("jchen@example.com".to_owned()),
            interactive: false,
            dry_run: false,
            listener: Arc::new(heard.clone()),
        };
        let repository = Repository::open(&path).unwrap();
        let house = Self { session, repository, path, heard, _folder: folder };
        house.begin(SigningKey::File(Box::new(key)));
        house.tag("v1.0.0");
        house
    }

    fn begin(&self, key: SigningKey) {
        let handle: Handle = "@jchen".parse().unwrap();
        let inputs = PresetInputs {
            since: None,
            repository: sign::nonce().unwrap(),
            handle: &handle,
            name: "J Chen",
            emails: &["jchen@example.com".to_owned()],
            key: &key.public().text(),
            tags: "v*",
            checklist: "CHECKLIST.md",
            branch: "main",
            forges: &[],
            bots: &[],
        };
        let text = preset_policy(Preset::Solo, &inputs).unwrap();
        let who = Principal::Person(handle);
        let root = policy::begin(&self.session, &self.repository, &text, (&who, &key), None).unwrap();
        self.repository.config_set(ROOT_CONFIG, &format!("SHA256:{root}")).unwrap();
    }

    pub(crate) fn workspace(&self) -> Workspace {
        Workspace::load(&self.repository, None).unwrap()
    }

    /// Opens a release on a tag.
    pub(crate) fn open(&self, work: &Workspace, tag: &str) -> RecordId {
        let identity = identity::identify(&self.session, &self.repository, work).unwrap();
        let name = format!("refs/tags/{tag}").parse().unwrap();
        let loaded = releases::load(&self.repository, work, &name, self.session.now, None).unwrap();
        let object = loaded.tag.facts.object.clone().unwrap();
        let bytes = checklists::read(&self.repository, &loaded.tag.tree.unwrap(), "CHECKLIST.md").unwrap();
        let checklist = checklists::parse("CHECKLIST.md", &bytes).unwrap();
        let component = work.policy().component_for(&name).unwrap();
        let environment = component.first_environment();
        let terms = Terms { tag: &name, release_type: ReleaseType::Normal, component: &component.name, environment: &environment };
        let plan = resolve::resolve(&checklist, resolve::source("CHECKLIST.md", sha256(&bytes)), work.policy(), terms);
        let range = self.repository.range(None, &object.commit).unwrap();
        let origin = makers::origin(work.policy(), loaded.tag.tag.as_ref(), range);
        let record = Open {
            title: plan.title,
            environment: environment.clone(),
            release_type: ReleaseType::Normal,
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
            since: None,
            given: Vec::new(),
            implementers: origin.implementers,
            previous: None,
            commits: origin.commits,
            requester: None,
            reason: None,
            ticket: None,
            security_impact: None,
            window: plan.window,
            artifacts: Vec::new(),
        };
        let tag = (&loaded.tag, &object);
        open::open(&self.session, &self.repository, work, &identity, tag, (record, None), Vec::new()).unwrap().0
    }

    /// Tags what is checked out.
    pub(crate) fn tag(&self, name: &str) {
        git(&self.path, &["tag", "-a", "-m", "release", name]);
    }

    /// Makes a commit on the branch.
    pub(crate) fn commit(&self, message: &str) -> ObjectId {
        git(&self.path, &["commit", "-q", "--allow-empty", "-m", message]);
        self.id("HEAD")
    }

    pub(crate) fn id(&self, name: &str) -> ObjectId {
        git(&self.path, &["rev-parse", name]).parse().unwrap()
    }

    /// Gives what was said, warned of and advised so far.
    pub(crate) fn heard(&self) -> Vec<Notice> {
        self.heard.0.lock().unwrap().clone()
    }
}

/// Runs git without anybody's configuration, which must succeed, and gives what it printed.
fn git(directory: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(directory).env_clear().args(args);
    command.envs(std::env::var_os("PATH").map(|value| ("PATH", value)));
    command.env("HOME", directory).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "J Chen").env(format!("GIT_{who}_EMAIL"), "jchen@example.com");
        command.env(format!("GIT_{who}_DATE"), "2026-01-01T00:00:00Z");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}
