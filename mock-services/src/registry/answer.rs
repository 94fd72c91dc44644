//! How does the registry write what it holds?
//!
//! Turns people, households and refusals into the envelopes of the live contract: the whole name in `Ten`,
//! empty elements for what isn't known, `ns1` for the message standard's namespace.
//! Always true: the elements that are our own invention (`TrangThai`, `SoDinhDanhDaHuy`, `TamTru`, the whole
//! household message, the refusals' codes) are listed in the README.
//! Deliberately absent: who may see it. [`Style`] bends an answer the way faulty registries have been seen to.

use super::xml::Xml;
use crate::person::{Address, Household, Person, Relation, Relative};

const MESSAGE: &str = "http://www.mic.gov.vn/dancu/1.0";
const ENVELOPE: &str = "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\">\
    <soapenv:Header xmlns:dan=\"http://dancuquocgia.bca\"/><soapenv:Body xmlns:dan=\"http://dancuquocgia.bca\">";
const ENVELOPE_END: &str = "</soapenv:Body></soapenv:Envelope>";

/// How an answer is bent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Another namespace than the standard's.
    pub wrong_namespace: bool,
    /// The name split over `Ho`, `ChuDem` and `Ten`.
    pub split_name: bool,
}

/// When and under which id an answer is given.
#[derive(Debug)]
pub struct Stamp {
    /// The registry's data time, with its zone.
    pub data_time: String,
    /// A fresh uuid.
    pub id: String,
}

/// Writes the records of 037.
pub fn records(people: &[(&Person, Option<&Household>)], stamp: &Stamp, style: Style) -> String {
    let mut xml = Xml::new(ENVELOPE, "ns1:");
    let count = people.len().to_string();
    let namespace = if style.wrong_namespace {
        "http://www.mic.gov.vn/dancu/9.9"
    } else {
        MESSAGE
    };
    let attributes = [
        ("xmlns:ns1", namespace),
        ("SoCongDan", count.as_str()),
        ("ThoiDiemDuLieu", stamp.data_time.as_str()),
        ("id", stamp.id.as_str()),
    ];
    xml.element_with("CongdanCollection", &attributes, |xml| {
        for (person, household) in people {
            xml.element("CongDan", |xml| record(xml, person, *household, style));
        }
    });
    xml.finish(ENVELOPE_END)
}

/// Writes the yes or no of 003.
pub fn exists(exists: bool, style: Style) -> String {
    let mut xml = Xml::new(ENVELOPE, "ns1:");
    let namespace = if style.wrong_namespace {
        "http://www.mic.gov.vn/dancu/9.9"
    } else {
        MESSAGE
    };
    xml.element_with("KetQuaXacThuc", &[("xmlns:ns1", namespace)], |xml| {
        xml.leaf("TonTai", if exists { "true" } else { "false" });
    });
    xml.finish(ENVELOPE_END)
}

/// Writes the household of 045, or an empty collection.
pub fn household(household: Option<&Household>, stamp: &Stamp, style: Style) -> String {
    let mut xml = Xml::new(ENVELOPE, "ns1:");
    let namespace = if style.wrong_namespace {
        "http://www.mic.gov.vn/dancu/9.9"
    } else {
        MESSAGE
    };
    let attributes = [
        ("xmlns:ns1", namespace),
        ("SoHoGiaDinh", if household.is_some() { "1" } else { "0" }),
        ("ThoiDiemDuLieu", stamp.data_time.as_str()),
        ("id", stamp.id.as_str()),
    ];
    xml.element_with("HoGiaDinhCollection", &attributes, |xml| {
        if let Some(household) = household {
            xml.element("HoGiaDinh", |xml| members(xml, household));
        }
    });
    xml.finish(ENVELOPE_END)
}

/// Writes that the answer isn't ready yet (our invention).
pub fn not_ready(request_id: &str) -> String {
    let mut xml = Xml::new(ENVELOPE, "ns1:");
    xml.element_with("TiepNhanYeuCau", &[("xmlns:ns1", MESSAGE)], |xml| {
        xml.leaf("MaYeuCau", request_id);
        xml.leaf("TrangThai", "dang_xu_ly");
    });
    xml.finish(ENVELOPE_END)
}

/// Writes a refusal.
pub fn fault(side: &str, code: &str, text: &str) -> String {
    let mut xml = Xml::new(ENVELOPE, "");
    xml.element("soapenv:Fault", |xml| {
        xml.leaf("faultcode", &format!("soapenv:{side}"));
        xml.leaf("faultstring", text);
        xml.element("detail", |xml| {
            xml.leaf("MaLoi", code);
            xml.leaf("MoTa", text);
        });
    });
    xml.finish(ENVELOPE_END)
}

fn record(xml: &mut Xml, person: &Person, household: Option<&Household>, style: Style) {
    xml.leaf("SoDinhDanh", &person.pin);
    xml.leaf("SoCMND", person.old_id_number.as_deref().unwrap_or_default());
    xml.element("HoVaTen", |xml| {
        let (family, middle, given) = if style.split_name {
            split(&person.full_name)
        } else {
            (String::new(), String::new(), person.full_name.clone())
        };
        xml.leaf("Ho", &family);
        xml.leaf("ChuDem", &middle);
        xml.leaf("Ten", &given);
    });
    xml.leaf("GioiTinh", person.sex.code());
    xml.leaf("DanToc", &person.ethnicity);
    xml.leaf("TonGiao", &person.religion);
    xml.leaf(
        "TinhTrangHonNhan",
        person.marital_status.map_or("", |status| status.code()),
    );
    xml.leaf("NhomMau", &person.blood_group);
    xml.element("NgayThangNamSinh", |xml| {
        xml.leaf("Nam", &person.birth.year().to_string());
        xml.leaf("NgayThangNam", &person.birth.compact());
    });
    address(xml, "NoiDangKyKhaiSinh", person.birth_registration.as_ref());
    xml.leaf("QuocTich", person.nationality.as_deref().unwrap_or_default());
    address(xml, "QueQuan", person.origin.as_ref());
    address(xml, "ThuongTru", person.permanent_residence.as_ref());
    address(xml, "NoiOHienTai", person.current_residence.as_ref());
    if let Some(elsewhere) = &person.temporary_residence {
        xml.element("TamTru", |xml| {
            address_parts(xml, &elsewhere.address);
            xml.leaf("TuNgay", &elsewhere.since.to_string());
        });
    }
    relative(xml, "Cha", person.father.as_ref());
    relative(xml, "Me", person.mother.as_ref());
    relative(xml, "VoChong", person.spouse.as_ref());
    relative(xml, "NguoiDaiDien", person.representative.as_ref());
    head_of(xml, person, household);
    xml.leaf("SoSoHoKhau", "");
    xml.leaf("TrangThai", person.status.code());
    for cancelled in &person.cancelled_pins {
        xml.leaf("SoDinhDanhDaHuy", cancelled);
    }
}

fn head_of(xml: &mut Xml, person: &Person, household: Option<&Household>) {
    let Some((household, head)) = household.and_then(|home| Some((home, home.head()?))) else {
        xml.leaf("ChuHo", "");
        return;
    };
    let own = household.members.iter().find(|member| member.pin == person.pin);
    xml.element("ChuHo", |xml| {
        let relation = own.map_or(Relation::Other, |own| own.relation);
        // CH01 is the one value ever seen in public; for everyone else we write the household list's code.
        xml.leaf(
            "QuanHe",
            if relation == Relation::Head {
                "CH01"
            } else {
                relation.code()
            },
        );
        xml.leaf("SoDinhDanh", &head.pin);
        xml.leaf("SoCMND", "");
        xml.leaf("HoVaTen", &head.full_name);
    });
}

fn members(xml: &mut Xml, household: &Household) {
    xml.leaf("MaHoGiaDinh", &household.id);
    if let Some(head) = household.head() {
        xml.element("ChuHo", |xml| {
            xml.leaf("SoDinhDanh", &head.pin);
            xml.leaf("HoVaTen", &head.full_name);
        });
    }
    for member in &household.members {
        xml.element("ThanhVien", |xml| {
            xml.leaf("SoDinhDanh", &member.pin);
            xml.leaf("HoVaTen", &member.full_name);
            xml.element("NgayThangNamSinh", |xml| {
                xml.leaf("Nam", &member.birth.year().to_string());
                xml.leaf("NgayThangNam", &member.birth.compact());
            });
            xml.leaf("GioiTinh", member.sex.code());
            xml.leaf("QuanHe", member.relation.code());
            xml.leaf("LoaiCuTru", member.kind.code());
            xml.leaf("TuNgay", &member.since.to_string());
        });
    }
    address(xml, "DiaChi", Some(&household.address));
}

fn address(xml: &mut Xml, name: &str, address: Option<&Address>) {
    match address {
        Some(address) => xml.element(name, |xml| address_parts(xml, address)),
        None => xml.leaf(name, ""),
    }
}

fn address_parts(xml: &mut Xml, address: &Address) {
    xml.leaf("MaTinhThanh", &address.province);
    if let Some(district) = &address.district {
        xml.leaf("MaQuanHuyen", district);
    }
    xml.leaf("MaPhuongXa", &address.commune);
    xml.leaf("ChiTiet", &address.detail);
    xml.leaf("QuocGia", "VN");
}

fn relative(xml: &mut Xml, name: &str, relative: Option<&Relative>) {
    let Some(relative) = relative else {
        xml.leaf(name, "");
        return;
    };
    xml.element(name, |xml| {
        xml.leaf("HoVaTen", &relative.full_name);
        xml.leaf("QuocTich", "VN");
        xml.leaf("SoDinhDanh", relative.pin.as_deref().unwrap_or_default());
        xml.leaf("SoCMND", "");
    });
}

fn split(full_name: &str) -> (String, String, String) {
    let words: Vec<&str> = full_name.split_whitespace().collect();
    match words.as_slice() {
        [] => Default::default(),
        [given] => (String::new(), String::new(), (*given).to_owned()),
        [family, middle @ .., given] => ((*family).to_owned(), middle.join(" "), (*given).to_owned()),
    }
}
