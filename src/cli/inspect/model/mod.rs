//! `cansweep inspect model`: an equivalent circuit of an impedance.

mod document;
mod text;

use std::path::PathBuf;

use clap::Args;
use num_complex::Complex64;

use crate::cli::curves::Curves;
use crate::cli::failure::{Exit, Failure};
use crate::cli::figures::{self, Drawing};
use crate::cli::output::Output;
use crate::cli::{Common, LibraryRoot};
use crate::metrology::equivalent::{Change, Known, Wanted, fit, moving_parts, three_points};
use crate::model::{
    CoilModel, EquivalentCircuit, FrequencyGrid, Impedance, MovingParts, NoModel, NoThreePoints,
    Polar, ThreePoints, Trace,
};
use crate::plot;
use crate::quantity::unit::Ohm;
use crate::quantity::{Frequency, Length, Mass, Percent, Volume};
use crate::store::{Overwrite, atomic};

/// The arguments of `inspect model`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep inspect model hd600.zma
  cansweep inspect model impedance -o model              the folder of a measurement
  cansweep inspect model driver.zma --resonances 1 --coil leach --json
  cansweep inspect model free.zma --with heavy.zma --added-mass 0.3g --diameter 36mm
  cansweep inspect model free.zma --with boxed.zma --closed-volume 150mL --diameter 36mm

Fitted is Re + coil + one to three resonances, the coil being the one of four models that explains
the curve best with the fewest parameters. Quality factors are those of Small (1972); beside the
fit, three points of the magnitude give them once more. A second curve, measured with a mass fixed
to the diaphragm or with the driver on an airtight volume, tells Bl, Mms, Cms and Vas. Exit code 1:
the curve holds no such circuit, and the message says why.")]
pub(crate) struct ModelArgs {
    /// An impedance: a curve file, the folder of a measurement, or a name from the library
    file: String,
    /// Exactly so many resonances [default: as many as there are, up to 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=3))]
    resonances: Option<u8>,
    /// The model of the coil: none, le, lr2, leach or wright [default: the one that fits best]
    #[arg(long, value_name = "NAME")]
    coil: Option<CoilModel>,
    /// Fit nothing below this frequency [default: 10Hz]
    #[arg(long, value_name = "HZ")]
    from: Option<Frequency>,
    /// Fit nothing above this frequency [default: 20.5kHz]
    #[arg(long, value_name = "HZ")]
    to: Option<Frequency>,
    #[command(flatten)]
    second: SecondCurve,
    /// Write data and figures to this folder
    #[arg(short, long, value_name = "DIR", help_heading = "Result")]
    output: Option<PathBuf>,
    /// Overwrite files that exist
    #[arg(long, help_heading = "Result")]
    force: bool,
    #[command(flatten)]
    drawing: Drawing,
    #[command(flatten)]
    library: LibraryRoot,
    #[command(flatten)]
    pub(super) common: Common,
}

/// The same driver with a known change.
#[derive(Debug, Args)]
#[command(next_help_heading = "Moving parts")]
struct SecondCurve {
    /// The impedance of the same driver with an added mass or on a closed volume
    #[arg(long, value_name = "FILE")]
    with: Option<String>,
    /// The mass that was fixed to the diaphragm
    #[arg(long, value_name = "GRAMS", requires = "with", allow_hyphen_values = true)]
    added_mass: Option<Mass>,
    /// The airtight volume that the driver was mounted on
    #[arg(
        long,
        value_name = "LITRES",
        requires = "with",
        conflicts_with = "added_mass",
        allow_hyphen_values = true
    )]
    closed_volume: Option<Volume>,
    /// Effective diameter of the diaphragm, to the middle of its surround
    #[arg(long, value_name = "METRES", requires = "with", allow_hyphen_values = true)]
    diameter: Option<Length>,
    /// How well mass, volume and diameter are known [default: 1%]
    #[arg(long, value_name = "PERCENT", requires = "with", allow_hyphen_values = true)]
    tolerance: Option<Percent>,
}

impl SecondCurve {
    /// The second curve's name and what is known of the change; none if none is given.
    fn known(&self) -> Result<Option<(&str, Known)>, Failure> {
        let Some(with) = &self.with else { return Ok(None) };
        let change = match (self.added_mass, self.closed_volume) {
            (Some(mass), _) if mass.g() > 0.0 => Change::AddedMass(mass),
            (_, Some(volume)) if volume.l() > 0.0 => Change::ClosedVolume(volume),
            _ => {
                return Err(Failure::usage("nothing says what was changed for the second curve")
                    .hint("say so with --added-mass 0.3g or --closed-volume 150mL, above zero"));
            }
        };
        if self.diameter.is_some_and(|diameter| diameter.m() <= 0.0) {
            return Err(Failure::usage("a diaphragm without a diameter moves no air"));
        }
        let tolerance = self.tolerance.map_or_else(|| Percent::new(1.0), Ok);
        let tolerance = tolerance.map_err(Failure::usage)?;
        Ok(Some((with, Known { change, diameter: self.diameter, tolerance })))
    }
}

/// All that was found out.
struct Found {
    circuit: EquivalentCircuit,
    three_points: Result<ThreePoints, NoThreePoints>,
    moving_parts: Option<MovingParts>,
}

pub(super) fn run(args: &ModelArgs, output: Output) -> Result<Exit, Failure> {
    if args.from.zip(args.to).is_some_and(|(from, to)| from >= to) {
        return Err(Failure::usage("--from lies above --to, and nothing is left to fit"));
    }
    let second = args.second.known()?;
    let mut curves = Curves::new(&args.library);
    let polar = curves.ohms(&args.file)?;
    let heavier = second.map(|(file, _)| curves.ohms(file)).transpose()?;
    let simulated = curves.any_simulated();
    curves.remark_on_assumptions();
    let circuit = circuit_of(&polar, &args.file, args)?;
    let moving_parts = match second.zip(heavier.as_ref()) {
        Some(((file, known), polar)) => {
            let changed = circuit_of(polar, file, args)?;
            let parts = moving_parts(&circuit, &changed, known).map_err(|refusal| {
                Failure::new(Exit::Negative, format!("no moving parts from '{file}': {refusal}"))
                    .hint("the first file is the driver as it is, --with the one that was changed")
            })?;
            Some(parts)
        }
        None => None,
    };
    let three_points = three_points(polar.magnitude(), &circuit);
    let found = Found { circuit, three_points, moving_parts };
    let document = figures::marked(document::of(&found, &polar), simulated);
    let mut pictures = 0;
    if let Some(folder) = &args.output {
        let overwrite = if args.force { Overwrite::Allow } else { Overwrite::Refuse };
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::data(format!("cannot make the folder '{}': {error}", folder.display()))
        })?;
        let text = crate::store::document::to_text(&document);
        atomic::write_bytes(&folder.join("model.json"), text.as_bytes(), overwrite)?;
        let model = curve_of(&found.circuit)?;
        let caption =
            figures::caption_today("Impedance and its circuit".to_owned(), None, simulated);
        let figure = plot::figures::model(&polar, &model, &found.circuit, &caption);
        pictures = figures::write(folder, "model", &figure, args.drawing, overwrite)?;
    }
    output.result(|| document, || text::of(&found, &polar, args, pictures))?;
    Ok(Exit::Done)
}

fn circuit_of(
    polar: &Polar<Ohm>,
    file: &str,
    args: &ModelArgs,
) -> Result<EquivalentCircuit, Failure> {
    let wanted = Wanted {
        resonances: args.resonances.map(usize::from),
        coil: args.coil,
        from: args.from,
        to: args.to,
    };
    let fitted = match polar.phase() {
        Some(_) => fit(&polar.to_impedance_with_u().map_err(Failure::data)?, wanted),
        None => Err(NoModel::NoPhase),
    };
    fitted.map_err(|refusal| {
        Failure::new(Exit::Negative, format!("no circuit for '{file}': {refusal}"))
            .hint(hint(&refusal))
    })
}

const fn hint(refusal: &NoModel) -> &'static str {
    match refusal {
        NoModel::NoPhase => "export the curve with its phase",
        NoModel::SeveralPeaks { .. } => "leave --resonances away, and all of them are fitted",
        NoModel::NotOneResonance { .. } => {
            "leave --resonances away: a cup or a pad resonates beside the driver"
        }
        NoModel::PeakOutside { .. } => "a lower --from in the measurement shows the whole peak",
        NoModel::NoResonance { .. } => {
            "a planar driver has none; without --resonances the resistance is fitted all the same"
        }
        NoModel::NotPassive { .. } => "check the polarity and the channels of the measurement",
        NoModel::TooFewPoints { .. } | NoModel::NoFit => "use a finer or wider curve",
    }
}

fn curve_of(circuit: &EquivalentCircuit) -> Result<Polar<Ohm>, Failure> {
    let grid = FrequencyGrid::new(circuit.frequency_hz.clone()).map_err(Failure::data)?;
    let values = circuit.impedance_ohm.iter().map(|&(re, im)| Complex64::new(re, im));
    let impedance = Impedance::new(grid, values.collect()).map_err(Failure::data)?;
    match Trace::from(&impedance) {
        Trace::Impedance(polar) => Ok(polar),
        Trace::Response(_) => Err(Failure::new(Exit::Bug, "an impedance became a response")),
    }
}
