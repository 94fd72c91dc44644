//! Which letters does a text stand for, however it was typed?
//!
//! Reads a text once into letters: the base letter, the marks that make it another letter (â, ơ, đ), the tone of the
//! syllable wherever it stands, and the way it was written (case, encoding, what stood before it). Comparing then asks
//! about one thing at a time. Total: any text can be read, and reading decides nothing.

use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// The five tone marks: grave, acute, tilde, hook above, dot below.
const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];

/// Is one letter with all that was written on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letter {
    /// The letter without marks, in lower case.
    pub(super) base: char,
    /// Whether it is `đ` rather than `d`.
    pub(super) stroke: bool,
    /// The marks that make another letter of it, packed in a fixed order; 0 for none.
    pub(super) quality: u64,
    /// The mark of the tone, if it stands on this letter.
    pub(super) tone: Option<char>,
    /// Whether it was written in upper case.
    pub(super) upper: bool,
    /// How it was encoded: the count of characters, or `LOOKALIKE`.
    pub(super) form: u8,
    /// Whether a word begins here.
    pub(super) starts_word: bool,
    /// What stood before it.
    pub(super) gap: Gap,
}

const LOOKALIKE: u8 = u8::MAX;

impl Letter {
    /// Tells whether marks are written on it (the stroke of `đ` isn't one).
    pub(super) fn is_marked(&self) -> bool {
        self.quality != 0 || self.tone.is_some()
    }

    /// Tells whether a tone can stand on it.
    pub(super) fn is_vowel(&self) -> bool {
        matches!(self.base, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
    }

    fn mark(&mut self, mark: char) {
        if self.tone.is_none() && TONES.contains(&mark) {
            self.tone = Some(mark);
        } else {
            self.quality = with_mark(self.quality, mark);
        }
    }
}

/// Packs a mark among the others so that their order in the text doesn't count; three fit, which no letter exceeds.
fn with_mark(packed: u64, mark: char) -> u64 {
    const WIDTH: u32 = 21;
    const MASK: u64 = (1 << WIDTH) - 1;
    let mut marks = [packed & MASK, (packed >> WIDTH) & MASK, u64::from(mark)];
    marks.sort_unstable();
    let [low, middle, high] = marks;
    (low << (2 * WIDTH)) | (middle << WIDTH) | high
}

/// Stands for the characters between two letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Gap {
    fingerprint: u32,
    characters: u8,
    apostrophes: u8,
    breaks_word: bool,
}

impl Gap {
    /// Tells whether the gap is what belongs between two words.
    pub(super) fn is_one_space(self) -> bool {
        self.characters == 1 && self.fingerprint == u32::from(' ')
    }

    /// Tells whether nothing stood there.
    pub(super) fn is_nothing(self) -> bool {
        self.characters == 0
    }

    /// Tells whether it is one apostrophe of whatever kind.
    pub(super) fn is_apostrophe(self) -> bool {
        self.characters == 1 && self.apostrophes == 1
    }

    fn push(&mut self, character: char) {
        self.fingerprint = self
            .fingerprint
            .wrapping_mul(0x0100_0193)
            .wrapping_add(u32::from(character));
        self.characters = self.characters.saturating_add(1);
        if is_apostrophe(character) {
            self.apostrophes = self.apostrophes.saturating_add(1);
        } else if character.is_whitespace() || character.is_ascii_punctuation() || is_hyphen(character) {
            self.breaks_word = true;
        }
    }
}

fn is_hyphen(character: char) -> bool {
    matches!(character, '\u{2010}'..='\u{2015}' | '\u{00B7}')
}

/// Tells whether a character is one of those that stand for the apostrophe in names such as `H'Hen`.
pub(super) fn is_apostrophe(character: char) -> bool {
    crate::domain::name::APOSTROPHES.contains(&character)
}

/// Is a whole text read into letters.
#[derive(Debug)]
pub(super) struct Letters {
    letters: Vec<Letter>,
    trailing: Gap,
}

impl Letters {
    /// Reads a text.
    pub(super) fn read(text: &str) -> Self {
        let mut letters: Vec<Letter> = Vec::with_capacity(text.len());
        let mut gap = Gap::default();
        for character in text.chars() {
            if character.is_ascii_alphanumeric() {
                begin(&mut letters, &mut gap, character);
            } else if character.is_ascii() || is_apostrophe(character) {
                gap.push(character);
            } else {
                read_beyond_ascii(&mut letters, &mut gap, character);
            }
        }
        Self {
            letters,
            trailing: gap,
        }
    }

    /// Gives the letters in the order written.
    pub(super) fn all(&self) -> &[Letter] {
        &self.letters
    }

    /// Gives the words, each as its letters.
    pub(super) fn words(&self) -> impl Iterator<Item = &[Letter]> {
        self.letters.chunk_by(|_, next| !next.starts_word)
    }

    /// Gives what stood after the last letter.
    pub(super) fn trailing(&self) -> Gap {
        self.trailing
    }

    /// Tells whether the words are parted by single spaces and nothing else.
    pub(super) fn is_tidy(&self) -> bool {
        let mut starts = self.letters.iter().filter(|letter| letter.starts_word);
        starts.next().is_none_or(|first| first.gap.is_nothing())
            && starts.all(|start| start.gap.is_one_space())
            && self.trailing.is_nothing()
    }
}

/// Gives the base letter of each letter in a text, as [`Letters::read`] would, and nothing of what is written on it.
pub(super) fn bases(text: &str, mut each: impl FnMut(char)) {
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            each(character.to_ascii_lowercase());
        } else if !character.is_ascii() && !is_apostrophe(character) {
            decompose_canonical(character, |part| {
                if !is_combining_mark(part) && part.is_alphanumeric() {
                    each(base(part).0);
                }
            });
        }
    }
}

/// Gives a letter's base, whether it has the stroke of `đ`, and how it is encoded.
fn base(character: char) -> (char, bool, u8) {
    match character.to_lowercase().next().unwrap_or(character) {
        'đ' => ('d', true, 1),
        // Eth and the African D look like Đ and are typed for it.
        'ð' | 'ɖ' => ('d', true, LOOKALIKE),
        other => (other, false, 1),
    }
}

fn begin(letters: &mut Vec<Letter>, gap: &mut Gap, character: char) {
    let upper = character.is_uppercase();
    let (base, stroke, form) = base(character);
    let gap = std::mem::take(gap);
    letters.push(Letter {
        base,
        stroke,
        quality: 0,
        tone: None,
        upper,
        form,
        starts_word: letters.is_empty() || gap.breaks_word,
        gap,
    });
}

fn read_beyond_ascii(letters: &mut Vec<Letter>, gap: &mut Gap, character: char) {
    if is_combining_mark(character)
        && gap.is_nothing()
        && let Some(letter) = letters.last_mut()
    {
        letter.form = letter.form.saturating_add(1);
    }
    decompose_canonical(character, |part| {
        if !is_combining_mark(part) {
            if part.is_alphanumeric() {
                begin(letters, gap, part);
            } else {
                gap.push(part);
            }
        } else if gap.is_nothing()
            && let Some(letter) = letters.last_mut()
        {
            letter.mark(part);
        } else {
            gap.push(part);
        }
    });
}
