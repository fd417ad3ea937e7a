//! `cansweep compare seal`: the seal of a headphone from its impedance.

use std::str::FromStr;

use clap::Args;

use super::files::Files;
use super::keep::KeepComparison;
use super::leak::hole_diameter;
use crate::cli::Exit;
use crate::cli::curves::Curves;
use crate::cli::failure::Failure;
use crate::cli::figures;
use crate::cli::output::{Output, counted};
use crate::model::{Measurand, Normalisation, StateComparison};
use crate::quantity::{Frequency, Length, Smoothing};
use crate::report::text;
use crate::store::document;
use crate::study::evidence::{self, EvidenceQuestion};
use crate::study::seal::{FEWEST_REFERENCES, Jigs, Named, Question, compare};
use crate::study::states::{self, State};

/// The arguments of `compare seal`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep compare seal --reference r1,r2,r3,r4,r5 --now today
  cansweep compare seal --reference r1,r2,r3,r4,r5 --off-head table --now today -o seal
  cansweep compare seal --reference r1,r2,r3,r4,r5 --off-head table --leak 2mm=drilled --now today \\
      --response-reference m1,m2,m3,m4,m5 --response-now n1,n2,n3,n4,n5 --json

EXPERIMENTAL: proven on simulated headphones only. Impedances are those of `measure impedance` (a
sense resistor and no microphone), of the same headphone on any head. The reference is your own: five
seatings of it as it should sit, each taken off and put on again; three are the fewest that give a
verdict. Another impedance of one seating counts nothing.

The air before the diaphragm is part of what it moves, and that is seen in the impedance, but so are
the temperature of the coil and of the suspension. Both are left out, and the rest is judged by the
spread of the reference seatings, so that one of a hundred unchanged seatings is told to differ. Small
leaks are mostly NOT seen, those of open backs with porous pads never: “not distinguishable”
does not say that it seals. An impedance with the headphone laid on the table (--off-head) tells off
the head from a leak, and is what finds an open headphone off the head; one with a leak of known width
(--leak) tells how small a leak would have been seen.

Ends with 1 if it sits otherwise than the reference, and with 0 if that cannot be told or it does not.")]
pub(crate) struct SealArgs {
    /// Impedances of the headphone as it should sit, one for each seating; five are good
    #[arg(long, value_name = "FILE[,FILE…]", required = true)]
    reference: Vec<Files>,
    /// Impedance now; several are averaged
    #[arg(long, value_name = "FILE[,FILE…]", required = true)]
    now: Vec<Files>,
    /// Impedance with the headphone off the head, nothing near its pads
    #[arg(long, value_name = "FILE[,FILE…]")]
    off_head: Vec<Files>,
    /// Impedance with a leak of a known diameter, else as the reference
    #[arg(long, value_name = "DIAMETER=FILE[,FILE…]")]
    leak: Vec<LeakFiles>,
    /// They come from several jigs or calibrations, whose errors do not cancel: the uncertainty that
    /// each file states counts
    #[arg(long)]
    other_jig: bool,
    /// Responses of the reference by a microphone, to be shown beside
    #[arg(long, value_name = "FILE[,FILE…]", requires = "response_now")]
    response_reference: Vec<Files>,
    /// Responses now
    #[arg(long, value_name = "FILE[,FILE…]", requires = "response_reference")]
    response_now: Vec<Files>,
    #[command(flatten)]
    pub(super) keep: KeepComparison,
}

/// `DIAMETER=FILE[,FILE…]`.
#[derive(Debug, Clone)]
struct LeakFiles {
    diameter: Length,
    files: Files,
}

impl FromStr for LeakFiles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || format!("'{text}' is not DIAMETER=FILE[,FILE…], such as 2mm=drilled");
        let (diameter, files) = text.split_once('=').ok_or_else(refuse)?;
        let files = files.parse().map_err(|_| refuse())?;
        Ok(Self { diameter: hole_diameter(diameter)?, files })
    }
}

/// Reads what is compared, and no file twice.
struct Reader<'a> {
    curves: Curves<'a>,
    seen: Vec<String>,
}

impl Reader<'_> {
    fn files(&mut self, lists: &[Files], kind: Measurand) -> Result<Vec<String>, Failure> {
        let files = Files::joined(lists).seatings(&self.curves, kind)?;
        for file in &files {
            if self.seen.contains(file) {
                let message = format!("'{file}' is given twice");
                return Err(Failure::usage(message)
                    .hint("every seating counts once, either as the reference or as now"));
            }
            self.seen.push(file.clone());
        }
        Ok(files)
    }

    fn impedances(&mut self, lists: &[Files]) -> Result<Vec<Named>, Failure> {
        let files = self.files(lists, Measurand::Impedance)?;
        files.into_iter().map(|file| self.impedance(file)).collect()
    }

    fn impedance(&mut self, file: String) -> Result<Named, Failure> {
        let polar = self.curves.ohms(&file)?;
        if polar.phase().is_none() {
            return Err(Failure::data(format!("the impedance '{file}' has no phase")).hint(
                "a seal is told from the real and the imaginary part: export the phase too, or \
                 measure with `cansweep measure impedance`",
            ));
        }
        let impedance = polar.to_impedance_with_u().map_err(Failure::data)?;
        Ok((file, impedance))
    }

    fn state(&mut self, name: &str, lists: &[Files]) -> Result<State, Failure> {
        let files = self.files(lists, Measurand::Response)?;
        let seatings =
            files.iter().map(|file| self.curves.level(file)).collect::<Result<_, _>>()?;
        Ok(State { name: name.to_owned(), seatings })
    }
}

pub(super) fn run(args: &SealArgs, output: Output) -> Result<Exit, Failure> {
    let curves = Curves::new(&args.keep.library);
    let mut reader = Reader { curves, seen: Vec::new() };
    let mut found = compare(&question(args, &mut reader)?)?;
    if !args.response_now.is_empty() {
        found.acoustic = Some(acoustic(args, &mut reader)?);
    }
    reader.curves.remark_on_assumptions();
    let simulated = reader.curves.any_simulated();
    let sample = Some(counted(found.references, "reference seating"));
    let caption = args.keep.caption("Seal by the impedance (experimental)", sample, simulated);
    let written = args.keep.written(&found, &caption, figures::of_seal)?;
    output.result(
        || figures::marked(document::seal(&found), simulated),
        || format!("{}\n{}", text::seal(&found), args.keep.summary(simulated, written)),
    )?;
    if found.references == FEWEST_REFERENCES {
        Output::remark("note: three reference seatings see wide leaks only; five are good");
    }
    Ok(if found.verdict.is_negative() { Exit::Negative } else { Exit::Done })
}

fn question(args: &SealArgs, reader: &mut Reader) -> Result<Question, Failure> {
    let references = reader.impedances(&args.reference)?;
    let now = reader.impedances(&args.now)?;
    let off_head = reader.impedances(&args.off_head)?;
    let mut leaks: Vec<(Length, Vec<Named>)> = Vec::new();
    for LeakFiles { diameter, files } in &args.leak {
        let takes = reader.impedances(std::slice::from_ref(files))?;
        // The same leak may be given in several pieces.
        match leaks.iter_mut().find(|(known, _)| known == diameter) {
            Some((_, known)) => known.extend(takes),
            None => leaks.push((*diameter, takes)),
        }
    }
    let jigs = if args.other_jig { Jigs::Different } else { Jigs::Same };
    Ok(Question { references, now, off_head, leaks, jigs })
}

/// What a microphone says, as `compare states` says it.
fn acoustic(args: &SealArgs, reader: &mut Reader) -> Result<StateComparison, Failure> {
    let given = [
        reader.state("reference", &args.response_reference)?,
        reader.state("now", &args.response_now)?,
    ];
    let at_1_khz = Normalisation::At(Frequency::new(1e3).map_err(Failure::data)?);
    let mut comparison = states::compare(&given, None, at_1_khz, Smoothing::None)?;
    let weighed = evidence::weigh(&comparison, EvidenceQuestion::default())?;
    for (difference, evidence) in comparison.differences.iter_mut().zip(weighed) {
        difference.evidence = evidence;
    }
    Ok(comparison)
}
