//! `cansweep convert`: a curve from any format to any other.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::failure::Failure;
use super::output::{Output, counted};
use super::{Common, Exit};
use crate::store::Overwrite;
use crate::store::curve::{self, CurveFormat, CurveLabel, SIMULATED};

const FORMATS: &str = "say which with --to: json, csv, rew, frd, zma, dats, limp, autoeq or txt";

/// The arguments of `convert`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep convert \"HD 650 L1.txt\" hd650.csv
  cansweep convert impedance.json hd600.zma
  cansweep convert hd650.csv hd650.txt --to rew
  cansweep convert F144W.zma f144w.csv --to limp

Formats: json, csv (ours, with the uncertainty), rew, frd and zma (loudspeaker programs), dats and
limp (impedances, as those programs export them), autoeq, txt (frequency, TAB, level). REW, DATS
and LIMP are recognised by their layout whatever the file is called. Our own formats and rew keep
the sense resistor and the calibration factor that a REW file states.")]
pub(crate) struct ConvertArgs {
    /// The curve to read; its format is recognised
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The file to write
    #[arg(value_name = "OUT")]
    output: PathBuf,
    /// Format to write [default: by the file's extension]
    #[arg(long, value_name = "FORMAT")]
    to: Option<CurveFormat>,
    /// Overwrite a file that exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) fn run(args: &ConvertArgs, output: Output) -> Result<Exit, Failure> {
    let read = curve::read(&args.input)?;
    for assumption in &read.assumptions {
        Output::remark(&format!("note: {assumption}"));
    }
    let trace = read.trace();
    let format = CurveFormat::choose(&args.output, args.to, trace.kind())
        .map_err(|error| Failure::usage(error).hint(FORMATS))?;
    let overwrite = if args.force { Overwrite::Allow } else { Overwrite::Refuse };
    let mut label = CurveLabel { name: read.name.clone(), comments: read.comments.clone() };
    if read.simulated && !label.comments.iter().any(|comment| comment.trim() == SIMULATED) {
        label.comments.push(SIMULATED.to_owned());
    }
    curve::write(&args.output, trace, &label, format, overwrite)?;
    let points = trace.grid().len();
    output.result(
        || {
            json!({ "schema": 1, "kind": "conversion", "input": args.input,
                    "output": args.output, "from": read.format.to_string(),
                    "to": format.to_string(), "points": points,
                    "assumptions": read.assumptions })
        },
        || {
            let points = counted(points, "point");
            format!("{}: {points}, {} to {format}", args.output.display(), read.format)
        },
    )?;
    Ok(Exit::Done)
}
