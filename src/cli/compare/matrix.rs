//! `cansweep compare matrix`: headphones by sources.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::keep::KeepComparison;
use crate::cli::curves::Curves;
use crate::cli::failure::Failure;
use crate::cli::figures;
use crate::cli::output::{Output, counted};
use crate::cli::{Exit, LibraryRoot};
use crate::model::{Impedance, LeftOut, Measurand, MeasuredOutput, Source, SourceMatrix};
use crate::quantity::Resistance;
use crate::report::text;
use crate::store::document;
use crate::store::library::{EntryState, Library};
use crate::study::matrix::{Headphone, matrix};

/// The arguments of `compare matrix`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep compare matrix --headphone HD600=hd600.zma IEM=iem.zma --source-ohm 0,1,10,120 -o matrix
  cansweep compare matrix --headphone *.zma --source desk=amp dongle=dongle.csv --source-ohm 0
  cansweep compare matrix -o matrix
  cansweep compare matrix --json

Without --headphone: the newest stored impedance of each headphone (`measure impedance --headphone
NAME`). Without --source and --source-ohm: every stored output impedance (`measure output-impedance
--tag amplifier=NAME`; one without that tag goes by the name it is stored under), or, if there is
none, resistances of 0, 1, 10, 33, 75 and 120 Ω. A dot in the figure and * in the table mark a source
with more than an eighth of the headphone's smallest impedance.")]
pub(crate) struct MatrixArgs {
    /// Impedances of headphones: curve files, folders of measurements, or library names
    #[arg(long, value_name = "[NAME=]FILE", num_args = 1..)]
    headphone: Vec<String>,
    /// Output resistances of sources
    #[arg(long, value_name = "OHM[,OHM…]", value_delimiter = ',', allow_hyphen_values = true)]
    source_ohm: Vec<Resistance>,
    /// Measured outputs of amplifiers: curve files, folders of measurements, or library names
    #[arg(long, value_name = "[NAME=]FILE", num_args = 1..)]
    source: Vec<String>,
    #[command(flatten)]
    pub(super) keep: KeepComparison,
}

pub(super) fn run(args: &MatrixArgs, output: Output) -> Result<Exit, Failure> {
    let mut reading = Reading::new(args);
    let (headphones, sources) = (reading.headphones()?, reading.sources()?);
    let Reading { curves, left_out, .. } = reading;
    curves.remark_on_assumptions();
    let mut found = matrix(&headphones, &sources);
    found.left_out.extend(left_out);
    if found.rows.is_empty() || found.sources.is_empty() {
        return Err(nothing(&found));
    }
    let simulated = curves.any_simulated();
    let rows = counted(found.rows.len(), "headphone");
    let sample = format!("{rows}, {}", counted(found.sources.len(), "source"));
    let caption = args.keep.caption("Headphones and sources", Some(sample), simulated);
    let written = args.keep.written(&found, &caption, figures::of_matrix)?;
    output.result(
        || figures::marked(document::matrix(&found), simulated),
        || format!("{}\n{}", text::matrix(&found), args.keep.summary(simulated, written)),
    )?;
    Ok(Exit::Done)
}

/// Why there is no matrix.
fn nothing(found: &SourceMatrix) -> Failure {
    let which = if found.rows.is_empty() { "headphone" } else { "source" };
    let reasons = found.left_out.iter().map(|out| format!("'{}': {}", out.name, out.reason));
    let reasons: Vec<String> = reasons.collect();
    let failure = Failure::data(match reasons.as_slice() {
        [] => format!("there is no {which} to compare"),
        reasons => format!("there is no {which} to compare ({})", reasons.join("; ")),
    });
    failure.hint(format!("name one: --{which} NAME=FILE, with an impedance that covers 1 kHz"))
}

/// Reads what rows and columns are made from, and remembers what could not be read.
struct Reading<'a> {
    args: &'a MatrixArgs,
    curves: Curves<'a>,
    left_out: Vec<LeftOut>,
}

impl<'a> Reading<'a> {
    fn new(args: &'a MatrixArgs) -> Self {
        Self { args, curves: Curves::new(&args.keep.library), left_out: Vec::new() }
    }

    fn headphones(&mut self) -> Result<Vec<Headphone>, Failure> {
        let read = if self.args.headphone.is_empty() {
            self.stored(newest(stored(&self.args.keep.library, Measurand::Impedance, "headphone")?))
        } else {
            self.named(&self.args.headphone, "headphones")?
        };
        let headphone = |(name, impedance)| Headphone { name, impedance };
        Ok(read.into_iter().map(headphone).collect())
    }

    fn sources(&mut self) -> Result<Vec<Source>, Failure> {
        let asked = self.args.source_ohm.iter().copied().map(Source::Resistance);
        let outputs = if self.args.source.is_empty() && self.args.source_ohm.is_empty() {
            let outputs = stored(&self.args.keep.library, Measurand::OutputImpedance, "amplifier")?;
            self.stored(told_apart(outputs))
        } else {
            self.named(&self.args.source, "sources")?
        };
        let output = |(name, impedance)| Source::Measured(MeasuredOutput { name, impedance });
        let sources: Vec<Source> = asked.chain(outputs.into_iter().map(output)).collect();
        if sources.is_empty() { usual() } else { Ok(sources) }
    }

    /// Curves that the user named. One that cannot be read is a failure.
    fn named(&mut self, files: &[String], what: &str) -> Result<Vec<(String, Impedance)>, Failure> {
        let mut read: Vec<(String, Impedance)> = Vec::new();
        for named in files {
            let (name, file) = name_and_file(named);
            if read.iter().any(|(known, _)| *known == name) {
                return Err(Failure::usage(format!("two {what} are called '{name}'"))
                    .hint("give them names: NAME=FILE"));
            }
            read.push((name, self.impedance(file)?));
        }
        Ok(read)
    }

    /// Curves from the library. One that cannot be read is left out.
    fn stored(&mut self, measurements: Vec<Stored>) -> Vec<(String, Impedance)> {
        let mut read = Vec::new();
        for Stored { name, folder, .. } in measurements {
            match self.impedance(&folder.to_string_lossy()) {
                Ok(impedance) => read.push((name, impedance)),
                Err(failure) => {
                    self.left_out.push(LeftOut { name, reason: failure.to_string() });
                }
            }
        }
        read
    }

    fn impedance(&mut self, file: &str) -> Result<Impedance, Failure> {
        self.curves.load(file)?.to_impedance_with_u().map_err(Failure::data)
    }
}

/// `NAME=FILE`, or a file that goes by its own name.
pub(super) fn name_and_file(named: &str) -> (String, &str) {
    let path = Path::new(named);
    if let Some((name, file)) = named.split_once('=').filter(|_| !path.exists()) {
        return (name.to_owned(), file);
    }
    let own = if path.is_dir() { path.file_name() } else { path.file_stem() };
    (own.map_or(named.to_owned(), |own| own.to_string_lossy().into_owned()), named)
}

/// The resistances that are taken where no output was measured.
fn usual() -> Result<Vec<Source>, Failure> {
    const OHM: [f64; 6] = [0.0, 1.0, 10.0, 33.0, 75.0, 120.0];
    Output::remark(
        "note: no output impedance is stored; the sources are resistances of 0, 1, 10, 33, 75 and \
         120 Ω (--source-ohm or --source names others)",
    );
    let source = |ohm| Resistance::new(ohm).map(Source::Resistance).map_err(Failure::usage);
    OHM.into_iter().map(source).collect()
}

/// A measurement of the library.
struct Stored {
    /// What its tag says it is, or what it is stored under.
    name: String,
    /// What it is stored under.
    folder_name: String,
    folder: PathBuf,
}

/// The measurements of a kind that were not refused, the oldest first, by one of their tags.
fn stored(root: &LibraryRoot, kind: Measurand, tag: &str) -> Result<Vec<Stored>, Failure> {
    let entries = Library::open(root.folder()?).list()?;
    let of_kind = entries.into_iter().filter_map(|entry| {
        let EntryState::Complete(manifest) = entry.state else { return None };
        let name = manifest.conditions.tags.get(tag).unwrap_or(&entry.name).clone();
        let wanted = manifest.kind == kind && !manifest.refused;
        wanted.then_some(Stored { name, folder_name: entry.name, folder: entry.folder })
    });
    Ok(of_kind.collect())
}

/// The last of each name, in order of the names.
fn newest(measurements: Vec<Stored>) -> Vec<Stored> {
    let by_name = measurements.into_iter().map(|stored| (stored.name.clone(), stored));
    by_name.collect::<BTreeMap<_, _>>().into_values().collect()
}

/// All of them; those that share a name with another go by what they are stored under as well.
fn told_apart(mut measurements: Vec<Stored>) -> Vec<Stored> {
    let names: Vec<String> = measurements.iter().map(|stored| stored.name.clone()).collect();
    for stored in &mut measurements {
        if names.iter().filter(|name| **name == stored.name).count() > 1 {
            stored.name = format!("{} ({})", stored.name, stored.folder_name);
        }
    }
    measurements
}
