//! What are the people called?
//!
//! Family names by their real frequency, middle and given names by sex and generation, and for the larger ethnic
//! groups their own forms: `Y … Niê` and `H'… Êban` of the Ê-đê, one-word `A …` and `Y …` of the Ba-na, `K'…` of
//! the Cơ-ho, the clans of the Hmông, Thái, Khơ-me, Chăm and others.
//! Always true: a name is NFC, upper case, with its marks, one space between words, as the registry writes it.
//! Deliberately absent: any real person; a match with one is chance.

use crate::chance::Chance;
use crate::person::Sex;

/// Draws the family or clan name of a line of descent.
pub fn family(ethnicity: &str, southern: bool, chance: &mut Chance) -> &'static str {
    let clans: &[&'static str] = match ethnicity {
        "02" | "07" => &[
            "Nông", "Hoàng", "Lương", "Hà", "Ma", "Đàm", "Lý", "Triệu", "Bế", "Vi", "Chu", "Lục",
        ],
        "03" => &[
            "Lò", "Quàng", "Cà", "Lường", "Tòng", "Lù", "Bạc", "Hoàng", "Vi", "Kha",
        ],
        "04" => &[
            "Lâm", "Trần", "Huỳnh", "Lý", "Quách", "Tăng", "Mã", "Ông", "Hứa", "La",
        ],
        "05" => &["Thạch", "Sơn", "Kim", "Danh", "Châu", "Lâm", "Kiên", "Tăng"],
        "06" => &["Bùi", "Đinh", "Quách", "Hà", "Bạch", "Phạm"],
        "08" => &[
            "Giàng", "Vàng", "Mùa", "Sùng", "Thào", "Lầu", "Vừ", "Cứ", "Hạng", "Lý",
        ],
        "09" => &["Triệu", "Bàn", "Đặng", "Phùng", "Lý", "Chảo", "Tẩn", "Phàn"],
        "10" => &[
            "Rơ Châm",
            "Siu",
            "Kpă",
            "Rơ Mah",
            "Ksor",
            "Nay",
            "Rah Lan",
            "Rơ Lan",
        ],
        "12" => &[
            "Niê",
            "Êban",
            "Mlô",
            "Byă",
            "Kbuôr",
            "Ayŭn",
            "Knul",
            "Ksơr",
            "Niê Kdăm",
            "Êñuôl",
            "Hđơk",
        ],
        "17" => &["Thành", "Bá", "Đàng", "Lưu", "Quảng", "Từ", "Hán", "Thiên Sanh"],
        _ => return kinh_family(southern, chance),
    };
    chance.word(clans)
}

fn kinh_family(southern: bool, chance: &mut Chance) -> &'static str {
    let (hoang, vu) = if southern {
        ("Huỳnh", "Võ")
    } else {
        ("Hoàng", "Vũ")
    };
    chance
        .weighted(&[
            ("Nguyễn", 315),
            ("Trần", 109),
            ("Lê", 89),
            ("Phạm", 59),
            (hoang, 51),
            ("Phan", 28),
            (vu, 49),
            ("Đặng", 19),
            ("Bùi", 19),
            ("Đỗ", 19),
            ("Hồ", 18),
            ("Ngô", 17),
            ("Dương", 14),
            ("Lý", 10),
            ("Đào", 8),
            ("Đoàn", 8),
            ("Trịnh", 8),
            ("Trương", 22),
            ("Đinh", 11),
            ("Lâm", 8),
            ("Mai", 8),
            ("Tô", 6),
            ("Hà", 8),
            ("Tạ", 6),
            ("Cao", 8),
            ("Lương", 10),
            ("Phùng", 6),
            ("Châu", 5),
            ("Thái", 5),
            ("Quách", 4),
        ])
        .unwrap_or("Nguyễn")
}

/// Draws a whole name from its line's family name.
pub fn full_name(ethnicity: &str, family: &str, sex: Sex, year: i16, chance: &mut Chance) -> String {
    let name = match (ethnicity, sex) {
        ("12", Sex::Male) => format!("Y {} {family}", chance.word(HIGHLAND_MEN)),
        ("12", Sex::Female) => format!("H'{} {family}", chance.word(HIGHLAND_WOMEN)),
        ("10", Sex::Male) => format!("{family} {}", chance.word(HIGHLAND_MEN)),
        ("10", Sex::Female) => format!("{family} H'{}", chance.word(HIGHLAND_WOMEN)),
        ("13" | "14", Sex::Male) => format!("A {}", chance.word(HIGHLAND_MEN)),
        ("13" | "14", Sex::Female) => format!("Y {}", chance.word(HIGHLAND_WOMEN)),
        ("16", Sex::Male) => format!("K'{}", chance.word(HIGHLAND_MEN)),
        ("16", Sex::Female) => format!("Ka {}", chance.word(HIGHLAND_WOMEN)),
        ("08", Sex::Male) => format!("{family} A {}", chance.word(HMONG_MEN)),
        ("08", Sex::Female) => format!("{family} Thị {}", chance.word(HMONG_WOMEN)),
        ("05", Sex::Male) => format!("{family} {}", chance.word(KHMER_MEN)),
        ("05", Sex::Female) => format!("{family} Thị {}", chance.word(KHMER_WOMEN)),
        (_, Sex::Male) => {
            format!(
                "{family} {} {}",
                mens_middle(year, chance),
                chance.word(mens_given(year))
            )
        }
        (_, Sex::Female) => {
            format!(
                "{family} {} {}",
                womens_middle(year, chance),
                chance.word(womens_given(year))
            )
        }
    };
    name.to_uppercase()
}

fn mens_middle(year: i16, chance: &mut Chance) -> &'static str {
    if chance.percent(if year < 1985 { 60 } else { 18 }) {
        return "Văn";
    }
    chance.word(if year < 1985 { MENS_MIDDLE } else { MENS_MIDDLE_NOW })
}

fn womens_middle(year: i16, chance: &mut Chance) -> &'static str {
    if chance.percent(if year < 1985 { 82 } else { 32 }) {
        return "Thị";
    }
    chance.word(if year < 1985 {
        WOMENS_MIDDLE
    } else {
        WOMENS_MIDDLE_NOW
    })
}

fn mens_given(year: i16) -> &'static [&'static str] {
    if year < 1985 { MENS_GIVEN } else { MENS_GIVEN_NOW }
}

fn womens_given(year: i16) -> &'static [&'static str] {
    if year < 1985 {
        WOMENS_GIVEN
    } else {
        WOMENS_GIVEN_NOW
    }
}

const MENS_MIDDLE: &[&str] = &[
    "Đức", "Hữu", "Xuân", "Quang", "Ngọc", "Đình", "Công", "Trọng", "Minh", "Bá",
];
const MENS_MIDDLE_NOW: &[&str] = &[
    "Minh", "Gia", "Quốc", "Anh", "Hoàng", "Đức", "Tuấn", "Thanh", "Hải", "Quang", "Bảo", "Nhật", "Hữu",
    "Thành",
];
const WOMENS_MIDDLE: &[&str] = &[
    "Thị Thu",
    "Thị Ngọc",
    "Kim",
    "Thanh",
    "Ngọc",
    "Thị Kim",
    "Thu",
    "Mỹ",
];
const WOMENS_MIDDLE_NOW: &[&str] = &[
    "Ngọc",
    "Thu",
    "Thanh",
    "Minh",
    "Phương",
    "Khánh",
    "Bảo",
    "Thùy",
    "Hà",
    "Mai",
    "Quỳnh",
    "Thị Thanh",
    "Diệu",
    "Hoài",
];
const MENS_GIVEN: &[&str] = &[
    "Hùng", "Dũng", "Sơn", "Hải", "Bình", "Thắng", "Cường", "Tuấn", "Minh", "Long", "Hòa", "Thành", "Tiến",
    "Lâm", "Khoa", "Chiến", "Quý", "Tâm", "Phúc", "Thủy", "Đông", "Vinh", "Lợi", "Tài", "Mạnh", "Khoẻ",
];
const MENS_GIVEN_NOW: &[&str] = &[
    "Anh", "Huy", "Khang", "Bảo", "Minh", "Phúc", "Khôi", "Nam", "Đạt", "Kiên", "Long", "Phong", "Quân",
    "Duy", "Hiếu", "Nghĩa", "Thịnh", "Tùng", "Việt", "Hưng", "Hoàng", "Đăng", "Trí", "Lộc", "Vỹ", "Thuỷ",
];
const WOMENS_GIVEN: &[&str] = &[
    "Lan",
    "Hoa",
    "Hương",
    "Mai",
    "Hồng",
    "Thúy",
    "Hà",
    "Loan",
    "Nga",
    "Hằng",
    "Hạnh",
    "Thu",
    "Tuyết",
    "Yến",
    "Liên",
    "Phượng",
    "Bình",
    "Nguyệt",
    "Oanh",
    "Xuân",
    "Cúc",
    "Thoa",
    "Lý",
    "Mỹ",
    "Đào",
    "Huệ",
];
const WOMENS_GIVEN_NOW: &[&str] = &[
    "Anh", "Linh", "Trang", "Ngân", "Vy", "Hân", "My", "Nhi", "Châu", "Thảo", "Ngọc", "Hà", "Quyên", "Trâm",
    "Thư", "An", "Yến", "Giang", "Uyên", "Diệp", "Thúy", "Hòa", "Như", "Chi", "Đan", "Thy",
];
const HIGHLAND_MEN: &[&str] = &[
    "Blăk", "Thăng", "Nhuân", "Brèo", "Siêu", "Bhiăt", "Krang", "Jút", "Duin", "Lơih", "Tuấn", "Môn",
];
const HIGHLAND_WOMEN: &[&str] = &[
    "Bia", "Hen", "Linh", "Duyên", "Nga", "Yuăn", "Mrai", "Wen", "Diệu", "Thảo", "Juel", "Nhung",
];
const HMONG_MEN: &[&str] = &[
    "Páo", "Chứ", "Lử", "Dơ", "Sính", "Tủa", "Vàng", "Chu", "Nhà", "Sùng",
];
const HMONG_WOMEN: &[&str] = &["Mai", "Dợ", "Chư", "Mỷ", "Sua", "Dê", "Pà", "Xay", "Và"];
const KHMER_MEN: &[&str] = &[
    "Sươl", "Sa Rây", "Rinh", "Phol", "Sóc Kha", "Đa Ra", "Hiền", "Thone", "Minh",
];
const KHMER_WOMEN: &[&str] = &[
    "Sa Ren", "Hoa", "Na Ry", "Sô Phia", "Lang", "Thi", "Quanh", "Hiền",
];
