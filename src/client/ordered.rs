//! Work on many threads whose results come out in the order of the work.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, sync_channel},
    },
    thread::{self, JoinHandle},
};

use super::ClientError;

/// Results in the order of their items. See [`in_order`].
pub(super) struct InOrder<R> {
    results: Receiver<Receiver<R>>,
    reader: Option<JoinHandle<()>>,
}

/// Takes `items` one by one on a thread of their own, does `work` on `workers` threads, and gives the results in the order of the items.
///
/// At most some two items a worker are held at once, finished or not, so that memory is bounded however slowly the results are taken. When
/// the results are dropped the threads end by themselves, each at its next item; nothing waits for them, for an item may never come where
/// it is read from a pipe.
pub(super) fn in_order<T, R>(
    items: impl Iterator<Item = T> + Send + 'static,
    workers: usize,
    work: impl Fn(T) -> R + Send + Sync + 'static,
) -> InOrder<R>
where
    T: Send + 'static,
    R: Send + 'static,
{
    let (result_sender, results) = sync_channel(workers * 2);
    let (job_sender, jobs) = sync_channel(0);
    let (jobs, work) = (Arc::new(Mutex::new(jobs)), Arc::new(work));
    for _ in 0..workers.max(1) {
        let (jobs, work) = (jobs.clone(), work.clone());
        thread::spawn(move || {
            loop {
                // The lock is free again before the work begins, and poisoned by nothing: receiving does not panic.
                let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok((item, result)) = job else { return };
                let result: std::sync::mpsc::SyncSender<R> = result;
                let _ = result.send(work(item)); // nobody wants it any more if that fails
            }
        });
    }
    let reader = thread::spawn(move || {
        for item in items {
            let (sender, result) = sync_channel(1);
            if result_sender.send(result).is_err() || job_sender.send((item, sender)).is_err() {
                return;
            }
        }
    });
    InOrder { results, reader: Some(reader) }
}

impl<R> Iterator for InOrder<R> {
    type Item = Result<R, ClientError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.results.recv() {
            // A result whose sender is gone: its worker panicked.
            Ok(result) => Some(result.recv().map_err(|_| ClientError::Defect("a worker thread died"))),
            Err(_) => {
                let ended = self.reader.take()?.join();
                ended.err().map(|_| Err(ClientError::Defect("the reading thread died")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_their_items() {
        let results: Vec<u32> = in_order(0..500_u32, 7, |item| item * 2).map(Result::unwrap).collect();
        assert_eq!(results, (0..500).map(|item| item * 2).collect::<Vec<_>>());
    }

    #[test]
    fn no_more_items_are_taken_than_the_results_have_room_for() {
        let (taken, seen) = std::sync::mpsc::channel();
        let mut results = in_order((0..1000_u32).inspect(move |item| taken.send(*item).unwrap()), 2, |item| item);
        assert!(results.next().is_some());
        // Two workers and their four places, the one taken out, and the one that waits for a place.
        while let Ok(item) = seen.recv_timeout(std::time::Duration::from_millis(50)) {
            assert!(item <= 8, "{item}");
        }
    }

    #[test]
    fn a_worker_that_panics_is_an_error_and_not_a_gap() {
        let results: Vec<_> = in_order(0..4_u32, 2, |item| assert_ne!(item, 2)).collect();
        assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false, true]);
    }

    #[test]
    fn a_reader_that_panics_is_an_error_and_not_an_end() {
        let mut results = in_order((0..4_u32).inspect(|item| assert_ne!(*item, 2)), 2, |item| item);
        assert!((&mut results).take(2).all(|result| result.is_ok()));
        assert!(results.next().is_some_and(|result| result.is_err()));
        assert!(results.next().is_none());
    }
}
