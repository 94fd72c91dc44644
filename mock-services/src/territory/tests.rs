//! The tables are whole.
//!
//! A line that couldn't be read would be left out in silence; here its absence is seen.

use super::Territory;

#[test]
fn every_commune_and_province_is_read() {
    let territory = Territory::load();
    assert_eq!(territory.commune_count(), 3_321);
    assert_eq!(territory.provinces.len(), 34);
    assert_eq!(territory.merged_into.len(), 63);
    for prefix in territory.merged_into.keys() {
        assert!(territory.province_of_prefix(prefix).is_some(), "{prefix}");
    }
    assert_eq!(
        territory.province("25").map(|province| province.full_name),
        Some("Tỉnh Phú Thọ")
    );
}
