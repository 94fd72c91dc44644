//! What does one `CongDan` say about a person?
//!
//! Element by element as in QCVN 109:2017/BTTTT and as seen in live answers, which differ: a name whole in `Ten` or split
//! in three or plain text, codes padded or not, addresses with one code or three. Both are read. Without a number, a
//! name and a birth date there is no record, and the answer is unreadable; anything else may be missing.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use roxmltree::Node;

use crate::domain::address::{Address, CodeSet};
use crate::domain::birth_date::BirthDate;
use crate::domain::codes::{Country, MaritalStatus, Sex, TableCode};
use crate::domain::name::FullName;
use crate::domain::pin::Pin;
use crate::domain::record::{Record, Status};
use crate::registry::failure::Failure;
use crate::registry::wire::CITIZENS;

use super::{child, text};

/// The 54 ethnic groups, and 55 for foreigners in some lists.
const ETHNIC_GROUPS: std::ops::RangeInclusive<u8> = 1..=55;
/// The only relation whose code is known: the person heads the household.
pub(super) const HEAD: &str = "CH01";

pub(super) fn read(
    citizen: Node<'_, '_>,
    as_of: Timestamp,
    unread: &mut Vec<&'static str>,
) -> Result<Record, Failure> {
    let mut reader = Reader {
        node: citizen,
        unread,
    };
    let pin: Pin = reader
        .parsed("SoDinhDanh")
        .ok_or(Failure::Protocol("person without a readable number"))?;
    let cancelled_numbers = reader.cancelled_numbers();
    Ok(Record {
        pin,
        old_id_number: reader.parsed("SoCMND"),
        full_name: reader
            .full_name()
            .ok_or(Failure::Protocol("person without a readable name"))?,
        date_of_birth: reader
            .date_of_birth()
            .ok_or(Failure::Protocol("person without a readable birth date"))?,
        sex: reader.sex(),
        ethnicity: reader.ethnicity(),
        religion: reader.coded("TonGiao", "MaTonGiao"),
        nationality: reader.nationality(),
        marital_status: reader.marital_status(),
        head_of_household: reader.head_of_household(pin, &cancelled_numbers),
        place_of_birth_registration: reader.address("NoiDangKyKhaiSinh"),
        place_of_origin: reader.address("QueQuan"),
        permanent_residence: reader.address("ThuongTru"),
        current_residence: reader.address("NoiOHienTai"),
        temporary_residence: reader.address("TamTru"),
        temporary_since: child(citizen, "TamTru").and_then(|stay| reader.day(stay, "TuNgay")),
        status: reader.status(),
        cancelled_numbers,
        as_of,
    })
}

/// Reads the elements of a person, of a member of a household, or of the household itself.
pub(super) struct Reader<'a, 'input, 'u> {
    pub node: Node<'a, 'input>,
    pub unread: &'u mut Vec<&'static str>,
}

impl Reader<'_, '_, '_> {
    pub fn text(&self, name: &str) -> Option<String> {
        child(self.node, name).and_then(text)
    }

    pub fn parsed<T: FromStr>(&mut self, name: &'static str) -> Option<T> {
        let text = self.text(name)?;
        self.known(name, text.parse().ok())
    }

    /// Passes the value on, and counts where there is none.
    pub fn known<T>(&mut self, name: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.unread.push(name);
        }
        value
    }

    fn cancelled_numbers(&mut self) -> Box<[Pin]> {
        let mut numbers = Vec::new();
        for node in self.node.children() {
            if node.has_tag_name((CITIZENS, "SoDinhDanhDaHuy"))
                && let Some(text) = text(node)
            {
                numbers.extend(self.known("SoDinhDanhDaHuy", text.parse::<Pin>().ok()));
            }
        }
        numbers.into()
    }

    pub fn full_name(&mut self) -> Option<FullName> {
        let element = child(self.node, "HoVaTen")?;
        let parts: Vec<String> = ["Ho", "ChuDem", "Ten"]
            .into_iter()
            .filter_map(|part| child(element, part).and_then(text))
            .collect();
        let whole = if parts.is_empty() {
            text(element)?
        } else {
            parts.join(" ")
        };
        self.known("HoVaTen", FullName::held(&whole).ok())
    }

    pub fn date_of_birth(&mut self) -> Option<BirthDate> {
        let element = child(self.node, "NgayThangNamSinh")?;
        let date = child(element, "NgayThangNam").and_then(text);
        let year = child(element, "Nam").and_then(text);
        if let Some(date) = date.or_else(|| text(element))
            && let Some(known) = self.known("NgayThangNamSinh", birth_date(&date))
        {
            return Some(known);
        }
        self.known("NgayThangNamSinh", year?.parse().ok())
    }

    /// Reads the day that an element below `node` states.
    pub fn day(&mut self, node: Node<'_, '_>, name: &'static str) -> Option<Date> {
        let stated = child(node, name).and_then(text)?;
        let day = match birth_date(&stated) {
            Some(BirthDate::Day(day)) => Some(day),
            Some(BirthDate::Month { .. } | BirthDate::Year(_)) | None => None,
        };
        self.known(name, day)
    }

    pub fn sex(&self) -> Option<Sex> {
        match number(&self.text("GioiTinh")?)? {
            1 => Some(Sex::Male),
            2 => Some(Sex::Female),
            _ => None,
        }
    }

    fn marital_status(&self) -> Option<MaritalStatus> {
        match number(&self.text("TinhTrangHonNhan")?)? {
            1 => Some(MaritalStatus::Single),
            2 => Some(MaritalStatus::Married),
            3 => Some(MaritalStatus::DivorcedOrWidowed),
            _ => None,
        }
    }

    /// A code stands in the element itself, or one element deeper (QCVN 109).
    fn coded(&mut self, name: &'static str, code: &str) -> Option<TableCode> {
        let element = child(self.node, name)?;
        let text = child(element, code).and_then(text).or_else(|| text(element))?;
        self.known(name, text.parse().ok())
    }

    fn ethnicity(&mut self) -> Option<TableCode> {
        let code = self.coded("DanToc", "MaDanToc")?;
        let group = ETHNIC_GROUPS.contains(&code.number()).then_some(code);
        self.known("DanToc", group)
    }

    fn nationality(&mut self) -> Option<Country> {
        self.parsed("QuocTich")
    }

    /// Number and relation may both be given; where they disagree nobody knows.
    fn head_of_household(&mut self, pin: Pin, cancelled: &[Pin]) -> Option<bool> {
        let head = child(self.node, "ChuHo")?;
        let by_relation = child(head, "QuanHe")
            .and_then(text)
            .map(|relation| relation == HEAD);
        let number = child(head, "SoDinhDanh").and_then(text);
        let number: Option<Pin> = match number {
            Some(text) => self.known("ChuHo", text.parse().ok()),
            None => None,
        };
        let by_number = number.map(|number| number == pin || cancelled.contains(&number));
        match (by_number, by_relation) {
            (Some(one), Some(other)) if one != other => self.known("ChuHo", None),
            (by_number, by_relation) => by_number.or(by_relation),
        }
    }

    pub fn address(&mut self, name: &'static str) -> Option<Address> {
        let element = child(self.node, name)?;
        let part = |part: &str| child(element, part).and_then(text);
        let unit = part("MaDonViHanhChinh");
        let district = part("MaQuanHuyen");
        let mut province = part("MaTinhThanh");
        let mut commune = part("MaPhuongXa");
        // QCVN 109 dates from 2017 and has three levels in one code; read as of today it could name another place.
        let code_set = if district.is_some() || unit.is_some() {
            CodeSet::Before2025
        } else {
            CodeSet::Since2025
        };
        match unit {
            Some(code) if code.len() <= 2 => province = Some(code),
            Some(code) if code.len() >= 4 => commune = Some(code),
            Some(_) | None => {}
        }
        let address = Address {
            code_set,
            province: province.and_then(|code| self.known(name, padded(&code, 2).parse().ok())),
            commune: commune.and_then(|code| self.known(name, padded(&code, 5).parse().ok())),
            detail: part("ChiTiet").or_else(|| text(element)).map(Box::from),
        };
        let is_held = address.province.is_some() || address.commune.is_some() || address.detail.is_some();
        is_held.then_some(address)
    }

    /// A state of no list isn't taken for "alive": the record stays closed until somebody has looked.
    fn status(&mut self) -> Status {
        let Some(state) = self.text("TrangThai") else {
            return Status::Active;
        };
        let status = match state.as_str() {
            "hoat_dong" => Some(Status::Active),
            "da_chet" => Some(Status::Deceased),
            "mat_tich" => Some(Status::Missing),
            "bi_khoa" => Some(Status::UnderReview),
            "da_huy" => Some(Status::Cancelled),
            _ => None,
        };
        self.known("TrangThai", status).unwrap_or(Status::UnderReview)
    }
}

fn number(text: &str) -> Option<u8> {
    text.parse().ok()
}

fn padded(code: &str, width: usize) -> String {
    format!("{code:0>width$}")
}

/// Eight digits, or the form of the standard.
fn birth_date(text: &str) -> Option<BirthDate> {
    if let (8, Some((year, rest))) = (text.len(), text.split_at_checked(4))
        && let Some((month, day)) = rest.split_at_checked(2)
        && !text.contains('-')
    {
        return format!("{year}-{month}-{day}").parse().ok();
    }
    text.parse().ok()
}
