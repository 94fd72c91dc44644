//! What a remembered token may and may not do.

use super::*;

#[tokio::test]
async fn a_remembered_token_ends_with_its_time() {
    let key = SigningKey::ec("k1");
    let stage = Stage::of(&[&key]).await;
    let token = key.token(&stage.claims());
    stage.show(&token).await.unwrap();
    stage.clock.advance(Duration::from_secs(600));
    stage.show(&token).await.unwrap();
    stage.clock.advance(Duration::from_secs(30));
    assert_eq!(stage.show(&token).await.unwrap_err(), Unauthenticated::Expired);
}

#[tokio::test]
async fn a_remembered_token_ends_with_its_key() {
    let (old, new) = (SigningKey::ec("k1"), SigningKey::ec("k2"));
    let stage = Stage::of(&[&old]).await;
    let token = old.token(&stage.claims());
    stage.show(&token).await.unwrap();
    stage.issuer.publish(&[&new]);
    stage.show(&token).await.unwrap();
    stage.gate.refresh_keys().await.unwrap();
    assert_eq!(stage.show(&token).await.unwrap_err(), Unauthenticated::Invalid);
}

#[tokio::test]
async fn a_remembered_token_ends_when_its_kid_names_another_key() {
    let (old, new) = (SigningKey::ec("k1"), SigningKey::ec("k1"));
    let stage = Stage::of(&[&old]).await;
    let token = old.token(&stage.claims());
    stage.show(&token).await.unwrap();
    stage.issuer.publish(&[&new]);
    stage.gate.refresh_keys().await.unwrap();
    assert_eq!(stage.show(&token).await.unwrap_err(), Unauthenticated::Invalid);
}

#[tokio::test]
async fn a_remembered_token_outlives_a_fetch_of_the_same_keys() {
    let key = SigningKey::ec("k1");
    let stage = Stage::of(&[&key]).await;
    let token = key.token(&stage.claims());
    let hash = TokenHash::of(token.as_bytes());
    stage.show(&token).await.unwrap();
    stage.gate.refresh_keys().await.unwrap();
    assert!(stage.gate.recall(&hash).unwrap().is_some());
}

#[tokio::test]
async fn only_verified_tokens_are_remembered() {
    let (key, stranger) = (SigningKey::ec("k1"), SigningKey::ec("k1"));
    let stage = Stage::of(&[&key]).await;
    let token = stranger.token(&stage.claims());
    stage.show(&token).await.unwrap_err();
    let hash = TokenHash::of(token.as_bytes());
    assert!(stage.gate.remembered.get(&hash).is_none());
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a measurement is for the eye")]
async fn shows_what_a_remembered_token_costs() {
    let key = SigningKey::ec("k1");
    let stage = Stage::of(&[&key]).await;
    let header = format!("Bearer {}", key.token(&stage.claims()));
    stage.show(&key.token(&stage.claims())).await.unwrap();
    let rounds = 20_000_u32;
    let start = stage.clock.steady();
    for _ in 0..rounds {
        stage
            .gate
            .authenticate(Some(header.as_bytes()), None, None)
            .await
            .unwrap();
    }
    let passed = stage.clock.steady().saturating_duration_since(start);
    println!(
        "a remembered token of {} bytes: {:?}",
        header.len(),
        passed / rounds
    );
}
