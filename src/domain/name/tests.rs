//! Which texts are names, told on names of every people of the country, on foreign ones and on old encodings.

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::*;

const FAMILIES: [&str; 20] = [
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô",
    "Dương", "Lý", "Đinh", "Trương", "Đoàn", "Quách",
];
const MIDDLES: [&str; 10] = [
    "Văn", "Thị", "Hữu", "Ngọc", "Đức", "Minh", "Thùy", "Quốc", "Kim", "Xuân",
];
const GIVEN: [&str; 40] = [
    "Đức",
    "Hồng",
    "Hòa",
    "Thúy",
    "Khỏe",
    "Quý",
    "Hùng",
    "Hưng",
    "Mẫu",
    "An",
    "Ánh",
    "Bình",
    "Châu",
    "Diễm",
    "Dũng",
    "Giang",
    "Hạnh",
    "Hiếu",
    "Huệ",
    "Khuê",
    "Lan",
    "Loan",
    "Mỹ",
    "Nghĩa",
    "Nguyệt",
    "Nhưỡng",
    "Oanh",
    "Phước",
    "Quỳnh",
    "Sơn",
    "Tâm",
    "Thảo",
    "Thiện",
    "Thuận",
    "Tuyết",
    "Uyên",
    "Vy",
    "Xuyến",
    "Yến",
    "Ước",
];

/// Lists 8 000 Vietnamese names.
pub(crate) fn vietnamese_names() -> impl Iterator<Item = String> {
    FAMILIES.into_iter().flat_map(|family| {
        MIDDLES.into_iter().flat_map(move |middle| {
            GIVEN
                .into_iter()
                .map(move |given| format!("{family} {middle} {given}"))
        })
    })
}

/// Draws a Vietnamese name.
pub(crate) fn vietnamese_name() -> impl Strategy<Value = String> {
    let words = |list: &'static [&'static str]| prop::sample::select(list);
    (
        words(&FAMILIES),
        prop::collection::vec(words(&MIDDLES), 0..3),
        words(&GIVEN),
    )
        .prop_map(|(family, middles, given)| [&[family][..], &middles, &[given]].concat().join(" "))
}

fn refusal(text: &str) -> Option<Malformed> {
    text.parse::<FullName>().err()
}

#[test]
fn names_of_all_peoples_are_names() {
    let names = [
        "An",
        "Y Bhăn Niê",
        "A Lưới",
        "H'Hen Niê",
        "HˈHen Niê",
        "H’Hen Niê",
        "Hʼ Hen Niê",
        "Đinh-Y Nhông",
        "Y Moan Ênuôl",
        "H Wen Byă",
        "Y Thĭ Mlô",
        "Rơ Châm H'Bơm",
        "Ksor Nham",
        "Siu Y Hlơih",
        "Đinh Y Brưh",
        "A Đhŏk",
        "Kpă Klơng",
        "Rah Lan H'Nuê̆",
        "Thạch Sa Rây",
        "Kim Som Bô",
        "Chau Sóc Khonl",
        "Danh Út",
        "Sơn Thị Ánh Hồng",
        "Inrasara",
        "Đàng Năng Quạ",
        "Kiều Maily",
        "Thông Thị Chăm",
        "Ploong Ênh",
        "Zơrâm Búi",
        "Bríu Pố",
        "Giàng A Páo",
        "Vàng Mí Sình",
        "Lò Thị Mẩy",
        "Hồ Văn Thuônh",
        "Bùi Xuân-Phái",
        "Ng. Văn A",
        "José María García",
        "François",
        "Müller",
        "Ångström",
        "Ñandú Peña",
        "Muñoz",
        "Zoë",
        "Noël Thévenot",
        "Renée Lê",
        "Chloé",
        "Lü Hong",
        "Maï Lan",
        "Y Ñi",
        "Y Ñông Êñuôl",
        "Lü Bu",
        "Nü",
        "Björk Guðmundsdóttir",
        "Bø",
        "Søren Kierkegård",
        "Jürgen Groß",
        "Łukasz Wałęsa",
        "Dvořák",
        "Şükrü Öz",
        "Þórr",
        "Anaïs Hélène",
        "O'Brien",
        "Conceição São",
        "João",
        "Thaïs",
    ];
    for name in names {
        assert_eq!(refusal(name), None, "{name}");
        assert_eq!(refusal(&name.to_uppercase()), None, "{name} in upper case");
        assert_eq!(
            refusal(&name.nfd().collect::<String>()),
            None,
            "{name} decomposed"
        );
    }
}

#[test]
fn a_generated_name_is_never_taken_for_an_old_encoding() {
    for name in vietnamese_names() {
        for form in [
            name.clone(),
            name.to_uppercase(),
            name.to_lowercase(),
            name.nfd().collect(),
        ] {
            assert_eq!(refusal(&form), None, "{form}");
        }
    }
}

#[test]
fn what_no_name_has_is_refused() {
    let refused = [
        ("", Malformed::Length),
        (" \u{3000} ", Malformed::Length),
        ("Nguyễn\0An", Malformed::Charset),
        ("Nguyễn\tAn", Malformed::Charset),
        ("Nguyễn\nAn", Malformed::Charset),
        ("Nguyễn \u{202E}An", Malformed::Charset),
        ("Nguyễn \u{200F}An", Malformed::Charset),
        ("Ngu\u{200B}yễn An", Malformed::Charset),
        ("Ngu\u{200D}yễn An", Malformed::Charset),
        ("\u{FEFF}Nguyễn An", Malformed::Charset),
        ("Nguyễn An 2", Malformed::Charset),
        ("Nguyễn ٣", Malformed::Charset),
        ("Nguyễn\u{2028}An", Malformed::Charset),
        ("Nguyễn An\u{FFFD}", Malformed::Charset),
        ("Nguyễn An\u{E000}", Malformed::Charset),
        ("Nguyễn An 🙂", Malformed::Charset),
        ("Nguyễn <An>", Malformed::Charset),
        ("Nguyễn, An", Malformed::Charset),
        ("Nguyễn & An", Malformed::Charset),
        ("阮文安", Malformed::Charset),
        ("Нгуен", Malformed::Charset),
        ("ＮＧＵＹＥＮ", Malformed::Charset),
        ("---", Malformed::Charset),
        ("\u{301}An", Malformed::Charset),
        ("A\u{301}\u{302}\u{303}\u{304}n", Malformed::Charset),
        ("Nguyá»…n VÄƒn An", Malformed::Charset),
    ];
    for (text, expected) in refused {
        assert_eq!(refusal(text), Some(expected), "{text:?}");
    }
}

#[test]
fn length_is_counted_in_composed_characters() {
    let longest = "Ễ".repeat(LONGEST);
    assert_eq!(refusal(&longest), None);
    assert_eq!(refusal(&longest.nfd().collect::<String>()), None);
    assert_eq!(refusal(&"E".repeat(LONGEST + 1)), Some(Malformed::Length));
    assert_eq!(refusal(&"Ễ".repeat(10_000)), Some(Malformed::Length));
}

#[test]
fn a_held_name_may_hold_anything() {
    assert!(FullName::held("NGUYỄN VĂN A (B) 2").is_ok());
    assert_eq!(FullName::held(" "), Err(Malformed::Length));
    assert_eq!(FullName::held(&"A".repeat(101)), Err(Malformed::Length));
}

const TCVN3_LETTERS: &str = "ăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵĂÂÊÔƠƯĐ";
const TCVN3_BYTES: &str = "¨©ª«¬\u{AD}®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ¡¢£¤¥¦§";

/// Writes a name as a TCVN3 document shows it, with capitals of a lower-case font.
fn in_tcvn3(name: &str) -> String {
    let shown = |letter: char| {
        TCVN3_LETTERS
            .chars()
            .position(|known| known == letter)
            .and_then(|place| TCVN3_BYTES.chars().nth(place))
    };
    name.chars()
        .map(|letter| {
            let lower = letter.to_lowercase().next().unwrap_or(letter);
            shown(letter).or_else(|| shown(lower)).unwrap_or(letter)
        })
        .collect()
}

/// Writes a name as a VNI document shows it.
fn in_vni(name: &str) -> String {
    let mut written = String::new();
    for letter in name.chars() {
        let upper = letter.is_uppercase();
        let mut parts = letter.to_lowercase().nfd();
        let base = parts.next().unwrap_or(letter);
        let mut marks: Vec<char> = parts.collect();
        marks.sort_unstable();
        let shown = match (base, marks.as_slice()) {
            ('đ', _) => "ñ".to_owned(),
            ('i', ['\u{301}']) => "í".to_owned(),
            ('i', ['\u{300}']) => "ì".to_owned(),
            ('i', ['\u{309}']) => "æ".to_owned(),
            ('i', ['\u{303}']) => "ó".to_owned(),
            ('i', ['\u{323}']) => "ò".to_owned(),
            ('y', ['\u{323}']) => "î".to_owned(),
            (base, marks) => {
                let horned = match (base, marks.contains(&'\u{31B}')) {
                    ('o', true) => 'ô',
                    ('u', true) => 'ö',
                    _ => base,
                };
                let tail = match *marks {
                    [] | ['\u{31B}'] => "",
                    ['\u{301}'] | ['\u{301}', '\u{31B}'] => "ù",
                    ['\u{300}'] | ['\u{300}', '\u{31B}'] => "ø",
                    ['\u{309}'] | ['\u{309}', '\u{31B}'] => "û",
                    ['\u{303}'] | ['\u{303}', '\u{31B}'] => "õ",
                    ['\u{323}'] | ['\u{31B}', '\u{323}'] => "ï",
                    ['\u{302}'] => "â",
                    ['\u{301}', '\u{302}'] => "á",
                    ['\u{300}', '\u{302}'] => "à",
                    ['\u{302}', '\u{309}'] => "å",
                    ['\u{302}', '\u{303}'] => "ã",
                    ['\u{302}', '\u{323}'] => "ä",
                    ['\u{306}'] => "ê",
                    ['\u{301}', '\u{306}'] => "é",
                    ['\u{300}', '\u{306}'] => "è",
                    ['\u{306}', '\u{309}'] => "ú",
                    ['\u{303}', '\u{306}'] => "ü",
                    ['\u{306}', '\u{323}'] => "ë",
                    _ => panic!("{letter} is no Vietnamese letter"),
                };
                format!("{horned}{tail}")
            }
        };
        written.push_str(&if upper { shown.to_uppercase() } else { shown });
    }
    written
}

#[test]
fn the_encoders_of_these_tests_write_what_old_documents_show() {
    assert_eq!(in_tcvn3("Nguyễn Văn Đức"), "NguyÔn V¨n §øc");
    assert_eq!(in_tcvn3("Trần Thị Hồng"), "TrÇn ThÞ Hång");
    assert_eq!(in_tcvn3("NGUYỄN VĂN"), "NGUYÔN V¡N");
    assert_eq!(in_vni("Nguyễn Văn Đức"), "Nguyeãn Vaên Ñöùc");
    assert_eq!(in_vni("Trần Thị Hồng"), "Traàn Thò Hoàng");
}

/// Tells what share of the names that look different in an encoding is refused for it.
fn refused_share(encoded: fn(&str) -> String) -> f64 {
    let (mut odd, mut refused) = (0_u32, 0_u32);
    for name in vietnamese_names().flat_map(|name| [name.to_uppercase(), name]) {
        let text = encoded(&name);
        if text != name {
            odd += 1;
            refused += u32::from(refusal(&text) == Some(Malformed::LegacyEncoding));
        }
    }
    f64::from(refused) / f64::from(odd)
}

#[test]
fn names_in_old_encodings_are_recognised() {
    for name in [
        "NguyÔn V¨n §øc",
        "TrÇn ThÞ Hång",
        "NGUYÔN V¡N §øC",
        "Ph¹m V¨n Hïng",
        "Mai Thu Hång",
        "§ç An",
    ] {
        assert_eq!(refusal(name), Some(Malformed::LegacyEncoding), "{name}");
    }
    for name in [
        "Nguyeãn Vaên Ñöùc",
        "Traàn Thò Hoàng",
        "NGUYEÃN VAÊN ÑÖÙC",
        "Ñoã An",
        "Haø Lan Anh",
    ] {
        assert_eq!(refusal(name), Some(Malformed::LegacyEncoding), "{name}");
    }
    // The rest reads as other Vietnamese names (Tú in TCVN3 is Tó) and can't be told.
    assert!(refused_share(in_tcvn3) > 0.98, "{}", refused_share(in_tcvn3));
    assert!(refused_share(in_vni) > 0.98, "{}", refused_share(in_vni));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_without_panic(text in any::<String>()) {
        let _ = refusal(&text);
        let _ = FullName::held(&text);
    }

    #[test]
    fn near_vietnamese_text_is_read_or_refused_without_panic(text in "[A-Za-zÀ-ỹ\u{300}-\u{323}¨§ .'-]{0,120}") {
        let _ = refusal(&text);
    }

    #[test]
    fn a_vietnamese_name_is_a_name_in_any_case(name in vietnamese_name(), upper in any::<u64>()) {
        let mixed: String = name
            .chars()
            .enumerate()
            .flat_map(|(place, letter)| {
                let is_upper = (upper >> (place % 64)) & 1 == 1;
                if is_upper { letter.to_uppercase().collect::<Vec<_>>() } else { letter.to_lowercase().collect() }
            })
            .collect();
        prop_assert_eq!(refusal(&mixed), None);
    }
}
