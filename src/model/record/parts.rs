//! What bodies of several kinds are made of.

use crate::model::ids::{ItemId, Sha256Digest};

wire! {
    /// Something that supports a record: a blob that relsign keeps, a link, or both.
    pub struct Evidence {
        /// The file's name, for people.
        pub name?: Option<String>,
        /// Its address on the web; without a digest its content may change.
        pub uri?: Option<String>,
        /// SHA-256 of the stored bytes.
        pub sha256?: Option<Sha256Digest>,
        /// Length of the stored bytes.
        pub size?: Option<u64>,
        /// The media type, such as `text/plain`.
        pub media_type?: Option<String>,
        /// The stored bytes begin with 32 random bytes, so that a short private note can't be guessed from its digest.
        pub salted?: bool,
    }
}

wire! {
    /// An item as a record names it: its id and the digest of what was read when signing.
    pub struct ItemRef {
        /// The item's id, unique in its checklist.
        pub id: ItemId,
        /// The item's digest as docs/format.md defines it.
        pub digest: Sha256Digest,
    }

    /// A built thing and its digest.
    #[derive(PartialOrd, Ord)]
    pub struct Artifact {
        /// Its name.
        pub name: String,
        /// SHA-256 of its bytes.
        pub sha256: Sha256Digest,
    }
}

words! {
    /// Who must not settle an action or a condition.
    NotBy {
        /// Whoever made what is released.
        Implementers = "implementers",
    }
}

words! {
    /// What times are counted from.
    Moment {
        /// The release is opened.
        Open = "open",
        /// It is decided.
        Decision = "decision",
        /// It is out.
        Deploy = "deploy",
        /// Its roll-back begins.
        Rollback = "rollback",
    }
}

wire! {
    /// A time that is counted from an event.
    #[derive(Copy)]
    pub struct After {
        /// The event.
        pub event: Moment,
        /// So long after it, in seconds.
        pub seconds: u64,
    }
}

words! {
    /// What an open action holds up.
    Blocks {
        /// GO.
        Go = "go",
        /// The end of the release.
        Close = "close",
    }
}
