//! `cansweep compare source`: what source output impedances do to a headphone.

use clap::Args;

use super::keep::{KeepComparison, NormalisationArg};
use crate::cli::Exit;
use crate::cli::curves::Curves;
use crate::cli::failure::Failure;
use crate::cli::figures;
use crate::cli::output::Output;
use crate::model::Trace;
use crate::quantity::Resistance;
use crate::report::text;
use crate::store::document;
use crate::study::source;

/// The arguments of `compare source`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep compare source --impedance hd600.zma --source-ohm 0.1,10,33,120
  cansweep compare source --impedance imp/impedance.json --response fresh/response.json \\
      --source-ohm 10 -o source --json")]
pub(crate) struct SourceArgs {
    /// The headphone's impedance
    #[arg(long, value_name = "FILE")]
    impedance: String,
    /// The headphone's response on a source of 0 Ω
    #[arg(long, value_name = "FILE")]
    response: Option<String>,
    /// Output resistances of the sources
    #[arg(
        long,
        value_name = "OHM[,OHM…]",
        value_delimiter = ',',
        default_value = "0.1,10,33,120",
        allow_hyphen_values = true
    )]
    source_ohm: Vec<Resistance>,
    /// Where the curves are laid upon each other: a frequency, a band (300Hz-3kHz), or none
    #[arg(long, visible_alias = "normalize", value_name = "HZ|BAND|none", default_value = "1kHz")]
    normalise: NormalisationArg,
    #[command(flatten)]
    pub(super) keep: KeepComparison,
}

pub(super) fn run(args: &SourceArgs, output: Output) -> Result<Exit, Failure> {
    let mut curves = Curves::new(&args.keep.library);
    let read = curves.read(&args.impedance)?;
    let Trace::Impedance(polar) = read.trace() else {
        return Err(Failure::data(format!("'{}' is a response, not an impedance", args.impedance))
            .hint("an impedance has a column in ohms; a .zma file always holds one"));
    };
    if polar.phase().is_none() {
        Output::remark(&format!(
            "note: '{}' has no phase; the impedance was taken as a resistance at every frequency",
            args.impedance
        ));
    }
    let impedance = polar.to_impedance().map_err(Failure::data)?;
    let response = match &args.response {
        Some(file) => Some(curves.level(file)?),
        None => None,
    };
    curves.remark_on_assumptions();
    let simulated = curves.any_simulated();
    let comparison =
        source::compare(&impedance, &args.source_ohm, response.as_ref(), args.normalise.0)?;
    let written = match &args.keep.output {
        Some(folder) => {
            let caption = args.keep.caption("Effect of the source", None, simulated);
            let (drawing, overwrite) = (args.keep.drawing, args.keep.overwrite());
            figures::of_source(folder, &comparison, &caption, drawing, overwrite)?
        }
        None => 0,
    };
    output.result(
        || figures::marked(document::sources(&comparison), simulated),
        || text::source(&comparison) + &args.keep.summary(simulated, written),
    )?;
    Ok(Exit::Done)
}
