//! How is a name written for the register, turned around and remembered?

use proptest::prelude::*;

use super::*;

fn name(text: &str) -> FullName {
    text.parse().unwrap()
}

fn written(text: &str, form: NameForm) -> String {
    written_for_registry(&name(text), form)
}

#[test]
fn each_form_is_what_a_register_was_seen_to_want() {
    let text = " Ðặng  Hʼ Hoa\u{300} ";
    assert_eq!(written(text, NameForm::AsGiven), text);
    assert_eq!(written(text, NameForm::Upper), "ĐẶNG H' HOÀ");
    assert_eq!(written(text, NameForm::Folded), "DANG H' HOA");
    assert_eq!(written(text, NameForm::FoldedNoSpaces), "DANGH'HOA");
    assert_eq!(
        written("Nguyễn Thị Mẫu", NameForm::FoldedNoSpaces),
        "NGUYENTHIMAU"
    );
    assert_eq!(written("Đinh-Y Nhông", NameForm::Folded), "DINH-Y NHONG");
    assert_eq!(written("đặng", NameForm::Upper), "ĐẶNG");
}

#[test]
fn words_turn_around() {
    let turned = |text, rotation| rotated(&name(text), rotation).expose().to_owned();
    assert_eq!(
        turned("Nguyễn Thị  Mẫu", Rotation::FirstWordLast),
        "Thị Mẫu Nguyễn"
    );
    assert_eq!(
        turned("Nguyễn Thị Mẫu", Rotation::LastWordFirst),
        "Mẫu Nguyễn Thị"
    );
    assert_eq!(turned("Nguyễn Thị  Mẫu", Rotation::None), "Nguyễn Thị  Mẫu");
    assert_eq!(turned("An", Rotation::FirstWordLast), "An");
}

#[test]
fn one_key_for_all_writings() {
    let writings = [
        "Đặng Thị Hòa",
        "ĐẶNG THỊ HOÀ",
        "Dang Thi Hoa",
        "dang  thi-hoa",
        "Ðặng Thị Hoa\u{300}",
    ];
    for text in writings {
        assert_eq!(folded_key(&name(text)), "DANGTHIHOA", "{text}");
    }
    assert_eq!(folded_key(&name("H'Hen Niê")), folded_key(&name("HʼHen Nie")));
}

#[test]
fn forms_have_names_in_the_settings() {
    assert_eq!("folded_no_spaces".parse(), Ok(NameForm::FoldedNoSpaces));
    assert_eq!("Upper".parse::<NameForm>(), Err(UnknownForm));
}

#[test]
fn i_and_y_are_swapped_where_they_are_interchangeable() {
    let table = [
        ("Lí", "Lý"),
        ("LÝ THỊ MỸ", "LÍ THỊ MĨ"),
        ("Quý Kỳ", "Quí Kì"),
        ("Nguyễn Thị Thủy", "Nguyễn Thị Thủy"),
        ("Y Bhăn", "Y Bhăn"),
        ("Mai", "Mai"),
    ];
    for (given, swapped) in table {
        let name: FullName = given.parse().unwrap();
        assert_eq!(with_i_and_y_swapped(&name).expose(), swapped, "{given}");
    }
}

proptest! {
    #[test]
    fn the_quick_way_to_the_bases_is_the_long_one(text in any::<String>(), name in "[ A-Za-zÀ-ỹĐđÐɖʼ’'\u{300}-\u{323}-]{0,40}") {
        for text in [text, name] {
            let mut quick = String::new();
            letters::bases(&text, |base| quick.push(base));
            let long: String = letters::Letters::read(&text).all().iter().map(|letter| letter.base).collect();
            prop_assert_eq!(quick, long);
        }
    }
}
