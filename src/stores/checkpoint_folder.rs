//! Where does the newest checkpoint lie, out of reach of who can alter the store?
//!
//! One file a log, `<log>.checkpoint`, replaced atomically after the checkpoint's rows are durable, so that it never
//! runs ahead of them. A store that was cut short or set back to an older copy is found by it; so the folder belongs on
//! another disk or another machine's share. On failure: a warning, and the next checkpoint tries again; calls go on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::watch;

use crate::audit::{Checkpoint, LogName};

/// Keeps the newest checkpoint of one log in a folder.
#[derive(Debug, Clone)]
pub struct CheckpointFolder {
    folder: PathBuf,
    file: PathBuf,
}

impl CheckpointFolder {
    /// Names the folder and the log.
    #[must_use]
    pub fn new(folder: &Path, log: &LogName) -> Self {
        Self {
            folder: folder.to_owned(),
            file: folder.join(format!("{log}.checkpoint")),
        }
    }

    /// Reads the newest checkpoint's note, if one was kept.
    ///
    /// # Errors
    /// When the file is there but can't be read.
    pub fn newest(&self) -> io::Result<Option<String>> {
        match fs::read_to_string(&self.file) {
            Ok(note) => Ok(Some(note)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps each new checkpoint until the log's writer has ended.
    pub async fn follow(self, mut checkpoints: watch::Receiver<Option<Arc<Checkpoint>>>) {
        checkpoints.mark_changed();
        while checkpoints.changed().await.is_ok() {
            let newest = checkpoints.borrow_and_update().clone();
            let Some(checkpoint) = newest else { continue };
            let folder = self.clone();
            let kept = tokio::task::spawn_blocking(move || folder.keep(&checkpoint)).await;
            if !matches!(kept, Ok(Ok(()))) {
                tracing::warn!("the checkpoint could not be kept outside the store");
            }
        }
    }

    fn keep(&self, checkpoint: &Checkpoint) -> io::Result<()> {
        let fresh = self.file.with_extension("checkpoint.new");
        let mut private = OpenOptions::new();
        private.write(true).create(true).truncate(true).mode(0o644);
        let mut file = private.open(&fresh)?;
        file.write_all(checkpoint.note().as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, &self.file)?;
        File::open(&self.folder)?.sync_all()
    }
}

#[cfg(test)]
mod tests;
