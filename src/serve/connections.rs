//! Connections: how many, for how long, and how they end.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::Duration,
};

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, interval, sleep, timeout},
};
use tracing::{debug, warn};

use super::{
    activity::Activity,
    calls::{Calls, ConnectionCalls},
    config,
    stop::Stop,
};

/// What an HTTP/2 client says first (RFC 9113, section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How often it is looked whether a client has said enough yet. There is no way to wait for more than one byte without taking it.
const PREFACE_POLL: Duration = Duration::from_millis(20);
/// How often a connection is looked after.
const TICK: Duration = Duration::from_millis(100);
/// How long a connection may still be there without calls when the server stops, so that its client can close it by itself.
const FAREWELL: Duration = Duration::from_secs(1);
/// The same for one that makes room.
const SHORT_FAREWELL: Duration = Duration::from_millis(200);
/// How long to wait for a place that an idle connection makes.
const MAKING_ROOM: Duration = Duration::from_secs(1);
/// How long not to accept connections when the system has no more sockets.
const NO_SOCKETS: Duration = Duration::from_millis(50);
/// How much of a connection's answers is with HTTP/2 and not with the system yet.
const SEND_BUFFER: usize = 256 << 10;

/// The open connections of a server. Cheap to clone.
#[derive(Clone)]
pub(super) struct Connections {
    settings: config::Connections,
    calls: Calls,
    places: Arc<Semaphore>,
    open: Arc<Mutex<BTreeMap<u64, Arc<Activity>>>>,
}

impl Connections {
    pub(super) fn new(settings: config::Connections, calls: Calls) -> Connections {
        let places = Arc::new(Semaphore::new(settings.max_connections));
        Connections { settings, calls, places, open: Arc::default() }
    }

    /// Serves the connections that come in, until the server stops. Then it takes no more, and waits for up to `drain` for those that there
    /// are. Gives how many calls had no answer then.
    pub(super) async fn serve(self, listener: TcpListener, mut stop: Stop, drain: Duration) -> usize {
        let mut number = 0;
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = stop.stopping() => break,
            };
            match accepted {
                Ok((stream, client)) => match self.place().await {
                    Some(place) => {
                        number += 1;
                        let activity = Activity::new();
                        self.open().insert(number, activity.clone());
                        let connection = self.clone().serve_one(stream, client, activity, stop.clone());
                        let open = self.open.clone();
                        tokio::spawn(async move {
                            connection.await;
                            lock(&open).remove(&number);
                            drop(place);
                        });
                    }
                    None => debug!(%client, "refused: there are too many connections, and all of them have calls"),
                },
                Err(error) => self.not_accepted(&error).await,
            }
        }
        drop(listener);
        let all = u32::try_from(self.settings.max_connections).unwrap_or(u32::MAX);
        let drained = timeout(drain, self.places.acquire_many(all)).await.is_ok();
        if drained { 0 } else { self.calls.open.load(Ordering::Relaxed) }
    }

    /// A place for one more connection. Where there is none, the connection that has been idle longest has to go.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            return Some(place);
        }
        let idlest = self.open().values().filter_map(|activity| Some((activity.idle()?, activity.clone()))).max_by_key(|(idle, _)| *idle);
        idlest?.1.make_room.notify_one();
        timeout(MAKING_ROOM, self.places.clone().acquire_owned()).await.ok()?.ok()
    }

    /// Connections that broke before they were accepted are nothing. Without sockets it is of no use to try again at once.
    async fn not_accepted(&self, error: &io::Error) {
        if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted) {
            return;
        }
        warn!(%error, "can't accept a connection");
        sleep(NO_SOCKETS).await;
    }

    async fn serve_one(self, stream: TcpStream, client: SocketAddr, activity: Arc<Activity>, mut stop: Stop) {
        let handshake = Duration::from_secs(self.settings.handshake_seconds);
        let begun = tokio::select! {
            begun = timeout(handshake, begins_http2(&stream)) => begun.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
            _ = told_to_close(&mut stop, &activity) => Err(io::ErrorKind::ConnectionAborted.into()),
        };
        match begun {
            Ok(()) => self.speak(stream, client, &activity, stop).await,
            Err(problem) => debug!(%client, %problem, "a connection did not begin"),
        }
    }

    /// Speaks HTTP/2 on a connection to its end.
    async fn speak(&self, stream: TcpStream, client: SocketAddr, activity: &Arc<Activity>, mut stop: Stop) {
        if let Err(problem) = stream.set_nodelay(true) {
            debug!(%client, %problem, "TCP_NODELAY can't be set");
        }
        let keepalive = Duration::from_secs(self.settings.keepalive_seconds);
        let longest_stall = Duration::from_secs(self.settings.send_seconds);
        let calls = ConnectionCalls { calls: self.calls.clone(), activity: activity.clone() };
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(keepalive)
            .keep_alive_timeout(keepalive)
            .max_concurrent_streams(self.settings.max_calls)
            .max_header_list_size(self.settings.max_header_bytes)
            .max_send_buf_size(SEND_BUFFER)
            .serve_connection(TokioIo::new(stream), calls);
        let mut connection = pin!(connection);
        let mut tick = interval(TICK);
        let mut closing: Option<(Instant, Duration)> = None;
        loop {
            tokio::select! {
                ended = &mut connection => {
                    if let Err(problem) = ended {
                        debug!(%client, %problem, "a connection broke");
                    }
                    return;
                }
                farewell = told_to_close(&mut stop, activity), if closing.is_none() => {
                    closing = Some((Instant::now(), farewell));
                    connection.as_mut().graceful_shutdown();
                }
                _ = tick.tick() => {
                    if activity.is_stalled(longest_stall) {
                        warn!(%client, "broken off: it has taken nothing of its answers for {} seconds", self.settings.send_seconds);
                        return;
                    }
                    let has_been_quiet = |idle: Duration| closing.is_some_and(|(since, farewell)| idle.min(since.elapsed()) >= farewell);
                    if activity.idle().is_some_and(has_been_quiet) {
                        return;
                    }
                }
            }
        }
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Activity>>> {
        lock(&self.open)
    }
}

/// Nothing panics while this lock is held; so poison means nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until the server stops, or the connection is to make room for another. Gives how long it may still be there without calls.
async fn told_to_close(stop: &mut Stop, activity: &Activity) -> Duration {
    tokio::select! {
        _ = stop.stopping() => FAREWELL,
        () = activity.make_room.notified() => SHORT_FAREWELL,
    }
}

/// Waits until a client has said that it speaks HTTP/2, and takes none of it.
async fn begins_http2(stream: &TcpStream) -> io::Result<()> {
    let mut said = [0; PREFACE.len()];
    loop {
        let length = stream.peek(&mut said).await?;
        match length {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length if said[..length] != PREFACE[..length] => return Err(io::Error::other("the client does not speak HTTP/2 without TLS")),
            length if length == PREFACE.len() => return Ok(()),
            _ => sleep(PREFACE_POLL).await,
        }
    }
}
