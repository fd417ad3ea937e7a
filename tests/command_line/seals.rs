//! `compare seal`: from simulated sweeps behind a sense resistor to the verdict and its exit code.

use crate::bench::Bench;

/// Impedances of the light closed headphone, a folder for each take.
fn measured(takes: &[(&str, &str, u32)]) -> Bench {
    let bench = Bench::new();
    for (folder, state, seating) in takes {
        let line = format!(
            "measure impedance --rig sim:closed-33 --state {state} --seating {seating} --no-figures \
             --sense-resistor 100 -o {folder}"
        );
        bench.run(&line).ended(0);
    }
    bench
}

const REFERENCES: [(&str, &str, u32); 5] = [
    ("r1", "fresh", 1),
    ("r2", "fresh", 2),
    ("r3", "fresh", 3),
    ("r4", "fresh", 4),
    ("r5", "fresh", 5),
];

#[test]
fn a_headphone_that_was_taken_off_is_found_and_one_that_was_put_on_again_is_not() {
    let others = [("off", "off-head", 1), ("table", "off-head", 2), ("again", "fresh", 6)];
    let takes = [&REFERENCES[..], &others].concat();
    let bench = measured(&takes);
    let line = "compare seal --reference r1,r2,r3,r4,r5 --off-head table";

    let off = bench.run(&format!("{line} --now off -o seal --json")).ended(1).document();
    assert_eq!((&off["kind"], &off["simulated"]), (&"seal".into(), &true.into()));
    let figures = &off["figures"];
    assert_eq!((&figures["verdict"], &figures["experimental"]), (&"off_head".into(), &true.into()));
    assert!(figures["air_load"]["share"].as_f64().unwrap() < 0.35, "{figures}");
    for file in ["seal.json", "seal.csv", "figures/seal.svg", "figures/seal-phone-dark.png"] {
        assert!(bench.path(&format!("seal/{file}")).exists(), "{file}");
    }
    assert!(bench.text("seal/seal.csv").starts_with("# simulated\nfrequency_hz,real_ohm,"));

    let again = bench.run(&format!("{line} --now again")).ended(0);
    let words = again.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in ["Not distinguishable from the reference", "Experimental", "--leak 2mm=FILE"] {
        assert!(words.contains(expected), "{expected}: {}", again.stdout);
    }
    assert!(again.stdout.lines().all(|line| line.chars().count() <= 100), "{}", again.stdout);

    let twice = bench.run("compare seal --reference r1,r2 --now off,off").ended(2);
    twice.says("'off' is given twice");
    let few = bench.run("compare seal --reference r1,r2 --now off").ended(0);
    assert!(few.stdout.contains("No verdict: two reference seatings"), "{}", few.stdout);
}

#[test]
fn what_a_microphone_says_stands_beside() {
    let bench = Bench::new();
    // A resonance at 85 Hz whose height and place scatter, and with a leak another one.
    let impedance = |name: &str, height_ohm: f64, at_hz: f64| {
        let rows = (0..=84).map(|k| {
            let hz = 20.0 * (f64::from(k) / 12.0).exp2();
            let detuned = 2.0 * (hz / at_hz - at_hz / hz);
            let (re, im) = (1.0, -detuned);
            let size = height_ohm / (re * re + im * im);
            let (re, im) = (32.0 + size * re, size * im);
            let text = format!("{hz},{},{}", re.hypot(im), im.atan2(re).to_degrees());
            text
        });
        let rows: Vec<String> = rows.collect();
        let head = "frequency_hz,magnitude_ohm,phase_deg";
        bench.write(name, format!("{head}\n{}\n", rows.join("\n")).as_bytes());
    };
    let response = |name: &str, bass_db: f64| {
        let rows = format!("20,{bass_db}\n100,{bass_db}\n300,0\n1000,0\n10000,1\n");
        bench.write(name, format!("frequency_hz,magnitude_db\n{rows}").as_bytes());
    };
    for (k, scatter) in [-0.7, 0.3, 0.9, -0.4, 0.0].into_iter().enumerate() {
        impedance(&format!("r{k}.csv"), 10.0 + 0.1 * scatter, 85.0);
        response(&format!("m{k}.csv"), 0.2 * scatter);
        response(&format!("n{k}.csv"), 0.2 * scatter - 4.0);
    }
    impedance("leak.csv", 13.0, 70.0);
    impedance("same.csv", 10.02, 85.0);
    let line = "compare seal --reference r0.csv,r1.csv,r2.csv,r3.csv,r4.csv \
                --response-reference m0.csv,m1.csv,m2.csv,m3.csv,m4.csv \
                --response-now n0.csv,n1.csv,n2.csv,n3.csv,n4.csv";
    let words = |line: &str, code: i32| {
        let told = bench.run(line).ended(code).stdout;
        told.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let both = words(&format!("{line} --now leak.csv -o both"), 1);
    let agree = "Both say that it sits otherwise: the microphone finds 4.0 dB of bass lost too.";
    assert!(both.contains(agree), "{both}");
    assert!(both.contains("the bass shelf changes by −4.00 dB"), "{both}");
    assert!(bench.path("both/figures/seal-response.png").exists());
    let document = bench.json("both/seal.json");
    assert!(document["figures"]["acoustic"]["welch_p"].as_f64().unwrap() < 1e-6);
    let apart = words(&format!("{line} --now same.csv"), 0);
    assert!(
        apart.contains("They do not agree: the microphone finds 4.0 dB of bass lost"),
        "{apart}"
    );
}

#[test]
fn an_impedance_without_phase_and_one_that_is_too_narrow_are_refused() {
    let bench = Bench::new();
    bench.write("flat.csv", b"frequency_hz,magnitude_ohm\n20,32\n1000,33\n20000,34\n");
    bench.write("narrow.csv", b"frequency_hz,magnitude_ohm,phase_deg\n100,32,1\n20000,34,2\n");
    let flat = bench.run("compare seal --reference flat.csv --now flat2.csv").ended(5);
    flat.says("the impedance 'flat.csv' has no phase");
    bench.write("narrow2.csv", b"frequency_hz,magnitude_ohm,phase_deg\n100,32,1\n20000,34,2\n");
    let narrow = bench.run("compare seal --reference narrow.csv --now narrow2.csv").ended(5);
    narrow.says("covers 100 Hz to 20000 Hz");
    bench.run("compare seal --reference narrow.csv --now x.csv --leak 2=y").ended(2);
}
