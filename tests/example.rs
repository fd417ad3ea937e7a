//! The finished example in `reports/example` is what the demo writes today.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;

/// `scripts/update-example` remakes the example.
#[test]
fn the_example_page_is_the_one_that_the_demo_writes() {
    let folder = std::env::temp_dir().join(format!("cansweep-example-{}", std::process::id()));
    Command::cargo_bin("cansweep").unwrap().args(["demo", "-o"]).arg(&folder).assert().success();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/example");
    let written = fs::read_to_string(folder.join("index.html")).unwrap();
    let kept = fs::read_to_string(example.join("index.html")).unwrap();
    assert!(without_dates(&written) == without_dates(&kept), "run scripts/update-example");
    for figure in fs::read_dir(example.join("figures")).unwrap() {
        let name = figure.unwrap().file_name();
        let texts = |folder: &Path| {
            let svg = fs::read_to_string(folder.join("figures").join(&name)).unwrap();
            without_dates(&texts_of(&svg).join("\n"))
        };
        assert_eq!(texts(&folder), texts(&example), "{}", name.display());
    }
    fs::remove_dir_all(folder).unwrap();
}

/// What a picture says in words: the last digits of its coordinates may differ between machines.
fn texts_of(svg: &str) -> Vec<&str> {
    svg.split("</text>").filter_map(|part| part.rsplit('>').next()).map(str::trim).collect()
}

/// The text with every date and time of day taken out.
fn without_dates(text: &str) -> String {
    let is_date = |word: &str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        digits >= 8 && word.matches('-').count() >= 2
    };
    let separators = |c: char| c.is_whitespace() || "<>\"·".contains(c);
    text.split(separators).filter(|word| !is_date(word)).collect::<Vec<_>>().join(" ")
}
