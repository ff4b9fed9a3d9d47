//! The gRPC service: [`run`] it with a [`Config`].
//!
//! It listens at once and says so on stdout, loads its models meanwhile, and is `SERVING` by grpc.health.v1 when they are there. On
//! SIGTERM or Ctrl-C it becomes `NOT_SERVING`, takes no new connections, finishes the calls that it has, and returns.

mod activity;
mod admission;
mod buffered;
mod calls;
mod command;
mod config;
mod config_error;
mod connections;
mod deadline;
mod logs;
mod model_service;
mod served_models;
mod server;
mod service;
mod settings;
mod shadow;
mod stop;

pub use command::{Configuration, ServeArgs};
pub use config::{Config, LogFormat};
pub use config_error::ConfigError;
pub use server::{ServeError, host, run};
pub use shadow::{LabelAgreement, Shadow, ShadowReport};
