//! The issuer rotates its keys, is slow, talks nonsense, or is gone.

use futures_util::future::join_all;

use super::*;

const HOUR: Duration = Duration::from_hours(1);

fn unavailable() -> Unauthenticated {
    Unauthenticated::KeysUnavailable {
        retry_after: Duration::from_secs(30),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_with_an_unknown_key_makes_one_fetch() {
    let (known, unknown) = (SigningKey::ec("k1"), SigningKey::ec("k2"));
    let stage = Arc::new(Stage::of(&[&known]).await);
    stage.show(&known.token(&stage.claims())).await.unwrap();
    stage.clock.advance(Duration::from_secs(31));
    let token = unknown.token(&stage.claims());
    let calls = (0..100).map(|_| {
        let (stage, token) = (Arc::clone(&stage), token.clone());
        tokio::spawn(async move { stage.show(&token).await.unwrap_err() })
    });
    for refused in join_all(calls).await {
        assert_eq!(refused.unwrap(), Unauthenticated::Invalid);
    }
    assert_eq!(stage.issuer.asked(), 2);
    stage.clock.advance(Duration::from_secs(15));
    stage.show(&token).await.unwrap_err();
    assert_eq!(stage.issuer.asked(), 2);
    stage.clock.advance(Duration::from_secs(15));
    stage.show(&token).await.unwrap_err();
    assert_eq!(stage.issuer.asked(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_crowd_shares_the_first_fetch() {
    let key = SigningKey::ec("k1");
    let stage = Arc::new(Stage::of(&[&key]).await);
    let token = key.token(&stage.claims());
    let calls = (0..100).map(|_| {
        let (stage, token) = (Arc::clone(&stage), token.clone());
        tokio::spawn(async move { stage.show(&token).await })
    });
    for caller in join_all(calls).await {
        caller.unwrap().unwrap();
    }
    assert_eq!(stage.issuer.asked(), 1);
}

#[tokio::test]
async fn a_new_key_is_let_in_at_once() {
    let (old, new) = (SigningKey::ec("k1"), SigningKey::ed("k2"));
    let stage = Stage::of(&[&old]).await;
    stage.gate.refresh_keys().await.unwrap();
    stage.issuer.publish(&[&old, &new]);
    stage.show(&new.token(&stage.claims())).await.unwrap();
    stage.show(&old.token(&stage.claims())).await.unwrap();
    assert_eq!(stage.issuer.asked(), 2);
}

#[tokio::test]
async fn nobody_gets_in_before_the_first_keys() {
    let key = SigningKey::ec("k1");
    let stage = Stage::with_issuer(KeyServer::start(Answer::HangUp).await);
    assert_eq!(stage.gate.keys_state(), KeysState::NeverFetched);
    let token = key.token(&stage.claims());
    assert_eq!(stage.show(&token).await.unwrap_err(), unavailable());
    stage.issuer.publish(&[&key]);
    stage.clock.advance(Duration::from_secs(30));
    stage.show(&token).await.unwrap();
    assert_eq!(stage.gate.keys_state(), KeysState::Fresh);
}

#[tokio::test]
async fn the_last_keys_go_on_for_a_day_while_the_issuer_is_down() {
    let key = SigningKey::ec("k1");
    let stage = Stage::of(&[&key]).await;
    stage.gate.refresh_keys().await.unwrap();
    let day_long = with(stage.claims(), "exp", stage.now().as_second() + 30 * 3_600);
    let remembered = key.token(&day_long);
    stage.show(&remembered).await.unwrap();
    stage.issuer.answer(Answer::HangUp);

    stage.clock.advance(23 * HOUR);
    stage.gate.refresh_keys().await.unwrap_err();
    assert!(matches!(stage.gate.keys_state(), KeysState::Stale { .. }));
    stage.show(&remembered).await.unwrap();
    stage.show(&key.token(&stage.claims())).await.unwrap();

    stage.clock.advance(HOUR);
    assert!(matches!(stage.gate.keys_state(), KeysState::Lapsed { .. }));
    assert_eq!(stage.show(&remembered).await.unwrap_err(), unavailable());
    let fresh = key.token(&stage.claims());
    assert_eq!(stage.show(&fresh).await.unwrap_err(), unavailable());

    stage.issuer.publish(&[&key]);
    stage.gate.refresh_keys().await.unwrap();
    stage.show(&remembered).await.unwrap();
}

#[tokio::test]
async fn nonsense_leaves_the_old_keys() {
    let key = SigningKey::ec("k1");
    let stage = Stage::of(&[&key]).await;
    stage.gate.refresh_keys().await.unwrap();
    let elsewhere = KeyServer::publishing(&[&SigningKey::ec("k2")]).await;
    let nonsense = [
        Answer::Text(String::new()),
        Answer::Text("<html>maintenance</html>".to_owned()),
        Answer::Text(r#"{"keys":{}}"#.to_owned()),
        Answer::Text(format!(
            r#"{{"keys":[{}],"x":"{}"}}"#,
            key.jwk(),
            "x".repeat(300_000)
        )),
        Answer::Keys(Vec::new()),
        Answer::Keys(vec![key.jwk(); 101]),
        Answer::Status(500),
        Answer::Status(204),
        Answer::Redirect(elsewhere.url.clone()),
        Answer::HangUp,
    ];
    for answer in nonsense {
        stage.issuer.answer(answer);
        stage.gate.refresh_keys().await.unwrap_err();
        stage.show(&key.token(&stage.claims())).await.unwrap();
    }
    assert_eq!(elsewhere.asked(), 0);
}

#[tokio::test]
async fn a_silent_issuer_is_given_up() {
    let issuer = KeyServer::start(Answer::Silence).await;
    let config = Config {
        fetch_timeout: Duration::from_millis(50),
        ..Config::new(ISSUER, AUDIENCE, issuer.url.parse().unwrap())
    };
    let stage = Stage::with_config(issuer, config);
    let token = SigningKey::ec("k1").token(&stage.claims());
    assert_eq!(stage.show(&token).await.unwrap_err(), unavailable());
}

#[tokio::test]
async fn who_goes_away_leaves_the_fetch_to_the_others() {
    let key = SigningKey::ec("k1");
    let stage = Stage::with_issuer(KeyServer::start(Answer::KeysWhenTold(vec![key.jwk()])).await);
    let token = key.token(&stage.claims());
    tokio::select! {
        _ = stage.show(&token) => panic!("the issuer hasn't answered"),
        () = stage.issuer.was_asked() => {}
    }
    stage.issuer.tell();
    stage.show(&token).await.unwrap();
    assert_eq!(stage.issuer.asked(), 1);
}

#[test]
fn fetches_outlive_the_thread_that_asked() {
    let short_lived = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let fetching = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (old, new) = (SigningKey::ec("k1"), SigningKey::ec("k2"));
    let stage = fetching.block_on(Stage::of(&[&old]));
    short_lived()
        .block_on(stage.show(&old.token(&stage.claims())))
        .unwrap();
    stage.issuer.publish(&[&new]);
    stage.clock.advance(Duration::from_secs(30));
    short_lived()
        .block_on(stage.show(&new.token(&stage.claims())))
        .unwrap();
}

#[tokio::test]
async fn the_background_task_fetches_without_being_asked() {
    let key = SigningKey::ec("k1");
    let stage = Stage::with_issuer(KeyServer::start(Answer::Keys(vec![key.jwk()])).await);
    tokio::select! {
        () = stage.gate.keep_keys_fresh() => panic!("it never ends"),
        () = async {
            stage.issuer.was_asked().await;
            // Queues behind the running fetch.
            stage.show(&key.token(&stage.claims())).await.unwrap();
        } => {}
    }
    assert_eq!(stage.issuer.asked(), 1);
}
