//! `cansweep compare curves`: any curves of one kind on one figure, and how they differ.

use std::path::Path;

use clap::Args;

use super::keep::{KeepComparison, NormalisationArg};
use crate::cli::Exit;
use crate::cli::curves::Curves;
use crate::cli::failure::Failure;
use crate::cli::figures;
use crate::cli::output::Output;
use crate::model::{CurveComparison, Normalisation, TraceKind};
use crate::quantity::{Frequency, Smoothing};
use crate::report::text;
use crate::store::curve::CurveFile;
use crate::store::document;
use crate::study::curves::{self, NamedCurve};

/// More curves than this have no colour and stroke of their own.
const MOST_CURVES: usize = 18;

/// The arguments of `compare curves`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep compare curves left.zma right.zma
  cansweep compare curves before=a/impedance.json after=b/impedance.json -o aged
  cansweep compare curves mine.csv rew.txt dats.zma --names cansweep,REW,DATS --reference REW
  cansweep compare curves hd650-1.txt hd650-2.txt --normalise 300Hz-3kHz --smoothing 1/12

Files are anything `cansweep convert` reads, folders of measurements, or names from the library.
Curves keep the order in which they are given; a file that holds several gives all of them.
Responses are laid upon each other at 1 kHz unless --normalise says otherwise, impedances are
left as they are. A difference is held against the uncertainty of both curves where their files
state one; our own do.")]
pub(crate) struct CurvesArgs {
    /// The curves: two or more responses, or two or more impedances
    #[arg(value_name = "[NAME=]FILE", required = true)]
    files: Vec<String>,
    /// Names of the curves, in the same order [default: NAME, else what the file says]
    #[arg(long, value_name = "NAME[,NAME…]", value_delimiter = ',')]
    names: Vec<String>,
    /// The curve that the others are compared with [default: the first]
    #[arg(long, value_name = "NAME")]
    reference: Option<String>,
    /// Where the curves are laid upon each other: a frequency, a band (300Hz-3kHz), or none
    /// [default: 1kHz for responses, none for impedances]
    #[arg(long, visible_alias = "normalize", value_name = "HZ|BAND|none")]
    normalise: Option<NormalisationArg>,
    /// Smoothing of the curves: none, or 1/n octave
    #[arg(long, value_name = "1/N", default_value_t = Smoothing::None)]
    smoothing: Smoothing,
    #[command(flatten)]
    pub(super) keep: KeepComparison,
}

pub(super) fn run(args: &CurvesArgs, output: Output) -> Result<Exit, Failure> {
    let mut reader = Curves::new(&args.keep.library);
    let mut given: Vec<Given> = Vec::new();
    for file in &args.files {
        given.extend(read(&mut reader, file)?);
    }
    reader.remark_on_assumptions();
    let simulated = reader.any_simulated();
    let named = with_names(given, &args.names)?;
    let kind = named.first().map_or(TraceKind::Response, |curve| curve.trace.kind());
    let normalisation = args.normalise.map_or_else(|| usual(kind), |asked| asked.0);
    let reference = args.reference.as_deref();
    let comparison = curves::compare(&named, reference, normalisation, args.smoothing)?;
    let caption = args.keep.caption(&title(&comparison, kind), None, simulated);
    let written = args.keep.written(&comparison, &caption, figures::of_curves)?;
    output.result(
        || figures::marked(document::curves(&comparison), simulated),
        || format!("{}\n{}", text::curves(&comparison), args.keep.summary(simulated, written)),
    )?;
    Ok(Exit::Done)
}

/// Responses are laid upon each other at 1 kHz, impedances not at all.
fn usual(kind: TraceKind) -> Normalisation {
    /// Where headphones are laid upon each other by custom.
    const CUSTOMARY_HZ: f64 = 1000.0;
    match kind {
        TraceKind::Response => {
            Frequency::new(CUSTOMARY_HZ).map_or(Normalisation::None, Normalisation::At)
        }
        TraceKind::Impedance => Normalisation::None,
    }
}

fn title(comparison: &CurveComparison, kind: TraceKind) -> String {
    /// More names make no title.
    const MOST_NAMES: usize = 3;
    let what = match kind {
        TraceKind::Response => "Response",
        TraceKind::Impedance => "Impedance",
    };
    let names: Vec<&str> = comparison.curves.iter().map(|curve| curve.name.as_str()).collect();
    match names.as_slice() {
        [most @ .., last] if names.len() <= MOST_NAMES => {
            format!("{what} of {} and {last}", most.join(", "))
        }
        _ => format!("{what}, {} curves", names.len()),
    }
}

/// A curve as it was given.
struct Given {
    curve: NamedCurve,
    /// Whether the user chose the name.
    chosen: bool,
    /// What tells it from another curve of the same name.
    file: String,
}

fn read(reader: &mut Curves<'_>, argument: &str) -> Result<Vec<Given>, Failure> {
    let (name, file) = named_file(argument)?;
    let read = reader.read(file)?;
    let alone = read.traces().len() == 1;
    let of_file = name.map_or_else(|| own_name(file, &read), str::to_owned);
    let curves = read.traces().iter().map(|trace| Given {
        curve: NamedCurve {
            name: match name {
                _ if alone => of_file.clone(),
                Some(name) => format!("{name}, {}", trace.name),
                None => trace.name.clone(),
            },
            trace: trace.trace.clone(),
        },
        chosen: name.is_some(),
        file: file.to_owned(),
    });
    Ok(curves.collect())
}

/// `NAME=FILE`, or a file whose name may hold an equals sign.
fn named_file(argument: &str) -> Result<(Option<&str>, &str), Failure> {
    if Path::new(argument).exists() {
        return Ok((None, argument));
    }
    match argument.split_once('=') {
        None => Ok((None, argument)),
        Some((name, file)) if !name.trim().is_empty() && !file.is_empty() => {
            Ok((Some(name.trim()), file))
        }
        Some(_) => Err(Failure::usage(format!("'{argument}' is not [NAME=]FILE"))),
    }
}

/// What a file calls its curve; a measurement is called after its folder.
fn own_name(file: &str, read: &CurveFile) -> String {
    let path = Path::new(file);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let last = |path: &Path| Some(path.file_name()?.to_string_lossy().into_owned());
    let of_measurement = matches!(stem.as_ref(), "impedance" | "response");
    let folder = match path.parent().and_then(last) {
        Some(folder) if of_measurement && read.name == stem => Some(folder),
        _ if path.is_dir() || !path.exists() => last(path),
        _ => None,
    };
    folder.unwrap_or_else(|| read.name.clone())
}

/// The curves under the names asked for; names that files gave are told apart where they are alike.
fn with_names(given: Vec<Given>, names: &[String]) -> Result<Vec<NamedCurve>, Failure> {
    if given.len() > MOST_CURVES {
        let message = format!("{} curves are too many for one figure", given.len());
        return Err(Failure::usage(message).hint(format!("{MOST_CURVES} at most")));
    }
    if !names.is_empty() && names.len() != given.len() {
        let message = format!("{} names for {} curves", names.len(), given.len());
        return Err(Failure::usage(message).hint("--names needs one name for each curve"));
    }
    if names.iter().any(|name| name.trim().is_empty()) {
        return Err(Failure::usage("a name in --names is empty"));
    }
    let mut named: Vec<NamedCurve> = Vec::new();
    for (i, Given { mut curve, chosen, file }) in given.into_iter().enumerate() {
        let wanted = names.get(i).map(|name| name.trim().to_owned());
        let taken = |name: &str| named.iter().any(|earlier| earlier.name == name);
        curve.name = match wanted {
            Some(wanted) => wanted,
            None if chosen || !taken(&curve.name) => curve.name,
            None if !taken(&file) => file,
            None => format!("{file} ({})", i + 1),
        };
        named.push(curve);
    }
    Ok(named)
}
