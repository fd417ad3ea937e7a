//! A check of a rig that is open: plays, looks, and puts what it saw into words.

use std::fmt::Write as _;

use comfy_table::{Table, presets};
use serde_json::{Value, json};

use super::Care;
use crate::cli::failure::{Exit, Failure};
use crate::cli::now;
use crate::cli::progress::Progress;
use crate::cli::rig_file::{CheckedInput, CheckedTable, Placed};
use crate::measure::{
    Checked, Harmonic, InputCheck, Purpose, Signal, check, diagnose, stimulus_of,
};
use crate::model::{ChannelMap, Completeness, Finding, FindingKind, Plan, Severity};
use crate::quantity::unit::FullScale;
use crate::quantity::{Gain, Level};

/// What a check found.
pub(super) struct Report {
    pub(super) checked: Checked,
    pub(super) findings: Vec<Finding>,
    channels: ChannelMap,
    level: Level<FullScale>,
    at: String,
}

/// Plays a plan on a rig, with the care that it needs, and looks at what comes back.
pub(super) fn check_rig(
    placed: &mut Placed,
    plan: &Plan,
    purpose: Purpose,
    care: Care,
) -> Result<Report, Failure> {
    let stimulus = stimulus_of(plan).map_err(Failure::data)?;
    let mut findings = care.before_playing(placed, &stimulus)?;
    let mut progress = Progress::new("playing and listening");
    let recording = placed.rig.exchange(&stimulus, &mut progress)?;
    if progress.was_stopped() {
        return Err(Failure::new(Exit::Interrupted, "interrupted"));
    }
    drop(progress);
    let checked = check(plan, &stimulus, &recording).map_err(Failure::data)?;
    if recording.dropped_frames() > 0 {
        let frames = recording.dropped_frames();
        findings.push(Finding::refusal(FindingKind::DroppedFrames { frames }));
    } else if recording.completeness() == Completeness::Interrupted {
        findings.push(Finding::refusal(FindingKind::Interrupted));
    }
    findings.extend(diagnose(&checked, &placed.channels, purpose));
    let (channels, level) = (placed.channels.clone(), plan.sweep().level);
    Ok(Report { checked, findings, channels, level, at: now() })
}

impl Report {
    /// How the command ends.
    pub(super) fn exit(&self) -> Exit {
        match self.findings.iter().map(|finding| finding.severity).max() {
            Some(Severity::Refusal) => Exit::Invalid,
            Some(Severity::Warning) => Exit::Negative,
            Some(Severity::Note) | None => Exit::Done,
        }
    }

    fn verdict(&self) -> &'static str {
        match self.exit() {
            Exit::Invalid => "invalid",
            Exit::Negative => "change",
            _ => "good",
        }
    }

    /// What a rig file keeps of it.
    pub(super) fn table(&self) -> CheckedTable {
        // Adding zero takes the sign off a zero.
        let round = |value: f64, per: f64| (value * per).round() / per + 0.0;
        let level = |level: Level<FullScale>| Level::from_db(round(level.db(), 10.0));
        let input = |(i, input): (usize, &InputCheck)| CheckedInput {
            channel: i + 1,
            noise_dbfs: input.noise.map(level),
            gain_db: input.signal.as_ref().map(|s| Gain::from_db(round(s.gain.db(), 100.0))),
        };
        CheckedTable {
            at: self.at.clone(),
            level_dbfs: self.level,
            rate_hz: self.checked.rate,
            delay_samples: self.delay_samples(),
            drift_ppm: self.checked.drift_ppm.map(|ppm| round(ppm, 1000.0)),
            inputs: self.checked.inputs.iter().enumerate().map(input).collect(),
        }
    }

    /// The delay of the input that hears the output first.
    fn delay_samples(&self) -> Option<f64> {
        let used = self.channels.iter().filter_map(|(_, index)| self.checked.inputs.get(index));
        used.filter_map(|input| Some(input.signal.as_ref()?.delay_samples)).reduce(f64::min)
    }

    fn role(&self, index: usize) -> Option<&'static str> {
        self.channels.iter().find(|&(_, i)| i == index).map(|(role, _)| role.name())
    }

    /// What was found, as a document.
    pub(super) fn document(&self, name: &str) -> Value {
        let inputs = self.checked.inputs.iter().enumerate();
        let inputs: Vec<Value> =
            inputs.map(|(i, input)| of_input(i + 1, self.role(i), input)).collect();
        let mut figures = json!({ "level_dbfs": self.level.db(), "inputs": inputs });
        let figure =
            [("delay_samples", self.delay_samples()), ("drift_ppm", self.checked.drift_ppm)];
        for (key, value) in figure {
            if let Some(value) = value {
                figures[key] = value.into();
            }
        }
        let findings: Vec<Value> = self.findings.iter().map(of_finding).collect();
        json!({
            "schema": 1, "kind": "rig-check", "rig": name, "checked_at": self.at,
            "rate_hz": self.checked.rate.hz(), "verdict": self.verdict(), "figures": figures,
            "findings": findings,
        })
    }

    /// What was found, in words.
    pub(super) fn text(&self, name: &str) -> String {
        let level = self.level.db();
        let heading = format!("rig '{name}' at {level:.1} dBFS, {}\n", self.checked.rate);
        heading + &self.text_without_heading()
    }

    /// The same without saying which rig it is.
    pub(super) fn text_without_heading(&self) -> String {
        let mut text = self.table_of_inputs();
        let rate = self.checked.rate.as_f64();
        if let Some(samples) = self.delay_samples() {
            let ms = 1e3 * samples / rate;
            let _ =
                writeln!(text, "delay       {samples:.0} samples ({ms:.1} ms) into the capture");
        }
        if let Some(ppm) = self.checked.drift_ppm {
            // Adding zero takes the sign off a zero.
            let ppm = (ppm * 100.0).round() / 100.0 + 0.0;
            let _ = writeln!(text, "clocks      {ppm:+.2} ppm apart");
        }
        for (number, signal) in self.electrical() {
            let [second, third, _] = signal.harmonics.map(in_words);
            let _ = writeln!(
                text,
                "distortion  input {number}: second harmonic {second}, third {third}"
            );
        }
        text.push_str(match self.verdict() {
            "good" => "good: nothing needs to be changed\n",
            "change" => "usable, with something to change\n",
            _ => "not usable as it is\n",
        });
        text
    }

    /// The inputs whose distortion is that of the converters and not of a headphone, counted from
    /// one.
    fn electrical(&self) -> impl Iterator<Item = (usize, &Signal)> {
        self.channels.iter().filter_map(|(role, index)| {
            let signal = self.checked.inputs.get(index)?.signal.as_ref()?;
            signal.is_electrical(role).then_some((index + 1, signal))
        })
    }

    fn table_of_inputs(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header([
            "input",
            "is",
            "peak dBFS",
            "noise dBFS",
            "gain dB",
            "even within",
            "polarity",
            "hum",
        ]);
        for (i, input) in self.checked.inputs.iter().enumerate() {
            let signal = input.signal.as_ref();
            let of = |words: Option<String>| words.unwrap_or_else(|| "–".to_owned());
            table.add_row([
                (i + 1).to_string(),
                self.role(i).unwrap_or("not in use").to_owned(),
                signal.map_or_else(|| "hears nothing".to_owned(), |_| tenths(input.peak.db())),
                input.noise.map_or_else(|| "none at all".to_owned(), |noise| tenths(noise.db())),
                of(signal.map(|s| tenths(s.gain.db()))),
                of(signal.map(|s| format!("{:.1} dB", s.unevenness.db()))),
                of(signal.map(|s| if s.inverted { "inverted" } else { "normal" }.to_owned())),
                of(input
                    .hum
                    .as_ref()
                    .map(|hum| format!("{:.0} Hz at {:.0} dBFS", hum.mains_hz, hum.level.db()))),
            ]);
        }
        format!("\n{}\n\n", table.trim_fmt())
    }
}

fn tenths(value: f64) -> String {
    format!("{value:.1}")
}

fn in_words(harmonic: Harmonic) -> String {
    let below = if harmonic.is_noise { "below " } else { "" };
    format!("{below}{:.0} dB", harmonic.level.db())
}

fn of_input(channel: usize, role: Option<&str>, input: &InputCheck) -> Value {
    let mut document = json!({ "channel": channel, "hears": input.signal.is_some() });
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            document[key] = value;
        }
    };
    put("role", role.map(Value::from));
    put("noise_dbfs", input.noise.map(|noise| noise.db().into()));
    if let Some(hum) = &input.hum {
        let lines = json!({ "mains_hz": hum.mains_hz, "lines_hz": hum.lines_hz,
                            "level_dbfs": hum.level.db() });
        put("hum", Some(lines));
    }
    if let Some(signal) = &input.signal {
        put("peak_dbfs", Some(input.peak.db().into()));
        put("headroom_db", Some((-input.peak.db()).into()));
        put("gain_db", Some(signal.gain.db().into()));
        put("delay_samples", Some(signal.delay_samples.into()));
        put("inverted", Some(signal.inverted.into()));
        put("unevenness_db", Some(signal.unevenness.db().into()));
        let harmonics = signal.harmonics.map(|harmonic| {
            json!({ "order": harmonic.order, "level_db": harmonic.level.db(),
                    "is_upper_limit": harmonic.is_noise })
        });
        put("harmonics", Some(harmonics.to_vec().into()));
    }
    document
}

fn of_finding(finding: &Finding) -> Value {
    let mut document = serde_json::to_value(finding).unwrap_or(Value::Null);
    document["message"] = finding.message().into();
    document
}
