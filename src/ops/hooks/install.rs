//! Installing one hook: what is there is kept, and runs after relsign's.

use std::fs::{self, Metadata, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::block::{self, Kind, Shim};
use super::done::Done;
use super::files::{aside, kept, write};
use super::managers;
use super::name::Name;
use crate::git::files::{create_hook, rewrite};
use crate::ops::error::{Failure, Outcome};
use crate::report::safe::shell_word;

/// The largest hook that is read, in bytes; a larger one is moved aside.
const LIMIT: u64 = 4 << 20;

/// What is done with a hook that is there and that relsign did not write.
pub enum Theirs {
    /// On a server it stays as it is: another program put it there, goes by its name and puts it there again.
    Stays,
    /// In a clone it runs after relsign's, for which it may have to move; but no link does that leads out of these folders.
    Moves(Vec<PathBuf>),
}

/// Installs one hook into a directory.
///
/// # Errors
/// If a hook that is there stays, or the folder or the hook can't be written.
pub fn install(directory: &Path, shim: &Shim<'_>, theirs: &Theirs) -> Outcome<Done> {
    let file = managers::place(directory, shim.name);
    let kept = kept(&file);
    for path in std::iter::once(shim.program).chain(shim.pins) {
        // The lines of a hook are told from those of others line by line, and a shell is handed the very bytes of a name.
        if path.to_str().is_none_or(|text| text.chars().any(char::is_control)) {
            let message = format!("a hook can't call {}: its path is not UTF-8, or has a control character", path.display());
            return Err(Failure::refused(message).hint("move it to a folder with a simpler name, and run it from there"));
        }
    }
    make_folder(directory).map_err(Failure::cannot("make", directory))?;
    let there = match fs::symlink_metadata(&file) {
        Ok(data) => Some(data),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Failure::cannot("read", &file)(error)),
    };
    let Some(data) = there else {
        // A hook that was moved aside and never came back: an installation that was killed, or an administrator's wish.
        if fs::symlink_metadata(&kept).is_ok() {
            write(&file, &shim.chain(), create_hook)?;
            return Ok(aside(&kept));
        }
        write(&file, &shim.file(), create_hook)?;
        return Ok(Done::New);
    };
    let executable = data.permissions().mode() & 0o111 != 0;
    let hook = match data.is_file() && data.len() <= LIMIT {
        true => Some(fs::read(&file).map_err(Failure::cannot("read", &file))?),
        false => None,
    };
    if let Some((kind, rest)) = hook.as_deref().and_then(block::without) {
        let is_bare = block::is_bare(&rest);
        let wanted = match kind {
            Kind::File if is_bare => shim.file(),
            Kind::Chain if is_bare => shim.chain(),
            kind => shim.put_into(&rest, kind),
        };
        if hook.as_deref() == Some(&wanted[..]) && executable {
            return Ok(Done::Already);
        }
        write(&file, &wanted, rewrite)?;
        if is_bare && !executable {
            fs::set_permissions(&file, Permissions::from_mode(0o755)).map_err(Failure::cannot("make executable", &file))?;
        }
        return Ok(Done::Renewed);
    }
    if let Some(refusal) = theirs.stays(shim, &file, &data) {
        return Err(refusal);
    }
    // Git runs no hook that is not executable, and ours must not wake it up.
    if let Some(hook) = hook.filter(|hook| executable && block::takes_lines(hook)) {
        write(&file, &shim.put_into(&hook, Kind::Lines), rewrite)?;
        return Ok(Done::Lines);
    }
    move_aside(&file, &kept, shim)
}

/// Moves a hook aside and installs one that runs it.
fn move_aside(file: &Path, kept: &Path, shim: &Shim<'_>) -> Outcome<Done> {
    if fs::symlink_metadata(kept).is_ok() {
        let message = format!("{} would have to be moved to {}, which already exists", file.display(), kept.display());
        return Err(Failure::refused(message).hint("check both, move one away, and run this again"));
    }
    fs::rename(file, kept).map_err(Failure::cannot("move aside", file))?;
    if let Err(failure) = write(file, &shim.chain(), create_hook) {
        // Better the hook that was there than none; that this may fail too is what the first failure is about.
        let _ = fs::rename(kept, file);
        return Err(failure);
    }
    Ok(aside(kept))
}

impl Theirs {
    /// Refuses to touch a hook that is not relsign's, and says what to do; nothing where it may be moved aside.
    fn stays(&self, shim: &Shim<'_>, file: &Path, data: &Metadata) -> Option<Failure> {
        let shown = file.display();
        let what = match fs::read_link(file) {
            Ok(target) if data.is_symlink() => format!("{shown} is a link to {}, which relsign did not create", target.display()),
            _ if data.is_dir() => format!("{shown} is a directory instead of a hook"),
            _ => format!("{shown} is a hook that relsign did not write"),
        };
        let is_inside = |folder: &PathBuf| file.canonicalize().is_ok_and(|real| real.starts_with(folder));
        match self {
            Self::Moves(_) if data.is_dir() => return Some(Failure::refused(what)),
            Self::Moves(folders) if !data.is_symlink() || folders.iter().any(is_inside) => return None,
            Self::Moves(_) => {
                return Some(
                    Failure::refused(what)
                        .suggest("if it may run after relsign's, under another name", Self::aside(file))
                        .suggest("then", "relsign hook install"),
                );
            }
            Self::Stays => {}
        }
        let mut refusal = Failure::refused(format!("{what}; on a server relsign does not replace such a hook"));
        let pins = shim.pins.map(|pins| format!(" --pins {}", shell_word(&pins.display().to_string()))).unwrap_or_default();
        let update = if shim.name == Name::Update { " --update" } else { "" };
        let mut folder = file.as_os_str().to_owned();
        folder.push(".d");
        let folder = PathBuf::from(folder);
        if folder.is_dir() {
            refusal = refusal.suggest(format!("if it runs the files in {}, add one", folder.display()), shim.for_folder(&folder));
        }
        if shim.name != Name::PostReceive {
            refusal = match shim.name {
                Name::Update => {
                    refusal.suggest("use the hook that judges a push as a whole", format!("relsign hook install --server{pins}"))
                }
                _ => refusal.suggest(
                    "use the hook that judges one ref at a time, which is weaker",
                    format!("relsign hook install --server --update{pins}"),
                ),
            };
        }
        match data.is_symlink() {
            true => Some(refusal.hint(
                "or have the program that created the link run relsign: see \"Beside the hooks of a forge\" in docs/guide/server.md",
            )),
            false if data.is_dir() => Some(refusal),
            false => Some(
                refusal
                    .suggest(
                        "if nothing restores it there, move it to where relsign's hook runs it afterwards",
                        Self::aside(file),
                    )
                    .suggest("then", format!("relsign hook install --server{update}{pins}")),
            ),
        }
    }

    fn aside(file: &Path) -> String {
        format!("mv {} {}", shell_word(&file.display().to_string()), shell_word(&kept(file).display().to_string()))
    }
}

/// Makes the folder of hooks where there is none; git passes over hooks in one that it may not enter.
fn make_folder(directory: &Path) -> std::io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(directory)?;
    fs::set_permissions(directory, Permissions::from_mode(0o755))
}
