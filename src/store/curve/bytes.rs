//! From the bytes of a file to text, whatever wrote them.

use std::path::Path;

use encoding_rs::{Encoding, GBK, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::CurveProblem;
use super::format::extension;

/// How a stream of Java objects begins, which a REW measurement file is.
const JAVA_OBJECTS: [u8; 4] = [0xac, 0xed, 0x00, 0x05];

/// Text, and what was assumed about its encoding.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) assumption: Option<String>,
}

/// Decodes a text file, or says what the file is instead.
pub(super) fn decode(bytes: &[u8], name: &Path) -> Result<Decoded, CurveProblem> {
    if bytes.starts_with(&JAVA_OBJECTS) || extension(name) == "mdat" {
        return Err(CurveProblem::RewMeasurement);
    }
    let (encoding, body) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding, &bytes[mark..]),
        None => (guessed(bytes), bytes),
    };
    let wide = encoding == UTF_16LE || encoding == UTF_16BE;
    if !wide && body.contains(&0) {
        let limp = extension(name) == "lim";
        return Err(if limp { CurveProblem::LimpMeasurement } else { CurveProblem::Binary });
    }
    let (text, _) = encoding.decode_without_bom_handling(body);
    refuse_markup(&text)?;
    let assumption = (encoding != UTF_8).then(|| {
        format!("encoding taken as {} (it matters to names and comments only)", encoding.name())
    });
    Ok(Decoded { text: text.into_owned(), assumption })
}

/// The encoding of text without a mark. Chinese and Korean text has its high bytes in pairs,
/// Western text has them one by one among letters.
fn guessed(bytes: &[u8]) -> &'static Encoding {
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    let in_pairs = bytes.split(u8::is_ascii).all(|run| run.len().is_multiple_of(2));
    let decodes = GBK.decode_without_bom_handling_and_without_replacement(bytes).is_some();
    if in_pairs && decodes { GBK } else { WINDOWS_1252 }
}

fn refuse_markup(text: &str) -> Result<(), CurveProblem> {
    let start = text.trim_start();
    if !start.starts_with('<') {
        return Ok(());
    }
    let head: String = start.chars().take(512).collect::<String>().to_ascii_lowercase();
    let is_page =
        ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| head.contains(tag));
    Err(if is_page { CurveProblem::WebPage } else { CurveProblem::Markup })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Decoded {
        decode(bytes, Path::new("a.txt")).unwrap()
    }

    #[test]
    fn encodings_met_in_the_wild_are_told_apart() {
        assert_eq!(text("\u{feff}größe".as_bytes()).text, "größe");
        assert_eq!(text(b"Hauptlautst\xe4rke").text, "Hauptlautstärke");
        assert_eq!(text(b"\xb2\xe2\xca\xd4 20 1").text, "测试 20 1");
        assert_eq!(text(b"\xff\xfe2\x000\x00").text, "20");
        assert!(text(b"\xff\xfe2\x000\x00").assumption.unwrap().contains("UTF-16LE"));
        assert!(text(b"20 1").assumption.is_none());
    }

    #[test]
    fn what_is_no_text_is_named() {
        let refusal =
            |bytes: &[u8], name: &str| decode(bytes, Path::new(name)).unwrap_err().to_string();
        assert!(refusal(b"", "a.mdat").contains("export"));
        assert!(refusal(&JAVA_OBJECTS, "a.txt").contains("export"));
        assert!(refusal(b"LIMP\0\0", "woofer.lim").contains("as .zma"));
        assert!(refusal(b"PK\x03\x04\0\0", "a.txt").contains("binary"));
        assert!(refusal(b"\n<!DOCTYPE html><html>", "7047870.txt").contains("web page"));
    }
}
