use std::num::NonZeroU32;
use std::time::Instant;

use tokio::sync::{Notify, mpsc};

use super::*;
use crate::clock::SystemClock;
use crate::domain::pin::IdNumber;
use budget::Class;
use server::{Act, Server, http};

mod held_back;
mod server;

const P01: &str = include_str!("wire/answer/tests/p01.xml");
const ATTEMPT: Duration = Duration::from_secs(2);
const DEADLINE: Duration = Duration::from_secs(5);

fn config(url: &str) -> Config {
    Config {
        url: url.to_owned(),
        attempt_timeout: ATTEMPT,
        deadline: DEADLINE,
        connect_timeout: ATTEMPT,
        user: "tinh-mau".to_owned(),
        secret: "bi mat".into(),
        api_key: "khoa".into(),
        x_road_client: "VN/GOV/MAU".to_owned(),
        integration: "037".to_owned(),
        household_integration: "045".to_owned(),
        account: "dancu".to_owned(),
        name_form: NameForm::FoldedNoSpaces,
        most_queries: NonZeroUsize::new(7).unwrap(),
        authorities_pem: None,
        identity_pem: None,
        most_bytes: 1024 * 1024,
        idle_connections: 4,
        idle_timeout: Duration::from_secs(30),
        breaker: breaker::Terms {
            window: Duration::from_secs(10),
            least_calls: 20,
            failed_percent: 50,
            open_for: Duration::from_secs(4),
            probes: 3,
        },
        bulkhead: bulkhead::Terms {
            least: 16,
            most: 1_000,
            waiting: 100,
            wait: Duration::from_millis(250),
        },
        retries: retries::Terms {
            percent: 10,
            at_least: 10,
        },
        watched_every: Duration::from_secs(2),
    }
}

fn registry(url: &str) -> Registry {
    observed(url, Arc::new(|_| {}))
}

fn observed(url: &str, observer: Observer) -> Registry {
    Registry::new(config(url), Arc::new(SystemClock), Handle::current(), observer).unwrap()
}

fn budget(burst: u32) -> Budget {
    let config = budget::Config {
        per_second: NonZeroU32::MIN,
        at_once: NonZeroU32::new(burst).unwrap(),
        wait: Duration::ZERO,
        batch_reserve: 75,
        when_apart: budget::WhenApart::Refuse,
    };
    let clock = Arc::new(Stopped(SystemClock.steady()));
    Budget::new(config, None, clock, &Handle::current(), Arc::new(|_, _, _| {}))
}

fn within(limit: Duration) -> Deadline {
    Deadline::after(SystemClock.steady(), limit)
}

/// A clock that stands still, so that a budget never grows.
struct Stopped(Instant);

impl Clock for Stopped {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }

    fn steady(&self) -> Instant {
        self.0
    }
}

/// Counts the permits left in a budget whose clock stands still.
async fn left(budget: &Budget) -> usize {
    let mut left = 0;
    while budget.take(&mau().share, Duration::ZERO).await.is_ok() {
        left += 1;
    }
    left
}

fn mau() -> Asked {
    Asked {
        subject: Subject {
            number: IdNumber::Pin("100190000001".parse().unwrap()),
            full_name: "Nguyễn Thị Mẫu".parse().unwrap(),
            date_of_birth: "1990-04-12".parse().unwrap(),
        },
        aliases: Aliases::default(),
        procedure: "1.001193".parse().unwrap(),
        unit: "H57.12".parse().unwrap(),
        officer: Some("001090000001".parse().unwrap()),
        share: budget::Asking {
            client: "mau".parse().unwrap(),
            weight: NonZeroU32::MIN,
            class: Class::Interactive,
        },
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
    }
}

fn empty() -> String {
    let (head, rest) = P01.split_once("<ns1:CongDan>").unwrap();
    let (_, tail) = rest.split_once("</ns1:CongDan>").unwrap();
    format!("{head}{tail}").replace("SoCongDan=\"1\"", "SoCongDan=\"0\"")
}

fn fault(code: &str) -> String {
    let (head, _) = P01.split_once("<ns1:Cong").unwrap();
    format!(
        "{head}<soapenv:Fault><faultcode>soapenv:Server</faultcode><faultstring>x</faultstring>\
         <detail><MaLoi>{code}</MaLoi></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
}

fn results(steps: &[Step]) -> Vec<&'static str> {
    steps.iter().map(|step| step.result).collect()
}

/// Looks up against a server that always does the same, and checks that it ends before the deadline.
async fn met_with(act: Act) -> Found {
    let server = Server::start([act]).await;
    let registry = registry(&server.url);
    let begun = SystemClock.steady();
    let found = registry.find(mau(), within(DEADLINE), &budget(100)).await;
    let took = SystemClock.steady().saturating_duration_since(begun);
    assert!(took < DEADLINE + ATTEMPT, "{took:?}");
    assert_eq!(server.received().len(), found.steps.len());
    found
}

async fn failure(act: Act) -> (Failure, usize) {
    let found = met_with(act).await;
    (found.outcome.unwrap_err(), found.steps.len())
}

#[tokio::test]
async fn finds_a_person_with_one_call() {
    let found = met_with(Act::Send(http(200, P01))).await;
    let answer = found.outcome.unwrap().unwrap();
    assert_eq!(answer.record.pin.expose(), "100190000001");
    assert_eq!(
        found.steps,
        [Step {
            form: "plain",
            registry_request: answer.registry_request,
            result: "record"
        }]
    );
}

#[tokio::test]
async fn every_outage_is_tried_twice_and_never_nobody() {
    let cut = [http(200, P01)[..600].to_vec(), Vec::new()].concat();
    for (act, expected) in [
        (Act::Reset, Failure::Unavailable(Outage::Reset)),
        (
            Act::SendAndReset(cut.clone()),
            Failure::Unavailable(Outage::Reset),
        ),
        (Act::Send(cut), Failure::Unavailable(Outage::Reset)),
        (Act::Send(Vec::new()), Failure::Unavailable(Outage::Reset)),
        (Act::Send(http(500, "")), Failure::Unavailable(Outage::Status)),
        (
            Act::Send(http(502, "<html/>")),
            Failure::Unavailable(Outage::Status),
        ),
        (
            Act::Send(http(500, &fault("KHAC"))),
            Failure::Unavailable(Outage::Fault),
        ),
    ] {
        assert_eq!(failure(act).await, (expected, 2));
    }
}

#[tokio::test]
async fn silence_and_dripping_end_with_the_attempt() {
    for act in [Act::Hang, Act::Drip(http(200, P01))] {
        let server = Server::start([act]).await;
        let impatient = Config {
            attempt_timeout: Duration::from_millis(100),
            ..config(&server.url)
        };
        let clock = Arc::new(SystemClock);
        let registry = Registry::new(impatient, clock, Handle::current(), Arc::new(|_| {})).unwrap();
        let begun = SystemClock.steady();
        let found = registry.find(mau(), within(DEADLINE), &budget(9)).await;
        assert_eq!(results(&found.steps), ["timeout", "timeout"]);
        assert_eq!(found.outcome.unwrap_err(), Failure::Timeout);
        assert!(SystemClock.steady().saturating_duration_since(begun) < ATTEMPT);
    }
}

#[tokio::test]
async fn a_refusal_is_told_apart_and_not_tried_again() {
    let rejected = Failure::Rejected;
    for (status, code, expected) in [
        (401, "AUTH_TIMESTAMP", rejected(Rejection::Credentials)),
        (401, "AUTH_SIGNATURE", rejected(Rejection::Credentials)),
        (401, "AUTH_CLIENT", rejected(Rejection::Credentials)),
        (500, "LICENCE", rejected(Rejection::Licence)),
        (500, "OFFICER", rejected(Rejection::Officer)),
        (500, "QUOTA", rejected(Rejection::Quota)),
        (500, "REQUEST", rejected(Rejection::Request)),
        (500, "MAINTENANCE", Failure::Maintenance),
        (200, "LICENCE", rejected(Rejection::Licence)),
    ] {
        let act = Act::Send(http(status, &fault(code)));
        assert_eq!(failure(act).await, (expected, 1), "{code}");
    }
    for (status, expected) in [
        (401, rejected(Rejection::Credentials)),
        (403, rejected(Rejection::Credentials)),
        (429, rejected(Rejection::Quota)),
        (404, Failure::Protocol("unexpected status")),
        (302, Failure::Protocol("unexpected status")),
    ] {
        let act = Act::Send(http(status, "<html>x</html>"));
        assert_eq!(failure(act).await, (expected, 1), "{status}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_neither_nobody_nor_an_outage() {
    let (half, _) = P01.split_once("<ns1:QueQuan>").unwrap();
    let laughs = "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><x>&b;</x>";
    let deep = "<a>".repeat(100_000);
    let huge = " ".repeat(2 * 1024 * 1024);
    for (body, expected) in [
        ("<html><body>Bảo trì</body></html>", "not a SOAP message"),
        ("<!DOCTYPE html><html></html>", "document type declared"),
        (laughs, "document type declared"),
        ("", "empty body"),
        (half, "not well-formed XML"),
        (&deep, "too much markup"),
        (&huge, "answer too large"),
        (&P01.replace("dancu/1.0", "dancu/9.9"), "wrong namespace"),
    ] {
        let act = Act::Send(http(200, body));
        assert_eq!(failure(act).await, (Failure::Protocol(expected), 1));
    }
}

#[tokio::test]
async fn reads_no_more_than_allowed_from_an_answer_without_end() {
    let mut endless = b"HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..400 {
        endless.extend_from_slice(b"2000\r\n");
        endless.extend_from_slice(&[b' '; 0x2000]);
        endless.extend_from_slice(b"\r\n");
    }
    let (failure, _) = failure(Act::Send(endless)).await;
    assert_eq!(failure, Failure::Protocol("answer too large"));
}

#[tokio::test]
async fn reads_odd_but_whole_answers() {
    let other = P01.replace("100190000001", "100190000002");
    let (_, second) = other.split_once("<ns1:CongDan>").unwrap();
    let (second, _) = second.split_once("</ns1:CongDan>").unwrap();
    let two = P01.replace(
        "<ns1:CongDan>",
        &format!("<ns1:CongDan>{second}</ns1:CongDan><ns1:CongDan>"),
    );
    let split = P01.replace(
        "<ns1:Ho/><ns1:ChuDem/><ns1:Ten>NGUYỄN THỊ MẪU</ns1:Ten>",
        "<ns1:Ho>NGUYỄN</ns1:Ho><ns1:ChuDem>THỊ</ns1:ChuDem><ns1:Ten>MẪU</ns1:Ten>",
    );
    for body in [format!("\u{FEFF}{P01}"), two, split] {
        let found = met_with(Act::Send(http(200, &body))).await;
        let answer = found.outcome.unwrap().unwrap();
        assert_eq!(answer.record.pin.expose(), "100190000001");
        assert_eq!(answer.record.full_name.expose(), "NGUYỄN THỊ MẪU");
    }
}

#[tokio::test]
async fn nobody_listening_is_an_outage() {
    let gone = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/dancu", listener.local_addr().unwrap())
    };
    let found = registry(&gone).find(mau(), within(DEADLINE), &budget(9)).await;
    assert_eq!(found.outcome.unwrap_err(), Failure::Unavailable(Outage::Connect));
    assert_eq!(results(&found.steps), ["unavailable", "unavailable"]);
}

#[tokio::test]
async fn a_second_try_helps_and_costs_a_permit() {
    let server = Server::start([Act::Reset, Act::Send(http(200, P01))]).await;
    let budget = budget(5);
    let found = registry(&server.url).find(mau(), within(DEADLINE), &budget).await;
    assert!(found.outcome.unwrap().is_some());
    assert_eq!(left(&budget).await, 3);
    let [first, second] = &found.steps[..] else {
        panic!("two calls")
    };
    assert_eq!((first.result, second.result), ("unavailable", "record"));
    assert_ne!(first.registry_request, second.registry_request);
}

#[tokio::test]
async fn without_a_permit_for_it_the_second_try_is_left_out() {
    let server = Server::start([Act::Reset]).await;
    let found = registry(&server.url)
        .find(mau(), within(DEADLINE), &budget(1))
        .await;
    assert_eq!(found.outcome.unwrap_err(), Failure::Unavailable(Outage::Reset));
    assert_eq!(found.steps.len(), 1);
}

#[tokio::test]
async fn each_step_of_the_ladder_is_one_call_and_one_permit() {
    let server = Server::start([Act::Send(http(200, &empty()))]).await;
    let budget = budget(10);
    let found = registry(&server.url).find(mau(), within(DEADLINE), &budget).await;
    assert!(found.outcome.unwrap().is_none());
    assert_eq!(found.steps.len(), 6);
    assert_eq!(left(&budget).await, 4);
    let received = server.received();
    for (request, step) in received.iter().zip(&found.steps) {
        assert!(request.contains(&format!(
            "<dan:MaYeuCau>{}</dan:MaYeuCau>",
            step.registry_request.simple()
        )));
    }
    assert!(received[1].contains("<dan:HoVaTen>THIMAUNGUYEN<"));
    assert!(received[5].contains("<dan:Nam>1990</dan:Nam>"));
}

#[tokio::test]
async fn the_ladder_ends_with_the_budget_and_says_so() {
    let server = Server::start([Act::Send(http(200, &empty()))]).await;
    let found = registry(&server.url)
        .find(mau(), within(DEADLINE), &budget(3))
        .await;
    assert!(matches!(
        found.outcome,
        Err(Failure::BudgetExhausted { retry_after }) if retry_after > Duration::ZERO
    ));
    assert_eq!(results(&found.steps), ["empty", "empty", "empty"]);
}

#[tokio::test]
async fn a_step_that_fails_fails_the_look_up() {
    let server = Server::start([
        Act::Send(http(200, &empty())),
        Act::Send(http(200, "<html/>")),
        Act::Send(http(200, P01)),
    ])
    .await;
    let found = registry(&server.url)
        .find(mau(), within(DEADLINE), &budget(9))
        .await;
    assert_eq!(
        found.outcome.unwrap_err(),
        Failure::Protocol("not a SOAP message")
    );
    assert_eq!(results(&found.steps), ["empty", "protocol"]);
}

#[tokio::test]
async fn the_whole_ladder_ends_before_the_deadline() {
    let server = Server::start([Act::Send(http(200, &empty())), Act::Hang]).await;
    let begun = SystemClock.steady();
    let limit = Duration::from_millis(300);
    let found = registry(&server.url).find(mau(), within(limit), &budget(9)).await;
    assert_eq!(found.outcome.unwrap_err(), Failure::Timeout);
    assert!(SystemClock.steady().saturating_duration_since(begun) < limit + ATTEMPT);
}

#[tokio::test]
async fn signs_each_call_and_sends_the_agreed_headers() {
    let server = Server::start([Act::Send(http(200, P01))]).await;
    registry(&server.url)
        .find(mau(), within(DEADLINE), &budget(9))
        .await;
    let request = server.received().remove(0);
    let header = |name: &str| {
        request
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")))
            .unwrap()
            .to_owned()
    };
    assert!(request.starts_with("POST /dancu HTTP/1.1\r\n"));
    assert_eq!(header("content-type"), "text/xml; charset=utf-8");
    assert_eq!(header("soapaction"), "\"\"");
    assert_eq!(header("x-road-client"), "VN/GOV/MAU");
    assert_eq!(header("apikey"), "khoa");
    assert_eq!(Some(header("traceparent")), mau().traceparent);
    let timestamp = header("timestamp");
    let sent: i64 = timestamp.parse().unwrap();
    assert!((SystemClock.now().as_millisecond() - sent).abs() < 60_000);
    let signed = format!("/dancutinh-mau{timestamp}bi mat");
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, signed.as_bytes());
    let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let pair = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("tinh-mau:{hex}"),
    );
    assert_eq!(header("authorization"), format!("Basic {pair}"));
}

#[tokio::test]
async fn a_look_up_that_has_begun_is_finished_though_nobody_waits() {
    let told = Arc::new(Notify::new());
    let server = Server::start([Act::Wait(Arc::clone(&told), http(200, P01))]).await;
    let (sender, mut results) = mpsc::unbounded_channel();
    let registry = observed(
        &server.url,
        Arc::new(move |observed| {
            let Observed::Called(result, _) = observed else {
                panic!("{observed:?}")
            };
            sender.send(result).unwrap();
        }),
    );
    let budget = budget(9);
    let mut looking = Box::pin(registry.find(mau(), within(DEADLINE), &budget));
    assert!(futures_util::poll!(&mut looking).is_pending());
    drop(looking);
    told.notify_one();
    assert_eq!(results.recv().await, Some("record"));
}

#[tokio::test]
async fn keeps_its_health_and_tells_the_observer_of_each_call() {
    let server = Server::start([Act::Send(http(200, "<html/>"))]).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let entered = Arc::clone(&seen);
    let registry = observed(
        &server.url,
        Arc::new(move |observed| {
            if let Observed::Called(result, _) = observed {
                entered.lock().unwrap().push(result);
            }
        }),
    );
    for _ in 0..3 {
        registry.find(mau(), within(DEADLINE), &budget(9)).await;
    }
    assert_eq!(*seen.lock().unwrap(), ["protocol"; 3]);
    assert!(registry.health().is_degraded());
}

#[tokio::test]
async fn says_which_setting_is_unusable() {
    let made = |change: fn(&mut Config)| {
        let mut config = config("http://127.0.0.1:1/dancu");
        change(&mut config);
        Registry::new(config, Arc::new(SystemClock), Handle::current(), Arc::new(|_| {})).err()
    };
    assert!(made(|_| {}).is_none());
    assert!(matches!(
        made(|config| config.url = "/dancu".into()),
        Some(Unusable::Url)
    ));
    assert!(matches!(
        made(|config| config.api_key = "a\nb".into()),
        Some(Unusable::Header("api_key"))
    ));
    assert!(matches!(
        made(|config| config.authorities_pem = Some(b"none".to_vec())),
        Some(Unusable::Authorities)
    ));
    assert!(matches!(
        made(|config| config.identity_pem = Some(b"none".to_vec().into())),
        Some(Unusable::Identity)
    ));
}

#[tokio::test]
async fn takes_authorities_and_an_identity() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.pem();
    let config = Config {
        authorities_pem: Some(certificate.clone().into_bytes()),
        identity_pem: Some(
            format!("{certificate}{}", made.signing_key.serialize_pem())
                .into_bytes()
                .into(),
        ),
        ..config("https://localhost:1/dancu")
    };
    let registry = Registry::new(config, Arc::new(SystemClock), Handle::current(), Arc::new(|_| {}));
    assert!(registry.is_ok());
}

#[test]
fn a_question_prints_without_the_people_in_it() {
    let asked = format!("{:?}", mau());
    for secret in ["100190000001", "001090000001", "1990", "Mẫu"] {
        assert!(!asked.contains(secret));
    }
}

const HOUSEHOLD: &str = "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>\
    <HoGiaDinhCollection xmlns=\"http://www.mic.gov.vn/dancu/1.0\" SoHoGiaDinh=\"1\"><HoGiaDinh>\
    <MaHoGiaDinh>HGP-1</MaHoGiaDinh></HoGiaDinh></HoGiaDinhCollection></s:Body></s:Envelope>";

#[tokio::test]
async fn a_household_is_asked_for_once_and_in_its_own_service() {
    let none = HOUSEHOLD
        .replace("<HoGiaDinh><MaHoGiaDinh>HGP-1</MaHoGiaDinh></HoGiaDinh>", "")
        .replace("\"1\"", "\"0\"");
    for (body, result) in [(HOUSEHOLD, "record"), (none.as_str(), "empty")] {
        let server = Server::start([Act::Send(http(200, body))]).await;
        let found = registry(&server.url)
            .find_household(mau(), within(DEADLINE), &budget(9))
            .await;
        assert_eq!(found.outcome.unwrap().is_some(), result == "record");
        let steps: Vec<_> = found.steps.iter().map(|step| (step.form, step.result)).collect();
        assert_eq!(steps, [("household", result)], "there is nothing to climb for");
        let received = server.received();
        let [request] = received.as_slice() else {
            panic!("one call")
        };
        assert!(request.contains("<dan:CungCapThongTinHoGiaDinh><dan:MaYeuCau>"));
        assert!(request.contains("<dan:MaTichHop>045</dan:MaTichHop>"));
    }
}

#[tokio::test]
async fn an_outage_of_the_household_s_service_is_tried_twice_and_never_no_household() {
    for (act, expected) in [
        (Act::Reset, Failure::Unavailable(Outage::Reset)),
        (
            Act::Send(http(502, "<html/>")),
            Failure::Unavailable(Outage::Status),
        ),
    ] {
        let server = Server::start([act]).await;
        let found = registry(&server.url)
            .find_household(mau(), within(DEADLINE), &budget(9))
            .await;
        assert_eq!((found.outcome.unwrap_err(), found.steps.len()), (expected, 2));
    }
    let server = Server::start([Act::Send(http(200, P01))]).await;
    let found = registry(&server.url)
        .find_household(mau(), within(DEADLINE), &budget(9))
        .await;
    let refused = Failure::Protocol("another message than the one asked for");
    assert_eq!((found.outcome.unwrap_err(), found.steps.len()), (refused, 1));
}
