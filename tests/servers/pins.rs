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

#[test]
fn an_unlisted_project_is_left_alone_but_for_its_policy() {
    let sandbox = server("/srv/somewhere/else.git ROOT\n");
    sandbox.commit("second");
    sandbox.push(&["origin", "main", "main:frozen"]).exits(0).says_not("relsign:");
    // A pin in the project's own configuration is not the administrator's word where there is a file of pins.
    sandbox.git_in(&sandbox.server(), &["config", "relsign.root", &sandbox.root()]);
    sandbox.git_in(&sandbox.server(), &["update-ref", "-d", "refs/relsign/policy"]);
    sandbox.push(&["origin", "refs/relsign/policy"]).exits(1).says("[root-unpinned]").says("administrator");
    sandbox.push(&["origin", "refs/relsign/policy:refs/relsign/Policy"]).exits(1).says("[root-unpinned]");
    assert_eq!(sandbox.landed("refs/relsign/policy"), None);
}

#[test]
fn a_file_of_pins_that_cannot_be_relied_on_stops_every_push() {
    let sandbox = server("PROJECT ROOT\n");
    sandbox.commit("second");
    let pins = sandbox.path("pins");
    for wrong in ["PROJECT\n", "PROJECT SHA256:12\n", "srv/project.git ROOT\n", "PROJECT ROOT\nPROJECT SHA256:abab\n"] {
        write(&sandbox, wrong);
        sandbox.push(&["origin", "main"]).exits(1).says("is wrong in line");
    }
    write(&sandbox, "PROJECT ROOT\n");
    std::fs::set_permissions(&pins, std::fs::Permissions::from_mode(0o646)).unwrap();
    sandbox.push(&["origin", "main"]).exits(1).says("may be written by everybody");
    std::fs::remove_file(&pins).unwrap();
    sandbox.push(&["origin", "main"]).exits(1).says("can't be read");
    write(&sandbox, "PROJECT ROOT\n");
    sandbox.push(&["origin", "main"]).exits(0);
}

#[test]
fn installing_looks_at_the_file_first() {
    let sandbox = Sandbox::project();
    let pins = sandbox.path("pins");
    sandbox.on_server(&["hook", "install", "--server", "--pins", pins.to_str().unwrap()]).exits(2).says("there is no file of pins");
    std::fs::write(&pins, "nonsense\n").unwrap();
    sandbox.on_server(&["hook", "install", "--server", "--pins", pins.to_str().unwrap()]).exits(3).says("is wrong in line 1");
    std::fs::write(&pins, format!("/srv/nothing.git {}\n", sandbox.root())).unwrap();
    sandbox.on_server(&["hook", "install", "--server", "--pins", pins.to_str().unwrap()]).exits(0).says("where there is nothing");
    sandbox.relsign(&["hook", "install", "--pins", pins.to_str().unwrap()]).exits(2);
}
