//! The gRPC service: [`run`] it with a [`Config`].
//!
//! It listens at once and says so on stdout, loads its models meanwhile, and is `SERVING` by grpc.health.v1 when they are there. On
//! SIGTERM or Ctrl-C it becomes `NOT_SERVING`, takes no new connections, finishes the calls that it has, and returns.

mod calls;
mod command;
mod config;
mod logs;
mod model_service;
mod served_models;
mod server;
mod service;
mod shadow;
mod stop;

pub use command::ServeArgs;
pub use config::{Config, ConfigError, LogFormat};
pub use server::{ServeError, run};
pub use shadow::{LabelAgreement, Shadow, ShadowReport};
