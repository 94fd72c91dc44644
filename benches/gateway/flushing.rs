//! How long does the disk take to make a page durable?
//!
//! A small loop of `pwrite` and `fdatasync` over a file that has its length, as the store's write-ahead log has. It is the
//! measure for what durability costs, taken in the same run and the same folder.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

const PAGE: [u8; 8_192] = [0x5a; 8_192];
const PAGES: u64 = 512;

/// Gives the median.
pub fn measure(folder: &Path, times: usize) -> Duration {
    let path = folder.join("flushed");
    let file = File::create(&path).unwrap();
    for page in 0..PAGES {
        file.write_all_at(&PAGE, page * 8_192).unwrap();
    }
    file.sync_all().unwrap();
    let mut taken: Vec<Duration> = (0..times as u64)
        .map(|time| {
            let begun = Instant::now();
            file.write_all_at(&PAGE, time % PAGES * 8_192).unwrap();
            file.sync_data().unwrap();
            begun.elapsed()
        })
        .collect();
    std::fs::remove_file(&path).unwrap();
    taken.sort_unstable();
    taken[taken.len() / 2]
}
