//! Identifiers: every name, digest and object id that relsign handles, parsed once and correct ever after.

use std::fmt;
use std::str::FromStr;

use super::hex::{Hex, read_hex};

/// Describes what an identifier must look like and what was found instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidId {
    /// The kind of identifier that was expected, with its form, such as ``a handle (`@` and a-z, 0-9, -)``.
    pub expected: &'static str,
    /// The text that was found, as it was.
    pub found: String,
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not {}", self.found, self.expected)
    }
}

impl std::error::Error for InvalidId {}

impl InvalidId {
    /// Says what was expected in the place of a text.
    pub fn new(expected: &'static str, found: &str) -> Self {
        Self { expected, found: found.to_owned() }
    }
}

macro_rules! bytes_id {
    ($(#[$doc:meta])* $name:ident, $length:literal, $expected:literal, $pattern:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $length]);

        impl $name {
            /// Wraps the raw bytes.
            pub const fn from_bytes(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// Returns the raw bytes.
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }

            /// Returns the first twelve hex digits, for people; never enough to verify anything by.
            pub fn short(&self) -> String {
                self.to_string()[..12].to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(Hex::of(&self.0).as_str())
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let mut bytes = [0; $length];
                read_hex(text, &mut bytes).then_some(Self(bytes)).ok_or_else(|| InvalidId::new($expected, text))
            }
        }

        text_form!($name, { "pattern": $pattern }, |id, serializer| serializer.serialize_str(Hex::of(&id.0).as_str()));
    };
}

bytes_id!(
    /// A SHA-256 digest of some bytes, written as 64 lower-case hex digits.
    Sha256Digest, 32, "a SHA-256 digest (64 lower-case hex digits)", "^[0-9a-f]{64}$"
);
bytes_id!(
    /// The id of a record: the SHA-256 of the DSSE pre-authentication encoding that its signature covers.
    RecordId, 32, "a record id (64 lower-case hex digits)", "^[0-9a-f]{64}$"
);
bytes_id!(
    /// The digest of one version of the policy: the SHA-256 git tree id of its two files.
    PolicyDigest, 32, "a policy digest (64 lower-case hex digits)", "^[0-9a-f]{64}$"
);
bytes_id!(
    /// The identity of a repository for relsign: the [`PolicyDigest`] of version 1 of its policy.
    RootDigest, 32, "a root digest (64 lower-case hex digits)", "^[0-9a-f]{64}$"
);
bytes_id!(
    /// The random 128 bits that make two otherwise equal records differ.
    Nonce, 16, "a nonce (32 lower-case hex digits)", "^[0-9a-f]{32}$"
);

impl RootDigest {
    /// Reads a root as people write it, with or without the `SHA256:` prefix.
    pub fn from_user(text: &str) -> Result<Self, InvalidId> {
        text.strip_prefix("SHA256:").or_else(|| text.strip_prefix("sha256:")).unwrap_or(text).parse()
    }
}

impl From<PolicyDigest> for RootDigest {
    fn from(digest: PolicyDigest) -> Self {
        Self(digest.0)
    }
}

impl From<Sha256Digest> for PolicyDigest {
    fn from(digest: Sha256Digest) -> Self {
        Self(digest.0)
    }
}

impl From<Sha256Digest> for RecordId {
    fn from(digest: Sha256Digest) -> Self {
        Self(digest.0)
    }
}

/// The id of a git object, of 20 bytes (SHA-1) or 32 bytes (SHA-256), written in lower-case hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    bytes: [u8; 32],
    length: u8,
}

impl ObjectId {
    /// Takes the 20 or 32 raw bytes of an object id; any other length is `None`.
    pub fn from_bytes(raw: &[u8]) -> Option<Self> {
        if raw.len() != 20 && raw.len() != 32 {
            return None;
        }
        let mut bytes = [0; 32];
        bytes[..raw.len()].copy_from_slice(raw);
        Some(Self { bytes, length: raw.len() as u8 })
    }

    /// Takes the 32 bytes of a SHA-256 id.
    pub const fn from_sha256(bytes: &[u8; 32]) -> Self {
        Self { bytes: *bytes, length: 32 }
    }

    /// Returns the 20 or 32 raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Whether every byte is zero, git's way of writing "no object".
    pub fn is_zero(&self) -> bool {
        self.as_bytes().iter().all(|byte| *byte == 0)
    }

    /// Returns the first twelve hex digits, for people.
    pub fn short(&self) -> String {
        self.to_string()[..12].to_owned()
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Hex::of(self.as_bytes()).as_str())
    }
}

impl FromStr for ObjectId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut bytes = [0; 32];
        let length = text.len() / 2;
        let is_id = matches!(length, 20 | 32) && read_hex(text, &mut bytes[..length]);
        let id = is_id.then_some(Self { bytes, length: length as u8 });
        id.ok_or_else(|| InvalidId::new("a git object id (40 or 64 lower-case hex digits)", text))
    }
}

text_form!(ObjectId, { "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$" }, |id, serializer| {
    serializer.serialize_str(Hex::of(id.as_bytes()).as_str())
});

/// Whether `text` is one of `first` followed by at most `most - 1` of a-z, 0-9 and `-`.
fn is_slug(text: &str, digit_first: bool, most: usize) -> bool {
    let mut bytes = text.bytes();
    let Some(first) = bytes.next() else { return false };
    (first.is_ascii_lowercase() || digit_first && first.is_ascii_digit())
        && text.len() <= most
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $pattern:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Returns the text as it is written in records and files.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let valid: fn(&str) -> bool = $valid;
                valid(text).then(|| Self(text.to_owned())).ok_or_else(|| InvalidId::new($expected, text))
            }
        }

        text_form!($name, { "pattern": $pattern }, |id, serializer| serializer.serialize_str(&id.0));
    };
}

name_id!(
    /// A person's handle, written with its `@`, such as `@jchen`.
    Handle,
    "a handle (`@`, then a-z, 0-9 and -, at most 40)",
    "^@[a-z0-9][a-z0-9-]{0,38}$",
    |text| text.strip_prefix('@').is_some_and(|name| is_slug(name, true, 39))
);
name_id!(
    /// The name of a role, such as `sre`; in a checklist it may stand as an owner, `@sre`.
    RoleName,
    "a role (a-z, then a-z, 0-9 and -, at most 40)",
    "^[a-z][a-z0-9-]{0,39}$",
    |text| is_slug(text, false, 40)
);
name_id!(
    /// The name of a machine, written in records as `machine:NAME`.
    MachineName,
    "a machine name (a-z, then a-z, 0-9 and -, at most 40)",
    "^[a-z][a-z0-9-]{0,39}$",
    |text| is_slug(text, false, 40)
);
name_id!(
    /// The id of a checklist item, such as `rollback-runbook`, or of its instance in a roll-out stage, `error-rates@canary`.
    ItemId,
    "an item id (a-z, then a-z, 0-9 and -, at most 64, with @STAGE for an item of a stage)",
    "^[a-z][a-z0-9-]{0,63}(@[a-z][a-z0-9-]{0,63})?$",
    |text| match text.split_once('@') {
        Some((item, stage)) => is_slug(item, false, 64) && is_slug(stage, false, 64),
        None => is_slug(text, false, 64),
    }
);
name_id!(
    /// The name of a deployment environment, such as `production`.
    Environment,
    "an environment (a-z, then a-z, 0-9 and -, at most 40)",
    "^[a-z][a-z0-9-]{0,39}$",
    |text| is_slug(text, false, 40)
);
name_id!(
    /// A full ref name, such as `refs/heads/main`, with nothing in it that git would refuse.
    RefName,
    "a full ref name (refs/…, as `git check-ref-format` accepts it)",
    "^refs/.+$",
    is_ref_name
);
name_id!(
    /// The fingerprint of an SSH public key as `ssh-keygen -l` prints it: `SHA256:` and 43 base64 digits.
    Fingerprint,
    "a key fingerprint (SHA256: and 43 base64 digits)",
    "^SHA256:[A-Za-z0-9+/]{43}$",
    |text| text.strip_prefix("SHA256:").is_some_and(|digits| {
        digits.len() == 43 && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
    })
);

impl Environment {
    /// Returns the one that is meant where the policy lists none.
    pub fn production() -> Self {
        Self("production".to_owned())
    }
}

impl Handle {
    /// Returns the handle without its `@`.
    pub fn name(&self) -> &str {
        &self.0[1..]
    }

    /// Reads a handle as people type it, with or without the `@`.
    pub fn from_user(text: &str) -> Result<Self, InvalidId> {
        if text.starts_with('@') { text.parse() } else { format!("@{text}").parse() }
    }
}

impl ItemId {
    /// Returns the id without its stage.
    pub fn base(&self) -> &str {
        self.0.split_once('@').map_or(self.0.as_str(), |(item, _)| item)
    }

    /// Returns the stage of an item that is signed once for each stage.
    pub fn stage(&self) -> Option<&str> {
        self.0.split_once('@').map(|(_, stage)| stage)
    }
}

/// Follows `git check-ref-format` for names that begin with `refs/`.
fn is_ref_name(text: &str) -> bool {
    text.len() <= 1024
        && text.starts_with("refs/")
        && !text.ends_with(['/', '.'])
        && !text.contains("..")
        && !text.contains("@{")
        && text.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock"))
        && text.chars().all(|c| !c.is_control() && !matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\' | '\u{7f}'))
}

/// The name of a release tag, held as the full ref and shown without `refs/tags/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagName(String);

impl TagName {
    /// Returns the name that people use, such as `v2.4.0`.
    pub fn short(&self) -> &str {
        &self.0["refs/tags/".len()..]
    }

    /// Returns the full ref, such as `refs/tags/v2.4.0`.
    pub fn full(&self) -> &str {
        &self.0
    }

    /// Reads a tag as people type it: the short name or the full ref.
    pub fn from_user(text: &str) -> Result<Self, InvalidId> {
        if text.starts_with("refs/tags/") { text.parse() } else { format!("refs/tags/{text}").parse() }
    }
}

impl fmt::Display for TagName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TagName {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let expected = match text.strip_prefix("refs/tags/") {
            // Git refuses to make one and takes it in a push; in a command it would be an option.
            Some(name) if name.starts_with('-') => "a tag that a command can name: it begins with -, as an option does",
            Some(_) if is_ref_name(text) => return Ok(Self(text.to_owned())),
            _ => "a tag (refs/tags/NAME)",
        };
        Err(InvalidId::new(expected, text))
    }
}

text_form!(TagName, { "pattern": "^refs/tags/[^-].*$" }, |id, serializer| serializer.serialize_str(&id.0));

/// Who signs: a person, or a machine, which is never counted as a person.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// A person, written `@handle`.
    Person(Handle),
    /// A machine, written `machine:NAME`.
    Machine(MachineName),
}

impl Principal {
    /// Returns the handle where the principal is a person.
    pub fn person(&self) -> Option<&Handle> {
        match self {
            Self::Person(handle) => Some(handle),
            Self::Machine(_) => None,
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(handle) => handle.fmt(f),
            Self::Machine(name) => write!(f, "machine:{name}"),
        }
    }
}

impl FromStr for Principal {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.strip_prefix("machine:") {
            Some(name) => name.parse().map(Self::Machine),
            None => text.parse().map(Self::Person),
        }
    }
}

text_form!(Principal, { "pattern": "^(@[a-z0-9][a-z0-9-]{0,38}|machine:[a-z][a-z0-9-]{0,39})$" }, |id, serializer| match id {
    Principal::Person(handle) => handle.serialize(serializer),
    machine @ Principal::Machine(_) => serializer.collect_str(machine),
});

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[test]
    fn digests_are_lower_case_hex_of_the_right_length() {
        let digest = "ab".repeat(32);
        assert_eq!(digest.parse::<Sha256Digest>().map(|d| d.to_string()), Ok(digest.clone()));
        assert!(digest.to_uppercase().parse::<Sha256Digest>().is_err());
        assert!(digest[1..].parse::<Sha256Digest>().is_err());
        assert!("a".repeat(40).parse::<ObjectId>().is_ok());
        assert!("a".repeat(50).parse::<ObjectId>().is_err());
    }

    #[test]
    fn no_byte_but_a_digit_is_a_digit() {
        for byte in 0..128u8 {
            for at in [0, 1, 63] {
                let mut text = vec![b'0'; 64];
                text[at] = byte;
                let is_digit = matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                let text = String::from_utf8(text).unwrap();
                let read = text.parse::<Sha256Digest>().map(|digest| digest.to_string());
                assert_eq!(read.ok(), is_digit.then_some(text), "byte {byte} at {at}");
            }
        }
    }

    #[test]
    fn what_is_read_is_written_again_in_json() {
        fn comes_back<T: Serialize + for<'de> Deserialize<'de> + fmt::Display>(text: &str) {
            let json = format!("{text:?}");
            let read: T = serde_json::from_str(&json).unwrap();
            assert_eq!((read.to_string().as_str(), serde_json::to_string(&read).unwrap()), (text, json.clone()));
            // A text may be spelled with escapes and is the same; nothing but a text is one.
            let escaped = format!("\"\\u{:04x}{}\"", u32::from(text.as_bytes()[0]), &text[1..]);
            assert_eq!(serde_json::from_str::<T>(&escaped).unwrap().to_string(), text);
            for bad in ["7", "null", "[]", "{}", "\"\"", "\"\\u0000\""] {
                assert!(serde_json::from_str::<T>(bad).is_err(), "{bad}");
            }
        }
        comes_back::<Nonce>(&"0f".repeat(16));
        comes_back::<RecordId>(&"0f".repeat(32));
        comes_back::<ObjectId>(&"0f".repeat(20));
        comes_back::<ObjectId>(&"0f".repeat(32));
        comes_back::<Principal>("@jchen");
        comes_back::<Principal>("machine:ci");
        comes_back::<ItemId>("error-rates@canary");
        comes_back::<TagName>("refs/tags/v1.0");
    }

    #[test]
    fn handles_take_no_capitals_no_dots_and_no_homoglyphs() {
        for good in ["@jchen", "@a", "@9-lives"] {
            assert!(good.parse::<Handle>().is_ok(), "{good}");
        }
        for bad in ["jchen", "@", "@JChen", "@j.chen", "@јchen", "@-x", "@a b", "@*"] {
            assert!(bad.parse::<Handle>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ref_names_follow_check_ref_format() {
        for good in ["refs/heads/main", "refs/tags/v1.0", "refs/heads/a/b"] {
            assert!(good.parse::<RefName>().is_ok(), "{good}");
        }
        for bad in [
            "main",
            "refs/",
            "refs/heads/a..b",
            "refs/heads/a.lock",
            "refs/heads/.a",
            "refs/heads/a b",
            "refs/heads/a\u{7}",
            "refs/heads//a",
            "refs/heads/a@{1}",
        ] {
            assert!(bad.parse::<RefName>().is_err(), "{bad:?}");
        }
        assert!(TagName::from_user("-x").is_err());
        assert_eq!(TagName::from_user("v1").map(|t| t.full().to_owned()), Ok("refs/tags/v1".to_owned()));
    }

    #[test]
    fn principals_tell_people_from_machines() {
        assert_eq!("machine:ci".parse::<Principal>().ok().and_then(|p| p.person().cloned()), None);
        assert!("@ci".parse::<Principal>().is_ok_and(|p| p.person().is_some()));
        assert!("ci".parse::<Principal>().is_err());
    }
}
