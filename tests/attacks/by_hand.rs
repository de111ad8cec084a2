//! Records, notes and versions of the policy as the attacker makes them by hand.
//!
//! A payload is JSON text, its signature is bit by bit that of ssh-keygen (`forgery` compares them), and a note is a blob at the
//! path where git has it.

use std::path::Path;

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::blob;
use super::{Entry, NOW, PAYLOAD_TYPE, Sandbox, feed, succeed};

impl Sandbox {
    /// Gives the bytes of a note; none where there is no note.
    pub(crate) fn note(&self, object: &str) -> Vec<u8> {
        let repository = self.objects();
        let Ok(tree) = repository.revparse_single("refs/notes/relsign^{tree}") else { return Vec::new() };
        let object = self.id(object);
        let found = [object.clone(), format!("{}/{}", &object[..2], &object[2..])]
            .iter()
            .find_map(|path| tree.as_tree().unwrap().get_path(Path::new(path)).ok());
        match found.and_then(|entry| repository.find_blob(entry.id()).ok()) {
            Some(blob) => blob.content().to_vec(),
            None => self.command("git", &self.repo).args(["notes", "--ref=relsign", "show", &object]).output().unwrap().stdout,
        }
    }

    /// Gives the lines of the log of a tag that are JSON at all.
    pub(crate) fn log(&self, tag: &str) -> Vec<Entry> {
        let bytes = self.note(&self.id(&format!("refs/tags/{tag}")));
        String::from_utf8_lossy(&bytes).lines().filter_map(Entry::read).collect()
    }

    /// Attaches bytes to an object as its note, in place of what is there.
    #[track_caller]
    pub(crate) fn set_note(&self, object: &str, bytes: &[u8]) {
        let repository = self.objects();
        let blob = repository.blob(bytes).unwrap();
        let object = self.id(object);
        let Some((tip, path)) = Self::note_path(&repository, &object) else {
            self.git(&["notes", "--ref=relsign", "add", "-f", "-C", &blob.to_string(), &object]);
            return;
        };
        let tree = git2::build::TreeUpdateBuilder::new()
            .upsert(path, blob, git2::FileMode::Blob)
            .create_updated(&repository, &tip.tree().unwrap())
            .unwrap();
        let who = git2::Signature::new("a", "a@example.com", &git2::Time::new(1_795_253_400, 0)).unwrap();
        let tree = repository.find_tree(tree).unwrap();
        repository.commit(Some("refs/notes/relsign"), &who, &who, "notes", &tree, &[&tip]).unwrap();
    }

    /// Gives the tip of the notes and where the note of an object lies, unless git has to find or choose that.
    fn note_path<'a>(repository: &'a git2::Repository, object: &str) -> Option<(git2::Commit<'a>, String)> {
        let tip = repository.find_reference("refs/notes/relsign").ok()?.peel_to_commit().ok()?;
        let tree = tip.tree().ok()?;
        let fanned = format!("{}/{}", &object[..2], &object[2..]);
        let path = [object.to_owned(), fanned].into_iter().find(|path| tree.get_path(Path::new(path)).is_ok());
        let is_flat = tree.iter().all(|entry| entry.kind() == Some(git2::ObjectType::Blob));
        let path = path.or_else(|| is_flat.then(|| object.to_owned()))?;
        Some((tip, path))
    }

    /// Puts a line into the log of a tag, sorted as `cat_sort_uniq` would.
    #[track_caller]
    pub(crate) fn add_line(&self, tag: &str, line: &[u8]) {
        let object = self.id(&format!("refs/tags/{tag}"));
        let bytes = self.note(&object);
        let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        lines.push(line);
        lines.sort_unstable();
        lines.dedup();
        let mut joined = lines.join(&b'\n');
        joined.push(b'\n');
        self.set_note(&object, &joined);
    }

    /// Takes the lines for which `gone` holds out of the log of a tag.
    #[track_caller]
    pub(crate) fn drop_lines(&self, tag: &str, gone: impl Fn(&Entry) -> bool) {
        let kept: String = self.log(tag).iter().filter(|entry| !gone(entry)).map(|entry| entry.line.clone() + "\n").collect();
        self.set_note(&self.id(&format!("refs/tags/{tag}")), kept.as_bytes());
    }

    /// Drafts a payload that is right in everything, of a kind, by the holder of a key.
    pub(crate) fn draft(&self, tag: &str, who: &str, kind: &str, body: Value) -> Value {
        let log = self.log(tag);
        let open = log.iter().find(|entry| entry.kind() == "open").expect("the release is opened");
        let predicate = &open.payload["predicate"];
        let named: Vec<&Value> = log.iter().flat_map(|entry| entry.payload["predicate"]["parents"].as_array().unwrap()).collect();
        let mut heads: Vec<&str> =
            log.iter().map(|entry| entry.id.as_str()).filter(|id| !named.iter().any(|parent| parent == id)).collect();
        heads.sort_unstable();
        let handle = match who {
            "ci" => "machine:ci".to_owned(),
            "max2" => "@max".to_owned(),
            other => format!("@{other}"),
        };
        let mut draft = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": open.payload["subject"],
            "predicateType": format!("urn:relsign:v1:{kind}"),
            "predicate": {
                "kind": kind,
                "signer": { "handle": handle, "fingerprint": self.fingerprint(who) },
                "nonce": nonce(),
                "root": predicate["root"],
                "policy_head": predicate["policy_head"],
                "open": open.id,
                "parents": heads,
                "time": NOW,
                "tool": "by hand",
                "body": body,
            },
        });
        if kind == "open" {
            draft["predicate"].as_object_mut().unwrap().remove("open");
        }
        draft
    }

    /// Drafts a word on an item.
    pub(crate) fn draft_word(&self, tag: &str, who: &str, item: &str, verdict: &str) -> Value {
        let log = self.log(tag);
        let open = log.iter().find(|entry| entry.kind() == "open").expect("the release is opened");
        let items = open.payload["predicate"]["body"]["items"].as_array().unwrap();
        let digest =
            items.iter().find(|known| known["id"] == item).map_or_else(|| json!("5".repeat(64)), |it| it["digest"].clone());
        let mut body = json!({ "item": { "id": item, "digest": digest }, "verdict": verdict });
        if !matches!(verdict, "done" | "approve") {
            body["reason"] = json!("because");
        }
        self.draft(tag, who, "sign", body)
    }

    /// Drafts a decision over everything that is there.
    pub(crate) fn draft_decision(&self, tag: &str, who: &str, decision: &str) -> Value {
        let mut manifest: Vec<String> = self.log(tag).into_iter().map(|entry| entry.id).collect();
        manifest.sort();
        self.draft(tag, who, "decide", json!({ "decision": decision, "manifest": manifest }))
    }

    /// Drafts a word on a stage.
    pub(crate) fn draft_stage(&self, tag: &str, who: &str, stage: &str, event: &str) -> Value {
        self.draft(tag, who, "stage", json!({ "stage": stage, "event": event }))
    }

    /// Has a release in GO go out and end, by hand: all at once, its last item done, and closed as completed.
    #[track_caller]
    pub(crate) fn complete(&self, tag: &str) {
        for event in ["enter", "pass"] {
            self.plant(tag, "rita", &self.draft_stage(tag, "rita", "all", event));
        }
        self.plant(tag, "bob", &self.draft_word(tag, "bob", "healthy", "done"));
        self.plant(tag, "rita", &self.draft(tag, "rita", "close", json!({ "outcome": "completed" })));
    }

    /// Drafts an owner's signature on a step of the policy.
    pub(crate) fn draft_step(&self, who: &str, version: u32, digest: &str, previous: Option<&str>) -> Value {
        let mut body = json!({ "version": version, "digest": digest });
        if let Some(previous) = previous {
            body["previous"] = json!(previous);
        }
        json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{ "name": "refs/relsign/policy", "digest": { "gitTree": digest } }],
            "predicateType": "urn:relsign:v1:policy",
            "predicate": {
                "kind": "policy",
                "signer": { "handle": format!("@{}", who.trim_end_matches('2')), "fingerprint": self.fingerprint(who) },
                "nonce": nonce(),
                "root": self.root(),
                "policy_head": { "version": version.max(2) - 1, "digest": previous.unwrap_or(digest) },
                "parents": [],
                "time": NOW,
                "tool": "by hand",
                "body": body,
            },
        })
    }

    /// Writes a version of the policy as a commit, with plain git, and gives the commit.
    #[track_caller]
    pub(crate) fn policy_commit(&self, parent: Option<&str>, toml: &str, anchors: &str, lines: &[Vec<u8>]) -> String {
        let mut sorted = lines.to_vec();
        sorted.sort();
        let records: Vec<u8> = sorted.into_iter().flat_map(|line| [line, b"\n".to_vec()].concat()).collect();
        let version = self.tree(&[("anchors", &self.blob(anchors)), ("policy.toml", &self.blob(toml))]);
        let tree = self.tree(&[("records", &self.blob(records)), ("version", &version)]);
        self.commit_tree(parent, &tree)
    }

    /// Puts a version on top of the policy ref, signed by some as the step that its place asks for; gives its digest.
    #[track_caller]
    pub(crate) fn add_version(&self, toml: &str, anchors: &str, signers: &[&str]) -> String {
        let head = self.head();
        let (version, previous) = (head["version"].as_u64().unwrap() as u32 + 1, head["digest"].as_str());
        let digest = policy_digest(toml, anchors);
        let line = |who: &&str| self.sign(who, &self.draft_step(who, version, &digest, previous));
        let lines: Vec<Vec<u8>> = signers.iter().map(line).collect();
        let commit = self.policy_commit(Some("refs/relsign/policy"), toml, anchors, &lines);
        self.set_ref("refs/relsign/policy", &commit);
        digest
    }

    /// Gives the version of the policy in force.
    pub(crate) fn head(&self) -> Value {
        let repository = self.objects();
        let mut walk = repository.revwalk().unwrap();
        walk.simplify_first_parent().unwrap();
        walk.push_ref("refs/relsign/policy").unwrap();
        let file = |name: &str| self.text(&format!("refs/relsign/policy:version/{name}"));
        json!({ "version": walk.count(), "digest": policy_digest(&file("policy.toml"), &file("anchors")) })
    }

    /// Signs bytes with ssh-keygen and gives the SSHSIG blob.
    pub(crate) fn ssh_sign(&self, who: &str, options: &[&str], message: &[u8]) -> Vec<u8> {
        let mut command = self.command("ssh-keygen", self.dir.path());
        command.args(["-q", "-Y", "sign"]).args(options).arg("-f").arg(self.key(who));
        let armour = succeed(feed(&mut command, message), "ssh-keygen -Y sign");
        let digits: String = armour.lines().filter(|line| !line.starts_with('-')).collect();
        Base64::decode_vec(&digits).unwrap()
    }

    /// Signs a payload as docs/vectors/make.sh does.
    pub(crate) fn sign(&self, who: &str, payload: &Value) -> Vec<u8> {
        self.sign_bytes(who, payload.to_string().as_bytes())
    }

    pub(crate) fn sign_bytes(&self, who: &str, payload: &[u8]) -> Vec<u8> {
        let message = pae(payload);
        let secret = self.public_key(who).starts_with("ssh-ed25519 ").then(|| blob::secret_of(&self.key(who)));
        let blob = match secret.map(|secret| blob::Blob::of(&secret, &message)) {
            Some(blob) if blob.key == self.wire(who) => blob.bytes(),
            _ => self.ssh_sign(who, &["-n", "relsign-v1"], &message),
        };
        envelope(payload, &self.fingerprint(who), &blob)
    }

    /// Signs a payload and puts it into the log; gives the record's id.
    #[track_caller]
    pub(crate) fn plant(&self, tag: &str, who: &str, payload: &Value) -> String {
        let line = self.sign(who, payload);
        self.add_line(tag, &line);
        record_id(payload.to_string().as_bytes())
    }
}

/// The DSSE pre-authentication encoding.
pub(crate) fn pae(payload: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len()).into_bytes();
    out.extend_from_slice(payload);
    out
}

/// The id of a record.
pub(crate) fn record_id(payload: &[u8]) -> String {
    hex(&Sha256::digest(pae(payload)))
}

/// The digest of a policy version: the id of its tree in a SHA-256 repository.
pub(crate) fn policy_digest(toml: &str, anchors: &str) -> String {
    let framed =
        |kind: &str, bytes: &[u8]| Sha256::digest([format!("{kind} {}\0", bytes.len()).as_bytes(), bytes].concat()).to_vec();
    let mut tree = b"100644 anchors\0".to_vec();
    tree.extend(framed("blob", anchors.as_bytes()));
    tree.extend(b"100644 policy.toml\0");
    tree.extend(framed("blob", toml.as_bytes()));
    hex(&framed("tree", &tree))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The line of an envelope.
pub(crate) fn envelope(payload: &[u8], keyid: &str, blob: &[u8]) -> Vec<u8> {
    let (payload, sig) = (Base64::encode_string(payload), Base64::encode_string(blob));
    format!(r#"{{"payloadType":"{PAYLOAD_TYPE}","payload":"{payload}","signatures":[{{"keyid":"{keyid}","sig":"{sig}"}}]}}"#)
        .into_bytes()
}

/// Bits that no other record of this run has.
pub(crate) fn nonce() -> String {
    static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    format!("{:032x}", COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
}
