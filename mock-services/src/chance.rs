//! Which way does the dice fall for this seed and these labels?
//!
//! The ground under the procedural population: every fact about an invented person is drawn from the seed and
//! the person's place in the population, never from a stored list.
//! Always true: the same seed and labels give the same draws on every machine, and [`permute`] and
//! [`unpermute`] undo each other on `0..size`.
//! Deliberately absent: security. This mixes well and quickly; it hides nothing.
//! Nothing here fails: a range of nothing draws zero.

/// A stream of draws fixed by a seed and a few labels.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// Starts the stream that belongs to these labels.
    pub fn new(seed: u64, labels: &[u64]) -> Self {
        Self(key(seed, labels))
    }

    /// Draws the next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        scramble(self.0)
    }

    /// Draws a number below `limit` (zero if `limit` is zero).
    pub fn below(&mut self, limit: u64) -> u64 {
        // The high half of the product is as even as the remainder and needs no division.
        let product = u128::from(self.bits()).wrapping_mul(u128::from(limit));
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// Says yes in `percent` of a hundred draws.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Picks one of the choices; `None` only if there are none.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        let limit = u64::try_from(choices.len()).unwrap_or(0);
        choices.get(usize::try_from(self.below(limit)).unwrap_or(0))
    }

    /// Picks a word; the empty text if there are none.
    pub fn word<'a>(&mut self, words: &[&'a str]) -> &'a str {
        self.pick(words).copied().unwrap_or("")
    }

    /// Picks by weight; the first choice if all weights are zero.
    pub fn weighted<T: Copy>(&mut self, choices: &[(T, u64)]) -> Option<T> {
        let total = choices
            .iter()
            .fold(0_u64, |sum, (_, weight)| sum.saturating_add(*weight));
        let mut left = self.below(total);
        for (choice, weight) in choices {
            if left < *weight {
                return Some(*choice);
            }
            left = left.saturating_sub(*weight);
        }
        choices.first().map(|(choice, _)| *choice)
    }
}

/// Mixes a seed and labels into one key.
pub fn key(seed: u64, labels: &[u64]) -> u64 {
    labels.iter().fold(scramble(seed ^ 0x6D6F_636B), |state, label| {
        scramble(state.rotate_left(23) ^ label.wrapping_mul(0xD6E8_FEB8_6659_FD93))
    })
}

/// Finds where `value` goes when `0..size` is shuffled by `key`; values outside stay where they are.
pub fn permute(key: u64, size: u64, value: u64) -> u64 {
    if value >= size {
        return value;
    }
    let half = half_bits(size);
    let mut walked = value;
    // The network shuffles a power of four; walking on until the value is inside again keeps it one to one.
    loop {
        walked = forward(key, half, walked);
        if walked < size {
            return walked;
        }
    }
}

/// Finds what [`permute`] brought to `value`.
pub fn unpermute(key: u64, size: u64, value: u64) -> u64 {
    if value >= size {
        return value;
    }
    let half = half_bits(size);
    let mut walked = value;
    loop {
        walked = backward(key, half, walked);
        if walked < size {
            return walked;
        }
    }
}

const ROUNDS: u64 = 6;

fn half_bits(size: u64) -> u32 {
    let bits = u64::BITS.saturating_sub(size.saturating_sub(1).leading_zeros());
    bits.div_ceil(2).clamp(1, 32)
}

fn forward(key: u64, half: u32, value: u64) -> u64 {
    let (mut left, mut right) = split(half, value);
    for round in 0..ROUNDS {
        (left, right) = (right, left ^ turn(key, half, round, right));
    }
    join(half, left, right)
}

fn backward(key: u64, half: u32, value: u64) -> u64 {
    let (mut left, mut right) = split(half, value);
    for round in (0..ROUNDS).rev() {
        (left, right) = (right ^ turn(key, half, round, left), left);
    }
    join(half, left, right)
}

fn turn(key: u64, half: u32, round: u64, value: u64) -> u64 {
    scramble(key.wrapping_add(round.wrapping_mul(0xA076_1D64_78BD_642F)) ^ value) & mask(half)
}

fn split(half: u32, value: u64) -> (u64, u64) {
    (
        value.checked_shr(half).unwrap_or(0) & mask(half),
        value & mask(half),
    )
}

fn join(half: u32, left: u64, right: u64) -> u64 {
    left.checked_shl(half).unwrap_or(0) | right
}

fn mask(bits: u32) -> u64 {
    u64::MAX.checked_shr(u64::BITS.saturating_sub(bits)).unwrap_or(0)
}

fn scramble(value: u64) -> u64 {
    let first = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let second = (first ^ (first >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    second ^ (second >> 31)
}

#[cfg(test)]
mod tests;
