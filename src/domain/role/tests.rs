use super::*;

#[test]
fn a_role_is_a_short_plain_word() {
    for good in ["father", "head_of_household", "a"] {
        assert_eq!(good.parse::<RoleName>().unwrap().as_str(), good);
    }
    let too_long = "a".repeat(33);
    for bad in ["", "Father", "cha mẹ", "role1", "a-b", &too_long] {
        assert_eq!(bad.parse::<RoleName>(), Err(MalformedRole), "{bad}");
    }
}

#[test]
fn what_is_expected_is_read_back() {
    for expected in [Expected::Living, Expected::Deceased] {
        assert_eq!(expected.as_str().parse(), Ok(expected));
    }
    assert_eq!("asleep".parse::<Expected>(), Err(MalformedRole));
}
