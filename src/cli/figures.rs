//! Pictures and data of a result, written into its folder.

use std::fs;
use std::path::Path;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::failure::Failure;
use super::now;
use crate::model::{
    CableComparison, ChannelMatching, CurveComparison, Drive, FindingKind, Isolation, Leakage,
    Legs, Measurand, Measurement, Outcome, Polar, Repeatability, RigKind, SealComparison, Seatings,
    SourceComparison, SourceMatrix, StateComparison, Trace, Wear,
};
use crate::plot::{Caption, Drawable, Seatings as Single, Theme, Width, figures, render};
use crate::quantity::unit::Ohm;
use crate::store::curve::SIMULATED;
use crate::store::{Overwrite, atomic, document};

/// Which pictures are drawn.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Result")]
pub(super) struct Drawing {
    /// Draw no pictures
    #[arg(long)]
    no_figures: bool,
    /// Draw for light pages, dark pages, or both
    #[arg(long, value_enum, default_value_t = Themes::Both)]
    theme: Themes,
}

/// For which pages to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Themes {
    /// White ground
    Light,
    /// Dark ground
    Dark,
    /// Either
    Both,
}

impl Drawing {
    /// Everything, as the demo shows it.
    pub(super) const ALL: Self = Self { no_figures: false, theme: Themes::Both };

    /// What is drawn again after every seating: as little as can be looked at.
    pub(super) const fn at_the_bench(self) -> Self {
        let theme = if matches!(self.theme, Themes::Dark) { Themes::Dark } else { Themes::Light };
        Self { theme, ..self }
    }

    const fn themes(self) -> &'static [Theme] {
        match self.theme {
            _ if self.no_figures => &[],
            Themes::Light => &[Theme::Light],
            Themes::Dark => &[Theme::Dark],
            Themes::Both => &[Theme::Light, Theme::Dark],
        }
    }
}

/// The file name of a variant of a figure, without extension.
pub(super) fn variant(stem: &str, theme: Theme, width: Width) -> String {
    let width = if width == Width::Phone { "-phone" } else { "" };
    let theme = if theme == Theme::Dark { "-dark" } else { "" };
    format!("{stem}{width}{theme}")
}

/// Writes a figure as SVG and PNG, for wide and narrow screens, into `folder`/figures. Returns
/// the number of pictures.
pub(super) fn write<'a>(
    folder: &Path,
    stem: &str,
    figure: impl Into<Drawable<'a>>,
    drawing: Drawing,
    overwrite: Overwrite,
) -> Result<usize, Failure> {
    let folder = folder.join("figures");
    let figure = figure.into();
    let mut written = 0;
    for &theme in drawing.themes() {
        fs::create_dir_all(&folder).map_err(|error| {
            Failure::data(format!("cannot make the folder '{}': {error}", folder.display()))
        })?;
        for width in [Width::Full, Width::Phone] {
            let name = variant(stem, theme, width);
            let svg = render::svg(figure, theme, width)?;
            atomic::write_bytes(&folder.join(format!("{name}.svg")), svg.as_bytes(), overwrite)?;
            let png = render::png(figure, theme, width)?;
            atomic::write_bytes(&folder.join(format!("{name}.png")), &png, overwrite)?;
            written += 2;
        }
    }
    Ok(written)
}

/// The figure of a measurement, into its folder.
pub(super) fn of_measurement(
    folder: &Path,
    measurement: &Measurement,
    drawing: Drawing,
) -> Result<usize, Failure> {
    if let Outcome::Crosstalk { curves, figures, .. } = &measurement.outcome {
        let figure = figures::crosstalk(curves, figures, &caption_of(measurement));
        let simulated = measurement.conditions.is_simulated();
        let data = Data { folder, simulated, overwrite: Overwrite::Refuse };
        data.write_csv("curves", &document::crosstalk_csv(curves))?;
        return write(folder, "crosstalk", &figure, drawing, Overwrite::Refuse);
    }
    let Some(trace) = measurement.outcome.to_trace() else { return Ok(0) };
    let measurand = measurement.outcome.measurand();
    let caption = caption_of(measurement);
    let name = label_of(measurement);
    let (stem, figure) = match &trace {
        Trace::Response(polar) => ("response", figures::response(&[(&name, polar)], &caption)),
        Trace::Impedance(polar) => {
            let legs = legs_of(&measurement.outcome);
            let whole = if legs.is_empty() { name.as_str() } else { "between the legs" };
            let curves = [(whole, polar)].into_iter();
            let curves = curves.chain(legs.iter().map(|(name, leg)| (*name, leg)));
            (measurand.name(), figures::impedance(&curves.collect::<Vec<_>>(), &caption))
        }
    };
    write(folder, stem, &figure, drawing, Overwrite::Refuse)
}

/// The legs of a balanced output, each with its name.
fn legs_of(outcome: &Outcome) -> Vec<(&'static str, Polar<Ohm>)> {
    let Outcome::OutputImpedance { detail: Some(detail), .. } = outcome else { return Vec::new() };
    let Some(Legs { positive, negative }) = &detail.legs else { return Vec::new() };
    vec![("positive leg", positive.into()), ("negative leg", negative.into())]
}

/// How the curve of a measurement is called.
fn label_of(measurement: &Measurement) -> String {
    let tags = &measurement.conditions.tags;
    let words = ["state", "side"].iter().filter_map(|key| tags.get(*key).cloned());
    let label = words.collect::<Vec<_>>().join(", ");
    if label.is_empty() { "measured".to_owned() } else { label }
}

/// What a figure of a measurement says about it.
pub(super) fn caption_of(measurement: &Measurement) -> Caption {
    let conditions = &measurement.conditions;
    let what = match measurement.outcome.measurand() {
        Measurand::Response => "Frequency response",
        Measurand::Impedance => "Impedance",
        Measurand::OutputImpedance => "Output impedance",
        Measurand::Crosstalk => "Crosstalk",
    };
    let whose = match measurement.outcome.measurand() {
        Measurand::Response | Measurand::Impedance => "headphone",
        Measurand::OutputImpedance | Measurand::Crosstalk => "amplifier",
    };
    let title = match conditions.tags.get(whose) {
        Some(name) => format!("{name}: {}", what.to_lowercase()),
        None => what.to_owned(),
    };
    let accepted = measurement.findings.iter().filter_map(|finding| match &finding.kind {
        FindingKind::Accepted { refusal } => Some(format!("accepted in spite of: {refusal}")),
        _ => None,
    });
    let sweeps = conditions.plan.as_ref().map_or(1, |plan| usize::from(plan.sweep().repeats));
    let count = sweeps * conditions.takes.len();
    let plural = if count == 1 { "" } else { "s" };
    let rig = match conditions.rig.kind {
        RigKind::Replay => format!("recording {}", conditions.rig.name),
        RigKind::Simulated | RigKind::SoundCard => conditions.rig.name.clone(),
    };
    Caption {
        title,
        rig: Some(rig),
        sample: Some(format!("{count} sweep{plural}")),
        date: Some(day(&conditions.made_at)),
        simulated: conditions.is_simulated(),
        remarks: accepted.collect(),
    }
}

/// The day of a time.
pub(super) fn day(time: &str) -> String {
    time.chars().take(10).collect()
}

/// Figures, CSV and JSON of a comparison of states.
pub(super) fn of_states(
    folder: &Path,
    comparison: &StateComparison,
    caption: &Caption,
    drawing: Drawing,
    overwrite: Overwrite,
) -> Result<usize, Failure> {
    let data = Data { folder, simulated: caption.simulated, overwrite };
    data.write_json("states", document::states(comparison))?;
    data.write_csv("states", &document::states_csv(comparison))?;
    data.write_csv("difference", &document::differences_csv(comparison))?;
    let states = figures::states(comparison, caption, Single::Hidden);
    let differences = figures::differences(comparison, &differing(caption, comparison));
    let mut written = write(folder, "states", &states, drawing, overwrite)?
        + write(folder, "difference", &differences, drawing, overwrite)?;
    for (name, table) in [
        ("simultaneous", document::simultaneous_csv(comparison)),
        ("leak", document::leaks_csv(comparison)),
        ("placements", document::placements_csv(comparison)),
    ] {
        if let Some(table) = table {
            data.write_csv(name, &table)?;
        }
    }
    let leaking = Caption { title: format!("{}: the leak", caption.title), ..caption.clone() };
    if let Some(leak) = figures::leak(comparison, &leaking) {
        written += write(folder, "leak", &leak, drawing, overwrite)?;
    }
    if let Some(placements) = figures::placements(comparison, caption) {
        written += write(folder, "placements", &placements, drawing, overwrite)?;
    }
    Ok(written)
}

/// Figures, CSV and JSON of the two sides of a headphone.
pub(super) fn of_channels(
    folder: &Path,
    matching: &ChannelMatching,
    caption: &Caption,
    drawing: Drawing,
    overwrite: Overwrite,
) -> Result<usize, Failure> {
    let data = Data { folder, simulated: caption.simulated, overwrite };
    data.write_json("channels", document::channels(matching))?;
    data.write_csv("channels", &document::channels_csv(matching))?;
    let title = format!("{}: left over right", caption.title);
    let difference = figures::channels(matching, &Caption { title, ..caption.clone() });
    let levels = figures::channel_levels(matching, caption);
    Ok(write(folder, "channels", &difference, drawing, overwrite)?
        + write(folder, "levels", &levels, drawing, overwrite)?)
}

/// Figure, CSV and JSON of what a headphone keeps out.
pub(super) fn of_isolation(
    folder: &Path,
    isolation: &Isolation,
    caption: &Caption,
    drawing: Drawing,
    overwrite: Overwrite,
) -> Result<usize, Failure> {
    let data = Data { folder, simulated: caption.simulated, overwrite };
    data.write_json("isolation", document::isolation(isolation))?;
    data.write_csv("isolation", &document::isolation_csv(isolation))?;
    write(folder, "isolation", &figures::isolation(isolation, caption), drawing, overwrite)
}

/// Figure, CSV and JSON of what a headphone lets out.
pub(super) fn of_leakage(
    folder: &Path,
    leakage: &Leakage,
    caption: &Caption,
    drawing: Drawing,
    overwrite: Overwrite,
) -> Result<usize, Failure> {
    let data = Data { folder, simulated: caption.simulated, overwrite };
    data.write_json("leakage", document::leakage(leakage))?;
    data.write_csv("leakage", &document::leakage_csv(leakage))?;
    write(folder, "leakage", &figures::leakage(leakage, caption), drawing, overwrite)
}

/// Figure, CSV and JSON of the seatings of one state, in place of what was there.
pub(super) fn of_seatings(
    folder: &Path,
    seatings: &Seatings,
    caption: &Caption,
    drawing: Drawing,
) -> Result<usize, Failure> {
    let overwrite = Overwrite::Allow;
    let data = Data { folder, simulated: caption.simulated, overwrite };
    data.write_json("seatings", document::seatings(seatings))?;
    data.write_csv("seatings", &document::seatings_csv(seatings))?;
    write(folder, "seatings", &figures::seatings(seatings, caption), drawing, overwrite)
}

fn differing(caption: &Caption, comparison: &StateComparison) -> Caption {
    let reference = comparison.states.first().map_or("", |state| state.name.as_str());
    Caption { title: format!("{}: change against {reference}", caption.title), ..caption.clone() }
}

/// Figures, CSV and JSON of the effects of sources.
pub(super) fn of_source(
    folder: &Path,
    comparison: &SourceComparison,
    caption: &Caption,
    drawing: Drawing,
    overwrite: Overwrite,
) -> Result<usize, Failure> {
    let data = Data { folder, simulated: caption.simulated, overwrite };
    data.write_json("source", document::sources(comparison))?;
    data.write_csv("source", &document::sources_csv(comparison))?;
    let written =
        write(folder, "source", &figures::source(comparison, caption), drawing, overwrite)?;
    if comparison.verifications.is_empty() {
        return Ok(written);
    }
    data.write_csv("verification", &document::verifications_csv(comparison))?;
    let title = format!("{}: predicted and measured", caption.title);
    let figure = figures::verification(comparison, &Caption { title, ..caption.clone() });
    Ok(written + write(folder, "verification", &figure, drawing, overwrite)?)
}

/// Figures, CSV and JSON of curves beside each other.
pub(super) fn of_curves(
    folder: &Path,
    comparison: &CurveComparison,
    caption: &Caption,
    drawing: Drawing,
    overwrite: Overwrite,
) -> Result<usize, Failure> {
    let data = Data { folder, simulated: caption.simulated, overwrite };
    data.write_json("curves", document::curves(comparison))?;
    data.write_csv("curves", &document::curves_csv(comparison))?;
    data.write_csv("difference", &document::curve_differences_csv(comparison))?;
    let curves = figures::curves(comparison, caption);
    let title = format!("{}: difference", caption.title);
    let differences = figures::curve_differences(comparison, &Caption { title, ..caption.clone() });
    Ok(write(folder, "curves", &curves, drawing, overwrite)?
        + write(folder, "difference", &differences, drawing, overwrite)?)
}

/// Figure, CSV and JSON of what a headphone needs and an amplifier offers.
pub(super) fn of_drive(
    folder: &Path,
    drive: &Drive,
    caption: &Caption,
    drawing: Drawing,
    overwrite: Overwrite,
) -> Result<usize, Failure> {
    let data = Data { folder, simulated: caption.simulated, overwrite };
    data.write_json("drive", document::drive(drive))?;
    data.write_csv("drive", &document::drive_csv(drive))?;
    write(folder, "drive", &figures::drive(drive, caption), drawing, overwrite)
}

/// Figure, CSV and JSON of headphones by sources.
pub(super) fn of_matrix(
    folder: &Path,
    matrix: &SourceMatrix,
    caption: &Caption,
    drawing: Drawing,
    overwrite: Overwrite,
) -> Result<usize, Failure> {
    let data = Data { folder, simulated: caption.simulated, overwrite };
    data.write_json("matrix", document::matrix(matrix))?;
    data.write_csv("matrix", &document::matrix_csv(matrix))?;
    write(folder, "matrix", &figures::matrix(matrix, caption), drawing, overwrite)
}

/// Figures, CSV and JSON of cables: their impedances, and with a headphone what they do to it.
pub(super) fn of_cables(
    folder: &Path,
    comparison: &CableComparison,
    caption: &Caption,
    drawing: Drawing,
    overwrite: Overwrite,
) -> Result<usize, Failure> {
    let data = Data { folder, simulated: caption.simulated, overwrite };
    data.write_json("cables", document::cables(comparison))?;
    data.write_csv("cables", &document::cables_csv(comparison))?;
    let title = format!("{}: impedance", caption.title);
    let polar: Vec<(&str, Polar<Ohm>)> = (comparison.cables.iter())
        .map(|cable| (cable.name.as_str(), (&cable.impedance).into()))
        .collect();
    let polar: Vec<_> = polar.iter().map(|(name, polar)| (*name, polar)).collect();
    let impedances = figures::impedance(&polar, &Caption { title, ..caption.clone() });
    let written = write(folder, "impedance", &impedances, drawing, overwrite)?;
    let title = format!("{}: what they change", caption.title);
    match figures::cable(comparison, &Caption { title, ..caption.clone() }) {
        Some(figure) => Ok(written + write(folder, "cables", &figure, drawing, overwrite)?),
        None => Ok(written),
    }
}

/// Figures, CSV and JSON of a seal that was told from the impedance, and of what a microphone says.
pub(super) fn of_seal(
    folder: &Path,
    seal: &SealComparison,
    caption: &Caption,
    drawing: Drawing,
    overwrite: Overwrite,
) -> Result<usize, Failure> {
    let data = Data { folder, simulated: caption.simulated, overwrite };
    data.write_json("seal", document::seal(seal))?;
    data.write_csv("seal", &document::seal_csv(seal))?;
    let written = write(folder, "seal", &figures::seal(seal, caption), drawing, overwrite)?;
    let Some(acoustic) = &seal.acoustic else { return Ok(written) };
    data.write_csv("seal-response", &document::differences_csv(acoustic))?;
    // It rests on seatings of its own, and not on the impedance.
    let title = format!("{}: the response beside it", caption.title);
    let beside = Caption { title, sample: None, ..caption.clone() };
    let figure = figures::differences(acoustic, &beside);
    Ok(written + write(folder, "seal-response", &figure, drawing, overwrite)?)
}

/// Figures, CSV and JSON of how a headphone changes over time: the bass shelf of all lines, and the
/// change of the whole response of each.
pub(super) fn of_wear(
    folder: &Path,
    wear: &Wear,
    caption: &Caption,
    drawing: Drawing,
    overwrite: Overwrite,
) -> Result<usize, Failure> {
    let data = Data { folder, simulated: caption.simulated, overwrite };
    data.write_json("wear", document::wear(wear))?;
    data.write_csv("wear", &document::wear_csv(wear))?;
    data.write_csv("wear-curves", &document::wear_changes_csv(wear))?;
    let mut written = match figures::wear(wear, caption) {
        Some(chart) => write(folder, "wear", &chart, drawing, overwrite)?,
        None => 0,
    };
    for (i, line) in wear.lines.iter().enumerate() {
        let several = wear.lines.len() > 1;
        let title = if several {
            format!("{}, {}", caption.title, line.name)
        } else {
            caption.title.clone()
        };
        let stem =
            if several { format!("wear-curves-{}", i + 1) } else { "wear-curves".to_owned() };
        if let Some(figure) = figures::wear_curves(wear, i, &Caption { title, ..caption.clone() }) {
            written += write(folder, &stem, &figure, drawing, overwrite)?;
        }
    }
    Ok(written)
}

/// Figure, CSV and JSON of what spreads repeated measurements.
pub(super) fn of_repeatability(
    folder: &Path,
    study: &Repeatability,
    caption: &Caption,
    drawing: Drawing,
    overwrite: Overwrite,
) -> Result<usize, Failure> {
    let data = Data { folder, simulated: caption.simulated, overwrite };
    data.write_json("repeatability", document::repeatability(study))?;
    data.write_csv("repeatability", &document::repeatability_csv(study))?;
    write(folder, "repeatability", &figures::repeatability(study, caption), drawing, overwrite)
}

/// Where the data of a comparison go, and what they come from.
struct Data<'a> {
    folder: &'a Path,
    simulated: bool,
    overwrite: Overwrite,
}

impl Data<'_> {
    fn write_json(&self, stem: &str, document: Value) -> Result<(), Failure> {
        fs::create_dir_all(self.folder).map_err(|error| {
            Failure::data(format!("cannot make the folder '{}': {error}", self.folder.display()))
        })?;
        let text = document::to_text(&marked(document, self.simulated));
        self.write(&format!("{stem}.json"), &text)
    }

    fn write_csv(&self, stem: &str, table: &str) -> Result<(), Failure> {
        let mark = if self.simulated { format!("# {SIMULATED}\n") } else { String::new() };
        self.write(&format!("{stem}.csv"), &format!("{mark}{table}"))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        Ok(atomic::write_bytes(&self.folder.join(name), text.as_bytes(), self.overwrite)?)
    }
}

/// The document of a comparison, with the word that must stay with what was simulated.
pub(super) fn marked(mut document: Value, simulated: bool) -> Value {
    if simulated {
        document[SIMULATED] = true.into();
    }
    document
}

/// The caption of a comparison that was asked for today.
pub(super) fn caption_today(title: String, sample: Option<String>, simulated: bool) -> Caption {
    Caption { title, rig: None, sample, date: Some(day(&now())), simulated, remarks: Vec::new() }
}
