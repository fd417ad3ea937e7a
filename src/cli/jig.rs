//! What sits between rig and headphone, as it is typed.

use std::path::Path;

use clap::Args;

use super::failure::Failure;
use crate::model::{Balance, ChannelMap, Inputs, Jig, SenseAcross, Topology};
use crate::quantity::{Capacitance, Gain, Percent, Resistance};
use crate::store::jig::{self, JigDescription};

/// What sits between the rig and the headphone.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Jig")]
pub(super) struct JigArgs {
    /// A description of the jig: high-side-100, high-side-33, low-side-33, balanced,
    /// single-input, or a file
    #[arg(long, value_name = "NAME|FILE")]
    jig: Option<String>,
    /// The sense resistor; not needed if a description or a calibration has it
    #[arg(long, value_name = "OHM", allow_hyphen_values = true)]
    sense_resistor: Option<Resistance>,
    /// Tolerance of the sense resistor [default: 1%]
    #[arg(long, value_name = "PERCENT", allow_hyphen_values = true)]
    resistor_tolerance: Option<Percent>,
    /// Where the sense resistor sits: high-side or low-side [default: high-side]
    #[arg(long)]
    topology: Option<Topology>,
    /// What the sense input sees, where it is not the lower arm: headphone or resistor
    #[arg(long, value_name = "WHAT")]
    sense_across: Option<SenseAcross>,
    /// What drives it: single-ended or balanced [default: single-ended]
    #[arg(long, value_name = "LINE")]
    drive: Option<Balance>,
    /// The inputs: single-ended or balanced (differential) [default: single-ended]
    #[arg(long, value_name = "LINE")]
    input: Option<Balance>,
    /// How many inputs capture it: two or one (which needs a calibration) [default: two]
    #[arg(long, value_name = "N")]
    inputs: Option<Inputs>,
    /// Resistance of the sense input, taken out of the result [default: 10k or more]
    #[arg(long, value_name = "OHM", allow_hyphen_values = true)]
    input_resistance: Option<Resistance>,
    /// Capacitance of the sense input, taken out of the result [default: 300pF at most]
    #[arg(long, value_name = "FARAD", allow_hyphen_values = true)]
    input_capacitance: Option<Capacitance>,
    /// Resistance of the leads, taken out of the result [default: 0.3 Ω at most]
    #[arg(long, value_name = "OHM", allow_hyphen_values = true)]
    lead_resistance: Option<Resistance>,
    /// Standard deviation of a contact each time it is made [default: 5 mΩ]
    #[arg(long, value_name = "OHM", allow_hyphen_values = true)]
    contact_resistance: Option<Resistance>,
    /// How well the gains of the two inputs match, uncalibrated [default: 0.3dB]
    #[arg(long, value_name = "dB", allow_hyphen_values = true)]
    gain_match: Option<Gain>,
    /// How well their phases match, uncalibrated [default: 1°]
    #[arg(long, value_name = "DEGREES")]
    phase_match: Option<f64>,
}

impl JigArgs {
    /// The description that is named, if one is.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub(super) fn description(&self) -> Result<Option<JigDescription>, Failure> {
        let read = |name: &String| {
            jig::load(name).map_err(|error| {
                Failure::data(error).hint(format!(
                    "jigs that are built in: {}",
                    jig::builtin_names().collect::<Vec<_>>().join(", ")
                ))
            })
        };
        self.jig.as_ref().map(read).transpose()
    }

    /// Whether anything says which resistor there is: then an impedance is meant.
    pub(super) const fn names_a_resistor(&self) -> bool {
        self.jig.is_some() || self.sense_resistor.is_some()
    }

    /// The channels of a description.
    pub(super) fn channels(&self) -> Result<Option<ChannelMap>, Failure> {
        let described = self.description()?.map(|description| description.channels);
        Ok(described.filter(|channels| !channels.is_empty()))
    }

    /// The jig: what is typed, else what is described, else that of a calibration, else the usual.
    ///
    /// # Errors
    ///
    /// When nothing says which resistor is in it, a value makes no sense, or what is typed is not
    /// the jig that was calibrated.
    pub(super) fn jig(&self, calibrated: Option<&Jig>) -> Result<Jig, Failure> {
        let described = self.description()?.map(|description| description.jig);
        let known = described.or(calibrated.copied());
        let resistor = self.sense_resistor.or(known.map(|jig| jig.sense_resistor));
        let resistor = resistor.ok_or_else(|| {
            Failure::usage("nothing says which sense resistor there is")
                .hint("say so with --sense-resistor 100, or describe the jig with --jig")
        })?;
        let usual = known.unwrap_or_else(|| Jig::with_resistor(resistor));
        let jig = self.over(Jig { sense_resistor: resistor, ..usual });
        require_sense(&jig)?;
        if let Some(calibrated) = calibrated {
            require_same(&jig, calibrated)?;
        }
        Ok(jig)
    }

    fn over(&self, usual: Jig) -> Jig {
        Jig {
            sense_resistor: usual.sense_resistor,
            resistor_tolerance: self.resistor_tolerance.unwrap_or(usual.resistor_tolerance),
            topology: self.topology.unwrap_or(usual.topology),
            sense_across: self.sense_across.or(usual.sense_across),
            drive: self.drive.unwrap_or(usual.drive),
            input: self.input.unwrap_or(usual.input),
            inputs: self.inputs.unwrap_or(usual.inputs),
            input_resistance: self.input_resistance.or(usual.input_resistance),
            input_capacitance: self.input_capacitance.or(usual.input_capacitance),
            lead_resistance: self.lead_resistance.or(usual.lead_resistance),
            contact_resistance: self.contact_resistance.unwrap_or(usual.contact_resistance),
            gain_match_db: self.gain_match.map_or(usual.gain_match_db, |gain| gain.db().abs()),
            phase_match_deg: self.phase_match.map_or(usual.phase_match_deg, f64::abs),
            ..usual
        }
    }
}

fn require_sense(jig: &Jig) -> Result<(), Failure> {
    if jig.sense_resistor.ohm() <= 0.0 {
        return Err(Failure::usage("--sense-resistor must be more than 0 Ω"));
    }
    if jig.input_resistance.is_some_and(|input| input.ohm() <= 0.0) {
        return Err(Failure::usage("--input-resistance must be more than 0 Ω"));
    }
    if !(jig.phase_match_deg.is_finite() && jig.phase_match_deg <= 90.0) {
        return Err(Failure::usage("--phase-match must be from 0 to 90 degrees"));
    }
    Ok(())
}

/// Refuses a jig that is wired unlike the one that was calibrated.
fn require_same(jig: &Jig, calibrated: &Jig) -> Result<(), Failure> {
    let differs = |what: &str, now: String, then: String| {
        Err(Failure::data(format!(
            "the calibration was made for a jig with {what} {then}, not {now}"
        ))
        .hint("calibrate this jig, or leave the option away to take the calibrated one"))
    };
    let (now, then) = (jig.sense_resistor.ohm(), calibrated.sense_resistor.ohm());
    if (now / then - 1.0).abs() > 0.5 * calibrated.resistor_tolerance.fraction().max(1e-3) {
        return differs("a sense resistor of", format!("{now} Ω"), format!("{then} Ω"));
    }
    if jig.sense() != calibrated.sense() {
        let (now, then) = (jig.sense().to_string(), calibrated.sense().to_string());
        return differs("the sense input across the", now, then);
    }
    if jig.inputs != calibrated.inputs {
        return differs("inputs:", jig.inputs.to_string(), calibrated.inputs.to_string());
    }
    Ok(())
}

/// A standard of a name or a file.
///
/// # Errors
///
/// When it cannot be read.
pub(super) fn standard(name: &str) -> Result<crate::model::Standard, Failure> {
    crate::store::standard::load(name).map_err(|error| {
        let names = crate::store::standard::builtin_names().collect::<Vec<_>>().join(", ");
        let hint = if Path::new(name).exists() {
            "calibration/standards shows how one is described".to_owned()
        } else {
            format!("standards that are built in: {names}")
        };
        Failure::data(error).hint(hint)
    })
}
