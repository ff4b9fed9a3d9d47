//! A shadow: a version that classifies a share of what the live one answers, off the request's path. Nobody gets its answers; they are only
//! compared, label by label. So one sees what a canary would do with real traffic before it answers any.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use tracing::{error, info, warn};

use crate::{
    api::{Engine, v1},
    model::{Model, ModelRef},
};

/// How many documents may wait. Each is as large as the service takes it at most, so that they bound the memory as well.
const WAITING_DOCUMENTS: usize = 64;
/// After so many compared documents the agreement is logged.
const LOGGED_EVERY: u64 = 1000;

/// Compares a version with those that answer. Cheap to clone; when the last clone is gone, its thread ends.
#[derive(Clone)]
pub struct Shadow {
    shared: Arc<Shared>,
    samples: SyncSender<Sample>,
}

/// How a shadow's answers compare with those that were given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShadowReport {
    /// The name that the shadow was started with: "models/news/versions/canary".
    pub model: String,
    /// The version that it stood for last: "models/news/versions/4". When it comes to stand for another one, counting begins anew.
    pub model_version: Option<String>,
    /// How many documents were compared.
    pub compared: u64,
    /// How many were chosen but not compared, since too many were waiting.
    pub dropped: u64,
    /// How many were chosen when there was no such version.
    pub unresolved: u64,
    /// How many the shadow could not classify.
    pub failed: u64,
    /// The counts by task and label.
    pub tasks: BTreeMap<String, BTreeMap<String, LabelAgreement>>,
}

/// In how many answers a label was selected, and by which version. A label that an answer was not asked to tell is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LabelAgreement {
    /// By both.
    pub both: u64,
    /// By the version that answered, and not by the shadow.
    pub only_live: u64,
    /// By the shadow alone.
    pub only_shadow: u64,
    /// By neither.
    pub neither: u64,
}

impl LabelAgreement {
    /// Of the answers that have the label by one of the two, the share that have it by both (Jaccard index); none if there are no such answers.
    pub fn agreement(&self) -> Option<f64> {
        let any = self.both + self.only_live + self.only_shadow;
        (any > 0).then(|| self.both as f64 / any as f64)
    }

    fn count(&mut self, live: bool, shadow: bool) {
        let count = match (live, shadow) {
            (true, true) => &mut self.both,
            (true, false) => &mut self.only_live,
            (false, true) => &mut self.only_shadow,
            (false, false) => &mut self.neither,
        };
        *count += 1;
    }
}

/// What a shadow and its thread both know.
struct Shared {
    model: String,
    /// What the versions of the same model begin with: "models/news/versions/".
    versions: String,
    share: f64,
    /// How many answers could have been chosen.
    offered: AtomicU64,
    dropped: AtomicU64,
    tally: Mutex<Tally>,
}

/// What the thread counts.
#[derive(Default)]
struct Tally {
    model_version: Option<String>,
    compared: u64,
    unresolved: u64,
    failed: u64,
    tasks: BTreeMap<String, BTreeMap<String, LabelAgreement>>,
}

/// An answer that was chosen. The engine is the one that gave it: its models are let go with the sample.
struct Sample {
    engine: Engine,
    document: v1::Document,
    answer: v1::Classification,
}

impl Shadow {
    /// Begins to compare a `share` of the answers, from 0 to 1, with those of `model`, a name such as "models/news/versions/canary".
    pub fn start(model: &str, share: f64) -> Shadow {
        let (shadow, worker) = Shadow::with_queue(model, share, WAITING_DOCUMENTS);
        // Without the thread all samples are dropped, and counted so.
        if let Err(problem) = thread::Builder::new().name("shadow".to_owned()).spawn(move || worker.run()) {
            error!(model, %problem, "the shadow has no thread: nothing is compared");
        }
        shadow
    }

    fn with_queue(model: &str, share: f64, waiting: usize) -> (Shadow, Worker) {
        let name = ModelRef::parse(model);
        let share = if name.is_ok() { share.clamp(0.0, 1.0) } else { 0.0 };
        let versions = match name {
            Ok(name) => format!("models/{}/versions/", name.model),
            Err(problem) => {
                error!(model, %problem, "the shadow has no name: nothing is compared");
                String::new()
            }
        };
        let (dropped, offered, tally) = Default::default();
        let shared = Arc::new(Shared { model: model.to_owned(), versions, share, offered, dropped, tally });
        let (samples, waiting) = sync_channel(waiting);
        (Shadow { shared: shared.clone(), samples }, Worker { shared, waiting })
    }

    /// Takes the answer that `engine` gave to a document for comparison, if it is its turn and of the same model. It never waits.
    pub fn offer(&self, engine: &Engine, document: &v1::Document, answer: &v1::Classification) {
        let shared = &*self.shared;
        if shared.share <= 0.0 || !answer.model_version.starts_with(&shared.versions) {
            return;
        }
        // Of n answers n times the share are chosen, evenly spread: where the product comes to a new whole number.
        let before = shared.offered.fetch_add(1, Relaxed) as f64;
        if ((before + 1.0) * shared.share).floor() <= (before * shared.share).floor() {
            return;
        }
        if engine.registry().resolve(&shared.model).is_some_and(|model| model.resource_name() == answer.model_version) {
            return;
        }
        let sample = Sample { engine: engine.clone(), document: document.clone(), answer: answer.clone() };
        if self.samples.try_send(sample).is_err() {
            shared.dropped.fetch_add(1, Relaxed);
        }
    }

    /// What has been counted so far.
    pub fn report(&self) -> ShadowReport {
        let tally = self.shared.tally();
        ShadowReport {
            model: self.shared.model.clone(),
            model_version: tally.model_version.clone(),
            compared: tally.compared,
            dropped: self.shared.dropped.load(Relaxed),
            unresolved: tally.unresolved,
            failed: tally.failed,
            tasks: tally.tasks.clone(),
        }
    }
}

impl Shared {
    /// Nothing panics while it is locked.
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread's part of a shadow.
struct Worker {
    shared: Arc<Shared>,
    waiting: Receiver<Sample>,
}

impl Worker {
    /// Compares samples until there is no shadow left to offer any.
    fn run(self) {
        while let Ok(sample) = self.waiting.recv() {
            self.compare(sample);
        }
    }

    fn compare(&self, sample: Sample) {
        let Sample { engine, document, answer } = sample;
        let Some(model) = engine.registry().resolve(&self.shared.model) else {
            let mut tally = self.shared.tally();
            tally.unresolved += 1;
            if tally.unresolved == 1 {
                warn!(model = self.shared.model, "there is no version of the shadow's name: nothing is compared until there is");
            }
            return;
        };
        let options = v1::ClassificationOptions { model_version: model.resource_name().to_owned(), ..Default::default() };
        let request = v1::ClassifyDocumentRequest { document: Some(document), options: Some(options) };
        // A document that the shadow fails at must not end the comparison.
        let classified = catch_unwind(AssertUnwindSafe(|| engine.classify_document(&request)));
        let shadow = classified.ok().and_then(Result::ok).and_then(|response| response.classification);
        let mut tally = self.shared.tally();
        if tally.model_version.as_deref() != Some(model.resource_name()) {
            *tally = Tally { model_version: Some(model.resource_name().to_owned()), unresolved: tally.unresolved, ..Tally::default() };
        }
        let Some(shadow) = shadow else {
            tally.failed += 1;
            return;
        };
        tally.count(&answer, &shadow, engine.registry().resolve(&answer.model_version));
        if tally.compared.is_multiple_of(LOGGED_EVERY) {
            info!(shadow = model.resource_name(), compared = tally.compared, agreement = tally.agreement(), "shadow");
        }
    }
}

impl Tally {
    /// Takes a document in. What was selected is known of the labels that the answer tells, and of those that the live model does not have.
    fn count(&mut self, answer: &v1::Classification, shadow: &v1::Classification, live: Option<&Arc<Model>>) {
        self.compared += 1;
        for live_task in &answer.tasks {
            let counts = self.tasks.entry(live_task.task.clone()).or_default();
            let of_shadow = shadow.tasks.iter().find(|task| task.task == live_task.task);
            let shadow_labels = || of_shadow.into_iter().flat_map(|task| &task.labels);
            for label in &live_task.labels {
                let by_shadow = shadow_labels().any(|other| other.name == label.name && other.selected);
                counts.entry(label.name.clone()).or_default().count(label.selected, by_shadow);
            }
            let live_manifest = live.and_then(|model| model.manifest().tasks.iter().find(|task| task.task.name == live_task.task));
            let is_new = |name: &str| live_manifest.is_some_and(|task| task.task.label_index(name).is_none());
            for label in shadow_labels().filter(|label| is_new(&label.name)) {
                counts.entry(label.name.clone()).or_default().count(false, label.selected);
            }
        }
    }

    /// The agreement of each task over all its labels, for a log: "topic 0.953, tone 0.911".
    fn agreement(&self) -> String {
        let of_task = |(task, labels): (&String, &BTreeMap<String, LabelAgreement>)| {
            let sum = labels.values().fold(LabelAgreement::default(), |sum, label| LabelAgreement {
                both: sum.both + label.both,
                only_live: sum.only_live + label.only_live,
                only_shadow: sum.only_shadow + label.only_shadow,
                neither: sum.neither + label.neither,
            });
            sum.agreement().map(|agreement| format!("{task} {agreement:.3}"))
        };
        self.tasks.iter().filter_map(of_task).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests;
