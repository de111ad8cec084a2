//! The hooks of git: their names, the lines that relsign puts into them, and how those get there.

pub mod block;
pub mod check;
pub mod done;
pub mod files;
pub mod install;
pub mod managers;
pub mod name;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Returns the folder that keeps others from a program, or the program itself where others may not run it.
pub fn closed_to_others(program: &Path) -> Option<PathBuf> {
    let program = program.canonicalize().ok()?;
    let is_closed = |path: &&Path| std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o001 == 0);
    program.ancestors().filter(is_closed).last().map(Path::to_owned)
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
