//! People's git as they have it set up: what is on the remote, settings, hooks, clones of every sort.

use std::path::PathBuf;

use crate::sandbox::{Sandbox, Stage, TAG, ended};

/// Makes a server as the origin of the repository, with its branch.
fn serve(box_: &Sandbox) -> PathBuf {
    let server = box_.path("server.git");
    box_.git(&["init", "-q", "--bare", "-b", "main", server.to_str().unwrap()]);
    box_.git(&["remote", "add", "origin", &format!("file://{}", server.display())]);
    box_.git(&["push", "-q", "--no-verify", "origin", "main"]);
    server
}

/// Another person's tag: an annotated one, a lightweight one on the same commit, and one on a file.
const OTHERS: [&[&str]; 3] = [&["-a", "-m", "other", TAG, "main"], &[TAG, "main"], &[TAG, "main:RELEASE.md"]];

#[test]
fn nothing_is_signed_on_a_tag_that_is_another_at_the_remote() {
    for other in OTHERS {
        let box_ = Sandbox::at(Stage::Begun);
        let server = serve(&box_);
        box_.run(&["sync"]).exits(0);
        box_.tag(TAG);
        box_.git_in(&server, &[&["-c", "user.name=x", "-c", "user.email=x@example.com", "tag"], other].concat());
        box_.run_as("rita", &["open", TAG]).exits(3).says("another object at origin").says("git fetch --force origin");
        assert!(box_.log(TAG).is_empty(), "{other:?}");
        // What was opened before it was another is told, and nothing in favour comes.
        box_.git_in(&server, &["tag", "-d", TAG]);
        box_.run_as("rita", &["open", TAG]).exits(0).says("shared with origin");
        box_.git_in(&server, &[&["-c", "user.name=x", "-c", "user.email=x@example.com", "tag", "-f"], other].concat());
        let before = box_.log(TAG).len();
        for (who, args) in [
            ("ann", &["approve", TAG, "tests"][..]),
            ("bob", &["not-applicable", TAG, "rollback", "--reason", "no"]),
            ("rita", &["waive", TAG, "tests", "--reason", "no"]),
            ("rita", &["decide", TAG, "go"]),
        ] {
            let run = box_.run_as(who, args);
            assert!(matches!(run.code, 1 | 3), "{other:?}: {args:?}: {}: {}", run.code, run.text());
        }
        assert_eq!(box_.log(TAG).len(), before, "{other:?}");
    }
    // Also where the name is only made now.
    let box_ = Sandbox::at(Stage::Begun);
    let server = serve(&box_);
    box_.git_in(&server, &["tag", TAG, "main"]);
    box_.run(&["sync"]).exits(0);
    box_.git(&["tag", "-d", TAG]);
    ended(box_.program().args(["tag", TAG])).exits(1).says("origin has").says("git fetch origin");
}

#[test]
fn settings_are_those_that_git_reads() {
    let box_ = Sandbox::at(Stage::Opened);
    serve(&box_);
    let (home, work, empty) = (box_.path("home/.gitconfig"), box_.path("home/work"), box_.path("home/empty"));
    let key = format!("[relsign]\n\tkey = {}\n", box_.key("ann").display());
    std::fs::write(&work, &key).unwrap();
    std::fs::write(&empty, "").unwrap();
    let (work, empty) = (work.to_str().unwrap(), empty.to_str().unwrap());
    let include = |condition: &str| format!("[includeIf \"{condition}\"]\n\tpath = {work}\n");
    let numbered = [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "include.path"), ("GIT_CONFIG_VALUE_0", work)];
    let passed = format!("'include.path'='{work}'");
    type Way<'a> = (&'a str, String, &'a [(&'a str, &'a str)]);
    let ways: [Way<'_>; 9] = [
        ("hasconfig", include("hasconfig:remote.*.url:file://**"), &[]),
        ("gitdir", include("gitdir:**/repo/.git"), &[]),
        ("onbranch", include("onbranch:main"), &[]),
        ("global", String::new(), &[("GIT_CONFIG_GLOBAL", work)]),
        ("system", String::new(), &[("GIT_CONFIG_SYSTEM", work), ("GIT_CONFIG_NOSYSTEM", "0")]),
        ("count", String::new(), &numbered),
        ("parameters", String::new(), &[("GIT_CONFIG_PARAMETERS", &passed)]),
        ("other hasconfig", include("hasconfig:remote.*.url:https://**"), &[]),
        ("no global", key, &[("GIT_CONFIG_GLOBAL", empty)]),
    ];
    for (number, (way, text, variables)) in ways.into_iter().enumerate() {
        std::fs::write(&home, text).unwrap();
        let known =
            box_.command("git", &box_.repo).envs(variables.iter().copied()).args(["config", "relsign.key"]).output().unwrap();
        assert_eq!(known.status.success(), number < 7, "{way}: git itself");
        let run = ended(box_.program().envs(variables.iter().copied()).args(["whoami"]));
        assert_eq!(run.text().contains("@ann"), number < 7, "{way}: {}", run.text());
    }
    // What git is asked for is told apart as what is read here is: a file that may have been pushed pins nothing.
    let root = box_.git(&["config", "relsign.root"]);
    box_.git(&["config", "--unset", "relsign.root"]);
    std::fs::write(&home, include("hasconfig:remote.*.url:file://**")).unwrap();
    box_.write("team.gitconfig", format!("[relsign]\n\troot = {root}\n"));
    box_.git(&["config", "include.path", "../team.gitconfig"]);
    box_.gate(TAG, 4).says("relsign trust");
    std::fs::write(work, format!("[relsign]\n\troot = {root}\n")).unwrap();
    box_.gate(TAG, 1);
    // The transport has them too, and a worktree its own.
    let broken = [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "remote.origin.url"), ("GIT_CONFIG_VALUE_0", "/nonexistent")];
    ended(box_.program().envs(broken).args(["sync"])).exits(5);
}

#[test]
fn hooks_land_where_git_looks() {
    let box_ = Sandbox::at(Stage::Begun);
    serve(&box_);
    let linked = box_.path("linked");
    box_.git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
    let shared = box_.path("home/shared-hooks");
    for (what, path, place) in [
        ("relative", ".hooks", linked.join(".hooks")),
        ("home", "~/shared-hooks", shared),
        ("conditional", "", linked.join(".work-hooks")),
        ("none", "", box_.repo.join(".git/hooks")),
    ] {
        if path.is_empty() {
            let _ = box_.command("git", &box_.repo).args(["config", "--unset", "core.hooksPath"]).output();
            let text = if what == "none" { "" } else { "[includeIf \"hasconfig:remote.*.url:file://**\"]\n\tpath = hooks\n" };
            std::fs::write(box_.path("home/.gitconfig"), text).unwrap();
            std::fs::write(box_.path("home/hooks"), "[core]\n\thooksPath = .work-hooks\n").unwrap();
        } else {
            box_.git(&["config", "core.hooksPath", path]);
        }
        ended(box_.program().current_dir(&linked).args(["hook", "install", "--yes"])).exits(0);
        assert!(place.join("pre-push").exists(), "{what}");
        ended(box_.program().current_dir(&linked).args(["hook", "check"])).exits(0);
        let pushed = box_.command("git", &linked).args(["push", "origin", "HEAD:refs/relsign/nonsense"]).output().unwrap();
        assert!(String::from_utf8_lossy(&pushed.stderr).contains("relsign: push to refs/relsign/nonsense refused"), "{what}");
    }
    // In a linked worktree `.git` is a file.
    box_.git(&["config", "core.hooksPath", ".git/hooks"]);
    ended(box_.program().current_dir(&linked).args(["hook", "install", "--yes"])).exits(4).says("runs no hooks here");
}

#[test]
fn a_hook_that_git_does_not_run_is_told_when_it_is_installed() {
    let box_ = Sandbox::at(Stage::Begun);
    let run = box_.run_as("rita", &["init", "--yes"]).exits(0);
    assert!(!run.text().contains("does not run"), "{}", run.text());
    box_.run(&["hook", "install"]).exits(0);
    // Another program of this name comes first on PATH, and the hook runs that.
    let other = box_.path("home/relsign");
    std::fs::write(&other, "#!/bin/sh\nexit 0\n").unwrap();
    std::fs::set_permissions(&other, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let folders = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect::<Vec<_>>();
    let path = std::env::join_paths(std::iter::once(box_.path("home")).chain(folders)).unwrap();
    for args in [&["init", "--yes"][..], &["hook", "install"]] {
        let run = ended(box_.program().env("PATH", &path).arg("--key").arg(box_.key("rita")).args(args)).exits(0);
        assert!(run.text().contains("git does not run this relsign from"), "{args:?}: {}", run.text());
    }
}

#[test]
fn what_a_fetch_overwrites_is_taken_back_and_init_exempts_relsigns_refs() {
    let all = ["+refs/*:refs/*"];
    let notes = ["+refs/heads/*:refs/remotes/origin/*", "+refs/notes/*:refs/notes/*"];
    for refspecs in [&all[..], &notes] {
        let box_ = Sandbox::at(Stage::Opened);
        let server = serve(&box_);
        box_.git(&["config", "--unset-all", "remote.origin.fetch"]);
        for refspec in refspecs {
            box_.git(&["config", "--add", "remote.origin.fetch", refspec]);
        }
        box_.run(&["sync"]).exits(0);
        box_.write("proof.txt", "42 passed\n");
        box_.run_as("ann", &["approve", TAG, "tests", "--no-sync", "--evidence", "proof.txt"]).exits(0);
        let signed = box_.log(TAG).len();
        // Somebody else's record makes the fetch overwrite ours.
        let other = box_.path("other");
        box_.git_in(&box_.path("home"), &["clone", "-q", server.to_str().unwrap(), other.to_str().unwrap()]);
        box_.git_in(&other, &["config", "relsign.root", &box_.git(&["config", "relsign.root"])]);
        let theirs = ["approve", TAG, "rollback"];
        ended(box_.program().current_dir(&other).arg("--key").arg(box_.key("bob")).args(["sync"])).exits(0);
        ended(box_.program().current_dir(&other).arg("--key").arg(box_.key("bob")).args(theirs)).exits(0);
        box_.git(&["fetch", "-q", "--prune", "--update-head-ok", "origin"]);
        assert!(!box_.log(TAG).iter().any(|entry| entry.payload.to_string().contains("\"tests\"") && entry.kind() == "sign"));
        let run = box_.run(&["sync"]).exits(0).says("took back 1 record of this clone's that a fetch had overwritten");
        assert_eq!(box_.log(TAG).len(), signed + 1, "{}", run.text());
        assert_eq!(box_.verify(TAG, 0).item("tests"), "done");
        assert_eq!(box_.git_in(&server, &["rev-parse", "refs/relsign/evidence"]), box_.id("refs/relsign/evidence"));
        // What lies there is not taken back a second time.
        let run = box_.run(&["sync"]).exits(0);
        assert!(!run.text().contains("took back"), "{}", run.text());

        box_.run_as("rita", &["init", "--yes"])
            .exits(0)
            .says("overwrites what was signed here")
            .says("leaves relsign's refs alone");
        box_.run_as("ann", &["reject", TAG, "migration", "--reason", "no", "--no-sync"]).exits(0);
        ended(
            box_.program().current_dir(&other).arg("--key").arg(box_.key("bob")).args(["reject", TAG, "tests", "--reason", "no"]),
        )
        .exits(0);
        let before = box_.id("refs/notes/relsign");
        // Whoever puts the notes back by hand, to be rid of junk, means it.
        box_.git(&["update-ref", "refs/notes/relsign", "refs/notes/relsign~1"]);
        let run = box_.run_as("ann", &["approve", TAG, "tests", "--no-sync"]).exits(0);
        assert!(!run.text().contains("took back"), "{}", run.text());
        box_.git(&["update-ref", "refs/notes/relsign", &before]);
        box_.git(&["fetch", "-q", "--update-head-ok", "origin"]);
        assert_eq!(box_.id("refs/notes/relsign"), before);
        let run = box_.run_as("rita", &["init", "--yes"]).exits(0);
        assert!(!run.text().contains("overwrites"), "{}", run.text());
    }
}

#[test]
fn a_renamed_remote_is_fetched_from_as_before() {
    let box_ = Sandbox::at(Stage::Opened);
    serve(&box_);
    box_.run(&["sync"]).exits(0);
    box_.run_as("rita", &["init", "--yes"]).exits(0);
    box_.git(&["remote", "rename", "origin", "upstream"]);
    box_.run(&["sync"]).exits(0).says("upstream: ");
    let lines = box_.git(&["config", "--get-all", "remote.upstream.fetch"]);
    assert!(!lines.contains("remotes/origin/"), "{lines}");
    for side in ["notes*", "policy*", "evidence*"] {
        assert!(lines.contains(&format!(":refs/relsign-fetched.upstream.{side}")), "{lines}");
    }
    box_.git(&["update-ref", "-d", "refs/relsign-fetched.upstream.notes"]);
    box_.git(&["fetch", "-q", "upstream"]);
    assert_eq!(box_.id("refs/relsign-fetched.upstream.notes"), box_.id("refs/notes/relsign"));
    box_.run(&["sync"]).exits(0);
    assert_eq!(box_.git(&["config", "--get-all", "remote.upstream.fetch"]), lines);
}

#[test]
fn a_renamed_remote_that_relsign_was_told_to_use_is_found_again() {
    let box_ = Sandbox::at(Stage::Opened);
    serve(&box_);
    box_.run_as("rita", &["init", "--yes", "--remote", "origin"]).exits(0);
    // Another one takes the name of neither.
    box_.git(&["init", "-q", "--bare", box_.path("fork.git").to_str().unwrap()]);
    box_.git(&["remote", "add", "fork", &format!("file://{}", box_.path("fork.git").display())]);
    box_.git(&["remote", "rename", "origin", "upstream"]);
    // What only reads knows it too, and leaves the settings alone.
    box_.run(&["gate", TAG]).exits(1);
    assert_eq!(box_.git(&["config", "relsign.remote"]), "origin");
    box_.run_as("ann", &["approve", TAG, "tests"]).exits(0).says("shared with upstream");
    assert_eq!(box_.git(&["config", "relsign.remote"]), "upstream");
    box_.run(&["sync"]).exits(0).says("upstream: ");
    assert_eq!(box_.git_in(&box_.path("fork.git"), &["for-each-ref"]), "");
    // Where nothing tells what it is called now, the command is named that chooses one.
    box_.git(&["config", "relsign.remote", "gone"]);
    box_.run(&["sync"]).exits(5).says("git remote -v").says("git config relsign.remote NAME");
}

#[test]
fn a_mirror_clone_shares_what_was_signed_in_it_and_nothing_else() {
    let box_ = Sandbox::at(Stage::Opened);
    let server = serve(&box_);
    box_.run(&["sync"]).exits(0);
    let mirror = box_.path("mirror.git");
    box_.git_in(
        &box_.path("home"),
        &["clone", "-q", "--mirror", &format!("file://{}", server.display()), mirror.to_str().unwrap()],
    );
    box_.git_in(&mirror, &["config", "relsign.root", &box_.git(&["config", "relsign.root"])]);
    for (name, value) in [("user.name", "Ann"), ("user.email", "ann@example.com")] {
        box_.git_in(&mirror, &["config", name, value]);
    }
    // What the server got since is not the mirror's to delete, nor is what lies only in the mirror the server's.
    box_.git(&["push", "-q", "--no-verify", "origin", "main:refs/heads/since"]);
    box_.git_in(&mirror, &["update-ref", "refs/heads/own", "main"]);
    let approve = ["approve", TAG, "tests"];
    let run = ended(box_.program().current_dir(&mirror).arg("--key").arg(box_.key("ann")).args(approve)).exits(0);
    run.says("shared with origin");
    let there = box_.git_in(&server, &["for-each-ref", "--format=%(refname)"]);
    assert!(there.contains("refs/heads/since") && !there.contains("refs/heads/own"), "{there}");
    assert_eq!(
        box_.git_in(&server, &["rev-parse", "refs/notes/relsign"]),
        box_.git_in(&mirror, &["rev-parse", "refs/notes/relsign"])
    );
}

/// Puts a program on PATH that git starts for a remote of another kind.
fn with_helper(box_: &Sandbox, name: &str, text: &str) -> std::ffi::OsString {
    let folder = box_.path("home/helpers");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let folders = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect::<Vec<_>>();
    std::env::join_paths(std::iter::once(folder).chain(folders)).unwrap()
}

/// It knows nothing but refs, and of a push the name that it has here.
const BY_NAME: &str = r#"#!/bin/sh
url=$2
while read -r command one two; do
    case "$command" in
        capabilities) printf 'fetch\npush\n\n' ;;
        list) git ls-remote "$url" | tr '\t' ' ' | sed 's/ HEAD$/ refs\/remotes\/x\/HEAD/'; echo ;;
        fetch)
            wanted=$one
            while read -r command one two && [ -n "$command" ]; do wanted="$wanted $one"; done
            git fetch-pack -q "$url" $wanted >&2
            echo ;;
        push)
            all=$one
            while read -r command one two && [ -n "$command" ]; do all="$all $one"; done
            for refspec in $all; do
                to=${refspec##*:}
                if ! git show-ref -q --verify "${refspec%%:*}"; then
                    echo "error $to requested Git reference not found"
                elif git push -q "$url" "$refspec" >&2; then
                    echo "ok $to"
                else
                    echo "error $to refused"
                fi
            done
            echo ;;
        *) exit ;;
    esac
done
"#;

#[test]
fn remote_helpers_are_given_the_names_of_refs() {
    let box_ = Sandbox::at(Stage::Signed);
    let server = serve(&box_);
    box_.git(&["config", "remote.origin.url", &format!("byname::{}", server.display())]);
    let path = with_helper(&box_, "git-remote-byname", BY_NAME);
    box_.write("proof.txt", "42 passed\n");
    for (who, args) in [
        ("rita", &["sync"][..]),
        ("bob", &["reject", TAG, "tests", "--reason", "no", "--evidence", "proof.txt"]),
        ("bob", &["withdraw", TAG, "tests", "--reason", "yes"]),
    ] {
        let run = ended(box_.program().env("PATH", &path).arg("--key").arg(box_.key(who)).args(args)).exits(0);
        assert!(run.text().contains("shared with origin") || run.text().contains("sent"), "{}", run.text());
    }
    for name in ["refs/notes/relsign", "refs/relsign/policy", "refs/relsign/evidence"] {
        assert_eq!(box_.git_in(&server, &["rev-parse", name]), box_.id(name), "{name}");
    }
    assert_eq!(box_.git(&["for-each-ref", "refs/relsign-fetched.*"]), "");
}

#[test]
fn a_transport_that_hangs_ends_with_a_sentence() {
    let box_ = Sandbox::at(Stage::Opened);
    box_.git(&["remote", "add", "origin", "hang::nowhere"]);
    let path = with_helper(&box_, "git-remote-hang", "#!/bin/sh\nread -r line\nexec sleep 20 >/dev/null 2>&1\n");
    box_.git(&["config", "relsign.timeout", "1"]);
    let run = ended(box_.program().env("PATH", &path).arg("sync")).exits(5);
    let run =
        run.says("cannot fetch from origin").says("it has not answered within 1 s").says("git config relsign.timeout SECONDS");
    assert!(run.took < std::time::Duration::from_secs(15), "{:?}", run.took);
    box_.git(&["config", "relsign.timeout", "soon"]);
    ended(box_.program().env("PATH", &path).arg("sync")).exits(5).says("not a number of seconds");
}

#[test]
fn a_split_or_sparse_index_is_read_as_git_reads_it() {
    let box_ = Sandbox::at(Stage::Begun);
    box_.write("docs/page.md", "page\n");
    box_.commit("docs");
    for args in [
        &["update-index", "--split-index"][..],
        &["update-index", "--no-split-index"],
        &["sparse-checkout", "init", "--cone", "--sparse-index"],
        &["sparse-checkout", "set", ".relsign"],
    ] {
        box_.git(args);
        box_.run_as("rita", &["init", "--yes"]).exits(0);
        box_.run(&["hook", "install"]).exits(0);
    }
    box_.git(&["config", "core.hooksPath", ".githooks"]);
    box_.run(&["hook", "install", "--yes"]).exits(0);
    box_.git(&["add", "--sparse", "-f", ".githooks"]);
    box_.run(&["hook", "install"]).exits(0).says("is tracked by git");
    // A repository that came with a checkout is found out although the index is split.
    let inner = box_.repo.join("inner");
    box_.init_repository(&inner);
    for name in ["HEAD", "config", "refs/x", "objects/x"] {
        let from = inner.join(".git").join(name);
        let text = std::fs::read(&from).unwrap_or_default();
        box_.write(&format!("vendored/{name}"), text);
    }
    std::fs::remove_dir_all(&inner).unwrap();
    box_.git(&["add", "--sparse", "-f", "vendored"]);
    box_.git(&["sparse-checkout", "disable"]);
    box_.git(&["update-index", "--split-index"]);
    ended(box_.program().current_dir(box_.repo.join("vendored")).arg("whoami")).exits(4).says("consists of files tracked in");
}

#[test]
fn another_owners_repository_is_named_with_the_user_and_the_command() {
    let box_ = Sandbox::at(Stage::Opened);
    if std::os::unix::fs::chown(box_.repo.join(".git"), Some(12_345), None).is_err() {
        eprintln!("skipped: only an administrator can give a repository to somebody else");
        return;
    }
    std::os::unix::fs::chown(&box_.repo, Some(12_345), None).unwrap();
    let command = format!("git config --global --add safe.directory {}", box_.repo.display());
    let run = box_.run(&["status", TAG]).exits(4).says("belongs to user 12345, and this runs as root").says(&command);
    assert!(!run.text().contains("PATH"), "{}", run.text());
    // The command helps, and so does whatever git takes for one that names it.
    let ways: [&[(&str, &str)]; 3] = [
        &[("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "safe.directory"), ("GIT_CONFIG_VALUE_0", "*")],
        &[("GIT_CONFIG_GLOBAL", "trusting")],
        &[],
    ];
    std::fs::write(box_.path("trusting"), "[safe]\n\tdirectory = *\n").unwrap();
    for variables in ways {
        if variables.is_empty() {
            let words: Vec<&str> = command.split(' ').skip(1).collect();
            box_.git_in(&box_.path("home"), &words);
        }
        let variables = variables.iter().map(|(name, value)| match *value {
            "trusting" => (*name, box_.path("trusting").display().to_string()),
            value => (*name, value.to_owned()),
        });
        let variables: Vec<_> = variables.collect();
        ended(box_.program().envs(variables.clone()).args(["status", TAG])).exits(0).says("v1.0.0");
        let words = ["approve", TAG, "tests", "--note", "again"];
        ended(box_.program().envs(variables).arg("--key").arg(box_.key("ann")).args(words)).exits(0);
    }
}

#[test]
fn a_tag_pattern_that_fits_nothing_is_told_as_what_it_is() {
    let box_ = Sandbox::empty();
    for (number, pattern) in ["v[0-9]*", "", "refs/tags/v*", "v~1"].into_iter().enumerate() {
        let repo = box_.path(&format!("repo-{number}"));
        box_.init_repository(&repo);
        let run = ended(box_.program().current_dir(&repo).args(["init", "--preset", "solo", "--yes", "--tags", pattern]));
        assert_eq!(run.code, 2, "{pattern}: {}", run.text());
        assert!(run.text().contains(&format!("{pattern:?}")) && !run.text().contains("threshold"), "{pattern}: {}", run.text());
    }
}

#[test]
fn addresses_of_forges_and_bots_are_proposed_and_what_a_stranger_costs_is_told() {
    let box_ = Sandbox::at(Stage::Begun);
    let commit = |repo: &std::path::Path, author: (&str, &str), committer: (&str, &str)| {
        let names = [("GIT_AUTHOR_NAME", author.0), ("GIT_AUTHOR_EMAIL", author.1)];
        let others = [("GIT_COMMITTER_NAME", committer.0), ("GIT_COMMITTER_EMAIL", committer.1)];
        let mut command = box_.command("git", repo);
        command.envs(names).envs(others).args(["commit", "-q", "--allow-empty", "-m", "merged"]);
        assert!(command.status().unwrap().success());
    };
    let (dev, forge) = (("Dev Eloper", "dev@example.com"), ("GitHub", "noreply@github.com"));
    let bot = ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com");
    let fresh = box_.path("fresh");
    box_.init_repository(&fresh);
    commit(&fresh, dev, forge);
    commit(&fresh, bot, forge);
    let init = ["init", "--preset", "team", "--yes", "--handle", "@dev"];
    let run = ended(box_.program().current_dir(&fresh).arg("--key").arg(box_.key("dev")).args(init)).exits(0);
    run.says("a forge's and bots: noreply@github.com and 49699333+dependabot[bot]@users.noreply.github.com");
    let policy = std::fs::read_to_string(fresh.join(".relsign/policy.toml")).unwrap();
    assert!(policy.contains("\nforges = [\"noreply@github.com\"]\n"), "{policy}");
    assert!(policy.contains("\nbots = [\"49699333+dependabot[bot]@users.noreply.github.com\"]\n"), "{policy}");

    // Where the policy does not know them, each command says what that costs while it can be mended.
    commit(&box_.repo, dev, forge);
    let told = |run: crate::sandbox::Run| {
        run.says("no review of them can count").says("noreply@github.com to `forges`").says("relsign policy activate")
    };
    told(box_.run_as("rita", &["tag", "v0.9.0"]).exits(0));
    box_.git(&["tag", "-d", "v0.9.0"]);
    box_.tag(TAG);
    told(box_.run_as("rita", &["open", TAG]).exits(0));
    let status = box_.run(&["status", TAG]).exits(0);
    status.says("the commit author GitHub is not in the policy, so no review counts").says("--unknown-authors");
    // What is listed costs nothing.
    let text = std::fs::read_to_string(box_.repo.join(".relsign/policy.toml")).unwrap();
    box_.write(".relsign/policy.toml", text.replace("[separation]\n", "[separation]\nforges = [\"noreply@github.com\"]\n"));
    box_.run_as("rita", &["policy", "activate"]).exits(0);
    box_.commit("policy");
    let run = box_.run_as("rita", &["tag", "v1.1.0"]).exits(0);
    assert!(!run.text().contains("can count"), "{}", run.text());
}
