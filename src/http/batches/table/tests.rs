use super::*;
use crate::http::faults::{Fault, Faults};

const HEADER: &str = "pin,old_id_number,full_name,date_of_birth";

fn read(pieces: &[&[u8]]) -> Result<Vec<(u32, String)>, Faulty> {
    let (mut table, mut found) = (Table::default(), Vec::new());
    for piece in pieces {
        table.feed(piece, &mut found)?;
    }
    table.end(&mut found)?;
    let row = |found| match found {
        Found::Row { row, content, .. } => (row, String::from_utf8(content).unwrap()),
        Found::Context(_) => panic!("a table has no context"),
    };
    Ok(found.into_iter().map(row).collect())
}

fn line(row: u32, members: &Value) -> (u32, String) {
    (row, json!({"row": row, "subject": members}).to_string())
}

fn mau() -> Value {
    json!({"pin": "100190000001", "full_name": "Nguyễn Thị Mẫu", "date_of_birth": "1990-04-12"})
}

#[test]
fn rows_are_numbered_and_empty_cells_left_out() {
    let text = format!(
        "{HEADER}\r\n100190000001,,Nguyễn Thị Mẫu,1990-04-12\r\n,999000001,\"Lê, \"\"Văn\"\"\nMẫu\",1950\n\n,,,\n"
    );
    let old = json!({"old_id_number": "999000001", "full_name": "Lê, \"Văn\"\nMẫu", "date_of_birth": "1950"});
    let expected = vec![line(1, &mau()), line(2, &old), line(3, &json!({}))];
    assert_eq!(read(&[text.as_bytes()]), Ok(expected.clone()));
    for at in 0..=text.len() {
        let (head, tail) = text.as_bytes().split_at(at);
        assert_eq!(read(&[head, tail]), Ok(expected.clone()), "cut at {at}");
    }
}

#[test]
fn a_byte_order_mark_and_a_missing_end_of_line_do_no_harm() {
    let text = format!("\u{feff}{HEADER}\n100190000001,,Nguyễn Thị Mẫu,1990-04-12");
    assert_eq!(read(&[text.as_bytes()]), Ok(vec![line(1, &mau())]));
    let (head, tail) = text.as_bytes().split_at(1);
    assert_eq!(read(&[head, tail]), Ok(vec![line(1, &mau())]));
}

#[test]
fn a_row_of_other_columns_is_a_row_all_the_same() {
    let text = format!("{HEADER}\n1,2,3\n100190000001,,Nguyễn Thị Mẫu,1990-04-12\n1,2,3,4,5\n");
    let wrong = |row| (row, String::from_utf8(WRONG_COLUMNS.to_vec()).unwrap());
    assert_eq!(
        read(&[text.as_bytes()]),
        Ok(vec![wrong(1), line(2, &mau()), wrong(3)])
    );
}

#[test]
fn what_is_no_utf_8_becomes_what_no_name_has() {
    let text = [HEADER.as_bytes(), b"\n100190000001,,Nguy\xe3n,1990-04-12\n"];
    let read = read(&text).unwrap();
    assert!(read[0].1.contains("Nguy\u{fffd}n"), "{}", read[0].1);
    let judged = crate::http::wire::batch::read_row(read[0].1.as_bytes(), jiff::Timestamp::UNIX_EPOCH);
    assert!(judged.is_err());
}

#[test]
fn the_first_line_is_the_header_to_the_letter() {
    let faulty = |pointer: &str, kind| {
        let pointer = pointer.to_owned();
        Err(Faulty::Invalid(Faults::of(vec![Fault { pointer, kind }])))
    };
    for header in [
        "",
        "pin,full_name,date_of_birth",
        "old_id_number,pin,full_name,date_of_birth",
        "PIN,old_id_number,full_name,date_of_birth",
        "pin;old_id_number;full_name;date_of_birth",
        "pin, old_id_number,full_name,date_of_birth",
        "pin,old_id_number,full_name,date_of_birth,sex",
        "100190000001,,Nguyễn Thị Mẫu,1990-04-12",
    ] {
        assert_eq!(
            read(&[header.as_bytes()]),
            faulty("/0", Kind::CsvHeader),
            "{header}"
        );
    }
    let long = format!("{HEADER}\n{}", "x".repeat(LONGEST_LINE + 1));
    assert_eq!(read(&[long.as_bytes()]), faulty("/1", Kind::LineLength));
    let wide = format!("{HEADER}\n{}", ",".repeat(LONGEST_LINE + 1));
    assert_eq!(read(&[wide.as_bytes()]), faulty("/1", Kind::LineLength));
}

#[test]
fn a_quote_that_is_never_closed_swallows_nobody() {
    let text = format!(
        "{HEADER}\n100190000001,,\"Nguyễn Thị Mẫu,1990-04-12\n100190000001,,Nguyễn Thị Mẫu,1990-04-12\n"
    );
    let expected = Faulty::at(&Pointer::Root.item(1), Kind::ColumnCount);
    assert_eq!(read(&[text.as_bytes()]), Err(expected));
}
