//! The command `cansweep`.

fn main() {}
