//! credadmin: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    credadmin::cli::main()
}
