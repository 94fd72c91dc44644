//! Are the shipped names of groups and religions whole?

use super::*;

#[test]
fn every_group_and_religion_has_its_name() {
    let tables = CodeTables::shipped().unwrap();
    let group = |code: &str| tables.ethnic_group(code.parse().unwrap());
    assert_eq!(group("01"), Some("Kinh"));
    assert_eq!(group("1"), Some("Kinh"));
    assert_eq!(group("12"), Some("Ê-đê"));
    assert_eq!(group("98"), None);
    let all = (1..=54).filter(|number: &u8| group(&number.to_string()).is_some());
    assert_eq!(all.count(), 54);
    assert_eq!(tables.religion("0".parse().unwrap()), Some("Không tôn giáo"));
    assert_eq!(tables.religion("07".parse().unwrap()), Some("Baha'i"));
}
