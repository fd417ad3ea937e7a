//! The electrical way: amplifier, jig, headphone and what the inputs take.

use num_complex::Complex64;

use super::headphone::Answer;
use super::scenario::{Amplifier, Converter, Jig, Parts};
use super::state::Seating;
use crate::model::{ChannelMap, ChannelRole, Ground, OutputTap, Topology};

/// What the two inputs are connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wiring {
    /// Input 1 at the amplifier's output, input 2 the coupler's microphone.
    Coupler,
    /// Inputs 1 and 2 at both ends of the sense resistor's divider; the headphone sits on the
    /// coupler, whose microphone is not captured.
    SenseResistor(Topology),
    /// An amplifier's output with leads to a load. Input 1 at what drives the amplifier, input 2 at
    /// its plug; or both inputs where the tap has them, and the drive is the stimulus.
    Output(OutputTap),
    /// Input 1 at the driven channel's plug contact, input 2 at the idle channel's, their ground
    /// tied where it says. From both contacts leads go to loads of one kind, whose returns share
    /// the amplifier's.
    BothChannels(Ground),
}

/// What is connected to the jig.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Connected {
    /// The headphone on its coupler.
    #[default]
    Headphone,
    /// Nothing.
    Open,
    /// A wire.
    Short,
    /// A resistor of so many ohms.
    Load(f64),
    /// Nothing is measured through the jig: the second input is wired to the first one's place.
    Straight,
}

impl Connected {
    /// A number of its own, for the seeds of its noise.
    pub(super) fn number(self) -> u64 {
        match self {
            Self::Headphone => 0,
            Self::Open => 1,
            Self::Short => 2,
            Self::Load(ohm) => ohm.to_bits(),
            Self::Straight => 3,
        }
    }

    /// Impedance at the end of the leads, in ohms; `None` is an open.
    fn impedance(self, headphone: Complex64) -> Option<Complex64> {
        match self {
            Self::Headphone => Some(headphone),
            Self::Open | Self::Straight => None,
            Self::Short => Some(Complex64::ZERO),
            Self::Load(ohm) => Some(ohm.into()),
        }
    }
}

impl Wiring {
    /// Which input is which.
    #[must_use]
    pub fn channels(self) -> ChannelMap {
        use ChannelRole::{Load, Microphone, Negative, Reference, Sense};
        let (first, second) = match self {
            Self::Coupler => (Reference, Microphone),
            Self::SenseResistor(_) | Self::Output(OutputTap::Plug) | Self::BothChannels(_) => {
                (Reference, Sense)
            }
            Self::Output(OutputTap::Balanced) => (Sense, Negative),
            Self::Output(OutputTap::FourWire) => (Sense, Load),
        };
        ChannelMap::new([(first, 0), (second, 1)])
    }
}

/// The two channels in full scale over the stimulus in full scale, at a frequency above zero,
/// without the delay between playback and capture.
pub(super) fn channels(
    parts: &Parts,
    wiring: Wiring,
    connected: Connected,
    seating: &Seating,
    frequency_hz: f64,
) -> [Complex64; 2] {
    let answer = seating.headphone.answer(frequency_hz);
    let jw = Complex64::new(0.0, std::f64::consts::TAU * frequency_hz);
    let input = parts.converter.input_admittance(jw);
    let source = parts.amplifier.impedance(jw);
    let drive = parts.amplifier.full_scale_v;
    let converter = &parts.converter;
    let (gain_1, gain_2) = (converter.gain(0), converter.gain(1));
    let skew = (-jw * converter.skew_s).exp();
    let [first, second] = match wiring {
        Wiring::Coupler => {
            // Only the loopback loads the output; the microphone has its own preamplifier.
            let leads = parts.jig.leads(jw);
            let load = input + (leads + answer.impedance).inv();
            let output = drive / (1.0 + source * load);
            let at_headphone = output * answer.impedance / (leads + answer.impedance);
            [
                output / converter.full_scale_v,
                at_headphone * to_microphone(parts, seating, answer, frequency_hz),
            ]
        }
        Wiring::Output(tap) => {
            let z = connected.impedance(answer.impedance);
            let volts = tapped(parts, tap, z, jw, input);
            volts.map(|volts: Complex64| volts / converter.full_scale_v)
        }
        Wiring::BothChannels(ground) => {
            let z = connected.impedance(answer.impedance).map(|z| parts.jig.leads(jw) + z);
            parts
                .amplifier
                .contacts(ground, z, jw, input)
                .map(|volts| volts / converter.full_scale_v)
        }
        Wiring::SenseResistor(topology) => {
            let z = connected.impedance(answer.impedance);
            let divider = nodes(&parts.jig, topology, z, jw, input);
            let nodes = match connected {
                Connected::Straight => {
                    let at_source = divider.driven_through(source, 2.0 * input)[0];
                    [at_source; 2]
                }
                _ => divider.driven_through(source, input),
            };
            nodes.map(|ratio| ratio * drive / converter.full_scale_v)
        }
    };
    [first * gain_1, second * gain_2 * skew]
}

/// The voltages at an amplifier's output with a load behind leads, `None` being open.
fn tapped(
    parts: &Parts,
    tap: OutputTap,
    load: Option<Complex64>,
    jw: Complex64,
    input: Complex64,
) -> [Complex64; 2] {
    let (drive, source) = (parts.amplifier.full_scale_v, parts.amplifier.impedance(jw));
    let leads = parts.jig.leads(jw);
    let load = load.map_or(Complex64::ZERO, |z| z.inv());
    match tap {
        OutputTap::Plug => {
            let load = load / (1.0 + leads * load);
            [drive.into(), drive / (1.0 + source * (input + load))]
        }
        OutputTap::FourWire => {
            let at_load = load + input;
            let plug = drive / (1.0 + source * (input + at_load / (1.0 + leads * at_load)));
            [plug, plug / (1.0 + leads * at_load)]
        }
        OutputTap::Balanced => {
            let other = match parts.amplifier.negative_leg_ohm {
                Some(ohm) => source - parts.amplifier.output_resistance_ohm + ohm,
                None => source,
            };
            let load = load / (1.0 + leads * load);
            // Both nodes' currents, with the load between them and an input at each.
            let (a, b) = (1.0 + source * (input + load), 1.0 + other * (input + load));
            let determinant = a * b - source * other * load * load;
            let positive = drive * (b - source * load) / determinant;
            let negative = -drive * (a - other * load) / determinant;
            [positive, negative]
        }
    }
}

/// Full scale of the microphone's channel per volt at the headphone.
fn to_microphone(parts: &Parts, seating: &Seating, answer: Answer, frequency_hz: f64) -> Complex64 {
    let sections = seating.ear.iter().map(|section| section.response(frequency_hz));
    let ear: Complex64 = sections.product();
    answer.pressure_per_volt * ear * seating.gain * parts.microphone.response(frequency_hz)
}

/// The divider behind node 1.
struct Divider {
    /// What the divider takes from node 1, in siemens.
    admittance: Complex64,
    /// Voltage at node 2 over voltage at node 1.
    ratio: Complex64,
}

/// The divider of the sense resistor and what is connected, in either order; `None` is an open.
fn nodes(
    jig: &Jig,
    topology: Topology,
    z: Option<Complex64>,
    jw: Complex64,
    input: Complex64,
) -> Divider {
    /// An open end still has the resistance of its insulation.
    const OPEN_OHM: f64 = 1e15;
    let resistor = Complex64::new(jig.true_resistor_ohm(), 0.0);
    let headphone = z.map_or(OPEN_OHM.into(), |z| jig.leads(jw) + z);
    let (upper, lower) = match topology {
        Topology::HighSide => (resistor, headphone),
        Topology::LowSide => (headphone, resistor),
    };
    // The second input lies across the lower arm.
    let shorted = lower.norm() <= 0.0;
    let lower = if shorted { lower } else { (lower.inv() + input).inv() };
    Divider { admittance: (upper + lower).inv(), ratio: lower / (upper + lower) }
}

impl Divider {
    /// Nodes 1 and 2 over the voltage of a source without load.
    fn driven_through(self, source: Complex64, input: Complex64) -> [Complex64; 2] {
        let first = (1.0 + source * (input + self.admittance)).inv();
        [first, first * self.ratio]
    }
}

impl Amplifier {
    /// The output impedance in ohms.
    fn impedance(&self, jw: Complex64) -> Complex64 {
        let coupled = self.output_capacitor_f.map_or(Complex64::ZERO, |c| (jw * c).inv());
        self.output_resistance_ohm + jw * self.output_inductance_h + coupled
    }

    /// Volts at the inputs at the driven and the idle channel's contact; `z` is the load of each
    /// (`None` is open), `input` the admittance of each input.
    ///
    /// By symmetry: half of the sum of both sources drives both channels alike, through twice the
    /// return; half of their difference drives them against each other, and the return carries
    /// nothing.
    fn contacts(
        &self,
        ground: Ground,
        z: Option<Complex64>,
        jw: Complex64,
        input: Complex64,
    ) -> [Complex64; 2] {
        let source = self.impedance(jw);
        let shared = 2.0 * (self.return_resistance_ohm + jw * self.return_inductance_h);
        let load = z.map_or(Complex64::ZERO, |z| z.inv());
        let own = jw * self.crosstalk_s;
        let [even, odd] = [1.0 + own, 1.0 - own].map(|sum| self.full_scale_v * sum / 2.0);
        let apart = odd / (1.0 + source * (load + input));
        let alike = match ground {
            Ground::Common => even / (1.0 + (source + shared) * (load + input)),
            Ground::Amplifier => {
                let through = load / (1.0 + load * shared);
                even / (1.0 + source * (through + input))
            }
        };
        [alike + apart, alike - apart]
    }
}

impl Jig {
    /// What the sense resistor really has.
    fn true_resistor_ohm(&self) -> f64 {
        self.sense_resistor_ohm * (1.0 + self.sense_resistor_deviation_percent / 100.0)
    }

    /// Impedance of the leads in ohms.
    fn leads(&self, jw: Complex64) -> Complex64 {
        self.lead_resistance_ohm + jw * self.lead_inductance_h
    }
}

impl Converter {
    /// Admittance of one electrical input in siemens.
    fn input_admittance(&self, jw: Complex64) -> Complex64 {
        jw * self.input_capacitance_f + self.input_resistance_ohm.map_or(0.0, f64::recip)
    }

    fn gain(&self, channel: usize) -> f64 {
        10_f64.powf(self.gain_db[channel] / 20.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::Placement;
    use super::super::{Scenario, preset};
    use super::*;

    /// Rounding of a handful of complex operations, amplified at most 1 + Z/R = 7 times.
    const ROUNDING: f64 = 1e-13;
    const FREQUENCIES_HZ: [f64; 4] = [5.0, 86.0, 1e3, 20e3];

    fn ratio(scenario: &Scenario, topology: Topology, frequency_hz: f64) -> Complex64 {
        let wiring = Wiring::SenseResistor(topology);
        let [first, second] = channels(
            scenario.parts(),
            wiring,
            Connected::Headphone,
            &seating(scenario),
            frequency_hz,
        );
        second / first
    }

    fn seating(scenario: &Scenario) -> Seating {
        let state = scenario.state("fresh").unwrap();
        Seating::draw(scenario.parts(), state, &Placement::new("fresh", 1, 1))
    }

    fn headphone(scenario: &Scenario, frequency_hz: f64) -> Complex64 {
        seating(scenario).headphone.answer(frequency_hz).impedance
    }

    fn relative(found: Complex64, expected: Complex64) -> f64 {
        (found - expected).norm() / expected.norm()
    }

    #[test]
    fn the_divider_gives_back_the_headphone_whatever_drives_it() {
        let scenario = preset("open-300").unwrap().ideal();
        let scenario = scenario
            .changed(|parts| {
                parts.amplifier.output_resistance_ohm = 47.0;
                parts.amplifier.output_capacitor_f = Some(100e-6);
            })
            .unwrap();
        let r = scenario.parts().jig.sense_resistor_ohm;
        for f in FREQUENCIES_HZ {
            let z = headphone(&scenario, f);
            let m = ratio(&scenario, Topology::HighSide, f);
            assert!(relative(r * m / (1.0 - m), z) < ROUNDING, "high side, {f} Hz");
            let m = ratio(&scenario, Topology::LowSide, f);
            assert!(relative(r * (1.0 - m) / m, z) < ROUNDING, "low side, {f} Hz");
        }
    }

    #[test]
    fn the_second_input_lies_across_the_headphone_or_across_the_resistor() {
        let scenario = preset("open-300").unwrap().ideal();
        let scenario =
            scenario.changed(|parts| parts.converter.input_resistance_ohm = Some(10e3)).unwrap();
        let (r, input) = (scenario.parts().jig.sense_resistor_ohm, 10e3);
        for f in FREQUENCIES_HZ {
            let z = headphone(&scenario, f);
            let m = ratio(&scenario, Topology::HighSide, f);
            let loaded = (1.0 - m) / (r * m) - 1.0 / input;
            assert!(relative(loaded.inv(), z) < ROUNDING, "high side, {f} Hz");
            let m = ratio(&scenario, Topology::LowSide, f);
            let loaded = r * input / (r + input) * (1.0 - m) / m;
            assert!(relative(loaded, z) < ROUNDING, "low side, {f} Hz");
        }
    }

    #[test]
    fn mismatch_skew_leads_and_a_wrong_resistor_change_the_ratio_as_the_circuit_says() {
        let scenario = preset("closed-38").unwrap().ideal();
        let scenario = scenario
            .changed(|parts| {
                parts.converter.gain_db = [0.0, 0.2];
                parts.converter.skew_s = 0.4e-6;
                parts.jig.lead_resistance_ohm = 0.12;
                parts.jig.lead_inductance_h = 0.6e-6;
                parts.jig.sense_resistor_deviation_percent = 1.0;
            })
            .unwrap();
        for f in FREQUENCIES_HZ {
            let omega = std::f64::consts::TAU * f;
            let z = headphone(&scenario, f) + Complex64::new(0.12, omega * 0.6e-6);
            let turn = Complex64::from_polar(10_f64.powf(0.01), -omega * 0.4e-6);
            let expected = turn * z / (z + 101.0);
            assert!(relative(ratio(&scenario, Topology::HighSide, f), expected) < ROUNDING);
        }
    }

    #[test]
    fn a_shared_return_turns_the_idle_channel_around_and_a_source_before_it_does_not() {
        let scenario = preset("closed-38").unwrap().ideal();
        let scenario = scenario
            .changed(|parts| {
                parts.amplifier.output_resistance_ohm = 4.0;
                parts.amplifier.return_resistance_ohm = 0.3;
                parts.amplifier.return_inductance_h = 0.0;
                parts.amplifier.crosstalk_s = 0.0;
            })
            .unwrap();
        let idle_over_driven = |ground: Ground| {
            let wiring = Wiring::BothChannels(ground);
            let load = Connected::Load(32.0);
            let [driven, idle] = channels(scenario.parts(), wiring, load, &seating(&scenario), 1e3);
            idle / driven
        };
        let common = idle_over_driven(Ground::Common);
        assert!(relative(common, (-0.3_f64 / 36.3).into()) < ROUNDING, "{common}");
        let amplifier = idle_over_driven(Ground::Amplifier);
        let expected = 4.0 * 0.3 / (32.0 * 36.6 + 4.0 * 0.3);
        assert!(relative(amplifier, Complex64::from(expected)) < ROUNDING, "{amplifier}");
    }

    #[test]
    fn a_source_impedance_changes_the_response_by_the_headphones_divider() {
        let change = |f: f64| {
            let [stiff, soft] = [0.0, 120.0].map(|ohm| {
                let scenario = preset("open-300").unwrap().ideal();
                let scenario = scenario.with_output_resistance(ohm).unwrap();
                channels(
                    scenario.parts(),
                    Wiring::Coupler,
                    Connected::Headphone,
                    &seating(&scenario),
                    f,
                )
            });
            // The loopback behind the amplifier sees the same change as the microphone.
            assert!(relative(soft[1] / stiff[1], soft[0] / stiff[0]) < ROUNDING);
            soft[1] / stiff[1]
        };
        let scenario = preset("open-300").unwrap().ideal();
        for f in FREQUENCIES_HZ {
            let z = headphone(&scenario, f);
            assert!(relative(change(f), z / (z + 120.0)) < ROUNDING, "{f} Hz");
        }
    }
}
