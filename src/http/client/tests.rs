use super::*;

fn faults_of(query: &str) -> Vec<(String, &'static str)> {
    let faults = procedure(query).unwrap_err();
    faults
        .iter()
        .map(|fault| (fault.pointer.clone(), fault.kind.code()))
        .collect()
}

#[test]
fn the_procedure_is_the_only_parameter() {
    assert_eq!(procedure("procedure=1.001193").unwrap().as_str(), "1.001193");
    assert_eq!(faults_of(""), [("/procedure".to_owned(), "required")]);
    assert_eq!(faults_of("procedure="), [("/procedure".to_owned(), "length")]);
    assert_eq!(faults_of("procedure=abc"), [("/procedure".to_owned(), "charset")]);
    assert_eq!(
        faults_of("procedure=100190000001"),
        [("/procedure".to_owned(), "format")]
    );
    assert_eq!(
        faults_of("procedure=1.1&procedure=1.1"),
        [("/procedure".to_owned(), "duplicate")]
    );
    assert_eq!(
        faults_of("procedure=1.1&100190000001=x"),
        [(String::new(), "unknown_member")]
    );
}
