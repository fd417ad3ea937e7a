//! Many frequencies at once, without false alarms: the largest t over all of them.
//!
//! Of a hundred frequencies five exceed their 5 % limit by chance. What chance does to the largest
//! of all is seen by shuffling the seatings between the states: if nothing differs, every
//! assignment is as likely as the one that was measured (Westfall and Young 1993; Nichols and
//! Holmes 2002).

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::statistics::{student_t_exceedance, student_t_quantile};
use crate::model::{Limit, Pairing};

/// How often it may be said that something differs where nothing does.
pub const FALSE_ALARMS: f64 = 0.05;

/// How seatings are shuffled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shuffling {
    /// Up to so many different assignments all are made; of more, so many are drawn, the measured
    /// one among them.
    pub most: usize,
    /// Seed of the draw.
    pub seed: u64,
}

/// The difference of two states at many frequencies.
#[derive(Debug, Clone, PartialEq)]
pub struct MaxT {
    /// Mean of the second less mean of the first, at each frequency.
    pub difference: Vec<f64>,
    /// Half width of the band that holds the true difference at all frequencies at once with 95 %.
    /// Where it does not reach zero the states differ.
    pub half_width: Vec<f64>,
    /// Probability that chance alone makes as large a t anywhere.
    pub chance: f64,
    /// Where that comes from.
    pub limit: Limit,
}

/// Compares two states, each given as the levels of its seatings at the same frequencies.
///
/// ```text
/// t = d/e,  e = (s + s₀)·√(1/n_a + 1/n_b)   independent, s the pooled standard deviation
///           e = (s + s₀)/√n                 paired, s that of the changes
/// ```
///
/// `stabiliser`, s₀, is in the unit of the levels: few seatings agree by chance somewhere, and t
/// would be large there. The band is `d ± c·e`; at most one in twenty of the largest |t| exceeds c. As c is taken with the difference still in the seatings it is, if
/// anything, too wide, and it excludes zero exactly where |t| exceeds c.
///
/// `None` of fewer than two seatings, no frequencies, rows of different lengths, and pairs that do
/// not come out even.
#[must_use]
pub fn max_t(
    first: &[Vec<f64>],
    second: &[Vec<f64>],
    pairing: Pairing,
    stabiliser: f64,
    shuffling: Shuffling,
) -> Option<MaxT> {
    let points = first.first()?.len();
    let even = first.iter().chain(second).all(|row| row.len() == points);
    let enough = first.len().min(second.len()) > 1;
    let paired = pairing == Pairing::Paired;
    if points == 0 || !even || !enough || (paired && first.len() != second.len()) {
        return None;
    }
    let test = if paired {
        Test::of_pairs(first, second, stabiliser)
    } else {
        Test::of_groups(first, second, stabiliser)
    };
    Some(test.judged(shuffling))
}

/// Rows that are signed and summed: an assignment gives each row its sign.
struct Test {
    /// Levels about their mean over all seatings, or changes, in rows.
    rows: Vec<Vec<f64>>,
    /// How many rows have the name of the second state as measured; of pairs, all.
    seconds: usize,
    /// Sum of squares of each column.
    squares: Vec<f64>,
    pairing: Pairing,
    stabiliser: f64,
}

impl Test {
    fn of_groups(first: &[Vec<f64>], second: &[Vec<f64>], stabiliser: f64) -> Self {
        // The seconds come first, as they are what an assignment chooses.
        let mut rows: Vec<Vec<f64>> = second.iter().chain(first).cloned().collect();
        let means = column_sums(&rows, |x| x / (first.len() + second.len()) as f64);
        for row in &mut rows {
            row.iter_mut().zip(&means).for_each(|(x, mean)| *x -= mean);
        }
        Self::new(rows, second.len(), Pairing::Independent, stabiliser)
    }

    fn of_pairs(first: &[Vec<f64>], second: &[Vec<f64>], stabiliser: f64) -> Self {
        let change = |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(a, b)| b - a).collect();
        let rows: Vec<Vec<f64>> = first.iter().zip(second).map(change).collect();
        Self::new(rows, first.len(), Pairing::Paired, stabiliser)
    }

    fn new(rows: Vec<Vec<f64>>, seconds: usize, pairing: Pairing, stabiliser: f64) -> Self {
        let squares = column_sums(&rows, |x| x * x);
        Self { rows, seconds, squares, pairing, stabiliser }
    }

    fn judged(&self, shuffling: Shuffling) -> MaxT {
        let measured: Vec<bool> = (0..self.rows.len()).map(|i| i < self.seconds).collect();
        let seen = self.points(&measured);
        let largest = seen.iter().map(|&(d, e)| t(d, e)).fold(0.0, f64::max);
        let count = self.assignments();
        // Mirrored names have the same |t|.
        let alike = if 2 * self.seconds == self.rows.len() || self.is_paired() { 2.0 } else { 1.0 };
        let smallest_chance = alike / count;
        let (critical, chance, limit) = if smallest_chance > FALSE_ALARMS {
            let (critical, chance) = self.student(largest);
            (critical, chance, Limit::Student { smallest_p: smallest_chance })
        } else {
            let all = count <= shuffling.most as f64;
            let maxima =
                if all { self.every_maximum() } else { self.drawn_maxima(&measured, shuffling) };
            let (critical, chance) = quantile_and_chance(maxima, largest);
            let assignments = if all { count as usize } else { shuffling.most.max(1) };
            // Of those drawn only the measured one is sure to be among them.
            let smallest_p = if all { smallest_chance } else { 1.0 / assignments as f64 };
            (critical, chance, Limit::Shuffled { assignments, all, smallest_p })
        };
        let (difference, half_width) = seen.into_iter().map(|(d, e)| (d, critical * e)).unzip();
        MaxT { difference, half_width, chance, limit }
    }

    fn is_paired(&self) -> bool {
        self.pairing == Pairing::Paired
    }

    /// How many assignments there are.
    fn assignments(&self) -> f64 {
        if self.is_paired() {
            return (self.rows.len() as f64).exp2();
        }
        (0..self.seconds)
            .map(|k| (self.rows.len() - k) as f64 / (self.seconds - k) as f64)
            .product::<f64>()
            .round()
    }

    /// Difference and its stabilised standard error at each frequency, if these rows (true) had the
    /// name of the second state.
    fn points(&self, assignment: &[bool]) -> Vec<(f64, f64)> {
        let n = self.rows.len() as f64;
        let mut sums = vec![0.0; self.squares.len()];
        for (row, &second) in self.rows.iter().zip(assignment) {
            // The columns of groups sum to zero, so that one sum gives both means.
            let sign = if second {
                1.0
            } else if self.is_paired() {
                -1.0
            } else {
                0.0
            };
            if sign != 0.0 {
                sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += sign * x);
            }
        }
        let (size, dof, of_means) = if self.is_paired() {
            (1.0 / n, n - 1.0, 1.0 / n)
        } else {
            let seconds = self.seconds as f64;
            let per_sum = 1.0 / seconds + 1.0 / (n - seconds);
            (per_sum, n - 2.0, per_sum)
        };
        let point = |(sum, squares): (f64, &f64)| {
            let variance = (squares - sum * sum * of_means).max(0.0) / dof;
            (sum * size, (variance.sqrt() + self.stabiliser) * of_means.sqrt())
        };
        sums.into_iter().zip(&self.squares).map(point).collect()
    }

    fn maximum(&self, assignment: &[bool]) -> f64 {
        self.points(assignment).into_iter().map(|(d, e)| t(d, e)).fold(0.0, f64::max)
    }

    fn every_maximum(&self) -> Vec<f64> {
        let n = self.rows.len();
        // There are few enough of them for the rows to be counted in bits.
        let all = 0_u64..1 << n.min(63);
        let fits = |bits: &u64| self.is_paired() || bits.count_ones() as usize == self.seconds;
        all.filter(fits)
            .map(|bits| self.maximum(&(0..n).map(|i| bits >> i & 1 == 1).collect::<Vec<_>>()))
            .collect()
    }

    fn drawn_maxima(&self, measured: &[bool], shuffling: Shuffling) -> Vec<f64> {
        let mut random = ChaCha8Rng::seed_from_u64(shuffling.seed);
        let mut assignment = measured.to_vec();
        let mut maxima = vec![self.maximum(measured)];
        for _ in 1..shuffling.most {
            if self.is_paired() {
                for second in &mut assignment {
                    *second = random.next_u64() >> 63 == 1;
                }
            } else {
                for last in (1..assignment.len()).rev() {
                    assignment.swap(last, (random.next_u64() % (last as u64 + 1)) as usize);
                }
            }
            maxima.push(self.maximum(&assignment));
        }
        maxima
    }

    /// Limit of |t| and the probability of the largest, both for all frequencies together.
    fn student(&self, largest: f64) -> (f64, f64) {
        let points = self.squares.len() as f64;
        let dof = (self.rows.len() - if self.is_paired() { 1 } else { 2 }) as f64;
        let critical = student_t_quantile(1.0 - FALSE_ALARMS / (2.0 * points), dof);
        let chance = student_t_exceedance(largest, dof).map(|one| 2.0 * points * one);
        (critical.unwrap_or(f64::INFINITY), chance.unwrap_or(1.0).min(1.0))
    }
}

/// |t|; nothing differs where nothing does.
fn t(difference: f64, error: f64) -> f64 {
    if difference == 0.0 { 0.0 } else { (difference / error).abs() }
}

fn column_sums(rows: &[Vec<f64>], of: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; rows.first().map_or(0, Vec::len)];
    for row in rows {
        sums.iter_mut().zip(row).for_each(|(sum, &x)| *sum += of(x));
    }
    sums
}

/// What one in twenty exceeds at most, and the share that is as large as the measured one.
fn quantile_and_chance(mut maxima: Vec<f64>, measured: f64) -> (f64, f64) {
    /// The same sums in another order.
    const ROUNDING: f64 = 1e-9;
    maxima.sort_by(f64::total_cmp);
    let count = maxima.len();
    let as_large = maxima.iter().filter(|&&t| t >= measured * (1.0 - ROUNDING)).count();
    let beyond = (FALSE_ALARMS * count as f64 * (1.0 + ROUNDING)).floor() as usize;
    let critical = (count.checked_sub(beyond + 1).and_then(|at| maxima.get(at)))
        .map_or(f64::INFINITY, |t| t * (1.0 + ROUNDING));
    (critical, as_large as f64 / count.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use rand_distr::{Distribution, StandardNormal};

    use super::*;

    const ROUNDING: f64 = 1e-9;
    const ALL: Shuffling = Shuffling { most: 5000, seed: 1 };

    /// Seatings `first` to `first + count` of tests/golden/states.py at twelve frequencies.
    fn levels(first: u8, count: u8, shift: f64) -> Vec<Vec<f64>> {
        let level = |i: f64, k: f64| {
            let wave = (1.7 * i + 0.3 * k).sin() + 0.4 * (2.9 * i * (k + 1.0)).cos();
            wave + if k < 4.0 { shift } else { 0.0 }
        };
        let row = |i: u8| (0_u8..12).map(|k| level(f64::from(i), f64::from(k))).collect();
        (first..first + count).map(row).collect()
    }

    fn ts(found: &MaxT, critical: f64) -> f64 {
        let t = |(d, half): (&f64, &f64)| (d / half * critical).abs();
        found.difference.iter().zip(&found.half_width).map(t).fold(0.0, f64::max)
    }

    #[test]
    fn all_assignments_agree_with_numpy() {
        // tests/golden/states.py
        let (a, b) = (levels(0, 4, 0.0), levels(4, 5, -3.0));
        let found = max_t(&a, &b, Pairing::Independent, 0.25, ALL).unwrap();
        assert!((found.chance - 0.007_936_507_937).abs() < ROUNDING, "{}", found.chance);
        let largest = ts(&found, 3.104_734_139_679);
        assert!((largest - 4.370_630_032_914).abs() < 1e-6, "{largest}");
        let smallest_p = 1.0 / 126.0;
        assert_eq!(found.limit, Limit::Shuffled { assignments: 126, all: true, smallest_p });
    }

    #[test]
    fn all_signs_of_pairs_agree_with_numpy() {
        // tests/golden/states.py
        let a = levels(0, 6, 0.0);
        let (lower, other) = (levels(0, 6, -3.0), levels(7, 6, 0.0));
        let mixed = |(x, y): (&Vec<f64>, &Vec<f64>)| {
            x.iter().zip(y).map(|(x, y)| x + 0.3 * y).collect::<Vec<f64>>()
        };
        let b: Vec<Vec<f64>> = lower.iter().zip(&other).map(mixed).collect();
        let found = max_t(&a, &b, Pairing::Paired, 0.1, ALL).unwrap();
        assert!((found.chance - 0.031_25).abs() < ROUNDING, "{}", found.chance);
        let largest = ts(&found, 2.852_329_541_984);
        assert!((largest - 21.482_905_771_6).abs() < 1e-5, "{largest}");
    }

    #[test]
    fn three_seatings_each_cannot_tell_five_percent_by_shuffling() {
        let found = max_t(&levels(0, 3, 0.0), &levels(3, 3, 0.0), Pairing::Independent, 0.25, ALL);
        assert_eq!(found.unwrap().limit, Limit::Student { smallest_p: 0.1 });
        let pairs = max_t(&levels(0, 5, 0.0), &levels(5, 5, 0.0), Pairing::Paired, 0.25, ALL);
        assert_eq!(pairs.unwrap().limit, Limit::Student { smallest_p: 0.0625 });
    }

    #[test]
    fn what_cannot_be_compared_has_no_answer() {
        let two = levels(0, 2, 0.0);
        let ask = |a: &[Vec<f64>], b: &[Vec<f64>], p| max_t(a, b, p, 0.1, ALL).is_none();
        assert!(ask(&levels(0, 1, 0.0), &two, Pairing::Independent));
        assert!(ask(&two, &[], Pairing::Independent) && ask(&[], &two, Pairing::Independent));
        assert!(ask(&two, &levels(0, 3, 0.0), Pairing::Paired));
        assert!(ask(&two, &[vec![0.0], vec![1.0]], Pairing::Independent));
        assert!(ask(&[vec![], vec![]], &[vec![], vec![]], Pairing::Independent));
    }

    #[test]
    fn copies_do_not_differ_and_the_seed_decides_the_draw() {
        let a = levels(0, 8, 0.0);
        let same = max_t(&a, &a, Pairing::Paired, 0.1, ALL).unwrap();
        assert!((same.chance - 1.0).abs() < ROUNDING);
        let draw = |seed| {
            let shuffling = Shuffling { most: 300, seed };
            max_t(&a, &levels(8, 8, 0.4), Pairing::Independent, 0.1, shuffling).unwrap()
        };
        assert_eq!(draw(1), draw(1));
        assert!(draw(1).half_width != draw(2).half_width);
    }

    #[test]
    fn assignments_drawn_say_what_all_of_them_do() {
        // 12,870 assignments of eight and eight seatings; p and limit of 5000 drawn ones err by
        // about 0.3 % and a few percent.
        let (a, b) = (levels(0, 8, 0.0), levels(8, 8, -0.8));
        let ask =
            |most| max_t(&a, &b, Pairing::Independent, 0.1, Shuffling { most, seed: 3 }).unwrap();
        let (all, drawn) = (ask(20_000), ask(5000));
        let smallest_p = 2.0 / 12_870.0;
        assert_eq!(all.limit, Limit::Shuffled { assignments: 12_870, all: true, smallest_p });
        assert_eq!(
            drawn.limit,
            Limit::Shuffled { assignments: 5000, all: false, smallest_p: 2e-4 }
        );
        assert!((all.chance - drawn.chance).abs() < 0.01, "{} {}", all.chance, drawn.chance);
        let ratio = drawn.half_width[0] / all.half_width[0];
        assert!((ratio - 1.0).abs() < 0.03, "{ratio}");
    }

    /// Seatings that differ alike over a quarter of an octave, in decibels as headphones do, on 120
    /// frequencies of ten octaves.
    fn seatings(n: usize, random: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
        let sd_db = |k: usize| 0.3 + 1.5 * (k as f64 / 60.0 - 1.0).powi(2);
        let seating = |random: &mut ChaCha8Rng| -> Vec<f64> {
            let white: Vec<f64> = (0..124).map(|_| StandardNormal.sample(random)).collect();
            let mean = |k: usize| white[k..k + 4].iter().sum::<f64>() / 2.0;
            (0..120).map(|k| sd_db(k) * mean(k)).collect()
        };
        (0..n).map(|_| seating(random)).collect()
    }

    #[test]
    fn where_nothing_differs_one_comparison_in_twenty_says_so() {
        // Seventy assignments of four and four, in mirrored couples, can tell 2.9 % and not 5 %;
        // three and three are judged by Bonferroni, which with the stabiliser is well below.
        const COMPARISONS: u32 = 1000;
        let expected = [(3, 0.0..=0.03), (4, 0.015..=0.045), (5, 0.03..=0.06), (8, 0.03..=0.06)];
        let mut random = ChaCha8Rng::seed_from_u64(7);
        for (n, share) in expected {
            let mut alarms = 0;
            for _ in 0..COMPARISONS {
                let (a, b) = (seatings(n, &mut random), seatings(n, &mut random));
                let stabiliser = if n > 5 { 0.1 } else { 0.25 };
                let shuffling = Shuffling { most: 300, seed: 1 };
                let found = max_t(&a, &b, Pairing::Independent, stabiliser, shuffling).unwrap();
                let pairs = found.difference.iter().zip(&found.half_width);
                let says_so = pairs.into_iter().any(|(d, half)| d.abs() > *half);
                assert_eq!(says_so, found.chance <= FALSE_ALARMS, "{n}");
                alarms += u32::from(says_so);
            }
            println!("n = {n}: {alarms} of {COMPARISONS}");
            assert!(share.contains(&(f64::from(alarms) / f64::from(COMPARISONS))), "{n}: {alarms}");
        }
    }
}
