//! The life of a server: listen, load, serve, drain.

use std::{
    convert::Infallible,
    io::{self, Write as _},
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::{
    net::TcpListener,
    runtime,
    time::{Instant, sleep},
};
use tonic::service::Routes;
use tonic_health::{ServingStatus, server::HealthReporter};
use tracing::{info, warn};

use super::{
    Config,
    admission::Admission,
    buffered::Budget,
    calls::Calls,
    connections::Connections,
    logs,
    model_service::ModelService,
    served_models::ServedModels,
    service::Service,
    shadow::Shadow,
    stop::{self, Stop, Stopper},
};
use crate::{
    api::v1::{self, classification_service_server as classification, model_service_server as models},
    model::ModelError,
};

/// The names that health is asked by; the empty one is the server as a whole.
const HEALTH_NAMES: [&str; 3] = ["", classification::SERVICE_NAME, models::SERVICE_NAME];

/// Serves until SIGTERM or Ctrl-C. Prints `listening on ADDRESS` to stdout as soon as it listens, and logs to stderr.
///
/// # Errors
/// If it can't listen, the models can't be loaded, the configuration is wrong, or calls had to be broken off `drain_seconds` after it was
/// stopped. Being stopped is no error.
pub fn run(config: Config) -> Result<(), ServeError> {
    on_runtime(&config, serve(&config))
}

/// Hosts other services just as [`run`] hosts ours: with the same connections, limits, signals and stop. Calls to services whose names do not
/// begin with `slugline.` are neither limited nor waited for.
///
/// # Errors
/// As for [`run`].
pub fn host(config: Config, routes: Routes) -> Result<(), ServeError> {
    on_runtime(&config, async {
        let server = Server::bind(&config).await?;
        server.run(routes, std::future::pending()).await
    })
}

fn on_runtime(config: &Config, server: impl Future<Output = Result<(), ServeError>>) -> Result<(), ServeError> {
    config.check()?;
    logs::start(config.log_format);
    let runtime = runtime::Builder::new_multi_thread().enable_all().build().map_err(ServeError::Runtime)?;
    let result = runtime.block_on(server);
    runtime.shutdown_background(); // not waiting for work that nobody waits for
    result
}

async fn serve(config: &Config) -> Result<(), ServeError> {
    let server = Server::bind(config).await?;
    let health = server.health.clone();
    set_health(&health, ServingStatus::NotServing).await;
    let poll = Duration::from_secs(config.watch_seconds);
    let (models, first_load) = ServedModels::start(config.models.clone(), config.request_limits(), poll).map_err(ServeError::Runtime)?;
    let shadow = (config.shadow.share > 0.0).then(|| Shadow::start(&config.shadow.version, config.shadow.share));
    let service = Service::new(config, models.clone(), shadow.clone(), server.stop.clone(), server.admission.clone());
    let routes = routes(config, health.clone(), service, ModelService::new(models, config.administration, shadow))?;
    let load = async move {
        first_load.await.map_err(|_| ServeError::LoadingPanicked)??;
        set_health(&health, ServingStatus::Serving).await;
        std::future::pending().await
    };
    server.run(routes, load).await
}

/// A server that listens.
struct Server<'c> {
    config: &'c Config,
    signals: Signals,
    listener: TcpListener,
    health: HealthReporter,
    stopper: Stopper,
    stop: Stop,
    admission: Arc<Admission>,
}

impl Server<'_> {
    async fn bind(config: &Config) -> Result<Server<'_>, ServeError> {
        let signals = Signals::new().map_err(ServeError::Runtime)?;
        let cant_listen = |source| ServeError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(cant_listen)?;
        announce(listener.local_addr().map_err(cant_listen)?);
        let (stopper, stop) = stop::channel();
        let admission = Admission::new(&config.limits);
        Ok(Server { config, signals, listener, health: HealthReporter::new(), stopper, stop, admission })
    }

    /// Serves until a signal comes, or `work`, which is done beside it, fails.
    async fn run(mut self, routes: Routes, work: impl Future<Output = Result<Infallible, ServeError>>) -> Result<(), ServeError> {
        let budget = Budget::new(self.config.limits.max_buffered_bytes);
        let calls = Calls::new(routes, self.admission, budget, self.config);
        let open = calls.open.clone();
        let connections = Connections::new(self.config.connections.clone(), calls);
        let drain = self.config.drain();
        let serving = tokio::spawn(connections.serve(self.listener, self.stop, drain));
        tokio::select! {
            () = self.signals.next() => {}
            Err(failed) = work => return Err(failed),
        }
        info!(delay_seconds = self.config.stop_delay_seconds, drain_seconds = self.config.drain_seconds, "stopping");
        set_health(&self.health, ServingStatus::NotServing).await;
        tokio::select! {
            () = sleep(Duration::from_secs(self.config.stop_delay_seconds)) => {}
            () = self.signals.next() => {}
        }
        end_health_watches(self.health).await;
        self.stopper.stop(Instant::now() + drain / 2);
        let unanswered = tokio::select! {
            unanswered = serving => unanswered.map_err(|_| ServeError::ServerPanicked)?,
            // Whoever stops the server does not want to wait.
            () = self.signals.next() => open.load(Ordering::Relaxed),
        };
        if unanswered == 0 { Ok(()) } else { Err(ServeError::Unanswered(unanswered)) }
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

/// The services, each with its name before its methods.
fn routes(config: &Config, health: HealthReporter, service: Service, model_service: ModelService) -> Result<Routes, ServeError> {
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(v1::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let health = tonic_health::server::HealthService::from_health_reporter(health);
    let classification = classification::ClassificationServiceServer::new(service)
        .max_decoding_message_size(config.max_message_bytes)
        .max_encoding_message_size(config.max_message_bytes);
    let routes = Routes::new(classification)
        .add_service(models::ModelServiceServer::new(model_service))
        .add_service(tonic_health::pb::health_server::HealthServer::new(health))
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?);
    Ok(routes)
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
    /// Stopped, and some calls were not answered. How many.
    #[error("stopped, and broke off {0} calls that had no answer yet; a longer drain_seconds gives them more time")]
    Unanswered(usize),
    /// The operating system gives no threads or no signals.
    #[error("can't start: {0}")]
    Runtime(io::Error),
    /// The server can't describe its own interface.
    #[error("can't set up reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

impl ServeError {
    /// Whether the configuration is at fault, and not what the server found when it ran.
    pub fn is_configuration(&self) -> bool {
        matches!(self, ServeError::Config(_) | ServeError::Models(ModelError::NoFolder(_)))
    }
}
