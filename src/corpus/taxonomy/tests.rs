use super::*;

const SMALL: &str = r#"languages = ["en", "pt-BR"]
[[tasks]]
name = "topic"
kind = "single_label"
[[tasks.labels]]
name = "society"
display_name = "Society"
code = "medtop:14000000"
[[tasks.labels]]
name = "society/migration"
[[tasks.labels]]
name = "society_2"
[[tasks]]
name = "stance"
kind = "multi_label"
labels = [{ name = "legal" }]
"#;

fn parse(toml: &str) -> Result<Taxonomy, TaxonomyError> {
    Taxonomy::parse(toml, Path::new("seeds/taxonomy.toml"))
}

fn complaint(toml: &str) -> String {
    parse(toml).expect_err("a bad taxonomy is refused").to_string()
}

#[test]
fn reads_tasks_and_labels_in_the_order_of_the_file() {
    let taxonomy = parse(SMALL).unwrap();
    let topic = taxonomy.task("topic").unwrap();
    assert_eq!(topic.labels.iter().map(|label| label.name.as_str()).collect::<Vec<_>>(), ["society", "society/migration", "society_2"]);
    assert_eq!(topic.labels[0].display_name, "Society");
    assert_eq!(topic.labels[0].code.as_deref(), Some("medtop:14000000"));
    assert_eq!(topic.labels[1].display_name, "society/migration", "a label without a display name is shown by its name");
    assert_eq!(taxonomy.task("stance").unwrap().kind, TaskKind::MultiLabel);
    assert_eq!(taxonomy.task("mood"), None);
    assert_eq!(topic.label_index("society/migration"), Some(1));
    assert_eq!(topic.label_index("migration"), None);
}

#[test]
fn descendants_are_below_the_label_and_not_merely_alike_in_name() {
    let taxonomy = parse(SMALL).unwrap();
    assert_eq!(taxonomy.tasks[0].descendants(0).collect::<Vec<_>>(), [1]);
    assert_eq!(taxonomy.tasks[0].descendants(1).count(), 0);
    assert_eq!(taxonomy.tasks[0].descendants(99).count(), 0);
}

#[test]
fn survives_the_way_through_json() {
    let taxonomy = parse(SMALL).unwrap();
    let json = serde_json::to_string(&taxonomy).unwrap();
    assert!(json.contains(r#""kind":"multi_label""#), "{json}");
    assert_eq!(serde_json::from_str::<Taxonomy>(&json).unwrap(), taxonomy);
}

#[test]
fn a_flat_task_takes_names_as_they_are() {
    let task = Task::new_flat("section", TaskKind::SingleLabel, ["World News", "Sci/Tech"]);
    assert_eq!(task.labels[1].name, "Sci/Tech");
    assert_eq!(task.display_name, "section");
    assert_eq!(task.label_index("World News"), Some(0));
}

#[test]
fn errors_name_the_file_the_line_and_the_remedy() {
    let text = SMALL.replace("name = \"society_2\"", "name = \"sport/cycling\"");
    assert_eq!(
        complaint(&text),
        "seeds/taxonomy.toml:12: label \"sport/cycling\" of task \"topic\" has no parent: add a label \"sport\" before it"
    );
    assert!(complaint("languages = [\"en\"]\nnonsense").starts_with("seeds/taxonomy.toml:2: not a taxonomy in TOML"));
    assert!(complaint(&SMALL.replace("kind = \"multi_label\"", "kind = \"many\"")).starts_with("seeds/taxonomy.toml:15: "));
}

#[test]
fn refuses_every_kind_of_broken_taxonomy() {
    let change = |from: &str, to: &str| {
        assert!(SMALL.contains(from), "{from}");
        parse(&SMALL.replace(from, to)).expect_err(to).problem
    };
    use TaxonomyProblem as P;
    assert!(matches!(change("languages = [\"en\", \"pt-BR\"]", ""), P::NoLanguages));
    assert!(matches!(change("pt-BR", "pt_BR"), P::BadLanguage(_)));
    assert!(matches!(change("pt-BR", ""), P::BadLanguage(_)));
    assert!(matches!(change("pt-BR", "EN"), P::DuplicateLanguage(_)));
    assert!(matches!(parse("languages = [\"en\"]").unwrap_err().problem, P::NoTasks));
    assert!(matches!(change("single_label", "multi_label"), P::FirstTaskNotSingleLabel(_)));
    assert!(matches!(change("\"stance\"", "\"Stance\""), P::BadTaskName(_)));
    assert!(matches!(change("\"stance\"", "\"title\""), P::ReservedTaskName(_)));
    assert!(matches!(change("\"stance\"", "\"topic\""), P::DuplicateTask(_)));
    assert!(matches!(change("[{ name = \"legal\" }]", "[]"), P::NoLabels(_)));
    assert!(matches!(change("\"society_2\"", "\"society\""), P::DuplicateLabel { .. }));
    assert!(matches!(change("\"society/migration\"", "\"elsewhere/migration\""), P::ParentMissing { .. }));
    assert!(matches!(change("\"society\"\n", "\"society_2/x\"\n"), P::ChildBeforeParent { .. }));
    for bad in ["", "/", "society/", "Society", "../etc", "society//x", "a b", "é"] {
        assert!(matches!(change("\"society_2\"", &format!("{bad:?}")), P::BadLabelName { .. }), "{bad:?}");
    }
    assert!(matches!(change("code =", "colour ="), P::Toml(_)));
    assert!(matches!(change("kind = \"single_label\"\n", ""), P::Toml(_)));
}
