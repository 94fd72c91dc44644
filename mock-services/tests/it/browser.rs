//! What a person at the counter sees: the one-stop's pages in a real browser.
//!
//! Chromium, started anew for each look with a folder of its own, says what it made of a page and draws it; with a folder in
//! `DANCU_SCREENSHOTS` the drawings are kept there to be looked at. Without Chromium the test says so and ends; in CI
//! (`CI` is set) that is a failure.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Starts the browser on a page with these options more, and gives what it wrote.
fn chromium(url: &str, options: &[&str]) -> Option<String> {
    let profile = TempDir::with_prefix("chromium-").unwrap();
    let fixed = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        "--timeout=20000",
    ];
    let ran = Command::new("chromium")
        .args(fixed)
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(options)
        .arg(url)
        .stderr(Stdio::null())
        .output();
    if ran.is_err() && std::env::var_os("CI").is_none() {
        let _ = writeln!(std::io::stderr(), "skipped: there is no chromium");
        return None;
    }
    let output = ran.unwrap();
    assert!(output.status.success(), "{url}: {}", output.status);
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Gives the document that the browser made of a page, with what its own rules added and dropped.
pub async fn shown(url: String) -> Option<String> {
    blocking(move || chromium(&url, &["--dump-dom"])).await
}

/// Draws a page at a width and gives the size that the picture has.
pub async fn picture(url: String, name: &str, width: u32, height: u32) -> Option<(u32, u32)> {
    let name = format!("{name}-{width}.png");
    blocking(move || {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join(&name);
        let shot = format!("--screenshot={}", file.display());
        chromium(&url, &[&shot, &format!("--window-size={width},{height}")])?;
        let png = fs::read(&file).unwrap();
        if let Some(kept) = std::env::var_os("DANCU_SCREENSHOTS") {
            fs::write(Path::new(&kept).join(&name), &png).unwrap();
        }
        assert!(png.starts_with(b"\x89PNG"), "no picture of {url}");
        let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        Some((number(16), number(20)))
    })
    .await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}
