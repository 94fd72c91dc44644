//! What do people call facts and roles?
//!
//! For the page that goes into the dossier: each word of the API with its name in both languages. A role or fact that has
//! none here shows as its word, which says as much to who knows the API, and never keeps a dossier waiting.

use crate::confirmations::{Bilingual, Named};
use crate::domain::fact::Fact;
use crate::domain::paper::Paper;
use crate::domain::role::RoleName;

/// Each fact's word, or what stands before the other person's role in it.
const FACTS: [(&str, &str, &str); 24] = [
    ("identity", "Danh tính", "Identity"),
    ("sex", "Giới tính", "Sex"),
    ("ethnicity", "Dân tộc", "Ethnic group"),
    ("nationality", "Quốc tịch", "Nationality"),
    ("old_id_number", "Số chứng minh nhân dân", "Old identity number"),
    ("permanent_residence", "Nơi thường trú", "Permanent residence"),
    ("current_residence", "Nơi ở hiện tại", "Current residence"),
    ("temporary_residence", "Nơi tạm trú", "Temporary residence"),
    ("head_of_household", "Chủ hộ", "Head of household"),
    (
        "member_count",
        "Số thành viên hộ gia đình",
        "Size of the household",
    ),
    (
        "household_members",
        "Thành viên hộ gia đình",
        "Members of the household",
    ),
    ("residence_history", "Quá trình cư trú", "Residence history"),
    ("birth", "Khai sinh", "Birth"),
    ("marriage", "Kết hôn", "Marriage"),
    ("marital_status", "Tình trạng hôn nhân", "Marital status"),
    ("death", "Khai tử", "Death"),
    ("parentage", "Quan hệ cha, mẹ, con", "Parentage"),
    ("kinship", "Quan hệ nhân thân", "Kinship"),
    ("guardianship", "Giám hộ", "Guardianship"),
    ("health_insurance", "Bảo hiểm y tế", "Health insurance"),
    ("social_insurance", "Bảo hiểm xã hội", "Social insurance"),
    ("land_use_right", "Quyền sử dụng đất", "Land-use right"),
    ("driving_licence", "Giấy phép lái xe", "Driving licence"),
    (
        "business_registration",
        "Đăng ký kinh doanh",
        "Business registration",
    ),
];

/// Each usual role's word.
const ROLES: [(&str, &str, &str); 26] = [
    ("applicant", "Người yêu cầu", "Applicant"),
    ("carer", "Người chăm sóc", "Carer"),
    ("child", "Con", "Child"),
    ("customer", "Khách hàng", "Customer"),
    ("deceased", "Người chết", "Deceased"),
    ("declarant", "Người đi đăng ký", "Declarant"),
    ("dependant", "Người phụ thuộc", "Dependant"),
    ("driver", "Người lái xe", "Driver"),
    ("father", "Cha", "Father"),
    ("guardian", "Người giám hộ", "Guardian"),
    ("guest", "Người lưu trú", "Guest"),
    ("head", "Chủ hộ", "Head of household"),
    ("holder", "Người có quyền", "Holder of the right"),
    ("member", "Thành viên hộ", "Household member"),
    ("mother", "Mẹ", "Mother"),
    ("other_party", "Bên kia", "Other party"),
    ("owner", "Chủ sở hữu", "Owner"),
    ("parent", "Cha hoặc mẹ", "Parent"),
    ("pupil", "Học sinh", "Pupil"),
    ("representative", "Người đại diện", "Representative"),
    ("requester", "Người đề nghị", "Requester"),
    (
        "resident_party",
        "Bên cư trú tại nơi đăng ký",
        "Party who lives there",
    ),
    ("spouse", "Vợ hoặc chồng", "Spouse"),
    ("subject", "Người được hưởng", "Person concerned"),
    ("taxpayer", "Người nộp thuế", "Taxpayer"),
    ("ward", "Người được giám hộ", "Ward"),
];

/// Names a fact.
pub(super) fn of_fact(fact: &Fact) -> Named {
    let word = fact.to_string();
    let name = match fact {
        Fact::SameHousehold { with } => between(("Cùng hộ gia đình với", "Same household as"), with),
        Fact::Relationship { to, .. } => {
            between(("Quan hệ trong hộ với", "Relation in the household to"), to)
        }
        _ => listed(&FACTS, &word),
    };
    Named { word, name }
}

/// Names a role.
pub(super) fn of_role(role: &RoleName) -> Named {
    Named {
        word: role.to_string(),
        name: listed(&ROLES, role.as_str()),
    }
}

/// Names a paper.
pub(super) fn of_paper(paper: Paper) -> Named {
    Named {
        word: paper.as_str().to_owned(),
        name: Bilingual {
            vi: paper.name_vi().to_owned(),
            en: Some(paper.name_en().to_owned()),
        },
    }
}

fn between((vi, en): (&str, &str), role: &RoleName) -> Bilingual {
    let other = of_role(role).name;
    let english = other.en.unwrap_or_else(|| role.to_string());
    Bilingual {
        vi: format!("{vi} {}", other.vi.to_lowercase()),
        en: Some(format!("{en} {}", english.to_lowercase())),
    }
}

fn listed(names: &[(&str, &str, &str)], word: &str) -> Bilingual {
    let found = names.iter().find(|(known, ..)| *known == word);
    match found {
        Some((_, vi, en)) => Bilingual {
            vi: (*vi).to_owned(),
            en: Some((*en).to_owned()),
        },
        None => Bilingual {
            vi: word.replace('_', " "),
            en: None,
        },
    }
}

#[cfg(test)]
mod tests;
