//! What can the households' addresses be asked, and what can they answer?
//!
//! The road is that of a question about one person, and so are the refusals.

use serde_json::{Value, json};

use super::{ABOUT_A_PERSON, ANYWHERE, WITH_TOKEN, body, person_answer, person_parameters, responses};
use crate::domain::problem::Code;
use crate::http::openapi::examples::{households as shown, no_match_of};
use crate::http::problem::Problems;

/// Describes `POST /v1/households/verify`.
pub(in crate::http) fn verify(problems: &Problems) -> Value {
    let replies = [
        ("differs", shown::judged()),
        ("no_match", no_match_of("predicates", &json!([]))),
    ];
    json!({
        "operationId": "verifyHousehold",
        "tags": ["households"],
        "summary": "Is this so of the person's household and residence?",
        "description": VERIFY,
        "security": [{"bearer": []}, {"bearer": [], "certificate": []}],
        "parameters": person_parameters(),
        "requestBody": body("HouseholdVerifyRequest", shown::verify_request()),
        "responses": responses(
            problems,
            person_answer("HouseholdVerifyReply", &replies),
            &[ANYWHERE, WITH_TOKEN, ABOUT_A_PERSON],
        ),
    })
}

const VERIFY: &str = "Scope `households.verify`. Tells of each predicate, in the order asked, whether it is so, and by a word \
why; nothing of the household is shown. The register holds each member's relation to the head of the household only, and \
none of it is evidence of parentage or marriage: those are facts of the civil-status database. Whoever else is named must be \
named wholly, as on the card: the answer doesn't tell which part didn't fit. Commune codes are read as today's, whatever `since` \
is: a commune that was merged on 1 July 2025 moved nobody; a code that is no longer one gets `not_held`.";

/// Describes `POST /v1/households/lookup`.
pub(in crate::http) fn lookup(problems: &Problems) -> Value {
    let replies = [
        ("confirmed", shown::listed()),
        ("no_match", no_match_of("members", &json!([]))),
    ];
    json!({
        "operationId": "lookupHousehold",
        "tags": ["households"],
        "summary": "Who belongs to the person's household?",
        "description": "Scope `households.lookup`. Only for procedures whose entry in the catalogue says that the whole list is \
                        needed; for any other, `field_not_permitted`. Releases the fields asked for of every member if all of \
                        them are licensed, otherwise none.",
        "security": [{"bearer": []}, {"bearer": [], "certificate": []}],
        "parameters": person_parameters(),
        "requestBody": body("HouseholdLookupRequest", shown::lookup_request()),
        "responses": responses(
            problems,
            person_answer("HouseholdLookupReply", &replies),
            &[ANYWHERE, WITH_TOKEN, ABOUT_A_PERSON, &[Code::FieldNotPermitted]],
        ),
    })
}
