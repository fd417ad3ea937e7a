//! `cansweep drive`: what a level takes of a headphone, and what an amplifier will do with it.

use std::path::PathBuf;

use clap::Args;

use super::curves::Curves;
use super::failure::{Exit, Failure};
use super::figures::{self, Drawing};
use super::output::{Output, counted};
use super::{Common, LibraryRoot};
use crate::model::{
    Amplifier, Drive, DriveTarget, DrivenHeadphone, FrequencyGrid, Impedance, Reach,
    SensitivityPer, StatedSensitivity,
};
use crate::quantity::unit::Pascal;
use crate::quantity::{Current, Frequency, Gain, Level, Resistance, Voltage, parse_number};
use crate::report::text;
use crate::store::{Overwrite, document};
use crate::study::drive;

/// The arguments of `drive`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep drive --ohm 300 --db-per-mw 97
  cansweep drive --impedance hd600.zma --db-per-mw 97 --rated-ohm 300 --level 110
  cansweep drive --impedance imp --db-per-v 102 --response fresh --level 85 --headroom 20 -o drive
  cansweep drive --ohm 32 --db-per-mw 96 --amp-volts 1 --amp-milliamps 50 --amp-ohm 2 --balanced

1 mW is one into the rated impedance, as data sheets have it: give --rated-ohm beside --impedance,
or the magnitude at --sensitivity-at is taken. Headroom: music has peaks 10 dB (pop) to 20 dB
(classical) above its level; what an equaliser raises comes on top. Voltages and currents are
effective values of a sine, whose own peaks of 3 dB are not counted against the headroom. A balanced output has twice the voltage and twice the output resistance
of a single-ended one, and the same limit of current. Exit code 1: the amplifier does not reach
level and headroom at every frequency between 20 Hz and 20 kHz.")]
pub(crate) struct DriveArgs {
    #[command(flatten)]
    load: LoadArgs,
    #[command(flatten)]
    sensitivity: SensitivityArgs,
    /// Frequency at which the sensitivity holds
    #[arg(
        long,
        value_name = "HZ",
        default_value = "1kHz",
        allow_hyphen_values = true,
        help_heading = "Headphone"
    )]
    sensitivity_at: Frequency,
    /// The impedance on the data sheet, into which 1 mW is meant
    #[arg(
        long,
        value_name = "OHM",
        conflicts_with = "ohm",
        allow_hyphen_values = true,
        help_heading = "Headphone"
    )]
    rated_ohm: Option<Resistance>,
    /// The headphone's response on a source of 0 Ω: the level is to be reached at every frequency
    #[arg(long, value_name = "FILE", help_heading = "Headphone")]
    response: Option<String>,
    /// The level
    #[arg(
        long,
        value_name = "dB SPL",
        default_value = "110",
        value_parser = sound_level,
        allow_hyphen_values = true,
        help_heading = "Level"
    )]
    level: Level<Pascal>,
    /// What peaks and an equaliser take above it
    #[arg(
        long,
        value_name = "dB",
        default_value = "0",
        allow_hyphen_values = true,
        help_heading = "Level"
    )]
    headroom: Gain,
    #[command(flatten)]
    amplifier: AmplifierArgs,
    /// Write data and figures to this folder
    #[arg(short, long, value_name = "DIR", help_heading = "Result")]
    output: Option<PathBuf>,
    /// Overwrite files that exist
    #[arg(long, help_heading = "Result")]
    force: bool,
    /// Title of the figure
    #[arg(long, value_name = "TEXT", help_heading = "Result")]
    title: Option<String>,
    #[command(flatten)]
    drawing: Drawing,
    #[command(flatten)]
    library: LibraryRoot,
    #[command(flatten)]
    pub(super) common: Common,
}

/// The headphone as a load.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct LoadArgs {
    /// The headphone's impedance: a curve file, the folder of a measurement, or a library name
    #[arg(long, value_name = "FILE", help_heading = "Headphone")]
    impedance: Option<String>,
    /// A headphone with its rated impedance at every frequency
    #[arg(long, value_name = "OHM", allow_hyphen_values = true, help_heading = "Headphone")]
    ohm: Option<Resistance>,
}

/// The sensitivity in one of two ways.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct SensitivityArgs {
    /// Sensitivity: level of 1 mW
    #[arg(
        long,
        value_name = "dB SPL",
        value_parser = sound_level,
        allow_hyphen_values = true,
        help_heading = "Headphone"
    )]
    db_per_mw: Option<Level<Pascal>>,
    /// Sensitivity: level of 1 V
    #[arg(
        long,
        value_name = "dB SPL",
        value_parser = sound_level,
        allow_hyphen_values = true,
        help_heading = "Headphone"
    )]
    db_per_v: Option<Level<Pascal>>,
}

/// The amplifier, by its single-ended output.
#[derive(Debug, Args)]
#[command(next_help_heading = "Amplifier")]
struct AmplifierArgs {
    /// Largest voltage without a load (effective value of a sine)
    #[arg(long, value_name = "V", allow_hyphen_values = true)]
    amp_volts: Option<Voltage>,
    /// Largest current (effective value of a sine)
    #[arg(long, value_name = "mA", value_parser = milliamperes, allow_hyphen_values = true)]
    amp_milliamps: Option<Current>,
    /// Output resistance [default: 0 Ω]
    #[arg(long, value_name = "OHM", allow_hyphen_values = true)]
    amp_ohm: Option<Resistance>,
    /// It has a balanced output as well: twice the voltage and resistance, the same current
    #[arg(long)]
    balanced: bool,
}

/// Reads a level in dB SPL.
fn sound_level(text: &str) -> Result<Level<Pascal>, String> {
    let read = parse_number(text, "level", &["dB SPL", "dBSPL", "dB"], "110 or 110dB");
    read.map(Level::from_db).map_err(|error| error.to_string())
}

/// Reads a current whose plain number counts milliamperes.
fn milliamperes(text: &str) -> Result<Current, String> {
    let read = parse_number(text, "current in milliamperes", &["mA"], "50 or 50mA");
    let milliamperes = read.map_err(|error| error.to_string())?;
    Current::new(milliamperes / 1e3).map_err(|error| error.to_string())
}

impl AmplifierArgs {
    /// The amplifier; none if nothing is said of one.
    fn amplifier(&self) -> Result<Option<Amplifier>, Failure> {
        let said = self.amp_volts.is_some()
            || self.amp_milliamps.is_some()
            || self.amp_ohm.is_some()
            || self.balanced;
        let output = self.amp_ohm.unwrap_or(Resistance::MIN);
        let amplifier =
            said.then(|| Amplifier::new(self.amp_volts, self.amp_milliamps, output, self.balanced));
        Ok(amplifier.transpose()?)
    }
}

impl DriveArgs {
    fn stated(&self) -> Result<StatedSensitivity, Failure> {
        let (level, per) = match (self.sensitivity.db_per_mw, self.sensitivity.db_per_v) {
            (Some(level), _) => (level, SensitivityPer::Milliwatt),
            (None, Some(level)) => (level, SensitivityPer::Volt),
            (None, None) => {
                return Err(Failure::usage("no sensitivity").hint("--db-per-mw or --db-per-v"));
            }
        };
        let rated = self.rated_ohm.or(self.load.ohm);
        Ok(StatedSensitivity::new(level, per, self.sensitivity_at, rated)?)
    }

    fn headphone(&self, curves: &mut Curves<'_>) -> Result<DrivenHeadphone, Failure> {
        let sensitivity = self.stated()?;
        let impedance = self.load.impedance.as_deref();
        let measured = impedance.map(|file| curves.load(file)).transpose()?;
        let response = self.response.as_deref().map(|file| curves.level(file)).transpose()?;
        let impedance = match (measured, self.load.ohm) {
            (Some(polar), _) => polar.to_impedance().map_err(Failure::data)?,
            (None, ohm) => {
                // A resistance is the same wherever it is asked for.
                let known = response.as_ref().map(|response| response.grid().clone());
                let grid = known.unwrap_or_else(FrequencyGrid::standard);
                let ohm = ohm.map_or(0.0, Resistance::ohm);
                Impedance::from_fn(grid, |_| ohm.into()).map_err(Failure::data)?
            }
        };
        Ok(DrivenHeadphone { impedance, sensitivity, response })
    }

    /// What is said below the tables.
    fn summary(&self, simulated: bool, pictures: usize) -> String {
        let stored = match &self.output {
            Some(folder) => {
                format!("stored in {}, {}", folder.display(), counted(pictures, "picture"))
            }
            None => "figures and data are written with -o DIR".to_owned(),
        };
        format!("\n{}{stored}\n", if simulated { "simulated\n" } else { "" })
    }

    fn write(&self, drive: &Drive, simulated: bool) -> Result<usize, Failure> {
        let Some(folder) = &self.output else { return Ok(0) };
        let title = self.title.clone();
        let title = title.unwrap_or_else(|| format!("Drive for {}", drive.target.level()));
        let caption = figures::caption_today(title, None, simulated);
        let overwrite = if self.force { Overwrite::Allow } else { Overwrite::Refuse };
        figures::of_drive(folder, drive, &caption, self.drawing, overwrite)
    }
}

pub(super) fn run(args: &DriveArgs, output: Output) -> Result<Exit, Failure> {
    let target = DriveTarget::new(args.level, args.headroom)?;
    let amplifier = args.amplifier.amplifier()?;
    let mut curves = Curves::new(&args.library);
    let headphone = args.headphone(&mut curves)?;
    curves.remark_on_assumptions();
    let simulated = curves.any_simulated();
    let found = drive::drive(&headphone, target, amplifier)?;
    let pictures = args.write(&found, simulated)?;
    output.result(
        || figures::marked(document::drive(&found), simulated),
        || text::drive(&found) + &args.summary(simulated, pictures),
    )?;
    let enough = found.best().is_none_or(Reach::is_enough);
    Ok(if enough { Exit::Done } else { Exit::Negative })
}
