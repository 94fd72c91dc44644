use super::*;

const GOOD: &str = r#"{
    "id": "one-stop", "name": "Một cửa", "province_code": "46", "units": ["H57.12"], "procedures": ["1.001193"],
    "fields": ["full_name"], "scopes": ["citizens.verify"], "status": "active",
    "valid_from": "2026-01-01T00:00:00+07:00", "valid_until": "2027-01-01T00:00:00+07:00",
    "limits": {"officer_per_second": 3, "rate_per_second": 10, "burst": 20, "concurrency": 4, "per_day": 5, "per_month": 6}
}"#;

fn good() -> Registration {
    serde_json::from_str(GOOD).unwrap()
}

fn known(code: &ProcedureCode) -> Option<&'static str> {
    (code.as_str() != "1.001193").then_some("isn't in the catalogue")
}

#[test]
fn what_is_left_out_is_as_usual() {
    let client = good().judged(&known).unwrap();
    let allowance = client.allowance;
    assert_eq!(client.id.as_str(), "one-stop");
    assert_eq!((allowance.officer_burst, allowance.officers_per_subject), (6, 20));
    assert_eq!(
        (allowance.registry_weight, allowance.batch_rows_per_day),
        (1, 100_000)
    );
    assert_eq!(allowance.guesses, Guesses::default());
    assert!(client.thumbprints.is_empty() && !client.accept_close_identity);
}

#[test]
fn everything_that_is_wrong_is_said_at_once_with_its_place() {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let good = good();
    let bad = Registration {
        id: "001090000001".to_owned(),
        name: " ".to_owned(),
        province_code: "460".to_owned(),
        units: texts(&["H57.12", "H 57"]),
        procedures: texts(&["1.001193", "1.009999", "no code"]),
        fields: texts(&["full_name", "shoe_size"]),
        scopes: texts(&["citizens.guess"]),
        thumbprints: texts(&["short"]),
        accept_close_identity: false,
        status: "paused".to_owned(),
        valid_from: "yesterday".to_owned(),
        valid_until: good.valid_until.clone(),
        limits: Limits {
            per_month: 4,
            ..good.limits.clone()
        },
    };
    let objections = bad.judged(&known).unwrap_err();
    let places: Vec<(&str, Option<usize>)> = objections
        .iter()
        .map(|objection| (objection.member, objection.item))
        .collect();
    let expected = [
        ("id", None),
        ("name", None),
        ("province_code", None),
        ("units", Some(1)),
        ("procedures", Some(2)),
        ("fields", Some(1)),
        ("scopes", Some(0)),
        ("thumbprints", Some(0)),
        ("status", None),
        ("valid_from", None),
        ("limits", None),
    ];
    assert_eq!(places, expected);
    let unlisted = Registration {
        procedures: texts(&["1.001193", "1.009999"]),
        valid_until: good.valid_from.clone(),
        ..good
    };
    let wrong: Vec<Wrong> = unlisted
        .judged(&known)
        .unwrap_err()
        .into_iter()
        .map(|objection| objection.wrong)
        .collect();
    assert_eq!(wrong, [Wrong::Term, Wrong::Procedure("isn't in the catalogue")]);
}

#[test]
fn a_member_that_is_not_known_is_refused() {
    let more = GOOD.replace("\"status\"", "\"colour\": \"red\", \"status\"");
    assert!(serde_json::from_str::<Registration>(&more).is_err());
    let more = GOOD.replace("\"per_day\"", "\"per_week\": 1, \"per_day\"");
    assert!(serde_json::from_str::<Registration>(&more).is_err());
}
