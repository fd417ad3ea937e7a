//! `compare cable`: what cables add, whether two differ, and what cannot be told.

use serde_json::Value;

use crate::bench::Bench;

/// A headphone of 32 Ω with 64 Ω at 100 Hz, two cables with their coils, and an output at both ends
/// of the first.
fn bench() -> Bench {
    let bench = Bench::new();
    let head = "frequency_hz,magnitude_ohm,phase_deg,u_magnitude_ohm,u_phase_deg\n";
    let write = |name: &str, rows: &[&str]| {
        bench.write(name, format!("{head}{}\n", rows.join("\n")).as_bytes());
    };
    write(
        "hd.csv",
        &["20,32,0,0.1,0.2", "100,64,0,0.1,0.2", "1000,32,0,0.1,0.2", "20000,40,45,0.1,0.2"],
    );
    write(
        "stock.csv",
        &["20,0.6,0,0.004,0.4", "1000,0.6,0,0.004,0.4", "20000,0.65,22.6,0.004,0.4"],
    );
    write("silver.csv", &["20,0.2,0,0.004,1", "1000,0.2,0,0.004,1", "20000,0.23,29.5,0.004,1"]);
    write("near.csv", &["20,2,0,0.02,0.5", "1000,2,0,0.02,0.5", "20000,2,0,0.02,0.5"]);
    write("far.csv", &["20,2.6,0,0.004,0.1", "1000,2.6,0,0.004,0.1", "20000,2.6,0,0.004,0.1"]);
    bench
}

#[track_caller]
fn assert_near(found: &Value, expected: f64) {
    /// Of printed digits.
    const DIGITS: f64 = 2e-6;
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() < DIGITS, "{found} instead of {expected}");
}
