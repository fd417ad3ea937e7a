//! The simulated bench of the demo: what is measured on it, and kept.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{HEADPHONE, SENSE_OHM, STATES, TITLE};
use crate::cli::TOOL;
use crate::cli::failure::{Exit, Failure};
use crate::cli::progress::Progress;
use crate::cli::rig_file::SEED;
use crate::measure::{Analyser, Inverse, Rig, RigError, stimulus_of};
use crate::model::{Conditions, Curve, Jig, Measurement, Outcome, Topology};
use crate::quantity::unit::Decibel;
use crate::quantity::{Percent, Resistance};
use crate::rig::simulated::{Placement, SimulatedRig, Wiring, preset};
use crate::store::library::{Clash, Draft};
use crate::store::plan;

/// The simulated bench.
pub(super) struct Bench {
    /// The folder that the measurements go into.
    pub(super) folder: PathBuf,
    /// When they are made, RFC 3339.
    pub(super) made_at: String,
}

impl Bench {
    /// The level over frequency of one seating, measured and stored.
    pub(super) fn seating(
        &self,
        state: &str,
        seating: u32,
        progress: &mut Progress,
    ) -> Result<Curve<Decibel>, Failure> {
        let tags = [("state", state.to_owned()), ("seating", seating.to_string())];
        let placement = Placement::new(state, seating, SEED);
        let name = format!("{state}-{seating}");
        let measurement = self.measured(&name, Job::Response, placement, &tags, progress)?;
        match &measurement.outcome {
            Outcome::Response { response, .. } => Ok(response.level()),
            _ => Err(Failure::new(Exit::Bug, "a simulated seating was refused")),
        }
    }

    /// The impedance with fresh pads, measured and stored.
    pub(super) fn impedance(&self, progress: &mut Progress) -> Result<Measurement, Failure> {
        let settings = Jig {
            resistor_tolerance: Percent::new(0.1).map_err(Failure::usage)?,
            topology: Topology::HighSide,
            input_resistance: Some(Resistance::new(1e6).map_err(Failure::usage)?),
            gain_match_db: 0.01,
            ..Jig::with_resistor(Resistance::new(SENSE_OHM).map_err(Failure::usage)?)
        };
        let placement = Placement::new(STATES[0], 1, SEED);
        let tags = [("state", STATES[0].to_owned())];
        self.measured("impedance", Job::Impedance(settings), placement, &tags, progress)
    }

    /// Plays, captures, stores the take, analyses and stores the result.
    fn measured(
        &self,
        name: &str,
        job: Job,
        placement: Placement,
        tags: &[(&str, String)],
        progress: &mut Progress,
    ) -> Result<Measurement, Failure> {
        let scenario = preset(HEADPHONE)
            .ok_or_else(|| Failure::new(Exit::Bug, "the demo's headphone is not built in"))?;
        let (plan_name, wiring) = match job {
            Job::Response => ("response-quick", Wiring::Coupler),
            Job::Impedance(settings) => ("impedance", Wiring::SenseResistor(settings.topology)),
        };
        let plan = plan::load(plan_name)?;
        let stimulus = stimulus_of(&plan).map_err(Failure::data)?;
        let mut rig = SimulatedRig::new(scenario, wiring, placement)
            .map_err(|error| Failure::new(Exit::Bug, error))?;
        let take = rig.exchange(&stimulus, progress).map_err(|error| match error {
            RigError::Interrupted => Failure::new(Exit::Interrupted, error),
            other => other.into(),
        })?;
        let mut draft = Draft::create(&self.folder, name, Clash::Refuse)?;
        let record = draft.add_take(&take)?;
        let mut analyser = Analyser::new(stimulus, *plan.analysis(), Inverse::OfSamples)?;
        let takes = [take];
        let (analysed, impedance) = match job {
            Job::Response => (analyser.response(&takes, &wiring.channels())?, None),
            Job::Impedance(settings) => {
                (analyser.impedance(&takes, &wiring.channels(), &settings, None)?, Some(settings))
            }
        };
        let own = [("headphone".to_owned(), TITLE.to_owned())];
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
        let conditions = Conditions {
            loads: Vec::new(),
            levels: Vec::new(),
            crosstalk: Vec::new(),
            made_at: self.made_at.clone(),
            tool: TOOL.to_owned(),
            rig: rig.identity(),
            stimulus: plan.name().to_owned(),
            analysis: *plan.analysis(),
            plan: Some(plan),
            channels: analysed.channels,
            impedance,
            calibrations: Vec::new(),
            tags: tags.chain(own).collect::<BTreeMap<_, _>>(),
            takes: vec![record],
        };
        let measurement =
            Measurement { conditions, outcome: analysed.outcome, findings: analysed.findings };
        draft.finish(&measurement)?;
        Ok(measurement)
    }
}

#[derive(Debug, Clone, Copy)]
enum Job {
    Response,
    Impedance(Jig),
}
