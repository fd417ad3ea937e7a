//! Every fault of a capture, injected in the simulation at three strengths: how often it is named.
//!
//! ```sh
//! scripts/update-fault-matrix     # 200 seeds each, remakes docs/faults.md
//! cargo test --test fault_matrix  # a few seeds, as every change is tested
//! ```
//!
//! The simulation injects the faults by its own equations and shares no code with what finds them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "these are tests"
)]

#[path = "fault_matrix/cases.rs"]
mod cases;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cansweep::measure::{Analyser, Inverse, MeasureError, stimulus_of};
use cansweep::model::{
    ChannelMap, Finding, FindingKind, Jig, Outcome, Plan, Recording, Severity, Stimulus, Topology,
};
use cansweep::quantity::{Percent, Resistance};
use cansweep::rig::simulated::{
    Faults, Placement, Prepared, Scenario, SimulatedRig, Wiring, preset,
};
use cansweep::store::plan;
use cases::{Case, Look, SWEEPS_BEGIN_S, Strength, cases};

/// Two sweeps of two seconds with pilots, a second of silence before them.
const PLAN: &str = r#"
    name = "fault-matrix"
    description = "two short sweeps"
    rate = 48000
    markers = true
    [sweep]
    start = "5Hz"
    flat_from = "10Hz"
    flat_to = "20.5kHz"
    stop = "23kHz"
    duration = "2s"
    repeats = 2
    level = "-12dBFS"
    [silence]
    lead_in = "1.2s"
    gap = "1s"
    tail = "700ms"
    [analysis]
    from = "20Hz"
    to = "20kHz"
    points_per_octave = 12
    gate_before = "10ms"
    gate_after = "500ms"
"#;

/// What the noise of each take is below the sweeps, unless a case says otherwise.
const SNR_DB: f64 = 60.0;

/// By how much cases lower the level whose noise would not fit below full scale otherwise.
const QUIET_DB: f64 = 60.0;

/// A bench with one headphone, ready for takes with many seeds.
struct Bench {
    plan: Plan,
    stimulus: Stimulus,
    coupler: Prepared,
    jig: Prepared,
    /// Effective value of the sweeps at the microphone, re full scale.
    sweep_dbfs: f64,
}

impl Bench {
    fn new() -> Self {
        let plan: Plan = toml::from_str(PLAN).unwrap();
        let stimulus = stimulus_of(&plan).unwrap();
        let prepared = |wiring: Wiring| {
            let scenario: Scenario = preset("closed-38").unwrap().ideal();
            let scenario = scenario
                .changed(|parts| {
                    parts.converter.bits = Some(24);
                    parts.converter.dynamic_range_db = Some(115.0);
                })
                .unwrap();
            let placement = Placement::new("fresh", 1, 1);
            let rig = SimulatedRig::new(scenario, wiring, placement).unwrap();
            rig.prepared(&stimulus).unwrap()
        };
        let coupler = prepared(Wiring::Coupler);
        let jig = prepared(Wiring::SenseResistor(Topology::HighSide));
        let take = coupler.take(1, &Faults::default()).unwrap();
        let begin = (SWEEPS_BEGIN_S[0] * 48e3) as usize;
        let sweep = &take.channel(1).unwrap()[begin..begin + 96_000];
        let power = sweep.iter().map(|v| v * v).sum::<f64>() / sweep.len() as f64;
        Self { plan, stimulus, coupler, jig, sweep_dbfs: 10.0 * power.log10() }
    }

    fn take(&self, look: Look, seed: u64, faults: &str, snr_db: f64) -> Recording {
        let noise_dbfs = self.sweep_dbfs - snr_db;
        // The electrical input is a quiet one.
        let text = faults.replace("NOISE", &format!("{}", noise_dbfs - QUIET_DB));
        let noise = format!(
            "[[noise]]\ninput = 1\nlevel_dbfs = -100.0\n[[noise]]\ninput = 2\nlevel_dbfs = {}\n",
            if look == Look::Impedance { -100.0 } else { noise_dbfs }
        );
        let text = if text.contains("noise =") { text } else { format!("{text}\n{noise}") };
        let faults: Faults =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let bench = if look == Look::Impedance { &self.jig } else { &self.coupler };
        bench.take(seed, &faults).unwrap()
    }

    /// What is found in a take.
    fn findings(&self, look: Look, take: Recording) -> Seen {
        let (plan, stimulus) = match look {
            Look::OtherPlan(name) => {
                let plan = plan::load(name).unwrap();
                let stimulus = stimulus_of(&plan).unwrap();
                (plan, stimulus)
            }
            _ => (self.plan.clone(), self.stimulus.clone()),
        };
        let analyser = Analyser::new(stimulus, *plan.analysis(), Inverse::OfSamples).unwrap();
        let mut analyser = analyser.knowing(vec![self.plan.clone()]);
        let channels = |text: &str| -> ChannelMap { text.parse().unwrap() };
        let analysed = match look {
            Look::Microphone | Look::OtherPlan(_) => {
                analyser.response(&[take], &channels("microphone=2"))
            }
            Look::WithReference => {
                analyser.response(&[take], &channels("reference=1,microphone=2"))
            }
            Look::Impedance => {
                analyser.impedance(&[take], &channels("reference=1,sense=2"), &jig(), None)
            }
        };
        match analysed {
            Ok(analysed) => Seen {
                refused: matches!(analysed.outcome, Outcome::Refused(_)),
                findings: analysed.findings,
            },
            Err(MeasureError::Rate { .. }) => {
                let kind = FindingKind::WrongRate { claimed_hz: 0.0, found_hz: 0.0 };
                Seen { refused: true, findings: vec![Finding::refusal(kind)] }
            }
            Err(error) => panic!("{error}"),
        }
    }
}

fn jig() -> Jig {
    Jig {
        resistor_tolerance: Percent::new(1.0).unwrap(),
        topology: Topology::HighSide,
        input_resistance: None,
        gain_match_db: 0.1,
        ..Jig::with_resistor(Resistance::new(100.0).unwrap())
    }
}

struct Seen {
    findings: Vec<Finding>,
    refused: bool,
}

impl Seen {
    fn names(&self, kinds: &[&str]) -> bool {
        self.findings.iter().any(|finding| kinds.contains(&finding.kind.slug()))
    }

    /// Findings that matter and that the case does not explain.
    fn others(&self, kinds: &[&str]) -> Vec<&'static str> {
        let matters = |f: &&Finding| f.severity > Severity::Note;
        let slugs = self.findings.iter().filter(matters).map(|f| f.kind.slug());
        slugs.filter(|slug| !kinds.contains(slug)).collect()
    }
}

/// What came of one strength of a fault.
#[derive(Default)]
struct Tally {
    runs: usize,
    named: usize,
    refused: usize,
    others: BTreeMap<&'static str, usize>,
    /// Of what the case measures: samples off the place, parts per million off.
    errors: Vec<f64>,
}

fn tally(bench: &Bench, case: &Case, strength: &Strength, seeds: u64) -> Tally {
    let (next, tally) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed) as u64;
            if seed >= seeds {
                return;
            }
            let injected = (strength.faults)(seed);
            let take = bench.take(case.look, seed, &injected.toml, strength.snr_db);
            let seen = bench.findings(case.look, take);
            let error = (case.error)(&seen.findings, &injected);
            let mut tally = tally.lock().unwrap();
            tally.runs += 1;
            tally.named += usize::from(seen.names(case.expected));
            tally.refused += usize::from(seen.refused);
            tally.errors.extend(error);
            let explained = [case.expected, case.explained].concat();
            for other in seen.others(&explained) {
                *tally.others.entry(other).or_default() += 1;
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(work);
        }
    });
    tally.into_inner().unwrap()
}

fn percent(count: usize, of: usize) -> String {
    let share = 100.0 * count as f64 / of as f64;
    if count == of || count == 0 { format!("{share:.0} %") } else { format!("{share:.1} %") }
}

/// The quantile of absolute errors, in the case's unit.
fn quantile(errors: &[f64], share: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = errors.iter().map(|e| e.abs()).collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(((sorted.len() as f64 - 1.0) * share).round() as usize).copied()
}

fn row(case: &Case, strength: &Strength, tally: &Tally) -> String {
    let errors = match (quantile(&tally.errors, 0.5), quantile(&tally.errors, 0.9)) {
        (Some(median), Some(most)) if !case.unit.is_empty() => {
            format!("{median:.3} / {most:.3} {}", case.unit)
        }
        _ => String::new(),
    };
    let others: Vec<String> = tally
        .others
        .iter()
        .map(|(slug, count)| format!("{slug} {}", percent(*count, tally.runs)))
        .collect();
    format!(
        "| {} | {} | {} | {} | {} | {errors} | {} |",
        case.fault,
        strength.label,
        if case.expected.is_empty() { "none".to_owned() } else { case.expected.join(", ") },
        percent(tally.named, tally.runs),
        percent(tally.refused, tally.runs),
        others.join(", "),
    )
}

#[test]
fn every_fault_is_named_and_a_clean_take_is_clean() {
    /// So many seeds each in every test run; the whole matrix has 200.
    const FEW: u64 = 2;
    let named = std::env::var("CANSWEEP_FAULT_SEEDS").ok();
    let seeds: u64 = named.as_ref().map_or(FEW, |text| text.parse().unwrap());
    let only = std::env::var("CANSWEEP_FAULT_ONLY").unwrap_or_default();
    let bench = Bench::new();
    let (mut rows, mut wrong) = (String::new(), Vec::new());
    for case in cases(&bench.coupler).iter().filter(|case| case.fault.contains(&only)) {
        for strength in &case.strengths {
            let certain = strength.least >= 0.98 || case.expected.is_empty();
            if named.is_none() && !certain {
                continue;
            }
            let tally = tally(&bench, case, strength, seeds);
            let row = row(case, strength, &tally);
            println!("{row}");
            let _ = writeln!(rows, "{row}");
            let share = tally.named as f64 / tally.runs as f64;
            let others: usize = tally.others.values().sum();
            let clean = case.expected.is_empty();
            let enough = clean || share >= strength.least;
            // One false alarm in a hundred is allowed; a few seeds show none.
            let quiet = !clean || others as f64 <= 0.01 * tally.runs as f64;
            if !(enough && quiet) {
                wrong.push(row);
            }
        }
    }
    if let (Some(_), Some(path)) = (named, std::env::var_os("CANSWEEP_FAULT_TABLE")) {
        std::fs::write(path, table(&rows, seeds)).unwrap();
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn table(rows: &str, seeds: u64) -> String {
    format!(
        "# How faults are found\n\n\
         Made by `scripts/update-fault-matrix`: every fault is injected in the simulation at three\n\
         strengths around its threshold, {seeds} seeds each. The plan has two sweeps of 2 s with\n\
         pilots; the simulated headphone is a closed one on a coupler; the noise at the microphone\n\
         lies {SNR_DB} dB below the sweeps (effective values over the whole band) unless the row says\n\
         otherwise. *Named*: takes in which a finding of an expected kind was made. *Error*: median\n\
         and 90 % quantile of what was measured of the fault. *Others*: further warnings and\n\
         refusals that the fault does not explain.\n\n\
         | fault | strength | expected | named | refused | error | others |\n\
         |---|---|---|---|---|---|---|\n{rows}"
    )
}
