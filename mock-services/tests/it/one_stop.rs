//! A one-stop at work: dossiers, papers, confirmations, the portal, and what has to wait.
//!
//! The gateway here is a stand-in of a few lines that answers in the contract's shapes and notes what it was asked.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, get, post};
use mock_services::Settings;
use serde_json::{Value, json};

use crate::browser::{picture, shown};
use crate::world::World;

/// What the stand-in was asked, and what it answers next.
#[derive(Default)]
struct Gateway {
    decision: Mutex<&'static str>,
    asked: Mutex<Vec<(String, String, Value)>>,
}

impl Gateway {
    fn decides(&self, decision: &'static str) {
        *self.decision.lock().unwrap() = decision;
    }

    fn answer(&self) -> HttpResponse {
        let decision = *self.decision.lock().unwrap();
        let fact = |result: &str| {
            json!([
                {"role": "father", "fact": "permanent_residence", "result": result, "reason": "held", "differences": []},
                {"role": "mother", "fact": "permanent_residence", "result": "match", "reason": "held", "differences": []},
                {"role": "mother", "fact": "marriage", "result": "elsewhere", "reason": "elsewhere", "differences": []},
            ])
        };
        let mut check = json!({
            "id": "c-1", "decision": decision, "facts": fact("match"), "supplement": [],
            "deadline": "2026-11-24T16:00:00+07:00", "transaction_id": "t-1", "answered_at": "2026-11-22T16:00:00+07:00",
        });
        match decision {
            "pending" => {
                check["pending"] = json!({"receipt": "r-1", "retry_at": "2020-01-01T00:00:00+07:00"});
                check["other_ways"] = json!(["vneid", "card_qr_or_chip"]);
                check["facts"] = json!([]);
                return HttpResponse::Accepted().json(check);
            }
            "supplement_required" => {
                check["facts"] = fact("not_held");
                check["supplement"] = json!([{"role": "father", "fact": "permanent_residence", "any_one_of": ["residence_confirmation", "identity_card"],
                    "legal_ground": "Nghị định 104/2022/NĐ-CP, Điều 14(3)", "correction_procedure": "1.012564"}]);
            }
            "paper_not_required" => {
                check["confirmation"] = json!({"id": "AAAA", "expires_at": "2026-12-22T16:00:00+07:00", "credential": "e30.e30.x~",
                    "document_url": "https://elsewhere.example/v1/confirmations/AAAA/document", "public_url": "http://127.0.0.1:1/c/AAAA"});
            }
            _ => {
                let problem = json!({"code": "procedure_unknown", "title": "<b>Không có thủ tục này</b>", "advice": "Xem lại mã.", "retryable": false});
                return HttpResponse::Forbidden()
                    .content_type("application/problem+json")
                    .json(problem);
            }
        }
        HttpResponse::Ok().json(check)
    }
}

#[post("/v1/checks")]
async fn take_check(request: HttpRequest, body: Bytes, gateway: Data<Arc<Gateway>>) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
    let body = serde_json::from_slice(&body).unwrap();
    gateway
        .asked
        .lock()
        .unwrap()
        .push((header("idempotency-key"), header("authorization"), body));
    gateway.answer()
}

#[get("/v1/checks/c-1")]
async fn check_again(gateway: Data<Arc<Gateway>>) -> HttpResponse {
    gateway.answer()
}

#[get("/v1/procedures/{code}")]
async fn procedure(code: Path<String>) -> HttpResponse {
    let replaces = json!([{"fact": "permanent_residence", "replaces": ["household_book", "residence_confirmation"], "source": "population"},
        {"fact": "marriage", "replaces": ["marriage_certificate"], "source": "civil_status"}]);
    HttpResponse::Ok().json(json!({"code": *code, "roles": [
        {"role": "father", "required": true, "facts": replaces}, {"role": "mother", "required": true, "facts": replaces}]}))
}

#[get("/v1/confirmations/AAAA/document")]
async fn document() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/pdf")
        .body("%PDF-1.7 invented")
}

async fn gateway() -> (Arc<Gateway>, String, ServerHandle) {
    let gateway = Arc::new(Gateway::default());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let data = Data::new(Arc::clone(&gateway));
    let app = move || {
        App::new()
            .app_data(data.clone())
            .service(take_check)
            .service(check_again)
            .service(procedure)
            .service(document)
    };
    let server = HttpServer::new(app)
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (gateway, url, handle)
}

async fn world() -> World {
    World::with(Settings {
        followed_up_every: Duration::from_millis(10),
        ..Settings::default()
    })
    .await
}

impl World {
    async fn take(&self, dossier: &Value) -> (u16, Value) {
        let url = format!("{}/_mock/one-stop/dossiers", self.running.control_url());
        let request = self
            .http
            .post(url)
            .header("Content-Type", "application/json")
            .body(dossier.to_string());
        let answer = request.send().await.unwrap();
        (
            answer.status().as_u16(),
            serde_json::from_str(&answer.text().await.unwrap()).unwrap(),
        )
    }

    async fn page(&self, path: &str) -> (u16, String) {
        let answer = self
            .http
            .get(format!("{}{path}", self.running.one_stop_url()))
            .send()
            .await
            .unwrap();
        assert!(
            answer.headers()["content-security-policy"]
                .to_str()
                .unwrap()
                .starts_with("default-src 'none'")
        );
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn becomes(&self, state: &str) -> Value {
        let until = async {
            let mut pause = tokio::time::interval(Duration::from_millis(5));
            loop {
                let dossier = self.get("/_mock/one-stop/dossiers").await["dossiers"][0].clone();
                if dossier["state"] == state {
                    return dossier;
                }
                pause.tick().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), until)
            .await
            .unwrap()
    }
}

fn birth() -> Value {
    let person = |role: &str, pin: &str, name: &str| json!({"role": role, "subject": {"pin": pin, "full_name": name, "date_of_birth": "1990-04-12"}});
    json!({"procedure": "1.001193", "channel": "counter", "subjects": [
        person("father", "100090000018", "Nguyễn Văn <Mẫu>"), person("mother", "100190000001", "Nguyễn Thị Mẫu")]})
}

#[actix_web::test]
async fn a_birth_is_registered_without_a_paper() {
    let (world, (gateway, url, server)) = (world().await, gateway().await);
    world.running.point_to_gateway(&url);
    gateway.decides("paper_not_required");
    let (status, dossier) = world.take(&birth()).await;
    assert_eq!((status, &dossier["state"]), (201, &json!("in_process")));
    assert_eq!(
        (&dossier["papers_asked"], &dossier["papers_spared"]),
        (&json!(0), &json!(2))
    );
    assert_eq!(dossier["confirmation_page_bytes"], 17);
    let asked = gateway.asked.lock().unwrap().clone();
    let (key, token, question) = &asked[0];
    assert_eq!(key, dossier["dossier"].as_str().unwrap());
    assert!(token.starts_with("Bearer ey"));
    assert_eq!(
        question["context"],
        json!({"procedure": "1.001193", "dossier": key, "channel": "counter"})
    );
    assert_eq!(question["subjects"], birth()["subjects"]);
    let told = world.get("/_mock/portal/received").await["received"][0]["body"].clone();
    assert_eq!(
        (&told["state"], &told["confirmation"]),
        (&json!("in_process"), &json!("AAAA"))
    );
    assert!(
        !told.to_string().contains("100190000001") && !told.to_string().contains("Mẫu"),
        "nothing personal"
    );
    let events: Vec<_> = dossier["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["event"].clone())
        .collect();
    assert_eq!(
        events,
        ["received", "no_paper_needed", "confirmation_filed", "reported"]
    );
    server.stop(false).await;
    world.running.stop().await;
}

#[actix_web::test]
async fn pages_show_the_dossier_in_two_languages_and_nothing_raw() {
    let (world, (gateway, url, server)) = (world().await, gateway().await);
    world.running.point_to_gateway(&url);
    gateway.decides("paper_not_required");
    let (_, dossier) = world.take(&birth()).await;
    let code = dossier["dossier"].as_str().unwrap();
    let (status, page) = world.page(&format!("/dossiers/{code}")).await;
    assert_eq!(status, 200);
    for text in [
        "<html lang=\"vi\">",
        "Đang giải quyết",
        "lang=\"en\">In process",
        "Nguyễn Văn &lt;Mẫu&gt;",
        "•••••••••001",
        "confirmation.pdf",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("100190000001") && !page.contains("<script"));
    assert!(!page.contains("http-equiv=\"refresh\""), "it is decided");
    let (_, pdf) = world.page(&format!("/dossiers/{code}/confirmation.pdf")).await;
    assert_eq!(pdf, "%PDF-1.7 invented");
    let (_, list) = world.page("/").await;
    assert!(list.contains(code) && list.contains("Giấy tờ được miễn"));
    assert_eq!(world.page("/dossiers/none").await.0, 404);
    assert!(world.page("/page.css").await.1.contains("prefers-color-scheme"));
    server.stop(false).await;
    world.running.stop().await;
}

#[actix_web::test]
async fn a_paper_is_asked_for_only_where_the_check_says_so() {
    let (world, (gateway, url, server)) = (world().await, gateway().await);
    world.running.point_to_gateway(&url);
    gateway.decides("supplement_required");
    let (_, dossier) = world.take(&birth()).await;
    assert_eq!(dossier["state"], "supplement_asked");
    assert_eq!(
        (&dossier["papers_asked"], &dossier["papers_spared"]),
        (&json!(1), &json!(1))
    );
    let (_, page) = world
        .page(&format!("/dossiers/{}", dossier["dossier"].as_str().unwrap()))
        .await;
    assert!(page.contains("CT07") && page.contains("Điều 14(3)") && page.contains("1.012564"));
    gateway.decides("paper_not_required");
    let mut online = birth();
    online["channel"] = json!("online");
    online["level"] = json!("province");
    world.take(&online).await;
    let counters = world.get("/_mock/one-stop/dossiers").await["counters"].clone();
    let counted = |level: &str, channel: &str, asked: u64, spared: u64| json!({"level": level, "channel": channel, "dossiers": 1, "papers_asked": asked, "papers_spared": spared, "overdue": 0, "waiting": 0});
    assert_eq!(
        counters,
        json!([
            counted("province", "online", 0, 2),
            counted("commune", "counter", 1, 1)
        ])
    );
    server.stop(false).await;
    world.running.stop().await;
}

#[actix_web::test]
async fn a_pending_check_is_followed_to_its_end() {
    let (world, (gateway, url, server)) = (world().await, gateway().await);
    world.running.point_to_gateway(&url);
    gateway.decides("pending");
    let (_, dossier) = world.take(&birth()).await;
    assert_eq!(
        (&dossier["state"], &dossier["papers_asked"]),
        (&json!("pending"), &json!(0))
    );
    let (_, page) = world
        .page(&format!("/dossiers/{}", dossier["dossier"].as_str().unwrap()))
        .await;
    assert!(page.contains("VNeID") && page.contains("http-equiv=\"refresh\""));
    gateway.decides("paper_not_required");
    let dossier = world.becomes("in_process").await;
    assert_eq!(dossier["confirmation"]["id"], "AAAA");
    assert_eq!(
        gateway.asked.lock().unwrap().len(),
        1,
        "asked once, then only read again"
    );
    server.stop(false).await;
    world.running.stop().await;
}

#[actix_web::test]
async fn without_a_gateway_a_dossier_waits_and_asks_for_nothing() {
    let (world, (gateway, url, server)) = (world().await, gateway().await);
    let (_, dossier) = world.take(&birth()).await;
    assert_eq!(
        (&dossier["state"], &dossier["papers_asked"]),
        (&json!("waiting"), &json!(0))
    );
    gateway.decides("paper_not_required");
    world.running.point_to_gateway(&url);
    world.becomes("in_process").await;
    server.stop(false).await;
    world.running.stop().await;
}

#[actix_web::test]
async fn what_the_gateway_refuses_is_told_and_not_asked_again() {
    let (world, (gateway, url, server)) = (world().await, gateway().await);
    world.running.point_to_gateway(&url);
    gateway.decides("none");
    let (_, dossier) = world.take(&birth()).await;
    assert_eq!(
        (&dossier["state"], &dossier["problem"]["code"]),
        (&json!("refused"), &json!("procedure_unknown"))
    );
    let (_, page) = world
        .page(&format!("/dossiers/{}", dossier["dossier"].as_str().unwrap()))
        .await;
    assert!(page.contains("&lt;b&gt;Không có thủ tục này"));
    server.stop(false).await;
    world.running.stop().await;
}

#[actix_web::test]
async fn the_form_leads_to_the_dossier_and_bad_ones_say_why() {
    let (world, (gateway, url, server)) = (world().await, gateway().await);
    world.running.point_to_gateway(&url);
    gateway.decides("paper_not_required");
    let send = async |form: &str| {
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let request = http.post(format!("{}/dossiers", world.running.one_stop_url()));
        request
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form.to_owned())
            .send()
            .await
            .unwrap()
    };
    let taken = send("procedure=1.001193&channel=online&role1=father&pin1=100090000018&name1=A&born1=1990&role2=mother&pin2=&name2=&born2=").await;
    assert_eq!(taken.status().as_u16(), 303);
    assert!(
        taken.headers()["location"]
            .to_str()
            .unwrap()
            .starts_with("/dossiers/000.00.H57.12-")
    );
    let question = gateway.asked.lock().unwrap()[0].2.clone();
    assert_eq!(
        (
            &question["context"]["channel"],
            question["subjects"].as_array().unwrap().len()
        ),
        (&json!("online"), 1)
    );
    let empty = send("procedure=1.001193&channel=counter").await;
    assert_eq!(empty.status().as_u16(), 422);
    assert!(empty.text().await.unwrap().contains("role=\"alert\""));
    for dossier in [
        json!({}),
        json!({"procedure": "1.001193", "subjects": []}),
        json!({"procedure": "1.001193", "subjects": [{"role": "x"}]}),
        json!({"procedure": "1", "subjects": [], "x": 1}),
    ] {
        assert_eq!(world.take(&dossier).await.0, 422, "{dossier}");
    }
    server.stop(false).await;
    world.running.stop().await;
}

#[actix_web::test]
async fn a_browser_shows_every_stage_of_a_dossier() {
    let (world, (gateway, url, server)) = (world().await, gateway().await);
    world.running.point_to_gateway(&url);
    let mut paths = Vec::new();
    for (name, decision) in [
        ("no-paper", "paper_not_required"),
        ("supplement", "supplement_required"),
        ("pending", "pending"),
    ] {
        gateway.decides(decision);
        let (_, dossier) = world.take(&birth()).await;
        paths.push((
            name,
            format!("/dossiers/{}", dossier["dossier"].as_str().unwrap()),
        ));
    }
    paths.push(("counter", "/".to_owned()));
    for (name, path) in paths {
        let url = format!("{}{path}", world.running.one_stop_url());
        let Some(seen) = shown(url.clone()).await else {
            break;
        };
        for landmark in ["<header>", "<main>", "<footer>", "<h1>"] {
            assert_eq!(seen.matches(landmark).count(), 1, "{name}: {landmark}");
        }
        let fields = seen.matches("<input").count() + seen.matches("<select").count();
        assert_eq!(
            seen.matches("<label>").count(),
            fields,
            "{name}: each field has a label"
        );
        assert!(!seen.contains("100190000001"), "{name}: no whole number");
        for (width, height) in [(1280, 1400), (500, 2000)] {
            assert_eq!(
                picture(url.clone(), name, width, height).await,
                Some((width, height))
            );
        }
    }
    server.stop(false).await;
    world.running.stop().await;
}
