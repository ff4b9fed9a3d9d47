use super::*;

const TAXONOMY: &str = r#"languages = ["en"]
tasks = [
    { name = "topic", kind = "single_label", labels = [{ name = "society" }, { name = "society/migration" }, { name = "sport" }] },
    { name = "stance", kind = "multi_label", labels = [{ name = "legal" }, { name = "humanitarian" }, { name = "economic" }] },
]"#;

const GOOD: &str = "+++\ntitle = \"Boat reaches port\"\ntopic = \"society/migration\"\nstance = [\"humanitarian\", \"legal\"]\n+++\nAll are safe.\n\nNone was hurt.\n";
const PATH: &str = "articles/society/migration/boat.md";

fn parse(text: &str) -> Result<Article, Vec<String>> {
    parse_at(text, PATH)
}

fn parse_at(text: &str, path: &str) -> Result<Article, Vec<String>> {
    let taxonomy = Taxonomy::parse(TAXONOMY, Path::new("taxonomy.toml")).unwrap();
    parse_article(text, Path::new(path), &taxonomy).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// What is said of the good article after a change.
fn complaints(from: &str, to: &str) -> Vec<String> {
    assert!(GOOD.contains(from), "{from}");
    parse(&GOOD.replace(from, to)).expect_err(to)
}

#[test]
fn reads_title_labels_and_text() {
    let article = parse(GOOD).unwrap();
    assert_eq!(article.document.id, PATH);
    assert_eq!(article.document.title, "Boat reaches port");
    assert_eq!(article.document.text, "All are safe.\n\nNone was hurt.");
    assert_eq!(article.labels, [vec![1], vec![0, 1]], "indices of a multi-label task are in rising order");
    assert!(parse(&GOOD.replace("[\"humanitarian\", \"legal\"]", "[]")).unwrap().labels[1].is_empty());
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing() {
    let text = format!("\u{FEFF}{}", GOOD.replace('\n', "\r\n"));
    assert_eq!(parse(&text).unwrap(), parse(GOOD).unwrap());
}

#[test]
fn an_unknown_label_is_named_with_its_line_and_its_likes() {
    assert_eq!(
        complaints("\"society/migration\"", "\"migration\""),
        ["articles/society/migration/boat.md:3: unknown topic \"migration\": did you mean \"society/migration\"?"]
    );
    assert_eq!(
        complaints("\"humanitarian\"", "\n\"humanitarean\""),
        ["articles/society/migration/boat.md:5: unknown stance \"humanitarean\": did you mean \"humanitarian\"?"]
    );
}

#[test]
fn all_that_is_wrong_is_named_at_once_in_the_order_of_lines() {
    let text = "+++\ntitel = \"x\"\ntopic = \"sport\"\nstance = [\"legal\", \"legal\", 7]\n+++\n \n";
    let lines: Vec<String> = parse(text).unwrap_err().iter().map(|error| error.replace(PATH, "")).collect();
    assert_eq!(
        lines,
        [
            ":1: `title` is missing: add `title = \"..\"`",
            ":2: unknown key `titel`: did you mean \"title\"?",
            ":3: `topic` is \"sport\", but the file is in the folder of \"society/migration\": move the file, or change the key",
            ":4: \"legal\" stands twice in `stance`: remove one",
            ":4: `stance` must be a list of strings, and is a number",
            ":6: no text below the front matter: write the article there",
        ]
    );
}

#[test]
fn each_single_mistake_is_said_in_its_line() {
    for (from, to, line, said) in [
        (GOOD, "", 1, "no front matter"),
        (GOOD, "Only text.", 1, "no front matter"),
        ("+++\nAll", "All", 1, "no end"),
        ("title = \"Boat reaches port\"", "title = \"Boat", 2, "not TOML"),
        ("title = \"Boat reaches port\"", "title = \" \"", 2, "title is empty"),
        ("title = \"Boat reaches port\"", "title = 7", 2, "`title` must be a string, and is a number"),
        ("topic = \"society/migration\"\n", "", 1, "`topic` is missing"),
        ("topic = \"society/migration\"", "topic = [\"society/migration\"]", 3, "`topic` must be a string, the one label, and is a list"),
        ("stance = [\"humanitarian\", \"legal\"]\n", "", 1, "`stance` is missing"),
        ("[\"humanitarian\", \"legal\"]", "\"legal\"", 4, "`stance` must be a list of labels"),
        ("topic = ", "topic = \"sport\"\ntopic = ", 4, "not TOML"),
    ] {
        let complaints = complaints(from, to);
        assert!(complaints[0].starts_with(&format!("{PATH}:{line}: ")) && complaints[0].contains(said), "{to:?}: {complaints:?}");
        assert_eq!(complaints.len(), 1, "{complaints:?}");
    }
}

#[test]
fn outside_of_articles_the_folder_says_nothing() {
    assert!(parse_at(GOOD, "inbox/sport/boat.md").is_ok());
    assert!(parse_at(GOOD, "boat.md").is_ok());
    assert!(parse_at(GOOD, "articles/sport/boat.md").is_err());
}

#[test]
fn a_markdown_file_is_a_document_whatever_its_labels() {
    let document = markdown_document("a.md", &GOOD.replace("society/migration", "no such label")).unwrap();
    assert_eq!((document.id.as_str(), document.title.as_str()), ("a.md", "Boat reaches port"));
    assert_eq!(document.text, "All are safe.\n\nNone was hurt.");
    let plain = markdown_document("b.md", "Storm\n\nWaves rose.").unwrap();
    assert_eq!((plain.title.as_str(), plain.text.as_str()), ("Storm", "Waves rose."));
    assert_eq!(markdown_document("c.md", "+++\n+++\nText.").unwrap().title, "");
}

#[test]
fn broken_front_matter_of_a_markdown_file_is_an_error_with_its_line() {
    let line = |text| markdown_document("a.md", text).unwrap_err().0;
    assert_eq!(line("+++\ntitle = \"x\"\nText"), 1);
    assert_eq!(line("+++\na = 1\ntitle = \n+++\nText"), 3);
    assert_eq!(line("+++\ntitle = 1\n+++\nText"), 2);
}
