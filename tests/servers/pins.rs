//! One hook for many projects: the administrator's file says which are judged, and under which root.

use std::os::unix::fs::PermissionsExt as _;

use crate::sandbox::Sandbox;

/// A server whose hooks are shared by all its projects and take their pins from a file.
fn server(pins: &str) -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.on_server(&["hook", "uninstall"]).exits(0);
    sandbox.git_in(&sandbox.server(), &["config", "--unset-all", "relsign.root"]);
    write(&sandbox, pins);
    let (hooks, pins) = (sandbox.path("hooks"), sandbox.path("pins"));
    let words = ["hook", "install", "--server", "--pins", pins.to_str().unwrap(), "--hooks-dir", hooks.to_str().unwrap()];
    sandbox.on_server(&words).exits(0).says("installed pre-receive");
    sandbox.git_in(&sandbox.server(), &["config", "core.hooksPath", hooks.to_str().unwrap()]);
    sandbox
}

fn write(sandbox: &Sandbox, pins: &str) {
    let pins = pins.replace("PROJECT", sandbox.server().to_str().unwrap());
    // The root of the base is the same in every copy of it.
    let pins = pins.replace("ROOT", &sandbox.root());
    std::fs::write(sandbox.path("pins"), pins).unwrap();
}

#[test]
fn a_listed_project_is_judged_under_its_root() {
    let sandbox = server("# projects\nPROJECT ROOT\n");
    sandbox.commit("second");
    sandbox.push(&["origin", "main"]).exits(0).says_not("relsign:");
    sandbox.push(&["origin", "main:frozen"]).exits(1).says("[ref-frozen]");
    write(&sandbox, &format!("PROJECT SHA256:{}\n", "ab".repeat(32)));
    sandbox.commit("third");
    sandbox.push(&["origin", "main"]).exits(1).says("root-mismatch");
}

#[test]
fn a_project_is_found_by_a_link_to_it_too() {
    let sandbox = Sandbox::project();
    let link = sandbox.path("link.git");
    std::os::unix::fs::symlink(sandbox.server(), &link).unwrap();
    let sandbox_pins = format!("{} ROOT\n", link.display());
    write(&sandbox, &sandbox_pins);
    sandbox.on_server(&["hook", "install", "--server", "--pins", sandbox.path("pins").to_str().unwrap()]).exits(0);
    sandbox.commit("second");
    sandbox.push(&["origin", "main:frozen"]).exits(1).says("[ref-frozen]");
}

/// Takes away from the server's project whatever shows that it uses relsign.
fn forget(sandbox: &Sandbox) {
    for name in ["refs/relsign/policy", "refs/notes/relsign", "refs/notes/relsign-receipts", "refs/relsign/evidence"] {
        sandbox.git_in(&sandbox.server(), &["update-ref", "-d", name]);
    }
    let _ = std::fs::remove_dir_all(sandbox.server().join("relsign"));
}

#[test]
fn an_unlisted_project_that_never_used_relsign_is_left_alone_but_for_its_refs() {
    let sandbox = server("/srv/somewhere/else.git ROOT\n");
    forget(&sandbox);
    sandbox.commit("second");
    sandbox.push(&["origin", "main", "main:frozen"]).exits(0).says_not("relsign:");
    for name in ["refs/relsign/policy", "refs/relsign/Policy", "refs/relsign/proposals/x", "refs/notes/relsign"] {
        let run = sandbox.push(&["origin", &format!("refs/relsign/policy:{name}")]).exits(1).says("[root-unpinned]");
        run.says("administrator").says(&sandbox.server().display().to_string());
        assert_eq!(sandbox.landed(name), None);
    }
    sandbox.push(&["origin", "main:refs/notes/commits", ":frozen"]).exits(0).says_not("relsign:");
}

/// Pushes to the project as it lies at a path now, where its frozen branch must not move, and says with what it is refused.
#[track_caller]
fn refused_at(sandbox: &Sandbox, path: &std::path::Path, root: &str) {
    let url = path.to_str().unwrap();
    let before = sandbox.git_in(path, &["rev-parse", "refs/heads/frozen"]);
    for push in [&["main:frozen"][..], &["--force", ":frozen"], &["main"]] {
        let run = sandbox.push(&[&[url], push].concat()).exits(1).says("root-unpinned").says("unverified here");
        let line = format!("{} {root}", path.canonicalize().unwrap().display());
        assert!(run.text.lines().any(|said| said.trim_start_matches("remote:").trim() == line), "{line} is not in:\n{}", run.text);
    }
    assert_eq!(sandbox.git_in(path, &["rev-parse", "refs/heads/frozen"]), before);
}

#[test]
fn a_project_that_fell_out_of_the_list_takes_no_push_and_says_the_line_that_is_missing() {
    let sandbox = server("PROJECT ROOT\n");
    let root = sandbox.root();
    sandbox.commit("second");
    sandbox.push(&["origin", "main:frozen"]).exits(1).says("[ref-frozen]");
    let old = sandbox.server();
    for new in ["srv/renamed.git", "srv/Project.git", "srv/project", "elsewhere/with blanks/project.git"] {
        let new = sandbox.path(new);
        std::fs::create_dir_all(new.parent().unwrap()).unwrap();
        std::fs::rename(&old, &new).unwrap();
        refused_at(&sandbox, &new, &root);
        // The very line that was said puts it right.
        std::fs::write(sandbox.path("pins"), format!("{} {root}\n", new.canonicalize().unwrap().display())).unwrap();
        sandbox.push(&[new.to_str().unwrap(), "main:frozen"]).exits(1).says("[ref-frozen]");
        write(&sandbox, "PROJECT ROOT\n");
        std::fs::rename(&new, &old).unwrap();
    }
    sandbox.push(&["origin", "main:frozen"]).exits(1).says("[ref-frozen]");
}

#[test]
fn a_copy_that_another_spelling_of_the_list_misses_takes_no_push() {
    let sandbox = server("PROJECT ROOT\n");
    sandbox.commit("second");
    let path = sandbox.server().display().to_string();
    for wrong in [path.replace(".git", ""), path.replace("project.git", "PROJECT.git"), format!("{path}.git"), format!("{path}/x")]
    {
        std::fs::write(sandbox.path("pins"), format!("{wrong} {}\n", sandbox.root())).unwrap();
        refused_at(&sandbox, &sandbox.server(), &sandbox.root());
    }
    // A fork of a listed project carries its refs along and is another project.
    write(&sandbox, "PROJECT ROOT\n");
    let fork = sandbox.path("srv/fork.git");
    sandbox.git_in(&sandbox.path("srv"), &["clone", "-q", "--mirror", "project.git", "fork.git"]);
    sandbox.git_in(&fork, &["config", "core.hooksPath", sandbox.path("hooks").to_str().unwrap()]);
    refused_at(&sandbox, &fork, &sandbox.root());
}

#[test]
fn anything_that_shows_that_an_unlisted_project_uses_relsign_stops_its_pushes() {
    let sandbox = server("/srv/somewhere/else.git ROOT\n");
    sandbox.commit("second");
    let server = sandbox.server();
    let main = sandbox.landed("refs/heads/main").unwrap();
    for name in [
        "refs/relsign/policy",
        "refs/relsign/proposals/00",
        "refs/relsign/former/00",
        "refs/relsign/evidence",
        "refs/notes/relsign",
        "refs/notes/relsign-receipts",
    ] {
        forget(&sandbox);
        sandbox.push(&["--dry-run", "origin", "main:frozen"]).exits(0);
        sandbox.git_in(&server, &["update-ref", name, &main]);
        sandbox.push(&["origin", "main:frozen"]).exits(1).says("root-unpinned");
        // Packed or loose is all the same, and one that leads nowhere or is broken still shows it.
        sandbox.git_in(&server, &["pack-refs", "--all"]);
        sandbox.push(&["origin", "main:frozen"]).exits(1).says("root-unpinned");
        sandbox.git_in(&server, &["update-ref", "-d", name]);
        for text in ["ref: refs/heads/nowhere\n", "nonsense\n", ""] {
            std::fs::create_dir_all(server.join(name).parent().unwrap()).unwrap();
            std::fs::write(server.join(name), text).unwrap();
            let run = sandbox.push(&["origin", "main:frozen"]);
            assert_ne!(run.code, 0, "{name} {text:?}: {}", run.text);
            std::fs::remove_file(server.join(name)).unwrap();
        }
    }
    forget(&sandbox);
    // A pin in the project's own configuration is not the administrator's word where there is a file of pins.
    sandbox.git_in(&server, &["config", "relsign.root", &sandbox.root()]);
    let run = sandbox.push(&["origin", "main:frozen"]).exits(1).says("root-unpinned");
    run.says(&format!("{} {}", server.display(), sandbox.root()));
    sandbox.git_in(&server, &["config", "--unset", "relsign.root"]);
    sandbox.push(&["origin", "main:frozen"]).exits(0);
}

#[test]
fn a_server_without_a_file_of_pins_refuses_a_project_that_uses_relsign_and_has_no_pin() {
    let sandbox = Sandbox::project();
    sandbox.commit("second");
    sandbox.git_in(&sandbox.server(), &["config", "--unset-all", "relsign.root"]);
    sandbox.git_in(&sandbox.server(), &["update-ref", "-d", "refs/relsign/policy"]);
    // The notes are still there.
    let main = sandbox.landed("refs/heads/main").unwrap();
    sandbox.git_in(&sandbox.server(), &["update-ref", "refs/notes/relsign", &main]);
    sandbox.push(&["origin", "main:frozen"]).exits(1).says("root-unpinned").says("relsign trust SHA256:");
}

#[test]
fn a_file_of_pins_that_cannot_be_relied_on_stops_every_push() {
    let sandbox = server("PROJECT ROOT\n");
    sandbox.commit("second");
    let pins = sandbox.path("pins");
    for wrong in ["PROJECT\n", "PROJECT SHA256:12\n", "srv/project.git ROOT\n", "PROJECT ROOT\nPROJECT SHA256:abab\n"] {
        write(&sandbox, wrong);
        sandbox.push(&["origin", "main"]).exits(1).says("has an error in line");
    }
    // A file that names nobody would leave everybody alone.
    for empty in ["", "\n\n", "# PROJECT ROOT\n", "  \t\n# projects\n"] {
        write(&sandbox, empty);
        sandbox.push(&["origin", "main"]).exits(1).says("lists no projects");
    }
    std::fs::remove_file(&pins).unwrap();
    std::fs::create_dir(&pins).unwrap();
    sandbox.push(&["origin", "main"]).exits(1).says("can't be read");
    std::fs::remove_dir(&pins).unwrap();
    std::fs::write(&pins, b"/srv/\xff.git SHA256:00\n").unwrap();
    sandbox.push(&["origin", "main"]).exits(1).says("can't be read");
    write(&sandbox, "PROJECT ROOT\n");
    std::fs::set_permissions(&pins, std::fs::Permissions::from_mode(0o646)).unwrap();
    sandbox.push(&["origin", "main"]).exits(1).says("is writable by everybody");
    std::fs::remove_file(&pins).unwrap();
    sandbox.push(&["origin", "main"]).exits(1).says("can't be read");
    write(&sandbox, "PROJECT ROOT\n");
    sandbox.push(&["origin", "main"]).exits(0);
}

#[test]
fn installing_looks_at_the_file_first() {
    let sandbox = Sandbox::project();
    let pins = sandbox.path("pins");
    sandbox.on_server(&["hook", "install", "--server", "--pins", pins.to_str().unwrap()]).exits(2).says("there is no pins file");
    std::fs::write(&pins, "nonsense\n").unwrap();
    sandbox.on_server(&["hook", "install", "--server", "--pins", pins.to_str().unwrap()]).exits(3).says("has an error in line 1");
    std::fs::write(&pins, format!("/srv/nothing.git {}\n", sandbox.root())).unwrap();
    sandbox.on_server(&["hook", "install", "--server", "--pins", pins.to_str().unwrap()]).exits(0).says("which does not exist");
    sandbox.relsign(&["hook", "install", "--pins", pins.to_str().unwrap()]).exits(2);
}
