use std::io::Read as _;

use flate2::read::ZlibDecoder;

use super::*;

fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut bits = Vec::new();
    ZlibDecoder::new(packed).read_to_end(&mut bits).unwrap();
    bits
}

#[test]
fn bits_stand_as_in_the_specification() {
    // The example of the specification: sixteen places in two bytes.
    let revoked = [0, 3, 4, 5, 7, 8, 9, 13, 15];
    let bits = unpacked(&packed(&revoked).unwrap());
    assert_eq!(bits[..3], [0xb9, 0xa3, 0]);
    assert_eq!(bits.len(), 16 * 1024);
}

#[test]
fn the_last_place_has_its_bit_and_none_beyond_it() {
    let bits = unpacked(&packed(&[PLACES - 1, PLACES, u32::MAX]).unwrap());
    assert_eq!(bits.iter().map(|byte| byte.count_ones()).sum::<u32>(), 1);
    assert_eq!(bits.last(), Some(&0x80));
}

#[test]
fn a_list_says_what_it_is_and_how_long_it_serves() {
    let key = IssuerKeys::from_seeds([[1; 32].as_slice()]).unwrap();
    let now = Timestamp::from_second(1_000_000).unwrap();
    let told = key
        .open(
            TYPE,
            &compose(&[7], "https://d/v1/status-lists/1", now, &key).unwrap(),
        )
        .unwrap();
    assert_eq!(told["sub"], "https://d/v1/status-lists/1");
    assert_eq!(
        (&told["iat"], &told["exp"], &told["ttl"]),
        (&json!(1_000_000), &json!(1_003_600), &json!(300))
    );
    assert_eq!(told["status_list"]["bits"], 1);
    let list = URL_SAFE_NO_PAD
        .decode(told["status_list"]["lst"].as_str().unwrap())
        .unwrap();
    assert_eq!(unpacked(&list)[0], 0x80);
}

#[test]
fn places_are_drawn_all_over_the_list() {
    let drawn: Vec<_> = (0..1_000).map(|_| draw().unwrap()).collect();
    assert!(drawn.iter().all(|place| *place < PLACES));
    let in_upper_half = drawn.iter().filter(|place| **place >= PLACES / 2).count();
    assert!((350..650).contains(&in_upper_half), "{in_upper_half}");
}
