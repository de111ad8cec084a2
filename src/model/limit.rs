//! Limits as texts state them: what is compared, with what, and for how long.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a value stands to its limit, in the sense of the text: negations are worked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// More than it.
    Above,
    /// It or more.
    AtLeast,
    /// Less than it.
    Below,
    /// It or less.
    AtMost,
    /// Just it.
    Is,
    /// Anything else.
    IsNot,
    /// Not farther away than it.
    Within,
    /// Farther away than it.
    Beyond,
}

impl Comparison {
    /// Returns what "not" makes of it.
    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Self::Above => Self::AtMost,
            Self::AtMost => Self::Above,
            Self::Below => Self::AtLeast,
            Self::AtLeast => Self::Below,
            Self::Is => Self::IsNot,
            Self::IsNot => Self::Is,
            Self::Within => Self::Beyond,
            Self::Beyond => Self::Within,
        }
    }
}

wire! {
    /// One condition of a text.
    #[derive(Default)]
    pub struct Limit {
        /// The condition as it is written, without what comes before and after.
        pub text: String,
        /// How the value stands to the limit; without it a person has to judge.
        pub comparison?: Option<Comparison>,
        /// The number, in digits and with a point, as it is written.
        pub number?: Option<String>,
        /// The unit, as it is written, such as `%` or `ms`; `x` is a multiple.
        pub unit?: Option<String>,
        /// The number is measured against the baseline.
        pub of_baseline?: bool,
    }

    /// A value that a text gives to compare with.
    pub struct Baseline {
        /// What has it.
        pub name: String,
        /// The value with its unit, as it is written.
        pub value: String,
    }

    /// Everything that a text says of limits.
    #[derive(Default)]
    pub struct Limits {
        /// The conditions, in order.
        pub all?: Vec<Limit>,
        /// Each of the conditions has to hold; otherwise one is enough.
        pub together?: bool,
        /// The text names something that is one too many as soon as it happens.
        pub any?: bool,
        /// For how long, as it is written.
        pub duration?: Option<String>,
        /// The same in seconds, the longer end of a range.
        pub seconds?: Option<u64>,
        /// What is given to compare with.
        pub baselines?: Vec<Baseline>,
    }
}

impl Limits {
    /// Writes the conditions on one line, as they are written; `any` where one case is enough.
    pub fn threshold(&self) -> Option<String> {
        if self.all.is_empty() {
            return self.any.then(|| "any".to_owned());
        }
        let between = if self.together { " and " } else { " or " };
        Some(self.all.iter().map(|limit| limit.text.as_str()).collect::<Vec<_>>().join(between))
    }
}
