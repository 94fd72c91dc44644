//! Do two birth dates say the same, as far as both are known?
//!
//! Equal precision compares exactly. Of unequal precision only the common part can compare, and agreeing there is
//! close, never a match: half a date is easier to guess than a whole one.

use std::mem::discriminant;

use super::{Difference, Differences, Identity};
use crate::domain::birth_date::BirthDate;

/// Judges a claimed birth date against the one held.
#[must_use]
pub fn birth_date(claimed: BirthDate, held: BirthDate) -> Identity {
    if claimed == held {
        return Identity::but_for(Differences::NONE);
    }
    let equally_precise = discriminant(&claimed) == discriminant(&held);
    let months_differ = matches!((claimed.month(), held.month()), (Some(one), Some(other)) if one != other);
    if equally_precise || months_differ || claimed.year() != held.year() {
        return Identity::NO_MATCH;
    }
    Identity::but_for(Differences::from_iter([Difference::DatePrecision]))
}
