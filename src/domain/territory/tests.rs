//! What do codes mean on each side of 1 July 2025, and are the shipped tables whole?

use super::*;

fn province(code: &str) -> ProvinceCode {
    code.parse().unwrap()
}

fn commune(code: &str) -> CommuneCode {
    code.parse().unwrap()
}

fn place(of: &str, code: &str) -> Place {
    Place {
        province: province(of),
        commune: Some(commune(code)),
    }
}

#[test]
fn the_shipped_tables_are_whole() {
    let territory = Territory::shipped().unwrap();
    assert_eq!(territory.provinces.len(), 34);
    assert_eq!(territory.former_provinces.len(), 63);
    assert_eq!(territory.communes.len(), 3321);
    let survivors = territory
        .communes
        .values()
        .filter(|commune| commune.former.is_some());
    assert_eq!(survivors.count(), 3315);
    for former in territory.former_provinces.values() {
        assert!(
            territory.provinces.contains_key(&former.successor),
            "{}",
            former.name
        );
    }
    for (code, held) in &territory.communes {
        assert!(
            territory.provinces.contains_key(&held.province),
            "{}",
            code.as_str()
        );
        if let Some(former) = &held.former {
            let successor = territory.successor(former.province);
            assert_eq!(successor, Some(held.province), "{}", code.as_str());
        }
    }
}

#[test]
fn a_recycled_code_is_one_place_today_under_two_provinces() {
    let territory = Territory::shipped().unwrap();
    let code = Some(commune("23284"));
    let today = territory.reading(Some(province("51")), code, CodeSet::Since2025);
    let before = territory.reading(Some(province("62")), code, CodeSet::Before2025);
    assert_eq!(today, Some(Reading::Current(place("51", "23284"))));
    assert_eq!(before, Some(Reading::Mapped(place("51", "23284"))));
    let names =
        [CodeSet::Before2025, CodeSet::Since2025].map(|list| territory.commune_name(commune("23284"), list));
    assert_eq!(names, [Some("Phường Duy Tân"), Some("Phường Đăk Cấm")]);
}

#[test]
fn codes_out_of_their_time_name_no_place() {
    let territory = Territory::shipped().unwrap();
    let read = |of, code: &str, list| territory.reading(Some(province(of)), Some(commune(code)), list);
    let uncertain = |of| Some(Reading::Uncertain(Some(province(of))));
    assert_eq!(
        read("62", "23284", CodeSet::Since2025),
        uncertain("51"),
        "old codes without their date"
    );
    assert_eq!(
        read("51", "23284", CodeSet::Before2025),
        uncertain("51"),
        "new codes with an old date"
    );
    assert_eq!(
        read("62", "23281", CodeSet::Before2025),
        uncertain("51"),
        "a dissolved commune"
    );
    assert_eq!(
        read("48", "20333", CodeSet::Before2025),
        uncertain("48"),
        "a code that is new"
    );
    assert_eq!(
        read("25", "99999", CodeSet::Since2025),
        uncertain("25"),
        "a code of no list"
    );
    assert_eq!(
        read("99", "99999", CodeSet::Since2025),
        Some(Reading::Uncertain(None))
    );
    assert_eq!(territory.reading(None, None, CodeSet::Since2025), None);
}

#[test]
fn the_same_digits_were_another_province() {
    let territory = Territory::shipped().unwrap();
    let renamed = [
        ("15", "Yên Bái", "Lào Cai"),
        ("24", "Bắc Giang", "Bắc Ninh"),
        ("44", "Quảng Bình", "Quảng Trị"),
        ("52", "Bình Định", "Gia Lai"),
        ("80", "Long An", "Tây Ninh"),
        ("82", "Tiền Giang", "Đồng Tháp"),
        ("91", "Kiên Giang", "An Giang"),
        ("46", "Thừa Thiên Huế", "Huế"),
    ];
    for (code, before, since) in renamed {
        let name = |list| territory.province_name(province(code), list);
        assert_eq!(name(CodeSet::Before2025), Some(before));
        assert_eq!(name(CodeSet::Since2025), Some(since));
    }
}

#[test]
fn only_an_unmerged_province_survives_by_itself() {
    let territory = Territory::shipped().unwrap();
    let before = |code| {
        territory
            .reading(Some(province(code)), None, CodeSet::Before2025)
            .unwrap()
    };
    assert!(before("01").is_mapped(), "Hà Nội");
    assert!(before("46").is_mapped(), "Huế");
    assert_eq!(
        before("24"),
        Reading::Uncertain(Some(province("24"))),
        "Bắc Giang"
    );
    assert_eq!(before("27"), Reading::Uncertain(Some(province("24"))), "Bắc Ninh");
    let survivors = territory.former_provinces.keys().filter(|code| {
        territory
            .reading(Some(**code), None, CodeSet::Before2025)
            .unwrap()
            .is_mapped()
    });
    assert_eq!(survivors.count(), 11);
}

#[test]
fn the_list_changes_on_the_first_of_july() {
    assert_eq!(list_in_force(date(2025, 6, 30)), CodeSet::Before2025);
    assert_eq!(list_in_force(date(2025, 7, 1)), CodeSet::Since2025);
}
