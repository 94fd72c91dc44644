//! In which ways may two writings differ and still be about the same?
//!
//! The closed list of the API, kept as a set in one machine word so that a verdict can be copied and costs nothing.
//! The set always lists its kinds in one order, the contract's.

use std::fmt;

/// Is one kind of difference between what was claimed and what is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Difference {
    /// Upper and lower case.
    Case,
    /// Spaces, hyphens, dots and apostrophes: more, fewer or others.
    Spacing,
    /// The tone mark on another vowel of the same syllable (Hòa, Hoà).
    TonePosition,
    /// The same letters in another encoding (NFD, `Ð` for `Đ`).
    UnicodeForm,
    /// Marks left out on the claimed side.
    Diacritics,
    /// `i` for `y` or the reverse (Lý, Lí).
    IY,
    /// The same words in another order.
    WordOrder,
    /// A date known more exactly on one side.
    DatePrecision,
    /// A place given or held by a code of before July 2025.
    OldTerritoryCode,
    /// The text of the address.
    DetailText,
}

impl Difference {
    /// Lists every kind in the order in which verdicts name them.
    pub const ALL: [Self; 10] = [
        Self::Case,
        Self::Spacing,
        Self::TonePosition,
        Self::UnicodeForm,
        Self::Diacritics,
        Self::IY,
        Self::WordOrder,
        Self::DatePrecision,
        Self::OldTerritoryCode,
        Self::DetailText,
    ];

    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Spacing => "spacing",
            Self::TonePosition => "tone_position",
            Self::UnicodeForm => "unicode_form",
            Self::Diacritics => "diacritics",
            Self::IY => "i_y",
            Self::WordOrder => "word_order",
            Self::DatePrecision => "date_precision",
            Self::OldTerritoryCode => "old_territory_code",
            Self::DetailText => "detail_text",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// Is a set of differences.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Differences(u16);

impl Differences {
    /// The empty set.
    pub const NONE: Self = Self(0);

    const OF_WRITING: u16 = Difference::Case.bit()
        | Difference::Spacing.bit()
        | Difference::TonePosition.bit()
        | Difference::UnicodeForm.bit();

    /// Adds a kind.
    pub fn insert(&mut self, difference: Difference) {
        self.0 |= difference.bit();
    }

    /// Gives the kinds of both sets.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Tells whether a kind is in the set.
    #[must_use]
    pub fn contains(self, difference: Difference) -> bool {
        self.0 & difference.bit() != 0
    }

    /// Tells whether nothing differs.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Lists the kinds in the contract's order.
    pub fn iter(self) -> impl Iterator<Item = Difference> {
        Difference::ALL
            .into_iter()
            .filter(move |difference| self.contains(*difference))
    }

    /// Tells whether both sides are the same name, only written another way.
    pub(super) fn are_all_of_writing(self) -> bool {
        self.0 & !Self::OF_WRITING == 0
    }
}

impl FromIterator<Difference> for Differences {
    fn from_iter<T: IntoIterator<Item = Difference>>(kinds: T) -> Self {
        let mut set = Self::NONE;
        for kind in kinds {
            set.insert(kind);
        }
        set
    }
}

impl fmt::Debug for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(Difference::as_str))
            .finish()
    }
}
