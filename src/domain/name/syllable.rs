//! Can a word be a Vietnamese syllable?
//!
//! A syllable is an optional onset, a rhyme of a closed list and one tone; after a stopped end (c, ch, p, t) only two
//! tones are spoken. Serves to tell text in an old encoding from text that merely isn't Vietnamese; it judges no name.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::compose;

/// The tone marks; the two spoken before a stop come first.
const TONES: [char; 5] = ['\u{301}', '\u{323}', '\u{300}', '\u{303}', '\u{309}'];

const VOWELS: [char; 12] = ['a', 'ă', 'â', 'e', 'ê', 'i', 'o', 'ô', 'ơ', 'u', 'ư', 'y'];

const ONSETS: [&str; 28] = [
    "", "b", "c", "ch", "d", "đ", "g", "gh", "gi", "h", "k", "kh", "l", "m", "n", "ng", "ngh", "nh", "p",
    "ph", "qu", "r", "s", "t", "th", "tr", "v", "x",
];

const RHYMES: [&str; 160] = [
    "a", "ac", "ach", "ai", "am", "an", "ang", "anh", "ao", "ap", "at", "au", "ay", "e", "ec", "em", "en",
    "eng", "eo", "ep", "et", "i", "ia", "ich", "im", "in", "inh", "ip", "it", "iu", "iêc", "iêm", "iên",
    "iêng", "iêp", "iêt", "iêu", "o", "oa", "oac", "oach", "oai", "oam", "oan", "oang", "oanh", "oao", "oap",
    "oat", "oay", "oc", "oe", "oen", "oeo", "oet", "oi", "om", "on", "ong", "oong", "op", "ot", "oăc", "oăm",
    "oăn", "oăng", "oăt", "u", "ua", "uc", "ui", "um", "un", "ung", "uy", "uya", "uych", "uynh", "uyt",
    "uyu", "uyên", "uyêt", "uân", "uâng", "uât", "uây", "uê", "uêch", "uênh", "uôc", "uôi", "uôm", "uôn",
    "uông", "uôt", "uơ", "up", "ut", "y", "yt", "ynh", "ych", "yên", "yêm", "yêng", "yêt", "yêu", "â", "âc",
    "âm", "ân", "âng", "âp", "ât", "âu", "ây", "ê", "êch", "êm", "ên", "êng", "ênh", "êp", "êt", "êu", "ô",
    "ôc", "ôi", "ôm", "ôn", "ông", "ôp", "ôt", "ăc", "ăm", "ăn", "ăng", "ăp", "ăt", "ơ", "ơi", "ơm", "ơn",
    "ơp", "ơt", "ư", "ưa", "ưc", "ưi", "ưng", "ưt", "ưu", "ươc", "ươi", "ươm", "ươn", "ương", "ươp", "ươt",
    "ươu",
];

/// Tells whether a word in lower case is a syllable, spoken tones included.
pub(super) fn is_spoken(word: &str) -> bool {
    let (letters, tones) = apart(word);
    let is_stopped = ["c", "ch", "p", "t"].iter().any(|end| letters.ends_with(end));
    let fits = match tones.as_slice() {
        [] => !is_stopped,
        [tone] => !is_stopped || TONES.iter().take(2).any(|spoken| spoken == tone),
        _ => false,
    };
    fits && has_form(&letters)
}

/// Tells whether a word in lower case has the letters of a syllable, whatever its tone.
pub(super) fn is_written(word: &str) -> bool {
    let (letters, tones) = apart(word);
    tones.len() < 2 && has_form(&letters)
}

fn has_form(letters: &str) -> bool {
    ONSETS.iter().any(|onset| {
        letters
            .strip_prefix(onset)
            .is_some_and(|rhyme| RHYMES.contains(&rhyme))
    })
}

/// Parts a word into its letters, composed, and the tone marks on its vowels.
fn apart(word: &str) -> (String, Vec<char>) {
    let mut letters = String::with_capacity(word.len());
    let mut tones = Vec::new();
    for part in word.nfd() {
        let last = letters.chars().last();
        if TONES.contains(&part) && last.is_some_and(|last| VOWELS.contains(&last)) {
            tones.push(part);
        } else if let Some(letter) = last.and_then(|last| compose(last, part)) {
            letters.pop();
            letters.push(letter);
        } else {
            letters.push(part);
        }
    }
    (letters, tones)
}
