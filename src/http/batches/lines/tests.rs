use super::*;

const FIRST: &str =
    r#"{"context":{"procedure":"1.001193","dossier":"000.00.12.H57-260822-0001","channel":"online"}}"#;
const ROW: &str =
    r#"{"row":7,"subject":{"pin":"100190000001","full_name":"Nguyễn Thị Mẫu","date_of_birth":"1990-04-12"}}"#;

fn read(pieces: &[&[u8]]) -> Result<Vec<Found>, Faulty> {
    let (mut lines, mut found) = (Lines::default(), Vec::new());
    for piece in pieces {
        lines.feed(piece, &mut found)?;
    }
    lines.end(&mut found)?;
    Ok(found)
}

fn whole() -> String {
    let second = ROW.replace("\"row\":7", "\"row\": 99999999");
    format!("{FIRST}\n{ROW}\r\n\n{second}\n")
}

/// Gives number and content of each row.
fn rows(found: &[Found]) -> Vec<(u32, String)> {
    let row = |found: &Found| match found {
        Found::Context(_) => None,
        Found::Row { row, content, .. } => Some((*row, String::from_utf8(content.clone()).unwrap())),
    };
    found.iter().filter_map(row).collect()
}

#[test]
fn context_and_rows_come_in_order_and_empty_lines_are_passed_over() {
    let found = read(&[whole().as_bytes()]).unwrap();
    assert!(matches!(&found[0], Found::Context(context) if context.procedure.as_str() == "1.001193"));
    let rows = rows(&found);
    assert_eq!(
        rows.iter().map(|(row, _)| *row).collect::<Vec<_>>(),
        [7, 99_999_999]
    );
    assert_eq!(rows[0].1, ROW);
    // The place is that of the line, empty ones counted.
    assert!(matches!(found[2], Found::Row { line: 3, .. }));
}

#[test]
fn it_is_the_same_wherever_the_network_cuts_it() {
    let whole = whole();
    let expected = read(&[whole.as_bytes()]).unwrap();
    for at in 0..=whole.len() {
        let (head, tail) = whole.as_bytes().split_at(at);
        assert_eq!(read(&[head, tail]), Ok(expected.clone()), "cut at {at}");
    }
    let bytes: Vec<_> = whole.as_bytes().chunks(1).collect();
    assert_eq!(read(&bytes), Ok(expected));
}

#[test]
fn a_body_that_ends_early_never_gives_a_row_that_was_not_sent() {
    let whole = whole();
    let sent = rows(&read(&[whole.as_bytes()]).unwrap());
    let mut refused = 0;
    for at in 0..whole.len() {
        match read(&[&whole.as_bytes()[..at]]) {
            Ok(found) => assert!(sent.starts_with(&rows(&found)), "cut at {at}"),
            Err(_) => refused += 1,
        }
    }
    // All but those few that end where a line does.
    assert!(refused > whole.len() - 10, "{refused} of {}", whole.len());
}

#[test]
fn what_names_no_row_ends_the_batch_and_says_where() {
    let long = format!(r#"{{"row":1,"x":"{}"}}"#, "x".repeat(LONGEST_LINE));
    for (line, pointer, kind) in [
        ("nothing of JSON", "/1", Kind::NotJson),
        (r#"{"row":1"#, "/1", Kind::NotJson),
        ("\u{feff}{\"row\":1}", "/1", Kind::NotJson),
        (r#"[1]"#, "/1", Kind::NotObject),
        (r#"{"subject":{}}"#, "/1/row", Kind::Required),
        (r#"{"row":1,"row":2}"#, "/1/row", Kind::Duplicate),
        (r#"{"row":"1"}"#, "/1/row", Kind::NotNumber),
        (r#"{"row":null}"#, "/1/row", Kind::NotNumber),
        (r#"{"row":0}"#, "/1/row", Kind::RowNumber),
        (r#"{"row":-1}"#, "/1/row", Kind::RowNumber),
        (r#"{"row":1.5}"#, "/1/row", Kind::RowNumber),
        (r#"{"row":100000000}"#, "/1/row", Kind::RowNumber),
        (r#"{"row":100190000001}"#, "/1/row", Kind::RowNumber),
        (long.as_str(), "/1", Kind::LineLength),
    ] {
        let found = read(&[FIRST.as_bytes(), b"\n", line.as_bytes(), b"\n"]);
        assert_eq!(found, Err(faulty(pointer, kind)), "{:.40}", line);
    }
    let invalid = [FIRST.as_bytes(), b"\n{\"row\":1,\"subject\":\"\xff\"}"];
    assert_eq!(read(&invalid), Err(faulty("/1", Kind::NotJson)));
}

fn faulty(pointer: &str, kind: Kind) -> Faulty {
    let pointer = pointer.to_owned();
    Faulty::Invalid(Faults::of(vec![crate::http::faults::Fault { pointer, kind }]))
}

#[test]
fn what_does_not_begin_with_its_work_is_no_batch() {
    for text in ["", "\n\n", "no JSON", "{\"context\":"] {
        assert_eq!(read(&[text.as_bytes()]), Err(Faulty::Malformed), "{text:?}");
    }
    for (text, pointer, kind) in [
        ("{}", "/0/context", Kind::Required),
        ("[]", "/0", Kind::NotObject),
        (ROW, "/0/row", Kind::UnknownMember),
        (
            r#"{"context":{"procedure":"1.001193","dossier":"100190000001","channel":"online"}}"#,
            "/0/context/dossier",
            Kind::HoldsPersonalNumber,
        ),
    ] {
        let Err(Faulty::Invalid(faults)) = read(&[text.as_bytes()]) else {
            panic!("{text} is read");
        };
        let first = faults.iter().next().unwrap();
        assert_eq!((first.pointer.as_str(), first.kind), (pointer, kind), "{text}");
    }
}
