use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

proptest! {
    #[test]
    fn any_text_comes_back_as_it_was(text in any::<String>(), number in any::<u64>()) {
        let mut writing = Writing::begin();
        writing.text("{\"a\":", &text);
        writing.number(",\"b\":", number);
        writing.list(",\"c\":", [&text, &text], |list, text| list.text("", text));
        let written: Value = serde_json::from_str(&writing.end("}")).unwrap();
        prop_assert_eq!(written, json!({"a": text, "b": number, "c": [text, text]}));
    }
}

#[test]
fn an_empty_list_and_an_empty_object_are_written_as_such() {
    let mut writing = Writing::begin();
    writing.list("[", [""; 0], |_, _| ());
    writing.raw(",");
    writing.object([""; 0], |_, _| ());
    assert_eq!(writing.end("]"), "[[],{}]");
}
