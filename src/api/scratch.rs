//! Working memory for classifying, kept from one call to the next.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    thread,
};

use crate::model::{Model, Registry, Scratch};

/// Scratches that nobody uses just now, by the model version that they are for. There are never more than were used at once, nor
/// more than the machine has cores.
pub(super) struct ScratchPool {
    idle: BTreeMap<String, Mutex<Vec<Scratch>>>,
    most: usize,
}

impl ScratchPool {
    pub(super) fn new(registry: &Registry) -> ScratchPool {
        let idle = registry.opened().map(|model| (model.resource_name().to_owned(), Mutex::default())).collect();
        ScratchPool { idle, most: thread::available_parallelism().map_or(1, usize::from) }
    }

    /// Lends a scratch for `model` to `work`. A scratch in whose use something panicked is not used again.
    pub(super) fn with<T>(&self, model: &Model, work: impl FnOnce(&mut Scratch) -> T) -> T {
        // The lock is held for a push or a pop, in which nothing panics; so poison means nothing.
        let idle = || self.idle.get(model.resource_name()).map(|idle| idle.lock().unwrap_or_else(PoisonError::into_inner));
        let taken = idle().and_then(|mut idle| idle.pop());
        let mut scratch = taken.unwrap_or_else(|| model.scratch());
        let result = work(&mut scratch);
        if let Some(mut idle) = idle()
            && idle.len() < self.most
        {
            idle.push(scratch);
        }
        result
    }
}
