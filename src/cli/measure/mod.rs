//! `cansweep measure`: plays, captures, checks, analyses and stores.

mod crosstalk;
mod output;

use std::fmt::Write as _;
use std::path::Path;

use clap::{Args, Subcommand};

use self::crosstalk::CrosstalkArgs;
use self::output::OutputArgs;
use super::Common;
use super::calibrate::{Applied, Calibrations};
use super::failure::{Exit, Failure};
use super::jig::JigArgs;
use super::keep::{Keep, Takes, Task};
use super::origin::{Look, Origin, Prepared};
use super::output::{Output, counted};
use super::rig_file::{Placing, Wires};
use super::seatings::{self, SeatingArgs, Wishes};
use crate::measure::Analyser;
use crate::model::{
    Budget, CalibrationData, ChannelMap, FiledCalibration, Impedance, ImpedanceCalibration,
    ImpedanceFigures, Measurement, Outcome, ResponseFigures, Spectrum,
};
use crate::quantity::Uncertain;
use crate::quantity::unit::Unit;
use crate::report;

/// The measurements.
#[derive(Debug, Subcommand)]
pub(crate) enum MeasureCommand {
    /// The frequency response of a headphone on a coupler, or of a device between two lines
    Response(ResponseArgs),
    /// The impedance of a headphone behind a sense resistor
    Impedance(ImpedanceArgs),
    /// The output impedance of an amplifier, from its voltage under several loads
    OutputImpedance(OutputArgs),
    /// How well an amplifier separates its channels under load, and what their shared return does
    Crosstalk(CrosstalkArgs),
}

/// The arguments of `measure response`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep measure response --rig sim:closed-38 --state worn -o worn
  cansweep measure response --take take.wav --plan response -o fresh
  cansweep measure response --take take.wav --stimulus sweep.wav --channels microphone=2 --json
  cansweep measure response --rig alsa:hw:CARD=USB,DEV=0 --channels reference=1,microphone=2
  cansweep measure response --rig desk.toml --calibration umik.toml --calibration desk-level.toml
  cansweep measure response --rig desk.toml --state worn --pads A --seatings 5 -o worn
  cansweep measure response --rig desk.toml --session pads.toml --auto -o pads

With a reference channel (a loopback, or a tap at the headphone's jack) the response is the
microphone over the reference; without one it is the microphone over the stimulus as played.

With --seatings it asks for each placement, shows it against the others, and asks whether to repeat
one that is unlike them: less bass, another notch in the treble, another level than chance explains. Each
is a measurement of its own, DIR/1, DIR/2 …; of a session DIR/SIDE/STATE/1 …; without -o they go into
the library. A repeated one stays, its decision.toml sets it aside, and the new one is DIR/2-2. The same
command goes on where it stopped. `compare states --state worn=DIR` reads all that count.")]
pub(crate) struct ResponseArgs {
    #[command(flatten)]
    origin: Origin,
    #[command(flatten)]
    look: Look,
    #[command(flatten)]
    calibrations: Calibrations,
    #[command(flatten)]
    seatings: SeatingArgs,
    #[command(flatten)]
    keep: Keep,
}

/// The arguments of `measure impedance`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep measure impedance --rig sim:closed-38 --sense-resistor 100 -o impedance
  cansweep measure impedance --take take.wav --plan impedance --sense-resistor 100
  cansweep measure impedance --rig desk.toml --calibration jig-cal.toml --budget
  cansweep measure impedance --take take.wav --stimulus sweep.wav --sense-resistor 33 \\
      --channels reference=2,sense=1 --input-resistance 10k --json

High side (the default): source, input 1 (reference), resistor, input 2 (sense), headphone,
ground. Low side: source, input 1 (reference), headphone, input 2 (sense), resistor, ground. Without
a calibration (`cansweep calibrate impedance`) the inputs are believed to be alike within
--gain-match and --phase-match, and the error bar says what that costs.")]
pub(crate) struct ImpedanceArgs {
    #[command(flatten)]
    origin: Origin,
    #[command(flatten)]
    jig: JigArgs,
    #[command(flatten)]
    look: Look,
    #[command(flatten)]
    calibrations: Calibrations,
    /// Print what the uncertainty is made of
    #[arg(long, help_heading = "Result")]
    budget: bool,
    #[command(flatten)]
    seatings: SeatingArgs,
    #[command(flatten)]
    keep: Keep,
}

impl MeasureCommand {
    pub(super) const fn common(&self) -> Common {
        match self {
            Self::Response(args) => args.keep.common(),
            Self::Impedance(args) => args.keep.common(),
            Self::OutputImpedance(args) => args.keep.common(),
            Self::Crosstalk(args) => args.keep.common(),
        }
    }
}

pub(super) fn run(command: MeasureCommand, output: Output) -> Result<Exit, Failure> {
    match command {
        MeasureCommand::Response(args) => response(&args, output),
        MeasureCommand::Impedance(args) => impedance(&args, output),
        MeasureCommand::OutputImpedance(args) => output::run(&args, output),
        MeasureCommand::Crosstalk(args) => crosstalk::run(&args, output),
    }
}

fn response(args: &ResponseArgs, output: Output) -> Result<Exit, Failure> {
    let wishes = args.seatings.wishes()?;
    let session_state = wishes.as_ref().and_then(Wishes::first_state);
    let placing = Placing {
        wires: Wires::Coupler,
        state: session_state.or(args.keep.state.as_deref()),
        seating: 1,
        real_time: false,
        buffer: None,
        default_plan: "response",
    };
    let calibrations = args.calibrations.load(&args.origin)?;
    let prepared = args.origin.prepare(&args.look, &placing)?;
    let prepared = Prepared { calibrations, ..prepared };
    let applied = Applied::to(&prepared);
    let (task, keep) = (Task::default(), &args.keep);
    let analyse = |analyser: &mut Analyser, takes: Takes<'_>, channels: &ChannelMap| {
        applied.apply(analyser.response(takes.recordings, channels)?)
    };
    match &wishes {
        Some(wishes) => seatings::run((keep, wishes), prepared, &task, output, analyse),
        None => keep.measure(prepared, &task, output, analyse),
    }
}

fn impedance(args: &ImpedanceArgs, output: Output) -> Result<Exit, Failure> {
    let wishes = args.seatings.wishes()?;
    let session_state = wishes.as_ref().and_then(Wishes::first_state);
    let calibrations = impedance_calibrations(&args.calibrations.load(&args.origin)?);
    let calibration = calibrations.iter().find_map(calibrated_jig).cloned();
    let jig = args.jig.jig(calibration.as_ref().map(|calibration| &calibration.jig))?;
    let placing = Placing {
        wires: Wires::Jig(jig),
        state: session_state.or(args.keep.state.as_deref()),
        seating: 1,
        real_time: false,
        buffer: None,
        default_plan: "impedance",
    };
    let prepared = args.origin.prepare(&args.look, &placing)?;
    let described = args.jig.channels()?.filter(|_| args.origin.channels.is_none());
    let channels = described.unwrap_or_else(|| prepared.channels.clone());
    let prepared = Prepared { channels, calibrations, ..prepared };
    let applied = Applied::to(&prepared);
    let task = Task { jig: Some(jig), budget: args.budget, ..Task::default() };
    let keep = &args.keep;
    let analyse = |analyser: &mut Analyser, takes: Takes<'_>, channels: &ChannelMap| {
        applied.apply(analyser.impedance(takes.recordings, channels, &jig, calibration.as_ref())?)
    };
    match &wishes {
        Some(wishes) => seatings::run((keep, wishes), prepared, &task, output, analyse),
        None => keep.measure(prepared, &task, output, analyse),
    }
}

/// Those of the calibrations that concern an impedance.
pub(super) fn impedance_calibrations(filed: &[FiledCalibration]) -> Vec<FiledCalibration> {
    filed.iter().filter(|filed| calibrated_jig(filed).is_some()).cloned().collect()
}

pub(super) const fn calibrated_jig(filed: &FiledCalibration) -> Option<&ImpedanceCalibration> {
    match &filed.calibration.data {
        CalibrationData::Impedance(calibration) => Some(calibration),
        _ => None,
    }
}

/// What came out, for a person to read.
pub(super) fn summary(
    measurement: &Measurement,
    folder: &Path,
    figures: usize,
    with_budget: bool,
) -> String {
    let table = |impedance: &Impedance, budget: &Budget| {
        let table = with_budget.then(|| report::text::table(&report::budget(impedance, budget)));
        table.map_or_else(String::new, |table| format!("\n{table}\n"))
    };
    let mut text = match &measurement.outcome {
        Outcome::Response { response, figures } => {
            response_text(figures) + &coherence_text(response)
        }
        Outcome::Impedance { impedance, budget, figures } => {
            impedance_text(figures) + &coherence_text(impedance) + &table(impedance, budget)
        }
        Outcome::OutputImpedance { impedance, budget, figures, .. } => {
            output::text(figures) + &table(impedance, budget)
        }
        Outcome::Crosstalk { figures, .. } => crosstalk::text(figures),
        Outcome::Refused(_) => "refused: there is no result, and the takes are kept\n".to_owned(),
    };
    if measurement.conditions.is_simulated() {
        text.push_str("simulated\n");
    }
    let plots =
        if figures > 0 { format!(", {}", counted(figures, "picture")) } else { String::new() };
    let _ = writeln!(text, "stored in {}{plots}", folder.display());
    text
}

fn response_text(figures: &ResponseFigures) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(text, "{name:<18}{value}");
        }
    };
    line("delay", figures.delay_samples.map(|samples| format!("{samples:.0} samples")));
    line("polarity", Some(if figures.inverted { "inverted" } else { "normal" }.to_owned()));
    line("peak to noise", figures.peak_to_noise_db.map(|db| format!("{db:.1} dB")));
    line(
        "bass shelf",
        // Adding zero takes the sign off a zero.
        figures
            .bass_shelf_db
            .map(|db| (db * 100.0).round() / 100.0 + 0.0)
            .map(|db| format!("{db:+.2} dB (20–100 Hz re 300 Hz–1 kHz)")),
    );
    line("corner −3 dB", figures.corner_minus_3_db_hz.map(|hz| format!("{hz:.1} Hz")));
    let with_u = |value: Option<f64>, u: Option<f64>| Some(Uncertain::new(value?, u?));
    let level = with_u(figures.level_db_spl_at_1khz, figures.u_level_db_spl_at_1khz);
    line("level", level.map(|level| format!("{level} dB SPL at 1 kHz, as played")));
    let sensitivity = with_u(figures.sensitivity_db_spl_per_v, figures.u_sensitivity_db_spl_per_v);
    line("sensitivity", sensitivity.map(|level| format!("{level} dB SPL for 1 V at 1 kHz")));
    text
}

/// The lowest coherence between 30 Hz and 16 kHz, for those who expect one.
fn coherence_text<U: Unit>(spectrum: &Spectrum<U>) -> String {
    const BAND_HZ: std::ops::RangeInclusive<f64> = 30.0..=16e3;
    let Some(coherence) = spectrum.coherence() else { return String::new() };
    let inside = || spectrum.hz().iter().zip(coherence).filter(|(f, _)| BAND_HZ.contains(f));
    let (Some((from, _)), Some((to, _))) = (inside().next(), inside().next_back()) else {
        return String::new();
    };
    let lowest = inside().map(|(_, &value)| value).fold(1.0, f64::min);
    format!("{:<18}{} or more ({from:.0}–{to:.0} Hz)\n", "coherence", nearly_one(lowest))
}

/// A number just below one, rounded down to the first digit that is not a nine.
fn nearly_one(value: f64) -> String {
    const MOST_DIGITS: i32 = 9;
    let digits = (-(1.0 - value).log10()).ceil().clamp(2.0, f64::from(MOST_DIGITS)) as i32;
    let scale = 10_f64.powi(digits);
    // What was meant as a round number may lie a rounding below it.
    format!("{}", (value * scale + 1e-6).floor() / scale)
}

fn impedance_text(figures: &ImpedanceFigures) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<18}{value}");
    };
    line("minimum", format!("{:.2} Ω at {:.0} Hz", figures.minimum_ohm, figures.minimum_hz));
    line("maximum", format!("{:.2} Ω at {:.0} Hz", figures.maximum_ohm, figures.maximum_hz));
    if let Some(ratio) = figures.flatness_ratio {
        line("flatness", format!("{ratio:.2} (largest over smallest)"));
    }
    let with_u = |value: Option<f64>, u: Option<f64>| {
        let value = value?;
        Some(u.map_or_else(|| format!("{value:.2}"), |u| Uncertain::new(value, u).to_string()))
    };
    if let Some(ohm) = with_u(figures.at_1khz_ohm, figures.u_at_1khz_ohm) {
        line("at 1 kHz", format!("{ohm} Ω"));
    }
    if let Some(ohm) = with_u(figures.dc_resistance_ohm, figures.u_dc_resistance_ohm) {
        line("DC resistance", format!("{ohm} Ω (extrapolated by a fitted model)"));
    }
    if let Some(ohm) = figures.nominal_ohm {
        line("nominal", format!("{ohm:.0} Ω (the minimum is not below 80 % of it)"));
    }
    let phase = |deg: Option<f64>, hz: Option<f64>| {
        deg.zip(hz).map(|(deg, hz)| format!("{deg:+.1}° at {hz:.0} Hz"))
    };
    let extremes = [
        phase(figures.phase_maximum_deg, figures.phase_maximum_hz),
        phase(figures.phase_minimum_deg, figures.phase_minimum_hz),
    ];
    let extremes: Vec<String> = extremes.into_iter().flatten().collect();
    if !extremes.is_empty() {
        line("phase", extremes.join(", "));
    }
    for resonance in &figures.resonances {
        let (hz, ohm) = (resonance.frequency_hz, resonance.peak_ohm);
        let q = resonance.q_mechanical.map_or(String::new(), |q| format!(", Qm {q:.2}"));
        line("resonance", format!("{hz:.1} Hz, {ohm:.2} Ω{q}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coherence_is_rounded_down_to_its_first_digit_that_is_no_nine() {
        let cases = [(0.999_984, "0.99998"), (0.999_5, "0.9995"), (0.5, "0.5"), (1.0, "1")];
        for (value, text) in cases {
            assert_eq!(nearly_one(value), text);
        }
    }
}
