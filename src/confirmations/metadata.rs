//! What does a verifier look up about our credentials?
//!
//! The issuer's metadata (`/.well-known/jwt-vc-issuer`) and the type's (`vct`), as SD-JWT VC names them. Constant but for the
//! gateway's own address, and nothing personal.

use serde_json::{Value, json};

use super::addresses::Addresses;

/// Tells where the issuer's keys are.
pub(super) fn issuer(at: &Addresses) -> Value {
    json!({"issuer": at.issuer(), "jwks_uri": at.keys()})
}

/// Describes the type of the credential.
pub(super) fn credential_type(at: &Addresses) -> Value {
    let claim = |path: Value, sd: &str, vi: &str, en: &str| {
        json!({
            "path": path,
            "sd": sd,
            "display": [{"locale": "vi", "label": vi}, {"locale": "en", "label": en}],
        })
    };
    json!({
        "vct": at.credential_type(),
        "name": "Residence check",
        "description": "The National Population Database was asked in place of residence papers, for one dossier.",
        "display": [
            {"locale": "vi", "name": "Xác nhận khai thác thông tin cư trú",
             "description": "Đã khai thác Cơ sở dữ liệu quốc gia về dân cư thay cho giấy tờ cư trú, cho một hồ sơ."},
            {"locale": "en", "name": "Residence check",
             "description": "The National Population Database was asked in place of residence papers, for one dossier."},
        ],
        "claims": [
            claim(json!(["procedure"]), "never", "Thủ tục hành chính", "Administrative procedure"),
            claim(json!(["dossier"]), "never", "Mã hồ sơ", "Dossier"),
            claim(json!(["unit"]), "never", "Cơ quan khai thác", "Agency"),
            claim(json!(["facts", null]), "always", "Thông tin đã khai thác", "Fact looked up"),
        ],
    })
}
