use super::*;

#[test]
fn an_address_has_so_many_places_and_gets_them_back() {
    let places = Arc::new(Places::new(NonZeroUsize::new(2).unwrap()));
    let (office, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
    let first = places.take(office);
    let _second = places.take(office).unwrap();
    assert!(places.take(office).is_none());
    let elsewhere = places.take(other);
    assert!(elsewhere.is_some());
    drop(first);
    assert!(places.take(office).is_some());
    drop(elsewhere);
    assert_eq!(places.table().len(), 1);
}
