//! `cansweep compare cable`: what cables and adapters add, and whether two of them differ.

use clap::Args;

use super::keep::KeepComparison;
use super::matrix::name_and_file;
use crate::cli::Exit;
use crate::cli::curves::Curves;
use crate::cli::failure::Failure;
use crate::cli::figures;
use crate::cli::output::{Output, counted};
use crate::model::{Impedance, MeasuredOutput, Source};
use crate::quantity::Resistance;
use crate::report::text;
use crate::store::document;
use crate::study::cable::{Question, compare};

/// The arguments of `compare cable`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep compare cable --cable stock=stock.zma --cable silver=silver.zma
  cansweep compare cable --impedance hd600.zma --cable stock=stock.zma --cable silver=silver.zma \\
      --source-ohm 0.5 -o cables
  cansweep compare cable --impedance hd600.zma --source amp=amp --cable adapter=adapter --json
  cansweep compare cable --impedance hd600.zma --near amp --cable extension=amp-behind-extension

A cable is measured as a headphone is: `measure impedance` with its far end shorted, best behind
`calibrate impedance` with the short at the near end. Both conductors count, and so do the contacts. Or `measure output-impedance` twice, at the near end of the cable (--near) and at its far
end: the cable is the difference, and what is wrong with the near end is not in the difference of two
cables. Every other cable is compared with the first: with the volume left as it is, and with the
uncertainty of all parts, where all state theirs.")]
pub(crate) struct CableArgs {
    /// Impedance of a cable with its far end shorted, or with --near of an output behind it
    #[arg(long, value_name = "[NAME=]FILE", required = true)]
    cable: Vec<String>,
    /// Output impedance at the near end of every cable
    #[arg(long, value_name = "FILE")]
    near: Option<String>,
    /// The headphone's impedance: says what the cables do to it
    #[arg(long, value_name = "FILE")]
    impedance: Option<String>,
    /// Output resistance of the source, without any cable [default: 0]
    #[arg(long, value_name = "OHM", requires = "impedance", conflicts_with = "source")]
    source_ohm: Option<Resistance>,
    /// Measured output of the source, without any cable
    #[arg(long, value_name = "[NAME=]FILE", requires = "impedance")]
    source: Option<String>,
    #[command(flatten)]
    pub(super) keep: KeepComparison,
}

pub(super) fn run(args: &CableArgs, output: Output) -> Result<Exit, Failure> {
    let mut curves = Curves::new(&args.keep.library);
    let found = compare(&question(args, &mut curves)?)?;
    curves.remark_on_assumptions();
    let simulated = curves.any_simulated();
    let sample = Some(counted(found.cables.len(), "cable"));
    let caption = args.keep.caption("Cables", sample, simulated);
    let written = args.keep.written(&found, &caption, figures::of_cables)?;
    output.result(
        || figures::marked(document::cables(&found), simulated),
        || format!("{}\n{}", text::cables(&found), args.keep.summary(simulated, written)),
    )?;
    Ok(Exit::Done)
}

fn question(args: &CableArgs, curves: &mut Curves) -> Result<Question, Failure> {
    let mut cables = Vec::new();
    for named in &args.cable {
        let (name, file) = name_and_file(named);
        cables.push((name, impedance(curves, file)?));
    }
    let mut of =
        |file: &Option<String>| file.as_deref().map(|file| impedance(curves, file)).transpose();
    let (near, headphone) = (of(&args.near)?, of(&args.impedance)?);
    Ok(Question { cables, near, headphone, source: source(args, curves)? })
}

fn source(args: &CableArgs, curves: &mut Curves) -> Result<Source, Failure> {
    let Some(named) = &args.source else {
        return Ok(args.source_ohm.map_or(Source::IDEAL, Source::Resistance));
    };
    let (name, file) = name_and_file(named);
    let impedance = impedance(curves, file)?;
    Ok(Source::Measured(MeasuredOutput { name, impedance }))
}

fn impedance(curves: &mut Curves, file: &str) -> Result<Impedance, Failure> {
    curves.load(file)?.to_impedance_with_u().map_err(Failure::data)
}
