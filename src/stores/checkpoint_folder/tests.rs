use tempfile::TempDir;

use super::*;
use crate::audit::Signer;

#[tokio::test]
async fn the_newest_checkpoint_is_kept_and_a_missing_folder_stops_nobody() {
    let folder = TempDir::new().unwrap();
    let signer = Signer::from_seed("gw1".parse().unwrap(), &[7; 32]).unwrap();
    let kept = CheckpointFolder::new(folder.path(), signer.log());
    assert_eq!(kept.newest().unwrap(), None);

    let (publish, checkpoints) = watch::channel(None);
    let follower = tokio::spawn(kept.clone().follow(checkpoints.clone()));
    let elsewhere = CheckpointFolder::new(&folder.path().join("missing"), signer.log());
    let stranger = tokio::spawn(elsewhere.clone().follow(checkpoints));
    for size in [1, 2] {
        publish.send_replace(Some(Arc::new(signer.sign(size, [0; 32]))));
    }
    drop(publish);
    follower.await.unwrap();
    stranger.await.unwrap();
    assert_eq!(
        kept.newest().unwrap().as_deref(),
        Some(signer.sign(2, [0; 32]).note())
    );
    assert_eq!(elsewhere.newest().unwrap(), None);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
