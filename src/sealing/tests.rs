use super::*;
use crate::domain::pin::IdNumber;

fn secret(byte: u8) -> MasterSecret {
    MasterSecret::new(&[byte; 32]).unwrap()
}

#[test]
fn a_short_secret_is_refused() {
    assert_eq!(MasterSecret::new(&[1; 31]).unwrap_err(), NoKey::TooShort);
}

#[test]
fn a_pseudonym_is_stable_and_names_its_version() {
    let first = Pseudonyms::new(&secret(1), Label::Audit).unwrap();
    // Frozen, and computed by other means: a change here would make every person in stored logs a stranger.
    assert_eq!(
        first.of("person").to_string(),
        "k1:7684fc0705f0bc6d8ca8b481f33c668c"
    );
    let version = NonZeroU8::new(2).unwrap();
    let second = MasterSecret::of_version(version, &[1; 32]).unwrap();
    let second = Pseudonyms::new(&second, Label::Audit).unwrap();
    assert!(second.of("person").to_string().starts_with("k2:"));
    assert_ne!(first.of("person"), second.of("person"));
}

#[test]
fn secrets_labels_and_kinds_of_number_are_kept_apart() {
    let pin = "100190000001".parse().unwrap();
    let number = IdNumber::Pin(pin);
    let audit = Pseudonyms::new(&secret(1), Label::Audit).unwrap();
    let mut seen = vec![
        audit.of_number(&number),
        audit.of_officer(&pin),
        audit.of("100190000001"),
    ];
    for label in [Label::Cache, Label::Limits, Label::Idempotency] {
        seen.push(Pseudonyms::new(&secret(1), label).unwrap().of_number(&number));
    }
    seen.push(
        Pseudonyms::new(&secret(2), Label::Audit)
            .unwrap()
            .of_number(&number),
    );
    let mut distinct = seen.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), seen.len());
}

#[test]
fn a_pseudonym_is_read_back_from_its_text_and_from_no_other() {
    let pseudonym = Pseudonyms::new(&secret(1), Label::Audit).unwrap().of("x");
    let text = pseudonym.to_string();
    assert_eq!(text.parse(), Ok(pseudonym));
    for bad in [
        "",
        "k",
        "k1",
        "k1:",
        "k0:00000000000000000000000000000000",
        "k1:0000000000000000000000000000000",
        "k01:00000000000000000000000000000000",
        "k1:0000000000000000000000000000000g",
        "k1:0000000000000000000000000000000A",
        "k1:000000000000000000000000000000000",
    ] {
        assert_eq!(bad.parse::<Pseudonym>(), Err(MalformedPseudonym), "{bad}");
    }
}

#[test]
fn what_was_sealed_opens_in_its_place_only() {
    let sealer = Sealer::new(&secret(1), Label::Idempotency).unwrap();
    let sealed = sealer.seal(b"answer", b"place").unwrap();
    assert_eq!(sealer.open(&sealed, b"place").unwrap(), b"answer");
    assert_eq!(sealer.open(&sealed, b"another"), Err(Unopenable));
    assert_ne!(sealer.seal(b"answer", b"place").unwrap(), sealed);
    let other = Sealer::new(&secret(2), Label::Idempotency).unwrap();
    assert_eq!(other.open(&sealed, b"place"), Err(Unopenable));
    for position in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[position] ^= 1;
        assert_eq!(sealer.open(&changed, b"place"), Err(Unopenable));
        assert_eq!(sealer.open(&sealed[..position], b"place"), Err(Unopenable));
    }
}

#[test]
fn nothing_secret_is_printed() {
    let secret = MasterSecret::new(b"a very secret secret of 32 bytes").unwrap();
    let printed = format!(
        "{secret:?} {:?} {:?}",
        Pseudonyms::new(&secret, Label::Audit).unwrap(),
        Sealer::new(&secret, Label::Audit).unwrap()
    );
    assert_eq!(
        printed,
        "MasterSecret(k1, ***) Pseudonyms(k1, ***) Sealer(k1, ***)"
    );
}

#[test]
fn a_name_is_of_its_secret_its_use_and_just_these_parts() {
    let names = Names::new(&secret(1), Label::Cache).unwrap();
    assert_eq!(
        names.of(&["person", "", "x"]),
        names.clone().of(&["person", "", "x"])
    );
    let others = [
        names.of(&["person", "x", ""]),
        names.of(&["person", "x"]),
        names.of(&["personx", "", ""]),
        Names::new(&secret(2), Label::Cache)
            .unwrap()
            .of(&["person", "", "x"]),
        Names::new(&secret(1), Label::Limits)
            .unwrap()
            .of(&["person", "", "x"]),
    ];
    assert!(!others.contains(&names.of(&["person", "", "x"])));
}
