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
