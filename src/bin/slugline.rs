//! The `slugline` program: reads the command line, calls the library, and says by its exit code what came of it: 0 done, 1 the work
//! failed, 2 the command line or the configuration is wrong.

#![warn(clippy::unwrap_used)]

use std::{
    error::Error,
    io::{stderr, stdout},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use slugline::{
    client::{classify, evaluate, models},
    serve,
};

/// Gives back to the system what a model held that no longer answers, and is quicker at the small pieces that answers are made of.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Labels news articles by topic and stance, and shows the sentences that made it decide.
#[derive(Parser)]
#[command(version, about, max_term_width = 110)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the models over gRPC
    Serve(serve::ServeArgs),
    /// Classify documents, in this process or by servers
    Classify(classify::ClassifyCommand),
    /// Measure how good a model is on labelled documents
    Evaluate(evaluate::EvaluateCommand),
    /// List the models, show one, and choose which version answers
    Models(models::ModelsCommand),
}

fn main() -> ExitCode {
    // A wrong command line ends the program here, with exit code 2.
    let done = match Program::parse().command {
        Command::Serve(arguments) => return serve(&arguments),
        Command::Classify(command) => classify::run(&command),
        Command::Evaluate(command) => evaluate::run(&command, &mut stdout().lock(), &mut stderr().lock()),
        Command::Models(command) => models::run(&command, &mut stdout().lock()),
    };
    done.map_or_else(|error| fail(error.exit_code(), &error), |()| ExitCode::SUCCESS)
}

fn serve(arguments: &serve::ServeArgs) -> ExitCode {
    let serve::Configuration { config, warnings } = match arguments.configuration(std::env::vars_os()) {
        Ok(configuration) => configuration,
        Err(error) => return fail(2, &error),
    };
    warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
    if arguments.check_config {
        print!("{config}");
        return ExitCode::SUCCESS;
    }
    match serve::run(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(if error.is_configuration() { 2 } else { 1 }, &error),
    }
}

fn fail(code: u8, error: &dyn Error) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Program::command().debug_assert();
    }
}
