//! What a checklist states besides its items: risk, stages, triggers, who is on call and the rest.

use crate::model::ids::Handle;
use crate::model::limit::Limits;
use crate::model::record::{After, OpenLimit, RiskClass};
use crate::model::time::Timestamp;

wire! {
    /// One of the boxes of a choice.
    pub struct Choice {
        /// What it stands for.
        pub text: String,
        /// It is ticked in the file.
        pub ticked?: bool,
    }

    /// A cell of a table.
    pub struct Cell {
        /// The heading of its column.
        pub name: String,
        /// What stands in it, without markup.
        pub value: String,
    }

    /// A named value.
    pub struct Field {
        /// Its name, as written.
        pub name: String,
        /// Its value, without markup; empty where the file leaves it open.
        pub value!: String,
        /// Its line, from 1.
        pub line!: u32,
    }

    /// A piece of text with its line.
    pub struct Entry {
        /// The text, without markup.
        pub text: String,
        /// Its line, from 1.
        pub line!: u32,
    }

    /// A step of the roll-back.
    pub struct ProcedureStep {
        /// What to do, without markup.
        pub text: String,
        /// The layer that it belongs to, such as `traffic` or `data`.
        pub layer?: Option<String>,
        /// How long after the start it is to be over, in seconds.
        pub within?: Option<u64>,
        /// It can't be undone.
        pub irreversible?: bool,
        /// Whom to ask first.
        pub ask?: Option<Handle>,
        /// Its line, from 1.
        pub line!: u32,
    }

    /// One change of the scope.
    pub struct ScopeRow {
        /// What changes.
        pub change: String,
        /// Who answers for it.
        pub owner?: Option<Handle>,
        /// Everything in the row, by column.
        pub cells?: Vec<Cell>,
        /// Its line, from 1.
        pub line!: u32,
    }

    /// The risk as the file states it.
    #[derive(Default)]
    pub struct RiskStatement {
        /// The class, where one of the four words is there.
        pub class?: Option<RiskClass>,
        /// Why.
        pub reasons?: Vec<Entry>,
        /// What the class calls for.
        pub requirements?: Vec<Entry>,
        /// Its line, from 1.
        pub line!: u32,
    }

    /// One step of the roll-out.
    #[derive(Default)]
    pub struct RolloutStage {
        /// Its id, a slug of the name, unique among the stages.
        pub id: String,
        /// Its name.
        pub name: String,
        /// The share of traffic, as written.
        pub traffic?: Option<String>,
        /// How long to wait before the next, as written.
        pub bake_text?: Option<String>,
        /// The same in seconds, where it can be read.
        pub bake?: Option<u64>,
        /// What must hold meanwhile, as written.
        pub thresholds?: Option<String>,
        /// The same taken apart.
        pub limits?: Vec<OpenLimit>,
        /// Everything in the row, by column.
        pub cells?: Vec<Cell>,
        /// Its line, from 1.
        pub line!: u32,
    }
}

impl RolloutStage {
    /// Returns the share of traffic in percent, where it is written as a number.
    pub fn percent(&self) -> Option<f64> {
        let text = self.traffic.as_deref()?;
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let rest = &text[start..];
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        rest[..end].parse().ok()
    }
}

wire! {
    /// Something that is watched.
    #[derive(Default)]
    pub struct Metric {
        /// Its id, unique among what is watched.
        pub id?: Option<String>,
        /// What is watched.
        pub metric: String,
        /// The value that alarms, as written.
        pub threshold?: Option<String>,
        /// Where it is seen.
        pub dashboard?: Option<String>,
        /// Whether it is set up, as written.
        pub status?: Option<String>,
        /// Everything in the row, by column.
        pub cells?: Vec<Cell>,
        /// Its line, from 1.
        pub line!: u32,
    }

    /// A condition under which to roll back.
    pub struct Trigger {
        /// The whole condition.
        pub text: String,
        /// The part that says how much, such as `> 0.1%`; `any` where one case is enough.
        pub threshold?: Option<String>,
        /// The part that says for how long, such as `3+ minutes`.
        pub duration?: Option<String>,
        /// The same taken apart; reading JSON does not need it.
        pub limits!: Limits,
        /// The one limit that it states, where it states one.
        pub limit?: Option<OpenLimit>,
        /// Its line, from 1.
        pub line!: u32,
    }

    /// Who is on call, and when.
    #[derive(Default)]
    pub struct OnCall {
        /// Who is called first.
        pub primary?: Option<Handle>,
        /// Who is called next.
        pub secondary?: Option<Handle>,
        /// What stands there, where it names nobody or more than the two.
        pub text?: Option<String>,
        /// From when until when, as written.
        pub window?: Option<String>,
        /// When it begins, where it can be read.
        pub from?: Option<Timestamp>,
        /// When it has ended, where it can be read.
        pub until?: Option<Timestamp>,
        /// The line of the person, from 1.
        pub line!: u32,
        /// The line of the window, from 1.
        pub window_line?: Option<u32>,
    }

    /// Something to do.
    #[derive(Default)]
    pub struct ActionItem {
        /// Its id, unique among the actions.
        pub id?: Option<String>,
        /// What.
        pub action: String,
        /// By whom.
        pub owner?: Option<Handle>,
        /// By whom, as written, where that is not one handle.
        pub owner_text?: Option<String>,
        /// By when, as written.
        pub due_text?: Option<String>,
        /// By when, where a date and time can be read.
        pub due?: Option<Timestamp>,
        /// By when, where it is counted from an event, as in `deploy+1h`.
        pub after?: Option<After>,
        /// How far it is, as written.
        pub status?: Option<String>,
        /// Everything in the row, by column.
        pub cells?: Vec<Cell>,
        /// Its line, from 1.
        pub line!: u32,
    }
}

impl ActionItem {
    /// Whether the file does not call it done.
    pub fn is_open(&self) -> bool {
        let status = self.status.as_deref().unwrap_or_default().to_lowercase();
        !["done", "closed", "complete", "resolved", "✅", "[x]", "☑"].iter().any(|word| status.contains(word))
            || ["not done", "incomplete", "not complete"].iter().any(|word| status.contains(word))
    }
}

wire! {
    /// The lines on which people sign on paper.
    #[derive(Default)]
    pub struct SignOffBlock {
        /// The named lines, such as `Engineer`.
        pub fields?: Vec<Field>,
        /// The lines with boxes, such as `Deployment Ready: ☐ Yes ☐ No`.
        pub choices?: Vec<ChoiceLine>,
        /// Its first line, from 1.
        pub line!: u32,
        /// Its last line.
        pub end_line!: u32,
    }

    /// A line with several boxes that is part of a block and no item.
    pub struct ChoiceLine {
        /// What is chosen.
        pub title: String,
        /// The boxes.
        pub choices: Vec<Choice>,
        /// Its line, from 1.
        pub line!: u32,
    }

    /// The decision as the file states it.
    #[derive(Default)]
    pub struct DecisionBlock {
        /// The word, such as `GO`.
        pub decision?: Option<String>,
        /// Who made it, as written.
        pub maker?: Option<String>,
        /// When, as written.
        pub time?: Option<String>,
        /// When the release goes out, as written.
        pub window?: Option<String>,
        /// All its named values, those above included.
        pub fields?: Vec<Field>,
        /// The lines with boxes, such as `☐ GO ☐ NO-GO`.
        pub choices?: Vec<ChoiceLine>,
        /// Its line, from 1.
        pub line!: u32,
    }
}
