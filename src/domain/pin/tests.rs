use super::*;

#[test]
fn only_twelve_ascii_digits_are_a_number() {
    assert!("100190000001".parse::<Pin>().is_ok());
    assert_eq!("10019000001".parse::<Pin>(), Err(Malformed::Length));
    assert_eq!("".parse::<Pin>(), Err(Malformed::Length));
    assert_eq!(
        "１００１９００００００１".parse::<Pin>(),
        Err(Malformed::Charset),
        "full-width"
    );
    assert_eq!(
        "١٠٠١٩٠٠٠٠٠٠١".parse::<Pin>(),
        Err(Malformed::Charset),
        "Arabic-Indic"
    );
    assert_eq!("10019000000 ".parse::<Pin>(), Err(Malformed::Charset));
}

#[test]
fn a_number_never_prints_its_digits() {
    let pin: Pin = "100190000001".parse().unwrap();
    assert_eq!(
        format!("{pin:?} {:?}", IdNumber::Pin(pin)),
        "Pin(***) Pin(Pin(***))"
    );
}

#[test]
fn the_structure_is_compared_by_century_and_sex() {
    let woman: Pin = "100190000001".parse().unwrap();
    assert!(!woman.disagrees_with(Some(Sex::Female), 1990));
    assert!(!woman.disagrees_with(None, 1990));
    assert!(woman.disagrees_with(Some(Sex::Male), 1990));
    assert!(woman.disagrees_with(Some(Sex::Female), 2090));
    let boy: Pin = "001215000001".parse().unwrap();
    assert!(!boy.disagrees_with(Some(Sex::Male), 2015));
}
