//! When are two spellings of a name the same to the registry?
//!
//! The registry compares names upper-cased, without marks, with đ as d and without spaces, and nothing else:
//! i and y stay two letters, word order counts, punctuation counts.
//! Always true: folding twice changes nothing. Deliberately absent: closeness; the registry knows yes and no.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Folds a name to the form in which the registry compares it.
pub fn fold(name: &str) -> String {
    name.nfd()
        .filter(|letter| !is_combining_mark(*letter) && !letter.is_whitespace())
        .flat_map(char::to_uppercase)
        .map(|letter| if letter == 'Đ' { 'D' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests;
