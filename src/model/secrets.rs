//! Secrets in addresses: what a URL tells a server about who asks, and tells nobody else.

use std::borrow::Cow;

/// What stands in the place of a secret.
const HIDDEN: &str = "***";

/// Parts of the names of those parameters of an address that are secrets.
const SECRET_PARAMETERS: [&str; 11] =
    ["token", "secret", "passw", "pwd", "api_key", "apikey", "access_key", "auth", "credential", "jwt", "sig"];

/// Returns a text in which no address holds a secret: what stands before the `@` of one is written as `***`, and so is the value
/// of a parameter whose name says that it is one.
///
/// The name alone of somebody who comes by ssh is no secret; over other ways in it may be a token.
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + "://".len());
        out.push_str(before);
        let scheme = before.trim_end_matches("://");
        // No address holds these unless they are escaped.
        let end = after.find(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '`'));
        let (address, beyond) = after.split_at(end.unwrap_or(after.len()));
        // Another address may follow without a space, as in a helper's.
        let (address, beyond) = match address.find("://") {
            Some(next) => {
                let name = address[..next].rfind(|c: char| !is_of_scheme(c)).map_or(0, |last| last + last_width(address, last));
                after.split_at(name)
            }
            None => (address, beyond),
        };
        let user = user_of(address);
        let known = user.is_some_and(|user| scheme.ends_with("ssh") && !user.contains([':', '/']));
        match user {
            Some(user) if !known => {
                out.push_str(HIDDEN);
                push_parameters(&mut out, &address[user.len()..]);
            }
            _ => push_parameters(&mut out, address),
        }
        rest = beyond;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn is_of_scheme(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}

fn last_width(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}

/// Returns what stands before the last `@` of an address's host.
fn user_of(address: &str) -> Option<&str> {
    let host = &address[..address.find(['/', '?', '#']).unwrap_or(address.len())];
    if let Some(at) = host.rfind('@') {
        return Some(&host[..at]);
    }
    // A password with a slash in it that should have been escaped: what follows the colon is no port.
    let (_, port) = host.rsplit_once(':')?;
    let is_port = port.is_empty() || port.ends_with(']') || port.bytes().all(|byte| byte.is_ascii_digit());
    if is_port { None } else { address.rfind('@').map(|at| &address[..at]) }
}

/// Appends the rest of an address without the values of its secret parameters.
fn push_parameters(out: &mut String, address: &str) {
    let mut pieces = address.split_inclusive(['?', '&', ';', '#']);
    if let Some(first) = pieces.next() {
        out.push_str(first);
    }
    for piece in pieces {
        let name = piece.split('=').next().unwrap_or_default();
        let lower = name.to_ascii_lowercase();
        if name.len() == piece.len() || !SECRET_PARAMETERS.iter().any(|part| lower.contains(part)) {
            out.push_str(piece);
            continue;
        }
        out.push_str(name);
        out.push('=');
        out.push_str(HIDDEN);
        out.extend(piece.chars().next_back().filter(|last| matches!(last, '?' | '&' | ';' | '#')));
    }
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn who_asks_stays_with_the_server() {
        for (text, shown) in [
            ("https://jo:s3cret@host/x.git", "https://***@host/x.git"),
            ("cannot fetch from https://s3cret@host:8443/x: no", "cannot fetch from https://***@host:8443/x: no"),
            ("'http://a:s3@cret@host'", "'http://***@host'"),
            ("https://jo:s3/cret@host/x", "https://***@host/x"),
            ("https://jo:s3?c#ret@host/x", "https://***@host/x"),
            ("gcrypt::https://jo:s3cret@host/x and ftp://s3cret@b", "gcrypt::https://***@host/x and ftp://***@b"),
            ("https://jo:s3cret@a,https://jo:s3cret@b", "https://***@a,https://***@b"),
            ("https://host/x?private_token=s3cret&page=2", "https://host/x?private_token=***&page=2"),
            ("https://jo:s3cret@host/x?a=1&access_token=s3cret", "https://***@host/x?a=1&access_token=***"),
            ("{\"url\":\"https://s3cret@host\",\"mail\":\"a@b\"}", "{\"url\":\"https://***@host\",\"mail\":\"a@b\"}"),
            ("ssh://jo:s3cret@host/x", "ssh://***@host/x"),
            ("HTTPS://S3CRET@HOST", "HTTPS://***@HOST"),
            ("https://jo:s3\\u{200b}cret@host/", "https://***@host/"),
            ("https://jo:s3\u{1b}cret@host", "https://***@host"),
            ("https://ü:s3cret@host/é://", "https://***@host/é://"),
        ] {
            assert_eq!(without_secrets(text), shown, "{text}");
            assert!(!without_secrets(text).to_lowercase().contains("s3"));
            assert_eq!(without_secrets(&without_secrets(text)), shown);
        }
        for plain in [
            "",
            "://",
            "x://@",
            "https://host/x@y",
            "https://host:8443/x@y",
            "https://[::1]:80/a@b",
            "ssh://git@host/x",
            "git+ssh://git@host",
            "git@host:x",
            "https://host/?q=a@b",
            "file:///home/jo/x@y",
            "see https://host/a and a@b",
        ] {
            assert!(without_secrets(plain).replace("***", "") == plain, "{plain}: {}", without_secrets(plain));
        }
    }
}
