use super::*;

#[test]
fn every_field_is_read_back_from_its_name() {
    assert_eq!(Field::all().count(), 25);
    assert!(
        Field::all().map(Field::position).eq(0..25),
        "each field has a place of its own"
    );
    for field in Field::all() {
        assert_eq!(field.to_string().parse(), Ok(field));
    }
    for text in [
        "",
        "name",
        "permanent_residence",
        "permanent_residence.street",
        "sex.detail",
    ] {
        assert_eq!(text.parse::<Field>(), Err(UnknownField), "{text}");
    }
}

#[test]
fn sets_intersect_and_differ_like_sets() {
    let licence: Fields = [Field::Sex, Field::FullName].into_iter().collect();
    let asked: Fields = [Field::Sex, Field::Religion].into_iter().collect();
    assert_eq!(
        licence.intersection(asked).iter().collect::<Vec<_>>(),
        [Field::Sex]
    );
    assert_eq!(
        asked.without(licence).iter().collect::<Vec<_>>(),
        [Field::Religion]
    );
    assert_eq!(Field::all().collect::<Fields>().iter().count(), 25);
}
