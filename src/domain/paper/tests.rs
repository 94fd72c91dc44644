use super::*;

#[test]
fn every_word_is_read_back() {
    for paper in Paper::all() {
        assert_eq!(paper.as_str().parse(), Ok(paper));
        assert!(!paper.name_vi().is_empty() && !paper.name_en().is_empty());
    }
    assert_eq!("passport_photo".parse::<Paper>(), Err(UnknownWord));
}

#[test]
fn a_paper_proved_what_stood_in_it() {
    let table = [
        (Paper::HouseholdBook, "permanent_residence", true),
        (Paper::HouseholdBook, "same_household_with_head", true),
        (Paper::HouseholdBook, "marriage", false),
        (Paper::IdentityCard, "identity", true),
        (Paper::IdentityCard, "member_count", false),
        (Paper::BirthCertificate, "parentage", true),
        (Paper::BirthCertificate, "permanent_residence", false),
        (Paper::MarriageCertificate, "marriage", true),
        (Paper::MarriageCertificate, "spouse_of_applicant", false),
    ];
    for (paper, fact, expected) in table {
        assert_eq!(
            paper.proved(&fact.parse().unwrap()),
            expected,
            "{} {fact}",
            paper.as_str()
        );
    }
}
