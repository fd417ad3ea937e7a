//! `cansweep compare channels`: the two sides of a headphone.

use std::str::FromStr;

use clap::Args;

use super::files::{Files, Levels, sample};
use super::keep::{KeepComparison, NormalisationArg};
use crate::cli::Exit;
use crate::cli::curves::Curves;
use crate::cli::failure::Failure;
use crate::cli::figures;
use crate::cli::output::Output;
use crate::model::{Normalisation, Pairing, Span, Tolerance, ToleranceVerdict};
use crate::quantity::Smoothing;
use crate::report::text;
use crate::store::document;
use crate::study::channels::{MatchingQuestion, Sides, matched};

/// The arguments of `compare channels`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep compare channels --left l1.txt,l2.txt,l3.txt,l4.txt --right r1.txt,r2.txt,r3.txt,r4.txt
  cansweep compare channels --left left-1,left-2,left-3,left-4 --right right-1,right-2,right-3,right-4 \\
      --tolerance 1dB -o match
  cansweep compare channels --left l1.txt,l2.txt --right r1.txt,r2.txt --paired --smoothing 1/6

Files are anything `cansweep convert` reads, folders of measurements, or names from the library;
several files of a side are seatings. Measure one side after the other on the same coupler, with the
same microphone, the same channel of the amplifier and the same volume: levels are compared as they
were measured. Files of REW that state different levels of the sweep are moved to one.

Everything is left less right: level with its 95 % interval, response with a band that holds at all
frequencies at once, polarity, delay and what remains of the phase. A delay needs files with one time
zero: measured with a reference, or in REW with a timing reference.

--tolerance exits with 1 only if the sides differ by more beyond chance; if the seatings cannot tell,
that is said. Four seatings of each side or more are worth their time.")]
pub(crate) struct ChannelsArgs {
    /// The seatings of the left side
    #[arg(long, value_name = "FILE[,FILE…]", required = true)]
    left: Vec<Files>,
    /// The seatings of the right side
    #[arg(long, value_name = "FILE[,FILE…]", required = true)]
    right: Vec<Files>,
    /// The k-th seatings of both sides belong together, both measured without touching the headphone
    /// in between
    #[arg(long)]
    paired: bool,
    /// The most that the sides may differ by over --band: exit 1 if they do beyond chance
    #[arg(long, value_name = "DB")]
    tolerance: Option<ToleranceArg>,
    /// Where the tolerance holds
    #[arg(long, value_name = "HZ-HZ", default_value = "100Hz-10kHz")]
    band: BandArg,
    /// Smoothing of the curves: none, or 1/n octave
    #[arg(long, value_name = "1/N", default_value_t = Smoothing::None)]
    smoothing: Smoothing,
    #[command(flatten)]
    pub(super) keep: KeepComparison,
}

/// A tolerance in decibels, above zero.
#[derive(Debug, Clone, Copy)]
struct ToleranceArg(f64);

impl FromStr for ToleranceArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.trim().trim_start_matches(['±', '+']);
        let number = number.trim_end_matches("dB").trim_end();
        match number.parse::<f64>() {
            Ok(db) if (0.01..=40.0).contains(&db) => Ok(Self(db)),
            _ => Err(format!("'{text}' is not a tolerance of 0.01 dB to 40 dB")),
        }
    }
}

/// A band of frequencies.
#[derive(Debug, Clone, Copy)]
struct BandArg(Span);

impl FromStr for BandArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<NormalisationArg>()?.0 {
            Normalisation::Over(from, to) => Ok(Self(Span { from_hz: from.hz(), to_hz: to.hz() })),
            _ => Err(format!("'{text}' is not a band; write 100Hz-10kHz")),
        }
    }
}

pub(super) fn run(args: &ChannelsArgs, output: Output) -> Result<Exit, Failure> {
    let mut levels = Levels::new(Curves::new(&args.keep.library));
    levels.read("left", &Files::joined(&args.left))?;
    levels.read("right", &Files::joined(&args.right))?;
    let (simulated, common_time) = (levels.any_simulated(), !levels.own_time());
    let mut sets = levels.at_one_drive(args.smoothing)?.into_iter().map(|set| set.curves);
    let (left, right) = (sets.next().unwrap_or_default(), sets.next().unwrap_or_default());
    let counts = [left.len(), right.len()];
    let question = MatchingQuestion {
        pairing: if args.paired { Pairing::Paired } else { Pairing::Independent },
        tolerance: args.tolerance.map(|asked| Tolerance { db: asked.0, band: args.band.0 }),
        common_time,
        smoothing: args.smoothing,
    };
    let matching = matched(&Sides { left, right }, question)?;
    let caption = args.keep.caption("Channel matching", sample(&counts), simulated);
    let written = args.keep.written(&matching, &caption, figures::of_channels)?;
    output.result(
        || figures::marked(document::channels(&matching), simulated),
        || format!("{}\n{}", text::channels(&matching), args.keep.summary(simulated, written)),
    )?;
    Ok(match &matching.tolerance {
        Some((_, ToleranceVerdict::Exceeded { .. })) => Exit::Negative,
        _ => Exit::Done,
    })
}
