//! The text of a rig file: written with its comments, and with what a check found.

use std::fmt::Write as _;

use serde::Serialize;

use super::in_words;
use crate::cli::failure::{Exit, Failure};
use crate::cli::rig_file::{CheckedTable, RigFile};
use crate::measure::Purpose;
use crate::model::ChannelMap;
use crate::quantity::Level;
use crate::quantity::unit::FullScale;

/// What a new rig file says.
pub(super) struct NewRig<'a> {
    pub(super) name: &'a str,
    pub(super) purpose: Purpose,
    pub(super) channels: &'a ChannelMap,
    /// The name of a simulated rig; otherwise a sound card.
    pub(super) simulated: Option<&'a str>,
    pub(super) output: &'a str,
    pub(super) input: &'a str,
    pub(super) play_on: u16,
    pub(super) worn: Option<bool>,
    pub(super) limit: Level<FullScale>,
    /// The wiring, drawn.
    pub(super) drawing: &'a str,
}

impl NewRig<'_> {
    /// The rig file, but for what a check found.
    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "# A rig, written by `cansweep rig init`. Copy it, change it, and name it to --rig.\n\
             # `cansweep rig show` says it in words, `cansweep rig check --save` checks it again.\n#\n\
             # {}:\n#\n",
            in_words(self.purpose)
        );
        for line in self.drawing.lines() {
            let _ = writeln!(text, "#{line}");
        }
        let purpose = match self.purpose {
            Purpose::Response => "response",
            Purpose::Impedance => "impedance",
            Purpose::Loopback => "loopback",
        };
        let _ = write!(
            text,
            "\nname = {}\n\n# response, impedance or loopback.\npurpose = \"{purpose}\"\n\n\
             # Which input is which, counted from 1: reference, sense, microphone. --channels\n\
             # overrules it.\n\
             channels = \"{}\"\n",
            quoted(self.name),
            self.channels
        );
        if let Some(worn) = self.worn {
            let _ = write!(
                text,
                "\n# Whether the microphones sit in a person's ears; then nothing above 85 dB SPL is\n\
                 # played.\n\
                 worn = {worn}\n"
            );
        }
        text.push_str(&self.device());
        let _ = write!(
            text,
            "\n[limits]\n\
             # Nothing above this peak level is ever played, unless --beyond-limit insists. A line output\n\
             # of 2 V at full scale gives 0.5 V at -12 dBFS, which most headphones and ears survive.\n\
             level_dbfs = {:?}\n\
             # volts = 1.0                       # at the output, rms; needs scale.output_volts\n\
             # db_spl = 110                      # at the ear; needs scale.microphone_db_spl\n\n\
             # What full scale stands for, where you know it: then levels are also shown and limited in\n\
             # volts and dB SPL.\n\
             # [scale]\n\
             # output_volts = 2.0                # of a full-scale sine at the output, rms\n\
             # microphone_db_spl = 120           # that brings the microphone's input to full scale\n",
            self.limit.db()
        );
        text
    }

    fn device(&self) -> String {
        if let Some(name) = self.simulated {
            return format!(
                "\n# A rig that is built in, for practice.\nsimulated = {}\n",
                quoted(name)
            );
        }
        let input = if self.input == self.output {
            String::new()
        } else {
            format!("input = {}\n", quoted(self.input))
        };
        format!(
            "\n[sound_card]\noutput = {}\n{input}\
             play_on = [{}]                       # the channels that play, counted from 1\n\
             # buffer_frames = 8192              # a power of two; 8192, above 48 kHz 16384, if left out\n",
            quoted(self.output),
            self.play_on
        )
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// What begins the part of a rig file that a check writes.
const HEAD: &str = "# What the last check found; `cansweep rig check --save` writes it anew.";

#[derive(Serialize)]
struct Part<'a> {
    checked: &'a CheckedTable,
}

/// The text of a rig file with what a check found, in the place of what an earlier one did. All
/// else stays as it was written.
///
/// # Errors
///
/// When the rig file would be none any more.
pub(super) fn with_checked(text: &str, checked: &CheckedTable) -> Result<String, Failure> {
    let mut kept = String::new();
    let mut of_check = false;
    for line in text.lines() {
        let table = line.trim_start();
        if table.starts_with('[') {
            of_check = table.starts_with("[checked]") || table.starts_with("[[checked.");
        }
        if !of_check && table != HEAD {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    let part =
        toml::to_string(&Part { checked }).map_err(|error| Failure::new(Exit::Bug, error))?;
    let text = format!("{}\n\n{HEAD}\n{part}", kept.trim_end());
    let reread = RigFile::parse(&text).map_err(|reason| {
        Failure::data(format!("what was found cannot be added to the rig file: {reason}"))
            .hint("remove its part [checked] by hand, and check again")
    })?;
    if reread.checked.as_ref() == Some(checked) {
        Ok(text)
    } else {
        Err(Failure::new(Exit::Bug, "what was found reads back differently"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::SampleRate;

    fn rig(channels: &ChannelMap) -> NewRig<'_> {
        NewRig {
            name: "my \"desk\"",
            purpose: Purpose::Response,
            channels,
            simulated: None,
            output: "alsa:a",
            input: "alsa:b",
            play_on: 2,
            worn: Some(false),
            limit: Level::from_db(-18.0),
            drawing: "  +--+\n",
        }
    }

    fn checked(at: &str) -> CheckedTable {
        CheckedTable {
            at: at.to_owned(),
            level_dbfs: Level::from_db(-18.0),
            rate_hz: SampleRate::new(48_000).unwrap(),
            delay_samples: Some(1234.0),
            drift_ppm: None,
            inputs: vec![crate::cli::rig_file::CheckedInput {
                channel: 1,
                noise_dbfs: Some(Level::from_db(-100.5)),
                gain_db: None,
            }],
        }
    }

    #[test]
    fn a_new_rig_file_says_what_it_was_given() {
        let channels: ChannelMap = "reference=1,microphone=2".parse().unwrap();
        let file = RigFile::parse(&rig(&channels).text()).unwrap();
        assert_eq!(file.name, "my \"desk\"");
        assert_eq!((file.purpose, file.worn), (Some(Purpose::Response), Some(false)));
        assert_eq!(file.limits().level, Level::from_db(-18.0));
        let card = file.sound_card.unwrap();
        assert_eq!((card.output(), card.input()), ("alsa:a", "alsa:b"));
        assert_eq!(card.play_on()[0].get(), 2);
        let simulated = NewRig { simulated: Some("closed-38"), ..rig(&channels) };
        assert!(RigFile::parse(&simulated.text()).unwrap().sound_card.is_none());
    }

    #[test]
    fn a_second_check_takes_the_place_of_the_first_and_leaves_the_rest_alone() {
        let channels: ChannelMap = "microphone=1".parse().unwrap();
        let before = rig(&channels).text();
        let once = with_checked(&before, &checked("first")).unwrap();
        assert!(once.starts_with(&before));
        let twice = with_checked(&once, &checked("second")).unwrap();
        assert_eq!(twice, once.replace("first", "second"));
        // A table behind it stays.
        let moved = format!("{once}\n[scale]\noutput_volts = 2.0\n");
        let file = RigFile::parse(&with_checked(&moved, &checked("third")).unwrap()).unwrap();
        assert_eq!(file.scale.output_volts, Some(2.0));
        assert_eq!(file.checked.unwrap().at, "third");
    }
}
