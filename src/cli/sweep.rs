//! `cansweep sweep`: a plan's stimulus as a file.

use std::fmt;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use comfy_table::{Table, presets};
use ndarray::Array2;
use serde_json::json;

use super::Common;
use super::failure::{Exit, Failure};
use super::output::Output;
use crate::measure::stimulus_of;
use crate::model::{Plan, SampleFormat, Stimulus};
use crate::quantity::unit::FullScale;
use crate::quantity::{Level, SampleRate};
use crate::store::{Overwrite, plan, wav};

/// The arguments of `sweep`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep sweep --list
  cansweep sweep response -o sweep.wav
  cansweep sweep impedance -o sweep.wav --format 16 --level -20dBFS
  cansweep sweep response --print > mine.toml    # then edit, and: cansweep sweep mine.toml …

Play the file through the headphone, record the microphone meanwhile, and analyse the recording
with: cansweep measure response --take recording.wav --plan response")]
pub(crate) struct SweepArgs {
    /// A plan: a name from --list, or a TOML file
    #[arg(required_unless_present = "list")]
    plan: Option<String>,
    /// Write the stimulus to this WAV file
    #[arg(short, long, value_name = "OUT.wav", required_unless_present_any = ["list", "print"])]
    output: Option<PathBuf>,
    /// List the plans that are built in
    #[arg(long, conflicts_with_all = ["plan", "output", "print", "rate", "level", "force"])]
    list: bool,
    /// Print the plan itself, to be copied and edited
    #[arg(long, conflicts_with_all = ["output", "rate", "level", "force"])]
    print: bool,
    /// Sample format of the file
    #[arg(long, value_enum, default_value_t = Format::Bits24)]
    format: Format,
    /// Sample rate [default: the plan's]
    #[arg(long, value_name = "HZ", allow_hyphen_values = true)]
    rate: Option<SampleRate>,
    /// Peak level [default: the plan's]
    #[arg(long, value_name = "dBFS", allow_hyphen_values = true)]
    level: Option<Level<FullScale>>,
    /// Overwrite a file that exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

/// The sample formats that a stimulus can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// 16-bit integers
    #[value(name = "16")]
    Bits16,
    /// 24-bit integers
    #[value(name = "24")]
    Bits24,
    /// 32-bit floating point
    #[value(name = "float")]
    Float,
}

impl From<Format> for SampleFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Bits16 => Self::Integer(16),
            Format::Bits24 => Self::Integer(24),
            Format::Float => Self::Float,
        }
    }
}

pub(super) fn run(args: &SweepArgs, output: Output) -> Result<Exit, Failure> {
    if args.list {
        list(output)?;
        return Ok(Exit::Done);
    }
    let name = args.plan.as_deref().ok_or_else(|| Failure::usage("no plan was named"))?;
    if args.print {
        print(name, output)?;
        return Ok(Exit::Done);
    }
    let path = args.output.as_ref().ok_or_else(|| Failure::usage("no output was named"))?;
    let plan = adjusted(plan::load(name)?, args.rate, args.level)?;
    let stimulus = stimulus_of(&plan).map_err(Failure::data)?;
    let samples = Array2::from_shape_vec((1, stimulus.frames()), stimulus.samples().to_vec())
        .map_err(|error| Failure::new(Exit::Bug, error))?;
    let overwrite = if args.force { Overwrite::Allow } else { Overwrite::Refuse };
    wav::write(path, &samples, stimulus.rate(), args.format.into(), overwrite)?;
    let seconds = stimulus.frames() as f64 / stimulus.rate().as_f64();
    output.result(
        || {
            json!({
                "schema": 1, "kind": "stimulus", "file": path, "plan": plan.name(),
                "rate_hz": stimulus.rate().hz(), "frames": stimulus.frames(),
                "duration_s": seconds, "level_dbfs": plan.sweep().level.db(),
                "sweep_starts": stimulus.sweep_starts(), "sweep_frames": stimulus.sweep().len(),
            })
        },
        || format!("{}: {}", path.display(), Description { plan: &plan, stimulus: &stimulus }),
    )?;
    Ok(Exit::Done)
}

/// A plan with the rate and level that the command line asks for.
pub(super) fn adjusted(
    plan: Plan,
    rate: Option<SampleRate>,
    level: Option<Level<FullScale>>,
) -> Result<Plan, Failure> {
    let plan = match rate {
        Some(rate) => plan.at_rate(rate).map_err(|error| {
            Failure::usage(error).hint("choose a higher --rate, or a plan whose sweep ends lower")
        })?,
        None => plan,
    };
    Ok(match level {
        Some(level) => plan.at_level(level).map_err(|error| {
            Failure::usage(error).hint("a level is counted down from full scale: --level -12dBFS")
        })?,
        None => plan,
    })
}

struct Description<'a> {
    plan: &'a Plan,
    stimulus: &'a Stimulus,
}

impl fmt::Display for Description<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sweep = self.plan.sweep();
        write!(
            f,
            "{:.1} s at {}, {} × {:.2} s from {} to {} at {}",
            self.stimulus.frames() as f64 / self.stimulus.rate().as_f64(),
            self.stimulus.rate(),
            sweep.repeats,
            sweep.duration_s(),
            sweep.start,
            sweep.stop,
            sweep.level,
        )
    }
}

fn print(name: &str, output: Output) -> Result<(), Failure> {
    let plan = plan::load(name)?;
    let text = match plan::builtin_text(name) {
        Some(text) => text.to_owned(),
        None => std::fs::read_to_string(name)
            .map_err(|error| Failure::data(format!("cannot read the plan '{name}': {error}")))?,
    };
    output.result(|| json!({ "schema": 1, "kind": "plan", "plan": plan }), || text)
}

fn list(output: Output) -> Result<(), Failure> {
    let plans = plan::builtin_names().map(plan::load).collect::<Result<Vec<_>, _>>()?;
    output.result(
        || {
            let plans: Vec<_> = plans
                .iter()
                .map(|p| {
                    json!({ "name": p.name(), "description": p.description(),
                                 "rate_hz": p.rate().hz() })
                })
                .collect();
            json!({ "schema": 1, "kind": "plans", "plans": plans })
        },
        || {
            let mut table = Table::new();
            table.load_style(presets::NOTHING);
            for plan in &plans {
                table.add_row([plan.name(), plan.description()]);
            }
            table.trim_fmt()
        },
    )
}
