//! Files that other people made, read in place where they are at hand.
//!
//! `CANSWEEP_REAL_DATA` names the folder that holds them; without it, `../shared/data` beside the
//! project is looked for, and where that is absent each test says so and passes.

use std::fs;
use std::path::{Path, PathBuf};

use cansweep::model::SampleFormat;
use cansweep::store::wav::{self, Shortfall, WavRead};

/// The folder of real files, or a printed reason why the test is skipped.
fn real_data(set: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CANSWEEP_REAL_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let folder = root.join(set);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no real data in '{}' (set CANSWEEP_REAL_DATA)", folder.display());
    None
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|has| has == extension));
    found.sort();
    found
}

mod wav_files {
    use super::*;

    #[test]
    fn every_odd_wav_file_is_read_or_refused_with_a_reason() {
        for set in ["wav-hound", "wav-hound/fuzz", "wav-scipy"] {
            let Some(folder) = real_data(set) else { return };
            for path in files(&folder, "wav") {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                match wav::read(&path) {
                    Ok(WavRead { recording, truncated }) => println!(
                        "{name}: {} × {} {} {} {truncated:?} {:?}",
                        recording.channels(),
                        recording.frames(),
                        recording.rate(),
                        recording.format(),
                        recording.samples().row(0).iter().take(4).collect::<Vec<_>>(),
                    ),
                    Err(error) => println!("{name}: {error}"),
                }
            }
        }
    }
}

mod curve_files {
    use super::*;
    use cansweep::store::curve;

    #[test]
    fn all() {
        for set in [
            "htangl-hd650-pads",
            "htangl-series-resistor",
            "massiveadam-seal-glasses-position",
            "danque62-hd600-t90-pads",
            "antdroid-pads",
            "crinacle-reseats",
            "export-dialects",
            "ryu-f144",
            "knowles-ba-traces",
            "autoeq-oratory1990",
            "autoeq-oratory1990/targets",
            "mic-and-card-calibration/drc-fir",
            "mic-and-card-calibration/impulcifer",
            "mic-and-card-calibration/mataa",
            "mic-and-card-calibration/openrefmic",
            "mic-and-card-calibration/resonalyze",
            "impulcifer-demo",
            "opra-eq",
        ] {
            let Some(folder) = real_data(set) else { return };
            for ext in ["txt", "csv", "zma", "frd", "json"] {
                for path in files(&folder, ext) {
                    match curve::read(&path) {
                        Ok(f) => {
                            let (n, a, b): (usize, (f64, f64), (f64, f64)) = match f.trace() {
                                cansweep::model::Trace::Response(p) => (
                                    p.magnitude().grid().len(),
                                    p.magnitude().points().next().unwrap(),
                                    p.magnitude().points().last().unwrap(),
                                ),
                                cansweep::model::Trace::Impedance(p) => (
                                    p.magnitude().grid().len(),
                                    p.magnitude().points().next().unwrap(),
                                    p.magnitude().points().last().unwrap(),
                                ),
                            };
                            println!(
                                "{set}/{}: '{}' {:?} {:?} traces {} rows {n} {a:?} {b:?} phase {:?} {:?} {:?}",
                                path.file_name().unwrap().to_string_lossy(),
                                f.name,
                                f.format,
                                f.trace().kind(),
                                f.traces().len(),
                                f.trace().phase().map(|p| p.values()[0]),
                                f.drive,
                                f.assumptions
                            );
                        }
                        Err(e) => println!("{set}/{e}"),
                    }
                }
            }
        }
    }
}
