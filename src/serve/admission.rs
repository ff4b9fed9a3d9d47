//! How many calls are worked on at once, over all connections, how many wait for that, and which are refused.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::config::Limits;
use crate::api::ApiError;

/// Gives calls their places. One for the whole server.
pub(super) struct Admission {
    places: Arc<Semaphore>,
    queued: AtomicUsize,
    max_queued: usize,
    max_wait: Duration,
    streams: Arc<Semaphore>,
}

/// A place to work in; free again when this is dropped.
pub(super) type Place = OwnedSemaphorePermit;

/// A call that may be worked on: at once, or when its turn comes.
pub(super) enum Entry {
    Place(Place),
    Queue(Queued),
}

/// A call that waits. It leaves the queue when this is dropped.
pub(super) struct Queued(Arc<Admission>);

impl Admission {
    pub(super) fn new(limits: &Limits) -> Arc<Admission> {
        Arc::new(Admission {
            places: Arc::new(Semaphore::new(limits.max_concurrent_calls)),
            queued: AtomicUsize::new(0),
            max_queued: limits.max_queued_calls,
            max_wait: Duration::from_millis(limits.max_queue_milliseconds),
            streams: Arc::new(Semaphore::new(limits.max_streams)),
        })
    }

    /// Lets a call in, or refuses it. This is decided before anything of the call's body is read.
    pub(super) fn enter(self: &Arc<Self>) -> Result<Entry, ApiError> {
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            return Ok(Entry::Place(place));
        }
        if self.queued.fetch_add(1, Ordering::Relaxed) >= self.max_queued {
            self.queued.fetch_sub(1, Ordering::Relaxed);
            return Err(ApiError::Overloaded("too many calls wait already"));
        }
        Ok(Entry::Queue(Queued(self.clone())))
    }

    /// Lets a stream in, or refuses it.
    pub(super) fn open_stream(&self) -> Result<Place, ApiError> {
        self.streams.clone().try_acquire_owned().map_err(|_| ApiError::Overloaded("too many streams are open"))
    }

    /// A place for one document of a stream. It waits as long as it takes: meanwhile the stream is not read, and its caller waits too.
    pub(super) async fn place(&self) -> Result<Place, ApiError> {
        self.places.clone().acquire_owned().await.map_err(|_| ApiError::Stopping) // never closed
    }
}

impl Entry {
    /// The place, when it is there.
    ///
    /// # Errors
    /// [`ApiError::Overloaded`] if that takes too long.
    pub(super) async fn place(self) -> Result<Place, ApiError> {
        match self {
            Entry::Place(place) => Ok(place),
            Entry::Queue(Queued(ref admission)) => {
                timeout(admission.max_wait, admission.place()).await.unwrap_or(Err(ApiError::Overloaded("the call has waited too long")))
            }
        }
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.queued.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(max_concurrent_calls: usize, max_queued_calls: usize, max_queue_milliseconds: u64) -> Arc<Admission> {
        Admission::new(&Limits { max_concurrent_calls, max_queued_calls, max_queue_milliseconds, max_streams: 1, ..Default::default() })
    }

    fn place(entry: Result<Entry, ApiError>) -> Place {
        match entry {
            Ok(Entry::Place(place)) => place,
            _ => panic!("no place at once"),
        }
    }

    #[tokio::test]
    async fn calls_beyond_the_places_wait_and_those_beyond_the_queue_are_refused() {
        let admission = admission(1, 1, 60_000);
        let first = place(admission.enter());
        let second = admission.enter().unwrap();
        assert!(matches!(admission.enter(), Err(ApiError::Overloaded(_))));
        drop(first);
        let second = second.place().await.unwrap();
        let third = admission.enter().unwrap();
        assert!(matches!(third, Entry::Queue(_)), "the one that waited has the place");
        drop((second, third));
        drop(place(admission.enter()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_waits_too_long_is_refused() {
        let admission = admission(1, 1, 50);
        let first = place(admission.enter());
        assert!(matches!(admission.enter().unwrap().place().await, Err(ApiError::Overloaded(_))));
        assert!(matches!(admission.enter(), Ok(Entry::Queue(_))), "it has left the queue");
        drop(first);
    }

    #[tokio::test]
    async fn a_caller_that_goes_leaves_the_queue() {
        let admission = admission(1, 1, 60_000);
        let _first = place(admission.enter());
        drop(admission.enter().unwrap());
        assert!(matches!(admission.enter(), Ok(Entry::Queue(_))));
    }

    #[test]
    fn streams_beyond_their_number_are_refused_until_one_ends() {
        let admission = admission(1, 1, 1);
        let stream = admission.open_stream().unwrap();
        assert!(matches!(admission.open_stream(), Err(ApiError::Overloaded(_))));
        drop(stream);
        drop(admission.open_stream().unwrap());
    }
}
