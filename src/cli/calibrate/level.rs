//! `cansweep calibrate level`: what full scale is in volts and in sound pressure.

mod bench;

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::keeping::{Keeping, Told};
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::prompt::{ask, ask_for};
use crate::measure::{Tone, ToneError};
use crate::model::{
    CalibrationConditions, CalibrationData, ChannelMap, ChannelRole, LevelCalibration,
};
use crate::quantity::unit::{FullScale, Pascal};
use crate::quantity::{
    DB_PER_NEPER, Frequency, Gain, Level, ParseQuantityError, Percent, SampleRate, Seconds,
    Uncertain, parse_number,
};
use bench::Bench;

/// The arguments of `calibrate level`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep calibrate level --rig desk.toml -o desk-level.toml             guided
  cansweep calibrate level --rig desk.toml --output-volts 0.2V -o desk-volts.toml
  cansweep calibrate level --rig desk.toml --spl 94 -o desk-spl.toml
  cansweep calibrate level --take calibrator.wav --spl 114 -o desk-spl.toml
  cansweep calibrate level --output-volts 0.2V --level -20dBFS -o volts.toml

Volts: a steady sine is played at --level, first 40 dB quieter, and a true-rms meter across the
output is read. With the output wired to an input as well (the reference), the volts of that input
are found too. Sound pressure: a calibrator sits on the microphone and is recorded; nothing is
played.")]
pub(crate) struct LevelArgs {
    #[arg(
        long,
        value_name = "NAME|FILE",
        conflicts_with = "take",
        help = "Play and capture on this rig: a sound device (alsa:…), or a rig file \
                [env: CANSWEEP_RIG]",
        help_heading = "Where the recording comes from"
    )]
    rig: Option<String>,
    /// Look at this recording of the tone or of the calibrator instead
    #[arg(long, value_name = "FILE.wav", help_heading = "Where the recording comes from")]
    take: Option<PathBuf>,
    /// Which input is which, counted from 1: reference=1,microphone=2
    #[arg(long, value_name = "ROLE=N,…", help_heading = "Where the recording comes from")]
    channels: Option<ChannelMap>,
    /// Sample rate
    #[arg(
        long,
        value_name = "HZ",
        default_value = "48000",
        conflicts_with = "take",
        help_heading = "Where the recording comes from"
    )]
    rate: SampleRate,
    /// For a sound card: frames per buffer, a power of two
    #[arg(
        long,
        value_name = "FRAMES",
        conflicts_with = "take",
        help_heading = "Where the recording comes from"
    )]
    buffer: Option<u32>,
    /// What the meter reads across the output while the tone plays, in volts (effective value)
    #[arg(long, value_name = "V", value_parser = volts)]
    output_volts: Option<f64>,
    /// Level of the tone
    #[arg(long, value_name = "dBFS", default_value = "-20dBFS", allow_hyphen_values = true)]
    level: Level<FullScale>,
    /// Frequency of the tone
    #[arg(long, value_name = "HZ", default_value = "1kHz")]
    frequency: Frequency,
    /// How long the tone plays, and the calibrator is listened to
    #[arg(long, value_name = "TIME", default_value = "5s")]
    duration: Seconds,
    /// How far the meter may be off
    #[arg(long, value_name = "PERCENT", default_value = "1%")]
    meter_tolerance: Percent,
    /// Level of the calibrator on the microphone: 94 or 114
    #[arg(long, value_name = "dB SPL")]
    spl: Option<Level<Pascal>>,
    /// Frequency of the calibrator
    #[arg(long, value_name = "HZ", default_value = "1kHz")]
    calibrator_frequency: Frequency,
    /// How far the calibrator may be off (class 1 of IEC 60942:2003: 0.4 dB)
    #[arg(long, value_name = "dB", default_value = "0.4dB")]
    calibrator_tolerance: Gain,
    #[command(flatten)]
    pub(super) keeping: Keeping,
}

/// Reads a voltage above zero.
fn volts(text: &str) -> Result<f64, String> {
    let read = parse_number(text, "voltage", &["Vrms", "V"], "1.26V or 200mV");
    let volts = read.map_err(|error: ParseQuantityError| error.to_string())?;
    if volts > 0.0 { Ok(volts) } else { Err(format!("a voltage of {volts} V is not above zero")) }
}

pub(super) fn run(args: &LevelArgs, output: Output) -> Result<Exit, Failure> {
    let guided = args.output_volts.is_none() && args.spl.is_none();
    args.require_sense(guided)?;
    args.keeping.require_free()?;
    let mut bench = Bench::open(args)?;
    let mut found = Found::default();
    args.electrical(&mut bench, guided, &mut found)?;
    args.acoustical(&mut bench, guided, &mut found)?;
    if found.level == LevelCalibration::default() {
        return Err(Failure::usage("no level was given, so there is nothing to calibrate")
            .hint("give --output-volts or --spl, or answer the questions"));
    }
    let conditions = CalibrationConditions {
        rig: bench.identity(),
        rate_hz: bench.rate(),
        channels: bench.channels().clone(),
        source: found.source.take(),
        ..CalibrationConditions::default()
    };
    let told = found.told();
    args.keeping.finish(CalibrationData::Level(found.level), conditions, &told, output)?;
    Ok(Exit::Done)
}

impl LevelArgs {
    fn require_sense(&self, guided: bool) -> Result<(), Failure> {
        if guided && self.take.is_some() {
            return Err(Failure::usage("a --take says nothing without --spl or --output-volts"));
        }
        if self.level.db() > 0.0 {
            return Err(Failure::usage(format!("a --level of {} is above full scale", self.level)));
        }
        Ok(())
    }

    /// Plays the tone, reads the meter, and finds the tone in the input that is wired to it.
    fn electrical(
        &self,
        bench: &mut Bench,
        guided: bool,
        found: &mut Found,
    ) -> Result<(), Failure> {
        if self.output_volts.is_none() && !guided {
            return Ok(());
        }
        if guided {
            let question = format!(
                "Put a true-rms meter across the output. {} of {} at {} will be played, first 40 \
                 dB quieter.\nPress Enter to play, or type 's' to skip the voltage:",
                self.duration, self.frequency, self.level
            );
            if ask(&question)?.is_none_or(|answer| !answer.is_empty()) {
                return Ok(());
            }
        }
        let take = bench.tone(self)?;
        let read = match self.output_volts {
            Some(volts) => Some(volts),
            None => ask_for("What did the meter read, in volts (Enter skips)?", volts)?,
        };
        let Some(volts) = read else { return Ok(()) };
        // Rectangular within the tolerance (JCGM 100:2008, 4.3.7).
        let meter = self.meter_tolerance.fraction() / 3_f64.sqrt();
        let full_scale = volts / self.level.amplitude();
        found.level.output_full_scale_v = Some(Uncertain::new(full_scale, full_scale * meter));
        if let Some(tone) = take {
            found.source = Some(tone.source.clone());
            if let Some(reference) = bench.channels().get(ChannelRole::Reference) {
                let tone = self.wired(bench, &tone.find(reference, self.frequency))?;
                found.input(reference, tone, volts, meter);
            }
        }
        Ok(())
    }

    /// The tone in the reference. That nothing is there is no fault of a rig whose file only says
    /// where the reference would be.
    fn wired(
        &self,
        bench: &Bench,
        found: &Result<Tone, ToneError>,
    ) -> Result<Option<Tone>, Failure> {
        match found {
            Ok(tone) => Ok(Some(*tone)),
            Err(error @ (ToneError::Silent | ToneError::Buried { .. }))
                if self.channels.is_none() && !bench.is_take() =>
            {
                Output::remark(&format!(
                    "note: in the reference, {error}; the volts of that input stay unknown"
                ));
                Ok(None)
            }
            Err(error) => Err(unusable("the reference", error)),
        }
    }

    /// Listens to the calibrator.
    fn acoustical(
        &self,
        bench: &mut Bench,
        guided: bool,
        found: &mut Found,
    ) -> Result<(), Failure> {
        let spl = match (self.spl, guided) {
            (Some(spl), _) => spl,
            (None, false) => return Ok(()),
            (None, true) => {
                let question = "Put the calibrator on the microphone and switch it on. Its level \
                                in dB SPL, 94 or 114 (Enter skips):";
                let read = |text: &str| text.parse::<Level<Pascal>>();
                let Some(spl) = ask_for(question, read)? else { return Ok(()) };
                spl
            }
        };
        let microphone = bench.microphone()?;
        let take = bench.calibrator(self)?;
        let tone = take.find(microphone, self.calibrator_frequency);
        let tone = tone.map_err(|error| unusable("the microphone's input", &error))?;
        let calibrator = self.calibrator_tolerance.db().abs() / 3_f64.sqrt();
        let full_scale = spl.db() - tone.level.db();
        let full_scale = Uncertain::new(full_scale, calibrator.hypot(tone.sd_db));
        found.level.microphone_full_scale_db_spl = Some((microphone + 1, full_scale));
        found.microphone = Some(tone);
        found.source = match found.source.take() {
            Some(first) if first != take.source => Some(format!("{first}, {}", take.source)),
            _ => Some(take.source),
        };
        Ok(())
    }
}

fn unusable(place: &str, error: &ToneError) -> Failure {
    let hint = match error {
        ToneError::Clipped { .. } => "lower the input gain, and keep it so from then on",
        ToneError::Silent | ToneError::Buried { .. } => {
            "check the cable, the input's number (--channels), and that the tone is on"
        }
        ToneError::WrongFrequency { .. } => {
            "say what it has with --frequency or --calibrator-frequency"
        }
        ToneError::Short { .. } => "record two seconds or more",
        ToneError::Unsteady { .. } => "seat the calibrator firmly, and touch nothing meanwhile",
    };
    Failure::new(Exit::Invalid, format!("{place} cannot be used: {error}")).hint(hint)
}

/// What was found out so far.
#[derive(Debug, Default)]
struct Found {
    level: LevelCalibration,
    reference: Option<Tone>,
    microphone: Option<Tone>,
    source: Option<String>,
}

impl Found {
    fn input(&mut self, reference: usize, tone: Option<Tone>, volts: f64, meter: f64) {
        let Some(tone) = tone else { return };
        let full_scale = volts / tone.level.amplitude();
        // A decibel is 11.5 %.
        let unsteady = tone.sd_db / DB_PER_NEPER;
        let u = full_scale * meter.hypot(unsteady);
        self.level.input_full_scale_v = vec![(reference + 1, Uncertain::new(full_scale, u))];
        self.reference = Some(tone);
    }

    fn told(&self) -> Told {
        let mut lines = Vec::new();
        let mut figures = json!({});
        let mut figure = |key: &str, value: Uncertain| {
            figures[key] = json!(value.value);
            figures[format!("u_{key}")] = json!(value.u);
        };
        if let Some(volts) = self.level.output_full_scale_v {
            figure("output_full_scale_v", volts);
            lines.push(("output full scale", format!("{volts} V rms")));
        }
        if let Some((input, volts)) = self.level.input_full_scale_v.first() {
            figure("input_full_scale_v", *volts);
            lines.push(("input full scale", format!("{volts} V rms (input {input})")));
        }
        if let Some((input, level)) = self.level.microphone_full_scale_db_spl {
            figure("microphone_full_scale_db_spl", level);
            lines.push(("microphone", format!("{level} dB SPL at full scale (input {input})")));
        }
        for (key, what, tone) in [
            ("reference_tone", "tone in reference", self.reference),
            ("microphone_tone", "tone in microphone", self.microphone),
        ] {
            let Some(tone) = tone else { continue };
            figures[key] = tone_document(&tone);
            let text = format!(
                "{:.3} dBFS at {:.2} Hz for {:.1} s, steady within {:.4} dB (1 sd), {:.0} dB above \
                 the rest",
                tone.level.db(),
                tone.frequency_hz,
                tone.duration_s,
                tone.sd_db,
                tone.snr_db
            );
            lines.push((what, text));
        }
        Told { lines, figures, ..Told::default() }
    }
}

fn tone_document(tone: &Tone) -> Value {
    json!({
        "frequency_hz": tone.frequency_hz, "level_dbfs": tone.level.db(), "sd_db": tone.sd_db,
        "snr_db": tone.snr_db, "duration_s": tone.duration_s,
    })
}
