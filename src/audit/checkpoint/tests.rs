use super::*;

fn signer(log: &str, seed: u8) -> Signer {
    Signer::from_seed(log.parse().unwrap(), &[seed; 32]).unwrap()
}

#[test]
fn a_checkpoint_is_a_signed_note_that_its_verifier_opens() {
    let signer = signer("gw1", 7);
    let checkpoint = signer.sign(3, [9; 32]);
    let mut lines = checkpoint.note().lines();
    assert_eq!(lines.next(), Some("gw1"));
    assert_eq!(lines.next(), Some("3"));
    assert_eq!(lines.next(), Some(STANDARD.encode([9; 32]).as_str()));
    assert_eq!(lines.next(), Some(""));
    assert!(lines.next().unwrap().starts_with("— gw1 "));
    assert!(checkpoint.note().ends_with('\n'));
    assert_eq!(signer.verifier().open(checkpoint.note()), Ok(checkpoint));
}

#[test]
fn a_note_that_was_changed_in_any_byte_is_forged() {
    let signer = signer("gw1", 7);
    let note = signer.sign(300, [9; 32]).note().to_owned();
    for (position, letter) in note.char_indices() {
        let other = if letter == '1' { '2' } else { '1' };
        let mut changed = note.clone();
        changed.replace_range(position..position + letter.len_utf8(), &other.to_string());
        let last_newline = position + 1 == note.len();
        assert!(
            last_newline || signer.verifier().open(&changed).is_err(),
            "{changed}"
        );
    }
    assert_eq!(signer.verifier().open(""), Err(Forged));
}

#[test]
fn anothers_signature_is_none_and_a_witness_beside_ours_is_allowed() {
    let (ours, other) = (signer("gw1", 7), signer("gw1", 8));
    let forged = other.sign(3, [9; 32]);
    assert_eq!(ours.verifier().open(forged.note()), Err(Forged));
    assert_eq!(signer("gw2", 7).verifier().open(forged.note()), Err(Forged));
    let witness = forged.note().rsplit_once("\n\n").unwrap().1;
    let note = format!("{}{witness}", ours.sign(3, [9; 32]).note());
    assert_eq!(ours.verifier().open(&note).unwrap().size(), 3);
}

#[test]
fn a_verifier_key_is_read_back_and_a_damaged_one_refused() {
    let key = signer("gw1.hai-phong", 7).verifier().keys()[0].clone();
    let text = key.to_string();
    assert_eq!(text.parse(), Ok(key));
    assert_eq!(
        text.replacen('1', "2", 1).parse::<VerifierKey>(),
        Err(KeyRejected)
    );
    assert_eq!("gw1+00000000+AQ==".parse::<VerifierKey>(), Err(KeyRejected));
    assert_eq!("".parse::<VerifierKey>(), Err(KeyRejected));
}

#[test]
fn of_several_keys_the_first_signs_and_each_opens_what_it_signed() {
    let (earlier, other) = (signer("gw1", 7), signer("gw1", 9));
    let rotated = Signer::from_seeds("gw1".parse().unwrap(), [[8; 32].as_slice(), &[7; 32]]).unwrap();
    let (before, after) = (earlier.sign(3, [9; 32]), rotated.sign(4, [9; 32]));
    assert_eq!(rotated.verifier().open(before.note()), Ok(before.clone()));
    assert_eq!(rotated.verifier().open(after.note()), Ok(after.clone()));
    assert_eq!(earlier.verifier().open(after.note()), Err(Forged));
    let forged = other.sign(3, [9; 32]);
    assert_eq!(rotated.verifier().open(forged.note()), Err(Forged));
    let keys = rotated.verifier().keys();
    assert_eq!([after.signed_by(), before.signed_by()], [&keys[0], &keys[1]]);
    assert!(Signer::from_seeds("gw1".parse().unwrap(), []).is_err());
    let of_both = Verifier::new("gw1".parse().unwrap(), keys.to_vec()).unwrap();
    assert_eq!(&of_both, rotated.verifier());
    assert!(Verifier::new("gw2".parse().unwrap(), keys.to_vec()).is_err());
    assert!(Verifier::new("gw1".parse().unwrap(), Vec::new()).is_err());
}

#[test]
fn a_generated_key_is_taken_from_its_document() {
    let document = Ed25519KeyPair::generate().unwrap().to_pkcs8().unwrap();
    let signer = Signer::from_pkcs8("gw1".parse().unwrap(), document.as_ref()).unwrap();
    assert!(signer.verifier().open(signer.sign(0, [0; 32]).note()).is_ok());
    assert!(Signer::from_pkcs8("gw1".parse().unwrap(), b"no key").is_err());
    assert!(Signer::from_seed("gw1".parse().unwrap(), &[1; 31]).is_err());
}

#[test]
fn a_log_name_is_safe_as_the_name_of_a_file() {
    for bad in [
        "",
        ".",
        "..",
        ".hidden",
        "a/b",
        "a b",
        "a+b",
        "a\n",
        &"a".repeat(65),
    ] {
        assert!(bad.parse::<LogName>().is_err(), "{bad}");
    }
}
