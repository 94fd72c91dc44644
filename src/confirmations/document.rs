//! What does the page look like that goes into the dossier?
//!
//! One page of PDF/A in Vietnamese with English under it: who looked, for which work, when, what came out, what it replaces, the
//! digest of the credential, and a code for telephones that leads to the public page. Real type, so that every letter can be
//! selected and searched. The same content gives the same bytes. Names no person. Takes a few milliseconds: not for a worker.

mod face;
mod layout;
mod wording;

use fast_qr::{ECL, QRBuilder};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use krilla::Document;
use krilla::SerializeSettings;
use krilla::color::luma;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;

use crate::domain::local_time::VIET_NAM;

use super::content::Content;
use super::issue::State;
use face::Faces;
use layout::{Around, Mark, PAGE_HEIGHT, PAGE_WIDTH, QR, Shade};

pub use face::Unreadable;
pub use wording::{Phrase, Wording};

/// Says that a page couldn't be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the page can't be drawn")]
pub struct Undrawable;

/// Draws pages.
#[derive(Clone)]
pub(super) struct Press {
    faces: Faces,
    wording: Wording,
}

impl Press {
    /// Makes the type ready.
    pub fn new(wording: Wording) -> Result<Self, Unreadable> {
        Ok(Self {
            faces: Faces::shipped()?,
            wording,
        })
    }

    /// Draws the page of a confirmation.
    ///
    /// One that no longer holds is drawn as such: nobody is to be spared a paper by it.
    pub fn draw(&self, content: &Content, public_url: &str, state: State) -> Result<Vec<u8>, Undrawable> {
        let configuration = ConfigurationBuilder::new()
            .with_archival_validator(Archival::A2_B)
            .finish()
            .map_err(|_| Undrawable)?;
        let mut document = Document::new_with(SerializeSettings {
            configuration,
            ..SerializeSettings::default()
        });
        document.set_metadata(self.metadata(content));
        let settings = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT).ok_or(Undrawable)?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        let around = Around {
            wording: &self.wording,
            issued: &written(content.issued_at()),
            expires: &written(content.expires_at()),
            public_url,
            state,
        };
        for mark in layout::set(content, &around, &self.faces) {
            self.print(&mut surface, mark);
        }
        code(&mut surface, public_url)?;
        surface.finish();
        page.finish();
        document.finish().map_err(|_| Undrawable)
    }

    fn metadata(&self, content: &Content) -> Metadata {
        let title = format!("{} – {}", self.wording.say(Phrase::Title).vi, content.dossier);
        Metadata::new()
            .title(title)
            .creator("dancu".to_owned())
            .language("vi".to_owned())
            .document_id(content.digest.clone())
            .creation_date(date(content.issued_at()))
    }

    fn print(&self, surface: &mut Surface<'_>, mark: Mark) {
        match mark {
            Mark::Text {
                x,
                y,
                weight,
                size,
                shade,
                text,
            } => {
                surface.set_fill(Some(ink(shade)));
                let glyphs = self.faces.glyphs(weight, &text);
                let font = self.faces.embedded(weight);
                surface.draw_glyphs(Point::from_xy(x, y), &glyphs, font, &text, size, false);
            }
            Mark::Rule { y } => {
                surface.set_fill(Some(ink(Shade::Grey)));
                fill(surface, &[(QR.1, y, PAGE_WIDTH - 2.0 * QR.1, 0.6)]);
            }
        }
    }
}

/// Draws the code for telephones.
fn code(surface: &mut Surface<'_>, address: &str) -> Result<(), Undrawable> {
    let code = QRBuilder::new(address)
        .ecl(ECL::M)
        .build()
        .map_err(|_| Undrawable)?;
    let (x, y, side) = QR;
    let module = side / f32::from(u16::try_from(code.size).unwrap_or(u16::MAX));
    let mut squares = Vec::new();
    for (place, dark) in code
        .data
        .iter()
        .take(code.size.saturating_mul(code.size))
        .enumerate()
    {
        if dark.value() {
            let at = |steps: usize| f32::from(u16::try_from(steps).unwrap_or(u16::MAX)) * module;
            let (row, column) = (place / code.size.max(1), place % code.size.max(1));
            squares.push((x + at(column), y + at(row), module, module));
        }
    }
    surface.set_fill(Some(ink(Shade::Black)));
    fill(surface, &squares);
    Ok(())
}

fn fill(surface: &mut Surface<'_>, rectangles: &[(f32, f32, f32, f32)]) {
    let mut path = PathBuilder::new();
    for (x, y, width, height) in rectangles {
        if let Some(rectangle) = Rect::from_xywh(*x, *y, *width, *height) {
            path.push_rect(rectangle);
        }
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn ink(shade: Shade) -> Fill {
    let luminance = match shade {
        Shade::Black => 0,
        Shade::Grey => 96,
    };
    Fill {
        paint: luma::Color::new(luminance).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }
}

/// Writes a time as people in Viet Nam do.
fn written(time: Timestamp) -> String {
    let local = TimeZone::fixed(VIET_NAM).to_datetime(time);
    format!(
        "{:02}:{:02}:{:02} {:02}/{:02}/{} (UTC+7)",
        local.hour(),
        local.minute(),
        local.second(),
        local.day(),
        local.month(),
        local.year()
    )
}

fn date(time: Timestamp) -> DateTime {
    let local = TimeZone::fixed(VIET_NAM).to_datetime(time);
    let part = |number: i8| u8::try_from(number).unwrap_or_default();
    DateTime::new(u16::try_from(local.year()).unwrap_or_default())
        .month(part(local.month()))
        .day(part(local.day()))
        .hour(part(local.hour()))
        .minute(part(local.minute()))
        .second(part(local.second()))
        .utc_offset_hour(7)
        .utc_offset_minute(0)
}

#[cfg(test)]
pub(super) mod tests;
