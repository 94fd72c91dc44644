//! What comes out of a record for whom, and what never does?

mod properties;

use jiff::civil::date;

use super::*;
use crate::domain::address::{AddressClaim, AddressKind};
use crate::domain::codes::Sex;
use crate::matching::Difference;
use crate::policy::tests::sample::{all_fields, caller, client, fields, grant, known, record, subject};

fn full() -> Grant {
    grant(client(), &caller(), all_fields())
}

fn limited_to(paths: &[&str]) -> Grant {
    grant(client(), &caller(), fields(paths))
}

fn today() -> Date {
    date(2026, 8, 22)
}

fn close() -> Subject {
    subject("100190000001", "NGUYEN THI MAU", "1990-04-12")
}

fn residence(commune: Option<&str>, detail: Option<&str>) -> Claim {
    let claim = AddressClaim {
        province: "25".parse().unwrap(),
        commune: commune.map(|code| code.parse().unwrap()),
        detail: detail.map(str::to_owned),
        as_of: None,
    };
    Claim::Address(AddressKind::PermanentResidence, claim)
}

fn female() -> Claim {
    Claim::Sex(Some(Sex::Female))
}

fn male() -> Claim {
    Claim::Sex(Some(Sex::Male))
}

fn verify(
    grant: &Grant,
    subject: &Subject,
    claims: &[Claim],
    record: &Record,
) -> (Outcome, Vec<&'static str>) {
    let disclosure = grant.verdicts(subject, claims, Some(record), today());
    let Facts::Verdicts(verdicts) = disclosure.facts() else {
        panic!("verify tells verdicts");
    };
    let results = verdicts.iter().map(|(_, verdict)| verdict.result.as_str());
    (disclosure.outcome(), results.collect())
}

fn of_status(status: Status) -> Record {
    Record { status, ..record() }
}

/// Why, who may ask what, of whom, what is claimed and held, and what comes of it.
type Verified<'a> = (
    &'a str,
    &'a Grant,
    Subject,
    Vec<Claim>,
    Record,
    Outcome,
    &'a [&'a str],
);

#[test]
fn the_weightiest_finding_gives_the_outcome() {
    let nothing_held = Record {
        sex: None,
        permanent_residence: None,
        ..record()
    };
    let (whole, sexless) = (full(), limited_to(&["ethnicity"]));
    let kinh = || Claim::Ethnicity("01".parse().unwrap());
    let place = || residence(Some("09106"), None);
    use Outcome::{Confirmed, Differs, Inactive, Incomplete, NoMatch};
    let table: [Verified<'_>; 16] = [
        (
            "nothing claimed but who",
            &whole,
            known(),
            vec![],
            record(),
            Confirmed,
            &[],
        ),
        (
            "all is so",
            &whole,
            known(),
            vec![female(), place()],
            record(),
            Confirmed,
            &["match", "match"],
        ),
        (
            "one is not so",
            &whole,
            known(),
            vec![male(), kinh()],
            record(),
            Differs,
            &["mismatch", "match"],
        ),
        (
            "one isn't held",
            &whole,
            known(),
            vec![female(), kinh()],
            nothing_held.clone(),
            Incomplete,
            &["not_held", "match"],
        ),
        (
            "not so beats not held",
            &whole,
            known(),
            vec![place(), male(), kinh()],
            Record {
                sex: Some(Sex::Female),
                ..nothing_held.clone()
            },
            Differs,
            &["not_held", "mismatch", "match"],
        ),
        (
            "text is close at best",
            &whole,
            known(),
            vec![residence(Some("09106"), Some("Khu 4"))],
            record(),
            Differs,
            &["close"],
        ),
        (
            "close identity is never yes",
            &whole,
            close(),
            vec![female()],
            record(),
            Differs,
            &["match"],
        ),
        (
            "close identity, fact not held",
            &whole,
            close(),
            vec![female()],
            nothing_held,
            Differs,
            &["not_held"],
        ),
        (
            "an unlicensed claim is no yes",
            &sexless,
            known(),
            vec![female(), kinh()],
            record(),
            Incomplete,
            &["not_permitted", "match"],
        ),
        (
            "an unlicensed claim tells nothing",
            &sexless,
            known(),
            vec![male(), kinh()],
            record(),
            Incomplete,
            &["not_permitted", "match"],
        ),
        (
            "dead beats all",
            &whole,
            known(),
            vec![male()],
            of_status(Status::Deceased),
            Inactive,
            &["mismatch"],
        ),
        (
            "dead beats close",
            &whole,
            close(),
            vec![female()],
            of_status(Status::Deceased),
            Inactive,
            &["match"],
        ),
        (
            "cancelled without another",
            &whole,
            known(),
            vec![female()],
            of_status(Status::Cancelled),
            Inactive,
            &["match"],
        ),
        (
            "missing people are people",
            &whole,
            known(),
            vec![female()],
            of_status(Status::Missing),
            Confirmed,
            &["match"],
        ),
        (
            "under review vouches for nothing",
            &whole,
            known(),
            vec![male()],
            of_status(Status::UnderReview),
            Incomplete,
            &["under_review"],
        ),
        (
            "not even for the name",
            &whole,
            known(),
            vec![],
            of_status(Status::UnderReview),
            Incomplete,
            &[],
        ),
    ];
    for (why, grant, subject, claims, record, outcome, results) in table {
        let told = verify(grant, &subject, &claims, &record);
        assert_eq!(told, (outcome, results.to_vec()), "{why}");
    }
    let dead = of_status(Status::Deceased);
    let wrong = subject("100190000001", "TRẦN VĂN KHÁC", "1990-04-12");
    assert_eq!(
        verify(&whole, &wrong, &[female()], &dead),
        (NoMatch, vec![]),
        "who can't name the dead"
    );
}

#[test]
fn verdicts_come_in_the_order_asked_under_the_names_of_the_api() {
    let claims = [residence(None, None), female(), Claim::HeadOfHousehold(true)];
    let disclosure = full().verdicts(&known(), &claims, Some(&record()), today());
    let Facts::Verdicts(verdicts) = disclosure.facts() else {
        panic!("verify tells verdicts");
    };
    let names: Vec<_> = verdicts.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["permanent_residence", "sex", "head_of_household"]);
}

#[test]
fn a_claim_on_an_address_needs_every_part_that_it_names() {
    let (province, commune, detail) = (
        "permanent_residence.province_code",
        "permanent_residence.commune_code",
        "permanent_residence.detail",
    );
    let table: [(Claim, &[&str], &str); 7] = [
        (residence(None, None), &[province], "match"),
        (residence(Some("09106"), None), &[province], "not_permitted"),
        (residence(Some("09106"), None), &[province, commune], "match"),
        (residence(Some("09106"), None), &[commune], "not_permitted"),
        (
            residence(Some("09106"), Some("Khu 3")),
            &[province, commune],
            "not_permitted",
        ),
        (residence(None, Some("Khu 3")), &[province, detail], "match"),
        (
            residence(None, None),
            &["current_residence.province_code"],
            "not_permitted",
        ),
    ];
    for (claim, permitted, expected) in table {
        let (_, results) = verify(
            &limited_to(permitted),
            &known(),
            std::slice::from_ref(&claim),
            &record(),
        );
        // Text is close at best, which is another rule's matter: what counts is that a verdict was given.
        let told = results[0].replace("close", "match");
        assert_eq!(told, expected, "{:?} with {permitted:?}", fields_of(&claim));
    }
}

#[test]
fn every_failed_gate_leaves_the_same_behind() {
    let claims = [female(), residence(Some("09106"), None)];
    let of = |subject: &Subject, record: Option<&Record>| {
        let verdicts = full().verdicts(subject, &claims, record, today());
        let released = full().release(subject, all_fields(), record).unwrap();
        (verdicts, released)
    };
    let dead = of_status(Status::Deceased);
    let wrong_name = subject("100190000001", "TRẦN VĂN KHÁC", "1990-04-12");
    let unknown_number = of(&known(), None);
    let table = [
        ("wrong name", wrong_name.clone(), record()),
        ("wrong name of a dead one", wrong_name, dead),
        (
            "wrong date",
            subject("100190000001", "NGUYỄN THỊ MẪU", "1990-04-13"),
            record(),
        ),
        (
            "wrong year",
            subject("100190000001", "NGUYỄN THỊ MẪU", "1991"),
            record(),
        ),
        (
            "another's number",
            subject("100190000002", "NGUYỄN THỊ MẪU", "1990-04-12"),
            record(),
        ),
        (
            "another's cancelled number",
            subject("100190000102", "NGUYỄN THỊ MẪU", "1990-04-12"),
            record(),
        ),
        (
            "another's old number",
            subject("999000002", "NGUYỄN THỊ MẪU", "1990-04-12"),
            record(),
        ),
    ];
    for (why, subject, record) in table {
        assert_eq!(of(&subject, Some(&record)), unknown_number, "{why}");
    }
    let (verdicts, released) = unknown_number;
    assert_eq!(verdicts.facts(), &Facts::Verdicts(vec![]));
    assert_eq!(released.facts(), &Facts::Attributes(vec![]));
    for disclosure in [verdicts, released] {
        assert_eq!(disclosure.outcome(), Outcome::NoMatch);
        assert_eq!(disclosure.identity(), Identity::NO_MATCH);
        assert_eq!((disclosure.status(), disclosure.warnings()), (None, &[][..]));
    }
}

fn released(grant: &Grant, subject: &Subject, asked: Fields, record: &Record) -> Disclosure {
    grant.release(subject, asked, Some(record)).unwrap()
}

fn attributes(disclosure: &Disclosure) -> Vec<(String, Option<Value>)> {
    let Facts::Attributes(attributes) = disclosure.facts() else {
        panic!("a look-up tells attributes");
    };
    let named = attributes
        .iter()
        .map(|(field, value)| (field.to_string(), value.clone()));
    named.collect()
}

#[test]
fn values_come_out_with_their_words() {
    let coded = |code: &str, label: &str| Value::Coded {
        code: code.to_owned(),
        label: Some(label.to_owned()),
    };
    let text = |text: &str| Value::Text(text.to_owned());
    let table = [
        ("pin", text("100190000001")),
        ("full_name", text("NGUYỄN THỊ MẪU")),
        ("date_of_birth", text("1990-04-12")),
        ("sex", coded("female", "Nữ")),
        ("ethnicity", coded("01", "Kinh")),
        ("religion", coded("00", "Không tôn giáo")),
        ("nationality", text("VN")),
        ("marital_status", coded("married", "Đang có vợ/chồng")),
        ("head_of_household", Value::Flag(false)),
        ("old_id_number", text("999000001")),
        ("permanent_residence.province_code", coded("25", "Phú Thọ")),
        ("permanent_residence.detail", text("Khu 3")),
    ];
    let asked = fields(&table.each_ref().map(|(path, _)| *path));
    let disclosure = released(&full(), &known(), asked, &record());
    assert_eq!(disclosure.outcome(), Outcome::Confirmed);
    let expected = table.map(|(path, value)| (path.to_owned(), Some(value)));
    assert_eq!(attributes(&disclosure), expected);
    let commune = released(
        &full(),
        &known(),
        fields(&["permanent_residence.commune_code"]),
        &record(),
    );
    let [(_, Some(Value::Coded { code, label: Some(_) }))] = &attributes(&commune)[..] else {
        panic!("a commune has a code and a name");
    };
    assert_eq!(code, "09106");
}

#[test]
fn a_code_without_a_word_is_shown_alone_and_a_date_in_the_precision_held() {
    let odd = Record {
        ethnicity: Some("98".parse().unwrap()),
        date_of_birth: "1990".parse().unwrap(),
        permanent_residence: Some(Address {
            commune: None,
            ..record().permanent_residence.unwrap()
        }),
        ..record()
    };
    let asked = fields(&["date_of_birth", "ethnicity", "permanent_residence.commune_code"]);
    let by_year = subject("100190000001", "NGUYỄN THỊ MẪU", "1990");
    let disclosure = released(&full(), &by_year, asked, &odd);
    let unlabelled = Value::Coded {
        code: "98".to_owned(),
        label: None,
    };
    let expected = [
        ("date_of_birth".to_owned(), Some(Value::Text("1990".to_owned()))),
        ("ethnicity".to_owned(), Some(unlabelled)),
        ("permanent_residence.commune_code".to_owned(), None),
    ];
    assert_eq!(attributes(&disclosure), expected);
    assert_eq!(disclosure.outcome(), Outcome::Incomplete, "one field isn't held");
}

#[test]
fn a_close_identity_releases_nothing_unless_the_licence_says_so() {
    let asked = fields(&["sex", "permanent_residence.commune_code"]);
    let kept = released(&full(), &close(), asked, &record());
    assert_eq!((kept.outcome(), attributes(&kept)), (Outcome::Differs, vec![]));
    assert_eq!(kept.identity().result, IdentityResult::Close);
    assert!(kept.identity().differences.contains(Difference::Diacritics));
    assert_eq!(kept.warnings(), [Warning::NotPermitted]);
    let dead = released(&full(), &close(), asked, &of_status(Status::Deceased));
    assert_eq!(
        (dead.outcome(), attributes(&dead)),
        (Outcome::Inactive, vec![]),
        "as verify has it"
    );
    let lenient = Client {
        accept_close_identity: true,
        ..client()
    };
    let given = released(
        &grant(lenient, &caller(), all_fields()),
        &close(),
        asked,
        &record(),
    );
    assert_eq!((given.outcome(), attributes(&given).len()), (Outcome::Differs, 2));
    assert_eq!(given.warnings(), []);
}

#[test]
fn what_lies_outside_the_licence_is_named_all_and_only() {
    let licence = Client {
        fields: fields(&["full_name", "sex", "religion"]),
        ..client()
    };
    let grant = grant(licence, &caller(), fields(&["full_name", "sex", "ethnicity"]));
    let asked = fields(&["full_name", "religion", "ethnicity", "marital_status"]);
    let outside = fields(&["religion", "ethnicity", "marital_status"]);
    let expected = Err(Denied::FieldNotPermitted(outside));
    assert_eq!(grant.covers(asked), expected.clone());
    let wrong = subject("100190000001", "TRẦN VĂN KHÁC", "1990-04-12");
    for (why, subject, record) in [
        ("whoever is asked about", known(), Some(record())),
        ("a failed identity", wrong, Some(record())),
        ("nobody there", known(), None),
    ] {
        let told = grant.release(&subject, asked, record.as_ref()).map(|_| ());
        assert_eq!(told, expected, "{why}");
    }
    assert_eq!(grant.covers(grant.permitted()), Ok(()));
    assert_eq!(grant.covers(Fields::NONE), Ok(()));
}

#[test]
fn the_officer_is_told_what_to_know_beside() {
    let cancelled = || subject("100190000101", "NGUYỄN THỊ MẪU", "1990-04-12");
    let old = || subject("999000001", "NGUYỄN THỊ MẪU", "1990-04-12");
    let corrected_sex = Record {
        sex: Some(Sex::Male),
        ..record()
    };
    let corrected_year = Record {
        date_of_birth: "1991-04-12".parse().unwrap(),
        ..record()
    };
    let sex_unknown = Record {
        sex: None,
        ..record()
    };
    let born_1991 = || subject("100190000001", "NGUYỄN THỊ MẪU", "1991-04-12");
    use Warning::{NumberReplaced, PinStructureMismatch, UnderReview};
    let table: [(&str, Subject, Record, &[Warning]); 8] = [
        ("nothing", known(), record(), &[]),
        ("asked by the old number", old(), record(), &[]),
        (
            "asked by a cancelled number",
            cancelled(),
            record(),
            &[NumberReplaced],
        ),
        (
            "sex digit",
            known(),
            corrected_sex.clone(),
            &[PinStructureMismatch],
        ),
        (
            "year digits",
            born_1991(),
            corrected_year,
            &[PinStructureMismatch],
        ),
        ("sex not held", known(), sex_unknown, &[]),
        ("locked", known(), of_status(Status::UnderReview), &[UnderReview]),
        (
            "several",
            cancelled(),
            Record {
                status: Status::UnderReview,
                ..corrected_sex
            },
            &[NumberReplaced, PinStructureMismatch, UnderReview],
        ),
    ];
    for (why, subject, record, expected) in table {
        let disclosure = full().verdicts(&subject, &[], Some(&record), today());
        assert_eq!(disclosure.warnings(), expected, "{why}");
        let looked_up = released(&full(), &subject, fields(&["sex"]), &record);
        assert_eq!(looked_up.warnings(), expected, "{why}");
    }
}

#[test]
fn the_number_in_force_is_shown_only_where_it_is_licensed() {
    let cancelled = subject("100190000101", "NGUYỄN THỊ MẪU", "1990-04-12");
    let shown = released(&full(), &cancelled, fields(&["pin"]), &record());
    let expected = [("pin".to_owned(), Some(Value::Text("100190000001".to_owned())))];
    assert_eq!(attributes(&shown), expected);
    assert_eq!(shown.outcome(), Outcome::Confirmed);
    let told = limited_to(&["sex"]).release(&cancelled, fields(&["pin"]), Some(&record()));
    assert_eq!(told, Err(Denied::FieldNotPermitted(fields(&["pin"]))));
}

#[test]
fn a_record_under_review_releases_no_value() {
    let disclosure = released(&full(), &known(), all_fields(), &of_status(Status::UnderReview));
    assert_eq!(disclosure.outcome(), Outcome::Incomplete);
    assert!(attributes(&disclosure).iter().all(|(_, value)| value.is_none()));
}
