//! Steps of the policy by plain git, as its owner makes them: so attacks on keys and versions depend on no command.

use serde_json::{Value, json};

use crate::sandbox::{Sandbox, pae};

/// A version of the policy: its number and digest, as records name it.
pub(crate) type Head = Value;

impl Sandbox {
    /// Gives the policy file in the working tree.
    pub(crate) fn policy_text(&self) -> String {
        std::fs::read_to_string(self.repo.join(".relsign/policy.toml")).unwrap()
    }

    /// Replaces something that stands once in the policy.
    #[track_caller]
    pub(crate) fn policy_with(&self, from: &str, to: &str) -> String {
        let text = self.policy_text();
        assert_eq!(text.matches(from).count(), 1, "{from:?} in:\n{text}");
        text.replace(from, to)
    }

    /// Gives the policy with the key of a name followed by other words in its entry, such as its state.
    #[track_caller]
    pub(crate) fn policy_with_key(&self, name: &str, state: &str) -> String {
        let key = self.public_key(name);
        self.policy_with(&format!("{{ key = \"{key}\", state = \"active\" }}"), &format!("{{ key = \"{key}\", {state} }}"))
    }

    /// Brings the next version in force, signed by @rita, which anchors these records; gives its head.
    pub(crate) fn step(&self, text: &str, anchors: &[String]) -> Head {
        self.step_by("rita", text, anchors)
    }

    /// Puts a next version on the policy ref, signed with a key, whether or not that is enough.
    pub(crate) fn step_by(&self, who: &str, text: &str, anchors: &[String]) -> Head {
        let mut sorted = anchors.to_vec();
        sorted.sort();
        sorted.dedup();
        let anchors: String = sorted.iter().map(|id| format!("{id}\n")).collect();
        self.add_version(text, &anchors, &[who]);
        self.head()
    }

    /// Gives the ids of every record of a tag.
    pub(crate) fn ids(&self, tag: &str) -> Vec<String> {
        self.log(tag).into_iter().map(|entry| entry.id).collect()
    }

    /// Signs a payload that names a version of the policy, and puts it into the log.
    pub(crate) fn plant_under(&self, head: &Head, tag: &str, who: &str, mut payload: Value) -> String {
        payload["predicate"]["policy_head"] = head.clone();
        self.plant(tag, who, &payload)
    }

    /// Puts lines of receipts into the note where they lie.
    pub(crate) fn add_receipts(&self, lines: &[Vec<u8>]) {
        let object = self.blob(format!("relsign-root-v1 {}\n", self.root()));
        let mut all: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        all.sort_unstable();
        let mut bytes = all.join(&b'\n');
        bytes.push(b'\n');
        let blob = self.blob(bytes);
        self.git(&["notes", "--ref=relsign-receipts", "add", "-f", "-C", &blob, &object]);
    }

    /// Drafts a receipt for records of a tag.
    pub(crate) fn draft_receipt(&self, tag: &str, head: &Head, number: u64, previous: Option<&str>, records: &[String]) -> Value {
        let mut records = records.to_vec();
        records.sort();
        let mut body = json!({ "sequence": number, "records": records, "heads": [] });
        if let Some(previous) = previous {
            body["previous"] = json!(previous);
        }
        let mut draft = self.draft(tag, "ci", "receipt", body);
        let predicate = draft["predicate"].as_object_mut().unwrap();
        predicate.remove("open");
        predicate.insert("parents".to_owned(), json!([]));
        predicate.insert("policy_head".to_owned(), head.clone());
        draft["subject"] = json!([
            { "name": "refs/notes/relsign", "digest": { "gitCommit": self.id("refs/notes/relsign") } },
            { "name": format!("refs/tags/{tag}"), "digest": { "gitTag": self.id(&format!("refs/tags/{tag}")) } },
        ]);
        draft
    }
}

/// Signs a payload with the hardware key of @sam, which somebody touched.
pub(crate) fn sign_by_sam(box_: &Sandbox, payload: &Value) -> Vec<u8> {
    let text = payload.to_string();
    let blob = super::blob::hardware_blob(7, &pae(text.as_bytes()), 1);
    super::sandbox::envelope(text.as_bytes(), &box_.fingerprint("sam"), &blob)
}
