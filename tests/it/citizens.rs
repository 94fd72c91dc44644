//! Is the person who they say, and what is told of them?

use serde_json::json;

use crate::clients::{p01, question};
use crate::gateway::Gateway;

const OFFICER: &str = "001090000001";

#[actix_web::test]
async fn a_person_is_verified() {
    let gateway = Gateway::start().await;
    let answer = gateway
        .officer(OFFICER)
        .verify(&question(&p01(), &json!({"sex": "female"})))
        .await;
    answer.must_be(200, "confirmed");
    let anonymous = gateway.anonymous().verify(&question(&p01(), &json!({}))).await;
    anonymous.must_be(401, "token_missing");
    gateway.finish().await;
}
