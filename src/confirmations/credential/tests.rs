use std::collections::BTreeSet;

use super::*;
use crate::confirmations::tests::{NOW, issue};

const PLACE: Place = Place { list: 3, index: 4711 };

fn key() -> IssuerKeys {
    IssuerKeys::from_seeds([[1; 32].as_slice()]).unwrap()
}

fn at() -> Addresses {
    Addresses::new("https://dancu.example.vn")
}

fn credential() -> String {
    let expires_at = NOW.parse::<Timestamp>().unwrap() + std::time::Duration::from_secs(3600);
    compose(&issue(), expires_at, PLACE, &key(), &at()).unwrap()
}

fn payload_of(credential: &str) -> Value {
    let signed = credential.split('~').next().unwrap();
    let payload = signed.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// Signs a payload that was changed, with our own key.
fn resigned(credential: &str, change: impl FnOnce(&mut Value)) -> String {
    let (_, disclosures) = credential.split_once('~').unwrap();
    let mut payload = payload_of(credential);
    change(&mut payload);
    format!("{}~{disclosures}", key().sign(TYPE, &payload).unwrap())
}

#[test]
fn what_stands_open_is_what_the_contract_names() {
    let payload = payload_of(&credential());
    let names: BTreeSet<_> = payload.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "_sd_alg",
        "dossier",
        "exp",
        "facts",
        "iat",
        "iss",
        "procedure",
        "status",
        "unit",
        "vct",
    ];
    assert_eq!(names, expected.into());
    assert_eq!(payload["iss"], "https://dancu.example.vn");
    assert_eq!(payload["vct"], "https://dancu.example.vn/vct/residence-check");
    let status = json!({"status_list": {"idx": 4711, "uri": "https://dancu.example.vn/v1/status-lists/3"}});
    assert_eq!(payload["status"], status);
}

#[test]
fn facts_are_hidden_among_decoys() {
    let payload = payload_of(&credential());
    let hidden = payload["facts"].as_array().unwrap();
    assert_eq!(hidden.len(), PADDED_TO);
    let digests: BTreeSet<_> = hidden
        .iter()
        .map(|hidden| hidden["..."].as_str().unwrap())
        .collect();
    assert_eq!(digests.len(), PADDED_TO);
    assert!(!payload.to_string().contains("residence_of"), "{payload}");
    let mut none = issue();
    none.facts.clear();
    let empty = compose(&none, Timestamp::MAX, PLACE, &key(), &at()).unwrap();
    assert_eq!(payload_of(&empty)["facts"].as_array().unwrap().len(), PADDED_TO);
}

#[test]
fn it_is_read_back_with_as_many_facts_as_are_shown() {
    let whole = credential();
    let read_back = read(&whole, &key(), &at()).unwrap();
    assert_eq!(read_back.place, PLACE);
    assert_eq!(read_back.dossier, "000.00.12.H57-260822-0001");
    let facts: Vec<DisclosedFact> = issue().facts.iter().map(Into::into).collect();
    assert_eq!(read_back.facts, facts);
    let mut parts: Vec<_> = whole.split('~').collect();
    parts.remove(1);
    assert_eq!(read(&parts.join("~"), &key(), &at()).unwrap().facts, facts[1..]);
    let bare = format!("{}~", whole.split('~').next().unwrap());
    assert_eq!(read(&bare, &key(), &at()).unwrap().facts, []);
}

#[test]
fn salts_are_never_the_same_twice() {
    let salts = |credential: &str| {
        let disclosures: Vec<_> = credential
            .split('~')
            .skip(1)
            .filter(|part| !part.is_empty())
            .collect();
        let read = |part: &&str| {
            let json: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
            json[0].as_str().unwrap().to_owned()
        };
        disclosures.iter().map(read).collect::<Vec<_>>()
    };
    let all = [salts(&credential()), salts(&credential())].concat();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    assert!(
        all.iter()
            .all(|salt| URL_SAFE_NO_PAD.decode(salt).unwrap().len() == 16)
    );
}

#[test]
fn what_is_tampered_with_is_told_apart() {
    let whole = credential();
    let signed = whole.split('~').next().unwrap();
    let disclosure = whole.split('~').nth(1).unwrap();
    let other_fact = URL_SAFE_NO_PAD.encode(json!(["c2FsdHNhbHRzYWx0c2E", {"role": "x"}]).to_string());
    let other_key = IssuerKeys::from_seeds([[2; 32].as_slice()]).unwrap();
    let foreign = other_key.sign(TYPE, &payload_of(&whole)).unwrap();
    let other_type = key().sign("vc+sd-jwt", &payload_of(&whole)).unwrap();
    let mut cases = vec![
        (String::new(), Flaw::Malformed),
        ("garbage".to_owned(), Flaw::Malformed),
        (signed.to_owned(), Flaw::Malformed),
        (format!("~{disclosure}~"), Flaw::Malformed),
        (format!("{whole}{signed}"), Flaw::KeyBinding),
        (format!("{foreign}~"), Flaw::UnknownKey),
        (format!("{other_type}~"), Flaw::WrongTyp),
        (format!("{signed}~{other_fact}~"), Flaw::Disclosure),
        (format!("{signed}~{disclosure}~{disclosure}~"), Flaw::Disclosure),
        (format!("{signed}~~"), Flaw::Disclosure),
        (format!("{signed}~{}", "x~".repeat(501)), Flaw::Malformed),
    ];
    cases.push((
        resigned(&whole, |payload| payload["iss"] = json!("https://elsewhere")),
        Flaw::ForeignIssuer,
    ));
    cases.push((
        resigned(&whole, |payload| payload["vct"] = json!("https://elsewhere/vct")),
        Flaw::WrongVct,
    ));
    for uri in [
        "https://elsewhere/v1/status-lists/1",
        "https://dancu.example.vn/v1/status-lists/01",
        "https://dancu.example.vn.evil/v1/status-lists/1",
    ] {
        let listed = |payload: &mut Value| payload["status"]["status_list"]["uri"] = json!(uri);
        cases.push((resigned(&whole, listed), Flaw::ForeignStatusList));
    }
    cases.push((
        resigned(&whole, |payload| payload["_sd_alg"] = json!("sha-512")),
        Flaw::Malformed,
    ));
    cases.push((
        resigned(&whole, |payload| payload["exp"] = json!("never")),
        Flaw::Malformed,
    ));
    for (text, flaw) in cases {
        assert_eq!(read(&text, &key(), &at()), Err(flaw), "{text}");
    }
}

#[test]
fn no_letter_of_it_can_be_changed() {
    let whole = credential();
    for at_letter in 0..whole.len() {
        let mut changed = whole.clone().into_bytes();
        changed[at_letter] = if changed[at_letter] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(
            changed == whole || read(&changed, &key(), &at()).is_err(),
            "{at_letter}"
        );
    }
}
