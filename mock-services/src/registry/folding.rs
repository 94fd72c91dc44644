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
mod tests {
    use super::fold;

    #[test]
    fn marks_case_spaces_and_d_don_t_count() {
        assert_eq!(fold("Đặng  Đình Đức"), "DANGDINHDUC");
        assert_eq!(fold("Đa\u{306}\u{323}ng"), fold("ĐẶNG"));
        assert_eq!(fold("nguyễn thị hoà"), fold("NGUYỄN THỊ HÒA"));
        assert_eq!(fold(&fold("H'Bia Êban-Knul")), "H'BIAEBAN-KNUL");
    }

    #[test]
    fn i_and_y_and_word_order_count() {
        assert_ne!(fold("Lý"), fold("Lí"));
        assert_ne!(fold("Nguyễn Văn An"), fold("Văn An Nguyễn"));
    }
}
