//! Which units and officers are known.
//!
//! The form of the codes alone; refusals over the wire are tried in `tests/it`.

use super::{is_known_officer, is_unit};

#[test]
fn units_have_the_national_form() {
    assert!(is_unit("H57") && is_unit("H57.12") && is_unit("H57.12.3"));
    assert!(!is_unit("57.12") && !is_unit("H5") && !is_unit("H57.") && !is_unit("H57.a") && !is_unit(""));
}

#[test]
fn nine_hundred_ninety_nine_officers_are_known() {
    assert!(is_known_officer("001090000001") && is_known_officer("001090000999"));
    assert!(!is_known_officer("001090000000") && !is_known_officer("001090001000"));
    assert!(!is_known_officer("+01090000001"));
}
