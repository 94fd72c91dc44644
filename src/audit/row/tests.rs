//! Is a row's body JSON, whatever the registry named its request?

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::audit::tests::entry;

proptest! {
    #[test]
    fn any_text_comes_back_as_it_was(text in any::<String>(), duration in any::<u64>(), count in any::<Option<u32>>()) {
        let mut entry = entry();
        entry.registry_request = Some(text.clone());
        entry.steps.push(Step {
            form: "plain",
            registry_request: text.clone(),
            result: "found",
        });
        (entry.duration_ms, entry.count) = (duration, count);
        let body: Value = serde_json::from_str(&Row::of(&entry).unwrap().body).unwrap();
        prop_assert_eq!(&body["registry_request"], &json!(text));
        prop_assert_eq!(&body["steps"][1]["registry_request"], &json!(text));
        prop_assert_eq!(&body["duration_ms"], &json!(duration));
        prop_assert_eq!(body.get("count").cloned(), count.map(|count| json!(count)));
    }
}

#[test]
fn what_is_not_known_is_null_and_what_is_empty_is_a_list() {
    let mut entry = entry();
    entry.client = None;
    entry.person = None;
    entry.fields = [].into_iter().collect();
    entry.steps.clear();
    let body: Value = serde_json::from_str(&Row::of(&entry).unwrap().body).unwrap();
    assert_eq!(
        (&body["client"], &body["person"], &body["fields"], &body["steps"]),
        (&Value::Null, &Value::Null, &json!([]), &json!([]))
    );
}
