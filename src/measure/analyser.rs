//! The procedures: takes in, a result with its findings out.

use std::collections::BTreeSet;

use super::impedance::NoCalibration;
use super::presence::Absence;
use super::resolution::Resolution;
use super::scrutiny::{scrutinise, soft_clipping};
use super::take::{Centre, GatedChannel, Laboratory};
use super::timing::Clock;
use super::wiring::{Levels, resampled};
use crate::dsp::deconvolution::Inverse;
use crate::dsp::gate::Gate;
use crate::metrology::repeats::RepeatsError;
use crate::metrology::thevenin::NoOutput;
use crate::model::{
    AnalysisSpec, ChannelMap, ChannelRole, CurveError, Finding, FindingKind, Outcome, Plan,
    Recording, RigKind, Stimulus,
};
use crate::quantity::SampleRate;

/// Analyses takes of one stimulus.
pub struct Analyser {
    pub(super) analysis: AnalysisSpec,
    pub(super) resolution: Resolution,
    pub(super) laboratory: Laboratory,
    accepted: BTreeSet<String>,
    pub(super) plans: Vec<Plan>,
}

/// What came out of the takes of one measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysed {
    /// The result, or that there is none.
    pub outcome: Outcome,
    /// What was noticed.
    pub findings: Vec<Finding>,
    /// The delay of each take in samples, where it was found.
    pub delays: Vec<Option<f64>>,
    /// Which input was taken as which.
    pub channels: ChannelMap,
}

/// Takes that cannot be analysed as they were asked to be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MeasureError {
    /// There is nothing to analyse.
    #[error("no takes to analyse")]
    NoTakes,
    /// A take lacks a channel.
    #[error("the {role} should be on channel {wanted}, but the take has {channels} channel(s)")]
    Channel {
        /// Which role.
        role: ChannelRole,
        /// Its channel, counted from one.
        wanted: usize,
        /// Channels in the take.
        channels: usize,
    },
    /// A take was recorded at another rate.
    #[error("the take was recorded at {found}, but the stimulus is made for {expected}")]
    Rate {
        /// Rate of the take.
        found: SampleRate,
        /// Rate of the stimulus.
        expected: SampleRate,
    },
    /// The stimulus does not reach the band that is asked for.
    #[error(
        "the stimulus covers {from_hz:.0} Hz to {to_hz:.0} Hz, so there is no result from \
         {wanted_from_hz:.0} Hz to {wanted_to_hz:.0} Hz"
    )]
    Band {
        /// Lowest frequency of the stimulus.
        from_hz: f64,
        /// Highest frequency of the stimulus.
        to_hz: f64,
        /// Lowest frequency asked for.
        wanted_from_hz: f64,
        /// Highest frequency asked for.
        wanted_to_hz: f64,
    },
    /// The stimulus stands for the source, and nothing says what the way from it does.
    #[error("an impedance from one input needs a calibration")]
    NeedsCalibration,
    /// Not every take has its load.
    #[error("there are {takes} takes and {loads} loads for them")]
    Loads {
        /// Takes.
        takes: usize,
        /// Loads.
        loads: usize,
    },
    /// The takes with their loads tell nothing of an output.
    #[error("{0}")]
    Output(NoOutput),
    /// The calibration is not for what is measured.
    #[error(transparent)]
    Calibration(#[from] NoCalibration),
    /// The numbers do not make a result, for instance because a capture is zero somewhere.
    #[error("the takes give no finite result: {0}")]
    NotFinite(#[from] CurveError),
    /// Repeats that do not belong together.
    #[error(transparent)]
    Repeats(#[from] RepeatsError),
}

impl Analyser {
    /// An analyser of takes of a stimulus.
    ///
    /// # Errors
    ///
    /// When the stimulus and the wanted result have no band in common.
    pub fn new(
        stimulus: Stimulus,
        analysis: AnalysisSpec,
        inverse: Inverse,
    ) -> Result<Self, MeasureError> {
        let (band, rate) = (stimulus.band(), stimulus.rate());
        let resolution = Resolution::new(&analysis, band, rate).ok_or(MeasureError::Band {
            from_hz: band.flat_from_hz,
            to_hz: band.flat_to_hz,
            wanted_from_hz: analysis.from.hz(),
            wanted_to_hz: analysis.to.hz(),
        })?;
        let laboratory = Laboratory::new(stimulus, Gate::new(&analysis, rate), inverse);
        let (accepted, plans) = (BTreeSet::new(), Vec::new());
        Ok(Self { analysis, resolution, laboratory, accepted, plans })
    }

    /// The same analyser, which goes on in spite of refusals of these kinds
    /// ([`FindingKind::slug`]).
    #[must_use]
    pub fn accepting(mut self, kinds: impl IntoIterator<Item = String>) -> Self {
        self.accepted = kinds.into_iter().collect();
        self
    }

    pub(super) fn rate(&self) -> SampleRate {
        self.laboratory.stimulus().rate()
    }

    /// Checks one take and cuts the sweeps out of its channels, given with how each is centred.
    ///
    /// The first channel is the one whose timing is checked. `None` when the take is refused; the
    /// findings then say why.
    pub(super) fn examine(
        &mut self,
        recording: &Recording,
        take: usize,
        channels: &[(ChannelRole, usize, Centring)],
        findings: &mut Vec<Finding>,
    ) -> Option<Examined> {
        let sought =
            channels.iter().filter(|(_, _, centring)| !matches!(centring, Centring::Unsought(_)));
        let indices: Vec<usize> = sought.map(|&(_, index, _)| index).collect();
        if self.judge(scrutinise(recording, &indices), take, findings) {
            return None;
        }
        let mut absences = Vec::new();
        let mut examined: Vec<GatedChannel> = Vec::new();
        for &(role, index, centring) in channels {
            let centre = match (centring, examined.first()) {
                (Centring::LikeFirst, Some(first)) => Centre::At(first.delay),
                (Centring::Unsought(known), first) => {
                    match known.or(first.map(|first| first.delay)) {
                        Some(delay) => Centre::Unsought(delay),
                        None => Centre::OwnPeak,
                    }
                }
                _ => Centre::OwnPeak,
            };
            match self.laboratory.examine(recording, index, centre) {
                Ok(channel) => examined.push(channel),
                Err(refusal) => absences.push(Absence { role, index, refusal }),
            }
        }
        let complete = absences.is_empty();
        let mut noticed = self.reasons(recording, absences, !examined.is_empty());
        let mut clock = Clock::SAME;
        if complete {
            let (of_timing, remarks) = self.remarks_on(recording, channels, &mut examined);
            noticed.extend(remarks);
            clock = of_timing;
        }
        let refused = self.judge(noticed, take, findings);
        (complete && !refused).then_some(Examined { channels: examined, clock })
    }

    /// How the clocks ran, and what a take tells whose channels all hold something like the stimulus.
    fn remarks_on(
        &mut self,
        recording: &Recording,
        channels: &[(ChannelRole, usize, Centring)],
        examined: &mut [GatedChannel],
    ) -> (Clock, Vec<Finding>) {
        let indices = channels.iter().map(|&(_, index, _)| index);
        let mut pairs = indices.zip(&*examined).filter(|(_, channel)| channel.is_sought);
        let impostor =
            pairs.find_map(|(index, channel)| self.impostor(recording, index, &channel.found));
        // What was played just now is known: a take that does not look like it lost something.
        let is_known = recording.rig().kind == RigKind::SoundCard;
        if let Some(impostor) = impostor.as_ref().filter(|_| !is_known) {
            return (Clock::SAME, vec![impostor.clone()]);
        }
        let indices: Vec<usize> = channels.iter().map(|&(_, index, _)| index).collect();
        let timing = self.laboratory.check_timing(recording, &indices, examined);
        let mut noticed = timing.findings;
        if let Some(impostor) = impostor.filter(|_| !noticed.iter().any(Finding::is_refusal)) {
            return (Clock::SAME, vec![impostor]);
        }
        let sought = channels.iter().zip(&*examined).filter(|(_, channel)| channel.is_sought);
        for (&(role, index, _), channel) in sought {
            let of = |harmonics| soft_clipping(role, index, harmonics);
            noticed.extend(channel.harmonics.as_ref().and_then(of));
        }
        let band = self.laboratory.stimulus().band();
        let levels = examined.first().map(|first| Levels::of(first, band, self.rate()));
        noticed.extend(levels.as_ref().and_then(resampled));
        (timing.clock, noticed)
    }

    /// Files the findings of a take; whether they refuse it. A refusal that the user accepts
    /// becomes a warning and a note that says so.
    pub(super) fn judge(
        &self,
        noticed: Vec<Finding>,
        take: usize,
        findings: &mut Vec<Finding>,
    ) -> bool {
        let mut refused = false;
        for finding in noticed {
            if !finding.is_refusal() {
                findings.push(finding.in_take(take));
            } else if self.accepted.contains(finding.kind.slug()) {
                let refusal = finding.kind.slug().to_owned();
                findings.push(Finding::warning(finding.kind).in_take(take));
                findings.push(Finding::warning(FindingKind::Accepted { refusal }).in_take(take));
            } else {
                refused = true;
                findings.push(finding.in_take(take));
            }
        }
        refused
    }

    /// Checks that every take has the stimulus' rate and the wanted channels.
    pub(super) fn require(
        &self,
        takes: &[Recording],
        channels: &[(ChannelRole, usize)],
    ) -> Result<(), MeasureError> {
        if takes.is_empty() {
            return Err(MeasureError::NoTakes);
        }
        for take in takes {
            let (found, expected) = (take.rate(), self.rate());
            if found != expected {
                return Err(MeasureError::Rate { found, expected });
            }
            for &(role, index) in channels {
                if index >= take.channels() {
                    let (wanted, channels) = (index + 1, take.channels());
                    return Err(MeasureError::Channel { role, wanted, channels });
                }
            }
        }
        Ok(())
    }

    /// Remarks on the settings rather than on a take. `predicted` says whether the noise of a
    /// sweep is known from silence.
    pub(super) fn remarks(&self, sweeps: usize, predicted: bool) -> Vec<Finding> {
        let mut remarks = Vec::new();
        if sweeps == 1 {
            remarks.push(Finding::note(FindingKind::SingleSweep { predicted }));
        }
        let grid = self.resolution.grid();
        let resolved = self.laboratory.gate().resolves_down_to_hz(self.rate());
        if resolved > grid.first_hz() {
            let gate_s = self.analysis.gate_after.s();
            let kind = FindingKind::ShortGate { gate_s, unresolved_below_hz: resolved };
            remarks.push(Finding::warning(kind));
        }
        let spacing = (1.0 / f64::from(self.analysis.points_per_octave)).exp2();
        let (from_hz, to_hz) = (grid.first_hz(), grid.last_hz());
        let narrowed = from_hz > self.analysis.from.hz() * spacing
            || to_hz < self.analysis.to.hz() / (spacing * spacing);
        if narrowed {
            remarks.push(Finding::note(FindingKind::BandNarrowed { from_hz, to_hz }));
        }
        remarks
    }
}

/// A take that was found sound.
pub(super) struct Examined {
    /// One for each channel that was asked for.
    pub(super) channels: Vec<GatedChannel>,
    /// How the recorder's clock ran.
    pub(super) clock: Clock,
}

/// How the gates of a channel are placed, relative to the first channel of a take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Centring {
    /// Around the channel's own peak.
    Own,
    /// Where the first channel has its peak.
    LikeFirst,
    /// The same, or where it is known to be, of a channel that may hold no more than noise.
    Unsought(Option<isize>),
}

/// The channel of a role: as mapped, or else the given default, with a finding if others could
/// have been meant.
pub(super) fn channel_or(
    map: &ChannelMap,
    role: ChannelRole,
    default: usize,
    channels: usize,
    findings: &mut Vec<Finding>,
) -> usize {
    map.get(role).unwrap_or_else(|| {
        if channels > 1 {
            let (role, channel) = (role.to_string(), default + 1);
            let kind = FindingKind::ChannelAssumed { role, channel, channels };
            findings.push(Finding::note(kind));
        }
        default
    })
}
