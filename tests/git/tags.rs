//! `relsign tag`: the kind of signature that the policy wants, the whole message, and what to do about a lightweight tag.

use std::fs;

use relsign::sign::sshsig::{unarmour, verify_sshsig};

use super::keys::{Home, said};
use super::support::git;

/// Sets relsign up with a key of its own, beside a git that signs with OpenPGP.
fn set_up(signed: bool) -> Home {
    let home = Home::new();
    home.key("held", "ed25519", "");
    home.config("user.signingkey", "0xDEADBEEF");
    home.config("relsign.key", "~/held");
    let run = |args: &[&str]| {
        let run = home.relsign(&[], args);
        assert!(run.status.success(), "{args:?}: {}", said(&run));
    };
    run(&["init", "--yes", "--no-hooks", "--draft"]);
    let file = home.project.join(".relsign/policy.toml");
    let text = fs::read_to_string(&file).unwrap();
    if signed {
        fs::write(&file, text.replace("signed = \"optional\"", "signed = \"required\"")).unwrap();
    }
    git(&home.project, &["add", "-A"]);
    git(&home.project, &["commit", "-q", "-m", "Set relsign up"]);
    run(&["init", "--yes", "--no-hooks"]);
    home
}

#[test]
fn a_tag_is_signed_as_the_policy_wants_it_however_git_signs() {
    let home = set_up(true);
    let message = "Release one\n\n#12 is fixed\n# not a comment\n\nlast";
    let run = home.relsign(&[], &["tag", "v1.0.0", "-m", message]);
    let text = said(&run);
    assert!(run.status.success() && text.contains("created the signed tag v1.0.0") && !text.contains("gpg.format"), "{text}");
    let raw = git(&home.project, &["cat-file", "tag", "v1.0.0"]) + "\n";
    let at = raw.find("-----BEGIN SSH SIGNATURE-----").unwrap();
    let key = verify_sshsig(&unarmour(&raw[at..]).unwrap(), "git", &raw.as_bytes()[..at]).unwrap();
    assert_eq!(key.fingerprint(), &home.print("held"));
    assert!(raw[..at].ends_with(&format!("\n\n{message}\n")), "{raw}");
    let run = home.relsign(&[], &["open", "v1.0.0"]);
    assert!(run.status.success() && !said(&run).contains("gpg.format"), "{}", said(&run));
    // A tag that something else made unsigned is made anew on its own commit, not on HEAD.
    let commit = git(&home.project, &["rev-parse", "HEAD~1"]);
    git(&home.project, &["-c", "user.signingkey=", "tag", "-a", "-m", "x", "v1.0.1", &commit]);
    let run = home.relsign(&[], &["open", "v1.0.1"]);
    assert!(said(&run).contains(&format!("git tag -d v1.0.1 && relsign tag v1.0.1 {commit}")), "{}", said(&run));
    // Without an SSH key there is one sentence about it, and no tag.
    home.unset("relsign.key");
    let run = home.relsign(&[], &["tag", "v1.0.2"]);
    let text = said(&run);
    assert!(!run.status.success() && text.contains("git signs with the openpgp key 0xDEADBEEF"), "{text}");
    assert_eq!(text.matches("git config gpg.format ssh && git config user.signingkey FILE").count(), 1, "{text}");
    assert_eq!(git(&home.project, &["tag", "--list", "v1.0.2"]), "");
}

#[test]
fn a_message_keeps_its_lines_and_a_lightweight_tag_its_commit() {
    let home = set_up(false);
    for (at, comment) in ["#", ";", "auto"].iter().enumerate() {
        home.config("core.commentChar", comment);
        let (name, message) = (format!("v1.0.{at}"), "Title\n\n#12 is fixed\n; and so is this\n\n\nend");
        let run = home.relsign(&[], &["tag", &name, "-m", message]);
        assert!(run.status.success(), "{}", said(&run));
        let raw = git(&home.project, &["cat-file", "tag", &name]);
        // More than one empty line is one, as git has it.
        assert!(raw.ends_with("\n\nTitle\n\n#12 is fixed\n; and so is this\n\nend"), "{raw}");
    }
    let commit = git(&home.project, &["rev-parse", "HEAD~1"]);
    git(&home.project, &["tag", "v2.0.0", &commit]);
    let anew = format!("git tag -d v2.0.0 && relsign tag v2.0.0 {commit}");
    for args in [["open", "v2.0.0"], ["tag", "v2.0.0"]] {
        let run = home.relsign(&[], &args);
        assert!(!run.status.success() && said(&run).contains(&anew), "{}", said(&run));
    }
    // A tag of a tree has no commit to be made anew on.
    git(&home.project, &["tag", "v2.0.1", "HEAD^{tree}"]);
    let run = said(&home.relsign(&[], &["open", "v2.0.1"]));
    assert!(run.contains("delete it, and tag a commit: git tag -d v2.0.1"), "{run}");
}
