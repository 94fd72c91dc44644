use super::*;

fn config(url: &str, pem: Option<&str>) -> Result<Config, Unusable> {
    let pem = pem.map(|pem| pem.as_bytes().to_vec());
    Config::new(&SecretString::from(url), pem, Duration::from_millis(50))
}

#[test]
fn a_url_of_redis_is_taken_and_nothing_of_it_printed() {
    for url in [
        "redis://127.0.0.1:6379",
        "redis://gateway:geheimnis@127.0.0.1:6379/3",
        "rediss://cache.example.vn",
    ] {
        let config = config(url, None).unwrap();
        let printed = format!("{config:?}");
        assert!(
            !printed.contains("geheimnis") && !printed.contains("6379"),
            "{printed}"
        );
    }
    for (url, pem) in [
        ("", None),
        ("127.0.0.1:6379", None),
        ("http://127.0.0.1:6379", None),
        ("rediss://127.0.0.1:6379/#insecure", None),
        // Authorities without TLS would look like safety where there is none.
        ("redis://127.0.0.1:6379", Some("")),
        (
            "rediss://127.0.0.1:6379",
            Some("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n"),
        ),
    ] {
        assert_eq!(config(url, pem).err(), Some(Unusable), "{url}");
    }
}

#[tokio::test]
async fn without_a_server_it_says_so_at_once_and_asks_nobody() {
    // A port that was free a moment ago, and that nobody listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let fleet = Fleet::join(config(&format!("redis://127.0.0.1:{port}"), None).unwrap())
        .await
        .unwrap();
    assert_eq!((fleet.gateways(), fleet.is_reachable()), (None, false));
    let mut asked = false;
    let command = async {
        asked = true;
        Ok(())
    };
    assert_eq!(fleet.ask(command).await, Err(Unreachable));
    assert!(!asked);
}
