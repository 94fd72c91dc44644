use super::*;

impl Caller {
    /// Makes a caller without a token, for tests of the gates that ask for one.
    pub(crate) fn for_tests(client: &str, officer: Option<&str>, unit: Option<&str>, scopes: Scopes) -> Self {
        Self::new(Verified {
            client: client.parse().unwrap(),
            officer: officer.map(|digits| digits.parse().unwrap()),
            unit: unit.map(|code| code.parse().unwrap()),
            scopes,
            bound_to: None,
            expires_at: Timestamp::MAX,
            refused_from: Timestamp::MAX,
            officer_logged_as: OnceLock::new(),
        })
    }

    /// Gives the same caller, bound to a certificate.
    pub(crate) fn bound_for_tests(&self, certificate: Thumbprint) -> Self {
        Self::new(Verified {
            client: self.0.client.clone(),
            officer: self.0.officer,
            unit: self.0.unit.clone(),
            scopes: self.0.scopes,
            bound_to: Some(certificate),
            expires_at: self.0.expires_at,
            refused_from: self.0.refused_from,
            officer_logged_as: OnceLock::new(),
        })
    }
}
