//! How do secrets come in?
//!
//! Only from files, never as a value of a setting, so that no configuration file, process list or error text holds one. A
//! file that others may read is refused. What is read stands in memory that is wiped and never printed.

use std::collections::BTreeSet;

use secrecy::{ExposeSecret, SecretSlice, SecretString};

use super::reader::Reader;

/// Reads a secret text, without the newline at its end.
pub fn text(reader: &mut Reader, key: &str) -> Option<SecretString> {
    let bytes = needed(reader, key)?;
    read(reader, key, &bytes)
}

/// Reads a secret text that may be left out.
pub fn optional_text(reader: &mut Reader, key: &str) -> Option<Option<SecretString>> {
    match reader.secret_file(key)? {
        Some(bytes) => read(reader, key, &bytes).map(Some),
        None => Some(None),
    }
}

fn read(reader: &mut Reader, key: &str, bytes: &SecretSlice<u8>) -> Option<SecretString> {
    match std::str::from_utf8(bytes.expose_secret()) {
        Ok(text) if !text.trim_end().is_empty() => Some(SecretString::from(text.trim_end())),
        _ => {
            reader.mistake(key, "the file must hold a text");
            None
        }
    }
}

/// What a key's file must hold.
const KEY: &str = "the file must hold 64 hexadecimal digits: openssl rand -hex 32";

/// The most keys that one file may hold.
const MOST_KEYS: usize = 16;

/// Reads a key of 32 bytes, written as 64 hexadecimal digits, with or without a `k1:` before them.
pub fn key(reader: &mut Reader, key: &str) -> Option<SecretSlice<u8>> {
    let bytes = needed(reader, key)?;
    let text = std::str::from_utf8(bytes.expose_secret()).unwrap_or_default();
    let decoded = decoded(text);
    if decoded.is_none() {
        reader.mistake(key, KEY);
    }
    decoded
}

/// Reads keys as [`key`] reads one, each on a line of its own; none may stand twice.
pub fn keys(reader: &mut Reader, key: &str) -> Option<Vec<SecretSlice<u8>>> {
    let bytes = needed(reader, key)?;
    let text = std::str::from_utf8(bytes.expose_secret()).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let keys: Option<Vec<_>> = lines.map(decoded).collect();
    let keys = keys.filter(|keys| (1..=MOST_KEYS).contains(&keys.len()));
    let Some(keys) = keys else {
        reader.mistake(key, format!("{KEY}; one a line, {MOST_KEYS} at the most"));
        return None;
    };
    let distinct: BTreeSet<&[u8]> = keys.iter().map(ExposeSecret::expose_secret).collect();
    if distinct.len() < keys.len() {
        reader.mistake(key, "a key stands twice in the file");
        return None;
    }
    Some(keys)
}

fn decoded(text: &str) -> Option<SecretSlice<u8>> {
    let text = text.trim_end();
    let digits = text.strip_prefix("k1:").unwrap_or(text).as_bytes();
    let (pairs, rest) = digits.as_chunks::<2>();
    let decoded: Option<Vec<u8>> = pairs.iter().map(byte).collect();
    decoded
        .filter(|decoded| decoded.len() == 32 && rest.is_empty())
        .map(SecretSlice::from)
}

fn byte([high, low]: &[u8; 2]) -> Option<u8> {
    let digit = |letter: u8| {
        char::from(letter)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
    };
    Some(digit(*high)? << 4 | digit(*low)?)
}

fn needed(reader: &mut Reader, key: &str) -> Option<SecretSlice<u8>> {
    let bytes = reader.secret_file(key)?;
    if bytes.is_none() {
        reader.mistake(key, "is needed: a file of mode 0600");
    }
    bytes
}
