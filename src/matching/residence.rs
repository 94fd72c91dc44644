//! Do two addresses name the same place today?
//!
//! Each side's codes are read in the list in which they were written, then compared as places of today. Codes of
//! before July 2025 that survive are carried over and said to be so; other old codes are close and nothing else, since
//! no table tells what became of them. The text below the commune is never more than a reason to lower a match: two
//! people write one house in many ways.

use jiff::civil::Date;

use super::claims::{ClaimResult, ClaimVerdict};
use super::{Difference, names};
use crate::domain::address::{Address, AddressClaim, CodeSet};
use crate::domain::territory::{Place, Reading, Territory, list_in_force};

/// Judges a claimed address against the one held.
pub(super) fn address(
    claimed: &AddressClaim,
    held: &Address,
    territory: &Territory,
    today: Date,
) -> ClaimVerdict {
    let list = list_in_force(claimed.as_of.unwrap_or(today));
    let asked = territory.reading(Some(claimed.province), claimed.commune, list);
    let known = territory.reading(held.province, held.commune, held.code_set);
    let (Some(asked), Some(known)) = (asked, known) else {
        return ClaimVerdict::plain(ClaimResult::NotHeld);
    };
    let verdict = if is_named_alike(claimed, list, held, territory) {
        ClaimVerdict::plain(ClaimResult::Match)
    } else {
        places(asked, known)
    };
    let Some(detail) = claimed.detail.as_deref().filter(|text| !text.trim().is_empty()) else {
        return verdict;
    };
    let has_same_text = names::is_same_text(detail, held.detail.as_deref().unwrap_or_default());
    match verdict.result {
        ClaimResult::Match | ClaimResult::Close if !has_same_text => {
            verdict.lowered_by(Difference::DetailText)
        }
        _ => verdict,
    }
}

/// Tells whether both sides name a commune by the same codes of today, be it one that the tables don't know yet.
fn is_named_alike(claimed: &AddressClaim, list: CodeSet, held: &Address, territory: &Territory) -> bool {
    (list, held.code_set) == (CodeSet::Since2025, CodeSet::Since2025)
        && claimed.commune.is_some()
        && (Some(claimed.province), claimed.commune) == (held.province, held.commune)
        && territory.province_name(claimed.province, list).is_some()
}

fn places(asked: Reading, known: Reading) -> ClaimVerdict {
    let (Some(asked_place), Some(known_place)) = (asked.place(), known.place()) else {
        return ClaimVerdict::plain(ClaimResult::Close).lowered_by(Difference::OldTerritoryCode);
    };
    let mut verdict = ClaimVerdict::plain(same_place(asked_place, known_place));
    if verdict.result != ClaimResult::NotHeld && (asked.is_mapped() || known.is_mapped()) {
        verdict.differences.insert(Difference::OldTerritoryCode);
    }
    verdict
}

fn same_place(asked: Place, known: Place) -> ClaimResult {
    if asked.province != known.province {
        return ClaimResult::Mismatch;
    }
    match (asked.commune, known.commune) {
        (None, _) => ClaimResult::Match,
        (Some(_), None) => ClaimResult::NotHeld,
        (Some(asked), Some(known)) if asked == known => ClaimResult::Match,
        (Some(_), Some(_)) => ClaimResult::Mismatch,
    }
}

#[cfg(test)]
mod tests;
