use super::*;
use crate::confirmations::issue::{Bilingual, ConfirmedFact};
use crate::confirmations::tests::issue;
use crate::http::wording;
use face::Weight;
use krilla::text::GlyphId;

const ADDRESS: &str = "https://dancu.example.vn/c/q83vEjRWeJCrze8SNFZ4kA";

/// Every letter of Vietnamese, with every tone.
pub(in crate::confirmations) fn vietnamese() -> String {
    let vowels = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY";
    let tones = ["", "\u{300}", "\u{301}", "\u{303}", "\u{309}", "\u{323}"];
    let with_tones = vowels
        .chars()
        .flat_map(|vowel| tones.map(|tone| face::composed(&format!("{vowel}{tone}"))));
    with_tones.chain(["đ".to_owned(), "Đ".to_owned()]).collect()
}

fn content(facts: usize) -> Content {
    let mut issue = issue();
    let first = issue.facts[0].clone();
    issue.facts = vec![first; facts];
    Content::of(&issue, issue.issued_at, "credential")
}

fn texts(marks: &[Mark]) -> Vec<&str> {
    let mut texts = Vec::new();
    for mark in marks {
        if let Mark::Text { text, .. } = mark {
            texts.push(text.as_str());
        }
    }
    texts
}

fn set(content: &Content) -> Vec<Mark> {
    let wording = wording().unwrap();
    let around = Around {
        wording: &wording,
        issued: "09:30:00 22/08/2026",
        expires: "09:30:00 21/09/2026",
        public_url: ADDRESS,
        state: State::Valid,
    };
    layout::set(content, &around, &Faces::shipped().unwrap())
}

#[test]
fn the_type_has_every_letter_of_vietnamese() {
    let faces = Faces::shipped().unwrap();
    let letters = vietnamese();
    assert_eq!(letters.chars().count(), 24 * 6 + 2);
    for weight in [Weight::Regular, Weight::Bold] {
        let stand_in = faces.glyphs(weight, "?")[0].glyph_id;
        for (letter, glyph) in letters.chars().zip(faces.glyphs(weight, &letters)) {
            assert!(![GlyphId::new(0), stand_in].contains(&glyph.glyph_id), "{letter}");
        }
    }
}

#[test]
fn a_letter_and_its_marks_are_one_shape_however_they_were_typed() {
    let faces = Faces::shipped().unwrap();
    let (apart, together) = ("Tie\u{302}\u{301}ng Vie\u{323}\u{302}t", "Tiếng Việt");
    assert_eq!(face::composed(apart), together);
    assert_eq!(faces.glyphs(Weight::Regular, together).len(), 10);
}

#[test]
fn everything_stays_on_the_one_page() {
    for facts in [0, 1, 5, 12, 20, 60, 400] {
        let marks = set(&content(facts));
        for mark in &marks {
            let y = match mark {
                Mark::Text { y, .. } | Mark::Rule { y } => *y,
            };
            assert!((0.0..PAGE_HEIGHT - 40.0).contains(&y), "{facts}: {mark:?}");
        }
        let says_more = texts(&marks).join(" ").contains("Các thông tin còn lại");
        assert_eq!(says_more, facts >= 60, "{facts}");
    }
}

#[test]
fn nothing_runs_over_its_column_or_the_code() {
    let mut content = content(3);
    content.dossier = "X".repeat(64);
    content.procedure_name = Bilingual {
        vi: "Thủ tục ".repeat(40),
        en: Some("Procedure ".repeat(40)),
    };
    let faces = Faces::shipped().unwrap();
    for mark in set(&content) {
        if let Mark::Text {
            x,
            y,
            weight,
            size,
            text,
            ..
        } = mark
        {
            let right = x + faces.width(weight, size, &text);
            assert!(right <= PAGE_WIDTH - 49.0, "{text}");
            assert!(y > QR.1 + QR.2 || right <= QR.0, "{text}");
        }
    }
}

#[test]
fn the_page_says_what_it_must_and_names_nobody() {
    let content = content(1);
    let said = texts(&set(&content)).join(" ");
    for needed in [
        "000.00.12.H57-260822-0001",
        "1.001193",
        "H57.12",
        content.officer.as_str(),
        "09:30:00 22/08/2026",
        "Không phải nộp, xuất trình giấy tờ",
        "No paper required",
        "Khớp",
        "Giấy xác nhận thông tin về cư trú",
        "Nghị định 104/2022/NĐ-CP, Điều 14",
        content.digest.as_str(),
        ADDRESS,
    ] {
        assert!(said.contains(needed), "{needed}: {said}");
    }
}

#[test]
fn the_same_content_gives_the_same_page() {
    let press = Press::new(wording().unwrap()).unwrap();
    let page = press.draw(&content(4), ADDRESS, State::Valid).unwrap();
    assert!(page.starts_with(b"%PDF-1.7"));
    assert_eq!(press.draw(&content(4), ADDRESS, State::Valid).unwrap(), page);
    assert_ne!(press.draw(&content(5), ADDRESS, State::Valid).unwrap(), page);
    let lapsed = press.draw(&content(4), ADDRESS, State::Revoked).unwrap();
    assert_ne!(lapsed, page, "one that no longer holds says so");
}

#[test]
fn a_character_that_the_type_lacks_shows_as_a_question_mark() {
    let mut content = content(1);
    content.facts = vec![ConfirmedFact {
        replaces: Vec::new(),
        ..content.facts.remove(0)
    }];
    content.procedure_name.vi = "漢字 \u{1f600}".to_owned();
    let press = Press::new(wording().unwrap()).unwrap();
    assert!(press.draw(&content, ADDRESS, State::Valid).is_ok());
}
