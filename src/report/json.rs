//! JSON for programs: the report as it is, and structs with a format name each, so that the model can change and they don't.

pub mod answers;
pub mod course;
pub mod evidence;
pub mod freeze;
pub mod here;
pub mod policy;
pub mod signed;

use crate::model::hidden::is_hidden;
use serde::Serialize;

/// Writes a value as JSON with indentation and a line break at the end.
///
/// Characters that a terminal would act on or hide are written as `\u` escapes, so that the output may be looked at
/// as well as read by a program; the value is the same.
///
/// # Errors
///
/// Fails only where the value has no JSON form, such as a map with keys that are no strings.
pub fn to_json(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let text = serde_json::to_string_pretty(value)?;
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        // Outside strings JSON has no characters beyond ASCII, and inside them an escape means the character.
        if c != '\n' && is_hidden(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::to_json;

    #[test]
    fn hidden_characters_are_escaped_and_mean_the_same() {
        let hostile = "a\u{1b}[0m\u{202e}\u{200b}\u{e0061}\u{7f}\n日本";
        let json = to_json(&hostile).unwrap();
        assert_eq!(json, "\"a\\u001b[0m\\u202e\\u200b\\udb40\\udc61\\u007f\\n日本\"\n");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), hostile);
    }
}
