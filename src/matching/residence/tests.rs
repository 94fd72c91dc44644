//! Where does somebody live, told in codes of two lists: tables to read.

use jiff::civil::date;

use super::*;

/// An address as one line: list or day, province, commune, text.
type Line<'a> = (&'a str, &'a str, &'a str, &'a str);

fn text(detail: &str) -> Option<String> {
    (!detail.is_empty()).then(|| detail.to_owned())
}

fn judged(claimed: Line<'_>, held: Line<'_>) -> (&'static str, String) {
    let claimed = AddressClaim {
        as_of: claimed.0.parse().ok(),
        province: claimed.1.parse().unwrap(),
        commune: claimed.2.parse().ok(),
        detail: text(claimed.3),
    };
    let held = Address {
        code_set: if held.0 == "before" {
            CodeSet::Before2025
        } else {
            CodeSet::Since2025
        },
        province: held.1.parse().ok(),
        commune: held.2.parse().ok(),
        detail: text(held.3).map(Box::from),
    };
    let verdict = address(
        &claimed,
        &held,
        &Territory::shipped().unwrap(),
        date(2026, 11, 22),
    );
    let kinds: Vec<_> = verdict.differences.iter().map(Difference::as_str).collect();
    (verdict.result.as_str(), kinds.join(" "))
}

fn expect(table: &[(Line<'_>, Line<'_>, &str, &str)]) {
    for (claimed, held, result, kinds) in table {
        assert_eq!(
            judged(*claimed, *held),
            (*result, (*kinds).to_owned()),
            "{claimed:?} / {held:?}"
        );
    }
}

const DAK_CAM: Line<'static> = ("since", "51", "23284", "");
const DUY_TAN: Line<'static> = ("before", "62", "23284", "");

#[test]
fn codes_of_today() {
    expect(&[
        (("", "25", "09106", ""), ("since", "25", "09106", ""), "match", ""),
        (
            ("2025-07-01", "25", "09106", ""),
            ("since", "25", "09106", ""),
            "match",
            "",
        ),
        (("", "25", "", ""), ("since", "25", "09106", ""), "match", ""),
        (("", "24", "", ""), ("since", "25", "09106", ""), "mismatch", ""),
        (
            ("", "25", "08230", ""),
            ("since", "25", "09106", ""),
            "mismatch",
            "",
        ),
        (("", "51", "23284", ""), DAK_CAM, "match", ""),
        (("", "25", "09106", ""), ("since", "25", "", ""), "not_held", ""),
        (("", "24", "09106", ""), ("since", "25", "", ""), "mismatch", ""),
        (("", "25", "09106", ""), ("since", "", "09106", ""), "match", ""),
        (
            ("", "25", "09106", "Tổ 1"),
            ("since", "", "", "Tổ 1"),
            "not_held",
            "",
        ),
        // A code younger than the tables.
        (("", "25", "99998", ""), ("since", "25", "99998", ""), "match", ""),
    ]);
}

#[test]
fn a_commune_outside_its_province_is_never_a_match() {
    expect(&[
        (("", "01", "23284", ""), DAK_CAM, "mismatch", ""),
        (
            ("", "01", "23284", ""),
            ("since", "01", "00004", ""),
            "mismatch",
            "",
        ),
        (
            ("2024-01-01", "01", "23284", ""),
            DAK_CAM,
            "close",
            "old_territory_code",
        ),
    ]);
}

#[test]
fn old_codes_that_survive_are_carried_over() {
    expect(&[
        (
            ("2024-01-01", "62", "23284", ""),
            DAK_CAM,
            "match",
            "old_territory_code",
        ),
        (
            ("2025-06-30", "62", "23284", ""),
            DAK_CAM,
            "match",
            "old_territory_code",
        ),
        (
            ("2024-01-01", "62", "23284", ""),
            DUY_TAN,
            "match",
            "old_territory_code",
        ),
        (("", "51", "23284", ""), DUY_TAN, "match", "old_territory_code"),
        (("", "51", "", ""), DUY_TAN, "match", "old_territory_code"),
        (("", "25", "09106", ""), DUY_TAN, "mismatch", "old_territory_code"),
        (
            ("2024-01-01", "26", "09106", ""),
            DAK_CAM,
            "mismatch",
            "old_territory_code",
        ),
        (
            ("2024-01-01", "01", "", ""),
            ("since", "01", "00004", ""),
            "match",
            "old_territory_code",
        ),
        (
            ("2025-02-01", "46", "", ""),
            ("since", "46", "", ""),
            "match",
            "old_territory_code",
        ),
    ]);
}

#[test]
fn other_old_codes_are_close_and_nothing_else() {
    expect(&[
        // A dissolved commune, of the same province and of another.
        (
            ("2024-01-01", "62", "23281", ""),
            DAK_CAM,
            "close",
            "old_territory_code",
        ),
        (
            ("2024-01-01", "62", "23281", ""),
            ("since", "01", "00004", ""),
            "close",
            "old_territory_code",
        ),
        (
            ("", "51", "23284", ""),
            ("before", "62", "23281", ""),
            "close",
            "old_territory_code",
        ),
        (
            ("2024-01-01", "62", "23281", ""),
            ("before", "62", "23281", ""),
            "close",
            "old_territory_code",
        ),
        // Old codes without their date, new ones with an old date.
        (("", "62", "23284", ""), DAK_CAM, "close", "old_territory_code"),
        (("", "51", "23281", ""), DAK_CAM, "close", "old_territory_code"),
        (
            ("2024-01-01", "51", "23284", ""),
            DAK_CAM,
            "close",
            "old_territory_code",
        ),
        // A merged province: 24 was Bắc Giang and is Bắc Ninh.
        (
            ("2024-01-01", "24", "", ""),
            ("since", "24", "07210", ""),
            "close",
            "old_territory_code",
        ),
        (("", "62", "", ""), DAK_CAM, "close", "old_territory_code"),
        (
            ("", "51", "", ""),
            ("before", "62", "", ""),
            "close",
            "old_territory_code",
        ),
    ]);
}

#[test]
fn text_only_ever_lowers() {
    let held = ("since", "25", "09106", "SỐ 12, THÔN HOÀ BÌNH");
    expect(&[
        (("", "25", "09106", ""), held, "match", ""),
        (("", "25", "09106", "Số 12 thôn Hòa  Bình"), held, "match", ""),
        (
            ("", "25", "09106", "So 12 thon Hoa Binh"),
            held,
            "close",
            "detail_text",
        ),
        (("", "25", "09106", "Số 12"), held, "close", "detail_text"),
        (
            ("", "25", "09106", "Số 1 2, thôn Hòa Bình"),
            held,
            "close",
            "detail_text",
        ),
        (
            ("", "25", "09106", "Số 13, thôn Hòa Bình"),
            held,
            "close",
            "detail_text",
        ),
        (
            ("", "25", "09106", "Số 12"),
            ("since", "25", "09106", ""),
            "close",
            "detail_text",
        ),
        (("", "24", "09106", "Số 12, thôn Hòa Bình"), held, "mismatch", ""),
        (
            ("", "62", "23281", "Tổ 2"),
            DUY_TAN,
            "close",
            "old_territory_code detail_text",
        ),
        (
            ("2024-01-01", "62", "23284", "Tổ 2"),
            DUY_TAN,
            "close",
            "old_territory_code detail_text",
        ),
        (("", "25", "09106", " "), held, "match", ""),
    ]);
}
