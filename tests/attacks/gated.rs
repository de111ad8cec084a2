//! Gated refs: each takes the commits that the component and environment of its own opened, by real pushes.

use crate::sandbox::{CHECKLIST, Stage, TAG};
use crate::server::Server;

const POLICY: &str = "refs/relsign/policy";
const PRODUCTION: &str = "refs/heads/production";
const ONE_PLACE: &str = r#"environments = ["production"]"#;
const TWO_PLACES: &str = r#"environments = ["production", "staging"]"#;

/// A server whose policy has two components and two environments, with a gated ref for each component and one for staging.
fn gates() -> Server {
    let server = Server::at(Stage::Begun);
    server.box_.write("api/RELEASE.md", CHECKLIST);
    server.box_.commit("api");
    let before = server.box_.bytes(&format!("{POLICY}:version/policy.toml"));
    let before = String::from_utf8(before).unwrap();
    assert_eq!(before.matches(ONE_PLACE).count(), 1);
    let api =
        format!("{TWO_PLACES}\n[[component]]\nname = \"api\"\ntags = \"api/v*\"\nchecklist = \"api/RELEASE.md\"\n{TWO_PLACES}");
    let gate = |name: &str, component: &str, place: &str| {
        format!("[[gated]]\nref = \"refs/heads/{name}\"\ncomponent = \"{component}\"\nenvironment = \"{place}\"\n")
    };
    let text = before.replace(ONE_PLACE, &api)
        + &gate("api-production", "api", "production")
        + &gate("staging", "main", "staging")
        + &gate("both", "main", "production")
        + &gate("both", "api", "production");
    server.box_.step(&text, &[]);
    server.takes(&[POLICY]);
    server
}

/// Brings a tag on HEAD to GO for a place, and gives its commit.
fn release(server: &Server, tag: &str, place: &str) -> String {
    server.box_.tag(tag);
    server.run("rita", &["open", tag, "--env", place]).exits(0);
    server.box_.sign_all(tag);
    server.run("rita", &["decide", tag, "go"]).exits(0);
    server.box_.id(&format!("{tag}^{{commit}}"))
}

fn to(commit: &str, branch: &str) -> String {
    format!("+{commit}:{branch}")
}

#[test]
fn a_gated_branch_is_not_opened_by_the_go_of_another_component() {
    // Expected: ref-gated for production by a GO of the api, also under other spellings and as a new branch; the api's own branch
    // takes it.
    let server = gates();
    let commit = release(&server, "api/v1.0.0", "production");
    server.refuses(&[&to(&commit, PRODUCTION)], "ref-gated").says("main").says("api/v1.0.0");
    server.refuses(&[&to(&commit, "refs/heads/Production")], "ref-gated");
    server.refuses(&[&to(&commit, "refs/heads/both")], "ref-gated");
    server.takes(&[&to(&commit, "refs/heads/api-production")]).says("moves to release api/v1.0.0");
    release(&server, TAG, "production");
    server.takes(&[&to(&commit, PRODUCTION)]).says("moves to release v1.0.0");
    // Two gates on one branch: each is asked.
    server.takes(&[&to(&commit, "refs/heads/both")]);
}

#[test]
fn a_gated_branch_is_not_opened_by_the_go_of_another_environment() {
    // Expected: ref-gated for production by a GO for staging, and for staging by one for production.
    let server = gates();
    let commit = release(&server, TAG, "staging");
    server.refuses(&[&to(&commit, PRODUCTION)], "ref-gated").says("production");
    server.takes(&[&to(&commit, "refs/heads/staging")]).says("moves to release v1.0.0");
    server.change("a", "a");
    let commit = release(&server, "v1.1.0", "production");
    server.refuses(&[&to(&commit, "refs/heads/staging")], "ref-gated");
    server.takes(&[&to(&commit, PRODUCTION)]);
}

#[test]
fn a_gated_branch_does_not_take_the_best_of_several_releases() {
    // Expected: ref-gated while a release of the component on the commit is rejected there, whatever other is in GO; not by one
    // of another component or place.
    let server = gates();
    let commit = release(&server, TAG, "production");
    server.box_.tag("v0.9.0");
    server.run("rita", &["open", "v0.9.0", "--env", "production"]).exits(0);
    server.run("rita", &["decide", "v0.9.0", "no-go", "--reason", "broken"]).exits(0);
    server.refuses(&[&to(&commit, PRODUCTION)], "ref-gated").says("v0.9.0");
    let body = serde_json::json!({ "outcome": "abandoned", "reason": "tagged anew" });
    let notes = server.box_.id("refs/notes/relsign");
    server.box_.plant("v0.9.0", "dev", &server.box_.draft("v0.9.0", "dev", "close", body.clone()));
    server.refuses(&["refs/notes/relsign"], "not-authorised");
    server.box_.set_ref("refs/notes/relsign", &notes);
    server.refuses(&[&to(&commit, PRODUCTION)], "ref-gated");
    server.box_.plant("v0.9.0", "rita", &server.box_.draft("v0.9.0", "rita", "close", body));
    server.takes(&["refs/notes/relsign"]);
    server.box_.tag("api/v1.0.0");
    server.run("rita", &["open", "api/v1.0.0", "--env", "production"]).exits(0);
    server.box_.tag("v1.0.0-rc1");
    server.run("rita", &["open", "v1.0.0-rc1", "--env", "staging"]).exits(0);
    server.takes(&[&to(&commit, PRODUCTION)]);
}

#[test]
fn a_gated_branch_goes_back_to_no_release_of_another_component() {
    // Expected: ref-gated: what was completed before is asked of the ref's own component and environment.
    let server = gates();
    let complete = |tag: &str| {
        server.box_.complete(tag);
        server.takes(&["refs/notes/relsign"]);
    };
    let first = release(&server, TAG, "production");
    complete(TAG);
    server.change("a", "a");
    let other = release(&server, "api/v1.0.0", "production");
    complete("api/v1.0.0");
    server.change("b", "b");
    let staged = release(&server, "v1.1.0", "staging");
    complete("v1.1.0");
    server.change("c", "c");
    let last = release(&server, "v1.2.0", "production");
    server.takes(&[&to(&last, PRODUCTION)]);
    for wrong in [&other, &staged] {
        server.refuses(&[&to(wrong, PRODUCTION)], "ref-gated");
    }
    server.takes(&[&to(&first, PRODUCTION)]).says("moves back to release v1.0.0");
}
