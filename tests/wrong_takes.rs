//! Takes that are not what they are said to be: another stimulus, another rate, a channel with
//! nothing in it, plugs in the wrong sockets, stages at their end, a converter of sample rates.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use cansweep::dsp::transform::Transform;
use cansweep::measure::{Analysed, Analyser, Inverse, Rig, Unwatched, stimulus_of};
use cansweep::model::{ChannelMap, FindingKind, Jig, Outcome, Plan, Recording, Severity, Topology};
use cansweep::quantity::{Percent, Resistance};
use cansweep::rig::simulated::{Placement, SimulatedRig, Wiring, preset, preset_names};
use cansweep::store::plan;
use support::with_samples;

const BOTH: &str = "reference=1,microphone=2";

/// A plan that is built in, with some of its lines changed.
fn changed(name: &str, changes: &[(&str, &str)]) -> Plan {
    let mut text = plan::builtin_text(name).unwrap().to_owned();
    for (from, to) in changes {
        assert!(text.contains(&format!("\n{from}\n")), "{from}");
        text = text.replace(&format!("\n{from}\n"), &format!("\n{to}\n"));
    }
    plan::parse(&text, name).unwrap()
}

fn quick() -> Plan {
    plan::load("response-quick").unwrap()
}

fn take_with(plan: &Plan, headphone: &str, wiring: Wiring) -> Recording {
    let scenario = preset(headphone).unwrap();
    let mut rig = SimulatedRig::new(scenario, wiring, Placement::new("fresh", 1, 1)).unwrap();
    rig.exchange(&stimulus_of(plan).unwrap(), &mut Unwatched).unwrap()
}

fn take_of(plan: &Plan) -> Recording {
    take_with(plan, "closed-38", Wiring::Coupler)
}

fn analyser(plan: &Plan) -> Analyser {
    let stimulus = stimulus_of(plan).unwrap();
    let analyser = Analyser::new(stimulus, *plan.analysis(), Inverse::OfSamples).unwrap();
    analyser.knowing(plan::builtin())
}

fn response(plan: &Plan, take: Recording, channels: &str) -> Analysed {
    let channels: ChannelMap = channels.parse().unwrap();
    analyser(plan).response(&[take], &channels).unwrap()
}

fn impedance(plan: &Plan, take: Recording, channels: &str) -> Analysed {
    let settings = Jig {
        resistor_tolerance: Percent::new(1.0).unwrap(),
        topology: Topology::HighSide,
        input_resistance: None,
        gain_match_db: 0.1,
        ..Jig::with_resistor(Resistance::new(100.0).unwrap())
    };
    let channels: ChannelMap = channels.parse().unwrap();
    analyser(plan).impedance(&[take], &channels, &settings, None).unwrap()
}

/// The kinds that were found besides the remark that there is one sweep only.
fn kinds(analysed: &Analysed) -> Vec<&'static str> {
    let kinds = analysed.findings.iter().map(|finding| finding.kind.slug());
    kinds.filter(|&kind| !["single-sweep", "uncalibrated"].contains(&kind)).collect()
}

/// The take with the channel that was counted from zero made anew.
fn with_channel(take: &Recording, index: usize, make: impl Fn(&[f64]) -> Vec<f64>) -> Recording {
    let mut samples = take.samples().clone();
    let made = make(take.channel(index).unwrap());
    samples.row_mut(index).iter_mut().zip(made).for_each(|(sample, v)| *sample = v);
    with_samples(take, samples)
}

/// White noise of an effective value, always the same.
fn noise(rms: f64) -> impl FnMut() -> f64 {
    let mut state = 88_172_645_463_325_252_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        rms * 12_f64.sqrt() * (state as f64 / u64::MAX as f64 - 0.5)
    }
}

/// A signal through a filter whose gain at a frequency in hertz is given, at 48 kHz.
fn filtered(signal: &[f64], gain: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut transform = Transform::at_least(signal.len());
    let bin_hz = 48e3 / transform.len() as f64;
    let mut spectrum = transform.forward(signal);
    spectrum.iter_mut().enumerate().for_each(|(k, bin)| *bin *= gain(k as f64 * bin_hz));
    transform.inverse(&mut spectrum)[..signal.len()].to_vec()
}

/// The plan that is said to be another; empty if it is not known which.
fn other_plan(analysed: &Analysed) -> Option<String> {
    analysed.findings.iter().find_map(|finding| match &finding.kind {
        FindingKind::OtherPlan { found, .. } => Some(found.clone().unwrap_or_default()),
        _ => None,
    })
}

#[test]
fn the_take_of_another_built_in_plan_is_recognised_and_the_plan_is_named() {
    for (played, named) in [
        ("response-quick", "response"),
        ("response", "response-quick"),
        ("impedance", "response"),
        ("response", "impedance"),
    ] {
        let take = take_of(&plan::load(played).unwrap());
        let analysed = response(&plan::load(named).unwrap(), take, BOTH);
        assert_eq!(kinds(&analysed), ["other-plan"], "{played} as {named}");
        assert_eq!(other_plan(&analysed), Some(played.to_owned()), "as {named}");
    }
}

#[test]
fn a_plan_that_was_edited_after_it_was_played_is_refused() {
    let one = ("repeats = 2", "repeats = 1");
    for changes in [
        &[("start = \"5Hz\"", "start = \"8Hz\"")][..],
        // One sweep of two, in a recording that goes on for long enough.
        &[one, ("tail = \"1s\"", "tail = \"9s\"")],
    ] {
        let take = take_of(&changed("response", changes));
        let analysed = response(&plan::load("response").unwrap(), take, BOTH);
        assert_eq!(
            other_plan(&analysed),
            Some(String::new()),
            "{changes:?}: {:?}",
            analysed.findings
        );
    }
    let take = take_of(&changed("response-quick", &[("repeats = 1", "repeats = 2")]));
    assert_eq!(other_plan(&response(&quick(), take, BOTH)), Some(String::new()));
}

#[test]
fn the_same_sweep_under_another_name_and_at_another_level_is_the_right_one() {
    let changes = [
        ("level = \"-12dBFS\"", "level = \"-20dBFS\""),
        ("name = \"response-quick\"", "name = \"mine\""),
    ];
    let take = take_of(&changed("response-quick", &changes));
    assert_eq!(kinds(&response(&quick(), take, BOTH)), [""; 0]);
}

#[test]
fn neither_drift_nor_noise_makes_another_plan_of_the_right_one() {
    let take = take_of(&plan::load("response").unwrap());
    for ppm in [-300.0, 300.0] {
        let drifting = support::on_a_clock(&take, 1.0 + 1e-6 * ppm);
        let analysed = response(&plan::load("response").unwrap(), drifting, BOTH);
        assert_eq!(other_plan(&analysed), None, "{ppm} ppm: {:?}", analysed.findings);
    }
    let take = take_of(&quick());
    let power = take.channel(1).unwrap().iter().map(|v| v * v).sum::<f64>() / take.frames() as f64;
    for snr_db in [20.0, 10.0, 0.0] {
        let mut noise = noise(power.sqrt() * 10_f64.powf(-snr_db / 20.0));
        let noises: Vec<f64> = (0..take.frames()).map(|_| noise()).collect();
        let add = |v: &[f64]| v.iter().zip(&noises).map(|(v, noise)| v + noise).collect();
        let analysed = response(&quick(), with_channel(&take, 1, add), BOTH);
        assert_eq!(other_plan(&analysed), None, "{snr_db} dB: {:?}", analysed.findings);
    }
}

#[test]
fn a_take_at_another_rate_than_its_file_says_is_recognised() {
    let take = take_of(&quick());
    for (found, claimed) in [(44_100.0, 48_000.0), (24_000.0, 48_000.0), (96_000.0, 48_000.0)] {
        let other = support::on_a_clock(&take, found / claimed);
        let analysed = response(&quick(), other, BOTH);
        assert_eq!(kinds(&analysed), ["wrong-rate"], "{found}");
        let FindingKind::WrongRate { claimed_hz, found_hz } = analysed.findings[0].kind else {
            panic!("{:?}", analysed.findings);
        };
        assert!((claimed_hz - claimed).abs() < 0.5 && (found_hz - found).abs() < 0.5);
    }
}

#[test]
fn an_empty_microphone_channel_beside_a_good_reference_says_why_it_is_empty() {
    let take = take_of(&quick());
    let made = |make: &dyn Fn(usize) -> f64| {
        let channel = with_channel(&take, 1, |v| (0..v.len()).map(make).collect());
        kinds(&response(&quick(), channel, BOTH))
            .into_iter()
            .filter(|&kind| kind != "low-level")
            .collect::<Vec<_>>()
    };
    let noise: Vec<f64> = std::iter::repeat_with(noise(1.0)).take(take.frames()).collect();
    let hum = |k: usize| (std::f64::consts::TAU * 50.0 * k as f64 / 48e3).sin();
    assert_eq!(made(&|_| 0.0), ["dead-input"]);
    assert_eq!(made(&|k| 3e-7 * noise[k]), ["shorted-input"]);
    assert_eq!(made(&|k| 3e-4 * noise[k]), ["microphone-silent"]);
    assert_eq!(made(&|k| 3e-4 * noise[k] + 0.02 * hum(k)), ["floating-input"]);
}

#[test]
fn noise_alone_is_no_other_plan_and_no_other_rate() {
    let take = take_of(&quick());
    let mut noise = noise(0.01);
    let samples = take.samples().mapv(|_| noise());
    let analysed = response(&quick(), with_samples(&take, samples), BOTH);
    assert_eq!(kinds(&analysed), ["no-stimulus", "no-stimulus"]);
}

#[test]
fn a_reference_and_a_microphone_that_are_exchanged_are_noticed_with_every_headphone() {
    let is_sound = |name: &&str| preset(name).unwrap().parts().faults.is_none();
    for name in preset_names().into_iter().filter(is_sound) {
        let take = take_with(&quick(), name, Wiring::Coupler);
        let analysed = response(&quick(), take.clone(), "reference=2,microphone=1");
        assert_eq!(kinds(&analysed), ["channels-swapped"], "{name}");
        assert!(matches!(analysed.outcome, Outcome::Refused(_)), "{name}");
        assert_eq!(kinds(&response(&quick(), take, BOTH)), [""; 0], "{name}");
    }
}

#[test]
fn two_flat_channels_may_be_either_way_round() {
    let take = take_of(&quick());
    let reference = take.channel(0).unwrap().to_vec();
    let line = with_channel(&take, 1, |_| reference.iter().map(|v| 0.3 * v).collect());
    for channels in [BOTH, "reference=2,microphone=1"] {
        assert_eq!(kinds(&response(&quick(), line.clone(), channels)), [""; 0], "{channels}");
    }
}

#[test]
fn a_jig_with_exchanged_or_inverted_inputs_is_refused() {
    let plan = plan::load("impedance").unwrap();
    for topology in [Topology::HighSide, Topology::LowSide] {
        let take = take_with(&plan, "open-300", Wiring::SenseResistor(topology));
        let right = "reference=1,sense=2";
        let swapped = impedance(&plan, take.clone(), "reference=2,sense=1");
        assert_eq!(kinds(&swapped), ["channels-swapped"], "{topology}");
        assert!(matches!(swapped.outcome, Outcome::Refused(_)), "{topology}");
        let turned = with_channel(&take, 1, |v| v.iter().map(|v| -v).collect());
        assert_eq!(kinds(&impedance(&plan, turned, right)), ["polarity-inverted"], "{topology}");
        if topology == Topology::HighSide {
            assert_eq!(kinds(&impedance(&plan, take, right)), [""; 0]);
        }
    }
}

#[test]
fn crosstalk_is_told_from_a_microphone_by_its_level_and_its_slope() {
    let take = take_of(&quick());
    let reference = take.channel(0).unwrap().to_vec();
    // The difference of neighbours rises by 6 dB per octave; at 1 kHz it is 0.131 of the signal.
    let leaking = |db: f64| {
        let gain = 10_f64.powf(db / 20.0) / 0.1308;
        with_channel(&take, 1, |_| {
            let pairs = reference.windows(2).map(|pair| gain * (pair[1] - pair[0]));
            std::iter::once(0.0).chain(pairs).collect()
        })
    };
    let found = |db: f64, channels: &str| -> Vec<&'static str> {
        let kinds = kinds(&response(&quick(), leaking(db), channels));
        kinds.into_iter().filter(|&kind| kind != "low-level").collect()
    };
    for channels in [BOTH, "microphone=2"] {
        assert_eq!(found(-60.0, channels), ["crosstalk-only"], "{channels}");
        assert_eq!(found(-45.0, channels), ["crosstalk-only"], "{channels}");
    }
    assert!(!found(-35.0, BOTH).contains(&"crosstalk-only"));
    // A microphone whose gain was left at its lowest.
    for name in preset_names() {
        let take = take_with(&quick(), name, Wiring::Coupler);
        let quiet = with_channel(&take, 1, |v| v.iter().map(|v| 1e-2 * v).collect());
        assert!(!kinds(&response(&quick(), quiet, BOTH)).contains(&"crosstalk-only"), "{name}");
    }
}

#[test]
fn a_conversion_to_a_lower_rate_is_told_from_a_device_that_rolls_off() {
    let take = take_of(&quick());
    let through = |gain: &dyn Fn(f64) -> f64| {
        let both = [0, 1]
            .into_iter()
            .fold(take.clone(), |take, index| with_channel(&take, index, |v| filtered(v, gain)));
        response(&quick(), both, BOTH)
    };
    for rate_hz in [22_050.0, 32_000.0, 44_100.0] {
        // As converters of good quality do: from 0.454 of the rate to its half.
        let (pass, stop) = (0.454 * rate_hz, 0.5 * rate_hz);
        let gain = |hz: f64| {
            let share = ((hz - pass) / (stop - pass)).clamp(0.0, 1.0);
            0.5 + 0.5 * (std::f64::consts::PI * share).cos()
        };
        let analysed = through(&gain);
        let found = analysed.findings.iter().find_map(|finding| match finding.kind {
            FindingKind::Resampled { cutoff_hz, rate_hz, .. } => Some((cutoff_hz, rate_hz)),
            _ => None,
        });
        let (cutoff_hz, found_hz) = found.unwrap_or_else(|| panic!("{:?}", analysed.findings));
        assert!((found_hz - rate_hz).abs() < 0.5, "{found_hz}");
        assert!((pass..=1.03 * stop).contains(&cutoff_hz), "{cutoff_hz}");
    }
    // Filters of second, fourth and eighth order near the same place.
    for order in [2, 4, 8] {
        let analysed = through(&|hz| (1.0 + (hz / 14e3).powi(2 * order)).sqrt().recip());
        assert!(!kinds(&analysed).contains(&"resampled"), "{order}: {:?}", analysed.findings);
    }
}

#[test]
fn an_amplifier_at_its_end_is_noticed_in_the_reference_though_nothing_is_flat() {
    let take = take_of(&quick());
    let peak = take.channel(0).unwrap().iter().fold(0.0_f64, |peak, v| peak.max(v.abs()));
    // What a stage clips is rounded by the filter and the noise behind it.
    let driven = |clip_db: f64| {
        let limit = peak * 10_f64.powf(-clip_db / 20.0);
        let mut noise = noise(3e-5);
        let noises: Vec<f64> = (0..take.frames()).map(|_| noise()).collect();
        let clipped = with_channel(&take, 0, |v| {
            let clipped: Vec<f64> = v.iter().map(|v| v.clamp(-limit, limit)).collect();
            let rounded = filtered(&clipped, |hz| (1.0 + (hz / 18e3).powi(8)).sqrt().recip());
            rounded.iter().zip(&noises).map(|(v, noise)| v + noise).collect()
        });
        let analysed = response(&quick(), clipped, BOTH);
        let soft = analysed.findings.iter().find(|f| f.kind.slug() == "soft-clipped");
        soft.map(|finding| finding.severity)
    };
    assert_eq!(driven(0.0), None);
    assert_eq!(driven(0.2), Some(Severity::Warning));
    assert_eq!(driven(1.0), Some(Severity::Refusal));
}
