//! `cansweep measure output-impedance`: what an amplifier's output is behind its plug.

use std::fmt::Write as _;

use clap::Args;

use crate::cli::LibraryRoot;
use crate::cli::curves::Curves;
use crate::cli::failure::{Exit, Failure};
use crate::cli::keep::{Keep, Task};
use crate::cli::loads::LoadPlan;
use crate::cli::origin::{Look, Origin, Prepared};
use crate::cli::output::Output;
use crate::cli::rig_file::{Placing, Wires};
use crate::measure::resistance_of_leads;
use crate::model::{BalancedFigures, OutputBench, OutputFigures, OutputLimit, OutputTap, TestLoad};
use crate::quantity::unit::FullScale;
use crate::quantity::{Capacitance, Gain, Level, Percent, Resistance, Uncertain};

/// The arguments of `measure output-impedance`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep measure output-impedance --rig desk.toml --load open --load 33 --load 100
  cansweep measure output-impedance --rig desk.toml --load open,33 --tag amplifier=\"Desk, low gain\"
  cansweep measure output-impedance --rig desk.toml --load open --load 33 --load open --load 33
  cansweep measure output-impedance --take o.wav --take l.wav --load open --load 33 -o amp
  cansweep measure output-impedance --rig sim:closed-38 --load open,100,33 --budget
  cansweep measure output-impedance --rig sim:closed-38 --load open,33 --balanced
  cansweep measure output-impedance --rig desk.toml --load open,33,100 --levels -40,-20,-10
  cansweep measure output-impedance --take o.wav --take l.wav --load open,33 --four-wire \
      --channels sense=1,load=2

Input 1 (reference) sits where the amplifier is driven, input 2 (sense) at its plug; with one input
alone the stimulus stands for the drive. Two loads tell the impedance, three whether the output is
linear, and loads that come back later take a drift out. --balanced takes both legs, each by an
input of its own (10 kΩ or more to ground; never a leg to ground itself), --four-wire the plug and
the load, which leaves leads and contacts out. Exit code 1: the loads do not agree, and the
finding says from which load on. With --levels each load is played at every one of them, the
quietest first, and where it stops following the level is narrowed down to half a decibel; from
takes: every load with all its levels, then the next. What a cable or an adapter adds, two
measurements tell, at both its ends: `compare cable --near`.")]
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
    /// Play each load at several levels, up to where it limits [default: the plan's alone]
    #[arg(
        long,
        value_name = "dBFS,…",
        value_delimiter = ',',
        allow_hyphen_values = true,
        conflicts_with_all = ["level", "stimulus"]
    )]
    levels: Vec<Level<FullScale>>,
    /// A balanced output with the load between its legs: inputs sense=1,negative=2 [with three:
    /// reference=1,sense=2,negative=3]
    #[arg(long, conflicts_with = "four_wire")]
    balanced: bool,
    /// The voltage is taken at the plug and at the load: inputs sense=1,load=2 [with three:
    /// reference=1,sense=2,load=3]
    #[arg(long)]
    four_wire: bool,
    /// Tolerance of the loads
    #[arg(long, value_name = "PERCENT", default_value = "0.1%", allow_hyphen_values = true)]
    load_tolerance: Percent,
    /// Resistance from the plug, where the voltage is taken, to the load, there and back; or an
    /// impedance of the leads that was measured with a short in the load's place [default: 0.1 Ω
    /// at most]
    #[arg(long, value_name = "OHM|FILE", allow_hyphen_values = true)]
    lead_resistance: Option<String>,
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
    const fn tap(&self) -> OutputTap {
        match (self.balanced, self.four_wire) {
            (true, _) => OutputTap::Balanced,
            (false, true) => OutputTap::FourWire,
            (false, false) => OutputTap::Plug,
        }
    }

    /// What the leads have: as it is stated, or as an impedance that was measured at a short says.
    fn leads(&self, library: &LibraryRoot) -> Result<Option<Resistance>, Failure> {
        let Some(text) = &self.lead_resistance else { return Ok(None) };
        if let Ok(stated) = text.parse() {
            return Ok(Some(stated));
        }
        let short = Curves::new(library).load(text)?.to_impedance().map_err(Failure::data)?;
        let resistance = resistance_of_leads(&short).ok_or_else(|| {
            Failure::data(format!("'{text}' is no impedance of leads: it has no resistance"))
                .hint("measure them with `measure impedance` and a short in the load's place")
        })?;
        Ok(Some(resistance))
    }

    fn bench(&self, library: &LibraryRoot) -> Result<OutputBench, Failure> {
        if self.input_resistance.is_some_and(|input| input.ohm() <= 0.0) {
            return Err(Failure::usage("an input of 0 Ω measures no voltage"));
        }
        Ok(OutputBench {
            tap: self.tap(),
            load_tolerance: self.load_tolerance,
            lead_resistance: self.leads(library)?,
            contact_resistance: self.contact_resistance,
            drift_db: self.drift.db().abs(),
            input_resistance: self.input_resistance,
            input_capacitance: self.input_capacitance,
        })
    }
}

pub(super) fn run(args: &OutputArgs, output: Output) -> Result<Exit, Failure> {
    let bench = args.bench.bench(&args.keep.library)?;
    let loads = &args.bench.loads;
    if loads.iter().all(|load| *load == loads[0]) {
        return Err(Failure::usage("an output impedance needs two different loads or more").hint(
            "for instance --load open --load 33; a third tells whether the output is linear",
        ));
    }
    let placing = Placing {
        wires: Wires::Output(bench.tap),
        state: None,
        seating: 1,
        real_time: false,
        buffer: None,
        default_plan: "output-impedance",
    };
    let mut levels = args.bench.levels.clone();
    levels.sort_by(|a, b| a.db().total_cmp(&b.db()));
    levels.dedup();
    let origin = args.origin.at_level(levels.last().copied());
    let prepared: Prepared = origin.prepare(&args.look, &placing)?;
    let plan = LoadPlan::of_output(loads, levels, bench);
    let task = Task { loads: Some(plan), budget: args.budget, ..Task::default() };
    args.keep.measure(prepared, &task, output, |analyser, takes, channels| {
        Ok(analyser.output_impedance(takes.recordings, channels, takes.loads, &bench)?)
    })
}

/// What came out, for a person to read.
pub(super) fn text(figures: &OutputFigures) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<18}{value}");
    };
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
    for level in &figures.levels {
        if let Some(ohm) = with_u(level.at_1khz_ohm, level.u_at_1khz_ohm) {
            line(&format!("at {:.1} dBFS", level.level_dbfs), format!("{ohm} Ω at 1 kHz"));
        }
    }
    if let Some(limit) = &figures.limit {
        line("limit", limit_in_words(limit));
    } else if figures.levels.len() > 1 {
        line("limit", "none up to the loudest level".to_owned());
    }
    if let Some(db) = with_u(figures.open_circuit_db, figures.u_open_circuit_db) {
        line("without load", format!("{db} dB over the drive, at 1 kHz"));
    }
    if let Some(ohm) = figures.lead_resistance_ohm {
        // Adding zero takes the sign off a zero.
        let ohm = (ohm * 1e3).round() / 1e3 + 0.0;
        line("plug to load", format!("{ohm:.3} Ω (left out)"));
    }
    if let Some(balanced) = &figures.balanced {
        legs(balanced, &mut line);
    }
    text
}

fn limit_in_words(limit: &OutputLimit) -> String {
    let load = limit.load_ohm.map_or("without a load".to_owned(), |ohm| format!("with {ohm} Ω"));
    match limit.clean_dbfs {
        Some(clean) => format!("{load} between {clean:.1} and {:.1} dBFS", limit.limited_dbfs),
        None => format!("{load} from {:.1} dBFS on", limit.limited_dbfs),
    }
}

fn legs(figures: &BalancedFigures, line: &mut impl FnMut(&str, String)) {
    let legs = [
        ("positive leg", figures.positive_ohm, figures.u_positive_ohm),
        ("negative leg", figures.negative_ohm, figures.u_negative_ohm),
        ("common mode", figures.common_ohm, figures.u_common_ohm),
    ];
    for (name, ohm, u) in legs {
        if let Some(ohm) = with_u(ohm, u) {
            line(name, format!("{ohm} Ω at 1 kHz"));
        }
    }
    line("swing", format!("{:+.2} dB over one leg's", figures.swing_db));
    line(
        "symmetry",
        format!("{:.1} dB (sum of the legs over their difference)", figures.symmetry_db),
    );
}

fn with_u(value: Option<f64>, u: Option<f64>) -> Option<Uncertain> {
    Some(Uncertain::new(value?, u?))
}
