use super::*;
use crate::{
    api::Limits,
    model::{CANARY, Registry, STABLE, store_of_copies::StoreOfCopies},
};

/// An engine over version 1, which answers, and version 2, the canary, which is its copy.
fn engine() -> (StoreOfCopies, Engine) {
    let copies = StoreOfCopies::new("news", &[1, 2]);
    copies.store.activate("news", STABLE, 1).unwrap();
    copies.store.activate("news", CANARY, 2).unwrap();
    let engine = open(&copies);
    (copies, engine)
}

fn open(copies: &StoreOfCopies) -> Engine {
    Engine::new(Arc::new(Registry::load(&copies.store, 0).unwrap().0), Limits::default())
}

fn document(content: &str) -> v1::Document {
    v1::Document { content: content.to_owned(), ..Default::default() }
}

fn answer(engine: &Engine, document: &v1::Document, options: v1::ClassificationOptions) -> v1::Classification {
    let request = v1::ClassifyDocumentRequest { document: Some(document.clone()), options: Some(options) };
    engine.classify_document(&request).unwrap().classification.unwrap()
}

const MATCH: &str = "The striker scored and the team won the match; the coach was cheerful.";
const CANARY_NAME: &str = "models/news/versions/canary";

impl Worker {
    /// Compares what is waiting.
    fn drain(&self) {
        self.waiting.try_iter().for_each(|sample| self.compare(sample));
    }
}

/// A shadow of everything, with a document and its answer.
fn shadow_of_all() -> (StoreOfCopies, Engine, Shadow, Worker, v1::Document, v1::Classification) {
    let (copies, engine) = engine();
    let (shadow, worker) = Shadow::with_queue(CANARY_NAME, 1.0, 4);
    let document = document(MATCH);
    let answer = answer(&engine, &document, Default::default());
    (copies, engine, shadow, worker, document, answer)
}

#[test]
fn every_label_is_counted_by_who_selects_it() {
    let (_copies, engine, shadow, worker, document, mut answer) = shadow_of_all();
    assert_eq!(answer.tasks[0].labels[0].name, "sport");
    shadow.offer(&engine, &document, &answer);
    // Once more, as if the live version had said that it is about the weather.
    for label in &mut answer.tasks[0].labels {
        label.selected = label.name == "weather";
    }
    shadow.offer(&engine, &document, &answer);
    worker.drain();
    let report = shadow.report();
    assert_eq!((report.compared, report.model_version.as_deref()), (2, Some("models/news/versions/2")));
    let topic = &report.tasks["topic"];
    assert_eq!(topic["sport"], LabelAgreement { both: 1, only_shadow: 1, ..Default::default() });
    assert_eq!(topic["weather"], LabelAgreement { only_live: 1, neither: 1, ..Default::default() });
    assert_eq!(topic["weather/storm"], LabelAgreement { neither: 2, ..Default::default() });
    assert_eq!(topic["sport"].agreement(), Some(0.5));
    assert_eq!(topic["weather/storm"].agreement(), None);
    assert_eq!(report.tasks.keys().collect::<Vec<_>>(), ["tone", "topic"]);
}

#[test]
fn an_answer_that_abstains_counts_with_nothing_selected() {
    let (_copies, engine, shadow, worker, _, _) = shadow_of_all();
    let document = document("Zzyzx qwrt plmk vbnx.");
    let answer = answer(&engine, &document, Default::default());
    assert!(answer.tasks.iter().all(|task| task.abstention.is_some()));
    shadow.offer(&engine, &document, &answer);
    worker.drain();
    assert_eq!(shadow.report().tasks["topic"]["sport"], LabelAgreement { neither: 1, ..Default::default() });
}

#[test]
fn labels_that_an_answer_does_not_tell_are_not_counted() {
    let (_copies, engine, shadow, worker, document, _) = shadow_of_all();
    let options = v1::ClassificationOptions { max_labels: 1, ..Default::default() };
    shadow.offer(&engine, &document, &answer(&engine, &document, options));
    worker.drain();
    assert_eq!(shadow.report().tasks["topic"].keys().collect::<Vec<_>>(), ["sport"]);
}

#[test]
fn the_share_is_met_evenly_and_never_by_chance() {
    let (_copies, engine, _, _, document, answer) = shadow_of_all();
    for (share, chosen) in [(0.0, 0), (0.01, 1), (0.25, 25), (1.0, 100)] {
        let (shadow, worker) = Shadow::with_queue(CANARY_NAME, share, 100);
        (0..100).for_each(|_| shadow.offer(&engine, &document, &answer));
        assert_eq!(worker.waiting.try_iter().count(), chosen, "{share}");
    }
    let (shadow, worker) = Shadow::with_queue(CANARY_NAME, 0.25, 100);
    let chosen = |_| {
        shadow.offer(&engine, &document, &answer);
        worker.waiting.try_iter().count()
    };
    assert_eq!((0..8).map(chosen).collect::<Vec<_>>(), [0, 0, 0, 1, 0, 0, 0, 1]);
}

#[test]
fn answers_of_other_models_and_its_own_are_passed_over() {
    let (_copies, engine, shadow, worker, document, mut answer) = shadow_of_all();
    for model_version in ["models/news/versions/2", "models/newsletters/versions/1", "models/art/versions/1"] {
        model_version.clone_into(&mut answer.model_version);
        shadow.offer(&engine, &document, &answer);
    }
    worker.drain();
    assert_eq!((shadow.report().compared, shadow.report().dropped), (0, 0));
}

#[test]
fn when_too_many_wait_the_next_are_dropped_and_counted() {
    let (_copies, engine, shadow, worker, document, answer) = shadow_of_all();
    (0..7).for_each(|_| shadow.offer(&engine, &document, &answer));
    worker.drain();
    assert_eq!((shadow.report().compared, shadow.report().dropped), (4, 3));
}

#[test]
fn a_name_of_no_version_is_counted_and_another_version_counts_anew() {
    let (copies, engine, shadow, worker, document, answer) = shadow_of_all();
    copies.add("news", 3);
    let aliases = |json: &str| {
        copies.write_aliases("news", json);
        open(&copies)
    };
    let (without, with_another) = (aliases("{\"stable\": 1}"), aliases("{\"stable\": 1, \"canary\": 3}"));
    for engine in [&engine, &engine, &without, &with_another] {
        shadow.offer(engine, &document, &answer);
    }
    worker.drain();
    let report = shadow.report();
    assert_eq!((report.compared, report.unresolved, report.model_version.as_deref()), (1, 1, Some("models/news/versions/3")));
    let (nameless, worker) = Shadow::with_queue("canary", 1.0, 4);
    nameless.offer(&engine, &document, &answer);
    assert_eq!(worker.waiting.try_iter().count(), 0);
}

#[test]
fn a_sample_holds_its_models_no_longer_than_it_waits() {
    let (_copies, engine, shadow, worker, document, answer) = shadow_of_all();
    shadow.offer(&engine, &document, &answer);
    let registry = Arc::downgrade(engine.registry());
    drop(engine);
    assert!(registry.upgrade().is_some());
    worker.drain();
    assert!(registry.upgrade().is_none());
}

#[test]
fn its_thread_compares_and_ends_with_the_last_clone() {
    let (_copies, engine, _, _, document, answer) = shadow_of_all();
    let (shadow, worker) = Shadow::with_queue(CANARY_NAME, 1.0, 4);
    let thread = thread::spawn(move || worker.run());
    let (clone, shared) = (shadow.clone(), shadow.shared.clone());
    drop(shadow);
    clone.offer(&engine, &document, &answer);
    drop(clone);
    thread.join().unwrap();
    assert_eq!(shared.tally().compared, 1);
    Shadow::start(CANARY_NAME, 0.5).offer(&engine, &document, &answer);
}
