//! Which rule refuses which caller, and in which order?

pub(crate) mod sample;

use jiff::{SignedDuration, Timestamp};

use super::clients::Status;
use super::*;
use crate::auth::{Scopes, Thumbprint};
use sample::{
    LICENSED, OFFICER, UNIT, UNLICENSED, UNLISTED, all_fields, caller, client, context, fields, policy,
};

fn during() -> Timestamp {
    "2026-08-22T10:00:00+07:00".parse().unwrap()
}

fn verify_only() -> Scopes {
    [Scope::CitizensVerify].into_iter().collect()
}

fn refusal(client: Client, caller: &Caller, scope: Scope, procedure: &str, now: Timestamp) -> Option<Denied> {
    policy(client, all_fields())
        .authorize(caller, scope, &context(procedure), now)
        .err()
}

#[test]
fn each_rule_refuses_what_it_is_for() {
    let plain = client;
    let suspended = || Client {
        status: Status::Suspended,
        ..client()
    };
    let expired = || Client {
        status: Status::Expired,
        ..client()
    };
    let (verify, lookup) = (Scope::CitizensVerify, Scope::CitizensLookup);
    let from = |id, officer, unit, scopes| Caller::for_tests(id, officer, unit, scopes);
    let both = client().scopes;
    let stranger = from("two-stop", Some(OFFICER), Some(UNIT), both);
    let machine = from("one-stop", None, Some(UNIT), both);
    let nowhere = from("one-stop", Some(OFFICER), None, both);
    let elsewhere = from("one-stop", Some(OFFICER), Some("H44.07"), both);
    let narrow = from("one-stop", Some(OFFICER), Some(UNIT), verify_only());
    let missing = Denied::ScopeMissing;
    let table = [
        ("all is in order", plain(), caller(), verify, LICENSED, None),
        (
            "not registered",
            plain(),
            stranger,
            verify,
            LICENSED,
            Some(Denied::ClientUnknown),
        ),
        (
            "switched off",
            suspended(),
            caller(),
            verify,
            LICENSED,
            Some(Denied::ClientSuspended),
        ),
        (
            "ended by hand",
            expired(),
            caller(),
            verify,
            LICENSED,
            Some(Denied::ClientExpired),
        ),
        (
            "in the register, not in the token",
            plain(),
            narrow,
            lookup,
            LICENSED,
            Some(missing(lookup)),
        ),
        (
            "in the token, not in the register",
            plain(),
            caller(),
            Scope::Checks,
            LICENSED,
            Some(missing(Scope::Checks)),
        ),
        (
            "a system for itself",
            plain(),
            machine,
            verify,
            LICENSED,
            Some(Denied::OfficerRequired),
        ),
        (
            "no unit",
            plain(),
            nowhere,
            verify,
            LICENSED,
            Some(Denied::UnitNotPermitted),
        ),
        (
            "a unit of another client",
            plain(),
            elsewhere,
            verify,
            LICENSED,
            Some(Denied::UnitNotPermitted),
        ),
        (
            "licensed, not in the catalogue",
            plain(),
            caller(),
            verify,
            UNLISTED,
            Some(Denied::ProcedureUnknown),
        ),
        (
            "in the catalogue, not licensed",
            plain(),
            caller(),
            verify,
            UNLICENSED,
            Some(Denied::ProcedureNotLicensed),
        ),
    ];
    for (why, client, caller, scope, procedure, expected) in table {
        assert_eq!(
            refusal(client, &caller, scope, procedure, during()),
            expected,
            "{why}"
        );
    }
}

#[test]
fn of_two_broken_rules_the_earlier_one_is_told() {
    let bound = Thumbprint::of(b"card");
    // Everything is wrong; each step mends what was told and lets the next rule speak.
    let mut client = Client {
        status: Status::Suspended,
        thumbprints: vec![bound],
        ..client()
    };
    let both = client.scopes;
    let make = |id: &str, officer, unit, scopes| Caller::for_tests(id, officer, unit, scopes);
    let told = |client: &Client, caller: &Caller, procedure: &str| {
        refusal(client.clone(), caller, Scope::CitizensLookup, procedure, during())
    };
    let stranger = make("two-stop", None, Some("H44.07"), verify_only());
    assert_eq!(told(&client, &stranger, UNLISTED), Some(Denied::ClientUnknown));
    let ours = make("one-stop", None, Some("H44.07"), verify_only());
    assert_eq!(told(&client, &ours, UNLISTED), Some(Denied::ClientSuspended));
    client.status = Status::Expired;
    assert_eq!(told(&client, &ours, UNLISTED), Some(Denied::ClientExpired));
    client.status = Status::Active;
    assert_eq!(told(&client, &ours, UNLISTED), Some(Denied::TokenNotBound));
    let ours = ours.bound_for_tests(bound);
    let missing = Denied::ScopeMissing(Scope::CitizensLookup);
    assert_eq!(told(&client, &ours, UNLISTED), Some(missing));
    let ours = make("one-stop", None, Some("H44.07"), both).bound_for_tests(bound);
    assert_eq!(told(&client, &ours, UNLISTED), Some(Denied::OfficerRequired));
    let ours = make("one-stop", Some(OFFICER), Some("H44.07"), both).bound_for_tests(bound);
    assert_eq!(told(&client, &ours, UNLISTED), Some(Denied::UnitNotPermitted));
    let ours = make("one-stop", Some(OFFICER), Some(UNIT), both).bound_for_tests(bound);
    assert_eq!(told(&client, &ours, UNLISTED), Some(Denied::ProcedureUnknown));
    assert_eq!(
        told(&client, &ours, UNLICENSED),
        Some(Denied::ProcedureNotLicensed)
    );
    assert_eq!(told(&client, &ours, LICENSED), None);
}

#[test]
fn a_registration_counts_from_its_first_moment_to_before_its_last() {
    let moment = SignedDuration::from_nanos(1);
    let (from, until) = (client().valid_from, client().valid_until);
    let out = Some(Denied::ClientExpired);
    let table = [
        ("before it begins", from - moment, out.clone()),
        ("as it begins", from, None),
        ("just before it ends", until - moment, None),
        ("as it ends", until, out),
    ];
    for (why, now, expected) in table {
        let told = refusal(client(), &caller(), Scope::CitizensVerify, LICENSED, now);
        assert_eq!(told, expected, "{why}");
    }
    let suspended = Client {
        status: Status::Suspended,
        ..client()
    };
    let told = refusal(suspended, &caller(), Scope::CitizensVerify, LICENSED, until);
    assert_eq!(
        told,
        Some(Denied::ClientSuspended),
        "suspended wins over its dates"
    );
}

#[test]
fn a_client_with_certificates_needs_a_token_bound_to_one_of_them() {
    let [card, spare, foreign] = [&b"card"[..], b"spare", b"foreign"].map(Thumbprint::of);
    let with = |thumbprints| Client {
        thumbprints,
        ..client()
    };
    let not_bound = Some(Denied::TokenNotBound);
    let table = [
        ("none registered, none shown", with(vec![]), caller(), None),
        (
            "none registered, one shown",
            with(vec![]),
            caller().bound_for_tests(card),
            None,
        ),
        ("a bearer token", with(vec![card]), caller(), not_bound.clone()),
        (
            "bound to another",
            with(vec![card, spare]),
            caller().bound_for_tests(foreign),
            not_bound,
        ),
        (
            "bound to the first",
            with(vec![card, spare]),
            caller().bound_for_tests(card),
            None,
        ),
        (
            "bound to the second",
            with(vec![card, spare]),
            caller().bound_for_tests(spare),
            None,
        ),
    ];
    for (why, client, caller, expected) in table {
        let told = refusal(client, &caller, Scope::CitizensVerify, LICENSED, during());
        assert_eq!(told, expected, "{why}");
    }
}

#[test]
fn reading_ones_registration_needs_neither_officer_nor_unit_but_no_foreign_one() {
    let policy = policy(client(), all_fields());
    let read = |unit| {
        let caller = Caller::for_tests("one-stop", None, unit, Scopes::NONE);
        policy.client(&caller, during()).err()
    };
    assert_eq!(read(None), None);
    assert_eq!(read(Some("H57.31")), None);
    assert_eq!(read(Some("H44.07")), Some(Denied::UnitNotPermitted));
}

#[test]
fn a_grant_carries_what_the_token_says_and_the_intersection_of_the_licences() {
    let client = Client {
        fields: fields(&["full_name", "sex", "religion"]),
        ..client()
    };
    let grant = policy(client, fields(&["full_name", "sex", "ethnicity"]))
        .authorize(&caller(), Scope::CitizensLookup, &context(LICENSED), during())
        .unwrap();
    assert_eq!(grant.officer().map(Pin::expose), Some(OFFICER));
    assert_eq!(grant.unit().as_str(), UNIT);
    assert_eq!(grant.procedure().code.as_str(), LICENSED);
    assert_eq!(grant.permitted(), fields(&["full_name", "sex"]));
}

#[test]
fn an_id_stands_once() {
    let twice = Clients::new([client(), client()]).unwrap_err();
    assert_eq!(twice.to_string(), "the client one-stop is registered twice");
    let twice = [
        sample::procedure(LICENSED, Fields::NONE),
        sample::procedure(LICENSED, all_fields()),
    ];
    assert_eq!(Catalogue::new(twice).unwrap_err().0.as_str(), LICENSED);
}

#[test]
fn without_a_law_in_force_nobody_may_be_looked_up() {
    let mut of_the_resolution = sample::procedure(LICENSED, all_fields());
    for ground in &mut of_the_resolution.legal_ground {
        ground.until = Some(jiff::civil::date(2027, 2, 28));
    }
    let policy = Policy::new(
        Clients::new([client()]).unwrap(),
        Catalogue::new([of_the_resolution]).unwrap(),
        sample::tables(),
    );
    let asked = |at: &str| {
        let now = at.parse().unwrap();
        policy
            .authorize(&caller(), Scope::CitizensVerify, &context(LICENSED), now)
            .err()
    };
    assert_eq!(asked("2027-02-28T23:59:59+07:00"), None);
    assert_eq!(
        asked("2027-03-01T00:00:00+07:00"),
        Some(Denied::ProcedureNotLicensed)
    );
}

#[test]
fn work_goes_on_in_the_same_name_only_while_the_registration_and_the_licence_allow_it() {
    let mandate = Mandate::of(&sample::grant(client(), &caller(), all_fields()));
    let resumed = |client: Client, procedure: &str, scope| {
        policy(client, all_fields())
            .resume(&mandate, scope, &context(procedure), during())
            .map(|grant| Mandate::of(&grant))
    };
    let scope = Scope::CitizensVerify;
    assert_eq!(resumed(client(), LICENSED, scope), Ok(mandate.clone()));

    let nobody_s = Mandate {
        officer: None,
        ..mandate.clone()
    };
    let unanswered_for =
        policy(client(), all_fields()).resume(&nobody_s, scope, &context(LICENSED), during());
    assert_eq!(unanswered_for.err(), Some(Denied::OfficerRequired));
    let suspended = Client {
        status: Status::Suspended,
        ..client()
    };
    assert_eq!(resumed(suspended, LICENSED, scope), Err(Denied::ClientSuspended));
    let moved = Client {
        units: ["H44.07".parse().unwrap()].into(),
        ..client()
    };
    assert_eq!(resumed(moved, LICENSED, scope), Err(Denied::UnitNotPermitted));
    assert_eq!(
        resumed(client(), LICENSED, Scope::Batches),
        Err(Denied::ScopeMissing(Scope::Batches))
    );
    assert_eq!(
        resumed(client(), UNLICENSED, scope),
        Err(Denied::ProcedureNotLicensed)
    );
    let renamed = Client {
        id: "two-stop".parse().unwrap(),
        ..client()
    };
    assert_eq!(resumed(renamed, LICENSED, scope), Err(Denied::ClientUnknown));
}

#[test]
fn a_system_may_hand_in_a_batch_for_itself_and_ask_nothing_else() {
    let scopes: Scopes = [Scope::Batches, Scope::CitizensVerify].into_iter().collect();
    let registered = Client { scopes, ..client() };
    let machine = Caller::for_tests("one-stop", None, Some(UNIT), scopes);
    let policy = policy(registered, all_fields());
    let authorize = |scope| policy.authorize(&machine, scope, &context(LICENSED), during());
    let grant = authorize(Scope::Batches).unwrap();
    assert_eq!(grant.officer(), None);
    assert_eq!(
        authorize(Scope::CitizensVerify).err(),
        Some(Denied::OfficerRequired)
    );
    let mandate = Mandate::of(&grant);
    let resumed = policy.resume(&mandate, Scope::Batches, &context(LICENSED), during());
    assert_eq!(resumed.unwrap().officer(), None);
}
