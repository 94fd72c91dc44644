//! How may a name, a date and a place be written, and what is said to each way?
//!
//! Each row of the tables is asked twice: of a gateway that holds nothing, and once the person is in its cache. Both must
//! say the same, or the answer would tell who was asked about before.

use serde_json::{Value, json};

use crate::clients::{Answer, p01, question};
use crate::gateway::Gateway;

const OFFICER: &str = "001090000001";

struct Asked {
    subject: Value,
    claims: Value,
}

/// What is said: outcome, identity, its differences.
type Said = (String, String, String);

fn said(answer: &Answer) -> Said {
    let differences = answer.body["identity"]["differences"].as_array().unwrap();
    let differences: Vec<_> = differences.iter().map(|word| word.as_str().unwrap()).collect();
    (
        answer.told().to_owned(),
        answer.text("/identity/result").to_owned(),
        differences.join(" "),
    )
}

/// Asks each question of a gateway without records, then of one that holds everybody, and demands what is expected.
async fn expect(known: &[Value], rows: &[(Asked, &str, Said)]) {
    let cold = Gateway::builder()
        .setting("records.lifetime", "1s")
        .setting("records.absent_lifetime", "0s");
    let cold = cold.start().await;
    let warm = Gateway::start().await;
    for person in known {
        warm.officer(OFFICER)
            .verify(&question(person, &json!({})))
            .await
            .must_be(200, "confirmed");
    }
    let mut wrong = Vec::new();
    for (asked, remark, expected) in rows {
        let body = question(&asked.subject, &asked.claims);
        // The cache of the one is passed by; both know no other numbers of these people.
        let fresh = cold
            .officer(OFFICER)
            .header("Cache-Control", "no-cache")
            .verify(&body)
            .await;
        let cached = warm.officer(OFFICER).verify(&body).await;
        for (state, answer) in [("cold", fresh), ("cached", cached)] {
            let said = said(&answer);
            if said != *expected {
                wrong.push(format!(
                    "{state} {remark} {}: {said:?} instead of {expected:?}",
                    asked.subject
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    cold.finish().await;
    warm.finish().await;
}

fn named(person: &Value, name: &str) -> Asked {
    let mut subject = person.clone();
    subject["full_name"] = json!(name);
    Asked {
        subject,
        claims: json!({}),
    }
}

fn born(person: &Value, date: &str) -> Asked {
    let mut subject = person.clone();
    subject["date_of_birth"] = json!(date);
    Asked {
        subject,
        claims: json!({}),
    }
}

fn person(pin: &str, name: &str, date: &str) -> Value {
    json!({"pin": pin, "full_name": name, "date_of_birth": date})
}

fn matching(differences: &str) -> Said {
    ("confirmed".to_owned(), "match".to_owned(), differences.to_owned())
}

fn close(differences: &str) -> Said {
    ("differs".to_owned(), "close".to_owned(), differences.to_owned())
}

fn no_match() -> Said {
    ("no_match".to_owned(), "no_match".to_owned(), String::new())
}

#[actix_web::test]
async fn names() {
    let hoa = person("100192000003", "TRẦN THỊ HÒA", "1992-07-21");
    let ly = person("100078000004", "LÝ VĂN MẪU", "1978-11-05");
    let duc = person("100085000002", "ĐẶNG ĐÌNH ĐỨC MẪU", "1985-02-03");
    let blak = person("100091000020", "Y BLĂK", "1991-03-08");
    let bia = person("100194000120", "H'BIA ÊBAN-KNUL", "1994-10-30");
    let decomposed = "TRA\u{302}\u{300}N THI\u{323} HO\u{300}A";
    let row = |who: &Value, name: &str, remark: &'static str, said: Said| (named(who, name), remark, said);
    let rows = [
        row(&hoa, "TRẦN THỊ HÒA", "as held", matching("")),
        row(&hoa, "Trần Thị Hòa", "case", matching("case")),
        row(&hoa, "TRẦN THỊ HOÀ", "tone position", matching("tone_position")),
        row(
            &hoa,
            "Trần Thị Hoà",
            "tone position",
            matching("case tone_position"),
        ),
        row(&hoa, decomposed, "NFD", matching("unicode_form")),
        row(&hoa, "  TRẦN  THỊ   HÒA ", "double spaces", matching("spacing")),
        row(&hoa, "TRẦNTHỊHÒA", "no spaces", matching("spacing")),
        row(&hoa, "TRAN THI HOA", "no marks", close("diacritics")),
        row(&hoa, "Tran Thi Hoa", "no marks", close("case diacritics")),
        row(&hoa, "HÒA TRẦN THỊ", "last word first", close("word_order")),
        row(&hoa, "THỊ HÒA TRẦN", "first word last", close("word_order")),
        row(&hoa, "HÒA THỊ TRẦN", "another order than the two", no_match()),
        row(&hoa, "TRẦN THỊ HÓA", "wrong mark", no_match()),
        row(&hoa, "TRẦN THỊ HỎA", "wrong mark", no_match()),
        row(&hoa, "TRẤN THỊ HÒA", "wrong mark", no_match()),
        row(&hoa, "TRẦN THỊ HOAN", "another name", no_match()),
        row(&hoa, "TRẦN THỊ", "a word short", no_match()),
        row(&ly, "LÝ VĂN MẪU", "as held", matching("")),
        row(&ly, "LÍ VĂN MẪU", "i for y", close("i_y")),
        row(&ly, "Lí Văn Mẫu", "i for y", close("case i_y")),
        row(
            &ly,
            "Li Van Mau",
            "i for y, no marks",
            close("case diacritics i_y"),
        ),
        row(&duc, "Đặng Đình Đức Mẫu", "đ", matching("case")),
        row(&duc, "DANG DINH DUC MAU", "d for đ", close("diacritics")),
        row(
            &duc,
            "Ðặng Ðình Ðức Mẫu",
            "eth for đ",
            matching("case unicode_form"),
        ),
        row(&blak, "Y Blăk", "a short name", matching("case")),
        row(
            &blak,
            "BLĂK Y",
            "two words in the other order",
            close("word_order"),
        ),
        row(&bia, "H'Bia Êban-Knul", "apostrophe and hyphen", matching("case")),
    ];
    expect(
        &[hoa.clone(), ly.clone(), duc.clone(), blak.clone(), bia.clone()],
        &rows,
    )
    .await;
}

#[actix_web::test]
async fn dates() {
    let by_year = person("100050000005", "HOÀNG VĂN NĂM", "1950");
    let row = |who: &Value, date: &str, remark: &'static str, said: Said| (born(who, date), remark, said);
    let rows = [
        row(&by_year, "1950", "as held", matching("")),
        row(&by_year, "1950-03", "a month of a year", close("date_precision")),
        row(&by_year, "1950-03-04", "a day of a year", close("date_precision")),
        row(&by_year, "1951", "another year", no_match()),
        // The registry finds by the year alone only those that it holds by the year.
        (born(&p01(), "1990"), "the year of a day", no_match()),
        (born(&p01(), "1990-04"), "the month of a day", no_match()),
        (born(&p01(), "1990-05"), "another month", no_match()),
        (born(&p01(), "1990-12-04"), "day and month exchanged", no_match()),
    ];
    expect(&[p01(), by_year.clone()], &rows).await;
}

#[actix_web::test]
async fn addresses() {
    let gateway = Gateway::start().await;
    let officer = gateway.officer(OFFICER);
    let moi = person("100193000013", "NGÔ THỊ MỚI", "1993-09-02");
    let cu = person("100075000012", "TRƯƠNG VĂN CŨ", "1975-04-30");
    let place = |province: &str, commune: &str, as_of: &str| {
        let mut place = json!({"province_code": province});
        if !commune.is_empty() {
            place["commune_code"] = json!(commune);
        }
        if !as_of.is_empty() {
            place["as_of"] = json!(as_of);
        }
        place
    };
    let rows = [
        (&moi, place("51", "23284", ""), "match", json!([])),
        (&moi, place("51", "23284", "2025-07-01"), "match", json!([])),
        // 23284 was Duy Tân of Kon Tum (62), and Kon Tum is in Quảng Ngãi (51) now.
        (
            &moi,
            place("62", "23284", "2025-06-30"),
            "match",
            json!(["old_territory_code"]),
        ),
        (
            &moi,
            place("62", "23284", ""),
            "close",
            json!(["old_territory_code"]),
        ),
        (
            &moi,
            place("51", "23284", "2025-06-30"),
            "close",
            json!(["old_territory_code"]),
        ),
        (
            &moi,
            place("62", "23281", "2025-06-30"),
            "close",
            json!(["old_territory_code"]),
        ),
        (&moi, place("51", "", ""), "match", json!([])),
        (
            &moi,
            place("62", "", "2025-06-30"),
            "close",
            json!(["old_territory_code"]),
        ),
        (&moi, place("25", "09106", ""), "mismatch", json!([])),
        (
            &cu,
            place("51", "23284", ""),
            "match",
            json!(["old_territory_code"]),
        ),
        (
            &cu,
            place("62", "23284", "2025-06-30"),
            "match",
            json!(["old_territory_code"]),
        ),
        (
            &cu,
            place("25", "09106", ""),
            "mismatch",
            json!(["old_territory_code"]),
        ),
    ];
    for (who, place, result, differences) in rows {
        let claims = json!({"permanent_residence": place});
        let asked = async |freshness: &str| {
            let answer = officer
                .clone()
                .header("Cache-Control", freshness)
                .verify(&question(who, &claims))
                .await;
            answer.body["claims"]["permanent_residence"].clone()
        };
        let expected = json!({"result": result, "differences": differences});
        assert_eq!(asked("no-cache").await, expected, "{place}");
        assert_eq!(asked("max-age=3600").await, expected, "{place}");
    }
    let claims =
        json!({"permanent_residence": {"province_code": "51", "commune_code": "23284", "detail": "Tổ 4"}});
    let answer = officer.verify(&question(&moi, &claims)).await;
    answer.must_be(200, "differs");
    assert_eq!(
        answer.body["claims"]["permanent_residence"],
        json!({"result": "close", "differences": ["detail_text"]})
    );
    gateway.finish().await;
}
