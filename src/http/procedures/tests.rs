use serde_json::Value;

use super::*;

#[test]
fn the_list_is_written_once_and_holds_every_procedure() {
    let catalogue = crate::config::shipped_catalogue().unwrap();
    let Listing(bytes) = Listing::new(&catalogue);
    let listed: Value = serde_json::from_slice(&bytes).unwrap();
    let procedures = listed["procedures"].as_array().unwrap();
    assert_eq!(procedures.len(), catalogue.iter().count());
    let nulls = procedures
        .iter()
        .filter(|procedure| procedure["name"].get("en") == Some(&Value::Null));
    assert_eq!(nulls.count(), 0, "a name that isn't known is left out");
}
