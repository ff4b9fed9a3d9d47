//! The `slugline` program: reads the command line, calls the library, and says by its exit code what came of it: 0 done, 1 the work
//! failed, 2 the command line or the configuration is wrong.

use std::{
    io::{stderr, stdout},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use slugline::client::{ClientError, classify, evaluate, models};

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
    Serve(ServeFlags),
    /// Classify documents, in this process or by servers
    Classify(classify::ClassifyCommand),
    /// Measure how good a model is on labelled documents
    Evaluate(evaluate::EvaluateCommand),
    /// List the models, show one, and choose which version answers
    Models(models::ModelsCommand),
}

#[derive(clap::Args)]
struct ServeFlags {
    /// Configuration file. Default: ./slugline.toml if there is one
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address to listen at. Default: 127.0.0.1:50051
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Folder of models. Default: ./models if there is one, else the model that is compiled in
    #[arg(long, value_name = "FOLDER")]
    models: Option<PathBuf>,
    /// Check the configuration, and exit
    #[arg(long)]
    check_config: bool,
}

fn main() -> ExitCode {
    let done = match Program::parse().command {
        Command::Serve(flags) => serve(&flags),
        Command::Classify(command) => classify::run(&command),
        Command::Evaluate(command) => evaluate::run(&command, &mut stdout().lock(), &mut stderr().lock()),
        Command::Models(command) => models::run(&command, &mut stdout().lock()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

/// JOIN HERE: `slugline::serve::...(flags.config, flags.listen, flags.models, flags.check_config)`.
fn serve(flags: &ServeFlags) -> Result<(), ClientError> {
    let _ = (&flags.config, &flags.listen, &flags.models, flags.check_config);
    Err(ClientError::Usage("serve is not joined yet".to_owned()))
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
