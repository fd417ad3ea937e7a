//! The wiring of a rig, drawn as text.

use std::fmt::Write as _;

use crate::measure::Purpose;
use crate::model::{ChannelMap, ChannelRole};

/// The wiring of a rig: outputs and inputs are counted from one, and an input that is not known
/// yet is drawn with a question mark.
pub(super) fn drawing(purpose: Purpose, play_on: &[u16], channels: &ChannelMap) -> String {
    let output = play_on.iter().map(ToString::to_string).collect::<Vec<_>>().join("+");
    let input = |role: ChannelRole| {
        channels.get(role).map_or_else(|| "?".to_owned(), |index| (index + 1).to_string())
    };
    let output = format!("output {output}");
    let [reference, sense, microphone] =
        [ChannelRole::Reference, ChannelRole::Sense, ChannelRole::Microphone]
            .map(|role| format!("input {}", input(role)));
    let has_reference = channels.is_empty() || channels.get(ChannelRole::Reference).is_some();
    let lines = match purpose {
        Purpose::Response => response(&output, has_reference.then_some(&*reference), &microphone),
        Purpose::Impedance => impedance(&output, &reference, &sense),
        Purpose::Loopback => loopback(
            &output,
            channels.get(ChannelRole::Reference).map(|_| &*reference),
            &microphone,
        ),
    };
    let mut text = String::from("    sound card\n  +------------+\n");
    for (socket, rest) in lines {
        let _ = writeln!(text, "  | {socket:>10} |{rest}");
    }
    text.push_str("  +------------+\n");
    text
}

type Line<'a> = (&'a str, &'static str);

fn response<'a>(output: &'a str, reference: Option<&'a str>, microphone: &'a str) -> Vec<Line<'a>> {
    let microphone = (microphone, "<------ microphone ---------------------+");
    match reference {
        Some(reference) => vec![
            (output, "---*---> amplifier ---> headphone on coupler"),
            ("", "   |                                    |"),
            (reference, "<--+  reference (a cable)               |"),
            microphone,
        ],
        None => vec![
            (output, "-------> amplifier ---> headphone on coupler"),
            ("", "                                        |"),
            microphone,
        ],
    }
}

fn impedance<'a>(output: &'a str, reference: &'a str, sense: &'a str) -> Vec<Line<'a>> {
    vec![
        (output, "---*---[ sense resistor ]---*--- headphone ---+"),
        ("", "   |                        |                 |"),
        (reference, "<--+  reference              |                 |"),
        (sense, "<------------------ sense --+                 |"),
        ("ground", "----------------------------------------------+"),
    ]
}

fn loopback<'a>(output: &'a str, reference: Option<&'a str>, line: &'a str) -> Vec<Line<'a>> {
    match reference {
        Some(reference) => vec![
            (output, "---*---> the device, or a cable ---+"),
            (reference, "<--+  reference                    |"),
            (line, "<----------------------------------+"),
        ],
        None => vec![(output, "---+"), (line, "<--+  a cable")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_has_the_numbers_of_its_channels_and_every_line_meets_its_end() {
        let channels: ChannelMap = "reference=2,microphone=1".parse().unwrap();
        let text = drawing(Purpose::Response, &[3], &channels);
        for words in ["output 3", "input 2 |<--+  reference", "input 1 |<------ microphone"] {
            assert!(text.contains(words), "{text}");
        }
        let column = |line: &str, end: char| line.rfind(end).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let microphone = column(lines[5], '+');
        assert!([3, 4].iter().all(|&i| column(lines[i], '|') == microphone), "{text}");
        assert_eq!(&lines[2][microphone - 3..microphone + 4], "coupler");
    }

    #[test]
    fn what_is_not_known_yet_is_a_question() {
        let nothing = ChannelMap::default();
        assert!(drawing(Purpose::Response, &[1], &nothing).contains("input ? |<--+  reference"));
        assert!(drawing(Purpose::Impedance, &[1, 2], &nothing).contains("output 1+2"));
        let line: ChannelMap = "microphone=4".parse().unwrap();
        assert!(drawing(Purpose::Loopback, &[1], &line).contains("input 4 |<--+  a cable"));
    }
}
