//! `cansweep compare source`: what source output impedances do to a headphone.

use clap::Args;

use super::keep::{KeepComparison, NormalisationArg};
use super::series::SeriesArgs;
use super::verify::{self, OnSourceFile};
use crate::cli::Exit;
use crate::cli::curves::Curves;
use crate::cli::failure::Failure;
use crate::cli::figures;
use crate::cli::output::Output;
use crate::model::{Budget, MeasuredOutput, Source, SourceComparison};
use crate::quantity::{Level, Resistance};
use crate::report::text;
use crate::store::document;
use crate::study::damping;
use crate::study::source::{self, OnSource, Question};

/// The arguments of `compare source`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep compare source --impedance hd600.zma --source-ohm 0.1,10,33,120
  cansweep compare source --impedance imp/impedance.json --response fresh/response.json \\
      --source-ohm 10 -o source --json
  cansweep compare source --impedance impedance --source amp=amp --source-ohm 0,10
  cansweep compare source --series 0=none.txt --series 10=10.txt --series 50=50.txt \\
      --verify 20=20.txt --source-ohm 20,75,100
  cansweep compare source --impedance impedance --source amp=amp --response on-0 \\
      --verify 120=on-120 --verify amp=on-amp -o verified

Where no impedance can be measured, responses behind two or more known resistors tell it: --series.
They must be of one seating. Drive levels that the files state (REW's do) are subtracted.

--verify predicts a response from --response (with --series: from the one behind 0 Ω) and says
whether the measured one lies inside the uncertainty of the parts, where all state one.")]
pub(crate) struct SourceArgs {
    /// The headphone's impedance
    #[arg(long, value_name = "FILE", required_unless_present = "series")]
    impedance: Option<String>,
    /// The headphone's response, on a source of 0 Ω unless --response-source says otherwise
    #[arg(long, value_name = "FILE")]
    response: Option<String>,
    /// What the response was measured on: a resistance, or the NAME of a --source
    #[arg(long, value_name = "OHM|NAME", requires = "response", default_value = "0")]
    response_source: String,
    /// A response of the same seating, measured on SOURCE (a resistance, or the NAME of a --source),
    /// to hold the prediction against
    #[arg(long, value_name = "SOURCE=FILE")]
    verify: Vec<OnSourceFile>,
    /// Output resistances of the sources [default: 0.1,10,33,120, or none beside --source]
    #[arg(long, value_name = "OHM[,OHM…]", value_delimiter = ',', allow_hyphen_values = true)]
    source_ohm: Vec<Resistance>,
    /// The measured output of an amplifier: a curve file, or the folder of a measurement
    #[arg(long, value_name = "[NAME=]FILE", conflicts_with = "series")]
    source: Vec<String>,
    /// Where the curves are laid upon each other: a frequency, a band (300Hz-3kHz), broadband (equal
    /// mean power from 20 Hz to 20 kHz), or none
    #[arg(
        long,
        visible_alias = "normalize",
        value_name = "HZ|BAND|broadband|none",
        default_value = "1kHz"
    )]
    normalise: NormalisationArg,
    #[command(flatten)]
    series: SeriesArgs,
    #[command(flatten)]
    pub(super) keep: KeepComparison,
}

pub(super) fn run(args: &SourceArgs, output: Output) -> Result<Exit, Failure> {
    let mut curves = Curves::new(&args.keep.library);
    let mut comparison = compared(args, &mut curves)?;
    comparison.damping = Some(damping::of(&comparison).map_err(Failure::data)?);
    let simulated = curves.any_simulated();
    let caption = args.keep.caption("Effect of the source", None, simulated);
    let written = args.keep.written(&comparison, &caption, figures::of_source)?;
    output.result(
        || figures::marked(document::sources(&comparison), simulated),
        || text::source(&comparison) + &args.keep.summary(simulated, written),
    )?;
    Ok(Exit::Done)
}

fn compared(args: &SourceArgs, curves: &mut Curves) -> Result<SourceComparison, Failure> {
    let Some(file) = &args.impedance else {
        let series = args.series.inferred(curves)?;
        let question = question(args, curves, (Vec::new(), None))?;
        curves.remark_on_assumptions();
        return Ok(source::compare_inferred(&series, &question)?);
    };
    let (impedance, budget) = curves.load_and_budget(file)?;
    let impedance = impedance.to_impedance_with_u().map_err(Failure::data)?;
    let mut outputs = Vec::new();
    for named in &args.source {
        let (name, file) = named.split_once('=').unwrap_or((named.as_str(), named.as_str()));
        let impedance = curves.load(file)?.to_impedance_with_u().map_err(Failure::data)?;
        outputs.push(MeasuredOutput { name: name.to_owned(), impedance });
    }
    let question = question(args, curves, (outputs, budget))?;
    curves.remark_on_assumptions();
    Ok(source::compare(&impedance, &question)?)
}

fn question(
    args: &SourceArgs,
    curves: &mut Curves,
    (outputs, budget): (Vec<MeasuredOutput>, Option<Budget>),
) -> Result<Question, Failure> {
    // Responses behind resistors are brought to a drive of full scale.
    let (mut response, mut drive) = (None, Some(Level::from_db(0.0)));
    if let Some(file) = &args.response {
        let (level, own) = curves.level_and_drive(file)?;
        response =
            Some(OnSource { source: verify::named(&args.response_source, &outputs)?, level });
        drive = own;
    }
    let verify = (args.verify.iter())
        .map(|measured| measured.read(curves, &outputs, drive))
        .collect::<Result<_, _>>()?;
    let mut sources: Vec<Source> = resistances(args)?.into_iter().map(Source::from).collect();
    sources.extend(outputs.into_iter().map(Source::Measured));
    Ok(Question { sources, response, verify, normalisation: args.normalise.0, budget })
}

/// The resistances that are asked for; beside measured outputs only those that are named, and 0 Ω,
/// which they are compared with.
fn resistances(args: &SourceArgs) -> Result<Vec<Resistance>, Failure> {
    const USUAL_OHM: [f64; 4] = [0.1, 10.0, 33.0, 120.0];
    if !args.source_ohm.is_empty() {
        return Ok(args.source_ohm.clone());
    }
    let usual = if args.source.is_empty() { &USUAL_OHM[..] } else { &[0.0] };
    usual.iter().map(|&ohm| Resistance::new(ohm).map_err(Failure::usage)).collect()
}
