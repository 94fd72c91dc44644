//! What holds for every licence, every procedure and every request?

use proptest::prelude::*;

use super::*;
use crate::domain::codes::MaritalStatus;
use crate::policy::tests::sample::{grant_over, tables};

fn any_fields() -> impl Strategy<Value = Fields> {
    proptest::collection::vec(any::<bool>(), 25).prop_map(|chosen| {
        let all = Field::all().zip(chosen);
        all.filter_map(|(field, is_chosen)| is_chosen.then_some(field))
            .collect()
    })
}

fn any_status() -> impl Strategy<Value = Status> {
    use Status::{Active, Cancelled, Deceased, Missing, UnderReview};
    proptest::sample::select(vec![Active, Deceased, Missing, Cancelled, UnderReview])
}

#[test]
fn nothing_outside_both_licences_ever_leaves() {
    let tables = tables();
    let names = ["NGUYỄN THỊ MẪU", "NGUYEN THI MAU", "MẪU THỊ NGUYỄN", "LÊ AN"];
    proptest!(|(
        client_fields in any_fields(),
        needed in any_fields(),
        asked in any_fields(),
        accept_close_identity in any::<bool>(),
        name in proptest::sample::select(names.to_vec()),
        status in any_status(),
    )| {
        let licence = Client { fields: client_fields, accept_close_identity, ..client() };
        let grant = grant_over(tables.clone(), licence, &caller(), needed);
        let permitted = client_fields.intersection(needed);
        let record = of_status(status);
        for asked in [asked, asked.intersection(permitted)] {
            match grant.release(&subject("100190000001", name, "1990-04-12"), asked, Some(&record)) {
                Ok(disclosure) => {
                    prop_assert!(asked.without(permitted).is_empty());
                    let Facts::Attributes(attributes) = disclosure.facts() else {
                        panic!("a look-up tells attributes")
                    };
                    for (field, _) in attributes {
                        prop_assert!(permitted.contains(*field) && asked.contains(*field), "{field}");
                    }
                }
                Err(denied) => prop_assert_eq!(denied, Denied::FieldNotPermitted(asked.without(permitted))),
            }
        }
    });
}

#[test]
fn an_unlicensed_claim_is_never_judged_and_never_confirmed() {
    let tables = tables();
    let claims = [
        female(),
        Claim::Ethnicity("01".parse().unwrap()),
        Claim::Religion("00".parse().unwrap()),
        Claim::Nationality("VN".parse().unwrap()),
        Claim::MaritalStatus(MaritalStatus::Married),
        Claim::HeadOfHousehold(false),
        Claim::OldIdNumber("999000001".parse().unwrap()),
        residence(Some("09106"), None),
    ];
    proptest!(|(permitted in any_fields(), status in any_status())| {
        let grant = grant_over(tables.clone(), client(), &caller(), permitted);
        let disclosure = grant.verdicts(&known(), &claims, Some(&of_status(status)), today());
        let Facts::Verdicts(verdicts) = disclosure.facts() else { panic!("verify tells verdicts") };
        let mut all_permitted = true;
        for (claim, (_, verdict)) in claims.iter().zip(verdicts) {
            let is_permitted = fields_of(claim).without(permitted).is_empty();
            all_permitted &= is_permitted;
            prop_assert_eq!(verdict.result == ClaimResult::NotPermitted, !is_permitted);
        }
        prop_assert!(all_permitted || disclosure.outcome() != Outcome::Confirmed);
    });
}
