//! Is this text an access token that our issuer made for us?
//!
//! Pure: takes the token, the key that its `kid` names and the time, gives the caller or the refusal. The rules are
//! those of RFC 9068 and RFC 8725: the type must be said, the algorithm must fit the key, every extension that must be
//! understood is refused, and no key is ever taken from the token itself. Times are compared with the time handed in,
//! since the library would read the system's clock. A text that breaks any rule is just "not valid": which rule, a
//! forger needn't know.

use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::Validation;
use serde::Deserialize;

use super::caller::{Caller, Verified};
use super::client_certificate::Thumbprint;
use super::keys::{Algorithm, Key};
use super::scopes::Scopes;
use super::{Config, Unauthenticated};

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 8 * 1024;

/// Takes the token out of an `Authorization` header.
pub(super) fn bearer(authorization: Option<&[u8]>) -> Result<&[u8], Unauthenticated> {
    let (scheme, token) = authorization
        .and_then(|value| value.split_at_checked(b"Bearer ".len()))
        .ok_or(Unauthenticated::Missing)?;
    let token = token.trim_ascii();
    if !scheme.eq_ignore_ascii_case(b"Bearer ") || token.is_empty() {
        return Err(Unauthenticated::Missing);
    }
    if token.len() > LONGEST {
        return Err(Unauthenticated::Invalid);
    }
    Ok(token)
}

/// Holds what the header says about how to verify the token; nothing of it is trusted.
pub(super) struct Header {
    pub(super) algorithm: Algorithm,
    pub(super) kid: String,
}

/// Reads the header of a token that isn't verified yet.
pub(super) fn read_header(token: &[u8]) -> Result<Header, Unauthenticated> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| Unauthenticated::Invalid)?;
    let extended = header.crit.is_some() || header.extras.inner().contains_key("b64");
    let brings_a_key =
        header.jwk.is_some() || header.jku.is_some() || header.x5u.is_some() || header.x5c.is_some();
    if extended || brings_a_key || !header.typ.is_some_and(|typ| is_access_token(&typ)) {
        return Err(Unauthenticated::Invalid);
    }
    Ok(Header {
        algorithm: Algorithm::from_header(header.alg).ok_or(Unauthenticated::Invalid)?,
        kid: header.kid.ok_or(Unauthenticated::Invalid)?,
    })
}

/// Compares as media types are compared, the prefix `application/` being optional (RFC 9068, section 4).
fn is_access_token(typ: &str) -> bool {
    ["at+jwt", "application/at+jwt"]
        .iter()
        .any(|name| typ.eq_ignore_ascii_case(name))
}

/// Holds what every token must say.
#[derive(Clone)]
pub(super) struct TokenRules {
    issuer: String,
    audience: String,
    leeway: Duration,
}

impl TokenRules {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            leeway: config.leeway,
        }
    }

    pub(super) fn with_leeway(&self, leeway: Duration) -> Self {
        Self {
            leeway,
            ..self.clone()
        }
    }

    /// Verifies signature and claims.
    pub(super) fn verify(
        &self,
        token: &[u8],
        algorithm: Algorithm,
        key: &Key,
        now: Timestamp,
    ) -> Result<Caller, Rejected> {
        if !key.allows(algorithm) {
            return Err(Unauthenticated::Invalid.into());
        }
        let claims = jsonwebtoken::decode::<Claims>(token, key.decoding(), &self.validation(algorithm))
            .map_err(|_| Unauthenticated::Invalid)?
            .claims;
        self.accept(claims, now)
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm.for_library());
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub"]);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation
    }

    fn accept(&self, claims: Claims, now: Timestamp) -> Result<Caller, Rejected> {
        let invalid = Unauthenticated::Invalid;
        let latest_start = now.checked_add(self.leeway).map_err(|_| invalid)?;
        if claims.iat.0 > latest_start || claims.nbf.is_some_and(|nbf| nbf.0 > latest_start) {
            return Err(Rejected {
                told: invalid,
                holds_from: None,
            });
        }
        if claims.jti.is_empty() {
            return Err(invalid.into());
        }
        let officer = (claims.sub != claims.client_id)
            .then(|| claims.sub.parse())
            .transpose();
        let unit = claims.unit.map(|unit| unit.parse()).transpose();
        let bound_to = claims.cnf.map(Confirmation::thumbprint).transpose()?;
        let expires_at = claims.exp.0;
        let refused_from = expires_at.checked_add(self.leeway).unwrap_or(Timestamp::MAX);
        let caller = Caller::new(Verified {
            client: claims.client_id.parse().map_err(|_| invalid)?,
            officer: officer.map_err(|_| invalid)?,
            unit: unit.map_err(|_| invalid)?,
            scopes: claims
                .scope
                .as_deref()
                .map(Scopes::from_claim)
                .unwrap_or_default(),
            bound_to,
            expires_at,
            refused_from,
            officer_logged_as: OnceLock::new(),
        });
        if caller.is_expired(now) {
            return Err(Rejected {
                told: Unauthenticated::Expired,
                holds_from: Some(refused_from),
            });
        }
        Ok(caller)
    }
}

/// Says why a token isn't let in, and from when on that can't change any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rejected {
    pub(super) told: Unauthenticated,
    /// From when on the same key would always say so; nothing where the token's time may yet come.
    pub(super) holds_from: Option<Timestamp>,
}

impl From<Unauthenticated> for Rejected {
    fn from(told: Unauthenticated) -> Self {
        Self {
            told,
            holds_from: Some(Timestamp::MIN),
        }
    }
}

/// Holds the claims that are used; `iss` and `aud` are compared by the library.
#[derive(Deserialize)]
struct Claims {
    exp: NumericDate,
    nbf: Option<NumericDate>,
    iat: NumericDate,
    jti: String,
    sub: String,
    client_id: String,
    unit: Option<String>,
    scope: Option<String>,
    cnf: Option<Confirmation>,
}

/// Holds what the token is bound to.
#[derive(Deserialize)]
struct Confirmation {
    #[serde(rename = "x5t#S256")]
    thumbprint: Option<String>,
}

impl Confirmation {
    /// Gives the certificate; a token that is bound to anything else can't be proven here, and isn't a bearer's.
    fn thumbprint(self) -> Result<Thumbprint, Unauthenticated> {
        let text = self.thumbprint.ok_or(Unauthenticated::NotBound)?;
        text.parse().map_err(|_| Unauthenticated::Invalid)
    }
}

/// Holds seconds since 1970, a whole number or not (RFC 7519, section 2).
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "f64")]
struct NumericDate(Timestamp);

impl TryFrom<f64> for NumericDate {
    type Error = jiff::Error;

    fn try_from(seconds: f64) -> Result<Self, jiff::Error> {
        // The cast saturates, and what is out of range the calendar refuses.
        Timestamp::from_second(seconds.floor() as i64).map(Self)
    }
}

#[cfg(test)]
mod tests;
