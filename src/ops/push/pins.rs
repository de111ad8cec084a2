//! The administrator's file of pins: which projects of a server are judged, and under which root.
//!
//! A line is the path of a repository and its root, `/srv/git/app.git SHA256:…`; `#` begins a comment. The file lies
//! with the server's other settings and never in a repository: whoever could change it could change whom to trust.

use std::path::{Path, PathBuf};

use crate::model::ids::RootDigest;
use crate::ops::error::{Failure, Outcome};

/// The largest file of pins that is read, in bytes.
const LIMIT: u64 = 16 << 20;

/// The projects of a server and their roots.
#[derive(Debug)]
pub struct Pins(Vec<(PathBuf, RootDigest)>);

impl Pins {
    /// Reads the file.
    ///
    /// # Errors
    /// If it can't be read, lists nothing, may be written by others, or if a line of it is wrong: then nobody can say what
    /// is
    /// judged.
    pub fn read(file: &Path) -> Outcome<Self> {
        let failed = |error: std::io::Error| {
            Failure::missing(format!("the pins file {} can't be read", file.display()))
                .because(error)
                .hint("the server's administrator fixes it")
        };
        let data = std::fs::metadata(file).map_err(failed)?;
        let refused = |what: &str| Failure::invalid(format!("the pins file {} {what}", file.display()));
        if data.len() > LIMIT {
            return Err(refused("is larger than 16 MiB"));
        }
        if std::os::unix::fs::PermissionsExt::mode(&data.permissions()) & 0o002 != 0 {
            return Err(refused("is writable by everybody").hint(format!("remove that: chmod o-w {}", file.display())));
        }
        let pins = Self::parse(&std::fs::read_to_string(file).map_err(failed)?)
            .map_err(|(line, what)| refused(&format!("has an error in line {line}: {what}")))?;
        // A file that was cut short or never written would leave every project alone.
        match pins.0.is_empty() {
            true => Err(refused("lists no projects").hint("add a line for each project: PATH SHA256:ROOT")),
            false => Ok(pins),
        }
    }

    fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut pins: Vec<(PathBuf, RootDigest)> = Vec::new();
        for (line, number) in text.lines().zip(1..) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (path, root) =
                line.rsplit_once(char::is_whitespace).ok_or_else(|| (number, "it is not PATH SHA256:ROOT".to_owned()))?;
            let path = PathBuf::from(path.trim_end());
            let root = RootDigest::from_user(root).map_err(|error| (number, error.to_string()))?;
            if !path.is_absolute() {
                return Err((number, format!("{} is not an absolute path", path.display())));
            }
            if pins.iter().any(|(other, pinned)| *other == path && *pinned != root) {
                return Err((number, format!("{} is listed above with another root", path.display())));
            }
            pins.push((path, root));
        }
        Ok(Self(pins))
    }

    /// Returns the root of the repository in a directory, which need not be one that relsign can open; nothing where it is
    /// not listed.
    ///
    /// # Errors
    /// If it is listed under two paths with two roots.
    pub fn root_of(&self, directory: &Path) -> Outcome<Option<RootDigest>> {
        let here = directory.canonicalize()?;
        let is_here = |path: &Path| path == here || path.join(".git") == here;
        // Only where no path is right as it stands is each followed to where it leads.
        let mut roots: Vec<RootDigest> = self.0.iter().filter(|(path, _)| is_here(path)).map(|(_, root)| *root).collect();
        if roots.is_empty() {
            let leads_here = |path: &Path| path.canonicalize().is_ok_and(|path| is_here(&path));
            roots = self.0.iter().filter(|(path, _)| leads_here(path)).map(|(_, root)| *root).collect();
        }
        roots.sort();
        roots.dedup();
        match roots.as_slice() {
            [] => Ok(None),
            [root] => Ok(Some(*root)),
            _ => Err(Failure::invalid("the pins file lists two roots for this repository")
                .hint("the server's administrator removes the wrong one")),
        }
    }

    /// Returns the line that lists the repository in a directory; nothing where no line can name its path.
    pub fn line_of(directory: &Path, root: Option<RootDigest>) -> Outcome<Option<String>> {
        let here = directory.canonicalize()?;
        let root = root.map_or_else(|| "SHA256:…".to_owned(), |root| format!("SHA256:{root}"));
        let is_named = |text: &&str| text.trim() == *text && !text.chars().any(char::is_control);
        Ok(here.to_str().filter(is_named).map(|path| format!("{path} {root}")))
    }

    /// Returns the paths at which there is nothing, for whoever installs.
    pub fn missing(&self) -> Vec<&Path> {
        self.0.iter().map(|(path, _)| path.as_path()).filter(|path| !path.exists()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Pins;

    const ROOT: &str = "SHA256:1c5bc72810ea442d5d23ccfbffed273c37c0dd4b6aae202ed5a7f5c95f2632e3";

    #[test]
    fn a_line_is_a_path_and_a_root_and_anything_else_stops_everything() {
        let other = ROOT.replace("1c5", "2c5");
        let good = format!("# projects\n\n/srv/git/a b.git\t{ROOT}\n  /srv/git/c.git  {other}\n/srv/git/c.git {other}\n");
        assert_eq!(Pins::parse(&good).unwrap().0.len(), 3);
        for bad in [
            "/srv/git/a.git".to_owned(),
            format!("srv/git/a.git {ROOT}"),
            "/srv/git/a.git SHA256:12".to_owned(),
            format!("/srv/a.git {ROOT}\n/srv/a.git {other}"),
            format!("{ROOT} /srv/git/a.git"),
        ] {
            assert!(Pins::parse(&bad).is_err(), "{bad}");
        }
    }
}
