//! `cansweep measure crosstalk`: how well an amplifier separates its channels under load.

use std::fmt::Write as _;

use clap::Args;

use crate::cli::curves::Curves;
use crate::cli::failure::{Exit, Failure};
use crate::cli::keep::{Keep, Task};
use crate::cli::loads::LoadPlan;
use crate::cli::origin::{Look, Origin};
use crate::cli::output::Output;
use crate::cli::rig_file::{Placing, Wires};
use crate::model::{
    ChannelLoad, CrosstalkBench, CrosstalkFigures, CrosstalkTake, Ground, Impedance, KnownOutput,
    SeparationAt, SeparationFigures, Side,
};
use crate::quantity::{Gain, Percent, Resistance, Uncertain};

/// The arguments of `measure crosstalk`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep measure crosstalk --rig desk.toml --load open --load 33
  cansweep measure crosstalk --take o.wav --take l.wav --load open --load 33 --at-least 60dB
  cansweep measure crosstalk --rig desk.toml --load open,33,open,33 --driven left,left,right,right
  cansweep measure crosstalk --rig sim:closed-38 --load open,33,headphone --impedance hd600.zma

One channel plays, the other one is silent: its source stays connected, at 0 V. Input 1 (reference)
sits at the driven channel's plug contact, input 2 (sense) at the idle one's, and both channels have
the same load. Without load the amplifier's own crosstalk is left (and the sound card's, which is
never told from it); what a load adds is the return that both channels share: plug, cable and
whatever is before them in a three-wire connection.

--ground says where the inputs' ground is tied to. common: where the returns of both loads meet, so
that the inputs see what the drivers hear; the idle one then plays upside down, −R/(Z+Zs+R).
amplifier: before the shared return, where a stiff source hides it; it is told only if
--output-impedance is known. An input whose ground is also joined to the amplifier's by another way
(a USB cable, mains earth) bridges the return: let one of the two float, or use differential inputs.

Exit code 1: a take with a load does not reach --at-least.")]
pub(crate) struct CrosstalkArgs {
    #[command(flatten)]
    origin: Origin,
    #[command(flatten)]
    bench: BenchArgs,
    #[command(flatten)]
    look: Look,
    #[command(flatten)]
    pub(super) keep: Keep,
}

/// How both channels stand.
#[derive(Debug, Args)]
#[command(next_help_heading = "Loads")]
struct BenchArgs {
    /// The load of both channels in each take, in order: open, ohms with all leads, or headphone
    /// (the first --impedance)
    #[arg(long = "load", value_name = "OHM,…", value_delimiter = ',', required = true)]
    loads: Vec<ChannelLoad>,
    /// The channel that plays in each take: left or right, or one for all [default: left]
    #[arg(long, value_name = "SIDE,…", value_delimiter = ',')]
    driven: Vec<Side>,
    /// Where the inputs' ground is tied to: common (of the loads) or amplifier
    #[arg(long, value_name = "WHERE", default_value = "common")]
    ground: Ground,
    /// Output impedance of either channel: ohms, or what `measure output-impedance` gave
    /// [default: 1 Ω at most]
    #[arg(long, value_name = "OHM|FILE")]
    output_impedance: Option<String>,
    /// Tolerance of the loads
    #[arg(long, value_name = "PERCENT", default_value = "1%", allow_hyphen_values = true)]
    load_tolerance: Percent,
    /// How well the gains of the two inputs match
    #[arg(long, value_name = "dB", default_value = "0.3dB", allow_hyphen_values = true)]
    gain_match: Gain,
    /// The shared return, if it is known: it is not looked for then
    #[arg(long, value_name = "OHM", allow_hyphen_values = true)]
    return_ohm: Option<Resistance>,
    /// A headphone whose separation is predicted from the return; may be given several times
    #[arg(long, value_name = "[NAME=]FILE")]
    impedance: Vec<String>,
    /// The least separation that is good enough with a load, 20 Hz to 20 kHz
    #[arg(long, value_name = "dB")]
    at_least: Option<Gain>,
}

impl BenchArgs {
    /// How the channels stand in each take.
    fn takes(&self) -> Result<Vec<CrosstalkTake>, Failure> {
        if self.loads.contains(&ChannelLoad::Headphone) && self.impedance.is_empty() {
            return Err(Failure::usage("the headphone that is the load has no --impedance").hint(
                "`cansweep measure impedance` measures one; a headphone of unknown impedance can \
                 only be measured as what it is, with its ohms as --load",
            ));
        }
        let (loads, sides) = (&self.loads, &self.driven);
        if sides.len() > 1 && sides.len() != loads.len() {
            let (loads, sides) = (loads.len(), sides.len());
            return Err(Failure::usage(format!(
                "there are {loads} loads and {sides} driven channels for them"
            ))
            .hint("give --driven once for all takes, or once for each"));
        }
        let all = sides.first().copied().unwrap_or_default();
        let take =
            |(i, &load)| CrosstalkTake { load, driven: sides.get(i).copied().unwrap_or(all) };
        Ok(loads.iter().enumerate().map(take).collect())
    }

    fn bench(&self, curves: &mut Curves<'_>) -> Result<CrosstalkBench, Failure> {
        let mut impedance = |file: &str| -> Result<Impedance, Failure> {
            curves.load(file)?.to_impedance_with_u().map_err(Failure::data)
        };
        let output = match &self.output_impedance {
            None => KnownOutput::Unknown,
            Some(text) => match text.parse::<Resistance>() {
                Ok(ohm) => KnownOutput::Ohm(ohm),
                Err(_) => KnownOutput::Measured(impedance(text)?),
            },
        };
        let mut headphones = Vec::new();
        for named in &self.impedance {
            let (name, file) = named.split_once('=').unwrap_or((named.as_str(), named.as_str()));
            headphones.push((name.to_owned(), impedance(file)?));
        }
        curves.remark_on_assumptions();
        Ok(CrosstalkBench {
            ground: self.ground,
            output,
            load_tolerance: self.load_tolerance,
            gain_match_db: self.gain_match.db().abs(),
            return_resistance: self.return_ohm,
            headphones,
            at_least_db: self.at_least.map(Gain::db),
        })
    }
}

pub(super) fn run(args: &CrosstalkArgs, output: Output) -> Result<Exit, Failure> {
    let takes = args.bench.takes()?;
    let bench = args.bench.bench(&mut Curves::new(&args.keep.library))?;
    let placing = Placing {
        wires: Wires::BothChannels(bench.ground),
        state: args.keep.state.as_deref(),
        seating: 1,
        real_time: false,
        buffer: None,
        default_plan: "output-impedance",
    };
    let prepared = args.origin.prepare(&args.look, &placing)?;
    let task = Task { loads: Some(LoadPlan::of_channels(&takes)), ..Task::default() };
    args.keep.measure(prepared, &task, output, |analyser, captured, channels| {
        Ok(analyser.crosstalk(captured.recordings, channels, &takes, &bench)?)
    })
}

/// What came out, for a person to read.
pub(super) fn text(figures: &CrosstalkFigures) -> String {
    let mut text = String::new();
    let seen = match figures.ground {
        Ground::Common => "the common of the loads: what the drivers hear",
        Ground::Amplifier => "the amplifier's ground, before the shared return",
    };
    let _ = writeln!(text, "{:<18}{seen}", "seen against");
    for take in &figures.takes {
        text.push_str(&lines(&take.name, take));
    }
    let _ = writeln!(text, "{:<18}{}", "shared return", shared_return(figures));
    if figures.return_ohm.is_some() && !figures.own_known {
        let own = "not told from the return; a take without load would";
        let _ = writeln!(text, "{:<18}{own}", "own crosstalk");
    }
    for of in &figures.predicted {
        text.push_str(&lines(&format!("{} (predicted across its drivers)", of.name), of));
    }
    if let Some(least) = figures.at_least_db {
        let verdict = match figures.reached {
            Some(true) => "reached",
            Some(false) => "not reached",
            None => "not decided: noise hides it; a longer sweep or a higher level would tell",
        };
        let _ = writeln!(text, "{:<18}{verdict}", format!("at least {least} dB"));
    }
    text
}

/// A heading and the figures below it.
fn lines(heading: &str, of: &SeparationFigures) -> String {
    let mut text = format!("{heading}\n");
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(text, "  {name:<16}{value}");
        }
    };
    let at = |at: Option<SeparationAt>| at.map(separation);
    line("at 100 Hz", at(of.at_100hz));
    line("at 1 kHz", at(of.at_1khz));
    line("at 10 kHz", at(of.at_10khz));
    let worst = of.worst.map(|worst| {
        let hz = worst.frequency_hz;
        let place = if hz < 1e3 { format!("{hz:.0} Hz") } else { format!("{:.1} kHz", hz / 1e3) };
        format!("{} at {place}", separation(worst))
    });
    line("worst", worst.or_else(|| Some("nothing above the noise".to_owned())));
    line(
        "floor",
        of.floor_db.map(|db| format!("{db:.0} dB at 1 kHz (more is not told from none)")),
    );
    line("residual", of.residual_db.map(|db| format!("{db:.2} dB rms against the shared return")));
    text
}

fn separation(at: SeparationAt) -> String {
    match at.u_separation_db {
        _ if at.or_more => format!("more than {:.1} dB", at.separation_db),
        Some(u) => format!("{} dB", Uncertain::new(at.separation_db, u)),
        None => format!("{:.1} dB", at.separation_db),
    }
}

fn shared_return(figures: &CrosstalkFigures) -> String {
    let Some(ohm) = figures.return_ohm else {
        return if figures.ground == Ground::Amplifier {
            "not told: it takes a load and --output-impedance".to_owned()
        } else {
            "not told: it takes a load".to_owned()
        };
    };
    let ohm = match figures.u_return_ohm {
        Some(u) => format!("{} Ω", Uncertain::new(ohm, u)),
        None => format!("{ohm} Ω, as stated"),
    };
    match figures.return_h.zip(figures.u_return_h) {
        Some((henry, u)) => format!("{ohm} and {} µH", Uncertain::new(henry * 1e6, u * 1e6)),
        None => ohm,
    }
}
