use super::*;

const CAP: NonZeroUsize = NonZeroUsize::new(7).unwrap();

fn subject(number: IdNumber, name: &str, born: &str) -> Subject {
    Subject {
        number,
        full_name: name.parse().unwrap(),
        date_of_birth: born.parse().unwrap(),
    }
}

fn pin(digits: &str) -> Pin {
    digits.parse().unwrap()
}

fn old() -> IdNumber {
    IdNumber::Old("999000001".parse().unwrap())
}

fn mau() -> Subject {
    subject(IdNumber::Pin(pin("100190000001")), "Nguyễn Thị Mẫu", "1990-04-12")
}

fn forms(queries: &[Query]) -> Vec<&'static str> {
    queries.iter().map(|query| query.form).collect()
}

#[test]
fn climbs_in_the_order_of_the_contract() {
    let folded = queries(&mau(), &Aliases::default(), NameForm::FoldedNoSpaces, CAP);
    assert_eq!(
        forms(&folded),
        [
            "plain",
            "first_word_last",
            "last_word_first",
            "other_number",
            "replacing_number",
            "year_only"
        ]
    );
    let upper = queries(&mau(), &Aliases::default(), NameForm::Upper, CAP);
    assert_eq!(
        forms(&upper),
        [
            "plain",
            "folded",
            "first_word_last",
            "last_word_first",
            "other_number",
            "replacing_number",
            "year_only"
        ]
    );
    assert_eq!(upper[1].name_form, NameForm::FoldedNoSpaces);
    assert!(
        upper
            .iter()
            .filter(|query| query.form != "folded")
            .all(|query| query.name_form == NameForm::Upper)
    );
}

#[test]
fn the_steps_do_not_depend_on_what_is_held() {
    let aliases = Aliases {
        other_number: Some(old()),
        replacing: Some(pin("100190000101")),
    };
    let known = queries(&mau(), &aliases, NameForm::FoldedNoSpaces, CAP);
    let unknown = queries(&mau(), &Aliases::default(), NameForm::FoldedNoSpaces, CAP);
    assert_eq!(forms(&known), forms(&unknown));
    assert_eq!(known[3].number, old());
    assert_eq!(known[4].number, IdNumber::Pin(pin("100190000101")));
    for step in [&unknown[3], &unknown[4]] {
        assert_eq!(
            Query {
                form: "plain",
                ..step.clone()
            },
            unknown[0]
        );
    }
}

#[test]
fn goes_from_the_old_number_to_the_pin() {
    let subject = subject(old(), "Nguyễn Thị Mẫu", "1990-04-12");
    let aliases = Aliases {
        other_number: Some(IdNumber::Pin(pin("100190000001"))),
        replacing: None,
    };
    let steps = queries(&subject, &aliases, NameForm::FoldedNoSpaces, CAP);
    assert_eq!(steps[0].number, old());
    assert_eq!(steps[3].number, IdNumber::Pin(pin("100190000001")));
}

#[test]
fn sends_no_name_twice() {
    let of = |name: &str| {
        let subject = subject(IdNumber::Pin(pin("100190000001")), name, "1990-04-12");
        forms(&queries(
            &subject,
            &Aliases::default(),
            NameForm::FoldedNoSpaces,
            CAP,
        ))
    };
    assert_eq!(
        of("Ykhoa"),
        ["plain", "other_number", "replacing_number", "year_only"]
    );
    assert_eq!(
        of("Y Khoa"),
        [
            "plain",
            "first_word_last",
            "other_number",
            "replacing_number",
            "year_only"
        ]
    );
}

#[test]
fn asks_for_the_year_alone_only_where_more_was_given() {
    for (born, has_step) in [("1990-04-12", true), ("1990-04", false), ("1990", false)] {
        let subject = subject(IdNumber::Pin(pin("100190000001")), "Nguyễn Thị Mẫu", born);
        let steps = queries(&subject, &Aliases::default(), NameForm::FoldedNoSpaces, CAP);
        let last = steps.last().unwrap();
        assert_eq!(last.form == "year_only", has_step, "{born}");
        if has_step {
            assert_eq!(last.date_of_birth, BirthDate::Year(1990));
        }
    }
}

#[test]
fn stops_at_the_cap() {
    for cap in 1..=8 {
        let cap = NonZeroUsize::new(cap).unwrap();
        let steps = queries(&mau(), &Aliases::default(), NameForm::Upper, cap);
        assert_eq!(steps.len(), cap.get().min(7));
    }
}
