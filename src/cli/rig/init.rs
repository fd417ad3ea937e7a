//! `cansweep rig init`: a guided set-up, in the order in which a person wires things.

mod finding;
mod wishes;

use std::path::{Path, PathBuf};

use clap::Args;

use super::ask::Questions;
use super::checking::{Report, check_rig};
use super::file_text::{NewRig, with_checked};
use super::wiring::drawing;
use super::{Care, For, Insistence, show};
use crate::cli::Common;
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::rig_file::{Placed, RigFile, placed};
use crate::measure::Purpose;
use crate::model::{ChannelMap, Plan};
use crate::quantity::unit::FullScale;
use crate::quantity::{Level, SampleRate};
use crate::rig::sound_card::Settings;
use crate::store::atomic::{Overwrite, WriteError, write_bytes};
use crate::store::plan;
use wishes::Wishes;

/// The arguments of `rig init`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep rig init desk.toml
  cansweep rig init desk.toml --output alsa:hw:CARD=USB,DEV=0 --for response --yes
  cansweep rig init practice.toml --output sim:closed-38

It asks what is connected to what, draws the wiring, plays very quietly (-60 dBFS and up), finds
which input is which by what comes back, checks the rig at its working level, and writes a rig file
to name to --rig. What a flag says is not asked; --yes takes the default of everything else.")]
pub(crate) struct InitArgs {
    /// The rig file to write
    #[arg(default_value = "rig.toml")]
    file: PathBuf,
    /// The device that plays: an id from `cansweep devices`, or sim:NAME for practice
    #[arg(long, value_name = "DEVICE")]
    output: Option<String>,
    /// The device that records [default: the one that plays]
    #[arg(long, value_name = "DEVICE")]
    input: Option<String>,
    /// The output channel that plays, counted from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    play_on: Option<u16>,
    /// What the rig is for
    #[arg(long = "for", value_name = "PURPOSE", value_enum)]
    purpose: Option<For>,
    /// Which input is which, counted from 1 [default: found by what comes back]
    #[arg(long, value_name = "ROLE=N,…")]
    channels: Option<ChannelMap>,
    /// The microphones sit in a person's ears: nothing above 85 dB SPL is played
    #[arg(long)]
    worn: bool,
    /// Nothing above this peak level is ever played [default: -12dBFS]
    #[arg(long, value_name = "dBFS", allow_hyphen_values = true)]
    limit: Option<Level<FullScale>>,
    /// What the rig is called [default: the name of the file]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Sample rate at which it is checked [default: 48k]
    #[arg(long, value_name = "HZ", allow_hyphen_values = true)]
    rate: Option<SampleRate>,
    /// Ask nothing
    #[arg(long)]
    yes: bool,
    /// Overwrite a file that exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

/// The plan that a rig is set up with.
const PLAN: &str = "response-quick";

pub(super) fn run(args: &InitArgs, output: Output) -> Result<Exit, Failure> {
    if args.file.extension().is_none_or(|extension| extension != "toml") {
        return Err(Failure::usage(format!("'{}' does not end in .toml", args.file.display()))
            .hint("--rig knows a rig file by that"));
    }
    if args.file.exists() && !args.force {
        return Err(WriteError::Exists { path: args.file.clone() }.into());
    }
    let mut questions = Questions::new(!args.yes);
    let wishes = Wishes::ask(args, &mut questions)?;
    let mut setup = Setup::begin(args, &wishes)?;
    setup.connect(&mut questions)?;
    setup.find_inputs(&mut questions)?;
    let report = setup.check(&mut questions)?;
    let text = setup.text(Some(&report))?;
    let overwrite = if args.force { Overwrite::Allow } else { Overwrite::Refuse };
    write_bytes(&args.file, text.as_bytes(), overwrite)?;
    let name = &wishes.name;
    output.result(
        || {
            let mut document = report.document(name);
            document["file"] = args.file.display().to_string().into();
            document["channels"] = setup.channels.to_string().into();
            document
        },
        || summary(&text, &report, &args.file, wishes.purpose),
    )?;
    Output::findings(&report.findings);
    Ok(report.exit())
}

fn summary(text: &str, report: &Report, path: &Path, purpose: Purpose) -> String {
    let shown = RigFile::parse(text).map(|file| show::text(&file)).unwrap_or_default();
    let name = report.text_without_heading();
    let next = match purpose {
        Purpose::Response | Purpose::Loopback => "measure response",
        Purpose::Impedance => "measure impedance --sense-resistor 100",
    };
    let path = path.display();
    format!(
        "{shown}{name}\nwritten to {path}; now, for instance:\n  cansweep {next} --rig {path}\n"
    )
}

/// A rig that is being set up.
struct Setup<'a> {
    args: &'a InitArgs,
    wishes: &'a Wishes,
    channels: ChannelMap,
    plan: Plan,
}

impl<'a> Setup<'a> {
    fn begin(args: &'a InitArgs, wishes: &'a Wishes) -> Result<Self, Failure> {
        let plan = plan::load(PLAN)?;
        let plan = crate::cli::sweep::adjusted(plan, args.rate, None)?;
        let channels = args.channels.clone().unwrap_or_default();
        Ok(Self { args, wishes, channels, plan })
    }

    fn drawing(&self) -> String {
        drawing(self.wishes.purpose, &[self.wishes.play_on], &self.channels)
    }

    /// Lets the user connect everything.
    fn connect(&self, questions: &mut Questions) -> Result<(), Failure> {
        questions.tell("\nConnect it like this (an amplifier in between, or the card's own headphone output):\n");
        questions.tell(&self.drawing());
        if self.channels.is_empty() {
            questions.tell(
                "\nThe inputs may be either way round: what comes back tells which is which.",
            );
        }
        questions.tell("Turn the volume down, and take the headphone off your head.");
        if questions.agrees("connected?", true)? {
            Ok(())
        } else {
            Err(Failure::new(Exit::Interrupted, "nothing was played and nothing was written"))
        }
    }

    /// The text of the rig file.
    fn text(&self, report: Option<&Report>) -> Result<String, Failure> {
        let wishes = self.wishes;
        let drawing = self.drawing();
        let new = NewRig {
            name: &wishes.name,
            purpose: wishes.purpose,
            channels: &self.channels,
            simulated: wishes.simulated(),
            output: &wishes.output,
            input: &wishes.input,
            play_on: wishes.play_on,
            worn: wishes.worn,
            limit: wishes.limit,
            drawing: &drawing,
        };
        match report.filter(|report| report.exit() != Exit::Invalid) {
            Some(report) => with_checked(&new.text(), &report.table()),
            None => Ok(new.text()),
        }
    }

    /// Opens the rig as its file will say.
    fn open(&self) -> Result<Placed, Failure> {
        let mut file = RigFile::parse(&self.text(None)?).map_err(Failure::data)?;
        if let (Some(card), Some(inputs)) = (&file.sound_card, self.wishes.inputs)
            && self.channels.is_empty()
        {
            file.sound_card = Some(Settings::with_inputs(card.clone(), inputs));
        }
        let placing = super::check::placing(self.wishes.purpose, None)?;
        placed(&file, &placing, None, Insistence::WithinLimits)
    }

    /// Checks the rig at its working level; asks to change what is wrong and tries again.
    fn check(&self, questions: &mut Questions) -> Result<Report, Failure> {
        let level = self.plan.sweep().level.db().min(self.wishes.limit.db());
        let plan = self.plan.at_level(Level::from_db(level)).map_err(Failure::usage)?;
        let care = Care::default().answered(self.args.yes);
        loop {
            questions.tell(&format!("\nNow at {level:.1} dBFS, with quiet bursts first."));
            let tried = check_rig(&mut self.open()?, &plan, self.wishes.purpose, care);
            let question = match &tried {
                Ok(report) if report.exit() == Exit::Done => return tried,
                Ok(report) => {
                    if questions.are_answered() {
                        Output::findings(&report.findings);
                    }
                    "change that and check again?"
                }
                Err(failure) if failure.exit() == Exit::Invalid => {
                    if questions.are_answered() {
                        Output::remark(&failure.to_string());
                    }
                    "change that and try again?"
                }
                Err(_) => return tried,
            };
            if !questions.agrees(question, false)? {
                return tried;
            }
        }
    }
}
