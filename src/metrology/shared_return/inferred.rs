//! The shared return that takes with several loads show, with everything that is uncertain.

use num_complex::Complex64;

use super::{LoadedRatios, SharedAt, SharedReturn, Variances, crosstalk, series};
use crate::metrology::statistics::rectangular;
use crate::model::{
    ChannelLoad, Covariance, CrosstalkBench, CrosstalkTake, CurveError, FrequencyGrid, Ground,
    Impedance, KnownOutput, Response, Side,
};
use crate::quantity::{Uncertain, amplitude_db, amplitude_ratio};

/// What one take gave, over the frequencies of all.
#[derive(Debug, Clone, PartialEq)]
pub struct IdleRatio {
    /// How the channels stood.
    pub stood: CrosstalkTake,
    /// Idle over driven channel.
    pub ratio: Vec<Complex64>,
    /// Covariance of it; absent without repeats and silence.
    pub noise: Option<Vec<Covariance>>,
}

/// Why the takes tell no return.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Untold {
    /// No take has a load of known impedance.
    NoLoad,
    /// The inputs see no more of it than the sources let pass, and those are not known.
    NoSource,
    /// It would be negative.
    Negative {
        /// So many ohms.
        return_ohm: f64,
    },
}

/// For each driven channel the amplifier's own crosstalk, with E|δ|² of it.
type Own = Vec<(Side, Vec<(Complex64, f64)>)>;

/// The return, and the amplifier's own crosstalk.
#[derive(Debug, Clone, PartialEq)]
pub struct Inferred {
    /// The frequencies at which all loads are known.
    grid: FrequencyGrid,
    /// The return.
    pub shared: SharedReturn,
    /// Whether it was found rather than stated.
    pub is_found: bool,
    /// For each driven channel: its own crosstalk, with the variance.
    own: Own,
    source: Vec<Complex64>,
    u_source: Vec<f64>,
}

/// An error that is the same at all frequencies.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Shift {
    Nothing,
    /// Of the gain of the second input over the first.
    Gain,
    /// Of the loads of so many ohms.
    Load(f64),
    /// Of the headphone's impedance.
    Headphone,
    /// Of the output impedance.
    Source,
}

/// What a fit starts from, all on one grid.
struct Fit<'a> {
    grid: FrequencyGrid,
    /// Index of the grid's first frequency among those of the takes.
    before: usize,
    takes: Vec<&'a IdleRatio>,
    bench: &'a CrosstalkBench,
    headphone: Option<Impedance>,
    source: Vec<Complex64>,
    u_source: Vec<f64>,
    /// How many independent values each frequency stands for.
    count: Vec<f64>,
}

/// Standard uncertainty of the gain ratio of the inputs, relative.
#[must_use]
pub fn u_gain(bench: &CrosstalkBench) -> f64 {
    rectangular(amplitude_ratio(bench.gain_match_db.abs()) - 1.0)
}

/// E|δ|² of a complex value.
#[must_use]
pub fn power(covariance: &Covariance) -> f64 {
    (covariance.rr + covariance.ii).max(f64::MIN_POSITIVE)
}

/// The return that takes on a grid tell, or the one that is stated.
///
/// `cells` says how many independent values there are between two frequencies in hertz.
///
/// # Errors
///
/// When they tell none, with the reason.
pub fn inferred(
    whole: &FrequencyGrid,
    taken: &[IdleRatio],
    bench: &CrosstalkBench,
    cells: &dyn Fn(f64, f64) -> f64,
) -> Result<Inferred, Untold> {
    let fit = Fit::of(whole, taken, bench, cells).ok_or(Untold::NoLoad)?;
    let (series, own) = match bench.return_resistance {
        Some(ohm) => {
            let resistance_ohm = Uncertain::new(ohm.ohm(), 0.0);
            (SharedReturn { resistance_ohm, inductance_h: None }, fit.own_of_open())
        }
        None => fit.with_uncertainty()?,
    };
    let Fit { grid, source, u_source, .. } = fit;
    let is_found = bench.return_resistance.is_none();
    Ok(Inferred { grid, shared: series, is_found, own, source, u_source })
}

impl<'a> Fit<'a> {
    fn of(
        whole: &FrequencyGrid,
        taken: &'a [IdleRatio],
        bench: &'a CrosstalkBench,
        cells: &dyn Fn(f64, f64) -> f64,
    ) -> Option<Self> {
        const AUDIBLE_HZ: (f64, f64) = (20.0, 20e3);
        let is_resistor = |take: &&IdleRatio| matches!(take.stood.load, ChannelLoad::Ohm(_));
        let has_resistor = taken.iter().any(|take| is_resistor(&take));
        // A headphone is compared with what resistors tell, if there are any.
        let takes: Vec<&IdleRatio> = (taken.iter())
            .filter(|take| take.stood.load != ChannelLoad::Headphone || !has_resistor)
            .collect();
        let uses_headphone = takes.iter().any(|take| take.stood.load == ChannelLoad::Headphone);
        let headphone = bench.headphones.first().filter(|_| uses_headphone);
        let measured = match &bench.output {
            KnownOutput::Measured(impedance) => Some(impedance),
            _ => None,
        };
        let (mut from_hz, mut to_hz) = AUDIBLE_HZ;
        for impedance in headphone.map(|(_, impedance)| impedance).into_iter().chain(measured) {
            from_hz = from_hz.max(impedance.grid().first_hz());
            to_hz = to_hz.min(impedance.grid().last_hz());
        }
        let grid = whole.within(from_hz, to_hz)?;
        let on_grid = |of: &Impedance| of.resampled_onto(&grid).ok();
        let headphone = match headphone {
            Some((_, impedance)) => Some(on_grid(impedance)?),
            None => None,
        };
        let (source, u_source) = sources(&bench.output, &grid)?;
        let before = whole.hz().partition_point(|&f| f < grid.first_hz());
        let count = counts(grid.hz(), cells);
        Some(Self { grid, before, takes, bench, headphone, source, u_source, count })
    }

    /// The amplifier's own crosstalk as takes without load show it.
    fn own_of_open(&self) -> Own {
        let open = self.takes.iter().filter(|take| take.stood.load == ChannelLoad::Open);
        let of = |take: &&IdleRatio| {
            let values = (0..self.grid.len()).map(|i| {
                let at = self.before + i;
                (take.ratio[at], take.noise.as_ref().map_or(0.0, |noise| power(&noise[at])))
            });
            (take.stood.driven, values.collect())
        };
        open.map(of).collect()
    }

    /// The return with all that is uncertain, and the own crosstalk of each driven channel.
    fn with_uncertainty(&self) -> Result<(SharedReturn, Own), Untold> {
        /// A return that is so many standard uncertainties below zero is none.
        const CERTAIN: f64 = 4.0;
        /// An inductance that is less than so many of its standard uncertainties is not shown.
        const SHOWN: f64 = 3.0;
        if self.bench.ground == Ground::Amplifier && self.bench.output == KnownOutput::Unknown {
            return Err(Untold::NoSource);
        }
        let (found, own) = self.shifted(Shift::Nothing).ok_or(Untold::NoLoad)?;
        let (mut ohm, mut henry) = (found.resistance_ohm, found.inductance_h);
        for shift in self.shifts() {
            let Some((moved, _)) = self.shifted(shift) else { continue };
            let by =
                |a: Uncertain, b: Uncertain| Uncertain::new(a.value, a.u.hypot(b.value - a.value));
            ohm = by(ohm, moved.resistance_ohm);
            henry = henry.zip(moved.inductance_h).map(|(a, b)| by(a, b));
        }
        if ohm.value < -CERTAIN * ohm.u {
            return Err(Untold::Negative { return_ohm: ohm.value });
        }
        let inductance_h = henry.filter(|henry| henry.value.abs() > SHOWN * henry.u);
        Ok((SharedReturn { resistance_ohm: ohm, inductance_h }, own))
    }

    /// Every error that shifts the result as a whole.
    fn shifts(&self) -> Vec<Shift> {
        let mut shifts = vec![Shift::Gain, Shift::Source];
        for take in &self.takes {
            let shift = match take.stood.load {
                ChannelLoad::Ohm(ohm) => Shift::Load(ohm.ohm()),
                ChannelLoad::Headphone => Shift::Headphone,
                ChannelLoad::Open => continue,
            };
            if !shifts.contains(&shift) {
                shifts.push(shift);
            }
        }
        shifts
    }

    /// The fit with one thing off by its standard uncertainty.
    fn shifted(&self, shift: Shift) -> Option<(SharedReturn, Own)> {
        let moved = |(&z, &u): (&Complex64, &f64)| if shift == Shift::Source { z + u } else { z };
        let source: Vec<Complex64> = self.source.iter().zip(&self.u_source).map(moved).collect();
        let (mut hz, mut found, mut count, mut own) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for side in [Side::Left, Side::Right] {
            let ratios = self.ratios(side, shift);
            // A side that was driven without load only tells nothing of the return.
            let Some(of_side) = ratios.solve(self.bench.ground, &source) else { continue };
            if ratios.tells_own() {
                let values = of_side.iter().map(|at: &SharedAt| (at.own, at.own_variance));
                own.push((side, values.collect()));
            }
            hz.extend_from_slice(self.grid.hz());
            count.extend_from_slice(&self.count);
            found.extend(of_side);
        }
        let known = self.takes.iter().all(|take| take.noise.is_some());
        let variances = if known { Variances::Known } else { Variances::Weights };
        let series = (!found.is_empty()).then(|| series(&hz, &found, &count, variances));
        Some((series??, own))
    }

    fn ratios(&self, side: Side, shift: Shift) -> LoadedRatios {
        let gain = if shift == Shift::Gain { 1.0 + u_gain(self.bench) } else { 1.0 };
        let of_side = || self.takes.iter().filter(move |take| take.stood.driven == side);
        let inside = self.before..self.before + self.grid.len();
        let ratio =
            |take: &&IdleRatio| take.ratio[inside.clone()].iter().map(|h| gain * h).collect();
        let variance = |take: &&IdleRatio| {
            let noise = take.noise.as_ref()?;
            Some(noise[inside.clone()].iter().map(power).collect::<Vec<f64>>())
        };
        LoadedRatios {
            ratio: of_side().map(ratio).collect(),
            variance: of_side().map(variance).collect(),
            load: of_side().map(|take| self.load(take, shift)).collect(),
        }
    }

    fn load(&self, take: &IdleRatio, shift: Shift) -> Option<Vec<Complex64>> {
        match take.stood.load {
            ChannelLoad::Open => None,
            ChannelLoad::Ohm(resistance) => {
                let ohm = resistance.ohm();
                let is_off = shift == Shift::Load(ohm);
                let off = rectangular(self.bench.load_tolerance.fraction());
                let ohm = if is_off { ohm * (1.0 + off) } else { ohm };
                Some(vec![ohm.into(); self.grid.len()])
            }
            ChannelLoad::Headphone => {
                let headphone = self.headphone.as_ref()?;
                let is_off = shift == Shift::Headphone;
                Some(if is_off { larger(headphone) } else { headphone.values().to_vec() })
            }
        }
    }
}

impl Inferred {
    /// Whether the amplifier's own crosstalk is known apart from the return.
    #[must_use]
    pub fn own_known(&self) -> bool {
        !self.own.is_empty()
    }

    /// What the return and the amplifier's own crosstalk make of a load, with its uncertainty.
    #[must_use]
    pub fn predicted(&self, ground: Ground, driven: Side, load: &Impedance) -> Option<Response> {
        let grid = self.grid.within(load.grid().first_hz(), load.grid().last_hz())?;
        let before = self.grid.hz().partition_point(|&f| f < grid.first_hz());
        let load = load.resampled_onto(&grid).ok()?;
        let (values, off) = (load.values(), larger(&load));
        let at = |i: usize| self.predicted_at(before + i, ground, driven, (values[i], off[i]));
        let (values, covariance): (Vec<_>, Vec<_>) = (0..grid.len()).map(at).unzip();
        let response: Result<Response, CurveError> = Response::new(grid, values.into());
        response.and_then(|response| response.with_covariance(covariance)).ok()
    }

    fn predicted_at(
        &self,
        i: usize,
        ground: Ground,
        driven: Side,
        (load, off_load): (Complex64, Complex64),
    ) -> (Complex64, Covariance) {
        let own = self.own.iter().find(|(side, _)| *side == driven);
        let (own, own_variance) = own.map_or((Complex64::ZERO, 0.0), |(_, own)| own[i]);
        let (shared, source) = (self.shared.impedance(self.grid.hz()[i]), self.source[i]);
        let of = |shared, load, source| crosstalk(ground, own, shared, Some(load), source);
        let h = of(shared, load, source);
        let u_shared = self.shared.resistance_ohm.u;
        let moved = [
            of(shared + u_shared, load, source),
            of(shared, off_load, source),
            of(shared, load, source + self.u_source[i]),
        ];
        let noise = Covariance::circular((own_variance / 2.0).sqrt());
        let covariance = moved
            .into_iter()
            .fold(noise, |sum, moved| sum.plus(Covariance::radial(moved - h, (moved - h).norm())));
        (h, covariance)
    }

    /// Root mean square, in decibels, of a take over what is predicted for its load; only where
    /// the take is above its noise.
    #[must_use]
    pub fn residual_db(
        &self,
        whole: &FrequencyGrid,
        (taken, above_noise): (&IdleRatio, &[bool]),
        predicted: &Response,
    ) -> Option<f64> {
        let before = whole.hz().partition_point(|&f| f < predicted.grid().first_hz());
        let difference = |(i, expected): (usize, &Complex64)| {
            let at = before + i;
            let db = amplitude_db(taken.ratio[at].norm() / expected.norm());
            (above_noise[at] && db.is_finite()).then_some(db * db)
        };
        let squares: Vec<f64> =
            predicted.values().iter().enumerate().filter_map(difference).collect();
        let mean = squares.iter().sum::<f64>() / squares.len() as f64;
        (!squares.is_empty()).then(|| mean.sqrt())
    }

    /// What is predicted for the load of a take, seen as it was seen; `None` without load.
    #[must_use]
    pub fn of_take(&self, taken: &IdleRatio, bench: &CrosstalkBench) -> Option<Response> {
        let load = match taken.stood.load {
            ChannelLoad::Open => return None,
            ChannelLoad::Ohm(ohm) => {
                Impedance::from_fn(self.grid.clone(), |_| ohm.ohm().into()).ok()?
            }
            ChannelLoad::Headphone => bench.headphones.first()?.1.clone(),
        };
        self.predicted(bench.ground, taken.stood.driven, &load)
    }
}

/// An impedance whose magnitude is larger by its standard uncertainty.
fn larger(impedance: &Impedance) -> Vec<Complex64> {
    let u = impedance.magnitude().u().cloned();
    let of = |(i, z): (usize, &Complex64)| match &u {
        Some(u) if z.norm() > 0.0 => z * (1.0 + u[i] / z.norm()),
        _ => *z,
    };
    impedance.values().iter().enumerate().map(of).collect()
}

/// The output impedance with its standard uncertainty.
fn sources(output: &KnownOutput, grid: &FrequencyGrid) -> Option<(Vec<Complex64>, Vec<f64>)> {
    let same = |ohm: f64, u: f64| (vec![ohm.into(); grid.len()], vec![u; grid.len()]);
    Some(match output {
        KnownOutput::Unknown => {
            let half = KnownOutput::LARGEST_OHM / 2.0;
            same(half, rectangular(half))
        }
        KnownOutput::Ohm(resistance) => same(resistance.ohm(), 0.0),
        KnownOutput::Measured(impedance) => {
            let impedance = impedance.resampled_onto(grid).ok()?;
            let u = impedance.magnitude().u().map_or_else(|| vec![0.0; grid.len()], |u| u.to_vec());
            (impedance.values().to_vec(), u)
        }
    })
}

/// How many independent values each frequency stands for: less than one where the gate resolves
/// less than the grid does.
fn counts(hz: &[f64], cells: &dyn Fn(f64, f64) -> f64) -> Vec<f64> {
    let side = 0.5_f64.exp2();
    let at = |i: usize| {
        let (f, last) = (hz[i], hz.len() - 1);
        let width = (hz[(i + 1).min(last)] - hz[i.saturating_sub(1)]) / 2.0;
        let density = cells(f / side, f * side) / (f * side - f / side);
        (density * width).clamp(f64::MIN_POSITIVE, 1.0)
    };
    (0..hz.len()).map(at).collect()
}
