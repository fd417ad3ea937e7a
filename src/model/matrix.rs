//! What every one of several sources does to every one of several headphones.

use super::compared::Span;
use super::drive::Peak;
use super::source::EighthRule;

/// A level with its standard uncertainty where one is known, both in decibels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelFigure {
    /// The level.
    pub db: f64,
    /// Its standard uncertainty.
    pub u_db: Option<f64>,
}

/// How much a response deviates from peak to peak, in five classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeviationClass {
    /// Below 0.1 dB, which nobody hears.
    Inaudible,
    /// From 0.1 dB on.
    Slight,
    /// From 0.5 dB on.
    Small,
    /// From 1 dB on, which can be heard.
    Audible,
    /// From 3 dB on, which sounds like another headphone.
    Obvious,
}

impl DeviationClass {
    /// All of them, the smallest deviation first.
    pub const ALL: [Self; 5] =
        [Self::Inaudible, Self::Slight, Self::Small, Self::Audible, Self::Obvious];

    /// Where each class but the first begins, in decibels.
    pub const EDGES_DB: [f64; 4] = [0.1, 0.5, 1.0, 3.0];

    /// The class of a deviation in decibels, at least 0.
    #[must_use]
    pub fn of(deviation_db: f64) -> Self {
        Self::ALL[Self::EDGES_DB.iter().filter(|&&edge| deviation_db >= edge).count()]
    }
}

/// What one source does to one headphone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairEffect {
    /// Highest minus lowest level against a source of 0 Ω.
    pub peak_to_peak: LevelFigure,
    /// The largest deviation from the level at 1 kHz, with its sign.
    pub worst: LevelFigure,
    /// Where, in hertz; the lowest frequency of equals.
    pub worst_hz: f64,
    /// Voltage lost at 1 kHz against a source of 0 Ω, as a negative level.
    pub loss: LevelFigure,
    /// The smallest |Z| over the source's |Zs|; absent for 0 Ω.
    pub damping_factor: Option<f64>,
    /// Whether the source's |Zs| is nowhere more than an eighth of the headphone's smallest |Z|.
    pub keeps_eighth_rule: bool,
    /// The frequencies that both cover.
    pub band: Span,
}

impl PairEffect {
    /// The class of the deviation from peak to peak.
    #[must_use]
    pub fn class(&self) -> DeviationClass {
        DeviationClass::of(self.peak_to_peak.db)
    }
}

/// A cell of the matrix.
#[derive(Debug, Clone, PartialEq)]
pub enum MatrixCell {
    /// What the source does to the headphone.
    Known(PairEffect),
    /// Why that is not known.
    Unknown(String),
}

impl MatrixCell {
    /// What the source does to the headphone, if it is known.
    #[must_use]
    pub const fn effect(&self) -> Option<&PairEffect> {
        match self {
            Self::Known(effect) => Some(effect),
            Self::Unknown(_) => None,
        }
    }
}

/// A source: a column of the matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixSource {
    /// What it is called.
    pub name: String,
    /// The magnitude of its impedance at 1 kHz, in ohms.
    pub ohm: f64,
    /// Whether it was measured; otherwise it is a resistance that was asked for.
    pub is_measured: bool,
}

/// A headphone: a row of the matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixRow {
    /// What the headphone is called.
    pub headphone: String,
    /// Its smallest magnitude in ohms between 20 Hz and 20 kHz, and where it is.
    pub minimum: Peak,
    /// Its magnitude at 1 kHz, in ohms.
    pub at_1khz_ohm: f64,
    /// The usual value of which the minimum is not below 80 %; absent far above them.
    pub nominal_ohm: Option<f64>,
    /// What the rule of an eighth allows, and what that costs.
    pub eighth_rule: EighthRule,
    /// One cell for each source.
    pub cells: Vec<MatrixCell>,
}

/// Something that could not be made a row or a column of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// What it is called.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// Headphones by sources.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SourceMatrix {
    /// The sources in order of their impedance.
    pub sources: Vec<MatrixSource>,
    /// The headphones in the order in which they were given.
    pub rows: Vec<MatrixRow>,
    /// What is not in it.
    pub left_out: Vec<LeftOut>,
}

/// A headphone with a source and what that does to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair<'a> {
    /// The headphone.
    pub row: &'a MatrixRow,
    /// The source.
    pub source: &'a MatrixSource,
    /// What the source does.
    pub effect: &'a PairEffect,
}

impl Pair<'_> {
    /// The first of the pairs with the largest deviation from peak to peak.
    #[must_use]
    pub fn worst_of(pairs: impl Iterator<Item = Self>) -> Option<Self> {
        pairs.reduce(|most, pair| {
            let (new, known) = (pair.effect.peak_to_peak.db, most.effect.peak_to_peak.db);
            if new > known { pair } else { most }
        })
    }
}

impl MatrixRow {
    /// The sources of which the effect is known, with it.
    pub fn pairs<'a>(
        &'a self,
        sources: &'a [MatrixSource],
    ) -> impl Iterator<Item = Pair<'a>> + Clone {
        let cells = sources.iter().zip(&self.cells);
        cells.filter_map(|(source, cell)| Some(Pair { row: self, source, effect: cell.effect()? }))
    }
}

impl SourceMatrix {
    /// Every pair of which the effect is known, row by row.
    pub fn pairs(&self) -> impl Iterator<Item = Pair<'_>> + Clone {
        self.rows.iter().flat_map(|row| row.pairs(&self.sources))
    }

    /// The pair with the largest deviation from peak to peak.
    #[must_use]
    pub fn worst(&self) -> Option<Pair<'_>> {
        Pair::worst_of(self.pairs())
    }
}

#[cfg(test)]
mod tests {
    use super::DeviationClass::{self, Audible, Inaudible, Obvious, Slight, Small};

    #[test]
    fn a_class_begins_at_its_edge() {
        let classes = [0.0, 0.099, 0.1, 0.5, 0.999, 1.0, 3.0, 30.0].map(DeviationClass::of);
        let expected = [Inaudible, Inaudible, Slight, Small, Small, Audible, Obvious, Obvious];
        assert_eq!(classes, expected);
    }
}
