//! `cansweep inspect model`: an equivalent circuit of an impedance.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use num_complex::Complex64;
use serde_json::{Value, json};

use crate::cli::curves::Curves;
use crate::cli::failure::{Exit, Failure};
use crate::cli::figures::{self, Drawing};
use crate::cli::output::{Output, counted};
use crate::cli::{Common, LibraryRoot};
use crate::metrology::equivalent::{Wanted, fit};
use crate::model::{
    CoilModel, Curve, EquivalentCircuit, FrequencyGrid, Impedance, NoModel, Polar, Trace,
};
use crate::plot;
use crate::quantity::unit::Ohm;
use crate::store::{Overwrite, atomic, document};

/// The arguments of `inspect model`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep inspect model hd600.zma
  cansweep inspect model impedance -o model              the folder of a measurement
  cansweep inspect model driver.zma --resonances 1 --coil leach --json

Fitted is Re + coil + one to three resonances, the coil being the one of four models that explains
the curve best with the fewest parameters. Quality factors are those of Small (1972). Exit code 1:
the curve holds no such circuit, and the message says why.")]
pub(crate) struct ModelArgs {
    /// An impedance: a curve file, the folder of a measurement, or a name from the library
    file: String,
    /// Exactly so many resonances [default: as many as there are, up to 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=3))]
    resonances: Option<u8>,
    /// The model of the coil: le, lr2, leach or wright [default: the one that fits best]
    #[arg(long, value_name = "NAME")]
    coil: Option<CoilModel>,
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

pub(super) fn run(args: &ModelArgs, output: Output) -> Result<Exit, Failure> {
    let mut curves = Curves::new(&args.library);
    let Trace::Impedance(polar) = curves.read(&args.file)?.into_trace() else {
        let message = format!("'{}' is a response, not an impedance", args.file);
        return Err(Failure::data(message));
    };
    let simulated = curves.any_simulated();
    curves.remark_on_assumptions();
    let wanted = Wanted { resonances: args.resonances.map(usize::from), coil: args.coil };
    let fitted = match polar.phase() {
        Some(_) => fit(&measured(&polar)?, wanted),
        None => Err(NoModel::NoPhase),
    };
    let circuit = fitted.map_err(|refusal| {
        Failure::new(Exit::Negative, format!("no circuit for '{}': {refusal}", args.file))
            .hint(hint(&refusal))
    })?;
    let document = figures::marked(document_of(&circuit, &polar), simulated);
    let mut pictures = 0;
    if let Some(folder) = &args.output {
        let overwrite = if args.force { Overwrite::Allow } else { Overwrite::Refuse };
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::data(format!("cannot make the folder '{}': {error}", folder.display()))
        })?;
        let text = document::to_text(&document);
        atomic::write_bytes(&folder.join("model.json"), text.as_bytes(), overwrite)?;
        let model = curve_of(&circuit)?;
        let caption =
            figures::caption_today("Impedance and its circuit".to_owned(), None, simulated);
        let figure = plot::figures::model(&polar, &model, &circuit, &caption);
        pictures = figures::write(folder, "model", &figure, args.drawing, overwrite)?;
    }
    output.result(|| document, || text(&circuit, args, pictures))?;
    Ok(Exit::Done)
}

/// The impedance with its uncertainty, where the file states it.
fn measured(polar: &Polar<Ohm>) -> Result<Impedance, Failure> {
    let bare = polar.to_impedance().map_err(Failure::data)?;
    let u_phase = polar.phase().and_then(Curve::u);
    let (Some(u), Some(u_phase)) = (polar.magnitude().u(), u_phase) else { return Ok(bare) };
    let of = |((&z, &u), &u_deg): ((&Complex64, &f64), &f64)| {
        crate::model::Covariance::polar(z, u, u_deg.to_radians() * z.norm())
    };
    let covariance = bare.values().iter().zip(u).zip(u_phase).map(of).collect();
    bare.with_covariance(covariance).map_err(Failure::data)
}

const fn hint(refusal: &NoModel) -> &'static str {
    match refusal {
        NoModel::NoPhase => "export the curve with its phase",
        NoModel::SeveralPeaks { .. } => "leave --resonances away, and all of them are fitted",
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

fn document_of(circuit: &EquivalentCircuit, polar: &Polar<Ohm>) -> Value {
    let resonance = |r: &crate::model::FittedResonance| {
        json!({
            "frequency_hz": r.frequency_hz.value, "u_frequency_hz": r.frequency_hz.u,
            "q_mechanical": r.q_mechanical.value, "u_q_mechanical": r.q_mechanical.u,
            "q_electrical": r.q_electrical.value, "u_q_electrical": r.q_electrical.u,
            "q_total": r.q_total.value, "u_q_total": r.q_total.u,
            "peak_ohm": r.peak_ohm.value, "u_peak_ohm": r.peak_ohm.u,
        })
    };
    let highest = polar.magnitude().points().max_by(|a, b| a.1.total_cmp(&b.1));
    let (maximum_hz, maximum_ohm) = highest.unwrap_or_default();
    json!({
        "schema": 1, "kind": "model",
        "curve": {
            "frequency_hz": circuit.frequency_hz,
            "re_ohm": circuit.impedance_ohm.iter().map(|z| z.0).collect::<Vec<_>>(),
            "im_ohm": circuit.impedance_ohm.iter().map(|z| z.1).collect::<Vec<_>>(),
        },
        "figures": {
            "dc_resistance_ohm": circuit.dc_resistance_ohm.value,
            "u_dc_resistance_ohm": circuit.dc_resistance_ohm.u,
            "maximum_ohm": maximum_ohm, "maximum_hz": maximum_hz,
            "coil": circuit.coil, "coil_parameters": circuit.coil_parameters,
            "resonances": circuit.resonances.iter().map(resonance).collect::<Vec<_>>(),
            "reduced_chi_squared": circuit.reduced_chi_squared,
            "worst_percent": circuit.worst_percent, "worst_hz": circuit.worst_hz,
            "parameters": circuit.parameters, "correlation": circuit.correlation,
            "candidates": circuit.candidates,
        },
        "findings": [],
    })
}

fn text(circuit: &EquivalentCircuit, args: &ModelArgs, pictures: usize) -> String {
    /// Above this the circuit is not all there is.
    const EXACT: f64 = 4.0;
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<18}{value}");
    };
    line("DC resistance", format!("{} Ω (extrapolated)", circuit.dc_resistance_ohm));
    line("coil", circuit.coil.to_string());
    for parameter in &circuit.coil_parameters {
        let (value, unit) = match parameter.unit {
            "H" => (
                crate::quantity::Uncertain::new(
                    1e6 * parameter.value.value,
                    1e6 * parameter.value.u,
                ),
                "µH",
            ),
            unit => (parameter.value, unit),
        };
        line(&format!("  {}", parameter.name), format!("{value} {unit}").trim_end().to_owned());
    }
    for resonance in &circuit.resonances {
        line("resonance", format!("{} Hz, {} Ω", resonance.frequency_hz, resonance.peak_ohm));
        line("  Qms", resonance.q_mechanical.to_string());
        line("  Qes", resonance.q_electrical.to_string());
        line("  Qts", resonance.q_total.to_string());
    }
    if circuit.resonances.is_empty() {
        line("resonance", "none is resolved, so there are no quality factors".to_owned());
    }
    let (percent, hz) = (circuit.worst_percent, circuit.worst_hz);
    line("fit", format!("within {percent:.2} %, worst at {hz:.0} Hz"));
    if circuit.reduced_chi_squared > EXACT {
        line(
            "",
            "the circuit is not all there is to this curve (a cup and a pad resonate too):\n\
             \u{20}                 the ± hold for a circuit of this kind only"
                .to_owned(),
        );
    }
    match &args.output {
        Some(folder) => {
            let pictures = counted(pictures, "picture");
            let _ = writeln!(text, "stored in {}, {pictures}", folder.display());
        }
        None => text.push_str("figures and data are written with -o DIR\n"),
    }
    text
}
