//! Which single hash stands for all rows so far?
//!
//! The Merkle tree of RFC 6962 §2.1, pure. Kept is only its right edge, the roots of the full subtrees from the largest
//! to the smallest (at most 64 hashes), so that adding a row costs two hashes on average and no memory, whatever the
//! log's length. Deliberately absent: proofs of inclusion and consistency, which need the inner nodes.

use aws_lc_rs::digest;

use super::receipt::LogName;

/// Is a SHA-256 hash.
pub type Hash = [u8; 32];

fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = Hash::default();
    for (to, from) in hash.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    hash
}

/// Gives the leaf hash of a row: that of the entry `<log>⏎<index>⏎<body>`, so that no row can stand in another's place.
#[must_use]
pub fn leaf(log: &LogName, index: u64, body: &str) -> Hash {
    let place = format!("{log}\n{index}\n");
    sha256(&[&[0], place.as_bytes(), body.as_bytes()])
}

fn node(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// Holds the right edge of a growing tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// Takes up a stored edge; nothing if it can't be that of a tree of this size.
    #[must_use]
    pub fn of_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let (peaks, []) = bytes.as_chunks::<32>() else {
            return None;
        };
        (u64::try_from(peaks.len()) == Ok(u64::from(size.count_ones()))).then(|| Self {
            size,
            peaks: peaks.to_vec(),
        })
    }

    /// Gives the edge's hashes in a row, for storing.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.peaks.concat()
    }

    /// Gives how many leaves the tree has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut full = leaf;
        // Each set low bit of the size is a full subtree of just the size of what is to be added.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                full = node(&left, &full);
            }
        }
        self.peaks.push(full);
        self.size = self.size.saturating_add(1);
    }

    /// Gives the root of the whole tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        let smallest_first = self.peaks.iter().rev().copied();
        smallest_first
            .reduce(|right, left| node(&left, &right))
            .unwrap_or_else(|| sha256(&[]))
    }
}

#[cfg(test)]
mod tests;
