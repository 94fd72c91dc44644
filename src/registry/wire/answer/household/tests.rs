//! Is a household read as the registry wrote it, and nothing else as one?

use jiff::civil::date;

use super::*;
use crate::domain::address::CodeSet;
use crate::domain::birth_date::BirthDate;
use crate::registry::wire::SOAP;
use crate::registry::wire::answer::{Told, read_household};

const HEAD: &str = "<ThanhVien><SoDinhDanh>100080000017</SoDinhDanh><HoVaTen>TRẦN VĂN CHỦ</HoVaTen>\
    <NgayThangNamSinh><Nam>1980</Nam><NgayThangNam>19800501</NgayThangNam></NgayThangNamSinh><GioiTinh>1</GioiTinh>\
    <QuanHe>00</QuanHe><LoaiCuTru>thuong_tru</LoaiCuTru><TuNgay>2015-03-01</TuNgay></ThanhVien>";

const LODGER: &str = "<ThanhVien><SoDinhDanh>100150000023</SoDinhDanh><HoVaTen>LÊ THỊ TRỌ</HoVaTen>\
    <NgayThangNamSinh><Nam>1950</Nam><NgayThangNam/></NgayThangNamSinh><GioiTinh>2</GioiTinh>\
    <QuanHe>99</QuanHe><LoaiCuTru>tam_tru</LoaiCuTru><TuNgay>20260115</TuNgay></ThanhVien>";

const ADDRESS: &str =
    "<DiaChi><MaTinhThanh>25</MaTinhThanh><MaPhuongXa>09106</MaPhuongXa><ChiTiet>SỐ 17</ChiTiet></DiaChi>";

fn household(chu_ho: &str, members: &str) -> String {
    format!("<HoGiaDinh><MaHoGiaDinh>HGP-17</MaHoGiaDinh>{chu_ho}{members}{ADDRESS}</HoGiaDinh>")
}

fn by_number(pin: &str) -> String {
    format!("<ChuHo><SoDinhDanh>{pin}</SoDinhDanh><HoVaTen>X</HoVaTen></ChuHo>")
}

fn answered(content: &str) -> Result<Told<Household>, Failure> {
    let xml = format!(
        "<s:Envelope xmlns:s=\"{SOAP}\"><s:Body><HoGiaDinhCollection xmlns=\"{CITIZENS}\" \
         ThoiDiemDuLieu=\"2026-11-22T08:30:00+07:00\">{content}</HoGiaDinhCollection></s:Body></s:Envelope>"
    );
    read_household(xml.as_bytes(), Timestamp::UNIX_EPOCH)
}

fn one(content: &str) -> (Household, Vec<&'static str>) {
    let mut told = answered(content).unwrap();
    assert_eq!(told.records.len(), 1);
    (told.records.remove(0), told.unread)
}

#[test]
fn reads_a_household_with_its_members() {
    let (read, unread) = one(&household(&by_number("100080000017"), &format!("{HEAD}{LODGER}")));
    assert_eq!(unread, Vec::<&str>::new());
    assert_eq!(read.id.expose(), "HGP-17");
    assert_eq!(read.as_of, "2026-11-22T08:30:00+07:00".parse().unwrap());
    assert_eq!(read.head.unwrap().expose(), "100080000017");
    let address = read.address.unwrap();
    assert_eq!(
        (address.code_set, address.commune.unwrap().as_str()),
        (CodeSet::Since2025, "09106")
    );
    let [head, lodger] = read.members.as_slice() else {
        panic!("two members")
    };
    assert_eq!(head.full_name.expose(), "TRẦN VĂN CHỦ");
    assert_eq!(head.date_of_birth, BirthDate::Day(date(1980, 5, 1)));
    assert_eq!(
        (head.standing, head.kind),
        (Some(Standing::Head), Some(ResidenceKind::Permanent))
    );
    assert_eq!(head.since, Some(date(2015, 3, 1)));
    assert_eq!(lodger.date_of_birth, BirthDate::Year(1950));
    assert_eq!(lodger.standing, Some(Standing::ToHead(Relationship::Other)));
    assert_eq!(
        (lodger.kind, lodger.since),
        (Some(ResidenceKind::Temporary), Some(date(2026, 1, 15)))
    );
}

#[test]
fn the_head_is_known_by_number_or_relation_and_not_by_two_that_disagree() {
    let two = format!("{HEAD}{}", LODGER.replace(">99<", ">CH01<"));
    let table = [
        ("by both", by_number("100080000017"), HEAD.to_owned(), true),
        ("by relation", String::new(), HEAD.to_owned(), true),
        (
            "by number",
            by_number("100080000017"),
            HEAD.replace(">00<", "><"),
            true,
        ),
        ("they disagree", by_number("100150000023"), HEAD.to_owned(), false),
        ("two by relation", String::new(), two, false),
        ("nobody", String::new(), LODGER.to_owned(), false),
    ];
    for (why, chu_ho, members, is_known) in table {
        let (read, unread) = one(&household(&chu_ho, &members));
        assert_eq!(read.head.is_some(), is_known, "{why}");
        assert_eq!(unread.contains(&"ChuHo"), !is_known, "{why}");
    }
}

#[test]
fn a_word_of_no_list_is_not_held_and_counted() {
    let odd = LODGER
        .replace(">99<", ">55<")
        .replace("tam_tru", "o_nho")
        .replace("20260115", "hôm qua");
    let (read, unread) = one(&household("", &format!("{HEAD}{odd}")));
    let lodger = read.members.get(1).unwrap();
    assert_eq!((lodger.standing, lodger.kind, lodger.since), (None, None, None));
    assert_eq!(unread, ["QuanHe", "LoaiCuTru", "TuNgay"]);
}

#[test]
fn no_household_is_no_failure_and_half_of_one_is() {
    assert!(answered("").unwrap().records.is_empty());
    let whole = household("", HEAD);
    let failure = |content: &str| answered(content).unwrap_err();
    for (cut, what) in [
        ("<MaHoGiaDinh>HGP-17</MaHoGiaDinh>", "household without an id"),
        (
            "<SoDinhDanh>100080000017</SoDinhDanh>",
            "member without a readable number",
        ),
        (
            "<HoVaTen>TRẦN VĂN CHỦ</HoVaTen>",
            "member without a readable name",
        ),
        (
            "<Nam>1980</Nam><NgayThangNam>19800501</NgayThangNam>",
            "member without a readable birth date",
        ),
    ] {
        assert!(whole.contains(cut));
        assert_eq!(failure(&whole.replace(cut, "")), Failure::Protocol(what));
    }
    assert_eq!(
        failure("<CongDan><SoDinhDanh>1</SoDinhDanh></CongDan>"),
        Failure::Protocol("collection of something else")
    );
}

#[test]
fn the_answer_of_another_service_is_refused() {
    let person = include_str!("../tests/p01.xml");
    let refused = read_household(person.as_bytes(), Timestamp::UNIX_EPOCH).unwrap_err();
    assert_eq!(
        refused,
        Failure::Protocol("another message than the one asked for")
    );
}
