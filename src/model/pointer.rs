//! Pointers to releases that freeze refs: the lines of a month's freeze note.

use std::fmt;

use super::ids::{ObjectId, RecordId};
use super::month::Month;
use super::time::Timestamp;

/// The most months that the freeze of a release may touch: it is pointed at from each of them.
pub const MOST_MONTHS: usize = 24;

/// Where an open record stands that freezes refs. Nobody signs it, so nothing is believed of it but where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer {
    /// When the freeze ends at the latest; the first thing of the line, so that what is over can be passed over.
    pub until: Timestamp,
    /// The tag object whose log holds the record.
    pub object: ObjectId,
    /// The open record.
    pub record: RecordId,
}

impl Pointer {
    /// Reads a line, given without its line feed; nothing where it is no pointer in its one form.
    pub fn read(line: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(line).ok()?;
        let mut words = text.split(' ');
        let found =
            Self { until: words.next()?.parse().ok()?, object: words.next()?.parse().ok()?, record: words.next()?.parse().ok()? };
        (found.to_string() == text).then_some(found)
    }

    /// Gives the line, without a line feed.
    pub fn line(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }

    /// Gives the months whose notes hold the pointer to a freeze that begins then; none where it never holds.
    pub fn months(&self, from: Timestamp) -> impl ExactSizeIterator<Item = Month> {
        Month::touched(from, self.until)
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.until, self.object, self.record)
    }
}

#[cfg(test)]
mod tests {
    use super::Pointer;

    #[test]
    fn a_pointer_has_one_form() {
        let (object, record) = ("71".repeat(20), "9a".repeat(32));
        let line = format!("2026-12-24T12:00:00Z {object} {record}");
        let pointer = Pointer::read(line.as_bytes()).unwrap();
        assert_eq!(pointer.line(), line.as_bytes());
        assert!(Pointer::read(format!("2026-12-24T12:00:00Z {} {record}", "71".repeat(32)).as_bytes()).is_some());
        for other in [
            String::new(),
            format!(" {line}"),
            format!("{line} "),
            format!("{line} x"),
            line.replace(' ', "  "),
            line.replace(' ', "\t"),
            line.to_uppercase(),
            line.replace("2026-12-24T12:00:00Z", "2026-12-24"),
            format!("2026-12-24T12:00:00Z {object}"),
            format!("2026-12-24T12:00:00Z {record} {object}"),
        ] {
            assert_eq!(Pointer::read(other.as_bytes()), None, "{other}");
        }
        assert_eq!(Pointer::read(&[0xff, 0xfe]), None);
    }
}
