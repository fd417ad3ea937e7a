//! Why a question to measurements has no answer.

use crate::model::CurveError;
use crate::quantity::Resistance;

/// Why a question to measurements has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StudyError {
    /// There is nothing to compare with.
    #[error("a comparison needs two or more states, found {found}")]
    TooFewStates {
        /// States given.
        found: usize,
    },
    /// A state without any curve.
    #[error("the state '{state}' has no curves")]
    NoSeatings {
        /// The state.
        state: String,
    },
    /// A reference that says nothing about the bass.
    #[error("the reference does not reach from 20 Hz to 1 kHz, so there is no bass to compare")]
    NoBass,
    /// Two states cannot be told apart.
    #[error("two states are called '{name}'")]
    DuplicateState {
        /// Their name.
        name: String,
    },
    /// The reference is none of the states.
    #[error("no state is called '{name}' (expected one of {known})")]
    UnknownReference {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A hole is calibrated with against a state without it.
    #[error("the state '{name}' is the reference, so its leak changes nothing")]
    CalibratedReference {
        /// The state.
        name: String,
    },
    /// Pairs do not come out even.
    #[error(
        "'{state}' has {seatings} seatings and '{reference}' {reference_seatings}: pairs need as \
         many of both, in the same order"
    )]
    UnevenPairs {
        /// The state.
        state: String,
        /// Its seatings.
        seatings: usize,
        /// The reference state.
        reference: String,
        /// Its seatings.
        reference_seatings: usize,
    },
    /// Nothing has passed between the measurements of a line.
    #[error("'{line}' was measured at {found} time{}, and a change needs two or more", if *found == 1 { "" } else { "s" })]
    TooFewTimes {
        /// The line.
        line: String,
        /// Times given.
        found: usize,
    },
    /// Nothing was repeated.
    #[error("a study of repeatability needs three or more measurements, found {found}")]
    TooFewRepeats {
        /// Measurements given.
        found: usize,
    },
    /// Measurements that are copies of each other, or hold neither bass nor treble.
    #[error("the measurements do not differ in any figure, so they are copies of one")]
    NoSpread,
    /// There is no second curve.
    #[error("a comparison needs two or more curves, found {found}")]
    TooFewCurves {
        /// Curves given.
        found: usize,
    },
    /// Two curves cannot be told apart.
    #[error("two curves are called '{name}'")]
    DuplicateCurve {
        /// Their name.
        name: String,
    },
    /// The reference is none of the curves.
    #[error("no curve is called '{name}' (expected one of {known})")]
    UnknownCurve {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Decibels and ohms have no difference.
    #[error(
        "'{response}' is a response in decibels and '{impedance}' an impedance in ohms: they have \
         no common axis and no difference"
    )]
    MixedKinds {
        /// A response.
        response: String,
        /// An impedance.
        impedance: String,
    },
    /// Two curves do not overlap.
    #[error(
        "'{name}' and '{reference}' have no band in common inside 20 Hz to 20 kHz: one starts at \
         {start_hz} Hz, one ends at {end_hz} Hz"
    )]
    Apart {
        /// A curve.
        name: String,
        /// The reference.
        reference: String,
        /// The higher first frequency.
        start_hz: f64,
        /// The lower last frequency.
        end_hz: f64,
    },
    /// A magnitude of nothing has no ratio.
    #[error("the impedance '{name}' is zero at {frequency_hz} Hz, so it has no ratio to another")]
    NoRatio {
        /// The impedance.
        name: String,
        /// Where.
        frequency_hz: f64,
    },
    /// No frequency that all curves cover.
    #[error(
        "the curves have no band in common inside 20 Hz to 20 kHz: one starts at {start_hz} Hz, \
         one ends at {end_hz} Hz"
    )]
    NoCommonBand {
        /// The highest first frequency.
        start_hz: f64,
        /// The lowest last frequency.
        end_hz: f64,
    },
    /// A curve does not cover where the curves are to be laid upon each other.
    #[error("cannot normalise {what} {place}: its data cover {first_hz} Hz to {last_hz} Hz")]
    NotNormalisable {
        /// Which curve.
        what: String,
        /// Where it was to be normalised.
        place: String,
        /// First frequency of the curve.
        first_hz: f64,
        /// Last frequency of the curve.
        last_hz: f64,
    },
    /// No source was named.
    #[error("no source resistances to compare")]
    NoSources,
    /// No cable was named.
    #[error("no cables to compare")]
    NoCables,
    /// Two cables cannot be told apart.
    #[error("two cables are called '{name}'")]
    DuplicateCable {
        /// Their name.
        name: String,
    },
    /// A short circuit has no level behind a source.
    #[error("the impedance is zero at {frequency_hz} Hz, which is no headphone")]
    ShortCircuit {
        /// Where.
        frequency_hz: f64,
    },
    /// Without the sign of its phase an impedance has no sum with another.
    #[error(
        "what the measured output '{name}' does to an inferred impedance depends on the sign of its \
         phase, which is not known"
    )]
    PhaseUnknown {
        /// The output.
        name: String,
    },
    /// A prediction starts from a response.
    #[error("no response to predict the measured ones from")]
    NoResponse,
    /// No response without a resistor.
    #[error("no response behind 0 Ω, which the others are compared with")]
    NoUnloaded,
    /// Two unknowns at each frequency need two resistors.
    #[error("an impedance follows from two or more resistors beside 0 Ω, found {found}")]
    TooFewResistors {
        /// Different resistors above 0 Ω.
        found: usize,
    },
    /// Two responses behind one resistor.
    #[error("two responses behind {resistor}")]
    DuplicateResistor {
        /// The resistor.
        resistor: Resistance,
    },
    /// A resistor that takes no level.
    #[error(
        "at {frequency_hz:.0} Hz the response does not fall with the resistor as that of a \
         headphone must: behind {resistor} it is {change_db:+.2} dB against 0 Ω"
    )]
    NoFall {
        /// Where.
        frequency_hz: f64,
        /// The resistor with the largest level.
        resistor: Resistance,
        /// The level behind it against that behind 0 Ω, in decibels.
        change_db: f64,
    },
    /// What the seal is seen in is not there.
    #[error(
        "the impedance '{name}' covers {first_hz:.0} Hz to {last_hz:.0} Hz: a seal is told from 63 Hz \
         (better 25 Hz) to 2 kHz"
    )]
    SealBand {
        /// The impedance.
        name: String,
        /// Its first frequency.
        first_hz: f64,
        /// Its last frequency.
        last_hz: f64,
    },
    /// The data do not cover what is asked.
    #[error(transparent)]
    Curve(#[from] CurveError),
}
