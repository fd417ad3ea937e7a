//! Files that are missing, empty, cut short, or something else than their name says.

use std::fs;

use crate::bench::{Bench, RATE_HZ, copy_of, stimulus, write_wav};

const LINE: &str = "measure response --plan short.toml --no-figures";

#[test]
fn a_take_that_cannot_be_read_ends_with_5_and_leaves_nothing() {
    let bench = Bench::with_take();
    write_wav(&bench.path("wrong-rate.wav"), 44_100, &[copy_of(stimulus(), 0, 0.5)]);
    write_wav(&bench.path("no-frames.wav"), RATE_HZ, &[Vec::new()]);
    bench.write("zero-bytes.wav", b"");
    bench.write("half-a-header.wav", &fs::read(bench.path("take.wav")).unwrap()[..30]);
    bench.write("words.wav", b"this is not a recording");
    bench.write("flac.wav", b"fLaC\0\0\0\x22 and so on");
    bench.write("nan.wav", &nan_wav(&bench));
    fs::create_dir(bench.path("folder.wav")).unwrap();
    let before = bench.snapshot();
    for (file, reason) in [
        ("missing.wav", "cannot read 'missing.wav'"),
        ("wrong-rate.wav", "recorded at 44100 Hz but the stimulus is made for 48000 Hz"),
        ("no-frames.wav", "the recording is empty"),
        ("zero-bytes.wav", "found an empty file"),
        ("half-a-header.wav", "cannot read"),
        ("words.wav", "expected a WAV file"),
        ("flac.wav", "found FLAC"),
        ("nan.wav", "not a finite number"),
        ("folder.wav", "found a folder"),
        ("short.toml", "expected a WAV file"),
    ] {
        let ran = bench.run(&format!("{LINE} --take {file} -o out --json")).ended(5).says(reason);
        assert_eq!(ran.document()["error"]["exit_code"], 5, "{file}");
        let stimulus = format!("measure response --take take.wav --stimulus {file} -o out");
        bench.run(&stimulus).ended(5);
    }
    assert_eq!(bench.snapshot(), before);
    assert!(bench.leftovers().is_empty(), "{:?}", bench.leftovers());
}

/// The take with one sample that is not a number.
fn nan_wav(bench: &Bench) -> Vec<u8> {
    let mut bytes = fs::read(bench.path("take.wav")).unwrap();
    let middle = bytes.len() / 8 * 4;
    bytes[middle..middle + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    bytes
}

#[test]
fn a_channel_that_the_take_does_not_have_is_named_and_nothing_is_left() {
    let bench = Bench::with_take();
    let before = bench.snapshot();
    bench
        .run(&format!("{LINE} --take take.wav --channels reference=1,microphone=2 -o out"))
        .ended(5)
        .says("microphone should be on channel 2")
        .says("--channels");
    bench
        .run("measure impedance --plan short.toml --take take.wav --sense-resistor 100 -o out")
        .ended(5)
        .says("sense should be on channel 2")
        .says("both sides of the sense resistor");
    assert_eq!(bench.snapshot(), before);
    assert!(bench.leftovers().is_empty(), "{:?}", bench.leftovers());
}

#[test]
fn a_file_that_claims_more_than_it_holds_is_analysed_as_far_as_it_goes() {
    let bench = Bench::with_take();
    let whole = fs::read(bench.path("take.wav")).unwrap();
    // The last half second is silence behind the stimulus.
    bench.write("end-missing.wav", &whole[..whole.len() - 4 * RATE_HZ as usize / 2]);
    bench.run(&format!("{LINE} --take end-missing.wav -o out")).ended(0).says("header claims");
    bench.write("half.wav", &whole[..whole.len() / 2]);
    let ran = bench.run(&format!("{LINE} --take half.wav -o half")).ended(4);
    ran.says("header claims").says("Record from before the stimulus");
}

#[test]
fn a_silent_stimulus_is_none() {
    let bench = Bench::with_take();
    write_wav(&bench.path("silent.wav"), RATE_HZ, &[vec![0.0; 100_000]]);
    let line = "measure response --take take.wav --stimulus silent.wav -o out";
    bench.run(line).ended(5).says("cannot use 'silent.wav' as stimulus");
}

#[test]
fn the_wrong_plan_finds_no_stimulus_or_no_result() {
    let bench = Bench::with_take();
    let ran = bench.run("measure response --take take.wav --plan response -o out --no-figures");
    assert!(matches!(ran.code, Some(4 | 5)), "{:?} {}", ran.code, ran.stderr);
}
