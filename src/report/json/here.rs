//! JSON of what is here besides releases: the root, the key, files and their problems, and failures.

use crate::model::finding::Code;
use crate::model::ids::{Fingerprint, Principal, RoleName, RootDigest};
use crate::model::problem::Problem;
use crate::model::record::PolicyHead;

printed! {
    /// An error, as JSON on standard output beside the text on standard error.
    pub struct ErrorJson as "relsign-error-v1" {
        /// The exit code.
        pub exit: u8,
        /// The code of the finding, where there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub code: Option<Code>,
        /// What happened.
        pub message: String,
        /// Why, from the outside in.
        pub causes: Vec<String>,
        /// What to do next.
        pub hints: Vec<String>,
    }

    /// What `trust --json` prints.
    pub struct TrustJson as "relsign-trust-v1" {
        /// The pinned root.
        pub pinned: RootDigest,
        /// The root of the policy that lies here, if one does.
        pub here: Option<RootDigest>,
    }

    /// What `whoami --json` prints.
    pub struct WhoamiJson as "relsign-whoami-v1" {
        /// Who, where the policy lists the key.
        pub handle: Option<Principal>,
        /// The name that the policy gives.
        pub name: Option<String>,
        /// Their roles.
        pub roles: Vec<RoleName>,
        /// The key.
        pub key: Fingerprint,
        /// Where its secret is.
        pub place: String,
        /// What named it.
        pub origin: String,
        /// Whether its passphrase is needed before it signs.
        pub locked: bool,
        /// The pinned root.
        pub root: Option<RootDigest>,
        /// The policy in force.
        pub policy: Option<PolicyHead>,
    }

    /// Files that a command wrote, or the text of one that it printed.
    pub struct FilesJson as "relsign-files-v1" {
        /// The files.
        pub files: Vec<FileJson>,
    }

    /// A file that a command wrote or printed.
    pub struct FileJson {
        /// Where it is, or where it is usually kept.
        pub path: String,
        /// What belongs in it, where it was not written.
        pub text: Option<String>,
    }

    /// The problems of a file, as `checklist lint --json` prints them.
    pub struct ProblemsJson as "relsign-problems-v1" {
        /// The file.
        pub file: String,
        /// The problems in the order of the file.
        pub problems: Vec<Problem>,
    }
}
