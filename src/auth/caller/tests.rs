//! Callers without tokens.

use super::*;

#[test]
fn a_bound_caller_must_hold_the_certificate() {
    let free = Caller::for_tests("one-stop", Some("001090000001"), Some("H57.12"), Scopes::NONE);
    let own = Thumbprint::of(b"own");
    let bound = free.bound_for_tests(own);
    assert_eq!(free.must_hold(None), Ok(()));
    assert_eq!(free.must_hold(Some(&own)), Ok(()));
    assert_eq!(bound.must_hold(Some(&own)), Ok(()));
    assert_eq!(bound.must_hold(None), Err(Unauthenticated::NotBound));
    assert_eq!(
        bound.must_hold(Some(&Thumbprint::of(b"other"))),
        Err(Unauthenticated::NotBound)
    );
}

#[test]
fn an_officer_does_not_print() {
    let caller = Caller::for_tests("one-stop", Some("001090000001"), None, Scopes::NONE);
    assert!(!format!("{caller:?}").contains("001090000001"));
}
