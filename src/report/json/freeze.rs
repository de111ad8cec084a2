//! JSON of the freezes, for programs.

use crate::model::exception::FreezeException;
use crate::model::finding::Finding;
use crate::model::freeze::Freeze;
use crate::model::ids::RefName;
use crate::model::policy::Policy;
use crate::model::time::Timestamp;
use crate::report::freezes;

printed! {
    /// One freeze.
    pub struct FreezeJson {
        /// The freeze.
        #[serde(flatten)]
        pub freeze: Freeze,
        /// Who may grant an exception, and how many of them it takes, in words.
        pub exceptions: String,
    }
}

impl FreezeJson {
    /// Takes a freeze under the policy in force.
    pub fn new(freeze: &Freeze, policy: &Policy) -> Self {
        Self { freeze: freeze.clone(), exceptions: freezes::grantors(freeze, policy) }
    }
}

printed! {
    /// What `freeze list --json` and `freeze export --json` print.
    pub struct FreezeListJson as "relsign-freeze-list-v1" {
        /// The clock of the question.
        pub now: Timestamp,
        /// What holds now.
        pub holding: Vec<FreezeJson>,
        /// What is to come, by its beginning.
        pub coming: Vec<FreezeJson>,
        /// Why it can't be told what is frozen; nothing can be relied on where this is not empty.
        pub unknown: Vec<Finding>,
        /// What else was noticed.
        pub findings: Vec<Finding>,
    }
}

impl FreezeListJson {
    /// Takes freezes under the policy in force, and what was noticed on the way to them.
    pub fn new(
        now: Timestamp,
        (holding, coming): (&[&Freeze], &[&Freeze]),
        policy: &Policy,
        (unknown, findings): (&[Finding], &[Finding]),
    ) -> Self {
        let each = |freezes: &[&Freeze]| freezes.iter().map(|freeze| FreezeJson::new(freeze, policy)).collect();
        Self { now, holding: each(holding), coming: each(coming), unknown: unknown.to_vec(), findings: findings.to_vec() }
    }
}

printed! {
    /// What `freeze check --json` prints.
    pub struct FreezeCheckJson as "relsign-freeze-check-v1" {
        /// The ref.
        #[serde(rename = "ref")]
        pub ref_name: RefName,
        /// The instant that was asked about.
        pub at: Timestamp,
        /// Whether it is frozen; nothing where that can't be told.
        pub frozen: Option<bool>,
        /// What freezes it.
        pub freezes: Vec<FreezeJson>,
        /// When it is free again, or that it is free; nothing where no end is set.
        pub free_from: Option<Timestamp>,
        /// Why it can't be told.
        pub unknown: Vec<Finding>,
        /// What else was noticed.
        pub findings: Vec<Finding>,
    }

    /// What `freeze calendar --json` prints.
    pub struct FreezeCalendarJson as "relsign-freeze-calendar-v1" {
        /// The month, as `2026-12`.
        pub month: String,
        /// Its days.
        pub days: Vec<FreezeDayJson>,
        /// The freezes that touch it.
        pub freezes: Vec<FreezeJson>,
        /// Why it can't be told what is frozen.
        pub unknown: Vec<Finding>,
        /// What else was noticed.
        pub findings: Vec<Finding>,
    }

    /// A day, from midnight to midnight in the zone in which times are shown.
    pub struct FreezeDayJson {
        /// The date.
        pub date: String,
        /// The freezes that hold at some time of it, by their places in the list.
        pub freezes: Vec<usize>,
        /// Those that hold all day.
        pub whole: Vec<usize>,
    }

    /// What `freeze exceptions --json` prints.
    pub struct ExceptionsJson as "relsign-freeze-exceptions-v1" {
        /// The clock.
        pub now: Timestamp,
        /// Break-glass first, then by time.
        pub exceptions: Vec<FreezeException>,
        /// Why these may not be all, or what can't be told of them.
        pub unknown: Vec<Finding>,
    }
}
