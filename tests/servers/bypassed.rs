//! What moves past the hooks, as a merge or a deletion in a forge's web page does: `git update-ref` in the bare repository.

use std::os::unix::fs::PermissionsExt as _;

use crate::sandbox::{Run, Sandbox};

/// Gives the commands that put refs back, as they are printed.
fn put_back(run: &Run) -> Vec<Vec<String>> {
    let lines = run.text.lines().map(|line| line.strip_prefix("remote:").unwrap_or(line).trim());
    let commands = lines.filter(|line| line.starts_with("git update-ref"));
    commands.map(|line| line.split(' ').skip(1).map(str::to_owned).collect()).collect()
}

fn in_server(sandbox: &Sandbox, words: &[String]) {
    sandbox.git_in(&sandbox.server(), &words.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn what_landed_past_the_hooks_is_told_until_it_is_set_right() {
    // Expected: exit 0 of every push, and ref-bypassed with the ref and the command that puts it back, in the next push, in
    // freeze check and in verify on the server; nothing once the commands were run, or a push set the ref.
    let sandbox = Sandbox::project();
    let server = sandbox.server();
    sandbox.git_in(&server, &["config", "core.sharedRepository", "group"]);
    sandbox.git(&["tag", "-a", "-m", "x", "v0.1.0"]);
    sandbox.relsign_as("rita", &["open", "v0.1.0"]).exits(0);
    sandbox.push(&["origin", "main"]).exits(0).says_not("relsign:");
    let (old, tag) = (sandbox.landed("refs/heads/frozen").unwrap(), sandbox.landed("refs/tags/v0.1.0").unwrap());
    let merged = sandbox.commit("merged in a web page");
    sandbox.push(&["origin", "main", "main:refs/heads/any"]).exits(0).says_not("relsign:");
    for words in [
        &["update-ref", "refs/heads/frozen", &merged][..],
        &["update-ref", "refs/heads/production", &merged],
        &["update-ref", "-d", "refs/tags/v0.1.0"],
        &["update-ref", "-d", "refs/heads/any"],
    ] {
        sandbox.git_in(&server, words);
    }
    let check = ["freeze", "check", "--ref", "other"];
    let runs = [sandbox.on_server(&check).exits(0), sandbox.on_server(&["verify", "--all"])];
    sandbox.commit("next");
    for run in runs.into_iter().chain([sandbox.push(&["origin", "main"]).exits(0), sandbox.push(&["origin", "main:more"]).exits(0)])
    {
        let run = run
            .says(&format!("refs/heads/frozen was moved past the hooks, which let through {}, to {}", &old[..12], &merged[..12]))
            .says(&format!("refs/heads/production was made past the hooks, at {}", &merged[..12]))
            .says(&format!("refs/tags/v0.1.0 was deleted past the hooks, which let through {}", &tag[..12]))
            .says("ref-bypassed")
            .says("first seen 2")
            .says("rm \"$(git rev-parse --git-common-dir)\"/relsign/let-through.json")
            .says_not("refs/heads/any");
        assert_eq!(put_back(&run).len(), 3, "{}", run.text);
    }
    let json = sandbox.on_server(&[&["--json"], &check[..]].concat()).exits(0);
    assert_eq!(json.text.matches("\"ref-bypassed\"").count(), 3, "{}", json.text);
    let file = server.join("relsign/let-through.json");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o060, 0o060, "others of the group push too");
    for words in put_back(&sandbox.on_server(&check)) {
        in_server(&sandbox, &words);
    }
    assert_eq!((sandbox.landed("refs/heads/frozen"), sandbox.landed("refs/tags/v0.1.0")), (Some(old.clone()), Some(tag)));
    sandbox.on_server(&check).exits(0).says_not("ref-bypassed");
    sandbox.commit("one more");
    sandbox.push(&["origin", "main"]).exits(0).says_not("relsign:");
    // What goes through a hook is let through, also one after the other; what is frozen from now on is watched from now on.
    sandbox.git(&["push", "-q", "origin", "main:topic"]);
    sandbox.relsign_as("rita", &["freeze", "start", "cut", "--ref", "topic", "--reason", "r"]).exits(0);
    sandbox.push(&["origin", "main:more"]).exits(0).says_not("ref-bypassed");
    sandbox.git_in(&server, &["update-ref", "refs/heads/topic", &old]);
    sandbox.push(&["origin", "main:else"]).exits(0).says("refs/heads/topic was moved past the hooks");
    sandbox.relsign_as("rita", &["freeze", "lift", "cut", "--reason", "r"]).exits(0);
    sandbox.push(&["-f", "origin", "main:topic"]).exits(0);
    sandbox.push(&["origin", "main:last"]).exits(0).says_not("ref-bypassed");
    // Nothing of this holds up a push, also where the file is none.
    std::fs::write(&file, "{").unwrap();
    sandbox.push(&["origin", "main:broken"]).exits(0).says("it is not known what moved past the hooks");
}

#[test]
fn a_receipt_names_the_refs_of_rules_and_a_clone_finds_what_a_server_lost() {
    // Expected: exit 0 of verify --heads while the server has what the receipt says or more, and 1 with the ref once it does
    // not; the receipt names a ref again only when that has moved.
    let sandbox = Sandbox::project();
    let server = sandbox.server();
    let key = sandbox.key("witness");
    let make = ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key.to_str().unwrap()];
    sandbox.program("ssh-keygen", &server, &make).exits(0);
    sandbox.git_in(&server, &["config", "relsign.witnesskey", key.to_str().unwrap()]);
    let public = key.with_extension("pub");
    sandbox
        .relsign_as("rita", &["machine", "add", "server", "--public-key", public.to_str().unwrap(), "--may", "receipt"])
        .exits(0);
    sandbox.relsign_as("rita", &["policy", "activate"]).exits(0);
    let old = sandbox.git(&["rev-parse", "main"]);
    sandbox.push(&["origin", "main:topic"]).exits(0);
    // It begins later, so the branch is watched and not frozen yet.
    let later = ["freeze", "start", "later", "--ref", "topic", "--from", "2d", "--until", "3d", "--reason", "r"];
    sandbox.relsign_as("rita", &later).exits(0);
    let new = sandbox.commit("new");
    sandbox.push(&["origin", "main:topic"]).exits(0);
    sandbox.git(&["tag", "-a", "-m", "x", "v0.1.0"]);
    sandbox.relsign_as("rita", &["open", "v0.1.0"]).exits(0);
    sandbox.relsign_as("rita", &["reject", "v0.1.0", "works", "--reason", "no"]).exits(0);
    sandbox.relsign(&["sync"]).exits(0);
    sandbox.relsign(&["verify", "--heads"]).exits(0);
    let named = |what: &str| {
        let list = sandbox.git_in(&server, &["notes", "--ref=relsign-receipts", "list"]);
        let note = sandbox.git_in(&server, &["cat-file", "blob", list.split(' ').next().unwrap()]);
        let payloads = note.lines().map(|line| line.split("\"payload\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned());
        let decoded = payloads.map(|text| relsign::parse::base64::decode(&text).unwrap());
        decoded.filter(|text| String::from_utf8_lossy(text).contains(what)).count()
    };
    let head = |id: &str| format!("{{\"ref\":\"refs/heads/topic\",\"id\":\"{id}\"}}");
    assert_eq!((named(&head(&old)), named(&head(&new)), named("refs/heads/frozen")), (1, 1, 1));
    sandbox.commit("newer");
    sandbox.push(&["origin", "main:topic"]).exits(0);
    sandbox.relsign(&["verify", "--heads"]).exits(0);
    sandbox.git_in(&server, &["update-ref", "refs/heads/topic", &old]);
    let went = format!("refs/heads/topic is at {}, and a witness had it at {}", &old[..12], &new[..12]);
    sandbox.relsign(&["verify", "--heads"]).exits(1).says(&went);
    sandbox.git_in(&server, &["update-ref", "-d", "refs/heads/topic"]);
    sandbox.relsign(&["verify", "--heads"]).exits(1).says("refs/heads/topic is not there");
    // The deletion is told of and not signed for, until it goes through a hook.
    sandbox.relsign_as("rita", &["reject", "v0.1.0", "works", "--reason", "still no"]).exits(0);
    sandbox.relsign(&["sync"]).exits(0);
    sandbox.relsign(&["verify", "--heads"]).exits(1).says("refs/heads/topic is not there");
    sandbox.push(&["origin", "main:topic"]).exits(0);
    sandbox.push(&["origin", ":topic"]).exits(0);
    sandbox.relsign_as("rita", &["reject", "v0.1.0", "works", "--reason", "no more"]).exits(0);
    sandbox.relsign(&["sync"]).exits(0);
    sandbox.relsign(&["verify", "--heads"]).exits(0);
    assert_eq!(named(&head(&"0".repeat(40))), 1);
    sandbox.on_server(&["hook", "check", "--server"]).exits(0).says("refs that move past the hooks are told since");
}

#[test]
fn pushes_at_the_same_time_are_not_taken_for_others() {
    // Expected: exit 0 and nothing of ref-bypassed, whichever hook of which push comes first.
    let sandbox = Sandbox::project();
    let later = ["freeze", "start", "later", "--ref", "refs/heads/w*", "--from", "2d", "--until", "3d", "--reason", "r"];
    sandbox.relsign_as("rita", &later).exits(0);
    let commits: Vec<String> = (0..3).map(|number| sandbox.commit(&number.to_string())).collect();
    std::thread::scope(|scope| {
        for branch in 0..5 {
            let (sandbox, commits) = (&sandbox, &commits);
            scope.spawn(move || {
                for commit in commits {
                    let run = sandbox.push(&["origin", &format!("{commit}:refs/heads/w{branch}")]).exits(0);
                    run.says_not("ref-bypassed").says_not("not known");
                }
                sandbox.push(&["origin", &format!(":refs/heads/w{branch}")]).exits(0).says_not("ref-bypassed");
            });
        }
    });
    sandbox.on_server(&["freeze", "check", "--ref", "x"]).exits(0).says_not("ref-bypassed");
}

#[test]
fn what_a_server_says_to_a_push_of_relsigns_own_is_shown() {
    // Expected: exit 0 and shared, with a warning for each remark of relsign's hooks, the command that goes with it on a line of its
    // own, what would act on a terminal written out, and nothing of what other hooks say. A refusal comes first of what is said.
    let sandbox = Sandbox::project();
    let server = sandbox.server();
    sandbox.git(&["tag", "-a", "-m", "x", "v0.1.0"]);
    sandbox.relsign_as("rita", &["open", "v0.1.0"]).exits(0).says_not("says:");
    let old = sandbox.landed("refs/heads/frozen").unwrap();
    let merged = sandbox.commit("merged in a web page");
    sandbox.push(&["origin", "main"]).exits(0);
    sandbox.git_in(&server, &["update-ref", "refs/heads/frozen", &merged]);
    let reject = ["reject", "v0.1.0", "works", "--reason", "no"];
    let moved = "warning: origin says: refs/heads/frozen was moved past the hooks";
    let run = sandbox.relsign_as("rita", &reject).exits(0).says("shared with origin").says(moved).says("ref-bypassed");
    assert_eq!(put_back(&run), [["update-ref", "refs/heads/frozen", &old, &merged].map(str::to_owned).to_vec()], "{}", run.text);
    let run = sandbox.push(&["origin", "main:production"]);
    let first = run.text.lines().find(|line| line.contains("relsign: ")).unwrap_or_default();
    assert!(first.contains("refused"), "{}", run.text);
    sandbox.git_in(&server, &["update-ref", "refs/heads/frozen", &old]);
    // A sync says it too, and a witness without its key.
    sandbox.git_in(&server, &["config", "relsign.witnesskey", "/nowhere"]);
    sandbox.relsign_as("rita", &[&reject[..], &["--no-sync"]].concat()).exits(0);
    let run = sandbox.relsign(&["sync"]).exits(0).says("warning: origin says: the push landed, but: NO receipt was signed for it");
    run.says("relsign witness --here").says_not("moved past the hooks");
    let hook = server.join("hooks/post-receive");
    std::fs::write(&hook, "#!/bin/sh\nprintf 'pull request\\nrelsign: \\033[31mred\\n  \\033]0;x\\007\\nbye\\n' >&2\n").unwrap();
    let run = sandbox.relsign_as("rita", &reject).exits(0).says(r"warning: origin says: \x1b[31mred").says(r"  \x1b]0;x\x07");
    run.says_not("\u{1b}").says_not("pull request").says_not("bye");
}
