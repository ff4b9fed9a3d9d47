//! What happens on one connection: how many calls are open, and whether their answers are taken.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

/// What happens on one connection.
pub(super) struct Activity {
    since: Instant,
    /// Open calls that the server waits for when it stops.
    calls: AtomicUsize,
    /// Stretches of answers that are with HTTP/2 and not yet on their way.
    unsent: AtomicUsize,
    /// When something last changed with these, in milliseconds after `since`.
    last_change: AtomicU64,
    /// Told when the connection is to make room for another.
    pub(super) make_room: Notify,
}

/// An open call. Counted until it is dropped.
pub(super) struct OpenCall {
    activity: Arc<Activity>,
    all: Arc<AtomicUsize>,
}

/// A stretch of an answer, until HTTP/2 has sent it. Until then its call is open.
pub(super) struct Unsent<T> {
    data: T,
    call: Arc<OpenCall>,
}

impl Activity {
    pub(super) fn new() -> Arc<Activity> {
        Arc::new(Activity {
            since: Instant::now(),
            calls: AtomicUsize::new(0),
            unsent: AtomicUsize::new(0),
            last_change: AtomicU64::new(0),
            make_room: Notify::new(),
        })
    }

    /// Counts a call here, and among those of all connections.
    pub(super) fn open_call(self: &Arc<Self>, all: &Arc<AtomicUsize>) -> Arc<OpenCall> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        all.fetch_add(1, Ordering::Relaxed);
        Arc::new(OpenCall { activity: self.clone(), all: all.clone() })
    }

    /// For how long no call has been open; none if one is.
    pub(super) fn idle(&self) -> Option<Duration> {
        (self.calls.load(Ordering::Relaxed) == 0).then(|| self.unchanged())
    }

    /// Whether answers wait, and for so long nothing of them has been taken.
    pub(super) fn is_stalled(&self, longest: Duration) -> bool {
        self.unsent.load(Ordering::Relaxed) > 0 && self.unchanged() >= longest
    }

    fn changed(&self) {
        let milliseconds = self.since.elapsed().as_millis();
        self.last_change.store(u64::try_from(milliseconds).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn unchanged(&self) -> Duration {
        self.since.elapsed().saturating_sub(Duration::from_millis(self.last_change.load(Ordering::Relaxed)))
    }
}

impl OpenCall {
    /// Counts a stretch of the call's answer.
    pub(super) fn sending<T>(self: &Arc<Self>, data: T) -> Unsent<T> {
        if self.activity.unsent.fetch_add(1, Ordering::Relaxed) == 0 {
            self.activity.changed();
        }
        Unsent { data, call: self.clone() }
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.all.fetch_sub(1, Ordering::Relaxed);
        if self.activity.calls.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.activity.changed();
        }
    }
}

impl<T> Drop for Unsent<T> {
    fn drop(&mut self) {
        self.call.activity.unsent.fetch_sub(1, Ordering::Relaxed);
        self.call.activity.changed();
    }
}

impl<T: AsRef<[u8]>> AsRef<[u8]> for Unsent<T> {
    fn as_ref(&self) -> &[u8] {
        self.data.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_from_its_last_call_on() {
        let (activity, all) = (Activity::new(), Arc::default());
        advance(SECOND).await;
        assert_eq!(activity.idle(), Some(SECOND));
        let call = activity.open_call(&all);
        assert_eq!(activity.idle(), None);
        drop(call);
        assert_eq!((activity.idle(), all.load(Ordering::Relaxed)), (Some(Duration::ZERO), 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_stalled_if_nothing_of_its_answers_is_taken() {
        let activity = Activity::new();
        let call = activity.open_call(&Arc::default());
        advance(5 * SECOND).await;
        assert!(!activity.is_stalled(SECOND), "there is nothing to take");
        let answers = [call.sending("a"), call.sending("b")];
        assert!(!activity.is_stalled(SECOND));
        advance(SECOND).await;
        assert!(activity.is_stalled(SECOND));
        let [one, other] = answers;
        drop(one);
        assert!(!activity.is_stalled(SECOND), "one has been taken just now");
        advance(SECOND).await;
        assert!(activity.is_stalled(SECOND));
        drop(call);
        assert_eq!(activity.idle(), None, "an answer that is not sent keeps its call open");
        drop(other);
        assert!(!activity.is_stalled(Duration::ZERO));
        assert_eq!(activity.idle(), Some(Duration::ZERO));
    }
}
