use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;

use super::*;
use crate::clock::ManualClock;
use crate::domain::context::Channel;
use crate::sealing::{Label, MasterSecret};
use crate::stores::sqlite::Sqlite;

pub(super) const NOW: &str = "2026-08-22T09:30:00+07:00";
const DAY: Duration = Duration::from_secs(24 * 3600);

fn named(word: &str, vi: &str, en: &str) -> Named {
    Named {
        word: word.to_owned(),
        name: Bilingual {
            vi: vi.to_owned(),
            en: Some(en.to_owned()),
        },
    }
}

fn secret() -> MasterSecret {
    MasterSecret::new(&[1; 32]).unwrap()
}

fn number(text: &str) -> IdNumber {
    IdNumber::Pin(text.parse().unwrap())
}

/// Gives what a check has established about a father and a mother.
pub(super) fn issue() -> Issue {
    let pseudonyms = Pseudonyms::new(&secret(), Label::Confirmations).unwrap();
    let fact = |role: Named| ConfirmedFact {
        role,
        fact: named("permanent_residence", "Nơi thường trú", "Permanent residence"),
        result: FactResult::Match,
        replaces: vec![named(
            "ct07",
            "Giấy xác nhận thông tin về cư trú",
            "Confirmation of residence (CT07)",
        )],
    };
    Issue {
        client: "one-stop".parse().unwrap(),
        unit: "H57.12".parse().unwrap(),
        officer: pseudonyms.of_officer(&"001090000001".parse().unwrap()),
        procedure: "1.001193".parse().unwrap(),
        procedure_name: Bilingual {
            vi: "Thủ tục đăng ký khai sinh".to_owned(),
            en: Some("Birth registration".to_owned()),
        },
        dossier: "000.00.12.H57-260822-0001".parse().unwrap(),
        channel: Channel::Counter,
        transaction_id: uuid::Uuid::nil(),
        issued_at: NOW.parse().unwrap(),
        valid_for: 30 * DAY,
        subjects: ["100190000001", "100090000002"]
            .map(|pin| pseudonyms.of_number(&number(pin)))
            .into(),
        facts: vec![
            fact(named("father", "Cha", "Father")),
            fact(named("mother", "Mẹ", "Mother")),
        ],
        legal_ground: vec!["Nghị định 104/2022/NĐ-CP, Điều 14".to_owned()],
    }
}

struct World {
    folder: TempDir,
    clock: Arc<ManualClock>,
    store: Arc<Sqlite>,
    confirmations: Confirmations,
}

impl World {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::stopped_at(NOW.parse().unwrap()));
        Self::of(tempfile::tempdir().unwrap(), clock).await
    }

    async fn of(folder: TempDir, clock: Arc<ManualClock>) -> Self {
        let store = Arc::new(Sqlite::open(&folder.path().join("dancu.db")).await.unwrap());
        let confirmations = joined(Arc::clone(&store) as Arc<dyn Store>, &clock);
        Self {
            folder,
            clock,
            store,
            confirmations,
        }
    }

    async fn restart(self) -> Self {
        self.store.close().await;
        drop(self.confirmations);
        Self::of(self.folder, self.clock).await
    }

    async fn issue(&self) -> Issued {
        self.confirmations.issue(issue()).await.unwrap()
    }

    async fn verdict(&self, credential: &str) -> Verdict {
        self.confirmations.verify(credential, None).await.unwrap()
    }

    async fn state(&self, credential: &str) -> State {
        match self.verdict(credential).await {
            Verdict::Ours(state, _) => state,
            Verdict::Invalid(flaw) => panic!("{flaw:?}"),
        }
    }

    async fn revoke(&self, pin: &str) -> u64 {
        let person = self.confirmations.person(&number(pin));
        self.confirmations.revoke_of(person, Reason::Moved).await.unwrap()
    }

    async fn list(&self) -> Arc<str> {
        self.confirmations.status_list(1).await.unwrap().unwrap()
    }
}

fn joined(store: Arc<dyn Store>, clock: &Arc<ManualClock>) -> Confirmations {
    Confirmations::new(Parts {
        store,
        keys: IssuerKeys::from_seeds([[1; 32].as_slice()]).unwrap(),
        public_url: "https://dancu.example.vn".to_owned(),
        wording: crate::http::wording().unwrap(),
        pseudonyms: Pseudonyms::new(&secret(), Label::Confirmations).unwrap(),
        sealer: Sealer::new(&secret(), Label::Confirmations).unwrap(),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
    })
    .unwrap()
}

#[tokio::test]
async fn what_was_issued_is_read_by_its_client_and_nobody_else_also_after_a_restart() {
    let world = World::new().await;
    let issued = world.issue().await;
    let world = world.restart().await;
    let read = world
        .confirmations
        .read(issued.id, &"one-stop".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (read.state, read.content.dossier.as_str()),
        (State::Valid, "000.00.12.H57-260822-0001")
    );
    assert_eq!(read.content.facts, issue().facts);
    assert_eq!(
        issued.public_url,
        format!("https://dancu.example.vn/c/{}", issued.id)
    );
    let other = world
        .confirmations
        .read(issued.id, &"another".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(other, None);
    assert_eq!(
        world.confirmations.public_state(Id::draw().unwrap()).await,
        Ok(None)
    );
}

#[tokio::test]
async fn a_credential_holds_until_its_end_and_not_a_moment_longer() {
    let world = World::new().await;
    let issued = world.issue().await;
    assert_eq!(world.state(&issued.credential).await, State::Valid);
    world.clock.advance(30 * DAY - Duration::from_secs(1));
    assert_eq!(world.state(&issued.credential).await, State::Valid);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.state(&issued.credential).await, State::Expired);
    assert_eq!(
        world.confirmations.public_state(issued.id).await,
        Ok(Some(State::Expired))
    );
}

#[tokio::test]
async fn a_credential_is_worth_nothing_for_another_dossier() {
    let world = World::new().await;
    let issued = world.issue().await;
    for (dossier, is_ours) in [
        ("000.00.12.H57-260822-0001", true),
        ("000.00.12.H57-260822-0002", false),
    ] {
        let dossier = dossier.parse().unwrap();
        let verdict = world
            .confirmations
            .verify(&issued.credential, Some(&dossier))
            .await
            .unwrap();
        assert_eq!(matches!(verdict, Verdict::Ours(State::Valid, _)), is_ours);
        assert_eq!(verdict == Verdict::Invalid(Flaw::OtherDossier), !is_ours);
    }
}

#[tokio::test]
async fn a_change_about_anybody_whom_it_is_about_revokes_it_for_good() {
    let world = World::new().await;
    let (issued, untouched) = (world.issue().await, world.list().await);
    assert_eq!(world.revoke("100190000009").await, 0);
    assert_eq!(world.list().await, untouched);
    assert_eq!(world.revoke("100090000002").await, 1);
    assert_eq!(world.revoke("100090000002").await, 0);
    assert_eq!(world.state(&issued.credential).await, State::Revoked);
    assert_eq!(
        world.confirmations.public_state(issued.id).await,
        Ok(Some(State::Revoked))
    );
    assert_ne!(world.list().await, untouched);
    let world = world.restart().await;
    assert_eq!(world.state(&issued.credential).await, State::Revoked);
    world.clock.advance(30 * DAY);
    assert_eq!(world.state(&issued.credential).await, State::Revoked);
}

#[tokio::test]
async fn a_credential_that_was_signed_and_never_kept_is_invalid() {
    let (here, elsewhere) = (World::new().await, World::new().await);
    let issued = elsewhere.issue().await;
    assert_eq!(
        here.verdict(&issued.credential).await,
        Verdict::Invalid(Flaw::NotIssued)
    );
}

#[tokio::test]
async fn what_ended_long_ago_is_let_go_of_and_stays_expired() {
    let world = World::new().await;
    let issued = world.issue().await;
    world.clock.advance(59 * DAY);
    assert_eq!(world.confirmations.clean().await, Ok(0));
    world.clock.advance(DAY);
    assert_eq!(world.confirmations.clean().await, Ok(1));
    assert_eq!(world.confirmations.public_state(issued.id).await, Ok(None));
    assert_eq!(world.state(&issued.credential).await, State::Expired);
    assert_eq!(world.revoke("100190000001").await, 0);
}

#[tokio::test]
async fn only_lists_that_were_begun_exist() {
    let world = World::new().await;
    assert!(world.confirmations.status_list(1).await.unwrap().is_some());
    for list in [0, 2, u32::MAX] {
        assert_eq!(world.confirmations.status_list(list).await, Ok(None));
    }
}

#[tokio::test]
async fn a_list_is_signed_anew_when_it_is_no_longer_fresh() {
    let world = World::new().await;
    let first = world.list().await;
    assert_eq!(world.list().await, first);
    world.clock.advance(Duration::from_secs(5));
    assert_ne!(world.list().await, first);
}

/// Counts places that were taken, in front of the real store.
struct Crowded {
    store: Arc<Sqlite>,
    refused: AtomicU64,
}

impl Store for Crowded {
    fn filling(&self) -> futures_util::future::BoxFuture<'_, Result<store::Filling, Unavailable>> {
        Box::pin(async {
            let list = self.store.filling().await?.list;
            Ok(store::Filling {
                list,
                given: status_list::GIVEN_AT_MOST,
            })
        })
    }
    fn enter(&self, row: Row) -> futures_util::future::BoxFuture<'_, Result<Entered, Unavailable>> {
        if self.refused.fetch_add(1, Ordering::Relaxed) < 3 {
            return Box::pin(async { Ok(Entered::PlaceTaken) });
        }
        self.store.enter(row)
    }
    fn find(&self, id: Id) -> futures_util::future::BoxFuture<'_, Result<Option<store::Held>, Unavailable>> {
        self.store.find(id)
    }
    fn standing(
        &self,
        place: Place,
    ) -> futures_util::future::BoxFuture<'_, Result<Option<Standing>, Unavailable>> {
        self.store.standing(place)
    }
    fn revoke(
        &self,
        person: Pseudonym,
        reason: Reason,
        now: Timestamp,
    ) -> futures_util::future::BoxFuture<'_, Result<u64, Unavailable>> {
        self.store.revoke(person, reason, now)
    }
    fn lived_elsewhere(
        &self,
        person: Pseudonym,
        living: Pseudonym,
        now: Timestamp,
    ) -> futures_util::future::BoxFuture<'_, Result<bool, Unavailable>> {
        self.store.lived_elsewhere(person, living, now)
    }
    fn revoked(&self, list: u32) -> futures_util::future::BoxFuture<'_, Result<Vec<u32>, Unavailable>> {
        self.store.revoked(list)
    }
    fn clean(&self, before: Timestamp) -> futures_util::future::BoxFuture<'_, Result<u64, Unavailable>> {
        self.store.clean(before)
    }
}

#[tokio::test]
async fn a_list_that_is_half_full_is_left_and_a_taken_place_is_drawn_again() {
    let world = World::new().await;
    let crowded = Arc::new(Crowded {
        store: Arc::clone(&world.store),
        refused: AtomicU64::new(0),
    });
    let confirmations = joined(Arc::clone(&crowded) as Arc<dyn Store>, &world.clock);
    let issued = confirmations.issue(issue()).await.unwrap();
    assert_eq!(crowded.refused.load(Ordering::Relaxed), 4);
    let Verdict::Ours(State::Valid, presented) = world.verdict(&issued.credential).await else {
        panic!("the last of the credentials is the one that holds");
    };
    assert_eq!(presented.place.list, 2);
    assert!(world.confirmations.status_list(2).await.unwrap().is_some());
}

#[tokio::test]
async fn two_rows_never_share_a_place() {
    let world = World::new().await;
    let row = |id| Row {
        id,
        client: "one-stop".parse().unwrap(),
        place: Place { list: 1, index: 7 },
        issued_at: world.clock.now(),
        expires_at: world.clock.now(),
        subjects: Vec::new(),
        sealed: Vec::new(),
    };
    assert_eq!(
        world.store.enter(row(Id::draw().unwrap())).await,
        Ok(Entered::Kept)
    );
    assert_eq!(
        world.store.enter(row(Id::draw().unwrap())).await,
        Ok(Entered::PlaceTaken)
    );
    assert_eq!(world.store.filling().await.unwrap().given, 1);
}

#[test]
fn an_id_has_one_text() {
    let id = Id::draw().unwrap();
    assert_eq!(id.to_string().len(), 22);
    assert_eq!(id.to_string().parse(), Ok(id));
    for bad in [
        "",
        "AAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAB",
        "AAAAAAAAAAAAAAAAAAAAAA==",
        "AAAAAAAAAAAAAAAAAAAAA/",
    ] {
        assert_eq!(bad.parse::<Id>(), Err(MalformedId), "{bad}");
    }
    assert!("AAAAAAAAAAAAAAAAAAAAAA".parse::<Id>().is_ok());
}

#[tokio::test]
async fn the_file_holds_nothing_that_was_confirmed_in_clear() {
    let world = World::new().await;
    let issued = world.issue().await;
    world.store.close().await;
    let file = std::fs::read(world.folder.path().join("dancu.db")).unwrap();
    let holds = |text: &str| file.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds(&issued.id.to_string()) && holds("one-stop"));
    for hidden in [
        "100190000001",
        "000.00.12.H57",
        "permanent_residence",
        "001090000001",
        issued.credential.split('~').next().unwrap(),
    ] {
        assert!(!holds(hidden), "{hidden}");
    }
}
