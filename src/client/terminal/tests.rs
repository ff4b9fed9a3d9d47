//! What a person sees, as a whole.

use std::io::Write as _;

use super::*;

fn label(name: &str, display_name: &str, probability: f32, selected: bool) -> v1::LabelClassification {
    v1::LabelClassification { name: name.into(), display_name: display_name.into(), probability, selected, ..Default::default() }
}

fn document() -> Document {
    Document {
        id: "a17".into(),
        title: "Boat with 300 people sinks off Lampedusa as ministers argue over who should have come to help".into(),
        text: "A fishing boat with more than 300 people aboard sank off Lampedusa on Tuesday night. Volunteers pulled exhausted children \
               from the water while the coast guard was still an hour away.\n\nThe interior ministry said the boat had been followed by \
               smugglers for days and spoke of a threat to the border. A court in Agrigento has opened an inquiry.\n\nShops on the island \
               stayed closed."
            .into(),
        language: None,
    }
}

fn answer() -> v1::Classification {
    let topic = vec![
        label("society/migration", "Migration", 0.62, true),
        label("politics", "Politics", 0.21, false),
        label("society", "Society", 0.1, false),
        label("disaster", "Disaster, accident and emergency incident", 0.05, false),
        label("crime", "Crime, law and justice", 0.016, false),
        label("sport", "Sport", 0.004, false),
    ];
    let stance = vec![
        label("humanitarian", "Humanitarian", 0.92, true),
        label("security_risk", "Security risk", 0.55, true),
        label("legal", "Legal", 0.1, false),
        label("economic", "Economic", 0.004, false),
    ];
    v1::Classification {
        model_version: "models/news/versions/3".into(),
        language_code: "en".into(),
        language_supported: true,
        tasks: vec![
            v1::TaskClassification { task: "topic".into(), labels: topic, ..Default::default() },
            v1::TaskClassification { task: "stance".into(), labels: stance, ..Default::default() },
        ],
        ..Default::default()
    }
}

/// What `text`, which stands in the document, contributed.
fn sentence(document: &Document, text: &str, contribution: f32) -> v1::SentenceEvidence {
    let (field, begin) = match document.title.find(text) {
        Some(begin) => (v1::DocumentField::Title, begin),
        None => (v1::DocumentField::Content, document.text.find(text).unwrap()),
    };
    let span = v1::TextSpan { field: field.into(), begin_offset: begin as i32, end_offset: (begin + text.len()) as i32 };
    v1::SentenceEvidence { span: Some(span), text: text.into(), contribution }
}

fn term(text: &str, contribution: f32) -> v1::TermEvidence {
    v1::TermEvidence { term: text.to_lowercase(), text: text.into(), contribution, ..Default::default() }
}

fn explained() -> v1::Classification {
    let document = document();
    let volunteers = "Volunteers pulled exhausted children from the water while the coast guard was still an hour away.";
    let ministry = "The interior ministry said the boat had been followed by smugglers for days and spoke of a threat to the border.";
    let mut answer = answer();
    answer.tasks[1].evidence = vec![
        v1::LabelEvidence {
            label: "humanitarian".into(),
            score: 2.44,
            intercept: -1.2,
            sentences: vec![
                sentence(&document, volunteers, 2.31),
                sentence(&document, &document.title, 1.05),
                sentence(&document, ministry, -0.48),
            ],
            other_sentences: 0.76,
            ..Default::default()
        },
        v1::LabelEvidence {
            label: "security_risk".into(),
            score: 0.2,
            intercept: -1.75,
            sentences: vec![
                sentence(&document, ministry, 1.62),
                sentence(&document, volunteers, 0.34),
                sentence(&document, "A court in Agrigento has opened an inquiry.", 0.01),
            ],
            other_sentences: -0.02,
            ..Default::default()
        },
    ];
    answer
}

fn with_terms() -> v1::Classification {
    let mut answer = explained();
    answer.tasks[1].evidence[0].terms = vec![
        term("Volunteers", 0.91),
        term("exhausted children", 0.62),
        term("smugglers", -0.33),
        term("from the water", 0.21),
        term("coast guard", -0.12),
        term("Lampedusa", 0.11),
    ];
    answer
}

fn abstained() -> v1::Classification {
    let mut answer = answer();
    answer.language_code = "de".into();
    answer.language_supported = false;
    for task in &mut answer.tasks {
        let detail = "the document seems to be in German, and the model was trained for English alone".into();
        let reason = v1::AbstentionReason::UnsupportedLanguage.into();
        task.abstention = Some(v1::Abstention { reason, detail });
        task.labels.iter_mut().for_each(|label| label.selected = false);
    }
    answer
}

fn coloured(document: &Document, answer: &v1::Classification, width: usize) -> String {
    let mut out = Vec::new();
    render(&mut out, document, answer, Style { width }).unwrap();
    String::from_utf8(out).unwrap()
}

fn shown(document: &Document, answer: &v1::Classification, width: usize) -> String {
    let mut stripped = anstream::StripStream::new(Vec::new());
    stripped.write_all(coloured(document, answer, width).as_bytes()).unwrap();
    String::from_utf8(stripped.into_inner()).unwrap()
}

/// A document and an answer in which everything that can be foreign text is `text`.
fn all_foreign(text: &str) -> (Document, v1::Classification) {
    let document = Document { id: text.into(), title: text.into(), text: format!("{text}\n\n{text}"), language: None };
    let mut answer = with_terms();
    answer.model_version = text.into();
    answer.language_code = text.into();
    for task in &mut answer.tasks {
        task.task = format!("{text}{}", task.task);
        task.labels.iter_mut().for_each(|label| label.display_name = text.into());
        for evidence in &mut task.evidence {
            evidence.sentences.iter_mut().for_each(|sentence| sentence.text = text.into());
            evidence.terms.iter_mut().for_each(|term| term.text = text.into());
        }
    }
    answer.tasks[0].abstention = Some(v1::Abstention { reason: 1, detail: text.into() });
    (document, answer)
}

const HOSTILE: &str = "\x1b]0;owned\x07 \x1b[2J\u{9b}31m\u{202e}gpj\r\x08";

#[test]
fn labels_in_60_columns() {
    insta::assert_snapshot!(shown(&document(), &answer(), 60), @r"
    ▌ Boat with 300 people sinks off Lampedusa as ministers
    ▌ argue over who should have come to help
      models/news/versions/3 · en · a17

    topic
      ★ Society › Migration      ███████████████▌            62%
        Politics                 █████▎                      21%
        Society                  ██▌                         10%
        Disaster, accident and…  █▎                           5%
        and 2 others, 2% or less

    stance
      ■ Humanitarian             ███████████████████████     92%
      ◆ Security risk            █████████████▊              55%
        Legal                    ██▌                         10%
        and 1 other, <1%
    ");
}

#[test]
fn sentences_in_60_columns() {
    insta::assert_snapshot!(shown(&document(), &explained(), 60), @r"
    ▌ Boat with 300 people sinks off Lampedusa as ministers
    ▌ argue over who should have come to help
      models/news/versions/3 · en · a17

    topic
      ★ Society › Migration      ███████████████▌            62%
        Politics                 █████▎                      21%
        Society                  ██▌                         10%
        Disaster, accident and…  █▎                           5%
        and 2 others, 2% or less

    stance
      ■ Humanitarian             ███████████████████████     92%
      ◆ Security risk            █████████████▊              55%
        Legal                    ██▌                         10%
        and 1 other, <1%

    why
      ■ Humanitarian  +2.44
        −1.20 to start with, +2.88 from the sentences below,
        +0.76 from the rest of the text
      ◆ Security risk  +0.20
        −1.75 to start with, +1.96 from the sentences below,
        −0.01 from the rest of the text

      ■  +1.05   │▉  Boat with 300 people sinks off Lampedusa as
                     ministers argue over who should have come
                     to help

                     A fishing boat with more than 300 people
                     aboard sank off Lampedusa on Tuesday night.
      ■  +2.31   │██ Volunteers pulled exhausted children from
      ◆  +0.34   │▎  the water while the coast guard was still
                     an hour away.

      ◆  +1.62   │█▍ The interior ministry said the boat had
      ■  −0.48  ▐│   been followed by smugglers for days and
                     spoke of a threat to the border.
                     A court in Agrigento has opened an inquiry.

                     Shops on the island stayed closed.
    ");
}

#[test]
fn terms_in_100_columns() {
    insta::assert_snapshot!(shown(&document(), &with_terms(), 100), @r"
    ▌ Boat with 300 people sinks off Lampedusa as ministers argue over who should have come to help
      models/news/versions/3 · en · a17

    topic
      ★ Society › Migration                       █████████████████████████████▊                     62%
        Politics                                  ██████████▏                                        21%
        Society                                   ████▊                                              10%
        Disaster, accident and emergency incide…  ██▍                                                 5%
        and 2 others, 2% or less

    stance
      ■ Humanitarian                              ████████████████████████████████████████████▏      92%
      ◆ Security risk                             ██████████████████████████▍                        55%
        Legal                                     ████▊                                              10%
        and 1 other, <1%

    why
      ■ Humanitarian  +2.44
        −1.20 to start with, +2.88 from the sentences below, +0.76 from the rest of the text
        for      Volunteers +0.91  exhausted children +0.62  from the water +0.21  Lampedusa +0.11
        against  smugglers −0.33  coast guard −0.12
      ◆ Security risk  +0.20
        −1.75 to start with, +1.96 from the sentences below, −0.01 from the rest of the text

      ■  +1.05     │█▉   Boat with 300 people sinks off Lampedusa as ministers argue over who should
                         have come to help

                         A fishing boat with more than 300 people aboard sank off Lampedusa on Tuesday
                         night.
      ■  +2.31     │████ Volunteers pulled exhausted children from the water while the coast guard was
      ◆  +0.34     │▋    still an hour away.

      ◆  +1.62     │██▊  The interior ministry said the boat had been followed by smugglers for days and
      ■  −0.48    █│     spoke of a threat to the border.
                         A court in Agrigento has opened an inquiry.

                         Shops on the island stayed closed.
    ");
}

#[test]
fn terms_in_40_columns() {
    insta::assert_snapshot!(shown(&document(), &with_terms(), 40), @r"
    ▌ Boat with 300 people sinks off
    ▌ Lampedusa as ministers argue over who
    ▌ should have come to help
      models/news/versions/3 · en · a17

    topic
      ★ Migration         ███████▌       62%
        Politics          ██▌            21%
        Society           █▎             10%
        Disaster, accid…  ▋               5%
        and 2 others, 2% or less

    stance
      ■ Humanitarian      ███████████    92%
      ◆ Security risk     ██████▋        55%
        Legal             █▎             10%
        and 1 other, <1%

    why
      ■ Humanitarian  +2.44
        −1.20 to start with, +2.88 from the
        sentences below, +0.76 from the rest
        of the text
        for      Volunteers +0.91
                 exhausted children +0.62
                 from the water +0.21
                 Lampedusa +0.11
        against  smugglers −0.33
                 coast guard −0.12
      ◆ Security risk  +0.20
        −1.75 to start with, +1.96 from the
        sentences below, −0.01 from the rest
        of the text

      ■  +1.05 Boat with 300 people sinks
               off Lampedusa as ministers
               argue over who should have
               come to help

               A fishing boat with more than
               300 people aboard sank off
               Lampedusa on Tuesday night.
      ■  +2.31 Volunteers pulled exhausted
      ◆  +0.34 children from the water while
               the coast guard was still an
               hour away.

      ◆  +1.62 The interior ministry said
      ■  −0.48 the boat had been followed by
               smugglers for days and spoke
               of a threat to the border.
               A court in Agrigento has
               opened an inquiry.

               Shops on the island stayed
               closed.
    ");
}

#[test]
fn a_document_that_is_not_labelled_in_60_columns() {
    insta::assert_snapshot!(shown(&document(), &abstained(), 60), @r"
    ▌ Boat with 300 people sinks off Lampedusa as ministers
    ▌ argue over who should have come to help
      models/news/versions/3 · de, not supported · a17

    topic: not labelled
      the document seems to be in German, and the model was
      trained for English alone
        Society › Migration      ███████████████▌            62%
        Politics                 █████▎                      21%
        Society                  ██▌                         10%
        Disaster, accident and…  █▎                           5%
        and 2 others, 2% or less

    stance: not labelled, for the same reason
        Humanitarian             ███████████████████████     92%
        Security risk            █████████████▊              55%
        Legal                    ██▌                         10%
        and 1 other, <1%
    ");
}

#[test]
fn a_long_article_is_shown_by_its_telling_sentences_alone() {
    let mut document = document();
    document.text += &"\n\nNothing else happened that day, and people went home early.".repeat(20);
    let shown = shown(&document, &explained(), 100);
    let (_, article) = shown.split_once("rest of the text\n\n").unwrap();
    insta::assert_snapshot!(article, @r"
    ■  +1.05     │█▉   Boat with 300 people sinks off Lampedusa as ministers argue over who should
                       have come to help
                       …
    ■  +2.31     │████ Volunteers pulled exhausted children from the water while the coast guard was
    ◆  +0.34     │▋    still an hour away.
    ◆  +1.62     │██▊  The interior ministry said the boat had been followed by smugglers for days and
    ■  −0.48    █│     spoke of a threat to the border.
                       …
    ");
}

#[test]
fn what_is_left_out_before_the_first_telling_sentence_is_marked_once() {
    let mut document = document();
    document.text += &"\n\nNothing else happened that day, and people went home early.".repeat(20);
    let mut answer = explained();
    answer.tasks[1].evidence[0].sentences = vec![sentence(&document, "A court in Agrigento has opened an inquiry.", 1.0)];
    answer.tasks[1].evidence.truncate(1);
    let shown = shown(&document, &answer, 100);
    let (_, article) = shown.split_once("rest of the text\n\n").unwrap();
    let texts: Vec<&str> = article.lines().map(|line| line.trim_start().trim_start_matches("■  +1.00     │████ ")).collect();
    assert_eq!(texts, ["…", "A court in Agrigento has opened an inquiry.", "…", ""]);
}

#[test]
fn hostile_text_in_60_columns() {
    let (document, answer) = all_foreign(HOSTILE);
    insta::assert_snapshot!(shown(&document, &answer, 60), @r"
    ▌ ␛]0;owned␇ ␛[2J�31m�gpj ␈
      ␛]0;owned␇ ␛[2J�31m�gpj ␈ · ␛]0;owned␇ ␛[2J�31m�gpj ␈ · ␛…

    ␛]0;owned␇ ␛[2J�31m�gpj ␈topic: not labelled
      ␛]0;owned␇ ␛[2J�31m�gpj ␈
      ★ ␛]0;owned␇ ␛[2J�31m�gpj…  ██████████████▉            62%
        ␛]0;owned␇ ␛[2J�31m�gpj…  █████                      21%
        ␛]0;owned␇ ␛[2J�31m�gpj…  ██▍                        10%
        ␛]0;owned␇ ␛[2J�31m�gpj…  █▎                          5%
        and 2 others, 2% or less

    ␛]0;owned␇ ␛[2J�31m�gpj ␈stan…
      ■ ␛]0;owned␇ ␛[2J�31m�gpj…  ██████████████████████▏    92%
      ◆ ␛]0;owned␇ ␛[2J�31m�gpj…  █████████████▎             55%
        ␛]0;owned␇ ␛[2J�31m�gpj…  ██▍                        10%
        and 1 other, <1%

    why
      ■ ␛]0;owned␇ ␛[2J�31m�gpj ␈  +2.44
        −1.20 to start with, +2.88 from the sentences below,
        +0.76 from the rest of the text
        for      ␛]0;owned␇ ␛[2J�31m�gpj… +0.91
                 ␛]0;owned␇ ␛[2J�31m�gpj… +0.62
                 ␛]0;owned␇ ␛[2J�31m�gpj… +0.21
                 ␛]0;owned␇ ␛[2J�31m�gpj… +0.11
        against  ␛]0;owned␇ ␛[2J�31m�gpj… −0.33
                 ␛]0;owned␇ ␛[2J�31m�gpj… −0.12
      ◆ ␛]0;owned␇ ␛[2J�31m�gpj ␈  +0.20
        −1.75 to start with, +1.96 from the sentences below,
        −0.01 from the rest of the text

      ■  +1.05   │▉  ␛]0;owned␇ ␛[2J�31m�gpj ␈

      ■  +2.31   │██ ␛]0;owned␇ ␛[2J�31m�gpj ␈
      ◆  +0.34   │▎  
      ◆  +1.62   │█▍ ␛]0;owned␇ ␛[2J�31m�gpj ␈
      ■  −0.48  ▐│   
                     ␛]0;owned␇ ␛[2J�31m�gpj ␈

                     ␛]0;owned␇ ␛[2J�31m�gpj ␈
    ");
}

#[test]
fn without_a_headline_the_beginning_of_the_text_stands_in_for_it() {
    let document = Document { title: "\n".into(), ..document() };
    let shown = shown(&document, &answer(), 40);
    assert_eq!(shown.lines().next(), Some("▌ A fishing boat with more than 300 peo…"));
}

#[test]
fn a_sentence_of_two_labels_is_underlined_and_others_have_their_labels_colour() {
    let coloured = coloured(&document(), &explained(), 100);
    let style_before = |text: &str| coloured[..coloured.find(text).unwrap()].rsplit_once("\x1b[0m").unwrap().1.trim_start().to_owned();
    let humanitarian = Marks::of(&explained()).get("stance", "humanitarian").unwrap().style();
    let security = Marks::of(&explained()).get("stance", "security_risk").unwrap().style();
    assert_eq!(style_before("Volunteers"), humanitarian.underline().render().to_string());
    assert_eq!(style_before("The interior ministry"), security.render().to_string());
    assert_eq!(style_before("Shops"), DIM.render().to_string());
}

#[test]
fn offsets_that_the_text_does_not_have_cost_no_sentence() {
    let mut answer = explained();
    let spans = [(-5, 7), (3, 1), (10, 1_000_000)];
    for (sentence, (begin_offset, end_offset)) in answer.tasks[1].evidence[0].sentences.iter_mut().zip(spans) {
        sentence.span = Some(v1::TextSpan { field: v1::DocumentField::Content.into(), begin_offset, end_offset });
    }
    let shown = shown(&document(), &answer, 100);
    assert!(shown.contains("+1.05") && shown.contains("+2.31") && shown.contains("Shops on the island"), "{shown}");
}

#[test]
fn an_answer_without_anything_is_shown_as_one() {
    let answer = v1::Classification { tasks: vec![v1::TaskClassification::default()], ..Default::default() };
    assert_eq!(shown(&Document::default(), &answer, 80), "▌ \n  · , not supported\n\n: none\n\n");
}

proptest::proptest! {
    #[test]
    fn no_line_is_too_wide_and_no_foreign_code_gets_through(text in "(\\PC|[ a-z難\u{301}👩\x1b\x00-\x1f\u{80}-\u{9f}\u{202e}]){0,90}", width in 40..=200_usize) {
        let (document, answer) = all_foreign(&text);
        let shown = shown(&document, &answer, width);
        for line in shown.lines() {
            let columns = textwrap::core::display_width(line);
            proptest::prop_assert!(columns <= width, "{columns} columns: {line:?}");
            proptest::prop_assert!(!line.chars().any(char::is_control), "{line:?}");
        }
        // What is ours are colours alone: each escape begins `[` and ends at the next `m`.
        let coloured = coloured(&document, &answer, width);
        for code in coloured.split('\x1b').skip(1) {
            let end = code.find(|c: char| !"[0123456789;".contains(c));
            proptest::prop_assert_eq!(end.map(|end| &code[end..=end]), Some("m"));
        }
    }
}
