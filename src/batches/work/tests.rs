use super::*;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

#[test]
fn a_row_has_the_same_id_however_often_it_is_asked_and_no_other_has_it() {
    let at: Timestamp = "2026-11-22T01:00:00Z".parse().unwrap();
    let first = transaction_of(id(1), 1, at);
    assert_eq!(first, transaction_of(id(1), 1, at));
    assert_eq!(first.get_version_num(), 7);
    assert_ne!(first, transaction_of(id(1), 2, at));
    assert_ne!(first, transaction_of(id(2), 1, at));
}
