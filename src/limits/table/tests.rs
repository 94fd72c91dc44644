//! Does the table stay within its bound, and is what matters never forgotten?

use super::*;

#[derive(Debug, Default)]
struct Cell {
    needed: Option<Needed>,
    count: u32,
}

impl Counter for Cell {
    fn needed(&self, _: Moment) -> Needed {
        self.needed.unwrap_or(Needed::IfRoom)
    }
}

const NOW: Moment = Moment {
    steady: 0,
    of_day: jiff::Timestamp::UNIX_EPOCH,
};

fn key(number: u64) -> Key {
    Key { client: 1, number }
}

fn fill(table: &Table<Cell>, numbers: std::ops::Range<u64>, needed: Needed) -> usize {
    let enter = |number| table.with(key(number), NOW, |cell| cell.needed = Some(needed));
    numbers.filter(|number| enter(*number).is_ok()).count()
}

#[test]
fn the_least_recently_used_go_first() {
    let table = Table::<Cell>::new(6_400);
    for round in 0..20_u64 {
        for number in 0..100 {
            table.with(key(number), NOW, |cell| cell.count += 1).unwrap();
        }
        fill(
            &table,
            1_000 + round * 1_000..2_000 + round * 1_000,
            Needed::IfRoom,
        );
    }
    assert!(table.len() <= 6_400 + SHARDS, "{}", table.len());
    for number in 0..100 {
        assert_eq!(
            table.with_known(key(number), |cell| cell.count),
            Some(20),
            "{number}"
        );
    }
    assert_eq!(
        table.with_known(key(1_000), |_| ()),
        None,
        "the first of the passers-by"
    );
}

#[test]
fn what_must_not_be_forgotten_stays_and_a_newcomer_is_refused() {
    let table = Table::<Cell>::new(640);
    let held = fill(&table, 0..10_000, Needed::Yes);
    assert!((320..=1_280).contains(&held), "{held}");
    assert_eq!(
        fill(&table, 0..10_000, Needed::Yes),
        held,
        "those that stand are served"
    );
    for number in 0..10_000 {
        table.with_known(key(number), |cell| cell.needed = Some(Needed::IfRoom));
    }
    assert_eq!(
        fill(&table, 20_000..20_100, Needed::IfRoom),
        100,
        "now there is room again"
    );
}

#[test]
fn trimming_lets_go_of_what_a_new_one_would_say() {
    let table = Table::<Cell>::new(64_000);
    fill(&table, 0..100, Needed::No);
    fill(&table, 100..150, Needed::IfRoom);
    fill(&table, 150..160, Needed::Yes);
    for _ in 0..SHARDS {
        table.trim(NOW);
    }
    assert_eq!(table.len(), 60);
}

#[test]
fn what_is_touched_is_told_once() {
    let table = Table::<Cell>::new(640);
    table.touch(key(7));
    table.touch(key(8));
    let mut touched: Vec<_> = table.touched().into_iter().map(|key| key.number).collect();
    touched.sort_unstable();
    assert_eq!(touched, [7, 8]);
    assert!(table.touched().is_empty());
}
