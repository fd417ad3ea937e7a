//! What is measured: a response, or an impedance behind a sense resistor.

use super::MonitorArgs;
use crate::cli::calibrate::Applied;
use crate::cli::failure::Failure;
use crate::cli::keep::Task;
use crate::cli::measure::{calibrated_jig, impedance_calibrations};
use crate::cli::origin::Prepared;
use crate::cli::rig_file::{Placing, Wires};
use crate::measure::{Analysed, Analyser};
use crate::model::{ChannelMap, ImpedanceCalibration, Jig, Recording};

/// Frames per buffer of a sound card while somebody watches: 43 ms at 48 kHz, so that a sweep is
/// seen when it has ended. A buffer that is lost costs a sweep, and the next comes at once.
const PROMPT_FRAMES: u32 = 2048;

/// What a measurement is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be looked at; a simulated rig takes the time of a real one if a person watches.
    Watching { in_real_time: bool },
    /// To be kept.
    Storing,
}

/// A measurement that is ready to begin, and how its takes are analysed.
pub(super) struct Job {
    pub(super) prepared: Prepared,
    pub(super) task: Task,
    pub(super) how: How,
}

/// How takes are analysed.
pub(super) struct How {
    jig: Option<(Jig, Option<ImpedanceCalibration>)>,
    applied: Applied,
}

impl Job {
    /// Opens the rig. Nothing is played but the quiet bursts that try one that was never checked.
    pub(super) fn prepare(args: &MonitorArgs, purpose: Purpose) -> Result<Self, Failure> {
        let filed = args.calibrations.load(&args.origin)?;
        let jig = if args.jig.names_a_resistor() {
            let calibration = filed.iter().find_map(calibrated_jig).cloned();
            Some((args.jig.jig(calibration.as_ref().map(|known| &known.jig))?, calibration))
        } else {
            None
        };
        let stored = if jig.is_some() { "impedance" } else { "response" };
        let (origin, default_plan, real_time) = match purpose {
            Purpose::Watching { in_real_time } => (args.origin.clone(), "monitor", in_real_time),
            Purpose::Storing => (args.origin.playing(args.store_plan.clone()), stored, false),
        };
        let placing = Placing {
            wires: jig.as_ref().map_or(Wires::Coupler, |(jig, _)| Wires::Jig(*jig)),
            state: args.keep.state.as_deref(),
            seating: 1,
            real_time,
            buffer: (purpose != Purpose::Storing).then_some(PROMPT_FRAMES),
            default_plan,
        };
        let prepared = origin.prepare(&args.look, &placing)?;
        let described = args.jig.channels()?.filter(|_| args.origin.channels.is_none());
        let channels = described.unwrap_or_else(|| prepared.channels.clone());
        let calibrations = if jig.is_some() { impedance_calibrations(&filed) } else { filed };
        let prepared = Prepared { channels, calibrations, ..prepared };
        let applied = Applied::to(&prepared);
        let task = Task { jig: jig.as_ref().map(|(jig, _)| *jig), ..Task::default() };
        Ok(Self { prepared, task, how: How { jig, applied } })
    }
}

impl How {
    /// What comes out of takes.
    pub(super) fn analyse(
        &self,
        analyser: &mut Analyser,
        takes: &[Recording],
        channels: &ChannelMap,
    ) -> Result<Analysed, Failure> {
        let analysed = match &self.jig {
            Some((jig, known)) => analyser.impedance(takes, channels, jig, known.as_ref())?,
            None => analyser.response(takes, channels)?,
        };
        self.applied.apply(analysed)
    }
}
