//! What do people call what stands in a dossier?
//!
//! The words of the wire in Vietnamese and English, for the pages. A word that isn't known is shown as it is.

use super::dossier::{Channel, Event, Level, State};

/// A text in both languages.
pub type Words = (&'static str, &'static str);

/// Names a procedure that this counter offers.
pub const PROCEDURES: [(&str, Words); 4] = [
    ("1.001193", ("Đăng ký khai sinh", "Birth registration")),
    ("1.000894", ("Đăng ký kết hôn", "Marriage registration")),
    (
        "1.001776",
        ("Trợ cấp xã hội hằng tháng", "Monthly social allowance"),
    ),
    ("1.010497", ("Miễn, giảm học phí", "Tuition fee reduction")),
];

/// Names a channel.
pub fn channel(channel: Channel) -> Words {
    match channel {
        Channel::Counter => ("Trực tiếp tại quầy", "At the counter"),
        Channel::Online => ("Trực tuyến", "Online"),
        Channel::Assisted => ("Trực tuyến có hỗ trợ", "Online, assisted"),
        Channel::Post => ("Bưu chính", "By post"),
    }
}

/// Names a level.
pub fn level(level: Level) -> Words {
    match level {
        Level::Province => ("Cấp tỉnh", "Province"),
        Level::Commune => ("Cấp xã", "Commune"),
    }
}

/// Names a state.
pub fn state(state: State) -> Words {
    match state {
        State::Received => ("Đã tiếp nhận", "Received"),
        State::Waiting => ("Chờ tra cứu lại", "Waiting to be checked"),
        State::Pending => (
            "Chờ Cơ sở dữ liệu quốc gia về dân cư",
            "Waiting for the population database",
        ),
        State::InProcess => (
            "Đang giải quyết, không cần giấy tờ cư trú",
            "In process, no residence paper needed",
        ),
        State::SupplementAsked => ("Yêu cầu bổ sung", "Supplement asked for"),
        State::Refused => ("Không tra cứu được", "Couldn't be checked"),
    }
}

/// Names what happened.
pub fn event(event: Event) -> Words {
    match event {
        Event::Received => ("Tiếp nhận hồ sơ", "Dossier received"),
        Event::NotChecked => ("Chưa tra cứu được", "Couldn't be checked"),
        Event::PutOff => ("Đã gửi tra cứu, chờ kết quả", "Check pending"),
        Event::NoPaperNeeded => ("Quyết định: không yêu cầu giấy tờ", "Decided: no paper required"),
        Event::PaperAsked => ("Quyết định: yêu cầu bổ sung", "Decided: supplement required"),
        Event::Filed => (
            "Lưu giấy xác nhận kết quả tra cứu vào hồ sơ",
            "Confirmation filed in the dossier",
        ),
        Event::Reported => (
            "Báo trạng thái cho Cổng Dịch vụ công",
            "State reported to the Public Service Portal",
        ),
        Event::NotReported => (
            "Chưa báo được cho Cổng Dịch vụ công",
            "The portal couldn't be told",
        ),
    }
}

/// Names a role.
pub fn role(word: &str) -> Option<Words> {
    find(word, &ROLES)
}

const ROLES: [(&str, Words); 20] = [
    ("applicant", ("Người đề nghị", "Applicant")),
    ("carer", ("Người chăm sóc", "Carer")),
    ("child", ("Con", "Child")),
    ("customer", ("Khách hàng", "Customer")),
    ("deceased", ("Người chết", "Deceased")),
    ("declarant", ("Người khai", "Declarant")),
    ("dependant", ("Người phụ thuộc", "Dependant")),
    ("father", ("Cha", "Father")),
    ("guardian", ("Người giám hộ", "Guardian")),
    ("head", ("Chủ hộ", "Head of household")),
    ("holder", ("Người đứng tên", "Holder")),
    ("member", ("Thành viên hộ", "Member")),
    ("mother", ("Mẹ", "Mother")),
    ("owner", ("Chủ sở hữu", "Owner")),
    ("parent", ("Cha hoặc mẹ", "Parent")),
    ("pupil", ("Học sinh", "Pupil")),
    ("requester", ("Người yêu cầu", "Requester")),
    ("spouse", ("Vợ hoặc chồng", "Spouse")),
    ("subject", ("Đối tượng", "Subject")),
    ("ward", ("Người được giám hộ", "Ward")),
];

/// Names a fact; of one about somebody else too, the page shows the word beside it.
pub fn fact(word: &str) -> Option<Words> {
    if word.starts_with("same_household_with_") {
        return Some(("Cùng hộ gia đình", "Same household"));
    }
    if word.contains("_of_") && word != "head_of_household" {
        return Some(("Quan hệ trong hộ gia đình", "Relation within the household"));
    }
    find(word, &FACTS)
}

const FACTS: [(&str, Words); 15] = [
    ("identity", ("Nhân thân", "Identity")),
    ("permanent_residence", ("Nơi thường trú", "Permanent residence")),
    ("current_residence", ("Nơi ở hiện tại", "Current residence")),
    ("temporary_residence", ("Nơi tạm trú", "Temporary residence")),
    ("residence_history", ("Quá trình cư trú", "Residence history")),
    ("head_of_household", ("Chủ hộ", "Head of household")),
    ("member_count", ("Số thành viên trong hộ", "Number of members")),
    (
        "household_members",
        ("Thành viên hộ gia đình", "Members of the household"),
    ),
    ("marital_status", ("Tình trạng hôn nhân", "Marital status")),
    ("old_id_number", ("Số chứng minh nhân dân", "Old identity number")),
    ("marriage", ("Kết hôn", "Marriage")),
    ("birth", ("Khai sinh", "Birth")),
    ("death", ("Khai tử", "Death")),
    ("parentage", ("Cha, mẹ, con", "Parentage")),
    ("guardianship", ("Giám hộ", "Guardianship")),
];

/// Names a result.
pub fn result(word: &str) -> Option<Words> {
    find(
        word,
        &[
            ("match", ("Khớp", "Match")),
            ("close", ("Gần khớp", "Close")),
            ("mismatch", ("Không khớp", "Mismatch")),
            ("not_held", ("Chưa có dữ liệu", "Not held")),
            ("no_match", ("Không xác định được người này", "No match")),
            ("under_review", ("Đang xác minh", "Under review")),
            (
                "not_permitted",
                ("Không thuộc phạm vi khai thác", "Not permitted"),
            ),
            (
                "elsewhere",
                ("Lấy từ cơ sở dữ liệu khác", "From another database"),
            ),
        ],
    )
}

/// Names a paper that may still be asked for.
pub fn paper(word: &str) -> Option<Words> {
    find(
        word,
        &[
            ("identity_card", ("Thẻ căn cước", "Identity card")),
            (
                "residence_confirmation",
                (
                    "Giấy xác nhận thông tin về cư trú (CT07)",
                    "Confirmation of residence (CT07)",
                ),
            ),
            (
                "personal_information_notice",
                (
                    "Giấy thông báo số định danh cá nhân và thông tin công dân",
                    "Notice of the personal number and data",
                ),
            ),
        ],
    )
}

fn find(word: &str, words: &[(&str, Words)]) -> Option<Words> {
    words
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, words)| *words)
}
