use super::*;
use crate::config::shipped_catalogue;
use crate::policy::tests::sample::subject;

const ONE: &str = "100190000001";
const OTHER: &str = "100190000002";
const THIRD: &str = "100190000003";

fn filling(role: &str, number: &str) -> Filling {
    Filling {
        role: role.parse().unwrap(),
        subject: subject(number, "NGUYỄN THỊ MẪU", "1990-04-12"),
        claims: Vec::new(),
    }
}

fn misfits(procedure: &str, fillings: &[Filling]) -> Vec<(Option<usize>, Misfit)> {
    let catalogue = shipped_catalogue().unwrap();
    let procedure = catalogue.find(&procedure.parse().unwrap()).unwrap();
    let found = fill(procedure, fillings).err().unwrap_or_default();
    found
        .into_iter()
        .map(|found| (found.subject, found.misfit))
        .collect()
}

#[test]
fn each_misfit_is_told_in_its_place() {
    let birth = "1.001193";
    type Row<'t> = (&'t [(&'t str, &'t str)], &'t [(Option<usize>, Misfit)]);
    let table: [Row<'_>; 6] = [
        (&[("mother", ONE), ("father", OTHER)], &[]),
        (
            &[("mother", ONE), ("uncle", OTHER)],
            &[(Some(1), Misfit::UnknownRole)],
        ),
        (
            &[("mother", ONE), ("mother", OTHER)],
            &[(Some(1), Misfit::RoleTwice)],
        ),
        (&[("father", ONE)], &[(None, Misfit::RoleMissing)]),
        (
            &[("mother", ONE), ("father", ONE)],
            &[(Some(1), Misfit::SamePerson)],
        ),
        (
            &[("uncle", ONE), ("father", OTHER), ("father", THIRD)],
            &[
                (Some(0), Misfit::UnknownRole),
                (Some(2), Misfit::RoleTwice),
                (None, Misfit::RoleMissing),
            ],
        ),
    ];
    for (people, expected) in table {
        let fillings: Vec<_> = people
            .iter()
            .map(|(role, number)| filling(role, number))
            .collect();
        assert_eq!(misfits(birth, &fillings), expected, "{people:?}");
    }
}

#[test]
fn who_acts_may_be_somebody_concerned_and_who_is_dead_or_another_may_not() {
    let table = [
        ("1.001193", "mother", "declarant", true),
        ("1.000656", "deceased", "declarant", false),
        ("2.000986", "mother", "head", true),
        ("1.010038", "applicant", "head", false),
        ("1.000894", "resident_party", "other_party", false),
        ("1.004837", "guardian", "ward", false),
    ];
    for (procedure, one, other, may_be) in table {
        let found = misfits(procedure, &[filling(one, ONE), filling(other, ONE)]);
        let is_refused = found.iter().any(|(_, misfit)| *misfit == Misfit::SamePerson);
        assert_eq!(is_refused, !may_be, "{procedure}: {one} and {other}");
    }
}

#[test]
fn only_what_the_procedure_needs_of_the_role_may_be_claimed() {
    let mut mother = filling("mother", ONE);
    mother.claims = vec![
        Claim::HeadOfHousehold(true),
        Claim::MaritalStatus(crate::domain::codes::MaritalStatus::Married),
    ];
    assert_eq!(
        misfits("1.001193", &[mother]),
        [
            (Some(0), Misfit::ClaimNotNeeded("head_of_household")),
            (Some(0), Misfit::ClaimNotNeeded("marital_status")),
        ]
    );
}
