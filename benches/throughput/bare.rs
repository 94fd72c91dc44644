//! What can actix do alone? A handler that takes a body of the same length and gives one of the same length.

use std::net::TcpListener;
use std::path::PathBuf;

use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer, rt};

use crate::gateway::Surroundings;
use crate::load::{Load, Measured};
use crate::process::Server;

/// Serves until it is stopped; prints its address first.
pub fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap());
    let answer = Bytes::from(format!("{{\"answer\":\"{}\"}}", "x".repeat(500)));
    let app = move || {
        let answer = answer.clone();
        let handler = move |body: Bytes| {
            let answer = answer.clone();
            async move {
                assert!(!body.is_empty());
                HttpResponse::Ok().content_type("application/json").body(answer)
            }
        };
        App::new().route("/v1/citizens/verify", web::post().to(handler))
    };
    let server = HttpServer::new(app).workers(1).listen(listener).unwrap().run();
    rt::System::new().block_on(server).unwrap();
}

/// Measures it under the gateway's own request.
pub fn measure(load: &Load, surroundings: &Surroundings) -> Measured {
    let program: PathBuf = std::env::current_exe().unwrap();
    let mut server = Server::start(&program, &["--serve-bare"]);
    let address = server.line().parse().unwrap();
    let measured = load.run(&server, address, &surroundings.request);
    server.stop();
    measured
}
