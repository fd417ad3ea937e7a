//! The command `cansweep`.

fn main() -> std::process::ExitCode {
    cansweep::cli::run()
}
