//! Files that other people made, read in place where they are at hand.
//!
//! `CANSWEEP_REAL_DATA` names the folder that holds them; without it, `../shared/data` beside the
//! project is looked for, and where that is absent each test says so and passes. The figures were
//! read off the files by eye or counted by another program.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what the tests share is test code too")]
#![expect(clippy::print_stdout, reason = "a skipped test says so")]

#[path = "support/real_data.rs"]
#[allow(dead_code, reason = "every test binary uses its own part")]
mod real_data;

use std::fs;
use std::path::{Path, PathBuf};

use cansweep::model::{Curve, SampleFormat, Trace, TraceKind};
use cansweep::quantity::unit::{Decibel, Ohm};
use cansweep::store::curve::{self, CurveFile, CurveFormat, CurveLabel, CurveProblem};
use cansweep::store::wav::{self, Shortfall, WavProblem};

use real_data::folder;

/// The files of a folder whose names end so, in order.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.to_string_lossy().ends_with(end));
    found.sort();
    assert!(!found.is_empty(), "no files *{end} in '{}'", folder.display());
    found
}

fn read(path: &Path) -> CurveFile {
    curve::read(path).unwrap_or_else(|error| panic!("{error}"))
}

fn level(file: &CurveFile) -> &Curve<Decibel> {
    match file.trace() {
        Trace::Response(polar) => polar.magnitude(),
        Trace::Impedance(_) => panic!("'{}' is an impedance", file.name),
    }
}

fn impedance(file: &CurveFile) -> &Curve<Ohm> {
    match file.trace() {
        Trace::Impedance(polar) => polar.magnitude(),
        Trace::Response(_) => panic!("'{}' is a response", file.name),
    }
}

/// What a file of a response is expected to hold.
struct Expected {
    name: &'static str,
    format: CurveFormat,
    rows: usize,
    first: (f64, f64),
    last: (f64, f64),
    phase: Option<f64>,
}

/// Numbers are read as they stand, so they are equal but for the rounding of the reader.
const READING: f64 = 1e-12;

fn assert_point(found: (f64, f64), expected: (f64, f64), path: &Path) {
    let close = |a: f64, b: f64| (a - b).abs() <= READING * b.abs();
    assert!(close(found.0, expected.0), "{}: {found:?}", path.display());
    assert!(close(found.1, expected.1), "{}: {found:?}", path.display());
}

fn assert_holds(folder: &Path, expected: &Expected) {
    let path = folder.join(expected.name);
    let file = read(&path);
    let curve = level(&file);
    assert_eq!(file.format, expected.format, "{}", path.display());
    assert_eq!(curve.grid().len(), expected.rows, "{}", path.display());
    assert_point(curve.points().next().unwrap(), expected.first, &path);
    assert_point(curve.points().next_back().unwrap(), expected.last, &path);
    let phase = file.trace().phase().map(|phase| phase.values()[0]);
    assert_eq!(phase, expected.phase, "{}", path.display());
}

mod curves {
    use super::*;

    #[test]
    fn rew_exports_of_reseats_are_read_and_give_their_authors_means() {
        /// The figures are rounded to a tenth of a decibel.
        const ROUNDED: f64 = 0.051;
        let Some(folder) = folder("htangl-hd650-pads") else { return };
        let shape = |state: &str, hz: f64| {
            let reseats = files(&folder, ".txt")
                .into_iter()
                .map(|path| read(&path))
                .filter(|file| file.name.contains(state) && file.name.contains(") L"));
            let levels: Vec<f64> = reseats
                .map(|file| {
                    assert_eq!(level(&file).grid().len(), 480);
                    level(&file).at(hz).unwrap() - level(&file).at(1000.0).unwrap()
                })
                .collect();
            assert_eq!(levels.len(), 4);
            levels.iter().sum::<f64>() / 4.0
        };
        for (state, hz, mean) in [
            ("New", 25.0, -4.0),
            ("New", 100.0, 1.1),
            ("New", 3000.0, 11.2),
            ("Worn", 25.0, -5.0),
            ("Worn", 100.0, 0.4),
            ("Worn", 3000.0, 10.3),
        ] {
            let found = shape(state, hz);
            assert!((found - mean).abs() < ROUNDED, "{state} at {hz} Hz: {found}");
        }
    }

    #[test]
    fn the_level_of_the_sweep_is_read_from_rews_header() {
        let Some(folder) = folder("htangl-series-resistor") else { return };
        let mut drives: Vec<(String, f64)> = files(&folder, ".txt")
            .iter()
            .map(|path| read(path))
            .map(|file| (file.name.clone(), file.drive.unwrap().db()))
            .collect();
        drives.sort_by(|a, b| a.1.total_cmp(&b.1));
        let levels: Vec<f64> = drives.iter().map(|drive| drive.1).collect();
        assert_eq!(levels, [-35.0, -30.0, -28.0, -23.0, -21.0, -19.0]);
        assert_eq!(drives[5].0, "Aful Explorer (100 Ohm) L");
    }

    #[test]
    fn reseats_of_other_authors_are_read_completely() {
        for (set, end, rows) in [
            ("massiveadam-seal-glasses-position", ".txt", 956..=957),
            ("danque62-hd600-t90-pads", ".txt", 702..=702),
            ("antdroid-pads", ".txt", 239..=239),
            ("crinacle-reseats", ".txt", 480..=480),
        ] {
            let Some(folder) = folder(set) else { return };
            for path in files(&folder, end) {
                let file = read(&path);
                assert!(rows.contains(&level(&file).grid().len()), "{}", path.display());
                assert!((40.0..110.0).contains(&level(&file).at(1000.0).unwrap()));
            }
        }
    }

    #[test]
    fn every_export_dialect_is_read() {
        let Some(folder) = folder("export-dialects") else { return };
        let dialect = |name, format, rows, first, last, phase| {
            assert_holds(&folder, &Expected { name, format, rows, first, last, phase });
        };
        let (rew, text) = (CurveFormat::Rew, CurveFormat::Text);
        dialect(
            "7Hz Eternal R.txt",
            rew,
            479,
            (20.299_999, 80.973),
            (19_750.0, 32.338),
            Some(-178.1344),
        );
        dialect("RikudouGoku.txt", rew, 479, (20.0, 94.449), (19_896.975, 77.52), None);
        let last = (20_000.0, 72.648);
        dialect("Sennheiser HD600 R.txt", rew, 481, (20.0, 76.213), last, Some(-106.2464));
        dialect("64 Audio U12 L.txt", text, 480, (19.5, 73.7), (20_000.0, 48.9), None);
        dialect("AutoEQ Target.txt", text, 695, (20.0, 3.86), (19_955.54, -22.93), None);
        let last = (20_186.382_308, 57.108_434);
        dialect("ISO 11904-2 DF Target.txt", text, 480, (20.0, 56.385_542), last, None);
        let last = (20_186.382_308_152_035, -11.45);
        dialect("KEMAR DF (KB006x) 10dB Tilt Target.txt", text, 480, (20.0, 4.644), last, None);
    }

    #[test]
    fn what_was_assumed_about_a_dialect_is_said() {
        let Some(folder) = folder("export-dialects") else { return };
        let said = |name: &str| read(&folder.join(name)).assumptions.join("; ");
        assert!(said("7Hz Eternal R.txt").contains("windows-1252"));
        assert!(said("RikudouGoku.txt").contains("all zero"));
        assert!(said("AutoEQ Target.txt").contains("no header"));
    }

    #[test]
    fn autoeq_tables_are_read() {
        let Some(folder) = folder("autoeq-oratory1990") else { return };
        let table = |name, first, last| {
            let format = CurveFormat::AutoEq;
            let rows = 695;
            assert_holds(&folder, &Expected { name, format, rows, first, last, phase: None });
        };
        table("Sennheiser HD 650.csv", (20.0, -6.91), (19_955.54, -12.57));
        table("targets/Harman over-ear 2018.csv", (20.0, 3.86), (19_955.54, -22.92));
        table("targets/Harman in-ear 2019.csv", (20.0, 7.61), (19_955.54, -20.61));
        table("targets/Diffuse field ISO 11904-1.csv", (20.0, -4.1), (19_955.54, -6.91));
        let filters = curve::read(&folder.join("Sennheiser HD 650 ParametricEQ.txt"));
        assert!(matches!(filters.unwrap_err().problem, CurveProblem::Equaliser));
    }

    #[test]
    fn calibration_files_are_read_as_curves() {
        let Some(folder) = folder("mic-and-card-calibration") else { return };
        let calibration = |name, rows, first, last, phase| {
            let format = CurveFormat::Text;
            assert_holds(&folder, &Expected { name, format, rows, first, last, phase });
        };
        let last = (22_050.0, -4.92);
        calibration("drc-fir/ecm8000.txt", 125, (20.0, -0.07), last, Some(31.9));
        let last = (20_016.816, -6.296);
        calibration("impulcifer/umik1-7047870.txt", 615, (10.054, -3.9156), last, None);
        let last = (20_000.0, -5.811_116_664);
        let first = (10.0, -0.989_527_417);
        calibration("openrefmic/frequency-response.csv", 264, first, last, None);
        calibration("resonalyze/imm6-calibration.txt", 77, (20.0, -0.5), (20_000.0, 1.5), None);
        let name = "mataa/BEYERDYNAMIC_MM1_14308_MICROPHONE_CSLABS.txt";
        calibration(name, 38, (5.0, -1.85), (25_000.0, 0.23), None);
        let name = "mataa/BEHRINGER_ECM8000_D1303397118_MICROPHONE.txt";
        calibration(name, 100, (82.2387, 0.970_328), (19_435.8, 3.401_49), None);
    }

    #[test]
    fn a_file_with_a_sensitivity_and_no_rows_is_refused_as_such() {
        let Some(folder) = folder("mic-and-card-calibration/mataa") else { return };
        for name in ["BEHRINGER_UMC202HD_HEADPHONEOUT_DAC.txt", "BEHRINGER_UMC202HD_LINEIN_ADC.txt"]
        {
            let error = curve::read(&folder.join(name)).unwrap_err();
            assert!(matches!(error.problem, CurveProblem::NoRows), "{error}");
        }
    }

    #[test]
    fn an_impedance_of_dats_is_read_and_has_its_resonance() {
        let Some(folder) = folder("ryu-f144") else { return };
        let file = read(&folder.join("F144W.zma"));
        let curve = impedance(&file);
        assert_eq!((file.format, curve.grid().len()), (CurveFormat::Dats, 344));
        let (peak_hz, peak_ohm) =
            curve.points().filter(|(f, _)| *f < 1000.0).max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        assert!((peak_hz - 51.2).abs() < 1.5 && (peak_ohm - 189.0).abs() < 1.0);
        assert!(file.trace().phase().is_some());
    }

    #[test]
    fn an_impedance_without_phase_is_known_to_have_none() {
        let Some(folder) = folder("knowles-ba-traces") else { return };
        let file = read(&folder.join("ED_30262.zma"));
        let values = impedance(&file).values();
        assert_eq!(values.len(), 1977);
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = values.iter().copied().fold(0.0, f64::max);
        assert!((lowest - 12.6).abs() < 0.1 && (highest - 209.0).abs() < 0.5);
        assert!(file.trace().phase().is_none());
    }

    #[test]
    fn lists_and_equalisers_in_json_are_no_curves() {
        for set in ["antdroid-pads", "export-dialects", "opra-eq"] {
            let Some(folder) = folder(set) else { return };
            for path in files(&folder, ".json") {
                let error = curve::read(&path).unwrap_err();
                assert!(matches!(error.problem, CurveProblem::Json(_)), "{error}");
            }
        }
    }

    #[test]
    fn a_real_curve_goes_through_every_format_that_can_hold_it() {
        /// Two decimals, the fewest of any format, and what they cost between two frequencies.
        const TWO_DECIMALS: f64 = 0.006;
        let Some(folder) = folder("export-dialects") else { return };
        let file = read(&folder.join("Sennheiser HD600 R.txt"));
        for format in CurveFormat::ALL {
            let label = CurveLabel::named(file.name.clone());
            let Ok(text) = curve::to_text(file.trace(), &label, format) else {
                let of_impedances = [CurveFormat::Zma, CurveFormat::Dats, CurveFormat::Limp];
                assert!(of_impedances.contains(&format), "{format}");
                continue;
            };
            let name = format!("a.{}", if format == CurveFormat::Frd { "frd" } else { "txt" });
            let again = curve::parse(text.as_bytes(), Path::new(&name)).unwrap();
            assert_eq!(again.format, format);
            assert_eq!(level(&again).grid().len(), 481);
            for ((_, a), (_, b)) in level(&file).points().zip(level(&again).points()) {
                assert!((a - b).abs() < TWO_DECIMALS, "{format}: {a} is not {b}");
            }
        }
        assert_eq!(file.trace().kind(), TraceKind::Response);
    }
}

mod recordings {
    use super::*;

    /// Channels, frames, rate, format and the first samples of the first channel.
    type Content = (usize, usize, u32, SampleFormat, &'static [f64]);

    fn assert_content(path: &Path, (channels, frames, rate, format, first): Content) {
        let read = wav::read(path).unwrap_or_else(|error| panic!("{error}"));
        let recording = read.recording;
        assert_eq!(
            (recording.channels(), recording.frames()),
            (channels, frames),
            "{}",
            path.display()
        );
        assert_eq!(
            (recording.rate().hz(), recording.format()),
            (rate, format),
            "{}",
            path.display()
        );
        let start =
            recording.samples().row(0).iter().take(first.len()).copied().collect::<Vec<_>>();
        assert_eq!(start, first, "{}", path.display());
    }

    #[test]
    fn the_files_of_hound_are_read_right() {
        let Some(folder) = folder("wav-hound") else { return };
        let (eight, sixteen) = (SampleFormat::Integer(8), SampleFormat::Integer(16));
        let twenty_four = SampleFormat::Integer(24);
        let small = &[2.0 / 32_768.0, -3.0 / 32_768.0, 5.0 / 32_768.0, -7.0 / 32_768.0];
        let floats = &[2.0, 3.0, -16_411.0, 1019.0];
        let expected: [(&str, Content); 12] = [
            ("nonstandard-01.wav", (2, 1, 48_000, twenty_four, &[0.0])),
            ("pcmwaveformat-16bit-44100Hz-mono-extra.wav", (1, 4, 44_100, sixteen, small)),
            ("pcmwaveformat-16bit-44100Hz-mono.wav", (1, 4, 44_100, sixteen, small)),
            (
                "pcmwaveformat-24bit-4byte-48kHz-stereo.wav",
                (2, 2, 48_000, twenty_four, &[-96.0 / 8_388_608.0, 8_388_607.0 / 8_388_608.0]),
            ),
            ("pcmwaveformat-8bit-44100Hz-mono.wav", (1, 4, 44_100, eight, &[19.0 / 128.0])),
            ("pop.wav", (1, 100, 44_100, sixteen, &[0.0, 2052.0 / 32_768.0])),
            ("waveformatex-16bit-44100Hz-mono-extra.wav", (1, 4, 44_100, sixteen, small)),
            ("waveformatex-16bit-44100Hz-stereo.wav", (2, 4, 44_100, sixteen, &small[..1])),
            ("waveformatex-8bit-11025Hz-mono.wav", (1, 4, 11_025, eight, &[-1.0])),
            (
                "waveformatextensible-24bit-192kHz-mono.wav",
                (1, 4, 192_000, twenty_four, &[-17.0 / 8_388_608.0, 4_194_319.0 / 8_388_608.0]),
            ),
            (
                "waveformatex-ieeefloat-44100Hz-mono.wav",
                (1, 4, 44_100, SampleFormat::Float, floats),
            ),
            (
                "waveformatextensible-ieeefloat-44100Hz-mono.wav",
                (1, 4, 44_100, SampleFormat::Float, floats),
            ),
        ];
        for (name, content) in expected {
            assert_content(&folder.join(name), content);
        }
    }

    #[test]
    fn the_files_of_scipy_are_read_right_or_refused_with_a_reason() {
        let Some(folder) = folder("wav-scipy") else { return };
        let format = SampleFormat::Integer;
        let first = &[0.062_5];
        assert_content(
            &folder.join("test-8000Hz-le-2ch-1byteu.wav"),
            (2, 800, 8000, format(8), first),
        );
        let first = &[-1.0, -0.5, 0.0, 0.5];
        assert_content(
            &folder.join("test-8000Hz-le-3ch-5S-24bit.wav"),
            (3, 5, 8000, format(24), first),
        );
        let first = &[0.0, 1448.0 / 2048.0, 2047.0 / 2048.0];
        assert_content(
            &folder.join("test-8000Hz-le-4ch-9S-12bit.wav"),
            (4, 9, 8000, format(12), first),
        );
        let refusal = |name: &str| wav::read(&folder.join(name)).unwrap_err().problem;
        let slow = refusal("test-1234Hz-le-1ch-10S-20bit-extra.wav");
        assert!(matches!(slow, WavProblem::Rate(_)), "{slow}");
        let law = refusal("test-8000Hz-le-1ch-1byte-ulaw.wav");
        assert!(matches!(law, WavProblem::Coding(_)), "{law}");
        let cut = refusal("test-44100Hz-le-1ch-4bytes-incomplete-chunk.wav");
        assert!(matches!(cut, WavProblem::Damaged(_)), "{cut}");
    }

    #[test]
    fn the_same_samples_come_out_of_riff_rifx_and_rf64() {
        let Some(folder) = folder("wav-scipy") else { return };
        let samples = |name: &str| {
            let read = wav::read(&folder.join(name)).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(read.truncated, None, "{name}");
            read.recording.samples().clone()
        };
        let little = samples("test-44100Hz-le-1ch-4bytes.wav");
        assert_eq!(little.dim(), (1, 4410));
        assert_eq!(little, samples("test-44100Hz-be-1ch-4bytes.wav"));
        assert_eq!(little, samples("test-44100Hz-le-1ch-4bytes-rf64.wav"));
        // The two float files were computed on different machines and differ in the last bit.
        let big = samples("test-44100Hz-2ch-32bit-float-be.wav");
        let floats = samples("test-44100Hz-2ch-32bit-float-le.wav");
        assert!(floats.iter().zip(&big).all(|(a, b)| (a - b).abs() < f64::from(f32::EPSILON)));
    }

    #[test]
    fn a_file_that_ends_early_gives_what_is_there() {
        let Some(folder) = folder("wav-scipy") else { return };
        let read = wav::read(&folder.join("test-44100Hz-le-1ch-4bytes-early-eof.wav")).unwrap();
        let expected = Shortfall { claimed_frames: 4410, found_frames: 236 };
        assert_eq!(read.truncated, Some(expected));
        assert_eq!(read.recording.frames(), 236);
    }

    #[test]
    fn files_that_crash_careless_readers_are_refused() {
        let Some(folder) = folder("wav-hound/fuzz") else { return };
        for path in files(&folder, ".wav") {
            assert!(wav::read(&path).is_err(), "{}", path.display());
        }
    }

    #[test]
    fn captures_are_read_completely() {
        for (set, name, channels, frames, rate, format) in [
            (
                "sid-8580-line-sweeps",
                "bypass-15.wav",
                1,
                672_000,
                48_000,
                SampleFormat::Integer(16),
            ),
            ("impulcifer-demo", "FC.wav", 2, 487_270, 48_000, SampleFormat::Integer(32)),
            ("hifiberry-tannoy", "recording.wav", 1, 529_200, 44_100, SampleFormat::Integer(32)),
        ] {
            let Some(folder) = folder(set) else { return };
            let read = wav::read(&folder.join(name)).unwrap().recording;
            assert_eq!((read.channels(), read.frames()), (channels, frames), "{name}");
            assert_eq!((read.rate().hz(), read.format()), (rate, format), "{name}");
        }
    }
}
