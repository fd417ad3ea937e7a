//! A dynamic or planar headphone on a coupler: coil, diaphragm, cup, pads and leaks.
//!
//! One volume in front of the diaphragm, one behind it (or the open air), air ways between and
//! out of them. It holds up to about 1 kHz; above, the way to the microphone
//! ([`EarSection`](super::ear::EarSection)) does the rest.

use num_complex::Complex64;
use serde::{Deserialize, Serialize};

use super::acoustics::{AIR_STIFFNESS, Leak, total_admittance};
use super::check::{Check, ScenarioError};

/// The electrical and mechanical parameters of a driver.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Driver {
    /// Resistance of the voice coil at DC.
    pub voice_coil_ohm: f64,
    /// Magnitude of the lossy inductance at 1 kHz.
    pub inductance_at_1_khz_ohm: f64,
    /// Exponent of the lossy inductance, 0 to 1: it grows as fⁿ at a phase of n·90° (Leach 2002).
    pub inductance_exponent: f64,
    /// Force factor Bl, in T·m.
    pub force_factor_t_m: f64,
    /// Moving mass.
    pub mass_g: f64,
    /// Compliance of the suspension.
    pub compliance_mm_per_n: f64,
    /// Mechanical damping, in N·s/m.
    pub damping_n_s_per_m: f64,
    /// Area of the diaphragm.
    pub area_cm2: f64,
}

/// What lies behind the diaphragm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Rear {
    /// A cup.
    Closed {
        /// Volume of the cup.
        volume_cm3: f64,
        /// Air ways from the cup to the outside.
        #[serde(default)]
        vents: Vec<Leak>,
    },
    /// The open air, behind a mesh or felt.
    Open {
        /// Flow resistance in Pa·s/m³.
        resistance_pa_s_per_m3: f64,
        /// Acoustic mass in kg/m⁴.
        mass_kg_per_m4: f64,
    },
}

/// A headphone, sitting as its maker meant it to sit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Headphone {
    /// The driver.
    pub driver: Driver,
    /// Volume between diaphragm, pad and coupler.
    pub front_volume_cm3: f64,
    /// Air ways through and under the pads.
    pub pads: Vec<Leak>,
    /// Air ways from the front volume into the rear one.
    #[serde(default)]
    pub baffle: Vec<Leak>,
    /// What lies behind.
    pub rear: Rear,
}

/// A headphone in one seating: what the seating changed is applied.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seated {
    pub(super) headphone: Headphone,
    pub(super) front: Front,
    /// Factor on the admittance of the pads.
    pub(super) pad_factor: f64,
    /// Further leaks of the state, such as a gap at the temple of a pair of glasses.
    pub(super) extra: Vec<Leak>,
    /// Factor on their admittance.
    pub(super) extra_factor: f64,
}

/// What is in front of the diaphragm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Front {
    /// A head or a coupler, with the pads around it.
    Covered,
    /// The free air.
    FreeAir,
}

/// How a headphone answers at one frequency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Answer {
    /// Electrical impedance in ohms.
    pub(super) impedance: Complex64,
    /// Pressure in the front volume, in pascals per volt across the headphone.
    pub(super) pressure_per_volt: Complex64,
}

impl Driver {
    /// The impedance of the blocked coil: `Re + Z₁·(jf/1 kHz)ⁿ`.
    fn blocked_impedance(&self, frequency_hz: f64) -> Complex64 {
        let n = self.inductance_exponent;
        let size = self.inductance_at_1_khz_ohm * (frequency_hz / 1e3).powf(n);
        self.voice_coil_ohm + Complex64::from_polar(size, n * std::f64::consts::FRAC_PI_2)
    }

    /// The mechanical impedance without air, in N·s/m: `Rms + jω·Mms + 1/(jω·Cms)`.
    fn mechanical_impedance(&self, omega: f64) -> Complex64 {
        let mass = omega * self.mass_g * 1e-3;
        let spring = 1.0 / (omega * self.compliance_mm_per_n * 1e-3);
        Complex64::new(self.damping_n_s_per_m, mass - spring)
    }
}

impl Rear {
    fn admittance(&self, frequency_hz: f64) -> Complex64 {
        let omega = std::f64::consts::TAU * frequency_hz;
        match self {
            Self::Closed { volume_cm3, vents } => {
                compliance(*volume_cm3, omega) + total_admittance(vents, frequency_hz)
            }
            Self::Open { resistance_pa_s_per_m3, mass_kg_per_m4 } => {
                Complex64::new(*resistance_pa_s_per_m3, omega * mass_kg_per_m4).inv()
            }
        }
    }
}

/// The acoustic admittance `jωV/(γP₀)` of a volume.
fn compliance(volume_cm3: f64, omega: f64) -> Complex64 {
    Complex64::new(0.0, omega * volume_cm3 * 1e-6 / AIR_STIFFNESS)
}

/// Admittance of the free air before a diaphragm, in m³/(Pa·s): next to every volume and leak it
/// lets everything out.
const FREE_AIR: f64 = 1e6;

impl Seated {
    /// Impedance and pressure at a frequency above zero.
    ///
    /// The diaphragm pumps a volume velocity `U` from the rear node into the front node:
    ///
    /// ```text
    /// | Yf+Yb   −Yb  | | pf |   |  U |        Za = (pf − pr)/U
    /// |  −Yb   Yr+Yb | | pr | = | −U |        Zm = Rms + jωMms + 1/(jωCms) + Sd²·Za
    ///                                         Ze = Z_coil + (Bl)²/Zm,   v/V = Bl/(Ze·Zm)
    /// ```
    ///
    /// Yf, Yr, Yb: admittance of the front volume with pads and leaks, of the rear, and of the
    /// ways between them (Beranek & Mellow 2012, chapters 3 and 4; Poldy 2006).
    pub(super) fn answer(&self, frequency_hz: f64) -> Answer {
        let Headphone { driver, front_volume_cm3, pads, baffle, rear } = &self.headphone;
        let omega = std::f64::consts::TAU * frequency_hz;
        let front = match self.front {
            // The mass of the air that moves along belongs to the stated moving mass.
            Front::FreeAir => Complex64::new(FREE_AIR, 0.0),
            Front::Covered => {
                compliance(*front_volume_cm3, omega)
                    + self.pad_factor * total_admittance(pads, frequency_hz)
                    + self.extra_factor * total_admittance(&self.extra, frequency_hz)
            }
        };
        let rear = rear.admittance(frequency_hz);
        let between = total_admittance(baffle, frequency_hz);
        // Solved by hand; the determinant is (Yf+Yb)(Yr+Yb) − Yb².
        let determinant = front * rear + between * (front + rear);
        let (front_per_flow, rear_per_flow) = (rear / determinant, -front / determinant);

        let area = driver.area_cm2 * 1e-4;
        let load = area * area * (front_per_flow - rear_per_flow);
        let mechanical = driver.mechanical_impedance(omega) + load;
        let force_factor = driver.force_factor_t_m;
        let motional = force_factor * force_factor / mechanical;
        let impedance = driver.blocked_impedance(frequency_hz) + motional;
        let velocity_per_volt = force_factor / (impedance * mechanical);
        Answer { impedance, pressure_per_volt: front_per_flow * area * velocity_per_volt }
    }
}

impl Headphone {
    pub(super) fn check(&self) -> Result<(), ScenarioError> {
        let driver = &self.driver;
        let check = Check::of("headphone.driver");
        check.positive(&[
            ("voice_coil_ohm", driver.voice_coil_ohm),
            ("force_factor_t_m", driver.force_factor_t_m),
            ("mass_g", driver.mass_g),
            ("compliance_mm_per_n", driver.compliance_mm_per_n),
            ("area_cm2", driver.area_cm2),
        ])?;
        check.not_negative(&[
            ("inductance_at_1_khz_ohm", driver.inductance_at_1_khz_ohm),
            ("damping_n_s_per_m", driver.damping_n_s_per_m),
        ])?;
        // An exponent above one would be a negative resistance.
        let exponent = ("inductance_exponent", driver.inductance_exponent);
        check.within(exponent, (0.0, 1.0), "from 0 to 1")?;
        let check = Check::of("headphone");
        check.positive(&[("front_volume_cm3", self.front_volume_cm3)])?;
        check_leaks("headphone.pads", &self.pads)?;
        check_leaks("headphone.baffle", &self.baffle)?;
        match &self.rear {
            Rear::Closed { volume_cm3, vents } => {
                check.positive(&[("rear.volume_cm3", *volume_cm3)])?;
                check_leaks("headphone.rear.vents", vents)
            }
            Rear::Open { resistance_pa_s_per_m3, mass_kg_per_m4 } => {
                check.positive(&[("rear.resistance_pa_s_per_m3", *resistance_pa_s_per_m3)])?;
                check.not_negative(&[("rear.mass_kg_per_m4", *mass_kg_per_m4)])
            }
        }
    }
}

pub(super) fn check_leaks(key: &str, leaks: &[Leak]) -> Result<(), ScenarioError> {
    leaks.iter().try_for_each(|leak| leak.check(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn driver() -> Driver {
        Driver {
            voice_coil_ohm: 32.0,
            inductance_at_1_khz_ohm: 0.5,
            inductance_exponent: 0.6,
            force_factor_t_m: 2.0,
            mass_g: 0.3,
            compliance_mm_per_n: 10.0,
            damping_n_s_per_m: 0.1,
            area_cm2: 10.0,
        }
    }

    /// A headphone whose air hardly weighs on the diaphragm: a wide-open cup on both sides.
    fn in_free_air() -> Seated {
        let open = Leak::Foam { resistance_pa_s_per_m3: 1.0, mass_kg_per_m4: 0.0 };
        seated(vec![open], Rear::Open { resistance_pa_s_per_m3: 1.0, mass_kg_per_m4: 0.0 })
    }

    fn seated(pads: Vec<Leak>, rear: Rear) -> Seated {
        let headphone =
            Headphone { driver: driver(), front_volume_cm3: 35.0, pads, baffle: vec![], rear };
        let front = Front::Covered;
        Seated { headphone, front, pad_factor: 1.0, extra: vec![], extra_factor: 1.0 }
    }

    fn closed(pads: Vec<Leak>) -> Seated {
        seated(pads, Rear::Closed { volume_cm3: 25.0, vents: vec![] })
    }

    fn peak_hz(headphone: &Seated) -> f64 {
        let grid = (0..8000).map(|k| 20.0 * (f64::from(k) / 1000.0).exp2());
        let size = |f: &f64| headphone.answer(*f).impedance.re;
        grid.max_by(|a, b| size(a).total_cmp(&size(b))).unwrap()
    }

    #[test]
    fn in_free_air_the_impedance_peaks_where_mass_and_compliance_cancel() {
        let expected = 1.0 / (std::f64::consts::TAU * (0.3e-3_f64 * 10e-3).sqrt());
        // The grid has 1000 points per octave; the lossy coil moves the peak far less.
        assert!((peak_hz(&in_free_air()) / expected - 1.0).abs() < 2e-3);
    }

    #[test]
    fn off_the_head_the_front_does_not_load_the_diaphragm() {
        let rear = Rear::Open { resistance_pa_s_per_m3: 1.0, mass_kg_per_m4: 0.0 };
        let tight = Leak::Slit { gap_mm: 0.06, width_mm: 200.0, length_mm: 15.0 };
        let hanging = Seated { front: Front::FreeAir, ..seated(vec![tight], rear) };
        assert!((peak_hz(&hanging) / peak_hz(&in_free_air()) - 1.0).abs() < 2e-3);
        let covered = Seated { front: Front::Covered, ..hanging.clone() };
        let left =
            hanging.answer(100.0).pressure_per_volt / covered.answer(100.0).pressure_per_volt;
        assert!(left.norm() < 1e-6);
    }

    #[test]
    fn sealed_volumes_stiffen_the_suspension() {
        let springs: f64 = 1.0 / 10e-3 + 1e-6 * AIR_STIFFNESS * (1.0 / 35e-6 + 1.0 / 25e-6);
        let expected = (springs / 0.3e-3).sqrt() / std::f64::consts::TAU;
        assert!((peak_hz(&closed(vec![])) / expected - 1.0).abs() < 2e-3);
    }

    #[test]
    fn a_sealed_cup_has_the_impedance_of_a_coil_with_one_resonant_circuit() {
        /// Rounding of a handful of operations.
        const ROUNDING: f64 = 1e-12;
        let spring: f64 = 1.0 / 10e-3 + 1e-6 * AIR_STIFFNESS * (1.0 / 35e-6 + 1.0 / 25e-6);
        let (mass, damping, force_factor) = (0.3e-3_f64, 0.1, 2.0_f64);
        // In parallel: R = Bl²/Rms, C = Mms/Bl², L = Bl²/spring; in series: Re + Z₁·(jf/1 kHz)ⁿ.
        let (r, c) = (force_factor.powi(2) / damping, mass / force_factor.powi(2));
        let l = force_factor.powi(2) / spring;
        for f in [20.0, 500.0, 900.0, 5e3] {
            let jw = Complex64::new(0.0, std::f64::consts::TAU * f);
            let coil = 32.0 + 0.5 * (jw / (std::f64::consts::TAU * 1e3)).powf(0.6);
            let expected = coil + (1.0 / r + jw * c + (jw * l).inv()).inv();
            let found = closed(vec![]).answer(f).impedance;
            assert!((found / expected - 1.0).norm() < ROUNDING, "{f} Hz");
        }
    }

    #[test]
    fn at_zero_frequency_only_the_coil_is_left() {
        let z = closed(vec![]).answer(1e-3).impedance;
        // What is left of the lossy inductance, 0.5·(1e-6)^0.6, and of the motion, Bl²·ω·C.
        assert!((z - 32.0).norm() < 1e-3);
    }

    #[test]
    fn a_resistive_leak_falls_six_decibels_per_octave_below_its_corner() {
        let leak = Leak::Foam { resistance_pa_s_per_m3: 1e6, mass_kg_per_m4: 0.0 };
        let (sealed, leaking) = (closed(vec![]), closed(vec![leak]));
        let loss = |f: f64| {
            let ratio = leaking.answer(f).pressure_per_volt / sealed.answer(f).pressure_per_volt;
            20.0 * ratio.norm().log10()
        };
        // The corner 1/(2πRC) lies near 600 Hz: at 10 Hz the slope is complete to (f/f_c)².
        assert!((loss(10.0) - loss(5.0) - 6.02).abs() < 0.01);
    }

    #[test]
    fn the_pressure_of_any_leak_follows_thevenin_from_one_known_leak() {
        /// Two leaks are inferred from a third through a ratio of differences that are as small
        /// as 1e-5 of their terms: 1e-16/1e-5, times ten.
        const IDENTITY: f64 = 1e-9;
        let hole =
            |diameter_mm| Leak::Hole { diameter_mm, length_mm: 10.0, count: 1, mesh_rayl: 0.0 };
        let pressure = |extra: Vec<Leak>, f: f64| {
            let pad = Leak::Slit { gap_mm: 0.06, width_mm: 200.0, length_mm: 15.0 };
            Seated { extra, ..closed(vec![pad]) }.answer(f).pressure_per_volt
        };
        for f in [15.0, 40.0, 100.0, 300.0, 1000.0] {
            let (known, unknown) = (hole(2.0), hole(0.5));
            let sealed = pressure(vec![], f);
            let seen = (sealed / pressure(vec![known], f) - 1.0) / known.admittance(f);
            let found = (sealed / pressure(vec![unknown], f) - 1.0) / seen;
            assert!((found / unknown.admittance(f) - 1.0).norm() < IDENTITY, "{f} Hz");
        }
    }
}
