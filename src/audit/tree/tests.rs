use proptest::prelude::*;

use super::*;

/// RFC 6962 §2.1 to the letter.
fn naive(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let half = leaves.len().next_power_of_two() / 2;
            node(&naive(&leaves[..half]), &naive(&leaves[half..]))
        }
    }
}

fn hex(hash: Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_published_vectors_of_rfc_6962_hold() {
    // The eight entries and their roots that Certificate Transparency's implementations test with.
    let entries: [&[u8]; 8] = [
        &[],
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[
            0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f,
        ],
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::default();
    assert_eq!(
        hex(frontier.root()),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    for (entry, root) in entries.into_iter().zip(roots) {
        frontier.push(sha256(&[&[0], entry]));
        assert_eq!(hex(frontier.root()), root);
    }
}

#[test]
fn a_leaf_binds_the_log_the_place_and_the_body() {
    let (one, two) = ("gw1".parse().unwrap(), "gw2".parse().unwrap());
    // Frozen, and computed by other means: printf '\0gw1\n7\n{}' | sha256sum
    assert_eq!(
        hex(leaf(&one, 7, "{}")),
        "b15e77e59eacd2628733e58193f31054f915729b0c8bcb977c0d56dc040fb145"
    );
    assert_ne!(leaf(&one, 7, "{}"), leaf(&two, 7, "{}"));
    assert_ne!(leaf(&one, 7, "{}"), leaf(&one, 8, "{}"));
    assert_ne!(leaf(&one, 7, "{}"), leaf(&one, 7, "{ }"));
}

#[test]
fn an_edge_of_the_wrong_length_is_refused() {
    assert_eq!(Frontier::of_bytes(0, &[]), Some(Frontier::default()));
    assert_eq!(Frontier::of_bytes(1, &[]), None);
    assert_eq!(Frontier::of_bytes(3, &[0; 32]), None);
    assert_eq!(Frontier::of_bytes(1, &[0; 33]), None);
}

proptest! {
    #[test]
    fn the_edge_gives_the_root_of_the_whole_tree(leaves in prop::collection::vec(any::<Hash>(), 0..300)) {
        let mut frontier = Frontier::default();
        for leaf in &leaves {
            frontier.push(*leaf);
        }
        prop_assert_eq!(frontier.root(), naive(&leaves));
        let stored = Frontier::of_bytes(frontier.size(), &frontier.to_bytes());
        prop_assert_eq!(stored, Some(frontier));
    }
}
