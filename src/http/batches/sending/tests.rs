use super::*;

fn faults(query: &str) -> Vec<(String, Kind)> {
    let Err(Faulty::Invalid(faults)) = context(query) else {
        panic!("{query} is read");
    };
    faults
        .iter()
        .map(|fault| (fault.pointer.clone(), fault.kind))
        .collect()
}

#[test]
fn the_work_of_a_table_stands_in_the_query() {
    let context = context("procedure=1.001193&dossier=000.00.12%2FH57").unwrap();
    assert_eq!(
        (context.procedure.as_str(), context.dossier.as_str()),
        ("1.001193", "000.00.12/H57")
    );
}

#[test]
fn a_query_that_says_too_little_or_too_much_is_told_where() {
    let at = |pointer: &str, kind| (pointer.to_owned(), kind);
    assert_eq!(
        faults(""),
        [at("/procedure", Kind::Required), at("/dossier", Kind::Required)]
    );
    assert_eq!(
        faults("procedure=1.001193&procedure=1.001193&dossier=100190000001"),
        [
            at("/procedure", Kind::Duplicate),
            at("/dossier", Kind::HoldsPersonalNumber)
        ]
    );
    assert_eq!(
        faults("procedure=1.001193&dossier=a&pin=100190000001"),
        [at("", Kind::UnknownMember)]
    );
}
