//! `cansweep compare wear`: how a headphone changes with the hours or the months of its pads.

mod time;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use self::time::{AtFiles, days_since_1970};
use super::keep::KeepComparison;
use super::tagged::{Filter, Tagged, values};
use crate::cli::Exit;
use crate::cli::curves::Curves;
use crate::cli::failure::Failure;
use crate::cli::figures;
use crate::cli::output::{Output, counted};
use crate::model::{RigSpread, TimeScale, Wear};
use crate::report::text;
use crate::store::document;
use crate::study::wear::{BaselineInput, LineInput, TimeInput, WearQuestion, wear};

/// The tags that tell lines apart, in the order in which they are named.
const LINE_TAGS: [&str; 4] = ["headphone", "unit", "pads", "side"];

/// The arguments of `compare wear`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cansweep compare wear --headphone 'HD 650' --side left -o wear
  cansweep compare wear --headphone 'HD 650' --baseline golden --repeatability rig/repeatability.json
  cansweep compare wear measurements/2026 measurements/2027 --baseline checks
  cansweep compare wear --at fresh=n1.txt,n2.txt,n3.txt --at 3mo=t1.txt,t2.txt --at 1y=y1.txt,y2.txt
  cansweep compare wear --at left:0h=l1.txt,l2.txt --at left:250h=l3.txt,l4.txt \\
      --at right:0h=r1.txt,r2.txt --at right:250h=r3.txt,r4.txt -o wear

Measurements come from the library, or from folders. Their tags say what they are: headphone, unit,
pads (the name of a pair) and side tell lines apart; pad_hours, else pads_fitted (YYYY-MM-DD), else
the day on which it was measured is the time. `measure response --headphone 'HD 650' --side left
--tag pads=stock --tag pad_hours=250`, once for each seating: two or more at every time, better four.
Curve files say nothing of that, so --at does: hours (250h), days, weeks, months or years since the
pads were new (90d, 12w, 3mo, 1y), or dates (2026-01-05); fresh is 0. Several files of a time are
seatings.

The rig changes too. A baseline takes that out: a headphone that does not wear, or a fixed check of the
coupler, measured on the same days. Without one a study of the rig (`compare repeatability`) says how
much days differ; without either a drift of the rig looks like wear, and it is said so.

A change is held against the first time. Its interval holds at all later times of a line at once, so
that one line in twenty is said to have changed where nothing has (Dunnett). The bass shelf decides;
intervals of the other figures hold for all of them at once.")]
pub(crate) struct WearArgs {
    /// Folders of measurements, folders of such folders, or names from the library [default: all of
    /// the library]
    #[arg(value_name = "FILE", conflicts_with = "at")]
    files: Vec<String>,
    /// Curve files with the time they were measured at; give two times or more
    #[arg(long, value_name = "[LINE:]TIME=FILE[,FILE…]")]
    at: Vec<AtFiles>,
    /// What does not wear, measured on the same days: the name of a headphone in the library, or
    /// folders of measurements
    #[arg(long, value_name = "NAME|FILE", num_args = 1.., conflicts_with = "at")]
    baseline: Vec<String>,
    /// Curve files of what does not wear, measured with those of --at at this time
    #[arg(long, value_name = "[LINE:]TIME=FILE[,FILE…]", requires = "at")]
    baseline_at: Vec<AtFiles>,
    /// What repeating does on this rig: the document of `compare repeatability -o`
    #[arg(long, value_name = "FILE")]
    repeatability: Option<PathBuf>,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    pub(super) keep: KeepComparison,
}

pub(super) fn run(args: &WearArgs, output: Output) -> Result<Exit, Failure> {
    let rig = args.repeatability.as_deref().map(rig_spread).transpose()?;
    let given = if args.at.is_empty() { from_tags(args)? } else { from_files(args)? };
    let question = WearQuestion { time: given.time, lines: given.lines, rig };
    let found = wear(&question)?;
    let title = args.filter.headphone.clone().or(given.headphone);
    let title = title.map_or("Wear".to_owned(), |name| format!("{name}: wear"));
    let caption = args.keep.caption(&title, Some(sample(&found)), given.simulated);
    let written = args.keep.written(&found, &caption, figures::of_wear)?;
    output.result(
        || figures::marked(document::wear(&found), given.simulated),
        || format!("{}\n{}", text::wear(&found), args.keep.summary(given.simulated, written)),
    )?;
    Ok(Exit::Done)
}

/// What the study is asked about.
struct Given {
    time: TimeScale,
    lines: Vec<LineInput>,
    simulated: bool,
    headphone: Option<String>,
}

fn rig_spread(path: &Path) -> Result<RigSpread, Failure> {
    let refuse = |reason: String| {
        Failure::data(format!("'{}' is no study of a rig: {reason}", path.display()))
            .hint("`cansweep compare repeatability -o DIR` writes DIR/repeatability.json")
    };
    let text = fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
    document::rig_spread(&text).map_err(refuse)
}

/// How many lines, times and seatings there are.
fn sample(wear: &Wear) -> String {
    let seatings = wear.lines.iter().flat_map(|line| &line.points).map(|point| point.seatings);
    let (lines, seatings) = (wear.lines.len(), seatings.sum());
    let seatings = counted(seatings, "seating");
    if lines == 1 { seatings } else { format!("{}, {seatings}", counted(lines, "line")) }
}

fn from_files(args: &WearArgs) -> Result<Given, Failure> {
    let mut curves = Curves::new(&args.keep.library);
    let all = || args.at.iter().chain(&args.baseline_at);
    let time = time::common_scale(all())?;
    let mut lines: Vec<LineInput> = Vec::new();
    for at in &args.at {
        let seatings = read(&mut curves, at)?;
        let times = TimeInput { at: at.time.value(), seatings, days: vec![at.time.key()] };
        match lines.iter_mut().find(|line| line.name == at.line) {
            Some(line) => line.times.push(times),
            None => lines.push(LineInput {
                name: at.line.clone(),
                times: vec![times],
                baseline: Vec::new(),
            }),
        }
    }
    for at in &args.baseline_at {
        let day = BaselineInput { day: at.time.key(), seatings: read(&mut curves, at)? };
        // One without a line belongs to all.
        let own = |line: &&mut LineInput| at.line.is_empty() || line.name == at.line;
        lines.iter_mut().filter(own).for_each(|line| add(&mut line.baseline, &day));
    }
    lines.iter_mut().filter(|line| line.name.is_empty()).for_each(|line| {
        "pads".clone_into(&mut line.name);
    });
    curves.remark_on_assumptions();
    Ok(Given { time, lines, simulated: curves.any_simulated(), headphone: None })
}

fn read(
    curves: &mut Curves<'_>,
    at: &AtFiles,
) -> Result<Vec<crate::model::Curve<crate::quantity::unit::Decibel>>, Failure> {
    at.files.0.iter().map(|file| curves.level(file)).collect()
}

/// A day of a baseline, put together with what there is of that day.
fn add(baseline: &mut Vec<BaselineInput>, day: &BaselineInput) {
    match baseline.iter_mut().find(|known| known.day == day.day) {
        Some(known) => known.seatings.extend(day.seatings.iter().cloned()),
        None => baseline.push(day.clone()),
    }
}

fn from_tags(args: &WearArgs) -> Result<Given, Failure> {
    let measurements = if args.files.is_empty() {
        args.filter.stored(&args.keep.library)?
    } else {
        args.filter.named(&args.files, &args.keep.library).map_err(|f| f.hint(FILES_HINT))?
    };
    let baseline = baseline(args)?;
    // What is the baseline is not followed, also if it lies in the same library.
    let known: Vec<&str> = baseline.iter().map(|m| m.name.as_str()).collect();
    let measurements: Vec<Tagged> =
        measurements.into_iter().filter(|m| !known.contains(&m.name.as_str())).collect();
    if measurements.is_empty() {
        return Err(Failure::data("there is no response to follow over time").hint(
            "measure with `measure response --headphone NAME --tag pad_hours=HOURS`, or give curve \
             files: --at TIME=FILE",
        ));
    }
    let headphones = values(&measurements, "headphone");
    let headphone = match headphones.as_slice() {
        [only] if !only.is_empty() => Some(only.clone()),
        _ => None,
    };
    let (scale, times) = times(&measurements)?;
    let varying: Vec<&str> =
        LINE_TAGS.into_iter().filter(|tag| values(&measurements, tag).len() > 1).collect();
    let simulated = measurements.iter().chain(&baseline).any(|m| m.simulated);
    let mut grouped: BTreeMap<[String; 4], Vec<(f64, Tagged)>> = BTreeMap::new();
    for (at, measurement) in times.into_iter().zip(measurements) {
        grouped.entry(measurement.key(LINE_TAGS)).or_default().push((at, measurement));
    }
    let lines = grouped.into_values().map(|of| line(of, &varying, &baseline)).collect();
    Ok(Given { time: scale, lines, simulated, headphone })
}

const FILES_HINT: &str = "give curve files their time with --at TIME=FILE[,FILE…]";

/// The measurements of the baseline: in folders, or of headphones of the library.
fn baseline(args: &WearArgs) -> Result<Vec<Tagged>, Failure> {
    let everything = Filter::default();
    let mut found = Vec::new();
    for named in &args.baseline {
        let of = if Path::new(named).exists() {
            everything.named(std::slice::from_ref(named), &args.keep.library)?
        } else {
            Filter::of_headphone(named).stored(&args.keep.library)?
        };
        if of.is_empty() {
            return Err(Failure::data(format!("there is no response of the baseline '{named}'"))
                .hint("name a headphone of the library (its tag), or a folder of measurements"));
        }
        found.extend(of);
    }
    Ok(found)
}

/// What time is counted in, and the time of each measurement.
fn times(measurements: &[Tagged]) -> Result<(TimeScale, Vec<f64>), Failure> {
    let number = |m: &Tagged| -> Result<Option<f64>, Failure> {
        let Some(hours) = m.tag("pad_hours") else { return Ok(None) };
        let parsed = hours.trim_end_matches('h').trim_end().parse::<f64>();
        match parsed {
            Ok(hours) if hours.is_finite() && hours >= 0.0 => Ok(Some(hours)),
            _ => Err(Failure::data(format!("'{}' has pad_hours '{hours}', no number", m.name))),
        }
    };
    let made = |m: &Tagged| {
        days_since_1970(&m.day)
            .ok_or_else(|| Failure::data(format!("'{}' was made at no known day", m.name)))
    };
    let fitted = |m: &Tagged| -> Result<Option<f64>, Failure> {
        let Some(day) = m.tag("pads_fitted") else { return Ok(None) };
        let fitted = days_since_1970(day).ok_or_else(|| {
            Failure::data(format!("'{}' has pads_fitted '{day}', no YYYY-MM-DD", m.name))
        })?;
        Ok(Some(made(m)? - fitted))
    };
    let all = |of: &dyn Fn(&Tagged) -> Result<Option<f64>, Failure>| {
        measurements.iter().map(of).collect::<Result<Vec<_>, _>>()
    };
    for (scale, key, found) in [
        (TimeScale::PadHours, "pad_hours", all(&number)?),
        (TimeScale::PadDays, "pads_fitted", all(&fitted)?),
    ] {
        let known = found.iter().flatten().count();
        if known == found.len() {
            return Ok((scale, found.into_iter().flatten().collect()));
        }
        if known > 0 {
            Output::remark(&format!(
                "note: {} of {} have no {key}, so time is not counted in that",
                found.len() - known,
                counted(found.len(), "measurement")
            ));
        }
    }
    let dates = measurements.iter().map(made).collect::<Result<_, _>>()?;
    Ok((TimeScale::Date, dates))
}

fn line(of: Vec<(f64, Tagged)>, varying: &[&str], baseline: &[Tagged]) -> LineInput {
    let first = of.first().map(|(_, measurement)| measurement);
    let tag = |key: &str| first.and_then(|m| m.tag(key)).map(str::to_owned);
    let parts: Vec<String> = varying.iter().filter_map(|key| tag(key)).collect();
    let name = match parts.as_slice() {
        [] => tag("side").or(tag("pads")).unwrap_or("pads".to_owned()),
        parts => parts.join(", "),
    };
    let mut days: Vec<BaselineInput> = Vec::new();
    let side = tag("side");
    // A baseline of the same side is nearer; one that has none is taken for either.
    let same =
        |m: &&Tagged| side.is_none() || m.tag("side").is_none_or(|of| Some(of) == side.as_deref());
    for m in baseline.iter().filter(same) {
        add(&mut days, &BaselineInput { day: m.day.clone(), seatings: vec![m.curve.clone()] });
    }
    let times =
        of.into_iter().map(|(at, m)| TimeInput { at, seatings: vec![m.curve], days: vec![m.day] });
    // Days without a measurement of this line say nothing about its drift.
    let times: Vec<TimeInput> = times.collect();
    days.retain(|day| times.iter().any(|time| time.days.contains(&day.day)));
    LineInput { name, times, baseline: days }
}
