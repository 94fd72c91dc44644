use proptest::prelude::*;
use roxmltree::Document;

use super::*;
use crate::matching::NameForm;

fn query(number: IdNumber, name: &str, born: &str) -> Query {
    Query {
        form: "plain",
        number,
        full_name: name.parse().unwrap(),
        name_form: NameForm::FoldedNoSpaces,
        date_of_birth: born.parse().unwrap(),
    }
}

fn pin() -> IdNumber {
    IdNumber::Pin("100190000001".parse().unwrap())
}

fn written(query: &Query) -> String {
    let heading = Heading {
        request: "0123456789abcdef0123456789abcdef",
        procedure: &"1.001193".parse().unwrap(),
        integration: "037",
        unit: &"H57.12".parse().unwrap(),
        officer: Some(&"001090000001".parse().unwrap()),
        account: "tinh.mau",
    };
    lookup(&heading, query)
}

#[test]
fn writes_the_fields_in_the_order_that_the_registry_takes() {
    let xml = written(&query(pin(), "Nguyễn Thị  Mẫu", "1990-04-12"));
    assert_eq!(
        xml,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:dan=\"http://dancuquocgia.bca\"><soapenv:Header/><soapenv:Body><dan:TraCuuThongTinCongDan>\
         <dan:MaYeuCau>0123456789abcdef0123456789abcdef</dan:MaYeuCau><dan:MaDVC>1.001193</dan:MaDVC>\
         <dan:MaTichHop>037</dan:MaTichHop><dan:MaDonVi>H57.12</dan:MaDonVi>\
         <dan:MaCanBo>001090000001</dan:MaCanBo><dan:TaiKhoan>tinh.mau</dan:TaiKhoan>\
         <dan:SoDinhDanh>100190000001</dan:SoDinhDanh><dan:HoVaTen>NGUYENTHIMAU</dan:HoVaTen>\
         <dan:NgayThangNamSinh><dan:NgayThangNam>19900412</dan:NgayThangNam></dan:NgayThangNamSinh>\
         </dan:TraCuuThongTinCongDan></soapenv:Body></soapenv:Envelope>"
    );
}

#[test]
fn a_system_that_asks_for_itself_is_named_by_its_account() {
    let heading = Heading {
        request: "0123456789abcdef0123456789abcdef",
        procedure: &"1.001193".parse().unwrap(),
        integration: "037",
        unit: &"H57.12".parse().unwrap(),
        officer: None,
        account: "tinh.mau",
    };
    let xml = lookup(&heading, &query(pin(), "Nguyễn Thị  Mẫu", "1990-04-12"));
    assert!(xml.contains("<dan:MaCanBo>tinh.mau</dan:MaCanBo><dan:TaiKhoan>tinh.mau</dan:TaiKhoan>"));
}

#[test]
fn asks_by_the_old_number_in_its_own_field() {
    let old = IdNumber::Old("999000001".parse().unwrap());
    let xml = written(&query(old, "Mẫu", "1990-04-12"));
    assert!(xml.contains("<dan:SoCMND>999000001</dan:SoCMND><dan:HoVaTen>"));
    assert!(!xml.contains("SoDinhDanh"));
}

#[test]
fn writes_no_day_that_nobody_gave() {
    for born in ["1950", "1950-03"] {
        let xml = written(&query(pin(), "Mẫu", born));
        assert!(xml.contains("<dan:NgayThangNamSinh><dan:Nam>1950</dan:Nam></dan:NgayThangNamSinh>"));
    }
}

/// Writes a text as an element and reads it with a parser that isn't ours.
fn through_the_wire(text: &str) -> (String, usize) {
    let mut xml = format!("<x xmlns:dan=\"{OPERATIONS}\">");
    push(&mut xml, "HoVaTen", text);
    xml.push_str("</x>");
    let document = Document::parse(&xml).unwrap();
    let element = document.root_element().first_element_child().unwrap();
    let elements = document.descendants().filter(|node| node.is_element()).count();
    (element.text().unwrap_or_default().to_owned(), elements)
}

#[test]
fn what_xml_can_not_carry_is_marked() {
    assert_eq!(through_the_wire("a\u{FFFE}b\u{FFFF}").0, "a\u{FFFD}b\u{FFFD}");
}

proptest! {
    #[test]
    fn a_text_survives_whatever_stands_in_it(text in "[^\u{0}-\u{1F}\u{FFFE}\u{FFFF}]{0,100}") {
        prop_assert_eq!(through_the_wire(&text), (text, 2));
    }

    #[test]
    fn markup_stays_text(text in "[<>&\"' a-zĐđ;#/?\\[\\]!-]{0,100}") {
        prop_assert_eq!(through_the_wire(&text), (text, 2));
    }
}
