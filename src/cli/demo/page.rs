//! What the demo shows: its pictures and its page.

use std::path::Path;

use super::{HEADPHONE, SEATINGS, TITLE};
use crate::cli::TOOL;
use crate::cli::failure::{Exit, Failure};
use crate::cli::figures::{self, Drawing, variant};
use crate::model::{Measurement, SourceComparison, StateComparison};
use crate::plot::{Caption, Theme, Width};
use crate::report::{Download, Page, Picture, Section, Themed, page, summary, words};
use crate::store::{Overwrite, atomic};

/// What is shown, and where.
pub(super) struct Shown<'a> {
    /// The folder of the demo.
    pub(super) folder: &'a Path,
    /// When it was measured, RFC 3339.
    pub(super) made_at: &'a str,
}

impl Shown<'_> {
    fn caption(&self, title: String, sample: &str) -> Caption {
        Caption {
            title,
            rig: Some(format!("sim:{HEADPHONE}")),
            sample: Some(sample.to_owned()),
            date: Some(figures::day(self.made_at)),
            simulated: true,
            remarks: Vec::new(),
        }
    }

    /// Draws all figures; gives how many files that are.
    pub(super) fn draw(
        &self,
        states: &StateComparison,
        impedance: &Measurement,
        sources: &SourceComparison,
    ) -> Result<usize, Failure> {
        let (all, refuse) = (Drawing::ALL, Overwrite::Refuse);
        let sample = format!("n = {SEATINGS} seatings each");
        let pads = self.caption(format!("{TITLE}: pads and glasses"), &sample);
        let amplifiers =
            self.caption(format!("{TITLE}: effect of the source"), "from the measured impedance");
        Ok(figures::of_states(self.folder, states, &pads, all, refuse)?
            + figures::of_measurement(self.folder, impedance, all)?
            + figures::of_source(self.folder, sources, &amplifiers, all, refuse)?)
    }

    pub(super) fn write_page(
        &self,
        states: &StateComparison,
        impedance: &Measurement,
        sources: &SourceComparison,
    ) -> Result<(), Failure> {
        let page = Page {
            title: format!("{TITLE}: pads, glasses and amplifiers"),
            lead: "What worn pads and glasses do to the bass of a closed headphone, its \
                   impedance, and what the output resistance of an amplifier does to it. \
                   Everything here comes from a simulated bench; the way from the capture to \
                   the figures is the one that a real recording takes."
                .to_owned(),
            simulated: true,
            made_at: self.made_at.to_owned(),
            tool: TOOL.to_owned(),
            sections: vec![
                pads_section(states),
                difference_section(states),
                leak_section(states),
                impedance_section(impedance),
                source_section(sources),
            ],
            footer: vec![
                "Each seating is a measurement of its own in the folder measurements: the take \
                 as WAV, the settings as TOML, the curve as CSV and JSON."
                    .to_owned(),
            ],
        };
        let html = page::html(&page).map_err(|error| Failure::new(Exit::Bug, error))?;
        let path = self.folder.join("index.html");
        Ok(atomic::write_bytes(&path, html.as_bytes(), Overwrite::Refuse)?)
    }
}

fn pads_section(states: &StateComparison) -> Section {
    Section {
        heading: "Pads and glasses".to_owned(),
        sentences: words::states(states),
        figure: Some(picture(
            "states",
            "Frequency responses with fresh pads, worn pads and glasses, each with its band",
            &words::basis(states),
        )),
        tables: vec![summary::states(states)],
        downloads: downloads("states", &["csv", "json"]),
    }
}

fn difference_section(states: &StateComparison) -> Section {
    let reference = states.states.first().map_or("", |state| state.name.as_str());
    Section {
        heading: format!("The change against {reference}"),
        sentences: words::evidence(states),
        figure: Some(picture(
            "difference",
            "Change of level against fresh pads over frequency, with its uncertainty",
            "Difference of the means. The band holds the true difference at all frequencies at \
             once with 95 %: where it holds zero, seating alone explains the difference.",
        )),
        downloads: downloads("simultaneous", &["csv"]),
        ..Section::default()
    }
}

fn leak_section(states: &StateComparison) -> Section {
    Section {
        heading: "The leak".to_owned(),
        sentences: words::leaks(states),
        figure: Some(picture(
            "leak",
            "Change of level below 1 kHz, and that of the leak that comes nearest",
            "A leak that takes as much bass as the glasses do, on a closed back.",
        )),
        downloads: downloads("leak", &["csv"]),
        ..Section::default()
    }
}

fn impedance_section(impedance: &Measurement) -> Section {
    Section {
        heading: "Impedance".to_owned(),
        sentences: words::measurement(impedance),
        figure: Some(picture(
            "impedance",
            "Magnitude and phase of the impedance over frequency",
            "Through a sense resistor of 100 Ω; the band is the uncertainty (k = 2).",
        )),
        downloads: vec![
            download("CSV", "measurements/impedance/impedance.csv"),
            download("JSON", "measurements/impedance/impedance.json"),
            download("take (WAV)", "measurements/impedance/take-1.wav"),
        ],
        ..Section::default()
    }
}

fn source_section(sources: &SourceComparison) -> Section {
    Section {
        heading: "What an amplifier's output resistance does".to_owned(),
        sentences: words::source(sources),
        figure: Some(picture(
            "source",
            "Change of the response for sources of 0.1, 10, 33 and 120 ohms",
            "Change against a source of 0 Ω, equal at 1 kHz.",
        )),
        tables: vec![summary::source(sources), summary::limits(sources)],
        downloads: downloads("source", &["csv", "json"]),
    }
}

fn downloads(stem: &str, kinds: &[&str]) -> Vec<Download> {
    let named = |kind: &&str| download(&kind.to_uppercase(), &format!("{stem}.{kind}"));
    kinds.iter().map(named).collect()
}

fn download(label: &str, href: &str) -> Download {
    Download { label: label.to_owned(), href: href.to_owned() }
}

fn picture(stem: &str, alt: &str, caption: &str) -> Picture {
    let themed = |width| {
        let file = |theme| format!("figures/{}.svg", variant(stem, theme, width));
        Themed { light: file(Theme::Light), dark: file(Theme::Dark) }
    };
    Picture {
        wide: themed(Width::Full),
        phone: Some(themed(Width::Phone)),
        alt: alt.to_owned(),
        caption: caption.to_owned(),
    }
}
