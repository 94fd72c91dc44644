use std::collections::BTreeSet;

use super::*;
use crate::domain::context::ProcedureCode;
use crate::http::faults::Faults;
use crate::http::json::Json;
use crate::http::routes::Method;
use crate::http::wire::catalogue::Listed;
use crate::http::wire::household;
use crate::http::wire::person::{ADDRESS, CLAIMS, SUBJECT};
use crate::http::wire::request::{CONTEXT, LOOKUP, VERIFY, fields_of, lookup, verify};
use crate::policy::clients::{Allowance, Client, Guesses, Status};

/// Gives a registration to show.
pub(in crate::http) fn client() -> Client {
    Client {
        id: "one-stop-25".parse().unwrap(),
        name: "Một cửa".to_owned(),
        province: "25".parse().unwrap(),
        units: ["H44.12".parse().unwrap()].into(),
        procedures: ["1.001193".parse::<ProcedureCode>().unwrap()].into(),
        fields: crate::domain::field::Field::all().collect(),
        scopes: Scope::ALL.into_iter().collect(),
        allowance: Allowance {
            officer_per_second: 100,
            officer_burst: 200,
            officers_per_subject: 20,
            guesses: Guesses {
                per_officer: 30,
                per_person: 10,
                per_client: 600,
            },
            rate_per_second: 2000,
            burst: 4000,
            concurrency: 512,
            per_day: 1_000_000,
            per_month: 20_000_000,
            registry_weight: 1,
            batch_rows_per_day: 100_000,
        },
        procedure_limits: Default::default(),
        thumbprints: Vec::new(),
        accept_close_identity: false,
        status: Status::Active,
        valid_from: jiff::Timestamp::UNIX_EPOCH,
        valid_until: jiff::Timestamp::MAX,
    }
}

fn whole() -> Value {
    serde_json::from_str(&document(EXAMPLE_URL).unwrap()).unwrap()
}

/// Checks a value against a schema of the document, as far as the document's schemas go.
pub(in crate::http) fn check(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(Value::String(reference)) = schema.get("$ref") {
        let target = document
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("{reference}"));
        return check(document, target, value, at);
    }
    if let Some(Value::Array(options)) = schema.get("enum") {
        assert!(options.contains(value), "{at}: {value} is none of {options:?}");
    }
    if let Some(Value::Object(members)) = schema.get("properties") {
        let sent = value.as_object().unwrap_or_else(|| panic!("{at} is no object"));
        for (name, value) in sent {
            let member = members
                .get(name)
                .unwrap_or_else(|| panic!("{at}/{name} isn't described"));
            check(document, member, value, &format!("{at}/{name}"));
        }
        let required = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        for name in required.filter_map(Value::as_str) {
            assert!(sent.contains_key(name), "{at}/{name} is missing");
        }
    } else if let (Some(each), Some(sent)) = (schema.get("additionalProperties"), value.as_object()) {
        sent.iter()
            .for_each(|(name, value)| check(document, each, value, &format!("{at}/{name}")));
    }
    if let (Some(items), Some(sent)) = (schema.get("items"), value.as_array()) {
        sent.iter().for_each(|value| check(document, items, value, at));
    }
}

fn members_of(document: &Value, schema: &str) -> BTreeSet<String> {
    document["components"]["schemas"][schema]["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

#[test]
fn rows_and_document_hold_the_same_operations() {
    let document = whole();
    let described: BTreeSet<_> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object()
                .unwrap()
                .keys()
                .map(move |method| (path.clone(), method.clone()))
        })
        .collect();
    let rows: BTreeSet<_> = TABLE
        .iter()
        .filter(|row| row.described.is_some())
        .map(|row| (row.path.to_owned(), row.method.member().to_owned()))
        .collect();
    assert_eq!(described, rows);
    let undescribed: Vec<_> = TABLE
        .iter()
        .filter(|row| row.described.is_none())
        .map(|row| row.path)
        .collect();
    assert_eq!(undescribed, ["/problems/page.css", "/docs", "/docs/{file:.*}"]);
    assert!(
        TABLE
            .iter()
            .all(|row| !row.path.starts_with("/v1/") || row.described.is_some())
    );
    assert!(TABLE.iter().any(|row| row.method == Method::Post));
}

#[test]
fn every_operation_needs_a_token_or_says_that_it_needs_none() {
    for (path, item) in whole()["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            let is_open = operation["security"] == json!([]);
            let is_for_all = !path.starts_with("/v1/") || path.starts_with("/v1/status-lists/");
            assert_eq!(is_open, is_for_all, "{path}");
            // The registry has no token; its signature is its credential, and can be refused.
            let may_be_unknown = !is_open || path == "/events/registry";
            assert_eq!(
                operation["responses"].get("401").is_some(),
                may_be_unknown,
                "{path}"
            );
            assert!(
                operation["operationId"].is_string() && operation["summary"].is_string(),
                "{path}"
            );
        }
    }
}

#[test]
fn every_code_that_an_operation_can_give_is_shown_once_with_a_true_example() {
    let document = whole();
    let problem = &document["components"]["schemas"]["Problem"];
    let mut shown = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert!(
                    response["headers"].get("X-Request-Id").is_some(),
                    "{path} {status}"
                );
                let examples = response.pointer("/content/application~1problem+json/examples");
                for (code, example) in examples.and_then(Value::as_object).into_iter().flatten() {
                    let example = &example["value"];
                    check(&document, problem, example, path);
                    assert_eq!(
                        (&example["code"], &example["status"]),
                        (&json!(code), &json!(status.parse::<u16>().unwrap()))
                    );
                    shown.insert(code.clone());
                }
            }
        }
    }
    // 405 is what an address answers that the document doesn't describe.
    let expected = Code::ALL
        .into_iter()
        .filter(|code| *code != Code::MethodNotAllowed);
    assert_eq!(shown, expected.map(|code| code.as_str().to_owned()).collect());
}

#[test]
fn examples_fit_their_schemas_and_are_read_without_a_fault() {
    let document = whole();
    let schema = |name: &str| document["components"]["schemas"][name].clone();
    check(
        &document,
        &schema("VerifyRequest"),
        &examples::verify_request(),
        "",
    );
    check(
        &document,
        &schema("LookupRequest"),
        &examples::lookup_request(),
        "",
    );
    check(&document, &schema("VerifyReply"), &examples::confirmed(), "");
    check(
        &document,
        &schema("VerifyReply"),
        &examples::no_match("claims"),
        "",
    );
    check(&document, &schema("LookupReply"), &examples::released(), "");
    check(
        &document,
        &schema("LookupReply"),
        &examples::no_match("attributes"),
        "",
    );
    check(&document, &schema("FieldList"), &examples::fields(), "");
    check(&document, &schema("Registration"), &examples::registration(), "");
    check(&document, &schema("Quota"), &examples::quota(), "");
    let of_households = [
        ("HouseholdVerifyRequest", examples::households::verify_request()),
        ("HouseholdLookupRequest", examples::households::lookup_request()),
        ("HouseholdVerifyReply", examples::households::judged()),
        (
            "HouseholdVerifyReply",
            examples::no_match_of("predicates", &json!([])),
        ),
        ("HouseholdLookupReply", examples::households::listed()),
        (
            "HouseholdLookupReply",
            examples::no_match_of("members", &json!([])),
        ),
    ];
    for (name, example) in of_households {
        check(&document, &schema(name), &example, name);
    }
    let readers = [
        (
            household::verify as crate::http::wire::request::Read,
            examples::households::verify_request(),
        ),
        (household::lookup, examples::households::lookup_request()),
        (verify, examples::verify_request()),
        (lookup, examples::lookup_request()),
    ];
    for (read, example) in readers {
        let mut faults = Faults::default();
        let body = example.to_string();
        assert!(
            read(
                &Json::read(body.as_bytes()).unwrap(),
                "2026-11-22".parse().unwrap(),
                &mut faults
            )
            .is_some()
        );
        assert!(faults.is_empty(), "{faults:?}");
    }
}

#[test]
fn bodies_are_described_as_they_are_read() {
    let document = whole();
    let cases: [(&str, &[&str]); 8] = [
        ("VerifyRequest", &VERIFY),
        ("LookupRequest", &LOOKUP),
        ("HouseholdVerifyRequest", &household::VERIFY),
        ("HouseholdLookupRequest", &household::LOOKUP),
        ("Subject", &SUBJECT),
        ("Claims", &CLAIMS),
        ("Address", &ADDRESS),
        ("Context", &CONTEXT),
    ];
    for (schema, read) in cases {
        assert_eq!(
            members_of(&document, schema),
            read.iter().map(|name| (*name).to_owned()).collect(),
            "{schema}"
        );
        assert_eq!(
            document["components"]["schemas"][schema]["additionalProperties"],
            json!(false),
            "{schema}"
        );
    }
    for path in examples::field_paths() {
        assert!(!fields_of(&path).is_empty(), "{path}");
    }
    assert_eq!(examples::field_paths().len(), 30);
}

#[test]
fn what_may_be_left_out_may_not_be_null() {
    let document = whole();
    assert_eq!(
        document["components"]["schemas"]["Subject"]["properties"]["pin"]["type"],
        "string"
    );
    let claims = &document["components"]["schemas"]["Claims"]["properties"];
    assert!(
        claims["sex"].get("$ref").is_some() && claims["permanent_residence"].get("$ref").is_some(),
        "{claims}"
    );
    let value = &document["components"]["schemas"]["Attribute"]["properties"]["value"];
    assert!(value.to_string().contains("null"), "{value}");
}

#[test]
fn a_registration_is_shown_as_it_is_described() {
    let document = whole();
    let shown = serde_json::to_value(crate::http::client::Registration::of(&client())).unwrap();
    check(
        &document,
        &document["components"]["schemas"]["Registration"],
        &shown,
        "",
    );
}

#[test]
fn the_catalogue_is_shown_as_it_is_described() {
    let document = whole();
    let catalogue = crate::config::shipped_catalogue().unwrap();
    let listed = Listed::of(catalogue.iter().map(AsRef::as_ref));
    let shown = serde_json::to_value(listed).unwrap();
    let schemas = &document["components"]["schemas"];
    check(&document, &schemas["ProcedureList"], &shown, "");
    check(
        &document,
        &schemas["Procedure"],
        &operations::catalogue::example(),
        "",
    );
    let birth = shown["procedures"]
        .as_array()
        .unwrap()
        .iter()
        .find(|shown| shown["code"] == "1.001193");
    let (birth, example) = (birth.unwrap(), operations::catalogue::example());
    for member in [
        "name",
        "sector",
        "level",
        "legal_ground",
        "max_age",
        "stale_allowed",
        "shares_cache",
    ] {
        assert_eq!(
            birth[member], example[member],
            "{member}: the example is a true one"
        );
    }
    assert_eq!(birth["roles"][0], example["roles"][0]);
}

#[test]
fn words_of_predicates_are_described_as_they_are_told() {
    use crate::domain::household::{Relationship, ResidenceKind};
    use crate::domain::predicate::Reason;
    let document = whole();
    let described = |schema: &str| document["components"]["schemas"][schema]["enum"].clone();
    assert_eq!(
        described("PredicateReason"),
        json!(Reason::ALL.map(Reason::as_str))
    );
    assert_eq!(
        described("Relationship"),
        json!(Relationship::ALL.map(Relationship::as_str))
    );
    assert_eq!(
        described("ResidenceKind"),
        json!(ResidenceKind::ALL.map(ResidenceKind::as_str))
    );
}
