use super::*;

fn served(path: &str) -> String {
    let file = utoipa_swagger_ui::serve(path, Viewer::new().0).unwrap().unwrap();
    assert!(!file.gzpipped, "{path}");
    String::from_utf8(file.bytes.into_owned()).unwrap()
}

#[test]
fn the_page_loads_nothing_from_elsewhere() {
    let page = served("");
    assert!(
        page.contains("<script") && !page.contains("://") && !page.contains("=\"//"),
        "{page}"
    );
}

#[test]
fn the_viewer_shows_our_document_and_asks_no_validator() {
    let start = served("swagger-initializer.js");
    assert!(
        start.contains("\"/openapi.json\"") && start.contains("\"validatorUrl\": \"none\""),
        "{start}"
    );
    assert!(
        !start.contains("http://") && !start.contains("https://"),
        "{start}"
    );
}
