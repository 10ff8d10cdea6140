//! `credadmin completions`: what a shell needs to complete credadmin's command line. The packages install what it prints.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::{generate, shells};

use super::written;

#[derive(clap::Args)]
pub struct Arguments {
    /// The shell that is to complete.
    #[arg(value_enum)]
    shell: Shell,
}

/// Those that Debian and Fedora package.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

pub fn completions(arguments: &Arguments) -> ExitCode {
    let mut command = super::Arguments::command();
    // Into memory first: clap_complete panics where it can't write.
    let mut script = Vec::new();
    match arguments.shell {
        Shell::Bash => generate(shells::Bash, &mut command, "credadmin", &mut script),
        Shell::Zsh => generate(shells::Zsh, &mut command, "credadmin", &mut script),
        Shell::Fish => generate(shells::Fish, &mut command, "credadmin", &mut script),
    }
    written(io::stdout().lock().write_all(&script))
}
