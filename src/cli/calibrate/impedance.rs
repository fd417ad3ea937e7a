//! `cansweep calibrate impedance`: a jig, by known loads in place of the headphone.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::keeping::{Keeping, Told};
use crate::cli::failure::{Exit, Failure};
use crate::cli::jig::{JigArgs, standard};
use crate::cli::origin::{Look, Origin, Prepared};
use crate::cli::output::Output;
use crate::cli::prompt::ask;
use crate::cli::rig_file::{Placing, Wires};
use crate::measure::{Analyser, StandardTakes, impedance_calibration};
use crate::model::{
    CalibrationConditions, CalibrationData, ChannelMap, CheckedStandard, Finding,
    ImpedanceCalibration, Inputs, Jig, MeasuredStandard, Recording, RigIdentity, Standard,
    StandardKind,
};
use crate::quantity::{Percent, Resistance, SampleRate};

/// The arguments of `calibrate impedance`.
#[derive(Debug, Args)]
#[command(mut_arg("take", |take| take.hide(true)), after_help = "\
Examples:
  cansweep calibrate impedance --rig desk.toml --sense-resistor 100 --load-ohm 100 -o jig-cal.toml
  cansweep calibrate impedance --open o.wav --short s.wav --load l.wav --load-ohm 100 \\
      --sense-resistor 100 --plan impedance -o jig-cal.toml
  cansweep calibrate impedance --rig desk.toml --sense-resistor 100 --standards open -o cal.toml
  cansweep calibrate impedance --rig sim:closed-38 --sense-resistor 100 --load-ohm 100 \\
      --check-ohm 33 -o sim-cal.toml

Each known load is measured where the headphone will be plugged in: nothing (open), a wire (short)
and a resistor (load). With all three everything that is linear is taken out of later measurements,
and only the load's value counts. An open alone takes out the gains and nearly all of the inputs'
loading; a load alone, or both inputs at one point (straight), the gains. A standard for --check is
measured too, and tells how well it does. On a rig you are asked to connect one after the other.")]
pub(crate) struct ImpedanceArgs {
    #[command(flatten)]
    origin: Origin,
    #[command(flatten)]
    standards: StandardArgs,
    #[command(flatten)]
    jig: JigArgs,
    #[command(flatten)]
    look: Look,
    #[command(flatten)]
    pub(super) keeping: Keeping,
}

/// The known loads.
#[derive(Debug, Args)]
#[command(next_help_heading = "Standards")]
struct StandardArgs {
    /// A take with nothing connected
    #[arg(long, value_name = "FILE.wav", group = "captured")]
    open: Option<PathBuf>,
    /// A take with a short
    #[arg(long, value_name = "FILE.wav", group = "captured")]
    short: Option<PathBuf>,
    /// A take with a resistor; may be given several times, each with its --load-ohm
    #[arg(long, value_name = "FILE.wav", group = "captured")]
    load: Vec<PathBuf>,
    /// The resistor's value, as a four-wire meter shows it
    #[arg(long, value_name = "OHM", allow_hyphen_values = true)]
    load_ohm: Vec<Resistance>,
    /// Tolerance of that value
    #[arg(long, value_name = "PERCENT", default_value = "0.1%", allow_hyphen_values = true)]
    load_tolerance: Percent,
    /// The resistor's description instead: load-10, load-33, load-100, load-330, or a file
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "load_ohm")]
    load_standard: Vec<String>,
    /// A take with both inputs wired to the same point
    #[arg(long, value_name = "FILE.wav", group = "captured")]
    straight: Option<PathBuf>,
    /// A take with another resistor, to see how well the calibration does
    #[arg(long, value_name = "FILE.wav", group = "captured", requires = "check_ohm")]
    check: Option<PathBuf>,
    /// The value of that resistor; on a rig it asks for it
    #[arg(long, value_name = "OHM", allow_hyphen_values = true)]
    check_ohm: Option<Resistance>,
    /// On a rig: which standards to measure
    #[arg(
        long,
        value_name = "KIND,…",
        value_delimiter = ',',
        default_value = "open,short,load",
        value_parser = kind
    )]
    standards: Vec<StandardKind>,
}

fn kind(text: &str) -> Result<StandardKind, String> {
    let kinds =
        [StandardKind::Open, StandardKind::Short, StandardKind::Load, StandardKind::Straight];
    let found = kinds.into_iter().find(|kind| kind.name() == text.trim());
    found.ok_or_else(|| format!("'{text}' is no standard (expected open, short, load or straight)"))
}

/// One standard that is to be measured.
#[derive(Debug, Clone)]
struct Step {
    standard: Standard,
    file: Option<PathBuf>,
    is_check: bool,
}

impl StandardArgs {
    fn loads(&self) -> Result<Vec<Standard>, Failure> {
        if !self.load_standard.is_empty() {
            return self.load_standard.iter().map(|name| standard(name)).collect();
        }
        let of = |&ohm: &Resistance| {
            let load = Standard::load(ohm, self.load_tolerance.percent());
            load.objection().map_or(Ok(load), |objection| Err(Failure::usage(objection)))
        };
        self.load_ohm.iter().map(of).collect()
    }

    /// What is to be measured, in order: the takes that are given, else what a rig is asked for.
    fn steps(&self) -> Result<Vec<Step>, Failure> {
        let loads = self.loads()?;
        let step = |standard, file: Option<&PathBuf>| Step {
            standard,
            file: file.cloned(),
            is_check: false,
        };
        let given = [
            (self.open.as_ref(), Standard::open()),
            (self.short.as_ref(), Standard::short()),
            (self.straight.as_ref(), Standard::straight()),
        ];
        let mut steps: Vec<Step> = given
            .into_iter()
            .filter_map(|(file, standard)| Some(step(standard, Some(file?))))
            .collect();
        if !self.load.is_empty() && self.load.len() != loads.len() {
            let (takes, values) = (self.load.len(), loads.len());
            return Err(Failure::usage(format!(
                "there are {takes} takes of loads and {values} values for them"
            ))
            .hint("give each --load its --load-ohm (or --load-standard), in the same order"));
        }
        let of_files = self.load.iter().zip(&loads);
        steps.extend(of_files.map(|(file, load)| step(load.clone(), Some(file))));
        if steps.is_empty() {
            for kind in &self.standards {
                match kind {
                    StandardKind::Open => steps.push(step(Standard::open(), None)),
                    StandardKind::Short => steps.push(step(Standard::short(), None)),
                    StandardKind::Straight => steps.push(step(Standard::straight(), None)),
                    StandardKind::Load if loads.is_empty() => {
                        return Err(Failure::usage("nothing says which load there is")
                            .hint("give its value with --load-ohm 100, or name --standards open"));
                    }
                    StandardKind::Load => {
                        steps.extend(loads.iter().map(|load| step(load.clone(), None)));
                    }
                }
            }
        }
        if let Some(ohm) = self.check_ohm {
            let standard = Standard::load(ohm, self.load_tolerance.percent());
            steps.push(Step { standard, file: self.check.clone(), is_check: true });
        }
        Ok(steps)
    }
}

/// What has been measured so far.
#[derive(Default)]
struct Measured {
    standards: Vec<MeasuredStandard>,
    checks: Vec<MeasuredStandard>,
    delay_samples: Option<f64>,
    findings: Vec<Finding>,
    sources: Vec<String>,
    channels: ChannelMap,
    rig: Option<RigIdentity>,
    rate: Option<SampleRate>,
}

pub(super) fn run(args: &ImpedanceArgs, output: Output) -> Result<Exit, Failure> {
    args.keeping.require_free()?;
    let mut steps = args.standards.steps()?;
    let jig = args.jig.jig(None)?;
    if jig.inputs == Inputs::One {
        // What gives no signal is late by what a load shows: nothing else tells its delay.
        steps.sort_by_key(|step| step.standard.kind != StandardKind::Load);
    }
    let mut measured = Measured::default();
    for step in &steps {
        args.measure(step, &jig, &mut measured)?;
    }
    let Measured { standards, checks, delay_samples, .. } = measured;
    let (calibration, doubts) = impedance_calibration(jig, delay_samples, standards, &checks)
        .map_err(|error| {
            Output::findings(&measured.findings);
            Failure::new(Exit::Invalid, format!("this calibrates nothing: {error}"))
                .hint("measure an open, a short and a load, each where the headphone is plugged in")
        })?;
    let mut findings = measured.findings;
    findings.extend(doubts);
    if findings.iter().any(Finding::is_refusal) {
        Output::findings(&findings);
        return Err(Failure::new(Exit::Invalid, "the standards contradict each other")
            .hint("measure them again, each connected as its take says"));
    }
    let conditions = CalibrationConditions {
        rig: measured.rig,
        rate_hz: measured.rate,
        channels: measured.channels,
        source: Some(measured.sources.join(", ")),
        ..CalibrationConditions::default()
    };
    let told = Told { findings, ..told(&calibration) };
    args.keeping.finish(CalibrationData::Impedance(calibration), conditions, &told, output)?;
    Ok(Exit::Done)
}

impl ImpedanceArgs {
    /// Measures one standard; on a rig it is asked for first, and again if its take is refused.
    fn measure(&self, step: &Step, jig: &Jig, measured: &mut Measured) -> Result<(), Failure> {
        loop {
            let is_guided = step.file.is_none() && !self.is_simulated();
            if is_guided && ask(&question(step))?.is_none() {
                return Err(Failure::new(Exit::Interrupted, "nobody answered, so it ends here"));
            }
            let (takes, done) = self.take(step, jig, measured)?;
            let Some(ratio) = takes.ratio else {
                Output::findings(&takes.findings);
                if is_guided {
                    Output::remark("that take cannot be used; once more");
                    continue;
                }
                let what = &step.standard.kind;
                return Err(Failure::new(
                    Exit::Invalid,
                    format!("the take of the {what} is refused"),
                )
                .hint("what was seen stands above; measure it again"));
            };
            measured.findings.extend(takes.findings);
            measured.channels = takes.channels;
            measured.delay_samples = measured.delay_samples.or(takes.delay_samples);
            measured.sources.extend(done);
            let one = MeasuredStandard { standard: step.standard.clone(), ratio };
            if step.is_check { &mut measured.checks } else { &mut measured.standards }.push(one);
            return Ok(());
        }
    }

    fn is_simulated(&self) -> bool {
        self.origin.rig_name().is_some_and(|name| name.starts_with("sim:"))
    }

    fn take(
        &self,
        step: &Step,
        jig: &Jig,
        measured: &mut Measured,
    ) -> Result<(StandardTakes, Vec<String>), Failure> {
        let placing = Placing {
            wires: Wires::Standard(*jig, step.standard.kind, step.standard.ohm()),
            state: None,
            seating: 1,
            buffer: None,
            default_plan: "impedance",
            real_time: false,
        };
        let files: Vec<PathBuf> = step.file.iter().cloned().collect();
        let prepared = self.origin.prepare_of(&files, &self.look, &placing)?;
        let Prepared { stimulus, analysis, inverse, accepted, channels, rig, source, .. } =
            prepared;
        let channels = match self.jig.channels()? {
            Some(described) if self.origin.channels.is_none() => described,
            _ => channels,
        };
        measured.findings.extend(prepared.findings);
        let (files, takes) = source.takes(&stimulus)?;
        let sources = self.sources(&files, &takes, step)?;
        (measured.rig, measured.rate) = (Some(rig), Some(stimulus.rate()));
        let mut analyser = Analyser::new(stimulus, analysis, inverse)?.accepting(accepted);
        let since = measured.delay_samples;
        let takes = analyser.standard(&takes, &channels, jig, &step.standard, since)?;
        Ok((takes, sources))
    }

    /// The files of the takes; one that was captured just now is kept first.
    fn sources(
        &self,
        files: &[PathBuf],
        takes: &[Recording],
        step: &Step,
    ) -> Result<Vec<String>, Failure> {
        if let ([], Some(take)) = (files, takes.first()) {
            let standard = &step.standard;
            let ohm = standard.resistance.map_or(String::new(), |ohm| format!("-{}", ohm.ohm()));
            let what = if step.is_check { "check" } else { standard.kind.name() };
            return Ok(vec![self.keeping.keep_take(take, &format!("{what}{ohm}"))?]);
        }
        Ok(files.iter().map(|file| file.display().to_string()).collect())
    }
}

fn question(step: &Step) -> String {
    let what = match step.standard.kind {
        StandardKind::Open => "Connect nothing: leave the headphone's plug open".to_owned(),
        StandardKind::Short => {
            "Short the headphone's plug: a plug with its contacts soldered together".to_owned()
        }
        StandardKind::Straight => "Wire both inputs to the same point, the source".to_owned(),
        StandardKind::Load => {
            let (ohm, name) = (step.standard.ohm(), &step.standard.name);
            let name = if name.is_empty() { String::new() } else { format!(" ({name})") };
            format!("Connect the resistor of {ohm} Ω{name} in place of the headphone")
        }
    };
    format!("{what}.\nPress Enter to measure it:")
}

fn told(calibration: &ImpedanceCalibration) -> Told {
    let method = calibration.method().map_or("none", |method| method.name());
    let of = |standard: &Standard| match standard.resistance {
        Some(ohm) => format!("{} of {} Ω", standard.kind, ohm.ohm()),
        None => standard.kind.to_string(),
    };
    let standards: Vec<String> =
        calibration.standards.iter().map(|measured| of(&measured.standard)).collect();
    let mut lines = vec![("method", method.to_owned()), ("standards", standards.join(", "))];
    let check = |check: &CheckedStandard| {
        format!(
            "{} Ω within {:.3} % (worst at {:.0} Hz) and {:.3}°; {:.0} % of it inside k = 2",
            check.standard.ohm(),
            check.worst_percent,
            check.worst_hz,
            check.worst_deg,
            100.0 * check.covered
        )
    };
    lines.extend(calibration.checks.iter().map(|one| ("check", check(one))));
    if calibration.checks.is_empty() {
        lines.push(("check", "none (another resistor with --check-ohm would tell)".to_owned()));
    }
    let figures = json!({
        "method": method,
        "standards": calibration.standards.iter().map(|one| &one.standard).collect::<Vec<_>>(),
        "checks": calibration.checks,
    });
    Told { lines, figures, ..Told::default() }
}
