//! What can actix do alone?
//!
//! A handler that takes a body of the gateway's length and gives one of the same length, one that checks an ES256
//! signature on top with the gateway's own libraries, one that computes for a time besides, and a page to be cached by a
//! proxy in front.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::web::{self, Bytes, Path as Segment};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};

use crate::process::{Server, this_program};
use crate::world::PATH;

/// Where so many microseconds are computed before the answer, which follow.
pub const COMPUTING: &str = "/computing";

/// The mode's name on the command line; the path of the public key follows.
pub const SERVE: &str = "--serve-bare";

/// Serves until it is stopped; prints its address first.
pub fn serve(public_key: &Path) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap());
    let answer = Bytes::from(format!("{{\"answer\":\"{}\"}}", "x".repeat(500)));
    let key = Arc::new(DecodingKey::from_ec_pem(&std::fs::read(public_key).unwrap()).unwrap());
    let app = move || {
        let plain = answer.clone();
        let take = move |body: Bytes| {
            let answer = plain.clone();
            async move {
                assert!(!body.is_empty());
                given(answer)
            }
        };
        let (checked, key) = (answer.clone(), Arc::clone(&key));
        let check = move |request: HttpRequest, body: Bytes| {
            let (answer, key) = (checked.clone(), Arc::clone(&key));
            async move {
                assert!(!body.is_empty());
                if is_signed(&request, &key) {
                    given(answer)
                } else {
                    HttpResponse::Unauthorized().finish()
                }
            }
        };
        let computed = answer.clone();
        let compute = move |microseconds: Segment<u64>, body: Bytes| {
            let answer = computed.clone();
            async move {
                assert!(!body.is_empty());
                let begun = Instant::now();
                while begun.elapsed() < Duration::from_micros(*microseconds) {
                    std::hint::spin_loop();
                }
                given(answer)
            }
        };
        let page = answer.clone();
        let show = move || {
            let answer = page.clone();
            async move { given(answer) }
        };
        App::new()
            .route(PATH, web::post().to(take))
            .route(PATH, web::get().to(show))
            .route("/signed", web::post().to(check))
            .route(&format!("{COMPUTING}/{{microseconds}}"), web::post().to(compute))
    };
    let server = HttpServer::new(app).workers(1).listen(listener).unwrap().run();
    rt::System::new().block_on(server).unwrap();
}

fn given(answer: Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header(("Cache-Control", "public, max-age=3600"))
        .body(answer)
}

/// Checks what the gateway's own library checks of a token: signature, times, audience.
fn is_signed(request: &HttpRequest, key: &DecodingKey) -> bool {
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["dancu"]);
    let authorization = request.headers().get("authorization");
    let token = authorization.and_then(|line| line.to_str().ok()?.strip_prefix("Bearer "));
    token.is_some_and(|token| jsonwebtoken::decode::<serde_json::Value>(token, key, &validation).is_ok())
}

/// Starts it in a process of its own.
pub fn start(public_key: &Path) -> (Server, SocketAddr) {
    let mut server = Server::start(&this_program(), &[SERVE, public_key.to_str().unwrap()]);
    let address = server.line().parse().unwrap();
    (server, address)
}
