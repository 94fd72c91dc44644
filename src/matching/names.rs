//! Are two writings of a full name the same name?
//!
//! Case, spacing, tone position and encoding are the same name. Marks left out by the caller, i for y and another order
//! of the words are close. All else is another name: a *different* mark (Hùng, Hưng, Hứng) is a different
//! person. Marks may be left out word by word, then all of a word's at once: who writes `Hưng` for `Hứng` hasn't left a
//! mark out but written another name. Marks that only the claim has are never left out by anyone: no match.

use super::letters::{Gap, Letter, Letters};
use super::{Difference, Differences, Identity};
use crate::domain::name::FullName;

/// Judges a claimed full name against the one held.
#[must_use]
pub fn full_name(claimed: &FullName, held: &FullName) -> Identity {
    compare(claimed.expose(), held.expose()).map_or(Identity::NO_MATCH, Identity::but_for)
}

/// Gives the differences between two writings of one name, or none if they are two names.
fn compare(claimed: &str, held: &str) -> Option<Differences> {
    if let Some(differences) = but_for_case(claimed, held) {
        return Some(differences);
    }
    let (claimed, held) = (Letters::read(claimed), Letters::read(held));
    let mut differences = in_order(&claimed, &held).or_else(|| in_any_order(&claimed, &held))?;
    if differences.is_empty() {
        // All that was read agrees, so only how it was encoded can differ.
        differences.insert(Difference::UnicodeForm);
    }
    Some(differences)
}

/// Sees at a glance what nearly every call brings: the same characters in the same order, upper case or lower.
fn but_for_case(claimed: &str, held: &str) -> Option<Differences> {
    let (mut left, mut right) = (claimed.chars(), held.chars());
    let mut differences = Differences::NONE;
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Some(differences),
            (Some(one), Some(other)) if one == other => {}
            (Some(one), Some(other)) if one.eq_ignore_ascii_case(&other) => {
                differences.insert(Difference::Case);
            }
            (Some(one), Some(other)) if one.to_lowercase().eq(other.to_lowercase()) => {
                differences.insert(Difference::Case);
            }
            _ => return None,
        }
    }
}

fn in_order(claimed: &Letters, held: &Letters) -> Option<Differences> {
    let (mut left, mut right) = (claimed.all(), held.all());
    if left.len() != right.len() || left.is_empty() {
        return None;
    }
    let mut differences = gaps(claimed.trailing(), held.trailing());
    let (mut joined, mut parted) = (false, false);
    while let (Some(first), Some(other)) = (left.first(), right.first()) {
        joined |= !first.starts_word;
        parted |= !other.starts_word;
        if joined && parted {
            // Spaces were neither only left out nor only added: Hoà Nga isn't Hoàn Ga.
            return None;
        }
        differences = differences.union(gaps(first.gap, other.gap));
        let length = 1 + left
            .iter()
            .zip(right)
            .skip(1)
            .take_while(|(one, other)| !one.starts_word && !other.starts_word)
            .count();
        let (word, rest) = left.split_at_checked(length)?;
        let (other_word, other_rest) = right.split_at_checked(length)?;
        differences = differences.union(words(word, other_word)?);
        (left, right) = (rest, other_rest);
    }
    Some(differences)
}

fn in_any_order(claimed: &Letters, held: &Letters) -> Option<Differences> {
    if claimed.all().len() != held.all().len() {
        return None;
    }
    let mut asked: Vec<&[Letter]> = claimed.words().collect();
    let mut left: Vec<&[Letter]> = held.words().collect();
    if asked.len() != left.len() || asked.len() < 2 {
        return None;
    }
    let mut differences = Differences::from_iter([Difference::WordOrder]);
    if claimed.is_tidy() != held.is_tidy() {
        differences.insert(Difference::Spacing);
    }
    // Who fits one word only chooses first: exact counterparts, then words with marks, then those without.
    asked.sort_by_key(|word| (!is_marked(word), !word.iter().any(|letter| letter.stroke)));
    let mut inexact = Vec::new();
    for word in asked {
        match take(&mut left, word, Differences::are_all_of_writing) {
            Some(found) => differences = differences.union(found),
            None => inexact.push(word),
        }
    }
    for word in inexact {
        differences = differences.union(take(&mut left, word, |_| true)?);
    }
    Some(differences)
}

fn is_marked(word: &[Letter]) -> bool {
    word.iter().any(Letter::is_marked)
}

fn take(
    left: &mut Vec<&[Letter]>,
    word: &[Letter],
    is_wanted: fn(Differences) -> bool,
) -> Option<Differences> {
    let (place, differences) = left.iter().enumerate().find_map(|(place, held)| {
        let differences = words(word, held)?;
        is_wanted(differences).then_some((place, differences))
    })?;
    left.swap_remove(place);
    Some(differences)
}

/// Gives the differences between two writings of one word (or of words without spaces).
fn words(claimed: &[Letter], held: &[Letter]) -> Option<Differences> {
    if claimed.len() != held.len() {
        return None;
    }
    let mut differences = letters(claimed, held)?;
    if !is_marked(claimed) && is_marked(held) {
        differences.insert(Difference::Diacritics);
        return Some(differences);
    }
    Some(differences.union(marks(claimed, held)?))
}

fn letters(claimed: &[Letter], held: &[Letter]) -> Option<Differences> {
    let mut differences = Differences::NONE;
    for (place, (one, other)) in claimed.iter().zip(held).enumerate() {
        if one.base != other.base {
            if !is_i_for_y(claimed, held, place) {
                return None;
            }
            differences.insert(Difference::IY);
        }
        match (one.stroke, other.stroke) {
            (true, false) => return None,
            (false, true) => differences.insert(Difference::Diacritics),
            _ => {}
        }
        if one.upper != other.upper {
            differences.insert(Difference::Case);
        }
        if place > 0 {
            differences = differences.union(gaps(one.gap, other.gap));
        }
    }
    Some(differences)
}

/// Tells whether spelling leaves the choice: i or y alone after h, k, l, m, s, t, v or qu, with nothing after it.
fn is_i_for_y(claimed: &[Letter], held: &[Letter], place: usize) -> bool {
    if place + 1 != held.len() {
        return false;
    }
    let vowels = claimed.last().zip(held.last()).map(|(c, h)| (c.base, h.base));
    let onset_leaves_choice = match held {
        [onset, _] => !onset.stroke && matches!(onset.base, 'h' | 'k' | 'l' | 'm' | 's' | 't' | 'v'),
        [q, u, _] => q.base == 'q' && u.base == 'u' && u.quality == 0,
        _ => false,
    };
    onset_leaves_choice && matches!(vowels, Some(('i', 'y') | ('y', 'i')))
}

fn marks(claimed: &[Letter], held: &[Letter]) -> Option<Differences> {
    let mut differences = Differences::NONE;
    let mut tones_stand_alike = true;
    for (one, other) in claimed.iter().zip(held) {
        if one.quality != other.quality {
            return None;
        }
        if one.tone != other.tone {
            tones_stand_alike = false;
        } else if one.form != other.form && one.stroke == other.stroke {
            differences.insert(Difference::UnicodeForm);
        }
    }
    if tones_stand_alike {
        return Some(differences);
    }
    let (one, other) = (only_tone(claimed)?, only_tone(held)?);
    if one.tone != other.tone {
        return None;
    }
    differences.insert(Difference::TonePosition);
    if (one.form == 1) != (other.form == 1) {
        differences.insert(Difference::UnicodeForm);
    }
    Some(differences)
}

/// Gives the letter that bears the tone, if it is one vowel: only then may the tone stand elsewhere.
fn only_tone(word: &[Letter]) -> Option<&Letter> {
    let mut toned = word.iter().filter(|letter| letter.tone.is_some());
    let only = toned.next()?;
    (toned.next().is_none() && only.is_vowel()).then_some(only)
}

fn gaps(claimed: Gap, held: Gap) -> Differences {
    let kind = if claimed == held {
        None
    } else if claimed.is_apostrophe() && held.is_apostrophe() {
        Some(Difference::UnicodeForm)
    } else {
        Some(Difference::Spacing)
    };
    kind.into_iter().collect()
}

/// Tells whether two texts of an address detail have the same words, however written.
pub(super) fn is_same_text(claimed: &str, held: &str) -> bool {
    let (claimed, held) = (Letters::read(claimed), Letters::read(held));
    let mut pairs = claimed.words().zip(held.words());
    claimed.words().count() == held.words().count()
        && pairs.all(|(one, other)| words(one, other).is_some_and(Differences::are_all_of_writing))
}

#[cfg(test)]
mod tests;
