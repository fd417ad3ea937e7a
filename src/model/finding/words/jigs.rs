//! What is said of jigs, their standards, and outputs under load.

use super::Words;
use crate::model::FindingKind;

impl FindingKind {
    /// Of a jig and its standards.
    pub(super) fn about_jigs(&self) -> Option<Words> {
        Some(match self {
            Self::NotConnected { lowest_ohm, low_side } => Words::new(
                format!("the impedance is {:.0} kΩ and more at every frequency", lowest_ohm / 1e3),
                "that is an open jig and no headphone",
                if *low_side {
                    "Check that the headphone is plugged in. On the low side it must float: a plug \
                     with a common return bridges the sense resistor to ground"
                } else {
                    "Check that the headphone is plugged in, that its return reaches the jig's \
                     ground, and the cable between resistor and plug"
                },
            ),
            Self::JigShorted { highest_ohm } => Words::new(
                format!("the impedance is {highest_ohm:.3} Ω and less at every frequency"),
                "that is a short or a cable and no headphone",
                "Check the plug and its solder joints, and that the sense input does not sit on \
                 the ground side of the headphone",
            ),
            Self::BalancedDriveGrounded => Words::new(
                "the jig is driven by a balanced output, but its inputs are single-ended",
                "the inputs' ground shorts the output's cold wire, which can harm the amplifier, \
                 halves the level and distorts",
                "Use differential inputs (--input balanced), measure one phase against ground, or \
                 put a transformer between",
            ),
            Self::WrongSenseResistor { stated_ohm, found_ohm, u_ohm } => Words::new(
                format!(
                    "the standards show a sense resistor of {found_ohm:.2} ± {u_ohm:.2} Ω with the \
                     input beside it, and {stated_ohm:.2} Ω is described"
                ),
                "with this calibration the result does not depend on it; without one it would be \
                 off by as much",
                "Correct --sense-resistor and --input-resistance, or the value of the load if the \
                 resistor is right",
            ),
            Self::StandardsConfused { said, looks_like, ratio, expected } => Words::new(
                format!(
                    "the take of the {said} looks like that of the {looks_like}: the inputs have \
                     a ratio of {ratio:.3} at 1 kHz, and {expected:.3} is expected"
                ),
                "a calibration with it would be wrong",
                "Check which take is which and what was connected, and measure them again",
            ),
            Self::IdleSilent { channel } => Words::new(
                format!("nothing but noise reaches channel {channel}, at the idle output"),
                "the separation is that much or more, unless the input is not connected",
                "Drive that output for a moment to see that its input hears it; for a lower floor \
                 raise the level, or use a plan with longer sweeps",
            ),
            Self::OtherGround { return_ohm } => Words::new(
                format!(
                    "the load changes crosstalk as a shared return of {return_ohm:+.3} Ω would, and \
                     none is negative"
                ),
                "the return was not told, and predictions would be wrong",
                "Check where the inputs' ground is tied to (--ground common is where the returns of \
                 the loads meet, amplifier is before that), and that neither input is inverted",
            ),
            _ => return None,
        })
    }

    /// Of what does not follow a straight line.
    pub(super) fn about_linearity(&self) -> Option<Words> {
        Some(match self {
            Self::CurrentDistorted { order, percent } => Words::new(
                format!(
                    "the current through the headphone is distorted: harmonic {order} has \
                     {percent:.1} % of the fundamental"
                ),
                "an impedance is that of a linear headphone, and this one depends on the level",
                "Lower the level of the drive, and look for a rubbing diaphragm or a bad contact",
            ),
            Self::LoadDependent { load_ohm, off_db } => Words::new(
                match load_ohm.zip(*off_db) {
                    Some((ohm, db)) => format!(
                        "with {ohm} Ω the voltage is {db:+.3} dB off what the lighter loads say"
                    ),
                    None => "the loads do not agree on one output impedance".to_owned(),
                },
                "the output limits or depends on its load, and no single impedance describes it",
                "Measure at a lower level: if the loads agree there, it is a limit of the current; \
                 else check the values of the loads and their contacts",
            ),
            Self::LevelDependent { load_ohm, clean_dbfs, limited_dbfs, change_db } => Words::new(
                format!(
                    "{} the output does not follow its drive from {} on: {}",
                    load_ohm.map_or("without a load".to_owned(), |ohm| format!("with {ohm} Ω")),
                    clean_dbfs.map_or_else(
                        || format!("{limited_dbfs:.1} dBFS"),
                        |clean| format!("between {clean:.1} and {limited_dbfs:.1} dBFS"),
                    ),
                    change_db.map_or("there it clips".to_owned(), |db| format!(
                        "there it gives {db:+.3} dB"
                    )),
                ),
                "it limits its voltage or its current; the result is that of the level below",
                "Keep the drive below that for this load, or take an amplifier that has more",
            ),
            Self::IdleSilent { channel } => Words::new(
                format!("nothing but noise reaches channel {channel}, at the idle output"),
                "the separation is that much or more, unless the input is not connected",
                "Drive that output for a moment to see that its input hears it; for a lower floor \
                 raise the level, or use a plan with longer sweeps",
            ),
            Self::OtherGround { return_ohm } => Words::new(
                format!(
                    "the load changes crosstalk as a shared return of {return_ohm:+.3} Ω would, and \
                     none is negative"
                ),
                "the return was not told, and predictions would be wrong",
                "Check where the inputs' ground is tied to (--ground common is where the returns of \
                 the loads meet, amplifier is before that), and that neither input is inverted",
            ),
            _ => return None,
        })
    }
}
