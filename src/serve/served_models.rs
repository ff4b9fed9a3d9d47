//! The models that answer calls, and how they follow their store.
//!
//! One thread does all loading, from the first to the last, so that no call waits for it. It looks at the store when the file system
//! tells of a change, and every few seconds besides, for network drives tell nothing. A new version is opened, checked and warmed up
//! before it takes the former one's place; calls that began with the former one end with it, and with the last of them it is freed.

use std::{
    collections::BTreeSet,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use arc_swap::ArcSwapOption;
use notify::{
    EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode},
};
use tokio::sync::oneshot;
use tracing::{error, info, warn};

use crate::{
    api::{ApiError, Engine, Limits},
    model::{Model, ModelError, Registry, Reload, ReloadProblem, Store},
};

/// How many of the newest versions of each model can be asked for, beside those that aliases name.
const NEWEST: usize = 3;

/// The store is looked at when nothing has changed in it for so long ...
const QUIET: Duration = Duration::from_millis(200);
/// ... or, where changes do not end, for so long at most.
const UNREST: Duration = Duration::from_secs(2);

/// The models that answer calls.
pub(super) struct ServedModels {
    current: Arc<Current>,
    loader: mpsc::Sender<Message>,
}

/// What came of the first load. It ends without a word if loading panicked.
pub(super) type FirstLoad = oneshot::Receiver<Result<(), ModelError>>;

#[derive(Default)]
struct Current {
    engine: ArcSwapOption<Engine>,
    swaps: AtomicU64,
    refusals: AtomicU64,
}

enum Message {
    /// The file system tells that something has changed in the store.
    StoreChanged,
    /// Something to do on the loading thread.
    Do(Box<dyn FnOnce(&mut Loader) + Send>),
    Stop,
}

impl ServedModels {
    /// Begins to load the models of a folder and to follow it; without a folder, those that [`Store::find`] finds. `poll` is how often to
    /// look at it if the file system tells nothing.
    ///
    /// # Errors
    /// If the operating system gives no thread.
    pub(super) fn start(models: Option<PathBuf>, limits: Limits, poll: Duration) -> io::Result<(Arc<ServedModels>, FirstLoad)> {
        let (sender, messages) = mpsc::channel();
        let (told, first_load) = oneshot::channel();
        let served = Arc::new(ServedModels { current: Arc::default(), loader: sender.clone() });
        let current = served.current.clone();
        let load = move || match Loader::start(models.as_deref(), limits, current, &sender) {
            Ok((loader, _watcher)) => {
                drop(sender); // but for the watcher's, so that the thread ends with it if all others have gone
                // Nobody waits for it any more if the server has been stopped meanwhile.
                let _ = told.send(Ok(()));
                loader.run(&messages, poll);
            }
            Err(problem) => {
                let _ = told.send(Err(problem));
            }
        };
        thread::Builder::new().name("models".to_owned()).spawn(load)?;
        Ok((served, first_load))
    }

    /// What answers calls now. A call keeps it until its end.
    ///
    /// # Errors
    /// [`ApiError::Loading`] until the first load is done.
    pub(super) fn engine(&self) -> Result<Arc<Engine>, ApiError> {
        self.current.engine.load_full().ok_or(ApiError::Loading)
    }

    /// Changes the store and looks at it at once. Gives what came of the change, and what answers after it.
    ///
    /// # Errors
    /// What `change` fails with; the store is looked at nevertheless. [`ApiError::Loading`] if the first load is not done.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Store) -> Result<T, ModelError> + Send + 'static,
    ) -> Result<(T, Arc<Engine>), ApiError> {
        let (sender, changed) = oneshot::channel();
        let work = move |loader: &mut Loader| {
            let result = change(&loader.store);
            loader.reload();
            let _ = sender.send(result); // the caller may have gone
        };
        self.engine()?;
        self.loader.send(Message::Do(Box::new(work))).map_err(|_| ApiError::Stopping)?;
        let result = changed.await.map_err(|_| ApiError::Stopping)??;
        Ok((result, self.engine()?))
    }
}

impl Drop for ServedModels {
    fn drop(&mut self) {
        let _ = self.loader.send(Message::Stop);
    }
}

/// What the loading thread has.
struct Loader {
    store: Store,
    registry: Arc<Registry>,
    limits: Limits,
    current: Arc<Current>,
    /// What the log has been told the last time.
    told: BTreeSet<ReloadProblem>,
}

impl Loader {
    /// Loads the models for the first time. The store is watched from before that, so that no change is missed.
    fn start(
        models: Option<&Path>,
        limits: Limits,
        current: Arc<Current>,
        messages: &mpsc::Sender<Message>,
    ) -> Result<(Loader, Option<RecommendedWatcher>), ModelError> {
        let store = Store::find(models)?;
        let watcher = match &store {
            Store::Embedded => None,
            Store::Folder(folder) => watch(folder, messages.clone())
                .inspect_err(|problem| warn!(%problem, "the file system does not tell of new models; they are looked for now and then"))
                .ok(),
        };
        let (registry, problems) = Registry::load(&store, NEWEST)?;
        let mut loader = Loader { store, registry: Arc::new(registry), limits, current, told: BTreeSet::new() };
        loader.tell(problems);
        loader.registry.opened().for_each(|model| warm_up(model));
        loader.current.engine.store(Some(Arc::new(Engine::new(loader.registry.clone(), limits))));
        info!(models = names(loader.registry.opened()), "serving");
        Ok((loader, watcher))
    }

    fn run(mut self, messages: &mpsc::Receiver<Message>, poll: Duration) {
        // Nothing ever changes in the compiled-in store.
        let poll = if self.store == Store::Embedded { Duration::MAX } else { poll };
        loop {
            let message = match messages.recv_timeout(poll) {
                Ok(Message::StoreChanged) => wait_for_quiet(messages),
                Ok(message) => Some(message),
                Err(mpsc::RecvTimeoutError::Timeout) => None,
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            };
            match message {
                Some(Message::Do(work)) => work(&mut self),
                Some(Message::Stop) => return,
                Some(Message::StoreChanged) | None => self.reload(),
            }
        }
    }

    /// Follows the store.
    fn reload(&mut self) {
        let reload = catch_unwind(AssertUnwindSafe(|| {
            let reload = self.registry.reload(&self.store);
            let new = reload.registry.iter().flat_map(Registry::opened).filter(|model| !has(&self.registry, model));
            new.for_each(|model| warm_up(model));
            reload
        }));
        let Ok(Reload { registry, problems }) = reload else {
            error!("a defect: loading the models panicked; those that were there answer on");
            return;
        };
        self.tell(problems);
        let Some(registry) = registry else { return };
        let former = std::mem::replace(&mut self.registry, Arc::new(registry));
        self.current.engine.store(Some(Arc::new(Engine::new(self.registry.clone(), self.limits))));
        let swaps = self.current.swaps.fetch_add(1, Ordering::Relaxed) + 1;
        let loaded = names(self.registry.opened().filter(|model| !has(&former, model)));
        let dropped = names(former.opened().filter(|model| !has(&self.registry, model)));
        let default = self.registry.resolve("").map_or("", |model| model.resource_name());
        info!(default, loaded, dropped, swaps, "the models have changed");
    }

    /// Logs what is new among the problems.
    fn tell(&mut self, problems: Vec<ReloadProblem>) {
        let problems: BTreeSet<ReloadProblem> = problems.into_iter().collect();
        for ReloadProblem { name, problem } in problems.difference(&self.told) {
            let refusals = self.current.refusals.fetch_add(1, Ordering::Relaxed) + 1;
            warn!(name, problem, refusals, "can't be loaded; what was there before answers on");
        }
        self.told = problems;
    }
}

/// Waits until the store comes to rest, or for something else to do.
fn wait_for_quiet(messages: &mpsc::Receiver<Message>) -> Option<Message> {
    let end = Instant::now() + UNREST;
    loop {
        match messages.recv_timeout(QUIET.min(end.saturating_duration_since(Instant::now()))) {
            Ok(Message::StoreChanged) if Instant::now() < end => {}
            Ok(Message::StoreChanged) | Err(_) => return None,
            Ok(other) => return Some(other),
        }
    }
}

fn watch(folder: &Path, messages: mpsc::Sender<Message>) -> notify::Result<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !is_reading(event.kind)) {
            let _ = messages.send(Message::StoreChanged); // the loader may have stopped
        }
    })?;
    watcher.watch(folder, RecursiveMode::Recursive)?;
    Ok(watcher)
}

/// Whether someone has only read, as the loader does too: were it told of that, it would never come to rest.
fn is_reading(event: EventKind) -> bool {
    matches!(event, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}

/// Classifies something, so that the first call does not pay for what only it would have to wait for: pages of the weights that are not
/// in the processor's reach yet.
fn warm_up(model: &Model) {
    let mut scratch = model.scratch();
    for label in model.manifest().tasks.iter().flat_map(|task| &task.task.labels) {
        let document = crate::text::Fields { title: &label.display_name, text: &label.description };
        model.classify(document, None, &mut scratch);
    }
}

/// Whether this very model is among the opened ones.
fn has(registry: &Registry, model: &Arc<Model>) -> bool {
    registry.opened().any(|opened| Arc::ptr_eq(opened, model))
}

fn names<'m>(models: impl Iterator<Item = &'m Arc<Model>>) -> String {
    models.map(|model| model.resource_name()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, DataChange, ModifyKind};

    use super::*;
    use crate::model::store_of_copies::StoreOfCopies;

    async fn serve(folder: &Path, poll: Duration) -> Arc<ServedModels> {
        let (served, first_load) = ServedModels::start(Some(folder.to_owned()), Limits::default(), poll).unwrap();
        first_load.await.unwrap().unwrap();
        served
    }

    fn default_version(served: &ServedModels) -> u32 {
        served.engine().unwrap().registry().resolve("").unwrap().version()
    }

    fn wait_for_version(served: &ServedModels, version: u32) {
        let began = Instant::now();
        while default_version(served) != version {
            assert!(began.elapsed() < Duration::from_secs(60), "version {version} is not served");
            thread::yield_now();
        }
    }

    #[tokio::test]
    async fn a_model_is_freed_with_the_last_call_that_it_answers() {
        let copies = StoreOfCopies::new("news", &[1]);
        let served = serve(copies.folder.path(), Duration::MAX).await;
        let call = served.engine().unwrap();
        let former = Arc::downgrade(call.registry().resolve("").unwrap());
        (2..=4).for_each(|version| copies.add("news", version));
        copies.remove("news", 1);
        wait_for_version(&served, 4);
        assert!(former.upgrade().is_some(), "the call that has begun with it goes on");
        drop(call);
        // The loader may be making the last of the changes.
        let began = Instant::now();
        while former.upgrade().is_some() {
            assert!(began.elapsed() < Duration::from_secs(60), "nobody asks it any more");
            thread::yield_now();
        }
    }

    /// As where a deployment puts another folder in the place of the one that is watched.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_change_that_the_file_system_does_not_tell_of_is_found_all_the_same() {
        let (old, new) = (StoreOfCopies::new("news", &[1]), StoreOfCopies::new("news", &[2]));
        let folder = tempfile::tempdir().unwrap();
        let (models, next) = (folder.path().join("models"), folder.path().join("next"));
        std::os::unix::fs::symlink(old.folder.path(), &models).unwrap();
        let served = serve(&models, Duration::from_millis(20)).await;
        std::os::unix::fs::symlink(new.folder.path(), &next).unwrap();
        std::fs::rename(&next, &models).unwrap();
        wait_for_version(&served, 2);
    }

    #[tokio::test]
    async fn a_first_load_that_fails_says_why() {
        let copies = StoreOfCopies::new("news", &[]);
        copies.add_broken("news", 1);
        let (served, first_load) = ServedModels::start(Some(copies.folder.path().to_owned()), Limits::default(), Duration::MAX).unwrap();
        assert!(matches!(first_load.await.unwrap(), Err(ModelError::Damaged { .. })));
        assert_eq!(served.engine().err(), Some(ApiError::Loading));
    }

    #[test]
    fn reading_is_no_change_of_the_store() {
        for event in [AccessKind::Open(AccessMode::Any), AccessKind::Read, AccessKind::Close(AccessMode::Read)] {
            assert!(is_reading(EventKind::Access(event)), "{event:?}");
        }
        let changes = [
            EventKind::Access(AccessKind::Close(AccessMode::Write)),
            EventKind::Create(CreateKind::File),
            EventKind::Modify(ModifyKind::Data(DataChange::Any)),
            EventKind::Any,
        ];
        assert!(!changes.into_iter().any(is_reading));
    }
}
