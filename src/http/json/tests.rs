use super::*;

fn text(text: &str) -> Json<'_> {
    Json::Text(Cow::Borrowed(text))
}

#[test]
fn keeps_members_in_order_and_as_often_as_they_were_sent() {
    let read = Json::read(br#"{"a":1,"b":[true,null,-0.5e3],"a":"\u0111"}"#).unwrap();
    let b = Json::List(vec![Json::Flag(true), Json::Null, Json::Number(None)]);
    let members = [("a", Json::Number(Some(1))), ("b", b), ("a", text("đ"))];
    assert!(read == Json::Object(members.map(|(name, value)| (Cow::Borrowed(name), value)).to_vec()));
}

#[test]
fn refuses_what_is_no_json_text() {
    let deep = "[".repeat(129);
    let closed_deep = format!("{}{}", "[".repeat(129), "]".repeat(129));
    let bodies: [&[u8]; 17] = [
        b"",
        b" ",
        b"{",
        b"{}{}",
        b"{\"a\":1,}",
        b"{a:1}",
        b"{1:1}",
        b"'a'",
        b"01",
        b"1e999",
        b"NaN",
        b"\xEF\xBB\xBF{}",
        b"\"\xFF\"",
        br#""\ud800""#,
        b"\"a\nb\"",
        deep.as_bytes(),
        closed_deep.as_bytes(),
    ];
    for body in bodies {
        assert_eq!(
            Json::read(body),
            Err(Malformed),
            "{}",
            String::from_utf8_lossy(body)
        );
    }
}

#[test]
fn an_escaped_name_is_read_as_the_name_that_it_stands_for() {
    let read = Json::read(br#"{"\u0070in":"x"}"#).unwrap();
    assert!(read == Json::Object(vec![(Cow::Borrowed("pin"), text("x"))]));
}

#[test]
fn prints_nothing_of_its_content() {
    assert_eq!(format!("{:?}", text("001190000001")), "Json(***)");
}
