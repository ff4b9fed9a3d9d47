//! The life of a server: listen, load, serve, drain.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    time::Duration,
};

use tokio::{net::TcpListener, runtime, task::JoinHandle, time};
use tonic::transport::{Server, server::TcpIncoming};
use tonic_health::{ServingStatus, server::HealthReporter};
use tracing::{info, warn};

use super::{
    Config, calls, logs,
    model_service::ModelService,
    served_models::ServedModels,
    service::Service,
    stop::{self, Stop},
};
use crate::{
    api::v1::{self, classification_service_server as classification, model_service_server as models},
    model::ModelError,
};

/// The names that health is asked by; the empty one is the server as a whole.
const HEALTH_NAMES: [&str; 3] = ["", classification::SERVICE_NAME, models::SERVICE_NAME];

/// A client that answers no HTTP/2 ping of this interval in as much time again is gone.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Serves until SIGTERM or Ctrl-C. Prints `listening on ADDRESS` to stdout as soon as it listens, and logs to stderr.
///
/// # Errors
/// If it can't listen, the models can't be loaded, or the configuration is wrong. Being stopped is no error, even if calls had to be
/// broken off after `drain_seconds`.
pub fn run(config: Config) -> Result<(), ServeError> {
    config.check()?;
    logs::start(config.log_format);
    let runtime = runtime::Builder::new_multi_thread().enable_all().build().map_err(ServeError::Runtime)?;
    let result = runtime.block_on(serve(&config));
    runtime.shutdown_background(); // not waiting for work that nobody waits for
    result
}

async fn serve(config: &Config) -> Result<(), ServeError> {
    let mut signals = Signals::new().map_err(ServeError::Runtime)?;
    let cant_listen = |source| ServeError::Listen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(cant_listen)?;
    announce(listener.local_addr().map_err(cant_listen)?);

    let health = HealthReporter::new();
    set_health(&health, ServingStatus::NotServing).await;
    let (stopper, stop) = stop::channel();
    let (served, first_load) = ServedModels::start(config.models.clone(), config.limits, Duration::from_secs(config.watch_seconds))
        .map_err(ServeError::Runtime)?;
    let model_service = ModelService::new(served.clone(), config.administration);
    let service = Service::new(served, stop.clone());
    let mut server = start_server(config, listener, health.clone(), service, model_service, stop)?;

    tokio::select! {
        loaded = first_load => {
            loaded.map_err(|_| ServeError::LoadingPanicked)??;
            set_health(&health, ServingStatus::Serving).await;
            tokio::select! {
                () = signals.next() => {}
                ended = &mut server => return outcome(ended),
            }
        }
        () = signals.next() => {}
        ended = &mut server => return outcome(ended),
    }

    let drain = Duration::from_secs(config.drain_seconds);
    info!(drain_seconds = config.drain_seconds, "stopping");
    set_health(&health, ServingStatus::NotServing).await;
    end_health_watches(health).await;
    stopper.stop(time::Instant::now() + drain / 2);
    tokio::select! {
        drained = time::timeout(drain, &mut server) => match drained {
            Ok(ended) => outcome(ended),
            Err(_) => {
                warn!("some connections were still open after {} seconds and are broken off", config.drain_seconds);
                Ok(())
            }
        },
        () = signals.next() => {
            warn!("stopped for the second time: open connections are broken off");
            Ok(())
        }
    }
}

/// Says where the server listens. Other programs wait for this line.
fn announce(address: SocketAddr) {
    let mut stdout = io::stdout().lock();
    if let Err(problem) = writeln!(stdout, "listening on {address}").and_then(|()| stdout.flush()) {
        warn!(%problem, "can't write to stdout");
    }
    info!(%address, "listening");
}

type ServerTask = JoinHandle<Result<(), tonic::transport::Error>>;

fn start_server(
    config: &Config,
    listener: TcpListener,
    health: HealthReporter,
    service: Service,
    model_service: ModelService,
    mut stop: Stop,
) -> Result<ServerTask, ServeError> {
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(v1::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let health = tonic_health::server::HealthService::from_health_reporter(health);
    let router = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE))
        .layer(calls::log_calls())
        .add_service(
            classification::ClassificationServiceServer::new(service)
                .max_decoding_message_size(config.max_message_bytes)
                .max_encoding_message_size(config.max_message_bytes),
        )
        .add_service(models::ModelServiceServer::new(model_service))
        .add_service(tonic_health::pb::health_server::HealthServer::new(health))
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let stopped = async move {
        stop.stopping().await;
    };
    Ok(tokio::spawn(router.serve_with_incoming_shutdown(incoming, stopped)))
}

async fn set_health(health: &HealthReporter, status: ServingStatus) {
    for name in HEALTH_NAMES {
        health.set_service_status(name, status).await;
    }
}

/// Ends the streams of those who watch the health, which would hold up the exit. They get the last status before.
async fn end_health_watches(mut health: HealthReporter) {
    for name in HEALTH_NAMES {
        health.clear_service_status(name).await;
    }
}

fn outcome(ended: Result<Result<(), tonic::transport::Error>, tokio::task::JoinError>) -> Result<(), ServeError> {
    match ended {
        Ok(result) => Ok(result?),
        Err(_) => Err(ServeError::ServerPanicked),
    }
}

/// The signals that stop a server.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    /// From now on, these signals do not end the process.
    fn new() -> io::Result<Signals> {
        #[cfg(unix)]
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate())?,
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for one of them.
    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Waits for Ctrl-C.
    #[cfg(not(unix))]
    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Why a server ended otherwise than by being stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] super::ConfigError),
    /// The address can't be listened on.
    #[error("can't listen on {address}: {source}; is another server running? --listen takes another address")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A model can't be opened.
    #[error("can't load the models: {0}")]
    Models(#[from] ModelError),
    /// A defect of ours.
    #[error("loading the models panicked")]
    LoadingPanicked,
    /// A defect of ours.
    #[error("the server panicked")]
    ServerPanicked,
    /// The operating system gives no threads or no signals.
    #[error("can't start: {0}")]
    Runtime(io::Error),
    /// The server can't describe its own interface.
    #[error("can't set up reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The server failed.
    #[error("the server failed: {0}")]
    Transport(#[from] tonic::transport::Error),
}

impl ServeError {
    /// Whether the configuration is at fault, and not what the server found when it ran.
    pub fn is_configuration(&self) -> bool {
        matches!(self, ServeError::Config(_) | ServeError::Models(ModelError::NoFolder(_)))
    }
}
