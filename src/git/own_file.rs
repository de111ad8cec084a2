//! Files of relsign's own in the git directory that several processes read and write anew.

use std::fs::{File, OpenOptions};
use std::io::Read as _;

use super::error::{Attempt, Error, ErrorKind, Result, if_there};
use super::files::rewrite;
use super::repository::Repository;

impl Repository {
    /// Reads a file of relsign's own of at most `limit` bytes; nothing where there is none.
    ///
    /// # Errors
    /// If it can't be read or is larger.
    pub fn read_own(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let path = self.own_dir().join(name);
        let attempted = || format!("cannot read {}", path.display());
        let Some(file) = if_there(File::open(&path)).attempt(attempted)? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes).attempt(attempted)?;
        match bytes.len() as u64 > limit {
            true => Err(Error::new(ErrorKind::TooLarge, format!("{} is larger than {limit} bytes", path.display()))),
            false => Ok(Some(bytes)),
        }
    }

    /// Writes a file of relsign's own, by what was in it: two processes that do so come one after the other, and one that is
    /// killed holds up nobody.
    ///
    /// # Errors
    /// If it can't be read or written, or `change` fails.
    pub fn change_own<T, E: From<Error>>(
        &self,
        name: &str,
        limit: u64,
        change: impl FnOnce(Option<Vec<u8>>) -> std::result::Result<(Option<Vec<u8>>, T), E>,
    ) -> std::result::Result<T, E> {
        let path = self.own_dir().join(name);
        let attempted = || format!("cannot write {}", path.display());
        std::fs::create_dir_all(self.own_dir()).attempt(attempted)?;
        let guard = self.own_dir().join(format!("{name}.guard"));
        let lock = OpenOptions::new().append(true).create(true).open(&guard).attempt(attempted)?;
        self.share_as_set_up(&guard)?;
        // The system gives the lock back with the process, whatever becomes of that.
        lock.lock().attempt(attempted)?;
        let (bytes, value) = change(self.read_own(name, limit)?)?;
        if let Some(bytes) = bytes {
            rewrite(&path, &bytes).attempt(attempted)?;
            self.share_as_set_up(&path)?;
        }
        Ok(value)
    }
}
