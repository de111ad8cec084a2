//! The policy: who may sign, and what is enough.
//!
//! A [`Policy`] is one version of the rules, already validated: [`crate::parse::policy`] is what makes one. All
//! questions that commands and the verdict ask of it are methods here, and pure. What the [`chain`] of versions adds
//! is the same questions at a version, and every key that was ever listed.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::ids::{
    Environment, Fingerprint, Handle, MachineName, Nonce, ObjectId, PolicyDigest, Principal, RoleName, RootDigest, TagName,
};
use super::record::{After, Blocks, Implementers, NotBy, Owner, ReleaseType, Requirements};

pub mod chain;
pub mod freeze;
pub mod occurrence;
pub mod pattern;
mod requirement;
mod revocation;
mod rights;

pub use chain::{KeyHistory, KeyStanding, PolicyChain, PolicyVersion, Side};
pub use freeze::{FreezeSpan, FreezeWindow, WeekTime, YearTime};
pub use occurrence::{Occurrence, UnknownZone, bundled_zone};
pub use pattern::Pattern;
pub use requirement::{Condition, ItemFacts, Rule, is_at_least};
pub use revocation::revoked;
pub use rights::{Grantees, Right, WhoMay};

/// One validated version of the policy.
#[derive(Debug, Clone)]
pub struct Policy {
    contents: Contents,
    /// Lower-case e-mail address to the one person it belongs to.
    emails: BTreeMap<String, Handle>,
}

/// What a policy holds; in a [`Policy`] every name in it is known and every key has one holder.
///
/// Two of them are equal where they rule the same: the chain tells by that whether a step does nothing but revoke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The random 128 bits that make the root digests of two repositories differ.
    pub repository: Nonce,
    /// The root whose place this one takes, because nobody could change its policy any more.
    pub former: Option<Former>,
    /// Who accepts the next version of the policy.
    pub owners: Owners,
    /// The people.
    pub people: BTreeMap<Handle, Person>,
    /// The machines.
    pub machines: BTreeMap<MachineName, Machine>,
    /// The roles, each with its description, which may be empty.
    pub roles: BTreeMap<RoleName, String>,
    /// The parts of the repository that are released, in the order in which a tag is looked up.
    pub components: Vec<Component>,
    /// What items need.
    pub rules: Vec<Rule>,
    /// Who must not be the same person.
    pub separation: Separation,
    /// The roles and people to whom unowned items and rights that the file doesn't mention fall.
    pub release_managers: Grantees,
    /// To whom each right is given; complete, the file's omissions being filled in.
    pub authority: BTreeMap<Right, Grantees>,
    /// How many people certain acts take.
    pub thresholds: Thresholds,
    /// Whether release tags must be signed.
    pub tags_signed: bool,
    /// Refs that only go forward.
    pub refs: Refs,
    /// Refs that only a release in GO moves.
    pub gates: Vec<Gate>,
    /// Freeze windows.
    pub freezes: Vec<FreezeWindow>,
    /// What every release of some types has to have done besides its items.
    pub actions: Vec<RequiredAction>,
    /// Sizes and times.
    pub limits: Limits,
}

/// What a new root says of the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Former {
    /// The superseded root.
    pub root: RootDigest,
    /// The last version of its policy.
    pub version: u32,
    /// The digest of that version.
    pub digest: PolicyDigest,
}

/// The people who own the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owners {
    /// Who they are.
    pub people: BTreeSet<Handle>,
    /// How many of them must sign a new version.
    pub threshold: u32,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Person {
    /// The full name.
    pub name: Option<String>,
    /// E-mail addresses in lower case, by which commits are known as theirs.
    #[serde(skip)]
    pub emails: BTreeSet<String>,
    /// The roles they hold.
    pub roles: BTreeSet<RoleName>,
    /// Their keys in the file's order.
    pub keys: Vec<KeyEntry>,
}

impl Person {
    /// Whether the person can sign at all: one key at least is active.
    pub fn is_active(&self) -> bool {
        self.keys.iter().any(|key| key.state == KeyState::Active)
    }
}

/// A machine; it is never counted as a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// What it is, for people to read.
    pub name: Option<String>,
    /// Its keys in the file's order.
    pub keys: Vec<KeyEntry>,
    /// What it may sign: of [`Right::Check`], [`Right::Receipt`], [`Right::Stage`] and [`Right::Read`].
    pub may: BTreeSet<Right>,
}

/// One listed key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeyEntry {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// The public key as the SSH wire format has it.
    #[serde(skip)]
    pub wire: Vec<u8>,
    /// Key type and base64, as in authorized_keys, without a comment.
    #[serde(skip)]
    pub text: String,
    /// Active, retired or compromised.
    pub state: KeyState,
    /// The version since which the state holds, where the policy says so.
    pub since: Option<u32>,
    /// It lives on a hardware token (`sk-…`).
    pub hardware: bool,
}

words! {
    /// What a listed key is good for.
    KeyState {
        /// Its signatures count.
        Active = "active",
        /// New signatures don't count; old ones stand.
        Retired = "retired",
        /// Somebody else may have it: what was not settled before is void.
        Compromised = "compromised",
    }
}

/// A part of the repository that is released by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Component {
    /// Its name, unique in the policy.
    pub name: String,
    /// The short names of its release tags.
    #[schemars(with = "String")]
    pub tags: Pattern,
    /// The path of its checklist in the tagged tree.
    pub checklist: String,
    /// Where it may be released to, the first being meant where none is named.
    pub environments: Vec<Environment>,
    /// The commit after which its first release begins; without one that holds all of history.
    #[serde(skip)]
    pub since: Option<ObjectId>,
}

impl Component {
    /// Returns the environment that is meant where nobody names one.
    pub fn first_environment(&self) -> Environment {
        self.environments.first().cloned().unwrap_or_else(Environment::production)
    }

    /// Whether the component may be released to an environment; to any where the policy lists none.
    pub fn goes_to(&self, environment: &Environment) -> bool {
        self.environments.is_empty() || self.environments.contains(environment)
    }
}

/// Separation of duties; everything that is false is forbidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Separation {
    /// An item's owner may also count as its reviewer.
    pub owner_may_review: bool,
    /// Whoever made the tag may review.
    pub tagger_may_review: bool,
    /// Whoever has commits in the range may review.
    pub implementer_may_review: bool,
    /// A commit identity that the policy maps to nobody fails the rule; otherwise it is only noted.
    pub unknown_identity_refuses: bool,
    /// Addresses in lower case under which a forge makes commits of what people wrote; as committer they are nobody's.
    pub forges: BTreeSet<String>,
    /// Addresses of bots in lower case; in commits they are nobody's.
    pub bots: BTreeSet<String>,
    /// A commit in which no person stands is listed; otherwise it fails the rule as an unknown identity does.
    pub bot_commits_listed: bool,
}

impl Default for Separation {
    fn default() -> Self {
        Self {
            owner_may_review: false,
            tagger_may_review: false,
            implementer_may_review: false,
            unknown_identity_refuses: true,
            forges: BTreeSet::new(),
            bots: BTreeSet::new(),
            bot_commits_listed: false,
        }
    }
}

impl Separation {
    /// Returns the word of the file for what becomes of commits in which no person stands.
    pub const fn bot_commits(&self) -> &'static str {
        if self.bot_commits_listed { "listed" } else { "refuse" }
    }

    /// Whether authors whom the policy does not know keep reviews from counting.
    pub const fn unknown_blocks(&self) -> bool {
        self.unknown_identity_refuses && !self.implementer_may_review
    }

    /// Whether an address is one of a bot.
    pub fn is_bot(&self, email: &str) -> bool {
        self.bots.contains(&address(email))
    }

    /// Names the commits in which no person stands, where the rule takes that for an unknown author and there are any.
    pub fn refused_bot_commits(&self, implementers: &Implementers) -> Option<String> {
        let refuses = self.unknown_identity_refuses && !self.bot_commits_listed;
        implementers.told_bot_commits().filter(|_| refuses)
    }

    /// Whether an address is one of a forge.
    pub fn is_forge(&self, email: &str) -> bool {
        self.forges.contains(&address(email))
    }
}

/// Returns an address as policies hold it. ASCII only: there are letters beyond it whose lower case is an ASCII letter.
fn address(email: &str) -> String {
    email.trim().to_ascii_lowercase()
}

/// How many different people certain acts take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds {
    /// To waive an item, unless a rule asks for more or forbids it.
    pub waiver: u32,
    /// To waive over somebody's reject; at least 2.
    pub over_reject: u32,
    /// To set a record's absence aside; at least 2.
    pub disregard: u32,
    /// To let evidence be erased; at least 2.
    pub redact: u32,
    /// To name the previous release by hand; at least 2.
    pub previous: u32,
    /// To grant a freeze exception.
    pub exception: u32,
    /// To decide that a release may go out.
    pub decide: u32,
    /// The roles of which each must be held by one of those who decide so.
    pub decide_roles: Vec<RoleName>,
}

/// An action that the policy requires of releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredAction {
    /// Its id.
    pub id: String,
    /// What is to be done.
    pub text: String,
    /// The types of release; every type where none is named.
    pub types: BTreeSet<ReleaseType>,
    /// By whom.
    pub assignee: Option<Owner>,
    /// By when.
    pub after: Option<After>,
    /// What it holds up while it is open.
    pub blocks: Option<Blocks>,
    /// Who may not settle it.
    pub not_by: Option<NotBy>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { waiver: 1, over_reject: 2, disregard: 2, redact: 2, previous: 2, exception: 2, decide: 1, decide_roles: Vec::new() }
    }
}

/// Refs whose movement is judged when somebody pushes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refs {
    /// May not be deleted or rewound.
    pub protected: Vec<Pattern>,
}

/// A gate: refs that only move to the commit of a release in GO, and which release that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// The refs.
    pub ref_name: Pattern,
    /// The component whose release opens it.
    pub component: String,
    /// The environment for which that release is in GO.
    pub environment: Environment,
}

/// Sizes and times that records are held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of one piece of evidence.
    pub evidence_bytes: u64,
    /// How much later than its claimed time a record may arrive at a server, in seconds; nothing means any.
    pub max_backdate: Option<u64>,
    /// How far in the future a claimed time may lie because clocks differ, in seconds.
    pub clock_skew: u64,
    /// Words on items older than this at the decision don't count, whatever the rules say, in seconds.
    pub record_age: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { evidence_bytes: 10 << 20, max_backdate: None, clock_skew: 300, record_age: None }
    }
}

impl Policy {
    /// Takes validated contents; only the parser calls it.
    pub(crate) fn from_contents(contents: Contents) -> Self {
        let emails = contents
            .people
            .iter()
            .flat_map(|(handle, person)| person.emails.iter().map(move |email| (email.clone(), handle.clone())))
            .collect();
        Self { contents, emails }
    }

    /// Returns everything that the policy says.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// Finds a person.
    pub fn person(&self, handle: &Handle) -> Option<&Person> {
        self.contents.people.get(handle)
    }

    /// Finds a machine.
    pub fn machine(&self, name: &MachineName) -> Option<&Machine> {
        self.contents.machines.get(name)
    }

    /// Whether a role is declared.
    pub fn is_role(&self, role: &RoleName) -> bool {
        self.contents.roles.contains_key(role)
    }

    /// Whether a person holds a role; what the keys are good for is another question.
    pub fn holds_role(&self, handle: &Handle, role: &RoleName) -> bool {
        self.person(handle).is_some_and(|person| person.roles.contains(role))
    }

    /// Returns the people who have an active key, sorted.
    pub fn active_people(&self) -> impl Iterator<Item = (&Handle, &Person)> {
        self.contents.people.iter().filter(|(_, person)| person.is_active())
    }

    /// Returns those of them whom the policy gives a right.
    pub fn people_with(&self, right: Right) -> impl Iterator<Item = &Handle> {
        let may = move |handle: &&Handle| self.may(&Principal::Person((*handle).clone()), right);
        self.active_people().map(|(handle, _)| handle).filter(may)
    }

    /// Returns those of them who hold a role.
    pub fn holders(&self, role: &RoleName) -> Vec<Handle> {
        let holders = self.active_people().filter(|(_, person)| person.roles.contains(role));
        holders.map(|(handle, _)| handle.clone()).collect()
    }

    /// Whether a person is among those whom a list names, themselves or by a role.
    pub fn is_among(&self, handle: &Handle, grantees: &Grantees) -> bool {
        self.person(handle).is_some_and(|person| {
            grantees.everyone || grantees.people.contains(handle) || person.roles.iter().any(|role| grantees.roles.contains(role))
        })
    }

    /// Whether the policy gives a principal a right; what their keys are good for is another question.
    pub fn may(&self, principal: &Principal, right: Right) -> bool {
        // Whoever moves stages says what they are moved on.
        if right == Right::Read && self.may(principal, Right::Stage) {
            return true;
        }
        match principal {
            Principal::Person(handle) => {
                self.contents.authority.get(&right).is_some_and(|grantees| self.is_among(handle, grantees))
            }
            Principal::Machine(name) => self.machine(name).is_some_and(|machine| machine.may.contains(&right)),
        }
    }

    /// Returns the people and machines who may, for messages.
    pub fn who_may(&self, right: Right) -> WhoMay {
        let mut who = self.contents.authority.get(&right).map(|grantees| self.who_is(grantees)).unwrap_or_default();
        let machines = self.contents.machines.iter().filter(|(_, machine)| machine.may.contains(&right));
        who.machines = machines.map(|(name, _)| Principal::Machine(name.clone()).to_string()).collect();
        who
    }

    /// Returns everybody with an active key who may grant an exception from a freeze that names `grant`, or names nobody.
    pub fn able_to_grant(&self, grant: Option<&Grantees>) -> impl Iterator<Item = &Handle> {
        let grantees = grant.or_else(|| self.contents.authority.get(&Right::Grant)).cloned().unwrap_or_default();
        self.active_people().map(|(handle, _)| handle).filter(move |handle| self.is_among(handle, &grantees))
    }

    /// Whether as many people may grant an exception as it takes.
    pub fn can_grant(&self, grant: Option<&Grantees>) -> bool {
        self.able_to_grant(grant).nth(self.thresholds().exception.max(1) as usize - 1).is_some()
    }

    /// Returns the people behind a list, for messages.
    pub fn who_is(&self, grantees: &Grantees) -> WhoMay {
        WhoMay {
            everyone: grantees.everyone,
            roles: grantees.roles.iter().map(|role| (role.clone(), self.holders(role))).collect(),
            people: grantees.people.iter().filter(|handle| self.person(handle).is_some_and(Person::is_active)).cloned().collect(),
            machines: Vec::new(),
        }
    }

    /// Works out what satisfies an item: the file's own wishes and all rules that apply, the stricter winning.
    pub fn requirements(&self, item: &ItemFacts<'_>) -> Requirements {
        let mut all = requirement::combine(&self.contents.rules, self.contents.thresholds.waiver, item);
        all.max_age = match (all.max_age, self.contents.limits.record_age) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        all
    }

    /// Finds the component that a tag belongs to: the first whose pattern fits.
    pub fn component_for(&self, tag: &TagName) -> Option<&Component> {
        self.contents.components.iter().find(|component| component.tags.matches(tag.short()))
    }

    /// Finds a component by name.
    pub fn component(&self, name: &str) -> Option<&Component> {
        self.contents.components.iter().find(|component| component.name == name)
    }

    /// Finds the person behind a commit's e-mail address, whatever its capitals; names are not looked at, since anyone can
    /// write any.
    pub fn handle_of_email(&self, email: &str) -> Option<&Handle> {
        self.emails.get(&address(email))
    }

    /// Returns every listed key, people's first.
    pub fn keys(&self) -> impl Iterator<Item = (Principal, &KeyEntry)> {
        let people = self
            .contents
            .people
            .iter()
            .flat_map(|(handle, person)| person.keys.iter().map(move |key| (Principal::Person(handle.clone()), key)));
        let machines = self
            .contents
            .machines
            .iter()
            .flat_map(|(name, machine)| machine.keys.iter().map(move |key| (Principal::Machine(name.clone()), key)));
        people.chain(machines)
    }

    /// Finds a listed key and its holder.
    pub fn key(&self, fingerprint: &Fingerprint) -> Option<(Principal, &KeyEntry)> {
        self.keys().find(|(_, key)| key.fingerprint == *fingerprint)
    }

    /// Reads an owner as a checklist names one, with or without `@`: a person's handle wins over a role of the same name.
    pub fn owner_of(&self, text: &str) -> Option<Owner> {
        let text = text.trim();
        if let Some(handle) = Handle::from_user(text).ok().filter(|handle| self.person(handle).is_some()) {
            return Some(Owner::Person(handle));
        }
        let role = text.strip_prefix('@').unwrap_or(text).parse().ok()?;
        self.is_role(&role).then_some(Owner::Role(role))
    }

    /// Whether a person is the owner, or holds the role that is; where an item has no owner, the release managers are.
    pub fn is_owner(&self, handle: &Handle, owner: Option<&Owner>) -> bool {
        match owner {
            Some(Owner::Person(owner)) => owner == handle && self.person(handle).is_some(),
            Some(Owner::Role(role)) => self.holds_role(handle, role),
            None => self.is_among(handle, &self.contents.release_managers),
        }
    }

    /// Whether one person does everything: nobody else has an active key.
    pub fn has_one_person(&self) -> bool {
        self.active_people().count() == 1
    }

    /// Returns the roles and people to whom unowned items fall.
    pub fn release_managers(&self) -> &Grantees {
        &self.contents.release_managers
    }

    /// Returns how many people certain acts take.
    pub fn thresholds(&self) -> &Thresholds {
        &self.contents.thresholds
    }

    /// Returns the owners who can sign today, sorted.
    pub fn active_owners(&self) -> Vec<&Handle> {
        let owners = self.contents.owners.people.iter();
        owners.filter(|handle| self.person(handle).is_some_and(Person::is_active)).collect()
    }
}
