//! Any texts as seeds: an article, and the taxonomy, the glossary, the ignored terms and the counterfactuals beside it.
//!
//! The parts of the input are parted by lines of `%%%`, in that order. What is missing is as in the small seeds below.

#![no_main]

use std::{fs, path::Path, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use slugline::{
    corpus::{Seeds, TaskKind, Taxonomy, markdown_document, parse_article},
    train::SeedCheck,
};
use tempfile::TempDir;

const ARTICLE: &str = "articles/sport/article.md";
/// Each file of the seeds but the article, and what is in it if the input does not say.
const FILES: [(&str, &str); 4] = [
    (
        "taxonomy.toml",
        "languages = [\"en\"]\n[[tasks]]\nname = \"topic\"\nkind = \"single_label\"\nlabels = [{ name = \"sport\" }, { name = \"sport/chess\" }]\n\
         [[tasks]]\nname = \"tone\"\nkind = \"multi_label\"\nlabels = [{ name = \"alarm\" }, { name = \"joy\" }]\n",
    ),
    ("glossaries/topic/sport.txt", "penalty shoot-out\n"),
    ("ignored/tone.txt", "Norwegian\n"),
    (
        "counterfactuals.toml",
        "identities = [{ one = \"a\", many = \"as\" }, { one = \"b\", many = \"bs\" }]\nframes = [\"The {one} cook.\"]\n",
    ),
];

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    for path in [ARTICLE].into_iter().chain(FILES.map(|(path, _)| path)) {
        fs::create_dir_all(folder.path().join(path).parent().expect("it is in the folder")).expect("folders can be made");
    }
    folder
});
static TAXONOMY: LazyLock<Taxonomy> =
    LazyLock::new(|| Taxonomy::parse(FILES[0].1, Path::new(FILES[0].0)).expect("the small taxonomy is right"));

fuzz_target!(|bytes: &[u8]| {
    let mut parts = parts(bytes).into_iter();
    let article = parts.next().unwrap_or_default();
    let write = |path: &str, content: &[u8]| fs::write(FOLDER.path().join(path), content).expect("files can be written");
    write(ARTICLE, article);
    for (path, content) in FILES {
        write(path, parts.next().unwrap_or(content.as_bytes()));
    }
    if let Ok(article) = std::str::from_utf8(article) {
        check_article(article);
    }
    match Seeds::load(FOLDER.path()) {
        Err(errors) => {
            let errors = errors.errors();
            assert!(!errors.is_empty());
            assert!(errors.iter().all(|error| error.path.starts_with(FOLDER.path()) && !error.to_string().is_empty()));
        }
        Ok(seeds) => {
            assert!(!seeds.articles.is_empty());
            assert!(seeds.warnings.iter().all(|warning| !warning.to_string().is_empty()));
            assert!(!SeedCheck::new(&seeds).summary().is_empty());
        }
    }
});

fn parts(bytes: &[u8]) -> Vec<&[u8]> {
    const FENCE: &[u8] = b"\n%%%\n";
    let (mut parts, mut rest) = (Vec::new(), bytes);
    while let Some(at) = rest.windows(FENCE.len()).position(|window| window == FENCE) {
        parts.push(&rest[..at + 1]);
        rest = &rest[at + FENCE.len()..];
    }
    parts.push(rest);
    parts
}

fn check_article(text: &str) {
    // A text that is missing is missing below the last line.
    let lines = text.split('\n').count() + 1;
    match parse_article(text, Path::new(ARTICLE), &TAXONOMY) {
        Err(errors) => {
            assert!(!errors.is_empty());
            assert!(errors.iter().all(|error| error.line.is_none_or(|line| (1..=lines).contains(&line))), "{errors:?}");
        }
        Ok(article) => {
            assert!(!article.document.title.trim().is_empty() && !article.document.text.trim().is_empty());
            assert_eq!(article.labels.len(), TAXONOMY.tasks.len());
            for (task, labels) in TAXONOMY.tasks.iter().zip(&article.labels) {
                assert!(task.kind == TaskKind::MultiLabel || labels.len() == 1);
                assert!(labels.is_sorted_by(|a, b| a < b) && labels.iter().all(|label| *label < task.labels.len()));
            }
            let document = markdown_document(&article.document.id, text).expect("a seed article is a document too");
            assert_eq!(document, article.document);
        }
    }
    if let Err((line, problem)) = markdown_document("article", text) {
        assert!((1..=lines).contains(&line) && !problem.to_string().is_empty());
    }
}
