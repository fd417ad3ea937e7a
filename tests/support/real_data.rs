//! Recordings and curves of other people, where they are.

use std::path::{Path, PathBuf};

use cansweep::model::{Curve, Trace};
use cansweep::quantity::unit::Decibel;
use cansweep::store::curve;

/// A folder of the data; `None`, with a word about it, where there are none.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CANSWEEP_REAL_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no real data in '{}' (set CANSWEEP_REAL_DATA)", folder.display());
    None
}

/// The level of a response.
pub(crate) fn read(path: &Path) -> Curve<Decibel> {
    match curve::read(path).unwrap_or_else(|error| panic!("{error}")).into_trace() {
        Trace::Response(polar) => polar.magnitude().clone(),
        Trace::Impedance(_) => panic!("{} is an impedance", path.display()),
    }
}
