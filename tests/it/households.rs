//! Is it so of a household, who belongs to it, and does who may not know it learn nothing?
//!
//! Ground truth comes from the mock registry's control port: sampled households and the personas of one.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::clients::{Answer, Role};
use crate::gateway::{CLIENT, Gateway};
use crate::registry_faults::with;

const OFFICER: &str = "001090000001";
/// Needs the whole list; takes an older record while the registry is down.
const LISTING: &str = "1.011606";
/// Needs none; takes an older record.
const BIRTH: &str = "1.001193";

const VERIFY: &str = "/v1/households/verify";
const LOOKUP: &str = "/v1/households/lookup";

fn head() -> Value {
    json!({"pin": "100080000017", "full_name": "Trần Văn Chủ", "date_of_birth": "1980-05-01"})
}

fn wife() -> Value {
    json!({"pin": "100184000018", "full_name": "Nguyễn Thị Thành Viên", "date_of_birth": "1984-08-08"})
}

fn child() -> Value {
    json!({"pin": "100216000016", "full_name": "Trần Minh Bé", "date_of_birth": "2016-06-01"})
}

fn alone() -> Value {
    json!({"pin": "100160000019", "full_name": "Cao Thị Đơn", "date_of_birth": "1960-12-24"})
}

fn context(procedure: &str) -> Value {
    json!({"procedure": procedure, "dossier": "000.00.12.H57-260822-0001", "channel": "counter"})
}

fn asked(subject: &Value, predicates: Value, procedure: &str) -> Value {
    json!({"subject": subject, "predicates": predicates, "context": context(procedure)})
}

fn list_of(subject: &Value, fields: &[&str], procedure: &str) -> Value {
    json!({"subject": subject, "fields": fields, "context": context(procedure)})
}

/// Asks one question each and gives result and reason.
async fn judged(officer: &Role<'_>, subject: &Value, predicates: Value) -> Vec<(String, String)> {
    let answer = officer.post(VERIFY, &asked(subject, predicates, BIRTH)).await;
    assert_eq!(answer.status, 200, "{:#}", answer.body);
    verdicts(&answer)
}

fn verdicts(answer: &Answer) -> Vec<(String, String)> {
    let word = |verdict: &Value, member: &str| verdict[member].as_str().unwrap().to_owned();
    let told = answer.body["predicates"].as_array().unwrap().iter();
    told.map(|verdict| (word(verdict, "result"), word(verdict, "reason")))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(result, reason)| ((*result).to_owned(), (*reason).to_owned()))
        .collect()
}

#[actix_web::test]
async fn a_household_of_three_is_known_by_its_head() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    let all = |other: &Value, relationship: &str| {
        json!([
            {"type": "same_household", "person": other},
            {"type": "head_of_household"},
            {"type": "relationship", "person": other, "relationship": relationship},
            {"type": "resides_in", "commune_code": "09106", "since": "2024-01-01", "kind": "permanent"},
            {"type": "member_count", "at_least": 3, "at_most": 3},
        ])
    };
    let (held, other) = (("true", "held"), ("false", "another_is_head"));
    let to_head_only = ("not_held", "relation_to_head_only");
    // 09106 named another place before July 2025, so that the answer says how it was read.
    let home = ("true", "read_as_of_today");
    let table = [
        (wife(), head(), "spouse", [held, other, held, home, held]),
        (head(), wife(), "spouse", [held, held, held, home, held]),
        (head(), child(), "child", [held, held, held, home, held]),
        (child(), head(), "parent", [held, other, held, home, held]),
        (
            child(),
            head(),
            "sibling",
            [held, other, ("false", "another_relationship"), home, held],
        ),
        (child(), wife(), "parent", [held, other, to_head_only, home, held]),
    ];
    for (subject, person, relationship, expected) in table {
        assert_eq!(
            judged(&officer, &subject, all(&person, relationship)).await,
            pairs(&expected),
            "{relationship}"
        );
    }
    let stranger = judged(&officer, &head(), all(&alone(), "parent")).await;
    assert_eq!(stranger[0], ("false".to_owned(), "no_such_member".to_owned()));
    assert_eq!(stranger[2], ("not_held".to_owned(), "no_such_member".to_owned()));
    let by_herself = json!([{"type": "member_count", "at_most": 1}, {"type": "head_of_household"}]);
    assert_eq!(judged(&officer, &alone(), by_herself).await, pairs(&[held, held]));
    gateway.finish().await;
}

#[actix_web::test]
async fn sampled_households_are_told_as_they_are() {
    let gateway = Gateway::builder()
        .population(100_000_000)
        // What is told is the matter here, not how soon on a machine that is busy with other tests.
        .setting("registry.attempt_timeout", "20s")
        .setting("registry.deadline", "30s")
        .setting("api.shutdown_timeout", "30s")
        .limits(&[("officer_per_second", 10_000)])
        .start()
        .await;
    let officer = gateway.officer(OFFICER);
    let sample = gateway.known("sample?count=60&seed=21").await;
    for person in sample["people"].as_array().unwrap() {
        let household = &person["household"];
        let members = household["members"].as_array().unwrap();
        let own = members
            .iter()
            .find(|member| member["pin"] == person["pin"])
            .unwrap();
        let is_head = household["head"] == person["pin"];
        let mut predicates = vec![
            json!({"type": "head_of_household"}),
            json!({"type": "member_count", "at_least": members.len(), "at_most": members.len()}),
            json!({"type": "resides_in", "kind": own["residence_kind"], "since": own["since"],
                   "commune_code": person["permanent_residence"]["commune_code"]}),
        ];
        let mut expected = vec![if is_head { "true" } else { "false" }, "true", "true"];
        for other in members.iter().filter(|other| other["pin"] != person["pin"]) {
            let named = subject_of(other);
            predicates.push(json!({"type": "same_household", "person": named}));
            expected.push("true");
            let (relationship, result) = if is_head {
                (other["relationship"].as_str().unwrap(), "true")
            } else if other["pin"] == household["head"] {
                (reversed(own["relationship"].as_str().unwrap()), "true")
            } else {
                ("sibling", "not_held")
            };
            predicates.push(json!({"type": "relationship", "person": named, "relationship": relationship}));
            expected.push(result);
        }
        predicates.truncate(20);
        let told = judged(&officer, &subject_of(person), json!(predicates)).await;
        for (index, ((result, reason), expected)) in told.iter().zip(expected).enumerate() {
            assert_eq!(result, expected, "{reason}: {} of {person:#}", predicates[index]);
        }
    }
    gateway.finish().await;
}

fn subject_of(person: &Value) -> Value {
    json!({"pin": person["pin"], "full_name": person["full_name"], "date_of_birth": person["date_of_birth"]})
}

fn reversed(relationship: &str) -> &str {
    match relationship {
        "child" => "parent",
        "parent" => "child",
        "grandchild" => "grandparent",
        same => same,
    }
}

#[actix_web::test]
async fn residences_of_personas_are_judged_by_place_day_and_kind() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    let resides =
        |commune: &str, kind: &str| json!({"type": "resides_in", "commune_code": commune, "kind": kind});
    let since =
        |commune: &str, kind: &str, since: &str| with(&resides(commune, kind), "since", &json!(since));
    let lodger = json!({"pin": "100098000023", "full_name": "Dương Văn Tạm", "date_of_birth": "1998-03-14"});
    let old = json!({"pin": "100075000012", "full_name": "Trương Văn Cũ", "date_of_birth": "1975-04-30"});
    let locked = json!({"pin": "100072000024", "full_name": "Tô Văn Khóa", "date_of_birth": "1972-07-07"});
    let table = [
        (
            &lodger,
            since("26740", "temporary", "2026-03-01"),
            ("true", "held"),
        ),
        (
            &lodger,
            since("26740", "temporary", "2026-02-28"),
            ("false", "began_later"),
        ),
        (&lodger, resides("09106", "permanent"), ("true", "held")),
        (&lodger, resides("26740", "current"), ("true", "held")),
        (
            &lodger,
            since("26740", "current", "2026-03-01"),
            ("not_held", "since_not_held"),
        ),
        (
            &lodger,
            resides("26740", "permanent"),
            ("false", "another_commune"),
        ),
        (
            &old,
            resides("23284", "permanent"),
            ("true", "old_territory_code"),
        ),
        (&old, resides("09106", "permanent"), ("false", "another_commune")),
        (
            &old,
            since("99999", "permanent", "2024-01-01"),
            ("not_held", "abolished_commune_code"),
        ),
        (
            &locked,
            resides("09106", "permanent"),
            ("under_review", "under_review"),
        ),
    ];
    for (subject, predicate, expected) in table {
        let told = judged(&officer, subject, json!([predicate])).await;
        assert_eq!(told, pairs(&[expected]), "{predicate}");
    }
    gateway.finish().await;
}

#[actix_web::test]
async fn members_are_listed_with_what_is_licensed_and_only_where_the_list_is_needed() {
    let gateway = Gateway::builder()
        .client("narrow", &[("fields", "[\"full_name\"]")])
        .start()
        .await;
    let officer = gateway.officer(OFFICER);
    let fields = ["pin", "full_name", "permanent_residence.commune_code"];
    let answer = officer.post(LOOKUP, &list_of(&wife(), &fields, LISTING)).await;
    answer.must_be(200, "confirmed");
    let value = |member: &Value, field: &str| member["attributes"][field]["value"].clone();
    let members = answer.body["members"].as_array().unwrap();
    let told: Vec<_> = members
        .iter()
        .map(|member| {
            (
                member["relationship"].clone(),
                value(member, "pin"),
                value(member, "full_name"),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (json!("head"), json!("100080000017"), json!("TRẦN VĂN CHỦ")),
            (
                json!("spouse"),
                json!("100184000018"),
                json!("NGUYỄN THỊ THÀNH VIÊN")
            ),
            (json!("child"), json!("100216000016"), json!("TRẦN MINH BÉ")),
        ]
    );
    assert_eq!(
        value(&members[2], "permanent_residence.commune_code")["code"],
        "09106"
    );
    let rows = gateway.rows_of(answer.text("/transaction_id")).await;
    assert_eq!(
        (rows.len(), &rows[0]["operation"]),
        (1, &json!("household_lookup"))
    );
    assert_eq!(rows[0]["fields"], json!(fields));

    let calls = (gateway.registry_calls().await, gateway.household_calls().await);
    let refused = officer
        .post(LOOKUP, &list_of(&wife(), &["full_name"], BIRTH))
        .await;
    refused.must_be(403, "field_not_permitted");
    assert_eq!(refused.body["fields"], json!(["full_name"]));
    let narrow = gateway.client("narrow").officer(OFFICER);
    let refused = narrow.post(LOOKUP, &list_of(&wife(), &fields, LISTING)).await;
    refused.must_be(403, "field_not_permitted");
    assert_eq!(
        refused.body["fields"],
        json!(["pin", "permanent_residence.commune_code"])
    );
    let body = list_of(&wife(), &["religion"], LISTING);
    officer.post(LOOKUP, &body).await.must_be(422, "invalid_request");
    assert_eq!(
        (gateway.registry_calls().await, gateway.household_calls().await),
        calls
    );
    gateway.finish().await;
}

#[actix_web::test]
async fn each_call_needs_its_scope() {
    let gateway = Gateway::start().await;
    let verifying = gateway
        .officer(OFFICER)
        .scope("citizens.verify households.verify");
    let head_asked = asked(&head(), json!([{"type": "head_of_household"}]), BIRTH);
    verifying
        .post(VERIFY, &head_asked)
        .await
        .must_be(200, "confirmed");
    let body = list_of(&head(), &["full_name"], LISTING);
    verifying.post(LOOKUP, &body).await.must_be(403, "scope_missing");
    let of_citizens = gateway.officer(OFFICER).scope("citizens.verify");
    of_citizens
        .post(VERIFY, &head_asked)
        .await
        .must_be(403, "scope_missing");
    let nobody = gateway.client(CLIENT).post(VERIFY, &head_asked).await;
    nobody.must_be(403, "officer_required");
    gateway.finish().await;
}

/// Body and headers without what is each call's own.
fn without_own(answer: &Answer) -> (Value, Vec<(String, String)>) {
    let mut body = answer.body.clone();
    for member in ["transaction_id", "answered_at", "receipt"] {
        assert!(body[member].take().is_string());
    }
    assert_eq!(body["source"]["as_of"].take(), answer.body["answered_at"]);
    let own = [
        "x-request-id",
        "traceparent",
        "date",
        "ratelimit",
        "content-length",
    ];
    let headers = answer
        .header_names()
        .into_iter()
        .filter(|name| !own.contains(&name.as_str()));
    let headers = headers.map(|name| (name.clone(), answer.header(&name).to_owned()));
    (body, headers.collect())
}

#[actix_web::test]
async fn who_can_t_name_the_person_gets_one_answer_whatever_the_cause() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    let strangers = [
        with(&head(), "pin", &json!("100080099999")),
        with(&head(), "full_name", &json!("Trần Văn Chú")),
        with(&head(), "date_of_birth", &json!("1980-05-02")),
    ];
    let (mut verified, mut listed) = (Vec::new(), Vec::new());
    for _ in ["cold", "from the negative cache", "with the person in the cache"] {
        for stranger in &strangers {
            let body = asked(stranger, json!([{"type": "head_of_household"}]), LISTING);
            let answer = officer.post(VERIFY, &body).await;
            answer.must_be(200, "no_match");
            verified.push(without_own(&answer));
            let answer = officer
                .post(LOOKUP, &list_of(stranger, &["full_name"], LISTING))
                .await;
            answer.must_be(200, "no_match");
            listed.push(without_own(&answer));
        }
        if verified.len() == 6 {
            assert_eq!(
                gateway.household_calls().await,
                0,
                "nobody's household was asked for"
            );
            let body = asked(&head(), json!([{"type": "head_of_household"}]), LISTING);
            officer.post(VERIFY, &body).await.must_be(200, "confirmed");
        }
    }
    for told in [&verified, &listed] {
        assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:#?}");
    }
    assert_eq!(verified[0].0["predicates"], json!([]));
    assert_eq!(listed[0].0["members"], json!([]));
    assert!(verified[0].0.get("status").is_none());
    assert_eq!(gateway.household_calls().await, 1);
    gateway.finish().await;
}

#[actix_web::test]
async fn whoever_else_is_named_wrongly_is_one_who_isn_t_there() {
    let gateway = Gateway::builder()
        .client("trusting", &[("accept_close_identity", "true")])
        .start()
        .await;
    let officer = gateway.officer(OFFICER);
    let both = |person: &Value| {
        json!([{"type": "same_household", "person": person},
               {"type": "relationship", "person": person, "relationship": "spouse"}])
    };
    let bare = with(&wife(), "full_name", &json!("Nguyen Thi Thanh Vien"));
    let wrong = [
        with(&wife(), "pin", &json!("100184099999")),
        with(&wife(), "full_name", &json!("Nguyễn Thị Khác")),
        with(&wife(), "date_of_birth", &json!("1984-08-09")),
        with(&wife(), "pin", &child()["pin"]),
        bare.clone(),
        alone(),
    ];
    for person in &wrong {
        let told = judged(&officer, &head(), both(person)).await;
        assert_eq!(
            told,
            pairs(&[("false", "no_such_member"), ("not_held", "no_such_member")])
        );
    }
    let trusting = gateway.client("trusting").officer(OFFICER);
    let told = judged(&trusting, &head(), both(&bare)).await;
    assert_eq!(told, pairs(&[("true", "held"), ("true", "held")]));
    assert_eq!(gateway.registry_calls().await, 1, "nobody else is looked up");
    gateway.finish().await;
}

#[actix_web::test]
async fn a_close_identity_opens_no_household() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    let bare = with(&head(), "full_name", &json!("Tran Van Chu"));
    let body = asked(&bare, json!([{"type": "head_of_household"}]), LISTING);
    let answer = officer.post(VERIFY, &body).await;
    answer.must_be(200, "differs");
    assert_eq!(answer.body["predicates"], json!([]));
    assert_eq!(answer.body["warnings"], json!(["not_permitted"]));
    let answer = officer
        .post(LOOKUP, &list_of(&bare, &["full_name"], LISTING))
        .await;
    answer.must_be(200, "differs");
    assert_eq!(answer.body["members"], json!([]));
    assert_eq!(gateway.household_calls().await, 0);
    gateway.finish().await;
}

#[actix_web::test]
async fn a_household_is_held_shared_and_asked_for_once() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    let body = |procedure| asked(&head(), json!([{"type": "head_of_household"}]), procedure);
    let at_once = body(BIRTH);
    let answers = join_all((0..10).map(|_| officer.post(VERIFY, &at_once))).await;
    for answer in &answers {
        answer.must_be(200, "confirmed");
    }
    assert_eq!(
        (gateway.registry_calls().await, gateway.household_calls().await),
        (1, 1)
    );
    let rows = gateway.rows().await;
    let rows: Vec<_> = rows
        .iter()
        .filter(|row| row["operation"] == "household_verify")
        .collect();
    assert_eq!(rows.len(), 10);
    let request = &rows[0]["registry_request"];
    assert!(
        rows.iter().all(|row| row["registry_request"] == *request),
        "the household's own request"
    );
    // Who led the way to the person needn't have led that to the household.
    let steps = rows.iter().flat_map(|row| row["steps"].as_array().unwrap());
    let mut forms: Vec<_> = steps.map(|step| step["form"].as_str().unwrap()).collect();
    forms.sort_unstable();
    assert_eq!(forms, ["household", "plain"]);
    let cached = officer.post(VERIFY, &body(LISTING)).await;
    cached.must_be(200, "confirmed");
    assert_eq!(cached.text("/source/from"), "cache");
    assert!(cached.header("cache-status").starts_with("dancu; hit"));
    // The person is held by now, from a call about her alone.
    let verify = json!({"subject": wife(), "context": context(BIRTH)});
    officer.verify(&verify).await.must_be(200, "confirmed");
    let other = asked(&wife(), json!([{"type": "head_of_household"}]), BIRTH);
    let answer = officer.post(VERIFY, &other).await;
    answer.must_be(200, "differs");
    assert_eq!(answer.header("cache-status"), "dancu; fwd=miss");
    assert_eq!(
        (gateway.registry_calls().await, gateway.household_calls().await),
        (2, 2)
    );
    // What the person's own record answers asks for no household.
    let current = json!([{"type": "resides_in", "commune_code": "09106", "kind": "current"}]);
    assert_eq!(
        judged(&officer, &alone(), current).await,
        pairs(&[("true", "held")])
    );
    assert_eq!(
        (gateway.registry_calls().await, gateway.household_calls().await),
        (3, 2)
    );
    gateway.finish().await;
}
