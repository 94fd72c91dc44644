//! Is the person whom the caller named the person whom the register holds?
//!
//! Holds the place of the module that is written beside this one: only what the registry's ladder asks of it.

use unicode_normalization::UnicodeNormalization;

use crate::domain::name::FullName;

/// Tells in which form a name goes to the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameForm {
    /// Upper case, no marks, no spaces.
    Folded,
    /// Upper case, marks and single spaces kept.
    Upper,
}

/// Tells which word of a name moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rotation {
    /// The first word goes to the end.
    FirstWordLast,
    /// The last word goes to the front.
    LastWordFirst,
}

/// Writes a name in the form that the registry wants.
#[must_use]
pub fn written_for_registry(name: &FullName, form: NameForm) -> String {
    let words: Vec<&str> = name.expose().split_whitespace().collect();
    let upper = words.join(" ").nfc().collect::<String>().to_uppercase();
    match form {
        NameForm::Upper => upper,
        NameForm::Folded => upper
            .nfd()
            .filter(|letter| !unicode_normalization::char::is_combining_mark(*letter))
            .filter(|letter| *letter != ' ')
            .map(|letter| if letter == 'Đ' { 'D' } else { letter })
            .collect(),
    }
}

/// Moves a word of the name from one end to the other; a name of one word stays as it is.
#[must_use]
pub fn rotated(name: &FullName, rotation: Rotation) -> FullName {
    let mut words: Vec<&str> = name.expose().split_whitespace().collect();
    match rotation {
        Rotation::FirstWordLast if !words.is_empty() => words.rotate_left(1),
        Rotation::LastWordFirst if !words.is_empty() => words.rotate_right(1),
        Rotation::FirstWordLast | Rotation::LastWordFirst => {}
    }
    words.join(" ").parse().unwrap_or_else(|_| name.clone())
}
