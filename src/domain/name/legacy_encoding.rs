//! Is this text of an old Vietnamese encoding (TCVN3 or VNI) that was taken for Unicode?
//!
//! `NguyÔn V¨n §øc` and `Nguyeãn Vaên Ñöùc` are both Nguyễn Văn Đức. Such a name can't be found, and whoever sent it must
//! learn why instead of reading "no match". A text is called so only on double evidence: some word can't be
//! Vietnamese as it stands, and every word becomes a spoken Vietnamese syllable once decoded. José, Müller, Ångström, Niê
//! and H'Hen fail the second test and stay names. Errs toward calling a text a name.

use unicode_normalization::UnicodeNormalization;

use super::syllable;

/// The first character of `TCVN3`.
const TCVN3_START: u32 = 0xA0;

/// The letters of TCVN3 (TCVN 5712:1993, VN3) in the order of the Latin-1 characters that their bytes show as.
const TCVN3: [char; 96] = [
    ' ', 'ă', 'â', 'ê', 'ô', 'ơ', 'ư', 'đ', 'ă', 'â', 'ê', 'ô', 'ơ', 'ư', 'đ', ' ', //
    ' ', ' ', ' ', ' ', ' ', 'à', 'ả', 'ã', 'á', 'ạ', ' ', 'ằ', 'ẳ', 'ẵ', 'ắ', ' ', //
    ' ', ' ', ' ', ' ', ' ', ' ', 'ặ', 'ầ', 'ẩ', 'ẫ', 'ấ', 'ậ', 'è', ' ', 'ẻ', 'ẽ', //
    'é', 'ẹ', 'ề', 'ể', 'ễ', 'ế', 'ệ', 'ì', 'ỉ', ' ', ' ', ' ', 'ĩ', 'í', 'ị', 'ò', //
    ' ', 'ỏ', 'õ', 'ó', 'ọ', 'ồ', 'ổ', 'ỗ', 'ố', 'ộ', 'ờ', 'ở', 'ỡ', 'ớ', 'ợ', 'ù', //
    ' ', 'ủ', 'ũ', 'ú', 'ụ', 'ừ', 'ử', 'ữ', 'ứ', 'ự', 'ỳ', 'ỷ', 'ỹ', 'ý', 'ỵ', ' ', //
];

/// Tells whether a text reads as Vietnamese only after decoding.
pub(super) fn is_likely(text: &str) -> bool {
    if !text.chars().any(is_upper_latin_1) {
        return false;
    }
    let composed: String = text.nfc().collect();
    let words: Vec<&str> = composed
        .split(|character: char| character.is_whitespace() || matches!(character, '-' | '.'))
        .filter(|word| !word.is_empty())
        .collect();
    if words.first().is_some_and(|first| first.len() == 1) {
        // Y, H, A stand before highland names, whose Ñ is a letter of its own and no Đ of VNI.
        return false;
    }
    let is_vietnamese = |word: &&str| word.is_ascii() || syllable::is_written(&word.to_lowercase());
    if words.iter().all(is_vietnamese) || is_one_foreign_word(&words) {
        return false;
    }
    [from_tcvn3, from_vni]
        .into_iter()
        .any(|decoded: fn(&str) -> Option<String>| {
            words
                .iter()
                .all(|word| decoded(word).is_some_and(|word| syllable::is_spoken(&word)))
        })
}

fn is_upper_latin_1(character: char) -> bool {
    matches!(character, '\u{A1}'..='\u{FF}')
}

/// Tells whether the only odd thing is the last letter of one word, as in `Lü Hong` or `Maï Lan`: too little to go by.
fn is_one_foreign_word(words: &[&str]) -> bool {
    let mut odd = words.iter().filter(|word| !word.is_ascii());
    let (Some(word), None) = (odd.next(), odd.next()) else {
        return false;
    };
    let mut backwards = word.chars().flat_map(char::to_lowercase).rev();
    let last = backwards.next();
    let follows_vowel = matches!(backwards.clone().next(), Some('a' | 'e' | 'i' | 'o' | 'u' | 'y'));
    let is_foreign = match last {
        Some('ë' | 'ï') => true,
        Some('ä' | 'å' | 'ö' | 'ø' | 'ü') => !follows_vowel,
        _ => false,
    };
    is_foreign && backwards.all(|character| character.is_ascii())
}

fn from_tcvn3(word: &str) -> Option<String> {
    word.chars()
        .map(|character| {
            if character.is_ascii() {
                return Some(character.to_ascii_lowercase());
            }
            let place = u32::from(character).checked_sub(TCVN3_START)?;
            let letter = TCVN3.get(usize::try_from(place).ok()?)?;
            (*letter != ' ').then_some(*letter)
        })
        .collect()
}

/// Decodes VNI, which writes most marks as a character of their own behind the vowel.
fn from_vni(word: &str) -> Option<String> {
    let mut decoded = String::with_capacity(word.len() * 2);
    let mut vowel = None;
    for character in word.chars().flat_map(char::to_lowercase) {
        if let Some(marks) = vowel.and_then(|vowel| vni_marks(vowel, character)) {
            decoded.push_str(marks);
            vowel = None;
            continue;
        }
        let letter = match character {
            'ô' => 'ơ',
            'ö' => 'ư',
            'ñ' => 'đ',
            'í' | 'ì' => character,
            'æ' => 'ỉ',
            'ó' => 'ĩ',
            'ò' => 'ị',
            'î' => 'ỵ',
            other if other.is_ascii() => other,
            _ => return None,
        };
        decoded.push(letter);
        vowel = Some(letter);
    }
    Some(decoded)
}

fn vni_marks(vowel: char, mark: char) -> Option<&'static str> {
    let marks = match (vowel, mark) {
        ('a' | 'e' | 'o' | 'u' | 'y' | 'ơ' | 'ư', 'ù') => "\u{301}",
        ('a' | 'e' | 'o' | 'u' | 'y' | 'ơ' | 'ư', 'ø') => "\u{300}",
        ('a' | 'e' | 'o' | 'u' | 'y' | 'ơ' | 'ư', 'û') => "\u{309}",
        ('a' | 'e' | 'o' | 'u' | 'y' | 'ơ' | 'ư', 'õ') => "\u{303}",
        ('a' | 'e' | 'o' | 'u' | 'y' | 'ơ' | 'ư', 'ï') => "\u{323}",
        ('a' | 'e' | 'o', 'â') => "\u{302}",
        ('a' | 'e' | 'o', 'á') => "\u{302}\u{301}",
        ('a' | 'e' | 'o', 'à') => "\u{302}\u{300}",
        ('a' | 'e' | 'o', 'å') => "\u{302}\u{309}",
        ('a' | 'e' | 'o', 'ã') => "\u{302}\u{303}",
        ('a' | 'e' | 'o', 'ä') => "\u{302}\u{323}",
        ('a', 'ê') => "\u{306}",
        ('a', 'é') => "\u{306}\u{301}",
        ('a', 'è') => "\u{306}\u{300}",
        ('a', 'ú') => "\u{306}\u{309}",
        ('a', 'ü') => "\u{306}\u{303}",
        ('a', 'ë') => "\u{306}\u{323}",
        _ => return None,
    };
    Some(marks)
}
