//! `cansweep measure output-impedance`: what an amplifier's output is behind its plug.

use std::fmt::Write as _;

use clap::Args;

use crate::cli::failure::{Exit, Failure};
use crate::cli::keep::{Keep, Task};
use crate::cli::origin::{Look, Origin, Prepared};
use crate::cli::output::Output;
use crate::cli::rig_file::{Placing, Wires};
use crate::model::{OutputBench, OutputFigures, TestLoad};
use crate::quantity::{Capacitance, Gain, Percent, Resistance, Uncertain};

/// The arguments of `measure output-impedance`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep measure output-impedance --rig desk.toml --load open --load 33 --load 100
  cansweep measure output-impedance --rig desk.toml --load open,33 --tag amplifier=\"Desk, low gain\"
  cansweep measure output-impedance --rig desk.toml --load open --load 33 --load open --load 33
  cansweep measure output-impedance --take o.wav --take l.wav --load open --load 33 -o amp
  cansweep measure output-impedance --rig sim:closed-38 --load open,100,33 --budget

Input 1 (reference) sits where the amplifier is driven, input 2 (sense) at its plug; with one input
alone the stimulus stands for the drive. Two loads tell the impedance, three whether the output is
linear, and loads that come back later take a drift out. Exit code 1: the loads do not agree, and
the finding says from which load on. Whether it depends on the level, or what a cable adds, two
measurements tell: at two levels (--level), or at both ends of the cable; `cansweep compare curves`
says whether they differ by more than their uncertainty.")]
pub(crate) struct OutputArgs {
    #[command(flatten)]
    origin: Origin,
    #[command(flatten)]
    bench: BenchArgs,
    #[command(flatten)]
    look: Look,
    /// Print what the uncertainty is made of
    #[arg(long, help_heading = "Result")]
    budget: bool,
    #[command(flatten)]
    pub(super) keep: Keep,
}

/// How the output is loaded.
#[derive(Debug, Args)]
#[command(next_help_heading = "Loads")]
struct BenchArgs {
    /// The load of each take, in order: open, or ohms as a four-wire meter shows them
    #[arg(long = "load", value_name = "OHM,…", value_delimiter = ',', required = true)]
    loads: Vec<TestLoad>,
    /// Tolerance of the loads
    #[arg(long, value_name = "PERCENT", default_value = "0.1%", allow_hyphen_values = true)]
    load_tolerance: Percent,
    /// Resistance from the plug, where the voltage is taken, to the load [default: 0.1 Ω at most]
    #[arg(long, value_name = "OHM", allow_hyphen_values = true)]
    lead_resistance: Option<Resistance>,
    /// Standard deviation of a contact each time it is made
    #[arg(long, value_name = "OHM", default_value = "5m", allow_hyphen_values = true)]
    contact_resistance: Resistance,
    /// Standard deviation of the gains from take to take
    #[arg(long, value_name = "dB", default_value = "0.0005dB", allow_hyphen_values = true)]
    drift: Gain,
    /// Resistance of the input that measures [default: 10k or more]
    #[arg(long, value_name = "OHM", allow_hyphen_values = true)]
    input_resistance: Option<Resistance>,
    /// Capacitance of that input [default: 300pF at most]
    #[arg(long, value_name = "FARAD", allow_hyphen_values = true)]
    input_capacitance: Option<Capacitance>,
}

impl BenchArgs {
    fn bench(&self) -> Result<OutputBench, Failure> {
        if self.input_resistance.is_some_and(|input| input.ohm() <= 0.0) {
            return Err(Failure::usage("an input of 0 Ω measures no voltage"));
        }
        Ok(OutputBench {
            load_tolerance: self.load_tolerance,
            lead_resistance: self.lead_resistance,
            contact_resistance: self.contact_resistance,
            drift_db: self.drift.db().abs(),
            input_resistance: self.input_resistance,
            input_capacitance: self.input_capacitance,
        })
    }
}

pub(super) fn run(args: &OutputArgs, output: Output) -> Result<Exit, Failure> {
    let bench = args.bench.bench()?;
    let loads = &args.bench.loads;
    if loads.iter().all(|load| *load == loads[0]) {
        return Err(Failure::usage("an output impedance needs two different loads or more").hint(
            "for instance --load open --load 33; a third tells whether the output is linear",
        ));
    }
    let placing = Placing {
        wires: Wires::Output,
        state: None,
        seating: 1,
        real_time: false,
        buffer: None,
        default_plan: "output-impedance",
    };
    let prepared: Prepared = args.origin.prepare(&args.look, &placing)?;
    let task = Task { loads: loads.clone(), budget: args.budget, ..Task::default() };
    args.keep.measure(prepared, &task, output, |analyser, takes, channels| {
        Ok(analyser.output_impedance(takes, channels, loads, &bench)?)
    })
}

/// What came out, for a person to read.
pub(super) fn text(figures: &OutputFigures) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<18}{value}");
    };
    let with_u = |value: Option<f64>, u: Option<f64>| Some(Uncertain::new(value?, u?));
    let floor = figures.floor_ohm;
    match figures.resistance_ohm {
        Some(ohm) if ohm < floor => line("resistance", format!("below {floor:.3} Ω")),
        _ => {
            if let Some(ohm) = with_u(figures.at_1khz_ohm, figures.u_at_1khz_ohm) {
                line("at 1 kHz", format!("{ohm} Ω"));
            }
            if let Some(ohm) = with_u(figures.resistance_ohm, figures.u_resistance_ohm) {
                line("resistance", format!("{ohm} Ω"));
            }
        }
    }
    let scaled = |of: Uncertain, factor: f64| Uncertain::new(of.value * factor, of.u * factor);
    if let Some(farad) = with_u(figures.capacitance_f, figures.u_capacitance_f) {
        line("capacitor", format!("{} µF in series", scaled(farad, 1e6)));
    }
    if let Some(henry) = with_u(figures.inductance_h, figures.u_inductance_h) {
        line("coil", format!("{} µH in series", scaled(henry, 1e6)));
    }
    if figures.resistance_ohm.is_none() {
        line("resistance", "no series of R, L and C follows the curve".to_owned());
    }
    line("floor", format!("{floor:.3} Ω (less is not told from none with these takes)"));
    let verdict = match figures.linear {
        Some(true) => "all loads agree",
        Some(false) => "the loads do not agree: the output limits or depends on its load",
        None => "not checked; a third load would tell",
    };
    line("linear", verdict.to_owned());
    text
}
