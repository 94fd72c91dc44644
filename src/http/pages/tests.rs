use super::*;

fn pages() -> Pages {
    Pages::new(Arc::new(Problems::new("https://dancu.example").unwrap()))
}

#[test]
fn every_code_has_a_page_in_both_languages() {
    let pages = pages();
    let index = String::from_utf8(pages.index.to_vec()).unwrap();
    assert_eq!(pages.codes.len(), Code::ALL.len());
    for code in Code::ALL {
        let page = String::from_utf8(pages.codes[code.as_str()].to_vec()).unwrap();
        assert!(page.contains("<html lang=\"vi\">") && page.contains("<section lang=\"en\">"));
        for language in Language::ALL {
            let texts = pages.problems.texts().problem(language, code);
            for text in [&texts.title, &texts.detail, &texts.advice] {
                assert!(page.contains(&escaped(text)), "{code:?}: {text}");
            }
        }
        assert!(index.contains(&format!("href=\"/problems/{}\"", code.as_str())));
    }
}

#[test]
fn a_page_runs_no_script_and_loads_nothing_from_elsewhere() {
    let pages = pages();
    for page in pages.codes.values().chain([&pages.index, &pages.not_found]) {
        let page = String::from_utf8(page.to_vec()).unwrap();
        for forbidden in ["<script", "://", "style=", " on", "<img", "<iframe"] {
            let found = page
                .find(forbidden)
                .filter(|_| forbidden != " on" || page.contains(" onclick"));
            assert_eq!(found, None, "{forbidden}");
        }
    }
    assert!(!STYLESHEET.contains("url(") && !STYLESHEET.contains("@import"));
}
