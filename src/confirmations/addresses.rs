//! Where does the world find what a confirmation names?
//!
//! Every address that stands in a credential or on its page, made from the one under which callers reach the gateway.
//! They are compared as text: whoever names another address isn't our issuer.

use super::Id;

/// Knows the gateway's addresses.
#[derive(Debug, Clone)]
pub(super) struct Addresses(String);

impl Addresses {
    /// Takes the origin under which the gateway is reached.
    pub fn new(public_url: &str) -> Self {
        Self(public_url.trim_end_matches('/').to_owned())
    }

    /// Gives the issuer's name.
    pub fn issuer(&self) -> &str {
        &self.0
    }

    /// Gives the set of the issuer's keys.
    pub fn keys(&self) -> String {
        format!("{}/.well-known/jwks.json", self.0)
    }

    /// Gives the credential's type.
    pub fn credential_type(&self) -> String {
        format!("{}/vct/residence-check", self.0)
    }

    /// Gives a status list.
    pub fn status_list(&self, list: u32) -> String {
        format!("{}/v1/status-lists/{list}", self.0)
    }

    /// Gives the number of the status list at an address of ours.
    pub fn list_at(&self, address: &str) -> Option<u32> {
        let number = address
            .strip_prefix(self.0.as_str())?
            .strip_prefix("/v1/status-lists/")?;
        let list = number.parse().ok()?;
        (self.status_list(list) == address).then_some(list)
    }

    /// Gives the page for the dossier.
    pub fn document(&self, id: Id) -> String {
        format!("{}/v1/confirmations/{id}/document", self.0)
    }

    /// Gives the page for everybody.
    pub fn public(&self, id: Id) -> String {
        format!("{}/c/{id}", self.0)
    }
}
