use jiff::civil::date;

use super::*;
use crate::domain::address::{Address, CodeSet};
use crate::domain::birth_date::BirthDate;
use crate::domain::codes::{MaritalStatus, Sex};
use crate::domain::pin::Pin;
use crate::domain::record::Status;

const P01: &str = include_str!("tests/p01.xml");
const RECEIVED: Timestamp = Timestamp::UNIX_EPOCH;

fn envelope(content: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"{SOAP}\"><s:Body>\
         <CongdanCollection xmlns=\"{CITIZENS}\">{content}</CongdanCollection></s:Body></s:Envelope>"
    )
}

/// A person with the three things that everybody has, and what else a test is about.
fn citizen(rest: &str) -> String {
    envelope(&format!(
        "<CongDan><SoDinhDanh>100190000001</SoDinhDanh><HoVaTen><Ten>NGUYỄN THỊ MẪU</Ten></HoVaTen>\
         <NgayThangNamSinh><NgayThangNam>19900412</NgayThangNam></NgayThangNamSinh>{rest}</CongDan>"
    ))
}

fn people(xml: &str) -> People {
    read(xml.as_bytes(), RECEIVED).unwrap()
}

fn one(xml: &str) -> Record {
    let mut people = people(xml);
    assert_eq!(people.records.len(), 1);
    people.records.remove(0)
}

fn failure(xml: &str) -> Failure {
    read(xml.as_bytes(), RECEIVED).unwrap_err()
}

fn protocol(xml: &str) -> &'static str {
    match failure(xml) {
        Failure::Protocol(what) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn reads_a_live_answer() {
    let record = one(P01);
    assert_eq!(record.pin.expose(), "100190000001");
    assert_eq!(record.old_id_number.unwrap().expose(), "999000001");
    assert_eq!(record.full_name.expose(), "NGUYỄN THỊ MẪU");
    assert_eq!(record.date_of_birth, BirthDate::Day(date(1990, 4, 12)));
    assert_eq!(record.sex, Some(Sex::Female));
    assert_eq!(record.ethnicity.unwrap().number(), 1);
    assert_eq!(record.religion.unwrap().number(), 0);
    assert_eq!(record.nationality, None);
    assert_eq!(record.marital_status, Some(MaritalStatus::Married));
    assert_eq!(record.head_of_household, Some(true));
    assert_eq!(record.place_of_birth_registration, None);
    assert_eq!(record.temporary_residence, None);
    assert_eq!(record.status, Status::Active);
    assert_eq!(record.as_of, "2026-11-22T08:30:00+07:00".parse().unwrap());
}

#[test]
fn dates_the_codes_of_an_address_by_its_form() {
    let record = one(P01);
    let Address {
        code_set,
        province,
        commune,
        detail,
    } = record.permanent_residence.unwrap();
    assert_eq!(code_set, CodeSet::Before2025);
    assert_eq!(province.unwrap().as_str(), "62");
    assert_eq!(commune.unwrap().as_str(), "23284");
    assert!(detail.unwrap().starts_with("TỔ 1"));
    let origin = record.place_of_origin.unwrap();
    assert_eq!(origin.code_set, CodeSet::Since2025);
    let current = record.current_residence.unwrap();
    assert_eq!((current.code_set, current.province), (CodeSet::Before2025, None));
    assert_eq!(current.commune.unwrap().as_str(), "23284");
}

#[test]
fn reads_an_administrative_unit_of_two_three_or_five_digits() {
    let address = |code: &str| {
        one(&citizen(&format!(
            "<QueQuan><MaDonViHanhChinh>{code}</MaDonViHanhChinh><ChiTiet>x</ChiTiet></QueQuan>"
        )))
        .place_of_origin
        .unwrap()
    };
    assert_eq!(address("1").province.unwrap().as_str(), "01");
    assert_eq!(address("25").province.unwrap().as_str(), "25");
    let district = address("608");
    assert_eq!((district.province, district.commune), (None, None));
    assert_eq!(address("9106").commune.unwrap().as_str(), "09106");
}

#[test]
fn takes_codes_padded_or_not_and_one_element_deeper() {
    let record = one(&citizen(
        "<GioiTinh>01</GioiTinh><DanToc><MaDanToc>1</MaDanToc><TenGoi>Kinh</TenGoi></DanToc>\
         <TonGiao><MaTonGiao>9</MaTonGiao></TonGiao><QuocTich>VN</QuocTich>\
         <ThuongTru><MaTinhThanh>1</MaTinhThanh><MaPhuongXa>4</MaPhuongXa></ThuongTru>",
    ));
    assert_eq!(record.sex, Some(Sex::Male));
    assert_eq!(record.ethnicity.unwrap().number(), 1);
    assert_eq!(record.religion.unwrap().number(), 9);
    assert_eq!(record.nationality.unwrap().as_str(), "VN");
    let home = record.permanent_residence.unwrap();
    assert_eq!(home.province.unwrap().as_str(), "01");
    assert_eq!(home.commune.unwrap().as_str(), "00004");
}

#[test]
fn reads_names_whole_split_or_plain() {
    let named = |name: &str| {
        let xml = citizen("").replace("<Ten>NGUYỄN THỊ MẪU</Ten>", name);
        one(&xml).full_name.expose().to_owned()
    };
    assert_eq!(named("<Ho>HỒ</Ho><ChuDem>THỊ</ChuDem><Ten>BÉ</Ten>"), "HỒ THỊ BÉ");
    assert_eq!(named("<Ho/><ChuDem> </ChuDem><Ten>Y BLỚ</Ten>"), "Y BLỚ");
    assert_eq!(named("H'HEN NIÊ"), "H'HEN NIÊ");
    assert_eq!(named("<Ten>H&apos;HEN <!-- x -->NIÊ</Ten>"), "H'HEN NIÊ");
    assert_eq!(named("<Ten><![CDATA[Y BLỚ]]></Ten>"), "Y BLỚ");
}

#[test]
fn keeps_a_birth_date_as_exact_as_it_is_held() {
    let born = |date: &str| {
        let xml = citizen("").replace("<NgayThangNam>19900412</NgayThangNam>", date);
        one(&xml).date_of_birth
    };
    assert_eq!(born("<Nam>1950</Nam>"), BirthDate::Year(1950));
    assert_eq!(born("<Nam>1950</Nam><NgayThangNam/>"), BirthDate::Year(1950));
    assert_eq!(
        born("<Nam>1950</Nam><NgayThangNam>19500000</NgayThangNam>"),
        BirthDate::Year(1950)
    );
    assert_eq!(
        born("<NgayThangNam>1950-03-02</NgayThangNam>"),
        BirthDate::Day(date(1950, 3, 2))
    );
    assert_eq!(
        born("<NgayThangNam>1950-03</NgayThangNam>"),
        BirthDate::Month { year: 1950, month: 3 }
    );
    assert_eq!(born("1950"), BirthDate::Year(1950));
}

#[test]
fn leaves_out_and_counts_what_stands_in_no_list() {
    let people = people(&citizen(
        "<SoCMND>12345</SoCMND><GioiTinh>9</GioiTinh><DanToc>99</DanToc><TonGiao>x</TonGiao><QuocTich>VNM</QuocTich>\
         <ThuongTru><MaTinhThanh>HN</MaTinhThanh></ThuongTru><LoaiTaiKhoan>2</LoaiTaiKhoan>",
    ));
    let record = &people.records[0];
    assert_eq!(
        (
            record.old_id_number,
            record.sex,
            record.ethnicity,
            record.religion
        ),
        (None, None, None, None)
    );
    assert_eq!((record.nationality, &record.permanent_residence), (None, &None));
    assert_eq!(
        people.unread,
        ["SoCMND", "DanToc", "TonGiao", "QuocTich", "ThuongTru"]
    );
}

#[test]
fn knows_the_head_of_household_only_where_one_is_named() {
    let head = |rest: &str| one(&citizen(rest)).head_of_household;
    let of = |relation: &str, number: &str| {
        head(&format!(
            "<ChuHo><QuanHe>{relation}</QuanHe><SoDinhDanh>{number}</SoDinhDanh></ChuHo>"
        ))
    };
    assert_eq!(head(""), None);
    assert_eq!(head("<ChuHo/>"), None);
    assert_eq!(of("CH01", ""), Some(true));
    assert_eq!(of("", "100190000001"), Some(true));
    assert_eq!(of("02", ""), Some(false));
    assert_eq!(of("", "100160000017"), Some(false));
    assert_eq!(of("02", "100160000017"), Some(false));
    assert_eq!(of("CH01", "100160000017"), None);
}

#[test]
fn reads_every_status_and_closes_an_unknown_one() {
    for (word, status) in [
        ("", Status::Active),
        ("hoat_dong", Status::Active),
        ("da_chet", Status::Deceased),
        ("mat_tich", Status::Missing),
        ("bi_khoa", Status::UnderReview),
        ("da_huy", Status::Cancelled),
        ("khac", Status::UnderReview),
    ] {
        let record = one(&citizen(&format!("<TrangThai>{word}</TrangThai>")));
        assert_eq!(record.status, status, "{word}");
    }
}

#[test]
fn reads_cancelled_numbers_and_temporary_residence() {
    let record = one(&citizen(
        "<SoDinhDanhDaHuy>100190000101</SoDinhDanhDaHuy><SoDinhDanhDaHuy>100190000102</SoDinhDanhDaHuy>\
         <TamTru><MaTinhThanh>79</MaTinhThanh><MaPhuongXa>26740</MaPhuongXa><TuNgay>2025-08-01</TuNgay></TamTru>",
    ));
    let cancelled: Vec<&str> = record.cancelled_numbers.iter().map(Pin::expose).collect();
    assert_eq!(cancelled, ["100190000101", "100190000102"]);
    let temporary = record.temporary_residence.unwrap();
    assert_eq!(temporary.commune.unwrap().as_str(), "26740");
}

#[test]
fn tells_nobody_from_an_answer_that_cannot_be_read() {
    assert!(people(&envelope("")).records.is_empty());
    assert!(people(&envelope("<CongDan/>")).records.is_empty());
    let hollow = "<CongDan><SoDinhDanh/><HoVaTen><Ten> </Ten></HoVaTen></CongDan>";
    assert!(people(&envelope(hollow)).records.is_empty());
    assert_eq!(protocol(&envelope("<Khac/>")), "collection of something else");
    assert_eq!(
        protocol(&envelope(
            "<CongDan xmlns=\"urn:x\"><SoDinhDanh>1</SoDinhDanh></CongDan>"
        )),
        "collection of something else"
    );
    let stated = envelope("").replace("<CongdanCollection ", "<CongdanCollection SoCongDan=\"1\" ");
    assert_eq!(protocol(&stated), "fewer people than stated");
    assert!(people(&stated.replace("\"1\"", "\"0\"")).records.is_empty());
    let hollow_and_stated =
        envelope(hollow).replace("<CongdanCollection ", "<CongdanCollection SoCongDan=\"1\" ");
    assert!(people(&hollow_and_stated).records.is_empty());
}

#[test]
fn refuses_a_person_without_number_name_or_birth_date() {
    for (element, what) in [
        ("SoDinhDanh", "person without a readable number"),
        ("HoVaTen", "person without a readable name"),
        ("NgayThangNamSinh", "person without a readable birth date"),
    ] {
        let xml = citizen("").replace(&format!("{element}>"), "Khac>");
        assert_eq!(protocol(&xml), what);
    }
    let short = citizen("").replace("100190000001", "19000000");
    assert_eq!(protocol(&short), "person without a readable number");
}

#[test]
fn takes_any_prefix_and_no_other_namespace() {
    let prefixed = P01.replace("ns1:", "q:").replace("xmlns:ns1", "xmlns:q");
    assert_eq!(one(&prefixed).pin.expose(), "100190000001");
    assert_eq!(
        protocol(&P01.replace(CITIZENS, "http://www.mic.gov.vn/dancu/2.0")),
        "wrong namespace"
    );
    assert_eq!(
        protocol(&P01.replace(SOAP, "http://www.w3.org/2003/05/soap-envelope")),
        "SOAP message without content"
    );
    assert_eq!(
        protocol(&P01.replace("CongdanCollection", "XacThuc")),
        "another message than the one asked for"
    );
}

#[test]
fn reads_the_time_of_the_data_with_an_offset_or_without_and_notes_its_absence() {
    let at = |time: &str| people(&P01.replace("2026-11-22T08:30:00", time));
    let expected: Timestamp = "2026-11-22T01:30:00Z".parse().unwrap();
    assert_eq!(at("2026-11-22T08:30:00+07:00").records[0].as_of, expected);
    assert_eq!(at("2026-11-22T01:30:00.000Z").records[0].as_of, expected);
    let odd = at("yesterday");
    assert_eq!(odd.records[0].as_of, RECEIVED);
    assert_eq!(odd.unread, ["ThoiDiemDuLieu"]);
    assert_eq!(one(&citizen("")).as_of, RECEIVED);
}

#[test]
fn reads_a_byte_order_mark_away() {
    assert_eq!(one(&format!("\u{FEFF}{P01}")).pin.expose(), "100190000001");
    assert_eq!(one(&format!("\r\n{P01}")).pin.expose(), "100190000001");
}

#[test]
fn tells_each_refusal() {
    let fault = |detail: &str| {
        failure(&format!(
            "<s:Envelope xmlns:s=\"{SOAP}\"><s:Body><s:Fault><faultcode>s:Server</faultcode>\
             <faultstring>x</faultstring>{detail}</s:Fault></s:Body></s:Envelope>"
        ))
    };
    for (code, expected) in [
        ("AUTH_TIMESTAMP", Failure::Rejected(Rejection::Credentials)),
        ("AUTH_SIGNATURE", Failure::Rejected(Rejection::Credentials)),
        ("AUTH_CLIENT", Failure::Rejected(Rejection::Credentials)),
        ("LICENCE", Failure::Rejected(Rejection::Licence)),
        ("OFFICER", Failure::Rejected(Rejection::Officer)),
        ("QUOTA", Failure::Rejected(Rejection::Quota)),
        ("REQUEST", Failure::Rejected(Rejection::Request)),
        ("MAINTENANCE", Failure::Maintenance),
        ("KHAC", Failure::Unavailable(Outage::Fault)),
    ] {
        assert_eq!(
            fault(&format!("<detail><MaLoi>{code}</MaLoi></detail>")),
            expected
        );
    }
    assert_eq!(fault(""), Failure::Unavailable(Outage::Fault));
    let client = P01.replace("ns1:CongdanCollection", "soapenv:Fault").replace(
        "<ns1:CongDan>",
        "<faultcode>soapenv:Client</faultcode><ns1:CongDan>",
    );
    assert_eq!(failure(&client), Failure::Rejected(Rejection::Request));
}

#[test]
fn builds_nothing_from_hostile_markup() {
    let laughs = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><x>&b;</x>";
    assert_eq!(protocol(laughs), "document type declared");
    let file = "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><x>&a;</x>";
    assert_eq!(protocol(file), "document type declared");
    assert_eq!(
        protocol("<!DOCTYPE html><html><body>Bảo trì</body></html>"),
        "document type declared"
    );
    assert_eq!(
        protocol("<html><body>Bảo trì</body></html>"),
        "not a SOAP message"
    );
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert_eq!(protocol(&deep), "too much markup");
    let attributes: String = (0..100_000).map(|index| format!(" a{index}=\"\"")).collect();
    assert_eq!(protocol(&format!("<a{attributes}/>")), "too much markup");
    let namespaces: String = (0..10_000)
        .map(|index| format!("<a xmlns:n{index}=\"u\">"))
        .collect();
    assert_eq!(protocol(&namespaces), "too much markup");
    assert_eq!(protocol(""), "empty body");
    assert_eq!(protocol(" \u{FEFF}"), "not well-formed XML");
    assert_eq!(protocol("{\"a\":1}"), "not well-formed XML");
    let (half, _) = P01.split_at(P01.len() / 2 - 1);
    assert_eq!(protocol(half), "not well-formed XML");
    assert_eq!(
        read(b"<a>\xff</a>", RECEIVED).unwrap_err(),
        Failure::Protocol("not UTF-8")
    );
}

#[test]
fn every_truncation_is_a_failure() {
    for length in (0..P01.trim_end().len()).filter(|length| P01.is_char_boundary(*length)) {
        let cut = &P01.as_bytes()[..length];
        assert!(
            matches!(read(cut, RECEIVED), Err(Failure::Protocol(_))),
            "{length}"
        );
    }
}
