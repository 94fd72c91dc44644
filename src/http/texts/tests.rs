use unicode_normalization::is_nfc;

use super::*;
use crate::confirmations::Phrase;

#[test]
fn every_code_and_every_fault_has_its_texts_in_both_languages() {
    let texts = Texts::load().unwrap();
    for language in Language::ALL {
        for code in Code::ALL {
            let ProblemTexts {
                title,
                detail,
                advice,
                operators,
            } = texts.problem(language, code);
            for text in [title, detail, advice].into_iter().chain(operators) {
                assert!(
                    !text.is_empty() && is_nfc(text) && !text.contains('\u{2068}'),
                    "{code:?}: {text}"
                );
            }
            assert!(!title.ends_with('.'), "{code:?}: a title is no sentence: {title}");
            assert!(
                detail.ends_with('.') && advice.ends_with('.'),
                "{code:?}: {detail} {advice}"
            );
            for advice in [advice].into_iter().chain(operators) {
                assert!(
                    advice.ends_with('.') && !advice.trim_end_matches('.').contains(". "),
                    "{code:?}: advice is one sentence: {advice}"
                );
            }
        }
        for kind in Kind::ALL {
            assert!(texts.fault(language, kind).ends_with('.'), "{kind:?}");
        }
    }
}

#[test]
fn vietnamese_is_vietnamese_and_english_is_not() {
    let texts = Texts::load().unwrap();
    let marked =
        |text: &str| text.chars().filter(|letter| !letter.is_ascii()).count() * 12 >= text.chars().count();
    for code in Code::ALL {
        let vi = texts.problem(Language::Vi, code);
        let en = texts.problem(Language::En, code);
        assert!(
            marked(&vi.title) && marked(&vi.detail) && marked(&vi.advice),
            "{code:?}"
        );
        assert!(
            !marked(&en.title) && !marked(&en.detail) && !marked(&en.advice),
            "{code:?}"
        );
    }
    for kind in Kind::ALL {
        assert!(marked(texts.fault(Language::Vi, kind)), "{kind:?}");
        assert!(!marked(texts.fault(Language::En, kind)), "{kind:?}");
    }
    for label in Label::ALL {
        assert_ne!(
            texts.label(Language::Vi, label),
            texts.label(Language::En, label),
            "{label:?}"
        );
    }
}

#[test]
fn no_text_stands_in_the_locales_unused() {
    for language in Language::ALL {
        let keys = language.source().lines().filter_map(|line| line.split_once(" ="));
        let known = |key: &str| {
            Code::ALL.iter().any(|code| code.as_str() == key)
                || Kind::ALL.iter().any(|kind| kind.key() == key)
                || Label::ALL.iter().any(|label| label.key() == key)
                || Phrase::ALL.iter().any(|phrase| phrase.key() == key)
        };
        for (key, _) in keys.filter(|(key, _)| !key.starts_with([' ', '#'])) {
            assert!(known(key), "{key}");
        }
    }
}
