//! Scopes as text and as sets.

use super::*;

#[test]
fn scopes_are_read_back_from_their_names() {
    for scope in Scope::ALL {
        assert_eq!(scope.to_string().parse(), Ok(scope));
        assert!(Scopes::from_iter([scope]).iter().eq([scope]));
    }
    assert_eq!("access-log.own".parse::<Scope>(), Err(UnknownScope));
}

#[test]
fn a_claim_is_names_parted_by_spaces() {
    let scopes = Scopes::from_claim("checks  batches CHECKS citizens citizens.lookup,batches");
    assert_eq!(format!("{scopes:?}"), r#"{"checks", "batches"}"#);
    assert_eq!(Scopes::from_claim(""), Scopes::NONE);
    let both = scopes.intersection(Scopes::from_iter([Scope::Batches, Scope::CitizensVerify]));
    assert!(both.contains(Scope::Batches) && !both.contains(Scope::CitizensVerify));
}
