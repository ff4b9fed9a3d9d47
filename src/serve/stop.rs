//! How running calls learn that the server stops.

use std::time::Duration;

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

/// How long a stream without requests is waited for when the server stops.
const IDLE: Duration = Duration::from_millis(500);

/// Tells that the server stops.
pub(super) struct Stopper(watch::Sender<Option<Instant>>);

/// Learns that the server stops.
#[derive(Clone)]
pub(super) struct Stop(watch::Receiver<Option<Instant>>);

/// The two ends of it.
pub(super) fn channel() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(None);
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    /// The server stops. Calls that could go on for ever may do so until `deadline`.
    pub(super) fn stop(&self, deadline: Instant) {
        self.0.send_replace(Some(deadline));
    }
}

impl Stop {
    /// Waits until the server stops. Gives the time until which calls may go on.
    pub(super) async fn stopping(&mut self) -> Instant {
        match self.0.wait_for(Option::is_some).await.map(|deadline| *deadline) {
            Ok(Some(deadline)) => deadline,
            _ => Instant::now(), // the server is gone
        }
    }

    /// Waits until the server stops and nothing has happened for a moment.
    pub(super) async fn idle(&mut self) {
        let deadline = self.stopping().await;
        sleep_until(deadline.min(Instant::now() + IDLE)).await;
    }

    /// Whether a call that could go on for ever has to end.
    pub(super) fn is_overdue(&self) -> bool {
        self.0.borrow().is_some_and(|deadline| deadline <= Instant::now())
    }
}
