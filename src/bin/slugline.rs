//! The `slugline` program.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use slugline::serve::{self, ServeArgs};

/// Label news articles by topic and stance.
#[derive(Parser)]
#[command(name = "slugline", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(ServeArgs),
}

fn main() -> ExitCode {
    // Wrong arguments end the program here, with exit code 2.
    match Cli::parse().command {
        Command::Serve(args) => serve(&args),
    }
}

fn serve(args: &ServeArgs) -> ExitCode {
    let config = match args.configuration(|name| std::env::var(name).ok()) {
        Ok(config) => config,
        Err(error) => return fail(2, &error),
    };
    if args.check_config {
        return ExitCode::SUCCESS;
    }
    match serve::run(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(if error.is_configuration() { 2 } else { 1 }, &error),
    }
}

fn fail(code: u8, error: &dyn std::error::Error) -> ExitCode {
    eprintln!("slugline: {error}");
    ExitCode::from(code)
}
