//! The checklist: what a Markdown or JSON file asks to be signed off, and everything else that it states.
//!
//! Every line of a file belongs to exactly one [`Region`], so that nothing of it is lost: what is not recognised is prose.

use std::collections::BTreeMap;

use super::ids::{Handle, ItemId, RoleName, Sha256Digest};
use super::record::{ItemDue, OpenLimit, Phase, Unread, Window};

mod stated;

pub use self::stated::{
    ActionItem, Cell, Choice, ChoiceLine, DecisionBlock, Entry, Field, Metric, OnCall, ProcedureStep, RiskStatement, RolloutStage,
    ScopeRow, SignOffBlock, Trigger,
};

/// The version of the rules by which a file becomes items; any change of ids, digests or phases raises it.
pub const PARSER_VERSION: u32 = 2;

/// Every version of the rules that a release of relsign had, with the first release that had it. Number 1 was never released.
pub const RELEASED_PARSERS: &[(u32, &str)] = &[(PARSER_VERSION, "0.1.0")];

/// Says which version of relsign reads by the rules of a number.
pub fn reader_of(parser: u32) -> String {
    match RELEASED_PARSERS.iter().find(|(number, _)| *number == parser) {
        Some((_, version)) => format!("relsign {version} reads by them"),
        None if parser > PARSER_VERSION => format!("a version of relsign after {} reads by them", env!("CARGO_PKG_VERSION")),
        None => "no release of relsign reads by them".to_owned(),
    }
}

fn parser_version() -> u32 {
    PARSER_VERSION
}

wire! {
    /// A whole checklist.
    #[derive(Default)]
    pub struct Checklist {
        /// The version of the rules by which it was read ([`PARSER_VERSION`]).
        #[serde(default = "parser_version")]
        pub parser: u32,
        /// What it is called.
        pub title: String,
        /// Every item, in the order of the file.
        pub items: Vec<ChecklistItem>,
        /// Tasks that are no items, because they stand where nobody sees them.
        pub skipped?: Skipped,
        /// What people take for tasks and is none.
        pub unread?: Unread,
        /// The `key: value` lines of the front matter.
        pub front_matter?: Vec<Field>,
        /// Who the front matter assigns it to: the owner of the items without one, if the policy has the name.
        pub default_owner?: Option<Handle>,
        /// The named values of the header and of other places that the model has no field for; the header's stand here in any case.
        pub fields?: Vec<Field>,
        /// What the release changes.
        pub scope?: Vec<ScopeRow>,
        /// How risky it is.
        pub risk?: Option<RiskStatement>,
        /// The steps of the roll-out, in order.
        pub stages?: Vec<RolloutStage>,
        /// What is watched.
        pub monitoring?: Vec<Metric>,
        /// When to roll back.
        pub triggers?: Vec<Trigger>,
        /// How to roll back, in order.
        pub procedure?: Vec<ProcedureStep>,
        /// What is known to be wrong and ships all the same.
        pub known_issues?: Vec<Entry>,
        /// What testing has shown.
        pub test_summary?: Vec<Field>,
        /// Who is on call, and when.
        pub on_call?: Option<OnCall>,
        /// When the release is planned, where two times can be read.
        pub window?: Option<Window>,
        /// Who is told what.
        pub communication?: Vec<Entry>,
        /// The conditions of the decision.
        pub conditions?: Vec<Entry>,
        /// What is to be done, by whom and when.
        pub actions?: Vec<ActionItem>,
        /// The lines on which people sign on paper.
        pub sign_off?: Option<SignOffBlock>,
        /// The decision as the file itself states it, which confers nothing.
        pub decision?: Option<DecisionBlock>,
        /// The headings, in order.
        pub sections?: Vec<Section>,
        /// What every line of the file is, without gaps or overlaps; empty for a checklist that was written as JSON.
        pub regions?: Vec<Region>,
    }
}

impl Checklist {
    /// Finds an item by its id, without a stage.
    pub fn item(&self, id: &ItemId) -> Option<&ChecklistItem> {
        self.items.iter().find(|item| item.id == *id)
    }

    /// Returns the items as they are signed: an item of the phase `stage` once for each stage that it is due at, as
    /// `ITEM@STAGE`.
    ///
    /// Digests, numbers and titles stay those of the item. Where the file has no stages, the item itself is given.
    pub fn expand_stages(&self) -> Vec<ChecklistItem> {
        let mut all = Vec::new();
        for item in &self.items {
            if item.phase != Phase::Stage || self.stages.is_empty() {
                all.push(item.clone());
                continue;
            }
            for stage in self.stages.iter().filter(|stage| item.stage.as_ref().is_none_or(|only| *only == stage.id)) {
                // The parent stands at the same stage, where it is an item of the stages too.
                let at = |id: &ItemId| format!("{}@{}", id.base(), stage.id).parse::<ItemId>().ok();
                let Some(id) = at(&item.id) else { continue };
                let parent = item.parent.as_ref().map(|parent| match self.item(parent) {
                    Some(above) if above.phase == Phase::Stage => at(parent).unwrap_or_else(|| parent.clone()),
                    _ => parent.clone(),
                });
                all.push(ChecklistItem { id, parent, ..item.clone() });
            }
        }
        all
    }

    /// Returns the lines, from 1, that are prose.
    pub fn prose(&self) -> impl Iterator<Item = u32> + '_ {
        self.regions.iter().filter(|region| region.kind == RegionKind::Prose).flat_map(|region| region.line..=region.end_line)
    }
}

words! {
    /// What in the file made an item.
    #[derive(Default)]
    Origin {
        /// An entry of a task list, `- [ ]`.
        #[default]
        Task = "task",
        /// A row of a table with a status.
        Row = "row",
        /// A line that begins with a box and has no bullet.
        Line = "line",
        /// A plain bullet, where the file asks for it.
        Bullet = "bullet",
        /// A line with several boxes.
        Choice = "choice",
    }
}

wire! {
    /// One thing to be signed off.
    pub struct ChecklistItem {
        /// Its position among the items, from 1; reading JSON works it out.
        pub number!: u32,
        /// Its id, unique in the file.
        pub id: ItemId,
        /// Its text as people read it, without markup.
        pub title: String,
        /// The person or role that owns it, as `@name`.
        pub owner?: Option<Handle>,
        /// The owner as written, where that is not one handle, such as `the team`.
        pub owner_text?: Option<String>,
        /// When it is due.
        pub phase: Phase,
        /// The phase is not written, but was guessed from a heading or a leading sentence.
        pub phase_guessed?: bool,
        /// Its first line, from 1.
        pub line!: u32,
        /// Its last line, its children included.
        pub end_line!: u32,
        /// What in the file made it an item.
        pub origin: Origin,
        /// What a signature on the item is bound to; reading JSON works it out, and refuses another.
        #[serde(default = "no_digest")]
        pub digest: Sha256Digest,
        /// The titles of the headings it stands below, outermost first.
        pub section?: Vec<String>,
        /// What the file says about it: `id`, `owner`, `role`, `reviews`, `check`, `covers`, `label`, `phase`, `optional`,
        /// `irreversible`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "unique")]
        pub attributes: BTreeMap<String, String>,
        /// When it is due, counted from an event.
        pub due?: Option<ItemDue>,
        /// The limit that it states, where it is due at stages and states one.
        pub limit?: Option<OpenLimit>,
        /// The item that it stands below, which needs it.
        pub parent?: Option<ItemId>,
        /// The stage at which alone it is due, by its id; without one an item of the phase `stage` is due at each.
        pub stage?: Option<String>,
        /// The role that the text around it names, which makes nobody its owner.
        pub suggested_role?: Option<String>,
        /// What stands below it and is no item.
        pub details?: Vec<Entry>,
        /// The box is ticked in the file, which confers nothing.
        pub ticked?: bool,
        /// What can be chosen, in an item with several boxes.
        pub choices?: Vec<Choice>,
        /// GO does not need it.
        pub optional?: bool,
        /// It can't be undone, so it needs a named approver.
        pub irreversible?: bool,
        /// The cells of its row, by column.
        pub cells?: Vec<Cell>,
        /// The item's own lines as they are, its children left out: what the digest covers.
        pub text!: String,
    }
}

/// Reads a map, refusing a key that is there twice: which of the two was meant?
fn unique<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    struct Unique;

    impl<'de> serde::de::Visitor<'de> for Unique {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a map of strings")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((key, value)) = access.next_entry::<String, String>()? {
                if map.contains_key(&key) {
                    return Err(serde::de::Error::custom(format_args!("duplicate key `{key}`")));
                }
                map.insert(key, value);
            }
            Ok(map)
        }
    }

    deserializer.deserialize_map(Unique)
}

fn no_digest() -> Sha256Digest {
    Sha256Digest::from_bytes([0; 32])
}

impl ChecklistItem {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// Returns how many reviews the file asks for.
    pub fn reviews(&self) -> Option<u32> {
        self.attribute("reviews")?.parse().ok()
    }

    /// Returns the roles of which the file wants a reviewer each.
    pub fn roles(&self) -> Vec<RoleName> {
        self.list("role").iter().filter_map(|role| role.trim_start_matches('@').parse().ok()).collect()
    }

    /// Returns the command that checks the item.
    pub fn check(&self) -> Option<&str> {
        self.attribute("check")
    }

    /// Returns the path patterns that an approval of the item speaks of.
    pub fn covers(&self) -> Vec<String> {
        self.list("covers")
    }

    /// Returns the labels by which a policy can pick the item.
    pub fn labels(&self) -> Vec<String> {
        self.list("label")
    }

    /// Splits an attribute at commas and white space.
    fn list(&self, name: &str) -> Vec<String> {
        let value = self.attribute(name).unwrap_or_default();
        value.split(|c: char| c == ',' || c.is_whitespace()).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }
}

wire! {
    /// Tasks that are no items.
    #[derive(Default)]
    pub struct Skipped {
        /// How many stand in comments.
        pub comments!: u32,
        /// How many stand in code.
        pub code!: u32,
        /// Each of them.
        pub tasks?: Vec<SkippedTask>,
    }
}

impl Skipped {
    /// Whether no task was skipped.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.comments == 0 && self.code == 0
    }
}

words! {
    /// Why a task is no item.
    SkipReason {
        /// It stands in a comment.
        Comment = "comment",
        /// It stands in a code block.
        Code = "code",
    }
}

wire! {
    /// A task that is no item.
    pub struct SkippedTask {
        /// Its line, from 1.
        pub line: u32,
        /// Why it is no item.
        pub reason: SkipReason,
        /// What it says.
        pub text: String,
    }
}

words! {
    /// What a section of the file is about.
    SectionKind {
        /// Nothing that is known by name; its tasks, rows and lines are items.
        Items = "items",
        /// Named values.
        Fields = "fields",
        /// What the release changes.
        Scope = "scope",
        /// How risky it is.
        Risk = "risk",
        /// The steps of the roll-out.
        Stages = "stages",
        /// What is watched.
        Monitoring = "monitoring",
        /// When to roll back.
        Triggers = "triggers",
        /// How to roll back.
        Procedure = "procedure",
        /// What is known to be wrong.
        KnownIssues = "known-issues",
        /// What testing has shown.
        TestSummary = "test-summary",
        /// Who is on call.
        OnCall = "on-call",
        /// Who is told what.
        Communication = "communication",
        /// The conditions of the decision.
        Conditions = "conditions",
        /// What is to be done.
        Actions = "actions",
        /// Where people sign on paper.
        SignOff = "sign-off",
        /// The decision.
        Decision = "decision",
        /// Reading matter, in which a directive for the whole file finds no items.
        Notes = "notes",
    }
}

wire! {
    /// A heading.
    pub struct Section {
        /// Its title.
        pub title: String,
        /// Its level, 1 to 6; 7 for a plain line that stands where a heading would.
        pub level: u8,
        /// What it is about.
        pub kind: SectionKind,
        /// Its line, from 1.
        pub line!: u32,
    }
}

words! {
    /// What a line of the file is.
    RegionKind {
        /// Nothing stands on it.
        Blank = "blank",
        /// The front matter.
        FrontMatter = "front-matter",
        /// A heading.
        Heading = "heading",
        /// A named value.
        Field = "field",
        /// An item with its details, or the head of a table of items.
        Item = "item",
        /// A directive of relsign's.
        Directive = "directive",
        /// Another comment or HTML.
        Comment = "comment",
        /// Code.
        Code = "code",
        /// Part of the scope.
        Scope = "scope",
        /// Part of the risk.
        Risk = "risk",
        /// Part of the stages.
        Stage = "stage",
        /// Part of the monitoring.
        Monitoring = "monitoring",
        /// A trigger.
        Trigger = "trigger",
        /// A step of the procedure.
        Procedure = "procedure",
        /// A known issue.
        KnownIssue = "known-issue",
        /// Part of the test summary.
        TestSummary = "test-summary",
        /// Who is on call.
        OnCall = "on-call",
        /// Part of the communication plan.
        Communication = "communication",
        /// A condition.
        Condition = "condition",
        /// An action.
        Action = "action",
        /// Part of the sign-off block.
        SignOff = "sign-off",
        /// Part of the decision.
        Decision = "decision",
        /// Everything else.
        Prose = "prose",
    }
}

wire! {
    /// A range of lines of one kind.
    #[derive(Copy)]
    pub struct Region {
        /// The first line, from 1.
        pub line: u32,
        /// The last line.
        pub end_line: u32,
        /// What the lines are.
        pub kind: RegionKind,
    }
}
