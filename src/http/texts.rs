//! What do people read, in which language?
//!
//! Every public text of the API in Vietnamese and English, from `config/locales/*.ftl`, compiled in. They are rendered
//! once at the start into a table, so that nothing is formatted, and nothing can fail, while a call is answered. Texts
//! are constant: no value of any call is ever put into one. A text that is missing is found before a socket opens.

use std::collections::BTreeMap;

use fluent_bundle::FluentResource;
use fluent_bundle::concurrent::FluentBundle;
use unic_langid::LanguageIdentifier;

use super::faults::Kind;
use crate::confirmations::{Bilingual, Wording};
use crate::domain::problem::Code;

/// Is a language that the API's texts are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// Tiếng Việt.
    Vi,
    /// English.
    En,
}

impl Language {
    /// Lists the languages, the one that is usual first.
    pub const ALL: [Self; 2] = [Self::Vi, Self::En];

    /// Gives the language's tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    fn source(self) -> &'static str {
        match self {
            Self::Vi => include_str!("../../config/locales/vi.ftl"),
            Self::En => include_str!("../../config/locales/en.ftl"),
        }
    }
}

/// Holds what a problem says to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemTexts {
    /// What happened, in a few words.
    pub title: String,
    /// What happened, in a sentence or two.
    pub detail: String,
    /// What the officer at the counter does next, in one sentence.
    pub advice: String,
    /// What an operator does next, where operators meet it.
    pub operators: Option<String>,
}

/// Is a word or sentence of the pages for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    ProblemsTitle,
    ProblemsIntroduction,
    AllProblems,
    Status,
    Source,
    SourceCaller,
    SourceGateway,
    SourceRegistry,
    Retryable,
    Yes,
    No,
    Advice,
    ConfirmationTitle,
    ConfirmationValid,
    ConfirmationNotValid,
    ConfirmationUnknown,
}

impl Label {
    const ALL: [Self; 16] = [
        Self::ProblemsTitle,
        Self::ProblemsIntroduction,
        Self::AllProblems,
        Self::Status,
        Self::Source,
        Self::SourceCaller,
        Self::SourceGateway,
        Self::SourceRegistry,
        Self::Retryable,
        Self::Yes,
        Self::No,
        Self::Advice,
        Self::ConfirmationTitle,
        Self::ConfirmationValid,
        Self::ConfirmationNotValid,
        Self::ConfirmationUnknown,
    ];

    fn key(self) -> &'static str {
        match self {
            Self::ProblemsTitle => "page-problems-title",
            Self::ProblemsIntroduction => "page-problems-introduction",
            Self::AllProblems => "page-all-problems",
            Self::Status => "page-status",
            Self::Source => "page-source",
            Self::SourceCaller => "page-source-caller",
            Self::SourceGateway => "page-source-gateway",
            Self::SourceRegistry => "page-source-registry",
            Self::Retryable => "page-retryable",
            Self::Yes => "page-yes",
            Self::No => "page-no",
            Self::Advice => "page-advice",
            Self::ConfirmationTitle => "confirmation-title",
            Self::ConfirmationValid => "confirmation-valid",
            Self::ConfirmationNotValid => "confirmation-not-valid",
            Self::ConfirmationUnknown => "confirmation-unknown",
        }
    }
}

/// Says which text can't be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the text {key} can't be had in the language {language}")]
pub struct Missing {
    /// The language's tag.
    pub language: &'static str,
    /// The text's key.
    pub key: String,
}

/// Holds every text, rendered.
#[derive(Debug)]
pub struct Texts {
    problems: BTreeMap<(Language, Code), ProblemTexts>,
    faults: BTreeMap<(Language, Kind), String>,
    labels: BTreeMap<(Language, Label), String>,
    nothing: ProblemTexts,
}

impl Texts {
    /// Renders the texts that are compiled in.
    ///
    /// # Errors
    /// `Missing` names the first that isn't there.
    pub fn load() -> Result<Self, Missing> {
        let nothing = ProblemTexts {
            title: String::new(),
            detail: String::new(),
            advice: String::new(),
            operators: None,
        };
        let mut texts = Self {
            problems: BTreeMap::new(),
            faults: BTreeMap::new(),
            labels: BTreeMap::new(),
            nothing,
        };
        for language in Language::ALL {
            let messages = Messages::of(language)?;
            for code in Code::ALL {
                let text = |attribute| messages.get(code.as_str(), Some(attribute));
                let problem = ProblemTexts {
                    title: text("title")?,
                    detail: text("detail")?,
                    advice: text("advice")?,
                    operators: messages.optional(code.as_str(), "operators")?,
                };
                texts.problems.insert((language, code), problem);
            }
            for kind in Kind::ALL {
                texts
                    .faults
                    .insert((language, kind), messages.get(kind.key(), None)?);
            }
            for label in Label::ALL {
                texts
                    .labels
                    .insert((language, label), messages.get(label.key(), None)?);
            }
        }
        Ok(texts)
    }

    /// Gives what a problem says.
    #[must_use]
    pub fn problem(&self, language: Language, code: Code) -> &ProblemTexts {
        // `load` gives no table that lacks one.
        self.problems.get(&(language, code)).unwrap_or(&self.nothing)
    }

    /// Gives what a fault of a body says.
    #[must_use]
    pub fn fault(&self, language: Language, kind: Kind) -> &str {
        self.faults.get(&(language, kind)).map_or("", String::as_str)
    }

    /// Gives a word of the pages.
    pub(super) fn label(&self, language: Language, label: Label) -> &str {
        self.labels.get(&(language, label)).map_or("", String::as_str)
    }
}

/// Renders the phrases of a confirmation's page.
///
/// # Errors
/// `Missing` names the first that isn't there.
pub fn wording() -> Result<Wording, Missing> {
    let (vi, en) = (Messages::of(Language::Vi)?, Messages::of(Language::En)?);
    Wording::of(|phrase| {
        Ok(Bilingual {
            vi: vi.get(phrase.key(), None)?,
            en: Some(en.get(phrase.key(), None)?),
        })
    })
}

struct Messages {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl Messages {
    fn of(language: Language) -> Result<Self, Missing> {
        let missing = |key: &str| Missing {
            language: language.tag(),
            key: key.to_owned(),
        };
        let locale: LanguageIdentifier = language.tag().parse().map_err(|_| missing("locale"))?;
        let resource =
            FluentResource::try_new(language.source().to_owned()).map_err(|_| missing("syntax"))?;
        let mut bundle = FluentBundle::new_concurrent(vec![locale]);
        bundle.set_use_isolating(false);
        bundle.add_resource(resource).map_err(|_| missing("duplicate"))?;
        Ok(Self { language, bundle })
    }

    /// Gives an attribute that need not be there.
    fn optional(&self, key: &str, attribute: &str) -> Result<Option<String>, Missing> {
        let message = self.bundle.get_message(key);
        match message.and_then(|message| message.get_attribute(attribute)) {
            Some(_) => self.get(key, Some(attribute)).map(Some),
            None => Ok(None),
        }
    }

    fn get(&self, key: &str, attribute: Option<&str>) -> Result<String, Missing> {
        let missing = || Missing {
            language: self.language.tag(),
            key: attribute.map_or_else(|| key.to_owned(), |attribute| format!("{key}.{attribute}")),
        };
        let message = self.bundle.get_message(key).ok_or_else(missing)?;
        let pattern = match attribute {
            Some(name) => message.get_attribute(name).map(|attribute| attribute.value()),
            None => message.value(),
        };
        let mut errors = Vec::new();
        let text = self
            .bundle
            .format_pattern(pattern.ok_or_else(missing)?, None, &mut errors)
            .into_owned();
        if errors.is_empty() && !text.is_empty() {
            Ok(text)
        } else {
            Err(missing())
        }
    }
}

#[cfg(test)]
mod tests;
