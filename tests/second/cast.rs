//! Who takes part: people and machines with fixed keys, and policies that differ in what they ask and allow.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, Mutex};

use ed25519_dalek::{Signer, SigningKey};
use relsign::model::ids::{Principal, Sha256Digest};
use relsign::model::policy::{Policy, PolicyVersion};
use relsign::model::record::NAMESPACE;
use relsign::parse::policy::parse_version;
use relsign::parse::public_key::{KnownKeys, PublicKey, ed25519_wire};
use relsign::sign::keyring::Keyring;
use relsign::sign::sshsig::{SshSig, signed_data};
use sha2::{Digest, Sha256};

use crate::chance::Chance;

/// Every key by name; what comes before a dash names the holder.
pub(crate) const KEYS: &[&str] =
    &["olga", "rita", "rita-two", "rolf", "sam", "sam-two", "dana", "quin", "ivan", "tara", "hank", "ci", "bot"];

/// The machines among the holders.
const MACHINES: &[&str] = &["ci", "bot"];

struct Held {
    secret: SigningKey,
    public: PublicKey,
    hardware: bool,
}

static HELD: LazyLock<BTreeMap<&str, Held>> = LazyLock::new(|| {
    let held = |(name, seed): (&&'static str, u8)| {
        let secret = SigningKey::from_bytes(&[seed; 32]);
        let hardware = *name == "hank";
        let wire = if hardware { hardware_wire(&secret) } else { ed25519_wire(secret.verifying_key().as_bytes()) };
        (*name, Held { public: PublicKey::from_wire(&wire).unwrap(), secret, hardware })
    };
    KEYS.iter().zip(1..).map(held).collect()
});

fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap().to_be_bytes());
    out.extend_from_slice(bytes);
}

fn hardware_wire(secret: &SigningKey) -> Vec<u8> {
    let mut out = Vec::new();
    put_string(&mut out, b"sk-ssh-ed25519@openssh.com");
    put_string(&mut out, secret.verifying_key().as_bytes());
    put_string(&mut out, b"ssh:");
    out
}

pub(crate) fn public(name: &str) -> &'static PublicKey {
    &HELD[name].public
}

/// Signs as the program does, without verifying what was just made.
pub(crate) fn sign(name: &str, message: &[u8]) -> Vec<u8> {
    let held = &HELD[name];
    let data = signed_data(NAMESPACE, message);
    let mut inner = Vec::new();
    if held.hardware {
        let mut device = Sha256::digest(b"ssh:").to_vec();
        device.push(1);
        device.extend_from_slice(&9_u32.to_be_bytes());
        device.extend_from_slice(&Sha256::digest(&data));
        put_string(&mut inner, b"sk-ssh-ed25519@openssh.com");
        put_string(&mut inner, &held.secret.sign(&device).to_bytes());
        inner.push(1);
        inner.extend_from_slice(&9_u32.to_be_bytes());
    } else {
        put_string(&mut inner, b"ssh-ed25519");
        put_string(&mut inner, &held.secret.sign(&data).to_bytes());
    }
    SshSig::blob_of(held.public.wire(), NAMESPACE, &inner)
}

pub(crate) fn holder(key: &str) -> Principal {
    let name = key.split('-').next().unwrap();
    if MACHINES.contains(&name) { format!("machine:{name}").parse().unwrap() } else { format!("@{name}").parse().unwrap() }
}

/// Every key that a policy may list, so that all are known; a policy that doesn't list one gives it no authority.
pub(crate) static KEYRING: LazyLock<Keyring> = LazyLock::new(|| {
    let mut keyring = Keyring::new();
    for name in KEYS {
        keyring.add(holder(name), public(name).clone()).unwrap();
    }
    keyring
});

/// What a policy asks and allows, in as far as policies differ here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rules {
    pub(crate) reviews: u32,
    pub(crate) role: Option<&'static str>,
    pub(crate) evidence: bool,
    pub(crate) hardware_label: bool,
    pub(crate) max_age: Option<u32>,
    pub(crate) record_age: Option<u32>,
    pub(crate) waiver: u32,
    pub(crate) label_waiver: Option<u32>,
    pub(crate) over_reject: u32,
    pub(crate) disregard: u32,
    pub(crate) redact: u32,
    pub(crate) previous: u32,
    pub(crate) owner_reviews: bool,
    pub(crate) tagger_reviews: bool,
    pub(crate) implementer_reviews: bool,
    pub(crate) unknown_refuses: bool,
    pub(crate) bots_listed: bool,
    pub(crate) tags_signed: bool,
    /// How many people decide, and a role that one of them holds.
    pub(crate) decide_people: u32,
    pub(crate) decide_role: Option<&'static str>,
    /// Who may break glass, act, move stages, roll back and close, where that is said.
    pub(crate) break_glass: Option<&'static str>,
    pub(crate) act: Option<&'static str>,
    pub(crate) stage: Option<&'static str>,
    pub(crate) rollback: Option<&'static str>,
    pub(crate) close: Option<&'static str>,
    /// An action that every release has to have done, by what it blocks.
    pub(crate) required: Option<&'static str>,
    /// A branch only moves to releases.
    pub(crate) gated: bool,
    pub(crate) skew: u32,
    /// Who may reject, decide and waive: lists of names.
    pub(crate) reject: &'static str,
    pub(crate) decide: &'static str,
    pub(crate) waive: &'static str,
    /// Keys that are not active: state, and since when where it is said.
    pub(crate) keys: BTreeMap<&'static str, (&'static str, Option<u32>)>,
    /// Keys that are not listed.
    pub(crate) unlisted: BTreeSet<&'static str>,
    /// People with other roles than they begin with.
    pub(crate) roles: BTreeMap<&'static str, &'static str>,
    /// What is changed in the text afterwards: operators by their number, each with what its choices begin with.
    pub(crate) amended: Vec<(usize, u64)>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            reviews: 1,
            role: None,
            evidence: false,
            hardware_label: false,
            max_age: None,
            record_age: None,
            waiver: 1,
            label_waiver: None,
            over_reject: 2,
            disregard: 2,
            redact: 2,
            previous: 2,
            owner_reviews: false,
            tagger_reviews: false,
            implementer_reviews: false,
            unknown_refuses: true,
            bots_listed: false,
            tags_signed: false,
            decide_people: 1,
            decide_role: None,
            break_glass: None,
            act: None,
            stage: None,
            rollback: None,
            close: None,
            required: None,
            gated: false,
            skew: 300,
            reject: r#""release-manager", "qa", "sre""#,
            decide: r#""release-manager""#,
            waive: r#""release-manager", "sre""#,
            keys: BTreeMap::new(),
            unlisted: BTreeSet::new(),
            roles: BTreeMap::new(),
            amended: Vec::new(),
        }
    }
}

const ROLES: &[(&str, &str)] = &[
    ("olga", ""),
    ("rita", r#""release-manager""#),
    ("rolf", r#""release-manager""#),
    ("sam", r#""sre", "security""#),
    ("dana", r#""sre""#),
    ("quin", r#""qa""#),
    ("ivan", r#""qa", "sre""#),
    ("tara", r#""qa", "sre""#),
    ("hank", r#""sre", "security""#),
];

impl Rules {
    fn key_list(&self, holder: &str) -> String {
        let of = KEYS.iter().filter(|key| key.split('-').next() == Some(holder) && !self.unlisted.contains(**key));
        let entry = |key: &&str| {
            let text = public(key).text();
            match self.keys.get(key) {
                Some((state, Some(since))) => format!(r#"{{ key = "{text}", state = "{state}", since = {since} }}"#),
                Some((state, None)) => format!(r#"{{ key = "{text}", state = "{state}" }}"#),
                None => format!(r#"{{ key = "{text}" }}"#),
            }
        };
        of.map(entry).collect::<Vec<_>>().join(", ")
    }

    fn text(&self) -> String {
        let mut text = String::from(
            "format = 1\nrepository = \"00112233445566778899aabbccddeeff\"\n[owners]\npeople = [\"@olga\"]\nthreshold = 1\n\
             [role.release-manager]\n[role.sre]\n[role.qa]\n[role.security]\n",
        );
        for (name, roles) in ROLES {
            let roles = self.roles.get(name).unwrap_or(roles);
            text += &format!("[person.{name}]\nroles = [{roles}]\nkeys = [{}]\n", self.key_list(name));
        }
        text += &format!("[machine.ci]\nkeys = [{}]\nmay = [\"check\", \"read\"]\n", self.key_list("ci"));
        text += &format!("[machine.bot]\nkeys = [{}]\nmay = [\"check\", \"stage\", \"receipt\"]\n", self.key_list("bot"));
        text += "[[component]]\nname = \"main\"\ntags = \"v*\"\nchecklist = \"RELEASE.md\"\n\
                 environments = [\"production\", \"staging\"]\n";
        let list = |role: Option<&str>| role.map(|role| format!("roles = [\"{role}\"]\n")).unwrap_or_default();
        text += &format!("[[rule]]\nphase = [\"before\"]\nreviews = {}\n{}", self.reviews, list(self.role));
        if self.evidence {
            text += "evidence = true\n";
        }
        if let Some(age) = self.max_age {
            text += &format!("max_age = \"{age}h\"\n");
        }
        if self.hardware_label {
            text += "[[rule]]\nlabel = [\"risky\"]\nreviews = 1\nhardware_key = true\n";
        }
        if let Some(people) = self.label_waiver {
            text += &format!("[[rule]]\nlabel = [\"risky\"]\nwaiver_people = {people}\n");
        }
        let unknown = if self.unknown_refuses { "refuse" } else { "note" };
        text += &format!(
            "[separation]\nowner_may_review = {}\ntagger_may_review = {}\nimplementer_may_review = {}\nunknown_identity = \"{unknown}\"\n",
            self.owner_reviews, self.tagger_reviews, self.implementer_reviews
        );
        if self.bots_listed {
            text += "bot_commits = \"listed\"\n";
        }
        text += &format!(
            "[authority]\nrelease_managers = [\"release-manager\"]\nreject = [{}]\ndecide = [{}]\nwaive = [{}]\n",
            self.reject, self.decide, self.waive
        );
        let given = [
            ("break_glass", self.break_glass),
            ("action", self.act),
            ("stage", self.stage),
            ("rollback", self.rollback),
            ("close", self.close),
        ];
        for (right, to) in given {
            if let Some(to) = to {
                text += &format!("{right} = [{to}]\n");
            }
        }
        text += &format!(
            "[thresholds]\nwaiver = {}\nover_reject = {}\ndisregard = {}\nredact = {}\nprevious = {}\n",
            self.waiver, self.over_reject, self.disregard, self.redact, self.previous
        );
        text += &format!("decide = {}\n", self.decide_people);
        if let Some(role) = self.decide_role {
            text += &format!("decide_roles = [\"{role}\"]\n");
        }
        if let Some(blocks) = self.required {
            text += &format!("[[action]]\nid = \"notify\"\ntext = \"tell them\"\nassignee = \"sre\"\nblocks = \"{blocks}\"\n");
        }
        if self.gated {
            text += "[[gated]]\nref = \"refs/heads/live\"\ncomponent = \"main\"\nenvironment = \"production\"\n";
        }
        text += &format!("[tags]\nsigned = \"{}\"\n", if self.tags_signed { "required" } else { "optional" });
        text += &format!("[limits]\nclock_skew = \"{}s\"\n", self.skew);
        if let Some(age) = self.record_age {
            text += &format!("record_age = \"{age}h\"\n");
        }
        text
    }

    /// Gives the text with what is changed in it; nothing where there was nothing to change.
    pub(crate) fn amended_text(&self) -> Option<String> {
        let mut text: toml::Table = self.text().parse().expect("it is TOML");
        for (operator, seed) in &self.amended {
            if !crate::restrict::operator(*operator)(&mut text, &mut Chance::new(*seed)) {
                return None;
            }
        }
        Some(text.to_string())
    }

    /// Reads them as a policy; nothing where nothing was there to change, or where the reader refuses the text.
    pub(crate) fn amended_policy(&self) -> Option<Result<Policy, String>> {
        static READ: LazyLock<Mutex<BTreeMap<Rules, Policy>>> = LazyLock::new(Mutex::default);
        static KNOWN: LazyLock<Mutex<KnownKeys>> = LazyLock::new(Mutex::default);
        if let Some(policy) = READ.lock().unwrap().get(self) {
            return Some(Ok(policy.clone()));
        }
        let text = if self.amended.is_empty() { self.text() } else { self.amended_text()? };
        let parsed = parse_version(text.as_bytes(), &mut KNOWN.lock().unwrap());
        let policy = parsed.map(|parsed| parsed.policy).map_err(|problems| format!("{problems:#?}\n{text}"));
        if let Ok(policy) = &policy {
            let mut read = READ.lock().unwrap();
            // What was changed is asked for again soon, and then no more.
            if read.len() > 500 {
                read.retain(|rules, _| rules.amended.is_empty());
            }
            read.insert(self.clone(), policy.clone());
        }
        Some(policy)
    }

    /// Reads them as a policy; one that was read before is not read again.
    pub(crate) fn policy(&self) -> Policy {
        let policy = self.amended_policy().expect("there is something to change");
        policy.unwrap_or_else(|problems| panic!("{problems}"))
    }

    pub(crate) fn version(&self, number: u32) -> PolicyVersion {
        PolicyVersion { version: number, digest: policy_digest(number).into(), policy: self.policy(), anchors: BTreeSet::new() }
    }
}

pub(crate) fn policy_digest(number: u32) -> Sha256Digest {
    Sha256Digest::from_bytes([0x50 + u8::try_from(number).unwrap(); 32])
}
