use std::fs;
use std::path::Path;

use super::*;

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn rows(name: &str, content: &[u8]) -> Vec<Row> {
    let folder = folder(&[(name, content)]);
    read_documents(&[folder.path().join(name)]).unwrap().collect()
}

/// The one row of a JSON Lines file of one line.
fn json(line: &str) -> Result<Document, String> {
    let mut rows = rows("a.jsonl", line.as_bytes());
    assert_eq!(rows.len(), 1, "{line}");
    rows.remove(0).document.map_err(|error| error.to_string())
}

fn refused(inputs: &[&Path]) -> String {
    let inputs: Vec<PathBuf> = inputs.iter().map(|path| path.to_path_buf()).collect();
    read_documents(&inputs).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn json_lines_give_documents_with_their_own_ids_or_line_numbers() {
    let text = concat!(
        "{\"id\": \"x1\", \"title\": \"T\", \"text\": \"caf\\u00e9 \\ud83d\\ude00\"}\r\n",
        "\n",
        "{\"content\": \"c\", \"label\": [1, {}], \"extra\": {\"text\": 7}}\n",
        "{\"id\": 42, \"title\": \"only a title\", \"text\": null}\n",
        "{\"id\": -7, \"text\": \"no newline\"}",
    );
    let rows = rows("a.ndjson", text.as_bytes());
    let ids: Vec<(&str, Option<u64>)> = rows.iter().map(|row| (row.id.as_str(), row.line)).collect();
    assert_eq!(ids, [("x1", Some(1)), ("3", Some(3)), ("42", Some(4)), ("-7", Some(5))]);
    let document = rows[0].document.as_ref().unwrap();
    assert_eq!((document.id.as_str(), document.title.as_str(), document.text.as_str()), ("x1", "T", "café 😀"));
    assert_eq!(rows[1].document.as_ref().unwrap().text, "c");
    assert_eq!(rows[2].document.as_ref().unwrap().text, "");
    assert!(rows[0].source.ends_with("a.ndjson"));
}

#[test]
fn text_goes_before_content() {
    assert_eq!(json(r#"{"content": "c", "text": "t"}"#).unwrap().text, "t");
    assert_eq!(json(r#"{"content": "c", "text": null}"#).unwrap().text, "c");
}

#[test]
fn a_bad_row_is_told_with_its_reason() {
    for (line, said) in [
        ("{\"text\": \"cut", "not JSON: EOF while parsing a string (column 13)"),
        ("{\"text\": \"a\"} {\"text\": \"b\"}", "not JSON: trailing characters (column 15)"),
        ("nonsense", "not JSON"),
        ("[{\"text\": \"a\"}]", "not a JSON object"),
        ("\"text\"", "not a JSON object"),
        ("{\"text\": 7}", "`text` must be a string, and is a number"),
        ("{\"text\": \"a\", \"title\": [\"b\"]}", "`title` must be a string, and is a list"),
        ("{\"text\": \"a\", \"id\": {}}", "`id` must be a string or a 64-bit integer, and is an object"),
        ("{\"text\": \"a\", \"id\": 1.5}", "`id` must be a string or a 64-bit integer, and is a number"),
        ("{\"id\": \"a\"}", "neither `text` nor `title`"),
        ("{}", "neither `text` nor `title`"),
        ("{\"text\": \" \\n\\u00a0\", \"title\": \"\"}", "blank"),
        ("{\"text\": \"\\ud800\"}", "not JSON"),
        ("{\"text\": \"\\udc00\\ud800 x\"}", "not JSON"),
        ("{\"text\": \"a\\u0000b\"}", "NUL"),
        ("{\"text\": \"a\0b\"}", "not JSON"),
    ] {
        let error = json(line).expect_err(line);
        assert!(error.contains(said), "{line}: {error}");
    }
}

#[test]
fn nesting_beyond_measure_is_harmless() {
    let deep = "[".repeat(100_000);
    assert!(json(&format!("{{\"text\": {deep}")).is_err());
    assert!(json(&format!("{{\"x\": {deep}")).is_err());
    assert!(json(&deep).is_err());
    assert_eq!(json(&format!("{{\"x\": {deep}{}, \"text\": \"a\"}}", "]".repeat(100_000))).unwrap().text, "a");
}

#[test]
fn reading_goes_on_behind_bad_rows() {
    let rows = rows("a.jsonl", b"{\"text\": \"a\"}\n{bad}\n{\"id\": \"k\", \"text\": 1}\n\xFF\n{\"text\": \"b\"}\n");
    let seen: Vec<(&str, bool)> = rows.iter().map(|row| (row.id.as_str(), row.document.is_ok())).collect();
    assert_eq!(seen, [("1", true), ("2", false), ("k", false), ("4", false), ("5", true)]);
}

#[test]
fn empty_json_lines_have_no_rows_and_an_empty_text_is_a_blank_document() {
    assert_eq!(rows("a.jsonl", b"").len(), 0);
    assert_eq!(rows("a.jsonl", b"\xEF\xBB\xBF\r\n\r\n").len(), 0);
    for name in ["a.txt", "a.md"] {
        assert!(matches!(rows(name, b"")[..], [Row { document: Err(RowError::Blank), .. }]), "{name}");
    }
}

#[test]
fn text_and_markdown_files_are_one_document_each_with_the_path_as_id() {
    let folder =
        folder(&[("a.txt", b"\xEF\xBB\xBFStorm\r\n\r\nWaves rose.\r\n"), ("b.md", b"+++\ntitle = \"T\"\ntopic = \"any\"\n+++\nBody.")]);
    let rows: Vec<Row> = read_documents(&[folder.path().join("b.md"), folder.path().join("a.txt")]).unwrap().collect();
    let documents: Vec<&Document> = rows.iter().map(|row| row.document.as_ref().unwrap()).collect();
    assert_eq!((documents[0].title.as_str(), documents[0].text.as_str()), ("T", "Body."));
    assert_eq!((documents[1].title.as_str(), documents[1].text.as_str()), ("Storm", "Waves rose."));
    assert_eq!(documents[1].id, folder.path().join("a.txt").display().to_string());
    assert_eq!((rows[1].id.as_str(), rows[1].line), (documents[1].id.as_str(), None));
}

#[test]
fn a_file_that_is_no_text_is_one_row_with_the_line_that_is_wrong() {
    let line = |name, content: &[u8], said| {
        let rows = rows(name, content);
        assert_eq!(rows.len(), 1);
        let error = rows[0].document.as_ref().unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
        rows[0].line
    };
    assert_eq!(line("a.txt", b"one\ntwo\xFF", "not UTF-8"), Some(2));
    assert_eq!(line("a.txt", b"\x7FELF\x02\0\0", "NUL"), Some(1));
    assert_eq!(line("a.txt", b"\xFE\xFF\0a", "UTF-16BE"), Some(1));
    assert_eq!(line("a.jsonl", b"\xFF\xFE{\0\n\0", "UTF-16LE"), Some(1));
    assert_eq!(line("a.md", b"+++\na = 1\nb =\n+++\nText.", "not TOML"), Some(3));
}

#[test]
fn a_text_file_beyond_the_limit_is_refused() {
    let row = read_text("a.txt".into(), io::repeat(b'x'), |id, text| Ok(plain_text_document(id, text)));
    assert!(matches!(row.document, Err(RowError::TooLong { .. })));
}

#[test]
fn a_folder_gives_its_files_in_sorted_order_and_skips_the_rest() {
    let folder = folder(&[
        ("b/z.txt", b"z"),
        ("b.txt", b"b"),
        ("a.MD", b"a"),
        ("b/.hidden.txt", b"h"),
        (".git/x.txt", b"g"),
        ("photo.jpg", b"p"),
        ("README.md", b"r"),
    ]);
    let rows = read_documents(&[folder.path().to_owned()]).unwrap();
    assert_eq!(rows.map(|row| row.document.unwrap().text).collect::<Vec<_>>(), ["a", "b", "z"]);
}

#[test]
fn what_can_not_be_read_is_told_before_anything_is_read() {
    let folder = folder(&[("a.txt", b"x"), ("a.csv", b"x"), ("none", b"x"), ("empty/.keep", b"")]);
    let path = |name| folder.path().join(name);
    assert!(refused(&[&path("a.txt"), &path("gone.txt")]).contains("gone.txt: "));
    assert!(refused(&[&path("a.txt"), &path("a.csv")]).contains("a.csv: not a kind of file"));
    assert!(refused(&[&path("none")]).contains("not a kind of file"));
    assert!(refused(&[&path("empty")]).contains("no .jsonl"));
    assert!(refused(&[Path::new("-"), Path::new("-")]).contains("only once"));
}

#[test]
fn a_stream_is_json_lines_if_it_begins_with_a_brace() {
    let open = |content: &'static [u8]| open_stream("-".into(), Box::new(content));
    match open(b"\xEF\xBB\xBF \n\n{\"text\": \"a\"}\n{\"text\": \"b\"}") {
        Opened::Lines(lines) => assert_eq!(lines.map(|row| row.line.unwrap()).collect::<Vec<_>>(), [3, 4]),
        _ => panic!("JSON Lines"),
    }
    match open(b"\n Storm\n\nWaves rose.") {
        Opened::Row(Row { id, document: Ok(document), .. }) => {
            assert_eq!((id.as_str(), document.id.as_str(), document.title.as_str()), ("-", "-", "Storm"));
        }
        _ => panic!("a plain text"),
    }
    assert!(matches!(open(b" \n"), Opened::Nothing));
}

#[test]
fn labelled_rows_have_one_label_or_a_list() {
    let text = concat!(
        "{\"text\": \"a\", \"label\": \"sport\"}\n",
        "{\"id\": \"k\", \"text\": \"b\", \"label\": [\"x\", \"y\"]}\n",
        "{\"title\": \"c\", \"labels\": []}\n",
    );
    let folder = folder(&[("train.json", text.as_bytes())]);
    let rows: Vec<LabelledRow> = read_labelled(&folder.path().join("train.json")).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!((rows[0].labels.join(" ").as_str(), rows[0].is_list, rows[0].document.id.as_str()), ("sport", false, "1"));
    assert_eq!((rows[1].labels.join(" ").as_str(), rows[1].is_list, rows[1].document.id.as_str()), ("x y", true, "k"));
    assert_eq!((rows[2].labels.len(), rows[2].is_list, rows[2].line), (0, true, 3));
}

#[test]
fn a_labelled_row_that_can_not_be_used_is_named_by_file_and_line() {
    let said = |line: &str| {
        let folder = folder(&[("train.jsonl", format!("\n{line}\n{{\"text\": \"a\", \"label\": \"x\"}}").as_bytes())]);
        let rows: Vec<_> = read_labelled(&folder.path().join("train.jsonl")).unwrap().collect();
        assert!(rows.len() == 2 && rows[1].is_ok());
        let error = rows[0].as_ref().expect_err(line).to_string();
        error.split_once("train.jsonl:2: ").unwrap_or_else(|| panic!("{error}")).1.to_owned()
    };
    assert!(said(r#"{"text": "a"}"#).starts_with("no `label`"));
    assert!(said(r#"{"text": "a", "label": null}"#).starts_with("no `label`"));
    assert!(said(r#"{"text": "a", "label": "x", "labels": ["x"]}"#).starts_with("both"));
    assert!(said(r#"{"text": "a", "label": " "}"#).starts_with("a label is empty"));
    assert!(said(r#"{"text": "a", "label": "x\u001b[2J"}"#).starts_with("the label \"x\\u{1b}[2J\" has control characters"));
    assert!(said(r#"{"text": "a", "label": ["x", "x "]}"#).starts_with("the label \"x \" has control characters, or white space"));
    assert!(said(r#"{"text": "a", "label": ["x", "y", "x"]}"#).contains("\"x\" stands twice"));
    assert_eq!(said(r#"{"text": "a", "label": 3}"#), "`label` must be a string or a list of strings, and is a number");
    assert_eq!(said(r#"{"text": "a", "labels": "x"}"#), "`labels` must be a list of strings, and is a string");
    assert!(said(r#"{"text": "a", "labels": ["x", 3]}"#).contains("is a list with a number in it"));
    assert!(said(r#"{"label": "x"}"#).starts_with("neither"));
    assert!(said("{").starts_with("not JSON"));
}

#[test]
fn labelled_data_that_can_not_be_opened_is_an_error() {
    let folder = folder(&[]);
    assert!(read_labelled(&folder.path().join("gone.jsonl")).is_err());
    assert!(read_labelled(folder.path()).is_err());
}
