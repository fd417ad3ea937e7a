//! `cansweep rig check`: is the rig as it should be?

use std::path::Path;

use clap::Args;

use super::checking::check_rig;
use super::file_text::with_checked;
use super::{Care, For};
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::rig_file::{self, Placing, RigFile, Wires, names_a_file, read_text};
use crate::cli::sweep::adjusted;
use crate::cli::{Common, environment};
use crate::measure::Purpose;
use crate::model::{ChannelMap, Jig, Topology};
use crate::quantity::unit::FullScale;
use crate::quantity::{Level, Percent, Resistance, SampleRate};
use crate::store::atomic::{Overwrite, write_bytes};
use crate::store::plan;

/// The arguments of `rig check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep rig check sim:closed-38
  cansweep rig check desk.toml --save
  cansweep rig check alsa:hw:CARD=USB,DEV=0 --for loopback --channels microphone=1 --level -20dBFS

It plays one sweep with a pilot before and after, and says for each input what it hears, how much
noise and hum it has, and what output and input distort by themselves. Exit code 0: good,
1: usable with something to change, 3: no usable rig, 4: not usable as it is.")]
pub(crate) struct CheckArgs {
    /// A rig file, sim:NAME or a sound device [env: CANSWEEP_RIG]
    rig: Option<String>,
    /// What the rig is for [default: as the rig file says, else response]
    #[arg(long = "for", value_name = "PURPOSE", value_enum)]
    purpose: Option<For>,
    /// Which input is which, counted from 1 [default: as the rig file says]
    #[arg(long, value_name = "ROLE=N,…")]
    channels: Option<ChannelMap>,
    /// The plan that is played: a name from `cansweep sweep --list`, or a file
    #[arg(long, value_name = "NAME|FILE", default_value = "response-quick")]
    plan: String,
    /// Sample rate [default: the plan's]
    #[arg(long, value_name = "HZ", allow_hyphen_values = true)]
    rate: Option<SampleRate>,
    /// Peak level [default: the plan's]
    #[arg(long, value_name = "dBFS", allow_hyphen_values = true)]
    level: Option<Level<FullScale>>,
    /// For a sound card: frames per buffer, a power of two
    #[arg(long, value_name = "FRAMES")]
    buffer: Option<u32>,
    /// Write what was found into the rig file, so that `measure` need not try the level again
    #[arg(long)]
    save: bool,
    #[command(flatten)]
    care: Care,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) fn run(args: &CheckArgs, output: Output) -> Result<Exit, Failure> {
    let name = args.rig.clone().or_else(|| environment("CANSWEEP_RIG")).ok_or_else(|| {
        Failure::usage("no rig was named").hint(
            "name a rig file, sim:closed-38 or a device; `cansweep rig init` writes a rig file",
        )
    })?;
    if args.save && !names_a_file(&name) {
        return Err(Failure::usage("--save needs a rig file")
            .hint("`cansweep rig init` writes one for a sound card"));
    }
    let file = if names_a_file(&name) { RigFile::read(Path::new(&name))? } else { None };
    if args.save && file.is_none() {
        return Err(Failure::usage("--save needs the rig file of a sound card, not a simulation"));
    }
    let named = file.as_ref().and_then(|file| file.purpose);
    let purpose = args.purpose.map(Purpose::from).or(named).unwrap_or(Purpose::Response);
    let placing = placing(purpose, args.buffer)?;
    let insistence = args.care.insistence();
    let mut placed = rig_file::open(&name, &placing, args.channels.as_ref(), insistence)?;
    if let Some(channels) = &args.channels {
        placed.channels.clone_from(channels);
    }
    let plan = adjusted(plan::load(&args.plan)?, args.rate, args.level)?;
    let report = check_rig(&mut placed, &plan, purpose, args.care)?;
    let shown = file.map_or_else(|| name.clone(), |file| file.name);
    output.result(|| report.document(&shown), || report.text(&shown))?;
    Output::findings(&report.findings);
    if args.save && report.exit() != Exit::Invalid {
        let path = Path::new(&name);
        let text = with_checked(&read_text(path)?, &report.table())?;
        write_bytes(path, text.as_bytes(), Overwrite::Allow)?;
        Output::remark(&format!("what was found is kept in '{}'", path.display()));
    }
    Ok(report.exit())
}

/// How a rig of a purpose is placed. A simulated jig holds a resistor of 100 Ω.
pub(super) fn placing(purpose: Purpose, buffer: Option<u32>) -> Result<Placing<'static>, Failure> {
    let wires = match purpose {
        Purpose::Response | Purpose::Loopback => Wires::Coupler,
        Purpose::Impedance => Wires::Jig(Jig {
            resistor_tolerance: Percent::new(1.0).map_err(Failure::usage)?,
            topology: Topology::HighSide,
            input_resistance: None,
            gain_match_db: 0.1,
            ..Jig::with_resistor(Resistance::new(100.0).map_err(Failure::usage)?)
        }),
    };
    let (seating, real_time, default_plan) = (1, false, "response-quick");
    Ok(Placing { wires, state: None, seating, buffer, real_time, default_plan })
}
