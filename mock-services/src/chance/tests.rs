//! Shuffles go there and back, draws repeat, weights are kept.
//!
//! The whole population stands on these; a shuffle that lost one value would lose a person.

use proptest::prelude::*;

use super::{Chance, permute, unpermute};

proptest! {
    #[test]
    fn a_shuffle_is_undone(key: u64, size in 1_u64..2_000_000_000, at in 0.0_f64..1.0) {
        let value = ((size as f64) * at) as u64 % size;
        let moved = permute(key, size, value);
        prop_assert!(moved < size);
        prop_assert_eq!(unpermute(key, size, moved), value);
    }
}

#[test]
fn a_small_shuffle_meets_every_value_once() {
    let mut met: Vec<u64> = (0..1000).map(|value| permute(7, 1000, value)).collect();
    assert_ne!(met, (0..1000).collect::<Vec<_>>());
    met.sort_unstable();
    assert_eq!(met, (0..1000).collect::<Vec<_>>());
}

#[test]
fn the_same_labels_draw_the_same() {
    let draws = |labels: &[u64]| {
        let mut chance = Chance::new(1, labels);
        (0..5).map(|_| chance.below(1000)).collect::<Vec<_>>()
    };
    assert_eq!(draws(&[1, 2]), draws(&[1, 2]));
    assert_ne!(draws(&[1, 2]), draws(&[2, 1]));
}

#[test]
fn weights_are_kept_roughly() {
    let mut chance = Chance::new(1, &[]);
    let often = (0..10_000)
        .filter(|_| chance.weighted(&[(true, 3), (false, 1)]) == Some(true))
        .count();
    assert!((7_000..8_000).contains(&often), "{often}");
}
