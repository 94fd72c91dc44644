use std::io::Write;
use std::sync::{Mutex, PoisonError};

use super::*;

/// Keeps what is written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_filter_changes_while_the_log_is_written() {
    let written = Written::default();
    let writer = written.clone();
    let (subscriber, filter) = adjustable_subscriber("warn", move || writer.clone()).unwrap();
    tracing::subscriber::with_default(subscriber, || {
        tracing::info!("one");
        filter.adjust("info").unwrap();
        tracing::info!("two");
        assert_eq!(filter.adjust("dancu=loud"), Err(InvalidFilter));
        tracing::info!("three");
        filter.adjust("off").unwrap();
        tracing::error!("four");
    });
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let said = ["one", "two", "three", "four"].map(|word| text.contains(word));
    assert_eq!(said, [false, true, true, false]);
}
