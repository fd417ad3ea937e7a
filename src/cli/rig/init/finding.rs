//! Finds which input is which, with quiet sweeps.

use super::super::ask::Questions;
use super::Setup;
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::progress::Progress;
use crate::cli::rig_file::Placed;
use crate::measure::{Checked, InputCheck, Purpose, check, recognise, stimulus_of};
use crate::model::ChannelMap;
use crate::quantity::Level;

/// The levels of the search: no chain that is unknown is played louder.
const LEVELS_DBFS: [f64; 3] = [-60.0, -50.0, -40.0];
/// An input that peaks above this is not played to any louder: the next step is 10 dB.
const TOO_LOUD_DBFS: f64 = -13.0;
/// With less between peak and noise an even input may look uneven: play louder if that is left.
const CLEAR_DB: f64 = 30.0;

impl Setup<'_> {
    /// Finds the inputs, unless they were named.
    pub(super) fn find_inputs(&mut self, questions: &mut Questions) -> Result<(), Failure> {
        if !self.channels.is_empty() {
            return Ok(());
        }
        loop {
            let mut placed = self.open()?;
            let heard = self.search(&mut placed)?;
            match recognise(&heard, self.wishes.purpose) {
                Some(found) => return self.confirm(found, &heard, questions),
                None => not_found(&heard, self.wishes.purpose, questions)?,
            }
        }
    }

    /// Plays sweeps that rise from very quiet until all is clear.
    fn search(&self, placed: &mut Placed) -> Result<Checked, Failure> {
        let mut heard = self.listen(placed, LEVELS_DBFS[0])?;
        for level in &LEVELS_DBFS[1..] {
            let connected = recognise(&heard, self.wishes.purpose);
            let clear = |map: &ChannelMap| {
                let mut used = map.iter().filter_map(|(_, index)| heard.inputs.get(index));
                used.all(is_clear)
            };
            if connected.is_some_and(|map| clear(&map)) {
                break;
            }
            let loud = heard.inputs.iter().position(|input| input.peak.db() > TOO_LOUD_DBFS);
            if let Some(index) = loud {
                return Err(Failure::new(
                    Exit::Invalid,
                    format!("input {} is loud although the output is quiet", index + 1),
                )
                .hint("turn down the gain of that input, or the volume, and try again"));
            }
            heard = self.listen(placed, *level)?;
        }
        Ok(heard)
    }

    fn listen(&self, placed: &mut Placed, level_dbfs: f64) -> Result<Checked, Failure> {
        let level = level_dbfs.min(self.wishes.limit.db());
        let plan = self.plan.at_level(Level::from_db(level)).map_err(Failure::usage)?;
        let stimulus = stimulus_of(&plan).map_err(Failure::data)?;
        Output::remark(&format!("playing quietly, at {level:.0} dBFS"));
        let mut progress = Progress::new("playing quietly");
        let recording = placed.rig.exchange(&stimulus, &mut progress)?;
        if progress.was_stopped() {
            return Err(Failure::new(Exit::Interrupted, "interrupted"));
        }
        check(&plan, &stimulus, &recording).map_err(Failure::data)
    }

    fn confirm(
        &mut self,
        found: ChannelMap,
        heard: &Checked,
        questions: &mut Questions,
    ) -> Result<(), Failure> {
        questions.tell("\nWhat came back:");
        for (i, input) in heard.inputs.iter().enumerate() {
            let role = found.iter().find(|&(_, index)| index == i);
            let role = role.map_or("not in use", |(role, _)| role.name());
            questions.tell(&format!("  input {}  {role:<12}{}", i + 1, in_words(input)));
        }
        let shown = found.to_string();
        let most = heard.inputs.len();
        self.channels = questions.value(
            "Is that right? Enter for yes, or type it as it is",
            (&shown, found),
            |answer| {
                let map: ChannelMap = answer.parse().map_err(|error| format!("{error}"))?;
                let beyond = map.iter().find(|&(_, index)| index >= most);
                beyond.map_or(Ok(map), |_| Err(format!("there are {most} inputs")))
            },
        )?;
        questions.tell("");
        questions.tell(&self.drawing());
        Ok(())
    }
}

fn is_clear(input: &InputCheck) -> bool {
    input.noise.is_none_or(|noise| input.peak.db() - noise.db() > CLEAR_DB)
}

/// What an input hears.
fn in_words(input: &InputCheck) -> String {
    match (&input.signal, input.noise) {
        (None, None) => "nothing at all, every sample is the same".to_owned(),
        (None, Some(noise)) => format!("nothing but noise ({:.0} dBFS)", noise.db()),
        (Some(signal), _) => format!(
            "hears it at {:+.1} dB, {:.0} samples late, even within {:.1} dB",
            signal.gain.db(),
            signal.delay_samples,
            signal.unevenness.db()
        ),
    }
}

/// Says what is missing, and lets the user change it.
fn not_found(heard: &Checked, purpose: Purpose, questions: &mut Questions) -> Result<(), Failure> {
    let hearing = heard.inputs.iter().filter(|input| input.signal.is_some()).count();
    let missing = match (hearing, purpose) {
        (0, _) => "no input hears the output",
        (_, Purpose::Response) => "no input hears a headphone: what comes back is a plain wire",
        (_, _) => "only one input hears the output, and both sides of the resistor are needed",
    };
    let hint = match hearing {
        0 => {
            "check the cables, turn volume and input gains up a little, and see that nothing is muted"
        }
        _ => {
            "check the cable, the supply (48 V) and the gain of the other input, or name the inputs \
              with --channels"
        }
    };
    let refused = || Failure::new(Exit::Invalid, missing).hint(hint);
    if !questions.are_answered() {
        return Err(refused());
    }
    Output::remark(&format!("\n{missing}:"));
    for (i, input) in heard.inputs.iter().enumerate() {
        Output::remark(&format!("  input {}  {}", i + 1, in_words(input)));
    }
    Output::remark(hint);
    let again = questions.agrees("try again?", true)? && questions.are_answered();
    if again { Ok(()) } else { Err(refused()) }
}
