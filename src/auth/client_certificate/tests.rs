//! Thumbprints as text.

use super::*;

#[test]
fn a_thumbprint_is_written_in_base64url() {
    let thumbprint = Thumbprint::of(b"abc");
    let text = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
    assert_eq!(thumbprint.to_string(), text);
    assert_eq!(text.parse(), Ok(thumbprint));
    assert_ne!(thumbprint, Thumbprint::of(b"abd"));
}

#[test]
fn other_texts_are_no_thumbprints() {
    let hexadecimal = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    for text in [
        "",
        "ungW",
        hexadecimal,
        "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0=",
    ] {
        assert_eq!(text.parse::<Thumbprint>(), Err(MalformedThumbprint));
    }
}
