//! Whole jobs against the floor: reading the same bytes and doing the transforms that no
//! deconvolution can do without.
//!
//! The long job is a take of two channels, 24 bits and 1 179 648 frames at 96 kHz with a sweep
//! of 2^20 frames. Run by hand with `cargo bench`; the tests only see that everything still runs.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "this is a measurement")]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use cansweep::dsp::transform::Transform;
use cansweep::measure::{
    Analysed, Analyser, Inverse, Rig, Train, Unwatched, foreign_stimulus, impedance_behind,
    impedance_calibration, stimulus_of,
};
use cansweep::metrology::equivalent;
use cansweep::model::{
    ChannelMap, Covariance, FrequencyGrid, Impedance, Jig, MeasuredOutput, MeasuredStandard,
    Outcome, Plan, Recording, Response, SampleFormat, Source, Standard, Stimulus, Trace,
};
use cansweep::plot::{Caption, Figure, Theme, Width, figures, render};
use cansweep::quantity::{Resistance, SampleRate};
use cansweep::rig::simulated::{Placement, SimulatedRig, Wiring, preset};
use cansweep::store::{Overwrite, plan, wav};
use cansweep::study::matrix::{Headphone, matrix};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{Array2, Axis, Slice};
use num_complex::Complex64;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use tempfile::TempDir;

/// A file with a take, one with its sweep alone, and the plan that both were made from.
struct Job {
    _folder: TempDir,
    take: PathBuf,
    sweep: PathBuf,
    plan: Plan,
    take_frames: usize,
    sweep_frames: usize,
}

impl Job {
    /// The long take.
    fn long() -> Self {
        Self::new(&plan(96_000, 45e3, 10.9, false), 1_179_648, 1 << 20)
    }

    /// Ten seconds with pilots, as one of many.
    fn short() -> Self {
        Self::new(&plan(48_000, 23e3, 7.9, true), 480_000, 7 * 48_000 + 43_300)
    }

    fn new(plan: &Plan, take_frames: usize, sweep_frames: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stimulus = stimulus_of(plan).unwrap();
        let (take, sweep) = (folder.path().join("take.wav"), folder.path().join("sweep.wav"));
        write(&take, &captured(stimulus.samples(), take_frames), stimulus.rate());
        let mut alone = stimulus.sweep().to_vec();
        alone.resize(sweep_frames, 0.0);
        write(&sweep, &[alone], stimulus.rate());
        Self { _folder: folder, take, sweep, plan: plan.clone(), take_frames, sweep_frames }
    }

    /// The length at which a deconvolution of the take is linear, made quick to transform.
    fn transform_frames(&self) -> usize {
        Transform::at_least(self.take_frames + self.sweep_frames).len()
    }

    fn analyser(&self, stimulus: Stimulus) -> Analyser {
        Analyser::new(stimulus, *self.plan.analysis(), Inverse::OfSamples).unwrap()
    }

    fn planned_analyser(&self) -> Analyser {
        self.analyser(stimulus_of(&self.plan).unwrap())
    }

    /// An analyser for a sweep that somebody else made, whose band must be found.
    fn foreign_analyser(&self) -> Analyser {
        let sweep = wav::read(&self.sweep).unwrap().recording;
        self.analyser(foreign_stimulus(&sweep, 0).unwrap())
    }

    /// Reads the take and gives its response.
    fn response(&self, mut analyser: Analyser) -> Analysed {
        respond(&mut analyser, &self.take)
    }
}

fn respond(analyser: &mut Analyser, take: &Path) -> Analysed {
    let channels: ChannelMap = "reference=1,microphone=2".parse().unwrap();
    let analysed = analyser.response(&[wav::read(take).unwrap().recording], &channels).unwrap();
    assert!(matches!(analysed.outcome, Outcome::Response { .. }), "{:?}", analysed.findings);
    analysed
}

/// A plan of one sweep.
fn plan(rate: u32, stop_hz: f64, duration_s: f64, markers: bool) -> Plan {
    let flat_to_hz = 0.9 * stop_hz;
    let text = format!(
        r#"
        name = "benchmark"
        description = "one sweep"
        rate = {rate}
        markers = {markers}
        [sweep]
        start = "5Hz"
        flat_from = "10Hz"
        flat_to = {flat_to_hz:?}
        stop = {stop_hz:?}
        duration = {duration_s:?}
        repeats = 1
        level = "-6dBFS"
        [silence]
        lead_in = "400ms"
        gap = "400ms"
        tail = "400ms"
        [analysis]
        from = "20Hz"
        to = "20kHz"
        points_per_octave = 48
        gate_before = "10ms"
        gate_after = "500ms"
        "#
    );
    toml::from_str(&text).unwrap()
}

/// A loopback, and a microphone behind a low-pass of first order, somewhat later.
fn captured(played: &[f64], frames: usize) -> [Vec<f64>; 2] {
    const LATENCY: usize = 1000;
    const FLIGHT: usize = 150;
    const SMOOTHING: f64 = 0.4;
    let delayed = |by: usize| {
        let silence = std::iter::repeat_n(0.0, by);
        silence.chain(played.iter().copied()).chain(std::iter::repeat(0.0)).take(frames)
    };
    let mut held = 0.0;
    let low_pass = |sample: f64| {
        held += SMOOTHING * (sample - held);
        held
    };
    [delayed(LATENCY).collect(), delayed(LATENCY + FLIGHT).map(low_pass).collect()]
}

fn write(path: &Path, channels: &[Vec<f64>], rate: SampleRate) {
    let samples =
        Array2::from_shape_fn((channels.len(), channels[0].len()), |(c, k)| channels[c][k]);
    wav::write(path, &samples, rate, SampleFormat::Integer(24), Overwrite::Refuse).unwrap();
}

/// The transforms that a deconvolution of two channels cannot avoid: of the sweep and of both
/// channels, and back for both channels.
struct Floor {
    forward: std::sync::Arc<dyn RealToComplex<f64>>,
    inverse: std::sync::Arc<dyn ComplexToReal<f64>>,
    signal: Vec<f64>,
    spectrum: Vec<Complex64>,
    scratch: Vec<Complex64>,
}

impl Floor {
    fn planned(frames: usize) -> Self {
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(frames);
        let inverse = planner.plan_fft_inverse(frames);
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        Self {
            // Silence: the time of a transform does not depend on the signal.
            signal: vec![0.0; frames],
            spectrum: forward.make_output_vec(),
            scratch: vec![Complex64::ZERO; scratch],
            forward,
            inverse,
        }
    }

    fn transform(&mut self, forward: usize, inverse: usize) {
        let Self { signal, spectrum, scratch, .. } = self;
        for _ in 0..forward {
            self.forward.process_with_scratch(signal, spectrum, scratch).unwrap();
        }
        for _ in 0..inverse {
            self.inverse.process_with_scratch(spectrum, signal, scratch).unwrap();
        }
    }
}

fn one_long_take(criterion: &mut Criterion) {
    let job = Job::long();
    let frames = job.transform_frames();
    let mut group = criterion.benchmark_group("one long take");
    group.sample_size(20);
    let mut floor = Floor::planned(frames);
    group.bench_function("floor: five transforms, planned before", |b| {
        b.iter(|| floor.transform(3, 2));
    });
    drop(floor);
    group.bench_function("floor: five transforms and their planning", |b| {
        b.iter(|| Floor::planned(frames).transform(3, 2));
    });
    group.bench_function("floor: the bytes of both files", |b| {
        b.iter(|| black_box((fs::read(&job.take).unwrap(), fs::read(&job.sweep).unwrap())));
    });
    group.bench_function("reading both files", |b| {
        b.iter(|| black_box((wav::read(&job.take).unwrap(), wav::read(&job.sweep).unwrap())));
    });
    group.bench_function("response, the sweep from a file", |b| {
        b.iter(|| job.response(job.foreign_analyser()));
    });
    group.bench_function("response, the sweep from a plan", |b| {
        b.iter(|| job.response(job.planned_analyser()));
    });
}

fn many_short_takes(criterion: &mut Criterion) {
    const TAKES: usize = 20;
    let job = Job::short();
    let mut group = criterion.benchmark_group("many short takes");
    group.sample_size(10).throughput(Throughput::Elements(TAKES as u64));
    let frames = job.transform_frames();
    group.bench_function("floor: transforms and their planning", |b| {
        b.iter(|| Floor::planned(frames).transform(1 + 2 * TAKES, 2 * TAKES));
    });
    group.bench_function("response, one analyser", |b| {
        b.iter(|| {
            let mut analyser = job.planned_analyser();
            (0..TAKES).map(|_| respond(&mut analyser, &job.take)).collect::<Vec<_>>()
        });
    });
}

fn one_figure(criterion: &mut Criterion) {
    let job = Job::short();
    let figure = figure(&job.response(job.planned_analyser()));
    let mut group = criterion.benchmark_group("one figure");
    group.bench_function("svg", |b| {
        b.iter(|| render::svg(&figure, Theme::Light, Width::Full).unwrap());
    });
    group.bench_function("png", |b| {
        b.iter(|| render::png(&figure, Theme::Light, Width::Full).unwrap());
    });
}

fn figure(analysed: &Analysed) -> Figure {
    let Some(Trace::Response(level)) = analysed.outcome.to_trace() else {
        panic!("no response: {:?}", analysed.findings);
    };
    let caption = Caption {
        title: "Frequency response".to_owned(),
        rig: None,
        sample: None,
        date: None,
        simulated: true,
        remarks: Vec::new(),
    };
    figures::response(&[("measured", &level)], &caption)
}

/// An impedance of 480 points with a lossy coil and as many resonances, known to 10⁻³.
fn fitting(criterion: &mut Criterion) {
    const RESONANCES: [[f64; 3]; 3] = [[24.0, 90.0, 2.2], [6.0, 420.0, 5.0], [3.0, 3600.0, 4.0]];
    let hz = (0..480).map(|k| 20.0 * (f64::from(k) / 48.0).exp2()).collect();
    let grid = FrequencyGrid::new(hz).unwrap();
    let mut group = criterion.benchmark_group("one circuit");
    for resonances in 1..=3 {
        let motional =
            |f: f64, [height, fs, q]: [f64; 3]| height / Complex64::new(1.0, q * (f / fs - fs / f));
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
        let clean = Impedance::from_fn(grid.clone(), |f| {
            let peaks: Complex64 = RESONANCES[..resonances].iter().map(|&r| motional(f, r)).sum();
            32.0 + 0.8 * Complex64::new(0.0, f / 1e3).powf(0.6) + peaks
        })
        .unwrap();
        let u = |z: &Complex64| 1e-3 * z.norm() * std::f64::consts::FRAC_1_SQRT_2;
        let values = clean.values().map(|z| z + u(z) * Complex64::new(normal(), normal()));
        let covariance = clean.values().iter().map(|z| Covariance::circular(u(z))).collect();
        let noisy = Impedance::new(grid.clone(), values).unwrap();
        let noisy = noisy.with_covariance(covariance).unwrap();
        group.bench_function(format!("fit of 480 points, {resonances} in them"), |b| {
            b.iter(|| equivalent::fit(&noisy, equivalent::Wanted::default()).unwrap());
        });
    }
}

/// What an impedance costs beyond the response that the same take takes: error terms of an open, a
/// short and a load, the budget with its bands, and the figures with their circuit.
fn one_impedance(criterion: &mut Criterion) {
    let job = Job::short();
    let jig = Jig::with_resistor(Resistance::new(100.0).unwrap());
    let mut analyser = job.planned_analyser();
    let channels: ChannelMap = "reference=1,sense=2".parse().unwrap();
    let take = wav::read(&job.take).unwrap().recording;
    let load = Standard::load(Resistance::new(100.0).unwrap(), 0.1);
    let ratio = analyser.standard(&[take], &channels, &jig, &load, None).unwrap().ratio.unwrap();
    let of = |standard, share: f64| {
        let values = ratio.values().mapv(|_| Complex64::from(share));
        let scaled = Response::new(ratio.grid().clone(), values).unwrap();
        MeasuredStandard { standard, ratio: scaled }
    };
    let standards =
        vec![of(Standard::open(), 0.99), of(Standard::short(), 1e-3), of(load.clone(), 0.5)];
    let (calibration, _) = impedance_calibration(jig, None, standards, &[]).unwrap();
    let mut group = criterion.benchmark_group("one impedance");
    let frames = job.transform_frames();
    group.bench_function("floor: five transforms, planned before", |b| {
        let mut floor = Floor::planned(frames);
        b.iter(|| floor.transform(3, 2));
    });
    group.bench_function("ratio of one take", |b| {
        let take = wav::read(&job.take).unwrap().recording;
        let takes = [take];
        b.iter(|| analyser.standard(&takes, &channels, &jig, &load, None).unwrap());
    });
    group.bench_function("error terms, budget and bands of 480 points", |b| {
        b.iter(|| impedance_behind(&jig, Some(&calibration), &ratio).unwrap());
    });
}

/// One sweep of a live view: from its last captured frame to its figures.
fn one_live_sweep(criterion: &mut Criterion) {
    /// So much later than it was played the sweep is captured, nearly.
    const DELAY: usize = 1200;
    let plan = plan::load("monitor").unwrap();
    let train = Train::of(&plan, 1).unwrap();
    let placement = Placement::new("fresh", 1, 1);
    let scenario = preset("closed-38").unwrap();
    let mut rig = SimulatedRig::new(scenario, Wiring::Coupler, placement).unwrap();
    let take = rig.exchange(train.single(), &mut Unwatched).unwrap();
    let frames = DELAY..DELAY + train.single().frames();
    let samples = take.samples().slice_axis(Axis(1), Slice::from(frames));
    let take = Recording::new(take.rate(), samples.to_owned(), take.format(), rig.identity());
    let takes = [take.unwrap()];
    let channels: ChannelMap = "reference=1,microphone=2".parse().unwrap();
    let mut analyser =
        Analyser::new(train.single().clone(), *plan.analysis(), Inverse::OfSamples).unwrap();
    let mut group = criterion.benchmark_group("one live sweep");
    let frames = takes[0].frames();
    group.bench_function("floor: five transforms, planned before", |b| {
        let mut floor = Floor::planned(frames);
        b.iter(|| floor.transform(3, 2));
    });
    group.bench_function("response of one take", |b| {
        b.iter(|| analyser.response(&takes, &channels).unwrap());
    });
}

/// Forty headphones by twenty-five sources, half of which were measured; computed, and drawn as
/// `-o` does for one theme.
fn one_matrix(criterion: &mut Criterion) {
    let known = |z: &dyn Fn(f64) -> Complex64| {
        let clean = Impedance::from_fn(FrequencyGrid::standard(), z).unwrap();
        let u = |z: &Complex64| Covariance::radial(*z, 0.01 * z.norm());
        let covariance = clean.values().iter().map(u).collect();
        clean.with_covariance(covariance).unwrap()
    };
    let headphone = |i: u32| {
        let share = 0.3 + f64::from(i) / 4.0;
        let peak = |f: f64| 20.0 / Complex64::new(1.0, 1.6 * (f / 85.0 - 85.0 / f));
        let impedance = known(&|f| share * (32.0 + peak(f)));
        Headphone { name: format!("Headphone number {i}"), impedance }
    };
    let source = |i: u32| {
        let ohm = 0.1 * 1.35_f64.powf(f64::from(i));
        if i.is_multiple_of(2) {
            return Source::Resistance(Resistance::new(ohm).unwrap());
        }
        let impedance = known(&|f| Complex64::new(ohm, f * 1e-5));
        Source::Measured(MeasuredOutput { name: format!("Amplifier number {i}"), impedance })
    };
    let headphones: Vec<_> = (0..40).map(headphone).collect();
    let sources: Vec<_> = (0..25).map(source).collect();
    let caption = Caption { title: "Forty by twenty-five".to_owned(), ..Caption::default() };
    let mut group = criterion.benchmark_group("one matrix");
    group.sample_size(10);
    group.bench_function("computed", |b| b.iter(|| matrix(&headphones, &sources)));
    group.bench_function("computed and drawn, wide and narrow, SVG and PNG", |b| {
        b.iter(|| {
            let map = figures::matrix(&matrix(&headphones, &sources), &caption);
            [Width::Full, Width::Phone].map(|width| {
                let svg = render::svg(&map, Theme::Light, width).unwrap();
                (svg, render::png(&map, Theme::Light, width).unwrap())
            })
        });
    });
}

criterion_group!(
    benches,
    one_long_take,
    many_short_takes,
    one_figure,
    one_impedance,
    one_live_sweep,
    one_matrix,
    fitting
);
criterion_main!(benches);
