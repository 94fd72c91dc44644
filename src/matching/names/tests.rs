//! Which writings of a name are the same name: tables to read, and laws over generated names.

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::*;
use crate::domain::name::tests::{vietnamese_name, vietnamese_names};
use crate::matching::{IdentityResult, folded_key};

fn judged(claimed: &str, held: &str) -> (IdentityResult, String) {
    let verdict = full_name(&claimed.parse().unwrap(), &FullName::held(held).unwrap());
    let kinds: Vec<_> = verdict.differences.iter().map(Difference::as_str).collect();
    (verdict.result, kinds.join(" "))
}

fn expect(result: IdentityResult, table: &[(&str, &str, &str)]) {
    for (claimed, held, kinds) in table {
        assert_eq!(
            judged(claimed, held),
            (result, (*kinds).to_owned()),
            "{claimed} / {held}"
        );
    }
}

#[test]
fn the_same_name_written_another_way() {
    expect(
        IdentityResult::Match,
        &[
            ("NGUYỄN THỊ MẪU", "NGUYỄN THỊ MẪU", ""),
            ("Nguyễn Thị Mẫu", "NGUYỄN THỊ MẪU", "case"),
            ("đặng văn đức", "ĐẶNG VĂN ĐỨC", "case"),
            (" Nguyễn  Thị Mẫu", "Nguyễn Thị Mẫu", "spacing"),
            ("Nguyễn\u{A0}Thị Mẫu", "Nguyễn Thị Mẫu", "spacing"),
            ("NguyễnThịMẫu", "Nguyễn Thị Mẫu", "spacing"),
            ("Hòa", "Hoà", "tone_position"),
            ("Thúy", "Thuý", "tone_position"),
            ("khỏe", "khoẻ", "tone_position"),
            ("Qúy", "Quý", "tone_position"),
            ("Gìa", "Già", "tone_position"),
            ("Thủơ", "Thuở", "tone_position"),
            ("Huỳên", "Huyền", "tone_position"),
            ("Lê Thị Hoà", "LÊ THỊ HÒA", "case tone_position"),
            ("Nguye\u{302}\u{303}n", "Nguyễn", "unicode_form"),
            ("Nguye\u{303}\u{302}n", "Nguyễn", "unicode_form"),
            ("Ðức", "Đức", "unicode_form"),
            ("ðức", "ĐỨC", "case unicode_form"),
            ("Hoa\u{300}  ", "HÒA", "case spacing tone_position unicode_form"),
        ],
    );
}

#[test]
fn names_of_the_highlands() {
    expect(
        IdentityResult::Match,
        &[
            ("Y Bhăn Niê", "Y BHĂN NIÊ", "case"),
            ("A Lưới", "A LƯỚI", "case"),
            ("An", "AN", "case"),
            ("H'Hen Niê", "H'HEN NIÊ", "case"),
            ("H’Hen Niê", "H'Hen Niê", "unicode_form"),
            ("Hʼ Hen Niê", "H'Hen Niê", "spacing"),
            ("HˈHen Niê", "H'Hen Niê", "unicode_form"),
            ("H Hen Niê", "H'Hen Niê", "spacing"),
            ("HHen Niê", "H'Hen Niê", "spacing"),
            ("Đinh-Y Nhông", "Đinh Y Nhông", "spacing"),
            ("Đinh.Y Nhông", "Đinh Y Nhông", "spacing"),
            ("Nuê\u{306}", "Nue\u{302}\u{306}", "unicode_form"),
        ],
    );
    expect(
        IdentityResult::Close,
        &[
            ("Y Bhan Nie", "Y BHĂN NIÊ", "case diacritics"),
            ("Niê Y Bhăn", "Y Bhăn Niê", "word_order"),
            ("Niê H'Hen", "H'Hen Niê", "word_order"),
        ],
    );
    expect(
        IdentityResult::NoMatch,
        &[
            ("Y Bhăn", "Y BHĂN NIÊ", ""),
            ("A Y", "A", ""),
            ("I Bhăn Niê", "Y Bhăn Niê", ""),
        ],
    );
}

#[test]
fn near_but_not_the_same() {
    expect(
        IdentityResult::Close,
        &[
            ("Nguyen Thi Mau", "NGUYỄN THỊ MẪU", "case diacritics"),
            ("Dang Van Duc", "Đặng Văn Đức", "diacritics"),
            ("Đang Van Đuc", "Đặng Văn Đức", "diacritics"),
            ("Dặng Văn Dức", "Đặng Văn Đức", "diacritics"),
            ("Nguyen Thị Mẫu", "Nguyễn Thị Mẫu", "diacritics"),
            ("NguyenThiMau", "Nguyễn Thị Mẫu", "spacing diacritics"),
            ("Lí", "Lý", "i_y"),
            ("Mĩ", "Mỹ", "i_y"),
            ("Vi", "Vy", "i_y"),
            ("Quí", "Quý", "i_y"),
            ("Kì", "Kỳ", "i_y"),
            ("Sĩ", "Sỹ", "i_y"),
            ("Li", "LÝ", "case diacritics i_y"),
            ("Nguyễn Văn Qúi", "Nguyễn Văn Quý", "tone_position i_y"),
            ("Mẫu Nguyễn Thị", "Nguyễn Thị Mẫu", "word_order"),
            (
                "Mau Nguyen  Thi",
                "NGUYỄN THỊ MẪU",
                "case spacing diacritics word_order",
            ),
            ("Hoa Hòa", "Hòa Hoa", "word_order"),
            ("Duc Đuc", "Đức Đúc", "diacritics"),
            ("Đúc Duc", "Đức Đúc", "diacritics word_order"),
        ],
    );
}

#[test]
fn another_person() {
    expect(
        IdentityResult::NoMatch,
        &[
            ("Hùng", "Hưng", ""),
            ("Hưng", "Hứng", ""),
            ("Hứng", "Hưng", ""),
            ("Hùng", "Hung", ""),
            ("Đung", "Dung", ""),
            ("Nguyên", "Nguyễn", ""),
            ("Hoàng", "Hoang", ""),
            ("Thúy", "Thúi", ""),
            ("Huy", "Hui", ""),
            ("Thy", "Thi", ""),
            ("Ái", "Áy", ""),
            ("Nguyễn Mẫu", "Nguyễn Thị Mẫu", ""),
            ("Nguyễn Thị Thị Mẫu", "Nguyễn Thị Mẫu", ""),
            ("Trần Thị Mẫu", "Nguyễn Thị Mẫu", ""),
            ("Hoà Nga", "Hoàn Ga", ""),
            ("Mâu Nguyễn Thị", "Nguyễn Thị Mẫu", ""),
            ("José", "Josè", ""),
            ("Muñoz", "Munõz", ""),
            ("Peña", "Pena", ""),
            ("Müller", "Mueller", ""),
        ],
    );
}

fn moved_tones(name: &str) -> String {
    [("òa", "oà"), ("úy", "uý"), ("ỏe", "oẻ"), ("ùy", "uỳ")]
        .into_iter()
        .fold(name.to_owned(), |name, (old, new)| name.replace(old, new))
}

fn without_marks(name: &str) -> String {
    let bare = name
        .nfd()
        .filter(|part| !unicode_normalization::char::is_combining_mark(*part));
    bare.collect::<String>().replace('đ', "d").replace('Đ', "D")
}

/// Writes a name another way that leaves it the same name.
fn rewritten(name: &str, ways: u8) -> String {
    let mut text = name.to_owned();
    if ways & 1 != 0 {
        text = moved_tones(&text);
    }
    if ways & 2 != 0 {
        text = text.to_uppercase();
    }
    if ways & 4 != 0 {
        text = text.nfd().collect();
    }
    if ways & 8 != 0 {
        text = text.replace(' ', "  ");
    }
    if ways & 16 != 0 {
        text = text.replace(' ', "-");
    }
    text
}

#[test]
fn every_generated_name_equals_itself_in_every_writing_and_no_other() {
    let names: Vec<String> = vietnamese_names().step_by(7).collect();
    for (name, next) in names.iter().zip(names.iter().skip(1)) {
        for ways in 0..32 {
            let (result, _) = judged(&rewritten(name, ways), name);
            assert_eq!(result, IdentityResult::Match, "{name} rewritten as {ways}");
        }
        assert_eq!(judged(name, next).0, IdentityResult::NoMatch, "{name} / {next}");
    }
}

proptest! {
    #[test]
    fn a_name_is_itself_without_difference(name in vietnamese_name()) {
        prop_assert_eq!(judged(&name, &name), (IdentityResult::Match, String::new()));
    }

    #[test]
    fn writing_never_matters_in_either_direction(name in vietnamese_name(), one in 0_u8..32, other in 0_u8..32) {
        let (one, other) = (rewritten(&name, one), rewritten(&name, other));
        let verdict = judged(&one, &other);
        prop_assert_eq!(verdict.0, IdentityResult::Match);
        prop_assert_eq!(verdict.1.is_empty(), one == other);
        prop_assert_eq!(verdict, judged(&other, &one));
    }

    #[test]
    fn marks_left_out_are_close(name in vietnamese_name(), ways in 0_u8..32) {
        let bare = without_marks(&name);
        prop_assume!(bare != name);
        let (result, kinds) = judged(&bare, &rewritten(&name, ways));
        prop_assert_eq!(result, IdentityResult::Close);
        prop_assert!(kinds.contains("diacritics"));
        prop_assert_eq!(judged(&name, &bare).0, IdentityResult::NoMatch);
    }

    #[test]
    fn another_order_is_close(name in vietnamese_name(), places in any::<prop::sample::Index>()) {
        let mut words: Vec<&str> = name.split(' ').collect();
        let count = words.len();
        words.rotate_left(places.index(count));
        let turned = words.join(" ");
        prop_assume!(turned != name);
        prop_assert_eq!(judged(&turned, &name), (IdentityResult::Close, "word_order".to_owned()));
    }

    #[test]
    fn one_letter_makes_another_name(name in vietnamese_name(), place in any::<prop::sample::Index>()) {
        let mut letters: Vec<char> = name.chars().collect();
        let place = place.index(letters.len());
        prop_assume!(letters[place] != ' ');
        letters[place] = 'w';
        let other: String = letters.into_iter().collect();
        prop_assert_eq!(judged(&other, &name).0, IdentityResult::NoMatch);
        prop_assert_eq!(judged(&without_marks(&other), &name).0, IdentityResult::NoMatch);
    }

    #[test]
    fn one_letter_less_makes_another_name(name in vietnamese_name(), place in any::<prop::sample::Index>()) {
        let mut letters: Vec<char> = name.chars().collect();
        let place = place.index(letters.len());
        prop_assume!(letters.remove(place) != ' ');
        let other: String = letters.into_iter().collect();
        prop_assert_eq!(judged(&other, &name).0, IdentityResult::NoMatch);
    }

    #[test]
    fn a_match_has_one_folded_key(
        claimed in "[AĐdHhoòóàáaiíyý]{1,3}([ '-][HoòaàyÝ]{1,2}){0,2}",
        held in "[AĐdHhoòóàáaiíyý]{1,3}([ '-][HoòaàyÝ]{1,2}){0,2}",
    ) {
        let (claimed, held) = (FullName::held(&claimed).unwrap(), FullName::held(&held).unwrap());
        let verdict = full_name(&claimed, &held);
        let is_of_marks = [Difference::IY, Difference::WordOrder].iter().all(|kind| !verdict.differences.contains(*kind));
        if verdict.result == IdentityResult::Match || verdict.result == IdentityResult::Close && is_of_marks {
            prop_assert_eq!(folded_key(&claimed), folded_key(&held));
        }
    }

    #[test]
    fn any_held_text_is_compared_without_panic(claimed in any::<String>(), held in any::<String>()) {
        let _ = compare(&claimed, &held);
        prop_assert_eq!(compare(&held, &held), Some(Differences::NONE));
    }
}

proptest! {
    #[test]
    fn the_glance_sees_what_reading_would(name in vietnamese_name(), upper in proptest::collection::vec(any::<bool>(), 64)) {
        let other: String = name
            .chars()
            .zip(upper.iter().cycle())
            .flat_map(|(letter, upper)| if *upper { letter.to_uppercase().to_string() } else { letter.to_lowercase().to_string() }.chars().collect::<Vec<_>>())
            .collect();
        let glanced = but_for_case(&other, &name);
        prop_assert!(glanced.is_some());
        prop_assert_eq!(glanced, in_order(&Letters::read(&other), &Letters::read(&name)));
    }
}
