//! The simulated rig itself: a stimulus goes in, a recording comes out.

use std::time::Duration;

use ndarray::{Array2, Axis, Slice};
use num_complex::Complex64;
use realfft::FftError;

use super::check::ScenarioError;
use super::converter::Input;
use super::fault::Faults;
use super::prepared::Prepared;
use super::scenario::{Parts, Scenario};
use super::spectral::{Transform, transform_length};
use super::state::{Placement, Purpose, Seating};
use super::wiring::{self, Connected, Wiring};
use crate::measure::{Block, Capabilities, Event, Flow, Observer, Rig, RigError};
use crate::model::{
    ChannelLoad, Completeness, CrosstalkTake, CurveError, FrequencyGrid, Impedance, OutputTap,
    Recording, Response, RigIdentity, RigKind, SampleFormat, Stimulus, TestLoad,
};
use crate::quantity::unit::FullScale;
use crate::quantity::{Level, SampleRate, amplitude_db, amplitude_ratio};

/// A simulated bench with one headphone in one seating.
///
/// The same scenario, wiring, placement and stimulus give the same recording, bit by bit. The
/// truths are those of the bench without its faults.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedRig {
    scenario: Scenario,
    wiring: Wiring,
    connected: Connected,
    placement: Placement,
    seating: Seating,
    real_time: bool,
}

impl SimulatedRig {
    /// A rig with a headphone put on.
    ///
    /// # Errors
    ///
    /// When the scenario has no state of the placement's name.
    pub fn new(
        scenario: Scenario,
        wiring: Wiring,
        placement: Placement,
    ) -> Result<Self, ScenarioError> {
        let state = scenario.state(&placement.state)?;
        let seating = Seating::draw(scenario.parts(), state, &placement);
        let connected = Connected::default();
        Ok(Self { scenario, wiring, connected, placement, seating, real_time: false })
    }

    /// The same rig with something else at the end of its jig's leads. The noise of its takes is
    /// another than that of the headphone's.
    #[must_use]
    pub fn connecting(mut self, connected: Connected) -> Self {
        self.placement.seed = self.placement.seed.wrapping_add(connected.number());
        self.connected = connected;
        self
    }

    /// The same rig, whose exchanges take the time that those of a real one do.
    #[must_use]
    pub fn in_real_time(mut self) -> Self {
        self.real_time = true;
        self
    }

    /// What is simulated.
    #[must_use]
    pub const fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Which input is which.
    #[must_use]
    pub const fn wiring(&self) -> Wiring {
        self.wiring
    }

    /// How the headphone sits.
    #[must_use]
    pub const fn placement(&self) -> &Placement {
        &self.placement
    }

    /// The second channel over the first, both in full scale: what an analysis without error
    /// finds, with the gains of the inputs and their skew.
    ///
    /// # Errors
    ///
    /// When the scenario's numbers are so extreme that a value is not finite.
    pub fn truth_response(&self, grid: &FrequencyGrid) -> Result<Response, CurveError> {
        Response::from_fn(grid.clone(), |frequency_hz| {
            let [first, second] = self.channels(frequency_hz);
            second / first
        })
    }

    /// The second channel over the stimulus, both in full scale, with the delay from playback to
    /// capture at a sample rate.
    ///
    /// # Errors
    ///
    /// When the scenario's numbers are so extreme that a value is not finite.
    pub fn truth_second_channel(
        &self,
        grid: &FrequencyGrid,
        rate: SampleRate,
    ) -> Result<Response, CurveError> {
        Response::from_fn(grid.clone(), |frequency_hz| {
            self.channels(frequency_hz)[1] * self.delay(frequency_hz, rate)
        })
    }

    /// The impedance of the headphone as it sits, without leads.
    ///
    /// # Errors
    ///
    /// When the scenario's numbers are so extreme that a value is not finite.
    pub fn truth_impedance(&self, grid: &FrequencyGrid) -> Result<Impedance, CurveError> {
        Impedance::from_fn(grid.clone(), |frequency_hz| {
            self.seating.headphone.answer(frequency_hz).impedance
        })
    }

    /// The pressure in the front volume over the voltage at the headphone, in pascals per volt:
    /// without amplifier, ear, microphone and converter.
    #[must_use]
    pub fn front_pressure_per_volt(&self, frequency_hz: f64) -> Complex64 {
        self.seating.headphone.answer(frequency_hz).pressure_per_volt
    }

    /// A stimulus on its way through the rig, ready to be captured many times.
    ///
    /// # Errors
    ///
    /// When the stimulus is louder than full scale, or cannot be transformed.
    pub fn prepared(&self, stimulus: &Stimulus) -> Result<Prepared, RigError> {
        self.check_level(stimulus)?;
        let frames = self.frames(stimulus);
        let arriving = self.arriving(stimulus, frames);
        let arriving = arriving.map_err(|error| self.failed(&error.to_string()))?;
        Ok(Prepared::new(self.clone(), stimulus.rate(), frames, arriving))
    }

    fn check_level(&self, stimulus: &Stimulus) -> Result<(), RigError> {
        let peak: Level<FullScale> = Level::from_db(amplitude_db(stimulus.peak()));
        let limit = self.capabilities().level_limit;
        if peak > limit { Err(RigError::TooLoud { peak, limit }) } else { Ok(()) }
    }

    fn channels(&self, frequency_hz: f64) -> [Complex64; 2] {
        let parts = self.scenario.parts();
        wiring::channels(parts, self.wiring, self.connected, &self.seating, frequency_hz)
    }

    fn delay(&self, frequency_hz: f64, rate: SampleRate) -> Complex64 {
        let turns = frequency_hz * self.scenario.parts().converter.delay_samples / rate.as_f64();
        // Whole turns are taken away first: a large angle would lose digits.
        Complex64::cis(-std::f64::consts::TAU * turns.fract())
    }

    /// Frames of the recording of a stimulus: it ends 0.25 s after the delayed stimulus.
    fn frames(&self, stimulus: &Stimulus) -> usize {
        let tail = stimulus.rate().as_f64() / 4.0 + self.scenario.parts().converter.delay_samples;
        stimulus.frames() + tail.ceil() as usize
    }

    /// What arrives at the two inputs without noise and faults: one period, longer than the
    /// recording by a second of silence or more, channels × frames.
    ///
    /// Linear and time-invariant, so it is one product in the frequency domain: exact for a
    /// stimulus below half the sample rate, apart from what rings longer than the silence that
    /// is appended.
    fn arriving(&self, stimulus: &Stimulus, frames: usize) -> Result<Array2<f64>, FftError> {
        let rate = stimulus.rate();
        let length = transform_length(frames + rate.hz() as usize);
        let transform = Transform::of_length(length);
        let spectrum = transform.spectrum(stimulus.samples())?;
        let mut signals = Array2::zeros((2, length));
        let spectra = self.through_the_rig(spectrum, rate, length);
        for (spectrum, mut signal) in spectra.into_iter().zip(signals.rows_mut()) {
            let values = transform.signal(spectrum)?;
            signal.iter_mut().zip(values).for_each(|(out, value)| *out = value);
        }
        Ok(signals)
    }

    /// The spectra at the two inputs, from the spectrum of what is played.
    fn through_the_rig(
        &self,
        mut first: Vec<Complex64>,
        rate: SampleRate,
        length: usize,
    ) -> [Vec<Complex64>; 2] {
        /// The elements have no value at DC, only a limit; this is close to it.
        const LOWEST_HZ: f64 = 1e-3;
        let spacing_hz = rate.as_f64() / length as f64;
        let mut second = first.clone();
        for (k, (first, second)) in first.iter_mut().zip(&mut second).enumerate() {
            let frequency_hz = (k as f64 * spacing_hz).max(LOWEST_HZ);
            let delay = self.delay(frequency_hz, rate);
            let [to_first, to_second] = self.channels(frequency_hz);
            *first *= to_first * delay;
            *second *= to_second * delay;
        }
        [first, second]
    }

    /// The converter's inputs with a seed of their noise.
    pub(super) fn inputs(&self, seed: u64, faults: &Faults) -> [Input; 2] {
        let parts = self.scenario.parts();
        let (electrical, microphone) = (parts.converter.noise(), parts.microphone.noise());
        let second = match self.wiring {
            Wiring::Coupler => electrical.hypot(microphone),
            Wiring::SenseResistor(_) | Wiring::Output(_) | Wiring::BothChannels(_) => electrical,
        };
        let placement = self.seeded(seed);
        let noises =
            if faults.swapped_inputs { [second, electrical] } else { [electrical, second] };
        [0, 1].map(|index| {
            let generator = placement.generator(Purpose::Noise { channel: index as u8 });
            let (noise, bits) = (noises[index], parts.converter.bits);
            let limit = if index == 1 { self.limit_of_current() } else { 1.0 };
            let mut input = Input { noise, generator, bits, offset: 0.0, limit };
            faults.change_input(index, &mut input, (electrical, microphone));
            input
        })
    }

    /// What of full scale an amplifier that limits its current can give to a resistor at its plug.
    fn limit_of_current(&self) -> f64 {
        let Parts { amplifier, converter, .. } = self.scenario.parts();
        match (self.wiring, self.connected, amplifier.current_limit_a) {
            (Wiring::Output(OutputTap::Plug), Connected::Load(ohm), Some(ampere)) => {
                let gain = amplitude_ratio(converter.gain_db[1]);
                (gain * ampere * ohm / converter.full_scale_v).min(1.0)
            }
            _ => 1.0,
        }
    }

    /// The placement with another seed of what is drawn for a take.
    pub(super) fn seeded(&self, seed: u64) -> Placement {
        Placement { seed, ..self.placement.clone() }
    }

    /// Hands a take over block by block until all is done or the observer says stop; gives the
    /// frames handed over.
    fn deliver(&self, take: &Recording, observer: &mut dyn Observer) -> usize {
        /// Blocks in a second: without waiting, and in real time.
        const BLOCKS: [usize; 2] = [4, 25];
        let rate = take.rate();
        let total_s = take.frames() as f64 / rate.as_f64();
        let block = rate.hz() as usize / BLOCKS[usize::from(self.real_time)];
        let mut done = 0;
        for chunk in take.samples().axis_chunks_iter(Axis(1), block) {
            if self.real_time {
                wait_for(chunk.ncols(), rate);
            }
            let channels: Vec<&[f64]> =
                chunk.rows().into_iter().filter_map(|row| row.to_slice()).collect();
            observer.captured(Block { rate, format: take.format(), channels: &channels });
            done += chunk.ncols();
            let done_s = done as f64 / rate.as_f64();
            if observer.notice(Event::Progress { done_s, total_s }) == Flow::Stop {
                break;
            }
        }
        done
    }

    pub(super) fn format(&self) -> SampleFormat {
        self.scenario.parts().converter.bits.map_or(SampleFormat::Float, SampleFormat::Integer)
    }

    pub(super) fn failed(&self, reason: &str) -> RigError {
        RigError::Unusable { device: self.identity().name, reason: reason.to_owned() }
    }
}

impl Rig for SimulatedRig {
    fn connect(&mut self, load: TestLoad) -> bool {
        *self = self.clone().connecting(match load {
            TestLoad::Open => Connected::Open,
            TestLoad::Ohm(resistance) => Connected::Load(resistance.ohm()),
        });
        true
    }

    // Both channels are alike, so either may be the driven one.
    fn connect_both(&mut self, take: CrosstalkTake) -> bool {
        *self = self.clone().connecting(match take.load {
            ChannelLoad::Open => Connected::Open,
            ChannelLoad::Ohm(resistance) => Connected::Load(resistance.ohm()),
            ChannelLoad::Headphone => Connected::Headphone,
        });
        true
    }

    fn put_on(&mut self, state: Option<&str>, seating: u32) -> bool {
        let name = state.unwrap_or(&self.placement.state);
        let placement = Placement::new(name, seating, self.placement.seed);
        let Ok(state) = self.scenario.state(name) else { return false };
        self.seating = Seating::draw(self.scenario.parts(), state, &placement);
        self.placement = placement;
        true
    }

    fn identity(&self) -> RigIdentity {
        let name = format!("sim:{}", self.scenario.name());
        RigIdentity { kind: RigKind::Simulated, name }
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { inputs: 2, rates: Vec::new(), level_limit: Level::from_db(0.0) }
    }

    fn exchange(
        &mut self,
        stimulus: &Stimulus,
        observer: &mut dyn Observer,
    ) -> Result<Recording, RigError> {
        self.check_level(stimulus)?;
        let rate = stimulus.rate();
        let frames = self.frames(stimulus);
        let total_s = frames as f64 / rate.as_f64();
        if observer.notice(Event::Progress { done_s: 0.0, total_s }) == Flow::Stop {
            return Err(RigError::Interrupted);
        }
        let faults = &self.scenario.parts().faults;
        let recording = self.prepared(stimulus)?.take(self.placement.seed, faults)?;
        let captured = self.deliver(&recording, observer);
        observer.notice(Event::Finished);
        if captured == recording.frames() {
            return Ok(recording);
        }
        let samples = recording.samples().slice_axis(Axis(1), Slice::from(..captured)).to_owned();
        let part = Recording::new(recording.rate(), samples, self.format(), self.identity())
            .map_err(|error| self.failed(&error.to_string()))?;
        Ok(part.with_losses(recording.dropped_frames(), Completeness::Interrupted))
    }
}

/// Waits for as long as so many frames last.
#[expect(
    clippy::disallowed_methods,
    reason = "a rig that takes its time has to wait; nothing of its result depends on it"
)]
fn wait_for(frames: usize, rate: SampleRate) {
    std::thread::sleep(Duration::from_secs_f64(frames as f64 / rate.as_f64()));
}

#[cfg(test)]
mod tests {
    use super::super::preset;
    use super::*;
    use crate::measure::Unwatched;
    use crate::model::Band;

    const RATE_HZ: u32 = 48_000;

    fn stimulus(samples: Vec<f64>) -> Stimulus {
        let band = Band { start_hz: 10.0, flat_from_hz: 20.0, flat_to_hz: 20e3, stop_hz: 22e3 };
        Stimulus::single("test", SampleRate::new(RATE_HZ).unwrap(), samples, band).unwrap()
    }

    /// A bell whose spectrum has vanished (e^−π²·8) at half the sample rate.
    fn bell(at: f64) -> f64 {
        (-(at / 4.0).powi(2)).exp()
    }

    fn click() -> Stimulus {
        stimulus((0..RATE_HZ).map(|k| 0.5 * bell(f64::from(k) - 1000.0)).collect())
    }

    fn rig(scenario: Scenario) -> SimulatedRig {
        SimulatedRig::new(scenario, Wiring::Coupler, Placement::new("fresh", 1, 1)).unwrap()
    }

    fn captured(scenario: Scenario, stimulus: &Stimulus) -> Recording {
        rig(scenario).exchange(stimulus, &mut Unwatched).unwrap()
    }

    struct StopAfter(usize);

    impl Observer for StopAfter {
        fn notice(&mut self, _: Event) -> Flow {
            self.0 = self.0.saturating_sub(1);
            if self.0 == 0 { Flow::Stop } else { Flow::Continue }
        }
    }

    #[test]
    fn the_same_placement_and_stimulus_give_the_same_recording_bit_by_bit() {
        let scenario = preset("closed-38").unwrap();
        let once = captured(scenario.clone(), &click());
        assert_eq!(once, captured(scenario.clone(), &click()));
        let placement = Placement::new("fresh", 2, 1);
        let mut other = SimulatedRig::new(scenario, Wiring::Coupler, placement).unwrap();
        assert_ne!(once, other.exchange(&click(), &mut Unwatched).unwrap());
    }

    #[test]
    fn a_delay_of_a_fraction_of_a_sample_is_exact() {
        /// Rounding of a transform, 1e-16·√log₂ N, and the bell's rest at half the rate.
        const TRANSFORM: f64 = 1e-13;
        let delay = 517.37;
        let scenario = preset("open-300").unwrap().ideal();
        let scenario = scenario.with_delay(delay).unwrap().with_output_resistance(0.0).unwrap();
        let gain =
            0.5 * scenario.parts().amplifier.full_scale_v / scenario.parts().converter.full_scale_v;
        let recording = captured(scenario, &click());
        for (k, value) in recording.channel(0).unwrap().iter().enumerate() {
            let expected = gain * bell(k as f64 - 1000.0 - delay);
            assert!((value - expected).abs() < TRANSFORM, "sample {k}");
        }
    }

    #[test]
    fn the_recording_outlasts_the_delayed_stimulus() {
        let recording = captured(preset("open-300").unwrap(), &click());
        assert_eq!(recording.frames(), RATE_HZ as usize + RATE_HZ as usize / 4 + 1235);
        assert_eq!(recording.completeness(), Completeness::Complete);
        assert_eq!(recording.rig().name, "sim:open-300");
        assert_eq!(recording.format(), SampleFormat::Integer(24));
    }

    #[test]
    fn summed_bin_by_bin_the_recording_holds_the_truth() {
        /// What the headphone still rings after the end of the recording, a second later.
        const RINGING: f64 = 1e-5;
        let rig = |wiring| {
            let scenario = preset("closed-38").unwrap().ideal();
            SimulatedRig::new(scenario, wiring, Placement::new("glasses", 1, 1)).unwrap()
        };
        let grid = FrequencyGrid::new(vec![40.0, 100.0, 1000.0, 6000.0]).unwrap();
        for wiring in [Wiring::Coupler, Wiring::SenseResistor(crate::model::Topology::HighSide)] {
            let mut rig = rig(wiring);
            let recording = rig.exchange(&click(), &mut Unwatched).unwrap();
            let at = |channel, f: f64| -> Complex64 {
                let turn = -std::f64::consts::TAU * f / f64::from(RATE_HZ);
                let samples = recording.channel(channel).unwrap();
                let terms = samples.iter().enumerate();
                terms.map(|(k, value)| value * Complex64::cis(turn * k as f64)).sum()
            };
            let truth = rig.truth_response(&grid).unwrap();
            for (&f, &expected) in grid.hz().iter().zip(truth.values()) {
                let found = at(1, f) / at(0, f);
                assert!((found / expected - 1.0).norm() < RINGING, "{wiring:?} {f} Hz");
            }
        }
    }

    #[test]
    fn the_noise_is_as_far_below_full_scale_as_the_scenario_says() {
        let mut samples = vec![0.0; RATE_HZ as usize];
        samples[0] = 1e-9;
        let recording = captured(preset("open-300").unwrap(), &stimulus(samples));
        let noise = recording.channel(0).unwrap();
        let power = noise.iter().map(|v| v * v).sum::<f64>() / noise.len() as f64;
        let range_db = -10.0 * (2.0 * power).log10();
        // Four standard errors of a level from 60000 samples, 8.7 dB/√(2n) each.
        assert!((range_db - 105.0).abs() < 0.1, "{range_db}");
    }

    #[test]
    fn an_input_with_too_much_gain_clips_at_full_scale() {
        let scenario = preset("open-300").unwrap();
        let scenario = scenario.changed(|parts| parts.converter.gain_db = [20.0, 0.0]).unwrap();
        let recording = captured(scenario, &click());
        let highest = recording.channel(0).unwrap().iter().copied().fold(0.0, f64::max);
        assert_eq!(highest.to_bits(), (1.0 - SampleFormat::Integer(24).step()).to_bits());
    }

    #[test]
    fn a_stimulus_above_full_scale_is_refused() {
        let error = rig(preset("open-300").unwrap())
            .exchange(&stimulus(vec![1.1, 0.0]), &mut Unwatched)
            .unwrap_err();
        assert!(matches!(error, RigError::TooLoud { .. }));
    }

    #[test]
    fn a_stop_before_the_beginning_gives_nothing_and_a_later_one_a_shorter_take() {
        let mut rig = rig(preset("open-300").unwrap());
        let nothing = rig.exchange(&click(), &mut StopAfter(1));
        assert_eq!(nothing, Err(RigError::Interrupted));
        let part = rig.exchange(&click(), &mut StopAfter(3)).unwrap();
        assert_eq!(part.completeness(), Completeness::Interrupted);
        assert_eq!(part.frames(), RATE_HZ as usize / 2);
        let whole = rig.exchange(&click(), &mut Unwatched).unwrap();
        let sample = |recording: &Recording| recording.channel(1).unwrap()[20_000].to_bits();
        assert_eq!(sample(&part), sample(&whole));
    }

    /// Keeps every block.
    #[derive(Default)]
    struct Keeper(Vec<Vec<f64>>);

    impl Observer for Keeper {
        fn notice(&mut self, _: Event) -> Flow {
            Flow::Continue
        }

        fn captured(&mut self, block: Block<'_>) {
            assert_eq!(block.format, SampleFormat::Integer(24));
            self.0.resize(block.channels.len(), Vec::new());
            self.0.iter_mut().zip(block.channels).for_each(|(kept, more)| kept.extend(*more));
        }
    }

    #[test]
    fn in_real_time_it_takes_as_long_as_it_lasts_and_every_frame_is_handed_out() {
        let stimulus = stimulus(vec![0.5; RATE_HZ as usize / 10]);
        let rig = rig(preset("open-300").unwrap());
        let expected = rig.clone().exchange(&stimulus, &mut Unwatched).unwrap();
        let mut keeper = Keeper::default();
        #[expect(clippy::disallowed_methods, reason = "the time it takes is what is tested")]
        let begun = std::time::Instant::now();
        let recording = rig.in_real_time().exchange(&stimulus, &mut keeper).unwrap();
        let lasted_s = recording.frames() as f64 / f64::from(RATE_HZ);
        assert!(begun.elapsed().as_secs_f64() >= lasted_s);
        assert_eq!(recording.samples(), expected.samples());
        for (channel, kept) in keeper.0.iter().enumerate() {
            assert_eq!(kept, recording.channel(channel).unwrap());
        }
    }
}
