//! The faults, each at three strengths.

use cansweep::model::{Finding, FindingKind};
use cansweep::rig::simulated::{Faults, Prepared};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::QUIET_DB;

/// When the two sweeps of the plan begin in a take, in seconds: silence, pilot, pause, and the
/// delay of the rig.
pub(crate) const SWEEPS_BEGIN_S: [f64; 2] = [1.6 + DELAY_S, 1.6 + SWEEP_S + 1.0 + DELAY_S];
const DELAY_S: f64 = 1234.37 / 48e3;
/// Two seconds, rounded to whole periods.
const SWEEP_S: f64 = CONSTANT_S * 8.433_811_582_477_187;
const CONSTANT_S: f64 = 0.2;

/// How a take is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// The microphone alone, against the stimulus.
    Microphone,
    /// The microphone against the electrical reference.
    WithReference,
    /// Both sides of a sense resistor.
    Impedance,
    /// The microphone, as if this built-in plan had been played.
    OtherPlan(&'static str),
}

/// What was injected.
pub(crate) struct Injected {
    pub(crate) toml: String,
    /// Where, or how much, to be compared with what is found.
    pub(crate) truth: f64,
}

type Inject = Box<dyn Fn(u64) -> Injected + Sync>;

/// A fault of one strength.
pub(crate) struct Strength {
    pub(crate) label: String,
    pub(crate) snr_db: f64,
    /// The share of takes in which it must be named.
    pub(crate) least: f64,
    pub(crate) faults: Inject,
}

/// A fault.
pub(crate) struct Case {
    pub(crate) fault: &'static str,
    pub(crate) look: Look,
    /// The kinds of findings that name it.
    pub(crate) expected: &'static [&'static str],
    /// Further kinds that it explains.
    pub(crate) explained: &'static [&'static str],
    pub(crate) strengths: Vec<Strength>,
    pub(crate) error: fn(&[Finding], &Injected) -> Option<f64>,
    pub(crate) unit: &'static str,
}

fn strength(label: impl Into<String>, least: f64, toml: impl Into<String>) -> Strength {
    let toml = toml.into();
    let faults = Box::new(move |_| Injected { toml: toml.clone(), truth: 0.0 });
    Strength { label: label.into(), snr_db: super::SNR_DB, least, faults }
}

fn drawn(
    label: impl Into<String>,
    snr_db: f64,
    least: f64,
    faults: impl Fn(&mut Draw) -> Injected + Sync + 'static,
) -> Strength {
    let faults = Box::new(move |seed| faults(&mut Draw::new(seed)));
    Strength { label: label.into(), snr_db, least, faults }
}

/// Chance of a seed.
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed ^ 0x5eed))
    }

    fn uniform(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * f64::from(self.0.next_u32()) / f64::from(u32::MAX)
    }

    /// A time in one of the sweeps while it passes a frequency between two.
    fn in_sweep(&mut self, from_hz: f64, to_hz: f64) -> f64 {
        let sweep = usize::from(self.uniform(0.0, 1.0) > 0.5);
        let hz = (self.uniform(from_hz.ln(), to_hz.ln())).exp();
        SWEEPS_BEGIN_S[sweep] + CONSTANT_S * (hz / 5.0).ln()
    }
}

fn no_error(_: &[Finding], _: &Injected) -> Option<f64> {
    None
}

/// Samples between where a loss was and where it is said to be, if it is placed at all.
fn place_error(findings: &[Finding], injected: &Injected) -> Option<f64> {
    findings.iter().find_map(|finding| match finding.kind {
        FindingKind::SamplesLost { from_s, to_s, .. } if to_s - from_s < 0.01 => {
            Some((from_s - injected.truth) * 48e3)
        }
        FindingKind::Gap { at_s, .. } => Some((at_s - injected.truth) * 48e3),
        _ => None,
    })
}

fn drift_error(findings: &[Finding], injected: &Injected) -> Option<f64> {
    findings.iter().find_map(|finding| match finding.kind {
        FindingKind::ClockDrift { ppm, .. } => Some(ppm - injected.truth),
        _ => None,
    })
}

fn case(
    fault: &'static str,
    look: Look,
    expected: &'static [&'static str],
    strengths: Vec<Strength>,
) -> Case {
    Case { fault, look, expected, explained: &[], strengths, error: no_error, unit: "" }
}

impl Case {
    fn explaining(self, explained: &'static [&'static str]) -> Self {
        Self { explained, ..self }
    }

    fn measuring(
        self,
        unit: &'static str,
        error: fn(&[Finding], &Injected) -> Option<f64>,
    ) -> Self {
        Self { error, unit, ..self }
    }
}

/// The level that so many of a channel's samples exceed.
fn level_exceeded_by(bench: &Prepared, channel: usize, share: f64) -> f64 {
    let take = bench.take(1, &Faults::default()).unwrap();
    let mut sorted: Vec<f64> = take.channel(channel).unwrap().iter().map(|v| v.abs()).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    sorted[(share * sorted.len() as f64) as usize]
}

const LOSSES: &[&str] = &["samples-lost"];
/// What a short piece that is replaced may be called.
const GAPS: &[&str] = &["gap", "impulsive-noise", "samples-lost"];

pub(crate) fn cases(bench: &Prepared) -> Vec<Case> {
    [clean(), presence(), timing(), clocks(), level(bench), noise(), wiring(), system()]
        .into_iter()
        .flatten()
        .collect()
}

fn clean() -> Vec<Case> {
    let quiet = || vec![strength("60 dB SNR", 0.0, "")];
    vec![
        case("clean, microphone", Look::Microphone, &[], quiet()),
        case("clean, reference and microphone", Look::WithReference, &[], quiet()),
        case("clean, impedance", Look::Impedance, &[], quiet()),
    ]
}

fn presence() -> Vec<Case> {
    let input = |kind: &str| format!("inputs = [{{ input = 2, kind = \"{kind}\" }}]");
    let snr = |snr_db: f64, least: f64| {
        drawn(format!("{snr_db} dB SNR"), snr_db, least, |_| {
            let toml = format!(
                "gain_step = {{ at_s = 0.0, db = -{QUIET_DB}, input = 2 }}\n\
                 noise = [{{ input = 2, level_dbfs = NOISE }}]"
            );
            Injected { toml, truth: 0.0 }
        })
    };
    vec![
        case(
            "no stimulus: sweeps below the noise",
            Look::Microphone,
            &["no-stimulus", "microphone-silent"],
            vec![snr(-35.0, 0.0), snr(-50.0, 0.98), snr(-70.0, 0.99)],
        )
        .explaining(&["low-snr", "low-level"]),
        case(
            "dead input",
            Look::WithReference,
            &["dead-input"],
            vec![strength("constant", 1.0, input("dead"))],
        ),
        case(
            "shorted input",
            Look::WithReference,
            &["shorted-input", "microphone-silent", "dead-input"],
            vec![strength("shorted", 1.0, input("shorted"))],
        )
        .explaining(&["low-level"]),
        case(
            "floating input",
            Look::WithReference,
            &["floating-input"],
            vec![strength("floating", 0.99, input("floating"))],
        ),
        case(
            "microphone not plugged in",
            Look::WithReference,
            &["microphone-silent"],
            vec![strength("noise of the preamplifier", 0.99, input("unplugged"))],
        )
        .explaining(&["low-level"]),
    ]
}

#[expect(clippy::too_many_lines, reason = "a list of cases")]
fn timing() -> Vec<Case> {
    let lost = |frames: u32, snr_db: f64, least: f64| {
        drawn(format!("{frames} samples, {snr_db} dB SNR"), snr_db, least, move |draw| {
            let at_s = draw.in_sweep(120.0, 12e3);
            let toml = format!("lost = [{{ at_s = {at_s}, frames = {frames} }}]");
            Injected { toml, truth: at_s }
        })
    };
    let inserted = |frames: u32, snr_db: f64, least: f64| {
        drawn(format!("{frames} samples, {snr_db} dB SNR"), snr_db, least, move |draw| {
            let at_s = draw.in_sweep(120.0, 12e3);
            let toml = format!("inserted = [{{ at_s = {at_s}, frames = {frames} }}]");
            Injected { toml, truth: at_s }
        })
    };
    let between = |frames: u32, least: f64| {
        drawn(format!("{frames} samples, 40 dB SNR"), 40.0, least, move |draw| {
            let at_s = draw.uniform(SWEEPS_BEGIN_S[1] - 0.4, SWEEPS_BEGIN_S[1] - 0.1);
            let toml = format!("lost = [{{ at_s = {at_s}, frames = {frames} }}]");
            Injected { toml, truth: at_s }
        })
    };
    let gap = |fill: &'static str, frames: u32, least: f64| {
        drawn(format!("{frames} samples, 40 dB SNR"), 40.0, least, move |draw| {
            let at_s = draw.in_sweep(100.0, 15e3);
            let toml =
                format!("gaps = [{{ at_s = {at_s}, frames = {frames}, fill = \"{fill}\" }}]");
            Injected { toml, truth: at_s }
        })
    };
    vec![
        case(
            "samples lost in a sweep",
            Look::Microphone,
            LOSSES,
            vec![
                lost(4, 40.0, 0.9),
                lost(16, 40.0, 0.99),
                lost(64, 40.0, 0.99),
                lost(480, 60.0, 0.99),
            ],
        )
        .explaining(&["impulsive-noise", "low-snr"])
        .measuring("samples", place_error),
        case(
            "samples inserted in a sweep",
            Look::Microphone,
            LOSSES,
            vec![inserted(4, 40.0, 0.9), inserted(16, 40.0, 0.99), inserted(64, 40.0, 0.99)],
        )
        .explaining(&["impulsive-noise", "low-snr", "gap"])
        .measuring("samples", place_error),
        case(
            "samples lost between sweeps",
            Look::Microphone,
            LOSSES,
            vec![between(1, 0.9), between(16, 0.99), between(512, 0.99)],
        )
        .explaining(&["low-snr"]),
        case(
            "gap of zeros, time base kept",
            Look::Microphone,
            GAPS,
            vec![gap("zeros", 4, 0.3), gap("zeros", 16, 0.9), gap("zeros", 256, 0.98)],
        )
        .explaining(&["low-snr"])
        .measuring("samples", place_error),
        case(
            "repeated block, time base kept",
            Look::Microphone,
            GAPS,
            vec![gap("repeat", 16, 0.5), gap("repeat", 64, 0.9), gap("repeat", 256, 0.98)],
        )
        .explaining(&["low-snr", "time-variant"])
        .measuring("samples", place_error),
    ]
}

fn clocks() -> Vec<Case> {
    let drift = |ppm: f64, snr_db: f64, least: f64| {
        drawn(format!("±{ppm} ppm, {snr_db} dB SNR"), snr_db, least, move |draw| {
            let sign = if draw.uniform(0.0, 1.0) > 0.5 { 1.0 } else { -1.0 };
            let ppm = sign * draw.uniform(0.8 * ppm, ppm);
            Injected { toml: format!("clock_ppm = {ppm}"), truth: ppm }
        })
    };
    let wander = |ppm: f64, least: f64| {
        drawn(format!("±{ppm} ppm over 4 s"), super::SNR_DB, least, move |_| Injected {
            toml: format!("clock_ppm = 20.0\nclock_wander = {{ ppm = {ppm}, period_s = 4.0 }}"),
            truth: 0.0,
        })
    };
    vec![
        case(
            "clock drift",
            Look::Microphone,
            &["clock-drift"],
            vec![drift(1.0, 40.0, 0.99), drift(50.0, 40.0, 0.99), drift(300.0, 40.0, 0.99)],
        )
        .explaining(&["low-snr"])
        .measuring("ppm", drift_error),
        case(
            "clock that wanders",
            Look::Microphone,
            &["clock-unsteady", "samples-lost", "time-variant"],
            vec![wander(2.0, 0.0), wander(10.0, 0.5), wander(40.0, 0.9)],
        )
        .explaining(&["clock-drift", "impulsive-noise"]),
    ]
}

fn level(bench: &Prepared) -> Vec<Case> {
    let clipped = |input: usize, share: f64, least: f64| {
        let level = level_exceeded_by(bench, input - 1, share);
        strength(
            format!("{} % of the samples", share * 100.0),
            least,
            format!("clipping = [{{ input = {input}, level_fs = {level}, kind = \"converter\" }}]"),
        )
    };
    let overdriven = |db: f64, least: f64| {
        let peak = level_exceeded_by(bench, 0, 0.0);
        let level = peak * 10_f64.powf(-db / 20.0);
        strength(
            format!("{db} dB over"),
            least,
            format!("clipping = [{{ input = 1, level_fs = {level}, kind = \"hard\" }}]"),
        )
    };
    let quiet = |db: f64, least: f64| {
        strength(
            format!("{db} dB lower"),
            least,
            format!("gain_step = {{ at_s = 0.0, db = {db}, input = 2 }}"),
        )
    };
    let offset = |percent: f64, least: f64| {
        let value = percent / 100.0;
        strength(
            format!("{percent} % of full scale"),
            least,
            format!("dc_offset = [{{ input = 2, value_fs = {value} }}]"),
        )
    };
    vec![
        case(
            "clipped, below full scale",
            Look::WithReference,
            &["clipped"],
            vec![clipped(2, 3e-4, 0.5), clipped(2, 1e-3, 1.0), clipped(2, 1e-2, 1.0)],
        ),
        case(
            "amplifier overdriven before the converter",
            Look::WithReference,
            &["soft-clipped", "clipped"],
            vec![overdriven(0.05, 0.0), overdriven(0.2, 0.99), overdriven(1.0, 0.99)],
        ),
        case(
            "low level",
            Look::WithReference,
            &["low-level"],
            vec![quiet(-20.0, 0.0), quiet(-40.0, 0.99), quiet(-60.0, 0.99)],
        )
        .explaining(&["low-snr", "time-variant"]),
        case(
            "constant offset",
            Look::WithReference,
            &["dc-offset"],
            vec![offset(0.1, 0.0), offset(0.5, 0.99), offset(5.0, 0.99)],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a list of cases")]
fn noise() -> Vec<Case> {
    let snr = |snr_db: f64, least: f64| {
        drawn(format!("{snr_db} dB SNR"), snr_db, least, |_| Injected {
            toml: String::new(),
            truth: 0.0,
        })
    };
    let hum = |mains_hz: f64, dbfs: f64, least: f64| {
        strength(
            format!("{mains_hz} Hz, {dbfs} dBFS"),
            least,
            format!(
                "hum = {{ mains_hz = {mains_hz}, level_dbfs = {dbfs}, harmonics_db = [-10.0, -6.0], \
                 input = 2 }}"
            ),
        )
    };
    let burst = |label: &str, dbfs: f64, (seconds, from_hz, to_hz): (f64, f64, f64), least: f64| {
        drawn(format!("{label}, {dbfs} dBFS"), super::SNR_DB, least, move |draw| {
            let at_s = draw.in_sweep(60.0, 8e3);
            let toml = format!(
                "bursts = [{{ at_s = {at_s}, duration_s = {seconds}, level_dbfs = {dbfs}, \
                 from_hz = {from_hz}, to_hz = {to_hz}, input = 2 }}]"
            );
            Injected { toml, truth: at_s }
        })
    };
    let click = (0.002, 500.0, 15e3);
    let door = (0.3, 30.0, 400.0);
    let step = |db: f64, least: f64| {
        let at_s = SWEEPS_BEGIN_S[1] - 0.4;
        strength(
            format!("{db} dB between the sweeps"),
            least,
            format!("gain_step = {{ at_s = {at_s}, db = {db}, input = 2 }}"),
        )
    };
    let resonance = |db: f64, least: f64| {
        let at_s = SWEEPS_BEGIN_S[1] - 0.4;
        strength(
            format!("{db} dB at 3 kHz"),
            least,
            format!(
                "response_change = {{ at_s = {at_s}, frequency_hz = 3000.0, q = 3.0, \
                 gain_db = {db}, input = 2 }}"
            ),
        )
    };
    vec![
        case(
            "steady noise",
            Look::Microphone,
            &["low-snr"],
            vec![snr(40.0, 0.0), snr(20.0, 0.99), snr(5.0, 0.99)],
        )
        .explaining(&["low-level", "samples-lost", "clock-drift", "clock-unsteady"]),
        case(
            "hum",
            Look::Microphone,
            &["mains-hum"],
            vec![hum(50.0, -110.0, 0.0), hum(50.0, -90.0, 0.99), hum(60.0, -50.0, 0.99)],
        )
        .explaining(&["low-snr", "time-variant"]),
        case(
            "click in a sweep",
            Look::Microphone,
            &["impulsive-noise"],
            vec![
                burst("click", -70.0, click, 0.0),
                burst("click", -50.0, click, 0.9),
                burst("click", -30.0, click, 0.98),
            ],
        )
        .explaining(&["low-snr"]),
        case(
            "door in a sweep",
            Look::Microphone,
            &["impulsive-noise"],
            vec![
                burst("door", -70.0, door, 0.0),
                burst("door", -50.0, door, 0.9),
                burst("door", -30.0, door, 0.85),
            ],
        )
        .explaining(&["low-snr", "time-variant"]),
        case(
            "level changes",
            Look::Microphone,
            &["level-drift", "time-variant"],
            vec![step(0.01, 0.0), step(0.1, 0.98), step(0.5, 0.98)],
        ),
        case(
            "resonance changes",
            Look::Microphone,
            &["time-variant"],
            vec![resonance(0.05, 0.0), resonance(0.5, 0.98), resonance(2.0, 0.98)],
        )
        .explaining(&["impulsive-noise", "level-drift", "low-snr"]),
    ]
}

fn wiring() -> Vec<Case> {
    vec![
        case(
            "inputs swapped, coupler",
            Look::WithReference,
            &["channels-swapped"],
            vec![strength("swapped", 1.0, "swapped_inputs = true")],
        ),
        case(
            "inputs swapped, jig",
            Look::Impedance,
            &["channels-swapped"],
            vec![strength("swapped", 1.0, "swapped_inputs = true")],
        ),
        case(
            "polarity inverted",
            Look::WithReference,
            &["polarity-inverted"],
            vec![strength("microphone", 1.0, "inverted = [2]")],
        ),
        case(
            "polarity inverted, jig",
            Look::Impedance,
            &["polarity-inverted"],
            vec![strength("sense", 1.0, "inverted = [2]")],
        ),
        case(
            "crosstalk instead of a microphone",
            Look::WithReference,
            &["crosstalk-only"],
            [-80.0, -65.0, -50.0]
                .into_iter()
                .map(|db| {
                    let least = if db > -70.0 { 0.98 } else { 0.0 };
                    let toml = format!(
                        "gain_step = {{ at_s = 0.0, db = -110.0, input = 2 }}\n\
                         crosstalk = [{{ from = 1, to = 2, at_1khz_db = {db}, \
                         kind = \"capacitive\" }}]\n\
                         noise = [{{ input = 2, level_dbfs = -110.0 }}]"
                    );
                    strength(format!("{db} dB at 1 kHz"), least, toml)
                })
                .collect(),
        )
        .explaining(&["low-level", "low-snr", "microphone-silent", "no-stimulus"]),
    ]
}

fn system() -> Vec<Case> {
    let via = |hz: u32, least: f64| {
        strength(format!("through {hz} Hz"), least, format!("resampled = {{ via_hz = {hz} }}"))
    };
    let plan = |name: &'static str, look: &'static str| {
        case(name, Look::OtherPlan(look), &["other-plan"], vec![strength(look, 1.0, "")])
            .explaining(&["no-stimulus", "truncated"])
    };
    vec![
        case(
            "rate converted by the system",
            Look::Microphone,
            &["resampled"],
            vec![via(44_100, 0.99), via(32_000, 0.99), via(16_000, 0.99)],
        )
        .explaining(&["low-snr", "samples-lost"]),
        case(
            "header names another rate",
            Look::Microphone,
            &["wrong-rate"],
            vec![
                strength("44100 Hz", 1.0, "claimed_rate_hz = 44100"),
                strength("96000 Hz", 1.0, "claimed_rate_hz = 96000"),
            ],
        ),
        plan("another plan was played", "response"),
        case(
            "frames dropped, as the system reports",
            Look::Microphone,
            &["dropped-frames"],
            vec![drawn("64 frames", super::SNR_DB, 1.0, |draw| {
                let at_s = draw.in_sweep(100.0, 10e3);
                Injected {
                    toml: format!("lost = [{{ at_s = {at_s}, frames = 64, reported = true }}]"),
                    truth: at_s,
                }
            })],
        ),
    ]
}
