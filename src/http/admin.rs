//! How do operators reach us?
//!
//! `/admin` on the operations listener: the register of clients, their limits and the way to the registry, seen and changed while the gateway runs.
//! Every call but that for the description needs an operator's token; every one that has it, and every one that should have
//! had it, has its audit row. Who names another host than ours is told that there is nothing. Answers and refusals are written as those of the API are. A token is asked for in a header
//! on each call and never kept by a browser, so a page of somebody else's can't use it. Decides nothing: `register` does.

mod clients;
mod desk;
mod hosts;
mod limits;
mod openapi;
mod registry;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{Error, HttpMessage as _, Resource, Route, guard};

use super::arrival::{Arrival, Door};
use super::pages::method_not_allowed;
use super::problem::Problems;
use super::shedding::Shedding;
use super::texts::Missing;
use crate::auth::Operators;
use crate::clock::Clock;
use crate::domain::problem::Code;
use crate::exchange::Exchange;
use crate::register::Register;
use desk::Desk;
pub use hosts::{HostName, Hosts};

/// Requests of operators under way at once; beyond it they are refused, so that the listener's health stays readable.
const MOST_UNDER_WAY: usize = 64;

/// How long an operator's body may take to arrive.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// Is what one address takes.
struct Taken {
    method: Method,
    handler: fn(Route) -> Route,
    described: fn() -> openapi::Described,
}

/// Is one address.
struct Address {
    path: &'static str,
    allowed: &'static str,
    taken: &'static [Taken],
}

const ALL: &str = "GET, HEAD";

/// Lists every address; registration and description read the same.
const TABLE: [Address; 8] = [
    Address {
        path: "/v1/clients",
        allowed: ALL,
        taken: &[Taken {
            method: Method::GET,
            handler: |route| route.to(clients::list),
            described: openapi::list_clients,
        }],
    },
    Address {
        path: "/v1/clients/{id}",
        allowed: "GET, HEAD, PUT, DELETE",
        taken: &[
            Taken {
                method: Method::GET,
                handler: |route| route.to(clients::show),
                described: openapi::show_client,
            },
            Taken {
                method: Method::PUT,
                handler: |route| route.to(clients::put),
                described: openapi::put_client,
            },
            Taken {
                method: Method::DELETE,
                handler: |route| route.to(clients::remove),
                described: openapi::remove_client,
            },
        ],
    },
    Address {
        path: "/v1/clients/{id}/suspend",
        allowed: "POST",
        taken: &[Taken {
            method: Method::POST,
            handler: |route| route.to(clients::suspend),
            described: openapi::suspend_client,
        }],
    },
    Address {
        path: "/v1/clients/{id}/resume",
        allowed: "POST",
        taken: &[Taken {
            method: Method::POST,
            handler: |route| route.to(clients::resume),
            described: openapi::resume_client,
        }],
    },
    Address {
        path: "/v1/clients/{id}/changes",
        allowed: "DELETE",
        taken: &[Taken {
            method: Method::DELETE,
            handler: |route| route.to(clients::revert),
            described: openapi::revert_client,
        }],
    },
    Address {
        path: "/v1/limits",
        allowed: ALL,
        taken: &[Taken {
            method: Method::GET,
            handler: |route| route.to(limits::list),
            described: openapi::list_limits,
        }],
    },
    Address {
        path: "/v1/limits/{id}",
        allowed: "GET, HEAD, PUT",
        taken: &[
            Taken {
                method: Method::GET,
                handler: |route| route.to(limits::show),
                described: openapi::show_limits,
            },
            Taken {
                method: Method::PUT,
                handler: |route| route.to(limits::put),
                described: openapi::put_limits,
            },
        ],
    },
    Address {
        path: "/v1/registry",
        allowed: "GET, HEAD, PUT",
        taken: &[
            Taken {
                method: Method::GET,
                handler: |route| route.to(registry::show),
                described: openapi::show_registry,
            },
            Taken {
                method: Method::PUT,
                handler: |route| route.to(registry::put),
                described: openapi::put_registry,
            },
        ],
    },
];

/// Is the operators' edge, made once and shared by all workers.
#[derive(Clone)]
pub struct Admin {
    door: Arc<Door>,
    desk: Data<Desk>,
    hosts: Arc<Hosts>,
    document: Bytes,
}

impl Admin {
    /// Makes the edge; `public_url` is where the pages of problems are found, `hosts` under which names it is reached.
    ///
    /// # Errors
    /// Fails where a text that people read is missing.
    pub fn new(
        public_url: &str,
        hosts: Hosts,
        exchange: Arc<Exchange>,
        register: Arc<Register>,
        operators: Arc<Operators>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Missing> {
        let problems = Arc::new(Problems::for_operators(public_url)?);
        let counting = Arc::clone(&exchange);
        let door = Door::new(
            Arc::clone(&problems),
            Box::new(move |code| counting.count_shed(code)),
            clock,
            Shedding::new(MOST_UNDER_WAY, Duration::MAX),
            Arc::default(),
        );
        Ok(Self {
            door: Arc::new(door),
            desk: Data::new(Desk {
                exchange,
                register,
                operators,
                problems,
                body_within: BODY_WITHIN,
            }),
            hosts: Arc::new(hosts),
            document: openapi::document().to_string().into(),
        })
    }

    /// Registers every address below `/admin`.
    pub fn configure(&self, routes: &mut ServiceConfig) {
        let door = Arc::clone(&self.door);
        let passed = move |request: ServiceRequest, next: Next<BoxBody>| {
            let door = Arc::clone(&door);
            async move { door.pass(request, next).await }
        };
        let (hosts, problems) = (Arc::clone(&self.hosts), Arc::clone(&self.desk.problems));
        let named = move |request: ServiceRequest, next: Next<BoxBody>| {
            let (hosts, problems) = (Arc::clone(&hosts), Arc::clone(&problems));
            async move { under_our_name(&hosts, &problems, request, next).await }
        };
        let document = self.document.clone();
        let itself = move || {
            let document = document.clone();
            async move {
                HttpResponse::Ok()
                    .insert_header((header::CONTENT_TYPE, "application/json"))
                    .body(document)
            }
        };
        let mut scope = web::scope("/admin")
            .app_data(self.desk.clone())
            .wrap(from_fn(named))
            .wrap(from_fn(passed))
            .route("/openapi.json", web::get().to(itself))
            .default_service(web::to(nothing_here));
        for address in &TABLE {
            scope = scope.service(resource(address));
        }
        routes.service(scope);
    }
}

/// Passes on what names a host of ours; whoever else is meant, it isn't us.
async fn under_our_name(
    hosts: &Hosts,
    problems: &Problems,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let stranger = request
        .extensions()
        .get::<Arrival>()
        .filter(|_| !hosts.allow(&request))
        .cloned();
    match stranger {
        Some(arrival) => {
            tracing::warn!("a request to /admin was refused: its Host is none of operations.hosts");
            let refused = problems.refuse(&arrival, Code::NotFound);
            Ok(request.into_response(refused))
        }
        None => next.call(request).await,
    }
}

async fn nothing_here(desk: Data<Desk>, arrival: Arrival) -> HttpResponse {
    desk.problems.refuse(&arrival, Code::NotFound)
}

fn resource(address: &'static Address) -> Resource {
    let allowed = address.allowed;
    let refuse = move |desk: Data<Desk>, arrival: Arrival| async move {
        method_not_allowed(&desk.problems, &arrival, allowed)
    };
    let mut resource = web::resource(address.path).default_service(web::to(refuse));
    for taken in address.taken {
        let route = if taken.method == Method::GET {
            web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
        } else {
            web::method(taken.method.clone())
        };
        resource = resource.route((taken.handler)(route));
    }
    resource
}

#[cfg(test)]
mod tests;
