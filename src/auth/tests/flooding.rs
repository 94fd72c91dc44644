//! What a flood of bad tokens may cost, and what it may not do to the good ones.

use std::num::NonZeroU32;

use super::*;

const FORGER: &str = "192.0.2.66";

async fn stage(key: &SigningKey, failed_per_address: u32) -> Stage {
    let issuer = KeyServer::publishing(&[key]).await;
    let mut config = Config::new(ISSUER, AUDIENCE, issuer.url.parse().unwrap());
    config.failed_per_address = NonZeroU32::new(failed_per_address).unwrap();
    Stage::with_config(issuer, config)
}

fn is_out_of_allowance(shown: &Result<Caller, Unauthenticated>) -> bool {
    matches!(shown, Err(Unauthenticated::TooManyFailures { .. }))
}

#[tokio::test]
async fn who_forges_on_is_not_looked_at_and_hinders_nobody_who_is_known() {
    let (key, stranger) = (SigningKey::ec("k1"), SigningKey::ec("k1"));
    let stage = stage(&key, 5).await;
    let known = key.token(&stage.claims());
    stage.show_from(FORGER, &known).await.unwrap();
    let forged = |number: u32| stranger.token(&with(stage.claims(), "jti", format!("j{number}")));
    for number in 0..5 {
        let refused = stage.show_from(FORGER, &forged(number)).await.unwrap_err();
        assert_eq!(refused, Unauthenticated::Invalid, "{number}");
    }
    assert!(is_out_of_allowance(&stage.show_from(FORGER, &forged(5)).await));
    // A good token that isn't known yet has to wait as well, and is told so; one that is known passes, as do others.
    let fresh = key.token(&with(stage.claims(), "jti", "fresh"));
    assert!(is_out_of_allowance(&stage.show_from(FORGER, &fresh).await));
    stage.show_from(FORGER, &known).await.unwrap();
    stage.show_from("192.0.2.67", &fresh).await.unwrap();
    stage.show_from(FORGER, &fresh).await.unwrap();
    stage.clock.advance(Duration::from_secs(1));
    let next = key.token(&with(stage.claims(), "jti", "next"));
    stage.show_from(FORGER, &next).await.unwrap();
}

#[tokio::test]
async fn a_token_that_was_refused_costs_its_address_nothing_more() {
    let (key, stranger) = (SigningKey::ec("k1"), SigningKey::ec("k1"));
    let stage = stage(&key, 2).await;
    let forged = stranger.token(&stage.claims());
    for _ in 0..10 {
        let refused = stage.show_from(FORGER, &forged).await.unwrap_err();
        assert_eq!(refused, Unauthenticated::Invalid);
    }
    stage
        .show_from(FORGER, &key.token(&stage.claims()))
        .await
        .unwrap();
}

#[tokio::test]
async fn good_tokens_spend_nothing() {
    let key = SigningKey::ec("k1");
    let stage = stage(&key, 1).await;
    for number in 0..10 {
        let token = key.token(&with(stage.claims(), "jti", format!("j{number}")));
        stage.show_from(FORGER, &token).await.unwrap();
    }
}

#[tokio::test]
async fn a_refusal_is_forgotten_when_the_key_is_another() {
    let (old, new) = (SigningKey::ec("k1"), SigningKey::ec("k1"));
    let stage = stage(&old, 100).await;
    let token = new.token(&stage.claims());
    for _ in 0..2 {
        assert_eq!(stage.show(&token).await.unwrap_err(), Unauthenticated::Invalid);
    }
    stage.issuer.publish(&[&new]);
    stage.gate.refresh_keys().await.unwrap();
    stage.show(&token).await.unwrap();
}

#[tokio::test]
async fn a_token_whose_time_comes_is_let_in_then() {
    let key = SigningKey::ec("k1");
    let stage = stage(&key, 100).await;
    let later = stage.now().as_second() + 100;
    let token = key.token(&with(stage.claims(), "nbf", later));
    assert_eq!(stage.show(&token).await.unwrap_err(), Unauthenticated::Invalid);
    stage.clock.advance(Duration::from_secs(100));
    stage.show(&token).await.unwrap();
}

#[tokio::test]
async fn an_expired_token_is_refused_until_the_clock_is_set_back() {
    let key = SigningKey::ec("k1");
    let stage = stage(&key, 100).await;
    let now = stage.now();
    let token = key.token(&stage.claims());
    stage.clock.set(now + Duration::from_secs(3_600));
    for _ in 0..2 {
        assert_eq!(stage.show(&token).await.unwrap_err(), Unauthenticated::Expired);
    }
    stage.clock.set(now);
    stage.show(&token).await.unwrap();
}
