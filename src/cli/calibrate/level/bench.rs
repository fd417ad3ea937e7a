//! Where the tones come from: a rig that plays and listens, or a recording.

use super::LevelArgs;
use crate::cli::failure::{Exit, Failure};
use crate::cli::origin::require_quiet;
use crate::cli::output::Output;
use crate::cli::progress::Progress;
use crate::cli::rig_file::{self, Placed, Placing, Wires};
use crate::measure::{Tone, ToneError, find_tone, listening_stimulus, tone_stimulus};
use crate::model::{ChannelMap, ChannelRole, Completeness, Recording, RigIdentity, Stimulus};
use crate::quantity::{Frequency, Gain, Level, SampleRate, Seconds};
use crate::store::wav;

/// How much quieter the first tone is.
const QUIETER: Gain = Gain::from_db(-40.0);
/// The first tone is as short as can be measured.
const QUIET_S: f64 = 1.0;
/// A tone that would come back louder than this is not played.
const LOUDEST_BACK_DBFS: f64 = -1.0;

enum Source {
    Rig(Placed),
    Take(Recording, String),
    /// Nothing is heard: only the meter speaks.
    Nothing,
}

/// Where the tones come from, and which input is which.
pub(super) struct Bench {
    source: Source,
    channels: ChannelMap,
    rate: SampleRate,
}

/// A recording with where it is kept.
pub(super) struct Heard {
    take: Recording,
    pub(super) source: String,
}

impl Heard {
    /// The tone in one input, counted from zero.
    pub(super) fn find(&self, input: usize, expected: Frequency) -> Result<Tone, ToneError> {
        let samples = self.take.channel(input).unwrap_or_default();
        find_tone(samples, self.take.rate(), expected)
    }
}

impl Bench {
    /// Opens the rig or reads the take that the arguments name. Nothing is played yet.
    pub(super) fn open(args: &LevelArgs) -> Result<Self, Failure> {
        let given = args.channels.clone();
        if let Some(path) = &args.take {
            let take = wav::read(path)?.recording;
            let (rate, source) = (take.rate(), path.display().to_string());
            let channels = given.unwrap_or_default();
            return Self { source: Source::Take(take, source), channels, rate }.checked();
        }
        let rig = args.rig.clone().or_else(|| crate::cli::environment("CANSWEEP_RIG"));
        let Some(rig) = rig else {
            if args.spl.is_some() || args.output_volts.is_none() {
                return Err(Failure::usage("nothing says where the recording comes from")
                    .hint("name a rig with --rig, or a recording with --take"));
            }
            let channels = given.unwrap_or_default();
            return Ok(Self { source: Source::Nothing, channels, rate: args.rate });
        };
        let placing = Placing {
            wires: Wires::Coupler,
            state: None,
            seating: 1,
            buffer: args.buffer,
            default_plan: "response",
        };
        let placed = rig_file::open(&rig, &placing, given.as_ref())?;
        let channels = given.unwrap_or_else(|| placed.channels.clone());
        Self { source: Source::Rig(placed), channels, rate: args.rate }.checked()
    }

    /// Refuses inputs that are not there.
    fn checked(self) -> Result<Self, Failure> {
        let inputs = match &self.source {
            Source::Rig(placed) => placed.rig.capabilities().inputs,
            Source::Take(take, _) => take.channels(),
            Source::Nothing => return Ok(self),
        };
        let beyond = self.channels.iter().find(|(_, index)| *index >= inputs);
        if let Some((role, index)) = beyond {
            let wanted = index + 1;
            return Err(Failure::data(format!(
                "the {role} should be on channel {wanted}, but there are {inputs} channel(s)"
            ))
            .hint("say which input is which with --channels"));
        }
        Ok(self)
    }

    pub(super) const fn channels(&self) -> &ChannelMap {
        &self.channels
    }

    pub(super) const fn is_take(&self) -> bool {
        matches!(self.source, Source::Take(..))
    }

    /// The rig; a meter's reading alone says nothing about it.
    pub(super) fn identity(&self) -> Option<RigIdentity> {
        match &self.source {
            Source::Rig(placed) => Some(placed.rig.identity()),
            Source::Take(take, _) => Some(take.rig().clone()),
            Source::Nothing => None,
        }
    }

    /// The sample rate, where something was recorded.
    pub(super) const fn rate(&self) -> Option<SampleRate> {
        match self.source {
            Source::Nothing => None,
            _ => Some(self.rate),
        }
    }

    /// The input of the microphone, counted from zero: the one that was named, or the only one.
    pub(super) fn microphone(&self) -> Result<usize, Failure> {
        let only = match &self.source {
            Source::Take(take, _) => take.channels() == 1,
            Source::Rig(placed) => placed.rig.capabilities().inputs == 1,
            Source::Nothing => false,
        };
        let named = self.channels.get(ChannelRole::Microphone);
        named.or(only.then_some(0)).ok_or_else(|| {
            Failure::usage("nothing says which input is the microphone")
                .hint("say so with --channels microphone=2")
        })
    }

    /// Plays the tone, first quietly, and captures it; or gives the take that holds it.
    pub(super) fn tone(&mut self, args: &LevelArgs) -> Result<Option<Heard>, Failure> {
        let channels = self.channels.clone();
        let rate = self.rate;
        let placed = match &mut self.source {
            Source::Nothing => return Ok(None),
            Source::Take(take, source) => {
                return Ok(Some(Heard { take: take.clone(), source: source.clone() }));
            }
            Source::Rig(placed) => placed,
        };
        let tone = |level: Level<_>, duration| {
            tone_stimulus(args.frequency, level, duration, rate).map_err(Failure::usage)
        };
        let loud = tone(args.level, args.duration)?;
        require_quiet(&loud, placed.rig.capabilities().level_limit)?;
        let quiet = Level::from_db(args.level.db() + QUIETER.db());
        let first = Seconds::new(QUIET_S).map_err(Failure::usage)?;
        let heard = exchange(placed, &tone(quiet, first)?, "a quiet tone first")?;
        foresee(&heard, &channels, args.frequency)?;
        let take = exchange(placed, &loud, "playing the tone")?;
        let source = args.keeping.keep_take(&take, "tone")?;
        Ok(Some(Heard { take, source }))
    }

    /// Listens to the calibrator, playing nothing; or gives the take that holds it.
    pub(super) fn calibrator(&mut self, args: &LevelArgs) -> Result<Heard, Failure> {
        let placed = match &mut self.source {
            Source::Take(take, source) => {
                return Ok(Heard { take: take.clone(), source: source.clone() });
            }
            Source::Rig(placed) => placed,
            Source::Nothing => return Err(Failure::usage("there is nothing to listen to")),
        };
        let silence = listening_stimulus(args.duration, self.rate).map_err(Failure::usage)?;
        let take = exchange(placed, &silence, "listening to the calibrator")?;
        let source = args.keeping.keep_take(&take, "calibrator")?;
        Ok(Heard { take, source })
    }
}

fn exchange(placed: &mut Placed, stimulus: &Stimulus, what: &str) -> Result<Recording, Failure> {
    let mut progress = Progress::new(what);
    let take = placed.rig.exchange(stimulus, &mut progress)?;
    if progress.was_stopped() || take.completeness() == Completeness::Interrupted {
        return Err(Failure::new(Exit::Interrupted, "interrupted"));
    }
    if take.dropped_frames() > 0 {
        Output::remark("note: the sound system lost frames meanwhile");
    }
    Ok(take)
}

/// From the quiet tone, whether an input would be overdriven by the loud one.
fn foresee(heard: &Recording, channels: &ChannelMap, frequency: Frequency) -> Result<(), Failure> {
    for (role, index) in channels.iter() {
        let samples = heard.channel(index).unwrap_or_default();
        let Ok(tone) = find_tone(samples, heard.rate(), frequency) else { continue };
        let expected = tone.level.db() - QUIETER.db();
        if expected > LOUDEST_BACK_DBFS {
            let input = index + 1;
            return Err(Failure::new(
                Exit::Invalid,
                format!(
                    "the tone would come back with {expected:.1} dBFS at input {input} (the \
                     {role}), so it was not played"
                ),
            )
            .hint("lower the gain of that input, or --level"));
        }
    }
    Ok(())
}
