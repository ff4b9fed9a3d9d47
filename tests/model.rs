//! A trained model: reproducible, exact in its evidence, and safe to open.

use std::{fs, path::Path, sync::LazyLock};

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use slugline::{
    corpus::{Document, LabelledCorpus, Seeds},
    model::{
        CANARY, Model, ModelError, OUT_OF_FOLD, Published, STABLE, Store,
        file::{self, EncodedModel},
    },
    text::{Field, Fields},
    train::{CalibrationEffort, Recipe, TrainingSet},
};

fn repository(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn trained() -> EncodedModel {
    let seeds = Seeds::load(&repository("tests/small-seeds")).unwrap();
    Recipe::default().train(&seeds).unwrap().encode()
}

/// A model whose scores level off, opened from its files.
static SATURATING: LazyLock<Model> = LazyLock::new(|| {
    let seeds = Seeds::load(&repository("tests/small-seeds")).unwrap();
    let encoded = Recipe { calibration: CalibrationEffort::Quick, ..Recipe::default() }.train(&seeds).unwrap().encode();
    let model = open(&encoded.manifest, &encoded.tensors).unwrap();
    assert!(model.manifest().tasks[0].saturation.is_some());
    model
});

/// A model whose second task does not look at some of the words that stand in [`any_text`].
static IGNORING: LazyLock<Model> = LazyLock::new(|| {
    let mut seeds = Seeds::load(&repository("tests/small-seeds")).unwrap();
    seeds.ignored[1] = vec!["team".to_owned(), "the".to_owned(), "storm".to_owned()];
    let encoded = Recipe::default().train(&seeds).unwrap().encode();
    open(&encoded.manifest, &encoded.tensors).unwrap()
});

static ENCODED: LazyLock<EncodedModel> = LazyLock::new(trained);
static MODEL: LazyLock<Model> = LazyLock::new(|| open(&ENCODED.manifest, &ENCODED.tensors).unwrap());

fn open(manifest: &[u8], tensors: &[u8]) -> Result<Model, ModelError> {
    file::decode("small", 1, manifest, tensors, Path::new("models/small/1"))
}

fn refusal(manifest: &[u8], tensors: &[u8]) -> String {
    open(manifest, tensors).err().expect("the model is refused").to_string()
}

#[test]
fn two_trainings_give_the_same_bytes_on_any_number_of_threads() {
    for threads in [1, 2, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool.install(trained), *ENCODED, "{threads} threads");
    }
}

#[test]
fn publishing_an_identical_model_again_publishes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::folder(folder.path()).unwrap();
    assert_eq!(store.publish("small", &ENCODED, STABLE).unwrap(), Published::New(1));
    assert_eq!(store.publish("small", &ENCODED, STABLE).unwrap(), Published::Already(1));
    let entry = &store.models().unwrap()[0];
    assert_eq!((entry.name.as_str(), &entry.versions[..], entry.default_version()), ("small", &[1][..], Some(1)));
    let names: Vec<_> = fs::read_dir(folder.path().join("small")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "a version, the aliases and their lock, nothing unfinished: {names:?}");
}

#[test]
fn a_model_is_published_with_its_card_and_opens_without() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::folder(folder.path()).unwrap();
    store.publish("small", &ENCODED, STABLE).unwrap();
    let card = folder.path().join("small/1/README.md");
    assert_eq!(fs::read(&card).unwrap(), ENCODED.card);
    fs::remove_file(&card).unwrap();
    assert!(store.load("small", 1).is_ok());
    // Publishing it again gives it its card back, and leaves one alone that someone has added to.
    assert_eq!(store.publish("small", &ENCODED, STABLE).unwrap(), Published::Already(1));
    assert_eq!(fs::read(&card).unwrap(), ENCODED.card);
    fs::write(&card, "asked for by the foreign desk").unwrap();
    assert_eq!(store.publish("small", &ENCODED, STABLE).unwrap(), Published::Already(1));
    assert_eq!(fs::read_to_string(&card).unwrap(), "asked for by the foreign desk");
}

#[test]
fn predictions_on_held_out_documents_lie_beside_a_model_and_are_mended_by_publishing_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::folder(folder.path()).unwrap();
    let predictions = || store.out_of_fold("small", 1, MODEL.manifest());
    store.publish("small", &ENCODED, STABLE).unwrap();
    let articles = Seeds::load(&repository("tests/small-seeds")).unwrap().articles.len();
    assert_eq!(predictions().unwrap().unwrap().documents().len(), articles, "glossary terms are no documents");

    let path = folder.path().join("small/1").join(OUT_OF_FOLD);
    fs::write(&path, &ENCODED.out_of_fold[..1000]).unwrap();
    assert!(store.load("small", 1).is_ok());
    let refusal = predictions().unwrap_err().to_string();
    assert!(refusal.contains("small/1/out-of-fold.jsonl: ") && refusal.contains("cut short"), "{refusal}");
    fs::remove_file(&path).unwrap();
    assert!(predictions().unwrap().is_none());

    assert_eq!(store.publish("small", &ENCODED, STABLE).unwrap(), Published::Already(1));
    assert_eq!(fs::read(&path).unwrap(), ENCODED.out_of_fold);
}

#[test]
fn a_canary_leaves_alone_what_answers_and_publishing_it_again_does_not_change_that() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::folder(folder.path()).unwrap();
    let aliases = || store.models().unwrap()[0].aliases.clone().into_iter().collect::<Vec<_>>();
    let named = |names: &[(&str, u32)]| names.iter().map(|&(alias, version)| (alias.to_owned(), version)).collect::<Vec<_>>();
    store.publish("small", &ENCODED, STABLE).unwrap();
    // As programs left it that knew no aliases: the newest answers.
    fs::remove_file(folder.path().join("small/aliases.json")).unwrap();
    let with_c = |c: f64| {
        let recipe = Recipe { learner: Recipe::default().learner.c(c), ..Recipe::default() };
        recipe.train(&Seeds::load(&repository("tests/small-seeds")).unwrap()).unwrap().encode()
    };
    let another = with_c(1.0);
    assert_eq!(store.publish("small", &another, CANARY).unwrap(), Published::New(2));
    assert_eq!(aliases(), named(&[("canary", 2), ("stable", 1)]));
    assert_eq!(store.publish("small", &another, STABLE).unwrap(), Published::Already(2));
    assert_eq!(aliases(), named(&[("canary", 2), ("stable", 1)]));
    assert_eq!(store.publish("small", &with_c(2.0), STABLE).unwrap(), Published::New(3));
    assert_eq!(aliases(), named(&[("canary", 2), ("previous", 1), ("stable", 3)]));
}

#[test]
fn what_killed_publications_left_is_removed_by_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::folder(folder.path()).unwrap();
    store.publish("small", &ENCODED, STABLE).unwrap();
    let leftovers =
        ["small/.publishing-a1b2c3", "small/.unfinished-a1b2c3", "small/1/.unfinished-d4e5f6"].map(|path| folder.path().join(path));
    let leave = || {
        fs::create_dir(&leftovers[0]).unwrap();
        for file in [leftovers[0].join("model.safetensors"), leftovers[1].clone(), leftovers[2].clone()] {
            fs::write(file, "half of it").unwrap();
        }
    };
    leave();
    store.publish("small", &ENCODED, STABLE).unwrap();
    assert!(leftovers.iter().all(|path| !path.exists()));
}

/// The card of a model of two labels, six documents each.
fn card_of(labels: [&str; 2]) -> String {
    let document =
        |n: usize| Document { id: n.to_string(), text: format!("{} on day {n}", ["ship", "train"][n % 2]), ..Default::default() };
    let corpus = LabelledCorpus {
        documents: (0..12).map(document).collect(),
        labels: (0..12).map(|n| vec![labels[n % 2].to_owned()]).collect(),
        fingerprint: "f00d".into(),
        ..Default::default()
    };
    let trained = Recipe::for_labelled_files().train_on(&TrainingSet::of_labelled(&[("transport", &corpus)])).unwrap();
    String::from_utf8(trained.encode().card).unwrap()
}

#[test]
fn a_card_says_what_was_learned_from_how_good_it_is_and_where_not_to_trust_it() {
    let card = card_of(["sea", "rail"]);
    for section in ["What it is", "Intended use", "Training data", "How it was evaluated", "Limits", "Settings", "How to reproduce it"] {
        assert!(card.contains(&format!("\n## {section}\n")), "{section}");
    }
    for fact in ["12 labelled documents", "`f00d`", "| sea | 1.000 | 1.000 | 1.000 | 6 |", "fewer than 20 documents", "squared hinge"] {
        assert!(card.contains(fact), "{fact}\n{card}");
    }
}

#[test]
fn a_card_says_how_its_model_was_calibrated() {
    let says = |manifest: &slugline::model::Manifest, calibration: &str| {
        let card = slugline::model::card::card(manifest);
        assert!(card.contains(&format!("Calibration: {calibration}, learned on held-out documents")), "{calibration}\n{card}");
    };
    let mut manifest = SATURATING.manifest().clone();
    says(&manifest, "softmax of a line for each label and one bend, at which scores level off");
    says(&manifest, "logistic function of a line, one for each label (Platt)");
    let task = &mut manifest.tasks[0];
    task.saturation = None;
    let line = task.calibration[0];
    task.calibration.fill(line);
    says(&manifest, "softmax of the scores times one temperature");
    manifest.tasks[0].calibration[1].offset += 1.0;
    says(&manifest, "softmax of a line for each label");
}

#[test]
fn a_label_can_not_break_the_card() {
    let card = card_of(["<script>alert(1)</script>", "a|b\n# [x](y) \u{202e}"]);
    assert!(!card.contains("<script>") && !card.contains('\u{202e}') && !card.contains("\n# ["), "{card}");
    assert!(card.contains("a\\|b \\# \\[x\\](y) \u{fffd} |"), "{card}");
}

#[test]
fn a_model_that_cannot_be_opened_is_not_published() {
    let folder = tempfile::tempdir().unwrap();
    let mut broken = ENCODED.clone();
    broken.tensors.pop();
    assert!(matches!(Store::folder(folder.path()).unwrap().publish("small", &broken, STABLE), Err(ModelError::Damaged { .. })));
    assert!(!folder.path().join("small").exists());
}

#[test]
fn what_is_no_name_for_a_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::folder(folder.path()).unwrap();
    for name in ["", "..", "a/b", "News", "-x", "1x", "a b"] {
        assert!(matches!(store.publish(name, &ENCODED, STABLE), Err(ModelError::Name(_))), "{name:?}");
    }
}

#[test]
fn a_truncated_edited_or_foreign_file_is_refused_by_name() {
    let EncodedModel { manifest, tensors, .. } = &*ENCODED;
    assert!(open(manifest, tensors).is_ok());
    for length in [0, 1, tensors.len() / 2, tensors.len() - 1] {
        assert!(refusal(manifest, &tensors[..length]).starts_with("models/small/1/model.safetensors: the file is damaged"));
    }
    for length in [0, 1, manifest.len() / 2, manifest.len() - 3] {
        assert!(refusal(&manifest[..length], tensors).starts_with("models/small/1/manifest.json: this is not a Slugline model"));
    }
    let mut edited = tensors.clone();
    *edited.last_mut().unwrap() ^= 1;
    assert!(refusal(manifest, &edited).contains("SHA-256"));
    let edited = String::from_utf8(manifest.clone()).unwrap().replace("\"Storm\"", "\"Sturm\"");
    assert!(refusal(edited.as_bytes(), tensors).starts_with("models/small/1/manifest.json: the file is damaged or was edited"));
    assert!(refusal(b"{\"format_version\": 1}", tensors).contains("not a Slugline model"));
    assert!(refusal(b"\xff\xfe\x00garbage", tensors).contains("not a Slugline model"));
    let newer = String::from_utf8(manifest.clone()).unwrap().replace("\"format_version\": 2", "\"format_version\": 3");
    assert!(refusal(newer.as_bytes(), tensors).contains("format version 3, and this program reads up to 2"));
}

/// Why the small model is refused with one change in its manifest, or with another first IDF, and the checksums that then belong to it.
fn refusal_of_changed((from, to): (&str, &str), first_idf: Option<f32>) -> String {
    let mut tensors = ENCODED.tensors.clone();
    if let Some(number) = first_idf {
        let numbers = 8 + u64::from_le_bytes(*tensors.first_chunk().unwrap()) as usize; // the IDFs come first
        tensors[numbers..numbers + 4].copy_from_slice(&number.to_le_bytes());
    }
    let digest = |bytes: &[u8]| slugline::text::hex(&Sha256::digest(bytes));
    let manifest = String::from_utf8(ENCODED.manifest.clone()).unwrap();
    assert!(manifest.contains(from), "there is something to change");
    let none = "0".repeat(64);
    let manifest =
        manifest.replacen(from, to, 1).replace(&ENCODED.fingerprint, &none).replace(&digest(&ENCODED.tensors), &digest(&tensors));
    refusal(manifest.replacen(&none, &digest(manifest.as_bytes()), 1).as_bytes(), &tensors)
}

/// No trainer writes such files, but their checksums are right: they must neither end the program nor give answers that are no numbers.
#[test]
fn a_model_that_can_not_be_computed_with_is_refused() {
    let most_words = "2\n      ]\n    },\n    \"min_df\"";
    for (most, words) in [("0", "(1, 0)"), ("255", "(1, 255)")] {
        let refusal = refusal_of_changed((most_words, &most_words.replacen('2', most, 1)), None);
        assert!(refusal.starts_with("models/small/1/manifest.json: the file is damaged") && refusal.contains(words), "{refusal}");
    }
    // JSON's numbers are of 64 bits: this one is infinite in 32.
    assert!(
        refusal_of_changed(("\"offset\": 0.0", "\"offset\": 1e39"), None).contains("the calibration and the thresholds of task \"topic\"")
    );
    for idf in [0.0, -1.0, 1e30] {
        let refusal = refusal_of_changed(("", ""), Some(idf));
        assert!(
            refusal.starts_with("models/small/1/model.safetensors: the file is damaged") && refusal.contains("\"idf\" holds"),
            "{refusal}"
        );
    }
}

/// The files in tests/compat were written when their format was new, and are never written again.
#[test]
fn a_model_of_an_older_format_still_opens_and_answers_as_it_did() {
    let answer = |folder: &str| {
        let folder = repository(folder);
        let read = |name: &str| fs::read(folder.join(name)).unwrap();
        let model = file::decode("small", 1, &read(file::MANIFEST), &read(file::TENSORS), &folder).unwrap();
        let document = Fields { title: "Storm warning", text: "Gusts are a danger to ships. The goalkeeper cheered." };
        let answer = model.classify(document, None, &mut model.scratch());
        let rounded = |numbers: &[f32]| numbers.iter().map(|n| format!("{n:.3}")).collect::<Vec<_>>().join(" ");
        [rounded(&answer.tasks[0].probabilities), rounded(&answer.tasks[1].probabilities)].join(", ")
    };
    // Of 0.0042 0.0009 0.9949 and 0.9233 0.0622, with weights that were not rounded yet.
    insta::assert_snapshot!(answer("tests/compat/format-1"), @"0.004 0.001 0.995, 0.923 0.062");
    insta::assert_snapshot!(answer("tests/compat/format-2"), @"0.002 0.000 0.998, 0.955 0.103");
}

#[test]
fn a_model_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Model>();
    shared::<Store>();
}

#[test]
fn a_parent_label_has_the_probability_of_its_subtree_too() {
    let answer = MODEL.classify(Fields { title: "", text: "The forecast warned of a storm." }, None, &mut MODEL.scratch());
    let topic = &answer.tasks[0];
    assert!((topic.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    assert_eq!(topic.subtree_probabilities[0], None);
    assert_eq!(topic.subtree_probabilities[1], Some(topic.probabilities[1] + topic.probabilities[2]));
    assert_eq!(topic.subtree_probabilities[2], None);
}

#[test]
fn a_model_abstains_where_it_knows_neither_the_language_nor_the_words() {
    let classify = |text: &str, language: Option<&str>| MODEL.classify(Fields { title: "", text }, language, &mut MODEL.scratch());
    let german =
        classify("Die Regierung hat am Dienstag beschlossen, dass die Steuern für kleine Betriebe nicht weiter steigen sollen.", None);
    assert_eq!((german.language.as_str(), german.language_supported), ("de", false));
    let strange = classify("Zxqv brrgh wlopp krzzt vlumm.", Some("en"));
    for task in german.tasks.iter().chain(&strange.tasks) {
        assert!(task.abstention.is_some() && !task.selected.contains(&true));
    }
    let stated = classify("The team won the match.", Some("en-GB"));
    assert!(stated.language_supported && stated.tasks[0].abstention.is_none());
}

#[test]
fn a_task_that_ignores_a_word_answers_as_if_it_stood_nowhere() {
    let tones = |model: &Model, text: &str| model.classify(Fields { title: "", text }, None, &mut model.scratch()).tasks[1].scores.clone();
    let (with, without) = ("The team cheered and warned of danger", "Zyx zyx cheered and warned of danger");
    let shift = |model: &Model| {
        let (with, without) = (tones(model, with), tones(model, without));
        with.iter().zip(&without).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    assert!(shift(&IGNORING) < 1e-5 && shift(&MODEL) > 1e-2, "{} {}", shift(&IGNORING), shift(&MODEL));
}

/// Documents of known words, unknown words and anything at all.
fn any_text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        8 => prop::sample::select(vec!["storm", "team", "Goalkeeper", "danger", "cheered", "forecast", "the", "of", "match", "gusts", "warned"]).prop_map(str::to_owned),
        2 => "[a-z]{1,8}",
        1 => any::<String>(),
    ];
    let separator = prop::sample::select(vec![" ", " ", " ", ". ", "! ", "\n", "\n\n", ", "]);
    prop::collection::vec((word, separator), 0..80).prop_map(|words| words.into_iter().map(|(word, separator)| word + separator).collect())
}

proptest! {
    #[test]
    fn contributions_of_terms_and_of_sentences_add_up_to_the_score(title in any_text(), text in any_text()) {
        let document = Fields { title: &title, text: &text };
        for model in [&*MODEL, &*SATURATING, &*IGNORING] {
            let mut scratch = model.scratch();
            let answer = model.classify(document, None, &mut scratch);
            let labels = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)];
            for ((task, label), explanation) in labels.into_iter().zip(model.explain(document, &labels, &mut scratch)) {
                let score = answer.tasks[task].scores[label];
                let terms: f32 = explanation.terms.iter().map(|term| term.contribution).sum();
                let sentences: f32 = explanation.sentences.iter().map(|sentence| sentence.contribution).sum();
                prop_assert!((explanation.score - score).abs() < 1e-4);
                prop_assert!((explanation.intercept + terms - score).abs() < 1e-4);
                prop_assert!((explanation.intercept + sentences - score).abs() < 1e-4);
                for term in &explanation.terms {
                    for (field, range) in &term.occurrences {
                        prop_assert!(document.get(*field).get(range.clone()).is_some());
                        let within = |s: &slugline::model::SentenceContribution| s.field == *field && s.range.contains(&range.start);
                        // A sentence may be missing only if what its terms gave cancelled out.
                        prop_assert!(explanation.sentences.iter().filter(|s| within(s)).count() <= 1);
                    }
                }
                prop_assert!(explanation.sentences.iter().all(|s| matches!(s.field, Field::Title | Field::Text)));
            }
        }
    }
}
