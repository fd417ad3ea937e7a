//! Session files: what a guided session is to measure.

use std::path::Path;

use super::description::{self, DescriptionError};
use crate::model::SessionPlan;

/// Reads a session file.
///
/// # Errors
///
/// When it cannot be read or is no session, with the line and the reason.
pub fn load(path: &Path) -> Result<SessionPlan, DescriptionError> {
    description::load("session", &path.to_string_lossy(), &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_to_copy_is_a_session_with_every_key() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sweeps/sessions/pads.toml");
        let plan = load(&path).unwrap();
        assert_eq!(plan.parts().states.len(), 3);
        assert_eq!(plan.places().len(), 6);
        let written = toml::to_string(&plan).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let keys =
            ["unit", "operators", "daily", "instruction", "pads", "pad_hours", "pads_fitted"];
        for key in keys {
            let line = format!("\n{key} = ");
            assert!(text.contains(&line) && written.contains(&line), "{key}");
        }
        assert_eq!(toml::from_str::<SessionPlan>(&written).unwrap(), plan);
    }

    #[test]
    fn the_study_to_copy_is_of_several_persons_every_day() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sweeps/sessions/repeatability.toml");
        let plan = load(&path).unwrap();
        assert!(plan.parts().daily && plan.parts().operators.len() > 1);
    }

    #[test]
    fn a_session_that_makes_no_sense_says_where() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        std::fs::write(&path, "name = 'a'\n[[states]]\nname = 3\n").unwrap();
        let error = load(&path).unwrap_err().to_string();
        assert!(error.contains("line 3"), "{error}");
        assert!(load(&folder.path().join("b.toml")).is_err());
    }
}
