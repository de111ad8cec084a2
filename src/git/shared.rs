//! `core.sharedRepository`: who else may read and write what lies in the git directory.
//!
//! Git gives everything that it makes there the rights that this setting says, whatever the umask is. What relsign makes
//! there
//! beside git's own programs gets them too; else whoever comes next could neither read the log nor add to it.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::error::{Error, ErrorKind, Result};
use super::repository::Repository;

/// What the setting adds to a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shared {
    /// Nothing: the umask decides.
    Umask,
    /// These rights are added to those that there are.
    More(u32),
    /// These rights are the rights.
    Exactly(u32),
}

impl Shared {
    /// Reads the setting as git does; nothing where git would refuse it.
    fn read(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        match lower.as_str() {
            "umask" | "false" | "no" | "off" | "" => return Some(Self::Umask),
            "group" | "true" | "yes" | "on" => return Some(Self::More(0o660)),
            "all" | "world" | "everybody" => return Some(Self::More(0o664)),
            _ => {}
        }
        match u32::from_str_radix(text, 8).ok()? {
            0 => Some(Self::Umask),
            1 => Some(Self::More(0o660)),
            2 => Some(Self::More(0o664)),
            mode if mode & 0o600 == 0o600 => Some(Self::Exactly(mode & 0o666)),
            _ => None,
        }
    }

    /// Returns the mode that a file or a directory is to have.
    fn of(self, mode: u32, is_dir: bool) -> u32 {
        let mut rights = match self {
            Self::Umask => return mode,
            Self::More(rights) | Self::Exactly(rights) => rights,
        };
        if mode & 0o200 == 0 {
            rights &= !0o222;
        }
        if mode & 0o100 != 0 {
            rights |= (rights & 0o444) >> 2;
        }
        let mut new = match self {
            Self::Exactly(_) => mode & !0o777 | rights,
            _ => mode | rights,
        };
        if is_dir {
            new |= (new & 0o444) >> 2;
            // So that what is made in it belongs to the group too.
            if new & 0o060 != 0 {
                new |= 0o2000;
            }
        }
        new
    }
}

impl Repository {
    fn sharing(&self) -> Result<Shared> {
        let Some(text) = self.config_string("core.sharedRepository")? else { return Ok(Shared::Umask) };
        Shared::read(&text).ok_or_else(|| {
            Error::new(
                ErrorKind::Malformed,
                format!("core.sharedRepository in the git configuration is {text:?}, which is not a mode"),
            )
        })
    }

    /// Returns a file in the git directory, and the directories below the ones that git begins with, the rights that the
    /// repository is set up with.
    ///
    /// What is not there needs nothing, and what belongs to somebody else is as they made it.
    pub(super) fn share_as_set_up(&self, path: &Path) -> Result<()> {
        let shared = self.sharing()?;
        if shared == Shared::Umask {
            return Ok(());
        }
        let top = self.common_dir();
        let first = ["objects", "refs", "logs"].map(|name| top.join(name));
        for path in
            path.ancestors().take_while(|path| *path != top && path.starts_with(top) && !first.iter().any(|dir| dir == path))
        {
            let Ok(data) = std::fs::symlink_metadata(path) else { continue };
            let mode = data.mode() & 0o7777;
            let wanted = shared.of(mode, data.is_dir());
            if data.is_symlink() || wanted == mode {
                continue;
            }
            match std::fs::set_permissions(path, std::fs::Permissions::from_mode(wanted)) {
                Err(error) if error.kind() != std::io::ErrorKind::PermissionDenied => {
                    let text = format!("cannot share {} as core.sharedRepository says", path.display());
                    return Err(Error::from_io(&error, text));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Shared;

    #[test]
    fn the_setting_is_read_as_git_reads_it() {
        for (text, shared) in [
            ("umask", Some(Shared::Umask)),
            ("false", Some(Shared::Umask)),
            ("0", Some(Shared::Umask)),
            ("group", Some(Shared::More(0o660))),
            ("True", Some(Shared::More(0o660))),
            ("1", Some(Shared::More(0o660))),
            ("all", Some(Shared::More(0o664))),
            ("2", Some(Shared::More(0o664))),
            ("everybody", Some(Shared::More(0o664))),
            ("0640", Some(Shared::Exactly(0o640))),
            ("0666", Some(Shared::Exactly(0o666))),
            ("0440", None),
            ("mine", None),
        ] {
            assert_eq!(Shared::read(text), shared, "{text}");
        }
        assert_eq!(Shared::More(0o660).of(0o444, false), 0o444 | 0o440);
        assert_eq!(Shared::More(0o660).of(0o700, true), 0o2770);
        assert_eq!(Shared::Exactly(0o640).of(0o644, false), 0o640);
        assert_eq!(Shared::Exactly(0o640).of(0o755, true), 0o2750);
    }
}
