//! Order, length and form of the request's fields.
//!
//! Each refusal is tried by breaking one thing in an envelope that is otherwise right.

use super::{Birth, Number, Operation, Unreadable, read};

const FIELDS: &str = "<dan:MaYeuCau>a1</dan:MaYeuCau><dan:MaDVC>1.001193</dan:MaDVC>\
    <dan:MaTichHop>037</dan:MaTichHop><dan:MaDonVi>H57.12</dan:MaDonVi><dan:MaCanBo>001090000001</dan:MaCanBo>\
    <dan:TaiKhoan>canbo</dan:TaiKhoan><dan:SoDinhDanh>100190000001</dan:SoDinhDanh>\
    <dan:HoVaTen>NGUYENTHIMAU</dan:HoVaTen>\
    <dan:NgayThangNamSinh><dan:NgayThangNam>19900412</dan:NgayThangNam></dan:NgayThangNamSinh>";

fn envelope(operation: &str, fields: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:dan=\"http://dancuquocgia.bca\"><s:Body><dan:{operation}>{fields}</dan:{operation}></s:Body></s:Envelope>"
    )
}

fn lookup(fields: &str) -> Result<super::Request, Unreadable> {
    read(&envelope("TraCuuThongTinCongDan", fields), true)
}

#[test]
fn a_lookup_is_read() {
    let request = lookup(FIELDS).unwrap();
    assert_eq!(request.operation, Operation::Lookup);
    assert_eq!(
        (request.procedure.as_str(), request.unit.as_str()),
        ("1.001193", "H57.12")
    );
    let subject = request.subject.unwrap();
    assert!(matches!(subject.number, Number::Pin(pin) if pin == "100190000001"));
    assert!(subject.birth == Birth::Day("19900412".to_owned()));
}

#[test]
fn unqualified_fields_old_numbers_and_years_are_read() {
    let fields = FIELDS
        .replace("dan:", "")
        .replace(
            "<SoDinhDanh>100190000001</SoDinhDanh>",
            "<SoDienThoai>0</SoDienThoai><SoCMND>999000001</SoCMND>",
        )
        .replace("<NgayThangNam>19900412</NgayThangNam>", "<Nam>1990</Nam>");
    let subject = lookup(&fields).unwrap().subject.unwrap();
    assert!(matches!(subject.number, Number::Old(number) if number == "999000001"));
    assert!(subject.birth == Birth::Year("1990".to_owned()));
}

#[test]
fn the_order_counts_unless_it_is_switched_off() {
    let fields = format!(
        "<dan:HoVaTen>NGUYENTHIMAU</dan:HoVaTen>{}",
        FIELDS.replace("<dan:HoVaTen>NGUYENTHIMAU</dan:HoVaTen>", "")
    );
    assert_eq!(lookup(&fields).err(), Some(Unreadable::Order("MaYeuCau")));
    assert!(read(&envelope("TraCuuThongTinCongDan", &fields), false).is_ok());
}

#[test]
fn what_breaks_the_specification_is_refused() {
    let refused = |from: &str, to: &str| lookup(&FIELDS.replace(from, to)).err().unwrap();
    assert_eq!(
        refused(">a1<", &format!(">{}<", "x".repeat(41))),
        Unreadable::Form("MaYeuCau")
    );
    assert_eq!(refused(">037<", ">003<"), Unreadable::Form("MaTichHop"));
    assert_eq!(
        refused("100190000001", "10019000000"),
        Unreadable::Form("SoDinhDanh")
    );
    assert_eq!(
        refused("100190000001", "１00190000001"),
        Unreadable::Form("SoDinhDanh")
    );
    assert_eq!(
        refused("19900412", "1990-04-12"),
        Unreadable::Form("NgayThangNamSinh")
    );
    assert_eq!(
        refused("NGUYENTHIMAU", &"N".repeat(101)),
        Unreadable::Form("HoVaTen")
    );
    assert_eq!(refused("NGUYENTHIMAU", " "), Unreadable::Form("HoVaTen"));
    assert_eq!(
        lookup(&format!("{FIELDS}<dan:Them/>")).err(),
        Some(Unreadable::TooMany)
    );
    assert_eq!(lookup("").err(), Some(Unreadable::Order("MaYeuCau")));
}

#[test]
fn only_soap_1_1_without_a_doctype_is_read() {
    assert_eq!(read("nothing", true).err(), Some(Unreadable::Xml));
    let with_doctype = format!(
        "<!DOCTYPE a [<!ENTITY b \"c\">]>{}",
        envelope("TraCuuThongTinCongDan", FIELDS).replace("<?xml version=\"1.0\"?>", "")
    );
    assert_eq!(read(&with_doctype, true).err(), Some(Unreadable::Xml));
    let soap_1_2 = envelope("TraCuuThongTinCongDan", FIELDS).replace(
        "schemas.xmlsoap.org/soap/envelope/",
        "www.w3.org/2003/05/soap-envelope",
    );
    assert_eq!(read(&soap_1_2, true).err(), Some(Unreadable::Operation));
    assert_eq!(
        read(&envelope("XoaCongDan", FIELDS), true).err(),
        Some(Unreadable::Operation)
    );
}

#[test]
fn a_later_answer_is_asked_by_the_first_request_s_id() {
    let fields = "<dan:MaYeuCau>a1</dan:MaYeuCau><dan:MaDonVi>H57.12</dan:MaDonVi>\
        <dan:MaCanBo>001090000001</dan:MaCanBo>";
    let request = read(&envelope("GetRequestResult", fields), true).unwrap();
    assert_eq!(
        (request.operation, request.request_id.as_str()),
        (Operation::Result, "a1")
    );
}
