//! What does a caller get while the way to Redis or PostgreSQL is bad?
//!
//! The table `store_faults.csv`, line by line: a real server, `proxy` before it, and a gateway of its own for each. Every call has
//! its answer within a bound, readiness follows, and when the way is good again everything is whole by itself: each answer that
//! was given has its row, and the log is sound.

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use dancu::cli::audit::Verdict;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::batches::{batch, hand_in};
use crate::clients::{Answer, context, question};
use crate::gateway::{CLIENT, Gateway};
use crate::postgres_server::Server as Postgres;
use crate::proxy::{Fault, Proxy, Server};
use crate::redis_server::RedisServer;

const OFFICER: &str = "001090000001";

/// What a call may take, on a machine that is busy with other tests; the gateway's own bounds are a second and less.
const BOUND: Duration = Duration::from_secs(15);

const CALLS: [&str; 5] = ["hit", "miss", "keyed", "check", "batch"];

/// Is the server behind the proxy; it ends with the test.
#[expect(dead_code, reason = "held so that it runs")]
enum Running {
    Redis(RedisServer),
    Postgres(Postgres),
}

struct Line {
    fault: Fault,
    calls: [&'static str; 5],
    ready: &'static str,
}

fn line(server: &str, fault: &str) -> Line {
    let cells_of = |line: &'static str| line.split('|').map(str::trim).collect::<Vec<_>>();
    let mut lines = include_str!("store_faults.csv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(cells_of);
    let cells = lines
        .find(|cells| cells[..2] == [server, fault])
        .unwrap_or_else(|| panic!("no line {server} {fault}"));
    let [_, _, hit, miss, keyed, check, batch, ready] = cells[..] else {
        panic!("cells of {server} {fault}")
    };
    let fault = match fault {
        "none" => Fault::None,
        "latency" => Fault::Latency(Duration::from_millis(20)),
        "reset" => Fault::Reset,
        "black hole" => Fault::BlackHole,
        "half closed" => Fault::HalfClosed,
        "cut" => Fault::Cut,
        other => panic!("no fault {other}"),
    };
    Line {
        fault,
        calls: [hit, miss, keyed, check, batch],
        ready,
    }
}

/// Starts a server with a proxy before it, and writes the file with the proxy's address; nothing where the program is missing.
async fn server(name: &str) -> Option<(Running, Proxy, TempDir, PathBuf)> {
    let (running, proxy, url) = if name == "redis" {
        let redis = RedisServer::start()?;
        let at = redis.url().strip_prefix("redis://").unwrap().parse().unwrap();
        let proxy = Proxy::to(Server::Tcp(at)).await;
        let url = format!("redis://127.0.0.1:{}", proxy.port());
        (Running::Redis(redis), proxy, url)
    } else {
        let postgres = Postgres::start()?;
        let socket = postgres.folder().join(".s.PGSQL.5432");
        let proxy = Proxy::to(Server::Socket(socket)).await;
        let port = proxy.port();
        let url = format!("postgres://dancu@127.0.0.1:{port}/dancu?sslmode=disable");
        (Running::Postgres(postgres), proxy, url)
    };
    let folder = TempDir::with_prefix("dancu-proxy-").unwrap();
    let file = folder.path().join("url");
    fs::write(&file, url).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    Some((running, proxy, folder, file))
}

fn shown(answer: &Answer) -> String {
    let told = ["/code", "/source/from", "/decision", "/status"];
    let word = told
        .map(|pointer| answer.text(pointer))
        .into_iter()
        .find(|word| !word.is_empty());
    format!("{} {}", answer.status, word.unwrap_or_default())
}

async fn readiness(gateway: &Gateway) -> String {
    let answer = gateway
        .http
        .get(format!("{}/readyz", gateway.operations()))
        .send();
    let answer = answer.await.unwrap();
    let status = answer.status().as_u16();
    let told: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let words = |member: &str| -> Vec<&str> {
        let words = told[member].as_array().into_iter().flatten();
        // What else follows from the loss is told as well.
        words
            .filter_map(Value::as_str)
            .filter(|word| !["limits", "registry_budget"].contains(word))
            .collect()
    };
    let words = [words("unready"), words("degraded")].concat().join(" ");
    let status_word = told["status"].as_str().unwrap();
    format!("{status} {status_word} {words}").trim_end().to_owned()
}

/// Draws people who live somewhere.
async fn everybody(gateway: &Gateway) -> Vec<Value> {
    let sample = gateway.known("sample?count=60&seed=11").await;
    let people = sample["people"].as_array().unwrap().iter();
    let lives = |person: &&Value| {
        person["status"] == "active" && person["permanent_residence"]["commune_code"].is_string()
    };
    let named = |person: &Value| json!({"pin": person["pin"], "full_name": person["full_name"], "date_of_birth": person["date_of_birth"]});
    people.filter(lives).map(named).take(11).collect()
}

/// Makes each call once; the first person is held already.
async fn call(gateway: &Gateway, name: &str, round: usize, held: &Value, other: &Value) -> Answer {
    let officer = gateway.officer(OFFICER);
    match name {
        "hit" => officer.verify(&question(held, &json!({}))).await,
        "miss" => officer.verify(&question(other, &json!({}))).await,
        "keyed" => {
            let keyed = officer.header("Idempotency-Key", &format!("key-{round}"));
            keyed.verify(&question(other, &json!({}))).await
        }
        "check" => {
            let subjects = json!([{"role": "mother", "subject": other}]);
            officer
                .post("/v1/checks", &json!({"context": context(), "subjects": subjects}))
                .await
        }
        _ => {
            hand_in(
                &gateway.client(CLIENT),
                gateway,
                &batch(std::slice::from_ref(other)),
            )
            .await
        }
    }
}

async fn every_call(gateway: &Gateway, round: usize, people: &[Value], expected: [&str; 5]) -> Vec<Answer> {
    let mut answers = Vec::new();
    for ((name, person), expected) in CALLS.iter().zip(&people[1..]).zip(expected) {
        let calling = call(gateway, name, round, &people[0], person);
        let answer = timeout(BOUND, calling)
            .await
            .unwrap_or_else(|_| panic!("{name} has no answer"));
        assert_eq!(shown(&answer), expected, "{name}: {:#}", answer.body);
        if answer.status >= 400 {
            assert!(answer.body.get("outcome").is_none() && answer.body.get("identity").is_none());
        }
        answers.push(answer);
    }
    answers
}

async fn tried(name: &str, fault: &str) {
    let Some((running, proxy, folder, url_file)) = server(name).await else {
        return;
    };
    let builder = Gateway::builder()
        .setting("registry.attempt_timeout", "12s")
        .setting("registry.deadline", "25s")
        .setting("api.shutdown_timeout", "60s");
    let url_file = url_file.to_str().unwrap();
    let builder = if name == "redis" {
        builder
            .setting("redis.url_file", url_file)
            .setting("records.second_level", "true")
            .setting("registry.budget_when_apart", "share")
    } else {
        builder
            .setting("store.kind", "postgres")
            .setting("store.url_file", url_file)
            .setting("store.timeout", "1s")
    };
    let gateway = builder.start().await;
    let becomes = async |expected: &str| {
        let last = RefCell::new(String::new());
        let is_so = async || {
            let told = readiness(&gateway).await;
            let is_so = told == expected;
            last.replace(told);
            is_so
        };
        let becoming = timeout(BOUND, gateway.wait_for(expected, is_so)).await;
        assert!(becoming.is_ok(), "{}, not {expected}", last.borrow());
    };
    let (people, good, line) = (everybody(&gateway).await, line(name, "none"), line(name, fault));
    becomes(good.ready).await;
    call(&gateway, "hit", 0, &people[0], &people[0])
        .await
        .must_be(200, "confirmed");

    proxy.suffer(line.fault);
    let mut answers = every_call(&gateway, 1, &people[..6], line.calls).await;
    becomes(line.ready).await;

    proxy.suffer(Fault::None);
    becomes(good.ready).await;
    let others = [&people[..1], &people[6..]].concat();
    answers.extend(every_call(&gateway, 2, &others, good.calls).await);

    let rows = gateway.rows().await;
    for answer in answers.iter().filter(|answer| answer.status == 200) {
        let transaction = answer.text("/transaction_id");
        assert!(rows.iter().any(|row| row["transaction_id"] == transaction));
    }
    let verdict = gateway.verify_log(None).await;
    assert!(matches!(verdict, Verdict::Sound(_)), "{verdict:?}");
    gateway.finish().await;
    drop((proxy, running, folder));
}

macro_rules! a_test_for_each_line {
    ($($name:ident: $server:literal $fault:literal,)*) => {
        $(
            #[actix_web::test]
            async fn $name() {
                tried($server, $fault).await;
            }
        )*

        #[test]
        fn no_line_is_left_out() {
            let tried = [$(($server, $fault)),*];
            for line in include_str!("store_faults.csv").lines().filter(|line| !line.starts_with('#')).skip(1) {
                let cells: Vec<_> = line.split('|').map(str::trim).collect();
                assert!(cells[1] == "none" || tried.contains(&(cells[0], cells[1])), "{line}");
            }
        }
    };
}

a_test_for_each_line! {
    a_slow_redis: "redis" "latency",
    a_redis_that_resets: "redis" "reset",
    a_redis_behind_a_black_hole: "redis" "black hole",
    a_redis_closed_one_way: "redis" "half closed",
    a_redis_cut_off_in_the_middle: "redis" "cut",
    a_slow_postgresql: "postgres" "latency",
    a_postgresql_that_resets: "postgres" "reset",
    a_postgresql_behind_a_black_hole: "postgres" "black hole",
    a_postgresql_closed_one_way: "postgres" "half closed",
    a_postgresql_cut_off_in_the_middle: "postgres" "cut",
}
