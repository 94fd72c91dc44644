use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::*;
use crate::domain::field::Field;
use crate::exchange::CacheUse;
use crate::http::openapi;
use crate::matching::{ClaimResult, Difference, IdentityResult};

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn written(told: &Told<'_>, source: &Source) -> Json {
    let answered_at = time("2026-11-22T01:00:01.0425Z");
    let id = Uuid::from_u128(0x0192);
    serde_json::from_str(&body(id, told, source, answered_at, "gateway-1.7.AAAA")).unwrap()
}

fn source(from: From, age: u64) -> Source {
    Source {
        from,
        as_of: time("2026-11-22T00:00:00Z"),
        age,
        cache: CacheUse::Miss,
    }
}

fn described(schema: &str, body: &Json) {
    let document: Json = serde_json::from_str(&openapi::document(openapi::EXAMPLE_URL).unwrap()).unwrap();
    openapi::tests::check(&document, &document["components"]["schemas"][schema], body, "");
}

const MATCH: Identity = Identity {
    result: IdentityResult::Match,
    differences: Differences::NONE,
};

#[test]
fn a_verification_is_written_as_in_the_contract() {
    let mut differences = Differences::NONE;
    differences.insert(Difference::OldTerritoryCode);
    let close = ClaimVerdict {
        result: ClaimResult::Close,
        differences,
    };
    let facts = Facts::Verdicts(vec![
        ("sex", ClaimVerdict::plain(ClaimResult::Match)),
        ("permanent_residence", close),
    ]);
    let told = Told {
        outcome: Outcome::Differs,
        identity: MATCH,
        facts: &facts,
        status: Some(Status::Active),
        warnings: &[Warning::NumberReplaced],
    };
    let body = written(&told, &source(From::Cache, 19));
    assert_eq!(
        body,
        json!({
            "transaction_id": "00000000-0000-0000-0000-000000000192",
            "outcome": "differs",
            "identity": {"result": "match", "differences": []},
            "claims": {
                "sex": {"result": "match", "differences": []},
                "permanent_residence": {"result": "close", "differences": ["old_territory_code"]},
            },
            "status": "active",
            "warnings": ["number_replaced"],
            "source": {"from": "cache", "as_of": "2026-11-22T07:00:00+07:00", "age": 19},
            "answered_at": "2026-11-22T08:00:01.042+07:00",
            "receipt": "gateway-1.7.AAAA",
        })
    );
    described("VerifyReply", &body);
}

#[test]
fn a_look_up_tells_each_value_with_its_origin() {
    let coded = Value::Coded {
        code: "01".to_owned(),
        label: Some("Kinh".to_owned()),
    };
    let facts = Facts::Attributes(vec![
        (Field::FullName, Some(Value::Text("NGUYỄN THỊ MẪU".to_owned()))),
        (Field::Ethnicity, Some(coded)),
        (Field::HeadOfHousehold, Some(Value::Flag(true))),
        (Field::Nationality, None),
    ]);
    let told = Told {
        outcome: Outcome::Incomplete,
        identity: MATCH,
        facts: &facts,
        status: Some(Status::Active),
        warnings: &[],
    };
    let body = written(&told, &source(From::StaleCache, 3600));
    let attribute =
        |value: Json| json!({"value": value, "as_of": "2026-11-22T07:00:00+07:00", "source": "stale_cache"});
    assert_eq!(
        body["attributes"],
        json!({
            "full_name": attribute(json!("NGUYỄN THỊ MẪU")),
            "ethnicity": attribute(json!({"code": "01", "label": "Kinh"})),
            "head_of_household": attribute(json!(true)),
            "nationality": attribute(Json::Null),
        })
    );
    assert!(body.get("claims").is_none());
    described("LookupReply", &body);
}

#[test]
fn no_match_is_one_answer_whatever_its_source() {
    for (facts, empty, schema) in [
        (Facts::Verdicts(Vec::new()), "claims", "VerifyReply"),
        (Facts::Attributes(Vec::new()), "attributes", "LookupReply"),
    ] {
        let told = Told {
            outcome: Outcome::NoMatch,
            identity: Identity::NO_MATCH,
            facts: &facts,
            status: None,
            warnings: &[],
        };
        let bodies = [
            source(From::Registry, 0),
            source(From::Cache, 40),
            source(From::StaleCache, 9000),
        ]
        .map(|source| written(&told, &source));
        for body in &bodies {
            assert_eq!(Some(body), bodies.first());
            described(schema, body);
        }
        assert_eq!(
            bodies[0],
            json!({
                "transaction_id": "00000000-0000-0000-0000-000000000192",
                "outcome": "no_match",
                "identity": {"result": "no_match", "differences": []},
                empty: {},
                "warnings": [],
                "source": {"from": "registry", "as_of": "2026-11-22T08:00:01.042+07:00", "age": 0},
                "answered_at": "2026-11-22T08:00:01.042+07:00",
                "receipt": "gateway-1.7.AAAA",
            })
        );
    }
}

#[test]
fn predicates_are_told_in_the_order_asked_and_members_with_their_values() {
    use crate::domain::household::Relationship;
    use crate::domain::predicate::{PredicateResult, Reason};
    let told = |facts: &Facts| {
        let told = Told {
            outcome: Outcome::Differs,
            identity: MATCH,
            facts,
            status: Some(Status::Active),
            warnings: &[],
        };
        written(&told, &source(From::Registry, 0))
    };
    let verdict = |result, reason| PredicateVerdict { result, reason };
    let predicates = Facts::Predicates(vec![
        ("same_household", verdict(PredicateResult::True, Reason::Held)),
        (
            "relationship",
            verdict(PredicateResult::NotHeld, Reason::RelationToHeadOnly),
        ),
    ]);
    let answer = told(&predicates);
    assert_eq!(
        answer["predicates"],
        json!([
            {"type": "same_household", "result": "true", "reason": "held"},
            {"type": "relationship", "result": "not_held", "reason": "relation_to_head_only"},
        ])
    );
    assert!(answer.get("claims").is_none() && answer.get("members").is_none());
    described("HouseholdVerifyReply", &answer);
    let listed = |standing| Listed {
        standing,
        attributes: vec![(Field::FullName, Some(Value::Text("TRẦN MINH BÉ".to_owned())))],
    };
    let child = Standing::ToHead(Relationship::Child);
    let answer = told(&Facts::Members(vec![listed(Some(child)), listed(None)]));
    let value = json!({"value": "TRẦN MINH BÉ", "as_of": "2026-11-22T07:00:00+07:00", "source": "registry"});
    assert_eq!(
        answer["members"],
        json!([
            {"relationship": "child", "attributes": {"full_name": value}},
            {"relationship": null, "attributes": {"full_name": value}},
        ])
    );
    assert!(answer.get("predicates").is_none());
    described("HouseholdLookupReply", &answer);
}
