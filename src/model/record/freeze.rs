//! What is said of refs: freezes, and what lets a change through them.

use crate::model::ids::{Environment, ObjectId, RecordId, RefName};
use crate::model::time::Timestamp;

wire! {
    /// A freeze, declared by hand or for as long as a release is open.
    pub struct Freeze {
        /// Its name, for messages.
        pub name: String,
        /// Patterns of full ref names.
        pub refs: Vec<String>,
        /// When it begins.
        pub from: Timestamp,
        /// When it has ended; without it, when it is lifted.
        pub until?: Option<Timestamp>,
        /// Why.
        pub reason: String,
        /// The environments to which nothing goes out meanwhile, besides those whose gated refs it freezes.
        pub environments?: Vec<Environment>,
        /// The release that it ends with.
        pub release?: Option<FreezeRelease>,
    }

    /// The release that a freeze ends with.
    #[derive(Copy)]
    pub struct FreezeRelease {
        /// The tag object whose log holds the open record.
        pub tag_object: ObjectId,
        /// The open record.
        pub open: RecordId,
    }

    /// Ends a freeze before its time.
    pub struct Lift {
        /// The freeze record.
        pub freeze: RecordId,
        /// Why.
        pub reason: String,
    }

    /// A request to let one change through a freeze.
    pub struct Exception {
        /// The ref that is to move.
        #[serde(rename = "ref")]
        pub ref_name: RefName,
        /// The commit it is to move to.
        pub commit: ObjectId,
        /// The commit from which the change runs.
        pub base: ObjectId,
        /// Every commit of base..commit as shown to those who grant, oldest first.
        pub commits: Vec<ObjectId>,
        /// Why.
        pub reason: String,
        /// The ticket.
        pub ticket?: Option<String>,
        /// When the request is void.
        pub expires: Timestamp,
    }

    /// A yes to an exception.
    pub struct Grant {
        /// The exception record.
        pub exception: RecordId,
    }

    /// A change let through a freeze by one person, where the policy allows it.
    pub struct BreakGlass {
        /// The ref that is to move.
        #[serde(rename = "ref")]
        pub ref_name: RefName,
        /// The commit it is to move to.
        pub commit: ObjectId,
        /// Why.
        pub reason: String,
        /// The ticket.
        pub ticket?: Option<String>,
    }
}
