//! Do three gateways act as one: within the limits, through the loss of Redis and of one of them, and at an operator's word?
//!
//! Three processes of one configuration on a PostgreSQL and a Redis of the test's own, asked by clients that take any of
//! them by chance. A call is held to have been admitted between its sending and its answer, so no window counts a call that
//! may lie outside it. What a gateway hadn't told is lost with it, and of calls cut off by a kill it isn't known whether they
//! were spent; so much, counted from what the clients saw, is the room that the comparison of quota and rows has. Rows that
//! spend are answers to single calls: no batch rows, no replays, no refusals.

mod clients;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use dancu::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use self::clients::{Call, Seen, most_between_exchanges, overshoot, since, under_load};
use crate::batches::batch;
use crate::connection::{Answer, Connection, ask, until};
use crate::gateway::{Gateway, audit, rows, verify};
use crate::personal::officer;
use crate::postgres_server::Server;
use crate::program::PATIENCE;
use crate::redis_server::RedisServer;
use crate::surroundings::{Surroundings, persona};

const GATEWAYS: usize = 3;
const CLIENTS: usize = 6;

const ADMIN_TOKEN: &str = "a token of the tests";
const OPERATORS: &str = r#"[[operator]]
name = "an.nguyen"
token_sha256 = "864c519db7f7a71adf8cd1ad238d9c3fc57e7e1f9fd6463afe1bd39e5617489f"
roles = ["operator"]
expires = "2036-01-01T00:00:00+07:00"
"#;

/// Is three gateways and what they share.
struct Cluster {
    gateways: Vec<Gateway>,
    /// Where each is reached now.
    places: Arc<RwLock<Vec<String>>>,
    redis: RedisServer,
    postgres: Server,
    around: Surroundings,
}

impl Cluster {
    /// Starts everything; nothing where a server's program is missing.
    fn start(limits: &str) -> Option<Self> {
        let (postgres, redis) = (Server::start()?, RedisServer::start()?);
        let around = Surroundings::new();
        around.client_limits(limits);
        around.on_postgres(&postgres);
        fs::write(around.path().join("operators.toml"), OPERATORS).unwrap();
        let gateways: Vec<Gateway> = (0..GATEWAYS)
            .map(|number| gateway(&around, &redis, number))
            .collect();
        let places = gateways.iter().map(|gateway| gateway.api.clone()).collect();
        let cluster = Self {
            places: Arc::new(RwLock::new(places)),
            gateways,
            redis,
            postgres,
            around,
        };
        cluster.wait_until_whole();
        Some(cluster)
    }

    /// Waits until every gateway says that nothing is amiss, which it does only when it has heard of the others.
    fn wait_until_whole(&self) {
        for gateway in &self.gateways {
            until(&gateway.operations, "/readyz", |answer| {
                answer.json()["status"] == "ready"
            });
        }
    }

    fn kill(&mut self, number: usize) {
        let killed = self.gateways.remove(number);
        killed.program.signal("KILL");
        assert_eq!(killed.program.end(PATIENCE).signal, Some(9));
    }

    /// Starts a gateway that was killed; callers find it once nothing is amiss.
    fn start_again(&mut self, number: usize) {
        let again = gateway(&self.around, &self.redis, number);
        let place = again.api.clone();
        self.gateways.insert(number, again);
        self.wait_until_whole();
        self.places.write().unwrap()[number] = place;
    }

    /// Waits until all gateways count the same for the day, and gives it.
    fn used(&self, token: &str) -> u64 {
        let start = SystemClock.steady();
        loop {
            let used: BTreeSet<u64> = self
                .gateways
                .iter()
                .filter_map(|gateway| used(gateway, token))
                .collect();
            if let (1, Some(&used)) = (used.len(), used.first()) {
                return used;
            }
            assert!(since(start) < PATIENCE, "the gateways don't agree: {used:?}");
        }
    }

    /// Gives the rows of each log by the log's name.
    fn rows(&self) -> BTreeMap<String, Vec<Value>> {
        let of = |log: String| {
            let rows = rows(&self.around, &["--log", &log]);
            (log, rows)
        };
        (0..GATEWAYS).map(log_of).map(of).collect()
    }

    fn tokens(&self) -> Vec<String> {
        let officers = (0..CLIENTS).map(officer);
        officers.map(|officer| self.around.token_of(&officer)).collect()
    }

    fn stop_and_verify(self) {
        for gateway in self.gateways {
            gateway.stop().expect(0);
        }
        for log in (0..GATEWAYS).map(log_of) {
            let verified = audit(&self.around, "verify", &["--log", &log]).expect(0);
            assert!(verified.out.contains("sound: "), "{log}: {}", verified.out);
        }
    }
}

fn log_of(number: usize) -> String {
    format!("gateway-{}", number + 1)
}

fn gateway(around: &Surroundings, redis: &RedisServer, number: usize) -> Gateway {
    let operators = around.path().join("operators.toml");
    let variables = [
        ("DANCU__AUDIT__LOG", log_of(number)),
        ("DANCU__REDIS__URL_FILE", redis.url_file().display().to_string()),
        ("DANCU__OPERATORS_FILE", operators.display().to_string()),
    ];
    Gateway::start(
        around,
        &variables.each_ref().map(|(name, value)| (*name, value.as_str())),
    )
}

fn call(gateway: &Gateway, token: &str, method: &str, path: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/x-ndjson"),
    ];
    ask(method, &format!("{}{path}", gateway.api), &headers, body).unwrap()
}

/// Asks a gateway how much of the day is used; nothing while the burst has no room for the question.
fn used(gateway: &Gateway, token: &str) -> Option<u64> {
    let answer = call(gateway, token, "GET", "/v1/quota", "");
    if answer.status == 429 {
        return None;
    }
    let told = answer.json();
    let policies = told["policies"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer:?}"));
    let day = policies.iter().find(|policy| policy["name"] == "day").unwrap();
    day["used"].as_u64()
}

const RATE: u32 = 20;
const BURST: u32 = 40;
const A_DAY: usize = 200;

#[test]
fn clients_who_spread_their_calls_get_no_more_than_one_gateway_would_give() {
    let Some(cluster) = Cluster::start(&format!(
        "officer_per_second = 10000, rate_per_second = {RATE}, burst = {BURST}, concurrency = 300, per_day = {A_DAY}, per_month = 100000"
    )) else {
        return;
    };
    let (tokens, questions) = (cluster.tokens(), cluster.around.questions(24));
    let calls = under_load(&cluster.places, &tokens, &questions, |seen| {
        seen.until(|call| call.came > Duration::from_secs(10));
    });
    let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
    for call in calls.iter().filter(|call| !call.is_answered()) {
        let Ok((429, problem)) = &call.heard else {
            panic!("neither an answer nor a limit: {:?}", call.heard);
        };
        *refused.entry(problem["code"].as_str().unwrap()).or_default() += 1;
    }
    assert!(
        refused.keys().eq(["quota_exhausted", "rate_limited"].iter()),
        "both limits are reached: {refused:?}"
    );

    let admitted: Vec<&Call> = calls.iter().filter(|call| call.is_answered()).collect();
    let others = GATEWAYS - 1;
    let between = most_between_exchanges(&admitted, Duration::ZERO);
    let bound = others * between;
    let seen = overshoot(&admitted, f64::from(RATE), f64::from(BURST));
    assert!(
        seen <= bound as f64,
        "{seen:.1} beyond burst and rate, not {bound}"
    );

    // Long after the burst.
    let between = most_between_exchanges(&admitted, Duration::from_secs(3));
    // And one each, since a busy machine may hold an exchange up for longer than it is taken for here.
    let bound_of_day = others * between + GATEWAYS;
    let spent = admitted.len();
    assert!(
        (A_DAY..=A_DAY + bound_of_day).contains(&spent),
        "{spent} of {A_DAY} and at most {bound_of_day}"
    );
    assert_eq!(
        cluster.used(&tokens[0]),
        A_DAY as u64,
        "more than all of it is never told"
    );
    println!(
        "{} calls, {refused:?}; rate and burst overshot by {seen:.1} (bound {bound}), the day of {A_DAY} by {} (bound {bound_of_day})",
        calls.len(),
        spent - A_DAY
    );
    cluster.stop_and_verify();
}

const ROWS: usize = 200;

#[test]
fn redis_and_a_gateway_are_lost_under_load_and_nothing_is_forgotten_or_done_twice() {
    let Some(mut cluster) = Cluster::start(
        "officer_per_second = 100000, rate_per_second = 100000, burst = 100000, concurrency = 1000, per_day = 1000000, per_month = 10000000",
    ) else {
        return;
    };
    let tokens = cluster.tokens();
    let token = tokens[0].as_str();
    let questions = cluster.around.questions(24 + ROWS);
    let (questions, of_batch) = questions.split_at(24);
    // From now on each gateway has everybody who is asked about.
    for gateway in &cluster.gateways {
        let mut connection = Connection::open(&gateway.api).unwrap();
        for question in questions {
            assert_eq!(verify(&mut connection, token, question).unwrap().status, 200);
        }
    }
    let mut said = String::new();
    let mut killed = 0;
    let mut batch = String::new();
    let places = Arc::clone(&cluster.places);
    let calls = under_load(&places, &tokens, questions, |seen| {
        seen.answers_of_each(&[0, 1, 2], 50);
        let healed = without_redis(&mut cluster, token, seen);
        writeln!(
            said,
            "Redis was back for {healed:.1?} when all gateways were whole"
        )
        .unwrap();
        assert_none_failed(&seen.calls);

        cluster.around.fault("delay", 50);
        batch = hand_in(&cluster.gateways[0], token, of_batch);
        killed = until_under_way(&cluster);
        cluster.kill(killed);
        let left: Vec<usize> = (0..GATEWAYS).filter(|&number| number != killed).collect();
        seen.answers_of_each(&left, 50);
        cluster.start_again(killed);
        seen.answers_of_each(&[0, 1, 2], 50);
    });

    let cut: Vec<&Call> = calls.iter().filter(|call| call.heard.is_err()).collect();
    assert!(
        cut.iter().all(|call| call.gateway == killed),
        "only who is killed cuts calls off"
    );
    assert_none_failed(&calls);
    let answers = batch_results(&cluster, token, &batch);

    let used = cluster.used(token);
    let logs = cluster.rows();
    let spent = logs.values().flatten().filter(|row| spends(row)).count();
    writeln!(
        said,
        "{used} used, {spent} rows that spend, {} calls cut off",
        cut.len()
    )
    .unwrap();
    // One gateway's untold calls went with it, what one had heard and another not yet with Redis.
    let answered: Vec<&Call> = calls.iter().filter(|call| call.is_answered()).collect();
    let untold = GATEWAYS * most_between_exchanges(&answered, Duration::ZERO);
    let sound = (spent - untold) as u64..=(spent + untold + cut.len()) as u64;
    assert!(sound.contains(&used), "{said}{sound:?}");
    writeln!(said, "at most {untold} were under way between gateways").unwrap();
    let held = calls.iter().filter_map(|call| call.heard.as_ref().ok());
    let held: Vec<&Value> = held.map(|(_, answer)| answer).chain(&answers).collect();
    for answer in &held {
        assert_has_row(answer, &logs);
    }
    let of_rows = logs
        .values()
        .flatten()
        .filter(|row| row["operation"] == "batch_row");
    let asked_again = of_rows.count() - ROWS;
    writeln!(
        said,
        "{} answers with their rows, {asked_again} rows of the batch were asked again",
        held.len()
    )
    .unwrap();

    let unheard = spent - answered.len() - GATEWAYS * questions.len();
    assert!(unheard <= cut.len(), "{unheard} rows of answers that nobody got");
    writeln!(
        said,
        "{unheard} rows of answers that the kill kept from their callers"
    )
    .unwrap();

    let suspended = suspend(&cluster, token);
    println!("{said}a suspension reached all after {suspended:.1?}");
    cluster.stop_and_verify();
}

/// Kills Redis and starts it again, clients asking all the while; gives how long all needed to be whole then.
fn without_redis(cluster: &mut Cluster, token: &str, seen: &mut Seen) -> Duration {
    let before = used(&cluster.gateways[0], token).unwrap();
    cluster.redis.kill();
    for gateway in &cluster.gateways {
        let apart = until(&gateway.operations, "/readyz", |answer| {
            let told = answer.json()["degraded"].to_string();
            ["\"limits\"", "\"redis\""].iter().all(|part| told.contains(part))
        });
        assert_eq!(apart.status, 200, "it goes on: {apart:?}");
    }
    seen.answers_of_each(&[0, 1, 2], 50);
    let apart = used(&cluster.gateways[0], token).unwrap();
    cluster.redis.start_again();
    let start = SystemClock.steady();
    cluster.wait_until_whole();
    let healed = since(start);
    seen.answers_of_each(&[0, 1, 2], 20);
    let after = used(&cluster.gateways[0], token).unwrap();
    assert!(
        before < apart && apart < after,
        "a quota was set back: {before}, {apart}, {after}"
    );
    healed
}

fn assert_none_failed(calls: &[Call]) {
    let failed: Vec<_> = calls
        .iter()
        .filter(|call| call.heard.is_ok() && !call.is_answered())
        .map(|call| (call.gateway, call.came, &call.heard))
        .take(3)
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

fn hand_in(gateway: &Gateway, token: &str, questions: &[String]) -> String {
    let taken = call(gateway, token, "POST", "/v1/batches", &batch(questions));
    assert_eq!(taken.status, 202, "{taken:?}");
    taken.json()["id"].as_str().unwrap().to_owned()
}

/// Waits until some rows of the batch are done and not all, and gives who is at it.
fn until_under_way(cluster: &Cluster) -> usize {
    let start = SystemClock.steady();
    loop {
        let standing = cluster.postgres.sql("dancu", "SELECT owner, done FROM batches");
        let (owner, done) = standing.trim().split_once('|').unwrap();
        let done: usize = done.parse().unwrap();
        if done >= ROWS / 5 {
            assert!(done < ROWS, "the batch is done before anybody could be killed");
            return (0..GATEWAYS).find(|&number| log_of(number) == owner).unwrap();
        }
        assert!(since(start) < PATIENCE, "{standing}");
    }
}

/// Waits for the batch's end and gives its answers, one for each row.
fn batch_results(cluster: &Cluster, token: &str, id: &str) -> Vec<Value> {
    let start = SystemClock.steady();
    let path = format!("/v1/batches/{id}");
    loop {
        let standing = call(&cluster.gateways[0], token, "GET", &path, "").json();
        if standing["status"] == "done" {
            assert_eq!(standing["counts"], json!({"confirmed": ROWS}));
            break;
        }
        assert!(since(start) < PATIENCE, "{standing:#}");
    }
    let results = call(&cluster.gateways[1], token, "GET", &format!("{path}/results"), "");
    let results = String::from_utf8(results.body).unwrap();
    let results: Vec<Value> = results
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let numbers = results.iter().map(|line| line["row"].as_u64().unwrap());
    assert!(numbers.eq(1..=ROWS as u64), "one result for each row, in order");
    results.into_iter().map(|line| line["answer"].clone()).collect()
}

/// Tells whether the call of a row was spent of the day.
fn spends(row: &Value) -> bool {
    let is_single = row["operation"] == "verify";
    assert!(
        !is_single || row["outcome"] == "confirmed",
        "nothing else was asked: {row}"
    );
    is_single
}

fn assert_has_row(answer: &Value, logs: &BTreeMap<String, Vec<Value>>) {
    let receipt = answer["receipt"].as_str().unwrap_or_else(|| panic!("{answer}"));
    let (log, place) = receipt.split_once('.').unwrap();
    let (index, leaf) = place.split_once('.').unwrap();
    let row = &logs[log][index.parse::<usize>().unwrap()];
    assert_eq!(
        (&row["leaf"], &row["transaction_id"], &row["outcome"]),
        (&json!(leaf), &answer["transaction_id"], &answer["outcome"]),
    );
}

/// Suspends the client at the first gateway and gives how long the last of the others needed to know.
fn suspend(cluster: &Cluster, token: &str) -> Duration {
    let bearer = format!("Bearer {ADMIN_TOKEN}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    let url = format!("{}/admin/v1/clients/demo/suspend", cluster.gateways[0].operations);
    let done = ask("POST", &url, &headers, r#"{"reason": "a test"}"#).unwrap();
    assert_eq!(done.status, 200, "{done:?}");
    let start = SystemClock.steady();
    for gateway in &cluster.gateways {
        loop {
            let answer = gateway.verify(token, &persona()).unwrap();
            if answer.status == 403 {
                assert_eq!(answer.json()["code"], "client_suspended");
                break;
            }
            assert!(
                since(start) < Duration::from_secs(5),
                "it has not heard: {answer:?}"
            );
        }
    }
    since(start)
}
