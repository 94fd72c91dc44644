//! Which coded values does the register use, and when are two codes the same?
//!
//! Sex and marital status are closed lists (QCVN 109:2017/BTTTT, tables 2.2.4). Ethnic group and religion are
//! open code tables which some systems pad with zeros and some don't, so they compare as numbers. A value that the
//! register leaves empty is `None` where it is held, never a code of its own.

use std::str::FromStr;

/// Is one of the two sexes that the register knows (`GioiTinh` 1 and 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sex {
    /// Nam.
    Male,
    /// Nữ.
    Female,
}

impl Sex {
    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }

    /// Gives the Vietnamese word.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Male => "Nam",
            Self::Female => "Nữ",
        }
    }
}

/// Is a marital status as the register holds it (`TinhTrangHonNhan` 1–3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MaritalStatus {
    /// Chưa kết hôn.
    Single,
    /// Đang có vợ hoặc chồng.
    Married,
    /// Đã ly hôn hoặc góa: the register doesn't tell the two apart.
    DivorcedOrWidowed,
}

impl MaritalStatus {
    /// Gives the word that the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Married => "married",
            Self::DivorcedOrWidowed => "divorced_or_widowed",
        }
    }

    /// Gives the Vietnamese words.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Single => "Chưa kết hôn",
            Self::Married => "Đang có vợ/chồng",
            Self::DivorcedOrWidowed => "Đã ly hôn hoặc góa",
        }
    }
}

/// Says that a text is no code of its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a code of this table")]
pub struct UnknownCode;

/// Holds a one- or two-digit code of an open table (ethnic group, religion); `1` and `01` are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableCode(u8);

impl TableCode {
    /// Gives the number behind the padding.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// Writes the code with two digits, as the register does.
    #[must_use]
    pub fn padded(self) -> String {
        format!("{:02}", self.0)
    }
}

impl FromStr for TableCode {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        if text.is_empty() || text.len() > 2 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(UnknownCode);
        }
        text.parse().map(Self).map_err(|_| UnknownCode)
    }
}

/// Holds a country as ISO 3166-1 alpha-2, in upper case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// Gives the two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Country {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        match text.as_bytes() {
            [first, second] if first.is_ascii_alphabetic() && second.is_ascii_alphabetic() => {
                Ok(Self([first.to_ascii_uppercase(), second.to_ascii_uppercase()]))
            }
            _ => Err(UnknownCode),
        }
    }
}
