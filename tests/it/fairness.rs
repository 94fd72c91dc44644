//! Does a client that floods cost the others anything?
//!
//! Twenty clients share a small budget of registry calls by equal weights. Nineteen keep to their parts, once by themselves
//! and once beside the twentieth, which asks for fifty times its own. Everything is asked past the cache, so each answer needs
//! a permit. How long answers took is printed, not judged: it tells more of the machine than of the gateway. And what is
//! answered while a gateway can't reach the budget that it shares.

use std::time::{Duration, Instant};

use dancu::clock::{Clock as _, SystemClock};
use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use tokio::time::interval_at;

use crate::clients::{Answer, Role, question};
use crate::gateway::{Builder, Gateway};
use crate::records::people;
use crate::redis_server::RedisServer;

const CLIENTS: usize = 20;

/// The whole budget: two calls a second for each, so that it ends before the machine does.
const PER_SECOND: usize = 40;

/// How often a client that keeps to its part calls: a little less than that.
const PAUSE: Duration = Duration::from_millis(600);

/// How many calls each of them makes.
const CALLS: usize = 5;

/// Fifty parts.
const FLOOD_A_SECOND: usize = 50 * PER_SECOND / CLIENTS;

fn name(number: usize) -> String {
    format!("system-{number:02}")
}

fn twenty() -> Builder {
    let builder = Gateway::builder()
        .setting("registry.calls_per_second", &PER_SECOND.to_string())
        .setting("registry.calls_at_once", &(2 * PER_SECOND).to_string())
        // On a machine that stands still for a moment, calls at a steady pace come together.
        .setting("registry.budget_wait", "2s");
    // No limit of the client's own stands in the way of its flood.
    let limits = "{ officer_per_second = 10_000, rate_per_second = 10_000, burst = 10_000, concurrency = 10_000, \
                  per_day = 1_000_000, per_month = 20_000_000, \
                  failed = { per_officer = 1_000_000, per_person = 1_000_000, per_client = 1_000_000 } }";
    (0..CLIENTS).fold(builder, |builder, number| {
        builder.client(&name(number), &[("limits", limits)])
    })
}

/// Asks past the cache; gives the answer and how long it took.
async fn timed(role: &Role<'_>, subject: &Value) -> (Answer, Duration) {
    let begun = SystemClock.steady();
    let answer = role.verify(&question(subject, &json!({}))).await;
    (answer, SystemClock.steady().saturating_duration_since(begun))
}

fn role(gateway: &Gateway, number: usize) -> Role<'_> {
    let role = gateway.client(&name(number)).officer("001090000001");
    role.header("Cache-Control", "no-cache")
}

/// Makes calls at a steady pace, whether the earlier ones have been answered or not.
async fn paced(
    role: Role<'_>,
    subjects: &[Value],
    begin: Instant,
    pause: Duration,
    calls: usize,
) -> Vec<(Answer, Duration)> {
    let calling = (0..calls).map(|call| {
        let (role, due) = (&role, begin + pause * u32::try_from(call).unwrap());
        async move {
            interval_at(due.into(), pause).tick().await;
            timed(role, &subjects[call]).await
        }
    });
    join_all(calling).await
}

/// Has the nineteen make their calls, each at moments of its own.
async fn nineteen(gateway: &Gateway, subjects: &[Value]) -> Vec<(Answer, Duration)> {
    let begin = SystemClock.steady();
    let calling = (1..CLIENTS).map(|number| {
        let apart = PAUSE * u32::try_from(number).unwrap() / u32::try_from(CLIENTS).unwrap();
        let own = &subjects[number * CALLS..][..CALLS];
        paced(role(gateway, number), own, begin + apart, PAUSE, CALLS)
    });
    join_all(calling).await.into_iter().flatten().collect()
}

async fn flood(gateway: &Gateway, subjects: &[Value]) -> Vec<(Answer, Duration)> {
    let lasts = PAUSE * u32::try_from(CALLS).unwrap();
    let pause = Duration::from_secs(1) / u32::try_from(FLOOD_A_SECOND).unwrap();
    let calls = usize::try_from(lasts.as_millis() / pause.as_millis()).unwrap();
    paced(role(gateway, 0), subjects, SystemClock.steady(), pause, calls).await
}

/// Prints how long answers took; gives how many were given.
#[expect(clippy::print_stderr, reason = "figures for whoever runs the test")]
fn answered(what: &str, calls: &[(Answer, Duration)]) -> usize {
    let answered = calls.iter().filter(|(answer, _)| answer.status == 200);
    let mut took: Vec<_> = answered.map(|(_, took)| *took).collect();
    took.sort_unstable();
    let at = |percent: usize| took.get(took.len() * percent / 100).copied().unwrap_or_default();
    let (given, asked) = (took.len(), calls.len());
    eprintln!(
        "{what}: {given} of {asked} answered, p50 {:?}, p99 {:?}",
        at(50),
        at(99)
    );
    given
}

#[actix_web::test]
async fn nineteen_who_keep_to_their_parts_lose_nothing_to_the_twentieth() {
    let gateway = twenty().start().await;
    // Everybody asks about other people, so that no look-up serves two calls.
    let subjects = people(&gateway, CLIENTS * CALLS + 400).await;
    let (theirs, flooded) = subjects.split_at(CLIENTS * CALLS);
    // Everybody signs in beforehand.
    let roles: Vec<_> = (0..CLIENTS).map(|number| role(&gateway, number)).collect();
    join_all(roles.iter().map(Role::token)).await;

    let quiet = nineteen(&gateway, theirs).await;
    assert_eq!(answered("nineteen by themselves", &quiet), quiet.len());
    let (beside, flood) = join(nineteen(&gateway, theirs), flood(&gateway, flooded)).await;
    let given = answered("nineteen beside a flood", &beside);
    let lent = answered("the flood", &flood);

    assert!(given * 100 >= beside.len() * 99, "{given} of {}", beside.len());
    // Who floods has at least its own part, and is refused for nothing but having used it.
    assert!(lent >= PER_SECOND / CLIENTS * 2, "{lent}");
    assert!(lent < flood.len(), "the flood wasn't one");
    for (answer, _) in flood.iter().filter(|(answer, _)| answer.status != 200) {
        answer.must_be(429, "registry_budget_exhausted");
    }
    let metrics = gateway.metrics().await;
    let permits = |result: &str| {
        let line = format!("dancu_registry_permits_total{{class=\"interactive\",result=\"{result}\"}} ");
        let count = metrics
            .lines()
            .find_map(|found| found.strip_prefix(&line))
            .unwrap_or("0");
        count.parse::<usize>().unwrap()
    };
    assert_eq!(permits("exhausted"), flood.len() - lent + beside.len() - given);
    assert_eq!(permits("at_once") + permits("waited"), quiet.len() + given + lent);
    assert!(permits("waited") > 0);
    gateway.finish().await;
}

#[actix_web::test]
async fn without_the_shared_budget_nobody_is_asked_and_what_is_held_goes_on() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    let builder = Gateway::builder().setting("redis.url_file", redis.url_file().to_str().unwrap());
    let gateway = builder.start().await;
    let [known, unknown] = people(&gateway, 2).await.try_into().unwrap();
    let (known, unknown) = (question(&known, &json!({})), question(&unknown, &json!({})));
    let officer = gateway.officer("001090000001");
    officer.verify(&known).await.must_be(200, "confirmed");
    redis.kill();
    gateway
        .wait_for("the gateway to be apart", async || {
            officer.verify(&unknown).await.status == 503
        })
        .await;
    let calls = gateway.registry_calls().await;
    let refused = officer.verify(&unknown).await;
    refused.must_be(503, "overloaded");
    assert_eq!(refused.body["source"], "gateway");
    assert_eq!(
        gateway.rows_of(refused.text("/transaction_id")).await[0]["problem"],
        "overloaded"
    );
    officer.verify(&known).await.must_be(200, "confirmed");
    assert_eq!(gateway.registry_calls().await, calls);
    let ready = async || {
        let answer = gateway
            .http
            .get(format!("{}/readyz", gateway.operations()))
            .send();
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), 200);
        serde_json::from_slice::<Value>(&answer.bytes().await.unwrap()).unwrap()
    };
    let degraded = ready().await["degraded"].clone();
    assert!(
        degraded.as_array().unwrap().contains(&json!("registry_budget")),
        "{degraded}"
    );
    redis.start_again();
    gateway
        .wait_for("the gateway to be back", async || {
            ready().await["status"] == "ready"
        })
        .await;
    officer.verify(&unknown).await.must_be(200, "confirmed");
    gateway.finish().await;
}
