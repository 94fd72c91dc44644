//! Where do the started services answer, and how does one get in?
//!
//! What [`start`](fn@crate::start) hands back: addresses, certificates, the registry's credentials, and the way to stop.
//! Always true: every address answers until `stop`; dropping it without `stop` leaves the services up for as long
//! as the runtime lives. Deliberately absent: changing anything; that is the control port's.

use actix_web::dev::ServerHandle;
use tokio::task::JoinHandle;

use crate::gateway::GatewayAddress;
use crate::registry::credentials::Credentials;
use crate::tls::{Authority, Identity};

/// The services, up and answering.
pub struct Running {
    pub(crate) urls: Urls,
    pub(crate) authority: Authority,
    pub(crate) client: Identity,
    pub(crate) oauth_clients: Vec<(String, Identity)>,
    pub(crate) credentials: Credentials,
    pub(crate) gateway: GatewayAddress,
    pub(crate) servers: Vec<ServerHandle>,
    pub(crate) background: Vec<JoinHandle<()>>,
}

/// Where each service answers.
pub(crate) struct Urls {
    pub(crate) registry: String,
    pub(crate) issuer: String,
    pub(crate) portal: String,
    pub(crate) control: String,
    pub(crate) registry_tls: String,
    pub(crate) issuer_tls: String,
    pub(crate) one_stop: String,
}

impl Running {
    /// Returns the registry's address; its operations are at `/dancu`.
    pub fn registry_url(&self) -> &str {
        &self.urls.registry
    }

    /// Returns the issuer's address, which is its `iss` too.
    pub fn issuer_url(&self) -> &str {
        &self.urls.issuer
    }

    /// Returns the portal's address.
    pub fn portal_url(&self) -> &str {
        &self.urls.portal
    }

    /// Returns the one-stop's address, where its pages are.
    pub fn one_stop_url(&self) -> &str {
        &self.urls.one_stop
    }

    /// Tells the services where the gateway answers: where events are pushed to, and who is asked for checks.
    pub fn point_to_gateway(&self, url: &str) {
        self.gateway.set(url);
    }

    /// Returns the control port's address.
    pub fn control_url(&self) -> &str {
        &self.urls.control
    }

    /// Returns the registry's address with TLS.
    pub fn registry_tls_url(&self) -> &str {
        &self.urls.registry_tls
    }

    /// Returns the issuer's address with TLS, for tokens that are bound to a certificate.
    pub fn issuer_tls_url(&self) -> &str {
        &self.urls.issuer_tls
    }

    /// Returns the certificate of the authority that signed all others.
    pub fn ca_pem(&self) -> &str {
        self.authority.pem()
    }

    /// Returns a client certificate and key that the TLS listeners accept.
    pub fn client_identity_pem(&self) -> String {
        self.client.pem()
    }

    /// Returns the certificate and key that stand for one of the issuer's clients.
    pub fn oauth_client_identity_pem(&self, client_id: &str) -> Option<String> {
        self.oauth_clients
            .iter()
            .find(|(id, _)| id == client_id)
            .map(|(_, identity)| identity.pem())
    }

    /// Returns what a connected system needs to be let in by the registry.
    pub fn registry_credentials(&self) -> Credentials {
        self.credentials.clone()
    }

    /// Stops all services at once.
    pub async fn stop(self) {
        for task in self.background {
            task.abort();
        }
        for server in self.servers {
            server.stop(false).await;
        }
    }
}
