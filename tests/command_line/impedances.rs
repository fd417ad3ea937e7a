//! `measure impedance`, of a load that is known.

use crate::bench::{Bench, copy_of, numbers, stimulus, worst};

/// The promise of section 4 of the design, of 32 Ω.
const RELATIVE: f64 = 0.0005;
const SENSE_OHM: f64 = 100.0;
const LOAD_OHM: f64 = 32.0;

/// A take with the source on input 1 and a share of it on input 2.
fn bench_with_share(share: f64) -> Bench {
    let bench = Bench::new();
    let gains = [0.8, 0.8 * share];
    bench.write_take("take.wav", &gains.map(|gain| copy_of(stimulus(), 300, gain)));
    bench
}

fn magnitude(bench: &Bench, options: &str) -> Vec<f64> {
    let line = "measure impedance --take take.wav --plan short.toml --no-figures --json";
    let ran = bench.run(&format!("{line} --sense-resistor 100 {options} -o out")).ended(0);
    let document = ran.document();
    assert_eq!(document["kind"], "impedance");
    let figures = &document["figures"];
    for key in ["minimum_ohm", "minimum_hz", "maximum_ohm", "maximum_hz", "at_1khz_ohm"] {
        assert!(figures[key].is_number(), "{key}");
    }
    assert!(figures["resonances"].is_array());
    std::fs::remove_dir_all(bench.path("out")).unwrap();
    numbers(&document["curve"]["magnitude_ohm"])
}

#[track_caller]
fn assert_ohm(found: &[f64], expected: f64) {
    let off = worst(found, expected) / expected;
    assert!(off < RELATIVE, "{off} of {expected} Ω");
}

#[test]
fn a_resistor_behind_the_sense_resistor_is_found() {
    let bench = bench_with_share(LOAD_OHM / (SENSE_OHM + LOAD_OHM));
    assert_ohm(&magnitude(&bench, ""), LOAD_OHM);
    assert_ohm(&magnitude(&bench, "--channels reference=1,sense=2"), LOAD_OHM);
}

#[test]
fn a_resistor_in_front_of_the_sense_resistor_is_found() {
    let bench = bench_with_share(SENSE_OHM / (SENSE_OHM + LOAD_OHM));
    assert_ohm(&magnitude(&bench, "--topology low-side"), LOAD_OHM);
}

#[test]
fn the_input_of_the_sound_card_is_taken_out() {
    const INPUT_OHM: f64 = 10e3;
    let both = LOAD_OHM * INPUT_OHM / (LOAD_OHM + INPUT_OHM);
    let bench = bench_with_share(both / (SENSE_OHM + both));
    assert_ohm(&magnitude(&bench, "--input-resistance 10k"), LOAD_OHM);
    let both = SENSE_OHM * INPUT_OHM / (SENSE_OHM + INPUT_OHM);
    let bench = bench_with_share(both / (both + LOAD_OHM));
    assert_ohm(&magnitude(&bench, "--topology low-side --input-resistance 10k"), LOAD_OHM);
}

#[test]
fn swapped_inputs_and_an_unplugged_headphone_are_noticed() {
    let bench = bench_with_share(LOAD_OHM / (SENSE_OHM + LOAD_OHM));
    let line = "measure impedance --plan short.toml --no-figures --sense-resistor 100";
    bench
        .run(&format!("{line} --take take.wav --channels reference=2,sense=1 -o swapped"))
        .ended(4)
        .says("seem to be swapped");
    let insisting = "--channels reference=2,sense=1 --accept channels-swapped";
    bench
        .run(&format!("{line} --take take.wav {insisting} -o accepted"))
        .ended(0)
        .says("negative real part");
    let bench = bench_with_share(1.0);
    bench.run(&format!("{line} --take take.wav -o open")).ended(4).says("no current flows");
    let bench = bench_with_share(0.999);
    bench
        .run(&format!("{line} --take take.wav -o nearly-open"))
        .ended(4)
        .says("that is an open jig and no headphone");
    bench
        .run(&format!("{line} --take take.wav --accept not-connected -o accepted"))
        .ended(0)
        .says("no current flows");
}

#[test]
fn the_impedance_of_the_simulated_headphone_shows_its_resonance() {
    let bench = Bench::new();
    let line = "measure impedance --rig sim:open-300 --plan response-quick --sense-resistor 100";
    let document = bench.run(&format!("{line} -o out --json")).ended(0).document();
    let resonance = &document["figures"]["resonances"][0];
    assert!((80.0..110.0).contains(&resonance["frequency_hz"].as_f64().unwrap()), "{resonance}");
    assert!(bench.text("out/figures/impedance.svg").contains("simulated"));
}
