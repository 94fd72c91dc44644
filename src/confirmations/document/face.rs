//! Which shapes stand for a text, and how wide is it?
//!
//! Libertinus Serif, which has every letter of Vietnamese, in two weights, compiled in. Texts are composed first (NFC), so that
//! each letter with its marks is one shape: Vietnamese then needs no shaping. A character that the type doesn't have shows as a
//! question mark, never as nothing.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider as _};
use unicode_normalization::UnicodeNormalization as _;

const REGULAR: &[u8] = include_bytes!("../../../config/fonts/LibertinusSerif-Regular.otf");
const BOLD: &[u8] = include_bytes!("../../../config/fonts/LibertinusSerif-Bold.otf");

/// Tells how heavy the letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    Regular,
    Bold,
}

/// Says that the type that ships with the program can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the type that ships with the program can't be read")]
pub struct Unreadable;

/// Holds the two weights.
#[derive(Clone)]
pub struct Faces {
    regular: Face,
    bold: Face,
}

#[derive(Clone)]
struct Face {
    shapes: FontRef<'static>,
    embedded: Font,
    units: f32,
}

impl Faces {
    /// Reads the type.
    pub fn shipped() -> Result<Self, Unreadable> {
        Ok(Self {
            regular: Face::read(REGULAR)?,
            bold: Face::read(BOLD)?,
        })
    }

    /// Gives the font that a page embeds.
    pub fn embedded(&self, weight: Weight) -> Font {
        self.of(weight).embedded.clone()
    }

    /// Measures a text.
    pub fn width(&self, weight: Weight, size: f32, text: &str) -> f32 {
        self.glyphs(weight, text)
            .iter()
            .map(|glyph| glyph.x_advance * size)
            .sum()
    }

    /// Gives the shapes of a composed text.
    pub fn glyphs(&self, weight: Weight, text: &str) -> Vec<KrillaGlyph> {
        let face = self.of(weight);
        let (letters, widths) = (
            face.shapes.charmap(),
            face.shapes
                .glyph_metrics(Size::unscaled(), LocationRef::default()),
        );
        let shape = |(start, letter): (usize, char)| {
            let glyph = letters
                .map(letter)
                .or_else(|| letters.map('?'))
                .unwrap_or_default();
            let advance = widths.advance_width(glyph).unwrap_or_default() / face.units;
            let range = start..start.saturating_add(letter.len_utf8());
            KrillaGlyph::new(GlyphId::new(glyph.to_u32()), advance, 0.0, 0.0, 0.0, range, None)
        };
        text.char_indices().map(shape).collect()
    }

    fn of(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}

impl Face {
    fn read(bytes: &'static [u8]) -> Result<Self, Unreadable> {
        let shapes = FontRef::new(bytes).map_err(|_| Unreadable)?;
        let units = shapes
            .metrics(Size::unscaled(), LocationRef::default())
            .units_per_em;
        Ok(Self {
            shapes,
            embedded: Font::new(bytes.into(), 0).ok_or(Unreadable)?,
            units: f32::from(units),
        })
    }
}

/// Composes a text, each letter with its marks.
pub fn composed(text: &str) -> String {
    text.nfc().collect()
}
