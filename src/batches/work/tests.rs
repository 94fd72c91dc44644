use super::*;
use crate::registry::Outage;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

#[test]
fn a_row_has_the_same_id_however_often_it_is_asked_and_no_other_has_it() {
    let at: Timestamp = "2026-11-22T01:00:00Z".parse().unwrap();
    let first = transaction_of(id(1), 1, at);
    assert_eq!(first, transaction_of(id(1), 1, at));
    assert_eq!(first.get_version_num(), 7);
    assert_ne!(first, transaction_of(id(1), 2, at));
    assert_ne!(first, transaction_of(id(2), 1, at));
}

#[test]
fn what_concerns_the_row_alone_is_its_result_and_all_else_has_the_batch_wait() {
    let waits = |cause: Cause| pause_for(&cause).map(|pause| pause.code);
    for (failure, code) in [
        (Failure::Unavailable(Outage::Connect), Code::RegistryUnavailable),
        (Failure::Timeout, Code::RegistryTimeout),
        (Failure::Maintenance, Code::Maintenance),
        (Failure::Protocol("a page of HTML"), Code::RegistryProtocolError),
        (Failure::Rejected(Rejection::Quota), Code::RegistryRejected),
    ] {
        assert_eq!(waits(Cause::Registry(failure)), Some(code), "{failure}");
    }
    let spent = Failure::BudgetExhausted {
        retry_after: Duration::from_secs(3),
    };
    let pause = pause_for(&Cause::Registry(spent)).unwrap();
    assert_eq!(pause.time, Some(Duration::from_secs(3)));
    for failure in [
        Failure::Rejected(Rejection::Licence),
        Failure::Rejected(Rejection::Officer),
    ] {
        assert_eq!(waits(Cause::Registry(failure)), None, "{failure}");
    }
    assert_eq!(waits(Cause::Edge(Code::InvalidRequest)), None);
    assert_eq!(
        waits(Cause::Audit(crate::audit::Unavailable)),
        Some(Code::AuditUnavailable)
    );
}
