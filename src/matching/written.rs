//! How is a name written for the register, and under which key is it remembered?
//!
//! Providers of the register differ in the form they want (upper case, without marks, without spaces), so the form is a
//! setting. Every form is one that the register can fold to the same, none adds or loses a letter. Besides the forms stand
//! the two rotations of the retry ladder, for names held with the family name last.

use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

use super::letters::{self, is_apostrophe};
use crate::domain::name::FullName;

/// Tells in which form the register wants names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameForm {
    /// Letter for letter as the caller gave it.
    AsGiven,
    /// Upper case with marks, composed, single spaces.
    Upper,
    /// Upper case without marks, `D` for `Đ`, single spaces.
    Folded,
    /// As `Folded`, without the spaces.
    FoldedNoSpaces,
}

/// Says that a text names no form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of as_given, upper, folded, folded_no_spaces")]
pub struct UnknownForm;

impl FromStr for NameForm {
    type Err = UnknownForm;

    fn from_str(text: &str) -> Result<Self, UnknownForm> {
        match text {
            "as_given" => Ok(Self::AsGiven),
            "upper" => Ok(Self::Upper),
            "folded" => Ok(Self::Folded),
            "folded_no_spaces" => Ok(Self::FoldedNoSpaces),
            _ => Err(UnknownForm),
        }
    }
}

/// Tells how the words of a name are turned around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rotation {
    /// They aren't.
    None,
    /// The first word goes to the end: `Nguyễn Thị Mẫu` → `Thị Mẫu Nguyễn`.
    FirstWordLast,
    /// The last word goes to the front: `Thị Mẫu Nguyễn` → `Nguyễn Thị Mẫu`.
    LastWordFirst,
}

/// Writes a name as the register wants it.
#[must_use]
pub fn written_for_registry(name: &FullName, form: NameForm) -> String {
    match form {
        NameForm::AsGiven => name.expose().to_owned(),
        NameForm::Upper => single_spaced(name.expose())
            .nfc()
            .flat_map(|character| straightened(character).to_uppercase())
            .collect(),
        NameForm::Folded => without_marks(&single_spaced(name.expose())),
        NameForm::FoldedNoSpaces => without_marks(&name.expose().split_whitespace().collect::<String>()),
    }
}

/// Turns the words of a name around; a name of one word stays as it is.
#[must_use]
pub fn rotated(name: &FullName, rotation: Rotation) -> FullName {
    let mut words: Vec<&str> = name.expose().split_whitespace().collect();
    match rotation {
        Rotation::None => return name.clone(),
        _ if words.len() < 2 => return name.clone(),
        Rotation::FirstWordLast => words.rotate_left(1),
        Rotation::LastWordFirst => words.rotate_right(1),
    }
    name.with_words(&words)
}

/// Writes i for y and y for i where the two are interchangeable (`Lí Mỹ` → `Lý Mĩ`); the middle name Thị, which nobody
/// writes otherwise, stays.
#[must_use]
pub fn with_i_and_y_swapped(name: &FullName) -> FullName {
    let swapped: Vec<String> = name.expose().split_whitespace().map(swapped_at_the_end).collect();
    let words: Vec<&str> = swapped.iter().map(String::as_str).collect();
    name.with_words(&words)
}

fn swapped_at_the_end(word: &str) -> String {
    let letters: Vec<char> = word.nfd().collect();
    let base: String = letters
        .iter()
        .filter(|letter| letter.is_alphabetic())
        .flat_map(|letter| letter.to_lowercase())
        .collect();
    let onset = base.strip_suffix(['i', 'y']).unwrap_or_default();
    let is_open = onset.ends_with(['h', 'k', 'l', 'm', 's', 't', 'v'])
        && !onset.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    if base == "thi" || !(is_open || onset == "qu") {
        return word.to_owned();
    }
    let swapped = |letter: char| match letter {
        'i' => 'y',
        'y' => 'i',
        'I' => 'Y',
        'Y' => 'I',
        other => other,
    };
    // The onset holds neither letter, so only the end changes.
    letters.into_iter().map(swapped).nfc().collect()
}

/// Gives one key for all writings of a name that `full_name` calls the same, or close for want of marks alone.
#[must_use]
pub fn folded_key(name: &FullName) -> String {
    let text = name.expose();
    let mut key = String::with_capacity(text.len());
    letters::bases(text, |base| {
        if base.is_ascii() {
            key.push(base.to_ascii_uppercase());
        } else {
            key.extend(base.to_uppercase());
        }
    });
    key
}

fn single_spaced(text: &str) -> String {
    let mut single = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !single.is_empty() {
            single.push(' ');
        }
        single.push_str(word);
    }
    single
}

fn without_marks(text: &str) -> String {
    text.nfd()
        .filter(|character| !unicode_normalization::char::is_combining_mark(*character))
        .flat_map(|character| straightened(character).to_uppercase())
        .map(|character| if character == 'Đ' { 'D' } else { character })
        .collect()
}

/// Replaces the lookalikes of Đ and of the apostrophe by what they stand for.
fn straightened(character: char) -> char {
    match character {
        'Ð' | 'Ɖ' => 'Đ',
        'ð' | 'ɖ' => 'đ',
        other if is_apostrophe(other) => '\'',
        other => other,
    }
}

#[cfg(test)]
mod tests;
