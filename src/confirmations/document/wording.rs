//! What does the page say besides what was looked up?
//!
//! Every phrase of the page in both languages. The texts themselves are where all texts for people are, and are handed in at
//! the start; here stands which ones there must be.

use std::collections::BTreeMap;

use crate::confirmations::issue::Bilingual;

/// Names a phrase of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is named as the locales name it")]
pub enum Phrase {
    Title,
    Introduction,
    Outcome,
    NoPaperRequired,
    NoLongerHolds,
    IntroductionLapsed,
    Unit,
    Officer,
    Procedure,
    Dossier,
    Channel,
    ChannelCounter,
    ChannelOnline,
    ChannelAssisted,
    ChannelPost,
    Time,
    ValidUntil,
    Transaction,
    LegalGround,
    Role,
    Fact,
    Result,
    ResultMatch,
    ResultElsewhere,
    Replaces,
    More,
    Digest,
    Scan,
    Footer,
}

impl Phrase {
    /// Lists every phrase.
    pub const ALL: [Self; 29] = [
        Self::Title,
        Self::Introduction,
        Self::Outcome,
        Self::NoPaperRequired,
        Self::NoLongerHolds,
        Self::IntroductionLapsed,
        Self::Unit,
        Self::Officer,
        Self::Procedure,
        Self::Dossier,
        Self::Channel,
        Self::ChannelCounter,
        Self::ChannelOnline,
        Self::ChannelAssisted,
        Self::ChannelPost,
        Self::Time,
        Self::ValidUntil,
        Self::Transaction,
        Self::LegalGround,
        Self::Role,
        Self::Fact,
        Self::Result,
        Self::ResultMatch,
        Self::ResultElsewhere,
        Self::Replaces,
        Self::More,
        Self::Digest,
        Self::Scan,
        Self::Footer,
    ];

    /// Gives the phrase's key in the locales.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Title => "document-title",
            Self::Introduction => "document-introduction",
            Self::Outcome => "document-outcome",
            Self::NoPaperRequired => "document-no-paper-required",
            Self::NoLongerHolds => "document-no-longer-holds",
            Self::IntroductionLapsed => "document-introduction-lapsed",
            Self::Unit => "document-unit",
            Self::Officer => "document-officer",
            Self::Procedure => "document-procedure",
            Self::Dossier => "document-dossier",
            Self::Channel => "document-channel",
            Self::ChannelCounter => "document-channel-counter",
            Self::ChannelOnline => "document-channel-online",
            Self::ChannelAssisted => "document-channel-assisted",
            Self::ChannelPost => "document-channel-post",
            Self::Time => "document-time",
            Self::ValidUntil => "document-valid-until",
            Self::Transaction => "document-transaction",
            Self::LegalGround => "document-legal-ground",
            Self::Role => "document-role",
            Self::Fact => "document-fact",
            Self::Result => "document-result",
            Self::ResultMatch => "document-result-match",
            Self::ResultElsewhere => "document-result-elsewhere",
            Self::Replaces => "document-replaces",
            Self::More => "document-more",
            Self::Digest => "document-digest",
            Self::Scan => "document-scan",
            Self::Footer => "document-footer",
        }
    }
}

/// Holds every phrase.
#[derive(Debug, Clone, Default)]
pub struct Wording(BTreeMap<Phrase, Bilingual>);

impl Wording {
    /// Asks for every phrase.
    ///
    /// # Errors
    /// Whatever the first one that can't be had fails with.
    pub fn of<E>(text: impl Fn(Phrase) -> Result<Bilingual, E>) -> Result<Self, E> {
        let phrases = Phrase::ALL.into_iter().map(|phrase| Ok((phrase, text(phrase)?)));
        phrases.collect::<Result<_, _>>().map(Self)
    }

    /// Gives a phrase.
    pub(super) fn say(&self, phrase: Phrase) -> Bilingual {
        self.0.get(&phrase).cloned().unwrap_or_else(|| Bilingual {
            vi: String::new(),
            en: None,
        })
    }
}
