//! The first policy of a repository, by preset: a commented file to be read and changed by people.

use std::fmt::Write;

use crate::model::ids::{Handle, InvalidId, Nonce, ObjectId};
use crate::model::problem::Problem;
use crate::parse::policy::parse_policy;

/// How strict a first policy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Preset {
    /// One person does everything, and the record of it is the point.
    Solo,
    /// Maintainers who look at each other's items, and contributors whom the policy need not know.
    OpenSource,
    /// Every item before the decision is looked at by somebody who did not do it.
    Team,
    /// As a team, with evidence, signed tags, two people for every waiver, and words that grow old.
    Regulated,
}

impl Preset {
    /// Every preset, from the least strict.
    pub const ALL: &'static [Self] = &[Self::Solo, Self::OpenSource, Self::Team, Self::Regulated];

    /// Returns the name as people type it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Solo => "solo",
            Self::OpenSource => "open-source",
            Self::Team => "team",
            Self::Regulated => "regulated",
        }
    }

    /// Returns the role of whoever runs releases.
    const fn lead(self) -> &'static str {
        match self {
            Self::OpenSource => "maintainer",
            Self::Solo | Self::Team | Self::Regulated => "release-manager",
        }
    }
}

impl std::str::FromStr for Preset {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let found = Self::ALL.iter().find(|preset| preset.as_str() == text).copied();
        found.ok_or_else(|| InvalidId::new("a preset (solo, open-source, team or regulated)", text))
    }
}

/// What a first policy is about.
#[derive(Debug, Clone)]
pub struct PresetInputs<'a> {
    /// The random bits that make this repository's root its own.
    pub repository: Nonce,
    /// Who sets relsign up, and owns the policy for now.
    pub handle: &'a Handle,
    /// Their name.
    pub name: &'a str,
    /// The addresses on their commits.
    pub emails: &'a [String],
    /// Their public key, as in a .pub file.
    pub key: &'a str,
    /// The pattern of release tags, such as `v*`.
    pub tags: &'a str,
    /// The path of the checklist.
    pub checklist: &'a str,
    /// The branch that is protected.
    pub branch: &'a str,
    /// The addresses under which a forge commits what others wrote.
    pub forges: &'a [String],
    /// The addresses of bots.
    pub bots: &'a [String],
    /// The commit after which the first release begins, and what it is called.
    pub since: Option<(ObjectId, &'a str)>,
}

/// Writes the policy file of a preset.
///
/// # Errors
/// Returns the problems of the file where the inputs make one that can't be used, such as a key of another type.
pub fn preset_policy(preset: Preset, inputs: &PresetInputs<'_>) -> Result<String, Vec<Problem>> {
    let mut text = head(preset, inputs);
    let rules = match preset {
        Preset::Solo => include_str!("presets/solo.toml"),
        Preset::OpenSource => include_str!("presets/open-source.toml"),
        Preset::Team => include_str!("presets/team.toml"),
        Preset::Regulated => include_str!("presets/regulated.toml"),
    };
    text += &rules.replacen("[separation]\n", &format!("[separation]\n{}", nobodys(inputs)), 1);
    text += &tail(preset, inputs);
    parse_policy(text.as_bytes()).map(|_| text)
}

/// Writes which addresses are nobody's, as history shows them.
fn nobodys(inputs: &PresetInputs<'_>) -> String {
    let mut text = String::new();
    let lists = [
        ("forges", inputs.forges, "A forge commits merges under these addresses; as committers they are nobody's."),
        ("bots", inputs.bots, "These are bots, and nobody's."),
    ];
    for (key, addresses, comment) in lists {
        if !addresses.is_empty() {
            let addresses: Vec<_> = addresses.iter().map(|address| quoted(address)).collect();
            let _ = writeln!(text, "# {comment}\n{key} = [{}]", addresses.join(", "));
        }
    }
    text
}

/// Writes a TOML string, whatever is in the text.
fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

fn head(preset: Preset, inputs: &PresetInputs<'_>) -> String {
    let PresetInputs { repository, handle, name, emails, key, tags, checklist, branch: _, forges: _, bots: _, since } = inputs;
    let lead = preset.lead();
    let emails: Vec<_> = emails.iter().map(|email| quoted(email)).collect();
    let mut text = format!(
        "# Who may sign releases off here, and what is enough. Preset: {}.\n\
         #\n\
         # Change this file like any other. A change takes effect once the owners below have signed it;\n\
         # `relsign policy check` says what is wrong with it before anybody signs.\n\n\
         format = 1\n\
         # Drawn once at random, so that records of another repository mean nothing here. Leave it as it is.\n\
         repository = \"{repository}\"\n\n\
         # The owners accept changes of this file: `threshold` different people among them.\n\
         [owners]\n\
         people = [\"{handle}\"]\n\
         threshold = 1\n\n",
        preset.as_str()
    );
    let _ = write!(
        text,
        "# Roles are what items and rights ask for; people hold them.\n\
         [role.{lead}]\n\
         description = \"opens releases, decides, and owns the items without an owner\"\n\n"
    );
    if matches!(preset, Preset::Team | Preset::Regulated) {
        text += "[role.qa]\ndescription = \"is responsible for testing\"\n\n[role.sre]\ndescription = \"is responsible for operations\"\n\n";
    }
    let _ = write!(
        text,
        "# One table for each person. Commits are known as theirs by `emails`.\n\
         # A key is \"active\", \"retired\" (old signatures stand) or \"compromised\" (say since which policy version).\n\
         [person.{}]\n\
         name = {}\n\
         emails = [{}]\n\
         roles = [\"{lead}\"]\n\
         keys = [\n  {{ key = {}, state = \"active\" }},\n]\n\n",
        handle.name(),
        quoted(name),
        emails.join(", "),
        quoted(key.trim()),
    );
    let _ = write!(
        text,
        "# What is released. A tag belongs to the first component whose pattern it fits.\n\
         [[component]]\n\
         name = \"main\"\n\
         tags = {}\n\
         checklist = {}\n\
         environments = [\"production\"]\n",
        quoted(tags),
        quoted(checklist),
    );
    if let Some((commit, name)) = since {
        let _ = write!(
            text,
            "# The first release begins after this commit, {name}: what came before was not signed off here.\nsince = \"{commit}\"\n"
        );
    }
    text += "\n";
    text
}

fn tail(preset: Preset, inputs: &PresetInputs<'_>) -> String {
    let lead = preset.lead();
    let mut text = format!(
        "# Rights go to roles and to people by handle. Every right that is left out is the release managers',\n\
         # but anybody may reject an item.\n\
         [authority]\n\
         release_managers = [\"{lead}\"]\n\
         open = {{ normal = [\"{lead}\"], hotfix = [\"{lead}\"], emergency = [\"{lead}\"] }}\n\
         decide = [\"{lead}\"]\n\
         reject = [\"everyone\"]\n",
    );
    text += match preset {
        Preset::Solo => "waive = [\"release-manager\"]\n",
        Preset::OpenSource => "waive = [\"maintainer\"]\n",
        Preset::Team | Preset::Regulated => {
            "# Who lets a release go without an item; where that takes two people, a second one has to be among them.\n\
             waive = [\"release-manager\", \"sre\"]\n\
             # Who moves the roll-out from stage to stage, and who rolls it back: also whoever is on call.\n\
             stage = [\"release-manager\", \"sre\"]\n\
             rollback = [\"release-manager\", \"sre\"]\n\
             # Who lets a single change through a freeze; it takes two of them, neither its authors nor who asks.\n\
             grant = [\"release-manager\", \"sre\"]\n"
        }
    };
    let signed = if preset == Preset::Regulated { "required" } else { "optional" };
    let branch = format!("refs/heads/{}", inputs.branch.strip_prefix("refs/heads/").unwrap_or(inputs.branch));
    let _ = write!(
        text,
        "\n# Whether the release tag itself must carry a signature: \"required\" or \"optional\".\n\
         [tags]\n\
         signed = \"{signed}\"\n\n\
         # Protected refs are neither deleted nor rewound.\n\
         [refs]\n\
         protected = [{}]\n",
        quoted(&branch),
    );
    if preset == Preset::Regulated {
        text += "\n# A sign-off must reach a server soon after the time it claims.\n\
                 [limits]\n\
                 max_backdate = \"7d\"\n";
    }
    if preset != Preset::Solo {
        let _ = write!(
            text,
            "\n# When refs are frozen. Also `weekly = {{ from = \"fri 16:00\", to = \"mon 06:00\" }}`, or `once` with dates.\n\
             # [[freeze]]\n\
             # name = \"year-end\"\n\
             # refs = [{}]\n\
             # zone = \"Europe/Berlin\"\n\
             # yearly = {{ from = \"12-20 18:00\", to = \"01-04 08:00\" }}\n\
             # reason = \"holidays\"\n",
            quoted(&branch),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::{Principal, TagName};
    use crate::model::policy::{ItemFacts, Right};
    use crate::model::problem::Level;
    use crate::model::record::{Phase, ReleaseType, RiskClass};

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBXyMpjHwQSGuQV+segFHRuUX2VvPLcDIPzbvUChICSi ana@laptop\n";

    fn write(preset: Preset) -> String {
        let handle = "@ana".parse().unwrap();
        let inputs = PresetInputs {
            repository: Nonce::from_bytes([7; 16]),
            handle: &handle,
            name: "Ana \"the\" Pérez",
            emails: &["Ana@Example.com".to_owned()],
            key: KEY,
            tags: "v*",
            checklist: "docs/RELEASE.md",
            branch: "main",
            forges: &[],
            bots: &[],
            since: None,
        };
        preset_policy(preset, &inputs).unwrap()
    }

    #[test]
    fn every_preset_fits_the_schema() {
        let schema = serde_json::to_value(crate::parse::policy::policy_schema()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for preset in Preset::ALL {
            let json = serde_json::to_value(write(*preset).parse::<toml::Table>().unwrap()).unwrap();
            let errors: Vec<_> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
            assert_eq!(errors, Vec::<String>::new(), "{}", preset.as_str());
        }
    }

    #[test]
    fn every_preset_parses_with_nothing_to_complain_of() {
        for preset in Preset::ALL {
            let text = write(*preset);
            let parsed = parse_policy(text.as_bytes()).unwrap();
            assert!(parsed.warnings.iter().all(|problem| problem.level == Level::Note), "{:?}", parsed.warnings);
            assert!(text.lines().all(|line| line.len() <= 140), "{text}");
            assert_eq!(parsed.policy.person(&"@ana".parse().unwrap()).unwrap().name.as_deref(), Some("Ana \"the\" Pérez"));
            assert_eq!(preset.as_str().parse(), Ok(*preset));
        }
    }

    #[test]
    fn alone_in_a_solo_repository_one_can_open_approve_and_decide() {
        let policy = parse_policy(write(Preset::Solo).as_bytes()).unwrap().policy;
        let ana = Principal::Person("@ana".parse().unwrap());
        for right in
            [Right::Open(ReleaseType::Normal), Right::Open(ReleaseType::Emergency), Right::Decide, Right::Waive, Right::Close]
        {
            assert!(policy.may(&ana, right), "{right}");
        }
        let needs = policy.requirements(&ItemFacts::new(Phase::Before, Some(RiskClass::High), ReleaseType::Normal));
        assert_eq!((needs.reviews, needs.evidence, needs.waiver_people), (0, false, 1));
        assert!(policy.is_owner(ana.person().unwrap(), None));
        assert!(policy.contents().separation.owner_may_review);
        assert_eq!(policy.component_for(&TagName::from_user("v1.0").unwrap()).unwrap().checklist, "docs/RELEASE.md");
        assert!(policy.component_for(&TagName::from_user("x1").unwrap()).is_none());
        assert!(policy.handle_of_email("ANA@example.COM").is_some());
    }

    #[test]
    fn stricter_presets_ask_for_more() {
        let facts = ItemFacts::new(Phase::Before, None, ReleaseType::Hotfix);
        let team = parse_policy(write(Preset::Team).as_bytes()).unwrap().policy;
        let regulated = parse_policy(write(Preset::Regulated).as_bytes()).unwrap().policy;
        let planned = ItemFacts::new(Phase::Before, None, ReleaseType::Normal);
        // No risk is stated, so the rule for high risk holds too.
        assert_eq!((team.requirements(&planned).reviews, team.requirements(&planned).waiver_people), (1, 2));
        let needs = regulated.requirements(&planned);
        assert_eq!((needs.reviews, needs.evidence, needs.max_age, needs.waiver_people), (1, true, Some(30 * 86_400), 2));
        // At night there is one release manager, and one is enough to waive.
        assert_eq!((team.requirements(&facts).waiver_people, regulated.requirements(&facts).waiver_people), (1, 1));
        assert!(regulated.contents().tags_signed && !team.contents().tags_signed);
        assert!(!team.contents().separation.implementer_may_review && team.contents().separation.unknown_identity_refuses);
    }

    #[test]
    fn a_team_of_four_can_meet_or_waive_everything() {
        const KEYS: [&str; 3] = [
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILZ3p/McjoxbNaolVB8YEZclaE+7iCyQAbtjoBILg9MR",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJMH+O70NCbMxJ+7q6hEI2IGfEOiEHMJAyAGqb9L5UGP",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOPWep0CdEUYfiI7KKzTChhO9yAN42OLl2uLzcBOQ5uk",
        ];
        for preset in [Preset::Team, Preset::Regulated] {
            let mut text = write(preset);
            for (name, role, key) in [("ben", "sre", KEYS[0]), ("cy", "qa", KEYS[1]), ("dee", "sre", KEYS[2])] {
                let _ = write!(
                    text,
                    "\n[person.{name}]\nemails = [\"{name}@example.com\"]\nroles = [\"{role}\"]\nkeys = [{{ key = \"{key}\", state = \"active\" }}]\n"
                );
            }
            let parsed = parse_policy(text.as_bytes()).unwrap();
            let few: Vec<_> = parsed.warnings.iter().filter(|problem| problem.code == "policy-too-few-people").collect();
            assert!(few.is_empty(), "{}: {few:?}", preset.as_str());
        }
    }

    #[test]
    fn a_key_of_another_type_makes_no_policy() {
        let handle = "@ana".parse().unwrap();
        let inputs = PresetInputs {
            repository: Nonce::from_bytes([7; 16]),
            handle: &handle,
            name: "Ana",
            emails: &[],
            key: "ssh-rsa AAAA",
            tags: "v*",
            checklist: "R.md",
            branch: "main",
            forges: &[],
            bots: &[],
            since: None,
        };
        assert_eq!(preset_policy(Preset::Solo, &inputs).unwrap_err()[0].code, "policy-key-unsupported");
    }
}
