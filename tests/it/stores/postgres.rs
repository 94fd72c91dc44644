//! What becomes of the stores when the server goes away, hangs, comes back, or a second gateway takes over?

use std::time::Duration;

use dancu::audit::{self, Evidence, Failure, Unavailable};
use dancu::idempotency::Running;
use dancu::sealing::{Label, MasterSecret, Pseudonyms};
use dancu::stores::{Config, OpenError, Opened, archive};
use futures_util::future::join_all;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::time::{interval, timeout};
use uuid::Uuid;

use super::audit::{entry, signer, started};
use super::{WITHIN, at, database};
use crate::postgres_server::Server;

/// A server that hangs is waited for so long.
const BRIEFLY: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(30);

async fn opened(config: &Config, log: &str) -> Result<Opened, OpenError> {
    Opened::open(config.clone(), log.parse().unwrap()).await
}

async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let asking = async {
        let mut pause = interval(Duration::from_millis(20));
        while !is_so().await {
            pause.tick().await;
        }
    };
    timeout(PATIENCE, asking)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"));
}

async fn rows_of(config: &Config, log: &str) -> audit::Report {
    let signer = signer(log);
    let archive = archive(config, signer.log()).await.unwrap();
    let verified = audit::verify(archive.as_ref(), signer.verifier(), Evidence::default());
    verified.await.unwrap()
}

#[tokio::test]
async fn a_log_is_written_by_one_gateway_at_a_time() {
    let Some(server) = Server::start() else { return };
    let config = database(&server.url("dancu"), WITHIN);
    let first = opened(&config, "gw1").await.unwrap();
    let other = opened(&config, "gw2").await.unwrap();
    let second = opened(&config, "gw1").await.err().unwrap().to_string();
    assert!(second.starts_with("the log gw1 in PostgreSQL at "), "{second}");
    assert!(second.contains("in use by another gateway"), "{second}");
    first.close().await;
    let second = opened(&config, "gw1").await.unwrap();
    // This one goes without a word, as a process that was killed does; its sessions end with it.
    drop(second);
    opened(&config, "gw1").await.unwrap().close().await;
    other.close().await;
}

#[tokio::test]
async fn gateways_that_start_at_once_share_an_empty_database() {
    let Some(server) = Server::start() else { return };
    let config = database(&server.url("dancu"), WITHIN);
    let logs: Vec<String> = (0..8).map(|number| format!("gw{number}")).collect();
    for opened in join_all(logs.iter().map(|log| opened(&config, log))).await {
        opened.unwrap().close().await;
    }
    assert_eq!(
        server.sql("dancu", "SELECT count(*) FROM status_lists").trim(),
        "1"
    );
}

#[tokio::test]
async fn a_database_that_is_not_ours_or_not_there_is_refused_with_its_reason() {
    let Some(mut server) = Server::start() else { return };
    let missing = opened(&database(&server.url("missing"), WITHIN), "gw1").await;
    let Err(OpenError::Postgres(missing)) = missing else {
        panic!("there is no such database")
    };
    assert!(
        missing.to_string().ends_with("/missing can't be used"),
        "{missing}"
    );
    let ours = database(&server.url("dancu"), WITHIN);
    opened(&ours, "gw1").await.unwrap().close().await;
    server.sql(
        "dancu",
        "UPDATE _sqlx_migrations SET version = 99 WHERE version = 4",
    );
    let newer = opened(&ours, "gw1").await.err().unwrap().to_string();
    assert!(
        newer.ends_with("holds no store that this version can use"),
        "{newer}"
    );
    server.crash();
    let gone = opened(&ours, "gw1").await.err().unwrap().to_string();
    assert!(gone.contains("can't be used"), "{gone}");
}

#[tokio::test]
async fn a_role_that_may_not_alter_the_log_is_enough_once_the_tables_are_there() {
    let Some(server) = Server::start() else { return };
    opened(&database(&server.url("dancu"), WITHIN), "gw1")
        .await
        .unwrap()
        .close()
        .await;
    server.sql("dancu", "CREATE ROLE gateway LOGIN");
    let documented = include_str!("../../../docs/postgresql.md");
    let (_, grants) = documented.split_once("-- grants\n").unwrap();
    let (grants, _) = grants.split_once("```").unwrap();
    server.sql("dancu", grants);
    let config = database(&server.url_of("gateway", "dancu"), WITHIN);
    let store = opened(&config, "gw1").await.unwrap();
    let log = started(&store, "gw1").await;
    log.record(entry("demo", at(0))).await.unwrap();
    log.stop().await;
    begun(&store).await.unwrap();
    store.events.keep(7).await.unwrap();
    store.checks.clean(at(0)).await.unwrap();
    store.confirmations.clean(at(0)).await.unwrap();
    store.close().await;
    for forbidden in [
        "UPDATE audit_rows SET body = ''",
        "DELETE FROM audit_rows",
        "TRUNCATE audit_rows",
        "DROP TABLE checks",
    ] {
        let tried = format!("SET ROLE gateway; {forbidden}");
        let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| server.sql("dancu", &tried)));
        assert!(refused.is_err(), "{forbidden}");
    }
}

async fn begun(store: &Opened) -> Result<dancu::idempotency::Found, dancu::idempotency::Unavailable> {
    let secret = MasterSecret::new(&[1; 32]).unwrap();
    let pseudonyms = Pseudonyms::new(&secret, Label::Idempotency).unwrap();
    let run = Uuid::new_v4();
    let running = Running {
        scope: pseudonyms.of(&run.to_string()),
        run,
    };
    store
        .idempotency
        .begin(running, pseudonyms.of("body"), at(0), at(10))
        .await
}

#[tokio::test]
async fn without_the_server_nothing_is_kept_and_it_heals_by_itself() {
    let Some(mut server) = Server::start() else { return };
    let config = database(&server.url("dancu"), Duration::from_secs(1));
    let store = opened(&config, "gw1").await.unwrap();
    let log = started(&store, "gw1").await;
    log.record(entry("demo", at(0))).await.unwrap();
    begun(&store).await.unwrap();
    for _ in 0..2 {
        server.crash();
        assert_eq!(log.record(entry("demo", at(0))).await, Err(Unavailable));
        assert!(!log.healthy());
        assert!(begun(&store).await.is_err());
        assert!(store.checks.waiting(at(0), 1).await.is_err());
        assert!(store.confirmations.filling().await.is_err());
        assert!(store.events.last().await.is_err());
        server.go_on();
        until("the log to heal", async || log.healthy()).await;
        log.record(entry("demo", at(0))).await.unwrap();
        until("the pool to heal", async || begun(&store).await.is_ok()).await;
    }
    log.stop().await;
    store.close().await;
    assert_eq!(rows_of(&config, "gw1").await.rows, 3);
}

#[tokio::test]
async fn a_server_that_hangs_is_one_that_fails() {
    let Some(server) = Server::start() else { return };
    let config = database(&server.url("dancu"), BRIEFLY);
    let store = opened(&config, "gw1").await.unwrap();
    let log = started(&store, "gw1").await;
    log.record(entry("demo", at(0))).await.unwrap();
    begun(&store).await.unwrap();
    server.freeze();
    let told = timeout(PATIENCE, log.record(entry("demo", at(0)))).await.unwrap();
    assert_eq!(told, Err(Unavailable));
    // More calls than there are connections: one that hangs isn't kept for the next.
    for _ in 0..20 {
        assert!(timeout(PATIENCE, begun(&store)).await.unwrap().is_err());
    }
    server.thaw();
    until("the log to heal", async || {
        log.record(entry("demo", at(0))).await.is_ok()
    })
    .await;
    until("the pool to heal", async || begun(&store).await.is_ok()).await;
    log.stop().await;
    store.close().await;
    rows_of(&config, "gw1").await;
}

#[tokio::test]
async fn a_session_cut_off_again_and_again_leaves_neither_gap_nor_double() {
    let Some(server) = Server::start() else { return };
    let config = database(&server.url("dancu"), WITHIN);
    let store = opened(&config, "gw1").await.unwrap();
    let log = started(&store, "gw1").await;
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory'";
    let mut receipts = Vec::new();
    for _ in 0..10 {
        let records = (0..200).map(|_| tokio::spawn(log.record(entry("demo", at(0)))));
        let records: Vec<_> = records.collect();
        // Somewhere in the middle of them.
        tokio::task::yield_now().await;
        server.sql("dancu", cut);
        for record in records {
            receipts.extend(record.await.unwrap().ok());
        }
        until("the log to heal", async || {
            log.record(entry("demo", at(0))).await.is_ok()
        })
        .await;
    }
    log.stop().await;
    store.close().await;
    let report = rows_of(&config, "gw1").await;
    assert!(
        report.rows >= u64::try_from(receipts.len()).unwrap() && report.unsigned == 0,
        "{report}"
    );
    let archive = archive(&config, &"gw1".parse().unwrap()).await.unwrap();
    for receipt in receipts {
        let kept = archive.rows(receipt.index, i64::MIN..i64::MAX, 1).await.unwrap();
        assert_eq!(kept[0].leaf, receipt.leaf, "a receipt for another row");
    }
}

#[tokio::test]
async fn who_lost_the_log_to_another_writes_no_more() {
    let Some(server) = Server::start() else { return };
    let config = database(&server.url("dancu"), WITHIN);
    let old = opened(&config, "gw1").await.unwrap();
    let log = started(&old, "gw1").await;
    log.record(entry("demo", at(0))).await.unwrap();
    // The server ends the old gateway's session; before that looks, another has the log's lock.
    let mut other = PgConnection::connect(&server.url("dancu")).await.unwrap();
    let taken = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory';
        SELECT pg_advisory_lock(hashtextextended('dancu audit log ' || 'gw1', 0))";
    other.execute(taken).await.unwrap();
    until("the lock to be lost", async || {
        log.record(entry("demo", at(0))).await == Err(Unavailable) && !log.healthy()
    })
    .await;
    let before = archive(&config, &"gw1".parse().unwrap())
        .await
        .unwrap()
        .held()
        .await
        .unwrap()
        .rows;
    assert_eq!(log.record(entry("demo", at(0))).await, Err(Unavailable));
    let after = archive(&config, &"gw1".parse().unwrap())
        .await
        .unwrap()
        .held()
        .await
        .unwrap()
        .rows;
    assert_eq!(before, after);
    other.close().await.unwrap();
    until("the log to be had again", async || {
        log.record(entry("demo", at(0))).await.is_ok()
    })
    .await;
    log.stop().await;
    old.close().await;
    rows_of(&config, "gw1").await;
}

#[tokio::test]
async fn every_commit_is_flushed_whatever_the_database_says() {
    let Some(server) = Server::start() else { return };
    server.sql("dancu", "ALTER DATABASE dancu SET synchronous_commit = off");
    let config = database(&server.url("dancu"), WITHIN);
    let store = opened(&config, "gw1").await.unwrap();
    let strict = "CREATE FUNCTION strict() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF current_setting('synchronous_commit') <> 'on' THEN RAISE 'not durable'; END IF;
        RETURN NEW; END $$";
    server.sql("dancu", strict);
    for table in ["audit_rows", "idempotency"] {
        let trigger =
            format!("CREATE TRIGGER strict BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION strict()");
        server.sql("dancu", &trigger);
    }
    let log = started(&store, "gw1").await;
    log.record(entry("demo", at(0))).await.unwrap();
    begun(&store).await.unwrap();
    log.stop().await;
    store.close().await;
}

#[tokio::test]
async fn what_may_not_be_written_to_says_so() {
    let Some(server) = Server::start() else { return };
    let config = database(&server.url("dancu"), WITHIN);
    let store = opened(&config, "gw1").await.unwrap();
    store.audit.claim(&"gw1".parse().unwrap()).await.unwrap();
    server.sql(
        "dancu",
        "ALTER DATABASE dancu SET default_transaction_read_only = on",
    );
    // The setting holds for the next session.
    server.sql(
        "dancu",
        "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory'",
    );
    until("the session to be replaced", async || {
        store.audit.append(audit::Batch::default()).await == Err(Failure::ReadOnly)
    })
    .await;
    store.close().await;
}

#[tokio::test]
async fn the_way_to_the_server_is_encrypted_and_its_certificate_checked() {
    let Some(mut server) = Server::start() else {
        return;
    };
    let authority = || {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let (ours, stranger) = (authority(), authority());
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &ours).unwrap();
    let url = server.encrypted(&certificate.pem(), &key.serialize_pem());
    let trusting = |name: &str, pem: String| {
        let file = server.folder().join(name);
        std::fs::write(&file, pem).unwrap();
        database(
            &format!("{url}?sslmode=verify-full&sslrootcert={}", file.display()),
            WITHIN,
        )
    };
    let store = opened(&trusting("ours.pem", ours.pem()), "gw1").await.unwrap();
    begun(&store).await.unwrap();
    let sessions = "SELECT count(*), count(*) FILTER (WHERE ssl) FROM pg_stat_ssl
        JOIN pg_stat_activity USING (pid) WHERE application_name = 'dancu'";
    let told = server.sql("dancu", sessions);
    let (all, encrypted) = told.trim().split_once('|').unwrap();
    assert_eq!(all, encrypted, "the log's session and the pool's");
    assert!(all.parse::<u32>().unwrap() >= 2, "{told}");
    let refused = opened(&trusting("stranger.pem", stranger.pem()), "gw2")
        .await
        .err()
        .unwrap();
    assert!(refused.to_string().ends_with("can't be used"), "{refused}");
    store.close().await;
}
