//! Circuits simulated by ngspice: an answer that nobody here computed.
//!
//! A test that uses it asks [`is_missing`] first.

#![allow(dead_code, unreachable_pub, reason = "each test uses its own part of this")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use num_complex::Complex64;
use realfft::RealFftPlanner;

/// Points of the drive per sample of the stimulus.
///
/// ngspice joins the points by straight lines, whose images around multiples of the point rate
/// fall back on the signal when it is sampled. With 16 points |Z| of a 300 Ω headphone comes out
/// within 0.05 % up to 20 kHz; smaller steps between the same points do not help.
const POINTS_PER_SAMPLE: usize = 16;

/// A circuit that is driven at the node `in` and read at the nodes `src` and `load`.
#[derive(Debug, Clone)]
pub struct Circuit {
    elements: String,
}

/// Whether ngspice can be run here.
pub fn is_installed() -> bool {
    let mut command = Command::new("ngspice");
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Whether a test has to be skipped because ngspice is not here; says so.
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
pub fn is_missing() -> bool {
    let missing = !is_installed();
    if missing {
        println!("skipped: ngspice is not installed");
    }
    missing
}

/// The impedance between `load` and ground, in ohms, from the voltages at `src` and `load` and
/// the resistor between them.
pub fn impedance(nodes: &[[Complex64; 2]], sense_ohm: f64) -> Vec<Complex64> {
    nodes.iter().map(|[src, load]| sense_ohm * load / (src - load)).collect()
}

impl Circuit {
    /// The circuit of a file with element lines.
    pub fn from_file(path: &Path) -> io::Result<Self> {
        Ok(Self { elements: fs::read_to_string(path)? })
    }

    /// The circuit of element lines.
    pub fn from_text(elements: impl Into<String>) -> Self {
        Self { elements: elements.into() }
    }

    /// The voltages at `src` and `load` for 1 V at `in`, at each frequency.
    pub fn ac(&self, frequencies_hz: &[f64]) -> io::Result<Vec<[Complex64; 2]>> {
        let folder = tempfile::tempdir()?;
        let mut deck = format!("frequency response\n{}\nVin in 0 DC 0 AC 1\n", self.elements);
        deck.push_str(".control\nset numdgt=15\nset appendwrite\n");
        for hz in frequencies_hz {
            // Writing to a text cannot fail.
            let _ = writeln!(deck, "ac lin 1 {hz:e} {hz:e}\nwrdata ac.txt v(src) v(load)");
        }
        deck.push_str(".endc\n.end\n");
        let rows = run(folder.path(), &deck, "ac.txt")?;
        let rows = String::from_utf8_lossy(&rows);
        let nodes: Vec<_> = rows.lines().filter_map(ac_row).collect();
        if nodes.len() != frequencies_hz.len() {
            return Err(io::Error::other(format!("{} rows of ac.txt can be read", nodes.len())));
        }
        Ok(nodes)
    }

    /// The voltages at `src` and `load` for 1 V at `in`, at `count` multiples of a frequency.
    pub fn ac_comb(&self, step_hz: f64, count: usize) -> io::Result<Vec<[Complex64; 2]>> {
        let folder = tempfile::tempdir()?;
        let (elements, stop_hz) = (&self.elements, step_hz * count as f64);
        let deck = format!(
            "frequency response\n{elements}\nVin in 0 DC 0 AC 1\n.control\nset numdgt=15\n\
             ac lin {count} {step_hz:.17e} {stop_hz:.17e}\nwrdata ac.txt v(src) v(load)\n\
             .endc\n.end\n"
        );
        let rows = run(folder.path(), &deck, "ac.txt")?;
        let rows = String::from_utf8_lossy(&rows);
        let nodes: Vec<_> = rows.lines().filter_map(ac_row).collect();
        if nodes.len() != count {
            return Err(io::Error::other(format!("{} rows of ac.txt can be read", nodes.len())));
        }
        Ok(nodes)
    }

    /// The voltages at `src` and `load`, sample by sample, when `in` follows the stimulus, from
    /// the response at every frequency of its transform; it must end in enough silence.
    pub fn filtered(&self, stimulus: &[f64], rate_hz: u32) -> io::Result<[Vec<f64>; 2]> {
        let failed = |error: realfft::FftError| io::Error::other(error.to_string());
        let frames = stimulus.len().next_multiple_of(2);
        let mut planner = RealFftPlanner::<f64>::new();
        let forward = planner.plan_fft_forward(frames);
        let mut padded = stimulus.to_vec();
        padded.resize(frames, 0.0);
        let mut spectrum = forward.make_output_vec();
        forward.process(&mut padded, &mut spectrum).map_err(failed)?;
        let nodes = self.ac_comb(f64::from(rate_hz) / frames as f64, frames / 2)?;
        let inverse = planner.plan_fft_inverse(frames);
        let signal = |node: usize| -> io::Result<Vec<f64>> {
            let mut bins = vec![Complex64::ZERO; spectrum.len()];
            // Neither DC nor half the rate is in a sweep.
            for k in 1..frames / 2 {
                bins[k] = spectrum[k] * nodes[k - 1][node] / frames as f64;
            }
            let mut samples = vec![0.0; frames];
            inverse.process(&mut bins, &mut samples).map_err(failed)?;
            samples.truncate(stimulus.len());
            Ok(samples)
        };
        Ok([signal(0)?, signal(1)?])
    }

    /// The voltages at `src` and `load`, sample by sample, when `in` follows the stimulus (1.0
    /// is 1 V). As long as the stimulus; takes some 6 s for one second at 48 kHz.
    pub fn transient(&self, stimulus: &[f64], rate_hz: u32) -> io::Result<[Vec<f64>; 2]> {
        let folder = tempfile::tempdir()?;
        let step_s = 1.0 / (f64::from(rate_hz) * POINTS_PER_SAMPLE as f64);
        let points = interpolated(stimulus)?;
        let mut drive = BufWriter::new(File::create(folder.path().join("drive.txt"))?);
        for (k, volt) in points.iter().enumerate() {
            writeln!(drive, "{:e} {volt:e}", k as f64 * step_s)?;
        }
        drive.flush()?;
        // The file ends with the last point; the step before it is the last one needed.
        let stop_s = (points.len() - 1) as f64 * step_s;
        let elements = &self.elements;
        let deck = format!(
            "transient\n{elements}\na1 %v([in]) drive\n\
             .model drive filesource (file=\"drive.txt\" amploffset=[0] amplscale=[1]\n\
             + timeoffset=0 timescale=1 timerelative=false amplstep=false)\n\
             .options method=trap\n.control\nset filetype=binary\nsave v(src) v(load)\n\
             tran {step_s:e} {stop_s:e} 0 {step_s:e}\nlinearize v(src) v(load)\n\
             write tran.raw v(src) v(load)\n.endc\n.end\n"
        );
        let rows = raw_rows(&run(folder.path(), &deck, "tran.raw")?)?;
        let sampled = rows.iter().step_by(POINTS_PER_SAMPLE).take(stimulus.len());
        let (src, load) = sampled.map(|[_, src, load]| (src, load)).unzip();
        Ok([src, load])
    }
}

/// Runs a deck and gives back the file it writes.
///
/// ngspice ends with an error when the deck has no `.print`, and with none when an analysis in a
/// `.control` block fails: only the file tells.
fn run(folder: &Path, deck: &str, written: &str) -> io::Result<Vec<u8>> {
    fs::write(folder.join("deck.cir"), deck)?;
    let mut command = Command::new("ngspice");
    let output = command.args(["-b", "deck.cir"]).current_dir(folder).output()?;
    fs::read(folder.join(written)).map_err(|error| {
        let said = String::from_utf8_lossy(&output.stderr);
        io::Error::other(format!("ngspice wrote no {written} ({error}): {said}"))
    })
}

/// Frequency, real and imaginary part of each vector, each with its frequency before it.
fn ac_row(line: &str) -> Option<[Complex64; 2]> {
    let numbers: Vec<f64> = line.split_whitespace().map_while(|n| n.parse().ok()).collect();
    let [_, src_re, src_im, _, load_re, load_im] = numbers.try_into().ok()?;
    Some([Complex64::new(src_re, src_im), Complex64::new(load_re, load_im)])
}

/// The stimulus with more points between its samples, from its spectrum.
fn interpolated(stimulus: &[f64]) -> io::Result<Vec<f64>> {
    let failed = |error: realfft::FftError| io::Error::other(error.to_string());
    // Silence of a tenth keeps the two ends from ringing into each other.
    let short = (stimulus.len() + stimulus.len() / 10 + 1).next_multiple_of(2);
    let long = short * POINTS_PER_SAMPLE;
    let mut planner = RealFftPlanner::<f64>::new();
    let mut padded = stimulus.to_vec();
    padded.resize(short, 0.0);
    let forward = planner.plan_fft_forward(short);
    let mut spectrum = forward.make_output_vec();
    forward.process(&mut padded, &mut spectrum).map_err(failed)?;
    // The bin at half the rate has no place of its own in the longer spectrum.
    spectrum[short / 2] = Complex64::ZERO;
    spectrum.resize(long / 2 + 1, Complex64::ZERO);
    let mut points = vec![0.0; long];
    planner.plan_fft_inverse(long).process(&mut spectrum, &mut points).map_err(failed)?;
    let normal = (short as f64).recip();
    points.truncate(stimulus.len() * POINTS_PER_SAMPLE);
    Ok(points.into_iter().map(|value| value * normal).collect())
}

/// The rows of a binary raw file of three real vectors.
fn raw_rows(bytes: &[u8]) -> io::Result<Vec<[f64; 3]>> {
    const MARK: &[u8] = b"Binary:\n";
    let broken = || io::Error::other("tran.raw is not a binary raw file");
    let at = bytes.windows(MARK.len()).position(|part| part == MARK).ok_or_else(broken)?;
    let (rows, _) = bytes[at + MARK.len()..].as_chunks::<24>();
    let value = |row: &[u8; 24], column: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&row[8 * column..8 * column + 8]);
        f64::from_le_bytes(bytes)
    };
    Ok(rows.iter().map(|row| [value(row, 0), value(row, 1), value(row, 2)]).collect())
}
