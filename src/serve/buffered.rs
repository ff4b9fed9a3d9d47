//! How many bytes of requests and answers the server holds, over all connections: what bounds its memory.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::api::ApiError;

/// The bytes that all calls together may hold. One for the whole server.
pub(super) struct Budget {
    held: AtomicUsize,
    most: usize,
}

/// What one call holds of it; nothing any more when this is dropped.
pub(super) struct Held {
    budget: Arc<Budget>,
    bytes: AtomicUsize,
}

impl Budget {
    pub(super) fn new(most: usize) -> Arc<Budget> {
        Arc::new(Budget { held: AtomicUsize::new(0), most })
    }

    /// For a new call, which holds nothing yet.
    pub(super) fn hold(self: &Arc<Self>) -> Held {
        Held { budget: self.clone(), bytes: AtomicUsize::new(0) }
    }
}

impl Held {
    /// Holds more bytes.
    ///
    /// # Errors
    /// [`ApiError::Overloaded`] if the server would hold too many. Nothing is held then that was not held before.
    pub(super) fn take(&self, bytes: usize) -> Result<(), ApiError> {
        let within = |held: usize| held.checked_add(bytes).filter(|held| *held <= self.budget.most);
        match self.budget.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, within) {
            Ok(_) => {
                self.bytes.fetch_add(bytes, Ordering::Relaxed);
                Ok(())
            }
            Err(_) => Err(ApiError::Overloaded("it holds all the requests and answers that it may")),
        }
    }

    /// Holds nothing any more, but in place of it something else for so many bytes.
    ///
    /// # Errors
    /// As for [`Held::take`].
    pub(super) fn release_and_hold(&self, bytes: usize) -> Result<Held, ApiError> {
        self.release();
        let other = self.budget.hold();
        other.take(bytes).map(|()| other)
    }

    /// Holds nothing any more.
    pub(super) fn release(&self) {
        self.budget.held.fetch_sub(self.bytes.swap(0, Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_share_what_may_be_held() {
        let budget = Budget::new(10);
        let (one, other) = (budget.hold(), budget.hold());
        one.take(6).unwrap();
        other.take(4).unwrap();
        assert!(matches!(other.take(1), Err(ApiError::Overloaded(_))));
        drop(one);
        other.take(6).unwrap();
        other.release();
        assert_eq!(budget.held.load(Ordering::Relaxed), 0);
        assert!(matches!(other.take(usize::MAX), Err(ApiError::Overloaded(_))));
    }
}
