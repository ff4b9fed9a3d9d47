use super::*;
use crate::{
    corpus::{Document, LabelledCorpus, Task},
    train::Recipe,
};

/// 80 documents, the even ones about ships and the odd ones about trains, under these labels.
fn corpus(labels: [&str; 2]) -> LabelledCorpus {
    let document = |n: usize| Document {
        id: n.to_string(),
        text: format!("{} on day {n}", ["a ship at sea", "a train on rails"][n % 2]),
        ..Document::default()
    };
    LabelledCorpus {
        documents: (0..80).map(document).collect(),
        labels: (0..80).map(|n| vec![labels[n % 2].to_owned()]).collect(),
        ..LabelledCorpus::default()
    }
}

fn manifest_of(set: &TrainingSet) -> Manifest {
    Recipe::for_labelled_files().train_on(set).unwrap().manifest
}

/// Predictions that give each of the articles its label of the first task with a probability of `right`, or where `is_wrong` the other one.
fn predictions(set: &TrainingSet, tasks: &[Task], right: f32, is_wrong: impl Fn(usize) -> bool) -> OutOfFold {
    OutOfFold::new(tasks, &set.hashes(), |article, _| {
        let label = (article + usize::from(is_wrong(article))) % 2;
        let mut probabilities = vec![1.0 - right; 2];
        probabilities[label] = right;
        Some(probabilities)
    })
}

/// The only task's comparison, of predictions over the labels "sea" and "rail", which come as `[rail, sea]` in the task.
fn compared(new: (f32, fn(usize) -> bool), live: (f32, fn(usize) -> bool), tolerance: f64) -> TaskComparison {
    let corpus = corpus(["rail", "sea"]);
    let set = TrainingSet::of_labelled(&[("way", &corpus)]);
    let manifest = manifest_of(&set);
    let (new, live) = (predictions(&set, &set.tasks, new.0, new.1), predictions(&set, &set.tasks, live.0, live.1));
    let version = |predictions| Version { manifest: &manifest, predictions };
    compare_tasks(&set, version(&new), version(&live), tolerance).remove(0)
}

#[test]
fn a_version_is_worse_if_more_labels_are_wrong_than_the_tolerance_allows() {
    let one_in_forty: fn(usize) -> bool = |article| article % 40 == 0;
    let none: fn(usize) -> bool = |_| false;
    let worse = compared((0.9, one_in_forty), (0.9, none), 0.02);
    assert_eq!((worse.documents, worse.live.micro_f1, worse.new.micro_f1), (80, 1.0, 0.975));
    assert_eq!(worse.verdict, Verdict::Worse);
    assert_eq!(compared((0.9, one_in_forty), (0.9, none), 0.03).verdict, Verdict::AsGood);
    assert_eq!(compared((0.9, none), (0.9, one_in_forty), 0.0).verdict, Verdict::AsGood);
    assert_eq!(compared((0.9, one_in_forty), (0.9, one_in_forty), 0.0).verdict, Verdict::AsGood, "no better and no worse");
}

#[test]
fn a_version_is_worse_if_its_probabilities_are_though_its_labels_are_right() {
    let none: fn(usize) -> bool = |_| false;
    let less_sure = compared((0.6, none), (0.9, none), 0.01);
    assert_eq!((less_sure.new.micro_f1, less_sure.verdict), (1.0, Verdict::Worse));
    assert!((less_sure.new.log_loss - less_sure.live.log_loss - (0.9_f64 / 0.6).ln()).abs() < 1e-6, "{less_sure:?}");
    assert_eq!(compared((0.6, none), (0.9, none), 0.09).verdict, Verdict::AsGood, "five times the tolerance is allowed, in nats");
}

#[test]
fn labels_are_matched_by_name_and_one_that_is_gone_is_wrong() {
    let corpus = corpus(["rail", "sea"]);
    let set = TrainingSet::of_labelled(&[("way", &corpus)]);
    let new = manifest_of(&set);
    let mut live = new.clone();
    live.tasks[0].task = Task::new_flat("way", TaskKind::SingleLabel, ["air", "sea", "rail"]);
    // In the order of the live version's labels: the right one, but for the first eight documents.
    let of_live = OutOfFold::new(&[live.tasks[0].task.clone()], &set.hashes(), |article, _| match (article, article % 2) {
        (0..8, _) => Some([0.8, 0.1, 0.1]),
        (_, 0) => Some([0.0, 0.1, 0.9]),
        _ => Some([0.0, 0.9, 0.1]),
    });
    let of_new = predictions(&set, &set.tasks, 0.9, |_| false);
    let (new, live) = (Version { manifest: &new, predictions: &of_new }, Version { manifest: &live, predictions: &of_live });
    let compared = compare_tasks(&set, new, live, 0.01).remove(0);
    assert_eq!((compared.live.micro_f1, compared.new.micro_f1), (0.9, 1.0));
    assert!((compared.live.log_loss - (-0.1_f64.ln() * 0.1 - 0.9_f64.ln() * 0.9)).abs() < 1e-6, "{compared:?}");
}

#[test]
fn each_version_selects_by_its_own_thresholds() {
    let corpus = corpus(["rail", "sea"]);
    let set = TrainingSet::of_labelled(&[("way", &corpus)]);
    let mut new = manifest_of(&set);
    new.tasks[0].task.kind = TaskKind::MultiLabel;
    let mut live = new.clone();
    new.tasks[0].thresholds = Some(vec![0.5, 0.5]);
    live.tasks[0].thresholds = Some(vec![0.5, 0.95]);
    let same = predictions(&set, &set.tasks, 0.9, |_| false);
    let version = |manifest| Version { manifest, predictions: &same };
    let compared = compare_tasks(&set, version(&new), version(&live), 0.01).remove(0);
    // Half of the labels are given, none of them wrongly: 2 * 40 / (40 + 80).
    assert!((compared.live.micro_f1 - 2.0 / 3.0).abs() < 1e-12 && compared.new.micro_f1 == 1.0, "{compared:?}");
    assert_eq!(compared.live.log_loss, compared.new.log_loss);
}

#[test]
fn a_task_that_is_gone_is_worse_and_one_with_few_documents_is_not_compared() {
    let corpus = corpus(["rail", "sea"]);
    let set = TrainingSet::of_labelled(&[("way", &corpus)]);
    let new = manifest_of(&set);
    let verdict = |change: &dyn Fn(&mut Manifest), documents: usize| {
        let mut live = new.clone();
        change(&mut live);
        let of_new = predictions(&set, &set.tasks, 0.9, |_| false);
        let of_live = OutOfFold::new(&set.tasks, &set.hashes()[..documents], |_, _| Some([0.9, 0.1]));
        let (new, live) = (Version { manifest: &new, predictions: &of_new }, Version { manifest: &live, predictions: &of_live });
        compare_tasks(&set, new, live, 0.01).remove(0).verdict
    };
    assert_eq!(verdict(&|_| {}, 50), Verdict::AsGood);
    assert_eq!(verdict(&|_| {}, 49), Verdict::TooFewDocuments);
    assert_eq!(verdict(&|live| live.tasks[0].task.name = "speed".into(), 80), Verdict::Missing);
    assert_eq!(verdict(&|live| live.tasks[0].task.kind = TaskKind::MultiLabel, 80), Verdict::Missing);
}
