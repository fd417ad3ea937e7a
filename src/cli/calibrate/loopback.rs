//! `cansweep calibrate loopback`: what the converters do to a signal.

use clap::Args;
use serde_json::json;

use super::keeping::{Keeping, Told};
use crate::cli::failure::{Exit, Failure};
use crate::cli::origin::{Captured, Look, Origin};
use crate::cli::output::Output;
use crate::cli::rig_file::{Placing, Wires};
use crate::measure::{Analyser, LoopbackFigures, NotALoopback, loopback_of};
use crate::model::{
    Against, CalibrationConditions, CalibrationData, ChannelMap, ChannelRole, LoopbackCalibration,
};

/// The arguments of `calibrate loopback`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep calibrate loopback --rig desk.toml -o desk-loopback.toml --valid-days 90
  cansweep calibrate loopback --rig desk.toml --channels microphone=2 -o microphone-input.toml
  cansweep calibrate loopback --rig desk.toml --channels reference=1,microphone=2 -o inputs.toml
  cansweep calibrate loopback --take loop.wav --plan response -o desk-loopback.toml
  cansweep calibrate loopback --rig sim:closed-38 -o sim.toml

Wire the output straight to the input. With one input named, the result holds what output and
input do together, and serves measurements without a reference channel. With both named, and both
wired to the output, it holds the difference of the two inputs, and serves measurements with a
reference channel, whose output is taken out already. Without --channels the reference is taken.")]
pub(crate) struct LoopbackArgs {
    #[command(flatten)]
    origin: Origin,
    #[command(flatten)]
    look: Look,
    #[command(flatten)]
    pub(super) keeping: Keeping,
}

pub(super) fn run(args: &LoopbackArgs, output: Output) -> Result<Exit, Failure> {
    args.keeping.require_free()?;
    let placing = Placing {
        wires: Wires::Coupler,
        state: None,
        seating: 1,
        buffer: None,
        default_plan: "response",
    };
    let captured = args.origin.capture(&args.look, &placing)?;
    let source = args.source(&captured)?;
    let channels = wired(args.origin.channels.as_ref(), &captured.channels);
    let (stimulus, inverse) = (captured.stimulus.clone(), captured.inverse);
    let analyser = Analyser::new(stimulus, captured.analysis, inverse)?;
    let mut analyser = analyser.accepting(captured.accepted.iter().cloned());
    let analysed = analyser.response(&captured.takes, &channels)?;
    let rate = captured.stimulus.rate();
    let (loopback, figures) = loopback_of(&analysed, rate.as_f64()).map_err(|error| {
        Output::findings(&captured.findings);
        Output::findings(&analysed.findings);
        refused(&error)
    })?;
    let mut findings = captured.findings;
    findings.extend(analysed.findings);
    let told = Told { findings, ..told(&loopback, &figures, rate.as_f64()) };
    let conditions = CalibrationConditions {
        rig: Some(captured.rig),
        rate_hz: Some(rate),
        channels,
        source: Some(source),
        ..CalibrationConditions::default()
    };
    args.keeping.finish(CalibrationData::Loopback(loopback), conditions, &told, output)?;
    Ok(Exit::Done)
}

impl LoopbackArgs {
    /// The recording's file; one that was captured just now is kept first.
    fn source(&self, captured: &Captured) -> Result<String, Failure> {
        match (captured.files.as_slice(), captured.takes.first()) {
            ([], Some(take)) => self.keeping.keep_take(take, "take"),
            (files, _) => {
                let names = files.iter().map(|file| file.display().to_string());
                Ok(names.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// The inputs that are wired to the output: those that were named, else the reference alone. The
/// one that is measured has the role of the microphone.
fn wired(named: Option<&ChannelMap>, of_the_rig: &ChannelMap) -> ChannelMap {
    let map = named.unwrap_or(of_the_rig);
    let (reference, microphone) =
        (map.get(ChannelRole::Reference), map.get(ChannelRole::Microphone));
    let both = named.is_some() && reference.is_some() && microphone.is_some();
    if both {
        return map.clone();
    }
    ChannelMap::new([(ChannelRole::Microphone, reference.or(microphone).unwrap_or(0))])
}

fn refused(error: &NotALoopback) -> Failure {
    let exit = match error {
        NotALoopback::TooNarrow { .. } => Exit::Data,
        _ => Exit::Invalid,
    };
    Failure::new(exit, format!("this is no loopback: {error}")).hint(
        "wire the output straight to the input, with nothing between them, switch effects and \
         direct monitoring off, and say with --channels which input it is",
    )
}

fn told(loopback: &LoopbackCalibration, figures: &LoopbackFigures, rate_hz: f64) -> Told {
    let delay_ms = loopback.delay_samples / rate_hz * 1e3;
    let what = match loopback.against {
        Against::Stimulus => format!("output and input {}", loopback.input),
        Against::Input(other) => format!("input {} against input {other}", loopback.input),
    };
    let u = figures.u_db.map_or("not known".to_owned(), |u| format!("{u:.4} dB at most"));
    let mut document = json!({
        "input": loopback.input, "delay_samples": loopback.delay_samples,
        "gain_db": figures.gain_db, "range_db": figures.range_db, "worst_hz": figures.worst_hz,
    });
    if let Against::Input(other) = loopback.against {
        document["against_input"] = json!(other);
    }
    if let Some(u) = figures.u_db {
        document["u_db"] = json!(u);
    }
    Told {
        lines: vec![
            ("loopback of", what),
            ("gain", format!("{:+.2} dB (mean 300 Hz–8 kHz)", figures.gain_db)),
            ("flatness", flatness(figures)),
            ("delay", format!("{:.2} samples ({delay_ms:.3} ms)", loopback.delay_samples)),
            ("uncertainty", u),
        ],
        figures: document,
        ..Told::default()
    }
}

fn flatness(figures: &LoopbackFigures) -> String {
    let word = match figures.range_db {
        range if range < 0.1 => "flat",
        range if range < 1.0 => "nearly flat",
        _ => "not flat, which is taken out from now on",
    };
    format!("within {:.2} dB, most at {:.0} Hz: {word}", figures.range_db, figures.worst_hz)
}
