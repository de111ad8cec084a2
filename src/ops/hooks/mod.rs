//! The hooks of git: their names, the lines that relsign puts into them, and how those get there.

pub mod block;
pub mod check;
pub mod client;
pub mod done;
pub mod files;
pub mod install;
pub mod managers;
pub mod name;
pub mod uninstall;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::error::Outcome;
use super::session::Session;
use super::trust::ROOT_CONFIG;
use crate::git::Repository;

/// Returns the folder that keeps others from a program, or the program itself where others may not run it.
pub fn closed_to_others(program: &Path) -> Option<PathBuf> {
    let program = program.canonicalize().ok()?;
    let is_closed = |path: &&Path| fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o001 == 0);
    program.ancestors().filter(is_closed).last().map(Path::to_owned)
}

/// Says whether the hooks that were just installed in a server's project judge anything; `listed` says that a file of pins does.
///
/// # Errors
/// If the configuration can't be read.
pub fn installed_on_server(session: &Session, repository: &Repository, directory: &Path, listed: bool) -> Outcome<()> {
    switched_off(session, repository, directory);
    if listed {
        return Ok(());
    }
    match repository.config_own(ROOT_CONFIG)?.is_empty() {
        true => session
            .warn("no root is pinned here, so pushes are not judged yet and no policy is accepted; pin it: relsign trust SHA256:…"),
        false => session.say("pushes are judged under the root pinned here"),
    }
    Ok(())
}

/// Warns of hooks of a server's project that git does not run, since `core.hooksPath` leads elsewhere: they may be a forge's, and
/// what they would refuse gets in.
fn switched_off(session: &Session, repository: &Repository, directory: &Path) {
    let own = repository.common_dir().join("hooks");
    let (Ok(here), Ok(there)) = (own.canonicalize(), directory.canonicalize()) else { return };
    let Ok(entries) = fs::read_dir(&here) else { return };
    let is_hook = |name: &str| {
        !name.contains('.') && fs::metadata(here.join(name)).is_ok_and(|data| data.is_file() && data.mode() & 0o111 != 0)
    };
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).filter(|name| is_hook(name)).collect();
    names.sort();
    if here != there && !names.is_empty() {
        session.warn(format!(
            "core.hooksPath points elsewhere, so git does not run these hooks in {}: {}; to enable them: git config --unset core.hooksPath",
            own.display(),
            names.join(", ")
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::closed_to_others;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn what_keeps_others_from_a_program_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let set = |path: &std::path::Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        let (inner, program) = (folder.path().join("inner"), folder.path().join("inner/program"));
        std::fs::create_dir(&inner).unwrap();
        crate::git::files::create(&program, b"").unwrap();
        set(folder.path(), 0o755);
        set(&inner, 0o755);
        set(&program, 0o700);
        let real = |path: &std::path::Path| Some(path.canonicalize().unwrap());
        assert_eq!(closed_to_others(&program), real(&program));
        set(&program, 0o755);
        assert_eq!(closed_to_others(&program), None);
        set(&inner, 0o750);
        assert_eq!(closed_to_others(&program), real(&inner));
    }
}
