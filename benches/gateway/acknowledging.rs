//! What would the road cost if no audit row had to be waited for?
//!
//! The gateway as it is, but for one port: the audit store acknowledges every batch at once and keeps nothing. Rows are still
//! made, queued, hashed into the tree and receipted, since there is no switch for that (ADR-0002); what is left out is SQLite
//! and the disk. Only this benchmark composes such a gateway.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use dancu::app::App;
use dancu::audit::{Archive, Batch, Failure, Held, Kept, LogName, Store, Usage, Whose};
use dancu::clock::SystemClock;
use dancu::{config, telemetry};
use futures_util::future::{BoxFuture, ready};
use jiff::civil::Date;

/// The mode's name on the command line; the configuration's path follows.
pub const SERVE: &str = "--serve-acknowledging";

/// Serves until it is told to stop.
pub fn serve(file: &Path) {
    let config = config::load(&[file.to_owned()], &Default::default()).unwrap();
    let subscriber = telemetry::subscriber(&config.log, std::io::stderr).unwrap();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    actix_web::rt::System::new().block_on(async {
        let kind = tokio::signal::unix::SignalKind::terminate();
        let mut told = tokio::signal::unix::signal(kind).unwrap();
        let app = App::start_over(config, Arc::new(SystemClock), |mut store| {
            store.audit = Arc::new(Acknowledging(store.audit));
            store
        });
        let app = app.await.unwrap();
        told.recv().await;
        app.stop().await.unwrap();
    });
}

struct Acknowledging(Arc<dyn Store>);

impl Archive for Acknowledging {
    fn held(&self) -> BoxFuture<'_, Result<Held, Failure>> {
        self.0.held()
    }

    fn rows(&self, from: u64, times: Range<i64>, limit: u32) -> BoxFuture<'_, Result<Vec<Kept>, Failure>> {
        self.0.rows(from, times, limit)
    }

    fn checkpoints(&self, size: u64, limit: u32) -> BoxFuture<'_, Result<Vec<(u64, String)>, Failure>> {
        self.0.checkpoints(size, limit)
    }

    fn usage(&self, whose: Whose, first: Date, last: Date) -> BoxFuture<'_, Result<Vec<Usage>, Failure>> {
        self.0.usage(whose, first, last)
    }
}

impl Store for Acknowledging {
    fn claim<'a>(&'a self, log: &'a LogName) -> BoxFuture<'a, Result<(), Failure>> {
        self.0.claim(log)
    }

    fn append(&self, _: Batch) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(ready(Ok(())))
    }
}
