use super::*;
use crate::policy::tests::sample;
use crate::register::{Failed, Licensable};

const ANYTHING: Licensable<'_> = &|_| None;

fn registration(name: &str) -> Registration {
    let text = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Registration {
        id: "one-stop".to_owned(),
        name: name.to_owned(),
        province_code: "46".to_owned(),
        units: text(&["H57.12"]),
        procedures: text(&["1.001193"]),
        fields: text(&["full_name"]),
        scopes: text(&["citizens.verify"]),
        thumbprints: Vec::new(),
        accept_close_identity: false,
        status: "active".to_owned(),
        valid_from: "2026-01-01T00:00:00+07:00".to_owned(),
        valid_until: "2027-01-01T00:00:00+07:00".to_owned(),
        limits: limits(7),
        procedure_limits: Default::default(),
    }
}

fn limits(per_day: u64) -> Limits {
    Limits {
        officer_per_second: 1,
        officer_burst: None,
        officers_per_subject: 20,
        failed: Failed::default(),
        rate_per_second: 1,
        burst: 1,
        concurrency: 1,
        per_day,
        per_month: per_day,
        registry_weight: 1,
        batch_rows_per_day: 1,
    }
}

fn change(what: What, operator: &str) -> Change {
    Change {
        transaction_id: Uuid::now_v7(),
        client: Some("one-stop".parse().unwrap()),
        what,
        operator: operator.parse().unwrap(),
        reason: None,
        at: "2026-08-22T10:00:00+07:00".parse().unwrap(),
    }
}

fn file(status: Status) -> Clients {
    let client = Client {
        status,
        ..sample::client()
    };
    Clients::new([client]).unwrap()
}

/// Gives name, calls a day and status of the client after these changes; nothing where there is none.
fn after(base: &Clients, changes: &[What]) -> Option<(String, u64, Status)> {
    let mut overlays = Overlays::default();
    for what in changes {
        overlays.apply(&change(what.clone(), "an"));
    }
    let clients = overlays.over(base).unwrap();
    let client = clients.find(&"one-stop".parse().unwrap())?;
    Some((client.name.clone(), client.allowance.per_day, client.status))
}

fn registered(name: &str) -> What {
    What::Registered(Box::new(registration(name)))
}

fn limited(per_day: u64) -> What {
    What::Limited(Box::new(limits(per_day)))
}

#[test]
fn each_part_stands_over_the_file_and_the_rest_follows_it() {
    use What::{Removed, Resumed, Reverted, Suspended};
    let (name, per_day) = ("Một cửa", sample::client().allowance.per_day);
    let is = |name: &str, per_day, status| Some((name.to_owned(), per_day, status));
    let in_file = is(name, per_day, Status::Active);
    let table = [
        ("nothing", vec![], in_file.clone()),
        ("suspended", vec![Suspended], is(name, per_day, Status::Suspended)),
        ("and resumed", vec![Suspended, Resumed], in_file.clone()),
        ("limits alone", vec![limited(3)], is(name, 3, Status::Active)),
        (
            "the later limits",
            vec![limited(3), limited(4)],
            is(name, 4, Status::Active),
        ),
        (
            "two parts",
            vec![Suspended, limited(3)],
            is(name, 3, Status::Suspended),
        ),
        (
            "a whole one ends them",
            vec![Suspended, limited(3), registered("B")],
            is("B", 7, Status::Active),
        ),
        (
            "and others stand over it",
            vec![registered("B"), limited(3), Suspended],
            is("B", 3, Status::Suspended),
        ),
        ("removed", vec![Removed], None),
        (
            "and registered anew",
            vec![Removed, registered("B")],
            is("B", 7, Status::Active),
        ),
        ("removed with all parts", vec![limited(3), Removed], None),
        (
            "taken back",
            vec![registered("B"), limited(3), Suspended, Reverted],
            in_file.clone(),
        ),
        ("a removal taken back", vec![Removed, Reverted], in_file),
    ];
    for (why, changes, expected) in table {
        assert_eq!(after(&file(Status::Active), &changes), expected, "{why}");
    }
}

#[test]
fn switching_on_wakes_no_expired_registration() {
    let status = |status, changes: &[What]| after(&file(status), changes).unwrap().2;
    assert_eq!(status(Status::Suspended, &[What::Resumed]), Status::Active);
    assert_eq!(status(Status::Expired, &[What::Resumed]), Status::Expired);
    assert_eq!(status(Status::Expired, &[What::Suspended]), Status::Suspended);
    assert_eq!(
        status(Status::Expired, &[What::Suspended, What::Resumed]),
        Status::Expired
    );
}

#[test]
fn what_is_said_of_a_client_that_the_file_lost_waits_for_it() {
    let nobody = Clients::default();
    assert_eq!(after(&nobody, &[What::Suspended, limited(3)]), None);
    assert_eq!(
        after(&nobody, &[registered("B"), What::Suspended]),
        Some(("B".to_owned(), 7, Status::Suspended))
    );
}

#[test]
fn it_is_known_who_set_which_part() {
    let mut overlays = Overlays::default();
    let id = "one-stop".parse().unwrap();
    overlays.apply(&change(limited(3), "an"));
    overlays.apply(&change(What::Suspended, "binh"));
    let parts = |overlays: &Overlays| -> Vec<(Part, String)> {
        let overlay = overlays.find(&id).into_iter().flat_map(Overlay::parts);
        overlay
            .map(|(part, by)| (part, by.operator.to_string()))
            .collect()
    };
    let expected = vec![
        (Part::Limits, "an".to_owned()),
        (Part::Suspension, "binh".to_owned()),
    ];
    assert_eq!(parts(&overlays), expected);
    overlays.apply(&change(What::Reverted, "an"));
    assert_eq!(parts(&overlays), []);
    assert_eq!(
        overlays.iter().count(),
        0,
        "nothing is left of a client that follows the file"
    );
}

#[test]
fn what_is_kept_is_read_again() {
    let all = [
        registered("B"),
        What::Removed,
        limited(3),
        What::Suspended,
        What::Resumed,
        What::Reverted,
    ];
    for what in all {
        let read = What::read(what.word(), what.content().as_deref());
        assert_eq!(read, Some(what));
    }
    for (word, content) in [
        ("paused", None),
        ("registered", None),
        ("registered", Some("{}")),
        ("suspended", Some("{}")),
        ("limited", Some(r#"{"per_day": 1}"#)),
    ] {
        assert_eq!(What::read(word, content), None, "{word} {content:?}");
    }
}

#[test]
fn what_this_version_cannot_judge_is_an_error_and_no_silence() {
    let mut broken = registration("B");
    broken.status = "paused".to_owned();
    assert!(broken.judged(ANYTHING).is_err());
    let mut overlays = Overlays::default();
    overlays.apply(&change(What::Registered(Box::new(broken)), "an"));
    let unreadable = Unreadable("one-stop".parse().unwrap());
    assert_eq!(overlays.over(&file(Status::Active)).unwrap_err(), unreadable);
}

#[test]
fn others_are_left_as_they_are() {
    let other = Client {
        id: "other".parse().unwrap(),
        ..sample::client()
    };
    let base = Clients::new([sample::client(), other]).unwrap();
    let mut overlays = Overlays::default();
    overlays.apply(&change(What::Removed, "an"));
    let clients = overlays.over(&base).unwrap();
    let ids: Vec<&str> = clients.iter().map(|client| client.id.as_str()).collect();
    assert_eq!(ids, ["other"]);
    let before = base.find(&"other".parse().unwrap()).unwrap();
    assert!(
        Arc::ptr_eq(before, clients.iter().next().unwrap()),
        "not even copied"
    );
}
