use std::fs;

use super::*;

const TAXONOMY_TOML: &str = r#"languages = ["en"]
[[tasks]]
name = "topic"
kind = "single_label"
[[tasks.labels]]
name = "society"
[[tasks.labels]]
name = "society/migration"
[[tasks]]
name = "stance"
kind = "multi_label"
[[tasks.labels]]
name = "legal"
"#;

fn article(topic: &str, body: &str) -> String {
    format!("+++\ntitle = \"A title\"\ntopic = \"{topic}\"\nstance = [\"legal\"]\n+++\n{body}\n")
}

/// A folder of good seeds, with some files changed, added, or, where there is no content, removed.
fn folder(changes: &[(&str, Option<&[u8]>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let good = [
        ("taxonomy.toml", TAXONOMY_TOML.to_owned()),
        ("articles/society/b.md", article("society", "Two families.")),
        ("articles/society/migration/a.md", article("society/migration", "A boat.")),
        ("glossaries/topic/society.txt", "family\nwedding\n".to_owned()),
        ("glossaries/topic/society/migration.txt", "asylum\n# more\nborder  guard\n".to_owned()),
        ("README.md", "skipped".to_owned()),
        ("articles/.hidden/x", "skipped".to_owned()),
    ];
    let good = good.iter().map(|(path, content)| (*path, Some(content.as_bytes())));
    for (path, content) in good.chain(changes.iter().copied()) {
        let path = folder.path().join(path);
        match content {
            Some(content) => {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, content).unwrap();
            }
            None => fs::remove_file(path).unwrap(),
        }
    }
    folder
}

/// The errors, with paths relative to the folder.
fn complaints(changes: &[(&str, Option<&[u8]>)]) -> Vec<String> {
    let folder = folder(changes);
    let errors = Seeds::load(folder.path()).expect_err("bad seeds are refused");
    let prefix = format!("{}/", folder.path().display());
    errors.errors().iter().map(|error| error.to_string().replace(&prefix, "")).collect()
}

#[test]
fn loads_everything_in_the_order_of_paths() {
    let folder = folder(&[]);
    let seeds = Seeds::load(folder.path()).unwrap();
    let paths: Vec<&Path> = seeds.articles.iter().map(|article| article.path.as_path()).collect();
    assert_eq!(paths, [Path::new("articles/society/b.md"), Path::new("articles/society/migration/a.md")]);
    assert_eq!(seeds.articles[1].labels, [vec![1], vec![0]]);
    assert_eq!(seeds.glossaries.len(), 2);
    // `.` is below `/`: society.txt comes before society/.
    assert_eq!((seeds.glossaries[1].task, seeds.glossaries[1].label), (0, 1));
    assert_eq!(seeds.glossaries[1].terms, ["asylum", "border guard"]);
    assert_eq!(seeds.warnings, []);
}

#[test]
fn the_fingerprint_is_that_of_the_documented_framing() {
    let folder = folder(&[]);
    let mut framed = Vec::new();
    let paths = ["articles/society/b.md", "articles/society/migration/a.md", "glossaries/topic/society.txt"];
    for path in paths.into_iter().chain(["glossaries/topic/society/migration.txt", "taxonomy.toml"]) {
        for part in [path.as_bytes(), &fs::read(folder.path().join(path)).unwrap()] {
            framed.extend((part.len() as u64).to_le_bytes());
            framed.extend(part);
        }
    }
    assert_eq!(Seeds::load(folder.path()).unwrap().fingerprint, hex(&Sha256::digest(&framed)));
}

#[test]
fn the_fingerprint_is_that_of_the_seed_files_and_of_nothing_else() {
    let fingerprint = |changes: &[(&str, Option<&[u8]>)]| Seeds::load(folder(changes).path()).unwrap().fingerprint;
    let original = fingerprint(&[]);
    assert_eq!(fingerprint(&[]), original, "another folder with the same files has the same");
    assert_eq!(fingerprint(&[("articles/README.md", Some(b"x")), (".git/x", Some(b"y"))]), original);
    assert_ne!(fingerprint(&[("glossaries/topic/society.txt", Some(b"family\nwedding"))]), original);
    let moved = article("society", "Two families.");
    assert_ne!(fingerprint(&[("articles/society/b.md", None), ("articles/society/c.md", Some(moved.as_bytes()))]), original);
}

#[test]
fn every_mistake_of_every_file_is_named_in_one_go() {
    let wrong_topic = article("society", "Elsewhere.");
    let copy = article("society", "two   FAMILIES.");
    let unknown = article("society", "Something.");
    assert_eq!(
        complaints(&[
            ("articles/society/c.md", Some(copy.as_bytes())),
            ("articles/society/migration/wrong.md", Some(wrong_topic.as_bytes())),
            ("articles/society/migrations/x.md", Some(unknown.as_bytes())),
            ("articles/society/latin1.md", Some(b"+++\ntitle = \"caf\xE9\"")),
            ("articles/loose.md", Some(b"x")),
            ("articles/society/photo.jpg", Some(b"x")),
            ("glossaries/topics/society.txt", Some(b"x")),
            ("glossaries/stance/legl.txt", Some(b"x\nx")),
            ("glossaries/stance/legal.txt", Some(b"# none")),
        ]),
        [
            "articles/loose.md: unexpected: seeds are taxonomy.toml, articles/<label>/<name>.md, glossaries/<task>/<label>.txt, ignored/<task>.txt and counterfactuals.toml; move it away, or begin its name with a dot",
            "articles/society/c.md: the same text as articles/society/b.md: remove one of them",
            "articles/society/latin1.md:2: not UTF-8 (byte 0xE9 at column 13): save the file as UTF-8",
            "articles/society/migration/wrong.md:3: `topic` is \"society\", but the file is in the folder of \"society/migration\": move the file, or change the key",
            "articles/society/migrations/x.md: folder of an unknown topic \"society/migrations\": did you mean \"society/migration\"?",
            "articles/society/photo.jpg: unexpected: seeds are taxonomy.toml, articles/<label>/<name>.md, glossaries/<task>/<label>.txt, ignored/<task>.txt and counterfactuals.toml; move it away, or begin its name with a dot",
            "glossaries/stance/legal.txt: no terms: write one a line, or remove the file",
            "glossaries/stance/legl.txt: unknown stance \"legl\": did you mean \"legal\"?",
            "glossaries/stance/legl.txt:2: the term \"x\" already stands in line 1: remove one",
            "glossaries/topics/society.txt: named after an unknown task \"topics\": did you mean \"topic\"?",
        ]
    );
}

#[test]
fn a_broken_or_missing_taxonomy_is_named_once() {
    let broken = complaints(&[("taxonomy.toml", Some(b"languages = [\"en\"]\nx = 1"))]);
    assert!(broken.len() == 1 && broken[0].starts_with("taxonomy.toml:2: not a taxonomy in TOML"), "{broken:?}");
    let missing = complaints(&[("taxonomy.toml", None)]);
    assert!(missing.len() == 1 && missing[0].starts_with("taxonomy.toml: can't be read: "), "{missing:?}");
    let binary = complaints(&[("taxonomy.toml", Some(b"a\0"))]);
    assert!(binary.len() == 1 && binary[0].contains("NUL"), "{binary:?}");
}

#[test]
fn a_folder_without_articles_or_without_anything_is_refused() {
    let none = complaints(&[("articles/society/b.md", None), ("articles/society/migration/a.md", None)]);
    assert!(none[0].contains("no articles"), "{none:?}");
    let errors = Seeds::load(Path::new("/no/such/folder")).unwrap_err().to_string();
    assert_eq!(errors, "/no/such/folder: not a folder of seeds: name the folder that has taxonomy.toml in it\n1 error in the seeds");
}

#[cfg(unix)]
#[test]
fn a_link_in_a_circle_and_a_broken_link_are_errors_and_do_not_hang() {
    let folder = folder(&[]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("articles/society/loop")).unwrap();
    std::os::unix::fs::symlink("/no/such/file", folder.path().join("articles/society/gone.md")).unwrap();
    let errors = Seeds::load(folder.path()).unwrap_err();
    assert_eq!(errors.errors().iter().filter(|error| matches!(error.problem, SeedProblem::Unreadable(_))).count(), 2, "{errors}");
}

#[test]
fn warns_of_terms_under_several_labels_and_of_labels_without_articles() {
    let folder = folder(&[
        ("articles/society/migration/a.md", None),
        ("glossaries/topic/society/migration.txt", Some(b"asylum\nFamily\n")),
        ("glossaries/stance/legal.txt", Some(b"wedding\n")),
    ]);
    let prefix = format!("{}/", folder.path().display());
    let warnings = Seeds::load(folder.path()).unwrap().warnings;
    let warnings: Vec<String> = warnings.iter().map(|warning| warning.to_string().replace(&prefix, "")).collect();
    assert_eq!(
        warnings,
        [
            "taxonomy.toml:8: no article has the topic \"society/migration\": write some, or remove the label",
            "glossaries/topic/society/migration.txt:2: the term \"Family\" is also under \"society\" (glossaries/topic/society.txt:1): keep it where it is typical",
        ]
    );
}

#[test]
fn the_seeds_of_this_project_are_good() {
    let seeds = Seeds::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds")).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(seeds.taxonomy.tasks.iter().map(|task| task.labels.len()).collect::<Vec<_>>(), [18, 6]);
    for task in &seeds.taxonomy.tasks {
        for label in &task.labels {
            assert!(!label.description.is_empty() && label.display_name != label.name, "{}", label.name);
        }
    }
    assert!(seeds.taxonomy.tasks[0].labels.iter().all(|label| label.code.is_some()));
    assert_eq!(seeds.glossaries.iter().filter(|glossary| glossary.task == 0).count(), 18, "every topic has a glossary");
    assert!(seeds.articles.len() >= 200);
}
