use serde_json::Value;

use super::*;

#[test]
fn the_list_is_written_once_and_holds_every_procedure() {
    let catalogue = crate::config::shipped_catalogue().unwrap();
    let catalogue = Arc::new(catalogue);
    let bytes = Listing::new(&catalogue).list(&catalogue);
    let listed: Value = serde_json::from_slice(&bytes).unwrap();
    let procedures = listed["procedures"].as_array().unwrap();
    assert_eq!(procedures.len(), catalogue.iter().count());
    let nulls = procedures
        .iter()
        .filter(|procedure| procedure["name"].get("en") == Some(&Value::Null));
    assert_eq!(nulls.count(), 0, "a name that isn't known is left out");
}

#[test]
fn another_catalogue_is_written_anew() {
    let catalogue = Arc::new(crate::config::shipped_catalogue().unwrap());
    let listing = Listing::new(&catalogue);
    let before = listing.list(&catalogue);
    let first = catalogue.iter().next().unwrap().as_ref().clone();
    let smaller = Arc::new(Catalogue::new([first]).unwrap());
    let after: Value = serde_json::from_slice(&listing.list(&smaller)).unwrap();
    assert_eq!(after["procedures"].as_array().unwrap().len(), 1);
    assert_eq!(listing.list(&catalogue), before);
}
