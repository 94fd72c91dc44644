//! What may stand as a person's full name (họ, chữ đệm và tên)?
//!
//! A name is kept letter for letter as it was given: how it compares is for `matching` to say. Refused are texts that
//! can't be a name in any spelling: empty or over 100 characters (the registry's own limit), anything but Latin letters
//! with their marks, spaces, hyphens, dots and apostrophes, or one of the old one-byte Vietnamese encodings (TCVN3, VNI)
//! shown as if it were Unicode, which only the sender can put right. What the register itself holds is taken as it is.
//! A name prints as `***`.

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

mod legacy_encoding;
mod syllable;

/// The most characters that the registry takes in `HoVaTen`.
pub const LONGEST: usize = 100;

/// The most bytes that `LONGEST` characters can take before they are composed: a letter and three marks each.
const LONGEST_IN_BYTES: usize = LONGEST * 4 * 3;

/// The most marks that a letter bears (Ê-đê `ê̆` with a tone).
const MOST_MARKS: usize = 3;

/// The characters that are typed for the apostrophe in names such as `H'Hen Niê`.
pub const APOSTROPHES: [char; 11] = ['\'', '’', '‘', 'ʼ', 'ʻ', 'ˈ', '′', 'ʹ', '`', '´', '＇'];

/// Says why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Nothing but space, or more than 100 characters.
    #[error("empty, or more than 100 characters")]
    Length,
    /// A character that no name has.
    #[error("a character that no name has")]
    Charset,
    /// Text of an old Vietnamese encoding read as Unicode.
    #[error("text of an old Vietnamese encoding (TCVN3 or VNI)")]
    LegacyEncoding,
}

/// Holds a full name as it was given.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FullName(Box<str>);

impl FullName {
    /// Takes a name as the register holds it, with whatever characters: its errors are not the caller's to mend.
    ///
    /// # Errors
    ///
    /// Refuses a text without a letter or digit, or of more than 100 characters.
    pub fn held(text: &str) -> Result<Self, Malformed> {
        if is_too_long(text) || !text.chars().any(char::is_alphanumeric) {
            return Err(Malformed::Length);
        }
        Ok(Self(text.into()))
    }

    /// Hands out the text, for the registry's wire, matching and keyed hashes only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Makes a name of the words of this one, which are fit for a name in any order.
    pub(crate) fn with_words(&self, words: &[&str]) -> Self {
        Self(words.join(" ").into())
    }
}

impl FromStr for FullName {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if is_too_long(text) || text.trim().is_empty() {
            return Err(Malformed::Length);
        }
        if legacy_encoding::is_likely(text) {
            return Err(Malformed::LegacyEncoding);
        }
        if !is_written_as_a_name(text) {
            return Err(Malformed::Charset);
        }
        Ok(Self(text.into()))
    }
}

/// Counts composed characters, as the registry is sent them; a text of kilobytes is refused uncounted.
fn is_too_long(text: &str) -> bool {
    text.len() > LONGEST && (text.len() > LONGEST_IN_BYTES || text.nfc().count() > LONGEST)
}

fn is_written_as_a_name(text: &str) -> bool {
    let mut letters = 0_usize;
    let mut marks = MOST_MARKS;
    for character in text.chars() {
        if is_combining_mark(character) {
            marks = marks.saturating_add(1);
            if marks > MOST_MARKS || !matches!(character, '\u{300}'..='\u{36F}') {
                return false;
            }
        } else if is_letter(character) {
            letters += 1;
            marks = own_marks(character);
        } else if is_between_words(character) {
            marks = MOST_MARKS;
        } else {
            return false;
        }
    }
    letters > 0
}

fn own_marks(letter: char) -> usize {
    let mut parts = 0_usize;
    if !letter.is_ascii() {
        decompose_canonical(letter, |_| parts += 1);
    }
    parts.saturating_sub(1)
}

fn is_letter(character: char) -> bool {
    match character {
        '×' | '÷' => false,
        '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' => true,
        other => other.is_ascii_alphabetic(),
    }
}

fn is_between_words(character: char) -> bool {
    matches!(
        character,
        ' ' | '-' | '.' | '\u{A0}' | '\u{2000}'
            ..='\u{200A}' | '\u{2010}' | '\u{2011}' | '\u{202F}' | '\u{3000}'
    ) || APOSTROPHES.contains(&character)
}

impl fmt::Debug for FullName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FullName(***)")
    }
}

#[cfg(test)]
pub(crate) mod tests;
