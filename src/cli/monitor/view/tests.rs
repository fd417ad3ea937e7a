//! What the view looks like, and how long it takes.

use std::time::Instant;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::super::live::Heard;
use super::super::scene::{Scene, Setting, Wish};
use super::draw;
use crate::measure::{Analysed, Analyser, Inverse, Observer, Rig, Train, Unwatched};
use crate::model::{
    ChannelMap, Curve, Finding, FindingKind, FrequencyGrid, Impedance, ImpedanceFigures, Jig,
    Measurand, Outcome, Resonance, Response, ResponseFigures, TraceKind,
};
use crate::quantity::unit::Decibel;
use crate::quantity::{Frequency, Level, Resistance, amplitude_ratio};
use crate::rig::simulated::{Placement, SimulatedRig, Wiring, preset};
use crate::store::plan;
use crate::study::live::{Reference, Watch};
use crate::study::steady::Steadiness;

fn grid() -> FrequencyGrid {
    let hz = |f| Frequency::new(f).unwrap();
    FrequencyGrid::logarithmic(hz(20.0), hz(20e3), 24)
}

/// Level of a headphone that falls towards the bass by so much, and towards the treble.
fn level(bass_db: f64) -> impl Fn(f64) -> f64 {
    move |f| bass_db / (1.0 + (f / 150.0).powi(2)) - 12.0 * (f / 20e3).powi(2)
}

fn scene(kind: TraceKind, reference: Option<Reference>) -> Scene {
    let setting = Setting { rig: "desk".to_owned(), is_simulated: false, kind };
    let watch = Watch::new(Steadiness::default(), reference);
    Scene::new(setting, Level::from_db(-30.0), watch)
}

fn reference(seatings: &[f64]) -> Reference {
    let curve = |&bass| Curve::<Decibel>::from_fn(grid(), level(bass)).unwrap();
    Reference::of(TraceKind::Response, seatings.iter().map(curve).collect()).unwrap()
}

fn heard(outcome: Outcome, findings: Vec<Finding>, at_s: f64) -> Heard {
    let (delays, channels) = (Vec::new(), ChannelMap::default());
    Heard { analysed: Analysed { outcome, findings, delays, channels }, at_s }
}

fn response(bass_db: f64) -> Outcome {
    let of = level(bass_db);
    let response = Response::from_fn(grid(), |f| amplitude_ratio(of(f)).into()).unwrap();
    Outcome::Response { response, figures: ResponseFigures::default() }
}

fn impedance() -> Outcome {
    let z = |f: f64| 32.0 + 268.0 * (-(f / 90.0).ln().powi(2) / 0.1).exp();
    let impedance = Impedance::from_fn(grid(), |f| z(f).into()).unwrap();
    let top = Resonance { frequency_hz: 89.8, peak_ohm: 300.0, ..Resonance::default() };
    let figures = ImpedanceFigures { resonances: vec![top], ..ImpedanceFigures::default() };
    Outcome::Impedance { impedance, budget: crate::model::Budget::default(), figures }
}

/// Lets the scene hear so many sweeps with this bass.
fn sweeps(scene: &mut Scene, bass_db: f64, count: usize) {
    let start = scene.last.as_ref().map_or(0.0, |last| last.at_s);
    for k in 1..=count {
        scene.hear(heard(response(bass_db), Vec::new(), start + k as f64));
    }
}

/// The lines of the terminal.
fn lines(scene: &Scene, (width, height): (u16, u16)) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, scene)).unwrap();
    let buffer = terminal.backend().buffer();
    let symbol = |x, y| buffer[(x, y)].symbol().to_owned();
    let line = |y| (0..width).map(|x| symbol(x, y)).collect::<String>().trim_end().to_owned();
    (0..height).map(line).collect()
}

#[test]
fn a_leak_is_seen_at_a_glance() {
    let mut scene = scene(TraceKind::Response, Some(reference(&[3.8, 4.0, 4.2, 4.1])));
    sweeps(&mut scene, 0.0, 5);
    let lines = lines(&scene, (80, 24));
    assert_eq!(
        lines[..6].join("\n"),
        "\
cansweep monitor  desk  −30 dBFS  sweep 5
bass re your reference           ● Steady
    ▟▀▙     ▟▀▙      ▝█ ▜▛▜▖     bass 3.3 dB below your reference: leak (4
▄▄▄  ▄▛      ▄▛     ▗▄█ ▐▙▟▘     seatings: ±0.5 dB)
    ▄ █  ▄  ▄ █     █ █ ▐▌▐▌     bass +0.0 dB, level +0.0 dB, −3 dB below 20 Hz
    ▝▀▘  ▀  ▝▀▘     ▝▀▝▘▀▀▀"
    );
    assert!(lines[6].starts_with("dB re 0.3–1 kHz   ━━ now   ··· reference"), "{}", lines[6]);
    let last = "     20        50     100    200       500    1k      2k       5k      10k   20k";
    assert_eq!(lines[21], last);
    assert_eq!(lines[23], "space store   r take as reference   −/+ level   q end");
}

#[test]
fn a_large_window_has_large_figures_and_a_small_one_does_not_overflow() {
    let mut scene = scene(TraceKind::Impedance, None);
    scene.hear(heard(impedance(), Vec::new(), 1.0));
    let large = lines(&scene, (120, 40));
    assert!(large[2].contains("████"), "{}", large[2]);
    assert!(large.iter().any(|line| line.starts_with("300 Ω")), "{large:#?}");
    assert!(large.iter().any(|line| line.contains("Ω at 90.0 Hz")), "{large:#?}");
    for size in [(1, 1), (3, 2), (7, 9), (40, 12), (33, 60), (300, 5)] {
        lines(&scene, size);
    }
}

#[test]
fn a_refused_sweep_shows_its_reason_and_no_figure() {
    let mut scene = scene(TraceKind::Response, None);
    assert!(lines(&scene, (80, 24))[1].contains("waiting for the first sweep"));
    sweeps(&mut scene, 4.0, 4);
    let kind = FindingKind::DroppedFrames { frames: 9 };
    let refused = Outcome::Refused(Measurand::Response);
    scene.hear(heard(refused, vec![Finding::refusal(kind)], 9.0));
    let lines = lines(&scene, (80, 24));
    assert!(lines[1].contains("○ Waiting for a sweep that can be used"), "{}", lines[1]);
    assert!(!lines[2].contains('▟'), "{}", lines[2]);
    assert!(lines[22].starts_with("refused: "), "{}", lines[22]);
}

#[test]
fn a_movement_is_said() {
    let mut scene = scene(TraceKind::Response, None);
    sweeps(&mut scene, 4.0, 4);
    sweeps(&mut scene, 1.0, 1);
    let lines = lines(&scene, (80, 24));
    assert!(lines[1].contains("▲ Moved: bass −2.4 dB"), "{}", lines[1]);
}

fn pressed(scene: &mut Scene, code: KeyCode) -> Option<Wish> {
    scene.press(KeyEvent::new(code, KeyModifiers::NONE))
}

#[test]
fn keys_do_what_the_last_line_says() {
    let mut scene = scene(TraceKind::Response, None);
    assert_eq!(pressed(&mut scene, KeyCode::Char('q')), Some(Wish::Quit));
    assert_eq!(pressed(&mut scene, KeyCode::Esc), Some(Wish::Quit));
    assert_eq!(pressed(&mut scene, KeyCode::Char(' ')), Some(Wish::Store));
    assert_eq!(pressed(&mut scene, KeyCode::Enter), Some(Wish::Store));
    let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(scene.press(ctrl_c), Some(Wish::Interrupt));
    assert_eq!(pressed(&mut scene, KeyCode::Char('r')), None);
    assert!(scene.note.as_ref().unwrap().contains("no sweep"));
    sweeps(&mut scene, 4.0, 1);
    pressed(&mut scene, KeyCode::Char('r'));
    sweeps(&mut scene, 2.0, 1);
    assert!(scene.last.unwrap().against.unwrap().bass_db < -1.0);
}

#[test]
fn the_level_falls_and_rises_again_but_never_above_where_it_began() {
    let mut scene = scene(TraceKind::Response, None);
    assert_eq!(pressed(&mut scene, KeyCode::Char('+')), None);
    assert!((scene.level().db() + 30.0).abs() < 1e-9);
    assert_eq!(pressed(&mut scene, KeyCode::Char('-')), Some(Wish::Quieter(3)));
    assert!((scene.level().db() + 33.0).abs() < 1e-9);
    assert_eq!(pressed(&mut scene, KeyCode::Char('+')), Some(Wish::Quieter(0)));
    for _ in 0..100 {
        pressed(&mut scene, KeyCode::Char('-'));
    }
    assert!((scene.level().db() + 60.0).abs() < 1e-9);
}

#[test]
fn no_more_is_remembered_however_long_it_is_watched() {
    let mut scene = scene(TraceKind::Response, None);
    sweeps(&mut scene, 4.0, 500);
    assert_eq!((scene.history.len(), scene.last.as_ref().unwrap().sweep), (80, 500));
}

/// A single sweep of a train on the closed headphone, and the train.
fn take(wiring: Wiring) -> (Train, crate::model::Recording) {
    struct First(crate::measure::Cutter, Option<crate::model::Recording>);
    impl Observer for First {
        fn notice(&mut self, event: crate::measure::Event) -> crate::measure::Flow {
            Unwatched.notice(event)
        }
        fn captured(&mut self, block: crate::measure::Block<'_>) {
            let cuts = self.0.push(block);
            self.1 = self.1.take().or(cuts.into_iter().next().map(|cut| cut.take));
        }
    }
    let train = Train::of(&plan::load("monitor").unwrap(), 2).unwrap();
    let placement = Placement::new("fresh", 1, 1);
    let mut rig = SimulatedRig::new(preset("closed-38").unwrap(), wiring, placement).unwrap();
    let mut first = First(train.cutter(rig.identity(), 0), None);
    rig.exchange(train.stimulus(), &mut first).unwrap();
    (train, first.1.unwrap())
}

/// From the last captured frame of a sweep to its picture, in milliseconds: median of many.
fn from_capture_to_picture_ms(kind: TraceKind) -> f64 {
    let jig = Jig::with_resistor(Resistance::new(100.0).unwrap());
    let wiring = match kind {
        TraceKind::Response => Wiring::Coupler,
        TraceKind::Impedance => Wiring::SenseResistor(jig.topology),
    };
    let (train, take) = take(wiring);
    let analysis = *plan::load("monitor").unwrap().analysis();
    let mut analyser = Analyser::new(train.single().clone(), analysis, Inverse::OfSamples).unwrap();
    let channels: ChannelMap = match kind {
        TraceKind::Response => "reference=1,microphone=2".parse().unwrap(),
        TraceKind::Impedance => "reference=1,sense=2".parse().unwrap(),
    };
    let mut scene = scene(kind, None);
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
    let mut once = |at_s| {
        let takes = std::slice::from_ref(&take);
        let analysed = match kind {
            TraceKind::Response => analyser.response(takes, &channels).unwrap(),
            TraceKind::Impedance => analyser.impedance(takes, &channels, &jig, None).unwrap(),
        };
        assert!(!matches!(analysed.outcome, Outcome::Refused(_)), "{:?}", analysed.findings);
        scene.hear(Heard { analysed, at_s });
        terminal.draw(|frame| draw(frame, &scene)).unwrap();
    };
    once(0.0);
    #[expect(clippy::disallowed_methods, reason = "this is a measurement of time")]
    let mut times: Vec<f64> = (1..=21)
        .map(|k| {
            let start = Instant::now();
            once(f64::from(k));
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    times[10]
}

#[test]
fn a_sweep_is_a_picture_before_anybody_sees_that_it_was_not() {
    /// Of 150 ms after the sweep has ended: its take is 25 ms longer, 40 ms may pass until what
    /// was captured is handed over, 10 ms until the view looks for it.
    const LEFT_MS: f64 = 75.0;
    let took_ms = from_capture_to_picture_ms(TraceKind::Response);
    assert!(took_ms < LEFT_MS, "{took_ms} ms");
    // An impedance has a circuit fitted to it, which takes its time without optimisation.
    println!("an impedance: {:.1} ms", from_capture_to_picture_ms(TraceKind::Impedance));
}
