//! Do many who ask for one person at once make one call, and does each lose nothing by it?

use super::*;

/// Demands one row with steps among the calls' rows, and the others on the strength of its request.
fn must_be_one_flight(rows: &[Value], calls: usize) {
    assert_eq!(rows.len(), calls);
    assert!(rows.iter().all(|row| row["outcome"] == "confirmed"));
    let leaders: Vec<_> = rows.iter().filter(|row| !steps(row).is_empty()).collect();
    assert_eq!(leaders.len(), 1);
    let request = &leaders[0]["steps"][0]["registry_request"];
    assert!(rows.iter().all(|row| row["registry_request"] == *request));
    let transactions: BTreeSet<_> = rows.iter().map(|row| row["transaction_id"].as_str()).collect();
    assert_eq!(transactions.len(), calls);
}

#[actix_web::test]
async fn five_hundred_calls_at_once_ask_the_registry_once() {
    let gateway = patient().await;
    gateway.fault(slow(2_000)).await;
    let answers = crowd(&gateway, &asked(&p01(), BIRTH), 500).await;
    answers.iter().for_each(|answer| answer.must_be(200, "confirmed"));
    let count = |status: &str| {
        answers
            .iter()
            .filter(|answer| answer.header("cache-status").starts_with(status))
            .count()
    };
    let (led, collapsed, hits) = (
        answers
            .iter()
            .filter(|answer| answer.header("cache-status") == "dancu; fwd=miss")
            .count(),
        count("dancu; fwd=miss; collapsed"),
        count("dancu; hit"),
    );
    assert_eq!((led, collapsed + hits), (1, 499));
    assert!(collapsed > 0, "nobody waited for another");
    assert_eq!(gateway.registry_calls().await, 1);
    let rows = gateway.rows().await;
    must_be_one_flight(&rows, 500);
    let officers: BTreeSet<_> = rows.iter().map(|row| row["officer"].as_str()).collect();
    assert_eq!(officers.len(), 10);
    gateway.finish().await;
}

#[actix_web::test]
async fn those_who_wait_lose_nothing_when_the_first_caller_hangs_up() {
    let gateway = patient().await;
    gateway.fault(slow(2_000)).await;
    let body = asked(&p01(), BIRTH);
    hung_up(&gateway, OFFICER, &body).await;
    let answers = crowd(&gateway, &body, 499).await;
    answers.iter().for_each(|answer| answer.must_be(200, "confirmed"));
    assert_eq!(gateway.registry_calls().await, 1);
    must_be_one_flight(&gateway.rows().await, 500);
    gateway.finish().await;
}

#[actix_web::test]
async fn a_caller_who_hangs_up_leaves_row_and_record() {
    let gateway = patient().await;
    gateway.fault(slow(300)).await;
    let body = asked(&p01(), BIRTH);
    hung_up(&gateway, OFFICER, &body).await;
    gateway
        .wait_for("the row", async || gateway.rows().await.len() == 1)
        .await;
    let rows = gateway.rows().await;
    assert_eq!(
        (rows[0]["outcome"].as_str(), results(&rows[0])),
        (Some("confirmed"), vec!["record"])
    );
    let answer = gateway.officer(OFFICER).verify(&body).await;
    assert!(answer.header("cache-status").starts_with("dancu; hit"));
    gateway.finish().await;
}

#[actix_web::test]
async fn a_refusal_that_concerns_the_first_caller_concerns_nobody_else() {
    let gateway = patient().await;
    let people = people(&gateway, 2).await;
    let deny = json!({"deny": [{"procedure": DEATH}]});
    gateway.control(Method::PUT, "registry/rules", deny).await;
    let first_callers = [(STRANGER, BIRTH, "officer"), (OFFICER, DEATH, "licence")];
    for ((officer, procedure, reason), person) in first_callers.into_iter().zip(&people) {
        let before = gateway.registry_calls().await;
        gateway.fault(slow(2_000)).await;
        let first = gateway.officer(officer);
        let body = asked(person, procedure);
        let others = async {
            gateway
                .wait_for("the registry to be asked", async || {
                    gateway.registry_calls().await > before
                })
                .await;
            crowd(&gateway, &asked(person, BIRTH), 20).await
        };
        let (refused, answers) = futures_util::future::join(first.verify(&body), others).await;
        refused.must_be(502, "registry_rejected");
        assert_eq!(refused.text("/reason"), reason);
        for answer in &answers {
            answer.must_be(200, "confirmed");
            assert_eq!(answer.header("cache-status"), "dancu; fwd=miss");
            let rows = gateway.rows_of(answer.text("/transaction_id")).await;
            assert_eq!(results(&rows[0]), ["record"]);
        }
        assert_eq!(gateway.registry_calls().await - before, 21);
    }
    gateway.finish().await;
}

#[actix_web::test]
async fn who_waited_in_vain_has_only_the_rest_of_the_time() {
    let builder = Gateway::builder()
        .setting("registry.attempt_timeout", "3s")
        .setting("registry.deadline", "3s");
    let gateway = builder.start().await;
    let hang = json!({"service": "registry", "operation": "037", "kind": "hang"});
    // The one set last strikes: the first call is refused late, all others hang.
    gateway.fault(hang).await;
    let refused = json!({"service": "registry", "kind": "soap_fault", "code": "OFFICER", "delay_ms": 2_000, "count": 1});
    gateway.fault(refused).await;
    let (first, second) = (gateway.officer(OFFICER), gateway.officer("001090000002"));
    second.token().await.unwrap();
    let body = asked(&p01(), BIRTH);
    let waiting = async {
        gateway
            .wait_for("the registry to be asked", async || {
                gateway.registry_calls().await > 0
            })
            .await;
        let row = second.verify(&body).await;
        gateway.rows_of(row.text("/transaction_id")).await.remove(0)
    };
    let (_, row) = futures_util::future::join(first.verify(&body), waiting).await;
    assert_eq!(
        (row["problem"].as_str(), results(&row)),
        (Some("registry_timeout"), vec!["timeout"])
    );
    let took = row["duration_ms"].as_u64().unwrap();
    assert!((2_000..4_000).contains(&took), "{took} ms of at most 3000");
    gateway.finish().await;
}

#[actix_web::test]
async fn an_outage_is_shared_by_all_who_wait() {
    let gateway = patient().await;
    let down = json!({"service": "registry", "kind": "status", "status": 503, "delay_ms": 1_500});
    gateway.fault(down).await;
    let first = gateway.officer(OFFICER);
    let body = asked(&p01(), BIRTH);
    let others = async {
        gateway
            .wait_for("the registry to be asked", async || {
                gateway.registry_calls().await == 1
            })
            .await;
        crowd(&gateway, &body, 50).await
    };
    let (failed, answers) = futures_util::future::join(first.verify(&body), others).await;
    for answer in answers.iter().chain([&failed]) {
        answer.must_be(503, "registry_unavailable");
    }
    // The first call was tried once more; nobody else asked.
    assert_eq!(gateway.registry_calls().await, 2);
    let rows = gateway.rows().await;
    assert_eq!(rows.len(), 51);
    assert_eq!(
        rows.iter()
            .filter(|row| results(row) == ["unavailable", "unavailable"])
            .count(),
        1
    );
    gateway.finish().await;
}
