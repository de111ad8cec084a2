//! Room: how much of a log is read at all, and how much of it one signer may fill.

use std::collections::BTreeMap;

use super::state::State;

use crate::git::notes::Lines;
use crate::git::objects::NOTE_LIMIT;
use crate::model::finding::Seen;
use crate::model::ids::{ObjectId, Principal};
use crate::parse::record::MAX_LINES;
use crate::sign::keyring::Keyring;
use crate::sign::verify::valid_once;

/// How many of the lines of one log may be of one signer.
const SHARE_OF_LINES: usize = MAX_LINES / 10;
/// How many of the bytes of one log may be of one signer.
const SHARE_OF_BYTES: u64 = NOTE_LIMIT / 10;

/// Reports that a log would hold more lines than anybody reads: it could then never be judged again, as no line ever goes.
pub(super) fn overfull(object: &ObjectId, lines: &Lines, keyring: &Keyring) -> Option<Seen> {
    let listed = || lines.iter().filter(|line| keyring.claimed(line).is_some()).count();
    let is_over = lines.len() > MAX_LINES && listed() > MAX_LINES;
    is_over.then_some(Seen::LogOverfull { object: *object, most: MAX_LINES })
}

/// Reports that somebody who adds to a log would have more of it than one signer may.
///
/// Nothing ever goes from a log, and one that is full takes in nothing more from anybody. So nobody fills it alone, nor with a
/// thief's help. Only what is valid counts: lines that merely name a key take nothing from its holder, nor does the other
/// signature that anybody can make of an ECDSA one.
pub(super) fn oversized(state: &State<'_>, (object, all): (&ObjectId, &Lines), added: &Lines, keyring: &Keyring) -> Option<Seen> {
    let is_over = |lines: &[&Vec<u8>]| lines.len() > SHARE_OF_LINES || size(lines.iter().copied()) > SHARE_OF_BYTES;
    if all.len() <= SHARE_OF_LINES && size(all.iter()) <= SHARE_OF_BYTES {
        return None;
    }
    let signer = |line: &Vec<u8>| keyring.claimed(line).map(|entry| entry.principal.clone());
    let mut claimed: BTreeMap<Principal, Vec<&Vec<u8>>> = added.iter().filter_map(signer).map(|who| (who, Vec::new())).collect();
    for line in all {
        if let Some(lines) = signer(line).and_then(|who| claimed.get_mut(&who)) {
            lines.push(line);
        }
    }
    let (who, _) =
        claimed.into_iter().find(|(_, lines)| is_over(lines) && is_over(&valid_once(lines, keyring, &state.trusted.root)))?;
    Some(Seen::SignerOverfull { who, lines: SHARE_OF_LINES, mebibytes: SHARE_OF_BYTES >> 20, object: *object })
}

/// Returns how many bytes lines take in a note.
pub(super) fn size<'a>(lines: impl Iterator<Item = &'a Vec<u8>>) -> u64 {
    lines.map(|line| line.len() as u64 + 1).sum()
}
