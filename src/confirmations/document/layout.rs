//! Where on the page does everything stand?
//!
//! Pure: takes what is to be said, gives marks with their places on an A4 page, in points from the top left corner. Vietnamese
//! first, English under it in grey. One page whatever happens: if it doesn't fit, everything is set smaller, down to what can
//! still be read; then rows of the table are left out and the page says so, since the credential has them all.

use super::face::{Faces, Weight, composed};
use super::wording::{Phrase, Wording};
use crate::confirmations::content::Content;
use crate::confirmations::issue::{Bilingual, ConfirmedFact, FactResult, Named, State};

/// The width of an A4 page.
pub const PAGE_WIDTH: f32 = 595.28;
/// The height of an A4 page.
pub const PAGE_HEIGHT: f32 = 841.89;
/// Where the code for telephones stands, and how large it is.
pub const QR: (f32, f32, f32) = (PAGE_WIDTH - MARGIN - 96.0, MARGIN, 96.0);

const MARGIN: f32 = 50.0;
const WIDTH: f32 = PAGE_WIDTH - 2.0 * MARGIN;
const LABELS: f32 = 150.0;
const SMALLEST: f32 = 0.62;
const SCALES: [f32; 5] = [1.0, 0.9, 0.8, 0.7, SMALLEST];

/// Tells how dark a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shade {
    Black,
    Grey,
}

/// Is something on the page.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// A line of text; its base line is at `y`.
    Text {
        x: f32,
        y: f32,
        weight: Weight,
        size: f32,
        shade: Shade,
        text: String,
    },
    /// A thin line across the page.
    Rule { y: f32 },
}

/// Is what the page says beyond the content itself.
pub struct Around<'a> {
    /// The phrases.
    pub wording: &'a Wording,
    /// When it was issued, as people write it.
    pub issued: &'a str,
    /// When it ends, as people write it.
    pub expires: &'a str,
    /// The address behind the code.
    pub public_url: &'a str,
    /// Whether the confirmation holds at the time of drawing.
    pub state: State,
}

/// Sets the page.
pub fn set(content: &Content, around: &Around<'_>, faces: &Faces) -> Vec<Mark> {
    let with = |facts, scale| {
        let mut pen = Pen::new(faces, scale);
        pen.page(content, around, facts);
        (pen.y <= PAGE_HEIGHT - MARGIN).then_some(pen.marks)
    };
    let all = content.facts.len();
    if let Some(marks) = SCALES.into_iter().find_map(|scale| with(all, scale)) {
        return marks;
    }
    // As many rows as fit, found by halving.
    let (mut fitting, mut too_many) = (0, all);
    let mut marks = Vec::new();
    while too_many - fitting > 1 {
        let tried = fitting.midpoint(too_many);
        match with(tried, SMALLEST) {
            Some(set) => (fitting, marks) = (tried, set),
            None => too_many = tried,
        }
    }
    if fitting == 0 {
        marks = with(0, SMALLEST).unwrap_or_default();
    }
    marks
}

struct Pen<'f> {
    faces: &'f Faces,
    scale: f32,
    y: f32,
    marks: Vec<Mark>,
}

/// Is a column: where it begins and how wide it is.
#[derive(Clone, Copy)]
struct Column {
    x: f32,
    width: f32,
}

const WHOLE: Column = Column {
    x: MARGIN,
    width: WIDTH,
};

/// The table's columns: role, fact, result, papers.
const TABLE: [Column; 4] = [
    Column {
        x: MARGIN,
        width: 84.0,
    },
    Column {
        x: MARGIN + 92.0,
        width: 140.0,
    },
    Column {
        x: MARGIN + 240.0,
        width: 88.0,
    },
    Column {
        x: MARGIN + 336.0,
        width: WIDTH - 336.0,
    },
];

impl<'f> Pen<'f> {
    fn new(faces: &'f Faces, scale: f32) -> Self {
        Self {
            faces,
            scale,
            y: MARGIN,
            marks: Vec::new(),
        }
    }

    fn page(&mut self, content: &Content, around: &Around<'_>, facts: usize) {
        self.head(around);
        self.particulars(content, around);
        self.table(content, around.wording, facts);
        self.foot(content, around);
    }

    fn head(&mut self, around: &Around<'_>) {
        let beside_code = Column {
            x: MARGIN,
            width: WIDTH - QR.2 - 20.0,
        };
        let say = |phrase| around.wording.say(phrase);
        let title = say(Phrase::Title);
        self.write(
            beside_code,
            Weight::Bold,
            15.0,
            Shade::Black,
            &title.vi.to_uppercase(),
        );
        self.write(beside_code, Weight::Regular, 11.5, Shade::Grey, english(&title));
        self.y += 8.0;
        let introduction = if around.state == State::Valid {
            Phrase::Introduction
        } else {
            Phrase::IntroductionLapsed
        };
        self.both(beside_code, Weight::Regular, 10.5, &say(introduction));
        let code = Column { x: QR.0, width: QR.2 };
        let beside = std::mem::replace(&mut self.y, QR.1 + QR.2 + 8.0);
        self.both(code, Weight::Regular, 7.5, &say(Phrase::Scan));
        self.y = self.y.max(beside) + 4.0;
        self.rule();
    }

    fn particulars(&mut self, content: &Content, around: &Around<'_>) {
        let say = |phrase| around.wording.say(phrase);
        let plain = |text: &str| Bilingual {
            vi: text.to_owned(),
            en: None,
        };
        let procedure = Bilingual {
            vi: format!("{} ({})", content.procedure_name.vi, content.procedure),
            en: content.procedure_name.en.clone(),
        };
        let channel = say(match &*content.channel {
            "online" => Phrase::ChannelOnline,
            "assisted" => Phrase::ChannelAssisted,
            "post" => Phrase::ChannelPost,
            _ => Phrase::ChannelCounter,
        });
        let outcome = if around.state == State::Valid {
            Phrase::NoPaperRequired
        } else {
            Phrase::NoLongerHolds
        };
        let rows = [
            (Phrase::Outcome, Weight::Bold, say(outcome)),
            (Phrase::Procedure, Weight::Regular, procedure),
            (Phrase::Dossier, Weight::Regular, plain(&content.dossier)),
            (Phrase::Channel, Weight::Regular, channel),
            (Phrase::Unit, Weight::Regular, plain(&content.unit)),
            (Phrase::Officer, Weight::Regular, plain(&content.officer)),
            (Phrase::Time, Weight::Regular, plain(around.issued)),
            (Phrase::ValidUntil, Weight::Regular, plain(around.expires)),
            (
                Phrase::LegalGround,
                Weight::Regular,
                plain(&content.legal_ground.join("; ")),
            ),
        ];
        for (label, weight, value) in rows {
            self.row(&say(label), weight, &value);
        }
        self.rule();
    }

    fn row(&mut self, label: &Bilingual, weight: Weight, value: &Bilingual) {
        let (labels, values) = (
            Column {
                x: MARGIN,
                width: LABELS - 10.0,
            },
            Column {
                x: MARGIN + LABELS,
                width: WIDTH - LABELS,
            },
        );
        let top = self.y;
        self.both(labels, Weight::Regular, 10.0, label);
        let below_label = std::mem::replace(&mut self.y, top);
        self.both(values, weight, 11.0, value);
        self.y = self.y.max(below_label) + 3.0 * self.scale;
    }

    fn table(&mut self, content: &Content, wording: &Wording, facts: usize) {
        let headings = [Phrase::Role, Phrase::Fact, Phrase::Result, Phrase::Replaces];
        let headings = headings.map(|phrase| wording.say(phrase));
        self.cells(Weight::Bold, &headings);
        for fact in content.facts.iter().take(facts) {
            self.cells(Weight::Regular, &cells(fact, wording));
        }
        if facts < content.facts.len() {
            self.both(WHOLE, Weight::Regular, 9.5, &wording.say(Phrase::More));
        }
        self.rule();
    }

    fn cells(&mut self, weight: Weight, cells: &[Bilingual; 4]) {
        let top = self.y;
        let mut bottom = top;
        for (column, cell) in TABLE.into_iter().zip(cells) {
            self.y = top;
            self.both(column, weight, 10.0, cell);
            bottom = bottom.max(self.y);
        }
        self.y = bottom + 3.0 * self.scale;
    }

    fn foot(&mut self, content: &Content, around: &Around<'_>) {
        let say = |phrase| around.wording.say(phrase);
        self.both(WHOLE, Weight::Regular, 9.5, &say(Phrase::Digest));
        self.write(WHOLE, Weight::Regular, 9.5, Shade::Black, &content.digest);
        self.y += 3.0 * self.scale;
        let transaction = say(Phrase::Transaction);
        let named = format!("{} / {}: ", transaction.vi, english(&transaction));
        self.write(
            WHOLE,
            Weight::Regular,
            9.5,
            Shade::Black,
            &format!("{named}{}", content.transaction_id),
        );
        self.write(WHOLE, Weight::Regular, 9.5, Shade::Black, around.public_url);
        self.y += 3.0 * self.scale;
        self.both(WHOLE, Weight::Regular, 9.5, &say(Phrase::Footer));
    }

    /// Writes a text in both languages, one under the other.
    fn both(&mut self, column: Column, weight: Weight, size: f32, text: &Bilingual) {
        self.write(column, weight, size, Shade::Black, &text.vi);
        self.write(column, Weight::Regular, size * 0.86, Shade::Grey, english(text));
    }

    /// Writes a text in as many lines as it needs.
    fn write(&mut self, column: Column, weight: Weight, size: f32, shade: Shade, text: &str) {
        let size = size * self.scale;
        for line in self.lines(column.width, weight, size, &composed(text)) {
            self.y += size * 1.02;
            self.marks.push(Mark::Text {
                x: column.x,
                y: self.y,
                weight,
                size,
                shade,
                text: line,
            });
            self.y += size * 0.2;
        }
    }

    fn lines(&self, width: f32, weight: Weight, size: f32, text: &str) -> Vec<String> {
        let fits = |line: &str| self.faces.width(weight, size, line) <= width;
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split_whitespace() {
            let longer = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if fits(&longer) {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            // A word that is wider than its column, such as an address, is broken where it must be.
            for letter in word.chars() {
                line.push(letter);
                if !fits(&line) {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, letter.to_string()));
                }
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines
    }

    fn rule(&mut self) {
        self.y += 4.0 * self.scale;
        self.marks.push(Mark::Rule { y: self.y });
        self.y += 6.0 * self.scale;
    }
}

fn cells(fact: &ConfirmedFact, wording: &Wording) -> [Bilingual; 4] {
    let result = match fact.result {
        FactResult::Match => Phrase::ResultMatch,
        FactResult::Elsewhere => Phrase::ResultElsewhere,
    };
    [
        fact.role.name.clone(),
        fact.fact.name.clone(),
        wording.say(result),
        papers(&fact.replaces),
    ]
}

fn papers(replaces: &[Named]) -> Bilingual {
    let joined = |names: Vec<&str>| names.join("; ");
    let vi = joined(replaces.iter().map(|paper| paper.name.vi.as_str()).collect());
    let en = joined(
        replaces
            .iter()
            .filter_map(|paper| paper.name.en.as_deref())
            .collect(),
    );
    Bilingual {
        vi: if vi.is_empty() { "–".to_owned() } else { vi },
        en: Some(en),
    }
}

fn english(text: &Bilingual) -> &str {
    text.en.as_deref().unwrap_or_default()
}
